/**
 * Implements the search for what uses security groups over the SDK. The handler loads this file only if the
 * configuration asks for the search.
 */
import { accessChecks } from './access';
import { analyticsChecks } from './analytics';
import type { CheckOf } from './check';
import { computeChecks } from './compute';
import { dataChecks } from './data';
import { ec2Checks } from './ec2';
import { readAssociatedGroups, readGroupsInRules, readGroupsReferenced, readSecurityGroups } from './groups';
import { Look, type Search } from './looking';
import { isNoAddress } from './no-address';
import type { GroupHolderName } from '../../../src/contract/group-holders';
import { errorFacts } from '../../core/errors';
import type { GroupHolders, Held } from '../../core/ports';

/** The compiler requires one for each check that the contract names. */
const CHECKS: CheckOf<GroupHolderName> = {
  ...ec2Checks, ...computeChecks, ...dataChecks, ...analyticsChecks, ...accessChecks,
};

export function groupHolders(search: Search): GroupHolders {
  return {
    securityGroups: () => readSecurityGroups(new Look(search)),
    groupsInRules: () => readGroupsInRules(new Look(search)),
    associatedGroups: () => readAssociatedGroups(new Look(search)),
    groupsReferenced: groupIds => readGroupsReferenced(new Look(search), groupIds),
    held: async holder => {
      try {
        return await heldBy(holder, search);
      } catch (error) {
        if (!MAY_BE_GONE.test(errorFacts(error).code)) throw error;
        // A resource that is deleted after it was listed is not in the next list. One that still is fails the check.
        return heldBy(holder, search, true);
      }
    },
  };
}

/** The codes with which services answer about a resource that does not exist, among other things. */
const MAY_BE_GONE = /NotFound|^(ValidationException|InvalidRequestException)$/;

/** @param isThere whether the service is known to be in the Region */
async function heldBy(holder: GroupHolderName, search: Search, isThere = false): Promise<Held> {
  const look = new Look(search);
  try {
    await CHECKS[holder](look);
  } catch (error) {
    // A service that is not in the Region holds nothing there. A service that has answered is there.
    if (search.isInVpc || isThere || look.hasAnswered || !isNoAddress(error)) throw error;
  }
  return look.held;
}

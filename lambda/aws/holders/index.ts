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
import type { GroupHolders } from '../../core/ports';

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
      const look = new Look(search);
      try {
        await CHECKS[holder](look);
      } catch (error) {
        // A service that is not in the Region holds nothing there.
        if (search.isInVpc || !isNoAddress(error)) throw error;
      }
      return look.held;
    },
  };
}

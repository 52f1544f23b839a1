/** Functions that the readers share: reading in parts, and reporting what could not be read. */
import { FILTER_VALUES_PER_CALL } from '../../../src/contract/decode';
import { errorFacts, type ErrorFacts, takeUsable } from '../errors';
import { isolate } from '../isolate';
import { inPartsOf } from '../lists';
import type { CheckCoverage } from '../model/coverage';
import type { SecurityGroup, SecurityGroupRule } from '../model/network';
import type { ScanError } from '../model/observation';
import type { NetworkReader } from '../ports';

/** The coverage of a check that has looked at nothing. */
export const NO_COVERAGE: CheckCoverage = { vpcIds: new Set(), groupIds: new Set(), unreadGroupIds: new Set() };

/**
 * The number of VPCs per call. It is lower than what EC2 accepts, so that an unreadable VPC is isolated in few steps.
 */
const VPCS_PER_CALL = 20;

/** A group to read, with its VPC if known. */
export interface GroupPlace {
  readonly groupId: string;
  readonly vpcId?: string;
}

/** The items that could not be read, and an error for each place. */
export interface Unread<T> {
  readonly unread: readonly T[];
  readonly errors: readonly ScanError[];
}

export function scanError(
  doing: string, error: ErrorFacts, about: Pick<ScanError, 'vpcId' | 'resourceId'> = {},
): ScanError {
  return { doing, ...about, error };
}

/** Reports a group that exists, because its rules do, although EC2 does not return it. */
export function groupNotShown({ vpcId, groupId: resourceId }: GroupPlace): ScanError {
  const message = 'EC2 shows rules of the group, but not the group';
  return scanError('reading security groups', { code: 'UnusableAnswer', message }, { vpcId, resourceId });
}

/** Reads the groups of VPCs. @returns the VPCs whose groups could not be read */
export function readGroupsOfVpcs(
  vpcIds: readonly string[], network: NetworkReader, onGroup: (group: SecurityGroup) => unknown,
): Promise<Unread<{ readonly vpcId: string }>> {
  const places = vpcIds.map(vpcId => ({ vpcId }));
  return inParts(VPCS_PER_CALL, places, 'reading security groups', async vpcs => {
    await takeUsable(network.securityGroups({ vpcIds: vpcs.map(({ vpcId }) => vpcId) }), onGroup);
  });
}

/** Reads groups by their ids. @returns the groups that could not be read */
export function readGroups(
  groups: readonly GroupPlace[], network: NetworkReader, onGroup: (group: SecurityGroup) => unknown,
): Promise<Unread<GroupPlace>> {
  return inParts(FILTER_VALUES_PER_CALL, groups, 'reading security groups', async items => {
    await takeUsable(network.securityGroups({ groupIds: items.map(({ groupId }) => groupId) }), onGroup);
  });
}

/**
 * Passes on each rule of the groups. After an error half-way, a rule may be passed on more than once.
 *
 * @returns the groups whose rules could not be read
 */
export function readRulesOfGroups(
  groups: readonly GroupPlace[], network: NetworkReader, onRule: (rule: SecurityGroupRule) => void,
): Promise<Unread<GroupPlace>> {
  return inParts(FILTER_VALUES_PER_CALL, groups, 'reading security group rules', async items => {
    const groupIds = items.map(({ groupId }) => groupId);
    for await (const page of network.securityGroupRules({ groupIds })) page.forEach(onRule);
  });
}

interface Place {
  readonly vpcId?: string;
  readonly groupId?: string;
}

async function inParts<T extends Place>(
  size: number, items: readonly T[], doing: string, work: (items: readonly T[]) => Promise<void>,
): Promise<Unread<T>> {
  const placeOf = ({ vpcId, groupId }: T): string | undefined => vpcId ?? groupId;
  const isolated = (await Promise.all(inPartsOf(size, items).map(part => isolate(part, { placeOf, work })))).flat();
  return {
    unread: isolated.flatMap(({ items: unread }) => unread),
    errors: isolated.map(({ items: [{ vpcId, groupId }], error }) =>
      scanError(doing, errorFacts(error), { vpcId, resourceId: vpcId === undefined ? groupId : undefined })),
  };
}

/** Whether a check could look anywhere. A check with nowhere to look has seen everything. */
export const sawAny = (seen: number, unseen: number): boolean => seen > 0 || unseen === 0;

/** Reads which security groups are used by network interfaces. */
import { scanError } from './reading';
import { FILTER_VALUES_PER_CALL } from '../../../src/contract/decode';
import { type ErrorFacts, errorFacts, takeUsable } from '../errors';
import { inPartsOf } from '../lists';
import type { ScanError } from '../model/observation';
import type { NetworkReader } from '../ports';

export interface GroupUseReading {
  readonly used: ReadonlySet<string>;
  /** Why it is not known whether each of these groups is used. */
  readonly unread: ReadonlyMap<string, ErrorFacts>;
  /** One for each call that failed. */
  readonly errors: readonly ScanError[];
}

export async function readGroupUse(
  groupIds: Iterable<string>, network: Pick<NetworkReader, 'usedGroupIds'>,
): Promise<GroupUseReading> {
  const used = new Set<string>();
  const unread = new Map<string, ErrorFacts>();
  const errors: ScanError[] = [];
  await Promise.all(inPartsOf(FILTER_VALUES_PER_CALL, [...new Set(groupIds)]).map(async part => {
    try {
      await takeUsable(network.usedGroupIds(part), groupId => used.add(groupId));
    } catch (error) {
      const facts = errorFacts(error);
      // An interface that was read proves the use of its group, whatever else could not be read.
      for (const groupId of part) if (!used.has(groupId)) unread.set(groupId, facts);
      const resourceId = part.length === 1 ? part[0] : undefined;
      errors.push(scanError('reading which network interfaces use default groups', facts, { resourceId }));
    }
  }));
  return { used, unread, errors };
}

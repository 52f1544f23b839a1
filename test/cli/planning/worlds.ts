/** Random worlds as the command line meets them. */
import type { Configuration } from '../../../src/contract/configuration';
import { decodeConfiguration } from '../../../src/contract/decode';
import { MemoryNetwork } from '../../support/memory-network';
import type { World } from '../../support/oracle';
import { REVOKE } from '../../support/swept';

/** Returns a value as it comes back from JSON, without undefined members. */
const copied = <T>(value: T): T => JSON.parse(JSON.stringify(value)) as T;

/** Returns the configuration without declarations that no app can have. */
export function configurationOf({ configuration }: World, overrides: Partial<Configuration>): Configuration {
  const plainly = copied({ ...configuration, ...overrides, hygiene: REVOKE.hygiene, flaggedIngressRules: [] });
  const isValid = (rule: Configuration['flaggedIngressRules'][number]): boolean => {
    try {
      decodeConfiguration({ ...plainly, flaggedIngressRules: [rule] });
      return true;
    } catch {
      return false;
    }
  };
  return { ...plainly, flaggedIngressRules: copied(configuration.flaggedIngressRules).filter(isValid) };
}

/** @param stackId the stack that made the group `sg-1`. Absent: none */
export function networkOf({ vpcIds, groups, rules, stale, prefixLists }: World, stackId?: string): MemoryNetwork {
  return new MemoryNetwork({
    vpcs: vpcIds.map(vpcId => ({ vpcId })), rules, stale: Object.fromEntries(stale),
    groups: groups.map(group => group.groupId === 'sg-1' && stackId !== undefined
      ? { ...group, tags: { ...group.tags, 'aws:cloudformation:stack-id': stackId } } : group),
    prefixLists: Object.entries(prefixLists).map(([prefixListId, cidrs]) => ({ prefixListId, cidrs })),
  });
}

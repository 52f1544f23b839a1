/** Remembers what a plan reads between sweeps, so that each of them sees the same, and nothing is read twice. */
import type { SecurityGroupRule } from '../../lambda/core/model/network';
import type { NetworkReader, Stacks } from '../../lambda/core/ports';

/** @returns a reader that reads the rules of a request once, and everything else each time */
export function rememberingRules(network: NetworkReader): NetworkReader {
  const known = new Map<string, Promise<RulesRead>>();
  return {
    vpcs: ids => network.vpcs(ids),
    staleSecurityGroups: vpcId => network.staleSecurityGroups(vpcId),
    securityGroups: by => network.securityGroups(by),
    securityGroupRules: async function* (by) {
      const key = JSON.stringify(by);
      const reading = known.get(key) ?? readAll(network.securityGroupRules(by));
      known.set(key, reading);
      const { rules, error } = await reading;
      yield [...rules];
      if (error !== undefined) throw error;
    },
    allSecurityGroups: () => network.allSecurityGroups(),
    allSecurityGroupRules: () => network.allSecurityGroupRules(),
    groupAssociations: () => network.groupAssociations(),
    interfaceEndpointGroupIds: vpcId => network.interfaceEndpointGroupIds(vpcId),
    vpnConnections: filters => network.vpnConnections(filters),
    prefixLists: ids => network.prefixLists(ids),
    prefixListEntries: id => network.prefixListEntries(id),
    usedGroupIds: ids => network.usedGroupIds(ids),
  };
}

interface RulesRead {
  readonly rules: readonly SecurityGroupRule[];
  /** The error after which no more pages came. */
  readonly error?: Error;
}

async function readAll(pages: AsyncIterable<SecurityGroupRule[]>): Promise<RulesRead> {
  const rules: SecurityGroupRule[] = [];
  try {
    for await (const page of pages) rules.push(...page);
    return { rules };
  } catch (error) {
    return { rules, error: error instanceof Error ? error : new Error(String(error)) };
  }
}

export function rememberingStacks(stacks: Stacks): Stacks {
  const known = new Map<string, ReturnType<Stacks['stack']>>();
  return {
    stack: stackId => {
      const stack = known.get(stackId) ?? stacks.stack(stackId);
      known.set(stackId, stack);
      return stack;
    },
  };
}

/** A plan to revoke, in a world in which everything is as it was found: EC2 has the rules, and the ledger has them as open. */
import { aGroup, anEntry, aRule } from './builders';
import { MemoryLedger } from './memory-ledger';
import { MemoryNetwork, type World } from './memory-network';
import { MemoryClock, MemoryLog } from './recorders';
import type { Outcome, RevocationOutcome } from '../../lambda/core/act/outcome';
import { revoke } from '../../lambda/core/act/revoke';
import type { PlannedRevocation } from '../../lambda/core/decide/plan';
import type { Because, LedgerEntry, SecurityGroup, SecurityGroupRule } from '../../lambda/core/ports';

export const START = new Date('2026-01-01T00:00:00Z');
export const IN_A_MINUTE = new Date('2026-01-01T00:01:00Z');

/** The sweep that revokes. */
export const SWEEP = 'sweep-now';

export interface RevocationWorld {
  readonly planned: readonly PlannedRevocation[];
  readonly network: MemoryNetwork;
  readonly ledger: MemoryLedger;
  readonly clock: MemoryClock;
  readonly memory: MemoryLog;
}

/** Rules `sgr-1`, `sgr-2` ... of one group. */
export function rulesOf(groupId: string, count: number, first = 1): SecurityGroupRule[] {
  return Array.from({ length: count }, (_, index) => aRule({ securityGroupRuleId: `sgr-${first + index}`, groupId, fromPort: first + index, toPort: first + index }));
}

export function aWorld(
  rules: readonly SecurityGroupRule[] = rulesOf('sg-1', 1), known: Partial<LedgerEntry> = {},
  { because = { declarations: [] }, stale }: Pick<World, 'stale'> & { readonly because?: Because } = {},
): RevocationWorld {
  const groups = new Map<string, SecurityGroup>(rules.map(({ groupId }) => [groupId, aGroup({ groupId })]));
  const planned = rules.map(rule => ({ rule, group: groups.get(rule.groupId) ?? aGroup(), because, entry: anEntry({ rule, ...known }) }));
  return {
    planned,
    network: new MemoryNetwork({ rules, stale, groups: [...groups.values()] }),
    ledger: new MemoryLedger(planned.map(({ entry }) => entry)),
    clock: new MemoryClock(START),
    memory: new MemoryLog(),
  };
}

export async function outcomesOf(world: RevocationWorld, until = IN_A_MINUTE, planned = world.planned): Promise<RevocationOutcome[]> {
  const { network, ledger, clock, memory } = world;
  return revoke(planned, { network, ledger, clock, log: memory.log, sweepId: SWEEP, exemptTags: [], until });
}

export function byRule(outcomes: readonly RevocationOutcome[]): Record<string, Outcome> {
  return Object.fromEntries(outcomes.map(({ rule, outcome }) => [rule.securityGroupRuleId, outcome]));
}

/** The outcome of a plan of one rule. */
export async function outcomeOf(world: RevocationWorld, until = IN_A_MINUTE): Promise<RevocationOutcome> {
  const outcomes = await outcomesOf(world, until);
  expect(outcomes).toHaveLength(1);
  return outcomes[0];
}

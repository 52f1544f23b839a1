/**
 * A plan to revoke, in a world that is as the plan found it: EC2 has the rules, and the ledger has them as open.
 */
import { aControl, aDecodedConfiguration, aFlaggedIngressRule, aGroup, anEntry, aRule, DEPLOYED } from './builders';
import { aFlaggedFinding, aStaleFinding } from './ledger-builders';
import { MemoryLedger } from './memory-ledger';
import { MemoryNetwork, type World } from './memory-network';
import { MemoryClock, MemoryLog } from './recorders';
import type { RevokeOptions } from '../../lambda/core/act/options';
import type { Outcome } from '../../lambda/core/act/outcomes';
import { revoke } from '../../lambda/core/act/revoke';
import type { Because, FoundRule } from '../../lambda/core/model/finding';
import type { ControlEntry, LedgerEntry } from '../../lambda/core/model/ledger';
import type { SecurityGroup, SecurityGroupRule } from '../../lambda/core/model/network';
import type { PlannedRevocation, RevocationOutcome } from '../../lambda/core/model/result';
import type { FlaggedIngressRule } from '../../src/contract/configuration';
import { parseCidr } from '../../src/contract/traffic';

/** A declaration that matches every rule with a block as its source. */
const ANYTHING: FlaggedIngressRule = aFlaggedIngressRule({
  match: 'WITHIN',
  traffic: [{ protocol: 'all', ports: { kind: 'all' }, source: { kind: 'cidr', cidr: parseCidr('0.0.0.0/0') } }],
});

export const START = new Date('2026-01-01T00:00:00Z');
export const IN_A_MINUTE = new Date('2026-01-01T00:01:00Z');

/** The sweep that revokes. */
export const SWEEP = 'sweep-now';

/** The run that opened the allowance from which the revocations are reserved. */
export const OPENED_BY = 'sweep-other';

const ALLOWANCE = { openedBy: OPENED_BY, openedAt: '2026-01-01T00:00:00.000Z', limit: 1000, used: 0 };

/** A control item with an open allowance. */
export const openControl = (overrides: Partial<ControlEntry> = {}): ControlEntry =>
  aControl({ allowance: ALLOWANCE, ...overrides });

export interface RevocationWorld {
  readonly planned: readonly PlannedRevocation[];
  readonly network: MemoryNetwork;
  readonly ledger: MemoryLedger;
  readonly clock: MemoryClock;
  readonly memory: MemoryLog;
}

/** Rules `sgr-1`, `sgr-2` and so on of one group. */
export function rulesOf(groupId: string, count: number, first = 1): SecurityGroupRule[] {
  return Array.from({ length: count }, (_, index) =>
    aRule({ securityGroupRuleId: `sgr-${first + index}`, groupId, fromPort: first + index, toPort: first + index }),
  );
}

export function aWorld(
  rules: readonly SecurityGroupRule[] = rulesOf('sg-1', 1), known: Partial<LedgerEntry> = {},
  { because, stale }: Pick<World, 'stale'> & { readonly because?: Because } = {},
): RevocationWorld {
  const groups = new Map<string, SecurityGroup>(rules.map(({ groupId }) => [groupId, aGroup({ groupId })]));
  const planned = rules.map(rule => {
    const why = because ?? foundFor(rule);
    const group = groups.get(rule.groupId) ?? aGroup();
    return { rule, group, because: why, finding: findingOf(rule, why), entry: anEntry({ rule, ...known }) };
  });
  const ledger = new MemoryLedger(planned.map(({ entry }) => entry));
  ledger.controlEntry = openControl();
  return {
    planned,
    network: new MemoryNetwork({ rules, stale, groups: [...groups.values()] }),
    ledger,
    clock: new MemoryClock(START),
    memory: new MemoryLog(),
  };
}

/** Decides to revoke flagged and stale rules at once, in the VPC of the tests' groups. */
export const DECIDING: RevokeOptions['deciding'] = {
  ...aDecodedConfiguration({ staleRules: 'revoke' }), vpcIds: new Set(['vpc-1']), flaggedIngressRules: [ANYTHING],
  isScheduled: true, isWhole: true, startedAt: new Date('2026-01-01T00:00:00Z'),
};

/** By default, a rule that refers to a group is stale, and any other rule is flagged. */
const foundFor = ({ referencedGroup }: SecurityGroupRule): Because =>
  referencedGroup === undefined ? { declarations: [] } : { stale: 'DELETED_GROUP', declarations: [] };

/** Returns the finding of a check for a rule. */
function findingOf(rule: SecurityGroupRule, because: Because): FoundRule {
  return because.stale === undefined ? aFlaggedFinding(rule) : aStaleFinding(rule);
}

export async function outcomesOf(
  world: RevocationWorld, until = IN_A_MINUTE, planned = world.planned,
  overrides: Partial<Pick<RevokeOptions, 'deciding' | 'deployed'>> = {},
): Promise<RevocationOutcome[]> {
  const { network, ledger, clock, memory } = world;
  const deployed = { ...DEPLOYED, settleSeconds: 0 };
  return revoke(planned, {
    network, ledger, clock, log: memory.log, sweepId: SWEEP, deciding: DECIDING, deployed, until, from: OPENED_BY,
    ...overrides,
  });
}

export function byRule(outcomes: readonly RevocationOutcome[]): Record<string, Outcome> {
  return Object.fromEntries(outcomes.map(({ rule, outcome }) => [rule.securityGroupRuleId, outcome]));
}

/** Returns the outcome of a plan with one rule. */
export async function outcomeOf(world: RevocationWorld, until = IN_A_MINUTE): Promise<RevocationOutcome> {
  const outcomes = await outcomesOf(world, until);
  expect(outcomes).toHaveLength(1);
  return outcomes[0];
}

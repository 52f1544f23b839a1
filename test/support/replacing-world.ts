/** A plan to replace SSH from anywhere by SSH from two blocks, in a world that is as the plan found it. */
import { aFlaggedIngressRule, aRuleFromAnywhere } from './builders';
import { aWorld, DECIDING, IN_A_MINUTE, outcomesOf, type RevocationWorld } from './revocation-world';
import type { RevokeOptions } from '../../lambda/core/act/options';
import type { LedgerEntry } from '../../lambda/core/model/ledger';
import type { PlannedRevocation, RevocationOutcome } from '../../lambda/core/model/result';
import type { FlaggedIngressRule } from '../../src/contract/configuration';
import type { RuleTraffic } from '../../src/contract/rules/live-rule';
import { parseCidr } from '../../src/contract/traffic';

export const OFFICE = '203.0.113.0/24';
export const HOME = '198.51.100.7/32';

export const REPLACING: FlaggedIngressRule = aFlaggedIngressRule({
  replaceWith: [OFFICE, HOME].map(cidr => ({ kind: 'cidr', cidr: parseCidr(cidr) })),
});

export const DECIDING_TO_REPLACE: RevokeOptions['deciding'] = { ...DECIDING, flaggedIngressRules: [REPLACING] };

/** The traffic of the rules to add, in the order of their addresses. */
export const NARROWER: readonly RuleTraffic[] = [HOME, OFFICE].map(cidrIpv4 =>
  ({ ipProtocol: 'tcp', fromPort: 22, toPort: 22, cidrIpv4 }));

export type ReplacingWorld = RevocationWorld;

export function aReplacingWorld(known: Partial<LedgerEntry> = {}): ReplacingWorld {
  const rule = aRuleFromAnywhere({ description: 'temporary', tags: { Ticket: 'NET-1' } });
  const world = aWorld([rule], known);
  const planned = world.planned.map((each): PlannedRevocation => {
    const declarations = [{ id: REPLACING.id, name: REPLACING.name }];
    const flagged = { rule, verdict: 'flagged' as const, declarations };
    return {
      ...each, finding: { ...each.finding, flagged }, because: { verdict: 'flagged', declarations }, replacing: NARROWER,
    };
  });
  return { ...world, planned };
}

export async function replacedIn(world: ReplacingWorld, until = IN_A_MINUTE): Promise<RevocationOutcome> {
  const [outcome] = await outcomesOf(world, until, world.planned, { deciding: DECIDING_TO_REPLACE });
  return outcome;
}

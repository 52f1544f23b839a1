/** Explains what a sweep would make of one rule: each check, and each reason to keep it. */
import type { PlanningLedger } from './planned-ledger';
import { holdsUntil, neverBecause, type ToDeploy } from './sweeps';
import { mayApplyTo } from '../../lambda/core/checks/flagged-ingress';
import type { Hold } from '../../lambda/core/decide/hold';
import { reasonsToKeep, type RuleContext } from '../../lambda/core/decide/plan';
import { isAnnounceable, type KeepReason } from '../../lambda/core/decide/reasons';
import { replacementOf } from '../../lambda/core/decide/replacement';
import { decideOn } from '../../lambda/core/decision';
import { digestOfConfiguration } from '../../lambda/core/ledger/configuration';
import type { Finding } from '../../lambda/core/model/finding';
import type { LedgerEntry } from '../../lambda/core/model/ledger';
import type { SecurityGroup, SecurityGroupRule } from '../../lambda/core/model/network';
import type { Observation, ScanError } from '../../lambda/core/model/observation';
import type { DecidingDependencies } from '../../lambda/core/sweeping';
import { type DecodedConfiguration, type FlaggedIngressRule, isToRevoke } from '../../src/contract/configuration';
import type { Place } from '../../src/contract/organization';
import { judge } from '../../src/contract/rules/judge';
import type { RuleTraffic } from '../../src/contract/rules/live-rule';
import { trafficOf } from '../../src/contract/rules/live-rule';
import type { Relation } from '../../src/contract/rules/relation';
import { allowedWords } from '../../src/contract/rules/words';

/** How a declaration relates to the rule. */
export interface DeclarationCheck {
  readonly name: string;
  readonly reason?: string;
  /** `notFor`: the declaration is not for the group, or the rule is an egress rule. */
  readonly result: Relation | 'notFor';
  readonly action: 'report' | 'revoke';
  /** The traffic that the rule admits and the exceptions do not, if there are exceptions. */
  readonly admits?: string;
  readonly allows?: string;
}

export interface Explanation {
  readonly rule: SecurityGroupRule;
  readonly group?: SecurityGroup;
  /** Whether the configuration looks at the VPC of the group. A group that could not be read may be in scope. */
  readonly isInScope: boolean;
  /** `notLookedFor`: the configuration ignores stale rules. `unread`: that could not be read. */
  readonly stale: 'yes' | 'no' | 'notLookedFor' | 'unread';
  readonly declarations: readonly DeclarationCheck[];
  /** Absent: no check finds the rule. */
  readonly finding?: Finding;
  /** Every reason for which the next sweep keeps the rule, the one that counts first. */
  readonly reasons: readonly KeepReason[];
  /** The traffic of the rules that replace it, if nothing but a hold, time and people keep it. */
  readonly replacedBy?: readonly RuleTraffic[];
  /** The hold on revoking as a whole. */
  readonly hold?: Pick<Hold, 'reason'>;
  /** The time at which no hold is left. Absent: there is none, or it does not end by itself. */
  readonly heldUntil?: string;
  /** Why no sweep ever revokes. Absent: one may. */
  readonly never?: string;
  readonly entry?: LedgerEntry;
  readonly errors: readonly ScanError[];
}

export interface Explaining {
  readonly toDeploy: ToDeploy;
  /** The place of an organization that the rules are in. Absent: the configuration is of one account. */
  readonly place?: Place;
  readonly observation: Observation;
  readonly dependencies: DecidingDependencies & { readonly ledger: PlanningLedger };
}

/** @param rules rules of the groups that were observed */
export async function explain(rules: readonly SecurityGroupRule[], explaining: Explaining): Promise<Explanation[]> {
  const { toDeploy, place, observation, dependencies } = explaining;
  const { configuration, table, fingerprint } = toDeploy;
  const startedAt = dependencies.clock.now();
  const groupIds = [...new Set(rules.map(({ groupId }) => groupId))];
  const { sweeping, books, decision } = await decideOn(observation, {
    task: {
      run: {
        id: 'explain', trigger: 'request', scope: { kind: 'groups', groupIds },
        ...place && { part: { ...place, pass: 'revoke' } },
      },
      configuration,
      deployed: { table, fingerprint, digest: digestOfConfiguration(toDeploy) },
    },
    dependencies, startedAt,
  });
  const errors = [...sweeping.observation.errors, ...books.errors, ...books.ledgerErrors, ...decision.errors];
  const held = await holdsUntil(toDeploy, startedAt, dependencies.ledger);
  const heldUntil = held.forever === undefined && held.until > startedAt ? held.until.toISOString() : undefined;
  const never = neverBecause(toDeploy);
  return rules.map((rule): Explanation => {
    const { securityGroupRuleId: id, groupId } = rule;
    const group = observation.groups.get(groupId);
    const finding = sweeping.found.find(each => each.rule?.securityGroupRuleId === id);
    const entry = books.entries?.get(id);
    // The limit depends on all rules, and this run looks at few of them. The next sweep looks at everything.
    const context = { ...sweeping.context, isWhole: true };
    const reasons = finding === undefined ? [] : [...reasonsToKeep(finding, entry, context)];
    return {
      rule, group, finding, entry, errors,
      isInScope: group === undefined || isInScope(group, configuration),
      stale: staleCheck(finding, groupId, explaining),
      declarations: configuration.flaggedIngressRules.map(each => declarationCheck(rule, group, each, observation)),
      reasons,
      hold: sweeping.hold, heldUntil, never,
      replacedBy: replacing(finding, entry, reasons.filter(each => each !== sweeping.hold?.reason), context),
    };
  });
}

const isInScope = ({ vpcId }: SecurityGroup, { vpcIds }: Pick<DecodedConfiguration, 'vpcIds'>): boolean =>
  vpcId !== undefined && (vpcIds?.includes(vpcId) ?? true);

/** Returns the rules that replace one that is to be revoked, whether or not it has to wait for time and people. */
function replacing(
  finding: Finding | undefined, entry: LedgerEntry | undefined, reasons: readonly KeepReason[], context: RuleContext,
): readonly RuleTraffic[] | undefined {
  if (finding === undefined || entry === undefined || !isAnnounceable(reasons)) return undefined;
  const replacement = replacementOf(finding, entry, context);
  return replacement?.kind === 'rules' ? replacement.rules : undefined;
}

function staleCheck(
  finding: Finding | undefined, groupId: string, { toDeploy, observation }: Explaining,
): Explanation['stale'] {
  if (finding?.stale !== undefined) return 'yes';
  if (toDeploy.configuration.staleRules === 'ignore') return 'notLookedFor';
  const { vpcIds, groupIds, unreadGroupIds } = observation.coverage.stale;
  const vpcId = observation.groups.get(groupId)?.vpcId ?? '';
  const isRead = !unreadGroupIds.has(groupId) && (groupIds.has(groupId) || vpcIds.has(vpcId));
  return isRead ? 'no' : 'unread';
}

function declarationCheck(
  rule: SecurityGroupRule, group: SecurityGroup | undefined, declaration: FlaggedIngressRule,
  { prefixLists }: Observation,
): DeclarationCheck {
  const { name, reason } = declaration;
  const action = isToRevoke(declaration) ? 'revoke' : 'report';
  if (rule.isEgress || !mayApplyTo(declaration, rule.groupId, group)) return { name, reason, result: 'notFor', action };
  const { relation, admits } = judge(trafficOf(rule), declaration, prefixLists);
  return { name, reason, result: relation, action, admits, allows: allowedWords(declaration) || undefined };
}

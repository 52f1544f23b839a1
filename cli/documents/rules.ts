/** Rules that were found, as rows and as data. */
import { becauseOf } from '../../lambda/core/decide/because';
import { type KeepReason, keepFacts } from '../../lambda/core/decide/reasons';
import { waitsOf } from '../../lambda/core/decide/waiting';
import type { Finding } from '../../lambda/core/model/finding';
import type { LedgerEntry } from '../../lambda/core/model/ledger';
import type { SecurityGroup } from '../../lambda/core/model/network';
import { moment } from '../../lambda/core/report/pause-words';
import { keptBecause, reason, traffic } from '../../lambda/core/report/wording';
import type { DecodedConfiguration } from '../../src/contract/configuration';
import type { RuleTraffic } from '../../src/contract/rules/live-rule';
import type { PlannedSweep } from '../planning/sweeps';
import type { Cell, Table } from '../render/document';

/** What a planned sweep does with a rule. */
export type RuleAction = 'revoke' | 'replace' | 'keep';

/** A rule that was found, as data. */
export interface RuleData {
  /** Absent for a stale rule that could not be identified. */
  readonly securityGroupRuleId?: string;
  readonly groupId: string;
  readonly groupName?: string;
  readonly vpcId?: string;
  readonly direction: 'ingress' | 'egress';
  readonly traffic: string;
  readonly description?: string;
  readonly tags?: Readonly<Record<string, string>>;
  /** Why it was found, in words. */
  readonly because: string;
  readonly isStale: boolean;
  /** The declarations that flag it, or may do so. */
  readonly declarations: readonly string[];
  readonly verdict?: 'flagged' | 'undecided';
}

export interface PlannedRule extends RuleData {
  readonly action: RuleAction;
  readonly keepReason?: KeepReason;
  /** What happens, in words. */
  readonly words: string;
  /** The earliest time of the revocation if the rule waits, in ISO 8601 and UTC. */
  readonly notBefore?: string;
  /** The traffic of the rules that replace it. */
  readonly replacedBy?: readonly string[];
}

export function ruleData(finding: Finding, group: SecurityGroup | undefined): RuleData {
  const { rule, groupId, stale, flagged } = finding;
  const { verdict, declarations } = becauseOf(finding);
  return {
    securityGroupRuleId: rule?.securityGroupRuleId,
    groupId,
    groupName: group?.groupName || stale?.groupName || undefined,
    vpcId: group?.vpcId ?? stale?.vpcId,
    direction: rule?.isEgress ?? stale?.direction === 'egress' ? 'egress' : 'ingress',
    traffic: rule ? traffic(rule) : unidentified(finding),
    description: rule?.description,
    tags: rule && Object.keys(rule.tags).length > 0 ? rule.tags : undefined,
    because: reason(becauseOf(finding)),
    isStale: stale !== undefined,
    verdict: flagged && verdict,
    declarations: declarations.map(({ name }) => name),
  };
}

/** Describes a stale rule of which EC2 gives no id, and no rule of the group is certainly the one. */
function unidentified({ stale }: Finding): string {
  if (stale === undefined) return '';
  const { permission: { ipProtocol, fromPort, toPort, reference }, direction } = stale;
  const referencedGroup = reference.groupId === undefined ? undefined : { groupId: reference.groupId };
  const described: RuleTraffic & { isEgress: boolean } = {
    ipProtocol, fromPort, toPort, isEgress: direction === 'egress', ...referencedGroup && { referencedGroup },
  };
  return traffic(described);
}

type Deciding = Pick<DecodedConfiguration, 'staleRules' | 'grace' | 'flaggedIngressRules' | 'scheduleSeconds'>;

/** Returns what a planned sweep does with each rule, revocations first. */
export function plannedRules(
  { plan, entries, at }: PlannedSweep, groups: ReadonlyMap<string, SecurityGroup>, configuration: Deciding,
): PlannedRule[] {
  const revoked = plan.revoke.map(({ finding, group, replacing }): PlannedRule => {
    const replacedBy = replacing?.map(each => traffic(each));
    const words = replacedBy === undefined ? 'Revoked' : `Replaced by ${replacedBy.join(', ')}`;
    return { ...ruleData(finding, group), action: replacedBy === undefined ? 'revoke' : 'replace', words, replacedBy };
  });
  const kept = plan.keep.map((each): PlannedRule => {
    const { reason: keepReason, rule } = each;
    const entry = rule && entries.get(rule.securityGroupRuleId);
    const notBefore = keepReason === 'WITHIN_GRACE' && entry ? endOfWait(entry, configuration, at) : undefined;
    const until = notBefore === undefined ? '' : `; revoked at ${moment(`${notBefore.slice(0, 16)}:00Z`)} at the earliest`;
    return {
      ...ruleData(each, groups.get(each.groupId)), action: 'keep', keepReason,
      words: `Kept: ${keptBecause(keepReason)}${until}`, notBefore,
    };
  });
  return [...revoked.sort(byAction), ...kept.sort(byReason)];
}

function endOfWait(entry: LedgerEntry, configuration: Deciding, at: Date): string | undefined {
  const end = new Date(waitsOf(entry, configuration, at).at(0)?.endsAt ?? NaN);
  return Number.isNaN(end.getTime()) ? undefined : end.toISOString();
}

const byAction = (a: PlannedRule, b: PlannedRule): number =>
  Number(a.action === 'replace') - Number(b.action === 'replace') || byPlace(a, b);

const byReason = (a: PlannedRule, b: PlannedRule): number =>
  compare(a.keepReason ?? '', b.keepReason ?? '') || byPlace(a, b);

const byPlace = (a: RuleData, b: RuleData): number =>
  compare(a.groupId, b.groupId) || compare(a.securityGroupRuleId ?? '', b.securityGroupRuleId ?? '');

const compare = (a: string, b: string): number => a < b ? -1 : Number(a > b);

export const sortedRules = (rules: readonly RuleData[]): RuleData[] => [...rules].sort(byPlace);

const PLACE_COLUMNS = [
  { title: 'Rule' }, { title: 'Group', isProse: true }, { title: 'Traffic', isProse: true },
  { title: 'Found because', isProse: true },
];

function placeCells({ securityGroupRuleId, groupId, groupName, traffic: admitted, because }: RuleData): Cell[] {
  return [
    { text: securityGroupRuleId ?? 'not identified' },
    { text: groupName === undefined ? groupId : `${groupId} (${groupName})` },
    { text: admitted },
    { text: because },
  ];
}

export function plannedTable(rules: readonly PlannedRule[]): Table {
  return {
    columns: [{ title: 'What happens', isProse: true }, ...PLACE_COLUMNS],
    rows: rules.map(rule => [{ text: rule.words, tone: toneOf(rule) }, ...placeCells(rule)]),
  };
}

function toneOf({ action, keepReason }: PlannedRule): Cell['tone'] {
  if (action !== 'keep') return 'bad';
  return keepFacts(keepReason)?.level === 'WARN' ? 'warn' : 'quiet';
}

export function foundTable(rules: readonly RuleData[], remark: (rule: RuleData) => string): Table {
  const remarks = rules.map(remark);
  const isRemarked = remarks.some(each => each !== '');
  return {
    columns: [...PLACE_COLUMNS, ...isRemarked ? [{ title: 'Remark', isProse: true }] : []],
    rows: rules.map((rule, index) => [...placeCells(rule), ...isRemarked ? [{ text: remarks[index] }] : []]),
  };
}

/** The columns of a rule in CSV. */
export const RULE_FIELDS = [
  'securityGroupRuleId', 'groupId', 'groupName', 'vpcId', 'direction', 'traffic', 'description', 'because',
] as const;

export const ruleFields = (rule: RuleData): string[] => RULE_FIELDS.map(field => rule[field] ?? '');

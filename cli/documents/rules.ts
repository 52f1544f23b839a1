/** Rules that were found, as rows and as data. */
import { minute } from './place';
import { earliestOf, isLater, revokedWords, type Waiting } from './waiting';
import { becauseOf } from '../../lambda/core/decide/because';
import { exemptNow } from '../../lambda/core/decide/exempt';
import { isWaitingReason, type KeepReason, keepFacts } from '../../lambda/core/decide/reasons';
import type { Finding } from '../../lambda/core/model/finding';
import type { SecurityGroup } from '../../lambda/core/model/network';
import { keptBecause, reason, traffic } from '../../lambda/core/report/wording';
import { type DecodedConfiguration, revokesAnything } from '../../src/contract/configuration';
import type { RuleTraffic } from '../../src/contract/rules/live-rule';
import type { PlannedSweep } from '../planning/sweeps';
import type { Cell, Table } from '../render/document';

/** The action that a planned sweep takes on a rule. */
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
  /** The key of the tag of the rule or of its group that exempts. */
  readonly exemptTag?: string;
  /** The end of this exemption, in ISO 8601 and UTC. Absent: it has none, or its tag has no day as its value. */
  readonly exemptUntil?: string;
}

export interface PlannedRule extends RuleData {
  readonly action: RuleAction;
  readonly keepReason?: KeepReason;
  /** The action, in words. */
  readonly words: string;
  /** The earliest time of the revocation if the rule waits, in ISO 8601 and UTC. */
  readonly notBefore?: string;
  /** The traffic of the rules that replace it. */
  readonly replacedBy?: readonly string[];
}

/** @param at the time of the answer, by which an exemption may have ended */
export function ruleData(
  finding: Finding, group: SecurityGroup | undefined, configuration: Pick<DecodedConfiguration, 'exemptTags'>, at: Date,
): RuleData {
  const { rule, groupId, stale, flagged } = finding;
  const exemption = exemptNow(rule ?? { tags: {} }, group, configuration, at);
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
    exemptTag: exemption?.tag,
    exemptUntil: exemption?.kind === 'until' ? exemption.until : undefined,
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

type Deciding = Parameters<typeof revokesAnything>[0] & Waiting & Pick<DecodedConfiguration, 'exemptTags'>;

/**
 * Returns what a planned sweep does with each rule, revocations first.
 *
 * @param isOnlyOne whether no scheduled sweep is planned, so that this one tells when waits end
 */
export function plannedRules(
  { plan, entries, at, trigger }: PlannedSweep, groups: ReadonlyMap<string, SecurityGroup>, configuration: Deciding,
  isOnlyOne = false,
): PlannedRule[] {
  const data = (finding: Finding): RuleData =>
    ruleData(finding, groups.get(finding.groupId), configuration, at);
  const isRevoking = revokesAnything(configuration);
  // Waits count scheduled sweeps only, and nothing ends where nothing is revoked.
  const hasEnd = (keepReason: KeepReason): boolean => isRevoking
    && (trigger === 'schedule' || isOnlyOne ? isLater(keepReason) : isWaitingReason(keepReason));
  const revoked = plan.revoke.map(({ finding, replacing }): PlannedRule => {
    const replacedBy = replacing?.map(each => traffic(each));
    const words = replacedBy === undefined ? 'Revoked' : `Replaced by ${replacedBy.join(', ')}`;
    return { ...data(finding), action: replacedBy === undefined ? 'revoke' : 'replace', words, replacedBy };
  });
  const kept = plan.keep.map((each): PlannedRule => {
    const { reason: keepReason, rule: { securityGroupRuleId } = {} } = each;
    const entry = securityGroupRuleId === undefined ? undefined : entries.get(securityGroupRuleId);
    const rule = data(each);
    const exempt = rule.exemptUntil === undefined ? '' : `; exempt until ${minute(rule.exemptUntil)}`;
    const words = `Kept: ${keptBecause(keepReason)}`;
    const here = { ...rule, action: 'keep' as const, keepReason, words: `${words}${exempt}` };
    if (entry === undefined || !hasEnd(keepReason)) return here;
    const earliest = earliestOf(keepReason, entry, configuration, at);
    const isAwaiting = keepReason === 'AWAITING_APPROVAL';
    const isKnown = earliest !== undefined && !(isAwaiting && earliest.at <= at);
    const notBefore = isKnown ? earliest.at.toISOString() : undefined;
    const replacing = isAwaiting ? entry.approval?.replacing : undefined;
    return {
      ...here, words: `${words}${revokedWords(keepReason, entry, configuration, at, earliest) || exempt}`, notBefore,
      replacedBy: replacing?.map(peer => traffic(peer)),
    };
  });
  return [...revoked.sort(byAction), ...kept.sort(byReason)];
}

const byAction = (a: PlannedRule, b: PlannedRule): number =>
  Number(a.action === 'replace') - Number(b.action === 'replace') || byPlace(a, b);

const byReason = (a: PlannedRule, b: PlannedRule): number =>
  compare(a.keepReason ?? '', b.keepReason ?? '') || byPlace(a, b);

const byPlace = (a: RuleData, b: RuleData): number =>
  compare(a.groupId, b.groupId) || compare(a.securityGroupRuleId ?? '', b.securityGroupRuleId ?? '');

const compare = (a: string, b: string): number => a < b ? -1 : Number(a > b);

export const sortedRules = (rules: readonly RuleData[]): RuleData[] => [...rules].sort(byPlace);

/** The columns of a rule. Its group stands with it, so that a table fits a terminal of 100 columns. */
const RULE_COLUMNS = ['Rule', 'Traffic', 'Found because'].map(title => ({ title, isProse: true }));

function ruleCells({ securityGroupRuleId, groupId, groupName, traffic: admitted, because }: RuleData): Cell[] {
  const group = groupName === undefined ? groupId : `${groupId} (${groupName})`;
  return [{ text: `${securityGroupRuleId ?? 'not identified,'} in ${group}` }, { text: admitted }, { text: because }];
}

export function plannedTable(rules: readonly PlannedRule[]): Table {
  return {
    columns: [{ title: 'What happens', isProse: true }, ...RULE_COLUMNS],
    rows: rules.map(rule => [{ text: rule.words, tone: toneOf(rule) }, ...ruleCells(rule)]),
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
    columns: [...RULE_COLUMNS, ...isRemarked ? [{ title: 'Remark', isProse: true }] : []],
    rows: rules.map((rule, index) => [...ruleCells(rule), ...isRemarked ? [{ text: remarks[index] }] : []]),
  };
}

/** The columns of a rule in CSV. */
export const RULE_FIELDS = [
  'securityGroupRuleId', 'groupId', 'groupName', 'vpcId', 'direction', 'traffic', 'description', 'because', 'exemptTag',
  'exemptUntil',
] as const;

export const ruleFields = (rule: RuleData): Record<typeof RULE_FIELDS[number], string> =>
  Object.fromEntries(RULE_FIELDS.map(field => [field, rule[field] ?? ''])) as Record<typeof RULE_FIELDS[number], string>;

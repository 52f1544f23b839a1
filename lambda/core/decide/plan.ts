/**
 * The plan: which of the rules found are revoked, and why each of the others is kept.
 *
 * This file is pure. The default is to keep a rule: it is revoked only if a finding says so and nothing speaks against
 * it.
 */
import { digestOfShown, isApproved } from './approval';
import { isBeingReplaced } from './attempts';
import { becauseOf } from './because';
import {
  decidingOf, type FlaggedContext, isOnlyReported, isToldToRevoke, isUndecidedByList, isUseUnread,
  mayBeFlaggedByList, mayBeToldToRevoke, whyNotNow,
} from './flagged';
import type { Hold } from './hold';
import { isWithinNotice } from './notice';
import {
  callsOff, type HoldReason, isAnnounceable, isDue, isHeldAtMost, KEEP_REASONS, type KeepReason, type LimitReason,
} from './reasons';
import { isDueAsStale, replacementOf } from './replacement';
import { changingStackOf, stackIdOf, whyStackKeeps } from './stacks';
import { isOutsideWindow, type WindowContext } from './window';
import type { DecodedConfiguration, FlaggedIngressRule } from '../../../src/contract/configuration';
import { exemptionOf, exempts } from '../../../src/contract/exemptions';
import type { RuleTraffic } from '../../../src/contract/rules/live-rule';
import type { PrefixLists } from '../../../src/contract/rules/prefix-lists';
import type { Replacement } from '../../../src/contract/rules/replacement';
import type { Finding } from '../model/finding';
import type { ApprovalRecord, LedgerEntry } from '../model/ledger';
import type { SecurityGroup, SecurityGroupRule } from '../model/network';
import type { EndpointGroups, StackReading } from '../model/observation';
import type { KeptRule, Plan, PlannedRevocation } from '../model/result';

/** The part of the configuration that decisions depend on. */
export type DecidingConfiguration = Pick<
  DecodedConfiguration,
  | 'enabled' | 'dryRun' | 'staleRules' | 'grace' | 'flaggedIngressRules' | 'comesBack' | 'exemptSecurityGroupIds'
  | 'exemptTags' | 'functionNetwork' | 'isReportOnlyAccount' | 'isAccountInDoubt' | 'finalNoticeSeconds' | 'approval' | 'staleRulesAnytime'
>;

/** The facts for a decision about a single rule. */
export interface RuleContext extends DecidingConfiguration, FlaggedContext, WindowContext {
  /** The hold on revoking as a whole, if there is one. */
  readonly hold?: Pick<Hold, 'reason'>;
  /** The groups that could be read. */
  readonly groups: ReadonlyMap<string, SecurityGroup>;
  readonly vpcIds: ReadonlySet<string>;
  /** Whether `vpcIds` has every VPC in scope. */
  readonly hasAllVpcs?: boolean;
  /** The entries of the prefix lists that could be read. */
  readonly prefixLists: PrefixLists;
  /** The endpoints of the function's VPC. Absent if they were not read. */
  readonly endpoints?: EndpointGroups;
  /** The stacks of the groups. Absent if they do not matter: no changes trigger sweeps, or nothing is revoked now. */
  readonly stacks?: StackReading;
  /** The time at which the run began. */
  readonly startedAt: Date;
  /** Whether the schedule has triggered the run. */
  readonly isScheduled: boolean;
  /** The function's own account. Absent if it is not known. */
  readonly accountId?: string;
  readonly now: Date;
}

export interface PlanContext extends RuleContext {
  /** The ledger entries of the rules found. Absent if the ledger could not be read or written. */
  readonly entries?: ReadonlyMap<string, LedgerEntry>;
}

export function plan(found: readonly Finding[], context: PlanContext): Plan {
  const revoke: PlannedRevocation[] = [];
  const keep: KeptRule[] = [];
  for (const finding of found) {
    const { rule, groupId } = finding;
    const group = context.groups.get(groupId);
    const entry = rule && context.entries?.get(rule.securityGroupRuleId);
    const reason = reasonToKeep(finding, entry, context);
    if (reason === undefined && rule !== undefined && group !== undefined && entry !== undefined) {
      const replacing = rulesOf(replacementOf(finding, entry, context));
      revoke.push({ rule, group, because: becauseOf(finding), finding, entry, ...replacing && { replacing } });
    } else {
      const stack = reason === 'STACK_IN_PROGRESS' && group && changingStackOf(group, context);
      keep.push({ ...finding, reason: reason ?? 'LEDGER_UNAVAILABLE', entry, ...stack && { stack } });
    }
  }
  return { revoke, keep };
}

/**
 * Returns the plan for when the limit does not allow it, or CloudFormation may be changing any rule. Many rules at once
 * look more like a mistake, or a network that is being rebuilt, than like hygiene, so nothing is revoked.
 */
export function withheldAll({ revoke, keep }: Plan, reason: LimitReason | HoldReason | 'STACK_IN_PROGRESS'): Plan {
  return { revoke: [], keep: [...keep, ...revoke.map(({ finding, entry }) => ({ ...finding, reason, entry }))] };
}

/**
 * Returns why a rule is kept, regardless of how many others are due.
 *
 * @returns undefined if the rule is to be revoked
 */
export function reasonToKeep(
  finding: Finding, entry: LedgerEntry | undefined, context: RuleContext,
): KeepReason | undefined {
  const [first] = reasonsToKeep(finding, entry, context);
  return first;
}

/**
 * Yields every reason for which a rule is kept, the one that counts first. A reason that depends on something that is
 * not known, such as the tags of a group that could not be read, is left out.
 */
export function* reasonsToKeep(
  finding: Finding, entry: LedgerEntry | undefined, context: RuleContext,
): Generator<KeepReason, void, undefined> {
  const { rule, groupId, stale, flagged } = finding;
  const group = context.groups.get(groupId);
  const declarations = flagged?.verdict === 'flagged' ? flagged.declarations : [];
  const isStaleTold = stale !== undefined && context.staleRules === 'revoke';
  const isTold = isStaleTold || isToldToRevoke(declarations, context);
  if ((rule?.isEgress ?? stale?.direction === 'egress')) return yield 'EGRESS';
  if (!isTold) yield mayBeToldToRevoke(flagged, context) ? 'UNDECIDED' : 'REPORT_ONLY';
  if (rule === undefined) return yield 'RULE_NOT_FOUND';
  if (context.exemptSecurityGroupIds.includes(groupId)) yield 'EXEMPT_BY_PROP';
  if (isOfFunction(groupId, context)) yield 'EXEMPT_BY_FUNCTION';
  const own = exemptionOf(rule.tags, context.exemptTags);
  if (own?.kind !== 'invalid' && exempts(own, context.now)) yield 'EXEMPT_BY_RULE_TAG';
  if (group === undefined) return yield 'GROUP_UNREAD';
  const ofGroup = exemptionOf(group.tags, context.exemptTags);
  if (ofGroup?.kind !== 'invalid' && exempts(ofGroup, context.now)) yield 'EXEMPT_BY_GROUP_TAG';
  if (own?.kind === 'invalid' || ofGroup?.kind === 'invalid') yield 'EXEMPT_UNTIL_INVALID';
  if (group.vpcId === undefined || !context.vpcIds.has(group.vpcId)) yield 'OUTSIDE_VPCS';
  const owner = rule.groupOwnerId ?? group.ownerId;
  if (context.accountId !== undefined && owner !== undefined && owner !== context.accountId) yield 'OTHER_OWNER';
  // Nothing of what follows matters for a rule that is not to be revoked.
  if (!isTold) return;
  if (entry === undefined) return yield 'LEDGER_UNAVAILABLE';
  if (entry.state !== 'OPEN' || isBeingReplaced(entry, context.now)) yield 'LEFT_TO_OTHER';
  if (!isDueAsStale(finding, entry, context)) {
    const flaggedReason = whyNotNow(groupId, declarations, entry.flagged, context);
    if (flaggedReason !== undefined) yield isStaleTold ? 'WITHIN_GRACE' : flaggedReason;
  }
  const replacement = replacementOf(finding, entry, context);
  if (replacement && replacement.kind !== 'rules') yield replacement.kind;
  if (context.functionNetwork && !isWhole(context.endpoints)) yield 'ENDPOINTS_UNREAD';
  if (context.comesBack && entry.returned?.isKept) yield 'COMES_BACK';
  const stackReason = whyStackKeeps(group, entry, context);
  if (stackReason !== undefined) yield stackReason;
  const digestOf = (shown: SecurityGroupRule): string => digestOfShown(finding, shown, rulesOf(replacement));
  // The configuration of such an account is not enabled, either.
  if (context.isReportOnlyAccount) yield 'ACCOUNT_REPORT_ONLY';
  else if (!context.enabled) yield 'DISABLED';
  if (context.dryRun) yield 'DRY_RUN';
  const { hold } = context;
  if (hold !== undefined && hold.reason !== 'COUNTING') yield hold.reason;
  if (context.approval && !isApproved(entry.approval, digestOf(rule), context)) yield 'AWAITING_APPROVAL';
  if (isWithinNotice(entry.announced, rulesOf(replacement), context)) yield 'WITHIN_NOTICE';
  if (isOutsideWindow(context) && !mayGoAnytime(finding, entry, replacement, context)) yield 'OUTSIDE_WINDOW';
  // A rule that waits for people or for the window is not counted.
  if (hold?.reason === 'COUNTING') yield hold.reason;
}

/** The part of a decision that the ledger records. */
export interface RecordedDecision {
  /** Absent: the rule is to be revoked. */
  readonly keepReason?: KeepReason;
  /** Whether only time and people keep the rule, or nothing does. */
  readonly isAnnounceable: boolean;
  /** Whether the rule is kept for a reason that calls off what was announced, and ends its approval. */
  readonly callsOff: boolean;
  /** Whether everything could be read that decides why the rule is found, and what replaces it. */
  readonly isKnown: boolean;
  /**
   * The record of what a person has to approve. Absent: nobody has to approve the revocation, or it is not certain what
   * is to be revoked.
   */
  readonly shown?: Pick<ApprovalRecord, 'digest' | 'replacing'>;
  /** The traffic of the rules that are to replace the rule, if people are told. */
  readonly replacing?: readonly RuleTraffic[];
}

export function recordedDecision(finding: Finding, entry: LedgerEntry, context: RuleContext): RecordedDecision {
  // The first reason is enough, unless people are told or asked.
  const isTelling = context.finalNoticeSeconds !== undefined || context.approval !== undefined
    || entry.announced !== undefined || entry.approval !== undefined;
  const reasons = isTelling ? [...reasonsToKeep(finding, entry, context)] : firstOf(finding, entry, context);
  const { rule } = finding;
  const isCertain = isTelling && rule !== undefined && isHeldAtMost(reasons);
  const isKnown = isKnownInFull(finding, entry, context);
  const deciding = reasons.find(each => !isInDoubt(each, finding, isKnown, context));
  const replacing = isCertain ? rulesOf(replacementOf(finding, entry, context)) : undefined;
  // A count ends with the run that makes it, so it is no reason that readers of the ledger need.
  const keepReason = reasons.find(each => each !== 'COUNTING');
  return {
    keepReason, isAnnounceable: isCertain && isAnnounceable(reasons),
    callsOff: deciding !== undefined && callsOff(deciding), isKnown,
    ...replacing && { replacing },
    // Nobody is asked to approve half of a reason.
    ...isCertain && isKnown && context.approval && {
      shown: { digest: digestOfShown(finding, rule, replacing), ...replacing && { replacing } },
    },
  };
}

/**
 * Whether each check that holds the entry could look, and could read what its declarations name. Otherwise a part of
 * why the rule is found is only remembered.
 */
const isKnownInFull = (finding: Finding, entry: LedgerEntry, context: RuleContext): boolean =>
  (finding.stale !== undefined || entry.stale === undefined)
  && (finding.flagged !== undefined || entry.flagged === undefined)
  && !isUndecidedByList(finding, context)
  && !isUseUnread(finding.groupId, finding.flagged?.declarations ?? [], context);

/** Whether a rule has a reason to be kept only because something could not be read. */
function isInDoubt(reason: KeepReason, finding: Finding, isKnown: boolean, context: RuleContext): boolean {
  switch (reason) {
    case 'REPORT_ONLY':
    case 'WITHIN_GRACE':
    case 'NOT_NARROWER':
    case 'NOT_REPLACEABLE':
    case 'IN_USE': return !isKnown;
    case 'UNDECIDED': return !isKnown || mayBeFlaggedByList(finding, context);
    case 'OUTSIDE_VPCS': return !context.hasAllVpcs;
    case 'ACCOUNT_REPORT_ONLY': return context.isAccountInDoubt === true;
    default: return false;
  }
}

function firstOf(finding: Finding, entry: LedgerEntry, context: RuleContext): KeepReason[] {
  const reason = reasonToKeep(finding, entry, context);
  return reason === undefined ? [] : [reason];
}

/** Returns the traffic of the rules that replace a rule. */
const rulesOf = (replacement: Replacement | undefined): readonly RuleTraffic[] | undefined =>
  replacement?.kind === 'rules' ? replacement.rules : undefined;

/**
 * Whether a rule is due because of a check or a declaration that the revocation window does not bind. If these alone
 * would replace it, nothing else may be planned: a rule that they only narrow is not revoked before the window opens.
 */
function mayGoAnytime(
  finding: Finding, entry: LedgerEntry, planned: Replacement | undefined, context: RuleContext,
): boolean {
  if (context.staleRulesAnytime && isDueAsStale(finding, entry, context)) return true;
  const { flagged, groupId } = finding;
  if (flagged?.verdict !== 'flagged') return false;
  const isFree = ({ action }: FlaggedIngressRule): boolean => action.anytime === true;
  if (!decidingOf(groupId, flagged.declarations, entry.flagged, context).some(isFree)) return false;
  const alone = replacementOf({ ...finding, stale: undefined }, entry, context, isFree);
  return alone === undefined || JSON.stringify(alone) === JSON.stringify(planned);
}

/** Returns the stacks of the groups with rules that a run may revoke, whatever the ledger knows about these rules. */
export function neededStacks(found: readonly Finding[], context: RuleContext): Set<string> {
  // Without an entry, every reason that does not depend on the entry or on stacks comes first.
  const isRevocable = (finding: Finding): boolean =>
    reasonToKeep(finding, undefined, context) === 'LEDGER_UNAVAILABLE';
  const groups = found.filter(isRevocable).flatMap(({ groupId }) => context.groups.get(groupId) ?? []);
  return new Set(groups.flatMap(group => stackIdOf(group) ?? []));
}

/** Returns whether the function is known to reach AWS through the group. */
function isOfFunction(groupId: string, { functionNetwork, endpoints }: RuleContext): boolean {
  if (functionNetwork === undefined) return false;
  return functionNetwork.securityGroupIds.includes(groupId) || endpoints?.groupIds.has(groupId) === true;
}

const isWhole = (endpoints: EndpointGroups | undefined): boolean =>
  endpoints !== undefined && endpoints.error === undefined;

/** The rules that a run could not see, but that may have to be revoked. */
export interface Unseen {
  /** Open entries of rules in places where the run could not look. */
  readonly hidden: readonly LedgerEntry[];
  /** The number of unreadable ledger items of rules that were not found. */
  readonly unreadable: number;
}

/**
 * Counts the rules that are due, even if revoking is on hold. Rules that the run could not see count, so that a network
 * that is only half readable cannot slip under the limit.
 */
export function countDue(
  { revoke, keep }: Plan,
  { hidden, unreadable }: Unseen,
  context: RuleContext,
): number {
  const isTold = ({ rule, ...entry }: LedgerEntry): boolean => {
    const { flagged, stale, returned } = entry;
    return (
      !rule.isEgress
      && !(context.comesBack && returned?.isKept)
      && !exempts(exemptionOf(rule.tags, context.exemptTags), context.now)
      && ((flagged?.verdict === 'flagged' && !isOnlyReported(flagged.declarations, context))
        || (stale !== undefined && context.staleRules === 'revoke'))
    );
  };
  const isActive = context.enabled && !context.dryRun;
  // If what decides about a rule could not be read, the rule may be due.
  const isUnread = (kept: KeptRule): boolean =>
    UNREAD.has(kept.reason) || (mayBeFlaggedByList(kept, context) && isDueIfFlagged(kept, context));
  const mayBeDue = (kept: KeptRule): boolean =>
    KEEP_REASONS[kept.reason].kind === 'held' || (isActive && isUnread(kept));
  return revoke.length + keep.filter(mayBeDue).length + hidden.filter(isTold).length + unreadable;
}

function isDueIfFlagged({ flagged, entry, ...kept }: KeptRule, context: RuleContext): boolean {
  if (flagged === undefined) return false;
  const declarations = [...flagged.declarations, ...flagged.undecided ?? []];
  const finding: Finding = { ...kept, flagged: { rule: flagged.rule, verdict: 'flagged', declarations } };
  const reason = reasonToKeep(finding, entry, context);
  return isDue(reason) || (reason !== undefined && UNREAD.has(reason));
}

const UNREAD: ReadonlySet<KeepReason> = new Set([
  'GROUP_UNREAD', 'ENDPOINTS_UNREAD', 'USE_UNREAD', 'PEERS_UNREAD', 'STACK_UNREAD',
]);

/**
 * Counts the entries of rules that are due. @param unreadable the number of unreadable entries, each of which may be
 * due
 */
export function countDueEntries(entries: readonly LedgerEntry[], unreadable: number): number {
  return entries.filter(({ state, keepReason }) => state === 'OPEN' && isDue(keepReason)).length + unreadable;
}

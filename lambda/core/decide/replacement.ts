/** Decides whether a rule that is due is replaced by narrower ones, and by which. */
import { decidingOf, type FlaggedContext } from './flagged';
import { waitOf } from './grace';
import { type DecodedConfiguration, type FlaggedIngressRule, isToRevoke } from '../../../src/contract/configuration';
import { judge } from '../../../src/contract/rules/judge';
import { type RuleTraffic, trafficOf } from '../../../src/contract/rules/live-rule';
import type { PrefixLists } from '../../../src/contract/rules/prefix-lists';
import { type Replacement, replacementFor } from '../../../src/contract/rules/replacement';
import { appliesTo } from '../checks/flagged-ingress';
import type { Finding } from '../model/finding';
import type { LedgerEntry } from '../model/ledger';
import type { SecurityGroup } from '../model/network';

export interface ReplacementContext
  extends FlaggedContext, Pick<DecodedConfiguration, 'staleRules' | 'grace'> {
  readonly prefixLists: PrefixLists;
  /** The groups that could be read. */
  readonly groups: ReadonlyMap<string, SecurityGroup>;
}

/** Whether a rule is due because it is stale, whatever declarations say. */
export function isDueAsStale(
  { stale }: Finding, entry: Pick<LedgerEntry, 'stale'>,
  { staleRules, grace, now }: Pick<ReplacementContext, 'staleRules' | 'grace' | 'now'>,
): boolean {
  if (stale === undefined || staleRules !== 'revoke') return false;
  return grace === undefined || waitOf(entry.stale, grace, now).state === 'over';
}

/**
 * Returns what replaces a rule that is due, or why it cannot be replaced and is kept. A rule that is due because it is
 * stale admits nothing, so it needs no replacement.
 *
 * @param isAsked the declarations that count; absent: all of them do
 * @returns undefined if the rule is revoked and not replaced
 */
export function replacementOf(
  finding: Finding, entry: LedgerEntry, context: ReplacementContext,
  isAsked: (declared: FlaggedIngressRule) => boolean = () => true,
): Replacement | undefined {
  const { rule, groupId, flagged } = finding;
  if (rule === undefined || flagged?.verdict !== 'flagged' || isDueAsStale(finding, entry, context)) return undefined;
  const deciding = decidingOf(groupId, flagged.declarations, entry.flagged, context).filter(isAsked);
  const plain = deciding.filter(({ replaceWith }) => replaceWith === undefined);
  if (plain.length === deciding.length) return undefined;
  // A narrower rule lies within the declared traffic, too.
  if (plain.some(({ match }) => match === 'WITHIN')) return undefined;
  const replacement = replacementFor(rule, deciding, context.prefixLists);
  if (replacement.kind === 'PEERS_UNREAD') return replacement;
  const isUsable = replacement.kind === 'rules' && !areRevokedLater(replacement.rules, groupId, context);
  // A declaration without peers tells to revoke the rule in any case.
  if (!isUsable && plain.length > 0) return undefined;
  return replacement.kind === 'rules' && !isUsable ? { kind: 'NOT_NARROWER' } : replacement;
}

/**
 * Whether a declaration revokes one of the new rules, now or later. A declaration for default groups flags the old
 * rule, too, and revokes it without a replacement, so the rule may be replaced until then.
 */
function areRevokedLater(
  rules: readonly RuleTraffic[], groupId: string, { flaggedIngressRules, groups, prefixLists }: ReplacementContext,
): boolean {
  const isRevoking = (each: FlaggedIngressRule): boolean =>
    isToRevoke(each) && each.groups.kind !== 'default' && appliesTo(each, groupId, groups.get(groupId));
  return flaggedIngressRules.filter(isRevoking).some(each =>
    rules.some(rule => judge(trafficOf(rule), each, prefixLists).relation === 'yes'));
}

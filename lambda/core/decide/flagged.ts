/** Decides, declaration by declaration, whether a flagged rule is to be revoked now. */
import { waitOf } from './grace';
import type { KeepReason } from './reasons';
import { type DecodedConfiguration, type FlaggedIngressRule, isToRevoke } from '../../../src/contract/configuration';
import { dependsOnPrefixLists, namedPrefixLists } from '../../../src/contract/depends-on';
import type { PrefixLists } from '../../../src/contract/rules/prefix-lists';
import type { Declaration, Finding, FlaggedRule } from '../model/finding';
import type { DeclarationSight, FlaggedSight } from '../model/ledger';
import type { GroupUse } from '../model/observation';

export type FlaggedKeepReason = Extract<KeepReason, 'WITHIN_GRACE' | 'USE_UNREAD' | 'IN_USE' | 'REPORT_ONLY'>;

export interface FlaggedContext extends Pick<DecodedConfiguration, 'flaggedIngressRules'> {
  /** Which default groups are used. Absent if no declaration depends on it. */
  readonly groupUse?: GroupUse;
  readonly now: Date;
}

/** The reasons, from the one that is closest to a revocation. The declaration that asks for most decides. */
const NEAREST_FIRST: readonly FlaggedKeepReason[] = ['WITHIN_GRACE', 'USE_UNREAD', 'IN_USE', 'REPORT_ONLY'];

/**
 * Returns why none of the declarations that flag a rule wants it to be revoked now.
 *
 * @param sight what the ledger knows about the rule; a wait does not end without it
 * @returns undefined if a declaration wants it
 */
export function whyNotNow(
  groupId: string, declarations: readonly Declaration[], sight: FlaggedSight | undefined, context: FlaggedContext,
): FlaggedKeepReason | undefined {
  const reasons = declarations.flatMap(each =>
    declaredAs(each, context.flaggedIngressRules).map(declared => whyKept(groupId, declared, sight, context)));
  if (reasons.includes(undefined)) return undefined;
  return NEAREST_FIRST.find(reason => reasons.includes(reason)) ?? 'REPORT_ONLY';
}

/** Returns the declarations of those that flag a rule because of which it is revoked now. */
export function decidingOf(
  groupId: string, declarations: readonly Declaration[], sight: FlaggedSight | undefined, context: FlaggedContext,
): FlaggedIngressRule[] {
  return declarations
    .flatMap(each => declaredAs(each, context.flaggedIngressRules))
    .filter(declared => whyKept(groupId, declared, sight, context) === undefined);
}

/** Whether one of the declarations is about default groups that nothing uses, and the use of the group is not known. */
export const isUseUnread = (
  groupId: string, declarations: readonly Declaration[], { flaggedIngressRules, groupUse }: FlaggedContext,
): boolean => (groupUse === undefined || groupUse.unread.has(groupId)) && declarations
  .flatMap(each => declaredAs(each, flaggedIngressRules))
  .some(({ action, groups }) => action.kind !== 'report' && groups.kind === 'default' && !groups.evenInUse);

/** Whether any of the declarations wants the rule to be revoked, now or later. */
export function isToldToRevoke(
  declarations: readonly Declaration[], { flaggedIngressRules }: Pick<FlaggedContext, 'flaggedIngressRules'>,
): boolean {
  return declarations.some(each => declaredAs(each, flaggedIngressRules).some(({ action }) => action.kind === 'revoke'));
}

/**
 * Whether a declaration revokes the rule at any time, no matter who uses its group. Then it does not matter
 * whether the rule is also stale.
 */
export function isRevokedAtOnce(
  groupId: string, declarations: readonly Declaration[],
  { flaggedIngressRules }: Pick<FlaggedContext, 'flaggedIngressRules'>,
): boolean {
  const timeless = flaggedIngressRules.filter(({ action }) => action.grace === undefined);
  return whyNotNow(groupId, declarations, undefined, { flaggedIngressRules: timeless, now: new Date(0) }) === undefined;
}

/** Whether every declaration is known, and wants its rules to be reported only. In doubt, a rule may be due. */
export function isOnlyReported(
  declarations: readonly Declaration[], { flaggedIngressRules }: Pick<FlaggedContext, 'flaggedIngressRules'>,
): boolean {
  const actions = declarations.map(each => declaredAs(each, flaggedIngressRules).map(({ action }) => action.kind));
  return actions.length > 0 && actions.every(kinds => kinds.length > 0 && kinds.every(kind => kind === 'report'));
}

/** Returns the declarations that may flag a rule, although this cannot be proved. */
function undecidedOf(flagged: FlaggedRule | undefined): readonly Declaration[] {
  return (flagged?.verdict === 'undecided' ? flagged.declarations : flagged?.undecided) ?? [];
}

/** Whether a declaration that revokes may flag the rule, although this cannot be proved. */
export function mayBeToldToRevoke(
  flagged: FlaggedRule | undefined, context: Pick<FlaggedContext, 'flaggedIngressRules'>,
): boolean {
  return flagged?.verdict === 'undecided' || isToldToRevoke(undecidedOf(flagged), context);
}

type ListContext = Pick<FlaggedContext, 'flaggedIngressRules'> & { readonly prefixLists: PrefixLists };

/** Whether a rule may be flagged by a declaration that revokes, because of a prefix list that could not be read. */
export const mayBeFlaggedByList = (finding: Pick<Finding, 'rule' | 'flagged'>, context: ListContext): boolean =>
  undecidedByList(finding, context).some(isToRevoke);

/** Whether it is not known if a declaration flags a rule, because of a prefix list that could not be read. */
export const isUndecidedByList = (finding: Pick<Finding, 'rule' | 'flagged'>, context: ListContext): boolean =>
  undecidedByList(finding, context).length > 0;

function undecidedByList(
  { rule, flagged }: Pick<Finding, 'rule' | 'flagged'>, { flaggedIngressRules, prefixLists }: ListContext,
): FlaggedIngressRule[] {
  return undecidedOf(flagged).flatMap(each => declaredAs(each, flaggedIngressRules)).filter(each => {
    const lists = [...rule?.prefixListId === undefined ? [] : [rule.prefixListId], ...namedPrefixLists(each)];
    return dependsOnPrefixLists(each) && lists.some(list => !prefixLists.has(list));
  });
}

/**
 * Returns what a name in a finding or an entry stands for. Names change when declarations are added or removed, so the
 * digest decides if there is one. Earlier versions recorded none.
 */
export function declaredAs<T extends Pick<FlaggedIngressRule, 'id' | 'name'>>(
  { id, name }: Declaration, declared: readonly T[],
): T[] {
  const same = declared.filter(each => id === undefined ? each.name === name : each.id === id);
  const named = same.filter(each => each.name === name);
  return named.length > 0 ? named : same;
}

function whyKept(
  groupId: string, { id, action, groups }: FlaggedIngressRule, sight: FlaggedSight | undefined,
  { groupUse, now }: FlaggedContext,
): FlaggedKeepReason | undefined {
  if (action.kind === 'report') return 'REPORT_ONLY';
  if (groups.kind === 'default' && !groups.evenInUse) {
    if (groupUse?.used.has(groupId)) return 'IN_USE';
    if (groupUse === undefined || groupUse.unread.has(groupId)) return 'USE_UNREAD';
  }
  const { grace } = action;
  return grace && waitOf(sightOf(id, sight), grace, now).state !== 'over' ? 'WITHIN_GRACE' : undefined;
}

/**
 * Returns the longest time without a scheduled sweep for a wait to continue, by the digest of the declaration. If
 * declarations differ in their action only, the shortest time applies.
 */
export function maxGapsOf(declared: readonly FlaggedIngressRule[]): ReadonlyMap<string, number> {
  const gaps = new Map<string, number>();
  for (const { id, action: { grace } } of declared) {
    if (grace) gaps.set(id, Math.min(grace.maxGapSeconds, gaps.get(id) ?? Infinity));
  }
  return gaps;
}

/** Returns what the ledger knows about a rule and one declaration. */
export function sightOf(id: string, sight: FlaggedSight | undefined): DeclarationSight | undefined {
  return sight?.declarations.find(each => each.id === id);
}

/**
 * The record of the rules that replace a broader one: pure functions that return the next record.
 *
 * A rule counts as added by this construct only if EC2 has answered its id. Every such id stays in the record, so that
 * the ledger accounts for it even after the rule was taken away.
 */
import { type RuleTraffic, trafficOf } from '../../../src/contract/rules/live-rule';
import { matches } from '../../../src/contract/rules/relation';
import { isBeingReplaced } from '../decide/attempts';
import type { LedgerEntry, ReplacementRecord, ReplacingRule } from '../model/ledger';
import { isSameWritten } from '../rules/sameness';

/** The number of rules without further use that a record keeps. A sweep that fails again and again adds to them. */
const MOST_ENDED = 20;

/** A rule that this construct has added, and that is there as far as the record knows. */
export type AddedRule = ReplacingRule & { readonly securityGroupRuleId: string };

export const isAdded = (rule: ReplacingRule): rule is AddedRule =>
  rule.securityGroupRuleId !== undefined && rule.ended === undefined;

/**
 * Returns the record when the rule is about to be replaced, before the first call. Rules that an earlier run has added
 * stay in it.
 *
 * @param traffic of the rules to add; absent: the rule is revoked and not replaced
 */
export function planned(
  before: ReplacementRecord | undefined, traffic: readonly RuleTraffic[] = [], description?: string,
): ReplacementRecord | undefined {
  const known = before?.rules ?? [];
  const wanted = traffic.map((each): ReplacingRule =>
    known.find(rule => isAdded(rule) && isSameWritten(rule.traffic, each)) ?? { traffic: each, description });
  const past = known.filter(({ ended: end }) => end !== undefined).slice(-MOST_ENDED);
  const others = known.filter(rule => isAdded(rule) && !wanted.includes(rule));
  const rules = [...wanted, ...others, ...past];
  return rules.length === 0 ? undefined : { ...before, rules };
}

/** Returns the rules of a record that a traffic list names, with their positions in the record. */
export function namedBy(record: ReplacementRecord, traffic: readonly RuleTraffic[]): number[] {
  return traffic.map(each =>
    record.rules.findIndex(rule => rule.ended === undefined && isSameWritten(rule.traffic, each)));
}

/** Returns the record after EC2 has answered the id of an added rule. */
export function added(record: ReplacementRecord, index: number, securityGroupRuleId: string): ReplacementRecord {
  const before = record.rules[index];
  // If EC2 could add the rule once more, someone has changed or removed the one that was added before.
  const left: ReplacingRule[] = isAdded(before) ? [{ ...before, ended: 'LEFT' }] : [];
  const rules = record.rules.map((rule, at) => at === index ? { ...rule, securityGroupRuleId } : rule);
  return { ...record, rules: [...rules, ...left] };
}

/** Returns the record right before the broader rule is revoked. @param ids of the rules in place, by position */
export function final(record: ReplacementRecord, ids: ReadonlyMap<number, string>): ReplacementRecord {
  const rules = record.rules.map((rule, index): ReplacingRule => {
    const id = ids.get(index);
    return id === undefined || id === rule.securityGroupRuleId ? rule : { ...rule, existingRuleId: id };
  });
  return { rules, isFinal: true };
}

/**
 * Returns the record when the broader rule stays, and no call that revokes it can take effect any more. What a later
 * attempt adds can be taken away again. What was in place when the call was made stays, even if EC2 refused the call.
 *
 * @param wasCalled whether the call was made
 */
export function notFinal({ rules, isFinal }: ReplacementRecord, wasCalled: boolean): ReplacementRecord {
  const isInPlace = (rule: ReplacingRule): boolean => wasCalled && isFinal === true && isAdded(rule);
  return { rules: rules.map(({ existingRuleId, ...rule }) => isInPlace(rule) ? { ...rule, stays: true } : rule) };
}

/** Returns the record after added rules were taken away or left alone. */
export function ended(
  record: ReplacementRecord, became: ReadonlyMap<string, NonNullable<ReplacingRule['ended']>>,
): ReplacementRecord {
  const rules = record.rules.map(rule => {
    const end = isAdded(rule) ? became.get(rule.securityGroupRuleId) : undefined;
    return end === undefined ? rule : { ...rule, ended: end };
  });
  return { ...record, rules };
}

/**
 * Returns the rules that an unfinished replacement has added and that are no longer wanted.
 *
 * @param wanted the traffic of the rules that a run is about to add; absent: none
 */
export function leftovers(
  { replacement }: Pick<LedgerEntry, 'replacement'>, wanted: readonly RuleTraffic[] = [],
): AddedRule[] {
  if (replacement === undefined || replacement.isFinal) return [];
  return replacement.rules.filter(isAdded).filter(({ traffic, stays }) =>
    !stays && !wanted.some(each => isSameWritten(each, traffic)));
}

/** Returns the rules that this construct has added, and that are there as far as the record knows. */
export const standing = ({ replacement }: Pick<LedgerEntry, 'replacement'>): AddedRule[] =>
  replacement?.rules.filter(isAdded) ?? [];

/** Returns the words for added rules that stay although their entry is closed. Empty if there are none. */
export function stayingWords(entry: Pick<LedgerEntry, 'replacement'>): string {
  const ids = standing(entry).map(({ securityGroupRuleId }) => securityGroupRuleId);
  if (ids.length === 0) return '';
  return ids.length === 1 ? `; ${ids[0]}, which was added for it, stays` : `; ${ids.join(', ')}, which were added for it, stay`;
}

/**
 * Whether the rule of an entry is replaced by a rule that was added for another one: `final` if it is, and `maybe` if a
 * run may be about to. Such a run has recorded only the traffic so far.
 */
export function reliesOn(
  entry: Pick<LedgerEntry, 'state' | 'replacement' | 'attempt'>, { securityGroupRuleId, traffic }: AddedRule, now: Date,
): 'final' | 'maybe' | undefined {
  const { state, replacement } = entry;
  // A rule that was put back needs no other.
  if (replacement === undefined || state === 'RESTORED') return undefined;
  const rules = replacement.rules.filter(({ ended: end }) => end === undefined);
  if (rules.some(({ existingRuleId }) => existingRuleId === securityGroupRuleId)) return 'final';
  const isUnderWay = state === 'PENDING' || isBeingReplaced(entry, now);
  const mayBe = (each: ReplacingRule): boolean =>
    !isAdded(each) && matches(trafficOf(each.traffic), trafficOf(traffic), 'EXACT') !== 'no';
  return isUnderWay && rules.some(mayBe) ? 'maybe' : undefined;
}

/** Returns the rules that are in place of a rule that was revoked, with their ids as far as they are known. */
export function inPlace({ replacement }: Pick<LedgerEntry, 'replacement'>): ReplacingRule[] {
  return replacement?.isFinal ? replacement.rules.filter(({ ended: end }) => end === undefined) : [];
}

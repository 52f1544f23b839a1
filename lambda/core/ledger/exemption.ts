/**
 * Records which tag exempts a rule, and reports once that an exemption with a date is about to end, that it has ended,
 * and that its date cannot be read. The functions are pure.
 */
import { exempts } from '../../../src/contract/exemptions';
import { keepFacts } from '../decide/reasons';
import type { ExemptionChange, ExemptionRecord, LedgerEntry, RuleExemption, Sightings } from '../model/ledger';

const DAY_MILLIS = 86_400_000;

/** The end of an exemption is reported this long before. */
const ENDING_MILLIS = 7 * DAY_MILLIS;

/**
 * Returns the record of an exemption.
 *
 * @param known the record so far
 * @param exemption the exemption by the tags that could be read; absent: none
 * @param isGroupRead whether the tags of the group could be read; if not, what is known of them stays
 */
export function recordOf(
  known: ExemptionRecord | undefined, exemption: RuleExemption | undefined, isGroupRead: boolean,
): ExemptionRecord | undefined {
  if (exemption === undefined) return known?.on === 'group' && !isGroupRead ? known : undefined;
  const isSame = known?.tag === exemption.tag && known.value === exemption.value && known.on === exemption.on;
  return { ...exemption, ...isSame && known.told && { told: known.told } };
}

/** Whether sightings count for nothing now, because the rule is exempt until a day, or may be. */
export const isPostponed = (exemption: RuleExemption | undefined, now: Date): boolean =>
  exemption !== undefined && exemption.kind !== 'forever' && exempts(exemption, now);

/**
 * Whether a wait starts over. It begins when an exemption with a date ends, so what was counted before counts for
 * nothing.
 */
export function startsOver(
  { countedSince }: Partial<Sightings>, exemption: RuleExemption | undefined, now: Date,
): boolean {
  return isPostponed(exemption, now) || (countedSince !== undefined && isBeforeEnd(countedSince, exemption));
}

/**
 * Returns the announcement and the approval that an exemption with a date has left as they were. Those from before its
 * end count for nothing, even if no run saw the exemption.
 */
export function outlasting(
  { announced, approval }: Pick<LedgerEntry, 'announced' | 'approval'>, exemption: RuleExemption | undefined,
): Pick<LedgerEntry, 'announced' | 'approval'> {
  return {
    announced: announced && !isBeforeEnd(announced.since ?? announced.at, exemption) ? announced : undefined,
    approval: approval && !isBeforeEnd(approval.approved?.at ?? approval.at, exemption) ? approval : undefined,
  };
}

function isBeforeEnd(time: string, exemption: RuleExemption | undefined): boolean {
  return exemption?.kind === 'until' && !(Date.parse(time) >= Date.parse(exemption.until));
}

/** Returns the entry with the changes of its exemption that the run has to report marked as reported. */
export function withExemptionTold(entry: LedgerEntry, now: Date): LedgerEntry {
  const { exemption, keepReason } = entry;
  if (exemption === undefined) return entry;
  const change = changeOf(exemption, keepReason, now);
  if (change === undefined || exemption.told?.includes(change)) return entry;
  return { ...entry, exemption: { ...exemption, told: [...exemption.told ?? [], change] } };
}

/** An exemption of a rule that is kept for another reason anyway changes nothing, so nothing is reported. */
function changeOf(
  exemption: ExemptionRecord, keepReason: string | undefined, now: Date,
): ExemptionChange | undefined {
  const kind = keepFacts(keepReason)?.kind;
  if (exempts(exemption, now)) {
    if (kind !== 'exempt') return undefined;
    if (exemption.kind === 'invalid') return 'INVALID';
    return exemption.kind === 'until' && Date.parse(exemption.until) - now.getTime() <= ENDING_MILLIS ? 'ENDING' : undefined;
  }
  return kind === 'exempt' || kind === 'by-hand' || kind === 'out-of-scope' ? undefined : 'ENDED';
}

/** Returns the changes of an exemption that an entry reports and the entry before did not. */
export function newsOfExemption(previous: LedgerEntry | undefined, entry: LedgerEntry): ExemptionChange[] {
  const { told: before = [], tag, value, on } = previous?.exemption ?? {};
  const { exemption } = entry;
  const isSame = exemption !== undefined && exemption.tag === tag && exemption.value === value && exemption.on === on;
  return (exemption?.told ?? []).filter(change => !isSame || !before.includes(change));
}

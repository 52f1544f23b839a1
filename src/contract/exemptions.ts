/**
 * The tags that exempt a rule or a security group. Both the handler and the IAM policies of its role use this file.
 *
 * A tag exempts by its key alone, and for ever, except for the tag with a date. IAM cannot compare dates, so no policy
 * denies by that tag: after its day, IAM would still deny what the handler revokes. A value that is no date is a doubt,
 * and doubt keeps the rule.
 *
 * Keys are compared without regard to case, because IAM compares condition keys such as
 * `aws:ResourceTag/network-hygiene:exempt` that way. The handler folds at least as much as IAM does, so it keeps every
 * rule that IAM protects.
 *
 * @see
 * https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html#condition-keys-resourcetag
 */

/** The tag key that exempts in every configuration. */
export const EXEMPT_TAG = 'network-hygiene:exempt';

/** The tag key that exempts until the end of a day in UTC, which its value names, such as `2027-03-31`. */
export const EXEMPT_UNTIL_TAG = 'network-hygiene:exempt-until';

/** The tag key whose value says why a rule or group is exempt. It is for readers only. */
export const EXEMPT_REASON_TAG = 'network-hygiene:exempt-reason';

/** Each key takes a statement in the policy of the role, and more statements would not fit. */
export const MOST_EXEMPT_TAGS = 20;

/** The tag keys that EC2 allows, limited to the characters that IAM accepts in a policy (up to U+00FF). */
export const EXEMPT_TAG_KEY = /^(?=[\x20-\xff]*$)(?! )[\p{L}\p{Z}\p{N}_.:/=+\-@]{1,128}(?<! )$/u;

/** All exempting keys without duplicates: the built-in key and the configured ones. */
export function exemptTagKeys(exemptTags: readonly string[]): string[] {
  const keys = [EXEMPT_TAG, ...exemptTags];
  return keys.filter((key, index) => keys.findIndex(each => folded(each) === folded(key)) === index);
}

/**
 * An exemption by a tag.
 *
 * - `forever`: the tag exempts whatever its value is
 * - `until`: the tag exempts until a time, which may be past
 * - `invalid`: the value of the tag with a date is no date, so it exempts
 */
export type Exemption = {
  /** The key of the tag, as the rule or group has it. */
  readonly tag: string;
  readonly value: string;
  /** The reason that another tag gives. */
  readonly reason?: string;
} & (
  | { readonly kind: 'forever' | 'invalid' }
  /** The first moment at which it no longer exempts, in ISO 8601 and UTC. */
  | { readonly kind: 'until'; readonly until: string }
);

/**
 * Returns the exemption that lasts longest, even if it is over. Keys that differ in case only are different tags, so
 * there may be several. One that is invalid lasts longer than any date.
 *
 * @returns undefined if no tag exempts, or did
 */
export function exemptionOf(
  tags: Readonly<Record<string, string>>, exemptTags: readonly string[],
): Exemption | undefined {
  const keys = new Set(exemptTagKeys(exemptTags).map(folded));
  const reason = Object.entries(tags).find(([key]) => folded(key) === folded(EXEMPT_REASON_TAG))?.[1];
  const exemptions = Object.entries(tags).flatMap(([tag, value]): Exemption[] => {
    const about = { tag, value, ...reason && { reason } };
    if (keys.has(folded(tag))) return [{ ...about, kind: 'forever' }];
    if (folded(tag) !== folded(EXEMPT_UNTIL_TAG)) return [];
    const until = endOfDay(value);
    return [until === undefined ? { ...about, kind: 'invalid' } : { ...about, kind: 'until', until }];
  });
  return longest(exemptions);
}

/** Returns the exemption that lasts longest; of those that last equally long, the first one. */
export function longest<T extends Exemption>(exemptions: readonly T[]): T | undefined {
  const [first] = [...exemptions].sort((a, b) => endOf(b) - endOf(a) || KINDS.indexOf(a.kind) - KINDS.indexOf(b.kind));
  return first;
}

const KINDS: ReadonlyArray<Exemption['kind']> = ['forever', 'invalid', 'until'];

/** The end in milliseconds since 1970, which is a finite number even if there is none, so that it can be compared. */
const endOf = (exemption: Exemption): number =>
  exemption.kind === 'until' ? Date.parse(exemption.until) : Number.MAX_SAFE_INTEGER;

/** Whether an exemption is in force. At an invalid time it is. */
export const exempts = (exemption: Exemption | undefined, now: Date): boolean =>
  exemption !== undefined && (exemption.kind !== 'until' || !(now.getTime() >= Date.parse(exemption.until)));

const DAY_MILLIS = 86_400_000;

/** @returns the first moment after a day, in ISO 8601 and UTC; undefined if the text names no day of the calendar */
function endOfDay(day: string): string | undefined {
  const begin = /^\d{4}-\d\d-\d\d$/.test(day) ? new Date(`${day}T00:00:00.000Z`) : new Date(NaN);
  // Date.parse would take 31 April for 1 May.
  if (Number.isNaN(begin.getTime()) || !begin.toISOString().startsWith(day)) return undefined;
  // The year 10000 has another form, and times in the ledger all have the same one.
  const end = new Date(begin.getTime() + DAY_MILLIS).toISOString();
  return end.startsWith('+') ? LAST_MOMENT : end;
}

const LAST_MOMENT = '9999-12-31T23:59:59.999Z';

/** Whether a key is that of the tag with a date, which no configuration may use for anything else. */
export const isExemptUntilTag = (key: string): boolean => folded(key) === folded(EXEMPT_UNTIL_TAG);

/**
 * Folds both ways, because some letters have one case only: the Kelvin sign has k as its small letter, but K is the
 * capital of k. The combining dot that remains when a dotted capital I is made small is dropped.
 */
const folded = (key: string): string => key.toUpperCase().toLowerCase().replace(/\u0307/g, '');

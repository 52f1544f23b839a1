/**
 * The tags that exempt a rule or a security group. Both the handler and the IAM policies of its role use this file.
 *
 * A tag exempts by its key alone. An unexpected value is a doubt, and doubt keeps the rule. Keys are compared without
 * regard to case, because IAM compares condition keys such as `aws:ResourceTag/network-hygiene:exempt` that way. The
 * handler folds at least as much as IAM does, so it keeps every rule that IAM protects.
 *
 * @see
 * https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html#condition-keys-resourcetag
 */

/** The tag key that exempts in every configuration. */
export const EXEMPT_TAG = 'network-hygiene:exempt';

/** Each key takes a statement in the policy of the role, and more statements would not fit. */
export const MOST_EXEMPT_TAGS = 20;

/** The tag keys that EC2 allows, limited to the characters that IAM accepts in a policy (up to U+00FF). */
export const EXEMPT_TAG_KEY = /^(?=[\x20-\xff]*$)(?! )[\p{L}\p{Z}\p{N}_.:/=+\-@]{1,128}(?<! )$/u;

/** All exempting keys without duplicates: the built-in key and the configured ones. */
export function exemptTagKeys(exemptTags: readonly string[]): string[] {
  const keys = [EXEMPT_TAG, ...exemptTags];
  return keys.filter((key, index) => keys.findIndex(each => folded(each) === folded(key)) === index);
}

/** @returns the key of the exempting tag as the rule or group has it; undefined if no tag exempts */
export function exemptingTag(
  tags: Readonly<Record<string, string>>,
  exemptTags: readonly string[],
): string | undefined {
  const keys = new Set(exemptTagKeys(exemptTags).map(folded));
  return Object.keys(tags).find(key => keys.has(folded(key)));
}

/**
 * Folds both ways, because some letters have one case only: the Kelvin sign has k as its small letter, but K is the
 * capital of k. The combining dot that remains when a dotted capital I is made small is dropped.
 */
const folded = (key: string): string => key.toUpperCase().toLowerCase().replace(/\u0307/g, '');

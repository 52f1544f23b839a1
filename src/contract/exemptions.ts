/**
 * Which tags exempt a rule or a security group. The handler and the IAM policies of its role both decide by this file.
 *
 * A tag exempts by its key alone, whatever its value: a value that nobody foresaw is a doubt, and doubt keeps. Keys are
 * compared without regard to case, because IAM compares the keys of condition keys such as
 * `aws:ResourceTag/network-hygiene:exempt` so. The handler folds at least as much as IAM does: a rule that IAM protects
 * is a rule that the handler keeps.
 *
 * @see
 * https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html#condition-keys-resourcetag
 */

/** The tag key that exempts in every configuration. */
export const EXEMPT_TAG = 'network-hygiene:exempt';

/** Each key is a statement in the policy of the role; more would not fit. */
export const MOST_EXEMPT_TAGS = 20;

/** The tag keys that EC2 allows, as far as IAM takes their characters in a policy: those up to U+00FF. */
export const EXEMPT_TAG_KEY = /^(?=[\x20-\xff]*$)(?! )[\p{L}\p{Z}\p{N}_.:/=+\-@]{1,128}(?<! )$/u;

/** The keys that exempt, each once: the one that always does, and those of the configuration. */
export function exemptTagKeys(exemptTags: readonly string[]): string[] {
  const keys = [EXEMPT_TAG, ...exemptTags];
  return keys.filter((key, index) => keys.findIndex(each => folded(each) === folded(key)) === index);
}

/** @returns the key of the tag that exempts, as it is written on the rule or the group; undefined where none does */
export function exemptingTag(
  tags: Readonly<Record<string, string>>,
  exemptTags: readonly string[],
): string | undefined {
  const keys = new Set(exemptTagKeys(exemptTags).map(folded));
  return Object.keys(tags).find(key => keys.has(folded(key)));
}

/**
 * Both ways, because some letters have one case only: the Kelvin sign has a small k, but no k has it as its capital.
 * The dot that a large dotted I keeps when it is made small is dropped.
 */
const folded = (key: string): string => key.toUpperCase().toLowerCase().replace(/\u0307/g, '');

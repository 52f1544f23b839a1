/** What tests have left in a temporary folder, and the words for it. */

/** CDK makes a folder of this name for each App that is given none. It never removes one, and offers no way to. */
export const CDK_FOLDER = 'cdk.out';

/** What the tools that the tests run may make. The list is fixed, so that other programs do not fail a run. */
export const TOOL_PREFIXES: readonly string[] = [CDK_FOLDER, 'cdk-', 'jsii-', 'tsx-'];

/** mkdtemp ends a name with six random characters. */
const RANDOM_LENGTH = 6;

const MOST_NAMES = 3;

/**
 * Compares two listings of a folder.
 *
 * @param prefixes how the names begin that count; each name counts, if left out
 * @returns the names that are new
 */
export function leftBehind(
  before: readonly string[], after: readonly string[], prefixes: readonly string[] = [''],
): string[] {
  const known = new Set(before);
  return after.filter(name => !known.has(name) && prefixes.some(prefix => name.startsWith(prefix))).sort();
}

/** @returns a line for each kind of name, with how many there are and the first of them */
export function describeLeft(names: readonly string[]): string {
  const kinds = new Map<string, string[]>();
  for (const name of names) kinds.set(kindOf(name), [...kinds.get(kindOf(name)) ?? [], name]);
  return [...kinds].map(([kind, all]) => {
    const more = all.length > MOST_NAMES ? `, and ${all.length - MOST_NAMES} more` : '';
    return `  ${all.length} of the kind "${kind}": ${all.slice(0, MOST_NAMES).join(', ')}${more}`;
  }).join('\n');
}

function kindOf(name: string): string {
  const prefix = TOOL_PREFIXES.find(each => name.startsWith(each));
  return `${prefix ?? (name.length > RANDOM_LENGTH ? name.slice(0, -RANDOM_LENGTH) : name)}…`;
}

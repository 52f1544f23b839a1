/** Finds and describes what tests have left in a temporary folder. */

/**
 * The name of the folder that CDK creates for each App without one. CDK never removes it, and has no option for that.
 */
export const CDK_FOLDER = 'cdk.out';

/**
 * The prefixes of folders that the tools of the tests may create. The list is fixed, so that other programs do not make
 * a run fail.
 */
export const TOOL_PREFIXES: readonly string[] = [CDK_FOLDER, 'cdk-', 'jsii-', 'tsx-'];

/** mkdtemp adds six random characters to a name. */
const RANDOM_LENGTH = 6;

const MOST_NAMES = 3;

/**
 * Compares two listings of a folder.
 *
 * @param prefixes only names with these prefixes count; absent: all names
 * @returns the new names
 */
export function leftBehind(
  before: readonly string[], after: readonly string[], prefixes: readonly string[] = [''],
): string[] {
  const known = new Set(before);
  return after.filter(name => !known.has(name) && prefixes.some(prefix => name.startsWith(prefix))).sort();
}

/** @returns a line for each kind of name, with the number of names and the first of them */
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

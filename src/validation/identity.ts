/**
 * Determines the name of a construct in metrics, alarms, events, saved queries and the ledger, and the logical ids of
 * resources that must survive a move of the construct.
 *
 * One app can be deployed under several stack names. The default name therefore begins with the stack name, because the
 * path in the app would be the same for both deployments.
 */
import { CfnElement, Stack } from 'aws-cdk-lib';
import { IConstruct } from 'constructs';
import { areKnownToDiffer } from './references';
import { isToken, wrong } from './words';
import { HYGIENE_NAME, HYGIENE_NAME_WORDS, nameOfPath, shortHash } from '../contract/hygiene-name';

/** Returns the name of the outermost stack, followed by the path of the construct below that stack. */
export function defaultName(construct: IConstruct): string {
  let stack = Stack.of(construct);
  while (stack.nestedStackParent) stack = stack.nestedStackParent;
  const below = construct.node.scopes.slice(stack.node.scopes.length).map(({ node }) => node.id);
  return nameOfPath([stack.stackName, ...below].join('/'));
}

/**
 * Returns the given name of a construct, or the default.
 *
 * @throws when the given name is invalid, or another construct of the app has the same name
 */
export function identityOf(construct: IConstruct, given: string | undefined): string {
  const where = `${construct.node.path}: hygieneName`;
  if (given !== undefined) requireName(where, given);
  const name = given ?? defaultName(construct);
  requireUnique(where, { construct, name, isGiven: given !== undefined });
  return name;
}

function requireName(where: string, given: string): void {
  if (isToken(given)) {
    throw new Error(`${where}: got a value that is known at deployment only; give a plain text, because names of alarms and policies contain it`);
  }
  if (typeof given !== 'string' || !HYGIENE_NAME.test(given)) {
    throw wrong(where, given, HYGIENE_NAME_WORDS);
  }
}

interface Claim {
  readonly construct: IConstruct;
  readonly name: string;
  readonly isGiven: boolean;
}

/** The names in use, for each app. */
const CLAIMS = new WeakMap<IConstruct, Claim[]>();

/**
 * Two constructs may have one name in different accounts or Regions, where their metrics and ledgers are apart. Two
 * default names are equal only if two stacks have the same name, and so are in different environments.
 */
function requireUnique(where: string, claim: Claim): void {
  const { construct, name, isGiven } = claim;
  const claims = CLAIMS.get(construct.node.root) ?? [];
  CLAIMS.set(construct.node.root, claims);
  const other = claims.find(each => each.name === name && (isGiven || each.isGiven)
    && isStillThere(each.construct) && !areApart(each.construct, construct));
  if (other) {
    const got = isGiven ? `got "${name}"` : `the default is "${name}"`;
    throw new Error(`${where}: ${got}, and ${other.construct.node.path} has that name, too; give each NetworkHygiene of an account and Region a name of its own, because metrics, alarms, events and the ledger tell them apart by it`);
  }
  claims.push(claim);
}

function areApart(one: IConstruct, other: IConstruct): boolean {
  const [first, second] = [one, other].map(each => Stack.of(each));
  return areKnownToDiffer(first.account, second.account) || areKnownToDiffer(first.region, second.region);
}

const isStillThere = (construct: IConstruct): boolean =>
  construct.node.scope?.node.tryFindChild(construct.node.id) === construct;

/**
 * Gives a resource a logical id that depends on the name of the construct and not on its path, so that CloudFormation
 * keeps the resource when the construct is moved or renamed within its stack.
 *
 * @param role the role of the resource in the construct, such as `Ledger`
 */
export function followName(resource: IConstruct, name: string, role: string): void {
  const made = resource.node.defaultChild;
  if (!CfnElement.isCfnElement(made)) return;
  // Leaves out the stack name, which the reader of a template already knows.
  const readable = name.replace(/^[^/]*\/(?=.)/, '').replace(/[^A-Za-z0-9]/g, '').slice(-60);
  made.overrideLogicalId(`${readable}${role}${shortHash(name)}`.replace(/^(?=\d)/, 'H'));
}

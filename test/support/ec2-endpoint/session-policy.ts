/**
 * The policy that a caller gives to AssumeRole. It takes permissions away from the session and adds none.
 *
 * A policy with parts that the double does not evaluate is refused, so that no test takes it for an effective one.
 *
 * @see https://docs.aws.amazon.com/IAM/latest/UserGuide/access_policies.html#policies_session
 */
import { isRecord, type Parameter, type Parameters, texts } from '../endpoint/parameters';
import { ServiceError } from '../endpoint/service-error';

interface Statement {
  readonly isAllow: boolean;
  readonly actions: readonly RegExp[];
  /** The Regions to which a condition confines it; absent: it has none. */
  readonly regions?: readonly string[];
}

export interface SessionPolicy {
  /** JSON. */
  readonly text: string;
  readonly statements: readonly Statement[];
}

/** The most characters of a session policy. */
export const MOST_POLICY_CHARACTERS = 2048;

/** @throws when the text is not a policy, or has a part that is not evaluated here */
export function readSessionPolicy(policy: string): SessionPolicy {
  const { Version, Statement: statements, ...rest } = parsed(policy);
  if (Version !== '2012-10-17') throw malformed('The policy has no version 2012-10-17.');
  only(rest, ['Id']);
  const read = (Array.isArray(statements) ? statements : [statements]).map(readStatement);
  if (read.length === 0) throw malformed('The policy has no statement.');
  return { text: policy, statements: read };
}

/** Whether a session may make a call, as far as its policy says. A session without one may. */
export function permits(policy: SessionPolicy | undefined, permission: string, region: string): boolean {
  if (policy === undefined) return true;
  const about = policy.statements.filter(({ actions, regions }) =>
    actions.some(action => action.test(permission)) && (regions === undefined || regions.includes(region)));
  return about.length > 0 && about.every(({ isAllow }) => isAllow);
}

function parsed(policy: string): Parameters {
  try {
    const value = JSON.parse(policy) as Parameter;
    if (isRecord(value)) return value;
  } catch {
    // The text is refused below.
  }
  throw malformed('The policy is not a JSON object.');
}

function readStatement(statement: Parameter | undefined): Statement {
  if (!isRecord(statement)) throw malformed('A statement is not an object.');
  const { Effect, Action, Resource, Condition, ...rest } = statement;
  only(rest, ['Sid']);
  if (Effect !== 'Allow' && Effect !== 'Deny') throw malformed('A statement has no effect.');
  if (texts(Resource).join() !== '*') throw malformed('Only the resource * is evaluated here.');
  const actions = texts(Action);
  const unusable = actions.find(action => !/^(\*|[a-z0-9-]+:[\w*?]+)$/i.test(action));
  if (actions.length === 0 || unusable !== undefined) throw malformed(`The action ${unusable ?? ''} is not valid.`);
  return { isAllow: Effect === 'Allow', actions: actions.map(pattern), regions: regionsOf(Condition) };
}

function regionsOf(condition: Parameter | undefined): string[] | undefined {
  if (condition === undefined) return undefined;
  const { StringEquals, ...rest } = isRecord(condition) ? condition : {};
  only(rest, []);
  const { 'aws:RequestedRegion': regions, ...others } = isRecord(StringEquals) ? StringEquals : {};
  only(others, []);
  if (texts(regions).length === 0) throw malformed('A condition names no Region.');
  return texts(regions);
}

/** Actions are compared without regard to case. */
const pattern = (action: string): RegExp =>
  new RegExp(`^${action.replace(/[*?]/g, found => found === '*' ? '.*' : '.')}$`, 'i');

function only(members: Parameters, known: readonly string[]): void {
  const other = Object.keys(members).find(name => !known.includes(name));
  if (other !== undefined) throw malformed(`${other} is not evaluated here.`);
}

const malformed = (why: string): ServiceError => new ServiceError('MalformedPolicyDocument', why);

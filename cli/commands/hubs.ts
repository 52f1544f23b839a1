/** The account and the Regions that a hub of an organization looks at, and where the hub itself is. */
import { requireAccount } from './places';
import { errorFacts } from '../../lambda/core/errors';
import { type HygieneOfApp, organizationOf } from '../app/hygienes';
import { inWords } from '../aws/problems';
import { regionsOf } from '../aws/reading';
import { defaultRegion, type Session } from '../aws/session';
import type { Gap } from '../documents/errors';
import type { Everywhere } from '../usage/arguments';

/** The session in which a stack is deployed, or why the credentials do not reach it. */
export type Home =
  | { readonly session: Session; readonly why?: undefined }
  | { readonly session?: undefined; readonly why: string };

/** Returns where a hub is. Usually, that is in another account than the one that is looked at. */
export async function homeOf(
  { stack }: HygieneOfApp, { account }: Session, sessionOf: (region: string) => Promise<Session>,
): Promise<Home> {
  if (stack.account === undefined || stack.region === undefined) {
    return { why: `the stack ${stack.displayName} has no env, so the account of the hub is not known` };
  }
  if (stack.account !== account) {
    return { why: `the hub is in account ${stack.account}, and the credentials are of account ${account}` };
  }
  try {
    return { session: await sessionOf(stack.region) };
  } catch (error) {
    return { why: `${stack.region} could not be entered: ${errorFacts(error).message}` };
  }
}

export interface RegionsOfHub {
  readonly regions: readonly string[];
  readonly notes: readonly string[];
  /** Why no Region is known. */
  readonly refused: readonly Gap[];
}

/**
 * Returns the Regions that are given, of those that the hub looks at. Without any, they are those that the function
 * would sweep: the ones that the hub names and that are enabled in the account, or every one that is enabled.
 */
export async function regionsOfHub(
  hub: HygieneOfApp, access: Everywhere, sessionOf: (region: string) => Promise<Session>,
): Promise<RegionsOfHub> {
  const { regions: wanted } = organizationOf(hub);
  const { regions: given } = access;
  if (given.length > 0) {
    return { regions: given.filter(each => wanted?.includes(each) ?? true), notes: [], refused: [] };
  }
  const session = await sessionOf(hub.stack.region ?? await defaultRegion(access));
  requireAccount(session, access.account);
  const { account } = session;
  let enabled: readonly string[];
  try {
    enabled = await regionsOf(session);
  } catch (error) {
    const unread = `Which Regions are enabled in account ${account} could not be read: ${inWords(error)}`;
    return wanted === undefined ? refusedFor(hub, `${unread}. --region names Regions to look at`)
      : { regions: wanted, refused: [], notes: [`${unread}. So each Region that the hub names is tried.`] };
  }
  const regions = wanted?.filter(each => enabled.includes(each)) ?? enabled;
  if (regions.length === 0) return refusedFor(hub, `No Region that the hub names is enabled in account ${account}`);
  const left = (wanted ?? []).filter(each => !enabled.includes(each));
  const notes = left.length === 0 ? []
    : [`Regions that are not enabled in account ${account} are left out: ${left.join(', ')}.`];
  return { regions, notes, refused: [] };
}

const refusedFor = ({ constructPath }: HygieneOfApp, why: string): RegionsOfHub =>
  ({ regions: [], notes: [], refused: [{ message: `${constructPath}: ${why}` }] });

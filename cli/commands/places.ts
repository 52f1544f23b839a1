/** Opens the accounts and Regions of a command. */
import { type Access, defaultRegion, type Session, sessionIn } from '../aws/session';
import type { Gap } from '../documents/errors';
import type { Everywhere } from '../usage/arguments';
import { UsageError } from '../usage/usage-error';

/** The Regions that a command looks at, and those in which the credentials cannot be used. */
export interface Places {
  readonly sessions: readonly Session[];
  readonly refused: readonly Gap[];
}

/** Names the account whose credentials are needed. */
export const credentialsOf = (account: string | undefined): Pick<Access, 'whose'> =>
  account === undefined ? {} : { whose: `account ${account}` };

/** @throws UsageError when the credentials can be used in no Region, or are of another account than `--account` */
export async function openPlaces(access: Everywhere): Promise<Places> {
  const regions = access.regions.length > 0 ? access.regions : [await defaultRegion(access)];
  const opened = await Promise.allSettled(regions.map(region =>
    sessionIn(region, { ...access, ...credentialsOf(access.account) })));
  const sessions = opened.flatMap(each => each.status === 'fulfilled' ? [each.value] : []);
  const failed = opened.flatMap((each, index) => each.status === 'rejected'
    ? [{ region: regions[index], message: messageOf(each.reason) }] : []);
  if (sessions.length === 0) throw new UsageError(failed[0].message);
  for (const session of sessions) requireAccount(session, access.account);
  return { sessions, refused: failed.map(({ region, message }) => ({ message: `${region}: ${message}` })) };
}

const messageOf = (error: unknown): string => error instanceof Error ? error.message : String(error);

/** The credentials are of another account than the one that is meant. */
export class WrongAccount extends UsageError {}

/** @throws WrongAccount when the credentials are of another account */
export function requireAccount({ account, arn }: Session, wanted: string | undefined): void {
  if (wanted === undefined || account === wanted) return;
  throw new WrongAccount(
    `The credentials are of account ${account} (${arn}), and --account is ${wanted}. `
    + 'Give the --profile or the --role-arn of that account',
  );
}

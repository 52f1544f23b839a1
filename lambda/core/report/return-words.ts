/** The texts about a rule that comes back, which are the same in the log, events, e-mails and the findings table. */
import { moment } from './pause-words';
import { plain } from './wording';
import type { LedgerEntry, Returned } from '../model/ledger';
import type { Tags } from '../model/network';

/** How often a rule came back, and when. @param time formats a time for the reader */
export function cameBack(
  { revocations, since, latest, retriedAt }: Returned, time: (iso: string) => string = moment,
): string {
  const retried = retriedAt === undefined ? '' : `, retried at ${time(retriedAt)}`;
  if (revocations === 0) return `came back: last revoked at ${time(latest)}${retried}`;
  if (revocations === 1 || since === undefined) return `came back: revoked once, at ${time(latest)}${retried}`;
  return `came back: revoked ${revocations} times since ${time(since)}, last at ${time(latest)}${retried}`;
}

/** The number of tags in a text. The event and the log have all of them. */
const TAGS = 10;

/** Returns the tags of a group, such as `team=payments, tier=web`. Those of AWS repeat the name of the stack. */
export function tagWords(tags: Tags = {}): string {
  const own = Object.entries(tags).filter(([key]) => !key.startsWith('aws:')).map(([key, value]) => `${key}=${value}`);
  const rest = own.length - TAGS;
  return plain(`${own.slice(0, TAGS).join(', ')}${rest > 0 ? ` and ${rest} more` : ''}`);
}

/** Returns a sentence that also says whose the rule may be. @returns undefined if the rule did not come back */
export function returnMessage({ returned, stackName }: Pick<LedgerEntry, 'returned' | 'stackName'>): string | undefined {
  if (returned === undefined) return undefined;
  const tags = tagWords(returned.groupTags);
  const owner = [
    ...stackName === undefined ? [] : [`is of the stack ${stackName}`],
    ...tags === '' ? [] : [`has the tags ${tags}`],
  ].join(' and ');
  return `It ${cameBack(returned)}${owner === '' ? '' : `. Its group ${owner}`}`;
}

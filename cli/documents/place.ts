/** The accounts and Regions of a document, and how it words times and numbers. */
import { moment } from '../../lambda/core/report/pause-words';
import type { Session } from '../aws/session';
import type { Cell } from '../render/document';

export type Place = Pick<Session, 'account' | 'region' | 'arn'>;

/** Returns the first lines of a document: one for each place. */
export function placeLines(places: readonly Place[]): Cell[] {
  const lines = places.map(({ account, region, arn }) => `Account ${account}, Region ${region}, as ${arn}`);
  return [...new Set(lines)].map(text => ({ text }));
}

export const plural = (count: number, one: string, many = `${one}s`): string =>
  `${count.toLocaleString('en-US')} ${count === 1 ? one : many}`;

/** Formats a time without seconds, because a plan does not know them. */
export const minute = (iso: string): string => moment(`${iso.slice(0, 16)}:00Z`);

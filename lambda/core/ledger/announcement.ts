/**
 * Records that a revocation is announced, who is told, and from when the notice runs. The functions are pure.
 *
 * An announcement is sent before it is recorded as sent, so that one is rather sent twice than never: no rule may be
 * revoked without its notice.
 */
import type { DecodedConfiguration } from '../../../src/contract/configuration';
import { ATTEMPT_MILLIS } from '../decide/attempts';
import { isAsAnnounced } from '../decide/notice';
import type { RecordedDecision } from '../decide/plan';
import { isAhead } from '../decide/times';
import type { Announcement, Channel, LedgerEntry } from '../model/ledger';
import type { Run } from '../model/scope';

interface At {
  readonly id: string;
  readonly now: Date;
}

/**
 * Returns the channels that have to accept an announcement. A run of an organization sends one message about all places
 * at its end, so a place does not wait for it.
 */
export function channelsOf(
  { notificationsTopicArn }: Pick<DecodedConfiguration, 'notificationsTopicArn'>, { part }: Pick<Run, 'part'>,
): Channel[] {
  return notificationsTopicArn === undefined || part !== undefined ? ['event'] : ['event', 'message'];
}

/**
 * Returns an announcement as it counts if these channels have to accept it. If one is new, the notice begins when that
 * one has accepted it, too.
 */
export function heardBy(announced: Announcement | undefined, channels: readonly Channel[]): Announcement | undefined {
  if (announced?.since === undefined || channels.every(each => announced.told.includes(each))) return announced;
  const { since, ...untilThen } = announced;
  return untilThen;
}

/** Returns the announcement after a run has decided about the rule. */
export function announcementAfter(
  known: Announcement | undefined, { callsOff, isAnnounceable, isKnown, replacing }: RecordedDecision,
  finalNoticeSeconds: number | undefined, { id: by, now }: At,
): Announcement | undefined {
  if (callsOff) return undefined;
  // Nobody has called it off if only notices are no longer asked for.
  if (finalNoticeSeconds === undefined || !isAnnounceable) return known;
  const at = now.toISOString();
  // The time of a clock that was ahead says nothing, so the announcement is made again.
  // Nobody was told about another replacement, either. If something could not be read, it may not be another one.
  const isOther = known !== undefined && !isAsAnnounced(known, replacing);
  if (isOther && !isKnown) return known;
  const isNew = known === undefined || isOther || isAhead(known.since ?? known.at, now);
  if (isNew) return { by, at, told: [], ...replacing && { replacing } };
  const isBeingTold = known.by !== by && now.getTime() - Date.parse(known.at) < ATTEMPT_MILLIS;
  return known.since !== undefined || isBeingTold ? known : { ...known, by, at };
}

/** Whether a run has called off what people were told. */
export function isCalledOff(previous: LedgerEntry | undefined, { announced, state }: LedgerEntry): boolean {
  const before = previous?.announced?.told.length ?? 0;
  return before > 0 && state !== 'PENDING' && state !== 'REVOKED' && (announced?.told.length ?? 0) < before;
}

/** Whether a run makes the announcement of an entry, and not everyone has been told. */
export const isTelling = ({ announced }: LedgerEntry, runId: string): boolean =>
  announced?.by === runId && announced.since === undefined;

/** Returns the channels that a run has to use for an announcement of its own. */
export const untold = (entry: LedgerEntry, runId: string, channels: readonly Channel[]): Channel[] =>
  isTelling(entry, runId) ? channels.filter(channel => !entry.announced?.told.includes(channel)) : [];

/**
 * Returns the entry after channels have accepted its announcement.
 *
 * @param channels every channel that there is; when all have accepted it, the notice begins
 * @returns undefined if another run makes the announcement by now, or it was called off
 */
export function withTold(
  entry: LedgerEntry, accepted: readonly Channel[], channels: readonly Channel[], { id, now }: At,
): LedgerEntry | undefined {
  const { announced, state } = entry;
  if (state !== 'OPEN' || announced === undefined || !isTelling(entry, id)) return undefined;
  const told = [...new Set([...announced.told, ...accepted])];
  const isTold = channels.every(channel => told.includes(channel));
  return {
    ...entry, revision: entry.revision + 1, writtenBy: id,
    announced: { ...announced, told, ...isTold && { since: now.toISOString() } },
  };
}

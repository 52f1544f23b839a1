/**
 * Pauses revoking. A pause is kept in the ledger, so that it outlives deployments. Nothing is revoked while it lasts.
 *
 * The functions that compute the next entry are pure, because the entry is computed again if another run has written in
 * the meantime.
 */
import { pauseNow } from '../decide/hold';
import { errorFacts } from '../errors';
import type { ControlEntry, Pause } from '../model/ledger';
import type { PauseReading } from '../model/result';
import type { LedgerReader } from '../ports';

/** Reads the control item, which contains the pause. */
export async function readPause(ledger: Pick<LedgerReader, 'control'>, now: Date): Promise<PauseReading> {
  try {
    const control = await ledger.control();
    const pause = pauseNow(control, now);
    return { state: pause === undefined ? 'none' : 'holds', pause, control };
  } catch (error) {
    return { state: 'unreadable', error: errorFacts(error) };
  }
}

export interface PauseRequest {
  /** ISO 8601 in UTC. */
  readonly until: string;
  readonly reason: string;
}

/** The id of the writer, and the current time. */
export interface ControlWriter {
  readonly id: string;
  readonly now: Date;
}

/**
 * The number of earlier pauses that are kept until a sweep has reported their changes. There are that many only if no
 * sweep runs.
 */
const MOST_EARLIER = 5;

/**
 * Returns the entry after a request to pause.
 *
 * @returns undefined if the current pause ends no earlier; only resuming can shorten a pause, because it lets rules be
 * revoked
 */
export function paused(
  control: ControlEntry | undefined, request: PauseRequest, writer: ControlWriter,
): ControlEntry | undefined {
  const current = pauseNow(control, writer.now);
  if (current === undefined) {
    const pause = { ...request, begunAt: writer.now.toISOString(), pauseId: writer.id, told: [] };
    const earlier = pausesOf(control).slice(-MOST_EARLIER);
    return { ...next(control, writer), pause, earlier: earlier.length > 0 ? earlier : undefined };
  }
  if (Date.parse(current.until) >= Date.parse(request.until)) return undefined;
  const told = current.told.filter(change => change !== 'ENDING');
  return { ...next(control, writer), pause: { ...current, ...request, told } };
}

/** Returns the entry after a request to resume. @returns undefined if no pause is in force */
export function resumed(control: ControlEntry | undefined, writer: ControlWriter): ControlEntry | undefined {
  const current = pauseNow(control, writer.now);
  const resumedAt = writer.now.toISOString();
  return current && { ...next(control, writer), pause: { ...current, resumedAt } };
}

/** Returns every pause that may have unreported changes, the latest last. */
export function pausesOf(control: ControlEntry | undefined): Pause[] {
  return [...control?.earlier ?? [], ...control?.pause ? [control.pause] : []];
}

/** Returns the base for the next control entry. */
export function next(control: ControlEntry | undefined, { id }: ControlWriter): ControlEntry {
  return { ...control, revision: (control?.revision ?? 0) + 1, writtenBy: id };
}

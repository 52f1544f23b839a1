/**
 * Whether revoking is paused. A pause is kept in the ledger, so that it outlives deployments; nothing is revoked while
 * it lasts.
 *
 * The steps from one entry to the next are pure: sweeps and invocations may write at once, and then each step is worked
 * out again.
 */
import { pauseNow } from '../decide/hold';
import { errorFacts } from '../errors';
import type { ControlEntry, Pause } from '../model/ledger';
import type { PauseReading } from '../model/result';
import type { LedgerReader } from '../ports';

/** Reads what holds for all, of which the pause is a part. */
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

/** The one that writes, and when. */
export interface ControlWriter {
  readonly id: string;
  readonly now: Date;
}

/** Earlier pauses are kept until a sweep has told their changes. There are as many only where nobody sweeps. */
const MOST_EARLIER = 5;

/**
 * Revoking is to be paused.
 *
 * @returns undefined when the pause that holds ends no earlier: to shorten one is to let rules go, and so to resume
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

/** Rules are to be let go. @returns undefined when no pause holds */
export function resumed(control: ControlEntry | undefined, writer: ControlWriter): ControlEntry | undefined {
  const current = pauseNow(control, writer.now);
  const resumedAt = writer.now.toISOString();
  return current && { ...next(control, writer), pause: { ...current, resumedAt } };
}

/** Every pause that may have a change which is still to be told; the latest comes last. */
export function pausesOf(control: ControlEntry | undefined): Pause[] {
  return [...control?.earlier ?? [], ...control?.pause ? [control.pause] : []];
}

/** The control entry as it is, to be written once more. */
export function next(control: ControlEntry | undefined, { id }: ControlWriter): ControlEntry {
  return { ...control, revision: (control?.revision ?? 0) + 1, writtenBy: id };
}

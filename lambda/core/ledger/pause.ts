/**
 * Whether revoking is paused. A pause is kept in the ledger, so that it outlives deployments; nothing is revoked while
 * it lasts.
 *
 * The steps from one entry to the next are pure: sweeps and invocations may write at once, and then each step is worked
 * out again.
 */
import { type ErrorFacts, errorFacts } from '../errors';
import type { ControlEntry, Ledger, LedgerEntry, Pause } from '../ports';

/** None holds, one holds, or that cannot be read, which counts as a pause. */
export type PauseState = 'none' | 'holds' | 'unreadable';

export interface PauseReading {
  readonly state: PauseState;
  /** The pause that holds. */
  readonly pause?: Pause;
  readonly control?: ControlEntry;
  /** Why it cannot be read. */
  readonly error?: ErrorFacts;
}

/** Without a ledger nothing can be paused, and nothing is revoked. */
export async function readPause(ledger: Pick<Ledger, 'control'> | undefined, now: Date): Promise<PauseReading> {
  try {
    const control = await ledger?.control();
    const pause = pauseNow(control, now);
    return { state: pause === undefined ? 'none' : 'holds', pause, control };
  } catch (error) {
    return { state: 'unreadable', error: errorFacts(error) };
  }
}

/** @returns the pause that holds now */
export function pauseNow(control: ControlEntry | undefined, now: Date): Pause | undefined {
  const pause = control?.pause;
  return pause !== undefined && holds(pause, now) ? pause : undefined;
}

/** A time that cannot be read is one that has not come. */
export function holds({ until, resumedAt }: Pause, now: Date): boolean {
  return resumedAt === undefined && !(now.getTime() >= Date.parse(until));
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
    return { ...next(control, writer), pause, ...earlier.length > 0 && { earlier } };
  }
  if (Date.parse(current.until) >= Date.parse(request.until)) return undefined;
  const told = current.told.filter(change => change !== 'ENDING');
  return { ...control, ...next(control, writer), pause: { ...current, ...request, told } };
}

/** Rules are to be let go. @returns undefined when no pause holds */
export function resumed(control: ControlEntry | undefined, writer: ControlWriter): ControlEntry | undefined {
  const current = pauseNow(control, writer.now);
  const resumedAt = writer.now.toISOString();
  return current && { ...control, ...next(control, writer), pause: { ...current, resumedAt } };
}

/** Every pause that may have a change which is still to be told; the latest comes last. */
export function pausesOf(control: ControlEntry | undefined): Pause[] {
  return [...control?.earlier ?? [], ...control?.pause ? [control.pause] : []];
}

export function next(
  control: ControlEntry | undefined, { id }: ControlWriter,
): Pick<ControlEntry, 'revision' | 'writtenBy'> {
  return { revision: (control?.revision ?? 0) + 1, writtenBy: id };
}

/** Reasons that say nothing of the rule itself: without the pause it is revoked. */
const DUE: ReadonlySet<string | undefined> = new Set([undefined, 'PAUSED', 'LEDGER_UNAVAILABLE']);

/** Whether the rule is to be revoked, now or as soon as revoking is no longer paused. */
export function isDue({ state, keepReason }: Pick<LedgerEntry, 'state' | 'keepReason'>): boolean {
  return state === 'OPEN' && DUE.has(keepReason);
}

/** How many rules are due. @param unreadable entries that cannot be read: each may be of one, and counts as one */
export function countDue(entries: readonly LedgerEntry[], unreadable: number): number {
  return entries.filter(isDue).length + unreadable;
}

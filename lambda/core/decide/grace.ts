/** How long a stale rule waits: the plan, the forecast and the findings table decide by this file. */
import type { Grace } from '../../../src/contract/configuration';
import type { StaleSight } from '../model/ledger';

/**
 * - `over`: the rule may be revoked
 * - `waiting`: it has been stale for too short a time, or was found by too few scheduled sweeps
 * - `broken`: no scheduled sweep has looked for too long, so the wait starts over with the next that finds it
 */
export type WaitState = 'over' | 'waiting' | 'broken';

export interface Wait {
  readonly state: WaitState;
  /** After when a scheduled sweep may revoke it, in milliseconds since 1970, if they go on finding it. */
  readonly endsAt: number;
  /** Scheduled sweeps that are still to find it, of which the last one may revoke it. */
  readonly missing: number;
}

/**
 * A time that is no time, or a first sighting in the future, is a doubt, and so no end of a wait.
 *
 * @param scheduleSeconds between two scheduled sweeps, where that is known: a rule may be old enough and not yet found
 * often enough
 */
export function waitOf(
  sight: StaleSight | undefined, { seconds, sightings, maxGapSeconds }: Grace, now: Date, scheduleSeconds?: number,
): Wait {
  const since = Date.parse(sight?.countedSince ?? '');
  const latest = Date.parse(sight?.countedAt ?? '');
  const missing = Math.max(0, sightings - (sight?.sightings ?? 0));
  const start = Number.isFinite(since) ? since : now.getTime();
  // The sweep that revokes it counts as one that has found it.
  const sweepsFirst = Math.max(0, missing - 1) * (scheduleSeconds ?? 0) * 1000;
  const endsAt = Math.max(start + seconds * 1000, sweepsFirst > 0 ? (latest || now.getTime()) + sweepsFirst : 0);
  if (Number.isFinite(now.getTime() - latest) && isBroken(sight?.countedAt, maxGapSeconds, now)) {
    return { state: 'broken', endsAt: now.getTime() + seconds * 1000, missing: sightings };
  }
  const age = (now.getTime() - since) / 1000;
  const isOver = Number.isFinite(latest) && age >= seconds && age >= 0 && missing === 0;
  return { state: isOver ? 'over' : 'waiting', endsAt, missing };
}

/**
 * Whether no scheduled sweep has looked for too long.
 *
 * @param countedAt when the latest had that found the rule stale; a time that is no time is too long ago
 */
export const isBroken = (countedAt: string | undefined, maxGapSeconds: number, now: Date): boolean =>
  !(now.getTime() - Date.parse(countedAt ?? '') <= maxGapSeconds * 1000);

/** Computes the wait before a rule is revoked. The plan, the forecast and the findings table all use this file. */
import type { Grace } from '../../../src/contract/configuration';
import type { Sightings } from '../model/ledger';

/**
 * - `over`: the rule may be revoked
 * - `waiting`: the rule has been found for too short a time, or by too few scheduled sweeps
 * - `broken`: no scheduled sweep has looked for too long, so the wait starts over with the next sweep that finds the
 *   rule
 */
export type WaitState = 'over' | 'waiting' | 'broken';

export interface Wait {
  readonly state: WaitState;
  /**
   * The time after which a scheduled sweep may revoke the rule if sweeps keep finding it, in milliseconds since 1970.
   */
  readonly endsAt: number;
  /** The number of scheduled sweeps that still have to find the rule. The last of them may revoke it. */
  readonly missing: number;
}

/**
 * Computes the wait of a rule. An invalid time or a first sighting in the future is a doubt, so it never ends a
 * wait.
 *
 * @param scheduleSeconds the seconds between two scheduled sweeps, if known; a rule may be old enough but not found
 * often enough yet
 */
export function waitOf(
  sight: Partial<Sightings> | undefined, { seconds, sightings, maxGapSeconds }: Grace, now: Date,
  scheduleSeconds?: number,
): Wait {
  const since = Date.parse(sight?.countedSince ?? '');
  const latest = Date.parse(sight?.countedAt ?? '');
  const missing = Math.max(0, sightings - (sight?.sightings ?? 0));
  const start = Number.isFinite(since) ? since : now.getTime();
  // The sweep that revokes a rule also counts as a sighting of it.
  const sweepsFirst = Math.max(0, missing - 1) * (scheduleSeconds ?? 0) * 1000;
  const endsAt = Math.max(start + seconds * 1000, sweepsFirst > 0 ? (latest || now.getTime()) + sweepsFirst : 0);
  const isKnownBroken = isBroken(sight?.countedAt, maxGapSeconds, now) || hasLongerGap(sight, maxGapSeconds);
  if (Number.isFinite(now.getTime() - latest) && isKnownBroken) {
    return { state: 'broken', endsAt: now.getTime() + seconds * 1000, missing: sightings };
  }
  const age = (now.getTime() - since) / 1000;
  const isOver = Number.isFinite(latest) && age >= seconds && age >= 0 && missing === 0;
  return { state: isOver ? 'over' : 'waiting', endsAt, missing };
}

/** Whether there was a longer gap while no wait was declared that it would have ended. */
export const hasLongerGap = (sight: Partial<Sightings> | undefined, maxGapSeconds: number): boolean =>
  (sight?.longestGapSeconds ?? 0) > maxGapSeconds;

/**
 * Whether no scheduled sweep has looked for too long.
 *
 * @param countedAt the time of the latest scheduled sweep that found the rule; an invalid time counts as too long
 * ago
 */
export const isBroken = (countedAt: string | undefined, maxGapSeconds: number, now: Date): boolean =>
  !(now.getTime() - Date.parse(countedAt ?? '') <= maxGapSeconds * 1000);

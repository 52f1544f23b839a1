/** Waits between attempts. */
import type { Clock } from './ports';

/**
 * Sleeps for half to one and a half times as long as it is told to, so that callers that failed together do not come
 * back together.
 *
 * @param until the time at which it wakes at the latest
 */
export async function sleepAbout(millis: number, until: Date, clock: Clock): Promise<void> {
  const left = until.getTime() - clock.now().getTime();
  await clock.sleep(Math.max(0, Math.min(Math.round(millis * (0.5 + clock.random())), left)));
}

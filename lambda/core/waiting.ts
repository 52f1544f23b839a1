/** Waits between attempts. */
import type { Clock } from './ports';

/**
 * Sleeps for between half and one and a half times the given time, so that callers that failed together do not retry
 * together.
 *
 * @param until the time at which the sleep ends at the latest
 */
export async function sleepAbout(millis: number, until: Date, clock: Clock): Promise<void> {
  const left = until.getTime() - clock.now().getTime();
  await clock.sleep(Math.max(0, Math.min(Math.round(millis * (0.5 + clock.random())), left)));
}

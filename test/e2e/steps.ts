/** Helpers for the steps of a run. Each step prints a line with its time. */
import { setTimeout as sleep } from 'node:timers/promises';

export const seconds = (since: number): string => `${((performance.now() - since) / 1000).toFixed(1)} s`;

export async function step<T>(what: string, work: () => Promise<T>): Promise<T> {
  const since = performance.now();
  try {
    const result = await work();
    console.log(`  done    ${what} (${seconds(since)})`);
    return result;
  } catch (error) {
    console.log(`  FAILED  ${what} (${seconds(since)})`);
    throw error;
  }
}

export function expect(holds: boolean, what: string): asserts holds {
  if (!holds) throw new Error(`Not so: ${what}`);
}

/** Tries again until there is a value, or the time is over. */
export async function eventually<T>(
  what: string,
  withinSeconds: number,
  look: () => Promise<T | undefined> | T | undefined,
): Promise<T> {
  for (const until = Date.now() + withinSeconds * 1000; Date.now() < until; await sleep(500)) {
    const found = await look();
    if (found !== undefined) return found;
  }
  throw new Error(`Not within ${withinSeconds} seconds: ${what}`);
}

import { type Pass, RUNS_PREFIX } from '../../../src/contract/organization';

/** Returns the key of the list of accounts for a pass of a run. */
export const listKey = (runId: string, pass: Pass): string => `${RUNS_PREFIX}${runId}/${pass}.json`;

/** Reads the wait before a rule is revoked, as `revokeAfter` takes it. */
import { Duration } from 'aws-cdk-lib';
import { wholeSeconds } from './durations';
import { anInteger, CHECKED_ELSEWHERE, Kinds, orToken, requireKinds } from './kinds';
import { Grace } from '../contract/configuration';
import { MOST_SIGHTINGS } from '../contract/decode-grace';
import type { RevokeAfterOptions } from '../revoke-after-options';

const OPTIONS: Kinds<RevokeAfterOptions> = {
  sightings: orToken(anInteger(1, MOST_SIGHTINGS)), maxGap: CHECKED_ELSEWHERE,
};

/** The declared wait. `maxGapSeconds` is optional, because the schedule gives its default. */
export type DeclaredGrace = Omit<Grace, 'maxGapSeconds'> & Partial<Pick<Grace, 'maxGapSeconds'>>;

/** @throws when a value is wrong; the message names the method, the parameter, what was got and the fix */
export function declaredGrace(method: string, age: Duration, options: RevokeAfterOptions): DeclaredGrace {
  requireKinds(method, options, OPTIONS);
  const { sightings = 2, maxGap } = options;
  return {
    seconds: wholeSeconds(`${method}: age`, age, 0, 'Duration.days(7)'),
    sightings,
    maxGapSeconds: maxGap === undefined ? undefined : wholeSeconds(`${method}: maxGap`, maxGap, 1, 'Duration.days(1)'),
  };
}

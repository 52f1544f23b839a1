/** Reads the options of revoking, as `revoke` and `revokeAfter` take them. */
import { Duration } from 'aws-cdk-lib';
import { wholeSeconds } from './durations';
import { A_BOOLEAN, anInteger, CHECKED_ELSEWHERE, Kinds, orToken, requireKinds } from './kinds';
import { Grace } from '../contract/configuration';
import { MOST_SIGHTINGS } from '../contract/decode-grace';
import type { RevokeAfterOptions } from '../revoke-after-options';
import type { RevokeOptions } from '../revoke-options';

const OPTIONS: Kinds<RevokeOptions> = { anytime: A_BOOLEAN };

/** @throws when an option is unknown or wrong; the message names the method, the option, what was got and the fix */
export function requireRevokeOptions(method: string, options: RevokeOptions): void {
  requireKinds(method, options, OPTIONS);
}

const OPTIONS_WITH_WAIT: Kinds<RevokeAfterOptions> = {
  ...OPTIONS, sightings: orToken(anInteger(1, MOST_SIGHTINGS)), maxGap: CHECKED_ELSEWHERE,
};

/** The declared wait. `maxGapSeconds` is optional, because the schedule gives its default. */
export type DeclaredGrace = Omit<Grace, 'maxGapSeconds'> & Partial<Pick<Grace, 'maxGapSeconds'>>;

/** @throws when a value is wrong; the message names the method, the parameter, what was got and the fix */
export function declaredGrace(method: string, age: Duration, options: RevokeAfterOptions): DeclaredGrace {
  requireKinds(method, options, OPTIONS_WITH_WAIT);
  const { sightings = 2, maxGap } = options;
  return {
    seconds: wholeSeconds(`${method}: age`, age, 0, 'Duration.days(7)'),
    sightings,
    maxGapSeconds: maxGap === undefined ? undefined : wholeSeconds(`${method}: maxGap`, maxGap, 1, 'Duration.days(1)'),
  };
}

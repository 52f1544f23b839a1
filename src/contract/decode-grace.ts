/** Reads the waits: before a rule is revoked, and before an unused security group is reported. */
import { Grace, UnusedSecurityGroupsConfiguration } from './configuration';
import { Reader } from './reader';

/** The most sightings that a wait can ask for. */
export const MOST_SIGHTINGS = 1000;

export function grace(reader: Reader | undefined): Grace | undefined {
  reader?.allow('seconds', 'sightings', 'maxGapSeconds');
  return reader && {
    seconds: reader.get('seconds').integer(0, Number.MAX_SAFE_INTEGER),
    sightings: reader.get('sightings').integer(1, MOST_SIGHTINGS),
    maxGapSeconds: reader.get('maxGapSeconds').integer(1, Number.MAX_SAFE_INTEGER),
  };
}

export function unusedSecurityGroups(reader: Reader | undefined): UnusedSecurityGroupsConfiguration | undefined {
  reader?.allow('afterSeconds', 'sightings');
  return reader && {
    afterSeconds: reader.get('afterSeconds').integer(0, Number.MAX_SAFE_INTEGER),
    sightings: reader.get('sightings').integer(1, MOST_SIGHTINGS),
  };
}

/** Reads the names and the Regions that a hub and its members agree on. */
import { Annotations } from 'aws-cdk-lib';
import { RegionInfo } from 'aws-cdk-lib/region-info';
import { IConstruct } from 'constructs';
import { meant, plainWords, shown } from './words';
import { externalId, organizationId, regions, roleName } from '../contract/decode-organization';
import {
  DEFAULT_EXTERNAL_ID, HUB_RESTORE_ROLE_NAME, HUB_ROLE_NAME, RESTORE_ROLE_NAME, SWEEP_ROLE_NAME,
} from '../contract/organization';
import { Reader } from '../contract/reader';

/** The names that the hub and its members share. */
export interface AgreedNames {
  readonly organizationId: string;
  readonly externalId: string;
  readonly hubRoleName: string;
  readonly hubRestoreRoleName: string;
  readonly sweepRoleName: string;
  readonly restoreRoleName: string;
}

/** The properties that give the names. */
export type NamingProps = Pick<AgreedNames, 'organizationId'> & Partial<AgreedNames>;

/** @throws if a name is wrong, or is known at deployment only, or two names are the same */
export function agreedNames(path: string, props: NamingProps): AgreedNames {
  const reader = new Reader('', props, plainWords(key => `${path}: ${key}`));
  const name = (key: keyof AgreedNames, byDefault: string): string => {
    const given = reader.optional(key);
    return given === undefined ? byDefault : roleName(given);
  };
  const givenId = reader.optional('externalId');
  const names = {
    hubRoleName: name('hubRoleName', HUB_ROLE_NAME),
    hubRestoreRoleName: name('hubRestoreRoleName', HUB_RESTORE_ROLE_NAME),
    sweepRoleName: name('sweepRoleName', SWEEP_ROLE_NAME),
    restoreRoleName: name('restoreRoleName', RESTORE_ROLE_NAME),
  };
  requireDistinct(path, names);
  return {
    organizationId: organizationId(reader.get('organizationId')),
    externalId: givenId === undefined ? DEFAULT_EXTERNAL_ID : externalId(givenId),
    ...names,
  };
}

/** The account of the hub may be a member, too. IAM compares the names of roles without regard to case. */
function requireDistinct(path: string, names: Readonly<Record<string, string>>): void {
  const seen = new Map<string, string>();
  for (const [key, name] of Object.entries(names)) {
    const other = seen.get(name.toLowerCase());
    if (other !== undefined) {
      throw new Error(
        `${path}: ${key}: got ${shown(name)}, which is ${other}, too; give each role a name of its own, because each may do something else`,
      );
    }
    seen.set(name.toLowerCase(), key);
  }
}

/** @throws if a name is wrong, is known at deployment only, or is there twice, or there are too many */
export function agreedRegions(
  path: string, props: { readonly regions?: readonly string[] },
): string[] | undefined {
  const names = regions(new Reader('', props, plainWords(key => `${path}: ${key}`)).optional('regions'));
  names?.forEach((name, index) => {
    if (names.indexOf(name) !== index) throw new Error(`${path}: regions[${index}]: got ${shown(name)} again; give each once`);
  });
  return names;
}

/** A Region that is misspelled is never looked at. It is no error, because the CDK may not know a new Region. */
export function warnOfUnknownRegions(scope: IConstruct, names: readonly string[] = []): void {
  const known = RegionInfo.regions.map(({ name }) => name);
  names.forEach((name, index) => {
    if (known.includes(name)) return;
    Annotations.of(scope).addWarningV2(
      'cdk-network-hygiene:unknownRegion',
      `regions[${index}]: got ${shown(name)}, which is no Region that this version of the CDK knows. ${meant(name, known) ?? 'Compare it with the Regions of AWS'}`,
    );
  });
}

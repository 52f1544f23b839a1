/** Reads the part of a configuration that concerns an organization, and selections of accounts by themselves. */
import {
  ACCOUNT_ID, AccountsConfiguration, EXTERNAL_ID, ORGANIZATION_ID, ORGANIZATIONAL_UNIT_ID, OrganizationConfiguration,
  REGION_NAME, ROLE_NAME,
} from './organization';
import { Reader, Words } from './reader';

/** An organization can have this many accounts, so a larger number tolerates every failure. */
const MOST_ACCOUNTS = 100_000;

/** DynamoDB holds the configuration in one item, and a list of this many ids takes a fraction of it. */
export const MOST_IDS = 2000;

/** The session policy of a member names each Region, and has a limited size. */
export const MOST_REGIONS = 40;

export function organization(reader: Reader | undefined): OrganizationConfiguration | undefined {
  if (reader === undefined) return undefined;
  reader.allow(
    'organizationId', 'accounts', 'revokeIn', 'regions', 'sweepRoleName', 'restoreRoleName', 'externalId',
    'toleratedFailures', 'accountMetrics',
  );
  const revokeIn = reader.optional('revokeIn');
  return {
    organizationId: organizationId(reader.get('organizationId')),
    accounts: accounts(reader.get('accounts')),
    revokeIn: revokeIn && accounts(revokeIn),
    regions: regions(reader.optional('regions')),
    sweepRoleName: roleName(reader.get('sweepRoleName')),
    restoreRoleName: roleName(reader.get('restoreRoleName')),
    externalId: externalId(reader.get('externalId')),
    toleratedFailures: reader.get('toleratedFailures').integer(0, MOST_ACCOUNTS),
    accountMetrics: reader.optional('accountMetrics')?.boolean(),
  };
}

/** Reads a selection of accounts by itself, where it is declared. */
export function decodeAccounts(input: unknown, words: Words): AccountsConfiguration {
  return accounts(new Reader('', input, words));
}

function accounts(reader: Reader): AccountsConfiguration {
  reader.allow('kind', 'ids', 'except');
  const kind = reader.get('kind').oneOf(['list', 'organizationalUnits', 'all']);
  const except = reader.optional('except');
  return {
    kind,
    ids: kind === 'all'
      ? undefined
      : limited(reader.get('ids'), 'give at least one id').map(kind === 'list' ? accountId : unitId),
    except: except && limited(except, 'leave it out to leave out none').map(accountOrUnitId),
  };
}

function limited(reader: Reader, ifEmpty: string): Reader[] {
  const ids = reader.list(ifEmpty);
  if (ids.length > MOST_IDS) throw reader.problem(`got ${ids.length} ids; give at most ${MOST_IDS}`);
  return ids;
}

export const organizationId = (reader: Reader): string =>
  reader.string(ORGANIZATION_ID, 'the id of an organization, such as o-a1b2c3d4e5');

export const externalId = (reader: Reader): string =>
  reader.string(EXTERNAL_ID, 'an external id: 2 to 1224 letters, digits or _ + = , . @ : / -');

export const accountId = (id: Reader): string => id.string(ACCOUNT_ID, 'the id of an account as a text of 12 digits');

const unitId = (id: Reader): string =>
  id.string(ORGANIZATIONAL_UNIT_ID, 'the id of an organizational unit or root, such as ou-a1b2-c3d4e5f6 or r-a1b2');

const accountOrUnitId = (id: Reader): string =>
  id.string(
    new RegExp(`${ACCOUNT_ID.source}|${ORGANIZATIONAL_UNIT_ID.source}`),
    'the id of an account (12 digits) or of an organizational unit (ou-…)',
  );

export function regions(reader: Reader | undefined): string[] | undefined {
  const names = reader?.list('leave it out to mean every enabled Region');
  if (reader && names && names.length > MOST_REGIONS) {
    throw reader.problem(`got ${names.length} Regions; give at most ${MOST_REGIONS}`);
  }
  return names?.map(regionName);
}

export const regionName = (reader: Reader): string =>
  reader.string(REGION_NAME, 'the name of a Region, such as eu-central-1');

export const roleName = (reader: Reader): string =>
  reader.string(ROLE_NAME, 'the name of a role: 1 to 64 letters, digits or _ + = , . @ -, without a path');

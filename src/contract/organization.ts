/**
 * The part of the configuration that concerns an organization: its accounts and Regions, and the roles in the members.
 */

/** Selects accounts of the organization. They are resolved at each run. */
export interface AccountsConfiguration {
  readonly kind: 'list' | 'organizationalUnits' | 'all';
  /** The ids of accounts with `list`; of organizational units or roots with `organizationalUnits`. */
  readonly ids?: string[];
  /** The ids of accounts and organizational units that are left out. Absent: none. */
  readonly except?: string[];
}

export interface OrganizationConfiguration {
  readonly organizationId: string;
  /** The accounts to sweep. */
  readonly accounts: AccountsConfiguration;
  /** The accounts in which rules may be revoked. Absent: none. Everywhere else, everything is only reported. */
  readonly revokeIn?: AccountsConfiguration;
  /** The Regions to sweep. Absent: every Region that is enabled in an account. */
  readonly regions?: string[];
  /** The names of the roles in the members, and the external id that their trust policies ask for. */
  readonly sweepRoleName: string;
  readonly restoreRoleName: string;
  readonly externalId: string;
  /** The number of accounts that may fail before a run counts as failed. */
  readonly toleratedFailures: number;
  /** Whether to publish totals per account. Absent: no. */
  readonly accountMetrics?: boolean;
}

export const ACCOUNT_ID = /^\d{12}$/;
export const ORGANIZATION_ID = /^o-[a-z0-9]{10,32}$/;
export const ORGANIZATIONAL_UNIT_ID = /^(ou-[0-9a-z]{4,32}-[a-z0-9]{8,32}|r-[0-9a-z]{4,32})$/;
export const REGION_NAME = /^[a-z]{2,4}(-[a-z]+)+-\d{1,2}$/;
export const ROLE_NAME = /^[\w+=,.@-]{1,64}$/;
export const EXTERNAL_ID = /^[\w+=,.@:/-]{2,1224}$/;

/** The names that the hub and its members agree on unless the properties say otherwise. */
export const HUB_ROLE_NAME = 'network-hygiene-hub';
export const HUB_RESTORE_ROLE_NAME = 'network-hygiene-hub-restore';
export const SWEEP_ROLE_NAME = 'network-hygiene-sweep';
export const RESTORE_ROLE_NAME = 'network-hygiene-restore';
export const DEFAULT_EXTERNAL_ID = 'cdk-network-hygiene';

/** The name of every session in a member, which CloudTrail records. A change that names it was made by the hub. */
export const SESSION_NAME = 'cdk-network-hygiene';

/** An account and a Region of it. */
export interface Place {
  readonly account: string;
  readonly region: string;
}

/**
 * Returns the partition of a place in the ledger. A colon cannot be part of the name of a construct, so the partitions
 * of a construct never belong to another one.
 */
export function placePartition(hygiene: string, { account, region }: Place): string {
  return `${hygiene}:${account}:${region}`;
}

/** The pattern of the partitions of all places of a construct, for IAM. */
export const placePartitions = (hygiene: string): string => `${hygiene}:*`;

/** The time after which a run of the organization ends in any case. */
export const LONGEST_RUN_SECONDS = 4 * 3600;

export const ORGANIZATION_RESOURCE_TYPE = 'Custom::NetworkHygieneOrganization';

/** Custom resource property: the ARN of the state machine, which a deployment starts. */
export const STATE_MACHINE_PROPERTY = 'StateMachine';

/** Environment variable of the hub's function: the bucket for the lists of accounts. */
export const BUCKET_VARIABLE = 'BUCKET';

/** The prefix of the keys in that bucket. Objects are deleted after a day. */
export const RUNS_PREFIX = 'runs/';

/** The passes of a run: the first looks everywhere and counts, the second revokes. */
export type Pass = 'observe' | 'revoke';

/** Additional metrics of an organization. */
export const OrganizationMetric = {
  ACCOUNTS_SWEPT: 'AccountsSwept',
  ACCOUNTS_FAILED: 'AccountsFailed',
  REGIONS_FAILED: 'RegionsFailed',
} as const;

/** The dimension of the series per account. */
export const ACCOUNT_DIMENSION = 'AccountId';

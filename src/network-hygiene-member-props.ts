import { NetworkHygieneOrganizationRules } from './organization-rules-props';

/**
 * Properties that every way to deploy a member has.
 */
export interface NetworkHygieneMemberOptions extends NetworkHygieneOrganizationRules {
  /**
   * The id of the account with the hub: a text of 12 digits that is known at synthesis.
   */
  readonly hubAccount: string;

  /**
   * The id of the organization, such as `o-a1b2c3d4e5`. Only principals of this organization may assume the roles.
   */
  readonly organizationId: string;

  /**
   * The external id that the hub gives when it assumes a role. It is not a secret.
   *
   * @default 'cdk-network-hygiene'
   * @see https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_common-scenarios_third-party.html
   */
  readonly externalId?: string;

  /**
   * The name of the hub's role that may assume the role that sweeps. No other principal may.
   *
   * The trust policy compares the name, so a member can be deployed before the hub, and trusts a hub that is replaced.
   *
   * @default 'network-hygiene-hub'
   */
  readonly hubRoleName?: string;

  /**
   * The name of the hub's role that may assume the role that restores. No other principal may.
   *
   * @default 'network-hygiene-hub-restore'
   */
  readonly hubRestoreRoleName?: string;

  /**
   * The name of the role that sweeps. It must be the same in each account.
   *
   * @default 'network-hygiene-sweep'
   */
  readonly sweepRoleName?: string;

  /**
   * The name of the role that restores. It must be the same in each account.
   *
   * @default 'network-hygiene-restore'
   */
  readonly restoreRoleName?: string;

  /**
   * The Regions in which the role that sweeps may act, at most 40. IAM denies it everything elsewhere, except for
   * reading which Regions are enabled.
   *
   * @default - every Region
   * @see
   * https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html#condition-keys-requestedregion
   */
  readonly regions?: string[];

  /**
   * The ARN of the hub's event bus, to which events about changes of security groups are sent.
   *
   * It adds an EventBridge rule, and a role that may send events to this bus and do nothing else. The role that sweeps
   * gets the permissions that a sweep of changes needs. The policy of the bus must allow the account to send events.
   *
   * @default - no events are sent
   * @see https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-cross-account.html
   */
  readonly forwardChangesTo?: string;
}

/**
 * Properties of NetworkHygieneMember.
 */
export interface NetworkHygieneMemberProps extends NetworkHygieneMemberOptions {
  /**
   * Whether rules may be revoked in this account. Give true in the accounts that `revokeIn` of the hub selects.
   *
   * If it is false, the role that sweeps has no permission to change anything, whatever the hub says.
   *
   * @default false
   */
  readonly mayRevoke?: boolean;

  /**
   * Whether to create the roles. An account has one role of a name for all Regions, so give false in all stacks of an
   * account but one. Such a stack only forwards changes, and needs `forwardChangesTo`.
   *
   * @default true
   */
  readonly createRoles?: boolean;
}

/**
 * Properties of `NetworkHygieneMember.stackSet`.
 */
export interface NetworkHygieneMemberStackSetProps extends NetworkHygieneMemberOptions {
  /**
   * The organizational units (OUs) or the root to whose accounts the stack set is deployed, at least one. The accounts
   * of the OUs below them are included, so do not list an OU together with one that contains it.
   */
  readonly organizationalUnits: string[];

  /**
   * The OUs among `organizationalUnits` in whose accounts rules may be revoked. Give those that `revokeIn` of the hub
   * selects. In all other accounts, the role that sweeps has no permission to change anything.
   *
   * AWS CloudFormation applies this to the accounts that are in the OU when the stack set is deployed. In an account
   * that is added later, nothing can be revoked until a deployment changes the stack set. Where such accounts must be
   * included, use a stack set of their own with `mayRevoke`.
   *
   * @default - none, unless `mayRevoke` is true
   * @see https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/stacksets-orgs-manage-auto-deployment.html
   */
  readonly revokeInOrganizationalUnits?: string[];

  /**
   * Whether rules may be revoked in every account of the stack set, including those that are added later.
   *
   * @default false
   */
  readonly mayRevoke?: boolean;

  /**
   * The Region whose stacks have the roles, because an account has one role of a name for all Regions.
   *
   * Do not change it once the stack set is deployed: the new stacks could not create the roles while the old ones have
   * them.
   *
   * @default - the first of `regions`; without them, the Region of the stack that contains the stack set
   */
  readonly rolesRegion?: string;

  /**
   * Whether you act as the administrator of the management account, `SELF`, or as a delegated administrator,
   * `DELEGATED_ADMIN`.
   *
   * @default 'SELF'
   */
  readonly callAs?: string;

  /**
   * The name of the stack set: a letter, then up to 127 letters, digits and hyphens.
   *
   * @default - a name that is derived from the path of the stack set
   */
  readonly stackSetName?: string;

  /**
   * Whether an account keeps the roles after it was removed from the organizational units.
   *
   * By default it loses them, so that the hub cannot enter an account that has left. The ledger keeps the entries of
   * the account either way.
   *
   * @default false
   */
  readonly retainOnAccountRemoval?: boolean;
}

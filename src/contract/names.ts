/** The names that the construct and its handler share. */

export const CUSTOM_RESOURCE_TYPE = 'Custom::NetworkHygiene';

/** Custom resource property: the configuration as JSON text. */
export const CONFIGURATION_PROPERTY = 'Configuration';

/** Custom resource property: the fingerprint of the configuration. */
export const FINGERPRINT_PROPERTY = 'Fingerprint';

/**
 * Custom resource property: JSON text of the paths whose values CloudFormation fills in; `[]` if there are none.
 */
export const DEPLOY_TIME_PATHS_PROPERTY = 'DeployTimePaths';

/**
 * Custom resource property: the name of the ledger table.
 *
 * CloudFormation calls the custom resource only when one of its properties changes. A new ledger table holds no
 * configuration, and only this call writes it.
 */
export const LEDGER_PROPERTY = 'Ledger';

/** The input of every scheduled sweep. EventBridge Scheduler fills in the time at which the sweep is due. */
export const SCHEDULED_SWEEP_INPUT = { sweep: { scheduledTime: '<aws.scheduler.scheduled-time>' } } as const;

/** The constant event with which a change asks for a sweep of everything. */
export const CHANGE_SWEEP_INPUT = { sweep: { trigger: 'change' } } as const;

/** The constant message of the queue of changes that reminds of a requested sweep of everything. */
export const SWEEP_REMINDER = { remind: 'sweep' } as const;

/** Environment variables of the function: the ledger table, and the partition of this construct in it. */
export const LEDGER_TABLE_VARIABLE = 'LEDGER_TABLE';
export const HYGIENE_VARIABLE = 'HYGIENE';

/** Environment variable of the function: the fingerprint of the deployed configuration. */
export const FINGERPRINT_VARIABLE = 'CONFIGURATION_FINGERPRINT';

/**
 * Environment variables of the function that changes trigger: the URL of its queue, the name of the function that
 * sweeps everything, and the name of the role of both.
 */
export const CHANGE_QUEUE_VARIABLE = 'CHANGE_QUEUE_URL';
export const SWEEPING_FUNCTION_VARIABLE = 'SWEEPING_FUNCTION';
export const ROLE_NAME_VARIABLE = 'ROLE_NAME';

/**
 * Environment variable of the findings function: the value of `aws lambda invoke --function-name` that puts a rule
 * back; absent when restoring is not allowed.
 */
export const RESTORE_FUNCTION_VARIABLE = 'RESTORE_FUNCTION';

/** The source of every event sent to EventBridge. */
export const EVENT_SOURCE = 'cdk-network-hygiene';

/** The detail types of the events. */
export const EventType = {
  FINDING_OPENED: 'Finding Opened',
  FINDING_RESOLVED: 'Finding Resolved',
  INGRESS_RULE_REVOKED: 'Ingress Rule Revoked',
  REVOCATION_WITHHELD: 'Revocation Withheld',
  VPN_CONNECTION_STATE_CHANGED: 'VPN Connection State Changed',
  UNUSED_SECURITY_GROUP_FOUND: 'Unused Security Group Found',
  UNUSED_SECURITY_GROUP_RESOLVED: 'Unused Security Group Resolved',
  PAUSE_CHANGED: 'Pause Changed',
  EXEMPTION_CHANGED: 'Exemption Changed',
  REVOCATION_ANNOUNCED: 'Revocation Announced',
  REVOCATION_CALLED_OFF: 'Revocation Called Off',
  APPROVAL_REQUESTED: 'Approval Requested',
  COVERAGE_LOST: 'Coverage Lost',
  COVERAGE_RESTORED: 'Coverage Restored',
} as const;

export type EventTypeName = typeof EventType[keyof typeof EventType];

/** The alias of the function that accepts only restore requests. */
export const RESTORE_ALIAS = 'restore';

/**
 * The aliases of the function for pausing and for resuming. Resuming lets rules be revoked, so it is a separate right.
 */
export const PAUSE_ALIAS = 'pause';
export const RESUME_ALIAS = 'resume';

/** The alias of the function that accepts only requests to revoke rules all the same that come back. */
export const RETRY_ALIAS = 'retry';

/** The alias of the function that accepts only approvals of revocations. */
export const APPROVE_ALIAS = 'approve';

/** The longest pause. */
export const MOST_PAUSE_DAYS = 30;

/** The tag of a rule that replaces a broader one. Its value is the id of that one. */
export const REPLACES_TAG = 'network-hygiene:replaces';

/** The attributes of ledger items that the table definition names. */
export const LEDGER_PARTITION_KEY = 'hygiene';
export const LEDGER_SORT_KEY = 'id';
export const LEDGER_EXPIRY = 'expiresAt';

/** The dimension of every metric: the name of the construct. */
export const HYGIENE_DIMENSION = 'Hygiene';

/** The dimensions of the series per resource. */
export const VPC_DIMENSION = 'VpcId';
export const VPN_CONNECTION_DIMENSION = 'VpnConnectionId';
export const TUNNEL_DIMENSION = 'TunnelOutsideIpAddress';
export const KEEP_REASON_DIMENSION = 'KeepReason';

/** The metric names. Each is also an attribute of the custom resource, with the count of the sweep at deployment. */
export const Metric = {
  STALE_INGRESS_RULES: 'StaleIngressRules',
  STALE_EGRESS_RULES: 'StaleEgressRules',
  STALE_SECURITY_GROUPS: 'StaleSecurityGroups',
  OLDEST_STALE_RULE_AGE: 'OldestStaleRuleAge',
  FLAGGED_INGRESS_RULES: 'FlaggedIngressRules',
  INGRESS_RULES_REVOKED: 'IngressRulesRevoked',
  REVOCATIONS_FAILED: 'RevocationsFailed',
  REVOCATIONS_WITHHELD: 'RevocationsWithheld',
  RULES_KEPT: 'RulesKept',
  RULES_OUTSIDE_WINDOW: 'RulesOutsideWindow',
  RULES_AWAITING_APPROVAL: 'RulesAwaitingApproval',
  VPN_CONNECTIONS: 'VpnConnections',
  VPN_CONNECTIONS_DOWN: 'VpnConnectionsDown',
  VPN_CONNECTIONS_DEGRADED: 'VpnConnectionsDegraded',
  VPN_CONNECTIONS_WITHOUT_ROUTES: 'VpnConnectionsWithoutRoutes',
  VPN_CONNECTIONS_STALE: 'VpnConnectionsStale',
  TUNNELS_UP: 'TunnelsUp',
  TUNNELS_DOWN: 'TunnelsDown',
  TUNNEL_FLAPS: 'TunnelFlaps',
  ACCEPTED_ROUTES: 'AcceptedRoutes',
  SECONDS_SINCE_STATUS_CHANGE: 'SecondsSinceStatusChange',
  UNUSED_SECURITY_GROUPS: 'UnusedSecurityGroups',
  SECURITY_GROUPS_WITH_UNKNOWN_USE: 'SecurityGroupsWithUnknownUse',
  VPCS_SCANNED: 'VpcsScanned',
  VPCS_COVERED_BY_PROOF: 'VpcsCoveredByProof',
  OLDEST_PROOF_CHECK_AGE: 'OldestProofCheckAge',
  VPCS_NOT_COVERED: 'VpcsNotCovered',
  SCAN_ERRORS: 'ScanErrors',
  DELIVERIES_FAILED: 'DeliveriesFailed',
  SWEEP_DURATION: 'SweepDuration',
  REACTION_TIME: 'ReactionTime',
  CHANGES_SWEPT: 'ChangesSwept',
  CHANGES_UNREAD: 'ChangesUnread',
  SWEEPS: 'Sweeps',
} as const;

/** An additional custom resource attribute: whether revoking is paused. */
export const PAUSE_ATTRIBUTE = 'Pause';

/**
 * An additional custom resource attribute: what the first sweep that may revoke would revoke, and when the grace of how
 * many rules ends.
 */
export const FORECAST_ATTRIBUTE = 'Forecast';

/**
 * An additional custom resource attribute: whether a trail logs the management events of the Region, without which no
 * change arrives.
 */
export const CHANGE_TRIGGER_ATTRIBUTE = 'ChangeTrigger';

/** An additional custom resource attribute: whether findings can be imported into Security Hub. */
export const SECURITY_HUB_ATTRIBUTE = 'SecurityHub';

export type MetricName = typeof Metric[keyof typeof Metric];

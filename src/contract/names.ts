/** The names that the construct and its handler agree on. */

export const CUSTOM_RESOURCE_TYPE = 'Custom::NetworkHygiene';

/** Property of the custom resource: the configuration as JSON text. */
export const CONFIGURATION_PROPERTY = 'Configuration';

/** Property of the custom resource: the fingerprint of the configuration. */
export const FINGERPRINT_PROPERTY = 'Fingerprint';

/**
 * Property of the custom resource: JSON text of the paths whose values CloudFormation fills in; `[]` where there are
 * none.
 */
export const DEPLOY_TIME_PATHS_PROPERTY = 'DeployTimePaths';

/**
 * Property of the custom resource: the name of the table that is the ledger.
 *
 * CloudFormation calls the custom resource only when a property of it is another than before. A ledger that is another
 * table holds no configuration, and only this call puts it there.
 */
export const LEDGER_PROPERTY = 'Ledger';

/** The event of every scheduled sweep. EventBridge Scheduler puts in when the sweep was due. */
export const SCHEDULED_SWEEP_INPUT = { sweep: { scheduledTime: '<aws.scheduler.scheduled-time>' } } as const;

/** Environment variables of the function: its ledger, which has the configuration, and whose items are its own. */
export const LEDGER_TABLE_VARIABLE = 'LEDGER_TABLE';
export const HYGIENE_VARIABLE = 'HYGIENE';

/** Environment variable of the function: the fingerprint of the configuration that it was deployed with. */
export const FINGERPRINT_VARIABLE = 'CONFIGURATION_FINGERPRINT';

/**
 * Environment variable of the findings function: what `aws lambda invoke --function-name` takes to put a rule back;
 * absent where nothing may be.
 */
export const RESTORE_FUNCTION_VARIABLE = 'RESTORE_FUNCTION';

/** The source of every event that is sent to EventBridge. */
export const EVENT_SOURCE = 'cdk-network-hygiene';

/** The detail types of these events. */
export const EventType = {
  FINDING_OPENED: 'Finding Opened',
  FINDING_RESOLVED: 'Finding Resolved',
  INGRESS_RULE_REVOKED: 'Ingress Rule Revoked',
  REVOCATION_WITHHELD: 'Revocation Withheld',
  VPN_CONNECTION_STATE_CHANGED: 'VPN Connection State Changed',
  PAUSE_CHANGED: 'Pause Changed',
} as const;

export type EventTypeName = typeof EventType[keyof typeof EventType];

/** The alias of the function through which it can be told to restore rules, and to do nothing else. */
export const RESTORE_ALIAS = 'restore';

/**
 * The alias through which revoking can be paused, and the one through which it can be resumed: to resume lets rules go,
 * so it is a right of its own.
 */
export const PAUSE_ALIAS = 'pause';
export const RESUME_ALIAS = 'resume';

/** The longest pause. */
export const MOST_PAUSE_DAYS = 30;

/** Attributes of the ledger's items that the table's definition names. */
export const LEDGER_PARTITION_KEY = 'hygiene';
export const LEDGER_SORT_KEY = 'id';
export const LEDGER_EXPIRY = 'expiresAt';

/** The dimension that every metric has: the construct's path. */
export const HYGIENE_DIMENSION = 'Hygiene';

/** Dimensions of the series per resource. */
export const VPC_DIMENSION = 'VpcId';
export const VPN_CONNECTION_DIMENSION = 'VpnConnectionId';
export const TUNNEL_DIMENSION = 'TunnelOutsideIpAddress';
export const KEEP_REASON_DIMENSION = 'KeepReason';

/** Metric names; each is also an attribute of the custom resource, with the count of the sweep at deployment. */
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
  VPN_CONNECTIONS: 'VpnConnections',
  VPN_CONNECTIONS_DOWN: 'VpnConnectionsDown',
  VPN_CONNECTIONS_DEGRADED: 'VpnConnectionsDegraded',
  VPN_CONNECTIONS_STALE: 'VpnConnectionsStale',
  TUNNELS_UP: 'TunnelsUp',
  TUNNELS_DOWN: 'TunnelsDown',
  ACCEPTED_ROUTES: 'AcceptedRoutes',
  SECONDS_SINCE_STATUS_CHANGE: 'SecondsSinceStatusChange',
  VPCS_SCANNED: 'VpcsScanned',
  VPCS_NOT_COVERED: 'VpcsNotCovered',
  SCAN_ERRORS: 'ScanErrors',
  DELIVERIES_FAILED: 'DeliveriesFailed',
  SWEEP_DURATION: 'SweepDuration',
  SWEEPS: 'Sweeps',
} as const;

/** An attribute of the custom resource beside the metrics: whether revoking is paused. */
export const PAUSE_ATTRIBUTE = 'Pause';

/** Another: what the first sweep that may revoke would revoke, and how many rules end their grace when. */
export const FORECAST_ATTRIBUTE = 'Forecast';

export type MetricName = typeof Metric[keyof typeof Metric];

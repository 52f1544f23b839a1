/**
 * What the construct and its handler agree on: names, and the configuration.
 *
 * The configuration travels in the custom resource alone, as one versioned JSON text. (Environment variables stop at
 * 4 KB, and CloudFormation turns loose properties into strings.) The custom resource writes it to the ledger. Every
 * other run reads it there, and checks it against the fingerprint in the environment of the function. It is encoded and
 * decoded here and nowhere else; a bad value is named by its path, such as
 * `flaggedIngressRules[2].ipPermissions[0].IpRanges[0].CidrIp`.
 */
import { EXEMPT_TAG_KEY, MOST_EXEMPT_TAGS } from './exemptions';
import { Reader } from './reader';
import { parsePorts, parseProtocol, Source, Traffic } from './traffic';

/** Raised with every change that an older handler or an older event would misread. */
export const CONTRACT_VERSION = 3;

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

/** How a live rule has to lie to the declared traffic to be flagged. */
export type Match = 'EXACT' | 'WITHIN' | 'COVERS';

/** What to do with stale rules. */
export type StaleRulesAction = 'ignore' | 'report' | 'revoke';

/** How long, and by how many sweeps without a break, a rule must have been seen stale before it is revoked. */
export interface Grace {
  readonly seconds: number;
  readonly sightings: number;
  /** When no sweep has looked for longer than this, a rule may have healed meanwhile: it starts over. */
  readonly maxGapSeconds: number;
}

/** Any source that is broad and in part globally reachable: its prefix is shorter than these. */
export interface InternetSource {
  readonly ipv4PrefixLength: number;
  readonly ipv6PrefixLength: number;
}

/** EC2's own IpPermission, as the AWS CLI writes it. */
export interface IpPermission {
  readonly IpProtocol: string;
  readonly FromPort?: number;
  readonly ToPort?: number;
  readonly IpRanges?: Array<{ CidrIp: string; Description?: string }>;
  readonly Ipv6Ranges?: Array<{ CidrIpv6: string; Description?: string }>;
  readonly PrefixListIds?: Array<{ PrefixListId: string; Description?: string }>;
  readonly UserIdGroupPairs?: Array<{ GroupId: string; UserId?: string; Description?: string }>;
}

/** A flagged rule as it travels. */
export interface FlaggedIngressRuleConfiguration {
  /** Either a group, or `anyGroup`: that a group is missing must never mean any. */
  readonly groupId?: string;
  readonly anyGroup?: true;
  readonly match: Match;
  readonly reason?: string;
  /** Without sources when `fromInternet` is the source. */
  readonly ipPermissions: IpPermission[];
  readonly fromInternet?: InternetSource;
}

/** A filter of DescribeVpnConnections. */
export interface Filter {
  readonly name: string;
  readonly values: string[];
}

export interface VpnConnectionsConfiguration {
  readonly kind: 'none' | 'all' | 'withIds' | 'matching';
  readonly ids?: string[];
  readonly filters?: Filter[];
  readonly staleAfterSeconds?: number;
}

/** The configuration as it travels. */
export interface Configuration {
  readonly version: typeof CONTRACT_VERSION;
  /** The construct's path. */
  readonly hygiene: string;
  readonly metricNamespace: string;
  /** The event bus that events go to: its name, or its ARN. */
  readonly eventBus: string;
  /** The SNS topic that is told of changes, in words; absent: none. */
  readonly notificationsTopicArn?: string;
  /** Whether to publish series per VPC, VPN connection and tunnel. */
  readonly resourceMetrics: boolean;
  /** Times EC2's documented request limits; absent: once. */
  readonly requestRateFactor?: number;
  /** When false, nothing is revoked by anything; everything else goes on. Absent: true. */
  readonly enabled?: boolean;
  readonly dryRun: boolean;
  /** Absent: every VPC of the account and Region. */
  readonly vpcIds?: string[];
  readonly staleRules: StaleRulesAction;
  /** Absent: a stale rule is revoked by the sweep that finds it. */
  readonly grace?: Grace;
  readonly flaggedIngressRules: FlaggedIngressRuleConfiguration[];
  /**
   * Each scheduled sweep opens an allowance of so many revocations, and all that runs until the next draws on it. A
   * full sweep that plans more revokes nothing.
   */
  readonly maxRevocationsPerSweep: number;
  /** How long after any change of the configuration nothing is revoked; 0: revoking starts at once. */
  readonly settleSeconds: number;
  /** Between two scheduled sweeps; absent: the schedule is no rate. */
  readonly scheduleSeconds?: number;
  /** Whether the function may restore rules, for the preflight to try. */
  readonly allowRestore: boolean;
  readonly exemptSecurityGroupIds: string[];
  /** Tag keys that exempt besides the one that always does. Absent: none. */
  readonly exemptTags?: string[];
  readonly vpnConnections: VpnConnectionsConfiguration;
}

/** The traffic that a declared rule names. */
export type DeclaredTraffic = Omit<Traffic, 'source'> & {
  readonly source: Source | ({ readonly kind: 'internet' } & InternetSource);
};

/** A flagged rule as the handler reads it. */
export interface FlaggedIngressRule extends Omit<
  FlaggedIngressRuleConfiguration,
  'anyGroup' | 'ipPermissions' | 'fromInternet'
> {
  /** Its name in messages: `flaggedIngressRules[2]`. */
  readonly name: string;
  readonly traffic: DeclaredTraffic[];
}

/** The configuration as the handler reads it. */
export type DecodedConfiguration = Omit<Configuration, 'flaggedIngressRules' | 'enabled' | 'exemptTags'> & {
  readonly flaggedIngressRules: FlaggedIngressRule[];
  readonly enabled: boolean;
  readonly exemptTags: string[];
};

/** What of a configuration is about rules, be it encoded or decoded. */
type RuleChecks = Pick<Configuration, 'staleRules'> & { readonly flaggedIngressRules: readonly unknown[] };

/** Whether a configuration looks at security group rules. */
export function looksAtRules({ staleRules, flaggedIngressRules }: RuleChecks): boolean {
  return staleRules !== 'ignore' || flaggedIngressRules.length > 0;
}

/** Whether a configuration tells to revoke anything, be it in a dry run. */
export function tellsToRevoke({ staleRules, flaggedIngressRules }: RuleChecks): boolean {
  return staleRules === 'revoke' || flaggedIngressRules.length > 0;
}

/** Whether a configuration may revoke anything at all. */
export function revokesAnything(
  configuration: RuleChecks & Pick<Configuration, 'enabled' | 'dryRun' | 'maxRevocationsPerSweep'>,
): boolean {
  return (
    configuration.enabled !== false
    && !configuration.dryRun
    && configuration.maxRevocationsPerSweep > 0
    && tellsToRevoke(configuration)
  );
}

/** The filters that DescribeVpnConnections documents, besides `tag:<key>`. */
export const VPN_CONNECTION_FILTERS = [
  'bgp-asn',
  'customer-gateway-configuration',
  'customer-gateway-id',
  'option.static-routes-only',
  'route.destination-cidr-block',
  'state',
  'tag-key',
  'transit-gateway-id',
  'type',
  'vpn-connection-id',
  'vpn-gateway-id',
];

/**
 * What values of some filters look like, so that a slip of the pen is no silent "none"; a wildcard may stand for
 * anything.
 */
const FILTER_VALUES: Readonly<Record<string, readonly [pattern: RegExp, fix: string]>> = {
  'bgp-asn': [/^[1-9]\d*$/, 'an ASN from 1 to 4294967295'],
  'customer-gateway-id': [/^cgw-|[*?]/, 'an id that starts with "cgw-"'],
  'option.static-routes-only': [/^(true|false)$/, 'true or false'],
  'route.destination-cidr-block': [/\/|[*?]/, 'a CIDR block'],
  'state': [/^(pending|available|deleting|deleted)$|[*?]/, 'pending, available, deleting or deleted'],
  'transit-gateway-id': [/^tgw-|[*?]/, 'an id that starts with "tgw-"'],
  'type': [/^ipsec\.1$|[*?]/, 'ipsec.1'],
  'vpn-connection-id': [/^vpn-|[*?]/, 'an id that starts with "vpn-"'],
  'vpn-gateway-id': [/^vgw-|[*?]/, 'an id that starts with "vgw-"'],
};

/** More than a sweep can do within a function's time. */
export const MOST_REVOCATIONS = 100_000;

/** 30 days: whoever wants nothing revoked for longer switches it off. */
export const MOST_SETTLE_SECONDS = 2_592_000;

/** EC2 takes at most this many filter values in one call. */
export const FILTER_VALUES_PER_CALL = 200;

/**
 * Reads a configuration.
 *
 * @param input JSON text or what JSON.parse made of it
 * @param isToken tells values that CloudFormation will fill in at deployment; the constructs let them through, the
 * handler knows none
 * @throws when a value is missing, unknown or wrong; the message names its path, what was got and the fix
 */
export function decodeConfiguration(
  input: unknown,
  isToken: (value: unknown) => boolean = () => false,
): DecodedConfiguration {
  const root = new Reader('', typeof input === 'string' ? parseJson(input) : input, isToken);
  const version = root.object().version;
  if (version !== CONTRACT_VERSION) {
    throw root
      .get('version')
      .error(
        `this handler reads version ${CONTRACT_VERSION}. Deploy the stack again with one version of cdk-network-hygiene`,
      );
  }
  root.allow(
    'version',
    'hygiene',
    'metricNamespace',
    'eventBus',
    'notificationsTopicArn',
    'resourceMetrics',
    'requestRateFactor',
    'enabled',
    'dryRun',
    'vpcIds',
    'staleRules',
    'grace',
    'flaggedIngressRules',
    'maxRevocationsPerSweep',
    'settleSeconds',
    'scheduleSeconds',
    'allowRestore',
    'exemptSecurityGroupIds',
    'exemptTags',
    'vpnConnections',
  );
  return {
    version,
    hygiene: root.get('hygiene').string(/^(?!:)[\x20-\x7e]{1,1024}$/, 'the path of the construct, in printable ASCII'),
    metricNamespace: root
      .get('metricNamespace')
      .string(
        /^(?!:|AWS\/)[A-Za-z0-9.\-_/#:]{1,255}$/,
        'a CloudWatch namespace: 1 to 255 of A-Z a-z 0-9 . - _ / # :, not starting with ":" or "AWS/"',
      ),
    eventBus: root
      .get('eventBus')
      .string(/^(arn:[^:]+:events:[^:]+:\d*:event-bus\/)?[\/.\-\w]{1,256}$/, 'the name or the ARN of an event bus'),
    notificationsTopicArn: root
      .optional('notificationsTopicArn')
      ?.string(/^arn:[^:]+:sns:[^:]+:\d*:[\w.-]{1,256}$/, 'the ARN of an SNS topic'),
    resourceMetrics: root.get('resourceMetrics').boolean(),
    requestRateFactor: root.optional('requestRateFactor')?.number(0.1, 1000),
    enabled: root.optional('enabled')?.boolean() ?? true,
    dryRun: root.get('dryRun').boolean(),
    vpcIds: root
      .optional('vpcIds')
      ?.list('leave it out to mean every VPC')
      .map(vpc => vpc.id('vpc')),
    staleRules: root.get('staleRules').oneOf(['ignore', 'report', 'revoke']),
    grace: grace(root.optional('grace')),
    flaggedIngressRules: root
      .get('flaggedIngressRules')
      .list()
      .map((rule, index) => flaggedIngressRule(rule, `flaggedIngressRules[${index}]`)),
    maxRevocationsPerSweep: root.get('maxRevocationsPerSweep').integer(0, MOST_REVOCATIONS),
    settleSeconds: root.get('settleSeconds').integer(0, MOST_SETTLE_SECONDS),
    scheduleSeconds: root.optional('scheduleSeconds')?.integer(1, Number.MAX_SAFE_INTEGER),
    allowRestore: root.get('allowRestore').boolean(),
    exemptSecurityGroupIds: root
      .get('exemptSecurityGroupIds')
      .list()
      .map(group => group.id('sg')),
    exemptTags: exemptTags(root.optional('exemptTags')),
    vpnConnections: vpnConnections(root.get('vpnConnections').secret()),
  };
}

function exemptTags(reader: Reader | undefined): string[] {
  const keys = reader?.list() ?? [];
  if (reader && keys.length > MOST_EXEMPT_TAGS) throw reader.error(`give at most ${MOST_EXEMPT_TAGS} tag keys`);
  return keys.map(key =>
    key.string(
      EXEMPT_TAG_KEY,
      'a tag key: 1 to 128 letters (Latin ones, because IAM takes no others in a policy), digits, spaces or _ . : / = + - @, with no space at either end',
    ),
  );
}

function grace(reader: Reader | undefined): Grace | undefined {
  reader?.allow('seconds', 'sightings', 'maxGapSeconds');
  return reader && {
    seconds: reader.get('seconds').integer(0, Number.MAX_SAFE_INTEGER),
    sightings: reader.get('sightings').integer(1, 1000),
    maxGapSeconds: reader.get('maxGapSeconds').integer(1, Number.MAX_SAFE_INTEGER),
  };
}

function flaggedIngressRule(rule: Reader, name: string): FlaggedIngressRule {
  rule.allow('groupId', 'anyGroup', 'match', 'reason', 'ipPermissions', 'fromInternet');
  const anyGroup = rule.optional('anyGroup')?.boolean() ?? false;
  if (anyGroup === (rule.optional('groupId') !== undefined)) throw rule.error('give either groupId or anyGroup: true');
  const internet = rule.optional('fromInternet');
  internet?.allow('ipv4PrefixLength', 'ipv6PrefixLength');
  const source = internet && {
    kind: 'internet' as const,
    ipv4PrefixLength: internet.get('ipv4PrefixLength').integer(1, 32),
    ipv6PrefixLength: internet.get('ipv6PrefixLength').integer(1, 128),
  };
  return {
    name,
    groupId: rule.optional('groupId')?.id('sg'),
    match: rule.get('match').oneOf(['EXACT', 'WITHIN', 'COVERS']),
    reason: rule.optional('reason')?.string(/^[^]{1,255}$/, '1 to 255 characters that say why'),
    traffic: rule
      .get('ipPermissions')
      .list('declare at least one permission')
      .flatMap(permission => ipPermission(permission, source)),
  };
}

function ipPermission(permission: Reader, internet?: DeclaredTraffic['source']): DeclaredTraffic[] {
  const sourceLists = internet ? [] : ['IpRanges', 'Ipv6Ranges', 'PrefixListIds', 'UserIdGroupPairs'];
  permission.allow('IpProtocol', 'FromPort', 'ToPort', ...sourceLists);
  const protocolReader = permission.get('IpProtocol');
  const from = permission.optional('FromPort')?.integer(-1, 65535);
  const to = permission.optional('ToPort')?.integer(-1, 65535);
  const sources = internet
    ? [internet]
    : sourceLists.flatMap(key => (permission.optional(key)?.list() ?? []).map(peer => peerSource(key, peer)));
  if (sources.length === 0) throw permission.error(`no source: give at least one of ${sourceLists.join(', ')}`);
  if (protocolReader.isToken || permission.hasToken('FromPort', 'ToPort')) return [];
  const protocol = parseProtocol(protocolReader.string(/^[^]+$/, 'a protocol as text, such as "tcp" or "6"'));
  if (protocol === undefined) {
    throw protocolReader.error('give tcp, udp, icmp, icmpv6, -1 or a protocol number from 0 to 255');
  }
  const ports = parsePorts(protocol, from, to);
  if (ports.kind === 'unclear' && !isPortless(protocol)) {
    throw permission.error(
      'for tcp and udp give FromPort <= ToPort within 0 to 65535; for icmp and icmpv6 a type and a code within 0 to 255, or -1 for all; or neither, for all',
    );
  }
  return sources.map(source => ({ protocol, ports, source }));
}

/**
 * Ports mean something for TCP, UDP, ICMP and ICMPv6. Where another protocol is given some, nothing is proved by them,
 * and the rule is undecided.
 */
const isPortless = (protocol: Traffic['protocol']): boolean =>
  typeof protocol === 'number' && ![1, 6, 17, 58].includes(protocol);

function peerSource(list: string, peer: Reader): Source {
  switch (list) {
    case 'IpRanges':
      peer.allow('CidrIp', 'Description');
      return { kind: 'cidr', cidr: peer.get('CidrIp').cidr(4) };
    case 'Ipv6Ranges':
      peer.allow('CidrIpv6', 'Description');
      return { kind: 'cidr', cidr: peer.get('CidrIpv6').cidr(6) };
    case 'PrefixListIds':
      peer.allow('PrefixListId', 'Description');
      return { kind: 'prefixList', prefixListId: peer.get('PrefixListId').id('pl') };
    default:
      peer.allow('GroupId', 'GroupName', 'UserId', 'VpcId', 'VpcPeeringConnectionId', 'PeeringStatus', 'Description');
      if (peer.optional('GroupId') === undefined) {
        throw peer.error('no GroupId: EC2 looks names up in the default VPC only, so name the group by its id');
      }
      return {
        kind: 'securityGroup',
        groupId: peer.get('GroupId').id('sg'),
        userId: peer.optional('UserId')?.string(/^\d{12}$/, 'an account id of 12 digits'),
      };
  }
}

/**
 * Of filters no message shows more than the name: those of customer-gateway-configuration may hold a pre-shared key.
 */
function vpnConnections(reader: Reader): VpnConnectionsConfiguration {
  reader.allow('kind', 'ids', 'filters', 'staleAfterSeconds');
  const kind = reader.get('kind').shown().oneOf(['none', 'all', 'withIds', 'matching']);
  return {
    kind,
    ids:
      kind === 'withIds'
        ? reader
          .get('ids')
          .shown()
          .list('use VpnConnections.none() to look at none')
          .map(id => id.id('vpn'))
        : undefined,
    filters: kind === 'matching' ? vpnConnectionFilters(reader.get('filters')) : undefined,
    staleAfterSeconds: reader.optional('staleAfterSeconds')?.shown().integer(1, Number.MAX_SAFE_INTEGER),
  };
}

function vpnConnectionFilters(reader: Reader): Filter[] {
  const filters = reader.list('use VpnConnections.all() to look at all').map(vpnConnectionFilter);
  const values = filters.reduce((sum, filter) => sum + filter.values.length, 0);
  if (values > FILTER_VALUES_PER_CALL) {
    throw new Error(
      `vpnConnections: the filters have ${values} values together; EC2 takes at most ${FILTER_VALUES_PER_CALL} in one call`,
    );
  }
  return filters;
}

function vpnConnectionFilter(filter: Reader): Filter {
  filter.allow('name', 'values');
  const name = filter.get('name').shown().string(/^[^]+$/, 'a filter name');
  if (!VPN_CONNECTION_FILTERS.includes(name) && !/^tag:[^]+$/.test(name)) {
    throw filter.get('name').shown().error(`give one of ${VPN_CONNECTION_FILTERS.join(', ')} or tag:<key>`);
  }
  const [pattern, fix] = FILTER_VALUES[name] ?? [/[^]/, 'a text that is not empty'];
  const isValue = (text: string): boolean =>
    pattern.test(text) && (name !== 'bgp-asn' || Number(text) <= 4_294_967_295);
  const values = filter.get('values').list(`EC2 refuses a filter without values, and ${name} has none`).map(value => {
    const text = value.string(/^[^]*$/, `a text for the filter ${name}`);
    if (!value.isToken && !isValue(text)) {
      throw new Error(
        `vpnConnections: a value of the filter ${name} is ${FILTER_VALUES[name] && text !== '' ? text : 'empty'}; give ${fix}`,
      );
    }
    return text;
  });
  return { name, values };
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    // What the parser says quotes the text, and the text may hold what filters hold.
    throw new Error(`configuration: not JSON, but a text of ${text.length} characters`);
  }
}

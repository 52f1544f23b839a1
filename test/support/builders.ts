/**
 * Small plain values of the core's types. A test gives only what matters to it; everything else is ordinary.
 */
import type { FlaggedFacts } from '../../lambda/core/checks/flagged-ingress';
import type { Change, ChangedBy } from '../../lambda/core/model/change';
import type { Because, FlaggedRule, StaleRule } from '../../lambda/core/model/finding';
import type { ControlEntry, LedgerEntry } from '../../lambda/core/model/ledger';
import type {
  SecurityGroup,
  SecurityGroupRule,
  StalePermission,
  VpnConnection,
  VpnTunnel,
} from '../../lambda/core/model/network';
import {
  type Configuration,
  CONTRACT_VERSION,
  type DecodedConfiguration,
  type FlaggedIngressRule,
  type FlaggedIngressRuleConfiguration,
  type Grace,
  type IpPermission,
} from '../../src/contract/configuration';
import { decodeConfiguration } from '../../src/contract/decode';
import { flaggedIngressRule } from '../../src/contract/decode-flagged-rule';
import { Reader } from '../../src/contract/reader';

export const ACCOUNT = '111122223333';

/** SSH from the internet, which most declarations of the tests match; otherwise like {@link aRule}. */
export function aRuleFromAnywhere(overrides: Partial<SecurityGroupRule> = {}): SecurityGroupRule {
  return aRule(namesSource(overrides) ? overrides : { ...overrides, cidrIpv4: '0.0.0.0/0' });
}

/** SSH from one block. A rule has one source, so another source replaces the block. */
export function aRule(overrides: Partial<SecurityGroupRule> = {}): SecurityGroupRule {
  return {
    securityGroupRuleId: 'sgr-1',
    groupId: 'sg-1',
    groupOwnerId: ACCOUNT,
    isEgress: false,
    ipProtocol: 'tcp',
    fromPort: 22,
    toPort: 22,
    ...namesSource(overrides) ? {} : { cidrIpv4: '203.0.113.0/24' },
    tags: {},
    ...overrides,
  };
}

export function aGroup(overrides: Partial<SecurityGroup> = {}): SecurityGroup {
  return { groupId: 'sg-1', groupName: 'web', vpcId: 'vpc-1', ownerId: ACCOUNT, tags: {}, ...overrides };
}

/** A recorded response of EC2 for a group that was deleted behind an active peering connection. */
export function aStalePermission(overrides: Partial<StalePermission> = {}): StalePermission {
  return {
    ipProtocol: 'tcp',
    fromPort: 22,
    toPort: 22,
    reference: { groupId: 'sg-gone', vpcId: 'vpc-peer', vpcPeeringConnectionId: 'pcx-1', peeringStatus: 'active' },
    ...overrides,
  };
}

export function aStaleRule(overrides: Partial<StaleRule> = {}): StaleRule {
  return {
    direction: 'ingress',
    vpcId: 'vpc-1',
    groupId: 'sg-1',
    groupName: 'web',
    reason: 'DELETED_GROUP',
    permission: aStalePermission(),
    rule: aRule({ referencedGroup: { groupId: 'sg-gone' } }),
    ...overrides,
  };
}

export function aFlaggedRule(overrides: Partial<FlaggedRule> = {}): FlaggedRule {
  return {
    rule: aRule(),
    verdict: 'flagged',
    declarations: [{ name: 'flaggedIngressRules[0]', reason: undefined }],
    ...overrides,
  };
}

/** Someone who opened SSH in the console. */
export function anAuthor(overrides: Partial<ChangedBy> = {}): ChangedBy {
  return {
    eventName: 'AuthorizeSecurityGroupIngress', eventId: 'event-1', at: '2026-01-01T00:00:00.000Z',
    arn: `arn:aws:sts::${ACCOUNT}:assumed-role/Developer/ann`, tool: 'console',
    ...overrides,
  };
}

/** The change of {@link anAuthor}, whose event names the rule `sgr-1`. */
export function aChange(overrides: Partial<Change> = {}): Change {
  return { ...anAuthor(), groupIds: ['sg-1'], ruleIds: ['sgr-1'], isByCloudFormation: false, ...overrides };
}

/** The deployment of the function in the tests. */
export const DEPLOYED = { table: 'ledger', fingerprint: 'fingerprint', digest: 'digest' } as const;

/** A control item with a configuration that has settled long ago, and without a hold. */
export function aControl(overrides: Partial<ControlEntry> = {}): ControlEntry {
  const { table, fingerprint, digest } = DEPLOYED;
  return {
    revision: 1, writtenBy: 'deployment', table,
    configuration: { fingerprint, digest, since: '2025-01-01T00:00:00.000Z' },
    ...overrides,
  };
}

/**
 * A short form for an entry: why all checks found it, and how many scheduled sweeps did.
 */
export interface EntryInShort extends Partial<LedgerEntry> {
  readonly because?: Because;
  readonly sightings?: number;
}

/** The entry of a rule that two sweeps found, first a day before the tests' clocks start. */
export function anEntry({ rule = aRule(), because, sightings = 2, ...overrides }: EntryInShort = {}): LedgerEntry {
  const { firstSeen = '2025-12-31T00:00:00.000Z', lastSeen = '2026-01-01T00:00:00.000Z' } = overrides;
  const counted = sightings > 0 ? { countedSince: firstSeen, countedAt: lastSeen } : {};
  return {
    securityGroupRuleId: rule.securityGroupRuleId,
    state: 'OPEN',
    revision: 2,
    writtenBy: 'sweep-before',
    firstSeen,
    lastSeen,
    rule,
    ...because?.stale !== undefined && {
      stale: {
        reason: because.stale, vpcIds: [overrides.vpcId ?? 'vpc-1'], firstSeen, lastSeen, sightings, ...counted,
      },
    },
    ...because?.verdict && {
      flagged: { verdict: because.verdict, declarations: because.declarations, firstSeen, lastSeen },
    },
    ...overrides,
  };
}

export function aTunnel(overrides: Partial<VpnTunnel> = {}): VpnTunnel {
  return { outsideIpAddress: '198.51.100.1', status: 'UP', statusMessage: '', acceptedRouteCount: 1, ...overrides };
}

/** An available connection with two tunnels up. */
export function aVpnConnection(overrides: Partial<VpnConnection> = {}): VpnConnection {
  return {
    vpnConnectionId: 'vpn-1',
    state: 'available',
    customerGatewayId: 'cgw-1',
    vpnGatewayId: 'vgw-1',
    staticRoutesOnly: false,
    tunnels: [aTunnel(), aTunnel({ outsideIpAddress: '198.51.100.2' })],
    tags: {},
    ...overrides,
  };
}

export function anIpPermission(overrides: Partial<IpPermission> = {}): IpPermission {
  return { IpProtocol: 'tcp', FromPort: 22, ToPort: 22, IpRanges: [{ CidrIp: '0.0.0.0/0' }], ...overrides };
}

export function aDeclaration(
  overrides: Partial<FlaggedIngressRuleConfiguration> = {},
): FlaggedIngressRuleConfiguration {
  return {
    ...(overrides.groupId === undefined && { anyGroup: true }),
    match: 'EXACT',
    ipPermissions: [anIpPermission()],
    ...overrides,
  };
}

/** A declaration as the handler reads it. By default, it is SSH from anywhere, which {@link aRuleFromAnywhere} is. */
export function aFlaggedIngressRule(overrides: Partial<FlaggedIngressRule> = {}): FlaggedIngressRule {
  const declared = decoded({ flaggedIngressRules: [aDeclaration()] }).flaggedIngressRules[0];
  return { ...declared, ...overrides };
}

/** The facts by which a rule is flagged: declarations, and groups and prefix lists that could be read. */
export function flaggedFacts(
  declared: readonly FlaggedIngressRule[], groups: readonly SecurityGroup[] = [],
  prefixLists: FlaggedFacts['prefixLists'] = new Map(),
): FlaggedFacts {
  return { declared, groups: new Map(groups.map(group => [group.groupId, group])), prefixLists };
}

/** A grace of a week and two sightings, with gaps of up to half a week. */
export function aGrace(overrides: Partial<Grace> = {}): Grace {
  return { seconds: 604_800, sightings: 2, maxGapSeconds: 302_400, ...overrides };
}

/** A configuration as the construct writes it. */
export function aConfiguration(overrides: Partial<Configuration> = {}): Configuration {
  return {
    version: CONTRACT_VERSION,
    hygiene: 'Stack/NetworkHygiene',
    metricNamespace: 'NetworkHygiene',
    eventBus: 'default',
    resourceMetrics: true,
    dryRun: false,
    staleRules: 'report',
    flaggedIngressRules: [],
    maxRevocationsPerSweep: 1000,
    settleSeconds: 0,
    allowRestore: false,
    exemptSecurityGroupIds: [],
    vpnConnections: { kind: 'all' },
    ...overrides,
  };
}

/** A configuration as the handler reads it from its JSON text. */
export function decoded(overrides: Partial<Configuration> = {}): DecodedConfiguration {
  return decodeConfiguration(JSON.stringify(aConfiguration(overrides)));
}

/** Declarations as the handler reads them, even those that a configuration may not have because they flag nothing. */
export function readDeclarations(declared: readonly FlaggedIngressRuleConfiguration[]): FlaggedIngressRule[] {
  return declared.map((each, index) => flaggedIngressRule(new Reader('', each), `flaggedIngressRules[${index}]`));
}

/** A configuration as the handler reads it. It does only what a test gives. */
export function aDecodedConfiguration(overrides: Partial<DecodedConfiguration> = {}): DecodedConfiguration {
  return {
    version: CONTRACT_VERSION,
    hygiene: 'Stack/NetworkHygiene',
    metricNamespace: 'NetworkHygiene',
    eventBus: 'default',
    resourceMetrics: false,
    enabled: true,
    dryRun: false,
    staleRules: 'ignore',
    flaggedIngressRules: [],
    maxRevocationsPerSweep: 1000,
    settleSeconds: 0,
    allowRestore: false,
    exemptSecurityGroupIds: [],
    exemptTags: [],
    vpnConnections: { kind: 'none' },
    ...overrides,
  };
}

function namesSource(overrides: Partial<SecurityGroupRule>): boolean {
  return (
    'cidrIpv4' in overrides || 'cidrIpv6' in overrides || 'prefixListId' in overrides || 'referencedGroup' in overrides
  );
}

/** Sample ledgers for the browser, seen at a fixed moment, so that each run draws the same. */
import type { ChangedBy } from '../../lambda/core/model/change';
import type {
  FlaggedSight, LedgerEntry, Pause, StaleSight, SweepEntry, VpnConnectionEntry,
} from '../../lambda/core/model/ledger';
import type { SecurityGroupRule } from '../../lambda/core/model/network';
import type { PauseReading } from '../../lambda/core/model/result';
import type { Contents } from '../../lambda/core/report/findings-page/page';

export const NOW = new Date('2026-11-21T14:30:00Z');

export const HOSTILE =
  '"><cwdb-action action="call" endpoint="arn:evil">{"x":1}</cwdb-action><script>alert(1)</script></style><img src=x onerror=alert(1)>'
  + '<a href="javascript:alert(1)">\u202ecod.exe</a>\' & \u0007';

const ago = (hours: number): string => new Date(NOW.getTime() - hours * 3_600_000).toISOString();

export function aSweep(overrides: Partial<SweepEntry> = {}): SweepEntry {
  return {
    revision: 41,
    sweepId: '20261121T141700Z-5d1c9a70',
    startedAt: ago(0.22),
    durationMillis: 8400,
    scanErrors: 0,
    errors: [],
    looksAtRules: true,
    looksAtVpnConnections: true,
    recordedVpnConnections: true,
    unidentified: 0,
    dryRun: false,
    staleRules: 'revoke',
    grace: { seconds: 14 * 86_400, sightings: 3, maxGapSeconds: 2 * 86_400 },
    maxRevocationsPerSweep: 20,
    withheld: [],
    ...overrides,
  };
}

/** A pause that is in force, in a ledger that was made for the given table. */
function aPause(reason: string, table: string): PauseReading {
  const pauseId = '20261120T143000Z-77aa01c4';
  const pause: Pause = { until: ago(-24 * 3), reason, begunAt: ago(24), pauseId, told: ['BEGUN'] };
  return { state: 'holds', pause, control: { revision: 5, writtenBy: pauseId, table, pause } };
}

const id = (prefix: string, seed: number): string =>
  `${prefix}-0${(0x1a2b3c4d5e6f * (seed + 3)).toString(16).padStart(16, '7').slice(0, 16)}`;

function aRule(seed: number, overrides: Partial<SecurityGroupRule> = {}): SecurityGroupRule {
  return {
    securityGroupRuleId: id('sgr', seed),
    groupId: id('sg', seed + 40),
    isEgress: false,
    ipProtocol: 'tcp',
    fromPort: 443,
    toPort: 443,
    referencedGroup: { groupId: id('sg', seed + 90), vpcId: id('vpc', 9), vpcPeeringConnectionId: id('pcx', 1) },
    tags: {},
    ...overrides,
  };
}

/** A finding of the given age. It is stale unless a declaration flags it. */
function anEntry(seed: number, hours: number, overrides: Partial<LedgerEntry> = {}): LedgerEntry {
  const { rule = aRule(seed) } = overrides;
  return {
    securityGroupRuleId: rule.securityGroupRuleId, state: 'OPEN', revision: 3, writtenBy: '20261121T141700Z-5d1c9a70',
    ...seen(hours), ...overrides.flagged === undefined && { stale: stale(hours) }, rule,
    groupName: ['payments-api', 'orders-db', 'edge-proxy', 'batch-workers'][seed % 4], vpcId: id('vpc', seed % 3),
    stackName: seed % 3 === 0 ? undefined : ['prod-payments', 'prod-orders'][seed % 2],
    ...overrides,
  };
}

const seen = (hours: number): Pick<LedgerEntry, 'firstSeen' | 'lastSeen'> =>
  ({ firstSeen: ago(hours), lastSeen: ago(0.21) });

function stale(hours: number, reason = 'DELETED_PEERING'): StaleSight {
  const { firstSeen, lastSeen } = seen(hours);
  const sightings = Math.max(1, Math.floor(hours / 6));
  return { reason, firstSeen, lastSeen, sightings, countedSince: firstSeen, countedAt: lastSeen };
}

const flagged = (hours: number, reason = 'use Session Manager'): FlaggedSight =>
  ({ verdict: 'flagged', declarations: [{ name: 'flaggedIngressRules[0]', reason }], ...seen(hours) });

/** Someone with a long ARN, as sign-in through IAM Identity Center makes them. */
function anAuthor(hours: number, overrides: Partial<ChangedBy> = {}): ChangedBy {
  const role = 'AWSReservedSSO_NetworkOperator_0f3a9c2e5d1c9a70';
  return {
    eventName: 'AuthorizeSecurityGroupIngress', eventId: '5d1c9a70-0f3a-9c2e-77aa-01c45d1c9a70', at: ago(hours),
    arn: `arn:aws:sts::111122223333:assumed-role/${role}/ann@example.com`, tool: 'console',
    ...overrides,
  };
}

const fromAnywhere = { fromPort: 22, toPort: 22, referencedGroup: undefined, cidrIpv4: '0.0.0.0/0' };

function aRevocation(seed: number, hours: number, overrides: Partial<LedgerEntry> = {}): LedgerEntry {
  const sweepId = `${ago(hours).replace(/[-:]|\.\d+/g, '')}-0f3a9c2e`;
  return anEntry(seed, hours + 340, {
    state: 'REVOKED',
    outcome: { name: 'REVOKED', sweepId, at: ago(hours) },
    ...overrides,
  });
}

const aTunnel = (
  last: number,
  status: 'UP' | 'DOWN',
  overrides: Partial<VpnConnectionEntry['tunnels'][number]> = {},
): VpnConnectionEntry['tunnels'][number] => ({
  outsideIpAddress: `203.0.113.${last}`,
  status,
  acceptedRoutes: status === 'UP' ? 12 : 0,
  statusMessage: status === 'UP' ? '12 BGP ROUTES' : 'IPSEC IS DOWN',
  ...overrides,
});

function aVpnConnection(seed: number, status: string, overrides: Partial<VpnConnectionEntry> = {}): VpnConnectionEntry {
  return {
    vpnConnectionId: id('vpn', seed),
    revision: 2,
    writtenBy: 'sweep',
    writtenAt: ago(3),
    status,
    since: ago(seed * 31 + 3),
    stale: false,
    name: ['office-berlin', 'office-lisbon', 'datacenter-1', 'partner'][seed % 4],
    gateway: id('tgw', 1),
    customerGatewayId: id('cgw', seed),
    staticRoutesOnly: false,
    tunnels: [
      aTunnel(10 + seed, status === 'DOWN' ? 'DOWN' : 'UP'),
      aTunnel(110 + seed, status === 'UP' ? 'UP' : 'DOWN'),
    ],
    ...overrides,
  };
}

const VPN_CONNECTIONS = [
  aVpnConnection(0, 'UP'),
  aVpnConnection(1, 'DEGRADED', { tunnels: [aTunnel(11, 'UP', { flappedAt: ago(30) }), aTunnel(111, 'DOWN')] }),
  aVpnConnection(2, 'DOWN', { stale: true }),
  aVpnConnection(3, 'UP', {
    staticRoutesOnly: true,
    gateway: id('vgw', 2),
    tunnels: [aTunnel(13, 'UP', { statusMessage: '', acceptedRoutes: 0 }), aTunnel(113, 'UP', { statusMessage: '' })],
  }),
];

export const EMPTY: Contents = { entries: [], vpnConnections: [], sweep: aSweep() };

/** An old sweep that could look at almost nothing. */
export const NOT_SEEN: Contents = {
  entries: [],
  vpnConnections: VPN_CONNECTIONS,
  sweep: aSweep({
    startedAt: ago(24 * 61),
    scanErrors: 1,
    errors: ['reading VPN connections failed with UnauthorizedOperation: no'],
    recordedVpnConnections: false,
    unidentified: 2,
  }),
};

/** One finding of each kind that readers must be able to distinguish. */
export const THREE: Contents = {
  sweep: aSweep(),
  vpnConnections: VPN_CONNECTIONS.slice(0, 3),
  entries: [
    anEntry(1, 24 * 11.3, { rule: aRule(1, { description: 'orders to payments' }) }),
    anEntry(2, 5.2, {
      flagged: flagged(5.2),
      rule: aRule(2, { ...fromAnywhere, description: 'temporary, for the migration' }),
      changedBy: anAuthor(5.3),
      outcome: {
        name: 'FAILED',
        sweepId: '20261121T141700Z-5d1c9a70',
        at: ago(0.2),
        detail: 'EC2 refused: UnauthorizedOperation',
      },
    }),
    anEntry(3, 24 * 40, { stale: stale(24 * 40, 'DELETED_GROUP'), keepReason: 'EXEMPT_BY_GROUP_TAG' }),
    aRevocation(7, 26, {
      flagged: flagged(366),
      rule: aRule(7, { ...fromAnywhere, description: 'ssh for everyone' }),
      changedBy: anAuthor(26.01, { arn: 'arn:aws:iam::111122223333:user/deploy', tool: 'Terraform' }),
    }),
    aRevocation(8, 75),
  ].map((entry, index) => (index === 0 ? { ...entry, keepReason: 'WITHIN_GRACE' } : entry)),
};

/**
 * A ledger with much in it: withheld revocations, places that were not looked at, and more findings than anyone reads.
 */
export const MANY: Contents = {
  sweep: aSweep({
    scanErrors: 7,
    errors: ['DescribeStaleSecurityGroups of vpc-0c1: UnauthorizedOperation'],
    withheld: [{ reason: 'OVER_LIMIT', count: 1667, digest: 'd' }],
  }),
  vpnConnections: Array.from({ length: 250 }, (_, index) =>
    aVpnConnection(index % 50, ['UP', 'DOWN', 'DEGRADED', 'UNKNOWN', 'MISSING', 'PENDING', 'NO_ROUTES'][index % 7], {
      longPending: index % 14 === 5,
    }),
  ),
  entries: [
    ...Array.from({ length: 5000 }, (_, index) =>
      anEntry(index, index / 9, { keepReason: [undefined, 'WITHIN_GRACE', 'EGRESS'][index % 3] }),
    ),
    ...Array.from({ length: 123 }, (_, index) => aRevocation(6000 + index, index * 5)),
  ],
};

/** A ledger with every text that people or EC2 can put into one. */
export const HOSTILE_CONTENTS: Contents = {
  unreadable: { rules: [{ id: HOSTILE, message: HOSTILE }], vpnConnections: [], sweep: HOSTILE },
  pause: aPause(HOSTILE, HOSTILE),
  sweep: aSweep({ scanErrors: 2, errors: [HOSTILE, `x${'y'.repeat(3000)}`] }),
  vpnConnections: [
    aVpnConnection(1, 'DOWN', {
      name: HOSTILE,
      gateway: HOSTILE,
      status: HOSTILE,
      tunnels: [aTunnel(1, 'DOWN', { statusMessage: HOSTILE, outsideIpAddress: HOSTILE })],
    }),
  ],
  entries: [
    ...['OPEN', 'REVOKED'].map((state, index) =>
      anEntry(index, 9, {
        state: state as LedgerEntry['state'],
        groupName: HOSTILE,
        vpcId: HOSTILE,
        stackName: HOSTILE,
        keepReason: HOSTILE,
        flagged: flagged(9, HOSTILE),
        changedBy: { eventName: HOSTILE, eventId: HOSTILE, at: HOSTILE, arn: HOSTILE },
        outcome: { name: state, sweepId: HOSTILE, at: ago(1), detail: HOSTILE },
        rule: aRule(index, {
          securityGroupRuleId: `sgr-${index}${HOSTILE}`,
          groupId: HOSTILE,
          ipProtocol: HOSTILE,
          description: HOSTILE,
          tags: { [HOSTILE]: HOSTILE },
        }),
      }),
    ),
    anEntry(5, 1, {
      groupName: 'W'.repeat(255),
      stackName: 'S'.repeat(128),
      rule: aRule(5, { description: 'd'.repeat(255) }),
      changedBy: anAuthor(1, { arn: `arn:aws:sts::111122223333:assumed-role/${'r'.repeat(64)}/${'s'.repeat(64)}` }),
      outcome: { name: 'FAILED', sweepId: 's', at: ago(1), detail: 'e'.repeat(400) },
    }),
  ],
};

/** A ledger with every hold at once: made for another table, settling, and paused. */
export const HELD_BACK: Contents = {
  ...THREE, pause: aPause('audit', 'NetworkHygieneLedger-before'), sweep: aSweep({ settlesUntil: ago(-0.5) }),
  entries: [...THREE.entries, ...[10, 11].map(seed => anEntry(seed, 24 * 30, { keepReason: 'LEDGER_UNTRUSTED' }))],
};

/** The contents of the pictures in docs/. */
export const PICTURE: Contents = {
  sweep: aSweep(),
  vpnConnections: VPN_CONNECTIONS,
  entries: [
    ...THREE.entries,
    anEntry(4, 0.3, {
      flagged: flagged(0.3),
      rule: aRule(4, { fromPort: 3389, toPort: 3389, referencedGroup: undefined, cidrIpv6: '::/0' }),
    }),
    anEntry(6, 24 * 2.6, { keepReason: 'WITHIN_GRACE' }),
    anEntry(9, 24 * 19, {
      keepReason: 'EGRESS',
      rule: aRule(9, { isEgress: true, description: 'to the old reporting VPC' }),
    }),
  ],
};

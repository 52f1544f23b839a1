import type { Outcome } from '../../../../lambda/core/act/outcomes';
import type { KeepReason } from '../../../../lambda/core/decide/reasons';
import { withheldBy } from '../../../../lambda/core/decide/withheld';
import type { MetricDatum } from '../../../../lambda/core/model/delivery';
import type { TunnelState, VpnConnectionState } from '../../../../lambda/core/model/finding';
import type { LedgerEntry } from '../../../../lambda/core/model/ledger';
import type { Observation, ScanError } from '../../../../lambda/core/model/observation';
import type { KeptRule, SweepResult } from '../../../../lambda/core/model/result';
import { type Aggregates, aggregates, deliveryDatum, metricData, unreadDatum } from '../../../../lambda/core/report/metric-data';
import type { DecodedConfiguration } from '../../../../src/contract/configuration';
import {
  aChange, aDeclaration, aDecodedConfiguration, aFlaggedRule, anAuthor, anEntry, aRule, aStaleRule, decoded,
} from '../../../support/builders';
import { anOutcome, aSweepResult, vpcsScanned } from '../../../support/sweep-result';

const { flaggedIngressRules } = decoded({ flaggedIngressRules: [aDeclaration()] });
/** A configuration that looks at everything. */
const EVERYTHING = aDecodedConfiguration({
  staleRules: 'report',
  flaggedIngressRules,
  vpnConnections: { kind: 'all', staleAfterSeconds: 3600 },
  revocationWindow: { from: '08:00', to: '18:00', timeZone: 'UTC' },
  approval: { validSeconds: 3600 },
});
const RESOURCE_METRICS: DecodedConfiguration = { ...EVERYTHING, resourceMetrics: true };

const STALE = ['StaleIngressRules', 'StaleEgressRules', 'StaleSecurityGroups'];
/** The metric about stale rules in the ledger. */
const AGE = 'OldestStaleRuleAge';
/** The metrics that exist if rules are looked at. */
const OF_VPCS = ['VpcsScanned', 'VpcsNotCovered', 'RulesKept', 'RulesOutsideWindow', 'RulesAwaitingApproval'];
const VPN = [
  'VpnConnections',
  'VpnConnectionsDown',
  'VpnConnectionsDegraded',
  'VpnConnectionsWithoutRoutes',
  'VpnConnectionsStale',
  'TunnelsUp',
  'TunnelsDown',
  'TunnelFlaps',
  'AcceptedRoutes',
];
const ALWAYS = [
  'DeliveriesFailed',
  'IngressRulesRevoked',
  'RevocationsFailed',
  'RevocationsWithheld',
  'ScanErrors',
  'SweepDuration',
  'Sweeps',
];

const ERROR: ScanError = { doing: 'reading VPN connections', error: { code: 'InternalError', message: 'AWS says so' } };

function vpcsSeen(
  vpcIds: readonly string[],
  overrides: Partial<NonNullable<Observation['vpcs']>> = {},
): Observation['vpcs'] {
  return { ...vpcsScanned(...vpcIds), ...overrides };
}

function aConnection(overrides: Partial<VpnConnectionState> = {}): VpnConnectionState {
  return { vpnConnectionId: 'vpn-1', status: 'UP', stale: false, tunnels: [], ...overrides };
}

function aTunnel(overrides: Partial<TunnelState> = {}): TunnelState {
  return { outsideIpAddress: '198.51.100.1', status: 'UP', acceptedRoutes: 0, ...overrides };
}

/** Returns the counts of a sweep after all deliveries. */
function counted(observation: Partial<Observation>, configuration = EVERYTHING): Aggregates {
  return aggregates(aSweepResult({ observation }), configuration, 0);
}

function names(values: Aggregates): string[] {
  return Object.keys(values).sort();
}

describe('a sweep that looked at everything and found nothing', () => {
  test('has a zero for everything', () => {
    expect(counted({})).toEqual({
      ...Object.fromEntries(
        [...STALE, AGE, 'FlaggedIngressRules', ...VPN, ...ALWAYS, ...OF_VPCS].map(name => [name, 0]),
      ),
      VpcsScanned: 2,
      SweepDuration: 1234,
      Sweeps: 1,
    });
  });

  test('has a zero for everything, though there is no VPC', () => {
    expect(counted({ vpcs: vpcsSeen([]) })).toMatchObject({
      StaleIngressRules: 0,
      FlaggedIngressRules: 0,
      VpcsScanned: 0,
      Sweeps: 1,
    });
  });
});

describe('what is not looked at has no datum:', () => {
  test('stale rules that are ignored', () => {
    expect(names(counted({}, { ...EVERYTHING, staleRules: 'ignore' }))).toEqual(
      ['FlaggedIngressRules', ...VPN, ...ALWAYS, ...OF_VPCS].sort(),
    );
  });

  test('VPCs and their rules, where only VPN connections are', () => {
    expect(names(counted({ vpcs: undefined }, aDecodedConfiguration({ vpnConnections: { kind: 'all' } })))).toEqual(
      [...VPN, ...ALWAYS].sort(),
    );
  });

  test('VPN connections', () => {
    expect(names(counted({ vpnConnections: undefined }, { ...EVERYTHING, vpnConnections: { kind: 'none' } }))).toEqual(
      [...STALE, AGE, 'FlaggedIngressRules', ...ALWAYS, ...OF_VPCS].sort(),
    );
  });
});

describe('what could not be looked at anywhere has no datum:', () => {
  const errors = [ERROR];

  test('stale rules', () => {
    expect(names(counted({ errors, vpcs: vpcsSeen([], { sawStaleRules: false }) }))).toEqual(
      ['FlaggedIngressRules', ...VPN, ...ALWAYS, ...OF_VPCS].sort(),
    );
  });

  test('flagged rules', () => {
    expect(names(counted({ errors, vpcs: vpcsSeen([], { sawFlaggedRules: false }) }))).toEqual(
      [...STALE, AGE, ...VPN, ...ALWAYS, ...OF_VPCS].sort(),
    );
  });

  test('VPN connections', () => {
    expect(names(counted({ errors, vpnConnections: undefined }))).toEqual(
      [...STALE, AGE, 'FlaggedIngressRules', ...ALWAYS, ...OF_VPCS].sort(),
    );
  });
});

/** A stale rule that was kept, and that was first seen the given number of seconds before it was last seen. */
function keptStale(
  id: string,
  seconds: number,
  reason: KeepReason = 'WITHIN_GRACE',
  overrides: Partial<KeptRule> = {},
): KeptRule {
  const rule = aRule({ securityGroupRuleId: id });
  return { groupId: 'sg-1', rule, stale: aStaleRule({ rule }), reason, entry: staleEntry(id, seconds), ...overrides };
}

function staleEntry(id: string, seconds: number): LedgerEntry {
  const lastSeen = '2026-01-01T00:00:00.000Z';
  const firstSeen = new Date(Date.parse(lastSeen) - seconds * 1000).toISOString();
  return anEntry({
    rule: aRule({ securityGroupRuleId: id }),
    firstSeen,
    lastSeen,
    because: { stale: 'DELETED_GROUP', declarations: [] },
  });
}

const keeping = (...keep: KeptRule[]): SweepResult => aSweepResult({ plan: { revoke: [], keep } });

describe('OldestStaleRuleAge', () => {
  const age = (result: SweepResult, configuration = EVERYTHING): number | undefined =>
    aggregates(result, configuration).OldestStaleRuleAge;

  /** A sweep that tried to revoke rules, which were first seen the given numbers of seconds ago. */
  function tried(outcomes: ReadonlyArray<readonly [outcome: Outcome, seconds: number]>): SweepResult {
    const entries = outcomes.map(([, seconds], index) => staleEntry(`sgr-${index}`, seconds));
    return aSweepResult({
      outcomes: outcomes.map(([outcome], index) => anOutcome(outcome, { rule: entries[index].rule })),
      entries: new Map(entries.map(entry => [entry.securityGroupRuleId, entry])),
    });
  }

  test('is that of the stale rule that has been seen for longest, in whole seconds', () => {
    expect(age(keeping(keptStale('sgr-1', 60), keptStale('sgr-2', 3600.4), keptStale('sgr-3', 0)))).toBe(3600);
  });

  test.each<KeepReason>([
    'REPORT_ONLY', 'EGRESS', 'UNDECIDED', 'OTHER_OWNER', 'OUTSIDE_VPCS', 'GROUP_UNREAD', 'DISABLED', 'DRY_RUN',
    'WITHIN_GRACE', 'OVER_LIMIT', 'LIMIT_USED', 'PAUSED', 'SETTLING', 'CONFIGURATION_CHANGING', 'LEDGER_UNTRUSTED',
    'ENDPOINTS_UNREAD',
  ])(
    'is of any that is kept, such as for %s', reason => {
      expect(age(keeping(keptStale('sgr-1', 60, reason)))).toBe(60);
    });

  test.each<KeepReason>([
    'EXEMPT_BY_PROP', 'EXEMPT_BY_FUNCTION', 'EXEMPT_BY_GROUP_TAG', 'EXEMPT_BY_RULE_TAG', 'LEFT_TO_OTHER',
  ])(
    'is of none that is %s',
    reason => {
      expect(age(keeping(keptStale('sgr-1', 60), keptStale('sgr-2', 3600, reason)))).toBe(60);
    },
  );

  test('is of none that is only flagged, however long it has been', () => {
    expect(age(keeping(keptStale('sgr-1', 3600, 'DRY_RUN', { stale: undefined, flagged: aFlaggedRule() })))).toBe(0);
  });

  test.each<Outcome>(['FAILED', 'SKIPPED', 'CHANGED_MEANWHILE', 'LEFT_TO_OTHER'])(
    'is also of one that is still there: %s',
    outcome => {
      expect(age(tried([[outcome, 3600]]))).toBe(3600);
    },
  );

  test.each<Outcome>(['REVOKED', 'REVOKED_CHANGED', 'UNRECORDED', 'ALREADY_GONE'])(
    'is of none that is gone: %s',
    outcome => {
      expect(
        age(
          tried([
            [outcome, 3600],
            ['FAILED', 60],
          ]),
        ),
      ).toBe(60);
      expect(age(tried([[outcome, 3600]]))).toBe(0);
    },
  );

  test('is of none that was to be revoked for being flagged alone', () => {
    const { rule, firstSeen, lastSeen } = staleEntry('sgr-1', 3600);
    const entry = anEntry({ rule, firstSeen, lastSeen, because: { verdict: 'flagged', declarations: [] } });
    expect(
      age(
        aSweepResult({ outcomes: [anOutcome('FAILED', { rule: entry.rule })], entries: new Map([['sgr-1', entry]]) }),
      ),
    ).toBe(0);
  });

  test('is as long as it has been stale, be it that it was flagged for longer', () => {
    const { stale, ...entry } = staleEntry('sgr-1', 60);
    const firstSeen = '2025-01-01T00:00:00.000Z';
    const flagged = { verdict: 'flagged' as const, declarations: [], firstSeen, lastSeen: entry.lastSeen };
    const both = { ...entry, firstSeen, stale, flagged };
    expect(age(keeping(keptStale('sgr-1', 60, 'DRY_RUN', { entry: both, flagged: aFlaggedRule() })))).toBe(60);
  });

  test.each(['never', ''])('leaves out one that was first seen at no time: "%s"', firstSeen => {
    const { stale, ...entry } = staleEntry('sgr-1', 3600);
    const odd = keptStale('sgr-1', 3600, 'WITHIN_GRACE', { entry: { ...entry, stale: { ...stale!, firstSeen } } });
    expect(age(keeping(odd))).toBe(0);
    expect(age(keeping(odd, keptStale('sgr-2', 60)))).toBe(60);
  });

  test('is 0 when no rule is stale, and when none of them could be told from others', () => {
    expect(age(keeping())).toBe(0);
    expect(age(keeping({ groupId: 'sg-1', stale: aStaleRule({ rule: undefined }), reason: 'RULE_NOT_FOUND' }))).toBe(0);
  });

  test.each<[name: string, result: SweepResult, configuration: DecodedConfiguration]>([
    ['the ledger could not be read', { ...keeping(keptStale('sgr-1', 60)), entries: undefined }, EVERYTHING],
    ['stale rules are ignored', keeping(keptStale('sgr-1', 60)), { ...EVERYTHING, staleRules: 'ignore' }],
    [
      'stale rules could not be looked at',
      aSweepResult({ observation: { vpcs: vpcsSeen([], { sawStaleRules: false }) } }),
      EVERYTHING,
    ],
    ['no rule is looked at', aSweepResult({ observation: { vpcs: undefined } }), EVERYTHING],
  ])('has no datum when %s', (_, result, configuration) => {
    expect(aggregates(result, configuration)).not.toHaveProperty('OldestStaleRuleAge');
  });
});

describe('RulesKept', () => {
  const result = keeping(keptStale('sgr-1', 60), keptStale('sgr-2', 60), keptStale('sgr-3', 60, 'EGRESS'));

  test('is how many were found and kept, whatever for', () => {
    expect(aggregates(result, EVERYTHING).RulesKept).toBe(3);
  });

  test('has no datum where no rule is looked at', () => {
    expect(counted({ vpcs: undefined })).not.toHaveProperty('RulesKept');
  });

});

describe('RevocationsWithheld', () => {
  const withheld = (result: SweepResult): number | undefined => aggregates(result, EVERYTHING).RevocationsWithheld;

  test.each<KeepReason>([
    'OVER_LIMIT', 'LEDGER_UNAVAILABLE', 'LEDGER_UNTRUSTED',
  ])('counts what was to be revoked and kept as %s', reason => {
    expect(
      withheld(
        keeping(keptStale('sgr-1', 60, reason), keptStale('sgr-2', 60, reason), keptStale('sgr-3', 60, 'EGRESS')),
      ),
    ).toBe(2);
  });

  test('counts what was not tried with it', () => {
    const outcomes = [anOutcome('SKIPPED'), anOutcome('SKIPPED'), anOutcome('REVOKED')];
    const keep = [keptStale('sgr-1', 60, 'OVER_LIMIT')];
    expect(withheld(aSweepResult({ plan: { revoke: [], keep }, outcomes }))).toBe(3);
  });

  test('does not count what a pause or a change of the configuration has kept back meanwhile', () => {
    const holds = ['PAUSED', 'SETTLING', 'CONFIGURATION_CHANGING'] as const;
    expect(withheld(aSweepResult({ outcomes: holds.map(heldBy => anOutcome('SKIPPED', { heldBy })) }))).toBe(0);
  });

  test.each<KeepReason>([
    'REPORT_ONLY',
    'EGRESS',
    'UNDECIDED',
    'RULE_NOT_FOUND',
    'GROUP_UNREAD',
    'ENDPOINTS_UNREAD',
    'OUTSIDE_VPCS',
    'OTHER_OWNER',
    'EXEMPT_BY_PROP',
    'EXEMPT_BY_FUNCTION',
    'EXEMPT_BY_GROUP_TAG',
    'EXEMPT_BY_RULE_TAG',
    'DISABLED',
    'DRY_RUN',
    'LEFT_TO_OTHER',
    'WITHIN_GRACE',
    'PAUSED',
    'SETTLING',
    'CONFIGURATION_CHANGING',
  ])('does not count what is kept as it should be: %s', reason => {
    expect(withheld(keeping(keptStale('sgr-1', 60, reason)))).toBe(0);
  });

  test.each([
    ['in a dry run, which withholds all by itself', { enabled: true, dryRun: true }],
    ['where enabled is false, and so nothing is to be revoked', { enabled: false, dryRun: false }],
  ])('is 0 %s', (_, off) => {
    const result = keeping(keptStale('sgr-1', 60, 'LEDGER_UNAVAILABLE'));
    const configuration = { ...off, maxRevocationsPerSweep: 20 };
    const { plan, outcomes, startedAt } = result;
    expect(withheld({ ...result, withheld: withheldBy(plan, outcomes, configuration, startedAt) })).toBe(0);
    expect(withheld(result)).toBe(1);
  });

  test('counts what waits for the next allowance only when some waited at the scheduled sweep before, too', () => {
    const waiting = ['sgr-1', 'sgr-2'].map(id => keptStale(id, 60, 'LIMIT_USED'));
    const result = keeping(...waiting, keptStale('sgr-3', 60, 'OVER_LIMIT'));
    expect(withheld(result)).toBe(1);
    expect(withheld({ ...result, isLimitUsedAgain: true })).toBe(3);
  });
});

describe('a sweep counts', () => {
  test('stale rules by direction, and the groups that have any', () => {
    const other = aStaleRule({ groupId: 'sg-2', direction: 'egress' });
    const stale = [
      aStaleRule(),
      aStaleRule({ rule: undefined }),
      other,
      aStaleRule({ direction: 'egress' }),
      aStaleRule({ direction: 'egress' }),
    ];
    expect(counted({ stale })).toMatchObject({ StaleIngressRules: 2, StaleEgressRules: 3, StaleSecurityGroups: 2 });
  });

  test('flagged rules, and not those undecided', () => {
    expect(
      counted({ flagged: [aFlaggedRule(), aFlaggedRule({ verdict: 'undecided' }), aFlaggedRule()] }),
    ).toMatchObject({ FlaggedIngressRules: 2 });
  });

  test('what became of its revocations', () => {
    const outcomes = (
      ['REVOKED', 'REVOKED', 'REVOKED', 'FAILED', 'SKIPPED', 'SKIPPED', 'ALREADY_GONE', 'CHANGED_MEANWHILE'] as const
    ).map(each => anOutcome(each));
    const result = aSweepResult({ outcomes });
    expect(aggregates(result, EVERYTHING)).toMatchObject({
      IngressRulesRevoked: 3,
      RevocationsFailed: 1,
      RevocationsWithheld: 2,
    });
  });

  test.each<[outcome: Outcome, revoked: number, failed: number, withheld: number]>([
    // The rule is gone, but it was not the planned one, so a person has to look.
    ['REVOKED_CHANGED', 1, 1, 0],
    // The next sweep counts the rule when it records it.
    ['UNRECORDED', 0, 0, 0],
    // The other sweep counts the rule.
    ['LEFT_TO_OTHER', 0, 0, 0],
    ['ALREADY_GONE', 0, 0, 0],
    ['CHANGED_MEANWHILE', 0, 0, 0],
  ])('a rule that is %s %d times as revoked, %d as failed and %d as withheld', (outcome, revoked, failed, withheld) => {
    expect(aggregates(aSweepResult({ outcomes: [anOutcome(outcome)] }), EVERYTHING))
      .toMatchObject({ IngressRulesRevoked: revoked, RevocationsFailed: failed, RevocationsWithheld: withheld });
  });

  test.each<Outcome>(['REVOKED', 'REVOKED_CHANGED'])(
    'a rule that is %s, but that another sweep had recorded before, not as revoked: the other has counted it',
    outcome => {
      const outcomes = [anOutcome(outcome, { recordedBy: 'sweep-other' }), anOutcome(outcome)];
      expect(aggregates(aSweepResult({ outcomes }), EVERYTHING)).toMatchObject({ IngressRulesRevoked: 1 });
      // Revoking the wrong rule is a failure of the sweep that made the call, no matter which run recorded it.
      expect(aggregates(aSweepResult({ outcomes }), EVERYTHING)).toMatchObject({
        RevocationsFailed: outcome === 'REVOKED' ? 0 : 2,
      });
    },
  );

  test('what the ledger refused among what could not be looked at, and is a sweep all the same', () => {
    const ledgerErrors = [{ ...ERROR, doing: 'reading the ledger' }];
    expect(aggregates(aSweepResult({ ledgerErrors, observation: { errors: [ERROR] } }), EVERYTHING)).toMatchObject({
      ScanErrors: 2,
      Sweeps: 1,
    });
    expect(aggregates(aSweepResult({ ledgerErrors }), EVERYTHING)).toMatchObject({ ScanErrors: 1, Sweeps: 1 });
  });

  test('the VPCs that it scanned, and not those that it meant to', () => {
    const vpcs = vpcsSeen(['vpc-1', 'vpc-2'], { inScope: new Set(['vpc-1', 'vpc-2', 'vpc-3']) });
    expect(counted({ vpcs, errors: [{ ...ERROR, vpcId: 'vpc-3' }] })).toMatchObject({ VpcsScanned: 2, ScanErrors: 1 });
  });

  test('VPCs of other accounts that are not covered, which are neither looked at nor an error', () => {
    const vpcs = vpcsSeen(['vpc-1'], {
      inScope: new Set(['vpc-1', 'vpc-2', 'vpc-3']),
      notCovered: new Set(['vpc-2', 'vpc-3']),
    });
    expect(counted({ vpcs })).toMatchObject({ VpcsScanned: 1, VpcsNotCovered: 2, ScanErrors: 0, Sweeps: 1 });
  });

  test('VPN connections by status, each in at most one count: missing counts as down, unknown and pending do not count', () => {
    const vpnConnections = (
      ['UP', 'DEGRADED', 'DEGRADED', 'NO_ROUTES', 'DOWN', 'DOWN', 'MISSING', 'PENDING', 'UNKNOWN'] as const
    ).map(status => aConnection({ status }));
    expect(counted({ vpnConnections })).toMatchObject({
      VpnConnections: 9,
      VpnConnectionsDown: 3,
      VpnConnectionsDegraded: 2,
      VpnConnectionsWithoutRoutes: 1,
    });
  });

  test('tunnels that have flapped, each once', () => {
    const tunnelFlaps = new Map([['vpn-1', ['192.0.2.1', '192.0.2.2']], ['vpn-2', ['192.0.2.3']]]);
    expect(aggregates(aSweepResult({ tunnelFlaps }), EVERYTHING)).toMatchObject({ TunnelFlaps: 3 });
  });

  test('no datum for tunnels that flapped if the ledger failed, rather than a 0', () => {
    expect(aggregates(aSweepResult({ tunnelFlaps: undefined }), EVERYTHING)).not.toHaveProperty('TunnelFlaps');
  });

  test('stale VPN connections, which are down as well', () => {
    const vpnConnections = [aConnection({ status: 'DOWN', stale: true }), aConnection({ status: 'DOWN' })];
    expect(counted({ vpnConnections })).toMatchObject({ VpnConnectionsDown: 2, VpnConnectionsStale: 1 });
  });

  test('tunnels by status over all connections, and their routes', () => {
    const vpnConnections = [
      aConnection({
        tunnels: [aTunnel({ acceptedRoutes: 3 }), aTunnel({ status: 'DOWN', acceptedRoutes: undefined })],
      }),
      aConnection({ tunnels: [aTunnel({ acceptedRoutes: 4 }), aTunnel({ status: 'UNKNOWN' }), aTunnel()] }),
    ];
    expect(counted({ vpnConnections })).toMatchObject({ TunnelsUp: 3, TunnelsDown: 1, AcceptedRoutes: 7 });
  });
});

describe('SecondsSinceStatusChange', () => {
  const connections = (...seconds: Array<number | undefined>): VpnConnectionState[] => (
    seconds.map(secondsSinceStatusChange => aConnection({ tunnels: [aTunnel({ secondsSinceStatusChange })] })));

  test.each<[name: string, seconds: Array<number | undefined>, latest: number]>([
    ['is that of the one tunnel', [90], 90],
    ['is that of the tunnel that changed last, over all connections', [7200, 60, 3600], 60],
    ['is of the tunnels of which it is known', [undefined, 3600, undefined], 3600],
    ['is 0 when a tunnel has only just changed', [3600, 0], 0],
  ])('%s', (_, seconds, latest) => {
    expect(counted({ vpnConnections: connections(...seconds) }).SecondsSinceStatusChange).toBe(latest);
  });

  test.each<[name: string, seconds: Array<number | undefined>]>([
    ['without tunnels', []],
    ['while it is known of none', [undefined, undefined]],
  ])('has no datum %s', (_, seconds) => {
    expect(counted({ vpnConnections: connections(...seconds) })).not.toHaveProperty('SecondsSinceStatusChange');
  });
});

describe('Sweeps', () => {
  const errors = [ERROR];
  const blind = vpcsSeen([], { sawStaleRules: false, sawFlaggedRules: false });

  const unseenStale = vpcsSeen([], { sawStaleRules: false });
  const unseenFlagged = vpcsSeen([], { sawFlaggedRules: false });

  test.each<[name: string, sweeps: number, observation: Partial<Observation>, configuration: DecodedConfiguration]>([
    ['is 1 when everything was seen', 1, {}, EVERYTHING],
    ['is 1 when only stale rules were seen', 1, { errors, vpcs: unseenFlagged, vpnConnections: undefined }, EVERYTHING],
    ['is 1 when only flagged rules were seen', 1, { errors, vpcs: unseenStale, vpnConnections: undefined }, EVERYTHING],
    ['is 1 when only VPN connections were seen', 1, { errors, vpcs: blind }, EVERYTHING],
    [
      'is 1 when there was nothing to look at',
      1,
      { vpcs: undefined, vpnConnections: undefined },
      aDecodedConfiguration(),
    ],
    ['is 0 when nothing was seen', 0, { errors, vpcs: blind, vpnConnections: undefined }, EVERYTHING],
    [
      'is 0 when VPN connections could not be read, and nothing else is looked at',
      0,
      { errors, vpcs: undefined, vpnConnections: undefined },
      aDecodedConfiguration({ vpnConnections: { kind: 'all' } }),
    ],
    [
      'is 0 when stale rules were not seen, and nothing else is looked at',
      0,
      { errors, vpcs: unseenStale, vpnConnections: undefined },
      aDecodedConfiguration({ staleRules: 'report' }),
    ],
    [
      'is 0 when flagged rules were not seen, and nothing else is looked at',
      0,
      { errors, vpcs: unseenFlagged, vpnConnections: undefined },
      aDecodedConfiguration({ flaggedIngressRules }),
    ],
  ])('%s', (...[, sweeps, observation, configuration]) => {
    expect(counted(observation, configuration).Sweeps).toBe(sweeps);
  });
});

test('of flagged rules there are none where none is declared: a zero that is true without looking', () => {
  expect(counted({}, { ...EVERYTHING, flaggedIngressRules: [] })).toMatchObject({ FlaggedIngressRules: 0 });
});

describe('DeliveriesFailed', () => {
  test('is counted only once the sweep has told of itself', () => {
    expect(aggregates(aSweepResult(), EVERYTHING)).not.toHaveProperty('DeliveriesFailed');
    expect(metricData(aSweepResult(), RESOURCE_METRICS).map(({ name }) => name)).not.toContain('DeliveriesFailed');
    expect(aggregates(aSweepResult(), EVERYTHING, 2).DeliveriesFailed).toBe(2);
  });

  test.each([0, 2])('is one datum by the path of the construct alone: %i', value => {
    expect(deliveryDatum(value, EVERYTHING))
      .toEqual({ name: 'DeliveriesFailed', value, unit: 'Count', dimensions: { Hygiene: 'Stack/NetworkHygiene' } });
  });
});

describe('a run of some groups', () => {
  const run = { id: 'sweep-1', trigger: 'request', scope: { kind: 'groups', groupIds: ['sg-1'] } } as const;
  /** A sweep that saw, kept, withheld, revoked and failed at as much as possible. */
  const busy = aSweepResult({
    run, isLimitUsedAgain: true,
    observation: {
      stale: [aStaleRule()], flagged: [aFlaggedRule()], errors: [ERROR],
      vpnConnections: [aConnection({ status: 'DOWN', tunnels: [aTunnel()] })],
    },
    plan: { revoke: [], keep: [keptStale('sgr-1', 3600, 'OVER_LIMIT'), keptStale('sgr-2', 60, 'LIMIT_USED')] },
    outcomes: [anOutcome('REVOKED'), anOutcome('REVOKED'), anOutcome('FAILED'), anOutcome('SKIPPED')],
    ledgerErrors: [ERROR],
  });

  test.each([
    EVERYTHING, RESOURCE_METRICS,
  ])('counts what it did and what failed, and nothing else: no totals, no series and no heartbeat', configuration => {
    const dimensions = { Hygiene: 'Stack/NetworkHygiene' };
    expect(metricData(busy, configuration)).toEqual([
      { name: 'IngressRulesRevoked', value: 2, unit: 'Count', dimensions },
      { name: 'RevocationsFailed', value: 1, unit: 'Count', dimensions },
      { name: 'ScanErrors', value: 2, unit: 'Count', dimensions },
    ]);
  });

  test('that did nothing has no data: a zero would say what only a full sweep knows', () => {
    expect(metricData(aSweepResult({ run }), RESOURCE_METRICS)).toEqual([]);
    const failed = aSweepResult({ run, outcomes: [anOutcome('FAILED')] });
    expect(metricData(failed, EVERYTHING).map(({ name }) => name)).toEqual(['RevocationsFailed']);
  });

  test('counts the changes of which no id could be taken', () => {
    const changed = { ...run, trigger: 'change', changesUnread: 2 } as const;
    expect(metricData(aSweepResult({ run: changed }), EVERYTHING))
      .toEqual([{ name: 'ChangesUnread', value: 2, unit: 'Count', dimensions: { Hygiene: 'Stack/NetworkHygiene' } }]);
    expect(metricData(aSweepResult({ run: { ...changed, changesUnread: 0 } }), EVERYTHING)).toEqual([]);
    expect(unreadDatum(2, EVERYTHING)).toEqual(metricData(aSweepResult({ run: changed }), EVERYTHING)[0]);
  });

  test('of everything that a change triggered has all metrics but the heartbeat, which is that of the schedule', () => {
    const { run: { id, scope } } = aSweepResult();
    const whole = metricData(aSweepResult({ run: { id, trigger: 'change', scope } }), RESOURCE_METRICS);
    const scheduled = metricData(aSweepResult(), RESOURCE_METRICS);
    expect(scheduled.map(({ name }) => name)).toContain('Sweeps');
    expect(whole).toEqual(scheduled.filter(({ name }) => name !== 'Sweeps'));
  });

  test.each([
    'deployment', 'request',
  ] as const)('is told by what it looks at: a full run has all metrics, whatever has it begin: %s', trigger => {
    const { run: { id, scope } } = aSweepResult();
    const whole = aSweepResult({ run: { id, trigger, scope } });
    expect(metricData(whole, RESOURCE_METRICS)).toEqual(metricData(aSweepResult(), RESOURCE_METRICS));
  });
});

describe('a run that changes triggered', () => {
  /** The run ends 10 seconds after midnight. */
  const timing = { startedAt: new Date('2026-01-01T00:00:04Z'), durationMillis: 6000 };
  const ann = aChange({ at: '2026-01-01T00:00:02.500Z', ruleIds: ['sgr-1'] });
  const bob = aChange({ at: '2026-01-01T00:00:01.000Z', eventId: 'event-2', ruleIds: ['sgr-9'] });
  const later = aChange({ at: '2026-01-01T00:00:03.000Z', eventId: 'event-3', ruleIds: ['sgr-8'] });
  const scope = { kind: 'groups', groupIds: ['sg-1'] } as const;
  const ofAnn = anEntry({ changedBy: anAuthor({ at: ann.at }) });

  const reacting = (changes: SweepResult['run']['changes'], overrides: Partial<SweepResult> = {}): SweepResult =>
    aSweepResult({ ...timing, run: { id: 'sweep-1', trigger: 'change', scope, changes }, ...overrides });
  const seconds = (result: SweepResult): number[] => metricData(result, EVERYTHING)
    .filter(({ name }) => name === 'ReactionTime').map(({ value }) => value);
  const revoked = { outcomes: [anOutcome('REVOKED')], entries: new Map([['sgr-1', ofAnn]]) };

  test('counts them, and has the seconds from each change to what came of it, one by one', () => {
    const opened = anEntry({ rule: aRule({ securityGroupRuleId: 'sgr-2' }) });
    const dimensions = { Hygiene: 'Stack/NetworkHygiene' };
    const result = reacting([ann, bob, later], {
      ...revoked, changes: [{ change: 'OPENED', entry: ofAnn }, { change: 'OPENED', entry: opened }],
    });
    expect(metricData(result, EVERYTHING)).toEqual([
      { name: 'IngressRulesRevoked', value: 1, unit: 'Count', dimensions },
      { name: 'ChangesSwept', value: 3, unit: 'Count', dimensions },
      // The author of the first one is known. The other one counts from the first change of its group.
      { name: 'ReactionTime', value: 7.5, unit: 'Seconds', dimensions },
      { name: 'ReactionTime', value: 9, unit: 'Seconds', dimensions },
    ]);
  });

  test('has one time for a rule that it found and revoked, and none for one that it did not revoke, or that was open', () => {
    expect(seconds(reacting([ann], { ...revoked, changes: [{ change: 'OPENED', entry: ofAnn }] }))).toEqual([7.5]);
    expect(seconds(reacting([ann], { entries: revoked.entries }))).toEqual([]);
    for (const outcome of ['FAILED', 'SKIPPED', 'ALREADY_GONE'] as const) {
      expect(seconds(reacting([ann], { ...revoked, outcomes: [anOutcome(outcome)] }))).toEqual([]);
    }
    const another = anOutcome('REVOKED', { recordedBy: 'sweep-2' });
    expect(seconds(reacting([ann], { ...revoked, outcomes: [another] }))).toEqual([]);
    expect(seconds(reacting([ann], { changes: [{ change: 'HEALED', entry: ofAnn }] }))).toEqual([]);
  });

  test.each([
    ['the change has no believable time', [{ ...ann, at: undefined }], anEntry({ changedBy: anAuthor({ at: undefined }) })],
    ['no change of the group has one', [{ ...ann, at: undefined }], anEntry()],
    ['no change is of the group', [{ ...ann, groupIds: ['sg-2'] }], anEntry()],
    ['an earlier run was triggered by the change', [bob], ofAnn],
  ])('has no time if %s', (_, changes, entry) => {
    expect(seconds(reacting(changes, { ...revoked, entries: new Map([['sgr-1', entry]]) }))).toEqual([]);
  });

  test('has no negative time: a clock that is ahead makes it 0', () => {
    const ahead = { ...ann, at: '2026-01-01T00:01:00.000Z' };
    const entries = new Map([['sgr-1', anEntry({ changedBy: anAuthor({ at: ahead.at }) })]]);
    expect(seconds(reacting([ahead], { ...revoked, entries }))).toEqual([0]);
  });

  test('is not blamed on who had made the rule, if EC2 revoked other traffic', () => {
    const outcomes = [anOutcome('REVOKED_CHANGED', { rule: aRule({ toPort: 23 }) })];
    expect(seconds(reacting([bob, ann], { ...revoked, outcomes }))).toEqual([9]);
  });

  test('is the only one that has these metrics', () => {
    const published = (result: SweepResult): string[] => metricData(result, EVERYTHING).map(({ name }) => name);
    const other = aSweepResult({ ...revoked, changes: [{ change: 'OPENED', entry: ofAnn }] });
    expect(published(other).filter(name => ['ReactionTime', 'ChangesSwept'].includes(name))).toEqual([]);
    expect(published(reacting([]))).toEqual([]);
  });
});

describe('the data', () => {
  const vpnConnections = [aConnection({ tunnels: [aTunnel({ secondsSinceStatusChange: 60 })] })];
  const datum = (name: string, value: number, dimensions: MetricDatum['dimensions']): MetricDatum =>
    ({ name, value, unit: 'Count', dimensions });
  const series = {
    data: [datum('StaleIngressRules', 3, { VpcId: 'vpc-1' })],
    ends: [{ datum: datum('TunnelsDown', 0, { VpnConnectionId: 'vpn-1' }), saidAt: '2025-12-31T23:00:00.000Z' }],
  };
  const result = aSweepResult({ observation: { stale: [aStaleRule()], vpnConnections }, series });
  const Hygiene = 'Stack/NetworkHygiene';

  test('are the totals, by the name of the construct alone, and the series and ends of the run', () => {
    const data = metricData(result, EVERYTHING);
    const totals = data.slice(0, -2);
    expect(Object.fromEntries(totals.map(({ name, value }) => [name, value]))).toEqual(aggregates(result, EVERYTHING));
    expect(totals.map(({ dimensions }) => dimensions)).toEqual(totals.map(() => ({ Hygiene })));
    expect(data.slice(-2)).toEqual([
      datum('StaleIngressRules', 3, { Hygiene, VpcId: 'vpc-1' }),
      datum('TunnelsDown', 0, { Hygiene, VpnConnectionId: 'vpn-1' }),
    ]);
  });

  test('hold each metric of each series once', () => {
    const keys = metricData(result, EVERYTHING).map(({ name, dimensions }) => JSON.stringify([name, dimensions]));
    expect(new Set(keys).size).toBe(keys.length);
  });

  test('are seconds, milliseconds, or else counts', () => {
    const units = new Map(metricData(result, EVERYTHING).map(({ name, unit }) => [name, unit]));
    expect(units.get('SecondsSinceStatusChange')).toBe('Seconds');
    expect(units.get('OldestStaleRuleAge')).toBe('Seconds');
    expect(units.get('SweepDuration')).toBe('Milliseconds');
    expect(
      [...units]
        .filter(([, unit]) => unit !== 'Count')
        .map(([name]) => name)
        .sort(),
    ).toEqual(['OldestStaleRuleAge', 'SecondsSinceStatusChange', 'SweepDuration']);
  });

  test('are numbers, each of them', () => {
    for (const { value } of metricData(result, EVERYTHING)) expect(Number.isFinite(value)).toBe(true);
  });
});

describe('a total that can be nothing but 0 with the configuration is not published', () => {
  const published = (configuration: DecodedConfiguration, result = aSweepResult()): string[] =>
    metricData(result, configuration).map(({ name }) => name);
  const REVOCATIONS = ['IngressRulesRevoked', 'RevocationsFailed', 'RevocationsWithheld'];

  test.each<[what: string, configuration: DecodedConfiguration, absent: string[]]>([
    ['flagged rules, where none is declared', { ...EVERYTHING, staleRules: 'revoke', flaggedIngressRules: [] }, ['FlaggedIngressRules']],
    ['revocations, where rules are only reported', aDecodedConfiguration({ ...EVERYTHING, flaggedIngressRules: [] }), ['FlaggedIngressRules', ...REVOCATIONS]],
    ['revocations, in a dry run', { ...EVERYTHING, dryRun: true }, REVOCATIONS],
    ['stale VPN connections, without staleAfter', { ...EVERYTHING, vpnConnections: { kind: 'all' } }, ['VpnConnectionsStale']],
  ])('%s', (_, configuration, absent) => {
    const sent = published(configuration);
    for (const name of absent) expect(sent).not.toContain(name);
    const others = published(EVERYTHING).filter(name => !absent.includes(name));
    expect(sent.sort()).toEqual(others.sort());
    expect(aggregates(aSweepResult(), configuration)).toMatchObject(Object.fromEntries(absent.map(name => [name, 0])));
  });

  test('while revoking is switched off, revocations have theirs, because their alarms exist', () => {
    expect(published({ ...EVERYTHING, enabled: false })).toEqual(expect.arrayContaining(REVOCATIONS));
  });

  test('unless it is not 0 all the same, such as a rule that an earlier run had begun to revoke', () => {
    const finished = aSweepResult({ outcomes: [anOutcome('REVOKED')] });
    const sent = published({ ...EVERYTHING, dryRun: true }, finished);
    expect(sent).toContain('IngressRulesRevoked');
    expect(sent).not.toContain('RevocationsFailed');
  });
});

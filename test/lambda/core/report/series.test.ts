import type { KeepReason } from '../../../../lambda/core/decide/reasons';
import type { MetricDatum } from '../../../../lambda/core/model/delivery';
import type { TunnelState, VpnConnectionState } from '../../../../lambda/core/model/finding';
import type { Observation } from '../../../../lambda/core/model/observation';
import type { SweepResult } from '../../../../lambda/core/model/result';
import { mayStillSay, seriesSeen } from '../../../../lambda/core/report/series';
import type { DecodedConfiguration } from '../../../../src/contract/configuration';
import {
  aDecodedConfiguration, aFlaggedIngressRule, aFlaggedRule, aGroup, aRule, aStaleRule,
} from '../../../support/builders';
import { aSweepResult, vpcsScanned } from '../../../support/sweep-result';

/** A configuration that looks at everything. */
const EVERYTHING = aDecodedConfiguration({
  staleRules: 'report', flaggedIngressRules: [aFlaggedIngressRule()], vpnConnections: { kind: 'all' },
  resourceMetrics: true,
});

const NAMED: DecodedConfiguration = { ...EVERYTHING, vpnConnections: { kind: 'withIds', ids: ['vpn-1'] } };

function aConnection(overrides: Partial<VpnConnectionState> = {}): VpnConnectionState {
  return { vpnConnectionId: 'vpn-1', status: 'UP', stale: false, staticRoutesOnly: false, tunnels: [], ...overrides };
}

function aTunnel(overrides: Partial<TunnelState> = {}): TunnelState {
  return { outsideIpAddress: '198.51.100.1', status: 'UP', acceptedRoutes: 3, ...overrides };
}

const TWO = [aTunnel(), aTunnel({ outsideIpAddress: '198.51.100.2' })];

const withVpn = (connection: Partial<VpnConnectionState>, overrides: Partial<SweepResult> = {}): SweepResult =>
  aSweepResult({ ...overrides, observation: { vpcs: undefined, vpnConnections: [aConnection(connection)] } });

/** Returns data as texts such as `TunnelsDown=1 vpn-1`. */
const shown = (data: readonly MetricDatum[]): string[] =>
  data.map(({ name, value, dimensions }) => [`${name}=${value}`, ...Object.values(dimensions)].join(' '));

const saying = (result: SweepResult, configuration = EVERYTHING): string[] =>
  shown(seriesSeen(result, configuration).saying);

const silent = (result: SweepResult, configuration = EVERYTHING): string[] =>
  shown(seriesSeen(result, configuration).silent);

const always = (result: SweepResult, configuration: DecodedConfiguration): string[] =>
  shown(seriesSeen(result, configuration).always);

describe('without resourceMetrics', () => {
  test('there is no series of any resource', () => {
    const vpnConnections = [aConnection({ tunnels: TWO })];
    const result = aSweepResult({ observation: { stale: [aStaleRule()], vpnConnections } });
    expect(seriesSeen(result, { ...NAMED, resourceMetrics: false })).toEqual({ always: [], saying: [], silent: [] });
  });
});

describe('a VPC', () => {
  const observation = {
    vpcs: { ...vpcsScanned('vpc-1', 'vpc-2'), inScope: new Set(['vpc-1', 'vpc-2', 'vpc-3']) },
    groups: new Map([['sg-1', aGroup()], ['sg-2', aGroup({ groupId: 'sg-2', vpcId: 'vpc-2' })]]),
    stale: [aStaleRule(), aStaleRule({ direction: 'egress' }), aStaleRule({ vpcId: 'vpc-3', groupId: 'sg-3' })],
    flagged: [
      aFlaggedRule(), aFlaggedRule({ verdict: 'undecided' }), aFlaggedRule({ rule: aRule({ groupId: 'sg-unread' }) }),
    ],
    vpnConnections: [],
  };
  const result = aSweepResult({ observation });

  test('says what was found in it, and nothing where it could not be looked at', () => {
    expect(saying(result)).toEqual([
      'StaleIngressRules=1 vpc-1', 'StaleEgressRules=1 vpc-1', 'StaleSecurityGroups=1 vpc-1',
      'FlaggedIngressRules=1 vpc-1',
    ]);
  });

  test('that has nothing says nothing, each count by itself', () => {
    expect(silent(result)).toEqual([
      'StaleIngressRules=0 vpc-2', 'StaleEgressRules=0 vpc-2', 'StaleSecurityGroups=0 vpc-2',
      'FlaggedIngressRules=0 vpc-2',
    ]);
    const ingress = aSweepResult({ observation: { ...observation, stale: [aStaleRule()], flagged: [] } });
    expect(saying(ingress)).toEqual(['StaleIngressRules=1 vpc-1', 'StaleSecurityGroups=1 vpc-1']);
    expect(silent(ingress)).toEqual(expect.arrayContaining(['StaleEgressRules=0 vpc-1', 'FlaggedIngressRules=0 vpc-1']));
  });

  test('has no count of what is not looked for', () => {
    const both = (configuration: DecodedConfiguration): string[] =>
      [...saying(result, configuration), ...silent(result, configuration)];
    expect(both({ ...EVERYTHING, staleRules: 'ignore' })).toEqual(['FlaggedIngressRules=1 vpc-1', 'FlaggedIngressRules=0 vpc-2']);
    expect(both({ ...EVERYTHING, flaggedIngressRules: [] }).join()).not.toContain('Flagged');
  });

  const vpc = (name: string, vpcId: string): { name: string; dimensions: Record<string, string> } =>
    ({ name, dimensions: { VpcId: vpcId } });
  const listing = { doing: 'listing VPCs', error: { code: 'InternalError', message: 'try again' } };

  test.each<[what: string, isUnseen: boolean, change: Partial<Observation>, configuration: DecodedConfiguration]>([
    ['is there and could not be looked at', true, {}, EVERYTHING],
    ['is not in the list, which is not whole', true, { vpcs: vpcsScanned('vpc-1'), errors: [listing] }, EVERYTHING],
    ['is gone', false, { vpcs: vpcsScanned('vpc-1') }, EVERYTHING],
    ['is gone, while something else could not be read', false,
      { vpcs: vpcsScanned('vpc-1'), errors: [{ ...listing, doing: 'reading VPN connections' }] }, EVERYTHING],
    ['is not looked at for it any more', false, {}, { ...EVERYTHING, staleRules: 'ignore' }],
    ['has series no more', false, {}, { ...EVERYTHING, resourceMetrics: false }],
  ])('may still say what it said only if nobody knows: it %s', (_, isUnseen, change, configuration) => {
    const seen = aSweepResult({ observation: { ...observation, ...change } });
    expect(mayStillSay(vpc('StaleIngressRules', 'vpc-3'), seen, configuration)).toBe(isUnseen);
  });

  test('without a declared group any more has no flagged rules any more', () => {
    const seen = aSweepResult({ observation: { vpcs: { ...vpcsScanned('vpc-1', 'vpc-2'), flagged: new Set(['vpc-1']) } } });
    expect(mayStillSay(vpc('FlaggedIngressRules', 'vpc-2'), seen, EVERYTHING)).toBe(false);
  });
});

describe('a reason to keep rules', () => {
  const keeping = (...reasons: KeepReason[]): SweepResult => aSweepResult({
    plan: { revoke: [], keep: reasons.map(reason => ({ groupId: 'sg-1', rule: aRule(), reason })) },
    observation: { vpcs: vpcsScanned() },
  });
  const REASON = { name: 'RulesKept', dimensions: { KeepReason: 'EGRESS' } };

  test('says how many rules it keeps, and one that keeps none has no series', () => {
    const result = keeping('WITHIN_GRACE', 'EGRESS', 'WITHIN_GRACE');
    expect(saying(result)).toEqual(['RulesKept=2 WITHIN_GRACE', 'RulesKept=1 EGRESS']);
    expect(silent(result)).toEqual([]);
  });

  test('keeps none any more once every check could look somewhere', () => {
    expect(mayStillSay(REASON, keeping(), EVERYTHING)).toBe(false);
    const blind = aSweepResult({ observation: { vpcs: { ...vpcsScanned(), sawStaleRules: false } } });
    expect(mayStillSay(REASON, blind, EVERYTHING)).toBe(true);
    expect(mayStillSay(REASON, blind, aDecodedConfiguration({ resourceMetrics: true }))).toBe(false);
  });
});

describe('a VPN connection', () => {
  test('that works says nothing', () => {
    expect(saying(withVpn({ tunnels: TWO }))).toEqual([]);
    expect(always(withVpn({ tunnels: TWO }), EVERYTHING)).toEqual([]);
  });

  test('says how many tunnels are down and how many flapped, but not how many are up, which AWS/VPN has', () => {
    const tunnels = [aTunnel(), aTunnel({ outsideIpAddress: '198.51.100.2', status: 'DOWN', acceptedRoutes: 4 })];
    const tunnelFlaps = new Map([['vpn-1', ['198.51.100.1']]]);
    const result = withVpn({ status: 'DEGRADED', tunnels }, { tunnelFlaps });
    expect(saying(result)).toEqual(['TunnelsDown=1 vpn-1', 'TunnelFlaps=1 vpn-1']);
    expect([...saying(result), ...silent(result)].join()).not.toContain('TunnelsUp');
  });

  test('that uses BGP says that it accepts no route, and so does each tunnel', () => {
    const tunnels = TWO.map(tunnel => ({ ...tunnel, acceptedRoutes: 0 }));
    expect(saying(withVpn({ status: 'NO_ROUTES', tunnels }))).toEqual([
      'AcceptedRoutes=0 vpn-1', 'AcceptedRoutes=0 vpn-1 198.51.100.1', 'AcceptedRoutes=0 vpn-1 198.51.100.2',
    ]);
    const half = withVpn({ tunnels: [tunnels[0], TWO[1]] });
    expect(saying(half)).toEqual(['AcceptedRoutes=0 vpn-1 198.51.100.1']);
    expect(silent(half)).toEqual(expect.arrayContaining(['AcceptedRoutes=3 vpn-1', 'AcceptedRoutes=3 vpn-1 198.51.100.2']));
  });

  test.each<[what: string, connection: Partial<VpnConnectionState>]>([
    ['static routes, which are never accepted', { staticRoutesOnly: true, tunnels: [aTunnel({ acceptedRoutes: 0 })] }],
    ['routing that EC2 does not tell', { staticRoutesOnly: undefined, tunnels: [aTunnel({ acceptedRoutes: 0 })] }],
    ['a count that EC2 leaves out', { tunnels: [aTunnel({ acceptedRoutes: undefined })] }],
    ['no tunnel', { tunnels: [] }],
  ])('says nothing of routes with %s', (_, connection) => {
    const result = withVpn(connection);
    expect([...saying(result), ...silent(result)].join()).not.toContain('AcceptedRoutes');
  });

  test('has no series of a tunnel whose address is not known', () => {
    const result = withVpn({ tunnels: [aTunnel({ outsideIpAddress: '', acceptedRoutes: 0 })] });
    expect(saying(result)).toEqual(['AcceptedRoutes=0 vpn-1']);
  });

  test.each<[VpnConnectionState['status'], TunnelState[]]>([
    ['PENDING', [aTunnel({ status: 'DOWN' })]], ['UNKNOWN', [aTunnel({ status: 'DOWN' }), aTunnel({ status: 'UNKNOWN' })]],
    ['UNKNOWN', []],
  ])('that is %s has no series at all, and may still say what it said', (status, tunnels) => {
    const result = withVpn({ status, tunnels });
    expect(seriesSeen(result, NAMED)).toEqual({ always: [], saying: [], silent: [] });
    const down = { name: 'TunnelsDown', dimensions: { VpnConnectionId: 'vpn-1' } };
    expect(mayStillSay(down, result, NAMED)).toBe(true);
  });

  test.each<[VpnConnectionState['status'], TunnelState[], up: number]>([
    ['UP', TWO, 2], ['DOWN', [aTunnel({ status: 'DOWN' })], 0], ['MISSING', [], 0],
  ])('that withIds names always says how many tunnels are up, because of its alarm: %s', (status, tunnels, up) => {
    expect(always(withVpn({ status, tunnels }), NAMED)).toEqual([`TunnelsUp=${up} vpn-1`]);
  });

  test('has no count of flaps if the ledger failed, and may still say what it said', () => {
    const result = withVpn({ tunnels: TWO }, { tunnelFlaps: undefined });
    expect(silent(result).join()).not.toContain('TunnelFlaps');
    expect(mayStillSay({ name: 'TunnelFlaps', dimensions: { VpnConnectionId: 'vpn-1' } }, result, EVERYTHING)).toBe(true);
    expect(mayStillSay({ name: 'TunnelsDown', dimensions: { VpnConnectionId: 'vpn-1' } }, result, EVERYTHING)).toBe(false);
  });

  const DOWN = { name: 'TunnelsDown', dimensions: { VpnConnectionId: 'vpn-9' } };

  test.each<[what: string, isUnseen: boolean, observation: Partial<Observation>, configuration: DecodedConfiguration]>([
    ['could not be read', true, { vpnConnections: undefined }, EVERYTHING],
    ['is not in an incomplete answer', true, { isVpnAnswerWhole: false }, EVERYTHING],
    ['is gone', false, {}, EVERYTHING],
    ['is not looked at any more', false, { vpnConnections: undefined }, { ...EVERYTHING, vpnConnections: { kind: 'none' } }],
  ])('may still say what it said only if nobody knows: it %s', (_, isUnseen, observation, configuration) => {
    expect(mayStillSay(DOWN, aSweepResult({ observation }), configuration)).toBe(isUnseen);
  });

  test('that is gone keeps its series of routes, because a 0 would not end it', () => {
    const routes = { name: 'AcceptedRoutes', dimensions: { VpnConnectionId: 'vpn-9' } };
    expect(mayStillSay(routes, aSweepResult(), EVERYTHING)).toBe(true);
  });
});

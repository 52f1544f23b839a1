/**
 * Tests what the handler gets from each choice of VPN connections, and from every filter that DescribeVpnConnections
 * documents.
 */
import { Duration } from 'aws-cdk-lib';
import { VpnConnectionFilters, VpnConnections } from '../src';
import { SynthesizedStack } from './support/synthesized-stack';
import { VPN_CONNECTION_FILTERS } from '../src/contract/decode';

/** Returns the choice as the handler receives it, through the JSON of a valid construct. */
const asTold = (vpnConnections: VpnConnections): unknown =>
  SynthesizedStack.with({ vpnConnections }).configuration().vpnConnections;

describe('the choice', () => {
  it.each([
    ['all', VpnConnections.all(), { kind: 'all' }],
    [
      'certain ones',
      VpnConnections.withIds(['vpn-1', 'vpn-0123456789abcdef0']),
      { kind: 'withIds', ids: ['vpn-1', 'vpn-0123456789abcdef0'] },
    ],
    [
      'those that match',
      VpnConnections.matching({ states: ['available'] }),
      { kind: 'matching', filters: [{ name: 'state', values: ['available'] }] },
    ],
    ['none', VpnConnections.none(), { kind: 'none' }],
  ])('is %s', (_, vpnConnections, told) => {
    expect(asTold(vpnConnections)).toEqual(told);
  });

  it.each([
    ['all', VpnConnections.all({ staleAfter: Duration.days(14) })],
    ['certain ones', VpnConnections.withIds(['vpn-1'], { staleAfter: Duration.days(14) })],
    ['those that match', VpnConnections.matching({ states: ['available'] }, { staleAfter: Duration.days(14) })],
  ])('is %s, with the seconds after which a connection counts as stale', (_, vpnConnections) => {
    expect(asTold(vpnConnections)).toMatchObject({ staleAfterSeconds: 1_209_600 });
  });
});

describe('a filter', () => {
  const FILTERS: ReadonlyArray<[string, VpnConnectionFilters, string[]]> = [
    ['bgp-asn', { bgpAsns: [65_000, 4_294_967_294] }, ['65000', '4294967294']],
    [
      'customer-gateway-configuration',
      { customerGatewayConfigurations: ['*<vpn_connection id="vpn-1">*'] },
      ['*<vpn_connection id="vpn-1">*'],
    ],
    ['customer-gateway-id', { customerGatewayIds: ['cgw-1'] }, ['cgw-1']],
    ['option.static-routes-only', { staticRoutesOnly: true }, ['true']],
    ['option.static-routes-only', { staticRoutesOnly: false }, ['false']],
    [
      'route.destination-cidr-block',
      { routeDestinationCidrBlocks: ['10.0.0.0/16', '10.1.*'] },
      ['10.0.0.0/16', '10.1.*'],
    ],
    [
      'state',
      { states: ['pending', 'available', 'deleting', 'deleted'] },
      ['pending', 'available', 'deleting', 'deleted'],
    ],
    ['tag-key', { tagKeys: ['Kind', 'Ort?'] }, ['Kind', 'Ort?']],
    ['tag:Owner', { tags: { Owner: ['TeamA', 'TeamB'] } }, ['TeamA', 'TeamB']],
    ['transit-gateway-id', { transitGatewayIds: ['tgw-1'] }, ['tgw-1']],
    ['type', { types: ['ipsec.1'] }, ['ipsec.1']],
    ['vpn-connection-id', { vpnConnectionIds: ['vpn-1'] }, ['vpn-1']],
    ['vpn-gateway-id', { vpnGatewayIds: ['vgw-1'] }, ['vgw-1']],
  ];

  it.each(FILTERS)('%s stands for its prop, with the values given', (name, filters, values) => {
    expect(asTold(VpnConnections.matching(filters))).toEqual({ kind: 'matching', filters: [{ name, values }] });
  });

  it('can be each that DescribeVpnConnections documents', () => {
    const documented = [
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
    expect([...VPN_CONNECTION_FILTERS].sort()).toEqual(documented);
    expect([...new Set(FILTERS.map(([name]) => name).filter(name => !name.startsWith('tag:')))].sort()).toEqual(
      documented,
    );
  });

  it('goes with others: all that are given, and no more', () => {
    const vpnConnections = VpnConnections.matching({
      transitGatewayIds: ['tgw-1'],
      tags: { Kind: ['branch'], Stage: ['prod', 'test'] },
      states: ['available'],
    });
    expect(new Set(vpnConnections._configuration.filters)).toEqual(new Set([
      { name: 'transit-gateway-id', values: ['tgw-1'] },
      { name: 'tag:Kind', values: ['branch'] },
      { name: 'tag:Stage', values: ['prod', 'test'] },
      { name: 'state', values: ['available'] },
    ]));
  });

  it('can be of a tag whose key is the name of another filter, or empty of meaning to JavaScript', () => {
    expect(
      asTold(
        VpnConnections.matching({
          tags: { 'state': ['x'], 'aws:cloudformation:stack-name': ['Vpn'], 'constructor': ['y'] },
        }),
      ),
    ).toMatchObject({
      filters: [
        { name: 'tag:state', values: ['x'] },
        { name: 'tag:aws:cloudformation:stack-name', values: ['Vpn'] },
        { name: 'tag:constructor', values: ['y'] },
      ],
    });
  });

  it('takes 200 values, which is what EC2 takes', () => {
    const vpnGatewayIds = Array.from({ length: 200 }, (_, index) => `vgw-${index}`);
    expect(asTold(VpnConnections.matching({ vpnGatewayIds }))).toMatchObject({ filters: [{ values: vpnGatewayIds }] });
  });
});

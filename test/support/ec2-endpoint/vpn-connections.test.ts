/** Tests every documented field and filter of DescribeVpnConnections, which has no pages. */
import { DescribeVpnConnectionsCommand, type EC2Client, type Filter } from '@aws-sdk/client-ec2';
import { Network } from './';
import { connect, disconnect, refusal } from './over-the-wire';

afterEach(disconnect);

const LAST_STATUS_CHANGE = new Date('2026-01-02T03:04:05.000Z');

async function ids(ec2: EC2Client, ...Filters: Filter[]) {
  return ((await ec2.send(new DescribeVpnConnectionsCommand({ Filters }))).VpnConnections ?? []).map(
    ({ VpnConnectionId }) => VpnConnectionId,
  );
}

/** Two connections that differ in every value that has a filter. */
function networkOfTwo() {
  const network = new Network();
  network.addVpnConnection({
    vpnConnectionId: 'vpn-11111111',
    customerGatewayId: 'cgw-11111111',
    vpnGatewayId: 'vgw-11111111',
    bgpAsn: '65001',
    staticRoutesOnly: true,
    staticRoutes: ['192.0.2.0/24', '198.51.100.0/24'],
    tags: { Owner: 'TeamA' },
    preSharedKey: 'one',
  });
  network.addVpnConnection({
    vpnConnectionId: 'vpn-22222222',
    customerGatewayId: 'cgw-22222222',
    transitGatewayId: 'tgw-22222222',
    bgpAsn: '65002',
    state: 'deleted',
    type: 'ipsec.2',
    tags: { Name: 'Lyon' },
    preSharedKey: 'two',
  });
  return network;
}

test('a connection is shown whole, its secrets included, with a tunnel per element of VgwTelemetry', async () => {
  const { network, ec2 } = await connect();
  network.addVpnConnection({
    vpnConnectionId: 'vpn-11111111',
    customerGatewayId: 'cgw-11111111',
    transitGatewayId: 'tgw-11111111',
    vpnConcentratorId: 'vcn-11111111',
    coreNetworkArn: 'arn:core',
    coreNetworkAttachmentArn: 'arn:attachment',
    gatewayAssociationState: 'associated',
    staticRoutes: ['192.0.2.0/24'],
    preSharedKey: 'secret',
    tags: { Name: 'Lyon' },
    telemetry: [
      {
        outsideIpAddress: '192.0.2.1',
        status: 'UP',
        statusMessage: '3 BGP ROUTES',
        acceptedRouteCount: 3,
        lastStatusChange: LAST_STATUS_CHANGE,
        certificateArn: 'arn:certificate',
      },
      { outsideIpAddress: '192.0.2.2', status: 'DOWN', statusMessage: '' },
    ],
  });

  const { VpnConnections, ...rest } = await ec2.send(new DescribeVpnConnectionsCommand({}));

  expect(rest).not.toHaveProperty('NextToken');
  expect(VpnConnections).toEqual([
    {
      VpnConnectionId: 'vpn-11111111',
      State: 'available',
      Category: 'VPN',
      Type: 'ipsec.1',
      CustomerGatewayId: 'cgw-11111111',
      TransitGatewayId: 'tgw-11111111',
      VpnConcentratorId: 'vcn-11111111',
      CoreNetworkArn: 'arn:core',
      CoreNetworkAttachmentArn: 'arn:attachment',
      GatewayAssociationState: 'associated',
      CustomerGatewayConfiguration:
        '<vpn_connection id="vpn-11111111"><ike><pre_shared_key>secret</pre_shared_key></ike></vpn_connection>',
      Options: {
        StaticRoutesOnly: false,
        EnableAcceleration: false,
        TunnelInsideIpVersion: 'ipv4',
        TunnelOptions: [
          { OutsideIpAddress: '192.0.2.1', PreSharedKey: 'secret' },
          { OutsideIpAddress: '192.0.2.2', PreSharedKey: 'secret' },
        ],
      },
      Routes: [{ DestinationCidrBlock: '192.0.2.0/24', Source: 'Static', State: 'available' }],
      VgwTelemetry: [
        {
          OutsideIpAddress: '192.0.2.1',
          Status: 'UP',
          StatusMessage: '3 BGP ROUTES',
          AcceptedRouteCount: 3,
          LastStatusChange: LAST_STATUS_CHANGE,
          CertificateArn: 'arn:certificate',
        },
        { OutsideIpAddress: '192.0.2.2', Status: 'DOWN', StatusMessage: '' },
      ],
      Tags: [{ Key: 'Name', Value: 'Lyon' }],
    },
  ]);
});

test.each([['pending', true], ['available', true], ['deleting', false], ['deleted', false]] as const)(
  'the configuration of the customer gateway of a connection that is %s: shown %s', async (state, isShown) => {
    const { network, ec2 } = await connect();
    network.addVpnConnection({ state });
    const { VpnConnections } = await ec2.send(new DescribeVpnConnectionsCommand({}));
    expect(VpnConnections).toMatchObject([{ State: state }]);
    expect(VpnConnections?.[0].CustomerGatewayConfiguration !== undefined).toBe(isShown);
  });

test.each([
  ['customer-gateway-configuration', '*<pre_shared_key>one<*'],
  ['customer-gateway-id', 'cgw-11111111'],
  ['state', 'available'],
  ['option.static-routes-only', 'true'],
  ['route.destination-cidr-block', '198.51.100.0/24'],
  ['bgp-asn', '65001'],
  ['tag:Owner', 'TeamA'],
  ['tag-key', 'Owner'],
  ['type', 'ipsec.1'],
  ['vpn-connection-id', 'vpn-11111111'],
  ['vpn-gateway-id', 'vgw-11111111'],
])('are found by %s', async (Name, value) => {
  const { ec2 } = await connect({ network: networkOfTwo() });
  expect(await ids(ec2, { Name, Values: [value] })).toEqual(['vpn-11111111']);
});

test('are found by transit-gateway-id, and by several filters at once', async () => {
  const { ec2 } = await connect({ network: networkOfTwo() });
  expect(await ids(ec2, { Name: 'transit-gateway-id', Values: ['tgw-22222222'] })).toEqual(['vpn-22222222']);
  expect(
    await ids(ec2, { Name: 'transit-gateway-id', Values: ['tgw-22222222'] }, { Name: 'state', Values: ['available'] }),
  ).toEqual([]);
  expect(await ids(ec2, { Name: 'state', Values: ['available', 'deleted'] })).toEqual(['vpn-11111111', 'vpn-22222222']);
});

test.each(['core-network-arn', 'vpn-concentrator-id', 'tunnel-status'])(
  'fail for the filter %s, which there is not',
  async Name => {
    const { ec2 } = await connect({ network: networkOfTwo() });
    expect(await refusal(ids(ec2, { Name, Values: ['x'] }))).toMatchObject({ code: 'InvalidParameterValue' });
  },
);

test('are found by id; one unknown id fails the whole call', async () => {
  const { ec2 } = await connect({ network: networkOfTwo() });
  const { VpnConnections } = await ec2.send(new DescribeVpnConnectionsCommand({ VpnConnectionIds: ['vpn-22222222'] }));
  expect(VpnConnections).toMatchObject([{ VpnConnectionId: 'vpn-22222222' }]);
  expect(
    await refusal(ec2.send(new DescribeVpnConnectionsCommand({ VpnConnectionIds: ['vpn-22222222', 'vpn-99999999'] }))),
  ).toMatchObject({
    code: 'InvalidVpnConnectionID.NotFound',
    message: "The vpnConnection ID 'vpn-99999999' does not exist",
  });
});

test('there may be none', async () => {
  const { ec2 } = await connect();
  expect((await ec2.send(new DescribeVpnConnectionsCommand({}))).VpnConnections).toEqual([]);
});

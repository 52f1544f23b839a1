/** Tests that a body with status 200 is not mistaken for a response of EC2 if it is something else. */
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { EC2Client } from '../../../bundle/sdk';
import { Ec2Network } from '../../../lambda/aws/network';
import { Pacer } from '../../../lambda/aws/pacing';
import { checkAnswers } from '../../../lambda/aws/wire';

let server: Server;
let body = '';

beforeAll(async () => {
  server = createServer((_, response) => response.writeHead(200, { 'content-type': 'text/xml' }).end(body));
  await new Promise<void>(done => server.listen(0, '127.0.0.1', done));
});

afterAll(async () => {
  server.closeAllConnections();
  await new Promise(done => server.close(done));
});

function network(): Ec2Network {
  const client = new EC2Client({
    region: 'eu-central-1', endpoint: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, maxAttempts: 1,
    credentials: { accessKeyId: 'AKIDEXAMPLE', secretAccessKey: 'secret' },
  });
  checkAnswers(client);
  return new Ec2Network(client, client, new Pacer());
}

const answer = (action: string, inner: string): string =>
  `<?xml version="1.0"?>\n<${action}Response xmlns="http://ec2.amazonaws.com/doc/2016-11-15/">${inner}</${action}Response>`;

test.each([
  ['nothing', ''],
  ['a page of a proxy', '<html><body>Please log in</body></html>'],
  ['another document', '<Foo/>'],
  [
    'an error with the status of success',
    '<Response><Errors><Error><Code>InternalError</Code></Error></Errors></Response>',
  ],
  ['the answer to another action', answer('DescribeSubnets', '<subnetSet/>')],
])('%s is no answer', async (_, text) => {
  body = text;
  await expect(network().vpcs()).rejects.toThrow('Unexpected response to DescribeVpcs: ');
  await expect(network().revokeIngress('sg-1', ['sgr-1'])).rejects.toThrow(
    'Unexpected response to RevokeSecurityGroupIngress: ',
  );
});

test('an empty list is an answer: there are none', async () => {
  body = answer('DescribeVpcs', '<vpcSet/>');
  await expect(network().vpcs()).resolves.toEqual([]);
});

test('no list is no answer: it does not say that there are none', async () => {
  body = answer('DescribeVpcs', '<requestId>r</requestId>');
  await expect(network().vpcs()).rejects.toThrow("EC2's response to DescribeVpcs has no list");
});

test.each([
  '<acceptedRouteCount/>', '<acceptedRouteCount></acceptedRouteCount>', '<acceptedRouteCount />',
  '<acceptedRouteCount> </acceptedRouteCount>', '',
])('an empty count of routes is no count, and above all not 0: %j', async count => {
  const telemetry = (inner: string): string =>
    `<item><outsideIpAddress>192.0.2.1</outsideIpAddress><status>UP</status>${inner}</item>`;
  const tunnels = [count, '<acceptedRouteCount>0</acceptedRouteCount>'].map(telemetry).join('');
  const connection = `<vpnConnectionId>vpn-1</vpnConnectionId><vgwTelemetry>${tunnels}</vgwTelemetry>`;
  body = answer('DescribeVpnConnections', `<vpnConnectionSet><item>${connection}</item></vpnConnectionSet>`);
  const [{ tunnels: read }] = await network().vpnConnections([]);
  expect(read.map(({ acceptedRouteCount }) => acceptedRouteCount)).toEqual([undefined, 0]);
});

test.each(['<fromPort/><toPort/>', '<fromPort></fromPort><toPort></toPort>', '<fromPort /><toPort />', ''])(
  'empty ports are no ports, and above all not port 0: %j',
  async ports => {
    const rule = `<securityGroupRuleId>sgr-1</securityGroupRuleId><groupId>sg-1</groupId><isEgress>false</isEgress><ipProtocol>icmp</ipProtocol>${ports}`;
    body = answer('DescribeSecurityGroupRules', `<securityGroupRuleSet><item>${rule}</item></securityGroupRuleSet>`);
    for await (const [read] of network().securityGroupRules({ groupIds: ['sg-1'] })) {
      expect(read).toMatchObject({ securityGroupRuleId: 'sgr-1', fromPort: undefined, toPort: undefined });
    }
    expect.hasAssertions();
  },
);

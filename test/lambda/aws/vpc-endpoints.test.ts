/** Tests how the groups of a VPC's endpoints are read from EC2. */
import { Ec2Network } from '../../../lambda/aws/network';
import { Pacer } from '../../../lambda/aws/pacing';
import { UnusableAnswer } from '../../../lambda/core/errors';
import { Network } from '../../support/ec2-endpoint';
import { connect, disconnect } from '../../support/ec2-endpoint/over-the-wire';

afterEach(disconnect);

/** A VPC with five interface endpoints, which have six groups together, and a gateway endpoint. */
function aNetwork() {
  const network = new Network();
  const { vpcId } = network.addVpc();
  const groupIds = Array.from({ length: 6 }, () => network.addSecurityGroup({ vpcId }).groupId);
  network.addGatewayEndpoint(vpcId);
  const [first, ...others] = groupIds;
  for (const groupId of others.slice(1)) network.addInterfaceEndpoint(vpcId, [groupId]);
  network.addInterfaceEndpoint(vpcId, [others[0], first]);
  const elsewhere = network.addVpc().vpcId;
  network.addInterfaceEndpoint(elsewhere, [network.addSecurityGroup({ vpcId: elsewhere }).groupId]);
  return { network, vpcId, elsewhere, groupIds };
}

test.each([{ pageSize: 1 }, { pageSize: 2, emptyPages: true }, {}])('those of every page are read, and of no other VPC: %p', async paging => {
  const { network, vpcId, groupIds } = aNetwork();
  const { ec2, endpoint } = await connect({ network, ...paging });

  const read = await new Ec2Network(ec2, ec2, new Pacer()).interfaceEndpointGroupIds(vpcId);

  expect(read.sort()).toEqual(groupIds.sort());
  expect(endpoint.calls.length).toBe(paging.pageSize === undefined ? 1 : 6);
  for (const { parameters } of endpoint.calls) expect(parameters).toMatchObject({ Filter: [{ Name: 'vpc-id', Value: [vpcId] }] });
});

test('there are none where the VPC has no endpoints, or one that has none', async () => {
  const network = new Network();
  const [bare, gateway] = [network.addVpc().vpcId, network.addVpc().vpcId];
  network.addGatewayEndpoint(gateway);
  const { ec2 } = await connect({ network });
  const port = new Ec2Network(ec2, ec2, new Pacer());
  await expect(port.interfaceEndpointGroupIds(bare)).resolves.toEqual([]);
  await expect(port.interfaceEndpointGroupIds(gateway)).resolves.toEqual([]);
});

test.each([
  ['an endpoint without its groups', { vpcEndpointType: 'Interface', groupSet: [] }, 'without its security groups'],
  ['an endpoint of another VPC', { vpcId: 'vpc-elsewhere', groupSet: [{ groupId: 'sg-9' }] }, 'a VPC endpoint of a VPC that was not asked for'],
])('an answer with %s is unusable, and hands over what is usable of every page', async (_, changed, flaw) => {
  const { network, vpcId, groupIds } = aNetwork();
  const { ec2, endpoint } = await connect({ network, pageSize: 2 });
  endpoint.distort('DescribeVpcEndpoints', answer => {
    const [first, ...others] = answer.vpcEndpointSet as object[];
    const isGateway = 'vpcEndpointType' in first && first.vpcEndpointType === 'Gateway';
    return { ...answer, vpcEndpointSet: [isGateway ? { ...first, ...changed } : first, ...others] } as typeof answer;
  });

  const port = new Ec2Network(ec2, ec2, new Pacer());
  const error: unknown = await port.interfaceEndpointGroupIds(vpcId).catch(each => each);

  expect(error).toBeInstanceOf(UnusableAnswer);
  const { message, usable } = error as UnusableAnswer<string>;
  expect(message).toContain(flaw);
  expect([...usable].sort()).toEqual(groupIds.sort());
});

test.each(['UnauthorizedOperation', 'InternalError'])('what EC2 refuses is refused, and is not none: %s', async code => {
  const { network, vpcId } = aNetwork();
  const { ec2, endpoint } = await connect({ network, pageSize: 2 });
  endpoint.fault({ action: 'DescribeVpcEndpoints', kind: 'error', code, when: ({ NextToken }) => NextToken !== undefined });
  const port = new Ec2Network(ec2, ec2, new Pacer());
  await expect(port.interfaceEndpointGroupIds(vpcId)).rejects.toMatchObject({ name: code });
});

/** Tests how the states of what connects VPCs are read from EC2. */
import { Pacer } from '../../../lambda/aws/pacing';
import { ec2Topology } from '../../../lambda/aws/topology';
import type { AwaitedResource } from '../../../lambda/core/model/change';
import { Network } from '../../support/ec2-endpoint';
import { connect, disconnect } from '../../support/ec2-endpoint/over-the-wire';

afterEach(disconnect);

type Kind = AwaitedResource['kind'];

/** One resource of each kind among others. */
function aNetwork() {
  const network = new Network();
  const [one, two, three] = [network.addVpc().vpcId, network.addVpc().vpcId, network.addVpc().vpcId];
  network.addPeering(one, three);
  const { vpcPeeringConnectionId } = network.addPeering(one, two, { status: 'deleted' });
  network.addTransitGateway();
  const { transitGatewayId } = network.addTransitGateway({ state: 'modifying' });
  network.addTransitGatewayAttachment(transitGatewayId, one);
  const { transitGatewayAttachmentId } = network.addTransitGatewayAttachment(transitGatewayId, two, { state: 'deleting' });
  const { groupId } = network.addSecurityGroup({ vpcId: one });
  network.addAssociation(groupId, three);
  network.addAssociation(groupId, two, { state: 'disassociating' });
  const resources: Record<Kind, AwaitedResource> = {
    peering: { kind: 'peering', id: vpcPeeringConnectionId, isEnding: true },
    transitGateway: { kind: 'transitGateway', id: transitGatewayId, isEnding: false },
    transitGatewayAttachment: { kind: 'transitGatewayAttachment', id: transitGatewayAttachmentId, isEnding: true },
    association: { kind: 'association', id: groupId, vpcId: two, isEnding: true },
  };
  return { network, resources };
}

const CASES: ReadonlyArray<readonly [Kind, action: string, state: string]> = [
  ['peering', 'DescribeVpcPeeringConnections', 'deleted'],
  ['transitGateway', 'DescribeTransitGateways', 'modifying'],
  ['transitGatewayAttachment', 'DescribeTransitGatewayVpcAttachments', 'deleting'],
  ['association', 'DescribeSecurityGroupVpcAssociations', 'disassociating'],
];

describe.each(CASES)('%s', (kind, action, state) => {
  test('has the state that EC2 gives it, in one call', async () => {
    const { network, resources } = aNetwork();
    const { ec2, endpoint } = await connect({ network });
    await expect(ec2Topology(ec2, new Pacer()).stateOf(resources[kind])).resolves.toBe(state);
    expect(endpoint.callsByAction()).toEqual({ [action]: 1 });
  });

  test('has none if EC2 does not know it, which is no error', async () => {
    const { network, resources } = aNetwork();
    const { ec2 } = await connect({ network });
    const gone = { ...resources[kind], id: resources[kind].id.replace(/.$/, 'f') };
    await expect(ec2Topology(ec2, new Pacer()).stateOf(gone)).resolves.toBeUndefined();
  });

  test('has an empty state if EC2 says none, which is not the same as being gone', async () => {
    const { network, resources } = aNetwork();
    const { ec2, endpoint } = await connect({ network });
    endpoint.distort(action, answer => JSON.parse(
      JSON.stringify(answer, (name, value: unknown) => name === 'state' || name === 'status' ? undefined : value),
    ) as typeof answer);
    await expect(ec2Topology(ec2, new Pacer()).stateOf(resources[kind])).resolves.toBe('');
  });

  test('is not taken from an answer about something else', async () => {
    const { network, resources } = aNetwork();
    const { ec2, endpoint } = await connect({ network });
    endpoint.distort(action, answer =>
      JSON.parse(JSON.stringify(answer).replaceAll(resources[kind].id, 'other-00000000')) as typeof answer);
    await expect(ec2Topology(ec2, new Pacer()).stateOf(resources[kind])).resolves.toBeUndefined();
  });

  test.each(['UnauthorizedOperation', 'InternalError'])('fails with what EC2 says, and is not gone: %s', async code => {
    const { network, resources } = aNetwork();
    const { ec2, endpoint } = await connect({ network });
    endpoint.fault({ action, kind: 'error', code });
    await expect(ec2Topology(ec2, new Pacer()).stateOf(resources[kind])).rejects.toMatchObject({ name: code });
  });
});

test('an association without a VPC has the state of any of its group', async () => {
  const { network, resources } = aNetwork();
  const { ec2, endpoint } = await connect({ network });
  const { vpcId: _, ...anyVpc } = resources.association;
  await expect(ec2Topology(ec2, new Pacer()).stateOf(anyVpc)).resolves.toBe('associated');
  expect(endpoint.calls).toMatchObject([{ parameters: { Filter: [{ Name: 'group-id', Value: [anyVpc.id] }] } }]);
});

test('a read is not made once time has run out', async () => {
  const { network, resources } = aNetwork();
  const { ec2, endpoint } = await connect({ network });
  const topology = ec2Topology(ec2, new Pacer(), AbortSignal.abort(new Error('out of time')));
  await expect(topology.stateOf(resources.peering)).rejects.toThrow('out of time');
  expect(endpoint.calls).toEqual([]);
});

/** Tests the shipped bundle over the wire where VPCs are covered by proof. */
import { DENIED_MILLIS, stopWorlds, World } from './world';
import { Network } from '../support/ec2-endpoint';

afterEach(stopWorlds);

const PROPS = { vpnConnections: { kind: 'none' }, requestRateFactor: 1000 };

/** VPCs whose groups refer to themselves. The rules of the first ones refer to a group of another VPC, too. */
function networkOf(count: number, crossing: number) {
  const network = new Network();
  const remote = network.addVpc();
  const peer = network.addSecurityGroup({ vpcId: remote.vpcId });
  const vpcs = Array.from({ length: count }, (_, index) => {
    const { vpcId } = network.addVpc();
    const { groupId } = network.addSecurityGroup({ vpcId });
    network.addIngress(groupId, { ipProtocol: 'tcp', fromPort: 443, toPort: 443, reference: { groupId } });
    const peering = index < crossing ? network.addPeering(vpcId, remote.vpcId) : undefined;
    if (peering) network.addIngress(groupId, { ipProtocol: 'tcp', fromPort: 22, toPort: 22, reference: { groupId: peer.groupId } });
    return { vpcId, groupId, peering };
  });
  return { network, vpcs, peer: peer.groupId };
}

/** Returns the VPCs for which EC2 was asked for stale rules. */
const asked = ({ ec2 }: World): unknown[] =>
  ec2.calls.filter(({ action }) => action === 'DescribeStaleSecurityGroups').map(({ parameters }) => parameters.VpcId);

const counted = (world: World): unknown[] =>
  ['VpcsScanned', 'VpcsCoveredByProof', 'ScanErrors', 'StaleIngressRules'].map(name => world.aggregate(name));

test('EC2 is asked about VPCs with references to another VPC, about those in doubt, and about ten others', async () => {
  const { network, vpcs, peer } = networkOf(40, 2);
  const world = await World.start({ network, pageSize: 20 });
  network.deletePeering(vpcs[0].peering?.vpcPeeringConnectionId ?? '');

  expect((await world.sweep(PROPS)).error).toBeUndefined();
  expect(new Set(asked(world)).size).toBe(asked(world).length);
  expect(asked(world)).toEqual(expect.arrayContaining([vpcs[0].vpcId, vpcs[1].vpcId]));
  expect(counted(world)).toEqual([12, 29, 0, 1]);

  world.ec2.calls.length = 0;
  for (const { securityGroupRuleId, reference } of [...network.rules.values()]) {
    if (reference?.groupId === peer) network.removeRule(securityGroupRuleId);
  }
  await world.sweep(PROPS);
  expect(asked(world)).toEqual(expect.arrayContaining([vpcs[0].vpcId, vpcs[1].vpcId]));
  expect(counted(world)).toEqual([12, 29, 0, 0]);
  const read = world.logged('Sweep').at(-1)?.vpcsReadBecause;
  expect(read).toEqual({ CHECKED: 10, DOUBTED: 2 });
});

test('every VPC is read if the associations may not be read, which a deployment only warns of', async () => {
  const { network } = networkOf(15, 0);
  const world = await World.start({ network });
  world.ec2.fault({ action: 'DescribeSecurityGroupVpcAssociations', kind: 'error', code: 'UnauthorizedOperation', status: 403 });
  const { body } = await world.deploy('Create', PROPS, 3 * DENIED_MILLIS);
  expect(body.Status).toBe('SUCCESS');
  expect(world.logged('Preflight')).toMatchObject([{ action: 'ec2:DescribeSecurityGroupVpcAssociations' }]);
  expect(counted(world)).toEqual([16, 0, 0, 0]);
});

test('an association has both of its VPCs read', async () => {
  const { network, vpcs } = networkOf(40, 0);
  network.addAssociation(vpcs[30].groupId, vpcs[35].vpcId, { state: 'disassociated' });
  const world = await World.start({ network });
  await world.sweep(PROPS);
  expect(asked(world)).toEqual(expect.arrayContaining([vpcs[30].vpcId, vpcs[35].vpcId]));
  expect(world.logged('Sweep').at(-1)?.vpcsReadBecause).toEqual({ ASSOCIATED: 2, CHECKED: 10 });
});

test('a broken record of proofs has every VPC read, and is named until it is repaired', async () => {
  const { network } = networkOf(15, 0);
  const world = await World.start({ network });
  await world.sweep(PROPS);
  await world.dynamoDb.putAll([{ hygiene: 'Test/Hygiene', id: 'proofs', revision: 1, proofs: '{"revision":1}' }]);
  await world.sweep(PROPS);
  expect(counted(world)).toEqual([16, 0, 1, 0]);
  expect(world.logged('Ledger').concat(world.logged('ScanError')).map(({ message }) => message).join()).toContain('proofs');
});

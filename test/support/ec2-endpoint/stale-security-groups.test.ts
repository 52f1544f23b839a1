/** Tests when a rule is stale, when it stops being stale, and what DescribeStaleSecurityGroups returns for it. */
import {
  DescribeSecurityGroupRulesCommand,
  DescribeStaleSecurityGroupsCommand,
  type EC2Client,
} from '@aws-sdk/client-ec2';
import { Network, type VpcPeeringConnection } from './';
import { connect, disconnect, peeredNetwork, refusal } from './over-the-wire';

afterEach(disconnect);

async function staleGroups(ec2: EC2Client, vpcId: string) {
  return (await ec2.send(new DescribeStaleSecurityGroupsCommand({ VpcId: vpcId }))).StaleSecurityGroupSet ?? [];
}

/** Returns the references of the stale ingress rules of a VPC. */
async function stalePairs(ec2: EC2Client, vpcId: string) {
  const permissions = (await staleGroups(ec2, vpcId)).flatMap(({ StaleIpPermissions = [] }) => StaleIpPermissions);
  return permissions.flatMap(({ UserIdGroupPairs = [] }) => UserIdGroupPairs);
}

describe('a rule that refers to a group of a peer VPC', () => {
  test('is not stale while the group and the peering are there', async () => {
    const { network, vpc } = peeredNetwork();
    const { ec2 } = await connect({ network });
    expect(await staleGroups(ec2, vpc.vpcId)).toEqual([]);
  });

  test('is stale once the group is deleted, and stays so under a new peering', async () => {
    const { network, vpc, peerVpc, peering, peer } = peeredNetwork();
    const { ec2 } = await connect({ network });
    network.deleteSecurityGroup(peer.groupId);
    network.deletePeering(peering.vpcPeeringConnectionId);
    const { vpcPeeringConnectionId } = network.addPeering(vpc.vpcId, peerVpc.vpcId);
    expect(await stalePairs(ec2, vpc.vpcId)).toEqual([
      {
        GroupId: peer.groupId,
        VpcId: peerVpc.vpcId,
        VpcPeeringConnectionId: vpcPeeringConnectionId,
        PeeringStatus: 'active',
      },
    ]);
  });

  test('has neither account nor name when both the group and the peering are gone', async () => {
    const { network, vpc, peerVpc, peering, peer } = peeredNetwork();
    const { ec2 } = await connect({ network });
    network.deleteSecurityGroup(peer.groupId);
    network.deletePeering(peering.vpcPeeringConnectionId);
    expect(await stalePairs(ec2, vpc.vpcId)).toEqual([
      {
        GroupId: peer.groupId,
        VpcId: peerVpc.vpcId,
        VpcPeeringConnectionId: peering.vpcPeeringConnectionId,
        PeeringStatus: 'deleted',
      },
    ]);
  });

  test('heals when the same VPCs are peered anew, whichever of them asks for it', async () => {
    const { network, vpc, peerVpc, peering, rule } = peeredNetwork();
    const { ec2 } = await connect({ network });
    network.deletePeering(peering.vpcPeeringConnectionId);
    expect(await stalePairs(ec2, vpc.vpcId)).toHaveLength(1);

    const { vpcPeeringConnectionId } = network.addPeering(peerVpc.vpcId, vpc.vpcId);

    expect(await staleGroups(ec2, vpc.vpcId)).toEqual([]);
    const { SecurityGroupRules } = await ec2.send(
      new DescribeSecurityGroupRulesCommand({ SecurityGroupRuleIds: [rule.securityGroupRuleId] }),
    );
    expect(SecurityGroupRules?.[0].ReferencedGroupInfo).toMatchObject({
      VpcPeeringConnectionId: vpcPeeringConnectionId,
      PeeringStatus: 'active',
    });
  });

  test('does not heal when one of the VPCs is peered with a third', async () => {
    const { network, vpc, peering } = peeredNetwork();
    const { ec2 } = await connect({ network });
    network.deletePeering(peering.vpcPeeringConnectionId);
    network.addPeering(vpc.vpcId, network.addVpc().vpcId);
    expect(await stalePairs(ec2, vpc.vpcId)).toHaveLength(1);
  });

  test.each(['pending-acceptance', 'rejected', 'expired', 'deleted'] satisfies Array<VpcPeeringConnection['status']>)(
    'does not heal by a peering that is %s', async status => {
      const { network, vpc, peerVpc, peering } = peeredNetwork();
      const { ec2 } = await connect({ network });
      network.deletePeering(peering.vpcPeeringConnectionId);
      network.addPeering(vpc.vpcId, peerVpc.vpcId, { status });
      expect(await stalePairs(ec2, vpc.vpcId)).toMatchObject([
        { VpcPeeringConnectionId: peering.vpcPeeringConnectionId, PeeringStatus: 'deleted' },
      ]);
    });

  test('is shown in the VPC of the rule only', async () => {
    const { network, peerVpc, peering } = peeredNetwork();
    const { ec2 } = await connect({ network });
    network.deletePeering(peering.vpcPeeringConnectionId);
    expect(await staleGroups(ec2, peerVpc.vpcId)).toEqual([]);
  });

  test('is gone from the list when it is revoked, and its group with its last stale rule', async () => {
    const { network, vpc, peering, rule } = peeredNetwork();
    const { ec2 } = await connect({ network });
    network.deletePeering(peering.vpcPeeringConnectionId);
    network.removeRule(rule.securityGroupRuleId);
    expect(await staleGroups(ec2, vpc.vpcId)).toEqual([]);
  });
});

describe.each(['transit-gateway', 'association'] as const)('a rule that refers to a group across a %s', path => {
  function network() {
    const state = new Network();
    const [vpc, otherVpc] = [state.addVpc(), state.addVpc()];
    const [group, other] = [vpc, otherVpc].map(({ vpcId }) => state.addSecurityGroup({ vpcId }));
    const rule = state.addIngress(group.groupId, { reference: { groupId: other.groupId, path } });
    return { state, vpc, otherVpc, other, rule };
  }

  test('is not stale while both are there', async () => {
    const { state, vpc } = network();
    const { ec2 } = await connect({ network: state });
    expect(await staleGroups(ec2, vpc.vpcId)).toEqual([]);
  });

  test('is stale without a word of peering once that is gone', async () => {
    const { state, vpc, otherVpc, other, rule } = network();
    const { ec2 } = await connect({ network: state });
    state.modifyRule(rule.securityGroupRuleId, { reference: { groupId: other.groupId, path, pathExists: false } });
    expect(await stalePairs(ec2, vpc.vpcId)).toEqual([
      { GroupId: other.groupId, GroupName: other.groupName, UserId: state.accountId, VpcId: otherVpc.vpcId },
    ]);
  });

  test('is stale without account and name once the group is deleted', async () => {
    const { state, vpc, otherVpc, other } = network();
    const { ec2 } = await connect({ network: state });
    state.deleteSecurityGroup(other.groupId);
    expect(await stalePairs(ec2, vpc.vpcId)).toEqual([{ GroupId: other.groupId, VpcId: otherVpc.vpcId }]);
  });
});

test('no other source can be stale: neither ranges, nor prefix lists, nor groups of the same VPC', async () => {
  const { network, vpc, group, rule } = peeredNetwork();
  const { ec2 } = await connect({ network });
  network.removeRule(rule.securityGroupRuleId);
  const neighbour = network.addSecurityGroup({ vpcId: vpc.vpcId });
  const sources = [
    { cidrIpv4: '0.0.0.0/0' }, { cidrIpv6: '::/0' }, { prefixListId: 'pl-0123456789abcdef0' },
    { reference: { groupId: group.groupId } }, { reference: { groupId: neighbour.groupId } },
  ];
  for (const source of sources) network.addIngress(group.groupId, source);
  expect(await staleGroups(ec2, vpc.vpcId)).toEqual([]);
});

test('stale rules of equal protocol and ports make one permission, per direction; protocol -1 has no ports', async () => {
  const { network, vpc, peerVpc, peering, group, peer } = peeredNetwork();
  const { ec2 } = await connect({ network });
  const second = network.addSecurityGroup({ vpcId: peerVpc.vpcId });
  network.addIngress(group.groupId, { reference: { groupId: second.groupId } });
  network.addIngress(group.groupId, { ipProtocol: '-1', reference: { groupId: peer.groupId } });
  network.addEgress(group.groupId, { reference: { groupId: peer.groupId } });
  network.addIngress(group.groupId, { cidrIpv4: '10.0.0.0/8' });
  network.deletePeering(peering.vpcPeeringConnectionId);

  const [stale, ...others] = await staleGroups(ec2, vpc.vpcId);

  expect(others).toEqual([]);
  expect(stale.StaleIpPermissions).toMatchObject([
    {
      IpProtocol: 'tcp',
      FromPort: 443,
      ToPort: 443,
      UserIdGroupPairs: [{ GroupId: peer.groupId }, { GroupId: second.groupId }],
    },
    { IpProtocol: '-1', UserIdGroupPairs: [{ GroupId: peer.groupId }] },
  ]);
  expect(stale.StaleIpPermissions?.[1]).not.toHaveProperty('FromPort');
  expect(stale.StaleIpPermissionsEgress).toHaveLength(1);
});

test.each([
  ['that does not exist', 'vpc-0123456789abcdef0', 'InvalidVpcID.NotFound'],
  ['whose id is malformed', 'vpc-1', 'InvalidVpcID.Malformed'],
])('fails for a VPC %s', async (_, VpcId, code) => {
  const { ec2 } = await connect();
  expect(await refusal(ec2.send(new DescribeStaleSecurityGroupsCommand({ VpcId })))).toMatchObject({
    code,
    status: 400,
  });
});

test('fails without a VPC', async () => {
  const { ec2 } = await connect();
  expect(await refusal(ec2.send(new DescribeStaleSecurityGroupsCommand({ VpcId: undefined })))).toMatchObject({
    code: 'MissingParameter',
  });
});

/**
 * Tests the shipped bundle over the wire when responses lack required data. That counts as "could not look", and never
 * as "does not exist".
 */
import { DENIED_MILLIS, SSH_FROM_ANYWHERE, stopWorlds, World } from './world';
import { type Distortion, Network } from '../support/ec2-endpoint';

afterEach(stopWorlds);

const SSH = { ipProtocol: 'tcp', fromPort: 22, toPort: 22, cidrIpv4: '0.0.0.0/0' } as const;

/** Two VPCs, each with a group that has a stale rule and an open one. */
function aNetwork(): { network: Network; vpcIds: string[]; groupIds: string[]; open: string[]; stale: string[] } {
  const network = new Network();
  const partner = network.addVpc();
  const peer = network.addSecurityGroup({ vpcId: partner.vpcId });
  const made = [1, 2].map(() => {
    const { vpcId } = network.addVpc();
    const peering = network.addPeering(vpcId, partner.vpcId);
    const { groupId } = network.addSecurityGroup({ vpcId });
    const open = network.addIngress(groupId, SSH).securityGroupRuleId;
    const stale = network.addIngress(groupId, { ipProtocol: 'tcp', fromPort: 443, toPort: 443, reference: { groupId: peer.groupId } }).securityGroupRuleId;
    network.deletePeering(peering.vpcPeeringConnectionId);
    return { vpcId, groupId, open, stale };
  });
  network.addVpnConnection({ telemetry: [{ outsideIpAddress: '192.0.2.1', status: 'UP' }, { outsideIpAddress: '192.0.2.2', status: 'UP' }] });
  network.addVpnConnection({ telemetry: [{ outsideIpAddress: '192.0.2.3', status: 'UP' }, { outsideIpAddress: '192.0.2.4', status: 'UP' }] });
  return {
    network, vpcIds: made.map(({ vpcId }) => vpcId), groupIds: made.map(({ groupId }) => groupId),
    open: made.map(({ open }) => open), stale: made.map(({ stale }) => stale),
  };
}

/** Removes a field, given by its path, from all items of a list, or from those that a test selects. */
function without(
  list: string, field: string, isWanted: (item: Record<string, unknown>) => boolean = () => true,
): Distortion {
  return answer => {
    const items = answer[list] as unknown as Array<Record<string, unknown>>;
    const distorted = items.map(item => isWanted(item) ? { ...item, [field]: undefined } : item);
    return { ...answer, [list]: distorted } as typeof answer;
  };
}

const ALL = { staleRules: 'report', flaggedIngressRules: [SSH_FROM_ANYWHERE], dryRun: true };

describe('a field that each answer lacks', () => {
  test.each([
    ['the id of VPCs', 'DescribeVpcs', 'vpcSet', 'vpcId'],
    ['the id of security groups', 'DescribeSecurityGroups', 'securityGroupInfo', 'groupId'],
    ['the id of rules', 'DescribeSecurityGroupRules', 'securityGroupRuleSet', 'securityGroupRuleId'],
    ['the group of rules', 'DescribeSecurityGroupRules', 'securityGroupRuleSet', 'groupId'],
    ['the protocol of rules', 'DescribeSecurityGroupRules', 'securityGroupRuleSet', 'ipProtocol'],
    ['the direction of rules', 'DescribeSecurityGroupRules', 'securityGroupRuleSet', 'isEgress'],
    ['the id of stale groups', 'DescribeStaleSecurityGroups', 'staleSecurityGroupSet', 'groupId'],
    ['the id of VPN connections', 'DescribeVpnConnections', 'vpnConnectionSet', 'vpnConnectionId'],
  ])('is counted as an error, and counts nothing as looked at: %s', async (_, action, list, field) => {
    const world = await World.start({ network: aNetwork().network });
    world.ec2.distort(action, without(list, field));

    await world.sweep(ALL);

    expect(world.aggregate('ScanErrors')).toBeGreaterThan(0);
    expect(world.logged('ScanError')).toContainEqual(expect.objectContaining({ error: expect.objectContaining({ code: 'UnusableAnswer' }) }));
  });

  test('affects only its own place', async () => {
    const { network, vpcIds, open, stale } = aNetwork();
    const world = await World.start({ network });
    world.ec2.distort('DescribeSecurityGroupRules', without('securityGroupRuleSet', 'groupId', ({ securityGroupRuleId }) => securityGroupRuleId === open[0]));

    await world.sweep({ staleRules: 'revoke', flaggedIngressRules: [SSH_FROM_ANYWHERE] });

    // The rules of the other VPC are revoked, and so is the stale rule of the first, which is not in doubt.
    expect([open[0], open[1], stale[1]].map(id => network.rules.has(id))).toEqual([true, false, false]);
    expect(new Set(world.logged('ScanError').map(({ vpcId }) => vpcId))).toEqual(new Set([vpcIds[0]]));
    expect(world.aggregate('VpcsScanned')).toBe(2);
  });

  test('heals nothing: a finding that the answer does not show stays open', async () => {
    const { network, open } = aNetwork();
    const world = await World.start({ network });
    await world.sweep(ALL);
    world.ec2.distort('DescribeSecurityGroupRules', without('securityGroupRuleSet', 'securityGroupRuleId', ({ securityGroupRuleId }) => securityGroupRuleId === open[0]));

    await world.sweep(ALL);

    expect((await world.entries()).get(open[0])?.state).toBe('OPEN');
    expect(world.ec2.events.filter(({ detailType }) => detailType === 'Finding Resolved')).toEqual([]);
  });

  test('reports no VPN connection as gone', async () => {
    const { network } = aNetwork();
    const world = await World.start({ network });
    const [first] = [...network.vpnConnections.keys()];
    await world.sweep();
    world.ec2.distort('DescribeVpnConnections', without('vpnConnectionSet', 'vpnConnectionId', ({ vpnConnectionId }) => vpnConnectionId === first));

    await world.sweep();
    await world.sweep({ vpnConnections: { kind: 'withIds', ids: [...network.vpnConnections.keys()] } });

    expect(world.aggregate('ScanErrors')).toBe(1);
    expect(world.ec2.events.filter(({ detailType }) => detailType === 'VPN Connection State Changed')).toEqual([]);
    expect(world.aggregate('VpnConnectionsDown')).toBe(0);
  });
});

describe('an answer without its list', () => {
  test.each([
    ['DescribeVpcs', 'vpcSet'], ['DescribeSecurityGroups', 'securityGroupInfo'], ['DescribeSecurityGroupRules', 'securityGroupRuleSet'],
    ['DescribeStaleSecurityGroups', 'staleSecurityGroupSet'], ['DescribeVpnConnections', 'vpnConnectionSet'],
  ])('says nothing: it is an error, and no finding is resolved for it: %s', async (action, list) => {
    const world = await World.start({ network: aNetwork().network });
    await world.sweep(ALL);
    world.ec2.distort(action, answer => ({ ...answer, [list]: undefined }));

    await world.sweep(ALL);

    expect(world.aggregate('ScanErrors')).toBeGreaterThan(0);
    expect(world.ec2.events.filter(({ detailType }) => detailType === 'Finding Resolved')).toEqual([]);
  });
});

describe('a TCP rule without its ports', () => {
  test('is not taken for one of all ports, and is not revoked', async () => {
    const { network, open } = aNetwork();
    const world = await World.start({ network });
    world.ec2.distort('DescribeSecurityGroupRules', without('securityGroupRuleSet', 'fromPort'));
    world.ec2.distort('DescribeSecurityGroupRules', without('securityGroupRuleSet', 'toPort'));

    await world.sweep({ staleRules: 'ignore', flaggedIngressRules: [{ ...SSH_FROM_ANYWHERE, match: 'COVERS' }] });

    expect(open.map(id => network.rules.has(id))).toEqual([true, true]);
    expect(world.aggregate('ScanErrors')).toBeGreaterThan(0);
  });
});

describe('a stale rule without the group that it refers to', () => {
  test.each(['groups', 'groupId'])('is an unidentified finding, and an error of its VPC, without %s', async field => {
    const { network, vpcIds } = aNetwork();
    const world = await World.start({ network });
    world.ec2.distort('DescribeStaleSecurityGroups', (answer, { VpcId }) => {
      if (VpcId !== vpcIds[0]) return answer;
      const text = JSON.stringify(answer).replace(/"groups":\[(\{.*?\})\]/g, (_, pair: string) =>
        field === 'groups' ? '"groups":[]' : `"groups":[${pair.replace(/"groupId":"[^"]*",/, '')}]`);
      return JSON.parse(text) as typeof answer;
    });

    await world.sweep({ staleRules: 'revoke' });

    expect([world.aggregate('StaleIngressRules'), world.aggregate('ScanErrors'), world.aggregate('IngressRulesRevoked')]).toEqual([2, 1, 1]);
    expect(world.logged('ScanError')).toEqual([expect.objectContaining({ vpcId: vpcIds[0] })]);
    expect(world.logged('RuleKept')).toEqual([expect.objectContaining({ keepReason: 'RULE_NOT_FOUND' })]);
  });
});

describe('a reading by id that comes back empty although the group has the rule', () => {
  test('revokes nothing, and neither opens nor resolves anything in turn', async () => {
    const { network, open } = aNetwork();
    const world = await World.start({ network });
    world.ec2.distort('DescribeSecurityGroupRules', (answer, { Filter }) =>
      JSON.stringify(Filter).includes('security-group-rule-id') ? { ...answer, securityGroupRuleSet: [] } : answer);

    for (let sweep = 0; sweep < 3; sweep++) {
      await world.sweep({ staleRules: 'ignore', flaggedIngressRules: [SSH_FROM_ANYWHERE] });
      expect(world.aggregate('ScanErrors')).toBe(2);
    }

    expect(open.map(id => network.rules.has(id))).toEqual([true, true]);
    expect([...(await world.entries()).values()].map(({ state }) => state)).toEqual(['OPEN', 'OPEN']);
    expect(world.ec2.events.filter(({ detailType }) => /Finding/.test(detailType)).map(({ detailType }) => detailType)).toEqual(['Finding Opened', 'Finding Opened']);
  });
});

describe('an answer that holds what was not asked for', () => {
  test.each([
    ['rules of all groups', 'DescribeSecurityGroupRules', 'securityGroupRuleSet'],
    ['all groups', 'DescribeSecurityGroups', 'securityGroupInfo'],
    ['all VPCs', 'DescribeVpcs', 'vpcSet'],
  ])('is an error, and nothing of it is revoked: %s', async (_, action, list) => {
    const { network, vpcIds, groupIds, open } = aNetwork();
    const world = await World.start({ network });
    const foreign = {
      securityGroupRuleSet: { securityGroupRuleId: open[1], groupId: groupIds[1], isEgress: false, ipProtocol: 'tcp', fromPort: 22, toPort: 22, cidrIpv4: '0.0.0.0/0' },
      securityGroupInfo: { groupId: groupIds[1], groupName: 'other', vpcId: vpcIds[1] },
      vpcSet: { vpcId: vpcIds[1] },
    };
    const more = foreign[list as keyof typeof foreign];
    world.ec2.distort(action, answer => ({ ...answer, [list]: [...answer[list] as never[], more] }) as typeof answer);

    await world.sweep({ staleRules: 'ignore', vpcIds: [vpcIds[0]], flaggedIngressRules: [SSH_FROM_ANYWHERE] });

    expect(network.rules.has(open[1])).toBe(true);
    expect(world.aggregate('ScanErrors')).toBeGreaterThan(0);
  });
});

describe('a VPC of another account that this one may not look at', () => {
  const OTHER = '999988887777';

  async function aSharedVpc(): Promise<{ world: World; shared: string }> {
    const { network } = aNetwork();
    const { vpcId: shared } = network.addVpc({ ownerId: OTHER });
    network.addSecurityGroup({ vpcId: shared });
    const world = await World.start({ network });
    world.ec2.deny('DescribeStaleSecurityGroups', { vpcId: shared });
    return { world, shared };
  }

  test('is named once, counted at every sweep, and is no error', async () => {
    const { world, shared } = await aSharedVpc();

    for (let sweep = 0; sweep < 3; sweep++) {
      const { error } = await world.sweep();
      expect(error).toBeUndefined();
      expect(['VpcsNotCovered', 'ScanErrors', 'VpcsScanned'].map(name => world.aggregate(name))).toEqual([1, 0, 3]);
    }

    expect(world.logged('VpcNotCovered')).toEqual([expect.objectContaining({ vpcId: shared, level: 'WARN' })]);
    expect(world.logged('ScanError')).toEqual([]);
  });

  test('is among the attributes of the sweep at deployment', async () => {
    const { world } = await aSharedVpc();
    expect(await world.deploy('Create')).toMatchObject({ body: { Status: 'SUCCESS', Data: { VpcsNotCovered: '1', VpcsScanned: '3' } } });
  });

  test('fails no deployment and no sweep where it is the only thing to look at, but there is no heartbeat, and no zero', async () => {
    const { world, shared } = await aSharedVpc();
    const props = { vpcIds: [shared], vpnConnections: { kind: 'none' } };
    expect((await world.deploy('Create', props, 3 * DENIED_MILLIS)).body.Status).toBe('SUCCESS');
    expect((await world.sweep(props)).error).toBeUndefined();
    expect(['Sweeps', 'VpcsNotCovered', 'ScanErrors', 'StaleIngressRules'].map(name => world.aggregate(name))).toEqual([0, 1, 0, undefined]);
  });

  test('has its flagged rules found and healed all the same', async () => {
    const { world, shared } = await aSharedVpc();
    const { network } = world;
    const [group] = network.groupsOf(shared);
    const { securityGroupRuleId: id } = network.addIngress(group.groupId, SSH);
    await world.sweep(ALL);
    expect((await world.entries()).get(id)?.state).toBe('OPEN');
    Object.assign(network.rules.get(id) ?? {}, { cidrIpv4: '10.0.0.0/8' });

    await world.sweep(ALL);

    expect((await world.entries()).get(id)?.state).toBe('HEALED');
  });
});

describe('a VPC that is deleted between the listing and the reading', () => {
  test('is no error, and is not counted as looked at', async () => {
    const { network, vpcIds } = aNetwork();
    const world = await World.start({ network });
    world.ec2.after('DescribeVpcs', () => {
      if (network.vpcs.has(vpcIds[0])) network.deleteVpc(vpcIds[0]);
    });

    await world.sweep();

    expect(['ScanErrors', 'VpcsScanned', 'StaleIngressRules'].map(name => world.aggregate(name))).toEqual([0, 2, 1]);
  });

  test('is an error where it is named', async () => {
    const { network, vpcIds } = aNetwork();
    const world = await World.start({ network });
    world.ec2.after('DescribeVpcs', () => {
      if (network.vpcs.has(vpcIds[0])) network.deleteVpc(vpcIds[0]);
    });

    await world.sweep({ vpcIds });

    expect(['ScanErrors', 'VpcsScanned'].map(name => world.aggregate(name))).toEqual([1, 1]);
  });
});

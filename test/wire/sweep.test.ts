/** Tests the shipped bundle over the wire: what it finds, revokes and leaves alone. */
import { networkWithStaleRules, SSH_FROM_ANYWHERE, stopWorlds, World } from './world';
import { Network } from '../support/ec2-endpoint';

afterEach(stopWorlds);

const ids = (rules: ReadonlyArray<{ securityGroupRuleId: string }>): string[] =>
  rules.map(({ securityGroupRuleId }) => securityGroupRuleId).sort();

describe('paging', () => {
  test.each([
    ['pages of three', { pageSize: 3 }],
    ['pages of one', { pageSize: 1 }],
    ['an empty token at the end', { pageSize: 2, emptyTokenAtEnd: true }],
    ['empty pages in between', { pageSize: 2, emptyPages: true }],
  ])('finds and revokes every stale rule with %s', async (_, paging) => {
    const { network, stale } = networkWithStaleRules(2, 7);
    const world = await World.start({ network, ...paging });
    const before = network.snapshot();

    await world.sweep({ staleRules: 'revoke' });

    expect(world.gone(before).sort()).toEqual(ids(stale));
    expect(world.aggregate('StaleIngressRules')).toBe(14);
    expect(world.aggregate('StaleSecurityGroups')).toBe(14);
    expect(world.aggregate('IngressRulesRevoked')).toBe(14);
    expect(world.aggregate('VpcsScanned')).toBe(3);
    expect(world.aggregate('ScanErrors')).toBe(0);
  });

  test('has nothing left to do in the second sweep', async () => {
    const { network } = networkWithStaleRules(1, 3);
    const world = await World.start({ network });
    await world.sweep({ staleRules: 'revoke' });
    const after = network.snapshot();
    const revocations = world.ec2.callsByAction().RevokeSecurityGroupIngress;

    await world.sweep({ staleRules: 'revoke' });

    expect(network.snapshot()).toEqual(after);
    expect(world.ec2.callsByAction().RevokeSecurityGroupIngress).toBe(revocations);
    expect(world.aggregate('StaleIngressRules')).toBe(0);
    expect(world.aggregate('IngressRulesRevoked')).toBe(0);
  });
});

describe('what is flagged', () => {
  test('revokes one source of a permission with several and leaves its neighbours', async () => {
    const network = new Network();
    const { groupId } = network.addSecurityGroup({ vpcId: network.addVpc().vpcId });
    const ssh = { ipProtocol: 'tcp', fromPort: 22, toPort: 22 };
    const flagged = network.addIngress(groupId, { ...ssh, cidrIpv4: '0.0.0.0/0' });
    network.addIngress(groupId, { ...ssh, cidrIpv4: '10.0.0.0/8' });
    network.addIngress(groupId, { ...ssh, cidrIpv6: '::/0' });
    network.addIngress(groupId, { ...ssh, reference: { groupId } });
    network.addIngress(groupId, { ...ssh, prefixListId: 'pl-0123456789abcdef0' });
    network.addEgress(groupId, { ...ssh, cidrIpv4: '0.0.0.0/0' });
    const world = await World.start({ network });
    const before = network.snapshot();

    await world.sweep({ flaggedIngressRules: [SSH_FROM_ANYWHERE] });

    expect(world.gone(before)).toEqual([flagged.securityGroupRuleId]);
    expect(world.aggregate('FlaggedIngressRules')).toBe(1);
  });

  test.each([
    ['IPv4', { cidrIpv4: '192.0.2.0/24' }, { IpRanges: [{ CidrIp: '192.0.2.0/24' }] }],
    ['IPv6', { cidrIpv6: '2001:db8::/32' }, { Ipv6Ranges: [{ CidrIpv6: '2001:0db8:0::/32' }] }],
    ['a prefix list', { prefixListId: 'pl-0123456789abcdef0' }, { PrefixListIds: [{ PrefixListId: 'pl-0123456789abcdef0' }] }],
    ['a group of another account', { reference: { groupId: 'sg-0aaaaaaaaaaaaaaaa', userId: '444455556666' } }, { UserIdGroupPairs: [{ GroupId: 'sg-0aaaaaaaaaaaaaaaa', UserId: '444455556666' }] }],
  ])('revokes a rule whose source is %s', async (_, source, declared) => {
    const network = new Network();
    const { vpcId } = network.addVpc();
    const { groupId } = network.addSecurityGroup({ vpcId });
    const other = network.addVpc({ ownerId: '444455556666' });
    network.addSecurityGroup({ groupId: 'sg-0aaaaaaaaaaaaaaaa', vpcId: other.vpcId, ownerId: '444455556666' });
    network.addPeering(vpcId, other.vpcId);
    const flagged = network.addIngress(groupId, { ipProtocol: 'tcp', fromPort: 22, toPort: 22, ...source });
    network.addIngress(groupId, { ipProtocol: 'tcp', fromPort: 22, toPort: 22, cidrIpv4: '198.51.100.0/24' });
    const world = await World.start({ network });
    const before = network.snapshot();

    await world.sweep({ flaggedIngressRules: [{ groupId, match: 'EXACT', ipPermissions: [{ IpProtocol: '6', FromPort: 22, ToPort: 22, ...declared }] }] });

    expect(world.gone(before)).toEqual([flagged.securityGroupRuleId]);
  });

  test.each([
    ['every protocol', { ipProtocol: '-1' }, { IpProtocol: '-1' }],
    ['every TCP port', { ipProtocol: 'tcp', fromPort: 0, toPort: 65535 }, { IpProtocol: 'tcp' }],
    ['UDP by number', { ipProtocol: 'udp', fromPort: 53, toPort: 53 }, { IpProtocol: '17', FromPort: 53, ToPort: 53 }],
    ['one ICMP type and code', { ipProtocol: 'icmp', fromPort: 3, toPort: 4 }, { IpProtocol: 'icmp', FromPort: 3, ToPort: 4 }],
    ['every ICMPv6 type', { ipProtocol: 'icmpv6' }, { IpProtocol: '58', FromPort: -1, ToPort: -1 }],
    ['a protocol that has no ports', { ipProtocol: '50' }, { IpProtocol: '50' }],
  ])('revokes a rule for %s', async (_, live, declared) => {
    const network = new Network();
    const { groupId } = network.addSecurityGroup({ vpcId: network.addVpc().vpcId });
    const flagged = network.addIngress(groupId, { ...live, cidrIpv4: '0.0.0.0/0' });
    network.addIngress(groupId, { ipProtocol: 'tcp', fromPort: 3, toPort: 4, cidrIpv4: '0.0.0.0/0' });
    const world = await World.start({ network });
    const before = network.snapshot();

    await world.sweep({ flaggedIngressRules: [{ anyGroup: true, match: 'EXACT', ipPermissions: [{ ...declared, IpRanges: [{ CidrIp: '0.0.0.0/0' }] }] }] });

    expect(world.gone(before)).toEqual([flagged.securityGroupRuleId]);
  });

  test('keeps to the VPCs that are named', async () => {
    const network = new Network();
    const [inScope, other] = [network.addVpc(), network.addVpc()];
    const [flagged, kept] = [inScope, other].map(({ vpcId }) =>
      network.addIngress(network.addSecurityGroup({ vpcId }).groupId, { ipProtocol: 'tcp', fromPort: 22, toPort: 22, cidrIpv4: '0.0.0.0/0' }));
    const world = await World.start({ network });
    const before = network.snapshot();

    const onKept = { ...SSH_FROM_ANYWHERE, anyGroup: undefined, groupId: kept.groupId };
    await world.sweep({ vpcIds: [inScope.vpcId], flaggedIngressRules: [SSH_FROM_ANYWHERE, onKept] });

    expect(world.gone(before)).toEqual([flagged.securityGroupRuleId]);
    expect(world.logged('RuleKept')).toEqual([expect.objectContaining({ keepReason: 'OUTSIDE_VPCS', groupId: kept.groupId })]);
  });
});

describe('exemption', () => {
  test.each([
    ['a tag on the rule', { rule: { 'network-hygiene:exempt': '' } }, {}, 'EXEMPT_BY_RULE_TAG'],
    ['a tag on the group', { group: { 'network-hygiene:exempt': 'false' } }, {}, 'EXEMPT_BY_GROUP_TAG'],
    ['the prop', {}, { exemptSecurityGroupIds: ['sg-0eeeeeeeeeeeeeeee'] }, 'EXEMPT_BY_PROP'],
  ])('keeps a flagged rule that is exempt by %s', async (_, { rule = {}, group = {} }: { rule?: Record<string, string>; group?: Record<string, string> }, props, reason) => {
    const network = new Network();
    const { groupId } = network.addSecurityGroup({ groupId: 'sg-0eeeeeeeeeeeeeeee', vpcId: network.addVpc().vpcId, tags: group });
    network.addIngress(groupId, { ipProtocol: 'tcp', fromPort: 22, toPort: 22, cidrIpv4: '0.0.0.0/0', tags: rule });
    const world = await World.start({ network });
    const before = network.snapshot();

    await world.sweep({ flaggedIngressRules: [SSH_FROM_ANYWHERE], ...props });

    expect(network.snapshot()).toEqual(before);
    expect(world.actions()).not.toContain('RevokeSecurityGroupIngress');
    expect(world.aggregate('FlaggedIngressRules')).toBe(1);
    expect(world.logged('RuleKept')).toEqual([expect.objectContaining({ keepReason: reason })]);
  });

  test('holds when the tag is set while the sweep runs', async () => {
    const { network, stale } = networkWithStaleRules(1, 1);
    const world = await World.start({ network });
    let reads = 0;
    world.ec2.before('DescribeSecurityGroupRules', () => {
      reads += 1;
      if (reads === 2) network.groups.get(stale[0].groupId)!.tags['network-hygiene:exempt'] = '';
    });

    await world.sweep({ staleRules: 'revoke' });

    expect(network.rules.has(stale[0].securityGroupRuleId)).toBe(true);
    expect(world.logged('Revocation')).toEqual([expect.objectContaining({ outcome: 'SKIPPED' })]);
    expect(world.aggregate('RevocationsWithheld')).toBe(1);
  });
});

describe('stale rules', () => {
  test("understands EC2's recorded answer for a deleted peer group: the peering is active, and there is no account id", async () => {
    const network = new Network();
    const [vpc, peer] = [network.addVpc(), network.addVpc()];
    const [group, deleted] = [vpc, peer].map(({ vpcId }) => network.addSecurityGroup({ vpcId }));
    network.addPeering(vpc.vpcId, peer.vpcId);
    const rule = network.addIngress(group.groupId, { ipProtocol: '-1', reference: { groupId: deleted.groupId } });
    network.deleteSecurityGroup(deleted.groupId);
    const world = await World.start({ network });

    await world.sweep({ staleRules: 'revoke' });

    expect(network.rules.has(rule.securityGroupRuleId)).toBe(false);
    expect(world.logged('Revocation')).toEqual([expect.objectContaining({ outcome: 'REVOKED', because: { stale: 'DELETED_GROUP', declarations: [] } })]);
  });

  test('reports stale egress and never revokes it', async () => {
    const { network } = networkWithStaleRules(1, 1);
    const [groupId] = [...network.groups.keys()].slice(-1);
    const reference = { groupId: [...network.groups.keys()][0] };
    network.addEgress(groupId, { ipProtocol: 'tcp', fromPort: 443, toPort: 443, reference });
    const world = await World.start({ network });

    await world.sweep({ staleRules: 'revoke' });

    expect(world.aggregate('StaleEgressRules')).toBe(1);
    expect(world.aggregate('IngressRulesRevoked')).toBe(1);
    expect([...network.rules.values()].some(({ isEgress }) => isEgress)).toBe(true);
    expect(world.actions()).not.toContain('RevokeSecurityGroupEgress');
  });

  test('keeps a rule that heals between the finding and the revocation', async () => {
    const { network, stale } = networkWithStaleRules(1, 1);
    const world = await World.start({ network });
    let reads = 0;
    world.ec2.before('DescribeSecurityGroupRules', () => {
      reads += 1;
      const [partner, vpc] = [...network.vpcs.keys()];
      // All rules are read first, then those of the group, then the rule again.
      if (reads === 3) network.addPeering(vpc, partner);
    });

    await world.sweep({ staleRules: 'revoke' });

    expect(network.rules.has(stale[0].securityGroupRuleId)).toBe(true);
    expect(world.actions()).not.toContain('RevokeSecurityGroupIngress');
    expect(world.logged('Revocation')).toEqual([expect.objectContaining({ outcome: 'CHANGED_MEANWHILE' })]);
  });
});

describe('a rule that heals before its rules are read', () => {
  test.each([
    ['over a peering', (network: Network) => network.addPeering([...network.vpcs.keys()][1], [...network.vpcs.keys()][0]), 'peering' as const],
    ['over a transit gateway', (network: Network) => {
      for (const rule of network.rules.values()) if (rule.reference) rule.reference.pathExists = true;
    }, 'transit-gateway' as const],
  ])('is kept: %s', async (_, heal, path) => {
    const { network, stale } = networkWithStaleRules(1, 1);
    if (path !== 'peering') Object.assign(stale[0].reference!, { path, pathExists: false });
    const world = await World.start({ network });
    let calls = 0;
    world.ec2.after('DescribeStaleSecurityGroups', () => {
      calls += 1;
      if (calls === network.vpcs.size) heal(network);
    });

    await world.sweep({ staleRules: 'revoke' });

    expect(network.rules.has(stale[0].securityGroupRuleId)).toBe(true);
    expect(world.actions()).not.toContain('RevokeSecurityGroupIngress');
  });
});

describe('dry run', () => {
  test('calls nothing but Describe actions, PutMetricData and PutEvents, deployed and scheduled', async () => {
    const { network } = networkWithStaleRules(1, 3);
    const world = await World.start({ network });
    const before = network.snapshot();
    const props = { dryRun: true, staleRules: 'revoke', flaggedIngressRules: [SSH_FROM_ANYWHERE] };

    await world.deploy('Create', props);
    await world.sweep(props);

    expect(world.actions().filter(action => !/^Describe|^PutMetricData$|^PutEvents$/.test(action))).toEqual([]);
    expect(network.snapshot()).toEqual(before);
    expect(world.logged('RuleKept').every(({ keepReason }) => keepReason === 'DRY_RUN')).toBe(true);
    expect(world.aggregate('StaleIngressRules')).toBe(3);
  });
});

describe('revocation that does not go as planned', () => {
  test('counts a rule once when EC2 revokes it and then answers an error', async () => {
    const { network, stale } = networkWithStaleRules(1, 1);
    const world = await World.start({ network });
    world.ec2.fault({ action: 'RevokeSecurityGroupIngress', kind: 'error-after-effect', times: 1 });

    await world.sweep({ staleRules: 'revoke' });

    expect(network.rules.has(stale[0].securityGroupRuleId)).toBe(false);
    expect(world.aggregate('IngressRulesRevoked')).toBe(1);
    expect(world.aggregate('RevocationsFailed')).toBe(0);
  });

  test('revokes the others when one group is denied', async () => {
    const { network, stale } = networkWithStaleRules(1, 3);
    const world = await World.start({ network });
    world.ec2.deny('RevokeSecurityGroupIngress', { groupId: stale[1].groupId });
    const before = network.snapshot();

    await world.sweep({ staleRules: 'revoke' });

    expect(world.gone(before).sort()).toEqual(ids([stale[0], stale[2]]));
    expect(world.aggregate('RevocationsFailed')).toBe(1);
    expect(world.aggregate('IngressRulesRevoked')).toBe(2);
  });

  test('revokes the others of a call when one rule vanishes right before it', async () => {
    const network = new Network();
    const { groupId } = network.addSecurityGroup({ vpcId: network.addVpc().vpcId });
    const rules = ['0.0.0.0/0', '0.0.0.0/1', '128.0.0.0/1'].map(cidrIpv4 => network.addIngress(groupId, { ipProtocol: 'tcp', fromPort: 22, toPort: 22, cidrIpv4 }));
    const world = await World.start({ network });
    let calls = 0;
    world.ec2.before('RevokeSecurityGroupIngress', () => {
      calls += 1;
      if (calls === 1) network.removeRule(rules[1].securityGroupRuleId);
    });

    await world.sweep({ flaggedIngressRules: [{ anyGroup: true, match: 'EXACT', ipPermissions: [{ IpProtocol: 'tcp', FromPort: 22, ToPort: 22 }], fromInternet: { ipv4PrefixLength: 8, ipv6PrefixLength: 12 } }] });

    expect(network.rules.size).toBe(0);
    const outcomes = world.logged('Revocation').map(({ outcome, rule }) => [(rule as { securityGroupRuleId: string }).securityGroupRuleId, outcome]);
    expect(Object.fromEntries(outcomes)).toEqual({
      [rules[0].securityGroupRuleId]: 'REVOKED', [rules[1].securityGroupRuleId]: 'ALREADY_GONE', [rules[2].securityGroupRuleId]: 'REVOKED',
    });
  });

  test('keeps a rule that is changed while a throttled call waits for its second try', async () => {
    const { network, stale } = networkWithStaleRules(1, 1);
    const world = await World.start({ network });
    world.ec2.fault({
      action: 'RevokeSecurityGroupIngress', kind: 'throttle', times: 1, when: () => {
        network.modifyRule(stale[0].securityGroupRuleId, { reference: undefined, cidrIpv4: '10.0.0.0/8' });
        return true;
      },
    });

    await world.sweep({ staleRules: 'revoke' });

    expect(network.rules.has(stale[0].securityGroupRuleId)).toBe(true);
    expect(world.logged('Revocation')).toEqual([expect.objectContaining({ outcome: 'CHANGED_MEANWHILE' })]);
  });

  test('has the whole rule in the log before the call, so that it is not lost when the process dies', async () => {
    const { network, stale } = networkWithStaleRules(1, 1);
    const world = await World.start({ network });
    let printedBefore = '';
    world.ec2.before('RevokeSecurityGroupIngress', async () => {
      await new Promise(done => setTimeout(done, 100));
      printedBefore = world.lambda.printed;
    });

    await world.sweep({ staleRules: 'revoke' });

    const line = printedBefore.split('\n').filter(each => each.includes('"Revoking"')).map(each => JSON.parse(each))[0];
    expect(line.rule).toMatchObject({ securityGroupRuleId: stale[0].securityGroupRuleId, fromPort: 443, toPort: 443, description: 'partner', tags: { Owner: 'TeamA' } });
  });

  test('waits for a rule that is still shown for a moment', async () => {
    const { network } = networkWithStaleRules(1, 1);
    const world = await World.start({ network });
    world.ec2.showRevokedRulesFor(1);

    await world.sweep({ staleRules: 'revoke' });

    expect(world.aggregate('IngressRulesRevoked')).toBe(1);
    expect(world.aggregate('RevocationsFailed')).toBe(0);
  });

  test('begins no revocation when there is no time left', async () => {
    const { network } = networkWithStaleRules(1, 2);
    const world = await World.start({ network, latencyMillis: 150 });
    const before = network.snapshot();

    await world.sweep({ staleRules: 'revoke', vpnConnections: { kind: 'none' } }, 500);

    expect(network.snapshot()).toEqual(before);
    expect(world.actions()).not.toContain('RevokeSecurityGroupIngress');
  });
});

describe('VPN connections', () => {
  test('publishes aggregates and series for every kind of attachment and any number of tunnels', async () => {
    const network = new Network();
    const tunnel = (outsideIpAddress: string, status: string) => (
      { outsideIpAddress, status, acceptedRouteCount: status === 'UP' ? 2 : 0, lastStatusChange: new Date(Date.now() - 3_600_000) });
    const up = network.addVpnConnection({ vpnGatewayId: 'vgw-0123456789abcdef0', telemetry: [tunnel('192.0.2.1', 'UP'), tunnel('192.0.2.2', 'UP')] });
    const degraded = network.addVpnConnection({ transitGatewayId: 'tgw-0123456789abcdef0', telemetry: [tunnel('192.0.2.3', 'UP'), tunnel('192.0.2.4', 'DOWN')] });
    network.addVpnConnection({ coreNetworkArn: 'arn:aws:networkmanager::111122223333:core-network/core-network-0', telemetry: [tunnel('192.0.2.5', 'DOWN')] });
    network.addVpnConnection({ transitGatewayId: 'tgw-0123456789abcdef0', vpnConcentratorId: 'vcn-0123456789abcdef0', state: 'pending', telemetry: [] });
    network.addVpnConnection({ state: 'deleted', telemetry: [tunnel('192.0.2.6', 'DOWN')] });
    const world = await World.start({ network });

    await world.sweep({ vpnConnections: { kind: 'all', staleAfterSeconds: 1800 } });

    const expected = {
      VpnConnections: 4, VpnConnectionsDown: 1, VpnConnectionsDegraded: 1, VpnConnectionsStale: 1,
      TunnelsUp: 3, TunnelsDown: 2, AcceptedRoutes: 6, ScanErrors: 0,
    };
    expect(Object.fromEntries(Object.keys(expected).map(name => [name, world.aggregate(name)]))).toEqual(expected);
    const series = ({ vpnConnectionId }: typeof up): unknown[] => world.ec2.metrics
      .filter(({ dimensions }) => dimensions.VpnConnectionId === vpnConnectionId)
      .map(({ name, value, dimensions: { Hygiene: _, ...own } }) => [name, value, own]);
    // Nothing is wrong with the first connection.
    expect(series(up)).toEqual([]);
    const { vpnConnectionId: VpnConnectionId } = degraded;
    expect(series(degraded)).toEqual([
      ['TunnelsDown', 1, { VpnConnectionId }],
      ['AcceptedRoutes', 0, { VpnConnectionId, TunnelOutsideIpAddress: '192.0.2.4' }],
    ]);
  });

  test('tells a connection that is named and missing from one that could not be looked at', async () => {
    const network = new Network();
    const { vpnConnectionId } = network.addVpnConnection({ telemetry: [{ outsideIpAddress: '192.0.2.1', status: 'UP' }] });
    const world = await World.start({ network });

    await world.sweep({ vpnConnections: { kind: 'withIds', ids: [vpnConnectionId, 'vpn-0ffffffffffffffff'] } });
    expect([world.aggregate('VpnConnections'), world.aggregate('VpnConnectionsDown'), world.aggregate('ScanErrors')]).toEqual([2, 1, 0]);

    world.ec2.deny('DescribeVpnConnections');
    world.ec2.metrics.length = 0;
    await world.sweep({ vpnConnections: { kind: 'withIds', ids: [vpnConnectionId] } });
    expect([world.aggregate('VpnConnections'), world.aggregate('ScanErrors')]).toEqual([undefined, 1]);
  });

  test('sends every filter that is documented', async () => {
    const network = new Network();
    const wanted = network.addVpnConnection({ transitGatewayId: 'tgw-0123456789abcdef0', staticRoutesOnly: true, staticRoutes: ['10.9.0.0/16'], tags: { Owner: 'TeamA' }, telemetry: [{ outsideIpAddress: '192.0.2.1', status: 'UP' }] });
    network.addVpnConnection({ transitGatewayId: 'tgw-0123456789abcdef0' });
    const world = await World.start({ network });
    const filters = [
      ['bgp-asn', '65000'], ['customer-gateway-id', wanted.customerGatewayId], ['customer-gateway-configuration', '*'], ['option.static-routes-only', 'true'],
      ['route.destination-cidr-block', '10.9.0.0/16'], ['state', 'available'], ['tag:Owner', 'TeamA'], ['tag-key', 'Owner'], ['transit-gateway-id', 'tgw-0123456789abcdef0'],
      ['type', 'ipsec.1'], ['vpn-connection-id', wanted.vpnConnectionId],
    ].map(([name, value]) => ({ name, values: [value] }));

    await world.sweep({ vpnConnections: { kind: 'matching', filters } });

    expect(world.logged('VpnConnection')).toEqual([expect.objectContaining({ vpnConnectionId: wanted.vpnConnectionId, status: 'UP' })]);
  });
});

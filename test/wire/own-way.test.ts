/**
 * Tests the shipped bundle in a VPC. It reaches AWS through the interface endpoints of that VPC, and never revokes the
 * rules that let it through. The endpoints of these worlds let nothing through once their rules are gone.
 */
import { DENIED_MILLIS, stopWorlds, World, type WorldOptions } from './world';
import { type Distortion, Network, type SecurityGroupRule } from '../support/ec2-endpoint';

afterEach(stopWorlds);

const HTTPS = { ipProtocol: 'tcp', fromPort: 443, toPort: 443, cidrIpv4: '0.0.0.0/0' };
const HTTPS_FROM_ANYWHERE = {
  anyGroup: true, match: 'EXACT',
  ipPermissions: [{ IpProtocol: 'tcp', FromPort: 443, ToPort: 443, IpRanges: [{ CidrIp: '0.0.0.0/0' }] }],
};

interface Staged {
  readonly world: World;
  readonly network: Network;
  readonly props: Record<string, unknown>;
  /** The ids of the groups. */
  readonly own: string;
  readonly endpoint: string;
  readonly web: string;
  readonly elsewhere: string;
  readonly rulesOf: (groupId: string) => string[];
  /** The rules that must never go: those of the function's group and of its endpoint. */
  readonly ownWay: readonly string[];
}

/**
 * A VPC with the function, an endpoint and a web server, and another VPC with an endpoint of its own. Each group has a
 * rule that is flagged, and one that is stale.
 */
async function stage(options: WorldOptions = {}): Promise<Staged> {
  const network = new Network();
  const [vpc, other, partner] = [network.addVpc(), network.addVpc(), network.addVpc()];
  const peer = network.addSecurityGroup({ vpcId: partner.vpcId });
  const peerings = [vpc, other].map(({ vpcId }) => network.addPeering(vpcId, partner.vpcId));
  const group = (vpcId: string, groupName: string): string => {
    const { groupId } = network.addSecurityGroup({ vpcId, groupName });
    network.addIngress(groupId, HTTPS);
    network.addIngress(groupId, { ipProtocol: 'tcp', fromPort: 8443, toPort: 8443, reference: { groupId: peer.groupId } });
    return groupId;
  };
  const [own, endpoint, web] = ['function', 'endpoint', 'web'].map(name => group(vpc.vpcId, name));
  const elsewhere = group(other.vpcId, 'endpoint');
  for (const { vpcPeeringConnectionId } of peerings) network.deletePeering(vpcPeeringConnectionId);
  network.addGatewayEndpoint(vpc.vpcId);
  network.addInterfaceEndpoint(vpc.vpcId, [endpoint]);
  network.addInterfaceEndpoint(other.vpcId, [elsewhere]);
  const rulesOf = (groupId: string): string[] =>
    network.rulesOf(groupId).map(({ securityGroupRuleId }) => securityGroupRuleId);
  const [ownWay, throughEndpoint] = [[own, endpoint].flatMap(rulesOf), rulesOf(endpoint)];
  const world = await World.start({ network, ...options });
  const isCut = (): boolean => throughEndpoint.some(id => !network.rules.has(id));
  for (const service of [world.ec2, world.dynamoDb]) service.arrived('*', () => isCut() ? 'drop' : undefined);
  const props = {
    staleRules: 'revoke', flaggedIngressRules: [HTTPS_FROM_ANYWHERE], vpnConnections: { kind: 'none' },
    functionNetwork: { vpcId: vpc.vpcId, securityGroupIds: [own] }, requestRateFactor: 1000,
  };
  return { world, network, props, own, endpoint, web, elsewhere, rulesOf, ownWay };
}

const there = ({ network }: Staged, ids: readonly string[]): string[] => ids.filter(id => network.rules.has(id));

/** The reasons for which rules were kept, by their ids. */
const reasons = ({ world }: Staged): Record<string, unknown> =>
  Object.fromEntries(world.logged('RuleKept').map(({ rule, keepReason }) => [(rule as SecurityGroupRule).securityGroupRuleId, keepReason]));

test('a function that is not told of its VPC does cut its own way in such a world', async () => {
  const staged = await stage();
  const { world, props, ownWay } = staged;

  const { error } = await world.sweep({ ...props, functionNetwork: undefined }, 4000);

  expect(there(staged, ownWay)).not.toEqual(ownWay);
  expect(error?.message).toContain('TimeoutError');
});

describe.each([
  ['on one page', {}], ['on a page each', { pageSize: 1 }], ['on a page each, and empty pages before', { pageSize: 1, emptyPages: true }],
])(
  'a function that is told of its VPC, with the endpoints %s', (_, paging) => {
    test('revokes nothing of its own group or of the endpoint, and everything else, sweep after sweep', async () => {
      const staged = await stage(paging);
      const { world, props, ownWay, own, endpoint, web, elsewhere, rulesOf } = staged;
      const others = [web, elsewhere].flatMap(rulesOf);

      for (let sweep = 0; sweep < 3; sweep++) {
        const { error } = await world.sweep(props);
        expect(error).toBeUndefined();
        expect(there(staged, ownWay)).toEqual(ownWay);
        expect(there(staged, others)).toEqual([]);
      }
      await world.sweepGroups([own, endpoint, web], props);

      expect(there(staged, ownWay)).toEqual(ownWay);
      expect(reasons(staged)).toEqual(Object.fromEntries(ownWay.map(id => [id, 'EXEMPT_BY_FUNCTION'])));
      expect(world.aggregate('ScanErrors')).toBe(0);
      const entries = await world.entries();
      expect(others.map(id => entries.get(id)?.state)).toEqual(others.map(() => 'REVOKED'));
      expect(ownWay.map(id => entries.get(id)?.state)).toEqual(ownWay.map(() => 'OPEN'));
    });
  });

test('a run of its groups alone keeps them, too', async () => {
  const staged = await stage();
  const { world, props, ownWay, own, endpoint } = staged;
  await world.sweep({ ...props, staleRules: 'report', flaggedIngressRules: [] });

  await world.sweepGroups([own, endpoint], props);

  expect(there(staged, ownWay)).toEqual(ownWay);
  expect(reasons(staged)).toMatchObject(Object.fromEntries(ownWay.map(id => [id, 'EXEMPT_BY_FUNCTION'])));
  expect(world.actions()).not.toContain('RevokeSecurityGroupIngress');
});

test('the sweep at deployment keeps them, too', async () => {
  const staged = await stage();
  const { world, props, ownWay, web, rulesOf } = staged;

  const { body } = await world.deploy('Create', props);

  expect(body).toMatchObject({ Status: 'SUCCESS', Data: { IngressRulesRevoked: '4' } });
  expect(there(staged, ownWay)).toEqual(ownWay);
  expect(rulesOf(web)).toEqual([]);
});

describe('while the endpoints cannot be read', () => {
  const withoutGroups: Distortion = answer => ({
    ...answer,
    vpcEndpointSet: (answer.vpcEndpointSet as object[]).map(each => ({ ...each, groupSet: undefined })),
  });
  const without = (field: string): Distortion => answer => ({
    ...answer, vpcEndpointSet: (answer.vpcEndpointSet as object[]).map(each => ({ ...each, [field]: undefined })),
  }) as typeof answer;

  test.each<[name: string, harm: (staged: Staged) => void]>([
    ['access is denied', ({ world }) => world.ec2.fault({ action: 'DescribeVpcEndpoints', kind: 'error', code: 'UnauthorizedOperation', status: 403 })],
    ['EC2 throttles', ({ world }) => world.ec2.fault({ action: 'DescribeVpcEndpoints', kind: 'throttle' })],
    ['EC2 fails', ({ world }) => world.ec2.fault({ action: 'DescribeVpcEndpoints', kind: 'error', code: 'InternalError', status: 500 })],
    ['the connection is dropped', ({ world }) => world.ec2.fault({ action: 'DescribeVpcEndpoints', kind: 'drop-socket' })],
    ['the answer has an interface endpoint without its groups', ({ world }) => world.ec2.distort('DescribeVpcEndpoints', withoutGroups)],
    ['the answer has endpoints without their ids', ({ world }) => world.ec2.distort('DescribeVpcEndpoints', without('vpcEndpointId'))],
    ['the answer has endpoints without their VPC', ({ world }) => world.ec2.distort('DescribeVpcEndpoints', without('vpcId'))],
    ['the answer has no list', ({ world }) => world.ec2.distort('DescribeVpcEndpoints', answer => ({ ...answer, vpcEndpointSet: undefined }))],
    ['only the first page comes', ({ world }) => world.ec2.fault({
      action: 'DescribeVpcEndpoints', kind: 'error', code: 'InternalError', status: 500, when: ({ NextToken }) => NextToken !== undefined,
    })],
  ])('nothing is revoked, and that is counted and told: %s', async (_, harm) => {
    const staged = await stage({ pageSize: 1 });
    const { world, network, props, ownWay, own, endpoint, web, elsewhere, rulesOf } = staged;
    const before = network.snapshot();
    harm(staged);

    const { error } = await world.sweep(props);

    expect(error).toBeUndefined();
    expect(network.snapshot()).toEqual(before);
    expect(world.actions()).not.toContain('RevokeSecurityGroupIngress');
    const { vpcId } = network.groups.get(own)!;
    expect(world.logged('ScanError')).toEqual([expect.objectContaining({ vpcId, message: expect.stringContaining('reading VPC endpoints') as string })]);
    expect(['ScanErrors', 'IngressRulesRevoked', 'VpcsScanned'].map(name => world.aggregate(name))).toEqual([1, 0, 3]);
    const kept = reasons(staged);
    expect(rulesOf(own).map(id => kept[id])).toEqual(['EXEMPT_BY_FUNCTION', 'EXEMPT_BY_FUNCTION']);
    const doubtful = [web, elsewhere].flatMap(rulesOf);
    expect(doubtful.map(id => kept[id])).toEqual(doubtful.map(() => 'ENDPOINTS_UNREAD'));

    world.ec2.clearFaults();
    await world.sweep(props);

    expect(there(staged, ownWay)).toEqual(ownWay);
    expect(there(staged, doubtful)).toEqual([]);
    expect(reasons(staged)).toMatchObject(Object.fromEntries(rulesOf(endpoint).map(id => [id, 'EXEMPT_BY_FUNCTION'])));
  });

  test('right before the call, nothing is revoked, and the next sweep does it', async () => {
    const staged = await stage();
    const { world, props, ownWay, web, elsewhere, rulesOf } = staged;
    const others = [web, elsewhere].flatMap(rulesOf);
    let reads = 0;
    world.ec2.fault({ action: 'DescribeVpcEndpoints', kind: 'error', code: 'UnauthorizedOperation', status: 403, when: () => (reads += 1) > 1 });

    await world.sweep(props);

    expect(there(staged, [...ownWay, ...others])).toEqual([...ownWay, ...others]);
    expect(world.actions()).not.toContain('RevokeSecurityGroupIngress');
    expect(world.logged('Revocation').map(({ outcome }) => outcome)).toEqual(['SKIPPED', 'SKIPPED', 'SKIPPED', 'SKIPPED']);
    expect(['ScanErrors', 'RevocationsWithheld'].map(name => world.aggregate(name))).toEqual([1, 4]);

    world.ec2.clearFaults();
    await world.sweep(props);

    expect(there(staged, ownWay)).toEqual(ownWay);
    expect(there(staged, others)).toEqual([]);
  });

  test('no deployment succeeds, and it is told which permission is missing', async () => {
    const { world, props } = await stage();
    world.ec2.deny('DescribeVpcEndpoints');
    const { body } = await world.deploy('Create', props, DENIED_MILLIS);
    expect(body).toMatchObject({ Status: 'FAILED', Reason: expect.stringContaining('ec2:DescribeVpcEndpoints') as string });
    expect(world.actions()).not.toContain('RevokeSecurityGroupIngress');
  });
});

describe('an endpoint that is made between the plan and the call', () => {
  test.each<[name: string, make: (staged: Staged) => void]>([
    ['an endpoint is made', ({ network, web, own }) => void network.addInterfaceEndpoint(network.groups.get(own)!.vpcId, [web])],
    ['an endpoint is given another group', ({ network, web, endpoint }) => {
      const made = [...network.vpcEndpoints.values()].find(({ groupIds }) => groupIds?.includes(endpoint));
      made?.groupIds?.push(web);
    }],
  ])('has its group kept, and no other: %s', async (_, make) => {
    const staged = await stage();
    const { world, props, ownWay, web, elsewhere, rulesOf } = staged;
    const [ofWeb, ofElsewhere] = [rulesOf(web), rulesOf(elsewhere)];
    let isMade = false;
    world.ec2.after('DescribeVpcEndpoints', () => {
      if (!isMade) make(staged);
      isMade = true;
    });

    await world.sweep(props);

    expect(there(staged, [...ownWay, ...ofWeb])).toEqual([...ownWay, ...ofWeb]);
    expect(there(staged, ofElsewhere)).toEqual([]);
    const skipped = world.logged('Revocation').filter(({ outcome }) => outcome === 'SKIPPED');
    expect(skipped).toHaveLength(2);
    for (const line of skipped) expect(line).toMatchObject({ detail: expect.stringContaining("an interface endpoint of the function's VPC") as string });

    await world.sweep(props);

    expect(there(staged, ofWeb)).toEqual(ofWeb);
  });
});

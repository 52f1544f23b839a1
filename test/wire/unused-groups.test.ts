/** Tests the search for unused security groups over the wire, with the shipped bundle. */
import { stopWorlds, World } from './world';
import { GROUP_HOLDERS, type GroupHolderName } from '../../src/contract/group-holders';
import { Network } from '../support/ec2-endpoint';
import { HoldingEndpoint, type Instead } from '../support/holding-endpoint';
import { OF_EC2, ROUTES } from '../support/holding-endpoint/services';

const ASKING = {
  staleRules: 'ignore', vpnConnections: { kind: 'none' }, unusedSecurityGroups: { afterSeconds: 0, sightings: 1 },
};
const HOLDERS = Object.keys(GROUP_HOLDERS) as GroupHolderName[];
const BESIDE_EC2 = HOLDERS.filter(holder => !OF_EC2.includes(holder));

let holding: HoldingEndpoint;
beforeAll(async () => {
  holding = await HoldingEndpoint.start();
});
afterEach(async () => {
  await stopWorlds();
  holding.clear();
});
afterAll(() => holding.stop());

interface Account {
  readonly network: Network;
  readonly vpcId: string;
  readonly world: World;
  /** Adds a group to the VPC. */
  readonly group: (name?: string) => string;
}

async function anAccount(options: Parameters<typeof World.start>[0] = {}): Promise<Account> {
  const network = new Network();
  const { vpcId } = network.addVpc();
  network.addSecurityGroup({ vpcId, groupName: 'default' });
  const world = await World.start({ ...options, network, holding });
  return { network, vpcId, world, group: groupName => network.addSecurityGroup({ vpcId, groupName }).groupId };
}

/** Runs a sweep, and returns the groups that it reports. */
async function unused(world: World): Promise<unknown[]> {
  const before = world.logged('UnusedGroup').length;
  const { error } = await world.sweep(ASKING);
  expect(error).toBeUndefined();
  return world.logged('UnusedGroup').slice(before).filter(({ change }) => change === undefined)
    .map(({ groupId }) => groupId).sort();
}

const counts = (world: World): Array<number | undefined> =>
  ['UnusedSecurityGroups', 'SecurityGroupsWithUnknownUse', 'ScanErrors'].map(name => world.aggregate(name));

test('a group that nothing uses is reported, with its item in the ledger, its metric and its event', async () => {
  const { world, group } = await anAccount();
  const groupId = group('web');
  expect(await unused(world)).toEqual([groupId]);
  expect(counts(world)).toEqual([1, 0, 0]);
  expect(world.ec2.events.map(({ detailType }) => detailType)).toEqual(['Unused Security Group Found']);
  const items = await world.dynamoDb.items() as unknown as Array<{ id: string; state: string }>;
  expect(items.filter(({ id }) => id.startsWith('group#'))).toMatchObject([{ id: `group#${groupId}`, state: 'OPEN' }]);
  expect(world.ec2.calls.filter(({ action }) => action.startsWith('Delete'))).toEqual([]);
});

test('no group that any service holds is unused, on whatever page of its answers, and the rest are', async () => {
  const { world, group } = await anAccount({ pageSize: 3 });
  const held = new Map(BESIDE_EC2.filter(holder => holder !== 'autoScalingGroups').map(holder => [holder, [group(), group(), group()]]));
  const left = group();
  for (const [holder, groupIds] of held) holding.hold(holder, ...groupIds);
  expect(await unused(world)).toEqual([left]);
  expect(counts(world)).toEqual([1, 0, 0]);
  expect(world.printed).not.toMatch(/secret-of-a/);
  const asked = new Set(holding.calls.map(call => call.join(' ')));
  expect(asked.size).toBeGreaterThanOrEqual(ROUTES.length);
});

test('no group that EC2 itself shows to be used is unused', async () => {
  const { world, network, vpcId, group } = await anAccount({ pageSize: 3 });
  const { heldByEc2, launchTemplates } = network;
  const fleetOf = (groupId: string) => ({ launchSpecifications: [{ groupSet: [{ groupId, groupName: 'x' }] }] });
  const template = (launchTemplateId: string, version: number) =>
    ({ launchTemplateConfigs: [{ launchTemplateSpecification: { launchTemplateId, version: String(version) } }] });
  network.addNetworkInterface([group()], { vpcId, isHidden: true });
  heldByEc2.spotFleets.push({ spotFleetRequestConfig: fleetOf(group()) }, { spotFleetRequestConfig: template('lt-0a1b2c3d4e5f60719', 1) });
  heldByEc2.spotInstances.push({ state: 'open', launchSpecification: { groupSet: [{ groupId: group(), groupName: 'x' }] } });
  heldByEc2.fleets.push(template('lt-0a1b2c3d4e5f60719', 2), template('lt-00000000000000000', 7));
  heldByEc2.clientVpnEndpoints.push({ securityGroupIdSet: [group()] });
  heldByEc2.instanceConnectEndpoints.push({ securityGroupIdSet: [group()] });
  heldByEc2.verifiedAccessEndpoints.push({ securityGroupIdSet: [group()] });
  network.addVpcEndpoint({ vpcId, vpcEndpointType: 'Interface', serviceName: 'com.amazonaws.eu-central-1.sqs', groupIds: [group()] });
  const [old, ofFleet, ofSpotFleet] = [group(), group(), group()];
  launchTemplates.set('lt-0a1b2c3d4e5f60718', {
    launchTemplateId: 'lt-0a1b2c3d4e5f60718', launchTemplateName: 'web', defaultVersion: 2,
    // The first is what an Auto Scaling group names, the second the default, the last the latest.
    versions: [{ groupIds: [group()] }, { interfaceGroupIds: [group()] }, { groupIds: [old] }, { groupNames: ['named-by-name'] }],
  });
  group('named-by-name');
  launchTemplates.set('lt-0a1b2c3d4e5f60719', {
    launchTemplateId: 'lt-0a1b2c3d4e5f60719', launchTemplateName: 'jobs', defaultVersion: 3,
    versions: [{ groupIds: [ofSpotFleet] }, { groupIds: [ofFleet] }, {}],
  });
  launchTemplates.set('lt-0a1b2c3d4e5f60720', {
    launchTemplateId: 'lt-0a1b2c3d4e5f60720', launchTemplateName: 'managed', defaultVersion: 2, isHidden: true,
    versions: [{ groupIds: [group()] }, { groupIds: [group()] }],
  });
  heldByEc2.fleets.push(template('lt-0a1b2c3d4e5f60720', 1));
  holding.hold('autoScalingGroups', 'any');
  const referring = group();
  network.addIngress(referring, { ipProtocol: 'tcp', fromPort: 1, toPort: 1, reference: { groupId: group() } });
  network.addEgress(referring, { ipProtocol: 'tcp', fromPort: 1, toPort: 1, reference: { groupId: referring } });
  const associated = group();
  network.associations.push({ groupId: associated, vpcId: 'vpc-0000000a', groupOwnerId: network.accountId, vpcOwnerId: network.accountId, state: 'associated' });
  const referenced = group();
  network.referencesOfOthers.push({ groupId: referenced, referencingVpcId: 'vpc-0000000b', vpcPeeringConnectionId: 'pcx-1' });
  const shared = network.addVpc({ ownerId: '444455556666' });
  network.addSecurityGroup({ vpcId: shared.vpcId });
  network.addSecurityGroup({ vpcId, ownerId: '444455556666' });
  // Only an older version names this one, and nothing names that version.
  expect(await unused(world)).toEqual([old]);
  expect(counts(world)).toEqual([1, 0, 0]);
});

/** The number of checks that make the same calls: node groups and capacity providers are listed by cluster. */
const callsOf = (holder: GroupHolderName): number => holder === 'eksClusters' || holder === 'ecsServices' ? 2 : 1;

describe('a service that does not answer as it should', () => {
  const DENIED: Instead = { status: 403, code: 'AccessDeniedException', body: '{"__type":"AccessDeniedException","message":"no"}' };

  test.each<[how: string, answer: Instead]>([
    ['denied', DENIED],
    ['a page of a proxy', { status: 200, body: '<html>Sign in</html>' }],
    ['an answer of something else', { status: 200, body: '{"message":"hello"}' }],
  ])('makes no group unused, whichever it is: %s', async (_, answer) => {
    const { world, group } = await anAccount();
    group();
    const ofEks = group();
    for (const holder of BESIDE_EC2) {
      holding.clear();
      holding.hold('eksClusters', ofEks);
      holding.answerInstead(holder, answer);
      const before = world.logged('ScanError').length;
      expect([holder, await unused(world)]).toEqual([holder, []]);
      expect([holder, world.aggregate('UnusedSecurityGroups')]).toEqual([holder, undefined]);
      const errors = world.logged('ScanError').slice(before).map(({ doing }) => doing);
      expect(errors).toContain(`looking for the use of security groups by ${GROUP_HOLDERS[holder].what}`);
      expect([holder, errors.length]).toEqual([holder, callsOf(holder)]);
    }
    const items = await world.dynamoDb.items() as unknown as Array<{ id: string }>;
    expect(items.filter(({ id }) => id.startsWith('group#'))).toEqual([]);
  });

  test.each(['', '[]', 'null', '"text"', '{"Functions":', '{"Functions":[null]}', '{"Functions":{}}', '<ListFunctionsResponse/>'])(
    'makes no group unused: Lambda answers %s', async body => {
      const { world, group } = await anAccount();
      group();
      holding.answerInstead('lambdaFunctions', { status: 200, body });
      expect(await unused(world)).toEqual([]);
      expect(counts(world)).toEqual([undefined, 1, 1]);
    },
  );

  test.each(OF_EC2)('makes no group unused: EC2 denies %s', async holder => {
    const { world, group } = await anAccount();
    group();
    const [action] = GROUP_HOLDERS[holder].actions;
    world.ec2.deny(action.slice('ec2:'.length));
    expect(await unused(world)).toEqual([]);
    expect(counts(world)).toEqual([undefined, 1, 1]);
  });

  test('costs itself alone: what other checks find in use stays in use, and nothing else is kept for it', async () => {
    const { world, group } = await anAccount();
    const [used] = [group(), group()];
    holding.hold('lambdaFunctions', used);
    holding.answerInstead('rdsInstances', DENIED);
    expect(await unused(world)).toEqual([]);
    expect(counts(world)).toEqual([undefined, 1, 1]);
    holding.clear();
    holding.hold('lambdaFunctions', used);
    expect(await unused(world)).toHaveLength(1);
  });
});

test('a sweep that is not asked makes none of these calls', async () => {
  const { world, group } = await anAccount();
  group();
  const before = holding.calls.length;
  await world.sweep({ staleRules: 'report' });
  expect(holding.calls.length).toBe(before);
  expect(world.actions()).not.toEqual(expect.arrayContaining(['DescribeNetworkInterfaces', 'DescribeSecurityGroupReferences']));
  expect(world.aggregate('UnusedSecurityGroups')).toBeUndefined();
});

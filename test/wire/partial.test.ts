/**
 * Tests the shipped bundle when it is told to look at some groups. It looks only at these, quickly, and within the same
 * limit.
 */
import { networkWithStaleRules, SSH_FROM_ANYWHERE, stopWorlds, World } from './world';
import { inPartsOf } from '../../lambda/core/lists';
import { Network, type SecurityGroupRule } from '../support/ec2-endpoint';
import type { LambdaProcess } from '../support/lambda-process';

afterEach(stopWorlds);

const HOUR_MILLIS = 3_600_000;
const SSH = { ipProtocol: 'tcp', fromPort: 22, toPort: 22, cidrIpv4: '0.0.0.0/0' };
const FLAGGED = { staleRules: 'report', flaggedIngressRules: [SSH_FROM_ANYWHERE], requestRateFactor: 1000 };
const TOPIC = 'arn:aws:sns:eu-central-1:111122223333:people';

interface Staged {
  readonly world: World;
  readonly groupIds: readonly string[];
  readonly network: Network;
}

/** A world with groups in one VPC, and a scheduled sweep that finds nothing and opens an allowance. */
async function stage(groups: number, props: Record<string, unknown> = {}): Promise<Staged> {
  const network = new Network();
  const { vpcId } = network.addVpc();
  const groupIds = Array.from({ length: groups }, () => network.addSecurityGroup({ vpcId }).groupId);
  const world = await World.start({ network });
  await world.sweep({ ...FLAGGED, ...props });
  return { world, groupIds, network };
}

const open = (network: Network, groupIds: readonly string[], cidrs = ['0.0.0.0/0']): SecurityGroupRule[] =>
  groupIds.flatMap(groupId => cidrs.map(cidrIpv4 => network.addIngress(groupId, { ...SSH, cidrIpv4 })));

const isThere = ({ network }: World, { securityGroupRuleId }: SecurityGroupRule): boolean =>
  network.rules.has(securityGroupRuleId);

interface Allowance {
  readonly openedBy: string;
  readonly used: number;
  readonly limit: number;
}

async function allowanceOf({ dynamoDb }: World): Promise<Allowance | undefined> {
  const item = (await dynamoDb.items()).find(({ id }) => id === 'control');
  return (JSON.parse(String(item?.control)) as { allowance?: Allowance }).allowance;
}

/** Returns the reasons for which runs after a line of the log kept rules. */
const keepReasons = (world: World, from = 0): unknown[] => world.logged('RuleKept').slice(from).map(({ keepReason }) => keepReason);

/** Forgets earlier calls and events. */
function forget({ ec2, dynamoDb }: World): void {
  for (const list of [ec2.calls, ec2.metrics, ec2.events, ec2.messages, dynamoDb.calls]) list.length = 0;
}

describe('a run of some groups', () => {
  test('finds and revokes what is in them, tells of that, and touches nothing else', async () => {
    const { world, groupIds: [asked, other], network } = await stage(2);
    const [wanted, elsewhere] = open(network, [asked, other]);
    const healthy = network.addIngress(asked, { ...SSH, cidrIpv4: '10.0.0.0/8' });
    forget(world);

    const { error } = await world.sweepGroups([asked, asked], FLAGGED);

    expect(error).toBeUndefined();
    expect([wanted, elsewhere, healthy].map(rule => isThere(world, rule))).toEqual([false, true, true]);
    expect(world.ec2.events.map(({ detailType, detail }) => [detailType, detail.securityGroupRuleId])).toEqual([
      'Finding Opened', 'Ingress Rule Revoked', 'Finding Resolved',
    ].map(type => [type, wanted.securityGroupRuleId]));
    expect([...(await world.entries()).values()]).toMatchObject([{ securityGroupRuleId: wanted.securityGroupRuleId, state: 'REVOKED' }]);
    expect(world.logged('Sweep').at(-1)).toMatchObject({ trigger: 'request', flaggedIngressRules: 1 });
  });

  test('asks EC2 for these groups and what is in them, and for nothing of others', async () => {
    const { world, groupIds: [asked], network } = await stage(30);
    open(network, [asked]);
    const { vpcId } = network.groups.get(asked)!;
    forget(world);

    await world.sweepGroups([asked], FLAGGED);

    const reads = world.ec2.calls.filter(({ action }) => action.startsWith('Describe'));
    expect(new Set(reads.map(({ action }) => action)))
      .toEqual(new Set(['DescribeSecurityGroups', 'DescribeVpcs', 'DescribeSecurityGroupRules', 'DescribeStaleSecurityGroups']));
    for (const { parameters } of reads) expect(JSON.stringify(parameters)).toMatch(new RegExp(`${asked}|${vpcId}|sgr-`));
    expect(reads.length).toBeLessThan(10);
  });

  test('reads a handful of items, however many the ledger has of other groups', async () => {
    const { world, groupIds: [asked], network } = await stage(1);
    await fill(world, 2000);
    open(network, [asked]);
    forget(world);

    await world.sweepGroups([asked], FLAGGED);

    expect(network.rules.size).toBe(0);
    expect(await itemsRead(world)).toBeLessThan(10);
    // A full sweep reads many items, so the small number above means something.
    forget(world);
    await world.sweep(FLAGGED);
    expect(await itemsRead(world)).toBeGreaterThan(2000);
  });

  test('publishes what it did, but no totals and no heartbeat, and leaves the record of the latest sweep as it is', async () => {
    const network = new Network();
    const { vpcId } = network.addVpc();
    const groupIds = [1, 2].map(() => network.addSecurityGroup({ vpcId }).groupId);
    network.addVpnConnection({ telemetry: [{ outsideIpAddress: '192.0.2.1', status: 'UP' }] });
    const world = await World.start({ network });
    await world.sweep(FLAGGED);
    const latest = async (): Promise<unknown[]> => (await world.dynamoDb.items()).filter(({ id }) => /^(latest-sweep|vpn-)/.test(String(id)));
    const before = await latest();
    expect(before).toHaveLength(2);
    open(network, [groupIds[0]]);
    forget(world);

    await world.sweepGroups([groupIds[0]], FLAGGED);
    await world.sweepGroups([groupIds[1]], FLAGGED);

    expect(world.ec2.metrics.map(({ name, value, dimensions }) => [name, value, dimensions])).toEqual([
      ['IngressRulesRevoked', 1, { Hygiene: 'Test/Hygiene' }],
    ]);
    expect(world.ec2.callsByAction()).not.toHaveProperty('DescribeVpnConnections');
    expect(await latest()).toEqual(before);
  });

  test('counts what it could not read, and settles nothing for it', async () => {
    const { world, groupIds: [asked], network } = await stage(1, { dryRun: true });
    const [rule] = open(network, [asked]);
    await world.sweep({ ...FLAGGED, dryRun: true });
    await world.putIntoForce(FLAGGED);
    forget(world);
    world.ec2.deny('DescribeSecurityGroupRules');

    const { error } = await world.sweepGroups([asked], FLAGGED);

    expect(error).toBeUndefined();
    expect(world.aggregate('ScanErrors')).toBeGreaterThan(0);
    // Nothing else is published: neither a heartbeat nor the number of failed deliveries.
    expect(world.ec2.metrics.map(({ name }) => name)).toEqual(['ScanErrors']);
    expect(isThere(world, rule)).toBe(true);
    expect((await world.entries()).get(rule.securityGroupRuleId)?.state).toBe('OPEN');
    expect(world.ec2.events).toEqual([]);
  });

  test('settles what is gone, with its group or without, also of a group that EC2 does not know any more', async () => {
    const { world, groupIds: [emptied, deleted, other], network } = await stage(3);
    const rules = open(network, [emptied, deleted, other]);
    await world.sweep({ ...FLAGGED, dryRun: true });
    network.removeRule(rules[0].securityGroupRuleId);
    network.deleteSecurityGroup(deleted);
    network.removeRule(rules[2].securityGroupRuleId);
    await world.putIntoForce(FLAGGED);
    forget(world);

    const { error } = await world.sweepGroups([emptied, deleted], FLAGGED);

    expect(error).toBeUndefined();
    const entries = await world.entries();
    expect(rules.map(({ securityGroupRuleId }) => entries.get(securityGroupRuleId)?.state)).toEqual(['HEALED', 'HEALED', 'OPEN']);
    expect(world.ec2.events.map(({ detailType, detail }) => [detailType, detail.resolution])).toEqual(Array(2).fill(['Finding Resolved', 'HEALED']));
    expect(world.ec2.metrics).toEqual([]);
  });

  test('over groups that do not exist asks for no others instead', async () => {
    const { world, network } = await stage(2);
    open(network, [...network.groups.keys()]);
    forget(world);

    const { error } = await world.sweepGroups(['sg-0ffffffffffffffff'], FLAGGED);

    expect(error).toBeUndefined();
    expect(network.rules.size).toBe(2);
    // The group counts as gone only if it has no rules.
    expect(Object.keys(world.ec2.callsByAction())).toEqual(['DescribeSecurityGroups', 'DescribeSecurityGroupRules']);
    expect((await world.entries()).size).toBe(0);
  });

  test('closes no finding because of the configuration, which a full sweep does', async () => {
    const { world, groupIds: [asked], network } = await stage(1);
    const [rule] = open(network, [asked]);
    await world.sweep({ ...FLAGGED, dryRun: true });
    const none = { ...FLAGGED, flaggedIngressRules: [] };

    await world.sweepGroups([asked], none);
    expect((await world.entries()).get(rule.securityGroupRuleId)?.state).toBe('OPEN');

    await world.sweep(none);
    expect((await world.entries()).get(rule.securityGroupRuleId))
      .toMatchObject({ state: 'HEALED', outcome: expect.stringContaining('NO_LONGER_LOOKED_FOR') as string });
    expect(isThere(world, rule)).toBe(true);
  });

  test('keeps to the VPCs in scope and to exemptions', async () => {
    const network = new Network();
    const vpcs = [network.addVpc(), network.addVpc()];
    const [inside, outside] = vpcs.map(({ vpcId }) => network.addSecurityGroup({ vpcId }).groupId);
    const shielded = network.addSecurityGroup({ vpcId: network.groups.get(inside)!.vpcId, tags: { 'network-hygiene:exempt': '' } }).groupId;
    const world = await World.start({ network });
    const props = { ...FLAGGED, vpcIds: [network.groups.get(inside)!.vpcId] };
    await world.sweep(props);
    const rules = open(network, [inside, outside, shielded]);

    await world.sweepGroups([inside, outside, shielded], props);

    expect(rules.map(rule => isThere(world, rule))).toEqual([false, true, true]);
    expect((await world.entries()).has(rules[1].securityGroupRuleId)).toBe(false);
  });

  test('in a dry run, a pause or the time to settle revokes nothing, and tells nothing of the pause', async () => {
    const { world, groupIds: [asked], network } = await stage(1);
    const [rule] = open(network, [asked]);
    await world.sweepGroups([asked], { ...FLAGGED, dryRun: true });
    await world.deploy('Update', { ...FLAGGED, settleSeconds: 3600 });
    await world.invokeDeployed({ ...FLAGGED, settleSeconds: 3600 }, { sweep: { securityGroupIds: [asked] } });
    await world.putIntoForce(FLAGGED);
    await world.lambda.invoke({ pause: { until: new Date(Date.now() + HOUR_MILLIS).toISOString(), reason: 'freeze' } });
    world.ec2.events.length = 0;
    await world.sweepGroups([asked], FLAGGED);

    expect(isThere(world, rule)).toBe(true);
    expect(keepReasons(world)).toEqual(['DRY_RUN', 'SETTLING', 'SETTLING', 'PAUSED']);
    expect(world.ec2.events).toEqual([]);
    expect(world.ec2.calls.filter(({ action, isDryRun }) => action === 'RevokeSecurityGroupIngress' && !isDryRun)).toEqual([]);
  });

  test.each([
    ['no ids', { securityGroupIds: [] }], ['ids of rules', { securityGroupIds: ['sgr-0123456789abcdef0'] }], ['a text', { securityGroupIds: 'sg-1' }],
    ['more than 200 groups', { securityGroupIds: Array.from({ length: 201 }, (_, index) => `sg-${index}`) }],
    ['a scheduled time, too', { securityGroupIds: ['sg-1'], scheduledTime: '2026-01-01T00:00:00Z' }],
    ['a key that is unknown', { securityGroupIds: ['sg-1'], dryRun: false }],
  ])('is refused with %s, and nothing is called', async (_, sweep) => {
    const world = await World.start();
    const { error } = await world.lambda.invoke({ sweep });
    expect(error?.message).toMatch(/^Malformed request to sweep: .* Nothing was done\. Give \{"sweep":\{\}\} or \{"sweep":\{"securityGroupIds":\["sg-…"\]\}\} or \{"sweep":\{"trigger":"change"\}\}$/);
    expect([...world.ec2.calls, ...world.dynamoDb.calls]).toEqual([]);
  });
});

/** Fills the ledger with settled rules of other groups. */
async function fill({ dynamoDb }: World, count: number): Promise<void> {
  const at = '2026-01-01T00:00:00.000Z';
  const items = Array.from({ length: count }, (_, index) => {
    const [groupId, securityGroupRuleId] = [`sg-0${String(index % 50).padStart(16, 'f')}`, `sgr-0${String(index).padStart(16, 'f')}`];
    const rule = JSON.stringify({ securityGroupRuleId, groupId, isEgress: false, ipProtocol: 'tcp', tags: {} });
    return { hygiene: 'Test/Hygiene', id: `${groupId}#${securityGroupRuleId}`, securityGroupRuleId, state: 'REVOKED', revision: 3, writtenBy: 'sweep', firstSeen: at, lastSeen: at, rule };
  });
  for (const part of inPartsOf(50, items)) await Promise.all(part.map(item => dynamoDb.put(item)));
}

interface Read {
  readonly ExpressionAttributeValues?: { readonly ':prefix'?: { readonly S: string } };
}

/**
 * Returns the number of items that DynamoDB has read: for a query, everything that its key condition finds, before the
 * filter.
 */
async function itemsRead({ dynamoDb }: World): Promise<number> {
  const ids = (await dynamoDb.items()).map(({ id }) => String(id));
  const counts = dynamoDb.calls.map(({ action, parameters }) => {
    if (action !== 'Query') return action === 'GetItem' ? 1 : 0;
    const prefix = (parameters as Read).ExpressionAttributeValues?.[':prefix']?.S ?? '';
    return 'ExclusiveStartKey' in parameters ? 0 : ids.filter(id => id.startsWith(prefix)).length;
  });
  return counts.reduce((sum, count) => sum + count, 0);
}

describe('the grace', () => {
  const GRACE = { staleRules: 'revoke', requestRateFactor: 1000, grace: { seconds: 0, sightings: 2, maxGapSeconds: 86_400 } };

  test('counts no run of some groups, and no full run that a person asks for', async () => {
    const { network, stale: [rule] } = networkWithStaleRules(1, 1);
    const world = await World.start({ network });
    for (let count = 0; count < 3; count++) await world.sweepGroups([rule.groupId], GRACE);
    for (let count = 0; count < 3; count++) await world.invokeDeployed(GRACE, { sweep: {} });
    expect((await world.entries()).get(rule.securityGroupRuleId)).toMatchObject({ state: 'OPEN', stale: { sightings: 0 } });

    await world.sweep(GRACE);
    for (let count = 0; count < 3; count++) await world.sweepGroups([rule.groupId], GRACE);
    expect((await world.entries()).get(rule.securityGroupRuleId)).toMatchObject({ state: 'OPEN', stale: { sightings: 1 } });
    expect(isThere(world, rule)).toBe(true);

    await world.sweep(GRACE);
    expect(isThere(world, rule)).toBe(false);
  });

  test('that is over by scheduled sweeps is over for a run of some groups', async () => {
    const { network, stale: [rule] } = networkWithStaleRules(1, 1);
    const waiting = { ...GRACE, grace: { ...GRACE.grace, seconds: 3600 } };
    const world = await World.start({ network, clockOffsetMillis: -2 * HOUR_MILLIS });
    await world.sweep(waiting);
    await world.sweep(waiting);
    await world.sweepGroups([rule.groupId], waiting);
    expect(isThere(world, rule)).toBe(true);

    await world.startAnother();
    await world.sweepGroups([rule.groupId], waiting);

    expect(isThere(world, rule)).toBe(false);
  });
});

describe('the limit', () => {
  test('before the first full sweep allows a run over some groups nothing, because the total is unknown', async () => {
    const network = new Network();
    const { groupId } = network.addSecurityGroup({ vpcId: network.addVpc().vpcId });
    const [rule] = open(network, [groupId]);
    const world = await World.start({ network });

    await world.sweepGroups([groupId], FLAGGED);

    expect(isThere(world, rule)).toBe(true);
    expect(keepReasons(world)).toEqual(['LIMIT_USED']);
    expect(await allowanceOf(world)).toBeUndefined();
    await world.sweep(FLAGGED);
    expect(isThere(world, rule)).toBe(false);
  });

  test('is one for all runs until the next scheduled sweep, which opens it again', async () => {
    const limited = { ...FLAGGED, maxRevocationsPerSweep: 3, notificationsTopicArn: TOPIC };
    const { world, groupIds, network } = await stage(4, limited);
    const rules = open(network, groupIds.slice(0, 3));
    for (const { groupId } of rules) await world.sweepGroups([groupId], limited);
    expect(rules.filter(rule => isThere(world, rule))).toEqual([]);
    const [late] = open(network, [groupIds[3]]);
    world.ec2.events.length = 0;

    for (let count = 0; count < 2; count++) await world.sweepGroups([groupIds[3]], limited);
    await world.invokeDeployed(limited, { sweep: {} });

    expect(isThere(world, late)).toBe(true);
    expect(keepReasons(world)).toEqual(['LIMIT_USED', 'LIMIT_USED', 'LIMIT_USED']);
    expect(await allowanceOf(world)).toMatchObject({ used: 3, limit: 3 });
    // The event comes once, no matter which run withheld it.
    const withheld = world.ec2.events.filter(({ detailType }) => detailType === 'Revocation Withheld');
    expect(withheld.map(({ detail }) => [detail.reason, detail.count])).toEqual([['LIMIT_USED', 1]]);
    await world.sweep(limited);
    expect(isThere(world, late)).toBe(false);
    expect(await allowanceOf(world)).toMatchObject({ used: 1, limit: 3 });
  });

  test('gives a run all that it plans or nothing', async () => {
    const limited = { ...FLAGGED, maxRevocationsPerSweep: 3, flaggedIngressRules: [{ ...SSH_FROM_ANYWHERE, match: 'COVERS' }, HALVES] };
    const { world, groupIds: [first, second], network } = await stage(2, limited);
    const rules = [...open(network, [first], ['0.0.0.0/1', '128.0.0.0/1']), ...open(network, [second], ['0.0.0.0/1', '128.0.0.0/1'])];

    await world.sweepGroups([first], limited);
    await world.sweepGroups([second], limited);

    expect(rules.map(rule => isThere(world, rule))).toEqual([false, false, true, true]);
    expect(await allowanceOf(world)).toMatchObject({ used: 2 });
  });

  test('that the latest full sweep exceeded keeps runs over some groups from revoking, until a full sweep is within it', async () => {
    const limited = { ...FLAGGED, maxRevocationsPerSweep: 2 };
    const { world, groupIds, network } = await stage(3, limited);
    const rules = open(network, groupIds);
    await world.sweep(limited);
    const before = keepReasons(world).length;

    await world.sweepGroups([groupIds[0]], limited);
    expect(keepReasons(world, before)).toEqual(['OVER_LIMIT']);
    expect(rules.filter(rule => isThere(world, rule))).toHaveLength(3);
    network.removeRule(rules[2].securityGroupRuleId);
    await world.sweepGroups([groupIds[0], groupIds[2]], limited);
    expect(isThere(world, rules[0])).toBe(true);

    await world.sweep(limited);
    expect(network.rules.size).toBe(0);
  });

  test('returns the reservation for what EC2 refused', async () => {
    const limited = { ...FLAGGED, maxRevocationsPerSweep: 1 };
    const { world, groupIds, network } = await stage(2, limited);
    const [refused, other] = open(network, groupIds);
    world.ec2.deny('RevokeSecurityGroupIngress', { groupId: groupIds[0] });

    await world.sweepGroups([groupIds[0]], limited);
    expect(await allowanceOf(world)).toMatchObject({ used: 0 });
    await world.sweepGroups([groupIds[1]], limited);

    expect([isThere(world, refused), isThere(world, other)]).toEqual([true, false]);
    expect(await allowanceOf(world)).toMatchObject({ used: 1 });
  });

  test.each([0, 30])('is never passed by several runs at once, %d ms apart', async apart => {
    const limited = { ...FLAGGED, maxRevocationsPerSweep: 4 };
    const { world, groupIds, network } = await stage(6, limited);
    open(network, groupIds);
    const lambdas: LambdaProcess[] = [];
    for (const _ of groupIds) lambdas.push(await world.startAnother());

    const outcomes = await Promise.all(groupIds.map(async (groupId, index) => {
      await new Promise(done => setTimeout(done, index * apart));
      return world.sweepGroups([groupId], limited, lambdas[index]);
    }));

    expect(outcomes.map(({ error }) => error)).toEqual(groupIds.map(() => undefined));
    expect(network.rules.size).toBe(2);
    expect(await allowanceOf(world)).toMatchObject({ used: 4, limit: 4 });
    expect(keepReasons(world)).toEqual(['LIMIT_USED', 'LIMIT_USED']);
    const counted = world.ec2.metrics.filter(({ name, dimensions }) => name === 'IngressRulesRevoked' && Object.keys(dimensions).length === 1);
    expect(counted.reduce((sum, { value }) => sum + value, 0)).toBe(4);
    await world.sweep(limited);
    expect(network.rules.size).toBe(0);
  });

  test('is never exceeded by a scheduled sweep whose event comes twice at once, and the grace is kept', async () => {
    const { network, stale } = networkWithStaleRules(1, 3);
    const props = { staleRules: 'revoke', requestRateFactor: 1000, maxRevocationsPerSweep: 3, grace: { seconds: 0, sightings: 2, maxGapSeconds: 86_400 } };
    const world = await World.start({ network });
    await world.putIntoForce(props);
    const twice = async (scheduledTime: string): Promise<void> => {
      const lambdas = [world.lambda, await world.startAnother()];
      const outcomes = await Promise.all(lambdas.map(lambda =>
        world.invokeDeployed(props, { sweep: { scheduledTime } }, { lambda })));
      expect(outcomes.map(({ error }) => error)).toEqual([undefined, undefined]);
    };

    await twice('2026-01-01T00:00:00Z');
    await world.invokeDeployed(props, { sweep: { scheduledTime: '2026-01-01T00:00:00Z' } });
    expect(network.rules.size).toBe(9);
    const afterwards = await world.entries();
    for (const { securityGroupRuleId } of stale) expect(afterwards.get(securityGroupRuleId)?.stale?.sightings).toBe(1);

    await twice('2026-01-01T00:15:00Z');
    expect(stale.filter(rule => isThere(world, rule))).toEqual([]);
    expect(await allowanceOf(world)).toMatchObject({ used: 3, limit: 3 });
  });
});

/** The two halves of the internet, as rules have them that should look harmless. */
const HALVES = {
  anyGroup: true, match: 'EXACT',
  ipPermissions: ['0.0.0.0/1', '128.0.0.0/1'].map(CidrIp => ({ IpProtocol: 'tcp', FromPort: 22, ToPort: 22, IpRanges: [{ CidrIp }] })),
};

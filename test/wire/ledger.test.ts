/** Tests the shipped bundle with its ledger: waiting, withholding and restoring. */
import { DENIED_MILLIS, configuration, networkWithStaleRules, SSH_FROM_ANYWHERE, stopWorlds, World } from './world';
import { SCHEDULED } from '../support/deployment';
import { Network } from '../support/ec2-endpoint';

afterEach(stopWorlds);

const DAY_MILLIS = 86_400_000;

interface Report {
  readonly counts: Record<string, number>;
  readonly rules: ReadonlyArray<{ securityGroupRuleId: string; outcome: string; restoredAs?: string; detail?: string }>;
}

/** A network with one group of flagged rules, each with its own description and tags. */
function networkWithFlaggedRules(count: number): { network: Network; groupId: string; ruleIds: string[] } {
  const network = new Network();
  const { vpcId } = network.addVpc();
  const groups = Array.from({ length: Math.max(count, 1) }, () => network.addSecurityGroup({ vpcId }).groupId);
  const rules = groups.slice(0, count).map((groupId, index) => network.addIngress(groupId, {
    ipProtocol: 'tcp', fromPort: 22, toPort: 22, cidrIpv4: '0.0.0.0/0', description: `opened by ${index}`, tags: { Ticket: `NET-${index}` },
  }));
  return { network, groupId: groups[0], ruleIds: rules.map(({ securityGroupRuleId }) => securityGroupRuleId) };
}

const FLAGGED = { staleRules: 'ignore', flaggedIngressRules: [SSH_FROM_ANYWHERE] };

describe('grace', () => {
  const GRACE = { staleRules: 'revoke', grace: { seconds: 7 * 86_400, sightings: 3, maxGapSeconds: 9 * 86_400 } };

  test('waits for the time and for the sightings, and then revokes', async () => {
    const { network, stale: [{ securityGroupRuleId }] } = networkWithStaleRules(1, 1);
    const world = await World.start({ network, clockOffsetMillis: -10 * DAY_MILLIS });
    await world.sweep(GRACE);
    await world.startAnother(-2 * DAY_MILLIS);
    await world.sweep(GRACE);
    expect(network.rules.has(securityGroupRuleId)).toBe(true);
    expect(world.aggregate('OldestStaleRuleAge')).toBeCloseTo(8 * 86_400, -2);

    await world.startAnother(-1 * DAY_MILLIS);
    await world.sweep(GRACE);

    expect(network.rules.has(securityGroupRuleId)).toBe(false);
    expect((await world.entries()).get(securityGroupRuleId)).toMatchObject({ state: 'REVOKED', stale: { sightings: 3 } });
  });

  test('starts over when the peering is made again', async () => {
    const { network, stale: [{ securityGroupRuleId }] } = networkWithStaleRules(1, 1);
    const [own, partner] = [...network.vpcs.keys()].reverse();
    const world = await World.start({ network, clockOffsetMillis: -11 * DAY_MILLIS });
    await world.sweep(GRACE);
    await world.sweep(GRACE);
    const { vpcPeeringConnectionId } = network.addPeering(own, partner);
    await world.startAnother(-9 * DAY_MILLIS);
    await world.sweep(GRACE);
    expect((await world.entries()).get(securityGroupRuleId)).toMatchObject({ state: 'HEALED' });
    network.deletePeering(vpcPeeringConnectionId);

    await world.startAnother(-3 * DAY_MILLIS);
    for (let sweeps = 0; sweeps < 4; sweeps++) await world.sweep(GRACE);

    expect(network.rules.has(securityGroupRuleId)).toBe(true);
    expect((await world.entries()).get(securityGroupRuleId)).toMatchObject({ state: 'OPEN', stale: { sightings: 4 } });
    expect(world.ec2.callsByAction().RevokeSecurityGroupIngress).toBeUndefined();
  });
});

describe('the limit', () => {
  test.each([[0, 3], [2, 3]])('of %i revokes none of %i rules, and says so', async (maxRevocationsPerSweep, count) => {
    const { network } = networkWithFlaggedRules(count);
    const world = await World.start({ network });
    const before = network.snapshot();

    const { error } = await world.sweep({ ...FLAGGED, maxRevocationsPerSweep });

    expect(error).toBeUndefined();
    expect(network.snapshot()).toEqual(before);
    expect(world.aggregate('RevocationsWithheld')).toBe(count);
    expect(world.logged('RevocationsWithheld')).toEqual([expect.objectContaining({ level: 'WARN', planned: count, maxRevocationsPerSweep })]);
    expect(world.ec2.metrics).toContainEqual(expect.objectContaining({ name: 'RulesKept', value: count, dimensions: expect.objectContaining({ KeepReason: 'OVER_LIMIT' }) }));
    expect(world.ec2.callsByAction().RevokeSecurityGroupIngress).toBeUndefined();
  });

  test('of as many rules as there are revokes them all', async () => {
    const { network } = networkWithFlaggedRules(3);
    const world = await World.start({ network });

    await world.sweep({ ...FLAGGED, maxRevocationsPerSweep: 3 });

    expect(network.rules.size).toBe(0);
    expect(world.aggregate('RevocationsWithheld')).toBe(0);
  });
});

describe('the calls of a sweep', () => {
  test('are two writes for each rule that it finds and revokes, and one for each that it keeps', async () => {
    const { network, ruleIds } = networkWithFlaggedRules(3);
    const [{ vpcId }] = network.vpcs.values();
    const { groupId } = network.addSecurityGroup({ vpcId, tags: { 'network-hygiene:exempt': '' } });
    const kept = network.addIngress(groupId, { ipProtocol: 'tcp', fromPort: 22, toPort: 22, cidrIpv4: '0.0.0.0/0' });
    const world = await World.start({ network });
    await world.sweep(FLAGGED);
    const states = new Map<string, string[]>();
    for (const { action, parameters } of world.dynamoDb.calls) {
      const { Item: item } = parameters as { readonly Item?: Record<string, { readonly S: string } | undefined> };
      const id = item?.securityGroupRuleId?.S;
      if (action === 'PutItem' && id !== undefined) states.set(id, [...states.get(id) ?? [], item?.state?.S ?? '']);
    }
    expect(Object.fromEntries(states)).toEqual({
      ...Object.fromEntries(ruleIds.map(id => [id, ['PENDING', 'REVOKED']])), [kept.securityGroupRuleId]: ['OPEN'],
    });
    expect([...network.rules.keys()]).toEqual([kept.securityGroupRuleId]);
  });
});

describe('restoring', () => {
  test('through the alias puts a rule back with its description and tags, exempt, and a second time does nothing', async () => {
    const { network, ruleIds } = networkWithFlaggedRules(2);
    const world = await World.start({ network });
    await world.sweep(FLAGGED);
    const request = { restore: { securityGroupRuleIds: [ruleIds[0]] } };

    const first = (await world.lambda.invoke(request, 60_000, { qualifier: 'restore' })).result as Report;
    const again = (await world.lambda.invoke(request, 60_000, { qualifier: 'restore' })).result as Report;

    expect(first).toMatchObject({ counts: { RESTORED: 1 } });
    expect(again).toMatchObject({ counts: { ALREADY_THERE: 1 }, rules: [{ restoredAs: first.rules[0].restoredAs }] });
    expect([...network.rules.values()]).toEqual([expect.objectContaining({
      securityGroupRuleId: first.rules[0].restoredAs, fromPort: 22, cidrIpv4: '0.0.0.0/0', description: 'opened by 0',
      tags: { 'Ticket': 'NET-0', 'network-hygiene:exempt': 'restored' },
    })]);
    expect(world.ec2.callsByAction().AuthorizeSecurityGroupIngress).toBe(1);
    await world.sweep(FLAGGED);
    expect(network.rules.size).toBe(1);
  });

  test('all that a sweep revoked takes the id that it logs', async () => {
    const { network, ruleIds } = networkWithFlaggedRules(3);
    const world = await World.start({ network });
    await world.sweep(FLAGGED);
    const sweepId = String(world.logged('Sweep')[0].sweepId);

    const { result } = await world.restore({ sweepId });

    expect(result).toMatchObject({ counts: { RESTORED: 3 } });
    expect((result as Report).rules.map(({ securityGroupRuleId }) => securityGroupRuleId).sort()).toEqual(ruleIds);
    expect([...network.rules.values()].map(({ description }) => description).sort()).toEqual(['opened by 0', 'opened by 1', 'opened by 2']);
  });

  test('reports a rule whose peering is gone, with what to do, and puts the others back', async () => {
    const { network, stale: [stale] } = networkWithStaleRules(1, 1);
    const { securityGroupRuleId } = network.addIngress(stale.groupId, { ipProtocol: 'tcp', fromPort: 22, toPort: 22, cidrIpv4: '0.0.0.0/0' });
    const world = await World.start({ network });
    await world.sweep({ ...FLAGGED, staleRules: 'revoke' });

    const { result } = await world.restore({ securityGroupRuleIds: [stale.securityGroupRuleId, securityGroupRuleId] });

    expect(result).toMatchObject({ counts: { FAILED: 1, RESTORED: 1 } });
    expect((result as Report).rules[0].detail).toMatch(/InvalidGroup.NotFound.*peering/);
    expect((await world.entries()).get(stale.securityGroupRuleId)).toMatchObject({ state: 'REVOKED' });
  });

  test('many rules takes as long as EC2 lets it, tells how far it is, and answers with how long that is', async () => {
    const { network } = networkWithFlaggedRules(120);
    const world = await World.start({ network });
    await world.sweep({ ...FLAGGED, requestRateFactor: 1000 });
    const sweepId = String(world.logged('Sweep')[0].sweepId);

    const { result } = await world.restore({ sweepId });

    const pace = 'EC2 adds 50 rules at once and then about 5 a second, so 120 take about 14 seconds';
    const note = `${pace}. The log of the function shows the progress`;
    expect(result).toMatchObject({ counts: { RESTORED: 120 }, note });
    const told = world.logged('Restore').filter(({ total }) => total !== undefined);
    expect(told.map(({ message, done }) => [message, done])).toEqual([
      [`Restoring 120 rules. ${pace}`, 0],
      ['Restored 50 of 120 rules so far', 50], ['Restored 100 of 120 rules so far', 100],
    ]);
  });

  test('leaves what there is no time for, and puts it back when it is asked once more', async () => {
    const { network } = networkWithFlaggedRules(70);
    const world = await World.start({ network });
    await world.sweep({ ...FLAGGED, requestRateFactor: 1000 });
    const sweepId = String(world.logged('Sweep')[0].sweepId);
    await world.startAnother();

    const first = (await world.lambda.invoke({ restore: { sweepId } }, 4000)).result as Report;
    const there = network.rules.size;
    await world.startAnother();
    const second = (await world.restore({ sweepId })).result as Report;

    const { RESTORED, SKIPPED } = first.counts;
    expect([RESTORED > 0, SKIPPED > 0, RESTORED + SKIPPED]).toEqual([true, true, 70]);
    // The end of the time may come between the effect of a call and its answer.
    expect([there >= RESTORED, there <= RESTORED + 5]).toEqual([true, true]);
    expect(second.counts).toEqual({ ALREADY_THERE: there, RESTORED: 70 - there });
    expect(network.rules.size).toBe(70);
  });

  test('marks a rule exempt that someone else has put back, and makes no second one', async () => {
    const { network, groupId, ruleIds } = networkWithFlaggedRules(1);
    const world = await World.start({ network });
    await world.sweep(FLAGGED);
    const { securityGroupRuleId } = network.addIngress(groupId, { ipProtocol: 'tcp', fromPort: 22, toPort: 22, cidrIpv4: '0.0.0.0/0' });

    const { result } = await world.restore({ securityGroupRuleIds: ruleIds });

    expect(result).toMatchObject({ counts: { ALREADY_THERE: 1 }, rules: [{ restoredAs: securityGroupRuleId, detail: expect.stringContaining('description') }] });
    expect([...network.rules.values()]).toEqual([expect.objectContaining({ tags: { 'network-hygiene:exempt': 'restored' } })]);
  });

  test('fails for each rule that EC2 refuses, and touches nothing', async () => {
    const { network, ruleIds } = networkWithFlaggedRules(2);
    const world = await World.start({ network });
    await world.sweep(FLAGGED);
    world.ec2.deny('AuthorizeSecurityGroupIngress');

    const { result } = await world.restore({ securityGroupRuleIds: [...ruleIds, 'sgr-0ffffffffffffffff'] });

    expect(result).toMatchObject({ counts: { FAILED: 2, UNKNOWN: 1 } });
    expect((result as Report).rules[0].detail).toMatch(/UnauthorizedOperation.*allowRestore/);
    expect(network.rules.size).toBe(0);
  });

  test.each([
    ['no object', { restore: 'all' }],
    ['nothing to restore', { restore: {} }],
    ['both kinds', { restore: { sweepId: 'x', securityGroupRuleIds: ['sgr-1'] } }],
    ['an empty list', { restore: { securityGroupRuleIds: [] } }],
    ['the id of a group', { restore: { securityGroupRuleIds: ['sg-0123456789abcdef0'] } }],
    ['a configuration beside it', { restore: { securityGroupRuleIds: ['sgr-1'] }, version: 2 }],
  ])('refuses %s, and calls nothing', async (_, event) => {
    const world = await World.start();

    const { error } = await world.lambda.invoke(event);

    expect(error?.message).toMatch(/^Malformed request to restore: .*Nothing was done/);
    expect([...world.ec2.calls, ...world.dynamoDb.calls]).toEqual([]);
  });

  test('is all that the alias is for: it takes no sweep, no custom resource request and no configuration', async () => {
    const { network } = networkWithFlaggedRules(1);
    const world = await World.start({ network });
    const before = network.snapshot();
    const deployment = {
      RequestType: 'Create', ResponseURL: world.bucket.url, StackId: 's', RequestId: 'r', LogicalResourceId: 'l', ResourceProperties: {},
    };
    const through = async (event: unknown): Promise<string | undefined> =>
      (await world.lambda.invoke(event, 60_000, { qualifier: 'restore' })).error?.message;

    const sweeps = [SCHEDULED, { sweep: {} }, { sweep: { securityGroupIds: ['sg-0123456789abcdef0'] } }];
    for (const event of [...sweeps, deployment]) expect(await through(event)).toMatch(/^The alias restore takes requests to restore only/);
    expect(await through(configuration(FLAGGED))).toMatch(/^Unknown event: /);

    expect(network.snapshot()).toEqual(before);
    expect([...world.ec2.calls, ...world.dynamoDb.calls, ...world.bucket.received]).toEqual([]);
  });
});

describe('deployment', () => {
  test.each([
    ['dynamodb:PutItem', (world: World) => world.dynamoDb.deny('PutItem')],
    ['dynamodb:Query', (world: World) => world.dynamoDb.deny('Query')],
    ['dynamodb:GetItem', (world: World) => world.dynamoDb.deny('GetItem')],
    ['ec2:AuthorizeSecurityGroupIngress', (world: World) => world.ec2.deny('AuthorizeSecurityGroupIngress')],
  ])('fails by name without %s, and revokes nothing', async (action, deny) => {
    const { network } = networkWithFlaggedRules(1);
    const world = await World.start({ network });
    deny(world);
    const before = network.snapshot();

    const { body } = await world.deploy('Create', FLAGGED, DENIED_MILLIS);

    expect(body).toMatchObject({ Status: 'FAILED', Reason: expect.stringContaining(action) });
    expect(network.snapshot()).toEqual(before);
    expect(await world.dynamoDb.items()).toEqual([]);
  }, 30_000);

  test.each([
    ['does not exist', (world: World) => world.dynamoDb.fault({ action: '*', kind: 'error', code: 'ResourceNotFoundException' }), 'ResourceNotFoundException'],
    ['has other keys', (world: World) => world.dynamoDb.fault({ action: '*', kind: 'error', code: 'ValidationException' }), 'ValidationException'],
  ])('fails by name, also where everything is only reported, when the table %s', async (_, harm, code) => {
    const world = await World.start({ network: networkWithFlaggedRules(1).network });
    harm(world);

    const { body } = await world.deploy('Create', { staleRules: 'report' }, DENIED_MILLIS);

    expect(body.Status).toBe('FAILED');
    expect(body.Reason).toMatch(new RegExp(`The ledger cannot be used.*partition key hygiene and the sort key id.*${code}: table ${world.dynamoDb.tableName}`));
  });

  test('is undone by Delete without a touch of rules or ledger', async () => {
    const { network } = networkWithFlaggedRules(2);
    const world = await World.start({ network });
    await world.deploy('Create', FLAGGED);
    const [rules, items] = [network.snapshot(), await world.dynamoDb.items()];
    const calls = world.ec2.calls.length + world.dynamoDb.calls.length;

    const { body } = await world.deploy('Delete', FLAGGED);

    expect(body.Status).toBe('SUCCESS');
    expect(network.snapshot()).toEqual(rules);
    expect(await world.dynamoDb.items()).toEqual(items);
    expect(world.ec2.calls.length + world.dynamoDb.calls.length).toBe(calls);
  });
});

describe('a ledger of an earlier version', () => {
  /**
   * Rewrites each item of a rule as earlier versions did: with the rule id as its key, and one reason for all checks.
   */
  async function makeEarlier({ dynamoDb }: World): Promise<void> {
    const items = (await dynamoDb.items()).filter(({ id }) => String(id).startsWith('sg-'));
    for (const { id, securityGroupRuleId, stale, flagged, ...item } of items) {
      const said = (check: unknown): Record<string, unknown> => JSON.parse(String(check ?? '{}')) as Record<string, unknown>;
      const { verdict, declarations = [] } = said(flagged);
      const { reason, sightings = 3 } = said(stale);
      const because = JSON.stringify({ stale: reason, verdict, declarations });
      await dynamoDb.delete({ hygiene: item.hygiene, id });
      await dynamoDb.put({ ...item, id: securityGroupRuleId, because, sightings });
    }
  }

  /** Returns the states of the items of rules, by the form of their ids. */
  async function states({ dynamoDb }: World): Promise<{ earlier: unknown[]; current: unknown[] }> {
    const items = await dynamoDb.items();
    const of = (prefix: string): unknown[] =>
      items.filter(({ id }) => String(id).startsWith(prefix)).map(({ state }) => state);
    return { earlier: of('sgr-'), current: of('sg-') };
  }

  const findings = ({ ec2 }: World): string[] =>
    ec2.events.map(({ detailType }) => detailType).filter(type => type.startsWith('Finding'));

  test('is carried on with: what it has is revoked, told of once, and where it belongs from then on', async () => {
    const { network, ruleIds } = networkWithFlaggedRules(2);
    const world = await World.start({ network });
    await world.sweep({ ...FLAGGED, dryRun: true });
    await makeEarlier(world);

    const { error } = await world.sweep(FLAGGED);

    expect([error, network.rules.size, world.aggregate('ScanErrors')]).toEqual([undefined, 0, 0]);
    expect(await states(world)).toEqual({ earlier: ['HEALED', 'HEALED'], current: ['REVOKED', 'REVOKED'] });
    expect(findings(world).sort()).toEqual(['Finding Opened', 'Finding Opened', 'Finding Resolved', 'Finding Resolved']);
    expect((await world.restore({ securityGroupRuleIds: ruleIds })).result).toMatchObject({ counts: { RESTORED: 2 } });
  });

  test('has its sightings count on', async () => {
    const { network, stale: [{ securityGroupRuleId }] } = networkWithStaleRules(1, 1);
    const grace = { staleRules: 'revoke', grace: { seconds: 3600, sightings: 3, maxGapSeconds: 86_400 } };
    const world = await World.start({ network, clockOffsetMillis: -2 * 3_600_000 });
    for (let sweeps = 0; sweeps < 2; sweeps++) await world.sweep(grace);
    await makeEarlier(world);

    await world.startAnother();
    await world.sweep(grace);

    expect(network.rules.has(securityGroupRuleId)).toBe(false);
  });

  test('has what it revoked put back, by the ids of the rules and by the sweep', async () => {
    const { network, ruleIds: [first, second] } = networkWithFlaggedRules(2);
    const world = await World.start({ network });
    await world.sweep(FLAGGED);
    await makeEarlier(world);
    const sweepId = String(world.logged('Sweep')[0].sweepId);

    const byId = await world.restore({ securityGroupRuleIds: [first] });
    const bySweep = await world.restore({ sweepId });

    expect(byId.result).toMatchObject({ counts: { RESTORED: 1 } });
    expect(bySweep.result).toMatchObject({ counts: { ALREADY_THERE: 1, RESTORED: 1 } });
    expect([...network.rules.values()].map(({ description }) => description).sort()).toEqual(['opened by 0', 'opened by 1']);
    const entries = await world.entries();
    expect([first, second].map(id => entries.get(id)?.state)).toEqual(['RESTORED', 'RESTORED']);
    await world.sweep(FLAGGED);
    expect(network.rules.size).toBe(2);
  });

  test('that a run of some groups meets first has nothing revoked twice, told of as healed, or left open', async () => {
    const { network, groupId } = networkWithFlaggedRules(0);
    const world = await World.start({ network });
    await world.sweep(FLAGGED);
    network.addIngress(groupId, { ipProtocol: 'tcp', fromPort: 22, toPort: 22, cidrIpv4: '0.0.0.0/0' });
    await world.sweep({ ...FLAGGED, dryRun: true });
    await makeEarlier(world);
    await world.putIntoForce(FLAGGED);
    world.ec2.events.length = 0;

    await world.sweepGroups([groupId], FLAGGED);
    await world.sweep(FLAGGED);
    await world.sweep(FLAGGED);

    expect(network.rules.size).toBe(0);
    expect((await states(world)).current).toEqual(['REVOKED']);
    expect((await states(world)).earlier).toEqual(['HEALED']);
    const resolved = world.ec2.events.filter(({ detailType }) => detailType === 'Finding Resolved');
    expect(resolved.map(({ detail }) => detail.resolution)).toEqual(['REVOKED']);
    const counted = world.ec2.metrics.filter(({ name }) => name === 'IngressRulesRevoked');
    expect(counted.reduce((sum, { value }) => sum + value, 0)).toBe(1);
  });
});

describe('a ledger that fails', () => {
  test('leaves a report complete but for the age, counts, and does not fail a sweep that revokes nothing', async () => {
    const { network } = networkWithStaleRules(1, 2);
    const world = await World.start({ network });
    world.dynamoDb.fault({ action: 'Query', kind: 'error' });

    const { error } = await world.sweep({ staleRules: 'report', vpnConnections: { kind: 'none' } });

    expect(error).toBeUndefined();
    expect([world.aggregate('StaleIngressRules'), world.aggregate('ScanErrors'), world.aggregate('OldestStaleRuleAge')]).toEqual([2, 1, undefined]);
  });

  test('in one item affects only its rule, which is kept, and is named with the way to repair it', async () => {
    const { network } = networkWithFlaggedRules(2);
    const world = await World.start({ network });
    await world.sweep({ ...FLAGGED, dryRun: true });
    const [item] = (await world.dynamoDb.items()).filter(({ id }) => String(id).startsWith('sg-'));
    await world.dynamoDb.put({ ...item, rule: 'not JSON' });
    const ruleId = item.securityGroupRuleId;

    const { error } = await world.sweep(FLAGGED);

    expect(error).toBeUndefined();
    expect([...network.rules.keys()]).toEqual([ruleId]);
    const counts = ['RevocationsWithheld', 'ScanErrors', 'IngressRulesRevoked'].map(name => world.aggregate(name));
    expect(counts).toEqual([1, 1, 1]);
    const said = `the ledger's item ${String(item.id)} cannot be read: its attribute rule is not a JSON object. Look at`;
    expect(world.logged('ScanError')).toEqual([
      expect.objectContaining({ level: 'ERROR', resourceId: ruleId, message: expect.stringContaining(said) as string }),
    ]);
  });

  test.each(['vpn-', 'latest-sweep'])('in another item (%s…) affects only that item, and is named', async prefix => {
    const { network } = networkWithFlaggedRules(2);
    network.addVpnConnection({ telemetry: [{ outsideIpAddress: '192.0.2.1', status: 'DOWN' }] });
    const world = await World.start({ network });
    await world.sweep({ ...FLAGGED, dryRun: true });
    const item = (await world.dynamoDb.items()).find(({ id }) => String(id).startsWith(prefix));
    await world.dynamoDb.put({ ...item, connection: undefined, sweep: undefined });

    const { error } = await world.sweep(FLAGGED);

    expect([error, network.rules.size, world.aggregate('ScanErrors')]).toEqual([undefined, 0, 1]);
    const said = `The ledger failed in part: the ledger's item ${String(item?.id)} cannot be read`;
    expect(world.logged('ScanError'))
      .toEqual([expect.objectContaining({ message: expect.stringContaining(said) as string })]);
    // This is the repair that the error advises.
    await world.dynamoDb.delete({ hygiene: item?.hygiene, id: item?.id });
    await world.sweep(FLAGGED);
    expect(world.aggregate('ScanErrors')).toBe(0);
  });
});

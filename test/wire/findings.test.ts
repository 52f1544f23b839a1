/** Tests the shipped function of the findings table, with the ledger that the shipped handler has written. */
import { HANDLER_FOLDER, SSH_FROM_ANYWHERE, stopWorlds, World } from './world';
import { HYGIENE_VARIABLE, LEDGER_TABLE_VARIABLE, RESTORE_FUNCTION_VARIABLE } from '../../src/contract/names';
import { Network } from '../support/ec2-endpoint';
import { LambdaProcess } from '../support/lambda-process';

const lambdas: LambdaProcess[] = [];

afterEach(async () => {
  await Promise.all(lambdas.splice(0).map(lambda => lambda.stop()));
  await stopWorlds();
});

async function startFindings({ dynamoDb }: World, tableName = dynamoDb.tableName): Promise<LambdaProcess> {
  const lambda = await LambdaProcess.start({
    handlerFolder: HANDLER_FOLDER, handlerFile: 'findings.mjs', endpointUrl: 'http://127.0.0.1:9', dynamoDbUrl: dynamoDb.url,
    env: { [HYGIENE_VARIABLE]: 'Test/Hygiene', [LEDGER_TABLE_VARIABLE]: tableName, [RESTORE_FUNCTION_VARIABLE]: 'handler:restore' },
  });
  lambdas.push(lambda);
  return lambda;
}

/** A group with a malicious name and a rule from anywhere, and a VPN connection with one tunnel down. */
function sampleNetwork(): { network: Network; groupId: string; ruleId: string } {
  const network = new Network();
  const { groupId } = network.addSecurityGroup({ vpcId: network.addVpc().vpcId, groupName: 'web' });
  const rule = network.addIngress(groupId, { ipProtocol: 'tcp', fromPort: 22, toPort: 22, cidrIpv4: '0.0.0.0/0', description: '<script>alert(1)</script>' });
  network.addVpnConnection({ telemetry: [{ outsideIpAddress: '192.0.2.1', status: 'UP' }, { outsideIpAddress: '192.0.2.2', status: 'DOWN' }] });
  return { network, groupId, ruleId: rule.securityGroupRuleId };
}

const FLAGGED = { staleRules: 'ignore', flaggedIngressRules: [SSH_FROM_ANYWHERE] };

test('tells that there has been no sweep, then what would be revoked, then what was and how to put it back', async () => {
  const { network, ruleId } = sampleNetwork();
  const world = await World.start({ network });
  const findings = await startFindings(world);
  expect((await findings.invoke({})).result).toContain('No sweep has been recorded yet.');

  await world.sweep({ ...FLAGGED, dryRun: true });
  const { result: open } = await findings.invoke({ widgetContext: { theme: 'dark', width: 400 } });
  expect(open).toContain('Would be revoked; this is a dry run');
  expect(open).toContain(ruleId);
  expect(open).toContain('192.0.2.2');
  expect(open).toContain('&lt;script&gt;alert(1)&lt;/script&gt;');
  expect(open).not.toContain('<script>');

  await world.sweep(FLAGGED);
  const { result: revoked } = await findings.invoke({});
  expect(revoked).toContain('No open findings.');
  expect(revoked).toContain(`--function-name handler:restore --cli-binary-format raw-in-base64-out --payload &#39;{&quot;restore&quot;:{&quot;securityGroupRuleIds&quot;:[&quot;${ruleId}&quot;]}}&#39;`);
});

test('does not tell of VPN connections as they were as if they were so now', async () => {
  const { network } = sampleNetwork();
  const world = await World.start({ network });
  const findings = await startFindings(world);
  const denial = 'The latest sweep could not read or record VPN connections';
  await world.sweep({ ...FLAGGED, dryRun: true });
  expect((await findings.invoke({})).result).not.toContain(denial);

  world.ec2.deny('DescribeVpnConnections');
  await world.sweep({ ...FLAGGED, dryRun: true });
  const { result } = await findings.invoke({});
  expect(result).toContain(`${denial}: this is the last that was seen.`);
  expect(result).toContain('It looked at security group rules, where it could. It could not read or record VPN connections.');
  expect(result).toContain('192.0.2.2');
  expect(result).not.toMatch(/class="good/);
});

test('tells of VPN connections without routes, of tunnels that have flapped, and of what is pending for long', async () => {
  const network = new Network();
  const changed = (ago: number): Date => new Date(Date.now() - ago * 3_600_000);
  const tunnel = { outsideIpAddress: '192.0.2.1', status: 'UP', acceptedRouteCount: 0, lastStatusChange: changed(90) };
  const connection = network.addVpnConnection({ telemetry: [tunnel] });
  network.addVpnConnection({ state: 'pending' });
  const world = await World.start({ network, clockOffsetMillis: -48 * 3_600_000 });
  const findings = await startFindings(world);
  await world.sweep({ ...FLAGGED, dryRun: true });
  const { result: before } = await findings.invoke({});
  expect(before).toContain('Up, without routes');
  expect(before).not.toMatch(/flapped|Still pending/);

  const flappedAt = changed(1);
  connection.telemetry = [{ ...tunnel, lastStatusChange: flappedAt }];
  await world.startAnother();
  await world.sweep({ ...FLAGGED, dryRun: true });
  const { result } = await findings.invoke({});
  expect(result).toContain('Still pending');
  expect(result).toContain(`flapped, last at ${flappedAt.toISOString().slice(0, 10)}`);
});

test('tells that VPN connections could not be read when none is known', async () => {
  const world = await World.start();
  world.ec2.deny('DescribeVpnConnections');
  await world.sweep({ ...FLAGGED, dryRun: true });
  const { result } = await (await startFindings(world)).invoke({});
  expect(result).toContain('Unknown: the latest sweep could not read or record VPN connections.');
  expect(result).not.toMatch(/no VPN connections|No VPN connections|No open findings\./);
});

test('shows what can be read, and names what cannot, with how to repair it', async () => {
  const { network, groupId, ruleId } = sampleNetwork();
  const world = await World.start({ network });
  await world.sweep({ ...FLAGGED, dryRun: true });
  const corrupt = async (id: string, change: Record<string, unknown>): Promise<void> => {
    const item = (await world.dynamoDb.items()).find(each => String(each.id).startsWith(id));
    await world.dynamoDb.put({ ...item, ...change });
  };
  const findings = await startFindings(world);
  await corrupt('latest-sweep', { sweep: '<b>' });
  const { result: withoutSweep } = await findings.invoke({});
  expect(withoutSweep).toContain(ruleId);
  expect(withoutSweep).toContain('1 item of the ledger cannot be read.');
  expect(withoutSweep).toContain('The latest sweep is unknown, because its record cannot be read.');
  expect(withoutSweep).not.toMatch(/class="good|No sweep has been recorded/);

  await corrupt('vpn-', { connection: undefined });
  await corrupt('sg-', { state: '<script>' });
  const { result } = await findings.invoke({});
  expect(result).toContain('3 items of the ledger cannot be read.');
  expect(result).toContain(`the ledger&#39;s item ${groupId}#${ruleId} cannot be read: its attribute state is not one of OPEN, PENDING,`);
  expect(result).not.toMatch(/<script>|No open findings\.|\(0\)/);
});

test('describes itself without reading anything', async () => {
  const world = await World.start();
  const { result } = await (await startFindings(world)).invoke({ describe: true });
  expect(result).toEqual({ markdown: expect.stringContaining('``` yaml\nfindingsPage: 1\nrevocationsPage: 1\n```') });
  expect(world.dynamoDb.calls).toEqual([]);
});

test('tells what is missing when it may not read, and does not read as if there were nothing', async () => {
  const world = await World.start();
  world.dynamoDb.deny('Query');
  const { result, error } = await (await startFindings(world)).invoke({});
  expect(error).toBeUndefined();
  expect(result).toContain('AccessDeniedException');
  expect(result).toContain('dynamodb:Query');
  expect(result).not.toMatch(/No open findings|No sweep/);
});

test('tells which environment variable it has not', async () => {
  const world = await World.start();
  expect((await (await startFindings(world, '')).invoke({})).result).toContain(LEDGER_TABLE_VARIABLE);
});

test('only reads', async () => {
  const { network } = sampleNetwork();
  const world = await World.start({ network });
  await world.sweep({ ...FLAGGED, dryRun: true });
  const before = world.dynamoDb.calls.length;
  await (await startFindings(world)).invoke({});
  const actions = world.dynamoDb.calls.slice(before).map(({ action }) => action);
  expect(actions.length).toBeGreaterThan(0);
  expect(actions.filter(action => action !== 'Query' && action !== 'GetItem')).toEqual([]);
});

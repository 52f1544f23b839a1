/** Tests the import of findings into Security Hub over the wire, with the shipped bundle. */
import { DENIED_MILLIS, networkWithStaleRules, SSH_FROM_ANYWHERE, stopWorlds, World } from './world';
import type { SecurityFinding } from '../../lambda/core/model/security-hub';
import { violationsOfFinding } from '../support/security-hub/asff';

afterEach(stopWorlds);

const IMPORTING = { vpnConnections: { kind: 'none' }, securityHub: true };
const FLAGGING = {
  ...IMPORTING, flaggedIngressRules: [{ ...SSH_FROM_ANYWHERE, action: { kind: 'report' }, reason: 'use Session Manager' }],
};

const calls = ({ ec2 }: World) => ec2.calls.filter(({ action }) => action === 'BatchImportFindings');
const nameOf = ({ Id }: SecurityFinding): string => Id.split('/').at(-1) ?? '';
const active = ({ ec2 }: World): string[] => [...ec2.securityHub().active.values()].map(nameOf).sort();

/** Returns what was imported since the last call, such as `ACTIVE sgr-1`. */
const imported = ({ ec2 }: World): string[] => ec2.securityHub().calls.splice(0).flat()
  .map(finding => `${finding.RecordState} ${nameOf(finding)}`).sort();

const delivered = (world: World): unknown[] => world.logged('DeliveryFailed').map(({ message }) => message);

test('a sweep imports what it finds, once, and archives what has ended', async () => {
  const { network, stale } = networkWithStaleRules(1, 3);
  const world = await World.start({ network });
  expect((await world.sweep(IMPORTING)).error).toBeUndefined();
  const ids = stale.map(({ securityGroupRuleId }) => securityGroupRuleId).sort();
  expect(imported(world)).toEqual(ids.map(id => `ACTIVE ${id}`));
  expect(calls(world).map(({ signer }) => [signer?.service, signer?.region])).toEqual([['securityhub', 'eu-central-1']]);
  await world.sweep(IMPORTING);
  expect(imported(world)).toEqual([]);
  network.rules.delete(ids[0]);
  await world.sweep(IMPORTING);
  expect(imported(world)).toEqual([`ARCHIVED ${ids[0]}`]);
  expect(active(world)).toEqual(ids.slice(1));
  expect(world.aggregate('DeliveriesFailed')).toBe(0);
  expect(delivered(world)).toEqual([]);
  expect(world.logged('SecurityHub').map(line => [line.imported, line.archived, line.failed])).toEqual([[3, 0, 0], [1, 1, 0]]);
  const items = await world.dynamoDb.items() as unknown as Array<{ id: string }>;
  expect(items.filter(({ id }) => id.startsWith('securityHub#')).length).toBeGreaterThan(0);
});

test('a finding is valid, and is of the account, the Region and the product of the function', async () => {
  const world = await World.start();
  const { vpcId } = world.network.addVpc();
  const { groupId } = world.network.addSecurityGroup({ vpcId, groupName: 'bastion' });
  const { securityGroupRuleId } = world.network.addIngress(groupId, { cidrIpv4: '0.0.0.0/0', ipProtocol: 'tcp', fromPort: 22, toPort: 22 });
  await world.sweep(FLAGGING);
  const [finding, ...more] = world.ec2.securityHub().calls.flat();
  expect(more).toEqual([]);
  expect(violationsOfFinding(finding)).toEqual([]);
  expect(finding).toMatchObject({
    Id: `cdk-network-hygiene/Test/Hygiene/${groupId}/${securityGroupRuleId}`,
    ProductArn: 'arn:aws:securityhub:eu-central-1:111122223333:product/111122223333/default',
    AwsAccountId: '111122223333', RecordState: 'ACTIVE', Compliance: { Status: 'FAILED' },
    FindingProviderFields: { Severity: { Label: 'HIGH', Original: 'SENSITIVE_FROM_INTERNET' } },
    Resources: [{
      Type: 'AwsEc2SecurityGroup', Region: 'eu-central-1', Id: `arn:aws:ec2:eu-central-1:111122223333:security-group/${groupId}`,
    }, {}],
  });
  expect(finding.Description).toContain('use Session Manager');
});

test('250 findings take three calls', async () => {
  const { network } = networkWithStaleRules(5, 50);
  const world = await World.start({ network });
  await world.sweep(IMPORTING, 60_000);
  expect(calls(world).map(({ parameters: { Findings } }) => (Findings as object[]).length)).toEqual([100, 100, 50]);
  expect(active(world)).toHaveLength(250);
});

test('a sweep that is not to import makes no call, and writes nothing about it', async () => {
  const { network } = networkWithStaleRules(1, 1);
  const world = await World.start({ network });
  await world.sweep({ vpnConnections: { kind: 'none' } });
  expect(calls(world)).toEqual([]);
  const items = await world.dynamoDb.items() as unknown as Array<{ id: string }>;
  expect(items.filter(({ id }) => id.startsWith('securityHub#'))).toEqual([]);
});

test('a sweep over a group imports its findings only', async () => {
  const { network, stale: [first, second] } = networkWithStaleRules(1, 2);
  const world = await World.start({ network });
  await world.sweepGroups([first.groupId], IMPORTING);
  expect(active(world)).toEqual([first.securityGroupRuleId]);
  await world.sweepGroups([second.groupId], IMPORTING);
  expect(active(world)).toEqual([first.securityGroupRuleId, second.securityGroupRuleId].sort());
});

test.each([
  ['is off', 'off', /Security Hub is off in 111122223333 in eu-central-1 \(InvalidAccessException: Account 111122223333 is not subscribed/],
  ['refuses each finding because it is off', 'off for each finding', /Security Hub is off in 111122223333 in eu-central-1 \(InvalidAccess: /],
] as const)('where Security Hub %s, sweeps succeed, say so once, and import when it is on', async (_, state, message) => {
  const { network } = networkWithStaleRules(1, 2);
  const world = await World.start({ network });
  const hub = world.ec2.securityHub();
  hub.state = state;
  for (let sweep = 0; sweep < 3; sweep++) expect((await world.sweep(IMPORTING)).error).toBeUndefined();
  expect(delivered(world)).toEqual([expect.stringMatching(message)]);
  expect(world.ec2.metrics.filter(({ name }) => name === 'DeliveriesFailed').map(({ value }) => value)).toEqual([2, 0, 0]);
  hub.state = 'on';
  await world.sweep(IMPORTING);
  expect(active(world)).toHaveLength(2);
});

test('an import that is denied fails no sweep', async () => {
  const { network } = networkWithStaleRules(1, 1);
  const world = await World.start({ network });
  world.ec2.deny('BatchImportFindings');
  expect((await world.sweep(IMPORTING)).error).toBeUndefined();
  expect(delivered(world)).toEqual([expect.stringMatching(/Allow securityhub:BatchImportFindings to the role/)]);
  expect(world.aggregate('ScanErrors')).toBe(0);
  expect(world.aggregate('DeliveriesFailed')).toBe(1);
});

describe('a deployment', () => {
  const said = async (world: World): Promise<unknown> => (await world.deploy('Create', IMPORTING)).body.Data?.SecurityHub;

  test('imports one archived finding', async () => {
    const world = await World.start();
    expect(await said(world)).toBe('Findings are imported into Security Hub');
    expect(imported(world)).toEqual(['ARCHIVED deployment']);
  });

  test('succeeds where Security Hub is off, and says what to do', async () => {
    const world = await World.start();
    world.ec2.securityHub().state = 'off';
    expect(await said(world)).toMatch(/^Security Hub is off in 111122223333 in eu-central-1 .* or set securityHub to false\.$/);
  });

  test('fails if the import is denied, and names the action', async () => {
    const world = await World.start();
    world.ec2.deny('BatchImportFindings');
    const { body } = await world.deploy('Create', IMPORTING, DENIED_MILLIS);
    expect(body).toMatchObject({ Status: 'FAILED', Reason: expect.stringContaining('securityhub:BatchImportFindings') as string });
  });
});

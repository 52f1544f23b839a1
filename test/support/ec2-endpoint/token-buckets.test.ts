/**
 * Tests throttling as documented: a bucket per action that refills by the second.
 *
 * @see https://docs.aws.amazon.com/ec2/latest/devguide/ec2-api-throttling.html
 */
import {
  DescribeSecurityGroupRulesCommand, DescribeSecurityGroupsCommand, DescribeStaleSecurityGroupsCommand,
  DescribeVpcsCommand, DescribeVpnConnectionsCommand,
} from '@aws-sdk/client-ec2';
import { Network } from './';
import { connect, disconnect, refusal } from './over-the-wire';
import { TokenBuckets } from './token-buckets';

afterEach(disconnect);

describe('the bucket of', () => {
  test.each([
    ['DescribeStaleSecurityGroups', 20, 5],
    ['DescribeSecurityGroups', 100, 20],
    ['DescribeSecurityGroupRules', 100, 20],
    ['DescribeVpcs', 100, 20],
    ['DescribeManagedPrefixLists', 100, 20],
    ['GetManagedPrefixListEntries', 100, 20],
    ['DescribeNetworkInterfaces', 100, 20],
    ['DescribeVpcPeeringConnections', 100, 20],
    ['DescribeVpnConnections', 100, 20],
    ['RevokeSecurityGroupIngress', 50, 5],
    ['RevokeSecurityGroupEgress', 50, 5],
    ['AuthorizeSecurityGroupIngress', 50, 5],
    ['AuthorizeSecurityGroupEgress', 50, 5],
    ['ModifySecurityGroupRules', 50, 5],
    ['DeleteSecurityGroup', 50, 5],
    ['CreateTags', 100, 10],
    ['DeleteTags', 100, 10],
    ['unfiltered', 50, 10],
  ])('%s has %d tokens, and gets %d a second', (name, capacity, refillPerSecond) => {
    let now = 0;
    const buckets = new TokenBuckets(() => now);
    const takeAll = () => {
      let taken = 0;
      while (buckets.take(name)) taken += 1;
      return taken;
    };
    expect(takeAll()).toBe(capacity);
    now += 1000;
    expect(takeAll()).toBe(refillPerSecond);
    now += 1000 / refillPerSecond - 1;
    expect(takeAll()).toBe(0);
    now += 2;
    expect(takeAll()).toBe(1);
    now += 3_600_000;
    expect(takeAll()).toBe(capacity);
  });
});

describe('over the wire', () => {
  function networkOfOneVpc() {
    const network = new Network();
    return { network, VpcId: network.addVpc().vpcId };
  }

  test('a call without a token is RequestLimitExceeded, until there is one again', async () => {
    const { network, VpcId } = networkOfOneVpc();
    let now = 0;
    const { ec2, endpoint } = await connect({ network, tokenBuckets: true, now: () => now });
    const send = () => ec2.send(new DescribeStaleSecurityGroupsCommand({ VpcId }));
    for (let count = 0; count < 20; count++) await send();
    expect(await refusal(send())).toMatchObject({ code: 'RequestLimitExceeded', status: 503 });
    now += 199;
    expect(await refusal(send())).toMatchObject({ code: 'RequestLimitExceeded' });
    now += 2;
    await expect(send()).resolves.toBeDefined();
    expect(endpoint.calls.filter(({ outcome }) => outcome === 'RequestLimitExceeded')).toHaveLength(2);
  });

  test('each action has a bucket of its own', async () => {
    const { network, VpcId } = networkOfOneVpc();
    const { ec2 } = await connect({ network, tokenBuckets: true, now: () => 0 });
    for (let count = 0; count < 20; count++) await ec2.send(new DescribeStaleSecurityGroupsCommand({ VpcId }));
    expect(await refusal(ec2.send(new DescribeStaleSecurityGroupsCommand({ VpcId })))).toMatchObject({
      code: 'RequestLimitExceeded',
    });
    for (const command of [
      new DescribeVpcsCommand({}),
      new DescribeVpnConnectionsCommand({}),
      new DescribeSecurityGroupRulesCommand({}),
    ]) {
      await expect(ec2.send(command)).resolves.toBeDefined();
    }
  });

  test('DescribeSecurityGroups that asks for everything at once has a smaller bucket than any other', async () => {
    const { ec2 } = await connect({ tokenBuckets: true, now: () => 0 });
    for (let count = 0; count < 50; count++) await ec2.send(new DescribeSecurityGroupsCommand({}));
    expect(await refusal(ec2.send(new DescribeSecurityGroupsCommand({})))).toMatchObject({
      code: 'RequestLimitExceeded',
    });
    for (const request of [{ MaxResults: 5 }, { Filters: [{ Name: 'vpc-id', Values: ['vpc-11111111'] }] }]) {
      await expect(ec2.send(new DescribeSecurityGroupsCommand(request))).resolves.toBeDefined();
    }
  });

  test('what is refused or a dry run takes a token too, what is throttled takes none', async () => {
    const { network, VpcId } = networkOfOneVpc();
    let now = 0;
    const { ec2 } = await connect({ network, tokenBuckets: true, now: () => now });
    const outcome = (request: { VpcId: string; DryRun?: boolean }) =>
      ec2.send(new DescribeStaleSecurityGroupsCommand(request)).then(() => 'OK', (error: Error) => error.name);
    for (let count = 0; count < 10; count++) {
      expect(await outcome({ VpcId, DryRun: true })).toBe('DryRunOperation');
      expect(await outcome({ VpcId: 'vpc-99999999' })).toBe('InvalidVpcID.NotFound');
    }
    for (let count = 0; count < 10; count++) expect(await outcome({ VpcId })).toBe('RequestLimitExceeded');
    now += 201;
    expect(await outcome({ VpcId })).toBe('OK');
  });

  test('is judged as the call arrives, before its latency has passed', async () => {
    const { network, VpcId } = networkOfOneVpc();
    let now = 0;
    const { ec2, endpoint } = await connect({ network, tokenBuckets: true, latencyMillis: 300, now: () => now });
    const calls = Promise.all(Array.from({ length: 21 }, () =>
      ec2.send(new DescribeStaleSecurityGroupsCommand({ VpcId })).then(() => 'OK', (error: Error) => error.name)));
    while (endpoint.calls.length < 21) await new Promise(setImmediate);
    // In 300 ms the bucket regains a token, which the last call would get if it were judged late.
    now += 300;
    expect((await calls).filter(outcome => outcome !== 'OK')).toEqual(['RequestLimitExceeded']);
  });

  test('there is no throttling unless it is asked for', async () => {
    const { network, VpcId } = networkOfOneVpc();
    const { ec2 } = await connect({ network });
    for (let count = 0; count < 25; count++) await ec2.send(new DescribeStaleSecurityGroupsCommand({ VpcId }));
  });
});

/** Tests faults on demand, hooks around a call, and the journal of calls. */
import { PutMetricDataCommand } from '@aws-sdk/client-cloudwatch';
import {
  CreateTagsCommand,
  DescribeSecurityGroupRulesCommand,
  DescribeStaleSecurityGroupsCommand,
  DescribeVpcsCommand,
  type EC2Client,
  RevokeSecurityGroupIngressCommand,
} from '@aws-sdk/client-ec2';
import { type ArrivalHook, type Fault, Network } from './';
import { connect, disconnect, peeredNetwork, refusal, type WireOptions } from './over-the-wire';

afterEach(disconnect);

const describeVpcs = (ec2: EC2Client) => ec2.send(new DescribeVpcsCommand({}));

async function connected(wireOptions: WireOptions = {}) {
  const { network, group, rule, vpc } = peeredNetwork();
  const wire = await connect({ ...wireOptions, network });
  const revoke = (options: { abortSignal?: AbortSignal } = {}) =>
    wire.ec2.send(
      new RevokeSecurityGroupIngressCommand({
        GroupId: group.groupId,
        SecurityGroupRuleIds: [rule.securityGroupRuleId],
      }),
      options,
    );
  return { ...wire, vpc, rule, revoke };
}

/** Returns the results of `count` calls of DescribeVpcs in sequence. */
async function outcomes(ec2: EC2Client, count: number): Promise<string[]> {
  const results: string[] = [];
  for (let call = 0; call < count; call++) {
    results.push(
      await describeVpcs(ec2).then(
        () => 'OK',
        (error: Error) => error.name,
      ),
    );
  }
  return results;
}

describe('a fault', () => {
  test.each<[Omit<Fault, 'action'>, string, number]>([
    [{ kind: 'throttle' }, 'RequestLimitExceeded', 503],
    [{ kind: 'error' }, 'InternalError', 500],
    [{ kind: 'error', code: 'Unavailable', status: 503 }, 'Unavailable', 503],
    [{ kind: 'error', code: 'AuthFailure', message: 'no' }, 'AuthFailure', 400],
  ])('%j is answered as %s %d, without effect', async (fault, code, status) => {
    const { endpoint, network, revoke } = await connected();
    endpoint.fault({ action: 'RevokeSecurityGroupIngress', ...fault });
    expect(await refusal(revoke())).toMatchObject({
      code,
      status,
      message: fault.message ?? (expect.any(String) as string),
    });
    expect(network.rules.size).toBe(1);
    expect(endpoint.calls).toMatchObject([{ outcome: code }]);
  });

  test('error-after-effect errs when the rule is revoked: a second attempt finds it gone', async () => {
    const { endpoint, network, revoke } = await connected({ maxAttempts: 3 });
    endpoint.fault({ action: 'RevokeSecurityGroupIngress', kind: 'error-after-effect', times: 1 });
    expect(await refusal(revoke())).toMatchObject({ code: 'InvalidSecurityGroupRuleId.NotFound' });
    expect(network.rules.size).toBe(0);
    expect(endpoint.calls).toMatchObject([
      { attempt: 1, outcome: 'InternalError' },
      { attempt: 2, outcome: 'InvalidSecurityGroupRuleId.NotFound' },
    ]);
  });

  test('error-after-effect does not hide a refusal', async () => {
    const { endpoint, ec2 } = await connected();
    endpoint.fault({ action: '*', kind: 'error-after-effect' });
    expect(await refusal(ec2.send(new DescribeVpcsCommand({ VpcIds: ['vpc-99999999'] })))).toMatchObject({
      code: 'InvalidVpcID.NotFound',
    });
  });

  test('drop-socket closes the connection without an answer or an effect', async () => {
    const { endpoint, network, revoke } = await connected();
    endpoint.fault({ action: 'RevokeSecurityGroupIngress', kind: 'drop-socket' });
    await expect(revoke()).rejects.toThrow('socket hang up');
    expect(network.rules.size).toBe(1);
    expect(endpoint.calls).toMatchObject([{ outcome: 'drop-socket' }]);
  });

  test('hang never answers, and does not keep the endpoint from stopping', async () => {
    const { endpoint, network, revoke } = await connected();
    endpoint.fault({ action: 'RevokeSecurityGroupIngress', kind: 'hang' });
    const given = new AbortController();
    const givenUp = refusal(revoke({ abortSignal: given.signal }));
    while (endpoint.calls.length < 1) await new Promise(setImmediate);
    given.abort();
    await expect(givenUp).resolves.toBeDefined();
    const hanging = refusal(revoke());
    while (endpoint.calls.length < 2) await new Promise(setImmediate);
    await endpoint.stop();
    await expect(hanging).resolves.toBeDefined();
    expect(network.rules.size).toBe(1);
    expect(endpoint.calls.map(({ outcome }) => outcome)).toEqual(['hang', 'hang']);
  });

  test('delay makes the call late, which then succeeds', async () => {
    const { endpoint, ec2 } = await connected();
    endpoint.fault({ action: 'DescribeVpcs', kind: 'delay', delayMillis: 60, times: 1 });
    const started = performance.now();
    expect(await outcomes(ec2, 1)).toEqual(['OK']);
    expect(performance.now() - started).toBeGreaterThanOrEqual(58);
  });

  test('strikes as often as it says, and each n-th call', async () => {
    const { endpoint, ec2 } = await connected();
    endpoint.fault({ action: 'DescribeVpcs', kind: 'error', code: 'Once', times: 1 });
    endpoint.fault({ action: 'DescribeVpcs', kind: 'error', code: 'EachThird', every: 3, times: 2 });
    expect(await outcomes(ec2, 10)).toEqual([
      'Once',
      'OK',
      'EachThird',
      'OK',
      'OK',
      'EachThird',
      'OK',
      'OK',
      'OK',
      'OK',
    ]);
  });

  test('strikes its action only, or any with *, and those calls that it picks by their parameters', async () => {
    const { endpoint, ec2, network, vpc } = await connected();
    const other = network.addVpc();
    endpoint.fault({
      action: 'DescribeStaleSecurityGroups',
      kind: 'throttle',
      when: ({ VpcId }) => VpcId === vpc.vpcId,
    });
    const stale = (VpcId: string) => ec2.send(new DescribeStaleSecurityGroupsCommand({ VpcId }));
    expect(await refusal(stale(vpc.vpcId))).toMatchObject({ code: 'RequestLimitExceeded' });
    await expect(stale(other.vpcId)).resolves.toBeDefined();
    expect(await outcomes(ec2, 1)).toEqual(['OK']);
    endpoint.fault({ action: '*', kind: 'error', code: 'Any' });
    expect(await outcomes(ec2, 1)).toEqual(['Any']);
  });

  test('waits for a call that is not throttled', async () => {
    let now = 0;
    const { endpoint, ec2 } = await connected({ tokenBuckets: true, now: () => now });
    await outcomes(ec2, 100);
    endpoint.fault({ action: 'DescribeVpcs', kind: 'error', code: 'Once', times: 1 });
    expect(await outcomes(ec2, 1)).toEqual(['RequestLimitExceeded']);
    now += 1000;
    expect(await outcomes(ec2, 2)).toEqual(['Once', 'OK']);
  });

  test('is over when faults are cleared', async () => {
    const { endpoint, ec2 } = await connected();
    endpoint.fault({ action: '*', kind: 'error', code: 'Any' });
    endpoint.clearFaults();
    expect(await outcomes(ec2, 1)).toEqual(['OK']);
  });

  test('is overcome by the SDK, when it passes', async () => {
    const { endpoint, ec2 } = await connected({ maxAttempts: 3 });
    endpoint.fault({ action: 'DescribeVpcs', kind: 'error', times: 2 });
    expect(await outcomes(ec2, 1)).toEqual(['OK']);
    expect(endpoint.calls.map(({ attempt, outcome }) => `${attempt} ${outcome}`)).toEqual([
      '1 InternalError',
      '2 InternalError',
      '3 OK',
    ]);
  });
});

describe('latency', () => {
  test('is that of each call, however many there are at once', async () => {
    const { ec2 } = await connected({ latencyMillis: 50 });
    await describeVpcs(ec2);
    const started = performance.now();
    await Promise.all(Array.from({ length: 40 }, () => describeVpcs(ec2)));
    const took = performance.now() - started;
    expect(took).toBeGreaterThanOrEqual(48);
    // One after the other would take 2000 ms.
    expect(took).toBeLessThan(1900);
  });
});

describe('hooks', () => {
  test('run before and after the effect, with the parameters, and can change the network', async () => {
    const { endpoint, network, rule, revoke } = await connected();
    const seen: string[] = [];
    endpoint.before(
      'RevokeSecurityGroupIngress',
      ({ GroupId }) => void seen.push(`before ${String(GroupId)} ${network.rules.size}`),
    );
    endpoint.after('RevokeSecurityGroupIngress', async ({ GroupId }) => {
      await new Promise(setImmediate);
      seen.push(`after ${String(GroupId)} ${network.rules.size}`);
    });
    await revoke();
    expect(seen).toEqual([`before ${rule.groupId} 1`, `after ${rule.groupId} 0`]);
  });

  test('that change the network between listing and reading are seen by the reading', async () => {
    const { endpoint, ec2, network, vpc } = await connected();
    endpoint.after('DescribeVpcs', () => network.deleteVpc(vpc.vpcId));
    await describeVpcs(ec2);
    expect(await refusal(ec2.send(new DescribeStaleSecurityGroupsCommand({ VpcId: vpc.vpcId })))).toMatchObject({
      code: 'InvalidVpcID.NotFound',
    });
  });

  test('do not run for what is denied, a dry run, or struck by a fault', async () => {
    const { endpoint, ec2 } = await connected();
    const hook = jest.fn();
    endpoint.before('DescribeVpcs', hook);
    await refusal(ec2.send(new DescribeVpcsCommand({ DryRun: true })));
    endpoint.fault({ action: 'DescribeVpcs', kind: 'error', times: 1 });
    await refusal(describeVpcs(ec2));
    endpoint.deny('DescribeVpcs');
    await refusal(describeVpcs(ec2));
    expect(hook).not.toHaveBeenCalled();
  });

  test('of * run around every action, which they are told, PutMetricData included', async () => {
    const { endpoint, ec2, cloudWatch, rule, revoke } = await connected();
    const seen: string[] = [];
    endpoint.arrived('*', (_, action) => void seen.push(`arrived ${action}`));
    endpoint.before('*', ({ GroupId }, action) => void seen.push(`before ${action} ${String(GroupId)}`));
    endpoint.after('*', ({ Namespace }, action) => void seen.push(`after ${action} ${String(Namespace)}`));
    await revoke();
    await cloudWatch.send(new PutMetricDataCommand({ Namespace: 'N', MetricData: [{ MetricName: 'M', Value: 1 }] }));
    expect(seen).toEqual([
      'arrived RevokeSecurityGroupIngress',
      `before RevokeSecurityGroupIngress ${rule.groupId}`,
      'after RevokeSecurityGroupIngress undefined',
      'arrived PutMetricData',
      'before PutMetricData undefined',
      'after PutMetricData N',
    ]);
    endpoint.clearHooks();
    await describeVpcs(ec2);
    expect(seen).toHaveLength(6);
  });

  test.each<[string, ArrivalHook]>([
    ['says drop', () => 'drop'],
    ['says drop later', async () => {
      await new Promise(done => setImmediate(done));
      return 'drop';
    }],
    ['rejects', () => Promise.reject(new Error('the caller is gone'))],
    ['throws', () => {
      throw new Error('the caller is gone');
    }],
  ])('on arrival, when one %s, leave the call without effect and answer', async (_, hook) => {
    const { endpoint, ec2, network, revoke } = await connected();
    const laterHook = jest.fn();
    endpoint.arrived('RevokeSecurityGroupIngress', hook);
    endpoint.before('*', laterHook);
    await expect(revoke()).rejects.toThrow('socket hang up');
    expect(network.rules.size).toBe(1);
    expect(laterHook).not.toHaveBeenCalled();
    expect(endpoint.calls).toMatchObject([{ action: 'RevokeSecurityGroupIngress', outcome: 'drop-socket' }]);
    await describeVpcs(ec2);
    expect(laterHook).toHaveBeenCalledTimes(1);
  });

  test('on arrival see what is refused, too, and find it in the journal', async () => {
    const { endpoint, ec2 } = await connected();
    const seen: string[] = [];
    endpoint.arrived(
      'DescribeVpcs',
      () => void seen.push(...endpoint.calls.map(({ action, outcome }) => `${action} ${outcome}`)),
    );
    endpoint.deny('DescribeVpcs');
    expect(await refusal(describeVpcs(ec2))).toMatchObject({ code: 'UnauthorizedOperation' });
    expect(seen).toEqual(['DescribeVpcs pending']);
  });

  test('that throw make the call an InternalError that says why', async () => {
    const { endpoint, ec2 } = await connected();
    endpoint.before('DescribeVpcs', () => {
      throw new Error('the hook is broken');
    });
    expect(await refusal(describeVpcs(ec2))).toMatchObject({
      code: 'InternalError',
      status: 500,
      message: expect.stringContaining('the hook is broken') as string,
    });
    expect(endpoint.calls).toMatchObject([{ outcome: 'InternalError' }]);
  });
});

describe('the journal', () => {
  test('has each call with its parameters as they were on the wire, its time, attempt and outcome', async () => {
    const { endpoint, ec2, rule } = await connected();
    await ec2.send(
      new DescribeSecurityGroupRulesCommand({
        Filters: [{ Name: 'group-id', Values: [rule.groupId, 'sg-99999999'] }],
        MaxResults: 5,
      }),
    );
    await refusal(
      ec2.send(
        new CreateTagsCommand({ Resources: ['sg-99999999'], Tags: [{ Key: 'Owner', Value: 'a & <b>' }], DryRun: true }),
      ),
    );

    expect(endpoint.calls).toMatchObject([
      {
        action: 'DescribeSecurityGroupRules', isDryRun: false, attempt: 1, outcome: 'OK',
        parameters: { Filter: [{ Name: 'group-id', Value: [rule.groupId, 'sg-99999999'] }], MaxResults: '5' },
      },
      {
        action: 'CreateTags', isDryRun: true, attempt: 1, outcome: 'DryRunOperation',
        parameters: { ResourceId: ['sg-99999999'], Tag: [{ Key: 'Owner', Value: 'a & <b>' }], DryRun: 'true' },
      },
    ]);
    const [first, second] = endpoint.calls;
    expect(first.at).toBeGreaterThan(0);
    expect(second.at).toBeGreaterThan(first.at);
    expect(endpoint.callsByAction()).toEqual({ DescribeSecurityGroupRules: 1, CreateTags: 1 });
  });

  test('has the id that the caller was told, one of its own for each call', async () => {
    const { endpoint, ec2 } = await connected();
    const answered = [
      (await describeVpcs(ec2)).$metadata.requestId,
      (await refusal(ec2.send(new DescribeVpcsCommand({ VpcIds: ['vpc-99999999'] })))).requestId,
    ];
    expect(answered).toEqual(endpoint.calls.map(({ requestId }) => requestId));
    expect(new Set(answered).size).toBe(2);
  });

  test('has a call that is under way as pending', async () => {
    const { endpoint, ec2 } = await connected();
    let seen: string | undefined;
    endpoint.before('DescribeVpcs', () => void (seen = endpoint.calls[0].outcome));
    await describeVpcs(ec2);
    expect(seen).toBe('pending');
  });
});

describe('the wire', () => {
  test.each([
    ['an action that there is not', 'Action=DescribeInstances', 'InvalidAction'],
    ['an action that every object has', 'Action=toString', 'InvalidAction'],
    ['no action', '', 'InvalidAction'],
    [
      'a parameter that the action does not have',
      'Action=DescribeStaleSecurityGroups&VpcId=vpc-11111111&Filter.1.Name=x',
      'UnknownParameter',
    ],
  ])('fails for %s', async (_, body, code) => {
    const { endpoint } = await connected();
    const response = await fetch(endpoint.url, { method: 'POST', body });
    expect(response.status).toBe(400);
    expect(await response.text()).toMatch(
      new RegExp(
        `<Response><Errors><Error><Code>${code}</Code><Message>.+</Message></Error></Errors><RequestID>.+</RequestID></Response>`,
      ),
    );
    expect(endpoint.calls).toMatchObject([{ outcome: code }]);
  });

  test('carries every character of a text', async () => {
    const network = new Network();
    const Value = '&lt; a & b < c > d "e" \'f\' ü 你好 \u{1f600}';
    network.addVpc({ tags: { Name: Value } });
    const { ec2 } = await connect({ network });
    expect((await describeVpcs(ec2)).Vpcs?.[0].Tags).toEqual([{ Key: 'Name', Value }]);
  });
});

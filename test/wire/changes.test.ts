/**
 * Tests the function that changes trigger as it is shipped: from a batch of the queue of changes to the calls of EC2.
 */
import {
  FUNCTIONS, networkWithStaleRules, SSH_FROM_ANYWHERE, stopWorlds, World, type WorldOptions,
} from './world';
import { CHANGE_SWEEP_INPUT, SWEEP_REMINDER } from '../../src/contract/names';
import { CLOUDFORMATION, CONSOLE, functionCaller } from '../support/cloudtrail/callers';
import {
  authorizeIngress, callEvent, createGroup, deleteGroup, deletePeering, modifyRules, revokeIngress,
} from '../support/cloudtrail/records';
import { Network, type SecurityGroupRule } from '../support/ec2-endpoint';
import type { InvocationOutcome } from '../support/lambda-process';

afterEach(stopWorlds);

const SSH = { ipProtocol: 'tcp', fromPort: 22, toPort: 22, cidrIpv4: '0.0.0.0/0' };

/** Requests are not paced, because these tests are not about time. */
const PROPS = {
  changeTrigger: 'cloudTrail', staleRules: 'ignore', flaggedIngressRules: [SSH_FROM_ANYWHERE], requestRateFactor: 1000,
};

const STALE_PROPS = { ...PROPS, staleRules: 'report' };

interface Staged {
  readonly world: World;
  readonly groupIds: readonly string[];
  readonly network: Network;
}

/** A world with groups in one VPC, after a scheduled sweep that has found nothing. Its calls are forgotten. */
async function stage(
  groups = 1, props: Record<string, unknown> = PROPS, options: Omit<WorldOptions, 'network'> = {},
): Promise<Staged> {
  const network = new Network();
  const { vpcId } = network.addVpc();
  const groupIds = Array.from({ length: groups }, () => network.addSecurityGroup({ vpcId }).groupId);
  const world = await World.start({ network, ...options });
  await world.sweep(props);
  forget(world);
  return { world, groupIds, network };
}

/** Forgets earlier calls and what they have sent. */
function forget({ ec2, dynamoDb }: World): void {
  const { calls, metrics, events, messages, sentMessages, invocations } = ec2;
  for (const list of [calls, metrics, events, messages, sentMessages, invocations, dynamoDb.calls]) list.length = 0;
}

/** Returns the time of a call that is made now. CloudTrail's times have whole seconds. */
const now = (): string => new Date().toISOString().replace(/\.\d+Z$/, 'Z');

/** Opens SSH to the internet in a group. @returns the rule and the event of the call */
function openSsh(network: Network, groupId: string, caller = CONSOLE) {
  const rule = network.addIngress(groupId, SSH);
  const event = authorizeIngress({ groupId, ruleIds: [rule.securityGroupRuleId], caller, at: now() });
  return { rule, event };
}

const isThere = ({ network }: World, { securityGroupRuleId }: SecurityGroupRule): boolean =>
  network.rules.has(securityGroupRuleId);

const EC2_ACTION = /^(Describe(?!Stacks|Trails)|GetManaged|Revoke|Authorize|CreateTags|Modify)/;

/** Returns the actions of EC2 that were called, in order. */
const ec2Calls = ({ ec2 }: World): string[] =>
  ec2.calls.map(({ action }) => action).filter(action => EC2_ACTION.test(action));

const toldAs = ({ ec2 }: World, type: string): unknown[] =>
  ec2.events.filter(({ detailType }) => detailType === type).map(({ detail }) => detail.securityGroupRuleId);

/** Returns the ids of the messages that SQS is to deliver again. */
function again({ result, error }: InvocationOutcome): string[] {
  expect(error).toBeUndefined();
  return (result as { batchItemFailures: Array<{ itemIdentifier: string }> }).batchItemFailures
    .map(({ itemIdentifier }) => itemIdentifier);
}

const keepReasons = (world: World): unknown[] => world.logged('RuleKept').map(({ keepReason }) => keepReason);

describe('a change that opens a flagged rule', () => {
  test('is revoked at once, told once and recorded, with 6 calls of EC2', async () => {
    const { world, groupIds: [groupId], network } = await stage();
    const other = network.addIngress(groupId, { ...SSH, cidrIpv4: '10.0.0.0/8' });
    const { rule, event } = openSsh(network, groupId);

    expect(again(await world.change([event], PROPS))).toEqual([]);

    expect([rule, other].map(each => isThere(world, each))).toEqual([false, true]);
    expect(ec2Calls(world)).toHaveLength(6);
    expect(ec2Calls(world).filter(action => action === 'RevokeSecurityGroupIngress')).toHaveLength(1);
    expect(toldAs(world, 'Ingress Rule Revoked')).toEqual([rule.securityGroupRuleId]);
    expect((await world.entries()).get(rule.securityGroupRuleId)).toMatchObject({ state: 'REVOKED' });
    expect([...world.ec2.invocations, ...world.ec2.sentMessages]).toEqual([]);
  });

  test('takes 8 calls of EC2 where stale rules are declared, too', async () => {
    const { world, groupIds: [groupId], network } = await stage(1, STALE_PROPS);
    const { rule, event } = openSsh(network, groupId);
    expect(again(await world.change([event], STALE_PROPS))).toEqual([]);
    expect(isThere(world, rule)).toBe(false);
    expect(ec2Calls(world)).toHaveLength(8);
  });

  test('is found on any page of the answers', async () => {
    const { world, groupIds: [groupId], network } = await stage(1, PROPS, { pageSize: 2, emptyPages: true });
    for (let port = 1000; port < 1005; port++) network.addIngress(groupId, { ...SSH, fromPort: port, toPort: port });
    const { rule, event } = openSsh(network, groupId);
    expect(again(await world.change([event], PROPS))).toEqual([]);
    expect(isThere(world, rule)).toBe(false);
    expect(network.rules.size).toBe(5);
  });

  test('is found by a modification, and in a group of CloudFormation whose stack is at rest', async () => {
    const { world, groupIds: [groupId, ofStack], network } = await stage(2);
    const { stackId } = world.ec2.addStack({ stackName: 'shop', stackStatus: 'UPDATE_COMPLETE' });
    network.groups.get(ofStack)!.tags['aws:cloudformation:stack-id'] = stackId;
    const { rule } = openSsh(network, groupId);
    const modified = modifyRules({ groupId, ruleIds: [rule.securityGroupRuleId], at: now() });
    const { rule: second, event } = openSsh(network, ofStack);
    expect(again(await world.change([modified, event], PROPS))).toEqual([]);
    expect([rule, second].filter(each => isThere(world, each))).toEqual([]);
    expect(world.ec2.callsByAction().DescribeStacks).toBe(1);
  });

  test('is only reported in a dry run', async () => {
    const dry = { ...PROPS, dryRun: true };
    const { world, groupIds: [groupId], network } = await stage(1, dry);
    const { rule, event } = openSsh(network, groupId);
    expect(again(await world.change([event], dry))).toEqual([]);
    expect(isThere(world, rule)).toBe(true);
    expect(toldAs(world, 'Finding Opened')).toEqual([rule.securityGroupRuleId]);
    expect(toldAs(world, 'Ingress Rule Revoked')).toEqual([]);
  });
});

describe('an event', () => {
  test('that comes twice makes no further call of EC2', async () => {
    const { world, groupIds: [groupId], network } = await stage();
    const { event } = openSsh(network, groupId);
    await world.change([event, event], PROPS);
    expect(ec2Calls(world)).toHaveLength(6);
    forget(world);
    expect(again(await world.change([event], PROPS))).toEqual([]);
    expect(ec2Calls(world)).toEqual([]);
    expect(world.ec2.events).toEqual([]);
  });

  test('older than the latest full sweep makes no call of EC2', async () => {
    const { world, groupIds: [groupId] } = await stage();
    const at = new Date(Date.now() - 3_600_000).toISOString();
    expect(again(await world.change([authorizeIngress({ groupId, at })], PROPS))).toEqual([]);
    expect(ec2Calls(world)).toEqual([]);
  });

  test.each([
    ['the sweeping function', functionCaller(FUNCTIONS.role, FUNCTIONS.sweeping)],
    ['the function that changes trigger', functionCaller(FUNCTIONS.role, FUNCTIONS.change)],
  ])('of a call of %s makes no call of EC2', async (_, caller) => {
    const { world, groupIds: [groupId], network } = await stage();
    const { rule, event } = openSsh(network, groupId, caller);
    const revoked = revokeIngress({ groupId, caller, at: now() });
    expect(again(await world.change([event, revoked], PROPS))).toEqual([]);
    expect(world.ec2.calls.filter(({ action }) => action !== 'PutMetricData')).toEqual([]);
    expect(isThere(world, rule)).toBe(true);
    expect(world.ec2.events).toEqual([]);
  });

  test('of another session of the same role, and of a call without an ARN, is dealt with', async () => {
    const { world, groupIds: [one, two], network } = await stage(2);
    const ofOther = openSsh(network, one, functionCaller(FUNCTIONS.role, 'another-function'));
    const { rule, event } = openSsh(network, two, { ...CONSOLE, userIdentity: { type: 'AWSService' } });
    expect(again(await world.change([ofOther.event, event], PROPS))).toEqual([]);
    expect([ofOther.rule, rule].filter(each => isThere(world, each))).toEqual([]);
  });

  test('of a call that failed makes no call of EC2', async () => {
    const { world, groupIds: [groupId] } = await stage();
    const event = authorizeIngress({ groupId, at: now(), errorCode: 'Client.UnauthorizedOperation' });
    expect(again(await world.change([event], PROPS))).toEqual([]);
    expect(ec2Calls(world)).toEqual([]);
  });

  test('about a group that is gone costs the others of its batch nothing', async () => {
    const { world, groupIds: [gone, groupId], network } = await stage(2);
    network.deleteSecurityGroup(gone);
    const { rule, event } = openSsh(network, groupId);
    const messages = [createGroup({ groupId: gone, at: now() }), event, deleteGroup({ groupId: gone, at: now() })];
    expect(again(await world.change(messages, PROPS))).toEqual([]);
    expect(isThere(world, rule)).toBe(false);
    expect(world.logged('ScanError')).toEqual([]);
  });

  test('ends the finding of a rule that someone else has removed', async () => {
    const dry = { ...PROPS, dryRun: true };
    const { world, groupIds: [groupId, other], network } = await stage(2, dry);
    const [{ rule, event }, elsewhere] = [openSsh(network, groupId), openSsh(network, other)];
    await world.change([event, elsewhere.event], dry);
    for (const { securityGroupRuleId } of [rule, elsewhere.rule]) network.removeRule(securityGroupRuleId);
    forget(world);
    // The run before must have begun at least a second before the call.
    const at = new Date(Date.now() + 1000).toISOString();
    await world.change([revokeIngress({ groupId, ruleIds: [rule.securityGroupRuleId], at })], dry);
    expect(toldAs(world, 'Finding Resolved')).toEqual([rule.securityGroupRuleId]);
    const entries = await world.entries();
    expect(entries.get(rule.securityGroupRuleId)?.state).toBe('HEALED');
    expect(entries.get(elsewhere.rule.securityGroupRuleId)?.state).toBe('OPEN');
  });
});

describe('a group whose stack is in progress', () => {
  async function staged() {
    const { world, groupIds, network } = await stage(2);
    const stack = world.ec2.addStack({ stackName: 'shop', stackStatus: 'UPDATE_IN_PROGRESS', lastUpdatedTime: new Date() });
    for (const groupId of groupIds) network.groups.get(groupId)!.tags['aws:cloudformation:stack-id'] = stack.stackId;
    return { world, groupIds, network, stack };
  }

  test('keeps its rules, and the stack is asked for once; a scheduled sweep revokes them when it is done', async () => {
    const { world, groupIds, network, stack } = await staged();
    const opened = groupIds.map(groupId => openSsh(network, groupId));

    expect(again(await world.change(opened.map(({ event }) => event), PROPS))).toEqual([]);

    expect(network.rules.size).toBe(2);
    expect(keepReasons(world)).toEqual(['STACK_IN_PROGRESS', 'STACK_IN_PROGRESS']);
    expect(world.ec2.calls.filter(({ action }) => action === 'DescribeStacks').map(({ parameters }) => parameters.StackName))
      .toEqual([stack.stackId]);
    await world.sweep(PROPS);
    expect(network.rules.size).toBe(2);
    stack.stackStatus = 'UPDATE_COMPLETE';
    await world.sweep(PROPS);
    expect(network.rules.size).toBe(0);
  });

  test('keeps them if CloudFormation does not say, which is a scan error', async () => {
    const { world, groupIds: [groupId], network } = await staged();
    world.ec2.deny('DescribeStacks');
    const { event } = openSsh(network, groupId);
    const { error } = await world.change([event], PROPS);
    expect(error).toBeUndefined();
    expect(network.rules.size).toBe(1);
    expect(keepReasons(world)).toEqual(['STACK_UNREAD']);
    expect(world.aggregate('ScanErrors')).toBeGreaterThan(0);
  });

  test('does not keep them if the stack does not exist', async () => {
    const { world, groupIds: [groupId], network, stack } = await staged();
    network.groups.get(groupId)!.tags['aws:cloudformation:stack-id'] = `${stack.stackId}0`;
    const { event } = openSsh(network, groupId);
    await world.change([event], PROPS);
    expect(network.rules.size).toBe(0);
  });

  test('keeps a rule that CloudFormation makes, whatever the stack says', async () => {
    const { world, groupIds: [groupId], network, stack } = await staged();
    stack.stackStatus = 'UPDATE_COMPLETE';
    const { event } = openSsh(network, groupId, CLOUDFORMATION);
    await world.change([event], PROPS);
    expect(network.rules.size).toBe(1);
    expect(keepReasons(world)).toEqual(['STACK_IN_PROGRESS']);
  });
});

describe('what fails', () => {
  test('once is called again within the run', async () => {
    const { world, groupIds: [groupId], network } = await stage();
    world.ec2.fault({ action: 'DescribeSecurityGroupRules', kind: 'throttle', times: 1 });
    world.ec2.fault({ action: 'DescribeSecurityGroups', kind: 'error', times: 1 });
    const { rule, event } = openSsh(network, groupId);
    expect(again(await world.change([event], PROPS))).toEqual([]);
    expect(isThere(world, rule)).toBe(false);
  });

  test.each([['is down', { kind: 'error' }], ['denies it', { kind: 'error', code: 'UnauthorizedOperation', status: 403 }]] as const)(
    'because EC2 %s is delivered again, and is done then', async (_, fault) => {
      const { world, groupIds, network } = await stage(2);
      world.ec2.fault({ action: '*', when: ({ Version }) => Version === '2016-11-15', ...fault });
      const opened = groupIds.map(groupId => openSsh(network, groupId));
      const messages = opened.map(({ event }) => event);
      expect(again(await world.change(messages, PROPS))).toEqual(['message-1', 'message-2']);
      expect(network.rules.size).toBe(2);
      expect(world.aggregate('ScanErrors')).toBeGreaterThan(0);
      world.ec2.clearFaults();
      expect(again(await world.change(messages, PROPS))).toEqual([]);
      expect(network.rules.size).toBe(0);
      expect(toldAs(world, 'Ingress Rule Revoked').sort()).toEqual(opened.map(({ rule }) => rule.securityGroupRuleId).sort());
    });

  test('because the ledger is down is delivered again, and nothing is revoked', async () => {
    const { world, groupIds: [groupId], network } = await stage();
    const { event } = openSsh(network, groupId);
    await world.startChange();
    world.dynamoDb.fault({ action: '*', kind: 'error', code: 'AccessDeniedException' });
    expect(again(await world.change([event], PROPS))).toEqual(['message-1']);
    expect(network.rules.size).toBe(1);
    world.dynamoDb.clearFaults();
    expect(again(await world.change([event], PROPS))).toEqual([]);
    expect(network.rules.size).toBe(0);
  });

  test('is only the message that is not JSON, not its batch', async () => {
    const { world, groupIds: [groupId], network } = await stage();
    const { rule, event } = openSsh(network, groupId);
    expect(again(await world.change(['{"detail":', event, '"text"'], PROPS))).toEqual(['message-1', 'message-3']);
    expect(isThere(world, rule)).toBe(false);
    expect(world.ec2.metrics.find(({ name }) => name === 'ChangesUnread')?.value).toBe(2);
  });

  test('because the configuration is changing is delivered again, in case no sweep of a deployment follows', async () => {
    const { world, groupIds: [groupId], network } = await stage();
    const { rule, event } = openSsh(network, groupId);
    const lambda = await world.startChange();
    expect(again(await world.changeDeployed([event], { ...PROPS, maxRevocationsPerSweep: 7 }, { lambda }))).toEqual(['message-1']);
    expect(isThere(world, rule)).toBe(true);
    expect(ec2Calls(world)).toEqual([]);
  });
});

describe('the log', () => {
  test('has nothing of a message but ids, names and times, whatever the message is', async () => {
    const { world, groupIds: [groupId], network } = await stage();
    const { event } = openSsh(network, groupId);
    const secret = { secret: 'hunter2', requestParameters: { secret: 'hunter2' } };
    await world.change([event, { detail: secret }, secret, 'hunter2', callEvent('AuthorizeSecurityGroupIngress', secret, null)], PROPS);
    expect(network.rules.size).toBe(0);
    for (const text of ['hunter2', 'secret description', 'Mozilla', '198.51.100.7', 'ASIAEXAMPLEKEYID', 'TLS_AES']) {
      expect(world.printed).not.toContain(text);
      expect(JSON.stringify([world.ec2.events, await world.dynamoDb.items()])).not.toContain(text);
    }
    expect(world.printed).toContain(groupId);
  });

  test('and the ledger have no pre-shared key, because VPN connections are not read', async () => {
    const network = new Network();
    const { groupId } = network.addSecurityGroup({ vpcId: network.addVpc().vpcId });
    network.addVpnConnection({ preSharedKey: 'a-pre-shared-key' });
    const world = await World.start({ network });
    await world.sweep(PROPS);
    forget(world);
    await world.change([openSsh(network, groupId).event], PROPS);
    expect(network.rules.size).toBe(0);
    expect(world.ec2.callsByAction()).not.toHaveProperty('DescribeVpnConnections');
    expect(world.printed).not.toContain('a-pre-shared-key');
  });
});

describe('a change of what connects VPCs', () => {
  test('asks for a full sweep once EC2 shows it, and a second one within 10 minutes is put off', async () => {
    const network = new Network();
    const [one, two] = [network.addVpc().vpcId, network.addVpc().vpcId];
    const { vpcPeeringConnectionId: peeringId } = network.addPeering(one, two);
    const world = await World.start({ network });
    await world.sweep(STALE_PROPS);
    forget(world);

    expect(again(await world.change([deletePeering({ peeringId, at: now() })], STALE_PROPS))).toEqual([]);
    expect(world.ec2.invocations).toEqual([]);
    expect(world.ec2.sentMessages).toMatchObject([{ body: JSON.stringify(SWEEP_REMINDER) }]);
    expect(world.ec2.sentMessages[0].delaySeconds).toBeGreaterThan(0);

    network.deletePeering(peeringId);
    expect(again(await world.change([SWEEP_REMINDER], STALE_PROPS))).toEqual([]);
    expect(world.ec2.invocations).toEqual([{ functionName: FUNCTIONS.sweeping, payload: CHANGE_SWEEP_INPUT }]);

    const another = network.addPeering(one, two, { status: 'deleted' }).vpcPeeringConnectionId;
    const later = new Date(Date.now() + 1000).toISOString();
    await world.change([deletePeering({ peeringId: another, at: later })], STALE_PROPS);
    expect(world.ec2.invocations).toHaveLength(1);
    expect(world.ec2.sentMessages).toHaveLength(2);
  });

  test('leads to a sweep of everything that counts no sightings and publishes no heartbeat', async () => {
    const { network, stale: [rule] } = networkWithStaleRules(1, 1);
    const grace = { seconds: 0, sightings: 2, maxGapSeconds: 86_400 };
    const props = { ...PROPS, staleRules: 'revoke', grace };
    const world = await World.start({ network });
    await world.putIntoForce(props);
    for (let count = 0; count < 2; count++) await world.invokeDeployed(props, CHANGE_SWEEP_INPUT);
    expect((await world.entries()).get(rule.securityGroupRuleId)).toMatchObject({ state: 'OPEN', stale: { sightings: 0 } });
    expect(world.ec2.metrics.map(({ name }) => name)).not.toContain('Sweeps');
    expect(isThere(world, rule)).toBe(true);
  });

  test('of which no id can be taken asks for a full sweep at once, and is consumed and counted', async () => {
    const { world } = await stage(1, STALE_PROPS);
    const event = callEvent('AuthorizeSecurityGroupIngress', { groupName: 'web' }, null, { at: now() });
    expect(again(await world.change([event], STALE_PROPS))).toEqual([]);
    expect(world.ec2.invocations).toHaveLength(1);
    expect(world.ec2.metrics.find(({ name }) => name === 'ChangesUnread')?.value).toBe(1);
    expect(world.logged('ChangeUnread')).toHaveLength(1);
    expect(ec2Calls(world)).toEqual([]);
  });

  test.each(['Invoke', 'SendMessage'])('is delivered again if %s fails', async action => {
    const network = new Network();
    const [one, two] = [network.addVpc().vpcId, network.addVpc().vpcId];
    const status = action === 'Invoke' ? 'deleted' : 'active';
    const { vpcPeeringConnectionId: peeringId } = network.addPeering(one, two, { status });
    const world = await World.start({ network });
    await world.sweep(STALE_PROPS);
    world.ec2.deny(action);
    const event = deletePeering({ peeringId, at: new Date(Date.now() + 1000).toISOString() });
    expect(again(await world.change([event], STALE_PROPS))).toEqual(['message-1']);
    expect([...world.ec2.invocations, ...world.ec2.sentMessages]).toEqual([]);
  });
});

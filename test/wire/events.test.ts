/** Tests what the shipped bundle sends to EventBridge and SNS: each change once, as the schemas define. */
import { DENIED_MILLIS, networkWithStaleRules, SSH_FROM_ANYWHERE, stopWorlds, World } from './world';
import { EventType } from '../../src/contract/names';
import { customNotification } from '../support/custom-notification';
import { type DeliveredEvent, Network } from '../support/ec2-endpoint';
import { violations } from '../support/event-schemas';

afterEach(stopWorlds);

const TOPIC = 'arn:aws:sns:eu-central-1:111122223333:people';
const REVOKE = { staleRules: 'revoke', flaggedIngressRules: [SSH_FROM_ANYWHERE] };

const inShort = ({ detailType, detail }: DeliveredEvent): string => `${detailType} ${String(detail.securityGroupRuleId ?? detail.vpnConnectionId ?? detail.reason)}`;

/** Returns the events since the last call, after checking each against its schema. */
function sent({ ec2 }: World): string[] {
  const events = ec2.events.splice(0);
  expect(events.flatMap(({ source, detailType, detail }) => violations({ source, 'detail-type': detailType, detail }))).toEqual([]);
  return events.map(inShort).sort();
}

/** A group with two flagged rules whose texts are malicious. */
function flaggedNetwork(): { network: Network; ruleIds: string[] } {
  const network = new Network();
  const { groupId } = network.addSecurityGroup({ vpcId: network.addVpc().vpcId, groupName: '"web"\n<b>' });
  const rule = { ipProtocol: 'tcp', fromPort: 22, toPort: 22 };
  const flagged = network.addIngress(groupId, { ...rule, cidrIpv4: '0.0.0.0/0', description: 'line\u2028"quoted" \\ ${x}', tags: { Owner: 'team-ä' } });
  network.addIngress(groupId, { ...rule, cidrIpv4: '10.0.0.0/8' });
  return { network, ruleIds: [flagged.securityGroupRuleId] };
}

test('a finding is opened, revoked and resolved, each told once, with the rule whole and the way back', async () => {
  const { network, ruleIds: [id] } = flaggedNetwork();
  const world = await World.start({ network });
  const before = network.rules.get(id);
  await world.sweep(REVOKE);
  const [revoked] = world.ec2.events.filter(({ detailType }) => detailType === EventType.INGRESS_RULE_REVOKED);
  expect(revoked).toMatchObject({
    eventBus: 'default', source: 'cdk-network-hygiene', detail: {
      hygiene: 'Test/Hygiene', securityGroupRuleId: id, groupName: '"web"\n<b>',
      rule: { description: before?.description, tags: { Owner: 'team-ä' }, cidrIpv4: '0.0.0.0/0', fromPort: 22 },
      restoreCommand: expect.stringContaining(`--payload '{"restore":{"securityGroupRuleIds":["${id}"]}}'`) as string,
    },
  });
  expect(revoked.detail.message).not.toMatch(/[\n\u2028]/);
  expect(sent(world)).toEqual([`Finding Opened ${id}`, `Finding Resolved ${id}`, `Ingress Rule Revoked ${id}`]);

  await world.sweep(REVOKE);
  await world.sweep(REVOKE);
  expect(sent(world)).toEqual([]);
});

test('the same event delivered twice, at once, tells of each change once', async () => {
  const { network, stale } = networkWithStaleRules(2, 3);
  const world = await World.start({ network });
  const first = world.sweep(REVOKE);
  await world.startAnother();
  await Promise.all([first, world.sweep(REVOKE)]);
  const revoked = sent(world).filter(each => each.startsWith(EventType.INGRESS_RULE_REVOKED));
  expect(revoked).toEqual(stale.map(({ securityGroupRuleId }) => `${EventType.INGRESS_RULE_REVOKED} ${securityGroupRuleId}`).sort());
});

test('a VPN connection that goes down and comes up has two events, which never contain its pre-shared keys', async () => {
  const network = new Network();
  const tunnel = (status: string) => ({ outsideIpAddress: '192.0.2.1', status });
  const connection = network.addVpnConnection({ telemetry: [tunnel('UP')], tags: { Name: 'Berlin' } });
  const world = await World.start({ network });
  const vpnOnly = { staleRules: 'ignore', notificationsTopicArn: TOPIC };
  for (const status of ['UP', 'DOWN', 'DOWN', 'UP', 'UP']) {
    Object.assign(connection, { telemetry: [tunnel(status)] });
    expect((await world.sweep(vpnOnly)).error).toBeUndefined();
  }
  const changes = world.ec2.events.map(({ detail: { vpnConnectionId, name, previousStatus, status } }) =>
    [vpnConnectionId, name, previousStatus, status]);
  expect(changes).toEqual([
    [connection.vpnConnectionId, 'Berlin', 'UP', 'DOWN'], [connection.vpnConnectionId, 'Berlin', 'DOWN', 'UP'],
  ]);
  expect(sent(world)).toHaveLength(2);
  expect(world.ec2.messages.map(({ topicArn, subject }) => [topicArn, subject])).toEqual(Array(2).fill([TOPIC, '1 VPN change in Test/Hygiene']));
  const everything = JSON.stringify([world.ec2.messages, await world.dynamoDb.items(), world.lambda.printed]);
  expect(everything).toContain('Berlin');
  expect(everything).not.toContain(connection.preSharedKey);
});

test('more rules than the limit are reported as withheld once, with a message to people', async () => {
  const { network } = networkWithStaleRules(1, 4);
  const world = await World.start({ network });
  const limited = { ...REVOKE, maxRevocationsPerSweep: 3, notificationsTopicArn: TOPIC };
  for (let sweeps = 0; sweeps < 3; sweeps++) await world.sweep(limited);
  expect(sent(world).filter(each => !each.startsWith('Finding'))).toEqual(['Revocation Withheld OVER_LIMIT']);
  expect(world.ec2.messages).toHaveLength(1);
  expect(world.ec2.messages[0].message).toContain('Withheld 4 revocations, because one sweep may revoke 3.');
  expect(world.aggregate('DeliveriesFailed')).toBe(0);
});

test('a message for chats goes to HTTPS, and the text to all others, by sweeps and by those who pause', async () => {
  const { network, ruleIds: [id] } = flaggedNetwork();
  const rule = network.rules.get(id);
  if (rule) Object.assign(rule, { description: '<!channel> @here `x` https://evil.example' });
  const world = await World.start({ network });
  await world.sweep({ ...REVOKE, notificationsTopicArn: TOPIC, notificationFormat: 'chat' });
  const { result } = await world.lambda.invoke({ pause: { until: new Date(Date.now() + 3_600_000).toISOString(), reason: 'a <b> freeze' } });
  expect(result).toMatchObject({ changed: true });
  const messages = world.ec2.messages.map(({ subject, message, byProtocol = {} }) =>
    ({ subject, message, chat: customNotification({ https: byProtocol.https }), protocols: Object.keys(byProtocol) }));
  expect(messages.map(({ subject, protocols }) => [subject, protocols])).toEqual([
    ['1 revoked in Test/Hygiene', ['https']], ['1 pause change in Test/Hygiene', ['https']],
  ]);
  const [revoked, paused] = messages;
  expect(revoked.message).toMatch(/^Test\/Hygiene: 1 revoked\.\n/);
  expect(revoked.chat.content.title).toBe(revoked.subject);
  expect(revoked.chat.content.nextSteps[0]).toContain(`'{"restore":{"securityGroupRuleIds":["${id}"]}}'`);
  expect(revoked.chat.metadata.relatedResources).toEqual([rule?.groupId]);
  expect(paused.chat.content.description).toContain('a ‹b› freeze');
  expect(paused.message).toContain('a <b> freeze');
  for (const { chat } of messages) expect(JSON.stringify(chat)).not.toMatch(/[<>@]|:\/\//);
  expect(paused.chat.metadata.threadId.slice(0, -11)).toBe(revoked.chat.metadata.threadId.slice(0, -11));
  expect(world.aggregate('DeliveriesFailed')).toBe(0);
});

describe('an EventBridge that', () => {
  test('takes only some of ten events gets the others again, and each is there once', async () => {
    const { network, stale } = networkWithStaleRules(1, 12);
    const world = await World.start({ network });
    world.ec2.failEvents({ code: 'InternalFailure', every: 3, times: 5 });
    await world.sweep({ staleRules: 'report' });
    expect(sent(world)).toEqual(stale.map(({ securityGroupRuleId }) => `Finding Opened ${securityGroupRuleId}`).sort());
    expect(world.aggregate('DeliveriesFailed')).toBe(0);
  });

  test.each([['AccessDeniedException', 400], ['InternalFailure', 500]])('answers %s keeps no rule from being revoked, and what it missed is counted', async (code, status) => {
    const { network, stale } = networkWithStaleRules(1, 4);
    const world = await World.start({ network });
    world.ec2.fault({ action: 'PutEvents', kind: 'error', code, status });
    const { error } = await world.sweep(REVOKE);
    expect(error).toBeUndefined();
    expect(stale.filter(({ securityGroupRuleId }) => network.rules.has(securityGroupRuleId))).toEqual([]);
    expect(world.aggregate('IngressRulesRevoked')).toBe(4);
    expect(world.aggregate('DeliveriesFailed')).toBe(12);
    expect(world.logged('DeliveryFailed')).toHaveLength(12);
  });

  test('may not be used fails the deployment by the name of the action, and nothing is revoked', async () => {
    const { network, stale } = networkWithStaleRules(1, 1);
    const world = await World.start({ network });
    world.ec2.deny('PutEvents');
    const { body } = await world.deploy('Create', REVOKE, DENIED_MILLIS);
    expect(body).toMatchObject({ Status: 'FAILED', Reason: expect.stringContaining('events:PutEvents') as string });
    expect(network.rules.has(stale[0].securityGroupRuleId)).toBe(true);
    expect(world.ec2.events).toEqual([]);
  });
});

test('a topic that refuses is counted, and the events are sent all the same', async () => {
  const { network } = networkWithStaleRules(1, 1);
  const world = await World.start({ network });
  world.ec2.deny('Publish');
  const { error } = await world.sweep({ staleRules: 'report', notificationsTopicArn: TOPIC });
  expect(error).toBeUndefined();
  expect(sent(world)).toHaveLength(1);
  expect(world.aggregate('DeliveriesFailed')).toBe(1);
});

test('a deployment tries the bus, and sends it nothing but what its sweep has to tell', async () => {
  const world = await World.start();
  const { body } = await world.deploy('Create', REVOKE);
  expect(body).toMatchObject({ Status: 'SUCCESS' });
  expect(world.ec2.callsByAction().PutEvents).toBe(1);
  expect(world.ec2.events).toEqual([]);
});

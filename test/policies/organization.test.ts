/**
 * Tests the policies of a hub and its members together. The shipped bundle is deployed, sweeps, restores and receives
 * changes. Each call has to be allowed to the role that made it, in the session in which it was made, and to no other.
 */
import { ACCOUNT, arns, OTHER_ACCOUNT, REGION } from './deployed';
import {
  type Asked, askedIn, askedOfTable, type DeployedMember, deployHub, deployMembers, type Hub, ORGANIZATION, REGIONS,
} from './organization';
import { dynamoDb, ofKey, pollingRequests } from './requests';
import { type IamRequest, mayAssume, type Role } from './simulator';
import {
  DEFAULT_EXTERNAL_ID, HUB_RESTORE_ROLE_NAME, HUB_ROLE_NAME, RESTORE_ROLE_NAME, SWEEP_ROLE_NAME,
} from '../../src/contract/organization';
import { authorizeIngress } from '../support/cloudtrail/records';
import type { SecurityGroupRule } from '../support/ec2-endpoint';
import { BUCKET, HYGIENE, ONE, OrganizationWorld, stopWorlds, THREE, TWO } from '../wire/organization/world';

jest.setTimeout(240_000);
const HUB_ROLE = arns.role(HUB_ROLE_NAME);
const HUB_RESTORE_ROLE = arns.role(HUB_RESTORE_ROLE_NAME);

interface Journal {
  readonly hub: Hub;
  readonly members: ReadonlyMap<string, DeployedMember>;
  readonly asked: readonly Asked[];
}

let journal: Journal;

beforeAll(async () => {
  try {
    journal = await runOrganization();
  } finally {
    await stopWorlds();
  }
});

/** Deploys, runs on schedule, restores what was revoked, and receives changes. */
async function runOrganization(): Promise<Journal> {
  const hub = deployHub();
  const members = deployMembers(hub);
  const world = await OrganizationWorld.start();
  const { configured } = hub;
  world.aws.addTopic(hub.topic);
  world.aws.addEventBus(hub.eventBus);
  world.addMembers({ [ONE]: 2, [TWO]: 1, [THREE]: 1 }, REGIONS);
  world.aws.addMember(ACCOUNT);
  // A group whose rule is replaced.
  const place = world.aws.place(ONE, REGION);
  const { vpcId } = place.addVpc();
  const { groupId } = place.addSecurityGroup({ vpcId, tags: { Exposure: 'private' } });
  place.addIngress(groupId, { ipProtocol: 'tcp', fromPort: 3389, toPort: 3389, cidrIpv4: '198.51.100.0/24' });

  const { body } = await world.deploy('Create', configured);
  expect(body).toMatchObject({ Status: 'SUCCESS' });
  world.aws.deny('ListRegions', { account: TWO });
  expect(await world.run({ configured, scheduledTime: '2026-11-01T00:00:00Z' })).toMatchObject({ status: 'SUCCEEDED' });
  expect([world.left(ONE), world.left(TWO), world.left(THREE)]).toEqual([0, 0, 2]);
  const revoked = world.aws.events.filter(({ detailType }) => detailType === 'Ingress Rule Revoked')
    .map(({ detail }) => detail as Record<string, string>);
  expect(revoked.length).toBeGreaterThan(3);
  for (const { account, region, securityGroupRuleId } of revoked) {
    const asked = { account, region, securityGroupRuleIds: [securityGroupRuleId] };
    expect((await world.restore({ restore: asked }, configured)).error).toBeUndefined();
  }
  const changes = [[ONE, 'eu-west-1'], [THREE, REGION]].map(([account, region]) => {
    const [rule] = world.addRules(account, region, 1);
    const stackId = `arn:aws:cloudformation:${region}:${account}:stack/Network/1`;
    const group = world.aws.place(account, region).groups.get(rule.groupId);
    Object.assign(group?.tags ?? {}, { 'aws:cloudformation:stack-id': stackId });
    return opened(rule, account, region);
  });
  expect((await world.change(changes, configured)).error).toBeUndefined();
  // The second execution asks whether the first one is still at work.
  for (const execution of ['first', 'second']) {
    const begin = { step: 'begin', execution: `arn:aws:states:${REGION}:${ACCOUNT}:execution:hygiene:${execution}` };
    expect((await world.invokeHub({ organization: begin }, configured)).error).toBeUndefined();
  }
  const asked = [...askedIn(world.aws, hub), ...askedOfTable(world.dynamoDb.calls, hub)];
  return { hub, members, asked: [...new Map(asked.map(each => [JSON.stringify(each), each])).values()] };
}

function opened({ groupId, securityGroupRuleId }: SecurityGroupRule, account: string, region: string): object {
  const event = authorizeIngress({ groupId, ruleIds: [securityGroupRuleId], at: new Date().toISOString() });
  return { ...event, account, region };
}

/** Returns the role of a call, in its session. */
function roleOf({ hub, members }: Journal, { roleArn, sessionPolicy }: Omit<Asked, 'request'>): Role {
  if (roleArn === HUB_ROLE) return hub.sweep;
  if (roleArn === HUB_RESTORE_ROLE) return hub.restore;
  const [, account, name] = /:(\d{12}):role\/(.*)$/.exec(roleArn) ?? [];
  const role = members.get(account)?.roleNamed(name);
  if (!role || sessionPolicy === undefined) throw new Error(`${roleArn} acts without a policy of its session`);
  return role.inSession(sessionPolicy);
}

const isAllowed = async (role: Role, request: IamRequest): Promise<boolean> => await role.decide(request) === 'Allowed';
const actionsOf = (asked: readonly Asked[]): Set<string> => new Set(asked.map(({ request }) => request.action));
const by = (roleArn: string | RegExp): Asked[] => journal.asked.filter(each =>
  typeof roleArn === 'string' ? each.roleArn === roleArn : roleArn.test(each.roleArn));
const sessionsOf = (asked: readonly Asked[]): Asked[] =>
  [...new Map(asked.map(each => [`${each.roleArn} ${each.sessionPolicy}`, each])).values()];

test('each call is allowed to the role that makes it, in its session', async () => {
  const refused = await Promise.all(journal.asked.map(async each => (
    await isAllowed(roleOf(journal, each), each.request) ? [] : [each])));
  expect(refused.flat()).toEqual([]);
  // An empty journal would prove nothing.
  expect([...actionsOf(by(new RegExp(`${ONE}:role/${SWEEP_ROLE_NAME}$`)))]).toEqual(expect.arrayContaining([
    'ec2:RevokeSecurityGroupIngress', 'ec2:AuthorizeSecurityGroupIngress', 'ec2:CreateTags',
    'ec2:DescribeStaleSecurityGroups', 'ec2:DescribeVpnConnections', 'cloudformation:DescribeStacks',
    'securityhub:BatchImportFindings',
  ]));
  expect([...actionsOf(by(new RegExp(`${ONE}:role/${RESTORE_ROLE_NAME}$`)))])
    .toEqual(expect.arrayContaining(['ec2:AuthorizeSecurityGroupIngress', 'ec2:CreateTags']));
  expect([...actionsOf(by(new RegExp(`${TWO}:role/${SWEEP_ROLE_NAME}$`)))]).toContain('ec2:DescribeRegions');
});

test('each role of a member lets in the role of the hub that enters it, and not the other one', async () => {
  const entered = journal.asked.filter(({ request }) => request.action === 'sts:AssumeRole');
  expect(new Set(entered.map(({ request }) => request.resource)).size).toBeGreaterThanOrEqual(4);
  const assumption = { organizationId: ORGANIZATION, externalId: DEFAULT_EXTERNAL_ID };
  for (const { request: { resource }, session, roleArn } of entered) {
    const [account, name] = [resource.split(':')[4], resource.split('/')[1]];
    const trust = journal.members.get(account)?.trustOf(name) ?? [];
    const other = roleArn === HUB_ROLE ? HUB_RESTORE_ROLE_NAME : HUB_ROLE_NAME;
    const otherSession = session.replace(/assumed-role\/[^/]+/, `assumed-role/${other}`);
    const isLetIn = (principal: string): Promise<boolean> => mayAssume(resource, trust, { ...assumption, principal });
    expect([resource, await isLetIn(session), await isLetIn(otherSession)]).toEqual([resource, true, false]);
  }
});

test('no call in a member is allowed to a role of the hub itself', async () => {
  const inMembers = by(new RegExp(`:role/(${SWEEP_ROLE_NAME}|${RESTORE_ROLE_NAME})$`));
  expect(inMembers.length).toBeGreaterThan(20);
  for (const { request } of inMembers) {
    for (const role of [journal.hub.sweep, journal.hub.restore]) expect(await isAllowed(role, request)).toBe(false);
  }
});

test('no call of the hub is allowed to a role in a member, even without the policy of a session', async () => {
  const ofHub = [...by(HUB_ROLE), ...by(HUB_RESTORE_ROLE)];
  expect(ofHub.length).toBeGreaterThan(20);
  for (const member of journal.members.values()) {
    for (const role of [SWEEP_ROLE_NAME, RESTORE_ROLE_NAME].map(name => member.roleNamed(name))) {
      for (const { request } of ofHub) expect(await role.allowsAny([request])).toBe(false);
    }
  }
});

test('a session of one member changes nothing in another one, and none of its other Regions', async () => {
  const changes = journal.asked.filter(({ request: { action } }) =>
    /^(ec2:(Revoke|Authorize|CreateTags)|securityhub:)/.test(action));
  const sessions = sessionsOf(by(/:role\/network-hygiene-(sweep|restore)$/));
  expect(new Set(sessions.map(({ place }) => place.account))).toEqual(new Set([ONE, TWO, THREE, ACCOUNT]));
  const elsewhere = { ...changes[0].request.context, 'aws:RequestedRegion': 'us-east-1' };
  for (const each of sessions) {
    const role = roleOf(journal, each);
    for (const { request, place } of changes) {
      if (place.account !== each.place.account) expect(await isAllowed(role, request)).toBe(false);
      const there = { ...request, context: { ...request.context, ...elsewhere } };
      expect(await role.allowsAny([there])).toBe(false);
    }
  }
});

test('a session of an account outside of revokeIn changes nothing, although the role of the member may', async () => {
  const role = journal.members.get(THREE)?.roleNamed(SWEEP_ROLE_NAME);
  const sessions = sessionsOf(by(arns.role(SWEEP_ROLE_NAME, THREE)));
  expect(sessions.length).toBeGreaterThan(0);
  const revocations = journal.asked.filter(({ request: { action } }) => action === 'ec2:RevokeSecurityGroupIngress');
  expect(revocations.length).toBeGreaterThan(3);
  for (const { request, place } of revocations) {
    const there = JSON.parse(JSON.stringify(request).replaceAll(place.account, THREE)) as IamRequest;
    expect(await role?.decide(there)).toBe('Allowed');
    for (const each of sessions) expect(await isAllowed(roleOf(journal, each), there)).toBe(false);
  }
});

test('the hub uses each action that its roles have, but for what Lambda and DynamoDB do with them', async () => {
  // DynamoDB documents which uses of a key it may make.
  const ofServices = /^(kms:|logs:(CreateLogStream|PutLogEvents)$|sqs:(ReceiveMessage|DeleteMessage|GetQueueAttributes)$)/;
  for (const [role, roleArn] of [[journal.hub.sweep, HUB_ROLE], [journal.hub.restore, HUB_RESTORE_ROLE]] as const) {
    const granted = new Set(role.statements.filter(({ Effect }) => Effect === 'Allow').flatMap(({ Action }) => Action));
    const used = actionsOf(by(roleArn));
    expect([...granted].filter(action => !used.has(action) && !ofServices.test(action))).toEqual([]);
  }
  const { sweep, queue } = journal.hub;
  for (const request of pollingRequests(queue)) expect(await isAllowed(sweep, request)).toBe(true);
});

describe('the roles beside the functions', () => {
  const of = (action: string, resource: string): IamRequest => ({ action, resource, context: {} });
  const machine = arns.stateMachine('hygiene');
  const execution = (of_: string): string => `arn:aws:states:${REGION}:${ACCOUNT}:execution:${of_}`;
  const list = `${arns.bucket(BUCKET)}/runs/any/accounts.json`;

  test('the state machine invokes the function, reads lists and starts children, and does nothing else', async () => {
    const { stateMachine, deployed, key } = journal.hub;
    const [{ DefinitionString }] = deployed.all('AWS::StepFunctions::StateMachine');
    const [functionArn] = /arn:aws:lambda:[^"\\]+/.exec(String(DefinitionString)) ?? [''];
    for (const request of [
      of('lambda:InvokeFunction', functionArn), of('s3:GetObject', list), ofKey('kms:Decrypt', key, 's3'),
      of('states:StartExecution', machine), of('states:DescribeExecution', execution('hygiene/Observe:x')),
      of('states:StopExecution', execution('hygiene/Revoke:x')),
      of('states:RedriveExecution', execution('hygiene/Observe:x')),
    ]) expect([request, await stateMachine.decide(request)]).toEqual([request, 'Allowed']);
    for (const request of [
      of('lambda:InvokeFunction', `${functionArn}:pause`), of('s3:PutObject', list), of('s3:DeleteObject', list),
      of('s3:GetObject', `${arns.bucket('other')}/runs/any`), of('states:StartExecution', arns.stateMachine('other')),
      of('states:StopExecution', execution('other:x')), of('states:RedriveExecution', execution('other/Observe:x')),
      of('sts:AssumeRole', arns.role(SWEEP_ROLE_NAME, ONE)),
      dynamoDb('GetItem', arns.table('ledger'), [HYGIENE]),
    ]) expect([request, await stateMachine.allowsAny([request])]).toEqual([request, false]);
  });

  test('the schedule starts the state machine, and does nothing else', async () => {
    const { schedule } = journal.hub;
    expect(await isAllowed(schedule, of('states:StartExecution', machine))).toBe(true);
    for (const request of [
      of('states:StartExecution', arns.stateMachine('other')), of('states:StopExecution', execution('hygiene:x')),
      of('lambda:InvokeFunction', arns.lambdaFunction('hub')),
    ]) expect(await schedule.allowsAny([request])).toBe(false);
  });

  test('the findings table reads the organization and its places in the ledger, and does nothing else', async () => {
    const { findings, key } = journal.hub;
    const table = arns.table('ledger');
    for (const partition of [HYGIENE, `${HYGIENE}:${ONE}:${REGION}`]) {
      for (const action of ['GetItem', 'Query']) {
        expect(await isAllowed(findings, dynamoDb(action, table, [partition]))).toBe(true);
      }
      expect(await findings.allowsAny([dynamoDb('PutItem', table, [partition])])).toBe(false);
    }
    expect(await isAllowed(findings, ofKey('kms:Decrypt', key, 'dynamodb'))).toBe(true);
    for (const request of [
      dynamoDb('GetItem', table, ['Other/Hygiene']), of('sts:AssumeRole', arns.role(RESTORE_ROLE_NAME, ONE)),
      of('states:StartExecution', machine), of('s3:GetObject', list),
    ]) expect(await findings.allowsAny([request])).toBe(false);
  });
});

describe('neither role of the hub may', () => {
  const of = (action: string, resource = '*', context: IamRequest['context'] = {}): IamRequest => ({ action, resource, context });
  const condition = { 'sts:ExternalId': DEFAULT_EXTERNAL_ID, 'aws:ResourceOrgID': ORGANIZATION };
  const resource = arns.securityGroup('sg-f0000000000000002');

  test.each<[string, IamRequest]>([
    ['enter an account of another organization',
      of('sts:AssumeRole', arns.role(SWEEP_ROLE_NAME, OTHER_ACCOUNT), { ...condition, 'aws:ResourceOrgID': 'o-zzzzzzzzzz' })],
    ['enter an account without the external id',
      of('sts:AssumeRole', arns.role(RESTORE_ROLE_NAME, ONE), { 'aws:ResourceOrgID': ORGANIZATION })],
    ['assume another role of an account', of('sts:AssumeRole', arns.role('OrganizationAccountAccessRole', ONE), condition)],
    ['revoke a rule', of('ec2:RevokeSecurityGroupIngress', resource)],
    ['add a rule', of('ec2:AuthorizeSecurityGroupIngress', resource)],
    ['look at rules', of('ec2:DescribeSecurityGroupRules')],
    ['read a list of accounts', of('s3:GetObject', `${arns.bucket(BUCKET)}/runs/any`)],
    ['delete a list of accounts', of('s3:DeleteObject', `${arns.bucket(BUCKET)}/runs/any`)],
    ['stop an execution', of('states:StopExecution', `arn:aws:states:${REGION}:${ACCOUNT}:execution:hygiene:x`)],
    ['start another state machine', of('states:StartExecution', arns.stateMachine('other'))],
    ['change the state machine', of('states:UpdateStateMachine', arns.stateMachine('hygiene'))],
    ['close an account', of('organizations:CloseAccount', `arn:aws:organizations::${ACCOUNT}:account/${ORGANIZATION}/${ONE}`)],
    ['move an account', of('organizations:MoveAccount', `arn:aws:organizations::${ACCOUNT}:account/${ORGANIZATION}/${ONE}`)],
    ['enable a Region', of('account:EnableRegion', `arn:aws:account::${ACCOUNT}:account/${ORGANIZATION}/${ONE}`)],
    ['invoke a function', of('lambda:InvokeFunction', arns.lambdaFunction('hub'))],
    ['change items of another construct', dynamoDb('PutItem', arns.table('ledger'), ['Other/Hygiene'])],
    ['delete items of the ledger', dynamoDb('DeleteItem', arns.table('ledger'), [HYGIENE])],
    ['change its own role', of('iam:PutRolePolicy', HUB_ROLE)],
  ])('%s', async (_, request) => {
    for (const role of [journal.hub.sweep, journal.hub.restore]) expect(await role.allowsAny([request])).toBe(false);
  });

  test('do what is for the other one', async () => {
    const { sweep, restore } = journal.hub;
    const enter = (name: string): IamRequest => of('sts:AssumeRole', arns.role(name, ONE), condition);
    expect(await sweep.allowsAny([enter(RESTORE_ROLE_NAME)])).toBe(false);
    expect(await restore.allowsAny([enter(SWEEP_ROLE_NAME)])).toBe(false);
    expect(await restore.allowsAny([dynamoDb('PutItem', arns.table('ledger'), [HYGIENE])])).toBe(false);
  });
});

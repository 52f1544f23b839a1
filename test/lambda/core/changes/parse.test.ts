/** Tests that the right ids, time and caller are taken from every recorded call, and nothing else. */
import { type ParsedMessage, parseMessage } from '../../../../lambda/core/changes/parse';
import type { Change } from '../../../../lambda/core/model/change';
import { GROUP_EVENTS, TOPOLOGY_EVENTS } from '../../../../src/contract/change-events';
import { SWEEP_REMINDER } from '../../../../src/contract/names';
import {
  type Caller, CLI, CLOUDFORMATION, CONSOLE, functionCaller, INTERNAL_CONSOLE, OLD_CONSOLE, PACKER, ROOT,
  SERVICE, TERRAFORM,
} from '../../../support/cloudtrail/callers';
import {
  authorizeEgress, authorizeIngress, callEvent, CALLED_AT, type CloudTrailEvent, createGroup, deleteAttachment,
  deleteGroup,
  deletePeering, deleteTransitGateway, disassociate, modifyAttachment, modifyRules, modifyTransitGateway, revokeEgress,
  revokeIngress, sqsEvent,
} from '../../../support/cloudtrail/records';

const NOW = new Date('2026-01-01T00:00:30Z');
const OWN = ':assumed-role/Hygiene-Role/Hygiene-Sweeper';

const GROUP = 'sg-0aaaaaaaaaaaaaaa1';
const SOURCE = 'sg-0bbbbbbbbbbbbbbb2';
const RULES = ['sgr-0ccccccccccccccc3', 'sgr-0ccccccccccccccc4'];
const PEERING = 'pcx-0ddddddddddddddd5';
const GATEWAY = 'tgw-0eeeeeeeeeeeeeee6';
const ATTACHMENT = 'tgw-attach-0eeeeeeeeeeeeeee7';
const VPC = 'vpc-0fffffffffffffff8';

const parse = (message: unknown, now = NOW): ParsedMessage =>
  parseMessage(typeof message === 'string' ? message : JSON.stringify(message), { now, ownSessions: [OWN] });

function changeIn(message: unknown, now?: Date): Change {
  const read = parse(message, now);
  if (read.kind !== 'change') throw new Error(`The message is ${read.kind}`);
  return read.change;
}

/** Returns the event with another request and response. */
const withRecord = (event: CloudTrailEvent, record: object): object =>
  ({ ...event, detail: { ...event.detail, ...record } });

describe('a call that changes a group', () => {
  const call = { groupId: GROUP, ruleIds: RULES };
  test.each<[name: string, event: CloudTrailEvent, ruleIds: readonly string[]]>([
    ['ingress rules added in a list', authorizeIngress(call), RULES],
    ['an ingress rule added with flat parameters', authorizeIngress({ ...call, form: 'flat' }), RULES],
    ['an ingress rule with a source group', authorizeIngress({ ...call, sourceGroupId: SOURCE }), RULES],
    ['an ingress rule with a source group and flat parameters', authorizeIngress({ ...call, sourceGroupId: SOURCE, form: 'flat' }), RULES],
    ['rules that CloudFormation added, without the group in the request',
      authorizeIngress({ ...call, sourceGroupId: SOURCE, namesGroup: false, caller: CLOUDFORMATION }), RULES],
    ['egress rules added', authorizeEgress({ ...call, sourceGroupId: SOURCE }), RULES],
    ['an egress rule added with flat parameters', authorizeEgress({ ...call, form: 'flat' }), RULES],
    ['rules revoked by their traffic', revokeIngress({ ...call, sourceGroupId: SOURCE }), []],
    ['rules revoked by their traffic, and listed in the response', revokeIngress({ ...call, sourceGroupId: SOURCE, listsRules: true }), RULES],
    ['rules revoked by flat parameters', revokeIngress({ ...call, form: 'flat' }), []],
    ['rules revoked by their ids', revokeIngress({ ...call, byId: true }), RULES],
    ['egress rules revoked by their ids', revokeEgress({ ...call, byId: true, sourceGroupId: SOURCE, listsRules: true }), RULES],
    ['egress rules revoked by their traffic', revokeEgress({ ...call, sourceGroupId: SOURCE }), []],
    ['one modified rule', modifyRules({ groupId: GROUP, ruleIds: [RULES[0]], sourceGroupId: SOURCE }), [RULES[0]]],
    ['several modified rules', modifyRules({ ...call, sourceGroupId: SOURCE }), RULES],
    ['a new group', createGroup({ groupId: GROUP }), []],
    ['a deleted group', deleteGroup({ groupId: GROUP }), []],
  ])('%s: its ids are taken, and no source', (_, event, ruleIds) => {
    const change = changeIn(event);
    expect(change).toMatchObject({ groupIds: [GROUP], ruleIds, eventName: event.detail.eventName });
    expect(change).not.toHaveProperty('awaits');
    expect(GROUP_EVENTS).toContain(change.eventName);
  });

  test('lists of ids in the XML of a request are read, with one entry and with several', () => {
    const revoked = (SecurityGroupRuleId: unknown): object => callEvent(
      'RevokeSecurityGroupIngress', { RevokeSecurityGroupIngressRequest: { GroupId: GROUP, SecurityGroupRuleId } }, null,
    );
    const tagged = RULES.map((content, index) => ({ tag: index + 1, content }));
    expect(changeIn(revoked(tagged[0])).ruleIds).toEqual([RULES[0]]);
    expect(changeIn(revoked(tagged)).ruleIds).toEqual(RULES);
  });

  test('a call that is not known is a change of the groups that it names', () => {
    const event = callEvent('AssociateSecurityGroupVpc', { AssociateSecurityGroupVpcRequest: { GroupId: GROUP, VpcId: VPC } }, null);
    expect(changeIn(event)).toMatchObject({ eventName: 'AssociateSecurityGroupVpc', groupIds: [GROUP], ruleIds: [] });
    const unnamed = withRecord(deleteGroup({ groupId: GROUP }), { eventName: { of: 'the call' } });
    expect(changeIn(unnamed)).toMatchObject({ eventName: 'unknown', groupIds: [GROUP] });
    const created = withRecord(createGroup({ groupId: GROUP }), { eventName: undefined });
    expect(changeIn(created)).toMatchObject({ eventName: 'unknown', groupIds: [GROUP] });
  });

  test.each([[['DeleteSecurityGroup']], [{ tag: 1, content: 'DeleteSecurityGroup' }]])('its name is found in another shape: %j', eventName => {
    expect(changeIn(withRecord(deleteGroup({ groupId: GROUP }), { eventName })).eventName).toBe('DeleteSecurityGroup');
  });

  test('nothing of the request but ids is taken', () => {
    const texts = JSON.stringify(changeIn(authorizeIngress({ groupId: GROUP, caller: CONSOLE })));
    for (const secret of ['secret', '0.0.0.0/0', 'tcp', 'Mozilla', '198.51.100.7', 'AKIA', 'ASIA']) {
      expect(texts).not.toContain(secret);
    }
  });
});

describe('a call after which rules of any group may be stale', () => {
  test.each<[event: CloudTrailEvent, awaits: object]>([
    [deletePeering({ peeringId: PEERING }), { kind: 'peering', id: PEERING, isEnding: true }],
    [deleteTransitGateway({ transitGatewayId: GATEWAY }), { kind: 'transitGateway', id: GATEWAY, isEnding: true }],
    [modifyTransitGateway({ transitGatewayId: GATEWAY }), { kind: 'transitGateway', id: GATEWAY, isEnding: false }],
    [deleteAttachment({ attachmentId: ATTACHMENT }), { kind: 'transitGatewayAttachment', id: ATTACHMENT, isEnding: true }],
    [modifyAttachment({ attachmentId: ATTACHMENT }), { kind: 'transitGatewayAttachment', id: ATTACHMENT, isEnding: false }],
    [disassociate({ groupId: GROUP, vpcId: VPC }), { kind: 'association', id: GROUP, vpcId: VPC, isEnding: true }],
  ])('names the resource to wait for, and no group to read: %#', (event, awaits) => {
    const change = changeIn(event);
    expect(change).toMatchObject({ groupIds: [], ruleIds: [], awaits: [awaits], isByCloudFormation: false });
    expect(TOPOLOGY_EVENTS).toContain(change.eventName);
  });

  test.each([
    ['without the id of the peering', deletePeering({ peeringId: PEERING }), { requestParameters: null }],
    ['with an id of another kind', deletePeering({ peeringId: GROUP }), {}],
    ['without the VPC', disassociate({ groupId: GROUP, vpcId: VPC }), { requestParameters: { GroupId: GROUP } }],
    ['without the group', disassociate({ groupId: GROUP, vpcId: VPC }), { requestParameters: { VpcId: VPC } }],
    ['with two VPCs', disassociate({ groupId: GROUP, vpcId: VPC }), { requestParameters: { GroupId: GROUP, VpcIds: [VPC, 'vpc-2'] } }],
  ])('is unread %s', (_, event, record) => {
    expect(parse(withRecord(event, record)).kind).toBe('unread');
  });
});

describe('who', () => {
  test.each<[name: string, caller: Caller, tool: Change['tool'], isByCloudFormation: boolean]>([
    ['a person in the console', CONSOLE, 'console', false],
    ['a person in the console, in an older record', OLD_CONSOLE, 'console', false],
    ['a person in the console behind a proxy of AWS', INTERNAL_CONSOLE, 'console', false],
    ['the console by a name of its own', { ...CLI, userAgent: 'EC2ConsoleFrontend, aws-internal/3' }, 'console', false],
    ['a person in the console, with brackets', { ...CONSOLE, userAgent: '[Mozilla/5.0 (X11)]' }, 'console', false],
    ['a person in the console, by its SDK', { ...CONSOLE, userAgent: 'aws-internal/3 aws-sdk-java/1.12.582' }, 'console', false],
    ['a person in the console, by its server', { ...CONSOLE, userAgent: 'Coral/Netty4' }, 'console', false],
    ['another service of AWS with such a user agent', { ...CLI, userAgent: 'Coral/Netty4' }, undefined, false],
    ['root', ROOT, 'console', false],
    ['a person with the CLI', CLI, undefined, false],
    ['a person with the CLI in a session of the console', { ...CLI, sessionCredentialFromConsole: 'true' }, undefined, false],
    ['a browser without a session of the console', { ...CLI, userAgent: 'Mozilla/5.0' }, undefined, false],
    ['CloudFormation', CLOUDFORMATION, 'CloudFormation', true],
    ['CloudFormation by its address only', { ...CLI, sourceIPAddress: 'cloudformation.amazonaws.com' }, 'CloudFormation', true],
    ['Terraform', TERRAFORM, 'Terraform', false],
    ['Packer', PACKER, undefined, false],
    ['another service', SERVICE, undefined, false],
  ])('%s', (_, caller, tool, isByCloudFormation) => {
    const change = changeIn(authorizeIngress({ groupId: GROUP, caller, eventId: 'event-1' }));
    expect(change.arn).toBe(caller.userIdentity.arn);
    expect(change.tool).toBe(tool);
    expect(change.isByCloudFormation).toBe(isByCloudFormation);
    expect(change).toMatchObject({ at: '2026-01-01T00:00:00.000Z', eventId: 'event-1' });
  });

  test.each<[name: string, fields: object]>([
    ['in a list', { userIdentity: { invokedBy: ['cloudformation.amazonaws.com'] } }],
    ['with a counter', { userIdentity: { invokedBy: { tag: 1, content: 'cloudformation.amazonaws.com' } } }],
    ['in a list of identities', { userIdentity: [{ invokedBy: 'cloudformation.amazonaws.com' }] }],
    ['in a wrapper', { userIdentity: { userIdentity: { invokedBy: 'cloudformation.amazonaws.com' } } }],
    ['under a key in another case', { UserIdentity: { InvokedBy: 'cloudformation.amazonaws.com' } }],
    ['in another case', { userIdentity: { invokedBy: 'CloudFormation.amazonaws.com' } }],
    ['for stack sets', { userIdentity: { invokedBy: 'member.org.stacksets.cloudformation.amazonaws.com' } }],
    ['in China', { userIdentity: { invokedBy: 'cloudformation.amazonaws.com.cn' } }],
    ['in the JSON text of the identity', { userIdentity: '{"invokedBy":"cloudformation.amazonaws.com"}' }],
    ['in another text of the identity', { userIdentity: '{type=Role, invokedby=cloudformation.amazonaws.com}' }],
    ['as an address in a list', { sourceIPAddress: ['CLOUDFORMATION.amazonaws.com'] }],
  ])('CloudFormation is found in a record of another shape: %s', (_, fields) => {
    const { userIdentity, ...others } = authorizeIngress({ groupId: GROUP }).detail;
    expect(userIdentity).toBeDefined();
    const change = changeIn({ detail: { ...others, ...fields } });
    expect(change).toMatchObject({ isByCloudFormation: true, tool: 'CloudFormation' });
  });

  test.each<[name: string, fields: object]>([
    ['the name of a session', { userIdentity: { arn: 'arn:aws:sts::1:assumed-role/a/cloudformation.amazonaws.com' } }],
    ['the text of an identity that another service invoked',
      { userIdentity: '{"userName":"cloudformation.amazonaws.com","invokedBy":"elasticmapreduce.amazonaws.com"}' }],
    ['the text of an identity', { userIdentity: '{"userName":"cloudformation.amazonaws.com"}' }],
    ['another key', { userIdentity: { sessionContext: { name: 'cloudformation.amazonaws.com' } } }],
  ])('a name that a caller can choose does not make a call one of CloudFormation: %s', (_, fields) => {
    expect(changeIn(withRecord(authorizeIngress({ groupId: GROUP }), fields)).isByCloudFormation).toBe(false);
  });

  test('a user agent, which a caller can choose, does not make a call one of CloudFormation', () => {
    const caller = { ...CLI, userAgent: 'cloudformation.amazonaws.com' };
    expect(changeIn(authorizeIngress({ groupId: GROUP, caller })).isByCloudFormation).toBe(false);
  });

  test.each([
    [undefined], [null], [7], [{}], ['mary'], [`arn:aws:iam::111122223333:user/${'m'.repeat(2048)}`], ['arn:aws:iam::1:user/a\nb'],
  ])('an identity without a usable ARN is let in, and nobody is named: %p', arn => {
    const record = { userIdentity: { ...CLI.userIdentity, arn } };
    const change = changeIn(withRecord(authorizeIngress({ groupId: GROUP }), record));
    expect(change).not.toHaveProperty('arn');
  });
});

describe('a call is left out', () => {
  test.each([
    ['of the sweeping function', functionCaller('Hygiene-Role', 'Hygiene-Sweeper'), 'left-out'],
    ['of another function with the same role', functionCaller('Hygiene-Role', 'Other'), 'change'],
    ['of a function of the same name with another role', functionCaller('Other-Role', 'Hygiene-Sweeper'), 'change'],
    ['of a person', CLI, 'change'],
    ['of a service without an ARN', SERVICE, 'change'],
  ])('if it is one of the construct itself: %s', (_, caller, kind) => {
    expect(parse(authorizeIngress({ groupId: GROUP, caller })).kind).toBe(kind);
    expect(parse(deletePeering({ peeringId: PEERING, caller })).kind).toBe(kind);
  });

  test.each(['Client.UnauthorizedOperation', 'Client.InvalidPermission.Duplicate', 'Client.DryRunOperation', 'AccessDenied'])(
    'if it failed: %s', errorCode => {
      expect(parse(authorizeIngress({ groupId: GROUP, errorCode })).kind).toBe('left-out');
    },
  );

  test.each([
    [['Client.UnauthorizedOperation']], [{ tag: 1, content: 'AccessDenied' }], [true], [500], [0],
  ])('if it failed with a code of another shape: %j', errorCode => {
    expect(parse(authorizeIngress({ groupId: GROUP, record: { errorCode } })).kind).toBe('left-out');
  });

  test.each([[null], [''], [{}], [undefined], [false], [[]], [['']]])('but not if it only has a field for the error: %p', errorCode => {
    expect(parse(authorizeIngress({ groupId: GROUP, record: { errorCode } })).kind).toBe('change');
  });
});

describe('a call with the message of an error and no code', () => {
  const errorMessage = 'You are not authorized to perform this operation.';

  test.each([null, undefined, ''])('and no response has its group read, and nobody is named: %p', responseElements => {
    const record = { errorMessage, responseElements };
    const change = changeIn(authorizeIngress({ groupId: GROUP, caller: TERRAFORM, record }));
    expect(change).toEqual({
      eventName: 'AuthorizeSecurityGroupIngress', at: '2026-01-01T00:00:00.000Z', groupIds: [GROUP], ruleIds: [],
      isByCloudFormation: false,
    });
  });

  test('and a response has its caller named', () => {
    const change = changeIn(authorizeIngress({ groupId: GROUP, caller: TERRAFORM, record: { errorMessage } }));
    expect(change.arn).toBe(TERRAFORM.userIdentity.arn);
  });
});

describe('the time of a call', () => {
  const at = (eventTime: unknown): string | undefined =>
    changeIn(authorizeIngress({ groupId: GROUP, record: { eventTime } })).at;
  const seconds = Date.parse(CALLED_AT) / 1000;
  test.each<[eventTime: unknown]>([
    ['2026-01-01T00:00:00Z'], ['2026-01-01T01:00:00+01:00'], ['2026-01-01 00:00:00'], ['2026-01-01T00:00:00.000Z'], ['2026-01-01T00:00'],
    [seconds], [String(seconds)], [seconds * 1000],
  ])('is read: %p', eventTime => {
    expect(at(eventTime)).toBe('2026-01-01T00:00:00.000Z');
  });

  test.each<[eventTime: unknown]>([
    [undefined], [null], [''], ['yesterday'], [{}], [[CALLED_AT]], [true], [-1], [0], [1e300], ['2026-13-01T00:00:00Z'], ['1'],
    ['2026-01-01T00:02:31Z'], ['2025-12-16T23:59:59Z'], ['9999-12-31T23:59:59Z'],
  ])('is absent if it cannot be true, and the group is read all the same: %p', eventTime => {
    expect(at(eventTime)).toBeUndefined();
  });

  test.each(['2026-01-01T00:02:30Z', '2025-12-17T00:00:30Z'])('is believed within the tolerance: %s', eventTime => {
    expect(at(eventTime)).toBe(new Date(eventTime).toISOString());
  });
});

describe('an event of which no id can be taken is unread', () => {
  test('when CloudTrail left its content out', () => {
    const event = authorizeIngress({
      groupId: GROUP, eventId: 'event-1',
      record: { requestParameters: { requestParametersSizeLimit: 'omitted' }, responseElements: null },
    });
    expect(parse(event)).toMatchObject({
      kind: 'unread', facts: { eventName: 'AuthorizeSecurityGroupIngress', eventId: 'event-1', at: '2026-01-01T00:00:00.000Z' },
    });
  });

  test.each<[name: string, event: CloudTrailEvent, record: object]>([
    ['a group and a VPC', disassociate({ groupId: GROUP, vpcId: VPC }), {}],
    ['a group and a peering', deletePeering({ peeringId: PEERING }), { responseElements: { groupId: GROUP } }],
  ])('when the call has no name, and may be one after which rules of any group are stale: %s', (_, event, record) => {
    expect(parse(withRecord(event, { eventName: undefined, ...record })).kind).toBe('unread');
    expect(parse(withRecord(event, { eventName: ['in', 'a', 'list'], ...record })).kind).toBe('unread');
  });

  test.each([[CLOUDFORMATION, true], [CLI, false]])('and says whether CloudFormation made the call: %#', (caller, isByCloudFormation) => {
    const record = { requestParameters: null, responseElements: null };
    const event = authorizeIngress({ groupId: GROUP, caller, record });
    expect(parse(event)).toMatchObject({ kind: 'unread', facts: { isByCloudFormation } });
  });

  test('when only a source is named', () => {
    const event = revokeIngress({ groupId: GROUP, sourceGroupId: SOURCE });
    const { groupId, ...requestParameters } = event.detail.requestParameters as Record<string, unknown>;
    expect(groupId).toBe(GROUP);
    const read = parse(withRecord(event, { requestParameters }));
    expect(read.kind).toBe('unread');
    expect(JSON.stringify(read)).not.toContain(SOURCE);
  });

  test('when the group is named by its name', () => {
    const event = withRecord(revokeIngress({ groupId: GROUP }), { requestParameters: { groupName: 'sg-web of mary', cidrIp: '0.0.0.0/0' } });
    const read = parse(event);
    expect(read).toMatchObject({ kind: 'unread' });
    if (read.kind === 'unread') {
      expect(read.facts.keys).toEqual(expect.arrayContaining(['requestParameters.groupName', 'requestParameters.cidrIp', 'eventName']));
    }
    expect(JSON.stringify(read)).not.toMatch(/mary|0\.0\.0\.0/);
  });

  test('when a parameter of the caller has the place of a key', () => {
    const read = parse(withRecord(deletePeering({ peeringId: '' }), { requestParameters: { 'a secret': { 'P@ss': 1 }, 'constructor': 1 } }));
    expect(JSON.stringify(read)).not.toMatch(/secret|P@ss/);
    expect(read.kind).toBe('unread');
  });

  test.each([{}, { detail: null }, { detail: [] }, { detail: {} }, { Records: [] }, { Type: 'Notification', Message: '{}' }])(
    'when it is another JSON object: %j', message => {
      expect(parse(message).kind).toBe('unread');
    },
  );

  test('when there are more ids than EC2 takes in a call', () => {
    const groupIds = Array.from({ length: 3000 }, (_, index) => `sg-${index}`);
    expect(parse(withRecord(deleteGroup({ groupId: GROUP }), { requestParameters: { groupIds } })).kind).toBe('unread');
  });

  test.each([
    'sg-', 'sg-../../x', 'SG-0123', 'sg-0123 OR 1', 'sg-EXAMPLE1', 'sg-xxxxxxxx', 'sg-0ABCDEF0', 'sg-0123456789abcdef',
    'sg-012345678', `sg-${'0'.repeat(18)}`, 'vpc-0123', 12, true, null,
  ])(
    'when the id has another form: %p', groupId => {
      expect(parse(withRecord(deleteGroup({ groupId: GROUP }), { requestParameters: { groupId }, responseElements: null })).kind).toBe('unread');
    },
  );
});

describe('two messages have the same event', () => {
  const identityOf = (message: unknown): string | undefined => {
    const read = parse(message);
    return 'identity' in read ? read.identity : undefined;
  };
  const event = authorizeIngress({ groupId: GROUP, ruleIds: RULES, eventId: 'event-1' });

  test('if they have one id, and the same was taken from them, whatever else they hold', () => {
    expect(identityOf(event)).toEqual(expect.any(String));
    const others = { userAgent: 'other', additionalEventData: 1, requestParameters: { GroupId: [GROUP] } };
    expect(identityOf({ ...withRecord(event, others), id: 'another delivery' })).toBe(identityOf(event));
    const unread = (record: object): object =>
      withRecord(event, { requestParameters: null, responseElements: null, ...record });
    expect(identityOf(unread({}))).toEqual(expect.any(String));
    expect(identityOf(unread({ userAgent: 'other' }))).toBe(identityOf(unread({})));
  });

  test.each<[name: string, record: object]>([
    ['another id', { eventID: 'event-2' }], ['another name', { eventName: 'AuthorizeSecurityGroupEgress' }],
    ['another group', { requestParameters: { groupId: 'sg-0aaaaaaaaaaaaaaa2' } }],
    ['fewer rules', { responseElements: null }], ['another time', { eventTime: '2026-01-01T00:00:01Z' }],
    ['CloudFormation as its caller', { ...CLOUDFORMATION }],
    ['no id of a group or rule', { requestParameters: null, responseElements: null }],
  ])('but not if one has %s', (_, record) => {
    expect(identityOf(withRecord(event, record))).toEqual(expect.any(String));
    expect(identityOf(withRecord(event, record))).not.toBe(identityOf(event));
  });

  test('and it is not known without an id', () => {
    expect(identityOf(withRecord(event, { eventID: undefined }))).toBeUndefined();
    expect(identityOf({})).toBeUndefined();
  });
});

describe('a message', () => {
  test.each(['', 'null', '7', '"text"', '[]', '[{}]', '{', 'sg-1', '\u0000'])('that is no JSON object is unusable: %p', body => {
    expect(parse(body)).toEqual({ kind: 'unusable' });
  });

  test('with the reminder is one, and has nothing else', () => {
    expect(parse(SWEEP_REMINDER)).toEqual({ kind: 'reminder' });
  });

  test('with a bare record is read as one of EventBridge', () => {
    const event = authorizeIngress({ groupId: GROUP });
    expect(changeIn(event.detail)).toEqual(changeIn(event));
  });

  test('of Lambda has the event as its text', () => {
    const event = authorizeIngress({ groupId: GROUP });
    const { Records: [record, other] } = sqsEvent(event, 'poison');
    expect(changeIn(record.body)).toEqual(changeIn(event));
    expect(parse(other.body)).toEqual({ kind: 'unusable' });
  });

  test('with an id of another form beside others has the others', () => {
    const event = withRecord(deleteGroup({ groupId: GROUP }), { requestParameters: { groupIds: ['sg-EXAMPLE1', GROUP, 'sg-12345678'] } });
    expect(changeIn(event).groupIds).toEqual([GROUP, 'sg-12345678']);
  });

  test('that is nested deeper than calls can be is read', () => {
    const deep = `${'{"a":['.repeat(5000)}{"groupId":"${GROUP}"}${']}'.repeat(5000)}`;
    const record = JSON.stringify({ detail: { eventName: 'DeleteSecurityGroup', requestParameters: 0 } });
    expect(changeIn(record.replace(':0', `:${deep}`)).groupIds).toEqual([GROUP]);
  });

  test('with keys of prototypes is read, and changes nothing', () => {
    const body = `{"__proto__":{"remind":"sweep"},"detail":{"__proto__":{"errorCode":"x"},"constructor":{"prototype":{"polluted":1}},
      "requestParameters":{"__proto__":{"groupId":"${GROUP}"},"toString":{"securityGroupRuleId":"${RULES[0]}"}}}}`;
    expect(changeIn(body)).toMatchObject({ groupIds: [GROUP], ruleIds: [RULES[0]] });
    expect(({} as Record<string, unknown>).polluted).toBeUndefined();
  });

  test('of 1 MB is read', () => {
    const items = Array.from({ length: 9000 }, () => ({ cidrIp: '203.0.113.0/24', description: 'x'.repeat(60) }));
    const event = withRecord(revokeIngress({ groupId: GROUP }), {
      requestParameters: { ipPermissions: { items }, noise: items, groupId: GROUP },
    });
    expect(changeIn(event).groupIds).toEqual([GROUP]);
  });
});

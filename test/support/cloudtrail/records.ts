/**
 * Events of EventBridge with CloudTrail's records of calls of EC2, shaped as public recorded ones.
 *
 * EC2 has two renderings of a call. The older one has keys in lowerCamelCase, lists as `items`, and `{}` for an absent
 * list. The newer one keeps the XML of the request in a wrapper: its keys are in PascalCase, a list with one entry is
 * an object with a counter `tag`, and a scalar in a list is `{ tag, content }`.
 */
import type { SQSEvent } from 'aws-lambda';
import { type Caller, CLI } from './callers';
import { ACCOUNT } from '../builders';

export type CloudTrailRecord = Readonly<Record<string, unknown>>;

/** An event as EventBridge delivers it. */
export interface CloudTrailEvent {
  readonly 'version': '0';
  readonly 'id': string;
  readonly 'detail-type': 'AWS API Call via CloudTrail';
  readonly 'source': 'aws.ec2';
  readonly 'account': string;
  readonly 'time': string;
  readonly 'region': string;
  readonly 'resources': readonly string[];
  readonly 'detail': CloudTrailRecord;
}

/** The time of a call, unless a test gives another one. */
export const CALLED_AT = '2026-01-01T00:00:00Z';

const REGION = 'eu-central-1';

/** The options of every call. */
export interface CallOptions {
  /** Absent: a person with the AWS CLI. */
  readonly caller?: Caller;
  /** Absent: {@link CALLED_AT}. */
  readonly at?: string;
  /** Absent: an id of its own. */
  readonly eventId?: string;
  /** The code of the error with which the call failed. A failed call has no response. */
  readonly errorCode?: string;
  /** Fields of the record that replace the usual ones. */
  readonly record?: CloudTrailRecord;
}

let events = 0;

/** Returns an id in the form of CloudTrail's that no other event of the test file has. */
function nextId(prefix: string): string {
  events += 1;
  return `${prefix}-0000-4000-8000-${String(events).padStart(12, '0')}`;
}

/** Returns the event of any call. */
export function callEvent(
  eventName: string, requestParameters: unknown, responseElements: unknown, options: CallOptions = {},
): CloudTrailEvent {
  const { caller = CLI, at = CALLED_AT, errorCode, record } = options;
  const { eventId = nextId('eeeeeeee') } = options;
  return {
    'version': '0',
    'id': nextId('bbbbbbbb'),
    'detail-type': 'AWS API Call via CloudTrail',
    'source': 'aws.ec2',
    'account': ACCOUNT,
    'time': at,
    'region': REGION,
    'resources': [],
    'detail': {
      eventVersion: '1.11',
      userIdentity: caller.userIdentity,
      eventTime: at,
      eventSource: 'ec2.amazonaws.com',
      eventName,
      awsRegion: REGION,
      sourceIPAddress: caller.sourceIPAddress,
      userAgent: caller.userAgent,
      ...errorCode !== undefined && { errorCode, errorMessage: 'The call failed.' },
      requestParameters,
      responseElements: errorCode === undefined ? responseElements : null,
      requestID: nextId('aaaaaaaa'),
      eventID: eventId,
      readOnly: false,
      eventType: 'AwsApiCall',
      managementEvent: true,
      recipientAccountId: ACCOUNT,
      eventCategory: 'Management',
      tlsDetails: {
        tlsVersion: 'TLSv1.3', cipherSuite: 'TLS_AES_128_GCM_SHA256', clientProvidedHostHeader: `ec2.${REGION}.amazonaws.com`,
      },
      ...caller.sessionCredentialFromConsole !== undefined && {
        sessionCredentialFromConsole: caller.sessionCredentialFromConsole,
      },
      ...record,
    },
  };
}

export interface RulesCall extends CallOptions {
  readonly groupId: string;
  /** Absent: one rule. */
  readonly ruleIds?: readonly string[];
  /** A group that is a source of the rules. Absent: the source is the internet. */
  readonly sourceGroupId?: string;
  /** `list` for permissions, `flat` for one permission in the parameters themselves. Absent: `list`. */
  readonly form?: 'list' | 'flat';
  /** Whether the request names the group. Calls of CloudFormation may not do so. Absent: it does. */
  readonly namesGroup?: boolean;
}

const RULE_ID = 'sgr-0123456789abcdef0';

/** SSH as the caller wrote it. An absent list is an empty object. */
function permissions({ form = 'list', sourceGroupId }: Pick<RulesCall, 'form' | 'sourceGroupId'>): object {
  const ports = { ipProtocol: 'tcp', fromPort: 22, toPort: 22 };
  if (form === 'flat') {
    return { ...ports, ...sourceGroupId === undefined ? { cidrIp: '0.0.0.0/0' } : {}, ipPermissions: {} };
  }
  const source = sourceGroupId === undefined
    ? { groups: {}, ipRanges: { items: [{ cidrIp: '0.0.0.0/0', description: 'secret description' }] } }
    : { groups: { items: [{ userId: ACCOUNT, groupId: sourceGroupId }] }, ipRanges: {} };
  return { ipPermissions: { items: [{ ...ports, ...source, ipv6Ranges: {}, prefixListIds: {} }] } };
}

function ruleSet({ groupId, ruleIds = [RULE_ID], sourceGroupId }: RulesCall, isEgress: boolean): object {
  return {
    items: ruleIds.map(securityGroupRuleId => ({
      groupOwnerId: ACCOUNT,
      groupId,
      securityGroupRuleId,
      isEgress,
      ipProtocol: 'tcp',
      fromPort: 22,
      toPort: 22,
      ...sourceGroupId === undefined
        ? { cidrIpv4: '0.0.0.0/0' }
        : { referencedGroupInfo: { userId: ACCOUNT, groupId: sourceGroupId }, referencedGroupId: sourceGroupId },
    })),
  };
}

function authorize(eventName: string, call: RulesCall, isEgress: boolean): CloudTrailEvent {
  const { groupId, namesGroup = true } = call;
  const requested = { ...namesGroup && { groupId }, ...permissions(call) };
  const response = { requestId: nextId('aaaaaaaa'), _return: true, securityGroupRuleSet: ruleSet(call, isEgress) };
  return callEvent(eventName, requested, response, call);
}

export const authorizeIngress = (call: RulesCall): CloudTrailEvent =>
  authorize('AuthorizeSecurityGroupIngress', call, false);

export const authorizeEgress = (call: RulesCall): CloudTrailEvent => authorize('AuthorizeSecurityGroupEgress', call, true);

export interface RevokeCall extends RulesCall {
  /** Whether the request names the ids of the rules. Absent: it names their traffic. */
  readonly byId?: boolean;
  /** Whether the response lists the revoked rules, as it has done of late. Absent: it does not. */
  readonly listsRules?: boolean;
}

function revoke(eventName: string, call: RevokeCall, isEgress: boolean): CloudTrailEvent {
  const { groupId, ruleIds = [RULE_ID], byId = false, listsRules = false } = call;
  const requested = byId
    ? { groupId, ipPermissions: {}, securityGroupRuleIds: { items: ruleIds.map(id => ({ securityGroupRuleId: id })) } }
    : { groupId, ...permissions(call) };
  const response = {
    requestId: nextId('aaaaaaaa'), _return: true,
    ...listsRules && { revokedSecurityGroupRuleSet: ruleSet(call, isEgress) },
  };
  return callEvent(eventName, requested, response, call);
}

export const revokeIngress = (call: RevokeCall): CloudTrailEvent => revoke('RevokeSecurityGroupIngress', call, false);

export const revokeEgress = (call: RevokeCall): CloudTrailEvent => revoke('RevokeSecurityGroupEgress', call, true);

const XMLNS = 'http://ec2.amazonaws.com/doc/2016-11-15/';

/** Returns entries as the newer rendering has them: an object for one, an array for several. */
const tagged = (entries: readonly object[]): unknown =>
  entries.length === 1 ? { ...entries[0], tag: 1 } : entries.map((entry, index) => ({ ...entry, tag: index + 1 }));

/** Returns an event in the newer rendering. */
function wrapped(eventName: string, request: object, response: object, options: CallOptions): CloudTrailEvent {
  const answer = { xmlns: XMLNS, requestId: nextId('aaaaaaaa'), ...response };
  return callEvent(eventName, { [`${eventName}Request`]: request }, { [`${eventName}Response`]: answer }, options);
}

export const modifyRules = (call: Omit<RulesCall, 'form' | 'namesGroup'>): CloudTrailEvent => {
  const { groupId, ruleIds = [RULE_ID], sourceGroupId } = call;
  const updates = ruleIds.map(SecurityGroupRuleId => ({
    SecurityGroupRuleId,
    SecurityGroupRule: {
      IpProtocol: 'tcp', FromPort: 22, ToPort: 22, Description: 'secret description',
      ...sourceGroupId === undefined ? { CidrIpv4: '0.0.0.0/0' } : { ReferencedGroupId: sourceGroupId },
    },
  }));
  return wrapped('ModifySecurityGroupRules', { GroupId: groupId, SecurityGroupRule: tagged(updates) }, { return: true }, call);
};

interface GroupCall extends CallOptions {
  readonly groupId: string;
}

export const createGroup = (call: GroupCall): CloudTrailEvent => callEvent(
  'CreateSecurityGroup',
  {
    groupName: 'web', groupDescription: 'secret description', vpcId: 'vpc-0123456789abcdef0',
    tagSpecificationSet: { items: [{ resourceType: 'security-group', tags: [{ key: 'Name', value: 'sg-0fffffffffffffff1' }] }] },
  },
  {
    requestId: nextId('aaaaaaaa'), _return: true, groupId: call.groupId,
    securityGroupArn: `arn:aws:ec2:${REGION}:${ACCOUNT}:security-group/${call.groupId}`,
    tagSet: { items: [{ key: 'Name', value: 'sg-0fffffffffffffff1' }] },
  },
  call,
);

export const deleteGroup = (call: GroupCall): CloudTrailEvent => callEvent(
  'DeleteSecurityGroup', { groupId: call.groupId }, { requestId: nextId('aaaaaaaa'), _return: true, groupId: call.groupId }, call,
);

export const deletePeering = (call: CallOptions & { readonly peeringId: string }): CloudTrailEvent => callEvent(
  'DeleteVpcPeeringConnection', { vpcPeeringConnectionId: call.peeringId }, { requestId: nextId('aaaaaaaa'), _return: true }, call,
);

interface TransitGatewayCall extends CallOptions {
  readonly transitGatewayId: string;
}

const transitGateway = (transitGatewayId: string, state: string): object => ({
  transitGateway: {
    transitGatewayId, state, ownerId: ACCOUNT, creationTime: '2025-06-01T08:00:00.000Z',
    options: { amazonSideAsn: 64512, securityGroupReferencingSupport: 'disable', associationDefaultRouteTableId: 'tgw-rtb-1' },
  },
});

export const deleteTransitGateway = (call: TransitGatewayCall): CloudTrailEvent => wrapped(
  'DeleteTransitGateway', { TransitGatewayId: call.transitGatewayId }, transitGateway(call.transitGatewayId, 'deleting'), call,
);

export const modifyTransitGateway = (call: TransitGatewayCall): CloudTrailEvent => wrapped(
  'ModifyTransitGateway',
  { TransitGatewayId: call.transitGatewayId, Options: { SecurityGroupReferencingSupport: 'disable' } },
  transitGateway(call.transitGatewayId, 'modifying'),
  call,
);

interface AttachmentCall extends CallOptions {
  readonly attachmentId: string;
}

const attachment = (transitGatewayAttachmentId: string, state: string): object => ({
  transitGatewayVpcAttachment: {
    transitGatewayAttachmentId, transitGatewayId: 'tgw-0123456789abcdef0', vpcId: 'vpc-0123456789abcdef0', vpcOwnerId: ACCOUNT,
    state, subnetIds: { item: { tag: 1, content: 'subnet-0123456789abcdef0' } }, creationTime: '2025-06-01T08:00:00.000Z',
  },
});

export const deleteAttachment = (call: AttachmentCall): CloudTrailEvent => wrapped(
  'DeleteTransitGatewayVpcAttachment',
  { TransitGatewayAttachmentId: call.attachmentId },
  attachment(call.attachmentId, 'deleting'),
  call,
);

export const modifyAttachment = (call: AttachmentCall): CloudTrailEvent => wrapped(
  'ModifyTransitGatewayVpcAttachment',
  { TransitGatewayAttachmentId: call.attachmentId, Options: { SecurityGroupReferencingSupport: 'disable' } },
  attachment(call.attachmentId, 'modifying'),
  call,
);

export const disassociate = (
  call: CallOptions & { readonly groupId: string; readonly vpcId: string },
): CloudTrailEvent => wrapped(
  'DisassociateSecurityGroupVpc', { GroupId: call.groupId, VpcId: call.vpcId }, { state: 'disassociating' }, call,
);

/**
 * Returns the event with which Lambda hands messages of a queue to its function.
 *
 * @param messages events, or the texts of messages
 */
export function sqsEvent(...messages: ReadonlyArray<object | string>): SQSEvent {
  const sent = String(Date.parse(CALLED_AT) + 2000);
  return {
    Records: messages.map((message, index) => ({
      messageId: `message-${index + 1}`,
      receiptHandle: `receipt-${index + 1}`,
      body: typeof message === 'string' ? message : JSON.stringify(message),
      attributes: {
        ApproximateReceiveCount: '1', SentTimestamp: sent, SenderId: 'AIDAEXAMPLEID', ApproximateFirstReceiveTimestamp: sent,
      },
      messageAttributes: {},
      md5OfBody: '0'.repeat(32),
      eventSource: 'aws:sqs',
      eventSourceARN: `arn:aws:sqs:${REGION}:${ACCOUNT}:changes`,
      awsRegion: REGION,
    })),
  };
}

/**
 * Converts each call of the product to its IAM requests: actions, resources, and the context keys that the service
 * adds.
 *
 * @see https://docs.aws.amazon.com/service-authorization/latest/reference/reference.html
 */
import { ACCOUNT, arns, REGION } from './deployed';
import type { Deployment } from './deployment';
import type { IamRequest } from './simulator';
import type { Network, Parameters } from '../support/ec2-endpoint';
import { list, record, text, texts } from '../support/endpoint/parameters';

type Context = IamRequest['context'];

/**
 * Converts calls of EC2 and of the services beside it. A dry run needs the same permissions as the call itself.
 *
 * @throws for an unknown call
 */
export function requestsOf(
  action: string, parameters: Parameters, network: Network, { topicKey }: Pick<Deployment, 'topicKey'>,
): IamRequest[] {
  switch (action) {
    case 'RevokeSecurityGroupIngress':
      return [{ action: `ec2:${action}`, ...ofGroup(network, text(parameters.GroupId) ?? '') }];
    case 'AuthorizeSecurityGroupIngress': {
      const specifications = list(parameters.TagSpecification).map(each => tagsOf(record(each).Tag));
      const tags = Object.assign({}, ...specifications) as Tags;
      const group = { action: `ec2:${action}`, ...ofGroup(network, text(parameters.GroupId) ?? '') };
      if (Object.keys(tags).length === 0) return [group];
      // The rule exists only afterwards. Before that, IAM is asked about any rule.
      const rule = { resource: arns.securityGroupRule('*'), context: { ...EC2, ...requested(tags) } };
      return [
        group, { action: `ec2:${action}`, ...rule },
        { action: 'ec2:CreateTags', ...rule, context: { ...rule.context, 'ec2:CreateAction': action } },
      ];
    }
    case 'CreateTags':
      return texts(parameters.ResourceId).map(id => (
        createTags(id, network.rules.get(id)?.tags ?? {}, tagsOf(parameters.Tag))));
    case 'GetManagedPrefixListEntries': {
      const id = text(parameters.PrefixListId) ?? '';
      // EC2 authorizes the list even if there is none with that id.
      const owner = network.prefixLists.get(id)?.ownerId.toLowerCase() ?? ACCOUNT;
      return [{ action: `ec2:${action}`, resource: arns.prefixList(id, owner), context: EC2 }];
    }
    case 'PutMetricData':
      return [putMetricData(text(parameters.Namespace))];
    case 'PutEvents':
      return putEvents(list(parameters.Entries).map(record));
    case 'Publish':
      return [
        { action: 'sns:Publish', resource: text(parameters.TopicArn) ?? '', context: {} },
        ...topicKey === undefined ? [] : KEY_USES_OF_SNS.map(each => ofKey(each, topicKey, 'sns')),
      ];
    case 'DescribeStacks':
      return [{ action: 'cloudformation:DescribeStacks', resource: text(parameters.StackName) ?? '', context: {} }];
    case 'DescribeTrails':
      return [{ action: 'cloudtrail:DescribeTrails', resource: '*', context: {} }];
    case 'GetTrailStatus':
      return [{ action: 'cloudtrail:GetTrailStatus', resource: text(parameters.Name) ?? '', context: {} }];
    case 'GetEventSelectors':
      return [{ action: 'cloudtrail:GetEventSelectors', resource: text(parameters.TrailName) ?? '', context: {} }];
    case 'BatchImportFindings': {
      const findings = list(parameters.Findings).map(record);
      const products = new Set(findings.map(({ ProductArn }) => text(ProductArn) ?? ''));
      const accounts = [...new Set(findings.map(({ AwsAccountId }) => text(AwsAccountId) ?? ''))];
      return [...products].map(resource => importFindings(resource, accounts));
    }
    case 'SendMessage':
      return [{ action: 'sqs:SendMessage', resource: arns.queue(lastOf(parameters.QueueUrl)), context: {} }];
    case 'Invoke':
      return [{
        action: 'lambda:InvokeFunction', resource: arns.lambdaFunction(text(parameters.FunctionName) ?? ''), context: {},
      }];
    default:
      if (action.startsWith('Describe')) return [{ action: `ec2:${action}`, resource: '*', context: EC2 }];
      throw new Error(`It is not said here what ${action} asks IAM for`);
  }
}

/**
 * Converts calls of DynamoDB. With a customer managed key, DynamoDB uses the key on behalf of the caller.
 *
 * @throws for a call that names no partition
 * @see https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/encryption.usagenotes.html
 */
export function dynamoDbRequestsOf(action: string, parameters: Parameters, { ledgerKey }: Pick<Deployment, 'ledgerKey'>): IamRequest[] {
  const table = arns.table(text(parameters.TableName) ?? '');
  const uses = action === 'PutItem' ? ['kms:Decrypt', 'kms:GenerateDataKey', 'kms:Encrypt'] : ['kms:Decrypt'];
  return [
    dynamoDb(action, table, [leadingKey(parameters)], attributesOf(parameters)),
    ...ledgerKey === undefined ? [] : uses.map(each => ofKey(each, ledgerKey, 'dynamodb')),
  ];
}

/** The requests of a function's runtime when it logs. */
export function logRequests(logGroup: string): IamRequest[] {
  const resource = logGroup.replace(/:\*$/, ':log-stream:2026/11/21/[$LATEST]0f3a9c2e');
  return ['logs:CreateLogStream', 'logs:PutLogEvents'].map(action => ({ action, resource, context: {} }));
}

/**
 * Returns the requests that Lambda makes with the role when it places a function in a VPC. The function's own code does
 * not make them.
 *
 * @see https://docs.aws.amazon.com/lambda/latest/dg/configuration-vpc.html#configuration-vpc-permissions
 */
export function networkInterfaceRequests(context: Context = {}): IamRequest[] {
  const [ofInterface, ofSubnet] = [arns.networkInterface('eni-f0000000000000001'), arns.subnet('subnet-f0000000000000001')];
  return [
    ...['DescribeNetworkInterfaces', 'DescribeSubnets'].map(name => ({ action: `ec2:${name}`, resource: '*' })),
    ...[arns.networkInterface('*'), ofSubnet].map(resource => ({ action: 'ec2:CreateNetworkInterface', resource })),
    ...['DeleteNetworkInterface', 'AssignPrivateIpAddresses', 'UnassignPrivateIpAddresses']
      .map(name => ({ action: `ec2:${name}`, resource: ofInterface })),
  ].map(request => ({ ...request, context: { ...EC2, ...context } }));
}

/**
 * Returns the requests that Lambda makes with the role when it polls the queue of changes. The function's own code does
 * not make them.
 *
 * @see https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-configure.html#events-sqs-permissions
 */
export function pollingRequests(queue: string): IamRequest[] {
  return ['ReceiveMessage', 'DeleteMessage', 'GetQueueAttributes']
    .map(name => ({ action: `sqs:${name}`, resource: queue, context: {} }));
}

/** Returns the last part of a URL. */
const lastOf = (url: Parameters[string] | undefined): string => (text(url) ?? '').split('/').at(-1) ?? '';

/** SNS uses the key of a topic on behalf of the caller. */
const KEY_USES_OF_SNS = ['kms:Decrypt', 'kms:GenerateDataKey'];

type Tags = Record<string, string>;

const EC2: Context = { 'ec2:Region': REGION };

const tagsOf = (tags: Parameters[string] | undefined): Tags =>
  Object.fromEntries(list(tags).map(record).map(({ Key, Value }) => [text(Key) ?? '', text(Value) ?? '']));

const keyed = (key: string, tags: Tags): Context =>
  Object.fromEntries(Object.entries(tags).map(([name, value]) => [`${key}/${name}`, value]));

const requested = (tags: Tags): Context => ({ ...keyed('aws:RequestTag', tags), 'aws:TagKeys': Object.keys(tags) });

/** Returns a group as a resource of a call, with its VPC and tags. @throws when there is no such group */
export function ofGroup(network: Network, groupId: string): Pick<IamRequest, 'resource' | 'context'> {
  const group = network.groups.get(groupId);
  if (group === undefined) throw new Error(`The network has no group ${groupId}`);
  const vpc = arns.vpc(group.vpcId, network.vpcs.get(group.vpcId)?.ownerId);
  const tags = { ...keyed('aws:ResourceTag', group.tags), ...keyed('ec2:ResourceTag', group.tags) };
  return {
    resource: arns.securityGroup(groupId, group.ownerId),
    context: { ...EC2, ...tags, 'ec2:Vpc': vpc, 'ec2:SecurityGroupID': groupId },
  };
}

/** The request to tag an existing rule. */
export function createTags(ruleId: string, existing: Tags, tags: Tags): IamRequest {
  const context = { ...EC2, ...keyed('aws:ResourceTag', existing), ...requested(tags) };
  return { action: 'ec2:CreateTags', resource: arns.securityGroupRule(ruleId), context };
}

/** @param accounts the accounts of the findings */
export const importFindings = (product: string, accounts = [ACCOUNT]): IamRequest =>
  ({ action: 'securityhub:BatchImportFindings', resource: product, context: { 'securityhub:TargetAccount': accounts } });

export function putMetricData(namespace: string | undefined): IamRequest {
  const context: Context = namespace === undefined ? {} : { 'cloudwatch:namespace': namespace };
  return { action: 'cloudwatch:PutMetricData', resource: '*', context };
}

/** Returns one request for each event bus, with the context of its entries. */
function putEvents(entries: Parameters[]): IamRequest[] {
  const buses = new Set(entries.map(({ EventBusName }) => text(EventBusName) ?? 'default'));
  return [...buses].map(bus => {
    const own = entries.filter(({ EventBusName }) => (text(EventBusName) ?? 'default') === bus);
    const values = (key: string): string[] => [...new Set(own.flatMap(entry => texts(entry[key])))];
    return putEventsTo(bus.startsWith('arn:') ? bus : arns.eventBus(bus), values('Source'), values('DetailType'));
  });
}

export function putEventsTo(eventBus: string, sources: string[], detailTypes: string[]): IamRequest {
  const context = {
    ...sources.length > 0 && { 'events:source': sources },
    ...detailTypes.length > 0 && { 'events:detail-type': detailTypes },
  };
  return { action: 'events:PutEvents', resource: eventBus, context };
}

/** @param leadingKeys the partitions that the call reaches; empty if it names none, as a scan does */
export function dynamoDb(action: string, table: string, leadingKeys: string[], attributes: string[] = []): IamRequest {
  const context = {
    ...leadingKeys.length > 0 && { 'dynamodb:LeadingKeys': leadingKeys },
    ...attributes.length > 0 && { 'dynamodb:Attributes': attributes },
  };
  return { action: `dynamodb:${action}`, resource: table, context };
}

/** Returns the value of the partition key from any part of a call. */
function leadingKey({ Key, Item, KeyConditionExpression: condition, ...others }: Parameters): string {
  const [, name = '', placeholder = ''] = /^(#?\w+) = (:\w+)\b/.exec(text(condition) ?? '') ?? [];
  const isPartition = name === 'hygiene' || record(others.ExpressionAttributeNames)[name] === 'hygiene';
  const asked = isPartition ? record(others.ExpressionAttributeValues)[placeholder] : undefined;
  const found = record(Key).hygiene ?? record(Item).hygiene ?? asked;
  const value = text(record(found).S);
  if (value === undefined) throw new Error('A call to DynamoDB names no partition');
  return value;
}

/** Returns the attributes that a call names, which DynamoDB adds to the context. */
function attributesOf(parameters: Parameters): string[] {
  const expressions = Object.entries(parameters).flatMap(([key, value]) => (
    key.endsWith('Expression') ? text(value) ?? [] : []));
  const NAMES = /(?<![:#\w])[a-z]\w*(?!\w*\()/g;
  const named = expressions.flatMap(expression => [...expression.matchAll(NAMES)].map(([name]) => name));
  const renamed = Object.values(record(parameters.ExpressionAttributeNames)).flatMap(name => text(name) ?? []);
  const whole = [parameters.Key, parameters.Item].flatMap(each => Object.keys(record(each)));
  return [...new Set([...whole, ...named, ...renamed])].sort();
}

/** The use of a key by a service. */
export function ofKey(action: string, key: string, service: 'dynamodb' | 's3' | 'sns'): IamRequest {
  const context = { 'kms:ViaService': `${service}.${REGION}.amazonaws.com`, 'kms:CallerAccount': ACCOUNT };
  return { action, resource: key, context };
}

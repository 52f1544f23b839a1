/** Requests that IAM must deny to the roles of a deployment, so that nothing depends on the handler alone. */
import { ACCOUNT, arns, OTHER_ACCOUNT, REGION } from './deployed';
import { type Deployment, GROUP, network as sampleNetwork } from './deployment';
import { confinedTo, mayReplace, mayRevoke, readsInterfaces, restoresAnywhere } from './granted';
import {
  createTags, dynamoDb, importFindings, logRequests, networkInterfaceRequests, ofGroup, ofKey, putEventsTo,
  putMetricData,
} from './requests';
import type { IamRequest } from './simulator';
import { EXEMPT_TAG } from '../../src/contract/exemptions';

/** A request, and what it would do. */
export type Denial = readonly [what: string, request: IamRequest];

const SOURCE = 'cdk-network-hygiene';
const OTHER_HYGIENE = 'Other/Hygiene';
const RULE_ID = 'sgr-f0000000000000001';
const AT_CREATION = { 'ec2:CreateAction': 'AuthorizeSecurityGroupIngress' };

const network = sampleNetwork();

const of = (action: string, resource = '*'): IamRequest => ({ action, resource, context: {} });
const inGroup = (name: string, group: string): IamRequest => ({ action: `ec2:${name}`, ...ofGroup(network, group) });
const withMore = (request: IamRequest, more: IamRequest['context']): IamRequest => (
  { ...request, context: { ...request.context, ...more } });

/** Returns requests that the role of the sweeping function must not be allowed. */
export function deniedToRole(deployment: Deployment): Denial[] {
  const actionsOfKeys = ['kms:Decrypt', 'kms:GenerateDataKey', 'kms:Encrypt'];
  return [
    ...revocations(deployment), ...restores(deployment), ...otherChanges(), ...tags(),
    ...tables(deployment), ...telling(deployment), ...logs(deployment), ...keys(deployment, actionsOfKeys),
    ...deployment.choice.role === 'own' ? networkInterfaces(readsInterfaces(deployment.choice)) : [],
    ...prefixLists(deployment), ...ofChanges(deployment), ...findings(deployment),
  ];
}

/** Returns requests that the role of the findings table must not be allowed. */
export function deniedToFindings(deployment: Deployment): Denial[] {
  const { table, configuration: { hygiene, metricNamespace }, eventBus, topic, logGroup, ledgerKey } = deployment;
  const reads = [
    'DescribeSecurityGroups', 'DescribeSecurityGroupRules', 'DescribeVpcs', 'DescribeVpcEndpoints', 'DescribeVpnConnections',
  ];
  const changes = ['RevokeSecurityGroupIngress', 'AuthorizeSecurityGroupIngress'];
  return [
    ['writing to the ledger', dynamoDb('PutItem', table, [hygiene])],
    ...tables(deployment),
    ...reads.map((name): Denial => [`ec2:${name}`, of(`ec2:${name}`)]),
    ...changes.map((name): Denial => [`ec2:${name}`, inGroup(name, GROUP.declared)]),
    ['tagging a rule', createTags(RULE_ID, {}, { [EXEMPT_TAG]: 'x' })],
    ['publishing metrics', putMetricData(metricNamespace)],
    ['sending events', putEventsTo(eventBus, [SOURCE], [])],
    ['publishing to a topic', of('sns:Publish', topic ?? arns.topic('any'))],
    ['importing findings', importFindings(arns.product())],
    ...logRequests(logGroup).map((request): Denial => [`logging by ${request.action}`, request]),
    ...ledgerKey === undefined ? [] : [
      ['encrypting with the key of the ledger', ofKey('kms:Encrypt', ledgerKey, 'dynamodb')],
      ['decrypting with the key of the ledger past DynamoDB', of('kms:Decrypt', ledgerKey)],
      ['decrypting with the key of the ledger for SNS', ofKey('kms:Decrypt', ledgerKey, 'sns')],
    ] satisfies Denial[],
    ...keys(deployment, ['kms:Decrypt']),
    ...networkInterfaces(),
  ];
}

/**
 * Lambda may make network interfaces for the function, and the function itself may not.
 *
 * @param mayRead whether the function itself may read them
 */
function networkInterfaces(mayRead = false): Denial[] {
  const byFunction = { 'lambda:SourceFunctionArn': `arn:aws:lambda:${REGION}:${ACCOUNT}:function:handler` };
  return networkInterfaceRequests(byFunction)
    .filter(({ action }) => !(mayRead && action === 'ec2:DescribeNetworkInterfaces'))
    .map(request => [`${request.action} by the function`, request]);
}

/** Prefix lists may be read where their entries may decide. Nothing may change them. */
function prefixLists({ choice: { flagged } }: Deployment): Denial[] {
  const list = arns.prefixList('pl-1');
  const changes = ['ModifyManagedPrefixList', 'DeleteManagedPrefixList', 'GetManagedPrefixListAssociations', 'CreateTags'];
  const reads = flagged.some(kind => kind === 'fromInternet' || kind === 'replaced') ? [] : ['GetManagedPrefixListEntries'];
  return [...reads, ...changes].map(name => [`${name} of a prefix list`, of(`ec2:${name}`, list)]);
}

/** A change trigger grants its needs for this queue and this function. Without one, nothing of them is granted. */
function ofChanges({ choice, changeQueue = arns.queue('changes'), sweepingFunction }: Deployment): Denial[] {
  const elsewhere: Denial[] = [
    ...['ReceiveMessage', 'DeleteMessage', 'SendMessage']
      .map((name): Denial => [`${name} of another queue`, of(`sqs:${name}`, arns.queue('other'))]),
    ...['restore', 'pause', 'resume', 'retry', 'approve', '1']
      .map((name): Denial => [`invoking ${name}`, of('lambda:InvokeFunction', `${sweepingFunction}:${name}`)]),
    ['invoking another function', of('lambda:InvokeFunction', arns.lambdaFunction('other'))],
    ['reading a stack of another account', of('cloudformation:DescribeStacks', arns.stack('Network').replace(ACCOUNT, OTHER_ACCOUNT))],
  ];
  if (choice.changeTrigger) return elsewhere;
  return [
    ...elsewhere,
    ['invoking the sweeping function', of('lambda:InvokeFunction', sweepingFunction)],
    ['receiving changes', of('sqs:ReceiveMessage', changeQueue)],
    ['reading a stack', of('cloudformation:DescribeStacks', arns.stack('Network'))],
    ['reading trails', of('cloudtrail:DescribeTrails')],
    ['reading whether a trail logs', of('cloudtrail:GetTrailStatus', arns.trail('all'))],
    ['reading what a trail logs', of('cloudtrail:GetEventSelectors', arns.trail('all'))],
    ['reading peering connections', of('ec2:DescribeVpcPeeringConnections')],
  ];
}

/** With `securityHub`, findings of the account's own product may be imported, and nothing else of Security Hub. */
function findings({ choice: { securityHub } }: Deployment): Denial[] {
  const others = [
    arns.product(OTHER_ACCOUNT), arns.product().replace(REGION, 'us-east-1'),
    arns.product().replace(/product.*/, 'product/aws/guardduty'), arns.product().replace('/default', '/other'),
  ];
  const hub = `arn:aws:securityhub:${REGION}:${ACCOUNT}:hub/default`;
  const more = ['BatchUpdateFindings', 'UpdateFindings', 'GetFindings', 'DescribeHub', 'EnableSecurityHub', 'DisableSecurityHub'];
  return [
    ...others.map((product): Denial => [`importing findings of ${product}`, importFindings(product)]),
    ...more.map((name): Denial => [`securityhub:${name}`, of(`securityhub:${name}`, hub)]),
    ...securityHub ? [] : [['importing findings', importFindings(arns.product())] satisfies Denial],
  ];
}

function revocations({ choice }: Deployment): Denial[] {
  const revoke = (where: string, group: string): Denial =>
    [`revoking ${where}`, inGroup('RevokeSecurityGroupIngress', group)];
  if (!mayRevoke(choice)) return Object.entries(GROUP).map(([name, group]) => revoke(`at all, ${name}`, group));
  const { exemptTags = [], exemptSecurityGroups, functionVpc } = choice;
  return [
    revoke('in a group of another account', GROUP.others),
    revoke('in a group with the exempt tag in another case', GROUP.always),
    ...exemptTags.includes('Pinned') ? [revoke('in a group with one of exemptTags in another case', GROUP.pinned)] : [],
    ...exemptTags.includes('Cost Center') ? [revoke('in a group with the last tag of exemptTags', GROUP.center)] : [],
    ...exemptSecurityGroups ? [revoke('in a group of exemptSecurityGroups', GROUP.listed)] : [],
    ...functionVpc === undefined ? [] : [revoke("in the function's own group", GROUP.function)],
    ...outOfScope(choice).map(group => revoke(`in ${group}, which is out of scope`, group)),
  ];
}

function restores({ choice, configuration }: Deployment): Denial[] {
  const add = (where: string, group: string): Denial =>
    [`adding a rule ${where}`, inGroup('AuthorizeSecurityGroupIngress', group)];
  if (configuration.allowRestore) {
    const groups = restoresAnywhere(choice) ? outOfVpcs(choice) : outOfScope(choice);
    const elsewhere = groups.map(group => add(`in ${group}, which is out of scope`, group));
    return [add('in a group of another account', GROUP.others), ...elsewhere];
  }
  const tagged = createTags('*', {}, { Owner: 'TeamA', [EXEMPT_TAG]: 'x' });
  if (mayReplace(choice)) {
    return [
      add('in a group of another account', GROUP.others),
      ...outOfScope(choice).map(group => add(`in ${group}, which is out of scope`, group)),
      ['tagging a rule as exempt', createTags(RULE_ID, {}, { [EXEMPT_TAG]: 'x' })],
      ['tagging a rule that is there', tagged],
    ];
  }
  return [
    ...Object.entries(GROUP).map(([name, group]) => add(`at all, ${name}`, group)),
    ['adding a rule with tags', { ...tagged, action: 'ec2:AuthorizeSecurityGroupIngress' }],
    ['tagging a rule as it is made', withMore(tagged, AT_CREATION)],
    ['tagging a rule as exempt', createTags(RULE_ID, {}, { [EXEMPT_TAG]: 'x' })],
  ];
}

/** Returns groups that the role must not reach: those that are not declared, or those in other VPCs. */
function outOfScope(choice: Deployment['choice']): string[] {
  const confined = confinedTo(choice);
  if (confined === undefined) return outOfVpcs(choice);
  const groups = [GROUP.plain, GROUP.outside, GROUP.shared, GROUP.idle, GROUP.declared, GROUP.tagged, GROUP.otherwise];
  return groups.filter(group => !confined.includes(group));
}

function outOfVpcs(choice: Deployment['choice']): string[] {
  return { every: [], own: [GROUP.outside, GROUP.shared], imported: [GROUP.outside] }[choice.vpcs];
}

function otherChanges(): Denial[] {
  const ofGroups = [
    'AuthorizeSecurityGroupEgress', 'RevokeSecurityGroupEgress', 'DeleteSecurityGroup', 'ModifySecurityGroupRules',
    'DeleteTags', 'CreateTags',
  ];
  const ofRules = ['ModifySecurityGroupRules', 'DeleteTags'];
  return [
    ...ofGroups.map((name): Denial => [`ec2:${name} of a group`, inGroup(name, GROUP.declared)]),
    ...ofRules.map((name): Denial => [`ec2:${name} of a rule`, of(`ec2:${name}`, arns.securityGroupRule(RULE_ID))]),
  ];
}

/** Requests to tag an existing rule or another resource. */
function tags(): Denial[] {
  const tagging = (what: string, requested: Record<string, string>): Denial =>
    [`tagging a rule with ${what}`, createTags(RULE_ID, { Owner: 'TeamA' }, requested)];
  const exempt = { [`aws:RequestTag/${EXEMPT_TAG}`]: 'x', 'aws:TagKeys': [EXEMPT_TAG] };
  const ofEgress = { 'ec2:CreateAction': 'AuthorizeSecurityGroupEgress' };
  return [
    tagging('another key', { Owner: 'x' }),
    tagging('another key besides', { [EXEMPT_TAG]: 'x', Owner: 'x' }),
    tagging('the key in another case', { [EXEMPT_TAG.toUpperCase()]: 'x' }),
    ['tagging a rule with no key in the context', of('ec2:CreateTags', arns.securityGroupRule(RULE_ID))],
    ['tagging a rule that another action makes', withMore(createTags('*', {}, { Owner: 'x' }), ofEgress)],
    ['tagging a group as exempt', withMore(inGroup('CreateTags', GROUP.declared), exempt)],
  ];
}

function tables({ table, configuration: { hygiene } }: Deployment): Denial[] {
  const others = [
    'DeleteItem', 'UpdateItem', 'BatchGetItem', 'BatchWriteItem', 'Scan', 'PartiQLSelect', 'PartiQLUpdate',
  ];
  const ofTables = [
    'DeleteTable', 'UpdateTable', 'UpdateTimeToLive', 'DescribeTable', 'ExportTableToPointInTime', 'Scan',
  ];
  return [
    ...['GetItem', 'PutItem', 'Query'].flatMap((name): Denial[] => [
      [`${name} of another construct's items`, dynamoDb(name, table, [OTHER_HYGIENE])],
      [`${name} of another construct's items besides its own`, dynamoDb(name, table, [hygiene, OTHER_HYGIENE])],
      [`${name} of items of a path in another case`, dynamoDb(name, table, [hygiene.toUpperCase()])],
      [`${name} without leading keys in the context`, dynamoDb(name, table, [])],
      [`${name} of another table`, dynamoDb(name, arns.table('other'), [hygiene])],
    ]),
    ['Query of an index', dynamoDb('Query', `${table}/index/by-state`, [hygiene])],
    ...others.map((name): Denial => [`${name} of its own items`, dynamoDb(name, table, [hygiene])]),
    ...ofTables.map((name): Denial => [name, dynamoDb(name, table, [])]),
  ];
}

function telling({ configuration: { metricNamespace }, eventBus, topic }: Deployment): Denial[] {
  const publish = (what: string, resource: string): Denial => [`publishing to ${what}`, of('sns:Publish', resource)];
  return [
    ['publishing metrics to another namespace', putMetricData('Other')],
    ['publishing metrics to the namespace in another case', putMetricData(metricNamespace.toUpperCase())],
    ['publishing metrics without a namespace in the context', putMetricData(undefined)],
    ['sending events of another source', putEventsTo(eventBus, ['other'], ['Finding Opened'])],
    ['sending events of two sources', putEventsTo(eventBus, [SOURCE, 'other'], ['Finding Opened'])],
    ['sending events of the source in another case', putEventsTo(eventBus, [SOURCE.toUpperCase()], [])],
    ['sending events without a source in the context', putEventsTo(eventBus, [], ['Finding Opened'])],
    ['sending events to another bus', putEventsTo(arns.eventBus('other'), [SOURCE], [])],
    publish('another topic', arns.topic('other')),
    publish('a topic of another account', arns.topic('other').replace(/\d{12}/, OTHER_ACCOUNT)),
    ...topic === undefined ? [publish('any topic', arns.topic('People'))] : [],
  ];
}

function logs({ logGroup }: Deployment): Denial[] {
  const group = logGroup.replace(/:\*$/, '');
  const ofGroups = ['DeleteLogGroup', 'CreateLogGroup', 'PutRetentionPolicy'];
  return [
    ...logRequests(arns.logGroup('other')).map((request): Denial => [`${request.action} elsewhere`, request]),
    ...ofGroups.map((name): Denial => [`logs:${name}`, of(`logs:${name}`, group)]),
    ['logs:DeleteLogStream', of('logs:DeleteLogStream', `${group}:log-stream:x`)],
  ];
}

/** Returns requests to use keys. A key may be used only if the deployment has it. */
function keys({ ledgerKey, topicKey }: Deployment, actions: string[]): Denial[] {
  const ofOwn = ['kms:CreateGrant', 'kms:ScheduleKeyDeletion', 'kms:PutKeyPolicy'];
  const own = [ledgerKey, topicKey].filter(key => key !== undefined);
  return [
    ...actions.map((action): Denial => [`${action} with another key`, ofKey(action, arns.key('other'), 'dynamodb')]),
    ...own.flatMap(key => ofOwn.map((action): Denial => [`${action} of ${key}`, of(action, key)])),
  ];
}

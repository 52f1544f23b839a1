/**
 * The permissions of the handler, derived from the properties. Each statement has a reason.
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
  /** The group of each flagged rule. Undefined for a rule that applies to any group. */
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
    ...(configuration.allowRestore ? restoreStatements(stack) : []),
    ...changeStatements(stack, props),
  ];
}

const ec2Action = (action: NeededAction): string => `ec2:${action}`;

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
 * Allows restoring a rule with its tags, and adding the exempt tag. The statements of changeStatements confine the
 * group.
 */
function restoreStatements(stack: Stack): PolicyStatement[] {
  const [authorize, createTags] = [['ec2:AuthorizeSecurityGroupIngress'], ['ec2:CreateTags']];
  const resources = [securityGroupRuleArn(stack, '*')];
  return [
    // The new rule is a resource of the call if it is given tags, and a rule has no ec2:Vpc.
    new PolicyStatement({ actions: authorize, resources }),
    // Allows the rule's own tags while it is created.
    new PolicyStatement({
      actions: createTags,
      resources,
      conditions: { StringEquals: { 'ec2:CreateAction': 'AuthorizeSecurityGroupIngress' } },
    }),
    // If someone else has put the rule back, it gets the exempt tag and nothing else.
    new PolicyStatement({
      actions: createTags,
      resources,
      conditions: onlyOf('aws:TagKeys', [EXEMPT_TAG]),
    }),
  ];
}

function changeStatements(stack: Stack, props: PermissionsProps): PolicyStatement[] {
  const changes = neededChanges(props.configuration);
  const revoke = changes.filter(action => action === 'RevokeSecurityGroupIngress').map(ec2Action);
  return [
    // A rule is put back in the group that it was revoked in.
    ...inScope(stack, changes.map(ec2Action), props),
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

/** Allows actions on the groups whose rules may be revoked. */
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
  // Rules of any group in scope may be revoked. The scope is the given VPCs, or everything.
  const resources = [securityGroupArn(stack, '*')];
  if (vpcs === undefined) return [new PolicyStatement({ actions, resources })];
  return inParts(vpcs.map(vpc => vpcArn(stack, vpc))).map(
    part => new PolicyStatement({ actions, resources, conditions: { ArnEquals: { 'ec2:Vpc': part } } }),
  );
}

/**
 * Splits long lists, because CDK moves surplus statements into other policies but cannot split a statement.
 */
function inParts(values: string[]): string[][] {
  const count = Math.ceil(values.length / STATEMENT_ARNS);
  return Array.from({ length: count }, (_, index) =>
    values.slice(index * STATEMENT_ARNS, (index + 1) * STATEMENT_ARNS),
  );
}

/** This many ARNs keep a statement below half of the 6,144 characters that IAM allows a policy. */
const STATEMENT_ARNS = 30;

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

export function securityGroupRuleArn(stack: Stack, securityGroupRuleId: string): string {
  return stack.formatArn({
    service: 'ec2',
    resource: 'security-group-rule',
    resourceName: securityGroupRuleId,
    arnFormat: ArnFormat.SLASH_RESOURCE_NAME,
  });
}

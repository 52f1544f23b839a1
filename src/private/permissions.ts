/**
 * The permissions of the handler, derived from what the props ask for: each statement with its reason, and none without.
 *
 * @see https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazonec2.html
 */
import { ArnFormat, Resource, Stack } from 'aws-cdk-lib';
import { ISecurityGroup, IVpc } from 'aws-cdk-lib/aws-ec2';
import { Effect, PolicyStatement } from 'aws-cdk-lib/aws-iam';
import { ILogGroup } from 'aws-cdk-lib/aws-logs';
import { Configuration, EXEMPT_TAG, revokesAnything } from './contract';

export interface PermissionsProps {
  readonly configuration: Configuration;
  readonly vpcs?: IVpc[];
  /** The group of each flagged rule; undefined for a rule that is about any group. */
  readonly flaggedGroups: Array<ISecurityGroup | undefined>;
  readonly exemptSecurityGroups: ISecurityGroup[];
  readonly logGroup: ILogGroup;
}

export function permissions(stack: Stack, props: PermissionsProps): PolicyStatement[] {
  const { configuration } = props;
  const reads = readActions(configuration);
  return [
    new PolicyStatement({ actions: ['logs:CreateLogStream', 'logs:PutLogEvents'], resources: [props.logGroup.logGroupArn] }),
    // Describe actions have no resource level.
    ...reads.length > 0 ? [new PolicyStatement({ actions: reads, resources: ['*'] })] : [],
    // Nor has PutMetricData; the namespace confines it.
    new PolicyStatement({
      actions: ['cloudwatch:PutMetricData'],
      resources: ['*'],
      conditions: { StringEquals: { 'cloudwatch:namespace': configuration.metricNamespace } },
    }),
    ...revokesAnything(configuration) ? revokeStatements(stack, props) : [],
  ];
}

function readActions({ staleRules, flaggedIngressRules, vpnConnections }: Configuration): string[] {
  return [
    ...staleRules !== 'ignore' || flaggedIngressRules.length > 0 ? ['ec2:DescribeSecurityGroupRules', 'ec2:DescribeSecurityGroups', 'ec2:DescribeVpcs'] : [],
    ...staleRules !== 'ignore' ? ['ec2:DescribeStaleSecurityGroups'] : [],
    ...vpnConnections.kind !== 'none' ? ['ec2:DescribeVpnConnections'] : [],
  ];
}

function revokeStatements(stack: Stack, { configuration, vpcs, flaggedGroups, exemptSecurityGroups }: PermissionsProps): PolicyStatement[] {
  const actions = ['ec2:RevokeSecurityGroupIngress'];
  const declared = flaggedGroups.filter(group => group !== undefined);
  const isConfinedToGroups = configuration.staleRules !== 'revoke' && declared.length === flaggedGroups.length;
  const anyGroup = [securityGroupArn(stack, '*')];
  return [
    ...isConfinedToGroups
      // Every rule that may be revoked is in a declared group.
      ? inParts(arns(stack, declared)).map(resources => new PolicyStatement({ actions, resources }))
      // Rules of any group in scope may have to be revoked; the VPCs, where named, are the scope.
      : vpcs === undefined
        ? [new PolicyStatement({ actions, resources: anyGroup })]
        : inParts(vpcs.map(vpc => vpcArn(stack, vpc))).map(part => new PolicyStatement({ actions, resources: anyGroup, conditions: { ArnEquals: { 'ec2:Vpc': part } } })),
    // What the handler keeps to anyway, IAM holds it to: exempt groups are out of reach.
    new PolicyStatement({ effect: Effect.DENY, actions, resources: anyGroup, conditions: { Null: { [`aws:ResourceTag/${EXEMPT_TAG}`]: 'false' } } }),
    ...inParts(arns(stack, exemptSecurityGroups)).map(resources => new PolicyStatement({ effect: Effect.DENY, actions, resources })),
  ];
}

/** CDK moves statements that are too many for one policy into others, but cannot cut a statement that is too long for any. */
function inParts(values: string[]): string[][] {
  const count = Math.ceil(values.length / STATEMENT_ARNS);
  return Array.from({ length: count }, (_, index) => values.slice(index * STATEMENT_ARNS, (index + 1) * STATEMENT_ARNS));
}

/** With these, a statement stays below half of the 6,144 characters that IAM allows a policy. */
const STATEMENT_ARNS = 30;

/** The VPC that a share lets this account use has its owner's account in its ARN; of an imported VPC the owner is not known, and its id is unique. */
function vpcArn(stack: Stack, vpc: IVpc): string {
  if (Resource.isOwnedResource(vpc)) return vpc.vpcArn;
  return stack.formatArn({ service: 'ec2', resource: 'vpc', resourceName: vpc.vpcId, account: '*', arnFormat: ArnFormat.SLASH_RESOURCE_NAME });
}

function arns(stack: Stack, groups: ISecurityGroup[]): string[] {
  return [...new Set(groups.map(({ securityGroupId }) => securityGroupArn(stack, securityGroupId)))];
}

export function securityGroupArn(stack: Stack, securityGroupId: string): string {
  return stack.formatArn({ service: 'ec2', resource: 'security-group', resourceName: securityGroupId, arnFormat: ArnFormat.SLASH_RESOURCE_NAME });
}

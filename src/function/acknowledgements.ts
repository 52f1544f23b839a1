/**
 * Tells cdk-nag why wildcards in the policies of the functions are needed, so that users get no findings from its
 * AwsSolutions pack.
 *
 * @see https://github.com/cdklabs/cdk-nag
 */
import * as cdk from 'aws-cdk-lib';
import { CfnManagedPolicy, CfnPolicy } from 'aws-cdk-lib/aws-iam';
import { IConstruct } from 'constructs';
import {
  FormatArn, inEveryRegion, inStack, ownProductArn, prefixListArn, securityGroupArn, securityGroupRuleArn, stackArn,
  trailArn, vpcLinksArn,
} from './arns';

const REASONS = {
  noResourceLevel:
    'ec2:Describe actions, cloudwatch:PutMetricData and the actions of X-Ray have no resource level in IAM; PutMetricData is confined by '
    + 'cloudwatch:namespace. In a VPC, Lambda needs its actions on network interfaces for all resources; they are denied to the code of the function.',
  usesToo: ' The search for unused security groups lists the resources of every service that can hold one, and reads each; it changes nothing.',
  trailsToo: ' cloudtrail:DescribeTrails has no resource level either.',
  anyGroup:
    'A stale rule, or one flagged in any group, may be in any group of the account and Region, which is known only when a sweep finds it. '
    + 'Revoking and restoring are confined to VPCs and tags where the properties name them, and revoking is denied for exempt groups.',
  anyRule:
    'A rule that is added gets an id that EC2 makes up, and one that is there already may be any. The group of the rule is confined, and tags are '
    + 'given only to a rule as it is made, or are the exempt tag.',
  anyList:
    'Any rule may name any prefix list, also one that another account shares or that AWS owns. Only its entries are read.',
  anyStack:
    'The stack of a group is known only from the tag that CloudFormation gives the group. Only whether it is in progress is read.',
  anyTrail:
    'A trail may be made in another Region, and that of an organization belongs to another account. Only whether it logs changes is read.',
  anyRegion:
    'The role serves the sweeps of every Region of the account. Only the VPC links of API Gateway are read.',
  anyHub:
    "The role serves the sweeps of every Region of the account. Only findings of the account's own product are imported.",
};

const WILDCARDS = 'AwsSolutions-IAM5';

interface Acknowledgement {
  /** The id of the rule. */
  readonly rule: string;
  /** The wildcard in the notation of cdk-nag. Absent: the rule reports no details. */
  readonly finding?: string;
  readonly reason: string;
}

/** A resource with a wildcard, and why it is needed. */
export type Wildcard = readonly [resource: string, reason: string];

/**
 * Acknowledges the wildcards that are in the policies when CDK synthesizes.
 *
 * @param scope a role that the library creates, or a policy that it adds to a given role
 * @param others wildcards that the functions of one account and Region do not need, or need for another reason
 */
export function acknowledgeWildcards(scope: IConstruct, others: readonly Wildcard[] = []): void {
  const done = new Set<IConstruct>();
  // Before that, CDK adds statements, and moves those that exceed the size of one policy into further policies. The
  // aspect acts before anything below the scope is visited, so also before an aspect of the app, such as cdk-nag 2.
  cdk.Aspects.of(scope).add({
    visit: node => {
      if (node !== scope) return;
      for (const policy of scope.node.findAll()) {
        if (!(policy instanceof CfnPolicy || policy instanceof CfnManagedPolicy) || done.has(policy)) continue;
        done.add(policy);
        acknowledgeIn(policy, others);
      }
    },
  });
}

/** Acknowledges what a rule of the AwsSolutions pack says of a resource. */
export function acknowledgeRule(resource: cdk.CfnResource, rule: string, reason: string): void {
  acknowledge(resource, [{ rule: `AwsSolutions-${rule}`, reason }]);
}

function acknowledgeIn(policy: CfnPolicy | CfnManagedPolicy, others: readonly Wildcard[]): void {
  const stack = cdk.Stack.of(policy);
  const document = stack.resolve(policy.policyDocument) as PolicyJson | undefined;
  const resources = allowedResources(document);
  const text = JSON.stringify(document ?? {});
  const also = [
    text.includes('"cloudtrail:DescribeTrails"') ? REASONS.trailsToo : '',
    text.includes('"lambda:ListFunctions"') ? REASONS.usesToo : '',
  ].join('');
  // The ARN of a trail is the same for both, so it must not be listed twice.
  const accepted = new Map([
    ['*', REASONS.noResourceLevel + also],
    ...[inStack(stack), inEveryRegion].flatMap(format => reasonsOf(format))
      .map(([arn, reason]) => [flattened(stack.resolve(arn)), reason] as const),
    [flattened(stack.resolve(vpcLinksArn(inEveryRegion))), REASONS.anyRegion],
    [flattened(stack.resolve(ownProductArn('*'))), REASONS.anyHub],
    ...others.map(([arn, reason]) => [flattened(stack.resolve(arn)), reason] as const),
  ]);
  const acknowledgements = [...accepted].filter(([resource]) => resources.includes(resource))
    .map(([resource, reason]) => ({ rule: WILDCARDS, finding: `Resource::${resource}`, reason }));
  if (acknowledgements.length > 0) acknowledge(policy, acknowledgements);
}

function acknowledge(resource: cdk.CfnResource, acknowledgements: readonly Acknowledgement[]): void {
  acknowledgeForVersion2(resource, acknowledgements);
  acknowledgeForVersion3(resource, acknowledgements);
}

function reasonsOf(format: FormatArn): Array<readonly [arn: string, reason: string]> {
  return [
    [securityGroupArn(format, '*'), REASONS.anyGroup],
    [securityGroupRuleArn(format, '*'), REASONS.anyRule],
    [prefixListArn(format), REASONS.anyList],
    [stackArn(format), REASONS.anyStack],
    [trailArn(format), REASONS.anyTrail],
  ];
}

/** cdk-nag 2 reads metadata of the resource in the template. The acknowledgements of others stay. */
function acknowledgeForVersion2(resource: cdk.CfnResource, acknowledgements: readonly Acknowledgement[]): void {
  const present = resource.getMetadata('cdk_nag') as { rules_to_suppress: unknown[] } | undefined;
  resource.addMetadata('cdk_nag', {
    rules_to_suppress: [
      ...acknowledgements.map(({ rule: id, finding, reason }) =>
        ({ id, reason, ...finding !== undefined && { applies_to: [finding] } })),
      ...present?.rules_to_suppress ?? [],
    ],
  });
}

/**
 * cdk-nag 3 reads what CDK records when `Validations.of(scope).acknowledge()` is called.
 *
 * The same is recorded here without that call. Before CDK 2.269 it refuses ids with more than one "::", which cdk-nag
 * itself generates, and cdk-nag 3.0.0 and 3.0.1 do not know every prefix that the call adds to an id.
 *
 * @see https://docs.aws.amazon.com/cdk/api/v2/docs/aws-cdk-lib.Validations.html
 */
function acknowledgeForVersion3(resource: cdk.CfnResource, acknowledgements: readonly Acknowledgement[]): void {
  // CDK has this class since 2.257.
  const validations = Reflect.get(cdk, 'Validations') as { ACKNOWLEDGED_RULES_METADATA_KEY: string } | undefined;
  if (validations === undefined) return;
  resource.node.addMetadata(
    validations.ACKNOWLEDGED_RULES_METADATA_KEY,
    Object.fromEntries(acknowledgements.map(({ rule, finding, reason }) =>
      [finding === undefined ? rule : `${rule}[${finding}]`, reason])),
  );
}

interface PolicyJson {
  readonly Statement?: Array<{ Effect: string; Resource?: unknown }>;
}

/** Returns the resources of the statements that allow something, in the notation of cdk-nag. */
function allowedResources(document?: PolicyJson): string[] {
  return (document?.Statement ?? []).filter(({ Effect }) => Effect === 'Allow').flatMap(({ Resource }) =>
    (Array.isArray(Resource) ? Resource as unknown[] : [Resource]).map(flattened),
  );
}

/** Writes intrinsic functions as cdk-nag does: `arn:<AWS::Partition>:ec2:…`. */
function flattened(arn: unknown): string {
  if (typeof arn !== 'object' || arn === null) return String(arn);
  if ('Ref' in arn) return `<${String(arn.Ref)}>`;
  if ('Fn::GetAtt' in arn) return `<${(arn['Fn::GetAtt'] as string[]).join('.')}>`;
  const parts = 'Fn::Join' in arn && Array.isArray(arn['Fn::Join']) ? (arn['Fn::Join'][1] as unknown[]) : [];
  return parts.map(flattened).join('');
}

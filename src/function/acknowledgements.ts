/**
 * Tells cdk-nag why wildcards in the policies of the functions are needed, so that users get no findings from its
 * AwsSolutions pack.
 *
 * @see https://github.com/cdklabs/cdk-nag
 */
import * as cdk from 'aws-cdk-lib';
import { CfnManagedPolicy, CfnPolicy } from 'aws-cdk-lib/aws-iam';
import { IConstruct } from 'constructs';
import { prefixListArn, securityGroupArn, securityGroupRuleArn, stackArn, trailArn } from './permissions';

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
};

const RULE = 'AwsSolutions-IAM5';

interface Acknowledgement {
  /** The wildcard in the notation of cdk-nag. */
  readonly finding: string;
  readonly reason: string;
}

/**
 * Acknowledges the wildcards that are in the policies when CDK synthesizes.
 *
 * @param scope a role that the library creates, or a policy that it adds to a given role
 */
export function acknowledgeWildcards(scope: IConstruct): void {
  const done = new Set<IConstruct>();
  // Before that, CDK adds statements, and moves those that exceed the size of one policy into further policies. The
  // aspect acts before anything below the scope is visited, so also before an aspect of the app, such as cdk-nag 2.
  cdk.Aspects.of(scope).add({
    visit: node => {
      if (node !== scope) return;
      for (const policy of scope.node.findAll()) {
        if (!(policy instanceof CfnPolicy || policy instanceof CfnManagedPolicy) || done.has(policy)) continue;
        done.add(policy);
        acknowledgeIn(policy);
      }
    },
  });
}

function acknowledgeIn(policy: CfnPolicy | CfnManagedPolicy): void {
  const stack = cdk.Stack.of(policy);
  const document = stack.resolve(policy.policyDocument) as PolicyJson | undefined;
  const resources = allowedResources(document);
  const text = JSON.stringify(document ?? {});
  const also = [
    text.includes('"cloudtrail:DescribeTrails"') ? REASONS.trailsToo : '',
    text.includes('"lambda:ListFunctions"') ? REASONS.usesToo : '',
  ].join('');
  const accepted = [
    { resource: '*', reason: REASONS.noResourceLevel + also },
    { resource: flattened(stack.resolve(securityGroupArn(stack, '*'))), reason: REASONS.anyGroup },
    { resource: flattened(stack.resolve(securityGroupRuleArn(stack, '*'))), reason: REASONS.anyRule },
    { resource: flattened(stack.resolve(prefixListArn(stack))), reason: REASONS.anyList },
    { resource: flattened(stack.resolve(stackArn(stack))), reason: REASONS.anyStack },
    { resource: flattened(stack.resolve(trailArn(stack))), reason: REASONS.anyTrail },
  ].filter(({ resource }) => resources.includes(resource));
  if (accepted.length === 0) return;
  const acknowledgements = accepted.map(({ resource, reason }) => ({ finding: `Resource::${resource}`, reason }));
  acknowledgeForVersion2(policy, acknowledgements);
  acknowledgeForVersion3(policy, acknowledgements);
}

/** cdk-nag 2 reads metadata of the resource in the template. The acknowledgements of others stay. */
function acknowledgeForVersion2(policy: cdk.CfnResource, acknowledgements: readonly Acknowledgement[]): void {
  const present = policy.getMetadata('cdk_nag') as { rules_to_suppress: unknown[] } | undefined;
  policy.addMetadata('cdk_nag', {
    rules_to_suppress: [
      ...acknowledgements.map(({ finding, reason }) => ({ id: RULE, reason, applies_to: [finding] })),
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
function acknowledgeForVersion3(policy: cdk.CfnResource, acknowledgements: readonly Acknowledgement[]): void {
  // CDK has this class since 2.257.
  const validations = Reflect.get(cdk, 'Validations') as { ACKNOWLEDGED_RULES_METADATA_KEY: string } | undefined;
  if (validations === undefined) return;
  policy.node.addMetadata(
    validations.ACKNOWLEDGED_RULES_METADATA_KEY,
    Object.fromEntries(acknowledgements.map(({ finding, reason }) => [`${RULE}[${finding}]`, reason])),
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
  const parts = 'Fn::Join' in arn && Array.isArray(arn['Fn::Join']) ? (arn['Fn::Join'][1] as unknown[]) : [];
  return parts.map(flattened).join('');
}

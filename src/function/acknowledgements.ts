/**
 * Tells cdk-nag why the wildcards in the function's policy are needed, so that users get no findings from its
 * AwsSolutions pack.
 *
 * cdk-nag 2 reads metadata of the policy. cdk-nag 3 reads acknowledgements, which CDK supports since 2.257.
 *
 * @see https://github.com/cdklabs/cdk-nag
 */
import * as cdk from 'aws-cdk-lib';
import { CfnPolicy, IRole } from 'aws-cdk-lib/aws-iam';
import { securityGroupArn, securityGroupRuleArn } from './permissions';

const REASONS = {
  noResourceLevel:
    'ec2:Describe actions and cloudwatch:PutMetricData have no resource level in IAM; cloudwatch:namespace limits PutMetricData.',
  anyGroup:
    'A stale rule, or one flagged in any group, may be in any group of the account and Region, which is known only when a sweep finds it. '
    + 'Revoking and restoring are limited to VPCs if the properties name them, and revoking is denied for exempt groups.',
  anyRule:
    'EC2 assigns the id of a restored rule, and an existing rule may have any id. The group of the rule is limited, and the only tags are those '
    + 'of a rule while it is created, and the exempt tag.',
};

/** @param role a role that the library creates; acknowledging the wildcards of a given role is up to its owner */
export function acknowledgeWildcards(role: IRole): void {
  const policy = role.node.tryFindChild('DefaultPolicy')?.node.defaultChild;
  if (!CfnPolicy.isCfnResource(policy)) return;
  const stack = cdk.Stack.of(role);
  const accepted = [
    { appliesTo: 'Resource::*', reason: REASONS.noResourceLevel },
    { appliesTo: `Resource::${finding(stack.resolve(securityGroupArn(stack, '*')))}`, reason: REASONS.anyGroup },
    { appliesTo: `Resource::${finding(stack.resolve(securityGroupRuleArn(stack, '*')))}`, reason: REASONS.anyRule },
  ];
  policy.addMetadata('cdk_nag', {
    rules_to_suppress: accepted.map(({ appliesTo, reason }) => ({
      id: 'AwsSolutions-IAM5',
      reason,
      applies_to: [appliesTo],
    })),
  });
  const validations = validationsOf(role);
  for (const { appliesTo, reason } of accepted) {
    try {
      validations?.acknowledge({ id: `AwsSolutions-IAM5[${appliesTo}]`, reason });
    } catch {
      // Some versions of CDK, such as 2.263, refuse ids with two "::", which cdk-nag itself generates. Only the
      // acknowledgement is lost.
    }
  }
}

/** Writes intrinsic functions as cdk-nag does: `arn:<AWS::Partition>:ec2:…`. */
function finding(arn: unknown): string {
  if (typeof arn === 'string') return arn;
  const parts =
    typeof arn === 'object' && arn !== null && 'Fn::Join' in arn && Array.isArray(arn['Fn::Join'])
      ? (arn['Fn::Join'][1] as unknown[])
      : [];
  return parts
    .map(part => (typeof part === 'object' && part !== null && 'Ref' in part ? `<${String(part.Ref)}>` : String(part)))
    .join('');
}

interface Validations {
  acknowledge(acknowledgement: { id: string; reason: string }): void;
}

function validationsOf(role: IRole): Validations | undefined {
  const validations = Reflect.get(cdk, 'Validations') as { of(scope: IRole): Validations } | undefined;
  return validations?.of(role);
}

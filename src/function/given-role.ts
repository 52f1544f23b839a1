/**
 * Grants permissions to a role that the user gives.
 *
 * IAM limits the size of policies, and CDK splits only the policies of roles that it creates itself.
 *
 * @see https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html
 */
import { Stack } from 'aws-cdk-lib';
import { CfnPolicy, IRole, ManagedPolicy, Policy, PolicyStatement } from 'aws-cdk-lib/aws-iam';
import { Construct, IDependable } from 'constructs';
import { acknowledgeWildcards } from './acknowledgements';
import { packed } from './packing';

/**
 * IAM allows 10,240 characters for all inline policies of a role together. Half of them are left for other policies of
 * the role, and for another construct with the same role.
 */
const INLINE_CHARACTERS = 5120;

/**
 * Adds policies to the construct's own stack, because the role may be in another stack: one inline policy, and managed
 * policies for the statements that do not fit.
 */
export function grantGiven(
  scope: Construct, role: IRole, statements: PolicyStatement[], hygieneName: string,
): IDependable[] {
  const stack = Stack.of(scope);
  const [first, ...others] = packed(stack, statements, INLINE_CHARACTERS);
  const policy = new Policy(scope, 'Policy', { statements: first });
  role.attachInlinePolicy(policy);
  // An immutable role takes no policies, and some roles take them later. Managed policies would be created without
  // being attached.
  if (!isAttached(policy)) {
    policy.addStatements(...others.flat());
    acknowledgeWildcards(policy);
    return [policy];
  }
  const description = `More of what the function of ${hygieneName.slice(-200)} may do`;
  const managed = others.map((part, index) => (
    new ManagedPolicy(scope, `Policy${index + 2}`, { statements: part, roles: [role], description })
  ));
  const policies = [policy, ...managed];
  for (const each of policies) acknowledgeWildcards(each);
  return policies;
}

function isAttached(policy: Policy): boolean {
  const resource = policy.node.defaultChild;
  return resource instanceof CfnPolicy && Stack.of(policy).resolve(resource.roles) !== undefined;
}

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

/**
 * IAM allows 10,240 characters for all inline policies of a role together. Half of them are left for other policies of
 * the role, and for another construct with the same role.
 */
const INLINE_CHARACTERS = 5120;

/** IAM allows 6,144 characters for a managed policy. */
const MANAGED_CHARACTERS = 6000;

/**
 * Adds policies to the construct's own stack, because the role may be in another stack: one inline policy, and managed
 * policies for the statements that do not fit.
 */
export function grantGiven(
  scope: Construct, role: IRole, statements: PolicyStatement[], hygieneName: string,
): IDependable[] {
  const stack = Stack.of(scope);
  const [first, ...others] = packed(statements, statement => characters(stack.resolve(statement.toStatementJson())));
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
  policies.forEach(acknowledgeWildcards);
  return policies;
}

function isAttached(policy: Policy): boolean {
  const resource = policy.node.defaultChild;
  return resource instanceof CfnPolicy && Stack.of(policy).resolve(resource.roles) !== undefined;
}

/**
 * Returns the statements of the inline policy, then those of each managed policy. Each statement goes into the first
 * policy with room.
 */
function packed(statements: PolicyStatement[], sizeOf: (statement: PolicyStatement) => number): PolicyStatement[][] {
  const parts = [{ room: INLINE_CHARACTERS, statements: [] as PolicyStatement[] }];
  for (const statement of statements) {
    const size = sizeOf(statement);
    let part = parts.find(({ room }) => size <= room);
    if (part === undefined) parts.push(part = { room: MANAGED_CHARACTERS, statements: [] });
    part.room -= size;
    part.statements.push(statement);
  }
  return parts.map(part => part.statements);
}

/** The longest values of pseudo parameters. */
const PSEUDO_PARAMETERS: Readonly<Record<string, number>> = {
  'AWS::Partition': 10, 'AWS::Region': 14, 'AWS::AccountId': 12,
};

/** The length that CDK assumes for values that are known at deployment only. */
const UNKNOWN = 150;

/** The length of the JSON text of a resolved value after deployment. */
function characters(value: unknown): number {
  if (typeof value !== 'object' || value === null) return JSON.stringify(value).length + 1;
  if (Array.isArray(value)) return value.reduce<number>((sum, each) => sum + characters(each), 2);
  if ('Ref' in value) return PSEUDO_PARAMETERS[String(value.Ref)] ?? UNKNOWN;
  if ('Fn::Join' in value) return characters((value['Fn::Join'] as [string, unknown[]])[1]);
  if (Object.keys(value).some(key => key.startsWith('Fn::'))) return UNKNOWN;
  return Object.entries(value).reduce((sum, [key, each]) => sum + key.length + 3 + characters(each), 2);
}

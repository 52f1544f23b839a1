/**
 * Divides statements among policies, because IAM limits the size of each.
 *
 * @see https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html
 */
import { Stack } from 'aws-cdk-lib';
import { PolicyStatement } from 'aws-cdk-lib/aws-iam';

/** IAM allows 6,144 characters for a managed policy. */
const MANAGED_CHARACTERS = 6000;

/**
 * Returns the statements of the first policy, then those of each managed policy. Each statement goes into the first
 * policy with room.
 *
 * @param firstRoom the characters that the first policy may have
 */
export function packed(
  stack: Stack, statements: readonly PolicyStatement[], firstRoom = MANAGED_CHARACTERS,
): PolicyStatement[][] {
  const parts = [{ room: firstRoom, statements: [] as PolicyStatement[] }];
  for (const statement of statements) {
    const size = characters(stack.resolve(statement.toStatementJson()));
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

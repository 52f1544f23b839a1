import { IAlias, IKey } from 'aws-cdk-lib/aws-kms';

/**
 * Returns the key that an alias is for, and a key as it is. Services take the key's ARN, and CDK grants nothing on an
 * alias.
 *
 * @throws if CDK does not know the key of an alias; the message names the property and the fix
 */
export function keyOf(where: string, given: IKey | undefined): IKey | undefined {
  if (given === undefined || !('aliasName' in given)) return given;
  try {
    return (given as IAlias).aliasTargetKey;
  } catch {
    throw new Error(
      `${where}: got the alias ${(given as IAlias).aliasName}, of which CDK does not know the key; give the key, such as Key.fromKeyArn() or Key.fromLookup()`,
    );
  }
}

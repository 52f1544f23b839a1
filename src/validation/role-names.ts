/** Names of roles: an account has one role of a name for all Regions, so a second one fails at deployment. */
import { Stack, Token } from 'aws-cdk-lib';
import { CfnRole } from 'aws-cdk-lib/aws-iam';
import { Construct } from 'constructs';
import { AgreedNames } from './agreement';
import { areKnownToDiffer, isA } from './references';
import { shown } from './words';

/**
 * There is one hub in most apps, so the account of a second one counts as the same unless it is known to differ.
 *
 * @throws if another role of the app has one of the names
 */
export function requireFreeHubRoles(scope: Construct, names: AgreedNames): void {
  const { account } = Stack.of(scope);
  for (const prop of ['hubRoleName', 'hubRestoreRoleName'] as const) {
    const other = roleNamed(scope, names[prop], stack => !areKnownToDiffer(stack.account, account));
    if (other === undefined) continue;
    throw new Error(
      `${scope.node.path}: ${prop}: ${other} has the name ${shown(names[prop])}, too, and an account has one role of a name; give another ${prop}, to the members, too`,
    );
  }
}

/**
 * There are many members in an app. Stacks without an account may be deployed to any, so only what is known to be in
 * the same account is refused.
 *
 * @param props the properties that name the roles to be made
 * @throws if another role of the account has one of the names
 */
export function requireFreeMemberRoles(
  scope: Construct, names: AgreedNames, props: ReadonlyArray<'sweepRoleName' | 'restoreRoleName'>,
): void {
  const own = Stack.of(scope);
  const isSame = (stack: Stack): boolean =>
    stack === own || (!Token.isUnresolved(own.account) && stack.account === own.account);
  for (const prop of props) {
    const other = roleNamed(scope, names[prop], isSame);
    if (other === undefined) continue;
    const account = Token.isUnresolved(own.account) ? 'the same account' : `account ${own.account}`;
    throw new Error(
      `${scope.node.path}: ${prop}: ${other} has the name ${shown(names[prop])} in ${account}, too, and an account has one role of a name; give createRoles: false to one of them, or leave it out`,
    );
  }
}

/** Returns the path of a role of the app. IAM compares names without regard to case. */
function roleNamed(scope: Construct, name: string, isInAccount: (stack: Stack) => boolean): string | undefined {
  const roles = scope.node.root.node.findAll().filter(each => isA(CfnRole, each)) as CfnRole[];
  return roles.find(({ roleName, stack }) => roleName?.toLowerCase() === name.toLowerCase() && isInAccount(stack))
    ?.node.scope?.node.path;
}

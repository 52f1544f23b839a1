import { CfnStackSet, Stack } from 'aws-cdk-lib';
import * as events from 'aws-cdk-lib/aws-events';
import * as iam from 'aws-cdk-lib/aws-iam';
import { Construct } from 'constructs';
import { acknowledgeWildcards } from './function/acknowledgements';
import { FORWARDING_DESCRIPTION, forwardedChanges, forwardingStatement } from './function/member-changes';
import { Member, memberOf } from './function/member-configuration';
import { MemberRole, memberRoles } from './function/member-roles';
import { memberStackSet } from './function/member-stack-set';
import { NetworkHygieneMemberProps, NetworkHygieneMemberStackSetProps } from './network-hygiene-member-props';
import { warnOfUnknownRegions } from './validation/agreement';
import { rememberMember, requireFreeTargets } from './validation/hub-and-members';
import { requireMemberProps, requireStackSetProps, targetsOf, warnOfOtherBus } from './validation/member';
import { requireFreeMemberRoles } from './validation/role-names';

/**
 * Lets the hub of an organization sweep an account: two roles with fixed names, and, if asked for, an EventBridge rule
 * that forwards changes to the hub.
 *
 * The roles trust a role of the hub's account by its name. So members can be deployed before the hub, and trust a hub
 * that is replaced. Deploy this construct once in each account, in a stack in any Region, or use
 * `NetworkHygieneMember.stackSet`, which deploys to every account of organizational units.
 *
 * @see https://docs.aws.amazon.com/IAM/latest/UserGuide/tutorial_cross-account-with-roles.html
 */
export class NetworkHygieneMember extends Construct {
  /**
   * Deploys the roles, and the rule if it is asked for, to every account of organizational units (OUs), including
   * accounts that are added later.
   *
   * The stack set has service-managed permissions, so the stack that contains it belongs in the management account or
   * in that of a delegated administrator. The stack in `rolesRegion` has the roles. With `forwardChangesTo`, the stack
   * in each of `regions` has a rule. If an account refuses the stack, the deployment goes on in the others. The hub
   * names each account that it cannot enter.
   *
   * A stack set with service-managed permissions does not deploy to the management account of the organization. To
   * sweep that account, too, deploy a NetworkHygieneMember in a stack of its own there.
   *
   * The stack set is tested by its template. It was not tested in a real organization.
   *
   * @param scope the parent
   * @param id the id within the scope
   * @param props the hub, what to find and revoke, and where to deploy
   * @throws if a property has a wrong value, or the template is larger than a stack set can contain; the message names
   * the property, the value and the fix
   * @see https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/what-is-cfnstacksets.html
   */
  public static stackSet(scope: Construct, id: string, props: NetworkHygieneMemberStackSetProps): CfnStackSet {
    const path = `${scope.node.path}/${id}`;
    requireStackSetProps(path, props);
    const member = memberOf(path, props);
    const targets = targetsOf(path, props);
    const { agreement, configuration: { allowRestore: restores, securityHub = false } } = member;
    requireFreeTargets(scope, path, { agreement, restores, securityHub }, targets);
    const made = memberStackSet(scope, id, member, props, targets);
    rememberMember(made, { agreement, restores, securityHub, units: [...targets.reportIn, ...targets.revokeIn] });
    warnOfUnknownRegions(made, props.regions);
    warnOfOtherBus(made, props);
    return made;
  }

  /**
   * The role that sweeps. Undefined if `createRoles` is false.
   */
  public readonly sweepRole?: iam.IRole;

  /**
   * The role that restores. Undefined if `allowRestore` is false, if no rules are looked at, or if `createRoles` is
   * false.
   */
  public readonly restoreRole?: iam.IRole;

  /**
   * The rule that forwards changes to the hub. Undefined without `forwardChangesTo`.
   */
  public readonly changeRule?: events.IRule;

  /**
   * @param scope the parent
   * @param id the id within the scope
   * @param props the hub, and what to find and revoke
   * @throws if a property has a wrong value; the message names the property, the value and the fix
   */
  constructor(scope: Construct, id: string, props: NetworkHygieneMemberProps) {
    super(scope, id);
    requireMemberProps(this.node.path, props);
    const member = memberOf(this.node.path, props);
    warnOfUnknownRegions(this, props.regions);
    warnOfOtherBus(this, props);
    const { createRoles = true, mayRevoke = false } = props;
    const { agreement, configuration: { allowRestore: restores, securityHub = false } } = member;
    if (createRoles) {
      requireFreeMemberRoles(this, agreement, ['sweepRoleName', ...restores ? ['restoreRoleName' as const] : []]);
      rememberMember(this, { agreement, restores, securityHub });
    }
    const roles = createRoles ? memberRoles(Stack.of(this), this.node.path, member) : [];
    const [sweep, restore] = roles.map(role => this.role(role, mayRevoke));
    this.sweepRole = sweep;
    this.restoreRole = restore;
    this.changeRule = this.forwarding(member);
  }

  private role({ id, roleName, description, trusted, policies }: MemberRole, mayRevoke: boolean): iam.IRole {
    const role = new iam.Role(this, `${id}Role`, { roleName, description, assumedBy: trusted });
    for (const { id: policyId, statements, isForRevoking } of policies) {
      if (isForRevoking && !mayRevoke) continue;
      acknowledgeWildcards(new iam.ManagedPolicy(this, policyId, { statements, roles: [role], description }));
    }
    return role;
  }

  private forwarding(member: Member): events.IRule | undefined {
    const { forwardChangesTo } = member;
    if (forwardChangesTo === undefined) return undefined;
    const role = new iam.Role(this, 'ChangeRuleRole', {
      description: FORWARDING_DESCRIPTION,
      assumedBy: new iam.ServicePrincipal('events.amazonaws.com'),
    });
    role.addToPolicy(forwardingStatement(forwardChangesTo));
    return new events.Rule(this, 'ChangeRule', {
      description: FORWARDING_DESCRIPTION,
      eventPattern: forwardedChanges(member),
      targets: [{ bind: () => ({ arn: forwardChangesTo, role }) }],
    });
  }
}

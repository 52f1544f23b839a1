/**
 * The roles in a member of an organization: whom they trust, and what they may do. The metrics, the ledger, events and
 * messages stay in the hub, so the roles may do nothing about them.
 */
import { Aws, Stack } from 'aws-cdk-lib';
import { ArnPrincipal, Effect, PolicyStatement, PrincipalBase } from 'aws-cdk-lib/aws-iam';
import { inEveryRegion } from './arns';
import type { Member } from './member-configuration';
import {
  addedRuleStatements, changeStatements, exemptStatements, inScope, readStatements, securityHubStatements,
  stackStatement, unusedGroupStatements,
} from './network-permissions';
import { packed } from './packing';
import { restoreScope, revokeScope } from '../contract/change-scope';
import { Configuration } from '../contract/configuration';
import { unusedGroupActions } from '../contract/group-holders';
import { REGIONS_READ, restoreReads, sweptConfiguration } from '../contract/member-actions';
import { ec2Action, neededReads, replacesAnything } from '../contract/needed-actions';
import type { Agreement } from '../validation/member';

export interface MemberRole {
  /** The id of the role, with which those of its policies begin. */
  readonly id: 'Sweep' | 'Restore';
  readonly roleName: string;
  readonly description: string;
  readonly trusted: PrincipalBase;
  readonly policies: readonly MemberPolicy[];
}

/** A managed policy. */
export interface MemberPolicy {
  readonly id: string;
  readonly statements: PolicyStatement[];
  /** Whether the role has the policy only where rules may be revoked. */
  readonly isForRevoking: boolean;
}

/** The number of managed policies that IAM allows on a role, unless the quota of the account is raised. */
const MOST_POLICIES = 10;

/** @throws if the declarations need more policies than a role may have */
export function memberRoles(stack: Stack, path: string, member: Member): MemberRole[] {
  const { agreement, configuration } = member;
  const drafts = [sweepRole(member), ...configuration.allowRestore ? [restoreRole(agreement, configuration)] : []];
  return drafts.map(({ statements, whereRevoking, ...role }) => {
    const policies = [
      ...policiesOf(stack, `${role.id}Policy`, statements, false),
      ...policiesOf(stack, `${role.id}RevokePolicy`, whereRevoking, true),
    ];
    if (policies.length <= MOST_POLICIES) return { ...role, policies };
    throw new Error(
      `${path}: flaggedIngressRules name so many tags that the role ${role.roleName} needs ${policies.length} policies, and IAM allows ${MOST_POLICIES}; use fewer tag values, or a declaration for any group`,
    );
  });
}

function policiesOf(
  stack: Stack, id: string, statements: readonly PolicyStatement[], isForRevoking: boolean,
): MemberPolicy[] {
  if (statements.length === 0) return [];
  return packed(stack, statements).map((part, index) => (
    { id: `${id}${index === 0 ? '' : index + 1}`, statements: part, isForRevoking }));
}

/** A role before its statements are divided among policies. */
type Draft = Omit<MemberRole, 'policies'> & {
  readonly statements: PolicyStatement[];
  /** The statements that are added where rules may be revoked. */
  readonly whereRevoking: PolicyStatement[];
};

function sweepRole({ agreement, configuration, regions }: Member): Draft {
  const revoking = sweptConfiguration(configuration, true);
  const reads = [REGIONS_READ, ...neededReads({ ...configuration, changeTrigger: undefined }).map(ec2Action)];
  return {
    id: 'Sweep',
    roleName: agreement.sweepRoleName,
    description: `Sweeps this account for the network hygiene of the organization, from the account ${agreement.hubAccount}`,
    trusted: hubRole(agreement, agreement.hubRoleName),
    statements: [
      ...readStatements(inEveryRegion, reads),
      ...unusedGroupStatements(
        inEveryRegion, unusedGroupActions(configuration).filter(action => !reads.includes(action)),
      ),
      // Findings change nothing of the network, so they are imported where everything is only reported, too.
      ...securityHubStatements(configuration, '*'),
      ...configuration.changeTrigger === undefined ? [] : [stackStatement(inEveryRegion)],
      ...regions === undefined ? [] : [onlyIn(regions)],
    ],
    whereRevoking: [
      ...addedRuleStatements(inEveryRegion, revoking),
      ...changeStatements(inEveryRegion, { configuration: revoking }),
    ],
  };
}

/** One statement denies more than a condition in each of the others would allow, and takes less room. */
function onlyIn(regions: string[]): PolicyStatement {
  return new PolicyStatement({
    effect: Effect.DENY,
    notActions: [REGIONS_READ],
    resources: ['*'],
    conditions: { StringNotEquals: { 'aws:RequestedRegion': regions } },
  });
}

/** Rules may be restored in every Region, because a Region may have been swept before and be left out now. */
function restoreRole(agreement: Agreement, configuration: Configuration): Draft {
  const revoke = ['ec2:RevokeSecurityGroupIngress'];
  const replacing = configuration.flaggedIngressRules.filter(({ replaceWith }) => replaceWith !== undefined);
  return {
    id: 'Restore',
    roleName: agreement.restoreRoleName,
    description: `Puts back rules that were revoked in this account, from the account ${agreement.hubAccount}`,
    trusted: hubRole(agreement, agreement.hubRestoreRoleName),
    statements: [
      ...readStatements(inEveryRegion, restoreReads(configuration)),
      ...addedRuleStatements(inEveryRegion, configuration),
      ...inScope(inEveryRegion, ['ec2:AuthorizeSecurityGroupIngress'], restoreScope(configuration)),
    ],
    // The narrower rules that replaced a rule are taken away after that rule was put back.
    whereRevoking: !replacesAnything(configuration) ? [] : [
      ...inScope(inEveryRegion, revoke, revokeScope({ staleRules: 'ignore', flaggedIngressRules: replacing })),
      ...exemptStatements(inEveryRegion, revoke, { configuration }),
    ],
  };
}

/**
 * A policy that names a role would trust nobody any more after that role was deleted, and could not be created before
 * it. So the policy names the account, and compares the name of the role.
 *
 * @see https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_principal.html#principal-roles
 */
function hubRole({ hubAccount, organizationId, externalId }: Agreement, roleName: string): PrincipalBase {
  const arn = (resource: string): string => `arn:${Aws.PARTITION}:iam::${hubAccount}:${resource}`;
  return new ArnPrincipal(arn('root')).withConditions({
    ArnEquals: { 'aws:PrincipalArn': arn(`role/${roleName}`) },
    StringEquals: { 'aws:PrincipalOrgID': organizationId, 'sts:ExternalId': externalId },
  });
}

import { CfnStackSet, Lazy, Names, Stack } from 'aws-cdk-lib';
import { Construct } from 'constructs';
import type { Member } from './member-configuration';
import { MemberParameter, memberTemplate } from './member-template';
import type { NetworkHygieneMemberStackSetProps } from '../network-hygiene-member-props';
import type { StackSetTargets } from '../validation/member';

/**
 * One account that refuses the stack must not keep it from the others. The hub names each account that it cannot enter.
 */
const OPERATION_PREFERENCES = {
  failureTolerancePercentage: 100, maxConcurrentPercentage: 25, regionConcurrencyType: 'PARALLEL',
};

export function memberStackSet(
  scope: Construct, id: string, member: Member,
  { callAs, mayRevoke = false, retainOnAccountRemoval = false }: NetworkHygieneMemberStackSetProps,
  { reportIn, revokeIn, rolesRegion: givenRegion, stackSetName }: StackSetTargets,
): CfnStackSet {
  const stack = Stack.of(scope);
  const path = `${scope.node.path}/${id}`;
  const { regions, forwardChangesTo, agreement } = member;
  const rolesRegion = givenRegion ?? regions?.[0] ?? stack.region;
  const stackRegions = forwardChangesTo === undefined ? [rolesRegion] : regions ?? [rolesRegion];
  const made: CfnStackSet = new CfnStackSet(scope, id, {
    stackSetName: stackSetName ?? Lazy.string({
      produce: () => Names.uniqueResourceName(made, { maxLength: 128, separator: '-' }),
    }),
    description: `Members of the network hygiene of the organization ${agreement.organizationId}`,
    permissionModel: 'SERVICE_MANAGED',
    callAs,
    autoDeployment: { enabled: true, retainStacksOnAccountRemoval: retainOnAccountRemoval },
    capabilities: ['CAPABILITY_NAMED_IAM'],
    operationPreferences: OPERATION_PREFERENCES,
    templateBody: memberTemplate(stack, path, member),
    parameters: [
      { parameterKey: MemberParameter.ROLES_REGION, parameterValue: rolesRegion },
      { parameterKey: MemberParameter.MAY_REVOKE, parameterValue: String(mayRevoke) },
      ...forwardChangesTo === undefined ? [] : [
        { parameterKey: MemberParameter.FORWARD_CHANGES_TO, parameterValue: forwardChangesTo },
      ],
    ],
    stackInstancesGroup: [
      ...instances(reportIn, stackRegions),
      ...instances(revokeIn, stackRegions, [{ parameterKey: MemberParameter.MAY_REVOKE, parameterValue: 'true' }]),
    ],
  });
  return made;
}

function instances(
  organizationalUnitIds: string[], regions: string[], parameterOverrides?: CfnStackSet.ParameterProperty[],
): CfnStackSet.StackInstancesProperty[] {
  if (organizationalUnitIds.length === 0) return [];
  return [{ deploymentTargets: { organizationalUnitIds }, regions, parameterOverrides }];
}

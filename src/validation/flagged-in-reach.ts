import { CfnSecurityGroup, ISecurityGroup } from 'aws-cdk-lib/aws-ec2';
import { areKnownToBeOthers, areKnownToBeSame, named, resourceBehind } from './references';
import type { NetworkHygieneProps } from '../network-hygiene-props';

/**
 * Checks the groups of flagged rules against exempt groups and `vpcs`, as far as they are known.
 *
 * @throws when a rule is flagged in a group where it would never be revoked; the message names the properties
 */
export function requireFlaggedInReach(path: string, props: NetworkHygieneProps): void {
  props.flaggedIngressRules?.forEach(({ _group: group }, index) => {
    if (group === undefined) return;
    requireNotExempt(`${path}: flaggedIngressRules[${index}]`, group, props);
    requireInScope(`${path}: flaggedIngressRules[${index}]`, group, props);
  });
}

function requireNotExempt(where: string, { securityGroupId: id }: ISecurityGroup, props: NetworkHygieneProps): void {
  const { exemptSecurityGroups = [], functionOptions: { securityGroups = [] } = {} } = props;
  // The handler treats the groups of the function as exempt, too.
  const exempt = { exemptSecurityGroups, 'functionOptions.securityGroups': securityGroups };
  for (const [name, groups] of Object.entries(exempt)) {
    const index = groups.findIndex(each => areKnownToBeSame(each.securityGroupId, id));
    if (index < 0) continue;
    throw new Error(
      `${where}: got a rule in the security group ${named(id)}, which ${name}[${index}] exempts, so the rule would never be revoked; leave out one of the two`,
    );
  }
}

/** Passes an imported group, because CDK does not know its VPC. */
function requireInScope(where: string, group: ISecurityGroup, { vpcs = [] }: NetworkHygieneProps): void {
  const made = resourceBehind(group, group.securityGroupId, CfnSecurityGroup.CFN_RESOURCE_TYPE_NAME);
  const vpcId: unknown = made && Reflect.get(made, 'vpcId');
  if (typeof vpcId !== 'string' || vpcs.length === 0) return;
  if (!vpcs.every(vpc => areKnownToBeOthers(vpc.vpcId, vpcId))) return;
  throw new Error(
    `${where}: got a rule in the security group ${named(group.securityGroupId)} of the VPC ${named(vpcId)}, which is not among vpcs, so it would never be looked at; add that VPC to vpcs, or leave the rule out`,
  );
}

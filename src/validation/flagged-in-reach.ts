import { CfnResource } from 'aws-cdk-lib';
import { CfnSecurityGroup, ISecurityGroup, IVpc } from 'aws-cdk-lib/aws-ec2';
import { areKnownToBeOthers, areKnownToBeSame, named, resourceBehind } from './references';
import type { NetworkHygieneProps } from '../network-hygiene-props';

/**
 * Checks the groups of flagged rules against exempt groups and `vpcs`, as far as they are known.
 *
 * @throws when a rule is flagged in a group where it would never be revoked, or a group is left out to which the
 * declaration does not apply anyway; the message names the properties
 */
export function requireFlaggedInReach(path: string, props: NetworkHygieneProps): void {
  props.flaggedIngressRules?.forEach(({ _group: group, _exceptGroups, _configuration }, index) => {
    const where = `${path}: flaggedIngressRules[${index}]`;
    if (group !== undefined) {
      requireNotExempt(where, group, props);
      requireInScope(where, group, props);
    }
    _exceptGroups.forEach((each, place) => {
      requireLeftOut(`${where}.exceptGroups[${place}]`, each, _configuration.defaultGroups !== undefined, props);
    });
  });
}

/** A group that is left out without effect is probably a mistake for another one, whose rules would then be revoked. */
function requireLeftOut(
  where: string, group: ISecurityGroup, isForDefaultGroups: boolean, { vpcs = [] }: NetworkHygieneProps,
): void {
  const made = resourceBehind(group, group.securityGroupId, CfnSecurityGroup.CFN_RESOURCE_TYPE_NAME);
  if (made !== undefined && isForDefaultGroups) {
    throw new Error(
      `${where}: got the security group ${named(group.securityGroupId)}, which is not the default group of a VPC, so the declaration never applies to it; leave it out, or give SecurityGroup.fromSecurityGroupId() with vpc.vpcDefaultSecurityGroup`,
    );
  }
  const vpcId = vpcOutside(made, vpcs);
  if (vpcId === undefined) return;
  throw new Error(
    `${where}: got the security group ${named(group.securityGroupId)} of the VPC ${named(vpcId)}, which is not among vpcs, so the declaration never applies to it; leave it out, or add that VPC to vpcs`,
  );
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
  const vpcId = vpcOutside(made, vpcs);
  if (vpcId === undefined) return;
  throw new Error(
    `${where}: got a rule in the security group ${named(group.securityGroupId)} of the VPC ${named(vpcId)}, which is not among vpcs, so it would never be looked at; add that VPC to vpcs, or leave the rule out`,
  );
}

/** @returns the VPC of a group that the app makes, if it is known not to be among the VPCs in scope */
function vpcOutside(made: CfnResource | undefined, vpcs: IVpc[]): string | undefined {
  const vpcId: unknown = made && Reflect.get(made, 'vpcId');
  if (typeof vpcId !== 'string' || vpcs.length === 0) return undefined;
  return vpcs.every(vpc => areKnownToBeOthers(vpc.vpcId, vpcId)) ? vpcId : undefined;
}

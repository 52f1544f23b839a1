/**
 * Finds stale rules, which refer to a security group that can no longer be reached.
 *
 * Only EC2 knows which rules are stale, but it names them without ids. This check determines the id and the reason.
 *
 * @see https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DescribeStaleSecurityGroups.html
 */
import { equalPorts, equalProtocol } from '../../../src/contract/rules/relation';
import { parsePorts, parseProtocol } from '../../../src/contract/traffic';
import type { StaleReason, StaleReference, StaleRule } from '../model/finding';
import type { SecurityGroupRule, StalePermission, StaleSecurityGroup } from '../model/network';

/** Returns the stale rules of one VPC, each matched with a rule of its group. */
export function staleRules(
  vpcId: string, groups: readonly StaleSecurityGroup[], rulesOf: (groupId: string) => readonly SecurityGroupRule[],
): StaleRule[] {
  return groups.flatMap(({ groupId, groupName, ingress, egress }) => {
    const found =
      (direction: StaleRule['direction']) =>
        (permission: StalePermission): StaleRule => ({
          direction,
          vpcId,
          groupId,
          groupName,
          permission,
          reason: staleReason(permission.reference),
          rule: only(
            rulesOf(groupId).filter(rule => rule.isEgress === (direction === 'egress') && isRule(rule, permission)),
          ),
        });
    return [...ingress.map(found('ingress')), ...egress.map(found('egress'))];
  });
}

export function staleReason({ peeringStatus, userId }: StaleReference): StaleReason {
  if (peeringStatus !== undefined && peeringStatus !== 'active') return 'DELETED_PEERING';
  return userId === undefined ? 'DELETED_GROUP' : 'OTHER';
}

/** Direction, protocol, ports and source identify a rule within its group. */
function isRule(rule: SecurityGroupRule, { ipProtocol, fromPort, toPort, reference }: StalePermission): boolean {
  const [ruleProtocol, protocol] = [parseProtocol(rule.ipProtocol), parseProtocol(ipProtocol)];
  return (
    reference.groupId !== undefined
    && rule.referencedGroup?.groupId === reference.groupId
    && equalProtocol(ruleProtocol, protocol) === 'yes'
    && equalPorts(parsePorts(ruleProtocol, rule.fromPort, rule.toPort), parsePorts(protocol, fromPort, toPort))
      === 'yes'
    && agree(rule.referencedGroup.vpcId, reference.vpcId)
    && agree(rule.referencedGroup.vpcPeeringConnectionId, reference.vpcPeeringConnectionId)
    // The peering may have been created again since EC2 called the rule stale.
    && (rule.referencedGroup.peeringStatus !== 'active'
      || reference.peeringStatus === undefined
      || reference.peeringStatus === 'active')
  );
}

const agree = (a: string | undefined, b: string | undefined): boolean => a === undefined || b === undefined || a === b;

const only = <T>(items: readonly T[]): T | undefined => items.length === 1 ? items[0] : undefined;

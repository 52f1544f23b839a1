/**
 * Determines which rules are stale, and what EC2 returns for their references. It is pure, and uses only groups and
 * peerings.
 *
 * - A deleted group has no account id and no name; the peering connection is shown with its own status.
 * - A deleted peering connection has the status `deleted`, with account id and name, until another one is created
 *   between the same VPCs.
 * - A transit gateway or a VPC association that is gone leaves no trace of a peering.
 *
 * @see https://docs.aws.amazon.com/vpc/latest/peering/vpc-peering-security-groups.html
 */
import type { GroupReference, Network, SecurityGroupRule, VpcPeeringConnection } from './network';

/** The answer of EC2 about a rule's reference to a group. */
export interface ShownReference {
  groupId: string;
  userId?: string;
  groupName?: string;
  vpcId?: string;
  vpcPeeringConnectionId?: string;
  peeringStatus?: string;
  isStale: boolean;
}

export function shownReference(
  network: Network,
  rule: SecurityGroupRule & { reference: GroupReference },
): ShownReference {
  const { reference } = rule;
  const from = network.groups.get(rule.groupId);
  const to = network.groups.get(reference.groupId);
  const owner = to && { userId: reference.userId ?? to.ownerId, groupName: to.groupName };
  const known = to?.vpcId ?? reference.vpcId;
  if (known === undefined || known === from?.vpcId) return { groupId: reference.groupId, ...owner, isStale: false };
  const vpc = { groupId: reference.groupId, ...owner, vpcId: known };
  if (reference.path !== 'peering') return { ...vpc, isStale: to === undefined || !reference.pathExists };
  const peering = peeringOf(network, reference, from?.vpcId, known);
  if (peering === undefined) return { ...vpc, isStale: to === undefined };
  return {
    ...vpc,
    vpcPeeringConnectionId: peering.vpcPeeringConnectionId,
    peeringStatus: peering.status,
    isStale: to === undefined || peering.status !== 'active',
  };
}

/**
 * An active peering between the two VPCs takes precedence over the one that the rule was created with. This is how a
 * stale rule heals.
 */
function peeringOf(
  network: Network,
  reference: GroupReference,
  fromVpcId: string | undefined,
  toVpcId: string,
): VpcPeeringConnection | undefined {
  const between = peeringsBetween(network, fromVpcId, toVpcId);
  return (
    between.find(({ status }) => status === 'active')
    ?? network.peerings.get(reference.vpcPeeringConnectionId ?? '')
    ?? between.at(-1)
  );
}

function peeringsBetween(network: Network, oneVpcId: string | undefined, otherVpcId: string): VpcPeeringConnection[] {
  return [...network.peerings.values()].filter(
    ({ requester, accepter }) =>
      (requester.vpcId === oneVpcId && accepter.vpcId === otherVpcId)
      || (requester.vpcId === otherVpcId && accepter.vpcId === oneVpcId),
  );
}

/**
 * Whether a rule may refer from one VPC to the other. Without any peering, a transit gateway or an association is
 * assumed.
 */
export function canReach(network: Network, fromVpcId: string, toVpcId: string): boolean {
  const between = peeringsBetween(network, fromVpcId, toVpcId);
  return fromVpcId === toVpcId || between.length === 0 || between.some(({ status }) => status === 'active');
}

/** Returns the stale rules of the groups of one VPC. */
export function staleRulesOf(
  network: Network,
  vpcId: string,
): Array<{ rule: SecurityGroupRule; shown: ShownReference }> {
  return network
    .groupsOf(vpcId)
    .flatMap(({ groupId }) => network.rulesOf(groupId))
    .flatMap(rule => {
      const { reference } = rule;
      if (reference === undefined) return [];
      const shown = shownReference(network, { ...rule, reference });
      return shown.isStale ? [{ rule, shown }] : [];
    });
}

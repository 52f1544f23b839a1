/**
 * Determines which VPCs can hold a stale rule. Only for them does a sweep call DescribeStaleSecurityGroups, which EC2
 * allows five times a second.
 *
 * A rule can be stale only if it refers to a group outside of the VPC of its own group. Therefore the list of all rules
 * proves that a VPC has none: each of its references is to an existing group of the same VPC and account. Nothing else
 * is a proof. Peering connections, for example, disappear from their list before the rules that refer across them.
 * Doubt makes a candidate.
 *
 * @see https://docs.aws.amazon.com/vpc/latest/peering/vpc-peering-security-groups.html
 */
import type { GroupAssociation, SecurityGroup, SecurityGroupRule } from '../model/network';
import type { CandidateReason } from '../model/observation';

/** The facts about groups that a proof needs. */
export interface ProofFacts {
  /** The groups of the VPCs that the run looks at. */
  readonly groups: ReadonlyMap<string, SecurityGroup>;
  /** The function's own account. If it is not known, nothing is proved. */
  readonly accountId?: string;
}

/** Collects what the rules say about each VPC, while they are read page by page. */
export class References {
  /** The VPCs with a rule that may refer to a group outside. */
  readonly vpcIds = new Set<string>();
  /** Groups that have such a rule, and that are not in the list of groups. */
  readonly unknownGroupIds = new Set<string>();

  /** @param vpcOf the VPC of every group that was listed */
  constructor(private readonly facts: ProofFacts, private readonly vpcOf: ReadonlyMap<string, string>) {}

  readonly take = (rule: SecurityGroupRule): void => {
    if (isInside(rule, this.facts)) return;
    const vpcId = this.vpcOf.get(rule.groupId);
    if (vpcId === undefined) this.unknownGroupIds.add(rule.groupId);
    else this.vpcIds.add(vpcId);
  };
}

/** Whether a rule cannot be stale: it has a source that never is, or refers to a group of its own VPC and account. */
export function isInside(rule: SecurityGroupRule, { groups, accountId }: ProofFacts): boolean {
  const { referencedGroup: reference } = rule;
  if (reference === undefined) return hasKnownSource(rule);
  const from = groups.get(rule.groupId);
  const to = groups.get(reference.groupId);
  if (accountId === undefined || from?.vpcId === undefined || to?.vpcId === undefined) return false;
  const owners = [from.ownerId, to.ownerId, reference.userId, rule.groupOwnerId ?? accountId];
  return from.vpcId === to.vpcId && (reference.vpcId ?? from.vpcId) === from.vpcId
    && owners.every(owner => owner === accountId)
    && reference.vpcPeeringConnectionId === undefined && reference.peeringStatus === undefined;
}

/** Whether EC2 shows the source of a rule. A source that is not known may be a reference. */
export const hasKnownSource = (
  { referencedGroup, cidrIpv4, cidrIpv6, prefixListId }: SecurityGroupRule,
): boolean => (referencedGroup ?? cidrIpv4 ?? cidrIpv6 ?? prefixListId) !== undefined;

/** The facts that decide about candidates, in addition to the rules. */
export interface CandidateFacts extends ProofFacts {
  readonly vpcIds: readonly string[];
  readonly owners: ReadonlyMap<string, string>;
  /** The VPCs with a rule that may refer to a group outside. */
  readonly referring: ReadonlySet<string>;
  /** VPCs whose groups or rules could not be read completely. */
  readonly unread: ReadonlySet<string>;
  readonly associations: readonly GroupAssociation[];
  /** The VPC of every group that was listed. */
  readonly vpcOf: ReadonlyMap<string, string>;
  /** The VPCs for which EC2 has named a rule that is still open in the ledger. */
  readonly openVpcIds: ReadonlySet<string>;
  /** VPCs that are read until they have been read without a stale rule often enough. */
  readonly doubted: ReadonlySet<string>;
}

/** Returns both VPCs of each association. */
export const associatedVpcs = (
  { associations, vpcOf }: Pick<CandidateFacts, 'associations' | 'vpcOf'>,
): Set<string> => new Set(associations.flatMap(({ groupId, vpcId }) => [vpcId, vpcOf.get(groupId) ?? vpcId]));

/** Returns why each candidate has to be read. The other VPCs have no stale rule. */
export function candidatesOf(facts: CandidateFacts): Map<string, CandidateReason> {
  const { groups, owners, accountId } = facts;
  const associated = associatedVpcs(facts);
  // Another account may have groups in a VPC that this account shares with it.
  const ofOthers = new Set([...groups.values()].filter(each => each.ownerId !== accountId).map(each => each.vpcId));
  const reasonOf = (vpcId: string): CandidateReason | undefined => {
    if (accountId === undefined || owners.get(vpcId) !== accountId || ofOthers.has(vpcId)) return 'SHARED';
    if (associated.has(vpcId)) return 'ASSOCIATED';
    if (facts.referring.has(vpcId)) return 'REFERENCE';
    if (facts.unread.has(vpcId)) return 'UNREAD';
    if (facts.openVpcIds.has(vpcId)) return 'OPEN_FINDING';
    return facts.doubted.has(vpcId) ? 'DOUBTED' : undefined;
  };
  return new Map(facts.vpcIds.flatMap(vpcId => {
    const reason = reasonOf(vpcId);
    return reason === undefined ? [] : [[vpcId, reason] as const];
  }));
}

/** Returns one reason for all VPCs, if none can be proved. */
export const allCandidates = (vpcIds: readonly string[], reason: CandidateReason): Map<string, CandidateReason> =>
  new Map(vpcIds.map(vpcId => [vpcId, reason]));

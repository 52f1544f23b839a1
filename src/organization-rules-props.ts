import { FlaggedIngressRule } from './flagged-ingress-rule';
import { StaleRules } from './stale-rules';
import { UnusedSecurityGroups } from './unused-security-groups';
import { VpnConnections } from './vpn-connections';

/**
 * The properties that say what to find and to do in the accounts of an organization.
 *
 * The hub and its members take the same ones: the hub acts by them, and the permissions of the roles in the members
 * follow from them. Keep them in one object, and give it to both. Deploy the members first when the properties ask for
 * more than before.
 */
export interface NetworkHygieneOrganizationRules {
  /**
   * How to handle stale security group rules. A stale rule refers to a security group that is deleted or no longer
   * reachable.
   *
   * @default StaleRules.report()
   * @see https://docs.aws.amazon.com/vpc/latest/peering/vpc-peering-security-groups.html
   */
  readonly staleRules?: StaleRules;

  /**
   * The ingress rules to revoke wherever a sweep finds them, or to report. Start with `dryRun`, or with
   * `FlaggedAction.report()` as the action of a declaration.
   *
   * A declaration for one security group is an error, because a group is in one account and Region. Use
   * `FlaggedIngressRule.inGroupsTagged`, or another declaration that names no group.
   *
   * @default - no rule is flagged
   */
  readonly flaggedIngressRules?: FlaggedIngressRule[];

  /**
   * Tag keys that exempt a security group or a single rule, besides `network-hygiene:exempt`. At most 20 keys.
   *
   * The tag `network-hygiene:exempt-until` exempts, too, until the end of the day in UTC that its value names, such as
   * `2027-03-31`. It cannot be given here.
   *
   * Every other of these tags exempts whatever its value is, and IAM denies revoking rules of groups that have one. IAM
   * does not deny by `network-hygiene:exempt-until`, because it cannot compare dates. Keys are compared without regard
   * to case, as IAM compares them. A key has 1 to 128 characters of Latin-1, because IAM policies accept no others.
   *
   * @default - none
   * @see
   * https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html#condition-keys-resourcetag
   */
  readonly exemptTags?: string[];

  /**
   * The Site-to-Site VPN connections to watch. `VpnConnections.withIds` is an error, because a connection is in one
   * account and Region.
   *
   * @default VpnConnections.all()
   */
  readonly vpnConnections?: VpnConnections;

  /**
   * How to handle security groups that nothing uses. They are never deleted.
   *
   * A sweep then also asks about forty services which security groups they hold, so the roles in the members have
   * permission to list their resources.
   *
   * @default UnusedSecurityGroups.ignore()
   */
  readonly unusedSecurityGroups?: UnusedSecurityGroups;

  /**
   * Whether each finding is imported into AWS Security Hub of its own account and Region.
   *
   * A finding about a rule or an unused security group is imported when it is opened, updated when it changes, and
   * archived when it ends. The role that sweeps a member then has permission to import findings of the member's own
   * product, and for nothing else in Security Hub. Each run names the places in which Security Hub is off.
   * Security Hub charges for findings that are imported or updated. VPN connections are no security findings. It is an
   * error if neither rules nor unused security groups are looked at. Give it to the hub and to its members.
   *
   * @default false
   * @see https://docs.aws.amazon.com/securityhub/latest/userguide/securityhub-custom-providers.html
   */
  readonly securityHub?: boolean;

  /**
   * The number of rules that one run may revoke in the whole organization, from 0 to 100000.
   *
   * If a run plans more revocations, it revokes nothing in any account. With 0 nothing is revoked, and no role has
   * permission to revoke.
   *
   * @default 20
   */
  readonly maxRevocationsPerSweep?: number;

  /**
   * Whether rules that were revoked may be put back.
   *
   * Each member then has a role with permission to add ingress rules. Give false if no role must be able to do that.
   *
   * @default - true if stale rules, flagged rules or both are looked at
   */
  readonly allowRestore?: boolean;

  /**
   * Whether anything may be revoked.
   *
   * If it is false, nothing is revoked, and no role has permission to revoke. Reading, metrics, alarms and restoring
   * go on.
   *
   * @default true
   */
  readonly enabled?: boolean;

  /**
   * Whether sweeps only report what they would revoke. No role then has permission to revoke.
   *
   * @default false
   */
  readonly dryRun?: boolean;
}

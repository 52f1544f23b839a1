import * as ec2 from 'aws-cdk-lib/aws-ec2';
import { FlaggedRuleOptions } from './flagged-rule-options';
import { GroupsTagged } from './groups-tagged';
import { IngressException } from './ingress-exception';
import { RuleMatch } from './rule-match';

/**
 * Options for a flagged ingress rule.
 */
export interface FlaggedIngressRuleOptions extends FlaggedRuleOptions {
  /**
   * How a live rule must relate to the declared traffic to be flagged.
   *
   * `FlaggedIngressRule.fromInternet` and `fromAnyPublicAddress` have their own default, because a rule for more ports
   * or for all traffic opens the declared port, too.
   *
   * @default - RuleMatch.OVERLAPS with `except`; otherwise RuleMatch.COVERS for `fromInternet` and
   * `fromAnyPublicAddress`, and RuleMatch.EXACT for the other methods
   */
  readonly match?: RuleMatch;

  /**
   * The traffic that may stay, at least one exception. A rule is flagged only if it admits declared traffic that no
   * exception admits.
   *
   * With `except` the match is `RuleMatch.OVERLAPS`. Another match is an error.
   *
   * @default - none
   */
  readonly except?: IngressException[];

  /**
   * The sources for which a flagged rule is replaced by narrower rules, at least one: CIDR blocks and prefix lists.
   *
   * The part of the rule's source that lies in one of these peers is authorized first, with the description of the
   * rule. After that, the rule is revoked. Traffic of the rule beyond the declared ports stays open to its old source.
   * If no peer lies in the rule's source, the rule is kept with the reason `NOT_NARROWER`, so that nothing is opened
   * that was not open.
   *
   * Peers that a declaration of the same construct flags are an error. So are security groups, because their members
   * may have addresses outside the rule's source, such as IPv6 addresses.
   *
   * @default - a flagged rule is revoked and not replaced
   */
  readonly replaceWith?: ec2.IPeer[];
}

/**
 * Options for a flagged ingress rule that applies to more than one group.
 */
export interface AnyGroupIngressRuleOptions extends FlaggedIngressRuleOptions {
  /**
   * Security groups to which the declaration does not apply, at least one.
   *
   * Other declarations still apply to them. To exempt a group from all of them, use `exemptSecurityGroups`.
   *
   * @default - none
   */
  readonly exceptGroups?: ec2.ISecurityGroup[];
}

/**
 * Options for `FlaggedIngressRule.fromAnyPublicAddress`.
 */
export interface PublicIngressRuleOptions extends AnyGroupIngressRuleOptions {
  /**
   * The security groups to which the declaration applies, by a tag.
   *
   * @default - every security group in scope
   */
  readonly groupsTagged?: GroupsTagged;
}

/**
 * Options for `FlaggedIngressRule.fromInternet`.
 */
export interface InternetIngressRuleOptions extends PublicIngressRuleOptions {
  /**
   * The IPv4 prefix length below which a source counts as the internet, from 1 (only 0.0.0.0/0) to 32.
   *
   * The source must also contain addresses that IANA's registry lists as globally reachable.
   *
   * @default 8 - 0.0.0.0/0 and its parts down to a /7
   */
  readonly ipv4PrefixLength?: number;

  /**
   * The IPv6 prefix length below which a source counts as the internet, from 1 (only ::/0) to 128.
   *
   * The source must also contain addresses that IANA's registry lists as globally reachable.
   *
   * @default 12 - ::/0, 2000::/3 and smaller parts down to a /11
   */
  readonly ipv6PrefixLength?: number;
}

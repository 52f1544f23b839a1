import { RuleMatch } from './rule-match';

/**
 * Options for a flagged ingress rule.
 */
export interface FlaggedIngressRuleOptions {
  /**
   * How a live rule must relate to the declared traffic to be flagged.
   *
   * `FlaggedIngressRule.fromInternet` has its own default, because a rule for more ports or for all traffic opens the
   * declared port to the internet, too.
   *
   * @default - RuleMatch.COVERS for `FlaggedIngressRule.fromInternet`, otherwise RuleMatch.EXACT
   */
  readonly match?: RuleMatch;

  /**
   * The reason why the traffic is flagged, in 1 to 255 characters. The log shows it next to each rule that is flagged
   * for it.
   *
   * @default - no reason
   */
  readonly reason?: string;
}

/**
 * Options for `FlaggedIngressRule.fromInternet`.
 */
export interface InternetIngressRuleOptions extends FlaggedIngressRuleOptions {
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

import { RuleMatch } from './rule-match';

/**
 * Options of a flagged ingress rule.
 */
export interface FlaggedIngressRuleOptions {
  /**
   * How a live rule has to lie to the declared traffic to be flagged.
   *
   * `FlaggedIngressRule.fromInternet` has a default of its own. A port is open to the internet wherever a rule lets
   * the internet in, and a rule for more ports or for all traffic does so as well.
   *
   * @default - RuleMatch.COVERS for `FlaggedIngressRule.fromInternet`, RuleMatch.EXACT for everything else
   */
  readonly match?: RuleMatch;

  /**
   * Why the traffic is flagged, in 1 to 255 characters. It stands in the log next to each rule that is flagged for it.
   *
   * @default - no reason is given
   */
  readonly reason?: string;
}

/**
 * Options of a rule that is flagged for coming from the internet.
 */
export interface InternetIngressRuleOptions extends FlaggedIngressRuleOptions {
  /**
   * An IPv4 source is the internet when its prefix is shorter than this, from 1 (only 0.0.0.0/0) to 32, and IANA's
   * registry lets some of it be globally reachable.
   *
   * @default 8 - 0.0.0.0/0, and halves and smaller parts of it down to a /7
   */
  readonly ipv4PrefixLength?: number;

  /**
   * An IPv6 source is the internet when its prefix is shorter than this, from 1 (only ::/0) to 128, and IANA's
   * registry lets some of it be globally reachable.
   *
   * @default 12 - ::/0, 2000::/3 and smaller parts of it down to a /11
   */
  readonly ipv6PrefixLength?: number;
}

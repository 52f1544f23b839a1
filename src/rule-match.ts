/**
 * How a live rule has to lie to the declared traffic to be flagged.
 *
 * A relation that cannot be proved, such as that of a prefix list to a CIDR block, flags nothing: the rule is reported
 * as undecided and kept.
 */
export enum RuleMatch {
  /**
   * Protocol, ports and peer equal the declared ones: what RevokeSecurityGroupIngress means by a match.
   *
   * Equal is what means the same: `tcp` and `6`, or `-1` and no ports.
   */
  EXACT = 'EXACT',

  /**
   * Everything that the rule admits lies inside the declared traffic.
   *
   * With 10.0.0.0/8 and TCP 0-1023 declared, a rule for TCP 22 from 10.1.0.0/16 is flagged.
   */
  WITHIN = 'WITHIN',

  /**
   * The rule admits all of the declared traffic, and perhaps more.
   *
   * With SSH from 0.0.0.0/0 declared, a rule for all traffic from 0.0.0.0/0 is flagged: what else it admits goes with
   * it.
   */
  COVERS = 'COVERS',
}

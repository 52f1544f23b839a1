/**
 * How a live rule must relate to the declared traffic to be flagged.
 *
 * If the relation cannot be proved, such as that of a prefix list to a CIDR block, the rule is not flagged. It is
 * reported as undecided and kept.
 */
export enum RuleMatch {
  /**
   * The protocol, ports and source of the rule equal the declared ones, as in RevokeSecurityGroupIngress.
   *
   * Different spellings of one value are equal, such as `tcp` and `6`, or `-1` and absent ports.
   */
  EXACT = 'EXACT',

  /**
   * The declared traffic includes everything that the rule allows.
   *
   * If 10.0.0.0/8 and TCP 0-1023 are declared, a rule for TCP 22 from 10.1.0.0/16 is flagged.
   */
  WITHIN = 'WITHIN',

  /**
   * The rule allows all of the declared traffic, and possibly more.
   *
   * If SSH from 0.0.0.0/0 is declared, a rule for all traffic from 0.0.0.0/0 is flagged. The other traffic that it
   * allows is then no longer allowed either.
   */
  COVERS = 'COVERS',

  /**
   * The rule allows any of the declared traffic.
   *
   * If SSH from 0.0.0.0/0 is declared, a rule for TCP 0-1023 from 10.0.0.0/8 is flagged. The other traffic that it
   * allows is then no longer allowed either.
   */
  OVERLAPS = 'OVERLAPS',
}

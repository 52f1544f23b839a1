import { StaleRulesAction } from './private/contract';

/**
 * What to do with stale security group rules: rules that refer to a security group which was deleted, or is no longer reachable because a VPC peering
 * connection, a transit gateway or a VPC association is gone.
 *
 * Staleness is reversible: when the peering is made again, the rules are effective again.
 *
 * @see https://docs.aws.amazon.com/vpc/latest/peering/vpc-peering-security-groups.html
 */
export class StaleRules {
  /**
   * Finds stale rules, publishes metrics and log lines about them, and changes nothing.
   */
  public static report(): StaleRules {
    return new StaleRules('report');
  }

  /**
   * Revokes stale ingress rules in the sweep that finds them. Stale egress rules are reported.
   */
  public static revoke(): StaleRules {
    return new StaleRules('revoke');
  }

  /**
   * Does not look for stale rules, and grants no permission to.
   */
  public static ignore(): StaleRules {
    return new StaleRules('ignore');
  }

  private constructor(
    /**
     * The choice as the handler reads it.
     *
     * @internal
     */
    public readonly _action: StaleRulesAction,
  ) {}
}

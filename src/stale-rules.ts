import { Duration } from 'aws-cdk-lib';
import { StaleRulesAction } from './contract/configuration';
import { RevokeAfterOptions } from './stale-rules-options';
import { DeclaredGrace } from './validation/grace';

/**
 * What to do with stale security group rules: rules that refer to a security group which was deleted, or is no longer
 * reachable because a VPC peering connection, a transit gateway or a VPC association is gone.
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
   * Revokes a stale ingress rule once sweeps have found it stale for at least this long without a break, and in at
   * least two sweeps. Stale egress rules are reported.
   *
   * A rule that heals, because the peering is made again, starts over when it is stale again.
   *
   * @param age how long a rule must have been found stale, in whole seconds. 0 is allowed
   * @param options how many sweeps it takes
   * @throws when the age or `maxGap` is no Duration; NetworkHygiene throws when the age or `maxGap` is no whole number
   * of seconds, `sightings` is out of range, or the wait could never end on its schedule
   */
  public static revokeAfter(age: Duration, options: RevokeAfterOptions = {}): StaleRules {
    if (typeof age?.toSeconds !== 'function') {
      throw new Error(`StaleRules.revokeAfter: the age is ${String(age)}; give a Duration, such as Duration.days(7)`);
    }
    if (options.maxGap !== undefined && typeof options.maxGap?.toSeconds !== 'function') {
      throw new Error(
        `StaleRules.revokeAfter: maxGap is ${String(options.maxGap)}; give a Duration, such as Duration.days(1)`,
      );
    }
    return new StaleRules('revoke', {
      seconds: age.toSeconds({ integral: false }),
      sightings: options.sightings ?? 2,
      maxGapSeconds: options.maxGap?.toSeconds({ integral: false }),
    });
  }

  /**
   * Revokes stale ingress rules in the sweep that finds them, without waiting. Stale egress rules are reported.
   *
   * Prefer `revokeAfter`, which leaves time to make a peering again, or to exempt a rule.
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
    /**
     * How long to wait before a stale rule is revoked; undefined when not at all.
     *
     * @internal
     */
    public readonly _grace?: DeclaredGrace,
  ) {}
}

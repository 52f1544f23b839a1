import { Duration } from 'aws-cdk-lib';
import { StaleRulesAction } from './contract/configuration';
import { RevokeAfterOptions } from './revoke-after-options';
import { RevokeOptions } from './revoke-options';
import { DeclaredGrace, declaredGrace, requireRevokeOptions } from './validation/revoke-after';

/**
 * How to handle stale security group rules.
 *
 * A stale rule refers to a security group that was deleted, or that is no longer reachable because a VPC peering
 * connection, a transit gateway attachment or a VPC association is gone. Staleness is reversible: when the peering is
 * created again, the rule takes effect again.
 *
 * @see https://docs.aws.amazon.com/vpc/latest/peering/vpc-peering-security-groups.html
 */
export class StaleRules {
  /**
   * Reports stale rules in metrics, events and the log, and changes nothing.
   */
  public static report(): StaleRules {
    return new StaleRules('report');
  }

  /**
   * Revokes a stale ingress rule after scheduled sweeps have found it stale without a break for at least this long, and
   * in at least two sweeps. Stale egress rules are only reported.
   *
   * If a rule heals, because the peering is created again, the wait starts over the next time it is stale.
   *
   * @param age The time for which a rule must have been found stale, in whole seconds. 0 is allowed.
   * @param options The number of sightings, the longest gap between them, and whether the revocation window counts.
   * @throws when an option is unknown, when the age or `maxGap` is not a Duration of whole seconds, or when `sightings`
   * is out of range; NetworkHygiene throws when the wait could never end on its schedule
   */
  public static revokeAfter(age: Duration, options: RevokeAfterOptions = {}): StaleRules {
    return new StaleRules('revoke', declaredGrace('StaleRules.revokeAfter', age, options), options.anytime);
  }

  /**
   * Revokes a stale ingress rule in the sweep that finds it, without waiting. Stale egress rules are only reported.
   *
   * Prefer `revokeAfter`, which leaves time to create a peering again or to exempt a rule.
   *
   * @param options Whether the revocation window counts.
   * @throws when an option is unknown or wrong
   */
  public static revoke(options: RevokeOptions = {}): StaleRules {
    requireRevokeOptions('StaleRules.revoke', options);
    return new StaleRules('revoke', undefined, options.anytime);
  }

  /**
   * Does not look for stale rules, and grants no permission to look for them.
   */
  public static ignore(): StaleRules {
    return new StaleRules('ignore');
  }

  private constructor(
    /**
     * The choice in the form that the handler reads.
     *
     * @internal
     */
    public readonly _action: StaleRulesAction,
    /**
     * The wait before a stale rule is revoked. Undefined when there is no wait.
     *
     * @internal
     */
    public readonly _grace?: DeclaredGrace,
    /**
     * Whether a stale rule may be revoked outside the revocation window.
     *
     * @internal
     */
    public readonly _anytime?: boolean,
  ) {}
}

import { Duration } from 'aws-cdk-lib';
import { RevokeAfterOptions } from './revoke-after-options';
import { RevokeOptions } from './revoke-options';
import { DeclaredGrace, declaredGrace, requireRevokeOptions } from './validation/revoke-after';

/**
 * How to handle the rules that a FlaggedIngressRule flags.
 *
 * If several declarations flag a rule, the rule is revoked as soon as one of them says so.
 *
 * @see https://docs.aws.amazon.com/vpc/latest/userguide/security-group-rules.html
 */
export class FlaggedAction {
  /**
   * Reports flagged rules in metrics, events and the log, and keeps them.
   */
  public static report(): FlaggedAction {
    return new FlaggedAction('report');
  }

  /**
   * Revokes a flagged rule in the sweep that finds it, without waiting.
   *
   * After a change of the configuration, such as a new declaration, nothing is revoked for the time of `settle`.
   *
   * @param options Whether the revocation window counts.
   * @throws when an option is unknown or wrong
   */
  public static revoke(options: RevokeOptions = {}): FlaggedAction {
    requireRevokeOptions('FlaggedAction.revoke', options);
    return new FlaggedAction('revoke', undefined, options.anytime);
  }

  /**
   * Revokes a flagged rule after scheduled sweeps have found it without a break for at least this long, and in at least
   * two sweeps.
   *
   * If the rule is removed or narrowed, and flagged again later, the wait starts over.
   *
   * @param age The time for which a rule must have been found, in whole seconds. 0 is allowed.
   * @param options The number of sightings, the longest gap between them, and whether the revocation window counts.
   * @throws when an option is unknown, when the age or `maxGap` is not a Duration of whole seconds, or when `sightings`
   * is out of range; NetworkHygiene throws when the wait could never end on its schedule
   */
  public static revokeAfter(age: Duration, options: RevokeAfterOptions = {}): FlaggedAction {
    return new FlaggedAction('revoke', declaredGrace('FlaggedAction.revokeAfter', age, options), options.anytime);
  }

  private constructor(
    /**
     * The choice in the form that the handler reads.
     *
     * @internal
     */
    public readonly _kind: 'report' | 'revoke',
    /**
     * The wait before a flagged rule is revoked. Undefined when there is no wait.
     *
     * @internal
     */
    public readonly _grace?: DeclaredGrace,
    /**
     * Whether a flagged rule may be revoked outside the revocation window.
     *
     * @internal
     */
    public readonly _anytime?: boolean,
  ) {}
}

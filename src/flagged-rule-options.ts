import { FlaggedAction } from './flagged-action';

/**
 * Options that every flagged rule has.
 */
export interface FlaggedRuleOptions {
  /**
   * The reason why the traffic is flagged, in 1 to 255 characters. The log shows it next to each rule that is flagged
   * for it.
   *
   * @default - no reason
   */
  readonly reason?: string;

  /**
   * How to handle the rules that are flagged.
   *
   * A change of the action changes the configuration, so nothing is revoked until `settle` has passed.
   *
   * @default FlaggedAction.revoke()
   */
  readonly action?: FlaggedAction;
}

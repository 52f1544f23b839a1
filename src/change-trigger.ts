import { ChangeTriggerOptions } from './change-trigger-options';
import { ChangeTriggerSettings, changeTriggerSettings } from './validation/change-trigger';

/**
 * The source of events about changes of security groups, which trigger sweeps of the changed groups.
 *
 * The schedule goes on. It finds what no event told, because CloudTrail delivers events on a best-effort basis.
 *
 * @see https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-service-event-cloudtrail.html
 */
export class ChangeTrigger {
  /**
   * Sweeps a security group when CloudTrail reports that someone has changed it or its rules, usually within a minute.
   *
   * A sweep of changed groups revokes flagged rules at once where their declaration allows it, and draws on the same
   * allowance as scheduled sweeps. It reports stale rules, and counts no sightings. If a peering connection, a transit
   * gateway or an association was deleted, rules of any group may be stale, so a sweep of everything follows.
   *
   * A trail of the account or of its organization must log the management events of the Region. Without one no event
   * arrives; the sweep at deployment says so.
   *
   * Each change costs a message of Amazon SQS, and each batch an invocation of Lambda. While nothing changes, only the
   * polling of the empty queue costs anything: less than 0.50 USD a month.
   *
   * @param options How changes are collected, and how long a sweep of a batch may take.
   * @throws when an option is unknown, wrong or out of range
   * @see https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-create-and-update-a-trail.html
   */
  public static cloudTrail(options: ChangeTriggerOptions = {}): ChangeTrigger {
    return new ChangeTrigger(changeTriggerSettings('ChangeTrigger.cloudTrail', options));
  }

  private constructor(
    /**
     * The options in seconds, with their defaults.
     *
     * @internal
     */
    public readonly _settings: ChangeTriggerSettings,
  ) {}
}

import { TimeZone } from 'aws-cdk-lib';
import { DayOfWeek } from './day-of-week';

/**
 * The hours of the week in which rules may be revoked, by the clock of a time zone.
 *
 * The clock on the wall decides. When it is set forward, the skipped hour does not come, so a window within that hour
 * does not open on that day. When it is set back, the repeated hour comes twice, so a window within it opens twice.
 */
export interface RevocationWindow {
  /**
   * The days on which the window opens, at least one.
   *
   * A window over midnight belongs to the day on which it opens.
   *
   * @default - every day
   */
  readonly days?: DayOfWeek[];

  /**
   * The time at which the window opens: `HH:MM`, from `00:00` to `23:59`.
   *
   * @default '00:00'
   */
  readonly from?: string;

  /**
   * The time at which the window closes: `HH:MM`, from `00:00` to `24:00`. At that time, nothing is revoked any more.
   *
   * A time before `from` is one of the next day, so that the window goes over midnight.
   *
   * @default '24:00'
   */
  readonly to?: string;

  /**
   * The time zone of the times and the days, such as `TimeZone.EUROPE_BERLIN`. It must be known at synthesis.
   *
   * @see https://www.iana.org/time-zones
   */
  readonly timeZone: TimeZone;
}

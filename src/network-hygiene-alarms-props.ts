import { NetworkHygieneAlarmsOptions } from './network-hygiene-alarms-options';
import { NetworkHygieneBase } from './network-hygiene-base';

/**
 * Properties of NetworkHygieneAlarms.
 */
export interface NetworkHygieneAlarmsProps extends NetworkHygieneAlarmsOptions {
  /**
   * The NetworkHygiene to alarm on.
   */
  readonly hygiene: NetworkHygieneBase;
}

import { NetworkHygieneAlarmsOptions } from './network-hygiene-alarms-options';
import { NetworkHygieneBase } from './network-hygiene-base';

/**
 * Properties of NetworkHygieneAlarms.
 */
export interface NetworkHygieneAlarmsProps extends NetworkHygieneAlarmsOptions {
  /**
   * What they are about: a NetworkHygiene.
   */
  readonly hygiene: NetworkHygieneBase;
}

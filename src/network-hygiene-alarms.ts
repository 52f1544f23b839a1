import { Construct } from 'constructs';
import type { NetworkHygiene } from './network-hygiene';

/**
 * What alarms to have.
 */
export interface NetworkHygieneAlarmsOptions {
}

/**
 * Of alarms.
 */
export interface NetworkHygieneAlarmsProps extends NetworkHygieneAlarmsOptions {
  /**
   * What they are about.
   */
  readonly hygiene: NetworkHygiene;
}

/**
 * The alarms of a NetworkHygiene.
 */
export class NetworkHygieneAlarms extends Construct {
  constructor(scope: Construct, id: string, props: NetworkHygieneAlarmsProps) {
    super(scope, id);
    void props;
  }
}

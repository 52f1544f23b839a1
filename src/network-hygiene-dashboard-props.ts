import { Duration } from 'aws-cdk-lib';
import { NetworkHygieneBase } from './network-hygiene-base';

/**
 * Properties of NetworkHygieneDashboard.
 */
export interface NetworkHygieneDashboardProps {
  /**
   * What to show: at least one. Each gets its widgets, below a heading with its path.
   */
  readonly hygienes: NetworkHygieneBase[];

  /**
   * The name of the dashboard: at most 255 letters, digits, `-` and `_`.
   *
   * @default - CloudFormation makes one up
   */
  readonly dashboardName?: string;

  /**
   * The time range that the dashboard opens with.
   *
   * @default - four times the longest time between two sweeps, at least 7 days
   */
  readonly defaultInterval?: Duration;
}

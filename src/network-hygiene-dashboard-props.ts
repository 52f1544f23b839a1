import { Duration } from 'aws-cdk-lib';
import { NetworkHygieneBase } from './network-hygiene-base';

/**
 * Properties of NetworkHygieneDashboard.
 */
export interface NetworkHygieneDashboardProps {
  /**
   * The constructs to show, at least one. Each gets its own widgets below a heading with its name.
   */
  readonly hygienes: NetworkHygieneBase[];

  /**
   * The name of the dashboard: 1 to 255 letters, digits, `-` and `_`.
   *
   * @default - CloudFormation generates a name
   */
  readonly dashboardName?: string;

  /**
   * The time range that the dashboard shows when it is opened.
   *
   * @default - four times the longest interval between two sweeps, at least 7 days
   */
  readonly defaultInterval?: Duration;
}

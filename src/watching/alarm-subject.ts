import * as cloudwatch from 'aws-cdk-lib/aws-cloudwatch';

/** The metric that an alarm watches, and the words of its description. */
export interface AlarmSubject {
  /** The end of the alarm's name. If the alarm is about one VPN connection, its id follows. */
  readonly title: string;
  /** Returns the metric, with its statistic. */
  readonly metric: (options: cloudwatch.MetricOptions) => cloudwatch.Metric;
  readonly threshold: number;
  /** Whether the alarm goes off below the threshold. Otherwise it goes off from the threshold on. */
  readonly isLow?: boolean;
  /** The problem, as the alarm description states it. */
  readonly what: string;
  /** The first thing to look at, as the alarm description states it. */
  readonly lookAt: string;
  /** The VPN connection that the alarm is about. Absent if it is about everything that the metric counts. */
  readonly vpnConnectionId?: string;
}

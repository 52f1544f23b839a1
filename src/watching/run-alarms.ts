/**
 * Defines the alarms about the runs of an organization. Their metrics are those of Step Functions, which has no data
 * while no run ends.
 *
 * @see https://docs.aws.amazon.com/step-functions/latest/dg/procedure-cw-metrics.html
 */
import * as cloudwatch from 'aws-cdk-lib/aws-cloudwatch';
import type { IStateMachine } from 'aws-cdk-lib/aws-stepfunctions';
import type { AlarmSubject } from './alarm-subject';
import type { NetworkHygieneAlarmsOptions } from '../network-hygiene-alarms-options';

export type RunAlarmName = Extract<keyof NetworkHygieneAlarmsOptions, `runs${string}`>;

interface RunAlarm extends Pick<AlarmSubject, 'what' | 'lookAt'> {
  readonly metric: (stateMachine: IStateMachine, options: cloudwatch.MetricOptions) => cloudwatch.Metric;
}

export const RUN_ALARMS: Readonly<Record<RunAlarmName, RunAlarm>> = {
  runsFailed: {
    metric: (stateMachine, options) => stateMachine.metricFailed(options),
    what: 'A run over the organization failed, or more accounts failed than it tolerates',
    lookAt: 'the error of the execution of the state machine, then at the log lines whose event is Failed',
  },
  runsTimedOut: {
    metric: (stateMachine, options) => stateMachine.metricTimedOut(options),
    what: 'A run over the organization did not end in time, so its totals are missing',
    lookAt: 'the map runs of the execution of the state machine: they say which accounts were left',
  },
};

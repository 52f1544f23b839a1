import { Annotations, Stack, Token } from 'aws-cdk-lib';
import * as cloudwatch from 'aws-cdk-lib/aws-cloudwatch';
import { Construct } from 'constructs';
import { shortened } from './contract/hygiene-name';
import { NetworkHygieneAlarmsProps } from './network-hygiene-alarms-props';
import { DAY, human } from './validation/durations';
import { defaultName, followName } from './validation/identity';
import { Kind, requireKind } from './validation/kinds';
import { AlarmName, plannedAlarms } from './watching/alarm-plan';

/**
 * The alarms of a NetworkHygiene: one metric each, without metric math. A member is undefined when its alarm is
 * switched off, or could never go off.
 *
 * Between two sweeps an alarm keeps its state.
 *
 * @see https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/AlarmThatSendsEmail.html
 */
export class NetworkHygieneAlarms extends Construct {
  /**
   * A stale rule that nothing exempts has been there for long.
   */
  public readonly staleRulesPresent?: cloudwatch.Alarm;

  /**
   * A VPN connection has no tunnel up, or is missing.
   */
  public readonly vpnConnectionsDown?: cloudwatch.Alarm;

  /**
   * A VPN connection has some tunnels up and some not.
   */
  public readonly vpnConnectionsDegraded?: cloudwatch.Alarm;

  /**
   * No sweep has come that could look at anything: the heartbeat. Missing data means that it goes off.
   */
  public readonly sweepMissing?: cloudwatch.Alarm;

  /**
   * Sweeps could not look at something.
   */
  public readonly scanErrors?: cloudwatch.Alarm;

  /**
   * Rules could not be revoked, or were not what they had been when they were.
   */
  public readonly revocationsFailed?: cloudwatch.Alarm;

  /**
   * Rules were to be revoked, and that was not tried.
   */
  public readonly revocationsWithheld?: cloudwatch.Alarm;

  /**
   * Events or notifications were not delivered.
   */
  public readonly deliveriesFailed?: cloudwatch.Alarm;

  /**
   * Every alarm that there is.
   */
  public readonly all: cloudwatch.Alarm[];

  /**
   * @param scope the parent
   * @param id the id within the scope
   * @param props what they are about, and what to have otherwise, alarm by alarm
   * @throws when an option is wrong, or is for an alarm that could never go off, or for one that would go off while
   * every sweep is in order; the message names the option and the fix
   */
  constructor(scope: Construct, id: string, props: NetworkHygieneAlarmsProps) {
    super(scope, id);
    const { hygiene, ...options } = props ?? {};
    if (hygiene?._configuration === undefined) {
      throw new Error(`${this.node.path}: hygiene: not given, or of another kind; give a NetworkHygiene`);
    }
    if (options.action !== undefined) requireKind(`${this.node.path}: action`, options.action, AN_ACTION);
    const isBeside = Stack.of(this) === Stack.of(hygiene);
    const logGroupName = hygiene._logGroupName;
    const planned = plannedAlarms(this.node.path, options, {
      configuration: hygiene._configuration,
      intervalSeconds: hygiene._intervalSeconds,
      // A stack that may be deployed first, because the other needs something of it, cannot refer to what is there.
      logGroupName: isBeside || !Token.isUnresolved(logGroupName) ? logGroupName : undefined,
    });
    // The alarms of addAlarms have the name of the construct that they watch; it may have other sets of alarms.
    const isOwn = scope === hygiene && id === 'Alarms';
    const name = isOwn ? hygiene.hygieneName : defaultName(this);
    const alarms: Partial<Record<AlarmName, cloudwatch.Alarm>> = {};
    for (const alarm of planned) {
      const made = new cloudwatch.Alarm(this, alarm.title, {
        ...alarm.options,
        alarmName: shortened(`${name}/${alarm.title}`, LONGEST_NAME),
        metric: hygiene.metric(alarm.metricName, { statistic: alarm.statistic, period: alarm.period }),
      });
      if (isOwn) followName(made, name, alarm.title);
      alarms[alarm.name] = made;
    }
    this.staleRulesPresent = alarms.staleRulesPresent;
    this.vpnConnectionsDown = alarms.vpnConnectionsDown;
    this.vpnConnectionsDegraded = alarms.vpnConnectionsDegraded;
    this.sweepMissing = alarms.sweepMissing;
    this.scanErrors = alarms.scanErrors;
    this.revocationsFailed = alarms.revocationsFailed;
    this.revocationsWithheld = alarms.revocationsWithheld;
    this.deliveriesFailed = alarms.deliveriesFailed;
    this.all = Object.values(alarms);
    // Before the first sweep all are missing.
    if (isBeside) this.sweepMissing?.node.addDependency(hygiene.customResource);
    const isTuned = options.sweepMissing?.period !== undefined || options.sweepMissing?.evaluationPeriods !== undefined;
    if (this.sweepMissing && hygiene._intervalSeconds === undefined && !isTuned) {
      Annotations.of(this).addWarningV2(
        'cdk-network-hygiene:sweepMissingNotTuned',
        `sweepMissing: the schedule is not a rate, so it is not known how far apart sweeps are; the alarm goes off when there is none for ${human(2 * DAY)}. Tell it with sweepMissing, such as { period: Duration.hours(1), evaluationPeriods: 3 }`,
      );
    }
    if (options.action) this.addAlarmAction(options.action);
  }

  /**
   * Does something when any of the alarms goes off.
   *
   * @param actions what to do, such as an SnsAction
   * @throws when one is no action
   */
  public addAlarmAction(...actions: cloudwatch.IAlarmAction[]): void {
    this.requireActions('addAlarmAction', actions);
    for (const alarm of this.all) alarm.addAlarmAction(...actions);
  }

  /**
   * Does something when any of the alarms is over.
   *
   * @param actions what to do, such as an SnsAction
   * @throws when one is no action
   */
  public addOkAction(...actions: cloudwatch.IAlarmAction[]): void {
    this.requireActions('addOkAction', actions);
    for (const alarm of this.all) alarm.addOkAction(...actions);
  }

  private requireActions(method: string, actions: unknown[]): void {
    for (const action of actions) requireKind(`${this.node.path}: ${method}`, action, AN_ACTION);
  }
}

/** CloudWatch takes no longer ones. */
const LONGEST_NAME = 255;

const AN_ACTION: Kind = {
  what: 'an IAlarmAction, such as an SnsAction of aws-cloudwatch-actions',
  is: action => typeof (action as Partial<cloudwatch.IAlarmAction> | null | undefined)?.bind === 'function',
};

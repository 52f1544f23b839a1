import { Annotations, Stack, Token } from 'aws-cdk-lib';
import * as cloudwatch from 'aws-cdk-lib/aws-cloudwatch';
import { Construct } from 'constructs';
import { shortened, shortHash } from './contract/hygiene-name';
import { NetworkHygieneAlarmsProps } from './network-hygiene-alarms-props';
import { DAY, human } from './validation/durations';
import { defaultName, followName } from './validation/identity';
import { A_NETWORK_HYGIENE, doing, requireKind } from './validation/kinds';
import { areKnownToDiffer } from './validation/references';
import { warnWithoutActions } from './watching/alarm-actions';
import { AlarmName, PlannedAlarm, plannedAlarms, requireAlarmOptions } from './watching/alarm-plan';
import { constructIdOf } from './watching/vpn-connection-alarms';

/**
 * The alarms of a NetworkHygiene. Each alarm watches one metric, without metric math.
 *
 * A member is undefined when its alarm is switched off or could never go off. Between two sweeps an alarm keeps its
 * state. The alarms about changes on their way to the function watch metrics of EventBridge and SQS. They exist only
 * with `changeTrigger`. The alarms about runs over an organization watch metrics of Step Functions. All of these return
 * to OK when there is no data.
 *
 * @see https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/AlarmThatSendsEmail.html
 */
export class NetworkHygieneAlarms extends Construct {
  /**
   * Goes off when a stale rule that is not exempt has been there for too long.
   */
  public readonly staleRulesPresent?: cloudwatch.Alarm;

  /**
   * Goes off when a VPN connection has no tunnel up, or is missing. It is also undefined if each connection has an
   * alarm of its own.
   */
  public readonly vpnConnectionsDown?: cloudwatch.Alarm;

  /**
   * The alarms for one VPN connection each, in the order of `VpnConnections.withIds`. Each goes off when its connection
   * has no tunnel up, or is missing. The list is empty unless `vpnConnectionsDown` is `{ perConnection: true }`.
   */
  public readonly vpnConnectionDownAlarms: cloudwatch.Alarm[] = [];

  /**
   * Goes off when a VPN connection has some tunnels up and some not.
   */
  public readonly vpnConnectionsDegraded?: cloudwatch.Alarm;

  /**
   * Goes off when a VPN connection uses BGP, has a tunnel up, and accepts no routes over the tunnels that are up.
   */
  public readonly vpnConnectionsWithoutRoutes?: cloudwatch.Alarm;

  /**
   * Goes off when a security group has been unused for the declared time.
   */
  public readonly unusedSecurityGroupsPresent?: cloudwatch.Alarm;

  /**
   * Goes off when no sweep could look at anything. It treats missing data as breaching.
   */
  public readonly sweepMissing?: cloudwatch.Alarm;

  /**
   * Goes off when sweeps could not look at something.
   */
  public readonly scanErrors?: cloudwatch.Alarm;

  /**
   * Goes off when a rule could not be revoked, or had changed by the time it was revoked.
   */
  public readonly revocationsFailed?: cloudwatch.Alarm;

  /**
   * Goes off when a sweep planned revocations and did not try them.
   */
  public readonly revocationsWithheld?: cloudwatch.Alarm;

  /**
   * Goes off when an event or a notification could not be delivered.
   */
  public readonly deliveriesFailed?: cloudwatch.Alarm;

  /**
   * Goes off when EventBridge could not put a change into the queue.
   */
  public readonly changesNotDelivered?: cloudwatch.Alarm;

  /**
   * Goes off when a change is in the dead-letter queue, because the function could not deal with it.
   */
  public readonly changesFailed?: cloudwatch.Alarm;

  /**
   * Goes off when a change has been waiting in the queue for too long.
   */
  public readonly changesDelayed?: cloudwatch.Alarm;

  /**
   * Goes off when accounts of an organization could not be swept.
   */
  public readonly accountsFailed?: cloudwatch.Alarm;

  /**
   * Goes off when Regions of accounts could not be swept.
   */
  public readonly regionsFailed?: cloudwatch.Alarm;

  /**
   * Goes off when a run over the organization fails, or when more accounts fail in it than it tolerates.
   */
  public readonly runsFailed?: cloudwatch.Alarm;

  /**
   * Goes off when a run over the organization does not end in time.
   */
  public readonly runsTimedOut?: cloudwatch.Alarm;

  /**
   * All alarms that were created.
   */
  public readonly all: cloudwatch.Alarm[];

  /**
   * @param scope The parent construct.
   * @param id The construct id within the scope.
   * @param props The NetworkHygiene to alarm on, and options for each alarm.
   * @throws when an option is invalid, when an alarm could never go off, when an alarm would go off although every
   * sweep is in order, or when an alarm about changes or runs is in another account than their queue or state machine;
   * the message names the option and the fix
   */
  constructor(scope: Construct, id: string, props: NetworkHygieneAlarmsProps) {
    super(scope, id);
    requireAlarmOptions(this.node.path, props, ['hygiene']);
    const { hygiene, ...options } = props;
    requireKind(`${this.node.path}: hygiene`, hygiene, A_NETWORK_HYGIENE);
    if (options.action !== undefined) requireKind(`${this.node.path}: action`, options.action, AN_ACTION);
    const isBeside = Stack.of(this) === Stack.of(hygiene);
    const logGroupName = hygiene._logGroupName;
    const planned = plannedAlarms(this.node.path, options, {
      hygiene,
      // If the other stack depends on this one, it is deployed later, so this stack cannot refer to its resources.
      logGroupName: isBeside || !Token.isUnresolved(logGroupName) ? logGroupName : undefined,
      isInOtherAccount: areKnownToDiffer(Stack.of(this).account, Stack.of(hygiene).account),
    });
    // Alarms of addAlarms are named after the NetworkHygiene, which may have other sets of alarms.
    const isOwn = scope === hygiene && id === 'Alarms';
    const name = isOwn ? hygiene.hygieneName : defaultName(this);
    const alarms: Partial<Record<AlarmName, cloudwatch.Alarm>> = {};
    for (const alarm of planned) {
      const made = new cloudwatch.Alarm(this, alarmId(this, alarm), {
        ...alarm.props,
        alarmName: alarmName(name, alarm),
      });
      if (isOwn) followName(made, name, roleOf(this, alarm));
      if (alarm.vpnConnectionId) this.vpnConnectionDownAlarms.push(made);
      else alarms[alarm.name] = made;
    }
    this.staleRulesPresent = alarms.staleRulesPresent;
    this.vpnConnectionsDown = alarms.vpnConnectionsDown;
    this.vpnConnectionsDegraded = alarms.vpnConnectionsDegraded;
    this.vpnConnectionsWithoutRoutes = alarms.vpnConnectionsWithoutRoutes;
    this.unusedSecurityGroupsPresent = alarms.unusedSecurityGroupsPresent;
    this.sweepMissing = alarms.sweepMissing;
    this.scanErrors = alarms.scanErrors;
    this.revocationsFailed = alarms.revocationsFailed;
    this.revocationsWithheld = alarms.revocationsWithheld;
    this.deliveriesFailed = alarms.deliveriesFailed;
    this.changesNotDelivered = alarms.changesNotDelivered;
    this.changesFailed = alarms.changesFailed;
    this.changesDelayed = alarms.changesDelayed;
    this.accountsFailed = alarms.accountsFailed;
    this.regionsFailed = alarms.regionsFailed;
    this.runsFailed = alarms.runsFailed;
    this.runsTimedOut = alarms.runsTimedOut;
    this.all = [...Object.values(alarms), ...this.vpnConnectionDownAlarms];
    // The metric has no data before the first sweep, so the alarm would start in ALARM.
    if (isBeside) this.sweepMissing?.node.addDependency(hygiene.customResource);
    const isTuned = options.sweepMissing?.period !== undefined || options.sweepMissing?.evaluationPeriods !== undefined;
    if (this.sweepMissing && hygiene._intervalSeconds === undefined && !isTuned) {
      Annotations.of(this).addWarningV2(
        'cdk-network-hygiene:sweepMissingNotTuned',
        `sweepMissing: the schedule is not a rate, so the time between two sweeps is unknown, and the alarm goes off after ${human(2 * DAY)} without one; set it, such as sweepMissing: { period: Duration.hours(1), evaluationPeriods: 3 }`,
      );
    }
    if (options.action) this.addAlarmAction(options.action);
    warnWithoutActions(this, this.all);
  }

  /**
   * Adds actions that run when any of the alarms goes off.
   *
   * @param actions The actions, such as an SnsAction.
   * @throws when a value is not an alarm action
   */
  public addAlarmAction(...actions: cloudwatch.IAlarmAction[]): void {
    this.requireActions('addAlarmAction', actions);
    for (const alarm of this.all) alarm.addAlarmAction(...actions);
  }

  /**
   * Adds actions that run when any of the alarms returns to OK.
   *
   * @param actions The actions, such as an SnsAction.
   * @throws when a value is not an alarm action
   */
  public addOkAction(...actions: cloudwatch.IAlarmAction[]): void {
    this.requireActions('addOkAction', actions);
    for (const alarm of this.all) alarm.addOkAction(...actions);
  }

  private requireActions(method: string, actions: unknown[]): void {
    for (const action of actions) requireKind(`${this.node.path}: ${method}`, action, AN_ACTION);
  }
}

/** The longest alarm name that CloudWatch accepts. */
const LONGEST_NAME = 255;

/** The room for a slash and the id of a VPN connection. The id may be a token, so it is never shortened. */
const ROOM_FOR_ID = 37;

function alarmName(name: string, { title, vpnConnectionId }: PlannedAlarm): string {
  return vpnConnectionId === undefined
    ? shortened(`${name}/${title}`, LONGEST_NAME)
    : `${shortened(`${name}/${title}`, LONGEST_NAME - ROOM_FOR_ID)}/${vpnConnectionId}`;
}

function alarmId(scope: Construct, { title, vpnConnectionId }: PlannedAlarm): string {
  return vpnConnectionId === undefined ? title : `${title}/${constructIdOf(vpnConnectionId, scope)}`;
}

/** Returns the part of the logical id that tells the alarms of one construct apart. */
function roleOf(scope: Construct, { title, vpnConnectionId }: PlannedAlarm): string {
  return vpnConnectionId === undefined ? title : `${title}${shortHash(constructIdOf(vpnConnectionId, scope))}`;
}

const AN_ACTION = doing('bind', 'an IAlarmAction, such as an SnsAction of aws-cloudwatch-actions');

/** Defines which alarms a configuration can have, when each goes off, and what its description says. */
import { Duration, Token } from 'aws-cdk-lib';
import * as cloudwatch from 'aws-cdk-lib/aws-cloudwatch';
import type {
  AgeAlarmOptions,
  CountAlarmOptions,
  NetworkHygieneAlarmsOptions,
  VpnConnectionsDownAlarmOptions,
} from '../network-hygiene-alarms-options';
import type { NetworkHygieneBase } from '../network-hygiene-base';
import type { AlarmSubject } from './alarm-subject';
import { countTiming, heartbeatTiming, minuteTiming, Timing } from './alarm-timing';
import { CHANGE_ALARMS, ChangeAlarmName, tooLong } from './change-alarms';
import { RUN_ALARMS, RunAlarmName } from './run-alarms';
import { eachVpnConnection } from './vpn-connection-alarms';
import { Configuration, revokesAnything, tellsToRevoke } from '../contract/configuration';
import { Metric, MetricName } from '../contract/names';
import { OrganizationMetric } from '../contract/organization';
import { DAY, human, seconds } from '../validation/durations';
import { requireKnown } from '../validation/kinds';
import { wrong } from '../validation/words';

export type AlarmName = Exclude<keyof NetworkHygieneAlarmsOptions, 'action'>;

/** The alarms on metrics that AWS publishes itself. */
type NativeAlarmName = ChangeAlarmName | RunAlarmName;

/** The alarms about what sweeps find and do. */
type SweepAlarmName = Exclude<AlarmName, NativeAlarmName>;

/** A NetworkHygiene, and how its alarms can refer to it. */
export interface Watched {
  readonly hygiene: NetworkHygieneBase;
  /** The name of the function's log group. Undefined when the stack of the alarms cannot refer to it. */
  readonly logGroupName?: string;
  /** Whether the alarms are known to be in another account than the NetworkHygiene. */
  readonly isInOtherAccount: boolean;
}

export interface PlannedAlarm extends Pick<AlarmSubject, 'title' | 'vpnConnectionId'> {
  readonly name: AlarmName;
  readonly props: cloudwatch.AlarmProps;
}

interface Definition extends Pick<AlarmSubject, 'what' | 'lookAt'> {
  readonly metricName: MetricName | typeof OrganizationMetric[keyof typeof OrganizationMetric];
  readonly statistic: string;
  /** The number of sweeps in a row that must find the problem. */
  readonly sweeps: 1 | 2;
  /** Returns why the alarm could never go off, and the fix; false if it can go off. */
  readonly impossible?: (configuration: Configuration) => string | false;
  /** Returns the count from which on the alarm goes off. Absent: 1. */
  readonly threshold?: (configuration: Configuration) => number;
}

const withoutStaleRules = ({ staleRules }: Configuration): string | false => (
  staleRules === 'ignore' && 'stale rules are not looked for; leave it out, or set staleRules to StaleRules.report()');
const withoutVpnConnections = ({ vpnConnections }: Configuration): string | false =>
  vpnConnections.kind === 'none'
  && 'VPN connections are not looked at; leave it out, or set vpnConnections to VpnConnections.all()';

/** With static routes, no route is ever accepted. */
const withoutBgp = (configuration: Configuration): string | false => {
  const { filters = [] } = configuration.vpnConnections;
  const isStatic = filters.some(({ name, values }) => name === 'option.static-routes-only' && values.every(value => value === 'true'));
  return withoutVpnConnections(configuration)
    || (isStatic && 'only VPN connections with static routes are looked at; leave it out, or leave out staticRoutesOnly');
};

const withoutOrganization = ({ organization }: Configuration): string | false =>
  organization === undefined && NO_ORGANIZATION;

const NO_ORGANIZATION = 'only a NetworkHygieneOrganization sweeps accounts and Regions; leave it out';

/**
 * Ignores `enabled`: if revoking is switched off, an alarm option must not become an error, and no alarm may be
 * deleted.
 */
const withoutRevocations = (configuration: Configuration): string | false => {
  if (!tellsToRevoke(configuration)) {
    return 'nothing is to be revoked; leave it out, or declare flaggedIngressRules, or set staleRules to StaleRules.revokeAfter()';
  }
  if (configuration.organization && configuration.organization.revokeIn === undefined) {
    return 'no account is to be revoked in; leave it out, or give revokeIn';
  }
  return configuration.dryRun && 'a dry run revokes nothing; leave it out, or set dryRun to false';
};

const SWEEP_ALARMS: Readonly<Record<SweepAlarmName, Definition>> = {
  staleRulesPresent: {
    metricName: Metric.OLDEST_STALE_RULE_AGE,
    statistic: cloudwatch.Stats.MAXIMUM,
    sweeps: 1,
    what: 'A stale security group rule that nothing exempts is still there',
    lookAt: 'the log lines whose event is RuleKept: their keepReason says why',
    impossible: withoutStaleRules,
  },
  vpnConnectionsDown: {
    metricName: Metric.VPN_CONNECTIONS_DOWN,
    statistic: cloudwatch.Stats.MAXIMUM,
    sweeps: 1,
    what: 'A VPN connection has no tunnel up, or is missing',
    lookAt:
      'the log lines whose event is VpnConnection and whose status is DOWN or MISSING, then at the customer gateway device',
    impossible: withoutVpnConnections,
  },
  vpnConnectionsDegraded: {
    metricName: Metric.VPN_CONNECTIONS_DEGRADED,
    statistic: cloudwatch.Stats.MAXIMUM,
    sweeps: 2,
    what: 'A VPN connection has some tunnels up and some not, so it has less to fall back on, or nothing',
    lookAt: 'the log lines whose event is VpnConnection and whose status is DEGRADED: their tunnels say which one',
    impossible: withoutVpnConnections,
  },
  vpnConnectionsWithoutRoutes: {
    metricName: Metric.VPN_CONNECTIONS_WITHOUT_ROUTES,
    statistic: cloudwatch.Stats.MAXIMUM,
    sweeps: 2,
    what: 'A VPN connection has a tunnel up and accepts no route over BGP, so it carries nothing',
    lookAt:
      'the log lines whose event is VpnConnection and whose status is NO_ROUTES, then at what the customer gateway '
      + 'device advertises',
    impossible: withoutBgp,
  },
  unusedSecurityGroupsPresent: {
    metricName: Metric.UNUSED_SECURITY_GROUPS,
    statistic: cloudwatch.Stats.MAXIMUM,
    sweeps: 1,
    what: 'A security group has been unused for as long as it takes to be reported',
    lookAt: 'the log lines whose event is UnusedGroup: they name the group, its stack, and since when it is unused',
    impossible: ({ unusedSecurityGroups }) => unusedSecurityGroups === undefined
      && 'unused security groups are not looked for; leave it out, or set unusedSecurityGroups to '
      + 'UnusedSecurityGroups.report()',
  },
  sweepMissing: {
    metricName: Metric.SWEEPS,
    statistic: cloudwatch.Stats.SUM,
    sweeps: 2,
    what: 'No sweep has come that could look at anything, so every other alarm stays as it was',
    lookAt:
      'the log lines whose event is Failed, then at the schedule, and at the errors and throttles of the function',
  },
  scanErrors: {
    metricName: Metric.SCAN_ERRORS,
    statistic: cloudwatch.Stats.MAXIMUM,
    sweeps: 2,
    what: 'Sweeps could not look at something, so no count is complete',
    lookAt: 'the log lines whose event is ScanError: they say at what, and why',
  },
  revocationsFailed: {
    metricName: Metric.REVOCATIONS_FAILED,
    statistic: cloudwatch.Stats.SUM,
    sweeps: 1,
    what: 'A rule could not be revoked, or had changed by the time it was revoked',
    lookAt: 'the log lines whose event is Revocation and whose outcome is FAILED or REVOKED_CHANGED',
    impossible: configuration =>
      withoutRevocations(configuration)
      || (configuration.maxRevocationsPerSweep === 0
        && 'maxRevocationsPerSweep is 0, so none is tried; leave it out, or raise maxRevocationsPerSweep'),
  },
  revocationsWithheld: {
    metricName: Metric.REVOCATIONS_WITHHELD,
    statistic: cloudwatch.Stats.MAXIMUM,
    sweeps: 1,
    what: 'Rules that are to be revoked are still there, because a sweep did not try',
    lookAt:
      'the log lines whose keepReason is OVER_LIMIT, COMES_BACK, LEDGER_UNAVAILABLE or STACK_IN_PROGRESS, and at those '
      + 'whose outcome is SKIPPED',
    impossible: withoutRevocations,
  },
  deliveriesFailed: {
    metricName: Metric.DELIVERIES_FAILED,
    statistic: cloudwatch.Stats.SUM,
    sweeps: 1,
    what: 'Events or notifications were not delivered, or findings or data of metrics; only some are sent again',
    lookAt: 'the log lines whose event is DeliveryFailed: they say which, where to, and why',
  },
  accountsFailed: {
    metricName: OrganizationMetric.ACCOUNTS_FAILED,
    statistic: cloudwatch.Stats.MAXIMUM,
    sweeps: 1,
    what: 'Accounts could not be swept, so no count is complete',
    lookAt: 'the findings table, which names each account and why, then at the role in that account',
    impossible: withoutOrganization,
    threshold: ({ organization }) => 1 + (organization?.toleratedFailures ?? 0),
  },
  regionsFailed: {
    metricName: OrganizationMetric.REGIONS_FAILED,
    statistic: cloudwatch.Stats.MAXIMUM,
    sweeps: 1,
    what: 'Regions of accounts could not be swept, so no count is complete',
    lookAt: 'the findings table, which names each account and Region and why',
    impossible: withoutOrganization,
  },
};

const ALARM_NAMES = [
  ...Object.keys(SWEEP_ALARMS), ...Object.keys(CHANGE_ALARMS), ...Object.keys(RUN_ALARMS),
] as AlarmName[];

const isAboutChanges = (name: AlarmName): name is ChangeAlarmName => Object.hasOwn(CHANGE_ALARMS, name);
const isAboutRuns = (name: AlarmName): name is RunAlarmName => Object.hasOwn(RUN_ALARMS, name);
const isNative = (name: AlarmName): name is NativeAlarmName => isAboutChanges(name) || isAboutRuns(name);

const RUNBOOKS = 'https://github.com/cdk-network-hygiene/cdk-network-hygiene/blob/main/docs/alarms.md';

/**
 * The longest name in an alarm description. CloudWatch accepts 1,024 characters in total, of which a log group name may
 * take 512.
 */
const LONGEST_PATH = 100;

/** All options that any of the alarms accepts. */
type AlarmOptions = CountAlarmOptions & AgeAlarmOptions & VpnConnectionsDownAlarmOptions;

const TIMING_OPTIONS = ['enabled', 'period', 'evaluationPeriods', 'datapointsToAlarm'];

/**
 * @param others what may be given besides the options
 * @throws when an option is unknown; the message names it, and the one that was meant
 */
export function requireAlarmOptions(where: string, options: NetworkHygieneAlarmsOptions, others: string[] = []): void {
  requireKnown(where, options, [...others, ...ALARM_NAMES, 'action']);
}

/**
 * @throws when an option of an alarm is unknown or wrong, or is for an alarm that could never go off or that would go
 * off although every sweep is in order; the message says the fix
 */
export function plannedAlarms(path: string, options: NetworkHygieneAlarmsOptions, watched: Watched): PlannedAlarm[] {
  return ALARM_NAMES.flatMap(name => planned(`${path}: ${name}`, name, options[name], watched));
}

function planned(
  path: string,
  name: AlarmName,
  given: AlarmOptions | undefined,
  watched: Watched,
): PlannedAlarm[] {
  const options = given === undefined ? {} : given;
  requireKnown(path, options, [...TIMING_OPTIONS, ...ownOptions(name)]);
  for (const flag of ['enabled', 'perConnection'] as const) {
    if (options[flag] !== undefined && typeof options[flag] !== 'boolean') {
      throw wrong(`${path}.${flag}`, options[flag], 'true or false');
    }
  }
  if (options.enabled === false) return [];
  return isNative(name)
    ? plannedOnNative(path, name, given, watched)
    : plannedOnSweeps(path, name, given, watched);
}

function plannedOnSweeps(
  path: string, name: SweepAlarmName, given: AlarmOptions | undefined, watched: Watched,
): PlannedAlarm[] {
  const { hygiene } = watched;
  const why = SWEEP_ALARMS[name].impossible?.(hygiene._configuration);
  if (why) return impossible(path, given, why);
  const options = given ?? {};
  const timing = sweepTiming(path, name, options, hygiene._intervalSeconds);
  const subjects = options.perConnection
    ? eachVpnConnection(path, options, hygiene)
    : [sweepSubject(path, name, options, hygiene)];
  return subjects.map(subject => plannedOn(subject, name, timing, watched));
}

function plannedOnNative(
  path: string, name: NativeAlarmName, given: AlarmOptions | undefined, watched: Watched,
): PlannedAlarm[] {
  const { hygiene, isInOtherAccount } = watched;
  const subject = nativeSubject(name, hygiene);
  if (subject === undefined) return impossible(path, given, isAboutRuns(name) ? NO_ORGANIZATION : NO_CHANGE_TRIGGER);
  if (isInOtherAccount) {
    throw new Error(
      `${path}: this alarm is in another account than ${hygiene.node.path}, and its metric is that of a resource whose name is known at deployment only; make it in a stack of the same account, or set it to { enabled: false }`,
    );
  }
  const options = given ?? {};
  const timing = minuteTiming(path, options);
  const { tooOld, ...unlimited } = subject;
  return [plannedOn(
    tooOld === undefined
      ? { ...unlimited, threshold: count(path, options) }
      : aged(unlimited, age(path, options, { example: 'Duration.hours(1)', byDefault: () => tooOld })),
    name, timing, watched,
  )];
}

const NO_CHANGE_TRIGGER = 'changes trigger no sweep; leave it out, or set changeTrigger to ChangeTrigger.cloudTrail()';

/**
 * Returns the subject of an alarm on a metric that AWS publishes, with the age at which it goes off if it is about one.
 *
 * @returns undefined if the construct has no such resource
 */
function nativeSubject(
  name: NativeAlarmName, { _changeTrigger: trigger, _stateMachine: stateMachine }: NetworkHygieneBase,
): Unlimited & { readonly tooOld?: number } | undefined {
  const title = titleOf(name);
  if (isAboutRuns(name)) {
    const { metric, ...words } = RUN_ALARMS[name];
    return stateMachine && { ...words, title, metric: metric.bind(undefined, stateMachine) };
  }
  const { metric, ...words } = CHANGE_ALARMS[name];
  return trigger && {
    ...words, title, metric: metric.bind(undefined, trigger),
    tooOld: name === 'changesDelayed' ? tooLong(trigger) : undefined,
  };
}

/** Leaves out an alarm that could never go off. @throws when it was asked for */
function impossible(path: string, given: AlarmOptions | undefined, why: string): [] {
  if (given === undefined) return [];
  throw new Error(`${path}: this alarm could never go off: ${why}`);
}

function sweepSubject(
  path: string, name: SweepAlarmName, options: AlarmOptions, hygiene: NetworkHygieneBase,
): AlarmSubject {
  const { metricName, statistic, what, lookAt } = SWEEP_ALARMS[name];
  const subject: Unlimited = {
    title: titleOf(name), what, lookAt,
    metric: metricOptions => hygiene.metric(metricName, { statistic, ...metricOptions }),
  };
  return name === 'staleRulesPresent'
    ? aged(subject, age(path, options, { example: 'Duration.days(14)', byDefault: () => defaultAge(path, hygiene) }))
    : {
      ...subject, isLow: name === 'sweepMissing',
      threshold: count(path, options, SWEEP_ALARMS[name].threshold?.(hygiene._configuration)),
    };
}

type Unlimited = Omit<AlarmSubject, 'threshold'>;

/** Returns the subject of an alarm that goes off at an age. */
function aged(subject: Unlimited, threshold: number): AlarmSubject {
  return { ...subject, threshold, what: `${subject.what}, for ${human(threshold)} or longer` };
}

const titleOf = (name: AlarmName): string => `${name[0].toUpperCase()}${name.slice(1)}`;

function plannedOn(
  subject: AlarmSubject, name: AlarmName, { period, ...timing }: Timing, { hygiene, logGroupName }: Watched,
): PlannedAlarm {
  const { title, metric, threshold, isLow, what, lookAt, vpnConnectionId } = subject;
  const said = [
    `${hygiene.hygieneName.slice(-LONGEST_PATH)}: ${what}.`,
    `Look first at ${lookAt}.`,
    ...(logGroupName === undefined ? [] : [`Log group: ${logGroupName}.`]),
    `${RUNBOOKS}#${name.toLowerCase()}`,
  ];
  return {
    name,
    title,
    vpnConnectionId,
    props: {
      ...timing,
      metric: metric({ period: Duration.seconds(period) }),
      threshold,
      alarmDescription: said.join(' '),
      comparisonOperator:
        cloudwatch.ComparisonOperator[isLow ? 'LESS_THAN_THRESHOLD' : 'GREATER_THAN_OR_EQUAL_TO_THRESHOLD'],
      treatMissingData: cloudwatch.TreatMissingData[missingData(name)],
    },
  };
}

function missingData(name: AlarmName): keyof typeof cloudwatch.TreatMissingData {
  // EventBridge, SQS and Step Functions publish nothing while nothing happens.
  if (isNative(name)) return 'NOT_BREACHING';
  // Between two sweeps there is no new data, so the alarms keep their state. Only sweepMissing treats missing data as
  // bad.
  return name === 'sweepMissing' ? 'BREACHING' : 'IGNORE';
}

/** Returns the options of an alarm other than those for its timing. */
function ownOptions(name: AlarmName): string[] {
  switch (name) {
    case 'sweepMissing': return [];
    case 'staleRulesPresent':
    case 'changesDelayed': return ['olderThan'];
    case 'vpnConnectionsDown': return ['threshold', 'perConnection'];
    default: return ['threshold'];
  }
}

function sweepTiming(
  path: string, name: SweepAlarmName, options: AlarmOptions, intervalSeconds: number | undefined,
): Timing {
  return name === 'sweepMissing'
    ? heartbeatTiming(path, options, intervalSeconds)
    : countTiming(path, options, intervalSeconds, SWEEP_ALARMS[name].sweeps);
}

function count(path: string, options: AlarmOptions, byDefault = 1): number {
  const { threshold = byDefault } = options;
  const isPositive = Number.isFinite(threshold) && threshold > 0;
  if (typeof threshold !== 'number' || !(Token.isUnresolved(threshold) || isPositive)) {
    throw wrong(`${path}.threshold`, threshold, 'a number of more than 0');
  }
  return threshold;
}

function age(
  path: string, { olderThan }: AlarmOptions, { example, byDefault }: { example: string; byDefault: () => number },
): number {
  if (olderThan === undefined) return byDefault();
  const value = seconds(`${path}.olderThan`, olderThan, example);
  // The metric is 0 when there is nothing that is old, so an alarm on an age of 0 would always be in ALARM.
  if (!(value > 0)) throw new Error(`${path}.olderThan: got ${value} seconds; give more than 0`);
  return value;
}

/**
 * One day after a stale rule should have been revoked, something must be keeping it. In an organization, that may be an
 * account in which everything is only reported.
 */
function defaultAge(path: string, { _configuration, _intervalSeconds = 0 }: NetworkHygieneBase): number {
  const { grace, organization } = _configuration;
  if (grace === undefined || organization || !revokesAnything(_configuration)) return 14 * DAY;
  if (Token.isUnresolved(grace.seconds) || Token.isUnresolved(grace.sightings)) {
    throw new Error(
      `${path}.olderThan: not given, and StaleRules.revokeAfter has a value that is known at deployment only; give a Duration, such as Duration.days(14)`,
    );
  }
  return Math.max(grace.seconds, (grace.sightings - 1) * _intervalSeconds) + DAY;
}

/** Which alarms a configuration can have, when each goes off, and what it says then. */
import { Duration, Token } from 'aws-cdk-lib';
import * as cloudwatch from 'aws-cdk-lib/aws-cloudwatch';
import type { AgeAlarmOptions, CountAlarmOptions, NetworkHygieneAlarmsOptions } from '../network-hygiene-alarms';
import { Configuration, Metric, MetricName, revokesAnything, tellsToRevoke } from './contract';

export type AlarmName = Exclude<keyof NetworkHygieneAlarmsOptions, 'action'>;

/** What is known of a NetworkHygiene when its alarms are made. */
export interface Watched {
  /** The path of the alarms' construct, for messages. */
  readonly path: string;
  readonly configuration: Configuration;
  /** Between two sweeps; undefined when the schedule has no fixed rate. */
  readonly intervalSeconds?: number;
}

export interface PlannedAlarm {
  readonly name: AlarmName;
  /** As the alarm's name ends, and as the README's heading about it reads. */
  readonly id: string;
  readonly metricName: MetricName;
  readonly statistic: string;
  readonly period: Duration;
  readonly description: string;
  readonly evaluation: Omit<cloudwatch.AlarmProps, 'metric'>;
}

interface Definition {
  readonly metricName: MetricName;
  readonly statistic: string;
  /** How many sweeps after each other have to meet the threshold. */
  readonly sweeps: 1 | 2;
  /** What is the case, and what to look at first. */
  readonly text: string;
  /** Why it can never go off, and what to do about that. */
  readonly impossible?: (configuration: Configuration) => string | false;
}

const NO_STALE_RULES = 'stale rules are not looked for; leave it out, or set staleRules to StaleRules.report()';
const NO_VPN_CONNECTIONS = 'VPN connections are not looked at; leave it out, or set vpnConnections to VpnConnections.all()';
const noRevocations = (configuration: Configuration): string | false => (
  !tellsToRevoke(configuration) ? 'nothing is to be revoked; leave it out, or declare flaggedIngressRules, or set staleRules to StaleRules.revokeAfter()'
    : configuration.dryRun && 'a dry run revokes nothing; leave it out, or set dryRun to false');

/** In the order of importance. */
const DEFINITIONS: Readonly<Record<AlarmName, Definition>> = {
  staleRulesPresent: {
    metricName: Metric.OLDEST_STALE_RULE_AGE,
    statistic: cloudwatch.Stats.MAXIMUM,
    sweeps: 1,
    text: 'Look first at the log lines whose event is RuleKept: keepReason says why each rule is still there.',
    impossible: ({ staleRules }) => staleRules === 'ignore' && NO_STALE_RULES,
  },
  vpnConnectionsDown: {
    metricName: Metric.VPN_CONNECTIONS_DOWN,
    statistic: cloudwatch.Stats.MAXIMUM,
    sweeps: 1,
    text: 'A VPN connection has no tunnel up, or is missing. Look first at the log lines whose event is VpnConnection and whose status is DOWN or MISSING, then at the customer gateway device.',
    impossible: ({ vpnConnections }) => vpnConnections.kind === 'none' && NO_VPN_CONNECTIONS,
  },
  vpnConnectionsDegraded: {
    metricName: Metric.VPN_CONNECTIONS_DEGRADED,
    statistic: cloudwatch.Stats.MAXIMUM,
    sweeps: 2,
    text: 'A VPN connection has some tunnels up and some not: nothing backs up its traffic. Look first at the log lines whose event is VpnConnection and whose status is DEGRADED: tunnels says which one it is.',
    impossible: ({ vpnConnections }) => vpnConnections.kind === 'none' && NO_VPN_CONNECTIONS,
  },
  sweepMissing: {
    metricName: Metric.SWEEPS,
    statistic: cloudwatch.Stats.SUM,
    sweeps: 2,
    text: 'No sweep has told that it could look at anything, so no other metric or alarm is up to date. Look first at the log lines whose event is Failed, then at the schedule and the errors of the function.',
  },
  scanErrors: {
    metricName: Metric.SCAN_ERRORS,
    statistic: cloudwatch.Stats.MAXIMUM,
    sweeps: 2,
    text: 'Sweeps cannot look at something, so no count is complete. Look first at the log lines whose event is ScanError: they say at what, and why.',
  },
  revocationsFailed: {
    metricName: Metric.REVOCATIONS_FAILED,
    statistic: cloudwatch.Stats.SUM,
    sweeps: 1,
    text: 'A rule could not be revoked, or was changed in the instant before it was. Look first at the log lines whose event is Revocation and whose outcome is FAILED or REVOKED_CHANGED.',
    impossible: configuration => noRevocations(configuration)
      || (!revokesAnything(configuration) && 'maxRevocationsPerSweep is 0, so no revocation is tried; leave it out, or raise maxRevocationsPerSweep'),
  },
  revocationsWithheld: {
    metricName: Metric.REVOCATIONS_WITHHELD,
    statistic: cloudwatch.Stats.SUM,
    sweeps: 1,
    text: 'Rules were to be revoked and are still there, because revoking them was not tried. Look first at the log lines whose keepReason is OVER_LIMIT or LEDGER_UNAVAILABLE, or whose outcome is SKIPPED.',
    impossible: noRevocations,
  },
  deliveriesFailed: {
    metricName: Metric.DELIVERIES_FAILED,
    statistic: cloudwatch.Stats.SUM,
    sweeps: 1,
    text: 'Events or notifications were not delivered, and are not sent again. Look first at the log lines whose event is DeliveryFailed: they say which, and why.',
  },
};

const README = 'https://github.com/cdk-network-hygiene/cdk-network-hygiene/blob/main/README.md';

const MINUTE = 60;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
const WEEK = 7 * DAY;

/** A sweep is counted at the time it began, but only when it is done, and the function has this long. */
const LONGEST_SWEEP = 15 * MINUTE;

const TIMING_OPTIONS = ['enabled', 'period', 'evaluationPeriods', 'datapointsToAlarm'];

/** All that any alarm may be given. */
type AlarmOptions = CountAlarmOptions & AgeAlarmOptions;

/** @throws when an option is unknown, wrong, or about an alarm that could never go off, or would whatever happens; the message names it, and the fix */
export function plannedAlarms(options: NetworkHygieneAlarmsOptions, watched: Watched): PlannedAlarm[] {
  const names = Object.keys(DEFINITIONS) as AlarmName[];
  requireKnown(watched.path, options, [...names, 'action']);
  return names.flatMap(name => planned(name, options[name] as AlarmOptions | undefined, watched) ?? []);
}

function planned(name: AlarmName, given: AlarmOptions | undefined, watched: Watched): PlannedAlarm | undefined {
  const path = `${watched.path}: ${name}`;
  const { metricName, statistic, impossible } = DEFINITIONS[name];
  const options = given ?? {};
  requireKnown(path, options, [...TIMING_OPTIONS, ...EXTRA_OPTIONS[name] ?? ['threshold']]);
  if (options.enabled !== undefined && typeof options.enabled !== 'boolean') throw wrong(`${path}.enabled`, options.enabled, 'true or false');
  if (options.enabled === false) return undefined;
  const why = impossible?.(watched.configuration);
  if (why) {
    if (given === undefined) return undefined;
    throw new Error(`${path}: this alarm could never go off: ${why}`);
  }
  const timing = name === 'sweepMissing' ? heartbeatTiming(path, options, watched) : countTiming(path, options, DEFINITIONS[name].sweeps, watched);
  return {
    name,
    id: `${name[0].toUpperCase()}${name.slice(1)}`,
    metricName,
    statistic,
    period: Duration.seconds(timing.period),
    description: '',
    evaluation: {
      threshold: 1,
      evaluationPeriods: timing.evaluationPeriods,
      datapointsToAlarm: options.datapointsToAlarm,
    },
  };
}
const EXTRA_OPTIONS: Partial<Record<AlarmName, string[]>> = {};

/**
 * Computes the metrics of a sweep from its result.
 *
 * A zero is published only by a sweep that looked. If the configuration does not ask for a check, or it could look
 * nowhere, it has no count. Every sweep publishes the totals of what it has looked at. Series per resource are another
 * matter: see `series.ts`.
 */
import { entriesOf, madeBy } from './change-words';
import { unusedGroupCounts } from './unused-group-words';
import { type DecodedConfiguration, tellsToRevoke } from '../../../src/contract/configuration';
import { HYGIENE_DIMENSION, Metric, type MetricName } from '../../../src/contract/names';
import { outcomeFacts } from '../act/outcomes';
import { authorOf, isSameEvent } from '../decide/changed-by';
import { KEEP_REASONS, type KeepReason } from '../decide/reasons';
import type { Change } from '../model/change';
import type { MetricDatum } from '../model/delivery';
import type { TunnelState, VpnConnectionState } from '../model/finding';
import type { LedgerEntry } from '../model/ledger';
import type { SecurityGroupRule } from '../model/network';
import type { KeptRule, Plan, RevocationOutcome, SweepResult, TunnelFlaps } from '../model/result';
import { sawNothing } from '../observe/observe';

/** One number per aggregate metric. Metrics without a meaningful value are absent. */
export type Aggregates = Partial<Record<MetricName, number>>;

/** Returns the data to publish. A run over some groups has no totals and no heartbeat, only counts of its actions. */
export function metricData(result: SweepResult, configuration: DecodedConfiguration): MetricDatum[] {
  const hygiene = { [HYGIENE_DIMENSION]: configuration.hygiene };
  if (result.run.scope.kind === 'groups') {
    const deeds = Object.entries(aggregates(result, configuration)).filter(([, count]) => count > 0);
    return [...data(Object.fromEntries(deeds), hygiene), ...reactionTimes(result, hygiene)];
  }
  const { data: series, ends } = result.series;
  const totals = worthPublishing(aggregates(result, configuration), configuration);
  return [
    ...data(totals, {}), ...reactionTimes(result, {}), ...series, ...ends.map(({ datum }) => datum),
  ].map(datum => ({ ...datum, dimensions: { ...hygiene, ...datum.dimensions } }));
}

/** Leaves out the totals that are 0 and can be nothing else. */
export function worthPublishing(counts: Aggregates, configuration: DecodedConfiguration): Aggregates {
  const idle = idleMetrics(configuration);
  return Object.fromEntries(Object.entries(counts).filter(([name, value]) => value !== 0 || !idle.includes(name)));
}

/** Returns the totals that can be nothing but 0 with a configuration. Each series costs money. */
function idleMetrics(configuration: DecodedConfiguration): string[] {
  const { flaggedIngressRules, dryRun, vpnConnections } = configuration;
  return [
    ...flaggedIngressRules.length === 0 ? [Metric.FLAGGED_INGRESS_RULES] : [],
    // Ignores `enabled`, as the alarms do: they exist while revoking is switched off.
    ...tellsToRevoke(configuration) && !dryRun ? []
      : [Metric.INGRESS_RULES_REVOKED, Metric.REVOCATIONS_FAILED, Metric.REVOCATIONS_WITHHELD],
    ...vpnConnections.staleAfterSeconds === undefined ? [Metric.VPN_CONNECTIONS_STALE] : [],
  ];
}

/** Returns the datum that is known only after delivery, when the other metrics have been published. */
export function deliveryDatum(value: number, { hygiene }: Pick<DecodedConfiguration, 'hygiene'>): MetricDatum {
  return { name: Metric.DELIVERIES_FAILED, value, unit: 'Count', dimensions: { [HYGIENE_DIMENSION]: hygiene } };
}

/** Returns the datum of changes of which no id could be taken, for a batch that no run publishes it for. */
export function unreadDatum(value: number, { hygiene }: Pick<DecodedConfiguration, 'hygiene'>): MetricDatum {
  return { name: Metric.CHANGES_UNREAD, value, unit: 'Count', dimensions: { [HYGIENE_DIMENSION]: hygiene } };
}

/**
 * Returns the counts of a run, which are also the answer to an invocation. A run over some groups counts only its
 * actions.
 *
 * @param deliveriesFailed absent before the result is delivered
 */
export function aggregates(
  result: SweepResult, configuration: DecodedConfiguration, deliveriesFailed?: number,
): Aggregates {
  const delivery = deliveriesFailed === undefined ? {} : { [Metric.DELIVERIES_FAILED]: deliveriesFailed };
  if (result.run.scope.kind === 'groups') return { ...deedCounts(result), ...delivery };
  const { observation, plan, durationMillis } = result;
  const { vpcs, stale, flagged, vpnConnections, proofs } = observation;
  const sawStaleRules = vpcs?.sawStaleRules && configuration.staleRules !== 'ignore';
  return {
    // The heartbeat comes first, because the first datum is published whatever else CloudWatch refuses, and an alarm
    // depends on it. A sweep that a change triggered has none, because it would hide that the schedule has stopped.
    ...result.run.trigger !== 'change' && { [Metric.SWEEPS]: sawNothing(observation, configuration) ? 0 : 1 },
    ...sawStaleRules && staleCounts(stale),
    ...sawStaleRules && result.entries && { [Metric.OLDEST_STALE_RULE_AGE]: oldestStaleRuleAge(result) },
    ...vpcs?.sawFlaggedRules && {
      [Metric.FLAGGED_INGRESS_RULES]: flagged.filter(({ verdict }) => verdict === 'flagged').length,
    },
    [Metric.REVOCATIONS_WITHHELD]: withheldCount(result),
    ...vpcs && { [Metric.RULES_KEPT]: plan.keep.length, ...waitingCounts(plan, configuration) },
    ...vpnConnections && vpnAggregates(vpnConnections, result.tunnelFlaps),
    ...unusedGroupCounts(result),
    ...vpcs && { [Metric.VPCS_SCANNED]: vpcs.scanned.size, [Metric.VPCS_NOT_COVERED]: vpcs.notCovered.size },
    ...vpcs && proofs && {
      [Metric.VPCS_COVERED_BY_PROOF]: vpcs.proved.size,
      [Metric.OLDEST_PROOF_CHECK_AGE]: proofs.oldestCheckAgeSeconds,
    },
    ...deedCounts(result),
    ...delivery,
    [Metric.SWEEP_DURATION]: durationMillis,
  };
}

/** Counts the rules that wait for the revocation window or for a person, if the configuration lets any wait. */
function waitingCounts({ keep }: Plan, { revocationWindow, approval }: DecodedConfiguration): Aggregates {
  const count = (wanted: KeepReason): number => keep.filter(({ reason }) => reason === wanted).length;
  return {
    ...revocationWindow && { [Metric.RULES_OUTSIDE_WINDOW]: count('OUTSIDE_WINDOW') },
    ...approval && { [Metric.RULES_AWAITING_APPROVAL]: count('AWAITING_APPROVAL') },
  };
}

/** Counts what a run did, and what it failed to do. */
function deedCounts({ run, observation, outcomes, ledgerErrors }: SweepResult): Record<string, number> {
  const count = (is: (outcome: RevocationOutcome) => boolean | undefined): number => outcomes.filter(is).length;
  return {
    [Metric.INGRESS_RULES_REVOKED]: count(isRevocation),
    [Metric.REVOCATIONS_FAILED]: count(({ outcome }) => outcomeFacts(outcome).isFailure),
    [Metric.SCAN_ERRORS]: observation.errors.length + ledgerErrors.length,
    ...run.changes && { [Metric.CHANGES_SWEPT]: run.changes.length },
    ...run.changesUnread !== undefined && { [Metric.CHANGES_UNREAD]: run.changesUnread },
  };
}

/** Whether this run revoked the rule, and not another one that recorded it. */
const isRevocation = ({ outcome, recordedBy }: RevocationOutcome): boolean =>
  outcomeFacts(outcome).isRecorded === true && recordedBy === undefined;

/**
 * Returns the seconds from a change to the end of the run, for each rule that the run revoked and each finding that it
 * opened and did not revoke. There is one datum for each, because percentiles need all of them. A rule has none if the
 * time of its change is not known.
 */
function reactionTimes(result: SweepResult, dimensions: MetricDatum['dimensions']): MetricDatum[] {
  const { run: { changes = [] }, startedAt, durationMillis } = result;
  const entries = entriesOf(result);
  const revoked = result.outcomes.filter(isRevocation).map(({ rule }) => rule);
  const opened = result.changes.filter(({ change }) => change === 'OPENED').map(({ entry: { rule } }) => rule);
  const rules = new Map([...opened, ...revoked].map(rule => [rule.securityGroupRuleId, rule]));
  const end = startedAt.getTime() + durationMillis;
  return [...rules.values()].flatMap(rule => {
    const at = timeOfChange(rule, entries.get(rule.securityGroupRuleId), changes);
    const seconds = Math.max(0, (end - at) / 1000);
    return Number.isFinite(at) ? data({ [Metric.REACTION_TIME]: seconds }, dimensions) : [];
  });
}

/**
 * Returns the time of the change that a rule is attributed to; otherwise that of the first change of its group. If an
 * earlier run knew the change, that run has reacted to it. @returns `NaN` if no such change has a time
 */
function timeOfChange(rule: SecurityGroupRule, entry: LedgerEntry | undefined, changes: readonly Change[]): number {
  const author = madeBy(entry, rule);
  const ofRule = author === undefined
    ? changes.filter(({ groupIds }) => groupIds.includes(rule.groupId))
    : changes.filter(each => isSameEvent(authorOf(each), author));
  const times = ofRule.map(({ at = '' }) => Date.parse(at)).filter(Number.isFinite);
  return times.length === 0 ? NaN : Math.min(...times);
}

/** Rules that wait for the next allowance count only if they already waited at the previous scheduled sweep. */
function withheldCount({ withheld, isLimitUsedAgain }: SweepResult): number {
  const counted = withheld.filter(({ reason }) => reason !== 'LIMIT_USED' || isLimitUsedAgain);
  return counted.reduce((sum, { rules }) => sum + rules.length, 0);
}

/** Returns the age in seconds of the oldest stale rule that still exists and is not exempt. */
function oldestStaleRuleAge({ plan, outcomes, entries }: SweepResult): number {
  const there = outcomes
    .filter(({ outcome }) => outcomeFacts(outcome).isThere)
    .map(({ rule }) => rule.securityGroupRuleId);
  const isCounted = ({ stale, reason }: KeptRule): boolean => {
    const { kind } = KEEP_REASONS[reason];
    return stale !== undefined && kind !== 'exempt' && kind !== 'other-run';
  };
  const stale = [
    ...plan.keep.filter(isCounted).flatMap(({ entry }) => entry?.stale ?? []),
    ...there.flatMap(id => entries?.get(id)?.stale ?? []),
  ];
  const ages = stale.map(({ firstSeen, lastSeen }) =>
    Math.round((Date.parse(lastSeen) - Date.parse(firstSeen)) / 1000),
  );
  return Math.max(0, ...ages.filter(Number.isFinite));
}

export function staleCounts(stale: SweepResult['observation']['stale']): Aggregates {
  return {
    [Metric.STALE_INGRESS_RULES]: stale.filter(({ direction }) => direction === 'ingress').length,
    [Metric.STALE_EGRESS_RULES]: stale.filter(({ direction }) => direction === 'egress').length,
    [Metric.STALE_SECURITY_GROUPS]: new Set(stale.map(({ groupId }) => groupId)).size,
  };
}

function vpnAggregates(connections: readonly VpnConnectionState[], flaps: TunnelFlaps | undefined): Aggregates {
  const count = (...wanted: Array<VpnConnectionState['status']>): number =>
    connections.filter(({ status }) => wanted.includes(status)).length;
  const isAllUnknown = connections.length > 0 && connections.every(({ status }) => status === 'UNKNOWN');
  if (isAllUnknown) return { [Metric.VPN_CONNECTIONS]: connections.length };
  return {
    [Metric.VPN_CONNECTIONS]: connections.length,
    [Metric.VPN_CONNECTIONS_DOWN]: count('DOWN', 'MISSING'),
    [Metric.VPN_CONNECTIONS_DEGRADED]: count('DEGRADED'),
    [Metric.VPN_CONNECTIONS_WITHOUT_ROUTES]: count('NO_ROUTES'),
    [Metric.VPN_CONNECTIONS_STALE]: connections.filter(({ stale }) => stale).length,
    // The tunnels of a connection that is being created are not expected to be up yet.
    ...tunnelCounts(connections.filter(({ status }) => status !== 'PENDING').flatMap(({ tunnels }) => tunnels)),
    ...flaps && { [Metric.TUNNEL_FLAPS]: [...flaps.values()].flat().length },
  };
}

function tunnelCounts(tunnels: readonly TunnelState[]): Aggregates {
  return {
    [Metric.TUNNELS_UP]: tunnels.filter(({ status }) => status === 'UP').length,
    [Metric.TUNNELS_DOWN]: tunnels.filter(({ status }) => status === 'DOWN').length,
    [Metric.ACCEPTED_ROUTES]: tunnels.reduce((sum, { acceptedRoutes = 0 }) => sum + acceptedRoutes, 0),
    ...latestChange(tunnels),
  };
}

/** Returns the latest change of any tunnel; nothing if none is known. */
function latestChange(tunnels: readonly TunnelState[]): Aggregates {
  const known = tunnels.flatMap(({ secondsSinceStatusChange }) => secondsSinceStatusChange ?? []);
  return known.length > 0 ? { [Metric.SECONDS_SINCE_STATUS_CHANGE]: Math.min(...known) } : {};
}

const UNITS: Partial<Record<string, MetricDatum['unit']>> = {
  [Metric.SECONDS_SINCE_STATUS_CHANGE]: 'Seconds',
  [Metric.OLDEST_STALE_RULE_AGE]: 'Seconds',
  [Metric.OLDEST_PROOF_CHECK_AGE]: 'Seconds',
  [Metric.REACTION_TIME]: 'Seconds',
  [Metric.SWEEP_DURATION]: 'Milliseconds',
};

export function data(values: Aggregates, dimensions: MetricDatum['dimensions']): MetricDatum[] {
  return Object.entries(values).map(([name, value]) => datumOf(name, value, dimensions));
}

export function datumOf(name: string, value: number, dimensions: MetricDatum['dimensions']): MetricDatum {
  return { name, value, unit: UNITS[name] ?? 'Count', dimensions };
}

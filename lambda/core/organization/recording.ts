/** Records the end of a run, and the run as the latest sweep for readers of the ledger. */
import type { Configured, OrganizationsConfiguration } from './configured';
import type { OrganizationLedger } from '../organization-ports';
import { backlogOf, placeName, type Totals } from './totals';
import { looksAtRules } from '../../../src/contract/configuration';
import { Metric } from '../../../src/contract/names';
import { holdOf } from '../decide/hold';
import { errorFacts } from '../errors';
import { changeBy } from '../ledger/change';
import type { SweepEntry } from '../model/ledger';
import type { OrganizationRun } from '../model/organization';
import type { Clock, Log } from '../ports';

export interface End {
  readonly ledger: OrganizationLedger;
  readonly clock: Clock;
  readonly log: Log;
  readonly configuration: OrganizationsConfiguration;
  readonly deployed: Configured['deployed'];
  readonly outcome: Required<OrganizationRun>['outcome'];
}

/** Records the run for readers of the ledger, and then that it has ended. */
export async function recordEnd(
  run: OrganizationRun, totals: Totals, { configuration, deployed, outcome, ledger, clock, log }: End,
): Promise<void> {
  const now = clock.now();
  try {
    const [latest, control] = await Promise.all([ledger.latestSweep(), ledger.control()]);
    const hold = holdOf(control, { ...deployed, settleSeconds: configuration.settleSeconds }, now);
    const settlesUntil = hold?.reason === 'SETTLING' ? hold.until : undefined;
    await changeBy<SweepEntry>(entry => ledger.putLatestSweep(entry), latest, current =>
      sweepEntry(run, totals, configuration, { before: current, settlesUntil, now }));
  } catch (error) {
    const { code, message } = errorFacts(error);
    log('WARN', `The run could not be recorded as the latest sweep: ${code}: ${message}`, { event: 'Ledger' });
  }
  await changeBy<OrganizationRun>(entry => ledger.putRun(entry), await ledger.run(), current => {
    if (current?.runId !== run.runId) return undefined;
    const { counted } = current;
    return {
      ...current, revision: current.revision + 1, endedAt: now.toISOString(), outcome,
      toldOverLimit: counted?.isOverLimit ? counted.due : undefined,
      toldOutsideWindow: backlogOf(totals, configuration),
    };
  });
}

const ERRORS = 10;
const ERROR_LENGTH = 500;

function sweepEntry(
  run: OrganizationRun, totals: Totals, configuration: OrganizationsConfiguration,
  { before, settlesUntil, now }: {
    readonly before: SweepEntry | undefined; readonly settlesUntil?: string; readonly now: Date;
  },
): SweepEntry {
  const { counts, failedAccounts, failedRegions, rows } = totals;
  const { enabled, dryRun, staleRules, grace, maxRevocationsPerSweep, scheduleSeconds } = configuration;
  const { eventBus, notificationsTopicArn, notificationFormat, flaggedIngressRules, vpnConnections } = configuration;
  const { revocationWindow, staleRulesAnytime, finalNoticeSeconds, approval } = configuration;
  const failures = [...failedAccounts, ...failedRegions].map(place =>
    `${placeName(place)}: ${place.failure.code}: ${place.failure.message}`);
  const errors = [...run.unread, ...failures, ...rows.flatMap(row =>
    (row.observed?.errors ?? []).map(error => `${placeName(row)}: ${error}`))];
  return {
    revision: (before?.revision ?? 0) + 1, sweepId: run.runId, startedAt: run.startedAt,
    durationMillis: now.getTime() - Date.parse(run.startedAt), settlesUntil,
    scanErrors: (counts[Metric.SCAN_ERRORS] ?? 0) + failures.length + run.unread.length,
    errors: errors.slice(0, ERRORS).map(error => error.slice(0, ERROR_LENGTH)),
    vpcsScanned: counts[Metric.VPCS_SCANNED], vpcsCoveredByProof: counts[Metric.VPCS_COVERED_BY_PROOF],
    looksAtRules: looksAtRules(configuration), looksAtVpnConnections: vpnConnections.kind !== 'none',
    recordedVpnConnections: failures.length === 0, unidentified: 0,
    enabled, dryRun, staleRules, grace, maxRevocationsPerSweep, scheduleSeconds,
    eventBus, notificationsTopicArn, notificationFormat,
    flaggedIngressRules: flaggedIngressRules.map(({ id, name, action }) => ({ id, name, action })),
    revocationWindow, staleRulesAnytime, finalNoticeSeconds, approval,
    withheld: run.counted?.isOverLimit ? [{ reason: 'OVER_LIMIT', count: run.counted.planned, digest: run.runId }] : [],
  };
}

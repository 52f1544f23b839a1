/** Publishes the totals of a run, and those of each account if the configuration asks for them. */
import type { OrganizationsConfiguration } from './configured';
import type { Counts, Totals } from './totals';
import { HYGIENE_DIMENSION, Metric } from '../../../src/contract/names';
import { ACCOUNT_DIMENSION, OrganizationMetric } from '../../../src/contract/organization';
import type { MetricDatum } from '../model/delivery';
import type { OrganizationRun } from '../model/organization';
import type { Clock, Log, Metrics } from '../ports';
import { data, worthPublishing } from '../report/metric-data';

export interface Publishing {
  readonly metrics: Metrics;
  readonly clock: Clock;
  readonly log: Log;
  readonly configuration: OrganizationsConfiguration;
  readonly failedDeliveries: number;
}

/** @throws when the metrics could not be published, because otherwise no one would notice */
export async function publishTotals(
  run: OrganizationRun, totals: Totals, { configuration, failedDeliveries, metrics, clock, log }: Publishing,
): Promise<void> {
  const { hygiene, metricNamespace, organization: { accountMetrics } } = configuration;
  const now = clock.now();
  const { swept, failedAccounts, failedRegions, counts, rows } = totals;
  const whole: Counts = {
    [Metric.SWEEPS]: rows.length > 0 ? 1 : 0,
    ...counts,
    [Metric.SCAN_ERRORS]:
      (counts[Metric.SCAN_ERRORS] ?? 0) + failedAccounts.length + failedRegions.length + run.unread.length,
    ...run.counted?.isOverLimit && {
      [Metric.REVOCATIONS_WITHHELD]: (counts[Metric.REVOCATIONS_WITHHELD] ?? 0) + run.counted.planned,
    },
    [Metric.SWEEP_DURATION]: now.getTime() - Date.parse(run.startedAt),
    [Metric.DELIVERIES_FAILED]: (counts[Metric.DELIVERIES_FAILED] ?? 0) + failedDeliveries,
    [OrganizationMetric.ACCOUNTS_SWEPT]: swept.length,
    [OrganizationMetric.ACCOUNTS_FAILED]: failedAccounts.length,
    [OrganizationMetric.REGIONS_FAILED]: failedRegions.length,
  };
  const perAccount = accountMetrics ? [...totals.byAccount] : [];
  const all: MetricDatum[] = [
    ...data(worthPublishing(whole, configuration), { [HYGIENE_DIMENSION]: hygiene }),
    ...perAccount.flatMap(([account, own]) =>
      data(worthPublishing(own, configuration), { [HYGIENE_DIMENSION]: hygiene, [ACCOUNT_DIMENSION]: account })),
  ];
  const refused = await metrics.publish(metricNamespace, all, now);
  for (const { datum: { name, dimensions }, code, message } of refused) {
    log('ERROR', `A datum of the metric ${name} was not published: ${code}: ${message}`, {
      event: 'DeliveryFailed', metricName: name, dimensions, error: { code, message },
    });
  }
}

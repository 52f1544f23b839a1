/**
 * Delivers the result of a run in a fixed order: the log, the metrics, then events, the message and the findings for
 * Security Hub. Metrics come before deliveries that may take long, but a failure of one does not stop the other. Series
 * whose end was published are dropped last.
 */
import { errorFacts } from './errors';
import type { MetricDatum, RefusedDatum } from './model/delivery';
import type { SweepResult } from './model/result';
import type { Clock, Events, Ledger, Log, Metrics, Notifications, SecurityHubLoader } from './ports';
import { recordTold } from './record-told';
import { logLines } from './report/log-lines';
import { deliveryDatum, metricData } from './report/metric-data';
import { tell, type Tidings, tidingsOf } from './report/tell';
import { importFindings } from './security-hub';
import { endSeries } from './series';
import type { DecodedConfiguration } from '../../src/contract/configuration';

export interface DeliveryDependencies {
  readonly metrics: Metrics;
  readonly ledger: Ledger;
  readonly events: Events;
  readonly notifications: Notifications;
  readonly securityHub: SecurityHubLoader;
  readonly clock: Clock;
  /** Adds the run's id to each line. */
  readonly log: Log;
  /** No call that sends events or findings starts after this time. */
  readonly tellUntil: Date;
  /** The function names in the `aws lambda invoke` commands that put a rule back and that approve revocations. */
  readonly restoreFunctionName?: string;
  readonly approveFunctionName?: string;
}

/**
 * @returns the number of events, notifications, findings and metric data that could not be delivered
 * @throws when the metrics could not be published, because otherwise no one would notice
 */
export async function deliver(
  result: SweepResult, configuration: DecodedConfiguration, dependencies: DeliveryDependencies,
): Promise<number> {
  for (const { level, message, fields } of logLines(result, configuration)) dependencies.log(level, message, fields);
  const data = metricData(result, configuration);
  const tidings = tidingsOf(result, configuration, dependencies);
  const isWhole = result.run.scope.kind === 'everything';
  const at = dependencies.clock.now();
  const { failed, refused } = isWhole && tidings.notification === undefined && !configuration.securityHub
    ? await publishAlone(data, tidings, configuration, dependencies)
    : await publishAndTell(result, { data, tidings }, configuration, { ...dependencies, isWhole });
  await endSeries(result.series, { refused, at }, { ...dependencies, runId: result.run.id });
  return failed;
}

/** The number of failed deliveries, and the data of the run that CloudWatch refused. */
interface Delivery {
  readonly failed: number;
  readonly refused: readonly RefusedDatum[];
}

async function publishAlone(
  data: readonly MetricDatum[], { failed }: Tidings, configuration: DecodedConfiguration,
  dependencies: DeliveryDependencies,
): Promise<Delivery> {
  const closing = (refused: number): MetricDatum => deliveryDatum(failed + refused, configuration);
  const refused = await publish(data, configuration, dependencies, closing);
  return { failed: failed + refused.length, refused };
}

async function publishAndTell(
  result: SweepResult, { data, tidings }: { readonly data: readonly MetricDatum[]; readonly tidings: Tidings },
  configuration: DecodedConfiguration,
  dependencies: DeliveryDependencies & { readonly isWhole: boolean },
): Promise<Delivery> {
  const publishing = data.length === 0 ? [] : publish(data, configuration, dependencies);
  const [published] = await Promise.allSettled([publishing]);
  const [undelivered, { failed: unimported }] = await Promise.all([
    tell(tidings, configuration, dependencies), importFindings(result, configuration, dependencies),
  ]);
  await recordTold(result, { tidings, undelivered, configuration }, dependencies);
  if (published.status === 'rejected') throw published.reason;
  const untold = undelivered.events.size + undelivered.messages;
  const failed = tidings.failed + untold + unimported + published.value.length;
  // A run over some groups reports its failures, but does not claim that everything was delivered.
  if (dependencies.isWhole || failed > 0) {
    await publish([deliveryDatum(failed, configuration)], configuration, dependencies);
  }
  return { failed, refused: published.value };
}

/** More lines would repeat the same. The metric counts all refused data. */
const REFUSAL_LINES = 100;

/** @returns the refused data */
async function publish(
  data: readonly MetricDatum[],
  { metricNamespace }: DecodedConfiguration,
  { metrics, clock, log }: DeliveryDependencies,
  closing?: (refused: number) => MetricDatum,
): Promise<RefusedDatum[]> {
  try {
    // The timestamp is the current time, not the start of the sweep: alarms evaluate the latest data, and a sweep can
    // take longer than their period.
    const refused = await metrics.publish(metricNamespace, data, clock.now(), closing);
    for (const {
      datum: { name: metricName, dimensions, value },
      code,
      message,
    } of refused.slice(0, REFUSAL_LINES)) {
      // The value is a text, because JSON has no NaN.
      const fields = { metricName, dimensions, value: String(value), error: { code, message } };
      const text = `A datum of the metric ${metricName} was not published: ${code}: ${message}`;
      log('ERROR', text, { event: 'DeliveryFailed', ...fields });
    }
    return refused;
  } catch (error) {
    const { code, message } = errorFacts(error);
    const text = `Publishing the metrics of the sweep to the namespace ${metricNamespace} failed with ${code}: ${message}`;
    throw new Error(text, { cause: error });
  }
}

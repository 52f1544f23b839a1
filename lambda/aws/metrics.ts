/**
 * Implements the metrics port with CloudWatch's PutMetricData.
 *
 * CloudWatch refuses a whole call because of one invalid datum. A datum that its documentation rules out is never sent.
 * If CloudWatch still refuses the data of a call, the call is halved until the refused datum is alone, and the rest is
 * published.
 *
 * @see https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_PutMetricData.html
 */
import { reasonToRefuse } from './metric-datum';
import { type CloudWatchClient, PutMetricDataCommand } from '../../bundle/sdk';
import { type ErrorFacts, errorFacts, isDenied } from '../core/errors';
import { inPartsOf } from '../core/lists';
import type { MetricDatum, RefusedDatum } from '../core/model/delivery';
import type { Metrics } from '../core/ports';

/** The number of metrics that CloudWatch accepts in one call. */
const METRICS_PER_CALL = 1000;

/**
 * The number of calls per publication that may search for refused data. Finding one datum among a thousand takes 20.
 */
const EXTRA_CALLS = 100;

/**
 * The number of failures in a row after which publishing stops. The SDK already retries each call, and events and
 * messages have to wait in the meantime.
 */
const FAILURES_IN_A_ROW = 2;

/** The error codes with which CloudWatch refuses the data of a call, in its old and new protocols. */
const REFUSAL = new RegExp(`^(${[
  'InvalidParameterValue', 'InvalidParameterCombination', 'InvalidParameterInput', 'MissingRequiredParameter',
  'MissingParameter', 'ValidationError', 'Validation', 'InvalidFormat', 'Serialization', 'RequestEntityTooLarge',
].join('|')})(Exception|Fault)?$`);

const TOO_LARGE_STATUS = 413;

export function cloudWatchMetrics(client: CloudWatchClient): Metrics {
  return {
    publish: async (namespace, data, timestamp, closing) => {
      const publication = new Publication(part => put(client, namespace, part, timestamp));
      await publication.publish(data, closing);
      return publication.refused;
    },
  };
}

async function put(
  client: CloudWatchClient, namespace: string, data: readonly MetricDatum[], timestamp: Date,
): Promise<void> {
  await client.send(new PutMetricDataCommand({
    Namespace: namespace,
    MetricData: data.map(({ name, value, unit, dimensions }) => ({
      MetricName: name,
      Value: value,
      Unit: unit,
      Timestamp: timestamp,
      Dimensions: Object.entries(dimensions).map(([Name, Value]) => ({ Name, Value })),
    })),
  }));
}

class Publication {
  public readonly refused: RefusedDatum[] = [];

  private extraCalls = 0;
  private failuresInARow = 0;
  private firstFailure?: { readonly error: unknown };
  private isOver = false;

  constructor(private readonly request: (part: readonly MetricDatum[]) => Promise<void>) {}

  public async publish(data: readonly MetricDatum[], closing?: (refused: number) => MetricDatum): Promise<void> {
    const reasons = new Map(data.map(datum => [datum, reasonToRefuse(datum)]));
    for (const [datum, message] of reasons) {
      if (message !== undefined) this.refused.push({ datum, code: 'InvalidDatum', message });
    }
    const parts = inPartsOf(METRICS_PER_CALL, data.filter(datum => reasons.get(datum) === undefined));
    const last = closing ? parts.pop() ?? [] : [];
    for (const part of parts) await this.send(part);
    if (closing) await this.sendLast(last, closing);
    if (this.firstFailure) throw this.firstFailure.error;
    this.requireAny(data);
  }

  /** Sends data in one call, or in several if CloudWatch refuses it. */
  private async send(part: readonly MetricDatum[]): Promise<void> {
    const refusal = await this.call(part);
    if (refusal) await this.narrowDown(part, refusal);
  }

  /**
   * Sends the closing datum, which counts the refused ones. It is correct only if no other datum of its call is
   * refused, so in that case it is sent again after them.
   */
  private async sendLast(part: readonly MetricDatum[], closing: (refused: number) => MetricDatum): Promise<void> {
    const hasRoom = part.length > 0 && part.length < METRICS_PER_CALL;
    if (hasRoom && !await this.call([...part, closing(this.refused.length)])) return;
    if (part.length > 0) await this.send(part);
    await this.send([closing(this.refused.length)]);
  }

  /**
   * @returns the error with which CloudWatch refused the data of the call; undefined if the call succeeded or failed
   * for another reason
   */
  private async call(part: readonly MetricDatum[]): Promise<ErrorFacts | undefined> {
    if (this.isOver) return undefined;
    try {
      await this.request(part);
    } catch (error) {
      const facts = errorFacts(error);
      if (!isRefusal(error, facts)) {
        this.fail(error, facts);
        return undefined;
      }
      this.failuresInARow = 0;
      return facts;
    }
    this.failuresInARow = 0;
    return undefined;
  }

  private fail(error: unknown, facts: ErrorFacts): void {
    this.firstFailure ??= { error };
    this.failuresInARow += 1;
    this.isOver = isDenied(facts) || this.failuresInARow >= FAILURES_IN_A_ROW;
  }

  /** Sends the first half first, so that the first datum of a publication is always tried in a call of its own. */
  private async narrowDown(part: readonly MetricDatum[], { code, message }: ErrorFacts): Promise<void> {
    if (part.length > 1 && this.extraCalls + 2 <= EXTRA_CALLS) {
      this.extraCalls += 2;
      const middle = Math.ceil(part.length / 2);
      await this.send(part.slice(0, middle));
      await this.send(part.slice(middle));
      return;
    }
    const scope = part.length === 1 ? '' : ` (the error concerns ${part.length} data together; no calls were left to narrow it down)`;
    this.refused.push(...part.map(datum => ({ datum, code, message: `${message}${scope}` })));
  }

  /** @throws when all data are refused, because then no metric reports the refusal */
  private requireAny(data: readonly MetricDatum[]): void {
    const refused = new Map(this.refused.map(each => [each.datum, each]));
    const first = refused.get(data[0]);
    if (first === undefined || !data.every(datum => refused.has(datum))) return;
    const scope = data.length === 1 ? '' : ` (the error concerns ${first.datum.name}; all ${data.length} data are refused)`;
    throw Object.assign(new Error(`${first.message}${scope}`), { name: first.code });
  }
}

function isRefusal(error: unknown, { code }: ErrorFacts): boolean {
  const status = (error as { $metadata?: { httpStatusCode?: unknown } } | undefined)?.$metadata?.httpStatusCode;
  return REFUSAL.test(code) || status === TOO_LARGE_STATUS;
}

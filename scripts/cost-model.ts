/**
 * The arithmetic of costs: list prices, what a month uses, and what a month of equal runs uses.
 *
 * A free tier is not counted. The prices are those of us-east-1, in USD.
 *
 * @see https://aws.amazon.com/cloudwatch/pricing/
 * @see https://aws.amazon.com/lambda/pricing/
 * @see https://aws.amazon.com/dynamodb/pricing/on-demand/
 * @see https://aws.amazon.com/eventbridge/pricing/
 * @see https://aws.amazon.com/step-functions/pricing/
 * @see https://aws.amazon.com/s3/pricing/
 */

/** CloudWatch charges a metric for each hour in which it has data. */
export const HOURS_PER_MONTH = 720;

const MILLION = 1e6;
const GIGABYTE = 1e9;

interface Price {
  readonly what: string;
  readonly usdPerUnit: number;
}

/** The list price of one unit of each. */
export const PRICES = {
  /** The sum, over all series, of the hours in which a series has data. */
  seriesHours: { what: 'Metrics', usdPerUnit: 0.30 / HOURS_PER_MONTH },
  alarms: { what: 'Alarms', usdPerUnit: 0.10 },
  putMetricDataRequests: { what: 'PutMetricData', usdPerUnit: 0.01 / 1000 },
  schedules: { what: 'Scheduler, invocations', usdPerUnit: 1.00 / MILLION },
  /** The states that executions of a standard workflow enter, those of the children of a map and retries included. */
  transitions: { what: 'Step Functions, state transitions', usdPerUnit: 0.025 / 1000 },
  invocations: { what: 'Lambda, requests', usdPerUnit: 0.20 / MILLION },
  gigabyteSeconds: { what: 'Lambda, time (arm64)', usdPerUnit: 0.0000133334 },
  readUnits: { what: 'DynamoDB, reads', usdPerUnit: 0.125 / MILLION },
  writeUnits: { what: 'DynamoDB, writes', usdPerUnit: 0.625 / MILLION },
  objectWrites: { what: 'S3, writes', usdPerUnit: 0.005 / 1000 },
  objectReads: { what: 'S3, reads', usdPerUnit: 0.0004 / 1000 },
  logBytes: { what: 'Logs, ingestion', usdPerUnit: 0.50 / GIGABYTE },
  events: { what: 'EventBridge, events', usdPerUnit: 1.00 / MILLION },
} as const satisfies Readonly<Record<string, Price>>;

export type Charged = keyof typeof PRICES;

/** The units that are used of each. */
export type Usage<Of extends Charged = Charged> = Readonly<Record<Of, number>>;

export interface CostLine {
  readonly what: string;
  readonly units: number;
  readonly usd: number;
}

export interface Cost {
  /** A line for each that the usage names. */
  readonly lines: readonly CostLine[];
  readonly usd: number;
}

export function costOf(usage: Partial<Usage>): Cost {
  const lines = (Object.keys(PRICES) as Charged[]).flatMap(key => {
    const { what, usdPerUnit } = PRICES[key];
    const units = usage[key];
    return units === undefined ? [] : [{ what, units, usd: units * usdPerUnit }];
  });
  return { lines, usd: lines.reduce((sum, { usd }) => sum + usd, 0) };
}

/** Returns the usage of several equal runs. */
export function times<Of extends Charged>(runs: number, usage: Usage<Of>): Usage<Of> {
  const all = Object.entries<number>(usage).map(([key, units]) => [key, units * runs] as const);
  return Object.fromEntries(all) as Usage<Of>;
}

/**
 * Returns the GB-seconds of invocations. Each is rounded up to a whole millisecond.
 *
 * @param megabytes the memory of the function
 */
export const gigabyteSecondsOf = (megabytes: number, durationsMillis: readonly number[]): number =>
  megabytes / 1024 * durationsMillis.reduce((sum, millis) => sum + Math.ceil(millis), 0) / 1000;

/** Returns the series-hours of a month of hourly sweeps. A series counts once in an hour, however often it has data. */
export function seriesHoursOf(hours: ReadonlyArray<Iterable<string>>): number {
  return hours.reduce((sum, series) => sum + new Set(series).size, 0);
}

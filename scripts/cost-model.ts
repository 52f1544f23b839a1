/**
 * The arithmetic of the monthly cost: list prices, and what a month uses.
 *
 * A free tier is not counted. The prices are those of us-east-1, in USD.
 *
 * @see https://aws.amazon.com/cloudwatch/pricing/
 * @see https://aws.amazon.com/lambda/pricing/
 * @see https://aws.amazon.com/dynamodb/pricing/on-demand/
 * @see https://aws.amazon.com/eventbridge/pricing/
 */

/** CloudWatch charges a metric for each hour in which it has data. */
export const HOURS_PER_MONTH = 720;

const MILLION = 1e6;
const GIGABYTE = 1e9;

/** The use of a month, by what is charged. */
export interface Usage {
  /** The sum, over all series, of the hours in which a series has data. */
  readonly seriesHours: number;
  readonly alarms: number;
  readonly putMetricDataRequests: number;
  readonly invocations: number;
  readonly gigabyteSeconds: number;
  readonly readUnits: number;
  readonly writeUnits: number;
  readonly logBytes: number;
  readonly events: number;
}

interface Price {
  readonly what: string;
  readonly usdPerUnit: number;
}

/** The list price of one unit of each. */
export const PRICES: Readonly<Record<keyof Usage, Price>> = {
  seriesHours: { what: 'Metrics', usdPerUnit: 0.30 / HOURS_PER_MONTH },
  alarms: { what: 'Alarms', usdPerUnit: 0.10 },
  putMetricDataRequests: { what: 'PutMetricData', usdPerUnit: 0.01 / 1000 },
  invocations: { what: 'Lambda and Scheduler, requests', usdPerUnit: (0.20 + 1.00) / MILLION },
  gigabyteSeconds: { what: 'Lambda, time (arm64)', usdPerUnit: 0.0000133334 },
  readUnits: { what: 'DynamoDB, reads', usdPerUnit: 0.125 / MILLION },
  writeUnits: { what: 'DynamoDB, writes', usdPerUnit: 0.625 / MILLION },
  logBytes: { what: 'Logs, ingestion', usdPerUnit: 0.50 / GIGABYTE },
  events: { what: 'EventBridge, events', usdPerUnit: 1.00 / MILLION },
};

export interface CostLine {
  readonly what: string;
  readonly units: number;
  readonly usd: number;
}

export function costOf(usage: Usage): { readonly lines: readonly CostLine[]; readonly usd: number } {
  const lines = (Object.keys(PRICES) as Array<keyof Usage>).map(key => {
    const { what, usdPerUnit } = PRICES[key];
    return { what, units: usage[key], usd: usage[key] * usdPerUnit };
  });
  return { lines, usd: lines.reduce((sum, { usd }) => sum + usd, 0) };
}

/** Returns the units of a strongly consistent read. One is 4 KB, and each read takes at least one. */
export const readUnitsOf = (bytes: number): number => Math.max(1, Math.ceil(bytes / 4096));

/** Returns the units of a write. One is 1 KB, and each write takes at least one. */
export const writeUnitsOf = (bytes: number): number => Math.max(1, Math.ceil(bytes / 1024));

/** Returns the series-hours of a month of hourly sweeps. A series counts once in an hour, however often it has data. */
export function seriesHoursOf(hours: ReadonlyArray<Iterable<string>>): number {
  return hours.reduce((sum, series) => sum + new Set(series).size, 0);
}

/**
 * CloudWatch's PutMetricData, which refuses a whole call because of one bad datum. Of the three ways to state a value,
 * only `Value` is supported.
 *
 * @see https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_PutMetricData.html
 */
import { list, type Parameter, type Parameters, record } from '../endpoint/parameters';
import { ServiceError } from '../endpoint/service-error';

export interface PublishedDatum {
  readonly namespace: string;
  readonly name: string;
  readonly value: number;
  readonly unit: string | undefined;
  readonly dimensions: Readonly<Record<string, string>>;
  /** Seconds since 1970. */
  readonly timestamp: number | undefined;
}

const UNITS = new Set([
  'Seconds',
  'Microseconds',
  'Milliseconds',
  'Percent',
  'Count',
  'Count/Second',
  'None',
  ...[
    'Bytes',
    'Kilobytes',
    'Megabytes',
    'Gigabytes',
    'Terabytes',
    'Bits',
    'Kilobits',
    'Megabits',
    'Gigabits',
    'Terabits',
  ].flatMap(unit => [unit, `${unit}/Second`]),
]);
const TWO_WEEKS_SECONDS = 14 * 86_400;
const TWO_HOURS_SECONDS = 2 * 3_600;

/** @throws when CloudWatch would refuse the call */
export function readPutMetricData({ Namespace: namespace, MetricData: data }: Parameters): PublishedDatum[] {
  if (namespace === undefined) throw missing('Namespace');
  if (typeof namespace !== 'string' || !/^(?!:)[^]{1,255}$/.test(namespace) || namespace.startsWith('AWS/')) {
    throw invalid('Namespace', namespace);
  }
  if (!Array.isArray(data) || data.length === 0) throw missing('MetricData');
  if (data.length > 1000) throw invalid('MetricData', `a list of ${data.length}, of at most 1000`);
  return data.map(datum => readDatum(namespace, record(datum)));
}

function readDatum(namespace: string, datum: Parameters): PublishedDatum {
  const { MetricName: name, Value: value, Unit: unit, Dimensions: dimensions, Timestamp: timestamp } = datum;
  if (typeof name !== 'string' || !/^[^]{1,255}$/.test(name)) throw invalid('MetricName', name);
  if (typeof value !== 'number' || !isInRange(value)) throw invalid('Value', value);
  if (unit !== undefined && (typeof unit !== 'string' || !UNITS.has(unit))) throw invalid('Unit', unit);
  if (list(dimensions).length > 30) throw invalid('Dimensions', `a list of ${list(dimensions).length}, of at most 30`);
  return {
    namespace,
    name,
    value,
    unit,
    dimensions: Object.fromEntries(list(dimensions).map(readDimension)),
    timestamp: readTimestamp(timestamp),
  };
}

/**
 * The smallest value is from an earlier edition of the page, which now says only that some values are too small.
 */
function isInRange(value: number): boolean {
  return value === 0 || (Math.abs(value) >= 2 ** -360 && Math.abs(value) <= 2 ** 360);
}

function readDimension(dimension: Parameter): [name: string, value: string] {
  const { Name: name, Value: value } = record(dimension);
  if (typeof name !== 'string' || !/^(?!:)(?=.*\S)[\x20-\x7e]{1,255}$/.test(name)) {
    throw invalid('Dimensions.Name', name);
  }
  if (typeof value !== 'string' || !/^(?=.*\S)[\x20-\x7e]{1,1024}$/.test(value)) {
    throw invalid('Dimensions.Value', value);
  }
  return [name, value];
}

function readTimestamp(timestamp: Parameter | undefined): number | undefined {
  if (timestamp === undefined) return undefined;
  const age = typeof timestamp === 'number' ? Date.now() / 1000 - timestamp : NaN;
  if (typeof timestamp !== 'number' || !(age <= TWO_WEEKS_SECONDS && age >= -TWO_HOURS_SECONDS)) {
    throw invalid('Timestamp', timestamp);
  }
  return timestamp;
}

const missing = (parameter: string): ServiceError =>
  new ServiceError('MissingRequiredParameterException', `The parameter ${parameter} is required.`);

const invalid = (parameter: string, value: unknown): ServiceError =>
  new ServiceError(
    'InvalidParameterValueException',
    `The parameter ${parameter} has the value ${JSON.stringify(value)}, which is not allowed.`,
  );

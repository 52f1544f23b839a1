/**
 * Checks data against the limits that CloudWatch documents.
 *
 * @see https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_MetricDatum.html
 * @see https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_Dimension.html
 */
import type { MetricDatum } from '../core/model/delivery';

/**
 * The limits of absolute values from an earlier edition of that page. The page now says 2^360, which is twice the
 * largest, and says that some values are too small. The exact limit does not matter: a sweep counts things and seconds,
 * so any value near these limits is wrong.
 */
const LARGEST = 1.174271e+108;
const SMALLEST = 8.515920e-109;

const MAX_DIMENSIONS = 30;
const MAX_NAME = 255;
const MAX_DIMENSION_VALUE = 1024;

/** @returns the reason why CloudWatch would refuse the datum; undefined if its documentation gives none */
export function reasonToRefuse({ name, value, dimensions }: MetricDatum): string | undefined {
  const pairs = Object.entries(dimensions);
  if (name.length > MAX_NAME) return `The name of the metric has ${name.length} characters, more than ${MAX_NAME}`;
  if (name === '') return 'The name of the metric is empty';
  if (pairs.length > MAX_DIMENSIONS) return `The datum has ${pairs.length} dimensions, more than ${MAX_DIMENSIONS}`;
  return wrongWithNumber(value) ?? pairs.map(wrongWithDimension).find(reason => reason !== undefined);
}

function wrongWithNumber(value: number): string | undefined {
  if (!Number.isFinite(value)) return `The value ${String(value)} is not a finite number`;
  const size = Math.abs(value);
  if (size > LARGEST) return `The value ${value} is too large`;
  return size > 0 && size < SMALLEST ? `The value ${value} is too close to 0` : undefined;
}

function wrongWithDimension([name, value]: [name: string, value: string]): string | undefined {
  const reason = wrongWithText(name, MAX_NAME) ?? (name.startsWith(':') ? 'starts with a colon' : undefined);
  if (reason !== undefined) return `The name of the dimension ${JSON.stringify(name)} ${reason}`;
  const reasonOfValue = wrongWithText(value, MAX_DIMENSION_VALUE);
  return reasonOfValue === undefined ? undefined : `The value of the dimension ${name} ${reasonOfValue}`;
}

function wrongWithText(text: string, maxLength: number): string | undefined {
  if (text.length > maxLength) return `has ${text.length} characters, more than ${maxLength}`;
  if (text.trim() === '') return 'is blank';
  return /^[\x20-\x7e]*$/.test(text) ? undefined : 'has characters other than printable ASCII';
}

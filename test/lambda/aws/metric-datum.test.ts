/** Compares the checks with the double of CloudWatch: nothing is sent that it refuses. */
import * as fc from 'fast-check';
import { reasonToRefuse } from '../../../lambda/aws/metric-datum';
import type { MetricDatum } from '../../../lambda/core/model/delivery';
import { readPutMetricData } from '../../support/ec2-endpoint/cloudwatch';

const DATUM: MetricDatum = { name: 'StaleRules', value: 3, unit: 'Count', dimensions: { Hygiene: 'App/Hygiene' } };

const withDimension = (name: string, value: string): MetricDatum => ({ ...DATUM, dimensions: { [name]: value } });
const withDimensions = (count: number): MetricDatum =>
  ({ ...DATUM, dimensions: Object.fromEntries(Array.from({ length: count }, (_, index) => [`n${index}`, 'v'])) });

/** Whether the double accepts the datum as it arrives over the wire. JSON has no NaN and no infinity. */
function isTaken({ name, value, unit, dimensions }: MetricDatum): boolean {
  const onTheWire = Number.isFinite(value) ? value : String(value);
  const pairs = Object.entries(dimensions).map(([Name, Value]) => ({ Name, Value }));
  try {
    const sent = { MetricName: name, Value: onTheWire, Unit: unit, Dimensions: pairs };
    readPutMetricData({ Namespace: 'N', MetricData: [sent] as never });
    return true;
  } catch {
    return false;
  }
}

test.each<[string, MetricDatum]>([
  ['0', { ...DATUM, value: 0 }],
  ['a negative number', { ...DATUM, value: -0.5 }],
  ['the largest number', { ...DATUM, value: 1.174271e+108 }],
  ['the smallest number', { ...DATUM, value: -8.515920e-109 }],
  ['no dimension', withDimensions(0)],
  ['30 dimensions', withDimensions(30)],
  ['a dimension as long as it may be', withDimension('n'.repeat(255), 'v'.repeat(1024))],
  ['a dimension whose value starts with a colon', withDimension('n', '::/0')],
  ['a dimension with blanks', withDimension(' n ~', ' v ')],
  ['a metric name as long as it may be', { ...DATUM, name: 'm'.repeat(255) }],
])('a datum with %s is taken', (_, datum) => {
  expect(reasonToRefuse(datum)).toBeUndefined();
  expect(isTaken(datum)).toBe(true);
});

test.each<[string, MetricDatum, string]>([
  ['the value NaN', { ...DATUM, value: NaN }, 'The value NaN is not a finite number'],
  ['the value Infinity', { ...DATUM, value: Infinity }, 'The value Infinity is not a finite number'],
  ['the value -Infinity', { ...DATUM, value: -Infinity }, 'The value -Infinity is not a finite number'],
  ['no value', { ...DATUM, value: undefined as unknown as number }, 'The value undefined is not a finite number'],
  ['a value that is too large', { ...DATUM, value: 2.4e+108 }, 'The value 2.4e+108 is too large'],
  ['a value that is too far below 0', { ...DATUM, value: -2.4e+108 }, 'The value -2.4e+108 is too large'],
  ['a value that is too close to 0', { ...DATUM, value: 4e-109 }, 'The value 4e-109 is too close to 0'],
  ['31 dimensions', withDimensions(31), 'The datum has 31 dimensions, more than 30'],
  ['an empty dimension name', withDimension('', 'v'), 'The name of the dimension "" is blank'],
  ['a blank dimension name', withDimension(' ', 'v'), 'The name of the dimension " " is blank'],
  ['a dimension name with a colon first', withDimension(':n', 'v'), 'dimension ":n" starts with a colon'],
  ['a dimension name of 256 characters', withDimension('n'.repeat(256), 'v'), 'has 256 characters, more than 255'],
  ['a dimension name beyond ASCII', withDimension('é', 'v'), 'The name of the dimension "é" has characters other than'],
  ['an empty dimension value', withDimension('n', ''), 'The value of the dimension n is blank'],
  ['a blank dimension value', withDimension('n', '\t'), 'The value of the dimension n is blank'],
  ['a dimension value of 1025 characters', withDimension('n', 'v'.repeat(1025)), 'has 1025 characters, more than 1024'],
  ['a dimension value beyond ASCII', withDimension('n', 'Zürich'), 'has characters other than printable ASCII'],
  ['a line break in a dimension value', withDimension('n', 'a\nb'), 'has characters other than printable ASCII'],
  ['DEL in a dimension value', withDimension('n', 'a\u007f'), 'has characters other than printable ASCII'],
  ['an empty metric name', { ...DATUM, name: '' }, 'The name of the metric is empty'],
  ['a metric name of 256 characters', { ...DATUM, name: 'm'.repeat(256) }, 'The name of the metric has 256 characters'],
])('a datum with %s is refused, and the reason says so', (_, datum, reason) => {
  expect(reasonToRefuse(datum)).toContain(reason);
  expect(isTaken(datum)).toBe(false);
});

test('whatever a datum holds, CloudWatch takes it unless there is a reason', () => {
  const constants = fc.constantFrom('', ' ', ':', 'v');
  const text = fc.oneof(fc.string({ maxLength: 4 }), fc.string({ unit: 'grapheme', maxLength: 3 }), constants);
  const limits = fc.constantFrom(1.174271e+108, 2 ** 360, 2 ** -360, 8.515920e-109, Number.MIN_VALUE);
  const arbitrary = fc.record({
    name: fc.oneof(text, fc.constantFrom('m'.repeat(255), 'm'.repeat(256))),
    value: fc.oneof(fc.double(), fc.integer(), limits),
    dimensions: fc.dictionary(text, text, { maxKeys: 3 }),
  });
  fc.assert(fc.property(arbitrary, fields => {
    const datum: MetricDatum = { ...fields, unit: 'Count' };
    expect(reasonToRefuse(datum) !== undefined || isTaken(datum)).toBe(true);
  }), { numRuns: 2000 });
});

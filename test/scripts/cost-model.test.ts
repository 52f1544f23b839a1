import { costOf, HOURS_PER_MONTH, PRICES, readUnitsOf, seriesHoursOf, type Usage, writeUnitsOf } from '../../scripts/cost-model';

const NOTHING: Usage = {
  seriesHours: 0, alarms: 0, putMetricDataRequests: 0, invocations: 0, gigabyteSeconds: 0, readUnits: 0, writeUnits: 0,
  logBytes: 0, events: 0,
};

const usd = (usage: Partial<Usage>): number => costOf({ ...NOTHING, ...usage }).usd;

test('nothing costs nothing', () => {
  expect(usd({})).toBe(0);
});

test.each<[what: string, usage: Partial<Usage>, expected: number]>([
  ['a metric with data in each hour of a month', { seriesHours: HOURS_PER_MONTH }, 0.30],
  ['a metric with data in one hour', { seriesHours: 1 }, 0.30 / 720],
  ['an alarm', { alarms: 1 }, 0.10],
  ['a thousand calls of PutMetricData', { putMetricDataRequests: 1000 }, 0.01],
  ['a million sweeps, each started by the schedule', { invocations: 1e6 }, 1.20],
  ['a million GB-seconds', { gigabyteSeconds: 1e6 }, 13.3334],
  ['a million reads', { readUnits: 1e6 }, 0.125],
  ['a million writes', { writeUnits: 1e6 }, 0.625],
  ['a gigabyte of logs', { logBytes: 1e9 }, 0.50],
  ['a million events', { events: 1e6 }, 1],
])('%s costs its list price', (_, usage, expected) => {
  expect(usd(usage)).toBeCloseTo(expected, 10);
});

test('the sum is that of the lines, and each thing that is charged has one', () => {
  const all = Object.fromEntries(Object.keys(NOTHING).map(key => [key, 7])) as unknown as Usage;
  const { lines, usd: sum } = costOf(all);
  expect(lines.map(({ what }) => what)).toEqual(Object.values(PRICES).map(({ what }) => what));
  expect(lines.reduce((total, line) => total + line.usd, 0)).toBeCloseTo(sum, 10);
  expect(lines.every(line => line.usd > 0)).toBe(true);
});

test('500 series that say 0 all month come to 150 USD', () => {
  expect(usd({ seriesHours: 500 * HOURS_PER_MONTH })).toBeCloseTo(150, 10);
});

test.each([[0, 1], [1, 1], [4096, 1], [4097, 2], [8192, 2]])('reading %i bytes takes %i units', (bytes, units) => {
  expect(readUnitsOf(bytes)).toBe(units);
});

test.each([[0, 1], [1024, 1], [1025, 2]])('writing %i bytes takes %i units', (bytes, units) => {
  expect(writeUnitsOf(bytes)).toBe(units);
});

test('a series counts once in an hour, and not in hours without data', () => {
  expect(seriesHoursOf([['a', 'a', 'b'], [], ['a']])).toBe(3);
});

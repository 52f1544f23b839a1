import { type Charged, costOf, gigabyteSecondsOf, HOURS_PER_MONTH, PRICES, seriesHoursOf, times, type Usage } from '../../scripts/cost-model';

const usd = (usage: Partial<Usage>): number => costOf(usage).usd;

test('nothing costs nothing', () => {
  expect(costOf({})).toEqual({ lines: [], usd: 0 });
});

const PRICED: ReadonlyArray<[what: string, usage: Partial<Usage>, expected: number]> = [
  ['a metric with data in each hour of a month', { seriesHours: HOURS_PER_MONTH }, 0.30],
  ['a metric with data in one hour', { seriesHours: 1 }, 0.30 / 720],
  ['an alarm', { alarms: 1 }, 0.10],
  ['a thousand calls of PutMetricData', { putMetricDataRequests: 1000 }, 0.01],
  ['a million sweeps, each started by the schedule', { invocations: 1e6, schedules: 1e6 }, 1.20],
  ['a million GB-seconds', { gigabyteSeconds: 1e6 }, 13.3334],
  ['a thousand state transitions', { transitions: 1000 }, 0.025],
  ['a million reads', { readUnits: 1e6 }, 0.125],
  ['a million writes', { writeUnits: 1e6 }, 0.625],
  ['a thousand objects written', { objectWrites: 1000 }, 0.005],
  ['a thousand objects read', { objectReads: 1000 }, 0.0004],
  ['a gigabyte of logs', { logBytes: 1e9 }, 0.50],
  ['a million events', { events: 1e6 }, 1],
];

test.each(PRICED)('%s costs its list price', (_, usage, expected) => {
  expect(usd(usage)).toBeCloseTo(expected, 10);
});

test('each price is among these', () => {
  expect(new Set(PRICED.flatMap(([, usage]) => Object.keys(usage)))).toEqual(new Set(Object.keys(PRICES)));
});

test('the sum is that of the lines, and each thing that is charged has one', () => {
  const all = Object.fromEntries(Object.keys(PRICES).map(key => [key, 7])) as Usage;
  const { lines, usd: sum } = costOf(all);
  expect(lines.map(({ what }) => what)).toEqual(Object.values(PRICES).map(({ what }) => what));
  expect(lines.reduce((total, line) => total + line.usd, 0)).toBeCloseTo(sum, 10);
  expect(lines.every(line => line.usd > 0)).toBe(true);
});

test('what is not used has no line, and what is used zero times has one', () => {
  expect(costOf({ events: 0, alarms: 2 }).lines).toEqual([
    { what: 'Alarms', units: 2, usd: 0.2 }, { what: 'EventBridge, events', units: 0, usd: 0 },
  ]);
});

test('a month of equal runs uses each thing as often', () => {
  const usage: Usage<'transitions' | 'invocations'> = { transitions: 1510, invocations: 503 };
  expect(times(30, usage)).toEqual({ transitions: 45_300, invocations: 15_090 });
  // The figure of docs/organization.md.
  expect(usd(times<Charged>(30, { transitions: 1510 } as Usage)).toFixed(2)).toBe('1.13');
});

test('500 series that say 0 all month come to 150 USD', () => {
  expect(usd({ seriesHours: 500 * HOURS_PER_MONTH })).toBeCloseTo(150, 10);
});

test('GB-seconds follow from the memory, and each invocation is rounded up to a millisecond', () => {
  expect(gigabyteSecondsOf(1024, [])).toBe(0);
  expect(gigabyteSecondsOf(1024, [1000, 500])).toBeCloseTo(1.5, 10);
  expect(gigabyteSecondsOf(512, [0.1, 0.1])).toBeCloseTo(0.001, 10);
});

test('a series counts once in an hour, and not in hours without data', () => {
  expect(seriesHoursOf([['a', 'a', 'b'], [], ['a']])).toBe(3);
});

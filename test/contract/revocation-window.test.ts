import { TimeZone } from 'aws-cdk-lib';
import * as fc from 'fast-check';
import {
  closesAt, type Day, isOpen, isTimeZone, nextOpening, openedAt, type RevocationWindowConfiguration,
} from '../../src/contract/revocation-window';
import { changesOf, wallClock } from '../support/wall-clock';

type Window = RevocationWindowConfiguration;

const MINUTE = 60_000;
const DAY = 1440 * MINUTE;

function aWindow(overrides: Partial<Window> = {}): Window {
  return { from: '09:00', to: '17:00', timeZone: 'Europe/Berlin', ...overrides };
}

const iso = (date: Date | undefined): string | undefined => date?.toISOString().replace(':00.000Z', 'Z');

/** Returns the times at which a window opens and closes from an instant on, each as `opens–closes` in UTC. */
function openings(window: Window, from: string, count: number): string[] {
  let at: Date | undefined = new Date(from);
  return Array.from({ length: count }, () => {
    const opens = at && nextOpening(window, at);
    at = opens && closesAt(window, opens);
    return `${iso(opens)}–${iso(at)}`;
  });
}

describe('a window on working days', () => {
  const window = aWindow({ days: ['MON', 'TUE', 'WED', 'THU', 'FRI'] });

  test.each([
    ['2026-12-04T07:59:59.999Z', false],
    ['2026-12-04T08:00:00.000Z', true],
    ['2026-12-04T15:59:59.999Z', true],
    ['2026-12-04T16:00:00.000Z', false],
    ['2026-12-05T12:00:00.000Z', false],
    ['2026-12-06T12:00:00.000Z', false],
    ['2026-12-07T12:00:00.000Z', true],
  ])('is at %s open: %s', (now, expected) => {
    expect(isOpen(window, new Date(now))).toBe(expected);
  });

  test('opens next on Monday after it has closed on Friday', () => {
    expect(openings(window, '2026-12-04T10:00:00Z', 2)).toEqual([
      '2026-12-04T10:00Z–2026-12-04T16:00Z', '2026-12-07T08:00Z–2026-12-07T16:00Z',
    ]);
  });

  test('opened in the morning', () => {
    expect(iso(openedAt(window, new Date('2026-12-04T15:59:59.999Z')))).toBe('2026-12-04T08:00Z');
    expect(iso(openedAt(window, new Date('2026-12-04T08:00:00.000Z')))).toBe('2026-12-04T08:00Z');
  });

  test('has neither opened nor will close while it is closed', () => {
    const night = new Date('2026-12-04T03:00:00Z');
    expect(openedAt(window, night)).toBeUndefined();
    expect(closesAt(window, night)).toBeUndefined();
  });

  test('opens now while it is open, to the millisecond', () => {
    const now = new Date('2026-12-04T10:11:12.345Z');
    expect(nextOpening(window, now)).toEqual(now);
  });
});

describe('a window over midnight', () => {
  const window = aWindow({ days: ['FRI'], from: '22:00', to: '02:00', timeZone: 'UTC' });

  test('belongs to the day on which it begins', () => {
    expect(openings(window, '2026-12-01T00:00:00Z', 2)).toEqual([
      '2026-12-04T22:00Z–2026-12-05T02:00Z', '2026-12-11T22:00Z–2026-12-12T02:00Z',
    ]);
    // The first hours of Friday are those of Thursday's window, and there is no such window.
    expect(isOpen(window, new Date('2026-12-04T01:00:00Z'))).toBe(false);
    expect(iso(openedAt(window, new Date('2026-12-05T01:30:00Z')))).toBe('2026-12-04T22:00Z');
  });

  test('on Sunday ends on Monday', () => {
    const sunday: Window = { ...window, days: ['SUN'] };
    expect(openings(sunday, '2026-12-01T00:00:00Z', 1)).toEqual(['2026-12-06T22:00Z–2026-12-07T02:00Z']);
    expect(isOpen(sunday, new Date('2026-12-07T01:59:00Z'))).toBe(true);
    expect(iso(openedAt(sunday, new Date('2026-12-07T01:59:00Z')))).toBe('2026-12-06T22:00Z');
  });

  test('may end at midnight, which is 00:00 or 24:00', () => {
    for (const to of ['00:00', '24:00']) {
      expect(openings({ ...window, to }, '2026-12-01T00:00:00Z', 1)).toEqual(['2026-12-04T22:00Z–2026-12-05T00:00Z']);
    }
  });

  test('lasts 24 hours if both times are the same', () => {
    expect(openings({ ...window, from: '06:00', to: '06:00' }, '2026-12-01T00:00:00Z', 1))
      .toEqual(['2026-12-04T06:00Z–2026-12-05T06:00Z']);
  });
});

describe('a window of whole days', () => {
  test('is one window from the first day to the last', () => {
    const weekend = aWindow({ days: ['SAT', 'SUN'], from: '00:00', to: '24:00', timeZone: 'UTC' });
    expect(openings(weekend, '2026-12-01T00:00:00Z', 2)).toEqual([
      '2026-12-05T00:00Z–2026-12-07T00:00Z', '2026-12-12T00:00Z–2026-12-14T00:00Z',
    ]);
    expect(iso(openedAt(weekend, new Date('2026-12-06T23:59:00Z')))).toBe('2026-12-05T00:00Z');
  });

  test('may go over the end of the week', () => {
    const days: Day[] = ['SUN', 'MON'];
    expect(openings(aWindow({ days, from: '00:00', to: '24:00', timeZone: 'UTC' }), '2026-12-01T00:00:00Z', 1))
      .toEqual(['2026-12-06T00:00Z–2026-12-08T00:00Z']);
  });

  test('on every day never closes, and counts as opened 8 days ago', () => {
    const always = aWindow({ from: '00:00', to: '24:00' });
    const now = new Date('2026-12-04T10:00:00Z');
    expect(isOpen(always, now)).toBe(true);
    expect(nextOpening(always, now)).toEqual(now);
    expect(closesAt(always, now)).toBeUndefined();
    expect(iso(openedAt(always, now))).toBe('2026-11-26T10:00Z');
  });

  test('has 24 hours on February 29', () => {
    const tuesdays = aWindow({ days: ['TUE'], from: '00:00', to: '24:00', timeZone: 'America/New_York' });
    expect(openings(tuesdays, '2028-02-28T00:00:00Z', 2)).toEqual([
      '2028-02-29T05:00Z–2028-03-01T05:00Z', '2028-03-07T05:00Z–2028-03-08T05:00Z',
    ]);
  });
});

test('a window over midnight goes on from February 29 to March 1', () => {
  const window = aWindow({ days: ['TUE'], from: '23:30', to: '00:30' });
  expect(openings(window, '2028-02-28T00:00:00Z', 1)).toEqual(['2028-02-29T22:30Z–2028-02-29T23:30Z']);
});

test('a window in UTC has the same hours all year', () => {
  const window = aWindow({ from: '02:30', to: '03:00', timeZone: 'UTC' });
  expect(openings(window, '2026-03-29T00:00:00Z', 1)).toEqual(['2026-03-29T02:30Z–2026-03-29T03:00Z']);
  expect(openings(window, '2026-10-25T00:00:00Z', 2)).toEqual([
    '2026-10-25T02:30Z–2026-10-25T03:00Z', '2026-10-26T02:30Z–2026-10-26T03:00Z',
  ]);
});

describe('when the clock is set forward', () => {
  // Berlin: 02:00 becomes 03:00 on 2026-03-29. New York: the same on 2026-03-08. Lord Howe: 02:00 becomes 02:30 on
  // 2026-10-04. Cairo: 00:00 becomes 01:00 on 2026-04-24.
  test.each<[what: string, window: Partial<Window>, from: string, expected: string[]]>([
    ['keeps its times on the clock', {}, '2026-03-28T00:00:00Z', [
      '2026-03-28T08:00Z–2026-03-28T16:00Z', '2026-03-29T07:00Z–2026-03-29T15:00Z',
    ]],
    ['does not open within the skipped hour', { from: '02:15', to: '02:45' }, '2026-03-28T12:00:00Z', [
      '2026-03-30T00:15Z–2026-03-30T00:45Z',
    ]],
    ['opens after the skipped hour if it begins within', { from: '02:30', to: '04:00' }, '2026-03-29T00:00:00Z', [
      '2026-03-29T01:00Z–2026-03-29T02:00Z',
    ]],
    ['closes at the skipped hour if it ends within', { from: '01:00', to: '02:30' }, '2026-03-29T00:00:00Z', [
      '2026-03-29T00:00Z–2026-03-29T01:00Z',
    ]],
    ['is an hour shorter around it', { from: '22:00', to: '06:00', days: ['SAT'] }, '2026-03-28T00:00:00Z', [
      '2026-03-28T21:00Z–2026-03-29T04:00Z',
    ]],
    ['opens a week later if it is weekly and within', { from: '02:00', to: '03:00', days: ['SUN'] }, '2026-03-22T02:00:00Z', [
      '2026-04-05T00:00Z–2026-04-05T01:00Z',
    ]],
    ['keeps its times in New York', { timeZone: 'America/New_York' }, '2026-03-07T00:00:00Z', [
      '2026-03-07T14:00Z–2026-03-07T22:00Z', '2026-03-08T13:00Z–2026-03-08T21:00Z',
    ]],
    ['does not open within the hour that New York skips', { from: '02:00', to: '03:00', timeZone: 'America/New_York' }, '2026-03-07T12:00:00Z', [
      '2026-03-09T06:00Z–2026-03-09T07:00Z',
    ]],
    ['does not open within the half hour that Lord Howe skips', { from: '02:00', to: '02:30', timeZone: 'Australia/Lord_Howe' }, '2026-10-03T00:00:00Z', [
      '2026-10-04T15:00Z–2026-10-04T15:30Z',
    ]],
    ['opens at 01:00 where midnight is skipped', { from: '00:00', to: '02:00', days: ['FRI'], timeZone: 'Africa/Cairo' }, '2026-04-23T00:00:00Z', [
      '2026-04-23T22:00Z–2026-04-23T23:00Z',
    ]],
  ])('a window %s', (_, window, from, expected) => {
    expect(openings(aWindow(window), from, expected.length)).toEqual(expected);
  });

  test('a window opened before it, if it is open after it', () => {
    const night = aWindow({ from: '22:00', to: '06:00' });
    expect(iso(openedAt(night, new Date('2026-03-29T03:59:59Z')))).toBe('2026-03-28T21:00Z');
  });
});

describe('when the clock is set back', () => {
  // Berlin: 03:00 becomes 02:00 on 2026-10-25. New York: 02:00 becomes 01:00 on 2026-11-01. Lord Howe: 02:00 becomes
  // 01:30 on 2026-04-05. Beirut: 00:00 becomes 23:00 on 2026-10-24.
  test.each<[what: string, window: Partial<Window>, from: string, expected: string[]]>([
    ['keeps its times on the clock', {}, '2026-10-24T00:00:00Z', [
      '2026-10-24T07:00Z–2026-10-24T15:00Z', '2026-10-25T08:00Z–2026-10-25T16:00Z',
    ]],
    ['opens twice if it is within the repeated hour', { from: '02:15', to: '02:45' }, '2026-10-25T00:00:00Z', [
      '2026-10-25T00:15Z–2026-10-25T00:45Z', '2026-10-25T01:15Z–2026-10-25T01:45Z', '2026-10-26T01:15Z–2026-10-26T01:45Z',
    ]],
    ['is open for two hours if it is the repeated hour', { from: '02:00', to: '03:00' }, '2026-10-25T00:00:00Z', [
      '2026-10-25T00:00Z–2026-10-25T02:00Z', '2026-10-26T01:00Z–2026-10-26T02:00Z',
    ]],
    ['closes and opens again if it ends within', { from: '01:00', to: '02:30' }, '2026-10-24T22:00:00Z', [
      '2026-10-24T23:00Z–2026-10-25T00:30Z', '2026-10-25T01:00Z–2026-10-25T01:30Z',
    ]],
    ['is an hour longer around it', { from: '22:00', to: '06:00', days: ['SAT'] }, '2026-10-24T00:00:00Z', [
      '2026-10-24T20:00Z–2026-10-25T05:00Z',
    ]],
    ['opens twice in New York', { from: '01:30', to: '01:45', timeZone: 'America/New_York' }, '2026-11-01T00:00:00Z', [
      '2026-11-01T05:30Z–2026-11-01T05:45Z', '2026-11-01T06:30Z–2026-11-01T06:45Z',
    ]],
    ['opens twice in Lord Howe, half an hour apart', { from: '01:40', to: '01:50', timeZone: 'Australia/Lord_Howe' }, '2026-04-04T12:00:00Z', [
      '2026-04-04T14:40Z–2026-04-04T14:50Z', '2026-04-04T15:10Z–2026-04-04T15:20Z',
    ]],
    ['is open on the day before again where midnight is repeated', { from: '23:30', to: '24:00', days: ['SAT'], timeZone: 'Asia/Beirut' }, '2026-10-24T12:00:00Z', [
      '2026-10-24T20:30Z–2026-10-24T21:00Z', '2026-10-24T21:30Z–2026-10-24T22:00Z',
    ]],
  ])('a window %s', (_, window, from, expected) => {
    expect(openings(aWindow(window), from, expected.length)).toEqual(expected);
  });

  test('a window opened when the clock showed its time again', () => {
    const window = aWindow({ from: '02:15', to: '02:45' });
    expect(iso(openedAt(window, new Date('2026-10-25T00:30:00Z')))).toBe('2026-10-25T00:15Z');
    expect(iso(openedAt(window, new Date('2026-10-25T01:30:00Z')))).toBe('2026-10-25T01:15Z');
    expect(openedAt(window, new Date('2026-10-25T01:00:00Z'))).toBeUndefined();
  });
});

describe('a date that does not exist', () => {
  test('on the calendar of a time zone has no window', () => {
    // Samoa left out Friday, December 30, 2011: after Thursday came Saturday.
    const fridays = aWindow({ days: ['FRI'], timeZone: 'Pacific/Apia' });
    expect(openings(fridays, '2011-12-24T12:00:00Z', 1)).toEqual(['2012-01-05T19:00Z–2012-01-06T03:00Z']);
    const daily = aWindow({ timeZone: 'Pacific/Apia' });
    expect(openings(daily, '2011-12-29T12:00:00Z', 2)).toEqual([
      '2011-12-29T19:00Z–2011-12-30T03:00Z', '2011-12-30T19:00Z–2011-12-31T03:00Z',
    ]);
  });

  test('at all is in no window, and none opens or closes then', () => {
    const never = new Date('2026-02-32T12:00:00Z');
    expect(never.getTime()).toBeNaN();
    for (const window of [aWindow(), aWindow({ from: '00:00', to: '24:00' })]) {
      expect(isOpen(window, never)).toBe(false);
      expect(nextOpening(window, never)).toBeUndefined();
      expect(openedAt(window, never)).toBeUndefined();
      expect(closesAt(window, never)).toBeUndefined();
    }
  });
});

describe('a time zone that is not a whole number of hours from UTC', () => {
  test.each([
    ['Asia/Kathmandu', '2026-12-04T03:15Z–2026-12-04T11:15Z'],
    ['Pacific/Chatham', '2026-12-04T19:15Z–2026-12-05T03:15Z'],
    ['Australia/Eucla', '2026-12-04T00:15Z–2026-12-04T08:15Z'],
    ['America/St_Johns', '2026-12-04T12:30Z–2026-12-04T20:30Z'],
    ['Pacific/Apia', '2026-12-04T20:00Z–2026-12-05T04:00Z'],
    ['Pacific/Kiritimati', '2026-12-04T19:00Z–2026-12-05T03:00Z'],
  ])('opens by its own clock: %s', (timeZone, expected) => {
    const noon = '2026-12-04T00:00:00Z';
    const window = aWindow({ timeZone });
    const from = isOpen(window, new Date(noon)) ? iso(closesAt(window, new Date(noon)))! : noon;
    expect(openings(window, from, 1)).toEqual([expected]);
  });
});

describe('the same as a walk through the minutes', () => {
  const ZONES = [
    ...Intl.supportedValuesOf('timeZone'), 'UTC',
    // These change their clocks in ways of their own, so they are there more often.
    ...Array.from({ length: 25 }, () => [
      'Europe/Berlin', 'America/New_York', 'Australia/Lord_Howe', 'Antarctica/Troll', 'Pacific/Chatham', 'Africa/Cairo',
      'Africa/Casablanca', 'America/Havana', 'America/Santiago', 'Asia/Beirut', 'Asia/Gaza', 'Atlantic/Azores',
      'Europe/Dublin', 'Asia/Kathmandu', 'Pacific/Apia', 'America/Nuuk',
    ]).flat(),
  ];
  const START = Date.UTC(2024, 0, 1);
  const END = Date.UTC(2040, 11, 31);
  const ORDER: readonly Day[] = ['SUN', 'MON', 'TUE', 'WED', 'THU', 'FRI', 'SAT'];

  const aTime = fc.oneof(fc.nat(1439), fc.nat(240), fc.constantFrom(0, 30, 60, 90, 120, 150, 180, 1380, 1410));
  const text = (minutes: number): string =>
    [Math.floor(minutes / 60), minutes % 60].map(part => String(part).padStart(2, '0')).join(':');
  const days = fc.oneof(
    fc.constant(undefined), fc.uniqueArray(fc.constantFrom(...ORDER), { minLength: 1, maxLength: 7 }),
  );
  const windows = fc.record({
    days,
    from: aTime.map(text),
    to: fc.oneof(aTime.map(text), fc.constant('24:00')),
    timeZone: fc.constantFrom(...ZONES),
  });

  /** An instant, often one near a change of the clocks. */
  const cases = windows.chain(window => {
    const changes = changesOf(window.timeZone).filter(each => each > START + 20 * DAY && each < END - 20 * DAY);
    const anywhere = fc.integer({ min: START, max: END });
    const near = changes.length === 0
      ? anywhere
      : fc.tuple(fc.constantFrom(...changes), fc.oneof(
        fc.integer({ min: -120 * MINUTE, max: 120 * MINUTE }), fc.integer({ min: -15 * DAY, max: 9 * DAY }),
      )).map(([change, apart]) => change + apart);
    return fc.tuple(fc.constant(window), fc.oneof(anywhere, near).map(millis => new Date(millis)));
  });

  /** The definition, word by word. Times of one form compare as texts. */
  function isIn({ days: on = [...ORDER], from, to, timeZone }: Window, millis: number): boolean {
    const clock = wallClock(timeZone, millis);
    const time = clock.toISOString().slice(11, 16);
    const today = on.includes(ORDER[clock.getUTCDay()]);
    const yesterday = on.includes(ORDER[(clock.getUTCDay() + 6) % 7]);
    return to > from ? today && time >= from && time < to : (today && time >= from) || (yesterday && time < to);
  }

  /** Returns the first of the whole minutes after an instant for which something is true. */
  function walk(after: Date, within: number, isIt: (millis: number) => boolean): Date | undefined {
    const latest = after.getTime() + within;
    for (let at = (Math.floor(after.getTime() / MINUTE) + 1) * MINUTE; at <= latest; at += MINUTE) {
      if (isIt(at)) return new Date(at);
    }
    return undefined;
  }

  test('whether it is open', () => {
    fc.assert(fc.property(cases, ([window, now]) => {
      expect(isOpen(window, now)).toBe(isIn(window, now.getTime()));
    }), { numRuns: 2000 });
  });

  test('when it opens', () => {
    fc.assert(fc.property(cases, ([window, now]) => {
      const expected = isIn(window, now.getTime()) ? now : walk(now, 15 * DAY, at => isIn(window, at));
      expect(nextOpening(window, now)).toEqual(expected);
    }), { numRuns: 400 });
  });

  test('when it closes', () => {
    fc.assert(fc.property(cases, ([window, now]) => {
      fc.pre(isIn(window, now.getTime()));
      expect(closesAt(window, now)).toEqual(walk(now, 8 * DAY, at => !isIn(window, at)));
    }), { numRuns: 400 });
  });

  test('when it opened', () => {
    fc.assert(fc.property(cases, ([window, now]) => {
      fc.pre(isIn(window, now.getTime()));
      let at = Math.floor(now.getTime() / MINUTE) * MINUTE;
      const earliest = now.getTime() - 8 * DAY;
      while (at > earliest && isIn(window, at - MINUTE)) at -= MINUTE;
      expect(openedAt(window, now)).toEqual(new Date(Math.max(at, earliest)));
    }), { numRuns: 400 });
  });
});

test('asks Intl a few hundred times at most in a search', () => {
  // It is a getter, which TypeScript takes for a method.
  const prototype: { readonly format: unknown } = Intl.DateTimeFormat.prototype;
  const format = jest.spyOn(prototype, 'format', 'get');
  const count = (search: () => unknown): number => {
    format.mockClear();
    search();
    return format.mock.calls.length;
  };
  const calls = changesOf('Europe/Berlin').slice(0, 8).flatMap(change => [-13, -7, -1, 0, 1, 7].flatMap(days => {
    const now = new Date(change + days * DAY);
    const weekly = aWindow({ days: ['SUN'], from: '02:00', to: '03:00' });
    const always = aWindow({ from: '00:00', to: '24:00' });
    return [
      count(() => nextOpening(weekly, now)), count(() => closesAt(always, now)), count(() => openedAt(always, now)),
    ];
  }));
  format.mockRestore();
  expect(Math.min(...calls)).toBeGreaterThan(0);
  expect(Math.max(...calls)).toBeLessThan(300);
});

describe('a name of a time zone', () => {
  const ofCdk = Object.values(TimeZone).flatMap((zone: unknown) => zone instanceof TimeZone ? [zone.timezoneName] : []);

  test('may be any that the CDK or Intl names, except for Factory, which is no place', () => {
    expect(ofCdk.length).toBeGreaterThan(300);
    expect([...ofCdk, ...Intl.supportedValuesOf('timeZone')].filter(name => !isTimeZone(name))).toEqual(['Factory']);
  });

  test.each([
    'UTC', 'Etc/UTC', 'Etc/GMT+5', 'GMT', 'EST5EDT', 'US/Eastern', 'Asia/Calcutta', 'Asia/Kolkata',
    'America/Argentina/Buenos_Aires', 'America/Port-au-Prince',
  ])('may be %s', name => {
    expect(isTimeZone(name)).toBe(true);
  });

  test.each([
    '', '+01:00', '-0500', '+01', 'GMT+1', 'UTC+1', 'Z', 'utc', 'europe/berlin', 'Europe/berlin', 'EUROPE/BERLIN',
    'Europe/Berlino', 'Europe', 'Europe/', '/Berlin', ' Europe/Berlin', 'Europe/Berlin\n', 'Berlin', 'Local',
    `Europe/${'B'.repeat(50)}`,
  ])('is not %j', name => {
    expect(isTimeZone(name)).toBe(false);
  });
});

test('fails for a time zone that Intl does not know', () => {
  expect(() => isOpen(aWindow({ timeZone: 'Europe/Berlino' }), new Date(0))).toThrow(RangeError);
});

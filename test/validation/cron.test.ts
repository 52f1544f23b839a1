/** Tests when cron expressions of EventBridge Scheduler fire. */
import { cronFirings } from '../../src/validation/cron';

/** Returns the first firings, as ISO times to the minute. */
function first(count: number, expression: string): string[] {
  const times: string[] = [];
  for (const seconds of cronFirings(expression)?.firings ?? []) {
    times.push(new Date(seconds * 1000).toISOString().slice(0, 16));
    if (times.length === count) break;
  }
  return times;
}

it.each<[string, string, string[]]>([
  ['every minute', '* * * * ? *', ['2024-01-01T00:00', '2024-01-01T00:01', '2024-01-01T00:02']],
  ['a minute of every hour', '30 * * * ? *', ['2024-01-01T00:30', '2024-01-01T01:30']],
  ['an hour of every day', '0 6 * * ? *', ['2024-01-01T06:00', '2024-01-02T06:00']],
  ['steps', '0/20 */12 * * ? *', ['2024-01-01T00:00', '2024-01-01T00:20', '2024-01-01T00:40', '2024-01-01T12:00']],
  ['steps from a value to the end', '50/5 0 1 * ? *', ['2024-01-01T00:50', '2024-01-01T00:55', '2024-02-01T00:50']],
  [
    'steps within a range', '0-10/5 0 * * ? *',
    ['2024-01-01T00:00', '2024-01-01T00:05', '2024-01-01T00:10', '2024-01-02T00:00'],
  ],
  [
    'lists and ranges, each value once', '0 8,7-9 1 * ? *',
    ['2024-01-01T07:00', '2024-01-01T08:00', '2024-01-01T09:00', '2024-02-01T07:00'],
  ],
  [
    'months by name', '0 0 1 FEB,Jul-AUG ? *',
    ['2024-02-01T00:00', '2024-07-01T00:00', '2024-08-01T00:00', '2025-02-01T00:00'],
  ],
  ['days of the week, of which Sunday is the first', '0 0 ? * 1 *', ['2024-01-07T00:00', '2024-01-14T00:00']],
  [
    'days of the week by name', '0 9 ? * thu-fri,MON *',
    ['2024-01-01T09:00', '2024-01-04T09:00', '2024-01-05T09:00', '2024-01-08T09:00'],
  ],
  ['every day of the week', '0 9 ? * * *', ['2024-01-01T09:00', '2024-01-02T09:00']],
  [
    'the last day of the month', '0 0 L * ? *',
    ['2024-01-31T00:00', '2024-02-29T00:00', '2024-03-31T00:00', '2024-04-30T00:00'],
  ],
  [
    'a day and the last one', '0 0 15,L 2 ? *',
    ['2024-02-15T00:00', '2024-02-29T00:00', '2025-02-15T00:00', '2025-02-28T00:00'],
  ],
  ['the last day of the week', '0 0 ? * L *', ['2024-01-06T00:00', '2024-01-13T00:00']],
  ['the last Friday of the month', '15 10 ? * 6L *', ['2024-01-26T10:15', '2024-02-23T10:15', '2024-03-29T10:15']],
  ['the last Friday of the month, by its name', '15 10 ? * FRIL *', ['2024-01-26T10:15', '2024-02-23T10:15']],
  ['what not every month has', '0 0 31 * ? *', ['2024-01-31T00:00', '2024-03-31T00:00', '2024-05-31T00:00']],
  ['leap days', '0 0 29 2 ? *', ['2024-02-29T00:00', '2028-02-29T00:00']],
  ['years', '0 0 1 1 ? 2030,2032', ['2030-01-01T00:00', '2032-01-01T00:00']],
  ['what never comes', '0 0 30 2 ? *', []],
])('reads %s', (_, fields, times) => {
  expect(first(Math.max(1, times.length), `cron(${fields})`)).toEqual(times);
});

it.each([
  ['every year', '*', true],
  ['more years than it gives', '2026-2199', true],
  ['some years', '2026-2027', false],
])('says whether it goes on in the same way: with %s', (_, years, goesOn) => {
  expect(cronFirings(`cron(0 0 1 1 ? ${years})`)?.goesOn).toBe(goesOn);
});

it.each([
  ['a rate', 'rate(1 hour)'],
  ['five fields', 'cron(0 6 * * ?)'],
  ['seven fields', 'cron(0 0 6 * * ? *)'],
  ['no fields', 'cron()'],
  ['the nearest weekday', 'cron(0 6 3W * ? *)'],
  ['a weekday of some week', 'cron(0 6 ? * 3#2 *)'],
  ['a day before the last', 'cron(0 6 L-3 * ? *)'],
  ['no "?" in either field of days', 'cron(0 6 * * * *)'],
  ['"?" in both fields of days', 'cron(0 6 ? * ? *)'],
  ['"?" elsewhere', 'cron(? 6 * * ? *)'],
  ['a range that wraps around', 'cron(0 6 ? * FRI-MON *)'],
  ['a minute of 60', 'cron(60 6 * * ? *)'],
  ['a day of 0', 'cron(0 6 0 * ? *)'],
  ['a weekday of 8', 'cron(0 6 ? * 8 *)'],
  ['a last weekday of 8', 'cron(0 6 ? * 8L *)'],
  ['a year before 1970', 'cron(0 6 * * ? 1969)'],
  ['steps of none', 'cron(0/0 6 * * ? *)'],
  ['a range of everything', 'cron(*-5 6 * * ? *)'],
  ['a name of another field', 'cron(0 6 * MON ? *)'],
  ['an empty part of a list', 'cron(0, 6 * * ? *)'],
  ['a token', 'cron(${Token[TOKEN.1]} 6 * * ? *)'],
])('does not read %s', (_, expression) => {
  expect(cronFirings(expression)).toBeUndefined();
});

/** Tests the holds on revoking as a whole. */
import * as fc from 'fast-check';
import {
  type Deployed, type Hold, holdOf, holds, isTrusted, pauseNow, settlesUntil,
} from '../../../../lambda/core/decide/hold';
import type { ConfigurationMark, ControlEntry } from '../../../../lambda/core/model/ledger';
import { aControl, DEPLOYED } from '../../../support/builders';
import { aPause } from '../../../support/pauses';

const NOW = new Date('2026-01-01T00:00:00Z');

const ago = (seconds: number): string => new Date(NOW.getTime() - seconds * 1000).toISOString();

/** A function whose changes need an hour to settle. */
const FUNCTION: Deployed = { ...DEPLOYED, settleSeconds: 3600 };

const configured = (overrides: Partial<ConfigurationMark> = {}): ConfigurationMark =>
  ({ fingerprint: DEPLOYED.fingerprint, digest: DEPLOYED.digest, since: ago(3600), ...overrides });

const hold = (control: ControlEntry | undefined, deployed: Partial<Deployed> = {}): Hold | undefined =>
  holdOf(control, { ...FUNCTION, ...deployed }, NOW);

const ANOTHER_TABLE = { table: 'ledger-copy' };
const ANOTHER = configured({ fingerprint: 'another' });
const SETTLING = configured({ since: ago(0) });
const PAUSED = { pause: aPause() };

test('nothing holds back revoking by the configuration of the function, settled and without a pause', () => {
  expect(hold(aControl({ configuration: configured() }))).toBeUndefined();
});

describe('nothing is revoked as CONFIGURATION_CHANGING', () => {
  test.each<[name: string, control: ControlEntry | undefined]>([
    ['there is no control item', undefined],
    ['the control item has none', aControl({ configuration: undefined })],
    ['the control item has a pause alone', { revision: 1, writtenBy: 'pause-1', pause: aPause() }],
  ])('before a configuration is in the ledger: %s', (_, control) => {
    expect(hold(control)).toEqual({ reason: 'CONFIGURATION_CHANGING', detail: 'the ledger has no configuration yet' });
  });

  test.each<[name: string, configuration: Partial<ConfigurationMark>]>([
    ['the function was deployed with another', { fingerprint: 'another' }],
    ['the run decides by another', { digest: 'another' }],
  ])('where %s', (_, configuration) => {
    expect(hold(aControl({ configuration: configured(configuration) }))).toEqual({
      reason: 'CONFIGURATION_CHANGING', detail: 'the configuration in the ledger is not the one that the function was deployed with',
    });
  });

  test('in a run without a configuration, even if the fingerprint is the same', () => {
    expect(hold(aControl(), { digest: '' })?.reason).toBe('CONFIGURATION_CHANGING');
  });
});

describe('nothing is revoked as LEDGER_UNTRUSTED', () => {
  test('if the ledger names another table, with advice for a person', () => {
    expect(hold(aControl(ANOTHER_TABLE))).toEqual({
      reason: 'LEDGER_UNTRUSTED',
      detail: 'the ledger names the table ledger-copy and is kept in ledger; check it, and then send {"adopt":{}}',
    });
  });

  test('where the ledger names none', () => {
    expect(hold(aControl({ table: undefined }))).toEqual({
      reason: 'LEDGER_UNTRUSTED',
      detail: 'the ledger names no table and is kept in ledger; check it, and then send {"adopt":{}}',
    });
  });
});

describe('nothing is revoked as SETTLING', () => {
  const changed = (since: string): ControlEntry => aControl({ configuration: configured({ since }) });

  test.each([0, 1, 3599, 3599.999])(
    '%d of 3600 seconds after the configuration has changed, and that has an end', seconds => {
      const until = new Date(NOW.getTime() + (3600 - seconds) * 1000).toISOString();
      const detail = `the configuration changed at ${ago(seconds)}; nothing is revoked before ${until}`;
      expect(hold(changed(ago(seconds)))).toEqual({ reason: 'SETTLING', detail, until });
    });

  test.each([3600, 3600.001, 31_536_000])('no longer after %d seconds', seconds => {
    expect(hold(changed(ago(seconds)))).toBeUndefined();
  });

  test('not at all where there is no time to settle', () => {
    expect(hold(aControl({ configuration: SETTLING }), { settleSeconds: 0 })).toBeUndefined();
  });

  test('until all the time has passed after a change in the future, as a clock that was ahead writes it', () => {
    expect(hold(changed(ago(-60)))?.until).toBe(ago(-3660));
    expect(hold(changed(ago(-60)), { settleSeconds: 0 })?.reason).toBe('SETTLING');
  });

  test.each(['', 'yesterday', '2026-13-01T00:00:00Z'])('after a change at an invalid time, which is a doubt: "%s"', since => {
    for (const settleSeconds of [0, 3600]) {
      expect(hold(changed(since), { settleSeconds })).toMatchObject({ reason: 'SETTLING' });
    }
  });

  test('while the time is not known', () => {
    expect(holdOf(aControl({ configuration: configured() }), FUNCTION, new Date(NaN))?.reason).toBe('SETTLING');
  });
});

describe('nothing is revoked as PAUSED', () => {
  test('while a pause holds, which is told with its end and its reason', () => {
    const until = '2026-01-11T00:00:00.000Z';
    expect(hold(aControl(PAUSED)))
      .toEqual({ reason: 'PAUSED', detail: `revoking is paused until ${until}: change freeze`, until });
  });

  test('no longer once it is over or was ended', () => {
    expect(hold(aControl({ pause: aPause({ until: ago(0) }) }))).toBeUndefined();
    expect(hold(aControl({ pause: aPause({ resumedAt: ago(60) }) }))).toBeUndefined();
  });

  test('by an end at no time, which has not come', () => {
    expect(hold(aControl({ pause: aPause({ until: 'tomorrow' }) }))?.reason).toBe('PAUSED');
  });

  test('not because of earlier pauses, which are kept only to be reported', () => {
    expect(hold(aControl({ pause: aPause({ resumedAt: ago(60) }), earlier: [aPause()] }))).toBeUndefined();
  });
});

describe('of several holds, the one that ends last is reported:', () => {
  test.each<[reason: string, control: ControlEntry]>([
    ['CONFIGURATION_CHANGING', aControl({ ...ANOTHER_TABLE, ...PAUSED, configuration: undefined })],
    ['LEDGER_UNTRUSTED', aControl({ ...ANOTHER_TABLE, ...PAUSED, configuration: { ...ANOTHER, since: ago(0) } })],
    ['CONFIGURATION_CHANGING', aControl({ ...PAUSED, configuration: { ...ANOTHER, since: ago(0) } })],
    ['SETTLING', aControl({ ...PAUSED, configuration: SETTLING })],
    ['PAUSED', aControl({ ...PAUSED, configuration: configured() })],
  ])('%s', (reason, control) => {
    expect(hold(control)?.reason).toBe(reason);
  });
});

test('what else the control item has holds back nothing', () => {
  const overLimit = { planned: 2, runId: 'sweep-1', at: ago(0) };
  const allowance = { openedBy: 'sweep-1', openedAt: ago(0), limit: 1, used: 1, overLimit };
  const mismatch = { fingerprint: 'another', sweeps: 5 };
  expect(hold(aControl({ configuration: configured(), allowance, mismatch }))).toBeUndefined();
});

test('there is a hold if anything is wrong, and none if nothing is', () => {
  const sound = fc.record({
    hasConfiguration: fc.boolean(), isItsTable: fc.boolean(), isItsFingerprint: fc.boolean(), isItsDigest: fc.boolean(),
    hasSettled: fc.boolean(), isFree: fc.boolean(),
  });
  fc.assert(fc.property(sound, are => {
    const configuration = configured({
      ...!are.isItsFingerprint && { fingerprint: 'another' }, ...!are.isItsDigest && { digest: 'another' },
      ...!are.hasSettled && { since: ago(60) },
    });
    const control = aControl({
      ...!are.isItsTable && ANOTHER_TABLE, ...!are.isFree && PAUSED,
      configuration: are.hasConfiguration ? configuration : undefined,
    });
    expect(hold(control) === undefined).toBe(Object.values(are).every(Boolean));
  }), { numRuns: 500 });
});

describe('the ledger is trusted', () => {
  test('where it names the table that it is kept in, or none: then nothing has been deployed with it', () => {
    expect(isTrusted(aControl(), DEPLOYED)).toBe(true);
    expect(isTrusted(aControl({ table: undefined }), DEPLOYED)).toBe(true);
    expect(isTrusted(undefined, DEPLOYED)).toBe(true);
  });

  test('not if it names another table, because it is a copy, and rules that are gone prove nothing', () => {
    expect(isTrusted(aControl(ANOTHER_TABLE), DEPLOYED)).toBe(false);
    expect(isTrusted(aControl({ table: '' }), DEPLOYED)).toBe(false);
  });
});

test('the settle time ends the given number of seconds after the change, in any time zone', () => {
  expect(settlesUntil('2026-01-01T00:00:00.000Z', 3600)).toBe('2026-01-01T01:00:00.000Z');
  expect(settlesUntil('2026-01-01T01:00:00+01:00', 0)).toBe('2026-01-01T00:00:00.000Z');
  expect(Date.parse(settlesUntil('yesterday', 3600))).toBeNaN();
});

describe('a pause', () => {
  test('holds to the millisecond before its end', () => {
    expect(holds(aPause({ until: ago(-0.001) }), NOW)).toBe(true);
    expect(holds(aPause({ until: ago(0) }), NOW)).toBe(false);
  });

  test('holds while the time is not known, unless someone ended it', () => {
    expect(holds(aPause(), new Date(NaN))).toBe(true);
    expect(holds(aPause({ resumedAt: ago(60) }), new Date(NaN))).toBe(false);
  });

  test('is reported only while it is in force', () => {
    expect(pauseNow(aControl(PAUSED), NOW)).toEqual(aPause());
    expect(pauseNow(aControl({ pause: aPause({ until: ago(60) }) }), NOW)).toBeUndefined();
    expect(pauseNow(aControl(), NOW)).toBeUndefined();
    expect(pauseNow(undefined, NOW)).toBeUndefined();
  });
});

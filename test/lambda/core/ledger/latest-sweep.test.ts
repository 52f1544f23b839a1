/** Tests the record of a sweep, and which revocations a sweep is the first to withhold. */
import { recordSweep, type SweepFacts } from '../../../../lambda/core/ledger/latest-sweep';
import { claimWithheld } from '../../../../lambda/core/ledger/told-withheld';
import type { Withheld } from '../../../../lambda/core/model/result';
import { EVERYTHING, type Trigger } from '../../../../lambda/core/model/scope';
import { awsError } from '../../../support/aws-error';
import { aDecodedConfiguration, aRule } from '../../../support/builders';
import { after, iso } from '../../../support/ledger-builders';
import { MemoryLedger } from '../../../support/memory-ledger';

const CONFIGURATION = aDecodedConfiguration({
  staleRules: 'revoke',
  grace: { seconds: 60, sightings: 2, maxGapSeconds: 7200 },
  maxRevocationsPerSweep: 7,
});

function facts(minute: number, overrides: Partial<SweepFacts> = {}, trigger: Trigger = 'schedule'): SweepFacts {
  return {
    run: { id: `sweep-${minute}`, trigger, scope: EVERYTHING }, startedAt: after(minute), durationMillis: 1234,
    scanErrors: 0, errors: [], vpcsNotCovered: [], withheld: [], recordedVpnConnections: true, unidentified: 0,
    sawNothing: false, unrecordedSeries: [], ...overrides,
  };
}

const withheldFor = (reason: Withheld['reason'], ...ids: string[]): Withheld =>
  ({ reason, rules: ids.map(securityGroupRuleId => aRule({ securityGroupRuleId })) });

const overLimit = (...ids: string[]): Withheld => withheldFor('OVER_LIMIT', ...ids);

test('a sweep says when it was, what it was told, and what it could not look at', async () => {
  const ledger = new MemoryLedger();
  const errors = Array.from({ length: 12 }, (_, index) =>
    `reading security groups (vpc-${index}) failed with InternalError: try again`);
  await recordSweep(facts(0, { scanErrors: errors.length, errors }), CONFIGURATION, ledger);
  expect(ledger.sweep).toMatchObject({
    revision: 1,
    sweepId: 'sweep-0',
    startedAt: iso(0),
    durationMillis: 1234,
    scanErrors: 12,
    looksAtRules: true,
    looksAtVpnConnections: false,
    dryRun: false,
    staleRules: 'revoke',
    grace: { seconds: 60, sightings: 2 },
    maxRevocationsPerSweep: 7,
    withheld: [],
  });
  expect(ledger.sweep).toMatchObject({ enabled: true, eventBus: 'default' });
  expect(ledger.sweep?.errors).toHaveLength(10);
  expect(ledger.sweep?.errors[0]).toBe('reading security groups (vpc-0) failed with InternalError: try again');
});

test('a sweep says as much of an error as an item has room for', async () => {
  const ledger = new MemoryLedger();
  await recordSweep(facts(0, { scanErrors: 1, errors: ['x'.repeat(501)] }), CONFIGURATION, ledger);
  expect(ledger.sweep?.errors).toEqual(['x'.repeat(500)]);
});

test('a sweep says when the next one is to come, and when the configuration has settled, where it knows', async () => {
  const ledger = new MemoryLedger();
  await recordSweep(facts(0, { settlesUntil: iso(60) }), { ...CONFIGURATION, scheduleSeconds: 3600 }, ledger);
  expect(ledger.sweep).toMatchObject({ settlesUntil: iso(60), scheduleSeconds: 3600 });
  await recordSweep(facts(10), CONFIGURATION, ledger);
  expect(ledger.sweep?.settlesUntil).toBeUndefined();
  expect(ledger.sweep?.scheduleSeconds).toBeUndefined();
});

describe('revocations that are withheld', () => {
  test('are news once, until other rules are withheld, or the same ones again after a sweep that withheld none', async () => {
    const ledger = new MemoryLedger();
    const news = async (minute: number, ...withheld: Withheld[]): Promise<number[]> =>
      (await recordSweep(facts(minute, { withheld }), CONFIGURATION, ledger)).withheld.map(({ rules }) => rules.length);
    expect(await news(0, overLimit('sgr-1', 'sgr-2'))).toEqual([2]);
    expect(await news(10, overLimit('sgr-2', 'sgr-1'))).toEqual([]);
    expect(await news(20, overLimit('sgr-1', 'sgr-2', 'sgr-3'))).toEqual([3]);
    expect(await news(30, overLimit('sgr-1', 'sgr-2', 'sgr-3'), { ...overLimit('sgr-9'), reason: 'SKIPPED' })).toEqual([
      1,
    ]);
    expect(await news(40)).toEqual([]);
    expect(await news(50, overLimit('sgr-1', 'sgr-2', 'sgr-3'))).toEqual([3]);
  });

  test('are no news after a sweep that could look at nothing, and so knew of none', async () => {
    const ledger = new MemoryLedger();
    await recordSweep(facts(0, { withheld: [overLimit('sgr-1')] }), CONFIGURATION, ledger);
    await recordSweep(facts(10, { sawNothing: true }), CONFIGURATION, ledger);
    expect((await recordSweep(facts(20, { withheld: [overLimit('sgr-1')] }), CONFIGURATION, ledger)).withheld).toEqual(
      [],
    );
  });

  test('are no news if a run over some groups has told the same since the sweep before', async () => {
    const ledger = new MemoryLedger();
    const comesBack = withheldFor('COMES_BACK', 'sgr-1', 'sgr-2');
    const tell = async (minute: number): Promise<unknown> =>
      claimWithheld({ control: ledger.controlEntry, sweep: ledger.sweep }, [comesBack], ledger, {
        id: `run-${minute}`, now: after(minute),
      });
    const isNews = async (minute: number, ...withheld: Withheld[]): Promise<boolean> =>
      (await recordSweep(facts(minute, { withheld }), CONFIGURATION, ledger)).withheld.length > 0;
    await isNews(0);
    expect(await tell(5)).toEqual([comesBack]);
    expect(await isNews(10, withheldFor('COMES_BACK', 'sgr-2', 'sgr-1'))).toBe(false);
    expect(await tell(15)).toEqual([]);
    expect(await isNews(20)).toBe(false);
    expect(await isNews(30, comesBack)).toBe(true);
    expect(await isNews(40)).toBe(false);
    expect(await tell(45)).toEqual([comesBack]);
    expect(await isNews(50, withheldFor('SKIPPED', 'sgr-1', 'sgr-2'))).toBe(true);
    expect(await isNews(60, withheldFor('COMES_BACK', 'sgr-1'))).toBe(true);
    expect(ledger.controlEntry?.toldWithheld).toHaveLength(1);
  });

  test('are told by one of two sweeps that withhold them at once', async () => {
    const ledger = new MemoryLedger();
    const both = await Promise.all(
      [1, 2].map(() => recordSweep(facts(0, { withheld: [overLimit('sgr-1')] }), CONFIGURATION, ledger)),
    );
    expect(both.flatMap(({ withheld }) => withheld)).toHaveLength(1);
  });
});

describe('rules that wait for the next allowance', () => {
  const limitUsed = withheldFor('LIMIT_USED', 'sgr-1');
  async function isAgain(
    ledger: MemoryLedger, minute: number, withheld: Withheld[], trigger?: Trigger,
  ): Promise<boolean> {
    return (await recordSweep(facts(minute, { withheld }, trigger), CONFIGURATION, ledger)).isLimitUsedAgain;
  }

  test('do so again at the second scheduled sweep in a row, whichever they are', async () => {
    const ledger = new MemoryLedger();
    expect(await isAgain(ledger, 0, [limitUsed])).toBe(false);
    expect(await isAgain(ledger, 10, [limitUsed])).toBe(true);
    expect(await isAgain(ledger, 20, [withheldFor('LIMIT_USED', 'sgr-2', 'sgr-3')])).toBe(true);
    expect(await isAgain(ledger, 30, [])).toBe(false);
    expect(await isAgain(ledger, 40, [limitUsed])).toBe(false);
  });

  test.each<Trigger>(['deployment', 'request'])('do not do so again at a run of another trigger: %s', async trigger => {
    const ledger = new MemoryLedger();
    await isAgain(ledger, 0, [limitUsed]);
    expect(await isAgain(ledger, 10, [limitUsed], trigger)).toBe(false);
  });

  test('do so again also where runs of other triggers came in between, and not because of these', async () => {
    const ledger = new MemoryLedger();
    expect(await isAgain(ledger, 0, [limitUsed])).toBe(false);
    expect(await isAgain(ledger, 5, [], 'request')).toBe(false);
    expect(await isAgain(ledger, 10, [limitUsed])).toBe(true);
    expect(await isAgain(ledger, 20, [])).toBe(false);
    expect(await isAgain(ledger, 25, [limitUsed], 'deployment')).toBe(false);
    expect(await isAgain(ledger, 30, [limitUsed])).toBe(false);
  });

  test('do not include rules that are withheld for another reason', async () => {
    const ledger = new MemoryLedger();
    expect(await isAgain(ledger, 0, [overLimit('sgr-1')])).toBe(false);
    expect(await isAgain(ledger, 10, [limitUsed])).toBe(false);
    expect(await isAgain(ledger, 20, [overLimit('sgr-1')])).toBe(false);
  });
});

test('an earlier sweep that ends later does not take the place of a later one, but tells what that does not know of', async () => {
  const ledger = new MemoryLedger();
  await recordSweep(facts(10, { withheld: [overLimit('sgr-1')] }), CONFIGURATION, ledger);
  expect(
    await recordSweep(facts(0, { withheld: [overLimit('sgr-1'), overLimit('sgr-2')] }), CONFIGURATION, ledger),
  ).toMatchObject({ withheld: [overLimit('sgr-2')] });
  expect(ledger.sweep?.sweepId).toBe('sweep-10');
});

test.each(['latestSweep', 'putLatestSweep'] as const)('a ledger that fails at %s is an error', async method => {
  const ledger = new MemoryLedger().on(method, { throws: awsError('AccessDeniedException') });
  await expect(recordSweep(facts(0), CONFIGURATION, ledger)).rejects.toMatchObject({ name: 'AccessDeniedException' });
});

test('a VPC of another account that cannot be looked at is news once, until it could be looked at in between', async () => {
  const ledger = new MemoryLedger();
  const news = async (minute: number, ...vpcsNotCovered: string[]): Promise<readonly string[]> =>
    (await recordSweep(facts(minute, { vpcsNotCovered }), CONFIGURATION, ledger)).vpcsNotCovered;
  expect(await news(0, 'vpc-1')).toEqual(['vpc-1']);
  expect(await news(10, 'vpc-1', 'vpc-2')).toEqual(['vpc-2']);
  expect(await news(20, 'vpc-1', 'vpc-2')).toEqual([]);
  expect(await news(30, 'vpc-2')).toEqual([]);
  expect(await news(40, 'vpc-1', 'vpc-2')).toEqual(['vpc-1']);
  expect(ledger.sweep?.vpcsNotCovered).toEqual(['vpc-1', 'vpc-2']);
});

test('a sweep of a clock that was far ahead is replaced by the next one', async () => {
  const ledger = new MemoryLedger();
  await recordSweep(facts(30 * 24 * 60), CONFIGURATION, ledger);
  await recordSweep(facts(60), CONFIGURATION, ledger);
  expect(ledger.sweep?.sweepId).toBe('sweep-60');
});

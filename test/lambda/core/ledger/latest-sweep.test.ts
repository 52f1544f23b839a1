/** What a sweep writes of itself, and which revocations it is the first to withhold. */
import { recordSweep, type SweepFacts, type Withheld } from '../../../../lambda/core/ledger/latest-sweep';
import { awsError } from '../../../support/aws-error';
import { aDecodedConfiguration, aRule } from '../../../support/builders';
import { after, iso } from '../../../support/ledger-builders';
import { MemoryLedger } from '../../../support/memory-ledger';

const CONFIGURATION = aDecodedConfiguration({ staleRules: 'revoke', grace: { seconds: 60, sightings: 2, maxGapSeconds: 7200 }, maxRevocationsPerSweep: 7 });

const facts = (minute: number, overrides: Partial<SweepFacts> = {}): SweepFacts =>
  ({ sweepId: `sweep-${minute}`, startedAt: after(minute), durationMillis: 1234, errors: [], vpcsNotCovered: [], withheld: [], recordedVpnConnections: true, unidentified: 0, sawNothing: false, ...overrides });

const overLimit = (...ids: string[]): Withheld => ({ reason: 'OVER_LIMIT', rules: ids.map(securityGroupRuleId => aRule({ securityGroupRuleId })) });

test('a sweep says when it was, what it was told, and what it could not look at', async () => {
  const ledger = new MemoryLedger();
  const errors = Array.from({ length: 12 }, (_, index) => ({ doing: 'reading security groups', vpcId: `vpc-${index}`, error: { code: 'InternalError', message: 'try again' } }));
  await recordSweep(facts(0, { errors }), CONFIGURATION, ledger);
  expect(ledger.sweep).toMatchObject({
    revision: 1, sweepId: 'sweep-0', startedAt: iso(0), durationMillis: 1234, scanErrors: 12, looksAtRules: true, looksAtVpnConnections: false,
    dryRun: false, staleRules: 'revoke', grace: { seconds: 60, sightings: 2 }, maxRevocationsPerSweep: 7, withheld: [],
  });
  expect(ledger.sweep?.errors).toHaveLength(10);
  expect(ledger.sweep?.errors[0]).toBe('reading security groups (vpc-0) failed with InternalError: try again');
});

describe('revocations that are withheld', () => {
  test('are news once, until other rules are withheld, or the same ones again after a sweep that withheld none', async () => {
    const ledger = new MemoryLedger();
    const news = async (minute: number, ...withheld: Withheld[]): Promise<number[]> =>
      (await recordSweep(facts(minute, { withheld }), CONFIGURATION, ledger)).withheld.map(({ rules }) => rules.length);
    expect(await news(0, overLimit('sgr-1', 'sgr-2'))).toEqual([2]);
    expect(await news(10, overLimit('sgr-2', 'sgr-1'))).toEqual([]);
    expect(await news(20, overLimit('sgr-1', 'sgr-2', 'sgr-3'))).toEqual([3]);
    expect(await news(30, overLimit('sgr-1', 'sgr-2', 'sgr-3'), { ...overLimit('sgr-9'), reason: 'SKIPPED' })).toEqual([1]);
    expect(await news(40)).toEqual([]);
    expect(await news(50, overLimit('sgr-1', 'sgr-2', 'sgr-3'))).toEqual([3]);
  });

  test('are no news after a sweep that could look at nothing, and so knew of none', async () => {
    const ledger = new MemoryLedger();
    await recordSweep(facts(0, { withheld: [overLimit('sgr-1')] }), CONFIGURATION, ledger);
    await recordSweep(facts(10, { sawNothing: true }), CONFIGURATION, ledger);
    expect((await recordSweep(facts(20, { withheld: [overLimit('sgr-1')] }), CONFIGURATION, ledger)).withheld).toEqual([]);
  });

  test('are told by one of two sweeps that withhold them at once', async () => {
    const ledger = new MemoryLedger();
    const both = await Promise.all([1, 2].map(() => recordSweep(facts(0, { withheld: [overLimit('sgr-1')] }), CONFIGURATION, ledger)));
    expect(both.flatMap(({ withheld }) => withheld)).toHaveLength(1);
  });
});

test('an earlier sweep that ends later does not take the place of a later one, but tells what that does not know of', async () => {
  const ledger = new MemoryLedger();
  await recordSweep(facts(10, { withheld: [overLimit('sgr-1')] }), CONFIGURATION, ledger);
  expect(await recordSweep(facts(0, { withheld: [overLimit('sgr-1'), overLimit('sgr-2')] }), CONFIGURATION, ledger)).toMatchObject({ withheld: [overLimit('sgr-2')] });
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

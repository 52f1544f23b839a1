/** Tests when a rule may be revoked that waits, and the words for it. */
import { bindingWindow, earliestRevocation, furtherTerms, whenRevoked } from '../../../../lambda/core/decide/terms';
import { anEntry } from '../../../support/builders';

const NOW = new Date('2026-11-29T12:00:00Z');
/** A window of two hours on Mondays. */
const revocationWindow = { days: ['MON' as const], from: '02:00', to: '04:00', timeZone: 'UTC' };
const announced = {
  by: 'sweep-1', at: '2026-11-29T12:00:00.000Z', told: ['event' as const], since: '2026-11-29T12:00:00.000Z',
};
const STALE = anEntry({ because: { stale: 'OTHER', declarations: [] }, announced });
const FLAGGED = anEntry({
  because: { verdict: 'flagged', declarations: [{ id: 'a', name: 'flaggedIngressRules[0]' }] }, announced,
});
const revoking = (anytime?: true) => [{ id: 'a', name: 'flaggedIngressRules[0]', action: { kind: 'revoke' as const, anytime } }];

test('the notice and the window decide together, and the later one counts', () => {
  const terms = { finalNoticeSeconds: 3600, revocationWindow };
  expect(earliestRevocation(STALE, terms, NOW)).toBe(Date.parse('2026-11-30T02:00:00Z'));
  expect(earliestRevocation(STALE, { finalNoticeSeconds: 86_400 }, NOW)).toBe(Date.parse('2026-11-30T12:00:00Z'));
  expect(whenRevoked(STALE, terms, NOW, time => time)).toBe('by the first sweep after 2026-11-30T02:00:00.000Z');
});

test('a rule that may be revoked at any time is not said to wait for the window', () => {
  const terms = { finalNoticeSeconds: 3600, revocationWindow };
  const words = (entry: typeof STALE, more: object): string =>
    whenRevoked(entry, { ...terms, ...more }, NOW, time => time);
  const soon = 'by the first sweep after 2026-11-29T13:00:00.000Z';
  expect(words(STALE, { staleRulesAnytime: true })).toBe(soon);
  expect(words(FLAGGED, { flaggedIngressRules: revoking(true) })).toBe(soon);
  expect(words(FLAGGED, { staleRulesAnytime: true, flaggedIngressRules: revoking() })).not.toBe(soon);
  expect(bindingWindow(FLAGGED, { revocationWindow, flaggedIngressRules: revoking() }, NOW)).toBe(revocationWindow);
});

test('a rule waits for the window while the wait of the check is not over that may revoke it at any time', () => {
  const grace = { seconds: 30 * 86_400, sightings: 1, maxGapSeconds: 10 * 86_400 };
  const terms = { revocationWindow, staleRulesAnytime: true, grace };
  const since = (days: number): object => ({
    countedSince: new Date(NOW.getTime() - days * 86_400_000).toISOString(), countedAt: NOW.toISOString(), sightings: 9,
  });
  const stale = (days: number): typeof STALE =>
    ({ ...STALE, stale: { ...STALE.stale, ...since(days) } } as typeof STALE);
  expect(bindingWindow(stale(29), terms, NOW)).toBe(revocationWindow);
  expect(bindingWindow(stale(30), terms, NOW)).toBeUndefined();
});

test.each<[object, string | undefined]>([
  [{}, undefined],
  [{ finalNoticeSeconds: 60 }, 'its final notice'],
  [{ approval: {}, revocationWindow }, 'the approval of a person and the opening of the revocation window'],
  [
    { finalNoticeSeconds: 60, approval: {}, revocationWindow },
    'its final notice, the approval of a person and the opening of the revocation window',
  ],
])('what a rule waits for is named: %j', (terms, words) => {
  expect(furtherTerms(terms)).toBe(words);
});

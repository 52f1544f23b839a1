/** Tests when a rule may be revoked that waits, and the words for it. */
import { bindingWindow, earliestRevocation, whenRevoked } from '../../../../lambda/core/decide/terms';
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
  expect(bindingWindow(FLAGGED, { revocationWindow, flaggedIngressRules: revoking() })).toBe(revocationWindow);
});

/** Tests the words about rules that wait for time and people, in plans and explanations. */
import { plannedRules } from '../../../cli/documents/rules';
import { endOfReason } from '../../../cli/documents/waiting';
import type { PlannedSweep } from '../../../cli/planning/sweeps';
import type { KeepReason } from '../../../lambda/core/decide/reasons';
import type { LedgerEntry } from '../../../lambda/core/model/ledger';
import type { DecodedConfiguration } from '../../../src/contract/configuration';
import { aDecodedConfiguration, anEntry, aRuleFromAnywhere } from '../../support/builders';
import { sshFlagged } from '../../support/swept';

/** A Sunday. */
const AT = new Date('2026-11-29T12:34:56.789Z');
const RULE = aRuleFromAnywhere({ securityGroupRuleId: 'sgr-1', groupId: 'sg-1' });
const MONDAYS: DecodedConfiguration['revocationWindow'] = { days: ['MON'], from: '02:00', to: '04:00', timeZone: 'Europe/Berlin' };
const ANNOUNCED = { by: 'run-1', at: '2026-11-29T12:00:00.000Z', since: '2026-11-29T12:00:00.000Z', told: [] };

interface Kept {
  readonly configuration?: Partial<DecodedConfiguration>;
  readonly entry?: Partial<LedgerEntry>;
  readonly trigger?: PlannedSweep['trigger'];
}

function planned(reason: KeepReason, { configuration, entry: known, trigger = 'schedule' }: Kept) {
  const entry = anEntry({ rule: RULE, ...known });
  const sweep: PlannedSweep = {
    trigger, at: AT, plan: { revoke: [], keep: [{ groupId: 'sg-1', rule: RULE, reason, entry }] }, due: 0,
    entries: new Map([['sgr-1', entry]]), takenAway: [], errors: [],
  };
  const [rule] = plannedRules(sweep, new Map(), aDecodedConfiguration({
    staleRules: 'revoke', flaggedIngressRules: [sshFlagged()], ...configuration,
  }));
  return rule;
}

test('a rule within its notice names the end of the notice, whatever starts the sweep', () => {
  for (const trigger of ['schedule', 'deployment'] as const) {
    const { words, notBefore } = planned('WITHIN_NOTICE', {
      trigger, configuration: { finalNoticeSeconds: 86_400 }, entry: { announced: ANNOUNCED },
    });
    expect(notBefore).toBe('2026-11-30T12:00:00.000Z');
    expect(words).toBe('Kept: its revocation was announced less than finalNotice ago; revoked at 2026-11-30 12:00 UTC at the earliest');
  }
});

test('a rule outside the window names the opening, and no approval that nobody needs', () => {
  const { words, notBefore } = planned('OUTSIDE_WINDOW', { configuration: { revocationWindow: MONDAYS } });
  expect(notBefore).toBe('2026-11-30T01:00:00.000Z');
  expect(words).toMatch(/; revoked at 2026-11-30 01:00 UTC at the earliest, when the revocation window opens$/);
  expect(words).not.toContain('approved');
});

test('a notice that ends while the window is closed lasts until the next opening', () => {
  const { notBefore } = planned('WITHIN_NOTICE', {
    configuration: { finalNoticeSeconds: 86_400, revocationWindow: MONDAYS }, entry: { announced: ANNOUNCED },
  });
  expect(notBefore).toBe('2026-12-07T01:00:00.000Z');
});

test('a rule that may go at any time does not wait for the window', () => {
  const declared = sshFlagged();
  const flagged = { verdict: 'flagged' as const, declarations: [{ id: declared.id, name: declared.name }] };
  const { words, notBefore } = planned('WITHIN_NOTICE', {
    configuration: {
      finalNoticeSeconds: 86_400, revocationWindow: MONDAYS,
      flaggedIngressRules: [{ ...declared, action: { kind: 'revoke', anytime: true } }],
    },
    entry: { announced: ANNOUNCED, flagged: { ...flagged, firstSeen: ANNOUNCED.at, lastSeen: ANNOUNCED.at } as LedgerEntry['flagged'] },
  });
  expect(notBefore).toBe('2026-11-30T12:00:00.000Z');
  expect(words).not.toContain('window');
});

test('a rule that a person has to approve says what would replace it, and no time if only the approval is missing', () => {
  const replacing = [{ ipProtocol: 'tcp', fromPort: 22, toPort: 22, cidrIpv4: '10.0.0.0/8' }];
  const approval = { digest: 'd', by: 'run-1', at: ANNOUNCED.at, replacing };
  const { words, notBefore, replacedBy } = planned('AWAITING_APPROVAL', {
    configuration: { approval: { validSeconds: 3600 } }, entry: { approval },
  });
  expect(notBefore).toBeUndefined();
  expect(replacedBy).toHaveLength(1);
  expect(words).toBe(`Kept: a person has to approve its revocation; replaced by ${replacedBy?.[0]}, once a person has approved it`);
});

test('nothing is said to be revoked at a time where nothing is revoked', () => {
  const { words, notBefore } = planned('WITHIN_NOTICE', {
    configuration: { finalNoticeSeconds: 86_400, dryRun: true }, entry: { announced: ANNOUNCED },
  });
  expect([notBefore, words.includes('revoked at')]).toEqual([undefined, false]);
});

test('each reason to keep a rule says when it ends, if that is known', () => {
  const configuration = aDecodedConfiguration({ finalNoticeSeconds: 86_400, revocationWindow: MONDAYS });
  const entry = anEntry({ rule: RULE, announced: ANNOUNCED });
  const end = (reason: KeepReason, exemptUntil?: string): string =>
    endOfReason(reason, { entry, exemptUntil }, configuration, AT);
  expect(end('WITHIN_NOTICE')).toBe('; the notice ends at 2026-11-30 12:00 UTC');
  expect(end('OUTSIDE_WINDOW')).toBe('; it opens at 2026-11-30 01:00 UTC');
  expect(end('EXEMPT_BY_RULE_TAG', '2027-04-01T00:00:00.000Z')).toBe('; exempt until 2027-04-01 00:00 UTC');
  expect(end('EXEMPT_BY_RULE_TAG')).toBe('');
  expect(end('EXEMPT_UNTIL_INVALID')).toBe('');
  expect(end('EGRESS')).toBe('');
  const untold = endOfReason('WITHIN_NOTICE', { entry: anEntry({ rule: RULE }) }, configuration, AT);
  expect(untold).toBe('; the next sweep announces it');
});

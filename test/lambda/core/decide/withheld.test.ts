/** Tests which planned revocations count as withheld, and for which reason. */
import type { Outcome } from '../../../../lambda/core/act/outcomes';
import { isDue, KEEP_REASONS, type KeepReason } from '../../../../lambda/core/decide/reasons';
import { withheldBy } from '../../../../lambda/core/decide/withheld';
import type { KeptRule, Plan, RevocationOutcome, Withheld } from '../../../../lambda/core/model/result';
import { aRule, aStaleRule } from '../../../support/builders';
import { aFlaggedFinding } from '../../../support/ledger-builders';
import { anOutcome } from '../../../support/sweep-result';

const LEDGER_ERROR = { code: 'InternalServerError', message: 'try again' };

const kept = (reason: KeepReason, securityGroupRuleId = 'sgr-1'): KeptRule =>
  ({ ...aFlaggedFinding(aRule({ securityGroupRuleId })), reason });

const skipped = (securityGroupRuleId: string, overrides: Partial<RevocationOutcome> = {}): RevocationOutcome =>
  anOutcome('SKIPPED', { rule: aRule({ securityGroupRuleId }), ...overrides });

/** Returns the reported reasons, each with its rules. */
function told(
  keep: readonly KeptRule[], outcomes: readonly RevocationOutcome[] = [],
  off: { readonly dryRun?: boolean; readonly enabled?: boolean } = {},
): unknown[] {
  const plan: Plan = { revoke: [], keep };
  return withheldBy(plan, outcomes, { enabled: true, dryRun: false, maxRevocationsPerSweep: 20, ...off }, new Date(0))
    .map(({ reason, rules }: Withheld) => [reason, rules.map(({ securityGroupRuleId }) => securityGroupRuleId)]);
}

const REASONS = Object.keys(KEEP_REASONS) as KeepReason[];
const TOLD: readonly KeepReason[] = ['COMES_BACK', 'OVER_LIMIT', 'LIMIT_USED', 'LEDGER_UNAVAILABLE', 'LEDGER_UNTRUSTED'];

test('nothing is withheld where nothing was found', () => {
  expect(told([])).toEqual([]);
});

describe('of the rules that a plan keeps', () => {
  test.each(TOLD)('those are withheld that only %s keeps', reason => {
    expect(told([kept(reason, 'sgr-1'), kept('EGRESS', 'sgr-2'), kept(reason, 'sgr-3')]))
      .toEqual([[reason, ['sgr-1', 'sgr-3']]]);
  });

  test.each(REASONS.filter(reason => !TOLD.includes(reason)))('none is withheld for %s', reason => {
    expect(told([kept(reason)])).toEqual([]);
  });

  test('none is withheld that a person has decided to keep', () => {
    const decided = ['PAUSED', 'DISABLED', 'DRY_RUN', 'SETTLING'] as const;
    for (const reason of decided) expect(told([kept(reason)])).toEqual([]);
  });

  test('that one is which nothing keeps but that it cannot be read whether revoking is paused', () => {
    expect(told([kept('LEDGER_UNAVAILABLE')])).toEqual([['LEDGER_UNAVAILABLE', ['sgr-1']]]);
  });

  test.each([{ dryRun: true }, { enabled: false }, { dryRun: true, enabled: false }])(
    'none is withheld if nothing was to be revoked: %p', off => {
      expect(told(TOLD.map(reason => kept(reason)), [], off)).toEqual([]);
    });

  test('none is withheld that could not be identified, because there is nothing to revoke', () => {
    const stale = aStaleRule({ rule: undefined });
    expect(told([{ groupId: 'sg-1', stale, reason: 'LEDGER_UNAVAILABLE' }])).toEqual([]);
  });

  test('each reason is told once, with its rules, in the order of the table', () => {
    const all = [...TOLD, ...TOLD].map((reason, index) => kept(reason, `sgr-${index}`)).reverse();
    expect(told(all)).toEqual([
      ['COMES_BACK', ['sgr-5', 'sgr-0']], ['LEDGER_UNAVAILABLE', ['sgr-8', 'sgr-3']],
      ['LEDGER_UNTRUSTED', ['sgr-9', 'sgr-4']], ['OVER_LIMIT', ['sgr-6', 'sgr-1']], ['LIMIT_USED', ['sgr-7', 'sgr-2']],
    ]);
  });
});

describe('of the rules that are kept while CloudFormation changes their stack', () => {
  const stack = (stackId: string, isStuck: boolean) =>
    ({ stackId, status: 'UPDATE_IN_PROGRESS', since: '2026-01-01T00:00:00.000Z', isStuck });

  test('those are withheld whose stack takes long, and each stack is named once', () => {
    const keep = [
      { ...kept('STACK_IN_PROGRESS', 'sgr-1'), stack: stack('a', true) },
      { ...kept('STACK_IN_PROGRESS', 'sgr-2'), stack: stack('b', false) },
      { ...kept('STACK_IN_PROGRESS', 'sgr-3') },
      { ...kept('STACK_IN_PROGRESS', 'sgr-4'), stack: stack('a', true) },
      { ...kept('STACK_IN_PROGRESS', 'sgr-5'), stack: stack('c', true) },
    ];
    expect(told(keep)).toEqual([['STACK_IN_PROGRESS', ['sgr-1', 'sgr-4', 'sgr-5']]]);
    const configuration = { enabled: true, dryRun: false, maxRevocationsPerSweep: 20 };
    expect(withheldBy({ revoke: [], keep }, [], configuration, new Date(0)))
      .toMatchObject([{ stacks: [stack('a', true), stack('c', true)] }]);
  });
});

describe('of the revocations that were begun', () => {
  test('rules that were not tried, for lack of time or after the second decision, are withheld as SKIPPED', () => {
    const unread = { readError: { code: 'InternalError', message: 'try again' } };
    expect(told([], [skipped('sgr-1'), skipped('sgr-2', unread), skipped('sgr-3', { heldBy: 'EXEMPT_BY_RULE_TAG' })]))
      .toEqual([['SKIPPED', ['sgr-1', 'sgr-2', 'sgr-3']]]);
  });

  test.each(REASONS.filter(reason => !isDue(reason) && !TOLD.includes(reason)))(
    'those are withheld as SKIPPED that were decided on again, and kept for a reason of their own: %s', heldBy => {
      expect(told([], [skipped('sgr-1', { heldBy })])).toEqual([['SKIPPED', ['sgr-1']]]);
    });

  test('those are withheld for the ledger that it has failed', () => {
    for (const heldBy of [undefined, 'PAUSED'] as const) {
      expect(told([], [skipped('sgr-1', { ledgerError: LEDGER_ERROR, heldBy })]))
        .toEqual([['LEDGER_UNAVAILABLE', ['sgr-1']]]);
    }
  });

  test.each(TOLD)('rules are withheld for a hold that came in the meantime, as in a plan: %s', heldBy => {
    expect(told([], [skipped('sgr-1', { heldBy })])).toEqual([[heldBy, ['sgr-1']]]);
  });

  test.each<KeepReason>(['PAUSED', 'SETTLING', 'CONFIGURATION_CHANGING'])(
    'none is withheld that is put off meanwhile: %s', heldBy => {
      expect(told([], [skipped('sgr-1', { heldBy })])).toEqual([]);
    });

  test.each<Outcome>([
    'REVOKED', 'REVOKED_CHANGED', 'UNRECORDED', 'ALREADY_GONE', 'LEFT_TO_OTHER', 'CHANGED_MEANWHILE', 'FAILED',
  ])(
    'none is withheld that was tried, or that is no longer there to be: %s', outcome => {
      const causes: Array<Partial<RevocationOutcome>> = [{}, { ledgerError: LEDGER_ERROR }, { heldBy: 'OVER_LIMIT' }];
      expect(told([], causes.map(cause => anOutcome(outcome, cause)))).toEqual([]);
    });
});

test('rules that the plan keeps and rules that were begun are reported together if the reason is the same', () => {
  const outcomes = [skipped('sgr-2', { ledgerError: LEDGER_ERROR }), skipped('sgr-3')];
  expect(told([kept('LEDGER_UNAVAILABLE', 'sgr-1')], outcomes))
    .toEqual([['LEDGER_UNAVAILABLE', ['sgr-1', 'sgr-2']], ['SKIPPED', ['sgr-3']]]);
});

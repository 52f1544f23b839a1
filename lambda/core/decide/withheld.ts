/** Collects the revocations that a run planned but did not make, by reason. */
import { isWithheld, KEEP_REASONS, keepFacts, type KeepReason } from './reasons';
import type { DecodedConfiguration } from '../../../src/contract/configuration';
import type { SecurityGroupRule } from '../model/network';
import type { ChangingStack, KeptRule, Plan, RevocationOutcome, Withheld, WithheldReason } from '../model/result';

const FROM_PLAN = (Object.keys(KEEP_REASONS) as KeepReason[]).filter(isWithheld);

/**
 * Nothing is withheld when nothing was to be revoked: in a dry run, while the construct is disabled, during a pause,
 * and while the configuration settles. A rule that CloudFormation is changing is due later, unless that takes so long
 * that a person has to look.
 *
 * @param isPart whether this is one place of an organization, whose limit is about all places together
 */
export function withheldBy(
  { keep }: Plan,
  outcomes: readonly RevocationOutcome[],
  { enabled, dryRun, maxRevocationsPerSweep }: Pick<DecodedConfiguration, 'enabled' | 'dryRun' | 'maxRevocationsPerSweep'>,
  isPart = false,
): Withheld[] {
  const stuck = keep.filter(({ stack }) => stack?.isStuck);
  const waiting = keep.filter(({ reason }) => reason === 'OUTSIDE_WINDOW').flatMap(({ rule }) => rule ?? []);
  const skipped = outcomes.filter(({ outcome }) => outcome === 'SKIPPED');
  const rulesOf = (wanted: WithheldReason): SecurityGroupRule[] => [
    ...(dryRun || !enabled ? [] : keep.filter(({ reason }) => reason === wanted).flatMap(({ rule }) => rule ?? [])),
    ...skipped.filter(each => reasonOf(each) === wanted).map(({ rule }) => rule),
  ];
  return [
    ...FROM_PLAN.map(reason => ({ reason, rules: rulesOf(reason) })),
    { reason: 'STACK_IN_PROGRESS' as const, rules: stuck.flatMap(({ rule }) => rule ?? []), stacks: stacksOf(stuck) },
    // They wait as they should, but when the window opens, none of them is revoked.
    ...!isPart && waiting.length > maxRevocationsPerSweep ? [{ reason: 'OUTSIDE_WINDOW' as const, rules: waiting }] : [],
    { reason: 'SKIPPED' as const, rules: rulesOf('SKIPPED') },
  ].filter(({ rules }) => rules.length > 0);
}

const stacksOf = (kept: readonly KeptRule[]): ChangingStack[] =>
  [...new Map(kept.flatMap(({ stack }) => stack ? [[stack.stackId, stack] as const] : [])).values()];

/** @returns undefined if a pause or the settle time has postponed the revocation */
function reasonOf({ ledgerError, heldBy }: RevocationOutcome): WithheldReason | undefined {
  if (ledgerError) return 'LEDGER_UNAVAILABLE';
  if (isWithheld(heldBy)) return heldBy;
  return keepFacts(heldBy)?.kind === 'held' ? undefined : 'SKIPPED';
}

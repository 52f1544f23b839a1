/** Collects the revocations that a run planned but did not make, by reason. */
import { isWithheld, KEEP_REASONS, keepFacts, type KeepReason } from './reasons';
import type { DecodedConfiguration } from '../../../src/contract/configuration';
import type { SecurityGroupRule } from '../model/network';
import type { Plan, RevocationOutcome, Withheld, WithheldReason } from '../model/result';

const FROM_PLAN = (Object.keys(KEEP_REASONS) as KeepReason[]).filter(isWithheld);

/**
 * Nothing is withheld when nothing was to be revoked: in a dry run, while the construct is disabled, during a pause,
 * and while the configuration settles.
 */
export function withheldBy(
  { keep }: Plan,
  outcomes: readonly RevocationOutcome[],
  { enabled, dryRun }: Pick<DecodedConfiguration, 'enabled' | 'dryRun'>,
): Withheld[] {
  const skipped = outcomes.filter(({ outcome }) => outcome === 'SKIPPED');
  const rulesOf = (wanted: WithheldReason): SecurityGroupRule[] => [
    ...(dryRun || !enabled ? [] : keep.filter(({ reason }) => reason === wanted).flatMap(({ rule }) => rule ?? [])),
    ...skipped.filter(each => reasonOf(each) === wanted).map(({ rule }) => rule),
  ];
  return [...FROM_PLAN, 'SKIPPED' as const]
    .map(reason => ({ reason, rules: rulesOf(reason) }))
    .filter(({ rules }) => rules.length > 0);
}

/** @returns undefined if a pause or the settle time has postponed the revocation */
function reasonOf({ ledgerError, heldBy }: RevocationOutcome): WithheldReason | undefined {
  if (ledgerError) return 'LEDGER_UNAVAILABLE';
  if (isWithheld(heldBy)) return heldBy;
  return keepFacts(heldBy)?.kind === 'held' ? undefined : 'SKIPPED';
}

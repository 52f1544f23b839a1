/** The revocations that a run planned and did not do, by reason. */
import { isWithheld, KEEP_REASONS, keepFacts, type KeepReason } from './reasons';
import type { DecodedConfiguration } from '../../../src/contract/configuration';
import type { SecurityGroupRule } from '../model/network';
import type { Plan, RevocationOutcome, Withheld, WithheldReason } from '../model/result';

const FROM_PLAN = (Object.keys(KEEP_REASONS) as KeepReason[]).filter(isWithheld);

/**
 * Where nothing was to be done, nothing is withheld: in a dry run, while the construct is disabled, while a person has
 * paused revoking, and while the configuration settles.
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

/** @returns undefined for what a person or the time to settle has put off */
function reasonOf({ ledgerError, heldBy }: RevocationOutcome): WithheldReason | undefined {
  if (ledgerError) return 'LEDGER_UNAVAILABLE';
  const kind = keepFacts(heldBy)?.kind;
  if (kind !== 'held' && kind !== 'limit') return 'SKIPPED';
  return isWithheld(heldBy) ? heldBy : undefined;
}

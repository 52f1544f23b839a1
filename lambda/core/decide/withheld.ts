/** Collects the revocations that a run planned but did not make, by reason. */
import { endOfNotice } from './notice';
import { isWithheld, KEEP_REASONS, keepFacts, type KeepReason } from './reasons';
import { bindingWindow, type Terms } from './terms';
import type { DecodedConfiguration } from '../../../src/contract/configuration';
import { isOpen, nextOpening } from '../../../src/contract/revocation-window';
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
  configuration: Pick<DecodedConfiguration, 'enabled' | 'dryRun' | 'maxRevocationsPerSweep'> & Terms,
  now: Date, isPart = false,
): Withheld[] {
  const { enabled, dryRun, maxRevocationsPerSweep } = configuration;
  const stuck = keep.filter(({ stack }) => stack?.isStuck);
  const waiting = keep.filter(each => isLeftToOpening(each, configuration, now)).flatMap(({ rule }) => rule ?? []);
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

/** Whether a rule is due when the window opens next, unless a person has to approve that first. */
function isLeftToOpening({ reason, entry }: KeptRule, terms: Terms, now: Date): boolean {
  if (reason !== 'WITHIN_NOTICE' || entry === undefined) return reason === 'OUTSIDE_WINDOW';
  const window = bindingWindow(entry, terms, now);
  if (window === undefined || isOpen(window, now)) return false;
  const [end, opening] = [endOfNotice(entry.announced, terms.finalNoticeSeconds ?? 0), nextOpening(window, now)];
  return end !== undefined && opening !== undefined && end <= opening.getTime();
}

const stacksOf = (kept: readonly KeptRule[]): ChangingStack[] =>
  [...new Map(kept.flatMap(({ stack }) => stack ? [[stack.stackId, stack] as const] : [])).values()];

/** @returns undefined if a pause or the settle time has postponed the revocation */
function reasonOf({ ledgerError, heldBy }: RevocationOutcome): WithheldReason | undefined {
  if (ledgerError) return 'LEDGER_UNAVAILABLE';
  if (isWithheld(heldBy)) return heldBy;
  return keepFacts(heldBy)?.kind === 'held' ? undefined : 'SKIPPED';
}

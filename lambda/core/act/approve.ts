/**
 * Approves revocations for a person. It revokes nothing itself: it lifts `AWAITING_APPROVAL` for the rules that the
 * person was shown, and the next sweep decides about everything else.
 *
 * The request carries a digest of what the person was shown. If any rule of the request has changed since, nothing is
 * approved that the person has not seen.
 */
import { approvalEnd, digestOfSet } from '../decide/approval';
import { errorFacts } from '../errors';
import { approved } from '../ledger/approval';
import { shownBy } from '../ledger/asked';
import { change, ENTRIES_AT_A_TIME } from '../ledger/change';
import { inParallel } from '../lists';
import type { LogLevel } from '../model/delivery';
import type { LedgerEntry } from '../model/ledger';
import type { Clock, Ledger, Log } from '../ports';

/** The rules to approve: by their ids, or all that a sweep has asked for. */
export type ApproveRequest = {
  /** The digest of what was shown. */
  readonly digest: string;
  /** The name that the caller gives. Nothing verifies it. */
  readonly approvedBy?: string;
} & ({ readonly securityGroupRuleIds: readonly string[] } | { readonly sweepId: string });

/**
 * - `APPROVED`: the next sweep revokes the rule, unless something else keeps it
 * - `ALREADY_APPROVED`: it was approved before and the approval is still valid, so nothing was changed
 * - `CHANGED`: the rule, why it was found, or what replaces it is not what was shown, so nothing was changed
 * - `NOT_AWAITING`: the rule does not wait for an approval, so nothing was changed
 * - `UNKNOWN`: the ledger has no record of the rule
 * - `FAILED`: the ledger returned an error
 */
export type ApproveOutcome = 'APPROVED' | 'ALREADY_APPROVED' | 'CHANGED' | 'NOT_AWAITING' | 'UNKNOWN' | 'FAILED';

export interface ApprovedRule {
  readonly securityGroupRuleId: string;
  readonly outcome: ApproveOutcome;
  readonly groupId?: string;
  /** The end of the approval, in ISO 8601 and UTC, if it was given. */
  readonly validUntil?: string;
  readonly detail: string;
}

/** The answer to a request to approve. */
export interface ApproveReport {
  readonly approveId: string;
  readonly approvedBy?: string;
  /** The number of rules by outcome. */
  readonly counts: Partial<Record<ApproveOutcome, number>>;
  readonly rules: readonly ApprovedRule[];
}

export interface ApproveDependencies {
  readonly ledger: Ledger;
  readonly clock: Clock;
  readonly log: Log;
  /** The id of this invocation in the ledger. */
  readonly id: string;
  /** The name of the construct. Its function can read only records with this name. */
  readonly hygiene: string;
}

const LEVELS: Readonly<Record<ApproveOutcome, LogLevel>> = {
  APPROVED: 'WARN', ALREADY_APPROVED: 'INFO', CHANGED: 'WARN', NOT_AWAITING: 'WARN', UNKNOWN: 'WARN', FAILED: 'ERROR',
};

/** A rule and the digest of what was shown about it. */
interface Shown {
  readonly securityGroupRuleId: string;
  readonly digest: string;
}

/** @throws when the ledger cannot be read, or the digest is not that of what was shown; then nothing was approved */
export async function approve(request: ApproveRequest, dependencies: ApproveDependencies): Promise<ApproveReport> {
  const { ledger, log, id: approveId } = dependencies;
  const listed = 'sweepId' in request ? await listedBy(request, dependencies) : undefined;
  const ids = [...new Set('sweepId' in request ? listed?.map(({ securityGroupRuleId: id }) => id) : request.securityGroupRuleIds)];
  const { entries, unreadable } = await ledger.find(ids);
  const results = new Map<string, ApprovedRule>(ids.map(id => [id, unknown(id, dependencies)]));
  for (const { id, message } of unreadable) {
    results.set(id, { securityGroupRuleId: id, outcome: 'FAILED', detail: message });
  }
  const shown = new Map((listed ?? shownNow(entries)).map(each => [each.securityGroupRuleId, each]));
  // The digest of a list says what the person has seen. That of rules has to be the one of what is there now.
  const isAsShown = listed !== undefined || digestOfSet([...shown.values()]) === request.digest;
  await inParallel(ENTRIES_AT_A_TIME, entries, async entry => {
    const id = entry.securityGroupRuleId;
    results.set(id, await approveOne(entry, isAsShown ? shown.get(id) : undefined, request, dependencies));
  });
  const rules = ids.flatMap(id => results.get(id) ?? []);
  const counts: Partial<Record<ApproveOutcome, number>> = {};
  const { approvedBy } = request;
  for (const rule of rules) {
    const { securityGroupRuleId, outcome, detail } = rule;
    counts[outcome] = (counts[outcome] ?? 0) + 1;
    log(LEVELS[outcome], `Approving the revocation of ${securityGroupRuleId}: ${outcome}: ${detail}`, {
      event: 'Approval', approveId, approvedBy, digest: request.digest, ...rule,
    });
  }
  return { approveId, approvedBy, counts, rules };
}

/** @throws when the sweep has asked for nothing, or for something else than the digest says */
async function listedBy(
  { sweepId, digest }: { readonly sweepId: string; readonly digest: string }, { ledger, hygiene }: ApproveDependencies,
): Promise<readonly Shown[]> {
  const asked = await ledger.asked(sweepId);
  if (asked === undefined) {
    throw new Error(`The sweep ${sweepId} of ${hygiene} has asked for no approval. Nothing was approved`);
  }
  const shown = shownBy(asked, digest);
  if (shown === undefined) {
    throw new Error(`The digest ${digest} is not that of what the sweep ${sweepId} has shown. `
      + 'Nothing was approved. Look at the rules again');
  }
  return shown;
}

const shownNow = (entries: readonly LedgerEntry[]): Shown[] => entries.flatMap(
  ({ securityGroupRuleId, approval }) => approval ? [{ securityGroupRuleId, digest: approval.digest }] : []);

const REVOKED_NEXT = 'the next sweep revokes it, unless something else keeps it';

async function approveOne(
  entry: LedgerEntry, shown: Shown | undefined, { approvedBy }: ApproveRequest,
  { ledger, clock, id }: ApproveDependencies,
): Promise<ApprovedRule> {
  const { securityGroupRuleId, rule: { groupId } } = entry;
  const about = { securityGroupRuleId, groupId };
  try {
    const done = await change(ledger, entry, current =>
      current && shown && approved(current, shown, { id, now: clock.now(), approvedBy }));
    const { approval } = done.entry ?? {};
    return done.isWritten
      ? { ...about, outcome: 'APPROVED', validUntil: approval && approvalEnd(approval), detail: REVOKED_NEXT }
      : { ...about, ...whyNotApproved(done.entry, shown) };
  } catch (error) {
    const { code, message } = errorFacts(error);
    return { ...about, outcome: 'FAILED', detail: `nothing was changed: the ledger failed with ${code}: ${message}` };
  }
}

function whyNotApproved(
  entry: LedgerEntry | undefined, shown: Shown | undefined,
): Pick<ApprovedRule, 'outcome' | 'detail'> {
  if (entry === undefined) return { outcome: 'UNKNOWN', detail: 'someone has deleted its record' };
  const { state, approval } = entry;
  if (state !== 'OPEN' || approval === undefined) {
    const detail = state === 'OPEN'
      ? 'it does not wait for an approval; the findings table says what happens to it'
      : `it does not wait for an approval: the ledger has it as ${state}`;
    return { outcome: 'NOT_AWAITING', detail };
  }
  if (approval.approved !== undefined && (shown === undefined || approval.digest === shown.digest)) {
    return { outcome: 'ALREADY_APPROVED', detail: `it was approved at ${approval.approved.at}` };
  }
  const detail = 'the rule, why it was found, or what replaces it is not what the digest stands for; look at it again';
  return { outcome: 'CHANGED', detail };
}

function unknown(securityGroupRuleId: string, { hygiene }: ApproveDependencies): ApprovedRule {
  return { securityGroupRuleId, outcome: 'UNKNOWN', detail: `the ledger has no record of it under the name ${hygiene}` };
}

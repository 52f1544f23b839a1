/** The texts about announced revocations and about approvals, which are the same in the log, events and e-mails. */
import { moment } from './pause-words';
import { keptBecause, traffic } from './wording';
import { isWaitingReason } from '../decide/reasons';
import type { ApprovalRecord, LedgerEntry } from '../model/ledger';

/** Names what replaces a rule, as a text that follows its traffic. */
export function replacedWords({ replacing }: Pick<ApprovalRecord, 'replacing'>): string {
  return replacing === undefined ? '' : `, to be replaced by ${replacing.map(each => traffic(each)).join(', ')}`;
}

/** Says why an announced revocation does not take place, in words that follow "because". */
export function calledOffBecause({ state, keepReason, outcome, exemption }: LedgerEntry): string {
  if (state !== 'OPEN') return outcome?.detail ?? 'it is gone';
  if (keepReason !== undefined && !isWaitingReason(keepReason)) return keptBecause(keepReason);
  return exemption?.kind === 'until' ? `it was exempt until ${moment(exemption.until)}, or was modified` : 'it was modified';
}

/** Returns how the announcement of a revocation begins in every message. */
export const announcedStart = (securityGroupRuleId: string): string => `Announced: ${securityGroupRuleId} of `;

/** The texts about announced revocations and about approvals, which are the same in the log, events and e-mails. */
import { moment } from './pause-words';
import { keptBecause, traffic } from './wording';
import { isCallingOff } from '../decide/reasons';
import { outlasting } from '../ledger/exemption';
import type { ApprovalRecord } from '../model/ledger';
import type { EntryChange } from '../model/result';
import { isSameTraffic } from '../rules/sameness';

/** Names what replaces a rule, as a text that follows its traffic. */
export function replacedWords({ replacing }: Pick<ApprovalRecord, 'replacing'>): string {
  return replacing === undefined ? '' : `, to be replaced by ${replacing.map(each => traffic(each)).join(', ')}`;
}

/** Says why an announced revocation does not take place, in words that follow "because". */
export function calledOffBecause({ entry, previous }: Pick<EntryChange, 'entry' | 'previous'>): string {
  const { state, keepReason, outcome, exemption, rule } = entry;
  if (state !== 'OPEN') return outcome?.detail ?? 'it is gone';
  if (isCallingOff(keepReason)) return keptBecause(keepReason);
  if (previous !== undefined && isSameTraffic(previous.rule, rule)) {
    if (exemption?.kind === 'until' && outlasting(previous, exemption).announced === undefined) {
      return `it was exempt until ${moment(exemption.until)}`;
    }
    return 'something else is to replace it';
  }
  return 'it was modified';
}

/** Returns how the announcement of a revocation begins in every message. */
export const announcedStart = (securityGroupRuleId: string): string => `Announced: ${securityGroupRuleId} of `;

/** Returns what a run has to report about a finding after it has written the entry. */
import { isCalledOff } from './announcement';
import { isNewlyAsked } from './approval';
import { isOpen } from './entry';
import { newsOfExemption } from './exemption';
import type { LedgerEntry } from '../model/ledger';
import type { EntryChange } from '../model/result';

const OF_EXEMPTION = {
  ENDING: 'EXEMPTION_ENDING', ENDED: 'EXEMPTION_ENDED', INVALID: 'EXEMPTION_INVALID',
} as const;

/**
 * Returns the changes between the entry that a run has written and the one before. If only the wait has started over,
 * the finding was open already.
 */
export function newsOf(previous: LedgerEntry | undefined, entry: LedgerEntry): EntryChange[] {
  const changes: Array<EntryChange['change']> = [
    ...isOpen(previous) ? [] : ['OPENED' as const],
    ...newsOfExemption(previous, entry).map(each => OF_EXEMPTION[each]),
    ...isCalledOff(previous, entry) ? ['CALLED_OFF' as const] : [],
    ...isNewlyAsked(previous, entry) ? ['APPROVAL_REQUESTED' as const] : [],
  ];
  return changes.map(change => ({ change, entry, ...change === 'CALLED_OFF' && { previous } }));
}

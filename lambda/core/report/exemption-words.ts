/** The texts about exemptions by tags, which are the same in the log, events, e-mails and the findings table. */
import { moment } from './pause-words';
import { plain } from './wording';
import type { ExemptionChange, ExemptionRecord } from '../model/ledger';
import type { EntryChange } from '../model/result';

/** Names the tag and says whose it is, such as `the tag network-hygiene:exempt-until = 2027-03-31 of its group`. */
export function exemptionTag({ tag, value, on }: Pick<ExemptionRecord, 'tag' | 'value' | 'on'>): string {
  return plain(`${on === 'group' ? 'the' : 'its'} tag ${tag}${value === '' ? '' : ` = ${value}`}${on === 'group' ? ' of its group' : ''}`);
}

/** Says when an exemption ends. @param time formats a time for the reader */
export function exemptionEnd(exemption: ExemptionRecord, time: (iso: string) => string = moment): string {
  switch (exemption.kind) {
    case 'forever': return 'it does not end';
    case 'until': return `it ends at ${time(exemption.until)}`;
    case 'invalid': return 'its value is no day such as 2027-03-31, so it does not end until a person corrects it';
  }
}

const CHANGES: Readonly<Partial<Record<EntryChange['change'], ExemptionChange>>> = {
  EXEMPTION_ENDING: 'ENDING', EXEMPTION_ENDED: 'ENDED', EXEMPTION_INVALID: 'INVALID',
};

/** @returns undefined if a change of an entry is not one of its exemption */
export const exemptionChange = ({ change }: Pick<EntryChange, 'change'>): ExemptionChange | undefined => CHANGES[change];

/** @param about the rule, as a text that follows "The exemption of" */
export function exemptionMessage(change: ExemptionChange, about: string, exemption: ExemptionRecord): string {
  const by = exemptionTag(exemption);
  const why = exemption.reason === undefined ? '' : ` (${plain(exemption.reason)})`;
  const end = exemption.kind === 'until' ? ` at ${moment(exemption.until)}` : '';
  switch (change) {
    case 'ENDING':
      return `The exemption by ${by}${why} ends${end}: ${about}. After that the finding is open again, and its wait begins`;
    case 'ENDED':
      return `The exemption by ${by}${why} ended${end}, so the finding is open again, and its wait, its notice and its approval begin anew: ${about}`;
    case 'INVALID':
      return `The exemption by ${by}${why} has no end, because the value is no day such as 2027-03-31. `
        + `Correct the tag or remove it: ${about}`;
  }
}

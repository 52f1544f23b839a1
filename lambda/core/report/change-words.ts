/** The texts about who made a change, which are the same in the log, events, e-mails and the findings table. */
import { moment } from './pause-words';
import { plain } from './wording';
import type { ChangedBy, ChangeTool } from '../model/change';
import type { LedgerEntry } from '../model/ledger';
import type { SecurityGroupRule } from '../model/network';
import type { EntryChange, SweepResult } from '../model/result';
import { isSameTraffic } from '../rules/sameness';

const TOOLS: Readonly<Record<ChangeTool, string>> = {
  CloudFormation: 'CloudFormation', Terraform: 'Terraform', console: 'the console',
};

/** Longer than the ARN of any role session. Anyone can choose the end of it, which is the name of the session. */
const ARN_LENGTH = 300;

/**
 * Returns who made a change, in words that follow "changed", such as `by arn:aws:iam::111122223333:user/ann with the
 * console (AuthorizeSecurityGroupIngress at 2026-12-24 08:00 UTC, event 8f1e2d3c-…)`.
 *
 * @param time formats a time for the reader
 */
export function authorWords(author: ChangedBy, time: (iso: string) => string = moment): string {
  const at = author.at === undefined ? '' : ` at ${time(author.at)}`;
  const id = author.eventId === undefined ? '' : `, event ${plain(author.eventId)}`;
  return `${callerWords(author)} (${plain(author.eventName)}${at}${id})`;
}

/** Returns the caller and the tool, in words that follow "changed". */
function callerWords({ arn, tool }: ChangedBy): string {
  const caller = arn === undefined ? 'an unknown caller' : cut(plain(arn));
  return `by ${caller}${tool === undefined ? '' : ` with ${TOOLS[tool]}`}`;
}

/** Returns a sentence that begins with a full stop, to go after another one. @returns '' if nobody is known */
export function changedSentence(changedBy: ChangedBy | undefined): string {
  return changedBy === undefined ? '' : `. Changed ${authorWords(changedBy)}`;
}

function cut(text: string): string {
  const characters = [...text];
  return characters.length > ARN_LENGTH ? `${characters.slice(0, ARN_LENGTH).join('')}...` : text;
}

/** Returns who opened or ended a finding. Only the entry of a healed rule says who ended it. */
export function whoChanged({ change, entry: { state, changedBy } }: EntryChange): ChangedBy | undefined {
  return change === 'OPENED' || state === 'HEALED' ? changedBy : undefined;
}

/** Returns who made a rule what it was when it was revoked. */
export function madeBy(entry: LedgerEntry | undefined, rule: SecurityGroupRule): ChangedBy | undefined {
  return entry !== undefined && isSameTraffic(entry.rule, rule) ? entry.changedBy : undefined;
}

/** Returns the known entries of the rules of a run, by rule id. */
export function entriesOf(
  { entries, changes }: Pick<SweepResult, 'entries' | 'changes'>,
): ReadonlyMap<string, LedgerEntry> {
  return new Map([...entries ?? [], ...changes.map(({ entry }) => [entry.securityGroupRuleId, entry] as const)]);
}

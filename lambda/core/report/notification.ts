/** What a person is told of a sweep, by e-mail: its events in words, the urgent first. */
import { ascii } from './wording';
import { EventType, type EventTypeName } from '../../../src/contract/names';
import type { HygieneEvent, Notification } from '../model/delivery';

/** What comes first, and how it is headed and counted. */
const SECTIONS: ReadonlyArray<readonly [type: EventTypeName, heading: string, one: string, many: string]> = [
  [EventType.PAUSE_CHANGED, 'Pause', 'pause change', 'pause changes'],
  [EventType.VPN_CONNECTION_STATE_CHANGED, 'VPN connections', 'VPN change', 'VPN changes'],
  [EventType.REVOCATION_WITHHELD, 'Withheld', 'withheld', 'withheld'],
  [EventType.INGRESS_RULE_REVOKED, 'Revoked', 'revoked', 'revoked'],
  [EventType.FINDING_OPENED, 'New findings', 'new finding', 'new findings'],
  [EventType.FINDING_RESOLVED, 'Resolved findings', 'resolved', 'resolved'],
];

/** A mail of thousands of lines is read by nobody, and SNS takes 256 KB; a character can be four bytes. */
const LINES_PER_SECTION = 30;
const LINE_LENGTH = 400;

/** SNS takes 100 characters of ASCII. */
const SUBJECT_LENGTH = 100;

/**
 * @param teller what the id of the events is of
 * @returns nothing when there is nothing to tell
 */
export function notification(
  events: readonly HygieneEvent[], teller: 'Sweep' | 'Invocation' = 'Sweep',
): Notification | undefined {
  const [first] = events;
  if (first === undefined) return undefined;
  // Of a rule that was revoked, that is all there is to tell.
  const revoked = new Set(
    events
      .filter(({ type }) => type === EventType.INGRESS_RULE_REVOKED)
      .map(({ detail }) => detail.securityGroupRuleId),
  );
  const isRest = ({ type }: HygieneEvent): boolean =>
    type === EventType.FINDING_OPENED || type === EventType.FINDING_RESOLVED;
  const told = events.filter(event => !(isRest(event) && revoked.has(event.detail.securityGroupRuleId)));
  const sections = SECTIONS.map(([type, ...words]) => ({
    words,
    of: told.filter(event => event.type === type),
  })).filter(({ of }) => of.length > 0);
  const counts = sections
    .map(({ words: [, one, many], of }) => `${of.length} ${of.length === 1 ? one : many}`)
    .join(', ');
  const { hygiene, sweepId } = first.detail;
  const commands = told.flatMap(({ detail }) =>
    typeof detail.restoreCommand === 'string' ? [detail.restoreCommand] : [],
  );
  const lines = sections.flatMap(({ words: [heading], of }) => [`${heading} (${of.length})`, ...section(of), '']);
  return {
    subject: subject(counts, hygiene),
    message: [
      `${hygiene}: ${counts}.`,
      '',
      ...lines,
      ...(commands.length === 0
        ? []
        : ['To put a revoked rule back', ...commands.slice(0, LINES_PER_SECTION).map(command => `  ${command}`)]),
      ...(commands.length > LINES_PER_SECTION
        ? [`  and ${commands.length - LINES_PER_SECTION} more; the findings table has each`]
        : []),
      ...(commands.length === 0 ? [] : ['']),
      `${teller} ${sweepId}. The log and the ledger of ${hygiene} have the rest.`,
    ].join('\n'),
  };
}

function section(events: readonly HygieneEvent[]): string[] {
  const lines = events.slice(0, LINES_PER_SECTION).map(({ detail: { message } }) => `- ${cut(message)}`);
  return events.length > LINES_PER_SECTION ? [...lines, `- and ${events.length - LINES_PER_SECTION} more`] : lines;
}

/** By whole characters, of which some are two units. */
function cut(text: string): string {
  const characters = [...text];
  return characters.length > LINE_LENGTH ? `${characters.slice(0, LINE_LENGTH).join('')}...` : text;
}

/** What happened comes first; of a long path the end tells most. */
function subject(counts: string, hygiene: string): string {
  const room = SUBJECT_LENGTH - counts.length - ' in '.length;
  const path = hygiene.length <= room ? hygiene : `...${hygiene.slice(hygiene.length - Math.max(0, room - 3))}`;
  return ascii(`${counts} in ${path}`).slice(0, SUBJECT_LENGTH);
}

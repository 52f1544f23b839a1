/** Creates the e-mail about a sweep: its events and notices in words, the urgent ones first. */
import { ascii } from './wording';
import { EventType } from '../../../src/contract/names';
import type { Notification, Tiding } from '../model/delivery';

/** The sections in order, with their headings and the words for their counts. */
const SECTIONS: ReadonlyArray<readonly [type: Tiding['type'], heading: string, one: string, many: string]> = [
  [EventType.PAUSE_CHANGED, 'Pause', 'pause change', 'pause changes'],
  [EventType.COVERAGE_LOST, 'Could not be looked at', 'not looked at', 'not looked at'],
  [EventType.COVERAGE_RESTORED, 'Looked at again', 'looked at again', 'looked at again'],
  [EventType.VPN_CONNECTION_STATE_CHANGED, 'VPN connections', 'VPN change', 'VPN changes'],
  ['VPN Connection Pending', 'Pending VPN connections', 'pending VPN connection', 'pending VPN connections'],
  [EventType.APPROVAL_REQUESTED, 'Awaiting approval', 'approval request', 'approval requests'],
  [EventType.REVOCATION_ANNOUNCED, 'Announced', 'announced', 'announced'],
  [EventType.REVOCATION_WITHHELD, 'Withheld', 'withheld', 'withheld'],
  [EventType.INGRESS_RULE_REVOKED, 'Revoked', 'revoked', 'revoked'],
  [EventType.REVOCATION_CALLED_OFF, 'Called off', 'called off', 'called off'],
  [EventType.EXEMPTION_CHANGED, 'Exemptions', 'exemption change', 'exemption changes'],
  [EventType.FINDING_OPENED, 'New findings', 'new finding', 'new findings'],
  [EventType.FINDING_RESOLVED, 'Resolved findings', 'resolved', 'resolved'],
  [
    EventType.UNUSED_SECURITY_GROUP_FOUND, 'Unused security groups', 'unused security group', 'unused security groups',
  ],
  [
    EventType.UNUSED_SECURITY_GROUP_RESOLVED, 'Security groups that are no longer unused', 'no longer unused',
    'no longer unused',
  ],
];

/** The limits keep the mail readable and within the 256 KB that SNS accepts, with up to four bytes per character. */
const LINES_PER_SECTION = 24;
const LINES_OF_SECTIONS = 168;
const LINE_LENGTH = 340;

/** SNS accepts 100 ASCII characters. */
const SUBJECT_LENGTH = 100;

/**
 * @param teller the sender whose id the events have
 * @param further the number of events of each type that are not among these, but count
 * @returns undefined if there are no events
 */
export function notification(
  events: readonly Tiding[], teller: 'Sweep' | 'Invocation' = 'Sweep', further: Readonly<Record<string, number>> = {},
): Notification | undefined {
  const [first] = events;
  if (first === undefined) return undefined;
  // Other events of a revoked rule are left out, because its revocation says everything.
  const revoked = new Set<string>(
    events
      .filter(({ type }) => type === EventType.INGRESS_RULE_REVOKED)
      .flatMap(({ detail: { securityGroupRuleId: id } }) => typeof id === 'string' ? [id] : []),
  );
  const isRest = ({ type }: Tiding): boolean =>
    type === EventType.FINDING_OPENED || type === EventType.FINDING_RESOLVED;
  const told = events.filter(event => !(isRest(event) && revoked.has(String(event.detail.securityGroupRuleId))));
  const sections = SECTIONS.map(([type, ...words]) => {
    const of = told.filter(event => event.type === type);
    return { words, of, count: of.length + (further[type] ?? 0) };
  }).filter(({ count }) => count > 0);
  const counts = sections.map(({ words: [, one, many], count }) => `${count} ${count === 1 ? one : many}`).join(', ');
  const { hygiene, sweepId } = first.detail;
  const commands = told.flatMap(({ detail }) =>
    typeof detail.restoreCommand === 'string' ? [detail.restoreCommand] : [],
  );
  const lines = sections.flatMap(({ words: [heading], of, count }) =>
    [`${heading} (${count})`, ...section(of, count, Math.floor(LINES_OF_SECTIONS / sections.length)), '']);
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

function section(events: readonly Tiding[], count: number, most: number): string[] {
  const lines = events.slice(0, Math.min(most, LINES_PER_SECTION)).map(({ detail: { message } }) => `- ${cut(message)}`);
  return count > lines.length ? [...lines, `- and ${count - lines.length} more`] : lines;
}

/** Cuts between whole characters, because some consist of two code units. */
function cut(text: string): string {
  const characters = [...text];
  return characters.length > LINE_LENGTH ? `${characters.slice(0, LINE_LENGTH).join('')}...` : text;
}

/** Starts with what happened. A long name keeps its end, which is the most specific part. */
function subject(counts: string, hygiene: string): string {
  const room = SUBJECT_LENGTH - counts.length - ' in '.length;
  const path = hygiene.length <= room ? hygiene : `...${hygiene.slice(hygiene.length - Math.max(0, room - 3))}`;
  return ascii(`${counts} in ${path}`).slice(0, SUBJECT_LENGTH);
}

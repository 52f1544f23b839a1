/** Creates the message about a sweep: its events and notices in words, the urgent ones first. */
import { groupsToApprove, linesOf, thingsIn } from './news-lines';
import { ascii } from './wording';
import { EventType } from '../../../src/contract/names';
import type { News, NewsCommands, NewsSection, Notification, Tiding } from '../model/delivery';

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

/** Sorts events by the order of the sections, so that the first ones are the most urgent. */
export function byUrgency<T extends Pick<Tiding, 'type'>>(events: readonly T[]): T[] {
  const order = new Map(SECTIONS.map(([type], index) => [type, index]));
  const placeOf = ({ type }: T): number => order.get(type) ?? SECTIONS.length;
  return [...events].sort((one, other) => placeOf(one) - placeOf(other));
}

/** The limits keep the message readable. */
export const LINES_PER_SECTION = 24;
const LINE_LENGTH = 340;

/** An announcement that a message does not name is made again. So a message names many times more, if it has room. */
const ANNOUNCED_TIMES = [10, 3, 1];

/** SNS accepts 256 KB, and a character has up to four bytes. */
export const SNS_BYTES = 262_144;

/** SNS accepts 100 ASCII characters. */
const SUBJECT_LENGTH = 100;

/**
 * The purposes of commands, the most urgent first, each with the member of an event that has the command, and where all
 * of them are.
 */
const PURPOSES = [
  ['To approve them', 'approveCommand', 'the events have each'],
  ['To put a revoked rule back', 'restoreCommand', 'the findings table has each'],
] as const;

/** Says where the commands are that have no room. */
export const moreCommands = (count: number, { elsewhere }: NewsCommands): string => `and ${count} more; ${elsewhere}`;

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
  const shown = told.filter(isShownWhole());
  const sections = SECTIONS.map(([type, heading, one, many]) => {
    const own = told.filter(event => event.type === type);
    const lines = own.flatMap(linesOf);
    const count = own.reduce((sum, event) => sum + thingsIn(event), further[type] ?? 0);
    return { type, heading, lines, count, counted: `${count} ${count === 1 ? one : many}` };
  }).filter(({ count }) => count > 0);
  const { hygiene, sweepId } = first.detail;
  const news: News = {
    hygiene, sweepId, sections, counts: sections.map(({ counted }) => counted).join(', '),
    commands: PURPOSES.map(([purpose, member, elsewhere]) => {
      const of = (some: readonly Tiding[]): string[] => texts(some, detail => detail[member]);
      return { purpose, each: of(shown), count: of(told).length, elsewhere };
    }).filter(({ count }) => count > 0),
    resources: [...new Set(told.flatMap(resourcesOf))],
    closing: `${teller} ${sweepId}. The log and the ledger of ${hygiene} have the rest.`,
  };
  return {
    subject: ascii(headline(news, SUBJECT_LENGTH)).slice(0, SUBJECT_LENGTH), message: textOf(news), news,
  };
}

/** Whether a message shows an event whole. A command must not approve rules that the message does not show. */
function isShownWhole(): (event: Tiding) => boolean {
  let lines = 0;
  return event => {
    if (event.type !== EventType.APPROVAL_REQUESTED) return true;
    lines += linesOf(event).length;
    return lines <= LINES_PER_SECTION;
  };
}

/** Returns the ids of the security groups or the VPN connection that an event is about. */
function resourcesOf(event: Tiding): string[] {
  const { groupId, vpnConnectionId } = event.detail;
  const ids = [groupId ?? vpnConnectionId, ...groupsToApprove(event)];
  return ids.filter(id => typeof id === 'string');
}

function texts(told: readonly Tiding[], of: (detail: Tiding['detail']) => unknown): string[] {
  return told.flatMap(({ detail }) => {
    const value = of(detail);
    return typeof value === 'string' ? [value] : [];
  });
}

/** Lists fewer things of each kind, if the text would be longer than SNS accepts. */
function textOf(news: News): string {
  for (let most = LINES_PER_SECTION; ; most = Math.floor(most / 2)) {
    for (const times of ANNOUNCED_TIMES) {
      const text = textWith(news, most, most * times);
      if (most === 0 || Buffer.byteLength(text) <= SNS_BYTES) return text;
    }
  }
}

function textWith(
  { hygiene, counts, sections, commands, closing }: News, most: number, mostAnnounced: number,
): string {
  return [
    `${hygiene}: ${counts}.`,
    '',
    ...sections.flatMap(section => {
      const isAnnounced = section.type === EventType.REVOCATION_ANNOUNCED;
      return [`${section.heading} (${section.count})`, ...listed(section, isAnnounced ? mostAnnounced : most), ''];
    }),
    ...commands.flatMap(each => [...commandLines(each, most), '']),
    closing,
  ].join('\n');
}

function commandLines(commands: NewsCommands, most: number): string[] {
  const { purpose, each, count } = commands;
  const shown = each.slice(0, most).map(command => `  ${command}`);
  const left = count - shown.length;
  return [purpose, ...shown, ...left > 0 ? [`  ${moreCommands(left, commands)}`] : []];
}

function listed({ lines, count }: NewsSection, most: number): string[] {
  const shown = lines.slice(0, most).map(line => `- ${cut(line)}`);
  return count > shown.length ? [...shown, `- and ${count - shown.length} more`] : shown;
}

/** Cuts between whole characters, because some consist of two code units. */
export function cut(text: string): string {
  const characters = [...text];
  return characters.length > LINE_LENGTH ? `${characters.slice(0, LINE_LENGTH).join('')}...` : text;
}

/** Starts with what happened. A long name keeps its end, which is the most specific part. */
export function headline({ counts, hygiene }: Pick<News, 'counts' | 'hygiene'>, length: number): string {
  const room = length - counts.length - ' in '.length;
  const path = hygiene.length <= room ? hygiene : `...${hygiene.slice(hygiene.length - Math.max(0, room - 3))}`;
  return `${counts} in ${path}`;
}

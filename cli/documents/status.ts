/** The state of a deployed construct, as its ledger has it. It is the findings table in words. */
import { type Gap, gapSection } from './errors';
import { type Place, placeLines, plural } from './place';
import { becauseOf } from '../../lambda/core/decide/because';
import { isTrusted } from '../../lambda/core/decide/hold';
import { candidates, inOrder, isSettling, prospect, type Prospect } from '../../lambda/core/decide/prospect';
import type { ErrorFacts } from '../../lambda/core/errors';
import { digestOfRequest, MOST_ASKED, RULES_PER_REQUEST } from '../../lambda/core/ledger/asked';
import type { Items, LedgerEntry, SweepEntry, VpnConnectionEntry } from '../../lambda/core/model/ledger';
import type { PauseReading } from '../../lambda/core/model/result';
import {
  failureOf, isOnlyReported, isSeenBy, type PlaceItems, whatFailed,
} from '../../lambda/core/organization/findings-page/place-state';
import { age } from '../../lambda/core/report/findings-page/time';
import { moment, reasonOf } from '../../lambda/core/report/pause-words';
import { group, reason, traffic, vpnStatusWords } from '../../lambda/core/report/wording';
import type { Cell, Document, Tone } from '../render/document';

export interface Status {
  readonly place: Place;
  /** The items of the organization about the place. Absent: the ledger is of one account and Region. */
  readonly items?: PlaceItems;
  readonly hygiene: string;
  readonly table: string;
  readonly rules: Items<LedgerEntry>;
  readonly vpnConnections: Items<VpnConnectionEntry>;
  readonly sweep?: SweepEntry;
  /** Why the record of the latest sweep cannot be read. */
  readonly sweepError?: ErrorFacts;
  readonly pause: PauseReading;
  readonly now: Date;
}

/** Without a rate, a sweep that is older than a weekly schedule says nothing about now. */
const OLD_MILLIS = 8 * 24 * 3_600_000;

/** With a rate, the latest sweep is old when this many should have followed. */
const MISSED_SWEEPS = 3;

/** Says everything that the ledger does not know, so that few open findings do not look like a clean network. */
export function unknownIn({ rules, vpnConnections, sweep, sweepError, pause, now, items }: Status): string[] {
  const unread = vpnConnections.entries.filter(({ status }) => status === 'UNKNOWN');
  return [
    ...[...rules.unreadable, ...vpnConnections.unreadable].map(({ message }) => message),
    ...sweepError === undefined ? [] : [sweepError.message],
    ...pause.error === undefined ? [] : [`Whether revoking is paused cannot be read, which counts as a pause: ${pause.error.message}`],
    ...sweep === undefined && sweepError === undefined ? ['No sweep has been recorded yet'] : [],
    ...sweep === undefined ? [] : sweepGaps(sweep, now),
    ...items === undefined ? [] : placeGaps(items, now),
    ...unread.map(({ vpnConnectionId }) => `EC2 gives no telemetry of ${vpnConnectionId}`),
  ];
}

/** A place that the latest run did not look at has an old ledger. */
function placeGaps(items: PlaceItems, now: Date): string[] {
  const failure = failureOf(items);
  if (failure !== undefined) {
    return [`${whatFailed(items)}, since ${moment(failure.since)}: ${failure.code}: ${failure.message}`];
  }
  if (items.unreadable.length > 0) return [...items.unreadable];
  return isSeenBy(items, now) ? [] : ['The latest run did not look at it'];
}

function sweepGaps(sweep: SweepEntry, now: Date): string[] {
  const { startedAt, scheduleSeconds, scanErrors, errors, vpcsNotCovered = [] } = sweep;
  const { looksAtVpnConnections, recordedVpnConnections } = sweep;
  const most = scheduleSeconds === undefined ? OLD_MILLIS : MISSED_SWEEPS * scheduleSeconds * 1000;
  const isOld = !(now.getTime() - Date.parse(startedAt) <= most);
  return [
    ...isOld ? [`No sweep has been recorded for ${age(startedAt, now)}`] : [],
    ...scanErrors > 0 ? [`The latest sweep could not look at or record ${plural(scanErrors, 'thing')}: ${errors.join('; ')}`] : [],
    ...vpcsNotCovered.length > 0 ? [`The latest sweep may not look for stale rules in ${vpcsNotCovered.join(', ')}`] : [],
    ...looksAtVpnConnections && !recordedVpnConnections ? ['The latest sweep could not read or record VPN connections'] : [],
  ];
}

export const openIn = (status: Status): number => openOf(status).length + badConnections(status).length;

const badConnections = ({ vpnConnections }: Status): VpnConnectionEntry[] =>
  vpnConnections.entries.filter(({ status }) => !['UP', 'PENDING', 'UNKNOWN'].includes(status));

interface OpenFinding {
  readonly entry: LedgerEntry;
  readonly prospect: Prospect;
}

function openOf({
  rules: { entries, unreadable }, sweep, sweepError, pause, table, now, items, place: { account, region },
}: Status): OpenFinding[] {
  const context = {
    sweep, isSweepUnreadable: sweepError !== undefined, candidates: candidates(entries) + unreadable.length, pause,
    isTrusted: isTrusted(pause.control, { table }), now, time,
    ...items && { place: { account, region, isReportOnly: isOnlyReported(items) } },
  };
  return inOrder(entries.filter(({ state }) => state === 'OPEN' || state === 'PENDING')
    .map(entry => ({ entry, prospect: prospect(entry, context) })));
}

const time = (at: string | number): string => moment(new Date(at).toISOString());

const TONES: Readonly<Record<Prospect['kind'], Tone>> = {
  'decide': 'bad', 'failed': 'bad', 'revoke': 'bad', 'unknown': 'warn', 'wait': 'warn', 'by-hand': 'warn',
  'dry-run': 'quiet', 'keep': 'quiet',
};

const REVOCATIONS_SHOWN = 20;

/** @param refused why other ledgers could not be read */
export function statusDocument(statuses: readonly Status[], refused: readonly Gap[] = []): Document {
  const several = statuses.length > 1;
  const isOfPlaces = statuses[0].items !== undefined;
  return {
    title: several ? `Status of ${plural(statuses.length, isOfPlaces ? 'Region' : 'construct')}${isOfPlaces ? ` by ${statuses[0].hygiene}` : ''}`
      : `Status of ${nameOf(statuses[0])}`,
    lead: placeLines(statuses.map(({ place }) => place)),
    sections: [...gapSection(refused), ...statuses.flatMap(status => {
      const named = (title: string): string => several ? `${title} of ${nameOf(status)}` : title;
      const open = openOf(status);
      const revoked = status.rules.entries.filter(({ state }) => state === 'REVOKED')
        .sort((a, b) => revokedAt(b) < revokedAt(a) ? -1 : 1);
      return [
        { title: named('State'), sentences: stateSentences(status), tables: [] },
        {
          title: named('Open findings'),
          sentences: open.length === 0 ? [{ text: 'The ledger has no open finding.' }] : [],
          tables: open.length === 0 ? [] : [{
            columns: [
              { title: 'What happens', isProse: true }, { title: 'Rule', isProse: true },
              { title: 'Traffic', isProse: true }, { title: 'Found because', isProse: true }, { title: 'Since' },
            ],
            rows: open.map(({ entry, prospect: { sentence, kind } }) => [
              { text: sentence, tone: TONES[kind] }, { text: `${entry.securityGroupRuleId} in ${group(entry)}` },
              { text: traffic(entry.rule) }, { text: reason(becauseOf(entry)) },
              { text: age(entry.firstSeen, status.now) },
            ]),
          }],
        },
        ...approvalTable(status, named('Awaiting approval')),
        {
          title: named('Revoked rules'),
          sentences: [{
            text: revoked.length === 0 ? 'No rule that can be put back.'
              : `${plural(revoked.length, 'rule')} can be put back with \`restore\`.${revoked.length > REVOCATIONS_SHOWN
                ? ` The latest ${REVOCATIONS_SHOWN}:` : ''}`,
          }],
          tables: revoked.length === 0 ? [] : [{
            columns: [
              { title: 'Revoked' }, { title: 'Rule', isProse: true }, { title: 'Traffic', isProse: true },
            ],
            rows: revoked.slice(0, REVOCATIONS_SHOWN).map(entry => [
              { text: moment(revokedAt(entry)) }, { text: `${entry.securityGroupRuleId} in ${group(entry)}` },
              { text: traffic(entry.rule) },
            ]),
          }],
        },
        ...vpnTable(status, named('VPN connections')),
      ];
    })],
    closing: statuses.map(status => ({
      text: `${several ? `${status.hygiene} in ${status.place.region}: ` : ''}${summary(status)}.`,
      tone: unknownIn(status).length > 0 ? 'bad' : openIn(status) > 0 ? 'warn' : 'good',
    })),
    data: { version: 1, command: 'status', constructs: statuses.map(dataOf), couldNotLook: refused },
    records: { columns: [], rows: [] },
  };
}

const nameOf = ({ hygiene, items, place: { account, region } }: Status): string =>
  items ? `${hygiene} in account ${account}, Region ${region}` : hygiene;

function summary(status: Status): string {
  const unknown = unknownIn(status).length;
  const { sweep } = status;
  return [
    ...sweep?.looksAtRules === false ? ['Rules are not looked at'] : [plural(openOf(status).length, 'open finding')],
    ...sweep?.looksAtVpnConnections === false ? []
      : [`${plural(badConnections(status).length, 'VPN connection')} with a problem`],
    ...unknown > 0 ? [`${plural(unknown, 'thing is', 'things are')} not known`] : [],
  ].join(', ');
}

const revokedAt = ({ outcome, lastSeen }: LedgerEntry): string => outcome?.at ?? lastSeen;

function vpnTable({ vpnConnections: { entries } }: Status, title: string): Document['sections'] {
  if (entries.length === 0) return [];
  return [{
    title, sentences: [],
    tables: [{
      columns: [{ title: 'Status' }, { title: 'VPN connection' }, { title: 'Since' }],
      rows: entries.map(({ status, vpnConnectionId, name, since }) => [
        { text: vpnStatusWords(status), tone: status === 'UP' ? 'good' : 'warn' },
        { text: name === undefined ? vpnConnectionId : `${vpnConnectionId} (${name})` }, { text: moment(since) },
      ]),
    }],
  }];
}

/** A rule that waits for its approval, as the person is shown it who approves. */
interface Awaiting {
  readonly entry: LedgerEntry;
  readonly replacedBy?: readonly string[];
  /** The digest that approves this rule alone. */
  readonly digest: string;
}

const awaitingIn = ({ rules: { entries } }: Status): Awaiting[] => entries.flatMap(entry => {
  const { state, keepReason, approval } = entry;
  if (state !== 'OPEN' || keepReason !== 'AWAITING_APPROVAL' || !approval || approval.approved) return [];
  return [{ entry, replacedBy: approval.replacing?.map(each => traffic(each)), digest: digestOfRequest([entry]) }];
});

/** The rules of one request to approve. */
const allOf = (awaiting: readonly Awaiting[]): LedgerEntry[] => awaiting.slice(0, MOST_ASKED).map(({ entry }) => entry);

/** Returns the command that approves rules, without the options that find the function. */
function approveWords(entries: readonly LedgerEntry[], { items, place: { account, region } }: Status): string {
  const where = items === undefined ? '' : ` --account ${account} --region ${region}`;
  return `npx cdk-network-hygiene approve ${entries.map(({ securityGroupRuleId: id }) => id).join(' ')} --digest ${digestOfRequest(entries)}${where}`;
}

/** A sentence has no room for the ids of very many rules. */
const howToApprove = (entries: readonly LedgerEntry[], status: Status): string =>
  entries.length > RULES_PER_REQUEST
    ? 'To approve them, give the ids of all of them to approve, with this digest'
    : `To approve them, with the options that find the function: ${approveWords(entries, status)}`;

function approvalTable(status: Status, title: string): Document['sections'] {
  const awaiting = awaitingIn(status);
  if (awaiting.length === 0) return [];
  const all = allOf(awaiting);
  const those = all.length < awaiting.length ? `the first ${all.length} of these rules` : 'all these rules';
  return [{
    title,
    sentences: [
      { text: 'A person has to approve the revocation of these rules. The digest of a rule approves it alone.' },
      { text: `The digest of ${those} together is ${digestOfRequest(all)}. ${howToApprove(all, status)}` },
    ],
    tables: [{
      columns: [
        { title: 'Digest' }, { title: 'Rule', isProse: true }, { title: 'Traffic', isProse: true },
        { title: 'Found because', isProse: true }, { title: 'Replaced by', isProse: true },
      ],
      rows: awaiting.map(({ entry, replacedBy = [], digest }) => [
        { text: digest }, { text: `${entry.securityGroupRuleId} in ${group(entry)}` }, { text: traffic(entry.rule) },
        { text: reason(becauseOf(entry)) }, { text: replacedBy.join(', ') },
      ]),
    }],
  }];
}

function approvalData(status: Status): unknown {
  const awaiting = awaitingIn(status);
  if (awaiting.length === 0) return undefined;
  const all = allOf(awaiting);
  return {
    digest: digestOfRequest(all), command: approveWords(all, status),
    rules: awaiting.map(({ entry, replacedBy, digest }) => ({ ...entryData(entry), replacedBy, digest })),
  };
}

const isOnlyReportedIn = ({ items }: Status): boolean => items !== undefined && isOnlyReported(items);

const ONLY_REPORTED = 'Everything in the account is only reported';

function stateSentences(status: Status): Cell[] {
  const { sweep, pause, now, table } = status;
  const since = pause.control?.configuration?.since;
  return [
    ...unknownIn(status).map(text => ({ text: `${text}.`, tone: 'bad' as const })),
    ...sweep === undefined ? []
      : [{ text: `The latest sweep was ${age(sweep.startedAt, now)} ago, at ${moment(sweep.startedAt)}.` }],
    ...since === undefined ? [] : [{ text: `The configuration is in force since ${moment(since)}.` }],
    ...sweep?.dryRun ? [{ text: 'It is a dry run: nothing is revoked.' }] : [],
    ...sweep?.enabled === false ? [{ text: `${isOnlyReportedIn(status) ? ONLY_REPORTED : 'enabled is false'}: nothing is revoked.` }] : [],
    ...isSettling(sweep, now) ? [{ text: `Nothing is revoked before ${moment(sweep.settlesUntil)}, while it settles.` }] : [],
    ...pause.pause === undefined ? [] : [{
      text: `Revoking is paused until ${moment(pause.pause.until)}: ${reasonOf(pause.pause)}.`, tone: 'warn' as const,
    }],
    ...isTrusted(pause.control, { table }) ? [] : [{
      text: `The ledger was made for the table ${pause.control?.table}, and is kept in ${table}. Nothing is revoked.`,
      tone: 'bad' as const,
    }],
  ];
}

function dataOf(status: Status): unknown {
  const { place, hygiene, rules, vpnConnections, sweep, pause } = status;
  return {
    hygiene, account: place.account, region: place.region, role: place.arn,
    configurationSince: pause.control?.configuration?.since,
    pause: { state: pause.state, until: pause.pause?.until, reason: pause.pause?.reason },
    latestSweep: sweep,
    openFindings: openOf(status).map(({ entry, prospect: { sentence, kind, notBefore } }) => ({
      ...entryData(entry), what: sentence, kind,
      notBefore: notBefore === undefined ? undefined : new Date(notBefore).toISOString(),
    })),
    awaitingApproval: approvalData(status),
    revoked: rules.entries.filter(({ state }) => state === 'REVOKED')
      .map(entry => ({ ...entryData(entry), revokedAt: revokedAt(entry) })),
    vpnConnections: vpnConnections.entries.map(({ vpnConnectionId, name, status: state, since }) =>
      ({ vpnConnectionId, name, status: state, since })),
    notKnown: unknownIn(status),
  };
}

const entryData = (entry: LedgerEntry) => ({
  securityGroupRuleId: entry.securityGroupRuleId, groupId: entry.rule.groupId, groupName: entry.groupName,
  vpcId: entry.vpcId, traffic: traffic(entry.rule), because: reason(becauseOf(entry)), keepReason: entry.keepReason,
  firstSeen: entry.firstSeen, lastSeen: entry.lastSeen,
});

/**
 * Renders the findings table from the ledger, as a page for a custom widget of a CloudWatch dashboard. This file is
 * pure.
 *
 * CloudWatch strips scripts, so the page has none. A click calls the function again, with nothing but the pages to
 * show.
 *
 * @see https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/add_custom_widget_dashboard_interactivity.html
 */
import { copyBanner, pauseBanner, settlingBanner, unreadableBanner } from './banners';
import { exemptionsSection } from './exemptions';
import { frame } from './frame';
import { html, type Html, type Value } from './html';
import { order, type Page, pageOf } from './paging';
import { type Call, count, heading, none, number, pageButtons, range, table } from './parts';
import type { PageRequest } from './request';
import { icon, type Tone } from './style';
import { isOld, sweepLine } from './sweep-line';
import { age, ago, timeFormat, type TimeFormat } from './time';
import { unusedGroupsSection } from './unused-groups';
import type { Place } from '../../../../src/contract/organization';
import { becauseOf } from '../../decide/because';
import { forecast, latestOf } from '../../decide/forecast';
import { isTrusted } from '../../decide/hold';
import { countDueEntries } from '../../decide/plan';
import {
  candidates, inOrder, prospect, type Prospect, type ProspectContext, unknownSweep,
} from '../../decide/prospect';
import type {
  LedgerEntry, SweepEntry, UnreadableItem, UnusedGroupEntry, VpnConnectionEntry, VpnTunnelEntry,
} from '../../model/ledger';
import type { PauseReading } from '../../model/result';
import { authorWords } from '../change-words';
import { forecastMessage } from '../forecast-words';
import { cameBack, tagWords } from '../return-words';
import { reason, restoreCommand, traffic } from '../wording';

export interface Contents {
  /** Every entry that is OPEN, PENDING or REVOKED. */
  readonly entries: readonly LedgerEntry[];
  readonly vpnConnections: readonly VpnConnectionEntry[];
  /** Absent: none. */
  readonly unusedGroups?: readonly UnusedGroupEntry[];
  /** Absent: there has been no sweep, or its record cannot be read. */
  readonly sweep?: SweepEntry;
  /** Absent: everything can be read. */
  readonly unreadable?: Unreadable;
  /** Absent: revoking is not paused. */
  readonly pause?: PauseReading;
}

/** The items of the ledger that cannot be read. */
export interface Unreadable {
  readonly rules: readonly UnreadableItem[];
  readonly vpnConnections: readonly UnreadableItem[];
  /** Absent: none. */
  readonly unusedGroups?: readonly UnreadableItem[];
  /** Why the record of the latest sweep cannot be read. */
  readonly sweep?: string;
  /** Why items cannot be read that the lists do not consist of. Absent: none. */
  readonly others?: readonly string[];
}

const NOTHING_UNREADABLE: Unreadable = { rules: [], vpnConnections: [] };

export interface PageContext {
  readonly now: Date;
  /** The ARN of this function, which a click calls for another page. */
  readonly endpoint: string;
  /** The function name in the command that puts a rule back. Absent: restoring is not allowed. */
  readonly restoreFunction?: string;
  /** The name of the ledger table. */
  readonly table: string;
  /** The place of an organization whose findings the page shows. Absent: it shows those of a construct of its own. */
  readonly place?: ShownPlace;
}

/** A place of an organization. Its account and its Region have the form that AWS gives them. */
export interface ShownPlace extends Place {
  /** The heading and the notes about the place, above everything else. */
  readonly top: Html;
  /** The parameters that every call of the page keeps. */
  readonly call: Call;
  /** The number of rules that are due in the whole organization. Absent: it is not known. */
  readonly due?: number;
  /** Whether everything in the account is only reported. */
  readonly isReportOnly: boolean;
  /** Whether the latest run could look at the place. If not, nothing reads as if all were well. */
  readonly isSeen: boolean;
}

export const FINDINGS_PER_PAGE = 25;
export const REVOCATIONS_PER_PAGE = 10;

/** The default quota of an account is 50. */
export const MOST_VPN_CONNECTIONS = 100;

const DAY_MILLIS = 24 * 3_600_000;
const GONE_SHOWN_MILLIS = 7 * DAY_MILLIS;
const FLAP_SHOWN_MILLIS = 7 * DAY_MILLIS;

interface View extends PageContext {
  readonly unreadable: Unreadable;
  readonly time: TimeFormat;
}

interface Pages {
  readonly findingsPage: number;
  readonly revocationsPage: number;
}

export function findingsPage(contents: Contents, request: PageRequest, context: PageContext): string {
  const { entries, vpnConnections, unusedGroups = [], sweep, pause, unreadable = NOTHING_UNREADABLE } = contents;
  const { place } = context;
  const view: View = { ...context, unreadable, time: timeFormat(request.offsetISO) };
  // A rule whose item cannot be read may be due.
  const mayBeDue = unreadable.rules.length;
  const prospects: ProspectContext = {
    sweep, isSweepUnreadable: unreadable.sweep !== undefined, pause, place,
    // An organization has one limit for all of its places.
    candidates: Math.max(candidates(entries) + mayBeDue, place?.due ?? 0),
    isTrusted: isTrusted(pause?.control, context), now: view.now, time: view.time,
  };
  const open = inOrder(entries.filter(({ state }) => state === 'OPEN' || state === 'PENDING')
    .map(entry => ({ entry, prospect: prospect(entry, prospects) })));
  const revoked = entries.filter(({ state }) => state === 'REVOKED')
    .sort((a, b) => order(revokedAt(b), revokedAt(a)) || order(a.securityGroupRuleId, b.securityGroupRuleId));
  const findings = pageOf(open, request.findingsPage, FINDINGS_PER_PAGE);
  const revocations = pageOf(revoked, request.revocationsPage, REVOCATIONS_PER_PAGE);
  const pages: Pages = { findingsPage: findings.page, revocationsPage: revocations.page };
  const due = place ? place.due : countDueEntries(entries, mayBeDue);
  return frame(request, [
    place?.top,
    sweepLine(sweep, {
      ...view, isUnreadable: unreadable.sweep !== undefined, isReportOnly: place?.isReportOnly ?? false,
    }),
    unreadableBanner(messagesOf(unreadable)),
    copyBanner(pause, context.table),
    settlingBanner(sweep, view, coming(contents, view)),
    pauseBanner(pause, { due, maxRevocationsPerSweep: sweep?.maxRevocationsPerSweep }, view.time),
    findingsSection(findings, { sweep, pages, view }),
    exemptionsSection(entries, view),
    vpnSection(vpnConnections, { sweep, view }),
    unusedGroupsSection(unusedGroups, { sweep, ...view, unreadable: unreadable.unusedGroups ?? [] }),
    revocationsSection(revocations, { pages, view }),
  ]);
}

function messagesOf({ rules, vpnConnections, unusedGroups = [], sweep, others = [] }: Unreadable): string[] {
  const items = [...rules, ...vpnConnections, ...unusedGroups].map(({ message }) => message);
  return [...others, ...sweep === undefined ? [] : [sweep], ...items];
}

/** The forecast of a ledger that was not adopted may be wrong, so it is left out. */
const coming = ({ entries, pause }: Contents, { now, time, table: own, place }: View) =>
  (settlesUntil: string, sweep: SweepEntry): string | undefined => {
    if (!isTrusted(pause?.control, { table: own })) return undefined;
    const from = latestOf(settlesUntil, pause?.pause?.until);
    const { maxRevocationsPerSweep: limit } = sweep;
    const message = forecastMessage(forecast(entries, { ...sweep, from, limit, now }), time);
    return `${message}.${place ? ' The limit holds for all accounts and Regions together.' : ''}`;
  };

// ---- open findings

type OpenFinding = { readonly entry: LedgerEntry; readonly prospect: Prospect };

function findingsSection(
  findings: Page<OpenFinding>,
  { sweep, pages, view }: { sweep?: SweepEntry; pages: Pages; view: View },
): Html {
  const unidentified =
    sweep && sweep.unidentified > 0
      ? html`<p><span class="warning">${icon('warning')}${notListed(sweep.unidentified)}</span></p>`
      : undefined;
  if (findings.total === 0) {
    return html`${heading('Open findings', isNothingThere(sweep, view) ? 0 : undefined)}${unidentified}<p>${nothingFound(sweep, view)}</p>`;
  }
  const columns = [
    ['Rule', 24],
    ['Why', 18],
    ['Age', 8],
    ['Group', 17],
    ['Owner stack', 11],
    ['What will happen', 22],
  ] as const;
  const caption = `${range(findings, 'open findings')}: withheld and failed ones first, then by the time of revocation`;
  return html`${heading('Open findings', findings.total)}${unidentified}
${table(
  caption,
  columns,
  findings.items.map(item => findingRow(item, view)),
)}
${pageButtons(findings, 'open findings', view.endpoint, page => ({ ...view.place?.call, ...pages, findingsPage: page }))}`;
}

const notListed = (total: number): string =>
  total === 1
    ? 'EC2 called 1 rule stale that could not be identified; it is not listed, but the metrics count it.'
    : `EC2 called ${number(total)} rules stale that could not be identified; they are not listed, but the metrics count them.`;

/** Whether an empty list means that there are no findings. */
function isNothingThere(sweep: SweepEntry | undefined, view: View): boolean {
  if (sweep === undefined || view.unreadable.rules.length > 0 || !isRecent(sweep, view)) return false;
  return sweep.looksAtRules && sweep.scanErrors === 0 && !(sweep.unidentified > 0) && !(sweep.vpcsNotCovered?.length);
}

/** Whether what a sweep has seen may still be so. */
const isRecent = (sweep: SweepEntry, { now, place }: View): boolean => !isOld(sweep, now) && place?.isSeen !== false;

function nothingFound(sweep: SweepEntry | undefined, view: View): Html {
  if (sweep === undefined) return html`${unknownSweep(view.unreadable.sweep !== undefined)}.`;
  if (!sweep.looksAtRules) return html`Security group rules are not looked at.`;
  const when = `${ago(sweep.startedAt, view.now)} (${view.time(sweep.startedAt)})`;
  if (sweep.scanErrors > 0) {
    return html`No open findings are recorded, but the latest sweep, ${when}, could not look at or record everything.`;
  }
  if (view.unreadable.rules.length > 0) return html`No readable open findings are recorded.`;
  if (!isNothingThere(sweep, view)) {
    return html`The latest sweep, ${when}, found no ${sweep.unidentified > 0 ? 'others' : 'open findings'}.`;
  }
  return html`<span class="good status">${icon('good')}No open findings.</span> The latest sweep looked at security group rules ${when}.`;
}

const TONES: Readonly<Record<Prospect['kind'], Tone>> = {
  'decide': 'bad',
  'failed': 'bad',
  'revoke': 'warning',
  'unknown': 'warning',
  'wait': 'info',
  'by-hand': 'person',
  'dry-run': 'muted',
  'keep': 'muted',
};

function findingRow({ entry, prospect: { kind, sentence } }: OpenFinding, { now, time }: View): readonly Value[] {
  const { returned } = entry;
  return [
    ruleCell(entry),
    html`${reason(becauseOf(entry))}${returned && html`<span class="line">${cameBack(returned, time)}</span>`}${changedLine(entry, time)}`,
    age(entry.firstSeen, now),
    groupCell(entry),
    entry.stackName ?? none('no stack'),
    html`<span class="${TONES[kind]}">${icon(TONES[kind])}${sentence}</span>`,
  ];
}

function ruleCell({ rule }: LedgerEntry): Html {
  const description =
    rule.description === undefined || rule.description === ''
      ? undefined
      : html`<span class="line muted">${rule.description}</span>`;
  return html`<span class="line strong">${rule.securityGroupRuleId}</span><span class="line">${rule.isEgress ? 'egress: ' : ''}${traffic(rule)}</span>${description}`;
}

function groupCell({ rule, groupName, vpcId, returned }: LedgerEntry): Html {
  const tags = tagWords(returned?.groupTags);
  return html`<span class="line">${rule.groupId}</span>${groupName === undefined ? undefined : html`<span class="line">${groupName}</span>`}
    <span class="line muted">${vpcId ?? 'VPC unknown'}</span>${tags === '' ? undefined : html`<span class="line muted">${tags}</span>`}`;
}

/** Says who made the rule what it is, or was when it was revoked. */
function changedLine({ changedBy }: LedgerEntry, time: TimeFormat): Html | undefined {
  return changedBy && html`<span class="line muted">changed ${authorWords(changedBy, time)}</span>`;
}

// ---- VPN connections

/** The order of the list, the worst first. An unknown status comes before those that are fine. */
const VPN_ORDER = ['DOWN', 'MISSING', 'NO_ROUTES', 'DEGRADED', 'UNKNOWN', 'PENDING', 'UP', 'GONE'];

const VPN_WORDS: Readonly<Record<string, readonly [word: string, tone: Tone]>> = {
  DOWN: ['Down', 'bad'],
  MISSING: ['Missing', 'bad'],
  NO_ROUTES: ['Up, without routes', 'bad'],
  DEGRADED: ['Degraded', 'warning'],
  UNKNOWN: ['Unknown', 'warning'],
  PENDING: ['Pending', 'muted'],
  LONG_PENDING: ['Still pending', 'warning'],
  UP: ['Up', 'good'],
  GONE: ['Gone', 'muted'],
};

function vpnSection(all: readonly VpnConnectionEntry[], { sweep, view }: { sweep?: SweepEntry; view: View }): Html {
  const known = all
    .filter(({ status, since }) => status !== 'GONE' || view.now.getTime() - Date.parse(since) <= GONE_SHOWN_MILLIS)
    .sort(byVpnStatus);
  const isCurrent =
    sweep !== undefined && sweep.looksAtVpnConnections && sweep.recordedVpnConnections && isRecent(sweep, view);
  if (known.length === 0) {
    const isNone = isCurrent && sweep.scanErrors === 0 && view.unreadable.vpnConnections.length === 0;
    return html`${heading('VPN connections', isNone ? 0 : undefined)}<p>${noVpnConnections(sweep, view)}</p>`;
  }
  const shown = known.slice(0, MOST_VPN_CONNECTIONS);
  const which =
    shown.length < known.length
      ? `The worst ${number(shown.length)} of ${number(known.length)} VPN connections`
      : `${count(known.length, 'VPN connection')}, the worst first`;
  const columns = [['Connection', 22], ['Status', 19], ['Tunnels', 32], ['Gateway', 27]] as const;
  return html`${heading('VPN connections', known.length)}${notCurrent(sweep, view)}${table(
    which,
    columns,
    shown.map(connection => vpnRow(connection, { isCurrent, view })),
  )}`;
}

function noVpnConnections(sweep: SweepEntry | undefined, { unreadable }: View): string {
  if (sweep === undefined) return `${unknownSweep(unreadable.sweep !== undefined)}.`;
  if (unreadable.vpnConnections.length > 0) return 'No VPN connections that can be read are recorded.';
  if (!sweep.looksAtVpnConnections) return 'VPN connections are not looked at.';
  if (!sweep.recordedVpnConnections) return 'Unknown: the latest sweep could not read or record VPN connections.';
  if (sweep.scanErrors > 0) {
    return 'No VPN connections are recorded, but the latest sweep could not look at or record everything.';
  }
  return 'The latest sweep found no VPN connections.';
}

/** The time of that reading is unknown, because an entry is written only when something changes. */
function notCurrent(sweep: SweepEntry | undefined, { unreadable }: View): Html | undefined {
  const why = unreadable.sweep !== undefined ? 'The latest sweep is unknown' : whyNotCurrent(sweep);
  return why === undefined
    ? undefined
    : html`<p><span class="warning">${icon('warning')}${why}: this is the last that was seen.</span></p>`;
}

function whyNotCurrent(sweep: SweepEntry | undefined): string | undefined {
  if (sweep === undefined || (sweep.looksAtVpnConnections && sweep.recordedVpnConnections)) return undefined;
  return sweep.looksAtVpnConnections
    ? 'The latest sweep could not read or record VPN connections'
    : 'VPN connections are not looked at any more';
}

function byVpnStatus(a: VpnConnectionEntry, b: VpnConnectionEntry): number {
  const rank = ({ status }: VpnConnectionEntry): number =>
    VPN_ORDER.includes(status) ? VPN_ORDER.indexOf(status) : VPN_ORDER.indexOf('UNKNOWN');
  return rank(a) - rank(b) || order(a.since, b.since) || order(a.vpnConnectionId, b.vpnConnectionId);
}

function vpnRow(
  connection: VpnConnectionEntry,
  { isCurrent, view }: { isCurrent: boolean; view: View },
): readonly Value[] {
  const { now, time } = view;
  const { vpnConnectionId, name, status, stale, longPending, since, gateway, customerGatewayId, staticRoutesOnly } =
    connection;
  const tunnels = connection.tunnels.map(tunnel =>
    html`<li>${tunnelLine(tunnel, { isCurrent, staticRoutesOnly, view })}</li>`);
  return [
    html`<span class="line strong">${vpnConnectionId}</span>${name === undefined ? undefined : html`<span class="line">${name}</span>`}`,
    html`<span class="line">${vpnStatus(longPending ? 'LONG_PENDING' : status, isCurrent)}${stale ? ', stale' : ''}</span><span class="line muted small">${
      isCurrent ? `for ${age(since, now)}, ` : ''
    }since ${time(since)}</span>`,
    tunnels.length === 0
      ? none('none')
      : html`<ul class="plain">${tunnels}</ul>`,
    html`<span class="line">${gateway ?? 'none'}</span>${customerGatewayId === undefined ? undefined : html`<span class="line muted">customer: ${customerGatewayId}</span>`}`,
  ];
}

/** A good status that is not current is not shown as good. */
function vpnStatus(status: string, isCurrent: boolean): Html {
  const [word, known] = Object.hasOwn(VPN_WORDS, status) ? VPN_WORDS[status] : [status, 'warning'] as const;
  const tone = known === 'good' && !isCurrent ? 'muted' : known;
  return html`<span class="${tone} status">${icon(tone)}${word}</span>`;
}

/** With static routing the number of accepted routes is always 0. */
function tunnelLine(
  { outsideIpAddress, status, statusMessage, acceptedRoutes, flappedAt }: VpnTunnelEntry,
  { isCurrent, staticRoutesOnly, view: { now, time } }: { isCurrent: boolean; staticRoutesOnly?: boolean; view: View },
): Html {
  const routes =
    staticRoutesOnly || acceptedRoutes === undefined ? undefined : `, ${count(acceptedRoutes, 'accepted route')}`;
  const message =
    statusMessage === undefined || statusMessage === ''
      ? undefined
      : html`<span class="line muted small">${statusMessage}</span>`;
  const flaps =
    flappedAt !== undefined && now.getTime() - Date.parse(flappedAt) <= FLAP_SHOWN_MILLIS
      ? html`<span class="line muted small">flapped, last at ${time(flappedAt)}</span>`
      : undefined;
  return html`${outsideIpAddress} ${vpnStatus(status, isCurrent)}${routes}${message}${flaps}`;
}

// ---- recent revocations

const revokedAt = ({ outcome, lastSeen }: LedgerEntry): string => outcome?.at ?? lastSeen;

function revocationsSection(revocations: Page<LedgerEntry>, { pages, view }: { pages: Pages; view: View }): Html {
  if (revocations.total === 0) {
    const [total, that] = view.unreadable.rules.length > 0 ? [undefined, ' that can be read'] : [0, ''];
    return html`${heading('Recent revocations', total)}
<p>No rule${that} is recorded as revoked. Rules that were put back are not listed.</p>`;
  }
  const columns = [['Rule', 22], ['Why', 18], ['Group', 17], ['Revoked', 15], ['To put it back', 28]] as const;
  return html`${heading('Recent revocations', revocations.total)}
${table(
  `${range(revocations, 'revocations')}, the newest first`,
  columns,
  revocations.items.map(entry => revocationRow(entry, view)),
)}
${pageButtons(revocations, 'revocations', view.endpoint, page => ({ ...view.place?.call, ...pages, revocationsPage: page }))}`;
}

function revocationRow(entry: LedgerEntry, { now, time, restoreFunction, place }: View): readonly Value[] {
  const { outcome } = entry;
  const when =
    outcome === undefined
      ? none('when is not recorded')
      : html`<span class="line">${time(outcome.at)}</span><span class="line muted">${ago(outcome.at, now)}, by sweep ${outcome.sweepId}</span>`;
  return [
    ruleCell(entry),
    html`${reason(becauseOf(entry))}${changedLine(entry, time)}`,
    groupCell(entry),
    when,
    restoring(entry.securityGroupRuleId, restoreFunction, place),
  ];
}

/** People paste the command into a shell, so an id that does not look like one of EC2 is not shown. */
function restoring(securityGroupRuleId: string, restoreFunction: string | undefined, place?: Place): Html {
  if (restoreFunction === undefined) return none('restoring is switched off (allowRestore)');
  if (!/^sgr-[0-9A-Za-z]+$/.test(securityGroupRuleId)) return none('its id is not one of EC2');
  return html`<code>${restoreCommand(restoreFunction, { securityGroupRuleIds: [securityGroupRuleId] }, place)}</code>`;
}

/** The document of a plan, of one construct or of several. */
import { type Gap, gapRow, gapSection } from './errors';
import { minute, type Place, placeLines, plural } from './place';
import { type Row, rowIn } from './records';
import { type PlannedRule, plannedRules, plannedTable, RULE_FIELDS, ruleFields } from './rules';
import { isVpnFinding, vpnRow, vpnSection } from './vpn-connections';
import { isDue } from '../../lambda/core/decide/reasons';
import type { VpnConnectionState } from '../../lambda/core/model/finding';
import type { SecurityGroup } from '../../lambda/core/model/network';
import { moment } from '../../lambda/core/report/pause-words';
import { type DecodedConfiguration, looksAtRules } from '../../src/contract/configuration';
import { closesAt, isOpen } from '../../src/contract/revocation-window';
import { openings } from '../planning/schedule';
import type { FirstRevoking, PlannedSweep, PlannedSweeps } from '../planning/sweeps';
import type { Cell, Document, Section } from '../render/document';

/** The plan of one construct. */
export interface ConstructPlan {
  /** The path of the construct, or its name if the app has no paths. */
  readonly construct: string;
  readonly stack: string;
  readonly hygiene: string;
  readonly place: Place;
  /** The time at which the network was read. */
  readonly readAt: Date;
  /** Facts about the plan, such as which values are not there yet. */
  readonly notes: readonly string[];
  readonly gaps: readonly Gap[];
  /** Whether the ledger of the deployed construct was read. `none`: nothing is deployed yet. */
  readonly ledger: 'read' | 'none' | 'notRead' | 'ignored';
  readonly configuration: DecodedConfiguration;
  /** Such as `rate(1 hour)`. Absent: it is not known. */
  readonly schedule?: string;
  readonly groups: ReadonlyMap<string, SecurityGroup>;
  /** Whether nothing could be looked at. */
  readonly sawNothing: boolean;
  readonly sweeps: PlannedSweeps;
  /** Absent: they are not looked at, or could not be read. */
  readonly vpnConnections?: readonly VpnConnectionState[];
}

/** The number of findings and of gaps, which decide about the exit code. */
export interface Tally {
  readonly findings: number;
  readonly gaps: number;
}

export function tallyOf(plans: readonly ConstructPlan[]): Tally {
  const of = (count: (plan: ConstructPlan) => number): number => plans.reduce((sum, plan) => sum + count(plan), 0);
  return {
    findings: of(plan => foundIn(plan) + (plan.vpnConnections ?? []).filter(isVpnFinding).length),
    gaps: of(({ gaps, sweeps: { deployment } }) => gaps.length + Number(deployment.kind === 'fails')),
  };
}

/** Returns the planned sweeps in the order of their times. */
export const sweepsOf = ({ deployment, first }: PlannedSweeps): PlannedSweep[] => [
  ...deployment.kind === 'sweeps' ? [deployment.sweep] : [],
  ...first === undefined || first.kind === 'deployment' ? [] : [first.sweep],
];

const foundIn = ({ sweeps }: ConstructPlan): number =>
  Math.max(0, ...sweepsOf(sweeps).map(({ plan: { revoke, keep } }) => revoke.length + keep.length));

/** @param refused the constructs that could not be planned, because their Regions could not be entered */
export function planDocument(plans: readonly ConstructPlan[], refused: readonly Gap[] = []): Document {
  const several = plans.length > 1;
  const constructs = new Set(plans.map(({ construct }) => construct));
  return {
    title: constructs.size > 1 ? `Plan of ${plural(constructs.size, 'construct')}`
      : `Plan of ${plans[0].construct}${several ? ` in ${plural(plans.length, 'Region')}` : ''}`,
    lead: placeLines(plans.map(({ place }) => place)),
    closing: plans.map(plan => closing(plan, several)),
    // Each format takes one of these, and there may be thousands of rules.
    get sections() {
      const ofPlans = plans.flatMap((plan, index) => sectionsOf(plan, plans.slice(0, index), several));
      return [...gapSection(refused), ...ofPlans];
    },
    get data() {
      return { version: 1, command: 'plan', constructs: plans.map(dataOf), couldNotLook: refused };
    },
    get records() {
      const gaps = refused.map(each => rowOf(gapRow(each)));
      return { columns: COLUMNS, rows: [...gaps, ...plans.flatMap(recordsOf)] };
    },
  };
}

/** @param before the plans that are shown above it. The notes of a construct are shown once */
function sectionsOf(plan: ConstructPlan, before: readonly ConstructPlan[], several: boolean): Section[] {
  const { construct, place, gaps, vpnConnections } = plan;
  const shown = new Set(before.filter(each => each.construct === construct).flatMap(each => each.notes));
  const notes = plan.notes.filter(note => !shown.has(note));
  const head = several ? [{
    title: construct, sentences: [{ text: `Stack ${plan.stack}, account ${place.account}, Region ${place.region}` }],
    tables: [],
  }] : [];
  return [
    ...head,
    ...gapSection(gaps),
    ...notes.length > 0 ? [{ title: 'Notes', sentences: notes.map(text => ({ text })), tables: [] }] : [],
    deploymentSection(plan),
    ...firstSection(plan),
    ...vpnSection(vpnConnections),
  ];
}

export const LEDGER_LEFT_OUT = 'The ledger is left out, so no rule counts as seen before.';

function ledgerNote({ ledger }: ConstructPlan): Cell[] {
  switch (ledger) {
    case 'read': return [];
    case 'none': return [{ text: 'Nothing is deployed yet, so no rule has been seen before.' }];
    case 'ignored': return [{ text: LEDGER_LEFT_OUT, tone: 'warn' }];
    case 'notRead':
      return [{
        text: 'The ledger could not be read, so the plan does not know since when rules were found, how much of the limit '
          + 'is used, and whether revoking is paused. It shows the sweeps of a construct without a ledger.',
        tone: 'bad',
      }];
  }
}

function deploymentSection(plan: ConstructPlan): Section {
  const { sweeps: { deployment, first }, configuration } = plan;
  const title = 'The sweep at deployment';
  switch (deployment.kind) {
    case 'fails':
      return { title, sentences: [{ text: `The deployment fails: ${deployment.detail}`, tone: 'bad' }], tables: [] };
    case 'unchanged':
      return {
        title, tables: [],
        sentences: [
          {
            text: `This configuration is in force since ${moment(deployment.since)}, so a deployment starts no sweep, unless the `
              + 'timeout of the function changes.',
          },
          ...ledgerNote(plan),
        ],
      };
    case 'sweeps': {
      const rules = plannedRules(deployment.sweep, plan.groups, configuration).filter(({ action }) => action !== 'keep');
      return {
        title,
        sentences: [...ledgerNote(plan), ...sweepSentences(deployment.sweep, plan, isHoldToEnd(first))],
        tables: rules.length > 0 ? [plannedTable(rules)] : [],
      };
    }
  }
}

/** Whether the end of a hold makes a difference. */
const isHoldToEnd = (first: FirstRevoking | undefined): boolean => first?.kind !== 'never' || first.awaits !== undefined;

/** @param isHoldShown whether a hold is why nothing is revoked. Otherwise, nothing ever is */
function sweepSentences(sweep: PlannedSweep, plan: ConstructPlan, isHoldShown = true): Cell[] {
  const { hold, plan: { revoke, keep }, takenAway, due = 0 } = sweep;
  const limit = plan.configuration.maxRevocationsPerSweep;
  if (!looksAtRules(plan.configuration)) return [{ text: 'Rules are not looked at.' }];
  if (plan.sawNothing) return [{ text: 'Nothing could be looked at, so nothing is known.', tone: 'bad' }];
  const found = `The sweep finds ${plural(revoke.length + keep.length, 'rule')}`;
  const dueNow = keep.filter(({ reason }) => isDue(reason)).length;
  const limited = keep.filter(({ reason }) => reason === 'OVER_LIMIT' || reason === 'LIMIT_USED');
  return [
    { text: `${found}, and revokes ${revoke.length === 0 ? 'none' : countWords(sweep)}.` },
    ...hold !== undefined && isHoldShown ? [{ text: `${holdWords(hold)}.`, tone: 'quiet' as const }] : [],
    ...hold !== undefined && isHoldShown && dueNow > 0
      ? [{ text: `Without that, ${plural(dueNow, 'rule')} would be due.` }] : [],
    ...limited.length > 0 ? [{ text: limitWords(limited[0].reason, { due, limit }), tone: 'warn' as const }] : [],
    ...takenAway.map(({ entry, added }) => ({
      text: `The sweep takes away ${added.map(each => each.securityGroupRuleId).join(', ')}, which an earlier sweep added to `
        + `replace ${entry.securityGroupRuleId}.`,
    })),
  ];
}

/** A rule counts for the limit if it may be due, because something about it could not be read or proved. */
function limitWords(reason: string, { due, limit }: { readonly due: number; readonly limit: number }): string {
  return reason === 'OVER_LIMIT'
    ? `The limit holds them back: ${plural(due, 'rule is', 'rules are')} due or may be due, and maxRevocationsPerSweep is ${limit}.`
    : `The limit holds them back: maxRevocationsPerSweep is ${limit}, and too few of these are left until the next scheduled sweep.`;
}

function holdWords({ reason, detail, until }: NonNullable<PlannedSweep['hold']>): string {
  return reason === 'SETTLING' && until !== undefined
    ? `Nothing is revoked before ${minute(until)}, because the configuration has to settle`
    : `Nothing is revoked: ${detail}`;
}

function countWords({ plan: { revoke } }: PlannedSweep): string {
  const count = revoke.length;
  const replaced = revoke.filter(({ replacing }) => replacing !== undefined).length;
  if (replaced === 0) return count.toLocaleString('en-US');
  const those = replaced === count ? 'which it replaces' : `of which it replaces ${replaced}`;
  return `${count}, ${those} by narrower ones`;
}

function firstSection(plan: ConstructPlan): Section[] {
  const { sweeps: { first, deployment }, configuration, groups } = plan;
  if (first === undefined) return [];
  const title = 'The first sweep that may revoke, if nothing changes';
  if (first.kind === 'deployment') {
    const all = deployment.kind === 'sweeps' ? plannedRules(deployment.sweep, groups, configuration, true) : [];
    const kept = all.filter(({ action }) => action === 'keep');
    return [{
      title,
      sentences: [{ text: 'This is the sweep at deployment.', tone: 'warn' }],
      tables: kept.length > 0 ? [plannedTable(kept)] : [],
    }];
  }
  const { sweep } = first;
  const rules = plannedRules(sweep, groups, configuration);
  return [{
    title: first.kind === 'schedule' ? title
      : `The next scheduled sweep${first.awaits === undefined ? '' : ' that asks for approvals'}, if nothing changes`,
    sentences: [
      ...first.kind === 'never' ? [{ text: `No sweep may revoke, because ${first.detail}.` }] : [],
      { text: whenWords(first, plan) },
      ...sweepSentences(sweep, plan, isHoldToEnd(first)),
    ],
    tables: rules.length > 0 ? [plannedTable(rules)] : [],
  }];
}

function whenWords(
  first: Exclude<FirstRevoking, { kind: 'deployment' }>, { configuration, schedule }: ConstructPlan,
): string {
  const { sweep: { at } } = first;
  const { scheduleSeconds, revocationWindow: window } = configuration;
  const when = minute(at.toISOString());
  const isOpening = openings({ window }, new Date(at.getTime() - 1), at).length > 0;
  if (scheduleSeconds === undefined && !isOpening) {
    const until = window !== undefined && isOpen(window, at) ? closesAt(window, at) : undefined;
    const or = until === undefined ? '' : `, or if that comes after ${minute(until.toISOString())}, the one when the revocation window opens again`;
    return `The sweep is the first of the schedule${schedule === undefined ? '' : ` ${schedule}`} at or after ${when}${or}.`;
  }
  if (scheduleSeconds === undefined) return `The sweep runs at ${when}, when the revocation window opens.`;
  const before = first.kind === 'schedule' && first.before > 0 ? `, after ${plural(first.before, 'other')}` : '';
  const opens = isOpening ? ', when the revocation window opens,' : '';
  return `The sweep runs at about ${when}${opens} if the stack is deployed now${before}.`;
}

function closing(plan: ConstructPlan, several: boolean): Cell {
  const { sweeps: { deployment, first }, vpnConnections, gaps, construct, place, sawNothing, configuration } = plan;
  const sweeps = sweepsOf(plan.sweeps);
  const most = (isCounted: (each: PlannedSweep['plan']['revoke'][number]) => boolean): number =>
    Math.max(0, ...sweeps.map(each => each.plan.revoke.filter(isCounted).length));
  const revoked = most(({ replacing }) => replacing === undefined);
  const replaced = most(({ replacing }) => replacing !== undefined);
  const kept = sweeps.at(-1)?.plan.keep.length ?? 0;
  const parts = [
    ...sawNothing || !looksAtRules(configuration) ? []
      : [`${plural(revoked, 'rule')} to revoke`, `${replaced} to replace`, `${kept} to keep`],
    ...vpnConnections === undefined ? []
      : [`${plural(vpnConnections.filter(isVpnFinding).length, 'VPN connection')} with a problem`],
    ...gaps.length > 0 ? [`${plural(gaps.length, 'thing')} could not be looked at`] : [],
  ];
  const text = deployment.kind === 'fails' || first === undefined ? 'The deployment fails' : parts.join(', ') || 'nothing was looked at';
  const tone = gaps.length > 0 || deployment.kind === 'fails' ? 'bad' : revoked + replaced > 0 ? 'warn' : 'good';
  return { text: `${several ? `${construct} in ${place.region}: ` : 'Plan: '}${text}.`, tone };
}

// ---- data

function dataOf(plan: ConstructPlan): unknown {
  const { construct, stack, hygiene, place, readAt, notes, gaps, ledger, schedule } = plan;
  const { deployment, first } = plan.sweeps;
  return {
    construct, stack, hygiene, account: place.account, region: place.region, role: place.arn,
    readAt: readAt.toISOString(), ledger, schedule, notes, couldNotLook: gaps,
    deployment: deployment.kind === 'sweeps' ? { kind: 'sweeps', ...sweepData(deployment.sweep, plan) } : deployment,
    firstSweepThatMayRevoke: first === undefined ? null : firstData(first, plan),
    vpnConnections: plan.vpnConnections ?? null,
  };
}

/** The sweep at deployment is given again, so that a script finds the rules in one place. */
function firstData(first: FirstRevoking, plan: ConstructPlan): unknown {
  const { deployment } = plan.sweeps;
  if (first.kind === 'deployment') {
    return { kind: first.kind, ...deployment.kind === 'sweeps' && sweepData(deployment.sweep, plan) };
  }
  const { sweep, ...facts } = first;
  return { ...facts, ...sweepData(sweep, plan) };
}

function sweepData(sweep: PlannedSweep, plan: ConstructPlan): Record<string, unknown> {
  const { groups, configuration } = plan;
  const isOnlyOne = plan.sweeps.first?.kind === 'deployment';
  const { trigger, at, hold, due, takenAway } = sweep;
  return {
    trigger, at: at.toISOString(), hold: hold ?? null, due: due ?? null, limit: configuration.maxRevocationsPerSweep,
    takenAway: takenAway.flatMap(({ added }) => added.map(each => each.securityGroupRuleId)),
    rules: plannedRules(sweep, groups, configuration, isOnlyOne),
  };
}

const COLUMNS = [
  'kind', 'construct', 'account', 'region', 'sweep', 'at', 'action', 'keepReason', 'words', 'notBefore', 'replacedBy',
  ...RULE_FIELDS, 'vpnConnectionId', 'status', 'tunnels',
] as const;

const rowOf = rowIn(COLUMNS);

function recordsOf(plan: ConstructPlan): string[][] {
  const { construct, place: { account, region }, sweeps: { deployment }, groups, configuration, vpnConnections } = plan;
  const row = (values: Row<typeof COLUMNS[number]>): string[] => rowOf({ construct, account, region, ...values });
  const ofSweep = (sweep: PlannedSweep): string[][] => plannedRules(sweep, groups, configuration).map(rule => row({
    kind: 'rule', sweep: sweep.trigger, at: sweep.at.toISOString(), ...recordOf(rule),
  }));
  return [
    ...sweepsOf(plan.sweeps).flatMap(ofSweep),
    ...deployment.kind === 'fails' ? [row({ kind: 'deploymentFails', words: deployment.detail })] : [],
    ...(vpnConnections ?? []).map(each => row(vpnRow(each))),
    ...plan.gaps.map(each => row(gapRow(each))),
  ];
}

function recordOf(rule: PlannedRule): Row<typeof COLUMNS[number]> {
  const { action, keepReason = '', words, notBefore = '', replacedBy = [] } = rule;
  return { action, keepReason, words, notBefore, replacedBy: replacedBy.join('; '), ...ruleFields(rule) };
}

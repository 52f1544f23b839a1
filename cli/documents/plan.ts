/** What a plan says, of one construct or of several. */
import { type Gap, gapSection } from './errors';
import { type Place, placeWords, plural } from './place';
import { type PlannedRule, plannedRules, plannedTable, RULE_FIELDS, ruleFields } from './rules';
import { isVpnFinding, vpnSection } from './vpn-connections';
import { isDue } from '../../lambda/core/decide/reasons';
import type { VpnConnectionState } from '../../lambda/core/model/finding';
import type { SecurityGroup } from '../../lambda/core/model/network';
import { moment } from '../../lambda/core/report/pause-words';
import { looksAtRules, type DecodedConfiguration } from '../../src/contract/configuration';
import type { PlannedSweep, PlannedSweeps } from '../planning/sweeps';
import type { Cell, Document, Section } from '../render/document';

/** The plan of one construct. */
export interface ConstructPlan {
  /** The path of the construct, or its name if the app has no paths. */
  readonly construct: string;
  readonly stack: string;
  readonly hygiene: string;
  readonly place: Place;
  /** What to know about the plan, such as what is not there yet. */
  readonly notes: readonly string[];
  readonly gaps: readonly Gap[];
  /** Whether the ledger of the deployed construct was read. `none`: nothing is deployed yet. */
  readonly ledger: 'read' | 'none' | 'notRead' | 'ignored';
  readonly configuration: DecodedConfiguration;
  readonly groups: ReadonlyMap<string, SecurityGroup>;
  readonly sweeps: PlannedSweeps;
  /** Absent: they are not looked at, or could not be read. */
  readonly vpnConnections?: readonly VpnConnectionState[];
}

/** How many of something there are, so that an exit code can be given. */
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

const sweepsOf = ({ sweeps: { deployment, first } }: ConstructPlan): PlannedSweep[] => [
  ...deployment.kind === 'sweeps' ? [deployment.sweep] : [],
  ...first === undefined || first.kind === 'deployment' ? [] : [first.sweep],
];

const foundIn = (plan: ConstructPlan): number =>
  Math.max(0, ...sweepsOf(plan).map(({ plan: { revoke, keep } }) => revoke.length + keep.length));

export function planDocument(plans: readonly ConstructPlan[]): Document {
  const several = plans.length > 1;
  const places = [...new Set(plans.map(({ place }) => placeWords(place).text))];
  return {
    title: several ? `Plan of ${plural(plans.length, 'construct')}` : `Plan of ${plans[0].construct}`,
    lead: places.map(text => ({ text })),
    sections: plans.flatMap(plan => sectionsOf(plan, several)),
    closing: plans.map(plan => closing(plan, several)),
    data: { version: 1, command: 'plan', constructs: plans.map(dataOf) },
    records: { columns: COLUMNS, rows: plans.flatMap(recordsOf) },
  };
}

function sectionsOf(plan: ConstructPlan, several: boolean): Section[] {
  const { construct, place, notes, gaps, vpnConnections } = plan;
  const head = several ? [{
    title: construct, sentences: [{ text: `Stack ${plan.stack}, account ${place.account}, Region ${place.region}` }], tables: [],
  }] : [];
  return [
    ...head,
    ...notes.length > 0 ? [{ title: 'Notes', sentences: notes.map(text => ({ text })), tables: [] }] : [],
    deploymentSection(plan),
    ...firstSection(plan),
    ...vpnSection(vpnConnections),
    ...gapSection(gaps),
  ];
}

const ledgerNote = ({ ledger }: ConstructPlan): Cell[] => {
  switch (ledger) {
    case 'read': return [];
    case 'none': return [{ text: 'Nothing is deployed yet, so no rule has been seen before.' }];
    case 'ignored': return [{ text: 'The ledger is left out, so no rule counts as seen before.', tone: 'warn' }];
    case 'notRead':
      return [{
        text: 'The ledger could not be read, so the plan does not know since when rules were found, which limit is used up, '
          + 'and whether revoking is paused. It shows what happens without a ledger.',
        tone: 'bad',
      }];
  }
};

function deploymentSection(plan: ConstructPlan): Section {
  const { sweeps: { deployment }, configuration } = plan;
  const title = 'The sweep at deployment';
  switch (deployment.kind) {
    case 'fails':
      return { title, sentences: [{ text: `The deployment fails: ${deployment.detail}`, tone: 'bad' }], tables: [] };
    case 'unchanged':
      return {
        title, tables: [],
        sentences: [{
          text: `A deployment starts no sweep: this configuration is in force since ${moment(deployment.since)}.`,
        }, ...ledgerNote(plan)],
      };
    case 'sweeps': {
      const rules = plannedRules(deployment.sweep, plan.groups, configuration).filter(({ action }) => action !== 'keep');
      return {
        title,
        sentences: [...ledgerNote(plan), ...sweepSentences(deployment.sweep, plan)],
        tables: rules.length > 0 ? [plannedTable(rules)] : [],
      };
    }
  }
}

/** Says what a sweep does, before the list. */
function sweepSentences(sweep: PlannedSweep, { configuration }: ConstructPlan): Cell[] {
  const { hold, plan: { revoke, keep }, takenAway } = sweep;
  const due = keep.filter(({ reason }) => isDue(reason)).length;
  const limit = configuration.maxRevocationsPerSweep;
  if (!looksAtRules(configuration)) return [{ text: 'Rules are not looked at.' }];
  const found = `It finds ${plural(revoke.length + keep.length, 'rule')}`;
  const held = hold === undefined ? [] : [{ text: `${holdWords(hold)}.`, tone: 'quiet' as const }];
  const isLimited = keep.some(({ reason }) => reason === 'OVER_LIMIT' || reason === 'LIMIT_USED');
  return [
    { text: `${found}, and revokes ${revoke.length === 0 ? 'none' : countWords(revoke.length, sweep)}.` },
    ...held,
    ...hold !== undefined && due > 0 ? [{ text: `Otherwise, ${plural(due, 'rule')} would be due.` }] : [],
    ...isLimited ? [{
      text: `The limit holds ${plural(keep.filter(isOfLimit).length, 'rule')} back: maxRevocationsPerSweep is ${limit}.`,
      tone: 'warn' as const,
    }] : [],
    ...takenAway.map(({ entry, added }) => ({
      text: `It takes away ${added.map(each => each.securityGroupRuleId).join(', ')}, which an earlier sweep added to replace `
        + `${entry.securityGroupRuleId}.`,
    })),
  ];
}

function holdWords({ reason, detail, until }: NonNullable<PlannedSweep['hold']>): string {
  return reason === 'SETTLING' && until !== undefined
    ? `Nothing is revoked before ${minute(until)}, because the configuration has to settle`
    : `Nothing is revoked: ${detail}`;
}

/** Formats a time without seconds, because a plan does not know them. */
const minute = (iso: string): string => moment(`${iso.slice(0, 16)}:00Z`);

const isOfLimit = ({ reason }: { readonly reason: string }): boolean => reason === 'OVER_LIMIT' || reason === 'LIMIT_USED';

function countWords(count: number, { plan: { revoke } }: PlannedSweep): string {
  const replaced = revoke.filter(({ replacing }) => replacing !== undefined).length;
  if (replaced === 0) return String(count);
  return replaced === count ? `${count}, which it replaces by narrower ones` : `${count}, of which it replaces ${replaced} by narrower ones`;
}

function firstSection(plan: ConstructPlan): Section[] {
  const { sweeps: { first, deployment }, configuration, groups } = plan;
  if (first === undefined) return [];
  const title = 'The first sweep that may revoke, if nothing changes';
  if (first.kind === 'deployment') {
    const kept = deployment.kind === 'sweeps' ? plannedRules(deployment.sweep, groups, configuration) : [];
    const rest = kept.filter(({ action }) => action === 'keep');
    return [{
      title,
      sentences: [{ text: 'It is the sweep at deployment.', tone: 'warn' }],
      tables: rest.length > 0 ? [plannedTable(rest)] : [],
    }];
  }
  const { sweep } = first;
  const rules = plannedRules(sweep, groups, configuration);
  const intro: Cell[] = first.kind === 'never'
    ? [{ text: `No sweep may revoke, because ${first.detail}. This is the next scheduled sweep:` }]
    : [{ text: `${whenWords(first, configuration)}` }];
  return [{
    title: first.kind === 'never' ? 'The next scheduled sweep, if nothing changes' : title,
    sentences: [...intro, ...sweepSentences(sweep, plan)],
    tables: rules.length > 0 ? [plannedTable(rules)] : [],
  }];
}

function whenWords(
  { sweep, before }: { readonly sweep: PlannedSweep; readonly before: number },
  { scheduleSeconds }: DecodedConfiguration,
): string {
  const when = minute(sweep.at.toISOString());
  if (scheduleSeconds === undefined) return `It is the first scheduled sweep at or after ${when}.`;
  return before === 0
    ? `It is the next scheduled sweep, at about ${when} if the stack is deployed now.`
    : `It is a scheduled sweep at about ${when} if the stack is deployed now, after ${plural(before, 'other')}.`;
}

function closing(plan: ConstructPlan, several: boolean): Cell {
  const { sweeps: { deployment, first }, vpnConnections, gaps, construct } = plan;
  const sweeps = sweepsOf(plan);
  const revoked = Math.max(0, ...sweeps.map(each => each.plan.revoke.filter(({ replacing }) => !replacing).length));
  const replaced = Math.max(0, ...sweeps.map(each => each.plan.revoke.filter(({ replacing }) => replacing).length));
  const kept = sweeps.at(-1)?.plan.keep.length ?? 0;
  const vpn = (vpnConnections ?? []).filter(isVpnFinding).length;
  const parts = [
    `${plural(revoked, 'rule')} to revoke`, `${replaced} to replace`, `${kept} to keep`,
    ...vpnConnections === undefined ? [] : [`${plural(vpn, 'VPN connection')} with a problem`],
    ...gaps.length > 0 ? [`${plural(gaps.length, 'thing')} could not be looked at`] : [],
  ];
  const text = deployment.kind === 'fails' || first === undefined ? 'The deployment fails' : parts.join(', ');
  const tone = gaps.length > 0 || deployment.kind === 'fails' ? 'bad' : revoked + replaced > 0 ? 'warn' : 'good';
  return { text: `${several ? `${construct}: ` : 'Plan: '}${text}.`, tone };
}

// ---- data

function dataOf(plan: ConstructPlan): unknown {
  const { construct, stack, hygiene, place, notes, gaps, ledger, sweeps: { deployment, first }, vpnConnections } = plan;
  return {
    construct, stack, hygiene, account: place.account, region: place.region, role: place.arn, ledger, notes,
    couldNotLook: gaps,
    deployment: deployment.kind === 'sweeps' ? { kind: 'sweeps', ...sweepData(deployment.sweep, plan) } : deployment,
    firstSweepThatMayRevoke: first === undefined || first.kind === 'deployment'
      ? first
      : { ...first, ...sweepData(first.sweep, plan), sweep: undefined },
    vpnConnections,
  };
}

function sweepData(sweep: PlannedSweep, { groups, configuration }: ConstructPlan): Record<string, unknown> {
  const { trigger, at, hold, due, takenAway } = sweep;
  return {
    trigger, at: at.toISOString(), hold, due, limit: configuration.maxRevocationsPerSweep,
    takenAway: takenAway.flatMap(({ added }) => added.map(each => each.securityGroupRuleId)),
    rules: plannedRules(sweep, groups, configuration),
  };
}

const COLUMNS = [
  'construct', 'account', 'region', 'sweep', 'at', 'action', 'keepReason', 'words', 'notBefore', 'replacedBy',
  ...RULE_FIELDS, 'vpnConnectionId', 'status',
];

function recordsOf(plan: ConstructPlan): string[][] {
  const { construct, place: { account, region }, sweeps: { deployment }, groups, configuration } = plan;
  const row = (values: Readonly<Partial<Record<string, string>>>): string[] =>
    COLUMNS.map(column => ({ construct, account, region, ...values })[column] ?? '');
  const ofSweep = (sweep: PlannedSweep): string[][] => plannedRules(sweep, groups, configuration).map(rule => row({
    sweep: sweep.trigger, at: sweep.at.toISOString(), ...recordOf(rule),
  }));
  return [
    ...sweepsOf(plan).flatMap(ofSweep),
    ...deployment.kind === 'fails' ? [row({ sweep: 'deployment', action: 'fail', words: deployment.detail })] : [],
    ...(plan.vpnConnections ?? []).map(({ vpnConnectionId, status }) => row({ vpnConnectionId, status })),
    ...plan.gaps.map(({ message, vpcId, resourceId }) =>
      row({ action: 'couldNotLook', words: message, vpcId, groupId: resourceId })),
  ];
}

function recordOf(rule: PlannedRule): Record<string, string> {
  const { action, keepReason = '', words, notBefore = '', replacedBy = [] } = rule;
  const fields = Object.fromEntries(RULE_FIELDS.map((field, index) => [field, ruleFields(rule)[index]]));
  return { action, keepReason, words, notBefore, replacedBy: replacedBy.join('; '), ...fields };
}

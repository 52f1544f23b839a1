/** What a report says: what is found now, in one or several Regions. */
import { type Gap, gapSection } from './errors';
import { type Place, placeWords, plural } from './place';
import { foundTable, RULE_FIELDS, type RuleData, ruleFields } from './rules';
import { isVpnFinding, vpnSection } from './vpn-connections';
import type { VpnConnectionState } from '../../lambda/core/model/finding';
import { exemptingTag } from '../../src/contract/exemptions';
import type { Document, Section } from '../render/document';

/** What was found in one Region. */
export interface RegionReport {
  readonly place: Place;
  /** What was looked for, in words. */
  readonly lookedFor: readonly string[];
  /** The kinds of rules that were looked for. */
  readonly kinds: ReadonlyArray<'stale' | 'flagged'>;
  /** The number of VPCs that were read. Absent: VPCs were not looked at. */
  readonly vpcsRead?: number;
  readonly rules: readonly RuleData[];
  /** Absent: they were not looked at, or could not be read. */
  readonly vpnConnections?: readonly VpnConnectionState[];
  readonly gaps: readonly Gap[];
}

export function reportDocument(regions: readonly RegionReport[]): Document {
  return {
    title: 'Report of what is open',
    lead: regions.map(({ place }) => placeWords(place)),
    sections: regions.flatMap(region => sectionsOf(region, regions.length > 1)),
    closing: regions.map(region => ({
      text: `${regions.length > 1 ? `${region.place.region}: ` : ''}${summary(region)}.`,
      tone: region.gaps.length > 0 ? 'bad' : findingsOf(region) > 0 ? 'warn' : 'good',
    })),
    data: { version: 1, command: 'report', regions: regions.map(dataOf) },
    records: { columns: COLUMNS, rows: regions.flatMap(recordsOf) },
  };
}

export const findingsOf = ({ rules, vpnConnections = [] }: RegionReport): number =>
  rules.length + vpnConnections.filter(isVpnFinding).length;

function sectionsOf({ place, rules, lookedFor, vpnConnections, gaps }: RegionReport, several: boolean): Section[] {
  return [
    {
      title: several ? `Rules in ${place.region}` : 'Rules',
      sentences: [{ text: `Looked for ${lookedFor.join('; ') || 'no rules'}.` }],
      tables: rules.length > 0 ? [foundTable(rules, remark)] : [],
    },
    ...vpnSection(vpnConnections),
    ...gapSection(gaps),
  ];
}

function remark({ tags = {}, verdict, direction }: RuleData): string {
  return [
    ...direction === 'egress' ? ['egress'] : [],
    ...verdict === 'undecided' ? ['not certain'] : [],
    ...exemptingTag(tags, []) === undefined ? [] : ['tagged exempt'],
  ].join(', ');
}

/** Counts only what was looked for, because none of the others says that there is none. */
function summary({ rules, kinds, vpnConnections, vpcsRead, gaps }: RegionReport): string {
  const stale = rules.filter(({ isStale }) => isStale).length;
  const flagged = rules.filter(({ verdict }) => verdict !== undefined).length;
  return [
    ...vpcsRead === undefined ? [] : [`${plural(vpcsRead, 'VPC')} read`],
    ...kinds.includes('stale') ? [plural(stale, 'stale rule')] : [],
    ...kinds.includes('flagged') ? [plural(flagged, 'flagged rule')] : [],
    ...vpnConnections === undefined ? [] : [
      `${plural(vpnConnections.length, 'VPN connection')}, ${vpnConnections.filter(isVpnFinding).length} with a problem`,
    ],
    ...gaps.length > 0 ? [`${plural(gaps.length, 'thing')} could not be looked at`] : [],
  ].join(', ');
}

function dataOf({ place, lookedFor, vpcsRead, rules, vpnConnections, gaps }: RegionReport): unknown {
  return {
    account: place.account, region: place.region, role: place.arn, lookedFor, vpcsRead, rules, vpnConnections,
    couldNotLook: gaps,
  };
}

const COLUMNS = ['account', 'region', 'kind', ...RULE_FIELDS, 'remark', 'vpnConnectionId', 'status'];

function recordsOf({ place: { account, region }, rules, vpnConnections = [], gaps }: RegionReport): string[][] {
  const row = (values: Readonly<Partial<Record<string, string>>>): string[] =>
    COLUMNS.map(column => ({ account, region, ...values })[column] ?? '');
  const fieldsOf = (rule: RuleData): Record<string, string> =>
    Object.fromEntries(RULE_FIELDS.map((field, index) => [field, ruleFields(rule)[index]]));
  return [
    ...rules.map(rule => row({ kind: 'rule', ...fieldsOf(rule), remark: remark(rule) })),
    ...vpnConnections.map(({ vpnConnectionId, status }) => row({ kind: 'vpnConnection', vpnConnectionId, status })),
    ...gaps.map(({ message, vpcId, resourceId }) =>
      row({ kind: 'couldNotLook', because: message, vpcId, groupId: resourceId })),
  ];
}

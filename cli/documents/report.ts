/** The document of a report: the findings in one or several Regions. */
import { type Gap, gapRow, gapSection } from './errors';
import { minute, type Place, placeLines, plural } from './place';
import { type Row, rowIn } from './records';
import { foundTable, RULE_FIELDS, type RuleData, ruleFields } from './rules';
import { isVpnFinding, vpnRow, vpnSection } from './vpn-connections';
import type { VpnConnectionState } from '../../lambda/core/model/finding';
import type { Document, Section } from '../render/document';

/** The findings in one Region. */
export interface RegionReport {
  readonly place: Place;
  /** The construct that says what to look for. Absent: the options of the command do. */
  readonly by?: string;
  readonly notes?: readonly string[];
  /** The time at which the network was read. */
  readonly readAt: Date;
  /** The checks, in words. */
  readonly lookedFor: readonly string[];
  /** The kinds of rules that were looked for. */
  readonly kinds: ReadonlyArray<'stale' | 'flagged'>;
  /** The number of VPCs that were read. Absent: VPCs were not looked at. */
  readonly vpcsRead?: number;
  /** The number of further VPCs whose rules prove that none is stale. */
  readonly vpcsCoveredByProof?: number;
  readonly rules: readonly RuleData[];
  /** Absent: they were not looked at, or could not be read. */
  readonly vpnConnections?: readonly VpnConnectionState[];
  readonly gaps: readonly Gap[];
}

/** @param refused the Regions that could not be entered */
export function reportDocument(regions: readonly RegionReport[], refused: readonly Gap[] = []): Document {
  const several = regions.length > 1;
  return {
    title: 'Report',
    lead: placeLines(regions.map(({ place }) => place)),
    sections: [...gapSection(refused), ...regions.flatMap(region => sectionsOf(region, several))],
    closing: regions.map(region => ({
      text: `${several ? `${nameOf(region)}: ` : ''}${summary(region)}.`,
      tone: region.gaps.length > 0 ? 'bad' : findingsOf(region) > 0 ? 'warn' : 'good',
    })),
    data: { version: 1, command: 'report', regions: regions.map(dataOf), couldNotLook: refused },
    records: {
      columns: COLUMNS,
      rows: [...refused.map(each => rowOf(gapRow(each))), ...regions.flatMap(recordsOf)],
    },
  };
}

export const findingsOf = ({ rules, vpnConnections = [] }: RegionReport): number =>
  rules.length + vpnConnections.filter(isVpnFinding).length;

const nameOf = ({ by, place: { region } }: RegionReport): string => by === undefined ? region : `${by} in ${region}`;

function sectionsOf(region: RegionReport, several: boolean): Section[] {
  const { rules, lookedFor, vpcsRead, vpnConnections, gaps, by, notes = [] } = region;
  const byConstruct = by === undefined ? '' : `, as ${by} does`;
  return [
    ...several ? [{ title: nameOf(region), sentences: [], tables: [] }] : [],
    ...gapSection(gaps),
    ...vpcsRead === undefined ? [] : [{
      title: 'Rules',
      sentences: [{ text: `Looked for ${lookedFor.join('; ')}${byConstruct}.` }],
      tables: rules.length > 0 ? [foundTable(rules, remark)] : [],
    }],
    ...vpnSection(vpnConnections),
    ...notes.length === 0 ? [] : [{ title: 'Notes', sentences: notes.map(text => ({ text })), tables: [] }],
  ];
}

function remark({ exemptTag, exemptUntil, verdict, direction }: RuleData): string {
  return [
    ...direction === 'egress' ? ['egress'] : [],
    ...verdict === 'undecided' ? ['not certain'] : [],
    ...exemptTag === undefined ? [] : [`exempt by the tag ${exemptTag}${exemptUntil === undefined ? '' : ` until ${minute(exemptUntil)}`}`],
  ].join(', ');
}

/** Counts only what was looked for, because a count of 0 says that there is none. */
function summary({
  rules, kinds, vpnConnections, vpcsRead, vpcsCoveredByProof: proved = 0, gaps,
}: RegionReport): string {
  const count = (isCounted: (rule: RuleData) => boolean): number => rules.filter(isCounted).length;
  const undecided = count(({ verdict }) => verdict === 'undecided');
  return [
    ...vpcsRead === undefined ? [] : [`${plural(vpcsRead, 'VPC')} read`],
    ...proved > 0 ? [`${proved} covered by proof`] : [],
    ...kinds.includes('stale') ? [plural(count(({ isStale }) => isStale), 'stale rule')] : [],
    ...kinds.includes('flagged') ? [`${count(({ verdict }) => verdict === 'flagged')} flagged`] : [],
    ...undecided > 0 ? [`${undecided} not certain`] : [],
    ...vpnConnections === undefined ? [] : [
      `${plural(vpnConnections.length, 'VPN connection')}, ${vpnConnections.filter(isVpnFinding).length} with a problem`,
    ],
    ...gaps.length > 0 ? [`${plural(gaps.length, 'thing')} could not be looked at`] : [],
  ].join(', ') || 'Nothing was looked at';
}

function dataOf({
  place, by, notes, readAt, lookedFor, vpcsRead, rules, vpnConnections, gaps,
}: RegionReport): unknown {
  return {
    account: place.account, region: place.region, role: place.arn, ...by !== undefined && { construct: by, notes },
    readAt: readAt.toISOString(), lookedFor, vpcsRead: vpcsRead ?? null, rules, vpnConnections: vpnConnections ?? null,
    couldNotLook: gaps,
  };
}

const COLUMNS = [
  'kind', 'account', 'region', 'construct', ...RULE_FIELDS, 'words', 'vpnConnectionId', 'status', 'tunnels',
] as const;

const rowOf = rowIn(COLUMNS);

function recordsOf({ place, by: construct, rules, vpnConnections = [], gaps }: RegionReport): string[][] {
  const { account, region } = place;
  const row = (values: Row<typeof COLUMNS[number]>): string[] => rowOf({ account, region, construct, ...values });
  return [
    ...rules.map(rule => row({ kind: 'rule', ...ruleFields(rule), words: remark(rule) })),
    ...vpnConnections.map(each => row(vpnRow(each))),
    ...gaps.map(each => row(gapRow(each))),
  ];
}

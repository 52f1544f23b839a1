/** What an explanation says about one rule. */
import { type Gap, gapSection, gapsOf } from './errors';
import { type Place, placeWords } from './place';
import { RULE_FIELDS, ruleData, ruleFields } from './rules';
import { becauseOf } from '../../lambda/core/decide/because';
import { keepFacts } from '../../lambda/core/decide/reasons';
import { reason as staleReason, traffic } from '../../lambda/core/report/wording';
import { revokesAnything, type DecodedConfiguration } from '../../src/contract/configuration';
import type { Explanation } from '../planning/explanation';
import type { Cell, Document, Section } from '../render/document';

/** Rules of one account and Region, explained by one configuration. */
export interface Explained {
  readonly place: Place;
  /** The construct, or what the flags of the command line are called. */
  readonly by: string;
  readonly configuration: DecodedConfiguration;
  readonly explanations: readonly Explanation[];
  readonly notes: readonly string[];
  readonly gaps: readonly Gap[];
}

export function explanationDocument(explained: readonly Explained[]): Document {
  const all = explained.flatMap(each => each.explanations.map(explanation => ({ ...each, explanation })));
  return {
    title: all.length === 1 ? `Explanation of ${all[0].explanation.rule.securityGroupRuleId}` : 'Explanation of rules',
    lead: [...new Set(explained.map(({ place }) => placeWords(place).text))].map(text => ({ text })),
    sections: [
      ...all.map(each => section(each.explanation, each, explained.length > 1 || all.length > 1)),
      ...explained.flatMap(({ notes }) => notes.length === 0 ? [] : [{
        title: 'Notes', sentences: notes.map(text => ({ text })), tables: [],
      }]),
      ...gapSection(allGaps(explained)),
    ],
    closing: all.map(({ explanation, configuration, by }) => ({
      text: `${explanation.rule.securityGroupRuleId}: ${verdict(explanation, configuration)}`
        + `${explained.length > 1 ? ` (${by})` : ''}.`,
      tone: toneOf(explanation),
    })),
    data: {
      version: 1, command: 'explain',
      rules: all.map(({ explanation, place, by, configuration }) => ({
        account: place.account, region: place.region, role: place.arn, by,
        ...ruleOf(explanation), stale: explanation.stale, declarations: explanation.declarations,
        exemptTags: explanation.exemptTags, reasonsToKeep: explanation.reasons,
        replacedBy: explanation.replacedBy?.map(each => traffic(each)), verdict: verdict(explanation, configuration),
      })),
      couldNotLook: allGaps(explained),
    },
    records: {
      columns: ['account', 'region', 'by', ...RULE_FIELDS, 'stale', 'reasonsToKeep', 'verdict'],
      rows: all.map(({ explanation, place, by, configuration }) => [
        place.account, place.region, by, ...ruleFields(ruleOf(explanation)), explanation.stale,
        explanation.reasons.join('; '), verdict(explanation, configuration),
      ]),
    },
  };
}

export const allGaps = (explained: readonly Explained[]): Gap[] =>
  explained.flatMap(({ gaps, explanations }) => [
    ...gaps, ...gapsOf([...new Set(explanations.flatMap(({ errors }) => errors))]),
  ]);

const ruleOf = ({ finding, rule, group }: Explanation) =>
  ruleData(finding ?? { groupId: rule.groupId, rule }, group);

function section(explanation: Explanation, { by }: Pick<Explained, 'by'>, several: boolean): Section {
  const { rule, group, declarations, reasons, isInScope } = explanation;
  const name = group?.groupName ? `${rule.groupId} (${group.groupName})` : rule.groupId;
  const facts: Cell[][] = [
    ['Traffic', traffic(rule)], ['Group', `${name}${group?.vpcId === undefined ? '' : `, ${group.vpcId}`}`],
    ...rule.description === undefined ? [] : [['Description', rule.description]],
    ...Object.entries(rule.tags).map(([key, value]) => ['Tag', `${key} = ${value}`]),
  ].map(([title, text]) => [{ text: title }, { text }]);
  return {
    title: several ? `${rule.securityGroupRuleId}, by ${by}` : rule.securityGroupRuleId,
    sentences: [],
    tables: [
      { columns: [{ title: 'Rule' }, { title: '', isProse: true }], rows: facts },
      {
        columns: [{ title: 'Check' }, { title: 'Result', isProse: true }],
        rows: [
          ...isInScope ? [] : [[{ text: 'scope' }, { text: 'its VPC is not among vpcs, so no sweep looks at it', tone: 'quiet' as const }]],
          [{ text: 'stale' }, staleCell(explanation)],
          ...declarations.map(check => [{ text: check.name }, declarationCell(check)]),
        ],
      },
      ...reasons.length === 0 ? [] : [{
        columns: [{ title: 'Kept because' }, { title: '', isProse: true }],
        rows: reasons.map(each => [{ text: each }, { text: keepFacts(each)?.words ?? each }]),
      }],
    ],
  };
}

function staleCell({ stale, finding }: Explanation): Cell {
  switch (stale) {
    case 'yes': return {
      text: finding ? staleReason({ ...becauseOf(finding), verdict: undefined, declarations: [] }) : 'stale', tone: 'warn',
    };
    case 'no': return { text: 'EC2 does not call it stale', tone: 'good' };
    case 'notLookedFor': return { text: 'stale rules are not looked for', tone: 'quiet' };
    case 'unread': return { text: 'could not be looked at', tone: 'bad' };
  }
}

const RESULTS = {
  yes: { words: 'flags it', tone: 'warn' },
  no: { words: 'does not flag it: its traffic does not match', tone: 'good' },
  unknown: { words: 'may flag it, but this cannot be proved', tone: 'warn' },
  notFor: { words: 'does not flag it: the declaration is not for its group or direction', tone: 'quiet' },
} as const;

function declarationCell({ result, reason, admits, allows, action }: Explanation['declarations'][number]): Cell {
  const { words, tone } = RESULTS[result];
  const beyond = admits === undefined ? '' : `; it admits ${admits}${allows === undefined ? '' : `, and the declaration allows only ${allows}`}`;
  const about = result === 'yes' || result === 'unknown' ? `, to ${action}` : '';
  return { text: `${words}${about}${beyond}${reason === undefined ? '' : ` (${reason})`}`, tone };
}

function toneOf({ finding, group, stale, reasons }: Explanation): Cell['tone'] {
  if (finding !== undefined) return reasons.length === 0 ? 'bad' : 'warn';
  return group === undefined || stale === 'unread' ? 'warn' : 'good';
}

/** Says what becomes of the rule. */
function verdict(
  { finding, group, stale, reasons, replacedBy, isInScope }: Explanation, configuration: DecodedConfiguration,
): string {
  if (!isInScope) return 'its VPC is not among vpcs, so no sweep looks at it, and it stays';
  if (finding === undefined && group === undefined) return 'not known, because its group could not be read';
  if (finding === undefined && stale === 'unread') return 'not known, because it could not be read whether it is stale';
  if (finding === undefined) return 'no check finds it, so it stays';
  const [first] = reasons;
  if (first !== undefined) return `kept, because ${keepFacts(first)?.words ?? first}`;
  if (!revokesAnything(configuration)) return 'kept, because the configuration revokes nothing';
  const done = replacedBy === undefined ? 'revoked' : `replaced by ${replacedBy.map(each => traffic(each)).join(', ')}`;
  return `${done} by the next sweep that may revoke, unless more than ${configuration.maxRevocationsPerSweep} rules are due then`;
}

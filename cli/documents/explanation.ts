/** The document that explains rules. */
import { type Gap, gapRow, gapSection, gapsOf } from './errors';
import { minute, type Place, placeLines } from './place';
import { rowIn } from './records';
import { RULE_FIELDS, type RuleData, ruleData, ruleFields } from './rules';
import { type Earliest, earliestOf, endOfReason, isLater, revokedWords } from './waiting';
import { becauseOf } from '../../lambda/core/decide/because';
import { type KeepReason, keepFacts } from '../../lambda/core/decide/reasons';
import type { LedgerEntry } from '../../lambda/core/model/ledger';
import { reason as staleReason, traffic } from '../../lambda/core/report/wording';
import type { DecodedConfiguration } from '../../src/contract/configuration';
import { namedPrefixLists } from '../../src/contract/depends-on';
import type { Explanation } from '../planning/explanation';
import type { Cell, Document, Section } from '../render/document';

/** Rules of one account and Region, explained by one configuration. */
export interface Explained {
  readonly place: Place;
  /** The construct, or what the flags of the command line are called. */
  readonly by: string;
  readonly configuration: DecodedConfiguration;
  /** Whether a part of the configuration is left out, because it is not known. */
  readonly isPartlyKnown: boolean;
  /** The time at which the network was read. */
  readonly readAt: Date;
  readonly explanations: readonly Explanation[];
  readonly notes: readonly string[];
  readonly gaps: readonly Gap[];
}

interface One extends Explained {
  readonly explanation: Explanation;
}

/** @param gaps everything that could not be looked at, in all places: see {@link allGaps} */
export function explanationDocument(explained: readonly Explained[], gaps: readonly Gap[]): Document {
  const all = explained.flatMap(each => each.explanations.map((explanation): One => ({ ...each, explanation })));
  const isOne = all.length === 1;
  const notes = [...new Set(explained.flatMap(each => each.notes))];
  return {
    title: isOne ? `Explanation of ${idOf(all[0])}, by ${all[0].by}` : 'Explanation of rules',
    lead: placeLines(explained.map(({ place }) => place)),
    sections: [
      ...gapSection(gaps),
      ...all.map(each => section(each, !isOne)),
      ...notes.length === 0 ? [] : [{ title: 'Notes', sentences: notes.map(text => ({ text })), tables: [] }],
    ],
    closing: all.map(each => ({
      text: `${idOf(each)}: ${verdict(each)}${explained.length > 1 ? ` (${each.by}, ${each.place.region})` : ''}.`,
      tone: toneOf(each.explanation),
    })),
    data: { version: 1, command: 'explain', rules: all.map(dataOf), couldNotLook: gaps },
    records: {
      columns: COLUMNS,
      rows: [...all.map(recordOf), ...gaps.map(each => rowOf(gapRow(each)))],
    },
  };
}

const idOf = ({ explanation: { rule } }: One): string => rule.securityGroupRuleId;

function dataOf(one: One): unknown {
  const { explanation, place, by } = one;
  return {
    account: place.account, region: place.region, role: place.arn, by,
    ...ruleOf(one), stale: explanation.stale, checks: explanation.declarations,
    reasonsToKeep: explanation.reasons, replacedBy: explanation.replacedBy?.map(each => traffic(each)),
    words: verdict(one),
  };
}

const COLUMNS = ['kind', 'account', 'region', 'by', ...RULE_FIELDS, 'stale', 'reasonsToKeep', 'words'] as const;

const rowOf = rowIn(COLUMNS);

function recordOf(one: One): string[] {
  const { explanation: { stale, reasons }, place: { account, region }, by } = one;
  return rowOf({
    kind: 'rule', account, region, by, ...ruleFields(ruleOf(one)), stale, reasonsToKeep: reasons.join('; '),
    words: verdict(one),
  });
}

/** Returns the gaps of all places. A prefix list that decides about none of the rules is none. */
export function allGaps(explained: readonly Explained[]): Gap[] {
  return explained.flatMap(({ gaps, explanations, configuration, place }) => {
    const lists = new Set([
      ...explanations.flatMap(({ rule }) => rule.prefixListId ?? []),
      ...configuration.flaggedIngressRules.flatMap(namedPrefixLists),
    ]);
    const errors = [...new Set(explanations.flatMap(each => each.errors))]
      .filter(({ resourceId = '' }) => !resourceId.startsWith('pl-') || lists.has(resourceId));
    const unread = explanations.filter(each => each.stale === 'unread' && each.isInScope)
      .map(({ rule: { securityGroupRuleId: resourceId } }) => ({
        resourceId, message: `${place.region}: whether ${resourceId} is stale could not be read`,
      }));
    return [...gaps, ...gapsOf(errors), ...unread];
  });
}

const ruleOf = ({ explanation: { finding, rule, group }, configuration, readAt }: One): RuleData =>
  ruleData(finding ?? { groupId: rule.groupId, rule }, group, configuration, readAt);

function section(one: One, several: boolean): Section {
  const { explanation, by } = one;
  const { rule, group, declarations, reasons, isInScope } = explanation;
  const { exemptTag, exemptUntil } = ruleOf(one);
  const name = group?.groupName ? `${rule.groupId} (${group.groupName})` : rule.groupId;
  const facts: Cell[][] = [
    ['Traffic', traffic(rule)], ['Group', `${name}${group?.vpcId === undefined ? '' : `, ${group.vpcId}`}`],
    ...rule.description === undefined ? [] : [['Description', rule.description]],
    ...Object.entries(rule.tags).map(([key, value]) => ['Tag', `${key} = ${value}`]),
    ...exemptTag === undefined ? [] : [['Exempt by the tag', `${exemptTag}${exemptUntil === undefined ? '' : `, until ${minute(exemptUntil)}`}`]],
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
        rows: reasons.map(each => [{ text: each }, { text: `${keepFacts(each)?.words ?? each}${endIn(one, each)}` }]),
      }],
    ],
  };
}

const endIn = (one: One, reason: KeepReason): string =>
  endOfReason(reason, { entry: one.explanation.entry, ...ruleOf(one) }, one.configuration, one.readAt);

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
  const about = result === 'yes' || result === 'unknown' ? ` (action: ${action})` : '';
  return { text: `${words.replace(/^[^,:]+/, start => `${start}${about}`)}${beyond}${reason === undefined ? '' : ` (${reason})`}`, tone };
}

function toneOf({ finding, group, stale, reasons }: Explanation): Cell['tone'] {
  if (finding !== undefined) return reasons.length === 0 ? 'bad' : 'warn';
  return group === undefined || stale === 'unread' ? 'warn' : 'good';
}

/** Says what becomes of the rule. */
function verdict(one: One): string {
  const { explanation, configuration, readAt, isPartlyKnown } = one;
  const { finding, group, reasons, isInScope, entry, hold, heldUntil, never } = explanation;
  if (!isInScope) return 'its VPC is not among vpcs, so no sweep looks at it, and it stays';
  if (finding === undefined && group === undefined) return 'not known, because its group could not be read';
  if (finding === undefined) {
    if (explanation.stale === 'unread') return 'not known, because whether it is stale could not be read';
    return isPartlyKnown ? 'not known, because a part of the configuration is not known' : 'no check finds it, so it stays';
  }
  const [first, ...others] = reasons;
  const where = configuration.organization === undefined ? '' : ' in the whole organization';
  const limit = `unless more than ${configuration.maxRevocationsPerSweep} rules are due then${where}`;
  if (first === undefined && never !== undefined) return `kept, because ${never}`;
  const earliest = entry && earliestAfter(first, entry, one);
  const isHeld = first !== undefined && first === hold?.reason;
  // After the hold, the notice and the window may keep the rule, even if the window is open now.
  const isFree = others.length === 0 && !earliest?.isOpening;
  if (first === undefined) return `the next sweep ${doesWords(explanation)}, ${limit}${ifOpen(one)}`;
  if (isHeld && heldUntil !== undefined && isFree) {
    return `the first sweep after ${minute(heldUntil)} ${doesWords(explanation)}, ${limit}${ifOpen(one)}`;
  }
  const because = `kept, because ${keepFacts(first)?.words ?? first}`;
  const isToBeRevoked = isLater(first) || (isHeld && heldUntil !== undefined);
  const until = isToBeRevoked && entry && never === undefined
    ? revokedWords(first, entry, configuration, readAt, earliest) : endIn(one, first);
  return `${because}${until}`;
}

/** Returns when the rule may be revoked if only time and people keep it, and a hold that ends by itself. */
function earliestAfter(
  reason: KeepReason | undefined, entry: LedgerEntry, { explanation: { heldUntil }, configuration, readAt }: One,
): Earliest | undefined {
  const after = new Date(Math.max(readAt.getTime(), Date.parse(heldUntil ?? '') || 0));
  const earliest = earliestOf(reason, entry, configuration, reason === 'WITHIN_GRACE' ? readAt : after);
  return earliest !== undefined && earliest.at < after ? earliestOf(undefined, entry, configuration, after) : earliest;
}

const ifOpen = ({ configuration: { revocationWindow } }: One): string =>
  revocationWindow === undefined ? '' : ', and if the revocation window is still open then';

function doesWords({ replacedBy }: Explanation): string {
  return replacedBy === undefined ? 'revokes it' : `replaces it by ${replacedBy.map(each => traffic(each)).join(', ')}`;
}

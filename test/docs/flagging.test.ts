/** Tests that the declarations of the page "Flagging" flag exactly the rules that the page says. */
import { Stack } from 'aws-cdk-lib';
import { flaggedIngress } from '../../lambda/core/checks/flagged-ingress';
import type { FlaggedIngressRule as Declared, Match } from '../../src/contract/configuration';
import { decodeConfiguration } from '../../src/contract/decode';
import { judge } from '../../src/contract/rules/judge';
import { trafficOf } from '../../src/contract/rules/live-rule';
import { replacementFor } from '../../src/contract/rules/replacement';
import type { Traffic } from '../../src/contract/traffic';
import { code, Page, page, type Snippet } from '../support/pages';
import { fixture, loadPackage, run } from '../support/snippets';
import { configurationIn } from '../support/synthesized-stack';
import { readRule, seen } from '../support/written-rule';

const flagging = page('docs/flagging.md');

const VERDICTS = ['goes', 'stays', 'undecided'] as const;
type Verdict = (typeof VERDICTS)[number];

/** One rule of a table. */
interface Row {
  readonly rule: string;
  readonly verdict: string;
  readonly because: string;
}

/** A heading with its snippet and its table. */
interface Example {
  readonly title: string;
  readonly snippet: Snippet;
  readonly rows: readonly Row[];
  readonly text: string;
}

const EXAMPLES: readonly Example[] = sectionsBelow('Twelve declarations').map(text => {
  const title = text.slice(0, text.indexOf('\n'));
  const section = new Page(title, `### ${text}`);
  const rows = section.table(title, 'rule').map(([rule, verdict, because]) => ({ rule: code(rule)[0], verdict, because }));
  return { title, snippet: section.snippetsIn('ts')[0], rows, text: text.replace(/\s+/g, ' ') };
});

/** Returns the texts of the sections of the third level below a heading, each from its own heading on. */
function sectionsBelow(heading: string): string[] {
  const [part] = flagging.text.split(`\n## ${heading}\n`)[1].split('\n## ');
  return part.split(/^### /m).slice(1);
}

/** Returns the declarations of a snippet as the handler reads them. */
function declaredBy(snippet: Snippet): Declared[] {
  return decodeConfiguration(configurationIn(run(snippet, loadPackage, 'stack') as Stack)).flaggedIngressRules;
}

/** Returns the verdict on a rule. Every prefix list that a rule of the table shows can be read, unless it says not. */
function verdictOn(text: string, declared: readonly Declared[], { rows }: Pick<Example, 'rows'>): Verdict {
  const { rule, groups } = seen(readRule(text));
  const prefixLists = new Map(rows.flatMap(each => [...seen(readRule(each.rule)).prefixLists]));
  const found = flaggedIngress(rule, { groups, prefixLists, declared });
  if (found === undefined) return 'stays';
  return found.verdict === 'flagged' ? 'goes' : 'undecided';
}

test('the page has twelve declarations, in the construct that it shows first', () => {
  expect(EXAMPLES.map(({ title }) => title)).toHaveLength(12);
  expect(EXAMPLES.map(({ snippet }) => snippet.info)).toEqual(EXAMPLES.map(() => 'ts fixture=flagging'));
  const frame = flagging.snippetsIn('ts')[0].text;
  expect(fixture('flagging')).toContain(frame.replace('// the declarations\n', '/// here\n'));
});

describe.each(EXAMPLES.map(example => [example.title, example] as const))('%s', (_, example) => {
  const { snippet, rows } = example;
  const declared = declaredBy(snippet);
  const unexcepted = declared.map(each => ({ ...each, except: [], exceptGroupIds: [] }));

  test('has a rule that goes and one that stays, and says why', () => {
    const verdicts = rows.map(({ verdict }) => verdict);
    expect(verdicts).toEqual(expect.arrayContaining(['goes', 'stays']));
    expect(verdicts.filter(verdict => !VERDICTS.some(known => known === verdict))).toEqual([]);
    expect(rows.filter(({ because }) => because === '')).toEqual([]);
  });

  test.each(rows)('$rule $verdict', ({ rule, verdict }) => {
    expect(verdictOn(rule, declared, example)).toBe(verdict);
  });

  test('has exceptions if and only if a rule stays because of one', () => {
    const hasExceptions = declared.some(({ except, exceptGroupIds }) => except.length + exceptGroupIds.length > 0);
    expect(rows.some(({ because }) => because === 'exception')).toBe(hasExceptions);
  });

  test.each(rows.filter(({ verdict }) => verdict === 'stays'))(
    '$rule stays by an exception if and only if the page says so', ({ rule, because }) => {
      expect(verdictOn(rule, unexcepted, example)).toBe(because === 'exception' ? 'goes' : 'stays');
    },
  );
});

describe('what the page says about a declaration besides', () => {
  const declaredAs = (title: string): Declared[] => {
    const example = EXAMPLES.find(each => each.title === title);
    if (example === undefined) throw new Error(`The page has no declaration ${title}`);
    return declaredBy(example.snippet);
  };

  test('databases wait for 14 days', () => {
    const actions = declaredAs('Databases from the internet, after 14 days').map(({ action }) => action);
    expect(actions).toHaveLength(4);
    for (const action of actions) expect(action).toMatchObject({ kind: 'revoke', grace: { seconds: 14 * 86_400 } });
  });

  test.each([
    ['TCP 80-90 and TCP 91-100', 'tcp 85-95 from 0.0.0.0/0', 'tcp 80-90 from 0.0.0.0/0', 'tcp 91-100 from 0.0.0.0/0'],
    [
      'The halves 10.0.0.0/9 and 10.128.0.0/9',
      'tcp 22 from 10.0.0.0/8', 'tcp 22 from 10.0.0.0/9', 'tcp 22 from 10.128.0.0/9',
    ],
  ])('%s add up, and none of them is enough', (said, rule, ...exceptions) => {
    expect(flagging.text.replace(/\s+/g, ' ')).toContain(`${said} together let `);
    const [live, ...except] = [rule, ...exceptions].map(text => trafficOf(seen(readRule(text)).rule));
    const relation = (those: readonly Traffic[]): string =>
      judge(live, { traffic: [live], match: 'OVERLAPS', except: those }, new Map()).relation;
    expect(relation(except)).toBe('no');
    expect(except.map(each => relation([each]))).toEqual(['yes', 'yes']);
  });

  test('what makes a rule go is named as the page says', () => {
    const [, rule, admits] = /\(#everything-but\S+\) and `([^`]+)`, this is `([^`]+)`/
      .exec(flagging.text.replace(/\s+/g, ' ')) ?? [];
    const live = seen(readRule(rule));
    const declared = declaredAs('Everything but 80 and 443 from the internet');
    expect(flaggedIngress(live.rule, { ...live, declared })?.declarations).toMatchObject([{ admits }]);
  });

  test('rules of a default group in use stay', () => {
    const [{ groups }] = declaredAs('Every rule of default groups');
    expect(groups).toEqual({ kind: 'default', evenInUse: false });
  });

});

describe.each(['SSH for the office and the VPN instead of everyone', 'Replace instead of remove'])('%s', heading => {
  const lines = flagging.text.split('\n');
  const title = lines.findIndex(line => /^#{2,3} /.test(line) && line.endsWith(` ${heading}`));
  const [snippet] = new Page(heading, lines.slice(title).join('\n')).snippetsIn('ts');
  const declared = declaredBy(snippet);
  const rows = flagging.table(heading, 'flagged rule').map(([from, becomes]) => ({ from: code(from)[0], becomes }));
  const replaced = (from: string, by = declared): ReturnType<typeof replacementFor> =>
    replacementFor(seen(readRule(from)).rule, by, new Map());

  test('has a rule that is replaced and one that is kept', () => {
    expect(new Set(rows.map(({ becomes }) => becomes.startsWith('kept as ')))).toEqual(new Set([true, false]));
  });

  test.each(rows)('$from becomes what the page says', ({ from, becomes }) => {
    const { rule } = seen(readRule(from));
    expect(flaggedIngress(rule, { groups: new Map(), prefixLists: new Map(), declared })?.verdict).toBe('flagged');
    const replacement = replaced(from);
    const traffic = (text: string): Traffic => trafficOf(seen(readRule(text)).rule);
    if (replacement.kind !== 'rules') expect(becomes).toMatch(new RegExp(`^kept as \`${replacement.kind}\``));
    else expect(new Set(replacement.rules.map(trafficOf))).toEqual(new Set(code(becomes).map(traffic)));
  });

  test('without a peer of IPv6, a rule of IPv6 is kept', () => {
    const onlyIpv4 = declared.map(each => ({
      ...each, replaceWith: each.replaceWith?.filter(peer => peer.kind === 'cidr' && peer.cidr.family === 4),
    }));
    const [rule] = rows.flatMap(({ from }) => from.includes('::/0') ? from : []);
    expect(replaced(rule, onlyIpv4).kind).toBe('NOT_NARROWER');
  });
});

describe('the picture', () => {
  const [{ text }] = flagging.snippetsIn('text');
  const lines = text.split('\n');
  const marks = [0, 80, 443, 1023, 65535];
  const columns = marks.map(mark => lines[0].search(new RegExp(`\\b${mark}\\b`)));
  const rules = lines.flatMap(line => {
    const [, from, to, ...said] = /^rule (\d+)-(\d+) .*?(yes|no) +(yes|no) +(yes|no) +(yes|no) +(yes|no)$/
      .exec(line) ?? [];
    return from === undefined ? [] : [{ from: Number(from), to: Number(to), said, line }];
  });
  const tcp = (from: number, to: number): Traffic =>
    trafficOf({ ipProtocol: 'tcp', fromPort: from, toPort: to, cidrIpv4: '0.0.0.0/0' });

  test.each(rules)('is right about a rule for TCP $from-$to', ({ from, to, said }) => {
    const flags = (match: Match, except: readonly Traffic[] = []): string =>
      judge(tcp(from, to), { traffic: [tcp(0, 1023)], match, except }, new Map()).relation;
    expect([
      ...(['EXACT', 'WITHIN', 'COVERS', 'OVERLAPS'] as const).map(match => flags(match)),
      flags('OVERLAPS', [tcp(80, 80), tcp(443, 443)]),
    ]).toEqual(said);
  });

  test.each(rules)('draws the rule for TCP $from-$to from its first to its last port', ({ from, to, line }) => {
    const at = (port: number): number =>
      marks.includes(port) ? columns[marks.indexOf(port)] : columns[marks.indexOf(port - 1)] + 1;
    expect(line.indexOf('=')).toBe(at(from));
    expect(line.lastIndexOf('=')).toBe(at(to));
  });

  test('has a rule for each difference between the columns', () => {
    expect(rules.map(({ said }) => said.join())).toEqual([
      'no,yes,no,yes,no', 'no,yes,no,yes,yes', 'yes,yes,yes,yes,yes', 'no,no,yes,yes,yes', 'no,no,no,yes,yes',
      'no,no,no,no,no',
    ]);
    expect(flagging.text).toContain('declaration of TCP 0-1023');
  });
});

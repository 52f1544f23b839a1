/** Tests that the saved queries ask for fields and values that the handler's log lines really have. */
import { App, Stack } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import { LogGroup } from 'aws-cdk-lib/aws-logs';
import { HygieneAccounts, NetworkHygiene, NetworkHygieneOperations, NetworkHygieneOrganization } from '../src';
import { everyLogLine } from './support/log-lines';
import type { LoggedLine } from './support/recorders';
import { aStack, type SynthesizedResource } from './support/synthesized-stack';
import { logTo } from '../lambda/aws/log';

const NAMES = [
  'What was revoked',
  'What was to be revoked and was not',
  'Why rules were kept',
  'Which rules were kept',
  'Findings opened and resolved',
  'Who changed what',
  'Which changes asked for a full sweep',
  'When VPN connections changed',
  'Which security groups are unused',
  'Which VPN connections were not up',
  'What could not be looked at',
  'What was not delivered',
  'What was restored',
  'What was retried',
  'What was announced or approved',
  'When revoking was paused',
  'What held back revoking',
  'Sweeps',
];

interface Definition {
  readonly Name: string;
  readonly QueryString: string;
  readonly LogGroupNames: unknown[];
}

function definitionsIn(stack: Stack): Definition[] {
  const found = Object.values(
    Template.fromStack(stack).findResources('AWS::Logs::QueryDefinition'),
  ) as SynthesizedResource[];
  return found.map(({ Properties }) => Properties as unknown as Definition);
}

/** Returns the queries by the last part of their names. */
function queries(of: (stack: Stack) => NetworkHygieneOperations = aHygiene): Record<string, string> {
  const stack = aStack();
  of(stack).addQueryDefinitions();
  return Object.fromEntries(definitionsIn(stack).map(({ Name, QueryString }) => [Name.split('/').pop(), QueryString]));
}

const aHygiene = (stack: Stack): NetworkHygiene => new NetworkHygiene(stack, 'NetworkHygiene');
const anOrganization = (stack: Stack): NetworkHygieneOrganization =>
  new NetworkHygieneOrganization(stack, 'Hub', { organizationId: 'o-a1b2c3d4e5', accounts: HygieneAccounts.all() });

type Line = Readonly<Record<string, string>>;

/** Returns the fields that Logs Insights discovers in a line of JSON, such as `rule.groupId` or `tunnels.0.status`. */
function discovered(value: unknown, path = ''): Array<[string, string]> {
  if (typeof value !== 'object' || value === null) return [[path, String(value)]];
  return Object.entries(value).flatMap(([key, member]) => discovered(member, path === '' ? key : `${path}.${key}`));
}

/** Returns the lines as logTo() writes them. */
function written(logged: readonly LoggedLine[]): Line[] {
  const lines: string[] = [];
  const write = logTo({ write: line => lines.push(line) }, 'request-1');
  for (const { level, message, fields } of logged) write(level, message, fields);
  return lines.map(line => Object.fromEntries(discovered(JSON.parse(line))));
}

const clauses = (query: string): string[] => query.split('\n| ');
const texts = (clause: string): string[] => [...clause.matchAll(/"([^"]*)"/g)].map(([, text]) => text);

/** Returns the names that a query defines itself. */
const made = (query: string): string[] => [...query.matchAll(/ as (\w+)/g)].map(([, name]) => name);

/** Returns the fields that a query uses, except for those of Insights. */
function fieldsOf(query: string): string[] {
  const words = query.replace(/"[^"]*"/g, '').match(/@?[A-Za-z]\w*(\.\w+)*/g) ?? [];
  const own = [
    'fields',
    'filter',
    'stats',
    'sort',
    'by',
    'as',
    'in',
    'not',
    'desc',
    'max',
    'latest',
    'count_distinct',
    'ispresent',
    'or',
    '@timestamp',
    ...made(query),
  ];
  return [...new Set(words.filter(word => !own.includes(word)))];
}

/** Returns the events that a query selects. */
function eventsOf(query: string): string[] {
  return clauses(query).filter(clause => /^filter event (=|in) /.test(clause)).flatMap(texts);
}

const byName = Object.entries(queries());

test('each query is there, in a folder of the construct, with its log group alone', () => {
  const stack = aStack();
  const saved = new NetworkHygiene(stack, 'NetworkHygiene').addQueryDefinitions();
  const definitions = definitionsIn(stack);
  expect(definitions.map(({ Name }) => Name).sort()).toEqual(
    NAMES.map(name => `NetworkHygiene/Network/NetworkHygiene/${name}`).sort(),
  );
  for (const { LogGroupNames } of definitions) {
    expect(LogGroupNames).toEqual([{ Ref: expect.stringMatching(/^NetworkHygieneLogGroup/) as string }]);
  }
  expect(saved).toHaveLength(NAMES.length);
});

describe('the query', () => {
  let lines: Line[];

  beforeAll(async () => {
    lines = written(await everyLogLine());
  });

  const linesFor = (query: string): Line[] => lines.filter(({ event }) => eventsOf(query).includes(event));

  test.each(byName)('"%s" asks for events that are logged', (_, query) => {
    const events = eventsOf(query);
    expect(events.length).toBeGreaterThan(0);
    for (const event of events) expect(lines.map(line => line.event)).toContain(event);
  });

  test.each(byName)('"%s" names only fields that lines of these events have', (_, query) => {
    const known = new Set(linesFor(query).flatMap(line => Object.keys(line)));
    expect(fieldsOf(query).length).toBeGreaterThan(1);
    expect(fieldsOf(query).filter(field => !known.has(field))).toEqual([]);
  });

  test.each(byName)('"%s" filters by values that lines of these events have', (_, query) => {
    for (const clause of clauses(query).filter(each => each.startsWith('filter '))) {
      const [, field] = /^filter (\w+) /.exec(clause) ?? [];
      const known = new Set(linesFor(query).map(line => line[field]));
      expect(texts(clause).length).toBeGreaterThan(0);
      expect(texts(clause).filter(text => !known.has(text))).toEqual([]);
    }
  });

  test.each(byName)('"%s" is in the syntax of Logs Insights, as far as that can be told here', (_, query) => {
    expect(
      clauses(query)
        .map(clause => clause.split(' ')[0])
        .join(' '),
    ).toMatch(/^(fields )?filter (filter )?(stats )?sort$/);
    for (const field of fieldsOf(query)) expect(field).toMatch(/^[A-Za-z0-9_.]+$/);
    expect(query.length).toBeLessThanOrEqual(10_000);
  });

  test.each(byName.filter(([, query]) => query.includes('stats ')))('"%s" sorts by what it makes', (_, query) => {
    const stats = clauses(query).find(clause => clause.startsWith('stats ')) ?? '';
    const sort = clauses(query).find(clause => clause.startsWith('sort ')) ?? '';
    const shown = [...made(query), ...(stats.split(' by ')[1] ?? '').split(', ')];
    for (const field of sort.replace(/^sort | desc$/g, '').split(', ')) expect(shown).toContain(field);
  });

  test('of one name or another asks for each event, but for those that say no more than others', () => {
    const asked = new Set(Object.values(queries(anOrganization)).flatMap(eventsOf));
    const others = new Set(lines.map(({ event }) => event).filter(event => !asked.has(event)));
    expect([...others].sort()).toEqual([
      'CustomResource', 'Forecast', 'Preflight', 'Replacing', 'Revoking', 'SecurityHub',
    ]);
  });

  test('"What held back revoking" finds each line of the ledger as a whole, and what is over the limit', () => {
    const found = linesFor(queries()['What held back revoking']);
    const ledger = found.filter(({ event }) => event === 'Ledger');
    expect(ledger).toEqual(lines.filter(({ event }) => event === 'Ledger'));
    expect(ledger.map(({ reason, table }) => reason ?? table)).toEqual(['SETTLING', 'LEDGER_UNTRUSTED', 'ledger']);
    expect(new Set(found.map(({ event }) => event))).toEqual(new Set(['Ledger', 'RevocationsWithheld']));
  });

  test('"Sweeps" tells runs of some groups from sweeps of everything', () => {
    const { Sweeps } = queries();
    expect(fieldsOf(Sweeps)).toEqual(expect.arrayContaining(['trigger', 'groups']));
    const runs = linesFor(Sweeps).map(({ trigger, groups }) => [trigger, groups].join(' '));
    expect(new Set(runs)).toEqual(new Set(['schedule ', 'change 1']));
  });

  test('"Who changed what" says who made which call when, with what, and where, and no more of the request', () => {
    expect(fieldsOf(queries()['Who changed what'])).toEqual([
      'at', 'eventName', 'arn', 'tool', 'groupIds.0', 'securityGroupRuleIds.0', 'eventId', 'sweepId', 'event',
    ]);
  });

  test('"Which VPN connections were not up" finds those without routes, and those with a tunnel that flapped', () => {
    const [, filter] = clauses(queries()['Which VPN connections were not up']).filter(each => /^filter /.test(each));
    expect(filter).toBe('filter status not in ["UP", "PENDING"] or ispresent(flappedTunnels.0)');
  });

  test('"What was revoked" and "What was to be revoked and was not" have each outcome in one of them', () => {
    const { 'What was revoked': revoked, 'What was to be revoked and was not': kept } = queries();
    const outcomes = clauses(revoked).filter(clause => clause.startsWith('filter outcome in ')).flatMap(texts);
    expect(outcomes).toEqual(['REVOKED', 'REVOKED_CHANGED', 'UNRECORDED']);
    expect(clauses(kept)).toContain(`filter outcome not in [${outcomes.map(outcome => `"${outcome}"`).join(', ')}]`);
  });

  test('"What was revoked" says of the rule what, by what right, and in which sweep', () => {
    expect(fieldsOf(queries()['What was revoked'])).toEqual(
      expect.arrayContaining([
        'outcome',
        'rule.securityGroupRuleId',
        'rule.groupId',
        'rule.ipProtocol',
        'rule.fromPort',
        'rule.toPort',
        'rule.cidrIpv4',
        'rule.cidrIpv6',
        'rule.prefixListId',
        'rule.referencedGroup.groupId',
        'rule.description',
        'because.stale',
        'because.declarations.0.name',
        'because.declarations.0.reason',
        'sweepId',
      ]),
    );
  });
});

describe('the queries of an organization', () => {
  const PLACE = ['account', 'region'];
  const all = queries(anOrganization);
  const further = Object.entries(all).filter(([name]) => !NAMES.includes(name));
  let lines: Line[];

  beforeAll(async () => {
    lines = written(await everyLogLine());
  });

  test('are those of a construct for one account, with the account and the Region, and two more', () => {
    expect(further.map(([name]) => name).sort()).toEqual(['Runs', 'Which accounts and Regions could not be looked at']);
    for (const [name, query] of byName.filter(([each]) => each !== 'Why rules were kept')) {
      expect(all[name]).not.toBe(query);
      expect(all[name].replace(/, account, region/, '')).toBe(query);
    }
    expect(all['Why rules were kept']).toBe(queries()['Why rules were kept']);
    expect(all['Which rules were kept']).toMatch(/ by keepReason, groupId, rule.securityGroupRuleId, account, region\n/);
  });

  test.each(further)('"%s" asks for events that are logged, and for fields that their lines have', (_, query) => {
    for (const event of eventsOf(query)) expect(lines.map(line => line.event)).toContain(event);
    const own = lines.filter(({ event }) => eventsOf(query).includes(event));
    const known = new Set(own.flatMap(line => Object.keys(line)));
    expect(fieldsOf(query).filter(field => !known.has(field))).toEqual([]);
  });

  test('name the account and the Region that could not be looked at, and why', () => {
    expect(fieldsOf(all['Which accounts and Regions could not be looked at']))
      .toEqual(expect.arrayContaining([...PLACE, 'error.code', 'error.message']));
  });
});

describe('names', () => {
  test('of two constructs are different', () => {
    const stack = aStack();
    new NetworkHygiene(stack, 'One').addQueryDefinitions();
    new NetworkHygiene(stack, 'Two').addQueryDefinitions();
    expect(new Set(definitionsIn(stack).map(({ Name }) => Name)).size).toBe(2 * NAMES.length);
  });

  test('of long paths are no longer than CloudWatch Logs takes, and still in the folder', () => {
    const stack = aStack();
    new NetworkHygiene(stack, 'N'.repeat(300)).addQueryDefinitions();
    const names = definitionsIn(stack).map(({ Name }) => Name);
    for (const name of names) expect(name).toMatch(/^NetworkHygiene\/[0-9a-f]{8}-N+\/[A-Z][A-Za-z ]+$/);
    expect(names.filter(name => name.length > 255)).toEqual([]);
    expect(new Set(names).size).toBe(NAMES.length);
  });

  test('have nothing in them that CloudFormation does not take', () => {
    const stack = aStack();
    new NetworkHygiene(stack, 'Hygiene: all*').addQueryDefinitions();
    for (const { Name } of definitionsIn(stack)) {
      expect(Name).toMatch(/^NetworkHygiene\/Network\/Hygiene_ all_\/[A-Z][A-Za-z ]+$/);
    }
  });
});

test('a log group of your own is the one that is asked', () => {
  const stack = new Stack(new App(), 'Network');
  new NetworkHygiene(stack, 'NetworkHygiene', {
    logGroup: LogGroup.fromLogGroupName(stack, 'Mine', 'mine'),
  }).addQueryDefinitions();
  for (const { LogGroupNames } of definitionsIn(stack)) expect(LogGroupNames).toEqual(['mine']);
});

test('a second call is refused', () => {
  const hygiene = new NetworkHygiene(aStack(), 'NetworkHygiene');
  hygiene.addQueryDefinitions();
  expect(() => hygiene.addQueryDefinitions()).toThrow(
    'Network/NetworkHygiene: addQueryDefinitions: they are there already; call it once',
  );
});

test('a construct that is not asked for them has none', () => {
  const stack = aStack();
  new NetworkHygiene(stack, 'NetworkHygiene');
  expect(definitionsIn(stack)).toEqual([]);
});

test('a construct of the user that has the id of theirs is not taken for them', () => {
  const stack = aStack();
  const hygiene = new NetworkHygiene(stack, 'NetworkHygiene');
  hygiene.onFindingOpened('Queries');
  expect(() => hygiene.addQueryDefinitions()).toThrow("There is already a Construct with name 'Queries'");
});

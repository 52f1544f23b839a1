/** Tests the message for Slack and Microsoft Teams: what it says, in which form, and what it never contains. */
import type { HygieneEvent, Publication, Tiding } from '../../../../lambda/core/model/delivery';
import { type ChatMessage, chatPublication } from '../../../../lambda/core/report/chat';
import { notification } from '../../../../lambda/core/report/notification';
import { restoreCommand } from '../../../../lambda/core/report/wording';
import { EventType, type EventTypeName } from '../../../../src/contract/names';
import { customNotification, type Texts, violationsOf } from '../../../support/custom-notification';

const HYGIENE = 'Prod/Network/Hygiene';
const TOPIC = 'arn:aws:sns:eu-central-1:111122223333:people';
const NOW = new Date('2026-03-01T23:59:59Z');

const anEvent = (type: EventTypeName, detail: Partial<HygieneEvent['detail']> = {}): HygieneEvent =>
  ({ type, detail: { message: `about ${type}`, hygiene: HYGIENE, sweepId: 'sweep-1', ...detail } });

function published(events: readonly Tiding[], { topicArn = TOPIC, now = NOW } = {}): Publication {
  const told = notification(events);
  if (told === undefined) throw new Error('there is nothing to tell');
  return chatPublication(told, { topicArn, now });
}

const textsOf = ({ message }: Publication): Texts => JSON.parse(message) as Texts;

const chatOf = (events: readonly Tiding[], sent?: { topicArn?: string; now?: Date }): ChatMessage =>
  customNotification(textsOf(published(events, sent)));

const command = (id: string): string =>
  restoreCommand('Network-Function:restore', { securityGroupRuleIds: [id] });

const revoked = (id: string): HygieneEvent => anEvent(EventType.INGRESS_RULE_REVOKED, {
  message: `Revoked ${id}: tcp 22 from 0.0.0.0/0 in sg-0a1 (web_1)`, groupId: 'sg-0a1', securityGroupRuleId: id,
  restoreCommand: command(id),
});

test('says what the e-mail says, the most urgent first, with the way back and the thread', () => {
  const message = chatOf([
    anEvent(EventType.FINDING_OPENED, { message: 'Found sgr-1', groupId: 'sg-0a2', securityGroupRuleId: 'sgr-1' }),
    revoked('sgr-2'),
    anEvent(EventType.VPN_CONNECTION_STATE_CHANGED, { message: 'VPN connection vpn-1 is DOWN', vpnConnectionId: 'vpn-1' }),
  ]);
  expect(message).toEqual({
    version: '1.0',
    source: 'custom',
    id: 'sweep-1',
    content: {
      textType: 'client-markdown',
      title: '1 VPN change, 1 revoked, 1 new finding in Prod/Network/Hygiene',
      description: `*VPN connections (1)*
- \`VPN connection vpn-1 is DOWN\`

*Revoked (1)*
- \`Revoked sgr-2: tcp 22 from 0.0.0.0/0 in sg-0a1 (web_1)\`

*New findings (1)*
- \`Found sgr-1\``,
      nextSteps: [
        `To put a revoked rule back: \`${command('sgr-2')}\``,
        'Sweep sweep-1. The log and the ledger of Prod/Network/Hygiene have the rest.',
      ],
    },
    metadata: {
      threadId: expect.stringMatching(/^network-hygiene-[0-9a-f]{32}-2026-03-01$/) as string,
      summary: '2026-03-01 Prod/Network/Hygiene',
      eventType: EventType.VPN_CONNECTION_STATE_CHANGED,
      relatedResources: ['sg-0a2', 'sg-0a1', 'vpn-1'],
    },
  });
});

test('goes to subscriptions with HTTPS; every other protocol gets the text and the subject of the e-mail', () => {
  const events = [revoked('sgr-2')];
  const { subject, structure, message } = published(events);
  const text = notification(events);
  expect([subject, structure]).toEqual([text?.subject, 'json']);
  expect(Object.keys(JSON.parse(message) as object)).toEqual(['default', 'https']);
  expect(textsOf({ subject, message }).default).toBe(text?.message);
});

describe('a thread', () => {
  const threadOf = (hygiene: string, sent?: { topicArn?: string; now?: Date }): string =>
    chatOf([anEvent(EventType.FINDING_OPENED, { hygiene, sweepId: `sweep at ${sent?.now}` })], sent).metadata.threadId;

  test('has the messages of a construct on one day, in UTC', () => {
    expect(threadOf(HYGIENE)).toBe(threadOf(HYGIENE, { now: new Date('2026-03-01T00:00:00Z') }));
    expect(threadOf(HYGIENE)).not.toBe(threadOf(HYGIENE, { now: new Date('2026-03-02T00:00:00Z') }));
    expect(threadOf(HYGIENE)).toHaveLength(59);
  });

  test('is never that of another construct, nor of one that tells another topic', () => {
    const threads = [
      threadOf(HYGIENE), threadOf(`${HYGIENE}2`), threadOf(HYGIENE, { topicArn: TOPIC.replace('central', 'west') }),
    ];
    expect(new Set(threads).size).toBe(3);
  });

  test('is the same in every version: a digest of topic and name, and the day', () => {
    // printf '["<topic>","<name>"]' | sha256sum | cut -c1-32
    expect(threadOf(HYGIENE)).toBe('network-hygiene-fefe5004b335f9d594703e23d13d9823-2026-03-01');
  });
});

describe('the way back', () => {
  const stepsFor = (commands: readonly string[]): readonly string[] =>
    chatOf(commands.map((restore, index) => anEvent(EventType.INGRESS_RULE_REVOKED, {
      securityGroupRuleId: `sgr-${index}`, restoreCommand: restore,
    }))).content.nextSteps.slice(0, -1);

  test('is in code, to be copied as it is, for three rules; the others are counted', () => {
    const commands = ['sgr-1', 'sgr-2', 'sgr-3', 'sgr-4', 'sgr-5'].map(command);
    expect(stepsFor(commands)).toEqual([
      ...commands.slice(0, 3).map(each => `To put a revoked rule back: \`${each}\``),
      'and 2 more; the findings table has each',
    ]);
  });

  test('of an organization fits, with the longest names', () => {
    const longest = restoreCommand(
      `${'f'.repeat(64)}:restore`, { securityGroupRuleIds: ['sgr-0123456789abcdef0'] },
      { account: '111122223333', region: 'ap-southeast-1' },
    );
    expect(stepsFor([longest])).toEqual([`To put a revoked rule back: \`${longest}\``]);
  });

  test.each([
    ['is longer than a step may be', `aws lambda invoke ${'x'.repeat(350)}`],
    ['would end the code', 'aws lambda invoke `@here`'],
    ['is none of this library', 'curl https://example.com'],
  ])('is not cut or changed, but left to the findings table, if the command %s', (_, restore) => {
    expect(stepsFor([restore])).toEqual(['To put a revoked rule back: the findings table has each command']);
    expect(stepsFor([restore, command('sgr-2')])).toEqual([
      `To put a revoked rule back: \`${command('sgr-2')}\``, 'and 1 more; the findings table has each',
    ]);
  });
});

describe('text that people wrote', () => {
  const lineOf = (message: string): string =>
    chatOf([anEvent(EventType.FINDING_OPENED, { message })]).content.description.split('\n').slice(1).join('\n');

  test.each([
    ['a mention of everyone', '<!channel> <!here> @everyone', '‹!channel› ‹!here› ＠everyone'],
    ['a mention of a person or a channel', '<@U0123> <#C0123> #general', '‹＠U0123› ‹＃C0123› ＃general'],
    ['a mention that would be unescaped on the way', '&lt;!here&gt; &#60;!here&#62;', '＆lt;!here＆gt; ＆＃60;!here＆＃62;'],
    ['a mention in Teams', '<at>Ann</at>', '‹at›Ann‹/at›'],
    ['a link', '<https://evil.example|aws> [aws](https://evil.example)', '‹https：//evil.example|aws› [aws] (https：//evil.example)'],
    ['an address', 'http://evil.example www.evil.example', 'http：//evil.example www．evil.example'],
    ['formatting', '*bold* _soft_ ~gone~ ``code``', "∗bold∗ ＿soft＿ ∼gone∼ ''code''"],
    ['an escape', '\\`', "＼'"],
    ['a new line', 'a\n# b\u2028> c', 'a # b › c'],
  ])('cannot be %s', (_, written, shown) => {
    expect(lineOf(written)).toBe(`- \`${shown}\``);
  });

  test.each([
    'Found sgr-0a1: tcp 22-23 from 10.0.0.0/8 in sg-1 (web_server-2)',
    'all traffic from ::/0 (Zürich & Bern, "日本", 50 %, a+b=c; d|e {f} $g)',
    'flagged by flaggedIngressRules[0] (use Session Manager): #1 is first',
  ])('stays as it is where it means nothing: %s', text => {
    expect(lineOf(text)).toBe(`- \`${text.replace('#1', '＃1')}\``);
  });

  test('is not empty code, which would show the marks', () => {
    expect(lineOf('')).toBe('- ` `');
  });

  test('is as harmless in the name of a construct', () => {
    const { content: { title, nextSteps }, metadata: { summary } } =
      chatOf([anEvent(EventType.FINDING_OPENED, { hygiene: '<!here> [a](b) *c*' })]);
    for (const text of [title, summary, ...nextSteps]) expect(text).toContain('‹!here› [a] (b) ∗c∗');
  });
});

test('resources that are no ids of groups or VPN connections are left out, and so is the 21st', () => {
  const groups = Array.from({ length: 30 }, (_, index) =>
    anEvent(EventType.FINDING_OPENED, { groupId: index === 0 ? '<!here>' : `sg-${index}` }));
  const { relatedResources } = chatOf(groups).metadata;
  expect(relatedResources).toHaveLength(20);
  expect(relatedResources[0]).toBe('sg-1');
});

describe('a long message', () => {
  const many = (type: EventTypeName, count: number): HygieneEvent[] => Array.from({ length: count }, (_, index) =>
    anEvent(type, { message: `${index} ${'x'.repeat(400)}`, securityGroupRuleId: `${type} ${index}` }));

  test('has the heading of every kind, and the lines of the most urgent, up to the documented length', () => {
    const { description } = chatOf([
      ...many(EventType.FINDING_OPENED, 50), ...many(EventType.COVERAGE_LOST, 30),
      ...many(EventType.FINDING_RESOLVED, 9),
    ]).content;
    expect(description.length).toBeLessThanOrEqual(8000);
    expect(description.length).toBeGreaterThan(7500);
    const [lost, opened, resolved] = description.split('\n\n').map(section => section.split('\n'));
    expect(lost[0]).toBe('*Could not be looked at (30)*');
    expect(lost.at(-1)).toBe(`- and ${30 - (lost.length - 2)} more`);
    expect(lost.slice(1, -1).every(line => /^- `\d+ x{337,338}\.\.\.`$/.test(line))).toBe(true);
    expect(opened).toEqual(['*New findings (50)*', '- and 50 more']);
    expect(resolved).toEqual(['*Resolved findings (9)*', '- and 9 more']);
  });

  test('is not made if the texts together are longer than SNS takes', () => {
    const events = Object.values(EventType).flatMap(type => Array.from({ length: 24 }, (_, index) =>
      anEvent(type, { message: '"'.repeat(340), securityGroupRuleId: `${type} ${index}` })));
    const told = notification([...events, ...events.slice(0, 1)]);
    const long = told && { ...told, message: told.message.padEnd(262_144, '"') };
    expect(() => long && chatPublication(long, { topicArn: TOPIC, now: NOW }))
      .toThrow(/^the texts have \d+ bytes, and SNS accepts 262144$/);
  });
});

test('is not made of events that no section has, because it would be empty', () => {
  expect(() => published([anEvent('Something New' as EventTypeName)])).toThrow('no event is of a known type');
});

describe('the schema', () => {
  const valid = chatOf([anEvent(EventType.FINDING_OPENED)]);
  const content = (overrides: object): object => ({ ...valid, content: { ...valid.content, ...overrides } });

  test.each<[string, object]>([
    ['a description of 8,001 characters', content({ description: 'x'.repeat(8001) })],
    ['a title of 251', content({ title: 'x'.repeat(251) })],
    ['a step of 351', content({ nextSteps: ['x'.repeat(351)] })],
    ['a keyword of 76', content({ keywords: ['x'.repeat(76)] })],
    ['no description', content({ description: undefined })],
    ['another source', { ...valid, source: 'aws.ec2' }],
    ['another version', { ...valid, version: '1' }],
    ['a member that is not documented', { ...valid, text: 'x' }],
  ])('refuses %s', (_, message) => {
    expect(violationsOf(JSON.parse(JSON.stringify(message)))).not.toEqual([]);
  });

  test.each<[string, object]>([
    ['the longest texts', content({ description: 'x'.repeat(8000), title: 'x'.repeat(250), nextSteps: ['x'.repeat(350)] })],
    ['what is documented and not used', { ...content({ keywords: ['k'] }), metadata: { additionalContext: { a: 'b' } } }],
    ['the least that is documented', { version: '1.0', source: 'custom', content: { description: 'x' } }],
  ])('takes %s', (_, message) => {
    expect(violationsOf(message)).toEqual([]);
  });
});

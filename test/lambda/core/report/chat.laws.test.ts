/** Tests by random notifications that the message for chats always conforms to its schema, and is always harmless. */
import * as fc from 'fast-check';
import type { AskedRule, Notification, Tiding } from '../../../../lambda/core/model/delivery';
import { type ChatMessage, chatPublication } from '../../../../lambda/core/report/chat';
import { notification } from '../../../../lambda/core/report/notification';
import { restoreCommand } from '../../../../lambda/core/report/wording';
import { EventType } from '../../../../src/contract/names';
import { customNotification, type Texts, violationsOf } from '../../../support/custom-notification';

/** What a chat could take for formatting, a mention or a link. */
const ACTIVE = [
  '<!channel>', '<!here|here>', '<!subteam^S1>', '@here', '<@U0123>', '<#C0123>', '#general', '&lt;!here&gt;', '&#60;',
  '<https://a.example|b>', '[a](https://b.example)', '![a](b)', 'www.a.example', 'mailto:a@b', '*', '_', '~~', '`',
  '```', '\\', '> ', '\n', '\u2028', '- ', '# ', '<at>', '<script>', '\ud800', '🔥', 'ß', ' ', 'sg-1', 'a_b',
];

const text = (maxLength: number): fc.Arbitrary<string> => fc.oneof(
  fc.array(fc.constantFrom(...ACTIVE), { maxLength: Math.ceil(maxLength / 8), size: 'max' }).map(parts => parts.join('')),
  fc.string({ unit: 'binary', maxLength, size: 'max' }),
  fc.string({ unit: 'grapheme-ascii', maxLength, size: 'max' }),
);

const id = (prefix: string): fc.Arbitrary<string> => fc.nat(1000).map(number => `${prefix}-${number.toString(16)}`);

const command = fc.oneof(
  fc.tuple(fc.stringMatching(/^[\w-]{1,64}$/), id('sgr')).map(([name, rule]) =>
    restoreCommand(`${name}:restore`, { securityGroupRuleIds: [rule] })),
  text(400),
);

const TYPES: ReadonlyArray<Tiding['type']> = [...Object.values(EventType), 'VPN Connection Pending'];

/** A name is printable ASCII, as the configuration is decoded. */
const name = text(500).map(each => `H${each.replace(/[^ -~]/g, '')}`);

const asked: fc.Arbitrary<AskedRule> = fc.record({
  securityGroupRuleId: id('sgr'), groupId: id('sg'), groupName: fc.option(text(50), { nil: undefined }),
  traffic: text(50), description: text(100), because: text(200),
  replacedBy: fc.option(fc.array(text(50), { maxLength: 3 }), { nil: undefined }),
});

const tiding: fc.Arbitrary<Tiding> = fc.record({
  type: fc.constantFrom(...TYPES),
  detail: fc.record({
    message: text(500), hygiene: name, sweepId: fc.oneof(fc.uuid(), name),
    securityGroupRuleId: fc.option(id('sgr'), { nil: undefined }),
    groupId: fc.option(fc.oneof(id('sg'), text(30)), { nil: undefined }),
    vpnConnectionId: fc.option(id('vpn'), { nil: undefined }),
    restoreCommand: fc.option(command, { nil: undefined }),
    approveCommand: fc.option(command, { nil: undefined }),
    count: fc.integer({ min: 20, max: 1000 }),
    rules: fc.option(fc.array(asked, { minLength: 1, maxLength: 20 }), { nil: undefined }),
  }),
});

/** A few of many kinds, or many of a few kinds. */
const told: fc.Arbitrary<Notification> = fc.record({
  tidings: fc.array(tiding, { minLength: 1, maxLength: 60, size: 'max' }), times: fc.constantFrom(1, 1, 1, 40),
  further: fc.dictionary(fc.constantFrom(...TYPES), fc.nat(10_000)),
}).map(({ tidings, times, further }) =>
  notification(Array.from({ length: times }, () => tidings).flat(), 'Sweep', further) as Notification);

const SENT = { topicArn: 'arn:aws:sns:eu-central-1:111122223333:people', now: new Date('2026-03-01T00:00:00Z') };

const chatOf = (each: Notification): ChatMessage =>
  customNotification(JSON.parse(chatPublication(each, SENT).message) as Texts);

/** Runs a law over notifications. Those that are too long for the two texts together are sent without this one. */
function always(law: (message: ChatMessage, each: Notification) => void): void {
  let runs = 0;
  fc.assert(fc.property(told, each => {
    if (Buffer.byteLength(JSON.stringify(each.message)) > 200_000) return;
    runs += 1;
    law(chatOf(each), each);
  }), { numRuns: 100 });
  expect(runs).toBeGreaterThan(50);
}

test('it conforms to the documented schema, with texts in which nothing is half a character', () => {
  always(message => {
    expect(violationsOf(message)).toEqual([]);
    expect(JSON.stringify(message)).not.toMatch(/\\ud[89a-f]/);
  });
});

test('with the text of the mailbox it is no longer than SNS takes, or it is not made; the text is, in any case', () => {
  fc.assert(fc.property(told, each => {
    expect(Buffer.byteLength(each.message)).toBeLessThanOrEqual(262_144);
    try {
      const { message } = chatPublication(each, SENT);
      expect(Buffer.byteLength(message)).toBeLessThanOrEqual(262_144);
      expect((JSON.parse(message) as Texts).default).toBe(each.message);
    } catch (error) {
      expect(String(error)).toContain('and SNS accepts 262144');
      expect(Buffer.byteLength(JSON.stringify(each.message))).toBeGreaterThan(200_000);
    }
  }), { numRuns: 100 });
});

test('no text in it can be a mention, a link or HTML, or end the code that it stands in', () => {
  always(({ content: { title, description, nextSteps }, metadata }) => {
    const { summary, threadId, relatedResources } = metadata;
    for (const each of [title, description, ...nextSteps, summary, threadId, ...relatedResources]) {
      expect(each).not.toMatch(/[<>@~\\]|&#?\w+;|\]\(|:\/\/|\bwww\.|[^\P{Cc}\n]/u);
    }
    for (const line of description.split('\n')) {
      expect(line).toMatch(/^(|\*[\w -]+ \(\d+\)\*|- and \d+ more|- `[^`*\n]+`)$/);
    }
    for (const step of nextSteps) expect(step).toMatch(/^((To put a revoked rule back|To approve them): `[^`*\n]+`|[^`*\n]+)$/);
    expect(title + summary).not.toMatch(/[`*\n]/);
  });
});

const count = (words: string | undefined): number => Number(/\d+/.exec(words ?? '')?.[0] ?? 0);

test('it has every section of the text in the same order, and counts every thing that has no line', () => {
  always(({ content: { description, title }, metadata: { eventType } }, { message, news }) => {
    const sections = description.split('\n\n').map(section => section.split('\n'));
    expect(sections.map(([heading]) => heading.slice(1, -1)))
      .toEqual(news.sections.map(({ heading, count: all }) => `${heading} (${all})`));
    for (const { heading, count: all } of news.sections) expect(message).toContain(`\n${heading} (${all})\n`);
    sections.forEach(([, ...lines], index) => {
      const shown = lines.filter(line => line.startsWith('- `')).length;
      expect(shown + count(lines.find(line => line.startsWith('- and ')))).toBe(news.sections[index].count);
    });
    expect(eventType).toBe(news.sections[0].type);
    expect(title.startsWith(news.counts) || news.counts.startsWith(title)).toBe(true);
  });
});

test('a command in it is one of the text, letter by letter, and each other one is counted', () => {
  always(({ content: { nextSteps } }, { news }) => {
    const rest = [...nextSteps.slice(0, -1)];
    for (const { purpose, each: all, count: every, elsewhere } of news.commands) {
      const isCommand = (step = ''): boolean => all.some(each => step === `${purpose}: \`${each}\``);
      let shown = 0;
      for (; isCommand(rest[0]); shown++) rest.shift();
      expect(shown).toBeLessThanOrEqual(3);
      const left = every - shown;
      if (left === 0) continue;
      expect(rest.shift()).toBe(shown === 0
        ? `${purpose}: ${elsewhere} command` : `and ${left} more; ${elsewhere}`);
    }
    expect(rest).toEqual([]);
  });
});

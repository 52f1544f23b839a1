/** Compares the page about chats with the message and with the schema of Amazon Q Developer in chat applications. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Template } from 'aws-cdk-lib/assertions';
import { AccountRootPrincipal, type IPrincipal } from 'aws-cdk-lib/aws-iam';
import { chatPublication } from '../../lambda/core/report/chat';
import { inert } from '../../lambda/core/report/inert';
import { notification } from '../../lambda/core/report/notification';
import { EventType } from '../../src/contract/names';
import { customNotification, type Texts } from '../support/custom-notification';
import { readPublish } from '../support/ec2-endpoint/sns';
import { code, page, ROOT } from '../support/pages';
import { loadPackage, run } from '../support/snippets';
import { LeanApp } from '../support/synthesized-stack';

const chat = page('docs/chat.md');
const TOPIC = 'arn:aws:sns:eu-central-1:111122223333:people';

const told = notification([{
  type: EventType.REVOCATION_WITHHELD, detail: { message: 'Withheld 3', hygiene: 'Network/Hygiene', sweepId: 'sweep-1' },
}]);
if (told === undefined) throw new Error('nothing is told');
const message = customNotification(JSON.parse(
  chatPublication(told, { topicArn: TOPIC, now: new Date('2026-01-01T00:00:00Z') }).message,
) as Texts);

test('the test message is one that SNS takes, and in the documented form', () => {
  const [{ text }] = chat.snippetsIn('json');
  const { message: byDefault, byProtocol } = readPublish(
    { TopicArn: TOPIC, Subject: 'A test of the topic', Message: text, MessageStructure: 'json' }, new Set(),
  );
  expect(byDefault).toContain('This is a test');
  expect(Object.keys(byProtocol ?? {})).toEqual(['https']);
  expect(customNotification({ https: byProtocol?.https ?? '' }).content.title).toBe('A test of the topic');
});

describe('the table of members', () => {
  const rows = chat.table('What a message has');

  test('has every member of a message but those that are always the same, and no other', () => {
    const members = (['content', 'metadata'] as const).flatMap(part =>
      Object.keys(message[part]).map(member => `${part}.${member}`));
    expect(rows.flatMap(([name]) => code(name))).toEqual(members.filter(name => name !== 'content.textType'));
  });

  test('has the documented lengths', () => {
    interface Schema {
      readonly properties: { readonly content: { readonly properties: Record<string, Member> } };
    }
    interface Member { readonly maxLength?: number; readonly items?: Member }
    const { properties } = JSON.parse(
      readFileSync(join(ROOT, 'test', 'support', 'custom-notification.schema.json'), 'utf8'),
    ) as Schema;
    for (const [name, , most] of rows.filter(([first]) => first.includes('content.'))) {
      const { maxLength, items } = properties.content.properties[code(name)[0].slice('content.'.length)];
      expect(Number(/[\d,]+/.exec(most)?.[0].replace(',', ''))).toBe(maxLength ?? items?.maxLength);
    }
  });

  test('is right about the thread and the event type', () => {
    expect(message.metadata.threadId).toMatch(/^network-hygiene-[0-9a-f]{32}-\d{4}-\d\d-\d\d$/);
    expect(message.metadata.threadId).toHaveLength(59);
    expect(rows.find(([name]) => name.includes('eventType'))?.[1]).toContain(`\`${message.metadata.eventType}\``);
  });
});

test('the characters that it names are replaced as it says', () => {
  const pairs = [...chat.text.matchAll(/`([^`]+)` becomes `([^`]+)`/g)];
  expect(pairs.length).toBeGreaterThan(2);
  for (const [, active, harmless] of pairs) expect(inert(active)).toBe(harmless);
});

/** The declarations of the default fixture. */
declare class FixtureStack {
  public constructor(scope: object, id: string, viewer: IPrincipal);
}

interface Channel {
  readonly SnsTopicArns: ReadonlyArray<{ readonly Ref: string }>;
  readonly GuardrailPolicies: readonly unknown[];
}

test('the channels of the snippets get the topic of a construct with the format of chats, and may change nothing', () => {
  const templates = chat.snippetsIn('ts').map(snippet => {
    const Network = run(snippet, loadPackage, 'Network') as typeof FixtureStack;
    return Template.fromStack(new Network(new LeanApp(), 'Network', new AccountRootPrincipal()) as never);
  });
  const channels = templates.flatMap(template =>
    ['Slack', 'MicrosoftTeams'].flatMap(client =>
      Object.values(template.findResources(`AWS::Chatbot::${client}ChannelConfiguration`))
        .map(({ Properties }) => ({ template, ...Properties as Channel }))));
  expect(channels).toHaveLength(2);
  for (const { template, SnsTopicArns: [{ Ref: topic }], GuardrailPolicies: guardrails } of channels) {
    expect(JSON.stringify(guardrails)).toContain('policy/ReadOnlyAccess');
    const configurations = Object.values(template.findResources('Custom::NetworkHygiene'))
      .map(({ Properties }) => JSON.stringify(Properties.Configuration));
    expect(configurations.filter(each => each.includes(topic) && /notificationFormat[^,]*chat/.test(each))).toHaveLength(1);
  }
});

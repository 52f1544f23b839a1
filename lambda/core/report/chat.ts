/**
 * Creates the message for Slack and Microsoft Teams: a custom notification of Amazon Q Developer in chat applications,
 * which drops every other text. It says what the e-mail says, in the same words and order.
 *
 * @see https://docs.aws.amazon.com/chatbot/latest/adminguide/custom-notifs.html
 */
import { createHash } from 'node:crypto';
import { asCode, inert } from './inert';
import { cut, headline, LINES_PER_SECTION, moreCommands, SNS_BYTES } from './notification';
import type { News, NewsCommands, NewsSection, Notification, Publication } from '../model/delivery';

/** A custom notification. */
export interface ChatMessage {
  readonly version: '1.0';
  readonly source: 'custom';
  readonly id: string;
  readonly content: {
    readonly textType: 'client-markdown';
    readonly title: string;
    readonly description: string;
    readonly nextSteps: readonly string[];
  };
  readonly metadata: {
    readonly threadId: string;
    readonly summary: string;
    readonly eventType: string;
    readonly relatedResources: readonly string[];
  };
}

/** The lengths that Amazon Q Developer documents, in characters. */
const TITLE_LENGTH = 250;
const DESCRIPTION_LENGTH = 8000;
const STEP_LENGTH = 350;

/** It documents no length for these. */
const SUMMARY_LENGTH = 250;
const ID_LENGTH = 100;

const COMMANDS = 3;
const RESOURCES = 20;

/** Where and when a message is sent. */
export interface Sent {
  readonly topicArn: string;
  readonly now: Date;
}

/**
 * Returns the message with a text of its own for Amazon Q Developer, which subscribes by HTTPS. All other protocols get
 * the text of the mailbox.
 *
 * @throws if there is nothing to tell, or the texts together are longer than SNS accepts
 */
export function chatPublication({ subject, message, news }: Notification, sent: Sent): Publication {
  const texts = JSON.stringify({ default: message, https: JSON.stringify(chatMessage(news, sent)) });
  const bytes = Buffer.byteLength(texts);
  if (bytes > SNS_BYTES) throw new Error(`the texts have ${bytes} bytes, and SNS accepts ${SNS_BYTES}`);
  return { subject, message: texts, structure: 'json' };
}

/** Returns the text of a message that a chat shows. It shows less than a mailbox. */
export const textInChat = ({ message }: Publication): string =>
  String((JSON.parse(message) as { https?: unknown }).https);

function chatMessage(news: News, { topicArn, now }: Sent): ChatMessage {
  const { hygiene, sweepId, sections: [first], resources } = news;
  if (first === undefined) throw new Error('no event is of a known type');
  const day = now.toISOString().slice(0, 10);
  return {
    version: '1.0',
    source: 'custom',
    id: inert(sweepId).slice(0, ID_LENGTH),
    content: {
      textType: 'client-markdown',
      title: inert(headline(news, TITLE_LENGTH)).slice(0, TITLE_LENGTH),
      description: descriptionOf(news.sections),
      nextSteps: stepsOf(news),
    },
    metadata: {
      threadId: threadId(topicArn, hygiene, day),
      summary: inert(`${day} ${hygiene}`).slice(0, SUMMARY_LENGTH),
      eventType: first.type,
      relatedResources: resources.filter(id => RESOURCE_ID.test(id)).slice(0, RESOURCES),
    },
  };
}

const RESOURCE_ID = /^(sg|vpn)-[0-9A-Za-z]{1,32}$/;

/**
 * The messages of a construct on one day are a thread. In a thread without an end, nobody would see the new messages.
 */
function threadId(topicArn: string, hygiene: string, day: string): string {
  const digest = createHash('sha256').update(JSON.stringify([topicArn, hygiene])).digest('hex').slice(0, 32);
  return `network-hygiene-${digest}-${day}`;
}

/** Has the heading of every section. The lines of the most urgent ones come first, if there is no room for all. */
function descriptionOf(sections: readonly NewsSection[]): string {
  const parts = sections.map(({ heading, lines, count }) => ({
    heading: `*${heading} (${count})*`,
    lines: lines.slice(0, LINES_PER_SECTION).map(line => `- ${asCode(cut(line))}`),
    more: (shown: number) => shown === count ? [] : [`- and ${count - shown} more`],
  }));
  const length = (lines: readonly string[]): number => lines.reduce((sum, line) => sum + line.length + 1, 0);
  let room = DESCRIPTION_LENGTH - parts.reduce((sum, { heading, more }) => sum + length([heading, ...more(0), '']), 0);
  return parts.map(({ heading, lines, more }) => {
    const shown: string[] = [];
    for (const line of lines) {
      if (length([line]) > room) break;
      room -= length([line]);
      shown.push(line);
    }
    return [heading, ...shown, ...more(shown.length)].join('\n');
  }).join('\n\n');
}

function stepsOf({ commands, closing }: News): string[] {
  return [...commands.flatMap(commandSteps), inert(closing).slice(0, STEP_LENGTH)];
}

/** A command that could be anything else in a chat, or has no room, is only counted. */
function commandSteps(commands: NewsCommands): string[] {
  const { purpose, each, count, elsewhere } = commands;
  const steps = each.map(command => COMMAND.test(command) ? `${purpose}: \`${command}\`` : '')
    .filter(step => step !== '' && step.length <= STEP_LENGTH)
    .slice(0, COMMANDS);
  const left = count - steps.length;
  const rest = steps.length === 0 ? `${purpose}: ${elsewhere} command` : moreCommands(left, commands);
  return [...steps, ...left > 0 ? [rest] : []];
}

/** The characters of the commands of this library. None of them means anything in inline code. */
const COMMAND = /^aws lambda invoke [\w :./,{}"'[\]-]+$/;

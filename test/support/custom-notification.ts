/** Checks the message for chats with the schema of Amazon Q Developer in chat applications. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import Ajv from 'ajv';
import type { ChatMessage } from '../../lambda/core/report/chat';

const SCHEMA = JSON.parse(readFileSync(join(__dirname, 'custom-notification.schema.json'), 'utf8')) as object;
const validate = new Ajv({ allErrors: true }).compile(SCHEMA);

/** Returns the violations of the schema. */
export function violationsOf(message: unknown): string[] {
  validate(message);
  return (validate.errors ?? []).map(({ instancePath, message: what }) => `${instancePath} ${what}`);
}

/** The texts that a topic delivers, by protocol. */
export interface Texts {
  readonly default: string;
  readonly https: string;
}

/** Returns the message for chats from the texts by protocol. @throws when it does not conform to the schema */
export function customNotification({ https }: Pick<Texts, 'https'>): ChatMessage {
  const message = JSON.parse(https) as ChatMessage;
  const violations = violationsOf(message);
  if (violations.length > 0) throw new Error(`the message for chats violates the schema: ${violations.join('; ')}`);
  return message;
}

/**
 * Checks the responses of the services before the SDK parses them, and takes every id of a security group out of them.
 *
 * The ids are taken from the text of a response, wherever they stand in it. A member that this version of the SDK does
 * not know, or that nobody thought of, still shows that a group is held. Responses may hold environment variables of
 * functions and builds, so nothing of a response is kept or quoted but these ids.
 */
import type { DeserializeMiddleware } from '@smithy/types';
import { UnusableAnswer } from '../../core/errors';

/** The format in which a service answers. */
export type Format = 'xml' | 'json';

/** The part of a response that shows which security groups are held. */
interface Answered {
  readonly groupIds: readonly string[];
  /** Whether the response is an object without any value. */
  readonly isEmpty: boolean;
}

/** The part of a client that this file needs. */
export interface AnyClient {
  readonly middlewareStack: {
    add(
      middleware: DeserializeMiddleware<object, object>,
      options: { name: string; step: 'deserialize'; priority: 'low' | 'high' },
    ): void;
  };
}

const answered = new WeakMap<object, Answered>();

/**
 * Rejects responses that are not those of the action, and remembers what those of the action say.
 *
 * @param onAnswer is called for each of them
 */
export function takeGroupIds(client: AnyClient, format: Format, onAnswer?: () => void): void {
  const texts = new WeakMap<object, Answered>();
  const inner: DeserializeMiddleware<object, object> = (next, context) => async args => {
    const result = await next(args);
    const { response } = result;
    if (!isResponse(response) || response.statusCode < 200 || response.statusCode > 299) return result;
    const action = (context.commandName ?? '').replace(/Command$/, '');
    const body = Buffer.concat(await chunksOf(response.body));
    texts.set(response, read(body.toString(), action, format));
    response.body = body;
    return result;
  };
  const outer: DeserializeMiddleware<object, object> = next => async args => {
    const result = await next(args);
    const text = isResponse(result.response) ? texts.get(result.response) : undefined;
    if (text && result.output) {
      answered.set(result.output, text);
      onAnswer?.();
    }
    return result;
  };
  client.middlewareStack.add(inner, { name: 'takeGroupIds', step: 'deserialize', priority: 'low' });
  client.middlewareStack.add(outer, { name: 'rememberGroupIds', step: 'deserialize', priority: 'high' });
}

/** Returns the ids of the security groups that a response names. */
export const groupIdsIn = (answer: object): readonly string[] => inspected(answer).groupIds;

/** Whether a response has no value at all. */
export const isEmptyAnswer = (answer: object): boolean => inspected(answer).isEmpty;

/** @throws `UnusableAnswer` if no text of the response was read, because then it may name any group */
function inspected(answer: object): Answered {
  const found = answered.get(answer);
  if (found) return found;
  throw unusable('a call', 'its text was not read');
}

/**
 * The ids of groups in responses. A name that contains such a text holds no group that does not exist. An escape such
 * as `\n` may stand before an id, so its first letter need not begin a word.
 */
const GROUP_ID = /sg-[0-9a-z]{1,32}/gi;

function read(body: string, action: string, format: Format): Answered {
  const groupIds = [...new Set(body.match(GROUP_ID)?.map(id => id.toLowerCase()))];
  if (format === 'xml') {
    if (body.slice(0, 1000).includes(`<${action}Response`)) return { groupIds, isEmpty: false };
    throw unusable(action, `the body does not start with <${action}Response`);
  }
  let value: unknown;
  try {
    value = JSON.parse(body);
  } catch {
    // The parser's message quotes the body.
    throw unusable(action, 'the body is not JSON');
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw unusable(action, 'the body is not a JSON object');
  }
  return { groupIds, isEmpty: Object.values(value).every(each => each === null) };
}

export const unusable = (action: string, why: string): UnusableAnswer =>
  new UnusableAnswer(`Unexpected response to ${action}: ${why}`, []);

interface Response {
  readonly statusCode: number;
  body: unknown;
}

function isResponse(value: unknown): value is Response {
  return typeof value === 'object' && value !== null && 'statusCode' in value && 'body' in value;
}

async function chunksOf(body: unknown): Promise<Uint8Array[]> {
  if (body instanceof Uint8Array) return [body];
  if (typeof body !== 'object' || body === null || !(Symbol.asyncIterator in body)) return [];
  const chunks: Uint8Array[] = [];
  for await (const chunk of body as AsyncIterable<Uint8Array>) chunks.push(chunk);
  return chunks;
}

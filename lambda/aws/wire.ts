/**
 * Checks EC2's responses before the SDK parses them.
 *
 * The SDK accepts any body with status 200: it turns an unrelated page into an empty list, an empty port element into
 * port 0, and an empty count of routes into 0 routes. None of these must be mistaken for something that EC2 said.
 */
import type { ServiceInputTypes, ServiceOutputTypes } from '@aws-sdk/client-ec2';
import type { DeserializeMiddleware } from '@smithy/types';
import type { EC2Client } from '../../bundle/sdk';

/** Rejects responses that are not those of the action, and removes empty elements of numbers. */
export function checkAnswers(client: EC2Client): void {
  const check: DeserializeMiddleware<ServiceInputTypes, ServiceOutputTypes> = (next, context) => async args => {
    const result = await next(args);
    const { response } = result;
    if (!isResponse(response) || response.statusCode !== 200) return result;
    const action = (context.commandName ?? '').replace(/Command$/, '');
    const body = await collect(response.body);
    if (!body.subarray(0, 1000).includes(`<${action}Response`)) {
      throw Object.assign(
        new Error(`Unexpected response to ${action}: the body does not start with <${action}Response`),
        { name: 'UnexpectedAnswer' },
      );
    }
    response.body = withoutEmptyNumbers(body);
    return result;
  };
  client.middlewareStack.add(check, { name: 'checkAnswers', step: 'deserialize', priority: 'low' });
}

/** Turns only a body that may hold such an element into text, because an answer about rules can be large. */
function withoutEmptyNumbers(body: Buffer): Buffer {
  const mayHaveOne = [
    '<fromPort/>',
    '<toPort/>',
    '<fromPort></fromPort>',
    '<toPort></toPort>',
    '<fromPort />',
    '<toPort />',
    '<acceptedRouteCount',
  ].some(element => body.includes(element));
  return mayHaveOne ? Buffer.from(body.toString().replace(EMPTY_NUMBER, '')) : body;
}

const EMPTY_NUMBER = /<(fromPort|toPort|acceptedRouteCount)\s*(\/>|>\s*<\/\1>)/g;

interface Response {
  readonly statusCode: number;
  body: unknown;
}

function isResponse(value: unknown): value is Response {
  return typeof value === 'object' && value !== null && 'statusCode' in value && 'body' in value;
}

async function collect(body: unknown): Promise<Buffer> {
  const chunks: Uint8Array[] = [];
  if (typeof body === 'object' && body !== null && Symbol.asyncIterator in body) {
    for await (const chunk of body as AsyncIterable<Uint8Array>) chunks.push(chunk);
  } else if (body instanceof Uint8Array) {
    chunks.push(body);
  }
  return Buffer.concat(chunks);
}

/**
 * Checks EC2's responses before the SDK parses them.
 *
 * The SDK accepts any body with status 200: it turns an unrelated page into an empty list, and an empty port element
 * into port 0. Neither must be mistaken for something that EC2 said.
 */
import type { ServiceInputTypes, ServiceOutputTypes } from '@aws-sdk/client-ec2';
import type { DeserializeMiddleware } from '@smithy/types';
import type { EC2Client } from '../../bundle/sdk';

/** Rejects responses that are not those of the action, and removes empty port elements. */
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
    response.body = withoutEmptyPorts(body);
    return result;
  };
  client.middlewareStack.add(check, { name: 'checkAnswers', step: 'deserialize', priority: 'low' });
}

function withoutEmptyPorts(body: Buffer): Buffer {
  const isEmpty = [
    '<fromPort/>',
    '<toPort/>',
    '<fromPort></fromPort>',
    '<toPort></toPort>',
    '<fromPort />',
    '<toPort />',
  ].some(element => body.includes(element));
  return isEmpty ? Buffer.from(body.toString().replace(/<(fromPort|toPort)\s*(\/>|><\/\1>)/g, '')) : body;
}

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

/** Connects the endpoint with the AWS SDK's own client, for tests of the endpoint. */
import { DynamoDBClient, PutItemCommand, type PutItemCommandInput } from '@aws-sdk/client-dynamodb';
import { DynamoDbEndpoint, type DynamoDbEndpointOptions, type Item } from './';

export interface Wire {
  readonly endpoint: DynamoDbEndpoint;
  readonly dynamoDb: DynamoDBClient;
}

export interface WireOptions extends DynamoDbEndpointOptions {
  /** Defaults to one, so that a call is sent once. */
  readonly maxAttempts?: number;
}

const connected: Wire[] = [];

export async function connect({ maxAttempts = 1, ...options }: WireOptions = {}): Promise<Wire> {
  process.env.AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED = 'true';
  const endpoint = await DynamoDbEndpoint.start(options);
  const dynamoDb = new DynamoDBClient({
    endpoint: endpoint.url, region: 'eu-central-1', maxAttempts,
    credentials: { accessKeyId: 'AKIDEXAMPLE', secretAccessKey: 'secret-access-key-for-tests' },
  });
  const wire = { endpoint, dynamoDb };
  connected.push(wire);
  return wire;
}

/** Closes every connection that a test has opened, whatever its result. */
export async function disconnect(): Promise<void> {
  await Promise.all(connected.splice(0).map(async ({ endpoint, dynamoDb }) => {
    dynamoDb.destroy();
    await endpoint.stop();
  }));
}

export const KEY = { hygiene: 'App/Hygiene', id: 'sgr-1' };
export const MARSHALLED_KEY = { hygiene: { S: 'App/Hygiene' }, id: { S: 'sgr-1' } };
export const ITEM: Item = { ...KEY, revision: 1, state: 'OPEN' };

/** Writes revision 1 only if there is no item, and any other revision only over the one before it. */
export function put({ dynamoDb, endpoint }: Wire, revision: number, input: Partial<PutItemCommandInput> = {}) {
  return dynamoDb.send(new PutItemCommand({
    TableName: endpoint.tableName,
    Item: { ...MARSHALLED_KEY, revision: { N: String(revision) }, state: { S: 'OPEN' } },
    ...revision === 1
      ? { ConditionExpression: 'attribute_not_exists(id)' }
      : { ConditionExpression: 'revision = :r', ExpressionAttributeValues: { ':r': { N: String(revision - 1) } } },
    ...input,
  }));
}

export interface Refusal {
  readonly code: string;
  readonly message: string;
  readonly status?: number;
  readonly requestId?: string;
  readonly item?: unknown;
}

interface ServiceException extends Error {
  readonly $metadata?: { readonly httpStatusCode?: number; readonly requestId?: string };
  readonly Item?: unknown;
}

/** Returns the error with which a call was refused. @throws when it was not refused */
export async function refusal(call: Promise<unknown>): Promise<Refusal> {
  const error = await call.then(() => undefined, (thrown: ServiceException) => thrown);
  if (error === undefined) throw new Error('The call was not refused');
  const { name: code, message, $metadata: metadata, Item: item } = error;
  return { code, message, status: metadata?.httpStatusCode, requestId: metadata?.requestId, item };
}

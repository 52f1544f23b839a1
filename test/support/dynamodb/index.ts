/**
 * A double of DynamoDB on this machine, with a table for the ledger: dynalite, which keeps to what DynamoDB documents, behind a proxy that journals
 * every call, runs hooks around it, and has faults on demand.
 */
import { randomUUID } from 'node:crypto';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { LEDGER_PARTITION_KEY, LEDGER_SORT_KEY } from '../../../src/private/contract';
import type { ArrivalHook, Fault, Hook, Parameters } from '../ec2-endpoint';
import { Backend, type BackendAnswer } from './backend';
import { accessDenied, encodeError, faultError, readParameters, unexpected } from './errors';
import { type Item, marshalItem, unmarshalItem } from './items';
import { Faults } from '../ec2-endpoint/faults';
import { Hooks } from '../ec2-endpoint/hooks';
import { record, text } from '../ec2-endpoint/query';
import { attemptOf, readBody } from '../ec2-endpoint/requests';
import { ServiceError } from '../ec2-endpoint/service-error';

export type { Item } from './items';

export interface DynamoDbCall {
  readonly requestId: string;
  readonly action: string;
  /** The body, with attributes as DynamoDB writes them. */
  readonly parameters: Parameters;
  /** Milliseconds since the endpoint started. */
  readonly at: number;
  /** Which attempt of the SDK it was, from 1. */
  readonly attempt: number;
  /** `OK`, an error code, or the kind of fault that left it without an answer. */
  outcome: string;
}

export interface DynamoDbEndpointOptions {
  readonly tableName?: string;
}

export class DynamoDbEndpoint {
  public static async start({ tableName = 'ledger' }: DynamoDbEndpointOptions = {}): Promise<DynamoDbEndpoint> {
    const endpoint = new DynamoDbEndpoint(tableName, await Backend.start());
    await endpoint.createTable();
    await new Promise<void>(done => endpoint.server.listen(0, '127.0.0.1', done));
    return endpoint;
  }

  public readonly calls: DynamoDbCall[] = [];

  private readonly server: Server;
  private readonly started = performance.now();
  private readonly faults = new Faults();
  private readonly denied = new Set<string>();
  private readonly hooks = new Hooks();

  private constructor(public readonly tableName: string, private readonly backend: Backend) {
    this.server = createServer((request, response) => {
      this.serve(request, response).catch(() => response.destroy());
    });
  }

  public get url(): string {
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}`;
  }

  public async stop(): Promise<void> {
    if (!this.server.listening) return;
    this.server.closeAllConnections();
    await new Promise(done => this.server.close(done));
    await this.backend.stop();
  }

  public fault(fault: Fault): void {
    this.faults.add(fault);
  }

  public clearFaults(): void {
    this.faults.clear();
  }

  /** Takes the permission for an action away. */
  public deny(action: string): void {
    this.denied.add(action);
  }

  /** Runs something as each call of an action comes in, before anything is made of it; this is where a call can be dropped. */
  public arrived(action: string, hook: ArrivalHook): void {
    this.hooks.add('arrived', action, hook);
  }

  /** Runs something before each call of an action has its effect; not for what is denied or struck by a fault. */
  public before(action: string, hook: Hook): void {
    this.hooks.add('before', action, hook);
  }

  /** Runs something after each call of an action has had its effect, before it is answered; not for what DynamoDB refuses. */
  public after(action: string, hook: Hook): void {
    this.hooks.add('after', action, hook);
  }

  public clearHooks(): void {
    this.hooks.clear();
  }

  public callsByAction(): Record<string, number> {
    const counts: Record<string, number> = {};
    for (const { action } of this.calls) counts[action] = (counts[action] ?? 0) + 1;
    return counts;
  }

  /** Every item of the table. Like the next two, past faults, hooks and the journal. */
  public async items(): Promise<Item[]> {
    const items: Item[] = [];
    let start: Parameters = {};
    do {
      const { Items, LastEvaluatedKey } = await this.backend.call('Scan', { TableName: this.tableName, ConsistentRead: true, ...start });
      items.push(...(Items as Parameters[]).map(unmarshalItem));
      start = LastEvaluatedKey === undefined ? {} : { ExclusiveStartKey: LastEvaluatedKey };
    } while (start.ExclusiveStartKey !== undefined);
    return items;
  }

  public async put(item: Item): Promise<void> {
    await this.backend.call('PutItem', { TableName: this.tableName, Item: marshalItem(item) });
  }

  public async delete(key: Item): Promise<void> {
    await this.backend.call('DeleteItem', { TableName: this.tableName, Key: keyOf(marshalItem(key)) });
  }

  private async createTable(): Promise<void> {
    const keys = [[LEDGER_PARTITION_KEY, 'HASH'], [LEDGER_SORT_KEY, 'RANGE']];
    await this.backend.call('CreateTable', {
      TableName: this.tableName, BillingMode: 'PAY_PER_REQUEST',
      AttributeDefinitions: keys.map(([AttributeName]) => ({ AttributeName, AttributeType: 'S' })),
      KeySchema: keys.map(([AttributeName, KeyType]) => ({ AttributeName, KeyType })),
    });
    let status: string | undefined;
    do {
      const { Table } = await this.backend.call('DescribeTable', { TableName: this.tableName });
      status = text(record(Table).TableStatus);
    } while (status !== 'ACTIVE');
  }

  private async serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const body = await readBody(request);
    const call: DynamoDbCall = {
      requestId: randomUUID(), action: request.headers['x-amz-target']?.toString().split('.')[1] ?? '', parameters: readParameters(body),
      at: performance.now() - this.started, attempt: attemptOf(request), outcome: 'pending',
    };
    this.calls.push(call);
    try {
      const answer = await this.answer(call, request, body);
      if (answer) response.writeHead(answer.status, { ...answer.headers, 'x-amzn-requestid': call.requestId }).end(answer.body);
      else if (call.outcome === 'drop-socket') response.socket?.destroy();
    } catch (error) {
      const refusal = error instanceof ServiceError ? error : unexpected(error);
      call.outcome = refusal.code;
      const encoded = encodeError(refusal);
      response.writeHead(refusal.status, {
        'content-type': 'application/x-amz-json-1.0', 'content-length': Buffer.byteLength(encoded), 'x-amzn-requestid': call.requestId,
      }).end(encoded);
    }
  }

  /** @returns nothing for a call that a hook or a fault leaves without an answer */
  private async answer(call: DynamoDbCall, { headers }: IncomingMessage, body: Buffer): Promise<BackendAnswer | undefined> {
    const { action, parameters } = call;
    if (await this.hooks.arrived(action, parameters)) {
      call.outcome = 'drop-socket';
      return undefined;
    }
    const fault = this.faults.strike(action, parameters);
    // It keeps no process alive that has nothing else to do.
    if (fault?.kind === 'delay') await sleep(fault.delayMillis ?? 0, undefined, { ref: false });
    if (fault?.kind === 'drop-socket' || fault?.kind === 'hang') {
      call.outcome = fault.kind;
      return undefined;
    }
    if (fault?.kind === 'error' || fault?.kind === 'throttle') throw faultError(fault);
    if (this.denied.has(action)) throw accessDenied(action);
    await this.hooks.run('before', action, parameters);
    const answer = await this.backend.send(headers, body);
    call.outcome = outcomeOf(answer);
    if (call.outcome !== 'OK') return this.withItem(parameters, answer);
    await this.hooks.run('after', action, parameters);
    if (fault?.kind === 'error-after-effect') throw faultError(fault);
    return answer;
  }

  /** dynalite knows no ReturnValuesOnConditionCheckFailure; here the item is read a moment later than DynamoDB would. */
  private async withItem({ ReturnValuesOnConditionCheckFailure, Item, Key }: Parameters, answer: BackendAnswer): Promise<BackendAnswer> {
    if (ReturnValuesOnConditionCheckFailure !== 'ALL_OLD' || outcomeOf(answer) !== 'ConditionalCheckFailedException') return answer;
    const found = await this.backend.call('GetItem', { TableName: this.tableName, Key: keyOf(record(Item ?? Key)), ConsistentRead: true });
    if (found.Item === undefined) return answer;
    const body = Buffer.from(JSON.stringify({ ...readParameters(answer.body), Item: found.Item }));
    const { 'x-amz-crc32': _, ...headers } = answer.headers;
    return { ...answer, body, headers: { ...headers, 'content-length': String(body.length) } };
  }
}

const keyOf = (attributes: Parameters): Parameters =>
  ({ [LEDGER_PARTITION_KEY]: attributes[LEDGER_PARTITION_KEY], [LEDGER_SORT_KEY]: attributes[LEDGER_SORT_KEY] });

function outcomeOf({ status, body }: BackendAnswer): string {
  return status === 200 ? 'OK' : text(readParameters(body).__type)?.split('#').at(-1) ?? `HTTP ${status}`;
}

/**
 * The base of every double of a service: a server, a journal of its calls, faults on demand, and hooks around each
 * call.
 */
import { randomUUID } from 'node:crypto';
import { createServer, type IncomingMessage, type OutgoingHttpHeaders, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import { Armed, type Fault, strike } from './faults';
import { type ArrivalHook, type Hook, Hooks } from './hooks';
import type { Parameters } from './parameters';
import type { Confinement, Place } from './place';
import { attemptOf, readBody, type Signer, signerOf } from './requests';
import { ServiceError } from './service-error';

export type { Fault } from './faults';
export type { ArrivalHook, Hook } from './hooks';
export type { Parameters } from './parameters';
export type { Confinement, Place } from './place';

export interface Call {
  readonly requestId: string;
  readonly action: string;
  readonly parameters: Parameters;
  /** Milliseconds since the endpoint started. */
  readonly at: number;
  /** The number of the SDK's attempt, from 1. */
  readonly attempt: number;
  /** The access key that signed the request, its Region and its service; absent if the request is not signed. */
  readonly signer?: Signer;
  /** The account and the Region of the call; absent if the service has no places. */
  readonly place?: Place;
  /** `OK`, an error code, or the kind of fault that left the call without a response. */
  outcome: string;
}

export interface HttpAnswer {
  readonly status: number;
  readonly headers: OutgoingHttpHeaders;
  readonly body: string | Buffer;
  /** The error code; absent if the response is not an error. */
  readonly code?: string;
}

/** A decoded request. */
export interface Received<Details extends object> {
  readonly action: string;
  readonly parameters: Parameters;
  /** Further fields for the journal. */
  readonly details: Details;
  readonly place?: Place;
  /** The error if the request cannot be read, or is refused in any case. */
  readonly refusal?: ServiceError;
  /** Whether the service throttles the call. Call it only once. */
  readonly isThrottled?: () => boolean;
  /** Performs the call. @throws ServiceError when it is refused */
  readonly act: (call: Call & Details) => Promise<HttpAnswer>;
  readonly encodeError: (error: ServiceError, requestId: string) => Omit<HttpAnswer, 'status'>;
}

export abstract class Endpoint<Details extends object = object> {
  public readonly calls: Array<Call & Details> = [];

  protected readonly hooks = new Hooks();

  /** The code of the service's internal error. */
  protected abstract readonly internalError: string;

  // Idle connections stay open. By default, they are closed after 5 seconds, perhaps while a slow client sends on one.
  private readonly server = createServer({ keepAliveTimeout: 0 }, (request, response) => {
    this.serve(request, response).catch(() => response.destroy());
  });

  private readonly started = performance.now();
  private readonly faults = new Armed<Fault>();

  public get url(): string {
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}`;
  }

  /** The call can be repeated. */
  public async stop(): Promise<void> {
    if (!this.server.listening) return;
    this.server.closeAllConnections();
    await new Promise(done => this.server.close(done));
  }

  /** Returns the number of open connections. */
  public connections(): Promise<number> {
    return promisify(this.server.getConnections.bind(this.server))();
  }

  public fault(fault: Fault): void {
    this.faults.add(fault);
  }

  public clearFaults(): void {
    this.faults.clear();
  }

  /** Adds a hook that runs when a call of an action arrives, before anything else. It can drop the call. */
  public arrived(action: string, hook: ArrivalHook, within: Confinement = {}): void {
    this.hooks.add({ moment: 'arrived', action, hook, within });
  }

  /**
   * Adds a hook that runs before each call of an action takes effect, unless the call is denied or struck by a fault.
   */
  public before(action: string, hook: Hook, within: Confinement = {}): void {
    this.hooks.add({ moment: 'before', action, hook, within });
  }

  /**
   * Adds a hook that runs after each call of an action has taken effect, before its response, unless the call is
   * refused.
   */
  public after(action: string, hook: Hook, within: Confinement = {}): void {
    this.hooks.add({ moment: 'after', action, hook, within });
  }

  public clearHooks(): void {
    this.hooks.clear();
  }

  public callsByAction(): Record<string, number> {
    const counts: Record<string, number> = {};
    for (const { action } of this.calls) counts[action] = (counts[action] ?? 0) + 1;
    return counts;
  }

  protected listen(): Promise<void> {
    return new Promise(done => this.server.listen(0, '127.0.0.1', done));
  }

  protected abstract receive(request: IncomingMessage, body: Buffer): Received<Details>;

  /** Returns the service's throttling error. */
  protected abstract throttled(action: string): ServiceError;

  /** Returns the time that a call takes. */
  protected latencyOf(_call: Call): number {
    return 0;
  }

  private async serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const body = await readBody(request);
    const received = this.receive(request, body);
    const { action, parameters, details, place } = received;
    const call: Call & Details = {
      requestId: randomUUID(), action, parameters, place, ...details,
      at: performance.now() - this.started, attempt: attemptOf(request), signer: signerOf(request),
      outcome: 'pending',
    };
    this.calls.push(call);
    try {
      const answer = await this.answer(call, received);
      if (answer) send(response, call, answer);
      else if (call.outcome === 'drop-socket') response.socket?.destroy();
    } catch (error) {
      const refusal = error instanceof ServiceError ? error : this.unexpected(error);
      call.outcome = refusal.code;
      send(response, call, { status: refusal.status, ...received.encodeError(refusal, call.requestId) });
    }
  }

  /** @returns nothing if a hook or a fault leaves the call without a response */
  private async answer(call: Call & Details, received: Received<Details>): Promise<HttpAnswer | undefined> {
    const { action, parameters, place } = call;
    if (received.refusal) throw received.refusal;
    if (await this.hooks.arrived({ action, parameters, place })) {
      call.outcome = 'drop-socket';
      return undefined;
    }
    // Both are decided when the call arrives, so that the latency does not give a bucket time to refill.
    const isThrottled = received.isThrottled?.() ?? false;
    const fault = isThrottled ? undefined : strike(this.faults, { action, parameters, place });
    const millis = this.latencyOf(call) + (fault?.kind === 'delay' ? fault.delayMillis ?? 0 : 0);
    // The timer does not keep an idle process alive.
    if (millis > 0) await sleep(millis, undefined, { ref: false });
    if (isThrottled) throw this.throttled(action);
    if (fault?.kind === 'drop-socket' || fault?.kind === 'hang') {
      call.outcome = fault.kind;
      return undefined;
    }
    if (fault?.kind === 'error' || fault?.kind === 'throttle') throw this.faultError(action, fault);
    const answer = await received.act(call);
    if (fault?.kind === 'error-after-effect' && answer.code === undefined) throw this.faultError(action, fault);
    call.outcome = answer.code ?? 'OK';
    return answer;
  }

  private faultError(action: string, { kind, code = this.internalError, message, status }: Fault): ServiceError {
    if (kind === 'throttle') return this.throttled(action);
    const usual = code === this.internalError ? 500 : 400;
    return new ServiceError(code, message ?? 'An internal error has occurred', status ?? usual);
  }

  /** Returns the error when the endpoint itself or a hook of the test fails. */
  private unexpected(error: unknown): ServiceError {
    const message = error instanceof Error ? error.stack ?? error.message : String(error);
    return new ServiceError(this.internalError, message, 500);
  }
}

function send(response: ServerResponse, { requestId }: Call, { status, headers, body }: HttpAnswer): void {
  response.writeHead(status, {
    ...headers, 'content-length': Buffer.byteLength(body), 'x-amzn-requestid': requestId,
  }).end(body);
}

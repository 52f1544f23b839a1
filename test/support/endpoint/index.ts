/**
 * Every double of a service has this: a server, a journal of its calls, faults on demand, and hooks around each call.
 */
import { randomUUID } from 'node:crypto';
import { createServer, type IncomingMessage, type OutgoingHttpHeaders, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { Armed, type Fault, strike } from './faults';
import { type ArrivalHook, type Hook, Hooks } from './hooks';
import type { Parameters } from './parameters';
import { attemptOf, readBody } from './requests';
import { ServiceError } from './service-error';

export type { Fault } from './faults';
export type { ArrivalHook, Hook } from './hooks';
export type { Parameters } from './parameters';

export interface Call {
  readonly requestId: string;
  readonly action: string;
  readonly parameters: Parameters;
  /** Milliseconds since the endpoint started. */
  readonly at: number;
  /** Which attempt of the SDK it was, from 1. */
  readonly attempt: number;
  /** `OK`, an error code, or the kind of fault that left it without an answer. */
  outcome: string;
}

export interface HttpAnswer {
  readonly status: number;
  readonly headers: OutgoingHttpHeaders;
  readonly body: string | Buffer;
  /** The code, when the answer is an error; absent when it is none. */
  readonly code?: string;
}

/** A request as its protocol has it. */
export interface Received<Details extends object> {
  readonly action: string;
  readonly parameters: Parameters;
  /** What the journal has besides. */
  readonly details: Details;
  /** Why the request cannot be read, or is refused however it goes on. */
  readonly refusal?: ServiceError;
  /** Whether the service itself has too many calls; asked once. */
  readonly isThrottled?: () => boolean;
  /** Does what the call is for. @throws ServiceError when it is refused */
  readonly act: (call: Call) => Promise<HttpAnswer>;
  readonly encodeError: (error: ServiceError, requestId: string) => Omit<HttpAnswer, 'status'>;
}

export abstract class Endpoint<Details extends object = object> {
  public readonly calls: Array<Call & Details> = [];

  protected readonly hooks = new Hooks();

  /** The code of an error that is the service's own. */
  protected abstract readonly internalError: string;

  private readonly server = createServer((request, response) => {
    this.serve(request, response).catch(() => response.destroy());
  });

  private readonly started = performance.now();
  private readonly faults = new Armed<Fault>();

  public get url(): string {
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}`;
  }

  /** It can be repeated. */
  public async stop(): Promise<void> {
    if (!this.server.listening) return;
    this.server.closeAllConnections();
    await new Promise(done => this.server.close(done));
  }

  public fault(fault: Fault): void {
    this.faults.add(fault);
  }

  public clearFaults(): void {
    this.faults.clear();
  }

  /** Runs something as each call of an action comes in, before anything is made of it; here a call can be dropped. */
  public arrived(action: string, hook: ArrivalHook): void {
    this.hooks.add('arrived', action, hook);
  }

  /** Runs something before each call of an action has its effect; not for what is denied or struck by a fault. */
  public before(action: string, hook: Hook): void {
    this.hooks.add('before', action, hook);
  }

  /** Runs something after each call of an action has had its effect, before it is answered; not for what is refused. */
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

  protected listen(): Promise<void> {
    return new Promise(done => this.server.listen(0, '127.0.0.1', done));
  }

  protected abstract receive(request: IncomingMessage, body: Buffer): Received<Details>;

  /** How a caller is told that there are too many calls. */
  protected abstract throttled(action: string): ServiceError;

  /** How long every call takes. */
  protected get latencyMillis(): number {
    return 0;
  }

  private async serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const body = await readBody(request);
    const received = this.receive(request, body);
    const { action, parameters, details } = received;
    const call: Call & Details = {
      requestId: randomUUID(), action, parameters, ...details,
      at: performance.now() - this.started, attempt: attemptOf(request), outcome: 'pending',
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

  /** @returns nothing for a call that a hook or a fault leaves without an answer */
  private async answer(call: Call, received: Received<Details>): Promise<HttpAnswer | undefined> {
    const { action, parameters } = call;
    if (received.refusal) throw received.refusal;
    if (await this.hooks.arrived(action, parameters)) {
      call.outcome = 'drop-socket';
      return undefined;
    }
    // Both are judged as the call arrives: the latency that follows gives no time to refill a bucket.
    const isThrottled = received.isThrottled?.() ?? false;
    const fault = isThrottled ? undefined : strike(this.faults, action, parameters);
    const millis = this.latencyMillis + (fault?.kind === 'delay' ? fault.delayMillis ?? 0 : 0);
    // It keeps no process alive that has nothing else to do.
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

  /** What is answered when the endpoint itself, or a hook of the test, goes wrong. */
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

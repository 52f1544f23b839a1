/**
 * A double of EC2 on this machine: EC2's Query protocol over HTTP, with state, paging, DryRun, token buckets, latency, EC2's refusals, and faults on demand;
 * CloudWatch's PutMetricData, EventBridge's PutEvents and SNS's Publish beside it. Every call is journalled.
 *
 * It is the oracle of the wire-level tests, and so keeps to AWS's documents: what AWS refuses it refuses.
 */
import { randomUUID } from 'node:crypto';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { gunzipSync } from 'node:zlib';
import { requireAction } from './actions';
import { type PublishedDatum, readPutMetricData } from './cloudwatch';
import { type Denial, isDenied } from './denials';
import { DEFAULT_EVENT_BUS, type DeliveredEvent, readPutEvents } from './eventbridge';
import { type EventFault, type Fault, faultError, Faults, throttled } from './faults';
import type { Paging } from './filters';
import { type ArrivalHook, type Hook, Hooks } from './hooks';
import type { Network, SecurityGroupRule } from './network';
import { actionOf, type Answer, CLOUDWATCH_JSON, EC2_QUERY, EVENTBRIDGE_JSON, type Protocol, protocolOf, SNS_QUERY } from './protocols';
import { type Parameters, text } from './query';
import { attemptOf, readBody } from './requests';
import { notAuthorized, ServiceError, unexpected } from './service-error';
import { type PublishedMessage, readPublish } from './sns';
import { bucketOf, TokenBuckets } from './token-buckets';

export type { PublishedDatum } from './cloudwatch';
export type { DeliveredEvent } from './eventbridge';
export type { EventFault, Fault } from './faults';
export type { ArrivalHook, Hook } from './hooks';
export * from './network';
export type { Parameters } from './query';
export type { PublishedMessage } from './sns';

export interface Ec2EndpointOptions extends Partial<Paging> {
  readonly network: Network;
  /** Whether calls are throttled as EC2 documents. */
  readonly tokenBuckets?: boolean;
  /** How long each call takes. */
  readonly latencyMillis?: number;
  /** Milliseconds, for the token buckets. */
  readonly now?: () => number;
}

export interface Call {
  readonly requestId: string;
  readonly action: string;
  readonly parameters: Parameters;
  readonly isDryRun: boolean;
  /** Milliseconds since the endpoint started. */
  readonly at: number;
  /** Which attempt of the SDK it was, from 1. */
  readonly attempt: number;
  /** `OK`, an error code, or the kind of fault that left it without an answer. */
  outcome: string;
}

/** What is answered instead of an answer. */
export type Distortion = (answer: Answer, parameters: Parameters) => Answer;

/** An action of another service than EC2. */
interface OtherAction {
  readonly protocol: Protocol;
  /** What is said to who may not. */
  readonly denial: ServiceError;
  readonly act: (parameters: Parameters) => Answer;
}

export class Ec2Endpoint {
  public static async start(options: Ec2EndpointOptions): Promise<Ec2Endpoint> {
    const endpoint = new Ec2Endpoint(options);
    await new Promise<void>(done => endpoint.server.listen(0, '127.0.0.1', done));
    return endpoint;
  }

  public readonly calls: Call[] = [];
  public readonly metrics: PublishedDatum[] = [];
  /** What came to a bus that there is. */
  public readonly events: DeliveredEvent[] = [];
  public readonly messages: PublishedMessage[] = [];
  public readonly network: Network;

  private readonly server: Server;
  private readonly started = performance.now();
  private readonly faults = new Faults();
  private readonly denials: Denial[] = [];
  private readonly hooks = new Hooks();
  private readonly distortions: Array<{ readonly action: string; readonly distortion: Distortion }> = [];
  private readonly buckets: TokenBuckets;
  private readonly paging: Paging;
  private lingering: SecurityGroupRule[] = [];
  private staleReads = 0;
  private readonly eventBuses = new Set([DEFAULT_EVENT_BUS]);
  private readonly topics = new Set<string>();
  private readonly otherActions: ReadonlyMap<string, OtherAction> = new Map<string, OtherAction>([
    ['PutMetricData', {
      protocol: CLOUDWATCH_JSON,
      denial: new ServiceError('AccessDenied', 'User is not authorized to perform: cloudwatch:PutMetricData', 403),
      act: parameters => {
        this.metrics.push(...readPutMetricData(parameters));
        return {};
      },
    }],
    ['PutEvents', {
      protocol: EVENTBRIDGE_JSON,
      denial: new ServiceError('AccessDeniedException', 'User is not authorized to perform: events:PutEvents'),
      act: parameters => this.putEvents(parameters),
    }],
    ['Publish', {
      protocol: SNS_QUERY,
      denial: new ServiceError('AuthorizationError', 'User is not authorized to perform: SNS:Publish', 403),
      act: parameters => {
        this.messages.push(readPublish(parameters, this.topics));
        return { MessageId: randomUUID() };
      },
    }],
  ]);

  private constructor(private readonly options: Ec2EndpointOptions) {
    this.network = options.network;
    this.buckets = new TokenBuckets(options.now);
    this.paging = { pageSize: options.pageSize, emptyTokenAtEnd: options.emptyTokenAtEnd ?? false, emptyPages: options.emptyPages ?? false };
    this.server = createServer((request, response) => {
      this.serve(request, response).catch(() => response.destroy());
    });
  }

  public get url(): string {
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}`;
  }

  public async stop(): Promise<void> {
    this.server.closeAllConnections();
    await new Promise(done => this.server.close(done));
  }

  public fault(fault: Fault): void {
    this.faults.add(fault);
  }

  /** Has single events of calls to PutEvents fail, each answered with the code, while the others of their call are delivered. */
  public failEvents(fault: EventFault): void {
    this.faults.addOfEvents(fault);
  }

  public clearFaults(): void {
    this.faults.clear();
    this.distortions.length = 0;
  }

  /** Takes a permission away: of an action, or of an action on one VPC or group. */
  public deny(action: string, resource: Omit<Denial, 'action'> = {}): void {
    this.denials.push({ action, ...resource });
  }

  /** Runs something as each call of an action comes in, before anything is made of it; this is where a call can be dropped. */
  public arrived(action: string, hook: ArrivalHook): void {
    this.hooks.add('arrived', action, hook);
  }

  /** Runs something before each call of an action has its effect; not for what is denied, a dry run, or struck by a fault. */
  public before(action: string, hook: Hook): void {
    this.hooks.add('before', action, hook);
  }

  /** Runs something after each call of an action has had its effect, before it is answered. */
  public after(action: string, hook: Hook): void {
    this.hooks.add('after', action, hook);
  }

  public clearHooks(): void {
    this.hooks.clear();
  }

  /** Events for any other bus are taken and dropped, which is what EventBridge does. @param name the name or the ARN, as events will have it */
  public addEventBus(name: string): void {
    this.eventBuses.add(name);
  }

  /** From now on messages for any other topic are refused. */
  public addTopic(topicArn: string): void {
    this.topics.add(topicArn);
  }

  /** Changes what an action answers, as an endpoint does that is none of EC2's, or is broken. What the action does stays. */
  public distort(action: string, distortion: Distortion): void {
    this.distortions.push({ action, distortion });
  }

  /** EC2 is eventually consistent: the next `reads` calls of DescribeSecurityGroupRules still show rules that are revoked from now on. */
  public showRevokedRulesFor(reads: number): void {
    this.staleReads = reads;
  }

  public callsByAction(): Record<string, number> {
    const counts: Record<string, number> = {};
    for (const { action } of this.calls) counts[action] = (counts[action] ?? 0) + 1;
    return counts;
  }

  private async serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const bytes = await readBody(request);
    const target = request.headers['x-amz-target']?.toString();
    const content = unzip(bytes, request.headers['content-encoding']);
    const protocol = protocolOf(target, content instanceof ServiceError ? '' : content);
    const body = content instanceof ServiceError ? content : decodeBody(protocol, content);
    const call = this.journal(body instanceof ServiceError ? {} : body, target, request);
    try {
      if (body instanceof ServiceError) throw body;
      const answer = await this.answer(call, protocol);
      if (answer) send(response, call, protocol, { status: 200, body: protocol.encode(call.action, answer, call.requestId) });
      else if (call.outcome === 'drop-socket') response.socket?.destroy();
    } catch (error) {
      const refusal = error instanceof ServiceError ? error : unexpected(error);
      call.outcome = refusal.code;
      send(response, call, protocol, { status: refusal.status, body: protocol.encodeError(refusal, call.requestId) });
    }
  }

  private journal(parameters: Parameters, target: string | undefined, request: IncomingMessage): Call {
    const call: Call = {
      requestId: randomUUID(), action: actionOf(target, parameters), parameters, isDryRun: text(parameters.DryRun) === 'true',
      at: performance.now() - this.started, attempt: attemptOf(request), outcome: 'pending',
    };
    this.calls.push(call);
    return call;
  }

  /** @returns nothing for a call that a hook or a fault leaves without an answer */
  private async answer(call: Call, protocol: Protocol): Promise<Answer | undefined> {
    const { action, parameters } = call;
    if (await this.hooks.arrived(action, parameters)) {
      call.outcome = 'drop-socket';
      return undefined;
    }
    // Both are judged as the call arrives: the latency that follows gives no time to refill a bucket.
    const isThrottled = this.options.tokenBuckets === true && protocol === EC2_QUERY && !this.buckets.take(bucketOf(action, parameters));
    const fault = isThrottled ? undefined : this.faults.strike(action, parameters);
    const millis = (this.options.latencyMillis ?? 0) + (fault?.kind === 'delay' ? fault.delayMillis ?? 0 : 0);
    if (millis > 0) await sleep(millis);
    if (isThrottled) throw throttled(action);
    if (fault?.kind === 'drop-socket' || fault?.kind === 'hang') {
      call.outcome = fault.kind;
      return undefined;
    }
    if (fault?.kind === 'error' || fault?.kind === 'throttle') throw faultError(action, fault);
    const answer = await (protocol === EC2_QUERY ? this.act(action, parameters) : this.actBeside(action, parameters, protocol));
    if (fault?.kind === 'error-after-effect') throw faultError(action, fault);
    call.outcome = 'OK';
    return this.distortions.filter(each => each.action === action).reduce((now, { distortion }) => distortion(now, parameters), answer);
  }

  private async act(action: string, parameters: Parameters): Promise<Answer> {
    const run = requireAction(action, parameters);
    if (isDenied(this.denials, action, parameters, this.network)) throw notAuthorized(action);
    if (text(parameters.DryRun) === 'true') throw new ServiceError('DryRunOperation', 'Request would have succeeded, but DryRun flag is set.', 412);
    await this.hooks.run('before', action, parameters);
    const before = this.staleReads > 0 && action.startsWith('Revoke') ? this.network.snapshot() : [];
    const answer = run(parameters, { network: this.network, paging: this.paging, lingering: () => this.stillShown() });
    this.lingering.push(...before.filter(({ securityGroupRuleId }) => !this.network.rules.has(securityGroupRuleId)));
    await this.hooks.run('after', action, parameters);
    return answer;
  }

  private stillShown(): SecurityGroupRule[] {
    if (this.lingering.length === 0) return [];
    const shown = this.lingering;
    this.staleReads -= 1;
    if (this.staleReads <= 0) this.lingering = [];
    return shown;
  }

  private async actBeside(action: string, parameters: Parameters, protocol: Protocol): Promise<Answer> {
    const served = this.otherActions.get(action);
    if (served?.protocol !== protocol) throw new ServiceError(protocol === SNS_QUERY ? 'InvalidAction' : 'UnknownOperationException', `${action} is not served here`);
    if (isDenied(this.denials, action, parameters, this.network)) throw served.denial;
    await this.hooks.run('before', action, parameters);
    const answer = served.act(parameters);
    await this.hooks.run('after', action, parameters);
    return answer;
  }

  private putEvents(parameters: Parameters): Answer {
    const entries = readPutEvents(parameters).map(read => {
      const refusal = 'code' in read ? read : this.faults.strikeEvent(read);
      if (refusal) return { ErrorCode: refusal.code, ErrorMessage: refusal.message ?? 'The event failed.' };
      if (!('code' in read) && this.eventBuses.has(read.eventBus)) this.events.push(read);
      return { EventId: randomUUID() };
    });
    return { FailedEntryCount: entries.filter(entry => 'ErrorCode' in entry).length, Entries: entries };
  }
}

function unzip(bytes: Buffer, encoding: string | undefined): string | ServiceError {
  try {
    return (encoding === 'gzip' ? gunzipSync(bytes) : bytes).toString();
  } catch (error) {
    return unreadable(error);
  }
}

function decodeBody(protocol: Protocol, body: string): Parameters | ServiceError {
  try {
    return protocol.decode(body);
  } catch (error) {
    return error instanceof ServiceError ? error : unreadable(error);
  }
}

const unreadable = (error: unknown): ServiceError => new ServiceError('SerializationException', `The body cannot be read: ${String(error)}`);

function send(response: ServerResponse, { requestId }: Call, { contentType }: Protocol, { status, body }: { status: number; body: string }): void {
  response.writeHead(status, {
    'content-type': `${contentType};charset=UTF-8`,
    'content-length': Buffer.byteLength(body),
    'x-amzn-requestid': requestId,
  }).end(body);
}

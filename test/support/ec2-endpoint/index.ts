/**
 * A double of EC2 on this machine: EC2's Query protocol over HTTP, with state, paging, DryRun, token buckets, latency,
 * EC2's errors, and faults on demand. It also has the calls of other services that the function and the command line
 * make: CloudWatch's PutMetricData, EventBridge's PutEvents, SNS's Publish, SQS's SendMessage, Lambda's Invoke and
 * GetFunctionConfiguration, CloudFormation's DescribeStacks, ListStackResources and ListExports, the calls of
 * CloudTrail that describe trails, and STS's GetCallerIdentity and AssumeRole.
 *
 * Every call is journaled. The endpoint is the oracle of the wire-level tests, so it follows AWS's documentation and
 * refuses what AWS refuses.
 */
import { randomUUID } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import { gunzipSync } from 'node:zlib';
import { requireAction } from './actions';
import { type Caller, Callers, type KeyProblem } from './callers';
import { describeStacks, listExports, listStackResources, type Stack } from './cloudformation';
import { type Trail, trailOf, Trails } from './cloudtrail';
import { type PublishedDatum, readPutMetricData } from './cloudwatch';
import { type Denial, isDenied } from './denials';
import { notAuthorized } from './errors';
import { DEFAULT_EVENT_BUS, type DeliveredEvent, readPutEvents } from './eventbridge';
import { type EventFault, throttled } from './faults';
import type { Paging } from './filters';
import { getFunctionConfiguration, type Invocation, invoke, type LambdaFunction } from './lambda';
import type { Network, SecurityGroupRule } from './network';
import {
  actionOf,
  type Answer,
  CLOUDFORMATION_QUERY,
  CLOUDTRAIL_JSON,
  CLOUDWATCH_JSON,
  EC2_QUERY,
  EVENTBRIDGE_JSON,
  LAMBDA_REST,
  type Protocol,
  protocolOf,
  QUERIES,
  type Request,
  SNS_QUERY,
  SQS_JSON,
  STS_QUERY,
} from './protocols';
import { type PublishedMessage, readPublish } from './sns';
import { readSendMessage, sent, type SentMessage } from './sqs';
import { assumeRole, getCallerIdentity, type TrustedRole } from './sts';
import { bucketOf, TokenBuckets } from './token-buckets';
import { type Call as AnyCall, Endpoint, type HttpAnswer, type Received } from '../endpoint';
import { Armed } from '../endpoint/faults';
import { type Parameters, text } from '../endpoint/parameters';
import { ServiceError } from '../endpoint/service-error';

export type { KeyProblem } from './callers';
export type { Stack, StackOutput, StackParameter, StackResource } from './cloudformation';
export type { Trail } from './cloudtrail';
export type { PublishedDatum } from './cloudwatch';
export type { DeliveredEvent } from './eventbridge';
export type { EventFault } from './faults';
export type { FunctionOutcome, Invocation, LambdaFunction } from './lambda';
export * from './network';
export type { PublishedMessage } from './sns';
export type { SentMessage } from './sqs';
export type { TrustedRole } from './sts';
export type { ArrivalHook, Fault, Hook, Parameters } from '../endpoint';

export interface Ec2EndpointOptions extends Partial<Paging> {
  readonly network: Network;
  /** Whether calls are throttled as EC2 documents. */
  readonly tokenBuckets?: boolean;
  /** The time that each call takes. */
  readonly latencyMillis?: number;
  /** Returns milliseconds for the token buckets. */
  readonly now?: () => number;
}

interface Details {
  readonly isDryRun: boolean;
  /** The ARN of the caller. */
  readonly caller: string;
}

export type Call = AnyCall & Details;

/** Changes a response before it is sent. */
export type Distortion = (answer: Answer, parameters: Parameters) => Answer;

/** The caller and the protocol of a request. */
interface Asking {
  readonly protocol: Protocol;
  readonly caller: Caller;
}

/** An action of a service other than EC2. */
interface OtherAction {
  readonly protocol: Protocol;
  /** The error for a caller without permission. Absent: the call needs no permission. */
  readonly denial?: ServiceError;
  readonly act: (parameters: Parameters, caller: Caller) => Answer | Promise<Answer>;
}

export class Ec2Endpoint extends Endpoint<Details> {
  public static async start(options: Ec2EndpointOptions): Promise<Ec2Endpoint> {
    const endpoint = new Ec2Endpoint(options);
    await endpoint.listen();
    return endpoint;
  }

  public readonly metrics: PublishedDatum[] = [];
  /** The events that were delivered to an existing bus. */
  public readonly events: DeliveredEvent[] = [];
  public readonly messages: PublishedMessage[] = [];
  /** The messages that were sent to queues. */
  public readonly sentMessages: SentMessage[] = [];
  /** The asynchronous invocations of functions, none of which runs. */
  public readonly invocations: Invocation[] = [];
  public readonly network: Network;

  protected readonly internalError = 'InternalError';

  private readonly eventFaults = new Armed<EventFault>();
  private readonly denials: Denial[] = [];
  private readonly distortions: Array<{ readonly action: string; readonly distortion: Distortion }> = [];
  private readonly buckets: TokenBuckets;
  private readonly paging: Paging;
  private lingering: SecurityGroupRule[] = [];
  private staleReads = 0;
  private readonly eventBuses = new Set([DEFAULT_EVENT_BUS]);
  private readonly topics = new Set<string>();
  private readonly queues = new Set<string>();
  private readonly functions = new Map<string, LambdaFunction>();
  private readonly stacks = new Map<string, Stack>();
  private readonly trustedRoles: TrustedRole[] = [];
  private readonly callers: Callers;
  private readonly trails: Trails;
  private readonly otherActions: ReadonlyMap<string, OtherAction> = new Map<string, OtherAction>([
    ['PutMetricData', {
      protocol: CLOUDWATCH_JSON,
      denial: denied('cloudwatch:PutMetricData', 'AccessDenied', 403),
      act: parameters => {
        this.metrics.push(...readPutMetricData(parameters));
        return {};
      },
    }],
    ['PutEvents', {
      protocol: EVENTBRIDGE_JSON,
      denial: denied('events:PutEvents'),
      act: parameters => this.putEvents(parameters),
    }],
    ['Publish', {
      protocol: SNS_QUERY,
      denial: denied('SNS:Publish', 'AuthorizationError', 403),
      act: parameters => {
        this.messages.push(readPublish(parameters, this.topics));
        return { MessageId: randomUUID() };
      },
    }],
    ['SendMessage', {
      protocol: SQS_JSON,
      denial: denied('sqs:sendmessage', 'AccessDeniedException', 403),
      act: parameters => {
        const message = readSendMessage(parameters, this.queues);
        this.sentMessages.push(message);
        return sent(message);
      },
    }],
    ['Invoke', {
      protocol: LAMBDA_REST,
      denial: denied('lambda:InvokeFunction', 'AccessDeniedException', 403),
      act: parameters => this.invoke(parameters),
    }],
    ['GetFunctionConfiguration', {
      protocol: LAMBDA_REST,
      denial: denied('lambda:GetFunctionConfiguration', 'AccessDeniedException', 403),
      act: parameters => getFunctionConfiguration(parameters, this.functions, this.network),
    }],
    ['DescribeStacks', {
      protocol: CLOUDFORMATION_QUERY,
      denial: denied('cloudformation:DescribeStacks', 'AccessDenied', 403),
      act: parameters => describeStacks(parameters, this.stacks),
    }],
    ['ListStackResources', {
      protocol: CLOUDFORMATION_QUERY,
      denial: denied('cloudformation:ListStackResources', 'AccessDenied', 403),
      act: parameters => listStackResources(parameters, this.stacks, this.paging),
    }],
    ['ListExports', {
      protocol: CLOUDFORMATION_QUERY,
      denial: denied('cloudformation:ListExports', 'AccessDenied', 403),
      act: parameters => listExports(parameters, this.stacks, this.paging),
    }],
    ['GetCallerIdentity', { protocol: STS_QUERY, act: (_, caller) => getCallerIdentity(caller) }],
    ['AssumeRole', {
      protocol: STS_QUERY,
      denial: denied('sts:AssumeRole', 'AccessDenied', 403),
      act: (parameters, caller) => assumeRole(parameters, this.trustedRoles, { caller, callers: this.callers }),
    }],
    ['DescribeTrails', {
      protocol: CLOUDTRAIL_JSON,
      denial: denied('cloudtrail:DescribeTrails'),
      act: parameters => this.trails.describe(parameters),
    }],
    ['GetTrailStatus', {
      protocol: CLOUDTRAIL_JSON,
      denial: denied('cloudtrail:GetTrailStatus'),
      act: parameters => this.trails.status(parameters),
    }],
    ['GetEventSelectors', {
      protocol: CLOUDTRAIL_JSON,
      denial: denied('cloudtrail:GetEventSelectors'),
      act: parameters => this.trails.selectors(parameters),
    }],
  ]);

  private constructor(private readonly options: Ec2EndpointOptions) {
    super();
    this.network = options.network;
    this.trails = new Trails(options.network);
    this.callers = new Callers(options.network);
    this.buckets = new TokenBuckets(options.now);
    this.paging = {
      pageSize: options.pageSize,
      emptyTokenAtEnd: options.emptyTokenAtEnd ?? false,
      emptyPages: options.emptyPages ?? false,
    };
  }

  /**
   * Makes single events of PutEvents calls fail with a code, while the others of their call are delivered.
   */
  public failEvents(fault: EventFault): void {
    this.eventFaults.add(fault);
  }

  public clearFaults(): void {
    super.clearFaults();
    this.eventFaults.clear();
    this.distortions.length = 0;
  }

  /** Removes the permission for an action, or for an action on one VPC or group. */
  public deny(action: string, resource: Omit<Denial, 'action'> = {}): void {
    this.denials.push({ action, ...resource });
  }

  /**
   * Adds an event bus. Events for any other bus are accepted and dropped, as EventBridge does.
   *
   * @param name the name or ARN, as events give it
   */
  public addEventBus(name: string): void {
    this.eventBuses.add(name);
  }

  /** Adds a topic. From then on, messages for any other topic are refused. */
  public addTopic(topicArn: string): void {
    this.topics.add(topicArn);
  }

  /** Adds a queue. From then on, messages to any other queue are refused. @returns its URL */
  public addQueue(name: string): string {
    this.queues.add(name);
    return `${this.url}/${this.network.accountId}/${name}`;
  }

  /** Adds a function. From then on, calls about any other function are refused. */
  public addFunction(name: string, added: LambdaFunction = {}): void {
    this.functions.set(name, added);
  }

  /** Adds a role that callers may assume. From then on, they may assume no other one. */
  public addRole(role: TrustedRole): void {
    this.trustedRoles.push(role);
  }

  /** Makes every service refuse calls that are signed with an access key. */
  public refuseKey(accessKeyId: string, problem: KeyProblem): void {
    this.callers.refuse(accessKeyId, problem);
  }

  /** Makes every service refuse calls that are signed for a Region, as if it were not enabled in the account. */
  public disableRegion(region: string): void {
    this.callers.disableRegion(region);
  }

  /** Adds a stack, whose status, times and resources a test may change. */
  public addStack(stack: Partial<Stack> & Pick<Stack, 'stackName'>): Stack {
    const { accountId, region } = this.network;
    const stackId = `arn:aws:cloudformation:${region}:${accountId}:stack/${stack.stackName}/${randomUUID()}`;
    const added: Stack = { stackId, stackStatus: 'CREATE_COMPLETE', creationTime: new Date(), ...stack };
    this.stacks.set(added.stackId, added);
    return added;
  }

  /** Adds a trail that logs all management events of this Region, unless the test says otherwise. */
  public addTrail(trail: Partial<Trail> & Pick<Trail, 'name'>): Trail {
    return this.trails.add(trailOf(trail, this.network));
  }

  /**
   * Changes the responses of an action, as an endpoint does that is not EC2 or is broken. The effect of the action
   * stays the same.
   */
  public distort(action: string, distortion: Distortion): void {
    this.distortions.push({ action, distortion });
  }

  /**
   * Makes the next `reads` calls of DescribeSecurityGroupRules still show rules that are revoked from now on, because
   * EC2 is eventually consistent.
   */
  public showRevokedRulesFor(reads: number): void {
    this.staleReads = reads;
  }

  protected get latencyMillis(): number {
    return this.options.latencyMillis ?? 0;
  }

  protected receive({ url = '/', headers }: IncomingMessage, bytes: Buffer): Received<Details> {
    const request = { url, headers };
    const content = unzip(bytes, headers['content-encoding']);
    const protocol = protocolOf(request, content instanceof ServiceError ? '' : content);
    const body = content instanceof ServiceError ? content : decodeBody(protocol, content, request);
    const parameters = body instanceof ServiceError ? {} : body;
    const action = actionOf(request, parameters);
    const hasBuckets = this.options.tokenBuckets === true && protocol === EC2_QUERY;
    const contentType = { 'content-type': `${protocol.contentType};charset=UTF-8` };
    const caller = this.callers.callerOf(headers);
    const refusal = this.callers.refusalOf(headers, protocol.keyErrors);
    return {
      action, parameters, details: { isDryRun: text(parameters.DryRun) === 'true', caller: caller.arn },
      refusal: refusal ?? (body instanceof ServiceError ? body : undefined),
      isThrottled: () => hasBuckets && !this.buckets.take(bucketOf(action, parameters)),
      act: call => this.answerOf(call, protocol, { caller, contentType }),
      encodeError: (error, requestId) => ({
        headers: { ...contentType, ...protocol.errorHeaders?.(error) }, body: protocol.encodeError(error, requestId),
      }),
    };
  }

  protected throttled(action: string): ServiceError {
    return throttled(action);
  }

  private async answerOf(
    { action, parameters, requestId }: AnyCall, protocol: Protocol,
    { caller, contentType }: { readonly caller: Caller; readonly contentType: HttpAnswer['headers'] },
  ): Promise<HttpAnswer> {
    const acted = await (protocol === EC2_QUERY
      ? this.act(action, parameters) : this.actBeside(action, parameters, { protocol, caller }));
    const answer = this.distortions.filter(each => each.action === action)
      .reduce((now, { distortion }) => distortion(now, parameters), acted);
    const { status, headers } = protocol.success?.(answer) ?? { status: 200, headers: {} };
    return { status, headers: { ...contentType, ...headers }, body: protocol.encode(action, answer, requestId) };
  }

  private async act(action: string, parameters: Parameters): Promise<Answer> {
    const run = requireAction(action, parameters);
    if (isDenied(this.denials, action, parameters, this.network)) throw notAuthorized(action);
    if (text(parameters.DryRun) === 'true') {
      throw new ServiceError('DryRunOperation', 'Request would have succeeded, but DryRun flag is set.', 412);
    }
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

  private async actBeside(action: string, parameters: Parameters, { protocol, caller }: Asking): Promise<Answer> {
    const served = this.otherActions.get(action);
    if (served?.protocol !== protocol) {
      const code = QUERIES.includes(protocol) ? 'InvalidAction' : 'UnknownOperationException';
      throw new ServiceError(code, `${action} is not served here`);
    }
    if (served.denial && isDenied(this.denials, action, parameters, this.network)) throw served.denial;
    await this.hooks.run('before', action, parameters);
    const answer = await served.act(parameters, caller);
    await this.hooks.run('after', action, parameters);
    return answer;
  }

  private async invoke(parameters: Parameters): Promise<Answer> {
    const invoked = await invoke(parameters, this.functions, this.network);
    if (invoked.kind === 'ended') return invoked.answer;
    this.invocations.push(invoked.invocation);
    return { StatusCode: 202 };
  }

  private putEvents(parameters: Parameters): Answer {
    const entries = readPutEvents(parameters).map(read => {
      const refusal = 'code' in read ? read : this.eventFaults.strike(({ when }) => when?.(read) !== false);
      if (refusal) return { ErrorCode: refusal.code, ErrorMessage: refusal.message ?? 'The event failed.' };
      if (!('code' in read) && this.eventBuses.has(read.eventBus)) this.events.push(read);
      return { EventId: randomUUID() };
    });
    return { FailedEntryCount: entries.filter(entry => 'ErrorCode' in entry).length, Entries: entries };
  }
}

const denied = (permission: string, code = 'AccessDeniedException', status?: number): ServiceError =>
  new ServiceError(code, `User is not authorized to perform: ${permission}`, status);

function unzip(bytes: Buffer, encoding: string | undefined): string | ServiceError {
  try {
    return (encoding === 'gzip' ? gunzipSync(bytes) : bytes).toString();
  } catch (error) {
    return unreadable(error);
  }
}

function decodeBody(protocol: Protocol, body: string, request: Request): Parameters | ServiceError {
  try {
    return protocol.decode(body, request);
  } catch (error) {
    return error instanceof ServiceError ? error : unreadable(error);
  }
}

const unreadable = (error: unknown): ServiceError =>
  new ServiceError('SerializationException', `The body cannot be read: ${String(error)}`);

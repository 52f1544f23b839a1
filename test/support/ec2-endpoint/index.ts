/**
 * A double of EC2 on this machine: EC2's Query protocol over HTTP, with state, paging, DryRun, token buckets, latency,
 * EC2's errors, and faults on demand. It also has the calls of other services that the function and the command line
 * make: CloudWatch's PutMetricData, EventBridge's PutEvents, SNS's Publish, SQS's SendMessage, Lambda's Invoke and
 * GetFunctionConfiguration, CloudFormation's DescribeStacks, ListStackResources and ListExports, the calls of
 * CloudTrail that describe trails, Security Hub's BatchImportFindings, and STS's GetCallerIdentity and AssumeRole.
 *
 * Every call is journaled. The endpoint is the oracle of the wire-level tests, so it follows AWS's documentation and
 * refuses what AWS refuses.
 */
import { randomUUID } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import { gunzipSync } from 'node:zlib';
import { requireAction } from './actions';
import { type Caller, Callers, type KeyProblem, sessionOf } from './callers';
import { describeStacks, listExports, listStackResources, type Stack } from './cloudformation';
import { type Trail, trailOf, Trails } from './cloudtrail';
import { type PublishedDatum, readPutMetricData } from './cloudwatch';
import { type Denial, isDenied } from './denials';
import { notAuthorized } from './errors';
import { DEFAULT_EVENT_BUS, type DeliveredEvent, readPutEvents } from './eventbridge';
import { type EventFault, throttled } from './faults';
import type { Paging } from './filters';
import { getFunctionConfiguration, type Invocation, invoke, type LambdaFunction } from './lambda';
import type { Network } from './network';
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
  SECURITY_HUB_REST,
  SNS_QUERY,
  SQS_JSON,
  STS_QUERY,
} from './protocols';
import { Regions, type RegionStatus } from './regions';
import { permits } from './session-policy';
import { Site } from './site';
import { type PublishedMessage, readPublish } from './sns';
import { readSendMessage, sent, type SentMessage } from './sqs';
import { assumeRole, getCallerIdentity, type TrustedRole, trusts } from './sts';
import { type Call as AnyCall, Endpoint, type HttpAnswer, type Received } from '../endpoint';
import { Armed } from '../endpoint/faults';
import { type Parameters, text } from '../endpoint/parameters';
import type { Place } from '../endpoint/place';
import { signerOf } from '../endpoint/requests';
import { ServiceError } from '../endpoint/service-error';
import { Hub } from '../security-hub/hub';

export type { KeyProblem } from './callers';
export type { Stack, StackOutput, StackParameter, StackResource } from './cloudformation';
export type { Trail } from './cloudtrail';
export type { PublishedDatum } from './cloudwatch';
export type { DeliveredEvent } from './eventbridge';
export type { EventFault } from './faults';
export type { FunctionOutcome, Invocation, LambdaFunction } from './lambda';
export * from './network';
export type { RegionStatus } from './regions';
export type { PublishedMessage } from './sns';
export type { SentMessage } from './sqs';
export type { TrustedRole } from './sts';
export type { ArrivalHook, Confinement, Fault, Hook, Parameters, Place } from '../endpoint';

export interface Ec2EndpointOptions extends Partial<Paging> {
  readonly network: Network;
  /** Whether calls are throttled as EC2 documents. */
  readonly tokenBuckets?: boolean;
  /** The time that each call takes, or that the calls of a service take, by the name that signatures have for it. */
  readonly latencyMillis?: number | ((service: string | undefined) => number);
  /** Returns milliseconds for the token buckets. */
  readonly now?: () => number;
}

interface Details {
  readonly isDryRun: boolean;
  /** The ARN of the caller. */
  readonly caller: string;
  /** The policy of the caller's session, which is JSON; absent: it has none. */
  readonly sessionPolicy?: string;
}

export type Call = AnyCall & Details;

/** Changes a response before it is sent. */
export type Distortion = (answer: Answer, parameters: Parameters) => Answer;

/** Who makes a call, and where. */
export interface Asking {
  readonly caller: Caller;
  readonly place: Place;
}

/** An action of a service other than EC2. */
export interface OtherAction {
  readonly protocol: Protocol;
  /** The permission that a call needs. Absent: it needs none. */
  readonly needs?: Permission;
  readonly act: (parameters: Parameters, asking: Asking) => Answer | Promise<Answer>;
}

/** A permission, and the error for a caller without it. */
export interface Permission {
  readonly permission: string;
  readonly error: ServiceError;
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
  /** The Regions that accounts have enabled. */
  protected readonly regions = new Regions();
  protected readonly callers: Callers;

  protected readonly home: Site;
  /** The roles that may be assumed, by their ARNs. */
  protected readonly trustedRoles = new Map<string, TrustedRole>();

  private readonly paging: Paging;
  private readonly eventBuses = new Set([DEFAULT_EVENT_BUS]);
  private readonly topics = new Set<string>();
  private readonly queues = new Set<string>();
  private readonly functions = new Map<string, LambdaFunction>();
  private readonly stacks = new Map<string, Stack>();
  private readonly trails: Trails;
  private readonly hubs = new Map<string, Hub>();
  private readonly otherActions: ReadonlyMap<string, OtherAction> = new Map<string, OtherAction>([
    ['PutMetricData', {
      protocol: CLOUDWATCH_JSON,
      needs: permission('cloudwatch:PutMetricData', 'AccessDenied', 403),
      act: parameters => {
        this.metrics.push(...readPutMetricData(parameters));
        return {};
      },
    }],
    ['PutEvents', {
      protocol: EVENTBRIDGE_JSON,
      needs: permission('events:PutEvents'),
      act: parameters => this.putEvents(parameters),
    }],
    ['Publish', {
      protocol: SNS_QUERY,
      needs: permission('SNS:Publish', 'AuthorizationError', 403),
      act: parameters => {
        this.messages.push(readPublish(parameters, this.topics));
        return { MessageId: randomUUID() };
      },
    }],
    ['SendMessage', {
      protocol: SQS_JSON,
      needs: permission('sqs:sendmessage', 'AccessDeniedException', 403),
      act: parameters => {
        const message = readSendMessage(parameters, this.queues);
        this.sentMessages.push(message);
        return sent(message);
      },
    }],
    ['Invoke', {
      protocol: LAMBDA_REST,
      needs: permission('lambda:InvokeFunction', 'AccessDeniedException', 403),
      act: parameters => this.invoke(parameters),
    }],
    ['GetFunctionConfiguration', {
      protocol: LAMBDA_REST,
      needs: permission('lambda:GetFunctionConfiguration', 'AccessDeniedException', 403),
      act: parameters => getFunctionConfiguration(parameters, this.functions, this.network),
    }],
    ['DescribeStacks', {
      protocol: CLOUDFORMATION_QUERY,
      needs: permission('cloudformation:DescribeStacks', 'AccessDenied', 403),
      act: parameters => describeStacks(parameters, this.stacks),
    }],
    ['ListStackResources', {
      protocol: CLOUDFORMATION_QUERY,
      needs: permission('cloudformation:ListStackResources', 'AccessDenied', 403),
      act: parameters => listStackResources(parameters, this.stacks, this.paging),
    }],
    ['ListExports', {
      protocol: CLOUDFORMATION_QUERY,
      needs: permission('cloudformation:ListExports', 'AccessDenied', 403),
      act: parameters => listExports(parameters, this.stacks, this.paging),
    }],
    ['GetCallerIdentity', { protocol: STS_QUERY, act: (_, { caller }) => getCallerIdentity(caller) }],
    ['AssumeRole', {
      protocol: STS_QUERY,
      needs: permission('sts:AssumeRole', 'AccessDenied', 403),
      act: (parameters, asking) => assumeRole(parameters, {
        ...asking, callers: this.callers, regions: this.regions,
        isTrusted: (roleArn, externalId) => this.isTrusted(asking.caller, roleArn, externalId),
      }),
    }],
    ['DescribeTrails', {
      protocol: CLOUDTRAIL_JSON,
      needs: permission('cloudtrail:DescribeTrails'),
      act: parameters => this.trails.describe(parameters),
    }],
    ['GetTrailStatus', {
      protocol: CLOUDTRAIL_JSON,
      needs: permission('cloudtrail:GetTrailStatus'),
      act: parameters => this.trails.status(parameters),
    }],
    ['GetEventSelectors', {
      protocol: CLOUDTRAIL_JSON,
      needs: permission('cloudtrail:GetEventSelectors'),
      act: parameters => this.trails.selectors(parameters),
    }],
    ['BatchImportFindings', {
      protocol: SECURITY_HUB_REST,
      needs: permission('securityhub:BatchImportFindings', 'AccessDeniedException', 403),
      act: ({ Findings }, { place }) => ({ ...this.securityHub(place).import({ Findings }) }),
    }],
  ]);

  protected constructor(protected readonly options: Ec2EndpointOptions) {
    super();
    this.network = options.network;
    this.trails = new Trails(options.network);
    this.callers = new Callers(options.network.accountId, this.regions, account => this.isClosed(account));
    this.home = new Site(options.network, options.now);
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

  /** Removes the permission for an action, or for an action on one VPC or group, or in one account or Region. */
  public deny(action: string, within: Omit<Denial, 'action'> = {}): void {
    this.denials.push({ action, ...within });
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
    this.trustedRoles.set(role.roleArn, role);
  }

  /** Makes an access key one of a session of a role. */
  public addKey(accessKeyId: string, roleArn: string, sessionName = 'tests'): void {
    this.callers.add(accessKeyId, sessionOf(roleArn, sessionName));
  }

  /** Ends the sessions that STS has issued for the roles of an account so far. */
  public expireSessions(account: string): void {
    this.callers.expire(account);
  }

  /** Makes every service refuse calls that are signed with an access key. */
  public refuseKey(accessKeyId: string, problem: KeyProblem): void {
    this.callers.refuse(accessKeyId, problem);
  }

  /**
   * Makes every service refuse calls of an account that are signed for a Region, because it is not enabled there.
   *
   * @param account absent: all accounts
   */
  public disableRegion(region: string, account?: string): void {
    this.setRegion(region, 'DISABLED', account);
  }

  /** Gives an opt-in Region a status in one account or in all. */
  public setRegion(region: string, status: Exclude<RegionStatus, 'ENABLED_BY_DEFAULT'>, account?: string): void {
    this.regions.set(region, status, account);
  }

  /** Returns Security Hub of an account and Region, where it is on unless the test turns it off. */
  public securityHub(place: Place = this.homePlace): Hub {
    const key = `${place.account}/${place.region}`;
    const hub = this.hubs.get(key) ?? new Hub(place.account, place.region);
    this.hubs.set(key, hub);
    return hub;
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
  public showRevokedRulesFor(reads: number, place: Place = this.homePlace): void {
    this.siteAt(place).showRevokedRulesFor(reads);
  }

  /** The place of the network that the endpoint has started with. */
  protected get homePlace(): Place {
    return { account: this.network.accountId, region: this.network.region };
  }

  /** Returns what a call of EC2 is about. This endpoint has one network for all callers and Regions. */
  protected siteAt(_place: Place): Site {
    return this.home;
  }

  /** Whether the trust policy of a role lets a caller in. */
  protected isTrusted(caller: Caller, roleArn: string, externalId: string | undefined): boolean {
    const given = { roleArn, externalId, principalArn: caller.roleArn, orgId: this.orgOf(caller.account) };
    const role = this.trustedRoles.get(roleArn);
    return this.trustedRoles.size === 0 || (role !== undefined && trusts(role, given));
  }

  /** Returns the id of the organization of an account. */
  protected orgOf(_account: string): string | undefined {
    return undefined;
  }

  protected isClosed(_account: string): boolean {
    return false;
  }

  /** Returns an action of a service other than EC2, if it is served. */
  protected otherAction(action: string): OtherAction | undefined {
    return this.otherActions.get(action);
  }

  protected latencyOf({ signer }: AnyCall): number {
    const { latencyMillis = 0 } = this.options;
    return typeof latencyMillis === 'number' ? latencyMillis : latencyMillis(signer?.service);
  }

  protected receive({ method = '', url = '/', headers }: IncomingMessage, bytes: Buffer): Received<Details> {
    const request = { method, url, headers };
    const content = unzip(bytes, headers['content-encoding']);
    const protocol = protocolOf(request, content instanceof ServiceError ? '' : content);
    const body = content instanceof ServiceError ? content : decodeBody(protocol, content, request);
    const parameters = body instanceof ServiceError ? {} : body;
    const action = actionOf(request, parameters);
    const hasBuckets = this.options.tokenBuckets === true && protocol === EC2_QUERY;
    const contentType = { 'content-type': `${protocol.contentType};charset=UTF-8` };
    const caller = this.callers.callerOf(headers);
    const place = { account: caller.account, region: signerOf({ headers })?.region ?? this.homePlace.region };
    const refusal = this.callers.refusalOf(headers, protocol.keyErrors);
    return {
      action, parameters, place,
      details: {
        isDryRun: text(parameters.DryRun) === 'true', caller: caller.arn, sessionPolicy: caller.sessionPolicy?.text,
      },
      refusal: refusal ?? (body instanceof ServiceError ? body : undefined),
      isThrottled: () => hasBuckets && !this.siteAt(place).takeToken(action, parameters),
      act: call => this.answerOf(call, { protocol, caller, place, contentType }),
      encodeError: (error, requestId) => ({
        headers: { ...contentType, ...protocol.errorHeaders?.(error) }, body: protocol.encodeError(error, requestId),
      }),
    };
  }

  protected throttled(action: string): ServiceError {
    return throttled(action);
  }

  private async answerOf(
    { action, parameters, requestId }: AnyCall,
    { protocol, contentType, ...asking }: Asking & {
      readonly protocol: Protocol;
      readonly contentType: HttpAnswer['headers'];
    },
  ): Promise<HttpAnswer> {
    const acted = await (protocol === EC2_QUERY
      ? this.act(action, parameters, asking)
      : this.actBeside(this.served(action, protocol), { action, parameters }, asking));
    const answer = this.distortions.filter(each => each.action === action)
      .reduce((now, { distortion }) => distortion(now, parameters), acted);
    const { status, headers } = protocol.success?.(answer) ?? { status: 200, headers: {} };
    return { status, headers: { ...contentType, ...headers }, body: protocol.encode(action, answer, requestId) };
  }

  private async act(action: string, parameters: Parameters, { caller, place }: Asking): Promise<Answer> {
    const run = requireAction(action, parameters);
    const site = this.siteAt(place);
    const call = { action, parameters, place };
    const mayCall = permits(caller.sessionPolicy, `ec2:${action}`, place.region);
    if (!mayCall || isDenied(this.denials, call, site.network)) throw notAuthorized(action);
    if (text(parameters.DryRun) === 'true') {
      throw new ServiceError('DryRunOperation', 'Request would have succeeded, but DryRun flag is set.', 412);
    }
    await this.hooks.run('before', call);
    const answer = site.perform(run, { ...call, paging: this.paging, regions: () => this.regions.of(place.account) });
    await this.hooks.run('after', call);
    return answer;
  }

  private async actBeside(
    { needs, act }: OtherAction, { action, parameters }: Pick<AnyCall, 'action' | 'parameters'>, asking: Asking,
  ): Promise<Answer> {
    const { caller, place } = asking;
    const call = { action, parameters, place };
    if (needs) {
      const mayCall = permits(caller.sessionPolicy, needs.permission, place.region);
      if (!mayCall || isDenied(this.denials, call, this.network)) throw needs.error;
    }
    await this.hooks.run('before', call);
    const answer = await act(parameters, asking);
    await this.hooks.run('after', call);
    return answer;
  }

  private served(action: string, protocol: Protocol): OtherAction {
    const served = this.otherAction(action);
    if (served?.protocol === protocol) return served;
    const code = QUERIES.includes(protocol) ? 'InvalidAction' : 'UnknownOperationException';
    throw new ServiceError(code, `${action} is not served here`);
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

/** @param name as error messages have it; permissions are compared without regard to case */
export const permission = (name: string, code = 'AccessDeniedException', status?: number): Permission =>
  ({ permission: name, error: new ServiceError(code, `User is not authorized to perform: ${name}`, status) });

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

/**
 * A double of EC2 on this machine: EC2's Query protocol over HTTP, with state, paging, DryRun, token buckets, latency, EC2's refusals, and faults on demand;
 * CloudWatch's PutMetricData beside it. Every call is journalled.
 *
 * It is the oracle of the wire-level tests, and so keeps to AWS's documents: what AWS refuses it refuses.
 */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { gunzipSync } from 'node:zlib';
import { ACTIONS } from './actions';
import { CloudWatchError, type PublishedDatum, readPutMetricData } from './cloudwatch';
import { Ec2Error, notAuthorized } from './ec2-error';
import { type Fault, faultError, Faults } from './faults';
import type { Paging } from './filters';
import type { Network, SecurityGroupRule } from './network';
import { decodeQuery, type Parameters, text, texts } from './query';
import { TokenBuckets } from './token-buckets';
import { encodeXml } from './xml';

export type { PublishedDatum } from './cloudwatch';
export type { Fault } from './faults';
export * from './network';
export type { Parameters } from './query';

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

export type Hook = (parameters: Parameters) => void | Promise<void>;

export class Ec2Endpoint {
  public static async start(options: Ec2EndpointOptions): Promise<Ec2Endpoint> {
    const endpoint = new Ec2Endpoint(options);
    await new Promise<void>(done => endpoint.server.listen(0, '127.0.0.1', done));
    return endpoint;
  }

  public readonly calls: Call[] = [];
  public readonly metrics: PublishedDatum[] = [];
  public readonly network: Network;

  private readonly server: Server;
  private readonly started = performance.now();
  private readonly faults = new Faults();
  private readonly denied: Array<{ action: string; vpcId?: string; groupId?: string }> = [];
  private readonly hooks: Array<{ action: string; when: 'before' | 'after'; hook: Hook }> = [];
  private readonly buckets: TokenBuckets;
  private readonly paging: Paging;
  private lingering: SecurityGroupRule[] = [];
  private staleReads = 0;

  private constructor(private readonly options: Ec2EndpointOptions) {
    this.network = options.network;
    this.buckets = new TokenBuckets(options.now);
    this.paging = { pageSize: options.pageSize, emptyTokenAtEnd: options.emptyTokenAtEnd ?? false, emptyPages: options.emptyPages ?? false };
    this.server = createServer((request, response) => {
      this.serve(request, response).catch(error => response.writeHead(500).end(String(error)));
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

  public clearFaults(): void {
    this.faults.clear();
  }

  /** Takes a permission away: of an action, or of an action on one VPC or group. */
  public deny(action: string, resource: { vpcId?: string; groupId?: string } = {}): void {
    this.denied.push({ action, ...resource });
  }

  /** Runs something before each call of an action has its effect. */
  public before(action: string, hook: Hook): void {
    this.hooks.push({ action, when: 'before', hook });
  }

  /** Runs something after each call of an action has had its effect, before it is answered. */
  public after(action: string, hook: Hook): void {
    this.hooks.push({ action, when: 'after', hook });
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
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const body = request.headers['content-encoding'] === 'gzip' ? gunzipSync(Buffer.concat(chunks)) : Buffer.concat(chunks);
    const target = request.headers['x-amz-target'];
    if (typeof target === 'string') return this.serveCloudWatch(target.split('.')[1] ?? '', body.toString(), request, response);
    return this.serveEc2(decodeQuery(body.toString()), request, response);
  }

  private async serveEc2(parameters: Parameters, request: IncomingMessage, response: ServerResponse): Promise<void> {
    const action = text(parameters.Action) ?? '';
    const call = this.journal(action, parameters, request);
    const fault = this.faults.strike(action, parameters);
    if (await this.strikes(fault, call, response)) return;
    try {
      if (fault && fault.kind !== 'delay' && fault.kind !== 'error-after-effect') throw faultError(fault);
      const answer = await this.act(action, parameters);
      if (fault?.kind === 'error-after-effect') throw faultError(fault);
      call.outcome = 'OK';
      send(response, 200, 'text/xml', `<?xml version="1.0" encoding="UTF-8"?>\n<${action}Response xmlns="http://ec2.amazonaws.com/doc/2016-11-15/"><requestId>${REQUEST_ID}</requestId>${answer}</${action}Response>`);
    } catch (error) {
      if (!(error instanceof Ec2Error)) throw error;
      call.outcome = error.code;
      const xml = encodeXml({ Response: { Errors: { Error: { Code: error.code, Message: error.message } }, RequestID: REQUEST_ID } });
      send(response, error.status, 'text/xml', `<?xml version="1.0" encoding="UTF-8"?>\n${xml}`);
    }
  }

  private async act(action: string, parameters: Parameters): Promise<string> {
    if (this.options.tokenBuckets && !this.buckets.take(bucketOf(action, parameters))) throw new Ec2Error('RequestLimitExceeded', 'Request limit exceeded.', 503);
    const run = ACTIONS[action];
    if (!run) throw new Ec2Error('InvalidAction', `The action ${action} is not valid for this web service.`);
    if (this.isDenied(action, parameters)) throw notAuthorized(action);
    if (text(parameters.DryRun) === 'true') throw new Ec2Error('DryRunOperation', 'Request would have succeeded, but DryRun flag is set.', 412);
    await this.run('before', action, parameters);
    const before = this.staleReads > 0 && action.startsWith('Revoke') ? this.network.snapshot() : undefined;
    const answer = encodeXml(run(parameters, { network: this.network, paging: this.paging, lingering: () => this.stillShown(action) }));
    if (before) this.lingering.push(...before.filter(({ securityGroupRuleId }) => !this.network.rules.has(securityGroupRuleId)));
    await this.run('after', action, parameters);
    return answer;
  }

  private stillShown(action: string): SecurityGroupRule[] {
    if (action !== 'DescribeSecurityGroupRules' || this.lingering.length === 0) return [];
    const shown = this.lingering;
    this.staleReads -= 1;
    if (this.staleReads <= 0) this.lingering = [];
    return shown;
  }

  private async serveCloudWatch(action: string, body: string, request: IncomingMessage, response: ServerResponse): Promise<void> {
    const call = this.journal(action, {}, request);
    const fault = this.faults.strike(action, {});
    if (await this.strikes(fault, call, response)) return;
    try {
      if (action !== 'PutMetricData') throw new CloudWatchError('UnknownOperationException', `${action} is not served here`);
      if (this.isDenied(action, {})) throw new CloudWatchError('AccessDenied', 'User is not authorized to perform: cloudwatch:PutMetricData');
      if (fault && fault.kind !== 'delay') throw new CloudWatchError(faultError(fault).code, faultError(fault).message);
      this.metrics.push(...readPutMetricData(JSON.parse(body)));
      call.outcome = 'OK';
      send(response, 200, 'application/x-amz-json-1.0', '{}');
    } catch (error) {
      if (!(error instanceof CloudWatchError)) throw error;
      call.outcome = error.code;
      send(response, fault ? faultError(fault).status : 400, 'application/x-amz-json-1.0', JSON.stringify({ __type: `com.amazonaws.cloudwatch#${error.code}`, message: error.message }));
    }
  }

  private journal(action: string, parameters: Parameters, request: IncomingMessage): Call {
    const attempt = Number(/attempt=(\d+)/.exec(String(request.headers['amz-sdk-request'] ?? ''))?.[1] ?? 1);
    const call: Call = { action, parameters, isDryRun: text(parameters.DryRun) === 'true', at: performance.now() - this.started, attempt, outcome: 'pending' };
    this.calls.push(call);
    return call;
  }

  /** Latency, and the faults that leave a call without an answer. @returns whether this was one */
  private async strikes(fault: Fault | undefined, call: Call, response: ServerResponse): Promise<boolean> {
    const millis = (this.options.latencyMillis ?? 0) + (fault?.kind === 'delay' ? fault.delayMillis ?? 0 : 0);
    if (millis > 0) await sleep(millis);
    if (fault?.kind !== 'drop-socket' && fault?.kind !== 'hang') return false;
    call.outcome = fault.kind;
    if (fault.kind === 'drop-socket') response.socket?.destroy();
    return true;
  }

  private isDenied(action: string, parameters: Parameters): boolean {
    const values = [text(parameters.VpcId), text(parameters.GroupId)];
    const vpcOfGroup = this.network.groups.get(text(parameters.GroupId) ?? '')?.vpcId;
    const filtered = Array.isArray(parameters.Filter) ? parameters.Filter.flatMap(filter => typeof filter === 'object' && !Array.isArray(filter) ? texts(filter.Value) : []) : [];
    return this.denied.some(rule => rule.action === action
      && (rule.vpcId === undefined || [...values, ...filtered, vpcOfGroup].includes(rule.vpcId))
      && (rule.groupId === undefined || [...values, ...filtered].includes(rule.groupId)));
  }

  private async run(when: 'before' | 'after', action: string, parameters: Parameters): Promise<void> {
    for (const each of this.hooks) if (each.when === when && each.action === action) await each.hook(parameters);
  }
}

const REQUEST_ID = '59dbff89-35bd-4eac-99ed-be587EXAMPLE';

function bucketOf(action: string, parameters: Parameters): string {
  const isUnfiltered = parameters.Filter === undefined && parameters.MaxResults === undefined && parameters.GroupId === undefined;
  return action === 'DescribeSecurityGroups' && isUnfiltered ? 'unfiltered' : action;
}

function send(response: ServerResponse, status: number, contentType: string, body: string): void {
  response.writeHead(status, { 'content-type': `${contentType};charset=UTF-8`, 'content-length': Buffer.byteLength(body), 'x-amzn-requestid': REQUEST_ID }).end(body);
}

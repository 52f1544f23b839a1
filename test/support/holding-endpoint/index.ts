/**
 * A double of the services that hold security groups at rest: their protocols over HTTP, with paging, denials and bad
 * answers on demand. It passes every other request on to another endpoint, as one address stands for all of AWS.
 */
import { createServer, type IncomingMessage, request as ask, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type About, type Json, type Listed, type Route, ROUTES } from './services';
import type { GroupHolderName } from '../../../src/contract/group-holders';
import { readBody } from '../endpoint/requests';

interface Request {
  readonly service: string;
  /** The action of Query or AWS JSON, or the method and path. */
  readonly action: string;
  readonly isXml: boolean;
  readonly parameters: Readonly<Record<string, unknown>>;
}

/** An answer that a test gives instead. */
export interface Instead {
  readonly status: number;
  readonly body: string;
  readonly code?: string;
}

export class HoldingEndpoint {
  public static async start(): Promise<HoldingEndpoint> {
    const endpoint = new HoldingEndpoint();
    await new Promise<void>(done => endpoint.server.listen(0, '127.0.0.1', done));
    return endpoint;
  }

  /** The address to which other requests are passed on. */
  public upstream = '';
  /** The calls that were answered here: the service and the action. */
  public readonly calls: Array<readonly [service: string, action: string]> = [];
  /** The requests of these services that no route answers, and no other endpoint takes. */
  public readonly unknown: string[] = [];

  private readonly held = new Map<GroupHolderName, string[]>();
  private readonly instead = new Map<GroupHolderName, Instead>();

  private readonly server = createServer({ keepAliveTimeout: 0 }, (request, response) => {
    this.serve(request, response).catch(() => response.destroy());
  });

  public get url(): string {
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}`;
  }

  public async stop(): Promise<void> {
    if (!this.server.listening) return;
    this.server.closeAllConnections();
    await new Promise(done => this.server.close(done));
  }

  /** Adds a resource that holds a group. */
  public hold(holder: GroupHolderName, ...groupIds: string[]): void {
    this.held.set(holder, [...this.held.get(holder) ?? [], ...groupIds]);
  }

  /** Answers every request about a holder in another way. */
  public answerInstead(holder: GroupHolderName, answer: Instead): void {
    this.instead.set(holder, answer);
  }

  public clear(): void {
    this.held.clear();
    this.instead.clear();
  }

  private async serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const body = await readBody(request);
    const asked = requestOf(request, body.toString());
    const found = ROUTES.flatMap(route => matched(route, asked) ?? [])[0];
    if (found === undefined) return this.passOn(request, body, response);
    this.calls.push([asked.service, asked.action]);
    const { route, path } = found;
    const instead = this.instead.get(route.holder);
    const headers = { 'content-type': asked.isXml ? 'text/xml' : 'application/json' };
    if (instead) {
      response.writeHead(instead.status, { ...headers, ...instead.code && { 'x-amzn-errortype': instead.code } });
      response.end(instead.body);
      return;
    }
    const answer = page(route.answer(this.held.get(route.holder) ?? [], { path, parameters: asked.parameters }), asked);
    response.writeHead(200, headers);
    response.end(asked.isXml ? xml(asked.action.split(' ')[0], answer) : JSON.stringify(answer));
  }

  private passOn(request: IncomingMessage, body: Buffer, response: ServerResponse): void {
    const { method, url = '/', headers } = request;
    const forwarded = ask(`${this.upstream}${url}`, { method, headers: { ...headers, 'content-length': body.length } }, answer => {
      response.writeHead(answer.statusCode ?? 500, answer.headers);
      answer.pipe(response);
    });
    forwarded.on('error', () => response.destroy());
    forwarded.end(body);
  }
}

/** Reads the service from what the request is signed for, and the rest as its protocol has it. */
function requestOf({ method = '', url = '/', headers }: IncomingMessage, body: string): Request {
  const service = /Credential=[^/]+\/\d+\/[^/]+\/([^/]+)\//.exec(headers.authorization ?? '')?.[1] ?? '';
  const target = headers['x-amz-target']?.toString().split('.').at(-1);
  const { pathname, searchParams } = new URL(url, 'http://localhost');
  if (target !== undefined) return { service, action: target, isXml: false, parameters: json(body) };
  const form = new URLSearchParams(body);
  const action = form.get('Action');
  if (action !== null) {
    // Two versions of Elastic Load Balancing have actions of the same name.
    const version = service === 'elasticloadbalancing' ? ` ${form.get('Version')}` : '';
    return { service, action: `${action}${version}`, isXml: true, parameters: Object.fromEntries(form) };
  }
  const parameters = { ...Object.fromEntries(searchParams), ...json(body) };
  return { service, action: `${method} ${pathname}`, isXml: false, parameters };
}

function json(body: string): Record<string, unknown> {
  try {
    return JSON.parse(body) as Record<string, unknown>;
  } catch {
    return {};
  }
}

interface Matched extends Pick<About, 'path'> {
  readonly route: Route;
}

function matched(route: Route, { service, action }: Request): Matched | undefined {
  if (route.service !== service) return undefined;
  if (typeof route.action === 'string') return route.action === action ? { route, path: [] } : undefined;
  const found = route.action.exec(action);
  return found ? { route, path: found.slice(1) } : undefined;
}

type Answer = { [name: string]: Json | undefined };

/** Returns one item of a list, and a token if there are more. */
function page(answer: Listed | Answer, { parameters }: Request): Answer {
  if (!isListed(answer)) return answer;
  const { list, items, token: [asked, answered] } = answer;
  const index = Number(/^page-(\d+)$/.exec(String(valueOf(parameters, asked)))?.[1] ?? 0);
  return { [list]: items.slice(index, index + 1), [answered]: index + 1 < items.length ? `page-${index + 1}` : undefined };
}

/** The name of a parameter in a query string may begin otherwise. */
function valueOf(parameters: Readonly<Record<string, unknown>>, name: string): unknown {
  const key = Object.keys(parameters).find(each => each.toLowerCase() === name.toLowerCase());
  return key === undefined ? undefined : parameters[key];
}

const isListed = (answer: Listed | Answer): answer is Listed =>
  typeof answer.list === 'string' && Array.isArray(answer.items) && Array.isArray(answer.token);

/** The elements of lists whose items are not called `member`. */
const ITEM_NAMES: Readonly<Record<string, string>> = {
  DBInstances: 'DBInstance', DBClusters: 'DBCluster', VpcSecurityGroups: 'VpcSecurityGroupMembership',
  OptionGroupsList: 'OptionGroup', Options: 'Option', VpcSecurityGroupMemberships: 'VpcSecurityGroupMembership',
  CacheClusters: 'CacheCluster', Clusters: 'Cluster',
};

function xml(action: string, answer: Answer): string {
  return `<?xml version="1.0"?>\n<${action}Response xmlns="http://aws.example/doc/"><${action}Result>`
    + `${membersOf(answer)}</${action}Result><ResponseMetadata><RequestId>1</RequestId></ResponseMetadata></${action}Response>`;
}

const membersOf = (value: Answer): string =>
  Object.entries(value).map(([name, each]) => each === undefined ? '' : element(name, each)).join('');

function element(name: string, value: Json): string {
  const item = ITEM_NAMES[name] ?? 'member';
  const content = Array.isArray(value) ? value.map(each => element(item, each)).join('')
    : typeof value === 'object' && value !== null ? membersOf(value) : String(value);
  return `<${name}>${content}</${name}>`;
}

/**
 * Reads a message of the queue of changes: an event of EventBridge with a record of CloudTrail, or the reminder of a
 * requested sweep.
 *
 * Only ids, the time and the caller are taken from a record. The request as a whole goes nowhere, because it is what a
 * caller wrote. No message throws: an event of which no id can be taken asks for a sweep of everything.
 */
import { arnOf, changedByOf, idOf, isByCloudFormation, nameOf, timeOf } from './caller';
import { field, textsIn } from './fields';
import { type Ids, idsIn } from './ids';
import { TOPOLOGY_EVENTS, type TopologyEvent } from '../../../src/contract/change-events';
import { SWEEP_REMINDER } from '../../../src/contract/names';
import { isRecord } from '../invocation/requests';
import type { AwaitedResource, Change } from '../model/change';

/** The facts about an unread event that may be logged: names of keys, and no value of the request. */
export interface UnreadFacts {
  readonly eventName?: string;
  readonly eventId?: string;
  /** The time of the call, in ISO 8601 and UTC. */
  readonly at?: string;
  /** Whether the event says that CloudFormation made the call. */
  readonly isByCloudFormation: boolean;
  /** The keys of the record, and the paths of those of its request and response. */
  readonly keys: readonly string[];
}

export type ParsedMessage =
  | ({ readonly kind: 'change'; readonly change: Change } & Identified)
  /** An event of which no id can be taken. It asks for a sweep of everything. */
  | ({ readonly kind: 'unread'; readonly facts: UnreadFacts } & Identified)
  /** A call that the functions of this construct made, or that failed. */
  | { readonly kind: 'left-out' }
  /** The reminder of a requested sweep. */
  | { readonly kind: 'reminder' }
  /** The body is not a JSON object. */
  | { readonly kind: 'unusable' };

/** Tells whether two messages have the same event. */
export interface Identified {
  /**
   * The id of the event, and what was taken from it: of two events with one id, neither may hide the other. Absent if
   * the event has no id.
   */
  readonly identity?: string;
}

export interface ParseOptions {
  readonly now: Date;
  /** The ends of the ARNs of the sessions whose calls are left out. */
  readonly ownSessions: readonly string[];
}

export function parseMessage(body: string, { now, ownSessions }: ParseOptions): ParsedMessage {
  const message = parsed(body);
  if (!isRecord(message)) return { kind: 'unusable' };
  if (message.remind === SWEEP_REMINDER.remind) return { kind: 'reminder' };
  const detail = field(message, 'detail');
  const record = isRecord(detail) ? detail : message;
  if (hasFailed(record) || isOwn(record, ownSessions)) return { kind: 'left-out' };
  const request = field(record, 'requestParameters');
  const ids = idsIn(request, field(record, 'responseElements'));
  const changed = ids && !mayConcernAll(record, ids, request) ? changedIn(nameOf(record), ids) : undefined;
  if (changed === undefined) {
    const facts = factsOf(record, now);
    return { kind: 'unread', facts, ...identityOf(record, ['unread', { ...facts, keys: undefined }]) };
  }
  const { eventName, at, ...who } = changedByOf(record, now);
  const what = { eventName, ...at !== undefined && { at }, ...changed, isByCloudFormation: isByCloudFormation(record) };
  const author = mayHaveFailed(record) ? undefined : who;
  return { kind: 'change', change: { ...what, ...author }, ...identityOf(record, ['change', what]) };
}

function identityOf(record: unknown, content: unknown): Identified {
  const eventId = idOf(record);
  return eventId === undefined ? {} : { identity: JSON.stringify([eventId, content]) };
}

function parsed(body: string): unknown {
  try {
    return JSON.parse(body);
  } catch {
    return undefined;
  }
}

/** The code may be in a list or have a counter. EC2 writes an absent field as an empty object. */
function hasFailed(record: unknown): boolean {
  return textsIn(field(record, 'errorCode')).some(code => code !== '' && code !== 'false');
}

/** Without a code, an error is doubtful: what the call names is read, and nobody is named as its caller. */
function mayHaveFailed(record: unknown): boolean {
  const messages = textsIn(field(record, 'errorMessage'));
  return !isRecord(field(record, 'responseElements')) && messages.some(each => each !== '');
}

function isOwn(record: unknown, ownSessions: readonly string[]): boolean {
  const arn = arnOf(record);
  return arn !== undefined && ownSessions.some(session => arn.endsWith(session));
}

/**
 * Whether a call without a name may be one after which rules of any group may be stale. A new group has its VPC in the
 * request, and its id in the response; a disassociated one has both in the request.
 */
function mayConcernAll(record: unknown, ids: Ids, request: unknown): boolean {
  if (nameOf(record) !== undefined) return false;
  return ids.peering.length + ids.transitGateway.length + ids.transitGatewayAttachment.length > 0
    || (ids.vpc.length > 0 && idsIn(request)?.group.length !== 0);
}

type Changed = Pick<Change, 'groupIds' | 'ruleIds' | 'awaits'>;

/** @returns undefined if an id is missing */
function changedIn(eventName: string | undefined, ids: Ids): Changed | undefined {
  if (isTopologyEvent(eventName)) {
    const awaits = AWAITED[eventName](ids);
    return awaits.length > 0 ? { groupIds: [], ruleIds: [], awaits } : undefined;
  }
  // A call that is not known, but names groups or rules, is taken for a change of these.
  return ids.group.length + ids.rule.length > 0 ? { groupIds: ids.group, ruleIds: ids.rule } : undefined;
}

const isTopologyEvent = (name: string | undefined): name is TopologyEvent =>
  TOPOLOGY_EVENTS.some(each => each === name);

type Awaited = (ids: Ids) => AwaitedResource[];

const each = (kind: 'peering' | 'transitGateway' | 'transitGatewayAttachment', isEnding: boolean): Awaited =>
  ids => ids[kind].map(id => ({ kind, id, isEnding }));

/** The resources whose state shows whether a call has taken effect. */
const AWAITED: Readonly<Record<TopologyEvent, Awaited>> = {
  DeleteTransitGateway: each('transitGateway', true),
  DeleteTransitGatewayVpcAttachment: each('transitGatewayAttachment', true),
  DeleteVpcPeeringConnection: each('peering', true),
  // With several of either, it is unknown which group was disassociated from which VPC.
  DisassociateSecurityGroupVpc: ({ group: [id, ...groups], vpc: [vpcId, ...vpcs] }) =>
    id !== undefined && vpcId !== undefined && groups.length === 0 && vpcs.length === 0
      ? [{ kind: 'association', id, vpcId, isEnding: true }]
      : [],
  ModifyTransitGateway: each('transitGateway', false),
  ModifyTransitGatewayVpcAttachment: each('transitGatewayAttachment', false),
};

/** A name that EC2 gives a parameter. A key of another form may be a value of the caller. */
const PARAMETER = /^[A-Za-z_]\w{0,63}$/;

/** The depth of the parameters of EC2 in their wrappers. */
const DEEPEST = 3;

const MOST_KEYS = 40;

function factsOf(record: Record<string, unknown>, now: Date): UnreadFacts {
  const [eventName, eventId, at] = [nameOf(record), idOf(record), timeOf(record, now)];
  const inner = ['requestParameters', 'responseElements'].flatMap(name => pathsIn(field(record, name), name, DEEPEST));
  return {
    ...eventName !== undefined && { eventName },
    ...eventId !== undefined && { eventId },
    ...at !== undefined && { at },
    isByCloudFormation: isByCloudFormation(record),
    keys: [...inner, ...parametersOf(record)].slice(0, MOST_KEYS),
  };
}

const parametersOf = (value: object): string[] => Object.keys(value).filter(key => PARAMETER.test(key));

function pathsIn(value: unknown, path: string, depth: number): string[] {
  if (!isRecord(value) || depth === 0) return [];
  return parametersOf(value).slice(0, MOST_KEYS).flatMap(key =>
    [`${path}.${key}`, ...pathsIn(value[key], `${path}.${key}`, depth - 1)]);
}

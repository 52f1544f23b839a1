/** Tells the callers of the handler apart. What it cannot tell is refused, with an error that says what was got, but never with its values. */
import {
  CONFIGURATION_PROPERTY, type DecodedConfiguration, decodeConfiguration, MOST_PAUSE_DAYS,
} from '../../../src/private/contract';
import type { RestoreRequest } from '../act/restore';
import type { PauseRequest } from '../ledger/pause';

/** What CloudFormation wants back, and where to; the URL is a credential and must not be logged. */
export interface CustomResourceRequest {
  readonly responseUrl: string;
  readonly stackId: string;
  readonly requestId: string;
  readonly logicalResourceId: string;
  readonly physicalResourceId?: string;
}

export type Invocation =
  | { readonly kind: 'sweep'; readonly configuration: DecodedConfiguration }
  | { readonly kind: 'restore'; readonly request: RestoreRequest }
  | { readonly kind: 'pause'; readonly request: PauseRequest }
  | { readonly kind: 'resume' }
  | {
    readonly kind: 'custom-resource';
    readonly request: CustomResourceRequest;
    readonly requestType: string;
    /** Still to be decoded: when that fails, CloudFormation has to be told. */
    readonly configuration: unknown;
  };

/**
 * @param now when it came: a pause has to end later
 * @throws when the handler does not know the event
 */
export function parseInvocation(event: unknown, now = new Date()): Invocation {
  if (!isRecord(event)) throw new Error(`Unknown event: got ${event === null ? 'null' : Array.isArray(event) ? 'a list' : `a ${typeof event}`}. ${KNOWN}`);
  if ('ResponseURL' in event || 'RequestType' in event) return customResource(event);
  if ('restore' in event) return { kind: 'restore', request: restoreRequest(event) };
  if ('pause' in event) return { kind: 'pause', request: pauseRequest(event, now) };
  if ('resume' in event) return resumeRequest(event);
  // Events of EventBridge have a version, too.
  if ('version' in event && !('detail-type' in event)) return { kind: 'sweep', configuration: decodeConfiguration(event) };
  throw new Error(`Unknown event: got an object with ${Object.keys(event).length > 0 ? `the keys ${Object.keys(event).slice(0, 20).join(', ')}` : 'no keys'}. ${KNOWN}`);
}

/** The form of each request. */
const REQUESTS = {
  restore: '{"restore":{"securityGroupRuleIds":["sgr-…"]}} or {"restore":{"sweepId":"…"}}',
  pause: '{"pause":{"until":"2026-12-24T08:00:00Z","reason":"…"}}',
  resume: '{"resume":{}}',
} as const;

const KNOWN = 'This function takes a configuration (the input of its schedule), a CloudFormation custom resource '
  + `request, or a request to restore, to pause or to resume: ${Object.values(REQUESTS).join(' or ')}.`;

type Malformed = (what: string) => Error;

/** @returns what is asked for, which has no other keys than these; and the error for what is wrong with it */
function requested(
  kind: keyof typeof REQUESTS, { [kind]: request, ...others }: Record<string, unknown>, ...keys: string[]
): [Record<string, unknown>, Malformed] {
  const malformed: Malformed = what =>
    new Error(`Malformed request to ${kind}: ${what}. Nothing was done. Give ${REQUESTS[kind]}`);
  const names = (object: object): string => Object.keys(object).slice(0, 20).join(', ');
  if (Object.keys(others).length > 0) throw malformed(`it has the keys ${names(others)} beside ${kind}`);
  if (!isRecord(request)) throw malformed(`${kind} is no object`);
  const unknown = Object.fromEntries(Object.entries(request).filter(([key]) => !keys.includes(key)));
  if (Object.keys(unknown).length > 0) throw malformed(`${kind} has the unknown keys ${names(unknown)}`);
  return [request, malformed];
}

/** As many rules as a group can have. */
const MOST_RULES = 1000;

function restoreRequest(event: Record<string, unknown>): RestoreRequest {
  const [{ securityGroupRuleIds, sweepId }, malformed] = requested('restore', event, 'securityGroupRuleIds', 'sweepId');
  if ((securityGroupRuleIds === undefined) === (sweepId === undefined)) throw malformed('restore has to have either securityGroupRuleIds or sweepId');
  if (sweepId !== undefined) {
    if (typeof sweepId !== 'string' || !/^[\w-]{1,100}$/.test(sweepId)) throw malformed('sweepId is not as a sweep logs it');
    return { sweepId };
  }
  if (!Array.isArray(securityGroupRuleIds) || securityGroupRuleIds.length === 0) throw malformed('securityGroupRuleIds is no list, or an empty one');
  if (securityGroupRuleIds.length > MOST_RULES) throw malformed(`securityGroupRuleIds has ${securityGroupRuleIds.length} ids; ${MOST_RULES} are the most`);
  const ids = securityGroupRuleIds.filter((id): id is string => typeof id === 'string' && /^sgr-[0-9a-zA-Z]{1,32}$/.test(id));
  if (ids.length < securityGroupRuleIds.length) throw malformed(`${securityGroupRuleIds.length - ids.length} of the securityGroupRuleIds are not ids like sgr-0123456789abcdef0`);
  return { securityGroupRuleIds: ids };
}

const MOST_PAUSE_MILLIS = MOST_PAUSE_DAYS * 86_400_000;

function pauseRequest(event: Record<string, unknown>, now: Date): PauseRequest {
  const [{ until, reason }, malformed] = requested('pause', event, 'until', 'reason');
  const end = typeof until === 'string' ? moment(until) : undefined;
  if (end === undefined) {
    throw malformed('until is no date and time of ISO 8601 with a time zone, such as 2026-12-24T09:00:00+01:00');
  }
  if (end <= now.getTime()) throw malformed('until is not in the future');
  if (end - now.getTime() > MOST_PAUSE_MILLIS) {
    throw malformed(`until is more than ${MOST_PAUSE_DAYS} days ahead; pause for less, and again before that ends`);
  }
  if (typeof reason !== 'string' || !/^[^]{1,255}$/u.test(reason) || reason.trim() === '') {
    throw malformed('reason is no text of 1 to 255 characters that says why');
  }
  return { until: new Date(end).toISOString(), reason };
}

/** @returns milliseconds since 1970; undefined for what is not written so, and for a day that no month has */
function moment(text: string): number | undefined {
  const [, date, time] = /^(\d{4}-\d\d-\d\d)T(\d\d:\d\d(?::\d\d(?:\.\d{1,9})?)?)(?:Z|[+-]\d\d:\d\d)$/.exec(text) ?? [];
  const millis = Date.parse(text);
  const local = Date.parse(`${date}T${time}Z`);
  if (date === undefined || !Number.isFinite(millis) || !Number.isFinite(local)) return undefined;
  // A day past the end of its month would be taken for one of the next.
  return new Date(local).toISOString().startsWith(date) ? millis : undefined;
}

function resumeRequest(event: Record<string, unknown>): Invocation {
  requested('resume', event);
  return { kind: 'resume' };
}

function customResource(event: Record<string, unknown>): Invocation {
  const text = (key: string): string => {
    const value = event[key];
    if (typeof value !== 'string' || value === '') throw new Error(`Malformed custom resource request: ${key} is ${value === '' ? 'empty' : typeof value}, but has to be a text. Nothing was done`);
    return value;
  };
  const properties = event.ResourceProperties;
  return {
    kind: 'custom-resource',
    requestType: typeof event.RequestType === 'string' ? event.RequestType : '',
    request: {
      responseUrl: responseUrl(text('ResponseURL')),
      stackId: text('StackId'),
      requestId: text('RequestId'),
      logicalResourceId: text('LogicalResourceId'),
      physicalResourceId: typeof event.PhysicalResourceId === 'string' && event.PhysicalResourceId !== '' ? event.PhysicalResourceId : undefined,
    },
    configuration: isRecord(properties) ? properties[CONFIGURATION_PROPERTY] : undefined,
  };
}

function responseUrl(text: string): string {
  if (!URL.canParse(text) || !/^https?:$/.test(new URL(text).protocol)) throw new Error('Malformed custom resource request: ResponseURL is no http(s) URL. Nothing was done');
  return text;
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/**
 * Parses the requests of people and of the schedule. A malformed request is refused as a whole, with an error that
 * shows the correct form.
 */
import { CHANGE_SWEEP_INPUT, MOST_PAUSE_DAYS } from '../../../src/contract/names';
import type { ApproveRequest } from '../act/approve';
import type { RestoreRequest } from '../act/restore';
import type { RetryRequest } from '../act/retry';
import { isAhead } from '../decide/times';
import type { PauseRequest } from '../ledger/pause';
import { EVERYTHING, type Run, type Scope, type Trigger } from '../model/scope';
import { plain } from '../report/wording';

/** A request to sweep. */
export interface SweepRequest {
  readonly trigger: Trigger;
  readonly scope: Scope;
  /** The time at which the sweep was due, in ISO 8601 and UTC. */
  readonly scheduledTime?: string;
  readonly changes?: Run['changes'];
  readonly changesUnread?: Run['changesUnread'];
  readonly stackChangeAt?: Run['stackChangeAt'];
}

/** The form of each request. */
export const REQUESTS = {
  sweep: '{"sweep":{}} or {"sweep":{"securityGroupIds":["sg-…"]}} or {"sweep":{"trigger":"change"}}',
  restore: '{"restore":{"securityGroupRuleIds":["sgr-…"]}} or {"restore":{"sweepId":"…"}}',
  pause: '{"pause":{"until":"2026-12-24T08:00:00Z","reason":"…"}}',
  resume: '{"resume":{}}',
  retry: '{"retry":{"securityGroupRuleIds":["sgr-…"]}}',
  approve: '{"approve":{"securityGroupRuleIds":["sgr-…"],"digest":"…","approvedBy":"…"}} or '
    + '{"approve":{"sweepId":"…","digest":"…"}}',
  adopt: '{"adopt":{}}',
} as const;

export type RequestKind = keyof typeof REQUESTS;

type Malformed = (what: string) => Error;

/**
 * @returns the request, which has no keys other than `keys`, and a function that creates the error for a malformed one
 */
function requested(
  kind: RequestKind, { [kind]: request, ...others }: Record<string, unknown>, ...keys: string[]
): [Record<string, unknown>, Malformed] {
  const malformed: Malformed = what =>
    new Error(`Malformed request to ${kind}: ${what}. Nothing was done. Give ${REQUESTS[kind]}`);
  const names = (object: object): string => Object.keys(object).slice(0, 20).join(', ');
  if (Object.keys(others).length > 0) throw malformed(`it has the keys ${names(others)} beside ${kind}`);
  if (!isRecord(request)) throw malformed(`${kind} is not an object`);
  const unknown = Object.fromEntries(Object.entries(request).filter(([key]) => !keys.includes(key)));
  if (Object.keys(unknown).length > 0) throw malformed(`${kind} has the unknown keys ${names(unknown)}`);
  return [request, malformed];
}

/** The number of groups in one request. It is limited, so that the run is quick. */
const MOST_GROUPS = 200;

export function sweepRequest(event: Record<string, unknown>, now: Date): SweepRequest {
  const [{ scheduledTime, securityGroupIds, trigger }, malformed] = requested(
    'sweep',
    event,
    'scheduledTime',
    'securityGroupIds',
    'trigger',
  );
  if (trigger !== undefined) {
    if (trigger !== CHANGE_SWEEP_INPUT.sweep.trigger) throw malformed('trigger is not change');
    if (scheduledTime !== undefined || securityGroupIds !== undefined) {
      throw malformed('it has trigger and another key; such a sweep sweeps everything, and not for the schedule');
    }
    return { trigger: 'change', scope: EVERYTHING };
  }
  if (scheduledTime !== undefined) {
    if (typeof scheduledTime !== 'string') throw malformed('scheduledTime is not a text');
    if (securityGroupIds !== undefined) {
      throw malformed('it has scheduledTime and securityGroupIds; a schedule sweeps everything');
    }
    // EventBridge Scheduler fills in the time. Other callers may leave the placeholder text as it is.
    const time = moment(scheduledTime);
    const scheduled = time === undefined ? undefined : new Date(time).toISOString();
    // A time in the future would make every event until then look like a repeated one.
    if (scheduled !== undefined && isAhead(scheduled, now)) throw malformed('scheduledTime is in the future');
    return { trigger: 'schedule', scope: EVERYTHING, scheduledTime: scheduled };
  }
  if (securityGroupIds === undefined) return { trigger: 'request', scope: EVERYTHING };
  const groupIds = ids(securityGroupIds, 'securityGroupIds', 'sg', MOST_GROUPS, malformed);
  return { trigger: 'request', scope: { kind: 'groups', groupIds } };
}

/** The number of rules that a group can have. */
const MOST_RULES = 1000;

export function restoreRequest(event: Record<string, unknown>): RestoreRequest {
  const [request, malformed] = requested('restore', event, 'securityGroupRuleIds', 'sweepId');
  return rulesOrSweep('restore', request, malformed);
}

/** Returns the rules that a request names: by their ids, or by the sweep that they have to do with. */
function rulesOrSweep(
  kind: RequestKind, { securityGroupRuleIds, sweepId }: Record<string, unknown>, malformed: Malformed,
): { readonly securityGroupRuleIds: readonly string[] } | { readonly sweepId: string } {
  if ((securityGroupRuleIds === undefined) === (sweepId === undefined)) {
    throw malformed(`${kind} must have either securityGroupRuleIds or sweepId`);
  }
  if (sweepId !== undefined) {
    if (typeof sweepId !== 'string' || !/^[\w-]{1,100}$/.test(sweepId)) {
      throw malformed('sweepId is not the id of a sweep, as the log has it');
    }
    return { sweepId };
  }
  return { securityGroupRuleIds: ids(securityGroupRuleIds, 'securityGroupRuleIds', 'sgr', MOST_RULES, malformed) };
}

export function retryRequest(event: Record<string, unknown>): RetryRequest {
  const [{ securityGroupRuleIds }, malformed] = requested('retry', event, 'securityGroupRuleIds');
  return { securityGroupRuleIds: ids(securityGroupRuleIds, 'securityGroupRuleIds', 'sgr', MOST_RULES, malformed) };
}

/** The form of a digest of what was shown. */
const DIGEST = /^[0-9a-f]{16}$/;

export function approveRequest(event: Record<string, unknown>): ApproveRequest {
  const [{ digest, approvedBy, ...rules }, malformed] = requested(
    'approve', event, 'securityGroupRuleIds', 'sweepId', 'digest', 'approvedBy',
  );
  const which = rulesOrSweep('approve', rules, malformed);
  if (typeof digest !== 'string' || !DIGEST.test(digest)) {
    throw malformed('digest is not the 16 hexadecimal digits that stand for what was shown');
  }
  return { ...which, digest, ...approvedBy !== undefined && { approvedBy: nameOf(approvedBy, malformed) } };
}

/** The name is shown in logs, events and messages, so it must be what it looks like. */
function nameOf(approvedBy: unknown, malformed: Malformed): string {
  if (typeof approvedBy === 'string' && isPlainText(approvedBy)) return approvedBy;
  throw malformed('approvedBy is not a text of 1 to 255 characters without control characters');
}

const isPlainText = (text: string): boolean =>
  /^[^]{1,255}$/u.test(text) && text.trim() !== '' && plain(text) === text;

function ids(value: unknown, name: string, prefix: string, most: number, malformed: Malformed): string[] {
  if (!Array.isArray(value) || value.length === 0) throw malformed(`${name} is not a list, or is empty`);
  if (value.length > most) throw malformed(`${name} has ${value.length} ids; at most ${most} are allowed`);
  const pattern = new RegExp(`^${prefix}-[0-9a-zA-Z]{1,32}$`);
  const good = value.filter((id): id is string => typeof id === 'string' && pattern.test(id));
  if (good.length < value.length) {
    throw malformed(`${value.length - good.length} of the ${name} are not ids like ${prefix}-0123456789abcdef0`);
  }
  return good;
}

const MOST_PAUSE_MILLIS = MOST_PAUSE_DAYS * 86_400_000;

export function pauseRequest(event: Record<string, unknown>, now: Date): PauseRequest {
  const [{ until, reason }, malformed] = requested('pause', event, 'until', 'reason');
  const end = typeof until === 'string' ? moment(until) : undefined;
  if (end === undefined) {
    throw malformed('until is not a date and time of ISO 8601 with a time zone, such as 2026-12-24T09:00:00+01:00');
  }
  if (end <= now.getTime()) throw malformed('until is not in the future');
  if (end - now.getTime() > MOST_PAUSE_MILLIS) {
    throw malformed(`until is more than ${MOST_PAUSE_DAYS} days ahead; pause for less, and again before that ends`);
  }
  if (typeof reason !== 'string' || !/^[^]{1,255}$/u.test(reason) || reason.trim() === '') {
    throw malformed('reason is not a text of 1 to 255 characters that says why');
  }
  return { until: new Date(end).toISOString(), reason };
}

/** @throws when the request has any content */
export function bareRequest(kind: 'resume' | 'adopt', event: Record<string, unknown>): void {
  requested(kind, event);
}

/** @returns milliseconds since 1970; undefined for another format, and for a day that does not exist */
function moment(text: string): number | undefined {
  const [, date, time] = /^(\d{4}-\d\d-\d\d)T(\d\d:\d\d(?::\d\d(?:\.\d{1,9})?)?)(?:Z|[+-]\d\d:\d\d)$/.exec(text) ?? [];
  const millis = Date.parse(text);
  const local = Date.parse(`${date}T${time}Z`);
  if (date === undefined || !Number.isFinite(millis) || !Number.isFinite(local)) return undefined;
  // Date.parse would accept a day past the end of the month, and turn it into one of the next month.
  return new Date(local).toISOString().startsWith(date) ? millis : undefined;
}

export function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

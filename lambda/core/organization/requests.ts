/**
 * Parses the requests that only an organization has: the steps of the state machine, and requests about rules, which
 * name the account and the Region. A malformed request is refused as a whole.
 */
import type { AccountRequest } from './account';
import type { BeginRequest } from './begin';
import type { LostRequest } from './lost';
import { ACCOUNT_ID, type Place, REGION_NAME } from '../../../src/contract/organization';
import type { ApproveRequest } from '../act/approve';
import type { RestoreRequest } from '../act/restore';
import type { RetryRequest } from '../act/retry';
import { isAhead } from '../decide/times';
import { approveRequest, isRecord, restoreRequest, retryRequest } from '../invocation/requests';

export type Step =
  | { readonly step: 'begin'; readonly request: BeginRequest }
  | { readonly step: 'account'; readonly request: AccountRequest }
  | { readonly step: 'lost'; readonly request: LostRequest }
  | { readonly step: 'count' | 'finish'; readonly request: { readonly runId: string } };

/** @returns the step that the state machine asks for; undefined if the event is another one */
export function parseStep(event: unknown, now: Date): Step | undefined {
  if (!isRecord(event) || !('organization' in event)) return undefined;
  const asked = event.organization;
  if (!isRecord(asked) || Object.keys(event).length > 1) throw malformed('organization is not an object, or not the only key');
  const field = new Fields(asked);
  switch (asked.step) {
    case 'begin':
      return {
        step: 'begin',
        request: {
          execution: field.text('execution', /^arn:[^:]+:states:[^:]+:\d{12}:execution:[^:]+:[^:]+$/, 'the ARN of an execution'),
          scheduledTime: scheduledTime(asked.scheduledTime, now),
        },
      };
    case 'account':
      return {
        step: 'account',
        request: {
          pass: field.pass(), runId: field.runId(), account: field.account(), part: field.count('part'),
          attempt: field.count('attempt'),
        },
      };
    case 'lost':
      return {
        step: 'lost',
        request: { pass: field.pass(), runId: field.runId(), account: field.account(), error: errorOf(asked.error) },
      };
    case 'count':
    case 'finish':
      return { step: asked.step, request: { runId: field.runId() } };
    default:
      throw malformed('step must be begin, account, lost, count or finish');
  }
}

/** A request about rules of one place. */
export interface OfPlace<T> {
  readonly place: Place;
  readonly request: T;
}

/** @throws when the request does not name the account and the Region, or is malformed otherwise */
export const restoreInPlace = (event: Record<string, unknown>): OfPlace<RestoreRequest> =>
  inPlace('restore', event, restoreRequest);

/** @throws when the request does not name the account and the Region, or is malformed otherwise */
export const retryInPlace = (event: Record<string, unknown>): OfPlace<RetryRequest> =>
  inPlace('retry', event, retryRequest);

/** @throws when the request does not name the account and the Region, or is malformed otherwise */
export const approveInPlace = (event: Record<string, unknown>): OfPlace<ApproveRequest> =>
  inPlace('approve', event, approveRequest);

function inPlace<T>(
  kind: 'restore' | 'retry' | 'approve', event: Record<string, unknown>, parse: (event: Record<string, unknown>) => T,
): OfPlace<T> {
  const asked = event[kind];
  if (!isRecord(asked)) throw new Error(`Malformed request: ${kind} is not an object. ${FORMS[kind]}`);
  const { account, region, ...rest } = asked;
  if (typeof account !== 'string' || !ACCOUNT_ID.test(account)) {
    throw new Error(`Malformed request: account is not the id of an account as a text of 12 digits. ${FORMS[kind]}`);
  }
  if (typeof region !== 'string' || !REGION_NAME.test(region)) {
    throw new Error(`Malformed request: region is not the name of a Region. ${FORMS[kind]}`);
  }
  return { place: { account, region }, request: parse({ ...event, [kind]: rest }) };
}

/** The form of each request. */
export const FORMS = {
  restore: 'Send {"restore":{"account":"111122223333","region":"eu-central-1","securityGroupRuleIds":["sgr-…"]}} or '
    + '{"restore":{"account":"111122223333","region":"eu-central-1","sweepId":"…"}}. Nothing was done',
  retry: 'Send {"retry":{"account":"111122223333","region":"eu-central-1","securityGroupRuleIds":["sgr-…"]}}. Nothing was done',
  approve: 'Send {"approve":{"account":"111122223333","region":"eu-central-1","securityGroupRuleIds":["sgr-…"],"digest":"…"}} or '
    + '{"approve":{"account":"111122223333","region":"eu-central-1","sweepId":"…","digest":"…"}}. Nothing was done',
} as const;

const malformed = (problem: string): Error =>
  new Error(`Malformed step: ${problem}. Only the state machine sends steps. Nothing was done`);

class Fields {
  constructor(private readonly values: Readonly<Record<string, unknown>>) {}

  text(key: string, pattern: RegExp, what: string): string {
    const value = this.values[key];
    if (typeof value !== 'string' || !pattern.test(value)) throw malformed(`${key} is not ${what}`);
    return value;
  }

  count(key: string): number {
    const value = this.values[key];
    if (!Number.isSafeInteger(value) || Number(value) < 0) throw malformed(`${key} is not a whole number`);
    return Number(value);
  }

  runId(): string {
    return this.text('runId', /^[\w-]{1,64}$/, 'the id of a run');
  }

  account(): string {
    return this.text('account', ACCOUNT_ID, 'the id of an account');
  }

  pass(): 'observe' | 'revoke' {
    return this.text('pass', /^(observe|revoke)$/, 'observe or revoke') as 'observe' | 'revoke';
  }
}

/** The schedule gives the time in UTC. A local emulator may leave the placeholder as it is. */
function scheduledTime(value: unknown, now: Date): string | undefined {
  if (typeof value !== 'string' || value.startsWith('<')) return undefined;
  const millis = Date.parse(value);
  if (!Number.isFinite(millis)) throw malformed('scheduledTime is not a time');
  const time = new Date(millis).toISOString();
  // A time in the future would make every run until then look like a repeated one.
  if (isAhead(time, now)) throw malformed('scheduledTime is in the future');
  return time;
}

/** Step Functions describes an error by a name and a cause, which may be long. */
function errorOf(value: unknown): LostRequest['error'] {
  const { Error: code, Cause: cause } = isRecord(value) ? value : {};
  const text = typeof cause === 'string' ? cause : '';
  return { code: typeof code === 'string' && code !== '' ? code : 'Unknown', message: messageOf(text) };
}

/** The cause of an error in a function is JSON text with the message. */
function messageOf(cause: string): string {
  try {
    const parsed: unknown = JSON.parse(cause);
    if (isRecord(parsed) && typeof parsed.errorMessage === 'string') return parsed.errorMessage;
  } catch {
    // The cause of other errors is plain text.
  }
  return cause === '' ? 'the state machine gave no cause' : cause;
}

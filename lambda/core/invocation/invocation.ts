/**
 * Determines the caller of the handler. An unknown event is refused with an error that says what was got, but without
 * its values.
 */
import {
  approveRequest, bareRequest, isRecord, pauseRequest, type RequestKind, REQUESTS, restoreRequest, retryRequest,
  type SweepRequest, sweepRequest,
} from './requests';
import {
  CONFIGURATION_PROPERTY,
  DEPLOY_TIME_PATHS_PROPERTY,
  FINGERPRINT_PROPERTY,
  LEDGER_PROPERTY,
} from '../../../src/contract/names';
import type { ApproveRequest } from '../act/approve';
import type { RestoreRequest } from '../act/restore';
import type { RetryRequest } from '../act/retry';
import type { PauseRequest } from '../ledger/pause';

/**
 * The fields of the request that CloudFormation expects back, and the response URL. The URL is a credential and must
 * not be logged.
 */
export interface CustomResourceRequest {
  readonly responseUrl: string;
  readonly stackId: string;
  readonly requestId: string;
  readonly logicalResourceId: string;
  readonly physicalResourceId?: string;
}

/**
 * The properties of the custom resource, unchecked. They are checked later, because CloudFormation must get a response
 * if the check fails.
 */
export interface CustomResourceProperties {
  readonly configuration: unknown;
  readonly fingerprint: unknown;
  readonly deployTimePaths: unknown;
  /** Whether CloudFormation says that the properties have changed. */
  readonly isChange: boolean;
}

export type Invocation =
  | { readonly kind: 'sweep'; readonly request: SweepRequest }
  | { readonly kind: 'restore'; readonly request: RestoreRequest }
  | { readonly kind: 'pause'; readonly request: PauseRequest }
  | { readonly kind: 'resume' }
  | { readonly kind: 'retry'; readonly request: RetryRequest }
  | { readonly kind: 'approve'; readonly request: ApproveRequest }
  | { readonly kind: 'adopt' }
  | {
    readonly kind: 'custom-resource';
    readonly request: CustomResourceRequest;
    readonly requestType: string;
    readonly properties: CustomResourceProperties;
  };

/**
 * @param now the time of the invocation: a pause must end later, and a scheduled time must not be in the future
 * @throws when the event matches no known caller
 */
export function parseInvocation(event: unknown, now = new Date()): Invocation {
  if (!isRecord(event)) throw unknown(event === null ? 'null' : Array.isArray(event) ? 'a list' : `a ${typeof event}`);
  if ('ResponseURL' in event || 'RequestType' in event) return customResource(event);
  const kind = (Object.keys(REQUESTS) as RequestKind[]).find(each => each in event);
  switch (kind) {
    case 'sweep': return { kind, request: sweepRequest(event, now) };
    case 'restore': return { kind, request: restoreRequest(event) };
    case 'pause': return { kind, request: pauseRequest(event, now) };
    case 'retry': return { kind, request: retryRequest(event) };
    case 'approve': return { kind, request: approveRequest(event) };
    case 'resume':
    case 'adopt':
      bareRequest(kind, event);
      return { kind };
    case undefined: {
      const keys = Object.keys(event).slice(0, 20).join(', ');
      throw unknown(`an object with ${keys === '' ? 'no keys' : `the keys ${keys}`}`);
    }
  }
}

const unknown = (got: string): Error => new Error(`Unknown event: got ${got}. ${KNOWN}`);

const KNOWN =
  'This function takes a CloudFormation custom resource request, or a request to sweep, restore, pause, resume, '
  + `retry, approve or adopt: ${Object.values(REQUESTS).join(' or ')}. It takes a configuration from its ledger only.`;

function customResource(event: Record<string, unknown>): Invocation {
  const text = (key: string): string => {
    const value = event[key];
    if (typeof value === 'string' && value !== '') return value;
    const got = value === '' ? 'empty' : typeof value;
    throw new Error(`Malformed custom resource request: ${key} is ${got}, but must be a text. Nothing was done`);
  };
  const { PhysicalResourceId: id, RequestType: type } = event;
  return {
    kind: 'custom-resource',
    requestType: typeof type === 'string' ? type : '',
    request: {
      responseUrl: responseUrl(text('ResponseURL')),
      stackId: text('StackId'),
      requestId: text('RequestId'),
      logicalResourceId: text('LogicalResourceId'),
      physicalResourceId: typeof id === 'string' && id !== '' ? id : undefined,
    },
    properties: properties(event),
  };
}

/**
 * An update is a change if CloudFormation sends the previous properties and they differ. A create is a change, too,
 * because an earlier stack may have left the ledger behind.
 */
function properties({
  RequestType: type,
  ResourceProperties: now,
  OldResourceProperties: before,
}: Record<string, unknown>): CustomResourceProperties {
  const of = (value: unknown): Record<string, unknown> => (isRecord(value) ? value : {});
  const keys = [CONFIGURATION_PROPERTY, FINGERPRINT_PROPERTY, DEPLOY_TIME_PATHS_PROPERTY, LEDGER_PROPERTY];
  return {
    configuration: of(now)[CONFIGURATION_PROPERTY],
    fingerprint: of(now)[FINGERPRINT_PROPERTY],
    deployTimePaths: of(now)[DEPLOY_TIME_PATHS_PROPERTY],
    isChange: type === 'Create' || (isRecord(before) && keys.some(key => before[key] !== of(now)[key])),
  };
}

function responseUrl(text: string): string {
  if (!URL.canParse(text) || !/^https?:$/.test(new URL(text).protocol)) {
    throw new Error('Malformed custom resource request: ResponseURL is not an http(s) URL. Nothing was done');
  }
  return text;
}

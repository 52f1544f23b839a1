/** Tells the callers of the handler apart. What it cannot tell is refused, with an error that says what was got, but never with its values. */
import type { RestoreRequest } from './revocation/restore';
import { CONFIGURATION_PROPERTY, type DecodedConfiguration, decodeConfiguration } from '../src/private/contract';

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
  | {
    readonly kind: 'custom-resource';
    readonly request: CustomResourceRequest;
    readonly requestType: string;
    /** Still to be decoded: when that fails, CloudFormation has to be told. */
    readonly configuration: unknown;
  };

/** @throws when the event is none that the handler knows */
export function parseInvocation(event: unknown): Invocation {
  if (!isRecord(event)) throw new Error(`Unknown event: got ${event === null ? 'null' : Array.isArray(event) ? 'a list' : `a ${typeof event}`}. ${KNOWN}`);
  if ('ResponseURL' in event || 'RequestType' in event) return customResource(event);
  if ('restore' in event) return { kind: 'restore', request: restoreRequest(event) };
  // Events of EventBridge have a version, too.
  if ('version' in event && !('detail-type' in event)) return { kind: 'sweep', configuration: decodeConfiguration(event) };
  throw new Error(`Unknown event: got an object with ${Object.keys(event).length > 0 ? `the keys ${Object.keys(event).slice(0, 20).join(', ')}` : 'no keys'}. ${KNOWN}`);
}

const KNOWN = 'This function takes a configuration (the input of its schedule), a CloudFormation custom resource request, or a request to restore: '
  + '{"restore":{"securityGroupRuleIds":["sgr-…"]}} or {"restore":{"sweepId":"…"}}.';

/** As many rules as a group can have. */
const MOST_RULES = 1000;

function restoreRequest({ restore, ...others }: Record<string, unknown>): RestoreRequest {
  const malformed = (what: string): Error => new Error(`Malformed request to restore: ${what}. Nothing was done. `
    + 'Give {"restore":{"securityGroupRuleIds":["sgr-…"]}} or {"restore":{"sweepId":"…"}}');
  if (Object.keys(others).length > 0) throw malformed(`it has the keys ${Object.keys(others).slice(0, 20).join(', ')} beside restore`);
  if (!isRecord(restore)) throw malformed('restore is no object');
  const { securityGroupRuleIds, sweepId, ...unknown } = restore;
  if (Object.keys(unknown).length > 0) throw malformed(`restore has the unknown keys ${Object.keys(unknown).slice(0, 20).join(', ')}`);
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

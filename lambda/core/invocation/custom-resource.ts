/**
 * Implements CloudFormation's custom resource protocol.
 *
 * Create and Update try the permissions, put the configuration into force and sweep once. Delete changes nothing and
 * always succeeds. CloudFormation gets a response in every case, and before the function's time is up, because without
 * one it waits for an hour.
 *
 * @see https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/crpg-ref.html
 */
import type { CustomResourceProperties, CustomResourceRequest, Invocation } from './invocation';
import { type DecodedConfiguration } from '../../../src/contract/configuration';
import { decodeConfiguration } from '../../../src/contract/decode';
import { CONFIGURATION_PROPERTY, DEPLOY_TIME_PATHS_PROPERTY, FINGERPRINT_PROPERTY } from '../../../src/contract/names';
import { errorFacts } from '../errors';
import { type ConfigurationText, fingerprintOfText } from '../ledger/configuration';
import type { Log } from '../ports';

/** The response body. CloudFormation defines the keys. */
export interface CustomResourceResponse {
  readonly Status: 'SUCCESS' | 'FAILED';
  readonly Reason?: string;
  readonly PhysicalResourceId: string;
  readonly StackId: string;
  readonly RequestId: string;
  readonly LogicalResourceId: string;
  readonly Data?: Readonly<Record<string, string>>;
}

export interface CustomResourceDependencies {
  readonly log: Log;
  /** Sends the body to the pre-signed URL. */
  readonly respond: (url: string, body: string) => Promise<void>;
  /** Tries the permissions, puts the configuration into force, sweeps once, and returns the attributes. */
  readonly run: (deployment: Deployment) => Promise<Readonly<Record<string, number | string>>>;
  /** The fingerprint of the configuration that the function was deployed with. */
  readonly fingerprint: string;
  /** The time after which just enough is left to send a response. */
  readonly answerWithinMillis: number;
}

/** A configuration that CloudFormation tells this function to put into force. */
export interface Deployment extends ConfigurationText {
  readonly configuration: DecodedConfiguration;
  /** Whether CloudFormation says that the configuration has changed. */
  readonly isChange: boolean;
}

/** CloudFormation accepts 4,096. */
const MAX_RESPONSE_BYTES = 4095;

export async function handleCustomResource(
  { request, requestType, properties }: Extract<Invocation, { kind: 'custom-resource' }>,
  dependencies: CustomResourceDependencies,
): Promise<void> {
  const response = await withinTime(
    answer(requestType, properties, request, dependencies), request, dependencies.answerWithinMillis,
  );
  dependencies.log(
    response.Status === 'FAILED' ? 'ERROR' : 'INFO',
    `Answering CloudFormation's ${requestType} with ${response.Status}${response.Reason ? `: ${response.Reason}` : ''}`,
    { event: 'CustomResource' },
  );
  try {
    await dependencies.respond(request.responseUrl, encodeResponse(response));
  } catch (error) {
    // The error has only the code, because a message could contain the URL.
    throw new Error(`CloudFormation could not be answered: ${errorFacts(error).code}`);
  }
}

async function answer(
  requestType: string, properties: CustomResourceProperties, request: CustomResourceRequest,
  { run, fingerprint }: CustomResourceDependencies,
): Promise<CustomResourceResponse> {
  try {
    switch (requestType) {
      case 'Delete':
        return respondTo(request, { Status: 'SUCCESS' });
      case 'Create':
      case 'Update': {
        const attributes = Object.entries(await run(deployment(properties, fingerprint)));
        const Data = Object.fromEntries(attributes.map(([name, value]) => [name, String(value)]));
        return respondTo(request, { Status: 'SUCCESS', Data });
      }
      default:
        throw new Error(`RequestType is "${requestType.slice(0, 50)}", but must be Create, Update or Delete`);
    }
  } catch (error) {
    return respondTo(request, { Status: 'FAILED', Reason: errorFacts(error).message });
  }
}

/**
 * @throws if the function was deployed with another configuration, because anyone who may invoke the function can send
 * such an event
 */
function deployment(
  { configuration: text, fingerprint, deployTimePaths, isChange }: CustomResourceProperties, own: string,
): Deployment {
  if (text === undefined) {
    throw new Error(`The custom resource has no property ${CONFIGURATION_PROPERTY}. ${ONE_VERSION}`);
  }
  if (typeof text !== 'string' || typeof deployTimePaths !== 'string' || typeof fingerprint !== 'string') {
    const [first] = [
      [CONFIGURATION_PROPERTY, text],
      [FINGERPRINT_PROPERTY, fingerprint],
      [DEPLOY_TIME_PATHS_PROPERTY, deployTimePaths],
    ].filter(([, value]) => typeof value !== 'string');
    throw new Error(`The property ${String(first[0])} of the custom resource is not a text. ${ONE_VERSION}`);
  }
  const configuration = decodeConfiguration(text);
  if (fingerprint !== own || fingerprintOfText({ text, deployTimePaths }) !== own) {
    throw new Error(
      'The configuration of the custom resource is not the one that the function was deployed with, so it '
        + `was not put into force, and nothing was done. ${ONE_VERSION}`,
    );
  }
  return { text, deployTimePaths, configuration, isChange };
}

const ONE_VERSION = 'Deploy the stack again with one version of cdk-network-hygiene';

async function withinTime(
  working: Promise<CustomResourceResponse>,
  request: CustomResourceRequest,
  millis: number,
): Promise<CustomResourceResponse> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<CustomResourceResponse>(resolve => {
    const Reason =
      'The function ran out of time. Its log shows what it did; the scheduled sweeps do the rest. For a large network, name the VPCs or raise the timeout';
    timer = setTimeout(() => resolve(respondTo(request, { Status: 'FAILED', Reason })), millis);
  });
  try {
    return await Promise.race([working, late]);
  } finally {
    clearTimeout(timer);
  }
}

function respondTo(
  request: CustomResourceRequest,
  outcome: Pick<CustomResourceResponse, 'Status' | 'Reason' | 'Data'>,
): CustomResourceResponse {
  return {
    ...outcome,
    // The id never changes, because CloudFormation would delete the old resource after a change.
    PhysicalResourceId: request.physicalResourceId ?? request.logicalResourceId,
    StackId: request.stackId,
    RequestId: request.requestId,
    LogicalResourceId: request.logicalResourceId,
  };
}

/** Returns the body in at most 4,096 bytes: it shortens the reason first, and then leaves out the data. */
export function encodeResponse(response: CustomResourceResponse): string {
  const body = JSON.stringify(response);
  if (Buffer.byteLength(body) <= MAX_RESPONSE_BYTES) return body;
  const { Reason = '', Data, ...rest } = response;
  if (Reason.length > 20) {
    return encodeResponse({ ...response, Reason: `${Reason.slice(0, Math.floor(Reason.length * 0.7))}…` });
  }
  return JSON.stringify(Reason === '' ? rest : { ...rest, Reason });
}

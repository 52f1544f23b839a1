/**
 * CloudFormation's custom resource protocol.
 *
 * Create and Update try the permissions and then sweep once; Delete touches nothing and always succeeds. Whatever happens, and before the function's own
 * time is up, CloudFormation gets an answer: without one it waits for an hour.
 *
 * @see https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/crpg-ref.html
 */
import { errorFacts } from '../errors';
import type { CustomResourceRequest, Invocation } from './invocation';
import { type DecodedConfiguration, decodeConfiguration } from '../../../src/private/contract';
import type { Log } from '../ports';

/** The body that CloudFormation expects; its keys are CloudFormation's. */
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
  /** Tries the permissions, sweeps once and returns the counts. */
  readonly run: (configuration: DecodedConfiguration) => Promise<Readonly<Record<string, number | string>>>;
  /** After this there is just enough time left to answer. */
  readonly answerWithinMillis: number;
}

/** CloudFormation takes 4,096. */
const MAX_RESPONSE_BYTES = 4095;

export async function handleCustomResource(
  { request, requestType, configuration }: Extract<Invocation, { kind: 'custom-resource' }>,
  dependencies: CustomResourceDependencies,
): Promise<void> {
  const response = await withinTime(answer(requestType, configuration, request, dependencies), request, dependencies.answerWithinMillis);
  dependencies.log(response.Status === 'FAILED' ? 'ERROR' : 'INFO', `Answering CloudFormation's ${requestType} with ${response.Status}${response.Reason ? `: ${response.Reason}` : ''}`, { event: 'CustomResource' });
  try {
    await dependencies.respond(request.responseUrl, encodeResponse(response));
  } catch (error) {
    // Only the code: a message could hold the URL.
    throw new Error(`CloudFormation could not be answered: ${errorFacts(error).code}`);
  }
}

async function answer(
  requestType: string, configuration: unknown, request: CustomResourceRequest, { run }: CustomResourceDependencies,
): Promise<CustomResourceResponse> {
  try {
    switch (requestType) {
      case 'Delete':
        return respondTo(request, { Status: 'SUCCESS' });
      case 'Create':
      case 'Update': {
        if (configuration === undefined) throw new Error('The custom resource has no property Configuration. Deploy the stack again with one version of cdk-network-hygiene');
        const counts = await run(decodeConfiguration(configuration));
        return respondTo(request, { Status: 'SUCCESS', Data: Object.fromEntries(Object.entries(counts).map(([name, count]) => [name, String(count)])) });
      }
      default:
        throw new Error(`RequestType is "${requestType.slice(0, 50)}", but has to be Create, Update or Delete`);
    }
  } catch (error) {
    return respondTo(request, { Status: 'FAILED', Reason: errorFacts(error).message });
  }
}

async function withinTime(working: Promise<CustomResourceResponse>, request: CustomResourceRequest, millis: number): Promise<CustomResourceResponse> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<CustomResourceResponse>(resolve => {
    const Reason = 'The function ran out of time. What it had done by then is in its log; the schedule goes on with the rest. For a large network, name the VPCs or raise the timeout';
    timer = setTimeout(() => resolve(respondTo(request, { Status: 'FAILED', Reason })), millis);
  });
  try {
    return await Promise.race([working, late]);
  } finally {
    clearTimeout(timer);
  }
}

function respondTo(request: CustomResourceRequest, outcome: Pick<CustomResourceResponse, 'Status' | 'Reason' | 'Data'>): CustomResourceResponse {
  return {
    ...outcome,
    // Never changes: a new one would make CloudFormation delete what it takes for the old resource.
    PhysicalResourceId: request.physicalResourceId ?? request.logicalResourceId,
    StackId: request.stackId,
    RequestId: request.requestId,
    LogicalResourceId: request.logicalResourceId,
  };
}

/** The body in at most 4,096 bytes: the reason is shortened, then the data left out. */
export function encodeResponse(response: CustomResourceResponse): string {
  const body = JSON.stringify(response);
  if (Buffer.byteLength(body) <= MAX_RESPONSE_BYTES) return body;
  const { Reason = '', Data, ...rest } = response;
  if (Reason.length > 20) return encodeResponse({ ...response, Reason: `${Reason.slice(0, Math.floor(Reason.length * 0.7))}…` });
  return JSON.stringify(Reason === '' ? rest : { ...rest, Reason });
}

/** Faults of single events, and the throttling errors of each service. */
import type { DeliveredEvent } from './eventbridge';
import type { Frequency } from '../endpoint/faults';
import { ServiceError } from '../endpoint/service-error';

/** Makes an event of a PutEvents call fail, while the others are delivered. */
export interface EventFault extends Frequency {
  readonly code: string;
  readonly message?: string;
  /** Selects events among those that would be delivered. */
  readonly when?: (event: DeliveredEvent) => boolean;
}

/** The throttling error of each service other than EC2, and its status. */
const THROTTLED: Readonly<Record<string, readonly [code: string, status?: number]>> = {
  PutMetricData: ['ThrottlingException'],
  PutEvents: ['ThrottlingException'],
  Publish: ['Throttling'],
  DescribeStacks: ['Throttling'],
  ListStackResources: ['Throttling'],
  ListExports: ['Throttling'],
  GetCallerIdentity: ['Throttling'],
  AssumeRole: ['Throttling'],
  SendMessage: ['RequestThrottled'],
  Invoke: ['TooManyRequestsException', 429],
  GetFunctionConfiguration: ['TooManyRequestsException', 429],
  DescribeTrails: ['ThrottlingException'],
  GetTrailStatus: ['ThrottlingException'],
  GetEventSelectors: ['ThrottlingException'],
  ListAccounts: ['TooManyRequestsException'],
  ListAccountsForParent: ['TooManyRequestsException'],
  ListOrganizationalUnitsForParent: ['TooManyRequestsException'],
  ListParents: ['TooManyRequestsException'],
  ListRoots: ['TooManyRequestsException'],
  ListRegions: ['TooManyRequestsException', 429],
  GetObject: ['SlowDown', 503],
  PutObject: ['SlowDown', 503],
  DescribeExecution: ['ThrottlingException'],
  StartExecution: ['ThrottlingException'],
  BatchImportFindings: ['TooManyRequestsException', 429],
};

export function throttled(action: string): ServiceError {
  if (!Object.hasOwn(THROTTLED, action)) {
    return new ServiceError('RequestLimitExceeded', 'Request limit exceeded.', 503);
  }
  const [code, status] = THROTTLED[action];
  return new ServiceError(code, 'Rate exceeded', status);
}

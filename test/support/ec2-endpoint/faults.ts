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

/** The throttling error of each service other than EC2. */
const THROTTLED: Readonly<Record<string, string>> = {
  PutMetricData: 'ThrottlingException',
  PutEvents: 'ThrottlingException',
  Publish: 'Throttling',
};

export const throttled = (action: string): ServiceError => THROTTLED[action] === undefined
  ? new ServiceError('RequestLimitExceeded', 'Request limit exceeded.', 503)
  : new ServiceError(THROTTLED[action], 'Rate exceeded');

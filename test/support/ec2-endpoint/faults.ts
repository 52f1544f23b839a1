/** Faults of single events, and how each service says that it is throttled. */
import type { DeliveredEvent } from './eventbridge';
import type { Frequency } from '../endpoint/faults';
import { ServiceError } from '../endpoint/service-error';

/** An event of a call to PutEvents that fails by itself, while the others are delivered. */
export interface EventFault extends Frequency {
  readonly code: string;
  readonly message?: string;
  /** Looks at events that would be delivered otherwise. */
  readonly when?: (event: DeliveredEvent) => boolean;
}

/** How each service but EC2 says that it is throttled. */
const THROTTLED: Readonly<Record<string, string>> = {
  PutMetricData: 'ThrottlingException',
  PutEvents: 'ThrottlingException',
  Publish: 'Throttling',
};

export const throttled = (action: string): ServiceError => THROTTLED[action] === undefined
  ? new ServiceError('RequestLimitExceeded', 'Request limit exceeded.', 503)
  : new ServiceError(THROTTLED[action], 'Rate exceeded');

/** Faults on demand: what goes wrong, in which calls, how often. */
import type { DeliveredEvent } from './eventbridge';
import type { Parameters } from './query';
import { ServiceError } from './service-error';

interface Frequency {
  /** How often it strikes; always, if left out. */
  readonly times?: number;
  /** It strikes each n-th of the calls, or of the events, that it is about. */
  readonly every?: number;
}

export interface Fault extends Frequency {
  /** The action, or `*` for every one, those of CloudWatch, EventBridge and SNS included. */
  readonly action: string;
  readonly when?: (parameters: Parameters) => boolean;
  /** `error-after-effect`: the call does what it was asked to, and then is answered with the error. */
  readonly kind: 'throttle' | 'error' | 'error-after-effect' | 'drop-socket' | 'hang' | 'delay';
  readonly code?: string;
  readonly message?: string;
  readonly status?: number;
  readonly delayMillis?: number;
}

/** An event of a call to PutEvents that fails by itself, while the others are delivered. */
export interface EventFault extends Frequency {
  readonly code: string;
  readonly message?: string;
  /** Looks at events that would be delivered otherwise. */
  readonly when?: (event: DeliveredEvent) => boolean;
}

class Armed<F extends Frequency> {
  private readonly armed: Array<{ readonly fault: F; seen: number; struck: number }> = [];

  public add(fault: F): void {
    this.armed.push({ fault, seen: 0, struck: 0 });
  }

  public clear(): void {
    this.armed.length = 0;
  }

  /** The fault that strikes, if any: of several the one that was armed first. Each counts all that it is about. */
  public strike(isAboutThis: (fault: F) => boolean): F | undefined {
    const striking = this.armed.filter(each => {
      const { fault, struck } = each;
      if (!isAboutThis(fault) || struck >= (fault.times ?? Infinity)) return false;
      each.seen += 1;
      return each.seen % (fault.every ?? 1) === 0;
    });
    if (striking[0]) striking[0].struck += 1;
    return striking[0]?.fault;
  }
}

export class Faults {
  private readonly ofCalls = new Armed<Fault>();
  private readonly ofEvents = new Armed<EventFault>();

  public add(fault: Fault): void {
    this.ofCalls.add(fault);
  }

  public addOfEvents(fault: EventFault): void {
    this.ofEvents.add(fault);
  }

  public clear(): void {
    this.ofCalls.clear();
    this.ofEvents.clear();
  }

  /** The fault that strikes this call, if any. */
  public strike(action: string, parameters: Parameters): Fault | undefined {
    return this.ofCalls.strike(fault => (fault.action === '*' || fault.action === action) && fault.when?.(parameters) !== false);
  }

  /** The fault that strikes this event of a call, if any. */
  public strikeEvent(event: DeliveredEvent): EventFault | undefined {
    return this.ofEvents.strike(({ when }) => when?.(event) !== false);
  }
}

/** How each service but EC2 says that it is throttled. */
const THROTTLED: Readonly<Record<string, string>> = { PutMetricData: 'ThrottlingException', PutEvents: 'ThrottlingException', Publish: 'Throttling' };

export const throttled = (action: string): ServiceError => THROTTLED[action] === undefined
  ? new ServiceError('RequestLimitExceeded', 'Request limit exceeded.', 503)
  : new ServiceError(THROTTLED[action], 'Rate exceeded');

export function faultError(action: string, { kind, code = 'InternalError', message = 'An internal error has occurred', status }: Fault): ServiceError {
  return kind === 'throttle' ? throttled(action) : new ServiceError(code, message, status ?? (code === 'InternalError' ? 500 : 400));
}

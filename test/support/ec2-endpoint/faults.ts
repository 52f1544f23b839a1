/** Faults on demand: what goes wrong, in which calls, how often. */
import type { Parameters } from './query';
import { ServiceError } from './service-error';

export interface Fault {
  /** The action, or `*` for every one, PutMetricData included. */
  readonly action: string;
  readonly when?: (parameters: Parameters) => boolean;
  /** How often it strikes; always, if left out. */
  readonly times?: number;
  /** It strikes each n-th of the calls that it is about. */
  readonly every?: number;
  /** `error-after-effect`: the call does what it was asked to, and then is answered with the error. */
  readonly kind: 'throttle' | 'error' | 'error-after-effect' | 'drop-socket' | 'hang' | 'delay';
  readonly code?: string;
  readonly message?: string;
  readonly status?: number;
  readonly delayMillis?: number;
}

export class Faults {
  private readonly armed: Array<{ fault: Fault; seen: number; struck: number }> = [];

  public add(fault: Fault): void {
    this.armed.push({ fault, seen: 0, struck: 0 });
  }

  public clear(): void {
    this.armed.length = 0;
  }

  /** The fault that strikes this call, if any: of several the one that was armed first. Each counts every call that it is about. */
  public strike(action: string, parameters: Parameters): Fault | undefined {
    const striking = this.armed.filter(each => {
      const { fault, struck } = each;
      if ((fault.action !== '*' && fault.action !== action) || fault.when?.(parameters) === false || struck >= (fault.times ?? Infinity)) return false;
      each.seen += 1;
      return each.seen % (fault.every ?? 1) === 0;
    });
    if (striking[0]) striking[0].struck += 1;
    return striking[0]?.fault;
  }
}

export const throttled = (action: string): ServiceError => action === 'PutMetricData'
  ? new ServiceError('ThrottlingException', 'Rate exceeded')
  : new ServiceError('RequestLimitExceeded', 'Request limit exceeded.', 503);

export function faultError(action: string, { kind, code = 'InternalError', message = 'An internal error has occurred', status }: Fault): ServiceError {
  return kind === 'throttle' ? throttled(action) : new ServiceError(code, message, status ?? (code === 'InternalError' ? 500 : 400));
}

/** Faults on demand: what goes wrong, in which calls, how often. */
import { Ec2Error } from './ec2-error';
import type { Parameters } from './query';

export interface Fault {
  /** The action, or `*` for every one, PutMetricData included. */
  readonly action: string;
  readonly when?: (parameters: Parameters) => boolean;
  /** How often it strikes; always, if left out. */
  readonly times?: number;
  /** It strikes each n-th of the calls that it is about. */
  readonly every?: number;
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

  /** The fault that strikes this call, if any. */
  public strike(action: string, parameters: Parameters): Fault | undefined {
    for (const each of this.armed) {
      const { fault } = each;
      if ((fault.action !== '*' && fault.action !== action) || fault.when?.(parameters) === false || each.struck >= (fault.times ?? Infinity)) continue;
      each.seen += 1;
      if (each.seen % (fault.every ?? 1) !== 0) continue;
      each.struck += 1;
      return fault;
    }
    return undefined;
  }
}

export function faultError({ kind, code, message, status }: Fault): Ec2Error {
  return kind === 'throttle'
    ? new Ec2Error('RequestLimitExceeded', 'Request limit exceeded.', 503)
    : new Ec2Error(code ?? 'InternalError', message ?? 'An internal error has occurred', status ?? (code === undefined || code === 'InternalError' ? 500 : 400));
}

/** Faults on demand: what goes wrong, in which calls, how often. */
import type { Parameters } from './parameters';

export interface Frequency {
  /** How often it strikes; always, if left out. */
  readonly times?: number;
  /** It strikes each n-th of the calls, or of the events, that it is about. */
  readonly every?: number;
}

export interface Fault extends Frequency {
  /** The action, or `*` for every one. */
  readonly action: string;
  readonly when?: (parameters: Parameters) => boolean;
  /** `error-after-effect`: the call does what it was asked to, and then is answered with the error. */
  readonly kind: 'throttle' | 'error' | 'error-after-effect' | 'drop-socket' | 'hang' | 'delay';
  readonly code?: string;
  readonly message?: string;
  readonly status?: number;
  readonly delayMillis?: number;
}

/** Faults that wait for what they strike. */
export class Armed<F extends Frequency> {
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

/** The fault that strikes a call, if any. */
export const strike = (faults: Armed<Fault>, action: string, parameters: Parameters): Fault | undefined =>
  faults.strike(fault => (fault.action === '*' || fault.action === action) && fault.when?.(parameters) !== false);

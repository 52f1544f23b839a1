/** Faults on demand: what goes wrong, in which calls, and how often. */
import type { Parameters } from './parameters';
import { type Confinement, isWithin, type Place } from './place';

export interface Frequency {
  /** The number of times that the fault strikes. Absent: always. */
  readonly times?: number;
  /** The fault strikes every n-th matching call or event. */
  readonly every?: number;
}

/** It strikes in every account and Region, unless it is confined. */
export interface Fault extends Frequency, Confinement {
  /** The action, or `*` for all actions. */
  readonly action: string;
  readonly when?: (parameters: Parameters) => boolean;
  /** `error-after-effect`: the call takes effect, and is then answered with the error. */
  readonly kind: 'throttle' | 'error' | 'error-after-effect' | 'drop-socket' | 'hang' | 'delay';
  readonly code?: string;
  readonly message?: string;
  readonly status?: number;
  readonly delayMillis?: number;
}

/** Faults that were armed. */
export class Armed<F extends Frequency> {
  private readonly armed: Array<{ readonly fault: F; seen: number; struck: number }> = [];

  public add(fault: F): void {
    this.armed.push({ fault, seen: 0, struck: 0 });
  }

  public clear(): void {
    this.armed.length = 0;
  }

  /**
   * Returns the fault that strikes, if any. Of several matching faults, the first one strikes. Each fault counts all
   * matching calls.
   */
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

/** The parts of a call by which faults are chosen. */
interface Struck {
  readonly action: string;
  readonly parameters: Parameters;
  readonly place?: Place;
}

/** Returns the fault that strikes a call, if any. */
export const strike = (faults: Armed<Fault>, { action, parameters, place }: Struck): Fault | undefined =>
  faults.strike(fault => (fault.action === '*' || fault.action === action) && isWithin(place, fault)
    && fault.when?.(parameters) !== false);

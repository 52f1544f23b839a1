/** Hooks of a test that run during calls of one action, or of all with `*`. */
import type { Parameters } from './parameters';
import { type Confinement, isWithin, type Place } from './place';

/** @param place where the call is made; undefined if the service has no places */
export type Hook = (parameters: Parameters, action: string, place: Place | undefined) => void | Promise<void>;

/**
 * If it returns `drop` or throws, the call has no effect and its connection is closed, so that the caller can end in
 * good time.
 */
export type ArrivalHook = (parameters: Parameters, action: string, place: Place | undefined) => unknown;

type Moment = 'arrived' | 'before' | 'after';

/** The parts of a call that a hook sees. */
interface Hooked {
  readonly action: string;
  readonly parameters: Parameters;
  readonly place?: Place;
}

interface Added {
  readonly moment: Moment;
  readonly action: string;
  readonly hook: ArrivalHook;
  readonly within: Confinement;
}

export class Hooks {
  private readonly hooks: Added[] = [];

  public add(added: Added): void {
    this.hooks.push(added);
  }

  public clear(): void {
    this.hooks.length = 0;
  }

  /** @returns whether the call is dropped */
  public async arrived(call: Hooked): Promise<boolean> {
    for (const hook of this.of('arrived', call)) {
      try {
        if (await hook(call.parameters, call.action, call.place) === 'drop') return true;
      } catch {
        return true;
      }
    }
    return false;
  }

  public async run(moment: 'before' | 'after', call: Hooked): Promise<void> {
    for (const hook of this.of(moment, call)) await hook(call.parameters, call.action, call.place);
  }

  private of(moment: Moment, { action, place }: Hooked): ArrivalHook[] {
    return this.hooks
      .filter(each => each.moment === moment && (each.action === '*' || each.action === action))
      .filter(({ within }) => isWithin(place, within))
      .map(({ hook }) => hook);
  }
}

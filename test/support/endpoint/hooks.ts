/** Hooks of a test that run during calls of one action, or of all with `*`. */
import type { Parameters } from './parameters';

export type Hook = (parameters: Parameters, action: string) => void | Promise<void>;

/**
 * If it returns `drop` or throws, the call has no effect and its connection is closed, so that the caller can end in
 * good time.
 */
export type ArrivalHook = (parameters: Parameters, action: string) => unknown;

type Moment = 'arrived' | 'before' | 'after';

export class Hooks {
  private readonly hooks: Array<{ readonly moment: Moment; readonly action: string; readonly hook: ArrivalHook }> = [];

  public add(moment: Moment, action: string, hook: ArrivalHook): void {
    this.hooks.push({ moment, action, hook });
  }

  public clear(): void {
    this.hooks.length = 0;
  }

  /** @returns whether the call is dropped */
  public async arrived(action: string, parameters: Parameters): Promise<boolean> {
    for (const hook of this.of('arrived', action)) {
      try {
        if (await hook(parameters, action) === 'drop') return true;
      } catch {
        return true;
      }
    }
    return false;
  }

  public async run(moment: 'before' | 'after', action: string, parameters: Parameters): Promise<void> {
    for (const hook of this.of(moment, action)) await hook(parameters, action);
  }

  private of(moment: Moment, action: string): ArrivalHook[] {
    return this.hooks
      .filter(each => each.moment === moment && (each.action === '*' || each.action === action))
      .map(({ hook }) => hook);
  }
}

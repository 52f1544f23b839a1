/**
 * Leases places to invocations, so that two never work on the same place. A lease ends when it is given back, or when
 * the function that took it has ended in any case.
 */
import { errorFacts } from '../errors';
import { changeBy } from '../ledger/change';
import type { LeaseEntry } from '../model/organization';
import type { PlaceLedger } from '../organization-ports';
import type { Clock, Log } from '../ports';

export interface Leasing {
  readonly ledger: Pick<PlaceLedger, 'lease' | 'putLease'>;
  readonly clock: Clock;
  /** The id of this invocation. */
  readonly holder: string;
  /** The time at which this invocation has ended in any case. */
  readonly until: Date;
}

/** @returns the lease of another invocation, if it has one; undefined if this invocation has it now */
export async function lease({ ledger, clock, holder, until }: Leasing): Promise<LeaseEntry | undefined> {
  const before = await ledger.lease();
  const { isWritten, entry } = await changeBy<LeaseEntry>(each => ledger.putLease(each), before, current =>
    current && current.holder !== holder && holds(current, clock.now()) ? undefined : {
      revision: (current?.revision ?? 0) + 1, writtenBy: holder, holder, until: until.toISOString(),
    });
  return isWritten ? undefined : entry;
}

/** Ends the lease of this invocation. If that fails, it ends by itself. */
export async function giveBackLease(
  { ledger, clock, log, holder }: Omit<Leasing, 'until'> & { readonly log: Log },
): Promise<void> {
  try {
    await changeBy<LeaseEntry>(each => ledger.putLease(each), await ledger.lease(), current =>
      current?.holder === holder
        ? { ...current, revision: current.revision + 1, writtenBy: holder, until: clock.now().toISOString() }
        : undefined);
  } catch (error) {
    const { code, message } = errorFacts(error);
    log('WARN', `A lease could not be given back, so it ends by itself: ${code}: ${message}`, { event: 'Ledger' });
  }
}

/** If `until` is invalid, the lease does not end. */
const holds = ({ until }: LeaseEntry, now: Date): boolean => !(now.getTime() >= Date.parse(until));

/** Reserves revocations in the control item, and returns those that were not used. */
import { changeBy } from './change';
import { withAllowance } from './control';
import type { ControlWriter } from './pause';
import { draw, type Draw, givenBack } from '../decide/allowance';
import { type Deployed, type Hold, holdOf } from '../decide/hold';
import type { LimitReason } from '../decide/reasons';
import type { ControlEntry } from '../model/ledger';
import type { Clock, Ledger } from '../ports';

/**
 * - `granted`: the planned rules may be revoked; `from` is the run that opened the allowance
 * - `withheld`: too many rules are due
 * - `held`: since the run decided, revoking was put on hold
 */
export type Reservation =
  | { readonly kind: 'granted'; readonly from?: string }
  | { readonly kind: 'withheld'; readonly reason: LimitReason; readonly isNew: boolean }
  | { readonly kind: 'held'; readonly hold: Hold };

export interface Reserving {
  readonly ledger: Pick<Ledger, 'putControl'>;
  readonly writer: ControlWriter;
  readonly deployed: Deployed;
  readonly clock: Pick<Clock, 'sleep' | 'random'>;
  /** The hold at the time of the decision, if there was one. */
  readonly hold?: Pick<Hold, 'reason'>;
}

/**
 * Reserves everything that a run plans, or nothing. If another run has written the control item in the meantime, the
 * decision is made again from the new one.
 *
 * @throws when the ledger cannot be written
 */
export async function reserve(
  control: ControlEntry | undefined, asked: Draw, { ledger, writer, deployed, clock, hold }: Reserving,
): Promise<Reservation> {
  let reservation: Reservation = { kind: 'granted' };
  await changeBy<ControlEntry>(entry => ledger.putControl(entry), control, current => {
    const now = holdOf(current, deployed, writer.now);
    if (now && now.reason !== hold?.reason) {
      reservation = { kind: 'held', hold: now };
      return undefined;
    }
    const { allowance, withheld, isNewlyWaiting: isNew = false } = draw(current?.allowance, asked);
    reservation = withheld
      ? { kind: 'withheld', reason: withheld, isNew }
      : { kind: 'granted', from: allowance?.openedBy };
    return allowance === current?.allowance && current?.mismatch === undefined
      ? undefined
      : withAllowance(current, allowance, writer);
  }, clock);
  return reservation;
}

/** @throws when the ledger cannot be read or written; the reservation then stays used until the next allowance */
export async function giveBack(
  from: string,
  count: number,
  { ledger, writer, clock }: Pick<Reserving, 'clock' | 'writer'> & { ledger: Pick<Ledger, 'control' | 'putControl'> },
): Promise<void> {
  if (count === 0) return;
  await changeBy<ControlEntry>(
    entry => ledger.putControl(entry),
    await ledger.control(),
    current => {
      const allowance = givenBack(current?.allowance, { from, runId: writer.id, count });
      return allowance && withAllowance(current, allowance, writer);
    },
    clock,
  );
}

/**
 * Computes changes of the control item, except for those of the pause: the configuration in force, the table that the
 * ledger was made for, and the reservations of runs. The functions are pure, because a change is computed again if
 * another run has written in the meantime.
 */
import { type ControlWriter, next } from './pause';
import type { Allowance, ControlEntry, Mismatch } from '../model/ledger';

/** A configuration that a deployment puts into force. */
export interface NewConfiguration {
  readonly fingerprint: string;
  readonly digest: string;
  /**
   * Whether CloudFormation says that the configuration has changed. It may have changed even if the ledger has the same
   * one, for example after a rollback.
   */
  readonly isChange: boolean;
  readonly table: string;
}

/**
 * Puts a configuration into force. A change starts the settle time. The first deployment sets the table name for good:
 * a ledger that names another table is a copy, which a person has to adopt.
 */
export function putIntoForce(
  control: ControlEntry | undefined, { fingerprint, digest, isChange, table }: NewConfiguration, writer: ControlWriter,
): ControlEntry {
  const before = control?.configuration;
  const isSame = before?.fingerprint === fingerprint && before.digest === digest && !isChange;
  const since = isSame ? before.since : writer.now.toISOString();
  return {
    ...next(control, writer), table: control?.table ?? table, configuration: { fingerprint, digest, since },
    mismatch: undefined,
  };
}

/** Adopts a ledger that was made for another table. @returns undefined if it is adopted already */
export function adopted(
  control: ControlEntry | undefined, table: string, writer: ControlWriter,
): ControlEntry | undefined {
  return control?.table === table ? undefined : { ...next(control, writer), table };
}

/**
 * Counts a scheduled sweep that found another configuration than the function's. An event that is delivered twice
 * counts once.
 */
export function mismatched(
  control: ControlEntry | undefined, { fingerprint, scheduledTime }: Omit<Mismatch, 'sweeps'>, writer: ControlWriter,
): ControlEntry | undefined {
  const { mismatch } = control ?? {};
  if (mismatch?.fingerprint !== fingerprint) {
    return { ...next(control, writer), mismatch: { fingerprint, scheduledTime, sweeps: 1 } };
  }
  if (scheduledTime !== undefined && mismatch.scheduledTime === scheduledTime) return undefined;
  return { ...next(control, writer), mismatch: { fingerprint, scheduledTime, sweeps: mismatch.sweeps + 1 } };
}

export function withAllowance(
  control: ControlEntry | undefined, allowance: Allowance | undefined, writer: ControlWriter,
): ControlEntry {
  return { ...next(control, writer), allowance, mismatch: undefined };
}

/**
 * The steps of the control item besides the pause: which configuration is in force, for which table the ledger was
 * made, and what runs have reserved. Pure, because several may write at once, and then each step is worked out again.
 */
import { type ControlWriter, next } from './pause';
import type { Allowance, ControlEntry, Mismatch } from '../model/ledger';

/** A deployment puts a configuration into force. */
export interface NewConfiguration {
  readonly fingerprint: string;
  readonly digest: string;
  /** Whether CloudFormation says that it is another than before: also where the ledger has it, as after a rollback. */
  readonly isChange: boolean;
  readonly table: string;
}

/**
 * A change of the configuration begins the time to settle. A table is named once, by the first deployment: a ledger
 * that names another is a copy, which a person adopts.
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

/** A person has looked at a ledger that was made for another table. @returns undefined when it is adopted already */
export function adopted(
  control: ControlEntry | undefined, table: string, writer: ControlWriter,
): ControlEntry | undefined {
  return control?.table === table ? undefined : { ...next(control, writer), table };
}

/**
 * A scheduled sweep found a configuration that is not the function's. An event that is delivered twice is one sweep.
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

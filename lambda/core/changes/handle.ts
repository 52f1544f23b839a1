/** Deals with a batch of the queue of changes. */
import type { ChangesLedger, FullSweeps, Ledger, Topology } from '../ports';
import type { RunDependencies } from '../run';

export interface ChangesDependencies extends RunDependencies {
  readonly ledger: Ledger & ChangesLedger;
  readonly topology: Topology;
  readonly fullSweeps: FullSweeps;
  /** The ends of the ARNs of the sessions in which the functions of this construct make calls. */
  readonly ownSessions: readonly string[];
}

/** The messages that are to be delivered again, as Lambda expects them. */
export interface BatchAnswer {
  readonly batchItemFailures: Array<{ itemIdentifier: string }>;
}

export async function handleChanges(_event: unknown, _dependencies: ChangesDependencies): Promise<BatchAnswer> {
  return Promise.resolve({ batchItemFailures: [] });
}

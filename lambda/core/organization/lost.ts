/** Records an account whose child of the state machine failed, so that the run names it. */
import type { OrganizationLedger } from '../organization-ports';
import { failed, writeRow } from './rows';
import type { Pass } from '../../../src/contract/organization';
import type { ErrorFacts } from '../errors';
import type { Clock, Log } from '../ports';

export interface LostRequest {
  readonly pass: Pass;
  readonly runId: string;
  readonly account: string;
  readonly error: Pick<ErrorFacts, 'code' | 'message'>;
}

/** @throws when the ledger cannot be read or written */
export async function lost(
  { pass, runId, account, error }: LostRequest,
  { ledger, clock, log }: { readonly ledger: OrganizationLedger; readonly clock: Clock; readonly log: Log },
): Promise<Record<string, never>> {
  const text = `The account ${account} was not swept to its end: ${error.code}: ${error.message}`;
  log('ERROR', text, { event: 'AccountFailed', account, pass, runId, error });
  const run = await ledger.run();
  if (run?.runId !== runId || run.endedAt !== undefined) return {};
  await writeRow({ account }, before => failed(before, { ...nameOf(before), account, error, pass }), {
    ledger, run, now: clock.now(),
  });
  return {};
}

const nameOf = (before: { readonly name?: string; readonly mayRevoke?: boolean } | undefined): object =>
  before === undefined ? {} : { name: before.name, mayRevoke: before.mayRevoke };

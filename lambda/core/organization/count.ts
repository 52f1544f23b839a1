/**
 * Counts what is due everywhere after the first pass, and decides whether the second pass may revoke. The organization
 * has one limit, and one allowance for all accounts and Regions.
 */
import { accountsOfRun } from './accounts-of-run';
import type { Listed } from './begin';
import type { Configured } from './configured';
import { isOver } from './end-of-run';
import { listKey } from './list-key';
import { type DecodedConfiguration, revokesAnything } from '../../../src/contract/configuration';
import { draw } from '../decide/allowance';
import { holdOf } from '../decide/hold';
import { changeBy } from '../ledger/change';
import { withAllowance } from '../ledger/control';
import type { ControlEntry } from '../model/ledger';
import type { Counted, Observed, OrganizationRun, PlaceEntry } from '../model/organization';
import type { Plan } from '../model/result';
import { EVERYTHING, type Run } from '../model/scope';
import type { AccountLists, ListedAccount, OrganizationLedger } from '../organization-ports';
import type { Clock, Log } from '../ports';

export interface CountDependencies {
  readonly ledger: CountingLedger;
  readonly lists: AccountLists;
  readonly clock: Pick<Clock, 'now'>;
  readonly log: Log;
}

/** The part of the ledger that a count needs. */
export type CountingLedger = Pick<OrganizationLedger, 'run' | 'putRun' | 'places' | 'accounts' | 'control' | 'putControl'>;

/** The answer that the state machine reads. */
export interface CountAnswer extends Listed {
  /** The number of accounts in which the second pass revokes. */
  readonly revoke: number;
  readonly message: string;
}

/** Returns what the count after the first pass, and the second pass, need to know about a place. */
export function toCount(
  { keep }: Pick<Plan, 'keep'>, forLimit: number | undefined, configuration: DecodedConfiguration,
): Pick<Observed, 'planned' | 'groupIds' | 'due'> {
  const planned = keep.filter(({ reason }) => reason === 'COUNTING');
  // If the limit does not even allow those of this place, the second pass revokes nothing, and the list could be long.
  const revocable = planned.length > configuration.maxRevocationsPerSweep ? [] : planned;
  return {
    planned: planned.length, groupIds: [...new Set(revocable.map(({ groupId }) => groupId))],
    due: revokesAnything(configuration) ? Math.max(forLimit ?? 0, planned.length) : 0,
  };
}

/** @throws when the ledger or the bucket cannot be used; then nothing is revoked */
export async function count(
  { runId }: { readonly runId: string }, { configuration, deployed }: Configured, dependencies: CountDependencies,
): Promise<CountAnswer> {
  const { ledger, lists, clock, log } = dependencies;
  const nothing = (message: string): CountAnswer => {
    log('WARN', message, { event: 'OrganizationRun', runId });
    return { revoke: 0, key: '', message };
  };
  const [run, places] = await Promise.all([ledger.run(), ledger.places()]);
  if (run?.runId !== runId || run.endedAt !== undefined || isOver(run, clock.now())) {
    return nothing(`Nothing is revoked, because the run ${runId} is over`);
  }
  const seen = places.entries.filter(place => place.runId === runId && place.observed !== undefined);
  const planning = seen.filter(({ observed }) => (observed?.planned ?? 0) > 0);
  const { maxRevocationsPerSweep: limit } = configuration;
  const counted: Counted = {
    planned: sum(seen, ({ observed }) => observed?.planned), due: sum(seen, ({ observed }) => observed?.due), limit,
  };
  const now = clock.now();
  const { entry: control } = await changeBy<ControlEntry>(
    entry => ledger.putControl(entry), await ledger.control(),
    current => open(current, run, counted, now),
  );
  const isOverLimit = control?.allowance?.overLimit?.runId === runId;
  await remember(run, { ...counted, isOverLimit }, ledger);
  const totals = `${counted.planned} of ${counted.due} rules that are due`;
  if (isOverLimit) {
    return nothing(`Nothing is revoked anywhere, because ${counted.due} rules are due and maxRevocationsPerSweep is ${limit}`);
  }
  if (run.digest !== deployed.digest) {
    return nothing('Nothing is revoked, because another configuration was deployed since the run began');
  }
  const hold = holdOf(control, { ...deployed, settleSeconds: configuration.settleSeconds }, now);
  if (hold) return nothing(`Nothing is revoked, because ${hold.detail}`);
  const accounts = await listed(new Set(planning.map(({ account }) => account)), run, ledger);
  const key = listKey(runId, 'revoke');
  if (accounts.length > 0) await lists.put(key, accounts);
  const message = `The second pass may revoke ${totals} in ${accounts.length} accounts`;
  log('INFO', message, { event: 'OrganizationRun', runId, ...counted, accounts: accounts.length });
  return { revoke: accounts.length, key, message };
}

const sum = (places: readonly PlaceEntry[], of: (place: PlaceEntry) => number | undefined): number =>
  places.reduce((total, place) => total + (of(place) ?? 0), 0);

/** Opens the allowance of this run, and ends the count. @returns undefined if another run counts now */
function open(
  current: ControlEntry | undefined, { runId, isScheduled, scheduledTime, startedAt }: OrganizationRun,
  { due, limit }: Counted, now: Date,
): ControlEntry | undefined {
  if (current?.counting?.runId !== runId) return undefined;
  const run: Run = {
    id: runId, trigger: isScheduled ? 'schedule' : 'request', scope: EVERYTHING,
    ...isScheduled && { scheduledTime },
  };
  const { allowance } = draw(current.allowance, { run, startedAt: new Date(startedAt), now, planned: [], due, limit });
  return { ...withAllowance(current, allowance, { id: runId, now }), counting: undefined };
}

/** Records the count for the end of the run. */
async function remember(run: OrganizationRun, counted: Counted, ledger: CountingLedger): Promise<void> {
  await changeBy<OrganizationRun>(entry => ledger.putRun(entry), run, current =>
    current?.runId === run.runId ? { ...current, revision: current.revision + 1, counted } : undefined);
}

async function listed(
  planning: ReadonlySet<string>, run: OrganizationRun, ledger: CountingLedger,
): Promise<ListedAccount[]> {
  const accounts = await accountsOfRun(run, ledger);
  return accounts.filter(({ account, mayRevoke }) => mayRevoke && planning.has(account))
    .map(({ account, part }) => ({ account, part }));
}

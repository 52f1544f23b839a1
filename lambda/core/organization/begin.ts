/**
 * Begins a run: resolves the accounts, records the run, and writes the list of accounts that the state machine reads.
 *
 * From here until everything is counted, nothing is revoked anywhere. An execution can be told twice to begin, and a
 * second execution can begin while the first one is running, so the record decides which of them goes on.
 */
import { type ResolvedAccounts, resolveAccounts } from './accounts';
import type { Configured } from './configured';
import { isOver } from './end-of-run';
import { listKey } from './list-key';
import { LONGEST_RUN_SECONDS } from '../../../src/contract/organization';
import { errorFacts } from '../errors';
import { changeBy } from '../ledger/change';
import { next } from '../ledger/pause';
import { inParallel, inPartsOf } from '../lists';
import type { ControlEntry } from '../model/ledger';
import type { AccountInRun, AccountsEntry, OrganizationRun } from '../model/organization';
import type { AccountLists, Directory, Executions, ListedAccount, OrganizationLedger } from '../organization-ports';
import type { Clock, Ledger, Log } from '../ports';
import { failure } from '../report/wording';

export interface BeginRequest {
  /** The ARN of the execution. */
  readonly execution: string;
  /** The time at which the run was due, in ISO 8601 and UTC. */
  readonly scheduledTime?: string;
}

export interface BeginDependencies {
  readonly ledger: OrganizationLedger;
  readonly directory: Directory;
  readonly executions: Executions;
  readonly lists: AccountLists;
  readonly clock: Clock;
  readonly log: Log;
  /** A new id for a run. */
  readonly runId: string;
}

/** The answer that the state machine reads. With 0 accounts, the execution has nothing to do. */
export interface BeginAnswer extends Listed {
  readonly runId: string;
  readonly accounts: number;
  readonly message: string;
}

/** The list that a map of the state machine reads. */
export interface Listed {
  /** The key of the list in the bucket; empty if no map runs. */
  readonly key: string;
}

/** The number of accounts in one item of the ledger. A child reads the item with its account. */
const ACCOUNTS_PER_ITEM = 100;

const ITEMS_AT_A_TIME = 10;

/** @throws when there are no accounts, or the ledger or the bucket cannot be used */
export async function begin(
  request: BeginRequest, { configuration, deployed: { digest } }: Configured, dependencies: BeginDependencies,
): Promise<BeginAnswer> {
  const { ledger, clock, log, lists } = dependencies;
  const resolved = await resolveAccounts(configuration.organization, dependencies.directory);
  tell(resolved, log);
  if (resolved.accounts.length === 0) {
    await markUnresolved(ledger, clock.now());
    throw new Error(`There is no account to sweep. ${whyNone(resolved)}`);
  }
  const parts = inPartsOf(ACCOUNTS_PER_ITEM, resolved.accounts);
  const before = await ledger.run();
  const other = await isRunning(before, request, dependencies);
  const { entry: run } = await changeBy<OrganizationRun>(entry => ledger.putRun(entry), before, current =>
    isLeftAlone(current, request, { before, other, now: clock.now() })
      ? undefined
      : runOf(request, current, { ...dependencies, digest, resolved, parts: parts.length }));
  if (run?.execution !== request.execution) return leftAlone(run, log);
  await countFrom(run, dependencies);
  await writeParts(run, parts, dependencies);
  const listed = parts.flatMap((part, index) => part.map(({ account }): ListedAccount => ({ account, part: index })));
  const key = listKey(run.runId, 'observe');
  await lists.put(key, listed);
  const message = `The run ${run.runId} looks at ${resolved.accounts.length} accounts`;
  log('INFO', message, { event: 'OrganizationRun', runId: run.runId, accounts: resolved.accounts.length });
  return { runId: run.runId, accounts: resolved.accounts.length, key, message };
}

/** Changes revoke by the membership of the latest run, which does not hold any more. */
async function markUnresolved(ledger: OrganizationLedger, now: Date): Promise<void> {
  await changeBy<OrganizationRun>(entry => ledger.putRun(entry), await ledger.run(), current =>
    current && current.unresolvedAt === undefined
      ? { ...current, revision: current.revision + 1, unresolvedAt: now.toISOString() }
      : undefined);
}

function tell({ unread, missing, leftOut }: ResolvedAccounts, log: Log): void {
  for (const error of unread) {
    const isMissing = error.resourceId !== undefined && missing.includes(error.resourceId);
    const what = isMissing ? `The accounts of ${error.resourceId} are not looked at` : 'Accounts are only reported';
    log('ERROR', `${what}, because ${failure(error)}`, { event: 'ScanError', ...error });
  }
  if (leftOut.length > 0) {
    log('WARN', `${leftOut.length} accounts are left out: ${leftOut.slice(0, MOST_NAMED).join('; ')}`, {
      event: 'AccountsLeftOut', count: leftOut.length, accounts: leftOut.slice(0, MOST_NAMED),
    });
  }
}

const MOST_NAMED = 100;

function whyNone({ unread, leftOut }: ResolvedAccounts): string {
  if (unread.length > 0) return unread.map(failure).join('; ');
  if (leftOut.length > 0) return `Left out: ${leftOut.slice(0, MOST_NAMED).join('; ')}`;
  return 'Check accounts and except';
}

/**
 * Whether another execution is at work. If that cannot be read, it counts as running until its time is over.
 */
async function isRunning(
  before: OrganizationRun | undefined, { execution }: BeginRequest, { executions, clock, log }: BeginDependencies,
): Promise<boolean> {
  if (before === undefined || before.execution === execution || before.endedAt !== undefined) return false;
  if (clock.now().getTime() >= Date.parse(before.until)) return false;
  try {
    return await executions.isRunning(before.execution);
  } catch (error) {
    const { code, message } = errorFacts(error);
    log('WARN', `Whether ${before.execution} is running could not be read: ${code}: ${message}`, {
      event: 'OrganizationRun', runId: before.runId,
    });
    return true;
  }
}

/** An event of the schedule that is delivered twice, and a second execution while the first one runs, do nothing. */
function isLeftAlone(
  current: OrganizationRun | undefined, { execution, scheduledTime }: BeginRequest,
  { before, other, now }: {
    readonly before: OrganizationRun | undefined; readonly other: boolean; readonly now: Date;
  },
): boolean {
  // An earlier call for the same execution may have died after its write, so this one goes on.
  if (current === undefined || current.execution === execution) return false;
  // If a third execution has begun in the meantime, nothing is known about it.
  if (other || current.runId !== before?.runId) return current.endedAt === undefined && !isOver(current, now);
  return scheduledTime !== undefined && current.scheduledTime !== undefined && scheduledTime <= current.scheduledTime;
}

function leftAlone(run: OrganizationRun | undefined, log: Log): BeginAnswer {
  const runId = run?.runId ?? '';
  const message = `Nothing is done, because the run ${runId} (${run?.execution}) is at work or was due at the same time or later`;
  log('WARN', message, { event: 'OrganizationRun', runId });
  return { runId, accounts: 0, key: '', message };
}

function runOf(
  { execution, scheduledTime }: BeginRequest, before: OrganizationRun | undefined,
  { runId: newId, clock, digest, resolved, parts }: Pick<BeginDependencies, 'runId' | 'clock'> & {
    readonly digest: string; readonly resolved: ResolvedAccounts; readonly parts: number;
  },
): OrganizationRun {
  const now = clock.now();
  const runId = before?.execution === execution ? before.runId : newId;
  return {
    revision: (before?.revision ?? 0) + 1, writtenBy: runId, runId, execution,
    // A run that a person starts does not make an event of the schedule look new again.
    scheduledTime: scheduledTime ?? before?.scheduledTime, isScheduled: scheduledTime !== undefined,
    startedAt: now.toISOString(), until: new Date(now.getTime() + LONGEST_RUN_SECONDS * 1000).toISOString(),
    digest, accounts: resolved.accounts.length, parts,
    toldOverLimit: before?.toldOverLimit, toldOutsideWindow: before?.toldOutsideWindow,
    unread: resolved.unread.map(failure), leftOut: resolved.leftOut.slice(0, MOST_NAMED),
    ...resolved.missing.length > 0 && { isPartial: true },
  };
}

/** From now on nothing is revoked until this run has counted. */
export async function countFrom(
  run: Pick<OrganizationRun, 'runId' | 'until'>,
  { ledger, clock }: { readonly ledger: Pick<Ledger, 'control' | 'putControl'>; readonly clock: Pick<Clock, 'now'> },
): Promise<void> {
  const writer = { id: run.runId, now: clock.now() };
  await changeBy<ControlEntry>(entry => ledger.putControl(entry), await ledger.control(), current =>
    current?.counting?.runId === run.runId
      ? undefined
      : { ...next(current, writer), counting: { runId: run.runId, until: run.until } });
}

async function writeParts(
  { runId }: OrganizationRun, parts: ReadonlyArray<readonly AccountInRun[]>, { ledger }: BeginDependencies,
): Promise<void> {
  const numbered = parts.map((accounts, part) => ({ accounts, part }));
  await inParallel(ITEMS_AT_A_TIME, numbered, async ({ accounts, part }) => {
    await changeBy<AccountsEntry>(entry => ledger.putAccounts(part, entry), await ledger.accounts(part), current =>
      ({ revision: (current?.revision ?? 0) + 1, writtenBy: runId, runId, accounts }));
  });
}

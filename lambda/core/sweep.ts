/**
 * Runs a sweep: observe, update the ledger, decide, act, record. The sweep returns a result, which `deliver.ts`
 * delivers.
 *
 * A failure in one VPC, rule or VPN connection does not stop the sweep.
 */
import { outcomeFacts } from './act/outcomes';
import { countUnused, revoke } from './act/revoke';
import { tidy } from './act/tidy';
import { becauseOf } from './decide/because';
import { forecast, latestOf } from './decide/forecast';
import { countDueEntries } from './decide/plan';
import { withheldBy } from './decide/withheld';
import { type Decided, decideOn, type Decision, returnUnused, toTakeAway } from './decision';
import type { ErrorFacts } from './errors';
import { type Bookkeeping, finishBooks } from './ledger/bookkeeping';
import { readFirst } from './ledger/first-reading';
import { inPlace } from './ledger/replacement';
import type { ProofMemory } from './model/ledger';
import type { GroupUses, Listing, Observation } from './model/observation';
import type { EntryChange, Plan, RevocationOutcome, SweepResult } from './model/result';
import { type Looking, observe, sawNothing } from './observe/observe';
import { readGroupUses } from './observe/unused-groups';
import { record } from './record';
import { failure } from './report/wording';
import type { Acting, SweepDependencies, Task } from './sweeping';
import { type DecodedConfiguration, looksAtRules, provesRules, revokesAnything } from '../../src/contract/configuration';

export async function sweep(task: Task, dependencies: SweepDependencies): Promise<SweepResult> {
  const startedAt = dependencies.clock.now();
  // Nothing that is revoked depends on the use of groups, so it is read beside everything else.
  let onListing: Looking['onListing'];
  const listing = new Promise<Listing | undefined>(resolve => { onListing = resolve; });
  const seeing = look(task, { ...dependencies, onListing }, startedAt).finally(() => onListing?.({}));
  const looking = lookForUnused(task, dependencies, listing);
  try {
    return await sweepSeen(task, dependencies, { startedAt, seeing, looking });
  } finally {
    // The process may go on with another sweep after an error, and then the search must not go on as well.
    await looking;
  }
}

type Seeing = ReturnType<typeof look>;

async function sweepSeen(
  task: Task, dependencies: SweepDependencies,
  { startedAt, seeing, looking }: {
    readonly startedAt: Date; readonly seeing: Seeing; readonly looking: ReturnType<typeof lookForUnused>;
  },
): Promise<SweepResult> {
  const { observation, first } = await seeing;
  const decided = await decideOn(observation, { task, dependencies, startedAt, first, isClaiming: true });
  const { decision } = decided;
  const sweeping = { ...decided.sweeping, dependencies };
  await tidyUp(sweeping, decided);
  const outcomes = await act(sweeping, decided);
  const books = await finishBooks(decided.books, dependencies.ledger, ledgerErrorsOf(decision, outcomes));
  const withheld = withheldBy(
    decision.plan, outcomes, task.configuration, dependencies.clock.now(), task.run.part !== undefined,
  );
  const seen = { ...sweeping, observation: withGroupUses(sweeping.observation, await looking) };
  const durationMillis = dependencies.clock.now().getTime() - startedAt.getTime();
  const told = await record(seen, books, { ...decision, first, outcomes, withheld, durationMillis });
  return {
    run: task.run, plan: decision.plan, startedAt, durationMillis, withheld, ...told,
    outcomes: [...books.changes.flatMap(finished), ...outcomes],
    changes: books.changes,
    entries: books.entries,
    hidden: books.hidden,
    pause: sweeping.pause,
    hold: decision.hold,
    due: looksAtRules(task.configuration) ? dueOf(books, decision.plan) : 0,
    forLimit: decision.due,
    forecast: forecastOf(sweeping, books, outcomes),
  };
}

/** Returns why a run must fail after its delivery, because otherwise no one would notice. */
export function failureOf(
  { observation, ledgerFailure }: Pick<SweepResult, 'observation' | 'ledgerFailure'>, configuration: DecodedConfiguration,
): Error | undefined {
  // VPCs of other accounts publish no heartbeat, but do not fail every sweep either.
  if (sawNothing(observation, configuration) && observation.errors.length > 0) {
    return because('The sweep could look at nothing', observation.errors[0]);
  }
  if (!revokesAnything(configuration) || !ledgerFailure) return undefined;
  return because('The ledger failed, and without it nothing further is revoked', ledgerFailure);
}

/** Returns an error that has the code of the failure. */
const because = (what: string, cause: Parameters<typeof failure>[0]): Error =>
  Object.assign(new Error(`${what}: ${failure(cause)}`), { code: cause.error.code });

/**
 * Looks at the network. If it looks for stale rules everywhere, the ledger decides where it has to ask EC2. Without the
 * function's own account nothing is proved, so EC2 is asked about every VPC.
 */
async function look(
  { run, configuration, deployed }: Task,
  { network, ledger, accountId, onListing }: SweepDependencies & Pick<Looking, 'onListing'>, now: Date,
): Promise<{ readonly observation: Observation; readonly first?: ProofMemory }> {
  const isProving = run.scope.kind === 'everything' && provesRules(configuration) && accountId !== undefined;
  const { changeTrigger } = configuration;
  const memory = isProving ? readFirst(ledger, { table: deployed.table, changeTrigger }) : undefined;
  const observation = await observe(run.scope, configuration, { network, now, accountId, memory, onListing });
  return { observation, first: await memory };
}

/** Reads the use of groups, if the configuration asks for it. */
async function lookForUnused(
  { run, configuration }: Task, { network, accountId, groupHolders }: SweepDependencies,
  listing: Promise<Listing | undefined>,
): Promise<GroupUses | undefined> {
  if (run.scope.kind !== 'everything' || configuration.unusedSecurityGroups === undefined) return undefined;
  return readGroupUses(configuration, { network, accountId, groupHolders, listing });
}

const withGroupUses = (observation: Observation, groupUses: GroupUses | undefined): Observation =>
  groupUses === undefined ? observation
    : { ...observation, groupUses, errors: [...observation.errors, ...groupUses.errors] };

/** Takes away what earlier runs have added for replacements that are no longer wanted. It counts for no limit. */
async function tidyUp(
  { task: { run, configuration }, dependencies, deployed }: Acting, decided: Decided,
): Promise<void> {
  const options = { ...dependencies, sweepId: run.id, deployed, configuration, until: dependencies.revokeUntil };
  await tidy(toTakeAway(decided), options);
}

async function act(
  sweeping: Acting, { books, decision: { plan: decided, from } }: Decided,
): Promise<RevocationOutcome[]> {
  const { task, dependencies, deployed, context } = sweeping;
  const { configuration } = task;
  if (decided.revoke.length === 0 || from === undefined || !revokesAnything(configuration)) return [];
  const { hold, groups, endpoints, prefixLists, groupUse, now, ...deciding } = context;
  const outcomes = await revoke(decided.revoke, {
    ...dependencies,
    sweepId: task.run.id,
    until: dependencies.revokeUntil,
    deployed, from,
    deciding,
    sightings: books.sightings,
  });
  await returnUnused(from, countUnused(outcomes), sweeping);
  return outcomes;
}

const ledgerErrorsOf = ({ errors }: Decision, outcomes: readonly RevocationOutcome[]): ErrorFacts[] =>
  [...errors.map(({ error }) => error), ...outcomes.flatMap(({ ledgerError }) => ledgerError ?? [])];

/** Counts the rules that are due. A rule whose entry cannot be read may be due, too. */
function dueOf({ entries, hidden, unreadable }: Bookkeeping, { keep }: Plan): number | undefined {
  const withoutRecord = keep.filter(
    ({ reason, entry }) => reason === 'LEDGER_UNAVAILABLE' && entry === undefined,
  ).length;
  return entries && countDueEntries([...entries.values(), ...hidden], unreadable + withoutRecord);
}

/** Returns the forecast for the person who deploys, and for everyone while the configuration settles. */
function forecastOf(
  { task, hold, pause, writer }: Acting,
  { entries, hidden, unreadable }: Bookkeeping,
  outcomes: readonly RevocationOutcome[],
): SweepResult['forecast'] {
  const { run, configuration } = task;
  const isAsked = run.trigger === 'deployment' || hold?.reason === 'SETTLING';
  if (!isAsked || run.scope.kind === 'groups' || entries === undefined || !revokesAnything(configuration)) {
    return undefined;
  }
  // Every other hold ends at an unknown time.
  if (hold && hold.until === undefined) return undefined;
  const gone = new Set(
    outcomes.filter(({ outcome }) => !outcomeFacts(outcome).isThere).map(({ rule }) => rule.securityGroupRuleId),
  );
  const left = [...entries.values(), ...hidden].filter(({ securityGroupRuleId }) => !gone.has(securityGroupRuleId));
  const from = latestOf(hold?.until, pause.pause?.until);
  return forecast(left, {
    ...configuration, from, limit: configuration.maxRevocationsPerSweep, unreadable, now: writer.now,
  });
}

/** Returns the outcome of a revocation that an earlier run began and this run saw completed. */
function finished({ change, entry }: EntryChange): RevocationOutcome[] {
  if (change !== 'FINISHED') return [];
  const standing = inPlace(entry);
  return [{
    rule: entry.rule, because: becauseOf(entry), outcome: 'REVOKED', detail: entry.outcome?.detail,
    ...standing.length > 0 && { replacedBy: standing },
  }];
}

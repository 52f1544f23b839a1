/**
 * Plans the runs of an organization in the Regions of one account: the first pass looks and counts, and the second one
 * revokes if the count allows it. Nothing is written anywhere.
 *
 * Rules of other accounts count for the limit, too, and are not known here.
 */
import { withAnnouncements } from './conditions';
import {
  decidingAt, deployedOf, errorsOf, planPlaces, type PlannedPlaces, type PlannedSweep, type PlannedSweeps,
  type PlannedTrigger, type PlanningDependencies, type ToDeploy,
} from './sweeps';
import { type Decided, decideOn, toTakeAway } from '../../lambda/core/decision';
import { ledgerFailureIn } from '../../lambda/core/ledger/bookkeeping';
import type { Observation } from '../../lambda/core/model/observation';
import type { OrganizationRun, PlaceEntry } from '../../lambda/core/model/organization';
import type { KeptRule, Plan } from '../../lambda/core/model/result';
import { EVERYTHING, type Part, type Scope } from '../../lambda/core/model/scope';
import { observe } from '../../lambda/core/observe/observe';
import { countFrom } from '../../lambda/core/organization/begin';
import { isOfOrganization } from '../../lambda/core/organization/configured';
import { count, type CountingLedger, toCount } from '../../lambda/core/organization/count';
import { partId } from '../../lambda/core/organization/sweep-place';
import { failureOf } from '../../lambda/core/sweep';
import { LONGEST_RUN_SECONDS, type Place } from '../../src/contract/organization';

/** A Region of the account. */
export interface PlannedPlace {
  readonly place: Place;
  readonly observation: Observation;
  readonly dependencies: PlanningDependencies;
}

/** @returns the planned sweeps of each place */
export function planRuns(
  toDeploy: ToDeploy, places: readonly PlannedPlace[], now: Date, progress?: PlannedPlaces['progress'],
): Promise<PlannedSweeps[]> {
  return planPlaces(toDeploy, now, {
    // The places share what is asked of it here.
    ledger: places[0].dependencies.ledger, observations: places.map(({ observation }) => observation), progress,
    sweepAt: (trigger, at) => planRun(trigger, at, toDeploy, places),
  });
}

async function planRun(
  trigger: PlannedTrigger, at: Date, toDeploy: ToDeploy, places: readonly PlannedPlace[],
): Promise<PlannedSweep[]> {
  const planned = new PlannedRun(trigger, at, toDeploy);
  const { ledger } = places[0].dependencies;
  await countFrom(planned.run, { ledger, clock: { now: () => at } });
  const firsts: Decided[] = [];
  for (const place of places) firsts.push(await planned.pass('observe', place, place.observation, EVERYTHING));
  const counts = firsts.map(first => countsOf(first, toDeploy));
  const rows = places.map(({ place }, index) => planned.row(place, counts[index]));
  const counted = await planned.count(rows, ledger);
  const sweeps: PlannedSweep[] = [];
  for (const [index, place] of places.entries()) {
    const groupIds = counts[index]?.groupIds ?? [];
    const second = counted.isRevoking && groupIds.length > 0
      ? await planned.secondPass(place, groupIds) : undefined;
    sweeps.push(await planned.sweep(firsts[index], second, place, counted));
  }
  return sweeps;
}

type Counts = ReturnType<typeof toCount>;

/** @returns what counts in a place. Undefined: its first pass fails, so the run counts nothing there */
function countsOf(
  { sweeping, books, decision: { plan, due } }: Decided, { configuration }: ToDeploy,
): Counts | undefined {
  const { observation } = sweeping;
  const failure = failureOf({ observation, ledgerFailure: ledgerFailureIn(books.ledgerErrors) }, configuration);
  return failure === undefined ? toCount(plan, due, configuration) : undefined;
}

interface Counted {
  /** The number of rules in all places that count for the limit. */
  readonly due?: number;
  readonly isOverLimit: boolean;
  /** Whether the second pass may revoke. */
  readonly isRevoking: boolean;
}

class PlannedRun {
  public run: OrganizationRun;

  constructor(
    private readonly trigger: PlannedTrigger, private readonly at: Date, private readonly toDeploy: ToDeploy,
  ) {
    const startedAt = at.toISOString();
    const runId = `plan-${startedAt}`;
    this.run = {
      revision: 1, writtenBy: runId, runId, execution: runId, isScheduled: trigger === 'schedule',
      ...trigger === 'schedule' && { scheduledTime: startedAt }, startedAt,
      until: new Date(at.getTime() + LONGEST_RUN_SECONDS * 1000).toISOString(),
      digest: deployedOf(toDeploy).digest, accounts: 1, parts: 1, unread: [], leftOut: [],
    };
  }

  pass(
    pass: Part['pass'], { place, dependencies }: PlannedPlace, observation: Observation, scope: Scope,
  ): Promise<Decided> {
    const { run, at, toDeploy } = this;
    return decideOn(observation, {
      task: {
        run: {
          id: partId(run, place), trigger: run.isScheduled ? 'schedule' : 'request', scope, part: { ...place, pass },
          ...run.isScheduled && { scheduledTime: run.scheduledTime },
        },
        configuration: toDeploy.configuration, deployed: deployedOf(toDeploy),
      },
      dependencies: decidingAt(at, dependencies), startedAt: at,
    });
  }

  /** Looks again at the groups with rules to revoke, as the function does. */
  async secondPass(place: PlannedPlace, groupIds: readonly string[]): Promise<Decided> {
    const scope: Scope = { kind: 'groups', groupIds };
    const { network, accountId } = place.dependencies;
    const observation = await observe(scope, this.toDeploy.configuration, { network, now: this.at, accountId });
    return this.pass('revoke', place, observation, scope);
  }

  row({ account, region }: Place, counts: Counts | undefined): PlaceEntry {
    const { runId, startedAt } = this.run;
    return {
      revision: 1, writtenBy: runId, runId, at: startedAt, account, region,
      ...counts && { observed: { ...counts, counts: {}, errors: [] } },
    };
  }

  async count(rows: readonly PlaceEntry[], ledger: Pick<CountingLedger, 'control' | 'putControl'>): Promise<Counted> {
    const { configuration } = this.toDeploy;
    if (!isOfOrganization(configuration)) throw new Error('The configuration is not of an organization');
    const accounts = [...new Set(rows.map(({ account }) => account))]
      .map(account => ({ account, mayRevoke: true as const }));
    const { runId } = this.run;
    const { revoke } = await count({ runId }, { configuration, deployed: deployedOf(this.toDeploy) }, {
      clock: { now: () => this.at }, log: () => undefined, lists: { bucket: '', put: async () => undefined },
      ledger: {
        control: () => ledger.control(), putControl: entry => ledger.putControl(entry),
        run: async () => this.run,
        putRun: async entry => {
          this.run = entry;
          return { isWritten: true };
        },
        places: async () => ({ entries: [...rows], unreadable: [] }),
        accounts: async () => ({ revision: 1, writtenBy: runId, runId, accounts }),
      },
    });
    const { due, isOverLimit = false } = this.run.counted ?? {};
    return { due, isOverLimit, isRevoking: revoke > 0 };
  }

  async sweep(
    first: Decided, second: Decided | undefined, { place, observation, dependencies }: PlannedPlace,
    { due, isOverLimit }: Counted,
  ): Promise<PlannedSweep> {
    const { books, decision } = first;
    const entries = new Map([...books.entries ?? [], ...second?.books.entries ?? []]);
    const writer = { id: partId(this.run, place), now: this.at };
    // The count is over.
    const hold = second?.decision.hold ?? (decision.hold?.reason === 'COUNTING' ? undefined : decision.hold);
    return {
      trigger: this.trigger, at: this.at, hold, due: decision.due === undefined ? undefined : due,
      plan: joined(decision.plan, second?.decision.plan, isOverLimit),
      entries: await withAnnouncements(entries, ['event'], writer, dependencies.ledger),
      takenAway: toTakeAway(second ?? first),
      errors: [
        ...errorsOf(first, observation),
        ...second === undefined ? [] : errorsOf(second, { errors: [] }),
      ],
    };
  }
}

/** Replaces what waited for the count by what the second pass makes of it. */
function joined({ revoke, keep }: Plan, second: Plan | undefined, isOverLimit: boolean): Plan {
  const isCounting = ({ reason }: KeptRule): boolean => reason === 'COUNTING';
  if (second === undefined) {
    const held = (each: KeptRule): KeptRule => isOverLimit && isCounting(each) ? { ...each, reason: 'OVER_LIMIT' } : each;
    return { revoke, keep: keep.map(held) };
  }
  const idOf = ({ rule }: Pick<KeptRule, 'rule'>): string => rule?.securityGroupRuleId ?? '';
  const waiting = new Set(keep.filter(isCounting).map(idOf));
  const kept = second.keep.filter(each => waiting.has(idOf(each)));
  const concluded = new Set([...second.revoke, ...kept].map(idOf));
  const others = keep.filter(each => !isCounting(each) || !concluded.has(idOf(each)));
  return { revoke: second.revoke, keep: [...others, ...kept] };
}

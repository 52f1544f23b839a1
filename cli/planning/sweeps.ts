/**
 * Plans sweeps: it goes through the sweep at deployment, and through the scheduled sweeps up to the first one that may
 * revoke, as the function would if nothing changes in between. Nothing is written anywhere.
 *
 * The network is observed once. What each sweep asks for in addition is read once, too: see `remembering.ts`.
 */
import { bindingWindow, endsOf, isAnyApproved, mayRevoke, noticeOver, withAnnouncements } from './conditions';
import type { PlanningLedger } from './planned-ledger';
import { type Schedule, scheduledSweeps, untilWindow, type Waits } from './schedule';
import { type Deployed, type Hold, holdOf } from '../../lambda/core/decide/hold';
import type { KeepReason } from '../../lambda/core/decide/reasons';
import { type Decided, decideOn, toTakeAway } from '../../lambda/core/decision';
import { errorFacts } from '../../lambda/core/errors';
import { channelsOf } from '../../lambda/core/ledger/announcement';
import {
  type ConfigurationText, digestOfConfiguration, storeConfiguration,
} from '../../lambda/core/ledger/configuration';
import type { Leftover } from '../../lambda/core/ledger/leftovers';
import type { LedgerEntry } from '../../lambda/core/model/ledger';
import type { Stack } from '../../lambda/core/model/network';
import type { Observation, ScanError } from '../../lambda/core/model/observation';
import type { Plan } from '../../lambda/core/model/result';
import { EVERYTHING, type Run } from '../../lambda/core/model/scope';
import type { Log, NetworkReader, Stacks } from '../../lambda/core/ports';
import type { DecidingDependencies } from '../../lambda/core/sweeping';
import { type DecodedConfiguration, looksAtRules, revokesAnything } from '../../src/contract/configuration';

/** A configuration that is to be deployed. */
export interface ToDeploy extends ConfigurationText {
  readonly configuration: DecodedConfiguration;
  readonly fingerprint: string;
  /** The name of the ledger table. Any name stands for a table that is not there yet. */
  readonly table: string;
  /** The ids of the stacks that the deployment changes. */
  readonly stackIds: readonly string[];
  /** Whether the custom resource is deployed. If not, CloudFormation creates it, whatever the ledger holds. */
  readonly isDeployed: boolean;
  /** Whether a declaration or another part of the configuration is left out, because it is not known. */
  readonly isPartlyKnown: boolean;
}

export interface PlanningDependencies {
  readonly network: NetworkReader;
  readonly ledger: PlanningLedger;
  readonly stacks: Stacks;
  readonly accountId?: string;
  readonly log: Log;
  /** Told before each scheduled sweep. */
  readonly progress?: (sweep: number, of: number) => void;
}

/** The decision of a planned sweep. */
export interface PlannedSweep {
  readonly trigger: PlannedTrigger;
  readonly at: Date;
  readonly plan: Plan;
  readonly hold?: Pick<Hold, 'reason' | 'detail' | 'until'>;
  /** The number of rules that are due, even if revoking is on hold. Absent if the ledger could not be read. */
  readonly due?: number;
  /** The entries of the rules found, as the sweep would leave them. */
  readonly entries: ReadonlyMap<string, LedgerEntry>;
  /** The rules that earlier sweeps have added to replace others, and that this sweep takes away. */
  readonly takenAway: readonly Leftover[];
  /** The errors of the sweep, in addition to those of the observation. */
  readonly errors: readonly ScanError[];
}

/**
 * - `sweeps`: the custom resource sweeps
 * - `unchanged`: CloudFormation does not call the function, because the configuration is in force already
 * - `fails`: the deployment fails, because the configuration cannot be put into force
 */
export type PlannedDeployment =
  | { readonly kind: 'sweeps'; readonly sweep: PlannedSweep }
  | { readonly kind: 'unchanged'; readonly since: string }
  | { readonly kind: 'fails'; readonly detail: string };

/**
 * - `deployment`: the sweep at deployment may revoke already
 * - `schedule`: a scheduled sweep is the first that may; `before` is the number of scheduled sweeps before it
 * - `never`: the configuration or a hold that does not end by itself lets no sweep revoke; `sweep` is the next one. If
 *   a person has to approve revocations first, it is the next one that asks for approvals
 */
export type FirstRevoking =
  | { readonly kind: 'deployment' }
  | { readonly kind: 'schedule'; readonly before: number; readonly sweep: PlannedSweep }
  | {
    readonly kind: 'never'; readonly detail: string; readonly sweep: PlannedSweep;
    /** Absent: a person cannot make a sweep revoke without another deployment or the end of the hold. */
    readonly awaits?: 'approval';
  };

export interface PlannedSweeps {
  readonly deployment: PlannedDeployment;
  /** Absent if the deployment fails. */
  readonly first?: FirstRevoking;
}

export async function planSweeps(
  toDeploy: ToDeploy, observation: Observation, now: Date, dependencies: PlanningDependencies,
): Promise<PlannedSweeps> {
  const [planned] = await planPlaces(toDeploy, now, {
    ledger: dependencies.ledger, observations: [observation], progress: dependencies.progress,
    sweepAt: async (trigger, at) => [await planSweep(trigger, at, toDeploy, observation, dependencies)],
  });
  return planned;
}

/** The triggers of planned sweeps. */
export type PlannedTrigger = Extract<Run['trigger'], 'deployment' | 'schedule'>;

/** Places in which each sweep looks. */
export interface PlannedPlaces extends Pick<PlanningDependencies, 'progress'> {
  /** The configuration in force and the holds are the same in all places. */
  readonly ledger: PlanningLedger;
  readonly observations: readonly Observation[];
  /** Returns the sweeps at a time, one for each place. */
  readonly sweepAt: (trigger: PlannedTrigger, at: Date) => Promise<readonly PlannedSweep[]>;
}

/** @returns the planned sweeps of each place */
export async function planPlaces(
  toDeploy: ToDeploy, now: Date, { ledger, observations, sweepAt, progress }: PlannedPlaces,
): Promise<PlannedSweeps[]> {
  const inEach = (of: (place: number) => PlannedSweeps): PlannedSweeps[] => observations.map((_, place) => of(place));
  const { outcome, sweeps } = await planDeployment(toDeploy, now, ledger, () => sweepAt('deployment', now));
  const deploymentIn = (place: number): PlannedDeployment =>
    outcome.kind === 'sweeps' ? { ...outcome, sweep: sweeps[place] } : outcome;
  if (outcome.kind === 'fails') return inEach(place => ({ deployment: deploymentIn(place) }));
  const { configuration } = toDeploy;
  const held = await holdsUntil(toDeploy, now, ledger);
  const never = neverBecause(toDeploy) ?? held.forever;
  const isHeldAtDeployment = sweeps.some(({ hold }) => hold !== undefined);
  const isLeftToSchedule = sweeps.every(({ plan }) => plan.revoke.length === 0)
    && sweeps.some(({ plan }) => plan.keep.some(({ reason }) => LEFT_TO_SCHEDULE.has(reason)));
  if (outcome.kind === 'sweeps' && !isHeldAtDeployment && !isLeftToSchedule && revokesAnything(configuration)
    && mayRevoke(entriesOf(sweeps), configuration, now)) {
    return inEach(place => ({ deployment: deploymentIn(place), first: { kind: 'deployment' } }));
  }
  const phase = (await ledger.control().catch(() => undefined))?.allowance?.scheduledTime;
  const schedule = {
    everySeconds: configuration.scheduleSeconds, phase: phaseOf(phase, now), window: configuration.revocationWindow,
  };
  const waits = { ...waitsOf(configuration), most: mostSweeps(observations) };
  const going = new ScheduledPlanning(configuration, schedule, waits, { now, sweeps }, { sweepAt, progress });
  const { first, sweeps: latest } = await (never === undefined && held.forever === undefined
    ? going.upToFirst(held.until) : going.next(never ?? ''));
  return inEach(place => ({ deployment: deploymentIn(place), first: { ...first, sweep: latest[place] } }));
}

/** The reasons at deployment that the next scheduled sweep does not have. */
const LEFT_TO_SCHEDULE: ReadonlySet<KeepReason> = new Set(['LIMIT_USED', 'STACK_IN_PROGRESS', 'OUTSIDE_WINDOW']);

const entriesOf = (sweeps: readonly PlannedSweep[]): Array<PlannedSweep['entries']> =>
  sweeps.map(({ entries }) => entries);

type FirstOnSchedule = Exclude<FirstRevoking, { readonly kind: 'deployment' }>;

/** The first sweep that may revoke, as far as it is known, and that sweep in each place. */
interface First {
  readonly first: Omit<Extract<FirstOnSchedule, { kind: 'schedule' }>, 'sweep'>
    | Omit<Extract<FirstOnSchedule, { kind: 'never' }>, 'sweep'>;
  readonly sweeps: readonly PlannedSweep[];
}

/** Goes through the scheduled sweeps after the deployment. */
class ScheduledPlanning {
  private count = 0;

  constructor(
    private readonly configuration: DecodedConfiguration, private readonly schedule: Schedule,
    private readonly waits: Waits,
    /** The latest sweeps, and their time. */
    private latest: { readonly now: Date; readonly sweeps: readonly PlannedSweep[] },
    private readonly places: Pick<PlannedPlaces, 'sweepAt' | 'progress'>,
  ) {}

  async next(detail: string): Promise<First> {
    await this.goOn(this.latest.now);
    return { first: { kind: 'never', detail }, sweeps: this.latest.sweeps };
  }

  /** @param heldUntil the time at which no hold is left */
  async upToFirst(heldUntil: Date): Promise<First> {
    const { configuration } = this;
    // The first sweep without a hold announces revocations, and asks for approvals.
    const isTelling = configuration.finalNoticeSeconds !== undefined || configuration.approval !== undefined;
    await this.goOn(isTelling ? heldUntil : this.within(heldUntil));
    const telling = this.latest;
    const asking: First = {
      first: { kind: 'never', detail: 'a person has to approve each revocation first', awaits: 'approval' },
      sweeps: telling.sweeps,
    };
    const isApproved = (): boolean => isAnyApproved(entriesOf(this.latest.sweeps), configuration, this.latest.now);
    if (!isApproved()) return asking;
    if (isTelling && !mayRevoke(entriesOf(telling.sweeps), configuration, telling.now)) {
      const over = noticeOver(entriesOf(telling.sweeps), configuration, telling.now);
      await this.goOn(this.within(over > telling.now ? over : telling.now));
      if (!isApproved()) return asking;
    }
    return { first: { kind: 'schedule', before: this.count - 1 }, sweeps: this.latest.sweeps };
  }

  private within(from: Date): Date {
    return untilWindow({ ...this.schedule, window: bindingWindow(this.configuration) }, this.latest.now, from);
  }

  /** Goes through the sweeps up to the first one at or after a time. */
  private async goOn(until: Date): Promise<void> {
    const { now, sweeps } = this.latest;
    const ends = endsOf(entriesOf(sweeps), this.configuration, now);
    const { times, count } = scheduledSweeps(this.schedule, now, until, { ...this.waits, ends });
    for (const [index, at] of times.entries()) {
      this.places.progress?.(this.count + index + 1, this.count + times.length);
      this.latest = { now: at, sweeps: await this.places.sweepAt('schedule', at) };
    }
    this.count += count;
  }
}

/** The schedule of a new stack begins with its deployment. A time that makes no sense is not used. */
function phaseOf(scheduledTime: string | undefined, now: Date): Date {
  const known = Date.parse(scheduledTime ?? '');
  return known <= now.getTime() ? new Date(known) : now;
}

interface DeploymentInPlaces {
  readonly outcome: Exclude<PlannedDeployment, { readonly kind: 'sweeps' }> | { readonly kind: 'sweeps' };
  /** The sweep of each place. Empty: the deployment starts none. */
  readonly sweeps: readonly PlannedSweep[];
}

async function planDeployment(
  toDeploy: ToDeploy, now: Date, ledger: PlanningLedger, sweep: () => Promise<readonly PlannedSweep[]>,
): Promise<DeploymentInPlaces> {
  const since = await inForceSince(toDeploy, ledger).catch(() => undefined);
  if (since !== undefined) return { outcome: { kind: 'unchanged', since }, sweeps: [] };
  const detail = await putIntoForce(toDeploy, now, ledger);
  return detail === undefined
    ? { outcome: { kind: 'sweeps' }, sweeps: await sweep() }
    : { outcome: { kind: 'fails', detail }, sweeps: [] };
}

/** Puts a configuration into force unless it is. @returns why that is not possible */
export async function putIntoForce(toDeploy: ToDeploy, now: Date, ledger: PlanningLedger): Promise<string | undefined> {
  const { table, fingerprint } = toDeploy;
  try {
    if (await inForceSince(toDeploy, ledger) !== undefined) return undefined;
    await storeConfiguration(toDeploy, { ledger, writer: { id: 'plan', now }, table, fingerprint, isChange: true });
    return undefined;
  } catch (error) {
    const { code, message } = errorFacts(error);
    return `the configuration could not be written to the ledger: ${code}: ${message}`;
  }
}

/**
 * Returns since when the configuration is in force. CloudFormation calls the function only if a property of the custom
 * resource changes, and these are its properties.
 */
async function inForceSince(toDeploy: ToDeploy, ledger: PlanningLedger): Promise<string | undefined> {
  const [record, control] = await Promise.all([ledger.configuration(), ledger.control()]);
  const isSame = toDeploy.isDeployed
    && record?.text === toDeploy.text && record.deployTimePaths === toDeploy.deployTimePaths
    && control?.table === toDeploy.table && control.configuration?.fingerprint === toDeploy.fingerprint
    && control.configuration.digest === digestOfConfiguration(toDeploy);
  return isSame ? control.configuration?.since : undefined;
}

export const deployedOf = (toDeploy: ToDeploy): Deployed => ({
  table: toDeploy.table, fingerprint: toDeploy.fingerprint, digest: digestOfConfiguration(toDeploy),
  settleSeconds: toDeploy.configuration.settleSeconds,
});

/** The time at which no hold is left, or why that never comes by itself. */
export type Held = { readonly until: Date; readonly forever?: undefined } | { readonly forever: string };

export async function holdsUntil(toDeploy: ToDeploy, now: Date, ledger: PlanningLedger): Promise<Held> {
  let until = now;
  try {
    const control = await ledger.control();
    for (;;) {
      const hold = holdOf(control, deployedOf(toDeploy), until);
      if (hold === undefined) return { until };
      const end = Date.parse(hold.until ?? '');
      if (!(end > until.getTime())) return { forever: hold.detail };
      until = new Date(end);
    }
  } catch (error) {
    return { forever: errorFacts(error).message };
  }
}

/** Returns why no sweep with this configuration ever revokes. */
export function neverBecause({ configuration, isPartlyKnown }: ToDeploy): string | undefined {
  if (revokesAnything(configuration)) return undefined;
  if (!looksAtRules(configuration)) return 'rules are not looked at';
  if (configuration.isReportOnlyAccount) return 'the account is not in revokeIn, so everything in it is only reported';
  if (!configuration.enabled) return 'enabled is false';
  if (configuration.dryRun) return 'dryRun is true';
  if (configuration.maxRevocationsPerSweep === 0) return 'maxRevocationsPerSweep is 0';
  return isPartlyKnown ? 'the part of the configuration that is known only reports' : 'the configuration only reports';
}

/** The more a sweep finds, the longer it takes to go through it. */
function mostSweeps(observations: readonly Observation[]): number {
  const found = observations.reduce((sum, { stale, flagged }) => sum + stale.length + flagged.length, 0);
  return Math.max(20, Math.floor(5000 / (5 + found)));
}

function waitsOf({ grace, flaggedIngressRules }: DecodedConfiguration): Omit<Waits, 'most'> {
  const graces = [grace, ...flaggedIngressRules.map(({ action }) => action.grace)].flatMap(each => each ?? []);
  return {
    mostSightings: Math.max(0, ...graces.map(({ sightings }) => sightings)),
    shortestGap: Math.min(Infinity, ...graces.map(({ maxGapSeconds }) => maxGapSeconds)),
  };
}

async function planSweep(
  trigger: PlannedTrigger, at: Date, toDeploy: ToDeploy, observation: Observation, dependencies: PlanningDependencies,
): Promise<PlannedSweep> {
  const { configuration } = toDeploy;
  const run: Run = {
    id: `plan-${at.toISOString()}`, trigger, scope: EVERYTHING,
    ...trigger === 'schedule' && { scheduledTime: at.toISOString() },
  };
  const { table, fingerprint, digest } = deployedOf(toDeploy);
  const decided = await decideOn(observation, {
    task: { run, configuration, deployed: { table, fingerprint, digest } },
    dependencies: { ...decidingAt(at, dependencies), stacks: stacksAt(trigger, at, toDeploy, dependencies.stacks) },
    startedAt: at,
  });
  const writer = { id: run.id, now: at };
  const entries = await withAnnouncements(
    decided.books.entries ?? new Map(), channelsOf(configuration, run), writer, dependencies.ledger,
  );
  return plannedSweep(trigger, at, { decided, entries }, observation);
}

/** The clock stands still during a planned sweep. */
export function decidingAt(at: Date, dependencies: PlanningDependencies): DecidingDependencies {
  return { ...dependencies, clock: { now: () => at, sleep: () => Promise.resolve(), random: () => 0.5 } };
}

/** CloudFormation is changing the stack of the construct while the sweep at deployment runs. */
function stacksAt(trigger: PlannedTrigger, at: Date, { stackIds }: ToDeploy, stacks: Stacks): Stacks {
  const own: Stack = trigger === 'deployment'
    ? { status: 'UPDATE_IN_PROGRESS', since: at.toISOString() }
    : { status: 'UPDATE_COMPLETE' };
  return { stack: async stackId => stackIds.includes(stackId) ? own : stacks.stack(stackId) };
}

function plannedSweep(
  trigger: PlannedTrigger, at: Date,
  { decided, entries }: { readonly decided: Decided; readonly entries: PlannedSweep['entries'] }, observation: Observation,
): PlannedSweep {
  const { decision } = decided;
  return {
    trigger, at, plan: decision.plan, hold: decision.hold, errors: errorsOf(decided, observation),
    due: decision.due,
    entries,
    takenAway: toTakeAway(decided),
  };
}

/** Returns the errors of a planned sweep, without those of its observation. */
export function errorsOf(
  { sweeping, books, decision }: Decided, observation: Pick<Observation, 'errors'>,
): ScanError[] {
  const known = new Set<ScanError>(observation.errors);
  return [
    ...sweeping.observation.errors.filter(error => !known.has(error)),
    ...books.errors, ...books.ledgerErrors, ...decision.errors,
  ];
}

/** The state of a run in progress. */
import { findings } from './checks/findings';
import { type Deployed, type Hold, holdOf, isTrusted } from './decide/hold';
import { neededStacks, type RuleContext } from './decide/plan';
import { hasScheduleBegunSince } from './decide/stacks';
import { errorFacts, isUnreachable } from './errors';
import type { Writer } from './ledger/entry';
import { readPause } from './ledger/pause';
import type { Finding } from './model/finding';
import type { ProofMemory } from './model/ledger';
import type { Observation, ScanError, StackReading } from './model/observation';
import type { PauseReading } from './model/result';
import type { Run } from './model/scope';
import { readStacks } from './observe/stacks';
import type { Clock, DecidingLedger, GroupHoldersLoader, Ledger, Log, Network, NetworkReader, Stacks } from './ports';
import { type DecodedConfiguration, revokesAnything } from '../../src/contract/configuration';

/** The dependencies with which a run decides. The network can only be read. */
export interface DecidingDependencies {
  readonly network: NetworkReader;
  readonly ledger: DecidingLedger;
  readonly clock: Clock;
  /** Adds the run's id to each line. */
  readonly log: Log;
  /** The function's own account, if it is known. */
  readonly accountId?: string;
  readonly stacks: Stacks;
}

export interface SweepDependencies extends DecidingDependencies {
  readonly network: Network;
  readonly ledger: Ledger;
  /** Loads what reads the use of security groups. It is loaded only if it is needed. */
  readonly groupHolders: GroupHoldersLoader;
  /** No revocation starts after this time. */
  readonly revokeUntil: Date;
}

/** The task of a run. */
export interface Task {
  readonly run: Run;
  readonly configuration: DecodedConfiguration;
  /** Leaves out the settle time, which is part of the configuration. */
  readonly deployed: Omit<Deployed, 'settleSeconds'>;
}

/** A run in progress: its task, its observation, and the facts that it decides by. */
export interface Sweeping {
  readonly task: Task;
  readonly dependencies: DecidingDependencies;
  readonly deployed: Deployed;
  readonly observation: Observation;
  readonly found: readonly Finding[];
  readonly writer: Writer;
  readonly pause: PauseReading;
  /**
   * Whether the ledger can be trusted. While the control item is unreadable, the table may be a copy.
   */
  readonly isTrusted: boolean;
  readonly context: RuleContext;
  readonly hold?: Hold;
  /** Whether CloudFormation made a change since the latest scheduled sweep that may be about any rule. */
  readonly isAnyOfStack: boolean;
}

/** A run in progress that may act. */
export interface Acting extends Sweeping {
  readonly dependencies: SweepDependencies;
}

export async function begin(
  task: Task, dependencies: DecidingDependencies, observation: Observation,
  { startedAt, first }: { readonly startedAt: Date; readonly first?: ProofMemory },
): Promise<Sweeping> {
  const { configuration, run } = task;
  const now = dependencies.clock.now();
  const deployed = { ...task.deployed, settleSeconds: configuration.settleSeconds };
  const [pause, stackChangeAt] = await Promise.all([
    pauseOf(first, dependencies, now), ofAnyRule(task, dependencies, now),
  ]);
  const isAnyOfStack = stackChangeAt !== undefined
    && !hasScheduleBegunSince(stackChangeAt, pause.control?.allowance, now);
  const hold = holdAtFirst(pause, deployed, now);
  const facts: RuleContext = {
    ...configuration,
    hold,
    groups: observation.groups,
    vpcIds: observation.vpcs?.inScope ?? new Set(),
    hasAllVpcs: observation.vpcs?.isListWhole,
    endpoints: observation.endpoints,
    prefixLists: observation.prefixLists,
    groupUse: observation.groupUse,
    accountId: run.scope.kind === 'groups'
      // A run over some groups sees too few owners to check the account, so it keeps what may belong to others.
      ? dependencies.accountId
      : credibleAccount(dependencies.accountId, observation),
    startedAt,
    isScheduled: run.trigger === 'schedule',
    isWhole: run.scope.kind === 'everything',
    scheduleBegunAt: pause.control?.allowance?.startedAt,
    now,
  };
  const found = findings(observation.stale, observation.flagged);
  const { stacks, errors = [] } = await askForStacks(found, facts, task, dependencies);
  const context = { ...facts, stacks };
  return {
    task, dependencies, deployed, found, pause, hold, isAnyOfStack, context, writer: { id: run.id, startedAt, now },
    observation: { ...observation, errors: [...observation.errors, ...errors] },
    isTrusted: pause.state !== 'unreadable' && isTrusted(pause.control, deployed),
  };
}

/** A ledger that did not respond before would take as long again, so it is not asked. */
async function pauseOf(
  first: ProofMemory | undefined, { ledger }: DecidingDependencies, now: Date,
): Promise<PauseReading> {
  return first?.error && isUnreachable(first.error)
    ? { state: 'unreadable', error: first.error }
    : readPause(ledger, now);
}

/**
 * Returns when a run last learned that CloudFormation made a change that may be about any rule. A scheduled sweep does
 * not ask. If the ledger cannot say, that is now.
 */
async function ofAnyRule(
  { run, configuration }: Task, { ledger, log }: DecidingDependencies, now: Date,
): Promise<string | undefined> {
  if (run.trigger === 'schedule' || configuration.changeTrigger === undefined) return undefined;
  // A run over changed groups has read it already.
  if (run.changes !== undefined) return run.stackChangeAt;
  try {
    return (await ledger.changes())?.stackChangeAt;
  } catch (error) {
    const facts = errorFacts(error);
    const text = `Rules are kept, because the item changes of the ledger could not be read: ${facts.code}: ${facts.message}`;
    log('WARN', text, { event: 'Ledger', error: facts });
    return now.toISOString();
  }
}

/**
 * Asks CloudFormation for the stacks on which decisions depend. Only changes can make a sweep come while a deployment
 * is under way, so without them nothing is asked. The same is true if the run revokes nothing.
 */
async function askForStacks(
  found: readonly Finding[], context: RuleContext, { configuration, run }: Task, { stacks: port }: DecidingDependencies,
): Promise<{ readonly stacks?: StackReading; readonly errors?: readonly ScanError[] }> {
  // Not every member forwards changes, and only those that do let the hub ask.
  if (run.part !== undefined && run.trigger !== 'change') return {};
  if (configuration.changeTrigger === undefined || !revokesAnything(configuration) || context.hold) return {};
  const { errors, ...stacks } = await readStacks(neededStacks(found, context), port);
  return { stacks, errors };
}

function holdAtFirst(pause: PauseReading, deployed: Deployed, now: Date): Hold | undefined {
  if (pause.error) return { reason: 'LEDGER_UNAVAILABLE', detail: pause.error.message };
  return holdOf(pause.control, deployed, now);
}

/**
 * Returns the account in the function's ARN if a VPC or group in scope belongs to it. A local emulator may invent the
 * account in ARNs. An account that owns nothing here does not prove that something belongs to others, so EC2's own
 * authorization decides.
 */
function credibleAccount(accountId: string | undefined, { vpcs, groups }: Observation): string | undefined {
  const owners = new Set([...vpcs?.ownerIds ?? [], ...[...groups.values()].map(({ ownerId }) => ownerId)]);
  return accountId !== undefined && owners.has(accountId) ? accountId : undefined;
}

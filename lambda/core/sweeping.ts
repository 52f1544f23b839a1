/** A run under way: what it is asked to do, what it saw, and what it decides by. */
import { findings } from './checks/findings';
import { type Deployed, type Hold, holdOf, isTrusted } from './decide/hold';
import type { RuleContext } from './decide/plan';
import type { Writer } from './ledger/entry';
import { readPause } from './ledger/pause';
import type { Finding } from './model/finding';
import type { Observation } from './model/observation';
import type { PauseReading } from './model/result';
import type { Run } from './model/scope';
import type { Clock, Ledger, Log, Network } from './ports';
import type { DecodedConfiguration } from '../../src/contract/configuration';

export interface SweepDependencies {
  readonly network: Network;
  readonly ledger: Ledger;
  readonly clock: Clock;
  /** Each line has the run's id. */
  readonly log: Log;
  /** After this no revocation is begun. */
  readonly revokeUntil: Date;
  /** The function's own account, where it is known. */
  readonly accountId?: string;
}

/** What a run is to do, and by what. */
export interface Task {
  readonly run: Run;
  readonly configuration: DecodedConfiguration;
  /** Without the time to settle, which is the configuration's. */
  readonly deployed: Omit<Deployed, 'settleSeconds'>;
}

/** A run under way: what it is to do, what it saw, and what it decides by. */
export interface Sweeping {
  readonly task: Task;
  readonly dependencies: SweepDependencies;
  readonly deployed: Deployed;
  readonly observation: Observation;
  readonly found: readonly Finding[];
  readonly writer: Writer;
  readonly pause: PauseReading;
  /**
   * Whether what the ledger says can be acted upon. While the control item cannot be read, the table may be a copy.
   */
  readonly isTrusted: boolean;
  readonly context: RuleContext;
  readonly hold?: Hold;
}

export async function begin(
  task: Task, dependencies: SweepDependencies, observation: Observation, startedAt: Date,
): Promise<Sweeping> {
  const { configuration, run } = task;
  const now = dependencies.clock.now();
  const deployed = { ...task.deployed, settleSeconds: configuration.settleSeconds };
  const pause = await readPause(dependencies.ledger, now);
  const hold = holdAtFirst(pause, deployed, now);
  const context: RuleContext = {
    ...configuration,
    hold,
    groups: observation.groups,
    vpcIds: observation.vpcs?.inScope ?? new Set(),
    accountId: run.scope.kind === 'groups'
      // It sees too little to tell; what belongs to others is kept.
      ? dependencies.accountId
      : credibleAccount(dependencies.accountId, observation),
    now,
  };
  const found = findings(observation.stale, observation.flagged);
  return {
    task, dependencies, deployed, observation, found, pause, hold, context, writer: { id: run.id, startedAt, now },
    isTrusted: pause.state !== 'unreadable' && isTrusted(pause.control, deployed),
  };
}

function holdAtFirst(pause: PauseReading, deployed: Deployed, now: Date): Hold | undefined {
  if (pause.error) return { reason: 'LEDGER_UNAVAILABLE', detail: pause.error.message };
  return holdOf(pause.control, deployed, now);
}

/**
 * The account in the function's ARN, if some VPC or group in scope belongs to it. A local emulator makes ARNs up; an
 * account that owns nothing here proves nothing about what belongs to others, and EC2's own refusal decides.
 */
function credibleAccount(accountId: string | undefined, { vpcs, groups }: Observation): string | undefined {
  const owners = new Set([...vpcs?.ownerIds ?? [], ...[...groups.values()].map(({ ownerId }) => ownerId)]);
  return accountId !== undefined && owners.has(accountId) ? accountId : undefined;
}

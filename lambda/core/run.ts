/**
 * A run from its beginning to its end: by which configuration, the sweep, its delivery, and whether it was a success.
 *
 * The custom resource puts the configuration into force; every other run reads it from the ledger. Where that is not
 * the one that the function was deployed with, a run reports and revokes nothing.
 */
import { deliver, type DeliveryDependencies } from './deliver';
import { errorFacts, UNREADABLE_ITEM } from './errors';
import type { Deployment } from './invocation/custom-resource';
import type { SweepRequest } from './invocation/requests';
import { digestOfConfiguration, type Loaded, loadConfiguration, recordMismatch, storeConfiguration } from './ledger/configuration';
import type { SweepResult } from './model/result';
import { EVERYTHING, type Run } from './model/scope';
import { preflight, type PreflightDependencies } from './preflight';
import { aggregates, type Aggregates } from './report/metric-data';
import { failureOf, sweep } from './sweep';
import type { SweepDependencies, Task } from './sweeping';
import type { DecodedConfiguration } from '../../src/contract/configuration';

export interface RunDependencies extends SweepDependencies, DeliveryDependencies, PreflightDependencies {
  /** Names the run in the ledger and in the log. */
  readonly runId: string;
  /** The construct that the function is of. */
  readonly hygiene: string;
  /** The table that the ledger is kept in. */
  readonly table: string;
  /** The fingerprint of the configuration that the function was deployed with. */
  readonly fingerprint: string;
  /** Has EC2's request limits be these times what is documented. */
  readonly scaleRequests: (factor: number) => void;
}

/** A run that has been delivered. */
export interface Delivered {
  readonly result: SweepResult;
  readonly configuration: DecodedConfiguration;
  readonly counts: Aggregates;
}

/**
 * The run at deployment: tries the permissions, then puts the configuration into force, then sweeps.
 *
 * @throws when something is not allowed, or the configuration cannot be put into force
 */
export async function runAtDeployment(deployment: Deployment, dependencies: RunDependencies): Promise<Delivered> {
  const { configuration, isChange } = deployment;
  const { ledger, clock, runId, table, fingerprint, hygiene } = dependencies;
  if (configuration.hygiene !== hygiene) {
    throw new Error(
      `The configuration is for ${configuration.hygiene}, but this function is that of ${hygiene}. Nothing was done`,
    );
  }
  dependencies.scaleRequests(configuration.requestRateFactor ?? 1);
  await preflight(configuration, dependencies);
  const writer = { id: runId, now: clock.now() };
  try {
    await storeConfiguration(deployment, { ledger, writer, table, fingerprint, isChange });
  } catch (error) {
    const { code, message } = errorFacts(error);
    throw new Error(`The configuration could not be written to the ledger, so nothing was done: ${code}: ${message}`);
  }
  const run: Run = { id: runId, trigger: 'deployment', scope: EVERYTHING };
  const digest = digestOfConfiguration(deployment);
  return finish({ run, configuration, deployed: { table, fingerprint, digest } }, dependencies);
}

/** @throws when there is no configuration to run by, and when the run is no success */
export async function runByLedger(
  request: SweepRequest,
  dependencies: RunDependencies,
): Promise<Delivered | undefined> {
  const { runId, table, fingerprint, log } = dependencies;
  const loaded = await load(dependencies);
  const run = { id: runId, ...request };
  if (loaded.kind === 'current') {
    const { configuration, digest } = loaded;
    const delivered = await finish({ run, configuration, deployed: { table, fingerprint, digest } }, dependencies);
    const { hold } = delivered.result;
    // The configuration is the function's, and the control item says that another one is in force.
    if (hold?.reason === 'CONFIGURATION_CHANGING') {
      await countMismatch(request, hold.detail, REPAIR_CONTROL, dependencies);
    }
    return delivered;
  }
  log('WARN', `Nothing is revoked: ${loaded.detail}. ${EXPECTED}`, {
    event: 'Ledger',
    reason: 'CONFIGURATION_CHANGING',
  });
  // No configuration has this digest, so that nothing is revoked by the one that there is.
  const deployed = { table, fingerprint, digest: '' };
  const { configuration } = loaded;
  const delivered = configuration && await finish({ run, configuration, deployed }, dependencies);
  await countMismatch(request, loaded.detail, REPAIR, dependencies);
  return delivered;
}

/** @throws when a scheduled sweep finds for the second time in a row that another configuration is in force */
async function countMismatch(
  { trigger, scheduledTime }: SweepRequest, detail: string, repair: string, dependencies: RunDependencies,
): Promise<void> {
  if (trigger !== 'schedule') return;
  const { ledger, fingerprint } = dependencies;
  const sweeps = await recordMismatch(ledger, { fingerprint, scheduledTime }, writerOf(dependencies));
  if (sweeps > 1) throw new Error(`${sweeps} scheduled sweeps in a row revoked nothing, because ${detail}. ${repair}`);
}

async function load({ ledger, fingerprint }: RunDependencies): Promise<Loaded> {
  try {
    return await loadConfiguration(ledger, fingerprint);
  } catch (error) {
    const { code, message } = errorFacts(error);
    // It says which item it is, and how to repair it.
    if (code === UNREADABLE_ITEM) throw error;
    throw new Error(`The configuration could not be read from the ledger, so nothing was done: ${code}: ${message}`);
  }
}

const EXPECTED = 'That is so while a deployment is under way or is rolled back';

const REPAIR = 'Deploy the stack again; if it was rolled back, see that the rollback is complete';

/** Where nothing has changed, CloudFormation passes over the custom resource. */
const REPAIR_CONTROL =
  'Deploy the stack again with a change to a prop of the construct, so that CloudFormation updates its custom resource';

async function finish(task: Task, dependencies: RunDependencies): Promise<Delivered> {
  const { configuration } = task;
  dependencies.scaleRequests(configuration.requestRateFactor ?? 1);
  const result = await sweep(task, dependencies);
  const deliveriesFailed = await deliver(result, configuration, dependencies);
  const failure = failureOf(result, configuration);
  if (failure) throw failure;
  return { result, configuration, counts: aggregates(result, configuration, deliveriesFailed) };
}

const writerOf = ({ runId: id, clock }: RunDependencies): { id: string; now: Date } => ({ id, now: clock.now() });

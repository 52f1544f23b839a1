/**
 * Runs a sweep from start to end: loads the configuration, sweeps, delivers the result, and decides whether the run
 * succeeded.
 *
 * The custom resource puts the configuration into force; every other run reads it from the ledger. If the function was
 * deployed with another configuration, a run reports and revokes nothing.
 */
import { deliver, type DeliveryDependencies } from './deliver';
import { errorFacts, UNREADABLE_ITEM } from './errors';
import type { Deployment } from './invocation/custom-resource';
import type { SweepRequest } from './invocation/requests';
import { digestOfConfiguration, type Loaded, loadConfiguration, recordMismatch, storeConfiguration } from './ledger/configuration';
import type { TrailReading } from './model/network';
import type { SweepResult } from './model/result';
import { EVERYTHING, type Run } from './model/scope';
import type { Trails } from './ports';
import { preflight, type PreflightDependencies } from './preflight';
import { aggregates, type Aggregates } from './report/metric-data';
import { tellSecurityHub } from './security-hub';
import { failureOf, sweep } from './sweep';
import type { SweepDependencies, Task } from './sweeping';
import { tellTrails } from './trail-check';
import type { DecodedConfiguration } from '../../src/contract/configuration';
import type { Place } from '../../src/contract/organization';

export interface RunDependencies extends SweepDependencies, DeliveryDependencies, PreflightDependencies {
  /** The id of the run in the ledger and in the log. */
  readonly runId: string;
  /** The name of the construct that the function belongs to. */
  readonly hygiene: string;
  /** The name of the ledger table. */
  readonly table: string;
  /** The fingerprint of the configuration that the function was deployed with. */
  readonly fingerprint: string;
  readonly trails: Trails;
  /** The place of an organization that runs of changes are about. Absent: the function's own account and Region. */
  readonly place?: PlaceOfChanges;
  /** Sets the factor applied to EC2's documented request limits. */
  readonly scaleRequests: (factor: number) => void;
}

/** A place of an organization in which something has changed. */
export interface PlaceOfChanges extends Place {
  /** Returns the configuration for the account. */
  readonly adapted: (configuration: DecodedConfiguration) => DecodedConfiguration;
}

/** The configuration that the function was deployed with, as the ledger has it. */
export type CurrentConfiguration = Extract<Loaded, { readonly kind: 'current' }>;

/** A run whose result was delivered. */
export interface Delivered {
  readonly result: SweepResult;
  readonly configuration: DecodedConfiguration;
  readonly counts: Aggregates;
}

export interface Deployed extends Delivered {
  /** Whether changes of the network arrive. Absent: they trigger no sweeps. */
  readonly trail?: TrailReading;
  /** Whether findings can be imported into Security Hub, in words. Absent: they are not to be. */
  readonly securityHub?: string;
}

/**
 * Runs at deployment: tries the permissions, puts the configuration into force, and sweeps.
 *
 * @throws when an action is denied, or the configuration cannot be put into force
 */
export async function runAtDeployment(deployment: Deployment, dependencies: RunDependencies): Promise<Deployed> {
  const { configuration, isChange } = deployment;
  const { ledger, clock, runId, table, fingerprint, hygiene } = dependencies;
  if (configuration.hygiene !== hygiene) {
    throw new Error(
      `The configuration is for ${configuration.hygiene}, but this function is that of ${hygiene}. Nothing was done`,
    );
  }
  dependencies.scaleRequests(configuration.requestRateFactor ?? 1);
  await preflight(configuration, dependencies);
  const trail = configuration.changeTrigger && await tellTrails(dependencies);
  const securityHub = configuration.securityHub && await tellSecurityHub(configuration, dependencies);
  const writer = { id: runId, now: clock.now() };
  try {
    await storeConfiguration(deployment, { ledger, writer, table, fingerprint, isChange });
  } catch (error) {
    const { code, message } = errorFacts(error);
    throw new Error(`The configuration could not be written to the ledger, so nothing was done: ${code}: ${message}`);
  }
  const run: Run = { id: runId, trigger: 'deployment', scope: EVERYTHING };
  const digest = digestOfConfiguration(deployment);
  const delivered = await finish({ run, configuration, deployed: { table, fingerprint, digest } }, dependencies);
  return { ...delivered, trail, securityHub };
}

/** @throws when there is no configuration, or the run fails */
export async function runByLedger(
  request: SweepRequest,
  dependencies: RunDependencies,
): Promise<Delivered | undefined> {
  const { runId, table, fingerprint, log } = dependencies;
  const loaded = await load(dependencies);
  if (loaded.kind === 'current') return runCurrent(request, loaded, dependencies);
  const run = { id: runId, ...request };
  log('WARN', `Nothing is revoked: ${loaded.detail}. ${EXPECTED}`, {
    event: 'Ledger',
    reason: 'CONFIGURATION_CHANGING',
  });
  // No configuration has an empty digest, so nothing is revoked with this one.
  const deployed = { table, fingerprint, digest: '' };
  const { configuration } = loaded;
  const delivered = configuration && await finish({ run, configuration, deployed }, dependencies);
  await countMismatch(request, loaded.detail, REPAIR, dependencies);
  return delivered;
}

/** Runs with the configuration that the function was deployed with. @throws when the run fails */
export async function runCurrent(
  request: SweepRequest, { configuration, digest }: CurrentConfiguration, dependencies: RunDependencies,
): Promise<Delivered> {
  const { runId, table, fingerprint, place } = dependencies;
  const part = place && { account: place.account, region: place.region, pass: 'revoke' as const };
  const run = { id: runId, ...request, part };
  const delivered = await finish({ run, configuration, deployed: { table, fingerprint, digest } }, dependencies);
  const { hold } = delivered.result;
  // The configuration matches the function, but the control item says that another one is in force.
  if (hold?.reason === 'CONFIGURATION_CHANGING') {
    await countMismatch(request, hold.detail, REPAIR_CONTROL, dependencies);
  }
  return delivered;
}

/** @throws when a scheduled sweep finds another configuration in force for the second time in a row */
async function countMismatch(
  { trigger, scheduledTime }: SweepRequest, detail: string, repair: string, dependencies: RunDependencies,
): Promise<void> {
  if (trigger !== 'schedule') return;
  const { ledger, fingerprint } = dependencies;
  const sweeps = await recordMismatch(ledger, { fingerprint, scheduledTime }, writerOf(dependencies));
  if (sweeps > 1) throw new Error(`${sweeps} scheduled sweeps in a row revoked nothing, because ${detail}. ${repair}`);
}

/** Loads the configuration. @throws when the ledger cannot be read */
export async function load(
  { ledger, fingerprint, place }: Pick<RunDependencies, 'ledger' | 'fingerprint' | 'place'>,
): Promise<Loaded> {
  try {
    const loaded = await loadConfiguration(ledger, fingerprint);
    return place === undefined || loaded.configuration === undefined ? loaded
      : { ...loaded, configuration: place.adapted(loaded.configuration) };
  } catch (error) {
    const { code, message } = errorFacts(error);
    // This error already names the item, and how to repair it.
    if (code === UNREADABLE_ITEM) throw error;
    throw new Error(`The configuration could not be read from the ledger, so nothing was done: ${code}: ${message}`);
  }
}

const EXPECTED = 'This is normal while a deployment is in progress or is rolled back';

const REPAIR = 'Deploy the stack again; if it was rolled back, make sure that the rollback is complete';

/** CloudFormation does not update the custom resource if none of its properties has changed. */
const REPAIR_CONTROL =
  'Deploy the stack again with a change of a property of the construct, so that CloudFormation updates its custom resource';

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

/**
 * A sweep: observe, decide, act, report.
 *
 * It goes on past whatever fails in one VPC, one rule or one VPN connection. It throws when it could look at nothing at all, and when its metrics
 * could not be published: then nobody would know.
 */
import { errorFacts } from './errors';
import { type Observation, observe, sawNothing } from './observe';
import type { Clock, Log, Metrics, Network } from './ports';
import { logLines } from './report/log-lines';
import { metricData } from './report/metric-data';
import { type Plan, plan } from './revocation/plan';
import { type RevocationOutcome, revoke } from './revocation/revoke';
import { type DecodedConfiguration, revokesAnything } from '../src/private/contract';

export interface SweepDependencies {
  readonly network: Network;
  readonly metrics: Metrics;
  readonly log: Log;
  readonly clock: Clock;
  /** After this no revocation is begun. */
  readonly revokeUntil: Date;
  /** The function's own account, where it is known. */
  readonly accountId?: string;
}

export interface SweepResult {
  readonly observation: Observation;
  readonly plan: Plan;
  readonly outcomes: readonly RevocationOutcome[];
  readonly startedAt: Date;
  readonly durationMillis: number;
}

export async function sweep(configuration: DecodedConfiguration, dependencies: SweepDependencies): Promise<SweepResult> {
  const { network, metrics, log, clock, revokeUntil } = dependencies;
  const startedAt = clock.now();
  const observation = await observe(configuration, network, startedAt);
  const decided = plan(observation.stale, observation.flagged, {
    ...configuration,
    groups: observation.groups,
    vpcIds: observation.vpcs?.inScope ?? new Set(),
    accountId: credibleAccount(dependencies.accountId, observation),
  });
  // The plan of a configuration that revokes nothing is empty; asked twice, because this is the promise that counts most.
  const outcomes = revokesAnything(configuration) ? await revoke(decided.revoke, { network, clock, log, until: revokeUntil }) : [];
  const result: SweepResult = { observation, plan: decided, outcomes, startedAt, durationMillis: clock.now().getTime() - startedAt.getTime() };
  for (const { level, message, fields } of logLines(result)) log(level, message, fields);
  await publish(result, configuration, metrics);
  if (sawNothing(observation, configuration)) {
    const { doing, error } = observation.errors[0];
    throw new Error(`The sweep could look at nothing: ${doing} failed with ${error.code}: ${error.message}`);
  }
  return result;
}

async function publish(result: SweepResult, configuration: DecodedConfiguration, metrics: Metrics): Promise<void> {
  try {
    await metrics.publish(configuration.metricNamespace, metricData(result, configuration), result.startedAt);
  } catch (error) {
    const { code, message } = errorFacts(error);
    throw new Error(`Publishing the metrics of the sweep to the namespace ${configuration.metricNamespace} failed with ${code}: ${message}`, { cause: error });
  }
}

/**
 * The account in the function's ARN, if some group in scope belongs to it. A local emulator makes ARNs up; an account that owns nothing here
 * proves nothing about what belongs to others, and EC2's own refusal decides.
 */
function credibleAccount(accountId: string | undefined, { groups }: Observation): string | undefined {
  return [...groups.values()].some(({ ownerId }) => ownerId === accountId) ? accountId : undefined;
}

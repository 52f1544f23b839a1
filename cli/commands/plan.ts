/** `plan`: what the sweep at deployment does, and the first sweep that may revoke. */
import { openConstructs, type OpenConstruct } from './constructs';
import { exitCodeOf, type Outcome } from './outcome';
import { plannedConstruct } from './planned-construct';
import { readFirst } from '../../lambda/core/ledger/first-reading';
import type { ScanError } from '../../lambda/core/model/observation';
import { EVERYTHING } from '../../lambda/core/model/scope';
import { observe, sawNothing } from '../../lambda/core/observe/observe';
import type { HygieneOfApp } from '../app/hygienes';
import { awsReading } from '../aws/reading';
import { collectingWarnings, gapsOf, gapsOfObservation } from '../documents/errors';
import { type ConstructPlan, planDocument, sweepsOf, tallyOf } from '../documents/plan';
import { plannedLedger } from '../planning/planned-ledger';
import { rememberingRules, rememberingStacks } from '../planning/remembering';
import { planSweeps, type PlannedSweeps } from '../planning/sweeps';
import type { Progress } from '../progress';
import type { PlanArguments } from '../usage/arguments';

/** @throws UsageError when an option, the app or the credentials are wrong */
export async function plan(given: PlanArguments, progress: Progress): Promise<Outcome> {
  const { constructs, refused } = await openConstructs(given.folder, given, given);
  const plans: ConstructPlan[] = [];
  // One after the other, because the constructs of one Region share EC2's request limits.
  for (const construct of constructs) plans.push(await planOne(construct, given.ledger, progress));
  const { findings, gaps } = tallyOf(plans);
  return { document: planDocument(plans, refused), exitCode: exitCodeOf({ findings, gaps: gaps + refused.length }) };
}

async function planOne(construct: OpenConstruct, isLedgerWanted: boolean, progress: Progress): Promise<ConstructPlan> {
  const { hygiene, session } = construct;
  const { toDeploy, snapshot, ledger, notes, gaps } = await plannedConstruct(construct, isLedgerWanted);
  const { configuration } = toDeploy;
  const reading = awsReading(session, configuration.requestRateFactor);
  const network = progress.counting(reading.network, hygiene.constructPath);
  const now = new Date();
  const planning = plannedLedger(snapshot);
  const observation = await observe(EVERYTHING, configuration, {
    network, now, accountId: session.account, memory: readFirst(planning, { ...configuration, table: toDeploy.table }),
  });
  const { warn, warnings } = collectingWarnings();
  const sweeps = await planSweeps(toDeploy, observation, now, {
    network: rememberingRules(network), stacks: rememberingStacks(reading.stacks), ledger: planning,
    accountId: session.account, log: warn,
    progress: (sweep, of) => progress.sweeping(hygiene.constructPath, sweep, of),
  });
  return {
    construct: hygiene.constructPath, stack: hygiene.stack.displayName, hygiene: configuration.hygiene, place: session,
    readAt: now, notes, ledger, configuration, schedule: scheduleWords(hygiene), groups: observation.groups, sweeps,
    sawNothing: sawNothing(observation, configuration), vpnConnections: observation.vpnConnections,
    gaps: [...gaps, ...gapsOfObservation(observation), ...gapsOf(errorsOf(sweeps)), ...warnings()],
  };
}

/** Such as `cron(0 3 * * ? *) in Europe/Berlin`. */
function scheduleWords({ scheduleExpression, scheduleTimezone }: HygieneOfApp): string | undefined {
  const zone = scheduleTimezone === undefined || scheduleTimezone === 'Etc/UTC' ? '' : ` in ${scheduleTimezone}`;
  return scheduleExpression === undefined ? undefined : `${scheduleExpression}${zone}`;
}

/** Returns what planned sweeps could not read. Each of them meets the same errors. */
function errorsOf(sweeps: PlannedSweeps): ScanError[] {
  const keyOf = ({ doing, resourceId, error }: ScanError): string => JSON.stringify([doing, resourceId, error.code]);
  return [...new Map(sweepsOf(sweeps).flatMap(each => each.errors).map(each => [keyOf(each), each])).values()];
}

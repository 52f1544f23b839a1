/** `plan`: what the sweep at deployment does, and the first sweep that may revoke. */
import { openConstructs, type OpenConstruct } from './constructs';
import { exitCodeOf, type Outcome } from './outcome';
import { type PlannedConstruct, plannedConstruct, requireSwept } from './planned-construct';
import { readFirst } from '../../lambda/core/ledger/first-reading';
import { inParallel } from '../../lambda/core/lists';
import type { Observation, ScanError } from '../../lambda/core/model/observation';
import { EVERYTHING } from '../../lambda/core/model/scope';
import { observe, sawNothing } from '../../lambda/core/observe/observe';
import type { NetworkReader, Stacks } from '../../lambda/core/ports';
import type { HygieneOfApp } from '../app/hygienes';
import { awsReading } from '../aws/reading';
import { collectingWarnings, type Gap, gapsOf, gapsOfObservation } from '../documents/errors';
import { type ConstructPlan, planDocument, sweepsOf, tallyOf } from '../documents/plan';
import { plannedLedger, plannedPlaceLedgers, type PlanningLedger } from '../planning/planned-ledger';
import { rememberingRules, rememberingStacks } from '../planning/remembering';
import { planRuns } from '../planning/runs';
import { type PlanningDependencies, planSweeps, type PlannedSweeps } from '../planning/sweeps';
import type { Progress } from '../progress';
import type { PlanArguments } from '../usage/arguments';

/** @throws UsageError when an option, the app or the credentials are wrong */
export async function plan(given: PlanArguments, progress: Progress): Promise<Outcome> {
  const { constructs, refused } = await openConstructs(given.folder, given, given, selected =>
    requireSwept(selected, given.account));
  const plans: ConstructPlan[] = [];
  const unread = [...refused];
  // One after the other, because the constructs of one Region share EC2's request limits.
  for (const hygiene of new Set(constructs.map(each => each.hygiene))) {
    const places = await Promise.all(constructs.filter(each => each.hygiene === hygiene)
      .map(construct => placeOf(construct, given.ledger, progress)));
    if (hygiene.isHub) {
      const planned = await planHub(places, progress);
      plans.push(...planned.plans);
      unread.push(...planned.gaps);
    } else {
      for (const place of places) plans.push(await planOne(place, progress));
    }
  }
  const { findings, gaps } = tallyOf(plans);
  return { document: planDocument(plans, unread), exitCode: exitCodeOf({ findings, gaps: gaps + unread.length }) };
}

/** A construct in one Region, and what a plan of it asks. */
interface PlaceToPlan {
  readonly construct: OpenConstruct;
  readonly planned: PlannedConstruct;
  readonly network: NetworkReader;
  readonly stacks: Stacks;
  readonly label: string;
}

async function placeOf(construct: OpenConstruct, isLedgerWanted: boolean, progress: Progress): Promise<PlaceToPlan> {
  const { hygiene: { constructPath, isHub }, session } = construct;
  const planned = await plannedConstruct(construct, isLedgerWanted);
  const { network, stacks } = awsReading(session, planned.toDeploy.configuration.requestRateFactor);
  const label = isHub ? `${constructPath} in ${session.region}` : constructPath;
  return { construct, planned, network: progress.counting(network, label), stacks, label };
}

async function planOne(place: PlaceToPlan, progress: Progress): Promise<ConstructPlan> {
  const { planned: { toDeploy, snapshot }, label } = place;
  const looked = await look(place, plannedLedger(snapshot));
  const { observation, now, dependencies } = looked;
  const sweeps = await planSweeps(toDeploy, observation, now, {
    ...dependencies, progress: (sweep, of) => progress.sweeping(label, sweep, of),
  });
  return planOf(place, looked, sweeps, place.planned.gaps);
}

/** The number of Regions that are looked at side by side. EC2's request limits are per Region. */
const REGIONS_AT_A_TIME = 10;

/** Plans the runs of a hub in the Regions of one account, which share the limit. */
async function planHub(
  places: readonly PlaceToPlan[], progress: Progress,
): Promise<{ readonly plans: readonly ConstructPlan[]; readonly gaps: readonly Gap[] }> {
  const [{ construct: { hygiene: { constructPath } }, planned: { toDeploy } }] = places;
  const ledgers = plannedPlaceLedgers(places.map(({ planned: { snapshot } }) => snapshot));
  const looked: Looked[] = [];
  await inParallel(REGIONS_AT_A_TIME, [...places.keys()], async index => {
    looked[index] = await look(places[index], ledgers[index]);
  });
  const seen = looked.map(({ observation, dependencies }, index) =>
    ({ place: places[index].construct.session, observation, dependencies }));
  const sweeps = await planRuns(toDeploy, seen, looked[0].now, (sweep, of) =>
    progress.sweeping(constructPath, sweep, of));
  const plans = places.map((place, index) => planOf(place, looked[index], sweeps[index], []));
  // The configuration and the ledger are the same in each Region, so what is not known of them is said once.
  const gaps = new Map(places.flatMap(({ planned }) => planned.gaps).map(gap => [gap.message, gap]));
  return { plans, gaps: [...gaps.values()] };
}

interface Looked {
  readonly observation: Observation;
  readonly now: Date;
  readonly dependencies: PlanningDependencies;
  readonly warnings: () => Gap[];
}

async function look(
  { construct: { session }, planned: { toDeploy }, network, stacks }: PlaceToPlan, ledger: PlanningLedger,
): Promise<Looked> {
  const { configuration, table } = toDeploy;
  const now = new Date();
  const observation = await observe(EVERYTHING, configuration, {
    network, now, accountId: session.account, memory: readFirst(ledger, { ...configuration, table }),
  });
  const { warn, warnings } = collectingWarnings();
  return {
    observation, now, warnings,
    dependencies: {
      network: rememberingRules(network), stacks: rememberingStacks(stacks), ledger, accountId: session.account,
      log: warn,
    },
  };
}

function planOf(
  { construct: { hygiene, session }, planned: { toDeploy: { configuration }, notes, ledger } }: PlaceToPlan,
  { observation, now, warnings }: Looked, sweeps: PlannedSweeps, gaps: readonly Gap[],
): ConstructPlan {
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

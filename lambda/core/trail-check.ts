/**
 * Finds out at deployment whether changes of the network will arrive. EventBridge has an event of a call only if a
 * trail of CloudTrail logs the management events of its Region.
 *
 * It fails no deployment, because a trail may be created later, and the schedule sweeps in any case.
 */
import { errorFacts } from './errors';
import type { LoggedCalls, Trail, TrailReading } from './model/network';
import type { Clock, Log, Trails } from './ports';
import { untilAllowed } from './preflight';

interface TrailDependencies {
  readonly trails: Trails;
  readonly clock: Clock;
  /** No denied call is retried after this time. */
  readonly preflightUntil: Date;
}

/** Reads the trails, and says in the log whether changes arrive. */
export async function tellTrails(
  { log, ...dependencies }: TrailDependencies & { readonly log: Log },
): Promise<TrailReading> {
  const reading = await trailCheck(dependencies);
  log(reading.state === 'none' ? 'WARN' : 'INFO', reading.words, { event: 'ChangeTrigger', state: reading.state });
  return reading;
}

/** The number of trails that the words name. CloudFormation takes few bytes of all attributes together. */
const MOST_NAMED = 3;

/** Reads the trails. It does not throw. */
export async function trailCheck({ trails, clock, preflightUntil }: TrailDependencies): Promise<TrailReading> {
  const inRegion = `the calls that change EC2 in ${trails.region}`;
  try {
    const list = await untilAllowed(() => trails.trails(), { clock, preflightUntil });
    const readings = await Promise.all(list.map(trail => readingOf(trail, trails)));
    const logging = readings.find(({ state }) => state === 'logs');
    if (logging) return { state: 'logs', words: `The trail ${logging.trail.name} logs ${inRegion}` };
    const unknown = readings.filter(({ state }) => state === 'unknown');
    if (unknown.length > 0) {
      return { state: 'unknown', words: `It is unknown whether a trail logs ${inRegion}: ${named(unknown)}` };
    }
    const found = readings.length > 0 ? `: ${named(readings)}` : ', because there is none';
    return {
      state: 'none',
      words: `No change of the network triggers a sweep, because no trail logs ${inRegion}${found}. `
        + 'Create a trail of CloudTrail that logs write management events of this Region, or change one so that it does',
    };
  } catch (error) {
    const { code, message } = errorFacts(error);
    const words = `It is unknown whether a trail logs ${inRegion}: cloudtrail:DescribeTrails failed: ${code}: ${message.slice(0, 200)}`;
    return { state: 'unknown', words };
  }
}

interface ReadTrail {
  readonly trail: Trail;
  readonly state: TrailReading['state'];
  /** Why the trail is not one that logs changes. */
  readonly why?: string;
}

/** Why a trail that is logging may not log a change. */
const WHY: Readonly<Record<Exclude<LoggedCalls, 'changes'>, string>> = {
  someChanges: 'logs only some of these calls, or only those of some callers',
  readsOnly: 'logs read events only',
  noneOfEc2: 'logs no management events of EC2',
  none: 'logs no management events',
};

async function readingOf(trail: Trail, trails: Trails): Promise<ReadTrail> {
  try {
    if (!await trails.isLogging(trail.arn)) return { trail, state: 'none', why: 'is not logging' };
    const calls = await trails.loggedCalls(trail.arn);
    if (calls === 'changes') return { trail, state: 'logs' };
    return { trail, state: calls === 'someChanges' ? 'unknown' : 'none', why: WHY[calls] };
  } catch (error) {
    return { trail, state: 'unknown', why: `could not be read (${errorFacts(error).code})` };
  }
}

function named(readings: readonly ReadTrail[]): string {
  const names = readings.slice(0, MOST_NAMED).map(({ trail: { name, isOfOrganization }, why }) =>
    `${isOfOrganization ? "the organization's trail " : ''}${name} ${why}`);
  const others = readings.length - names.length;
  return [...names, ...others > 0 ? [`and ${others} more`] : []].join('; ');
}

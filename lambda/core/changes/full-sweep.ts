/**
 * Sweeps of everything that changes ask for, because rules of any group may be stale after them.
 *
 * A request waits in the ledger until EC2 shows the new state of what was changed, and is put off while the latest such
 * sweep is recent. It is never dropped: it is cleared only after a sweep was started, or has begun by itself. Several
 * requests become one. A message of the queue reminds of a request that waits.
 *
 * Further changes do not put a request off for longer: after 15 minutes a sweep is started, and what EC2 does not show
 * then waits for the next one.
 *
 * A full sweep that was started and then fails is not started again. The next scheduled sweep looks.
 */
import { beganAfter } from '../decide/times';
import { errorFacts } from '../errors';
import { inParallel } from '../lists';
import type { AwaitedResource, Change } from '../model/change';
import type { ChangesEntry, RequestedSweep } from '../model/ledger';
import type { Clock, Log, Topology } from '../ports';

/** The shortest time between two sweeps that changes have started. */
const BETWEEN_SWEEPS_MILLIS = 600_000;

/** The longest time for which a resource is waited for, and for which a request waits for resources. */
const LONGEST_WAIT_MILLIS = 900_000;

/** EC2 is eventually consistent, so the state right after a modification may be the one before it. */
const CONSISTENT_AFTER_MILLIS = 30_000;

/** The shortest wait before EC2 is asked again, and the random rest of it. */
const ASK_AGAIN_SECONDS = 30;
const ASK_AGAIN_SPREAD_SECONDS = 30;

/** The longest delay of a message of SQS. */
const LONGEST_DELAY_SECONDS = 900;

/** A reminder may be delivered late, and then wait for its batch, for up to 5 minutes. */
const LATE_MILLIS = 420_000;

/** Clocks differ a little, so a reminder that is here may seem to be due in a moment. */
const CLOCKS_DIFFER_MILLIS = 5000;

/** The number of resources that are waited for. */
const MOST_AWAITED = 50;

/** The number of resources that EC2 is asked for at a time. */
const RESOURCES_AT_A_TIME = 10;

type Awaited = RequestedSweep['awaited'][number];

/** Returns the request of some changes. @param unread changes of which no id could be taken, so nothing is awaited */
export function requestOf(
  topology: readonly Change[], unread: ReadonlyArray<Pick<Change, 'at'>>, now: Date,
): RequestedSweep | undefined {
  const timeOf = ({ at = now.toISOString() }: Pick<Change, 'at'>): string => at;
  const times = [...topology, ...unread].map(timeOf).sort();
  const since = times.at(-1);
  if (since === undefined) return undefined;
  const awaited = topology.flatMap(change => (change.awaits ?? []).map(each => ({ ...each, since: timeOf(change) })));
  return { since, askedSince: now.toISOString(), awaited: joined(awaited) };
}

/** Makes one request of two. */
export function merged(a: RequestedSweep | undefined, b: RequestedSweep | undefined): RequestedSweep | undefined {
  if (a === undefined || b === undefined) return a ?? b;
  const askedSince = [a.askedSince, b.askedSince].flatMap(each => each ?? []).sort().at(0);
  return { ...a, since: later(a.since, b.since), askedSince, awaited: joined([...a.awaited, ...b.awaited]) };
}

/** Keeps the latest change of each resource. If there are too many resources, the latest stay: they take longest. */
function joined(all: readonly Awaited[]): Awaited[] {
  const latest = new Map<string, Awaited>();
  for (const each of all) {
    const before = latest.get(nameOf(each));
    if (before === undefined || before.since < each.since) latest.set(nameOf(each), each);
  }
  return [...latest.values()].sort((a, b) => a.since.localeCompare(b.since)).slice(-MOST_AWAITED);
}

const later = (a: string, b: string): string => (a > b ? a : b);

const nameOf = ({ kind, id, vpcId, isEnding }: AwaitedResource): string => JSON.stringify([kind, id, vpcId, isEnding]);

const keyOf = (awaited: Awaited): string => `${nameOf(awaited)} ${awaited.since}`;

/** The states in which nothing changes any more when a resource ends, even if it did not end. */
const FINAL: ReadonlySet<string> = new Set([
  'deleted', 'rejected', 'expired', 'failed', 'disassociated', 'disassociation-failed', 'association-failed',
]);

/** The states of a resource that is not being modified. */
const SETTLED: ReadonlySet<string> = new Set(['available', 'active', 'associated']);

/** Whether EC2 shows the state after a change. @param state undefined if the resource does not exist */
export function isShown({ isEnding, since }: Awaited, state: string | undefined, now: Date): boolean {
  if (state === undefined) return true;
  if (isEnding) return FINAL.has(state);
  return (SETTLED.has(state) || FINAL.has(state)) && now.getTime() - Date.parse(since) >= CONSISTENT_AFTER_MILLIS;
}

const isGivenUp = ({ since }: Awaited, now: Date): boolean => now.getTime() - Date.parse(since) >= LONGEST_WAIT_MILLIS;

/** The resources that need not be waited for any longer. */
export class Shown {
  private readonly keys = new Set<string>();

  add(awaited: Awaited): void {
    this.keys.add(keyOf(awaited));
  }

  has(awaited: Awaited): boolean {
    return this.keys.has(keyOf(awaited));
  }
}

/** Asks EC2 for the resources. A state that cannot be read is not shown. */
export async function readShown(
  all: readonly Awaited[], { topology, clock, log }: { topology: Topology; clock: Clock; log: Log },
): Promise<Shown> {
  const shown = new Shown();
  await inParallel(RESOURCES_AT_A_TIME, all, async each => {
    const { kind, id } = each;
    if (isGivenUp(each, clock.now())) {
      log('WARN', `EC2 did not show the new state of ${id} in 15 minutes, so the full sweep does not wait for it`, {
        event: 'FullSweep', kind, resourceId: id,
      });
      shown.add(each);
      return;
    }
    try {
      const state = await topology.stateOf(each);
      if (isShown(each, state, clock.now())) shown.add(each);
    } catch (error) {
      const facts = errorFacts(error);
      const text = `The state of ${id} could not be read, so the full sweep waits: ${facts.code}: ${facts.message}`;
      log('WARN', text, { event: 'FullSweep', kind, resourceId: id, error: facts });
    }
  });
  return shown;
}

/**
 * - `nothing`: there is no request
 * - `begun`: a full sweep that is as good has begun by itself
 * - `start`: a full sweep is to be started. Resources whose state EC2 does not show yet are `awaited` for the next one,
 *   and a reminder is to be sent, unless one is under way
 * - `wait`: a reminder is to be sent; `seconds` is absent if one is under way
 */
export type NextStep =
  | { readonly kind: 'nothing' | 'begun' }
  | { readonly kind: 'start'; readonly awaited: readonly Awaited[]; readonly seconds?: number }
  | { readonly kind: 'wait'; readonly why: 'NOT_SHOWN' | 'RECENT'; readonly awaited: readonly Awaited[]; readonly seconds?: number };

export interface Asked {
  /** The request of a batch. Absent if it has none of its own. */
  readonly request?: RequestedSweep;
  readonly shown: Shown;
  /** The time at which the latest full sweep began that could look at all rules. */
  readonly fullSweepAt?: string;
  /** Whether the batch has a reminder. */
  readonly isReminder: boolean;
  readonly now: Date;
  /** A number from 0 to 1. */
  readonly random: number;
}

type State = Pick<ChangesEntry, 'requested' | 'sweptAt'>;

/** Returns the next step, and the state that is to be written before it is taken. */
export function nextStep(
  { requested: before, sweptAt }: State, { request, shown, fullSweepAt, isReminder, now, random }: Asked,
): State & { readonly step: NextStep } {
  const requested = merged(before, request);
  if (requested === undefined) return { sweptAt, step: { kind: 'nothing' } };
  const awaited = requested.awaited.filter(each => !shown.has(each));
  // A sweep that has begun before may have seen the state before.
  const isNewlyShown = awaited.length < requested.awaited.length;
  const since = isNewlyShown ? later(requested.since, now.toISOString()) : requested.since;
  const askedSince = askedSinceOf(requested, now);
  const left: RequestedSweep = { ...requested, since, askedSince, awaited };
  const remind = (seconds: number): { readonly requested: RequestedSweep; readonly seconds?: number } => {
    if (isUnderWay(left, now, isReminder)) return { requested: left };
    return { requested: { ...left, remindedAt: new Date(now.getTime() + seconds * 1000).toISOString() }, seconds };
  };
  const wait = (why: 'NOT_SHOWN' | 'RECENT', afterSeconds: number): State & { readonly step: NextStep } => {
    const { requested: reminded, seconds } = remind(afterSeconds);
    return { requested: reminded, sweptAt, step: { kind: 'wait', why, awaited, seconds } };
  };
  if (awaited.length > 0 && now.getTime() - Date.parse(askedSince) < LONGEST_WAIT_MILLIS) {
    return wait('NOT_SHOWN', Math.round(ASK_AGAIN_SECONDS + random * ASK_AGAIN_SPREAD_SECONDS));
  }
  const hasBegun = fullSweepAt !== undefined && beganAfter(fullSweepAt, since, now);
  if (awaited.length === 0 && hasBegun) return { sweptAt, step: { kind: 'begun' } };
  const sinceSweep = now.getTime() - Date.parse(sweptAt ?? '');
  // A time that is ahead is from a wrong clock.
  if (sinceSweep >= -CLOCKS_DIFFER_MILLIS && sinceSweep < BETWEEN_SWEEPS_MILLIS) {
    return wait('RECENT', Math.min(LONGEST_DELAY_SECONDS, Math.ceil((BETWEEN_SWEEPS_MILLIS - sinceSweep) / 1000)));
  }
  // Awaited resources are left to the next sweep. Without a reminder, nothing might come back to them.
  const next = awaited.length > 0 ? remind(BETWEEN_SWEEPS_MILLIS / 1000) : { requested: left };
  const step: NextStep = { kind: 'start', awaited, seconds: next.seconds };
  return { requested: next.requested, sweptAt: now.toISOString(), step };
}

/** A time that is ahead is from a wrong clock. */
function askedSinceOf({ askedSince }: RequestedSweep, now: Date): string {
  const latest = now.toISOString();
  return askedSince === undefined || askedSince > latest ? latest : askedSince;
}

/**
 * Whether a message that reminds of the request is still to come.
 *
 * @param isReminder whether such a message is here; the recorded time is then its own, unless it is clearly ahead
 */
export function isUnderWay({ remindedAt }: RequestedSweep, now: Date, isReminder = false): boolean {
  if (remindedAt === undefined) return false;
  const ahead = Date.parse(remindedAt) - now.getTime();
  const isAhead = isReminder ? ahead > CLOCKS_DIFFER_MILLIS : ahead >= -LATE_MILLIS;
  return isAhead && ahead <= LONGEST_DELAY_SECONDS * 1000 + CLOCKS_DIFFER_MILLIS;
}

/**
 * Returns the request after a sweep was started for it. What others have asked for since stays, and so does what is
 * still awaited.
 *
 * @param sweptAt the time at which the sweep was started
 */
export function afterStart(
  current: RequestedSweep | undefined, started: Pick<RequestedSweep, 'since'>, sweptAt: string | undefined,
): RequestedSweep | undefined {
  if (current === undefined) return undefined;
  const isAnswered = current.awaited.length === 0 && current.since <= started.since;
  return isAnswered ? undefined : { ...current, askedSince: sweptAt ?? current.askedSince };
}

/** Returns the request after its reminder could not be sent, or its sweep not be started: no reminder is to come. */
export function afterFailure(current: RequestedSweep | undefined): RequestedSweep | undefined {
  if (current === undefined) return undefined;
  const { remindedAt: _, ...rest } = current;
  return rest;
}

/**
 * Records the changes that a batch has dealt with, and takes the next step towards a full sweep that changes ask for.
 *
 * Both go into one write, which comes before the step: of two functions at once, one starts the sweep. If the step
 * fails, the messages that ask are delivered again, and the request stays.
 */
import { isDeepStrictEqual } from 'node:util';
import type { ChangeMessage, UnreadChange } from './batch';
import {
  afterFailure, afterStart, type Asked, isUnderWay, merged, type NextStep, nextStep, readShown, requestOf, Shown,
} from './full-sweep';
import { afterDealing, type Dealt, fullSweepAt, type Readings } from './readings';
import { errorFacts } from '../errors';
import { changeBy } from '../ledger/change';
import type { ChangesEntry, RequestedSweep } from '../model/ledger';
import type { Clock, FullSweeps, Ledger, Log, Topology } from '../ports';

export interface RecordingDependencies {
  readonly ledger: Pick<Ledger, 'putChanges'>;
  readonly topology: Topology;
  /** Absent: changes start no full sweep, because the next run finds them. */
  readonly fullSweeps?: FullSweeps;
  readonly clock: Clock;
  readonly log: Log;
  readonly runId: string;
}

/** The groups that the run of a batch has read, and the changes that it or earlier runs have dealt with. */
export interface Read extends Pick<Dealt, 'groupIds' | 'readAt'> {
  readonly changes: readonly ChangeMessage[];
}

/** The messages that ask for a full sweep. */
export interface Asking {
  readonly topology: readonly ChangeMessage[];
  readonly unread: readonly UnreadChange[];
  readonly reminders: readonly string[];
}

/**
 * @returns the ids of the messages that ask for a full sweep, if that could not be written, or its step not be taken
 */
export async function record(
  read: Read, asking: Asking, known: Readings, dependencies: RecordingDependencies,
): Promise<readonly string[]> {
  const { log, clock, fullSweeps } = dependencies;
  const messageIds = [
    ...asking.topology.flatMap(each => each.messageIds), ...asking.unread.flatMap(each => each.messageIds),
    ...asking.reminders,
  ];
  // If a reminder was lost, the next batch comes back to the request.
  const isOverdue = known.entry?.requested !== undefined && !isUnderWay(known.entry.requested, clock.now());
  const isAsked = fullSweeps !== undefined && (messageIds.length > 0 || isOverdue);
  if (!isAsked && [messageIds, read.groupIds, read.changes].every(each => each.length === 0)) return [];
  if (!known.isReadable) {
    if (isAsked) log('ERROR', NOT_ASKED, { event: 'FullSweep' });
    return messageIds;
  }
  let written: Written;
  try {
    written = await write(read, asking, { known, isAsked }, dependencies);
  } catch (error) {
    const facts = errorFacts(error);
    const [level, what] = messageIds.length > 0
      ? ['ERROR', 'The request for a full sweep could not be written, so its changes are delivered again'] as const
      : ['WARN', 'The groups that were read could not be recorded, so they may be read again'] as const;
    log(level, `${what}: ${facts.code}: ${facts.message}`, { event: 'Ledger', error: facts });
    return messageIds;
  }
  const { step, requested, sweptAt, identities } = written;
  let isStarted = false;
  const afterStep = (current: RequestedSweep | undefined): RequestedSweep | undefined =>
    isStarted && requested ? afterStart(current, requested, sweptAt) : current;
  try {
    if (step.kind === 'start') {
      await start(step, dependencies);
      isStarted = true;
    }
    await take(step, dependencies);
  } catch (error) {
    const facts = errorFacts(error);
    const isNotStarted = step.kind === 'start' && !isStarted;
    const what = isNotStarted ? 'A full sweep could not be started' : 'No reminder could be sent';
    const text = `${what}, so the changes that ask for it are delivered again: ${facts.code}: ${facts.message}`;
    log('ERROR', text, { event: 'FullSweep', error: facts });
    await settle(written, current =>
      ({ ...current, requested: afterFailure(afterStep(current.requested)) }), dependencies);
    return messageIds;
  }
  if (isStarted || identities.length > 0) {
    await settle(written, current => ({
      ...current,
      ...afterDealing(current, { groupIds: [], readAt: clock.now(), identities }, clock.now()),
      requested: afterStep(current.requested),
    }), dependencies);
  }
  return [];
}

const NOT_ASKED = 'A full sweep cannot be requested, because the item changes of the ledger cannot be read. Delete the item; '
  + 'until then, the changes that ask for it are delivered again';

/** The state after the write, and the step that is to be taken. */
interface Written {
  readonly step: NextStep;
  readonly entry?: ChangesEntry;
  readonly requested?: RequestedSweep;
  readonly sweptAt?: string;
  /** The identities of the events that are dealt with once the step was taken. */
  readonly identities: readonly string[];
}

/** Whether CloudFormation made one of the changes. Each of them may be about any rule. */
export const mayBeAnyOfStack = ({ topology, unread }: Pick<Asking, 'topology' | 'unread'>): boolean =>
  topology.some(({ change }) => change.isByCloudFormation) || unread.some(each => each.isByCloudFormation);

/** Whether a step calls another service. */
const isEffect = (step: NextStep): boolean =>
  step.kind === 'start' || (step.kind === 'wait' && step.seconds !== undefined);

async function write(
  { groupIds, readAt, changes }: Read, { topology, unread, reminders }: Asking,
  { known, isAsked }: { readonly known: Readings; readonly isAsked: boolean }, dependencies: RecordingDependencies,
): Promise<Written> {
  const { ledger, clock, runId } = dependencies;
  const request = requestOf(topology.map(({ change }) => change), unread, clock.now());
  const awaited = merged(known.entry?.requested, request)?.awaited ?? [];
  const shown = isAsked ? await readShown(awaited, dependencies) : new Shown();
  const asked: Asked = {
    request, shown, fullSweepAt: fullSweepAt(known), isReminder: reminders.length > 0,
    now: clock.now(), random: clock.random(),
  };
  const ofAsking = [...topology, ...unread].flatMap(({ identity }) => identity ?? []);
  const ofReading = changes.flatMap(({ identity }) => identity ?? []).filter(each => !ofAsking.includes(each));
  const isOfStack = mayBeAnyOfStack({ topology, unread });
  const decide = (current: ChangesEntry | undefined): ReturnType<typeof nextStep> =>
    isAsked ? nextStep(current ?? {}, asked) : { ...current, step: { kind: 'nothing' } };
  const { previous, entry } = await changeBy<ChangesEntry>(each => ledger.putChanges(each), known.entry, current => {
    const { step, requested, sweptAt } = decide(current);
    const identities = isEffect(step) ? ofReading : [...ofReading, ...ofAsking];
    const isSame = groupIds.length === 0 && identities.length === 0 && !isOfStack
      && isDeepStrictEqual([requested, sweptAt], [current?.requested, current?.sweptAt]);
    return isSame ? undefined : {
      revision: (current?.revision ?? 0) + 1, writtenBy: runId, sweptAt, requested,
      stackChangeAt: isOfStack ? asked.now.toISOString() : current?.stackChangeAt,
      ...afterDealing(current, { groupIds, readAt, identities }, asked.now, asked.fullSweepAt),
    };
  });
  const { step, requested, sweptAt } = decide(previous);
  return { step, entry, requested, sweptAt, identities: isEffect(step) ? ofAsking : [] };
}

async function start(
  { awaited }: Extract<NextStep, { kind: 'start' }>, { fullSweeps, log }: RecordingDependencies,
): Promise<void> {
  await fullSweeps?.start();
  const ids = awaited.map(({ id }) => id);
  const why = ids.length > 0
    ? `because changes have asked for it for 15 minutes. EC2 does not show the new state of ${ids.join(', ')} yet, so `
      + 'another full sweep follows'
    : 'because rules of any group may be stale';
  log('INFO', `A full sweep was started, ${why}`, { event: 'FullSweep', ...ids.length > 0 && { awaited: ids } });
}

/** Takes the step. If it is to start a sweep, that was started before. */
async function take(step: NextStep, { fullSweeps, log }: RecordingDependencies): Promise<void> {
  switch (step.kind) {
    case 'nothing': return;
    case 'begun':
      log('INFO', 'A full sweep has begun since the changes that ask for one, so none is started', { event: 'FullSweep' });
      return;
    case 'start':
      if (step.seconds !== undefined) await fullSweeps?.remindIn(step.seconds);
      return;
    case 'wait': {
      const { why, seconds } = step;
      const awaited = step.awaited.map(({ id }) => id);
      const reason = why === 'RECENT' ? 'the latest one is less than 10 minutes ago'
        : `EC2 does not show the new state of ${awaited.join(', ')} yet`;
      const when = seconds === undefined ? '' : `, and looked at again in ${seconds} seconds`;
      if (seconds !== undefined) await fullSweeps?.remindIn(seconds);
      log('INFO', `A full sweep is put off, because ${reason}${when}`, { event: 'FullSweep', why, awaited, seconds });
    }
  }
}

/** Writes what follows from the step. If this fails, at most one more full sweep is started. */
async function settle(
  { entry }: Written, follow: (current: ChangesEntry) => ChangesEntry, { ledger, log, runId }: RecordingDependencies,
): Promise<void> {
  try {
    await changeBy<ChangesEntry>(each => ledger.putChanges(each), entry, current =>
      current && { ...follow(current), revision: current.revision + 1, writtenBy: runId });
  } catch (error) {
    const facts = errorFacts(error);
    const text = `The request for a full sweep stays as it was, so another one may be started: ${facts.code}: ${facts.message}`;
    log('WARN', text, { event: 'Ledger', error: facts });
  }
}

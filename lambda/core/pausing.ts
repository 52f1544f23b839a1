/**
 * Pauses and resumes revoking on request, and adopts a ledger.
 *
 * The pause is written first, because the caller waits for it. Counting the rules that are due and sending events
 * follow, and their failures do not fail the request.
 */
import { pauseNow } from './decide/hold';
import { countDueEntries } from './decide/plan';
import { errorFacts, UNREADABLE_ITEM } from './errors';
import { changeBy } from './ledger/change';
import { adopted } from './ledger/control';
import { type ControlWriter, paused, type PauseRequest, resumed } from './ledger/pause';
import { claimChanges, TOLD_BY_INVOCATIONS, unclaimChanges } from './ledger/pause-changes';
import type { HygieneEvent } from './model/delivery';
import type { ControlEntry, Pause, SweepEntry } from './model/ledger';
import type { ToldChange } from './model/result';
import type { Ledger, Log } from './ports';
import { pauseEvents } from './report/events';
import { notification } from './report/notification';
import { heldBack, type HeldBack, moment, pausedMessage, reasonOf } from './report/pause-words';
import { type Audience, publish, send, type TellDependencies } from './report/tell';
import { EventType } from '../../src/contract/names';

/** The state after a request to pause or resume. */
export interface PauseAnswer {
  /** Absent when revoking is not paused. */
  readonly pausedUntil?: string;
  readonly reason?: string;
  readonly changed: boolean;
  /** The number of rules that are due. Absent when the entries of the ledger could not be read. */
  readonly due?: number;
  /** The limit at the latest sweep. Absent before the first sweep is recorded. */
  readonly maxRevocationsPerSweep?: number;
  /** The whole answer in words. */
  readonly message: string;
}

export interface PausingDependencies extends TellDependencies {
  readonly ledger: Ledger;
  /** The name of the ledger table. */
  readonly table: string;
  /** The id of this invocation in the ledger and in events. */
  readonly id: string;
  /** The name of the construct. */
  readonly hygiene: string;
  /** Returns the number of rules that are due. Absent: the entries of the ledger are counted. */
  readonly countDue?: () => Promise<number | undefined>;
}

/** @throws when the ledger cannot be read or written */
export async function pause(request: PauseRequest, dependencies: PausingDependencies): Promise<PauseAnswer> {
  const follow: Follow = (current, writer) => paused(current, request, writer);
  const { before, control, isWritten } = await changeControl(follow, dependencies);
  // A pause exists here: either it held before, or it was just written.
  const now = control?.pause as Pause;
  const [change, words] = !isWritten
    ? [undefined, 'Nothing was changed: the current pause ends no earlier, and pausing never shortens one. ']
    : before === undefined ? ['BEGUN', ''] : ['EXTENDED', 'The pause is extended. '];
  return conclude({ control, change, about: now, words: held => `${words}${pausedMessage(now, held)}` }, dependencies);
}

/** Names the sweep that may revoke the due rules after the pause. */
const NEXT = 'the next sweep';

/** @throws when the ledger cannot be read or written */
export async function resume(dependencies: PausingDependencies): Promise<PauseAnswer> {
  const { before, control, isWritten } = await changeControl(resumed, dependencies);
  const words = before === undefined
    ? 'Nothing was changed: revoking is not paused'
    : `Revoking is resumed: the pause until ${moment(before.until)} was ended (${reasonOf(before)})`;
  const change = isWritten ? 'ENDED' : undefined;
  return conclude({ control, change, about: before, words: held => `${words}. ${heldBack(held, NEXT)}` }, dependencies);
}

/** The result of a request to adopt a ledger. */
export interface AdoptAnswer {
  readonly changed: boolean;
  readonly message: string;
}

/**
 * Adopts a ledger that was made for another table, after a person has checked it. From then on the ledger is trusted.
 *
 * @throws when the ledger cannot be read or written
 */
export async function adopt({ ledger, table, clock, log, id }: PausingDependencies): Promise<AdoptAnswer> {
  const writer = { id, now: clock.now() };
  const { isWritten, previous } = await changeBy<ControlEntry>(
    entry => ledger.putControl(entry),
    await ledger.control(),
    current => adopted(current, table, writer),
  );
  const made = previous?.table === undefined ? '' : `, which was made for the table ${previous.table},`;
  const message = isWritten
    ? `The ledger in ${table}${made} is adopted. From the next sweep on, entries of rules that EC2 no longer has are settled, `
      + 'and rules that are due are revoked'
    : `Nothing was changed: the ledger was made for ${table}`;
  log(isWritten ? 'WARN' : 'INFO', message, { event: 'Ledger', table, previousTable: previous?.table });
  return { changed: isWritten, message };
}

type Follow = (current: ControlEntry | undefined, writer: ControlWriter) => ControlEntry | undefined;

interface ControlChange {
  /** The pause that held before. */
  readonly before?: Pause;
  readonly control?: ControlEntry;
  readonly isWritten: boolean;
}

async function changeControl(follow: Follow, { ledger, clock, id }: PausingDependencies): Promise<ControlChange> {
  const writer = { id, now: clock.now() };
  try {
    const { isWritten, previous, entry } = await changeBy<ControlEntry>(
      each => ledger.putControl(each), await ledger.control(), current => follow(current, writer));
    return { before: pauseNow(previous, writer.now), control: entry, isWritten };
  } catch (error) {
    const { code, message } = errorFacts(error);
    if (code !== UNREADABLE_ITEM) throw error;
    throw Object.assign(new Error(`${UNREADABLE}: ${message}`), { name: code });
  }
}

const UNREADABLE = 'Nothing was changed: whether revoking is paused cannot be read. That counts as a pause already, so '
  + 'nothing is revoked until it is repaired';

interface Conclusion {
  readonly control?: ControlEntry;
  /** Absent when nothing changed. */
  readonly change?: string;
  /** The pause that the request concerned. */
  readonly about?: Pause;
  readonly words: (held: HeldBack) => string;
}

async function conclude(
  { control, change, about, words }: Conclusion, dependencies: PausingDependencies,
): Promise<PauseAnswer> {
  const { ledger, clock, log, countDue } = dependencies;
  const [sweep, due] = await Promise.all([
    readOrLog('the latest sweep', () => ledger.latestSweep(), log),
    readOrLog('which rules are due', countDue ?? (() => dueIn(ledger)), log),
  ]);
  const held: HeldBack = { due, maxRevocationsPerSweep: sweep?.maxRevocationsPerSweep };
  const message = words(held);
  const { until, reason, pauseId } = about ?? {};
  log(change === undefined ? 'INFO' : 'WARN', message, { event: 'Pause', change, until, reason, ...held, pauseId });
  await tellNow(control, { sweep, held }, dependencies);
  const current = pauseNow(control, clock.now());
  return { pausedUntil: current?.until, reason: current?.reason, changed: change !== undefined, ...held, message };
}

async function dueIn(ledger: Ledger): Promise<number> {
  const { entries, unreadable } = await ledger.unsettled();
  return countDueEntries(entries, unreadable.length);
}

/** @returns undefined if the value is absent or cannot be read */
async function readOrLog<T>(what: string, read: () => Promise<T>, log: Log): Promise<T | undefined> {
  try {
    return await read();
  } catch (caught) {
    const error = errorFacts(caught);
    const doing = `reading ${what} from the ledger`;
    const message = `The ledger failed: ${doing} failed with ${error.code}: ${error.message}`;
    log('ERROR', message, { event: 'ScanError', doing, error });
    return undefined;
  }
}

interface Known {
  readonly sweep?: SweepEntry;
  readonly held: HeldBack;
}

/** If no sweep has recorded the event bus, or sending fails, the next sweep sends the events. */
async function tellNow(
  control: ControlEntry | undefined, { sweep, held }: Known, dependencies: PausingDependencies,
): Promise<void> {
  if (sweep?.eventBus === undefined) return;
  const { ledger, clock, log, id, hygiene } = dependencies;
  const writer: ControlWriter = { id, now: clock.now() };
  let untold: readonly ToldChange[] = [];
  try {
    untold = await claimChanges(control, TOLD_BY_INVOCATIONS, ledger, writer);
    if (untold.length === 0) return;
    const { eventBus, notificationsTopicArn, notificationFormat } = sweep;
    const audience: Audience = { eventBus, notificationsTopicArn, notificationFormat };
    const events = pauseEvents(untold, held, { hygiene, sweepId: id, sweep: NEXT });
    const undelivered = (await send(events, audience, dependencies)).map(({ event }) => event);
    const isDelivered = (event: HygieneEvent): boolean => !undelivered.includes(event);
    untold = untold.filter((_, index) => !isDelivered(events[index]));
    // Leaves out changes that a sweep will send again, so that people get one message only.
    await publish(notification(events.filter(isDelivered), 'Invocation'), audience, dependencies);
  } catch (error) {
    notTold(error, log);
  }
  try {
    if (untold.length > 0) await unclaimChanges(untold, ledger, writer);
  } catch (error) {
    notTold(error, log);
  }
}

function notTold(caught: unknown, log: Log): void {
  const error = errorFacts(caught);
  const message = `A change of the pause could not be reported: ${error.code}: ${error.message}`;
  log('ERROR', message, { event: 'DeliveryFailed', detailType: EventType.PAUSE_CHANGED, error });
}

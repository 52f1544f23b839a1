/**
 * Deals with a batch of the queue of changes: sweeps the groups that the changes name, and has everything swept where a
 * change may concern any group.
 *
 * A message is consumed when its groups were read, or when the request for a full sweep is in the ledger and someone
 * will come back to it. Otherwise it is returned, and SQS delivers it again.
 */
import { type Batch, batchOf, type ChangeMessage, type UnreadChange } from './batch';
import { groupsOfRules, namesOnlyRules } from './groups-of-rules';
import { noteLate } from './note';
import { fullSweepAt, groupsAgain, groupsLeft, groupsOfOthers, isDealtWith, type Readings } from './readings';
import { mayBeAnyOfStack, record, type RecordingDependencies } from './record';
import { type DecodedConfiguration, looksAtRules } from '../../../src/contract/configuration';
import { beganAfter } from '../decide/times';
import { errorFacts, UNREADABLE_ITEM } from '../errors';
import type { Ledger } from '../ports';
import { changeLine } from '../report/log-lines';
import { unreadDatum } from '../report/metric-data';
import { type CurrentConfiguration, load, runCurrent, type RunDependencies } from '../run';

export interface ChangesDependencies extends RunDependencies, RecordingDependencies {
  readonly ledger: Ledger;
  /** The ends of the ARNs of the sessions in which the functions of this construct make calls. */
  readonly ownSessions: readonly string[];
}

/** The messages that are to be delivered again, as Lambda expects them. */
export interface BatchAnswer {
  readonly batchItemFailures: Array<{ itemIdentifier: string }>;
}

/** @throws when the event is not a batch of SQS */
export async function handleChanges(event: unknown, dependencies: ChangesDependencies): Promise<BatchAnswer> {
  const { clock, ownSessions } = dependencies;
  const batch = batchOf(event, { now: clock.now(), ownSessions });
  logBatch(batch, dependencies);
  const again = new Set([...batch.unusable, ...await deal(batch, dependencies)]);
  return { batchItemFailures: [...again].map(itemIdentifier => ({ itemIdentifier })) };
}

type MessageIds = readonly string[];

const NONE: MessageIds = [];

/** @returns the ids of the messages that are to be delivered again */
async function deal(batch: Batch, dependencies: ChangesDependencies): Promise<MessageIds> {
  const { changes, unread, reminders, unusable, newlyUnusable } = batch;
  if (changes.length + unread.length + reminders.length + unusable.length === 0) return NONE;
  const { log, ledger, clock } = dependencies;
  try {
    const [loaded, known] = await Promise.all([load(dependencies), readKnown(ledger, dependencies)]);
    if (loaded.kind === 'current' && looksAtRules(loaded.configuration)) {
      const fresh = changes.filter(each => !isDealtWith(each, known));
      const isRead = (each: ChangeMessage): boolean => isWithoutPlaceAndRead(each, known, clock.now());
      logChanges(fresh.filter(isRead), dependencies);
      const placed = await withGroups(fresh.filter(each => !isRead(each)), dependencies);
      const newlyUnread = [...unread, ...placed.unread].filter(each => !isDealtWith(each, known));
      const circumstances = { known, current: loaded, changesUnread: newlyUnread.length + newlyUnusable };
      const { changes: read, again } = placed;
      const left = { ...batch, changes: read, unread: newlyUnread };
      return [...again, ...await dealWith(left, circumstances, dependencies)];
    }
    if (loaded.kind === 'changing') {
      // The sweep of the deployment looks at everything. If the deployment fails, there is no such sweep.
      log('WARN', `The changes are delivered again later: ${loaded.detail}`, { event: 'Change' });
      // Only the first delivery counts a message that is no JSON object.
      if (loaded.configuration) await publishUnread(newlyUnusable, loaded.configuration, dependencies);
      return allOf(batch);
    }
    log('INFO', 'The changes are left: the configuration looks at no rules', { event: 'Change' });
    await publishUnread(unread.length + newlyUnusable, loaded.configuration, dependencies);
    return NONE;
  } catch (error) {
    const facts = errorFacts(error);
    log('ERROR', `The changes could not be dealt with, and are delivered again: ${facts.code}: ${facts.message}`, {
      event: 'Failed', error: facts,
    });
    return allOf(batch);
  }
}

/** Returns the ids of all messages that can be dealt with. */
const allOf = ({ changes, unread, reminders }: Batch): MessageIds =>
  [...[...changes, ...unread].flatMap(({ messageIds }) => messageIds), ...reminders];

interface Placed {
  readonly changes: readonly ChangeMessage[];
  /** Changes of rules whose groups nobody knows. */
  readonly unread: readonly UnreadChange[];
  readonly again: MessageIds;
}

/**
 * Whether a full sweep has read the rules of a change since, whose groups nobody knows. What CloudFormation changes has
 * to be found, because it is kept.
 */
function isWithoutPlaceAndRead({ change, isRedelivered }: ChangeMessage, known: Readings, now: Date): boolean {
  const { at, isByCloudFormation } = change;
  if (isRedelivered || isByCloudFormation || at === undefined || !namesOnlyRules(change)) return false;
  const fullSweep = fullSweepAt(known);
  return fullSweep !== undefined && beganAfter(fullSweep, at, now);
}

/** Adds the groups of rules whose event names no group. */
async function withGroups(
  changes: readonly ChangeMessage[], dependencies: ChangesDependencies,
): Promise<Placed> {
  const incomplete = changes.filter(({ change }) => namesOnlyRules(change));
  if (incomplete.length === 0) return { changes, unread: [], again: NONE };
  const complete = changes.filter(each => !incomplete.includes(each));
  try {
    const groups = await groupsOfRules(incomplete.flatMap(({ change }) => change.ruleIds), dependencies);
    const placed = incomplete.map(each => {
      const groupIds = [...new Set(each.change.ruleIds.flatMap(id => groups.get(id) ?? []))];
      return { ...each, change: { ...each.change, groupIds } };
    });
    const unread = placed.filter(({ change }) => change.groupIds.length === 0).map(unreadOf);
    logUnread(unread, dependencies);
    const found = placed.filter(({ change }) => change.groupIds.length > 0);
    return { changes: [...complete, ...found], unread, again: NONE };
  } catch (error) {
    const facts = errorFacts(error);
    const text = `The groups of changed rules could not be found, so the changes are delivered again: ${facts.code}: ${facts.message}`;
    dependencies.log('ERROR', text, { event: 'Failed', error: facts });
    return { changes: complete, unread: [], again: incomplete.flatMap(({ messageIds }) => messageIds) };
  }
}

const unreadOf = (
  { messageIds, identity, change: { eventName, eventId, at, isByCloudFormation } }: ChangeMessage,
): UnreadChange => ({ messageIds, identity, eventName, eventId, at, isByCloudFormation, keys: [] });

/** An item that cannot be read costs only its saving. @throws when the ledger cannot be read */
async function readKnown(ledger: Ledger, { log }: ChangesDependencies): Promise<Readings> {
  const optional = async <T>(read: () => Promise<T | undefined>): Promise<{ item?: T; isReadable: boolean }> => {
    try {
      return { item: await read(), isReadable: true };
    } catch (error) {
      const facts = errorFacts(error);
      if (facts.code !== UNREADABLE_ITEM) throw error;
      const text = `What earlier runs have read is not known, so groups may be read again: ${facts.message}`;
      log('WARN', text, { event: 'ScanError', error: facts });
      return { isReadable: false };
    }
  };
  const [changes, sweep] = await Promise.all([optional(() => ledger.changes()), optional(() => ledger.latestSweep())]);
  return { entry: changes.item, sweep: sweep.item, isReadable: changes.isReadable };
}

interface Circumstances {
  readonly known: Readings;
  readonly current: CurrentConfiguration;
  readonly changesUnread: number;
}

async function dealWith(
  batch: Batch, circumstances: Circumstances, dependencies: ChangesDependencies,
): Promise<MessageIds> {
  const { known, current: { configuration }, changesUnread } = circumstances;
  const now = dependencies.clock.now();
  const placed = batch.changes.map(each => {
    // A full sweep that began while another run was about to revoke a rule has left the rule to that run.
    const readings = each.isRedelivered ? { entry: known.entry } : known;
    return { ...each, groupIds: groupsLeft(each.change, readings, now) };
  });
  const left = placed.filter(({ groupIds }) => groupIds.length > 0);
  const late = placed.filter(({ groupIds, change }) => groupIds.length < change.groupIds.length);
  const noted = await noteLate(late, dependencies);
  const topology = configuration.staleRules === 'ignore'
    ? []
    : batch.changes.filter(({ change }) => change.awaits !== undefined);
  const isAnyOfStack = mayBeAnyOfStack({ topology, unread: batch.unread });
  // An item that cannot be read may say that CloudFormation made such a change.
  const stackChangeAt = isAnyOfStack || !known.isReadable ? now.toISOString() : known.entry?.stackChangeAt;
  const ran = await runOver(left, { ...circumstances, stackChangeAt }, dependencies);
  if (!ran.isPublished) await publishUnread(changesUnread, configuration, dependencies);
  // The run has logged the changes that were left.
  logChanges([...topology, ...late.filter(({ groupIds }) => groupIds.length === 0)], dependencies);
  const { unread, reminders } = batch;
  const isAgain = ({ change }: ChangeMessage): boolean => noted.again.some(each => each.change === change);
  const changes = [...ran.done.filter(each => !isAgain(each)), ...noted.done];
  return [
    ...ran.again, ...noted.again.flatMap(({ messageIds }) => messageIds),
    ...await record({ ...ran, changes }, { topology, unread, reminders }, known, dependencies),
  ];
}

/** Logs each change once, even if it is in several lists. */
function logChanges(messages: readonly ChangeMessage[], { log }: Pick<ChangesDependencies, 'log'>): void {
  for (const change of new Set(messages.map(each => each.change))) {
    const { level, message, fields } = changeLine(change);
    log(level, message, fields);
  }
}

/** A change with the groups that are left to read. */
interface ChangeLeft extends ChangeMessage {
  readonly groupIds: readonly string[];
}

/** The outcome of the run over the groups of a batch. */
interface Ran {
  readonly readAt: Date;
  /** The groups that count as read. */
  readonly groupIds: readonly string[];
  /** The changes whose groups all count as read. */
  readonly done: readonly ChangeMessage[];
  /** The messages to be delivered again. */
  readonly again: MessageIds;
  /** Whether the run has published the number of unread changes. */
  readonly isPublished: boolean;
}

async function runOver(
  left: readonly ChangeLeft[],
  { current, changesUnread, stackChangeAt }: Circumstances & { readonly stackChangeAt?: string },
  dependencies: ChangesDependencies,
): Promise<Ran> {
  const { clock, log } = dependencies;
  const nothing: Ran = { readAt: clock.now(), groupIds: [], done: [], again: [], isPublished: false };
  if (left.length === 0) return nothing;
  const groupIds = [...new Set(left.flatMap(each => each.groupIds))];
  const request = {
    trigger: 'change', scope: { kind: 'groups', groupIds }, changes: left.map(({ change }) => change), changesUnread,
    stackChangeAt,
  } as const;
  try {
    const { result } = await runCurrent(request, current, dependencies);
    const again = groupsAgain(result, groupIds);
    const notDone = new Set([...again, ...groupsOfOthers(result)]);
    const failed = left.filter(each => each.groupIds.some(groupId => again.has(groupId)));
    if (failed.length > 0) {
      const text = `${again.size} groups could not be dealt with, so ${failed.length} changes are delivered again`;
      log('WARN', text, { event: 'Change', groupIds: [...again] });
    }
    return {
      readAt: result.startedAt, groupIds: groupIds.filter(groupId => !notDone.has(groupId)),
      done: left.filter(each => !each.groupIds.some(groupId => notDone.has(groupId))),
      again: failed.flatMap(({ messageIds }) => messageIds), isPublished: true,
    };
  } catch (error) {
    const facts = errorFacts(error);
    const text = `The run over ${groupIds.length} groups failed, so the changes are delivered again: ${facts.code}: ${facts.message}`;
    log('ERROR', text, { event: 'Failed', groupIds, error: facts });
    return { ...nothing, again: left.flatMap(({ messageIds }) => messageIds) };
  }
}

/** Publishes the number of changes of which no id could be taken, if no run does so. */
async function publishUnread(
  count: number, configuration: DecodedConfiguration, { metrics, clock, log }: ChangesDependencies,
): Promise<void> {
  if (count === 0) return;
  try {
    await metrics.publish(configuration.metricNamespace, [unreadDatum(count, configuration)], clock.now());
  } catch (error) {
    const facts = errorFacts(error);
    const text = `The number of changes that could not be read, ${count}, was not published: ${facts.code}: ${facts.message}`;
    log('ERROR', text, { event: 'DeliveryFailed', error: facts });
  }
}

function logBatch({ changes, unread, reminders, unusable, leftOut }: Batch, dependencies: ChangesDependencies): void {
  const { log } = dependencies;
  log('INFO', `A batch has ${changes.length} changes, ${unread.length + unusable.length} that cannot be read, and `
    + `${leftOut} that are left out, because the call failed or was one of this construct`, {
    changes: changes.length, unread: unread.length, unusable: unusable.length, reminders: reminders.length, leftOut,
  });
  logUnread(unread, dependencies);
  for (const messageId of unusable) {
    log('WARN', 'A message is no JSON object. It is delivered again, and ends in the dead-letter queue', {
      event: 'ChangeUnread', messageId,
    });
  }
}

function logUnread(
  unread: readonly UnreadChange[], { log, fullSweeps }: Pick<ChangesDependencies, 'log' | 'fullSweeps'>,
): void {
  const then = fullSweeps === undefined ? 'the next run finds it' : 'everything is swept';
  for (const { messageIds: [messageId], eventName, eventId, at, isByCloudFormation, keys } of unread) {
    const facts = { eventName, eventId, at, isByCloudFormation, keys };
    const name = facts.eventName === undefined ? 'An event' : `The event ${facts.eventName}`;
    log('WARN', `${name} has no id of a group or resource that is known, so ${then}`, {
      event: 'ChangeUnread', messageId, ...facts,
    });
  }
}

/**
 * Records which announcements were accepted, so that their notice begins, and which requests for approvals were. The
 * next run that finds the rule sends again an announcement or a request that was not accepted or not recorded.
 */
import { errorFacts } from './errors';
import { isTelling, untold, withTold } from './ledger/announcement';
import { withAskingTold } from './ledger/approval';
import { requestsOf } from './ledger/asked';
import { change, ENTRIES_AT_A_TIME } from './ledger/change';
import { inParallel } from './lists';
import type { Channel, LedgerEntry } from './model/ledger';
import type { SweepResult } from './model/result';
import type { Clock, Ledger, Log } from './ports';
import type { Failed, Tidings } from './report/tell';
import { announcedStart } from './report/waiting-words';
import type { DecodedConfiguration } from '../../src/contract/configuration';
import { EventType } from '../../src/contract/names';

export interface Delivered {
  readonly tidings: Pick<Tidings, 'events' | 'notification'>;
  readonly undelivered: Failed;
  readonly configuration: Pick<DecodedConfiguration, 'notificationsTopicArn'>;
  /** The channels that have to accept an announcement. Absent: the event, and the message if there is a topic. */
  readonly channels?: readonly Channel[];
}

interface Dependencies {
  readonly ledger: Pick<Ledger, 'put'>;
  readonly clock: Clock;
  readonly log: Log;
}

export async function recordTold(
  result: Pick<SweepResult, 'entries' | 'run' | 'asked'>, delivered: Delivered, dependencies: Dependencies,
): Promise<void> {
  await recordAnnounced(result, delivered, dependencies);
  await recordAsking(result, delivered, dependencies);
}

async function recordAnnounced(
  { entries, run }: Pick<SweepResult, 'entries' | 'run'>,
  { tidings, undelivered, configuration, channels = channelsOf(configuration) }: Delivered,
  { ledger, clock, log }: Dependencies,
): Promise<void> {
  const sent = new Set(tidings.events
    .filter(event => event.type === EventType.REVOCATION_ANNOUNCED && !undelivered.events.has(event))
    .map(({ detail }) => detail.securityGroupRuleId));
  // A message has no room for very many announcements.
  const isNamed = (id: string): boolean => undelivered.text?.includes(announcedStart(id)) === true;
  const accepted = (entry: LedgerEntry): Channel[] =>
    untold(entry, run.id, channels).filter(channel =>
      channel === 'event' ? sent.has(entry.securityGroupRuleId) : isNamed(entry.securityGroupRuleId));
  // A channel may have gone since an earlier run, so that nothing is left to send.
  const announced = [...entries?.values() ?? []].filter(entry =>
    isTelling(entry, run.id) && (accepted(entry).length > 0 || untold(entry, run.id, channels).length === 0));
  await inParallel(ENTRIES_AT_A_TIME, announced, async entry => {
    try {
      await change(ledger, entry, current =>
        current && withTold(current, accepted(entry), channels, { id: run.id, now: clock.now() }));
    } catch (error) {
      const { code, message } = errorFacts(error);
      const text = `The announcement of the revocation of ${entry.securityGroupRuleId} was sent and could not be recorded, `
        + `so it is sent again: ${code}: ${message}`;
      log('ERROR', text, { event: 'Announcement', securityGroupRuleId: entry.securityGroupRuleId, error: { code, message } });
    }
  });
}

async function recordAsking(
  { asked, entries, run }: Pick<SweepResult, 'asked' | 'entries' | 'run'>,
  { tidings, undelivered, configuration, channels = channelsOf(configuration) }: Delivered,
  { ledger, log }: Dependencies,
): Promise<void> {
  if (asked === undefined) return;
  if (channels.includes('message') && undelivered.text === undefined) return;
  const sent = tidings.events.filter(({ type }) => type === EventType.APPROVAL_REQUESTED);
  const accepted = requestsOf(asked.entries).filter((_, index) =>
    sent[index] !== undefined && !undelivered.events.has(sent[index])).flat();
  await inParallel(ENTRIES_AT_A_TIME, accepted, async ({ securityGroupRuleId, ...entry }) => {
    try {
      const known = entries?.get(securityGroupRuleId) ?? { securityGroupRuleId, ...entry };
      await change(ledger, known, current => current && withAskingTold(current, run));
    } catch (error) {
      const { code, message } = errorFacts(error);
      const text = `The request for an approval of the revocation of ${securityGroupRuleId} was sent and could not be `
        + `recorded, so it is sent again: ${code}: ${message}`;
      log('ERROR', text, { event: 'Approval', securityGroupRuleId, error: { code, message } });
    }
  });
}

function channelsOf({ notificationsTopicArn }: Delivered['configuration']): Channel[] {
  return notificationsTopicArn === undefined ? ['event'] : ['event', 'message'];
}

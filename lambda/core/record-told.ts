/**
 * Records which announcements were accepted, so that their notice begins. What was not accepted, or could not be
 * recorded, is sent again by the next run that finds the rule.
 */
import { errorFacts } from './errors';
import { isTelling, untold, withTold } from './ledger/announcement';
import { change, ENTRIES_AT_A_TIME } from './ledger/change';
import { inParallel } from './lists';
import type { Channel, LedgerEntry } from './model/ledger';
import type { SweepResult } from './model/result';
import type { Clock, Ledger, Log } from './ports';
import type { Failed, Tidings } from './report/tell';
import type { DecodedConfiguration } from '../../src/contract/configuration';
import { EventType } from '../../src/contract/names';

export interface Delivered {
  readonly tidings: Pick<Tidings, 'events' | 'notification'>;
  readonly undelivered: Failed;
  readonly configuration: Pick<DecodedConfiguration, 'notificationsTopicArn'>;
  /** The channels that have to accept an announcement. Absent: the event, and the message if there is a topic. */
  readonly channels?: readonly Channel[];
}

export async function recordTold(
  { entries, run }: Pick<SweepResult, 'entries' | 'run'>,
  { tidings, undelivered, configuration, channels = channelsOf(configuration) }: Delivered,
  { ledger, clock, log }: { readonly ledger: Pick<Ledger, 'put'>; readonly clock: Clock; readonly log: Log },
): Promise<void> {
  const sent = new Set(tidings.events
    .filter(event => event.type === EventType.REVOCATION_ANNOUNCED && !undelivered.events.has(event))
    .map(({ detail }) => detail.securityGroupRuleId));
  const isMessageSent = tidings.notification !== undefined && undelivered.messages === 0;
  const accepted = (entry: LedgerEntry): Channel[] => untold(entry, run.id, channels).filter(channel =>
    channel === 'event' ? sent.has(entry.securityGroupRuleId) : isMessageSent);
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

function channelsOf({ notificationsTopicArn }: Delivered['configuration']): Channel[] {
  return notificationsTopicArn === undefined ? ['event'] : ['event', 'message'];
}

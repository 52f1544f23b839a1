/**
 * Records which announcements were accepted, so that their notice begins, and which requests for approvals were. The
 * next run that finds the rule sends again an announcement or a request that was not accepted or not recorded.
 */
import { errorFacts } from './errors';
import { channelsOf, isTelling, untold, withTold } from './ledger/announcement';
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
}

export async function recordTold(
  result: Pick<SweepResult, 'entries' | 'run' | 'asked'>, delivered: Delivered,
  { ledger, clock, log }: { readonly ledger: Pick<Ledger, 'put'>; readonly clock: Clock; readonly log: Log },
): Promise<void> {
  const { run } = result;
  const { id } = run;
  const announced = new Map(announcedBy(result, delivered));
  const asked = new Set(askedBy(result, delivered));
  const channels = channelsOf(delivered.configuration, run);
  const follow = (current: LedgerEntry | undefined): LedgerEntry | undefined => {
    const accepted = current && announced.get(current.securityGroupRuleId);
    const told = accepted && withTold(current, accepted, channels, { id, now: clock.now() });
    const isAsked = current && asked.has(current.securityGroupRuleId);
    const both = isAsked ? withAskingTold(told ?? current, { id }) : undefined;
    return both && told ? { ...both, revision: told.revision } : both ?? told;
  };
  const known = [...result.entries?.values() ?? []]
    .filter(({ securityGroupRuleId: each }) => announced.has(each) || asked.has(each));
  await inParallel(ENTRIES_AT_A_TIME, known, async entry => {
    try {
      await change(ledger, entry, follow);
    } catch (error) {
      const { securityGroupRuleId } = entry;
      const { code, message } = errorFacts(error);
      const what = announced.has(securityGroupRuleId) ? 'The announcement' : 'The request for an approval';
      const text = `${what} of the revocation of ${securityGroupRuleId} was sent and could not be recorded, so it is sent `
        + `again: ${code}: ${message}`;
      log('ERROR', text, { event: 'Announcement', securityGroupRuleId, error: { code, message } });
    }
  });
}

/** Returns the rules whose announcement the run makes, with the channels that have accepted it. */
function announcedBy(
  { entries, run }: Pick<SweepResult, 'entries' | 'run'>,
  { tidings, undelivered, configuration }: Delivered,
): Array<readonly [securityGroupRuleId: string, accepted: Channel[]]> {
  const channels = channelsOf(configuration, run);
  const sent = new Set(tidings.events
    .filter(event => event.type === EventType.REVOCATION_ANNOUNCED && !undelivered.events.has(event))
    .map(({ detail }) => detail.securityGroupRuleId));
  // A message has no room for very many announcements.
  const isNamed = (id: string): boolean => undelivered.text?.includes(announcedStart(id)) === true;
  return [...entries?.values() ?? []].filter(entry => isTelling(entry, run.id)).flatMap(entry => {
    const { securityGroupRuleId: id } = entry;
    const left = untold(entry, run.id, channels);
    const accepted = left.filter(channel => channel === 'event' ? sent.has(id) : isNamed(id));
    // A channel may have gone since an earlier run, so that nothing is left to send.
    return accepted.length > 0 || left.length === 0 ? [[id, accepted] as const] : [];
  });
}

/** Returns the rules for whose approval the run has asked through every channel. */
function askedBy(
  { asked, run }: Pick<SweepResult, 'asked' | 'run'>, { tidings, undelivered, configuration }: Delivered,
): string[] {
  const isInMessage = channelsOf(configuration, run).includes('message');
  if (asked === undefined || (isInMessage && undelivered.text === undefined)) return [];
  const sent = tidings.events.filter(({ type }) => type === EventType.APPROVAL_REQUESTED);
  return requestsOf(asked.entries)
    .filter((_, index) => sent[index] !== undefined && !undelivered.events.has(sent[index]))
    .flatMap(entries => entries.map(({ securityGroupRuleId }) => securityGroupRuleId));
}

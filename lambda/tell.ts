/** Tells of what a sweep changed, and saw change: events to EventBridge, and a message to a person. What cannot be delivered fails nothing. */
import { errorFacts } from './errors';
import type { Log } from './ports';
import { events } from './report/events';
import { notification } from './report/notification';
import type { SweepDependencies, SweepResult } from './sweep';
import type { DecodedConfiguration } from '../src/private/contract';

/** Each tells what the others do; the metric counts them all. */
const DELIVERY_LINES = 100;

/** Sends the events, and the notification if there is a topic for it. @returns how many could not be delivered */
export async function tell(result: SweepResult, configuration: DecodedConfiguration, dependencies: SweepDependencies, log: Log): Promise<number> {
  const { sweepId, restoreFunctionName, clock } = dependencies;
  const { eventBus, notificationsTopicArn: topicArn, allowRestore } = configuration;
  const changed = events(result, configuration, { sweepId, restoreFunctionName: allowRestore ? restoreFunctionName : undefined });
  const message = notification(changed);
  if (message === undefined) return 0;
  const [undelivered, isUnpublished] = await Promise.all([
    dependencies.events.send(eventBus, changed, clock.now()),
    topicArn === undefined ? false : dependencies.notifications.publish(topicArn, message).then(() => false, (error: unknown) => {
      const facts = errorFacts(error);
      log('ERROR', `The notification was not delivered to ${topicArn}: ${facts.code}: ${facts.message}`, { event: 'DeliveryFailed', topicArn, error: facts });
      return true;
    }),
  ]);
  for (const { event, code, message: why } of undelivered.slice(0, DELIVERY_LINES)) {
    const { securityGroupRuleId, vpnConnectionId } = event.detail;
    const about = securityGroupRuleId ?? vpnConnectionId;
    log('ERROR', `The event ${event.type}${about === undefined ? '' : ` of ${String(about)}`} was not delivered to the event bus ${eventBus}: ${code}: ${why}`, {
      event: 'DeliveryFailed', eventBus, detailType: event.type, securityGroupRuleId, vpnConnectionId, error: { code, message: why },
    });
  }
  return undelivered.length + Number(isUnpublished);
}

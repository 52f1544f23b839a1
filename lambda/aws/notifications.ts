/** The notifications port over SNS's Publish. */
import type { Notifications } from '../ports';
import { PublishCommand, type SNSClient } from './sdk';

export function snsNotifications(client: SNSClient): Notifications {
  return {
    publish: async (topicArn, { subject, message }) => {
      await client.send(new PublishCommand({ TopicArn: topicArn, Subject: subject, Message: message }));
    },
  };
}

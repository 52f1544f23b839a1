/** Implements the notifications port with SNS's Publish. */
import { PublishCommand, type SNSClient } from '../../bundle/sdk';
import type { Notifications } from '../core/ports';

export function snsNotifications(client: SNSClient): Notifications {
  return {
    publish: async (topicArn, { subject, message, structure }) => {
      await client.send(new PublishCommand({
        TopicArn: topicArn, Subject: subject, Message: message, MessageStructure: structure,
      }));
    },
  };
}

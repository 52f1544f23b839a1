/**
 * SNS's Publish to a topic, with its errors. A subject of exactly 100 characters is accepted, as SNS does, although the
 * documentation says less than 100. It must be ASCII, which the documentation said before it said UTF-8, so that code
 * that passes works either way.
 *
 * @see https://docs.aws.amazon.com/sns/latest/api/API_Publish.html
 */
import { type Parameters, text } from '../endpoint/parameters';
import { ServiceError } from '../endpoint/service-error';

export interface PublishedMessage {
  readonly topicArn: string;
  readonly subject: string | undefined;
  readonly message: string;
}

const MESSAGE_BYTES = 262_144;

/** @param topics the existing topics; undefined: any topic exists. @throws when SNS would refuse the message */
export function readPublish(
  { TopicArn: topic, Subject: subject, Message: message }: Parameters,
  topics: ReadonlySet<string>,
): PublishedMessage {
  const topicArn = text(topic) ?? '';
  if (topicArn === '') throw invalid('TopicArn or TargetArn Reason: no value for required parameter');
  if (!topicArn.startsWith('arn:')) throw invalid(`TopicArn Reason: ${topicArn} does not start with arn`);
  if (topicArn.split(':').length < 6) {
    throw invalid(`TopicArn Reason: An ARN must have at least 6 elements, not ${topicArn.split(':').length}`);
  }
  if (subject !== undefined && !/^[\x21-\x7e][\x20-\x7e]{0,99}$/.test(text(subject) ?? '')) throw invalid('Subject');
  if (typeof message !== 'string' || message === '') throw invalid('Empty message');
  if (Buffer.byteLength(message) > MESSAGE_BYTES) throw invalid('Message too long');
  if (topics.size > 0 && !topics.has(topicArn)) throw new ServiceError('NotFound', 'Topic does not exist', 404);
  return { topicArn, subject: text(subject), message };
}

const invalid = (why: string): ServiceError => new ServiceError('InvalidParameter', `Invalid parameter: ${why}`);

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
  /** The text for every protocol that has none of its own. */
  readonly message: string;
  /** The texts of protocols that have one of their own. Absent without the message structure `json`. */
  readonly byProtocol?: Readonly<Record<string, string>>;
}

/** The protocols of subscriptions. Other keys of a message are ignored. */
const PROTOCOLS = ['http', 'https', 'email', 'email-json', 'sms', 'sqs', 'lambda', 'firehose', 'application'];

const MESSAGE_BYTES = 262_144;

/** @param topics the existing topics; undefined: any topic exists. @throws when SNS would refuse the message */
export function readPublish(
  { TopicArn: topic, Subject: subject, Message: message, MessageStructure: structure }: Parameters,
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
  const texts = structure === undefined ? { message } : textsOf(message, text(structure));
  if (topics.size > 0 && !topics.has(topicArn)) throw new ServiceError('NotFound', 'Topic does not exist', 404);
  return { topicArn, subject: text(subject), ...texts };
}

/** Values that are no texts are ignored. The limit of the size holds for the whole JSON text. */
function textsOf(message: string, structure: string | undefined): Pick<PublishedMessage, 'message' | 'byProtocol'> {
  if (structure !== 'json') throw invalid('MessageStructure');
  const parsed = parse(message);
  if (typeof parsed !== 'object' || parsed === null) throw invalid('Message Structure - JSON message body failed to parse');
  const texts = Object.entries(parsed).filter((entry): entry is [string, string] => typeof entry[1] === 'string');
  const byDefault = texts.find(([key]) => key === 'default')?.[1];
  if (byDefault === undefined) throw invalid('Message Structure - No default entry in JSON message body');
  return { message: byDefault, byProtocol: Object.fromEntries(texts.filter(([key]) => PROTOCOLS.includes(key))) };
}

function parse(json: string): unknown {
  try {
    return JSON.parse(json);
  } catch {
    return undefined;
  }
}

const invalid = (why: string): ServiceError => new ServiceError('InvalidParameter', `Invalid parameter: ${why}`);

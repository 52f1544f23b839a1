/**
 * SQS's SendMessage, with its errors.
 *
 * @see https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_SendMessage.html
 */
import { createHash, randomUUID } from 'node:crypto';
import type { Answer } from './protocols';
import { type Parameters, text } from '../endpoint/parameters';
import { ServiceError } from '../endpoint/service-error';

export interface SentMessage {
  readonly queueUrl: string;
  readonly body: string;
  /** Absent if the call leaves the delay to the queue. */
  readonly delaySeconds: number | undefined;
}

const MESSAGE_BYTES = 1_048_576;
const MOST_DELAY_SECONDS = 900;

/**
 * The characters that a message may not contain, outside of the surrogates of larger code points.
 *
 * @see https://www.w3.org/TR/REC-xml/#charsets
 */
// eslint-disable-next-line no-control-regex
const NOT_ALLOWED = /[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\u{10000}-\u{10ffff}]/u;

/**
 * @param queues the names of the existing queues; empty: any queue exists
 * @throws when SQS would refuse the message
 */
export function readSendMessage(
  { QueueUrl: queue, MessageBody: body, DelaySeconds: delay }: Parameters, queues: ReadonlySet<string>,
): SentMessage {
  const queueUrl = text(queue);
  if (queueUrl === undefined) throw missing('QueueUrl');
  if (typeof body !== 'string' || body === '') throw missing('MessageBody');
  if (Buffer.byteLength(body) > MESSAGE_BYTES) {
    throw invalid(`One or more parameters are invalid. Reason: Message must be shorter than ${MESSAGE_BYTES} bytes.`);
  }
  if (NOT_ALLOWED.test(body)) {
    throw new ServiceError('InvalidMessageContents', 'Invalid characters were found in the message');
  }
  if (delay !== undefined && !isDelay(delay)) {
    throw invalid(`Value ${JSON.stringify(delay)} for parameter DelaySeconds is invalid. Reason: DelaySeconds must be >= 0 and <= ${MOST_DELAY_SECONDS}.`);
  }
  const name = queueUrl.split('/').at(-1) ?? '';
  if (name === '' || (queues.size > 0 && !queues.has(name))) {
    throw new ServiceError('QueueDoesNotExist', 'The specified queue does not exist.');
  }
  return { queueUrl, body, delaySeconds: delay };
}

/** Returns the answer, whose digest the SDK compares with the message. */
export const sent = ({ body }: SentMessage): Answer =>
  ({ MessageId: randomUUID(), MD5OfMessageBody: createHash('md5').update(body).digest('hex') });

const isDelay = (value: unknown): value is number =>
  typeof value === 'number' && Number.isInteger(value) && value >= 0 && value <= MOST_DELAY_SECONDS;

const missing = (parameter: string): ServiceError =>
  new ServiceError('MissingParameter', `The request must contain the parameter ${parameter}.`);

const invalid = (message: string): ServiceError => new ServiceError('InvalidParameterValue', message);

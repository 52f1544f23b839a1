/**
 * EventBridge's PutEvents, which refuses whole calls, and single entries of calls that succeed.
 *
 * The limit of a call is 256 KB here, although it is 1 MB in most Regions by now, so that code that passes works
 * everywhere. An entry without a required field fails by itself, as AWS responds, although the documentation says that
 * a call with only such entries fails as a whole.
 *
 * @see https://docs.aws.amazon.com/eventbridge/latest/APIReference/API_PutEvents.html
 */
import { list, type Parameter, type Parameters, record, text } from '../endpoint/parameters';
import { ServiceError } from '../endpoint/service-error';

export interface DeliveredEvent {
  /** The bus as the entry named it, or `default`. */
  readonly eventBus: string;
  readonly source: string;
  readonly detailType: string;
  readonly detail: Readonly<Record<string, unknown>>;
  /** The time of the entry, or else of the call. */
  readonly time: Date;
}

/** The error for a refused entry. */
export interface EntryRefusal {
  readonly code: string;
  readonly message: string;
}

export const DEFAULT_EVENT_BUS = 'default';

const BYTES = 256 * 1024;
const TIME_BYTES = 14;
const EVENT_BUS = /^(arn:aws[\w-]*:events:[a-z]+-[a-z-]+\d+:\d{12}:event-bus\/)?[/.\-\w]{1,256}$/;

/** @throws when EventBridge would refuse the whole call; @returns each entry as it is delivered, or its error */
export function readPutEvents({ Entries: entries }: Parameters): Array<DeliveredEvent | EntryRefusal> {
  if (entries === undefined || entries === null) throw invalid('Value null', 'Member must not be null');
  if (!Array.isArray(entries)) throw new ServiceError('SerializationException', 'Entries is no list');
  if (entries.length === 0) throw invalid('Value \'[]\'', 'Member must have length greater than or equal to 1');
  if (entries.length > 10) {
    throw invalid(`Value of ${entries.length} entries`, 'Member must have length less than or equal to 10');
  }
  const records = entries.map(entry => record(entry));
  if (records.some(({ EventBusName: bus }) => bus !== undefined && !EVENT_BUS.test(text(bus) ?? ''))) {
    throw invalid('Value of eventBusName', 'Member must satisfy regular expression pattern');
  }
  const times = records.map(({ Time: time }) => readTime(time));
  if (records.reduce((sum, entry) => sum + bytesOf(entry), 0) >= BYTES) {
    throw new ServiceError('ValidationException', 'Total size of the entries in the request is over the limit.');
  }
  return records.map((entry, index) => readEntry(entry, times[index]));
}

function readEntry(entry: Parameters, time: Date): DeliveredEvent | EntryRefusal {
  const [source, detailType, detail] = [entry.Source, entry.DetailType, entry.Detail].map(value => text(value) ?? '');
  if (source === '') return required('Source');
  if (detailType === '') return required('DetailType');
  if (detail === '') return required('Detail');
  if (detailType.length > 128) {
    return {
      code: 'InvalidArgument',
      message: 'Parameter DetailType is not valid. Reason: DetailType is longer than 128 characters.',
    };
  }
  if (source.startsWith('aws.')) {
    return { code: 'NotAuthorizedForSourceException', message: 'Not authorized for the source.' };
  }
  const parsed = readDetail(detail);
  if (parsed === undefined) return { code: 'MalformedDetail', message: 'Detail is malformed.' };
  return { eventBus: text(entry.EventBusName) ?? DEFAULT_EVENT_BUS, source, detailType, detail: parsed, time };
}

function readDetail(detail: string): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(detail);
    return typeof value === 'object' && value !== null && !Array.isArray(value)
      ? (value as Record<string, unknown>)
      : undefined;
  } catch {
    return undefined;
  }
}

function readTime(time: Parameter | undefined): Date {
  if (time === undefined) return new Date();
  if (typeof time !== 'number') throw new ServiceError('SerializationException', 'Time is no number of seconds');
  return new Date(time * 1000);
}

/**
 * Returns the size as EventBridge counts it.
 *
 * @see https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-putevents.html#eb-putevent-size
 */
function bytesOf({
  Time: time,
  Source: source,
  DetailType: detailType,
  Detail: detail,
  Resources: resources,
}: Parameters): number {
  return [source, detailType, detail, ...list(resources)].reduce<number>(
    (sum, value) => sum + Buffer.byteLength(text(value) ?? ''),
    time === undefined ? 0 : TIME_BYTES,
  );
}

const invalid = (what: string, why: string): ServiceError =>
  new ServiceError(
    'ValidationException',
    `1 validation error detected: ${what} at 'entries' failed to satisfy constraint: ${why}`,
  );

const required = (parameter: string): EntryRefusal => ({
  code: 'InvalidArgument',
  message: `Parameter ${parameter} is not valid. Reason: ${parameter} is a required argument.`,
});

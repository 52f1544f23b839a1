/**
 * Reads who made a call, and when, from a record of CloudTrail. A field that has another form than CloudTrail's is
 * absent.
 */
import { field, text, textsIn } from './fields';
import type { ChangedBy, ChangeTool } from '../model/change';

/** A name that CloudTrail gives a call. */
const EVENT_NAME = /^[A-Za-z][0-9A-Za-z]{0,99}$/;

/** Stands for the name of a call in a record without one. */
const UNNAMED = 'unknown';

/** CloudTrail's ids are UUIDs. Any short word is taken, because the id only tells events apart. */
const EVENT_ID = /^[0-9A-Za-z-]{1,64}$/;

/** An ARN has at most 2,048 characters, none of which is a space. */
const ARN = /^arn:[!-~]{1,2044}$/;

const CLOUDFORMATION = 'cloudformation.amazonaws.com';

/** Clocks differ by this much. */
const AHEAD_MILLIS = 2 * 60_000;

/** No queue keeps a message longer than 14 days, and CloudTrail delivers within a day. */
const OLDEST_MILLIS = 15 * 86_400_000;

export function nameOf(record: unknown): string | undefined {
  const [name, ...others] = textsIn(field(record, 'eventName')).filter(each => EVENT_NAME.test(each));
  return others.length === 0 ? name : undefined;
}

export function idOf(record: unknown): string | undefined {
  return matching(EVENT_ID, field(record, 'eventID'));
}

export function arnOf(record: unknown): string | undefined {
  return matching(ARN, field(field(record, 'userIdentity'), 'arn'));
}

/** @returns the time of the call in ISO 8601 and UTC; undefined if the event has no believable time */
export function timeOf(record: unknown, now: Date): string | undefined {
  const millis = millisOf(text(field(record, 'eventTime')) ?? '');
  if (millis === undefined || millis > now.getTime() + AHEAD_MILLIS || millis < now.getTime() - OLDEST_MILLIS) {
    return undefined;
  }
  return new Date(millis).toISOString();
}

/** Takes a date and time, and seconds or milliseconds since 1970. */
function millisOf(time: string): number | undefined {
  if (/^\d{1,13}(\.\d{1,9})?$/.test(time)) return Number(time) * (Number(time) < 1e11 ? 1000 : 1);
  const [, date, clock, zone = 'Z'] =
    /^(\d{4}-\d\d-\d\d)[T ](\d\d:\d\d(?::\d\d(?:\.\d{1,9})?)?)(Z|[+-]\d\d:?\d\d)?$/.exec(time) ?? [];
  const millis = Date.parse(`${date}T${clock}${zone}`);
  return Number.isNaN(millis) ? undefined : millis;
}

/**
 * Whether CloudFormation made the call, which keeps rules until its stack is complete. In doubt it did, so these fields
 * may have any shape. The caller cannot choose them, as opposed to the user agent.
 */
export function isByCloudFormation(record: unknown): boolean {
  const identity = field(record, 'userIdentity');
  const invoked = typeof identity === 'string' ? [after(INVOKED_BY, identity)] : textsIn(identity, INVOKED_BY);
  return [...invoked, ...textsIn(field(record, 'sourceIPAddress'))].some(namesCloudFormation);
}

const INVOKED_BY = 'invokedBy';

/** Also true of `stacksets.cloudformation.amazonaws.com`, for example. */
const namesCloudFormation = (value: string): boolean => value.toLowerCase().includes(CLOUDFORMATION);

/** Returns the part of a text after a key, as in an identity that is JSON or has another form. */
function after(key: string, value: string): string {
  const [, ...rest] = value.toLowerCase().split(key.toLowerCase());
  return rest.join();
}

/** @param now times after it, and times long before it, are not believed */
export function changedByOf(record: unknown, now: Date): ChangedBy {
  const [eventId, at, arn, tool] = [idOf(record), timeOf(record, now), arnOf(record), toolOf(record)];
  return {
    eventName: nameOf(record) ?? UNNAMED,
    ...eventId !== undefined && { eventId },
    ...at !== undefined && { at },
    ...arn !== undefined && { arn },
    ...tool !== undefined && { tool },
  };
}

/** Names that the console gives itself, such as `console.ec2.amazonaws.com`. */
const CONSOLE_AGENT = /^\[?(console(\.[\w-]+)?\.amazonaws\.com|(EC2|VPC)Console\w*)\b/;

/** With credentials of the console, the user agent of the browser, or that of AWS's own servers behind the console. */
const BROWSER_AGENT = /^\[?(Mozilla\/|AWS Internal\b|aws-internal\/|Coral\/Netty)/i;

function toolOf(record: unknown): ChangeTool | undefined {
  const agent = text(field(record, 'userAgent')) ?? '';
  if (isByCloudFormation(record) || agent.toLowerCase() === CLOUDFORMATION) return 'CloudFormation';
  // Packer has HashiCorp in its user agent, too.
  if (/Terraform/i.test(agent)) return 'Terraform';
  const isOfConsole = text(field(record, 'sessionCredentialFromConsole')) === 'true';
  return CONSOLE_AGENT.test(agent) || (isOfConsole && BROWSER_AGENT.test(agent)) ? 'console' : undefined;
}

function matching(pattern: RegExp, value: unknown): string | undefined {
  const found = text(value);
  return found !== undefined && pattern.test(found) ? found : undefined;
}

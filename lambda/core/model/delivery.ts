/** The data that a run delivers: metrics, events, and the message to a person. */
import type { EventTypeName } from '../../../src/contract/names';

export interface MetricDatum {
  readonly name: string;
  readonly value: number;
  readonly unit: 'Count' | 'Seconds' | 'Milliseconds';
  readonly dimensions: Readonly<Record<string, string>>;
}

/** A datum that CloudWatch refuses. */
export interface RefusedDatum {
  readonly datum: MetricDatum;
  readonly code: string;
  readonly message: string;
}

/** An event for EventBridge. */
export interface HygieneEvent {
  readonly type: EventTypeName;
  readonly detail: EventDetail;
}

/** One line of the message to a person: an event, or a lasting state, which has no event because nothing changed. */
export interface Tiding {
  readonly type: EventTypeName | 'VPN Connection Pending';
  readonly detail: EventDetail;
}

/** The fields that the detail of every event has. */
export interface EventDetail {
  /** A sentence for people about the event. */
  readonly message: string;
  /** The name of the construct. */
  readonly hygiene: string;
  readonly sweepId: string;
  readonly [name: string]: unknown;
}

/** An event that could not be delivered. */
export interface UndeliveredEvent {
  readonly event: HygieneEvent;
  readonly code: string;
  readonly message: string;
}

/** A rule as an event shows it that asks for the approval of its revocation. */
export interface AskedRule {
  readonly securityGroupRuleId: string;
  readonly groupId: string;
  readonly groupName?: string;
  /** The traffic and the reason in words. */
  readonly traffic: string;
  readonly description?: string;
  readonly because: string;
  readonly digest?: string;
  /** The traffic of the rules that replace it, in words. */
  readonly replacedBy?: readonly string[];
}

/** The things of one kind that a message tells. */
export interface NewsSection {
  readonly type: Tiding['type'];
  readonly heading: string;
  /** A sentence about each thing, or about the first of them. */
  readonly lines: readonly string[];
  /** The number of all things of this kind. */
  readonly count: number;
  /** The number in words, such as `2 new findings`. */
  readonly counted: string;
}

/** The commands with one purpose. There is at least one. */
export interface NewsCommands {
  /** The purpose in words, such as `To put a revoked rule back`. */
  readonly purpose: string;
  readonly each: readonly string[];
  /** The number of all commands with this purpose, those included that the message may not have. */
  readonly count: number;
  /** The place where all of them are, in words that precede "has each" or "have each". */
  readonly elsewhere: string;
}

/** The contents of a message, the most urgent first, before it has a form. */
export interface News {
  /** The name of the construct. */
  readonly hygiene: string;
  readonly sweepId: string;
  /** The counts in words, such as `1 VPN change, 2 revoked`. */
  readonly counts: string;
  readonly sections: readonly NewsSection[];
  /** The commands, those with one purpose together. */
  readonly commands: readonly NewsCommands[];
  /** The ids of the security groups and VPN connections. */
  readonly resources: readonly string[];
  /** The last sentence. */
  readonly closing: string;
}

/** A message to people. */
export interface Notification {
  /** At most 100 characters of printable ASCII. */
  readonly subject: string;
  /** The text for a mailbox. */
  readonly message: string;
  readonly news: News;
}

/** A message as a topic gets it. */
export interface Publication extends Pick<Notification, 'subject' | 'message'> {
  /** `json`: the message is a JSON object with a text per protocol of the subscriptions. */
  readonly structure?: 'json';
}

export type LogLevel = 'INFO' | 'WARN' | 'ERROR';

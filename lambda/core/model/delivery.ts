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

/** A message to a person by e-mail. */
export interface Notification {
  /** At most 100 characters of printable ASCII. */
  readonly subject: string;
  readonly message: string;
}

export type LogLevel = 'INFO' | 'WARN' | 'ERROR';

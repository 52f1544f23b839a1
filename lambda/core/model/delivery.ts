/** What is delivered: metrics, events, and the message to a person. */
import type { EventTypeName } from '../../../src/contract/names';

export interface MetricDatum {
  readonly name: string;
  readonly value: number;
  readonly unit: 'Count' | 'Seconds' | 'Milliseconds';
  readonly dimensions: Readonly<Record<string, string>>;
}

/** A datum that CloudWatch does not take. */
export interface RefusedDatum {
  readonly datum: MetricDatum;
  readonly code: string;
  readonly message: string;
}

/** An event as it goes to EventBridge. */
export interface HygieneEvent {
  readonly type: EventTypeName;
  readonly detail: EventDetail;
}

/** What the detail of every event has. */
export interface EventDetail {
  /** What happened, in a sentence for a person. */
  readonly message: string;
  /** The path of the construct. */
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

/** An e-mail, to a person. */
export interface Notification {
  /** At most 100 characters of printable ASCII. */
  readonly subject: string;
  readonly message: string;
}

export type LogLevel = 'INFO' | 'WARN' | 'ERROR';

/**
 * The other ports in memory. They record what they receive. The clock never waits; sleeping advances its time at once.
 */
import type { AwaitedResource } from '../../lambda/core/model/change';
import type {
  HygieneEvent,
  LogLevel,
  MetricDatum,
  Publication,
  RefusedDatum,
  UndeliveredEvent,
} from '../../lambda/core/model/delivery';
import type { LoggedCalls, Stack, Trail } from '../../lambda/core/model/network';
import type {
  Clock, Events, FullSweeps, Log, Metrics, Notifications, Stacks, Topology, Trails,
} from '../../lambda/core/ports';

export class MemoryClock implements Clock {
  readonly slept: number[] = [];
  private millis: number;

  constructor(start = new Date('2026-01-01T00:00:00Z')) {
    this.millis = start.getTime();
  }

  now(): Date {
    return new Date(this.millis);
  }

  async sleep(millis: number): Promise<void> {
    this.slept.push(millis);
    this.advance(millis);
  }

  /** With this value, waits are as long as requested. */
  random(): number {
    return 0.5;
  }

  advance(millis: number): void {
    this.millis += millis;
  }
}

export interface LoggedLine {
  readonly level: LogLevel;
  readonly message: string;
  readonly fields: Readonly<Record<string, unknown>>;
}

export class MemoryLog {
  readonly lines: LoggedLine[] = [];

  readonly log: Log = (level, message, fields = {}) => {
    this.lines.push({ level, message, fields });
  };

  /** Returns a log that adds these fields to its lines. */
  with(shared: Readonly<Record<string, unknown>>): Log {
    return (level, message, fields) => this.log(level, message, { ...shared, ...fields });
  }

  /** Returns everything that was logged as one text. */
  get text(): string {
    return JSON.stringify(this.lines);
  }

  ofEvent(event: string): LoggedLine[] {
    return this.lines.filter(({ fields }) => fields.event === event);
  }
}

export class MemoryMetrics implements Metrics {
  readonly published: Array<{
    readonly namespace: string;
    readonly data: readonly MetricDatum[];
    readonly timestamp: Date;
  }> = [];

  /**
   * @param error the error of every call
   * @param refuses selects data that CloudWatch refuses
   */
  constructor(
    private readonly error?: Error,
    private readonly refuses: (datum: MetricDatum) => boolean = () => false,
  ) {}

  async publish(
    namespace: string,
    data: readonly MetricDatum[],
    timestamp: Date,
    closing?: (refused: number) => MetricDatum,
  ): Promise<RefusedDatum[]> {
    if (this.error) throw this.error;
    const refusal = { code: 'InvalidParameterValueException', message: 'no such datum' };
    const refused = data.filter(this.refuses).map(datum => ({ datum, ...refusal }));
    const taken = data.filter(datum => !this.refuses(datum));
    if (data.length > 0 && taken.length === 0) throw Object.assign(new Error(refusal.message), { name: refusal.code });
    this.published.push({ namespace, data: closing ? [...taken, closing(refused.length)] : taken, timestamp });
    return refused;
  }

  /** The value of each aggregate metric, which has only the construct's dimension. */
  get aggregates(): Record<string, number> {
    const aggregates = this.published
      .flatMap(({ data }) => data)
      .filter(({ dimensions }) => Object.keys(dimensions).length === 1);
    return Object.fromEntries(aggregates.map(({ name, value }) => [name, value]));
  }
}

export class MemoryEvents implements Events {
  readonly sent: Array<HygieneEvent & { readonly eventBus: string }> = [];

  /**
   * @param refused the events that EventBridge refuses
   * @param error the error of the preflight
   */
  constructor(
    private readonly refused: (event: HygieneEvent) => boolean = () => false,
    private readonly error?: Error,
  ) {}

  async send(eventBus: string, events: readonly HygieneEvent[]): Promise<UndeliveredEvent[]> {
    this.sent.push(...events.filter(event => !this.refused(event)).map(event => ({ ...event, eventBus })));
    return events.filter(this.refused).map(event => ({ event, code: 'InternalFailure', message: 'try again' }));
  }

  async preflight(): Promise<void> {
    if (this.error) throw this.error;
  }

  ofType(type: HygieneEvent['type']): HygieneEvent[] {
    return this.sent.filter(event => event.type === type);
  }
}

export class MemoryNotifications implements Notifications {
  readonly published: Array<Publication & { readonly topicArn: string }> = [];

  constructor(private readonly error?: Error) {}

  async publish(topicArn: string, publication: Publication): Promise<void> {
    if (this.error) throw this.error;
    this.published.push({ topicArn, ...publication });
  }
}

/** CloudFormation with the stacks that a test gives. */
export class MemoryStacks implements Stacks {
  /** The ids that were asked for, in order. */
  readonly asked: string[] = [];

  /** @param stacks a stack or the error of asking for it, by id; no other stack exists */
  constructor(readonly stacks: Record<string, Stack | Error> = {}) {}

  async stack(stackId: string): Promise<Stack | undefined> {
    this.asked.push(stackId);
    const stack = this.stacks[stackId];
    if (stack instanceof Error) throw stack;
    return Promise.resolve(stack);
  }
}

/** A trail, and what CloudTrail answers about it, or the error. It logs changes unless a test says otherwise. */
export interface MemoryTrail extends Trail {
  readonly isLogging?: boolean | Error;
  readonly loggedCalls?: LoggedCalls | Error;
}

/** CloudTrail with the trails that a test gives. */
export class MemoryTrails implements Trails {
  readonly region = 'eu-central-1';

  /** @param error the error of listing the trails; a test may take it away again */
  constructor(readonly list: MemoryTrail[] = [], public error?: Error) {}

  async trails(): Promise<Trail[]> {
    if (this.error) throw this.error;
    return Promise.resolve(this.list.map(({ arn, name, isOfOrganization }) => ({ arn, name, isOfOrganization })));
  }

  async isLogging(trailArn: string): Promise<boolean> {
    const { isLogging = true } = this.list.find(({ arn }) => arn === trailArn) ?? {};
    if (isLogging instanceof Error) throw isLogging;
    return Promise.resolve(isLogging);
  }

  async loggedCalls(trailArn: string): Promise<LoggedCalls> {
    const { loggedCalls = 'changes' } = this.list.find(({ arn }) => arn === trailArn) ?? {};
    if (loggedCalls instanceof Error) throw loggedCalls;
    return Promise.resolve(loggedCalls);
  }
}

/** The resources that connect VPCs, with the states that a test gives. */
export class MemoryTopology implements Topology {
  /** The resources that were asked for, in order. */
  readonly asked: AwaitedResource[] = [];
  /** The state of each resource, or the error of asking for it, by id. A resource that is not listed does not exist. */
  readonly states = new Map<string, string | Error>();

  async stateOf(resource: AwaitedResource): Promise<string | undefined> {
    this.asked.push(resource);
    await Promise.resolve();
    const state = this.states.get(resource.id);
    if (state instanceof Error) throw state;
    return state;
  }
}

/** Counts the full sweeps that were started, and records the reminders. */
export class MemoryFullSweeps implements FullSweeps {
  started = 0;
  /** The delays of the reminders in seconds, in order. */
  readonly reminders: number[] = [];
  /** Called before a sweep is started or a reminder is sent. It may throw. */
  before: (call: keyof FullSweeps) => void | Promise<void> = () => undefined;

  async start(): Promise<void> {
    await Promise.resolve();
    await this.before('start');
    this.started += 1;
  }

  async remindIn(seconds: number): Promise<void> {
    if (!Number.isInteger(seconds) || seconds < 1 || seconds > 900) throw new Error(`${seconds} is no delay of SQS`);
    await Promise.resolve();
    await this.before('remindIn');
    this.reminders.push(seconds);
  }
}

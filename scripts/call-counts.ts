/** Counts calls of AWS, so that their journal can be emptied: a run of an organization makes hundreds of thousands. */
import type { Call } from '../test/support/endpoint';

export interface Counted {
  /** The name that signatures have for the service. */
  readonly service: string;
  readonly action: string;
  readonly calls: number;
  readonly throttled: number;
  /** The calls that failed in another way. */
  readonly failed: number;
}

/** The codes of the services for a call that is throttled. */
const THROTTLED = new Set([
  'RequestLimitExceeded', 'Throttling', 'ThrottlingException', 'TooManyRequestsException',
  'ProvisionedThroughputExceededException', 'SlowDown',
]);

const READS: ReadonlySet<string> = new Set(['GetItem', 'Query']);

export class CallCounts {
  /** The capacity of DynamoDB that the calls have consumed. */
  public readUnits = 0;
  public writeUnits = 0;

  private readonly counts = new Map<string, { calls: number; throttled: number; failed: number }>();

  /** Takes the calls that have ended out of a journal. */
  public take(journal: Array<Call & { readonly capacityUnits?: number }>): void {
    for (const call of journal.splice(0)) {
      if (call.outcome === 'pending') journal.push(call);
      else this.add(call);
    }
  }

  public get all(): Counted[] {
    return [...this.counts].map(([key, counts]) => {
      const [service, action] = key.split(' ');
      return { service, action, ...counts };
    });
  }

  private add({ signer, action, outcome, capacityUnits = 0 }: Call & { readonly capacityUnits?: number }): void {
    const key = `${signer?.service ?? 'unsigned'} ${action}`;
    const counts = this.counts.get(key) ?? { calls: 0, throttled: 0, failed: 0 };
    this.counts.set(key, counts);
    counts.calls += 1;
    if (THROTTLED.has(outcome)) counts.throttled += 1;
    else if (outcome !== 'OK') counts.failed += 1;
    if (READS.has(action)) this.readUnits += capacityUnits;
    else this.writeUnits += capacityUnits;
  }
}

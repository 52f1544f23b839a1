/**
 * Paces calls to the token buckets that EC2 documents, so that a sweep is neither throttled nor slower than EC2 allows.
 *
 * Each action has one bucket per account and Region. Other callers, such as the console, use the same buckets, so a
 * throttled call also empties the bucket kept here.
 *
 * @see https://docs.aws.amazon.com/ec2/latest/devguide/ec2-api-throttling.html
 */

/** The maximum number of tokens in a bucket, and the number of tokens that it regains per second. */
export interface BucketSize {
  readonly capacity: number;
  readonly refillPerSecond: number;
}

const NON_MUTATING: BucketSize = { capacity: 100, refillPerSecond: 20 };
const BUCKETS: Readonly<Record<string, BucketSize>> = {
  DescribeStaleSecurityGroups: { capacity: 20, refillPerSecond: 5 },
  DescribeSecurityGroupReferences: { capacity: 20, refillPerSecond: 5 },
  RevokeSecurityGroupIngress: { capacity: 50, refillPerSecond: 5 },
  AuthorizeSecurityGroupIngress: { capacity: 50, refillPerSecond: 5 },
  CreateTags: { capacity: 100, refillPerSecond: 10 },
};

/**
 * The number of calls of one action that may be in progress at a time. It is low for large responses, because these
 * take much memory.
 */
const CONCURRENCY: Readonly<Record<string, number>> = {
  DescribeSecurityGroupRules: 3, DescribeSecurityGroups: 2, DescribeNetworkInterfaces: 2,
};
const DEFAULT_CONCURRENCY = 40;

/**
 * A token bucket that can be overdrawn. A caller that takes a token from an empty bucket waits until that token is
 * refilled.
 */
export class TokenBucket {
  private tokens: number;
  private refilledAt: number;
  private readonly capacity: number;

  constructor(private readonly size: BucketSize, private readonly now: () => number = () => performance.now()) {
    // EC2 does not document whether it refills once a second or continuously. Holding back the refill of one second is
    // right for both, and covers jitter.
    this.capacity = size.capacity - size.refillPerSecond;
    this.tokens = this.capacity;
    this.refilledAt = now();
  }

  /** Takes one token. @returns the number of milliseconds until the token is available */
  take(): number {
    this.refill();
    this.tokens -= 1;
    return this.tokens >= 0 ? 0 : -this.tokens / this.size.refillPerSecond * 1000;
  }

  /** Takes up to `upTo` tokens that are available now. @returns the number of tokens taken */
  takeMore(upTo: number): number {
    this.refill();
    const taken = Math.max(0, Math.min(Math.floor(this.tokens), upTo));
    this.tokens -= taken;
    return taken;
  }

  /** Returns a token that was not used. */
  giveBack(): void {
    this.tokens = Math.min(this.capacity, this.tokens + 1);
  }

  /** Empties the bucket after EC2 has throttled a call, because EC2's own bucket is empty. */
  drain(): void {
    this.refill();
    this.tokens = Math.min(this.tokens, 0);
  }

  private refill(): void {
    const now = this.now();
    this.tokens = Math.min(this.capacity, this.tokens + (now - this.refilledAt) / 1000 * this.size.refillPerSecond);
    this.refilledAt = now;
  }
}

/** The buckets and the calls in progress of every action. It lives as long as the process, because EC2's buckets do. */
export class Pacer {
  private readonly buckets = new Map<string, TokenBucket>();
  private readonly underWay = new Map<string, { count: number; waiting: Array<() => void> }>();
  private factor = 1;

  /** Changes the pace to a multiple of the documented limits. */
  scale(factor: number): void {
    if (factor !== this.factor) this.buckets.clear();
    this.factor = factor;
  }

  /** Waits for a token of the action. @throws the signal's reason if the signal aborts first */
  async admit(action: string, signal?: AbortSignal): Promise<void> {
    const bucket = this.bucket(action);
    signal?.throwIfAborted();
    const millis = bucket.take();
    if (millis === 0) return;
    try {
      await delay(millis, signal);
    } catch (error) {
      bucket.giveBack();
      throw error;
    }
  }

  /**
   * Waits for one token, and takes more if they are available.
   *
   * @returns the number of tokens taken, from 1 to `upTo`
   */
  async admitSeveral(action: string, upTo: number, signal?: AbortSignal): Promise<number> {
    await this.admit(action, signal);
    return 1 + this.bucket(action).takeMore(upTo - 1);
  }

  /**
   * Takes a token for a retry of the SDK without waiting, because the SDK has already waited. Later calls wait longer.
   */
  retried(action: string): void {
    this.bucket(action).take();
  }

  throttled(action: string): void {
    this.bucket(action).drain();
  }

  /** Runs a call as soon as fewer calls of the action are in progress than its limit. */
  async run<T>(action: string, call: () => Promise<T>): Promise<T> {
    const lane = this.underWay.get(action) ?? { count: 0, waiting: [] };
    this.underWay.set(action, lane);
    if (lane.count >= (CONCURRENCY[action] ?? DEFAULT_CONCURRENCY)) {
      await new Promise<void>(resolve => lane.waiting.push(resolve));
    } else {
      lane.count += 1;
    }
    try {
      return await call();
    } finally {
      const next = lane.waiting.shift();
      if (next) next();
      else lane.count -= 1;
    }
  }

  private bucket(action: string): TokenBucket {
    const { capacity, refillPerSecond } = BUCKETS[action] ?? NON_MUTATING;
    const bucket =
      this.buckets.get(action)
      ?? new TokenBucket({ capacity: capacity * this.factor, refillPerSecond: refillPerSecond * this.factor });
    this.buckets.set(action, bucket);
    return bucket;
  }
}

function delay(millis: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const stop = (): void => {
      clearTimeout(timer);
      reject(signal?.reason instanceof Error ? signal.reason : new Error('aborted'));
    };
    const timer = setTimeout(() => {
      signal?.removeEventListener('abort', stop);
      resolve();
    }, millis);
    signal?.addEventListener('abort', stop, { once: true });
  });
}

/**
 * Paces calls to EC2's documented token buckets, so that a sweep is neither throttled nor slower than EC2 allows.
 *
 * Each action has a bucket per account and Region. Others empty the same buckets (the console does, too), so a
 * throttled call empties the one kept here.
 *
 * @see https://docs.aws.amazon.com/ec2/latest/devguide/ec2-api-throttling.html
 */

/** Most tokens a bucket holds, and how many it regains per second. */
export interface BucketSize {
  readonly capacity: number;
  readonly refillPerSecond: number;
}

const NON_MUTATING: BucketSize = { capacity: 100, refillPerSecond: 20 };
const BUCKETS: Readonly<Record<string, BucketSize>> = {
  DescribeStaleSecurityGroups: { capacity: 20, refillPerSecond: 5 },
  RevokeSecurityGroupIngress: { capacity: 50, refillPerSecond: 5 },
  AuthorizeSecurityGroupIngress: { capacity: 50, refillPerSecond: 5 },
  CreateTags: { capacity: 100, refillPerSecond: 10 },
};

/** Calls of one action under way at a time. Answers with rules are large, and memory is what they cost. */
const CONCURRENCY: Readonly<Record<string, number>> = { DescribeSecurityGroupRules: 3, DescribeSecurityGroups: 2 };
const DEFAULT_CONCURRENCY = 40;

/** A token bucket that is spent ahead: whoever takes from an empty one waits until its token will have come. */
export class TokenBucket {
  private tokens: number;
  private refilledAt: number;
  private readonly capacity: number;

  constructor(private readonly size: BucketSize, private readonly now: () => number = () => performance.now()) {
    // Whether EC2 refills once a second or continuously is not documented. Holding back one second's refill is right
    // for both, and covers jitter.
    this.capacity = size.capacity - size.refillPerSecond;
    this.tokens = this.capacity;
    this.refilledAt = now();
  }

  /** Takes one token. @returns how many milliseconds to wait until it is there */
  take(): number {
    this.refill();
    this.tokens -= 1;
    return this.tokens >= 0 ? 0 : -this.tokens / this.size.refillPerSecond * 1000;
  }

  /** Takes what is there beyond the first token, at most `upTo`. @returns how many were taken */
  takeMore(upTo: number): number {
    this.refill();
    const taken = Math.max(0, Math.min(Math.floor(this.tokens), upTo));
    this.tokens -= taken;
    return taken;
  }

  /** Gives back a token that was not used. */
  giveBack(): void {
    this.tokens = Math.min(this.capacity, this.tokens + 1);
  }

  /** EC2 throttled a call: its bucket is empty, whatever this one says. */
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

/** The buckets and the calls under way, of every action. Lives as long as the process, because EC2's buckets do. */
export class Pacer {
  private readonly buckets = new Map<string, TokenBucket>();
  private readonly underWay = new Map<string, { count: number; waiting: Array<() => void> }>();
  private factor = 1;

  /** Paces to so many times the documented limits from now on. */
  scale(factor: number): void {
    if (factor !== this.factor) this.buckets.clear();
    this.factor = factor;
  }

  /** Waits for a token of the action. @throws the signal's reason when it aborts first */
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

  /** Waits for a token and takes as many more as are there. @returns how many were taken, 1 to `upTo` */
  async admitSeveral(action: string, upTo: number, signal?: AbortSignal): Promise<number> {
    await this.admit(action, signal);
    return 1 + this.bucket(action).takeMore(upTo - 1);
  }

  /**
   * The SDK tries a call again, after a wait of its own: it goes before those that wait for their first turn, at the
   * expense of their time.
   */
  retried(action: string): void {
    this.bucket(action).take();
  }

  throttled(action: string): void {
    this.bucket(action).drain();
  }

  /** Runs a call when fewer than the action's share are under way. */
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

import { Pacer, TokenBucket } from '../../../lambda/aws/pacing';

const REVOKE = 'RevokeSecurityGroupIngress';

describe('a token bucket', () => {
  /** A bucket of 20 tokens that regains 5 per second. The refill of one second is held back. */
  function aBucket(): { bucket: TokenBucket; wait: (millis: number) => void } {
    let now = 0;
    return {
      bucket: new TokenBucket({ capacity: 20, refillPerSecond: 5 }, () => now),
      wait: millis => {
        now += millis;
      },
    };
  }

  const takeAll = (bucket: TokenBucket): number[] => Array.from({ length: 15 }, () => bucket.take());

  test('starts full except for the refill of one second, and admits that many at once', () => {
    const { bucket } = aBucket();
    expect(takeAll(bucket)).toEqual(Array.from({ length: 15 }, () => 0));
    expect(bucket.take()).toBe(200);
  });

  test('makes callers of an empty bucket wait, in order', () => {
    const { bucket } = aBucket();
    takeAll(bucket);
    expect([bucket.take(), bucket.take(), bucket.take()]).toEqual([200, 400, 600]);
  });

  test('takes the time that has gone by off the wait', () => {
    const { bucket, wait } = aBucket();
    takeAll(bucket);
    wait(100);
    expect(bucket.take()).toBe(100);
  });

  test('refills at its rate and never beyond its capacity', () => {
    const { bucket, wait } = aBucket();
    takeAll(bucket);
    wait(1000);
    expect(bucket.takeMore(100)).toBe(5);
    wait(3_600_000);
    expect(bucket.takeMore(100)).toBe(15);
  });

  test('admits no more calls in any second than EC2\'s bucket holds and refills', () => {
    const { bucket, wait } = aBucket();
    wait(10_000);
    const waits = Array.from({ length: 30 }, () => bucket.take());
    expect(waits.filter(millis => millis <= 1000)).toHaveLength(20);
  });

  test('takes more only of whole tokens that are there, and at most as many as wanted', () => {
    const { bucket, wait } = aBucket();
    expect(bucket.takeMore(4)).toBe(4);
    expect(bucket.takeMore(100)).toBe(11);
    expect(bucket.takeMore(100)).toBe(0);
    wait(190);
    expect(bucket.takeMore(100)).toBe(0);
    wait(10);
    expect(bucket.takeMore(100)).toBe(1);
  });

  test('takes no more from a bucket that is spent ahead', () => {
    const { bucket } = aBucket();
    takeAll(bucket);
    bucket.take();
    expect(bucket.takeMore(3)).toBe(0);
    expect(bucket.take()).toBe(400);
  });

  test('is empty once drained', () => {
    const { bucket } = aBucket();
    bucket.drain();
    expect(bucket.take()).toBe(200);
  });

  test('forgets no debt when drained', () => {
    const { bucket } = aBucket();
    takeAll(bucket);
    bucket.take();
    bucket.drain();
    expect(bucket.take()).toBe(400);
  });

  test('has a token again that was given back, but never more than fit', () => {
    const { bucket } = aBucket();
    bucket.giveBack();
    expect(bucket.takeMore(100)).toBe(15);
    bucket.take();
    bucket.giveBack();
    expect(bucket.take()).toBe(200);
  });
});

describe('the pacer', () => {
  beforeEach(() => jest.useFakeTimers());
  afterEach(() => jest.useRealTimers());

  /** Returns the number of calls, out of 1,000, that are admitted at once. */
  async function admittedAtOnce(action: string): Promise<number> {
    const pacer = new Pacer();
    let admitted = 0;
    for (let i = 0; i < 1000; i++) void pacer.admit(action).then(() => { admitted += 1; });
    await jest.advanceTimersByTimeAsync(0);
    return admitted;
  }

  test.each([
    ['DescribeStaleSecurityGroups', 15],
    ['RevokeSecurityGroupIngress', 45],
    ['DescribeVpcs', 80],
    ['DescribeSecurityGroups', 80],
    ['DescribeSecurityGroupRules', 80],
    ['DescribeVpnConnections', 80],
  ])('admits %s as often at once as EC2 documents, less one second of refill', async (action, times) => {
    await expect(admittedAtOnce(action)).resolves.toBe(times);
  });

  test('admits the waiting one after the other, at the rate of the refill', async () => {
    const pacer = new Pacer();
    await pacer.admitSeveral(REVOKE, 45);
    const order: number[] = [];
    for (let i = 0; i < 3; i++) void pacer.admit(REVOKE).then(() => order.push(i));
    await jest.advanceTimersByTimeAsync(199);
    expect(order).toEqual([]);
    await jest.advanceTimersByTimeAsync(1);
    expect(order).toEqual([0]);
    await jest.advanceTimersByTimeAsync(400);
    expect(order).toEqual([0, 1, 2]);
  });

  test('keeps a bucket for each action', async () => {
    const pacer = new Pacer();
    await pacer.admitSeveral(REVOKE, 1000);
    await expect(pacer.admitSeveral('DescribeStaleSecurityGroups', 1000)).resolves.toBe(15);
  });

  test('admits several at once: as many as are there, at most as many as wanted', async () => {
    const pacer = new Pacer();
    await expect(pacer.admitSeveral(REVOKE, 25)).resolves.toBe(25);
    await expect(pacer.admitSeveral(REVOKE, 25)).resolves.toBe(20);
  });

  test('waits for one when none is there, and then takes no more than that', async () => {
    const pacer = new Pacer();
    await pacer.admitSeveral(REVOKE, 1000);
    const waiting = pacer.admitSeveral(REVOKE, 25);
    await jest.advanceTimersByTimeAsync(200);
    await expect(waiting).resolves.toBe(1);
  });

  test('waits after a call was throttled, even if it had tokens left', async () => {
    const pacer = new Pacer();
    pacer.throttled(REVOKE);
    let admitted = false;
    void pacer.admit(REVOKE).then(() => { admitted = true; });
    await jest.advanceTimersByTimeAsync(199);
    expect(admitted).toBe(false);
    await jest.advanceTimersByTimeAsync(1);
    expect(admitted).toBe(true);
  });

  test('stops waiting when time runs out, says why, and gives the token back', async () => {
    const pacer = new Pacer();
    await pacer.admitSeveral(REVOKE, 1000);
    const outOfTime = new AbortController();
    const waiting = pacer.admit(REVOKE, outOfTime.signal);
    const refused = expect(waiting).rejects.toThrow('The function is running out of time');
    outOfTime.abort(new Error('The function is running out of time'));
    await refused;
    const next = pacer.admit(REVOKE);
    await jest.advanceTimersByTimeAsync(200);
    await expect(next).resolves.toBeUndefined();
    expect(jest.getTimerCount()).toBe(0);
  });

  test.each([
    [2, 90],
    [0.1, 4],
    [1, 45],
  ])('scaled to %d times the documented limits, admits so many times as much', async (factor, atOnce) => {
    const pacer = new Pacer();
    pacer.scale(factor);
    await expect(pacer.admitSeveral(REVOKE, 1000)).resolves.toBe(atOnce);
    const waiting = pacer.admitSeveral(REVOKE, 1000);
    await jest.advanceTimersByTimeAsync(Math.ceil(200 / factor));
    await expect(waiting).resolves.toBe(1);
  });

  test('scaled as it was, forgets nothing that it has admitted', async () => {
    const pacer = new Pacer();
    pacer.scale(2);
    await pacer.admitSeveral(REVOKE, 90);
    pacer.scale(2);
    const waiting = pacer.admitSeveral(REVOKE, 1000);
    await jest.advanceTimersByTimeAsync(100);
    await expect(waiting).resolves.toBe(1);
  });

  test('takes no token when time has run out before', async () => {
    const pacer = new Pacer();
    await expect(pacer.admit(REVOKE, AbortSignal.abort(new Error('too late')))).rejects.toThrow('too late');
    await expect(pacer.admitSeveral(REVOKE, 1000)).resolves.toBe(45);
  });
});

describe('calls under way', () => {
  interface Calls {
    readonly begun: number[];
    readonly done: Array<Promise<number>>;
    readonly end: (index: number, error?: Error) => void;
  }

  /** Starts calls that end when the test says so. */
  function calls(pacer: Pacer, action: string, count: number): Calls {
    const begun: number[] = [];
    const ends = new Map<number, (error?: Error) => void>();
    const done = Array.from({ length: count }, async (_, index) => pacer.run(action, async () => {
      begun.push(index);
      await new Promise<void>((resolve, reject) => ends.set(index, error => error ? reject(error) : resolve()));
      return index;
    }));
    return { begun, done, end: (index, error) => ends.get(index)?.(error) };
  }

  const settle = async (): Promise<void> => new Promise(resolve => setImmediate(resolve));

  const LARGE = 'DescribeSecurityGroupRules';

  /** Returns the number of calls of an action that run at the same time. */
  async function limitOf(action: string): Promise<number> {
    const { begun } = calls(new Pacer(), action, 100);
    await settle();
    return begun.length;
  }

  test('are at most 40 of an action', async () => {
    await expect(limitOf('DescribeStaleSecurityGroups')).resolves.toBe(40);
  });

  test.each(['DescribeSecurityGroupRules', 'DescribeSecurityGroups'])(
    'are few for %s, whose responses are large',
    async action => {
      const limit = await limitOf(action);
      expect(limit).toBeGreaterThanOrEqual(1);
      expect(limit).toBeLessThanOrEqual(10);
    },
  );

  test('make room for the next one, in the order in which they came', async () => {
    const limit = await limitOf(LARGE);
    const { begun, done, end } = calls(new Pacer(), LARGE, limit + 2);
    await settle();
    end(limit - 1);
    await expect(done[limit - 1]).resolves.toBe(limit - 1);
    await settle();
    expect(begun).toEqual(Array.from({ length: limit + 1 }, (_, index) => index));
  });

  test('make room for the next one when they fail, too', async () => {
    const limit = await limitOf(LARGE);
    const { begun, done, end } = calls(new Pacer(), LARGE, limit + 1);
    await settle();
    const failed = expect(done[0]).rejects.toThrow('throttled');
    end(0, new Error('throttled'));
    await failed;
    await settle();
    expect(begun).toContain(limit);
  });

  test('of one action do not hold up another', async () => {
    const pacer = new Pacer();
    calls(pacer, LARGE, 100);
    const { begun } = calls(pacer, 'DescribeSecurityGroups', 1);
    await settle();
    expect(begun).toEqual([0]);
  });

  test('leave no place taken behind', async () => {
    const pacer = new Pacer();
    const first = calls(pacer, LARGE, 20);
    for (let index = 0; index < 20; index++) {
      await settle();
      first.end(index);
    }
    await Promise.all(first.done);
    const second = calls(pacer, LARGE, 100);
    await settle();
    expect(second.begun).toHaveLength(await limitOf(LARGE));
  });
});

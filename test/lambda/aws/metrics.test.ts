/** Tests metrics over the wire, with the SDK's own client and a double of CloudWatch that refuses on demand. */
import type { CloudWatchClient, PutMetricDataCommand } from '@aws-sdk/client-cloudwatch';
import * as fc from 'fast-check';
import { cloudWatchMetrics } from '../../../lambda/aws/metrics';
import { errorFacts } from '../../../lambda/core/errors';
import type { MetricDatum, RefusedDatum } from '../../../lambda/core/model/delivery';
import { awsError } from '../../support/aws-error';
import type { Fault, Parameters } from '../../support/ec2-endpoint';
import { connect, disconnect, refusal, type Wire, type WireOptions } from '../../support/ec2-endpoint/over-the-wire';

afterEach(disconnect);

const NAMESPACE = 'NetworkHygiene';
const REFUSED = 'InvalidParameterValueException';

function aDatum(value: number, more: Partial<MetricDatum> = {}): MetricDatum {
  return { name: 'StaleIngressRules', value, unit: 'Count', dimensions: { Hygiene: 'App/Hygiene' }, ...more };
}

const data = (count: number): MetricDatum[] => Array.from({ length: count }, (_, index) => aDatum(index));
const closing = (refused: number): MetricDatum => aDatum(refused, { name: 'DeliveriesFailed' });

interface Connected extends Wire {
  readonly now: Date;
  readonly publish: (list: readonly MetricDatum[], last?: (refused: number) => MetricDatum) => Promise<RefusedDatum[]>;
}

async function connected(options?: WireOptions): Promise<Connected> {
  const wire = await connect(options);
  const now = new Date(Math.floor(Date.now() / 1000) * 1000);
  const metrics = cloudWatchMetrics(wire.cloudWatch);
  return { ...wire, now, publish: (list, last) => metrics.publish(NAMESPACE, list, now, last) };
}

/** Returns the data of a call as they are sent. */
const sent = ({ MetricData: list }: Parameters): Array<{ MetricName: string; Value: number }> => list as never;
const valuesOf = (call: Parameters): number[] => sent(call).map(({ Value }) => Value);

/** Makes calls fail that contain a datum with certain values. */
function refusing(isBad: (value: number) => boolean, fault: Partial<Fault> = {}): Fault {
  return { action: 'PutMetricData', kind: 'error', code: REFUSED, when: call => valuesOf(call).some(isBad), ...fault };
}

const ascending = (numbers: readonly number[]): number[] => [...numbers].sort((a, b) => a - b);
const published = ({ endpoint }: Wire): number[] => ascending(endpoint.metrics.map(({ value }) => value));
const refusedValues = (refused: readonly RefusedDatum[]): number[] =>
  ascending(refused.map(({ datum: { value } }) => value));
const sizes = ({ endpoint }: Wire): number[] => endpoint.calls.map(({ parameters }) => valuesOf(parameters).length);
const allBut = (count: number, ...absent: number[]): number[] =>
  data(count).map(({ value }) => value).filter(value => !absent.includes(value));

describe('data', () => {
  test('are published as they are, as of the time that is given', async () => {
    const wire = await connected();
    const dimensions = { Hygiene: 'App/Hygiene', VpcId: 'vpc-1' };
    const duration = aDatum(3.5, { name: 'SweepDuration', unit: 'Milliseconds', dimensions });
    expect(await wire.publish([aDatum(0), duration])).toEqual([]);
    const both = { namespace: NAMESPACE, timestamp: wire.now.getTime() / 1000 };
    expect(wire.endpoint.metrics).toEqual([{ ...both, ...aDatum(0) }, { ...both, ...duration }]);
  });

  test.each([
    [0, []], [1000, [1000]], [2001, [1000, 1000, 1]],
  ])('of %d are published in calls of a thousand at most', async (count, calls) => {
    const wire = await connected();
    expect(await wire.publish(data(count))).toEqual([]);
    expect(sizes(wire)).toEqual(calls);
    expect(published(wire)).toEqual(allBut(count));
  });
});

describe('a datum that CloudWatch refuses', () => {
  test.each([0, 1, 517, 999])('is the only one of a thousand that is lost, at position %d, and is reported', async bad => {
    const wire = await connected();
    const all = data(1000);
    wire.endpoint.fault(refusing(value => value === bad, { message: 'The value is invalid.' }));
    expect(await wire.publish(all)).toEqual([{ datum: all[bad], code: REFUSED, message: 'The value is invalid.' }]);
    expect(published(wire)).toEqual(allBut(1000, bad));
    expect(wire.endpoint.calls.length).toBeLessThanOrEqual(21);
  });

  test('keeps no later call from being made', async () => {
    const wire = await connected();
    wire.endpoint.fault(refusing(value => value === 7 || value === 2500));
    expect(refusedValues(await wire.publish(data(3000)))).toEqual([7, 2500]);
    expect(published(wire)).toEqual(allBut(3000, 7, 2500));
  });

  test.each([
    'InvalidParameterValue', 'InvalidParameterCombinationException', 'InvalidParameterCombination', 'ValidationError',
    'MissingRequiredParameterException', 'MissingParameter', 'ValidationException', 'InvalidFormat',
    'InvalidFormatFault', 'SerializationException',
  ])('is found, whether it is called %s', async code => {
    const wire = await connected();
    wire.endpoint.fault(refusing(value => value === 2, { code }));
    // If an error has an old and a new name, the SDK uses the new one.
    expect(await wire.publish(data(5))).toMatchObject([{ datum: aDatum(2) }]);
    expect(published(wire)).toEqual(allBut(5, 2));
  });

  test.each([
    ['NaN', { value: NaN }], ['Infinity', { value: -Infinity }], ['blank dimensions', { dimensions: { VpcId: '' } }],
  ])('for %s is never sent, and costs no call', async (_, more) => {
    const wire = await connected();
    const bad = aDatum(3, more);
    const refused = await wire.publish([...data(3), bad, aDatum(4)]);
    expect(refused).toEqual([{ datum: bad, code: 'InvalidDatum', message: expect.stringMatching(/^The value .+/) }]);
    expect(published(wire)).toEqual([0, 1, 2, 4]);
    expect(sizes(wire)).toEqual([4]);
  });

  test('is not looked for without end, and the first of all gets through in any case', async () => {
    const wire = await connected();
    wire.endpoint.fault(refusing(value => value % 2 === 1));
    const refused = await wire.publish(data(2500));
    // One call for each thousand data, and a hundred more.
    expect(wire.endpoint.calls.length).toBeLessThanOrEqual(103);
    expect(published(wire)).toContain(0);
    expect(ascending([...published(wire), ...refusedValues(refused)])).toEqual(allBut(2500));
    const together = refused.filter(({ message }) => / \(the error concerns \d+ data together; no calls .+\)$/.test(message));
    expect(together.length).toBeGreaterThan(2000);
  });

  test('is distinguished from other refused data, whichever they are', async () => {
    const some = fc.uniqueArray(fc.nat(2499), { maxLength: 4 });
    await fc.assert(fc.asyncProperty(fc.integer({ min: 9, max: 2500 }), some, some, async (count, bad, broken) => {
      const taken: MetricDatum[] = [];
      const send = async ({ input: { MetricData: list = [] } }: PutMetricDataCommand): Promise<void> => {
        const read = list.map(({ MetricName: name = '', Value: value = NaN }) => aDatum(value, { name }));
        if (read.some(({ name, value }) => name === aDatum(0).name && bad.includes(value))) throw awsError(REFUSED);
        taken.push(...read);
      };
      const unsendable = { dimensions: { VpcId: 'ü' } };
      const all = data(count).map(datum => broken.includes(datum.value) ? { ...datum, ...unsendable } : datum);
      const metrics = cloudWatchMetrics({ send } as unknown as CloudWatchClient);

      const refused = await metrics.publish(NAMESPACE, all, new Date(), closing);

      const lost = [...new Set([...bad, ...broken])].filter(value => value < count);
      expect(refusedValues(refused)).toEqual(ascending(lost));
      expect(taken.filter(({ name }) => name === 'DeliveriesFailed')).toEqual([closing(lost.length)]);
      const others = taken.filter(({ name }) => name !== 'DeliveriesFailed').map(({ value }) => value);
      expect(ascending(others)).toEqual(allBut(count, ...lost));
    }), { numRuns: 300 });
  });
});

describe('a publication of which CloudWatch takes nothing', () => {
  test.each([
    ['one datum that is refused', data(1), REFUSED, /^it is invalid$/],
    ['data that are all refused', data(20), REFUSED, /^it is invalid \(the error concerns StaleIngressRules; all 20 data/],
    ['one datum that is never sent', [aDatum(NaN)], 'InvalidDatum', /^The value NaN is not a finite number$/],
    ['one that is refused, one that is never sent', [aDatum(NaN), aDatum(1)], 'InvalidDatum', /^The value NaN .+all 2/],
  ])('fails with %s', async (_, all, code, message) => {
    const { endpoint, publish } = await connected();
    endpoint.fault(refusing(() => true, { message: 'it is invalid' }));
    const error: unknown = await publish(all).catch((thrown: unknown) => thrown);
    expect(errorFacts(error)).toMatchObject({ code, message: expect.stringMatching(message) });
    expect(endpoint.metrics).toEqual([]);
  });

  test('fails though the closing datum is taken', async () => {
    const wire = await connected();
    wire.endpoint.fault(refusing(value => value < 10));
    expect(await refusal(wire.publish(data(10), closing))).toMatchObject({ code: REFUSED });
    expect(published(wire)).toEqual([10]);
  });
});

describe('a call that is too large', () => {
  test.each<[string, Partial<Fault>]>([
    ['RequestEntityTooLargeException', { code: 'RequestEntityTooLargeException' }],
    ['the status 413', { code: 'Whatever', status: 413 }],
  ])('is halved until it is small enough, when CloudWatch answers %s', async (_, fault) => {
    const wire = await connected();
    wire.endpoint.fault(refusing(() => true, { ...fault, when: call => valuesOf(call).length > 300 }));
    expect(await wire.publish(data(1000))).toEqual([]);
    expect(published(wire)).toEqual(allBut(1000));
    expect(sizes(wire)).toEqual([1000, 500, 250, 250, 500, 250, 250]);
  });
});

describe('a call that fails otherwise', () => {
  const onCall = (number: number): Fault['when'] => call => valuesOf(call)[0] === number * 1000;

  test.each<[string, Partial<Fault>]>([
    ['ThrottlingException', { kind: 'throttle' }],
    ['InternalServiceFault', { code: 'InternalServiceFault', status: 500 }],
    ['SomethingNew', { code: 'SomethingNew', status: 400 }],
    ['no answer', { kind: 'drop-socket' }],
  ])('with %s is not cut, keeps back no later call, and fails the whole in the end', async (code, fault) => {
    const wire = await connected();
    wire.endpoint.fault({ action: 'PutMetricData', kind: 'error', ...fault, when: onCall(1) });
    const error: unknown = await wire.publish(data(4000)).catch((thrown: unknown) => thrown);
    const hungUp = { message: expect.stringContaining('socket hang up') };
    expect(errorFacts(error)).toMatchObject(code === 'no answer' ? hungUp : { code });
    expect(sizes(wire)).toEqual([1000, 1000, 1000, 1000]);
    expect(published(wire)).toEqual(allBut(4000).filter(value => value < 1000 || value >= 2000));
  });

  test('is the first that is told', async () => {
    const wire = await connected();
    wire.endpoint.fault({ action: 'PutMetricData', kind: 'error', code: 'FirstFault', when: onCall(0) });
    wire.endpoint.fault({ action: 'PutMetricData', kind: 'error', code: 'SecondFault', when: onCall(2) });
    expect(await refusal(wire.publish(data(3000)))).toMatchObject({ code: 'FirstFault' });
    expect(sizes(wire)).toEqual([1000, 1000, 1000]);
  });

  test('followed by another failure ends the publication, so that nothing more waits for it', async () => {
    const wire = await connected();
    wire.endpoint.fault({ action: 'PutMetricData', kind: 'error', code: 'InternalServiceFault', status: 500 });
    expect(await refusal(wire.publish(data(5000), closing))).toMatchObject({ code: 'InternalServiceFault' });
    expect(sizes(wire)).toEqual([1000, 1000]);
  });

  test('because it is denied ends it: the later calls are denied, too', async () => {
    const wire = await connected();
    wire.endpoint.deny('PutMetricData');
    expect(await refusal(wire.publish(data(5000), closing))).toMatchObject({ code: 'AccessDenied', status: 403 });
    expect(sizes(wire)).toEqual([1000]);
  });

  test('while a refused datum is looked for fails the whole, once the others are published', async () => {
    const wire = await connected();
    wire.endpoint.fault(refusing(value => value === 3));
    wire.endpoint.fault({ action: 'PutMetricData', kind: 'throttle', when: call => valuesOf(call)[0] === 500 });
    expect(await refusal(wire.publish(data(1500)))).toMatchObject({ code: 'ThrottlingException' });
    expect(published(wire)).toEqual(allBut(1500, 3).filter(value => value < 500 || value >= 1000));
  });
});

describe('the closing datum', () => {
  const counts = ({ endpoint }: Wire): number[] =>
    endpoint.metrics.filter(({ name }) => name === 'DeliveriesFailed').map(({ value }) => value);

  test.each([
    [0, [1]], [5, [6]], [999, [1000]], [1000, [1000, 1]], [1500, [1000, 501]],
  ])('goes along with the last of %d data', async (count, calls) => {
    const wire = await connected();
    expect(await wire.publish(data(count), closing)).toEqual([]);
    expect(sizes(wire)).toEqual(calls);
    expect(counts(wire)).toEqual([0]);
  });

  test('counts data that are never sent, and those of earlier calls, in that call', async () => {
    const wire = await connected();
    wire.endpoint.fault(refusing(value => value === 8));
    await wire.publish([aDatum(NaN), ...data(1500)], closing);
    expect(sizes(wire).at(-1)).toBe(501);
    expect(counts(wire)).toEqual([2]);
  });

  test('follows by itself, once, when data of its call are refused', async () => {
    const wire = await connected();
    wire.endpoint.fault(refusing(value => value === 3));
    expect(await wire.publish([...data(3), aDatum(3), aDatum(30)], refused => closing(refused + 5))).toHaveLength(1);
    expect(sizes(wire).at(-1)).toBe(1);
    expect(counts(wire)).toEqual([6]);
    expect(published(wire)).toEqual([0, 1, 2, 6, 30]);
  });

  test('is told when it is refused itself, and no other is lost with it', async () => {
    const wire = await connected();
    const isClosing = ({ MetricName: name }: { MetricName: string }): boolean => name === 'DeliveriesFailed';
    wire.endpoint.fault(refusing(() => true, { when: call => sent(call).some(isClosing) }));
    for (const count of [1, 4]) expect(await wire.publish(data(count), closing)).toMatchObject([{ datum: closing(0) }]);
    expect(published(wire)).toEqual([0, 0, 1, 2, 3]);
  });
});

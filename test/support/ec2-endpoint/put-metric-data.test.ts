/** Tests CloudWatch's PutMetricData, which has the same address as EC2. */
import { gzipSync } from 'node:zlib';
import { type MetricDatum, PutMetricDataCommand, type StandardUnit } from '@aws-sdk/client-cloudwatch';
import { DescribeVpcsCommand } from '@aws-sdk/client-ec2';
import { connect, disconnect, refusal, type Wire } from './over-the-wire';

afterEach(disconnect);

const DATUM: MetricDatum = { MetricName: 'StaleRules', Value: 3 };

function put({ cloudWatch }: Wire, MetricData: MetricDatum[] = [DATUM], Namespace = 'NetworkHygiene') {
  return cloudWatch.send(new PutMetricDataCommand({ Namespace, MetricData }));
}

describe('what is published', () => {
  test('is kept flat, in its order, with zeros and without what was left out', async () => {
    const wire = await connect();
    const timestamp = new Date(Math.floor(Date.now() / 1000) * 1000);
    await put(wire, [
      {
        MetricName: 'StaleRules',
        Value: 0,
        Unit: 'Count',
        Dimensions: [
          { Name: 'Hygiene', Value: 'App/Hygiene' },
          { Name: 'VpcId', Value: 'vpc-1' },
        ],
        Timestamp: timestamp,
      },
      { MetricName: 'Fraction', Value: -0.5 },
    ]);
    expect(wire.endpoint.metrics).toEqual([
      {
        namespace: 'NetworkHygiene',
        name: 'StaleRules',
        value: 0,
        unit: 'Count',
        dimensions: { Hygiene: 'App/Hygiene', VpcId: 'vpc-1' },
        timestamp: timestamp.getTime() / 1000,
      },
      {
        namespace: 'NetworkHygiene',
        name: 'Fraction',
        value: -0.5,
        unit: undefined,
        dimensions: {},
        timestamp: undefined,
      },
    ]);
  });

  test('may be 1000 data at once, which the SDK sends with gzip', async () => {
    const wire = await connect();
    const encodings: unknown[] = [];
    wire.cloudWatch.middlewareStack.add(next => args => {
      const { headers } = args.request as { headers: Record<string, string> };
      encodings.push(headers['content-encoding']);
      return next(args);
    }, { step: 'finalizeRequest' });
    await put(wire, Array.from({ length: 1000 }, (_, Value) => ({ ...DATUM, Value })));
    expect(encodings).toEqual(['gzip']);
    expect(wire.endpoint.metrics).toHaveLength(1000);
    expect(wire.endpoint.metrics.at(-1)).toMatchObject({ value: 999 });
  });

  test('may be as long and as large as documented', async () => {
    const wire = await connect();
    const Dimensions = Array.from({ length: 30 }, (_, index) => ({
      Name: `${index}`.padEnd(255, 'n'),
      Value: 'v'.repeat(1024),
    }));
    await put(wire, [{ MetricName: 'm'.repeat(255), Value: 2 ** 360, Dimensions }], 'n'.repeat(255));
    expect(Object.keys(wire.endpoint.metrics[0].dimensions)).toHaveLength(30);
  });
});

const hours = (count: number): Date => new Date(Date.now() + count * 3_600_000);

describe('fails and keeps nothing of the call', () => {
  const dimension = (Name: string, Value: string): MetricDatum => ({ ...DATUM, Dimensions: [{ Name, Value }] });
  async function expectRefused(data: MetricDatum[], namespace?: string): Promise<void> {
    const wire = await connect();
    expect(await refusal(put(wire, data, namespace))).toMatchObject({
      code: 'InvalidParameterValueException',
      status: 400,
    });
    expect(wire.endpoint.metrics).toEqual([]);
    expect(wire.endpoint.calls).toMatchObject([{ action: 'PutMetricData', outcome: 'InvalidParameterValueException' }]);
  }

  test.each([
    ['of AWS', 'AWS/EC2'],
    ['that starts with a colon', ':x'],
    ['that is empty', ''],
    ['of 256 characters', 'n'.repeat(256)],
  ])('for a namespace %s', (_, namespace) => expectRefused([DATUM], namespace));

  test.each<[string, MetricDatum[]]>([
    ['for 1001 data', Array.from({ length: 1001 }, () => DATUM)],
    ['for an empty name', [DATUM, { ...DATUM, MetricName: '' }]],
    ['for a name of 256 characters', [DATUM, { ...DATUM, MetricName: 'm'.repeat(256) }]],
    ['for no name', [DATUM, { ...DATUM, MetricName: undefined }]],
    ['for no value', [DATUM, { MetricName: 'x' }]],
    ['for NaN', [DATUM, { ...DATUM, Value: NaN }]],
    ['for Infinity', [DATUM, { ...DATUM, Value: Infinity }]],
    ['for a value above 2^360', [DATUM, { ...DATUM, Value: 2 ** 361 }]],
    ['for a value below -2^360', [DATUM, { ...DATUM, Value: -(2 ** 361) }]],
    ['for a value closer to 0 than 2^-360', [DATUM, { ...DATUM, Value: 2 ** -361 }]],
    [
      'for 31 dimensions',
      [DATUM, { ...DATUM, Dimensions: Array.from({ length: 31 }, (_, index) => ({ Name: `${index}`, Value: 'v' })) }],
    ],
    ['for an empty name of a dimension', [DATUM, dimension('', 'v')]],
    ['for a name of a dimension that starts with a colon', [DATUM, dimension(':n', 'v')]],
    ['for a name of a dimension of 256 characters', [DATUM, dimension('n'.repeat(256), 'v')]],
    ['for an empty value of a dimension', [DATUM, dimension('n', '')]],
    ['for a value of a dimension that is blank', [DATUM, dimension('n', '  ')]],
    ['for a value of a dimension that is not ASCII', [DATUM, dimension('n', 'Zürich')]],
    ['for a value of a dimension of 1025 characters', [DATUM, dimension('n', 'v'.repeat(1025))]],
    ['for a time more than two weeks ago', [DATUM, { ...DATUM, Timestamp: hours(-14 * 24 - 1) }]],
    ['for a time more than two hours ahead', [DATUM, { ...DATUM, Timestamp: hours(3) }]],
    ['for a unit that there is not', [DATUM, { ...DATUM, Unit: 'Rules' as StandardUnit }]],
  ])('%s', (_, data) => expectRefused(data));

  test.each([
    ['without a namespace', { MetricData: [DATUM], Namespace: undefined }],
    ['without data', { MetricData: [], Namespace: 'N' }],
  ])('%s', async (_, request) => {
    const { cloudWatch, endpoint } = await connect();
    expect(await refusal(cloudWatch.send(new PutMetricDataCommand(request)))).toMatchObject({
      code: 'MissingRequiredParameterException',
      status: 400,
    });
    expect(endpoint.metrics).toEqual([]);
  });

  test.each([
    ['for a body that is not JSON', Buffer.from('{'), {}, 'PutMetricData'],
    [
      'for a body that is not gzip, though it says so',
      Buffer.from('{}'),
      { 'content-encoding': 'gzip' },
      'PutMetricData',
    ],
  ])('%s', async (_, body, headers, operation) => {
    const { endpoint } = await connect();
    const response = await fetch(endpoint.url, {
      method: 'POST',
      headers: { 'x-amz-target': `GraniteServiceVersion20100801.${operation}`, ...headers },
      body,
    });
    expect(response.status).toBe(400);
    expect(await response.json()).toMatchObject({
      __type: expect.stringContaining('SerializationException') as string,
    });
    expect(endpoint.calls).toMatchObject([{ action: 'PutMetricData', outcome: 'SerializationException' }]);
  });
});

test('fails for any other operation', async () => {
  const { endpoint } = await connect();
  const response = await fetch(endpoint.url, {
    method: 'POST',
    headers: { 'x-amz-target': 'GraniteServiceVersion20100801.GetMetricData' },
    body: '{}',
  });
  expect(response.status).toBe(400);
  expect(endpoint.calls).toMatchObject([{ action: 'GetMetricData', outcome: 'UnknownOperationException' }]);
});

test('the journal has the decoded body, of gzip too, and the id that the caller was told', async () => {
  const wire = await connect();
  const { $metadata } = await put(wire, [{ ...DATUM, Dimensions: [{ Name: 'n', Value: 'v' }] }]);
  const body = gzipSync(JSON.stringify({ Namespace: 'Zipped', MetricData: [DATUM] }));
  await fetch(wire.endpoint.url, {
    method: 'POST',
    headers: { 'x-amz-target': 'GraniteServiceVersion20100801.PutMetricData', 'content-encoding': 'gzip' },
    body,
  });
  expect(wire.endpoint.calls).toMatchObject([
    {
      action: 'PutMetricData',
      outcome: 'OK',
      attempt: 1,
      isDryRun: false,
      requestId: $metadata.requestId,
      parameters: {
        Namespace: 'NetworkHygiene',
        MetricData: [{ MetricName: 'StaleRules', Value: 3, Dimensions: [{ Name: 'n', Value: 'v' }] }],
      },
    },
    { action: 'PutMetricData', outcome: 'OK', parameters: { Namespace: 'Zipped' } },
  ]);
  expect(wire.endpoint.metrics.map(({ namespace }) => namespace)).toEqual(['NetworkHygiene', 'Zipped']);
});

describe('a fault', () => {
  test('can be one of PutMetricData, picked by what is published', async () => {
    const wire = await connect();
    wire.endpoint.fault({
      action: 'PutMetricData',
      kind: 'error',
      code: 'InternalServiceFault',
      status: 500,
      when: ({ Namespace }) => Namespace === 'Bad',
    });
    expect(await refusal(put(wire, [DATUM], 'Bad'))).toMatchObject({ code: 'InternalServiceFault', status: 500 });
    await put(wire);
    expect(wire.endpoint.metrics).toMatchObject([{ namespace: 'NetworkHygiene' }]);
  });

  test('error-after-effect keeps the data before it errs, so that a second attempt keeps them twice', async () => {
    const wire = await connect({ maxAttempts: 2 });
    wire.endpoint.fault({ action: 'PutMetricData', kind: 'error-after-effect', times: 1 });
    await put(wire);
    expect(wire.endpoint.calls.map(({ outcome }) => outcome)).toEqual(['InternalError', 'OK']);
    expect(wire.endpoint.metrics).toHaveLength(2);
  });

  test('throttle is what CloudWatch calls it', async () => {
    const wire = await connect();
    wire.endpoint.fault({ action: '*', kind: 'throttle' });
    expect(await refusal(put(wire))).toMatchObject({ code: 'ThrottlingException', status: 400 });
    expect(wire.endpoint.metrics).toEqual([]);
  });

  test('drop-socket leaves it without an answer', async () => {
    const wire = await connect();
    wire.endpoint.fault({ action: 'PutMetricData', kind: 'drop-socket' });
    await expect(put(wire)).rejects.toThrow('socket hang up');
    expect(wire.endpoint.calls).toMatchObject([{ outcome: 'drop-socket' }]);
  });
});

test('hooks run before and after the data are kept, with the decoded body', async () => {
  const wire = await connect();
  const seen: unknown[] = [];
  wire.endpoint.before('PutMetricData', ({ Namespace }) => void seen.push([Namespace, wire.endpoint.metrics.length]));
  wire.endpoint.after('PutMetricData', ({ Namespace }) => void seen.push([Namespace, wire.endpoint.metrics.length]));
  await put(wire);
  expect(seen).toEqual([['NetworkHygiene', 0], ['NetworkHygiene', 1]]);
});

test('can be denied', async () => {
  const wire = await connect();
  wire.endpoint.deny('PutMetricData');
  expect(await refusal(put(wire))).toMatchObject({
    code: 'AccessDenied',
    status: 403,
    message: expect.stringContaining('cloudwatch:PutMetricData') as string,
  });
  expect(wire.endpoint.metrics).toEqual([]);
});

test('takes nothing from the buckets of EC2', async () => {
  const wire = await connect({ tokenBuckets: true, now: () => 0 });
  for (let count = 0; count < 101; count++) await put(wire);
  await expect(wire.ec2.send(new DescribeVpcsCommand({}))).resolves.toBeDefined();
});

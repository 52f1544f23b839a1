/** Tests the shipped bundle while EC2, CloudWatch or DynamoDB throttle, fail or refuse calls. */
import { CLOCKS, FAULTY_RESTORES, FAULTY_SWEEPS, LEDGER_FAILURES, OVERLAPS, REFUSALS } from './cases';
import { PROPS, Scene } from './scene';
import { printTable, type Row } from './table';
import { readPutMetricData } from '../support/ec2-endpoint/cloudwatch';

const rows: Row[] = [];
afterAll(() => printTable('Services that fail', rows));

test.concurrent.each(FAULTY_SWEEPS)('a sweep while of $action $what', async ({ action, what, fault }) => {
  const scene = await Scene.start();
  try {
    scene.endpointOf(action).fault({ action, ...fault });

    await scene.sweep();

    expect(await scene.unaccounted()).toEqual([]);
    rows.push({ case: `sweep, of ${action} ${what}`, ...scene.row });
    await scene.recover();
    expect(await scene.unaccounted()).toEqual([]);
    expect(await scene.unfinished()).toEqual([]);
    // CloudWatch counts data that are sent twice twice, and does not count refused data.
    if (action !== 'PutMetricData') expect(scene.counted).toBe(4);
    // EventBridge delivers events that are sent twice twice, and does not deliver refused events.
    if (action !== 'PutEvents') expect(scene.told).toEqual([...scene.toldIds].sort());
    expect(await scene.unrestored()).toEqual([]);
  } finally {
    await scene.world.stop();
  }
});

test.concurrent.each(FAULTY_RESTORES)('a restore while of $action $what', async ({ action, what, fault }) => {
  const scene = await Scene.start();
  try {
    await scene.sweep();
    const { ec2, dynamoDb, network } = scene.world;
    network.addPeering(scene.ids.own, scene.ids.partner);
    scene.endpointOf(action).fault({ action, ...fault });

    await scene.world.restore({ securityGroupRuleIds: scene.toldIds });

    expect(await scene.unaccounted()).toEqual([]);
    rows.push({ case: `restore, of ${action} ${what}`, ...scene.row });
    ec2.clearFaults();
    dynamoDb.clearFaults();
    await scene.world.restore({ securityGroupRuleIds: scene.toldIds });
    expect([...(await scene.world.entries()).values()].filter(({ state }) => state === 'RESTORED')).toHaveLength(4);
    expect(network.rules.size).toBe(scene.before.length);
    await scene.sweep();
    expect(network.rules.size).toBe(scene.before.length);
  } finally {
    await scene.world.stop();
  }
});

test.concurrent.each(REFUSALS)('a sweep while CloudWatch refuses $what', async ({ what, refuses, maxData, fails }) => {
  const scene = await Scene.start();
  try {
    const { ec2 } = scene.world;
    const code = maxData === undefined ? 'InvalidParameterValueException' : 'RequestEntityTooLargeException';
    ec2.fault({
      action: 'PutMetricData', kind: 'error', code, when: parameters => {
        const data = readPutMetricData(parameters);
        return data.some(refuses) || data.length > (maxData ?? Infinity);
      },
    });

    const outcome = await scene.sweep();

    expect(await scene.unaccounted()).toEqual([]);
    rows.push({ case: `sweep, CloudWatch refuses ${what}`, ...scene.row });
    expect(outcome?.error !== undefined).toBe(fails);
    const [{ parameters: first }] = ec2.calls.filter(({ action }) => action === 'PutMetricData');
    const whole = readPutMetricData(first);
    const others = ec2.metrics.filter(({ name }) => name !== 'DeliveriesFailed');
    expect(others).toEqual(whole.filter(datum => !refuses(datum)));
    if (!fails) {
      const lost = whole.filter(refuses);
      const counts = ec2.metrics.filter(({ name }) => name === 'DeliveriesFailed').map(({ value }) => value);
      expect(counts).toEqual([lost.length]);
      const named = scene.world.logged('DeliveryFailed').map(({ metricName, dimensions }) => [metricName, dimensions]);
      expect(named).toEqual(lost.map(({ name, dimensions }) => [name, dimensions]));
    }
    await scene.recover();
    expect(await scene.unaccounted()).toEqual([]);
    expect(await scene.unfinished()).toEqual([]);
    expect(scene.counted).toBe(refuses({ name: 'IngressRulesRevoked', dimensions: {} }) ? 0 : 4);
    expect(scene.told).toEqual([...scene.toldIds].sort());
    expect(await scene.unrestored()).toEqual([]);
  } finally {
    await scene.world.stop();
  }
});

test.concurrent.each(LEDGER_FAILURES)('a sweep while the ledger fails from $action $call on ($kind)', async ({ action, call, kind }) => {
  const scene = await Scene.start();
  try {
    let count = 0;
    scene.world.dynamoDb.fault({ action, kind, when: () => (count += 1) >= call });

    const outcome = await scene.sweep();

    expect(await scene.unaccounted()).toEqual([]);
    // Without the configuration, which is read first, the sweep looks at nothing.
    const isLost = action === 'GetItem' && call === 1;
    // A sweep writes the three rules that it keeps, the reservation, and four pending entries, and reads the control
    // item at its start and before its calls. If any of these fails, nothing is revoked.
    const isUnwritten = kind === 'error' && action === 'PutItem' && call <= 8;
    const isHeld = action === 'Query' || (action === 'GetItem' && call <= 4) || isUnwritten;
    if (isLost || isHeld) {
      expect(scene.world.network.rules.size).toBe(scene.before.length);
      expect(outcome?.error?.message).toMatch(/ledger/);
      expect(scene.world.aggregate('RevocationsWithheld')).toBe(isLost ? undefined : 4);
    }
    rows.push({ case: `sweep, ledger fails from ${action} ${call} on, ${kind}`, ...scene.row });
    await scene.recover();
    expect(await scene.unaccounted()).toEqual([]);
    expect(await scene.unfinished()).toEqual([]);
    expect(scene.counted).toBe(4);
    expect(await scene.unrestored()).toEqual([]);
  } finally {
    await scene.world.stop();
  }
});

test.concurrent.each(CLOCKS)('a clock that is $off when a rule is seen again', async ({ off, millis, isOver }) => {
  const scene = await Scene.start();
  try {
    const props = { flaggedIngressRules: [], grace: { seconds: 3600, sightings: 2, maxGapSeconds: 86_400 } };
    await scene.sweep(props);
    await scene.world.startAnother(millis);

    await scene.sweep(props);

    expect(scene.row.revoked).toBe(isOver ? 2 : 0);
    rows.push({ case: `clock ${off}`, ...scene.row });
    expect(await scene.unaccounted()).toEqual([]);
    await scene.recover();
    expect(await scene.unfinished()).toEqual([]);
    expect(await scene.unrestored()).toEqual([]);
  } finally {
    await scene.world.stop();
  }
});

test.concurrent.each(OVERLAPS.map((millis, index) => ({ millis, index })))('two sweeps at once, $millis ms apart ($index)', async ({ millis, index }) => {
  const scene = await Scene.start();
  try {
    const first = scene.world.lambda;
    const second = await scene.world.startAnother();
    await scene.world.putIntoForce(PROPS);

    const outcomes = await Promise.all([
      scene.world.sweepIn(first, PROPS),
      new Promise(done => setTimeout(done, millis)).then(() => scene.world.sweepIn(second, PROPS)),
    ]);

    expect(outcomes.map(({ error }) => error)).toEqual([undefined, undefined]);
    expect(await scene.unaccounted()).toEqual([]);
    // After the second sweep has opened the next allowance, the first leaves the rest of its rules to the next sweep.
    await scene.recover();
    expect(await scene.unfinished()).toEqual([]);
    expect(scene.counted).toBe(4);
    rows.push({ case: `two sweeps, ${millis} ms apart (${index})`, ...scene.row });
    expect(await scene.unrestored()).toEqual([]);
  } finally {
    await scene.world.stop();
  }
});

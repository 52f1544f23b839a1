/** Tests a run from start to end: its configuration, the order of its steps, and whether it succeeds. */
import { handleCustomResource } from '../../../lambda/core/invocation/custom-resource';
import { parseInvocation } from '../../../lambda/core/invocation/invocation';
import { digestOfConfiguration } from '../../../lambda/core/ledger/configuration';
import { attributes } from '../../../lambda/core/report/attributes';
import { runAtDeployment } from '../../../lambda/core/run';
import type { Configuration } from '../../../src/contract/configuration';
import { fingerprintOf } from '../../../src/contract/fingerprint';
import { awsError } from '../../support/aws-error';
import { aConfiguration, aDeclaration } from '../../support/builders';
import { customResourceProperties } from '../../support/deployment';
import { MemoryLedger } from '../../support/memory-ledger';
import { MemoryNetwork } from '../../support/memory-network';
import { Installation, ofGroups, ON_REQUEST, type Ran, START, vpcs } from '../../support/swept';

const HOUR = 3_600_000;

/** A configuration that revokes stale and flagged rules at once. */
function revoking(overrides: Partial<Configuration> = {}): Configuration {
  return aConfiguration({
    staleRules: 'revoke',
    flaggedIngressRules: [aDeclaration()],
    vpnConnections: { kind: 'none' },
    resourceMetrics: false,
    ...overrides,
  });
}

const anInstallation = (ledger?: MemoryLedger): Installation => new Installation(new MemoryNetwork(vpcs(1)), ledger);

const messageOf = ({ error }: Ran): string => error instanceof Error ? error.message : '';

/** Returns the hold that the run reports. */
const holdOf = ({ delivered }: Ran): string | undefined => delivered?.result.hold?.reason;

/** Returns all writes, and all calls that change EC2. */
function effectsOf({ ledger, network }: Installation): string[] {
  const writes = ledger.calls.map(({ method }) => method).filter(method => method.startsWith('put'));
  const changes = ['revokeIngress', 'authorizeIngress', 'tagRule', 'admitRevocations'];
  return [...writes, ...network.methods.filter(method => changes.includes(method))];
}

const isWhole = ({ network }: Installation): boolean => network.rules.size === 4;

describe('a run at deployment', () => {
  test('tries the permissions, then puts the configuration into force, then sweeps', async () => {
    const installation = anInstallation();
    const order: string[] = [];
    const { network, ledger } = installation;
    for (const method of ['preflight', 'staleSecurityGroups', 'revokeIngress'] as const) {
      network.on(method, { before: () => void order.push(method) });
    }
    for (const method of ['preflight', 'putControl', 'putConfiguration', 'unsettled'] as const) {
      ledger.on(method, { before: () => void order.push(method) });
    }
    const { error } = await installation.deploy(revoking());
    expect(error).toBeUndefined();
    const once = order.filter((each, index) => order.indexOf(each) === index);
    expect(once.sort((a, b) => order.lastIndexOf(a) - order.lastIndexOf(b)).filter(each => each !== 'putControl'))
      .toEqual(['preflight', 'putConfiguration', 'staleSecurityGroups', 'unsettled', 'revokeIngress']);
    // From the moment at which the control item names the new configuration, no run revokes with another one.
    expect(order.indexOf('putControl')).toBe(order.lastIndexOf('preflight') + 1);
    expect(order.indexOf('putConfiguration')).toBe(order.indexOf('putControl') + 1);
  });

  test('puts the configuration into force as it came, for the table that it is kept in', async () => {
    const installation = anInstallation();
    await installation.deploy(revoking());
    const { configurationRecord, controlEntry } = installation.ledger;
    const record = { text: JSON.stringify(revoking()), deployTimePaths: '[]' };
    expect(configurationRecord).toEqual({ revision: 1, writtenBy: 'run-1', ...record });
    const [fingerprint, digest] = [fingerprintOf(revoking()), digestOfConfiguration(record)];
    expect(controlEntry).toMatchObject({
      table: 'ledger', configuration: { fingerprint, digest, since: START.toISOString() },
    });
  });

  test('answers with what it saw, under every name that a template may ask for', async () => {
    const { delivered } = await anInstallation().deploy(revoking({ dryRun: true }));
    if (delivered === undefined) throw new Error('it was not delivered');
    expect(delivered.result.run).toMatchObject({ id: 'run-1', trigger: 'deployment', scope: { kind: 'everything' } });
    expect(attributes(delivered)).toMatchObject({
      StaleIngressRules: 1, FlaggedIngressRules: 1, IngressRulesRevoked: 0, VpnConnections: 'unknown', Pause: 'none',
    });
  });

  test('of the same configuration again leaves it as it is in force, and writes no record', async () => {
    const installation = anInstallation();
    await installation.deploy(revoking());
    installation.clock.advance(HOUR);
    await installation.deploy(revoking());
    expect(installation.ledger.configurationRecord).toMatchObject({ revision: 1, writtenBy: 'run-1' });
    expect(installation.ledger.controlEntry?.configuration?.since).toBe(START.toISOString());
  });

  test('scales EC2\'s request limits as the configuration says, before it calls EC2', async () => {
    const installation = anInstallation();
    await installation.deploy(revoking({ requestRateFactor: 0.5 }));
    expect(new Set(installation.scaled)).toEqual(new Set([0.5]));
    const plain = anInstallation();
    await plain.deploy(revoking());
    expect(new Set(plain.scaled)).toEqual(new Set([1]));
  });

  describe('writes nothing and sweeps nothing', () => {
    test.each(['DescribeVpcs', 'DescribeStaleSecurityGroups', 'RevokeSecurityGroupIngress'])(
      'when EC2 refuses an action that it needs: %s', async action => {
        const installation = anInstallation();
        installation.network.on('preflight', { naming: action, throws: awsError('UnauthorizedOperation') });
        const ran = await installation.deploy(revoking());
        expect(messageOf(ran)).toMatch(new RegExp(`^Preflight: AWS refused ec2:${action} `));
        expect(effectsOf(installation)).toEqual([]);
        expect(installation.ledger.calls.map(({ method }) => method)).toEqual(['preflight']);
        const { controlEntry, configurationRecord } = installation.ledger;
        expect([controlEntry, configurationRecord]).toEqual([undefined, undefined]);
        expect(ran.metrics.aggregates).toEqual({ Sweeps: 0 });
        expect(ran.events).toEqual([]);
      });

    test('when the ledger cannot be used', async () => {
      const installation = anInstallation(
        new MemoryLedger().on('preflight', { throws: awsError('ResourceNotFoundException') }),
      );
      expect(messageOf(await installation.deploy(revoking()))).toMatch(/^Preflight: The ledger cannot be used/);
      expect(effectsOf(installation)).toEqual([]);
    });

    test('when the configuration belongs to another construct', async () => {
      const installation = anInstallation();
      const ran = await installation.deploy(revoking({ hygiene: 'Other/NetworkHygiene' }));
      expect(messageOf(ran)).toBe('The configuration is for Other/NetworkHygiene, but this function is that of '
        + 'Stack/NetworkHygiene. Nothing was done');
      expect([installation.ledger.calls, installation.network.calls]).toEqual([[], []]);
    });

    test('and the configuration of before stays in force, and goes on', async () => {
      const installation = anInstallation();
      await installation.deploy(aConfiguration({ staleRules: 'report', vpnConnections: { kind: 'none' } }));
      const { ledger } = installation;
      const before = [ledger.configurationRecord, ledger.controlEntry?.configuration];
      installation.network.on('preflight', {
        naming: 'RevokeSecurityGroupIngress',
        throws: awsError('UnauthorizedOperation'),
      });
      await installation.deploy(revoking(), { isChange: true });
      expect([ledger.configurationRecord, ledger.controlEntry?.configuration]).toEqual(before);
      // The rollback restores the environment of the function.
      installation.update(aConfiguration({ staleRules: 'report', vpnConnections: { kind: 'none' } }));
      expect(holdOf(await installation.run())).toBeUndefined();
      expect(isWhole(installation)).toBe(true);
    });
  });

  test.each(['control', 'putControl', 'configuration', 'putConfiguration'] as const)(
    'sweeps nothing when the configuration cannot be put into force, because of %s', async method => {
      const installation = anInstallation(
        new MemoryLedger().on(method, { throws: awsError('InternalServerError', 'down') }),
      );
      const ran = await installation.deploy(revoking());
      expect(messageOf(ran))
        .toBe('The configuration could not be written to the ledger, so nothing was done: InternalServerError: down');
      expect(installation.network.methods).not.toContain('staleSecurityGroups');
      expect(ran.metrics.aggregates).toEqual({ Sweeps: 0 });
      expect(isWhole(installation)).toBe(true);
    });

  test('that dies between the control item and the configuration leaves nothing that a run revokes by', async () => {
    const before = revoking({ flaggedIngressRules: [] });
    const installation = anInstallation();
    await installation.deploy({ ...before, dryRun: true });
    installation.ledger.on('putConfiguration', { throws: awsError('InternalServerError', 'down') });
    await installation.deploy(revoking(), { isChange: true });
    for (const configuration of [revoking(), { ...before, dryRun: true }]) {
      installation.update(configuration);
      expect(holdOf(await installation.run())).toBe('CONFIGURATION_CHANGING');
    }
    expect(isWhole(installation)).toBe(true);
  });

  test('of two at once leaves one configuration in force, which the control item names', async () => {
    const installation = anInstallation();
    installation.update(revoking());
    await Promise.all([installation.putIntoForce(revoking()), installation.putIntoForce(revoking())]);
    const { configurationRecord: record, controlEntry } = installation.ledger;
    expect(controlEntry?.configuration?.digest).toBe(record && digestOfConfiguration(record));
    expect(holdOf(await installation.run())).toBeUndefined();
  });

  test('that is no success fails after it has delivered', async () => {
    const installation = anInstallation();
    installation.network.on('vpcs', { throws: awsError('RequestLimitExceeded', 'slow down') });
    const ran = await installation.deploy(revoking());
    expect(messageOf(ran)).toBe(
      'The sweep could look at nothing: listing VPCs failed with RequestLimitExceeded: slow down',
    );
    expect(ran.metrics.aggregates).toMatchObject({ Sweeps: 0, ScanErrors: 1 });
    expect(ran.log.lines.at(-1)?.fields).toMatchObject({ event: 'Sweep' });
  });
});

describe('every other run', () => {
  test('is answered with its counts: of some groups what it did alone, and neither totals nor a heartbeat', async () => {
    const installation = anInstallation();
    await installation.deploy(revoking({ dryRun: true }));
    const full = await installation.run(ON_REQUEST);
    expect(full.delivered?.counts).toMatchObject({ Sweeps: 1, VpcsScanned: 1, StaleIngressRules: 1 });
    const some = await installation.run(ofGroups('sg-1'));
    expect(some.delivered?.counts)
      .toEqual({ IngressRulesRevoked: 0, RevocationsFailed: 0, ScanErrors: 0, DeliveriesFailed: 0 });
  });

  test('goes by the configuration in the ledger, whoever asks for it', async () => {
    const installation = anInstallation();
    await installation.deploy(revoking({ dryRun: true, requestRateFactor: 2 }));
    for (const request of [undefined, ON_REQUEST, ofGroups('sg-1')]) {
      const { delivered, error } = await installation.run(request);
      expect(error).toBeUndefined();
      expect(delivered?.configuration).toMatchObject({ dryRun: true, staleRules: 'revoke' });
      expect(delivered?.result.plan.keep.map(({ reason }) => reason).sort()).toEqual(['DRY_RUN', 'DRY_RUN', 'EGRESS']);
      expect(delivered?.counts).toMatchObject({ IngressRulesRevoked: 0 });
    }
    expect(new Set(installation.scaled)).toEqual(new Set([2]));
    expect(isWhole(installation)).toBe(true);
  });

  test('tries no permission, and puts nothing into force', async () => {
    const installation = anInstallation();
    await installation.deploy(revoking());
    installation.ledger.calls.splice(0);
    await installation.run();
    const methods = installation.ledger.calls.map(({ method }) => method);
    expect(methods.filter(method => method === 'preflight' || method === 'putConfiguration')).toEqual([]);
    expect(methods[0]).toBe('configuration');
  });

  test('names what began it in its result and in the log', async () => {
    const installation = anInstallation();
    await installation.deploy(revoking());
    const { delivered, log } = await installation.run({
      trigger: 'schedule',
      scope: { kind: 'everything' },
      scheduledTime: START.toISOString(),
    });
    expect(delivered?.result.run)
      .toEqual({ id: 'run-2', trigger: 'schedule', scope: { kind: 'everything' }, scheduledTime: START.toISOString() });
    expect(log.lines.at(-1)?.fields).toMatchObject({ event: 'Sweep', trigger: 'schedule' });
  });

  test('fails where the configuration cannot be read, and does nothing', async () => {
    const installation = anInstallation();
    await installation.deploy(revoking({ dryRun: true }));
    const writes = installation.ledger.calls.length;
    installation.ledger.on('configuration', { throws: awsError('AccessDeniedException', 'no') });
    const { error, metrics, delivered } = await installation.run();
    const message =
      'The configuration could not be read from the ledger, so nothing was done: AccessDeniedException: no';
    expect(error).toMatchObject({ message });
    expect([delivered, metrics.published, installation.ledger.calls.length]).toEqual([undefined, [], writes + 1]);
  });
});

describe('while the ledger has another configuration than the function', () => {
  const OTHER = revoking({ maxRevocationsPerSweep: 7 });

  /** An installation whose function was updated or rolled back, without the custom resource. */
  async function mismatched(configuration = revoking({ dryRun: true })): Promise<Installation> {
    const installation = anInstallation();
    await installation.deploy(configuration);
    installation.update(OTHER);
    return installation;
  }

  test('a run reports what it finds by that in the ledger, and revokes nothing', async () => {
    const installation = await mismatched(revoking({ settleSeconds: 60 }));
    installation.clock.advance(HOUR);
    const ran = await installation.run();
    const { delivered, error, metrics, log } = ran;
    expect([error, holdOf(ran)]).toEqual([undefined, 'CONFIGURATION_CHANGING']);
    expect(delivered?.configuration.maxRevocationsPerSweep).toBe(1000);
    expect(metrics.aggregates).toMatchObject({
      StaleIngressRules: 1, FlaggedIngressRules: 1, IngressRulesRevoked: 0, RevocationsWithheld: 0, Sweeps: 1,
    });
    expect(delivered?.result.plan.keep.map(({ reason }) => reason).sort())
      .toEqual(['CONFIGURATION_CHANGING', 'CONFIGURATION_CHANGING', 'EGRESS']);
    expect(installation.network.methods).not.toContain('admitRevocations');
    expect(isWhole(installation)).toBe(true);
    const detail = 'the configuration in the ledger is not the one that the function was deployed with';
    expect(log.lines[0]).toMatchObject({
      level: 'WARN', fields: { event: 'Ledger', reason: 'CONFIGURATION_CHANGING' },
      message: `Nothing is revoked: ${detail}. This is normal while a deployment is in progress or is rolled back`,
    });
  });

  test.each([
    ['a request', ON_REQUEST], ['some groups', ofGroups('sg-1')],
  ])('revokes nothing for %s either', async (_, request) => {
    const installation = await mismatched();
    const ran = await installation.run(request);
    expect([ran.error, holdOf(ran)]).toEqual([undefined, 'CONFIGURATION_CHANGING']);
    expect(isWhole(installation)).toBe(true);
  });

  test('two scheduled sweeps in a row are an error, with what to do, after the second has delivered', async () => {
    const installation = await mismatched();
    expect((await installation.run()).error).toBeUndefined();
    installation.clock.advance(HOUR);
    const second = await installation.run();
    expect(messageOf(second)).toBe(
      '2 scheduled sweeps in a row revoked nothing, because the configuration in the ledger is not '
        + 'the one that the function was deployed with. '
        + 'Deploy the stack again; if it was rolled back, make sure that the rollback is complete',
    );
    expect(second.metrics.aggregates).toMatchObject({ Sweeps: 1, StaleIngressRules: 1 });
    installation.clock.advance(HOUR);
    expect(messageOf(await installation.run())).toMatch(/^3 scheduled sweeps in a row/);
    expect(isWhole(installation)).toBe(true);
  });

  test('requests are no error, however many there are, and neither count nor break the row', async () => {
    const installation = await mismatched();
    for (const request of [ON_REQUEST, ON_REQUEST, ofGroups('sg-1'), ofGroups('sg-1')]) {
      expect((await installation.run(request)).error).toBeUndefined();
    }
    expect((await installation.run()).error).toBeUndefined();
    expect((await installation.run(ON_REQUEST)).error).toBeUndefined();
    expect(messageOf(await installation.run())).toMatch(/^2 scheduled sweeps in a row/);
  });

  test('one event that the schedule delivers twice is one sweep', async () => {
    const installation = await mismatched();
    const request = { trigger: 'schedule', scope: { kind: 'everything' }, scheduledTime: START.toISOString() } as const;
    expect((await installation.run(request)).error).toBeUndefined();
    expect((await installation.run(request)).error).toBeUndefined();
  });

  test.each<[name: string, configuration: Configuration]>([
    ['revokes', revoking()],
    ['only reports', aConfiguration({ staleRules: 'report', vpnConnections: { kind: 'none' } })],
    ['makes a dry run', revoking({ dryRun: true })],
    ['looks at VPN connections alone', aConfiguration({ staleRules: 'ignore' })],
  ])('a row is broken by a run that %s by the function\'s own', async (_, configuration) => {
    const installation = await mismatched(configuration);
    await installation.run();
    installation.update(configuration);
    expect((await installation.run()).error).toBeUndefined();
    expect(installation.ledger.controlEntry?.mismatch).toBeUndefined();
    installation.update(OTHER);
    expect((await installation.run()).error).toBeUndefined();
  });

  test('a row is broken by a deployment', async () => {
    const installation = await mismatched();
    await installation.run();
    await installation.putIntoForce(OTHER, { isChange: true });
    installation.update(revoking());
    expect((await installation.run()).error).toBeUndefined();
    expect(installation.ledger.controlEntry?.mismatch).toMatchObject({ sweeps: 1 });
  });

  test('another function than before begins a row of its own', async () => {
    const installation = await mismatched();
    await installation.run();
    installation.update(revoking({ maxRevocationsPerSweep: 8 }));
    expect((await installation.run()).error).toBeUndefined();
  });

  test('a row that cannot be counted fails the run, which has done nothing', async () => {
    const installation = await mismatched();
    installation.ledger.on('putControl', { throws: awsError('InternalServerError', 'down') });
    const { error } = await installation.run();
    expect(error).toMatchObject({ name: 'InternalServerError' });
    expect(isWhole(installation)).toBe(true);
  });

  test('the run fails with the sweep\'s own error', async () => {
    const installation = await mismatched();
    installation.network.on('vpcs', { throws: awsError('InternalError', 'down') });
    expect(messageOf(await installation.run())).toMatch(/^The sweep could look at nothing/);
  });
});

describe('a ledger whose control item is gone, or names another configuration than the one that it has', () => {
  async function without(control?: 'another'): Promise<Installation> {
    const installation = anInstallation();
    await installation.deploy(revoking({ settleSeconds: 60 }));
    installation.clock.advance(HOUR);
    const { controlEntry: entry } = installation.ledger;
    installation.ledger.controlEntry = control && entry?.configuration && {
      ...entry, configuration: { ...entry.configuration, digest: control },
    };
    return installation;
  }

  test.each<[name: string, control: 'another' | undefined]>([['gone', undefined], ['another', 'another']])(
    'has nothing revoked, and the second scheduled sweep in a row that finds it so fails, with what to do: %s',
    async (_, control) => {
      const installation = await without(control);
      const first = await installation.run();
      expect([holdOf(first), first.error]).toEqual(['CONFIGURATION_CHANGING', undefined]);
      expect((await installation.run(ON_REQUEST)).error).toBeUndefined();
      expect(messageOf(await installation.run())).toMatch(
        /^2 scheduled sweeps in a row revoked nothing, because the .* Deploy the stack again with a change of a property/,
      );
      expect(isWhole(installation)).toBe(true);
    });

  test('is in order again once a configuration is deployed', async () => {
    const installation = await without();
    await installation.run();
    await installation.deploy(revoking({ maxRevocationsPerSweep: 8 }), { isChange: true });
    expect((await installation.run()).error).toBeUndefined();
    expect(installation.ledger.controlEntry?.mismatch).toBeUndefined();
  });

  test('is none where deployments come in the middle of two sweeps in a row', async () => {
    const installation = anInstallation();
    await installation.deploy(revoking());
    for (const limit of [8, 9]) {
      const next = revoking({ maxRevocationsPerSweep: limit });
      const sweep = installation.run();
      await installation.putIntoForce(next, { isChange: true });
      expect((await sweep).error).toBeUndefined();
      installation.update(next);
      installation.clock.advance(HOUR);
    }
    expect((await installation.run()).error).toBeUndefined();
  });
});

describe('a ledger that someone has altered', () => {
  const TOPIC = 'arn:aws:sns:eu-central-1:111122223333:people';
  const PATHS = [['notificationsTopicArn']];

  /** The configuration has a value that is known at deployment only. */
  async function deployed(): Promise<Installation> {
    const installation = anInstallation();
    await installation.deploy(revoking({ notificationsTopicArn: TOPIC, settleSeconds: 60 }), { paths: PATHS });
    installation.clock.advance(HOUR);
    return installation;
  }

  type Change = (configuration: Record<string, unknown>) => Record<string, unknown>;

  function alter({ ledger }: Installation, change: Change): void {
    const record = ledger.configurationRecord ?? { revision: 0, writtenBy: '', text: '{}', deployTimePaths: '[]' };
    const text = JSON.stringify(change(JSON.parse(record.text) as Record<string, unknown>));
    ledger.configurationRecord = { ...record, text };
  }

  test('revokes, where nobody has', async () => {
    const installation = await deployed();
    expect(holdOf(await installation.run())).toBeUndefined();
    expect([...installation.network.rules.keys()].sort()).toEqual(['sgr-egress-1', 'sgr-healthy-1']);
  });

  test.each<[name: string, change: Change]>([
    ['a value', configuration => ({ ...configuration, maxRevocationsPerSweep: 5000 })],
    ['what is exempt', configuration => ({ ...configuration, exemptSecurityGroupIds: ['sg-9'] })],
    [
      'a value that is known at deployment only',
      configuration => ({ ...configuration, notificationsTopicArn: `${TOPIC}-other` }),
    ],
  ])('has nothing revoked: %s', async (_, change) => {
    const installation = await deployed();
    alter(installation, change);
    expect(holdOf(await installation.run())).toBe('CONFIGURATION_CHANGING');
    expect(isWhole(installation)).toBe(true);
  });

  test('has nothing revoked where the paths of what is filled in are others', async () => {
    const installation = await deployed();
    const { configurationRecord: record } = installation.ledger;
    const deployTimePaths = JSON.stringify([...PATHS, ['maxRevocationsPerSweep']]);
    installation.ledger.configurationRecord = record && { ...record, deployTimePaths };
    expect(holdOf(await installation.run())).toBe('CONFIGURATION_CHANGING');
    expect(isWhole(installation)).toBe(true);
  });

  test.each<[name: string, text: string]>([
    ['is no JSON', '{'],
    ['is of another version', '{"version":2}'],
    ['has a bad value', JSON.stringify({ ...revoking(), dryRun: 'no' })],
  ])('has nothing done by a configuration that %s, and says so', async (_, text) => {
    const installation = await deployed();
    const { configurationRecord: record } = installation.ledger;
    installation.ledger.configurationRecord = record && { ...record, text };
    const calls = installation.network.calls.length;
    const { delivered, error, log } = await installation.run();
    expect([delivered, error, installation.network.calls.length]).toEqual([undefined, undefined, calls]);
    expect(log.lines).toMatchObject([
      {
        level: 'WARN',
        message: expect.stringMatching(
          /^Nothing is revoked: the configuration in the ledger cannot be used: /,
        ) as string,
      },
    ]);
  });
});

describe('a ledger without a configuration', () => {
  test('has nothing looked at, written or published, but that it is so', async () => {
    const installation = anInstallation();
    const { delivered, error, metrics, events, log } = await installation.run();
    expect([delivered, error, metrics.published, events]).toEqual([undefined, undefined, [], []]);
    expect(installation.network.calls).toEqual([]);
    expect(effectsOf(installation)).toEqual(['putControl']);
    expect(installation.ledger.controlEntry).toMatchObject({ mismatch: { sweeps: 1 } });
    expect(log.lines).toMatchObject([
      {
        level: 'WARN',
        fields: { event: 'Ledger', reason: 'CONFIGURATION_CHANGING' },
        message:
          'Nothing is revoked: the ledger has no configuration yet. '
          + 'This is normal while a deployment is in progress or is rolled back',
      },
    ]);
  });

  test('is an error of the second scheduled sweep in a row, and of no request', async () => {
    const installation = anInstallation();
    expect((await installation.run(ON_REQUEST)).error).toBeUndefined();
    expect((await installation.run(ofGroups('sg-1'))).error).toBeUndefined();
    expect((await installation.run()).error).toBeUndefined();
    expect(messageOf(await installation.run())).toMatch(
      /^2 scheduled sweeps in a row revoked nothing, because the ledger has no configuration yet\. Deploy the stack /,
    );
  });

  test('is made good by a deployment, as if nothing had been', async () => {
    const installation = anInstallation();
    await installation.run();
    await installation.run();
    expect((await installation.deploy(revoking())).error).toBeUndefined();
    expect(installation.ledger.controlEntry).toMatchObject({ table: 'ledger' });
    expect(installation.ledger.controlEntry?.mismatch).toBeUndefined();
    expect((await installation.run()).error).toBeUndefined();
    expect(isWhole(installation)).toBe(false);
  });

  test('has nothing revoked, be it that there is a configuration, where the control item is gone', async () => {
    const installation = anInstallation();
    await installation.deploy(revoking({ settleSeconds: 60 }));
    installation.clock.advance(HOUR);
    installation.ledger.controlEntry = undefined;
    expect(holdOf(await installation.run())).toBe('CONFIGURATION_CHANGING');
    expect(isWhole(installation)).toBe(true);
  });
});

describe('a custom resource event that someone made up', () => {
  const OWN = revoking({ dryRun: true });
  const FORGED = revoking({ maxRevocationsPerSweep: 5000 });

  async function handle(installation: Installation, properties: Record<string, unknown>): Promise<string> {
    const invocation = parseInvocation({
      RequestType: 'Update',
      ResponseURL: 'https://example.com/',
      StackId: 'stack',
      RequestId: 'request',
      LogicalResourceId: 'Sweep',
      ResourceProperties: properties,
      OldResourceProperties: {},
    });
    if (invocation.kind !== 'custom-resource') throw new Error('it is no custom resource event');
    const dependencies = installation.dependencies();
    let status = '';
    await handleCustomResource(invocation, {
      log: dependencies.log, fingerprint: installation.fingerprint, answerWithinMillis: 10_000,
      respond: async (_, body) => {
        status = (JSON.parse(body) as { Status: string }).Status;
      },
      run: async deployment => attributes(await runAtDeployment(deployment, dependencies)),
    });
    return status;
  }

  test('is none where it is the function\'s own configuration: it is put into force and swept by', async () => {
    const installation = anInstallation();
    installation.update(OWN);
    await expect(handle(installation, customResourceProperties(OWN))).resolves.toBe('SUCCESS');
    expect(installation.ledger.configurationRecord?.text).toBe(JSON.stringify(OWN));
  });

  test.each<[name: string, properties: Record<string, unknown>]>([
    ['with another fingerprint', customResourceProperties(FORGED)],
    [
      'with an altered text and the right fingerprint',
      { ...customResourceProperties(OWN), Configuration: JSON.stringify(FORGED) },
    ],
    [
      'with more values that are said to be filled in',
      {
        Configuration: JSON.stringify(FORGED),
        Fingerprint: fingerprintOf(OWN),
        DeployTimePaths: JSON.stringify([['dryRun'], ['maxRevocationsPerSweep']]),
      },
    ],
    [
      'with these, and the fingerprint that goes with them',
      {
        Configuration: JSON.stringify(FORGED),
        Fingerprint: fingerprintOf(FORGED, [['dryRun'], ['maxRevocationsPerSweep']]),
        DeployTimePaths: JSON.stringify([['dryRun'], ['maxRevocationsPerSweep']]),
      },
    ],
  ])('%s is answered FAILED, and nothing is tried, written or swept', async (_, properties) => {
    const installation = anInstallation();
    await installation.deploy(OWN);
    const { ledger, network } = installation;
    const state = (): unknown[] => [
      ledger.configurationRecord,
      ledger.controlEntry,
      ledger.calls.length,
      network.calls.length,
    ];
    const before = state();
    await expect(handle(installation, properties)).resolves.toBe('FAILED');
    expect(state()).toEqual(before);
    expect(isWhole(installation)).toBe(true);
  });
});

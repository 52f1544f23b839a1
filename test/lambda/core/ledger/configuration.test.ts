/** Tests how a configuration is put into force, and how every other run reads it. */
import { holdOf } from '../../../../lambda/core/decide/hold';
import {
  type ConfigurationText, digestOfConfiguration, fingerprintOfText, loadConfiguration, recordMismatch,
  storeConfiguration,
  type Storing,
} from '../../../../lambda/core/ledger/configuration';
import type { ConfigurationRecord } from '../../../../lambda/core/model/ledger';
import { fingerprintOf } from '../../../../src/contract/fingerprint';
import { awsError } from '../../../support/aws-error';
import { aConfiguration, aControl, decoded, DEPLOYED } from '../../../support/builders';
import { after, iso } from '../../../support/ledger-builders';
import { type LedgerMethod, MemoryLedger } from '../../../support/memory-ledger';
import { aPause } from '../../../support/pauses';

const FIRST = aConfiguration({ maxRevocationsPerSweep: 20 });
const SECOND = aConfiguration({ maxRevocationsPerSweep: 21 });

const textOf = (configuration: unknown, ...paths: unknown[]): ConfigurationText =>
  ({ text: JSON.stringify(configuration), deployTimePaths: JSON.stringify(paths) });

/** A ledger before the first deployment. */
function anEmptyLedger(): MemoryLedger {
  const ledger = new MemoryLedger();
  ledger.controlEntry = undefined;
  return ledger;
}

/** Puts a configuration into force at the given minute. */
async function store(
  ledger: MemoryLedger, minute: number, configuration: ConfigurationText, overrides: Partial<Storing> = {},
): Promise<void> {
  const writer = { id: `deployment-${minute}`, now: after(minute) };
  const fingerprint = fingerprintOfText(configuration);
  const deployment = { table: 'ledger', fingerprint, isChange: false, ...overrides };
  await storeConfiguration(configuration, { ledger, writer, ...deployment });
}

const writes = ({ calls }: MemoryLedger): LedgerMethod[] =>
  calls.map(({ method }) => method).filter(method => method.startsWith('put'));

/** Returns why a function with this configuration revokes nothing, according to the two items of the ledger. */
async function heldAt(ledger: MemoryLedger, minute: number, configuration: unknown): Promise<string | undefined> {
  const fingerprint = fingerprintOf(configuration);
  const loaded = await loadConfiguration(ledger, fingerprint);
  const digest = loaded.kind === 'current' ? loaded.digest : '';
  const own = { table: 'ledger', fingerprint, digest, settleSeconds: 3600 };
  return holdOf(ledger.controlEntry, own, after(minute))?.reason;
}

describe('a configuration that is put into force', () => {
  test('is in the ledger, as it came, beside the control item that names it', async () => {
    const ledger = anEmptyLedger();
    const first = textOf(FIRST);
    await store(ledger, 0, first, { isChange: true });
    expect(ledger.configurationRecord).toEqual({ revision: 1, writtenBy: 'deployment-0', ...first });
    expect(ledger.controlEntry).toEqual({
      revision: 1, writtenBy: 'deployment-0', table: 'ledger',
      configuration: { fingerprint: fingerprintOf(FIRST), digest: digestOfConfiguration(first), since: iso(0) },
    });
  });

  test('is written after the control item, so that from then on nothing is revoked by another one', async () => {
    const ledger = anEmptyLedger();
    await store(ledger, 0, textOf(FIRST));
    expect(await heldAt(ledger, 120, FIRST)).toBeUndefined();
    const between: Array<string | undefined> = [];
    ledger.on('putConfiguration', {
      call: 2,
      before: async () => {
        for (const configuration of [FIRST, SECOND]) between.push(await heldAt(ledger, 120, configuration));
      },
    });
    await store(ledger, 120, textOf(SECOND));
    expect(writes(ledger)).toEqual(['putControl', 'putConfiguration', 'putControl', 'putConfiguration']);
    expect(between).toEqual(['CONFIGURATION_CHANGING', 'CONFIGURATION_CHANGING']);
    expect(await heldAt(ledger, 120, FIRST)).toBe('CONFIGURATION_CHANGING');
    expect(await heldAt(ledger, 120, SECOND)).toBe('SETTLING');
    expect(await heldAt(ledger, 180, SECOND)).toBeUndefined();
  });

  test('again is no change: nothing is written, and it stays in force since the first time', async () => {
    const ledger = anEmptyLedger();
    await store(ledger, 0, textOf(FIRST));
    await store(ledger, 60, textOf(FIRST));
    expect(writes(ledger)).toEqual(['putControl', 'putConfiguration', 'putControl']);
    expect(ledger.configurationRecord).toMatchObject({ revision: 1, writtenBy: 'deployment-0' });
    expect(ledger.controlEntry?.configuration?.since).toBe(iso(0));
  });

  const WITH_TOPIC = (topic: string): ConfigurationText =>
    textOf({ ...FIRST, notificationsTopicArn: topic }, ['notificationsTopicArn']);
  const [TOPIC_1, TOPIC_2] = [1, 2].map(number => WITH_TOPIC(`arn:aws:sns:eu-central-1:111122223333:topic-${number}`));

  test.each<[string, ConfigurationText, ConfigurationText, boolean]>([
    ['another value', textOf(FIRST), textOf(SECOND), false],
    ['another value, as CloudFormation says, too', textOf(FIRST), textOf(SECOND), true],
    ['another value that is known at deployment only', TOPIC_1, TOPIC_2, false],
    ['another order of its values', textOf(FIRST), textOf(Object.fromEntries(Object.entries(FIRST).reverse())), false],
    ['a value that is filled in at deployment now', textOf(FIRST), textOf(FIRST, ['eventBus']), false],
    ['nothing that the ledger knows of, when CloudFormation calls it a change', textOf(FIRST), textOf(FIRST), true],
  ])('is in force since now, when it differs in %s', async (_, before, now, isChange) => {
    const ledger = anEmptyLedger();
    await store(ledger, 0, before);
    await store(ledger, 60, now, { isChange });
    expect(ledger.configurationRecord).toMatchObject(now);
    const { fingerprint, digest, since } = ledger.controlEntry?.configuration ?? {};
    expect([fingerprint, digest, since]).toEqual([fingerprintOfText(now), digestOfConfiguration(now), iso(60)]);
  });

  test('is in force since now, when it comes back after a rollback', async () => {
    const ledger = anEmptyLedger();
    await store(ledger, 0, textOf(FIRST));
    await store(ledger, 60, textOf(SECOND));
    await store(ledger, 120, textOf(FIRST));
    const digest = digestOfConfiguration(textOf(FIRST));
    expect(ledger.controlEntry?.configuration).toMatchObject({ digest, since: iso(120) });
    expect(ledger.configurationRecord).toMatchObject({ revision: 3, ...textOf(FIRST) });
  });

  test('leaves the pause, the allowance and the table as they are, and ends a mismatch', async () => {
    const ledger = new MemoryLedger();
    const allowance = { openedBy: 'sweep-1', openedAt: iso(0), limit: 20, used: 7 };
    const mismatch = { fingerprint: 'x', sweeps: 2 };
    ledger.controlEntry = aControl({ table: 'another', allowance, pause: aPause(), mismatch });
    await store(ledger, 60, textOf(FIRST));
    expect(ledger.controlEntry).toMatchObject({ table: 'another', allowance, pause: aPause() });
    expect(ledger.controlEntry.mismatch).toBeUndefined();
  });

  test('is worked out again over what others write meanwhile: a pause is not lost', async () => {
    const ledger = new MemoryLedger();
    ledger.on('putControl', {
      call: 1, before: () => { ledger.controlEntry = aControl({ revision: 2, writtenBy: 'other', pause: aPause() }); },
    });
    const other: ConfigurationRecord = { revision: 1, writtenBy: 'other', ...textOf(SECOND) };
    ledger.on('putConfiguration', { call: 1, before: () => { ledger.configurationRecord = other; } });
    await store(ledger, 60, textOf(FIRST));
    expect(ledger.controlEntry).toMatchObject({ revision: 3, pause: aPause(), configuration: { since: iso(60) } });
    expect(ledger.configurationRecord).toEqual({ revision: 2, writtenBy: 'deployment-60', ...textOf(FIRST) });
  });

  test('beside another one lets nothing be revoked, unless both items are of one', async () => {
    const ledger = anEmptyLedger();
    await store(ledger, 0, textOf(FIRST));
    // The other deployment comes between the two writes of this one.
    ledger.on('putConfiguration', { call: 2, before: () => store(ledger, 60, textOf(FIRST)) });
    await store(ledger, 60, textOf(SECOND));
    expect(ledger.configurationRecord).toMatchObject(textOf(SECOND));
    expect(await heldAt(ledger, 600, FIRST)).toBe('CONFIGURATION_CHANGING');
    expect(await heldAt(ledger, 600, SECOND)).toBe('CONFIGURATION_CHANGING');
  });

  test.each<[LedgerMethod, LedgerMethod[]]>([
    ['control', []], ['putControl', ['putControl']], ['configuration', ['putControl']],
    ['putConfiguration', ['putControl', 'putConfiguration']],
  ])('is not, when the ledger fails at %s: it is an error, and nothing further is written', async (method, written) => {
    const ledger = new MemoryLedger();
    const first: ConfigurationRecord = { revision: 1, writtenBy: 'deployment', ...textOf(FIRST) };
    ledger.configurationRecord = first;
    ledger.on(method, { throws: awsError('UnreadableItem', "the ledger's item cannot be read") });
    await expect(store(ledger, 60, textOf(SECOND))).rejects.toMatchObject({ name: 'UnreadableItem' });
    expect(writes(ledger)).toEqual(written);
    expect(ledger.configurationRecord).toBe(first);
  });
});

describe('a run', () => {
  /** Returns what is loaded if the ledger has this record. */
  async function loaded(
    configuration: ConfigurationText | undefined, fingerprint = fingerprintOf(FIRST),
  ): Promise<object> {
    const ledger = new MemoryLedger();
    ledger.configurationRecord = configuration && { revision: 1, writtenBy: 'deployment', ...configuration };
    return loadConfiguration(ledger, fingerprint);
  }

  test('goes by the configuration that its function was deployed with', async () => {
    const configuration = decoded({ maxRevocationsPerSweep: 20 });
    expect(await loaded(textOf(FIRST))).toEqual({ kind: 'current', configuration, digest: digestOfConfiguration(textOf(FIRST)) });
  });

  test('goes by it with the values that were filled in at deployment, whatever they are', async () => {
    const eventBus = 'arn:aws:events:eu-central-1:111122223333:event-bus/people';
    const filledIn = textOf({ ...FIRST, eventBus }, ['eventBus']);
    const fingerprint = fingerprintOf({ ...FIRST, eventBus: 'as it was synthesized' }, [['eventBus']]);
    expect(await loaded(filledIn, fingerprint)).toMatchObject({ kind: 'current', configuration: { eventBus } });
  });

  test('knows that another is in force, and has it, so that it can report', async () => {
    expect(await loaded(textOf(SECOND))).toEqual({
      kind: 'changing', configuration: decoded({ maxRevocationsPerSweep: 21 }),
      detail: 'the configuration in the ledger is not the one that the function was deployed with',
    });
  });

  test('does not accept a configuration with more filled-in values than expected', async () => {
    const altered = textOf({ ...FIRST, maxRevocationsPerSweep: 1000 }, ['maxRevocationsPerSweep']);
    expect(await loaded(altered)).toMatchObject({ kind: 'changing' });
  });

  test('knows that there is none yet', async () => {
    expect(await loaded(undefined)).toEqual({ kind: 'changing', detail: 'the ledger has no configuration yet' });
  });

  test.each<[string, ConfigurationText]>([
    ['no JSON', { text: '{', deployTimePaths: '[]' }],
    ['a configuration of another version', textOf({ ...FIRST, version: 2 })],
    ['no configuration', textOf({})],
    ['paths that are no JSON', { ...textOf(FIRST), deployTimePaths: '[' }],
    ['paths that it has nothing at', textOf(FIRST, ['nowhere'])],
  ])('has nothing to go by, and fails at nothing, when the ledger has %s', async (_, configuration) => {
    const result = await loaded(configuration);
    expect(result).toMatchObject({ kind: 'changing' });
    expect(Reflect.get(result, 'configuration')).toBeUndefined();
    expect(Reflect.get(result, 'detail')).toMatch(/^the configuration in the ledger cannot be used: ./);
  });

  test('fails when the ledger cannot be read: that says nothing of what is in force', async () => {
    const ledger = new MemoryLedger().on('configuration', { throws: awsError('AccessDeniedException') });
    await expect(loadConfiguration(ledger, 'x')).rejects.toMatchObject({ name: 'AccessDeniedException' });
  });
});

describe('the digest of a configuration', () => {
  test('is the same for the same text and paths', () => {
    expect(digestOfConfiguration(textOf(FIRST))).toBe(digestOfConfiguration(textOf(FIRST)));
  });

  test('is another for another text or other paths, and does not confuse one with the other', () => {
    const all = [
      textOf(FIRST), textOf(SECOND), textOf(FIRST, ['eventBus']), { text: 'a', deployTimePaths: 'b' },
      { text: 'ab', deployTimePaths: '' }, { text: '', deployTimePaths: 'ab' }, { text: 'b', deployTimePaths: 'a' },
    ];
    expect(new Set(all.map(digestOfConfiguration)).size).toBe(all.length);
  });
});

describe('scheduled sweeps that find a configuration that is not the function\'s', () => {
  const find = (ledger: MemoryLedger, fingerprint: string): Promise<number> =>
    recordMismatch(ledger, { fingerprint }, { id: 'sweep-now', now: after(60) });

  test('are counted in a row, and anew for another function', async () => {
    const ledger = new MemoryLedger();
    expect([await find(ledger, 'a'), await find(ledger, 'a'), await find(ledger, 'a')]).toEqual([1, 2, 3]);
    expect([await find(ledger, 'b'), await find(ledger, 'a')]).toEqual([1, 1]);
  });

  test('are counted where there is no control item yet', async () => {
    expect(await find(anEmptyLedger(), 'a')).toBe(1);
  });

  test('begin anew after a deployment', async () => {
    const ledger = anEmptyLedger();
    await find(ledger, 'a');
    await store(ledger, 60, textOf(FIRST));
    expect(await find(ledger, 'a')).toBe(1);
  });

  test('change nothing of what is in force, and lose no pause that is written meanwhile', async () => {
    const ledger = new MemoryLedger();
    ledger.on('putControl', {
      call: 1, before: () => { ledger.controlEntry = aControl({ revision: 2, writtenBy: 'other', pause: aPause() }); },
    });
    expect(await find(ledger, 'a')).toBe(1);
    const { fingerprint, digest } = DEPLOYED;
    expect(ledger.controlEntry).toMatchObject({ revision: 3, pause: aPause(), configuration: { fingerprint, digest } });
  });

  test.each<LedgerMethod>(['control', 'putControl'])('are an error when the ledger fails at %s', async method => {
    const ledger = new MemoryLedger().on(method, { throws: awsError('AccessDeniedException') });
    await expect(find(ledger, 'a')).rejects.toMatchObject({ name: 'AccessDeniedException' });
  });
});

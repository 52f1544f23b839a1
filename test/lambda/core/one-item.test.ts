/** Tests a sweep whose ledger has one unreadable item, or refuses one entry. Only the rule of that item is affected. */
import { awsError } from '../../support/aws-error';
import { aDecodedConfiguration } from '../../support/builders';
import { MemoryLedger } from '../../support/memory-ledger';
import { MemoryNetwork } from '../../support/memory-network';
import { REVOKE, run, type Swept, vpcs, VPN } from '../../support/swept';

const WRONG = 'its attribute state is missing. Delete the item';

/** A ledger in which these items cannot be read. */
function unreadable(...ids: string[]): MemoryLedger {
  const ledger = new MemoryLedger();
  ledger.unreadable.push(...ids.map(id => ({ id, message: `the ledger's item ${id} cannot be read: ${WRONG}` })));
  return ledger;
}

const TOO_LARGE = awsError('ValidationException', 'Item size has exceeded the maximum allowed size');

const messages = ({ log }: Swept): string[] => log.ofEvent('ScanError').map(({ message }) => message);
const kept = ({ result }: Swept, wanted: string): Array<string | undefined> =>
  (result?.plan.keep ?? []).filter(({ reason }) => reason === wanted).map(({ rule }) => rule?.securityGroupRuleId);

describe('an item of a rule that cannot be read', () => {
  test('keeps that rule, is named and counted, and the sweep revokes all others and succeeds', async () => {
    const swept = await run(REVOKE, new MemoryNetwork(vpcs(2)), { ledger: unreadable('sgr-flagged-1') });
    expect(swept.error).toBeUndefined();
    expect(swept.metrics.aggregates)
      .toMatchObject({ IngressRulesRevoked: 3, RevocationsWithheld: 1, ScanErrors: 1, Sweeps: 1 });
    expect(kept(swept, 'LEDGER_UNAVAILABLE')).toEqual(['sgr-flagged-1']);
    expect(swept.network.rules.has('sgr-flagged-1')).toBe(true);
    const message = `the ledger's item sgr-flagged-1 cannot be read: ${WRONG}`;
    expect(messages(swept)).toEqual([`The ledger failed in part: ${message}`]);
    expect(swept.log.ofEvent('ScanError'))
      .toMatchObject([{ level: 'ERROR', fields: { resourceId: 'sgr-flagged-1', error: { code: 'UnreadableItem' } } }]);
    expect(swept.ledger?.sweep).toMatchObject({ scanErrors: 1, errors: [message] });
  });

  test.each<[id: string, limit: number, revoked: number]>([
    ['sgr-flagged-1', 3, 0],
    ['sgr-flagged-1', 4, 3],
    ['sgr-elsewhere', 4, 0],
    ['sgr-elsewhere', 5, 4],
  ])(
    'counts for the limit, whether the sweep finds its rule or not: %s, and at most %i',
    async (id, limit, revoked) => {
      const configuration = { ...REVOKE, maxRevocationsPerSweep: limit };
      const swept = await run(configuration, new MemoryNetwork(vpcs(2)), { ledger: unreadable(id) });
      expect(swept.error).toBeUndefined();
      expect(swept.metrics.aggregates).toMatchObject({ IngressRulesRevoked: revoked, ScanErrors: 1 });
    },
  );

  test('is told once each, however many there are', async () => {
    const ledger = unreadable('sgr-flagged-1', 'sgr-a', 'sgr-b');
    const swept = await run(REVOKE, new MemoryNetwork(vpcs(2)), { ledger });
    expect(swept.metrics.aggregates).toMatchObject({ IngressRulesRevoked: 3, ScanErrors: 3 });
    expect(messages(swept)).toHaveLength(3);
  });

  test('does not hide that the ledger fails as a whole', async () => {
    const throws = awsError('InternalServerError', 'down');
    const ledger = unreadable('sgr-flagged-1').on('put', { naming: 'sgr-stale-1', throws });
    const swept = await run(REVOKE, new MemoryNetwork(vpcs(2)), { ledger });
    expect(swept.error).toMatchObject({
      message: 'The ledger failed, and without it nothing further is revoked: '
        + 'writing to the ledger failed with InternalServerError: down',
    });
    expect(swept.metrics.aggregates).toMatchObject({ IngressRulesRevoked: 0, ScanErrors: 2 });
  });
});

describe('a record that the ledger does not take', () => {
  // The first write of a rule says that it was found and is about to be revoked. If that is not taken, the second says
  // that it was found.
  test.each<[when: string, refused: number, state: string | undefined]>([
    ['found', 2, undefined], ['about to be revoked', 1, 'OPEN'],
  ])(
    'when its rule is %s keeps that rule alone', async (_, refused, state) => {
      let writes = 0;
      const ledger = new MemoryLedger();
      ledger.on('put', {
        naming: 'sgr-flagged-1',
        before: () => {
          writes += 1;
          if (writes <= refused) throw TOO_LARGE;
        },
      });
      const swept = await run(REVOKE, new MemoryNetwork(vpcs(2)), { ledger });
      expect(swept.error).toBeUndefined();
      expect(swept.metrics.aggregates).toMatchObject({ IngressRulesRevoked: 3, RevocationsWithheld: 1, ScanErrors: 1 });
      expect(swept.network.rules.has('sgr-flagged-1')).toBe(true);
      expect(messages(swept)).toEqual([
        'The ledger failed in part: writing to the ledger (sgr-flagged-1) failed with ValidationException: '
          + 'Item size has exceeded the maximum allowed size',
      ]);
      expect([writes, ledger.entries.get('sgr-flagged-1')?.state]).toEqual([2, state]);
    },
  );

  test('when its rule was revoked leaves the record to the next sweep, and is one error', async () => {
    const network = new MemoryNetwork(vpcs(2));
    const ledger = new MemoryLedger();
    network.on('revokeIngress', {
      call: 1,
      before: () => {
        ledger.on('put', { naming: 'sgr-flagged-1', throws: TOO_LARGE });
      },
    });
    const swept = await run(REVOKE, network, { ledger });
    expect(swept.error).toBeUndefined();
    expect(swept.metrics.aggregates).toMatchObject({ IngressRulesRevoked: 3, ScanErrors: 1 });
    expect(ledger.entries.get('sgr-flagged-1')).toMatchObject({ state: 'PENDING' });
  });
});

describe('what is beside the rules', () => {
  const VPN_TOO = { ...REVOKE, vpnConnections: { kind: 'all' as const } };
  const world = (): MemoryNetwork =>
    new MemoryNetwork({ ...vpcs(2), vpnConnections: [VPN, { ...VPN, vpnConnectionId: 'vpn-2' }] });

  test('affects only its own record, if it is a VPN connection', async () => {
    const swept = await run(VPN_TOO, world(), { ledger: unreadable('vpn-1') });
    expect(swept.error).toBeUndefined();
    expect(swept.metrics.aggregates).toMatchObject({ IngressRulesRevoked: 4, ScanErrors: 1, VpnConnections: 2 });
    expect(messages(swept)).toEqual([`The ledger failed in part: the ledger's item vpn-1 cannot be read: ${WRONG}`]);
    expect([...swept.ledger?.connections.keys() ?? []]).toEqual(['vpn-2']);
    expect(swept.ledger?.sweep).toMatchObject({ recordedVpnConnections: true });
  });

  test('costs no more than the record of the sweep, where it is that of the latest', async () => {
    const message = `the ledger's item latest-sweep cannot be read: ${WRONG}`;
    const throws = Object.assign(new Error(message), { name: 'UnreadableItem' });
    const ledger = new MemoryLedger().on('latestSweep', { throws });
    const swept = await run(VPN_TOO, world(), { ledger });
    expect(swept.error).toBeUndefined();
    expect(swept.metrics.aggregates).toMatchObject({ IngressRulesRevoked: 4, ScanErrors: 1 });
    expect(messages(swept)).toEqual([`The ledger failed in part: ${message}`]);
  });
});

test('a query that DynamoDB finds invalid is a ledger that fails as a whole', async () => {
  const ledger = new MemoryLedger().on('unsettled', { throws: awsError('ValidationException', 'no such key') });
  const swept = await run(REVOKE, new MemoryNetwork(vpcs(1)), { ledger });
  expect(swept.error).toMatchObject({
    message: expect.stringContaining('reading the ledger failed with ValidationException: no such key') as string,
  });
});

test('an item that cannot be read is an error of a sweep that only reports, too, and withholds nothing', async () => {
  const ledger = unreadable('sgr-elsewhere');
  const swept = await run(aDecodedConfiguration({ staleRules: 'report' }), new MemoryNetwork(vpcs(1)), { ledger });
  expect(swept.error).toBeUndefined();
  expect(swept.metrics.aggregates).toMatchObject({ ScanErrors: 1 });
  expect(swept.metrics.aggregates).not.toHaveProperty('RevocationsWithheld');
});

/**
 * Tests that a recorded revocation is never forgotten, whatever is seen, attempted or restored later, and is never read
 * as anything less.
 */
import { DynamoDbLedger } from '../../../lambda/aws/ledger';
import { restore } from '../../../lambda/core/act/restore';
import { kept, pending } from '../../../lambda/core/ledger/entry';
import { aDecodedConfiguration, aGroup, anEntry, aRule } from '../../support/builders';
import { connect, disconnect } from '../../support/dynamodb/over-the-wire';
import { anAttempt, aWriter, iso } from '../../support/ledger-builders';
import { MemoryLedger } from '../../support/memory-ledger';
import { MemoryNetwork } from '../../support/memory-network';
import { MemoryClock, MemoryLog } from '../../support/recorders';
import { aWorld, outcomeOf } from '../../support/revocation-world';
import { run, sshFlagged, START, vpcs } from '../../support/swept';

afterEach(disconnect);
const REVOKED = { name: 'REVOKED', sweepId: 'sweep-1', at: iso(-60) };

test('a rule that was recorded as revoked, and that EC2 showed once more to a clock ahead by more than 16 minutes, does not end as HEALED, to be forgotten', async () => {
  // The rule was opened again over REVOKED. When this sweep reads it again, it is gone.
  const world = aWorld([aRule()], { outcome: REVOKED });
  world.network.rules.clear();
  await outcomeOf(world);
  expect(world.ledger.entries.get('sgr-1')).toMatchObject({ state: 'REVOKED', outcome: REVOKED });
});

test('what came of a later attempt does not write over that the rule was once revoked', () => {
  const entry = anEntry({ outcome: REVOKED });
  const next = kept(pending(entry, aRule(), aWriter(0)), undefined, { name: 'FAILED' }, aWriter(1));
  expect(next.outcome?.name === 'REVOKED' || next.attempt !== undefined).toBe(true);
});

test('a restore puts back what was once revoked, shown again, and is gone, as the next sweep would record it', async () => {
  const ledger = new MemoryLedger([anEntry({ outcome: REVOKED })]);
  const { rules } = await restore(
    { securityGroupRuleIds: ['sgr-1'] },
    {
      network: new MemoryNetwork({ groups: [aGroup()] }),
      ledger,
      clock: new MemoryClock(),
      log: new MemoryLog().log,
      restoreId: 'restore-1',
      hygiene: 'Network/NetworkHygiene',
      table: 'ledger',
    },
  );
  expect(rules).toMatchObject([{ outcome: 'RESTORED' }]);
});

test('a rule that was restored before its revocation was recorded is counted by the sweep that revoked it, and by no other', async () => {
  const [network, ledger, clock] = [new MemoryNetwork(vpcs(1)), new MemoryLedger(), new MemoryClock(START)];
  const deps = { network, ledger, clock, log: new MemoryLog().log, restoreId: 'restore-1', hygiene: 'Network/NetworkHygiene', table: 'ledger' };
  network.on('revokeIngress', {
    call: 1,
    after: async () => {
      await restore({ sweepId: 'sweep-a' }, deps);
    },
  });
  const swept = await run(aDecodedConfiguration({ flaggedIngressRules: [sshFlagged()] }), network, {
    ledger,
    clock,
    sweepId: 'sweep-a',
  });
  expect(swept.metrics.aggregates.IngressRulesRevoked).toBe(1);
});

test.each(['null', 'false', '0', '""', '{"at":"2026-01-01T00:00:00.000Z"}'])(
  'an entry whose attempt is no attempt is not read as one without: %s',
  async attempt => {
    const wire = await connect({ maxAttempts: 1 });
    const ledger = new DynamoDbLedger(wire.dynamoDb, wire.endpoint.tableName, 'App/Hygiene');
    await ledger.put(anEntry({ revision: 1, state: 'PENDING', attempt: anAttempt(1) }));
    const [item] = await wire.endpoint.items();
    await wire.endpoint.put({ ...item, attempt });
    await expect(ledger.get({ securityGroupRuleId: 'sgr-1', groupId: 'sg-1' })).rejects.toThrow(
      /cannot be read: its attribute attempt/,
    );
  },
);

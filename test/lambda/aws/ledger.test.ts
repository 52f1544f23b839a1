/** The ledger over the wire: the SDK's own client, and a double of DynamoDB that fails on demand. */
import { DynamoDbLedger } from '../../../lambda/aws/ledger';
import type { LedgerEntry, LedgerState } from '../../../lambda/ports';
import { anEntry, aRule } from '../../support/builders';
import { connect, disconnect, type Wire } from '../../support/dynamodb/over-the-wire';
import { anAttempt, inNinetyDays, iso } from '../../support/ledger-builders';

const HYGIENE = 'App/Hygiene';

interface Connected extends Wire {
  readonly ledger: DynamoDbLedger;
}

async function aLedger(): Promise<Connected> {
  const wire = await connect({ maxAttempts: 3 });
  return { ...wire, ledger: new DynamoDbLedger(wire.dynamoDb, wire.endpoint.tableName, HYGIENE) };
}

afterEach(disconnect);

const first = (overrides: Partial<LedgerEntry> = {}): LedgerEntry => anEntry({ revision: 1, ...overrides });

const following = (entry: LedgerEntry, overrides: Partial<LedgerEntry> = {}): LedgerEntry =>
  ({ ...entry, revision: entry.revision + 1, ...overrides });

/** Every field that an entry may have. */
const FULL = first({
  rule: {
    securityGroupRuleId: 'sgr-0123456789abcdef0', groupId: 'sg-1', groupOwnerId: '111122223333', isEgress: false,
    ipProtocol: 'tcp', fromPort: 0, toPort: 65535,
    referencedGroup: { groupId: 'sg-2', userId: '444455556666', vpcId: 'vpc-2', vpcPeeringConnectionId: 'pcx-1', peeringStatus: 'deleted' },
    description: 'Zugang für "Müller & Söhne" \\ <b>日本</b> 🔥\u0000\n',
    tags: Object.fromEntries(Array.from({ length: 50 }, (_, index) => [`schlüssel "${index}"`, index % 2 === 0 ? '' : `wert'${index} 🔑`])),
  },
  state: 'RESTORED',
  sightings: 12,
  groupName: 'groupe réseau "web"',
  vpcId: 'vpc-1',
  stackName: 'Shop',
  because: {
    stale: 'DELETED_PEERING', verdict: 'flagged',
    declarations: [{ name: 'flaggedIngressRules[0]', reason: 'über "alles"' }, { name: 'flaggedIngressRules[1]' }],
  },
  attempt: anAttempt(1, 'sweep-1'),
  outcome: { name: 'REVOKED', sweepId: 'sweep-1', recordedBy: 'sweep-2', at: iso(1), detail: 'it is gone' },
  restored: { securityGroupRuleId: 'sgr-2', restoreId: 'restore-1', at: iso(2) },
  expiresAt: inNinetyDays(2),
});

/** What EC2 shows of a rule at the least. */
const BARE = { securityGroupRuleId: 'sgr-1', groupId: 'sg-1', isEgress: false, ipProtocol: '-1', cidrIpv6: '::/0', tags: {} };

describe('an entry', () => {
  test.each<[string, LedgerEntry]>([
    ['with every field', FULL],
    ['with no more than it must have', first({ rule: aRule() })],
    ['of a rule that EC2 shows little of', first({ rule: BARE })],
  ])('comes back as it was written: %s', async (_, entry) => {
    const { ledger } = await aLedger();
    await expect(ledger.put(entry)).resolves.toEqual({ isWritten: true });
    const read = await ledger.get(entry.securityGroupRuleId);
    expect(read).toEqual(entry);
    expect(read?.rule).toStrictEqual(entry.rule);
  });

  test.each<LedgerState>(['OPEN', 'PENDING', 'REVOKED', 'HEALED', 'RESTORED'])('comes back in its state: %s', async state => {
    const { ledger } = await aLedger();
    await ledger.put(first({ state }));
    await expect(ledger.get('sgr-1')).resolves.toMatchObject({ state });
  });

  test('with a field that is empty comes back without it', async () => {
    const { ledger } = await aLedger();
    await ledger.put(first({ groupName: '', vpcId: '' }));
    await expect(ledger.get('sgr-1')).resolves.toEqual(first());
  });

  test('that is not there is none', async () => {
    const { ledger } = await aLedger();
    await expect(ledger.get('sgr-1')).resolves.toBeUndefined();
  });

  test('shows in the table what people look for, and expires by a number of seconds', async () => {
    const { ledger, endpoint } = await aLedger();
    await ledger.put(FULL);
    await expect(endpoint.items()).resolves.toMatchObject([{
      hygiene: HYGIENE, id: 'sgr-0123456789abcdef0', state: 'RESTORED', revision: 1, sightings: 12, groupId: 'sg-1',
      groupName: 'groupe réseau "web"', vpcId: 'vpc-1', stackName: 'Shop', revokedBy: 'sweep-1', recordedBy: 'sweep-2', attemptedBy: 'sweep-1', expiresAt: FULL.expiresAt,
    }]);
    const [{ parameters: { Item } }] = endpoint.calls;
    expect(Item).toMatchObject({ expiresAt: { N: String(FULL.expiresAt) } });
  });

  test('of a rule that is revoked has nothing that would make DynamoDB forget it, and loses what it had', async () => {
    const { ledger, endpoint } = await aLedger();
    const healed = first({ state: 'HEALED', expiresAt: inNinetyDays(0), attempt: anAttempt(1) });
    await ledger.put(healed);
    await ledger.put(following(healed, { state: 'REVOKED', expiresAt: undefined, attempt: undefined }));
    const [item] = await endpoint.items();
    expect(item).toMatchObject({ state: 'REVOKED' });
    for (const attribute of ['expiresAt', 'attempt', 'attemptedBy']) expect(item).not.toHaveProperty(attribute);
  });
});

describe('a write', () => {
  test('of a first revision is refused where there is an entry, and tells which', async () => {
    const { ledger } = await aLedger();
    await ledger.put(first({ writtenBy: 'other' }));
    await expect(ledger.put(first({ writtenBy: 'me' }))).resolves.toEqual({ isWritten: false, instead: first({ writtenBy: 'other' }) });
    await expect(ledger.get('sgr-1')).resolves.toMatchObject({ writtenBy: 'other' });
  });

  test('of a further revision is made over the one before, and over no other', async () => {
    const { ledger } = await aLedger();
    const entry = first();
    await ledger.put(entry);
    const second = following(entry, { writtenBy: 'other' });
    await expect(ledger.put(second)).resolves.toEqual({ isWritten: true });
    await expect(ledger.put(following(entry, { writtenBy: 'me' }))).resolves.toEqual({ isWritten: false, instead: second });
    await expect(ledger.put(following(following(second), { writtenBy: 'me' }))).resolves.toEqual({ isWritten: false, instead: second });
    await expect(ledger.get('sgr-1')).resolves.toEqual(second);
  });

  test('of a further revision is refused where there is none (any more), and tells that', async () => {
    const { ledger, endpoint } = await aLedger();
    await expect(ledger.put(following(first()))).resolves.toEqual({ isWritten: false, instead: undefined });
    await expect(endpoint.items()).resolves.toEqual([]);
  });

  test('by two at once is made by one, whichever it is', async () => {
    const { ledger, endpoint } = await aLedger();
    for (const entry of [first(), following(first())]) {
      const results = await Promise.all(['a', 'b'].map(writtenBy => ledger.put({ ...entry, writtenBy })));
      expect(results.map(({ isWritten }) => isWritten).sort()).toEqual([false, true]);
      const [{ writtenBy }] = await endpoint.items();
      expect(writtenBy).toBe(results[0].isWritten ? 'a' : 'b');
      expect(results.find(({ isWritten }) => !isWritten)).toMatchObject({ instead: { writtenBy } });
    }
  });

  test.each<[string, LedgerEntry]>([['first', first()], ['further', following(first())]])(
    'of a %s revision that was answered with an error after its effect is known to be made, when the SDK tries again', async (_, entry) => {
      const { ledger, endpoint } = await aLedger();
      if (entry.revision > 1) await ledger.put(first());
      endpoint.fault({ action: 'PutItem', kind: 'error-after-effect', times: 1 });
      await expect(ledger.put({ ...entry, writtenBy: 'me' })).resolves.toEqual({ isWritten: true });
      expect(endpoint.calls.filter(({ attempt }) => attempt === 2)).toHaveLength(1);
      await expect(endpoint.items()).resolves.toMatchObject([{ revision: entry.revision, writtenBy: 'me' }]);
    },
  );

  test('after whose effect another wrote, before the SDK tried again, is told as not made', async () => {
    const { ledger, endpoint } = await aLedger();
    endpoint.fault({ action: 'PutItem', kind: 'error-after-effect', times: 1 });
    let hasWritten = false;
    endpoint.after('PutItem', async () => {
      if (hasWritten) return;
      hasWritten = true;
      await endpoint.put({ ...(await endpoint.items())[0], revision: 2, writtenBy: 'other' });
    });
    await expect(ledger.put(first({ writtenBy: 'me' }))).resolves.toMatchObject({ isWritten: false, instead: { revision: 2, writtenBy: 'other' } });
  });

  test('of which the answer was lost is tried again', async () => {
    const { ledger, endpoint } = await aLedger();
    endpoint.fault({ action: 'PutItem', kind: 'drop-socket', times: 1 });
    await expect(ledger.put(first())).resolves.toEqual({ isWritten: true });
    expect(endpoint.callsByAction()).toEqual({ PutItem: 2 });
  });

  test.each(['PutItem', 'GetItem'])('that fails throws what DynamoDB said, and makes nothing up: %s is denied', async action => {
    const { ledger, endpoint } = await aLedger();
    await ledger.put(first({ writtenBy: 'other' }));
    endpoint.deny(action);
    await expect(ledger.put(first({ writtenBy: 'me' }))).rejects.toMatchObject({ name: 'AccessDeniedException' });
    await expect(endpoint.items()).resolves.toMatchObject([{ writtenBy: 'other' }]);
  });
});

describe('what is looked for', () => {
  const entry = (id: string, overrides: Partial<LedgerEntry>): LedgerEntry => first({ rule: aRule({ securityGroupRuleId: id }), ...overrides });
  const ids = (entries: readonly LedgerEntry[]): string[] => entries.map(({ securityGroupRuleId }) => securityGroupRuleId).sort();

  test('as unsettled is open or pending, and nothing else', async () => {
    const { ledger } = await aLedger();
    for (const state of ['OPEN', 'PENDING', 'REVOKED', 'HEALED', 'RESTORED'] as const) await ledger.put(entry(`sgr-${state}`, { state }));
    expect(ids(await ledger.unsettled())).toEqual(['sgr-OPEN', 'sgr-PENDING']);
  });

  test('as revoked by a sweep is what it revoked, what was put back since, what it may have revoked, and what it found revoked by another', async () => {
    const { ledger } = await aLedger();
    const outcome = (name: string, sweepId: string, recordedBy?: string): LedgerEntry['outcome'] => ({ name, sweepId, recordedBy, at: iso(0) });
    const entries = [
      entry('sgr-revoked', { state: 'REVOKED', outcome: outcome('REVOKED', 'sweep-1') }),
      entry('sgr-restored', { state: 'RESTORED', outcome: outcome('REVOKED', 'sweep-1') }),
      entry('sgr-pending', { state: 'PENDING', attempt: anAttempt(1, 'sweep-1') }),
      entry('sgr-cleared', { state: 'OPEN', attempt: anAttempt(1, 'sweep-1') }),
      entry('sgr-failed', { state: 'OPEN', outcome: outcome('FAILED', 'sweep-1') }),
      entry('sgr-healed', { state: 'HEALED', outcome: outcome('HEALED', 'sweep-1') }),
      entry('sgr-of-another', { state: 'REVOKED', outcome: outcome('REVOKED', 'sweep-2') }),
      entry('sgr-written', { state: 'OPEN', writtenBy: 'sweep-1' }),
      entry('sgr-found', { state: 'REVOKED', outcome: outcome('REVOKED', 'sweep-3', 'sweep-1') }),
      entry('sgr-not-revoked', { state: 'HEALED', outcome: outcome('HEALED', 'sweep-3', 'sweep-1') }),
    ];
    for (const each of entries) await ledger.put(each);
    expect(ids(await ledger.revokedBy('sweep-1'))).toEqual(['sgr-cleared', 'sgr-found', 'sgr-pending', 'sgr-restored', 'sgr-revoked']);
    expect(ids(await ledger.revokedBy('sweep-3'))).toEqual(['sgr-found']);
    await expect(ledger.revokedBy('sweep-2')).resolves.toEqual([entries[6]]);
    await expect(ledger.revokedBy('sweep-9')).resolves.toEqual([]);
  });

  test('is found on every page', async () => {
    const { ledger, endpoint } = await aLedger();
    // DynamoDB ends a page at 1 MB.
    const description = 'x'.repeat(50_000);
    const entries = Array.from({ length: 60 }, (_, index) => first({
      rule: aRule({ securityGroupRuleId: `sgr-${100 + index}`, description }),
      state: index % 3 === 0 ? 'REVOKED' : 'OPEN',
      attempt: anAttempt(1, 'sweep-1'),
    }));
    await Promise.all(entries.map(each => ledger.put(each)));
    await expect(ledger.unsettled()).resolves.toEqual(entries.filter(({ state }) => state === 'OPEN'));
    expect(endpoint.callsByAction().Query).toBeGreaterThan(2);
    expect(await ledger.revokedBy('sweep-1')).toHaveLength(60);
  });

  test('is not half of it, when a page cannot be read', async () => {
    const { ledger, endpoint } = await aLedger();
    const description = 'x'.repeat(300_000);
    for (const id of ['sgr-a', 'sgr-b', 'sgr-c', 'sgr-d', 'sgr-e']) await ledger.put(first({ rule: aRule({ securityGroupRuleId: id, description }) }));
    const when = ({ ExclusiveStartKey }: Record<string, unknown>): boolean => ExclusiveStartKey !== undefined;
    endpoint.fault({ action: 'Query', kind: 'error', code: 'AccessDeniedException', when });
    await expect(ledger.unsettled()).rejects.toMatchObject({ name: 'AccessDeniedException' });
  });

  test('is read as it is, and not as it was', async () => {
    const { ledger, endpoint } = await aLedger();
    await ledger.unsettled();
    await ledger.get('sgr-1');
    await ledger.revokedBy('sweep-1');
    const consistency = endpoint.calls.map(({ action, parameters: { ConsistentRead } }) => [action, ConsistentRead]);
    expect(consistency).toEqual([['Query', true], ['GetItem', true], ['Query', true]]);
  });

  test('is nothing of another construct, whose rules may be the same', async () => {
    const { ledger, dynamoDb, endpoint } = await aLedger();
    const other = new DynamoDbLedger(dynamoDb, endpoint.tableName, `${HYGIENE}2`);
    await other.put(first({ state: 'PENDING', attempt: anAttempt(1, 'sweep-1'), writtenBy: 'other' }));
    await expect(ledger.unsettled()).resolves.toEqual([]);
    await expect(ledger.revokedBy('sweep-1')).resolves.toEqual([]);
    await expect(ledger.get('sgr-1')).resolves.toBeUndefined();
    await expect(ledger.put(first({ writtenBy: 'me' }))).resolves.toEqual({ isWritten: true });
    await expect(other.get('sgr-1')).resolves.toMatchObject({ state: 'PENDING', writtenBy: 'other' });
    await expect(endpoint.items()).resolves.toHaveLength(2);
  });
});

describe('what is no entry is not taken for one', () => {
  const OTHER_RULE = JSON.stringify(aRule({ securityGroupRuleId: 'sgr-2' }));
  const WITHOUT_TIME = "The ledger's entry of sgr-1 has an attempt without a sweep or a time; it cannot be read";
  const HOLDS_ANOTHER = "The ledger's entry of sgr-1 holds another rule, or none; it cannot be read";

  test.each<[string, Readonly<Record<string, unknown>>, string]>([
    ['without a state', { state: undefined }, "The ledger's entry of sgr-1 has no state; it cannot be read"],
    ['in an unknown state', { state: 'PAUSED' }, "The ledger's entry of sgr-1 has the state PAUSED, which this version does not know"],
    ['with a rule that is not JSON', { rule: '{"groupId":' }, "The ledger's entry of sgr-1 has no JSON as rule; it cannot be read"],
    ['without a rule', { rule: undefined }, HOLDS_ANOTHER],
    ['with a rule that is nothing', { rule: 'null' }, HOLDS_ANOTHER],
    ['with the rule of another id', { rule: OTHER_RULE }, HOLDS_ANOTHER],
    ['with an attempt that is not JSON', { attempt: 'sweep-1' }, "The ledger's entry of sgr-1 has no JSON as attempt; it cannot be read"],
    ['with an attempt at no time', { attempt: '{"sweepId":"sweep-1"}' }, WITHOUT_TIME],
    ['with an attempt at a time that is none', { attempt: '{"sweepId":"sweep-1","at":"never"}' }, WITHOUT_TIME],
    ['with an attempt that is a text', { attempt: '"sweep-1"' }, WITHOUT_TIME],
    ['with an attempt that is a list', { attempt: '[]' }, WITHOUT_TIME],
    ['without a revision', { revision: undefined }, "The ledger's entry of sgr-1 has no revision; it cannot be read"],
    ['with a revision that is no number', { revision: 'two' }, "The ledger's entry of sgr-1 has no whole number as revision; it cannot be read"],
    ['with half a revision', { revision: 1.5 }, "The ledger's entry of sgr-1 has no whole number as revision; it cannot be read"],
    ['with sightings that are no number', { sightings: 'many' }, "The ledger's entry of sgr-1 has no whole number as sightings; it cannot be read"],
    ['without sightings', { sightings: undefined }, "The ledger's entry of sgr-1 has no sightings; it cannot be read"],
    ['without a first sighting', { firstSeen: undefined }, "The ledger's entry of sgr-1 has no firstSeen; it cannot be read"],
  ])('%s', async (_, corruption, message) => {
    const { ledger, endpoint } = await aLedger();
    await ledger.put(first({ attempt: anAttempt(1, 'sweep-1') }));
    const [item] = await endpoint.items();
    await endpoint.put({ ...item, ...corruption });
    await expect(ledger.get('sgr-1')).rejects.toThrow(message);
    await expect(ledger.revokedBy('sweep-1')).rejects.toThrow(message);
    // To write over it would be to lose what it may hold.
    await expect(ledger.put(first())).rejects.toThrow(message);
    await expect(endpoint.items()).resolves.toEqual([JSON.parse(JSON.stringify({ ...item, ...corruption }))]);
  });

  test('and keeps the others from being read, too', async () => {
    const { ledger, endpoint } = await aLedger();
    await ledger.put(first({ rule: aRule({ securityGroupRuleId: 'sgr-2' }) }));
    await endpoint.put({ hygiene: HYGIENE, id: 'sgr-1', state: 'OPEN' });
    await expect(ledger.unsettled()).rejects.toThrow(HOLDS_ANOTHER);
  });
});

describe('the preflight', () => {
  test('reads, tries to write, and changes nothing, whatever there is', async () => {
    const { ledger, endpoint } = await aLedger();
    await expect(ledger.preflight()).resolves.toBeUndefined();
    await expect(endpoint.items()).resolves.toEqual([]);
    expect(endpoint.callsByAction()).toEqual({ Query: 1, GetItem: 1, PutItem: 1 });
    await ledger.put(first());
    const before = await endpoint.items();
    await expect(ledger.preflight()).resolves.toBeUndefined();
    await expect(endpoint.items()).resolves.toEqual(before);
  });

  test('reads no more than it must of a ledger of many pages', async () => {
    const { ledger, endpoint } = await aLedger();
    for (const id of ['sgr-1', 'sgr-2', 'sgr-3']) await ledger.put(first({ rule: aRule({ securityGroupRuleId: id }) }));
    await ledger.preflight();
    expect(endpoint.callsByAction().Query).toBe(1);
  });

  test.each(['PutItem', 'Query', 'GetItem'])('throws when %s is denied', async action => {
    const { ledger, endpoint } = await aLedger();
    endpoint.deny(action);
    await expect(ledger.preflight()).rejects.toMatchObject({ name: 'AccessDeniedException', message: expect.stringContaining(action) as string });
    await expect(endpoint.items()).resolves.toEqual([]);
  });

  test('throws when there is no such table', async () => {
    const { dynamoDb } = await aLedger();
    await expect(new DynamoDbLedger(dynamoDb, 'another', HYGIENE).preflight()).rejects.toMatchObject({ name: 'ResourceNotFoundException' });
  });
});

/** Tests the ledger over the wire, with the SDK's own client and a double of DynamoDB that fails on demand. */
import type { QueryCommandOutput } from '@aws-sdk/client-dynamodb';
import { DynamoDbLedger } from '../../../lambda/aws/ledger';
import { keepBooks } from '../../../lambda/core/ledger/bookkeeping';
import { change as changeEntry, type Change as Changed } from '../../../lambda/core/ledger/change';
import { adopted, putIntoForce, withAllowance } from '../../../lambda/core/ledger/control';
import { notFound, restored as restoredEntry, revoked, seen } from '../../../lambda/core/ledger/entry';
import { paused, resumed } from '../../../lambda/core/ledger/pause';
import type { Because } from '../../../lambda/core/model/finding';
import type { ControlEntry, Items, LedgerEntry, LedgerState } from '../../../lambda/core/model/ledger';
import type { SecurityGroupRule } from '../../../lambda/core/model/network';
import { EVERYTHING } from '../../../lambda/core/model/scope';
import {
  aControl, aDecodedConfiguration, aGroup, anAuthor, anEntry, aRule, DEPLOYED, type EntryInShort,
} from '../../support/builders';
import type { DynamoDbEndpoint } from '../../support/dynamodb';
import { connect, disconnect, type Wire } from '../../support/dynamodb/over-the-wire';
import { aSweepEntry, aVpnConnectionEntry } from '../../support/findings';
import {
  after, anAttempt, anObservation, aStaleFinding, aWriter, inNinetyDays, iso,
} from '../../support/ledger-builders';
import { MemoryNetwork } from '../../support/memory-network';
import { aPause } from '../../support/pauses';

const HYGIENE = 'App/Hygiene';

interface Connected extends Wire {
  readonly ledger: DynamoDbLedger;
}

async function aLedger(): Promise<Connected> {
  const wire = await connect({ maxAttempts: 3 });
  return { ...wire, ledger: new DynamoDbLedger(wire.dynamoDb, wire.endpoint.tableName, HYGIENE) };
}

afterEach(disconnect);

const first = (overrides: EntryInShort = {}): LedgerEntry => anEntry({ revision: 1, ...overrides });

const STALE: Because = { stale: 'DELETED_GROUP', declarations: [] };

/** The key of the rule {@link aRule}. */
const KEY = { groupId: 'sg-1', securityGroupRuleId: 'sgr-1' };

const following = (entry: LedgerEntry, overrides: Partial<LedgerEntry> = {}): LedgerEntry =>
  ({ ...entry, revision: entry.revision + 1, ...overrides });

/** An entry with every possible field. */
const FULL = first({
  rule: {
    securityGroupRuleId: 'sgr-0123456789abcdef0',
    groupId: 'sg-1',
    groupOwnerId: '111122223333',
    isEgress: false,
    ipProtocol: 'tcp',
    fromPort: 0,
    toPort: 65535,
    referencedGroup: {
      groupId: 'sg-2',
      userId: '444455556666',
      vpcId: 'vpc-2',
      vpcPeeringConnectionId: 'pcx-1',
      peeringStatus: 'deleted',
    },
    description: 'Zugang für "Müller & Söhne" \\ <b>日本</b> 🔥\u0000\n',
    tags: Object.fromEntries(
      Array.from({ length: 50 }, (_, index) => [`schlüssel "${index}"`, index % 2 === 0 ? '' : `wert'${index} 🔑`]),
    ),
  },
  state: 'RESTORED',
  sightings: 12,
  keepReason: 'WITHIN_GRACE',
  groupName: 'groupe réseau "web"',
  vpcId: 'vpc-1',
  stackName: 'Shop',
  because: {
    stale: 'DELETED_PEERING',
    verdict: 'flagged',
    declarations: [{ name: 'flaggedIngressRules[0]', reason: 'über "alles"' }, { name: 'flaggedIngressRules[1]' }],
  },
  attempt: anAttempt(1, 'sweep-1'),
  replacement: {
    isFinal: true,
    rules: [
      {
        traffic: { ipProtocol: 'tcp', fromPort: 22, toPort: 22, cidrIpv4: '203.0.113.0/24' },
        description: 'für "alle"', securityGroupRuleId: 'sgr-3', ended: 'TAKEN_AWAY',
      },
      { traffic: { ipProtocol: '-1', referencedGroup: { groupId: 'sg-2', userId: '111122223333' } }, existingRuleId: 'sgr-4' },
    ],
  },
  outcome: { name: 'REVOKED', sweepId: 'sweep-1', recordedBy: 'sweep-2', at: iso(1), detail: 'it is gone' },
  restored: { securityGroupRuleId: 'sgr-2', restoreId: 'restore-1', at: iso(2) },
  returned: {
    revocations: 3, since: iso(0), latest: iso(1), isKept: true, retriedAt: iso(2), groupTags: { 'schlüssel "1"': '🔑' },
  },
  changedBy: anAuthor({ arn: 'arn:aws:sts::111122223333:assumed-role/Rolle/"ann" <b>日本</b>\n', tool: 'Terraform' }),
  expiresAt: inNinetyDays(2),
});

/** The advice for repairing the item of a rule. */
const REPAIR_OF_RULE = 'Look at its attributes state and rule. '
  + 'If the rule is still in its group, delete the item, and the next sweep writes it anew. '
  + 'If the rule is gone, a restore needs the record: correct the attribute, or restore the item from the '
  + "table's point-in-time recovery";

/** @returns the number of items that each query has read since the last call, including those that the filter drops */
function itemsRead(dynamoDb: Wire['dynamoDb']): () => number[] {
  const counts: number[] = [];
  dynamoDb.middlewareStack.add(next => async args => {
    const result = await next(args);
    const { ScannedCount } = result.output as Partial<QueryCommandOutput>;
    if (ScannedCount !== undefined) counts.push(ScannedCount);
    return result;
  });
  return () => counts.splice(0);
}

/** The fewest fields that EC2 returns for a rule. */
const BARE = {
  securityGroupRuleId: 'sgr-1',
  groupId: 'sg-1',
  isEgress: false,
  ipProtocol: '-1',
  cidrIpv6: '::/0',
  tags: {},
};

describe('an entry', () => {
  test.each<[string, LedgerEntry]>([
    ['with every field', FULL],
    ['with no more than it must have', first({ rule: aRule() })],
    ['of a rule that no scheduled sweep has found yet', first({ because: STALE, sightings: 0 })],
    ['of a rule that is flagged only', first({ because: { verdict: 'undecided', declarations: [{ name: 'a' }] } })],
    ['of a rule that EC2 shows little of', first({ rule: BARE })],
    ['of a rule that each declaration has a count for', first({
      flagged: {
        verdict: 'flagged', firstSeen: iso(0), lastSeen: iso(1),
        declarations: [{
          name: 'a', id: 'x', admits: 'tcp 1', allows: 'tcp 80', scope: 'default groups', sightings: 2,
          countedSince: iso(0), countedAt: iso(1), countedFor: iso(1),
        }],
      },
    })],
    ['of a rule that came back once', first({ returned: { revocations: 1, since: iso(0), latest: iso(0) } })],
  ])('comes back as it was written: %s', async (_, entry) => {
    const { ledger } = await aLedger();
    await expect(ledger.put(entry)).resolves.toEqual({ isWritten: true });
    const read = await ledger.get(entry.rule);
    expect(read).toEqual(entry);
    expect(read?.rule).toStrictEqual(entry.rule);
  });

  test.each<LedgerState>(['OPEN', 'PENDING', 'REVOKED', 'HEALED', 'RESTORED'])(
    'comes back in its state: %s',
    async state => {
      const { ledger } = await aLedger();
      await ledger.put(first({ state, attempt: anAttempt(1) }));
      await expect(ledger.get(KEY)).resolves.toMatchObject({ state });
    },
  );

  test('with a field that is empty comes back without it', async () => {
    const { ledger } = await aLedger();
    await ledger.put(first({ groupName: '', vpcId: '' }));
    await expect(ledger.get(KEY)).resolves.toEqual(first());
  });

  test('that is not there is none', async () => {
    const { ledger } = await aLedger();
    await expect(ledger.get(KEY)).resolves.toBeUndefined();
  });

  test('shows in the table what people look for, and expires by a number of seconds', async () => {
    const { ledger, endpoint } = await aLedger();
    await ledger.put(FULL);
    await expect(endpoint.items()).resolves.toMatchObject([{
      hygiene: HYGIENE, id: 'sg-1#sgr-0123456789abcdef0', securityGroupRuleId: 'sgr-0123456789abcdef0', revision: 1,
      state: 'RESTORED', groupId: 'sg-1', groupName: 'groupe réseau "web"', vpcId: 'vpc-1', stackName: 'Shop',
      revokedBy: 'sweep-1', recordedBy: 'sweep-2', attemptedBy: 'sweep-1', expiresAt: FULL.expiresAt,
      stale: JSON.stringify(FULL.stale), flagged: JSON.stringify(FULL.flagged),
    }]);
    const [{ parameters: { Item } }] = endpoint.calls;
    expect(Item).toMatchObject({ expiresAt: { N: String(FULL.expiresAt) } });
  });

  test('of a revoked rule has no expiry time, and loses the one that it had', async () => {
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
    await expect(ledger.put(first({ writtenBy: 'me' }))).resolves.toEqual({
      isWritten: false,
      instead: first({ writtenBy: 'other' }),
    });
    await expect(ledger.get(KEY)).resolves.toMatchObject({ writtenBy: 'other' });
  });

  test('of a further revision is made over the one before, and over no other', async () => {
    const { ledger } = await aLedger();
    const entry = first();
    await ledger.put(entry);
    const second = following(entry, { writtenBy: 'other' });
    await expect(ledger.put(second)).resolves.toEqual({ isWritten: true });
    await expect(ledger.put(following(entry, { writtenBy: 'me' }))).resolves.toEqual({
      isWritten: false,
      instead: second,
    });
    await expect(ledger.put(following(following(second), { writtenBy: 'me' }))).resolves.toEqual({
      isWritten: false,
      instead: second,
    });
    await expect(ledger.get(KEY)).resolves.toEqual(second);
  });

  test('of a later revision is refused if there is no entry (any more), and says so', async () => {
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

  test.each<[string, LedgerEntry]>([
    ['first', first()],
    ['further', following(first())],
  ])(
    'of a %s revision that was answered with an error after its effect is known to be made, when the SDK tries again',
    async (_, entry) => {
      const { ledger, endpoint } = await aLedger();
      if (entry.revision > 1) await ledger.put(first());
      endpoint.fault({ action: 'PutItem', kind: 'error-after-effect', times: 1 });
      await expect(ledger.put({ ...entry, writtenBy: 'me' })).resolves.toEqual({ isWritten: true });
      expect(endpoint.calls.filter(({ attempt }) => attempt === 2)).toHaveLength(1);
      await expect(endpoint.items()).resolves.toMatchObject([{ revision: entry.revision, writtenBy: 'me' }]);
    },
  );

  test('is reported as not made if another run wrote after its effect, before the SDK retried', async () => {
    const { ledger, endpoint } = await aLedger();
    endpoint.fault({ action: 'PutItem', kind: 'error-after-effect', times: 1 });
    let hasWritten = false;
    endpoint.after('PutItem', async () => {
      if (hasWritten) return;
      hasWritten = true;
      await endpoint.put({ ...(await endpoint.items())[0], revision: 2, writtenBy: 'other' });
    });
    await expect(ledger.put(first({ writtenBy: 'me' }))).resolves.toMatchObject({
      isWritten: false,
      instead: { revision: 2, writtenBy: 'other' },
    });
  });

  test('whose response was lost is retried', async () => {
    const { ledger, endpoint } = await aLedger();
    endpoint.fault({ action: 'PutItem', kind: 'drop-socket', times: 1 });
    await expect(ledger.put(first())).resolves.toEqual({ isWritten: true });
    expect(endpoint.callsByAction()).toEqual({ PutItem: 2 });
  });

  test.each(['PutItem', 'GetItem'])(
    'that fails throws what DynamoDB said, and makes nothing up: %s is denied',
    async action => {
      const { ledger, endpoint } = await aLedger();
      await ledger.put(first({ writtenBy: 'other' }));
      endpoint.deny(action);
      await expect(ledger.put(first({ writtenBy: 'me' }))).rejects.toMatchObject({ name: 'AccessDeniedException' });
      await expect(endpoint.items()).resolves.toMatchObject([{ writtenBy: 'other' }]);
    },
  );
});

describe('what is looked for', () => {
  const entry = (id: string, overrides: EntryInShort, groupId = 'sg-1'): LedgerEntry =>
    first({ rule: aRule({ securityGroupRuleId: id, groupId }), ...overrides });
  const ids = ({ entries }: Items<LedgerEntry>): string[] =>
    entries.map(({ securityGroupRuleId }) => securityGroupRuleId).sort();
  const NOTHING = { entries: [], unreadable: [] };

  test('as unsettled is open or pending, and nothing else', async () => {
    const { ledger } = await aLedger();
    for (const state of ['OPEN', 'PENDING', 'REVOKED', 'HEALED', 'RESTORED'] as const) {
      await ledger.put(entry(`sgr-${state}`, { state, attempt: anAttempt(1) }));
    }
    expect(ids(await ledger.unsettled())).toEqual(['sgr-OPEN', 'sgr-PENDING']);
    expect(ids(await ledger.unsettledAndRevoked())).toEqual(['sgr-OPEN', 'sgr-PENDING', 'sgr-REVOKED']);
  });

  test('as unsettled in some groups is read without the items of any other', async () => {
    const { ledger, endpoint, dynamoDb } = await aLedger();
    const all: ReadonlyArray<readonly [id: string, groupId: string, state: LedgerState]> = [
      ['sgr-a', 'sg-1', 'OPEN'], ['sgr-b', 'sg-1', 'PENDING'], ['sgr-c', 'sg-1', 'HEALED'], ['sgr-d', 'sg-11', 'OPEN'],
      ['sgr-e', 'sg-2', 'OPEN'], ['sgr-f', 'sg-1a', 'OPEN'],
    ];
    for (const [id, groupId, state] of all) await ledger.put(entry(id, { state, attempt: anAttempt(1) }, groupId));
    await ledger.putVpnConnection(aVpnConnectionEntry());
    await ledger.putControl(aControl());
    endpoint.calls.splice(0);
    const read = itemsRead(dynamoDb);
    expect(ids(await ledger.unsettled(['sg-1']))).toEqual(['sgr-a', 'sgr-b']);
    expect([endpoint.callsByAction(), read()]).toEqual([{ Query: 1 }, [3]]);
    const [{ parameters: { ExpressionAttributeValues: values } }] = endpoint.calls;
    expect(values).toMatchObject({ ':prefix': { S: 'sg-1#' } });
    expect(ids(await ledger.unsettled(['sg-11', 'sg-2', 'sg-11']))).toEqual(['sgr-d', 'sgr-e']);
    expect([endpoint.callsByAction(), read()]).toEqual([{ Query: 3 }, [1, 1]]);
    await expect(ledger.unsettled(['sg-9'])).resolves.toEqual(NOTHING);
    await expect(ledger.unsettled([])).resolves.toEqual(NOTHING);
    expect([endpoint.callsByAction(), read()]).toEqual([{ Query: 4 }, [0]]);
    // Only these items are read, and none of VPN connections and the like.
    expect(ids(await ledger.unsettled())).toEqual(['sgr-a', 'sgr-b', 'sgr-d', 'sgr-e', 'sgr-f']);
    expect(read()).toEqual([6]);
  });

  test('in some groups is found on every page', async () => {
    const { ledger, endpoint } = await aLedger();
    const description = 'x'.repeat(300_000);
    const all = ['sgr-a', 'sgr-b', 'sgr-c', 'sgr-d', 'sgr-e'];
    for (const id of all) await ledger.put(first({ rule: aRule({ securityGroupRuleId: id, description }) }));
    expect(ids(await ledger.unsettled(['sg-1']))).toEqual(all);
    expect(endpoint.callsByAction().Query).toBeGreaterThan(1);
  });

  test('by the id of a rule alone is found, whatever its group and its state', async () => {
    const { ledger } = await aLedger();
    const states = ['OPEN', 'PENDING', 'REVOKED', 'HEALED', 'RESTORED'] as const;
    const all = states.map((state, index) => entry(`sgr-${state}`, { state, attempt: anAttempt(1) }, `sg-${index}`));
    for (const each of all) await ledger.put(each);
    for (const each of all) {
      await expect(ledger.find([each.securityGroupRuleId])).resolves.toEqual({ entries: [each], unreadable: [] });
    }
    const some = await ledger.find(['sgr-OPEN', 'sgr-unknown', 'sgr-REVOKED', 'sgr-OPEN']);
    expect(ids(some)).toEqual(['sgr-OPEN', 'sgr-REVOKED']);
    for (const none of [[], ['sgr-unknown'], ['sgr-'], ['sg-0'], ['']]) {
      await expect(ledger.find(none)).resolves.toEqual(NOTHING);
    }
  });

  test('by the ids of more rules than one call takes is found whole', async () => {
    const { ledger, endpoint } = await aLedger();
    const wanted = Array.from({ length: 205 }, (_, index) => `sgr-${1000 + index}`);
    const there = wanted.filter((_, index) => index % 20 === 0);
    for (const id of [...there, 'sgr-another']) await ledger.put(entry(id, {}));
    endpoint.calls.splice(0);
    expect(ids(await ledger.find(wanted))).toEqual(there);
    expect(endpoint.callsByAction().Query).toBe(3);
  });

  test('as revoked by a sweep is what it revoked, what was put back since, what it may have revoked, and what it found revoked by another', async () => {
    const { ledger } = await aLedger();
    const outcome = (name: string, sweepId: string, recordedBy?: string): LedgerEntry['outcome'] => ({
      name,
      sweepId,
      recordedBy,
      at: iso(0),
    });
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
    expect(ids(await ledger.revokedBy('sweep-1'))).toEqual([
      'sgr-cleared',
      'sgr-found',
      'sgr-pending',
      'sgr-restored',
      'sgr-revoked',
    ]);
    expect(ids(await ledger.revokedBy('sweep-3'))).toEqual(['sgr-found']);
    await expect(ledger.revokedBy('sweep-2')).resolves.toEqual({ entries: [entries[6]], unreadable: [] });
    await expect(ledger.revokedBy('sweep-9')).resolves.toEqual(NOTHING);
  });

  test('is found on every page', async () => {
    const { ledger, endpoint } = await aLedger();
    // With this description, the items exceed the 1 MB of a page.
    const description = 'x'.repeat(50_000);
    const entries = Array.from({ length: 60 }, (_, index) => first({
      rule: aRule({ securityGroupRuleId: `sgr-${100 + index}`, description }),
      state: index % 3 === 0 ? 'REVOKED' : 'OPEN',
      attempt: anAttempt(1, 'sweep-1'),
    }));
    await Promise.all(entries.map(each => ledger.put(each)));
    const open = entries.filter(({ state }) => state === 'OPEN');
    await expect(ledger.unsettled()).resolves.toEqual({ entries: open, unreadable: [] });
    expect(endpoint.callsByAction().Query).toBeGreaterThan(2);
    expect(ids(await ledger.revokedBy('sweep-1'))).toHaveLength(60);
  });

  test('is not half of it, when a page cannot be read', async () => {
    const { ledger, endpoint } = await aLedger();
    const description = 'x'.repeat(300_000);
    for (const id of ['sgr-a', 'sgr-b', 'sgr-c', 'sgr-d', 'sgr-e']) {
      await ledger.put(first({ rule: aRule({ securityGroupRuleId: id, description }) }));
    }
    const when = ({ ExclusiveStartKey }: Record<string, unknown>): boolean => ExclusiveStartKey !== undefined;
    endpoint.fault({ action: 'Query', kind: 'error', code: 'AccessDeniedException', when });
    await expect(ledger.unsettled()).rejects.toMatchObject({ name: 'AccessDeniedException' });
  });

  test('is read as it is, and not as it was', async () => {
    const { ledger, endpoint } = await aLedger();
    await ledger.unsettled();
    await ledger.get(KEY);
    await ledger.revokedBy('sweep-1');
    await ledger.unsettled(['sg-1']);
    await ledger.find(['sgr-1']);
    await Promise.all([ledger.control(), ledger.configuration(), ledger.latestSweep()]);
    const consistency = endpoint.calls.map(({ action, parameters: { ConsistentRead } }) => [action, ConsistentRead]);
    const actions = ['Query', 'GetItem', 'Query', 'Query', 'Query', 'GetItem', 'GetItem', 'GetItem', 'GetItem'];
    expect(consistency).toEqual(actions.map(action => [action, true]));
  });

  test('includes nothing of another construct, even if its rules are the same', async () => {
    const { ledger, dynamoDb, endpoint } = await aLedger();
    const other = new DynamoDbLedger(dynamoDb, endpoint.tableName, `${HYGIENE}2`);
    await other.put(first({ state: 'PENDING', attempt: anAttempt(1, 'sweep-1'), writtenBy: 'other' }));
    await expect(ledger.unsettled()).resolves.toEqual(NOTHING);
    await expect(ledger.unsettled(['sg-1'])).resolves.toEqual(NOTHING);
    await expect(ledger.find(['sgr-1'])).resolves.toEqual(NOTHING);
    await expect(ledger.revokedBy('sweep-1')).resolves.toEqual(NOTHING);
    await expect(ledger.get(KEY)).resolves.toBeUndefined();
    await expect(ledger.put(first({ writtenBy: 'me' }))).resolves.toEqual({ isWritten: true });
    await expect(other.get(KEY)).resolves.toMatchObject({ state: 'PENDING', writtenBy: 'other' });
    await expect(endpoint.items()).resolves.toHaveLength(2);
  });
});

describe('an item that cannot be read', () => {
  type Change = Readonly<Record<string, unknown>>;

  /** Returns the item of an open rule that a sweep has tried to revoke, after someone has changed it. */
  async function corrupted(corruption: Change): Promise<Connected & { readonly item: Record<string, unknown> }> {
    const connected = await aLedger();
    const { ledger, endpoint } = connected;
    const failed = { name: 'FAILED', sweepId: 'sweep-1', at: iso(1) };
    const because: Because = { ...STALE, verdict: 'flagged', declarations: [{ name: 'a' }] };
    await ledger.put(first({ because, attempt: anAttempt(1, 'sweep-1'), outcome: failed }));
    await ledger.put(first({ rule: aRule({ securityGroupRuleId: 'sgr-2' }), attempt: anAttempt(1, 'sweep-1') }));
    const [item] = await endpoint.items();
    await endpoint.put({ ...item, ...corruption });
    return { ...connected, item: JSON.parse(JSON.stringify({ ...item, ...corruption })) as Record<string, unknown> };
  }

  const withRule = (change: Change): { rule: string } => ({ rule: JSON.stringify({ ...aRule(), ...change }) });
  const SEEN = { firstSeen: iso(0), lastSeen: iso(1) };
  const COUNTED = { sightings: 2, countedSince: iso(0), countedAt: iso(1) };
  const stale = (change: Change): { stale: string } =>
    ({ stale: JSON.stringify({ reason: 'OTHER', ...SEEN, ...COUNTED, ...change }) });
  const flagged = (change: Change): { flagged: string } =>
    ({ flagged: JSON.stringify({ verdict: 'flagged', declarations: [], ...SEEN, ...change }) });
  const attempt = (value: unknown): { attempt: string } => ({ attempt: JSON.stringify(value) });
  const replacement = (change: object): { replacement: string } =>
    ({ replacement: JSON.stringify({ rules: [], ...change }) });
  const outcome = (change: Change): { outcome: string } =>
    ({ outcome: JSON.stringify({ name: 'FAILED', sweepId: 'sweep-1', at: iso(1), ...change }) });
  const restored = (change: Change): { restored: string } =>
    ({ restored: JSON.stringify({ securityGroupRuleId: 'sgr-9', restoreId: 'restore-1', at: iso(1), ...change }) });
  const changedBy = (change: Change): { changedBy: string } =>
    ({ changedBy: JSON.stringify({ ...anAuthor(), ...change }) });
  const SWEEP = 'sweep-1';

  test.each<[wrong: string, corruption: Change]>([
    ['state is missing', { state: undefined }],
    ['state is not one of OPEN, PENDING, REVOKED, HEALED, RESTORED', { state: 'PAUSED' }],
    ['state is not one of OPEN, PENDING, REVOKED, HEALED, RESTORED', { state: 7 }],
    ['state is not one of OPEN, PENDING, REVOKED, HEALED, RESTORED', { state: null }],
    ['revision is missing', { revision: undefined }],
    ['revision is not a whole number', { revision: 'two' }],
    ['revision is not a whole number', { revision: '2' }],
    ['revision is not a whole number', { revision: 1.5 }],
    ['revision is not a whole number', { revision: -1 }],
    ['writtenBy is missing', { writtenBy: undefined }],
    ['writtenBy is not a name', { writtenBy: 7 }],
    ['firstSeen is missing', { firstSeen: undefined }],
    ['firstSeen is not a time', { firstSeen: 'long ago' }],
    ['firstSeen is not a time', { firstSeen: '2026-13-01T00:00:00.000Z' }],
    ['firstSeen is not a time in UTC', { firstSeen: '2026-01-01T00:00:00+01:00' }],
    ['lastSeen is not a time', { lastSeen: 7 }],
    ['groupName is not a text', { groupName: 7 }],
    ['vpcId is not a text', { vpcId: ['vpc-1'] }],
    ['stackName is not a text', { stackName: false }],
    ['keepReason is not a text', { keepReason: 7 }],
    ['expiresAt is not a whole number', { expiresAt: 'never' }],
    ['rule is missing', { rule: undefined }],
    ['rule is not a JSON object', { rule: '{"groupId":' }],
    ['rule is not a JSON object', { rule: 'null' }],
    ['rule is not a JSON object', { rule: '[]' }],
    ['rule is not a JSON object', { rule: 7 }],
    ['rule is not a JSON object', { rule: { groupId: 'sg-1' } }],
    ['rule contains another rule, sgr-2', withRule({ securityGroupRuleId: 'sgr-2' })],
    ['rule belongs to another group, sg-2', withRule({ groupId: 'sg-2' })],
    ['rule.securityGroupRuleId is missing', withRule({ securityGroupRuleId: undefined })],
    ['rule.groupId is missing', withRule({ groupId: undefined })],
    ['rule.groupId is not a name', withRule({ groupId: '' })],
    ['rule.isEgress is missing', withRule({ isEgress: undefined })],
    ['rule.isEgress is neither true nor false', withRule({ isEgress: 'no' })],
    ['rule.ipProtocol is missing', withRule({ ipProtocol: undefined })],
    ['rule.ipProtocol is not a name', withRule({ ipProtocol: 6 })],
    ['rule.fromPort is not a number', withRule({ fromPort: '22' })],
    ['rule.toPort is not a number', withRule({ toPort: null })],
    ['rule.cidrIpv4 is not a text', withRule({ cidrIpv4: 10 })],
    ['rule.cidrIpv6 is not a text', withRule({ cidrIpv6: [] })],
    ['rule.prefixListId is not a text', withRule({ prefixListId: {} })],
    ['rule.description is not a text', withRule({ description: 7 })],
    ['rule.referencedGroup is not a JSON object', withRule({ referencedGroup: 'sg-2' })],
    ['rule.referencedGroup.groupId is missing', withRule({ referencedGroup: { userId: '1' } })],
    ['rule.referencedGroup.userId is not a text', withRule({ referencedGroup: { groupId: 'sg-2', userId: 1 } })],
    ['rule.tags is missing', withRule({ tags: undefined })],
    ['rule.tags is not a JSON object', withRule({ tags: [{ Key: 'Name' }] })],
    ['rule.tags.Name is not a text', withRule({ tags: { Name: 7 } })],
    ['stale is not a JSON object', { stale: 'DELETED_GROUP' }],
    ['stale.reason is missing', stale({ reason: undefined })],
    ['stale.reason is not a name', stale({ reason: '' })],
    ['stale.firstSeen is not a time', stale({ firstSeen: 'long ago' })],
    ['stale.lastSeen is missing', stale({ lastSeen: undefined })],
    ['stale.sightings is missing', stale({ sightings: undefined })],
    ['stale.sightings is not a whole number', stale({ sightings: 'many' })],
    ['stale.sightings is not a whole number', stale({ sightings: -1 })],
    ['stale.countedSince is not a time', stale({ countedSince: 'never' })],
    ['stale.countedAt is not a time in UTC', stale({ countedAt: '2026-01-01T00:00:00+01:00' })],
    ['flagged is not a JSON object', { flagged: 'yes' }],
    ['flagged.verdict is not one of flagged, undecided', flagged({ verdict: 'guilty' })],
    ['flagged.verdict is missing', flagged({ verdict: undefined })],
    ['flagged.firstSeen is missing', flagged({ firstSeen: undefined })],
    ['flagged.declarations is missing', flagged({ declarations: undefined })],
    ['flagged.declarations is not a list', flagged({ declarations: {} })],
    ['flagged.declarations[1].name is missing', flagged({ declarations: [{ name: 'a' }, {}] })],
    ['flagged.declarations[0] is not a JSON object', flagged({ declarations: ['a'] })],
    ['flagged.declarations[0].reason is not a text', flagged({ declarations: [{ name: 'a', reason: 7 }] })],
    ['attempt is not a JSON object', { attempt: SWEEP }],
    ['attempt is not a JSON object', attempt(SWEEP)],
    ['attempt is not a JSON object', attempt([])],
    ['attempt.at is missing', attempt({ sweepId: SWEEP })],
    ['attempt.at is not a time', attempt({ sweepId: SWEEP, at: 'never' })],
    ['attempt.sweepId is missing', attempt({ at: iso(1) })],
    ['attempt is missing, and state is PENDING', { state: 'PENDING', attempt: undefined }],
    ['replacement is not a JSON object', { replacement: 'sgr-3' }],
    ['replacement.isFinal is neither true nor false', replacement({ isFinal: 'yes' })],
    ['replacement.rules is missing', replacement({ rules: undefined })],
    ['replacement.rules is not a list', replacement({ rules: {} })],
    ['replacement.rules[0].traffic is missing', replacement({ rules: [{}] })],
    ['replacement.rules[0].traffic.ipProtocol is missing', replacement({ rules: [{ traffic: {} }] })],
    ['replacement.rules[0].traffic.fromPort is not a number', replacement({ rules: [{ traffic: { ipProtocol: 'tcp', fromPort: '22' } }] })],
    ['replacement.rules[0].securityGroupRuleId is not a name', replacement({ rules: [{ traffic: { ipProtocol: '-1' }, securityGroupRuleId: '' }] })],
    ['replacement.rules[0].ended is not one of TAKEN_AWAY, LEFT', replacement({ rules: [{ traffic: { ipProtocol: '-1' }, ended: 'GONE' }] })],
    ['outcome is not a JSON object', { outcome: 'REVOKED' }],
    ['outcome.name is missing', outcome({ name: undefined })],
    ['outcome.sweepId is not a text', outcome({ sweepId: 7 })],
    ['outcome.recordedBy is not a text', outcome({ recordedBy: 7 })],
    ['outcome.at is missing', outcome({ at: undefined })],
    ['outcome.at is not a time', outcome({ at: 'yesterday' })],
    ['outcome.detail is not a text', outcome({ detail: {} })],
    ['restored is not a JSON object', { restored: 'sgr-9' }],
    ['returned is not a JSON object', { returned: 'often' }],
    ['returned.revocations is missing', { returned: JSON.stringify({ latest: iso(1) }) }],
    ['returned.latest is not a time', { returned: JSON.stringify({ revocations: 1, latest: 'late' }) }],
    ['returned.isKept is neither true nor false', {
      returned: JSON.stringify({ revocations: 1, latest: iso(1), isKept: 'yes' }),
    }],
    ['flagged.declarations[0].sightings is not a whole number', {
      flagged: JSON.stringify({
        verdict: 'flagged', firstSeen: iso(0), lastSeen: iso(1), declarations: [{ name: 'a', id: 'x', sightings: 'many' }],
      }),
    }],
    ['changedBy is not a JSON object', { changedBy: 'arn:aws:iam::111122223333:user/ann' }],
    ['changedBy.eventName is missing', changedBy({ eventName: undefined })],
    ['changedBy.eventName is not a name', changedBy({ eventName: '' })],
    ['changedBy.eventId is not a text', changedBy({ eventId: 7 })],
    ['changedBy.at is not a time', changedBy({ at: 'at noon' })],
    ['changedBy.at is not a time in UTC', changedBy({ at: '2026-01-01T00:00:00+01:00' })],
    ['changedBy.arn is not a text', changedBy({ arn: ['arn'] })],
    ['changedBy.tool is not one of CloudFormation, Terraform, console', changedBy({ tool: 'Pulumi' })],
    ['restored.securityGroupRuleId is missing', restored({ securityGroupRuleId: undefined })],
    ['restored.restoreId is not a text', restored({ restoreId: 7 })],
    ['restored.at is not a time', restored({ at: 'then' })],
  ])('says that its attribute %s, how to repair it, and is left as it is (%j)', async (wrong, corruption) => {
    const { ledger, endpoint, item } = await corrupted(corruption);
    const message = `the ledger's item sg-1#sgr-1 cannot be read: its attribute ${wrong}. ${REPAIR_OF_RULE}`;
    const refusal = { name: 'UnreadableItem', message };
    await expect(ledger.get(KEY)).rejects.toMatchObject(refusal);
    // Writing over the item would lose what it may contain.
    await expect(ledger.put(first())).rejects.toMatchObject(refusal);
    const reads = [ledger.unsettled(), ledger.unsettled(['sg-1']), ledger.unsettledAndRevoked()];
    for (const items of await Promise.all(reads)) {
      expect(items.unreadable).toEqual([{ id: 'sgr-1', message }]);
      expect(items.entries).toMatchObject([{ securityGroupRuleId: 'sgr-2' }]);
    }
    expect((await ledger.revokedBy(SWEEP)).entries).toMatchObject([{ securityGroupRuleId: 'sgr-2' }]);
    expect((await ledger.find(['sgr-1', 'sgr-2'])).unreadable).toEqual([{ id: 'sgr-1', message }]);
    expect(await endpoint.items()).toContainEqual(item);
    // The record of a sweep has room for this many characters.
    expect(message.length).toBeLessThan(500);
  });

  test.each(['REVOKED', 'HEALED', 'RESTORED'])('is ignored by sweeps when it says that it is %s', async state => {
    const { ledger } = await corrupted({ state, rule: 'no JSON' });
    expect((await ledger.unsettled()).unreadable).toEqual([]);
    expect((await ledger.unsettledAndRevoked()).unreadable).toHaveLength(state === 'REVOKED' ? 1 : 0);
    expect((await ledger.revokedBy(SWEEP)).unreadable).toMatchObject([{ id: 'sgr-1' }]);
  });

  test('does not keep the preflight from passing', async () => {
    const { ledger } = await corrupted({ rule: undefined });
    await expect(ledger.preflight()).resolves.toBeUndefined();
  });

  test('may have further attributes and members, because a later version may have written them', async () => {
    const later = { ...withRule({ later: [1] }), ...stale({ later: 1 }), ...flagged({ later: 1 }) };
    const { ledger } = await corrupted({ later: 'x', ...later });
    await expect(ledger.unsettled()).resolves.toMatchObject({
      unreadable: [], entries: [{ securityGroupRuleId: 'sgr-1' }, { securityGroupRuleId: 'sgr-2' }],
    });
  });
});

describe('what has no id', () => {
  test('is not there, and is found nowhere', async () => {
    const { ledger } = await aLedger();
    await ledger.put(first());
    await expect(ledger.get({ groupId: 'sg-1', securityGroupRuleId: '' })).resolves.toBeUndefined();
    await expect(ledger.find([''])).resolves.toEqual({ entries: [], unreadable: [] });
  });

  test('is refused when it is written, as one item', async () => {
    const { ledger, endpoint } = await aLedger();
    const entry = first({ rule: aRule({ securityGroupRuleId: '' }) });
    await expect(ledger.put(entry)).rejects.toMatchObject({ name: 'ValidationException' });
    await expect(endpoint.items()).resolves.toEqual([]);
  });
});

describe('a record that is too large', () => {
  test('is refused with advice on how to make it smaller, and the old entry stays', async () => {
    const { ledger, endpoint } = await aLedger();
    await ledger.put(first());
    const before = await endpoint.items();
    const rule: SecurityGroupRule = aRule({ tags: { Large: 'x'.repeat(410_000) } });
    await expect(ledger.put(following(first(), { rule }))).rejects.toMatchObject({
      name: 'ValidationException',
      message: 'Item size has exceeded the maximum allowed size. '
        + 'A record has at most 400 KB, so the rule is kept: shorten its tags, or the reasons of the declarations that flag it',
    });
    await expect(endpoint.items()).resolves.toEqual(before);
  });
});

describe('an item of one attribute', () => {
  const PAUSE = { until: iso(60), reason: 'audit', begunAt: iso(0), pauseId: 'pause-1', told: ['BEGUN' as const] };
  const ALLOWANCE = {
    openedBy: 'sweep-1', openedAt: iso(0), scheduledTime: iso(0), limit: 20, used: 7,
    overLimit: { planned: 21, runId: 'sweep-1', at: iso(0) }, waiting: ['digest of rules'], reserved: { 'sweep-1': 7 },
  };
  const MARK = { fingerprint: 'a', digest: 'b', since: iso(0) };
  /** A control item with every possible field. */
  const CONTROL: ControlEntry = aControl({
    writtenBy: 'pause-1', pause: PAUSE, earlier: [{ ...PAUSE, pauseId: 'pause-0', resumedAt: iso(1) }],
    allowance: ALLOWANCE, mismatch: { fingerprint: 'another', sweeps: 2 },
    toldWithheld: [{ reason: 'SKIPPED', digest: '0f3a', by: 'run-1', at: iso(0) }],
  });
  const CONFIGURATION = {
    revision: 1, writtenBy: 'deployment', text: '{"dryRun":"für \\"alle\\" 🔑"}', deployTimePaths: '[["eventBus"]]',
  };
  const SERIES = {
    revision: 1, writtenBy: 'sweep-1',
    live: { [iso(0)]: ['TunnelsDown?VpnConnectionId=vpn-1'], [iso(60)]: ['StaleIngressRules?VpcId=vpc-1'] },
  };
  const WRITTEN_ANEW = 'Delete the item, and the next sweep writes it anew';
  const json = (value: object, change: object): string => JSON.stringify({ ...value, ...change });
  const vpn = (change: object): Record<string, unknown> => ({ connection: json(aVpnConnectionEntry(), change) });
  const sweep = (change: object): Record<string, unknown> => ({ sweep: json(aSweepEntry(), change) });
  const control = (change: object): Record<string, unknown> => ({ control: json(CONTROL, change) });
  const record = (change: object): Record<string, unknown> => ({ record: json(CONFIGURATION, change) });
  const series = (change: object): Record<string, unknown> => ({ series: json(SERIES, change) });

  async function written(): Promise<Connected> {
    const connected = await aLedger();
    await connected.ledger.putVpnConnection(aVpnConnectionEntry());
    await connected.ledger.putVpnConnection(aVpnConnectionEntry({ vpnConnectionId: 'vpn-2' }));
    await connected.ledger.putLatestSweep(aSweepEntry());
    await connected.ledger.putControl(CONTROL);
    await connected.ledger.putConfiguration(CONFIGURATION);
    await connected.ledger.putSeries(SERIES);
    return connected;
  }

  async function corrupt({ endpoint }: Connected, id: string, corruption: Record<string, unknown>): Promise<void> {
    const item = (await endpoint.items()).find(each => each.id === id);
    await endpoint.put({ ...item, ...corruption });
  }

  test('comes back as it was written, including optional fields', async () => {
    const { ledger } = await aLedger();
    const entry = aVpnConnectionEntry({
      longPending: true,
      tunnels: [{ outsideIpAddress: '192.0.2.1', status: 'UP', flappedAt: '2026-01-01T00:00:00.000Z' }],
    });
    await ledger.putVpnConnection(entry);
    await expect(ledger.vpnConnections()).resolves.toEqual({ entries: [entry], unreadable: [] });
  });

  test('comes back as it was written', async () => {
    const { ledger } = await written();
    await expect(ledger.vpnConnections()).resolves.toEqual({
      entries: [aVpnConnectionEntry(), aVpnConnectionEntry({ vpnConnectionId: 'vpn-2' })], unreadable: [],
    });
    await expect(ledger.latestSweep()).resolves.toEqual(aSweepEntry());
    await expect(ledger.control()).resolves.toEqual(CONTROL);
    await expect(ledger.configuration()).resolves.toEqual(CONFIGURATION);
    await expect(ledger.series()).resolves.toEqual(SERIES);
  });

  test.each([['chat'], ['a format of a later version'], [undefined]])('comes back with where messages go, with the format %s', async format => {
    const { ledger } = await aLedger();
    const notificationsTopicArn = 'arn:aws:sns:eu-central-1:111122223333:people';
    const entry = aSweepEntry({ eventBus: 'default', notificationsTopicArn, notificationFormat: format as 'chat' | undefined });
    await ledger.putLatestSweep(entry);
    await expect(ledger.latestSweep()).resolves.toEqual(entry);
  });

  test('is none where there is none', async () => {
    const { ledger } = await aLedger();
    const all = [ledger.latestSweep(), ledger.control(), ledger.configuration(), ledger.series()];
    await expect(Promise.all(all)).resolves.toEqual([undefined, undefined, undefined, undefined]);
  });

  test('is written over the revision before it, and over no other', async () => {
    const { ledger } = await written();
    await expect(ledger.putControl(CONTROL)).resolves.toEqual({ isWritten: true });
    const other = { ...CONTROL, writtenBy: 'other' };
    await expect(ledger.putControl(other)).resolves.toEqual({ isWritten: false, instead: CONTROL });
    await expect(ledger.putControl({ ...other, revision: 3 })).resolves.toEqual({ isWritten: false, instead: CONTROL });
    await expect(ledger.putControl({ ...other, revision: 2 })).resolves.toEqual({ isWritten: true });
    const later = { ...CONFIGURATION, writtenBy: 'later' };
    await expect(ledger.putConfiguration(later)).resolves.toEqual({ isWritten: false, instead: CONFIGURATION });
    await expect(ledger.putConfiguration({ ...later, revision: 2 })).resolves.toEqual({ isWritten: true });
    await expect(ledger.configuration()).resolves.toEqual({ ...later, revision: 2 });
    const none = { ...SERIES, live: {} };
    await expect(ledger.putSeries(none)).resolves.toEqual({ isWritten: false, instead: SERIES });
    await expect(ledger.putSeries({ ...none, revision: 2 })).resolves.toEqual({ isWritten: true });
    await expect(ledger.series()).resolves.toEqual({ ...none, revision: 2 });
  });

  test('shows in the table until when revoking is paused, and nothing of that where it is not', async () => {
    const { ledger, endpoint } = await written();
    const pausedUntil = async (): Promise<unknown> =>
      (await endpoint.items()).find(({ id }) => id === 'control')?.pausedUntil;
    expect(await pausedUntil()).toBe(iso(60));
    await ledger.putControl({ ...CONTROL, revision: 2, pause: { ...PAUSE, resumedAt: iso(30) } });
    expect(await pausedUntil()).toBe(iso(30));
    await ledger.putControl({ ...CONTROL, revision: 3, pause: undefined });
    expect(await pausedUntil()).toBeUndefined();
    await expect(ledger.control()).resolves.toEqual({ ...CONTROL, revision: 3, pause: undefined });
  });

  test('keeps the configuration, the allowance and the table under a pause, and the pause under these', async () => {
    const { ledger } = await aLedger();
    const writer = { id: 'writer', now: after(0) };
    const write = async (follow: (current?: ControlEntry) => ControlEntry | undefined): Promise<void> => {
      const next = follow(await ledger.control());
      expect(next).toBeDefined();
      if (next) await expect(ledger.putControl(next)).resolves.toEqual({ isWritten: true });
    };
    await write(current => putIntoForce(current, { ...DEPLOYED, isChange: true }, writer));
    await write(current => withAllowance(current, ALLOWANCE, writer));
    const { table, configuration } = await ledger.control() ?? {};
    await write(current => paused(current, { until: iso(60), reason: 'audit' }, writer));
    const pause = { until: iso(60), reason: 'audit' };
    const before = { table, configuration, allowance: ALLOWANCE, pause };
    await expect(ledger.control()).resolves.toMatchObject({ revision: 3, ...before });
    await write(current => withAllowance(current, { ...ALLOWANCE, used: 8 }, writer));
    await write(current => putIntoForce(current, { ...DEPLOYED, digest: 'next', isChange: true }, writer));
    const now = { configuration: { digest: 'next' }, allowance: { used: 8 } };
    await expect(ledger.control()).resolves.toMatchObject({ revision: 5, table, ...now, pause });
    await write(current => resumed(current, writer));
    await write(current => adopted(current, 'restored', writer));
    await expect(ledger.control()).resolves.toMatchObject({
      revision: 7, table: 'restored', ...now, pause: { ...pause, resumedAt: iso(0) },
    });
  });

  test('as an earlier version wrote it, with a pause alone, is read', async () => {
    const { ledger, endpoint } = await aLedger();
    const earlier = { revision: 4, writtenBy: 'pause-1', pause: aPause() };
    const shown = { revision: 4, pausedUntil: aPause().until, control: JSON.stringify(earlier) };
    await endpoint.put({ hygiene: HYGIENE, id: 'control', ...shown });
    await expect(ledger.control()).resolves.toEqual(earlier);
    const next = putIntoForce(earlier, { ...DEPLOYED, isChange: true }, { id: 'deployment', now: after(0) });
    await expect(ledger.putControl(next)).resolves.toEqual({ isWritten: true });
    await expect(ledger.control()).resolves.toMatchObject({ revision: 5, table: 'ledger', pause: aPause() });
  });

  test.each<[wrong: string, corruption: Record<string, unknown>]>([
    ['connection is missing', { connection: undefined }],
    ['connection is not a JSON object', { connection: 'UP' }],
    ['connection contains another VPN connection, vpn-2', vpn({ vpnConnectionId: 'vpn-2' })],
    ['connection.status is missing', vpn({ status: undefined })],
    ['connection.since is not a time', vpn({ since: 'then' })],
    ['connection.writtenAt is missing', vpn({ writtenAt: undefined })],
    ['connection.stale is neither true nor false', vpn({ stale: 'no' })],
    ['connection.name is not a text', vpn({ name: null })],
    ['connection.longPending is neither true nor false', vpn({ longPending: 'yes' })],
    ['connection.tunnels is not a list', vpn({ tunnels: 2 })],
    [
      'connection.tunnels[0].flappedAt is not a text',
      vpn({ tunnels: [{ outsideIpAddress: '', status: 'UP', flappedAt: 7 }] }),
    ],
    ['connection.tunnels[0].outsideIpAddress is missing', vpn({ tunnels: [{ status: 'UP' }] })],
    [
      'connection.tunnels[0].acceptedRoutes is not a number',
      vpn({ tunnels: [{ outsideIpAddress: '', status: 'UP', acceptedRoutes: null }] }),
    ],
    ['revision differs from the one in connection', { revision: 2 }],
    ['revision differs from the one in connection', { revision: undefined }],
  ])('of one VPN connection costs that alone: its attribute %s', async (wrong, corruption) => {
    const connected = await written();
    await corrupt(connected, 'vpn-1', corruption);
    const message = `the ledger's item vpn-1 cannot be read: its attribute ${wrong}. ${WRITTEN_ANEW}`;
    await expect(connected.ledger.vpnConnections()).resolves.toEqual({
      entries: [aVpnConnectionEntry({ vpnConnectionId: 'vpn-2' })], unreadable: [{ id: 'vpn-1', message }],
    });
    await expect(connected.ledger.putVpnConnection(aVpnConnectionEntry()))
      .rejects.toMatchObject({ name: 'UnreadableItem', message });
  });

  test.each<[wrong: string, corruption: Record<string, unknown>]>([
    ['sweep is missing', { sweep: undefined }],
    ['sweep is not a JSON object', { sweep: '7' }],
    ['sweep.startedAt is not a time', sweep({ startedAt: 'then' })],
    ['sweep.errors[0] is not a text', sweep({ errors: [7] })],
    ['sweep.withheld[0].digest is missing', sweep({ withheld: [{ reason: 'OVER_LIMIT', count: 1 }] })],
    ['sweep.grace.seconds is missing', sweep({ grace: {} })],
    ['sweep.looksAtRules is missing', sweep({ looksAtRules: undefined })],
    ['sweep.maxRevocationsPerSweep is not a number', sweep({ maxRevocationsPerSweep: 'many' })],
    ['sweep.vpcsNotCovered is not a list', sweep({ vpcsNotCovered: 'vpc-1' })],
    ['sweep.eventBus is not a text', sweep({ eventBus: 7 })],
    ['sweep.durationMillis is not a number', sweep({ durationMillis: null })],
    ['sweep.unrecordedSeries is not a list', sweep({ unrecordedSeries: 'TunnelsDown?VpnConnectionId=vpn-1' })],
    ['revision differs from the one in sweep', { revision: 2 }],
  ])('of the latest sweep: its attribute %s', async (wrong, corruption) => {
    const connected = await written();
    await corrupt(connected, 'latest-sweep', corruption);
    const message = `the ledger's item latest-sweep cannot be read: its attribute ${wrong}. ${WRITTEN_ANEW}`;
    await expect(connected.ledger.latestSweep()).rejects.toMatchObject({ name: 'UnreadableItem', message });
  });

  test.each<[wrong: string, corruption: Record<string, unknown>]>([
    ['control is missing', { control: undefined }],
    ['control is not a JSON object', { control: '{' }],
    ['control.writtenBy is missing', control({ writtenBy: undefined })],
    ['control.pause is not a JSON object', control({ pause: 'yes' })],
    ['control.pause.until is not a time', control({ pause: { ...CONTROL.pause, until: 'later' } })],
    ['control.pause.told is missing', control({ pause: { ...CONTROL.pause, told: undefined } })],
    ['control.pause.resumedAt is not a time', control({ pause: { ...CONTROL.pause, resumedAt: 'soon' } })],
    ['control.earlier[0].until is missing', control({ earlier: [{ ...CONTROL.pause, until: undefined }] })],
    ['control.table is not a name', control({ table: '' })],
    ['control.configuration is not a JSON object', control({ configuration: 'first' })],
    ['control.configuration.fingerprint is missing', control({ configuration: { ...MARK, fingerprint: undefined } })],
    ['control.configuration.digest is not a name', control({ configuration: { ...MARK, digest: '' } })],
    ['control.configuration.since is not a time', control({ configuration: { ...MARK, since: 'once' } })],
    ['control.allowance is not a JSON object', control({ allowance: 20 })],
    ['control.allowance.openedBy is missing', control({ allowance: { ...ALLOWANCE, openedBy: undefined } })],
    ['control.allowance.openedAt is not a time', control({ allowance: { ...ALLOWANCE, openedAt: 'today' } })],
    ['control.allowance.limit is missing', control({ allowance: { ...ALLOWANCE, limit: undefined } })],
    ['control.allowance.used is not a whole number', control({ allowance: { ...ALLOWANCE, used: -1 } })],
    ['control.allowance.used is not a whole number', control({ allowance: { ...ALLOWANCE, used: '7' } })],
    ['control.allowance.overLimit is not a JSON object', control({ allowance: { ...ALLOWANCE, overLimit: true } })],
    [
      'control.allowance.overLimit.planned is missing',
      control({ allowance: { ...ALLOWANCE, overLimit: { runId: 'sweep-1' } } }),
    ],
    ['control.mismatch.sweeps is not a whole number', control({ mismatch: { fingerprint: 'a', sweeps: 'two' } })],
    ['control.toldWithheld[0].digest is not a text', control({ toldWithheld: [{ reason: 'SKIPPED', digest: 7 }] })],
    ['pausedUntil differs from the one in control', { pausedUntil: iso(61) }],
    ['pausedUntil differs from the one in control', { pausedUntil: undefined }],
    ['revision differs from the one in control', { revision: 2 }],
  ])('of what holds for all: its attribute %s', async (wrong, corruption) => {
    const connected = await written();
    await corrupt(connected, 'control', corruption);
    const message = `the ledger's item control cannot be read: its attribute ${wrong}. `
      + 'Delete the item, deploy a change of the configuration, and pause again if revoking is to stay paused';
    await expect(connected.ledger.control()).rejects.toMatchObject({ name: 'UnreadableItem', message });
    await expect(connected.ledger.putControl(CONTROL)).rejects.toMatchObject({ name: 'UnreadableItem', message });
  });

  test.each<[wrong: string, corruption: Record<string, unknown>]>([
    ['record is missing', { record: undefined }],
    ['record is not a JSON object', { record: '{' }],
    ['record.writtenBy is missing', record({ writtenBy: undefined })],
    ['record.text is missing', record({ text: undefined })],
    ['record.text is not a name', record({ text: '' })],
    ['record.text is not a name', record({ text: {} })],
    ['record.deployTimePaths is missing', record({ deployTimePaths: undefined })],
    ['revision differs from the one in record', { revision: 2 }],
    ['revision differs from the one in record', { revision: undefined }],
  ])('of the configuration: its attribute %s', async (wrong, corruption) => {
    const connected = await written();
    await corrupt(connected, 'configuration', corruption);
    const message = `the ledger's item configuration cannot be read: its attribute ${wrong}. `
      + 'Delete the item, and deploy a change of the configuration, so that CloudFormation writes it anew';
    const refusal = { name: 'UnreadableItem', message };
    await expect(connected.ledger.configuration()).rejects.toMatchObject(refusal);
    await expect(connected.ledger.putConfiguration(CONFIGURATION)).rejects.toMatchObject(refusal);
  });

  test.each<[wrong: string, corruption: Record<string, unknown>]>([
    ['series is missing', { series: undefined }],
    ['series is not a JSON object', { series: '[]' }],
    ['series.writtenBy is missing', series({ writtenBy: undefined })],
    ['series.live is missing', series({ live: undefined })],
    ['series.live[then] is not a time', series({ live: { then: [] } })],
    [`series.live[${iso(0)}] is not a list`, series({ live: { [iso(0)]: 'TunnelsDown' } })],
    [`series.live[${iso(0)}][0] is not a name`, series({ live: { [iso(0)]: [''] } })],
    ['revision differs from the one in series', { revision: 2 }],
  ])('of the published series: its attribute %s', async (wrong, corruption) => {
    const connected = await written();
    await corrupt(connected, 'series', corruption);
    const message = `the ledger's item series cannot be read: its attribute ${wrong}. `
      + 'Delete the item, and the next sweep that has something to say writes it anew';
    const refusal = { name: 'UnreadableItem', message };
    await expect(connected.ledger.series()).rejects.toMatchObject(refusal);
    await expect(connected.ledger.putSeries(SERIES)).rejects.toMatchObject(refusal);
  });
});

describe('an item that an earlier version wrote under the id of its rule alone', () => {
  const BOTH: Because = { ...STALE, verdict: 'flagged', declarations: [{ name: 'a', reason: 'why' }] };
  const { firstSeen, lastSeen } = anEntry();

  interface Earlier {
    readonly id?: string;
    readonly because?: Because;
    readonly attempt?: LedgerEntry['attempt'];
    readonly outcome?: LedgerEntry['outcome'];
    readonly [attribute: string]: unknown;
  }

  /** Writes an item of an earlier version with revision 7, after five sweeps. */
  async function writeEarlier(endpoint: DynamoDbEndpoint, earlier: Earlier = {}): Promise<void> {
    const { id = 'sgr-1', because = STALE, attempt, outcome, ...attributes } = earlier;
    await endpoint.put({
      hygiene: HYGIENE, id, state: 'OPEN', revision: 7, sightings: 5, writtenBy: 'sweep-before', firstSeen, lastSeen,
      groupId: 'sg-1', groupName: 'web', vpcId: 'vpc-1', rule: JSON.stringify(aRule({ securityGroupRuleId: id })),
      because: JSON.stringify(because), attempt: attempt && JSON.stringify(attempt), attemptedBy: attempt?.sweepId,
      outcome: outcome && JSON.stringify(outcome),
      revokedBy: outcome?.name === 'REVOKED' ? outcome.sweepId : undefined,
      ...attributes,
    });
  }

  /** Returns the entry that is read from that item. */
  function earlierEntry(overrides: EntryInShort = {}): LedgerEntry {
    const { stale, ...entry } = anEntry({
      because: STALE, sightings: 5, revision: 0, earlierRevision: 7, groupName: 'web', vpcId: 'vpc-1', ...overrides,
    });
    return { ...entry, stale: stale && { ...stale, vpcIds: undefined } };
  }

  const REVOKED = { state: 'REVOKED', outcome: { name: 'REVOKED', sweepId: 'sweep-1', at: iso(0) } } as const;
  const PENDING = { state: 'PENDING', attempt: anAttempt(1, 'sweep-1') } as const;

  const SCHEDULED = { looks: { stale: 'looked', flagged: 'looked' }, counts: true, maxGapSeconds: 86_400 } as const;

  /** Writes as a scheduled sweep that finds the rule stale, or as a run that counts no sightings. */
  function find(
    ledger: DynamoDbLedger, known: LedgerEntry | undefined, minute = 60, counts = true,
  ): Promise<Changed<LedgerEntry>> {
    const writer = aWriter(minute, { id: `sweep-at-${minute}` });
    return changeEntry(ledger, known, current =>
      seen(current, aStaleFinding(), aGroup(), writer, { ...SCHEDULED, counts }));
  }

  /** Writes as a run that finds the rule gone from EC2. */
  function findGone(ledger: DynamoDbLedger, known?: LedgerEntry, minute = 60): Promise<Changed<LedgerEntry>> {
    const absence = { rule: 'gone', looks: SCHEDULED.looks } as const;
    return changeEntry(ledger, known, current => current && notFound(current, absence, aWriter(minute)));
  }

  /** Makes the write fail that replaces the item of an earlier version. */
  const keepEarlier = (endpoint: DynamoDbEndpoint): void => endpoint.fault({
    action: 'PutItem', kind: 'error', code: 'AccessDeniedException',
    when: ({ Item }) => JSON.stringify(Item).includes('"movedTo"'),
  });

  const statesOf = async (endpoint: DynamoDbEndpoint): Promise<Record<string, unknown>> =>
    Object.fromEntries((await endpoint.items()).map(({ id, state }) => [id, state]));

  const NOTHING = { entries: [], unreadable: [] };

  test.each<[string, Because]>([
    ['stale', STALE], ['flagged', { ...BOTH, stale: undefined }], ['both', BOTH],
    ['undecided', { verdict: 'undecided', declarations: [{ name: 'a' }] }],
  ])('is read as an entry that has still to be written, with what each check said: %s', async (_, because) => {
    const { ledger, endpoint } = await aLedger();
    await writeEarlier(endpoint, { because });
    await expect(ledger.unsettled()).resolves.toEqual({ entries: [earlierEntry({ because })], unreadable: [] });
  });

  test('is found in the states that are looked for, by its rule, and by the sweep that revoked it', async () => {
    const { ledger, endpoint } = await aLedger();
    await writeEarlier(endpoint, { id: 'sgr-open' });
    await writeEarlier(endpoint, { id: 'sgr-pending', ...PENDING });
    await writeEarlier(endpoint, { id: 'sgr-revoked', ...REVOKED });
    await writeEarlier(endpoint, { id: 'sgr-healed', state: 'HEALED' });
    const ids = ({ entries, unreadable }: Items<LedgerEntry>): string[] => {
      expect(unreadable).toEqual([]);
      return entries.map(({ securityGroupRuleId }) => securityGroupRuleId).sort();
    };
    expect(ids(await ledger.unsettled())).toEqual(['sgr-open', 'sgr-pending']);
    expect(ids(await ledger.unsettledAndRevoked())).toEqual(['sgr-open', 'sgr-pending', 'sgr-revoked']);
    expect(ids(await ledger.revokedBy('sweep-1'))).toEqual(['sgr-pending', 'sgr-revoked']);
    const all = ['sgr-healed', 'sgr-open', 'sgr-pending', 'sgr-revoked'];
    expect(ids(await ledger.find([...all, 'sgr-unknown']))).toEqual(all);
  });

  test.each<[wrong: string, corruption: Record<string, unknown>]>([
    ['sightings is missing', { sightings: undefined }],
    ['sightings is not a whole number', { sightings: 'many' }],
    ['firstSeen is not a time', { firstSeen: 'long ago' }],
    ['state is missing', { state: undefined }],
    ['rule is not a JSON object', { rule: 'null' }],
    ['rule contains another rule, sgr-2', { rule: JSON.stringify(aRule({ securityGroupRuleId: 'sgr-2' })) }],
    ['attempt is missing, and state is PENDING', { state: 'PENDING' }],
    ['because is missing', { because: undefined }],
    ['because is not a JSON object', { because: '"stale"' }],
    ['because.declarations is missing', { because: '{}' }],
    ['because.declarations is not a list', { because: '{"declarations":{}}' }],
    ['because.declarations[1].name is missing', { because: '{"declarations":[{"name":"a"},{}]}' }],
    ['because.declarations[0] is not a JSON object', { because: '{"declarations":["a"]}' }],
    ['because.declarations[0].reason is not a text', { because: '{"declarations":[{"name":"a","reason":7}]}' }],
    ['because.stale is not a text', { because: '{"stale":true,"declarations":[]}' }],
    ['because.verdict is not one of flagged, undecided', { because: '{"verdict":"guilty","declarations":[]}' }],
  ])('and that cannot be read says so as any other: its attribute %s', async (wrong, corruption) => {
    const { ledger, endpoint } = await aLedger();
    await writeEarlier(endpoint);
    await endpoint.put({ ...(await endpoint.items())[0], ...corruption });
    const message = `the ledger's item sgr-1 cannot be read: its attribute ${wrong}. ${REPAIR_OF_RULE}`;
    const reads = [ledger.unsettled(), ledger.unsettledAndRevoked(), ledger.find(['sgr-1'])];
    for (const items of await Promise.all(reads)) {
      expect(items).toEqual({ entries: [], unreadable: [{ id: 'sgr-1', message }] });
    }
  });

  test.each([
    ['state is missing', { state: undefined }], ['rule is missing', { rule: undefined }],
    ['firstSeen is missing', { state: 'HEALED', firstSeen: undefined }],
  ])('does not count if the entry of its rule cannot be read, which affects only that rule: %s', async (wrong, corruption) => {
    const { ledger, endpoint } = await aLedger();
    await writeEarlier(endpoint);
    const { entries: [known] } = await ledger.unsettled();
    await writeEarlier(endpoint, { id: 'sgr-2' });
    keepEarlier(endpoint);
    await find(ledger, known);
    const entry = (await endpoint.items()).find(({ id }) => id === 'sg-1#sgr-1');
    await endpoint.put({ ...entry, ...corruption });
    const before = await endpoint.items();
    const message = `the ledger's item sg-1#sgr-1 cannot be read: its attribute ${wrong}. ${REPAIR_OF_RULE}`;
    for (const { entries, unreadable } of [await ledger.unsettled(), await ledger.unsettledAndRevoked()]) {
      expect(entries.map(({ securityGroupRuleId }) => securityGroupRuleId)).toEqual(['sgr-2']);
      expect(unreadable).toEqual([{ id: 'sgr-1', message }]);
    }
    expect(await endpoint.items()).toEqual(before);
  });

  test('is continued by the entry of its rule: the wait goes on, and the item is read no more', async () => {
    const { ledger, endpoint } = await aLedger();
    await writeEarlier(endpoint);
    const { entries: [known] } = await ledger.unsettled();
    const { isWritten, entry } = await find(ledger, known);
    expect(isWritten).toBe(true);
    const counted = { sightings: 6, countedSince: firstSeen, countedAt: iso(61) };
    expect(entry).toMatchObject({ revision: 1, firstSeen, stale: counted });
    const { earlierRevision, ...written } = entry ?? known;
    expect(earlierRevision).toBe(7);
    await expect(ledger.unsettled()).resolves.toEqual({ entries: [written], unreadable: [] });
    await expect(ledger.unsettled(['sg-1'])).resolves.toEqual({ entries: [written], unreadable: [] });
    await expect(ledger.get(KEY)).resolves.toEqual(written);
    expect(await endpoint.items()).toContainEqual({
      hygiene: HYGIENE, id: 'sgr-1', state: 'HEALED', revision: 8, movedTo: 'sg-1#sgr-1', writtenBy: 'sweep-at-60',
      expiresAt: Math.floor(Date.parse(written.lastSeen) / 1000) + 90 * 24 * 3600,
    });
  });

  test('is replaced once: further writes are over the entry of its rule', async () => {
    const { ledger, endpoint } = await aLedger();
    await writeEarlier(endpoint);
    const { entries: [known] } = await ledger.unsettled();
    const { entry } = await find(ledger, known);
    const item = (await endpoint.items()).find(({ id }) => id === 'sgr-1');
    // Continues as the run that wrote the entry would, and as another run that reads it would.
    await expect(find(ledger, entry, 120)).resolves.toMatchObject({ isWritten: true, entry: { revision: 2 } });
    const { entries: [next] } = await ledger.unsettled();
    await expect(find(ledger, next, 180)).resolves.toMatchObject({ entry: { revision: 3, stale: { sightings: 8 } } });
    expect(await endpoint.items()).toContainEqual(item);
  });

  test('is finished, when a run of an earlier version was about to revoke its rule, and it is gone', async () => {
    const { ledger, endpoint } = await aLedger();
    await writeEarlier(endpoint, PENDING);
    const { entries: [known] } = await ledger.unsettled();
    await findGone(ledger, known);
    expect(await statesOf(endpoint)).toEqual({ 'sg-1#sgr-1': 'REVOKED', 'sgr-1': 'HEALED' });
    const { entries, unreadable } = await ledger.revokedBy('sweep-1');
    const outcome = { sweepId: 'sweep-1', recordedBy: 'sweep-now' };
    expect(entries).toMatchObject([{ state: 'REVOKED', revision: 1, outcome }]);
    expect([entries[0].rule, unreadable]).toEqual([aRule(), []]);
  });

  test('is put back, and says so from then on', async () => {
    const { ledger, endpoint } = await aLedger();
    await writeEarlier(endpoint, REVOKED);
    const { entries: [known] } = await ledger.find(['sgr-1']);
    const writer = aWriter(60, { id: 'restore-1' });
    await changeEntry(ledger, known, current => restoredEntry(current ?? known, 'sgr-2', writer));
    expect(await statesOf(endpoint)).toEqual({ 'sg-1#sgr-1': 'RESTORED', 'sgr-1': 'HEALED' });
    const entry = { state: 'RESTORED', restored: { securityGroupRuleId: 'sgr-2' } };
    for (const items of [await ledger.find(['sgr-1']), await ledger.revokedBy('sweep-1')]) {
      expect(items).toMatchObject({ entries: [entry], unreadable: [] });
    }
    await expect(ledger.unsettledAndRevoked()).resolves.toEqual(NOTHING);
  });

  test('is continued by one of two runs, and the other goes on from there', async () => {
    const { ledger, endpoint } = await aLedger();
    await writeEarlier(endpoint);
    const { entries: [known] } = await ledger.unsettled();
    const both = await Promise.all([60, 60.5].map(minute => find(ledger, known, minute)));
    expect(both.map(({ isWritten }) => isWritten)).toEqual([true, true]);
    const { entries, unreadable } = await ledger.unsettled();
    expect(entries).toMatchObject([{ revision: 2, stale: { sightings: 6, countedSince: firstSeen } }]);
    expect(unreadable).toEqual([]);
  });

  test('comes after its entry, where it could not make way, and the entry is written all the same', async () => {
    const { ledger, endpoint } = await aLedger();
    await writeEarlier(endpoint);
    const { entries: [known] } = await ledger.unsettled();
    keepEarlier(endpoint);
    await expect(find(ledger, known)).resolves.toMatchObject({ isWritten: true });
    expect(await statesOf(endpoint)).toEqual({ 'sg-1#sgr-1': 'OPEN', 'sgr-1': 'OPEN' });
    const { entries } = await ledger.unsettled();
    expect(entries).toMatchObject([{ revision: 1, stale: { sightings: 6 } }]);
    expect(entries[0].earlierRevision).toBeUndefined();
    expect((await ledger.unsettledAndRevoked()).entries).toEqual(entries);
    expect((await ledger.find(['sgr-1'])).entries).toEqual(entries);
  });

  test('is not replaced if someone has changed it in the meantime', async () => {
    const { ledger, endpoint } = await aLedger();
    await writeEarlier(endpoint);
    const { entries: [known] } = await ledger.unsettled();
    await writeEarlier(endpoint, { revision: 8 });
    await expect(find(ledger, known)).resolves.toMatchObject({ isWritten: true });
    expect(await statesOf(endpoint)).toEqual({ 'sg-1#sgr-1': 'OPEN', 'sgr-1': 'OPEN' });
  });

  const SETTLED = ['REVOKED', 'HEALED', 'RESTORED'] as const;

  /** Returns an item that could not be replaced, and its new entry, which has been settled since. */
  async function leftBehind(state: (typeof SETTLED)[number], earlier: Earlier = PENDING): Promise<Connected> {
    const connected = await aLedger();
    const { ledger, endpoint } = connected;
    await writeEarlier(endpoint, earlier);
    const { entries: [known] } = await ledger.unsettled();
    keepEarlier(endpoint);
    const { entry = known } = await find(ledger, known);
    const settled = revoked(entry, aWriter(90, { id: 'sweep-2' }), 'sweep-2');
    await expect(ledger.put({ ...settled, state })).resolves.toEqual({ isWritten: true });
    endpoint.clearFaults();
    return connected;
  }

  test.each(SETTLED)('is not read again, once its entry is settled: %s', async state => {
    const { ledger } = await leftBehind(state);
    await expect(ledger.unsettled()).resolves.toEqual(NOTHING);
    const { entries } = await ledger.unsettledAndRevoked();
    expect(entries.map(entry => entry.state)).toEqual(state === 'REVOKED' ? ['REVOKED'] : []);
    await expect(ledger.revokedBy('sweep-1')).resolves.toEqual(NOTHING);
    expect((await ledger.find(['sgr-1'])).entries).toMatchObject([{ state, revision: 2 }]);
  });

  describe.each<[string, Earlier]>([['open', {}], ['pending', PENDING]])('that was %s', (_, earlier) => {
    test.each<[where: string, rules: SecurityGroupRule[], scanned: string[]]>([
      ['gone', [], ['vpc-1']], ['there', [aRule()], ['vpc-1']], ['there, where the run could not look', [aRule()], []],
    ])('changes nothing of its entry, once that is settled: the rule is %s', async (__, rules, scanned) => {
      for (const state of SETTLED) {
        const { ledger } = await leftBehind(state, earlier);
        const before = await ledger.get(KEY);
        const books = await keepBooks([], anObservation({ scanned }), aDecodedConfiguration({ staleRules: 'report' }), {
          ledger, network: new MemoryNetwork({ rules }), writer: aWriter(120), isTrusted: true,
          run: { id: 'sweep-now', trigger: 'schedule', scope: EVERYTHING }, decide: () => ({ isAnnounceable: false, callsOff: false, isKnown: true }),
        });
        expect(books).toMatchObject({ changes: [], hidden: [], ledgerErrors: [] });
        await expect(ledger.get(KEY)).resolves.toEqual(before);
      }
    });
  });

  test('keeps its wait if a run over its group finds its rule first, and is then replaced', async () => {
    const { ledger, endpoint } = await aLedger();
    await writeEarlier(endpoint);
    const run = { id: 'sweep-now', trigger: 'request', scope: { kind: 'groups', groupIds: ['sg-1'] } } as const;
    await keepBooks([aStaleFinding()], anObservation(), aDecodedConfiguration({ staleRules: 'report' }), {
      ledger, network: new MemoryNetwork(), writer: aWriter(60), isTrusted: true, run,
      decide: () => ({ isAnnounceable: false, callsOff: false, isKnown: true }),
    });
    expect(await statesOf(endpoint)).toEqual({ 'sg-1#sgr-1': 'OPEN', 'sgr-1': 'HEALED' });
    const { entries: [next] } = await ledger.unsettled();
    expect(next).toMatchObject({ firstSeen, stale: { sightings: 5, countedSince: firstSeen, countedAt: lastSeen } });
  });

  test('is read by a run of its group for a rule that has no entry, and for no other', async () => {
    const { ledger, endpoint } = await aLedger();
    for (const id of ['sgr-1', 'sgr-2', 'sgr-3', 'sgr-4']) await writeEarlier(endpoint, { id });
    await writeEarlier(endpoint, { id: 'sgr-5', ...REVOKED });
    const [open, second] = (await ledger.unsettled()).entries;
    await ledger.put({ ...open, revision: 1 });
    keepEarlier(endpoint);
    await ledger.put(revoked(second, aWriter(90), 'sweep-2'));
    endpoint.clearFaults();
    endpoint.calls.splice(0);
    const { entries, unreadable } = await ledger.unsettled(['sg-1'], ['sgr-1', 'sgr-2', 'sgr-3', 'sgr-3', 'sgr-5', 'sgr-6']);
    expect(entries.map(each => [each.securityGroupRuleId, each.earlierRevision])).toEqual([['sgr-1', undefined], ['sgr-3', 7]]);
    expect(unreadable).toEqual([]);
    const read = endpoint.calls.filter(({ action }) => action === 'GetItem')
      .map(({ parameters: { Key } }) => (Key as { id: { S: string } }).id.S);
    expect(read.sort()).toEqual(['sg-1#sgr-2', 'sg-1#sgr-3', 'sgr-2', 'sgr-3', 'sgr-5', 'sgr-6']);
  });

  test('of a rule that was just revoked keeps the revocation, even if EC2 still shows the rule and a run opens it', async () => {
    const { ledger, endpoint } = await aLedger();
    await writeEarlier(endpoint, REVOKED);
    const {
      entries: [known],
    } = await ledger.unsettled();
    await find(ledger, known, 1);
    const { entries } = await ledger.find(['sgr-1']);
    expect(entries).toMatchObject([{ state: 'REVOKED', outcome: REVOKED.outcome }]);
  });

  test('of a rule that was revoked loses nothing, when EC2 shows it once more, and it is gone then', async () => {
    const { ledger, endpoint } = await aLedger();
    await writeEarlier(endpoint, REVOKED);
    const { entries: [known] } = await ledger.unsettled();
    const { entry } = await find(ledger, known);
    await findGone(ledger, entry, 120);
    const { entries } = await ledger.find(['sgr-1']);
    expect(entries).toMatchObject([{ state: 'REVOKED', outcome: REVOKED.outcome, expiresAt: undefined }]);
    expect((await ledger.revokedBy('sweep-1')).entries).toEqual(entries);
  });

  test('is nothing that is known, once it has made way and its entry is forgotten', async () => {
    const { ledger, endpoint } = await aLedger();
    await writeEarlier(endpoint);
    const { entries: [known] } = await ledger.unsettled();
    await find(ledger, known);
    await endpoint.delete({ hygiene: HYGIENE, id: 'sg-1#sgr-1' });
    const reads = [ledger.unsettledAndRevoked(), ledger.find(['sgr-1']), ledger.revokedBy('sweep-1')];
    for (const items of await Promise.all(reads)) expect(items).toEqual(NOTHING);
  });
});

describe('the preflight', () => {
  test('reads and tries to write without changing anything, whatever the table contains', async () => {
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
    await expect(ledger.preflight()).rejects.toMatchObject({
      name: 'AccessDeniedException',
      message: expect.stringContaining(action) as string,
    });
    await expect(endpoint.items()).resolves.toEqual([]);
  });

  test('throws when there is no such table', async () => {
    const { dynamoDb } = await aLedger();
    await expect(new DynamoDbLedger(dynamoDb, 'another', HYGIENE).preflight()).rejects.toMatchObject({
      name: 'ResourceNotFoundException',
    });
  });
});

describe('the entries of a group', () => {
  test('are all of them, in any state, and none of another group or construct', async () => {
    const { ledger, dynamoDb, endpoint } = await aLedger();
    const states: LedgerState[] = ['OPEN', 'PENDING', 'REVOKED', 'HEALED', 'RESTORED'];
    const rules = states.map((_, index) => aRule({ securityGroupRuleId: `sgr-${index}` }));
    for (const [index, state] of states.entries()) {
      await ledger.put(first({ rule: rules[index], state, attempt: anAttempt(1) }));
    }
    await ledger.put(first({ rule: aRule({ securityGroupRuleId: 'sgr-x', groupId: 'sg-10' }) }));
    await new DynamoDbLedger(dynamoDb, endpoint.tableName, 'Another').put(first({ rule: aRule() }));
    const { entries, unreadable } = await ledger.ofGroup('sg-1');
    expect(entries.map(({ state }) => state)).toEqual(states);
    expect(unreadable).toEqual([]);
  });

  describe('if many are asked for,', () => {
    const groupIds = Array.from({ length: 60 }, (_, index) => `sg-${index + 1}`);

    test('are read together when that takes fewer calls, and are the same as if each were read alone', async () => {
      const { ledger, dynamoDb, endpoint } = await aLedger();
      const states: LedgerState[] = ['OPEN', 'PENDING', 'REVOKED', 'HEALED', 'RESTORED'];
      for (const [index, groupId] of [...groupIds.slice(0, 9), 'sg-99'].entries()) {
        const rule = aRule({ securityGroupRuleId: `sgr-${index}`, groupId });
        await ledger.put(first({ rule, state: states[index % states.length], attempt: anAttempt(1) }));
      }
      await endpoint.put({ hygiene: HYGIENE, revision: 1, id: 'sg-2#sgr-broken', rule: '{' });
      await new DynamoDbLedger(dynamoDb, endpoint.tableName, 'Another').put(first({ rule: aRule() }));
      const alone = new Map(await Promise.all(groupIds.map(async id => [id, await ledger.ofGroup(id)] as const)));
      const queries = (): number => endpoint.callsByAction().Query;
      const before = queries();
      await ledger.unsettled();
      const together = await ledger.ofGroups(groupIds);
      expect(queries() - before).toBe(2);
      expect(together).toEqual(alone);
      expect([...together.values()].flatMap(({ entries }) => entries)).toHaveLength(9);
      expect(together.get('sg-2')?.unreadable).toMatchObject([{ id: 'sgr-broken' }]);
    });

    test('are read each alone when they are few, or when it is not known how large the ledger is', async () => {
      const { ledger, endpoint } = await aLedger();
      await ledger.put(first({ rule: aRule() }));
      const few = groupIds.slice(0, 3);
      const before = endpoint.callsByAction().Query ?? 0;
      await ledger.ofGroups(groupIds);
      expect(endpoint.callsByAction().Query - before).toBe(60);
      await ledger.unsettled();
      const read = await ledger.ofGroups(few);
      expect(endpoint.callsByAction().Query - before).toBe(64);
      expect([...read].map(([id, { entries }]) => [id, entries.length])).toEqual([['sg-1', 1], ['sg-2', 0], ['sg-3', 0]]);
    });
  });

  test('that cannot be read name their rule if at least that can be read', async () => {
    const { ledger, endpoint } = await aLedger();
    const [rule, other] = [aRule(), aRule({ securityGroupRuleId: 'sgr-2' })];
    await ledger.put(first({ rule: other }));
    const broken = { hygiene: HYGIENE, revision: 1 };
    await endpoint.put({ ...broken, id: 'sg-1#sgr-1', rule: JSON.stringify(rule) });
    await endpoint.put({ ...broken, id: 'sg-1#sgr-3', rule: '{' });
    const { entries, unreadable } = await ledger.ofGroup('sg-1');
    expect(entries.map(({ securityGroupRuleId }) => securityGroupRuleId)).toEqual(['sgr-2']);
    expect(unreadable).toEqual([
      { id: 'sgr-1', rule, message: expect.stringMatching(/^the ledger's item sg-1#sgr-1 cannot be read: /) },
      { id: 'sgr-3', message: expect.stringMatching(/^the ledger's item sg-1#sgr-3 cannot be read: /) },
    ]);
  });
});

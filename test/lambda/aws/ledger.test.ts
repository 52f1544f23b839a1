/** The ledger over the wire: the SDK's own client, and a double of DynamoDB that fails on demand. */
import { DynamoDbLedger } from '../../../lambda/aws/ledger';
import type { Items, LedgerEntry, LedgerState, SecurityGroupRule } from '../../../lambda/core/ports';
import { anEntry, aRule } from '../../support/builders';
import { connect, disconnect, type Wire } from '../../support/dynamodb/over-the-wire';
import { aSweepEntry, aVpnConnectionEntry } from '../../support/findings';
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
    await ledger.put(first({ state, attempt: anAttempt(1) }));
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
    await expect(ledger.revokedBy('sweep-2')).resolves.toEqual({ entries: [entries[6]], unreadable: [] });
    await expect(ledger.revokedBy('sweep-9')).resolves.toEqual(NOTHING);
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
    const open = entries.filter(({ state }) => state === 'OPEN');
    await expect(ledger.unsettled()).resolves.toEqual({ entries: open, unreadable: [] });
    expect(endpoint.callsByAction().Query).toBeGreaterThan(2);
    expect(ids(await ledger.revokedBy('sweep-1'))).toHaveLength(60);
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
    await expect(ledger.unsettled()).resolves.toEqual(NOTHING);
    await expect(ledger.revokedBy('sweep-1')).resolves.toEqual(NOTHING);
    await expect(ledger.get('sgr-1')).resolves.toBeUndefined();
    await expect(ledger.put(first({ writtenBy: 'me' }))).resolves.toEqual({ isWritten: true });
    await expect(other.get('sgr-1')).resolves.toMatchObject({ state: 'PENDING', writtenBy: 'other' });
    await expect(endpoint.items()).resolves.toHaveLength(2);
  });
});

describe('an item that cannot be read', () => {
  type Change = Readonly<Record<string, unknown>>;

  /** The item of an open rule that a sweep has tried to revoke, with what someone has done to it. */
  async function corrupted(corruption: Change): Promise<Connected & { readonly item: Record<string, unknown> }> {
    const connected = await aLedger();
    const { ledger, endpoint } = connected;
    const failed = { name: 'FAILED', sweepId: 'sweep-1', at: iso(1) };
    await ledger.put(first({ attempt: anAttempt(1, 'sweep-1'), outcome: failed }));
    await ledger.put(first({ rule: aRule({ securityGroupRuleId: 'sgr-2' }), attempt: anAttempt(1, 'sweep-1') }));
    const [item] = await endpoint.items();
    await endpoint.put({ ...item, ...corruption });
    return { ...connected, item: JSON.parse(JSON.stringify({ ...item, ...corruption })) as Record<string, unknown> };
  }

  const withRule = (change: Change): { rule: string } => ({ rule: JSON.stringify({ ...aRule(), ...change }) });
  const because = (value: unknown): { because: string } => ({ because: JSON.stringify(value) });
  const attempt = (value: unknown): { attempt: string } => ({ attempt: JSON.stringify(value) });
  const outcome = (change: Change): { outcome: string } =>
    ({ outcome: JSON.stringify({ name: 'FAILED', sweepId: 'sweep-1', at: iso(1), ...change }) });
  const restored = (change: Change): { restored: string } =>
    ({ restored: JSON.stringify({ securityGroupRuleId: 'sgr-9', restoreId: 'restore-1', at: iso(1), ...change }) });
  const SWEEP = 'sweep-1';

  test.each<[wrong: string, corruption: Change]>([
    ['state is missing', { state: undefined }],
    ['state is none of OPEN, PENDING, REVOKED, HEALED, RESTORED', { state: 'PAUSED' }],
    ['state is none of OPEN, PENDING, REVOKED, HEALED, RESTORED', { state: 7 }],
    ['state is none of OPEN, PENDING, REVOKED, HEALED, RESTORED', { state: null }],
    ['revision is missing', { revision: undefined }],
    ['revision is no whole number', { revision: 'two' }],
    ['revision is no whole number', { revision: '2' }],
    ['revision is no whole number', { revision: 1.5 }],
    ['revision is no whole number', { revision: -1 }],
    ['sightings is missing', { sightings: undefined }],
    ['sightings is no whole number', { sightings: 'many' }],
    ['writtenBy is missing', { writtenBy: undefined }],
    ['writtenBy is no name', { writtenBy: 7 }],
    ['firstSeen is missing', { firstSeen: undefined }],
    ['firstSeen is no time', { firstSeen: 'long ago' }],
    ['firstSeen is no time', { firstSeen: '2026-13-01T00:00:00.000Z' }],
    ['firstSeen is no time in UTC', { firstSeen: '2026-01-01T00:00:00+01:00' }],
    ['lastSeen is no time', { lastSeen: 7 }],
    ['groupName is no text', { groupName: 7 }],
    ['vpcId is no text', { vpcId: ['vpc-1'] }],
    ['stackName is no text', { stackName: false }],
    ['keepReason is no text', { keepReason: 7 }],
    ['expiresAt is no whole number', { expiresAt: 'never' }],
    ['rule is missing', { rule: undefined }],
    ['rule is no JSON object', { rule: '{"groupId":' }],
    ['rule is no JSON object', { rule: 'null' }],
    ['rule is no JSON object', { rule: '[]' }],
    ['rule is no JSON object', { rule: 7 }],
    ['rule is no JSON object', { rule: { groupId: 'sg-1' } }],
    ['rule is another rule, sgr-2', withRule({ securityGroupRuleId: 'sgr-2' })],
    ['rule.securityGroupRuleId is missing', withRule({ securityGroupRuleId: undefined })],
    ['rule.groupId is missing', withRule({ groupId: undefined })],
    ['rule.groupId is no name', withRule({ groupId: '' })],
    ['rule.isEgress is missing', withRule({ isEgress: undefined })],
    ['rule.isEgress is neither true nor false', withRule({ isEgress: 'no' })],
    ['rule.ipProtocol is missing', withRule({ ipProtocol: undefined })],
    ['rule.ipProtocol is no name', withRule({ ipProtocol: 6 })],
    ['rule.fromPort is no number', withRule({ fromPort: '22' })],
    ['rule.toPort is no number', withRule({ toPort: null })],
    ['rule.cidrIpv4 is no text', withRule({ cidrIpv4: 10 })],
    ['rule.cidrIpv6 is no text', withRule({ cidrIpv6: [] })],
    ['rule.prefixListId is no text', withRule({ prefixListId: {} })],
    ['rule.description is no text', withRule({ description: 7 })],
    ['rule.referencedGroup is no JSON object', withRule({ referencedGroup: 'sg-2' })],
    ['rule.referencedGroup.groupId is missing', withRule({ referencedGroup: { userId: '1' } })],
    ['rule.referencedGroup.userId is no text', withRule({ referencedGroup: { groupId: 'sg-2', userId: 1 } })],
    ['rule.tags is missing', withRule({ tags: undefined })],
    ['rule.tags is no JSON object', withRule({ tags: [{ Key: 'Name' }] })],
    ['rule.tags.Name is no text', withRule({ tags: { Name: 7 } })],
    ['because is missing', { because: undefined }],
    ['because is no JSON object', { because: 'stale' }],
    ['because.declarations is missing', because({})],
    ['because.declarations is no list', because({ declarations: {} })],
    ['because.declarations[1].name is missing', because({ declarations: [{ name: 'a' }, {}] })],
    ['because.declarations[0] is no JSON object', because({ declarations: ['a'] })],
    ['because.declarations[0].reason is no text', because({ declarations: [{ name: 'a', reason: 7 }] })],
    ['because.stale is no text', because({ stale: true, declarations: [] })],
    ['because.verdict is none of flagged, undecided', because({ verdict: 'guilty', declarations: [] })],
    ['attempt is no JSON object', { attempt: SWEEP }],
    ['attempt is no JSON object', attempt(SWEEP)],
    ['attempt is no JSON object', attempt([])],
    ['attempt.at is missing', attempt({ sweepId: SWEEP })],
    ['attempt.at is no time', attempt({ sweepId: SWEEP, at: 'never' })],
    ['attempt.sweepId is missing', attempt({ at: iso(1) })],
    ['attempt is missing, and state is PENDING', { state: 'PENDING', attempt: undefined }],
    ['outcome is no JSON object', { outcome: 'REVOKED' }],
    ['outcome.name is missing', outcome({ name: undefined })],
    ['outcome.sweepId is no text', outcome({ sweepId: 7 })],
    ['outcome.recordedBy is no text', outcome({ recordedBy: 7 })],
    ['outcome.at is missing', outcome({ at: undefined })],
    ['outcome.at is no time', outcome({ at: 'yesterday' })],
    ['outcome.detail is no text', outcome({ detail: {} })],
    ['restored is no JSON object', { restored: 'sgr-9' }],
    ['restored.securityGroupRuleId is missing', restored({ securityGroupRuleId: undefined })],
    ['restored.restoreId is no text', restored({ restoreId: 7 })],
    ['restored.at is no time', restored({ at: 'then' })],
  ])('says that its attribute %s, how to repair it, and is left as it is (%j)', async (wrong, corruption) => {
    const { ledger, endpoint, item } = await corrupted(corruption);
    const message = `the ledger's item sgr-1 cannot be read: its attribute ${wrong}. `
      + 'Look at its attributes state and rule. '
      + 'If the rule is still in its group, delete the item, and the next sweep writes it anew. '
      + 'If the rule is gone, a restore needs the record: correct the attribute, or restore the item from the '
      + "table's point-in-time recovery";
    const refusal = { name: 'UnreadableItem', message };
    await expect(ledger.get('sgr-1')).rejects.toMatchObject(refusal);
    // To write over it would be to lose what it may hold.
    await expect(ledger.put(first())).rejects.toMatchObject(refusal);
    for (const items of [await ledger.unsettled(), await ledger.unsettledAndRevoked()]) {
      expect(items.unreadable).toEqual([{ id: 'sgr-1', message }]);
      expect(items.entries).toMatchObject([{ securityGroupRuleId: 'sgr-2' }]);
    }
    expect((await ledger.revokedBy(SWEEP)).entries).toMatchObject([{ securityGroupRuleId: 'sgr-2' }]);
    expect(await endpoint.items()).toContainEqual(item);
    // As much as the record of a sweep has room for.
    expect(message.length).toBeLessThan(500);
  });

  test.each(['REVOKED', 'HEALED', 'RESTORED'])('is no matter of a sweep when it says that it is %s', async state => {
    const { ledger } = await corrupted({ state, rule: 'no JSON' });
    expect((await ledger.unsettled()).unreadable).toEqual([]);
    expect((await ledger.unsettledAndRevoked()).unreadable).toHaveLength(state === 'REVOKED' ? 1 : 0);
    expect((await ledger.revokedBy(SWEEP)).unreadable).toMatchObject([{ id: 'sgr-1' }]);
  });

  test('does not keep the preflight from passing', async () => {
    const { ledger } = await corrupted({ rule: undefined });
    await expect(ledger.preflight()).resolves.toBeUndefined();
  });

  test('is none that has further attributes and members: a later version may have written them', async () => {
    const later = { ...withRule({ later: [1] }), ...because({ declarations: [], later: 1 }) };
    const { ledger } = await corrupted({ later: 'x', ...later });
    await expect(ledger.unsettled()).resolves.toMatchObject({
      unreadable: [], entries: [{ securityGroupRuleId: 'sgr-1' }, { securityGroupRuleId: 'sgr-2' }],
    });
  });
});

describe('what has no id', () => {
  test('is not there, and is looked for nowhere', async () => {
    const { ledger, endpoint } = await aLedger();
    await expect(ledger.get('')).resolves.toBeUndefined();
    expect(endpoint.calls).toEqual([]);
  });

  test('is refused when it is written, as one item', async () => {
    const { ledger } = await aLedger();
    const entry = first({ rule: aRule({ securityGroupRuleId: '' }) });
    await expect(ledger.put(entry)).rejects.toMatchObject({ name: 'ValidationException' });
  });
});

describe('a record that is too large', () => {
  test('is refused with how it gets smaller, and what was there stays', async () => {
    const { ledger, endpoint } = await aLedger();
    await ledger.put(first());
    const before = await endpoint.items();
    const rule: SecurityGroupRule = aRule({ tags: { Large: 'x'.repeat(410_000) } });
    await expect(ledger.put(following(first(), { rule }))).rejects.toMatchObject({
      name: 'ValidationException',
      message: 'Item size has exceeded the maximum allowed size. '
        + 'A record has at most 400 KB, so the rule is kept: shorten its tags, or the reasons of what flags it',
    });
    await expect(endpoint.items()).resolves.toEqual(before);
  });
});

describe('an item of one attribute', () => {
  const PAUSE = { until: iso(60), reason: 'audit', begunAt: iso(0), pauseId: 'pause-1', told: ['BEGUN' as const] };
  const CONTROL = { revision: 1, writtenBy: 'pause-1', pause: PAUSE };
  const WRITTEN_ANEW = 'Delete the item, and the next sweep writes it anew';
  const json = (value: object, change: object): string => JSON.stringify({ ...value, ...change });
  const vpn = (change: object): Record<string, unknown> => ({ connection: json(aVpnConnectionEntry(), change) });
  const sweep = (change: object): Record<string, unknown> => ({ sweep: json(aSweepEntry(), change) });
  const control = (change: object): Record<string, unknown> => ({ control: json(CONTROL, change) });

  async function written(): Promise<Connected> {
    const connected = await aLedger();
    await connected.ledger.putVpnConnection(aVpnConnectionEntry());
    await connected.ledger.putVpnConnection(aVpnConnectionEntry({ vpnConnectionId: 'vpn-2' }));
    await connected.ledger.putLatestSweep(aSweepEntry());
    await connected.ledger.putControl(CONTROL);
    return connected;
  }

  async function corrupt({ endpoint }: Connected, id: string, corruption: Record<string, unknown>): Promise<void> {
    const item = (await endpoint.items()).find(each => each.id === id);
    await endpoint.put({ ...item, ...corruption });
  }

  test('comes back as it was written', async () => {
    const { ledger } = await written();
    await expect(ledger.vpnConnections()).resolves.toEqual({
      entries: [aVpnConnectionEntry(), aVpnConnectionEntry({ vpnConnectionId: 'vpn-2' })], unreadable: [],
    });
    await expect(ledger.latestSweep()).resolves.toEqual(aSweepEntry());
    await expect(ledger.control()).resolves.toEqual(CONTROL);
  });

  test.each<[wrong: string, corruption: Record<string, unknown>]>([
    ['connection is missing', { connection: undefined }],
    ['connection is no JSON object', { connection: 'UP' }],
    ['connection is another VPN connection, vpn-2', vpn({ vpnConnectionId: 'vpn-2' })],
    ['connection.status is missing', vpn({ status: undefined })],
    ['connection.since is no time', vpn({ since: 'then' })],
    ['connection.writtenAt is missing', vpn({ writtenAt: undefined })],
    ['connection.stale is neither true nor false', vpn({ stale: 'no' })],
    ['connection.name is no text', vpn({ name: null })],
    ['connection.tunnels is no list', vpn({ tunnels: 2 })],
    ['connection.tunnels[0].outsideIpAddress is missing', vpn({ tunnels: [{ status: 'UP' }] })],
    [
      'connection.tunnels[0].acceptedRoutes is no number',
      vpn({ tunnels: [{ outsideIpAddress: '', status: 'UP', acceptedRoutes: null }] }),
    ],
    ['revision is not the one of connection', { revision: 2 }],
    ['revision is not the one of connection', { revision: undefined }],
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
    ['sweep is no JSON object', { sweep: '7' }],
    ['sweep.startedAt is no time', sweep({ startedAt: 'then' })],
    ['sweep.errors[0] is no text', sweep({ errors: [7] })],
    ['sweep.withheld[0].digest is missing', sweep({ withheld: [{ reason: 'OVER_LIMIT', count: 1 }] })],
    ['sweep.grace.seconds is missing', sweep({ grace: {} })],
    ['sweep.looksAtRules is missing', sweep({ looksAtRules: undefined })],
    ['sweep.maxRevocationsPerSweep is no number', sweep({ maxRevocationsPerSweep: 'many' })],
    ['sweep.vpcsNotCovered is no list', sweep({ vpcsNotCovered: 'vpc-1' })],
    ['sweep.eventBus is no text', sweep({ eventBus: 7 })],
    ['sweep.durationMillis is no number', sweep({ durationMillis: null })],
    ['revision is not the one of sweep', { revision: 2 }],
  ])('of the latest sweep: its attribute %s', async (wrong, corruption) => {
    const connected = await written();
    await corrupt(connected, 'latest-sweep', corruption);
    const message = `the ledger's item latest-sweep cannot be read: its attribute ${wrong}. ${WRITTEN_ANEW}`;
    await expect(connected.ledger.latestSweep()).rejects.toMatchObject({ name: 'UnreadableItem', message });
  });

  test.each<[wrong: string, corruption: Record<string, unknown>]>([
    ['control is missing', { control: undefined }],
    ['control is no JSON object', { control: '{' }],
    ['control.writtenBy is missing', control({ writtenBy: undefined })],
    ['control.pause is no JSON object', control({ pause: 'yes' })],
    ['control.pause.until is no time', control({ pause: { ...CONTROL.pause, until: 'later' } })],
    ['control.pause.told is missing', control({ pause: { ...CONTROL.pause, told: undefined } })],
    ['control.pause.resumedAt is no time', control({ pause: { ...CONTROL.pause, resumedAt: 'soon' } })],
    ['control.earlier[0].until is missing', control({ earlier: [{ ...CONTROL.pause, until: undefined }] })],
    ['revision is not the one of control', { revision: 2 }],
  ])('of the pause: its attribute %s', async (wrong, corruption) => {
    const connected = await written();
    await corrupt(connected, 'control', corruption);
    const message = `the ledger's item control cannot be read: its attribute ${wrong}. `
      + 'Delete the item, and pause again if revoking is to stay paused';
    await expect(connected.ledger.control()).rejects.toMatchObject({ name: 'UnreadableItem', message });
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

import type { Finding } from '../../../../lambda/core/checks/findings';
import { type Bookkeeping, isOfOneItem, keepBooks } from '../../../../lambda/core/ledger/bookkeeping';
import { kept, pending, revoked, type Writer } from '../../../../lambda/core/ledger/entry';
import type { Observation } from '../../../../lambda/core/observe/observe';
import type { LedgerEntry, SecurityGroupRule, UnreadableItem } from '../../../../lambda/core/ports';
import type { DecodedConfiguration } from '../../../../src/private/contract';
import { awsError } from '../../../support/aws-error';
import { aDecodedConfiguration, aGrace, aGroup, anEntry, aRule, aStaleRule } from '../../../support/builders';
import { aFlaggedFinding, anAttempt, anObservation, aStaleFinding, aWriter, inNinetyDays, iso } from '../../../support/ledger-builders';
import { MemoryLedger } from '../../../support/memory-ledger';
import { MemoryNetwork } from '../../../support/memory-network';

const WRITER = aWriter(60);

const IN_VPC_1 = { vpcId: 'vpc-1', groupName: 'web' };

/** A rule of its own id, and so of its own port. */
function rule(number: number, overrides: Partial<SecurityGroupRule> = {}): SecurityGroupRule {
  return aRule({ securityGroupRuleId: `sgr-${number}`, fromPort: number, toPort: number, ...overrides });
}

interface Books {
  readonly found?: readonly Finding[];
  readonly ledger?: MemoryLedger;
  /** The rules that EC2 has. */
  readonly rules?: readonly SecurityGroupRule[];
  readonly network?: MemoryNetwork;
  readonly observation?: Observation;
  readonly configuration?: Partial<DecodedConfiguration>;
  readonly writer?: Writer;
}

async function booksOf({
  found = [], ledger, rules = [], network = new MemoryNetwork({ rules }), observation = anObservation(), configuration, writer = WRITER,
}: Books): Promise<Bookkeeping> {
  return keepBooks(found, observation, aDecodedConfiguration(configuration), { ledger, network, writer, keepReason: () => 'REPORT_ONLY' });
}

const changesOf = ({ changes }: Bookkeeping): string[] => changes.map(({ change, entry }) => `${change} ${entry.securityGroupRuleId}`).sort();

const statesIn = ({ entries }: MemoryLedger): Record<string, string> => Object.fromEntries([...entries].map(([id, { state }]) => [id, state]));

describe('a rule that is found', () => {
  test('is opened, and known to the sweep', async () => {
    const ledger = new MemoryLedger();
    const books = await booksOf({ found: [aFlaggedFinding()], rules: [aRule()], ledger });
    const entry = ledger.entries.get('sgr-1');
    expect(entry).toMatchObject({ ...IN_VPC_1, securityGroupRuleId: 'sgr-1', state: 'OPEN', revision: 1, sightings: 1, writtenBy: 'sweep-now' });
    expect(books).toEqual({ entries: new Map([['sgr-1', entry]]), hidden: [], unreadable: 0, changes: [{ change: 'OPENED', entry }], errors: [], ledgerErrors: [] });
  });

  test('is opened once: to find it again is no change', async () => {
    const ledger = new MemoryLedger([anEntry(IN_VPC_1)]);
    const books = await booksOf({ found: [aFlaggedFinding()], rules: [aRule()], ledger });
    expect(books.changes).toEqual([]);
    expect(books.entries?.get('sgr-1')).toMatchObject({ sightings: 3, revision: 3 });
  });

  test('is opened again when it was healed, or is put back by someone else long after it was revoked; modified under its id it starts over', async () => {
    const ledger = new MemoryLedger([
      anEntry({ rule: rule(1), state: 'HEALED', expiresAt: inNinetyDays(0) }), anEntry({ rule: rule(2, { cidrIpv4: '192.0.2.0/24' }) }),
      anEntry({ rule: rule(3), state: 'REVOKED', outcome: { name: 'REVOKED', sweepId: 'sweep-before', at: iso(0) } }),
    ]);
    const books = await booksOf({ found: [1, 2, 3].map(number => aFlaggedFinding(rule(number))), ledger });
    expect(changesOf(books)).toEqual(['OPENED sgr-1', 'OPENED sgr-3']);
    for (const entry of ledger.entries.values()) expect(entry).toMatchObject({ state: 'OPEN', sightings: 1, revision: 3 });
  });

  test('is left as it is, and known as that, when another sweep revoked it a moment ago', async () => {
    const entry = anEntry({ state: 'REVOKED', outcome: { name: 'REVOKED', sweepId: 'sweep-before', at: iso(59) } });
    const ledger = new MemoryLedger([entry]);
    const books = await booksOf({ found: [aFlaggedFinding()], ledger });
    expect(books).toEqual({ entries: new Map([['sgr-1', entry]]), hidden: [], unreadable: 0, changes: [], errors: [], ledgerErrors: [] });
    expect(ledger.written).toEqual([]);
  });

  test('starts over when nobody looked for longer than the grace allows, and goes on where there is none; it is opened by neither', async () => {
    const grace = aGrace({ maxGapSeconds: 1800 });
    for (const [configuration, sightings] of [[{ grace }, 1], [{ grace: aGrace({ maxGapSeconds: 3600 }) }, 3], [{}, 3]] as const) {
      const ledger = new MemoryLedger([anEntry(IN_VPC_1)]);
      const books = await booksOf({ found: [aFlaggedFinding()], rules: [aRule()], ledger, configuration });
      expect(changesOf(books)).toEqual([]);
      expect(ledger.entries.get('sgr-1')).toMatchObject({ state: 'OPEN', sightings });
    }
  });

  test('is not read again: it was seen', async () => {
    const network = new MemoryNetwork({ rules: [aRule()] });
    await booksOf({ found: [aFlaggedFinding()], ledger: new MemoryLedger([anEntry()]), network });
    expect(network.calls).toEqual([]);
  });

  test('is recorded with the stack of its group', async () => {
    const ledger = new MemoryLedger();
    const observation = anObservation({ groups: [aGroup({ tags: { 'aws:cloudformation:stack-name': 'Shop' } })] });
    await booksOf({ found: [aStaleFinding()], ledger, observation });
    expect(ledger.entries.get('sgr-1')).toMatchObject({ stackName: 'Shop', because: { stale: 'DELETED_GROUP' } });
  });
});

test('a stale rule that could not be identified is in no books', async () => {
  const ledger = new MemoryLedger();
  const books = await booksOf({ found: [{ groupId: 'sg-1', stale: aStaleRule({ rule: undefined }) }], ledger });
  expect(books).toEqual({ entries: new Map(), hidden: [], unreadable: 0, changes: [], errors: [], ledgerErrors: [] });
  expect(ledger.written).toEqual([]);
});

describe('a rule that is no longer found', () => {
  test('is finished when an earlier sweep was about to revoke it, and it is gone', async () => {
    const ledger = new MemoryLedger([anEntry({ ...IN_VPC_1, state: 'PENDING', attempt: anAttempt(1) })]);
    const books = await booksOf({ ledger });
    const entry = ledger.entries.get('sgr-1');
    expect(entry).toMatchObject({ state: 'REVOKED', expiresAt: undefined, rule: aRule(), outcome: { name: 'REVOKED', sweepId: 'sweep-before' } });
    expect(books).toEqual({ entries: new Map(), hidden: [], unreadable: 0, changes: [{ change: 'FINISHED', entry }], errors: [], ledgerErrors: [] });
  });

  test('is healed when nobody was, and it is gone', async () => {
    const ledger = new MemoryLedger([anEntry(IN_VPC_1)]);
    const books = await booksOf({ ledger });
    expect(books.changes).toEqual([{ change: 'HEALED', entry: ledger.entries.get('sgr-1') }]);
    expect(ledger.entries.get('sgr-1')).toMatchObject({ state: 'HEALED', expiresAt: inNinetyDays(61) });
  });

  test('is healed when it is there, where the sweep looked', async () => {
    const books = await booksOf({ ledger: new MemoryLedger([anEntry(IN_VPC_1)]), rules: [aRule()] });
    expect(changesOf(books)).toEqual(['HEALED sgr-1']);
  });

  test('is cleared when it was pending, and is there: that is no change to report', async () => {
    const ledger = new MemoryLedger([anEntry({ ...IN_VPC_1, state: 'PENDING', attempt: anAttempt(59) })]);
    const books = await booksOf({ ledger, rules: [aRule()] });
    const entry = ledger.entries.get('sgr-1');
    expect(entry).toMatchObject({ state: 'OPEN', attempt: anAttempt(59) });
    expect(books).toEqual({ entries: new Map(), hidden: [entry], unreadable: 0, changes: [], errors: [], ledgerErrors: [] });
  });

  test('is left as it is, where its VPC could not be looked at', async () => {
    const ledger = new MemoryLedger([anEntry({ ...IN_VPC_1, vpcId: 'vpc-2' })]);
    const books = await booksOf({ ledger, rules: [aRule()], observation: anObservation({ scanned: ['vpc-1'], inScope: ['vpc-1', 'vpc-2'] }) });
    expect(books.changes).toEqual([]);
    expect(ledger.written).toEqual([]);
  });

  test('is left as it is, where no VPC could be looked at, or its own is not known', async () => {
    const ledger = new MemoryLedger([anEntry(IN_VPC_1), anEntry({ rule: rule(2), vpcId: undefined })]);
    const rules = [aRule(), rule(2)];
    await booksOf({ ledger, rules, observation: { ...anObservation(), vpcs: undefined }, configuration: { vpcIds: ['vpc-1'] } });
    await booksOf({ ledger, rules, observation: anObservation({ scanned: [], inScope: ['vpc-1'] }) });
    expect(ledger.written).toEqual([]);
  });

  test('is healed when its VPC is no longer one to look at', async () => {
    const ledger = new MemoryLedger([anEntry({ ...IN_VPC_1, vpcId: 'vpc-2' })]);
    const books = await booksOf({ ledger, rules: [aRule()], configuration: { vpcIds: ['vpc-1'] } });
    expect(changesOf(books)).toEqual(['HEALED sgr-1']);
  });

  test('is not healed when its VPC is one to look at, and could not be', async () => {
    const ledger = new MemoryLedger([anEntry({ ...IN_VPC_1, vpcId: 'vpc-2' })]);
    const books = await booksOf({ ledger, rules: [aRule()], configuration: { vpcIds: ['vpc-1', 'vpc-2'] } });
    expect(books.changes).toEqual([]);
  });

  test('is looked for by its id, together with at most 199 others, and those that are not there once more in their groups', async () => {
    const entries = Array.from({ length: 450 }, (_, index) => anEntry({ rule: rule(index + 1), ...IN_VPC_1 }));
    const rules = entries.slice(0, 300).map(entry => entry.rule);
    const network = new MemoryNetwork({ rules });
    network.pageSize = 30;
    const ledger = new MemoryLedger(entries);
    const books = await booksOf({ found: rules.slice(0, 10).map(aFlaggedFinding), ledger, network });
    expect(network.methods).toEqual(Array.from({ length: 4 }, () => 'securityGroupRules'));
    expect(network.idsOf('securityGroupRules').map(ids => ids.length)).toEqual([200, 200, 40, 1]);
    expect(network.idsOf('securityGroupRules').slice(0, 3).flat()).toEqual(entries.slice(10).map(({ securityGroupRuleId }) => securityGroupRuleId));
    expect(network.idsOf('securityGroupRules')[3]).toEqual(['sg-1']);
    const details = books.changes.map(({ entry }) => entry.outcome?.detail);
    expect(details.filter(detail => detail?.startsWith('it is there'))).toHaveLength(290);
    expect(details.filter(detail => detail?.startsWith('it was removed'))).toHaveLength(150);
  });

  test('is not looked for when it is settled', async () => {
    const network = new MemoryNetwork();
    const ledger = new MemoryLedger((['REVOKED', 'HEALED', 'RESTORED'] as const).map((state, index) => anEntry({ rule: rule(index), state })));
    const nothing = { entries: new Map(), hidden: [], unreadable: 0, changes: [], errors: [], ledgerErrors: [] };
    await expect(booksOf({ ledger, network })).resolves.toEqual(nothing);
    expect(network.calls).toEqual([]);
    expect(ledger.written).toEqual([]);
  });
});

describe('a rule of the ledger is hidden', () => {
  const idsOf = ({ hidden }: Bookkeeping): string[] => hidden.map(({ securityGroupRuleId }) => securityGroupRuleId).sort();
  const PENDING = { state: 'PENDING', attempt: anAttempt(59) } as const;

  test('when it is there, where the sweep could not look, open or pending', async () => {
    const entries = [anEntry({ rule: rule(1), vpcId: 'vpc-2' }), anEntry({ rule: rule(2), vpcId: 'vpc-2', ...PENDING }), anEntry({ rule: rule(3), vpcId: undefined })];
    const ledger = new MemoryLedger(entries);
    const books = await booksOf({ ledger, rules: [1, 2, 3].map(number => rule(number)) });
    expect(idsOf(books)).toEqual(['sgr-1', 'sgr-2', 'sgr-3']);
    // As it is now, not as it was read.
    for (const entry of books.hidden) expect(entry).toBe(ledger.entries.get(entry.securityGroupRuleId));
  });

  test('when EC2 could not tell whether it is there', async () => {
    const network = new MemoryNetwork().on('securityGroupRules', { throws: awsError('RequestLimitExceeded') });
    const ledger = new MemoryLedger([anEntry({ rule: rule(1), ...IN_VPC_1 }), anEntry({ rule: rule(2), ...IN_VPC_1, ...PENDING })]);
    const books = await booksOf({ ledger, network });
    expect(idsOf(books)).toEqual(['sgr-1', 'sgr-2']);
  });

  test('when an attempt on it may yet have its effect, though the sweep no longer found it', async () => {
    const books = await booksOf({ ledger: new MemoryLedger([anEntry({ ...IN_VPC_1, attempt: anAttempt(59) })]), rules: [aRule()] });
    expect(idsOf(books)).toEqual(['sgr-1']);
  });

  test.each<[name: string, entry: LedgerEntry, rules: SecurityGroupRule[]]>([
    ['is found', anEntry({ rule: rule(9), ...IN_VPC_1 }), [rule(9)]],
    ['healed', anEntry(IN_VPC_1), [aRule()]],
    ['is gone, and no sweep had begun to revoke it', anEntry({ vpcId: 'vpc-2' }), []],
    ['is gone, and an earlier sweep had begun to revoke it', anEntry({ vpcId: 'vpc-2', ...PENDING }), []],
    ['is in a VPC that is not to be looked at', anEntry({ vpcId: 'vpc-3' }), [aRule()]],
    ['is settled', anEntry({ state: 'REVOKED', vpcId: 'vpc-2' }), [aRule()]],
  ])('not when it %s', async (_, entry, rules) => {
    const books = await booksOf({ found: [aFlaggedFinding(rule(9))], ledger: new MemoryLedger([entry]), rules, configuration: { vpcIds: ['vpc-1', 'vpc-2'] } });
    expect(books.hidden).toEqual([]);
  });
});

describe('when EC2 cannot be read', () => {
  const ENTRIES = [anEntry({ rule: rule(1), ...IN_VPC_1, state: 'PENDING', attempt: anAttempt(1) }), anEntry({ rule: rule(2), ...IN_VPC_1 })];

  test('nothing is concluded of the rules that were not found, the error is told, and those found are recorded all the same', async () => {
    const ledger = new MemoryLedger(ENTRIES);
    const network = new MemoryNetwork().on('securityGroupRules', { throws: awsError('RequestLimitExceeded') });
    const books = await booksOf({ found: [aFlaggedFinding(rule(3))], ledger, network });
    expect(books.errors).toMatchObject([{ doing: 'reading the rules of the ledger that were not found', error: { code: 'RequestLimitExceeded' } }]);
    // The ledger did not fail: what was found can be put back.
    expect(books.ledgerErrors).toEqual([]);
    expect(books.hidden.map(({ securityGroupRuleId }) => securityGroupRuleId)).toEqual(['sgr-1', 'sgr-2']);
    expect(changesOf(books)).toEqual(['OPENED sgr-3']);
    expect([...books.entries?.keys() ?? []]).toEqual(['sgr-3']);
    expect(statesIn(ledger)).toEqual({ 'sgr-1': 'PENDING', 'sgr-2': 'OPEN', 'sgr-3': 'OPEN' });
  });

  test('nothing is concluded from a list that broke off', async () => {
    const ledger = new MemoryLedger(ENTRIES);
    const network = new MemoryNetwork({ rules: [rule(1), rule(2)] });
    network.on('securityGroupRules', { throws: awsError('InternalError'), afterPages: 1 });
    network.pageSize = 1;
    const books = await booksOf({ ledger, network });
    expect(books).toMatchObject({ changes: [], errors: [{ error: { code: 'InternalError' } }] });
    expect(ledger.written).toEqual([]);
  });

  test('nothing is concluded when one of several lists cannot be read', async () => {
    const entries = Array.from({ length: 201 }, (_, index) => anEntry({ rule: rule(index + 1), ...IN_VPC_1 }));
    const ledger = new MemoryLedger(entries);
    const network = new MemoryNetwork().on('securityGroupRules', { naming: 'sgr-201', throws: awsError('InternalError') });
    await expect(booksOf({ ledger, network })).resolves.toMatchObject({ changes: [], errors: [{ error: { code: 'InternalError' } }] });
    expect(ledger.written).toEqual([]);
  });
});

describe('when the ledger fails', () => {
  test('and cannot be read, no rule is known, the error is told, and nothing is written or asked of EC2', async () => {
    const error = { code: 'AccessDeniedException', message: 'not authorized to perform: dynamodb:Query' };
    const ledger = new MemoryLedger([anEntry()]).on('unsettled', { throws: awsError(error.code, error.message) });
    const network = new MemoryNetwork();
    const books = await booksOf({ found: [aFlaggedFinding()], ledger, network });
    expect(books).toMatchObject({ changes: [], hidden: [], errors: [], ledgerErrors: [{ doing: 'reading the ledger', error }] });
    expect(books.entries).toBeUndefined();
    expect(ledger.calls).toEqual([{ method: 'unsettled' }]);
    expect(network.calls).toEqual([]);
  });

  test('and one of the rules found cannot be written, no rule is known', async () => {
    const ledger = new MemoryLedger().on('put', { naming: 'sgr-2', throws: awsError('ProvisionedThroughputExceededException') });
    const books = await booksOf({ found: [1, 2, 3].map(number => aFlaggedFinding(rule(number))), ledger });
    expect(books.entries).toBeUndefined();
    expect(books.ledgerErrors).toMatchObject([{ doing: 'writing to the ledger', error: { code: 'ProvisionedThroughputExceededException' } }]);
    expect(books.errors).toEqual([]);
  });

  test('and one of the rules not found cannot be written, no rule is known', async () => {
    const ledger = new MemoryLedger([anEntry({ rule: rule(2), ...IN_VPC_1 })]);
    ledger.on('put', { naming: 'sgr-2', throws: awsError('InternalServerError') });
    const books = await booksOf({ found: [aFlaggedFinding()], ledger });
    expect(books.entries).toBeUndefined();
    expect(books.ledgerErrors).toMatchObject([{ doing: 'writing to the ledger', error: { code: 'InternalServerError' } }]);
    expect(books.errors).toEqual([]);
  });

  test('and one of the rules not found cannot be written, a revocation that was finished before is told all the same: nobody else will count it', async () => {
    const gone = anEntry({ rule: rule(2), ...IN_VPC_1, state: 'PENDING', attempt: anAttempt(1) });
    const ledger = new MemoryLedger([gone, anEntry({ rule: rule(3), ...IN_VPC_1 })]);
    ledger.on('put', { naming: 'sgr-3', throws: awsError('InternalServerError') });
    const books = await booksOf({ ledger });
    expect(ledger.entries.get('sgr-2')).toMatchObject({ state: 'REVOKED' });
    expect(changesOf(books)).toEqual(['FINISHED sgr-2']);
    expect(books.entries).toBeUndefined();
    expect(books.ledgerErrors).toHaveLength(1);
  });

  test('after EC2 could not be read, both are told, each as what it is', async () => {
    const ledger = new MemoryLedger([anEntry({ rule: rule(2), ...IN_VPC_1 })]).on('put', { throws: awsError('InternalServerError') });
    const network = new MemoryNetwork().on('securityGroupRules', { throws: awsError('RequestLimitExceeded') });
    const books = await booksOf({ found: [aFlaggedFinding()], ledger, network });
    expect(books.errors).toMatchObject([{ error: { code: 'RequestLimitExceeded' } }]);
    expect(books.ledgerErrors).toMatchObject([{ error: { code: 'InternalServerError' } }]);
  });

  test('and there is none, it is said so', async () => {
    const books = await booksOf({ found: [aFlaggedFinding()], ledger: undefined });
    const error = { code: 'NoLedger', message: 'the function was deployed without a ledger' };
    expect(books).toMatchObject({ changes: [], errors: [], ledgerErrors: [{ doing: 'reading the ledger', error }] });
    expect(books.entries).toBeUndefined();
  });
});

describe('an item that cannot be read', () => {
  const unreadable = (number: number): UnreadableItem => ({
    id: `sgr-${number}`,
    message: `the ledger's item sgr-${number} cannot be read: its attribute state is missing. Delete it`,
  });
  const error = (number: number): unknown => ({
    doing: 'reading the ledger', resourceId: `sgr-${number}`,
    error: { code: 'UnreadableItem', message: unreadable(number).message },
  });
  const found = [1, 2, 3].map(number => aFlaggedFinding(rule(number)));

  test('costs the rule that was found its entry, and is an error of its own; the others are recorded', async () => {
    const ledger = new MemoryLedger();
    ledger.unreadable.push(unreadable(2));
    const books = await booksOf({ found, ledger });
    expect([...books.entries?.keys() ?? []]).toEqual(['sgr-1', 'sgr-3']);
    expect(changesOf(books)).toEqual(['OPENED sgr-1', 'OPENED sgr-3']);
    expect(books).toMatchObject({ ledgerErrors: [error(2)], errors: [], unreadable: 0 });
    // The plan counts it, as a rule without an entry.
    expect(ledger.calls.filter(({ id }) => id === 'sgr-2')).toEqual([]);
  });

  test('may be that of a rule that is due and was not found, and is left as it is; each is told by itself', async () => {
    const ledger = new MemoryLedger([anEntry({ rule: rule(7), ...IN_VPC_1 })]);
    ledger.unreadable.push(unreadable(8), unreadable(9), unreadable(2));
    const books = await booksOf({ found, ledger });
    expect(books).toMatchObject({ unreadable: 2, ledgerErrors: [error(8), error(9), error(2)] });
    expect(changesOf(books)).toEqual(['HEALED sgr-7', 'OPENED sgr-1', 'OPENED sgr-3']);
    expect([...ledger.entries.keys()]).not.toEqual(expect.arrayContaining(['sgr-8']));
  });

  test('is found by a write, too: where the rule was settled, or someone has just changed it', async () => {
    const item = unreadable(2);
    const message = Object.assign(new Error(item.message), { name: 'UnreadableItem' });
    const ledger = new MemoryLedger().on('put', { naming: 'sgr-2', throws: message });
    const books = await booksOf({ found, ledger });
    expect([...books.entries?.keys() ?? []].sort()).toEqual(['sgr-1', 'sgr-3']);
    expect(books.ledgerErrors).toMatchObject([
      { doing: 'writing to the ledger', resourceId: 'sgr-2', error: { code: 'UnreadableItem', message: item.message } },
    ]);
  });

  test('is told beside a failure of the ledger as a whole, which is the one that counts', async () => {
    const ledger = new MemoryLedger().on('put', { naming: 'sgr-1', throws: awsError('InternalServerError') });
    ledger.unreadable.push(unreadable(2));
    const books = await booksOf({ found, ledger });
    expect(books.entries).toBeUndefined();
    expect(books.ledgerErrors).toMatchObject([error(2), { error: { code: 'InternalServerError' } }]);
    expect(books.ledgerErrors.map(isOfOneItem)).toEqual([true, false]);
  });
});

describe('a record that the ledger does not take', () => {
  const TOO_LARGE = awsError('ValidationException', 'Item size has exceeded the maximum allowed size');
  const failure = (resourceId: string): unknown =>
    ({ doing: 'writing to the ledger', resourceId, error: { code: TOO_LARGE.name, message: TOO_LARGE.message } });

  test('costs the rule that was found its entry, and all others are recorded, however many come after it', async () => {
    const ledger = new MemoryLedger().on('put', { naming: 'sgr-1', throws: TOO_LARGE });
    const all = Array.from({ length: 60 }, (_, index) => aFlaggedFinding(rule(index + 1)));
    const books = await booksOf({ found: all, ledger });
    expect(books.entries?.size).toBe(59);
    expect(books.entries?.has('sgr-1')).toBe(false);
    expect(books.ledgerErrors).toMatchObject([failure('sgr-1')]);
    expect(books.ledgerErrors.map(isOfOneItem)).toEqual([true]);
  });

  test.each<[name: string, rules: SecurityGroupRule[], hidden: string[]]>([
    ['may be there counts as hidden', [rule(1)], ['sgr-1']], ['is gone counts as that', [], []],
  ])('of a rule that was not found and %s', async (_, rules, hidden) => {
    const ledger = new MemoryLedger([1, 2].map(number => anEntry({ rule: rule(number), ...IN_VPC_1 })));
    ledger.on('put', { naming: 'sgr-1', throws: TOO_LARGE });
    const books = await booksOf({ ledger, rules });
    expect(books.hidden.map(({ securityGroupRuleId }) => securityGroupRuleId)).toEqual(hidden);
    expect(changesOf(books)).toEqual(['HEALED sgr-2']);
    expect(books.ledgerErrors).toMatchObject([failure('sgr-1')]);
    expect(books.entries).toEqual(new Map());
  });

  test('is no excuse where the ledger cannot be read at all', async () => {
    const ledger = new MemoryLedger().on('unsettled', { throws: TOO_LARGE });
    const books = await booksOf({ found: [aFlaggedFinding()], ledger });
    expect(books.entries).toBeUndefined();
    expect(books.ledgerErrors.map(isOfOneItem)).toEqual([false]);
  });
});

describe('beside another sweep', () => {
  /** Another writes an entry before this sweep's first write of it, past every hook. */
  function otherWrites(ledger: MemoryLedger, entry: LedgerEntry): MemoryLedger {
    return ledger.on('put', { call: 1, before: () => { ledger.entries.set(entry.securityGroupRuleId, entry); } });
  }

  test('a rule that both find is recorded on top of what the other wrote, as one sighting', async () => {
    const other = anEntry({ ...IN_VPC_1, revision: 1, sightings: 1, firstSeen: iso(60.5), lastSeen: iso(60.5), writtenBy: 'sweep-other' });
    const ledger = otherWrites(new MemoryLedger(), other);
    const books = await booksOf({ found: [aFlaggedFinding()], ledger });
    expect([...books.errors, ...books.ledgerErrors]).toEqual([]);
    // It was the other one that opened it.
    expect(books.changes).toEqual([]);
    expect(books.entries?.get('sgr-1')).toMatchObject({ revision: 2, writtenBy: 'sweep-now', sightings: 1, firstSeen: iso(60.5), lastSeen: iso(61) });
  });

  test('a rule that both find, having looked at moments of their own, is opened by one', async () => {
    const ledger = new MemoryLedger();
    const both = await Promise.all([60, 60.001].map((startedAt, index) =>
      booksOf({ found: [aFlaggedFinding()], ledger, writer: aWriter(startedAt, { id: `sweep-${index}` }) })));
    expect(both.flatMap(changesOf)).toEqual(['OPENED sgr-1']);
    expect(ledger.entries.get('sgr-1')).toMatchObject({ state: 'OPEN', sightings: 1 });
  });

  test('a rule that the other is about to revoke since this one began to look is left as the other read it, and known as that', async () => {
    const entry = anEntry(IN_VPC_1);
    const other = pending(entry, aRule({ toPort: 23 }), aWriter(60, { id: 'sweep-other', now: 60.5 }));
    const ledger = otherWrites(new MemoryLedger([entry]), other);
    const books = await booksOf({ found: [aFlaggedFinding()], ledger });
    expect(books.entries?.get('sgr-1')).toEqual(other);
    expect(ledger.entries.get('sgr-1')).toEqual(other);
    expect(books.changes).toEqual([]);
    expect(ledger.written).toEqual([]);
  });

  test('a rule that the other could not revoke, by a call that may yet have its effect, is left as the other read it', async () => {
    const entry = anEntry(IN_VPC_1);
    const claimed = pending(entry, aRule({ toPort: 23 }), aWriter(60, { id: 'sweep-other', now: 60.5 }));
    const other = kept(claimed, claimed.attempt, { name: 'FAILED' }, aWriter(60.5, { id: 'sweep-other' }));
    const ledger = otherWrites(new MemoryLedger([entry]), other);
    await booksOf({ found: [aFlaggedFinding()], ledger });
    expect(ledger.entries.get('sgr-1')).toEqual(other);
    expect(ledger.written).toEqual([]);
  });

  test('a rule that the other was about to revoke before this one began to look keeps its attempt', async () => {
    const entry = anEntry(IN_VPC_1);
    const ledger = otherWrites(new MemoryLedger([entry]), pending(entry, aRule(), aWriter(50, { id: 'sweep-other', now: 59 })));
    const books = await booksOf({ found: [aFlaggedFinding()], ledger });
    expect(books.entries?.get('sgr-1')).toMatchObject({ state: 'OPEN', attempt: anAttempt(59, 'sweep-other') });
  });

  test('a rule that the other has revoked meanwhile is neither opened nor healed', async () => {
    const entry = anEntry(IN_VPC_1);
    const other = revoked(entry, aWriter(60.5, { id: 'sweep-other' }), 'sweep-other');
    for (const found of [[aFlaggedFinding()], []]) {
      const ledger = otherWrites(new MemoryLedger([entry]), other);
      const books = await booksOf({ found, ledger });
      expect(books.changes).toEqual([]);
      expect(books.hidden).toEqual([]);
      expect(ledger.entries.get('sgr-1')).toEqual(other);
      expect(ledger.written).toEqual([]);
    }
  });

  test('a rule that is gone, and that both were to finish, is finished by one', async () => {
    const entry = anEntry({ ...IN_VPC_1, state: 'PENDING', attempt: anAttempt(1) });
    const ledger = new MemoryLedger([entry]);
    const both = await Promise.all(['a', 'b'].map(id => booksOf({ ledger, writer: aWriter(60, { id }) })));
    expect(both.flatMap(changesOf)).toEqual(['FINISHED sgr-1']);
    expect(ledger.written).toHaveLength(1);
  });

  test('an entry that expires meanwhile is written anew for what is found, and stays away for what is not', async () => {
    const ledger = new MemoryLedger([anEntry({ rule: rule(1), ...IN_VPC_1 }), anEntry({ rule: rule(2), ...IN_VPC_1 })]);
    ledger.on('put', { call: 1, before: () => { ledger.entries.clear(); } });
    const books = await booksOf({ found: [aFlaggedFinding(rule(1))], ledger });
    expect(changesOf(books)).toEqual(['OPENED sgr-1']);
    expect([...ledger.entries.keys()]).toEqual(['sgr-1']);
  });

  test('more conflicts than there can be sweeps are an error, and no rule is known', async () => {
    const ledger = new MemoryLedger();
    let revision = 0;
    ledger.on('put', { before: () => { ledger.entries.set('sgr-1', anEntry({ ...IN_VPC_1, revision: ++revision })); } });
    const books = await booksOf({ found: [aFlaggedFinding()], ledger });
    expect(books.entries).toBeUndefined();
    const message = 'The entry of sgr-1 was written by others 10 times in a row';
    expect(books.ledgerErrors).toMatchObject([{ doing: 'writing to the ledger', error: { message } }]);
  });
});

test('writes no more than 25 entries at a time', async () => {
  const ledger = new MemoryLedger();
  let underWay = 0;
  let most = 0;
  ledger.on('put', {
    before: async () => {
      most = Math.max(most, ++underWay);
      await new Promise(setImmediate);
      underWay--;
    },
  });
  const found = Array.from({ length: 100 }, (_, index) => aFlaggedFinding(rule(index + 1)));
  await booksOf({ found, ledger });
  expect(most).toBe(25);
  expect(ledger.entries.size).toBe(100);
});

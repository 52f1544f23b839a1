import { findings } from '../../../../lambda/core/checks/findings';
import { waitOf } from '../../../../lambda/core/decide/grace';
import type { KeepReason } from '../../../../lambda/core/decide/reasons';
import {
  type Bookkeeping, type BookkeepingDependencies, isOfOneItem, keepBooks,
} from '../../../../lambda/core/ledger/bookkeeping';
import { kept, pending, revoked, type Writer } from '../../../../lambda/core/ledger/entry';
import type { Because, Finding, FoundRule } from '../../../../lambda/core/model/finding';
import type { LedgerEntry, UnreadableItem } from '../../../../lambda/core/model/ledger';
import type { SecurityGroupRule } from '../../../../lambda/core/model/network';
import type { Observation } from '../../../../lambda/core/model/observation';
import { EVERYTHING, type Run } from '../../../../lambda/core/model/scope';
import { observe } from '../../../../lambda/core/observe/observe';
import type { DecodedConfiguration } from '../../../../src/contract/configuration';
import { awsError } from '../../../support/aws-error';
import {
  aDecodedConfiguration, aFlaggedRule, aGrace, aGroup, anEntry, aRule, aStaleRule, type EntryInShort,
} from '../../../support/builders';
import {
  aCoverage, aFlaggedFinding, anAttempt, anObservation, aStaleFinding, aWriter, inNinetyDays, iso,
} from '../../../support/ledger-builders';
import { MemoryLedger } from '../../../support/memory-ledger';
import { MemoryNetwork, type World } from '../../../support/memory-network';
import { sshFlagged } from '../../../support/swept';

const WRITER = aWriter(60);

const IN_VPC_1 = { vpcId: 'vpc-1', groupName: 'web' };

const STALE: Because = { stale: 'DELETED_GROUP', declarations: [] };
const FLAGGED: Because = { verdict: 'flagged', declarations: [{ name: 'flaggedIngressRules[0]' }] };
const BOTH: Because = { ...FLAGGED, stale: 'DELETED_GROUP' };

const SCHEDULED: Run = { id: 'sweep-now', trigger: 'schedule', scope: EVERYTHING };

const ofGroups = (...groupIds: string[]): Run =>
  ({ id: 'sweep-now', trigger: 'request', scope: { kind: 'groups', groupIds } });

/** A rule with its own id and port. */
function rule(number: number, overrides: Partial<SecurityGroupRule> = {}): SecurityGroupRule {
  return aRule({ securityGroupRuleId: `sgr-${number}`, fromPort: number, toPort: number, ...overrides });
}

/** Returns an entry of an earlier version, without the VPCs for which EC2 named the rule. */
const withoutVpcs = ({ stale, ...entry }: LedgerEntry): LedgerEntry =>
  ({ ...entry, stale: stale && { ...stale, vpcIds: undefined } });
const staleEntry = (overrides: EntryInShort = {}): LedgerEntry => anEntry({ because: STALE, ...overrides });

/** A configuration that looks for stale and for flagged rules. */
const LOOKS: Partial<DecodedConfiguration> = { staleRules: 'report', flaggedIngressRules: [sshFlagged()] };

type KeepReasonOf = (...of: Parameters<BookkeepingDependencies['decide']>) => string | undefined;

interface Books {
  readonly found?: readonly Finding[];
  readonly ledger?: MemoryLedger;
  /** The rules in EC2. */
  readonly rules?: readonly SecurityGroupRule[];
  readonly network?: MemoryNetwork;
  readonly observation?: Observation;
  /** Overrides of {@link LOOKS}. */
  readonly configuration?: Partial<DecodedConfiguration>;
  readonly writer?: Writer;
  /** The run. Absent: a scheduled sweep. */
  readonly run?: Run;
  readonly isTrusted?: boolean;
  /** Returns why a rule is kept. */
  readonly keepReason?: KeepReasonOf;
}

async function booksOf({
  found = [], ledger = new MemoryLedger(), rules = [], network = new MemoryNetwork({ rules }),
  observation = anObservation(), configuration, writer = WRITER, run = SCHEDULED, isTrusted = true,
  keepReason = () => 'REPORT_ONLY',
}: Books): Promise<Bookkeeping> {
  return keepBooks(found, observation, aDecodedConfiguration({ ...LOOKS, ...configuration }), {
    ledger, network, writer, run, isTrusted,
    decide: (...of) => ({
      keepReason: keepReason(...of) as KeepReason | undefined, isAnnounceable: false, callsOff: false,
      isKnown: true,
    }),
  });
}

const changesOf = ({ changes }: Bookkeeping): string[] =>
  changes.map(({ change, entry }) => `${change} ${entry.securityGroupRuleId}`).sort();

const statesIn = ({ entries }: MemoryLedger): Record<string, string> =>
  Object.fromEntries([...entries].map(([id, { state }]) => [id, state]));

const hiddenIn = ({ hidden }: Bookkeeping): string[] =>
  hidden.map(({ securityGroupRuleId }) => securityGroupRuleId).sort();

const NOTHING = { unreadable: 0, changes: [], unfinished: [], errors: [], ledgerErrors: [] };

describe('a rule that is found', () => {
  test('is opened, and known to the sweep', async () => {
    const ledger = new MemoryLedger();
    const books = await booksOf({ found: [aFlaggedFinding()], rules: [aRule()], ledger });
    const entry = ledger.entries.get('sgr-1');
    expect(entry).toMatchObject({
      ...IN_VPC_1, securityGroupRuleId: 'sgr-1', state: 'OPEN', revision: 1, writtenBy: 'sweep-now',
      flagged: { verdict: 'flagged' },
    });
    expect(books).toEqual({
      entries: new Map([['sgr-1', entry]]),
      hidden: [],
      unreadable: 0,
      changes: [{ change: 'OPENED', entry }],
      errors: [],
      unfinished: [],
      ledgerErrors: [],
    });
  });

  test('is opened once, and finding it again is no change', async () => {
    const ledger = new MemoryLedger([staleEntry(IN_VPC_1)]);
    const books = await booksOf({ found: [aStaleFinding()], rules: [aRule()], ledger });
    expect(books.changes).toEqual([]);
    expect(books.entries?.get('sgr-1')).toMatchObject({ stale: { sightings: 3 }, revision: 3 });
  });

  test('is recorded with why it is kept, as that follows from what is recorded', async () => {
    const known = staleEntry({ rule: rule(1), keepReason: 'REPORT_ONLY' });
    const ledger = new MemoryLedger([known, staleEntry({ rule: rule(2) })]);
    const keepReason: KeepReasonOf = (finding, entry) =>
      finding.rule?.securityGroupRuleId === 'sgr-1' ? undefined : `${entry.state} ${entry.stale?.sightings}`;
    await booksOf({ found: [1, 2].map(number => aStaleFinding(rule(number))), ledger, keepReason });
    expect([...ledger.entries.values()].map(entry => entry.keepReason)).toEqual([undefined, 'OPEN 3']);
  });

  test('is opened without a sighting by a run that is not scheduled, and such a run adds none', async () => {
    const known = staleEntry({ rule: rule(2), ...IN_VPC_1 });
    const ledger = new MemoryLedger([known]);
    const run: Run = { ...SCHEDULED, trigger: 'deployment' };
    const books = await booksOf({ found: [1, 2].map(number => aStaleFinding(rule(number))), ledger, run });
    expect(changesOf(books)).toEqual(['OPENED sgr-1']);
    const uncounted = { sightings: 0, countedSince: undefined, countedAt: undefined };
    expect(ledger.entries.get('sgr-1')?.stale).toMatchObject(uncounted);
    expect(ledger.entries.get('sgr-2')?.stale).toEqual({ ...known.stale, lastSeen: iso(61) });
  });

  test('is opened again when it was healed, or is put back by someone else long after it was revoked; modified under its id it starts over', async () => {
    const outcome = { name: 'REVOKED', sweepId: 'sweep-before', at: iso(0) };
    const ledger = new MemoryLedger([
      staleEntry({ rule: rule(1), state: 'HEALED', expiresAt: inNinetyDays(0) }),
      staleEntry({ rule: rule(2, { cidrIpv4: '192.0.2.0/24' }) }),
      staleEntry({ rule: rule(3), state: 'REVOKED', outcome }),
    ]);
    const books = await booksOf({ found: [1, 2, 3].map(number => aStaleFinding(rule(number))), ledger });
    expect(changesOf(books)).toEqual(['OPENED sgr-1', 'OPENED sgr-3']);
    for (const entry of ledger.entries.values()) {
      expect(entry).toMatchObject({ state: 'OPEN', stale: { sightings: 1 }, revision: 3 });
    }
  });

  test('is left as it is, and known as that, when another sweep revoked it a moment ago', async () => {
    const entry = anEntry({ state: 'REVOKED', outcome: { name: 'REVOKED', sweepId: 'sweep-before', at: iso(59) } });
    const ledger = new MemoryLedger([entry]);
    const books = await booksOf({ found: [aFlaggedFinding()], ledger });
    expect(books).toEqual({
      entries: new Map([['sgr-1', entry]]),
      hidden: [],
      unreadable: 0,
      changes: [],
      errors: [],
      unfinished: [],
      ledgerErrors: [],
    });
    expect(ledger.written).toEqual([]);
  });

  test('starts over when no sweep looked for longer than the grace allows, and continues without a grace; neither opens it', async () => {
    const grace = aGrace({ maxGapSeconds: 1800 });
    const longer = aGrace({ maxGapSeconds: 3600 });
    for (const [configuration, sightings] of [
      [{ grace }, 1],
      [{ grace: longer }, 3],
      [{}, 3],
    ] as const) {
      const ledger = new MemoryLedger([staleEntry(IN_VPC_1)]);
      const books = await booksOf({ found: [aStaleFinding()], rules: [aRule()], ledger, configuration });
      expect(changesOf(books)).toEqual([]);
      expect(ledger.entries.get('sgr-1')).toMatchObject({ state: 'OPEN', stale: { sightings } });
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
    expect(ledger.entries.get('sgr-1')).toMatchObject({ stackName: 'Shop', stale: { reason: 'DELETED_GROUP' } });
  });
});

test('a stale rule that could not be identified is in no books', async () => {
  const ledger = new MemoryLedger();
  const books = await booksOf({ found: [{ groupId: 'sg-1', stale: aStaleRule({ rule: undefined }) }], ledger });
  expect(books).toEqual({ entries: new Map(), ...NOTHING, hidden: [] });
  expect(ledger.written).toEqual([]);
});

describe('a rule that is no longer found', () => {
  test('is finished when an earlier sweep was about to revoke it, and it is gone', async () => {
    const ledger = new MemoryLedger([staleEntry({ ...IN_VPC_1, state: 'PENDING', attempt: anAttempt(1) })]);
    const books = await booksOf({ ledger });
    const entry = ledger.entries.get('sgr-1');
    expect(entry).toMatchObject({
      state: 'REVOKED',
      expiresAt: undefined,
      rule: aRule(),
      outcome: { name: 'REVOKED', sweepId: 'sweep-before' },
    });
    expect(books).toEqual({
      entries: new Map(),
      hidden: [],
      unreadable: 0,
      changes: [{ change: 'FINISHED', entry }],
      errors: [],
      unfinished: [],
      ledgerErrors: [],
    });
  });

  test('is healed when no run was about to revoke it, and it is gone', async () => {
    const ledger = new MemoryLedger([staleEntry(IN_VPC_1)]);
    const books = await booksOf({ ledger });
    expect(books.changes).toEqual([{ change: 'HEALED', entry: ledger.entries.get('sgr-1') }]);
    expect(ledger.entries.get('sgr-1')).toMatchObject({ state: 'HEALED', expiresAt: inNinetyDays(61) });
  });

  test('is healed when it is there, where the sweep looked', async () => {
    const books = await booksOf({ ledger: new MemoryLedger([staleEntry(IN_VPC_1)]), rules: [aRule()] });
    expect(changesOf(books)).toEqual(['HEALED sgr-1']);
  });

  test('is cleared when it was pending, and is there: that is no change to report', async () => {
    const ledger = new MemoryLedger([staleEntry({ ...IN_VPC_1, state: 'PENDING', attempt: anAttempt(59) })]);
    const books = await booksOf({ ledger, rules: [aRule()] });
    const entry = ledger.entries.get('sgr-1');
    expect(entry).toMatchObject({ state: 'OPEN', attempt: anAttempt(59) });
    const nothing = { entries: new Map(), unreadable: 0, changes: [], unfinished: [], errors: [], ledgerErrors: [] };
    expect(books).toEqual({ ...nothing, hidden: [entry] });
  });

  test('is left as it is, where its VPC could not be looked at', async () => {
    const ledger = new MemoryLedger([staleEntry({ ...IN_VPC_1, vpcId: 'vpc-2' })]);
    const books = await booksOf({
      ledger,
      rules: [aRule()],
      observation: anObservation({ scanned: ['vpc-1'], inScope: ['vpc-1', 'vpc-2'] }),
    });
    expect(books.changes).toEqual([]);
    expect(ledger.written).toEqual([]);
  });

  test('is left as it is, where no VPC could be looked at, or its own is not known', async () => {
    const ledger = new MemoryLedger([staleEntry(IN_VPC_1), staleEntry({ rule: rule(2), vpcId: undefined })]);
    const rules = [aRule(), rule(2)];
    const nothing = { ...anObservation({ scanned: [] }), vpcs: undefined };
    await booksOf({ ledger, rules, observation: nothing, configuration: { vpcIds: ['vpc-1'] } });
    await booksOf({ ledger, rules, observation: anObservation({ scanned: [], inScope: ['vpc-1'] }) });
    expect(ledger.written).toEqual([]);
  });

  test('is left unchanged if its group could not be looked at, even in a VPC that was', async () => {
    const unread = { ...aCoverage(['vpc-1']), unreadGroupIds: new Set(['sg-1']) };
    const ledger = new MemoryLedger([
      staleEntry(IN_VPC_1), staleEntry({ rule: rule(2, { groupId: 'sg-2' }), ...IN_VPC_1 }),
    ]);
    const rules = [aRule(), rule(2, { groupId: 'sg-2' })];
    const observation = anObservation({ coverage: { stale: unread } });
    const books = await booksOf({ ledger, rules, observation });
    expect(changesOf(books)).toEqual(['HEALED sgr-2']);
    expect(hiddenIn(books)).toEqual(['sgr-1']);
  });

  test('is healed where its group was looked at, whatever is known of its VPC', async () => {
    const coverage = { vpcIds: new Set<string>(), groupIds: new Set(['sg-1']), unreadGroupIds: new Set<string>() };
    const ledger = new MemoryLedger([staleEntry({ vpcId: undefined })]);
    const observation = anObservation({ scanned: [], coverage: { stale: coverage } });
    expect(changesOf(await booksOf({ ledger, rules: [aRule()], observation }))).toEqual(['HEALED sgr-1']);
  });

  test('is let go when its VPC is no longer one to look at', async () => {
    const ledger = new MemoryLedger([staleEntry({ ...IN_VPC_1, vpcId: 'vpc-2' })]);
    const books = await booksOf({ ledger, rules: [aRule()], configuration: { vpcIds: ['vpc-1'] } });
    const entry = ledger.entries.get('sgr-1');
    expect(books).toMatchObject({ changes: [{ change: 'LET_GO', entry }], hidden: [] });
    const outcome = { name: 'NO_LONGER_LOOKED_FOR' };
    expect(entry).toMatchObject({ state: 'HEALED', outcome, expiresAt: inNinetyDays(61) });
  });

  test('is neither healed nor let go when its VPC is one to look at, and could not be', async () => {
    const ledger = new MemoryLedger([staleEntry({ ...IN_VPC_1, vpcId: 'vpc-2' })]);
    const books = await booksOf({ ledger, rules: [aRule()], configuration: { vpcIds: ['vpc-1', 'vpc-2'] } });
    expect(books.changes).toEqual([]);
    expect(ledger.written).toEqual([]);
  });

  test('counts as removed by someone else when it is gone, even if its VPC is no longer in scope', async () => {
    const ledger = new MemoryLedger([staleEntry({ ...IN_VPC_1, vpcId: 'vpc-2' })]);
    const books = await booksOf({ ledger, configuration: { vpcIds: ['vpc-1'] } });
    expect(changesOf(books)).toEqual(['HEALED sgr-1']);
    expect(ledger.entries.get('sgr-1')?.outcome).toMatchObject({ name: 'HEALED' });
  });

  test('is looked for by its id, together with at most 199 others, and those that are not there once more in their groups', async () => {
    const entries = Array.from({ length: 450 }, (_, index) => staleEntry({ rule: rule(index + 1), ...IN_VPC_1 }));
    const rules = entries.slice(0, 300).map(entry => entry.rule);
    const network = new MemoryNetwork({ rules });
    network.pageSize = 30;
    const ledger = new MemoryLedger(entries);
    const books = await booksOf({ found: rules.slice(0, 10).map(aFlaggedFinding), ledger, network });
    expect(network.methods).toEqual(Array.from({ length: 4 }, () => 'securityGroupRules'));
    expect(network.idsOf('securityGroupRules').map(ids => ids.length)).toEqual([200, 200, 40, 1]);
    expect(network.idsOf('securityGroupRules').slice(0, 3).flat()).toEqual(
      entries.slice(10).map(({ securityGroupRuleId }) => securityGroupRuleId),
    );
    expect(network.idsOf('securityGroupRules')[3]).toEqual(['sg-1']);
    const details = books.changes.map(({ entry }) => entry.outcome?.detail);
    expect(details.filter(detail => detail?.startsWith('it is there'))).toHaveLength(290);
    expect(details.filter(detail => detail?.startsWith('it was removed'))).toHaveLength(150);
  });

  test('is not looked for when it is settled', async () => {
    const network = new MemoryNetwork();
    const states = ['REVOKED', 'HEALED', 'RESTORED'] as const;
    const ledger = new MemoryLedger(states.map((state, index) => staleEntry({ rule: rule(index), state })));
    const nothing = { entries: new Map(), ...NOTHING, hidden: [] };
    await expect(booksOf({ ledger, network })).resolves.toEqual(nothing);
    expect(network.calls).toEqual([]);
    expect(ledger.written).toEqual([]);
  });
});

describe('a rule of the ledger is hidden', () => {
  const PENDING = { state: 'PENDING', attempt: anAttempt(59) } as const;

  test('when it is there, where the sweep could not look, open or pending', async () => {
    const entries = [
      staleEntry({ rule: rule(1), vpcId: 'vpc-2' }), staleEntry({ rule: rule(2), vpcId: 'vpc-2', ...PENDING }),
      withoutVpcs(staleEntry({ rule: rule(3), vpcId: undefined })),
    ];
    const ledger = new MemoryLedger(entries);
    const books = await booksOf({ ledger, rules: [1, 2, 3].map(number => rule(number)) });
    expect(hiddenIn(books)).toEqual(['sgr-1', 'sgr-2', 'sgr-3']);
    // Hidden entries are those in the ledger now, not those that were read.
    for (const entry of books.hidden) expect(entry).toBe(ledger.entries.get(entry.securityGroupRuleId));
  });

  test('when EC2 could not tell whether it is there', async () => {
    const network = new MemoryNetwork().on('securityGroupRules', { throws: awsError('RequestLimitExceeded') });
    const ledger = new MemoryLedger([
      staleEntry({ rule: rule(1), ...IN_VPC_1 }), staleEntry({ rule: rule(2), ...IN_VPC_1, ...PENDING }),
    ]);
    const books = await booksOf({ ledger, network });
    expect(hiddenIn(books)).toEqual(['sgr-1', 'sgr-2']);
  });

  test('when an attempt on it may yet have its effect, though the sweep no longer found it', async () => {
    const ledger = new MemoryLedger([staleEntry({ ...IN_VPC_1, attempt: anAttempt(59) })]);
    const books = await booksOf({ ledger, rules: [aRule()] });
    expect(hiddenIn(books)).toEqual(['sgr-1']);
  });

  test.each<[name: string, entry: LedgerEntry, rules: SecurityGroupRule[]]>([
    ['is found', staleEntry({ rule: rule(9), ...IN_VPC_1 }), [rule(9)]],
    ['healed', staleEntry(IN_VPC_1), [aRule()]],
    ['is gone, and no sweep had begun to revoke it', staleEntry({ vpcId: 'vpc-2' }), []],
    ['is gone, and an earlier sweep had begun to revoke it', staleEntry({ vpcId: 'vpc-2', ...PENDING }), []],
    ['is in a VPC that is not to be looked at', staleEntry({ vpcId: 'vpc-3' }), [aRule()]],
    ['is settled', staleEntry({ state: 'REVOKED', vpcId: 'vpc-2' }), [aRule()]],
  ])('not when it %s', async (_, entry, rules) => {
    const books = await booksOf({
      found: [aFlaggedFinding(rule(9))],
      ledger: new MemoryLedger([entry]),
      rules,
      configuration: { vpcIds: ['vpc-1', 'vpc-2'] },
    });
    expect(books.hidden).toEqual([]);
  });
});

describe('when EC2 cannot be read', () => {
  const ENTRIES = [
    staleEntry({ rule: rule(1), ...IN_VPC_1, state: 'PENDING', attempt: anAttempt(1) }),
    staleEntry({ rule: rule(2), ...IN_VPC_1 }),
  ];

  test('nothing is concluded about rules that were not found, the error is reported, and rules that were found are recorded', async () => {
    const ledger = new MemoryLedger(ENTRIES);
    const network = new MemoryNetwork().on('securityGroupRules', { throws: awsError('RequestLimitExceeded') });
    const books = await booksOf({ found: [aFlaggedFinding(rule(3))], ledger, network });
    expect(books.errors).toMatchObject([
      { doing: 'reading the rules of the ledger that were not found', error: { code: 'RequestLimitExceeded' } },
    ]);
    // The ledger did not fail, so rules can be restored.
    expect(books.ledgerErrors).toEqual([]);
    expect(books.hidden.map(({ securityGroupRuleId }) => securityGroupRuleId)).toEqual(['sgr-1', 'sgr-2']);
    expect(changesOf(books)).toEqual(['OPENED sgr-3']);
    expect([...(books.entries?.keys() ?? [])]).toEqual(['sgr-3']);
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
    const entries = Array.from({ length: 201 }, (_, index) => staleEntry({ rule: rule(index + 1), ...IN_VPC_1 }));
    const ledger = new MemoryLedger(entries);
    const network = new MemoryNetwork().on('securityGroupRules', {
      naming: 'sgr-201',
      throws: awsError('InternalError'),
    });
    await expect(booksOf({ ledger, network })).resolves.toMatchObject({
      changes: [],
      errors: [{ error: { code: 'InternalError' } }],
    });
    expect(ledger.written).toEqual([]);
  });
});

describe('when the ledger fails', () => {
  test('and cannot be read, no rule is known, the error is told, and nothing is written or asked of EC2', async () => {
    const error = { code: 'AccessDeniedException', message: 'not authorized to perform: dynamodb:Query' };
    const ledger = new MemoryLedger([anEntry()]).on('unsettled', { throws: awsError(error.code, error.message) });
    const network = new MemoryNetwork();
    const books = await booksOf({ found: [aFlaggedFinding()], ledger, network });
    expect(books).toMatchObject({
      changes: [],
      hidden: [],
      errors: [],
      unfinished: [],
      ledgerErrors: [{ doing: 'reading the ledger', error }],
    });
    expect(books.entries).toBeUndefined();
    expect(ledger.calls).toEqual([{ method: 'unsettled' }]);
    expect(network.calls).toEqual([]);
  });

  test('and one of the rules found cannot be written, no rule is known', async () => {
    const ledger = new MemoryLedger().on('put', {
      naming: 'sgr-2',
      throws: awsError('ProvisionedThroughputExceededException'),
    });
    const books = await booksOf({ found: [1, 2, 3].map(number => aFlaggedFinding(rule(number))), ledger });
    expect(books.entries).toBeUndefined();
    expect(books.ledgerErrors).toMatchObject([
      { doing: 'writing to the ledger', error: { code: 'ProvisionedThroughputExceededException' } },
    ]);
    expect(books.errors).toEqual([]);
  });

  test('and one of the rules not found cannot be written, no rule is known', async () => {
    const ledger = new MemoryLedger([staleEntry({ rule: rule(2), ...IN_VPC_1 })]);
    ledger.on('put', { naming: 'sgr-2', throws: awsError('InternalServerError') });
    const books = await booksOf({ found: [aFlaggedFinding()], ledger });
    expect(books.entries).toBeUndefined();
    expect(books.ledgerErrors).toMatchObject([
      { doing: 'writing to the ledger', error: { code: 'InternalServerError' } },
    ]);
    expect(books.errors).toEqual([]);
  });

  test('and an entry cannot be written, a revocation that was finished before is still reported, because no other run will count it', async () => {
    const gone = staleEntry({ rule: rule(2), ...IN_VPC_1, state: 'PENDING', attempt: anAttempt(1) });
    const ledger = new MemoryLedger([gone, staleEntry({ rule: rule(3), ...IN_VPC_1 })]);
    ledger.on('put', { naming: 'sgr-3', throws: awsError('InternalServerError') });
    const books = await booksOf({ ledger });
    expect(ledger.entries.get('sgr-2')).toMatchObject({ state: 'REVOKED' });
    expect(changesOf(books)).toEqual(['FINISHED sgr-2']);
    expect(books.entries).toBeUndefined();
    expect(books.ledgerErrors).toHaveLength(1);
  });

  test('after EC2 could not be read, both are told, each as what it is', async () => {
    const ledger = new MemoryLedger([staleEntry({ rule: rule(2), ...IN_VPC_1 })]);
    ledger.on('put', { throws: awsError('InternalServerError') });
    const network = new MemoryNetwork().on('securityGroupRules', { throws: awsError('RequestLimitExceeded') });
    const books = await booksOf({ found: [aFlaggedFinding()], ledger, network });
    expect(books.errors).toMatchObject([{ error: { code: 'RequestLimitExceeded' } }]);
    expect(books.ledgerErrors).toMatchObject([{ error: { code: 'InternalServerError' } }]);
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

  test('leaves its rule without an entry, and is a separate error; the others are recorded', async () => {
    const ledger = new MemoryLedger();
    ledger.unreadable.push(unreadable(2));
    const books = await booksOf({ found, ledger });
    expect([...books.entries?.keys() ?? []]).toEqual(['sgr-1', 'sgr-3']);
    expect(changesOf(books)).toEqual(['OPENED sgr-1', 'OPENED sgr-3']);
    expect(books).toMatchObject({ ledgerErrors: [error(2)], errors: [], unreadable: 0 });
    // The plan counts this rule as one without an entry.
    expect(ledger.calls.filter(({ id }) => id === 'sgr-2')).toEqual([]);
  });

  test('may be that of a rule that is due and was not found, and is left as it is; each is told by itself', async () => {
    const ledger = new MemoryLedger([staleEntry({ rule: rule(7), ...IN_VPC_1 })]);
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
    const ledger = new MemoryLedger([1, 2].map(number => staleEntry({ rule: rule(number), ...IN_VPC_1 })));
    ledger.on('put', { naming: 'sgr-1', throws: TOO_LARGE });
    const books = await booksOf({ ledger, rules });
    expect(books.hidden.map(({ securityGroupRuleId }) => securityGroupRuleId)).toEqual(hidden);
    expect(changesOf(books)).toEqual(['HEALED sgr-2']);
    expect(books.ledgerErrors).toMatchObject([failure('sgr-1')]);
    expect(books.entries).toEqual(new Map());
  });

  test('does not matter if the ledger cannot be read at all', async () => {
    const ledger = new MemoryLedger().on('unsettled', { throws: TOO_LARGE });
    const books = await booksOf({ found: [aFlaggedFinding()], ledger });
    expect(books.entries).toBeUndefined();
    expect(books.ledgerErrors.map(isOfOneItem)).toEqual([false]);
  });
});

describe('beside another sweep', () => {
  /** Writes an entry as another run would, before this sweep's first write of it, without calling hooks. */
  function otherWrites(ledger: MemoryLedger, entry: LedgerEntry): MemoryLedger {
    return ledger.on('put', { call: 1, before: () => { ledger.entries.set(entry.securityGroupRuleId, entry); } });
  }

  test('a rule that both find is recorded on top of what the other wrote, as one sighting', async () => {
    const times = { firstSeen: iso(60.5), lastSeen: iso(60.5) };
    const other = staleEntry({ ...IN_VPC_1, revision: 1, sightings: 1, ...times, writtenBy: 'sweep-other' });
    const ledger = otherWrites(new MemoryLedger(), other);
    const books = await booksOf({ found: [aStaleFinding()], ledger });
    expect([...books.errors, ...books.ledgerErrors]).toEqual([]);
    // The other run opened the finding.
    expect(books.changes).toEqual([]);
    expect(books.entries?.get('sgr-1')).toMatchObject({
      revision: 2, writtenBy: 'sweep-now', firstSeen: iso(60.5), lastSeen: iso(61),
      stale: { sightings: 1, countedSince: iso(60.5), countedAt: iso(61) },
    });
  });

  test('a rule that both find, having looked at moments of their own, is opened by one', async () => {
    const ledger = new MemoryLedger();
    const both = await Promise.all([60, 60.001].map((startedAt, index) =>
      booksOf({ found: [aStaleFinding()], ledger, writer: aWriter(startedAt, { id: `sweep-${index}` }) })));
    expect(both.flatMap(changesOf)).toEqual(['OPENED sgr-1']);
    expect(ledger.entries.get('sgr-1')).toMatchObject({ state: 'OPEN', stale: { sightings: 1 } });
  });

  test('a rule that the other is about to revoke since this one began to look is left as the other read it, and known as that', async () => {
    const entry = staleEntry(IN_VPC_1);
    const other = pending(entry, aRule({ toPort: 23 }), aWriter(60, { id: 'sweep-other', now: 60.5 }));
    const ledger = otherWrites(new MemoryLedger([entry]), other);
    const books = await booksOf({ found: [aFlaggedFinding()], ledger });
    expect(books.entries?.get('sgr-1')).toEqual(other);
    expect(ledger.entries.get('sgr-1')).toEqual(other);
    expect(books.changes).toEqual([]);
    expect(ledger.written).toEqual([]);
  });

  test('a rule that the other could not revoke, by a call that may yet have its effect, is left as the other read it', async () => {
    const entry = staleEntry(IN_VPC_1);
    const claimed = pending(entry, aRule({ toPort: 23 }), aWriter(60, { id: 'sweep-other', now: 60.5 }));
    const other = kept(claimed, claimed.attempt, { name: 'FAILED' }, aWriter(60.5, { id: 'sweep-other' }));
    const ledger = otherWrites(new MemoryLedger([entry]), other);
    await booksOf({ found: [aFlaggedFinding()], ledger });
    expect(ledger.entries.get('sgr-1')).toEqual(other);
    expect(ledger.written).toEqual([]);
  });

  test('a rule that the other was about to revoke before this one began to look keeps its attempt', async () => {
    const entry = staleEntry(IN_VPC_1);
    const ledger = otherWrites(
      new MemoryLedger([entry]),
      pending(entry, aRule(), aWriter(50, { id: 'sweep-other', now: 59 })),
    );
    const books = await booksOf({ found: [aFlaggedFinding()], ledger });
    expect(books.entries?.get('sgr-1')).toMatchObject({ state: 'OPEN', attempt: anAttempt(59, 'sweep-other') });
  });

  test('a rule that the other has revoked meanwhile is neither opened nor healed', async () => {
    const entry = staleEntry(IN_VPC_1);
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
    const entry = staleEntry({ ...IN_VPC_1, state: 'PENDING', attempt: anAttempt(1) });
    const ledger = new MemoryLedger([entry]);
    const both = await Promise.all(['a', 'b'].map(id => booksOf({ ledger, writer: aWriter(60, { id }) })));
    expect(both.flatMap(changesOf)).toEqual(['FINISHED sgr-1']);
    expect(ledger.written).toHaveLength(1);
  });

  test('an entry that expires meanwhile is written anew for what is found, and stays away for what is not', async () => {
    const ledger = new MemoryLedger([1, 2].map(number => staleEntry({ rule: rule(number), ...IN_VPC_1 })));
    ledger.on('put', {
      call: 1,
      before: () => {
        ledger.entries.clear();
      },
    });
    const books = await booksOf({ found: [aFlaggedFinding(rule(1))], ledger });
    expect(changesOf(books)).toEqual(['OPENED sgr-1']);
    expect([...ledger.entries.keys()]).toEqual(['sgr-1']);
  });

  test('more conflicts than there can be sweeps are an error, and no rule is known', async () => {
    const ledger = new MemoryLedger();
    let revision = 0;
    const other = (): LedgerEntry => staleEntry({ ...IN_VPC_1, revision: ++revision });
    ledger.on('put', { before: () => { ledger.entries.set('sgr-1', other()); } });
    const books = await booksOf({ found: [aFlaggedFinding()], ledger });
    expect(books.entries).toBeUndefined();
    const message = 'Other runs changed the entry of sgr-1 100 times in a row, so it was not written';
    expect(books.ledgerErrors).toMatchObject([{ doing: 'writing to the ledger', error: { message } }]);
  });
});

describe('what each check said', () => {
  const known = anEntry({ because: BOTH, ...IN_VPC_1 });
  const nowhere = { stale: aCoverage([]), flagged: aCoverage([]) };

  test('stays as it was, where that check could not look, and the other found the rule', async () => {
    const cases = [[aStaleFinding(), 'flagged', 'stale'], [aFlaggedFinding(), 'stale', 'flagged']] as const;
    for (const [found, check, other] of cases) {
      const ledger = new MemoryLedger([known]);
      const observation = anObservation({ coverage: { [check]: nowhere[check] } });
      const books = await booksOf({ found: [found], ledger, observation });
      expect(books.changes).toEqual([]);
      const entry = ledger.entries.get('sgr-1');
      expect(entry?.[check]).toEqual(known[check]);
      expect(entry?.[other]).toMatchObject({ firstSeen: known.firstSeen, lastSeen: iso(61) });
    }
  });

  test('holds the finding, where that check could not look, and the other no longer finds the rule', async () => {
    for (const [check, other] of [['flagged', 'stale'], ['stale', 'flagged']] as const) {
      const ledger = new MemoryLedger([known]);
      const observation = anObservation({ coverage: { [check]: nowhere[check] } });
      const books = await booksOf({ ledger, rules: [aRule()], observation });
      expect(books.changes).toEqual([]);
      expect(hiddenIn(books)).toEqual(['sgr-1']);
      const entry = ledger.entries.get('sgr-1');
      expect(entry).toMatchObject({ state: 'OPEN', [check]: known[check] });
      expect(entry?.[other]).toBeUndefined();
    }
  });

  test('stays as it was, where neither check could look, and nothing is written', async () => {
    const ledger = new MemoryLedger([known]);
    const books = await booksOf({ ledger, rules: [aRule()], observation: anObservation({ coverage: nowhere }) });
    expect(hiddenIn(books)).toEqual(['sgr-1']);
    expect(ledger.written).toEqual([]);
  });

  test('ends with the finding, where both checks looked', async () => {
    const ledger = new MemoryLedger([known]);
    expect(changesOf(await booksOf({ ledger, rules: [aRule({ toPort: 23 })] }))).toEqual(['HEALED sgr-1']);
  });
});

describe('a run of some groups', () => {
  /** Returns what a run over these groups has looked at. */
  const lookedAt = (...groupIds: string[]): Observation => {
    const coverage = { vpcIds: new Set<string>(), groupIds: new Set(groupIds), unreadGroupIds: new Set<string>() };
    return { ...anObservation({ scanned: [] }), coverage: { stale: coverage, flagged: coverage } };
  };
  const of = (number: number): SecurityGroupRule => rule(number, { groupId: `sg-${number}` });

  test('reads, heals, finishes, ages and counts nothing of another group', async () => {
    const attempt = { state: 'PENDING', attempt: anAttempt(1) } as const;
    const others = [
      staleEntry({ rule: of(2), ...IN_VPC_1 }), staleEntry({ rule: of(11), ...IN_VPC_1 }),
      staleEntry({ rule: rule(3, { groupId: 'sg-2' }), ...IN_VPC_1, ...attempt }),
    ];
    const own = [staleEntry({ rule: of(1), ...IN_VPC_1 }), staleEntry({ rule: rule(4), ...IN_VPC_1, ...attempt })];
    const ledger = new MemoryLedger([...own, ...others]);
    // The rules that were found last are gone from EC2.
    const network = new MemoryNetwork({ rules: [of(1), of(2), of(11)] });
    const books = await booksOf({ ledger, network, observation: lookedAt('sg-1'), run: ofGroups('sg-1') });
    expect(changesOf(books)).toEqual(['FINISHED sgr-4', 'HEALED sgr-1']);
    expect(books).toMatchObject({ hidden: [], unreadable: 0, errors: [], ledgerErrors: [] });
    for (const entry of others) expect(ledger.entries.get(entry.securityGroupRuleId)).toBe(entry);
    expect(ledger.calls.filter(({ method }) => method === 'unsettled')).toEqual([{ method: 'unsettled', id: 'sg-1' }]);
    const puts = ledger.calls.filter(({ method }) => method === 'put');
    expect(puts.map(({ id }) => id).sort()).toEqual(['sgr-1', 'sgr-4']);
    expect(network.idsOf('securityGroupRules')).toEqual([['sgr-1', 'sgr-4'], ['sg-1']]);
  });

  test('opens, and finds again, without a sighting', async () => {
    const known = staleEntry({ rule: rule(2), ...IN_VPC_1 });
    const ledger = new MemoryLedger([known]);
    const found = [1, 2].map(number => aStaleFinding(rule(number)));
    const books = await booksOf({ found, ledger, observation: lookedAt('sg-1'), run: ofGroups('sg-1') });
    expect(changesOf(books)).toEqual(['OPENED sgr-1']);
    expect([...books.entries?.keys() ?? []].sort()).toEqual(['sgr-1', 'sgr-2']);
    expect(ledger.entries.get('sgr-1')?.stale).toMatchObject({ sightings: 0, lastSeen: iso(61) });
    expect(ledger.entries.get('sgr-2')?.stale).toEqual({ ...known.stale, lastSeen: iso(61) });
  });

  test('heals what is in a group that is gone', async () => {
    const ledger = new MemoryLedger([staleEntry({ rule: of(1), ...IN_VPC_1 })]);
    const books = await booksOf({ ledger, observation: lookedAt('sg-1'), run: ofGroups('sg-1') });
    expect(changesOf(books)).toEqual(['HEALED sgr-1']);
  });

  test('leaves what is there as it is, where it could not look at a group of its own', async () => {
    const rules = [of(1), of(2)];
    const ledger = new MemoryLedger(rules.map(each => staleEntry({ rule: each, ...IN_VPC_1 })));
    const books = await booksOf({ ledger, rules, observation: lookedAt('sg-2'), run: ofGroups('sg-1', 'sg-2') });
    expect(changesOf(books)).toEqual(['HEALED sgr-2']);
    expect(hiddenIn(books)).toEqual(['sgr-1']);
  });

  test('says nothing about a check that the configuration does not ask for, even if its group is gone', async () => {
    const known = anEntry({ rule: of(1), because: BOTH, ...IN_VPC_1 });
    const configuration: Partial<DecodedConfiguration> = { staleRules: 'ignore', flaggedIngressRules: [] };
    const ledger = new MemoryLedger([known]);
    const run = ofGroups('sg-1');
    const books = await booksOf({ ledger, rules: [of(1)], configuration, observation: lookedAt('sg-1'), run });
    expect(books.changes).toEqual([]);
    expect(ledger.written).toEqual([]);
  });

  const DAY = 24 * 60;
  const GRACE = aGrace({ seconds: 7 * 86_400, sightings: 7, maxGapSeconds: 2 * 86_400 });
  const exempt = aRule({ tags: { 'network-hygiene:exempt': 'true' } });
  const declared = (verdict: 'flagged' | 'undecided'): FoundRule =>
    ({ ...aFlaggedFinding(), flagged: aFlaggedRule({ verdict }) });
  const both = (verdict: 'flagged' | 'undecided'): FoundRule => ({ ...aStaleFinding(), ...declared(verdict) });
  const notForStale = { ...lookedAt('sg-1'), coverage: { ...lookedAt('sg-1').coverage, stale: aCoverage([]) } };

  interface Seen {
    readonly finds?: Finding;
    readonly observation?: Observation;
  }

  test.each<[name: string, scheduled: FoundRule, partial?: Seen]>([
    ['stale', aStaleFinding()],
    ['stale and flagged', both('flagged')],
    ['stale and, to them, flagged', aStaleFinding(), { finds: both('flagged') }],
    ['stale and undecided', both('undecided')],
    ['stale and exempt', aStaleFinding(exempt)],
    ['stale and, to them, exempt', aStaleFinding(), { finds: aStaleFinding(exempt) }],
    ['flagged where they cannot tell', both('flagged'), { finds: declared('flagged'), observation: notForStale }],
    ['undecided where they cannot tell', both('undecided'), { finds: declared('undecided'), observation: notForStale }],
  ])('a hundred times neither ends, shortens nor restarts the wait of a rule: %s', async (_, scheduled, seen = {}) => {
    const { finds = scheduled, observation = lookedAt('sg-1') } = seen;
    const [all, scheduledOnly] = [new MemoryLedger(), new MemoryLedger()];
    const configuration = { grace: GRACE };
    const staleIn = (ledger: MemoryLedger): LedgerEntry['stale'] => ledger.entries.get('sgr-1')?.stale;
    const states: string[] = [];
    let runs = 0;
    for (let day = 0; day < 9; day++) {
      for (let hour = 0; hour < 24; hour += 2) {
        const writer = aWriter(day * DAY + hour * 60, { id: `run-${++runs}` });
        await booksOf({ found: [finds], ledger: all, configuration, writer, run: ofGroups('sg-1'), observation });
      }
      const writer = aWriter(day * DAY + 23 * 60, { id: `sweep-${day}` });
      for (const ledger of [all, scheduledOnly]) await booksOf({ found: [scheduled], ledger, configuration, writer });
      const { sightings, countedSince, countedAt } = staleIn(scheduledOnly) ?? {};
      expect(staleIn(all)).toMatchObject({ sightings, countedSince, countedAt });
      const [wait, expected] = [all, scheduledOnly].map(ledger => waitOf(staleIn(ledger), GRACE, writer.now));
      expect(wait).toEqual(expected);
      states.push(wait.state);
    }
    expect(runs).toBeGreaterThan(100);
    expect(states).toEqual([...Array.from({ length: 7 }, () => 'waiting'), 'over', 'over']);
  });

  test('keeps finding a rule that no scheduled sweep finds, and its wait is broken nevertheless', async () => {
    const ledger = new MemoryLedger([staleEntry({ ...IN_VPC_1, sightings: 9 })]);
    const configuration = { grace: GRACE };
    for (let day = 0; day < 9; day++) {
      const run = { run: ofGroups('sg-1'), writer: aWriter(day * DAY) };
      await booksOf({ found: [aStaleFinding()], ledger, configuration, observation: lookedAt('sg-1'), ...run });
    }
    const writer = aWriter(9 * DAY);
    expect(waitOf(ledger.entries.get('sgr-1')?.stale, GRACE, writer.now).state).toBe('broken');
    await booksOf({ found: [aStaleFinding()], ledger, configuration, writer });
    expect(ledger.entries.get('sgr-1')?.stale).toMatchObject({ sightings: 1, countedSince: writer.now.toISOString() });
  });
});

describe('what the configuration no longer asks for', () => {
  /** A declaration that matches none of the rules. */
  const OTHER = { ...sshFlagged(), name: 'flaggedIngressRules[1]', traffic: [] };
  const FULL: ReadonlyArray<readonly [string, Run]> = [
    ['a scheduled sweep', SCHEDULED], ['a deployment', { ...SCHEDULED, trigger: 'deployment' }],
    ['a full run on request', { ...SCHEDULED, trigger: 'request' }],
  ];

  /** Observes the network with a configuration, and writes the ledger accordingly. */
  async function lookAndKeep(
    run: Run, configuration: Partial<DecodedConfiguration>, ledger: MemoryLedger, stale?: World['stale'],
  ): Promise<Bookkeeping> {
    const network = new MemoryNetwork({
      vpcs: [{ vpcId: 'vpc-1' }, { vpcId: 'vpc-2' }], groups: [aGroup()], stale,
      rules: [...ledger.entries.values()].map(entry => entry.rule),
    });
    const looking = aDecodedConfiguration({ ...LOOKS, ...configuration });
    const observation = await observe(run.scope, looking, { network, now: WRITER.now });
    const found = findings(observation.stale, observation.flagged);
    return booksOf({ found, ledger, network, observation, configuration: looking, run });
  }

  const CASES: ReadonlyArray<[name: string, because: Because, configuration: Partial<DecodedConfiguration>]> = [
    ['stale rules are ignored now', STALE, { staleRules: 'ignore' }],
    ['its declaration was removed, and there is no other', FLAGGED, { flaggedIngressRules: [] }],
    ['its declaration was removed, and one means sg-2', FLAGGED, { flaggedIngressRules: [sshFlagged('sg-2')] }],
    ['its declaration was removed, and there is another', FLAGGED, { flaggedIngressRules: [OTHER] }],
    ['its VPC is no longer one to look at', BOTH, { vpcIds: ['vpc-2'] }],
    ['nothing is asked for any more', BOTH, { staleRules: 'ignore', flaggedIngressRules: [] }],
  ];
  const ledgerOf = (because: Because): MemoryLedger => new MemoryLedger([anEntry({ because, ...IN_VPC_1 })]);

  describe.each(FULL)('is let go by %s:', (_, run) => {
    test.each(CASES)('%s', async (__, because, configuration) => {
      const ledger = ledgerOf(because);
      const books = await lookAndKeep(run, configuration, ledger);
      const entry = ledger.entries.get('sgr-1');
      expect(books).toMatchObject({ changes: [{ change: 'LET_GO', entry }], hidden: [], errors: [], ledgerErrors: [] });
      const outcome = { name: 'NO_LONGER_LOOKED_FOR' };
      expect(entry).toMatchObject({ state: 'HEALED', expiresAt: inNinetyDays(61), outcome });
    });
  });

  test.each(CASES)('is kept as it is by a run of its group: %s', async (_, because, configuration) => {
    const ledger = ledgerOf(because);
    const before = ledger.entries.get('sgr-1');
    const books = await lookAndKeep(ofGroups('sg-1'), configuration, ledger);
    expect(books.changes).toEqual([]);
    expect(ledger.entries.get('sgr-1')).toEqual(before);
    expect(hiddenIn(books)).toEqual(['sgr-1']);
  });

  test.each<[name: string, configuration: Partial<DecodedConfiguration>]>([
    ['there is no other', { flaggedIngressRules: [] }], ['there is another', { flaggedIngressRules: [OTHER] }],
  ])('leaves the part of the other check: a declaration was removed, and %s', async (_, configuration) => {
    const referring = aRule({ referencedGroup: { groupId: 'sg-gone' } });
    const known = anEntry({ rule: referring, because: BOTH, ...IN_VPC_1 });
    const permission = { ipProtocol: 'tcp', fromPort: 22, toPort: 22, reference: { groupId: 'sg-gone' } };
    const stale = { 'vpc-1': [{ groupId: 'sg-1', groupName: 'web', ingress: [permission], egress: [] }] };
    const byGroup = new MemoryLedger([known]);
    await lookAndKeep(ofGroups('sg-1'), configuration, byGroup, stale);
    expect(byGroup.entries.get('sgr-1')).toMatchObject({ state: 'OPEN', stale: { sightings: 2, lastSeen: iso(61) } });
    expect(byGroup.entries.get('sgr-1')?.flagged).toEqual(known.flagged);
    const full = new MemoryLedger([known]);
    expect((await lookAndKeep(SCHEDULED, configuration, full, stale)).changes).toEqual([]);
    expect(full.entries.get('sgr-1')).toMatchObject({ state: 'OPEN', stale: { sightings: 3 } });
    expect(full.entries.get('sgr-1')?.flagged).toBeUndefined();
  });
});

describe('a ledger that was made for another table', () => {
  const PENDING = { state: 'PENDING', attempt: anAttempt(1) } as const;
  const REVOKED_ONCE = { name: 'REVOKED', sweepId: 'sweep-before', at: iso(0) };

  test.each<[name: string, run: Run]>([['a full run', SCHEDULED], ['a run of its group', ofGroups('sg-1')]])(
    'has nothing settled that is gone, by %s: it counts as hidden', async (_, run) => {
      const entries = [
        staleEntry({ rule: rule(1), ...IN_VPC_1 }), staleEntry({ rule: rule(2), ...IN_VPC_1, ...PENDING }),
        staleEntry({ rule: rule(3), ...IN_VPC_1, outcome: REVOKED_ONCE }),
        staleEntry({ rule: rule(4), vpcId: 'vpc-9' }),
      ];
      const ledger = new MemoryLedger(entries);
      const books = await booksOf({ ledger, run, isTrusted: false });
      expect(books.changes).toEqual([]);
      expect(hiddenIn(books)).toEqual(['sgr-1', 'sgr-2', 'sgr-3', 'sgr-4']);
      expect([...ledger.entries.values()]).toEqual(entries);
      expect(ledger.written).toEqual([]);
    },
  );

  test('still records what was found', async () => {
    const ledger = new MemoryLedger([staleEntry({ rule: rule(2), ...IN_VPC_1 })]);
    const books = await booksOf({ found: [1, 2].map(number => aStaleFinding(rule(number))), ledger, isTrusted: false });
    expect(changesOf(books)).toEqual(['OPENED sgr-1']);
    expect(ledger.entries.get('sgr-2')).toMatchObject({ state: 'OPEN', stale: { sightings: 3 } });
  });

  test.each<[name: string, configuration: Partial<DecodedConfiguration>]>([
    ['is no longer found', {}], ['is no longer asked for', { staleRules: 'ignore', flaggedIngressRules: [] }],
  ])('has nothing begin to expire: a rule that is there, and %s', async (_, configuration) => {
    const ledger = new MemoryLedger([
      staleEntry({ rule: rule(1), ...IN_VPC_1 }), staleEntry({ rule: rule(2), ...IN_VPC_1, outcome: REVOKED_ONCE }),
    ]);
    await booksOf({ ledger, rules: [rule(1), rule(2)], configuration, isTrusted: false });
    expect([...ledger.entries.values()].filter(({ expiresAt }) => expiresAt !== undefined)).toEqual([]);
  });

  test('settles it after it is adopted', async () => {
    const entries = [{ rule: rule(1) }, { rule: rule(2), ...PENDING }];
    const ledger = new MemoryLedger(entries.map(each => staleEntry({ ...each, ...IN_VPC_1 })));
    await booksOf({ ledger, isTrusted: false });
    expect(changesOf(await booksOf({ ledger, isTrusted: true }))).toEqual(['FINISHED sgr-2', 'HEALED sgr-1']);
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

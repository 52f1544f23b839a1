import { kept, pending } from '../../../../lambda/core/ledger/entry';
import type { LedgerEntry } from '../../../../lambda/core/model/ledger';
import type { RevokedRule, SecurityGroupRule } from '../../../../lambda/core/model/network';
import type { RevocationOutcome } from '../../../../lambda/core/model/result';
import { EXEMPT_TAG } from '../../../../src/contract/exemptions';
import { awsError } from '../../../support/aws-error';
import { anEntry, aRule } from '../../../support/builders';
import { anAttempt, aWriter } from '../../../support/ledger-builders';
import {
  aWorld,
  byRule,
  outcomeOf,
  outcomesOf,
  type RevocationWorld,
  rulesOf,
  START,
  SWEEP,
} from '../../../support/revocation-world';

/** A rule with every field that restoring needs. */
const WHOLE = aRule({
  fromPort: 5432,
  toPort: 5433,
  referencedGroup: {
    groupId: 'sg-far',
    userId: '444455556666',
    vpcId: 'vpc-far',
    vpcPeeringConnectionId: 'pcx-1',
    peeringStatus: 'active',
  },
  description: 'reporting',
  tags: { Owner: 'data' },
});

const REFUSED = awsError('AccessDeniedException', 'not authorized to perform: dynamodb:PutItem');

/** An attempt of an earlier sweep, a minute before the rule was last seen. */
const EARLIER = { sweepId: 'sweep-before', at: '2025-12-31T23:59:00.000Z' };

/** The attempt that this sweep records before its call. */
const ATTEMPT = { sweepId: SWEEP, at: START.toISOString() };

const now = ({ ledger }: RevocationWorld, id = 'sgr-1'): LedgerEntry | undefined => ledger.entries.get(id);

/** Writes the entry as another sweep would, over any other entry. */
function writtenByOther(world: RevocationWorld, overrides: Partial<LedgerEntry>, id = 'sgr-1'): LedgerEntry {
  const current = now(world, id) ?? anEntry();
  const entry = { ...current, revision: current.revision + 1, writtenBy: 'sweep-other', ...overrides };
  world.ledger.entries.set(id, entry);
  return entry;
}

function modify({ network }: RevocationWorld, change: Partial<SecurityGroupRule>, id = 'sgr-1'): void {
  const rule = network.rules.get(id);
  if (rule) network.rules.set(id, { ...rule, ...change });
}

/** Fields that an older endpoint or an emulator may leave out of its response. */
const LISTED_BARE = { fromPort: undefined, toPort: undefined, description: undefined };

/** Waits for everything that can happen without a response of EC2 or the ledger. */
const settled = async (): Promise<void> => new Promise(resolve => setImmediate(resolve));

/** The waits before rules that could not be read are tried again. */
const ROUNDS = [2000, 5000, 15_000];

describe('the order is', () => {
  test('to record what is about to be revoked, to read it again, to revoke, to read back, and to record that it is gone', async () => {
    const world = aWorld([WHOLE]);
    const { network, ledger } = world;
    const events: string[] = [];
    for (const method of ['securityGroupRules', 'securityGroups', 'revokeIngress'] as const) {
      network.on(method, {
        before: () => {
          events.push(method);
        },
      });
    }
    ledger.on('put', {
      after: () => {
        events.push(`${ledger.written.at(-1)?.state}, while EC2 has ${network.rules.size} rules`);
      },
    });
    await outcomesOf(world);
    expect(events).toEqual([
      'PENDING, while EC2 has 1 rules',
      'securityGroupRules',
      'securityGroups',
      'revokeIngress',
      'securityGroupRules',
      'REVOKED, while EC2 has 0 rules',
    ]);
    expect(ledger.calls.map(({ method }) => method)).toEqual(['put', 'control', 'put']);
  });

  test('that the ledger and the log have the whole rule before EC2 is called', async () => {
    const world = aWorld([WHOLE]);
    let before: unknown;
    world.network.on('revokeIngress', {
      before: () => {
        before = [now(world), world.memory.ofEvent('Revoking').map(({ fields }) => fields.rule)];
      },
    });
    await outcomesOf(world);
    expect(before).toEqual([
      { ...anEntry({ rule: WHOLE }), state: 'PENDING', revision: 3, writtenBy: SWEEP, attempt: ATTEMPT },
      [WHOLE],
    ]);
  });

  test('that a rule of a group waits for the records of all that go with it', async () => {
    const world = aWorld(rulesOf('sg-1', 60));
    let claimed = 0;
    world.network.on('revokeIngress', {
      before: () => {
        claimed = [...world.ledger.entries.values()].filter(({ state }) => state === 'PENDING').length;
      },
    });
    await outcomesOf(world);
    expect(claimed).toBe(60);
  });
});

describe('a rule that is revoked', () => {
  test('stays in the ledger forever and whole, with the sweep that revoked it and the time', async () => {
    const world = aWorld([WHOLE], { expiresAt: 1, groupName: 'web', vpcId: 'vpc-1', stackName: 'Network' });
    world.network.on('revokeIngress', { after: () => world.clock.advance(1500) });
    await outcomesOf(world);
    expect(now(world)).toEqual({
      ...anEntry({ rule: WHOLE, groupName: 'web', vpcId: 'vpc-1', stackName: 'Network' }),
      state: 'REVOKED', revision: 4, writtenBy: SWEEP, attempt: undefined, expiresAt: undefined,
      outcome: { name: 'REVOKED', sweepId: SWEEP, at: '2026-01-01T00:00:01.500Z' },
    });
  });

  test('is recorded as revoked when EC2 did not say so, but it is gone', async () => {
    const world = aWorld();
    world.network.on('revokeIngress', {
      before: () => {
        world.network.rules.clear();
      },
      throws: awsError('TimeoutError'),
    });
    expect((await outcomeOf(world)).outcome).toBe('REVOKED');
    expect(now(world)).toMatchObject({ state: 'REVOKED', outcome: { name: 'REVOKED' } });
  });

  test('is written again, whole, if someone has deleted its entry in the meantime', async () => {
    const world = aWorld([WHOLE]);
    world.network.on('revokeIngress', { after: () => { world.ledger.entries.clear(); } });
    expect((await outcomeOf(world)).outcome).toBe('REVOKED');
    expect(now(world)).toMatchObject({
      state: 'REVOKED',
      revision: 1,
      rule: WHOLE,
      outcome: { name: 'REVOKED', sweepId: SWEEP },
    });
  });
});

describe('when the ledger cannot be written before the call', () => {
  const skipped = {
    outcome: 'SKIPPED',
    ledgerError: { code: 'AccessDeniedException', message: 'not authorized to perform: dynamodb:PutItem' },
  };

  test('EC2 is not called at all, and the outcome is SKIPPED with the error of the ledger', async () => {
    const world = aWorld(rulesOf('sg-1', 2));
    world.ledger.on('put', { throws: REFUSED });
    const outcomes = await outcomesOf(world);
    expect(outcomes).toMatchObject([skipped, skipped]);
    expect(world.network.methods).toEqual(['admitRevocations']);
    expect(world.network.rules.size).toBe(2);
    expect([...world.ledger.entries.values()]).toEqual(world.planned.map(({ entry }) => entry));
  });

  test('for one rule, none of those that go with it is revoked, and none that comes after', async () => {
    const world = aWorld([...rulesOf('sg-1', 2), ...rulesOf('sg-2', 1, 3), ...rulesOf('sg-3', 1, 4)]);
    const { network, ledger } = world;
    network.admits = 2;
    ledger.on('put', { naming: 'sgr-3', throws: REFUSED });
    network.on('admitRevocations', { call: 2, before: settled });
    ledger.on('put', { naming: 'sgr-4', throws: REFUSED });
    const outcomes = await outcomesOf(world);
    expect(byRule(outcomes)).toEqual({
      'sgr-1': 'SKIPPED',
      'sgr-2': 'SKIPPED',
      'sgr-3': 'SKIPPED',
      'sgr-4': 'SKIPPED',
    });
    expect(outcomes).toMatchObject([skipped, skipped, skipped, skipped]);
    expect(network.methods).not.toContain('revokeIngress');
    // A sweep that dies before its call leaves such entries, too. The next sweep clears them.
    expect(['sgr-1', 'sgr-2'].map(id => now(world, id)?.state)).toEqual(['PENDING', 'PENDING']);
  });

  test('for long enough, it is not even tried for what comes later', async () => {
    const world = aWorld([...rulesOf('sg-1', 1), ...rulesOf('sg-2', 1, 2), ...rulesOf('sg-3', 1, 3)]);
    const { network, ledger } = world;
    network.admits = 1;
    network.on('admitRevocations', { call: 2, before: settled });
    ledger.on('put', { throws: REFUSED });
    const outcomes = await outcomesOf(world);
    expect(outcomes).toMatchObject([skipped, skipped, skipped]);
    expect(ledger.calls.map(({ id }) => id)).not.toContain('sgr-3');
    expect(network.methods.filter(method => method !== 'admitRevocations')).toEqual([]);
  });

  test('or says so although it could, nothing is called, and what is written stays whole', async () => {
    const world = aWorld([WHOLE]);
    world.ledger.on('put', { throwsAfter: awsError('TimeoutError') });
    expect(await outcomeOf(world)).toMatchObject({ outcome: 'SKIPPED', ledgerError: { code: 'TimeoutError' } });
    expect(world.network.methods).not.toContain('revokeIngress');
    expect(now(world)).toMatchObject({ state: 'PENDING', rule: WHOLE, attempt: ATTEMPT });
  });
});

describe('when the ledger cannot be written after the call', () => {
  test('the rule is UNRECORDED, and stays in the ledger whole, as about to be revoked', async () => {
    const world = aWorld([WHOLE]);
    world.ledger.on('put', { call: 2, throws: REFUSED });
    expect(await outcomeOf(world)).toMatchObject({
      outcome: 'UNRECORDED',
      rule: WHOLE,
      ledgerError: { code: 'AccessDeniedException' },
    });
    expect(world.network.rules.size).toBe(0);
    expect(now(world)).toMatchObject({ state: 'PENDING', rule: WHOLE, attempt: ATTEMPT, writtenBy: SWEEP });
  });

  test('or says so although it could, the rule is REVOKED: it is recorded, and no other sweep will count it', async () => {
    const world = aWorld([WHOLE]);
    world.ledger.on('put', { call: 2, throwsAfter: awsError('TimeoutError') });
    const outcome = await outcomeOf(world);
    expect(outcome.outcome).toBe('REVOKED');
    expect(outcome.ledgerError).toBeUndefined();
    expect(now(world)).toMatchObject({ state: 'REVOKED', rule: WHOLE, outcome: { name: 'REVOKED', sweepId: SWEEP } });
  });

  test('and cannot be read either, the rule is UNRECORDED, though it may be recorded', async () => {
    const world = aWorld([WHOLE]);
    world.ledger.on('put', { call: 2, throwsAfter: awsError('TimeoutError') }).on('get', { throws: REFUSED });
    expect(await outcomeOf(world)).toMatchObject({ outcome: 'UNRECORDED', ledgerError: { code: 'TimeoutError' } });
  });

  test('and another sweep has recorded it, the rule is UNRECORDED for this one: the other counts it', async () => {
    const world = aWorld([WHOLE]);
    world.ledger.on('put', {
      call: 2,
      before: () => {
        writtenByOther(world, { state: 'REVOKED', attempt: undefined });
      },
      throws: REFUSED,
    });
    expect(await outcomeOf(world)).toMatchObject({
      outcome: 'UNRECORDED',
      ledgerError: { code: 'AccessDeniedException' },
    });
    expect(now(world)).toMatchObject({ state: 'REVOKED', writtenBy: 'sweep-other' });
  });

  test.each([
    [1, 'SKIPPED', []],
    [2, 'UNRECORDED', [['sg-1', 'sgr-1']]],
  ])(
    'or the %d. time that it is written, what is admitted when that becomes known is not revoked',
    async (call, expected, calls) => {
      const world = aWorld([...rulesOf('sg-1', 1), ...rulesOf('sg-2', 1, 2)]);
      world.network.admits = 1;
      world.ledger.on('put', { naming: 'sgr-1', call, throws: REFUSED });
      // The ledger fails while the second group waits for its token.
      world.network.on('admitRevocations', { call: 2, before: settled });
      expect(byRule(await outcomesOf(world))).toEqual({ 'sgr-1': expected, 'sgr-2': 'SKIPPED' });
      expect(world.network.idsOf('revokeIngress')).toEqual(calls);
      expect(now(world, 'sgr-2')).toBe(world.planned[1].entry);
    },
  );

  test('what came of a rule that is still there is told with what the ledger said', async () => {
    const world = aWorld();
    world.network.on('revokeIngress', { throws: awsError('UnauthorizedOperation') });
    world.ledger.on('put', { call: 2, throws: REFUSED });
    expect(await outcomeOf(world)).toMatchObject({
      outcome: 'FAILED',
      error: { code: 'UnauthorizedOperation' },
      ledgerError: { code: 'AccessDeniedException' },
    });
    expect(now(world)?.state).toBe('PENDING');
  });

  test('nothing that comes later is revoked', async () => {
    const world = aWorld([...rulesOf('sg-1', 1), ...rulesOf('sg-2', 1, 2), ...rulesOf('sg-3', 1, 3)]);
    const { network, ledger } = world;
    network.admits = 1;
    ledger.on('put', { naming: 'sgr-1', call: 2, throws: REFUSED });
    ledger.on('put', { naming: 'sgr-2', throws: REFUSED });
    network.on('admitRevocations', { call: 2, before: settled });
    expect(byRule(await outcomesOf(world))).toEqual({ 'sgr-1': 'UNRECORDED', 'sgr-2': 'SKIPPED', 'sgr-3': 'SKIPPED' });
    expect(network.idsOf('revokeIngress')).toEqual([['sg-1', 'sgr-1']]);
    expect(now(world, 'sgr-3')).toBe(world.planned[2].entry);
  });
});

describe('when another sweep was faster', () => {
  /** Returns the outcome when another sweep writes the entry before this one does. */
  async function after(
    overrides: Partial<LedgerEntry>,
  ): Promise<{ world: RevocationWorld; outcome: RevocationOutcome; other: LedgerEntry }> {
    const world = aWorld([WHOLE]);
    const other = writtenByOther(world, overrides);
    return { world, other, outcome: await outcomeOf(world) };
  }

  test('and is about to revoke the rule, it is left to it: EC2 is not called, and the entry not touched', async () => {
    const { world, outcome, other } = await after({
      state: 'PENDING',
      attempt: { sweepId: 'sweep-other', at: START.toISOString() },
    });
    expect(outcome).toMatchObject({ outcome: 'LEFT_TO_OTHER', detail: 'the sweep sweep-other is about to revoke it' });
    expect(world.network.methods).toEqual(['admitRevocations']);
    expect(now(world)).toBe(other);
  });

  test.each(['REVOKED', 'RESTORED'] as const)(
    'and has it as %s, it is ALREADY_GONE: EC2 is not called, and the entry not touched',
    async state => {
      const { world, outcome, other } = await after({ state });
      expect(outcome.outcome).toBe('ALREADY_GONE');
      expect(world.network.methods).toEqual(['admitRevocations']);
      expect(now(world)).toBe(other);
    },
  );

  test.each<[name: string, overrides: Partial<LedgerEntry>]>([
    ['no longer found it', { state: 'HEALED' }],
    ['found it to be another', { rule: { ...WHOLE, toPort: 5434 } }],
    ['found it with another description, which would be put back', { rule: { ...WHOLE, description: 'in use again' } }],
    ['found it with other tags, which would be put back', { rule: { ...WHOLE, tags: { Owner: 'someone new' } } }],
  ])('and %s, it is CHANGED_MEANWHILE: EC2 is not called, and the entry not touched', async (_, overrides) => {
    const { world, outcome, other } = await after(overrides);
    expect(outcome.outcome).toBe('CHANGED_MEANWHILE');
    expect(world.network.methods).toEqual(['admitRevocations']);
    expect(now(world)).toBe(other);
  });

  test('and the entry is gone, the rule is kept: CHANGED_MEANWHILE', async () => {
    const world = aWorld();
    world.ledger.entries.clear();
    expect((await outcomeOf(world)).outcome).toBe('CHANGED_MEANWHILE');
    expect(world.network.methods).not.toContain('revokeIngress');
    expect(world.ledger.written).toEqual([]);
  });

  test('in the very instant of the claim, of the two only one revokes', async () => {
    const world = aWorld();
    world.ledger.on('put', { call: 1, before: () => { writtenByOther(world, { state: 'PENDING' }); } });
    expect((await outcomeOf(world)).outcome).toBe('LEFT_TO_OTHER');
    expect(world.network.methods).not.toContain('revokeIngress');
  });

  test('and has only seen the rule, this one revokes it, and keeps what the other saw', async () => {
    const lastSeen = '2026-01-01T00:00:30.000Z';
    const seen = anEntry({
      rule: WHOLE,
      because: { stale: 'DELETED_GROUP', declarations: [] },
      sightings: 7,
      lastSeen,
    });
    const { world, outcome } = await after({ stale: seen.stale, lastSeen });
    expect(outcome.outcome).toBe('REVOKED');
    expect(now(world)).toMatchObject({ state: 'REVOKED', lastSeen });
    expect(now(world)?.stale).toEqual(seen.stale);
    expect(now(world)?.stale).toMatchObject({ sightings: 7, countedAt: lastSeen });
  });

  test('to record that it is gone, it is ALREADY_GONE for this one, which does not count it again', async () => {
    const world = aWorld([WHOLE]);
    let other: LedgerEntry | undefined;
    world.network.on('revokeIngress', { after: () => { other = writtenByOther(world, { state: 'REVOKED' }); } });
    expect(await outcomeOf(world)).toMatchObject({
      outcome: 'ALREADY_GONE',
      detail: 'sweep-other has recorded that it is gone',
      recordedBy: 'sweep-other',
    });
    expect(now(world)).toBe(other);
    expect(now(world)?.rule).toEqual(WHOLE);
  });

  test('to record that it is gone, as it was before it was modified, this one corrects the record and tells of it, but does not count it', async () => {
    const world = aWorld([WHOLE]);
    world.network.on('revokeIngress', {
      before: () => modify(world, { toPort: 5434 }),
      after: () => {
        writtenByOther(world, {
          state: 'REVOKED',
          attempt: undefined,
          outcome: { name: 'REVOKED', sweepId: SWEEP, recordedBy: 'sweep-other', at: START.toISOString() },
        });
      },
    });
    const outcome = await outcomeOf(world);
    expect(outcome).toMatchObject({ outcome: 'REVOKED_CHANGED', rule: { toPort: 5434 }, recordedBy: 'sweep-other' });
    expect(now(world)).toMatchObject({
      state: 'REVOKED',
      rule: { ...WHOLE, toPort: 5434 },
      writtenBy: SWEEP,
      outcome: { sweepId: SWEEP, recordedBy: 'sweep-other' },
    });
  });

  test('to record that it is gone, as this one had read it, nothing is written again', async () => {
    const world = aWorld([WHOLE]);
    world.network.on('revokeIngress', {
      after: () => {
        writtenByOther(world, { state: 'REVOKED', attempt: undefined });
      },
    });
    await outcomesOf(world);
    expect(world.ledger.written.map(({ state }) => state)).toEqual(['PENDING']);
  });

  test('to read it anew, attempt it and see it gone, and EC2 did not say that it was by this one, it is recorded as the other one read it', async () => {
    const theirs = { ...WHOLE, toPort: 5434 };
    const world = aWorld([WHOLE], { attempt: EARLIER });
    world.network.rules.clear();
    world.network.on('securityGroups', {
      call: 1,
      before: () => {
        writtenByOther(world, {
          state: 'PENDING',
          rule: theirs,
          attempt: { sweepId: 'sweep-other', at: START.toISOString() },
        });
      },
    });
    expect((await outcomeOf(world)).outcome).toBe('REVOKED');
    expect(now(world)).toMatchObject({ state: 'REVOKED', rule: theirs });
  });

  test('to read it anew, but EC2 said that it was this one that revoked it, it is recorded as this one read it', async () => {
    const world = aWorld([WHOLE]);
    world.network.on('revokeIngress', {
      after: () => {
        writtenByOther(world, {
          state: 'PENDING',
          rule: { ...WHOLE, toPort: 5434 },
          attempt: anAttempt(0, 'sweep-other'),
        });
      },
    });
    expect((await outcomeOf(world)).outcome).toBe('REVOKED');
    expect(now(world)).toMatchObject({ state: 'REVOKED', outcome: { sweepId: SWEEP } });
    expect(now(world)?.rule).toEqual(WHOLE);
  });

  test('to see it, and take it over, before this one could record that it was revoked: this one records and counts it', async () => {
    const world = aWorld([WHOLE]);
    world.network.on('revokeIngress', {
      after: () => {
        writtenByOther(world, { state: 'PENDING' });
      },
    });
    expect((await outcomeOf(world)).outcome).toBe('REVOKED');
    expect(now(world)).toMatchObject({ state: 'REVOKED', writtenBy: SWEEP, rule: WHOLE });
  });

  test('to take it over after EC2 refused this one, the entry is the other\'s', async () => {
    const world = aWorld();
    let other: LedgerEntry | undefined;
    const takeOver = (): void => { other = writtenByOther(world, { state: 'PENDING' }); };
    world.network.on('revokeIngress', { before: takeOver, throws: awsError('UnauthorizedOperation') });
    expect((await outcomeOf(world)).outcome).toBe('FAILED');
    expect(now(world)).toBe(other);
  });
});

describe('an earlier sweep that died', () => {
  test('and had begun to revoke a rule that is gone, had revoked it: it is REVOKED, and recorded whole', async () => {
    const world = aWorld([WHOLE], { attempt: EARLIER });
    world.network.rules.clear();
    expect(await outcomeOf(world)).toMatchObject({
      outcome: 'REVOKED',
      detail: 'an earlier sweep had begun to revoke it, and it is gone',
    });
    expect(world.network.methods).not.toContain('revokeIngress');
    expect(now(world)).toMatchObject({
      state: 'REVOKED',
      rule: WHOLE,
      outcome: { sweepId: 'sweep-before', recordedBy: SWEEP },
    });
  });

  /**
   * A world in which another sweep has claimed the rule since the plan was made. Its call was answered with an error,
   * and may still take effect.
   */
  function lingering(): RevocationWorld {
    const world = aWorld([WHOLE]);
    const claimed = pending(world.planned[0].entry, WHOLE, aWriter(0, { id: 'sweep-other', now: 0 }));
    world.ledger.entries.set(
      'sgr-1',
      kept(claimed, claimed.attempt, { name: 'FAILED' }, aWriter(0, { id: 'sweep-other' })),
    );
    return world;
  }

  test('had begun to revoke it after the plan was made, and it is gone: it is REVOKED, by that one', async () => {
    const world = lingering();
    world.network.rules.clear();
    expect((await outcomeOf(world)).outcome).toBe('REVOKED');
    expect(now(world)).toMatchObject({
      state: 'REVOKED',
      expiresAt: undefined,
      outcome: { sweepId: 'sweep-other', recordedBy: SWEEP },
    });
  });

  test('had begun to revoke it after the plan was made, and EC2 refuses this one: that attempt is on record again, should it have its effect', async () => {
    const world = lingering();
    world.network.on('revokeIngress', { throws: awsError('UnauthorizedOperation') });
    expect((await outcomeOf(world)).outcome).toBe('FAILED');
    expect(now(world)).toMatchObject({ state: 'OPEN', attempt: anAttempt(0, 'sweep-other') });
  });

  test('long before the rule was last seen did not remove it, so someone else did', async () => {
    const world = aWorld([WHOLE], { attempt: { ...EARLIER, at: '2025-12-31T23:28:00.000Z' } });
    world.network.rules.clear();
    expect((await outcomeOf(world)).outcome).toBe('ALREADY_GONE');
    expect(now(world)?.state).toBe('HEALED');
  });

  test('may yet have its effect on a rule that is kept now: its attempt stays on record', async () => {
    const world = aWorld([WHOLE], { attempt: EARLIER });
    modify(world, { tags: { [EXEMPT_TAG]: '' } });
    expect((await outcomeOf(world)).outcome).toBe('SKIPPED');
    expect(now(world)).toMatchObject({ state: 'OPEN', attempt: EARLIER });
  });
});

describe('a rule that is still there', () => {
  /** Returns the entry that is left when something happens in between. */
  async function left(
    happens: (world: RevocationWorld) => void,
  ): Promise<{ outcome: RevocationOutcome; entry?: LedgerEntry; before: LedgerEntry; world: RevocationWorld }> {
    const world = aWorld([WHOLE]);
    happens(world);
    return { outcome: await outcomeOf(world), entry: now(world), before: world.planned[0].entry, world };
  }

  test.each<[name: string, outcome: RevocationOutcome['outcome'], happens: (world: RevocationWorld) => void]>([
    ['it changed', 'CHANGED_MEANWHILE', world => modify(world, { description: 'in use again' })],
    [
      'its group is gone',
      'CHANGED_MEANWHILE',
      ({ network }) => {
        network.groups.clear();
      },
    ],
    ['it was made exempt', 'SKIPPED', world => modify(world, { tags: { [EXEMPT_TAG]: '' } })],
    [
      'it could not be read again',
      'SKIPPED',
      ({ network }) => {
        network.on('securityGroups', { throws: awsError('RequestLimitExceeded') });
      },
    ],
    [
      'EC2 refused',
      'FAILED',
      ({ network }) => {
        network.on('revokeIngress', { throws: awsError('UnauthorizedOperation') });
      },
    ],
    [
      'EC2 throttled to the end',
      'SKIPPED',
      ({ network }) => {
        network.on('revokeIngress', { throws: awsError('RequestLimitExceeded') });
      },
    ],
  ])('because %s is open again, with its age and without an attempt: %s', async (_, expected, happens) => {
    const { outcome, entry, before, world } = await left(happens);
    expect(outcome.outcome).toBe(expected);
    // The entry is written before and after each round.
    expect(entry).toEqual({
      ...before,
      state: 'OPEN',
      revision: before.revision + 2 * (1 + world.clock.slept.filter(millis => ROUNDS.includes(millis)).length),
      writtenBy: SWEEP,
      attempt: undefined,
      outcome: { name: expected, detail: outcome.detail, sweepId: SWEEP, at: expect.any(String) },
    });
  });

  test.each<[name: string, happens: (world: RevocationWorld) => void]>([
    [
      'although EC2 reported success',
      ({ network }) => {
        network.on('revokeIngress', {
          after: () => {
            network.rules.set('sgr-1', WHOLE);
          },
        });
      },
    ],
    [
      'after a call of which nobody knows',
      ({ network }) => {
        network.on('revokeIngress', { throws: awsError('TimeoutError') });
      },
    ],
  ])('%s is open again, and keeps the attempt, which may yet have its effect', async (_, happens) => {
    const { outcome, entry } = await left(happens);
    expect(outcome.outcome).toBe('FAILED');
    expect(entry).toMatchObject({ state: 'OPEN', attempt: ATTEMPT, outcome: { name: 'FAILED', sweepId: SWEEP } });
  });
});

describe('a call that was answered with an error, and may yet have its effect', () => {
  test('keeps its attempt on record, though the rule was modified before it could be tried again', async () => {
    const world = aWorld([WHOLE]);
    world.network.on('revokeIngress', {
      call: 1,
      before: () => modify(world, { description: 'in use again' }),
      throws: awsError('InternalError'),
    });
    expect((await outcomeOf(world)).outcome).toBe('CHANGED_MEANWHILE');
    expect(now(world)).toMatchObject({ state: 'OPEN', attempt: ATTEMPT, outcome: { name: 'CHANGED_MEANWHILE' } });
    expect(world.network.idsOf('revokeIngress')).toHaveLength(1);
  });

  test('keeps its attempt on record, though the rule was made exempt before it could be tried again', async () => {
    const world = aWorld([WHOLE]);
    world.network.on('revokeIngress', {
      call: 1,
      before: () => modify(world, { tags: { [EXEMPT_TAG]: '' } }),
      throws: awsError('InternalError'),
    });
    expect((await outcomeOf(world)).outcome).toBe('SKIPPED');
    expect(now(world)).toMatchObject({ state: 'OPEN', attempt: ATTEMPT });
  });

  test('keeps its attempt on record, though time ran out before it could be tried again', async () => {
    const world = aWorld([WHOLE]);
    world.network.on('revokeIngress', {
      call: 1,
      before: () => world.clock.advance(120_000),
      throws: awsError('InternalError'),
    });
    expect((await outcomeOf(world)).outcome).toBe('FAILED');
    expect(now(world)).toMatchObject({ state: 'OPEN', attempt: ATTEMPT });
  });

  test('leaves no attempt if EC2 certainly did nothing, whatever happened to the rule', async () => {
    const world = aWorld([WHOLE]);
    world.network.on('revokeIngress', {
      call: 1,
      before: () => modify(world, { description: 'in use again' }),
      throws: awsError('RequestLimitExceeded'),
    });
    expect((await outcomeOf(world)).outcome).toBe('CHANGED_MEANWHILE');
    expect(now(world)).toMatchObject({ state: 'OPEN', attempt: undefined });
  });
});

describe('a rule that may or may not be gone', () => {
  test('stays pending as what EC2 said that it revoked, which is what has to be put back', async () => {
    const world = aWorld([WHOLE]);
    const changed = { ...WHOLE, toPort: 5434 };
    world.network.on('revokeIngress', { before: () => modify(world, { toPort: 5434 }) });
    world.network.on('securityGroupRules', { call: 2, throws: awsError('RequestLimitExceeded') });
    const outcome = await outcomeOf(world);
    expect(outcome).toMatchObject({
      outcome: 'FAILED',
      rule: changed,
      detail: expect.stringContaining('whether the rule is gone could not be read'),
    });
    expect(now(world)).toMatchObject({ state: 'PENDING', writtenBy: SWEEP, rule: changed, attempt: ATTEMPT });
  });

  test.each([true, false])('stays pending, whole and with the attempt: it is gone, %p', async isGone => {
    const world = aWorld([WHOLE]);
    const { network } = world;
    network.on('revokeIngress', { after: () => { if (!isGone) network.rules.set('sgr-1', WHOLE); } });
    network.on('securityGroupRules', { call: 2, throws: awsError('RequestLimitExceeded') });
    expect((await outcomeOf(world)).outcome).toBe('FAILED');
    expect(now(world)).toMatchObject({ state: 'PENDING', writtenBy: SWEEP, rule: WHOLE, attempt: ATTEMPT });
    expect(world.ledger.written).toHaveLength(1);
  });
});

test('a rule that someone else removed is recorded as healed, not as revoked, and forgotten in 90 days', async () => {
  const world = aWorld();
  world.network.rules.clear();
  expect((await outcomeOf(world)).outcome).toBe('ALREADY_GONE');
  expect(now(world)).toMatchObject({
    state: 'HEALED',
    outcome: { name: 'HEALED' },
    expiresAt: START.getTime() / 1000 + 90 * 24 * 3600,
  });
});

describe('a rule that was modified between the reading and the call', () => {
  const CIDR = aRule({ description: 'office', tags: { Owner: 'web' } });

  async function modified(
    rule: SecurityGroupRule, change: Partial<SecurityGroupRule>,
  ): Promise<{ outcome: RevocationOutcome; entry?: LedgerEntry }> {
    const world = aWorld([rule]);
    world.network.on('revokeIngress', { before: () => modify(world, change) });
    return { outcome: await outcomeOf(world), entry: now(world) };
  }

  test.each<[name: string, rule: SecurityGroupRule, change: Partial<SecurityGroupRule>]>([
    ['the protocol', CIDR, { ipProtocol: 'udp' }],
    ['the ports', CIDR, { fromPort: 443, toPort: 443 }],
    ['the first port', CIDR, { fromPort: 21 }],
    ['the last port', CIDR, { toPort: 23 }],
    ['a port of a rule that refers to a group, and to that as before', WHOLE, { toPort: 5434 }],
    ['the block', CIDR, { cidrIpv4: '10.0.0.0/8' }],
    ['the description', CIDR, { description: 'in use again' }],
    ['the family', CIDR, { cidrIpv4: undefined, cidrIpv6: '2001:db8::/32' }],
    ['a list for the block', CIDR, { cidrIpv4: undefined, prefixListId: 'pl-1' }],
    ['a group for the block', CIDR, { cidrIpv4: undefined, referencedGroup: { groupId: 'sg-2' } }],
    ['the group referred to', WHOLE, { referencedGroup: { groupId: 'sg-2' } }],
    ['a block for the group', WHOLE, { referencedGroup: undefined, cidrIpv4: '10.0.0.0/8' }],
  ])(
    'is REVOKED_CHANGED, and the ledger and the outcome have it as it was when it went: %s',
    async (_, rule, change) => {
      const { outcome, entry } = await modified(rule, change);
      expect(outcome).toMatchObject({ outcome: 'REVOKED_CHANGED', detail: expect.stringContaining('restore it') });
      expect(outcome.rule).toEqual({ ...rule, ...change });
      expect(entry).toMatchObject({ state: 'REVOKED', outcome: { name: 'REVOKED', sweepId: SWEEP } });
      expect(entry?.rule).toEqual({ ...rule, ...change });
    },
  );

  test('has its tags as they were read, which EC2 does not list', async () => {
    const { outcome, entry } = await modified(CIDR, { toPort: 23, tags: { Owner: 'someone new' } });
    expect(outcome.rule.tags).toEqual(CIDR.tags);
    expect(entry?.rule.tags).toEqual(CIDR.tags);
  });

  test.each<[name: string, rule: SecurityGroupRule]>([
    ['a block', CIDR], ['a group', WHOLE],
  ])('has its source as it was read, where EC2 does not list it: %s', async (_, rule) => {
    const world = aWorld([rule]);
    const { securityGroupRuleId, ipProtocol, fromPort, description } = rule;
    const noSource = { cidrIpv4: undefined, cidrIpv6: undefined, prefixListId: undefined };
    world.network.listing = ({ toPort }) =>
      ({ securityGroupRuleId, ipProtocol, fromPort, toPort, description, ...noSource, referencedGroupId: undefined });
    world.network.on('revokeIngress', { before: () => modify(world, { toPort: 6000 }) });
    expect((await outcomeOf(world)).outcome).toBe('REVOKED_CHANGED');
    expect(now(world)?.rule).toEqual({ ...rule, toPort: 6000 });
  });

  test('is one of several, and the others are REVOKED', async () => {
    const world = aWorld(rulesOf('sg-1', 3));
    world.network.on('revokeIngress', { before: () => modify(world, { cidrIpv4: '10.0.0.0/8' }, 'sgr-2') });
    expect(byRule(await outcomesOf(world))).toEqual({
      'sgr-1': 'REVOKED',
      'sgr-2': 'REVOKED_CHANGED',
      'sgr-3': 'REVOKED',
    });
    expect(['sgr-1', 'sgr-2', 'sgr-3'].map(id => now(world, id)?.rule.cidrIpv4)).toEqual([
      '203.0.113.0/24',
      '10.0.0.0/8',
      '203.0.113.0/24',
    ]);
  });

  test('goes unnoticed where EC2 does not list what it revoked: REVOKED, as it was read', async () => {
    const world = aWorld([CIDR]);
    world.network.listsRevoked = false;
    world.network.on('revokeIngress', { before: () => modify(world, { toPort: 23 }) });
    expect((await outcomeOf(world)).outcome).toBe('REVOKED');
    expect(now(world)?.rule).toEqual(CIDR);
  });
});

describe('a field that EC2 leaves out of its list', () => {
  test('is as it was read, in what was revoked', async () => {
    const rule = aRule({ description: 'office', tags: { Owner: 'web' } });
    const world = aWorld([rule]);
    world.network.listing = ({ securityGroupRuleId, ipProtocol }) => ({
      ...LISTED_BARE,
      securityGroupRuleId,
      ipProtocol,
      cidrIpv4: '10.0.0.0/8',
    });
    const outcome = await outcomeOf(world);
    expect(outcome).toMatchObject({ outcome: 'REVOKED_CHANGED' });
    expect(outcome.rule).toEqual({ ...rule, cidrIpv4: '10.0.0.0/8' });
    expect(now(world)?.rule).toEqual({ ...rule, cidrIpv4: '10.0.0.0/8' });
  });

  test('is no change: a list without protocols, as of an emulator', async () => {
    const world = aWorld([WHOLE]);
    world.network.listing = ({ securityGroupRuleId }) => ({ securityGroupRuleId, ipProtocol: '' });
    expect((await outcomeOf(world)).outcome).toBe('REVOKED');
    expect(now(world)?.rule).toEqual(WHOLE);
  });
});

describe('a rule is REVOKED, and not REVOKED_CHANGED, where EC2 lists it', () => {
  test.each<[name: string, listing: (rule: SecurityGroupRule) => RevokedRule]>([
    ['by its id and protocol alone', ({ securityGroupRuleId, ipProtocol }) => ({ securityGroupRuleId, ipProtocol })],
    ['with another spelling of its protocol', ({ securityGroupRuleId }) => ({ securityGroupRuleId, ipProtocol: '6' })],
    [
      'with the group that it refers to',
      ({ securityGroupRuleId, ipProtocol }) => ({ securityGroupRuleId, ipProtocol, referencedGroupId: 'sg-far' }),
    ],
  ])('%s', async (_, listing) => {
    const world = aWorld([WHOLE]);
    world.network.listing = listing;
    expect((await outcomeOf(world)).outcome).toBe('REVOKED');
    expect(now(world)?.rule).toEqual(WHOLE);
  });

  test('with -1 for the ports of a rule that shows none', async () => {
    const world = aWorld([aRule({ ipProtocol: '-1', fromPort: undefined, toPort: undefined })]);
    world.network.listing = ({ securityGroupRuleId, ipProtocol }) =>
      ({ securityGroupRuleId, ipProtocol, fromPort: -1, toPort: -1 });
    expect((await outcomeOf(world)).outcome).toBe('REVOKED');
  });
});

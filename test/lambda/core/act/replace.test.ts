import { tidy } from '../../../../lambda/core/act/tidy';
import { unwanted } from '../../../../lambda/core/ledger/leftovers';
import { added as recordAdded, leftovers, planned as planReplacement } from '../../../../lambda/core/ledger/replacement';
import type { LedgerEntry, ReplacementRecord } from '../../../../lambda/core/model/ledger';
import { EXEMPT_TAG } from '../../../../src/contract/exemptions';
import { REPLACES_TAG } from '../../../../src/contract/names';
import { awsError } from '../../../support/aws-error';
import { aDecodedConfiguration, aGroup, anEntry, aRuleFromAnywhere, DEPLOYED } from '../../../support/builders';
import { aReplacingWorld, HOME, NARROWER, OFFICE, replacedIn, type ReplacingWorld } from '../../../support/replacing-world';
import { IN_A_MINUTE, SWEEP } from '../../../support/revocation-world';

const ruleIds = ({ network }: ReplacingWorld): string[] => [...network.rules.keys()];
const entryIn = ({ ledger }: ReplacingWorld): LedgerEntry | undefined => ledger.entries.get('sgr-1');

/** The record of an earlier run that added the first rule, `sgr-mine`, and then died. */
const BEGUN: ReplacementRecord = {
  rules: [
    { traffic: NARROWER[0], description: 'temporary', securityGroupRuleId: 'sgr-mine' },
    { traffic: NARROWER[1], description: 'temporary' },
  ],
};

const mine = (overrides = {}): ReturnType<typeof aRuleFromAnywhere> => aRuleFromAnywhere({
  ...NARROWER[0], securityGroupRuleId: 'sgr-mine', description: 'temporary', tags: { [REPLACES_TAG]: 'sgr-1' }, ...overrides,
});

describe('a rule that is replaced', () => {
  test('is revoked after the narrower rules were recorded, added and read back, and it was decided on again', async () => {
    const world = aReplacingWorld();
    expect(await replacedIn(world)).toMatchObject({
      outcome: 'REVOKED', isUsed: true,
      replacedBy: [{ securityGroupRuleId: 'sgr-added-1' }, { securityGroupRuleId: 'sgr-added-2' }],
    });
    expect(world.network.methods).toEqual([
      'admitRevocations', 'securityGroupRules', 'securityGroups', 'authorizeIngress', 'authorizeIngress',
      'securityGroupRules', 'securityGroupRules', 'securityGroups', 'revokeIngress', 'securityGroupRules',
    ]);
    const states = world.ledger.written.map(({ state, replacement }) => [
      state, replacement?.rules.filter(({ securityGroupRuleId: id }) => id).length, replacement?.isFinal,
    ]);
    expect(states).toEqual([
      ['PENDING', 0, undefined], ['PENDING', 1, undefined], ['PENDING', 2, undefined], ['PENDING', 2, true], ['REVOKED', 2, true],
    ]);
    const there = [...world.network.rules.values()];
    expect(there.map(({ cidrIpv4, description, tags }) => ({ cidrIpv4, description, tags }))).toEqual(
      [HOME, OFFICE].map(cidrIpv4 => ({ cidrIpv4, description: 'temporary', tags: { [REPLACES_TAG]: 'sgr-1' } })),
    );
  });

  test('is revoked where EC2 does not answer ids; the ledger then does not have the rules as added', async () => {
    const world = aReplacingWorld();
    const add = world.network.authorizeIngress.bind(world.network);
    world.network.authorizeIngress = async (...given) => { await add(...given); return undefined; };
    expect((await replacedIn(world)).outcome).toBe('REVOKED');
    expect(entryIn(world)?.replacement?.rules).toMatchObject([{ existingRuleId: 'sgr-added-1' }, { existingRuleId: 'sgr-added-2' }]);
    expect(entryIn(world)?.replacement?.rules.some(({ securityGroupRuleId: id }) => id !== undefined)).toBe(false);
  });

  test('is replaced once more by a run that finds rules of an earlier one', async () => {
    const world = aReplacingWorld({ replacement: BEGUN });
    world.network.rules.set('sgr-mine', mine());
    expect((await replacedIn(world)).outcome).toBe('REVOKED');
    expect(ruleIds(world)).toEqual(['sgr-mine', 'sgr-added-1']);
  });
});

describe('a rule that is not replaced keeps what it was, and what was added is taken away', () => {
  test.each([
    ['there is no room', 'RulesPerSecurityGroupLimitExceeded', /no room for a rule/],
    ['it is denied', 'UnauthorizedOperation', /EC2 did not add a rule/],
    ['EC2 fails', 'InternalError', /EC2 did not add a rule/],
  ])('because %s', async (_, code, detail) => {
    const world = aReplacingWorld();
    world.network.on('authorizeIngress', { call: 2, throws: awsError(code) });
    const outcome = await replacedIn(world);
    expect(outcome).toMatchObject({ outcome: 'FAILED', detail: expect.stringMatching(detail), error: { code } });
    expect(outcome.replacedBy).toBeUndefined();
    expect(ruleIds(world)).toEqual(['sgr-1']);
    expect(entryIn(world)).toMatchObject({
      state: 'OPEN', replacement: { rules: [{ securityGroupRuleId: 'sgr-added-1', ended: 'TAKEN_AWAY' }, {}] },
    });
  });

  test('because EC2 does not show a narrower rule', async () => {
    const world = aReplacingWorld();
    world.network.on('authorizeIngress', { call: 2, after: () => { world.network.rules.delete('sgr-added-2'); } });
    expect(await replacedIn(world)).toMatchObject({ outcome: 'FAILED', detail: expect.stringContaining('does not show a rule') });
    expect(ruleIds(world)).toEqual(['sgr-1']);
  });

  test('but for a rule that someone has changed since it was added', async () => {
    const world = aReplacingWorld();
    world.network.on('authorizeIngress', {
      call: 2, throws: awsError('InternalError'), before: () => {
        world.network.rules.set('sgr-added-1', { ...mine(), securityGroupRuleId: 'sgr-added-1', description: 'changed' });
      },
    });
    expect((await replacedIn(world)).detail).toContain('someone has changed it, so it stays');
    expect(ruleIds(world)).toEqual(['sgr-1', 'sgr-added-1']);
    expect(entryIn(world)?.replacement?.rules[0].ended).toBe('LEFT');
  });

  test('but not while the broader rule is gone, because someone has removed it', async () => {
    const world = aReplacingWorld();
    world.network.on('authorizeIngress', { call: 2, after: () => { world.network.rules.delete('sgr-1'); } });
    expect((await replacedIn(world)).outcome).toBe('ALREADY_GONE');
    expect(ruleIds(world)).toEqual(['sgr-added-1', 'sgr-added-2']);
    expect(world.network.methods).not.toContain('revokeIngress');
  });
});

test('nothing is taken away from a group that has become exempt, and the broader rule stays', async () => {
  const world = aReplacingWorld();
  const exempt = (): void => { world.network.groups.set('sg-1', aGroup({ tags: { [EXEMPT_TAG]: '' } })); };
  world.network.on('authorizeIngress', { call: 2, after: exempt });
  expect(await replacedIn(world)).toMatchObject({ outcome: 'SKIPPED', heldBy: 'EXEMPT_BY_GROUP_TAG' });
  expect(ruleIds(world)).toEqual(['sgr-1', 'sgr-added-1', 'sgr-added-2']);
  expect(world.network.methods).not.toContain('revokeIngress');
});

describe('a replacement waits for the next sweep', () => {
  test('when EC2 throttles every call that adds, and nothing starts after the time is up', async () => {
    const world = aReplacingWorld();
    world.network.on('authorizeIngress', { throws: awsError('RequestLimitExceeded') });
    expect(await replacedIn(world)).toMatchObject({
      outcome: 'SKIPPED', detail: expect.stringContaining('ran out of time'), error: { code: 'RequestLimitExceeded' },
    });
    expect(world.clock.now()).toEqual(IN_A_MINUTE);
    expect(world.network.methods.at(-1)).toBe('authorizeIngress');
    expect(ruleIds(world)).toEqual(['sgr-1']);
  });

  test('when time runs out after a rule was added, which the ledger then names', async () => {
    const world = aReplacingWorld();
    world.network.on('authorizeIngress', { call: 1, after: () => world.clock.advance(60_000) });
    expect((await replacedIn(world)).outcome).toBe('SKIPPED');
    expect(ruleIds(world)).toEqual(['sgr-1', 'sgr-added-1']);
    expect(entryIn(world)?.replacement?.rules[0]).toMatchObject({ securityGroupRuleId: 'sgr-added-1' });
    expect(entryIn(world)?.replacement?.rules[0]).not.toHaveProperty('ended');
  });

  test('when the ledger cannot record an id: nothing is taken away, and nothing is revoked', async () => {
    const world = aReplacingWorld();
    world.ledger.on('put', { call: 2, throws: awsError('InternalServerError') });
    expect(await replacedIn(world)).toMatchObject({ outcome: 'SKIPPED', ledgerError: { code: 'InternalServerError' } });
    expect(ruleIds(world)).toEqual(['sgr-1', 'sgr-added-1']);
    expect(world.network.methods).not.toContain('revokeIngress');
  });

  test('when another run may be replacing it', async () => {
    const attempt = { sweepId: 'sweep-other', at: '2025-12-31T23:50:00.000Z' };
    const world = aReplacingWorld({ replacement: BEGUN, attempt });
    expect((await replacedIn(world)).outcome).toBe('LEFT_TO_OTHER');
    expect(world.network.methods).toEqual(['admitRevocations']);
  });
});

describe('once the call that revokes may have been made', () => {
  /** The second attempt fails, so that it takes away what it may. */
  const again = async (world: ReplacingWorld): Promise<void> => {
    world.network.on('authorizeIngress', { throws: awsError('InternalError') });
    const entry = entryIn(world);
    if (entry === undefined) throw new Error('There is no entry');
    await replacedIn({ ...world, planned: world.planned.map(each => ({ ...each, entry })) }, new Date('2026-01-01T01:00:00Z'));
  };

  test('and may take effect late, nothing is taken away any more', async () => {
    const world = aReplacingWorld();
    world.network.on('revokeIngress', { throws: awsError('InternalError') });
    expect((await replacedIn(world)).outcome).toBe('FAILED');
    expect(entryIn(world)).toMatchObject({ state: 'OPEN', replacement: { isFinal: true } });
    await again(world);
    expect(ruleIds(world)).toEqual(['sgr-1', 'sgr-added-1', 'sgr-added-2']);
    expect(entryIn(world)?.replacement?.isFinal).toBe(true);
  });

  test('but was refused, nothing that was in place is taken away, and what a later attempt adds is', async () => {
    const world = aReplacingWorld();
    world.network.on('revokeIngress', { call: 1, throws: awsError('UnauthorizedOperation') });
    expect((await replacedIn(world)).outcome).toBe('FAILED');
    expect(ruleIds(world)).toEqual(['sgr-1', 'sgr-added-1', 'sgr-added-2']);
    expect(entryIn(world)?.state).toBe('OPEN');
    expect(entryIn(world)?.replacement).not.toHaveProperty('isFinal');
    await again(world);
    expect(ruleIds(world)).toEqual(['sgr-1', 'sgr-added-1', 'sgr-added-2']);
    const entry = entryIn(world);
    if (entry === undefined) throw new Error('There is no entry');
    const later = [NARROWER[0], { ...NARROWER[1], cidrIpv4: '192.0.2.0/24' }, { ...NARROWER[1], cidrIpv4: '192.0.2.1/32' }];
    const planned = planReplacement(entry.replacement, later) ?? { rules: [] };
    const added = recordAdded(planned, 1, 'sgr-later');
    expect(leftovers({ replacement: added }).map(({ securityGroupRuleId: id }) => id)).toEqual(['sgr-later']);
  });

  test('but was not made, a later attempt takes away what both have added', async () => {
    const world = aReplacingWorld();
    const pause = { until: '2026-01-02T00:00:00.000Z', reason: 'x', begunAt: '2026-01-01T00:00:00.000Z', pauseId: 'p', told: [] };
    let reads = 0;
    const control = world.ledger.control.bind(world.ledger);
    world.ledger.control = async () => {
      const entry = await control();
      return world.ledger.written.some(({ replacement }) => replacement?.isFinal) && ++reads === 1 && entry
        ? { ...entry, pause } : entry;
    };
    expect(await replacedIn(world)).toMatchObject({ outcome: 'SKIPPED', heldBy: 'PAUSED' });
    expect(world.network.methods).not.toContain('revokeIngress');
    await again(world);
    expect(ruleIds(world)).toEqual(['sgr-1']);
  });
});

describe('a narrower rule stays', () => {
  const narrowedTo = ({ network }: ReplacingWorld, cidrIpv4: string): void =>
    void network.rules.set('sgr-1', { ...aRuleFromAnywhere({ description: 'temporary' }), cidrIpv4 });

  test('if someone has narrowed the broader rule so that it no longer admits its traffic', async () => {
    const world = aReplacingWorld();
    world.network.on('authorizeIngress', { call: 2, after: () => narrowedTo(world, '203.0.113.0/24') });
    expect(await replacedIn(world)).toMatchObject({
      outcome: 'CHANGED_MEANWHILE', detail: expect.stringContaining('the broader rule has changed, so it stays'),
    });
    expect(ruleIds(world)).toEqual(['sgr-1', 'sgr-added-1']);
    expect(entryIn(world)?.replacement?.rules.map(({ ended }) => ended)).toEqual(['LEFT', 'TAKEN_AWAY']);
  });

  /** The narrower rule of another broader rule, which the first one of the world shares. */
  const shared = (entry: Partial<LedgerEntry>, rule: Partial<ReplacementRecord['rules'][number]> = {}): LedgerEntry => anEntry({
    rule: aRuleFromAnywhere({ securityGroupRuleId: 'sgr-2', cidrIpv4: '192.0.0.0/3' }),
    replacement: { rules: [{ traffic: NARROWER[0], ...rule }] }, ...entry,
  });
  const final = (entry: Partial<LedgerEntry>): LedgerEntry => shared({
    replacement: { isFinal: true, rules: [{ traffic: NARROWER[0], existingRuleId: 'sgr-added-1' }] }, ...entry,
  });

  test.each<[string, LedgerEntry, end: string | undefined]>([
    ['replaces another rule, which is revoked', final({ state: 'REVOKED' }), 'LEFT'],
    ['replaces another rule, which is about to be revoked', final({ state: 'PENDING' }), 'LEFT'],
    ['may replace another rule, which a run works on', shared({ state: 'PENDING' }), undefined],
  ])('if it %s', async (_, other, end) => {
    const world = aReplacingWorld();
    world.network.on('authorizeIngress', { call: 2, throws: awsError('RulesPerSecurityGroupLimitExceeded') });
    world.ledger.entries.set('sgr-2', other);
    expect((await replacedIn(world)).outcome).toBe('FAILED');
    expect(ruleIds(world)).toEqual(['sgr-1', 'sgr-added-1']);
    expect(entryIn(world)?.replacement?.rules[0].ended).toBe(end);
    expect(world.network.methods).not.toContain('revokeIngress');
  });

  test('if an entry of its group cannot be read, or the ledger cannot', async () => {
    const world = aReplacingWorld();
    world.network.on('authorizeIngress', { call: 2, throws: awsError('RulesPerSecurityGroupLimitExceeded') });
    world.ledger.on('ofGroup', { throws: awsError('ValidationException') });
    expect((await replacedIn(world)).detail).toContain('ValidationException');
    expect(ruleIds(world)).toEqual(['sgr-1', 'sgr-added-1']);
    expect(entryIn(world)?.replacement?.rules[0]).not.toHaveProperty('ended');
  });

  test.each<[string, LedgerEntry]>([
    ['was put back', final({ state: 'RESTORED' })],
    ['no run works on', shared({ state: 'OPEN' })],
    ['is replaced by a rule of its own', shared({ state: 'PENDING' }, { securityGroupRuleId: 'sgr-own' })],
  ])('but not for another rule that %s', async (_, other) => {
    const world = aReplacingWorld();
    world.network.on('authorizeIngress', { call: 2, throws: awsError('RulesPerSecurityGroupLimitExceeded') });
    world.ledger.entries.set('sgr-2', other);
    await replacedIn(world);
    expect(ruleIds(world)).toEqual(['sgr-1']);
  });
});

describe('what an earlier run has added', () => {
  const tidied = async (
    world: ReplacingWorld, replacement: ReplacementRecord, configuration = aDecodedConfiguration(),
  ): Promise<void> => {
    const { network, ledger, clock, memory, planned: [{ finding, entry }] } = world;
    const known = { ...entry, replacement };
    ledger.entries.set('sgr-1', known);
    const deployed = { ...DEPLOYED, settleSeconds: 0 };
    const options = {
      network, ledger, clock, log: memory.log, sweepId: SWEEP, deployed, configuration, until: IN_A_MINUTE,
    };
    await tidy(unwanted({ revoke: [], keep: [{ ...finding, reason: 'REPORT_ONLY', entry: known }] }, []), options);
  };

  test('is taken away when it is no longer wanted', async () => {
    const world = aReplacingWorld();
    world.network.rules.set('sgr-mine', mine());
    await tidied(world, BEGUN);
    expect(ruleIds(world)).toEqual(['sgr-1']);
    expect(entryIn(world)).toMatchObject({ state: 'OPEN', attempt: undefined, replacement: { rules: [{ ended: 'TAKEN_AWAY' }, {}] } });
  });

  test.each([
    ['it is final', { ...BEGUN, isFinal: true }, mine()],
    ['someone has changed its tags', BEGUN, mine({ tags: { [REPLACES_TAG]: 'sgr-1', Owner: 'me' } })],
    ['someone has changed its source', BEGUN, mine({ cidrIpv4: '198.51.100.0/24' })],
    ['the ledger does not have it as added', { rules: [{ traffic: NARROWER[0], description: 'temporary' }] }, mine()],
  ])('stays, because %s', async (_, replacement, rule) => {
    const world = aReplacingWorld();
    world.network.rules.set('sgr-mine', rule);
    await tidied(world, replacement);
    expect(ruleIds(world)).toEqual(['sgr-1', 'sgr-mine']);
    expect(world.network.methods).not.toContain('revokeIngress');
  });

  test.each<[string, string[], Parameters<typeof aDecodedConfiguration>[0]]>([
    ['among the exempt ones', [], { exemptSecurityGroupIds: ['sg-1'] }],
    ['exempt by a tag', [EXEMPT_TAG], {}],
    ['outside the VPCs', [], { vpcIds: ['vpc-2'] }],
  ])('stays in a group that is %s, and is still recorded as added', async (_, keys, configuration) => {
    const world = aReplacingWorld();
    world.network.rules.set('sgr-mine', mine());
    world.network.groups.set('sg-1', aGroup({ tags: Object.fromEntries(keys.map(key => [key, ''])) }));
    await tidied(world, BEGUN, aDecodedConfiguration(configuration));
    expect(ruleIds(world)).toEqual(['sgr-1', 'sgr-mine']);
    expect(world.network.methods).not.toContain('revokeIngress');
    expect(entryIn(world)?.replacement?.rules[0]).not.toHaveProperty('ended');
  });

  test('stays in a group that cannot be read', async () => {
    const world = aReplacingWorld();
    world.network.rules.set('sgr-mine', mine());
    world.network.on('securityGroups', { throws: awsError('InternalError') });
    await tidied(world, BEGUN);
    expect(ruleIds(world)).toEqual(['sgr-1', 'sgr-mine']);
  });

  test('is left if EC2 denies to take it away, so that the entry can be closed', async () => {
    const world = aReplacingWorld();
    world.network.rules.set('sgr-mine', mine());
    world.network.on('revokeIngress', { throws: awsError('UnauthorizedOperation') });
    await tidied(world, BEGUN);
    expect(ruleIds(world)).toEqual(['sgr-1', 'sgr-mine']);
    expect(entryIn(world)?.replacement?.rules[0].ended).toBe('LEFT');
  });

  test('stays if the broader rule was narrowed, also if the ledger has it as it is now', async () => {
    const world = aReplacingWorld();
    world.network.rules.set('sgr-mine', mine());
    const narrowed = aRuleFromAnywhere({ cidrIpv4: '10.0.0.0/8' });
    world.network.rules.set('sgr-1', narrowed);
    const [{ entry, ...planned }] = world.planned;
    await tidied({ ...world, planned: [{ ...planned, entry: { ...entry, rule: narrowed } }] }, BEGUN);
    expect(ruleIds(world)).toEqual(['sgr-1', 'sgr-mine']);
    expect(entryIn(world)?.replacement?.rules[0].ended).toBe('LEFT');
  });

  test('stays while the broader rule is gone', async () => {
    const world = aReplacingWorld();
    world.network.rules.clear();
    world.network.rules.set('sgr-mine', mine());
    await tidied(world, BEGUN);
    expect(ruleIds(world)).toEqual(['sgr-mine']);
  });

  test('stays while it cannot be read whether revoking is paused', async () => {
    const world = aReplacingWorld();
    world.network.rules.set('sgr-mine', mine());
    world.ledger.on('control', { throws: awsError('InternalServerError') });
    await tidied(world, BEGUN);
    expect(ruleIds(world)).toEqual(['sgr-1', 'sgr-mine']);
  });
});

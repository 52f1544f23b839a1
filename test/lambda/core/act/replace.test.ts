import { tidy } from '../../../../lambda/core/act/tidy';
import type { LedgerEntry, ReplacementRecord } from '../../../../lambda/core/model/ledger';
import { EXEMPT_TAG } from '../../../../src/contract/exemptions';
import { REPLACES_TAG } from '../../../../src/contract/names';
import { awsError } from '../../../support/aws-error';
import { aGroup, aRuleFromAnywhere, DEPLOYED } from '../../../support/builders';
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

test('once it is final, nothing is taken away, even if the call that revokes is denied', async () => {
  const world = aReplacingWorld();
  world.network.on('revokeIngress', { throws: awsError('UnauthorizedOperation') });
  expect((await replacedIn(world)).outcome).toBe('FAILED');
  expect(ruleIds(world)).toEqual(['sgr-1', 'sgr-added-1', 'sgr-added-2']);
  expect(entryIn(world)).toMatchObject({ state: 'OPEN', replacement: { isFinal: true } });
  world.network.on('authorizeIngress', { throws: awsError('UnauthorizedOperation') });
  await replacedIn(world);
  expect(ruleIds(world)).toEqual(['sgr-1', 'sgr-added-1', 'sgr-added-2']);
});

describe('what an earlier run has added', () => {
  const tidied = async (world: ReplacingWorld, replacement: ReplacementRecord): Promise<void> => {
    const { network, ledger, clock, memory, planned: [{ finding, entry }] } = world;
    const known = { ...entry, replacement };
    ledger.entries.set('sgr-1', known);
    const deployed = { ...DEPLOYED, settleSeconds: 0 };
    const options = { network, ledger, clock, log: memory.log, sweepId: SWEEP, deployed, until: IN_A_MINUTE };
    await tidy({ revoke: [], keep: [{ ...finding, reason: 'REPORT_ONLY', entry: known }] }, [], options);
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

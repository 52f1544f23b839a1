/**
 * Tests that the entries of prefix lists and the use of default groups are read again right before a revocation, and
 * decide.
 */
import type { RevokeOptions } from '../../../../lambda/core/act/options';
import { UnusableAnswer } from '../../../../lambda/core/errors';
import type { Because } from '../../../../lambda/core/model/finding';
import type { SecurityGroupRule } from '../../../../lambda/core/model/network';
import type { RevocationOutcome } from '../../../../lambda/core/model/result';
import type { FlaggedIngressRuleConfiguration } from '../../../../src/contract/configuration';
import { awsError } from '../../../support/aws-error';
import { aDeclaration, aGroup, aRule, decoded } from '../../../support/builders';
import {
  aWorld, DECIDING, IN_A_MINUTE, outcomesOf, type RevocationWorld, rulesOf, START,
} from '../../../support/revocation-world';

const LIST = 'pl-0123456789abcdef0';
const OTHER_LIST = 'pl-0123456789abcdef1';
const SSH = { IpProtocol: 'tcp', FromPort: 22, ToPort: 22 };
const FLAGGED: Because = { verdict: 'flagged', declarations: [] };

const FROM_INTERNET = aDeclaration({
  match: 'COVERS', ipPermissions: [SSH], fromInternet: { ipv4PrefixLength: 8, ipv6PrefixLength: 16 },
});
const DEFAULTS = aDeclaration({
  anyGroup: undefined, defaultGroups: { evenInUse: false }, match: 'WITHIN', anySource: true,
  ipPermissions: [{ IpProtocol: '-1' }],
});

const deciding = (...declared: FlaggedIngressRuleConfiguration[]): RevokeOptions['deciding'] =>
  ({ ...DECIDING, flaggedIngressRules: decoded({ flaggedIngressRules: declared }).flaggedIngressRules });

const fromList = (overrides: Partial<SecurityGroupRule> = {}): SecurityGroupRule =>
  aRule({ prefixListId: LIST, ...overrides });

function aWorldOfLists(rules = [fromList()]): RevocationWorld {
  const world = aWorld(rules, {}, { because: FLAGGED });
  for (const prefixListId of [LIST, OTHER_LIST]) {
    world.network.lists.set(prefixListId, { prefixListId, version: 1, cidrs: ['0.0.0.0/0'] });
  }
  return world;
}

function revoked(
  world: RevocationWorld, ...declared: FlaggedIngressRuleConfiguration[]
): Promise<RevocationOutcome[]> {
  return outcomesOf(world, IN_A_MINUTE, world.planned, { deciding: deciding(...declared) });
}

const isThere = ({ network }: RevocationWorld, id = 'sgr-1'): boolean => network.rules.has(id);

describe('the entries of a prefix list', () => {
  test('are read again, once for all rules that are read again together', async () => {
    const world = aWorldOfLists([fromList(), fromList({ securityGroupRuleId: 'sgr-2', groupId: 'sg-2' })]);
    expect(await revoked(world, FROM_INTERNET)).toMatchObject([{ outcome: 'REVOKED' }, { outcome: 'REVOKED' }]);
    expect(world.network.idsOf('prefixListEntries')).toEqual([[LIST]]);
    const { methods } = world.network;
    expect(methods.indexOf('prefixListEntries')).toBeLessThan(methods.indexOf('revokeIngress'));
  });

  test('are not read for rules with other sources, and not for stale rules', async () => {
    const cidr = aWorld([aRule({ cidrIpv4: '0.0.0.0/0' })], {}, { because: FLAGGED });
    const stale = aWorld([aRule({ referencedGroup: { groupId: 'sg-gone' } })]);
    expect(await revoked(cidr, FROM_INTERNET)).toMatchObject([{ outcome: 'REVOKED' }]);
    expect(await revoked(stale, FROM_INTERNET)).toMatchObject([{ outcome: 'REVOKED' }]);
    expect([...cidr.network.methods, ...stale.network.methods]).not.toContain('prefixLists');
  });

  test('keep a rule that they no longer flag', async () => {
    const world = aWorldOfLists();
    world.network.lists.set(LIST, { prefixListId: LIST, version: 2, cidrs: ['198.51.100.0/24'] });
    const [outcome] = await revoked(world, FROM_INTERNET);
    expect(outcome).toMatchObject({
      outcome: 'CHANGED_MEANWHILE',
      detail: 'no declaration flags it any more: its group or the entries of a prefix list have changed',
    });
    expect([isThere(world), world.network.idsOf('revokeIngress')]).toEqual([true, []]);
  });

  test('that changed and still flag the rule do not keep it', async () => {
    const world = aWorldOfLists();
    world.network.lists.set(LIST, { prefixListId: LIST, version: 2, cidrs: ['0.0.0.0/1', '198.51.100.0/24'] });
    expect(await revoked(world, FROM_INTERNET)).toMatchObject([{ outcome: 'REVOKED' }]);
  });

  test('that a declaration names as an exception keep a rule that they admit now', async () => {
    const declared = aDeclaration({
      match: 'OVERLAPS', ipPermissions: [SSH], fromAnyPublicAddress: true,
      except: [{ ...SSH, PrefixListIds: [{ PrefixListId: OTHER_LIST }] }],
    });
    const [kept, gone] = [aRule({ cidrIpv4: '8.8.8.0/24' }), aRule({ securityGroupRuleId: 'sgr-2', cidrIpv4: '9.9.9.0/24' })];
    const world = aWorldOfLists([kept, gone]);
    world.network.lists.set(OTHER_LIST, { prefixListId: OTHER_LIST, version: 2, cidrs: ['8.0.0.0/8'] });
    expect((await revoked(world, declared)).map(({ outcome }) => outcome).sort()).toEqual(['CHANGED_MEANWHILE', 'REVOKED']);
    expect([isThere(world, 'sgr-1'), isThere(world, 'sgr-2')]).toEqual([true, false]);
  });

  test.each<[name: string, code: string, prepare: (world: RevocationWorld) => unknown]>([
    ['the list is being modified', 'PrefixListChanging', ({ network }) =>
      network.lists.set(LIST, { prefixListId: LIST, version: 1, state: 'modify-in-progress', cidrs: ['0.0.0.0/0'] })],
    ['the read fails', 'InternalError', ({ network }) => network.on('prefixListEntries', { throws: awsError('InternalError') })],
    ['the read is denied', 'UnauthorizedOperation', ({ network }) =>
      network.on('prefixLists', { throws: awsError('UnauthorizedOperation') })],
    ['the answer has a flaw', 'UnusableAnswer', ({ network }) =>
      network.on('prefixListEntries', { throws: new UnusableAnswer('an entry without its CIDR block', ['0.0.0.0/0']) })],
  ])('that cannot be read again keep the rule: %s', async (_, code, prepare) => {
    const world = aWorldOfLists();
    prepare(world);
    const outcomes = await revoked(world, FROM_INTERNET);
    expect(outcomes).toMatchObject([{
      outcome: 'SKIPPED', readError: { code }, heldBy: 'UNDECIDED',
      detail: `the prefix list ${LIST} could not be read again, so it was not revoked`,
    }]);
    expect([isThere(world), world.network.idsOf('revokeIngress')]).toEqual([true, []]);
    expect((await world.ledger.get(world.planned[0].rule))?.state).toBe('OPEN');
  });

  test('are waited for while the list is being modified', async () => {
    const world = aWorldOfLists();
    const { lists } = world.network;
    lists.set(LIST, { prefixListId: LIST, version: 1, state: 'modify-in-progress', cidrs: ['0.0.0.0/0'] });
    world.network.on('prefixLists', {
      call: 2, before: () => void lists.set(LIST, { prefixListId: LIST, version: 2, cidrs: ['0.0.0.0/0'] }),
    });
    expect(await revoked(world, FROM_INTERNET)).toMatchObject([{ outcome: 'REVOKED' }]);
    expect(world.clock.now().getTime()).toBeGreaterThan(START.getTime());
  });

  test('of a list that does not exist any more are not waited for', async () => {
    const world = aWorldOfLists();
    world.network.lists.clear();
    const [outcome] = await revoked(world, FROM_INTERNET);
    expect(outcome).toMatchObject({ outcome: 'SKIPPED', heldBy: 'UNDECIDED', error: { code: 'InvalidPrefixListID.NotFound' } });
    expect([outcome.readError, isThere(world), world.clock.slept]).toEqual([undefined, true, []]);
  });

  test('of one list do not keep the rules of another', async () => {
    const world = aWorldOfLists([fromList(), fromList({ securityGroupRuleId: 'sgr-2', prefixListId: OTHER_LIST })]);
    world.network.on('prefixListEntries', { naming: LIST, throws: awsError('UnauthorizedOperation') });
    await revoked(world, FROM_INTERNET);
    expect([isThere(world, 'sgr-1'), isThere(world, 'sgr-2')]).toEqual([true, false]);
  });

  test('do not keep a rule that is flagged whatever they are', async () => {
    const world = aWorldOfLists();
    world.network.on('prefixLists', { throws: awsError('UnauthorizedOperation') });
    const everySource = aDeclaration({ match: 'WITHIN', ipPermissions: [SSH], anySource: true });
    expect(await revoked(world, FROM_INTERNET, everySource)).toMatchObject([{ outcome: 'REVOKED' }]);
  });
});

describe('a prefix list of replaceWith', () => {
  const declared = aDeclaration({
    ...FROM_INTERNET, replaceWith: [{ CidrIp: '198.51.100.0/24' }, { PrefixListId: LIST }, { PrefixListId: OTHER_LIST }],
  });
  const office = { ipProtocol: 'tcp', fromPort: 22, toPort: 22 };

  function aWorldToReplace(): RevocationWorld {
    const world = aWorldOfLists([aRule({ cidrIpv4: '0.0.0.0/0' })]);
    const replacing = [{ ...office, cidrIpv4: '198.51.100.0/24' }, { ...office, prefixListId: LIST }, { ...office, prefixListId: OTHER_LIST }];
    return { ...world, planned: world.planned.map(each => ({ ...each, replacing })) };
  }

  test('that cannot be read again keeps the rule, and is named', async () => {
    const world = aWorldToReplace();
    world.network.on('prefixListEntries', { naming: LIST, throws: awsError('UnauthorizedOperation') });
    const outcomes = await revoked(world, declared);
    expect(outcomes).toMatchObject([{
      outcome: 'SKIPPED', heldBy: 'PEERS_UNREAD', readError: { code: 'UnauthorizedOperation' },
      detail: `the prefix list ${LIST} could not be read again, so it was not revoked`,
    }]);
    expect([...outcomes[0].unreadLists ?? []].map(([id, { code }]) => [id, code])).toEqual([[LIST, 'UnauthorizedOperation']]);
    expect([isThere(world), world.network.idsOf('authorizeIngress'), world.network.idsOf('revokeIngress')]).toEqual([true, [], []]);
  });

  test('is named beside others', async () => {
    const world = aWorldToReplace();
    world.network.on('prefixLists', { throws: awsError('UnauthorizedOperation') });
    const [outcome] = await revoked(world, declared);
    expect(outcome.detail).toBe(`the prefix lists ${LIST}, ${OTHER_LIST} could not be read again, so it was not revoked`);
    expect([...outcome.unreadLists?.keys() ?? []]).toEqual([LIST, OTHER_LIST]);
  });

  test('that does not exist any more is not waited for', async () => {
    const world = aWorldToReplace();
    world.network.lists.delete(OTHER_LIST);
    const [outcome] = await revoked(world, declared);
    expect(outcome).toMatchObject({ outcome: 'SKIPPED', heldBy: 'PEERS_UNREAD', error: { code: 'InvalidPrefixListID.NotFound' } });
    expect([outcome.readError, isThere(world), world.clock.slept]).toEqual([undefined, true, []]);
  });
});

describe('a rule whose group left the scope of the declaration', () => {
  test('is kept', async () => {
    const declared = aDeclaration({ ...DEFAULTS, defaultGroups: undefined, groupsTagged: { key: 'Tier', values: ['dmz'] } });
    const world = aWorld(rulesOf('sg-1', 1), {}, { because: FLAGGED });
    const planned = world.planned.map(each => ({ ...each, group: aGroup({ tags: { Tier: 'dmz' } }) }));
    const outcomes = await outcomesOf(world, IN_A_MINUTE, planned, { deciding: deciding(declared) });
    expect(outcomes).toMatchObject([{ outcome: 'CHANGED_MEANWHILE' }]);
    expect(isThere(world)).toBe(true);
  });
});

describe('the use of a default group', () => {
  function aDefaultGroup(): RevocationWorld {
    const world = aWorld(rulesOf('sg-1', 2), {}, { because: FLAGGED });
    const group = aGroup({ groupName: 'default' });
    world.network.groups.set('sg-1', group);
    return { ...world, planned: world.planned.map(each => ({ ...each, group })) };
  }

  test('is read again, and a group that is not used loses its rules', async () => {
    const world = aDefaultGroup();
    expect(await revoked(world, DEFAULTS)).toMatchObject([{ outcome: 'REVOKED' }, { outcome: 'REVOKED' }]);
    expect(world.network.idsOf('usedGroupIds')).toEqual([['sg-1']]);
  });

  test('keeps the rules if an interface was attached in between', async () => {
    const world = aDefaultGroup();
    world.network.used.add('sg-1');
    expect(await revoked(world, DEFAULTS)).toMatchObject([
      { outcome: 'SKIPPED', heldBy: 'IN_USE' }, { outcome: 'SKIPPED', heldBy: 'IN_USE' },
    ]);
    expect([isThere(world), world.network.idsOf('revokeIngress'), world.clock.slept]).toEqual([true, [], []]);
  });

  test('keeps the rules if it cannot be read', async () => {
    const world = aDefaultGroup();
    world.network.on('usedGroupIds', { throws: awsError('UnauthorizedOperation') });
    expect(await revoked(world, DEFAULTS)).toMatchObject([
      { outcome: 'SKIPPED', heldBy: 'USE_UNREAD', readError: { code: 'UnauthorizedOperation' } }, { outcome: 'SKIPPED' },
    ]);
    expect(isThere(world)).toBe(true);
  });

  test('is read once more if it could not be read for a moment', async () => {
    const world = aDefaultGroup();
    world.network.on('usedGroupIds', { call: 1, throws: awsError('InternalError') });
    expect(await revoked(world, DEFAULTS)).toMatchObject([{ outcome: 'REVOKED' }, { outcome: 'REVOKED' }]);
  });

  test.each<[name: string, declared: FlaggedIngressRuleConfiguration]>([
    ['rules go even in use', { ...DEFAULTS, defaultGroups: { evenInUse: true } }],
    ['another declaration wants the rule revoked', aDeclaration({ match: 'WITHIN', ipPermissions: [{ IpProtocol: '-1' }], anySource: true })],
  ])('does not matter if %s', async (_, declared) => {
    const world = aDefaultGroup();
    world.network.used.add('sg-1');
    expect(await revoked(world, declared)).toMatchObject([{ outcome: 'REVOKED' }, { outcome: 'REVOKED' }]);
    expect(world.network.methods).not.toContain('usedGroupIds');
  });
});

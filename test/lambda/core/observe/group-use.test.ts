/** Tests which default groups a sweep takes for used, and which groups are in scope by their name or their tags. */
import { UnusableAnswer } from '../../../../lambda/core/errors';
import type { SecurityGroup } from '../../../../lambda/core/model/network';
import type { Observation } from '../../../../lambda/core/model/observation';
import { EVERYTHING, type Scope } from '../../../../lambda/core/model/scope';
import { covers, observe } from '../../../../lambda/core/observe/observe';
import type { FlaggedIngressRuleConfiguration } from '../../../../src/contract/configuration';
import { awsError } from '../../../support/aws-error';
import { aDeclaration, aDecodedConfiguration, aGroup, aRule, decoded } from '../../../support/builders';
import { MemoryNetwork } from '../../../support/memory-network';

const DEFAULTS = aDeclaration({
  anyGroup: undefined, defaultGroups: { evenInUse: false }, match: 'WITHIN', anySource: true,
  ipPermissions: [{ IpProtocol: '-1' }],
});
const TAGGED = aDeclaration({
  anyGroup: undefined, groupsTagged: { key: 'Tier', values: ['public', 'dmz'] }, match: 'WITHIN', anySource: true,
  ipPermissions: [{ IpProtocol: '-1' }],
});

/** Three default groups and another group, each in its VPC and with a rule, except the last default group. */
function aNetwork(): MemoryNetwork {
  const groups = [1, 2, 3].map(n => aGroup({ groupId: `sg-default-${n}`, groupName: 'default', vpcId: `vpc-${n}` }));
  const all = [...groups, aGroup({ groupId: 'sg-web', vpcId: 'vpc-1' })];
  return new MemoryNetwork({
    vpcs: groups.map(({ vpcId = '' }) => ({ vpcId })), groups: all,
    rules: ['sg-default-1', 'sg-default-2', 'sg-web'].map(groupId => aRule({ groupId, securityGroupRuleId: `sgr-${groupId}` })),
  });
}

const GROUPS: Scope = { kind: 'groups', groupIds: ['sg-default-1', 'sg-default-2', 'sg-default-3', 'sg-web'] };
const SCOPES: ReadonlyArray<readonly [string, Scope]> = [['a full run', EVERYTHING], ['a run over some groups', GROUPS]];

function see(
  network: MemoryNetwork, declared: readonly FlaggedIngressRuleConfiguration[] = [DEFAULTS], scope: Scope = EVERYTHING,
): Promise<Observation> {
  const { flaggedIngressRules } = decoded({ flaggedIngressRules: [...declared] });
  const now = new Date('2026-01-01T00:00:00Z');
  return observe(scope, aDecodedConfiguration({ flaggedIngressRules }), { network, now });
}

const foundIn = ({ flagged }: Observation): string[] => flagged.map(({ rule }) => rule.groupId).sort();

describe('the use of default groups', () => {
  test.each(SCOPES)('is read once in %s, for those with findings', async (_, scope) => {
    const network = aNetwork();
    network.used.add('sg-default-1').add('sg-default-3');
    const observation = await see(network, [DEFAULTS], scope);
    expect(network.idsOf('usedGroupIds')).toEqual([['sg-default-1', 'sg-default-2']]);
    expect(observation.groupUse).toEqual({ used: new Set(['sg-default-1']), unread: new Set() });
    expect(observation.errors).toEqual([]);
  });

  test.each<[name: string, declared: FlaggedIngressRuleConfiguration]>([
    ['rules go even in use', { ...DEFAULTS, defaultGroups: { evenInUse: true } }],
    ['rules are only reported', { ...DEFAULTS, action: { kind: 'report' } }],
    ['groups are in scope for another reason', { ...DEFAULTS, defaultGroups: undefined, anyGroup: true }],
  ])('is not read if %s', async (_, declared) => {
    const network = aNetwork();
    const observation = await see(network, [declared]);
    expect(network.methods).not.toContain('usedGroupIds');
    expect([observation.groupUse, foundIn(observation).slice(0, 2)]).toEqual([undefined, ['sg-default-1', 'sg-default-2']]);
  });

  test('is not read if there are no findings', async () => {
    const network = aNetwork();
    network.rules.clear();
    expect((await see(network)).groupUse).toEqual({ used: new Set(), unread: new Set() });
    expect(network.methods).not.toContain('usedGroupIds');
  });

  test.each(SCOPES)('that cannot be read is an error in %s, and not taken for unused', async (_, scope) => {
    const network = aNetwork().on('usedGroupIds', { throws: awsError('UnauthorizedOperation') });
    const { groupUse, errors, flagged } = await see(network, [DEFAULTS], scope);
    expect(groupUse).toEqual({ used: new Set(), unread: new Set(['sg-default-1', 'sg-default-2']) });
    expect(errors).toMatchObject([
      { doing: 'reading which network interfaces use default groups', error: { code: 'UnauthorizedOperation' } },
    ]);
    expect(flagged).toHaveLength(2);
  });

  test('is known for the group of an interface, even if another interface is unusable', async () => {
    const network = aNetwork().on('usedGroupIds', { throws: new UnusableAnswer('without its groups', ['sg-default-2']) });
    const { groupUse, errors } = await see(network);
    expect(groupUse).toEqual({ used: new Set(['sg-default-2']), unread: new Set(['sg-default-1']) });
    expect(errors).toMatchObject([{ error: { code: 'UnusableAnswer' } }]);
  });

  test('counts as unread if the rules of the group cannot be read, because earlier findings may be open there', async () => {
    const network = aNetwork().on('securityGroupRules', { naming: 'sg-default-1', throws: awsError('InternalError') });
    expect((await see(network)).groupUse).toEqual({ used: new Set(), unread: new Set(['sg-default-1']) });
  });

  test('is read for 200 groups per call, and a failed call affects only its own groups', async () => {
    const groups = Array.from({ length: 250 }, (_, n) => aGroup({ groupId: `sg-${n}`, groupName: 'default', vpcId: 'vpc-1' }));
    const rules = groups.map(({ groupId }) => aRule({ groupId, securityGroupRuleId: `sgr-${groupId}` }));
    const network = new MemoryNetwork({ vpcs: [{ vpcId: 'vpc-1' }], groups, rules })
      .on('usedGroupIds', { naming: 'sg-249', throws: awsError('InternalError') });
    const { groupUse, errors } = await see(network);
    expect(network.idsOf('usedGroupIds').map(({ length }) => length)).toEqual([200, 50]);
    expect([groupUse?.unread.size, errors.length]).toEqual([50, 1]);
  });
});

describe('only the rules of groups in scope are read:', () => {
  const rulesReadIn = (network: MemoryNetwork): string[] => network.idsOf('securityGroupRules').flat().sort();

  test.each(SCOPES)('default groups in %s', async (_, scope) => {
    const network = aNetwork();
    expect(foundIn(await see(network, [DEFAULTS], scope))).toEqual(['sg-default-1', 'sg-default-2']);
    expect(rulesReadIn(network)).toEqual(['sg-default-1', 'sg-default-2', 'sg-default-3']);
  });

  test.each<[name: string, tags: SecurityGroup['tags'], isInScope: boolean]>([
    ['the first value', { Tier: 'public' }, true],
    ['another value', { Tier: 'dmz', Owner: 'TeamA' }, true],
    ['a value that is not declared', { Tier: 'private' }, false],
    ['a value in other case', { Tier: 'Public' }, false],
    ['a key in other case', { tier: 'public' }, false],
    ['an empty value', { Tier: '' }, false],
    ['no tag', {}, false],
  ])('a tagged group with %s', async (_, tags, isInScope) => {
    const network = aNetwork();
    network.groups.set('sg-web', aGroup({ groupId: 'sg-web', tags }));
    const observation = await see(network, [TAGGED]);
    expect(foundIn(observation)).toEqual(isInScope ? ['sg-web'] : []);
    expect(rulesReadIn(network)).toEqual(isInScope ? ['sg-web'] : []);
  });

  test('no group has a tag that only its prototype has', async () => {
    const network = aNetwork();
    const named = aDeclaration({ ...TAGGED, groupsTagged: { key: 'constructor', values: [String(Object)] } });
    expect(foundIn(await see(network, [named]))).toEqual([]);
  });

  test('an excepted group is not read', async () => {
    const network = aNetwork();
    network.groups.set('sg-0123456789abcdef0', aGroup({ groupId: 'sg-0123456789abcdef0', tags: { Tier: 'dmz' } }));
    await see(network, [{ ...TAGGED, exceptGroupIds: ['sg-0123456789abcdef0'] }]);
    expect(rulesReadIn(network)).toEqual([]);
  });
});

describe('a group whose tags cannot be read', () => {
  const unusable = new UnusableAnswer('a tag of the security group sg-web without its key', [
    aGroup({ groupId: 'sg-default-1', groupName: 'default', tags: { Tier: 'dmz' } }),
  ]);

  test.each(SCOPES)('is in the scope of no tag in %s, is an error, and is not covered', async (_, scope) => {
    const network = aNetwork().on('securityGroups', { naming: scope === EVERYTHING ? 'vpc-1' : 'sg-web', throws: unusable });
    const { coverage, errors, flagged } = await see(network, [TAGGED], scope);
    expect(flagged.map(({ rule }) => rule.groupId)).toEqual(['sg-default-1']);
    expect(errors).toMatchObject([{ doing: 'reading security groups', error: { code: 'UnusableAnswer' } }]);
    const isCovered = (groupId: string, vpcId: string): boolean => covers(coverage, 'flagged', { groupId, vpcId });
    expect([isCovered('sg-web', 'vpc-1'), isCovered('sg-default-1', 'vpc-1')]).toEqual([false, true]);
  });

  test('may be a default group, so its VPC is not covered for these either', async () => {
    const network = aNetwork().on('securityGroups', { naming: 'vpc-1', throws: awsError('UnauthorizedOperation') });
    const { coverage, errors, flagged } = await see(network);
    expect(flagged.map(({ rule }) => rule.groupId)).toEqual(['sg-default-2']);
    expect(errors).toMatchObject([{ doing: 'reading security groups', vpcId: 'vpc-1' }]);
    expect(covers(coverage, 'flagged', { groupId: 'sg-default-1', vpcId: 'vpc-1' })).toBe(false);
    expect(covers(coverage, 'flagged', { groupId: 'sg-default-2', vpcId: 'vpc-2' })).toBe(true);
  });
});

/** Tests observing some security groups: what is read, what that proves, and what is left out. */
import type { CheckCoverage, StaleCoverage } from '../../../../lambda/core/model/coverage';
import type { SecurityGroup, SecurityGroupRule } from '../../../../lambda/core/model/network';
import type { Observation } from '../../../../lambda/core/model/observation';
import { covers, observe, sawNothing } from '../../../../lambda/core/observe/observe';
import type { DecodedConfiguration } from '../../../../src/contract/configuration';
import { awsError } from '../../../support/aws-error';
import { aDecodedConfiguration, aGroup } from '../../../support/builders';
import { MemoryNetwork } from '../../../support/memory-network';
import { ACCOUNT, OTHER_ACCOUNT, sshFlagged, VPN, vpcs } from '../../../support/swept';

const BOTH = aDecodedConfiguration({ staleRules: 'report', flaggedIngressRules: [sshFlagged()] });
const STALE = aDecodedConfiguration({ staleRules: 'report' });
const FLAGGED = aDecodedConfiguration({ flaggedIngressRules: [sshFlagged()] });

const NOTHING: CheckCoverage = { vpcIds: new Set(), groupIds: new Set(), unreadGroupIds: new Set() };
const onlyGroups = (...groupIds: string[]): CheckCoverage => ({ ...NOTHING, groupIds: new Set(groupIds) });
/** The coverage of the stale check for groups, with the VPCs that EC2 was asked for. */
const staleOf = (numbers: readonly number[]): StaleCoverage => ({
  ...onlyGroups(...numbers.map(n => `sg-${n}`)), readVpcIds: new Set(numbers.map(n => `vpc-${n}`)),
});

async function see(
  groupIds: readonly string[], network = new MemoryNetwork(vpcs(3)), configuration: DecodedConfiguration = BOTH,
): Promise<Observation> {
  const now = new Date('2026-01-01T00:00:00Z');
  return observe({ kind: 'groups', groupIds }, configuration, { network, now, accountId: ACCOUNT });
}

const idsOf = (rules: ReadonlyArray<{ readonly rule?: SecurityGroupRule }>): Array<string | undefined> =>
  rules.map(({ rule }) => rule?.securityGroupRuleId).sort();

/** A network of two VPCs. The first has a second group, with stale rules like those of the first group. */
function twoInOneVpc(): MemoryNetwork {
  const world = vpcs(3);
  const sg = { groupId: 'sg-4', groupName: 'web', vpcId: 'vpc-1' };
  const own = world.rules.filter(({ groupId }) => groupId === 'sg-1')
    .map(rule => ({ ...rule, groupId: 'sg-4', securityGroupRuleId: rule.securityGroupRuleId.replace('-1', '-4') }));
  return new MemoryNetwork({
    ...world, groups: [...world.groups, aGroup(sg)], rules: [...world.rules, ...own],
    stale: { ...world.stale, 'vpc-1': [...world.stale['vpc-1'], { ...world.stale['vpc-1'][0], ...sg }] },
  });
}

describe('of some groups', () => {
  test('all that is stale or flagged is found, of no other group, be it in the same VPC', async () => {
    const { stale, flagged, groups, errors } = await see(['sg-1', 'sg-2'], twoInOneVpc());
    expect(idsOf(stale)).toEqual(['sgr-egress-1', 'sgr-egress-2', 'sgr-stale-1', 'sgr-stale-2']);
    expect(idsOf(flagged)).toEqual(['sgr-flagged-1', 'sgr-flagged-2']);
    expect([...groups.keys()].sort()).toEqual(['sg-1', 'sg-2']);
    expect(errors).toEqual([]);
  });

  test('what is found is what a run of everything finds there', async () => {
    const network = new MemoryNetwork(vpcs(2));
    const all = await observe({ kind: 'everything' }, BOTH, { network, now: new Date() });
    const some = await see(['sg-2', 'sg-1'], new MemoryNetwork(vpcs(2)));
    expect([idsOf(some.stale), idsOf(some.flagged)]).toEqual([idsOf(all.stale), idsOf(all.flagged)]);
    expect(some.groups).toEqual(new Map([...all.groups].sort()));
    expect(some.vpcs?.inScope).toEqual(all.vpcs?.inScope);
  });

  test('a group that is named twice is read once', async () => {
    const network = new MemoryNetwork(vpcs(2));
    const { flagged } = await see(['sg-1', 'sg-1'], network, FLAGGED);
    expect(idsOf(flagged)).toEqual(['sgr-flagged-1']);
    expect([network.idsOf('securityGroups'), network.idsOf('securityGroupRules')]).toEqual([[['sg-1']], [['sg-1']]]);
  });

  test('two hundred are read by one call for the groups, and one for their rules', async () => {
    const groups = Array.from({ length: 200 }, (_, index) => aGroup({ groupId: `sg-${index}` }));
    const network = new MemoryNetwork({ vpcs: [{ vpcId: 'vpc-1' }], groups });
    await see(groups.map(({ groupId }) => groupId), network);
    expect(network.methods.sort()).toEqual(['securityGroupRules', 'securityGroups', 'staleSecurityGroups', 'vpcs']);
  });
});

describe('reads nothing that is not asked for:', () => {
  test('no VPC but those that the groups are in, each once, and no VPN connection', async () => {
    const network = twoInOneVpc();
    await see(['sg-1', 'sg-4', 'sg-2'], network, { ...BOTH, vpnConnections: { kind: 'all' } });
    expect(network.idsOf('vpcs')).toEqual([['vpc-1', 'vpc-2']]);
    expect(network.idsOf('staleSecurityGroups')).toEqual([['vpc-1'], ['vpc-2']]);
    expect(network.methods).not.toContain('vpnConnections');
  });

  test('no rules and no group of another group that EC2 calls stale in the same VPC', async () => {
    const network = twoInOneVpc();
    await see(['sg-1'], network);
    expect(network.idsOf('securityGroupRules').flat()).not.toContain('sg-4');
    expect(network.idsOf('securityGroups').flat()).not.toContain('sg-4');
  });

  test('VPN connections are unknown, not absent', async () => {
    const network = new MemoryNetwork({ ...vpcs(1), vpnConnections: [VPN] });
    const observation = await see(['sg-1'], network, { ...BOTH, vpnConnections: { kind: 'all' } });
    expect(observation.vpnConnections).toBeUndefined();
    expect(observation.isVpnAnswerWhole).toBe(true);
  });

  test.each<[name: string, configuration: DecodedConfiguration, methods: string[]]>([
    ['no stale rules where they are ignored', FLAGGED, ['securityGroups', 'securityGroupRules']],
    ['no rules where none is stale and none declared', STALE, ['securityGroups', 'vpcs', 'staleSecurityGroups']],
    ['nothing at all where rules are not looked at', aDecodedConfiguration({ vpnConnections: { kind: 'all' } }), []],
  ])('%s', async (_, configuration, methods) => {
    const network = new MemoryNetwork({ ...vpcs(1), stale: {} });
    await see(['sg-1'], network, configuration);
    expect(network.methods).toEqual(methods);
  });

  test('no VPC for flagged rules alone: the groups say in which they are', async () => {
    const network = new MemoryNetwork(vpcs(2));
    const { vpcs: seen, coverage, errors } = await see(['sg-1', 'sg-2', 'sg-gone'], network, FLAGGED);
    expect(network.methods).not.toContain('vpcs');
    expect(seen).toMatchObject({
      inScope: new Set(['vpc-1', 'vpc-2']), ownerIds: new Set(), sawStaleRules: true, sawFlaggedRules: true,
    });
    expect([coverage, errors]).toEqual([{ stale: staleOf([]), flagged: onlyGroups('sg-1', 'sg-2') }, []]);
  });

  test('no rules of a group that no declaration means', async () => {
    const network = new MemoryNetwork(vpcs(2));
    const declared = { ...FLAGGED, flaggedIngressRules: [sshFlagged('sg-2')] };
    const { flagged, coverage } = await see(['sg-1', 'sg-2'], network, declared);
    expect(network.idsOf('securityGroupRules')).toEqual([['sg-2']]);
    expect(idsOf(flagged)).toEqual(['sgr-flagged-2']);
    expect(coverage.flagged).toEqual(onlyGroups('sg-2'));
  });

  test('a named group that is declared and not asked for is not looked for, nor missed', async () => {
    const network = new MemoryNetwork(vpcs(1));
    const declared = { ...FLAGGED, flaggedIngressRules: [sshFlagged('sg-1'), sshFlagged('sg-9')] };
    const { errors, coverage } = await see(['sg-1'], network, declared);
    expect(network.calls.flatMap(({ ids }) => ids)).not.toContain('sg-9');
    expect(errors).toEqual([]);
    expect(coverage.flagged).toEqual(onlyGroups('sg-1'));
  });
});

describe('what was looked at', () => {
  test('is each of the groups, for each check, and no VPC: nothing is said of its other groups', async () => {
    const { coverage, vpcs: seen } = await see(['sg-1', 'sg-2']);
    expect(coverage).toEqual({ stale: staleOf([1, 2]), flagged: onlyGroups('sg-1', 'sg-2') });
    expect(covers(coverage, 'stale', { groupId: 'sg-4', vpcId: 'vpc-1' })).toBe(false);
    expect(seen).toMatchObject({
      inScope: new Set(['vpc-1', 'vpc-2']), scanned: new Set(), notCovered: new Set(), flagged: new Set(),
      sawStaleRules: true, sawFlaggedRules: true,
    });
  });

  test('is nothing for a check that is not asked for', async () => {
    expect((await see(['sg-1'], undefined, STALE)).coverage).toEqual({ stale: staleOf([1]), flagged: NOTHING });
    expect((await see(['sg-1'], undefined, FLAGGED)).coverage).toEqual({ stale: staleOf([]), flagged: onlyGroups('sg-1') });
  });

  test('is nothing of a group that EC2 does not have any more, which is no error: rules may be gone, too', async () => {
    const { coverage, errors, flagged } = await see(['sg-1', 'sg-gone']);
    expect(coverage).toEqual({ stale: staleOf([1]), flagged: onlyGroups('sg-1') });
    expect(errors).toEqual([]);
    expect(idsOf(flagged)).toEqual(['sgr-flagged-1']);
  });

  test('is nothing where only a group that is gone was asked for, and then only its rules are looked for', async () => {
    const network = new MemoryNetwork(vpcs(1));
    const observation = await see(['sg-gone'], network);
    expect(observation.coverage).toEqual({ stale: staleOf([]), flagged: NOTHING });
    expect(observation.errors).toEqual([]);
    expect(network.methods.filter(method => method !== 'securityGroups' && method !== 'vpcs'))
      .toEqual(['securityGroupRules']);
    expect(sawNothing(observation, BOTH)).toBe(false);
  });
});

describe('a group that is not in scope', () => {
  test.each<[name: string, configuration: DecodedConfiguration, overrides: Partial<SecurityGroup>]>([
    ['because its VPC is not named', { ...BOTH, vpcIds: ['vpc-1'] }, {}],
    ['because it is in no VPC', BOTH, { vpcId: undefined }],
  ])('is read, and neither its rules nor its VPC: %s', async (_, configuration, overrides) => {
    const network = new MemoryNetwork(vpcs(2));
    network.groups.set('sg-2', aGroup({ groupId: 'sg-2', vpcId: 'vpc-2', ...overrides }));
    const observation = await see(['sg-1', 'sg-2'], network, configuration);
    expect(network.idsOf('vpcs')).toEqual([['vpc-1']]);
    expect(network.idsOf('staleSecurityGroups')).toEqual([['vpc-1']]);
    expect(network.idsOf('securityGroupRules').flat()).not.toContain('sg-2');
    expect([idsOf(observation.flagged), observation.vpcs?.inScope]).toEqual([['sgr-flagged-1'], new Set(['vpc-1'])]);
    // The group exists, so what is known about its rules stays.
    expect(observation.coverage).toEqual({ stale: staleOf([1]), flagged: onlyGroups('sg-1') });
    expect(observation.errors).toEqual([]);
  });

  test('has none of the VPCs that the configuration names read for it', async () => {
    const network = new MemoryNetwork(vpcs(3));
    await see(['sg-2'], network, { ...BOTH, vpcIds: ['vpc-1', 'vpc-3'] });
    expect(network.idsOf('staleSecurityGroups')).toEqual([]);
    expect(network.calls.flatMap(({ ids }) => ids)).toEqual(['sg-2']);
  });
});

describe('an error affects only its own place:', () => {
  test('a group that could not be read is not taken for one that is gone', async () => {
    const network = new MemoryNetwork(vpcs(2)).on('securityGroups', {
      naming: 'sg-2',
      throws: awsError('InternalError'),
    });
    const { coverage, errors, flagged } = await see(['sg-1', 'sg-2'], network);
    expect(idsOf(flagged)).toEqual(['sgr-flagged-1']);
    expect(errors).toMatchObject([
      { doing: 'reading security groups', resourceId: 'sg-2', error: { code: 'InternalError' } },
    ]);
    expect(coverage.stale.groupIds).toEqual(new Set(['sg-1']));
    expect(coverage.flagged.groupIds).toEqual(new Set(['sg-1']));
  });

  test('a group that EC2 does not show, although it shows a rule of it, is not taken for one that is gone', async () => {
    const network = new MemoryNetwork(vpcs(2));
    network.groups.delete('sg-2');
    const { coverage, errors, flagged } = await see(['sg-1', 'sg-2'], network);
    expect(idsOf(flagged)).toEqual(['sgr-flagged-1']);
    expect(errors).toMatchObject([{ doing: 'reading security groups', resourceId: 'sg-2', error: { code: 'UnusableAnswer' } }]);
    expect(coverage.stale.groupIds).toEqual(new Set(['sg-1']));
    expect(coverage.flagged.groupIds).toEqual(new Set(['sg-1']));
    expect(sawNothing(await see(['sg-2'], network), BOTH)).toBe(true);
  });

  test('a group that EC2 does not show, and whose rules cannot be read, is not taken for one that is gone', async () => {
    const network = new MemoryNetwork(vpcs(1)).on('securityGroupRules', {
      naming: 'sg-gone',
      throws: awsError('InternalError'),
    });
    const { coverage, errors } = await see(['sg-1', 'sg-gone'], network);
    expect(errors).toMatchObject([{ doing: 'reading security group rules', resourceId: 'sg-gone' }]);
    expect([coverage.stale.groupIds, coverage.flagged.groupIds]).toEqual([new Set(['sg-1']), new Set(['sg-1'])]);
  });

  test('rules of a group that could not be read cost the groups of its VPC, for either check', async () => {
    const network = twoInOneVpc().on('securityGroupRules', { naming: 'sg-4', throws: awsError('InternalError') });
    const { coverage, errors, flagged, stale } = await see(['sg-1', 'sg-2', 'sg-4'], network);
    expect([idsOf(flagged), idsOf(stale.filter(({ rule }) => rule))])
      .toEqual([['sgr-flagged-2'], ['sgr-egress-2', 'sgr-stale-2']]);
    const seenBy = (check: 'stale' | 'flagged'): string[] =>
      ['sg-1', 'sg-2', 'sg-4'].filter(groupId =>
        covers(coverage, check, { groupId, vpcId: `vpc-${groupId.slice(-1)}` }),
      );
    expect([seenBy('stale'), seenBy('flagged')]).toEqual([['sg-2'], ['sg-2']]);
    expect(errors.map(({ doing, vpcId }) => [doing, vpcId]))
      .toEqual(errors.map(() => ['reading security group rules', 'vpc-1']));
    expect(errors.length).toBeGreaterThan(0);
  });

  test('stale rules of a VPC that could not be read cost its groups alone, and flagged rules nothing', async () => {
    const network = new MemoryNetwork(vpcs(2)).on('staleSecurityGroups', {
      naming: 'vpc-2',
      throws: awsError('InternalError'),
    });
    const { coverage, errors, flagged, stale } = await see(['sg-1', 'sg-2', 'sg-gone'], network);
    expect(idsOf(stale)).toEqual(['sgr-egress-1', 'sgr-stale-1']);
    expect(idsOf(flagged)).toEqual(['sgr-flagged-1', 'sgr-flagged-2']);
    expect(errors).toMatchObject([{ doing: 'reading stale security groups', vpcId: 'vpc-2' }]);
    expect(coverage).toEqual({ stale: staleOf([1]), flagged: onlyGroups('sg-1', 'sg-2') });
  });

  test('a VPC of another account, in which this one may not look, is none, and not seen for stale rules', async () => {
    const world = vpcs(2);
    const owned = world.vpcs.map(({ vpcId }) => ({ vpcId, ownerId: vpcId === 'vpc-2' ? OTHER_ACCOUNT : ACCOUNT }));
    const network = new MemoryNetwork({ ...world, vpcs: owned })
      .on('staleSecurityGroups', { naming: 'vpc-2', throws: awsError('UnauthorizedOperation') });
    const { coverage, errors, vpcs: seen } = await see(['sg-1', 'sg-2'], network);
    expect(errors).toEqual([]);
    expect(coverage).toEqual({ stale: staleOf([1]), flagged: onlyGroups('sg-1', 'sg-2') });
    // Only a full run reports these VPCs.
    expect(seen).toMatchObject({ notCovered: new Set(), ownerIds: new Set([ACCOUNT, OTHER_ACCOUNT]) });
  });

  test('VPCs that could not be listed are looked at all the same: the groups name them', async () => {
    const network = new MemoryNetwork(vpcs(2)).on('vpcs', { throws: awsError('InternalError') });
    const { stale, flagged, errors, vpcs: seen } = await see(['sg-1'], network);
    expect([idsOf(stale), idsOf(flagged)]).toEqual([['sgr-egress-1', 'sgr-stale-1'], ['sgr-flagged-1']]);
    expect(errors).toMatchObject([{ doing: 'listing VPCs' }]);
    expect(seen?.inScope).toEqual(new Set(['vpc-1']));
  });

  test('a VPC that was deleted since its groups were read is no error, and nothing is in scope there', async () => {
    const network = new MemoryNetwork({ ...vpcs(2), vpcs: [{ vpcId: 'vpc-1' }] });
    const { stale, errors, vpcs: seen, coverage } = await see(['sg-1', 'sg-2'], network);
    expect(idsOf(stale)).toEqual(['sgr-egress-1', 'sgr-stale-1']);
    expect(errors).toEqual([]);
    expect(seen?.inScope).toEqual(new Set(['vpc-1']));
    expect(coverage.stale).toEqual(staleOf([1]));
  });

  test('a stale rule that could not be told leaves the others of its group as they are known', async () => {
    const world = vpcs(1);
    const network = new MemoryNetwork({
      ...world,
      rules: world.rules.filter(({ securityGroupRuleId: id }) => id !== 'sgr-stale-1'),
    });
    const { stale, coverage } = await see(['sg-1'], network);
    expect(stale.map(({ direction, rule }) => [direction, rule?.securityGroupRuleId]))
      .toEqual([['ingress', undefined], ['egress', 'sgr-egress-1']]);
    expect(covers(coverage, 'stale', { groupId: 'sg-1', vpcId: 'vpc-1' })).toBe(false);
    expect(covers(coverage, 'flagged', { groupId: 'sg-1', vpcId: 'vpc-1' })).toBe(true);
  });

  test.each([
    ['stale and flagged', BOTH], ['stale', STALE], ['flagged', FLAGGED],
  ])('where no group can be read, nothing was seen of what is %s', async (_, configuration) => {
    const network = new MemoryNetwork(vpcs(2)).on('securityGroups', { throws: awsError('UnauthorizedOperation') });
    const observation = await see(['sg-1', 'sg-2'], network, configuration);
    expect(observation.coverage).toMatchObject({ stale: { groupIds: new Set() }, flagged: { groupIds: new Set() } });
    expect(observation.errors.length).toBeGreaterThan(0);
    expect(sawNothing(observation, configuration)).toBe(true);
  });

  test('where a group can be read beside one that cannot, something was seen', async () => {
    const network = new MemoryNetwork(vpcs(2)).on('securityGroups', {
      naming: 'sg-2',
      throws: awsError('InternalError'),
    });
    expect(sawNothing(await see(['sg-1', 'sg-2'], network), BOTH)).toBe(false);
  });

  test('where rules can be read of no group, nothing was seen of what is flagged', async () => {
    const network = new MemoryNetwork(vpcs(2)).on('securityGroupRules', { throws: awsError('UnauthorizedOperation') });
    const observation = await see(['sg-1', 'sg-2'], network, FLAGGED);
    expect(observation.vpcs?.sawFlaggedRules).toBe(false);
    expect(sawNothing(observation, FLAGGED)).toBe(true);
  });
});

import { UnusableAnswer } from '../../../../lambda/core/errors';
import type { SecurityGroupRule, StaleSecurityGroup } from '../../../../lambda/core/model/network';
import type { Observation } from '../../../../lambda/core/model/observation';
import { EVERYTHING } from '../../../../lambda/core/model/scope';
import { covers, observe, sawNothing } from '../../../../lambda/core/observe/observe';
import type { DecodedConfiguration, FlaggedIngressRule } from '../../../../src/contract/configuration';
import { awsError } from '../../../support/aws-error';
import { ACCOUNT, aDecodedConfiguration, aFlaggedIngressRule, aGroup, aRuleFromAnywhere } from '../../../support/builders';
import { MemoryNetwork, type World } from '../../../support/memory-network';

const NOW = new Date('2026-01-01T00:00:00Z');

const REPORT_STALE = aDecodedConfiguration({ staleRules: 'report' });

/** A declaration of SSH from anywhere, which matches `aRuleFromAnywhere()`. */
function sshFlagged(groupId?: string): FlaggedIngressRule {
  return aFlaggedIngressRule(groupId === undefined ? {} : { groups: { kind: 'named', groupId } });
}

const FLAG_ANY = aDecodedConfiguration({ flaggedIngressRules: [sshFlagged()] });

/**
 * A number of VPCs `vpc-1`, `vpc-2` and so on. Each has a group `sg-1`, with a rule `sgr-1` for SSH and a stale rule
 * `sgr-stale-1`.
 */
function vpcs(count: number): Required<Pick<World, 'vpcs' | 'groups' | 'rules' | 'stale'>> {
  const numbers = Array.from({ length: count }, (_, index) => index + 1);
  return {
    vpcs: numbers.map(n => ({ vpcId: `vpc-${n}` })),
    groups: numbers.map(n => aGroup({ groupId: `sg-${n}`, vpcId: `vpc-${n}` })),
    rules: numbers.flatMap(n => [
      aRuleFromAnywhere({ securityGroupRuleId: `sgr-${n}`, groupId: `sg-${n}` }),
      staleRule(`sgr-stale-${n}`, `sg-${n}`),
    ]),
    stale: Object.fromEntries(numbers.map(n => [`vpc-${n}`, [staleGroup(`sg-${n}`)]])),
  };
}

function staleRule(securityGroupRuleId: string, groupId: string): SecurityGroupRule {
  return aRuleFromAnywhere({
    securityGroupRuleId,
    groupId,
    cidrIpv4: undefined,
    referencedGroup: { groupId: 'sg-deleted', vpcId: 'vpc-peer' },
  });
}

function staleGroup(groupId: string): StaleSecurityGroup {
  return {
    groupId,
    groupName: 'web',
    ingress: [{ ipProtocol: 'tcp', fromPort: 22, toPort: 22, reference: { groupId: 'sg-deleted', vpcId: 'vpc-peer' } }],
    egress: [],
  };
}

async function see(
  configuration: DecodedConfiguration, network: MemoryNetwork, accountId?: string,
): Promise<Observation> {
  return observe(EVERYTHING, configuration, { network, now: NOW, accountId });
}

function idsOf(rules: ReadonlyArray<{ readonly rule?: SecurityGroupRule }>): Array<string | undefined> {
  return rules.map(({ rule }) => rule?.securityGroupRuleId).sort();
}

describe('reads nothing that the configuration does not need:', () => {
  test.each([
    ['nothing at all when it looks at nothing', aDecodedConfiguration(), []],
    ['no VPC for VPN connections', aDecodedConfiguration({ vpnConnections: { kind: 'all' } }), ['vpnConnections']],
    ['no VPN connection and no group where no rule is stale', REPORT_STALE, ['vpcs', 'staleSecurityGroups']],
    ['no stale rules for flagged ones', FLAG_ANY, ['vpcs', 'securityGroups']],
  ])('%s', async (_, configuration, methods) => {
    const network = new MemoryNetwork({ vpcs: [{ vpcId: 'vpc-1' }] });
    await see(configuration, network);
    expect(network.methods).toEqual(methods);
  });

  test('no other groups than those that stale rules are in', async () => {
    const world = vpcs(3);
    const network = new MemoryNetwork({ ...world, stale: { 'vpc-2': [staleGroup('sg-2')] } });
    await see(REPORT_STALE, network);
    expect([network.idsOf('securityGroups'), network.idsOf('securityGroupRules')]).toEqual([[['sg-2']], [['sg-2']]]);
  });

  test('no other groups than those that are named', async () => {
    const network = new MemoryNetwork(vpcs(3));
    const { flagged } = await see(
      aDecodedConfiguration({ flaggedIngressRules: [sshFlagged('sg-2'), sshFlagged('sg-2')] }),
      network,
    );
    expect([network.idsOf('securityGroups'), network.idsOf('securityGroupRules')]).toEqual([[['sg-2']], [['sg-2']]]);
    expect(idsOf(flagged)).toEqual(['sgr-2']);
  });

  test('no other VPCs than those that are named', async () => {
    const network = new MemoryNetwork(vpcs(3));
    const { stale, vpcs: looked } = await see({ ...REPORT_STALE, vpcIds: ['vpc-2'] }, network);
    expect(network.idsOf('staleSecurityGroups')).toEqual([['vpc-2']]);
    expect(idsOf(stale)).toEqual(['sgr-stale-2']);
    expect(looked).toMatchObject({ inScope: new Set(['vpc-2']), scanned: new Set(['vpc-2']) });
  });

  test('and reports what it did not look at as such, instead of as empty', async () => {
    const observation = await see(aDecodedConfiguration(), new MemoryNetwork());
    expect([observation.vpcs, observation.vpnConnections]).toEqual([undefined, undefined]);
  });
});

describe('finds', () => {
  test('stale and flagged rules of every VPC, with their groups', async () => {
    const observation = await see({ ...FLAG_ANY, staleRules: 'report' }, new MemoryNetwork(vpcs(2)));
    expect(idsOf(observation.stale)).toEqual(['sgr-stale-1', 'sgr-stale-2']);
    expect(idsOf(observation.flagged)).toEqual(['sgr-1', 'sgr-2']);
    expect([...observation.groups.keys()].sort()).toEqual(['sg-1', 'sg-2']);
    expect(observation.errors).toEqual([]);
  });

  test('rules on whatever page they come', async () => {
    const network = new MemoryNetwork(vpcs(3));
    network.pageSize = 1;
    const observation = await see({ ...FLAG_ANY, staleRules: 'report' }, network);
    expect([idsOf(observation.stale), idsOf(observation.flagged)]).toEqual([
      ['sgr-stale-1', 'sgr-stale-2', 'sgr-stale-3'],
      ['sgr-1', 'sgr-2', 'sgr-3'],
    ]);
  });

  test('rules of more groups than one call takes', async () => {
    const groups = Array.from({ length: 450 }, (_, index) => aGroup({ groupId: `sg-${index}`, vpcId: 'vpc-1' }));
    const rules = groups.map(({ groupId }, index) =>
      aRuleFromAnywhere({ groupId, securityGroupRuleId: `sgr-${index}` }),
    );
    const network = new MemoryNetwork({ vpcs: [{ vpcId: 'vpc-1' }], groups, rules });
    const { flagged } = await see(FLAG_ANY, network);
    expect(flagged).toHaveLength(450);
    expect(network.idsOf('securityGroupRules').map(ids => ids.length)).toEqual([200, 200, 50]);
  });

  test('a stale rule that is not identified, because its group no longer has it', async () => {
    const { stale } = await see(REPORT_STALE, new MemoryNetwork({ ...vpcs(1), rules: [] }));
    expect(stale).toEqual([expect.objectContaining({ groupId: 'sg-1', rule: undefined })]);
  });

  test('flagged rules of a named group that is in none of the VPCs in scope, for the plan to keep', async () => {
    const observation = await see(
      { ...aDecodedConfiguration({ flaggedIngressRules: [sshFlagged('sg-2')] }), vpcIds: ['vpc-1'] },
      new MemoryNetwork(vpcs(2)),
    );
    expect(idsOf(observation.flagged)).toEqual(['sgr-2']);
    expect(observation.vpcs?.inScope).toEqual(new Set(['vpc-1']));
  });
});

describe('an error costs only the VPC that it struck:', () => {
  test.each(['RequestLimitExceeded', 'UnauthorizedOperation', 'InvalidVpcID.NotFound', 'TimeoutError'])(
    '%s',
    async code => {
      const network = new MemoryNetwork(vpcs(3)).on('staleSecurityGroups', {
        naming: 'vpc-2',
        throws: awsError(code, 'as EC2 says'),
      });
      const observation = await see(REPORT_STALE, network);
      expect(idsOf(observation.stale)).toEqual(['sgr-stale-1', 'sgr-stale-3']);
      expect(observation.errors).toEqual([
        {
          doing: 'reading stale security groups',
          vpcId: 'vpc-2',
          error: expect.objectContaining({ code, message: 'as EC2 says' }),
        },
      ]);
      expect(observation.vpcs).toMatchObject({
        inScope: new Set(['vpc-1', 'vpc-2', 'vpc-3']),
        scanned: new Set(['vpc-1', 'vpc-3']),
      });
    },
  );

  test('what else is looked for in that VPC is found', async () => {
    const network = new MemoryNetwork(vpcs(2)).on('staleSecurityGroups', {
      naming: 'vpc-2',
      throws: awsError('RequestLimitExceeded'),
    });
    const observation = await see({ ...FLAG_ANY, staleRules: 'report' }, network);
    expect(idsOf(observation.flagged)).toEqual(['sgr-1', 'sgr-2']);
    expect(observation.vpcs?.scanned).toEqual(new Set(['vpc-1']));
  });

  test('the groups of other VPCs are read, although they share its call', async () => {
    const network = new MemoryNetwork(vpcs(20)).on('securityGroups', {
      naming: 'vpc-7',
      throws: awsError('InternalError'),
    });
    const observation = await see(FLAG_ANY, network);
    expect(observation.flagged).toHaveLength(19);
    expect(observation.errors).toEqual([expect.objectContaining({ doing: 'reading security groups', vpcId: 'vpc-7' })]);
    expect(observation.vpcs?.scanned.size).toBe(19);
    // Halving 20 to 1 takes five steps, with two calls per step.
    expect(network.idsOf('securityGroups').length).toBeLessThanOrEqual(11);
  });

  test('the rules of other VPCs are read, although they share its call', async () => {
    const network = new MemoryNetwork(vpcs(20)).on('securityGroupRules', {
      naming: 'sg-7',
      throws: awsError('InternalError'),
    });
    const observation = await see(FLAG_ANY, network);
    expect(observation.flagged).toHaveLength(19);
    expect(observation.errors).toEqual([
      expect.objectContaining({ doing: 'reading security group rules', vpcId: 'vpc-7' }),
    ]);
    expect(network.idsOf('securityGroupRules').length).toBeLessThanOrEqual(11);
  });

  test('the stale rules of other VPCs are identified, although they share its call', async () => {
    const network = new MemoryNetwork(vpcs(3))
      .on('securityGroupRules', { naming: 'sg-2', throws: awsError('InternalError') })
      .on('securityGroups', { naming: 'sg-3', throws: awsError('InternalError') });
    const observation = await see(REPORT_STALE, network);
    expect(observation.stale.map(({ groupId, rule }) => [groupId, rule?.securityGroupRuleId]))
      .toEqual([['sg-1', 'sgr-stale-1'], ['sg-2', undefined], ['sg-3', 'sgr-stale-3']]);
    expect(observation.groups.has('sg-3')).toBe(false);
    expect(observation.errors.map(({ vpcId }) => vpcId).sort()).toEqual(['vpc-2', 'vpc-3']);
  });

  test('the rules that were read before an error between two pages are found once', async () => {
    const network = new MemoryNetwork(vpcs(4)).on('securityGroupRules', {
      naming: 'sg-4',
      afterPages: 1,
      throws: awsError('InternalError'),
    });
    network.pageSize = 1;
    const observation = await see({ ...FLAG_ANY, staleRules: 'report' }, network);
    expect(idsOf(observation.flagged).slice(0, 3)).toEqual(['sgr-1', 'sgr-2', 'sgr-3']);
    expect(new Set(idsOf(observation.flagged)).size).toBe(observation.flagged.length);
    expect(idsOf(observation.stale).slice(0, 3)).toEqual(['sgr-stale-1', 'sgr-stale-2', 'sgr-stale-3']);
    expect(new Set(observation.errors.map(({ vpcId }) => vpcId))).toEqual(new Set(['vpc-4']));
  });

  test('a throttled whole is an error in each VPC, and nothing is taken for looked at', async () => {
    const network = new MemoryNetwork(vpcs(3)).on('securityGroups', { throws: awsError('RequestLimitExceeded') });
    const observation = await see(FLAG_ANY, network);
    expect(observation.errors.map(({ vpcId }) => vpcId).sort()).toEqual(['vpc-1', 'vpc-2', 'vpc-3']);
    expect(observation.vpcs?.scanned).toEqual(new Set());
  });
});

describe('VPCs', () => {
  test('that are named, but not there, are an error; the others are looked at', async () => {
    const observation = await see({ ...REPORT_STALE, vpcIds: ['vpc-1', 'vpc-9', 'vpc-9'] }, new MemoryNetwork(vpcs(2)));
    expect(observation.errors).toEqual([
      {
        doing: 'looking for a VPC',
        vpcId: 'vpc-9',
        error: expect.objectContaining({ code: 'InvalidVpcID.NotFound', message: expect.stringContaining('vpc-9') }),
      },
    ]);
    expect(observation.vpcs).toMatchObject({ inScope: new Set(['vpc-1']), scanned: new Set(['vpc-1']) });
  });

  test('that are named are looked at even when VPCs cannot be listed', async () => {
    const network = new MemoryNetwork(vpcs(2)).on('vpcs', { throws: awsError('RequestLimitExceeded') });
    const observation = await see({ ...REPORT_STALE, vpcIds: ['vpc-2', 'vpc-2'] }, network);
    expect(idsOf(observation.stale)).toEqual(['sgr-stale-2']);
    expect(observation.errors).toEqual([
      expect.objectContaining({
        doing: 'listing VPCs',
        error: expect.objectContaining({ code: 'RequestLimitExceeded' }),
      }),
    ]);
  });

  test('that cannot be listed and are not named: none is looked at, which is an error', async () => {
    const network = new MemoryNetwork(vpcs(2)).on('vpcs', { throws: awsError('UnauthorizedOperation') });
    const observation = await see(REPORT_STALE, network);
    expect(network.methods).toEqual(['vpcs']);
    expect(observation.errors).toHaveLength(1);
    expect(observation.vpcs?.scanned).toEqual(new Set());
  });
});

describe('a named group', () => {
  const named = (...groupIds: string[]): DecodedConfiguration =>
    aDecodedConfiguration({ flaggedIngressRules: groupIds.map(sshFlagged) });

  test('that is not there is an error; the others are looked at', async () => {
    const observation = await see(named('sg-1', 'sg-9'), new MemoryNetwork(vpcs(1)));
    expect(idsOf(observation.flagged)).toEqual(['sgr-1']);
    expect(observation.errors).toEqual([
      {
        doing: 'looking for a security group',
        resourceId: 'sg-9',
        error: expect.objectContaining({ code: 'InvalidGroup.NotFound', message: expect.stringContaining('sg-9') }),
      },
    ]);
  });

  test('that is not there is an error also next to declarations for any group', async () => {
    const observation = await see(
      aDecodedConfiguration({ flaggedIngressRules: [sshFlagged(), sshFlagged('sg-9')] }),
      new MemoryNetwork(vpcs(1)),
    );
    expect(observation.errors).toEqual([expect.objectContaining({ resourceId: 'sg-9' })]);
  });

  test('that could not be read is not taken for one that is not there', async () => {
    const network = new MemoryNetwork(vpcs(1)).on('securityGroups', { throws: awsError('RequestLimitExceeded') });
    const observation = await see(named('sg-1'), network);
    expect(observation.errors).toEqual([
      expect.objectContaining({
        doing: 'reading security groups',
        error: expect.objectContaining({ code: 'RequestLimitExceeded' }),
      }),
    ]);
  });

  test('that is not there is an error also while something else fails', async () => {
    const network = new MemoryNetwork(vpcs(1));
    const staleFailed = new Promise<void>(resolve =>
      network.on('staleSecurityGroups', { before: resolve, throws: awsError('RequestLimitExceeded') }),
    );
    // The group is looked up before this call, and the response arrives after it.
    network.on('securityGroups', {
      naming: 'sg-9',
      before: async () => staleFailed.then(async () => new Promise(resolve => setImmediate(resolve))),
    });
    const observation = await see({ ...named('sg-9'), staleRules: 'report' }, network);
    expect(observation.errors.map(({ vpcId, resourceId }) => vpcId ?? resourceId).sort()).toEqual(['sg-9', 'vpc-1']);
  });

  test('is read by its id where the groups of its VPC could not be', async () => {
    const network = new MemoryNetwork(vpcs(2)).on('securityGroups', {
      naming: 'vpc-2',
      throws: awsError('InternalError'),
    });
    const observation = await see(
      aDecodedConfiguration({ flaggedIngressRules: [sshFlagged(), sshFlagged('sg-2')] }),
      network,
    );
    expect(idsOf(observation.flagged)).toEqual(['sgr-1', 'sgr-2']);
    expect(observation.errors).toEqual([expect.objectContaining({ vpcId: 'vpc-2' })]);
  });
});

describe('VPN connections', () => {
  const up = { tunnels: [{ outsideIpAddress: '192.0.2.1', status: 'UP' }], tags: {}, state: 'available' };

  test('are asked for by filter, in parts and without doubles, so that an unknown id fails nothing', async () => {
    const ids = Array.from({ length: 250 }, (_, index) => `vpn-${index}`);
    const network = new MemoryNetwork({ vpnConnections: [{ ...up, vpnConnectionId: 'vpn-7' }] });
    const { vpnConnections } = await see(
      aDecodedConfiguration({ vpnConnections: { kind: 'withIds', ids: [...ids, ...ids] } }),
      network,
    );
    expect(network.idsOf('vpnConnections').map(({ length }) => length)).toEqual([200, 50]);
    expect(
      vpnConnections?.filter(({ status }) => status === 'UP').map(({ vpnConnectionId }) => vpnConnectionId),
    ).toEqual(['vpn-7']);
    expect(vpnConnections?.filter(({ status }) => status === 'MISSING')).toHaveLength(249);
  });

  test('are asked for with the filters that are configured', async () => {
    const network = new MemoryNetwork();
    await see(
      aDecodedConfiguration({
        vpnConnections: { kind: 'matching', filters: [{ name: 'tag:team', values: ['network', 'web'] }] },
      }),
      network,
    );
    expect(network.idsOf('vpnConnections')).toEqual([['network', 'web']]);
  });

  test('of which none exist count as none, not as unknown', async () => {
    await expect(
      see(aDecodedConfiguration({ vpnConnections: { kind: 'all' } }), new MemoryNetwork()),
    ).resolves.toMatchObject({ vpnConnections: [], errors: [] });
  });

  test('that cannot be read cost no VPC, and VPCs cost no VPN connections', async () => {
    const both = aDecodedConfiguration({ staleRules: 'report', vpnConnections: { kind: 'all' } });
    const vpnFails = await see(
      both,
      new MemoryNetwork(vpcs(1)).on('vpnConnections', { throws: awsError('UnauthorizedOperation') }),
    );
    expect(vpnFails.vpnConnections).toBeUndefined();
    expect(vpnFails).toMatchObject({
      isVpnAnswerWhole: false,
      errors: [{ doing: 'reading VPN connections', error: { code: 'UnauthorizedOperation' } }],
    });
    expect(vpnFails.vpcs?.scanned).toEqual(new Set(['vpc-1']));
    const vpcFails = await see(
      both,
      new MemoryNetwork({ vpnConnections: [{ ...up, vpnConnectionId: 'vpn-1' }] }).on('vpcs', {
        throws: awsError('InternalError'),
      }),
    );
    expect(vpcFails.vpnConnections).toEqual([expect.objectContaining({ vpnConnectionId: 'vpn-1', status: 'UP' })]);
  });

  test('without telemetry are an error each, by their id', async () => {
    const connections = [{ ...up, vpnConnectionId: 'vpn-1' }, { ...up, vpnConnectionId: 'vpn-2', tunnels: [] }];
    const observation = await see(
      aDecodedConfiguration({ vpnConnections: { kind: 'all' } }),
      new MemoryNetwork({ vpnConnections: connections }),
    );
    expect(observation.vpnConnections).toHaveLength(2);
    expect(observation.errors).toEqual([
      expect.objectContaining({ resourceId: 'vpn-2', error: expect.objectContaining({ code: 'NoTelemetry' }) }),
    ]);
  });

  test('are measured at the time of the sweep', async () => {
    const tunnels = [
      { outsideIpAddress: '192.0.2.1', status: 'DOWN', lastStatusChange: new Date(NOW.getTime() - 90_000) },
    ];
    const configuration = aDecodedConfiguration({ vpnConnections: { kind: 'all', staleAfterSeconds: 90 } });
    const { vpnConnections } = await see(
      configuration,
      new MemoryNetwork({ vpnConnections: [{ ...up, vpnConnectionId: 'vpn-1', tunnels }] }),
    );
    const tunnel = expect.objectContaining({ secondsSinceStatusChange: 90 }) as unknown;
    expect(vpnConnections).toEqual([expect.objectContaining({ stale: true, tunnels: [tunnel] })]);
  });
});

describe('what was looked at,', () => {
  const BOTH = { ...FLAG_ANY, staleRules: 'report' as const };
  const NOTHING = { vpcIds: new Set(), groupIds: new Set(), unreadGroupIds: new Set() };

  /** Returns the places at which each check has proved to have looked. */
  function seenOf(
    { coverage }: Observation, places: ReadonlyArray<readonly [groupId: string, vpcId?: string]>,
  ): unknown {
    const seen = (check: 'stale' | 'flagged'): string[] => places
      .filter(([groupId, vpcId]) => covers(coverage, check, { groupId, vpcId })).map(([groupId]) => groupId);
    return { stale: seen('stale'), flagged: seen('flagged') };
  }

  const PLACES = [
    ['sg-1', 'vpc-1'],
    ['sg-2', 'vpc-2'],
    ['sg-gone', 'vpc-1'],
    ['sg-elsewhere', 'vpc-9'],
    ['sg-somewhere'],
  ] as const;

  test('is every group of each VPC, gone ones included, and no group of which the VPC is not known', async () => {
    const observation = await see(BOTH, new MemoryNetwork(vpcs(2)));
    expect(observation.coverage).toMatchObject({
      stale: { vpcIds: new Set(['vpc-1', 'vpc-2']), unreadGroupIds: new Set() },
    });
    expect(seenOf(observation, PLACES)).toEqual({
      stale: ['sg-1', 'sg-2', 'sg-gone'],
      flagged: ['sg-1', 'sg-2', 'sg-gone'],
    });
  });

  test('is nothing for a check that is not asked for', async () => {
    expect((await see(REPORT_STALE, new MemoryNetwork(vpcs(1)))).coverage.flagged).toEqual(NOTHING);
    expect((await see(FLAG_ANY, new MemoryNetwork(vpcs(1)))).coverage.stale).toEqual(NOTHING);
    const { coverage } = await see(
      aDecodedConfiguration({ vpnConnections: { kind: 'all' } }),
      new MemoryNetwork(vpcs(1)),
    );
    expect(coverage).toEqual({ stale: NOTHING, flagged: NOTHING });
  });

  test('is each named group alone, where declarations name groups, and none that EC2 does not show', async () => {
    const declared = ['sg-2', 'sg-9'].map(groupId => sshFlagged(groupId));
    const observation = await see(aDecodedConfiguration({ flaggedIngressRules: declared }), new MemoryNetwork(vpcs(3)));
    expect(observation.coverage.flagged).toEqual({
      vpcIds: new Set(),
      groupIds: new Set(['sg-2']),
      unreadGroupIds: new Set(),
    });
    const places = [['sg-1', 'vpc-1'], ['sg-2', 'vpc-2'], ['sg-9', 'vpc-1'], ['sg-3', 'vpc-2']] as const;
    expect(seenOf(observation, places)).toEqual({ stale: [], flagged: ['sg-2'] });
  });

  test('is no VPC in which EC2 did not tell what is stale, whatever else was read there', async () => {
    const network = new MemoryNetwork(vpcs(2)).on('staleSecurityGroups', {
      naming: 'vpc-2',
      throws: awsError('RequestLimitExceeded'),
    });
    expect(seenOf(await see(BOTH, network), PLACES)).toEqual({
      stale: ['sg-1', 'sg-gone'],
      flagged: ['sg-1', 'sg-2', 'sg-gone'],
    });
  });

  test('is no VPC of which the answer was unusable in part', async () => {
    const unusable = new UnusableAnswer<StaleSecurityGroup>('a group without an id', [staleGroup('sg-2')]);
    const network = new MemoryNetwork(vpcs(2)).on('staleSecurityGroups', { naming: 'vpc-2', throws: unusable });
    const observation = await see(REPORT_STALE, network);
    expect(idsOf(observation.stale)).toEqual(['sgr-stale-1', 'sgr-stale-2']);
    expect(seenOf(observation, PLACES)).toEqual({ stale: ['sg-1', 'sg-gone'], flagged: [] });
  });

  test('is no VPC of another account in which this one may not look', async () => {
    const world = {
      ...vpcs(2),
      vpcs: [
        { vpcId: 'vpc-1', ownerId: ACCOUNT },
        { vpcId: 'vpc-2', ownerId: '444455556666' },
      ],
    };
    const network = new MemoryNetwork(world).on('staleSecurityGroups', {
      naming: 'vpc-2',
      throws: awsError('UnauthorizedOperation'),
    });
    const observation = await see(BOTH, network, ACCOUNT);
    expect(observation.errors).toEqual([]);
    expect(observation.vpcs?.notCovered).toEqual(new Set(['vpc-2']));
    expect(seenOf(observation, PLACES)).toEqual({ stale: ['sg-1', 'sg-gone'], flagged: ['sg-1', 'sg-2', 'sg-gone'] });
  });

  test('is no VPC of which the groups could not be read', async () => {
    const network = new MemoryNetwork(vpcs(2)).on('securityGroups', {
      naming: 'vpc-2',
      throws: awsError('InternalError'),
    });
    const observation = await see(FLAG_ANY, network);
    expect(observation.coverage.flagged).toMatchObject({ vpcIds: new Set(['vpc-1']) });
    expect(seenOf(observation, PLACES)).toEqual({ stale: [], flagged: ['sg-1', 'sg-gone'] });
  });

  test('is no group of which the rules could not be read, and every other one of its VPC', async () => {
    const sgOther = aGroup({ groupId: 'sg-other', vpcId: 'vpc-3' });
    const world = vpcs(2);
    const network = new MemoryNetwork({
      ...world,
      vpcs: [...world.vpcs, { vpcId: 'vpc-3' }],
      groups: [...world.groups, sgOther],
    }).on('securityGroupRules', { naming: 'sg-2', throws: awsError('InternalError') });
    const observation = await see(BOTH, network);
    const unread = { unreadGroupIds: new Set(['sg-2']) };
    expect(observation.coverage).toMatchObject({ stale: unread, flagged: unread });
    const places = [...PLACES, ['sg-other', 'vpc-3'], ['sg-new', 'vpc-2']] as const;
    const seen = ['sg-1', 'sg-gone', 'sg-other', 'sg-new'];
    expect(seenOf(observation, places)).toEqual({ stale: seen, flagged: seen });
  });

  test('excludes a group in which EC2 calls an unidentified rule stale, because it may be any of them', async () => {
    const observation = await see(REPORT_STALE, new MemoryNetwork({ ...vpcs(2), rules: vpcs(2).rules.slice(2) }));
    expect(observation.stale.map(({ groupId, rule }) => [groupId, rule?.securityGroupRuleId]))
      .toEqual([['sg-1', undefined], ['sg-2', 'sgr-stale-2']]);
    expect(seenOf(observation, PLACES)).toEqual({ stale: ['sg-2', 'sg-gone'], flagged: [] });
  });

  test('is no named group that could not be read', async () => {
    const network = new MemoryNetwork(vpcs(2)).on('securityGroups', {
      naming: 'sg-2',
      throws: awsError('InternalError'),
    });
    const declared = ['sg-1', 'sg-2'].map(groupId => sshFlagged(groupId));
    const observation = await see(aDecodedConfiguration({ flaggedIngressRules: declared }), network);
    expect(seenOf(observation, PLACES)).toEqual({ stale: [], flagged: ['sg-1'] });
    expect(observation.coverage.flagged.unreadGroupIds).toEqual(new Set(['sg-2']));
  });

  test('is no VPC that is gone by the time it is read, and no other error than that is none', async () => {
    const world = { ...vpcs(2) };
    const network = new MemoryNetwork(world)
      .on('staleSecurityGroups', { naming: 'vpc-2', throws: awsError('InvalidVpcID.NotFound') });
    network.vpcs = async vpcIds =>
      world.vpcs.filter(({ vpcId }) => vpcIds === undefined || (vpcIds.includes(vpcId) && vpcId !== 'vpc-2'));
    const observation = await see(REPORT_STALE, network);
    expect(observation.errors).toEqual([]);
    expect(observation.vpcs?.inScope).toEqual(new Set(['vpc-1']));
    expect(seenOf(observation, PLACES)).toEqual({ stale: ['sg-1', 'sg-gone'], flagged: [] });
  });

  test('is nothing where VPCs cannot be listed, and then nothing was seen', async () => {
    const network = new MemoryNetwork(vpcs(2)).on('vpcs', { throws: awsError('InternalError') });
    const observation = await see(BOTH, network);
    expect(seenOf(observation, PLACES)).toEqual({ stale: [], flagged: [] });
    expect(sawNothing(observation, BOTH)).toBe(true);
    expect(sawNothing(await see(BOTH, new MemoryNetwork(vpcs(2))), BOTH)).toBe(false);
  });
});

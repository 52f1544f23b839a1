import * as fc from 'fast-check';
import type { RevokeOptions } from '../../../../lambda/core/act/options';
import { countUnused } from '../../../../lambda/core/act/revoke';
import { KEEP_REASONS, type KeepReason } from '../../../../lambda/core/decide/reasons';
import { UnusableAnswer } from '../../../../lambda/core/errors';
import type { ControlEntry, LedgerEntry } from '../../../../lambda/core/model/ledger';
import type { SecurityGroupRule } from '../../../../lambda/core/model/network';
import type { RevocationOutcome } from '../../../../lambda/core/model/result';
import type { FlaggedIngressRule } from '../../../../src/contract/configuration';
import { EXEMPT_TAG } from '../../../../src/contract/exemptions';
import { awsError } from '../../../support/aws-error';
import { aFlaggedIngressRule, aGrace, aGroup, anEntry, aRule, aStalePermission, DEPLOYED } from '../../../support/builders';
import {
  aWorld, byRule, DECIDING, IN_A_MINUTE, openControl, OPENED_BY,
  outcomeOf, outcomesOf, type RevocationWorld, rulesOf, START, SWEEP,
} from '../../../support/revocation-world';

describe('the effects', () => {
  test('are, in this order: to read again, to revoke by rule id, to read back, and nothing else', async () => {
    const world = aWorld(rulesOf('sg-1', 2));
    await outcomesOf(world);
    expect(world.network.calls).toEqual([
      { method: 'admitRevocations', ids: [] },
      { method: 'securityGroupRules', ids: ['sgr-1', 'sgr-2'] },
      { method: 'securityGroups', ids: ['sg-1'] },
      { method: 'revokeIngress', ids: ['sg-1', 'sgr-1', 'sgr-2'] },
      { method: 'securityGroupRules', ids: ['sgr-1', 'sgr-2'] },
    ]);
    expect(world.clock.slept).toEqual([]);
  });

  test('are none for an empty plan', async () => {
    const world = aWorld([]);
    await expect(outcomesOf(world)).resolves.toEqual([]);
    expect(world.network.calls).toEqual([]);
    expect(world.ledger.calls).toEqual([]);
  });

  test('leave the neighbours of a revoked rule alone', async () => {
    const world = aWorld(rulesOf('sg-1', 3));
    await outcomesOf(world, IN_A_MINUTE, world.planned.slice(1, 2));
    expect([...world.network.rules.keys()]).toEqual(['sgr-1', 'sgr-3']);
    expect(world.ledger.written.map(({ securityGroupRuleId }) => securityGroupRuleId)).toEqual(['sgr-2', 'sgr-2']);
  });

  test('are one call a group, which names no rule of another', async () => {
    const world = aWorld([...rulesOf('sg-1', 2), ...rulesOf('sg-2', 2, 3)]);
    await outcomesOf(world);
    expect(world.network.idsOf('revokeIngress')).toEqual([['sg-1', 'sgr-1', 'sgr-2'], ['sg-2', 'sgr-3', 'sgr-4']]);
  });

  test('are calls of at most 100 rules for a group that has more', async () => {
    const world = aWorld(rulesOf('sg-1', 250));
    const outcomes = await outcomesOf(world);
    expect(world.network.idsOf('revokeIngress').map(([, ...ruleIds]) => ruleIds.length)).toEqual([100, 100, 50]);
    expect(new Set(world.network.idsOf('revokeIngress').flatMap(([, ...ruleIds]) => ruleIds)).size).toBe(250);
    expect(outcomes.filter(({ outcome }) => outcome === 'REVOKED')).toHaveLength(250);
  });

  test('read again no more groups at a time than are revoked at once, so that a revocation comes right after the reading', async () => {
    const world = aWorld(
      Array.from({ length: 30 }, (_, index) => aRule({ groupId: `sg-${index}`, securityGroupRuleId: `sgr-${index}` })),
    );
    world.network.admits = 3;
    await outcomesOf(world);
    expect(world.network.idsOf('securityGroups').map(ids => ids.length)).toEqual(Array.from({ length: 10 }, () => 3));
  });

  test('pay for every revocation', async () => {
    const world = aWorld(rulesOf('sg-1', 3));
    world.network.on('revokeIngress', { call: 1, before: () => { world.network.rules.delete('sgr-2'); } });
    await outcomesOf(world);
    expect(world.network.methods.filter(method => method === 'admitRevocations')).toHaveLength(4);
    // There is no call for the rule that is gone, because the sweep sees that first.
    expect(world.network.methods.filter(method => method === 'revokeIngress')).toHaveLength(3);
  });
});

test('an outcome tells which rule of which group it is about, and why it was planned', async () => {
  const world = aWorld();
  const [{ rule, group, because }] = world.planned;
  expect(await outcomeOf(world)).toEqual({ rule, group, because, outcome: 'REVOKED', isUsed: true });
});

describe('REVOKED', () => {
  test('is a rule that EC2 lists as revoked and that is gone', async () => {
    expect((await outcomeOf(aWorld())).outcome).toBe('REVOKED');
  });

  test('is a rule that is gone, where EC2 does not list what it revoked', async () => {
    const world = aWorld();
    world.network.listsRevoked = false;
    expect((await outcomeOf(world)).outcome).toBe('REVOKED');
  });

  test('is a rule that is shown a little longer than it exists', async () => {
    const world = aWorld();
    const { network, planned: [{ rule }] } = world;
    network.on('revokeIngress', { after: () => { network.rules.set('sgr-1', rule); } });
    network.on('securityGroupRules', { call: 4, before: () => { network.rules.delete('sgr-1'); } });
    expect((await outcomeOf(world)).outcome).toBe('REVOKED');
    expect(world.clock.slept).toEqual([300, 1000]);
    expect(network.idsOf('revokeIngress')).toHaveLength(1);
  });

  test('is read back for those only that are still shown', async () => {
    const world = aWorld(rulesOf('sg-1', 2));
    const { network, planned } = world;
    network.on('revokeIngress', { after: () => { network.rules.set('sgr-2', planned[1].rule); } });
    network.on('securityGroupRules', { call: 3, before: () => { network.rules.delete('sgr-2'); } });
    expect(byRule(await outcomesOf(world))).toEqual({ 'sgr-1': 'REVOKED', 'sgr-2': 'REVOKED' });
    expect(network.idsOf('securityGroupRules').at(-1)).toEqual(['sgr-2']);
  });

  test('is a rule that EC2 does not find in the second attempt of a call, because the first one had its effect', async () => {
    const world = aWorld();
    const { network } = world;
    const error = awsError('InvalidSecurityGroupRuleId.NotFound', 'no such rule', { attempts: 2 });
    network.on('revokeIngress', {
      call: 1,
      before: () => {
        network.rules.delete('sgr-1');
      },
      throws: error,
    });
    expect((await outcomeOf(world)).outcome).toBe('REVOKED');
    expect(network.idsOf('revokeIngress')).toEqual([['sg-1', 'sgr-1']]);
  });

  test('are several rules that EC2 does not find in the second attempt of one call, because the first one had its effect', async () => {
    const world = aWorld(rulesOf('sg-1', 2));
    const { network } = world;
    const error = awsError('InvalidSecurityGroupRuleId.NotFound', 'no such rule', { attempts: 2 });
    network.on('revokeIngress', {
      call: 1,
      before: () => {
        network.rules.clear();
      },
      throws: error,
    });
    expect(byRule(await outcomesOf(world))).toEqual({ 'sgr-1': 'REVOKED', 'sgr-2': 'REVOKED' });
  });

  test.each(['TimeoutError', 'InternalError', 'ECONNRESET', 'AbortError'])(
    'is a rule that is gone after %s, which may hide a success',
    async code => {
      const world = aWorld();
      const { network } = world;
      network.on('revokeIngress', {
        before: () => {
          network.rules.delete('sgr-1');
        },
        throws: awsError(code),
      });
      expect(await outcomeOf(world)).toMatchObject({ outcome: 'REVOKED' });
      expect(network.idsOf('revokeIngress')).toHaveLength(1);
    },
  );
});

describe('ALREADY_GONE', () => {
  test('is a rule that is gone when it is read again: EC2 is not asked to revoke it', async () => {
    const world = aWorld();
    world.network.rules.clear();
    expect((await outcomeOf(world)).outcome).toBe('ALREADY_GONE');
    expect(world.network.methods).not.toContain('revokeIngress');
  });

  test.each(['InvalidSecurityGroupRuleId.NotFound', 'InvalidPermission.NotFound', 'InvalidGroup.NotFound'])(
    'is a rule that EC2 does not find: %s',
    async code => {
      const world = aWorld();
      const { network } = world;
      network.on('revokeIngress', {
        before: () => {
          network.rules.clear();
        },
        throws: awsError(code),
      });
      expect(await outcomeOf(world)).toMatchObject({ outcome: 'ALREADY_GONE', error: { code } });
    },
  );

  test('is a rule that a default VPC did not know, which is no error there', async () => {
    const world = aWorld(rulesOf('sg-1', 2));
    const { network } = world;
    network.isDefaultVpc = true;
    network.on('revokeIngress', { before: () => { network.rules.delete('sgr-1'); } });
    expect(byRule(await outcomesOf(world))).toEqual({ 'sgr-1': 'ALREADY_GONE', 'sgr-2': 'REVOKED' });
  });

  test('is, without proof, a rule of a call that a default VPC did not fully know, if EC2 does not list which', async () => {
    const world = aWorld(rulesOf('sg-1', 2));
    const { network } = world;
    Object.assign(network, { isDefaultVpc: true, listsRevoked: false });
    network.on('revokeIngress', {
      before: () => {
        network.rules.delete('sgr-1');
      },
    });
    expect(byRule(await outcomesOf(world))).not.toHaveProperty('sgr-1', 'REVOKED');
  });

  test('is a rule that someone else removed while EC2 throttled', async () => {
    const world = aWorld();
    const { network } = world;
    network.on('revokeIngress', { throws: awsError('RequestLimitExceeded'), before: () => { network.rules.clear(); } });
    expect(await outcomeOf(world)).toMatchObject({ outcome: 'ALREADY_GONE' });
  });

  test.each(['UnauthorizedOperation', 'OperationNotPermitted'])(
    'is a rule that someone else removed while EC2 refused: %s',
    async code => {
      const world = aWorld();
      const { network } = world;
      network.on('revokeIngress', {
        throws: awsError(code),
        before: () => {
          network.rules.clear();
        },
      });
      expect(await outcomeOf(world)).toMatchObject({ outcome: 'ALREADY_GONE', error: { code } });
    },
  );
});

const ANY_TRAFFIC = [{ protocol: 'all', ports: { kind: 'all' }, source: { kind: 'any' } }] as const;

describe('a rule whose fields do not show its staleness', () => {
  const reference = { groupId: 'sg-9', userId: '444455556666' };
  const rule = aRule({ referencedGroup: reference });
  const named = { groupId: 'sg-1', groupName: 'web', ingress: [aStalePermission({ reference })], egress: [] };

  const stale = (verdict?: 'flagged' | 'undecided', stillNamed = true): RevocationWorld =>
    aWorld(
      [rule],
      {},
      { because: { stale: 'OTHER', verdict, declarations: [] }, stale: { 'vpc-1': stillNamed ? [named] : [] } },
    );

  test('is revoked when EC2 still calls it stale', async () => {
    const world = stale();
    expect((await outcomeOf(world)).outcome).toBe('REVOKED');
    expect(world.network.idsOf('staleSecurityGroups')).toEqual([['vpc-1']]);
  });

  test.each([undefined, 'undecided'] as const)(
    'is kept when EC2 no longer does: CHANGED_MEANWHILE (%s)',
    async verdict => {
      const world = stale(verdict, false);
      expect(await outcomeOf(world)).toMatchObject({
        outcome: 'CHANGED_MEANWHILE',
        detail: 'EC2 no longer calls it stale',
      });
      expect(world.network.methods).not.toContain('revokeIngress');
      expect(world.network.rules.has('sgr-1')).toBe(true);
    },
  );

  describe('and that is flagged, too', () => {
    const flagging = (declared: Partial<FlaggedIngressRule>): Promise<[RevocationWorld, RevocationOutcome]> => {
      const declaration = aFlaggedIngressRule({ match: 'WITHIN', traffic: ANY_TRAFFIC, ...declared });
      const declarations = [{ id: declaration.id, name: declaration.name }];
      const world = aWorld([rule], {}, {
        because: { stale: 'OTHER', verdict: 'flagged', declarations }, stale: { 'vpc-1': [] },
      });
      const planned = world.planned.map(each =>
        ({ ...each, finding: { ...each.finding, flagged: { rule, verdict: 'flagged' as const, declarations } } }));
      const deciding = { ...DECIDING, flaggedIngressRules: [declaration] };
      return outcomesOf(world, IN_A_MINUTE, planned, { deciding }).then(([outcome]) => [world, outcome]);
    };

    test('is revoked all the same by a declaration that revokes at once', async () => {
      const [world, { outcome }] = await flagging({});
      expect(outcome).toBe('REVOKED');
      expect(world.network.methods).not.toContain('staleSecurityGroups');
    });

    test.each<[string, FlaggedIngressRule['action']]>([
      ['only reports', { kind: 'report' }],
      ['still waits', { kind: 'revoke', grace: { seconds: 1_209_600, sightings: 2, maxGapSeconds: 604_800 } }],
    ])('is kept when EC2 no longer calls it stale, and the declaration %s', async (_, action) => {
      const [world, { outcome }] = await flagging({ action });
      expect(outcome).not.toBe('REVOKED');
      expect(world.network.methods).toContain('staleSecurityGroups');
      expect(world.network.methods).not.toContain('revokeIngress');
    });
  });
});

describe('CHANGED_MEANWHILE', () => {
  const found = aRule({
    securityGroupRuleId: 'sgr-1',
    groupId: 'sg-1',
    groupOwnerId: '111122223333',
    ipProtocol: 'tcp',
    fromPort: 22,
    toPort: 22,
    cidrIpv4: undefined,
    referencedGroup: {
      groupId: 'sg-9',
      userId: '444455556666',
      vpcId: 'vpc-9',
      vpcPeeringConnectionId: 'pcx-9',
      peeringStatus: 'deleted',
    },
    description: 'a description',
    tags: { team: 'network' },
  });

  /** Changes of every field that EC2 returns. The compiler requires each field. */
  const changes: Record<Exclude<keyof SecurityGroupRule, 'securityGroupRuleId'>, Array<Partial<SecurityGroupRule>>> = {
    groupId: [{ groupId: 'sg-2' }],
    groupOwnerId: [{ groupOwnerId: '444455556666' }, { groupOwnerId: undefined }],
    isEgress: [{ isEgress: true }],
    ipProtocol: [{ ipProtocol: 'udp' }, { ipProtocol: '-1' }],
    fromPort: [{ fromPort: 21 }, { fromPort: undefined }],
    toPort: [{ toPort: 23 }],
    cidrIpv4: [{ cidrIpv4: '10.0.0.0/8', referencedGroup: undefined }],
    cidrIpv6: [{ cidrIpv6: '2001:db8::/32', referencedGroup: undefined }],
    prefixListId: [{ prefixListId: 'pl-1', referencedGroup: undefined }],
    referencedGroup: [
      { referencedGroup: { ...found.referencedGroup, groupId: 'sg-8' } },
      { referencedGroup: { ...found.referencedGroup, groupId: 'sg-9', userId: undefined } },
      { referencedGroup: { ...found.referencedGroup, groupId: 'sg-9', vpcId: 'vpc-8' } },
      { referencedGroup: { ...found.referencedGroup, groupId: 'sg-9', vpcPeeringConnectionId: 'pcx-8' } },
      { referencedGroup: { ...found.referencedGroup, groupId: 'sg-9', peeringStatus: 'active' } },
    ],
    description: [{ description: 'in use again' }, { description: undefined }],
    tags: [{ tags: { team: 'web' } }, { tags: { team: 'network', keep: '' } }, { tags: {} }],
  };

  const cases = Object.entries(changes).flatMap(([field, list]) =>
    list.map(change => [field, JSON.stringify(change), change] as const));

  test.each(cases)(
    'is a rule whose %s is another: %s', async (field, _, change) => {
      const world = aWorld([found]);
      world.network.rules.set('sgr-1', { ...found, ...change });
      const { outcome, detail } = await outcomeOf(world);
      expect({ outcome, named: detail?.includes(field) }).toEqual({ outcome: 'CHANGED_MEANWHILE', named: true });
      expect(world.network.methods).not.toContain('revokeIngress');
    });

  test('is a rule whose group is gone when it is read again', async () => {
    const world = aWorld();
    world.network.groups.clear();
    expect((await outcomeOf(world)).outcome).toBe('CHANGED_MEANWHILE');
    expect(world.network.methods).not.toContain('revokeIngress');
  });

  test('keeps the changed rule and does not keep the others from going', async () => {
    const world = aWorld(rulesOf('sg-1', 3));
    const { network } = world;
    network.rules.set('sgr-2', { ...world.planned[1].rule, cidrIpv4: '10.0.0.0/8' });
    expect(byRule(await outcomesOf(world))).toEqual({
      'sgr-1': 'REVOKED',
      'sgr-2': 'CHANGED_MEANWHILE',
      'sgr-3': 'REVOKED',
    });
    expect(network.idsOf('revokeIngress')).toEqual([['sg-1', 'sgr-1', 'sgr-3']]);
  });

  test('is a rule that changes while the rules of a rejected call are revoked one by one', async () => {
    const world = aWorld(rulesOf('sg-1', 3));
    const { network, planned } = world;
    network.on('revokeIngress', { call: 1, before: () => { network.rules.delete('sgr-1'); } });
    // This can happen because each single revocation waits for its own token.
    network.on('revokeIngress', {
      call: 2,
      after: () => {
        network.rules.set('sgr-3', { ...planned[2].rule, cidrIpv4: '10.0.0.0/8' });
      },
    });
    expect(byRule(await outcomesOf(world))).toMatchObject({ 'sgr-2': 'REVOKED', 'sgr-3': 'CHANGED_MEANWHILE' });
    expect([...network.rules.keys()]).toEqual(['sgr-3']);
  });
});

describe('FAILED', () => {
  test.each([
    'InternalError',
    'TimeoutError',
    'Unavailable',
    'ServiceUnavailable',
    'DependencyViolation',
    'IncorrectState',
  ])(
    'is a rule that is still there after %s again and again, and was read before each try, first with its group and then by itself',
    async code => {
      const world = aWorld(rulesOf('sg-1', 2));
      world.network.on('revokeIngress', { throws: awsError(code, 'as EC2 says') });
      const outcomes = await outcomesOf(world);
      expect(byRule(outcomes)).toEqual({ 'sgr-1': 'FAILED', 'sgr-2': 'FAILED' });
      expect(outcomes[0].error).toMatchObject({ code, message: 'as EC2 says' });
      const calls = world.network.methods.filter(
        method => method === 'securityGroupRules' || method === 'revokeIngress',
      );
      expect(calls).toEqual([
        ...Array.from({ length: 1 + 2 * 3 }, () => ['securityGroupRules', 'revokeIngress']).flat(),
        'securityGroupRules',
      ]);
    },
  );

  test.each([
    'InternalError',
    'Unavailable',
    'ServiceUnavailable',
    'OperationNotPermitted',
    'UnauthorizedOperation',
    'DependencyViolation',
    'IncorrectState',
    'SomethingNew',
  ])('is the one rule of a group with which every call fails with %s, and no other', async code => {
    const world = aWorld(rulesOf('sg-1', 4));
    world.network.on('revokeIngress', { naming: 'sgr-3', throws: awsError(code) });
    const outcomes = await outcomesOf(world);
    expect(byRule(outcomes)).toEqual({ 'sgr-1': 'REVOKED', 'sgr-2': 'REVOKED', 'sgr-3': 'FAILED', 'sgr-4': 'REVOKED' });
    expect(outcomes.find(({ outcome }) => outcome === 'FAILED')?.error?.code).toBe(code);
  });

  test.each([
    ['gone', 'REVOKED'],
    ['there', 'FAILED'],
  ])(
    'is decided by the reading back when time runs out after an uncertain try: the rule is %s',
    async (state, outcome) => {
      const world = aWorld();
      const { network, clock } = world;
      network.on('revokeIngress', {
        call: 1,
        throws: awsError('InternalError'),
        before: () => {
          if (state === 'gone') network.rules.delete('sgr-1');
          clock.advance(120_000);
        },
      });
      expect(await outcomeOf(world)).toMatchObject({ outcome, error: { code: 'InternalError' } });
      expect(network.idsOf('revokeIngress')).toHaveLength(1);
    },
  );

  test('is REVOKED, not ALREADY_GONE, when an uncertain try had its effect and the next one is throttled at reading', async () => {
    const world = aWorld();
    const { network } = world;
    network.on('revokeIngress', {
      call: 1,
      throws: awsError('InternalError'),
      before: () => {
        network.rules.delete('sgr-1');
      },
    });
    network.on('securityGroups', { call: 2, throws: awsError('RequestLimitExceeded') });
    expect(await outcomeOf(world)).toMatchObject({ outcome: 'REVOKED' });
  });

  test('is no outcome of a rule that changes between two tries: the changed rule is kept', async () => {
    const world = aWorld();
    const { network } = world;
    network.on('revokeIngress', {
      call: 1, throws: awsError('RequestLimitExceeded'),
      before: () => { network.rules.set('sgr-1', { ...network.rules.get('sgr-1')!, fromPort: 443, toPort: 443 }); },
    });
    expect((await outcomeOf(world)).outcome).toBe('CHANGED_MEANWHILE');
    expect(network.rules.has('sgr-1')).toBe(true);
  });

  test.each(['UnauthorizedOperation'])(
    'is a rule that is still there after %s; it was tried with its group and by itself',
    async code => {
      const world = aWorld(rulesOf('sg-1', 2));
      world.network.on('revokeIngress', { throws: awsError(code, 'as EC2 says', { requestId: 'request-1' }) });
      const outcomes = await outcomesOf(world);
      expect(byRule(outcomes)).toEqual({ 'sgr-1': 'FAILED', 'sgr-2': 'FAILED' });
      expect(outcomes[0].error).toMatchObject({ code, message: 'as EC2 says', requestId: 'request-1' });
      expect(world.network.idsOf('revokeIngress')).toEqual([
        ['sg-1', 'sgr-1', 'sgr-2'],
        ['sg-1', 'sgr-1'],
        ['sg-1', 'sgr-2'],
      ]);
      // A refused rule is expected to be there still, so the sweep does not wait for it to disappear.
      expect(world.clock.slept).toEqual([]);
    },
  );

  test('is a rule that is still there, although EC2 reported success', async () => {
    const world = aWorld();
    const { network, planned: [{ rule }] } = world;
    network.on('revokeIngress', { after: () => { network.rules.set('sgr-1', rule); } });
    expect(await outcomeOf(world)).toMatchObject({
      outcome: 'FAILED',
      detail: expect.stringContaining('still there, although EC2 reported success'),
    });
    expect(world.clock.slept).toEqual([300, 1000, 2700]);
  });

  test('is a rule that is still there, although EC2 did not know it', async () => {
    const world = aWorld();
    const { network, planned: [{ rule }] } = world;
    network.isDefaultVpc = true;
    network.on('revokeIngress', {
      before: () => {
        network.rules.clear();
      },
      after: () => {
        network.rules.set('sgr-1', rule);
      },
    });
    expect(await outcomeOf(world)).toMatchObject({
      outcome: 'FAILED',
      detail: expect.stringContaining('did not know it'),
    });
  });

  test('is a rule of which it could not be read back whether it is gone', async () => {
    const world = aWorld();
    world.network.on('securityGroupRules', { call: 2, throws: awsError('RequestLimitExceeded') });
    expect(await outcomeOf(world)).toMatchObject({
      outcome: 'FAILED',
      detail: expect.stringContaining('could not be read'),
      error: { code: 'RequestLimitExceeded' },
    });
  });

  test('of one group does not stop the others', async () => {
    const world = aWorld([...rulesOf('sg-1', 1), ...rulesOf('sg-2', 1, 2), ...rulesOf('sg-3', 1, 3)]);
    world.network.on('revokeIngress', { naming: 'sg-2', throws: awsError('UnauthorizedOperation') });
    expect(byRule(await outcomesOf(world))).toEqual({ 'sgr-1': 'REVOKED', 'sgr-2': 'FAILED', 'sgr-3': 'REVOKED' });
  });
});

describe('a rejected call', () => {
  test('is repeated rule by rule: the one that is gone does not keep the others', async () => {
    const world = aWorld(rulesOf('sg-1', 3));
    const { network } = world;
    network.on('revokeIngress', { call: 1, before: () => { network.rules.delete('sgr-2'); } });
    expect(byRule(await outcomesOf(world))).toEqual({
      'sgr-1': 'REVOKED',
      'sgr-2': 'ALREADY_GONE',
      'sgr-3': 'REVOKED',
    });
    expect(network.rules.size).toBe(0);
  });

  test('is repeated rule by rule: the one that EC2 rejects does not keep the others', async () => {
    const world = aWorld(rulesOf('sg-1', 3));
    world.network.on('revokeIngress', { naming: 'sgr-2', throws: awsError('InvalidSecurityGroupRuleId.Malformed') });
    const outcomes = await outcomesOf(world);
    expect(byRule(outcomes)).toEqual({ 'sgr-1': 'REVOKED', 'sgr-2': 'FAILED', 'sgr-3': 'REVOKED' });
    expect(outcomes[1].error).toMatchObject({ code: 'InvalidSecurityGroupRuleId.Malformed' });
  });

  test('is not repeated beyond the deadline', async () => {
    const world = aWorld(rulesOf('sg-1', 3));
    const { network, clock } = world;
    network.on('revokeIngress', { call: 1, before: () => { network.rules.delete('sgr-1'); } });
    network.on('revokeIngress', { call: 2, after: () => clock.advance(60_000) });
    expect(byRule(await outcomesOf(world))).toEqual({
      'sgr-1': 'ALREADY_GONE',
      'sgr-2': 'REVOKED',
      'sgr-3': 'SKIPPED',
    });
    expect([...network.rules.keys()]).toEqual(['sgr-3']);
  });
});

describe('SKIPPED', () => {
  test.each(['', 'true', 'false'])(
    'is a rule that was made exempt meanwhile, whatever the value of the tag: "%s"',
    async value => {
      const world = aWorld();
      const {
        network,
        planned: [{ rule }],
      } = world;
      network.rules.set('sgr-1', { ...rule, tags: { [EXEMPT_TAG]: value } });
      expect((await outcomeOf(world)).outcome).toBe('SKIPPED');
      expect(network.methods).not.toContain('revokeIngress');
    },
  );

  test('is every rule of a group that was made exempt meanwhile, and no rule of another', async () => {
    const world = aWorld([...rulesOf('sg-1', 2), ...rulesOf('sg-2', 1, 3)]);
    world.network.groups.set('sg-1', aGroup({ groupId: 'sg-1', tags: { [EXEMPT_TAG]: '' } }));
    expect(byRule(await outcomesOf(world))).toEqual({ 'sgr-1': 'SKIPPED', 'sgr-2': 'SKIPPED', 'sgr-3': 'REVOKED' });
    expect(world.network.idsOf('revokeIngress')).toEqual([['sg-2', 'sgr-3']]);
  });

  test('is everything when time has run out before: EC2 is not called at all', async () => {
    const world = aWorld(rulesOf('sg-1', 2));
    expect(byRule(await outcomesOf(world, START))).toEqual({ 'sgr-1': 'SKIPPED', 'sgr-2': 'SKIPPED' });
    expect(world.network.calls).toEqual([]);
    expect(world.ledger.calls).toEqual([]);
  });

  test('is what is left when time runs out half-way', async () => {
    const world = aWorld([...rulesOf('sg-1', 1), ...rulesOf('sg-2', 1, 2), ...rulesOf('sg-3', 1, 3)]);
    world.network.admits = 1;
    const firstIsRevoked = new Promise<void>(resolve => world.network.on('revokeIngress', { call: 1, after: resolve }));
    world.network.on('admitRevocations', {
      call: 2,
      before: async () => firstIsRevoked.then(() => world.clock.advance(60_000)),
    });
    expect(byRule(await outcomesOf(world))).toMatchObject({ 'sgr-1': 'REVOKED', 'sgr-3': 'SKIPPED' });
    expect(world.network.rules.has('sgr-3')).toBe(true);
  });

  test('is what waited for its turn until time had run out', async () => {
    const world = aWorld();
    world.network.on('admitRevocations', { after: () => world.clock.advance(60_000) });
    expect((await outcomeOf(world)).outcome).toBe('SKIPPED');
    expect(world.network.methods).not.toContain('revokeIngress');
  });

  test('is what the function stopped waiting for; what was begun before is read back', async () => {
    const world = aWorld([...rulesOf('sg-1', 1), ...rulesOf('sg-2', 1, 2)]);
    world.network.admits = 1;
    world.network.on('admitRevocations', { call: 2, throws: new Error('The function is running out of time') });
    const outcomes = await outcomesOf(world);
    expect(byRule(outcomes)).toEqual({ 'sgr-1': 'REVOKED', 'sgr-2': 'SKIPPED' });
    expect(outcomes[1].error).toMatchObject({ message: 'The function is running out of time' });
  });
});

test('whatever happens to the rules, exactly the unchanged ones are revoked, and each has one outcome', async () => {
  const expected = { same: 'REVOKED', gone: 'ALREADY_GONE', changed: 'CHANGED_MEANWHILE', exempt: 'SKIPPED' } as const;
  const recorded = { same: 'REVOKED', gone: 'HEALED', changed: 'OPEN', exempt: 'OPEN' } as const;
  const fates = fc.array(
    fc.tuple(fc.constantFrom('sg-1', 'sg-2', 'sg-3'), fc.constantFrom('same', 'gone', 'changed', 'exempt')),
    { maxLength: 30 },
  );
  await fc.assert(
    fc.asyncProperty(fates, fc.integer({ min: 1, max: 3 }), async (list, admits) => {
      const world = aWorld(list.map(([groupId], index) => aRule({ groupId, securityGroupRuleId: `sgr-${index}` })));
      const { network, ledger, planned } = world;
      network.admits = admits;
      list.forEach(([, fate], index) => {
        const { rule } = planned[index];
        if (fate === 'gone') network.rules.delete(rule.securityGroupRuleId);
        if (fate === 'changed') network.rules.set(rule.securityGroupRuleId, { ...rule, description: 'changed' });
        if (fate === 'exempt') network.rules.set(rule.securityGroupRuleId, { ...rule, tags: { [EXEMPT_TAG]: '' } });
      });
      const outcomes = await outcomesOf(world);
      expect(outcomes).toHaveLength(list.length);
      expect(byRule(outcomes)).toEqual(
        Object.fromEntries(list.map(([, fate], index) => [`sgr-${index}`, expected[fate]])),
      );
      expect([...ledger.entries.values()].map(({ state }) => state)).toEqual(list.map(([, fate]) => recorded[fate]));
      const revoked = network.idsOf('revokeIngress').flatMap(([, ...ruleIds]) => ruleIds);
      expect(revoked.sort()).toEqual(list.flatMap(([, fate], index) => (fate === 'same' ? `sgr-${index}` : [])).sort());
    }),
    { numRuns: 100 },
  );
});

describe('SKIPPED', () => {
  test.each(['securityGroupRules', 'securityGroups'] as const)(
    'is a rule that could not be read again (%s): EC2 is not asked to revoke it',
    async method => {
      const world = aWorld();
      world.network.on(method, { throws: awsError('RequestLimitExceeded') });
      expect(await outcomeOf(world)).toMatchObject({ outcome: 'SKIPPED', readError: { code: 'RequestLimitExceeded' } });
      expect(world.network.methods).not.toContain('revokeIngress');
      expect([...world.network.rules.keys()]).toEqual(['sgr-1']);
    },
  );

  test('is a rule that could not be read again, and no other', async () => {
    const world = aWorld([...rulesOf('sg-1', 1), ...rulesOf('sg-2', 1, 2)]);
    world.network.on('securityGroupRules', { naming: 'sgr-1', throws: awsError('InternalError') });
    expect(byRule(await outcomesOf(world))).toEqual({ 'sgr-1': 'SKIPPED', 'sgr-2': 'REVOKED' });
  });

  test.each([1, 2, 3])(
    'is no rule that could be read again later, while there is time: %d readings that fail',
    async failures => {
      const world = aWorld(rulesOf('sg-1', 2));
      for (let call = 1; call <= failures; call++) {world.network.on('securityGroups', { call, throws: awsError('RequestLimitExceeded') });}
      expect(byRule(await outcomesOf(world))).toEqual({ 'sgr-1': 'REVOKED', 'sgr-2': 'REVOKED' });
    },
  );

  test('is a rule that EC2 does not show by its id although its group has it: that is no proof that it is gone', async () => {
    const world = aWorld(rulesOf('sg-1', 2));
    const {
      network,
      planned: [{ rule }],
    } = world;
    // The rule is read by its id first, and then with its group.
    network.on('securityGroupRules', {
      call: 1,
      before: () => void network.rules.delete('sgr-1'),
      after: () => void network.rules.set('sgr-1', rule),
    });
    const outcomes = await outcomesOf(world);
    expect(byRule(outcomes)).toEqual({ 'sgr-1': 'SKIPPED', 'sgr-2': 'REVOKED' });
    expect(outcomes.find(({ outcome }) => outcome === 'SKIPPED')?.readError).toEqual({
      code: 'UnusableAnswer',
      message: expect.stringContaining('although its group has it'),
    });
    expect(world.ledger.entries.get('sgr-1')).toMatchObject({ state: 'OPEN' });
  });

  test('is a rule that EC2 throttles until time runs out: it was never tried', async () => {
    const world = aWorld(rulesOf('sg-1', 2));
    world.network.on('revokeIngress', { throws: awsError('RequestLimitExceeded', 'as EC2 says') });
    const outcomes = await outcomesOf(world);
    expect(byRule(outcomes)).toEqual({ 'sgr-1': 'SKIPPED', 'sgr-2': 'SKIPPED' });
    expect(outcomes[0].error).toMatchObject({ code: 'RequestLimitExceeded', message: 'as EC2 says' });
    expect(world.clock.slept.slice(0, 5)).toEqual([500, 1500, 4000, 8000, 8000]);
    // The steps after revoking have their own time.
    expect(world.clock.now()).toEqual(IN_A_MINUTE);
  });

  test('is no rule of a call that EC2 throttles ten times in a row, as long as there is time', async () => {
    const world = aWorld(rulesOf('sg-1', 2));
    for (let call = 1; call <= 10; call++) {world.network.on('revokeIngress', { call, throws: awsError('RequestLimitExceeded') });}
    expect(byRule(await outcomesOf(world, new Date('2026-01-01T00:10:00Z')))).toEqual({
      'sgr-1': 'REVOKED',
      'sgr-2': 'REVOKED',
    });
  });

  test('waits for times that vary, so that it does not stay in step with what throttles it', async () => {
    const world = aWorld();
    const chances = [0, 0.25, 1];
    world.clock.random = () => chances.shift() ?? 0.5;
    for (const call of [1, 2, 3]) world.network.on('revokeIngress', { call, throws: awsError('RequestLimitExceeded') });
    expect((await outcomeOf(world)).outcome).toBe('REVOKED');
    expect(world.clock.slept).toEqual([250, 1125, 6000]);
  });

  describe('while revoking is paused', () => {
    const PAUSE = {
      until: '2026-01-02T00:00:00Z',
      reason: 'a migration',
      begunAt: '2026-01-01T00:00:00Z',
      pauseId: 'pause-1',
      told: [],
    };

    test('is every rule, also when the pause begins after the sweep has claimed it', async () => {
      const world = aWorld(rulesOf('sg-1', 2));
      world.network.on('securityGroups', { after: () => { world.ledger.controlEntry = openControl({ pause: PAUSE }); } });
      const outcomes = await outcomesOf(world);
      expect(byRule(outcomes)).toEqual({ 'sgr-1': 'SKIPPED', 'sgr-2': 'SKIPPED' });
      expect(outcomes[0]).toMatchObject({
        heldBy: 'PAUSED',
        detail: 'revoking is paused until 2026-01-02T00:00:00Z: a migration',
      });
      expect(world.network.methods).not.toContain('revokeIngress');
      expect([...world.ledger.entries.values()].map(({ state }) => state)).toEqual(['OPEN', 'OPEN']);
    });

    test('is what is left of a sweep that is under way', async () => {
      const world = aWorld(rulesOf('sg-1', 2));
      world.network.on('revokeIngress', { call: 1, throws: awsError('InternalError') });
      world.network.on('revokeIngress', {
        call: 2,
        after: () => {
          world.ledger.controlEntry = openControl({ pause: PAUSE });
        },
      });
      expect(byRule(await outcomesOf(world))).toMatchObject({ 'sgr-1': 'REVOKED' });
      expect([...world.network.rules.keys()]).toEqual(['sgr-2']);
    });

    test('is no rule once the pause is over, or was ended', async () => {
      for (const pause of [
        { ...PAUSE, until: '2025-12-31T00:00:00Z' },
        { ...PAUSE, resumedAt: '2026-01-01T00:00:00Z' },
      ]) {
        const world = aWorld();
        world.ledger.controlEntry = openControl({ pause });
        expect((await outcomeOf(world)).outcome).toBe('REVOKED');
      }
    });

    test('is every rule when the pause cannot be read', async () => {
      const world = aWorld();
      world.ledger.on('control', { throws: awsError('UnreadableItem') });
      expect(await outcomeOf(world)).toMatchObject({ outcome: 'SKIPPED', ledgerError: { code: 'UnreadableItem' } });
      expect(world.network.methods).not.toContain('revokeIngress');
    });
  });
});

describe("what is of the function's own way is read again before each call:", () => {
  const deciding = { ...DECIDING, functionNetwork: { vpcId: 'vpc-fn', securityGroupIds: ['sg-own'] } };

  test('a rule of a group that an endpoint was given meanwhile is kept, and no other', async () => {
    const world = aWorld([...rulesOf('sg-1', 2), ...rulesOf('sg-2', 1, 3)]);
    world.network.endpointGroupIds = { 'vpc-fn': ['sg-1'], 'vpc-1': ['sg-2'] };
    const outcomes = await outcomesOf(world, IN_A_MINUTE, world.planned, { deciding });
    expect(byRule(outcomes)).toEqual({ 'sgr-1': 'SKIPPED', 'sgr-2': 'SKIPPED', 'sgr-3': 'REVOKED' });
    expect(outcomes.find(({ outcome }) => outcome === 'SKIPPED')).toMatchObject({
      heldBy: 'EXEMPT_BY_FUNCTION',
      detail: `it was made exempt while the sweep ran: ${KEEP_REASONS.EXEMPT_BY_FUNCTION.words}`,
    });
    expect(world.network.idsOf('revokeIngress')).toEqual([['sg-2', 'sgr-3']]);
    expect(world.ledger.entries.get('sgr-1')).toMatchObject({ state: 'OPEN' });
  });

  test("a rule of the function's own group is kept, though it was planned", async () => {
    const world = aWorld(rulesOf('sg-own', 1));
    const [outcome] = await outcomesOf(world, IN_A_MINUTE, world.planned, { deciding });
    expect(outcome).toMatchObject({ outcome: 'SKIPPED', heldBy: 'EXEMPT_BY_FUNCTION' });
    expect(world.network.methods).not.toContain('revokeIngress');
  });

  test('the endpoints are read once for all rules that are read again together', async () => {
    const world = aWorld([...rulesOf('sg-1', 2), ...rulesOf('sg-2', 2, 3)]);
    await outcomesOf(world, IN_A_MINUTE, world.planned, { deciding });
    expect(world.network.idsOf('interfaceEndpointGroupIds')).toEqual([['vpc-fn']]);
    expect([...world.network.rules.keys()]).toEqual([]);
  });

  test('and not at all where the function is in no VPC', async () => {
    const world = aWorld(rulesOf('sg-1', 1));
    await outcomesOf(world);
    expect(world.network.methods).not.toContain('interfaceEndpointGroupIds');
  });

  test.each(['UnauthorizedOperation', 'InternalError', 'RequestLimitExceeded', 'TimeoutError'])(
    'no rule is revoked while they cannot be read: %s', async code => {
      const world = aWorld([...rulesOf('sg-1', 2), ...rulesOf('sg-2', 1, 3)]);
      world.network.on('interfaceEndpointGroupIds', { throws: awsError(code) });
      const outcomes = await outcomesOf(world, IN_A_MINUTE, world.planned, { deciding });
      expect(outcomes).toHaveLength(3);
      for (const each of outcomes) {
        expect(each).toMatchObject({
          outcome: 'SKIPPED', heldBy: 'ENDPOINTS_UNREAD', readError: { code }, error: { code },
          detail: KEEP_REASONS.ENDPOINTS_UNREAD.words,
        });
      }
      expect(world.network.methods).not.toContain('revokeIngress');
      expect(world.network.rules.size).toBe(3);
      expect([...world.ledger.entries.values()].map(({ state }) => state)).toEqual(['OPEN', 'OPEN', 'OPEN']);
    });

  test('nor where the answer is usable in part: a group that it names is exempt, and of any other that is not known', async () => {
    const world = aWorld([...rulesOf('sg-1', 1), ...rulesOf('sg-2', 1, 2)]);
    world.network.on('interfaceEndpointGroupIds', { throws: new UnusableAnswer('an endpoint without its groups', ['sg-1']) });
    const outcomes = await outcomesOf(world, IN_A_MINUTE, world.planned, { deciding });
    expect(Object.fromEntries(outcomes.map(({ rule, heldBy }) => [rule.securityGroupRuleId, heldBy])))
      .toEqual({ 'sgr-1': 'EXEMPT_BY_FUNCTION', 'sgr-2': 'ENDPOINTS_UNREAD' });
    expect(world.network.methods).not.toContain('revokeIngress');
  });

  test('a rule is revoked that could be read again later, while there is time', async () => {
    const world = aWorld(rulesOf('sg-1', 2));
    for (const call of [1, 2]) world.network.on('interfaceEndpointGroupIds', { call, throws: awsError('InternalError') });
    const outcomes = await outcomesOf(world, IN_A_MINUTE, world.planned, { deciding });
    expect(byRule(outcomes)).toEqual({ 'sgr-1': 'REVOKED', 'sgr-2': 'REVOKED' });
  });

  test('they are read for each try anew: an endpoint that is made while EC2 throttles is respected', async () => {
    const world = aWorld(rulesOf('sg-1', 1));
    world.network.on('revokeIngress', {
      call: 1, throws: awsError('RequestLimitExceeded'),
      before: () => void (world.network.endpointGroupIds = { 'vpc-fn': ['sg-1'] }),
    });
    const [outcome] = await outcomesOf(world, IN_A_MINUTE, world.planned, { deciding });
    expect(outcome).toMatchObject({ outcome: 'SKIPPED', heldBy: 'EXEMPT_BY_FUNCTION' });
    expect([...world.network.rules.keys()]).toEqual(['sgr-1']);
  });
});

describe('the whole decision is made again before each call:', () => {
  const { vpcIds } = DECIDING;
  const graceful = { ...DECIDING, flaggedIngressRules: [], grace: aGrace() };
  const seen = (firstSeen: string): LedgerEntry =>
    anEntry({ because: { stale: 'DELETED_GROUP', declarations: [] }, firstSeen, lastSeen: '2025-12-31T23:00:00.000Z' });

  test.each<[name: string, reason: KeepReason, overrides: Partial<RevokeOptions['deciding']>]>([
    ['in a dry run', 'DRY_RUN', { dryRun: true }],
    ['while the construct is disabled', 'DISABLED', { enabled: false }],
    ['of a group that the configuration exempts', 'EXEMPT_BY_PROP', { exemptSecurityGroupIds: ['sg-1'] }],
    ['of a VPC that is not in scope', 'OUTSIDE_VPCS', { vpcIds: new Set(['vpc-2']) }],
    ['of another account', 'OTHER_OWNER', { accountId: '444455556666' }],
    ['that no declaration means any more', 'REPORT_ONLY', { flaggedIngressRules: [] }],
  ])('a rule %s is kept', async (_, reason, overrides) => {
    const world = aWorld(rulesOf('sg-1', 2));
    const outcomes = await outcomesOf(world, IN_A_MINUTE, world.planned, { deciding: { ...DECIDING, ...overrides } });
    expect(outcomes).toMatchObject([{ outcome: 'SKIPPED', heldBy: reason }, { outcome: 'SKIPPED', heldBy: reason }]);
    expect(world.network.methods).not.toContain('revokeIngress');
    expect([...world.ledger.entries.values()].map(({ state }) => state)).toEqual(['OPEN', 'OPEN']);
  });

  test('a stale rule is kept whose wait is not over, and revoked where it is', async () => {
    const rule = aRule({ referencedGroup: { groupId: 'sg-gone' } });
    const outcomes = ['2025-12-30T00:00:00.000Z', '2025-12-24T23:00:00.000Z', '2025-12-24T00:00:00.000Z'].map(
      async firstSeen => {
        const world = aWorld([rule], { stale: seen(firstSeen).stale });
        const deciding = { ...graceful, vpcIds };
        const [{ outcome, heldBy }] = await outcomesOf(world, IN_A_MINUTE, world.planned, { deciding });
        return [outcome, heldBy];
      },
    );
    await expect(Promise.all(outcomes)).resolves.toEqual([
      ['SKIPPED', 'WITHIN_GRACE'], ['REVOKED', undefined], ['REVOKED', undefined],
    ]);
  });

  test('a flagged rule is judged as it is now: another reason to flag it is as good', async () => {
    const world = aWorld();
    const [anything] = DECIDING.flaggedIngressRules;
    const deciding = { ...DECIDING, flaggedIngressRules: [{ ...anything, name: 'flaggedIngressRules[1]' }] };
    expect(byRule(await outcomesOf(world, IN_A_MINUTE, world.planned, { deciding }))).toEqual({ 'sgr-1': 'REVOKED' });
  });

  test('rules for which nothing has changed are revoked by one call', async () => {
    const world = aWorld(rulesOf('sg-1', 2));
    expect(byRule(await outcomesOf(world))).toEqual({ 'sgr-1': 'REVOKED', 'sgr-2': 'REVOKED' });
    expect(world.network.idsOf('revokeIngress')).toEqual([['sg-1', 'sgr-1', 'sgr-2']]);
  });
});

describe('what holds back revoking is read right before each call:', () => {
  const CHANGED = { ...DEPLOYED, since: '2025-01-01T00:00:00.000Z' };
  const settling = openControl({ configuration: { ...CHANGED, since: '2025-12-31T23:59:00.000Z' } });
  const overLimit = { planned: 3000, runId: 'sweep-other', at: '2026-01-01T00:00:00.000Z' };
  const allowance = { openedBy: OPENED_BY, openedAt: '2026-01-01T00:00:00.000Z', limit: 1000, used: 0 };

  const HOLDS: Array<[name: string, reason: KeepReason, control: ControlEntry | undefined]> = [
    [
      'another configuration was deployed',
      'CONFIGURATION_CHANGING',
      openControl({ configuration: { ...CHANGED, fingerprint: 'another' } }),
    ],
    [
      'a value that is known at deployment only is another',
      'CONFIGURATION_CHANGING',
      openControl({ configuration: { ...CHANGED, digest: 'another' } }),
    ],
    ['there is no configuration', 'CONFIGURATION_CHANGING', openControl({ configuration: undefined })],
    ['someone deleted the item', 'CONFIGURATION_CHANGING', undefined],
    ['the configuration changed a minute ago', 'SETTLING', settling],
    ['the ledger is that of another table', 'LEDGER_UNTRUSTED', openControl({ table: 'another' })],
    ['the ledger names no table', 'LEDGER_UNTRUSTED', openControl({ table: undefined })],
    [
      'a scheduled sweep has opened the next allowance',
      'LIMIT_USED',
      openControl({ allowance: { ...allowance, openedBy: 'sweep-next' } }),
    ],
    ['there is no allowance', 'LIMIT_USED', openControl({ allowance: undefined })],
    ['a full sweep found more than the limit', 'OVER_LIMIT', openControl({ allowance: { ...allowance, overLimit } })],
  ];

  test.each(HOLDS)('nothing is revoked where %s', async (_, reason, control) => {
    const world = aWorld(rulesOf('sg-1', 2));
    const deployed = { ...DEPLOYED, settleSeconds: 3600 };
    world.network.on('securityGroups', { after: () => void (world.ledger.controlEntry = control) });
    const outcomes = await outcomesOf(world, IN_A_MINUTE, world.planned, { deployed });
    expect(outcomes).toMatchObject([{ outcome: 'SKIPPED', heldBy: reason }, { outcome: 'SKIPPED', heldBy: reason }]);
    expect(outcomes[0].detail).not.toBe('');
    expect(world.network.methods).not.toContain('revokeIngress');
    expect([...world.ledger.entries.values()]).toMatchObject([
      { state: 'OPEN', attempt: undefined },
      { state: 'OPEN', attempt: undefined },
    ]);
  });

  test.each(HOLDS)('nor is what is left of a sweep that is under way where %s', async (_, reason, control) => {
    const world = aWorld([...rulesOf('sg-1', 1), ...rulesOf('sg-2', 1, 2)]);
    const deployed = { ...DEPLOYED, settleSeconds: 3600 };
    world.network.admits = 1;
    const isRevoked = new Promise<void>(resolve => world.network.on('revokeIngress', { call: 1, after: resolve }));
    world.network.on('admitRevocations', {
      call: 2, before: async () => isRevoked.then(() => void (world.ledger.controlEntry = control)),
    });
    const outcomes = await outcomesOf(world, IN_A_MINUTE, world.planned, { deployed });
    expect(byRule(outcomes)).toEqual({ 'sgr-1': 'REVOKED', 'sgr-2': 'SKIPPED' });
    expect(outcomes.map(({ heldBy }) => heldBy)).toEqual([undefined, reason]);
    expect([...world.network.rules.keys()]).toEqual(['sgr-2']);
  });

  test('a limit that holds, and a configuration that has settled, keep nothing back', async () => {
    const world = aWorld(rulesOf('sg-1', 2));
    world.ledger.controlEntry = openControl({ allowance: { ...allowance, used: 1000 }, configuration: CHANGED });
    const deployed = { ...DEPLOYED, settleSeconds: 3600 };
    const outcomes = await outcomesOf(world, IN_A_MINUTE, world.planned, { deployed });
    expect(byRule(outcomes)).toEqual({ 'sgr-1': 'REVOKED', 'sgr-2': 'REVOKED' });
  });

  test('it is read for each try anew', async () => {
    const world = aWorld(rulesOf('sg-1', 2));
    world.network.on('revokeIngress', { call: 1, throws: awsError('InternalError') });
    await outcomesOf(world);
    expect(world.network.idsOf('revokeIngress')).toHaveLength(3);
    expect(world.ledger.calls.filter(({ method }) => method === 'control')).toHaveLength(3);
  });
});

describe('what a run had reserved is unused', () => {
  const unusedOf = async (world: RevocationWorld): Promise<number> => countUnused(await outcomesOf(world));

  test('for no rule of a call that had its effect, and for each that was not called for', async () => {
    const world = aWorld(rulesOf('sg-1', 3));
    world.network.rules.delete('sgr-2');
    await expect(unusedOf(world)).resolves.toBe(1);
    expect(world.network.rules.size).toBe(0);
  });

  test('for a rule that EC2 refused to revoke', async () => {
    const world = aWorld();
    world.network.on('revokeIngress', { throws: awsError('UnauthorizedOperation') });
    await expect(unusedOf(world)).resolves.toBe(1);
  });

  test('not for a rule of which it could not be read back whether it is gone', async () => {
    const world = aWorld();
    world.network.on('securityGroupRules', { call: 2, throws: awsError('RequestLimitExceeded') });
    await expect(unusedOf(world)).resolves.toBe(0);
  });

  test('not for a rule that this run revoked, and that another was faster to record', async () => {
    const world = aWorld();
    world.network.on('revokeIngress', {
      after: () => {
        const entry = world.ledger.entries.get('sgr-1') ?? anEntry();
        world.ledger.entries.set('sgr-1', {
          ...entry, revision: entry.revision + 1, writtenBy: 'sweep-other', state: 'REVOKED', attempt: undefined,
          outcome: { name: 'REVOKED', sweepId: SWEEP, recordedBy: 'sweep-other', at: START.toISOString() },
        });
      },
    });
    await expect(unusedOf(world)).resolves.toBe(0);
  });

  test.each<[name: string, happens: (world: RevocationWorld) => void]>([
    [
      'EC2 reported success, and it is still shown',
      ({ network, planned: [{ rule }] }) => {
        network.on('revokeIngress', { after: () => void network.rules.set('sgr-1', rule) });
      },
    ],
    [
      'nobody knows what became of the call',
      ({ network }) => void network.on('revokeIngress', { throws: awsError('TimeoutError') }),
    ],
    [
      'it was made exempt after a call that was answered with an error',
      ({ network, planned: [{ rule }] }) => {
        const makeExempt = (): void => void network.rules.set('sgr-1', { ...rule, tags: { [EXEMPT_TAG]: '' } });
        network.on('revokeIngress', { call: 1, before: makeExempt, throws: awsError('InternalError') });
      },
    ],
  ])('not for a rule that the call may yet revoke: %s', async (_, happens) => {
    const world = aWorld();
    happens(world);
    await expect(unusedOf(world)).resolves.toBe(0);
    expect(world.ledger.entries.get('sgr-1')?.attempt).toBeDefined();
  });
});

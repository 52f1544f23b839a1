import { staleReason, staleRules } from '../../../../lambda/core/checks/stale-rules';
import type { StaleReason, StaleRule } from '../../../../lambda/core/model/finding';
import type { ReferencedGroup, SecurityGroupRule, StalePermission } from '../../../../lambda/core/model/network';
import { aRule, aStalePermission } from '../../../support/builders';

/** The rule to which `aStalePermission()` refers. */
function aReferencingRule(overrides: Partial<SecurityGroupRule> = {}): SecurityGroupRule {
  return aRule({ cidrIpv4: undefined, referencedGroup: { groupId: 'sg-gone' }, ...overrides });
}

interface Named {
  readonly ingress?: readonly StalePermission[];
  readonly egress?: readonly StalePermission[];
}

function found({ ingress = [], egress = [] }: Named, ...rules: SecurityGroupRule[]): StaleRule[] {
  return staleRules('vpc-1', [{ groupId: 'sg-1', groupName: 'web', ingress, egress }], groupId =>
    rules.filter(rule => rule.groupId === groupId),
  );
}

/** Returns the id of the rule that is identified from one stale ingress permission. */
function joined(permission: Partial<StalePermission>, ...rules: SecurityGroupRule[]): string | undefined {
  const [stale] = found({ ingress: [aStalePermission(permission)] }, ...rules);
  return stale.rule?.securityGroupRuleId;
}

describe('the reason', () => {
  test.each<[name: string, reason: StaleReason, reference: Partial<ReferencedGroup>]>([
    [
      'is a deleted peering connection, where it is deleted',
      'DELETED_PEERING',
      { peeringStatus: 'deleted', userId: '111122223333' },
    ],
    [
      'is a deleted peering connection, where it is in any other state but active',
      'DELETED_PEERING',
      { peeringStatus: 'rejected', userId: '111122223333' },
    ],
    [
      'is a deleted peering connection, where the group is gone as well',
      'DELETED_PEERING',
      { peeringStatus: 'deleted' },
    ],
    [
      'is a deleted group, as EC2 answers: the connection is active and the account left out',
      'DELETED_GROUP',
      { peeringStatus: 'active' },
    ],
    ['is a deleted group, where only the account is left out', 'DELETED_GROUP', {}],
    [
      'is another, where the connection is active and the account known',
      'OTHER',
      { peeringStatus: 'active', userId: '111122223333' },
    ],
    ['is another, where no connection is named and the account known', 'OTHER', { userId: '111122223333' }],
  ])('%s', (_, reason, reference) => {
    expect(staleReason({ groupId: 'sg-gone', ...reference })).toBe(reason);
  });
});

describe('a stale rule', () => {
  test('says where it is, why it is stale, what EC2 named, and which rule it is', () => {
    const permission = aStalePermission();
    const rule = aReferencingRule();
    expect(found({ ingress: [permission] }, rule)).toEqual([
      {
        direction: 'ingress',
        vpcId: 'vpc-1',
        groupId: 'sg-1',
        groupName: 'web',
        reason: 'DELETED_GROUP',
        permission,
        rule,
      },
    ]);
  });

  test('comes from each group and each direction that EC2 names', () => {
    const groups = ['sg-1', 'sg-2'].map(groupId => ({
      groupId,
      groupName: 'web',
      ingress: [aStalePermission()],
      egress: [aStalePermission()],
    }));
    const rules = groups.flatMap(({ groupId }) =>
      [false, true].map(isEgress =>
        aReferencingRule({
          securityGroupRuleId: `sgr-${groupId}-${isEgress ? 'egress' : 'ingress'}`,
          groupId,
          isEgress,
        }),
      ),
    );
    const stale = staleRules('vpc-1', groups, groupId => rules.filter(rule => rule.groupId === groupId));
    expect(stale.map(({ groupId, direction, rule }) => [groupId, direction, rule?.securityGroupRuleId])).toEqual([
      ['sg-1', 'ingress', 'sgr-sg-1-ingress'],
      ['sg-1', 'egress', 'sgr-sg-1-egress'],
      ['sg-2', 'ingress', 'sgr-sg-2-ingress'],
      ['sg-2', 'egress', 'sgr-sg-2-egress'],
    ]);
  });

  test('is not there where EC2 names none', () => {
    expect(staleRules('vpc-1', [], () => [aReferencingRule()])).toEqual([]);
    expect(found({}, aReferencingRule())).toEqual([]);
  });
});

describe('is joined to its rule', () => {
  const noPorts = { fromPort: undefined, toPort: undefined };
  const minusOne = { fromPort: -1, toPort: -1 };
  type Permission = Pick<StalePermission, 'ipProtocol' | 'fromPort' | 'toPort'>;
  test.each<[name: string, permission: Partial<Permission>, rule: Partial<Permission>]>([
    ['where both say the same', {}, {}],
    ['where EC2 numbers the protocol', { ipProtocol: '6' }, { ipProtocol: 'tcp' }],
    ['where the rule numbers the protocol', { ipProtocol: 'udp' }, { ipProtocol: '17' }],
    ['where the protocol is spelt with capitals', { ipProtocol: 'TCP' }, { ipProtocol: 'tcp' }],
    [
      'where ICMPv6 is numbered',
      { ipProtocol: '58', fromPort: 128, toPort: 0 },
      { ipProtocol: 'icmpv6', fromPort: 128, toPort: 0 },
    ],
    [
      'where all traffic has no ports in one, and -1 in the other',
      { ipProtocol: '-1', ...noPorts },
      { ipProtocol: '-1', ...minusOne },
    ],
    [
      'where all traffic is "all" and has ports',
      { ipProtocol: 'all', fromPort: 0, toPort: 65535 },
      { ipProtocol: '-1', ...minusOne },
    ],
    ['where tcp has no ports in one, and -1 in the other', noPorts, minusOne],
    ['where tcp has every port in one, and -1 in the other', { fromPort: 0, toPort: 65535 }, minusOne],
    [
      'where icmp has no type in one, and -1 in the other',
      { ipProtocol: 'icmp', ...noPorts },
      { ipProtocol: 'icmp', ...minusOne },
    ],
    [
      'where icmp has no code in one, and -1 in the other',
      { ipProtocol: 'icmp', fromPort: 8, toPort: undefined },
      { ipProtocol: 'icmp', fromPort: 8, toPort: -1 },
    ],
    [
      'where another protocol has no ports in one, and -1 in the other',
      { ipProtocol: '50', ...noPorts },
      { ipProtocol: '50', ...minusOne },
    ],
    [
      'where another protocol has ports that nobody explains, and both the same',
      { ipProtocol: '50', fromPort: 1, toPort: 2 },
      { ipProtocol: '50', fromPort: 1, toPort: 2 },
    ],
  ])('%s', (_, permission, rule) => {
    expect(joined(permission, aReferencingRule(rule))).toBe('sgr-1');
  });

  test.each<[name: string, permission: Partial<StalePermission['reference']>, rule: Partial<ReferencedGroup>]>([
    [
      'the same VPC and connection',
      { vpcId: 'vpc-2', vpcPeeringConnectionId: 'pcx-1' },
      { vpcId: 'vpc-2', vpcPeeringConnectionId: 'pcx-1' },
    ],
    ['no VPC and no connection', {}, {}],
    ['a VPC and a connection that the rule leaves out', { vpcId: 'vpc-2', vpcPeeringConnectionId: 'pcx-1' }, {}],
    ['neither, where the rule does', {}, { vpcId: 'vpc-2', vpcPeeringConnectionId: 'pcx-1' }],
    ['another account', { userId: '444455556666' }, { userId: '111122223333' }],
    ['another state of the connection, not active', { peeringStatus: 'deleted' }, { peeringStatus: 'expired' }],
  ])('where EC2 names %s', (_, reference, referencedGroup) => {
    const rule = aReferencingRule({ referencedGroup: { groupId: 'sg-gone', ...referencedGroup } });
    expect(joined({ reference: { groupId: 'sg-gone', ...reference } }, rule)).toBe('sgr-1');
  });

  test('of its own direction, where the other has the same rule', () => {
    const stale = found(
      { ingress: [aStalePermission()], egress: [aStalePermission()] },
      aReferencingRule({ securityGroupRuleId: 'sgr-out', isEgress: true }),
      aReferencingRule({ securityGroupRuleId: 'sgr-in' }),
    );
    expect(stale.map(({ direction, rule }) => [direction, rule?.securityGroupRuleId])).toEqual([
      ['ingress', 'sgr-in'],
      ['egress', 'sgr-out'],
    ]);
  });

  test('each, where one permission of EC2 holds two references', () => {
    const references = ['sg-gone', 'sg-gone-too'].map(groupId => aStalePermission({ reference: { groupId } }));
    const rules = ['sg-gone-too', 'sg-gone'].map(groupId =>
      aReferencingRule({ securityGroupRuleId: `sgr-${groupId}`, referencedGroup: { groupId } }),
    );
    expect(found({ ingress: references }, ...rules).map(({ rule }) => rule?.securityGroupRuleId)).toEqual([
      'sgr-sg-gone',
      'sgr-sg-gone-too',
    ]);
  });

  test('whose ports are the same, where others refer to the same group', () => {
    const others = [
      { fromPort: 21 },
      { toPort: 23 },
      { ipProtocol: 'udp' },
      { ipProtocol: '-1', fromPort: -1, toPort: -1 },
    ];
    const rules = others.map((other, index) =>
      aReferencingRule({ securityGroupRuleId: `sgr-other-${index}`, ...other }),
    );
    expect(joined({}, ...rules, aReferencingRule())).toBe('sgr-1');
  });
});

describe('is joined to no rule', () => {
  test.each<[name: string, rules: readonly SecurityGroupRule[]]>([
    ['where the group has none', []],
    [
      'where two could be the one',
      [aReferencingRule({ securityGroupRuleId: 'sgr-1' }), aReferencingRule({ securityGroupRuleId: 'sgr-2' })],
    ],
    ['where the rule is of the other direction', [aReferencingRule({ isEgress: true })]],
    ['where the rule is of another group', [aReferencingRule({ groupId: 'sg-2' })]],
    ['where the rule refers to another group', [aReferencingRule({ referencedGroup: { groupId: 'sg-living' } })]],
    ['where the rule refers to no group', [aRule()]],
    ['where the rule is of another protocol', [aReferencingRule({ ipProtocol: 'udp' })]],
    ['where the protocol of the rule is none that EC2 documents', [aReferencingRule({ ipProtocol: 'sctp' })]],
    ['where the rule begins at another port', [aReferencingRule({ fromPort: 21 })]],
    ['where the rule ends at another port', [aReferencingRule({ toPort: 23 })]],
    ['where the rule is for every port', [aReferencingRule({ fromPort: -1, toPort: -1 })]],
    [
      'where the rule names another VPC',
      [aReferencingRule({ referencedGroup: { groupId: 'sg-gone', vpcId: 'vpc-another' } })],
    ],
    [
      'where the rule names another peering connection',
      [aReferencingRule({ referencedGroup: { groupId: 'sg-gone', vpcPeeringConnectionId: 'pcx-2' } })],
    ],
  ])('%s', (_, rules) => {
    expect(joined({}, ...rules)).toBeUndefined();
  });

  test('where neither protocol is one that EC2 documents, though both are spelt alike', () => {
    expect(joined({ ipProtocol: 'sctp' }, aReferencingRule({ ipProtocol: 'sctp' }))).toBeUndefined();
  });

  test('and is still a stale rule, with its reason', () => {
    expect(found({ ingress: [aStalePermission()] })).toEqual([
      expect.objectContaining({ groupId: 'sg-1', reason: 'DELETED_GROUP', rule: undefined }),
    ]);
  });
});

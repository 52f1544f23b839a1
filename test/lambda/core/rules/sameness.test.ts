import type { RevokedRule, SecurityGroupRule } from '../../../../lambda/core/model/network';
import {
  differingFields, isRevokedAnother, isSameRule, isSameTraffic, isSameWritten,
} from '../../../../lambda/core/rules/sameness';
import { aRule } from '../../../support/builders';

/** Returns a rule as it is read back from the ledger. */
const written = (rule: SecurityGroupRule): SecurityGroupRule => JSON.parse(JSON.stringify(rule)) as SecurityGroupRule;

describe('the same traffic', () => {
  test('is that of a rule with another id, description, owner and tags', () => {
    const other = aRule({
      securityGroupRuleId: 'sgr-2', description: 'another', groupOwnerId: undefined, tags: { team: 'network' },
    });
    expect(isSameTraffic(aRule(), other)).toBe(true);
  });

  test('is that of a rule as the ledger gives it back, without the fields that are undefined', () => {
    const rule = aRule({ cidrIpv6: undefined, cidrIpv4: '203.0.113.0/24', description: undefined });
    expect(isSameTraffic(rule, written(rule))).toBe(true);
  });

  test.each<[string, Partial<SecurityGroupRule>, Partial<SecurityGroupRule>]>([
    ['whose protocol is a name or a number', { ipProtocol: 'tcp' }, { ipProtocol: '6' }],
    [
      'for all protocols, spelled either way', { ipProtocol: '-1', fromPort: undefined, toPort: undefined },
      { ipProtocol: 'all', fromPort: -1, toPort: -1 },
    ],
    [
      'whose ports are left out, or -1', { ipProtocol: 'icmp', fromPort: 8, toPort: undefined },
      { ipProtocol: 'icmp', fromPort: 8, toPort: -1 },
    ],
  ])('is that of a rule %s', (_, one, another) => {
    expect(isSameTraffic(aRule(one), aRule(another))).toBe(true);
    expect(isSameTraffic(aRule(another), aRule(one))).toBe(true);
  });

  test.each<[string, Partial<SecurityGroupRule>]>([
    ['protocol', { ipProtocol: 'udp' }], ['first port', { fromPort: 21 }], ['last port', { toPort: 23 }],
    ['direction', { isEgress: true }], ['group', { groupId: 'sg-2' }], ['block', { cidrIpv4: '198.51.100.0/24' }],
    ['family', { cidrIpv6: '2001:db8::/32' }], ['kind of source', { prefixListId: 'pl-1' }],
    ['source, which is a group,', { referencedGroup: { groupId: 'sg-2' } }],
  ])('is not that of a rule with another %s', (_, change) => {
    expect(isSameTraffic(aRule(), aRule(change))).toBe(false);
    expect(isSameTraffic(aRule(change), aRule())).toBe(false);
  });

  test('is not that of another protocol that nobody knows', () => {
    expect(isSameTraffic(aRule({ ipProtocol: 'new' }), aRule({ ipProtocol: 'newer' }))).toBe(false);
    expect(isSameTraffic(aRule({ ipProtocol: 'new' }), aRule({ ipProtocol: 'new' }))).toBe(true);
  });

  test('is not that of a rule from another group, prefix list or block', () => {
    const [one, another] = ['sg-2', 'sg-3'].map(groupId => aRule({ referencedGroup: { groupId } }));
    expect(isSameTraffic(one, another)).toBe(false);
    expect(isSameTraffic(aRule({ prefixListId: 'pl-1' }), aRule({ prefixListId: 'pl-2' }))).toBe(false);
    expect(isSameTraffic(aRule({ cidrIpv6: '::/0' }), aRule({ cidrIpv6: '2000::/3' }))).toBe(false);
  });
});

describe('the same rule', () => {
  test('is one as the ledger gives it back, without the fields that are undefined', () => {
    const rule = aRule({
      cidrIpv6: undefined, description: undefined, referencedGroup: undefined, tags: { Owner: 'data', Name: 'ssh' },
    });
    expect(isSameRule(rule, written(rule))).toBe(true);
    expect(isSameRule(rule, { ...rule, tags: { Name: 'ssh', Owner: 'data' } })).toBe(true);
  });

  test.each<[string, Partial<SecurityGroupRule>]>([
    ['id', { securityGroupRuleId: 'sgr-2' }], ['group', { groupId: 'sg-2' }], ['owner', { groupOwnerId: undefined }],
    ['direction', { isEgress: true }], ['port', { toPort: 23 }], ['block', { cidrIpv4: '198.51.100.0/24' }],
    ['description', { description: 'another' }], ['tags', { tags: { Owner: 'data' } }],
  ])('is not one with another %s, for the whole of it is put back', (_, change) => {
    expect(isSameRule(aRule(), aRule(change))).toBe(false);
    expect(isSameRule(aRule(change), aRule())).toBe(false);
  });

  test('is not one whose reference is shown otherwise', () => {
    const [active, deleted] = ['active', 'deleted'].map(peeringStatus =>
      aRule({ referencedGroup: { groupId: 'sg-2', peeringStatus } }));
    expect(isSameRule(active, deleted)).toBe(false);
    expect(isSameTraffic(active, deleted)).toBe(true);
  });

  test('is not one whose protocol is only spelled otherwise: what was read is compared, and not what it means', () => {
    expect(isSameRule(aRule({ ipProtocol: 'tcp' }), aRule({ ipProtocol: '6' }))).toBe(false);
  });
});

describe('two readings of one rule differ', () => {
  test('in nothing, when they are alike', () => {
    expect(differingFields(aRule({ tags: { a: '1', b: '2' } }), aRule({ tags: { b: '2', a: '1' } }))).toEqual([]);
  });

  test('in each field that is another, or that one of them has alone', () => {
    const one = aRule({ description: 'from the peer', tags: { team: 'network' } });
    const another = aRule({ toPort: 23, groupOwnerId: '444455556666' });
    expect(differingFields(one, another).sort()).toEqual(['description', 'groupOwnerId', 'tags', 'toPort']);
    expect(differingFields(another, one).sort()).toEqual(['description', 'groupOwnerId', 'tags', 'toPort']);
  });

  test('in the reference, when it is shown otherwise', () => {
    const [active, deleted] = ['active', 'deleted'].map(peeringStatus =>
      aRule({ referencedGroup: { groupId: 'sg-2', peeringStatus } }));
    expect(differingFields(active, deleted)).toEqual(['referencedGroup']);
  });

  test('in no field that is undefined in one and missing in the other', () => {
    expect(differingFields(aRule({ description: undefined }), aRule())).toEqual([]);
  });
});

test('values are the same once they are written, whatever was undefined', () => {
  expect(isSameWritten({ a: 1, b: undefined, c: [{ d: undefined }] }, { c: [{}], a: 1 })).toBe(true);
  expect(isSameWritten({ a: 1 }, { a: '1' })).toBe(false);
  expect(isSameWritten({ a: [1, 2] }, { a: [2, 1] })).toBe(false);
});

describe('EC2 lists as revoked', () => {
  /** Returns what EC2 lists about a revoked rule. */
  const listed = ({ tags, ...rule }: SecurityGroupRule, change: Partial<RevokedRule> = {}): RevokedRule => {
    const { securityGroupRuleId, ipProtocol, fromPort, toPort, cidrIpv4, cidrIpv6, prefixListId, description } = rule;
    const source = { cidrIpv4, cidrIpv6, prefixListId, referencedGroupId: rule.referencedGroup?.groupId };
    return { securityGroupRuleId, ipProtocol, fromPort, toPort, ...source, description, ...change };
  };
  const RULE = aRule({ description: 'from the office' });

  test.each<[string, SecurityGroupRule]>([
    ['a block', RULE], ['an IPv6 block', aRule({ cidrIpv6: '2001:db8::/32' })],
    ['a prefix list', aRule({ prefixListId: 'pl-1' })],
    ['a group', aRule({ referencedGroup: { groupId: 'sg-2', userId: '444455556666', peeringStatus: 'active' } })],
  ])('what was read: a rule from %s', (_, rule) => {
    expect(isRevokedAnother(rule, listed(rule))).toBe(false);
  });

  test('what was read, when it spells the protocol otherwise', () => {
    expect(isRevokedAnother(RULE, listed(RULE, { ipProtocol: '6' }))).toBe(false);
    expect(isRevokedAnother(RULE, listed(RULE, { ipProtocol: 'TCP' }))).toBe(false);
  });

  test('nothing else, when it leaves fields out', () => {
    expect(isRevokedAnother(RULE, { securityGroupRuleId: 'sgr-1', ipProtocol: '' })).toBe(false);
    expect(isRevokedAnother(RULE, { securityGroupRuleId: 'sgr-1', ipProtocol: 'tcp' })).toBe(false);
  });

  test('nothing else, when it names ports of a rule that was read without any', () => {
    const all = aRule({ ipProtocol: '-1', fromPort: undefined, toPort: undefined });
    expect(isRevokedAnother(all, listed(all, { fromPort: -1, toPort: -1 }))).toBe(false);
  });

  test.each<[string, Partial<RevokedRule>]>([
    ['protocol', { ipProtocol: 'udp' }], ['first port', { fromPort: 21 }], ['last port', { toPort: 23 }],
    ['block', { cidrIpv4: '198.51.100.0/24' }], ['IPv6 block', { cidrIpv6: '::/0' }],
    ['prefix list', { prefixListId: 'pl-1' }], ['group', { referencedGroupId: 'sg-3' }],
    ['description', { description: 'from elsewhere' }],
  ])('what was not read: a rule with another %s', (_, change) => {
    expect(isRevokedAnother(RULE, listed(RULE, change))).toBe(true);
  });

  test('what was not read: a rule that had no description and has one by now', () => {
    expect(isRevokedAnother(aRule(), listed(aRule(), { description: 'new' }))).toBe(true);
  });
});

/** Tests which VPCs can hold a stale rule, and why. */
import type { ReferencedGroup, SecurityGroup, SecurityGroupRule } from '../../../../lambda/core/model/network';
import { candidatesOf, type CandidateFacts, isInside, References } from '../../../../lambda/core/observe/candidates';
import { aGroup, aRule } from '../../../support/builders';

const ACCOUNT = '111122223333';
const OTHER = '444455556666';

const group = (groupId: string, vpcId = 'vpc-1', ownerId: string | undefined = ACCOUNT): SecurityGroup =>
  aGroup({ groupId, vpcId, ownerId });
const groups = new Map([group('sg-1'), group('sg-2'), group('sg-far', 'vpc-2')].map(each => [each.groupId, each]));
const referring = (reference: ReferencedGroup, overrides: Partial<SecurityGroupRule> = {}): SecurityGroupRule =>
  aRule({ groupId: 'sg-1', groupOwnerId: ACCOUNT, cidrIpv4: undefined, referencedGroup: reference, ...overrides });

const SAME_VPC = { groupId: 'sg-2', userId: ACCOUNT };

describe('a rule cannot be stale', () => {
  test.each<[what: string, rule: SecurityGroupRule]>([
    ['if it refers to another group of its VPC', referring(SAME_VPC)],
    ['if it refers to its own group', referring({ groupId: 'sg-1', userId: ACCOUNT })],
    ['if EC2 names the VPC, and it is its own', referring({ ...SAME_VPC, vpcId: 'vpc-1' })],
    ['if EC2 does not say who owns its group', referring(SAME_VPC, { groupOwnerId: undefined })],
    ['if its source is an IPv4 block', aRule({ groupId: 'sg-1', cidrIpv4: '10.0.0.0/8', referencedGroup: undefined })],
    ['if its source is an IPv6 block', aRule({ groupId: 'sg-1', cidrIpv4: undefined, cidrIpv6: '::/0' })],
    ['if its source is a prefix list', aRule({ groupId: 'sg-1', cidrIpv4: undefined, prefixListId: 'pl-1' })],
  ])('%s', (_, rule) => {
    expect(isInside(rule, { groups, accountId: ACCOUNT })).toBe(true);
  });
});

describe('a rule may be stale', () => {
  test.each<[what: string, rule: SecurityGroupRule, accountId?: string]>([
    ['if it refers to a group of another VPC', referring({ groupId: 'sg-far', userId: ACCOUNT })],
    ['if it refers to a group that is not there', referring({ groupId: 'sg-gone', userId: ACCOUNT })],
    ['if EC2 names another VPC, although it lists the group in this one', referring({ ...SAME_VPC, vpcId: 'vpc-9' })],
    ['if EC2 names a peering connection', referring({ ...SAME_VPC, vpcPeeringConnectionId: 'pcx-1' })],
    ['if EC2 names the state of a peering connection', referring({ ...SAME_VPC, peeringStatus: 'active' })],
    ['if the account of the group is missing, as for a deleted group', referring({ groupId: 'sg-2' })],
    ['if the group belongs to another account', referring({ groupId: 'sg-2', userId: OTHER })],
    ['if its own group belongs to another account', referring(SAME_VPC, { groupOwnerId: OTHER })],
    ['if its own group was not listed', referring(SAME_VPC, { groupId: 'sg-new' })],
    ['if its source is not known', aRule({ groupId: 'sg-1', cidrIpv4: undefined, referencedGroup: undefined })],
    ['if the account of the function is not known', referring(SAME_VPC), ''],
  ])('%s', (_, rule, accountId = ACCOUNT) => {
    expect(isInside(rule, { groups, accountId: accountId || undefined })).toBe(false);
  });

  test('if the list of groups has an owner that differs from the account, for either group', () => {
    for (const groupId of ['sg-1', 'sg-2']) {
      const owned = new Map(groups).set(groupId, group(groupId, 'vpc-1', OTHER));
      expect(isInside(referring(SAME_VPC), { groups: owned, accountId: ACCOUNT })).toBe(false);
    }
  });
});

test('references are collected by the VPC of the rule; a group that was not listed is named', () => {
  const references = new References({ groups, accountId: ACCOUNT }, new Map([['sg-1', 'vpc-1'], ['sg-far', 'vpc-2']]));
  references.take(referring(SAME_VPC));
  expect([references.vpcIds.size, references.unknownGroupIds.size]).toEqual([0, 0]);
  references.take(referring({ groupId: 'sg-far', userId: ACCOUNT }));
  references.take(referring(SAME_VPC, { groupId: 'sg-new' }));
  expect(references.vpcIds).toEqual(new Set(['vpc-1']));
  expect(references.unknownGroupIds).toEqual(new Set(['sg-new']));
});

describe('a VPC', () => {
  const facts = (overrides: Partial<CandidateFacts> = {}): CandidateFacts => ({
    vpcIds: ['vpc-1', 'vpc-2', 'vpc-3'], owners: new Map(['vpc-1', 'vpc-2', 'vpc-3'].map(vpcId => [vpcId, ACCOUNT])),
    groups, accountId: ACCOUNT, vpcOf: new Map([...groups.values()].map(({ groupId, vpcId = '' }) => [groupId, vpcId])),
    referring: new Set(), unread: new Set(), associations: [], openVpcIds: new Set(), doubted: new Set(), ...overrides,
  });

  test('is no candidate without a reason', () => {
    expect(candidatesOf(facts())).toEqual(new Map());
  });

  test.each<[reason: string, overrides: Partial<CandidateFacts>]>([
    ['REFERENCE', { referring: new Set(['vpc-1']) }],
    ['SHARED', { owners: new Map([['vpc-1', OTHER], ['vpc-2', ACCOUNT], ['vpc-3', ACCOUNT]]) }],
    ['SHARED', { owners: new Map([['vpc-2', ACCOUNT], ['vpc-3', ACCOUNT]]) }],
    ['SHARED', { groups: new Map(groups).set('sg-guest', group('sg-guest', 'vpc-1', OTHER)) }],
    ['SHARED', { groups: new Map(groups).set('sg-guest', { ...group('sg-guest'), ownerId: undefined }) }],
    ['ASSOCIATED', { associations: [{ groupId: 'sg-unknown', vpcId: 'vpc-1', state: 'disassociated' }] }],
    ['UNREAD', { unread: new Set(['vpc-1']) }],
    ['OPEN_FINDING', { openVpcIds: new Set(['vpc-1']) }],
    ['DOUBTED', { doubted: new Set(['vpc-1']) }],
  ])('is a candidate alone because of %s', (reason, overrides) => {
    expect(candidatesOf(facts(overrides))).toEqual(new Map([['vpc-1', reason]]));
  });

  test('and the other one of an association are candidates both', () => {
    const associations = [{ groupId: 'sg-1', vpcId: 'vpc-3', state: 'associated' }];
    expect(candidatesOf(facts({ associations }))).toEqual(new Map([['vpc-1', 'ASSOCIATED'], ['vpc-3', 'ASSOCIATED']]));
  });

  test('is a candidate wherever the account of the function is not known', () => {
    expect(candidatesOf(facts({ accountId: undefined })).size).toBe(3);
  });
});

/** Tests which rules are replaced, and which are revoked or kept instead. */
import { replacementOf } from '../../../../lambda/core/decide/replacement';
import type { FlaggedIngressRule } from '../../../../src/contract/configuration';
import type { PrefixLists } from '../../../../src/contract/rules/prefix-lists';
import { parseCidr } from '../../../../src/contract/traffic';
import { aFlaggedIngressRule, aFlaggedRule, aGroup, anEntry, aRuleFromAnywhere, aStaleRule } from '../../../support/builders';

const peer = (cidr: string): FlaggedIngressRule['replaceWith'] => [{ kind: 'cidr', cidr: parseCidr(cidr) }];

const PLAIN = aFlaggedIngressRule({ id: 'plain', name: 'flaggedIngressRules[0]' });
const REPLACED = aFlaggedIngressRule({
  id: 'replaced', name: 'flaggedIngressRules[1]', replaceWith: peer('203.0.113.0/24'),
});
const NOT_NARROWED = { ...REPLACED, replaceWith: peer('0.0.0.0/0') };

function replacement(
  declared: readonly FlaggedIngressRule[],
  { isStale = false, others = [], prefixLists = new Map() }: {
    isStale?: boolean; others?: readonly FlaggedIngressRule[]; prefixLists?: PrefixLists;
  } = {},
): ReturnType<typeof replacementOf> {
  const rule = aRuleFromAnywhere();
  const declarations = declared.map(({ id, name }) => ({ id, name }));
  const finding = {
    groupId: rule.groupId, rule, flagged: aFlaggedRule({ rule, declarations }),
    ...isStale && { stale: aStaleRule({ rule }) },
  };
  return replacementOf(finding, anEntry({ rule }), {
    flaggedIngressRules: [...declared, ...others], staleRules: 'revoke', prefixLists,
    groups: new Map([[rule.groupId, aGroup({ groupId: rule.groupId, groupName: 'default', tags: { tier: 'web' } })]]),
    now: new Date('2026-01-01T00:00:00Z'),
  });
}

const NARROWER = { kind: 'rules', rules: [expect.objectContaining({ cidrIpv4: '203.0.113.0/24', fromPort: 22 })] };

test('a rule is replaced if a declaration that revokes it names peers', () => {
  expect(replacement([REPLACED])).toEqual(NARROWER);
  expect(replacement([PLAIN, REPLACED])).toEqual(NARROWER);
});

test('a rule is not replaced if no declaration names peers', () => {
  expect(replacement([PLAIN])).toBeUndefined();
});

test('a rule that cannot be narrowed is kept, unless a declaration tells to revoke it without a replacement', () => {
  expect(replacement([NOT_NARROWED])).toEqual({ kind: 'NOT_NARROWER' });
  expect(replacement([PLAIN, NOT_NARROWED])).toBeUndefined();
});

test('a declaration for default groups revokes their rules without a replacement', () => {
  const everything = { protocol: 'all', ports: { kind: 'all' }, source: { kind: 'any' } } as const;
  const defaults = aFlaggedIngressRule({
    id: 'defaults', name: 'flaggedIngressRules[0]', groups: { kind: 'default', evenInUse: true }, match: 'WITHIN',
    traffic: [everything],
  });
  expect(replacement([defaults, REPLACED])).toBeUndefined();
});

test('the declaration that only reports, or still waits, replaces nothing', () => {
  const grace = { seconds: 604_800, sightings: 2, maxGapSeconds: 302_400 };
  expect(replacement([PLAIN, { ...REPLACED, action: { kind: 'report' } }])).toBeUndefined();
  expect(replacement([PLAIN, { ...REPLACED, action: { kind: 'revoke', grace } }])).toBeUndefined();
});

test('a rule that is due because it is stale admits nothing, so nothing replaces it', () => {
  expect(replacement([REPLACED], { isStale: true })).toBeUndefined();
});

describe('a rule whose narrower rule another declaration flags', () => {
  const [traffic] = REPLACED.traffic;
  const ofOffice = aFlaggedIngressRule({
    id: 'office', name: 'flaggedIngressRules[2]', match: 'EXACT',
    traffic: [{ ...traffic, source: { kind: 'cidr', cidr: parseCidr('203.0.113.0/24') } }],
  });
  const grace = { seconds: 604_800, sightings: 2, maxGapSeconds: 302_400 };

  test.each<[string, Partial<FlaggedIngressRule>]>([
    ['flags', {}],
    ['flags later', { action: { kind: 'revoke', grace } }],
    ['flags in its groups', { groups: { kind: 'tagged', key: 'tier', values: ['web'] } }],
  ])('is kept: it %s', (_, overrides) => {
    const others = [{ ...ofOffice, ...overrides }];
    expect(replacement([REPLACED], { others })).toEqual({ kind: 'NOT_NARROWER' });
    expect(replacement([PLAIN, REPLACED], { others })).toBeUndefined();
  });

  test.each<[string, Partial<FlaggedIngressRule>]>([
    ['only reports it', { action: { kind: 'report' } }],
    ['is for another group', { groups: { kind: 'named', groupId: 'sg-other' } }],
    ['is for other tags', { groups: { kind: 'tagged', key: 'tier', values: ['db'] } }],
    ['leaves the group out', { exceptGroupIds: ['sg-1'] }],
    ['is for default groups, where the old rule goes, too', { groups: { kind: 'default', evenInUse: false } }],
    ['flags a list that could not be read', { traffic: [{ ...traffic, source: { kind: 'prefixList', prefixListId: 'pl-9' } }] }],
  ])('is replaced if that declaration %s', (_, overrides) => {
    expect(replacement([REPLACED], { others: [{ ...ofOffice, ...overrides }] })).toEqual(NARROWER);
  });
});

describe('a rule with a peer that is a list', () => {
  const withList: FlaggedIngressRule = {
    ...REPLACED, replaceWith: [...REPLACED.replaceWith ?? [], { kind: 'prefixList', prefixListId: 'pl-1' }],
  };

  test('is neither replaced nor revoked while the list is unread', () => {
    expect(replacement([withList])).toEqual({ kind: 'PEERS_UNREAD' });
    expect(replacement([PLAIN, withList])).toEqual({ kind: 'PEERS_UNREAD' });
    expect(replacement([withList], { prefixLists: new Map([['pl-1', [parseCidr('198.51.100.0/24')]]]) }))
      .toMatchObject({ kind: 'rules', rules: { length: 2 } });
  });

  test('is revoked if a declaration without peers would revoke each narrower rule, too', () => {
    const within = aFlaggedIngressRule({ id: 'within', name: 'flaggedIngressRules[2]', match: 'WITHIN' });
    expect(replacement([within, withList])).toBeUndefined();
  });
});

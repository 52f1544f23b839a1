/** Tests which rules are replaced, and which are revoked or kept instead. */
import { replacementOf } from '../../../../lambda/core/decide/replacement';
import type { FlaggedIngressRule } from '../../../../src/contract/configuration';
import { parseCidr } from '../../../../src/contract/traffic';
import { aFlaggedIngressRule, aFlaggedRule, anEntry, aRuleFromAnywhere, aStaleRule } from '../../../support/builders';

const peer = (cidr: string): FlaggedIngressRule['replaceWith'] => [{ kind: 'cidr', cidr: parseCidr(cidr) }];

const PLAIN = aFlaggedIngressRule({ id: 'plain', name: 'flaggedIngressRules[0]' });
const REPLACED = aFlaggedIngressRule({
  id: 'replaced', name: 'flaggedIngressRules[1]', replaceWith: peer('203.0.113.0/24'),
});
const NOT_NARROWED = { ...REPLACED, replaceWith: peer('0.0.0.0/0') };

function replacement(
  declared: readonly FlaggedIngressRule[], isStale = false,
): ReturnType<typeof replacementOf> {
  const rule = aRuleFromAnywhere();
  const declarations = declared.map(({ id, name }) => ({ id, name }));
  const finding = {
    groupId: rule.groupId, rule, flagged: aFlaggedRule({ rule, declarations }),
    ...isStale && { stale: aStaleRule({ rule }) },
  };
  return replacementOf(finding, anEntry({ rule }), {
    flaggedIngressRules: [...declared], staleRules: 'revoke', prefixLists: new Map(), now: new Date('2026-01-01T00:00:00Z'),
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
  expect(replacement([REPLACED], true)).toBeUndefined();
});

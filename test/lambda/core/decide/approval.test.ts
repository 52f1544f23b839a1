/** Tests what an approval is about, and when it counts. */
import { digestOfSet, digestOfShown, hasApprovalEnded, isApproved } from '../../../../lambda/core/decide/approval';
import type { Finding } from '../../../../lambda/core/model/finding';
import type { SecurityGroupRule } from '../../../../lambda/core/model/network';
import { aRuleFromAnywhere } from '../../../support/builders';
import { aFlaggedFinding } from '../../../support/ledger-builders';

const RULE = aRuleFromAnywhere({ description: 'ssh' });
const REPLACING = [{ ipProtocol: 'tcp', fromPort: 22, toPort: 22, cidrIpv4: '192.0.2.0/24' }];
const NOW = new Date('2026-01-02T00:00:00Z');

const digest = (rule: SecurityGroupRule, finding: Finding = aFlaggedFinding(rule), replacing = REPLACING): string =>
  digestOfShown({ ...finding, rule }, rule, replacing);

const declared = (overrides: object): Finding => {
  const finding = aFlaggedFinding(RULE);
  const { flagged } = finding;
  return {
    ...finding,
    flagged: flagged && { ...flagged, declarations: flagged.declarations.map(each => ({ ...each, ...overrides })) },
  };
};

test.each([
  ['the source', { cidrIpv4: '0.0.0.0/1' }], ['a port', { toPort: 23 }], ['the protocol', { ipProtocol: 'udp' }],
  ['the description', { description: 'other' }], ['the group', { groupId: 'sg-2' }],
  ['the rule', { securityGroupRuleId: 'sgr-2' }],
])('another digest stands for a rule when %s is another one', (_, overrides) => {
  expect(digest({ ...RULE, ...overrides })).not.toBe(digest(RULE));
});

test('another digest stands for a rule when the reason or the replacement is another one', () => {
  const others = [
    digest(RULE, declared({ reason: 'another reason' })), digest(RULE, declared({ id: 'another' })),
    digest(RULE, { ...aFlaggedFinding(RULE), flagged: undefined }), digest(RULE, aFlaggedFinding(RULE), []),
    digest(RULE, aFlaggedFinding(RULE), [{ ...REPLACING[0], cidrIpv4: '192.0.2.0/25' }]),
  ];
  expect(new Set([digest(RULE), ...others]).size).toBe(others.length + 1);
});

test('the same digest stands for a rule when only tags, or the place of its declaration, are others', () => {
  expect(digest({ ...RULE, tags: { team: 'web' } })).toBe(digest(RULE));
  expect(digest(RULE, declared({ name: 'flaggedIngressRules[7]' }))).toBe(digest(RULE));
});

test('the digest of several rules does not depend on their order, and depends on each', () => {
  const [one, two] = ['sgr-1', 'sgr-2'].map(securityGroupRuleId => ({ securityGroupRuleId, digest: 'a' }));
  expect(digestOfSet([one, two])).toBe(digestOfSet([two, one]));
  expect(new Set([[one], [two], [one, two], [one, { ...two, digest: 'b' }]].map(digestOfSet)).size).toBe(4);
});

describe('an approval', () => {
  const context = { approval: { validSeconds: 3600 }, now: NOW };
  const approvedAt = (at: string) => ({ digest: 'a', by: 'sweep-1', at, approved: { by: 'approve-1', at } });

  test('counts for its digest only, and until it has ended', () => {
    const record = approvedAt('2026-01-01T23:30:00.000Z');
    expect(isApproved(record, 'a', context)).toBe(true);
    expect(isApproved(record, 'b', context)).toBe(false);
    expect(isApproved({ ...record, approved: undefined }, 'a', context)).toBe(false);
    expect(isApproved(undefined, 'a', context)).toBe(false);
    expect(isApproved(approvedAt('2026-01-01T23:00:00.000Z'), 'a', context)).toBe(false);
  });

  test.each(['2026-01-02T02:00:00.000Z', 'some time'])('at %s has ended: a clock was wrong', at => {
    expect(hasApprovalEnded(approvedAt(at), 3600, NOW)).toBe(true);
  });
});

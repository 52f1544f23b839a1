import type { FlaggedRule } from '../../../lambda/checks/flagged-ingress';
import type { StaleRule } from '../../../lambda/checks/stale-rules';
import type { SecurityGroup, SecurityGroupRule } from '../../../lambda/ports';
import { isExempt, type KeepReason, plan, type Plan, type PlanContext } from '../../../lambda/revocation/plan';
import { EXEMPT_TAG } from '../../../src/private/contract';
import { aFlaggedRule, aGroup, aRule, aStaleRule } from '../../support/builders';

const EXEMPT = { [EXEMPT_TAG]: '' };
const SSH = aFlaggedRule({ rule: aRule() });
const UNDECIDED = aFlaggedRule({ rule: aRule(), verdict: 'undecided' });
/** Stale rules are found by their reference; this one is the same rule as the flagged one. */
const STALE = aStaleRule({ rule: aRule() });
const STALE_UNIDENTIFIED = aStaleRule({ rule: undefined });

interface Found {
  readonly stale?: readonly StaleRule[];
  readonly flagged?: readonly FlaggedRule[];
}

/** Everything speaks for revoking, but for what a test says. */
function aContext(overrides: Partial<PlanContext> = {}): PlanContext {
  return {
    dryRun: false,
    staleRules: 'revoke',
    exemptSecurityGroupIds: [],
    groups: groups(aGroup()),
    vpcIds: new Set(['vpc-1']),
    accountId: '111122223333',
    ...overrides,
  };
}

function groups(...all: SecurityGroup[]): PlanContext['groups'] {
  return new Map(all.map(group => [group.groupId, group]));
}

function planOf({ stale = [], flagged = [] }: Found, context: Partial<PlanContext> = {}): Plan {
  return plan(stale, flagged, aContext(context));
}

/** Why the one rule found is kept; fails when it is revoked, or when it is not one. */
function keptFor(found: Found, context: Partial<PlanContext> = {}): KeepReason {
  const { revoke, keep } = planOf(found, context);
  expect(revoke).toEqual([]);
  expect(keep).toHaveLength(1);
  return keep[0].reason;
}

function ssh(rule: Partial<SecurityGroupRule>): Found {
  return { flagged: [aFlaggedRule({ rule: aRule(rule) })] };
}

test('nothing found, nothing planned', () => {
  expect(planOf({})).toEqual({ revoke: [], keep: [] });
});

describe('is revoked:', () => {
  test('a flagged rule, because of its declarations', () => {
    expect(planOf({ flagged: [SSH] })).toEqual({
      revoke: [{ rule: SSH.rule, group: aGroup(), because: { stale: undefined, declarations: SSH.declarations } }],
      keep: [],
    });
  });

  test('a stale rule, because of its reason', () => {
    expect(planOf({ stale: [STALE] })).toEqual({
      revoke: [{ rule: STALE.rule, group: aGroup(), because: { stale: 'DELETED_GROUP', declarations: [] } }],
      keep: [],
    });
  });

  test('a rule both stale and flagged, once and because of both', () => {
    expect(planOf({ stale: [STALE], flagged: [SSH] })).toEqual({
      revoke: [{ rule: SSH.rule, group: aGroup(), because: { stale: 'DELETED_GROUP', declarations: SSH.declarations } }],
      keep: [],
    });
  });

  test('a flagged rule that is stale too, where stale rules are only reported', () => {
    expect(planOf({ stale: [STALE], flagged: [SSH] }, { staleRules: 'report' }).revoke).toHaveLength(1);
  });

  test('a stale rule that may be flagged too, because it is stale alone', () => {
    expect(planOf({ stale: [STALE], flagged: [UNDECIDED] }).revoke).toEqual([expect.objectContaining({ because: { stale: 'DELETED_GROUP', declarations: [] } })]);
  });

  test('a rule that says no owner, in a group that is the account\'s own', () => {
    expect(planOf(ssh({ groupOwnerId: undefined })).revoke).toHaveLength(1);
  });

  test('a rule whose owner nobody says', () => {
    expect(planOf(ssh({ groupOwnerId: undefined }), { groups: groups(aGroup({ ownerId: undefined })) }).revoke).toHaveLength(1);
  });

  test('a rule of any owner, where the own account is not known', () => {
    expect(planOf(ssh({ groupOwnerId: '444455556666' }), { accountId: undefined }).revoke).toHaveLength(1);
  });

  test('each rule by itself, whatever is kept beside it', () => {
    const { revoke, keep } = planOf({
      flagged: [
        aFlaggedRule({ rule: aRule({ securityGroupRuleId: 'sgr-flagged' }) }),
        aFlaggedRule({ rule: aRule({ securityGroupRuleId: 'sgr-exempt', tags: EXEMPT }) }),
      ],
      stale: [aStaleRule({ rule: aRule({ securityGroupRuleId: 'sgr-stale' }) }), STALE_UNIDENTIFIED],
    });
    expect(revoke.map(({ rule }) => rule.securityGroupRuleId)).toEqual(['sgr-stale', 'sgr-flagged']);
    expect(keep.map(({ rule, reason }) => [rule?.securityGroupRuleId, reason])).toEqual([['sgr-exempt', 'EXEMPT_BY_RULE_TAG'], [undefined, 'RULE_NOT_FOUND']]);
  });
});

describe('is kept as', () => {
  test.each(['report', 'ignore'] as const)('REPORT_ONLY: a stale rule, where the configuration says %s', staleRules => {
    expect(keptFor({ stale: [STALE] }, { staleRules })).toBe('REPORT_ONLY');
  });

  test('EGRESS: a stale egress rule', () => {
    expect(keptFor({ stale: [aStaleRule({ direction: 'egress', rule: aRule({ isEgress: true }) })] })).toBe('EGRESS');
  });

  test('EGRESS: a stale egress rule that could not be identified', () => {
    expect(keptFor({ stale: [aStaleRule({ direction: 'egress', rule: undefined })] })).toBe('EGRESS');
  });

  test('EGRESS: a flagged rule that turns out to be one', () => {
    expect(keptFor(ssh({ isEgress: true }))).toBe('EGRESS');
  });

  test('UNDECIDED: a rule that may be flagged', () => {
    expect(keptFor({ flagged: [UNDECIDED] })).toBe('UNDECIDED');
  });

  test('RULE_NOT_FOUND: a stale rule that could not be identified', () => {
    expect(keptFor({ stale: [STALE_UNIDENTIFIED] })).toBe('RULE_NOT_FOUND');
  });

  test('GROUP_UNREAD: a rule whose group could not be read', () => {
    expect(keptFor({ flagged: [SSH] }, { groups: groups() })).toBe('GROUP_UNREAD');
  });

  test('GROUP_UNREAD: a rule whose group is not among those read', () => {
    expect(keptFor({ flagged: [SSH] }, { groups: groups(aGroup({ groupId: 'sg-2' })) })).toBe('GROUP_UNREAD');
  });

  test('OUTSIDE_VPCS: a rule of a group in another VPC', () => {
    expect(keptFor({ flagged: [SSH] }, { vpcIds: new Set(['vpc-2']) })).toBe('OUTSIDE_VPCS');
  });

  test('OUTSIDE_VPCS: a rule of a group in no VPC', () => {
    expect(keptFor({ flagged: [SSH] }, { groups: groups(aGroup({ vpcId: undefined })) })).toBe('OUTSIDE_VPCS');
  });

  test('OUTSIDE_VPCS: any rule, where no VPC is in scope', () => {
    expect(keptFor({ flagged: [SSH] }, { vpcIds: new Set() })).toBe('OUTSIDE_VPCS');
  });

  test('OTHER_OWNER: a rule that says so', () => {
    expect(keptFor(ssh({ groupOwnerId: '444455556666' }))).toBe('OTHER_OWNER');
  });

  test('OTHER_OWNER: a rule that says no owner, of a group that does', () => {
    expect(keptFor(ssh({ groupOwnerId: undefined }), { groups: groups(aGroup({ ownerId: '444455556666' })) })).toBe('OTHER_OWNER');
  });

  test('EXEMPT_BY_PROP: a rule of an exempt group', () => {
    expect(keptFor({ flagged: [SSH] }, { exemptSecurityGroupIds: ['sg-2', 'sg-1'] })).toBe('EXEMPT_BY_PROP');
  });

  test('EXEMPT_BY_GROUP_TAG: a rule of a group with the tag', () => {
    expect(keptFor({ flagged: [SSH] }, { groups: groups(aGroup({ tags: EXEMPT })) })).toBe('EXEMPT_BY_GROUP_TAG');
  });

  test('EXEMPT_BY_RULE_TAG: a rule with the tag', () => {
    expect(keptFor(ssh({ tags: EXEMPT }))).toBe('EXEMPT_BY_RULE_TAG');
  });

  test('DRY_RUN: a rule that would be revoked', () => {
    expect(keptFor({ flagged: [SSH] }, { dryRun: true })).toBe('DRY_RUN');
    expect(keptFor({ stale: [STALE] }, { dryRun: true })).toBe('DRY_RUN');
  });
});

describe('of several reasons', () => {
  const egress = { flagged: [aFlaggedRule({ rule: aRule({ isEgress: true, tags: EXEMPT }), verdict: 'undecided' })] };

  test('EGRESS comes first: it holds whatever else is changed', () => {
    expect(keptFor(egress, { dryRun: true, exemptSecurityGroupIds: ['sg-1'], groups: groups() })).toBe('EGRESS');
  });

  test('EGRESS is told of stale rules that are only reported', () => {
    expect(keptFor({ stale: [aStaleRule({ direction: 'egress', rule: undefined })] }, { staleRules: 'report' })).toBe('EGRESS');
  });

  test('UNDECIDED comes before REPORT_ONLY, for a rule that is stale and may be flagged', () => {
    expect(keptFor({ stale: [STALE], flagged: [UNDECIDED] }, { staleRules: 'report' })).toBe('UNDECIDED');
  });

  test('what is not told to be revoked is not said to be exempt', () => {
    expect(keptFor({ stale: [aStaleRule({ rule: aRule({ tags: EXEMPT }) })] }, { staleRules: 'report', dryRun: true })).toBe('REPORT_ONLY');
    expect(keptFor({ flagged: [{ ...UNDECIDED, rule: aRule({ tags: EXEMPT }) }] }, { dryRun: true })).toBe('UNDECIDED');
    expect(keptFor({ stale: [STALE_UNIDENTIFIED] }, { staleRules: 'report' })).toBe('REPORT_ONLY');
  });

  test('RULE_NOT_FOUND comes before what the group says', () => {
    expect(keptFor({ stale: [STALE_UNIDENTIFIED] }, { exemptSecurityGroupIds: ['sg-1'], groups: groups(), dryRun: true })).toBe('RULE_NOT_FOUND');
  });

  test('an exemption that is known without the group is told though the group is unread', () => {
    expect(keptFor({ flagged: [SSH] }, { exemptSecurityGroupIds: ['sg-1'], groups: groups() })).toBe('EXEMPT_BY_PROP');
    expect(keptFor(ssh({ tags: EXEMPT }), { groups: groups() })).toBe('EXEMPT_BY_RULE_TAG');
  });

  test('an exemption is told before whose the group is and where', () => {
    const elsewhere = { groups: groups(aGroup({ tags: EXEMPT, vpcId: 'vpc-2', ownerId: '444455556666' })) };
    expect(keptFor(ssh({ groupOwnerId: '444455556666' }), elsewhere)).toBe('EXEMPT_BY_GROUP_TAG');
  });

  test('DRY_RUN comes last: only what would be revoked without it is said to be kept for it', () => {
    expect(keptFor({ flagged: [SSH] }, { dryRun: true, vpcIds: new Set() })).toBe('OUTSIDE_VPCS');
    expect(keptFor(ssh({ groupOwnerId: '444455556666' }), { dryRun: true })).toBe('OTHER_OWNER');
    expect(keptFor(ssh({ tags: EXEMPT }), { dryRun: true })).toBe('EXEMPT_BY_RULE_TAG');
    expect(keptFor({ flagged: [SSH] }, { dryRun: true, groups: groups() })).toBe('GROUP_UNREAD');
  });
});

describe('a kept rule', () => {
  test('is one, with everything that was found of it', () => {
    const exempt = aRule({ tags: EXEMPT });
    const stale = aStaleRule({ rule: exempt });
    const found = aFlaggedRule({ rule: exempt });
    expect(planOf({ stale: [stale], flagged: [found] }).keep).toEqual([{ groupId: 'sg-1', rule: exempt, stale, flagged: found, reason: 'EXEMPT_BY_RULE_TAG' }]);
  });

  test('that could not be identified is told by what EC2 named, each by itself', () => {
    const other = aStaleRule({ rule: undefined, groupId: 'sg-2' });
    expect(planOf({ stale: [STALE_UNIDENTIFIED, STALE_UNIDENTIFIED, other] }).keep).toEqual([
      { groupId: 'sg-1', stale: STALE_UNIDENTIFIED, reason: 'RULE_NOT_FOUND' },
      { groupId: 'sg-1', stale: STALE_UNIDENTIFIED, reason: 'RULE_NOT_FOUND' },
      { groupId: 'sg-2', stale: other, reason: 'RULE_NOT_FOUND' },
    ]);
  });
});

describe('the tag', () => {
  test.each(['', 'true', 'false', 'no', 'until Friday'])('exempts with the value "%s"', value => {
    expect(isExempt({ [EXEMPT_TAG]: value })).toBe(true);
  });

  test.each(['network-hygiene:Exempt', 'network-hygiene:exempted', 'exempt', 'Name'])('is not "%s"', key => {
    expect(isExempt({ [key]: 'true' })).toBe(false);
  });

  test('is not there where there are no tags', () => {
    expect(isExempt({})).toBe(false);
  });
});

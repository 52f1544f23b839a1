import { findings } from '../../../../lambda/core/checks/findings';
import { draw } from '../../../../lambda/core/decide/allowance';
import { becauseOf } from '../../../../lambda/core/decide/because';
import {
  countDue, countDueEntries, plan, type PlanContext, type Unseen, withheldAll,
} from '../../../../lambda/core/decide/plan';
import type { HoldReason, KeepReason } from '../../../../lambda/core/decide/reasons';
import type { Finding, FlaggedRule, StaleRule } from '../../../../lambda/core/model/finding';
import type { LedgerEntry, LedgerState, StaleSight } from '../../../../lambda/core/model/ledger';
import type { SecurityGroup, SecurityGroupRule } from '../../../../lambda/core/model/network';
import type { Plan } from '../../../../lambda/core/model/result';
import { EVERYTHING } from '../../../../lambda/core/model/scope';
import { EXEMPT_TAG } from '../../../../src/contract/exemptions';
import {
  aFlaggedIngressRule, aFlaggedRule, aGrace, aGroup, anEntry, aRule, aStaleRule, type EntryInShort,
} from '../../../support/builders';

const NOW = new Date('2026-01-01T00:00:00Z');
const EXEMPT = { [EXEMPT_TAG]: '' };
const SSH = aFlaggedRule({ rule: aRule() });
const UNDECIDED = aFlaggedRule({ rule: aRule(), verdict: 'undecided' });
/** The rule is the same as the flagged one, because stale rules are found by their reference. */
const STALE = aStaleRule({ rule: aRule() });
const STALE_UNIDENTIFIED = aStaleRule({ rule: undefined });
const IS_STALE = { stale: 'OTHER', declarations: [] };

const IN_VPC = { functionNetwork: { vpcId: 'vpc-1', securityGroupIds: ['sg-own', 'sg-own-2'] } };
const UNREAD = { code: 'UnauthorizedOperation', message: 'not allowed' };
const endpoints = (...groupIds: string[]): PlanContext['endpoints'] => ({ groupIds: new Set(groupIds) });

interface Found {
  readonly stale?: readonly StaleRule[];
  readonly flagged?: readonly FlaggedRule[];
}

/** A context in which everything speaks for revoking, except for what a test changes. */
function aContext(overrides: Partial<PlanContext> = {}): PlanContext {
  return {
    isScheduled: true, isWhole: true, startedAt: new Date('2026-01-01T00:00:00Z'),
    enabled: true,
    dryRun: false,
    staleRules: 'revoke',
    exemptSecurityGroupIds: [],
    exemptTags: [],
    flaggedIngressRules: [aFlaggedIngressRule()],
    prefixLists: new Map(),
    groups: groups(aGroup()),
    vpcIds: new Set(['vpc-1']),
    accountId: '111122223333',
    entries: new Map(),
    now: NOW,
    ...overrides,
  };
}

function groups(...all: SecurityGroup[]): PlanContext['groups'] {
  return new Map(all.map(group => [group.groupId, group]));
}

/** The entries of the ledger by rule. */
function entries(...all: LedgerEntry[]): ReadonlyMap<string, LedgerEntry> {
  return new Map(all.map(entry => [entry.securityGroupRuleId, entry]));
}

/** The entry of a rule that was found. */
function entryOf(finding: Finding): LedgerEntry {
  return anEntry({ rule: finding.rule, because: becauseOf(finding) });
}

/** Returns the plan. By default, the ledger has an entry for every rule that was found. */
function planOf({ stale = [], flagged = [] }: Found, context: Partial<PlanContext> = {}): Plan {
  const found = findings(stale, flagged);
  const known = entries(...found.flatMap(finding => finding.rule ? entryOf(finding) : []));
  return plan(found, aContext({ entries: known, ...context }));
}

/** Returns why the one rule is kept. It fails if the rule is revoked, or if there are several. */
function keptFor(found: Found, context: Partial<PlanContext> = {}): KeepReason {
  const { revoke, keep } = planOf(found, context);
  expect(revoke).toEqual([]);
  expect(keep).toHaveLength(1);
  return keep[0].reason;
}

/** The number of rules that a sweep may revoke, and what it could not see. */
interface Limited extends Partial<Unseen> {
  readonly limit: number;
}

/** Returns the plan of a scheduled sweep with its whole allowance, as a sweep makes it. */
function limitedPlanOf(
  found: Found, { limit, hidden = [], unreadable = 0 }: Limited, context: Partial<PlanContext> = {},
): Plan {
  const decided = planOf(found, context);
  const { withheld } = draw(undefined, {
    run: { id: 'sweep-now', trigger: 'schedule', scope: EVERYTHING }, startedAt: NOW, now: NOW, limit,
    planned: decided.revoke, due: countDue(decided, { hidden, unreadable }, aContext(context)),
  });
  return withheld ? withheldAll(decided, withheld) : decided;
}

const reasons = ({ keep }: Plan): KeepReason[] => keep.map(({ reason }) => reason);

function ssh(rule: Partial<SecurityGroupRule>): Found {
  return { flagged: [aFlaggedRule({ rule: aRule(rule) })] };
}

test('nothing found, nothing planned', () => {
  expect(planOf({})).toEqual({ revoke: [], keep: [] });
});

describe('is revoked:', () => {
  test('a flagged rule, because of its declarations', () => {
    const finding = { groupId: 'sg-1', rule: SSH.rule, flagged: SSH };
    const why = { stale: undefined, verdict: 'flagged', declarations: SSH.declarations };
    expect(planOf({ flagged: [SSH] })).toEqual({
      revoke: [{ rule: SSH.rule, group: aGroup(), because: why, finding, entry: entryOf(finding) }],
      keep: [],
    });
  });

  test("a rule of a group that no endpoint of the function's VPC has, where all of them were read", () => {
    const context = { ...IN_VPC, endpoints: endpoints('sg-2') };
    expect(planOf({ flagged: [SSH] }, context)).toMatchObject({ revoke: [{ rule: SSH.rule }], keep: [] });
    expect(planOf({ stale: [STALE] }, context)).toMatchObject({ revoke: [{ rule: STALE.rule }], keep: [] });
  });

  test('a rule whose group an endpoint has, where the function is in no VPC', () => {
    const context = { functionNetwork: undefined, endpoints: endpoints('sg-1') };
    expect(planOf({ flagged: [SSH] }, context)).toMatchObject({ revoke: [{ rule: SSH.rule }], keep: [] });
  });

  test('a stale rule, because of its reason', () => {
    const finding = { groupId: 'sg-1', rule: STALE.rule, stale: STALE };
    const why = { stale: 'DELETED_GROUP', verdict: undefined, declarations: [] };
    expect(planOf({ stale: [STALE] })).toEqual({
      revoke: [{ rule: STALE.rule, group: aGroup(), because: why, finding, entry: entryOf(finding) }],
      keep: [],
    });
  });

  test('a rule both stale and flagged, once and because of both', () => {
    const finding = { groupId: 'sg-1', rule: SSH.rule, stale: STALE, flagged: SSH };
    const why = { stale: 'DELETED_GROUP', verdict: 'flagged', declarations: SSH.declarations };
    expect(planOf({ stale: [STALE], flagged: [SSH] })).toEqual({
      revoke: [{ rule: SSH.rule, group: aGroup(), because: why, finding, entry: entryOf(finding) }],
      keep: [],
    });
  });

  test('a flagged rule that is stale too, where stale rules are only reported', () => {
    expect(planOf({ stale: [STALE], flagged: [SSH] }, { staleRules: 'report' }).revoke).toHaveLength(1);
  });

  test('a stale rule that may be flagged too, because it is stale alone: what may mean it is called undecided', () => {
    expect(planOf({ stale: [STALE], flagged: [UNDECIDED] }).revoke.map(planned => planned.because))
      .toEqual([{ stale: 'DELETED_GROUP', verdict: 'undecided', declarations: UNDECIDED.declarations }]);
  });

  test('a rule that says no owner, in a group that is the account\'s own', () => {
    expect(planOf(ssh({ groupOwnerId: undefined })).revoke).toHaveLength(1);
  });

  test('a rule whose owner nobody says', () => {
    const context = { groups: groups(aGroup({ ownerId: undefined })) };
    expect(planOf(ssh({ groupOwnerId: undefined }), context).revoke).toHaveLength(1);
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
    expect(keep.map(({ rule, reason }) => [rule?.securityGroupRuleId, reason])).toEqual([
      ['sgr-exempt', 'EXEMPT_BY_RULE_TAG'],
      [undefined, 'RULE_NOT_FOUND'],
    ]);
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
    expect(keptFor(ssh({ groupOwnerId: undefined }), { groups: groups(aGroup({ ownerId: '444455556666' })) })).toBe(
      'OTHER_OWNER',
    );
  });

  test('EXEMPT_BY_PROP: a rule of an exempt group', () => {
    expect(keptFor({ flagged: [SSH] }, { exemptSecurityGroupIds: ['sg-2', 'sg-1'] })).toBe('EXEMPT_BY_PROP');
  });

  test.each(['sg-own', 'sg-own-2'])("EXEMPT_BY_FUNCTION: a rule of the function's own group %s", groupId => {
    const context = { ...IN_VPC, groups: groups(aGroup({ groupId })), endpoints: endpoints() };
    expect(keptFor(ssh({ groupId }), context)).toBe('EXEMPT_BY_FUNCTION');
    const stale = [aStaleRule({ groupId, rule: aRule({ groupId }) })];
    expect(keptFor({ stale }, context)).toBe('EXEMPT_BY_FUNCTION');
  });

  test("EXEMPT_BY_FUNCTION: a rule of a group of an interface endpoint of the function's VPC", () => {
    const context = { ...IN_VPC, endpoints: endpoints('sg-2', 'sg-1') };
    expect(keptFor({ flagged: [SSH] }, context)).toBe('EXEMPT_BY_FUNCTION');
    expect(keptFor({ stale: [STALE] }, context)).toBe('EXEMPT_BY_FUNCTION');
  });

  test('ENDPOINTS_UNREAD: a rule of any other group, where the endpoints were not read, or in part only', () => {
    const unread = [undefined, { groupIds: new Set<string>(), error: UNREAD }, { groupIds: new Set(['sg-2']), error: UNREAD }];
    for (const each of unread) {
      expect(keptFor({ flagged: [SSH] }, { ...IN_VPC, endpoints: each })).toBe('ENDPOINTS_UNREAD');
      expect(keptFor({ stale: [STALE] }, { ...IN_VPC, endpoints: each })).toBe('ENDPOINTS_UNREAD');
    }
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

  test('DISABLED: a rule that would be revoked', () => {
    expect(keptFor({ flagged: [SSH] }, { enabled: false })).toBe('DISABLED');
    expect(keptFor({ stale: [STALE] }, { enabled: false })).toBe('DISABLED');
  });

  test.each<HoldReason>(['PAUSED', 'SETTLING', 'CONFIGURATION_CHANGING', 'LEDGER_UNTRUSTED', 'LEDGER_UNAVAILABLE'])(
    '%s: a rule that would be revoked, while that holds back revoking as a whole', reason => {
      expect(keptFor({ flagged: [SSH] }, { hold: { reason } })).toBe(reason);
      expect(keptFor({ stale: [STALE] }, { hold: { reason } })).toBe(reason);
      expect(keptFor({ stale: [STALE], flagged: [SSH] }, { hold: { reason } })).toBe(reason);
    });
});

describe('is kept as LEDGER_UNAVAILABLE, because it could not be put back:', () => {
  test.each<[name: string, found: Found]>([
    ['flagged', { flagged: [SSH] }],
    ['stale', { stale: [STALE] }],
    ['both', { stale: [STALE], flagged: [SSH] }],
  ])('every rule to revoke, if the ledger could not be read or written: %s', (_, found) => {
    expect(keptFor(found, { entries: undefined })).toBe('LEDGER_UNAVAILABLE');
  });

  test('a rule that the ledger does not have, and no other', () => {
    const found = {
      flagged: ['sgr-known', 'sgr-unknown'].map(securityGroupRuleId =>
        aFlaggedRule({ rule: aRule({ securityGroupRuleId }) }),
      ),
    };
    const { revoke, keep } = planOf(found, {
      entries: entries(anEntry({ rule: aRule({ securityGroupRuleId: 'sgr-known' }) })),
    });
    expect(revoke.map(({ rule }) => rule.securityGroupRuleId)).toEqual(['sgr-known']);
    expect(keep.map(({ rule, reason }) => [rule?.securityGroupRuleId, reason])).toEqual([
      ['sgr-unknown', 'LEDGER_UNAVAILABLE'],
    ]);
  });
});

describe('is kept as LEFT_TO_OTHER: a rule that the ledger has', () => {
  test.each<LedgerState>(['PENDING', 'REVOKED', 'HEALED', 'RESTORED'])('as %s', state => {
    const revoked = entries(anEntry({ state }));
    expect(keptFor({ flagged: [SSH] }, { entries: revoked })).toBe('LEFT_TO_OTHER');
    expect(keptFor({ stale: [STALE] }, { entries: revoked })).toBe('LEFT_TO_OTHER');
  });
});

describe('the grace of a stale rule', () => {
  const grace = aGrace({ seconds: 3600, sightings: 3 });
  const AT_ONCE = aGrace({ seconds: 0, sightings: 1 });

  const ago = (seconds: number): string => new Date(NOW.getTime() - seconds * 1000).toISOString();

  /** The entry of a rule that scheduled sweeps have found stale, most recently now. */
  const counted = (sight: Partial<StaleSight>): ReadonlyMap<string, LedgerEntry> => {
    const [firstSeen, lastSeen] = ['2020-01-01T00:00:00.000Z', NOW.toISOString()];
    const counts = { sightings: 3, countedSince: ago(3600), countedAt: lastSeen };
    const stale = { reason: 'OTHER', firstSeen, lastSeen, ...counts, ...sight };
    return entries(anEntry({ firstSeen, lastSeen, stale }));
  };

  const seen = (secondsAgo: number, sightings = 3): ReadonlyMap<string, LedgerEntry> =>
    counted({ countedSince: ago(secondsAgo), sightings });

  const isRevoked = (found: Found, context: Partial<PlanContext>): boolean =>
    planOf(found, { grace, ...context }).revoke.length === 1;

  test.each([0, 1, 3599, 3599.999])('keeps it as WITHIN_GRACE after %d of 3600 seconds', seconds => {
    expect(keptFor({ stale: [STALE] }, { grace, entries: seen(seconds) })).toBe('WITHIN_GRACE');
  });

  test.each([3600, 3600.001, 3601, 31_536_000])('is over after %d seconds of 3600', seconds => {
    expect(isRevoked({ stale: [STALE] }, { entries: seen(seconds) })).toBe(true);
  });

  test.each([0, 1, 2, NaN])(
    'keeps it as WITHIN_GRACE when %d of 3 scheduled sweeps have found it, for however long', sightings => {
      expect(keptFor({ stale: [STALE] }, { grace, entries: seen(31_536_000, sightings) })).toBe('WITHIN_GRACE');
    });

  test.each([3, 4, 1000])('is over when %d of 3 scheduled sweeps have found it', sightings => {
    expect(isRevoked({ stale: [STALE] }, { entries: seen(3600, sightings) })).toBe(true);
  });

  test('counts from the first scheduled sweep of an unbroken row, however long ago the rule was first found', () => {
    const sight = { firstSeen: ago(31_536_000), countedSince: ago(3599) };
    expect(keptFor({ stale: [STALE] }, { grace, entries: counted(sight) })).toBe('WITHIN_GRACE');
  });

  test('counts only scheduled runs: a rule that only other runs have found stays, however old it is', () => {
    const sight = { firstSeen: ago(31_536_000), sightings: 0, countedSince: undefined, countedAt: undefined };
    expect(keptFor({ stale: [STALE] }, { grace: AT_ONCE, entries: counted(sight) })).toBe('WITHIN_GRACE');
  });

  test('starts over when no scheduled sweep has found it for longer than the gap, however often one has before', () => {
    const counts = { countedSince: ago(31_536_000), sightings: 1000 };
    const context = { grace: aGrace({ seconds: 3600, sightings: 3, maxGapSeconds: 1800 }) };
    const [early, late] = [1800, 1800.001].map(seconds => counted({ ...counts, countedAt: ago(seconds) }));
    expect(isRevoked({ stale: [STALE] }, { ...context, entries: early })).toBe(true);
    expect(keptFor({ stale: [STALE] }, { ...context, entries: late })).toBe('WITHIN_GRACE');
  });

  test('is not over for a rule that the ledger has only as flagged, because it is not known how long it has been stale', () => {
    const flagged = entries(anEntry({ because: { verdict: 'flagged', declarations: [] }, firstSeen: ago(31_536_000) }));
    expect(keptFor({ stale: [STALE] }, { grace: AT_ONCE, entries: flagged })).toBe('WITHIN_GRACE');
  });

  test.each([-0.001, -1, -86_400])(
    'of no length keeps what is first counted in the future, which is a doubt: %d seconds ago', seconds => {
      expect(keptFor({ stale: [STALE] }, { grace: AT_ONCE, entries: seen(seconds) })).toBe('WITHIN_GRACE');
    });

  test.each(['', 'yesterday', '2026-13-01T00:00:00Z', 'NaN'])(
    'of no length keeps what is first counted at no time, which is a doubt: "%s"', countedSince => {
      expect(keptFor({ stale: [STALE] }, { grace: AT_ONCE, entries: counted({ countedSince }) })).toBe('WITHIN_GRACE');
    });

  test('of no length keeps everything while the time is not known', () => {
    const context = { grace: AT_ONCE, entries: seen(3600), now: new Date(NaN) };
    expect(keptFor({ stale: [STALE] }, context)).toBe('WITHIN_GRACE');
  });

  test('of no length and one sighting lets it go at once', () => {
    expect(isRevoked({ stale: [STALE] }, { grace: AT_ONCE, entries: seen(0, 1) })).toBe(true);
  });

  test('does not apply if none is configured: the rule is revoked at once', () => {
    expect(isRevoked({ stale: [STALE] }, { grace: undefined, entries: seen(0, 1) })).toBe(true);
  });

  test('does not apply to a flagged rule, which does not heal', () => {
    expect(isRevoked({ flagged: [SSH] }, { entries: seen(0, 1) })).toBe(true);
  });

  test('does not apply to a rule that is both stale and flagged', () => {
    expect(isRevoked({ stale: [STALE], flagged: [SSH] }, { entries: seen(0, 1) })).toBe(true);
  });

  test('is there for a rule that is stale and only may be flagged', () => {
    expect(keptFor({ stale: [STALE], flagged: [UNDECIDED] }, { grace, entries: seen(0, 1) })).toBe('WITHIN_GRACE');
  });

  test('is of each rule by itself', () => {
    const [early, late] = ['sgr-early', 'sgr-late'].map(securityGroupRuleId => aRule({ securityGroupRuleId }));
    const known = { because: IS_STALE, sightings: 3 };
    const lately = anEntry({ rule: late, ...known, firstSeen: NOW.toISOString() });
    const { revoke, keep } = planOf({ stale: [early, late].map(rule => aStaleRule({ rule })) }, {
      grace, entries: entries(anEntry({ rule: early, ...known }), lately),
    });
    expect(revoke.map(({ rule }) => rule.securityGroupRuleId)).toEqual(['sgr-early']);
    expect(keep.map(({ rule, reason }) => [rule?.securityGroupRuleId, reason])).toEqual([['sgr-late', 'WITHIN_GRACE']]);
  });
});

describe('a limit', () => {
  const many = (count: number): Found => ({
    flagged: Array.from({ length: count }, (_, index) =>
      aFlaggedRule({ rule: aRule({ securityGroupRuleId: `sgr-${index}` }) }),
    ),
  });

  test.each([[1, 1], [3, 3], [2, 3], [0, 0]])('allows all rules that do not exceed it: %d of %d', (count, limit) => {
    const result = limitedPlanOf(many(count), { limit });
    expect(result.revoke).toHaveLength(count);
    expect(result.keep).toEqual([]);
  });

  test.each([[4, 3], [1, 0], [100, 99]])(
    'allows none if they exceed it, and keeps each as OVER_LIMIT: %d of %d', (count, limit) => {
      const result = limitedPlanOf(many(count), { limit });
      expect(result.revoke).toEqual([]);
      expect(reasons(result)).toEqual(Array.from({ length: count }, () => 'OVER_LIMIT'));
      expect(result.keep.map(({ rule }) => rule?.securityGroupRuleId))
        .toEqual(Array.from({ length: count }, (_, index) => `sgr-${index}`));
    });

  test('keeps what is over it with everything that was found of it', () => {
    const finding = { groupId: 'sg-1', rule: SSH.rule, stale: STALE, flagged: SSH };
    expect(limitedPlanOf({ stale: [STALE], flagged: [SSH] }, { limit: 0 }).keep)
      .toEqual([{ ...finding, reason: 'OVER_LIMIT', entry: entryOf(finding) }]);
  });

  test('counts stale and flagged rules together', () => {
    const stale = [aStaleRule({ rule: aRule({ securityGroupRuleId: 'sgr-stale' }) })];
    expect(reasons(limitedPlanOf({ ...many(1), stale }, { limit: 1 }))).toEqual(['OVER_LIMIT', 'OVER_LIMIT']);
  });

  test('counts a rule that is both once', () => {
    expect(limitedPlanOf({ stale: [STALE], flagged: [SSH] }, { limit: 1 }).revoke).toHaveLength(1);
  });

  test('does not count what is kept anyway, which keeps its own reason', () => {
    const exempt = aFlaggedRule({ rule: aRule({ securityGroupRuleId: 'sgr-exempt', tags: EXEMPT }) });
    const revoking = limitedPlanOf({ flagged: [...many(2).flagged ?? [], exempt] }, { limit: 2 });
    expect(revoking.revoke).toHaveLength(2);
    expect(reasons(revoking)).toEqual(['EXEMPT_BY_RULE_TAG']);
    const over = limitedPlanOf({ flagged: [exempt, ...many(2).flagged ?? []] }, { limit: 1 });
    expect(over.revoke).toEqual([]);
    expect(reasons(over)).toEqual(['EXEMPT_BY_RULE_TAG', 'OVER_LIMIT', 'OVER_LIMIT']);
  });

  test.each([0, 1, 1000])('is not what keeps a rule in a dry run, however low: %d', limit => {
    expect(reasons(limitedPlanOf(many(3), { limit }, { dryRun: true }))).toEqual(['DRY_RUN', 'DRY_RUN', 'DRY_RUN']);
  });

  test('is not known to the plan, which decides each rule by itself', () => {
    expect(planOf(many(2000)).revoke).toHaveLength(2000);
  });
});

describe('an item of the ledger that cannot be read', () => {
  const recorded = aFlaggedRule({ rule: aRule({ securityGroupRuleId: 'sgr-recorded' }) });
  const unread = aFlaggedRule({ rule: aRule({ securityGroupRuleId: 'sgr-unread' }) });
  const context = { entries: entries(anEntry({ rule: recorded.rule })) };
  const decided = (found: Found, limited: Limited): Record<string, string> => {
    const { revoke, keep } = limitedPlanOf(found, limited, context);
    const kept = keep.map(({ rule, reason }) => [rule?.securityGroupRuleId ?? '', reason] as const);
    const revoked = revoke.map(({ rule }) => [rule.securityGroupRuleId, 'revoked'] as const);
    return Object.fromEntries([...kept, ...revoked]);
  };

  test('keeps its own rule, and no other', () => {
    expect(decided({ flagged: [recorded, unread] }, { limit: 1000 }))
      .toEqual({ 'sgr-recorded': 'revoked', 'sgr-unread': 'LEDGER_UNAVAILABLE' });
  });

  test.each([
    [1, 'OVER_LIMIT'],
    [2, 'revoked'],
  ])('counts for the limit as one, when its rule was found: %i', (limit, outcome) => {
    expect(decided({ flagged: [recorded, unread] }, { limit })).toEqual({
      'sgr-recorded': outcome,
      'sgr-unread': 'LEDGER_UNAVAILABLE',
    });
  });

  test('does not count, when its rule was found and is kept whatever the ledger says', () => {
    const exempt = aFlaggedRule({ rule: aRule({ securityGroupRuleId: 'sgr-unread', tags: EXEMPT }) });
    expect(decided({ flagged: [recorded, exempt] }, { limit: 1 }))
      .toEqual({ 'sgr-recorded': 'revoked', 'sgr-unread': 'EXEMPT_BY_RULE_TAG' });
  });

  test.each([
    [1, 'OVER_LIMIT'],
    [3, 'revoked'],
  ])('counts as one, too, when its rule was not found: %i', (limit, outcome) => {
    expect(decided({ flagged: [recorded] }, { limit, unreadable: 2 })).toEqual({ 'sgr-recorded': outcome });
  });

  test('withholds nothing by itself, where there is nothing to revoke', () => {
    expect(limitedPlanOf({}, { limit: 0, unreadable: 5 })).toEqual({ revoke: [], keep: [] });
  });
});

describe('a rule that the sweep could not look at', () => {
  const FLAGGED = { verdict: 'flagged', declarations: [] } as const;
  const found: Found = { flagged: [SSH] };

  /** Returns whether the one rule is still revoked, with a limit of one, if something else could not be seen. */
  const goesBeside = (
    entry: LedgerEntry, limited: Partial<Limited> = {}, context: Partial<PlanContext> = {},
  ): boolean => {
    const { revoke, keep } = limitedPlanOf(found, { limit: 1, hidden: [entry], ...limited }, context);
    expect(keep.map(({ reason }) => reason)).toEqual(revoke.length === 1 ? [] : ['OVER_LIMIT']);
    return revoke.length === 1;
  };
  const hidden = (overrides: EntryInShort): LedgerEntry =>
    anEntry({ rule: aRule({ securityGroupRuleId: 'sgr-hidden' }), ...overrides });

  test('counts towards the limit if it would be revoked, so that a half-readable network cannot slip under it', () => {
    expect(goesBeside(hidden({ because: FLAGGED }))).toBe(false);
    expect(goesBeside(hidden({ because: IS_STALE }))).toBe(false);
    expect(goesBeside(hidden({ because: FLAGGED, state: 'PENDING' }))).toBe(false);
    expect(goesBeside(hidden({ because: FLAGGED }), { limit: 2 })).toBe(true);
  });

  test.each<[name: string, entry: EntryInShort, context: Partial<PlanContext>]>([
    ['it is only stale, and stale rules are only reported', { because: IS_STALE }, { staleRules: 'report' }],
    ['it only may be flagged', { because: { verdict: 'undecided', declarations: [] } }, {}],
    ['it was found for nothing that tells to', { because: { declarations: [] } }, {}],
    ['it is tagged exempt', { because: FLAGGED, rule: aRule({ tags: EXEMPT }) }, {}],
    ['its tag exempts here', { because: FLAGGED, rule: aRule({ tags: { KEEP: '' } }) }, { exemptTags: ['keep'] }],
    ['it is an egress rule', { because: IS_STALE, rule: aRule({ isEgress: true }) }, {}],
  ])('does not count, when it would be kept: %s', (_, entry, context) => {
    expect(goesBeside(hidden(entry), {}, context)).toBe(true);
  });

  test('counts for either check that holds it: what is only reported as stale may be flagged, too', () => {
    const both = hidden({ because: { ...FLAGGED, stale: 'OTHER' } });
    expect(goesBeside(both, {}, { staleRules: 'report' })).toBe(false);
    const perhaps = hidden({ because: { stale: 'OTHER', verdict: 'undecided', declarations: [] } });
    expect(goesBeside(perhaps)).toBe(false);
  });

  test('counts with all others, and none of what was found goes', () => {
    const many = Array.from({ length: 20 }, (_, index) =>
      anEntry({ rule: aRule({ securityGroupRuleId: `sgr-hidden-${index}` }), because: FLAGGED }),
    );
    expect(goesBeside(many[0], { limit: 20, hidden: many })).toBe(false);
    expect(goesBeside(many[0], { limit: 21, hidden: many })).toBe(true);
  });

  test('is neither revoked nor kept: it was not found', () => {
    expect(limitedPlanOf({}, { limit: 0, hidden: [hidden({ because: FLAGGED })] })).toEqual({ revoke: [], keep: [] });
  });

  test('is no reason to keep in a dry run', () => {
    const kept = limitedPlanOf(found, { limit: 0, hidden: [hidden({ because: FLAGGED })] }, { dryRun: true });
    expect([kept.revoke, reasons(kept)]).toEqual([[], ['DRY_RUN']]);
  });
});

describe('the count of what is due', () => {
  const NONE_UNSEEN: Unseen = { hidden: [], unreadable: 0 };
  const dueOf = (found: Found, context: Partial<PlanContext> = {}): number =>
    countDue(planOf(found, context), NONE_UNSEEN, aContext(context));
  const two: Found = {
    flagged: [SSH], stale: [aStaleRule({ rule: aRule({ securityGroupRuleId: 'sgr-stale' }) }), STALE_UNIDENTIFIED],
  };

  test('is that of what would be revoked', () => {
    expect(dueOf(two)).toBe(2);
    expect(dueOf({})).toBe(0);
  });

  test.each<HoldReason>(['PAUSED', 'SETTLING', 'CONFIGURATION_CHANGING', 'LEDGER_UNTRUSTED', 'LEDGER_UNAVAILABLE'])(
    'is the same while revoking is held back as a whole: %s', reason => {
      expect(dueOf(two, { hold: { reason } })).toBe(2);
    });

  test('has what would be revoked if the ledger could be read', () => {
    expect(dueOf(two, { entries: undefined })).toBe(2);
  });

  test('has what may have to be revoked once the endpoints can be read, and nothing of it while all is off', () => {
    expect(dueOf(two, IN_VPC)).toBe(2);
    expect(dueOf(two, { ...IN_VPC, hold: { reason: 'PAUSED' } })).toBe(2);
    expect(dueOf(two, { ...IN_VPC, dryRun: true })).toBe(0);
    expect(dueOf(two, { ...IN_VPC, enabled: false })).toBe(0);
  });

  test.each<[why: string, context: Partial<PlanContext>]>([
    ['of groups through which the function reaches AWS', { ...IN_VPC, endpoints: endpoints('sg-1') }],
    ['in a dry run', { dryRun: true }],
    ['while the construct is disabled', { enabled: false }],
    ['of groups that are exempt', { exemptSecurityGroupIds: ['sg-1'] }],
    ['outside the VPCs in scope', { vpcIds: new Set() }],
  ])('has nothing of what is kept for a reason of its own: %s', (_, context) => {
    for (const hold of [undefined, { reason: 'PAUSED' as const }]) expect(dueOf(two, { ...context, hold })).toBe(0);
  });

  describe('has what a prefix list that could not be read may flag', () => {
    const rule = aRule({ prefixListId: 'pl-1', cidrIpv4: undefined });
    const declared = aFlaggedIngressRule({ match: 'COVERS' });
    const undecided: Found = {
      flagged: [aFlaggedRule({ rule, verdict: 'undecided', declarations: [{ id: declared.id, name: declared.name }] })],
    };
    const dueWith = (context: Partial<PlanContext>, flagged = declared): number =>
      dueOf(undecided, { flaggedIngressRules: [flagged], ...context });

    test('because the network that a sweep sees in part must not slip under the limit', () => {
      expect(dueWith({})).toBe(1);
      expect(dueWith({ hold: { reason: 'PAUSED' } })).toBe(1);
    });

    test('also if another declaration reports it: then it is kept as undecided', () => {
      const reporting = { ...declared, id: 'reporting', name: 'flaggedIngressRules[1]', action: { kind: 'report' } } as const;
      const [id, name] = [declared.id, declared.name];
      const both: Found = {
        flagged: [aFlaggedRule({
          rule, declarations: [{ id: reporting.id, name: reporting.name }], undecided: [{ id, name }],
        })],
      };
      const context = { flaggedIngressRules: [declared, reporting] };
      expect(dueOf(both, context)).toBe(1);
      expect(reasons(planOf(both, context))).toEqual(['UNDECIDED']);
    });

    test.each<[why: string, context: Partial<PlanContext>, flagged: typeof declared]>([
      ['the list was read', { prefixLists: new Map([['pl-1', []]]) }, declared],
      ['its group is exempt', { exemptSecurityGroupIds: ['sg-1'] }, declared],
      ['this is a dry run', { dryRun: true }, declared],
      ['the declaration only reports', {}, { ...declared, action: { kind: 'report' } }],
      ['the declaration compares ids only', {}, { ...declared, match: 'EXACT' }],
    ])('but not if %s', (_, context, flagged) => {
      expect(dueWith(context, flagged)).toBe(0);
    });
  });

  test('has nothing that waits, or that another run is about to revoke', () => {
    const waiting = { grace: aGrace(), entries: entries(anEntry({ because: IS_STALE, sightings: 1 })) };
    expect(dueOf({ stale: [STALE] }, waiting)).toBe(0);
    expect(dueOf({ flagged: [SSH] }, { entries: entries(anEntry({ state: 'PENDING' })) })).toBe(0);
  });

  test('of entries is that of the open ones that nothing of their own keeps, and of those that cannot be read', () => {
    const held = ['PAUSED', 'SETTLING', 'CONFIGURATION_CHANGING', 'LEDGER_UNTRUSTED', 'LEDGER_UNAVAILABLE'];
    const due = [undefined, ...held, 'OVER_LIMIT', 'LIMIT_USED'];
    const kept = [
      'WITHIN_GRACE', 'DRY_RUN', 'DISABLED', 'EXEMPT_BY_PROP', 'EXEMPT_BY_FUNCTION', 'ENDPOINTS_UNREAD', 'EGRESS',
      'REPORT_ONLY', 'a later reason',
    ];
    const all = [...due, ...kept].map(keepReason => anEntry({ keepReason }));
    expect(countDueEntries(all, 0)).toBe(due.length);
    expect(countDueEntries(all, 3)).toBe(due.length + 3);
    const settled = (['PENDING', 'REVOKED', 'HEALED', 'RESTORED'] as const).map(state => anEntry({ state }));
    expect(countDueEntries(settled, 0)).toBe(0);
  });
});

describe('a plan that is withheld as a whole', () => {
  const [first, second, exempt] = [{}, {}, EXEMPT].map((tags, index) =>
    aFlaggedRule({ rule: aRule({ securityGroupRuleId: `sgr-${index + 1}`, tags }) }));
  const decided = planOf({ flagged: [first, exempt, second] });

  test.each(['OVER_LIMIT', 'LIMIT_USED', 'PAUSED', 'LEDGER_UNAVAILABLE'] as const)(
    'revokes nothing, keeps what it would have for the reason, and what it kept for its own: %s', reason => {
      const { revoke, keep } = withheldAll(decided, reason);
      expect(revoke).toEqual([]);
      expect(keep.map(kept => [kept.rule?.securityGroupRuleId, kept.reason]))
        .toEqual([['sgr-3', 'EXEMPT_BY_RULE_TAG'], ['sgr-1', reason], ['sgr-2', reason]]);
      expect(keep[1]).toEqual({ ...decided.revoke[0].finding, reason, entry: decided.revoke[0].entry });
    });

  test('is as it was where it revokes nothing', () => {
    const nothing = planOf({ flagged: [exempt] });
    expect(withheldAll(nothing, 'OVER_LIMIT')).toEqual(nothing);
  });

  test('leaves the plan that it is made of as it was', () => {
    withheldAll(decided, 'OVER_LIMIT');
    expect([decided.revoke.length, reasons(decided)]).toEqual([2, ['EXEMPT_BY_RULE_TAG']]);
  });
});

describe('of several reasons', () => {
  const egress = { flagged: [aFlaggedRule({ rule: aRule({ isEgress: true, tags: EXEMPT }), verdict: 'undecided' })] };

  test('EGRESS comes first: it holds whatever else is changed', () => {
    expect(keptFor(egress, { dryRun: true, exemptSecurityGroupIds: ['sg-1'], groups: groups() })).toBe('EGRESS');
  });

  test('EGRESS is told of stale rules that are only reported', () => {
    expect(keptFor({ stale: [aStaleRule({ direction: 'egress', rule: undefined })] }, { staleRules: 'report' })).toBe(
      'EGRESS',
    );
  });

  test('UNDECIDED comes before REPORT_ONLY, for a rule that is stale and may be flagged', () => {
    expect(keptFor({ stale: [STALE], flagged: [UNDECIDED] }, { staleRules: 'report' })).toBe('UNDECIDED');
  });

  test('a rule that is not to be revoked is not called exempt', () => {
    expect(
      keptFor({ stale: [aStaleRule({ rule: aRule({ tags: EXEMPT }) })] }, { staleRules: 'report', dryRun: true }),
    ).toBe('REPORT_ONLY');
    expect(keptFor({ flagged: [{ ...UNDECIDED, rule: aRule({ tags: EXEMPT }) }] }, { dryRun: true })).toBe('UNDECIDED');
    expect(keptFor({ stale: [STALE_UNIDENTIFIED] }, { staleRules: 'report' })).toBe('REPORT_ONLY');
  });

  test('RULE_NOT_FOUND comes before what the group says', () => {
    expect(
      keptFor({ stale: [STALE_UNIDENTIFIED] }, { exemptSecurityGroupIds: ['sg-1'], groups: groups(), dryRun: true }),
    ).toBe('RULE_NOT_FOUND');
  });

  test('an exemption that is known without the group is reported even if the group is unread', () => {
    expect(keptFor({ flagged: [SSH] }, { exemptSecurityGroupIds: ['sg-1'], groups: groups() })).toBe('EXEMPT_BY_PROP');
    expect(keptFor(ssh({ tags: EXEMPT }), { groups: groups() })).toBe('EXEMPT_BY_RULE_TAG');
  });

  test("that a group is the function's own, or of an endpoint, is told though the others, or the group, are unread", () => {
    const partly = { groupIds: new Set(['sg-1']), error: UNREAD };
    expect(keptFor({ flagged: [SSH] }, { ...IN_VPC, endpoints: partly })).toBe('EXEMPT_BY_FUNCTION');
    expect(keptFor({ flagged: [SSH] }, { ...IN_VPC, endpoints: partly, groups: groups() })).toBe('EXEMPT_BY_FUNCTION');
    expect(keptFor(ssh({ groupId: 'sg-own' }), { ...IN_VPC, groups: groups() })).toBe('EXEMPT_BY_FUNCTION');
  });

  test('ENDPOINTS_UNREAD is told only of what would be revoked otherwise', () => {
    const unread = { ...IN_VPC, endpoints: undefined };
    const grace = aGrace({ seconds: 3600 });
    const seenOnce = entries(anEntry({ because: IS_STALE, sightings: 1 }));
    expect(keptFor({ stale: [STALE] }, { ...unread, staleRules: 'report' })).toBe('REPORT_ONLY');
    expect(keptFor({ flagged: [SSH] }, { ...unread, exemptSecurityGroupIds: ['sg-1'] })).toBe('EXEMPT_BY_PROP');
    expect(keptFor(ssh({ tags: EXEMPT }), unread)).toBe('EXEMPT_BY_RULE_TAG');
    expect(keptFor({ flagged: [SSH] }, { ...unread, groups: groups() })).toBe('GROUP_UNREAD');
    expect(keptFor({ flagged: [SSH] }, { ...unread, vpcIds: new Set() })).toBe('OUTSIDE_VPCS');
    expect(keptFor({ flagged: [SSH] }, { ...unread, accountId: '444455556666' })).toBe('OTHER_OWNER');
    expect(keptFor({ flagged: [SSH] }, { ...unread, entries: undefined })).toBe('LEDGER_UNAVAILABLE');
    expect(keptFor({ stale: [STALE] }, { ...unread, grace, entries: seenOnce })).toBe('WITHIN_GRACE');
  });

  test('ENDPOINTS_UNREAD comes before what keeps rules whatever they are: it is not known whether they would go', () => {
    const unread = { ...IN_VPC, endpoints: undefined };
    expect(keptFor({ flagged: [SSH] }, { ...unread, dryRun: true })).toBe('ENDPOINTS_UNREAD');
    expect(keptFor({ flagged: [SSH] }, { ...unread, enabled: false })).toBe('ENDPOINTS_UNREAD');
    expect(keptFor({ flagged: [SSH] }, { ...unread, hold: { reason: 'PAUSED' } })).toBe('ENDPOINTS_UNREAD');
  });

  test('an exemption takes precedence over the owner and the VPC of the group', () => {
    const elsewhere = { groups: groups(aGroup({ tags: EXEMPT, vpcId: 'vpc-2', ownerId: '444455556666' })) };
    expect(keptFor(ssh({ groupOwnerId: '444455556666' }), elsewhere)).toBe('EXEMPT_BY_GROUP_TAG');
  });

  test('reasons that need no ledger take precedence, so that a failing ledger is not blamed for them', () => {
    const without = { entries: undefined, grace: aGrace({ seconds: 3600 }) };
    expect(keptFor({ stale: [STALE] }, { ...without, staleRules: 'report' })).toBe('REPORT_ONLY');
    expect(keptFor({ flagged: [UNDECIDED] }, without)).toBe('UNDECIDED');
    expect(keptFor({ stale: [STALE_UNIDENTIFIED] }, without)).toBe('RULE_NOT_FOUND');
    expect(keptFor(ssh({ tags: EXEMPT }), without)).toBe('EXEMPT_BY_RULE_TAG');
    expect(keptFor({ flagged: [SSH] }, { ...without, vpcIds: new Set() })).toBe('OUTSIDE_VPCS');
    expect(keptFor(ssh({ groupOwnerId: '444455556666' }), without)).toBe('OTHER_OWNER');
    expect(keptFor(ssh({ isEgress: true }), without)).toBe('EGRESS');
  });

  test('LEFT_TO_OTHER comes before WITHIN_GRACE, and either before DRY_RUN', () => {
    const context = { grace: aGrace({ seconds: 3600 }), dryRun: true };
    const fresh = { because: IS_STALE, firstSeen: NOW.toISOString(), sightings: 1 };
    expect(keptFor({ stale: [STALE] }, { ...context, entries: entries(anEntry({ ...fresh, state: 'REVOKED' })) })).toBe(
      'LEFT_TO_OTHER',
    );
    expect(keptFor({ stale: [STALE] }, { ...context, entries: entries(anEntry(fresh)) })).toBe('WITHIN_GRACE');
    expect(keptFor({ stale: [STALE] }, { ...context, entries: undefined })).toBe('LEDGER_UNAVAILABLE');
  });

  test('OVER_LIMIT comes last of all', () => {
    const context = { grace: aGrace({ seconds: 3600 }) };
    const kept = (overrides: Partial<PlanContext>): KeepReason[] => {
      const { revoke, keep } = limitedPlanOf({ stale: [STALE] }, { limit: 0 }, { ...context, ...overrides });
      expect(revoke).toEqual([]);
      return keep.map(({ reason }) => reason);
    };
    expect(kept({ entries: undefined })).toEqual(['LEDGER_UNAVAILABLE']);
    expect(kept({ entries: entries(anEntry({ because: IS_STALE, state: 'REVOKED' })) })).toEqual(['LEFT_TO_OTHER']);
    expect(kept({ entries: entries(anEntry({ because: IS_STALE, sightings: 1 })) })).toEqual(['WITHIN_GRACE']);
    expect(kept({ dryRun: true })).toEqual(['DRY_RUN']);
    expect(kept({ hold: { reason: 'PAUSED' } })).toEqual(['PAUSED']);
    expect(kept({})).toEqual(['OVER_LIMIT']);
  });

  test.each<HoldReason>(['PAUSED', 'SETTLING', 'CONFIGURATION_CHANGING', 'LEDGER_UNTRUSTED', 'LEDGER_UNAVAILABLE'])(
    'DISABLED comes before DRY_RUN, and that before what holds back revoking as a whole: %s', reason => {
      const hold = { reason };
      expect(keptFor({ flagged: [SSH] }, { hold, dryRun: true, enabled: false })).toBe('DISABLED');
      expect(keptFor({ flagged: [SSH] }, { hold, dryRun: true })).toBe('DRY_RUN');
      expect(keptFor(ssh({ tags: EXEMPT }), { hold })).toBe('EXEMPT_BY_RULE_TAG');
      expect(keptFor({ flagged: [UNDECIDED] }, { hold })).toBe('UNDECIDED');
      expect(keptFor({ stale: [STALE] }, { hold, staleRules: 'report' })).toBe('REPORT_ONLY');
      const seenOnce = entries(anEntry({ because: IS_STALE, sightings: 1 }));
      const within = { grace: aGrace({ seconds: 3600 }), entries: seenOnce };
      expect(keptFor({ stale: [STALE] }, { hold, ...within })).toBe('WITHIN_GRACE');
    });

  test('DRY_RUN comes last: only a rule that would be revoked otherwise is kept for it', () => {
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
    const finding = { groupId: 'sg-1', rule: exempt, stale, flagged: found };
    expect(planOf({ stale: [stale], flagged: [found] }).keep)
      .toEqual([{ ...finding, reason: 'EXEMPT_BY_RULE_TAG', entry: entryOf(finding) }]);
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

/** The cases about replacement as tables: what goes wrong, and at which call. */
import { type CallPoint, FAULTS, killed, points } from './cases';
import type { ReplacingScene } from './replacing-scene';
import { EXEMPT_TAG } from '../../src/contract/exemptions';
import type { Fault } from '../support/ec2-endpoint';

type Counts = Readonly<Record<string, number>>;

/** The number of calls of each action in a sweep that replaces the two rules of the scene. A test checks it. */
export const REPLACING_CALLS: Counts = {
  DescribeVpcs: 1, DescribeSecurityGroups: 4, DescribeSecurityGroupRules: 8, AuthorizeSecurityGroupIngress: 4,
  RevokeSecurityGroupIngress: 2, PutMetricData: 2, PutEvents: 1, GetItem: 9, Query: 3, PutItem: 12,
};

/** The same for a sweep that replaces one rule, so that the order of the calls is known. */
export const SMALL_REPLACING_CALLS: Counts = {
  DescribeVpcs: 1, DescribeSecurityGroups: 3, DescribeSecurityGroupRules: 5, AuthorizeSecurityGroupIngress: 2,
  RevokeSecurityGroupIngress: 1, PutMetricData: 2, PutEvents: 1, GetItem: 7, Query: 2, PutItem: 8,
};

/** The same for a restore of the two rules after a sweep has replaced them. */
export const TAKING_BACK_CALLS: Counts = {
  GetItem: 1, Query: 4, DescribeSecurityGroups: 2, DescribeSecurityGroupRules: 9, AuthorizeSecurityGroupIngress: 2,
  RevokeSecurityGroupIngress: 3, PutItem: 4,
};

/** One of the four calls that add has no effect, because the rule is there already. */
export const KILLED_REPLACEMENTS = killed(REPLACING_CALLS).filter(({ action, call, moment }) =>
  !(action === 'AuthorizeSecurityGroupIngress' && call === 4 && moment === 'after the effect'));
export const KILLED_TAKING_BACK = killed(TAKING_BACK_CALLS);

/** The calls from the claim to the outcome. After the kill, the declaration only reports. */
export const KILLED_AND_NO_LONGER_WANTED = killed(SMALL_REPLACING_CALLS).filter(({ action, call }) =>
  /^(Authorize|Revoke)/.test(action) || (action === 'PutItem' && call > 1) || (action === 'DescribeSecurityGroupRules' && call > 1));

/** The same kills. Then someone narrows the broader rule, if it is there, before the next sweep. */
export const KILLED_AND_NARROWED = KILLED_AND_NO_LONGER_WANTED;

/** Someone narrows one of two broader rules that share their narrower rules, right before one of these calls. */
export const SHARED_REPLACEMENTS: readonly CallPoint[] = points({
  AuthorizeSecurityGroupIngress: 4, DescribeSecurityGroupRules: 8, PutItem: 10, RevokeSecurityGroupIngress: 1,
});

/** Another sweep comes right after the kill, when the first one could still be at work. */
export const KILLED_AND_RUN_AGAIN = KILLED_REPLACEMENTS.filter(({ action }) => /^(Authorize|Revoke)/.test(action));

export interface ReplacingInterference {
  readonly what: string;
  readonly act: (scene: ReplacingScene) => void;
  /** Whether it concerns a rule that was added. */
  readonly isOfAdded: boolean;
}

/** Narrows the first broader rule, which then admits none of the narrower traffic. */
export const narrow = ({ world: { network }, broad: [id] }: ReplacingScene): void => {
  if (network.rules.has(id)) network.modifyRule(id, { cidrIpv4: '10.0.0.0/8' });
};

type Change = (scene: ReplacingScene) => void;

const toBroad = (change: (rule: Record<string, unknown>) => void): Change => ({ world: { network }, broad: [id] }) => {
  const rule = network.rules.get(id);
  if (rule) change(rule as unknown as Record<string, unknown>);
};

const toAdded = (change: (rule: Record<string, unknown>) => void): Change => scene => {
  const [rule] = scene.added().map(({ securityGroupRuleId: id }) => scene.world.network.rules.get(id));
  if (rule) change(rule as unknown as Record<string, unknown>);
};

/** The changes that someone else makes. */
export const REPLACING_INTERFERENCES: readonly ReplacingInterference[] = [
  { what: 'the broader rule is narrowed', isOfAdded: false, act: narrow },
  { what: 'the ports of the broader rule are modified', isOfAdded: false, act: toBroad(rule => Object.assign(rule, { fromPort: 21, toPort: 21 })) },
  { what: 'the description of the broader rule is modified', isOfAdded: false, act: toBroad(rule => Object.assign(rule, { description: 'still in use' })) },
  { what: 'the broader rule is made exempt', isOfAdded: false, act: toBroad(rule => Object.assign(rule.tags as object, { [EXEMPT_TAG]: '' })) },
  { what: 'the broader rule is deleted', isOfAdded: false, act: ({ world, broad: [id] }) => world.network.removeRule(id) },
  { what: 'its group is made exempt', isOfAdded: false, act: ({ world, groups }) => Object.assign(world.network.groups.get(groups.web)?.tags ?? {}, { [EXEMPT_TAG]: '' }) },
  { what: 'the source of an added rule is modified', isOfAdded: true, act: toAdded(rule => Object.assign(rule, { cidrIpv4: '203.0.113.128/25' })) },
  { what: 'the description of an added rule is modified', isOfAdded: true, act: toAdded(rule => Object.assign(rule, { description: 'mine' })) },
  { what: 'an added rule is tagged', isOfAdded: true, act: toAdded(rule => Object.assign(rule.tags as object, { Owner: 'me' })) },
  { what: 'an added rule is deleted', isOfAdded: true, act: scene => scene.added().slice(0, 1).forEach(({ securityGroupRuleId: id }) => scene.world.network.removeRule(id)) },
];

/** The calls of a sweep that replaces one rule. The writes are the claim, each id, `isFinal` and the outcome. */
const STEPS: readonly CallPoint[] = points(SMALL_REPLACING_CALLS).filter(({ action, call }) =>
  /^(Authorize|Revoke|DescribeSecurityGroupRules)/.test(action) || (action === 'PutItem' && call > 1));

/** Nothing shows a change after the last reading. The write of `isFinal` comes between that and the revocation. */
const isTooLate = ({ action, call }: CallPoint): boolean =>
  action === 'RevokeSecurityGroupIngress' || (action === 'PutItem' && call === 5);

export const INTERRUPTED_REPLACEMENTS = STEPS.flatMap(point =>
  REPLACING_INTERFERENCES.map(interference =>
    ({ ...point, ...interference, isTooLate: interference.isOfAdded && isTooLate(point) })));

/** Calls that add, revoke or read rules fail in every way. */
export const FAULTY_REPLACEMENTS: ReadonlyArray<{ action: string; what: string; fault: Omit<Fault, 'action'> }> =
  ['AuthorizeSecurityGroupIngress', 'RevokeSecurityGroupIngress', 'DescribeSecurityGroupRules', 'PutItem'].flatMap(action =>
    FAULTS.map(fault => ({ action, ...fault })));

/** The quota of rules per group. One group of the scene needs room for three rules, and the other one for four. */
export const QUOTAS = [{ quota: 2, kept: 2 }, { quota: 3, kept: 1 }] as const;

/** A list is read when the rule is found, before the narrower rules are added, and before the rule is revoked. */
export const CHANGED_LISTS = [{ reading: 2 }, { reading: 3 }] as const;

/** The milliseconds between the starts of two sweeps. */
export const REPLACING_OVERLAPS = [0, 0, 10, 20, 30, 40, 50, 60, 80, 100] as const;

/** In the order of their page. */
export const REPLACING_CASES: ReadonlyArray<readonly unknown[]> = [
  KILLED_REPLACEMENTS, KILLED_TAKING_BACK, KILLED_AND_NO_LONGER_WANTED, KILLED_AND_NARROWED, KILLED_AND_RUN_AGAIN,
  INTERRUPTED_REPLACEMENTS, SHARED_REPLACEMENTS, CHANGED_LISTS, FAULTY_REPLACEMENTS, QUOTAS, REPLACING_OVERLAPS,
];

export const REPLACING_CASE_COUNT = REPLACING_CASES.reduce((sum, cases) => sum + cases.length, 0);

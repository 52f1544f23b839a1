/**
 * Determines which of a run's changes made, modified or removed a rule, and so who did it.
 *
 * An event that names rules is about these rules only. An event that names none may be about any rule of its groups, so
 * it counts only if no other such event of the run could have had the same effect. If there is any doubt, nobody is
 * named: CloudTrail may leave out an event, but no guess accuses anyone.
 */
import type { GROUP_EVENTS } from '../../../src/contract/change-events';
import type { Change, ChangedBy } from '../model/change';
import type { SecurityGroupRule } from '../model/network';

/**
 * - `there`: the rule is there, because someone added or modified it
 * - `modified`: the rule admits other traffic than before
 * - `removed`: the rule is gone
 */
export type Effect = 'there' | 'modified' | 'removed';

interface Call {
  readonly effects: readonly Effect[];
  /** The direction of the rules. Absent: both. */
  readonly isEgress?: boolean;
}

const CALLS: Readonly<Record<typeof GROUP_EVENTS[number], Call>> = {
  AuthorizeSecurityGroupEgress: { effects: ['there'], isEgress: true },
  AuthorizeSecurityGroupIngress: { effects: ['there'], isEgress: false },
  // A new group has one rule, which allows all egress traffic.
  CreateSecurityGroup: { effects: ['there'], isEgress: true },
  DeleteSecurityGroup: { effects: ['removed'] },
  ModifySecurityGroupRules: { effects: ['there', 'modified'] },
  RevokeSecurityGroupEgress: { effects: ['removed'], isEgress: true },
  RevokeSecurityGroupIngress: { effects: ['removed'], isEgress: false },
};

type Rule = Pick<SecurityGroupRule, 'securityGroupRuleId' | 'groupId' | 'isEgress'>;

/** Returns who had this effect on a rule. @returns undefined if that is not certain */
export function changedBy(rule: Rule, changes: readonly Change[], effect: Effect): ChangedBy | undefined {
  const naming = changesNaming(rule, changes, effect);
  return naming.length > 0 ? latest(naming) : only(changes.filter(change => mayBeAbout(change, rule, effect)));
}

/** Returns who had this effect on a rule, only by events that name it. @returns undefined if that is not certain */
export function namedBy(rule: Rule, changes: readonly Change[], effect: Effect): ChangedBy | undefined {
  return latest(changesNaming(rule, changes, effect));
}

/** The longest ARN that AWS documents. */
const ARN_LENGTH = 2048;

/** Longer than any name of a call and any id of an event. */
const NAME_LENGTH = 200;

/** Returns who made a change, without the ids of what was changed. */
export function authorOf(change: Change): ChangedBy {
  const { eventName, eventId, arn, tool } = change;
  const time = timeOf(change);
  return {
    eventName: eventName.slice(0, NAME_LENGTH), eventId: eventId?.slice(0, NAME_LENGTH),
    at: Number.isFinite(time) ? new Date(time).toISOString() : undefined,
    arn: arn?.slice(0, ARN_LENGTH), tool,
  };
}

/** Whether two descriptions are of the same event. */
export const isSameEvent = (a: ChangedBy, b: ChangedBy): boolean =>
  a.eventId === b.eventId && a.eventName === b.eventName && a.arn === b.arn && a.at === b.at;

const callOf = (eventName: string): Call | undefined =>
  Object.hasOwn(CALLS, eventName) ? CALLS[eventName as keyof typeof CALLS] : undefined;

const canHave = ({ effects, isEgress }: Call, rule: Rule, effect: Effect): boolean =>
  effects.includes(effect) && (isEgress ?? rule.isEgress) === rule.isEgress;

/** Nothing is known about the effects of an unknown call, so the rule that it names is enough. */
function changesNaming(rule: Rule, changes: readonly Change[], effect: Effect): Change[] {
  return changes.filter(({ eventName, ruleIds }) => {
    const call = callOf(eventName);
    return ruleIds.includes(rule.securityGroupRuleId) && (call === undefined || canHave(call, rule, effect));
  });
}

function mayBeAbout({ eventName, groupIds, ruleIds }: Change, rule: Rule, effect: Effect): boolean {
  const call = callOf(eventName);
  return ruleIds.length === 0 && groupIds.includes(rule.groupId) && call !== undefined && canHave(call, rule, effect);
}

/** SQS may deliver an event twice. */
function distinct(changes: readonly Change[]): Change[] {
  return changes.filter(({ eventId }, index) =>
    eventId === undefined || changes.findIndex(each => each.eventId === eventId) === index);
}

function only(changes: readonly Change[]): ChangedBy | undefined {
  const [change, ...others] = distinct(changes);
  return change !== undefined && others.length === 0 ? authorOf(change) : undefined;
}

/**
 * Returns the author of the latest change. CloudTrail's times have whole seconds, so the order of some changes is
 * unknown, and so is that of a change without a time. If these have different authors, nobody is named.
 */
function latest(changes: readonly Change[]): ChangedBy | undefined {
  const end = Math.max(...changes.map(timeOf));
  const [last, ...others] = distinct(changes)
    .filter(change => timeOf(change) === end || timeOf(change) === -Infinity)
    .sort(inFixedOrder);
  if (last === undefined) return undefined;
  const isCertain = others.length === 0 || (last.arn !== undefined && others.every(({ arn }) => arn === last.arn));
  return isCertain ? authorOf(last) : undefined;
}

/** Returns the time of a change in milliseconds, or `-Infinity` if it is not known. */
function timeOf({ at = '' }: Change): number {
  const time = Date.parse(at);
  return Number.isNaN(time) ? -Infinity : time;
}

/** Puts the latest change first. Of several changes by one author, the same one is named each time. */
function inFixedOrder(a: Change, b: Change): number {
  if (timeOf(a) !== timeOf(b)) return timeOf(a) > timeOf(b) ? -1 : 1;
  return compare(a.eventName, b.eventName) || compare(a.eventId ?? '', b.eventId ?? '')
    || compare(a.tool ?? '', b.tool ?? '');
}

const compare = (a: string, b: string): number => a < b ? -1 : Number(a > b);

/**
 * Determines whether CloudFormation is changing a rule or the stack of its group. Such a rule is left to the next
 * scheduled sweep, because CloudFormation may be about to change it itself.
 */
import type { KeepReason } from './reasons';
import { beganAfter, isAhead } from './times';
import type { Change } from '../model/change';
import type { Allowance, LedgerEntry } from '../model/ledger';
import type { SecurityGroup, SecurityGroupRule, Stack } from '../model/network';
import type { StackReading } from '../model/observation';
import type { ChangingStack } from '../model/result';
import type { Run } from '../model/scope';

/** The id of the stack that made a group. */
const STACK_ID_TAG = 'aws:cloudformation:stack-id';

/** An operation that takes longer than this needs a person. */
const STUCK_AFTER_MILLIS = 6 * 3_600_000;

export const stackIdOf = ({ tags }: Pick<SecurityGroup, 'tags'>): string | undefined => tags[STACK_ID_TAG];

const isInProgress = ({ status }: Stack): boolean => status.endsWith('_IN_PROGRESS');

interface StackContext {
  readonly stacks?: StackReading;
  /** The time at which the run began. */
  readonly startedAt: Date;
  /** Whether the schedule has triggered the run. */
  readonly isScheduled: boolean;
  readonly now: Date;
}

/**
 * Returns when a run learned that CloudFormation changes a rule, after this run has found the rule. A scheduled sweep
 * that began later ends that.
 *
 * @param entry the entry with what was known before
 */
export function stackChangeOf(
  rule: SecurityGroupRule, { stackChangeAt }: Pick<LedgerEntry, 'stackChangeAt'>, { trigger, changes = [] }: Run,
  { startedAt, now }: { readonly startedAt: Date; readonly now: Date },
): string | undefined {
  if (changes.some(change => change.isByCloudFormation && isAbout(change, rule))) return now.toISOString();
  return isLeftToSchedule(stackChangeAt, { isScheduled: trigger === 'schedule', startedAt }) ? stackChangeAt : undefined;
}

/** Whether no scheduled sweep has looked since. The time of a clock that was ahead holds nothing. */
function isLeftToSchedule(
  at: string | undefined, { isScheduled, startedAt }: Pick<StackContext, 'isScheduled' | 'startedAt'>,
): boolean {
  if (at === undefined) return false;
  return !isScheduled || !(Date.parse(at) < startedAt.getTime() || isAhead(at, startedAt));
}

/** Whether a scheduled sweep is known to have begun after a time. */
export function hasScheduleBegunSince(
  at: string | undefined, allowance: Pick<Allowance, 'startedAt'> | undefined, now: Date,
): boolean {
  if (at === undefined || allowance?.startedAt === undefined) return false;
  return isAhead(at, now) || beganAfter(allowance.startedAt, at, now);
}

/**
 * The entry says whether CloudFormation may have made the rule: only one event said so, and runs before the next
 * scheduled sweep do not know the event.
 *
 * @returns undefined if stacks do not matter, or CloudFormation changes neither the rule nor the stack of its group
 */
export function whyStackKeeps(
  group: SecurityGroup, { stackChangeAt }: Pick<LedgerEntry, 'stackChangeAt'>, context: StackContext,
): Extract<KeepReason, 'STACK_IN_PROGRESS' | 'STACK_UNREAD'> | undefined {
  const { stacks } = context;
  if (isLeftToSchedule(stackChangeAt, context)) return 'STACK_IN_PROGRESS';
  if (stacks === undefined) return undefined;
  const stackId = stackIdOf(group);
  if (stackId === undefined) return undefined;
  if (stacks.unread.has(stackId) || !stacks.asked.has(stackId)) return 'STACK_UNREAD';
  return changingStackOf(group, context) === undefined ? undefined : 'STACK_IN_PROGRESS';
}

/** Whether a change may be about a rule. If the event names rules, it is about these only. */
export function isAbout({ groupIds, ruleIds }: Change, { groupId, securityGroupRuleId }: SecurityGroupRule): boolean {
  return ruleIds.length > 0 ? ruleIds.includes(securityGroupRuleId) : groupIds.includes(groupId);
}

/** Returns the stack of a group if CloudFormation is changing it. */
export function changingStackOf(
  group: SecurityGroup, { stacks, now }: Pick<StackContext, 'stacks' | 'now'>,
): ChangingStack | undefined {
  const stackId = stackIdOf(group);
  const stack = stackId === undefined ? undefined : stacks?.stacks.get(stackId);
  if (stackId === undefined || stack === undefined || !isInProgress(stack)) return undefined;
  // If it is not known when the operation began, the comparison is false.
  const isStuck = now.getTime() - Date.parse(stack.since ?? '') > STUCK_AFTER_MILLIS;
  return { ...stack, stackId, isStuck };
}

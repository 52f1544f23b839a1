/**
 * Determines whether CloudFormation is changing a rule or the stack of its group. Such a rule is left to the next
 * scheduled sweep, because CloudFormation may be about to change it itself.
 */
import type { KeepReason } from './reasons';
import type { Change } from '../model/change';
import type { LedgerEntry } from '../model/ledger';
import type { SecurityGroup, SecurityGroupRule, Stack } from '../model/network';
import type { StackReading } from '../model/observation';
import type { ChangingStack } from '../model/result';

/** The id of the stack that made a group. */
const STACK_ID_TAG = 'aws:cloudformation:stack-id';

/** An operation that takes longer than this needs a person. */
const STUCK_AFTER_MILLIS = 6 * 3_600_000;

export const stackIdOf = ({ tags }: Pick<SecurityGroup, 'tags'>): string | undefined => tags[STACK_ID_TAG];

const isInProgress = ({ status }: Stack): boolean => status.endsWith('_IN_PROGRESS');

interface StackContext {
  readonly stacks?: StackReading;
  readonly changes?: readonly Change[];
  /** Whether the schedule has triggered the run. */
  readonly isScheduled: boolean;
  readonly now: Date;
}

/**
 * A rule that was kept for this reason stays kept until a scheduled sweep has looked: CloudFormation may have made the
 * rule, and only one event said so.
 *
 * @returns undefined if stacks do not matter, or CloudFormation changes neither the rule nor the stack of its group
 */
export function whyStackKeeps(
  rule: SecurityGroupRule, group: SecurityGroup, { keepReason }: Pick<LedgerEntry, 'keepReason'>, context: StackContext,
): Extract<KeepReason, 'STACK_IN_PROGRESS' | 'STACK_UNREAD'> | undefined {
  const { stacks, changes = [], isScheduled } = context;
  if (!isScheduled && keepReason === 'STACK_IN_PROGRESS') return 'STACK_IN_PROGRESS';
  if (changes.some(change => change.isByCloudFormation && isAbout(change, rule))) return 'STACK_IN_PROGRESS';
  if (stacks === undefined) return undefined;
  const stackId = stackIdOf(group);
  if (stackId === undefined) return undefined;
  if (stacks.unread.has(stackId) || !stacks.asked.has(stackId)) return 'STACK_UNREAD';
  return changingStackOf(group, context) === undefined ? undefined : 'STACK_IN_PROGRESS';
}

/** Whether a change may be about a rule. If the event names rules, it is about these only. */
function isAbout({ groupIds, ruleIds }: Change, { groupId, securityGroupRuleId }: SecurityGroupRule): boolean {
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

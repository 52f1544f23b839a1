/**
 * Determines whether CloudFormation is changing a rule or the stack of its group. Such a rule is left to the next
 * scheduled sweep, because CloudFormation may be about to change it itself.
 */
import type { KeepReason } from './reasons';
import type { Change } from '../model/change';
import type { SecurityGroup, SecurityGroupRule, Stack } from '../model/network';

/** The stacks that a run has asked for, by id. */
export interface StackReading {
  /** Stacks that exist. A stack that was asked for and is in neither member does not exist any more. */
  readonly stacks: ReadonlyMap<string, Stack>;
  readonly asked: ReadonlySet<string>;
  /** Stacks that could not be read. */
  readonly unread: ReadonlySet<string>;
}

/** The id of the stack that made a group. */
const STACK_ID_TAG = 'aws:cloudformation:stack-id';

export const stackIdOf = ({ tags }: Pick<SecurityGroup, 'tags'>): string | undefined => tags[STACK_ID_TAG];

export const isInProgress = ({ status }: Stack): boolean => status.endsWith('_IN_PROGRESS');

interface StackContext {
  readonly stacks?: StackReading;
  readonly changes?: readonly Change[];
}

export function whyStackKeeps(
  rule: SecurityGroupRule, group: SecurityGroup, { stacks, changes = [] }: StackContext,
): KeepReason | undefined {
  if (stacks === undefined) return undefined;
  if (changes.some(change => change.isByCloudFormation && isAbout(change, rule))) return 'STACK_IN_PROGRESS';
  const stackId = stackIdOf(group);
  if (stackId === undefined) return undefined;
  if (stacks.unread.has(stackId) || !stacks.asked.has(stackId)) return 'STACK_UNREAD';
  const stack = stacks.stacks.get(stackId);
  return stack !== undefined && isInProgress(stack) ? 'STACK_IN_PROGRESS' : undefined;
}

/** Whether a change may be about a rule. If the event names rules, it is about these only. */
function isAbout({ groupIds, ruleIds }: Change, { groupId, securityGroupRuleId }: SecurityGroupRule): boolean {
  return ruleIds.length > 0 ? ruleIds.includes(securityGroupRuleId) : groupIds.includes(groupId);
}

/** The lines of a message about one event. An event that asks for approvals is about several rules. */
import { plain } from './wording';
import { EventType } from '../../../src/contract/names';
import type { AskedRule, Tiding } from '../model/delivery';

/** Returns a line for each rule whose approval an event asks for. Other events are one line, their message. */
export function linesOf(event: Tiding): string[] {
  return rulesToApprove(event)?.map(lineOf) ?? [event.detail.message];
}

/** Returns the number of things that an event is about. */
export function thingsIn(event: Tiding): number {
  return rulesToApprove(event) === undefined ? 1 : Number(event.detail.count);
}

/** Returns the ids of the groups with the rules whose approval an event asks for. */
export const groupsToApprove = (event: Tiding): string[] => rulesToApprove(event)?.map(({ groupId }) => groupId) ?? [];

/** Returns undefined if an event asks for no approval, or is known by its message only. */
function rulesToApprove({ type, detail: { rules } }: Tiding): readonly AskedRule[] | undefined {
  return type === EventType.APPROVAL_REQUESTED ? rules as readonly AskedRule[] | undefined : undefined;
}

/** Returns a line such as `sgr-1 of sg-1 (web): tcp 22 from 0.0.0.0/0. It is flagged by …`. */
function lineOf(rule: AskedRule): string {
  const { securityGroupRuleId, groupId, groupName, traffic, description, because, replacedBy } = rule;
  const named = groupName === undefined ? groupId : `${groupId} (${groupName})`;
  const replaced = replacedBy === undefined ? '' : `, to be replaced by ${replacedBy.join(', ')}`;
  // A long line is cut, and the description decides nothing.
  const described = description ? `. Its description: ${description}` : '';
  return plain(`${securityGroupRuleId} of ${named}: ${traffic}${replaced}. It is ${because}${described}`);
}

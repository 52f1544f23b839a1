/** Implements the port of stacks with CloudFormation's DescribeStacks. */
import { type CloudFormationClient, DescribeStacksCommand } from '../../bundle/sdk';
import { errorFacts, UnusableAnswer } from '../core/errors';
import type { Stack } from '../core/model/network';
import type { Stacks } from '../core/ports';

/** CloudFormation describes a deleted stack for 90 days, if the call names it by its id. */
export function cloudFormationStacks(client: CloudFormationClient, abortSignal?: AbortSignal): Stacks {
  return {
    stack: async stackId => {
      try {
        const answer = await client.send(new DescribeStacksCommand({ StackName: stackId }), { abortSignal });
        return stackOf(stackId, answer.Stacks ?? []);
      } catch (error) {
        if (isNoStack(error)) return undefined;
        throw error;
      }
    },
  };
}

/** The fields of a described stack that are used. */
interface Described {
  readonly StackId?: string;
  readonly StackStatus?: string;
  readonly CreationTime?: Date;
  readonly LastUpdatedTime?: Date;
  readonly DeletionTime?: Date;
}

function stackOf(stackId: string, described: readonly Described[]): Stack {
  const [stack] = described;
  const isOther = stack?.StackId !== undefined && stack.StackId !== stackId;
  if (described.length !== 1 || isOther || !stack.StackStatus) {
    const named = described.map(({ StackId = 'a stack without an id' }) => StackId).join(', ') || 'no stack';
    const answer = described.length !== 1 || isOther ? named : 'no status';
    throw new UnusableAnswer(`CloudFormation was asked for the stack ${stackId}, and returned ${answer}`, []);
  }
  const times = [stack.CreationTime, stack.LastUpdatedTime, stack.DeletionTime]
    .flatMap(time => time && Number.isFinite(time.getTime()) ? [time.getTime()] : []);
  return {
    status: stack.StackStatus,
    // Each operation sets one of them when it begins.
    ...times.length > 0 && { since: new Date(Math.max(...times)).toISOString() },
  };
}

/** CloudFormation has no code of its own for a stack that does not exist. */
export function isNoStack(error: unknown): boolean {
  const { code, message } = errorFacts(error);
  return code === 'ValidationError' && /^Stack\b.*does not exist\b/.test(message);
}

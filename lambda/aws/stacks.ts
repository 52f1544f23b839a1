/** Implements the port of stacks with CloudFormation's DescribeStacks. */
import { type CloudFormationClient, DescribeStacksCommand } from '../../bundle/sdk';
import { errorFacts } from '../core/errors';
import type { Stacks } from '../core/ports';

export function cloudFormationStacks(client: CloudFormationClient, abortSignal?: AbortSignal): Stacks {
  return {
    stack: async stackId => {
      try {
        const { Stacks: [stack] = [] } = await client.send(new DescribeStacksCommand({ StackName: stackId }), { abortSignal });
        if (stack?.StackStatus === undefined) {
          throw Object.assign(new Error('CloudFormation returned no status of the stack'), { name: 'UnusableAnswer' });
        }
        const times = [stack.CreationTime, stack.LastUpdatedTime, stack.DeletionTime].flatMap(time => time?.getTime() ?? []);
        return {
          status: stack.StackStatus,
          ...times.length > 0 && { since: new Date(Math.max(...times)).toISOString() },
        };
      } catch (error) {
        if (isNoStack(error)) return undefined;
        throw error;
      }
    },
  };
}

/** CloudFormation has no code of its own for a stack that does not exist. */
function isNoStack(error: unknown): boolean {
  const { code, message } = errorFacts(error);
  return code === 'ValidationError' && /does not exist/.test(message);
}

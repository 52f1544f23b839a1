/** Reads what CloudFormation has deployed. */
import { ListExportsCommand, ListStackResourcesCommand } from '@aws-sdk/client-cloudformation';
import { readOnly } from './read-only';
import type { ClientSettings } from './session';
import { CloudFormationClient, DescribeStacksCommand } from '../../bundle/sdk';
import { isNoStack } from '../../lambda/aws/stacks';
import { errorFacts } from '../../lambda/core/errors';
import type { DeployedStack } from '../app/lookups';

export interface DeployedStacks {
  /** @param nameOrId the name of a stack, or the id of a nested one */
  readonly stack: (nameOrId: string) => Promise<DeployedStack>;
  /** Returns the values of all exports by their names; undefined if they cannot be read. */
  readonly exports: () => Promise<ReadonlyMap<string, string> | undefined>;
}

export function deployedStacks(settings: ClientSettings): DeployedStacks {
  const client = readOnly(new CloudFormationClient(settings), 'cloudformation');
  return {
    stack: async nameOrId => {
      try {
        return await readStack(client, nameOrId);
      } catch (error) {
        if (isNoStack(error)) return { kind: 'notThere' };
        const { code, message } = errorFacts(error);
        return { kind: 'unread', why: `the stack ${nameOrId} could not be read: ${code}: ${message}` };
      }
    },
    exports: async () => {
      try {
        return await readExports(client);
      } catch {
        return undefined;
      }
    },
  };
}

async function readStack(client: CloudFormationClient, StackName: string): Promise<DeployedStack> {
  const { Stacks: [stack] = [] } = await client.send(new DescribeStacksCommand({ StackName }));
  if (stack?.StackId === undefined || isGone(stack.StackStatus)) return { kind: 'notThere' };
  const resources = new Map<string, string>();
  let NextToken: string | undefined;
  do {
    const page = await client.send(new ListStackResourcesCommand({ StackName: stack.StackId, NextToken }));
    for (const { LogicalResourceId, PhysicalResourceId, ResourceStatus } of page.StackResourceSummaries ?? []) {
      if (LogicalResourceId && PhysicalResourceId && !LEFT.has(ResourceStatus ?? '')) {
        resources.set(LogicalResourceId, PhysicalResourceId);
      }
    }
    NextToken = page.NextToken || undefined;
  } while (NextToken !== undefined);
  const parameters = (stack.Parameters ?? []).flatMap(({ ParameterKey, ParameterValue, ResolvedValue }) => {
    const value = ResolvedValue ?? ParameterValue;
    return ParameterKey === undefined || value === undefined ? [] : [[ParameterKey, value] as const];
  });
  return { kind: 'there', stackId: stack.StackId, resources, parameters: new Map(parameters) };
}

/** The statuses of resources that are no longer part of the stack. */
const LEFT: ReadonlySet<string> = new Set(['DELETE_COMPLETE', 'DELETE_SKIPPED']);

/** A stack in review has a change set and nothing else. */
const isGone = (status: string | undefined): boolean =>
  status === 'DELETE_COMPLETE' || status === 'REVIEW_IN_PROGRESS';

async function readExports(client: CloudFormationClient): Promise<ReadonlyMap<string, string>> {
  const exports = new Map<string, string>();
  let NextToken: string | undefined;
  do {
    const page = await client.send(new ListExportsCommand({ NextToken }));
    for (const { Name, Value } of page.Exports ?? []) if (Name && Value !== undefined) exports.set(Name, Value);
    NextToken = page.NextToken || undefined;
  } while (NextToken !== undefined);
  return exports;
}

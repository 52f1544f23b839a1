/**
 * CloudFormation's DescribeStacks, without pages.
 *
 * @see https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/API_DescribeStacks.html
 */
import type { Answer } from './protocols';
import { type Parameters, text } from '../endpoint/parameters';
import { ServiceError } from '../endpoint/service-error';

/** A stack. A test changes its status and times as CloudFormation would. */
export interface Stack {
  readonly stackId: string;
  readonly stackName: string;
  stackStatus: string;
  creationTime: Date;
  /** The time at which the latest update began. */
  lastUpdatedTime?: Date;
  /** The time at which the deletion began. */
  deletionTime?: Date;
}

/**
 * Finds stacks: by their id, including deleted ones; by their name, unless they are deleted; or all that are not
 * deleted.
 *
 * @throws when the stack does not exist, which CloudFormation reports as an invalid value
 */
export function describeStacks({ StackName }: Parameters, stacks: ReadonlyMap<string, Stack>): Answer {
  const name = text(StackName);
  const existing = [...stacks.values()].filter(({ stackStatus }) => stackStatus !== 'DELETE_COMPLETE');
  if (name === undefined) return answerOf(existing);
  if (name === '') throw invalid("1 validation error detected: Value '' at 'stackName' failed to satisfy constraint");
  const stack = stacks.get(name) ?? existing.find(({ stackName }) => stackName === name);
  if (stack === undefined) throw invalid(`Stack with id ${name} does not exist`);
  return answerOf([stack]);
}

const answerOf = (stacks: readonly Stack[]): Answer => ({
  Stacks: stacks.map(({ stackId, stackName, stackStatus, creationTime, lastUpdatedTime, deletionTime }) => ({
    StackId: stackId, StackName: stackName, StackStatus: stackStatus, CreationTime: creationTime,
    LastUpdatedTime: lastUpdatedTime, DeletionTime: deletionTime,
  })),
});

const invalid = (message: string): ServiceError => new ServiceError('ValidationError', message);

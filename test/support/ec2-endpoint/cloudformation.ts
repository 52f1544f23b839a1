/**
 * CloudFormation's DescribeStacks, without pages, and ListStackResources and ListExports, with pages.
 *
 * @see https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/API_DescribeStacks.html
 * @see https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/API_ListStackResources.html
 * @see https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/API_ListExports.html
 */
import { page, type Page, type Paging } from './filters';
import type { Answer } from './protocols';
import type { Xml } from './xml';
import { type Parameters, text } from '../endpoint/parameters';
import { ServiceError } from '../endpoint/service-error';

export interface StackParameter {
  readonly key: string;
  readonly value: string;
  /** The value of a parameter of Systems Manager, whose own value is a name. */
  readonly resolvedValue?: string;
}

export interface StackResource {
  readonly logicalId: string;
  /** Absent while CloudFormation creates it. */
  physicalId?: string;
  readonly type: string;
  /** Absent: CREATE_COMPLETE. */
  status?: string;
}

export interface StackOutput {
  readonly key: string;
  readonly value: string;
  readonly exportName?: string;
}

/** A stack. A test changes its status, its times and its resources as CloudFormation would. */
export interface Stack {
  readonly stackId: string;
  readonly stackName: string;
  stackStatus: string;
  creationTime: Date;
  /** The time at which the latest update began. */
  lastUpdatedTime?: Date;
  /** The time at which the deletion began. */
  deletionTime?: Date;
  parameters?: readonly StackParameter[];
  resources?: readonly StackResource[];
  outputs?: readonly StackOutput[];
}

type Stacks = ReadonlyMap<string, Stack>;

/**
 * Finds stacks: by their id, including deleted ones; by their name, unless they are deleted; or all that are not
 * deleted.
 *
 * @throws when the stack does not exist, which CloudFormation reports as an invalid value
 */
export function describeStacks({ StackName }: Parameters, stacks: Stacks): Answer {
  const name = text(StackName);
  return { Stacks: (name === undefined ? existing(stacks) : [stackNamed(name, stacks)]).map(described) };
}

/** @throws when the stack does not exist */
export function listStackResources(parameters: Parameters, stacks: Stacks, paging: Paging): Answer {
  const name = text(parameters.StackName);
  if (name === undefined) throw invalidName('null');
  const { stackId, resources = [], creationTime, lastUpdatedTime } = stackNamed(name, stacks);
  const { items, nextToken } = pageOf(`ListStackResources ${stackId}`, resources, parameters, paging);
  return {
    StackResourceSummaries: items.map(({ logicalId, physicalId, type, status = 'CREATE_COMPLETE' }) => ({
      LogicalResourceId: logicalId, PhysicalResourceId: physicalId, ResourceType: type, ResourceStatus: status,
      LastUpdatedTimestamp: lastUpdatedTime ?? creationTime,
    })),
    NextToken: nextToken,
  };
}

export function listExports(parameters: Parameters, stacks: Stacks, paging: Paging): Answer {
  const exports = existing(stacks).flatMap(({ stackId, outputs = [] }) =>
    outputs.flatMap(({ exportName, value }) => exportName === undefined ? [] : [{ stackId, exportName, value }]));
  const { items, nextToken } = pageOf('ListExports', exports, parameters, paging);
  return {
    Exports: items.map(({ stackId, exportName, value }) =>
      ({ ExportingStackId: stackId, Name: exportName, Value: value })),
    NextToken: nextToken,
  };
}

const existing = (stacks: Stacks): Stack[] =>
  [...stacks.values()].filter(({ stackStatus }) => stackStatus !== 'DELETE_COMPLETE');

function stackNamed(name: string, stacks: Stacks): Stack {
  if (name === '') throw invalidName("''");
  const stack = stacks.get(name) ?? existing(stacks).find(({ stackName }) => stackName === name);
  if (stack === undefined) throw invalid(`Stack with id ${name} does not exist`);
  return stack;
}

function described({ parameters, outputs, ...stack }: Stack): Xml {
  return {
    StackId: stack.stackId, StackName: stack.stackName, StackStatus: stack.stackStatus,
    CreationTime: stack.creationTime, LastUpdatedTime: stack.lastUpdatedTime, DeletionTime: stack.deletionTime,
    Parameters: parameters?.map(({ key, value, resolvedValue }) =>
      ({ ParameterKey: key, ParameterValue: value, ResolvedValue: resolvedValue })),
    Outputs: outputs?.map(({ key, value, exportName }) =>
      ({ OutputKey: key, OutputValue: value, ExportName: exportName })),
  };
}

/** CloudFormation documents a size of pages in bytes only. In practice, a page has at most 100 items. */
const PAGE_SIZE = 100;

function pageOf<T>(action: string, items: readonly T[], { NextToken }: Parameters, paging: Paging): Page<T> {
  const ofDouble = { ...paging, pageSize: Math.min(PAGE_SIZE, paging.pageSize ?? PAGE_SIZE) };
  try {
    return page(action, items, NextToken === undefined ? {} : { NextToken }, ofDouble, [1, PAGE_SIZE]);
  } catch (error) {
    throw error instanceof ServiceError ? invalid(error.message) : error;
  }
}

const invalidName = (value: string): ServiceError =>
  invalid(`1 validation error detected: Value ${value} at 'stackName' failed to satisfy constraint`);

const invalid = (message: string): ServiceError => new ServiceError('ValidationError', message);

/** The requests that the calls of the command line make to IAM. */
import type { CliRun } from './world';
import { arns, REGION } from '../../policies/deployed';
import { dynamoDb, ofKey } from '../../policies/requests';
import type { IamRequest } from '../../policies/simulator';
import type { Parameters } from '../../support/ec2-endpoint';
import { record, text } from '../../support/endpoint/parameters';

const EC2 = { 'ec2:Region': REGION };

/**
 * Converts the calls of runs to requests to IAM, without the calls of STS, which the trust policy of a role decides.
 *
 * @param ledgerKey the key of the table, which DynamoDB uses on behalf of the caller
 * @throws for an unknown call
 */
export function requestsOf(runs: readonly CliRun[], ledgerKey?: string): IamRequest[] {
  const all = runs.flatMap(({ calls, ledgerCalls }) => [
    ...calls.flatMap(({ action, parameters }) => requestOf(action, parameters) ?? []),
    ...ledgerCalls.flatMap(({ action, parameters }) => ofLedger(action, parameters, ledgerKey)),
  ]);
  return [...new Map(all.map(request => [JSON.stringify(request), request])).values()];
}

function requestOf(action: string, parameters: Parameters): IamRequest | undefined {
  switch (action) {
    case 'AssumeRole':
    case 'GetCallerIdentity': return undefined;
    case 'DescribeStacks':
    case 'ListStackResources': {
      const name = text(parameters.StackName) ?? '';
      const resource = name.startsWith('arn:') ? name : arns.stack(name);
      return { action: `cloudformation:${action}`, resource, context: {} };
    }
    case 'ListExports': return { action: 'cloudformation:ListExports', resource: '*', context: {} };
    case 'GetManagedPrefixListEntries': {
      const resource = arns.prefixList(text(parameters.PrefixListId) ?? '');
      return { action: `ec2:${action}`, resource, context: EC2 };
    }
    default: break;
  }
  if (action.startsWith('Describe')) return { action: `ec2:${action}`, resource: '*', context: EC2 };
  throw new Error(`It is not said here what ${action} asks IAM for`);
}

function ofLedger(action: string, parameters: Parameters, ledgerKey: string | undefined): IamRequest[] {
  const table = arns.table(text(parameters.TableName) ?? '');
  return [
    dynamoDb(action, table, [partitionOf(parameters)]),
    ...ledgerKey === undefined ? [] : [ofKey('kms:Decrypt', ledgerKey, 'dynamodb')],
  ];
}

/** Returns the value of the partition key, which is the name of the construct. */
function partitionOf({ Key, KeyConditionExpression, ExpressionAttributeValues }: Parameters): string {
  const [, placeholder = ''] = /^hygiene = (:\w+)\b/.exec(text(KeyConditionExpression) ?? '') ?? [];
  const value = text(record(record(Key).hygiene ?? record(ExpressionAttributeValues)[placeholder]).S);
  if (value === undefined) throw new Error('A call to DynamoDB names no partition');
  return value;
}

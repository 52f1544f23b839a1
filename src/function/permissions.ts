/** The permissions of the handler, derived from the properties. Each statement has a reason. */
import { Stack } from 'aws-cdk-lib';
import { ITable } from 'aws-cdk-lib/aws-dynamodb';
import { IEventBus } from 'aws-cdk-lib/aws-events';
import { PolicyStatement } from 'aws-cdk-lib/aws-iam';
import { ILogGroup } from 'aws-cdk-lib/aws-logs';
import { ITopic } from 'aws-cdk-lib/aws-sns';
import { inStack } from './arns';
import {
  addedRuleStatements, ChangePermissions, changeStatements, changeTriggerStatements, onlyOf, readStatements,
  securityHubStatements, unusedGroupStatements,
} from './network-permissions';
import { unusedGroupActions } from '../contract/group-holders';
import { EVENT_SOURCE } from '../contract/names';
import { ec2Action, neededReads } from '../contract/needed-actions';

export interface PermissionsProps extends ChangePermissions {
  readonly logGroup: ILogGroup;
  readonly ledger: ITable;
  readonly eventBus: IEventBus;
  readonly notifications?: ITopic;
}

export function permissions(stack: Stack, props: PermissionsProps): PolicyStatement[] {
  const { configuration } = props;
  const format = inStack(stack);
  const reads = neededReads(configuration).map(ec2Action);
  return [
    logStatement(props.logGroup),
    ...readStatements(format, reads),
    metricStatement(configuration.metricNamespace),
    ledgerStatement(LEDGER_WRITES, props.ledger, configuration.hygiene),
    ...tellingStatements(props),
    ...unusedGroupStatements(format, unusedGroupActions(configuration).filter(action => !reads.includes(action))),
    ...securityHubStatements(configuration),
    ...changeTriggerStatements(format, configuration),
    ...addedRuleStatements(format, configuration),
    ...changeStatements(format, props),
  ];
}

export function logStatement({ logGroupArn }: ILogGroup): PolicyStatement {
  return new PolicyStatement({ actions: ['logs:CreateLogStream', 'logs:PutLogEvents'], resources: [logGroupArn] });
}

/** PutMetricData has no resource level; the namespace confines it. */
export function metricStatement(metricNamespace: string): PolicyStatement {
  return new PolicyStatement({
    actions: ['cloudwatch:PutMetricData'],
    resources: ['*'],
    conditions: { StringEquals: { 'cloudwatch:namespace': metricNamespace } },
  });
}

/** Allows sending events, as those of this library only, and messages to people. */
export function tellingStatements(
  { eventBus, notifications }: Pick<PermissionsProps, 'eventBus' | 'notifications'>,
): PolicyStatement[] {
  return [
    new PolicyStatement({
      actions: ['events:PutEvents'],
      resources: [eventBus.eventBusArn],
      conditions: onlyOf('events:source', [EVENT_SOURCE]),
    }),
    ...notifications
      ? [new PolicyStatement({ actions: ['sns:Publish'], resources: [notifications.topicArn] })]
      : [],
  ];
}

/** The actions that sweeping, pausing and restoring need. */
export const LEDGER_WRITES = ['dynamodb:GetItem', 'dynamodb:PutItem', 'dynamodb:Query'];

/** The actions that the findings table needs. */
export const LEDGER_READS = ['dynamodb:GetItem', 'dynamodb:Query'];

/**
 * Limits each construct to its own items, because constructs may share a table. No delete permission is needed, because
 * settled items expire.
 */
export function ledgerStatement(actions: string[], ledger: ITable, hygiene: string): PolicyStatement {
  return new PolicyStatement({
    actions,
    resources: [ledger.tableArn],
    conditions: onlyOf('dynamodb:LeadingKeys', [hygiene]),
  });
}

/** The same for several partitions, given as patterns. */
export function partitionsStatement(actions: string[], ledger: ITable, patterns: string[]): PolicyStatement {
  return new PolicyStatement({
    actions,
    resources: [ledger.tableArn],
    conditions: onlyOf('dynamodb:LeadingKeys', patterns, 'StringLike'),
  });
}

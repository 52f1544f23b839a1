/**
 * Checks the properties of NetworkHygiene for callers in plain JavaScript, where a misspelled `dryRun` must not mean
 * false.
 */
import { Stack } from 'aws-cdk-lib';
import { ScheduleExpression } from 'aws-cdk-lib/aws-scheduler';
import { Construct } from 'constructs';
import { requireChangeTrigger } from './change-trigger-in-use';
import { requireFlaggedInReach } from './flagged-in-reach';
import { warnOfFlaggedRules } from './flagged-warnings';
import { requireFunctionOptions } from './function-options';
import { requireGivenResources } from './given-resources';
import { requireGraceToEnd, requireSightingsToCome } from './grace';
import {
  A_BOOLEAN, aResource, CHECKED_ELSEWHERE, having, instanceOf, Kinds, listOf, notNull, requireKinds,
} from './kinds';
import { requireLedger } from './ledger-props';
import { warnOfReturns } from './returns';
import { requireSchedule } from './schedule';
import { ChangeTrigger } from '../change-trigger';
import { ComesBack } from '../comes-back';
import { Configuration } from '../contract/configuration';
import { FlaggedIngressRule } from '../flagged-ingress-rule';
import type { NetworkHygieneProps } from '../network-hygiene-props';
import { StaleRules } from '../stale-rules';
import { UnusedSecurityGroups } from '../unused-security-groups';
import { VpnConnections } from '../vpn-connections';

const KINDS: Kinds<NetworkHygieneProps> = {
  vpcs: listOf(aResource('vpcId', 'an IVpc, such as Vpc.fromLookup()')),
  staleRules: instanceOf(StaleRules, 'a StaleRules, such as StaleRules.report()'),
  flaggedIngressRules: listOf(instanceOf(FlaggedIngressRule, 'a FlaggedIngressRule')),
  comesBack: instanceOf(ComesBack, 'a ComesBack, such as ComesBack.keepAfter(3)'),
  exemptSecurityGroups: listOf(
    aResource('securityGroupId', 'an ISecurityGroup, such as SecurityGroup.fromSecurityGroupId()'),
  ),
  exemptTags: { what: 'a list of tag keys', is: Array.isArray },
  vpnConnections: instanceOf(VpnConnections, 'a VpnConnections, such as VpnConnections.all()'),
  unusedSecurityGroups: instanceOf(
    UnusedSecurityGroups, 'an UnusedSecurityGroups, such as UnusedSecurityGroups.report()',
  ),
  maxRevocationsPerSweep: notNull('a number'),
  settle: having('toSeconds', 'a Duration, such as Duration.hours(1)'),
  allowRestore: A_BOOLEAN,
  enabled: A_BOOLEAN,
  dryRun: A_BOOLEAN,
  schedule: having('expressionString', 'a ScheduleExpression of aws-scheduler'),
  changeTrigger: instanceOf(ChangeTrigger, 'a ChangeTrigger, such as ChangeTrigger.cloudTrail()'),
  hygieneName: CHECKED_ELSEWHERE,
  metricNamespace: notNull('a CloudWatch namespace'),
  resourceMetrics: A_BOOLEAN,
  requestRateFactor: notNull('a number'),
  ledger: aResource('tableArn', 'an ITable of aws-dynamodb, such as Table.fromTableName()'),
  ledgerRemovalPolicy: CHECKED_ELSEWHERE,
  eventBus: aResource('eventBusArn', 'an IEventBus, such as EventBus.fromEventBusArn()'),
  notifications: aResource('topicArn', 'an ITopic of aws-sns, such as Topic.fromTopicArn()'),
  functionOptions: CHECKED_ELSEWHERE,
  encryptionKey: aResource('keyArn', 'an IKey of aws-kms, such as a Key'),
  role: aResource('roleArn', 'an IRole, such as Role.fromRoleArn()'),
  logGroup: aResource('logGroupArn', 'an ILogGroup, such as LogGroup.fromLogGroupName()'),
};

/**
 * Checks each prop by itself.
 *
 * @throws if a prop is unknown or has another type; the message names it, what was got and the fix
 */
export function requireProps(scope: Construct, props: NetworkHygieneProps): void {
  requireKinds(scope.node.path, props, KINDS);
  requireFunctionOptions(scope, props.functionOptions);
  requireGivenResources(scope.node.path, Stack.of(scope), props);
  requireSchedule(scope, props.schedule);
}

/**
 * Checks the props against each other. Warns of those that have no effect.
 *
 * @throws if props contradict each other; the message names them and the fix
 */
export function requireConsistent(
  scope: Construct, props: NetworkHygieneProps, configuration: Configuration, schedule: ScheduleExpression,
): void {
  const { path } = scope.node;
  requireFlaggedInReach(path, props);
  requireLedger(path, props, configuration);
  requireGraceToEnd(path, schedule, props);
  requireSightingsToCome(path, schedule, props);
  requireChangeTrigger(path, props, configuration);
  warnOfFlaggedRules(scope, props);
  warnOfReturns(scope, schedule, props);
}

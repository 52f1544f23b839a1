/**
 * Checks the properties of NetworkHygiene for callers in plain JavaScript, where a misspelled `dryRun` must not mean
 * false.
 */
import { Stack } from 'aws-cdk-lib';
import { ScheduleExpression } from 'aws-cdk-lib/aws-scheduler';
import { Construct } from 'constructs';
import { requireChangeTrigger } from './change-trigger-in-use';
import { DEPLOYMENT_KINDS } from './deployment-kinds';
import { requireFunctionOptions } from './function-options';
import { requireGivenResources } from './given-resources';
import { A_BOOLEAN, aResource, instanceOf, Kinds, listOf, requireKinds } from './kinds';
import { requireTopicOfFormat } from './notification-format';
import { requireRulesInAgreement } from './rules-in-agreement';
import { RULES_KINDS } from './rules-kinds';
import { requireSchedule } from './schedule';
import { ChangeTrigger } from '../change-trigger';
import { Configuration } from '../contract/configuration';
import type { NetworkHygieneProps } from '../network-hygiene-props';

const KINDS: Kinds<NetworkHygieneProps> = {
  vpcs: listOf(aResource('vpcId', 'an IVpc, such as Vpc.fromLookup()')),
  ...RULES_KINDS,
  exemptSecurityGroups: listOf(
    aResource('securityGroupId', 'an ISecurityGroup, such as SecurityGroup.fromSecurityGroupId()'),
  ),
  changeTrigger: instanceOf(ChangeTrigger, 'a ChangeTrigger, such as ChangeTrigger.cloudTrail()'),
  resourceMetrics: A_BOOLEAN,
  ...DEPLOYMENT_KINDS,
  role: aResource('roleArn', 'an IRole, such as Role.fromRoleArn()'),
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
  requireRulesInAgreement(scope, props, configuration, schedule);
  requireChangeTrigger(scope.node.path, props, configuration);
  requireTopicOfFormat(scope.node.path, props);
}

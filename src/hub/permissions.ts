/**
 * The permissions of the functions in the hub. Neither of them may look at a network or change one: for that they
 * assume the roles in the members, each function another one. Each statement has a reason.
 */
import { ArnFormat, Stack } from 'aws-cdk-lib';
import { ITable } from 'aws-cdk-lib/aws-dynamodb';
import { IEventBus } from 'aws-cdk-lib/aws-events';
import { PolicyStatement } from 'aws-cdk-lib/aws-iam';
import { ILogGroup } from 'aws-cdk-lib/aws-logs';
import { IBucket } from 'aws-cdk-lib/aws-s3';
import { ITopic } from 'aws-cdk-lib/aws-sns';
import { StateMachine } from 'aws-cdk-lib/aws-stepfunctions';
import { Configuration } from '../contract/configuration';
import { OrganizationConfiguration, placePartitions, RUNS_PREFIX } from '../contract/organization';
import { Wildcard } from '../function/acknowledgements';
import {
  LEDGER_READS, LEDGER_WRITES, ledgerStatement, logStatement, metricStatement, partitionsStatement, tellingStatements,
} from '../function/permissions';

export interface RestorePermissionsProps {
  readonly configuration: Configuration;
  readonly organization: OrganizationConfiguration;
  readonly ledger: ITable;
  readonly logGroup: ILogGroup;
}

export interface HubPermissionsProps extends RestorePermissionsProps {
  readonly bucket: IBucket;
  readonly eventBus: IEventBus;
  readonly notifications?: ITopic;
}

/** The permissions of the function that sweeps, without those on the state machine, which needs the function first. */
export function hubStatements(stack: Stack, props: HubPermissionsProps): PolicyStatement[] {
  const { configuration: { hygiene, metricNamespace }, organization, ledger, bucket } = props;
  return [
    logStatement(props.logGroup),
    metricStatement(metricNamespace),
    // The organization's own partition, and one for each place.
    partitionsStatement(LEDGER_WRITES, ledger, [hygiene, placePartitions(hygiene)]),
    ...tellingStatements(props),
    assumeStatement(stack, organization, organization.sweepRoleName),
    // Which accounts there are is known to AWS Organizations only. ListAccounts has no resource level, and the ARN of
    // an organizational unit names the management account, which is not known.
    new PolicyStatement({ actions: organizationsActions(organization), resources: ['*'] }),
    // A Region that is not enabled would look like wrong credentials. An account asks about itself by another ARN.
    new PolicyStatement({
      actions: ['account:ListRegions'],
      resources: [anyAccountArn(stack, organization), ownAccountArn(stack)],
    }),
    // Lists expire, so nothing is deleted, and only the state machine reads them.
    new PolicyStatement({ actions: ['s3:PutObject'], resources: [listsArn(bucket)] }),
  ];
}

/**
 * The permissions of the function that restores. It changes no pause and no limit, so it may only read what is the
 * organization's own.
 */
export function restoreStatements(stack: Stack, props: RestorePermissionsProps): PolicyStatement[] {
  const { configuration: { hygiene }, organization, ledger, logGroup } = props;
  return [
    logStatement(logGroup),
    ledgerStatement(LEDGER_READS, ledger, hygiene),
    partitionsStatement(LEDGER_WRITES, ledger, [placePartitions(hygiene)]),
    assumeStatement(stack, organization, organization.restoreRoleName),
  ];
}

/** Allows the sweeping function to start a run after a deployment, and to see whether an earlier run is under way. */
export function runStatements(stack: Stack, stateMachine: StateMachine): PolicyStatement[] {
  return [
    new PolicyStatement({ actions: ['states:StartExecution'], resources: [stateMachine.stateMachineArn] }),
    new PolicyStatement({ actions: ['states:DescribeExecution'], resources: [executionsArn(stack, stateMachine)] }),
  ];
}

/** The id of the organization keeps the function out of accounts that have left it, and of those of strangers. */
function assumeStatement(stack: Stack, organization: OrganizationConfiguration, roleName: string): PolicyStatement {
  const { externalId, organizationId } = organization;
  return new PolicyStatement({
    actions: ['sts:AssumeRole'],
    resources: [memberRoleArn(stack, roleName)],
    conditions: { StringEquals: { 'sts:ExternalId': externalId, 'aws:ResourceOrgID': organizationId } },
  });
}

/** The tree of organizational units is read only if a selection names one. */
function organizationsActions({ accounts, revokeIn }: OrganizationConfiguration): string[] {
  const names = [accounts, revokeIn].flatMap(each => [...each?.ids ?? [], ...each?.except ?? []]);
  return [
    'organizations:ListAccounts',
    ...names.some(isUnit)
      ? ['organizations:ListAccountsForParent', 'organizations:ListOrganizationalUnitsForParent']
      : [],
  ];
}

const isUnit = (id: string): boolean => id.startsWith('ou-') || id.startsWith('r-');

/** The role of a name in any account. The account is known only when a run resolves the accounts. */
const memberRoleArn = (stack: Stack, resourceName: string): string =>
  stack.formatArn({ service: 'iam', region: '', account: '*', resource: 'role', resourceName });

/** Any account of the organization. The ARN begins with the management account, which is not known. */
const anyAccountArn = (stack: Stack, { organizationId }: OrganizationConfiguration): string =>
  stack.formatArn({ service: 'account', region: '', account: '*', resource: 'account', resourceName: `${organizationId}/*` });

const ownAccountArn = (stack: Stack): string =>
  stack.formatArn({ service: 'account', region: '', resource: 'account', arnFormat: ArnFormat.NO_RESOURCE_NAME });

export const listsArn = (bucket: IBucket): string => bucket.arnForObjects(`${RUNS_PREFIX}*`);

/**
 * The executions of a state machine.
 *
 * @param label the label of a distributed map, for the executions that it starts
 */
export function executionsArn(stack: Stack, { stateMachineName }: StateMachine, label?: string): string {
  return stack.formatArn({
    service: 'states',
    resource: 'execution',
    resourceName: `${stateMachineName}${label === undefined ? '' : `/${label}`}:*`,
    arnFormat: ArnFormat.COLON_RESOURCE_NAME,
  });
}

/** The wildcards in the policies of the functions, and why they are needed. */
export function hubWildcards(
  stack: Stack, { organization, bucket }: Pick<HubPermissionsProps, 'organization' | 'bucket'>,
): Wildcard[] {
  const anyAccount = 'The accounts are known only when a run resolves them. The name of the role, the external id and the organization are given.';
  return [
    ['*', 'organizations:ListAccounts, cloudwatch:PutMetricData and the actions of X-Ray have no resource level in IAM. '
      + 'The ARN of an organizational unit names the management account, which is not known. PutMetricData is confined by cloudwatch:namespace.'],
    [memberRoleArn(stack, organization.sweepRoleName), anyAccount],
    [memberRoleArn(stack, organization.restoreRoleName), anyAccount],
    [anyAccountArn(stack, organization), 'The ARN names the management account, which is not known. Only the enabled Regions of accounts of the organization are read.'],
    [listsArn(bucket), 'Each run writes its own lists of accounts. Nothing else is in the bucket.'],
  ];
}

/** The wildcard in the names of the executions of one state machine. */
export const executionWildcards = (arns: readonly string[]): Wildcard[] =>
  arns.map(arn => [arn, 'Step Functions names each execution of this one state machine when it starts.']);

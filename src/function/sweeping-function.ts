/** Creates the function that sweeps, with its role. */
import { Stack } from 'aws-cdk-lib';
import { ITable } from 'aws-cdk-lib/aws-dynamodb';
import { IEventBus } from 'aws-cdk-lib/aws-events';
import { IRole, PolicyStatement, Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import * as lambda from 'aws-cdk-lib/aws-lambda';
import { ILogGroup } from 'aws-cdk-lib/aws-logs';
import { Construct, IDependable } from 'constructs';
import { acknowledgeWildcards } from './acknowledgements';
import { bundledHandler } from './bundled-handler';
import type { Deployed } from './configuration';
import { TABLE_KEY_ACTIONS } from './encryption';
import { grantGiven } from './given-role';
import { networkInterfaceStatements, Placement } from './network';
import { permissions } from './permissions';
import { FINGERPRINT_VARIABLE, HYGIENE_VARIABLE, LEDGER_TABLE_VARIABLE } from '../contract/names';
import type { NetworkHygieneProps } from '../network-hygiene-props';
import { LONGEST_SWEEP } from '../validation/sweep-times';

export interface SweepingFunctionProps extends Deployed {
  readonly ledger: ITable;
  readonly logGroup: ILogGroup;
  readonly eventBus: IEventBus;
  readonly placement?: Placement;
}

export interface SweepingFunction {
  readonly lambdaFunction: lambda.Function;
  /** The resources that must exist before the function is invoked. */
  readonly ready: IDependable[];
}

export function sweepingFunction(
  scope: Construct, given: NetworkHygieneProps, props: SweepingFunctionProps,
): SweepingFunction {
  const { hygiene } = props.configuration;
  const role = given.role ?? new Role(scope, 'Role', {
    assumedBy: new ServicePrincipal('lambda.amazonaws.com'),
    description: `Role of the function of ${hygiene.slice(-200)}`,
  });
  const statements = [
    ...permissions(Stack.of(scope), {
      ...props,
      vpcs: given.vpcs,
      flaggedGroups: (given.flaggedIngressRules ?? []).map(({ _group }) => _group),
      exemptSecurityGroups: [...given.exemptSecurityGroups ?? [], ...props.placement?.securityGroups ?? []],
      notifications: given.notifications,
    }),
    ...networkInterfaceStatements(props.placement, given.role === undefined),
  ];
  const policies = given.role === undefined ? grantOwn(role, statements) : grantGiven(scope, role, statements);
  const keyGrants = grantKeys(role, given, props);
  const lambdaFunction = new lambda.Function(scope, 'Function', {
    description: `Sweeps the network for ${hygiene.slice(-200)}`,
    ...bundledHandler(),
    timeout: LONGEST_SWEEP,
    ...settingsOf(given),
    ...props.placement,
    handler: 'index.handler',
    role,
    environment: {
      [HYGIENE_VARIABLE]: hygiene,
      [LEDGER_TABLE_VARIABLE]: props.ledger.tableName,
      [FINGERPRINT_VARIABLE]: props.fingerprint,
    },
    logGroup: props.logGroup,
    loggingFormat: lambda.LoggingFormat.JSON,
    // The next sweep is the retry.
    retryAttempts: 0,
  });
  // Tracing and a dead-letter queue add permissions of their own to the role.
  if (given.role === undefined) acknowledgeWildcards(role);
  return { lambdaFunction, ready: [lambdaFunction, ...policies, ...keyGrants] };
}

/** The settings that both functions share. */
export type FunctionSettings = Pick<lambda.FunctionProps, 'architecture' | 'tracing' | 'environmentEncryption'>;

export function functionSettings({ functionOptions = {}, encryptionKey }: NetworkHygieneProps): FunctionSettings {
  const { architecture, tracing, environmentEncryption = encryptionKey } = functionOptions;
  return { architecture, tracing, environmentEncryption };
}

/** Returns the settings of this function. Settings that are left out keep their defaults. */
function settingsOf(given: NetworkHygieneProps): Partial<lambda.FunctionProps> {
  const { memorySize, timeout, reservedConcurrentExecutions, deadLetterQueue, onFailure } = given.functionOptions ?? {};
  const own = { memorySize, timeout, reservedConcurrentExecutions, deadLetterQueue, onFailure };
  const settings = Object.entries({ ...functionSettings(given), ...own });
  return Object.fromEntries(settings.filter(([, value]) => value !== undefined));
}

/** CDK moves statements that exceed the size of one policy into further policies. */
function grantOwn(role: IRole, statements: PolicyStatement[]): IDependable[] {
  return statements.flatMap(statement => role.addToPrincipalPolicy(statement).policyDependable ?? []);
}

/**
 * DynamoDB, SNS, SQS and Lambda use the keys on behalf of the role. CDK extends a key's own policy if necessary.
 */
function grantKeys(
  role: IRole, given: NetworkHygieneProps, { ledger }: SweepingFunctionProps,
): IDependable[] {
  const { notifications, functionOptions } = given;
  const publishing = ['kms:Decrypt', 'kms:GenerateDataKey'];
  const { environmentEncryption: environmentKey } = functionSettings(given);
  return [
    ledger.encryptionKey?.grant(role, ...TABLE_KEY_ACTIONS),
    notifications?.masterKey?.grant(role, ...publishing),
    functionOptions?.deadLetterQueue?.encryptionMasterKey?.grant(role, ...publishing),
    environmentKey !== ledger.encryptionKey ? environmentKey?.grant(role, 'kms:Decrypt') : undefined,
  ].filter(grant => grant !== undefined);
}

/** Creates the function that sweeps, with its role. */
import { Stack } from 'aws-cdk-lib';
import { ITable } from 'aws-cdk-lib/aws-dynamodb';
import { IEventBus } from 'aws-cdk-lib/aws-events';
import { IRole, PolicyStatement, Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { IKey } from 'aws-cdk-lib/aws-kms';
import * as lambda from 'aws-cdk-lib/aws-lambda';
import { ILogGroup } from 'aws-cdk-lib/aws-logs';
import { Construct, IDependable } from 'constructs';
import { acknowledgeWildcards } from './acknowledgements';
import { bundledHandler } from './bundled-handler';
import type { Deployed } from './configuration';
import { TABLE_KEY_ACTIONS } from './encryption';
import { grantGiven } from './given-role';
import { networkInterfaceStatements, Placement } from './network';
import { ec2Action, permissions } from './permissions';
import { unusedGroupActions } from '../contract/group-holders';
import { FINGERPRINT_VARIABLE, HYGIENE_VARIABLE, LEDGER_TABLE_VARIABLE } from '../contract/names';
import { neededReads } from '../contract/needed-actions';
import type { NetworkHygieneProps } from '../network-hygiene-props';
import { keyOf } from '../validation/keys';
import { LONGEST_SWEEP } from '../validation/sweep-times';

export interface SweepingFunctionProps extends Deployed {
  readonly ledger: ITable;
  readonly logGroup: ILogGroup;
  readonly eventBus: IEventBus;
  readonly placement?: Placement;
  /** The settings that all functions share. */
  readonly settings: FunctionSettings;
}

export interface SweepingFunction {
  readonly lambdaFunction: lambda.Function;
  readonly role: IRole;
  /** Whether the construct has made the role. */
  readonly isOwnRole: boolean;
  /** The resources that must exist before the function is invoked. */
  readonly ready: IDependable[];
  /** Creates another function with the same role, code and settings. */
  readonly another: (id: string, own: OwnProps) => lambda.Function;
}

/** The properties in which the functions with the role of the sweeping function differ. */
type OwnProps = Pick<lambda.FunctionProps, 'description' | 'handler' | 'timeout'> & {
  /** Environment variables, besides those that both functions need. */
  readonly environment?: Readonly<Record<string, string>>;
} & Partial<Pick<lambda.FunctionProps, 'deadLetterQueue' | 'onFailure' | 'retryAttempts' | 'recursiveLoop'>>;

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
      exemptSecurityGroups: [...given.exemptSecurityGroups ?? [], ...props.placement?.securityGroups ?? []],
      notifications: given.notifications,
    }),
    ...networkInterfaceStatements(
      props.placement, given.role === undefined,
      [...neededReads(props.configuration).map(ec2Action), ...unusedGroupActions(props.configuration)],
    ),
  ];
  const policies = given.role === undefined ? grantOwn(role, statements) : grantGiven(scope, role, statements, hygiene);
  const keyGrants = grantKeys(role, given, props);
  const another = (id: string, { environment, ...own }: OwnProps): lambda.Function => {
    const made = new lambda.Function(scope, id, {
      ...bundledHandler(),
      ...settingsOf(given, props.settings),
      ...props.placement,
      ...own,
      role,
      environment: {
        [HYGIENE_VARIABLE]: hygiene,
        [LEDGER_TABLE_VARIABLE]: props.ledger.tableName,
        [FINGERPRINT_VARIABLE]: props.fingerprint,
        ...environment,
      },
      logGroup: props.logGroup,
      loggingFormat: lambda.LoggingFormat.JSON,
    });
    // Lambda refuses to make a function in a VPC, or with a dead-letter queue, before its role may use these.
    made.node.addDependency(...policies, ...keyGrants);
    return made;
  };
  const { timeout = LONGEST_SWEEP, deadLetterQueue, onFailure } = given.functionOptions ?? {};
  const lambdaFunction = another('Function', {
    description: `Sweeps the network for ${hygiene.slice(-200)}`,
    handler: 'index.handler',
    timeout,
    deadLetterQueue,
    onFailure,
    // The next sweep is the retry.
    retryAttempts: 0,
  });
  // Tracing and a dead-letter queue add permissions of their own to the role.
  if (given.role === undefined) acknowledgeWildcards(role);
  const isOwnRole = given.role === undefined;
  return { lambdaFunction, role, isOwnRole, another, ready: [lambdaFunction, ...policies, ...keyGrants] };
}

/** The settings that all functions share. */
export type FunctionSettings = Pick<lambda.FunctionProps, 'architecture' | 'tracing' | 'environmentEncryption'>;

/** @throws if CDK does not know the key of an alias that is given */
export function functionSettings(
  path: string, { functionOptions = {} }: NetworkHygieneProps, encryptionKey: IKey | undefined,
): FunctionSettings {
  const { architecture, tracing, environmentEncryption } = functionOptions;
  const key = keyOf(`${path}: functionOptions.environmentEncryption`, environmentEncryption);
  return { architecture, tracing, environmentEncryption: key ?? encryptionKey };
}

/** Returns the settings of the functions with this role. Settings that are left out keep their defaults. */
function settingsOf(
  { functionOptions = {} }: NetworkHygieneProps, shared: FunctionSettings,
): Partial<lambda.FunctionProps> {
  const { memorySize, reservedConcurrentExecutions } = functionOptions;
  const settings = Object.entries({ ...shared, memorySize, reservedConcurrentExecutions });
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
  role: IRole, given: NetworkHygieneProps, { ledger, settings }: SweepingFunctionProps,
): IDependable[] {
  const { notifications, functionOptions } = given;
  const publishing = ['kms:Decrypt', 'kms:GenerateDataKey'];
  const { environmentEncryption: environmentKey } = settings;
  return [
    ledger.encryptionKey?.grant(role, ...TABLE_KEY_ACTIONS),
    notifications?.masterKey?.grant(role, ...publishing),
    functionOptions?.deadLetterQueue?.encryptionMasterKey?.grant(role, ...publishing),
    environmentKey !== ledger.encryptionKey ? environmentKey?.grant(role, 'kms:Decrypt') : undefined,
  ].filter(grant => grant !== undefined);
}

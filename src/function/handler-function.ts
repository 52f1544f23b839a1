/** Creates the functions of the bundle that sweep, restore or react to changes. */
import { ITable } from 'aws-cdk-lib/aws-dynamodb';
import { IRole, PolicyStatement } from 'aws-cdk-lib/aws-iam';
import { IKey } from 'aws-cdk-lib/aws-kms';
import * as lambda from 'aws-cdk-lib/aws-lambda';
import { ILogGroup } from 'aws-cdk-lib/aws-logs';
import { Construct, IDependable } from 'constructs';
import { bundledHandler } from './bundled-handler';
import type { Deployed } from './configuration';
import { TABLE_KEY_ACTIONS } from './encryption';
import { Placement } from './network';
import { FINGERPRINT_VARIABLE, HYGIENE_VARIABLE, LEDGER_TABLE_VARIABLE } from '../contract/names';
import type { NetworkHygieneProps } from '../network-hygiene-props';
import { keyOf } from '../validation/keys';

/** The settings that the functions of a construct share. */
export interface HandlerSurroundings extends Deployed {
  readonly ledger: ITable;
  readonly logGroup: ILogGroup;
  readonly placement?: Placement;
  readonly settings: FunctionSettings;
}

/** The properties in which the functions of a construct differ. */
export type OwnProps = Pick<lambda.FunctionProps, 'description' | 'handler' | 'timeout'> & {
  readonly role: IRole;
  /** The resources that the role needs before the function is made. */
  readonly permitted: readonly IDependable[];
  /** Environment variables, besides those that all functions need. */
  readonly environment?: Readonly<Record<string, string>>;
} & Partial<Pick<
  lambda.FunctionProps,
  'deadLetterQueue' | 'onFailure' | 'retryAttempts' | 'recursiveLoop' | 'memorySize' | 'reservedConcurrentExecutions'
>>;

export function handlerFunction(
  scope: Construct, id: string, surroundings: HandlerSurroundings, { environment, permitted, ...own }: OwnProps,
): lambda.Function {
  const { configuration, ledger, fingerprint, logGroup, placement, settings } = surroundings;
  const made = new lambda.Function(scope, id, {
    ...bundledHandler(),
    ...given(settings),
    ...placement,
    ...given(own),
    handler: own.handler,
    environment: {
      [HYGIENE_VARIABLE]: configuration.hygiene,
      [LEDGER_TABLE_VARIABLE]: ledger.tableName,
      [FINGERPRINT_VARIABLE]: fingerprint,
      ...environment,
    },
    logGroup,
    loggingFormat: lambda.LoggingFormat.JSON,
  });
  // Lambda refuses to make a function in a VPC, or with a dead-letter queue, before its role may use these.
  made.node.addDependency(...permitted);
  return made;
}

/** The settings that all functions share. */
export type FunctionSettings = Pick<lambda.FunctionProps, 'architecture' | 'tracing' | 'environmentEncryption'>;

/** @throws if CDK does not know the key of an alias that is given */
export function functionSettings(
  path: string, { functionOptions = {} }: Pick<NetworkHygieneProps, 'functionOptions'>, encryptionKey: IKey | undefined,
): FunctionSettings {
  const { architecture, tracing, environmentEncryption } = functionOptions;
  const key = keyOf(`${path}: functionOptions.environmentEncryption`, environmentEncryption);
  return { architecture, tracing, environmentEncryption: key ?? encryptionKey };
}

/** Leaves out what is not given, so that it keeps its default. */
function given<T extends object>(settings: T): Partial<T> {
  return Object.fromEntries(Object.entries(settings).filter(([, value]) => value !== undefined)) as Partial<T>;
}

/** CDK moves statements that exceed the size of one policy into further policies. */
export function grantOwn(role: IRole, statements: PolicyStatement[]): IDependable[] {
  return statements.flatMap(statement => role.addToPrincipalPolicy(statement).policyDependable ?? []);
}

/** The resources for which a role uses keys. */
export interface KeyUses {
  readonly ledger: ITable;
  readonly settings: FunctionSettings;
  readonly notifications?: NetworkHygieneProps['notifications'];
  readonly functionOptions?: NetworkHygieneProps['functionOptions'];
}

/**
 * DynamoDB, SNS, SQS and Lambda use the keys on behalf of the role. CDK extends a key's own policy if necessary.
 */
export function grantKeys(role: IRole, { ledger, settings, notifications, functionOptions }: KeyUses): IDependable[] {
  const publishing = ['kms:Decrypt', 'kms:GenerateDataKey'];
  const { environmentEncryption: environmentKey } = settings;
  return [
    ledger.encryptionKey?.grant(role, ...TABLE_KEY_ACTIONS),
    notifications?.masterKey?.grant(role, ...publishing),
    functionOptions?.deadLetterQueue?.encryptionMasterKey?.grant(role, ...publishing),
    environmentKey !== ledger.encryptionKey ? environmentKey?.grant(role, 'kms:Decrypt') : undefined,
  ].filter(grant => grant !== undefined);
}

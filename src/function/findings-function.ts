import { Duration } from 'aws-cdk-lib';
import { ITable } from 'aws-cdk-lib/aws-dynamodb';
import { Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { IKey } from 'aws-cdk-lib/aws-kms';
import * as lambda from 'aws-cdk-lib/aws-lambda';
import { ILogGroup } from 'aws-cdk-lib/aws-logs';
import { Construct } from 'constructs';
import { acknowledgeWildcards } from './acknowledgements';
import { bundledHandler } from './bundled-handler';
import { grantThrough } from './encryption';
import { networkInterfaceStatements, Placement } from './network';
import { LEDGER_READS, ledgerStatement, partitionsStatement } from './permissions';
import { HYGIENE_VARIABLE, LEDGER_TABLE_VARIABLE, RESTORE_FUNCTION_VARIABLE } from '../contract/names';
import { placePartitions } from '../contract/organization';

export interface FindingsFunctionProps {
  /** The name of the construct whose findings the function shows. */
  readonly hygiene: string;
  readonly ledger: ITable;
  /** The log group of the function that sweeps. */
  readonly logGroup: ILogGroup;
  /** Whether the findings are those of an organization, whose accounts and Regions have partitions of their own. */
  readonly isForPlaces?: boolean;
  /** The function name in the command that puts a rule back. Undefined when restoring is not allowed. */
  readonly restoreFunctionName?: string;
  readonly placement?: Placement;
  readonly architecture?: lambda.Architecture;
  readonly tracing?: lambda.Tracing;
  /** The key that encrypts the environment variables. */
  readonly environmentEncryption?: IKey;
}

/**
 * Creates the function behind the findings table, from the same bundle. Its role may read one table and nothing else.
 *
 * The function does not log, because errors appear in the widget. It uses the log group of the other function, because
 * CDK creates a log group for each function without one.
 */
export function findingsFunction(scope: Construct, id: string, props: FindingsFunctionProps): lambda.IFunction {
  const { hygiene, ledger, restoreFunctionName, placement, architecture, tracing, environmentEncryption } = props;
  const role = new Role(scope, `${id}Role`, {
    assumedBy: new ServicePrincipal('lambda.amazonaws.com'),
    description: `Role of the findings table of ${hygiene.slice(-200)}`,
  });
  const statements = [
    props.isForPlaces
      ? partitionsStatement(LEDGER_READS, ledger, [hygiene, placePartitions(hygiene)])
      : ledgerStatement(LEDGER_READS, ledger, hygiene),
    ...networkInterfaceStatements(placement, true),
  ];
  for (const statement of statements) role.addToPrincipalPolicy(statement);
  grantKeys(role, ledger.encryptionKey, environmentEncryption);
  const made = new lambda.Function(scope, id, {
    description: `Shows the findings of ${hygiene.slice(-200)}`,
    ...bundledHandler(),
    ...architecture && { architecture },
    tracing,
    ...placement,
    environmentEncryption,
    handler: props.isForPlaces ? 'findings.organization' : 'findings.handler',
    timeout: Duration.seconds(30),
    role,
    logGroup: props.logGroup,
    environment: {
      [HYGIENE_VARIABLE]: hygiene,
      [LEDGER_TABLE_VARIABLE]: ledger.tableName,
      ...(restoreFunctionName !== undefined && { [RESTORE_FUNCTION_VARIABLE]: restoreFunctionName }),
    },
  });
  acknowledgeWildcards(role);
  return made;
}

/**
 * DynamoDB and Lambda use the keys on behalf of the role. A key that encrypts only the table may be used only through
 * DynamoDB. A key of the environment variables has no such limit, because AWS does not document the `kms:ViaService` of
 * Lambda's own call.
 */
function grantKeys(role: Role, tableKey: IKey | undefined, environmentKey: IKey | undefined): void {
  const reading = ['kms:Decrypt', 'kms:DescribeKey'];
  if (tableKey === environmentKey) {
    tableKey?.grant(role, ...reading);
    return;
  }
  if (tableKey) grantThrough(role, tableKey, reading, 'dynamodb');
  environmentKey?.grant(role, 'kms:Decrypt');
}

import { Duration } from 'aws-cdk-lib';
import { ITable } from 'aws-cdk-lib/aws-dynamodb';
import { Effect, IRole, PolicyStatement, Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { IKey } from 'aws-cdk-lib/aws-kms';
import * as lambda from 'aws-cdk-lib/aws-lambda';
import { Construct } from 'constructs';
import { bundledHandler } from './bundled-handler';
import { LEDGER_READS, ledgerStatement } from './permissions';
import { HYGIENE_VARIABLE, LEDGER_TABLE_VARIABLE, RESTORE_FUNCTION_VARIABLE } from '../contract/names';

export interface FindingsFunctionProps {
  /** The path of the construct whose findings it shows. */
  readonly hygiene: string;
  readonly ledger: ITable;
  /** What puts rules back, for the command that it shows; undefined where nothing may be put back. */
  readonly restoreFunctionName?: string;
}

/**
 * The function behind the findings table: of the same bundle, with a role that may read one table and nothing else. It
 * does not even log: what goes wrong it shows to who looks.
 */
export function findingsFunction(
  scope: Construct,
  id: string,
  { hygiene, ledger, restoreFunctionName }: FindingsFunctionProps,
): lambda.IFunction {
  const role = new Role(scope, `${id}Role`, {
    assumedBy: new ServicePrincipal('lambda.amazonaws.com'),
    description: `Role of the findings table of ${hygiene.slice(-200)}`,
  });
  role.addToPrincipalPolicy(ledgerStatement(LEDGER_READS, ledger, hygiene));
  if (ledger.encryptionKey) grantThroughDynamoDb(role, ledger.encryptionKey);
  return new lambda.Function(scope, id, {
    description: `Shows the findings of ${hygiene.slice(-200)}`,
    ...bundledHandler(),
    handler: 'findings.handler',
    timeout: Duration.seconds(30),
    role,
    environment: {
      [HYGIENE_VARIABLE]: hygiene,
      [LEDGER_TABLE_VARIABLE]: ledger.tableName,
      ...(restoreFunctionName !== undefined && { [RESTORE_FUNCTION_VARIABLE]: restoreFunctionName }),
    },
  });
}

/** DynamoDB asks the key for whoever reads. Whatever else the key encrypts stays closed. */
function grantThroughDynamoDb(role: IRole, key: IKey): void {
  const actions = ['kms:Decrypt', 'kms:DescribeKey'];
  // CDK knows whether the key's own policy has to say so, too; but not of conditions, hence the other statement.
  key.grant(role, ...actions);
  role.addToPrincipalPolicy(new PolicyStatement({
    effect: Effect.DENY,
    actions,
    resources: [key.keyArn],
    conditions: { StringNotLike: { 'kms:ViaService': 'dynamodb.*' } },
  }));
}

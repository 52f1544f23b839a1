import { RemovalPolicy } from 'aws-cdk-lib';
import { IKey } from 'aws-cdk-lib/aws-kms';
import { LogGroup, RetentionDays } from 'aws-cdk-lib/aws-logs';
import { Construct } from 'constructs';
import { followName } from '../validation/identity';

/** Creates the log group of the function. It is deleted with the stack, because the permanent record is the ledger. */
export function logGroup(scope: Construct, hygieneName: string, encryptionKey: IKey | undefined): LogGroup {
  const made = new LogGroup(scope, 'LogGroup', {
    retention: RetentionDays.ONE_YEAR,
    removalPolicy: RemovalPolicy.DESTROY,
    encryptionKey,
  });
  followName(made, hygieneName, 'LogGroup');
  return made;
}

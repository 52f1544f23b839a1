import { RemovalPolicy } from 'aws-cdk-lib';
import { AttributeType, BillingMode, Table, TableEncryption } from 'aws-cdk-lib/aws-dynamodb';
import { IKey } from 'aws-cdk-lib/aws-kms';
import { Construct } from 'constructs';
import { LEDGER_EXPIRY, LEDGER_PARTITION_KEY, LEDGER_SORT_KEY } from '../contract/names';
import { followName } from '../validation/identity';

export interface LedgerTableProps {
  readonly hygieneName: string;
  readonly removalPolicy?: RemovalPolicy;
  readonly encryptionKey?: IKey;
}

/** Creates a table for the ledger. It holds items per construct, and deletes an item when it expires. */
export function ledgerTable(scope: Construct, { hygieneName, removalPolicy, encryptionKey }: LedgerTableProps): Table {
  const table = new Table(scope, 'Ledger', {
    partitionKey: { name: LEDGER_PARTITION_KEY, type: AttributeType.STRING },
    sortKey: { name: LEDGER_SORT_KEY, type: AttributeType.STRING },
    timeToLiveAttribute: LEDGER_EXPIRY,
    billingMode: BillingMode.PAY_PER_REQUEST,
    encryption: encryptionKey ? TableEncryption.CUSTOMER_MANAGED : TableEncryption.AWS_MANAGED,
    encryptionKey,
    pointInTimeRecoverySpecification: { pointInTimeRecoveryEnabled: true },
    removalPolicy: removalPolicy ?? RemovalPolicy.RETAIN,
  });
  followName(table, hygieneName, 'Ledger');
  return table;
}

import { RemovalPolicy } from 'aws-cdk-lib';
import { AttributeType, BillingMode, Table, TableEncryption } from 'aws-cdk-lib/aws-dynamodb';
import { Construct } from 'constructs';
import { LEDGER_EXPIRY, LEDGER_PARTITION_KEY, LEDGER_SORT_KEY } from '../contract/names';

/** A table that can be a ledger: an item per construct and rule or VPN connection, which goes when it expires. */
export function ledgerTable(scope: Construct, id: string, removalPolicy: RemovalPolicy): Table {
  return new Table(scope, id, {
    partitionKey: { name: LEDGER_PARTITION_KEY, type: AttributeType.STRING },
    sortKey: { name: LEDGER_SORT_KEY, type: AttributeType.STRING },
    timeToLiveAttribute: LEDGER_EXPIRY,
    billingMode: BillingMode.PAY_PER_REQUEST,
    encryption: TableEncryption.AWS_MANAGED,
    pointInTimeRecoverySpecification: { pointInTimeRecoveryEnabled: true },
    removalPolicy,
  });
}

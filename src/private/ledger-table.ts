import { RemovalPolicy } from 'aws-cdk-lib';
import { AttributeType, BillingMode, Table, TableEncryption } from 'aws-cdk-lib/aws-dynamodb';
import { Construct } from 'constructs';
import { Configuration, LEDGER_EXPIRY, LEDGER_PARTITION_KEY, LEDGER_SORT_KEY, looksAtRules } from './contract';
import type { NetworkHygieneProps } from '../network-hygiene-props';

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

/** @throws when properties about the ledger or restoring mean nothing beside the others */
export function requireLedger(path: string, props: NetworkHygieneProps, configuration: Configuration): void {
  const { ledger, ledgerRemovalPolicy, allowRestore } = props;
  const fail = (name: string, got: unknown, fix: string): never => {
    throw new Error(`${path}: ${name}: got ${JSON.stringify(got)}; ${fix}`);
  };
  if (ledgerRemovalPolicy !== undefined && !LEDGER_REMOVAL_POLICIES.includes(ledgerRemovalPolicy)) {
    fail('ledgerRemovalPolicy', ledgerRemovalPolicy, `give one of RemovalPolicy ${LEDGER_REMOVAL_POLICIES.join(', ')}`);
  }
  if (ledger !== undefined && ledgerRemovalPolicy !== undefined) {
    fail(
      'ledgerRemovalPolicy',
      ledgerRemovalPolicy,
      'leave it out, because it is about a new table, and ledger is given; set it where that table is made',
    );
  }
  if (allowRestore && !looksAtRules(configuration)) {
    fail(
      'allowRestore',
      allowRestore,
      'leave it out, because staleRules and flaggedIngressRules leave no rules to look at',
    );
  }
}

/** DynamoDB has no snapshots for CloudFormation to take. */
const LEDGER_REMOVAL_POLICIES = [RemovalPolicy.RETAIN, RemovalPolicy.RETAIN_ON_UPDATE_OR_DELETE, RemovalPolicy.DESTROY];

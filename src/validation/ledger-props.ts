import { RemovalPolicy } from 'aws-cdk-lib';
import { shown } from './words';
import { Configuration, looksAtRules } from '../contract/configuration';
import type { NetworkHygieneProps } from '../network-hygiene-props';

/** @throws when properties about the ledger or restoring have no effect together with the others */
export function requireLedger(path: string, props: NetworkHygieneProps, configuration: Configuration): void {
  const { ledger, ledgerRemovalPolicy, allowRestore } = props;
  const fail = (name: string, got: unknown, fix: string): never => {
    throw new Error(`${path}: ${name}: got ${shown(got)}; ${fix}`);
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

/** CloudFormation cannot take snapshots of DynamoDB tables, so SNAPSHOT is missing. */
const LEDGER_REMOVAL_POLICIES = [RemovalPolicy.RETAIN, RemovalPolicy.RETAIN_ON_UPDATE_OR_DELETE, RemovalPolicy.DESTROY];

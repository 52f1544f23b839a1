/** Checks the properties of NetworkHygieneOrganization. */
import { Annotations, Stack } from 'aws-cdk-lib';
import { ScheduleExpression } from 'aws-cdk-lib/aws-scheduler';
import { Construct } from 'constructs';
import { DEPLOYMENT_KINDS } from './deployment-kinds';
import { requireFunctionOptions } from './function-options';
import { requireGivenResources } from './given-resources';
import {
  A_BOOLEAN, anInteger, A_PLAIN_LIST, CHECKED_ELSEWHERE, instanceOf, Kinds, requireGiven, requireKind, requireKinds,
} from './kinds';
import { requireTopicOfFormat } from './notification-format';
import { requireOrganizationRules } from './organization-rules';
import { requireRulesInAgreement } from './rules-in-agreement';
import { RULES_KINDS } from './rules-kinds';
import { requireSchedule } from './schedule';
import { shown } from './words';
import { ChangeTrigger } from '../change-trigger';
import { Configuration, revokesAnything, tellsToRevoke } from '../contract/configuration';
import { HYGIENE_NAME, HYGIENE_NAME_WORDS } from '../contract/hygiene-name';
import { AccountsConfiguration } from '../contract/organization';
import { HygieneAccounts } from '../hygiene-accounts';
import type { NetworkHygieneOrganizationProps } from '../network-hygiene-organization-props';

const ACCOUNTS = instanceOf(HygieneAccounts, 'a HygieneAccounts, such as HygieneAccounts.all()');

/** Its advice names few accounts, because it is followed without much thought. */
const REVOKE_IN = instanceOf(HygieneAccounts, "a HygieneAccounts, such as HygieneAccounts.list(['111122223333'])");

const KINDS: Kinds<NetworkHygieneOrganizationProps> = {
  organizationId: CHECKED_ELSEWHERE,
  accounts: ACCOUNTS,
  revokeIn: REVOKE_IN,
  regions: A_PLAIN_LIST,
  externalId: CHECKED_ELSEWHERE,
  hubRoleName: CHECKED_ELSEWHERE,
  hubRestoreRoleName: CHECKED_ELSEWHERE,
  sweepRoleName: CHECKED_ELSEWHERE,
  restoreRoleName: CHECKED_ELSEWHERE,
  maxConcurrency: anInteger(1, 1000),
  toleratedFailures: anInteger(0, 100_000),
  accountMetrics: A_BOOLEAN,
  changeTrigger: instanceOf(ChangeTrigger, 'a ChangeTrigger, such as ChangeTrigger.cloudTrail()'),
  ...RULES_KINDS,
  ...DEPLOYMENT_KINDS,
};

/** The properties of NetworkHygiene and of members that a hub does not have. */
const INSTEAD = {
  vpcs: 'leave it out, because a VPC is in one account and Region',
  exemptSecurityGroups: 'use exemptTags, because a security group is in one account and Region',
  resourceMetrics: 'use accountMetrics',
  role: 'use hubRoleName and hubRestoreRoleName, because the members trust roles with these names',
  mayRevoke: 'it belongs to the members; on the hub, give revokeIn',
  hubAccount: 'it belongs to the members; the hub is in the account of its stack, so leave it out here',
  forwardChangesTo: 'it belongs to the members; on the hub, give changeTrigger',
  organizationalUnits: 'on the hub, give HygieneAccounts.organizationalUnits() as accounts',
};

/**
 * Checks each prop by itself.
 *
 * @throws if a prop is unknown or has another type; the message names it, what was got and the fix
 */
export function requireOrganizationProps(scope: Construct, props: NetworkHygieneOrganizationProps): void {
  const { path } = scope.node;
  requireGiven(path, props, 'organizationId and accounts');
  requireKinds(path, props, KINDS, INSTEAD);
  requireKind(`${path}: accounts`, props.accounts, ACCOUNTS);
  requireOrganizationRules(path, props);
  requireFunctionOptions(scope, props.functionOptions, WHY_NO_VPC);
  const { ledger, logGroup, notifications, encryptionKey, functionOptions } = props;
  requireGivenResources(path, Stack.of(scope), { ledger, logGroup, notifications, encryptionKey, functionOptions });
  requireSchedule(scope, props.schedule);
}

const WHY_NO_VPC = 'the functions call AWS in many Regions, and a VPC gives them access to the endpoints of one';

/**
 * Checks that the ledger's partitions of this construct can be told from those of others, also by IAM.
 *
 * @throws if the name of the construct has characters that mean something there
 */
export function requirePlainName(path: string, name: string): void {
  if (HYGIENE_NAME.test(name)) return;
  throw new Error(`${path}: hygieneName: the default is ${shown(name)}; give a name: ${HYGIENE_NAME_WORDS}`);
}

/**
 * Checks the props against each other. Warns of those that have no effect.
 *
 * @throws if props contradict each other; the message names them and the fix
 */
export function requireConsistentOrganization(
  scope: Construct, props: NetworkHygieneOrganizationProps, configuration: Configuration, schedule: ScheduleExpression,
): void {
  requireRulesInAgreement(scope, props, configuration, schedule);
  requireTopicOfFormat(scope.node.path, props);
  warnOfRevoking(scope, props, configuration);
}

/** Warns of choices about revoking that have no effect. */
function warnOfRevoking(
  scope: Construct, { accounts, revokeIn }: NetworkHygieneOrganizationProps, configuration: Configuration,
): void {
  const outside = outsideOf(accounts._configuration, revokeIn?._configuration);
  if (outside.length > 0) {
    Annotations.of(scope).addWarningV2(
      'cdk-network-hygiene:revokeInOutsideAccounts',
      `revokeIn names what accounts does not select: ${outside.join(', ')}; nothing is revoked there. Let accounts select it, or take it out of revokeIn`,
    );
  }
  if (revokeIn === undefined && revokesAnything(configuration)) {
    Annotations.of(scope).addWarningV2(
      'cdk-network-hygiene:revokesInNoAccount',
      'staleRules or flaggedIngressRules say to revoke, and there is no revokeIn, so everything is only reported; give revokeIn, or set dryRun to true',
    );
  }
  if (revokeIn !== undefined && !tellsToRevoke(configuration)) {
    Annotations.of(scope).addWarningV2(
      'cdk-network-hygiene:revokeInWithoutEffect',
      'revokeIn names accounts, and staleRules and flaggedIngressRules revoke nothing; leave revokeIn out, or set staleRules to StaleRules.revokeAfter(), or declare flaggedIngressRules',
    );
  }
}

/**
 * Returns the ids of one selection that the other one is known not to select. Which accounts are in an organizational
 * unit is known at each run only.
 */
function outsideOf(accounts: AccountsConfiguration, revokeIn: AccountsConfiguration | undefined): readonly string[] {
  const areLists = accounts.kind === 'list' && revokeIn?.kind === 'list';
  return revokeIn?.ids?.filter(id =>
    (areLists && !accounts.ids?.includes(id)) || accounts.except?.includes(id)) ?? [];
}

/** The calls besides those of a pass: of CloudFormation and of people. */
const OTHER_CALLS = 1;

/** Lambda refuses calls beyond the reserved concurrency, so a pass would wait and try again. */
export function warnOfConcurrency(
  scope: Construct, { functionOptions }: NetworkHygieneOrganizationProps, maxConcurrency: number,
): void {
  const reserved = functionOptions?.reservedConcurrentExecutions;
  const needed = maxConcurrency + OTHER_CALLS;
  // A token is a negative number here, and 1 has a warning of its own.
  if (reserved === undefined || reserved <= 1 || reserved >= needed) return;
  Annotations.of(scope).addWarningV2(
    'cdk-network-hygiene:concurrencyBelowMaxConcurrency',
    `functionOptions.reservedConcurrentExecutions is ${reserved}, and maxConcurrency ${maxConcurrency}, so Lambda refuses calls while a run is under way; reserve at least ${needed}, or sweep fewer accounts at a time`,
  );
}

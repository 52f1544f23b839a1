/** Checks the properties about rules against each other, for one account and for an organization. */
import { ScheduleExpression } from 'aws-cdk-lib/aws-scheduler';
import { Construct } from 'constructs';
import { warnOfWaits } from './approval';
import { requireFlaggedInReach } from './flagged-in-reach';
import { warnOfFlaggedRules } from './flagged-warnings';
import { requireGraceToEnd, requireSightingsToCome } from './grace';
import { requireLedger } from './ledger-props';
import { warnOfReturns } from './returns';
import { warnOfWindow } from './revocation-window';
import { requireFindings } from './security-hub-in-use';
import { Configuration } from '../contract/configuration';
import type { NetworkHygieneProps } from '../network-hygiene-props';

/**
 * Warns of properties that have no effect.
 *
 * @throws if properties contradict each other; the message names them and the fix
 */
export function requireRulesInAgreement(
  scope: Construct, props: NetworkHygieneProps, configuration: Configuration, schedule: ScheduleExpression,
): void {
  const { path } = scope.node;
  requireFlaggedInReach(path, props);
  requireLedger(path, props, configuration);
  requireFindings(path, props, configuration);
  requireGraceToEnd(path, schedule, props);
  requireSightingsToCome(path, schedule, props);
  warnOfFlaggedRules(scope, props);
  warnOfReturns(scope, schedule, props);
  warnOfWindow(scope, configuration);
  warnOfWaits(scope, configuration);
}

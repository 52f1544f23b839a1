/**
 * The log lines of a sweep: one per finding, per action and per thing that could not be looked at, and one that sums up.
 *
 * A line about a rule holds the whole rule as it was read, so that the log alone is enough to put it back.
 */
import { pausedMessage, pauseMessage, sweepOf } from './pause-words';
import { failure, healedBecause, KEPT } from './wording';
import type { DecodedConfiguration } from '../../../src/private/contract';
import type { Outcome, RevocationOutcome } from '../act/outcome';
import type { VpnConnectionState } from '../checks/vpn-connections';
import type { KeepReason, KeptRule } from '../decide/plan';
import { type EntryChange, isOfOneItem } from '../ledger/bookkeeping';
import type { VpnConnectionChange } from '../ledger/vpn-connections';
import type { ScanError } from '../observe/observe';
import type { LedgerEntry, LogLevel, Pause } from '../ports';
import type { SweepResult } from '../sweep';

export interface LogLine {
  readonly level: LogLevel;
  readonly message: string;
  readonly fields: Readonly<Record<string, unknown>>;
}

/** Kept although it was to be revoked, and nobody decided so for this rule: a person should look. */
const WITHHELD: ReadonlySet<KeepReason> = new Set(['LEDGER_UNAVAILABLE', 'OVER_LIMIT']);

const OUTCOMES: Readonly<Record<Outcome, { level: LogLevel; message: string }>> = {
  REVOKED: { level: 'INFO', message: 'Revoked the ingress rule' },
  REVOKED_CHANGED: { level: 'ERROR', message: 'Revoked the ingress rule, which was not what it had been:' },
  UNRECORDED: { level: 'ERROR', message: 'Revoked, but could not record, the ingress rule' },
  ALREADY_GONE: { level: 'INFO', message: 'Did not need to revoke the ingress rule, it was gone already:' },
  LEFT_TO_OTHER: { level: 'INFO', message: 'Left to another sweep the ingress rule' },
  CHANGED_MEANWHILE: { level: 'WARN', message: 'Kept the ingress rule, it changed meanwhile:' },
  FAILED: { level: 'ERROR', message: 'Failed to revoke the ingress rule' },
  SKIPPED: { level: 'WARN', message: 'Withheld the revocation of the ingress rule' },
};

export function logLines(result: SweepResult, configuration: Pick<DecodedConfiguration, 'maxRevocationsPerSweep'>): LogLine[] {
  const { observation, plan, outcomes, changes, ledgerErrors } = result;
  return [
    ...observation.errors.map(error => scanError('Could not look', error)),
    ...ledgerErrors.map(error => scanError(isOfOneItem(error) ? 'The ledger failed in part' : 'The ledger failed', error)),
    ...result.newlyNotCovered.map(vpcNotCovered),
    ...pauseLines(result, configuration),
    ...changes.flatMap(finding),
    ...overLimit(plan.keep, configuration),
    ...plan.keep.map(keptRule),
    ...outcomes.map(revocation),
    ...(observation.vpnConnections ?? []).map(vpnConnection),
    ...result.vpnConnectionChanges.map(vpnConnectionChange),
    summary(result),
  ];
}

function scanError(what: string, scan: ScanError): LogLine {
  const { doing, vpcId, resourceId, error } = scan;
  return { level: 'ERROR', message: `${what}: ${failure(scan)}`, fields: { event: 'ScanError', doing, vpcId, resourceId, error } };
}

/** A change of the pause, which a person should see; or that a pause holds. */
function pauseLines(
  result: SweepResult, { maxRevocationsPerSweep }: Pick<DecodedConfiguration, 'maxRevocationsPerSweep'>,
): LogLine[] {
  const { pause: reading, pauseChanges } = result;
  const held = { due: result.due, maxRevocationsPerSweep };
  const line = (level: LogLevel, message: string, { until, reason, pauseId }: Pause, change?: string): LogLine =>
    ({ level, message, fields: { event: 'Pause', change, until, reason, ...held, pauseId } });
  if (pauseChanges.length > 0) {
    return pauseChanges.map(told => line('WARN', pauseMessage(told, held, sweepOf(reading)), told.pause, told.change));
  }
  return reading.pause ? [line('INFO', pausedMessage(reading.pause, held), reading.pause)] : [];
}

function vpcNotCovered(vpcId: string): LogLine {
  return {
    level: 'WARN',
    message: `Not covered: ${vpcId} belongs to another account, which alone may look for stale rules there. It is said once; the metric VpcsNotCovered counts it`,
    fields: { event: 'VpcNotCovered', vpcId },
  };
}

function finding({ change, entry }: EntryChange): LogLine[] {
  const { securityGroupRuleId, rule, groupName, vpcId, stackName, because, firstSeen, sightings } = entry;
  // What is finished is among the revocations.
  if (change === 'FINISHED') return [];
  return [{
    level: 'INFO',
    message: change === 'OPENED' ? `Found ${securityGroupRuleId} of ${rule.groupId}` : `No longer found: ${securityGroupRuleId} of ${rule.groupId}: ${healedBecause(entry)}`,
    fields: { event: 'Finding', change, groupName, vpcId, stackName, because, firstSeen, sightings, rule },
  }];
}

function overLimit(keep: readonly KeptRule[], { maxRevocationsPerSweep }: Pick<DecodedConfiguration, 'maxRevocationsPerSweep'>): LogLine[] {
  const count = keep.filter(({ reason }) => reason === 'OVER_LIMIT').length;
  return count === 0 ? [] : [{
    level: 'WARN',
    message: `Withheld all ${count} revocations: one sweep may revoke ${maxRevocationsPerSweep}, and those that it could not look at, or whose record it cannot read, count, too. Look at the rules that are kept for OVER_LIMIT; then raise maxRevocationsPerSweep, or exempt what is to stay`,
    fields: { event: 'RevocationsWithheld', planned: count, maxRevocationsPerSweep },
  }];
}

function keptRule({ reason, groupId, rule, stale, flagged, entry }: KeptRule): LogLine {
  return {
    level: WITHHELD.has(reason) ? 'WARN' : 'INFO',
    message: `Kept ${rule?.securityGroupRuleId ?? 'a rule'} of ${groupId}: ${KEPT[reason]}`,
    fields: {
      event: 'RuleKept',
      keepReason: reason,
      groupId,
      stale: stale && {
        reason: stale.reason, direction: stale.direction, vpcId: stale.vpcId, groupName: stale.groupName, permission: stale.permission,
      },
      flagged: flagged && { verdict: flagged.verdict, declarations: flagged.declarations },
      ...entry && known(entry),
      rule,
    },
  };
}

function known({ firstSeen, sightings, stackName }: LedgerEntry): Pick<LedgerEntry, 'firstSeen' | 'sightings' | 'stackName'> {
  return { firstSeen, sightings, stackName };
}

function revocation({ outcome, detail, error, ledgerError, rule, group, because }: RevocationOutcome): LogLine {
  const { level, message } = OUTCOMES[outcome];
  return {
    level,
    message: `${message} ${rule.securityGroupRuleId} of ${rule.groupId}${detail ? `: ${detail}` : ''}`,
    fields: { event: 'Revocation', outcome, detail, error, ledgerError, because, group, rule },
  };
}

function vpnConnection(connection: VpnConnectionState): LogLine {
  const { vpnConnectionId, name, status, stale } = connection;
  return {
    level: status === 'UP' || status === 'PENDING' ? 'INFO' : 'WARN',
    message: `VPN connection ${vpnConnectionId}${name ? ` (${name})` : ''} is ${status}${stale ? ', and has been for long' : ''}`,
    fields: { event: 'VpnConnection', ...connection },
  };
}

function vpnConnectionChange({ entry, previous }: VpnConnectionChange): LogLine {
  const { vpnConnectionId, name, status, since, tunnels } = entry;
  return {
    level: status === 'UP' || status === 'PENDING' ? 'INFO' : 'WARN',
    message: `VPN connection ${vpnConnectionId}${name ? ` (${name})` : ''} is ${status} now${previous ? `, was ${previous.status}` : ''}`,
    fields: { event: 'VpnConnectionStateChanged', vpnConnectionId, name, status, previousStatus: previous?.status, since, previousSince: previous?.since, tunnels },
  };
}

function summary({ observation, plan, outcomes, ledgerErrors, durationMillis }: SweepResult): LogLine {
  const { vpcs, stale, flagged, vpnConnections } = observation;
  const errors = [...observation.errors, ...ledgerErrors];
  const counts = {
    vpcsScanned: vpcs?.scanned.size,
    vpcsNotCovered: vpcs?.notCovered.size,
    staleRules: stale.length,
    flaggedIngressRules: flagged.filter(({ verdict }) => verdict === 'flagged').length,
    undecidedIngressRules: flagged.filter(({ verdict }) => verdict === 'undecided').length,
    kept: plan.keep.length,
    outcomes: Object.fromEntries(Object.keys(OUTCOMES).map(outcome => [outcome, outcomes.filter(each => each.outcome === outcome).length])),
    vpnConnections: vpnConnections?.length,
    scanErrors: errors.length,
    durationMillis,
  };
  return {
    level: errors.length > 0 ? 'WARN' : 'INFO',
    message: errors.length > 0 ? `Sweep done, but ${errors.length} times something could not be read or written` : 'Sweep done',
    fields: { event: 'Sweep', ...counts },
  };
}

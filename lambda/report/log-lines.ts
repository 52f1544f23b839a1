/**
 * The log lines of a sweep: one per finding, per action and per thing that could not be looked at, and one that sums up.
 *
 * A line about a rule holds the whole rule as it was read, so that the log alone is enough to put it back.
 */
import type { VpnConnectionState } from '../checks/vpn-connections';
import type { LogLevel } from '../ports';
import type { KeepReason, KeptRule } from '../revocation/plan';
import type { Outcome, RevocationOutcome } from '../revocation/revoke';
import type { SweepResult } from '../sweep';

export interface LogLine {
  readonly level: LogLevel;
  readonly message: string;
  readonly fields: Readonly<Record<string, unknown>>;
}

const KEPT: Readonly<Record<KeepReason, string>> = {
  REPORT_ONLY: 'stale rules are only reported',
  EGRESS: 'egress rules are never revoked',
  UNDECIDED: 'whether it is the declared traffic cannot be proved',
  RULE_NOT_FOUND: 'its group has no such rule any more, or it could not be read',
  GROUP_UNREAD: 'its group could not be read, so neither could its exemption',
  OUTSIDE_VPCS: 'its group is in none of the VPCs in scope',
  OTHER_OWNER: 'its group belongs to another account',
  EXEMPT_BY_PROP: 'its group is among exemptSecurityGroups',
  EXEMPT_BY_GROUP_TAG: 'its group is tagged exempt',
  EXEMPT_BY_RULE_TAG: 'it is tagged exempt',
  DRY_RUN: 'this is a dry run',
};

const OUTCOMES: Readonly<Record<Outcome, { level: LogLevel; message: string }>> = {
  REVOKED: { level: 'INFO', message: 'Revoked the ingress rule' },
  ALREADY_GONE: { level: 'INFO', message: 'Did not need to revoke the ingress rule, it was gone already:' },
  CHANGED_MEANWHILE: { level: 'WARN', message: 'Kept the ingress rule, it changed meanwhile:' },
  FAILED: { level: 'ERROR', message: 'Failed to revoke the ingress rule' },
  SKIPPED: { level: 'WARN', message: 'Withheld the revocation of the ingress rule' },
};

export function logLines(result: SweepResult): LogLine[] {
  const { observation, plan, outcomes } = result;
  return [
    ...observation.errors.map(({ doing, vpcId, resourceId, error }): LogLine => ({
      level: 'ERROR',
      message: `Could not look: ${doing}${vpcId ?? resourceId ? ` (${[vpcId, resourceId].filter(Boolean).join(', ')})` : ''} failed with ${error.code}: ${error.message}`,
      fields: { event: 'ScanError', doing, vpcId, resourceId, error },
    })),
    ...plan.keep.map(keptRule),
    ...outcomes.map(revocation),
    ...(observation.vpnConnections ?? []).map(vpnConnection),
    summary(result),
  ];
}

function keptRule({ reason, groupId, rule, stale, flagged }: KeptRule): LogLine {
  return {
    level: 'INFO',
    message: `Kept ${rule?.securityGroupRuleId ?? 'a rule'} of ${groupId}: ${KEPT[reason]}`,
    fields: {
      event: 'RuleKept',
      keepReason: reason,
      groupId,
      stale: stale && {
        reason: stale.reason, direction: stale.direction, vpcId: stale.vpcId, groupName: stale.groupName, permission: stale.permission,
      },
      flagged: flagged && { verdict: flagged.verdict, declarations: flagged.declarations },
      rule,
    },
  };
}

function revocation({ outcome, detail, error, rule, group, because }: RevocationOutcome): LogLine {
  const { level, message } = OUTCOMES[outcome];
  return {
    level,
    message: `${message} ${rule.securityGroupRuleId} of ${rule.groupId}${detail ? `: ${detail}` : ''}`,
    fields: { event: 'Revocation', outcome, detail, error, because, group, rule },
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

function summary({ observation, plan, outcomes, durationMillis }: SweepResult): LogLine {
  const { vpcs, stale, flagged, vpnConnections, errors } = observation;
  const counts = {
    vpcsScanned: vpcs?.scanned.size,
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
    message: errors.length > 0 ? `Sweep done, but ${errors.length} times it could not look` : 'Sweep done',
    fields: { event: 'Sweep', ...counts },
  };
}

/**
 * Creates the log lines of a run: one for each finding, each action and each thing that could not be looked at, and a
 * summary.
 *
 * A line about a rule contains the whole rule as it was read, so that the log alone is enough to put it back.
 */
import { authorWords, changedSentence, entriesOf, madeBy, whoChanged } from './change-words';
import { exemptionChange, exemptionMessage } from './exemption-words';
import { forecastMessage } from './forecast-words';
import { pausedMessage, pauseMessage, sweepOf } from './pause-words';
import { returnMessage } from './return-words';
import { unusedGroupLines } from './unused-group-words';
import { calledOffBecause } from './waiting-words';
import {
  changingStack, failure, healedBecause, longPendingMessage, replacingRules, vpnConnectionNamed, vpnStatusWords,
} from './wording';
import type { DecodedConfiguration } from '../../../src/contract/configuration';
import { outcomeFacts, OUTCOMES } from '../act/outcomes';
import { becauseOf } from '../decide/because';
import { authorOf } from '../decide/changed-by';
import { KEEP_REASONS } from '../decide/reasons';
import { isTelling } from '../ledger/announcement';
import { isOfOneItem } from '../ledger/bookkeeping';
import type { Change, ChangedBy } from '../model/change';
import type { LogLevel } from '../model/delivery';
import type { VpnConnectionState } from '../model/finding';
import type { LedgerEntry, Pause, VpnConnectionEntry } from '../model/ledger';
import type { ProofReading, ScanError } from '../model/observation';
import type {
  EntryChange, KeptRule, RevocationOutcome, SweepResult, VpnConnectionChange,
} from '../model/result';
import type { LogFields } from '../ports';

export interface LogLine {
  readonly level: LogLevel;
  readonly message: string;
  readonly fields: LogFields;
}

type Limit = Pick<DecodedConfiguration, 'maxRevocationsPerSweep'>;

export function logLines(result: SweepResult, configuration: Limit): LogLine[] {
  const { run, observation, plan, outcomes, changes, ledgerErrors } = result;
  const entries = entriesOf(result);
  return [
    ...(run.changes ?? []).map(changeLine),
    ...observation.errors.map(error => scanError('Could not look', error)),
    ...(observation.proofs?.failures ?? []).map(proofFailure),
    ...ledgerErrors.map(error =>
      scanError(isOfOneItem(error) ? 'The ledger failed in part' : 'The ledger failed', error),
    ),
    ...result.newlyNotCovered.map(vpcNotCovered),
    ...holdLines(result),
    ...pauseLines(result, configuration),
    ...changes.flatMap(finding),
    ...[...result.entries?.values() ?? []].filter(entry => isTelling(entry, run.id)).map(announcement),
    ...overLimit(result, configuration),
    ...plan.keep.map(keptRule),
    ...outcomes.map(each => revocation(each, madeBy(entries.get(each.rule.securityGroupRuleId), each.rule))),
    ...(observation.vpnConnections ?? []).map(connection =>
      vpnConnection(connection, result.tunnelFlaps?.get(connection.vpnConnectionId)),
    ),
    ...result.vpnConnectionChanges.map(vpnConnectionChange),
    ...result.newlyLongPending.map(longPending),
    ...unusedGroupLines(result),
    summary(result),
  ];
}

/** Names a change by its ids only: nothing else of its request is logged. */
export function changeLine(changed: Change): LogLine {
  const { groupIds, ruleIds: securityGroupRuleIds } = changed;
  const author = authorOf(changed);
  return {
    level: 'INFO', message: `The network was changed ${authorWords(author)}`,
    fields: { event: 'Change', ...author, groupIds, securityGroupRuleIds },
  };
}

/** Reports a hold and the forecast. A pause has its own lines. */
function holdLines({ hold, forecast }: SweepResult): LogLine[] {
  const told = forecast === undefined ? [] : [{
    level: 'INFO' as const, message: forecastMessage(forecast), fields: { event: 'Forecast' as const, ...forecast },
  }];
  if (hold === undefined || hold.reason === 'PAUSED' || hold.reason === 'LEDGER_UNAVAILABLE') return told;
  const { reason, detail, until } = hold;
  const level = hold.reason === 'SETTLING' ? 'INFO' : 'WARN';
  return [{ level, message: `Nothing is revoked: ${detail}`, fields: { event: 'Ledger', reason, until } }, ...told];
}

function scanError(what: string, scan: ScanError): LogLine {
  const { doing, vpcId, resourceId, error } = scan;
  return {
    level: 'ERROR',
    message: `${what}: ${failure(scan)}`,
    fields: { event: 'ScanError', doing, vpcId, resourceId, error },
  };
}

/** Everything was looked at all the same, but it took longer. */
const proofFailure = ({ doing, error, ...scan }: ScanError): LogLine => ({
  level: 'WARN',
  message: `Rules prove less than usual, so EC2 was asked about the stale rules of more VPCs: ${failure({ doing, error, ...scan })}`,
  fields: { event: 'ProofUnavailable', doing, error },
});

/** Reports changes of the pause at a level that people notice, or that a pause is in force. */
function pauseLines(
  result: SweepResult, { maxRevocationsPerSweep }: Limit,
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
    message: `Not covered: ${vpcId} belongs to another account, and only that account may look for stale rules there. This is logged once; the metric VpcsNotCovered counts it`,
    fields: { event: 'VpcNotCovered', vpcId },
  };
}

function finding(changed: EntryChange): LogLine[] {
  const { change: kind, entry, previous } = changed;
  const { securityGroupRuleId, rule, groupName, vpcId, stackName, firstSeen, stale, returned, exemption } = entry;
  // A finished revocation has a line among the revocations.
  if (kind === 'FINISHED') return [];
  const changedBy = whoChanged(changed);
  const about = `${securityGroupRuleId} of ${rule.groupId}`;
  const ofExemption = exemptionChange(changed);
  if (ofExemption !== undefined && exemption !== undefined) {
    const { told: _, ...tag } = exemption;
    return [{
      level: 'WARN', message: exemptionMessage(ofExemption, about, exemption),
      fields: { event: 'Exemption', change: ofExemption, exemption: tag, groupName, vpcId, stackName, rule },
    }];
  }
  const fields = {
    event: 'Finding' as const, change: kind, groupName, vpcId, stackName, because: becauseOf(entry), firstSeen,
    sightings: stale?.sightings, returned, changedBy, rule,
  };
  if (kind === 'CALLED_OFF') {
    const why = calledOffBecause({ entry, previous });
    return [{
      level: 'INFO', message: `The announced revocation of ${about} is called off, because ${why}`,
      fields: { event: 'Announcement', change: kind, detail: why, groupName, vpcId, stackName, rule },
    }];
  }
  if (kind === 'APPROVAL_REQUESTED') {
    const { digest, replacing } = entry.approval ?? {};
    return [{
      level: 'INFO', message: `The revocation of ${about} waits for the approval of a person, with the digest ${digest}`,
      fields: { event: 'Approval', change: kind, digest, replacing, because: becauseOf(entry), groupName, vpcId, stackName, rule },
    }];
  }
  const back = returnMessage(entry);
  const message = kind === 'OPENED'
    ? `Found ${about}${changedSentence(changedBy)}${back === undefined ? '' : `. ${back}`}`
    : `No longer found: ${about}: ${healedBecause(entry)}${changedSentence(changedBy)}`;
  return [{ level: 'INFO', message, fields }];
}

function announcement({ securityGroupRuleId, rule, groupName, vpcId, stackName, announced }: LedgerEntry): LogLine {
  return {
    level: 'INFO', message: `Announcing the revocation of ${securityGroupRuleId} of ${rule.groupId}`,
    fields: { event: 'Announcement', change: 'ANNOUNCED', announced, groupName, vpcId, stackName, rule },
  };
}

function overLimit({ run, plan }: SweepResult, { maxRevocationsPerSweep }: Limit): LogLine[] {
  const planned = plan.keep.filter(({ reason }) => reason === 'OVER_LIMIT').length;
  if (planned === 0) return [];
  const why = run.scope.kind === 'everything'
    ? `one sweep may revoke ${maxRevocationsPerSweep}, and rules that it could not look at, or whose entry it could not read, `
      + 'count, too'
    : `the latest full sweep planned more than ${maxRevocationsPerSweep}, and until a full sweep plans no more than that, nothing is `
      + 'revoked';
  const message = `Withheld all ${planned} revocations: ${why}. Check the rules that are kept for OVER_LIMIT, and then raise `
    + 'maxRevocationsPerSweep or exempt the rules that should stay';
  return [{ level: 'WARN', message, fields: { event: 'RevocationsWithheld', planned, maxRevocationsPerSweep } }];
}

function keptRule({ reason, groupId, rule, stale, flagged, entry, stack }: KeptRule): LogLine {
  const why = `${KEEP_REASONS[reason].words}${stack ? `: ${changingStack(stack)}` : ''}`;
  return {
    level: stack?.isStuck ? 'WARN' : KEEP_REASONS[reason].level,
    message: `Kept ${rule?.securityGroupRuleId ?? 'a rule'} of ${groupId}: ${why}`,
    fields: {
      event: 'RuleKept',
      keepReason: reason,
      groupId,
      stale: stale && {
        reason: stale.reason,
        direction: stale.direction,
        vpcId: stale.vpcId,
        groupName: stale.groupName,
        permission: stale.permission,
      },
      flagged: flagged && { verdict: flagged.verdict, declarations: flagged.declarations },
      ...(entry && known(entry)),
      stack,
      rule,
    },
  };
}

function known(
  { firstSeen, stale, stackName, returned, exemption, announced, approval, changedBy }: LedgerEntry,
): Record<string, unknown> {
  return { firstSeen, sightings: stale?.sightings, stackName, returned, exemption, announced, approval, changedBy };
}

function revocation(revoked: RevocationOutcome, changedBy: ChangedBy | undefined): LogLine {
  const { outcome, detail, error, ledgerError, rule, group, because, replacedBy } = revoked;
  const { level, words } = outcomeFacts(outcome);
  const replaced = replacedBy ? `, replaced by ${replacingRules(replacedBy)}` : '';
  return {
    level,
    message: `${words} ${rule.securityGroupRuleId} of ${rule.groupId}${replaced}${detail ? `: ${detail}` : ''}`,
    fields: { event: 'Revocation', outcome, detail, error, ledgerError, because, group, changedBy, rule, replacedBy },
  };
}

/** @param flappedTunnels the addresses of the tunnels that flapped since the previous sweep; absent if none did */
function vpnConnection(connection: VpnConnectionState, flappedTunnels?: readonly string[]): LogLine {
  const { status, stale } = connection;
  const flaps = flappedTunnels ? `. Flapped since the previous sweep: ${flappedTunnels.join(', ')}` : '';
  return {
    level: levelOf(status),
    message: `${vpnConnectionNamed(connection)} is ${vpnStatusWords(status)}${stale ? ', and has been for a long time' : ''}${flaps}`,
    fields: { event: 'VpnConnection', ...connection, flappedTunnels },
  };
}

const levelOf = (status: string): LogLevel => status === 'UP' || status === 'PENDING' ? 'INFO' : 'WARN';

/** Creates the line that is logged once while a connection is pending. */
function longPending(entry: VpnConnectionEntry): LogLine {
  const { vpnConnectionId, name, status, since, gateway, customerGatewayId } = entry;
  const fields = { vpnConnectionId, name, status, since, gateway, customerGatewayId };
  return { level: 'WARN', message: longPendingMessage(entry), fields: { event: 'VpnConnectionPending', ...fields } };
}

function vpnConnectionChange({ entry, previous }: VpnConnectionChange): LogLine {
  const { vpnConnectionId, name, status, since, tunnels } = entry;
  return {
    level: levelOf(status),
    message: `${vpnConnectionNamed(entry)} is ${vpnStatusWords(status)} now${previous ? `, was ${previous.status}` : ''}`,
    fields: {
      event: 'VpnConnectionStateChanged',
      vpnConnectionId,
      name,
      status,
      previousStatus: previous?.status,
      since,
      previousSince: previous?.since,
      tunnels,
    },
  };
}

/** Returns for how many VPCs EC2 was asked about stale rules, by reason. */
function readBecause({ candidates, checked }: ProofReading): Readonly<Record<string, number>> {
  const counts: Record<string, number> = checked.size > 0 ? { CHECKED: checked.size } : {};
  for (const reason of candidates.values()) counts[reason] = (counts[reason] ?? 0) + 1;
  return counts;
}

function summary({ run, observation, plan, outcomes, ledgerErrors, durationMillis }: SweepResult): LogLine {
  const { vpcs, stale, flagged, vpnConnections, proofs } = observation;
  const errors = [...observation.errors, ...ledgerErrors];
  const isWhole = run.scope.kind === 'everything';
  const counts = {
    trigger: run.trigger,
    ...(run.scope.kind === 'groups' && { groups: run.scope.groupIds.length }),
    vpcsScanned: isWhole ? vpcs?.scanned.size : undefined,
    vpcsCoveredByProof: proofs && vpcs?.proved.size,
    vpcsReadBecause: proofs && readBecause(proofs),
    vpcsNotCovered: isWhole ? vpcs?.notCovered.size : undefined,
    staleRules: stale.length,
    flaggedIngressRules: flagged.filter(({ verdict }) => verdict === 'flagged').length,
    undecidedIngressRules: flagged.filter(({ verdict }) => verdict === 'undecided').length,
    kept: plan.keep.length,
    outcomes: Object.fromEntries(
      Object.keys(OUTCOMES).map(outcome => [outcome, outcomes.filter(each => each.outcome === outcome).length]),
    ),
    vpnConnections: vpnConnections?.length,
    scanErrors: errors.length,
    durationMillis,
  };
  return {
    level: errors.length > 0 ? 'WARN' : 'INFO',
    message:
      errors.length > 0
        ? `Sweep done, but incomplete: ${errors.length === 1 ? '1 thing' : `${errors.length} things`} could not be read or written`
        : 'Sweep done',
    fields: { event: 'Sweep', ...counts },
  };
}

/**
 * The events of a sweep: one per change, so that a sweep that finds what was there before has none.
 *
 * A finding that is opened is resolved, be it that the rule heals or that it is revoked. `docs/events` has a JSON schema for each type.
 */
import { type HeldBack, isWithinLimit, pauseMessage, sweepOf } from './pause-words';
import { group, healedBecause, keptBecause, plain, reason, restoreCommand, traffic } from './wording';
import { type DecodedConfiguration, EventType, type EventTypeName } from '../../../src/private/contract';
import { RECORDED_AS_REVOKED, type RevocationOutcome } from '../act/outcome';
import type { Withheld } from '../ledger/latest-sweep';
import type { ToldChange } from '../ledger/pause-changes';
import type { VpnConnectionChange } from '../ledger/vpn-connections';
import type { Because, HygieneEvent, LedgerEntry, SecurityGroupRule } from '../ports';
import type { SweepResult } from '../sweep';

export interface EventContext {
  readonly sweepId: string;
  /** What puts rules back; absent where nothing may be put back. */
  readonly restoreFunctionName?: string;
}

/** Rules that an event names of those that were withheld. */
const WITHHELD_RULES = 100;

type Told = Pick<DecodedConfiguration, 'hygiene' | 'maxRevocationsPerSweep'>;

export function events(result: SweepResult, configuration: Told, context: EventContext): HygieneEvent[] {
  const told: Teller = { hygiene: configuration.hygiene, sweepId: context.sweepId };
  const event = (type: EventTypeName, message: string, detail: Record<string, unknown>): HygieneEvent =>
    eventOf(type, message, detail, told);
  const toRestore = ({ securityGroupRuleId }: SecurityGroupRule): string | undefined =>
    context.restoreFunctionName && restoreCommand(context.restoreFunctionName, { securityGroupRuleIds: [securityGroupRuleId] });
  const { changes, outcomes, entries, newlyWithheld, vpnConnectionChanges } = result;
  const { maxRevocationsPerSweep } = configuration;
  // Of a rule that another sweep has recorded, that one tells.
  const settled = outcomes.filter(({ recordedBy }) => recordedBy === undefined);
  const known = new Map([...entries ?? [], ...changes.map(({ entry }) => [entry.securityGroupRuleId, entry] as const)]);
  const about = (outcome: RevocationOutcome): RuleFacts => {
    const entry = known.get(outcome.rule.securityGroupRuleId);
    return { ...entry, ...outcome, groupName: outcome.group?.groupName ?? entry?.groupName };
  };
  const revoked = settled.filter(({ outcome }) => RECORDED_AS_REVOKED.has(outcome)).map(about);
  // Where that could not be written, the next sweep finds it and tells.
  const gone = settled.filter(({ outcome, ledgerError }) => outcome === 'ALREADY_GONE' && ledgerError === undefined).map(about);
  return [
    ...changes.filter(({ change }) => change === 'OPENED').map(({ entry }) => event(EventType.FINDING_OPENED, opened(entry), {
      ...ruleDetail(entry), keepReason: entry.keepReason,
    })),
    ...revoked.map(facts => event(EventType.INGRESS_RULE_REVOKED, `Revoked ${summary(facts)}`, {
      ...ruleDetail(facts), detail: facts.detail, restoreCommand: toRestore(facts.rule),
    })),
    ...revoked.map(facts => event(
      EventType.FINDING_RESOLVED, `Resolved, because it was revoked: ${summary(facts)}`, { ...ruleDetail(facts), resolution: 'REVOKED' },
    )),
    ...changes.filter(({ change }) => change === 'HEALED').map(({ entry }) => event(
      EventType.FINDING_RESOLVED, `Resolved, because ${healedBecause(entry)}: ${summary(entry)}`,
      { ...ruleDetail(entry), resolution: 'HEALED', detail: healedBecause(entry) },
    )),
    ...gone.map(facts => event(
      EventType.FINDING_RESOLVED, `Resolved, because it was removed by someone else: ${summary(facts)}`,
      { ...ruleDetail(facts), resolution: 'HEALED', detail: facts.detail },
    )),
    ...newlyWithheld.map(each => event(EventType.REVOCATION_WITHHELD, withheldMessage(each, configuration), {
      reason: each.reason,
      count: each.rules.length,
      maxRevocationsPerSweep: configuration.maxRevocationsPerSweep,
      rules: each.rules.slice(0, WITHHELD_RULES).map(({ securityGroupRuleId, groupId }) => ({ securityGroupRuleId, groupId })),
    })),
    ...vpnConnectionChanges.map(change => event(EventType.VPN_CONNECTION_STATE_CHANGED, vpnConnectionMessage(change), vpnConnectionDetail(change))),
    ...pauseEvents(
      result.pauseChanges, { due: result.due, maxRevocationsPerSweep }, { ...told, sweep: sweepOf(result.pause) },
    ),
  ];
}

/** A sweep, or an invocation that pauses or resumes. */
interface Teller {
  readonly hygiene: string;
  readonly sweepId: string;
}

function eventOf(
  type: EventTypeName, message: string, detail: Record<string, unknown>, { hygiene, sweepId }: Teller,
): HygieneEvent {
  return { type, detail: { version: '1', message: plain(message), hygiene, sweepId, ...detail } };
}

/** @param teller with the sweep that may revoke what is due, when a pause is over */
export function pauseEvents(
  changes: readonly ToldChange[], held: HeldBack, teller: Teller & { readonly sweep: string },
): HygieneEvent[] {
  return changes.map(told => {
    const { change, pause: { until, reason: why, begunAt, resumedAt, pauseId } } = told;
    return eventOf(EventType.PAUSE_CHANGED, pauseMessage(told, held, teller.sweep), {
      change, until, reason: why, begunAt, resumedAt, pauseId, ...held, withinLimit: isWithinLimit(held),
    }, teller);
  });
}

/** What is known of a rule: from the ledger, or of its revocation. */
type RuleFacts = { readonly rule: SecurityGroupRule; readonly because: Because; readonly detail?: string }
  & Partial<Pick<LedgerEntry, 'groupName' | 'vpcId' | 'stackName' | 'firstSeen'>>;

function ruleDetail({ rule, because, groupName, vpcId, stackName, firstSeen }: RuleFacts): Record<string, unknown> {
  return { securityGroupRuleId: rule.securityGroupRuleId, groupId: rule.groupId, groupName, vpcId, stackName, because, firstSeen, rule };
}

function summary(facts: RuleFacts): string {
  const { rule: { securityGroupRuleId, description } } = facts;
  return `${securityGroupRuleId} of ${group(facts)}: ${traffic(facts.rule)}${description ? `, ${description}` : ''}. It is ${reason(facts.because)}`;
}

function opened(entry: LedgerEntry): string {
  return `Found ${summary(entry)}${entry.keepReason === undefined ? '' : `. Kept for now: ${keptBecause(entry.keepReason)}`}`;
}

const WITHHELD: Readonly<Record<string, string>> = {
  LEDGER_UNAVAILABLE: 'the ledger could not be read or written, and without its record they could not be put back. See the function\'s log',
  SKIPPED: 'time ran out, or they became exempt meanwhile. The next sweep looks again',
};

function withheldMessage({ reason: why, rules }: Withheld, { maxRevocationsPerSweep }: Told): string {
  const limit = `one sweep may revoke ${maxRevocationsPerSweep}. Look at the findings; then raise maxRevocationsPerSweep, or exempt what is to stay`;
  return `Withheld ${rules.length} ${rules.length === 1 ? 'revocation' : 'revocations'}, because ${WITHHELD[why] ?? limit}`;
}

function vpnConnectionMessage({ entry, previous }: VpnConnectionChange): string {
  const { vpnConnectionId, name, status, tunnels } = entry;
  const was = previous === undefined ? '' : previous.status === status ? ', as before, but a tunnel changed' : `, was ${previous.status}`;
  const each = tunnels.map(({ outsideIpAddress, status: state, statusMessage }) => `${outsideIpAddress} ${state}${statusMessage ? ` (${statusMessage})` : ''}`);
  return `VPN connection ${vpnConnectionId}${name ? ` (${name})` : ''} is ${status}${was}${each.length > 0 ? `. Tunnels: ${each.join(', ')}` : ''}`;
}

function vpnConnectionDetail({ entry, previous }: VpnConnectionChange): Record<string, unknown> {
  const { vpnConnectionId, name, status, since, stale, gateway, customerGatewayId, staticRoutesOnly, tunnels } = entry;
  const before = new Map(previous?.tunnels.map(tunnel => [tunnel.outsideIpAddress, tunnel.status]));
  return {
    vpnConnectionId, name, status, previousStatus: previous?.status, since, previousSince: previous?.since,
    stale, gateway, customerGatewayId, staticRoutesOnly,
    tunnels: tunnels.map(tunnel => ({ ...tunnel, previousStatus: before.get(tunnel.outsideIpAddress) })),
  };
}

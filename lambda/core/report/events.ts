/**
 * Creates the events of a sweep: one per change, so a sweep without changes has none.
 *
 * Every opened finding is resolved later, because the rule heals or because it is revoked. `docs/events` has a JSON
 * schema for each type.
 */
import { changedSentence, entriesOf, madeBy, whoChanged } from './change-words';
import { exemptionChange, exemptionMessage } from './exemption-words';
import { type HeldBack, isWithinLimit, moment, pauseMessage, sweepOf } from './pause-words';
import { returnMessage } from './return-words';
import { unusedGroupEvent } from './unused-group-words';
import { announcedStart, calledOffBecause, replacedWords } from './waiting-words';
import {
  approveCommand, group, healedBecause, keptBecause, longPendingMessage, plain, reason, replacingRules, restoreCommand,
  traffic, vpnConnectionNamed, vpnStatusWords, withheldWords,
} from './wording';
import { type DecodedConfiguration } from '../../../src/contract/configuration';
import { EventType, type EventTypeName } from '../../../src/contract/names';
import type { Place } from '../../../src/contract/organization';
import { nextOpening } from '../../../src/contract/revocation-window';
import { outcomeFacts } from '../act/outcomes';
import { becauseOf } from '../decide/because';
import { approvedWords, bindingWindow, type Terms, whenRevoked } from '../decide/terms';
import { untold } from '../ledger/announcement';
import { digestOfRequest, MOST_ASKED, requestsOf, RULES_PER_REQUEST } from '../ledger/asked';
import type { ChangedBy } from '../model/change';
import type { AskedRule, HygieneEvent, Tiding } from '../model/delivery';
import type { Because } from '../model/finding';
import type { Channel, LedgerEntry, ReplacingRule } from '../model/ledger';
import type { SecurityGroupRule } from '../model/network';
import type {
  Asked, EntryChange, RevocationOutcome, SweepResult, ToldChange, VpnConnectionChange, Withheld,
} from '../model/result';

/** The number of withheld rules that an event lists. */
const WITHHELD_RULES = 20;

/** The number of stacks that an event of withheld rules lists. */
const WITHHELD_STACKS = 20;

type Told = Terms & Pick<DecodedConfiguration, 'hygiene' | 'maxRevocationsPerSweep' | 'notificationsTopicArn'>;

/** The function and its alias in commands for a shell. Each is absent if the configuration has no such alias. */
export interface Commands {
  readonly restoreFunctionName?: string;
  readonly approveFunctionName?: string;
}

/** The number of rules that the message of a request names. */
const ASKED_RULES_NAMED = 3;

export function events(result: SweepResult, configuration: Told, commands: Commands = {}): HygieneEvent[] {
  const { run: { id: sweepId, part } } = result;
  const teller: Teller = { hygiene: configuration.hygiene, sweepId, place: part };
  const { maxRevocationsPerSweep } = configuration;
  const held = { due: result.due, maxRevocationsPerSweep };
  return [
    ...findingEvents(result, commands),
    ...announcementsOf(result, 'event').map(entry => announcedEvent(entry, configuration, result.startedAt)),
    ...result.asked ? askedEvents(result.asked, result.run, commands) : [],
    ...result.newlyWithheld.map(each => withheldEvent(each, configuration)),
    ...result.vpnConnectionChanges.map(vpnConnectionEvent),
    ...(result.unusedGroups?.changes ?? []).map(unusedGroupEvent),
  ].map(({ type, message, detail }) => eventOf(type, message, detail, teller))
    .concat(pauseEvents(result.pauseChanges, held, { ...teller, sweep: sweepOf(result.pause) }));
}

/**
 * Returns the notices that only the message for people contains. They report no change, or an earlier run has sent the
 * event and could not send the message.
 */
export function notices(result: SweepResult, configuration: Told): Tiding[] {
  const { newlyLongPending, run: { id: sweepId, part: place }, startedAt } = result;
  const { hygiene } = configuration;
  const withEvent = new Set(announcementsOf(result, 'event'));
  return [
    ...newlyLongPending.map(entry => ({
      type: 'VPN Connection Pending' as const, detail: { message: plain(longPendingMessage(entry)), hygiene, sweepId },
    })),
    ...announcementsOf(result, 'message').filter(entry => !withEvent.has(entry)).map(entry => {
      const { type, message, detail } = announcedEvent(entry, configuration, startedAt);
      return eventOf(type, message, detail, { hygiene, sweepId, place });
    }),
  ];
}

/** Returns the entries whose announcement the run has to send through a channel. */
const announcementsOf = ({ entries, run }: SweepResult, channel: Channel): LedgerEntry[] =>
  [...entries?.values() ?? []].filter(entry => untold(entry, run.id, [channel]).length > 0);

function announcedEvent(entry: LedgerEntry, terms: Terms, now: Date): Happening {
  const facts = factsOf(entry);
  const { finalNoticeSeconds = 0, approval } = terms;
  const revocationWindow = bindingWindow(entry, terms, now);
  const notBefore = new Date(now.getTime() + finalNoticeSeconds * 1000).toISOString();
  const { replacing } = entry.announced ?? {};
  return {
    type: EventType.REVOCATION_ANNOUNCED,
    message: `${announcedStart(entry.securityGroupRuleId)}${about(facts)}${changedSentence(facts.changedBy)}. `
      + `It is revoked ${whenRevoked(entry, terms, now, moment)}${replacedWords({ replacing })}, `
      + 'unless it is exempt or gone by then',
    detail: {
      ...ruleDetail(facts), notBefore,
      opensAt: revocationWindow && nextOpening(revocationWindow, new Date(notBefore))?.toISOString(),
      needsApproval: approval !== undefined, replacedBy: replacing?.map(each => traffic(each)),
    },
  };
}

function calledOffEvent({ entry, previous }: EntryChange): Happening {
  const facts = factsOf(entry);
  const why = calledOffBecause({ entry, previous });
  return {
    type: EventType.REVOCATION_CALLED_OFF,
    message: `Called off, because ${why}: the announced revocation of ${summary(facts)}`,
    detail: { ...ruleDetail(facts), detail: why, keepReason: entry.state === 'OPEN' ? entry.keepReason : undefined },
  };
}

/** Asks for approvals. The command of an event approves the rules that it shows, and no others. */
function askedEvents(
  { entries, isRecorded }: Asked, { id: sweepId, part }: SweepResult['run'], { approveFunctionName }: Commands,
): Happening[] {
  return requestsOf(entries).map((shown, index) => {
    const digest = digestOfRequest(shown);
    const request = isRecorded && index * RULES_PER_REQUEST < MOST_ASKED
      ? { sweepId, digest }
      : { securityGroupRuleIds: shown.map(({ securityGroupRuleId }) => securityGroupRuleId), digest };
    const names = shown.slice(0, ASKED_RULES_NAMED).map(entry =>
      `${summary(factsOf(entry))}${entry.approval ? replacedWords(entry.approval) : ''}`).join('; ');
    const left = shown.length - ASKED_RULES_NAMED;
    const more = left > 0 ? ` and ${left} more, which the event and the findings table have` : '';
    const revocations = shown.length === 1 ? '1 revocation waits' : `${shown.length} revocations wait`;
    return {
      type: EventType.APPROVAL_REQUESTED,
      message: `${revocations} for the approval of a person, with the digest ${digest}: ${names}${more}`,
      detail: {
        count: shown.length, digest, rules: shown.map(askedRule),
        approveCommand: approveFunctionName && approveCommand(approveFunctionName, request, part),
      },
    };
  });
}

function askedRule(entry: LedgerEntry): AskedRule {
  const { rule, groupName, approval } = entry;
  return {
    securityGroupRuleId: rule.securityGroupRuleId, groupId: rule.groupId, groupName, traffic: traffic(rule),
    description: rule.description, because: reason(becauseOf(entry)),
    digest: digestOfRequest([entry]),
    replacedBy: approval?.replacing?.map(each => traffic(each)),
  };
}

/** An event without the fields that all events of a run share. */
interface Happening {
  readonly type: EventTypeName;
  readonly message: string;
  readonly detail: Record<string, unknown>;
}

function findingEvents(result: SweepResult, { restoreFunctionName }: Commands): Happening[] {
  const { changes, outcomes } = result;
  const known = entriesOf(result);
  const factsAbout = (outcome: RevocationOutcome): RuleFacts => {
    const entry = known.get(outcome.rule.securityGroupRuleId);
    const groupName = outcome.group?.groupName ?? entry?.groupName;
    return { ...entry && factsOf(entry), ...outcome, groupName, changedBy: madeBy(entry, outcome.rule) };
  };
  // If another run recorded the outcome, that run sends the event.
  const settled = outcomes.filter(({ recordedBy }) => recordedBy === undefined);
  const revoked = settled.filter(({ outcome }) => outcomeFacts(outcome).isRecorded).map(factsAbout);
  // If the ledger could not be written, the next sweep finds the change and sends the event.
  const gone = settled.filter(({ outcome, ledgerError }) => outcome === 'ALREADY_GONE' && !ledgerError).map(factsAbout);
  const changed = (wanted: EntryChange['change']): RuleFacts[] =>
    changes.filter(({ change }) => change === wanted)
      .map(each => ({ ...factsOf(each.entry), changedBy: whoChanged(each) }));
  // The principal that made the rule did not end the finding.
  const ended = (facts: RuleFacts): RuleFacts => ({ ...facts, changedBy: undefined });
  return [
    ...changed('OPENED').map(openedEvent),
    ...revoked.map(facts => revokedEvent(facts, restoreFunctionName, result.run.part)),
    ...revoked.map(ended).map(facts => resolvedEvent(facts, 'REVOKED', 'it was revoked')),
    ...changed('HEALED').map(facts => resolvedEvent(facts, 'HEALED', facts.detail)),
    ...changed('LET_GO').map(facts => resolvedEvent(facts, 'NO_LONGER_LOOKED_FOR', facts.detail)),
    ...gone.map(ended).map(facts => resolvedEvent(facts, 'HEALED', 'it was removed by someone else')),
    ...changes.flatMap(exemptionEvent),
    ...changes.filter(({ change }) => change === 'CALLED_OFF').map(calledOffEvent),
    ...result.outcomes.filter(({ outcome, ledgerError }) => outcome === 'ALREADY_GONE' && !ledgerError)
      .flatMap(({ rule: { securityGroupRuleId: id } }) => known.get(id) ?? [])
      .filter(({ announced }) => (announced?.told.length ?? 0) > 0)
      .map(entry => calledOffEvent({ change: 'CALLED_OFF', entry: { ...entry, state: 'HEALED' } })),
  ];
}

/** @returns nothing if a change is not one of an exemption */
function exemptionEvent(changed: EntryChange): Happening[] {
  const { exemption } = changed.entry;
  const change = exemptionChange(changed);
  if (change === undefined || exemption === undefined) return [];
  const facts = factsOf(changed.entry);
  const { told: _, ...tag } = exemption;
  return [{
    type: EventType.EXEMPTION_CHANGED,
    message: exemptionMessage(change, summary(facts), exemption),
    detail: { ...ruleDetail(facts), change, exemption: tag },
  }];
}

function openedEvent(facts: RuleFacts): Happening {
  const { keepReason, returned } = facts;
  const kept = keepReason === undefined ? '' : `. Kept for now: ${keptBecause(keepReason)}`;
  const back = returnMessage(facts);
  return {
    type: EventType.FINDING_OPENED,
    message: `Found ${summary(facts)}${changedSentence(facts.changedBy)}${back === undefined ? '' : `. ${back}`}${kept}`,
    detail: { ...ruleDetail(facts), keepReason, returned },
  };
}

function revokedEvent(facts: RuleFacts, restoreFunctionName: string | undefined, place?: Place): Happening {
  const { rule: { securityGroupRuleId }, detail, replacedBy } = facts;
  const replaced = replacedBy ? `. It is replaced by ${replacingRules(replacedBy)}` : '';
  const approved = facts.approval && approvedWords(facts.approval, moment);
  const command = restoreFunctionName
    && restoreCommand(restoreFunctionName, { securityGroupRuleIds: [securityGroupRuleId] }, place);
  return {
    type: EventType.INGRESS_RULE_REVOKED,
    message: `Revoked ${summary(facts)}${changedSentence(facts.changedBy)}${replaced}${approved === undefined ? '' : `. It was ${approved}`}`,
    detail: {
      ...ruleDetail(facts), detail, replacedBy: replacedBy?.map(replacingDetail), restoreCommand: command,
      approval: facts.approval?.approved && { ...facts.approval.approved, digest: facts.approval.digest },
    },
  };
}

function replacingDetail({ securityGroupRuleId, existingRuleId, traffic: admits }: ReplacingRule): object {
  return { securityGroupRuleId: securityGroupRuleId ?? existingRuleId, traffic: traffic(admits) };
}

/**
 * @param resolution the value in the event
 * @param words the same in words
 */
function resolvedEvent(facts: RuleFacts, resolution: string, words = 'it is gone'): Happening {
  return {
    type: EventType.FINDING_RESOLVED,
    message: `Resolved, because ${words}: ${summary(facts)}${changedSentence(facts.changedBy)}`,
    detail: { ...ruleDetail(facts), resolution, ...resolution !== 'REVOKED' && { detail: facts.detail } },
  };
}

function withheldEvent(withheld: Withheld, { maxRevocationsPerSweep }: Told): Happening {
  const { reason: why, rules, stacks } = withheld;
  const revocations = rules.length === 1 ? 'revocation' : 'revocations';
  return {
    type: EventType.REVOCATION_WITHHELD,
    message: `Withheld ${rules.length} ${revocations}, because ${withheldWords(withheld, maxRevocationsPerSweep)}`,
    detail: {
      reason: why,
      count: rules.length,
      maxRevocationsPerSweep,
      rules: rules
        .slice(0, WITHHELD_RULES)
        .map(({ securityGroupRuleId, groupId }) => ({ securityGroupRuleId, groupId })),
      stacks: stacks?.slice(0, WITHHELD_STACKS).map(({ stackId, status, since }) => ({ stackId, status, since })),
    },
  };
}

function vpnConnectionEvent(change: VpnConnectionChange): Happening {
  return {
    type: EventType.VPN_CONNECTION_STATE_CHANGED,
    message: vpnConnectionMessage(change),
    detail: vpnConnectionDetail(change),
  };
}

/** The sender of events: a sweep, or an invocation that pauses or resumes. */
interface Teller {
  readonly hygiene: string;
  readonly sweepId: string;
  /** The account and Region of an organization that the event is about. */
  readonly place?: Place;
}

function eventOf(
  type: EventTypeName, message: string, detail: Record<string, unknown>, { hygiene, sweepId, place }: Teller,
): HygieneEvent {
  const { account, region } = place ?? {};
  return { type, detail: { version: '1', message: plain(message), hygiene, sweepId, account, region, ...detail } };
}

/** @param teller the sender, with the sweep that may revoke the due rules after the pause */
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

/** The facts about a rule, from the ledger or from its revocation. */
type RuleFacts = {
  readonly rule: SecurityGroupRule;
  readonly because: Because;
  readonly detail?: string;
  /** The caller that opened or ended the subject of the event. */
  readonly changedBy?: ChangedBy;
}
  & Pick<RevocationOutcome, 'replacedBy'>
  & Partial<Pick<LedgerEntry, 'groupName' | 'vpcId' | 'stackName' | 'firstSeen' | 'keepReason' | 'returned' | 'approval'>>;

function factsOf(entry: LedgerEntry): RuleFacts {
  const { rule, groupName, vpcId, stackName, firstSeen, keepReason, returned, approval } = entry;
  const detail = healedBecause(entry);
  return {
    rule, groupName, vpcId, stackName, firstSeen, keepReason, returned, approval, because: becauseOf(entry), detail,
  };
}

function ruleDetail(facts: RuleFacts): Record<string, unknown> {
  const { rule, because, groupName, vpcId, stackName, firstSeen, changedBy } = facts;
  const { securityGroupRuleId, groupId } = rule;
  const declarations = because.declarations.map(({ id: _, ...each }) => each);
  return {
    securityGroupRuleId, groupId, groupName, vpcId, stackName, because: { ...because, declarations }, firstSeen,
    changedBy, rule,
  };
}

function summary(facts: RuleFacts): string {
  return `${facts.rule.securityGroupRuleId} of ${about(facts)}`;
}

function about(facts: RuleFacts): string {
  const { description } = facts.rule;
  const described = description ? `, ${description}` : '';
  return `${group(facts)}: ${traffic(facts.rule)}${described}. It is ${reason(facts.because)}`;
}

function vpnConnectionMessage({ entry, previous }: VpnConnectionChange): string {
  const { status, tunnels } = entry;
  const was =
    previous === undefined
      ? ''
      : previous.status === status
        ? ', as before, but a tunnel changed'
        : `, was ${previous.status}`;
  const each = tunnels.map(
    ({ outsideIpAddress, status: state, statusMessage }) =>
      `${outsideIpAddress} ${state}${statusMessage ? ` (${statusMessage})` : ''}`,
  );
  return `${vpnConnectionNamed(entry)} is ${vpnStatusWords(status)}${was}${each.length > 0 ? `. Tunnels: ${each.join(', ')}` : ''}`;
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

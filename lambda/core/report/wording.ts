/**
 * Texts about rules, which are the same in the log, the events, the notification and the findings table.
 */
import type { Place } from '../../../src/contract/organization';
import type { RuleTraffic } from '../../../src/contract/rules/live-rule';
import { portsInWords } from '../../../src/contract/rules/words';
import { keepFacts } from '../decide/reasons';
import { UNREADABLE_ITEM } from '../errors';
import type { Because, Declaration } from '../model/finding';
import type { LedgerEntry, ReplacingRule, VpnConnectionEntry } from '../model/ledger';
import type { SecurityGroupRule } from '../model/network';
import type { ScanError } from '../model/observation';
import type { ChangingStack, Withheld, WithheldReason } from '../model/result';

/** Returns why a rule is kept, in words. A later version may have written an unknown reason. */
export function keptBecause(keepReason: string): string {
  return keepFacts(keepReason)?.words ?? keepReason;
}

type WhyWithheld = Pick<Withheld, 'reason' | 'stacks'>;

const WITHHELD: Readonly<Record<WithheldReason, (limit: number, why: WhyWithheld) => string>> = {
  LEDGER_UNAVAILABLE: () =>
    "the ledger could not be read or written, and without its record they could not be put back. See the function's log",
  LEDGER_UNTRUSTED: () =>
    'the ledger was made for another table, so it is a copy or a backup. Check its contents, and then adopt it',
  COMES_BACK: () =>
    'they came back each time they were revoked, so what they admit is open. Find what adds them, and then retry them',
  OUTSIDE_WINDOW: limit =>
    `they wait for the revocation window, and one sweep may revoke ${limit}. When it opens, none of them is revoked. `
    + 'Check the findings, and then raise maxRevocationsPerSweep or exempt the rules that should stay',
  STACK_IN_PROGRESS: (_, { stacks = [] }) =>
    `CloudFormation has been changing ${stuckStacks(stacks)}, for longer than 6 hours. Find what it waits for, and let `
    + 'the operation end. The next scheduled sweep after that revokes them',
  SKIPPED: () => 'time ran out, or a second decision kept them. The next sweep tries again',
  OVER_LIMIT: limit =>
    `one sweep may revoke ${limit}. Until a full sweep plans no more than that, nothing is revoked. `
    + 'Check the findings, and then raise maxRevocationsPerSweep or exempt the rules that should stay',
  LIMIT_USED: limit =>
    `${limit} may be revoked between two scheduled sweeps, and too few of these are left. `
    + 'They wait for the next scheduled sweep',
};

/** Returns why revocations were withheld, in words that follow "because". */
export const withheldWords = (why: WhyWithheld, limit: number): string => WITHHELD[why.reason](limit, why);

/** The number of stacks that a sentence names. */
const STACKS_NAMED = 3;

function stuckStacks(stacks: readonly ChangingStack[]): string {
  const named = stacks.slice(0, STACKS_NAMED)
    .map(({ stackId, since }) => `the stack ${stackName(stackId)} since ${since}`);
  const more = stacks.length - named.length;
  return [...named, ...more > 0 ? [`${more} more`] : []].join(' and ');
}

/** Describes what CloudFormation does with a stack, such as `the stack Web is UPDATE_IN_PROGRESS since …`. */
export function changingStack({ stackId, status, since }: ChangingStack): string {
  const begun = since === undefined ? ', and when that began is not known' : ` since ${since}`;
  return `the stack ${stackName(stackId)} is ${status}${begun}`;
}

/** Returns the name of a stack from its id, such as `arn:aws:cloudformation:eu-west-1:111122223333:stack/Web/0123`. */
function stackName(stackId: string): string {
  return /:stack\/([^/]+)/.exec(stackId)?.[1] ?? stackId;
}

/**
 * Describes an error, such as `reading security groups (vpc-0123) failed with InternalError: try again`. The message of
 * an error about an unreadable item is complete already.
 */
export function failure({ doing, vpcId, resourceId, error }: ScanError): string {
  if (error.code === UNREADABLE_ITEM) return error.message;
  const about = [vpcId, resourceId].filter(Boolean).join(', ');
  return `${doing}${about ? ` (${about})` : ''} failed with ${error.code}: ${error.message}`;
}

/** Describes the traffic of a rule, such as `tcp 443 from 10.0.0.0/8` or `all traffic from sg-0123`. */
export function traffic(rule: RuleTraffic & Partial<Pick<SecurityGroupRule, 'isEgress'>>): string {
  return `${portsInWords(rule)} ${rule.isEgress ? 'to' : 'from'} ${peer(rule)}`;
}

/** Names the rules that replace another one, such as `sgr-0123 (tcp 22 from 203.0.113.0/24)`. */
export function replacingRules(rules: readonly ReplacingRule[]): string {
  return rules.map(({ securityGroupRuleId, existingRuleId, traffic: admitted }) =>
    `${securityGroupRuleId ?? existingRuleId ?? 'a rule'} (${traffic(admitted)})`).join(', ');
}

function peer({ cidrIpv4, cidrIpv6, prefixListId, referencedGroup }: RuleTraffic): string {
  return cidrIpv4 ?? cidrIpv6 ?? prefixListId ?? referencedGroup?.groupId ?? 'an unknown peer';
}

const STALE: Readonly<Record<string, string>> = {
  DELETED_GROUP: 'stale: the group it refers to was deleted',
  DELETED_PEERING: 'stale: the peering connection to the group it refers to is gone',
};

/**
 * Describes why a rule was found, such as `stale: …; flagged by flaggedIngressRules[0] (use Session Manager)`. If a
 * declaration has exceptions, the text says what the rule admits beyond them.
 */
export function reason({ stale, verdict, declarations }: Because): string {
  const plainly = declarations.filter(({ admits }) => admits === undefined).map(declared).join(', ');
  return [
    ...stale === undefined ? [] : [STALE[stale] ?? 'stale: the group it refers to can no longer be reached'],
    ...verdict === undefined || plainly === ''
      ? [] : [`${verdict === 'flagged' ? 'flagged by' : 'possibly meant by'} ${plainly}`],
    ...verdict === undefined ? []
      : declarations.flatMap(each => each.admits === undefined ? [] : beyond(each, verdict)),
  ].join('; ') || 'no longer looked for';
}

/** Names a declaration, such as `flaggedIngressRules[1] for default groups (AWS asks for it)`. */
function declared({ name, scope, reason: why }: Declaration): string {
  return `${name}${scope === undefined ? '' : ` for ${scope}`}${why === undefined ? '' : ` (${why})`}`;
}

function beyond(declaration: Declaration, verdict: 'flagged' | 'undecided'): string {
  const { admits, allows } = declaration;
  const [found, may] = verdict === 'flagged' ? ['flagged', 'admits'] : ['possibly flagged', 'may admit'];
  const rest = allows === undefined ? 'does not allow it' : `allows only ${allows}`;
  return `${found}: it ${may} ${admits}, and ${declared(declaration)} ${rest}`;
}

/** Names a VPN connection, as every sentence about it begins. */
export function vpnConnectionNamed({ vpnConnectionId, name }: Pick<VpnConnectionEntry, 'vpnConnectionId' | 'name'>): string {
  return `VPN connection ${vpnConnectionId}${name ? ` (${name})` : ''}`;
}

/** Returns the status of a VPN connection, explained if its name does not explain itself. */
export function vpnStatusWords(status: string): string {
  return status === 'NO_ROUTES' ? 'NO_ROUTES (a tunnel is up, but no route is accepted over BGP)' : status;
}

export function longPendingMessage(entry: VpnConnectionEntry): string {
  return `${vpnConnectionNamed(entry)} has been PENDING for longer than a day, since ${entry.since}`;
}

/** Describes why a finding was closed. The outcome of an open entry may be from an earlier attempt. */
export function healedBecause({ state, outcome }: Pick<LedgerEntry, 'state' | 'outcome'>): string {
  return state === 'HEALED' && outcome?.detail !== undefined ? outcome.detail : 'it is gone';
}

/** Names a group, such as `sg-0123 (web)`. */
export function group({ rule, groupName }: Pick<LedgerEntry, 'rule' | 'groupName'>): string {
  return groupName === undefined ? rule.groupId : `${rule.groupId} (${groupName})`;
}

/**
 * Returns the command that puts rules back.
 *
 * @param functionName the function and its alias
 */
export function restoreCommand(
  functionName: string,
  request: { securityGroupRuleIds: readonly string[] } | { sweepId: string },
  place?: Place,
): string {
  return invokeCommand(functionName, { restore: { ...placeOf(place), ...request } });
}

/**
 * Returns the command that approves revocations.
 *
 * @param functionName the function and its alias
 */
export function approveCommand(
  functionName: string,
  request: ({ securityGroupRuleIds: readonly string[] } | { sweepId: string }) & { readonly digest: string },
  place?: Place,
): string {
  return invokeCommand(functionName, { approve: { ...placeOf(place), ...request } });
}

const placeOf = (place: Place | undefined): object => place ? { account: place.account, region: place.region } : {};

const invokeCommand = (functionName: string, payload: object): string =>
  `aws lambda invoke --function-name ${functionName} --cli-binary-format raw-in-base64-out --payload '${JSON.stringify(payload)}' /dev/stdout`;

/**
 * Returns the text in one line. Anyone can write names and descriptions, so control characters, bidirectional
 * formatting characters and lone surrogates become spaces.
 */
export function plain(text: string): string {
  return text.replace(/[\p{Cc}\p{Cs}\p{Zl}\p{Zp}\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]/gu, ' ');
}

/** Replaces every character that is not printable ASCII. */
export function ascii(text: string): string {
  return text.replace(/[^\x20-\x7e]/g, '?');
}

/**
 * Words for people: what the log, the events, the notification and the findings table say of rules, in the same way.
 */
import { parseProtocol } from '../../../src/contract/traffic';
import { keepFacts } from '../decide/reasons';
import { UNREADABLE_ITEM } from '../errors';
import type { Because } from '../model/finding';
import type { LedgerEntry } from '../model/ledger';
import type { SecurityGroupRule } from '../model/network';
import type { ScanError } from '../model/observation';
import type { WithheldReason } from '../model/result';

/** Why the rule of an entry is kept. A later version may have written another reason. */
export function keptBecause(keepReason: string): string {
  return keepFacts(keepReason)?.words ?? keepReason;
}

const WITHHELD: Readonly<Record<WithheldReason, (limit: number) => string>> = {
  LEDGER_UNAVAILABLE: () =>
    "the ledger could not be read or written, and without its record they could not be put back. See the function's log",
  LEDGER_UNTRUSTED: () =>
    'the ledger was made for another table, as a copy or a backup is. Look at what it says, and then adopt it',
  SKIPPED: () => 'time ran out, or they are kept after all. The next sweep looks again',
  OVER_LIMIT: limit =>
    `one sweep may revoke ${limit}. Until a full sweep plans no more than that, nothing is revoked. `
    + 'Look at the findings; then raise maxRevocationsPerSweep, or exempt what is to stay',
  LIMIT_USED: limit =>
    `${limit} may be revoked between two scheduled sweeps, and what is left of that is not enough. `
    + 'They wait for the next scheduled sweep',
};

/** Why revocations were withheld, as it follows "because". */
export const withheldWords = (why: WithheldReason, limit: number): string => WITHHELD[why](limit);

/**
 * `reading security groups (vpc-0123) failed with InternalError: try again`. An error about an item of the ledger that
 * cannot be read says all that itself.
 */
export function failure({ doing, vpcId, resourceId, error }: ScanError): string {
  if (error.code === UNREADABLE_ITEM) return error.message;
  const about = [vpcId, resourceId].filter(Boolean).join(', ');
  return `${doing}${about ? ` (${about})` : ''} failed with ${error.code}: ${error.message}`;
}

/** What a rule admits: `tcp 443 from 10.0.0.0/8`, `all traffic from sg-0123`. */
export function traffic(rule: SecurityGroupRule): string {
  return `${ports(rule)} ${rule.isEgress ? 'to' : 'from'} ${peer(rule)}`;
}

function ports({ ipProtocol, fromPort, toPort }: SecurityGroupRule): string {
  const protocol = parseProtocol(ipProtocol);
  if (protocol === 'all' || ipProtocol === '-1') return 'all traffic';
  const name = PROTOCOLS[String(protocol)] ?? (typeof protocol === 'number' ? `protocol ${protocol}` : ipProtocol);
  if (fromPort === undefined || fromPort === -1) return name;
  if (name.startsWith('icmp')) {
    return `${name} type ${fromPort}${toPort === undefined || toPort === -1 ? '' : ` code ${toPort}`}`;
  }
  return `${name} ${toPort === undefined || fromPort === toPort ? fromPort : `${fromPort}-${toPort}`}`;
}

const PROTOCOLS: Readonly<Record<string, string>> = { 1: 'icmp', 6: 'tcp', 17: 'udp', 58: 'icmpv6' };

function peer({ cidrIpv4, cidrIpv6, prefixListId, referencedGroup }: SecurityGroupRule): string {
  return cidrIpv4 ?? cidrIpv6 ?? prefixListId ?? referencedGroup?.groupId ?? 'an unknown peer';
}

const STALE: Readonly<Record<string, string>> = {
  DELETED_GROUP: 'stale: the group it refers to was deleted',
  DELETED_PEERING: 'stale: the peering connection to the group it refers to is gone',
};

/** Why a rule was found: `stale: …; flagged by flaggedIngressRules[0] (use Session Manager)`. */
export function reason({ stale, verdict, declarations }: Because): string {
  const names = declarations.map(({ name, reason: why }) => why === undefined ? name : `${name} (${why})`).join(', ');
  return [
    ...stale === undefined ? [] : [STALE[stale] ?? 'stale: EC2 cannot reach the group it refers to any more'],
    ...verdict === undefined ? [] : [`${verdict === 'flagged' ? 'flagged by' : 'perhaps meant by'} ${names}`],
  ].join('; ') || 'no longer looked for';
}

/** Why a finding was closed. An entry may have its outcome from before. */
export function healedBecause({ state, outcome }: Pick<LedgerEntry, 'state' | 'outcome'>): string {
  return state === 'HEALED' && outcome?.detail !== undefined ? outcome.detail : 'it is gone';
}

/** `sg-0123 (web)`. */
export function group({ rule, groupName }: Pick<LedgerEntry, 'rule' | 'groupName'>): string {
  return groupName === undefined ? rule.groupId : `${rule.groupId} (${groupName})`;
}

/**
 * What puts rules back.
 *
 * @param functionName the function and its alias
 */
export function restoreCommand(
  functionName: string,
  request: { securityGroupRuleIds: readonly string[] } | { sweepId: string },
): string {
  return `aws lambda invoke --function-name ${functionName} --cli-binary-format raw-in-base64-out --payload '${JSON.stringify({ restore: request })}' /dev/stdout`;
}

/**
 * Text in one line. Names and descriptions are written by anyone: what moves the cursor, turns the direction of
 * reading, or is half a character, is shown as a space.
 */
export function plain(text: string): string {
  return text.replace(/[\p{Cc}\p{Cs}\p{Zl}\p{Zp}\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]/gu, ' ');
}

/** Printable ASCII in place of any text. */
export function ascii(text: string): string {
  return text.replace(/[^\x20-\x7e]/g, '?');
}

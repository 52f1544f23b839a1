/** Words for people: what the log, the events, the notification and the findings table say of rules, in the same way. */
import { parseProtocol } from '../../../src/private/traffic';
import type { KeepReason } from '../decide/plan';
import { UNREADABLE_ITEM } from '../errors';
import type { ScanError } from '../observe/observe';
import type { Because, LedgerEntry, SecurityGroupRule } from '../ports';

/** Why a rule is kept. */
export const KEPT: Readonly<Record<KeepReason, string>> = {
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
  DISABLED: 'enabled is false, so nothing is revoked',
  DRY_RUN: 'this is a dry run',
  PAUSED: 'revoking is paused',
  LEDGER_UNAVAILABLE: 'the ledger could not be read or written, and without its record the rule could not be put back',
  LEFT_TO_OTHER: 'another sweep is about to revoke it, or has just done so',
  WITHIN_GRACE: 'it has not been stale for long enough, or not been found by enough sweeps',
  OVER_LIMIT: 'more rules are to be revoked than maxRevocationsPerSweep allows, so none is',
};

/** Why the rule of an entry is kept. A later version may have written another reason. */
export function keptBecause(keepReason: string): string {
  return Object.hasOwn(KEPT, keepReason) ? KEPT[keepReason as KeepReason] : keepReason;
}

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
  if (name.startsWith('icmp')) return `${name} type ${fromPort}${toPort === undefined || toPort === -1 ? '' : ` code ${toPort}`}`;
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

/** Why a finding is one no more. An entry may have its outcome from before. */
export function healedBecause({ outcome }: Pick<LedgerEntry, 'outcome'>): string {
  return outcome?.name === 'HEALED' && outcome.detail !== undefined ? outcome.detail : 'it is gone';
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
export function restoreCommand(functionName: string, request: { securityGroupRuleIds: readonly string[] } | { sweepId: string }): string {
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

/**
 * Decides whether a person has approved the revocation of a rule.
 *
 * An approval is about what the person was shown: the rule, why it was found, and what replaces it. A digest stands for
 * that. If any of it changes, the digest is another one, and the approval does not count.
 */
import { createHash } from 'node:crypto';
import { becauseOf } from './because';
import { isAhead } from './times';
import type { DecodedConfiguration } from '../../../src/contract/configuration';
import type { RuleTraffic } from '../../../src/contract/rules/live-rule';
import type { Finding } from '../model/finding';
import type { ApprovalRecord } from '../model/ledger';
import type { SecurityGroupRule } from '../model/network';

const DIGEST_LENGTH = 16;

const digestOf = (text: string): string => createHash('sha256').update(text).digest('hex').slice(0, DIGEST_LENGTH);

/**
 * Returns the digest of what is shown about a rule. The name of a declaration is left out, because it changes when
 * declarations are added before it.
 */
export function digestOfShown(
  finding: Finding, rule: SecurityGroupRule, replacing: readonly RuleTraffic[] | undefined,
): string {
  const { stale, verdict, declarations } = becauseOf(finding);
  const { securityGroupRuleId, groupId, isEgress, description } = rule;
  return digestOf(JSON.stringify([
    [securityGroupRuleId, groupId, isEgress, description ?? '', trafficOf(rule)],
    [stale ?? '', verdict ?? '', declarations.map(({ id, reason, admits, allows, scope }) =>
      [id ?? '', reason ?? '', admits ?? '', allows ?? '', scope ?? ''])],
    (replacing ?? []).map(trafficOf),
  ]));
}

function trafficOf(
  { ipProtocol, fromPort, toPort, cidrIpv4, cidrIpv6, prefixListId, referencedGroup }: RuleTraffic,
): unknown[] {
  const { groupId, userId } = referencedGroup ?? {};
  return [
    ipProtocol, fromPort ?? null, toPort ?? null, cidrIpv4 ?? '', cidrIpv6 ?? '', prefixListId ?? '', groupId ?? '',
    userId ?? '',
  ];
}

/** Returns the digest of what is shown about several rules, in whatever order they are given. */
export function digestOfSet(
  shown: ReadonlyArray<{ readonly securityGroupRuleId: string; readonly digest: string }>,
): string {
  return digestOf(shown.map(({ securityGroupRuleId, digest }) => `${securityGroupRuleId}=${digest}`).sort().join());
}

/** Whether an approval has ended before any sweep used it, or its time is that of a clock that was ahead. */
export function hasApprovalEnded(
  { approved }: ApprovalRecord, validSeconds: number, now: Date,
): boolean {
  if (approved === undefined) return false;
  const age = now.getTime() - Date.parse(approved.at);
  return isAhead(approved.at, now) || !(age < validSeconds * 1000);
}

/** Returns when an approval ends. @returns undefined if nobody has approved, or an earlier version wrote the record */
export function approvalEnd({ approved, validSeconds }: ApprovalRecord): string | undefined {
  const end = Date.parse(approved?.at ?? '') + (validSeconds ?? NaN) * 1000;
  return Number.isFinite(end) ? new Date(end).toISOString() : undefined;
}

/** @param digest of what would be shown now */
export function isApproved(
  record: ApprovalRecord | undefined, digest: string,
  { approval, now }: Pick<DecodedConfiguration, 'approval'> & { readonly now: Date },
): boolean {
  if (approval === undefined) return true;
  return record?.approved !== undefined && record.digest === digest
    && !hasApprovalEnded(record, approval.validSeconds, now);
}

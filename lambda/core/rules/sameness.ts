/**
 * Determines whether two rules are the same. EC2 keeps the id of a rule that is modified, so the id alone proves
 * nothing. Each function suits a different pair of sources.
 */
import { isDeepStrictEqual } from 'node:util';
import { type RuleTraffic, trafficOf } from '../../../src/contract/rules/live-rule';
import { parseProtocol, type Traffic } from '../../../src/contract/traffic';
import type { RevokedRule, SecurityGroupRule } from '../model/network';

/** Returns the fields in which two readings of one rule differ. */
export function differingFields(a: SecurityGroupRule, b: SecurityGroupRule): string[] {
  return Object.keys({ ...a, ...b }).filter(key => !isDeepStrictEqual(Reflect.get(a, key), Reflect.get(b, key)));
}

/**
 * Whether two rules are equal in every field. Undefined fields do not count, because the ledger does not store them.
 */
export function isSameRule(a: SecurityGroupRule, b: SecurityGroupRule): boolean {
  return isSameWritten(a, b);
}

/** Whether two values are equal as JSON text. */
export function isSameWritten(a: object, b: object): boolean {
  const plain = (value: object): unknown => JSON.parse(JSON.stringify(value));
  return isDeepStrictEqual(plain(a), plain(b));
}

/** Whether two rules allow the same traffic, regardless of their ids, descriptions and tags. */
export function isSameTraffic(a: SecurityGroupRule, b: SecurityGroupRule): boolean {
  return isDeepStrictEqual(traffic(a), traffic(b));
}

/**
 * Whether a rule admits exactly the traffic of another, however EC2 writes its ports and its block. Both are of one
 * group.
 */
export function admitsSame(rule: SecurityGroupRule, other: RuleTraffic): boolean {
  return !rule.isEgress && isDeepStrictEqual(withoutAccount(trafficOf(rule)), withoutAccount(trafficOf(other)));
}

/** The id of a group is unique, and EC2 leaves out its account in some cases. */
function withoutAccount({ source, ...services }: Traffic): unknown {
  return { ...services, source: source.kind === 'securityGroup' ? source.groupId : source };
}

/** EC2 writes protocols by name or number, and absent ports as -1 or not at all. */
function traffic(rule: SecurityGroupRule): unknown {
  const { groupId, isEgress, ipProtocol, fromPort = -1, toPort = -1, cidrIpv4, cidrIpv6 } = rule;
  const protocol = parseProtocol(ipProtocol) ?? ipProtocol;
  return [
    groupId, isEgress, protocol, fromPort, toPort, cidrIpv4, cidrIpv6, rule.prefixListId, rule.referencedGroup?.groupId,
  ];
}

/**
 * Whether EC2 lists a different rule as revoked than the one that was read. A field that EC2 leaves out says nothing.
 */
export function isRevokedAnother(rule: SecurityGroupRule, listed: RevokedRule): boolean {
  const isOther = <T>(value: T | undefined, known: T | undefined): boolean => value !== undefined && value !== known;
  const isOtherPort = (port?: number, known?: number): boolean => known !== undefined && isOther(port, known);
  return (listed.ipProtocol !== '' && parseProtocol(listed.ipProtocol) !== parseProtocol(rule.ipProtocol))
    || isOtherPort(listed.fromPort, rule.fromPort)
    || isOtherPort(listed.toPort, rule.toPort)
    || isOther(listed.cidrIpv4, rule.cidrIpv4)
    || isOther(listed.cidrIpv6, rule.cidrIpv6)
    || isOther(listed.prefixListId, rule.prefixListId)
    || isOther(listed.referencedGroupId, rule.referencedGroup?.groupId)
    || isOther(listed.description, rule.description);
}

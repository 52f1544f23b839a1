/**
 * Whether two rules are the same. EC2 keeps the id of a rule that is modified, so an id alone proves nothing; which of
 * these answers is right depends on what both sides are.
 */
import { isDeepStrictEqual } from 'node:util';
import { parseProtocol } from '../../../src/contract/traffic';
import type { RevokedRule, SecurityGroupRule } from '../model/network';

/** The fields in which two readings of one rule differ. */
export function differingFields(a: SecurityGroupRule, b: SecurityGroupRule): string[] {
  return Object.keys({ ...a, ...b }).filter(key => !isDeepStrictEqual(Reflect.get(a, key), Reflect.get(b, key)));
}

/** Whether two rules are the same in every field. A rule that was written to the ledger has lost what is undefined. */
export function isSameRule(a: SecurityGroupRule, b: SecurityGroupRule): boolean {
  return isSameWritten(a, b);
}

/** Whether two values are the same once they are written. */
export function isSameWritten(a: object, b: object): boolean {
  const plain = (value: object): unknown => JSON.parse(JSON.stringify(value));
  return isDeepStrictEqual(plain(a), plain(b));
}

/** Whether two rules admit the same traffic, whatever their ids, descriptions and tags. */
export function isSameTraffic(a: SecurityGroupRule, b: SecurityGroupRule): boolean {
  return isDeepStrictEqual(traffic(a), traffic(b));
}

/** EC2 writes protocols by name or number, and leaves ports out or writes -1. */
function traffic(rule: SecurityGroupRule): unknown {
  const { groupId, isEgress, ipProtocol, fromPort = -1, toPort = -1, cidrIpv4, cidrIpv6 } = rule;
  const protocol = parseProtocol(ipProtocol) ?? ipProtocol;
  return [
    groupId, isEgress, protocol, fromPort, toPort, cidrIpv4, cidrIpv6, rule.prefixListId, rule.referencedGroup?.groupId,
  ];
}

/** Whether EC2 lists as revoked what is not the rule that was read. A field that EC2 leaves out says nothing. */
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

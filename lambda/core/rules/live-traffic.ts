/** Reads the traffic of a live rule. */
import { cidrSource, parsePorts, parseProtocol, type Source, type Traffic } from '../../../src/contract/traffic';
import type { SecurityGroupRule } from '../model/network';

/** Converts a live rule to the form in which traffic is compared. */
export function trafficOf(
  rule: Pick<
    SecurityGroupRule,
    'ipProtocol' | 'fromPort' | 'toPort' | 'cidrIpv4' | 'cidrIpv6' | 'prefixListId' | 'referencedGroup'
  >,
): Traffic {
  const protocol = parseProtocol(rule.ipProtocol);
  return { protocol, ports: parsePorts(protocol, rule.fromPort, rule.toPort), source: sourceOf(rule) };
}

function sourceOf(rule: Pick<SecurityGroupRule, 'cidrIpv4' | 'cidrIpv6' | 'prefixListId' | 'referencedGroup'>): Source {
  const sources: Source[] = [];
  if (rule.cidrIpv4 !== undefined) sources.push(cidrSource(rule.cidrIpv4));
  if (rule.cidrIpv6 !== undefined) sources.push(cidrSource(rule.cidrIpv6));
  if (rule.prefixListId !== undefined) sources.push({ kind: 'prefixList', prefixListId: rule.prefixListId });
  if (rule.referencedGroup !== undefined) {
    sources.push({ kind: 'securityGroup', groupId: rule.referencedGroup.groupId, userId: rule.referencedGroup.userId });
  }
  return sources.length === 1 ? sources[0] : { kind: 'unclear', text: `${sources.length} sources` };
}

/** Reads the traffic of a live rule. */
import { cidrSource, parsePorts, parseProtocol, type Source, type Traffic } from '../traffic';

/** The fields of a live rule that say what it admits. */
export interface RuleTraffic {
  readonly ipProtocol: string;
  readonly fromPort?: number;
  readonly toPort?: number;
  readonly cidrIpv4?: string;
  readonly cidrIpv6?: string;
  readonly prefixListId?: string;
  readonly referencedGroup?: { readonly groupId: string; readonly userId?: string };
}

/** Converts a live rule to the form in which traffic is compared. */
export function trafficOf(rule: RuleTraffic): Traffic {
  const protocol = parseProtocol(rule.ipProtocol);
  return { protocol, ports: parsePorts(protocol, rule.fromPort, rule.toPort), source: sourceOf(rule) };
}

function sourceOf({ cidrIpv4, cidrIpv6, prefixListId, referencedGroup }: RuleTraffic): Source {
  const sources: Source[] = [];
  if (cidrIpv4 !== undefined) sources.push(cidrSource(cidrIpv4));
  if (cidrIpv6 !== undefined) sources.push(cidrSource(cidrIpv6));
  if (prefixListId !== undefined) sources.push({ kind: 'prefixList', prefixListId });
  if (referencedGroup !== undefined) {
    sources.push({ kind: 'securityGroup', groupId: referencedGroup.groupId, userId: referencedGroup.userId });
  }
  return sources.length === 1 ? sources[0] : { kind: 'unclear', text: `${sources.length} sources` };
}

/** Converts Ports and Peers to the members of EC2's IpPermission. */
import { IPeer, Port } from 'aws-cdk-lib/aws-ec2';
import { doing, Kind, requireKind } from './kinds';
import { wrong } from './words';
import { IpPermission } from '../contract/configuration';

const A_PORT: Kind = doing('toRuleJson', 'a Port, such as Port.SSH');
const A_PEER: Kind = doing('toIngressRuleConfig', 'a Peer, such as Peer.anyIpv4()');

/** The example in errors about a narrower peer. */
export const NARROW_PEER = "Peer.ipv4('192.0.2.0/24')";

/** A peer that leaves out or replaces a part of what is declared, so that every address is a poor example. */
export const A_NARROW_PEER: Kind = { ...A_PEER, what: `a Peer, such as ${NARROW_PEER}` };

/** A permission without sources. */
export type Ports = Pick<IpPermission, 'IpProtocol' | 'FromPort' | 'ToPort'>;

/** The list of an IpPermission that holds a source, and the source. */
export type PeerSource = {
  readonly [K in 'IpRanges' | 'Ipv6Ranges' | 'PrefixListIds' | 'UserIdGroupPairs']: {
    readonly list: K; readonly member: NonNullable<IpPermission[K]>[number];
  }
}['IpRanges' | 'Ipv6Ranges' | 'PrefixListIds' | 'UserIdGroupPairs'];

/** @throws when the value is not a Port */
export function portsOf(where: string, port: Port): Ports {
  requireKind(where, port, A_PORT);
  const { ipProtocol, fromPort, toPort } = port.toRuleJson();
  // Port.esp() and Port.ah() give the protocol number as ports, but these protocols have no ports.
  const isPlaceholder =
    ['50', '51'].includes(String(ipProtocol)) && String(fromPort) === String(ipProtocol) && fromPort === toPort;
  return { IpProtocol: ipProtocol, ...isPlaceholder ? {} : { FromPort: fromPort, ToPort: toPort } };
}

/** @throws when the value is not a Peer, or is of a kind that no ingress rule has */
export function sourceOf(where: string, peer: IPeer, kind = A_PEER): PeerSource {
  requireKind(where, peer, kind);
  const rule = peer.toIngressRuleConfig();
  if (rule.cidrIp !== undefined) return { list: 'IpRanges', member: { CidrIp: rule.cidrIp } };
  if (rule.cidrIpv6 !== undefined) return { list: 'Ipv6Ranges', member: { CidrIpv6: rule.cidrIpv6 } };
  if (rule.sourcePrefixListId !== undefined) {
    return { list: 'PrefixListIds', member: { PrefixListId: rule.sourcePrefixListId } };
  }
  if (rule.sourceSecurityGroupId !== undefined) {
    const member = { GroupId: rule.sourceSecurityGroupId, UserId: rule.sourceSecurityGroupOwnerId };
    return { list: 'UserIdGroupPairs', member };
  }
  throw new Error(
    `${where}: got ${peer.uniqueId}, which is of a kind that no ingress rule has; give a CIDR block, a prefix list or a security group`,
  );
}

/** Reads the parameter `port` of a method. @throws when the value is not a Port */
export function portParameter(method: string, port: Port): Ports {
  requireOne(`${method}: port`, port, 'Port');
  return portsOf(`${method}: port`, port);
}

/** A list is a likely mistake, because exceptions take lists. */
function requireOne(where: string, value: unknown, what: 'Port' | 'Peer'): void {
  if (Array.isArray(value)) throw wrong(where, value, `one ${what}, and make one declaration per ${what.toLowerCase()}`);
}

/** @throws when one of the values is of another kind */
export function permissionOf(method: string, peer: IPeer, port: Port): IpPermission {
  const ports = portParameter(method, port);
  requireOne(`${method}: peer`, peer, 'Peer');
  const { list, member } = sourceOf(`${method}: peer`, peer);
  return { ...ports, [list]: [member] };
}

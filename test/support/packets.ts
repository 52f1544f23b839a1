/**
 * An oracle of what a group admits, packet by packet. It knows EC2's rules only as the endpoint keeps them, and shares
 * nothing with the code that compares traffic.
 */
export interface Packet {
  /** `tcp`, `udp` or `icmp`. */
  readonly protocol: string;
  readonly port: number;
  /** An IPv4 address, or the id of the security group of the sender. */
  readonly from: string;
}

/** A rule as the endpoint keeps it. */
interface AdmittingRule {
  readonly groupId: string;
  readonly isEgress: boolean;
  readonly ipProtocol: string;
  readonly fromPort?: number;
  readonly toPort?: number;
  readonly cidrIpv4?: string;
  readonly reference?: { readonly groupId: string };
}

/** Returns the packets of a list that any ingress rule of a group admits. */
export function admittedBy(groupId: string, rules: Iterable<AdmittingRule>, packets: readonly Packet[]): Set<string> {
  const own = [...rules].filter(rule => rule.groupId === groupId && !rule.isEgress);
  return new Set(packets.filter(packet => own.some(rule => admits(rule, packet))).map(nameOf));
}

export const nameOf = ({ protocol, port, from }: Packet): string => `${protocol} ${port} from ${from}`;

/** Returns every combination of ports and senders. */
export function packetsOf(
  protocols: readonly string[], ports: readonly number[], senders: readonly string[],
): Packet[] {
  return protocols.flatMap(protocol => ports.flatMap(port => senders.map(from => ({ protocol, port, from }))));
}

function admits(rule: AdmittingRule, { protocol, port, from }: Packet): boolean {
  const { ipProtocol, fromPort = -1, toPort = -1, cidrIpv4, reference } = rule;
  const isProtocol = ipProtocol === '-1' || ipProtocol === protocol;
  const isPort = ipProtocol === '-1' || fromPort === -1 || (fromPort <= port && port <= toPort);
  const isSender = cidrIpv4 === undefined ? reference?.groupId === from : isWithin(from, cidrIpv4);
  return isProtocol && isPort && isSender;
}

function isWithin(address: string, block: string): boolean {
  if (!/^[\d.]+$/.test(address)) return false;
  const [network, bits] = block.split('/');
  const inBits = (text: string): string => text.split('.').map(each => Number(each).toString(2).padStart(8, '0')).join('');
  return inBits(address).startsWith(inBits(network).slice(0, Number(bits)));
}

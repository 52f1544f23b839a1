/**
 * A second opinion on what has to be revoked, by a method of its own: it thinks in packets.
 *
 * A rule admits a set of packets. Two rules are compared by the packets at the boundaries of both; there are few, and between them nothing changes.
 * An address is a text of bits and a block is how such texts start. What cannot be read (the addresses of a prefix list, ports of a protocol that
 * has none) admits one packet that nothing else admits unless it admits everything of that kind: so whatever holds, holds whatever is behind it.
 *
 * Imports only types, so that no mistake of the product can be repeated here.
 */
import type { SecurityGroup, SecurityGroupRule } from '../../lambda/ports';
import type { FlaggedIngressRuleConfiguration, InternetSource, IpPermission, Match } from '../../src/private/contract';

/** What the oracle is asked about. */
export interface OracleNetwork {
  readonly groups: readonly SecurityGroup[];
  readonly rules: readonly SecurityGroupRule[];
  readonly declarations: readonly FlaggedIngressRuleConfiguration[];
  readonly exemptSecurityGroupIds: readonly string[];
  readonly vpcIds: readonly string[];
  readonly accountId?: string;
  readonly dryRun: boolean;
}

/** The rules that have to be revoked, and no others, by their ids. */
export function rulesToRevoke(network: OracleNetwork): string[] {
  return network.rules.filter(rule => isFlagged(rule, network.declarations) && mayBeRevoked(rule, network)).map(rule => rule.securityGroupRuleId);
}

/** Whether a declaration certainly means the rule. */
export function isFlagged(rule: SecurityGroupRule, declarations: readonly FlaggedIngressRuleConfiguration[]): boolean {
  return !rule.isEgress && declarations.some(declaration => isMeantBy(rule, declaration));
}

/** Whether this declaration certainly means the rule. */
export function isMeantBy(rule: SecurityGroupRule, { groupId, match, ipPermissions, fromInternet }: FlaggedIngressRuleConfiguration): boolean {
  if (groupId !== undefined && groupId !== rule.groupId) return false;
  const live = { ...selectors(rule.ipProtocol, rule.fromPort, rule.toPort), sources: liveSource(rule) };
  return ipPermissions.some(permission => {
    const declared = selectors(permission.IpProtocol, permission.FromPort, permission.ToPort);
    if (fromInternet !== undefined) return isBroad(live.sources, fromInternet) && relates({ ...live, sources: ANYWHERE }, { ...declared, sources: ANYWHERE }, match);
    return declaredSources(permission).some(sources => relates(live, { ...declared, sources }, match));
  });
}

function mayBeRevoked(rule: SecurityGroupRule, { groups, exemptSecurityGroupIds, vpcIds, accountId, dryRun }: OracleNetwork): boolean {
  const group = groups.find(each => each.groupId === rule.groupId);
  const isTagged = [...Object.keys(rule.tags), ...Object.keys(group?.tags ?? {})].includes('network-hygiene:exempt');
  const isInScope = vpcIds.some(vpcId => vpcId === group?.vpcId);
  const isOurs = [undefined, rule.groupOwnerId ?? group?.ownerId].includes(accountId) || (rule.groupOwnerId ?? group?.ownerId) === undefined;
  return !dryRun && !isTagged && isInScope && isOurs && !exemptSecurityGroupIds.includes(rule.groupId);
}

/** One side of a comparison: which packets it admits, by protocol, by port (or ICMP type and code) and by source. */
interface Admitted extends Selectors {
  readonly sources: Sources;
}

function relates(live: Admitted, declared: Admitted, match: Match): boolean {
  const protocols = [...live.protocols.boundaries, ...declared.protocols.boundaries, '253'];
  const packets = protocols.flatMap(protocol => [...live.boundaries(protocol), ...declared.boundaries(protocol)].map(selector => ({ protocol, selector })));
  const sources = [...live.sources.boundaries, ...declared.sources.boundaries];
  return packets.every(({ protocol, selector }) => {
    const [byLive, byDeclared] = [live, declared].map(side => side.protocols.admits(protocol) && side.admits(protocol, selector));
    return sources.every(source => {
      const isAdmitted = byLive && live.sources.admits(source);
      const isDeclared = byDeclared && declared.sources.admits(source);
      switch (match) {
        case 'EXACT': return isAdmitted === isDeclared;
        case 'WITHIN': return !isAdmitted || isDeclared;
        case 'COVERS': return isAdmitted || !isDeclared;
      }
    });
  });
}

/** A port, an ICMP type and code, nothing at all (a protocol without either), or (text) what nobody can read. */
type Selector = number | readonly [type: number, code: number] | 'none' | `unread ${string}`;

interface Selectors {
  readonly protocols: { readonly boundaries: readonly string[]; admits(protocol: string): boolean };
  /** Packets of the protocol that this side's ports tell apart. */
  boundaries(protocol: string): Selector[];
  admits(protocol: string, selector: Selector): boolean;
}

const NUMBER_OF: ReadonlyMap<string, string> = new Map([['tcp', '6'], ['udp', '17'], ['icmp', '1'], ['icmpv6', '58'], ['all', '-1']]);

/** The protocol's number as text; a name that has none stays a name, and so is no other protocol. */
const protocolNumber = (text: string): string => NUMBER_OF.get(text.toLowerCase()) ?? text;

function selectors(protocolText: string, from = -1, to = -1): Selectors {
  const protocol = protocolNumber(protocolText);
  const isEverything = protocol === '-1';
  const isKnown = /^\d+$/.test(protocol) && Number(protocol) < 256;
  const protocols = { boundaries: isEverything ? ['6', '17', '1', '58', '50', '0'] : [protocol], admits: (of: string) => isEverything || of === protocol };
  const everySelector = (of: string): Selector[] => {
    if (of === '6' || of === '17') return [0, 65535];
    return of === '1' || of === '58' ? [[0, 0], [0, 255], [255, 0], [255, 255]] : ['none'];
  };
  const side = (boundaries: Selector[], admits: (selector: Selector) => boolean): Selectors => ({
    protocols,
    boundaries: of => [...everySelector(of), ...of === protocol ? boundaries : []],
    admits: (_of, selector) => admits(selector),
  });

  if (isEverything || (isKnown && from === -1 && to === -1)) return side([], () => true);
  if (isKnown && ['6', '17'].includes(protocol) && from >= 0 && from <= to && to <= 65535) {
    const ports = [from - 1, from, to, to + 1].filter(port => port >= 0 && port <= 65535);
    // All ports are all of the protocol, also of what nobody can read.
    return side(ports, selector => (from === 0 && to === 65535) || (typeof selector === 'number' && from <= selector && selector <= to));
  }
  if (isKnown && ['1', '58'].includes(protocol) && from >= 0 && from <= 255 && to >= -1 && to <= 255) {
    const codes = to === -1 ? [0, 7, 255] : [to, (to + 1) % 256];
    const types = [from, (from + 1) % 256].flatMap(type => codes.map(code => [type, code] as const));
    return side(types, selector => Array.isArray(selector) && selector[0] === from && (to === -1 || selector[1] === to));
  }
  const unread: Selector = `unread ${from} ${to}`;
  return side([unread], selector => selector === unread);
}

/** A source of a packet: bits of an address after its family, or the name of a list, a group and its owner, or of what nobody can read. */
interface Sources {
  readonly boundaries: readonly string[];
  readonly block?: string;
  admits(source: string): boolean;
}

const ANYWHERE: Sources = { boundaries: ['anywhere'], admits: () => true };

function named(name: string, others: readonly string[] = []): Sources {
  return { boundaries: [name], admits: source => source === name || others.some(other => source.startsWith(other)) };
}

function liveSource({ securityGroupRuleId, cidrIpv4, cidrIpv6, prefixListId, referencedGroup }: SecurityGroupRule): Sources {
  const sources = [
    ...[cidrIpv4, cidrIpv6].flatMap(text => text === undefined ? [] : blockSource(text)),
    ...prefixListId === undefined ? [] : named(`list ${prefixListId}`),
    // A group has one owner, though EC2 may not say which: then it is none that anybody could declare.
    ...referencedGroup === undefined ? [] : named(`group ${referencedGroup.groupId} of ${referencedGroup.userId ?? 'somebody'}`),
  ];
  return sources.length === 1 ? sources[0] : named(`sources of ${securityGroupRuleId}`);
}

function declaredSources({ IpRanges, Ipv6Ranges, PrefixListIds, UserIdGroupPairs }: IpPermission): Sources[] {
  return [
    ...(IpRanges ?? []).map(({ CidrIp }) => blockSource(CidrIp)),
    ...(Ipv6Ranges ?? []).map(({ CidrIpv6 }) => blockSource(CidrIpv6)),
    ...(PrefixListIds ?? []).map(({ PrefixListId }) => named(`list ${PrefixListId}`)),
    ...(UserIdGroupPairs ?? []).map(({ GroupId, UserId }) => UserId === undefined ? anyOwner(GroupId) : named(`group ${GroupId} of ${UserId}`)),
  ];
}

/** The group whoever owns it. Its packets are those of its one owner, so they come from the other side of the comparison if that names it. */
function anyOwner(groupId: string): Sources {
  return { boundaries: [], admits: source => source.startsWith(`group ${groupId} of `) };
}

function blockSource(text: string): Sources {
  const block = blockBits(text);
  if (block === undefined) return named(`text ${text}`);
  const [family, bits] = [block.slice(0, 2), block.slice(2)];
  const width = family === '4:' ? 32 : 128;
  const siblings = bits === '' ? [] : [bits.slice(0, -1) + (bits.endsWith('0') ? '1' : '0')];
  return {
    block,
    boundaries: [bits.padEnd(width, '0'), bits.padEnd(width, '1'), ...siblings.map(sibling => sibling.padEnd(width, '0'))].map(address => family + address),
    admits: source => source.startsWith(block),
  };
}

const remembered = new Map<string, string | undefined>();

/** How the addresses of a block start; undefined for what looks like none. */
function blockBits(text: string): string | undefined {
  if (!remembered.has(text)) remembered.set(text, readBlockBits(text));
  return remembered.get(text);
}

function readBlockBits(text: string): string | undefined {
  const [address, length] = text.split('/');
  if (length === undefined) return undefined;
  return address.includes(':') ? `6:${ipv6Bits(address).slice(0, Number(length))}` : `4:${ipv4Bits(address).slice(0, Number(length))}`;
}

const bitsOf = (value: number, width: number): string => value.toString(2).padStart(width, '0');

const ipv4Bits = (address: string): string => address.split('.').map(octet => bitsOf(Number(octet), 8)).join('');

function ipv6Bits(address: string): string {
  const [head, tail = ''] = address.split('::').map(half => half.split(':').filter(group => group !== '')
    .map(group => group.includes('.') ? ipv4Bits(group) : bitsOf(parseInt(group, 16), 16)).join(''));
  return head + tail.padStart(128 - head.length, '0');
}

/** Addresses that no packet from the internet has. */
const PRIVATE = [
  '0.0.0.0/8', '10.0.0.0/8', '100.64.0.0/10', '127.0.0.0/8', '169.254.0.0/16', '172.16.0.0/12', '192.168.0.0/16', '224.0.0.0/4', '240.0.0.0/4',
  'fc00::/7', 'fe80::/10', 'ff00::/8',
].flatMap(text => blockBits(text) ?? []);

function isBroad({ block }: Sources, { ipv4PrefixLength, ipv6PrefixLength }: InternetSource): boolean {
  if (block === undefined) return false;
  return block.length - 2 < (block.startsWith('4:') ? ipv4PrefixLength : ipv6PrefixLength) && hasPublicAddress(block);
}

function hasPublicAddress(block: string): boolean {
  if (PRIVATE.some(each => block.startsWith(each))) return false;
  return !PRIVATE.some(each => each.startsWith(block)) || hasPublicAddress(`${block}0`) || hasPublicAddress(`${block}1`);
}

/**
 * Rules as the pages and the tests of verdicts write them, such as `tcp 80-443 from 0.0.0.0/0 in default`.
 *
 * The source may be a prefix list with its entries, such as `pl-1 (10.0.0.0/8, fd00::/8)` or `pl-1 (unread)`.
 */
import { aGroup, aRule } from './builders';
import type { FlaggedFacts } from '../../lambda/core/checks/flagged-ingress';
import type { SecurityGroup, SecurityGroupRule } from '../../lambda/core/model/network';
import { parseCidr } from '../../src/contract/traffic';

export type WrittenTraffic = Pick<SecurityGroupRule, 'ipProtocol' | 'fromPort' | 'toPort'>;

export interface WrittenRule {
  readonly traffic: WrittenTraffic;
  readonly source: Pick<SecurityGroupRule, 'cidrIpv4' | 'cidrIpv6' | 'prefixListId' | 'referencedGroup'>;
  /** The entries of the prefix list. Undefined: it could not be read. */
  readonly entries?: readonly string[];
  readonly group: Pick<SecurityGroup, 'groupId' | 'groupName' | 'tags'>;
  /** Whether a network interface uses the group. */
  readonly isInUse: boolean;
}

/** @throws when a rule is written in another way */
export function readRule(text: string): WrittenRule {
  const [, traffic, source, entries, group] = /^(.+?) from (\S+)(?: \(([^)]+)\))?(?: in (.+))?$/.exec(text) ?? [];
  if (traffic === undefined) throw new Error(`This is no rule: ${text}`);
  const place = readGroup(group);
  return {
    traffic: readTraffic(traffic),
    source: readSource(source === 'itself' ? place.groupId : source),
    ...entries !== undefined && entries !== 'unread' && { entries: entries.split(', ') },
    group: place,
    isInUse: group === IN_USE,
  };
}

/** Returns a rule as the handler sees it, with the group and the prefix list that it can read. */
export function seen({ traffic, source, entries, group }: WrittenRule): Pick<FlaggedFacts, 'groups' | 'prefixLists'> & {
  readonly rule: SecurityGroupRule;
} {
  const { prefixListId } = source;
  return {
    rule: aRule({ ...traffic, ...source, groupId: group.groupId }),
    groups: new Map([[group.groupId, aGroup(group)]]),
    prefixLists: new Map(
      prefixListId === undefined || entries === undefined ? [] : [[prefixListId, entries.map(parseCidr)]],
    ),
  };
}

function readTraffic(text: string): WrittenTraffic {
  if (text === 'all traffic') return { ipProtocol: '-1', fromPort: -1, toPort: -1 };
  const [, icmp, type, code = '-1'] = /^(icmp|icmpv6)(?: type (\d+)(?: code (\d+))?)?$/.exec(text) ?? [];
  if (icmp !== undefined) return { ipProtocol: icmp, fromPort: Number(type ?? -1), toPort: Number(code) };
  const [, protocol, from, to = from] = /^(tcp|udp) (\d+)(?:-(\d+))?$/.exec(text) ?? [];
  if (protocol === undefined) throw new Error(`This is no traffic: ${text}`);
  return { ipProtocol: protocol, fromPort: Number(from), toPort: Number(to) };
}

function readSource(text: string): WrittenRule['source'] {
  if (text.startsWith('pl-')) return { prefixListId: text };
  if (text.startsWith('sg-')) return { referencedGroup: { groupId: text } };
  if (!text.includes('/')) throw new Error(`This is no source: ${text}`);
  return text.includes(':') ? { cidrIpv6: text } : { cidrIpv4: text };
}

const IN_USE = 'a default group in use';

/** A rule without a group is in one of no interest. */
function readGroup(text = 'sg-0aaaaaaaaaaaaaaaa'): WrittenRule['group'] {
  if (text === 'default') return { groupId: 'sg-0dddddddddddddddd', groupName: 'default', tags: {} };
  if (text === IN_USE) return { groupId: 'sg-0eeeeeeeeeeeeeeee', groupName: 'default', tags: {} };
  const [, key, value] = /^a group tagged ([^=]+)=(.+)$/.exec(text) ?? [];
  if (key !== undefined) return { groupId: 'sg-0cccccccccccccccc', groupName: 'tagged', tags: { [key]: value } };
  if (!text.startsWith('sg-')) throw new Error(`This is no group: ${text}`);
  return { groupId: text, groupName: 'web', tags: {} };
}

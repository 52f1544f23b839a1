/** Converts the option `replaceWith` to the peers that the handler reads. */
import { Token } from 'aws-cdk-lib';
import { IPeer } from 'aws-cdk-lib/aws-ec2';
import { requireKind } from './kinds';
import { A_NARROW_PEER, NARROW_PEER, sourceOf } from './peer-and-port';
import { shown, wrong } from './words';
import { FlaggedIngressRuleConfiguration, ReplacingPeer } from '../contract/configuration';
import { containsCidr } from '../contract/rules/address-space';
import { Cidr, parseCidr } from '../contract/traffic';

const FIX = 'a CIDR block or a prefix list';

/** @throws when the list is empty, or a peer is of another kind; the message names it, what was got and the fix */
export function replacementsOf(method: string, replaceWith?: readonly IPeer[]): ReplacingPeer[] | undefined {
  if (replaceWith === undefined) return undefined;
  const where = `${method}: replaceWith`;
  requireKind(where, replaceWith, { what: `a list, such as [${NARROW_PEER}]`, is: Array.isArray });
  if (replaceWith.length === 0) {
    throw new Error(`${where}: got an empty list; give at least one peer, or leave it out to revoke without a replacement`);
  }
  // Array.from also visits the holes of a sparse list.
  return Array.from(replaceWith, (peer, index) => {
    const source = sourceOf(`${where}[${index}]`, peer, A_NARROW_PEER);
    if (source.list !== 'UserIdGroupPairs') return source.member;
    throw wrong(`${where}[${index}]`, source.member.GroupId,
      `${FIX}, because the members of a security group may have addresses that the flagged rule does not admit, such as IPv6 addresses, so nobody can prove that a rule for the group opens nothing new`);
  });
}

/**
 * Refuses a peer that contains a declared source, because what it leaves of a flagged rule would be flagged again.
 *
 * @throws when a peer replaces nothing; the message names it and the declared source
 */
export function requireNarrower(method: string, { ipPermissions, replaceWith }: FlaggedIngressRuleConfiguration): void {
  const sources = ipPermissions.flatMap(({ IpRanges = [], Ipv6Ranges = [], PrefixListIds = [] }) => [
    ...IpRanges.map(({ CidrIp }) => CidrIp), ...Ipv6Ranges.map(({ CidrIpv6 }) => CidrIpv6),
    ...PrefixListIds.map(({ PrefixListId }) => PrefixListId),
  ]);
  replaceWith?.forEach((peer, index) => {
    const text = peer.CidrIp ?? peer.CidrIpv6 ?? peer.PrefixListId ?? '';
    const source = sources.find(each => each === text || contains(text, each));
    if (source === undefined) return;
    throw wrong(`${method}: replaceWith[${index}]`, text,
      `a narrower peer, because the declared source ${shown(source)} lies in it, so the replacement would be flagged again`);
  });
}

function contains(outer: string, inner: string): boolean {
  const [one, other] = [outer, inner].map(cidrOf);
  return one !== undefined && other !== undefined && containsCidr(one, other);
}

/** @returns undefined for a value that is known at deployment only, or that decoding refuses */
function cidrOf(text: string): Cidr | undefined {
  if (Token.isUnresolved(text)) return undefined;
  try {
    return parseCidr(text);
  } catch {
    return undefined;
  }
}

/** Finds peers of `replaceWith` whose rules would be flagged again, so that a rule would be replaced for ever. */
import { letAllStay } from './exceptions';
import { judge } from './judge';
import { NO_LISTS } from './prefix-lists';
import { containsRanges, overlap } from './ranges';
import { servicesOf } from './services';
import {
  type DeclaredGroups, type DeclaredTraffic, type FlaggedIngressRule, isToRevoke, type ReplacingSource,
} from '../configuration';

export interface FlaggedPeer {
  /** The index of the declaration, and that of its peer. */
  readonly declaration: number;
  readonly peer: number;
  /** The declaration that flags the peer. */
  readonly by: FlaggedIngressRule;
}

/**
 * Returns the first peer that a declaration flags. Prefix lists are not read here, so only what is certain without them
 * counts.
 *
 * @param isKnown whether the traffic of a declaration, or its peer, has no value that is filled in at deployment
 */
export function flaggedPeer(
  declarations: readonly FlaggedIngressRule[], isKnown: (declaration: number, peer?: number) => boolean,
): FlaggedPeer | undefined {
  for (const [declaration, replaced] of declarations.entries()) {
    if (!isToRevoke(replaced)) continue;
    for (const [peer, source] of (replaced.replaceWith ?? []).entries()) {
      if (!isKnown(declaration, peer)) continue;
      const by = declarations.find((each, index) => {
        if (!isToRevoke(each) || !isKnown(index) || !mayShareGroup(replaced, each)) return false;
        // An exception that is filled in at deployment may admit the narrow traffic.
        const narrow = isKnown(declaration) ? narrowTraffic(each, replaced) : [];
        return flags(each, [...replaced.traffic, ...narrow], source);
      });
      if (by) return { declaration, peer, by };
    }
  }
  return undefined;
}

function flags(flagging: FlaggedIngressRule, traffic: readonly DeclaredTraffic[], source: ReplacingSource): boolean {
  return traffic.some(({ protocol, ports }) =>
    judge({ protocol, ports, source }, flagging, NO_LISTS).relation === 'yes');
}

/**
 * Returns the traffic of a declaration whose services are a part of those that are replaced. A rule may have only these
 * services, and then its narrower rule has them, too. An exception for some of them may change that.
 */
function narrowTraffic(
  flagging: FlaggedIngressRule, { traffic, match, except }: FlaggedIngressRule,
): DeclaredTraffic[] {
  if (match !== 'OVERLAPS' && match !== 'WITHIN') return [];
  return flagging.traffic.filter(each => {
    const { possible } = servicesOf(each);
    return traffic.some(other => containsRanges(servicesOf(other).certain, possible))
      && !except.some(other => overlap(servicesOf(other).possible, possible));
  });
}

/** Returns what to do about a peer that a declaration flags. */
export function mendingOf(by: FlaggedIngressRule, source?: ReplacingSource): string {
  const { name, match, traffic, except } = by;
  const isBySource = traffic.every(each => each.source.kind !== 'internet');
  // A rule with an address inside a public block is public, too.
  const mayBeNarrower = isBySource
    ? match === 'EXACT' || match === 'COVERS'
    : traffic.some(each => each.source.kind === 'internet' && each.source.ipv4PrefixLength <= 32);
  const exceptions = source ? traffic.map(each => ({ ...each, source })) : [];
  const mayBeExcepted = !letAllStay({ traffic, except: [...except, ...exceptions] });
  const ways = [
    ...mayBeNarrower ? ['give a narrower peer'] : [], ...mayBeExcepted ? [`add it to the except of ${name}`] : [],
  ];
  return [...ways, ...ways.length < 2 ? ['leave it out'] : []].join(', or ');
}

type Scope = Pick<FlaggedIngressRule, 'groups' | 'exceptGroupIds'>;

/**
 * In a default group, a declaration for default groups also flags what is replaced, so that it goes without a
 * replacement.
 */
function mayShareGroup(a: Scope, b: Scope): boolean {
  if (a.groups.kind === 'default' || b.groups.kind === 'default') return false;
  return !isApart(a.groups, b) && !isApart(b.groups, a);
}

function isApart(groups: DeclaredGroups, other: Scope): boolean {
  if (groups.kind === 'named') {
    const isOther = other.groups.kind === 'named' && other.groups.groupId !== groups.groupId;
    return isOther || other.exceptGroupIds.includes(groups.groupId);
  }
  return groups.kind === 'tagged' && other.groups.kind === 'tagged' && groups.key === other.groups.key
    && !groups.values.some(value => other.groups.kind === 'tagged' && other.groups.values.includes(value));
}

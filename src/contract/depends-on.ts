/**
 * Whether a declaration depends on more than rules and their groups. The handler reads only what a declaration depends
 * on, and its permissions follow.
 */
import { FlaggedIngressRule, FlaggedIngressRuleConfiguration, IpPermission, isToRevoke } from './configuration';

/** A declaration, encoded or decoded. */
type Declared = FlaggedIngressRuleConfiguration | FlaggedIngressRule;

/**
 * Whether the entries of prefix lists may decide whether a rule is flagged, or what replaces it. A declaration that
 * compares ids only, or that flags every source, does not depend on them.
 */
export function dependsOnPrefixLists(declared: Declared): boolean {
  if (declared.replaceWith !== undefined) return true;
  return 'traffic' in declared ? decodedDepends(declared) : encodedDepends(declared);
}

/** Whether rules are revoked only if no network interface uses their group. */
export function dependsOnGroupUse(declared: Declared): boolean {
  const defaults = 'groups' in declared
    ? declared.groups.kind === 'default' ? declared.groups : undefined
    : declared.defaultGroups;
  return defaults !== undefined && !defaults.evenInUse && isToRevoke(declared);
}

/** Returns the ids of the prefix lists that a declaration names. */
export function namedPrefixLists({ traffic, except, replaceWith = [] }: FlaggedIngressRule): string[] {
  const sources = [...traffic.map(({ source }) => source), ...except.map(({ source }) => source), ...replaceWith];
  return [...new Set(sources.flatMap(source => source.kind === 'prefixList' ? [source.prefixListId] : []))];
}

function decodedDepends({ traffic, except, match }: FlaggedIngressRule): boolean {
  const hasAddresses = [...match === 'EXACT' ? [] : traffic, ...except]
    .some(({ source: { kind } }) => kind === 'cidr' || kind === 'prefixList');
  return hasAddresses || traffic.some(({ source: { kind } }) => kind === 'internet');
}

function encodedDepends(
  { ipPermissions, match, fromInternet, fromAnyPublicAddress, except = [] }: FlaggedIngressRuleConfiguration,
): boolean {
  return fromInternet !== undefined || fromAnyPublicAddress !== undefined
    || [...match === 'EXACT' ? [] : ipPermissions, ...except].some(hasAddressSource);
}

const hasAddressSource = ({ IpRanges = [], Ipv6Ranges = [], PrefixListIds = [] }: IpPermission): boolean =>
  IpRanges.length + Ipv6Ranges.length + PrefixListIds.length > 0;

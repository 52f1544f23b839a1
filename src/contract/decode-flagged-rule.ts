/** Reads a flagged rule: its groups, its traffic, and what happens to a rule that matches. */
import {
  DeclaredGroups, DeclaredTraffic, FlaggedActionConfiguration, FlaggedIngressRule, ReplacingSource,
} from './configuration';
import { grace } from './decode-grace';
import { fingerprintOf } from './fingerprint';
import { Reader } from './reader';
import { parsePorts, parseProtocol, Source, Traffic } from './traffic';

export function flaggedIngressRule(rule: Reader, name: string): FlaggedIngressRule {
  rule.allow(
    'groupId', 'anyGroup', 'defaultGroups', 'groupsTagged', 'exceptGroupIds', 'match', 'reason', 'ipPermissions',
    'fromInternet', 'fromAnyPublicAddress', 'anySource', 'except', 'action', 'replaceWith',
  );
  const groups = declaredGroups(rule);
  const match = rule.get('match').oneOf(['EXACT', 'WITHIN', 'COVERS', 'OVERLAPS']);
  const source = sourceOfAll(rule);
  const except = rule.optional('except');
  if (except && match !== 'OVERLAPS') throw rule.get('match').error('give OVERLAPS, because the rule has exceptions');
  return {
    id: idOf(rule),
    name,
    reason: rule.optional('reason')?.string(/^[^]{1,255}$/, '1 to 255 characters that say why'),
    groups,
    exceptGroupIds: rule.optional('exceptGroupIds')?.list().map(group => group.id('sg')) ?? [],
    match,
    traffic: rule
      .get('ipPermissions')
      .list('declare at least one permission')
      .flatMap(permission => ipPermission(permission, source)),
    except: except?.list('leave it out if nothing may stay').flatMap(exception) ?? [],
    action: action(rule.optional('action')),
    replaceWith: rule.optional('replaceWith')?.list('leave it out to revoke without a replacement').map(replacingSource),
  };
}

/** Whether no part of the traffic of a declaration is filled in at deployment. */
export const isTrafficKnown = (rule: Reader): boolean =>
  !['ipPermissions', 'fromInternet', 'except'].some(key => rule.optional(key)?.holdsToken());

/** The digest leaves out what does not change which rules are flagged. */
function idOf(rule: Reader): string {
  const { reason: _reason, action: _action, replaceWith: _peers, ...identity } = rule.object();
  return fingerprintOf(identity).slice(0, 16);
}

function declaredGroups(rule: Reader): DeclaredGroups {
  const anyGroup = rule.optional('anyGroup')?.boolean() ?? false;
  const groupId = rule.optional('groupId');
  const defaults = rule.optional('defaultGroups');
  const tagged = rule.optional('groupsTagged');
  if ([anyGroup || undefined, groupId, defaults, tagged].filter(each => each !== undefined).length !== 1) {
    throw rule.error('give either groupId, anyGroup: true, defaultGroups or groupsTagged');
  }
  if (groupId) return { kind: 'named', groupId: groupId.id('sg') };
  if (defaults) {
    defaults.allow('evenInUse');
    return { kind: 'default', evenInUse: defaults.get('evenInUse').boolean() };
  }
  if (!tagged) return { kind: 'any' };
  tagged.allow('key', 'values');
  return {
    kind: 'tagged',
    key: tagged.get('key').string(/^[^]{1,128}$/u, 'a tag key of 1 to 128 characters'),
    values: tagged.get('values').list('give at least one value').map(value =>
      value.string(/^[^]{0,256}$/u, 'a tag value of at most 256 characters')),
  };
}

/** One more than the longest prefixes, so that every source is broad enough. */
const ANY_PREFIX = { ipv4PrefixLength: 33, ipv6PrefixLength: 129 };

/** @returns undefined if the permissions give the sources */
function sourceOfAll(rule: Reader): DeclaredTraffic['source'] | undefined {
  const internet = rule.optional('fromInternet');
  const isPublic = rule.optional('fromAnyPublicAddress')?.boolean() ?? false;
  const isAny = rule.optional('anySource')?.boolean() ?? false;
  if ([internet !== undefined, isPublic, isAny].filter(Boolean).length > 1) {
    throw rule.error('give at most one of fromInternet, fromAnyPublicAddress and anySource');
  }
  if (isAny) return { kind: 'any' };
  if (isPublic) return { kind: 'internet', ...ANY_PREFIX };
  internet?.allow('ipv4PrefixLength', 'ipv6PrefixLength');
  return internet && {
    kind: 'internet',
    ipv4PrefixLength: internet.get('ipv4PrefixLength').integer(1, 32),
    ipv6PrefixLength: internet.get('ipv6PrefixLength').integer(1, 128),
  };
}

function action(reader: Reader | undefined): FlaggedActionConfiguration {
  if (reader === undefined) return { kind: 'revoke' };
  reader.allow('kind', 'grace', 'anytime');
  const kind = reader.get('kind').oneOf(['report', 'revoke']);
  const wait = grace(reader.optional('grace'));
  const anytime = reader.optional('anytime')?.boolean() || undefined;
  if (kind === 'report' && wait) throw reader.error('leave out grace, because nothing is revoked');
  if (kind === 'report' && anytime) throw reader.error('leave out anytime, because nothing is revoked');
  return { kind, ...wait && { grace: wait }, ...anytime && { anytime } };
}

function replacingSource(peer: Reader): ReplacingSource {
  peer.allow('CidrIp', 'CidrIpv6', 'PrefixListId');
  const given = ['CidrIp', 'CidrIpv6', 'PrefixListId'].filter(key => peer.optional(key) !== undefined);
  if (given.length !== 1) throw peer.error('give exactly one of CidrIp, CidrIpv6 and PrefixListId');
  if (given[0] === 'PrefixListId') return { kind: 'prefixList', prefixListId: peer.get('PrefixListId').id('pl') };
  return { kind: 'cidr', cidr: peer.get(given[0]).cidr(given[0] === 'CidrIp' ? 4 : 6) };
}

const SOURCE_LISTS = ['IpRanges', 'Ipv6Ranges', 'PrefixListIds', 'UserIdGroupPairs'];

/** Reads what may stay. Without a list of sources, every source may stay; with an empty one, none is given. */
function exception(permission: Reader): DeclaredTraffic[] {
  const isAny = SOURCE_LISTS.every(key => permission.optional(key) === undefined);
  return ipPermission(permission, isAny ? { kind: 'any' } : undefined);
}

function ipPermission(permission: Reader, source?: DeclaredTraffic['source']): DeclaredTraffic[] {
  const sourceLists = source ? [] : SOURCE_LISTS;
  permission.allow('IpProtocol', 'FromPort', 'ToPort', ...sourceLists);
  const protocolReader = permission.get('IpProtocol');
  const from = permission.optional('FromPort')?.integer(-1, 65535);
  const to = permission.optional('ToPort')?.integer(-1, 65535);
  const sources = source
    ? [source]
    : sourceLists.flatMap(key => (permission.optional(key)?.list() ?? []).map(peer => peerSource(key, peer)));
  if (sources.length === 0) throw permission.error(`no source: give at least one of ${sourceLists.join(', ')}`);
  if (protocolReader.isToken || permission.hasToken('FromPort', 'ToPort')) return [];
  const protocol = parseProtocol(protocolReader.string(/^[^]+$/, 'a protocol as text, such as "tcp" or "6"'));
  if (protocol === undefined) {
    throw protocolReader.error('give tcp, udp, icmp, icmpv6, -1 or a protocol number from 0 to 255');
  }
  const ports = parsePorts(protocol, from, to);
  if (ports.kind === 'unclear' && !isPortless(protocol)) {
    throw permission.error(
      'for tcp and udp give a first port that is not above the last, within 0 to 65535; for icmp and icmpv6 a type and a code within 0 to 255, or -1 for all; or neither, for all',
    );
  }
  return sources.map(each => ({ protocol, ports, source: each }));
}

/**
 * Only TCP, UDP, ICMP and ICMPv6 have ports. Ports given for another protocol prove nothing, so the rule is undecided.
 */
const isPortless = (protocol: Traffic['protocol']): boolean =>
  typeof protocol === 'number' && ![1, 6, 17, 58].includes(protocol);

function peerSource(list: string, peer: Reader): Source {
  switch (list) {
    case 'IpRanges':
      peer.allow('CidrIp', 'Description');
      return { kind: 'cidr', cidr: peer.get('CidrIp').cidr(4) };
    case 'Ipv6Ranges':
      peer.allow('CidrIpv6', 'Description');
      return { kind: 'cidr', cidr: peer.get('CidrIpv6').cidr(6) };
    case 'PrefixListIds':
      peer.allow('PrefixListId', 'Description');
      return { kind: 'prefixList', prefixListId: peer.get('PrefixListId').id('pl') };
    default:
      peer.allow('GroupId', 'GroupName', 'UserId', 'VpcId', 'VpcPeeringConnectionId', 'PeeringStatus', 'Description');
      if (peer.optional('GroupId') === undefined) {
        throw peer.error('no GroupId: EC2 looks names up in the default VPC only, so name the group by its id');
      }
      return {
        kind: 'securityGroup',
        groupId: peer.get('GroupId').id('sg'),
        userId: peer.optional('UserId')?.string(/^\d{12}$/, 'an account id of 12 digits'),
      };
  }
}


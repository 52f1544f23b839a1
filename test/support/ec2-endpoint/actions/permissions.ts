/** The IpPermissions of a request: one permission per source, in EC2's own spelling. */
import { list, number, type Parameters, record, text } from '../../endpoint/parameters';
import { ServiceError } from '../../endpoint/service-error';
import { invalidValue } from '../errors';
import type { SecurityGroup, SecurityGroupRule } from '../network';
import { canonicalIpv4, canonicalIpv6 } from './cidr';

export type Permission = Pick<
  SecurityGroupRule,
  'ipProtocol' | 'fromPort' | 'toPort' | 'cidrIpv4' | 'cidrIpv6' | 'prefixListId' | 'description'
> & {
  readonly reference?: { readonly groupId: string };
};

/** Finds a group of the default VPC by its name. @throws when there is no such group */
export type GroupNamed = (name: string) => SecurityGroup;

/** EC2 returns these names, and the number of any other protocol. */
const NAMES: Readonly<Record<string, string>> = { 1: 'icmp', 6: 'tcp', 17: 'udp', 58: 'icmpv6' };

/** @throws when EC2 would refuse a permission */
export function readPermissions(parameters: Parameters, groupNamed: GroupNamed): Permission[] {
  const { CidrIp, FromPort, IpProtocol, ToPort } = parameters;
  const flat = [CidrIp, FromPort, IpProtocol, ToPort].every(each => each === undefined) ? [] : [{
    ...parameters, IpRanges: CidrIp === undefined ? [] : [{ CidrIp }],
  }];
  return [...list(parameters.IpPermissions).map(record), ...flat].flatMap(permission =>
    readPermission(permission, groupNamed),
  );
}

function readPermission(permission: Parameters, groupNamed: GroupNamed): Permission[] {
  const base = readTraffic(permission);
  const cidrs = list(permission.IpRanges).map(record), ipv6 = list(permission.Ipv6Ranges).map(record);
  const prefixLists = list(permission.PrefixListIds).map(record),
    groups = list(permission.Groups ?? permission.UserIdGroupPairs).map(record);
  if (cidrs.length + ipv6.length + prefixLists.length + groups.length === 0) {
    throw new ServiceError(
      'InvalidParameterValue',
      'exactly one of remote-security-group, remote-ip-range, remote-ipv6-range, or prefix-list-id must be present',
    );
  }
  if (groups.length > 0 && cidrs.length + ipv6.length > 0) {
    throw new ServiceError(
      'InvalidParameterCombination',
      "You can't specify a source security group and a CIDR IP address range in the same set of permissions",
    );
  }
  return [
    ...cidrs.map(each => ({
      ...base,
      cidrIpv4: canonicalIpv4(text(each.CidrIp) ?? ''),
      description: readDescription(each),
    })),
    ...ipv6.map(each => ({
      ...base,
      cidrIpv6: canonicalIpv6(text(each.CidrIpv6) ?? ''),
      description: readDescription(each),
    })),
    ...prefixLists.map(each => ({
      ...base,
      prefixListId: text(each.PrefixListId),
      description: readDescription(each),
    })),
    ...groups.map(each => ({
      ...base,
      reference: { groupId: groupIdOf(each, groupNamed) },
      description: readDescription(each),
    })),
  ];
}

/** Reads protocol and ports. @throws when the protocol is invalid, or the ports do not fit it */
export function readTraffic({
  IpProtocol,
  FromPort,
  ToPort,
}: Parameters): Pick<Permission, 'ipProtocol' | 'fromPort' | 'toPort'> {
  const given = text(IpProtocol)?.toLowerCase() ?? '';
  const ipProtocol = NAMES[given] ?? given;
  const [fromPort, toPort] = [number(FromPort), number(ToPort)];
  if (!/^(-1|tcp|udp|icmp|icmpv6|\d{1,3})$/.test(ipProtocol) || Number(ipProtocol) > 255) {
    throw invalidValue('IpProtocol', given, 'Invalid protocol.');
  }
  const range = `${fromPort}-${toPort}`;
  if (/^(tcp|udp|icmp)$/.test(ipProtocol) && (fromPort === undefined || toPort === undefined)) {
    throw invalidValue('portRange', range, 'A port range is required.');
  }
  if (
    /^(tcp|udp)$/.test(ipProtocol)
    && [fromPort, toPort].some(port => port === undefined || port < 0 || port > 65535)
  ) {
    throw invalidValue('portRange', range, 'A port is from 0 to 65535.');
  }
  if (/^(tcp|udp)$/.test(ipProtocol) && (fromPort ?? 0) > (toPort ?? 0)) {
    throw invalidValue('portRange', range, 'The first port must not be above the last.');
  }
  if (/^icmp/.test(ipProtocol) && fromPort === -1 && toPort !== -1) {
    throw invalidValue('portRange', range, 'All ICMP types go with all ICMP codes.');
  }
  return { ipProtocol, ...(ipProtocol !== '-1' && { fromPort, toPort }) };
}

/** @throws when EC2 does not allow the description */
export function readDescription({ Description }: Parameters): string | undefined {
  const description = text(Description);
  if (description !== undefined && !/^[a-zA-Z0-9 ._\-:/()#,@[\]+=&;{}!$*]{0,255}$/.test(description)) {
    throw invalidValue(
      'description',
      description,
      'Valid descriptions are strings of at most 255 characters from the following set: a-zA-Z0-9. _-:/()#,@[]+=&;{}!$*',
    );
  }
  return description;
}

function groupIdOf({ GroupId, GroupName }: Parameters, groupNamed: GroupNamed): string {
  const [groupId, name] = [text(GroupId), text(GroupName)];
  if (groupId !== undefined && name !== undefined) {
    throw new ServiceError('InvalidParameterCombination', 'A pair can only have one of a groupId or groupName');
  }
  return groupId ?? groupNamed(name ?? '').groupId;
}

/** Compares protocol, ports and source, but not the description, as EC2 does. */
export function sameRule(rule: SecurityGroupRule, permission: Permission): boolean {
  return (
    rule.ipProtocol === permission.ipProtocol
    && (rule.fromPort ?? -1) === (permission.fromPort ?? -1)
    && (rule.toPort ?? -1) === (permission.toPort ?? -1)
    && rule.cidrIpv4 === permission.cidrIpv4
    && rule.cidrIpv6 === permission.cidrIpv6
    && rule.prefixListId === permission.prefixListId
    && rule.reference?.groupId === permission.reference?.groupId
  );
}

/** IpPermissions of a request: one permission per source, in EC2's own spelling. */
import { Ec2Error, invalidValue } from '../ec2-error';
import type { SecurityGroupRule } from '../network';
import { list, type Parameter, type Parameters, record, text } from '../query';

export type Permission = Pick<SecurityGroupRule, 'ipProtocol' | 'fromPort' | 'toPort' | 'cidrIpv4' | 'cidrIpv6' | 'prefixListId' | 'description'> & {
  readonly reference?: { readonly groupId: string; readonly userId?: string; readonly vpcId?: string; readonly vpcPeeringConnectionId?: string };
};

/** EC2 answers with the names of these and with the number of any other protocol. */
const NAMES: Readonly<Record<string, string>> = { 1: 'icmp', 6: 'tcp', 17: 'udp', 58: 'icmpv6', all: '-1' };

/** @throws for a permission that EC2 refuses */
export function readPermissions(parameters: Parameters): Permission[] {
  const flat = text(parameters.IpProtocol) === undefined ? [] : [{ ...parameters, IpRanges: text(parameters.CidrIp) === undefined ? [] : [{ CidrIp: text(parameters.CidrIp) ?? '' }] }];
  return [...list(parameters.IpPermissions).map(record), ...flat].flatMap(readPermission);
}

function readPermission(permission: Parameters): Permission[] {
  const given = text(permission.IpProtocol)?.toLowerCase() ?? '';
  const ipProtocol = NAMES[given] ?? given;
  if (!/^(-1|tcp|udp|icmp|icmpv6|\d{1,3})$/.test(ipProtocol)) throw invalidValue('IpProtocol', given, 'Invalid protocol.');
  const ports = { fromPort: number(permission.FromPort), toPort: number(permission.ToPort) };
  if (/^(tcp|udp)$/.test(ipProtocol) && (ports.fromPort === undefined || ports.toPort === undefined || ports.fromPort > ports.toPort)) {
    throw invalidValue('portRange', `${ports.fromPort}-${ports.toPort}`, 'A port range is required.');
  }
  const base = { ipProtocol, ...ipProtocol === '-1' ? {} : ports };
  const cidrs = list(permission.IpRanges).map(record), ipv6 = list(permission.Ipv6Ranges).map(record);
  const prefixLists = list(permission.PrefixListIds).map(record), groups = list(permission.Groups ?? permission.UserIdGroupPairs).map(record);
  if (cidrs.length + ipv6.length + prefixLists.length + groups.length === 0) {
    throw new Ec2Error('InvalidParameterValue', 'exactly one of remote-security-group, remote-ip-range, remote-ipv6-range, or prefix-list-id must be present');
  }
  if (groups.length > 0 && cidrs.length + ipv6.length > 0) {
    throw new Ec2Error('InvalidParameterCombination', "You can't specify a source security group and a CIDR IP address range in the same set of permissions");
  }
  return [
    ...cidrs.map(each => ({ ...base, cidrIpv4: canonicalIpv4(text(each.CidrIp) ?? ''), description: text(each.Description) })),
    ...ipv6.map(each => ({ ...base, cidrIpv6: text(each.CidrIpv6), description: text(each.Description) })),
    ...prefixLists.map(each => ({ ...base, prefixListId: text(each.PrefixListId), description: text(each.Description) })),
    ...groups.map(each => ({ ...base, reference: groupReference(each), description: text(each.Description) })),
  ];
}

function groupReference(pair: Parameters): NonNullable<Permission['reference']> {
  const [groupId, name] = [text(pair.GroupId), text(pair.GroupName)];
  if (groupId === undefined) throw new Ec2Error('InvalidGroup.NotFound', `The security group '${name}' does not exist in default VPC 'none'`);
  if (name !== undefined) throw new Ec2Error('InvalidParameterCombination', 'A pair can only have one of a groupId or groupName');
  const [userId, vpcId, vpcPeeringConnectionId] = [text(pair.UserId), text(pair.VpcId), text(pair.VpcPeeringConnectionId)];
  return { groupId, ...userId !== undefined && { userId }, ...vpcId !== undefined && { vpcId }, ...vpcPeeringConnectionId !== undefined && { vpcPeeringConnectionId } };
}

/** 100.68.0.18/18 is 100.68.0.0/18. */
function canonicalIpv4(cidr: string): string {
  const match = /^(\d+)\.(\d+)\.(\d+)\.(\d+)\/(\d+)$/.exec(cidr);
  if (!match || match.slice(1, 5).some(octet => Number(octet) > 255) || Number(match[5]) > 32) throw invalidValue('cidrIp', cidr, 'This is not a valid CIDR block.');
  const address = match.slice(1, 5).reduce((sum, octet) => sum * 256 + Number(octet), 0);
  const size = 2 ** (32 - Number(match[5]));
  const first = address - address % size;
  return `${[16777216, 65536, 256, 1].map(unit => Math.floor(first / unit) % 256).join('.')}/${match[5]}`;
}

/** What EC2 means by a match: protocol, ports and source; not the description. */
export function sameRule(rule: SecurityGroupRule, permission: Permission): boolean {
  return rule.ipProtocol === permission.ipProtocol && (rule.fromPort ?? -1) === (permission.fromPort ?? -1) && (rule.toPort ?? -1) === (permission.toPort ?? -1)
    && rule.cidrIpv4 === permission.cidrIpv4 && rule.cidrIpv6 === permission.cidrIpv6 && rule.prefixListId === permission.prefixListId
    && rule.reference?.groupId === permission.reference?.groupId;
}

function number(value: Parameter | undefined): number | undefined {
  const given = text(value);
  return given === undefined ? undefined : Number(given);
}

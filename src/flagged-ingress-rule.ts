import { IPeer, ISecurityGroup, Port } from 'aws-cdk-lib/aws-ec2';
import { FlaggedIngressRuleConfiguration, InternetSource, IpPermission } from './contract/configuration';
import { FlaggedIngressRuleOptions, InternetIngressRuleOptions } from './flagged-ingress-rule-options';
import { RuleMatch } from './rule-match';
import { readIpPermissions } from './validation/ip-permissions';

/**
 * Ingress that must not be: declared here means told to revoke.
 *
 * One rule is one source. Of a permission with three sources only the rule with a matching source goes.
 *
 * @see https://docs.aws.amazon.com/vpc/latest/userguide/security-group-rules.html
 */
export class FlaggedIngressRule {
  /**
   * Flags traffic in one security group.
   *
   * @param group the group whose ingress rules are compared
   * @param peer where the traffic comes from
   * @param port protocol and ports of the traffic
   * @param options how to match, and why
   */
  public static onGroup(
    group: ISecurityGroup,
    peer: IPeer,
    port: Port,
    options: FlaggedIngressRuleOptions = {},
  ): FlaggedIngressRule {
    return new FlaggedIngressRule(
      { ...shared(options), groupId: groupId(group), ipPermissions: [ipPermission(port, peer)] },
      group,
    );
  }

  /**
   * Flags traffic in every security group in scope.
   *
   * @param peer where the traffic comes from
   * @param port protocol and ports of the traffic
   * @param options how to match, and why
   */
  public static inAnyGroup(peer: IPeer, port: Port, options: FlaggedIngressRuleOptions = {}): FlaggedIngressRule {
    return new FlaggedIngressRule({ ...shared(options), anyGroup: true, ipPermissions: [ipPermission(port, peer)] });
  }

  /**
   * Flags traffic from the internet in every security group in scope: from 0.0.0.0/0 and ::/0, and from any other broad
   * source with globally reachable addresses in it, such as one of the halves 0.0.0.0/1 and 128.0.0.0/1.
   *
   * IANA's registries of special-purpose addresses say which addresses are globally reachable. Private, shared,
   * documentation and benchmarking space is not. Multicast is not, and IPv6 space outside 2000::/3 is not, unless a
   * registry says so of a block.
   *
   * `match` is about protocol and ports here, and `RuleMatch.COVERS` by default. With `Port.SSH`, a rule for TCP 22,
   * for TCP 0-65535 or for all traffic is flagged, because each of them lets SSH in. Such a rule is revoked whole, with
   * all else that it admits. With `Port.allTcp()`, only a rule that admits all of TCP is flagged. `RuleMatch.WITHIN`
   * flags what admits nothing but these ports: with `Port.allTcp()`, a rule for TCP 443 as well. `RuleMatch.EXACT`
   * flags only a rule for these very ports.
   *
   * A prefix list is undecided, because what it holds is not read.
   *
   * @param port protocol and ports of the traffic
   * @param options how to match, what counts as broad, and why
   */
  public static fromInternet(port: Port, options: InternetIngressRuleOptions = {}): FlaggedIngressRule {
    const fromInternet: InternetSource = {
      ipv4PrefixLength: options.ipv4PrefixLength ?? 8,
      ipv6PrefixLength: options.ipv6PrefixLength ?? 12,
    };
    const how = shared({ ...options, match: options.match ?? RuleMatch.COVERS });
    return new FlaggedIngressRule({ ...how, anyGroup: true, ipPermissions: [ipPermission(port)], fromInternet });
  }

  /**
   * Flags what EC2's own IpPermissions describe, in one security group.
   *
   * Takes what the AWS CLI takes for `--ip-permissions`: a list of permissions, the JSON text of one, or the CLI's
   * shorthand (`IpProtocol=tcp,FromPort=22,ToPort=22,IpRanges=[{CidrIp=0.0.0.0/0}]`). Each source of each permission is
   * a rule of its own. Descriptions are not compared.
   *
   * @param group the group whose ingress rules are compared
   * @param ipPermissions the permissions, as a list of objects or as text
   * @param options how to match, and why
   * @throws when the permissions are none that EC2 documents
   *
   * @see https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_IpPermission.html
   */
  public static fromIpPermissions(
    group: ISecurityGroup,
    ipPermissions: unknown,
    options: FlaggedIngressRuleOptions = {},
  ): FlaggedIngressRule {
    return new FlaggedIngressRule(
      { ...shared(options), groupId: groupId(group), ipPermissions: readIpPermissions(ipPermissions) },
      group,
    );
  }

  private constructor(
    /**
     * The rule as the handler reads it.
     *
     * @internal
     */
    public readonly _configuration: FlaggedIngressRuleConfiguration,
    /**
     * The group that the rule is confined to; undefined when it is any.
     *
     * @internal
     */
    public readonly _group?: ISecurityGroup,
  ) {}
}

function shared({
  match,
  reason,
}: FlaggedIngressRuleOptions): Pick<FlaggedIngressRuleConfiguration, 'match' | 'reason'> {
  return { match: match ?? RuleMatch.EXACT, reason };
}

/**
 * Types say so already, but not to callers in plain JavaScript; and a group without an id must never come to mean any
 * group.
 */
function groupId(group: ISecurityGroup): string {
  const id: unknown = group?.securityGroupId;
  if (typeof id !== 'string' || id === '') {
    throw new Error(
      `flaggedIngressRules: the group has the id ${String(id)}; give a security group, such as SecurityGroup.fromSecurityGroupId()`,
    );
  }
  return id;
}

function ipPermission(port: Port, ...peers: IPeer[]): IpPermission {
  if (typeof port?.toRuleJson !== 'function') {
    throw new Error(`flaggedIngressRules: the port is ${String(port)}; give a Port, such as Port.SSH`);
  }
  const { ipProtocol, fromPort, toPort } = port.toRuleJson();
  // Port.esp() and Port.ah() give their protocol's number as ports, which these protocols do not have.
  const isPlaceholder =
    ['50', '51'].includes(String(ipProtocol)) && String(fromPort) === String(ipProtocol) && fromPort === toPort;
  return {
    IpProtocol: ipProtocol,
    ...isPlaceholder ? {} : { FromPort: fromPort, ToPort: toPort },
    ...peers.length > 0 && source(peers[0]),
  };
}

function source(peer: IPeer | undefined): Partial<IpPermission> {
  if (typeof peer?.toIngressRuleConfig !== 'function') {
    throw new Error(`flaggedIngressRules: the peer is ${String(peer)}; give a Peer, such as Peer.anyIpv4()`);
  }
  const rule = peer.toIngressRuleConfig();
  if (rule.cidrIp !== undefined) return { IpRanges: [{ CidrIp: rule.cidrIp }] };
  if (rule.cidrIpv6 !== undefined) return { Ipv6Ranges: [{ CidrIpv6: rule.cidrIpv6 }] };
  if (rule.sourcePrefixListId !== undefined) return { PrefixListIds: [{ PrefixListId: rule.sourcePrefixListId }] };
  if (rule.sourceSecurityGroupId !== undefined) {
    return { UserIdGroupPairs: [{ GroupId: rule.sourceSecurityGroupId, UserId: rule.sourceSecurityGroupOwnerId }] };
  }
  throw new Error(
    `flaggedIngressRules: the peer ${peer.uniqueId} is of a kind that no ingress rule has; give a CIDR block, a prefix list or a security group`,
  );
}

import { IPeer, ISecurityGroup, Port } from 'aws-cdk-lib/aws-ec2';
import { FlaggedIngressRuleConfiguration, InternetSource, IpPermission } from './contract/configuration';
import { FlaggedIngressRuleOptions, InternetIngressRuleOptions } from './flagged-ingress-rule-options';
import { RuleMatch } from './rule-match';
import { readIpPermissions } from './validation/ip-permissions';

/**
 * Ingress traffic that must not be allowed. Live rules that match it are revoked.
 *
 * One rule has one source. If a permission has three sources, only the rule whose source matches is revoked.
 *
 * @see https://docs.aws.amazon.com/vpc/latest/userguide/security-group-rules.html
 */
export class FlaggedIngressRule {
  /**
   * Flags traffic in one security group.
   *
   * @param group The security group whose ingress rules are compared.
   * @param peer The source of the traffic.
   * @param port The protocol and ports of the traffic.
   * @param options How to match, and the reason.
   * @throws when the group has no id, or the peer or port is of a kind that no ingress rule has
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
   * @param peer The source of the traffic.
   * @param port The protocol and ports of the traffic.
   * @param options How to match, and the reason.
   * @throws when the peer or port is of a kind that no ingress rule has
   */
  public static inAnyGroup(peer: IPeer, port: Port, options: FlaggedIngressRuleOptions = {}): FlaggedIngressRule {
    return new FlaggedIngressRule({ ...shared(options), anyGroup: true, ipPermissions: [ipPermission(port, peer)] });
  }

  /**
   * Flags traffic from the internet in every security group in scope.
   *
   * The internet is 0.0.0.0/0, ::/0, and any other broad source that contains globally reachable addresses, such as the
   * halves 0.0.0.0/1 and 128.0.0.0/1. IANA's registries of special-purpose addresses list what is globally reachable:
   * private, shared, documentation and benchmarking space is not. Multicast space and IPv6 space outside 2000::/3 are
   * not either, except for blocks that a registry lists as globally reachable.
   *
   * Here `match` compares protocol and ports only, and defaults to `RuleMatch.COVERS`. With `Port.SSH`, it flags a rule
   * for TCP 22, for TCP 0-65535 or for all traffic, because each of them allows SSH. Such a rule is revoked whole,
   * including the other traffic that it allows. With `Port.allTcp()`, it flags only rules that allow all TCP ports.
   *
   * `RuleMatch.WITHIN` flags rules that allow nothing but the declared ports: with `Port.allTcp()`, it also flags a
   * rule for TCP 443. `RuleMatch.EXACT` flags only rules for exactly the declared ports.
   *
   * A rule whose source is a prefix list is undecided, because the entries of prefix lists are not read. It is reported
   * and kept.
   *
   * @param port The protocol and ports of the traffic.
   * @param options How to match, which sources are broad, and the reason.
   * @throws when the port is not a Port
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
   * Flags the traffic that EC2 IpPermissions describe, in one security group.
   *
   * Accepts the value of the AWS CLI option `--ip-permissions`: a list of permissions, its JSON text, or the CLI's
   * shorthand (`IpProtocol=tcp,FromPort=22,ToPort=22,IpRanges=[{CidrIp=0.0.0.0/0}]`). Each source of each permission is
   * compared as a rule of its own. Descriptions are not compared.
   *
   * @param group The security group whose ingress rules are compared.
   * @param ipPermissions The permissions, as a list of objects or as text.
   * @param options How to match, and the reason.
   * @throws when the group has no id, or the permissions are not valid as EC2 documents them
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
     * The flagged rule in the form that the handler reads.
     *
     * @internal
     */
    public readonly _configuration: FlaggedIngressRuleConfiguration,
    /**
     * The group to which the flagged rule is limited. Undefined when it applies to any group.
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
 * Checks the group at run time, because callers in plain JavaScript have no types, and a missing id must never mean any
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
  // Port.esp() and Port.ah() give the protocol number as ports, but these protocols have no ports.
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

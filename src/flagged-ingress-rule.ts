import { IPeer, ISecurityGroup, Port } from 'aws-cdk-lib/aws-ec2';
import { FlaggedIngressRuleConfiguration, InternetSource, IpPermission } from './contract/configuration';
import { FlaggedIngressRuleOptions, InternetIngressRuleOptions } from './flagged-ingress-rule-options';
import { RuleMatch } from './rule-match';
import { readablePermissions, readableRule } from './validation/declared';
import { readIpPermissions } from './validation/ip-permissions';
import { aResource, CHECKED_ELSEWHERE, doing, Kinds, requireKind, requireKinds } from './validation/kinds';
import { wrong } from './validation/words';

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
   * @throws when a parameter or an option is unknown or wrong
   */
  public static onGroup(
    group: ISecurityGroup,
    peer: IPeer,
    port: Port,
    options: FlaggedIngressRuleOptions = {},
  ): FlaggedIngressRule {
    const method = 'FlaggedIngressRule.onGroup';
    requireKinds(method, options, OPTIONS);
    const scope = { groupId: groupId(method, group), ipPermissions: [ipPermission(method, port, peer)] };
    return new FlaggedIngressRule(readableRule(method, { ...shared(options), ...scope }), group);
  }

  /**
   * Flags traffic in every security group in scope.
   *
   * @param peer The source of the traffic.
   * @param port The protocol and ports of the traffic.
   * @param options How to match, and the reason.
   * @throws when a parameter or an option is unknown or wrong
   */
  public static inAnyGroup(peer: IPeer, port: Port, options: FlaggedIngressRuleOptions = {}): FlaggedIngressRule {
    const method = 'FlaggedIngressRule.inAnyGroup';
    requireKinds(method, options, OPTIONS);
    const ipPermissions = [ipPermission(method, port, peer)];
    return new FlaggedIngressRule(readableRule(method, { ...shared(options), anyGroup: true, ipPermissions }));
  }

  /**
   * Flags traffic from the internet in every security group in scope.
   *
   * The internet is 0.0.0.0/0, ::/0, and any other broad source that contains globally reachable addresses, such as the
   * halves 0.0.0.0/1 and 128.0.0.0/1. According to IANA's registries of special-purpose addresses, private, shared,
   * documentation and benchmarking space is not globally reachable. Multicast space and IPv6 space outside 2000::/3 do
   * not count as globally reachable either, except for blocks that a registry lists so.
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
   * @throws when a parameter or an option is unknown or wrong
   */
  public static fromInternet(port: Port, options: InternetIngressRuleOptions = {}): FlaggedIngressRule {
    const method = 'FlaggedIngressRule.fromInternet';
    requireKinds(method, options, INTERNET_OPTIONS);
    const { match = RuleMatch.COVERS, reason, ipv4PrefixLength = 8, ipv6PrefixLength = 12 } = options;
    const fromInternet: InternetSource = { ipv4PrefixLength, ipv6PrefixLength };
    const ipPermissions = [permissionWithoutSource(method, port)];
    const rule = { match, reason, anyGroup: true, ipPermissions, fromInternet } as const;
    return new FlaggedIngressRule(readableRule(method, rule));
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
   * @throws when the permissions are not valid as EC2 documents them, or a parameter or an option is unknown or wrong
   *
   * @see https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_IpPermission.html
   */
  public static fromIpPermissions(
    group: ISecurityGroup,
    ipPermissions: unknown,
    options: FlaggedIngressRuleOptions = {},
  ): FlaggedIngressRule {
    const method = 'FlaggedIngressRule.fromIpPermissions';
    requireKinds(method, options, OPTIONS);
    const scope = { groupId: groupId(method, group), ipPermissions: readIpPermissions(ipPermissions) };
    return new FlaggedIngressRule(readablePermissions(method, { ...shared(options), ...scope }), group);
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

const OPTIONS: Kinds<FlaggedIngressRuleOptions> = {
  match: {
    what: Object.keys(RuleMatch).map(name => `RuleMatch.${name}`).join(' or '),
    is: value => Object.values<unknown>(RuleMatch).includes(value),
  },
  reason: CHECKED_ELSEWHERE,
};

const INTERNET_OPTIONS: Kinds<InternetIngressRuleOptions> = {
  ...OPTIONS, ipv4PrefixLength: CHECKED_ELSEWHERE, ipv6PrefixLength: CHECKED_ELSEWHERE,
};

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
function groupId(method: string, group: ISecurityGroup): string {
  requireKind(`${method}: group`, group, aResource('securityGroupId', A_GROUP));
  const id: unknown = group.securityGroupId;
  if (typeof id !== 'string' || id === '') throw wrong(`${method}: group.securityGroupId`, id, A_GROUP);
  return id;
}

const A_GROUP = 'a security group, such as SecurityGroup.fromSecurityGroupId()';

function ipPermission(method: string, port: Port, peer: IPeer): IpPermission {
  return { ...permissionWithoutSource(method, port), ...source(method, peer) };
}

function permissionWithoutSource(method: string, port: Port): IpPermission {
  requireKind(`${method}: port`, port, doing('toRuleJson', 'a Port, such as Port.SSH'));
  const { ipProtocol, fromPort, toPort } = port.toRuleJson();
  // Port.esp() and Port.ah() give the protocol number as ports, but these protocols have no ports.
  const isPlaceholder =
    ['50', '51'].includes(String(ipProtocol)) && String(fromPort) === String(ipProtocol) && fromPort === toPort;
  return { IpProtocol: ipProtocol, ...isPlaceholder ? {} : { FromPort: fromPort, ToPort: toPort } };
}

function source(method: string, peer: IPeer): Partial<IpPermission> {
  requireKind(`${method}: peer`, peer, doing('toIngressRuleConfig', 'a Peer, such as Peer.anyIpv4()'));
  const rule = peer.toIngressRuleConfig();
  if (rule.cidrIp !== undefined) return { IpRanges: [{ CidrIp: rule.cidrIp }] };
  if (rule.cidrIpv6 !== undefined) return { Ipv6Ranges: [{ CidrIpv6: rule.cidrIpv6 }] };
  if (rule.sourcePrefixListId !== undefined) return { PrefixListIds: [{ PrefixListId: rule.sourcePrefixListId }] };
  if (rule.sourceSecurityGroupId !== undefined) {
    return { UserIdGroupPairs: [{ GroupId: rule.sourceSecurityGroupId, UserId: rule.sourceSecurityGroupOwnerId }] };
  }
  throw new Error(
    `${method}: peer: got ${peer.uniqueId}, which is of a kind that no ingress rule has; give a CIDR block, a prefix list or a security group`,
  );
}

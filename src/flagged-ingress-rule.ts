import { IPeer, ISecurityGroup, Port } from 'aws-cdk-lib/aws-ec2';
import { DEFAULT_INTERNET, FlaggedIngressRuleConfiguration } from './contract/configuration';
import { DefaultGroupsOptions } from './default-groups-options';
import { FlaggedAction } from './flagged-action';
import {
  AnyGroupIngressRuleOptions, FlaggedIngressRuleOptions, InternetIngressRuleOptions, PublicIngressRuleOptions,
} from './flagged-ingress-rule-options';
import { IngressException } from './ingress-exception';
import { RuleMatch } from './rule-match';
import { readablePermissions, readableRule } from './validation/declared';
import {
  ANY_GROUP_OPTIONS, DEFAULT_GROUPS_OPTIONS, groupId, groupIds, groupsTaggedOf, INTERNET_OPTIONS, OPTIONS,
  PUBLIC_OPTIONS, readWithOptions,
} from './validation/flagged-options';
import { readIpPermissions } from './validation/ip-permissions';
import { requireKinds } from './validation/kinds';
import { permissionOf, portParameter } from './validation/peer-and-port';
import { taggedGroups } from './validation/tagged-groups';

/**
 * Ingress traffic that must not be allowed. Live rules that match it are revoked, unless `action` says otherwise.
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
   * @param options How to match, what may stay, what to do, and the reason.
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
    const scope = { groupId: groupId(`${method}: group`, group), ipPermissions: [permissionOf(method, peer, port)] };
    const rule = readWithOptions(method, options, scope, RuleMatch.EXACT, readableRule);
    return new FlaggedIngressRule(rule, options.action, group, [], options.except);
  }

  /**
   * Flags traffic in every security group in scope.
   *
   * @param peer The source of the traffic.
   * @param port The protocol and ports of the traffic.
   * @param options How to match, what may stay, what to do, and the reason.
   * @throws when a parameter or an option is unknown or wrong
   */
  public static inAnyGroup(peer: IPeer, port: Port, options: AnyGroupIngressRuleOptions = {}): FlaggedIngressRule {
    const method = 'FlaggedIngressRule.inAnyGroup';
    requireKinds(method, options, ANY_GROUP_OPTIONS, { groupsTagged: 'use FlaggedIngressRule.inGroupsTagged' });
    const scope = { anyGroup: true as const, ipPermissions: [permissionOf(method, peer, port)] };
    const rule = readWithOptions(method, options, scope, RuleMatch.EXACT, readableRule);
    return new FlaggedIngressRule(rule, options.action, undefined, options.exceptGroups, options.except);
  }

  /**
   * Flags traffic in every security group in scope that has a tag with the given key and one of the given values.
   *
   * Keys and values are compared exactly, with regard to case. A group whose tags cannot be read is not in scope, and
   * counts as a scan error. The role may revoke only in groups with the tag, unless another declaration needs more.
   *
   * @param key The tag key: 1 to 128 Latin letters, digits, spaces or `_.:/=+-@`. It must be known at synthesis.
   * @param values The tag values, at least one.
   * @param peer The source of the traffic.
   * @param port The protocol and ports of the traffic.
   * @param options How to match, what may stay, what to do, and the reason.
   * @throws when a parameter or an option is unknown or wrong
   *
   * @see
   * https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html#condition-keys-resourcetag
   */
  public static inGroupsTagged(
    key: string,
    values: string[],
    peer: IPeer,
    port: Port,
    options: AnyGroupIngressRuleOptions = {},
  ): FlaggedIngressRule {
    const method = 'FlaggedIngressRule.inGroupsTagged';
    requireKinds(method, options, ANY_GROUP_OPTIONS);
    const groupsTagged = taggedGroups(`${method}: `, key, values);
    const scope = { groupsTagged, ipPermissions: [permissionOf(method, peer, port)] };
    const rule = readWithOptions(method, options, scope, RuleMatch.EXACT, readableRule);
    return new FlaggedIngressRule(rule, options.action, undefined, options.exceptGroups, options.except);
  }

  /**
   * Flags every ingress rule of the default security group of each VPC in scope, including the rule that allows traffic
   * from the group itself. AWS Security Hub asks for this in its control EC2.2.
   *
   * A default group that a network interface uses keeps its rules, with the reason `IN_USE`, unless `evenInUse` is
   * true.
   *
   * @param options Which groups are left out, what to do, and the reason.
   * @throws when an option is unknown or wrong
   *
   * @see https://docs.aws.amazon.com/securityhub/latest/userguide/ec2-controls.html#ec2-2
   */
  public static inDefaultGroups(options: DefaultGroupsOptions = {}): FlaggedIngressRule {
    const method = 'FlaggedIngressRule.inDefaultGroups';
    requireKinds(method, options, DEFAULT_GROUPS_OPTIONS, { except: 'use exceptGroups' });
    const { reason, evenInUse = false, exceptGroups, action } = options;
    const rule = readableRule(method, {
      match: RuleMatch.WITHIN, reason, defaultGroups: { evenInUse }, anySource: true,
      ipPermissions: [{ IpProtocol: '-1' }],
      exceptGroupIds: groupIds(`${method}: exceptGroups`, exceptGroups),
    });
    return new FlaggedIngressRule(rule, action, undefined, exceptGroups);
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
   * rule for TCP 443. `RuleMatch.OVERLAPS` flags rules that allow any of the declared ports. `RuleMatch.EXACT` flags
   * only rules for exactly the declared ports.
   *
   * Under every match, broad sources are the same. A prefix list counts as the internet if one of its entries does;
   * neighbouring entries count as one block.
   *
   * @param port The protocol and ports of the traffic.
   * @param options How to match, which sources are broad, which groups, what may stay, what to do, and the reason.
   * @throws when a parameter or an option is unknown or wrong
   */
  public static fromInternet(port: Port, options: InternetIngressRuleOptions = {}): FlaggedIngressRule {
    const method = 'FlaggedIngressRule.fromInternet';
    requireKinds(method, options, INTERNET_OPTIONS);
    const {
      ipv4PrefixLength = DEFAULT_INTERNET.ipv4PrefixLength, ipv6PrefixLength = DEFAULT_INTERNET.ipv6PrefixLength,
    } = options;
    const rule = fromPublic(method, port, options, { fromInternet: { ipv4PrefixLength, ipv6PrefixLength } });
    return new FlaggedIngressRule(rule, options.action, undefined, options.exceptGroups, options.except);
  }

  /**
   * Flags traffic from every globally reachable address, however narrow the source is, in every security group in
   * scope.
   *
   * A source counts if it contains globally reachable addresses, as for `fromInternet`: 0.0.0.0/0, but also the /32 of
   * one public address. Private addresses and security groups do not count. Give the networks that may stay as
   * `except`.
   *
   * @param port The protocol and ports of the traffic.
   * @param options How to match, which groups, what may stay, what to do, and the reason.
   * @throws when a parameter or an option is unknown or wrong
   *
   * @see https://www.iana.org/assignments/iana-ipv4-special-registry/iana-ipv4-special-registry.xhtml
   */
  public static fromAnyPublicAddress(port: Port, options: PublicIngressRuleOptions = {}): FlaggedIngressRule {
    const method = 'FlaggedIngressRule.fromAnyPublicAddress';
    requireKinds(method, options, PUBLIC_OPTIONS);
    const rule = fromPublic(method, port, options, { fromAnyPublicAddress: true });
    return new FlaggedIngressRule(rule, options.action, undefined, options.exceptGroups, options.except);
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
   * @param options How to match, what may stay, what to do, and the reason.
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
    const scope = { groupId: groupId(`${method}: group`, group), ipPermissions: readIpPermissions(ipPermissions) };
    const rule = readWithOptions(method, options, scope, RuleMatch.EXACT, readablePermissions);
    return new FlaggedIngressRule(rule, options.action, group, [], options.except);
  }

  private constructor(
    /**
     * The flagged rule in the form that the handler reads, without the action, which depends on the schedule.
     *
     * @internal
     */
    public readonly _configuration: FlaggedIngressRuleConfiguration,
    /**
     * How to handle the rules that are flagged. Undefined means that they are revoked.
     *
     * @internal
     */
    public readonly _action?: FlaggedAction,
    /**
     * The group to which the flagged rule is limited. Undefined when it applies to more than one group.
     *
     * @internal
     */
    public readonly _group?: ISecurityGroup,
    /**
     * The groups to which the flagged rule does not apply.
     *
     * @internal
     */
    public readonly _exceptGroups: ISecurityGroup[] = [],
    /**
     * The exceptions as they were declared, for messages.
     *
     * @internal
     */
    public readonly _except: IngressException[] = [],
  ) {}
}

/** Returns a declaration for sources that are public, in groups by a tag or in any group. */
function fromPublic(
  method: string, port: Port, options: PublicIngressRuleOptions,
  source: Pick<FlaggedIngressRuleConfiguration, 'fromInternet' | 'fromAnyPublicAddress'>,
): FlaggedIngressRuleConfiguration {
  const groupsTagged = groupsTaggedOf(method, options.groupsTagged);
  const groups = groupsTagged ? { groupsTagged } : { anyGroup: true as const };
  const scope = { ...groups, ipPermissions: [portParameter(method, port)], ...source };
  return readWithOptions(method, options, scope, RuleMatch.COVERS, readableRule);
}

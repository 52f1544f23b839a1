/** What the function's role may do: for each combination of props exactly what they need, and what must be absent. */
import { Stack } from 'aws-cdk-lib';
import { ISecurityGroup, IVpc, Peer, Port, SecurityGroup, Vpc } from 'aws-cdk-lib/aws-ec2';
import { FlaggedIngressRule, NetworkHygieneProps, StaleRules, VpnConnections } from '../src';
import { joined, Props, Statement, SynthesizedStack } from './support/synthesized-stack';

const REVOKE = 'ec2:RevokeSecurityGroupIngress';
const ALWAYS = ['cloudwatch:PutMetricData', 'logs:CreateLogStream', 'logs:PutLogEvents'];
const READ_RULES = ['ec2:DescribeSecurityGroupRules', 'ec2:DescribeSecurityGroups', 'ec2:DescribeVpcs'];
const READ_STALE = 'ec2:DescribeStaleSecurityGroups';
const READ_VPN = 'ec2:DescribeVpnConnections';

const ARN = 'arn:<Ref AWS::Partition>:ec2:<Ref AWS::Region>:<Ref AWS::AccountId>';
const ANY_GROUP = `${ARN}:security-group/*`;

const aVpc = (stack: Stack, vpcId: string): IVpc => Vpc.fromVpcAttributes(stack, vpcId, { vpcId, availabilityZones: ['eu-central-1a'] });
const aGroup = (stack: Stack, id: string): ISecurityGroup => SecurityGroup.fromSecurityGroupId(stack, id, id);
const onGroup = (stack: Stack, id: string): FlaggedIngressRule => FlaggedIngressRule.onGroup(aGroup(stack, id), Peer.anyIpv4(), Port.SSH);
const inAnyGroup = (): FlaggedIngressRule => FlaggedIngressRule.inAnyGroup(Peer.anyIpv6(), Port.SSH);

const resources = ({ Resource }: Statement): string[] => [Resource].flat().map(each => joined(each)).sort();
const revocation = (props: Props, effect: 'Allow' | 'Deny'): Statement[] => SynthesizedStack.with(props).about(REVOKE).filter(({ Effect }) => Effect === effect);

describe('allowed actions', () => {
  const STALE = { report: StaleRules.report(), revoke: StaleRules.revoke(), ignore: StaleRules.ignore() };
  const FLAGGED = { none: [], onGroup: [(stack: Stack) => onGroup(stack, 'sg-1')], inAnyGroup: [inAnyGroup] };
  const VPN = {
    all: VpnConnections.all(),
    withIds: VpnConnections.withIds(['vpn-1']),
    matching: VpnConnections.matching({ states: ['available'] }),
    none: VpnConnections.none(),
  };
  type Choice = [keyof typeof STALE, keyof typeof FLAGGED, keyof typeof VPN];

  const props = (stack: Stack, [stale, flagged, vpn]: Choice, dryRun: boolean): NetworkHygieneProps => ({
    staleRules: STALE[stale], flaggedIngressRules: FLAGGED[flagged].map(make => make(stack)), vpnConnections: VPN[vpn], dryRun,
  });

  /** The whole truth, by hand: reads, then whether anything is revoked when it is no dry run. */
  const EXPECTED: ReadonlyArray<[...Choice, string[], boolean]> = [
    ['report', 'none', 'all', [...READ_RULES, READ_STALE, READ_VPN], false],
    ['report', 'none', 'withIds', [...READ_RULES, READ_STALE, READ_VPN], false],
    ['report', 'none', 'matching', [...READ_RULES, READ_STALE, READ_VPN], false],
    ['report', 'none', 'none', [...READ_RULES, READ_STALE], false],
    ['report', 'onGroup', 'all', [...READ_RULES, READ_STALE, READ_VPN], true],
    ['report', 'onGroup', 'none', [...READ_RULES, READ_STALE], true],
    ['report', 'inAnyGroup', 'all', [...READ_RULES, READ_STALE, READ_VPN], true],
    ['report', 'inAnyGroup', 'none', [...READ_RULES, READ_STALE], true],
    ['revoke', 'none', 'all', [...READ_RULES, READ_STALE, READ_VPN], true],
    ['revoke', 'none', 'none', [...READ_RULES, READ_STALE], true],
    ['revoke', 'onGroup', 'all', [...READ_RULES, READ_STALE, READ_VPN], true],
    ['revoke', 'onGroup', 'none', [...READ_RULES, READ_STALE], true],
    ['revoke', 'inAnyGroup', 'all', [...READ_RULES, READ_STALE, READ_VPN], true],
    ['revoke', 'inAnyGroup', 'none', [...READ_RULES, READ_STALE], true],
    ['ignore', 'none', 'all', [READ_VPN], false],
    ['ignore', 'none', 'withIds', [READ_VPN], false],
    ['ignore', 'none', 'matching', [READ_VPN], false],
    ['ignore', 'onGroup', 'all', [...READ_RULES, READ_VPN], true],
    ['ignore', 'onGroup', 'none', READ_RULES, true],
    ['ignore', 'inAnyGroup', 'all', [...READ_RULES, READ_VPN], true],
    ['ignore', 'inAnyGroup', 'none', READ_RULES, true],
  ];

  it.each(EXPECTED)('with stale rules to %s, flagged rules %s and VPN connections %s are just those needed', (stale, flagged, vpn, reads, revokes) => {
    const deployed = SynthesizedStack.with(stack => props(stack, [stale, flagged, vpn], false));
    expect(deployed.allowedActions).toEqual([...ALWAYS, ...reads, ...revokes ? [REVOKE] : []].sort());
  });

  it.each(EXPECTED)('in a dry run, with stale rules to %s, flagged rules %s and VPN connections %s, are reads only', (stale, flagged, vpn, reads) => {
    const deployed = SynthesizedStack.with(stack => props(stack, [stale, flagged, vpn], true));
    expect(deployed.allowedActions).toEqual([...ALWAYS, ...reads].sort());
    expect(deployed.about(REVOKE)).toEqual([]);
  });

  it.each(EXPECTED)('with stale rules to %s, flagged rules %s and VPN connections %s never have a wildcard in an action', (...choice) => {
    const [stale, flagged, vpn] = choice;
    const deployed = SynthesizedStack.with(stack => props(stack, [stale, flagged, vpn], false));
    expect(JSON.stringify(deployed.statements.map(({ Action }) => Action))).not.toContain('*');
    expect(JSON.stringify(deployed.statements)).not.toContain('NotAction');
  });

  it('never include other changes: no egress, no authorize, no tags', () => {
    const everything: Props = stack => ({ staleRules: StaleRules.revoke(), flaggedIngressRules: [onGroup(stack, 'sg-1'), inAnyGroup()], vpcs: [aVpc(stack, 'vpc-1')] });
    const changes = SynthesizedStack.with(everything).allowedActions.filter(action => !/^(ec2:Describe|logs:|cloudwatch:PutMetricData$)/.test(action));
    expect(changes).toEqual([REVOKE]);
  });
});

describe('reading', () => {
  it('is of any resource, for Describe actions have no resource level, and of nothing else', () => {
    const everywhere = SynthesizedStack.with().statements.filter(({ Resource }) => Resource === '*');
    expect(everywhere.flatMap(({ Action }) => Action).sort()).toEqual(['cloudwatch:PutMetricData', ...READ_RULES, READ_STALE, READ_VPN].sort());
  });
});

describe('publishing metrics', () => {
  it.each([[{}, 'NetworkHygiene'], [{ metricNamespace: 'Platform/Network' }, 'Platform/Network']])('is confined to the namespace (%#)', (props, namespace) => {
    expect(SynthesizedStack.with(props).about('cloudwatch:PutMetricData')).toEqual([
      { Effect: 'Allow', Action: 'cloudwatch:PutMetricData', Resource: '*', Condition: { StringEquals: { 'cloudwatch:namespace': namespace } } },
    ]);
  });
});

describe('logging', () => {
  it('is confined to the log group', () => {
    const [statement, ...others] = SynthesizedStack.with().about('logs:PutLogEvents');
    expect(others).toEqual([]);
    expect(resources(statement)).toEqual([expect.stringMatching(/^<Fn::GetAtt NetworkHygieneLogGroup\w+\.Arn>$/)]);
  });
});

describe('revoking', () => {
  it('is confined to the declared groups, each named once, when every rule is declared on a group and stale rules are only reported', () => {
    const [statement, ...others] = revocation(stack => {
      const web = aGroup(stack, 'sg-web');
      return {
        flaggedIngressRules: [
          FlaggedIngressRule.onGroup(web, Peer.anyIpv4(), Port.SSH),
          FlaggedIngressRule.onGroup(web, Peer.anyIpv6(), Port.SSH),
          FlaggedIngressRule.fromIpPermissions(aGroup(stack, 'sg-database'), 'IpProtocol=-1,IpRanges=[{CidrIp=0.0.0.0/0}]'),
        ],
      };
    }, 'Allow');
    expect(others).toEqual([]);
    expect(resources(statement)).toEqual([`${ARN}:security-group/sg-database`, `${ARN}:security-group/sg-web`]);
    expect(statement).not.toHaveProperty('Condition');
  });

  it.each(['report', 'ignore'] as const)('is confined to the declared groups when stale rules are for %s, whether or not VPCs are named', stale => {
    const props: Props = stack => ({ vpcs: [aVpc(stack, 'vpc-1')], staleRules: StaleRules[stale](), flaggedIngressRules: [onGroup(stack, 'sg-1')] });
    const [statement] = revocation(props, 'Allow');
    expect(resources(statement)).toEqual([`${ARN}:security-group/sg-1`]);
  });

  it('is confined to a group that the stack makes', () => {
    const [statement] = revocation(stack => {
      const web = new SecurityGroup(stack, 'Web', { vpc: aVpc(stack, 'vpc-1') });
      return { flaggedIngressRules: [Peer.anyIpv4(), Peer.anyIpv6()].map(peer => FlaggedIngressRule.onGroup(web, peer, Port.SSH)) };
    }, 'Allow');
    expect(resources(statement)).toEqual([expect.stringMatching(/:security-group\/<Fn::GetAtt Web\w+\.GroupId>$/)]);
  });

  const ANY_RULE: ReadonlyArray<[string, (stack: Stack) => NetworkHygieneProps]> = [
    ['stale rules are revoked', () => ({ staleRules: StaleRules.revoke() })],
    ['stale rules are revoked besides those of declared groups', stack => ({ staleRules: StaleRules.revoke(), flaggedIngressRules: [onGroup(stack, 'sg-1')] })],
    ['a rule is flagged in any group', () => ({ flaggedIngressRules: [inAnyGroup()] })],
    ['a rule is flagged in any group besides one on a group', stack => ({ flaggedIngressRules: [onGroup(stack, 'sg-1'), inAnyGroup()] })],
    ['traffic from the internet is flagged', () => ({ flaggedIngressRules: [FlaggedIngressRule.fromInternet(Port.SSH)] })],
  ];

  it.each(ANY_RULE)('is of any group of the account and Region when %s', (_, props) => {
    const [statement, ...others] = revocation(props, 'Allow');
    expect(others).toEqual([]);
    expect(resources(statement)).toEqual([ANY_GROUP]);
    expect(statement).not.toHaveProperty('Condition');
  });

  it.each(ANY_RULE)('is confined to the named VPCs when %s', (_, props) => {
    const [statement] = revocation(stack => ({ ...props(stack), vpcs: [aVpc(stack, 'vpc-1'), aVpc(stack, 'vpc-2')] }), 'Allow');
    expect(resources(statement)).toEqual([ANY_GROUP]);
    expect(Object.keys(statement.Condition ?? {})).toEqual(['ArnEquals']);
    const vpcArns = statement.Condition?.ArnEquals['ec2:Vpc'] as unknown[];
    expect(vpcArns.map(arn => joined(arn))).toEqual(['vpc-1', 'vpc-2'].map(id => `${ARN}:vpc/${id}`.replace('<Ref AWS::AccountId>', '*')));
  });

  it.each(ANY_RULE)('is never of a bare "*" when %s', (_, props) => {
    for (const statement of SynthesizedStack.with(props).about(REVOKE)) expect(resources(statement)).not.toContain('*');
  });

  it.each(ANY_RULE)('is denied for groups with the exempt tag when %s', (_, props) => {
    const tagged = revocation(props, 'Deny').filter(({ Condition }) => Condition !== undefined);
    expect(tagged).toHaveLength(1);
    expect(resources(tagged[0])).toEqual([ANY_GROUP]);
    expect(tagged[0].Condition).toEqual({ Null: { 'aws:ResourceTag/network-hygiene:exempt': 'false' } });
  });

  it('is denied for declared groups with the exempt tag, too', () => {
    expect(revocation(stack => ({ flaggedIngressRules: [onGroup(stack, 'sg-1')] }), 'Deny').map(({ Condition }) => Condition)).toEqual([
      { Null: { 'aws:ResourceTag/network-hygiene:exempt': 'false' } },
    ]);
  });

  it.each(ANY_RULE)('is denied for the exempt groups, without a condition, when %s', (_, props) => {
    const denied = revocation(stack => ({ ...props(stack), exemptSecurityGroups: [aGroup(stack, 'sg-2'), aGroup(stack, 'sg-3')] }), 'Deny');
    const unconditional = denied.filter(({ Condition }) => Condition === undefined);
    expect(unconditional).toHaveLength(1);
    expect(resources(unconditional[0])).toEqual([`${ARN}:security-group/sg-2`, `${ARN}:security-group/sg-3`]);
  });

  it('is denied for nothing else when no group is exempt', () => {
    expect(revocation({ staleRules: StaleRules.revoke() }, 'Deny')).toHaveLength(1);
  });

  it('is neither allowed nor denied when nothing is to be revoked', () => {
    expect(SynthesizedStack.with(stack => ({ exemptSecurityGroups: [aGroup(stack, 'sg-1')] })).about(REVOKE)).toEqual([]);
    expect(SynthesizedStack.with(stack => ({ staleRules: StaleRules.revoke(), exemptSecurityGroups: [aGroup(stack, 'sg-1')], dryRun: true })).about(REVOKE)).toEqual([]);
  });

  describe('with many declared groups', () => {
    const groups = (count: number): Props => stack => ({
      flaggedIngressRules: Array.from({ length: count }, (_, index) => onGroup(stack, `sg-${String(index).padStart(17, '0')}`)),
    });
    const AT_DEPLOYMENT: Readonly<Record<string, string>> = { 'AWS::Partition': 'aws', 'AWS::Region': 'ap-southeast-1', 'AWS::AccountId': '111122223333' };
    const render = ({ Ref }: Record<string, unknown>): string => AT_DEPLOYMENT[String(Ref)] ?? 'x'.repeat(60);

    const policies = (deployed: SynthesizedStack, type: string): Array<[string, Statement[]]> =>
      Object.entries(deployed.template.findResources(type)).map(([id, resource]) => {
        const { PolicyDocument } = resource.Properties as { PolicyDocument: { Statement: Statement[] } };
        return [id, PolicyDocument.Statement];
      });
    const size = (statements: Statement[]): number =>
      JSON.stringify(statements.map(each => ({ ...each, Resource: [each.Resource].flat().map(arn => joined(arn, render)) }))).length;

    it.each([60, 100, 250])('(%d) makes policies of a size that IAM takes', count => {
      const deployed = SynthesizedStack.with(groups(count));
      for (const [, statements] of policies(deployed, 'AWS::IAM::Policy')) expect(size(statements)).toBeLessThanOrEqual(10_240);
      for (const [, statements] of policies(deployed, 'AWS::IAM::ManagedPolicy')) expect(size(statements)).toBeLessThanOrEqual(6_144);
    });

    it('sweeps at deployment only when every policy that CDK divided them into is there, those that deny above all', () => {
      const deployed = SynthesizedStack.with(groups(60));
      const divided = policies(deployed, 'AWS::IAM::ManagedPolicy').map(([id]) => id);
      expect(divided).not.toEqual([]);
      expect(deployed.only('Custom::NetworkHygiene').DependsOn).toEqual(expect.arrayContaining(divided));
    });
  });
});

/** Tests how the configuration gets to the handler: only through the custom resource, checked by its fingerprint. */
import { CfnParameter, Duration, Fn, Lazy, Stack, TimeZone, Token } from 'aws-cdk-lib';
import { IVpc, Peer, Port, SecurityGroup, Vpc } from 'aws-cdk-lib/aws-ec2';
import { EventBus } from 'aws-cdk-lib/aws-events';
import { ContextAttribute, ScheduleExpression } from 'aws-cdk-lib/aws-scheduler';
import { Topic } from 'aws-cdk-lib/aws-sns';
import {
  ComesBack, DayOfWeek, FlaggedAction, FlaggedIngressRule, NetworkHygiene, NetworkHygieneProps, StaleRules,
  VpnConnections,
} from '../src';
import { aStack, joined, type Props, SynthesizedStack } from './support/synthesized-stack';
import { fingerprintOf } from '../src/contract/fingerprint';
import { SCHEDULED_SWEEP_INPUT } from '../src/contract/names';

/** Returns the fingerprints in the environments of all functions. CDK adds functions of its own for some tokens. */
function ofTheEnvironment({ template }: SynthesizedStack): unknown[] {
  const functions = Object.values(template.findResources('AWS::Lambda::Function'));
  const variables = functions.map(({ Properties }): Record<string, unknown> => Properties.Environment?.Variables ?? {});
  return variables.flatMap(each => each.CONFIGURATION_FINGERPRINT ?? []);
}

const aVpc = (stack: Stack, vpcId: string): IVpc =>
  Vpc.fromVpcAttributes(stack, Token.isUnresolved(vpcId) ? 'Token' : vpcId, { vpcId, availabilityZones: ['a'] });

/** Properties with every token that is possible, in a stack that creates it or imports it. */
const everyToken = (stack: Stack): NetworkHygieneProps => {
  const parameter = (id: string, type = 'String'): CfnParameter => new CfnParameter(stack, id, { type });
  const vpc = new Vpc(stack, 'Made');
  const group = new SecurityGroup(stack, 'MadeGroup', { vpc });
  const [age, port] = ['Age', 'Port'].map(id => parameter(id, 'Number').valueAsNumber);
  return {
    vpcs: [aVpc(stack, 'vpc-1'), vpc, aVpc(stack, parameter('Given').valueAsString)],
    staleRules: StaleRules.revokeAfter(Duration.seconds(age), { maxGap: Duration.days(2) }),
    flaggedIngressRules: [
      FlaggedIngressRule.onGroup(group, Peer.ipv4(Fn.importValue('Office')), Port.tcp(port)),
      FlaggedIngressRule.inAnyGroup(Peer.securityGroupId(group.securityGroupId), Port.SSH),
      FlaggedIngressRule.inGroupsTagged('Exposure', ['private', Fn.importValue('Tag')], Peer.anyIpv4(), Port.SSH, {
        except: [{ peers: [Peer.ipv4(Fn.importValue('Branch'))], ports: [Port.tcp(port)] }],
        exceptGroups: [group],
        replaceWith: [Peer.prefixList(Fn.importValue('List'))],
        action: FlaggedAction.revokeAfter(Duration.seconds(age), { sightings: age, maxGap: Duration.days(2) }),
      }),
    ],
    comesBack: ComesBack.keepAfter(age, { within: Duration.seconds(age) }),
    exemptSecurityGroups: [SecurityGroup.fromSecurityGroupId(stack, 'Exempt', Lazy.string({ produce: () => 'sg-1' }))],
    vpnConnections: VpnConnections.withIds(parameter('Vpns', 'CommaDelimitedList').valueAsList),
    eventBus: new EventBus(stack, 'Bus'),
    notifications: new Topic(stack, 'People'),
  };
};

/** Fills in intrinsic functions as CloudFormation would: with numbers, texts, or the JSON list that CDK has written. */
function filledIn(intrinsic: Record<string, unknown>): string {
  const [name, attribute] = Object.values(intrinsic).flat();
  if (['Age', 'Port'].includes(String(name))) return '7';
  return attribute === 'Value' ? '["filled-in-1","filled-in-2"]' : `filled-in-${String(name)}`;
}

describe('the input of the schedule', () => {
  const INPUT = JSON.stringify(SCHEDULED_SWEEP_INPUT);

  it.each<[name: string, props: Props]>([
    ['no props', {}],
    ['props', { staleRules: StaleRules.revoke(), dryRun: true, schedule: ScheduleExpression.cron({ minute: '0' }) }],
    ['tokens', everyToken],
  ])('is the constant of the contract, with %s', (_, props) => {
    expect(SynthesizedStack.with(props).scheduleInput).toBe(INPUT);
  });

  it('is the same for two constructs of a stack', () => {
    const stack = aStack();
    new NetworkHygiene(stack, 'First', { settle: Duration.seconds(0) });
    const hygiene = new NetworkHygiene(stack, 'Second', { staleRules: StaleRules.revoke() });
    const { template } = new SynthesizedStack(stack, hygiene);
    const schedules = Object.values(template.findResources('AWS::Scheduler::Schedule'));
    expect(schedules.map(({ Properties }) => Properties.Target.Input)).toEqual([INPUT, INPUT]);
  });

  it('has the context attribute as CDK spells it', () => {
    expect(SCHEDULED_SWEEP_INPUT.sweep.scheduledTime).toBe(ContextAttribute.scheduledTime);
  });
});

describe('the fingerprint', () => {
  const CHANGES: Array<[name: string, props: NetworkHygieneProps]> = [
    ['staleRules', { staleRules: StaleRules.revoke() }],
    ['flaggedIngressRules', { flaggedIngressRules: [FlaggedIngressRule.fromInternet(Port.SSH)] }],
    ['a reason', { flaggedIngressRules: [FlaggedIngressRule.fromInternet(Port.SSH, { reason: 'Größe' })] }],
    ['exemptTags', { exemptTags: ['keep'] }],
    ['vpnConnections', { vpnConnections: VpnConnections.none() }],
    ['revocationWindow', { revocationWindow: { from: '08:00', timeZone: TimeZone.EUROPE_BERLIN } }],
    ['another time zone', { revocationWindow: { from: '08:00', timeZone: TimeZone.ETC_UTC } }],
    ['another time', { revocationWindow: { from: '08:01', timeZone: TimeZone.ETC_UTC } }],
    ['a day', { revocationWindow: { days: [DayOfWeek.MONDAY], timeZone: TimeZone.ETC_UTC } }],
    ['staleRules at any time', { staleRules: StaleRules.revoke({ anytime: true }) }],
    ['an action at any time', {
      flaggedIngressRules: [
        FlaggedIngressRule.fromInternet(Port.SSH, { action: FlaggedAction.revoke({ anytime: true }) }),
      ],
    }],
    ['maxRevocationsPerSweep', { maxRevocationsPerSweep: 21 }],
    ['settle', { settle: Duration.seconds(0) }],
    ['allowRestore', { allowRestore: false }],
    ['enabled', { enabled: false }],
    ['dryRun', { dryRun: true }],
    ['schedule', { schedule: ScheduleExpression.rate(Duration.hours(2)) }],
    ['metricNamespace', { metricNamespace: 'Mine' }],
    ['resourceMetrics', { resourceMetrics: false }],
    ['requestRateFactor', { requestRateFactor: 0.5 }],
  ];

  it.each<[name: string, props: Props]>([['no props', {}], ...CHANGES, ['tokens', everyToken]])(
    'of the environment is that of the custom resource, with %s', (_, props) => {
      const deployed = SynthesizedStack.with(props);
      expect(deployed.fingerprint).toMatch(/^[0-9a-f]{64}$/);
      expect(ofTheEnvironment(deployed)).toEqual([deployed.fingerprint]);
    });

  it.each<[name: string, props: Props]>([['no props', {}], ...CHANGES, ['tokens', everyToken]])(
    'is what the handler finds once everything is filled in, with %s', (_, props) => {
      const deployed = SynthesizedStack.with(props);
      expect(fingerprintOf(deployed.configuration(filledIn), deployed.deployTimePaths)).toBe(deployed.fingerprint);
    });

  it('is another for each of the props', () => {
    const everyProps = [{}, ...CHANGES.map(([, props]) => props)];
    const fingerprints = everyProps.map(props => SynthesizedStack.with(props).fingerprint);
    expect(new Set(fingerprints).size).toBe(fingerprints.length);
  });

  it('is another for a construct of another path', () => {
    const [one, other] = [aStack(), aStack('Other')].map(stack =>
      new SynthesizedStack(stack, new NetworkHygiene(stack, 'NetworkHygiene')).fingerprint);
    expect(one).not.toBe(other);
  });

  it.each<[name: string, props: Props]>([['no props', {}], ['tokens, whose numbers are others then', everyToken]])(
    'is the same when the app is synthesized again, with %s', (_, props) => {
      expect(SynthesizedStack.with(props).fingerprint).toBe(SynthesizedStack.with(props).fingerprint);
    });

  it('is the same for one token and for another in its place, and another for a value there', () => {
    const fingerprint = (vpcId: string): unknown =>
      SynthesizedStack.with(stack => ({ vpcs: [aVpc(stack, vpcId)] })).fingerprint;
    expect(fingerprint(Fn.importValue('One'))).toBe(fingerprint(Fn.importValue('Other')));
    expect(fingerprint('vpc-1')).not.toBe(fingerprint('vpc-2'));
    expect(fingerprint('vpc-1')).not.toBe(fingerprint(Fn.importValue('One')));
  });
});

describe('the paths that CloudFormation fills in', () => {
  it('are none where everything is known', () => {
    const deployed = SynthesizedStack.with({ flaggedIngressRules: [FlaggedIngressRule.fromInternet(Port.SSH)] });
    expect(deployed.only('Custom::NetworkHygiene').Properties.DeployTimePaths).toBe('[]');
  });

  it('are those of all tokens, and of nothing else', () => {
    const peer = ['flaggedIngressRules', 0, 'ipPermissions', 0];
    expect(SynthesizedStack.with(everyToken).deployTimePaths).toEqual([
      ['eventBus'],
      ['notificationsTopicArn'],
      ['vpcIds', 1],
      ['vpcIds', 2],
      ['grace', 'seconds'],
      ['flaggedIngressRules', 0, 'groupId'],
      [...peer, 'FromPort'],
      [...peer, 'ToPort'],
      [...peer, 'IpRanges', 0, 'CidrIp'],
      ['flaggedIngressRules', 1, 'ipPermissions', 0, 'UserIdGroupPairs', 0, 'GroupId'],
      ['flaggedIngressRules', 2, 'groupsTagged', 'values', 1],
      ['flaggedIngressRules', 2, 'exceptGroupIds', 0],
      ['flaggedIngressRules', 2, 'except', 0, 'FromPort'],
      ['flaggedIngressRules', 2, 'except', 0, 'ToPort'],
      ['flaggedIngressRules', 2, 'except', 0, 'IpRanges', 0, 'CidrIp'],
      ['flaggedIngressRules', 2, 'replaceWith', 0, 'PrefixListId'],
      ['flaggedIngressRules', 2, 'action', 'grace', 'seconds'],
      ['flaggedIngressRules', 2, 'action', 'grace', 'sightings'],
      ['comesBack', 'revocations'],
      ['comesBack', 'withinSeconds'],
      ['exemptSecurityGroupIds', 0],
      ['vpnConnections', 'ids'],
    ]);
  });

  it('are those of numbers that are texts, too', () => {
    const deployed = SynthesizedStack.with(stack => {
      const asn = new CfnParameter(stack, 'Asn', { type: 'Number' }).valueAsNumber;
      return { vpnConnections: VpnConnections.matching({ bgpAsns: [65000, asn] }) };
    });
    expect(deployed.deployTimePaths).toEqual([['vpnConnections', 'filters', 0, 'values', 1]]);
  });

  it('lead to what is an intrinsic function in the text', () => {
    const deployed = SynthesizedStack.with(everyToken);
    const configuration = deployed.configuration(filledIn);
    for (const path of deployed.deployTimePaths.filter(([key]) => key !== 'exemptSecurityGroupIds')) {
      const value = path.reduce<unknown>((part, key) => Reflect.get(part as object, key), configuration);
      expect(String(value)).toMatch(/7|filled-in/);
    }
    expect(joined(deployed.configurationText)).not.toContain('Token[');
  });
});

it('is the same text as before for declarations that have none of the newer options, so that nothing settles again', () => {
  const flaggedIngressRules = [
    FlaggedIngressRule.inAnyGroup(Peer.ipv4('10.0.0.0/8'), Port.SSH, { reason: 'closed' }),
    FlaggedIngressRule.fromInternet(Port.SSH),
  ];
  expect(SynthesizedStack.with({ flaggedIngressRules }).configurationText).toBe(
    '{"version":3,"hygiene":"Network/NetworkHygiene","metricNamespace":"NetworkHygiene","eventBus":"default",'
    + '"resourceMetrics":true,"dryRun":false,"staleRules":"report","flaggedIngressRules":['
    + '{"match":"EXACT","reason":"closed","anyGroup":true,"ipPermissions":[{"IpProtocol":"tcp","FromPort":22,"ToPort":22,'
    + '"IpRanges":[{"CidrIp":"10.0.0.0/8"}]}]},'
    + '{"match":"COVERS","anyGroup":true,"ipPermissions":[{"IpProtocol":"tcp","FromPort":22,"ToPort":22}],'
    + '"fromInternet":{"ipv4PrefixLength":8,"ipv6PrefixLength":12}}],"maxRevocationsPerSweep":20,"settleSeconds":3600,'
    + '"scheduleSeconds":3600,"allowRestore":true,"exemptSecurityGroupIds":[],"vpnConnections":{"kind":"all"}}',
  );
});

/**
 * Tests that wrong values of properties fail at construction, before any resource is created, with an error that names
 * the construct, the property, the value and the fix.
 */
import { App, CfnParameter, CfnResource, Duration, RemovalPolicy, Stack } from 'aws-cdk-lib';
import { ITable, Table } from 'aws-cdk-lib/aws-dynamodb';
import { IPeer, ISecurityGroup, IVpc, Peer, Port, Protocol, SecurityGroup, Vpc } from 'aws-cdk-lib/aws-ec2';
import { ScheduleExpression } from 'aws-cdk-lib/aws-scheduler';
import { ITopic, Topic } from 'aws-cdk-lib/aws-sns';
import {
  FlaggedIngressRule,
  NetworkHygiene,
  NetworkHygieneProps,
  StaleRules,
  VpnConnectionFilters,
  VpnConnections,
} from '../src';
import { aStack } from './support/synthesized-stack';

const aVpc = (stack: Stack, vpcId: string): IVpc =>
  Vpc.fromVpcAttributes(stack, `Vpc ${vpcId}`, { vpcId, availabilityZones: ['eu-central-1a'] });
const aGroup = (stack: Stack, id = 'sg-1'): ISecurityGroup =>
  SecurityGroup.fromSecurityGroupId(stack, `Group ${id}`, id);
const aTable = (stack: Stack): ITable => Table.fromTableName(stack, 'Table', 'ledger');
const aRule = (): FlaggedIngressRule => FlaggedIngressRule.inAnyGroup(Peer.anyIpv4(), Port.SSH);

const flagged = (peer: IPeer, port = Port.SSH): NetworkHygieneProps => ({
  flaggedIngressRules: [FlaggedIngressRule.inAnyGroup(peer, port)],
});
const permission =
  (change: Record<string, unknown>) =>
    (stack: Stack): NetworkHygieneProps => ({
      flaggedIngressRules: [
        FlaggedIngressRule.fromIpPermissions(aGroup(stack), [
          { IpProtocol: 'tcp', FromPort: 22, ToPort: 22, IpRanges: [{ CidrIp: '0.0.0.0/0' }], ...change },
        ]),
      ],
    });
const matching = (filters: VpnConnectionFilters) => (): NetworkHygieneProps => ({
  vpnConnections: VpnConnections.matching(filters),
});
const aPort = (protocol: Protocol, fromPort?: number, toPort?: number): Port =>
  new Port({ protocol, fromPort, toPort, stringRepresentation: 'wrong' });

/** The name of the case, the properties, and the message after the construct's path. */
type Case = [string, (stack: Stack) => NetworkHygieneProps, string];

function construction(props: (stack: Stack) => NetworkHygieneProps): { error: unknown; resources: string[] } {
  const stack = aStack();
  const given = props(stack);
  try {
    new NetworkHygiene(stack, 'NetworkHygiene', given);
    return { error: undefined, resources: [] };
  } catch (error) {
    return {
      error,
      resources: stack.node
        .findAll()
        .filter(each => CfnResource.isCfnResource(each))
        .map(({ node }) => node.path),
    };
  }
}

function itFails(cases: readonly Case[]): void {
  it.each(cases)('fails for %s, before any resource is made', (_, props, message) => {
    const { error, resources } = construction(props);
    expect(error).toBeInstanceOf(Error);
    expect((error as Error).message).toMatch(/^Network\/NetworkHygiene: /);
    expect((error as Error).message.slice('Network/NetworkHygiene: '.length)).toContain(message);
    expect(resources).toEqual([]);
  });
}

describe('vpcs', () => {
  itFails([
    ['an empty list', () => ({ vpcs: [] }), 'vpcs: got []; leave it out to mean every VPC'],
    [
      'what is no id of a VPC',
      stack => ({ vpcs: [aVpc(stack, 'subnet-1')] }),
      'vpcs[0]: got "subnet-1"; give an id that starts with "vpc-"',
    ],
    [
      'one of several',
      stack => ({ vpcs: [aVpc(stack, 'vpc-1'), aVpc(stack, 'vpc-')] }),
      'vpcs[1]: got "vpc-"; give an id',
    ],
    ['a wildcard', stack => ({ vpcs: [aVpc(stack, 'vpc-*')] }), 'vpcs[0]: got "vpc-*"; give an id'],
  ]);
});

describe('exemptSecurityGroups', () => {
  itFails([
    [
      'the name of a group',
      stack => ({ exemptSecurityGroups: [aGroup(stack, 'bastion')] }),
      'exemptSecurityGroups[0]: got "bastion"; give an id that starts with "sg-"',
    ],
    [
      'one of several',
      stack => ({ exemptSecurityGroups: [aGroup(stack), aGroup(stack, '')] }),
      'exemptSecurityGroups[1]: got ""; give an id',
    ],
    [
      'a wildcard',
      stack => ({ exemptSecurityGroups: [aGroup(stack, 'sg-*')] }),
      'exemptSecurityGroups[0]: got "sg-*"; give an id',
    ],
  ]);
});

describe('exemptTags', () => {
  const FIX = 'give a tag key: 1 to 128 letters';
  const KNOWN_LATER =
    'exemptTags: got a value that is known at deployment only; give plain texts, because a tag key becomes part of a condition key';
  const parameter = (stack: Stack, type: string): CfnParameter => new CfnParameter(stack, 'Tags', { type });

  itFails([
    ['a text', () => ({ exemptTags: 'team:keep' as never }), 'exemptTags: got "team:keep"; give a list'],
    ['null', () => ({ exemptTags: null as never }), 'exemptTags: got null; give a list'],
    ['an empty key', () => ({ exemptTags: ['team:keep', ''] }), `exemptTags[1]: got ""; ${FIX}`],
    ['a key with a space at its end', () => ({ exemptTags: ['keep '] }), `exemptTags[0]: got "keep "; ${FIX}`],
    ['a wildcard', () => ({ exemptTags: ['team:*'] }), `exemptTags[0]: got "team:*"; ${FIX}`],
    [
      'a key of 129 characters',
      () => ({ exemptTags: ['k'.repeat(129)] }),
      `exemptTags[0]: got "${'k'.repeat(99)}…; ${FIX}`,
    ],
    ['a key that is no text', () => ({ exemptTags: [5 as never] }), `exemptTags[0]: got 5; ${FIX}`],
    [
      '21 keys',
      () => ({ exemptTags: Array.from({ length: 21 }, (_, index) => `key-${index}`) }),
      'give at most 20 tag keys',
    ],
  ]);

  it.each<[string, (stack: Stack) => NetworkHygieneProps]>([
    ['a key', stack => ({ exemptTags: ['keep', parameter(stack, 'String').valueAsString] })],
    ['a part of a key', stack => ({ exemptTags: [`keep:${parameter(stack, 'String').valueAsString}`] })],
    ['the list', stack => ({ exemptTags: parameter(stack, 'CommaDelimitedList').valueAsList })],
  ])('fails for %s that is known at deployment only', (_, props) => {
    expect(construction(props).error).toEqual(new Error(`Network/NetworkHygiene: ${KNOWN_LATER}`));
  });

  it('takes 20 keys, each of 128 characters', () => {
    const exemptTags = Array.from({ length: 20 }, (_, index) => String(index).padEnd(128, 'k'));
    expect(construction(() => ({ exemptTags })).error).toBeUndefined();
  });
});

describe('a configuration', () => {
  const rules = (count: number): FlaggedIngressRule[] => Array.from({ length: count }, () =>
    FlaggedIngressRule.inAnyGroup(Peer.anyIpv4(), Port.SSH, { reason: 'x'.repeat(255) }));

  itFails([
    [
      'more rules than are safe', () => ({ flaggedIngressRules: rules(300) }),
      'characters, and 100000 are safe with CloudFormation and DynamoDB; split them over several constructs',
    ],
  ]);

  it('may have as many rules as are safe', () => {
    expect(construction(() => ({ flaggedIngressRules: rules(200) })).error).toBeUndefined();
  });
});

describe('metricNamespace', () => {
  itFails([
    ['not a text', () => ({ metricNamespace: '' }), 'metricNamespace: got ""; give a CloudWatch namespace'],
    [
      "AWS's own",
      () => ({ metricNamespace: 'AWS/VPN' }),
      'metricNamespace: got "AWS/VPN"; give a CloudWatch namespace',
    ],
    ['a colon in front', () => ({ metricNamespace: ':Mine' }), 'metricNamespace: got ":Mine"; give'],
    [
      'characters that CloudWatch does not take',
      () => ({ metricNamespace: 'Größe' }),
      'metricNamespace: got "Größe"; give',
    ],
    ['256 characters', () => ({ metricNamespace: 'N'.repeat(256) }), 'metricNamespace: got "NNN'],
    ['a number', () => ({ metricNamespace: 5 as never }), 'metricNamespace: got 5; give'],
  ]);

  it.each(['N', 'N'.repeat(255), 'Platform/Network', 'a.b-c_d/e#f:g'])('takes %j', metricNamespace => {
    expect(construction(() => ({ metricNamespace })).error).toBeUndefined();
  });
});

describe('enabled, dryRun and resourceMetrics', () => {
  itFails([
    [
      'enabled as text, which must not come to mean true',
      () => ({ enabled: 'false' as never }),
      'enabled: got "false"; give true or false',
    ],
    ['enabled as a number', () => ({ enabled: 0 as never }), 'enabled: got 0; give true or false'],
    ['enabled as null', () => ({ enabled: null as never }), 'enabled: got null; give true or false'],
    ['dryRun as text', () => ({ dryRun: 'false' as never }), 'dryRun: got "false"; give true or false'],
    ['dryRun as a number', () => ({ dryRun: 0 as never }), 'dryRun: got 0; give true or false'],
    [
      'resourceMetrics as text',
      () => ({ resourceMetrics: 'true' as never }),
      'resourceMetrics: got "true"; give true or false',
    ],
  ]);
});

describe('requestRateFactor', () => {
  itFails([
    ['0', () => ({ requestRateFactor: 0 }), 'requestRateFactor: got 0; give a number from 0.1 to 1000'],
    ['more than 1000', () => ({ requestRateFactor: 1001 }), 'requestRateFactor: got 1001; give'],
    ['not a number', () => ({ requestRateFactor: Number.NaN }), 'requestRateFactor: got'],
    ['a text', () => ({ requestRateFactor: '1' as never }), 'requestRateFactor: got "1"; give'],
  ]);
});

describe('staleRules', () => {
  itFails([
    [
      'nothing to look at at all',
      () => ({ staleRules: StaleRules.ignore(), vpnConnections: VpnConnections.none() }),
      'staleRules, flaggedIngressRules and vpnConnections leave nothing to look at; set at least one of them',
    ],
    [
      'the same with an empty list of rules',
      () => ({ staleRules: StaleRules.ignore(), vpnConnections: VpnConnections.none(), flaggedIngressRules: [] }),
      'leave nothing to look at',
    ],
    ['a text', () => ({ staleRules: 'revoke' as never }), 'staleRules: got "revoke"; give a StaleRules'],
    [
      'an age that is no whole number of seconds',
      () => ({ staleRules: StaleRules.revokeAfter(Duration.millis(1500)) }),
      'staleRules.revokeAfter (in seconds): got 1.5; give a whole number from 0',
    ],
    [
      'an age that is no number',
      () => ({ staleRules: StaleRules.revokeAfter(Duration.days(Number.NaN)) }),
      'staleRules.revokeAfter (in seconds): got null; give a whole number',
    ],
    ...[0, 1001, 1.5, -1].map((sightings): Case => [
      `${sightings} sightings`,
      () => ({ staleRules: StaleRules.revokeAfter(Duration.days(7), { sightings }) }),
      `staleRules.sightings: got ${sightings}; give a whole number from 1 to 1000`,
    ]),
    [
      'a gap of no time',
      () => ({ staleRules: StaleRules.revokeAfter(Duration.days(7), { maxGap: Duration.seconds(0) }) }),
      'staleRules.maxGap (in seconds): got 0; give a whole number from 1',
    ],
    [
      'a gap that is no whole number of seconds',
      () => ({ staleRules: StaleRules.revokeAfter(Duration.days(7), { maxGap: Duration.millis(1500) }) }),
      'staleRules.maxGap (in seconds): got 1.5; give a whole number from 1',
    ],
    [
      'a gap that is no number',
      () => ({ staleRules: StaleRules.revokeAfter(Duration.days(7), { maxGap: Duration.days(Number.NaN) }) }),
      'staleRules.maxGap (in seconds): got null; give a whole number from 1',
    ],
    [
      'sightings as text',
      () => ({ staleRules: StaleRules.revokeAfter(Duration.days(7), { sightings: '2' as never }) }),
      'staleRules.sightings: got "2"; give a whole number',
    ],
  ]);
});

describe('maxRevocationsPerSweep', () => {
  itFails([
    ...[-1, 100_001, 1.5].map((maxRevocationsPerSweep): Case => [
      String(maxRevocationsPerSweep),
      () => ({ maxRevocationsPerSweep }),
      `maxRevocationsPerSweep: got ${maxRevocationsPerSweep}; give a whole number from 0 to 100000`,
    ]),
    ['not a number', () => ({ maxRevocationsPerSweep: Number.NaN }), 'maxRevocationsPerSweep: got null; give'],
    ['a text', () => ({ maxRevocationsPerSweep: '20' as never }), 'maxRevocationsPerSweep: got "20"; give'],
  ]);

  it('fails for a number that is known at deployment only, because it decides what is granted', () => {
    const { error } = construction(stack => ({
      maxRevocationsPerSweep: new CfnParameter(stack, 'Limit', { type: 'Number' }).valueAsNumber,
    }));
    expect(error).toEqual(
      new Error(
        'Network/NetworkHygiene: maxRevocationsPerSweep: got a value that is known at deployment only; give a number, because it decides what is granted',
      ),
    );
  });
});

describe('settle', () => {
  const FIX = 'give a whole number from 0 to 2592000';

  itFails([
    ['more than 30 days', () => ({ settle: Duration.days(31) }), `settle (in seconds): got 2678400; ${FIX}`],
    ['a second too many', () => ({ settle: Duration.seconds(2_592_001) }), `settle (in seconds): got 2592001; ${FIX}`],
    ['no whole number of seconds', () => ({ settle: Duration.millis(1500) }), `settle (in seconds): got 1.5; ${FIX}`],
    ['not a number', () => ({ settle: Duration.hours(Number.NaN) }), `settle (in seconds): got null; ${FIX}`],
    ['a number', () => ({ settle: 3600 as never }), 'settle: got 3600; give a Duration, such as Duration.hours(1)'],
    ['a text', () => ({ settle: '1h' as never }), 'settle: got "1h"; give a Duration'],
    ['null, which must not come to mean none', () => ({ settle: null as never }), 'settle: got null; give a Duration'],
    ['false', () => ({ settle: false as never }), 'settle: got false; give a Duration'],
  ]);

  it.each([
    ['seconds', Duration.seconds], ['hours', Duration.hours],
  ] as const)('fails for %s that are known at deployment only', (_, of) => {
    const { error } = construction(stack => (
      { settle: of(new CfnParameter(stack, 'Settle', { type: 'Number' }).valueAsNumber) }));
    expect(error).toEqual(new Error('Network/NetworkHygiene: settle: got a value that is known at deployment only; '
      + 'give a Duration of a number, such as Duration.hours(1)'));
  });

  it.each([Duration.seconds(0), Duration.minutes(0), Duration.days(30)])('takes %s', settle => {
    expect(construction(() => ({ settle })).error).toBeUndefined();
  });
});

describe('schedule', () => {
  itFails([
    [
      'a rate of no time', () => ({ schedule: ScheduleExpression.expression('rate(0 minutes)') }),
      'schedule (in seconds): got 0; give a whole number from 1',
    ],
  ]);
});

describe('ledger, ledgerRemovalPolicy and allowRestore', () => {
  const VPN_ONLY = { staleRules: StaleRules.ignore() };
  const USELESS = 'leave it out, because staleRules and flaggedIngressRules leave no rules to look at';

  itFails([
    [
      'a text in the place of a table',
      () => ({ ledger: 'ledger' as never }),
      'ledger: got "ledger"; give an ITable of aws-dynamodb',
    ],
    [
      'an object in the place of a table',
      () => ({ ledger: { tableName: 'ledger' } as never }),
      'ledger: got an object of another kind; give an ITable',
    ],
    [
      'a removal policy of a table that is given',
      stack => ({ ledger: aTable(stack), ledgerRemovalPolicy: RemovalPolicy.DESTROY }),
      'ledgerRemovalPolicy: got "destroy"; leave it out, because it is about a new table, and ledger is given',
    ],
    [
      'a removal policy that DynamoDB does not have',
      () => ({ ledgerRemovalPolicy: RemovalPolicy.SNAPSHOT }),
      'ledgerRemovalPolicy: got "snapshot"; give one of RemovalPolicy retain, retain-on-update-or-delete, destroy',
    ],
    [
      'a removal policy that does not exist',
      () => ({ ledgerRemovalPolicy: 'keep' as never }),
      'ledgerRemovalPolicy: got "keep"; give one of',
    ],
    [
      'restoring where no rules are looked at',
      () => ({ ...VPN_ONLY, allowRestore: true }),
      `allowRestore: got true; ${USELESS}`,
    ],
    [
      'an event bus by its name',
      () => ({ eventBus: 'default' as never }),
      'eventBus: got "default"; give an IEventBus',
    ],
    [
      'a topic by its ARN',
      () => ({ notifications: 'arn:aws:sns:eu-central-1:111122223333:people' as never }),
      'notifications: got "arn:aws:sns:eu-central-1:111122223333:people"; give an ITopic',
    ],
    [
      'allowRestore as text',
      () => ({ allowRestore: 'false' as never }),
      'allowRestore: got "false"; give true or false',
    ],
    ['allowRestore as a number', () => ({ allowRestore: 1 as never }), 'allowRestore: got 1; give true or false'],
  ]);

  it('takes what says that nothing is restored, where no rules are looked at', () => {
    expect(construction(() => ({ ...VPN_ONLY, allowRestore: false, maxRevocationsPerSweep: 5 })).error).toBeUndefined();
  });
});

describe('flaggedIngressRules', () => {
  const at = (index: number) => `flaggedIngressRules[${index}]`;
  const first = `${at(0)}.ipPermissions[0]`;

  describe('group', () => {
    itFails([
      [
        'the name of a group',
        stack => ({
          flaggedIngressRules: [FlaggedIngressRule.onGroup(aGroup(stack, 'default'), Peer.anyIpv4(), Port.SSH)],
        }),
        `${at(0)}.groupId: got "default"; give an id that starts with "sg-"`,
      ],
      [
        'one rule of several',
        stack => ({
          flaggedIngressRules: [
            aRule(),
            aRule(),
            FlaggedIngressRule.onGroup(aGroup(stack, 'sg-*'), Peer.anyIpv4(), Port.SSH),
          ],
        }),
        `${at(2)}.groupId: got "sg-*"; give an id`,
      ],
    ]);
  });

  describe('match and reason', () => {
    itFails([
      [
        'an unknown match',
        () => ({
          flaggedIngressRules: [FlaggedIngressRule.inAnyGroup(Peer.anyIpv4(), Port.SSH, { match: 'exact' as never })],
        }),
        `${at(0)}.match: got "exact"; give one of EXACT, WITHIN, COVERS`,
      ],
      [
        'an empty reason',
        () => ({ flaggedIngressRules: [FlaggedIngressRule.inAnyGroup(Peer.anyIpv4(), Port.SSH, { reason: '' })] }),
        `${at(0)}.reason: got ""; give 1 to 255 characters that say why`,
      ],
      [
        'a reason of 256 characters',
        () => ({
          flaggedIngressRules: [
            aRule(),
            FlaggedIngressRule.inAnyGroup(Peer.anyIpv4(), Port.SSH, { reason: 'x'.repeat(256) }),
          ],
        }),
        `${at(1)}.reason: got "xxx`,
      ],
    ]);
  });

  describe('fromInternet', () => {
    itFails([
      [
        'an IPv4 prefix of 0',
        () => ({ flaggedIngressRules: [FlaggedIngressRule.fromInternet(Port.SSH, { ipv4PrefixLength: 0 })] }),
        `${at(0)}.fromInternet.ipv4PrefixLength: got 0; give a whole number from 1 to 32`,
      ],
      [
        'an IPv4 prefix of 33',
        () => ({ flaggedIngressRules: [FlaggedIngressRule.fromInternet(Port.SSH, { ipv4PrefixLength: 33 })] }),
        `${at(0)}.fromInternet.ipv4PrefixLength: got 33; give`,
      ],
      [
        'an IPv6 prefix of 129',
        () => ({ flaggedIngressRules: [FlaggedIngressRule.fromInternet(Port.SSH, { ipv6PrefixLength: 129 })] }),
        `${at(0)}.fromInternet.ipv6PrefixLength: got 129; give a whole number from 1 to 128`,
      ],
      [
        'a fraction',
        () => ({ flaggedIngressRules: [FlaggedIngressRule.fromInternet(Port.SSH, { ipv6PrefixLength: 12.5 })] }),
        `${at(0)}.fromInternet.ipv6PrefixLength: got 12.5; give`,
      ],
      [
        'ports out of order',
        () => ({ flaggedIngressRules: [FlaggedIngressRule.fromInternet(Port.tcpRange(443, 80))] }),
        `${first}: got {"IpProtocol":"tcp","FromPort":443,"ToPort":80}; for tcp and udp give FromPort <= ToPort`,
      ],
    ]);
  });

  describe('peer', () => {
    itFails([
      [
        'an IPv4 block with bits behind its prefix',
        () => flagged(Peer.ipv4('10.1.2.3/8')),
        `${first}.IpRanges[0].CidrIp: "10.1.2.3/8" has address bits behind its prefix. Did you mean "10.0.0.0/8", or one address, "10.1.2.3/32"?`,
      ],
      [
        'an IPv4 block with an octet of 256',
        () => flagged(Peer.ipv4('256.0.0.0/8')),
        `${first}.IpRanges[0].CidrIp: "256.0.0.0/8" has no valid IPv4 address`,
      ],
      [
        'an IPv6 block with bits behind its prefix',
        () => flagged(Peer.ipv6('2001:db8::1/32')),
        `${first}.Ipv6Ranges[0].CidrIpv6: "2001:db8::1/32" has address bits behind its prefix. Did you mean "2001:db8::/32", or one address, "2001:db8::1/128"?`,
      ],
      [
        'what is no prefix list',
        () => flagged(Peer.prefixList('com.amazonaws.global.cloudfront.origin-facing')),
        `${first}.PrefixListIds[0].PrefixListId: got "com.amazonaws.global.cloudfront.origin-facing"; give an id that starts with "pl-"`,
      ],
      [
        'a group that is named',
        stack => flagged(aGroup(stack, 'web')),
        `${first}.UserIdGroupPairs[0].GroupId: got "web"; give an id that starts with "sg-"`,
      ],
    ]);
  });

  describe('port', () => {
    itFails([
      [
        'ports out of order',
        () => flagged(Peer.anyIpv4(), Port.tcpRange(443, 80)),
        'for tcp and udp give FromPort <= ToPort within 0 to 65535',
      ],
      [
        'a port beyond 65535',
        () => flagged(Peer.anyIpv4(), Port.tcp(70_000)),
        `${first}.FromPort: got 70000; give a whole number from -1 to 65535`,
      ],
      [
        'a port below -1',
        () => flagged(Peer.anyIpv4(), aPort(Protocol.UDP, -2, -2)),
        `${first}.FromPort: got -2; give`,
      ],
      ['a port that is a fraction', () => flagged(Peer.anyIpv4(), Port.tcp(22.5)), `${first}.FromPort: got 22.5; give`],
      ['a range without an end', () => flagged(Peer.anyIpv4(), aPort(Protocol.TCP, 22)), `${first}: got`],
      [
        'a type of ICMP beyond 255',
        () => flagged(Peer.anyIpv4(), Port.icmpType(256)),
        'for icmp and icmpv6 a type and a code within 0 to 255',
      ],
      [
        'a code of ICMP without a type',
        () => flagged(Peer.anyIpv4(), aPort(Protocol.ICMP, -1, 4)),
        'for icmp and icmpv6 a type and a code',
      ],
    ]);
  });

  describe('ipPermissions', () => {
    itFails([
      [
        'no permission',
        stack => ({ flaggedIngressRules: [FlaggedIngressRule.fromIpPermissions(aGroup(stack), [])] }),
        `${at(0)}.ipPermissions: got []; declare at least one permission`,
      ],
      [
        'nothing',
        stack => ({ flaggedIngressRules: [FlaggedIngressRule.fromIpPermissions(aGroup(stack), undefined)] }),
        `${first}: got undefined; give an object`,
      ],
      [
        'a number',
        stack => ({ flaggedIngressRules: [FlaggedIngressRule.fromIpPermissions(aGroup(stack), 22)] }),
        `${first}: got 22; give an object`,
      ],
      ['no protocol', permission({ IpProtocol: undefined }), `${first}.IpProtocol: got undefined; give a protocol`],
      ['a protocol as a number', permission({ IpProtocol: 6 }), `${first}.IpProtocol: got 6; give a protocol`],
      [
        'an unknown protocol',
        permission({ IpProtocol: 'http' }),
        `${first}.IpProtocol: got "http"; give tcp, udp, icmp, icmpv6, -1 or a protocol number from 0 to 255`,
      ],
      ['a protocol number of 256', permission({ IpProtocol: '256' }), `${first}.IpProtocol: got "256"; give`],
      [
        'a port as text',
        permission({ FromPort: '22' }),
        `${first}.FromPort: got "22"; give a whole number from -1 to 65535`,
      ],
      ['one port without the other', permission({ ToPort: undefined }), `${first}: got`],
      [
        'no source',
        permission({ IpRanges: undefined }),
        'no source: give at least one of IpRanges, Ipv6Ranges, PrefixListIds, UserIdGroupPairs',
      ],
      ['empty sources', permission({ IpRanges: [], Ipv6Ranges: [] }), 'no source: give at least one of'],
      [
        'sources that are no list',
        permission({ IpRanges: { CidrIp: '0.0.0.0/0' } }),
        `${first}.IpRanges: got {"CidrIp":"0.0.0.0/0"}; give a list`,
      ],
      [
        'a block that is no object',
        permission({ IpRanges: ['0.0.0.0/0'] }),
        `${first}.IpRanges[0]: got "0.0.0.0/0"; give an object`,
      ],
      [
        'a block without a prefix',
        permission({ IpRanges: [{ CidrIp: '10.0.0.1' }] }),
        `${first}.IpRanges[0].CidrIp: "10.0.0.1" is not a CIDR block such as`,
      ],
      [
        'a prefix of 33',
        permission({ IpRanges: [{ CidrIp: '10.0.0.0/33' }] }),
        `${first}.IpRanges[0].CidrIp: "10.0.0.0/33" has a prefix longer than 32 bits`,
      ],
      [
        'IPv6 among IPv4',
        permission({ IpRanges: [{ CidrIp: '0.0.0.0/0' }, { CidrIp: '::/0' }] }),
        `${first}.IpRanges[1].CidrIp: "::/0" is IPv6; put it in Ipv6Ranges.CidrIpv6`,
      ],
      [
        'IPv4 among IPv6',
        permission({ Ipv6Ranges: [{ CidrIpv6: '0.0.0.0/0' }] }),
        `${first}.Ipv6Ranges[0].CidrIpv6: "0.0.0.0/0" is IPv4; put it in IpRanges.CidrIp`,
      ],
      ['a misspelt member', permission({ fromPort: 22 }), `${first}: "fromPort" is unknown. Did you mean "FromPort"?`],
      [
        'an unknown member of a source',
        permission({ IpRanges: [{ CidrIp: '0.0.0.0/0', CidrIpv6: '::/0' }] }),
        `${first}.IpRanges[0]: "CidrIpv6" is unknown. Known here: CidrIp, Description`,
      ],
      [
        'a group by its name',
        permission({ UserIdGroupPairs: [{ GroupName: 'web' }] }),
        `${first}.UserIdGroupPairs[0]: got {"GroupName":"web"}; no GroupId: EC2 looks names up in the default VPC only, so name the group by its id`,
      ],
      [
        'an account id of 11 digits',
        permission({ UserIdGroupPairs: [{ GroupId: 'sg-1', UserId: '11112222333' }] }),
        `${first}.UserIdGroupPairs[0].UserId: got "11112222333"; give an account id of 12 digits`,
      ],
      [
        'an account id as a number',
        permission({ UserIdGroupPairs: [{ GroupId: 'sg-1', UserId: 111122223333 }] }),
        `${first}.UserIdGroupPairs[0].UserId: got 111122223333; give an account id of 12 digits`,
      ],
    ]);
  });
});

describe('vpnConnections', () => {
  itFails([
    [
      'no ids',
      () => ({ vpnConnections: VpnConnections.withIds([]) }),
      'vpnConnections.ids: got []; use VpnConnections.none() to look at none',
    ],
    [
      'what is no id of a VPN connection',
      () => ({ vpnConnections: VpnConnections.withIds(['vpn-1', 'vgw-1']) }),
      'vpnConnections.ids[1]: got "vgw-1"; give an id that starts with "vpn-"',
    ],
    ['no filters', matching({}), 'vpnConnections.filters: got []; use VpnConnections.all() to look at all'],
    [
      'no tags to filter by',
      matching({ tags: {} }),
      'vpnConnections.filters: got []; use VpnConnections.all() to look at all',
    ],
    ['a tag without a key', matching({ tags: { '': ['x'] } }), 'got "tag:"; give one of'],
    [
      '201 values',
      matching({ tagKeys: Array.from({ length: 201 }, (_, index) => `key-${index}`) }),
      'vpnConnections: the filters have 201 values together; EC2 takes at most 200',
    ],
    [
      'stale after no time',
      () => ({ vpnConnections: VpnConnections.all({ staleAfter: Duration.seconds(0) }) }),
      'vpnConnections.staleAfter (in seconds): got 0; give a whole number from 1',
    ],
    ['a text', () => ({ vpnConnections: 'all' as never }), 'vpnConnections: got "all"; give a VpnConnections'],
  ]);

  // EC2 limits the number of values in a call, over all of its filters.
  itFails([
    [
      '201 values in two filters',
      matching({ vpnGatewayIds: Array.from({ length: 200 }, (_, index) => `vgw-${index}`), states: ['available'] }),
      '201 values',
    ],
  ]);

  const EMPTY: ReadonlyArray<[keyof VpnConnectionFilters, string, VpnConnectionFilters]> = [
    ['bgpAsns', 'bgp-asn', { bgpAsns: [] }],
    ['customerGatewayConfigurations', 'customer-gateway-configuration', { customerGatewayConfigurations: [] }],
    ['customerGatewayIds', 'customer-gateway-id', { customerGatewayIds: [] }],
    ['routeDestinationCidrBlocks', 'route.destination-cidr-block', { routeDestinationCidrBlocks: [] }],
    ['states', 'state', { states: [] }],
    ['tagKeys', 'tag-key', { tagKeys: [] }],
    ['tags', 'tag:Kind', { tags: { Kind: [] } }],
    ['transitGatewayIds', 'transit-gateway-id', { transitGatewayIds: [] }],
    ['types', 'type', { types: [] }],
    ['vpnConnectionIds', 'vpn-connection-id', { vpnConnectionIds: [] }],
    ['vpnGatewayIds', 'vpn-gateway-id', { vpnGatewayIds: [] }],
  ];

  itFails(
    EMPTY.map(([prop, , filters]): Case => [
      `${prop} without a value`,
      matching(filters),
      'got []; EC2 refuses a filter without values',
    ]),
  );

  it('names a filter as the user or EC2 does, because its position would not identify it', () => {
    const unnamed = EMPTY.filter(
      ([prop, name, filters]) =>
        ![prop, name].some(each => String(construction(matching(filters)).error).includes(each)),
    );
    expect(unnamed.map(([prop]) => prop)).toEqual([]);
  });

  it('fails without showing values, which may hold a pre-shared key', () => {
    const { error } = construction(
      matching({ customerGatewayConfigurations: Array.from({ length: 201 }, () => 'secret') }),
    );
    expect(String(error)).toContain('the filters have 201 values together');
    expect(String(error)).not.toContain('secret');
  });

  it('fails for an invalid ASN', () => {
    for (const bgpAsn of [-1, 65_000.5, Number.NaN, 4_294_967_296]) {
      expect(construction(matching({ bgpAsns: [bgpAsn] })).error).toBeInstanceOf(Error);
    }
  });
});

describe('values that TypeScript does not let through, but JavaScript does', () => {
  itFails([
    ['null in the place of all', () => null as never, 'got null; give an object with any of vpcs, staleRules,'],
    ['vpcs that are no list', stack => ({ vpcs: aVpc(stack, 'vpc-1') as never }), 'vpcs'],
    ['a VPC that is missing', () => ({ vpcs: [undefined as never] }), 'vpcs[0]'],
    ['an id in the place of a VPC', () => ({ vpcs: ['vpc-1' as never] }), 'vpcs[0]: got'],
    [
      'exemptSecurityGroups that are no list',
      stack => ({ exemptSecurityGroups: aGroup(stack) as never }),
      'exemptSecurityGroups',
    ],
    ['a group that is missing', () => ({ exemptSecurityGroups: [undefined as never] }), 'exemptSecurityGroups[0]'],
    ['flaggedIngressRules that are no list', () => ({ flaggedIngressRules: aRule() as never }), 'flaggedIngressRules'],
    [
      'a rule that is missing',
      () => ({ flaggedIngressRules: [aRule(), undefined as never] }),
      'flaggedIngressRules[1]',
    ],
    [
      'a misspelt dryRun, which must not come to mean false',
      () => ({ dryrun: true }) as never,
      'dryrun: no such property',
    ],
    [
      'a text in the place of a role',
      () => ({ role: 'arn:aws:iam::111122223333:role/x' as never }),
      'role: got "arn:aws:iam::111122223333:role/x"; give an IRole',
    ],
    [
      'a text in the place of a log group',
      () => ({ logGroup: 'logs' as never }),
      'logGroup: got "logs"; give an ILogGroup',
    ],
    [
      'a text in the place of a schedule',
      () => ({ schedule: 'rate(1 hour)' as never }),
      'schedule: got "rate(1 hour)"; give a ScheduleExpression',
    ],
    ['an object in the place of a VPC', () => ({ vpcs: [{} as never] }), 'vpcs[0]: got an object of another kind'],
    [
      'an object in the place of a rule',
      () => ({ flaggedIngressRules: [{ port: 22 } as never] }),
      'flaggedIngressRules[0]',
    ],
  ]);
});

describe('notifications', () => {
  const topicOf = (scope: Stack, region: string, name = 'people'): ITopic =>
    Topic.fromTopicArn(scope, 'People', `arn:aws:sns:${region}:111122223333:${name}`);

  itFails([
    [
      'a FIFO topic',
      () => ({ notifications: new Topic(aStack('Other'), 'People', { fifo: true }) }),
      'notifications: got a FIFO topic, which e-mail cannot subscribe to; give a standard one',
    ],
    [
      'an imported FIFO topic',
      stack => ({ notifications: topicOf(stack, 'eu-central-1', 'people.fifo') }),
      'notifications: got a FIFO topic',
    ],
  ]);

  const inFrankfurt = (region: string): NetworkHygiene => {
    const stack = new Stack(new App(), 'Network', { env: { account: '111122223333', region: 'eu-central-1' } });
    return new NetworkHygiene(stack, 'NetworkHygiene', { notifications: topicOf(stack, region) });
  };

  it('fails for a topic of another Region, where both are known', () => {
    expect(() => inFrankfurt('us-east-1')).toThrow(
      'Network/NetworkHygiene: notifications: got a topic in us-east-1; give one in eu-central-1, because',
    );
    expect(() => inFrankfurt('eu-central-1')).not.toThrow();
    expect(construction(stack => ({ notifications: topicOf(stack, 'us-east-1') })).error).toBeUndefined();
  });
});

/**
 * Tests that wrong values of properties fail before any resource is created, with an error that names the property, the
 * value and the fix. The method that takes the value throws the error and names itself; otherwise the error names the
 * construct.
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
  NotificationFormat,
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

/** The name of the case, the properties, and the message after the construct's path or the method. */
type Case = [string, (stack: Stack) => NetworkHygieneProps, string];

function construction(props: (stack: Stack) => NetworkHygieneProps): { error: unknown; resources: string[] } {
  const stack = aStack();
  try {
    new NetworkHygiene(stack, 'NetworkHygiene', props(stack));
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

function itFails(cases: readonly Case[], where = 'Network/NetworkHygiene'): void {
  it.each(cases)('fails for %s, before any resource is made', (_, props, message) => {
    const { error, resources } = construction(props);
    expect(error).toBeInstanceOf(Error);
    const said = (error as Error).message;
    expect(said.slice(0, where.length + 2)).toBe(`${where}: `);
    expect(said.slice(where.length + 2)).toContain(message);
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
      'staleRules, flaggedIngressRules, vpnConnections and unusedSecurityGroups leave nothing to look at; set at least one of them',
    ],
    [
      'the same with an empty list of rules',
      () => ({ staleRules: StaleRules.ignore(), vpnConnections: VpnConnections.none(), flaggedIngressRules: [] }),
      'leave nothing to look at',
    ],
    ['a text', () => ({ staleRules: 'revoke' as never }), 'staleRules: got "revoke"; give a StaleRules'],
  ]);

  const WHOLE = 'give a Duration of whole seconds';

  itFails([
    [
      'an age that is no whole number of seconds',
      () => ({ staleRules: StaleRules.revokeAfter(Duration.millis(1500)) }),
      `age: got 1.5 seconds; ${WHOLE}, 0 or more, such as Duration.days(7)`,
    ],
    [
      'an age that is no number',
      () => ({ staleRules: StaleRules.revokeAfter(Duration.days(Number.NaN)) }),
      `age: got NaN seconds; ${WHOLE}`,
    ],
    [
      'an age without an end',
      () => ({ staleRules: StaleRules.revokeAfter(Duration.days(Infinity)) }),
      `age: got Infinity seconds; ${WHOLE}`,
    ],
    ...[0, 1001, 1.5, -1, Number.NaN, -Infinity].map((sightings): Case => [
      `${sightings} sightings`,
      () => ({ staleRules: StaleRules.revokeAfter(Duration.days(7), { sightings }) }),
      `sightings: got ${sightings}; give an integer from 1 to 1000`,
    ]),
    [
      'a gap of no time',
      () => ({ staleRules: StaleRules.revokeAfter(Duration.days(7), { maxGap: Duration.seconds(0) }) }),
      `maxGap: got 0 seconds; ${WHOLE}, 1 or more, such as Duration.days(1)`,
    ],
    [
      'a gap that is no whole number of seconds',
      () => ({ staleRules: StaleRules.revokeAfter(Duration.days(7), { maxGap: Duration.millis(1500) }) }),
      `maxGap: got 1.5 seconds; ${WHOLE}`,
    ],
    [
      'a gap that is no number',
      () => ({ staleRules: StaleRules.revokeAfter(Duration.days(7), { maxGap: Duration.days(Number.NaN) }) }),
      `maxGap: got NaN seconds; ${WHOLE}`,
    ],
    [
      'sightings as text',
      () => ({ staleRules: StaleRules.revokeAfter(Duration.days(7), { sightings: '2' as never }) }),
      'sightings: got "2"; give an integer from 1 to 1000',
    ],
  ], 'StaleRules.revokeAfter');
});

describe('maxRevocationsPerSweep', () => {
  itFails([
    ...[-1, 100_001, 1.5].map((maxRevocationsPerSweep): Case => [
      String(maxRevocationsPerSweep),
      () => ({ maxRevocationsPerSweep }),
      `maxRevocationsPerSweep: got ${maxRevocationsPerSweep}; give a whole number from 0 to 100000`,
    ]),
    ['not a number', () => ({ maxRevocationsPerSweep: Number.NaN }), 'maxRevocationsPerSweep: got NaN; give'],
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
    ['not a number', () => ({ settle: Duration.hours(Number.NaN) }), `settle (in seconds): got NaN; ${FIX}`],
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
      'schedule: got "rate(0 minutes)", and a rate has a whole number from 1, and minutes, hours or days; give a schedule',
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
      'ledger: got {"tableName":"ledger"}; give an ITable',
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
  const PORTS_IN_ORDER = 'for tcp and udp give a first port that is not above the last, within 0 to 65535';

  describe('group', () => {
    itFails([
      [
        'the name of a group',
        stack => ({
          flaggedIngressRules: [FlaggedIngressRule.onGroup(aGroup(stack, 'default'), Peer.anyIpv4(), Port.SSH)],
        }),
        'group.securityGroupId: got "default"; give an id that starts with "sg-"',
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
        'group.securityGroupId: got "sg-*"; give an id',
      ],
    ], 'FlaggedIngressRule.onGroup');
  });

  describe('match and reason', () => {
    itFails([
      [
        'an unknown match',
        () => ({
          flaggedIngressRules: [FlaggedIngressRule.inAnyGroup(Peer.anyIpv4(), Port.SSH, { match: 'exact' as never })],
        }),
        'match: got "exact"; give RuleMatch.EXACT or RuleMatch.WITHIN or RuleMatch.COVERS',
      ],
      [
        'an empty reason',
        () => ({ flaggedIngressRules: [FlaggedIngressRule.inAnyGroup(Peer.anyIpv4(), Port.SSH, { reason: '' })] }),
        'reason: got ""; give 1 to 255 characters that say why',
      ],
      [
        'a reason of 256 characters',
        () => ({
          flaggedIngressRules: [
            aRule(),
            FlaggedIngressRule.inAnyGroup(Peer.anyIpv4(), Port.SSH, { reason: 'x'.repeat(256) }),
          ],
        }),
        'reason: got "xxx',
      ],
    ], 'FlaggedIngressRule.inAnyGroup');
  });

  describe('fromInternet', () => {
    itFails([
      [
        'an IPv4 prefix of 0',
        () => ({ flaggedIngressRules: [FlaggedIngressRule.fromInternet(Port.SSH, { ipv4PrefixLength: 0 })] }),
        'ipv4PrefixLength: got 0; give a whole number from 1 to 32',
      ],
      [
        'an IPv4 prefix of 33',
        () => ({ flaggedIngressRules: [FlaggedIngressRule.fromInternet(Port.SSH, { ipv4PrefixLength: 33 })] }),
        'ipv4PrefixLength: got 33; give',
      ],
      [
        'an IPv6 prefix of 129',
        () => ({ flaggedIngressRules: [FlaggedIngressRule.fromInternet(Port.SSH, { ipv6PrefixLength: 129 })] }),
        'ipv6PrefixLength: got 129; give a whole number from 1 to 128',
      ],
      [
        'a fraction',
        () => ({ flaggedIngressRules: [FlaggedIngressRule.fromInternet(Port.SSH, { ipv6PrefixLength: 12.5 })] }),
        'ipv6PrefixLength: got 12.5; give',
      ],
      [
        'ports out of order',
        () => ({ flaggedIngressRules: [FlaggedIngressRule.fromInternet(Port.tcpRange(443, 80))] }),
        `port: got {"protocol":"tcp","fromPort":443,"toPort":80}; ${PORTS_IN_ORDER}`,
      ],
    ], 'FlaggedIngressRule.fromInternet');
  });

  describe('peer', () => {
    itFails([
      [
        'an IPv4 block with bits behind its prefix',
        () => flagged(Peer.ipv4('10.1.2.3/8')),
        'peer: "10.1.2.3/8" has address bits behind its prefix. Did you mean "10.0.0.0/8", or one address, "10.1.2.3/32"?',
      ],
      [
        'an IPv4 block with an octet of 256',
        () => flagged(Peer.ipv4('256.0.0.0/8')),
        'peer: "256.0.0.0/8" has no valid IPv4 address',
      ],
      [
        'an IPv6 block with bits behind its prefix',
        () => flagged(Peer.ipv6('2001:db8::1/32')),
        'peer: "2001:db8::1/32" has address bits behind its prefix. Did you mean "2001:db8::/32", or one address, "2001:db8::1/128"?',
      ],
      [
        'what is no prefix list',
        () => flagged(Peer.prefixList('com.amazonaws.global.cloudfront.origin-facing')),
        'peer: got "com.amazonaws.global.cloudfront.origin-facing"; give an id that starts with "pl-"',
      ],
      [
        'a group that is named',
        stack => flagged(aGroup(stack, 'web')),
        'peer: got "web"; give an id that starts with "sg-"',
      ],
    ], 'FlaggedIngressRule.inAnyGroup');
  });

  describe('port', () => {
    itFails([
      [
        'ports out of order',
        () => flagged(Peer.anyIpv4(), Port.tcpRange(443, 80)),
        `port: got {"protocol":"tcp","fromPort":443,"toPort":80}; ${PORTS_IN_ORDER}`,
      ],
      [
        'a port beyond 65535',
        () => flagged(Peer.anyIpv4(), Port.tcp(70_000)),
        'port.fromPort: got 70000; give a whole number from -1 to 65535',
      ],
      [
        'a port below -1',
        () => flagged(Peer.anyIpv4(), aPort(Protocol.UDP, -2, -2)),
        'port.fromPort: got -2; give',
      ],
      ['a port that is a fraction', () => flagged(Peer.anyIpv4(), Port.tcp(22.5)), 'port.fromPort: got 22.5; give'],
      ['a range without an end', () => flagged(Peer.anyIpv4(), aPort(Protocol.TCP, 22)), 'port: got {"protocol":"tcp","fromPort":22}; for tcp'],
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
    ], 'FlaggedIngressRule.inAnyGroup');
  });

  describe('ipPermissions', () => {
    const first = 'ipPermissions[0]';

    itFails([
      [
        'no permission',
        stack => ({ flaggedIngressRules: [FlaggedIngressRule.fromIpPermissions(aGroup(stack), [])] }),
        'ipPermissions: got []; declare at least one permission',
      ],
      [
        'nothing',
        stack => ({ flaggedIngressRules: [FlaggedIngressRule.fromIpPermissions(aGroup(stack), undefined)] }),
        'ipPermissions: got undefined; give a list of objects, JSON, or the CLI\'s shorthand',
      ],
      [
        'a number',
        stack => ({ flaggedIngressRules: [FlaggedIngressRule.fromIpPermissions(aGroup(stack), 22)] }),
        'ipPermissions: got 22; give a list of objects',
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
    ], 'FlaggedIngressRule.fromIpPermissions');
  });
});

describe('vpnConnections', () => {
  itFails([['a text', () => ({ vpnConnections: 'all' as never }), 'vpnConnections: got "all"; give a VpnConnections']]);

  itFails([
    [
      'stale after no time',
      () => ({ vpnConnections: VpnConnections.all({ staleAfter: Duration.seconds(0) }) }),
      'staleAfter: got 0 seconds; give a Duration of whole seconds, 1 or more, such as Duration.days(30)',
    ],
    [
      'stale after no whole number of seconds',
      () => ({ vpnConnections: VpnConnections.all({ staleAfter: Duration.millis(1500) }) }),
      'staleAfter: got 1.5 seconds; give',
    ],
  ], 'VpnConnections.all');

  itFails([
    [
      'no ids',
      () => ({ vpnConnections: VpnConnections.withIds([]) }),
      'vpnConnectionIds: got []; use VpnConnections.none() to look at none',
    ],
    [
      'what is no id of a VPN connection',
      () => ({ vpnConnections: VpnConnections.withIds(['vpn-1', 'vgw-1']) }),
      'vpnConnectionIds[1]: got "vgw-1"; give an id that starts with "vpn-"',
    ],
  ], 'VpnConnections.withIds');

  itFails([
    ['no filters', matching({}), 'filters: got none; use VpnConnections.all() to look at all'],
    ['no tags to filter by', matching({ tags: {} }), 'filters: got none; use VpnConnections.all() to look at all'],
    ['a tag without a key', matching({ tags: { '': ['x'] } }), 'tags: got a tag without a key; give the key of a tag'],
    ['a state that there is not', matching({ states: ['up'] }), 'states[0]: got "up"; give pending, available,'],
    [
      '201 values',
      matching({ tagKeys: Array.from({ length: 201 }, (_, index) => `key-${index}`) }),
      'filters: got 201 values together; EC2 takes at most 200 in one call',
    ],
    // EC2 limits the number of values in a call, over all of its filters.
    [
      '201 values in two filters',
      matching({ vpnGatewayIds: Array.from({ length: 200 }, (_, index) => `vgw-${index}`), states: ['available'] }),
      'filters: got 201 values together',
    ],
  ], 'VpnConnections.matching');

  const EMPTY: ReadonlyArray<[keyof VpnConnectionFilters, VpnConnectionFilters]> = [
    ['bgpAsns', { bgpAsns: [] }],
    ['customerGatewayConfigurations', { customerGatewayConfigurations: [] }],
    ['customerGatewayIds', { customerGatewayIds: [] }],
    ['routeDestinationCidrBlocks', { routeDestinationCidrBlocks: [] }],
    ['states', { states: [] }],
    ['tagKeys', { tagKeys: [] }],
    ['tags', { tags: { Kind: [] } }],
    ['transitGatewayIds', { transitGatewayIds: [] }],
    ['types', { types: [] }],
    ['vpnConnectionIds', { vpnConnectionIds: [] }],
    ['vpnGatewayIds', { vpnGatewayIds: [] }],
  ];

  itFails(
    EMPTY.map(([prop, filters]): Case => [
      `${prop} without a value`,
      matching({ staticRoutesOnly: true, ...filters }),
      `${prop === 'tags' ? 'tags["Kind"]' : prop}: got []; EC2 refuses a filter without values`,
    ]),
    'VpnConnections.matching',
  );

  it.each<[string, unknown]>([
    ['there are too many', Array.from({ length: 201 }, () => 'secret')],
    ['they are no list', 'secret'],
    ['one is no text', [{ key: 'secret' }]],
    ['one is empty', ['secret', '']],
  ])('fails without showing configurations, which may hold a pre-shared key, when %s', (_, configurations) => {
    const { error } = construction(matching({ customerGatewayConfigurations: configurations as string[] }));
    expect(String(error)).toContain('VpnConnections.matching: ');
    expect(String(error)).not.toContain('secret');
  });

  it('fails for an invalid ASN', () => {
    for (const bgpAsn of [-1, 0, 65_000.5, Number.NaN, 4_294_967_296]) {
      expect(String(construction(matching({ bgpAsns: [65_000, bgpAsn] })).error)).toBe(
        `Error: VpnConnections.matching: bgpAsns[1]: got ${bgpAsn}; give an ASN from 1 to 4294967295`,
      );
    }
  });

  it.each([[['deleted']], [['deleting', 'deleted']]])(
    'fails for the states %j alone, because such connections are not counted',
    states => {
      expect(String(construction(matching({ states })).error)).toMatch(
        /^Error: VpnConnections\.matching: states: got \["delet.*none would ever be found; give "available"/,
      );
      expect(construction(matching({ states: [...states, 'available'] })).error).toBeUndefined();
    },
  );
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
      '"dryrun" is unknown. Did you mean "dryRun"?',
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
    ['an object in the place of a VPC', () => ({ vpcs: [{} as never] }), 'vpcs[0]: got {}; give an IVpc'],
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
    [
      'a format without a topic',
      () => ({ notificationFormat: NotificationFormat.CHAT }),
      'notificationFormat: got NotificationFormat.CHAT, and there is no topic whose messages would have it; give notifications, or leave it out',
    ],
    [
      'a format that is none',
      stack => ({ notifications: topicOf(stack, 'eu-central-1'), notificationFormat: 'chat' as never }),
      'notificationFormat: got "chat"; give NotificationFormat.TEXT or NotificationFormat.CHAT',
    ],
    [
      'null for a format',
      stack => ({ notifications: topicOf(stack, 'eu-central-1'), notificationFormat: null as never }),
      'notificationFormat: got null; give NotificationFormat.TEXT or NotificationFormat.CHAT',
    ],
  ]);

  it('take the default of their format without a topic, because it changes nothing', () => {
    expect(construction(() => ({ notificationFormat: NotificationFormat.TEXT })).error).toBeUndefined();
  });

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

/**
 * Tests the permissions of the function's role for each combination of properties: exactly those that are needed, and
 * no others.
 */
import { Duration, Stack } from 'aws-cdk-lib';
import { AttributeType, Table } from 'aws-cdk-lib/aws-dynamodb';
import { ISecurityGroup, IVpc, Peer, Port, SecurityGroup, Vpc } from 'aws-cdk-lib/aws-ec2';
import { EventBus } from 'aws-cdk-lib/aws-events';
import { IRole, Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { Key } from 'aws-cdk-lib/aws-kms';
import { Topic } from 'aws-cdk-lib/aws-sns';
import {
  FlaggedAction, FlaggedIngressRule, NetworkHygieneProps, NotificationFormat, RuleMatch, StaleRules, VpnConnections,
} from '../src';
import { joined, Props, Statement, SynthesizedStack } from './support/synthesized-stack';

const REVOKE = 'ec2:RevokeSecurityGroupIngress';
const AUTHORIZE = 'ec2:AuthorizeSecurityGroupIngress';
const RESTORE = [AUTHORIZE, 'ec2:CreateTags'];
const LEDGER = ['dynamodb:GetItem', 'dynamodb:PutItem', 'dynamodb:Query'];
const KEY_ACTIONS = [
  'kms:Decrypt',
  'kms:DescribeKey',
  'kms:Encrypt',
  'kms:GenerateDataKey',
  'kms:GenerateDataKeyWithoutPlaintext',
  'kms:ReEncryptFrom',
  'kms:ReEncryptTo',
];
const ALWAYS = [...LEDGER, 'cloudwatch:PutMetricData', 'events:PutEvents', 'logs:CreateLogStream', 'logs:PutLogEvents'];
/** This permission is needed to settle what an earlier configuration began or left open. */
const SETTLE = 'ec2:DescribeSecurityGroupRules';
const READ_RULES = [SETTLE, 'ec2:DescribeSecurityGroups', 'ec2:DescribeVpcs'];
const READ_STALE = ['ec2:DescribeSecurityGroupVpcAssociations', 'ec2:DescribeStaleSecurityGroups'];
const READ_VPN = 'ec2:DescribeVpnConnections';

const ARN = 'arn:<Ref AWS::Partition>:ec2:<Ref AWS::Region>:<Ref AWS::AccountId>';
const ANY_GROUP = `${ARN}:security-group/*`;
const ANY_RULE_ID = `${ARN}:security-group-rule/*`;

/** ForAllValues is true for an empty list, so the key must be present, too. */
const onlyOf = (key: string, value: string): Statement['Condition'] =>
  ({ 'ForAllValues:StringEquals': { [key]: [value] }, 'Null': { [key]: 'false' } });

const aVpc = (stack: Stack, vpcId: string): IVpc =>
  Vpc.fromVpcAttributes(stack, vpcId, { vpcId, availabilityZones: ['eu-central-1a'] });
const aGroup = (stack: Stack, id: string): ISecurityGroup => SecurityGroup.fromSecurityGroupId(stack, id, id);
const onGroup = (stack: Stack, id: string): FlaggedIngressRule =>
  FlaggedIngressRule.onGroup(aGroup(stack, id), Peer.anyIpv4(), Port.SSH);
const inAnyGroup = (): FlaggedIngressRule => FlaggedIngressRule.inAnyGroup(Peer.anyIpv6(), Port.SSH);

const resources = ({ Resource }: Statement): string[] => [Resource].flat().map(each => joined(each)).sort();
const revocation = (props: Props, effect: 'Allow' | 'Deny'): Statement[] =>
  SynthesizedStack.with(props)
    .about(REVOKE)
    .filter(({ Effect }) => Effect === effect);

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

  /** If rules are looked at, they may be restored, whatever has revoked them. */
  const restoring = (reads: readonly string[]): string[] => reads.includes(READ_RULES[1]) ? RESTORE : [];

  const props = (stack: Stack, [stale, flagged, vpn]: Choice): NetworkHygieneProps => ({
    staleRules: STALE[stale], flaggedIngressRules: FLAGGED[flagged].map(make => make(stack)), vpnConnections: VPN[vpn],
  });

  /**
   * The expected reads, and whether anything is revoked when revoking is enabled and it is not a dry run. The table is
   * written by hand.
   */
  const EXPECTED: ReadonlyArray<[...Choice, string[], boolean]> = [
    ['report', 'none', 'all', [...READ_RULES, ...READ_STALE, READ_VPN], false],
    ['report', 'none', 'withIds', [...READ_RULES, ...READ_STALE, READ_VPN], false],
    ['report', 'none', 'matching', [...READ_RULES, ...READ_STALE, READ_VPN], false],
    ['report', 'none', 'none', [...READ_RULES, ...READ_STALE], false],
    ['report', 'onGroup', 'all', [...READ_RULES, ...READ_STALE, READ_VPN], true],
    ['report', 'onGroup', 'none', [...READ_RULES, ...READ_STALE], true],
    ['report', 'inAnyGroup', 'all', [...READ_RULES, ...READ_STALE, READ_VPN], true],
    ['report', 'inAnyGroup', 'none', [...READ_RULES, ...READ_STALE], true],
    ['revoke', 'none', 'all', [...READ_RULES, ...READ_STALE, READ_VPN], true],
    ['revoke', 'none', 'none', [...READ_RULES, ...READ_STALE], true],
    ['revoke', 'onGroup', 'all', [...READ_RULES, ...READ_STALE, READ_VPN], true],
    ['revoke', 'onGroup', 'none', [...READ_RULES, ...READ_STALE], true],
    ['revoke', 'inAnyGroup', 'all', [...READ_RULES, ...READ_STALE, READ_VPN], true],
    ['revoke', 'inAnyGroup', 'none', [...READ_RULES, ...READ_STALE], true],
    ['ignore', 'none', 'all', [SETTLE, READ_VPN], false],
    ['ignore', 'none', 'withIds', [SETTLE, READ_VPN], false],
    ['ignore', 'none', 'matching', [SETTLE, READ_VPN], false],
    ['ignore', 'onGroup', 'all', [...READ_RULES, READ_VPN], true],
    ['ignore', 'onGroup', 'none', READ_RULES, true],
    ['ignore', 'inAnyGroup', 'all', [...READ_RULES, READ_VPN], true],
    ['ignore', 'inAnyGroup', 'none', READ_RULES, true],
  ];

  const NEEDED = 'with stale rules to %s, flagged rules %s and VPN connections %s are just those needed, by name';
  it.each(EXPECTED)(NEEDED, (stale, flagged, vpn, reads, revokes) => {
    const deployed = SynthesizedStack.with(stack => props(stack, [stale, flagged, vpn]));
    const expected = [...ALWAYS, ...reads, ...restoring(reads), ...revokes ? [REVOKE] : []];
    expect(deployed.allowedActions).toEqual(expected.sort());
    expect(deployed.allowedActions.join()).not.toContain('*');
    expect(JSON.stringify(deployed.statements)).not.toContain('NotAction');
  });

  it.each(EXPECTED)(
    'when restoring is off, with stale rules to %s, flagged rules %s and VPN connections %s, add no rule and no tag',
    (stale, flagged, vpn, reads, revokes) => {
      const deployed = SynthesizedStack.with(stack => ({
        ...props(stack, [stale, flagged, vpn]),
        allowRestore: false,
      }));
      expect(deployed.allowedActions).toEqual([...ALWAYS, ...reads, ...(revokes ? [REVOKE] : [])].sort());
    },
  );

  const IN_DRY_RUN = 'in a dry run, with stale rules to %s, flagged %s and VPN connections %s, are all but to revoke';
  it.each(EXPECTED)(IN_DRY_RUN, (stale, flagged, vpn, reads) => {
    const deployed = SynthesizedStack.with(stack => ({ ...props(stack, [stale, flagged, vpn]), dryRun: true }));
    expect(deployed.allowedActions).toEqual([...ALWAYS, ...reads, ...restoring(reads)].sort());
    expect(deployed.about(REVOKE)).toEqual([]);
  });

  const WITHOUT_ANY =
    'in a dry run without restoring, with stale rules to %s, flagged %s and VPN connections %s, are reads';
  it.each(EXPECTED)(WITHOUT_ANY, (stale, flagged, vpn, reads) => {
    const off = { dryRun: true, allowRestore: false };
    const deployed = SynthesizedStack.with(stack => ({ ...props(stack, [stale, flagged, vpn]), ...off }));
    expect(deployed.allowedActions).toEqual([...ALWAYS, ...reads].sort());
    for (const action of [REVOKE, ...RESTORE]) expect(deployed.about(action)).toEqual([]);
  });

  const OTHERWISE_OFF =
    'otherwise off, with stale rules to %s, flagged %s and VPN connections %s, are those of a dry run';
  it.each(EXPECTED)(OTHERWISE_OFF, (stale, flagged, vpn) => {
    const deployed = (off: NetworkHygieneProps): Statement[] =>
      SynthesizedStack.with(stack => ({ ...props(stack, [stale, flagged, vpn]), ...off })).statements;
    const inDryRun = deployed({ dryRun: true });
    expect(deployed({ maxRevocationsPerSweep: 0 })).toEqual(inDryRun);
    expect(deployed({ enabled: false })).toEqual(inDryRun);
  });

  it('are the same whether stale rules are revoked after a time or at once', () => {
    const deployed = (staleRules: StaleRules): Statement[] => SynthesizedStack.with({ staleRules }).statements;
    expect(deployed(StaleRules.revokeAfter(Duration.days(7)))).toEqual(deployed(StaleRules.revoke()));
  });

  it('never include other changes: no egress, no modification, no removal of tags, and of the ledger no deletion, update or scan', () => {
    const everything: Props = stack => ({
      staleRules: StaleRules.revoke(),
      flaggedIngressRules: [onGroup(stack, 'sg-1'), inAnyGroup()],
      vpcs: [aVpc(stack, 'vpc-1')],
    });
    const changes = SynthesizedStack.with(everything).allowedActions.filter(
      action => !/^(ec2:Describe|logs:|cloudwatch:PutMetricData$|events:PutEvents$)/.test(action),
    );
    expect(changes).toEqual([...LEDGER, ...RESTORE, REVOKE].sort());
  });
});

describe('telling of changes', () => {
  const BUS = {
    'Fn::Join': [
      '',
      [
        'arn:',
        { Ref: 'AWS::Partition' },
        ':events:',
        { Ref: 'AWS::Region' },
        ':',
        { Ref: 'AWS::AccountId' },
        ':event-bus/default',
      ],
    ],
  };

  it('goes to the default bus, as its own source and no other', () => {
    expect(SynthesizedStack.with().about('events:PutEvents')).toEqual([
      {
        Effect: 'Allow', Action: 'events:PutEvents', Resource: BUS,
        Condition: onlyOf('events:source', 'cdk-network-hygiene'),
      },
    ]);
  });

  it('goes to the bus given, where one is, and to no other', () => {
    const arn = 'arn:aws:events:eu-central-1:111122223333:event-bus/platform';
    const deployed = SynthesizedStack.with(stack => ({ eventBus: EventBus.fromEventBusArn(stack, 'Platform', arn) }));
    expect(deployed.about('events:PutEvents').map(({ Resource }) => Resource)).toEqual([arn]);
    expect(deployed.configuration()).toMatchObject({ eventBus: arn });
  });

  it('publishes to the topic given, and to none where none is', () => {
    const topicArn = 'arn:aws:sns:eu-central-1:111122223333:people';
    const deployed = SynthesizedStack.with(stack => ({ notifications: Topic.fromTopicArn(stack, 'People', topicArn) }));
    expect(deployed.about('sns:Publish')).toEqual([{ Effect: 'Allow', Action: 'sns:Publish', Resource: topicArn }]);
    expect(deployed.configuration()).toMatchObject({ notificationsTopicArn: topicArn });
    expect(SynthesizedStack.with().about('sns:Publish')).toEqual([]);
  });

  it('needs nothing else for messages in the format of chats', () => {
    const [text, chat] = [NotificationFormat.TEXT, NotificationFormat.CHAT].map(notificationFormat =>
      SynthesizedStack.with(stack => ({ notifications: new Topic(stack, 'People'), notificationFormat })));
    expect(chat.statements).toEqual(text.statements);
    expect(chat.about('sns:Publish')).toHaveLength(1);
    expect(chat.configuration()).toMatchObject({ notificationFormat: 'chat' });
    expect(chat.template.findResources('AWS::SNS::TopicPolicy')).toEqual({});
  });

  it('may use the key of the topic, to write what SNS decrypts', () => {
    const deployed = SynthesizedStack.with(stack => ({
      notifications: new Topic(stack, 'People', { masterKey: new Key(stack, 'Key') }),
    }));
    expect(deployed.about('kms:GenerateDataKey').map(({ Action }) => Action)).toEqual([
      ['kms:Decrypt', 'kms:GenerateDataKey'],
    ]);
  });
});

describe('the ledger', () => {
  const CONFINED = onlyOf('dynamodb:LeadingKeys', 'Network/NetworkHygiene');

  it('is read and written, the items of this construct only, and not through an index', () => {
    const deployed = SynthesizedStack.with();
    const [table] = Object.keys(deployed.template.findResources('AWS::DynamoDB::Table'));
    expect(deployed.statements.filter(({ Action }) => JSON.stringify(Action).includes('dynamodb:'))).toEqual([
      { Effect: 'Allow', Action: LEDGER, Resource: { 'Fn::GetAtt': [table, 'Arn'] }, Condition: CONFINED },
    ]);
  });

  it('is the table given, where one is', () => {
    const [statement, ...others] = SynthesizedStack.with(stack => ({
      ledger: Table.fromTableName(stack, 'Mine', 'hygiene-ledger'),
    })).about('dynamodb:PutItem');
    expect(others).toEqual([]);
    expect(resources(statement)).toEqual([`${ARN.replace(':ec2:', ':dynamodb:')}:table/hygiene-ledger`]);
    expect(statement.Condition).toEqual(CONFINED);
  });

  it.each<[string, NetworkHygieneProps]>([
    ['by default', {}],
    ['where nothing looks at rules', { staleRules: StaleRules.ignore() }],
  ])('needs no key %s', (_, props) => {
    expect(JSON.stringify(SynthesizedStack.with(props).statements)).not.toContain('kms:');
  });

  describe('with a key of its own', () => {
    const [partitionKey, sortKey] = ['hygiene', 'id'].map(name => ({ name, type: AttributeType.STRING }));
    const attributes = { partitionKey, sortKey };

    it('needs to use this key, and no other', () => {
      const deployed = SynthesizedStack.with(stack => ({
        ledger: new Table(stack, 'Mine', { ...attributes, encryptionKey: new Key(stack, 'Key') }),
      }));
      const [key] = Object.keys(deployed.template.findResources('AWS::KMS::Key'));
      expect(deployed.statements.filter(({ Action }) => JSON.stringify(Action).includes('kms:'))).toEqual([
        { Effect: 'Allow', Action: KEY_ACTIONS, Resource: { 'Fn::GetAtt': [key, 'Arn'] } },
      ]);
    });

    it('needs to use it when it is imported', () => {
      const keyArn = 'arn:aws:kms:eu-central-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab';
      const deployed = SynthesizedStack.with(stack => ({
        ledger: Table.fromTableAttributes(stack, 'Mine', {
          tableName: 'hygiene-ledger',
          encryptionKey: Key.fromKeyArn(stack, 'Key', keyArn),
        }),
      }));
      expect(deployed.about('kms:Decrypt')).toEqual([{ Effect: 'Allow', Action: KEY_ACTIONS, Resource: keyArn }]);
    });

    it.each(['own', 'given'])('is swept at deployment only when the %s role may use the key', kind => {
      const deployed = SynthesizedStack.with(stack => ({
        ledger: new Table(stack, 'Mine', { ...attributes, encryptionKey: new Key(stack, 'Key') }),
        role:
          kind === 'given'
            ? new Role(stack, 'MyRole', { assumedBy: new ServicePrincipal('lambda.amazonaws.com') })
            : undefined,
      }));
      const policies = Object.entries(deployed.template.findResources('AWS::IAM::Policy')).filter(([, policy]) =>
        JSON.stringify(policy).includes('kms:Decrypt'),
      );
      expect(policies).toHaveLength(1);
      expect(deployed.only('Custom::NetworkHygiene').DependsOn).toContain(policies[0][0]);
    });
  });
});

describe('reading', () => {
  it('is of any resource, for Describe actions have no resource level, and of nothing else', () => {
    const everywhere = SynthesizedStack.with().statements.filter(({ Resource }) => Resource === '*');
    expect(everywhere.flatMap(({ Action }) => Action).sort()).toEqual(
      ['cloudwatch:PutMetricData', ...READ_RULES, ...READ_STALE, READ_VPN].sort(),
    );
  });
});

describe('publishing metrics', () => {
  it.each([
    [{}, 'NetworkHygiene'],
    [{ metricNamespace: 'Platform/Network' }, 'Platform/Network'],
  ])('is confined to the namespace (%#)', (props, namespace) => {
    expect(SynthesizedStack.with(props).about('cloudwatch:PutMetricData')).toEqual([
      {
        Effect: 'Allow',
        Action: 'cloudwatch:PutMetricData',
        Resource: '*',
        Condition: { StringEquals: { 'cloudwatch:namespace': namespace } },
      },
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

/** Properties with which a rule of any group may be revoked. */
const ANY_RULE: ReadonlyArray<[string, (stack: Stack) => NetworkHygieneProps]> = [
  ['stale rules are revoked', () => ({ staleRules: StaleRules.revoke() })],
  [
    'stale rules are revoked besides those of declared groups',
    stack => ({ staleRules: StaleRules.revoke(), flaggedIngressRules: [onGroup(stack, 'sg-1')] }),
  ],
  ['a rule is flagged in any group', () => ({ flaggedIngressRules: [inAnyGroup()] })],
  [
    'a rule is flagged in any group besides one on a group',
    stack => ({ flaggedIngressRules: [onGroup(stack, 'sg-1'), inAnyGroup()] }),
  ],
  [
    'traffic from the internet is flagged',
    () => ({ flaggedIngressRules: [FlaggedIngressRule.fromInternet(Port.SSH)] }),
  ],
];

describe('revoking', () => {
  it('is confined to the declared groups, each named once, when every rule is declared on a group and stale rules are only reported', () => {
    const [statement, ...others] = revocation(stack => {
      const web = aGroup(stack, 'sg-web');
      return {
        flaggedIngressRules: [
          FlaggedIngressRule.onGroup(web, Peer.anyIpv4(), Port.SSH),
          FlaggedIngressRule.onGroup(web, Peer.anyIpv6(), Port.SSH),
          FlaggedIngressRule.fromIpPermissions(
            aGroup(stack, 'sg-database'),
            'IpProtocol=-1,IpRanges=[{CidrIp=0.0.0.0/0}]',
          ),
        ],
      };
    }, 'Allow');
    expect(others).toEqual([]);
    expect(resources(statement)).toEqual([`${ARN}:security-group/sg-database`, `${ARN}:security-group/sg-web`]);
    expect(statement).not.toHaveProperty('Condition');
  });

  it.each(['report', 'ignore'] as const)(
    'is confined to the declared groups when stale rules are for %s, whether or not VPCs are named',
    stale => {
      const props: Props = stack => ({
        vpcs: [aVpc(stack, 'vpc-1')],
        staleRules: StaleRules[stale](),
        flaggedIngressRules: [onGroup(stack, 'sg-1')],
      });
      const [statement] = revocation(props, 'Allow');
      expect(resources(statement)).toEqual([`${ARN}:security-group/sg-1`]);
    },
  );

  it('is confined to a group that the stack makes', () => {
    const [statement] = revocation(stack => {
      const web = new SecurityGroup(stack, 'Web', { vpc: aVpc(stack, 'vpc-1') });
      return {
        flaggedIngressRules: [Peer.anyIpv4(), Peer.anyIpv6()].map(peer =>
          FlaggedIngressRule.onGroup(web, peer, Port.SSH),
        ),
      };
    }, 'Allow');
    expect(resources(statement)).toEqual([expect.stringMatching(/:security-group\/<Fn::GetAtt Web\w+\.GroupId>$/)]);
  });

  it.each(ANY_RULE)('is of any group of the account and Region when %s', (_, props) => {
    const [statement, ...others] = revocation(props, 'Allow');
    expect(others).toEqual([]);
    expect(resources(statement)).toEqual([ANY_GROUP]);
    expect(statement).not.toHaveProperty('Condition');
  });

  it.each(ANY_RULE)('is confined to the named VPCs when %s', (_, props) => {
    const [statement] = revocation(
      stack => ({ ...props(stack), vpcs: [aVpc(stack, 'vpc-1'), aVpc(stack, 'vpc-2')] }),
      'Allow',
    );
    expect(resources(statement)).toEqual([ANY_GROUP]);
    expect(Object.keys(statement.Condition ?? {})).toEqual(['ArnEquals']);
    const vpcArns = statement.Condition?.ArnEquals['ec2:Vpc'] as unknown[];
    expect(vpcArns.map(arn => joined(arn))).toEqual(
      ['vpc-1', 'vpc-2'].map(id => `${ARN}:vpc/${id}`.replace('<Ref AWS::AccountId>', '*')),
    );
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
    expect(
      revocation(stack => ({ flaggedIngressRules: [onGroup(stack, 'sg-1')] }), 'Deny').map(
        ({ Condition }) => Condition,
      ),
    ).toEqual([{ Null: { 'aws:ResourceTag/network-hygiene:exempt': 'false' } }]);
  });

  describe('with exempt tags of its own', () => {
    const denied = (exemptTags: string[]): unknown[] =>
      revocation({ staleRules: StaleRules.revoke(), exemptTags }, 'Deny').map(({ Condition }) => Condition);
    const tagged = (...keys: string[]): unknown[] =>
      keys.map(key => ({ Null: { [`aws:ResourceTag/${key}`]: 'false' } }));

    it('is denied by each alone, because all conditions of one statement have to hold', () => {
      expect(denied(['Pinned', 'Cost Center'])).toEqual(tagged('network-hygiene:exempt', 'Pinned', 'Cost Center'));
    });

    it('is denied once by keys that IAM takes for one', () => {
      const statements = denied(['pinned', 'PINNED', 'Network-Hygiene:Exempt']);
      expect(statements).toHaveLength(2);
      expect(statements).toEqual(expect.arrayContaining(tagged('network-hygiene:exempt', 'pinned')));
    });

    it('is denied by each key, so that keys which IAM cannot hold in a policy are refused', () => {
      expect(denied(['Gesch\u00fctzt'])).toEqual(tagged('network-hygiene:exempt', 'Gesch\u00fctzt'));
      expect(() => denied(['\u4fdd\u7559'])).toThrow(
        'exemptTags[0]: got "\u4fdd\u7559"; give a tag key: 1 to 128 letters (Latin ones',
      );
    });

    it('is not denied by the tag with a date, by which IAM would deny for ever', () => {
      expect(JSON.stringify(denied([]))).not.toContain('exempt-until');
      expect(() => denied(['Network-Hygiene:Exempt-Until'])).toThrow(
        'exemptTags[0]: got "Network-Hygiene:Exempt-Until"; give another key: network-hygiene:exempt-until always exempts',
      );
    });
  });

  it.each(ANY_RULE)('is denied for the exempt groups, without a condition, when %s', (_, props) => {
    const denied = revocation(
      stack => ({ ...props(stack), exemptSecurityGroups: [aGroup(stack, 'sg-2'), aGroup(stack, 'sg-3')] }),
      'Deny',
    );
    const unconditional = denied.filter(({ Condition }) => Condition === undefined);
    expect(unconditional).toHaveLength(1);
    expect(resources(unconditional[0])).toEqual([`${ARN}:security-group/sg-2`, `${ARN}:security-group/sg-3`]);
  });

  it('is denied for nothing else when no group is exempt', () => {
    expect(revocation({ staleRules: StaleRules.revoke() }, 'Deny')).toHaveLength(1);
  });

  it('is neither allowed nor denied when nothing is to be revoked', () => {
    expect(SynthesizedStack.with(stack => ({ exemptSecurityGroups: [aGroup(stack, 'sg-1')] })).about(REVOKE)).toEqual(
      [],
    );
    expect(
      SynthesizedStack.with(stack => ({
        staleRules: StaleRules.revoke(),
        exemptSecurityGroups: [aGroup(stack, 'sg-1')],
        dryRun: true,
      })).about(REVOKE),
    ).toEqual([]);
  });

  describe('of much', () => {
    const ids = (prefix: string, count: number): string[] =>
      Array.from({ length: count }, (_, index) => `${prefix}-${String(index).padStart(17, '0')}`);
    const groups = (count: number): ((stack: Stack) => NetworkHygieneProps) => stack => ({
      flaggedIngressRules: ids('sg', count).map(id => onGroup(stack, id)),
    });
    const LONGEST_TAGS = Array.from({ length: 20 }, (_, index) => String(index).padStart(128, 'x'));
    const MUCH: ReadonlyArray<[string, (stack: Stack) => NetworkHygieneProps]> = [
      ['60 declared groups', groups(60)],
      ['100 declared groups', groups(100)],
      ['250 declared groups', groups(250)],
      ['20 exempt tags of 128 characters', () => ({ staleRules: StaleRules.revoke(), exemptTags: LONGEST_TAGS })],
      ['20 such tags, 60 exempt groups and 50 VPCs', stack => ({
        staleRules: StaleRules.revoke(), exemptTags: LONGEST_TAGS,
        exemptSecurityGroups: ids('sg', 60).map(id => aGroup(stack, id)),
        vpcs: ids('vpc', 50).map(id => aVpc(stack, id)),
      })],
      ['20 such tags and 100 declared groups', stack => ({ ...groups(100)(stack), exemptTags: LONGEST_TAGS })],
    ];
    const ROLES: ReadonlyArray<[string, (stack: Stack) => IRole | undefined]> = [
      ['own', () => undefined],
      ['given', stack => new Role(stack, 'MyRole', { assumedBy: new ServicePrincipal('lambda.amazonaws.com') })],
      ['imported', stack => Role.fromRoleArn(stack, 'MyRole', 'arn:aws:iam::111122223333:role/mine')],
    ];
    const deployments = new Map<string, SynthesizedStack>();
    const deployedFor = (much: string, kind: string): SynthesizedStack => {
      const key = `${much} ${kind}`;
      const [props, role] = [new Map(MUCH).get(much), new Map(ROLES).get(kind)];
      const deployed = deployments.get(key)
        ?? SynthesizedStack.with(stack => ({ ...props?.(stack), role: role?.(stack) }));
      deployments.set(key, deployed);
      return deployed;
    };
    const ALL = MUCH.flatMap(([much]) => ROLES.map(([kind]): [string, string] => [much, kind]));

    const AT_DEPLOYMENT: Readonly<Record<string, string>> = {
      'AWS::Partition': 'aws',
      'AWS::Region': 'ap-southeast-1',
      'AWS::AccountId': '111122223333',
    };
    const render = ({ Ref }: Record<string, unknown>): string => AT_DEPLOYMENT[String(Ref)] ?? 'x'.repeat(60);

    const policies = (deployed: SynthesizedStack, type: string): Array<[string, Statement[]]> => {
      const found = Object.entries(deployed.template.findResources(type));
      return found.filter(([id]) => !id.includes('ScheduleRole')).map(([id, resource]) => {
        const { PolicyDocument } = resource.Properties as { PolicyDocument: { Statement: Statement[] } };
        return [id, PolicyDocument.Statement];
      });
    };
    const rendered = (value: unknown): unknown => {
      if (Array.isArray(value)) return value.map(rendered);
      if (typeof value !== 'object' || value === null) return value;
      if (['Ref', 'Fn::Join', 'Fn::GetAtt'].some(name => name in value)) return joined(value, render);
      return Object.fromEntries(Object.entries(value).map(([key, each]) => [key, rendered(each)]));
    };
    const size = (statements: Statement[]): number =>
      JSON.stringify({ Version: '2012-10-17', Statement: rendered(statements) }).length;

    it.each(ALL)('(%s) makes policies of a size that IAM takes, for the %s role', (much, kind) => {
      const deployed = deployedFor(much, kind);
      const [inline, managed] = ['AWS::IAM::Policy', 'AWS::IAM::ManagedPolicy'].map(type => policies(deployed, type));
      expect(inline).toHaveLength(1);
      expect(size(inline[0][1])).toBeLessThanOrEqual(10_240);
      for (const [, statements] of managed) expect(size(statements)).toBeLessThanOrEqual(6_144);
      expect(managed.length).toBeLessThanOrEqual(10);
    });

    it.each(ALL)('(%s) loses no statement and doubles none, for the %s role', (much, kind) => {
      const sorted = (role: string): string[] =>
        deployedFor(much, role).statements.map(each => JSON.stringify(each)).sort();
      expect(new Set(sorted(kind)).size).toBe(sorted(kind).length);
      expect(sorted(kind)).toEqual(sorted('own'));
    });

    it.each(ALL)('(%s) is swept at deployment only when every policy of the %s role is there', (much, kind) => {
      const deployed = deployedFor(much, kind);
      const all = ['AWS::IAM::Policy', 'AWS::IAM::ManagedPolicy'].flatMap(type => policies(deployed, type));
      expect(deployed.only('Custom::NetworkHygiene').DependsOn).toEqual(expect.arrayContaining(all.map(([id]) => id)));
    });

    it('leaves half of the inline policies of a given role to what else it may do', () => {
      const frame = size([]);
      for (const [much] of MUCH) {
        const [[, statements]] = policies(deployedFor(much, 'given'), 'AWS::IAM::Policy');
        expect(size(statements) - frame).toBeLessThanOrEqual(5_120);
      }
    });

    it('adds no policy to a role that takes none', () => {
      const deployed = SynthesizedStack.with(stack => ({
        ...groups(250)(stack),
        role: Role.fromRoleArn(stack, 'MyRole', 'arn:aws:iam::111122223333:role/mine', { mutable: false }),
      }));
      expect([...policies(deployed, 'AWS::IAM::Policy'), ...policies(deployed, 'AWS::IAM::ManagedPolicy')]).toEqual([]);
    });

    it('leaves every wildcard that it allows in the policy of which they are acknowledged', () => {
      const moved = policies(SynthesizedStack.with(groups(250)), 'AWS::IAM::ManagedPolicy').flatMap(
        ([, statements]) => statements,
      );
      const allowed = moved.filter(({ Effect }) => Effect === 'Allow');
      expect(allowed).not.toEqual([]);
      expect(allowed.flatMap(resources).filter(arn => arn.includes('*'))).toEqual([]);
    });

    it('leaves them there with the longest exempt tags, too', () => {
      const deployed = SynthesizedStack.with({ staleRules: StaleRules.revoke(), exemptTags: LONGEST_TAGS });
      const moved = policies(deployed, 'AWS::IAM::ManagedPolicy').flatMap(([, statements]) => statements);
      expect(moved).not.toEqual([]);
      expect(moved.map(({ Effect }) => Effect)).not.toContain('Allow');
    });
  });
});

describe('restoring', () => {
  const authorizations = (props: Props): Statement[] => SynthesizedStack.with(props).about(AUTHORIZE);
  const onGroups = (props: Props): Statement[] =>
    authorizations(props).filter(each => !resources(each).includes(ANY_RULE_ID));
  /** The resources and conditions of a statement. */
  const where = ({ Resource, Condition }: Statement): unknown => ({ Resource, Condition });

  const SCOPES: ReadonlyArray<[string, (stack: Stack) => NetworkHygieneProps]> = [
    ['is only of a declared group', stack => ({ flaggedIngressRules: [onGroup(stack, 'sg-1')] })],
    [
      'is only of a declared group, VPCs being named',
      stack => ({ flaggedIngressRules: [onGroup(stack, 'sg-1')], vpcs: [aVpc(stack, 'vpc-1')] }),
    ],
    [
      'is of many declared groups',
      stack => ({ flaggedIngressRules: Array.from({ length: 40 }, (_, index) => onGroup(stack, `sg-${index}`)) }),
    ],
    ...ANY_RULE.map(([name, props]): [string, (stack: Stack) => NetworkHygieneProps] => [
      `may be of any group: ${name}`,
      props,
    ]),
    ...ANY_RULE.map(([name, props]): [string, (stack: Stack) => NetworkHygieneProps] => [
      `may be of any group in VPCs: ${name}`,
      stack => ({ ...props(stack), vpcs: [aVpc(stack, 'vpc-1'), aVpc(stack, 'vpc-2')] }),
    ]),
  ];

  it.each(SCOPES)('is confined exactly like revoking when what is revoked %s', (_, props) => {
    const revocations = revocation(stack => ({ ...props(stack), allowRestore: false }), 'Allow').map(where);
    expect(revocations).not.toEqual([]);
    expect(onGroups(props).map(where)).toEqual(revocations);
  });

  it.each(SCOPES)('is confined in a dry run as without one when what would be revoked %s', (_, props) => {
    const inDryRun: Props = stack => ({ ...props(stack), dryRun: true, allowRestore: true });
    expect(onGroups(inDryRun)).not.toEqual([]);
    expect(onGroups(inDryRun).map(where)).toEqual(onGroups(props).map(where));
    expect(revocation(inDryRun, 'Allow')).toEqual([]);
  });

  it('is confined as if stale rules were revoked when nothing is told to be: to any group', () => {
    expect(onGroups({ allowRestore: true }).map(resources)).toEqual([[ANY_GROUP]]);
    expect(SynthesizedStack.with({ allowRestore: true }).about(REVOKE)).toEqual([]);
  });

  it('is confined as if stale rules were revoked when nothing is told to be: to the VPCs, where they are named', () => {
    const [statement, ...others] = onGroups(stack => ({ allowRestore: true, vpcs: [aVpc(stack, 'vpc-1')] }));
    expect(others).toEqual([]);
    expect(resources(statement)).toEqual([ANY_GROUP]);
    expect([statement.Condition?.ArnEquals['ec2:Vpc']].flat().map(arn => joined(arn))).toEqual([
      expect.stringMatching(/:vpc\/vpc-1$/),
    ]);
  });

  it('makes rules: they are resources of the call, too, and have no VPC to be confined to', () => {
    const statements = authorizations(stack => ({
      staleRules: StaleRules.revoke(),
      vpcs: [aVpc(stack, 'vpc-1')],
    })).filter(each => resources(each).includes(ANY_RULE_ID));
    expect(statements).toEqual([{ Effect: 'Allow', Action: AUTHORIZE, Resource: expect.anything() }]);
    expect(resources(statements[0])).toEqual([ANY_RULE_ID]);
  });

  it('gives tags to rules alone: any to a rule as it is made, and to one that is there the exempt tag and no other', () => {
    const statements = SynthesizedStack.with({ staleRules: StaleRules.revoke() }).about('ec2:CreateTags');
    expect(statements.map(resources)).toEqual([[ANY_RULE_ID], [ANY_RULE_ID]]);
    expect(statements.map(({ Effect, Action, Condition }) => ({ Effect, Action, Condition }))).toEqual([
      {
        Effect: 'Allow',
        Action: 'ec2:CreateTags',
        Condition: { StringEquals: { 'ec2:CreateAction': 'AuthorizeSecurityGroupIngress' } },
      },
      {
        Effect: 'Allow',
        Action: 'ec2:CreateTags',
        Condition: onlyOf('aws:TagKeys', 'network-hygiene:exempt'),
      },
    ]);
  });

  it('is not denied for exempt groups: a group may have become exempt because of what was revoked', () => {
    const statements = authorizations(stack => ({
      staleRules: StaleRules.revoke(),
      exemptSecurityGroups: [aGroup(stack, 'sg-2')],
    }));
    expect(statements).toHaveLength(2);
    expect(statements.map(({ Effect }) => Effect)).not.toContain('Deny');
  });

  it('is not of a bare "*"', () => {
    for (const action of RESTORE) {
      for (const statement of SynthesizedStack.with({ staleRules: StaleRules.revoke() }).about(action)) {
        expect(resources(statement)).not.toContain('*');
      }
    }
  });
});

describe('a declaration by tags', () => {
  const inTagged = (key: string, values: string[], port = Port.SSH): FlaggedIngressRule =>
    FlaggedIngressRule.inGroupsTagged(key, values, Peer.anyIpv4(), port);
  const allowed = (props: NetworkHygieneProps): Statement[] => revocation({ allowRestore: false, ...props }, 'Allow');

  it('lets rules go in groups with the tag, and in no other', () => {
    expect(allowed({ flaggedIngressRules: [inTagged('Exposure', ['private', 'hidden'])] })).toEqual([{
      Effect: 'Allow', Action: REVOKE, Resource: expect.anything() as unknown,
      Condition: { StringEquals: { 'aws:ResourceTag/Exposure': ['private', 'hidden'] } },
    }]);
  });

  it('is confined to the VPCs, too, where they are named', () => {
    const [{ Condition }] = revocation(stack => ({
      flaggedIngressRules: [inTagged('Exposure', ['private'])], vpcs: [aVpc(stack, 'vpc-1')], allowRestore: false,
    }), 'Allow');
    expect(Condition).toEqual({
      StringEquals: { 'aws:ResourceTag/Exposure': ['private'] }, ArnEquals: { 'ec2:Vpc': expect.anything() as unknown },
    });
    expect(JSON.stringify(Condition)).toContain('vpc/vpc-1');
  });

  it('stands beside declared groups, which need no tag, and shares a statement with others by the same key', () => {
    const statements = revocation(stack => ({
      allowRestore: false,
      flaggedIngressRules: [
        onGroup(stack, 'sg-1'), inTagged('Exposure', ['private']), inTagged('Exposure', ['private', 'hidden'], Port.HTTP),
        inTagged('Stage', ['prod']),
      ],
    }), 'Allow');
    expect(statements.map(each => [resources(each), each.Condition])).toEqual([
      [[`${ARN}:security-group/sg-1`], undefined],
      [[ANY_GROUP], { StringEquals: { 'aws:ResourceTag/Exposure': ['private', 'hidden'] } }],
      [[ANY_GROUP], { StringEquals: { 'aws:ResourceTag/Stage': ['prod'] } }],
    ]);
  });

  it.each<[string, FlaggedIngressRule]>([
    ['any group', inAnyGroup()],
    ['default groups, whose names IAM does not see', FlaggedIngressRule.inDefaultGroups()],
  ])('confines nothing beside a declaration for %s', (_, other) => {
    const statements = allowed({ flaggedIngressRules: [inTagged('Exposure', ['private']), other] });
    expect(statements.map(each => [resources(each), each.Condition])).toEqual([[[ANY_GROUP], undefined]]);
  });

  it('still confines beside a declaration for any group that is only reported', () => {
    const reported = FlaggedIngressRule.inAnyGroup(Peer.anyIpv4(), Port.SSH, { action: FlaggedAction.report() });
    const statements = allowed({ flaggedIngressRules: [inTagged('Exposure', ['private']), reported] });
    expect(statements.map(({ Condition }) => Condition)).toEqual([{ StringEquals: { 'aws:ResourceTag/Exposure': ['private'] } }]);
  });

  it('escapes what IAM would take for a variable, and splits many values', () => {
    const values = ['${aws:username}', ...Array.from({ length: 11 }, (_, index) => `value ${index}`)];
    const conditions = allowed({ flaggedIngressRules: [inTagged('Exposure', values)] })
      .map(({ Condition }) => Condition?.StringEquals as Record<string, string[]>);
    expect(conditions.map(each => each['aws:ResourceTag/Exposure'].length)).toEqual([10, 2]);
    expect(conditions[0]['aws:ResourceTag/Exposure'][0]).toBe('${$}{aws:username}');
  });

  it('is denied for exempt groups like any other', () => {
    const denied = revocation({ flaggedIngressRules: [inTagged('Exposure', ['private'])] }, 'Deny');
    expect(denied.map(({ Condition }) => Condition)).toEqual([{ Null: { 'aws:ResourceTag/network-hygiene:exempt': 'false' } }]);
  });
});

describe('declarations that only report', () => {
  const reporting = { action: FlaggedAction.report() };

  it('let nothing be revoked, and nothing is denied then either', () => {
    const deployed = SynthesizedStack.with({
      flaggedIngressRules: [FlaggedIngressRule.inAnyGroup(Peer.anyIpv4(), Port.SSH, reporting)],
    });
    expect(deployed.about(REVOKE)).toEqual([]);
    expect(JSON.stringify(deployed.statements)).not.toContain('Deny');
  });

  it('let rules be put back that they revoked before, beside a group where rules are revoked', () => {
    const deployed = SynthesizedStack.with(stack => ({
      flaggedIngressRules: [
        FlaggedIngressRule.onGroup(aGroup(stack, 'sg-1'), Peer.anyIpv4(), Port.SSH, reporting),
        onGroup(stack, 'sg-2'),
      ],
    }));
    const ofGroups = (action: string): string[] => deployed.about(action).filter(({ Effect }) => Effect === 'Allow')
      .flatMap(resources).filter(each => !each.includes('security-group-rule'));
    expect(ofGroups(REVOKE)).toEqual([`${ARN}:security-group/sg-2`]);
    expect(ofGroups(AUTHORIZE)).toEqual([`${ARN}:security-group/sg-1`, `${ARN}:security-group/sg-2`]);
  });
});

describe('replacing', () => {
  const replaced = (stack: Stack, action?: FlaggedAction): FlaggedIngressRule =>
    FlaggedIngressRule.onGroup(aGroup(stack, 'sg-1'), Peer.anyIpv4(), Port.SSH, {
      action, ...action === undefined && { replaceWith: [Peer.ipv4('203.0.113.0/24')] },
    });

  it('adds rules in the groups where rules are revoked, with tags as they are made, and tags no rule that is there', () => {
    const deployed = SynthesizedStack.with(stack => ({ flaggedIngressRules: [replaced(stack)], allowRestore: false }));
    expect(deployed.about(AUTHORIZE).map(each => [resources(each), each.Condition])).toEqual([
      [[ANY_RULE_ID], undefined], [[`${ARN}:security-group/sg-1`], undefined],
    ]);
    expect(deployed.about('ec2:CreateTags').map(each => [resources(each), each.Condition])).toEqual([
      [[ANY_RULE_ID], { StringEquals: { 'ec2:CreateAction': 'AuthorizeSecurityGroupIngress' } }],
    ]);
    expect(deployed.about('ec2:ModifySecurityGroupRules')).toEqual([]);
  });

  it.each<[string, NetworkHygieneProps]>([
    ['in a dry run', { dryRun: true }],
    ['while it is not enabled', { enabled: false }],
    ['with an allowance of none', { maxRevocationsPerSweep: 0 }],
  ])('adds nothing %s, where nothing may be restored', (_, off) => {
    const deployed = SynthesizedStack.with(stack => ({
      flaggedIngressRules: [replaced(stack)], allowRestore: false, ...off,
    }));
    for (const action of [REVOKE, ...RESTORE]) expect(deployed.about(action)).toEqual([]);
  });

  it('is nothing that a declaration without it needs', () => {
    const deployed = SynthesizedStack.with(stack => ({
      flaggedIngressRules: [replaced(stack, FlaggedAction.revoke())], allowRestore: false,
    }));
    for (const action of RESTORE) expect(deployed.about(action)).toEqual([]);
    for (const action of ['ec2:DescribeManagedPrefixLists', 'ec2:GetManagedPrefixListEntries']) {
      expect(deployed.about(action)).toEqual([]);
    }
  });
});

describe('what a declaration makes the function read', () => {
  const LISTS = ['ec2:DescribeManagedPrefixLists', 'ec2:GetManagedPrefixListEntries'];
  const INTERFACES = 'ec2:DescribeNetworkInterfaces';
  const read = (...flaggedIngressRules: FlaggedIngressRule[]): string[] =>
    SynthesizedStack.with({ flaggedIngressRules }).allowedActions
      .filter(action => [...LISTS, INTERFACES].includes(action));
  const office = Peer.ipv4('203.0.113.0/24');

  it.each<[string, FlaggedIngressRule, string[]]>([
    ['fromInternet', FlaggedIngressRule.fromInternet(Port.SSH), LISTS],
    ['fromAnyPublicAddress', FlaggedIngressRule.fromAnyPublicAddress(Port.SSH), LISTS],
    ['an exact match', FlaggedIngressRule.inAnyGroup(office, Port.SSH), []],
    ['another match', FlaggedIngressRule.inAnyGroup(office, Port.SSH, { match: RuleMatch.WITHIN }), LISTS],
    [
      'exceptions with addresses',
      FlaggedIngressRule.inAnyGroup(Peer.anyIpv4(), Port.SSH, { except: [{ peers: [office] }] }), LISTS,
    ],
    ['default groups', FlaggedIngressRule.inDefaultGroups(), [INTERFACES]],
    ['default groups, used or not', FlaggedIngressRule.inDefaultGroups({ evenInUse: true }), []],
  ])('%s: the entries of prefix lists, the network interfaces, or nothing more', (_, flagged, actions) => {
    expect(read(flagged)).toEqual(actions);
  });

  it('is the entries of any prefix list: the lists of AWS belong to the account aws', () => {
    const deployed = SynthesizedStack.with({ flaggedIngressRules: [FlaggedIngressRule.fromInternet(Port.SSH)] });
    const [statement, ...others] = deployed.about('ec2:GetManagedPrefixListEntries');
    expect(others).toEqual([]);
    expect(resources(statement)).toEqual(['arn:<Ref AWS::Partition>:ec2:<Ref AWS::Region>:*:prefix-list/*']);
    expect(statement.Action).toBe('ec2:GetManagedPrefixListEntries');
  });

  it.each<[string, FlaggedIngressRule[], boolean]>([
    ['denied to the code of a function in a VPC, as Lambda alone needs it', [], true],
    ['not denied where default groups in use are kept', [FlaggedIngressRule.inDefaultGroups()], false],
  ])('is, for network interfaces, %s', (_, flaggedIngressRules, isDenied) => {
    const deployed = SynthesizedStack.with(stack => ({
      flaggedIngressRules,
      functionOptions: {
        vpc: Vpc.fromVpcAttributes(stack, 'FunctionVpc', {
          vpcId: 'vpc-9', availabilityZones: ['eu-central-1a'], privateSubnetIds: ['subnet-9'],
        }),
      },
    }));
    const denied = deployed.statements.filter(({ Effect, Action }) => Effect === 'Deny' && [Action].flat().includes('ec2:DescribeSubnets'));
    expect(denied).toHaveLength(1);
    expect([denied[0].Action].flat().includes(INTERFACES)).toBe(isDenied);
  });
});

/**
 * Tests what the construct deploys by default and with each property, and its metrics. The tests of its role are in
 * permissions.test.ts.
 */
import { App, CfnParameter, Duration, Fn, RemovalPolicy, Stack, Stage } from 'aws-cdk-lib';
import { Match, Template } from 'aws-cdk-lib/assertions';
import { Dashboard, GraphWidget, Metric, MetricOptions, Stats } from 'aws-cdk-lib/aws-cloudwatch';
import { AttributeType, Table, TableV2 } from 'aws-cdk-lib/aws-dynamodb';
import { Peer, Port, SecurityGroup, Vpc } from 'aws-cdk-lib/aws-ec2';
import { AccountPrincipal, Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { LogGroup, RetentionDays } from 'aws-cdk-lib/aws-logs';
import { ScheduleExpression } from 'aws-cdk-lib/aws-scheduler';
import { FlaggedIngressRule, NetworkHygiene, NetworkHygieneProps, StaleRules, VpnConnections } from '../src';
import { aStack, joined, SynthesizedStack } from './support/synthesized-stack';
import { Metric as MetricNames } from '../src/contract/names';

describe('what is deployed by default', () => {
  const deployed = SynthesizedStack.with();

  it('is a function on Node.js 24 and arm64, with the bundled handler and structured logs', () => {
    deployed.template.hasResourceProperties('AWS::Lambda::Function', {
      Runtime: 'nodejs24.x',
      Architectures: ['arm64'],
      Handler: 'index.handler',
      MemorySize: 512,
      Timeout: 900,
      LoggingConfig: { LogFormat: 'JSON', LogGroup: Match.objectLike({ Ref: Match.stringLikeRegexp('LogGroup') }) },
    });
    deployed.template.resourceCountIs('AWS::Lambda::Function', 1);
  });

  it('is not called again by Lambda when it fails, for the next sweep is the retry', () => {
    deployed.template.hasResourceProperties('AWS::Lambda::EventInvokeConfig', { MaximumRetryAttempts: 0 });
  });

  it('has in its environment its ledger, whose items are its own, and the fingerprint of the configuration', () => {
    expect(deployed.only('AWS::Lambda::Function').Properties.Environment).toEqual({
      Variables: {
        HYGIENE: 'Network/NetworkHygiene',
        LEDGER_TABLE: { Ref: expect.stringMatching(/^NetworkHygieneLedger/) },
        CONFIGURATION_FINGERPRINT: expect.stringMatching(/^[0-9a-f]{64}$/),
      },
    });
  });

  it('looks at everything, reports and changes nothing', () => {
    expect(deployed.configuration()).toEqual({
      version: 3,
      hygiene: 'Network/NetworkHygiene',
      metricNamespace: 'NetworkHygiene',
      eventBus: 'default',
      resourceMetrics: true,
      dryRun: false,
      staleRules: 'report',
      flaggedIngressRules: [],
      maxRevocationsPerSweep: 20,
      settleSeconds: 3600,
      scheduleSeconds: 3600,
      allowRestore: true,
      exemptSecurityGroupIds: [],
      vpnConnections: { kind: 'all' },
    });
  });

  it('gives the custom resource the configuration, and what it is told by', () => {
    const { Properties } = deployed.only('Custom::NetworkHygiene');
    expect(Object.keys(Properties).sort())
      .toEqual(['Configuration', 'DeployTimePaths', 'Fingerprint', 'Ledger', 'ServiceTimeout', 'ServiceToken']);
    expect(joined(Properties.ServiceToken)).toMatch(/^<Fn::GetAtt NetworkHygieneFunction\w+\.Arn>$/);
  });

  it('waits for the custom resource for longer than the function may take', () => {
    expect(Number(deployed.only('Custom::NetworkHygiene').Properties.ServiceTimeout)).toBeGreaterThan(900);
  });

  it('sweeps at deployment only when the role has its permissions', () => {
    expect(deployed.only('Custom::NetworkHygiene').DependsOn).toContainEqual(
      expect.stringMatching(/RoleDefaultPolicy/),
    );
    // The sweep also waits for the EventInvokeConfig, which turns off retries of a failed call.
    expect(deployed.only('Custom::NetworkHygiene').DependsOn).toContainEqual(
      expect.stringMatching(/EventInvokeConfig/),
    );
  });

  it('sweeps on schedule only after the sweep at deployment has succeeded', () => {
    expect(deployed.only('AWS::Scheduler::Schedule').DependsOn).toContainEqual(
      expect.stringMatching(/^NetworkHygieneSweep/),
    );
  });

  it('sweeps every hour, and says when that was due', () => {
    const {
      ScheduleExpression: expression,
      Target,
      FlexibleTimeWindow,
      State,
    } = deployed.only('AWS::Scheduler::Schedule').Properties;
    expect(expression).toBe('rate(1 hour)');
    expect(FlexibleTimeWindow).toEqual({ Mode: 'OFF' });
    expect(State).toBe('ENABLED');
    expect(Target).toMatchObject({
      Input: '{"sweep":{"scheduledTime":"<aws.scheduler.scheduled-time>"}}',
      RetryPolicy: { MaximumRetryAttempts: 2, MaximumEventAgeInSeconds: 60 },
    });
  });

  it('makes roles without managed policies', () => {
    const roles = Object.values(deployed.resources).filter(({ Type }) => Type === 'AWS::IAM::Role');
    expect(roles).toHaveLength(2);
    for (const { Properties } of roles) expect(Properties).not.toHaveProperty('ManagedPolicyArns');
  });

  it('lets the schedule invoke this function, and nothing else', () => {
    const [policy] = Object.values(deployed.template.findResources('AWS::IAM::Policy', {
      Properties: { Roles: [{ Ref: Match.stringLikeRegexp('ScheduleRole') }] },
    })) as Array<{ Properties: { PolicyDocument: { Statement: unknown[] } } }>;
    expect(policy.Properties.PolicyDocument.Statement).toEqual([
      {
        Effect: 'Allow',
        Action: 'lambda:InvokeFunction',
        Resource: { 'Fn::GetAtt': [expect.stringMatching(/^NetworkHygieneFunction/), 'Arn'] },
      },
    ]);
  });

  it('lets only schedules of this account use the role of the schedule', () => {
    deployed.template.hasResourceProperties('AWS::IAM::Role', {
      AssumeRolePolicyDocument: {
        Statement: [{
          Effect: 'Allow',
          Action: 'sts:AssumeRole',
          Principal: { Service: 'scheduler.amazonaws.com' },
          Condition: { StringEquals: { 'aws:SourceAccount': { Ref: 'AWS::AccountId' } } },
        }],
      },
    });
  });

  it('keeps the log for a year, and deletes it with the stack, for the record that stays is the ledger', () => {
    const logGroup = deployed.only('AWS::Logs::LogGroup');
    expect(logGroup.Properties.RetentionInDays).toBe(365);
    expect(logGroup.DeletionPolicy).toBe('Delete');
  });

  it('keeps a ledger: on demand, restorable to any point in time, encrypted with the AWS managed key, and there when the stack is gone', () => {
    const ledger = deployed.only('AWS::DynamoDB::Table');
    expect(ledger.Properties).toEqual({
      AttributeDefinitions: [
        { AttributeName: 'hygiene', AttributeType: 'S' },
        { AttributeName: 'id', AttributeType: 'S' },
      ],
      KeySchema: [
        { AttributeName: 'hygiene', KeyType: 'HASH' },
        { AttributeName: 'id', KeyType: 'RANGE' },
      ],
      TimeToLiveSpecification: { AttributeName: 'expiresAt', Enabled: true },
      BillingMode: 'PAY_PER_REQUEST',
      PointInTimeRecoverySpecification: { PointInTimeRecoveryEnabled: true },
      SSESpecification: { SSEEnabled: true },
    });
    expect(ledger.DeletionPolicy).toBe('Retain');
    expect(ledger.UpdateReplacePolicy).toBe('Retain');
  });

  it('is nothing besides: no second function, no alias but those for restoring and pausing, no resource policy, no topic', () => {
    expect(
      Object.values(deployed.resources)
        .map(({ Type }) => Type)
        .sort(),
    ).toEqual([
      'AWS::DynamoDB::Table',
      'AWS::IAM::Policy',
      'AWS::IAM::Policy',
      'AWS::IAM::Role',
      'AWS::IAM::Role',
      'AWS::Lambda::Alias',
      'AWS::Lambda::Alias',
      'AWS::Lambda::Alias',
      'AWS::Lambda::EventInvokeConfig',
      'AWS::Lambda::Function',
      'AWS::Logs::LogGroup',
      'AWS::Scheduler::Schedule',
      'Custom::NetworkHygiene',
    ]);
  });
});

describe('with a prop', () => {
  const GROUP = 'sg-0123456789abcdef0';
  const rule = (stack: Stack) =>
    FlaggedIngressRule.onGroup(SecurityGroup.fromSecurityGroupId(stack, 'Web', GROUP), Peer.anyIpv4(), Port.SSH);

  it('tells the handler the VPCs in scope', () => {
    const deployed = SynthesizedStack.with(stack => ({
      vpcs: [Vpc.fromVpcAttributes(stack, 'Vpc', { vpcId: 'vpc-1', availabilityZones: ['eu-central-1a'] })],
    }));
    expect(deployed.configuration()).toMatchObject({ vpcIds: ['vpc-1'] });
  });

  it.each([
    ['report', StaleRules.report()],
    ['revoke', StaleRules.revoke()],
    ['ignore', StaleRules.ignore()],
  ])('tells the handler to %s stale rules', (action, staleRules) => {
    expect(SynthesizedStack.with({ staleRules }).configuration()).toMatchObject({ staleRules: action });
  });

  it.each([
    ['at least two', StaleRules.revokeAfter(Duration.days(7)), { seconds: 604_800, sightings: 2 }],
    [
      'as many sightings as are asked for',
      StaleRules.revokeAfter(Duration.minutes(90), { sightings: 1000 }),
      { seconds: 5400, sightings: 1000 },
    ],
    [
      'one sighting and no time',
      StaleRules.revokeAfter(Duration.millis(0), { sightings: 1 }),
      { seconds: 0, sightings: 1 },
    ],
  ])('tells the handler to revoke stale rules after a time and %s', (_, staleRules, grace) => {
    expect(SynthesizedStack.with({ staleRules }).configuration()).toMatchObject({ staleRules: 'revoke', grace });
  });

  const rate = (interval: Duration): ScheduleExpression => ScheduleExpression.rate(interval);
  const DAY = 86_400;

  it.each<[name: string, schedule: ScheduleExpression | undefined, age: Duration, maxGapSeconds: number]>([
    ['half of the age by default', undefined, Duration.days(7), 3.5 * DAY],
    ['half of the age, in whole seconds', undefined, Duration.seconds(20_001), 10_001],
    ['two intervals of the default schedule where that is longer', undefined, Duration.hours(3), 7200],
    ['two intervals though the age is none', undefined, Duration.seconds(0), 7200],
    ['half of the age for a sweep every 15 minutes', rate(Duration.minutes(15)), Duration.days(7), 3.5 * DAY],
    ['two intervals of 15 minutes where that is longer', rate(Duration.minutes(15)), Duration.minutes(45), 1800],
    ['as much as half of the age, where that is two intervals', rate(Duration.minutes(15)), Duration.hours(1), 1800],
    ['two intervals of one minute', rate(Duration.minutes(1)), Duration.minutes(1), 120],
    ['two intervals of one hour', rate(Duration.hours(1)), Duration.hours(1), 7200],
    ['two intervals of a day', rate(Duration.days(1)), Duration.days(2), 2 * DAY],
    ['two intervals of a week', rate(Duration.days(7)), Duration.days(7), 14 * DAY],
  ])('tells the handler how long no sweep may have looked: %s', (_, schedule, age, maxGapSeconds) => {
    const { grace } = SynthesizedStack.with({ staleRules: StaleRules.revokeAfter(age), schedule }).configuration();
    expect(grace).toEqual({ seconds: age.toSeconds(), sightings: 2, maxGapSeconds });
  });

  it.each([DAY + 1, 8 * DAY])(
    'tells the handler that no sweep may have looked for as long as is given, whatever the schedule: %d seconds',
    seconds => {
      for (const schedule of [undefined, rate(Duration.days(1)), ScheduleExpression.cron({ minute: '0' })]) {
        const staleRules = StaleRules.revokeAfter(Duration.days(7), { maxGap: Duration.seconds(seconds) });
        const deployed = SynthesizedStack.with({ staleRules, schedule });
        expect(deployed.configuration()).toMatchObject({ grace: { seconds: 604_800, maxGapSeconds: seconds } });
      }
    },
  );

  it.each([
    ['report', StaleRules.report()],
    ['revoke', StaleRules.revoke()],
    ['ignore', StaleRules.ignore()],
  ])('tells the handler of no time to wait when it is to %s stale rules', (_, staleRules) => {
    expect(SynthesizedStack.with({ staleRules }).configuration()).not.toHaveProperty('grace');
  });

  it.each([0, 1, 100_000])('tells the handler to revoke at most %d rules', maxRevocationsPerSweep => {
    expect(SynthesizedStack.with({ maxRevocationsPerSweep }).configuration()).toMatchObject({ maxRevocationsPerSweep });
  });

  it.each([
    [Duration.seconds(0), 0], [Duration.days(0), 0], [Duration.millis(0), 0], [Duration.millis(2000), 2],
    [Duration.minutes(90), 5400], [Duration.days(30), 2_592_000],
  ])('tells the handler for how long a change settles: %s', (settle, settleSeconds) => {
    expect(SynthesizedStack.with({ settle }).configuration()).toMatchObject({ settleSeconds });
  });

  it.each<[schedule: ScheduleExpression, scheduleSeconds: number | undefined]>([
    [ScheduleExpression.rate(Duration.minutes(1)), 60],
    [ScheduleExpression.rate(Duration.days(365)), 31_536_000],
    [ScheduleExpression.cron({ minute: '0' }), undefined],
    [ScheduleExpression.at(new Date('2030-01-01T00:00:00Z')), undefined],
    [ScheduleExpression.expression(Fn.importValue('Schedule')), undefined],
  ])('tells the handler how far apart scheduled sweeps are, where that is a rate (%#)', (schedule, scheduleSeconds) => {
    expect(SynthesizedStack.with({ schedule }).configuration().scheduleSeconds).toBe(scheduleSeconds);
  });

  it('tells the handler the flagged ingress rules, in their order', () => {
    const deployed = SynthesizedStack.with(stack => ({
      flaggedIngressRules: [rule(stack), FlaggedIngressRule.fromInternet(Port.POSTGRES)],
    }));
    expect(deployed.configuration().flaggedIngressRules).toEqual([
      {
        groupId: GROUP,
        match: 'EXACT',
        ipPermissions: [{ IpProtocol: 'tcp', FromPort: 22, ToPort: 22, IpRanges: [{ CidrIp: '0.0.0.0/0' }] }],
      },
      {
        anyGroup: true,
        match: 'COVERS',
        ipPermissions: [{ IpProtocol: 'tcp', FromPort: 5432, ToPort: 5432 }],
        fromInternet: { ipv4PrefixLength: 8, ipv6PrefixLength: 12 },
      },
    ]);
  });

  it('tells the handler the exempt security groups', () => {
    const deployed = SynthesizedStack.with(stack => ({
      exemptSecurityGroups: [SecurityGroup.fromSecurityGroupId(stack, 'Bastion', GROUP)],
    }));
    expect(deployed.configuration()).toMatchObject({ exemptSecurityGroupIds: [GROUP] });
  });

  it('tells the handler the VPN connections', () => {
    expect(SynthesizedStack.with({ vpnConnections: VpnConnections.withIds(['vpn-1']) }).configuration()).toMatchObject({
      vpnConnections: { kind: 'withIds', ids: ['vpn-1'] },
    });
  });

  it('tells the handler the tags that exempt, in their order', () => {
    const exemptTags = ['team:Keep', 'do not touch'];
    expect(SynthesizedStack.with({ exemptTags }).configuration()).toMatchObject({ exemptTags });
  });

  it.each([[undefined], [[]]])(
    'tells the handler of no tags that exempt besides its own, where none are given: %j',
    exemptTags => {
      expect(SynthesizedStack.with({ exemptTags }).configuration()).not.toHaveProperty('exemptTags');
    },
  );

  it('tells the handler that nothing may be revoked', () => {
    expect(SynthesizedStack.with({ enabled: false }).configuration()).toMatchObject({ enabled: false });
  });

  it.each([undefined, true])('tells the handler nothing where it is enabled: %p', enabled => {
    expect(SynthesizedStack.with({ enabled }).configuration()).not.toHaveProperty('enabled');
  });

  it('tells the handler that it is a dry run', () => {
    expect(SynthesizedStack.with({ dryRun: true }).configuration()).toMatchObject({ dryRun: true });
  });

  it('tells the handler to publish aggregates only', () => {
    expect(SynthesizedStack.with({ resourceMetrics: false }).configuration()).toMatchObject({ resourceMetrics: false });
  });

  it.each([0.1, 0.5, 1000])('tells the handler to use %d times the request limits of EC2', requestRateFactor => {
    expect(SynthesizedStack.with({ requestRateFactor }).configuration()).toMatchObject({ requestRateFactor });
  });

  it.each([
    [ScheduleExpression.rate(Duration.minutes(1)), 'rate(1 minute)'],
    [ScheduleExpression.cron({ hour: '3', minute: '30' }), 'cron(30 3 * * ? *)'],
  ])('sweeps on the schedule given (%#)', (schedule, expression) => {
    SynthesizedStack.with({ schedule }).template.hasResourceProperties('AWS::Scheduler::Schedule', {
      ScheduleExpression: expression,
    });
  });

  it('publishes to the namespace given, and has its metrics there', () => {
    const deployed = SynthesizedStack.with({ metricNamespace: 'Platform/Network' });
    expect(deployed.configuration()).toMatchObject({ metricNamespace: 'Platform/Network' });
    expect(deployed.construct.metricNamespace).toBe('Platform/Network');
    expect(deployed.construct.metricScanErrors().namespace).toBe('Platform/Network');
  });

  it('uses the role given, makes no other for the function, and adds what the props need', () => {
    const deployed = SynthesizedStack.with(stack => ({
      role: new Role(stack, 'MyRole', { assumedBy: new ServicePrincipal('lambda.amazonaws.com') }),
    }));
    expect(JSON.stringify(deployed.only('AWS::Lambda::Function').Properties.Role)).toMatch(/"MyRole/);
    deployed.template.resourceCountIs('AWS::IAM::Role', 2);
    expect(deployed.allowedActions).toContain('ec2:DescribeStaleSecurityGroups');
    expect(deployed.only('Custom::NetworkHygiene').DependsOn).toContainEqual(
      expect.stringMatching(/^NetworkHygienePolicy/),
    );
    for (const { Properties } of Object.values(deployed.resources)) {
      expect(Properties).not.toHaveProperty('ManagedPolicyArns');
    }
  });

  it('adds what the props need to an imported role, too', () => {
    const deployed = SynthesizedStack.with(stack => ({
      role: Role.fromRoleArn(stack, 'MyRole', 'arn:aws:iam::111122223333:role/hygiene'),
    }));
    expect(deployed.only('AWS::Lambda::Function').Properties.Role).toBe('arn:aws:iam::111122223333:role/hygiene');
    deployed.template.hasResourceProperties('AWS::IAM::Policy', { Roles: ['hygiene'] });
    expect(deployed.only('Custom::NetworkHygiene').DependsOn).toContainEqual(expect.stringMatching(/^NetworkHygienePolicy/));
  });

  it('adds nothing to a role that is imported as immutable', () => {
    const role = 'arn:aws:iam::111122223333:role/hygiene';
    const deployed = SynthesizedStack.with(stack => ({
      role: Role.fromRoleArn(stack, 'MyRole', role, { mutable: false }),
      staleRules: StaleRules.revoke(),
    }));
    expect(deployed.only('AWS::Lambda::Function').Properties.Role).toBe(role);
    expect(deployed.statements).toEqual([]);
    deployed.template.resourceCountIs('AWS::IAM::Policy', 1);
  });

  it('logs to the log group given, may write to it, and makes no other', () => {
    const deployed = SynthesizedStack.with(stack => ({
      logGroup: new LogGroup(stack, 'MyLogs', { retention: RetentionDays.ONE_WEEK }),
    }));
    expect(deployed.only('AWS::Logs::LogGroup').Properties.RetentionInDays).toBe(7);
    expect(JSON.stringify(deployed.only('AWS::Lambda::Function').Properties.LoggingConfig)).toMatch(/"MyLogs/);
    expect(joined(deployed.about('logs:PutLogEvents')[0].Resource)).toMatch(/^<Fn::GetAtt MyLogs\w+\.Arn>$/);
  });

  it('logs to an imported log group', () => {
    const deployed = SynthesizedStack.with(stack => ({
      logGroup: LogGroup.fromLogGroupName(stack, 'MyLogs', 'network/hygiene'),
    }));
    deployed.template.resourceCountIs('AWS::Logs::LogGroup', 0);
    deployed.template.hasResourceProperties('AWS::Lambda::Function', {
      LoggingConfig: { LogGroup: 'network/hygiene' },
    });
    expect(joined(deployed.about('logs:PutLogEvents')[0].Resource)).toMatch(/:log-group:network\/hygiene:\*$/);
  });

  it('has the same properties of the custom resource still, whatever the props, and texts as they are', () => {
    const deployed = SynthesizedStack.with(stack => ({
      flaggedIngressRules: [rule(stack)],
      staleRules: StaleRules.revoke(),
      dryRun: true,
      resourceMetrics: false,
      metricNamespace: 'Mine',
      vpnConnections: VpnConnections.matching({ tags: { Kind: ['branch "A"\n'] } }),
    }));
    const { Properties } = deployed.only('Custom::NetworkHygiene');
    expect(Object.keys(Properties).sort())
      .toEqual(['Configuration', 'DeployTimePaths', 'Fingerprint', 'Ledger', 'ServiceTimeout', 'ServiceToken']);
    expect(deployed.configuration()).toMatchObject({
      vpnConnections: { filters: [{ name: 'tag:Kind', values: ['branch "A"\n'] }] },
    });
  });
});

describe('the ledger', () => {
  it.each([
    [RemovalPolicy.DESTROY, 'Delete', 'Delete'],
    [RemovalPolicy.RETAIN, 'Retain', 'Retain'],
    [RemovalPolicy.RETAIN_ON_UPDATE_OR_DELETE, 'RetainExceptOnCreate', 'Retain'],
  ])('has the removal policy given: %s', (ledgerRemovalPolicy, DeletionPolicy, UpdateReplacePolicy) => {
    expect(SynthesizedStack.with({ ledgerRemovalPolicy }).only('AWS::DynamoDB::Table')).toMatchObject({
      DeletionPolicy,
      UpdateReplacePolicy,
    });
  });

  it.each<[string, (stack: Stack) => NetworkHygieneProps]>([
    ['stale rules are reported', () => ({ staleRules: StaleRules.report() })],
    [
      'rules are flagged, and stale ones ignored',
      () => ({ staleRules: StaleRules.ignore(), flaggedIngressRules: [FlaggedIngressRule.fromInternet(Port.SSH)] }),
    ],
    ['it is a dry run', () => ({ staleRules: StaleRules.revoke(), dryRun: true })],
    ['no revocation is allowed', () => ({ staleRules: StaleRules.revoke(), maxRevocationsPerSweep: 0 })],
    ['it is not enabled', () => ({ staleRules: StaleRules.revoke(), enabled: false })],
  ])('is made when %s', (_, props) => {
    const deployed = SynthesizedStack.with(props);
    deployed.template.resourceCountIs('AWS::DynamoDB::Table', 1);
    expect(deployed.construct.ledger?.node.path).toBe('Network/NetworkHygiene/Ledger');
  });

  it('is made for VPN connections, too, but no alias, for there is nothing to restore', () => {
    const deployed = SynthesizedStack.with({ staleRules: StaleRules.ignore() });
    deployed.template.resourceCountIs('AWS::DynamoDB::Table', 1);
    deployed.template.resourceCountIs('AWS::Lambda::Alias', 0);
    expect(deployed.construct.restoreAlias).toBeUndefined();
    expect(deployed.configuration()).toMatchObject({ allowRestore: false });
  });

  it('can be a table that is there already, and then no other is made', () => {
    const deployed = SynthesizedStack.with(stack => ({ ledger: Table.fromTableName(stack, 'Mine', 'hygiene-ledger') }));
    deployed.template.resourceCountIs('AWS::DynamoDB::Table', 0);
    deployed.template.hasResourceProperties('AWS::Lambda::Function', {
      Environment: { Variables: { LEDGER_TABLE: 'hygiene-ledger', HYGIENE: 'Network/NetworkHygiene' } },
    });
    expect(deployed.construct.ledger.tableName).toBe('hygiene-ledger');
  });

  it('can be a table of the second kind', () => {
    const deployed = SynthesizedStack.with(stack => ({
      ledger: new TableV2(stack, 'Mine', {
        partitionKey: { name: 'hygiene', type: AttributeType.STRING },
        sortKey: { name: 'id', type: AttributeType.STRING },
      }),
    }));
    expect(JSON.stringify(deployed.only('AWS::Lambda::Function').Properties.Environment)).toContain('{"Ref":"Mine');
    deployed.template.resourceCountIs('AWS::DynamoDB::Table', 0);
  });

  it.each<[string, (stack: Stack) => NetworkHygieneProps, unknown]>([
    ['of its own', () => ({}), { Ref: expect.stringMatching(/^NetworkHygieneLedger/) }],
    ['that is there already', stack => ({ ledger: Table.fromTableName(stack, 'Mine', 'old-ledger') }), 'old-ledger'],
  ])('is named to the custom resource, which gives another one the configuration: a table %s', (_, props, name) => {
    const deployed = SynthesizedStack.with(props);
    const [{ Properties: { Ledger } }, { Properties: { Environment } }] = [
      deployed.only('Custom::NetworkHygiene'), deployed.only('AWS::Lambda::Function'),
    ];
    expect(Ledger).toEqual(name);
    expect(Environment).toMatchObject({ Variables: { LEDGER_TABLE: Ledger } });
  });

  it('is no part of the fingerprint: another table is no other configuration', () => {
    const [one, other] = ['old-ledger', 'new-ledger'].map(name =>
      SynthesizedStack.with(stack => ({ ledger: Table.fromTableName(stack, 'Mine', name) })));
    expect(one.fingerprint).toBe(other.fingerprint);
    expect(one.only('Custom::NetworkHygiene').Properties).not.toEqual(other.only('Custom::NetworkHygiene').Properties);
  });

  it('can be shared by constructs, each with items of its own', () => {
    const stack = aStack();
    const first = new NetworkHygiene(stack, 'First');
    const second = new NetworkHygiene(stack, 'Second', { ledger: first.ledger });
    const deployed = new SynthesizedStack(stack, second);
    deployed.template.resourceCountIs('AWS::DynamoDB::Table', 1);
    expect(deployed.about('dynamodb:PutItem').map(({ Condition }) => Condition)).toEqual(
      ['Network/First', 'Network/Second'].map(path => ({
        'ForAllValues:StringEquals': { 'dynamodb:LeadingKeys': [path] },
        'Null': { 'dynamodb:LeadingKeys': 'false' },
      })),
    );
  });
});

describe('restoring', () => {
  const REVOKES: NetworkHygieneProps = { staleRules: StaleRules.revoke() };

  it.each<[boolean, string, NetworkHygieneProps]>([
    [true, 'when stale rules are revoked', REVOKES],
    [true, 'when rules are flagged', { flaggedIngressRules: [FlaggedIngressRule.fromInternet(Port.SSH)] }],
    // The ledger may hold rules that an earlier configuration revoked.
    [true, 'when stale rules are reported only', {}],
    [true, 'in a dry run', { ...REVOKES, dryRun: true }],
    [true, 'when no revocation is allowed', { ...REVOKES, maxRevocationsPerSweep: 0 }],
    [true, 'when it is not enabled', { ...REVOKES, enabled: false }],
    [true, 'when asked for', { allowRestore: true }],
    [false, 'when switched off', { ...REVOKES, allowRestore: false }],
    [false, 'when switched off with stale rules reported only', { allowRestore: false }],
    [false, 'when switched off in a dry run', { ...REVOKES, dryRun: true, allowRestore: false }],
    [false, 'when switched off and not enabled', { ...REVOKES, enabled: false, allowRestore: false }],
    [false, 'when no rules are looked at', { staleRules: StaleRules.ignore() }],
  ])('is possible (%p) %s: the handler knows, and there is an alias for it or not', (allowRestore, _, props) => {
    const deployed = SynthesizedStack.with(props);
    expect(deployed.configuration()).toMatchObject({ allowRestore });
    deployed.template.resourcePropertiesCountIs('AWS::Lambda::Alias', { Name: 'restore' }, allowRestore ? 1 : 0);
    expect(deployed.construct.restoreAlias !== undefined).toBe(allowRestore);
  });

  it('goes through an alias of the function as it is now', () => {
    const deployed = SynthesizedStack.with(REVOKES);
    const [alias] = Object.values(
      deployed.template.findResources('AWS::Lambda::Alias', { Properties: { Name: 'restore' } }),
    );
    expect(alias.Properties).toEqual({
      Name: 'restore',
      Description: 'Restores rules revoked by Network/NetworkHygiene',
      FunctionName: { Ref: expect.stringMatching(/^NetworkHygieneFunction/) },
      FunctionVersion: '$LATEST',
    });
    deployed.template.resourceCountIs('AWS::Lambda::Version', 0);
  });

  it('is granted on the alias alone: whoever may restore may not make the function sweep', () => {
    const stack = aStack();
    const hygiene = new NetworkHygiene(stack, 'NetworkHygiene', REVOKES);
    const operator = new Role(stack, 'Operator', { assumedBy: new ServicePrincipal('ssm.amazonaws.com') });
    expect(hygiene.grantRestore(operator).success).toBe(true);
    const deployed = new SynthesizedStack(stack, hygiene);
    const [alias] = Object.keys(deployed.template.findResources('AWS::Lambda::Alias'));
    expect(deployed.statementsOf(role => role.includes('Operator'))).toEqual([
      { Effect: 'Allow', Action: 'lambda:InvokeFunction', Resource: { Ref: alias } },
    ]);
    deployed.template.resourceCountIs('AWS::Lambda::Permission', 0);
  });

  it('is granted to another account on the alias alone, too', () => {
    const stack = aStack();
    const hygiene = new NetworkHygiene(stack, 'NetworkHygiene', REVOKES);
    hygiene.grantRestore(new AccountPrincipal('444455556666'));
    expect(new SynthesizedStack(stack, hygiene).only('AWS::Lambda::Permission').Properties).toEqual({
      Action: 'lambda:InvokeFunction',
      Principal: '444455556666',
      FunctionName: { Ref: expect.stringMatching(/^NetworkHygieneRestoreAlias/) },
    });
  });

  it.each<[string, NetworkHygieneProps, string]>([
    [
      'when it is switched off',
      { allowRestore: false },
      'got allowRestore false; leave allowRestore out, or set it to true',
    ],
    [
      'when no rules are looked at',
      { staleRules: StaleRules.ignore() },
      'staleRules and flaggedIngressRules leave no rules to look at, so none is restored; leave the grant out',
    ],
  ])('fails to be granted %s, with what to do', (_, props, problem) => {
    const { construct } = SynthesizedStack.with(props);
    const operator = new Role(Stack.of(construct), 'Operator', {
      assumedBy: new ServicePrincipal('ssm.amazonaws.com'),
    });
    expect(() => construct.grantRestore(operator)).toThrow(
      new Error(`Network/NetworkHygiene: grantRestore: ${problem}`),
    );
    expect(operator.node.tryFindChild('DefaultPolicy')).toBeUndefined();
  });

  it.each<[string, NetworkHygieneProps]>([
    ['by default', {}],
    ['in a dry run', { ...REVOKES, dryRun: true }],
  ])('can be granted %s', (_, props) => {
    const { construct } = SynthesizedStack.with(props);
    const operator = new Role(Stack.of(construct), 'Operator', {
      assumedBy: new ServicePrincipal('ssm.amazonaws.com'),
    });
    expect(construct.grantRestore(operator).success).toBe(true);
  });
});

describe('what the construct offers', () => {
  const { construct } = SynthesizedStack.with();
  const stack = Stack.of(construct);

  it('are the function, the log group, the schedule and the sweep at deployment', () => {
    expect(construct.lambdaFunction.node.path).toBe('Network/NetworkHygiene/Function');
    expect(construct.logGroup.node.path).toBe('Network/NetworkHygiene/LogGroup');
    expect(construct.schedule.node.path).toBe('Network/NetworkHygiene/Schedule');
    expect(construct.customResource.node.path).toBe('Network/NetworkHygiene/Sweep');
  });

  it('is a principal: what is granted to it is granted to the role of the function', () => {
    const granting = aStack();
    const hygiene = new NetworkHygiene(granting, 'NetworkHygiene');
    new LogGroup(granting, 'Other').grantRead(hygiene);
    expect(new SynthesizedStack(granting, hygiene).allowedActions).toContain('logs:GetLogEvents');
  });

  it('has counts as attributes of the sweep at deployment', () => {
    expect(stack.resolve(construct.customResource.getAttString('StaleIngressRules'))).toEqual({
      'Fn::GetAtt': [expect.stringMatching(/Sweep/), 'StaleIngressRules'],
    });
  });
});

describe('metrics', () => {
  const { construct } = SynthesizedStack.with();
  const STATISTICS: ReadonlyArray<[string, (options?: MetricOptions) => Metric, string]> = [
    ['StaleIngressRules', options => construct.metricStaleIngressRules(options), Stats.MAXIMUM],
    ['StaleEgressRules', options => construct.metricStaleEgressRules(options), Stats.MAXIMUM],
    ['StaleSecurityGroups', options => construct.metricStaleSecurityGroups(options), Stats.MAXIMUM],
    ['OldestStaleRuleAge', options => construct.metricOldestStaleRuleAge(options), Stats.MAXIMUM],
    ['FlaggedIngressRules', options => construct.metricFlaggedIngressRules(options), Stats.MAXIMUM],
    ['IngressRulesRevoked', options => construct.metricIngressRulesRevoked(options), Stats.SUM],
    ['RevocationsFailed', options => construct.metricRevocationsFailed(options), Stats.SUM],
    ['RevocationsWithheld', options => construct.metricRevocationsWithheld(options), Stats.MAXIMUM],
    ['RulesKept', options => construct.metricRulesKept(options), Stats.MAXIMUM],
    ['RulesOutsideWindow', options => construct.metricRulesOutsideWindow(options), Stats.MAXIMUM],
    ['RulesAwaitingApproval', options => construct.metricRulesAwaitingApproval(options), Stats.MAXIMUM],
    ['VpnConnections', options => construct.metricVpnConnections(options), Stats.MAXIMUM],
    ['VpnConnectionsDown', options => construct.metricVpnConnectionsDown(options), Stats.MAXIMUM],
    ['VpnConnectionsDegraded', options => construct.metricVpnConnectionsDegraded(options), Stats.MAXIMUM],
    ['VpnConnectionsWithoutRoutes', options => construct.metricVpnConnectionsWithoutRoutes(options), Stats.MAXIMUM],
    ['VpnConnectionsStale', options => construct.metricVpnConnectionsStale(options), Stats.MAXIMUM],
    ['TunnelsUp', options => construct.metricTunnelsUp(options), Stats.MINIMUM],
    ['TunnelsDown', options => construct.metricTunnelsDown(options), Stats.MAXIMUM],
    ['TunnelFlaps', options => construct.metricTunnelFlaps(options), Stats.SUM],
    ['AcceptedRoutes', options => construct.metricAcceptedRoutes(options), Stats.MINIMUM],
    ['SecondsSinceStatusChange', options => construct.metricSecondsSinceStatusChange(options), Stats.MINIMUM],
    ['UnusedSecurityGroups', options => construct.metricUnusedSecurityGroups(options), Stats.MAXIMUM],
    ['SecurityGroupsWithUnknownUse', options => construct.metricSecurityGroupsWithUnknownUse(options), Stats.MAXIMUM],
    ['VpcsScanned', options => construct.metricVpcsScanned(options), Stats.MINIMUM],
    ['VpcsCoveredByProof', options => construct.metricVpcsCoveredByProof(options), Stats.MINIMUM],
    ['OldestProofCheckAge', options => construct.metricOldestProofCheckAge(options), Stats.MAXIMUM],
    ['VpcsNotCovered', options => construct.metricVpcsNotCovered(options), Stats.MAXIMUM],
    ['ScanErrors', options => construct.metricScanErrors(options), Stats.MAXIMUM],
    ['DeliveriesFailed', options => construct.metricDeliveriesFailed(options), Stats.SUM],
    ['SweepDuration', options => construct.metricSweepDuration(options), Stats.MAXIMUM],
    ['ReactionTime', options => construct.metricReactionTime(options), Stats.p(90)],
    ['ChangesSwept', options => construct.metricChangesSwept(options), Stats.SUM],
    ['ChangesUnread', options => construct.metricChangesUnread(options), Stats.SUM],
    ['Sweeps', options => construct.metricSweeps(options), Stats.SUM],
  ];

  it('has a method for every aggregate', () => {
    expect(STATISTICS.map(([name]) => name)).toEqual(Object.values(MetricNames));
    expect(Object.values(MetricNames).filter(name => !(`metric${name}` in construct))).toEqual([]);
  });

  it.each(STATISTICS)(
    '%s is named so, with the path of the construct as its only dimension',
    (metricName, method, statistic) => {
      const metric = method();
      expect(metric).toMatchObject({
        namespace: 'NetworkHygiene',
        metricName,
        statistic,
        dimensions: { Hygiene: 'Network/NetworkHygiene' },
      });
      expect(Object.keys(metric.dimensions ?? {})).toEqual(['Hygiene']);
      expect(metric.period.toMinutes()).toBe(5);
    },
  );

  it.each(STATISTICS)('%s can have another statistic and period, but no other identity', (metricName, method) => {
    const metric = method({
      statistic: 'p99',
      period: Duration.hours(1),
      label: 'mine',
      dimensionsMap: { Hygiene: 'another', VpcId: 'vpc-1' },
    });
    expect(metric).toMatchObject({
      namespace: 'NetworkHygiene',
      metricName,
      statistic: 'p99',
      label: 'mine',
      dimensions: { Hygiene: 'Network/NetworkHygiene', VpcId: 'vpc-1' },
    });
    expect(metric.period.toHours()).toBe(1);
  });

  it('has the series of one resource by its dimension', () => {
    expect(construct.metric('TunnelsUp', { dimensionsMap: { VpnConnectionId: 'vpn-1' } })).toMatchObject({
      metricName: 'TunnelsUp',
      statistic: Stats.MAXIMUM,
      dimensions: { VpnConnectionId: 'vpn-1', Hygiene: 'Network/NetworkHygiene' },
    });
  });

  it('has the rules kept for one reason by its dimension', () => {
    expect(construct.metric('RulesKept', { dimensionsMap: { KeepReason: 'EGRESS' } }).dimensions).toEqual({
      KeepReason: 'EGRESS',
      Hygiene: 'Network/NetworkHygiene',
    });
  });

  it('names the very construct that the handler is told of', () => {
    const deployed = SynthesizedStack.with();
    expect(deployed.construct.metricSweeps().dimensions).toEqual({ Hygiene: deployed.configuration().hygiene });
  });

  it('can be alarmed on', () => {
    const stack = aStack();
    const hygiene = new NetworkHygiene(stack, 'NetworkHygiene');
    hygiene
      .metricScanErrors({ period: Duration.hours(1) })
      .createAlarm(stack, 'Alarm', { threshold: 1, evaluationPeriods: 1 });
    Template.fromStack(stack).hasResourceProperties('AWS::CloudWatch::Alarm', {
      Namespace: 'NetworkHygiene',
      MetricName: 'ScanErrors',
      Period: 3600,
      Dimensions: [{ Name: 'Hygiene', Value: 'Network/NetworkHygiene' }],
    });
  });

  it('is read from the Region of the construct by a dashboard in another', () => {
    const app = new App();
    const hygiene = new NetworkHygiene(
      new Stack(app, 'Network', { env: { account: '111122223333', region: 'eu-central-1' } }),
      'NetworkHygiene',
    );
    const elsewhere = new Stack(app, 'Dashboards', { env: { account: '111122223333', region: 'us-east-1' } });
    new Dashboard(elsewhere, 'Dashboard').addWidgets(new GraphWidget({ left: [hygiene.metricSweeps()] }));
    const { Properties } = Object.values(
      Template.fromStack(elsewhere).findResources('AWS::CloudWatch::Dashboard'),
    )[0] as { Properties: { DashboardBody: unknown } };
    const body = JSON.parse(joined(Properties.DashboardBody)) as {
      widgets: Array<{ properties: { metrics: unknown[][] } }>;
    };
    expect(body.widgets[0].properties.metrics[0].at(-1)).toMatchObject({ region: 'eu-central-1' });
  });
});

describe('ids', () => {
  it('can be non-ASCII: the dimension, which CloudWatch takes in ASCII only, has underscores and a hash for it', () => {
    const stack = aStack();
    const hygiene = new NetworkHygiene(stack, 'Netz-Hygiëne');
    const deployed = new SynthesizedStack(stack, hygiene);
    expect(deployed.configuration().hygiene).toMatch(/^Network\/Netz-Hygi_ne-[0-9a-f]{8}$/);
    const { hygiene: name } = deployed.configuration();
    expect(hygiene.metricSweeps().dimensions).toEqual({ Hygiene: name });
    expect(deployed.only('AWS::Lambda::Function').Properties.Environment).toMatchObject({
      Variables: { HYGIENE: name },
    });
    expect(deployed.about('dynamodb:Query')[0].Condition).toEqual({
      'ForAllValues:StringEquals': { 'dynamodb:LeadingKeys': [name] }, 'Null': { 'dynamodb:LeadingKeys': 'false' },
    });
    expect(deployed.only('AWS::Lambda::Function').Properties.Description).toMatch(/^[\x20-\x7e]{1,256}$/);
    expect(deployed.only('AWS::Scheduler::Schedule').Properties.Description).toMatch(/^[\x20-\x7e]{1,512}$/);
  });

  it('keep the series of two constructs apart, even when they differ in non-ASCII characters only', () => {
    const stack = aStack();
    const north = new NetworkHygiene(stack, 'Büro');
    const south = new NetworkHygiene(stack, 'Bäro');
    expect(north.metricSweeps().dimensions).not.toEqual(south.metricSweeps().dimensions);
  });

  it('can be long: descriptions stay within what AWS takes', () => {
    const stack = aStack();
    const hygiene = new NetworkHygiene(stack, 'N'.repeat(250), { staleRules: StaleRules.revoke() });
    const deployed = new SynthesizedStack(stack, hygiene);
    expect(String(deployed.only('AWS::Lambda::Function').Properties.Description).length).toBeLessThanOrEqual(256);
    for (const { Properties } of Object.values(deployed.resources).filter(
      ({ Type }) => Type === 'AWS::Lambda::Alias',
    )) {
      expect(String(Properties.Description).length).toBeLessThanOrEqual(256);
    }
    expect(String(deployed.only('AWS::Scheduler::Schedule').Properties.Description).length).toBeLessThanOrEqual(512);
  });

  it('may stand in a stage, whose name is part of the name of the stack', () => {
    const stack = new Stack(new Stage(new App(), 'Production'), 'Network');
    expect(new NetworkHygiene(stack, 'NetworkHygiene').metricSweeps().dimensions).toEqual({
      Hygiene: 'Production-Network/NetworkHygiene',
    });
  });
});

describe('two constructs in one stack', () => {
  it('have functions, schedules and series of their own', () => {
    const stack = aStack();
    const [rules, vpn] = [
      new NetworkHygiene(stack, 'Rules'),
      new NetworkHygiene(stack, 'Vpn', { staleRules: StaleRules.ignore() }),
    ];
    const template = Template.fromStack(stack);
    template.resourceCountIs('AWS::Lambda::Function', 2);
    template.resourceCountIs('AWS::Scheduler::Schedule', 2);
    template.resourceCountIs('AWS::IAM::Role', 4);
    expect(rules.metricSweeps().dimensions).not.toEqual(vpn.metricSweeps().dimensions);
  });

  it('can share a role: both have their permissions, and no statement id is given twice', () => {
    const stack = aStack();
    const role = new Role(stack, 'Shared', { assumedBy: new ServicePrincipal('lambda.amazonaws.com') });
    const web = SecurityGroup.fromSecurityGroupId(stack, 'Web', 'sg-1');
    new NetworkHygiene(stack, 'Rules', {
      role,
      vpnConnections: VpnConnections.none(),
      flaggedIngressRules: [FlaggedIngressRule.onGroup(web, Peer.anyIpv4(), Port.SSH)],
    });
    const vpn = new NetworkHygiene(stack, 'Vpn', { role, staleRules: StaleRules.ignore(), metricNamespace: 'Vpn' });
    const deployed = new SynthesizedStack(stack, vpn);
    const sids = deployed.statements
      .map(statement => ('Sid' in statement ? statement.Sid : undefined))
      .filter(sid => sid !== undefined);
    expect(new Set(sids).size).toBe(sids.length);
    expect(new Set(deployed.allowedActions)).toEqual(
      new Set([
        'cloudwatch:PutMetricData',
        'dynamodb:GetItem',
        'dynamodb:PutItem',
        'dynamodb:Query',
        'ec2:AuthorizeSecurityGroupIngress',
        'ec2:CreateTags',
        'ec2:DescribeSecurityGroupRules',
        'ec2:DescribeSecurityGroupVpcAssociations',
        'ec2:DescribeSecurityGroups',
        'ec2:DescribeStaleSecurityGroups',
        'ec2:DescribeVpcs',
        'ec2:DescribeVpnConnections',
        'ec2:RevokeSecurityGroupIngress',
        'events:PutEvents',
        'logs:CreateLogStream',
        'logs:PutLogEvents',
      ]),
    );
    expect(
      deployed
        .about('cloudwatch:PutMetricData')
        .map(({ Condition }) => Condition?.StringEquals['cloudwatch:namespace'])
        .sort(),
    ).toEqual(['NetworkHygiene', 'Vpn']);
  });
});

describe('values that are known at deployment only', () => {
  it('may be a VPC and security groups of the same stack', () => {
    const deployed = SynthesizedStack.with(stack => {
      const vpc = new Vpc(stack, 'Vpc', { maxAzs: 1, natGateways: 0 });
      const [web, bastion] = [new SecurityGroup(stack, 'Web', { vpc }), new SecurityGroup(stack, 'Bastion', { vpc })];
      return {
        vpcs: [vpc],
        exemptSecurityGroups: [bastion],
        flaggedIngressRules: [FlaggedIngressRule.onGroup(web, bastion, Port.SSH)],
      };
    });
    expect(deployed.configuration()).toMatchObject({
      vpcIds: [expect.stringMatching(/^<Ref Vpc/)],
      exemptSecurityGroupIds: [expect.stringMatching(/^<Fn::GetAtt Bastion\w+\.GroupId>$/)],
      flaggedIngressRules: [
        {
          groupId: expect.stringMatching(/^<Fn::GetAtt Web\w+\.GroupId>$/),
          ipPermissions: [
            { UserIdGroupPairs: [{ GroupId: expect.stringMatching(/^<Fn::GetAtt Bastion\w+\.GroupId>$/) }] },
          ],
        },
      ],
    });
  });

  it('may be a parameter as a port, which is a number in the JSON', () => {
    const deployed = SynthesizedStack.with(stack => {
      const port = new CfnParameter(stack, 'AdminPort', { type: 'Number' });
      return { flaggedIngressRules: [FlaggedIngressRule.inAnyGroup(Peer.anyIpv4(), Port.tcp(port.valueAsNumber))] };
    });
    expect(JSON.stringify(deployed.configurationText)).toContain('{"Ref":"AdminPort"}');
    expect(deployed.configuration(() => '8443')).toMatchObject({
      flaggedIngressRules: [{ ipPermissions: [{ FromPort: 8443, ToPort: 8443 }] }],
    });
  });

  it('may be an imported value as a CIDR block', () => {
    const deployed = SynthesizedStack.with({
      flaggedIngressRules: [FlaggedIngressRule.inAnyGroup(Peer.ipv4(Fn.importValue('OfficeCidr')), Port.SSH)],
    });
    expect(deployed.configuration()).toMatchObject({
      flaggedIngressRules: [{ ipPermissions: [{ IpRanges: [{ CidrIp: '<Fn::ImportValue OfficeCidr>' }] }] }],
    });
  });

  it('may be a VPC of another stack', () => {
    const app = new App();
    const vpc = new Vpc(new Stack(app, 'Vpcs'), 'Vpc', { maxAzs: 1, natGateways: 0 });
    const stack = new Stack(app, 'Network');
    const deployed = new SynthesizedStack(stack, new NetworkHygiene(stack, 'NetworkHygiene', { vpcs: [vpc] }));
    expect(deployed.configuration()).toMatchObject({
      vpcIds: [expect.stringMatching(/^<Fn::ImportValue Vpcs:ExportsOutputRefVpc/)],
    });
  });

  it('may be the ids of VPN connections, as a list', () => {
    const deployed = SynthesizedStack.with(stack => ({
      vpnConnections: VpnConnections.withIds(
        new CfnParameter(stack, 'Connections', { type: 'CommaDelimitedList' }).valueAsList,
      ),
    }));
    // CDK adds a custom resource that writes a list as JSON.
    deployed.template.hasResourceProperties('Custom::AWSCDKCfnJsonStringify', { Value: { Ref: 'Connections' } });
    expect(deployed.configuration(() => '["vpn-1","vpn-2"]')).toMatchObject({
      vpnConnections: { ids: ['vpn-1', 'vpn-2'] },
    });
  });

  it('may be an ASN to filter VPN connections by', () => {
    const deployed = SynthesizedStack.with(stack => ({
      vpnConnections: VpnConnections.matching({
        bgpAsns: [new CfnParameter(stack, 'Asn', { type: 'Number' }).valueAsNumber],
      }),
    }));
    expect(deployed.configuration(() => '65000')).toMatchObject({
      vpnConnections: { filters: [{ name: 'bgp-asn', values: ['65000'] }] },
    });
  });

  it('may be the time after which a connection counts as stale', () => {
    const deployed = SynthesizedStack.with(stack => ({
      vpnConnections: VpnConnections.all({
        staleAfter: Duration.seconds(new CfnParameter(stack, 'StaleAfter', { type: 'Number' }).valueAsNumber),
      }),
    }));
    expect(deployed.configuration(() => '3600')).toMatchObject({ vpnConnections: { staleAfterSeconds: 3600 } });
  });

  it('may be the time and the sightings after which a stale rule is revoked', () => {
    const deployed = SynthesizedStack.with(stack => {
      const [age, sightings] = ['Age', 'Sightings'].map(
        id => new CfnParameter(stack, id, { type: 'Number' }).valueAsNumber,
      );
      return { staleRules: StaleRules.revokeAfter(Duration.seconds(age), { sightings }) };
    });
    // Half of an unknown age cannot be computed, so the default is two intervals of the schedule.
    expect(deployed.configuration(({ Ref }) => (Ref === 'Age' ? '3600' : '3'))).toMatchObject({
      grace: { seconds: 3600, sightings: 3, maxGapSeconds: 7200 },
    });
  });

  it('may be how long no sweep may have looked', () => {
    const deployed = SynthesizedStack.with(stack => {
      const maxGap = Duration.seconds(new CfnParameter(stack, 'MaxGap', { type: 'Number' }).valueAsNumber);
      return { staleRules: StaleRules.revokeAfter(Duration.days(7), { maxGap }) };
    });
    expect(deployed.configuration(() => '86400')).toMatchObject({ grace: { maxGapSeconds: 86_400 } });
  });

  it('may be the namespace of the metrics, in the permission too', () => {
    const deployed = SynthesizedStack.with(stack => ({
      metricNamespace: new CfnParameter(stack, 'Namespace').valueAsString,
    }));
    expect(deployed.configuration()).toMatchObject({ metricNamespace: '<Ref Namespace>' });
    expect(deployed.about('cloudwatch:PutMetricData')[0].Condition).toEqual({
      StringEquals: { 'cloudwatch:namespace': { Ref: 'Namespace' } },
    });
  });
});

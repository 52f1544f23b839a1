/**
 * Tests what the hub of an organization deploys by default and with each property, its metrics, alarms and widgets. The
 * tests of its state machine and of its roles are in test/hub.
 */
import { App, Duration, RemovalPolicy, Stack } from 'aws-cdk-lib';
import { Annotations, Match, Template } from 'aws-cdk-lib/assertions';
import { Metric } from 'aws-cdk-lib/aws-cloudwatch';
import { Table } from 'aws-cdk-lib/aws-dynamodb';
import { Peer, Port } from 'aws-cdk-lib/aws-ec2';
import { AccountPrincipal, Role } from 'aws-cdk-lib/aws-iam';
import { Key } from 'aws-cdk-lib/aws-kms';
import { Architecture, Tracing } from 'aws-cdk-lib/aws-lambda';
import { LogGroup } from 'aws-cdk-lib/aws-logs';
import { ScheduleExpression } from 'aws-cdk-lib/aws-scheduler';
import { Topic } from 'aws-cdk-lib/aws-sns';
import { EmailSubscription } from 'aws-cdk-lib/aws-sns-subscriptions';
import {
  ComesBack, FlaggedIngressRule, HygieneAccounts, NetworkHygiene, NetworkHygieneAlarms, NetworkHygieneDashboard,
  NetworkHygieneOrganization, NetworkHygieneOrganizationProps, NotificationFormat, StaleRules, VpnConnections,
} from '../src';
import { dashboardBody, titles } from './support/dashboard-body';
import { said } from './support/nag';
import { aHub, HubProps, REQUIRED, SynthesizedHub } from './support/synthesized-hub';
import { aStack, joined, LeanApp } from './support/synthesized-stack';

const everyRule = (): FlaggedIngressRule => FlaggedIngressRule.inAnyGroup(Peer.anyIpv4(), Port.SSH);

describe('what is deployed by default', () => {
  const deployed = SynthesizedHub.of();

  it('is two functions of the one asset, each with a role of a fixed name', () => {
    const functions = Object.values(deployed.template.findResources('AWS::Lambda::Function')).map(({ Properties: made }) =>
      [made.Handler, made.MemorySize, made.Timeout, joined(made.Role)]);
    expect(functions.sort()).toEqual([
      ['index.organization', 1024, 900, expect.stringMatching(/^<Fn::GetAtt networkhygienehubRole\w+\.Arn>$/)],
      [
        'index.organizationRestore', 512, 900,
        expect.stringMatching(/^<Fn::GetAtt networkhygienehubrestoreRestoreRole\w+\.Arn>$/),
      ],
    ]);
    const code = Object.values(deployed.template.findResources('AWS::Lambda::Function'))
      .map(({ Properties }) => Properties.Code.S3Key);
    expect(new Set(code).size).toBe(1);
    const names = Object.values(deployed.template.findResources('AWS::IAM::Role')).flatMap(({ Properties }) => Properties.RoleName ?? []);
    expect(names.sort()).toEqual(['network-hygiene-hub', 'network-hygiene-hub-restore']);
    deployed.template.allResourcesProperties('AWS::Lambda::Function', {
      Runtime: 'nodejs24.x', Architectures: ['arm64'], LoggingConfig: { LogFormat: 'JSON' },
    });
  });

  it('has in the environment of the functions their ledger and the fingerprint', () => {
    const environmentOf = (handler: string): unknown => Object.values(deployed.template.findResources('AWS::Lambda::Function'))
      .find(({ Properties }) => Properties.Handler === handler)?.Properties.Environment.Variables;
    const both = {
      HYGIENE: 'Network/Hub',
      LEDGER_TABLE: { Ref: expect.stringMatching(/^HubLedger/) },
      CONFIGURATION_FINGERPRINT: deployed.fingerprint,
    };
    expect(environmentOf('index.organization')).toEqual({
      ...both,
      BUCKET: { Ref: expect.stringMatching(/^HubLists/) },
      RESTORE_FUNCTION: { Ref: expect.stringMatching(/^HubRestoreFunction/) },
    });
    expect(environmentOf('index.organizationRestore')).toEqual(both);
  });

  it('is called again by nobody when it fails without waiting for an answer', () => {
    const retries = Object.values(deployed.template.findResources('AWS::Lambda::EventInvokeConfig'))
      .map(({ Properties }) => Properties.MaximumRetryAttempts);
    expect(retries).toEqual([0, 0]);
  });

  it('looks at everything in every account, reports and changes nothing', () => {
    expect(deployed.configuration()).toEqual({
      version: 3,
      hygiene: 'Network/Hub',
      metricNamespace: 'NetworkHygiene',
      eventBus: 'default',
      resourceMetrics: false,
      dryRun: false,
      staleRules: 'report',
      flaggedIngressRules: [],
      maxRevocationsPerSweep: 20,
      settleSeconds: 3600,
      scheduleSeconds: 86_400,
      allowRestore: true,
      exemptSecurityGroupIds: [],
      vpnConnections: { kind: 'all' },
      organization: {
        organizationId: 'o-a1b2c3d4e5',
        accounts: { kind: 'all' },
        sweepRoleName: 'network-hygiene-sweep',
        restoreRoleName: 'network-hygiene-restore',
        externalId: 'cdk-network-hygiene',
        toleratedFailures: 0,
      },
    });
  });

  it('gives the custom resource the configuration, what it is told by, and the state machine', () => {
    const { Type, Properties } = deployed.customResource;
    expect(Type).toBe('Custom::NetworkHygieneOrganization');
    expect(Object.keys(Properties).sort()).toEqual([
      'Configuration', 'DeployTimePaths', 'Fingerprint', 'Ledger', 'ServiceTimeout', 'ServiceToken', 'StateMachine',
    ]);
    expect(joined(Properties.ServiceToken)).toMatch(/^<Fn::GetAtt HubFunction\w+\.Arn>$/);
    expect(joined(Properties.StateMachine)).toMatch(/^<Ref HubRunStateMachine\w+>$/);
    expect(Number(Properties.ServiceTimeout)).toBe(960);
  });

  it('starts a run at deployment only when everything is there that it needs', () => {
    const needs = [
      /^HubFunction/, /^HubFunctionEventInvokeConfig/, /^HubRoleDefaultPolicy/, /^HubStartPolicy/, /^HubRestoreFunction/,
      /^HubRestoreRoleDefaultPolicy/, /^HubRunStateMachine/, /^HubRunPolicy/, /^HubRunRole/, /^HubLists\w/, /^HubListsPolicy/,
    ];
    for (const each of needs) {
      expect(deployed.customResource.DependsOn).toContainEqual(expect.stringMatching(each));
    }
  });

  it('runs once a day, after the deployment has succeeded, and says when that was due', () => {
    const { Properties, DependsOn } = deployed.only('AWS::Scheduler::Schedule');
    expect(Properties).toMatchObject({
      ScheduleExpression: 'rate(1 day)',
      FlexibleTimeWindow: { Mode: 'OFF' },
      State: 'ENABLED',
      Target: {
        Arn: { Ref: expect.stringMatching(/^HubRunStateMachine/) },
        Input: '{"scheduledTime":"<aws.scheduler.scheduled-time>"}',
        RetryPolicy: { MaximumRetryAttempts: 2, MaximumEventAgeInSeconds: 60 },
      },
    });
    expect(DependsOn).toEqual([expect.stringMatching(/^HubSweep/)]);
  });

  it('has a bucket that is closed to the public and deletes lists after a day, and that outlives the stack', () => {
    deployed.template.hasResource('AWS::S3::Bucket', {
      DeletionPolicy: 'Retain',
      UpdateReplacePolicy: 'Retain',
      Properties: {
        BucketEncryption: {
          ServerSideEncryptionConfiguration: [{ ServerSideEncryptionByDefault: { SSEAlgorithm: 'AES256' } }],
        },
        LifecycleConfiguration: { Rules: [{ Prefix: 'runs/', ExpirationInDays: 1, Status: 'Enabled' }] },
        PublicAccessBlockConfiguration: {
          BlockPublicAcls: true, BlockPublicPolicy: true, IgnorePublicAcls: true, RestrictPublicBuckets: true,
        },
      },
    });
    deployed.template.hasResourceProperties('AWS::S3::BucketPolicy', {
      PolicyDocument: {
        Statement: [Match.objectLike({ Effect: 'Deny', Action: 's3:*', Condition: { Bool: { 'aws:SecureTransport': 'false' } } })],
      },
    });
  });

  it('makes no custom resource and no function besides its own', () => {
    const types = Object.values(deployed.resources).map(({ Type }) => Type);
    expect(types.filter(type => type.startsWith('Custom::'))).toEqual(['Custom::NetworkHygieneOrganization']);
    expect(types.filter(type => type === 'AWS::Lambda::Function')).toHaveLength(2);
  });

  it('keeps the ledger, and deletes the log group with the stack', () => {
    expect(deployed.only('AWS::DynamoDB::Table').DeletionPolicy).toBe('Retain');
    expect(deployed.only('AWS::Logs::LogGroup').DeletionPolicy).toBe('Delete');
  });

  it('has aliases to pause and to resume on the function that sweeps, and none to restore', () => {
    const aliases = Object.values(deployed.template.findResources('AWS::Lambda::Alias'))
      .map(({ Properties }) => [Properties.Name, joined(Properties.FunctionName)]);
    expect(aliases).toEqual([
      ['pause', expect.stringMatching(/^<Ref HubFunction/)], ['resume', expect.stringMatching(/^<Ref HubFunction/)],
    ]);
    expect(deployed.construct.retryAlias).toBeUndefined();
    expect(deployed.construct.approveAlias).toBeUndefined();
  });
});

describe('the configuration', () => {
  const organization = (props: HubProps): unknown => SynthesizedHub.of(props).configuration().organization;

  it('names the accounts, those to revoke in, the Regions, the names and the limits', () => {
    expect(organization({
      accounts: HygieneAccounts.organizationalUnits(['r-a1b2'], { except: ['111122223333'] }),
      revokeIn: HygieneAccounts.list(['444455556666']),
      staleRules: StaleRules.revoke(),
      regions: ['eu-central-1', 'us-east-1'],
      sweepRoleName: 'sweep',
      restoreRoleName: 'restore',
      externalId: 'ours',
      toleratedFailures: 3,
      accountMetrics: true,
    })).toEqual({
      organizationId: 'o-a1b2c3d4e5',
      accounts: { kind: 'organizationalUnits', ids: ['r-a1b2'], except: ['111122223333'] },
      revokeIn: { kind: 'list', ids: ['444455556666'] },
      regions: ['eu-central-1', 'us-east-1'],
      sweepRoleName: 'sweep',
      restoreRoleName: 'restore',
      externalId: 'ours',
      toleratedFailures: 3,
      accountMetrics: true,
    });
  });

  it('is the same whether defaults are given or left out', () => {
    const given = SynthesizedHub.of({
      externalId: 'cdk-network-hygiene', hubRoleName: 'network-hygiene-hub',
      hubRestoreRoleName: 'network-hygiene-hub-restore', sweepRoleName: 'network-hygiene-sweep',
      restoreRoleName: 'network-hygiene-restore', maxConcurrency: 25, toleratedFailures: 0, accountMetrics: false,
      comesBack: ComesBack.keepAfter(3), settle: Duration.hours(1), schedule: ScheduleExpression.rate(Duration.days(1)),
      staleRules: StaleRules.report(), vpnConnections: VpnConnections.all(), maxRevocationsPerSweep: 20,
    });
    expect(given.template.toJSON()).toEqual(SynthesizedHub.of().template.toJSON());
  });

  it('changes the fingerprint, which both functions have, with each of its parts', () => {
    const fingerprints = [
      {}, { accounts: HygieneAccounts.list(['111122223333']) }, { revokeIn: HygieneAccounts.all() },
      { regions: ['eu-central-1'] }, { sweepRoleName: 'sweep' }, { externalId: 'ours' }, { toleratedFailures: 1 },
      { accountMetrics: true }, { dryRun: true }, { organizationId: 'o-9999999999' },
    ].map(props => SynthesizedHub.of(props).fingerprint);
    expect(new Set(fingerprints).size).toBe(fingerprints.length);
  });

  it('may hold values that CloudFormation fills in where nothing depends on them now', () => {
    const deployed = SynthesizedHub.of(stack => ({ notifications: new Topic(stack, 'People') }));
    expect(deployed.deployTimePaths).toEqual([['notificationsTopicArn']]);
  });
});

describe('the format of messages', () => {
  const hub = (notificationFormat?: NotificationFormat): SynthesizedHub =>
    SynthesizedHub.of(stack => ({ notifications: new Topic(stack, 'People'), notificationFormat }));

  it('is in the configuration, and needs no other permission', () => {
    expect(hub(NotificationFormat.CHAT).configuration()).toMatchObject({ notificationFormat: 'chat' });
    expect(hub(NotificationFormat.CHAT).hubStatements).toEqual(hub().hubStatements);
  });

  it('is not there for text, so that giving the default changes nothing', () => {
    expect(hub(NotificationFormat.TEXT).configuration()).not.toHaveProperty('notificationFormat');
    expect(hub(NotificationFormat.TEXT).configurationText).toEqual(hub().configurationText);
  });
});

describe('names', () => {
  it('of the roles are as given', () => {
    const { template } = SynthesizedHub.of({ hubRoleName: 'hub', hubRestoreRoleName: 'hub-restore' });
    const names = Object.values(template.findResources('AWS::IAM::Role')).flatMap(({ Properties }) => Properties.RoleName ?? []);
    expect(names.sort()).toEqual(['hub', 'hub-restore']);
  });

  it('keep the ledger, the roles, the bucket and the log group when the construct is moved or renamed', () => {
    const idsOf = (place: (stack: Stack) => NetworkHygieneOrganization): string[] => {
      const stack = aStack();
      return Object.entries(new SynthesizedHub(stack, place(stack)).resources)
        .filter(([, { Type, Properties }]) => Properties?.RoleName !== undefined
          || ['AWS::DynamoDB::Table', 'AWS::S3::Bucket', 'AWS::Logs::LogGroup'].includes(Type))
        .map(([id]) => id).sort();
    };
    const before = idsOf(stack => aHub(stack));
    expect(before).toHaveLength(5);
    expect(idsOf(stack => aHub(stack, { hygieneName: 'Network/Hub' }, 'Moved'))).toEqual(before);
  });

  it('let a role stay when the name of the construct changes', () => {
    const roles = (props: HubProps): string[] => Object.entries(SynthesizedHub.of(props).resources)
      .filter(([, { Properties }]) => Properties?.RoleName !== undefined).map(([id]) => id);
    expect(roles({ hygieneName: 'Other' })).toEqual(roles({}));
  });

  it('that are given let two hubs be in one account, with nothing in common', () => {
    const stack = aStack();
    aHub(stack);
    aHub(stack, { hubRoleName: 'second', hubRestoreRoleName: 'second-restore' }, 'Second');
    const template = Template.fromStack(stack);
    template.resourceCountIs('AWS::StepFunctions::StateMachine', 2);
    template.resourceCountIs('AWS::DynamoDB::Table', 2);
    template.resourceCountIs('AWS::Lambda::Function', 4);
  });

  it('by default let hubs be in several accounts of one app', () => {
    const app = new LeanApp();
    for (const account of ['111122223333', '444455556666']) {
      aHub(new Stack(app, `Network${account}`, { env: { account, region: 'eu-central-1' } }));
    }
    expect(() => app.synth()).not.toThrow();
  });

  it('are beside those of a NetworkHygiene in the same stack', () => {
    const stack = aStack();
    aHub(stack);
    new NetworkHygiene(stack, 'Own');
    expect(() => Template.fromStack(stack)).not.toThrow();
  });
});

describe('properties', () => {
  it('set the schedule, the memory, the timeout, the architecture, the concurrency and tracing', () => {
    const { template } = SynthesizedHub.of({
      schedule: ScheduleExpression.rate(Duration.hours(12)),
      functionOptions: {
        memorySize: 2048, timeout: Duration.minutes(10), architecture: Architecture.X86_64, tracing: Tracing.ACTIVE,
        reservedConcurrentExecutions: 100,
      },
    });
    template.hasResourceProperties('AWS::Scheduler::Schedule', { ScheduleExpression: 'rate(12 hours)' });
    template.hasResourceProperties('AWS::Lambda::Function', {
      Handler: 'index.organization', MemorySize: 2048, Timeout: 600, ReservedConcurrentExecutions: 100,
    });
    template.hasResourceProperties('AWS::Lambda::Function', {
      Handler: 'index.organizationRestore', MemorySize: 512, Timeout: 900, ReservedConcurrentExecutions: Match.absent(),
    });
    template.allResourcesProperties('AWS::Lambda::Function', {
      Architectures: ['x86_64'], TracingConfig: { Mode: 'Active' },
    });
  });

  it('set the ledger, the log group and what becomes of the new ledger', () => {
    const given = SynthesizedHub.of(stack => ({
      ledger: Table.fromTableName(stack, 'Mine', 'ledger'), logGroup: LogGroup.fromLogGroupName(stack, 'Logs', '/hygiene'),
    }));
    given.template.resourceCountIs('AWS::DynamoDB::Table', 0);
    given.template.resourceCountIs('AWS::Logs::LogGroup', 0);
    expect(given.construct.ledger.tableName).toBe('ledger');
    const destroyed = SynthesizedHub.of({ ledgerRemovalPolicy: RemovalPolicy.DESTROY });
    expect(destroyed.only('AWS::DynamoDB::Table').DeletionPolicy).toBe('Delete');
  });

  it('encrypt the ledger, the log group, the bucket and the environment with one key', () => {
    const { template } = SynthesizedHub.of(stack => ({ encryptionKey: new Key(stack, 'Key') }));
    const arn = { 'Fn::GetAtt': [Object.keys(template.findResources('AWS::KMS::Key'))[0], 'Arn'] };
    template.hasResourceProperties('AWS::DynamoDB::Table', { SSESpecification: { KMSMasterKeyId: arn } });
    template.hasResourceProperties('AWS::Logs::LogGroup', { KmsKeyId: arn });
    template.allResourcesProperties('AWS::Lambda::Function', { KmsKeyArn: arn });
    template.hasResourceProperties('AWS::S3::Bucket', {
      BucketEncryption: {
        ServerSideEncryptionConfiguration: [
          { BucketKeyEnabled: true, ServerSideEncryptionByDefault: { SSEAlgorithm: 'aws:kms', KMSMasterKeyID: arn } },
        ],
      },
    });
  });

  it('say what the policy of an imported key has to allow, S3 included', () => {
    const stack = aStack();
    const keyArn = 'arn:aws:kms:eu-central-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab';
    aHub(stack, { encryptionKey: Key.fromKeyArn(stack, 'Key', keyArn) });
    Annotations.fromStack(stack).hasWarning('/Network/Hub', Match.stringLikeRegexp('encryptionKey is imported.*"s3\\.\\*"'));
  });

  it('let the first run notify those who subscribe in the same stack', () => {
    const deployed = SynthesizedHub.of(stack => {
      const notifications = new Topic(stack, 'People');
      notifications.addSubscription(new EmailSubscription('network@example.com'));
      return { notifications };
    });
    expect(deployed.customResource.DependsOn).toContainEqual(expect.stringMatching(/^People\w*network/));
  });
});

describe('warnings', () => {
  const warnings = (props: HubProps): string[] => {
    const stack = aStack();
    aHub(stack, props);
    return Annotations.fromStack(stack).findWarning('*', Match.anyValue()).map(({ entry }) => String(entry.data));
  };

  it('there are none by default', () => {
    expect(warnings({})).toEqual([]);
  });

  it.each<[name: string, props: HubProps]>([
    ['stale rules are to be revoked', { staleRules: StaleRules.revoke() }],
    ['flagged rules are to be revoked', { flaggedIngressRules: [everyRule()] }],
  ])('there is one if %s, and no account is named for that', (_, props) => {
    expect(warnings(props)).toEqual([
      expect.stringContaining('say to revoke, and there is no revokeIn, so everything is only reported'),
    ]);
    expect(warnings({ ...props as object, dryRun: true })).toEqual([]);
    expect(warnings({ ...props as object, revokeIn: HygieneAccounts.list(['111122223333']) })).toEqual([]);
  });

  it('there is one if accounts are named to revoke in, and nothing revokes', () => {
    expect(warnings({ revokeIn: HygieneAccounts.all() })).toEqual([
      expect.stringContaining('revokeIn names accounts, and staleRules and flaggedIngressRules revoke nothing'),
    ]);
  });

  it('there is one if revokeIn lists an account that a list of accounts does not have', () => {
    const listed = (accounts: string[], revokeIn: string[]): HubProps => ({
      staleRules: StaleRules.revoke(),
      accounts: HygieneAccounts.list(accounts), revokeIn: HygieneAccounts.list(revokeIn),
    });
    const [ONE, TWO, THREE] = ['111122223333', '222233334444', '333344445555'];
    expect(warnings(listed([ONE, TWO], [TWO, THREE]))).toEqual([
      expect.stringContaining(`revokeIn names what accounts does not select: ${THREE}; nothing is revoked there`),
    ]);
    expect(warnings(listed([ONE, TWO], [TWO]))).toEqual([]);
  });

  it('there is one if revokeIn names what accounts leaves out', () => {
    const [ACCOUNT, OTHER, UNIT] = ['111122223333', '222233334444', 'ou-a1b2-11111111'];
    const revoking = (accounts: HygieneAccounts, revokeIn: HygieneAccounts): string[] =>
      warnings({ staleRules: StaleRules.revoke(), accounts, revokeIn });
    const { list, organizationalUnits, all } = HygieneAccounts;
    const outside = (id: string): unknown[] => [
      expect.stringContaining(`revokeIn names what accounts does not select: ${id}; nothing is revoked there`),
    ];
    expect(revoking(all({ except: [ACCOUNT] }), list([ACCOUNT, OTHER]))).toEqual(outside(ACCOUNT));
    expect(revoking(organizationalUnits(['r-a1b2'], { except: [ACCOUNT] }), list([ACCOUNT]))).toEqual(outside(ACCOUNT));
    expect(revoking(all({ except: [UNIT] }), organizationalUnits([UNIT]))).toEqual(outside(UNIT));
    expect(revoking(all({ except: [OTHER] }), list([ACCOUNT]))).toEqual([]);
    expect(revoking(all({ except: [ACCOUNT] }), all())).toEqual([]);
    expect(revoking(all(), list([ACCOUNT]))).toEqual([]);
    // An account may be in the unit, or not.
    expect(revoking(list([OTHER]), organizationalUnits([UNIT]))).toEqual([]);
  });

  it.each<[string, string]>([
    ['eu-centrl-1', 'Did you mean "eu-central-1"?'],
    ['eu-central-9', 'Did you mean "eu-central-1" or "eu-central-2"?'],
    ['xy-elsewhere-1', 'Compare it with the Regions of AWS'],
  ])('there is one for a Region that the CDK does not know: %s', (region, fix) => {
    expect(warnings({ regions: ['us-east-1', region] })).toEqual([
      expect.stringContaining(`regions[1]: got "${region}", which is no Region that this version of the CDK knows. ${fix}`),
    ]);
  });

  it('there is none for Regions that the CDK knows, in whatever partition', () => {
    expect(warnings({ regions: ['eu-central-1', 'us-east-1', 'cn-north-1', 'us-gov-west-1'] })).toEqual([]);
  });

  it('there is one if Lambda would refuse calls of a run', () => {
    expect(warnings({ functionOptions: { reservedConcurrentExecutions: 25 } })).toEqual([
      expect.stringContaining('reservedConcurrentExecutions is 25, and maxConcurrency 25, so Lambda refuses calls while a run is under way; reserve at least 26'),
    ]);
    expect(warnings({ functionOptions: { reservedConcurrentExecutions: 26 } })).toEqual([]);
  });
});

describe('grants', () => {
  type Grant = (hub: NetworkHygieneOrganization, role: Role) => unknown;
  const granted = (grant: Grant, props: HubProps = {}): unknown[] => {
    const stack = aStack();
    const hub = aHub(stack, props);
    grant(hub, new Role(stack, 'Operator', { assumedBy: new AccountPrincipal('111122223333') }));
    return new SynthesizedHub(stack, hub).statementsOf(roles => roles.includes('Operator'))
      .map(({ Action, Resource }) => [Action, [Resource].flat().map(each => joined(each))]);
  };
  const revoking: HubProps = { staleRules: StaleRules.revoke(), revokeIn: HygieneAccounts.all() };

  it('to restore are for the function that restores, and for no other', () => {
    expect(granted((hub, role) => hub.grantRestore(role))).toEqual([[
      'lambda:InvokeFunction',
      [
        expect.stringMatching(/^<Fn::GetAtt HubRestoreFunction\w+\.Arn>$/),
        expect.stringMatching(/^<Fn::GetAtt HubRestoreFunction\w+\.Arn>:\*$/),
      ],
    ]]);
  });

  it.each<[string, Grant, RegExp]>([
    ['pause', (hub, role) => hub.grantPause(role), /^<Ref HubPauseAlias\w+>$/],
    ['resume', (hub, role) => hub.grantResume(role), /^<Ref HubResumeAlias\w+>$/],
    ['retry', (hub, role) => hub.grantRetry(role), /^<Ref HubRetryAlias\w+>$/],
    ['approve', (hub, role) => hub.grantApprove(role), /^<Ref HubApproveAlias\w+>$/],
  ])('to %s are for its alias, and for no other', (_, grant, alias) => {
    expect(granted(grant, { ...revoking, approval: true })).toEqual([['lambda:InvokeFunction', [expect.stringMatching(alias)]]]);
  });

  it('are refused where there is nothing to do', () => {
    expect(() => granted((hub, role) => hub.grantRestore(role), { allowRestore: false }))
      .toThrow('Network/Hub: grantRestore: got allowRestore false; leave allowRestore out');
    expect(() => granted((hub, role) => hub.grantRetry(role))).toThrow('Network/Hub: grantRetry: staleRules and');
    expect(() => granted((hub, role) => hub.grantApprove(role), revoking))
      .toThrow('Network/Hub: grantApprove: approval is not true');
    const withoutRules = { staleRules: StaleRules.ignore() };
    expect(() => granted((hub, role) => hub.grantPause(role), withoutRules)).toThrow('Network/Hub: grantPause: ');
    expect(() => granted((hub, role) => hub.grantRestore(role), withoutRules))
      .toThrow('Network/Hub: grantRestore: staleRules and flaggedIngressRules leave no rules to look at');
  });

  it('to others are to the role that members trust', () => {
    const hub = aHub(aStack());
    expect((hub.grantPrincipal as Role).roleName).toBeDefined();
    expect(hub.grantPrincipal).toBe(hub.lambdaFunction.role);
  });
});

describe('metrics', () => {
  const hub = aHub(aStack());

  it.each<[string, Metric, string]>([
    ['AccountsSwept', hub.metricAccountsSwept(), 'Minimum'],
    ['AccountsFailed', hub.metricAccountsFailed(), 'Maximum'],
    ['RegionsFailed', hub.metricRegionsFailed(), 'Maximum'],
    ['StaleIngressRules', hub.metricStaleIngressRules(), 'Maximum'],
  ])('%s are of the construct', (metricName, metric, statistic) => {
    expect(metric).toMatchObject({
      namespace: 'NetworkHygiene', metricName, statistic, dimensions: { Hygiene: 'Network/Hub' },
    });
  });

  it('take other options', () => {
    expect(hub.metricAccountsFailed({ statistic: 'Sum', label: 'Failed' })).toMatchObject({ statistic: 'Sum', label: 'Failed' });
  });
});

describe('alarms', () => {
  const alarmsOf = (props: HubProps = {}): Record<string, Record<string, unknown>> => {
    const stack = aStack();
    aHub(stack, props).addAlarms();
    const alarms = Object.values(Template.fromStack(stack).findResources('AWS::CloudWatch::Alarm'));
    return Object.fromEntries(alarms.map(({ Properties }) => [String(Properties.AlarmName).split('/').at(-1), Properties]));
  };
  const revoking: HubProps = { staleRules: StaleRules.revoke(), revokeIn: HygieneAccounts.all() };

  it('are those of a hub that reports', () => {
    expect(Object.keys(alarmsOf()).sort()).toEqual([
      'AccountsFailed', 'DeliveriesFailed', 'RegionsFailed', 'RunsFailed', 'RunsTimedOut', 'ScanErrors', 'StaleRulesPresent',
      'SweepMissing', 'VpnConnectionsDegraded', 'VpnConnectionsDown', 'VpnConnectionsWithoutRoutes',
    ]);
  });

  it('are about revocations only if there are accounts to revoke in', () => {
    const about = (props: HubProps): string[] => Object.keys(alarmsOf(props)).filter(name => name.startsWith('Revocations')).sort();
    expect(about(revoking)).toEqual(['RevocationsFailed', 'RevocationsWithheld']);
    expect(about({ staleRules: StaleRules.revoke() })).toEqual([]);
  });

  it.each([[{}, 1], [{ toleratedFailures: 5 }, 6]])('go off when more accounts fail than are tolerated: %j', (props, threshold) => {
    expect(alarmsOf(props).AccountsFailed).toMatchObject({
      MetricName: 'AccountsFailed', Statistic: 'Maximum', Threshold: threshold, Period: 86_400, EvaluationPeriods: 1,
      ComparisonOperator: 'GreaterThanOrEqualToThreshold', TreatMissingData: 'ignore',
    });
  });

  it.each([['RunsFailed', 'ExecutionsFailed'], ['RunsTimedOut', 'ExecutionsTimedOut']])('%s watches the state machine', (name, metric) => {
    expect(alarmsOf()[name]).toMatchObject({
      Namespace: 'AWS/States', MetricName: metric, Statistic: 'Sum', Threshold: 1, Period: 300, EvaluationPeriods: 1,
      Dimensions: [{ Name: 'StateMachineArn', Value: { Ref: expect.stringMatching(/^HubRunStateMachine/) } }],
      TreatMissingData: 'notBreaching',
    });
  });

  it('wait for stale rules as long as accounts that are only reported on need', () => {
    const age = alarmsOf({ staleRules: StaleRules.revokeAfter(Duration.days(1)), revokeIn: HygieneAccounts.all() });
    expect(age.StaleRulesPresent.Threshold).toBe(14 * 86_400);
  });

  it('go off when two daily runs are missing', () => {
    expect(alarmsOf().SweepMissing).toMatchObject({ Period: 86_400, EvaluationPeriods: 2, TreatMissingData: 'breaching' });
  });

  it('about an organization are refused for a NetworkHygiene', () => {
    const options = { accountsFailed: {}, regionsFailed: {}, runsFailed: {}, runsTimedOut: {} };
    for (const [name, option] of Object.entries(options)) {
      expect(() => new NetworkHygiene(aStack(), 'Hygiene').addAlarms({ [name]: option })).toThrow(
        `Network/Hygiene/Alarms: ${name}: this alarm could never go off: only a NetworkHygieneOrganization sweeps accounts and Regions; leave it out`,
      );
    }
    const { accountsFailed, runsFailed } = new NetworkHygiene(aStack(), 'Hygiene').addAlarms();
    expect([accountsFailed, runsFailed]).toEqual([undefined, undefined]);
  });

  it('for each VPN connection are refused, because metrics of an organization are totals', () => {
    expect(() => aHub(aStack()).addAlarms({ vpnConnectionsDown: { perConnection: true } })).toThrow(
      'vpnConnectionsDown.perConnection: got true for an organization, whose metrics are totals; leave perConnection out',
    );
  });

  it('on runs are refused in another account', () => {
    const app = new App();
    const region = 'eu-central-1';
    const hygiene = aHub(new Stack(app, 'Network', { env: { region, account: '111122223333' } }));
    const stack = new Stack(app, 'Watch', { env: { region, account: '444455556666' } });
    expect(() => new NetworkHygieneAlarms(stack, 'Alarms', { hygiene })).toThrow(
      'Watch/Alarms: runsFailed: this alarm is in another account than Network/Hub',
    );
  });
});

describe('a dashboard', () => {
  const shownBy = (props: HubProps, others: (stack: Stack) => NetworkHygiene[] = () => []): string[] => {
    const stack = aStack();
    const hub = aHub(stack, props);
    hub.addAlarms();
    new NetworkHygieneDashboard(stack, 'Dashboard', { hygienes: [hub, ...others(stack)] });
    return titles(dashboardBody(stack).widgets);
  };

  it('shows accounts, Regions and runs, and no metrics of VPN connections of the account of the hub', () => {
    const shown = shownBy({});
    expect(shown).toEqual(expect.arrayContaining(['Accounts failed', 'Accounts', 'Regions that could not be swept', 'Runs', 'Findings']));
    expect(shown.filter(title => title.startsWith('AWS/VPN'))).toEqual([]);
    expect(shown.filter(title => title.includes('by account') || title.includes('by VPC'))).toEqual([]);
  });

  it('still shows those of a NetworkHygiene beside it', () => {
    const shown = shownBy({}, stack => [new NetworkHygiene(stack, 'Own')]);
    expect(shown.filter(title => title.startsWith('AWS/VPN'))).not.toEqual([]);
  });

  it('shows series by account where they are asked for', () => {
    expect(shownBy({ accountMetrics: true })).toContain('Stale ingress rules, by account');
  });

  it('shows revocations only if there are accounts to revoke in', () => {
    const revoking = { staleRules: StaleRules.revoke() };
    expect(shownBy({ ...revoking, revokeIn: HygieneAccounts.all() })).toContain('Revocations');
    expect(shownBy(revoking)).not.toContain('Revocations');
  });
});

describe('the findings table', () => {
  it('is a function that knows the ledger and the function that restores', () => {
    const stack = aStack();
    const hub = aHub(stack);
    hub.findingsWidget();
    expect(hub.findingsFunction).toBe(hub.findingsFunction);
    Template.fromStack(stack).hasResourceProperties('AWS::Lambda::Function', {
      Handler: 'findings.organization',
      Environment: {
        Variables: {
          HYGIENE: 'Network/Hub',
          LEDGER_TABLE: { Ref: Match.stringLikeRegexp('^HubLedger') },
          RESTORE_FUNCTION: { Ref: Match.stringLikeRegexp('^HubRestoreFunction') },
        },
      },
    });
  });
});

describe('events and queries', () => {
  it('are those of the construct', () => {
    const stack = aStack();
    const hub = aHub(stack);
    hub.onFindingOpened('Told');
    hub.addQueryDefinitions();
    const template = Template.fromStack(stack);
    template.hasResourceProperties('AWS::Events::Rule', {
      EventPattern: {
        'source': ['cdk-network-hygiene'], 'detail-type': ['Finding Opened'], 'detail': { hygiene: ['Network/Hub'] },
      },
    });
    const [rule] = Object.keys(template.findResources('AWS::Events::Rule'));
    expect(new SynthesizedHub(stack, hub).customResource.DependsOn).toContain(rule);
    expect(Object.keys(template.findResources('AWS::Logs::QueryDefinition')).length).toBeGreaterThan(0);
  });
});

describe("cdk-nag's AwsSolutions pack", () => {
  const checked = (props: HubProps): ReturnType<typeof said> => {
    const stack = aStack();
    aHub(stack, props).findingsWidget();
    return said(stack.node.root as App, ['AwsSolutions']);
  };
  const everything: HubProps = stack => ({
    staleRules: StaleRules.revoke(), accounts: HygieneAccounts.organizationalUnits(['r-a1b2']),
    revokeIn: HygieneAccounts.all(), functionOptions: { tracing: Tracing.ACTIVE },
    encryptionKey: new Key(stack, 'Key', { enableKeyRotation: true }),
  });

  it.each<[string, HubProps]>([['by default', {}], ['with everything', everything]])('has no findings %s', (_, props) => {
    const { findings, passed } = checked(props);
    expect(findings).toEqual([]);
    expect([...passed]).toEqual(expect.arrayContaining([
      'AwsSolutions-IAM4', 'AwsSolutions-L1', 'AwsSolutions-DDB3', 'AwsSolutions-S2', 'AwsSolutions-S10',
    ]));
  });

  it('is told why the state machine logs nothing itself, and why it is traced only if asked for', () => {
    const rules = (props: HubProps): string[] =>
      [...new Set(checked(props).acknowledged.map(({ rule }) => rule))].sort();
    expect(rules({})).toEqual(['IAM5', 'S1', 'SF1', 'SF2']);
    expect(rules(everything)).toEqual(['IAM5', 'S1', 'SF1']);
  });
});

it('takes the same rules as a member', () => {
  const rules = { staleRules: StaleRules.report(), exemptTags: ['team:keep'], dryRun: true };
  const props: NetworkHygieneOrganizationProps = { ...REQUIRED, ...rules };
  expect(new NetworkHygieneOrganization(aStack(), 'Hub', props)._configuration).toMatchObject({
    exemptTags: ['team:keep'], dryRun: true,
  });
});

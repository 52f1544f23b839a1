/** Tests the settings of the function, the permissions that they need, and what is refused. */
import { App, Duration, Stack } from 'aws-cdk-lib';
import { Annotations, Match, Template } from 'aws-cdk-lib/assertions';
import * as ec2 from 'aws-cdk-lib/aws-ec2';
import { Role } from 'aws-cdk-lib/aws-iam';
import * as kms from 'aws-cdk-lib/aws-kms';
import * as lambda from 'aws-cdk-lib/aws-lambda';
import { SqsDestination } from 'aws-cdk-lib/aws-lambda-destinations';
import { LogGroup } from 'aws-cdk-lib/aws-logs';
import * as sqs from 'aws-cdk-lib/aws-sqs';
import { NetworkHygiene, NetworkHygieneFunctionOptions, NetworkHygieneProps, VpnConnections, StaleRules } from '../src';
import { aStack, SynthesizedStack } from './support/synthesized-stack';

const aVpc = (stack: Stack): ec2.IVpc => ec2.Vpc.fromVpcAttributes(stack, 'Vpc', {
  vpcId: 'vpc-0123456789abcdef0', availabilityZones: ['eu-central-1a'], privateSubnetIds: ['subnet-1'],
});
const aGroup = (stack: Stack): ec2.ISecurityGroup => ec2.SecurityGroup.fromSecurityGroupId(stack, 'Group', 'sg-0a');

const KEY_ARN = 'arn:aws:kms:eu-central-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab';

const withOptions = (make: (stack: Stack) => NetworkHygieneFunctionOptions): SynthesizedStack =>
  SynthesizedStack.with(stack => ({ functionOptions: make(stack) }));

const functionOf = (deployed: SynthesizedStack): Record<string, unknown> =>
  deployed.only('AWS::Lambda::Function').Properties;

const refusal = (functionOptions: unknown): string => {
  try {
    SynthesizedStack.with({ functionOptions } as NetworkHygieneProps);
  } catch (error) {
    return String((error as Error).message);
  }
  return 'nothing was refused';
};

describe('without options', () => {
  const deployed = SynthesizedStack.with();

  it('the function has its defaults, is in no VPC, and has no concurrency, queue or tracing', () => {
    expect(functionOf(deployed)).toMatchObject({ MemorySize: 512, Timeout: 900, Architectures: ['arm64'] });
    const absent = ['VpcConfig', 'ReservedConcurrentExecutions', 'DeadLetterConfig', 'TracingConfig', 'KmsKeyArn'];
    for (const name of absent) expect(functionOf(deployed)).not.toHaveProperty(name);
  });

  it('the role may make no network interface, send to no queue and write no trace', () => {
    expect(deployed.allowedActions.filter(each => /NetworkInterface|VpcEndpoints|^sqs:|^xray:/.test(each))).toEqual([]);
    expect(deployed.configuration()).not.toHaveProperty('functionNetwork');
  });
});

describe('settings', () => {
  it('are those of the function', () => {
    const deployed = withOptions(() => ({
      memorySize: 1024, timeout: Duration.minutes(5), reservedConcurrentExecutions: 2,
      architecture: lambda.Architecture.X86_64, tracing: lambda.Tracing.ACTIVE,
    }));
    expect(functionOf(deployed)).toMatchObject({
      MemorySize: 1024, Timeout: 300, ReservedConcurrentExecutions: 2, Architectures: ['x86_64'],
      TracingConfig: { Mode: 'Active' },
    });
    expect(deployed.only('Custom::NetworkHygiene').Properties.ServiceTimeout).toBe('360');
    expect(deployed.allowedActions).toEqual(expect.arrayContaining(['xray:PutTraceSegments']));
  });

  it('may be undefined, as if they were left out', () => {
    const deployed = withOptions(() => ({ memorySize: undefined, timeout: undefined, architecture: undefined }));
    expect(functionOf(deployed)).toMatchObject({ MemorySize: 512, Timeout: 900, Architectures: ['arm64'] });
  });

  it('have failed sweeps go to a dead-letter queue, through its key where it has one', () => {
    const deployed = withOptions(stack => ({
      deadLetterQueue: new sqs.Queue(stack, 'Queue', { encryptionMasterKey: new kms.Key(stack, 'Key') }),
    }));
    expect(functionOf(deployed).DeadLetterConfig).toEqual({ TargetArn: { 'Fn::GetAtt': [expect.stringMatching(/^Queue/), 'Arn'] } });
    expect(deployed.about('sqs:SendMessage').map(({ Resource }) => JSON.stringify(Resource))).toEqual([expect.stringContaining('Queue')]);
    expect(deployed.about('kms:GenerateDataKey').map(({ Resource }) => JSON.stringify(Resource))).toEqual([expect.stringContaining('Key')]);
  });

  it('have records of failed sweeps go to a destination', () => {
    const deployed = withOptions(stack => ({ onFailure: new SqsDestination(new sqs.Queue(stack, 'Queue')) }));
    expect(deployed.only('AWS::Lambda::EventInvokeConfig').Properties).toMatchObject({
      MaximumRetryAttempts: 0, DestinationConfig: { OnFailure: { Destination: { 'Fn::GetAtt': [expect.stringMatching(/^Queue/), 'Arn'] } } },
    });
  });
});

describe('in a VPC', () => {
  const given = withOptions(stack => ({ vpc: aVpc(stack), securityGroups: [aGroup(stack)] }));
  const made = withOptions(stack => ({ vpc: aVpc(stack) }));

  it('the function is in its private subnets, with the given groups or with one that lets nothing in', () => {
    expect(functionOf(given).VpcConfig).toEqual({ SubnetIds: ['subnet-1'], SecurityGroupIds: ['sg-0a'] });
    expect(given.template.findResources('AWS::EC2::SecurityGroup')).toEqual({});
    const { SecurityGroupIngress, VpcId } = made.only('AWS::EC2::SecurityGroup').Properties;
    expect([SecurityGroupIngress, VpcId]).toEqual([undefined, 'vpc-0123456789abcdef0']);
    made.template.resourceCountIs('AWS::EC2::SecurityGroupIngress', 0);
  });

  it('the handler is told the VPC, whose endpoints it reads, and the groups', () => {
    expect(given.configuration().functionNetwork).toEqual({ vpcId: 'vpc-0123456789abcdef0', securityGroupIds: ['sg-0a'] });
    expect(made.configuration().functionNetwork).toEqual({
      vpcId: 'vpc-0123456789abcdef0', securityGroupIds: [expect.stringMatching(/^<Fn::GetAtt NetworkHygieneSecurityGroup\w+\.GroupId>$/)],
    });
    expect(given.allowedActions).toContain('ec2:DescribeVpcEndpoints');
  });

  it('the handler is not told to read endpoints where no rules are looked at', () => {
    const vpnOnly = SynthesizedStack.with(stack => ({
      staleRules: StaleRules.ignore(), vpnConnections: VpnConnections.all(), functionOptions: { vpc: aVpc(stack) },
    }));
    expect(vpnOnly.allowedActions).not.toContain('ec2:DescribeVpcEndpoints');
  });

  it.each([['given', given, 'sg-0a'], ['new', made, 'NetworkHygieneSecurityGroup']])(
    'IAM denies to revoke rules of a %s group of the function', (_, __, group) => {
      const revoking = SynthesizedStack.with(stack => ({
        staleRules: StaleRules.revoke(),
        functionOptions: { vpc: aVpc(stack), securityGroups: group === 'sg-0a' ? [aGroup(stack)] : undefined },
      }));
      const denied = revoking.about('ec2:RevokeSecurityGroupIngress').filter(({ Effect }) => Effect === 'Deny');
      expect(JSON.stringify(denied)).toContain(group);
    },
  );

  it('Lambda may make network interfaces with the role, and the code of the function may not', () => {
    const [allow, deny, ...others] = given.about('ec2:CreateNetworkInterface');
    expect(others).toEqual([]);
    expect(allow).toMatchObject({ Effect: 'Allow', Resource: '*' });
    expect(allow.Condition).toBeUndefined();
    expect(deny).toMatchObject({ Effect: 'Deny', Condition: { Null: { 'lambda:SourceFunctionArn': 'false' } } });
    expect(deny.Action).toEqual(allow.Action);
  });

  it('a description of the new group holds no character that EC2 refuses', () => {
    const stack = aStack();
    new NetworkHygiene(stack, 'Hygiène ☂ "x"', { functionOptions: { vpc: aVpc(stack) } });
    const [{ Properties }] = Object.values(Template.fromStack(stack).findResources('AWS::EC2::SecurityGroup'));
    expect(Properties.GroupDescription).toMatch(/^[A-Za-z0-9 ._\-:/()#,@[\]+=&;{}!$*]{1,255}$/);
  });

  it('the findings function is beside it, with the same settings and without a group of its own', () => {
    const stack = aStack();
    const key = new kms.Key(stack, 'Key');
    const hygiene = new NetworkHygiene(stack, 'NetworkHygiene', {
      encryptionKey: key,
      functionOptions: {
        vpc: aVpc(stack), tracing: lambda.Tracing.ACTIVE, architecture: lambda.Architecture.X86_64,
        reservedConcurrentExecutions: 3,
      },
    });
    hygiene.findingsWidget();
    const found = Template.fromStack(stack).findResources('AWS::Lambda::Function');
    const functions = Object.values(found).map(({ Properties }) => Properties);
    expect(functions).toHaveLength(2);
    const [one, other] = functions.map(({ VpcConfig, TracingConfig, Architectures, KmsKeyArn, LoggingConfig }) =>
      ({ VpcConfig, TracingConfig, Architectures, KmsKeyArn, logGroup: LoggingConfig.LogGroup }));
    expect(other).toEqual(one);
    expect(functions.map(({ ReservedConcurrentExecutions }) => ReservedConcurrentExecutions)).toEqual([3, undefined]);
  });
});

describe('no log group is made that nothing writes to', () => {
  it('with the feature flags of a new app', () => {
    const app = new App({ context: { '@aws-cdk/aws-lambda:useCdkManagedLogGroup': true } });
    const stack = new Stack(app, 'Network');
    new NetworkHygiene(stack, 'NetworkHygiene').findingsWidget();
    const template = Template.fromStack(stack);
    template.resourceCountIs('AWS::Lambda::Function', 2);
    template.resourceCountIs('AWS::Logs::LogGroup', 1);
  });
});

describe('an encryption key', () => {
  const stack = aStack();
  const hygiene = new NetworkHygiene(stack, 'NetworkHygiene', { encryptionKey: new kms.Key(stack, 'Key') });
  hygiene.findingsWidget();
  const deployed = new SynthesizedStack(stack, hygiene);
  const arn = { 'Fn::GetAtt': [expect.stringMatching(/^Key/), 'Arn'] };

  it('encrypts table, log group and environments', () => {
    deployed.template.hasResourceProperties('AWS::DynamoDB::Table', {
      SSESpecification: { SSEEnabled: true, SSEType: 'KMS', KMSMasterKeyId: Match.anyValue() },
    });
    expect(deployed.only('AWS::Logs::LogGroup').Properties.KmsKeyId).toEqual(arn);
    for (const { Properties } of Object.values(deployed.template.findResources('AWS::Lambda::Function'))) {
      expect(Properties.KmsKeyArn).toEqual(arn);
    }
  });

  it('lets CloudWatch Logs use it, for log groups of this account and Region', () => {
    const { Statement } = deployed.only('AWS::KMS::Key').Properties.KeyPolicy as { Statement: Array<Record<string, unknown>> };
    const logs = Statement.filter(({ Principal }) => JSON.stringify(Principal).includes('logs.'));
    expect(logs).toHaveLength(1);
    expect(JSON.stringify(logs[0].Condition)).toMatch(/kms:EncryptionContext:aws:logs:arn.*AWS::AccountId.*:log-group:\*/);
  });

  it('may be read with by the role of the findings function, for the table and the environment variables', () => {
    const about = deployed.statementsOf(role => role.includes('Findings'))
      .filter(({ Action }) => JSON.stringify(Action).includes('kms:'));
    expect(about).toMatchObject([{ Effect: 'Allow', Action: ['kms:Decrypt', 'kms:DescribeKey'] }]);
  });

  it('brings no warning', () => {
    Annotations.fromStack(stack).hasNoWarning('*', Match.anyValue());
  });

  it('that is imported brings a warning with the statements that it needs', () => {
    const other = aStack();
    new NetworkHygiene(other, 'NetworkHygiene', {
      encryptionKey: kms.Key.fromKeyArn(other, 'Key', KEY_ARN),
    });
    const [warning, ...others] = Annotations.fromStack(other).findWarning('*', Match.stringLikeRegexp('encryptionKey is imported'));
    expect(others).toEqual([]);
    const [, json] = /allows this: (\[.*\]) /.exec(String(warning.entry.data)) ?? [];
    const statements = JSON.parse(json) as Array<{ Principal: unknown; Condition: unknown }>;
    expect(statements.map(({ Principal }) => Principal)).toEqual([
      { Service: 'logs.${AWS::Region}.${AWS::URLSuffix}' },
      { AWS: 'arn:${AWS::Partition}:iam::${AWS::AccountId}:root' },
    ]);
  });

  it('that is imported needs nothing for CloudWatch Logs where the log group is given', () => {
    const other = aStack();
    new NetworkHygiene(other, 'NetworkHygiene', {
      encryptionKey: kms.Key.fromKeyArn(other, 'Key', KEY_ARN), logGroup: LogGroup.fromLogGroupName(other, 'Logs', 'logs'),
    });
    const [{ entry: { data } }] = Annotations.fromStack(other).findWarning('*', Match.stringLikeRegexp('encryptionKey is imported'));
    expect(data).toContain('NetworkHygieneTableAndEnvironment');
    expect(data).not.toContain('NetworkHygieneLogs');
  });

  it('of the environment may be another', () => {
    const separate = SynthesizedStack.with(scope => ({
      encryptionKey: new kms.Key(scope, 'Key'),
      functionOptions: { environmentEncryption: new kms.Key(scope, 'Environment') },
    }));
    expect(functionOf(separate).KmsKeyArn).toEqual({ 'Fn::GetAtt': [expect.stringMatching(/^Environment/), 'Arn'] });
    expect(separate.about('kms:Decrypt').map(({ Resource }) => JSON.stringify(Resource)).sort())
      .toEqual([expect.stringContaining('Environment'), expect.stringContaining('Key')]);
  });
});

describe('is refused', () => {
  it.each<[why: string, options: unknown, message: string]>([
    ['what is no object', 7, 'functionOptions: got 7; give an object with any of vpc, vpcSubnets'],
    ['an option that there is not', { memory: 512 }, 'functionOptions: "memory" is unknown. Known here: vpc,'],
    ['memory below what Lambda has', { memorySize: 64 }, 'functionOptions: memorySize: got 64; give an integer from 128 to 10240'],
    ['a timeout that is no Duration', { timeout: 300 }, 'functionOptions: timeout: got 300; give a Duration'],
    ['a timeout in which no deployment ends', { timeout: Duration.seconds(90) }, 'functionOptions: timeout: got 1 minute 30 seconds; give whole seconds from 2 minutes to 15 minutes'],
    ['a timeout that Lambda does not have', { timeout: Duration.minutes(16) }, 'functionOptions: timeout: got 16 minutes'],
    ['a concurrency with which nothing runs', { reservedConcurrentExecutions: 0 }, 'functionOptions: reservedConcurrentExecutions: got 0; give an integer from 1'],
    ['a VPC that is none', { vpc: 'vpc-1' }, 'functionOptions: vpc: got "vpc-1"; give an IVpc'],
    ['groups without a VPC', { securityGroups: [ec2.SecurityGroup.fromSecurityGroupId(aStack(), 'Group', 'sg-1')] }, 'functionOptions: securityGroups: got securityGroups without a vpc; give vpc, too'],
    ['subnets without a VPC', { vpcSubnets: {} }, 'functionOptions: vpcSubnets: got vpcSubnets without a vpc'],
  ])('%s', (_, options, message) => {
    expect(refusal(options)).toContain(`Network/NetworkHygiene: ${message}`);
  });

  it('an empty list of groups', () => {
    expect(() => withOptions(stack => ({ vpc: aVpc(stack), securityGroups: [] })))
      .toThrow('functionOptions: securityGroups: got an empty list; give at least one');
  });
});

describe('a warning', () => {
  it.each([[1, 1], [2, 0]])('for a reserved concurrency of %i comes %i times', (reservedConcurrentExecutions, count) => {
    const stack = aStack();
    new NetworkHygiene(stack, 'NetworkHygiene', { functionOptions: { reservedConcurrentExecutions } });
    expect(Annotations.fromStack(stack).findWarning('*', Match.stringLikeRegexp('reservedConcurrentExecutions is 1'))).toHaveLength(count);
  });
});

describe('an alias in the place of a key', () => {
  it('means its key', () => {
    const deployed = SynthesizedStack.with(stack => ({ encryptionKey: new kms.Key(stack, 'Key').addAlias('hygiene') }));
    const arn = { 'Fn::GetAtt': [expect.stringMatching(/^Key/), 'Arn'] };
    expect(functionOf(deployed).KmsKeyArn).toEqual(arn);
    expect(deployed.about('kms:Decrypt').map(({ Resource }) => Resource)).toEqual([arn]);
  });

  it.each<[string, (key: kms.IKey) => NetworkHygieneProps]>([
    ['encryptionKey', encryptionKey => ({ encryptionKey })],
    ['functionOptions.environmentEncryption', environmentEncryption => ({ functionOptions: { environmentEncryption } })],
  ])('is refused as %s where CDK does not know its key', (name, propsOf) => {
    expect(() => SynthesizedStack.with(stack => propsOf(kms.Alias.fromAliasName(stack, 'Alias', 'alias/hygiene'))))
      .toThrow(`Network/NetworkHygiene: ${name}: got the alias alias/hygiene, of which CDK does not know the key; give the key`);
  });
});

describe('before the first sweep', () => {
  const stack = aStack();
  const vpc = new ec2.Vpc(stack, 'Vpc', { natGateways: 0, subnetConfiguration: [{ name: 'In', subnetType: ec2.SubnetType.PRIVATE_ISOLATED }] });
  new NetworkHygiene(stack, 'NetworkHygiene', {
    functionOptions: { vpc, vpcSubnets: { subnetType: ec2.SubnetType.PRIVATE_ISOLATED } },
  });
  vpc.addInterfaceEndpoint('Ec2', { service: ec2.InterfaceVpcEndpointAwsService.EC2 });
  vpc.addGatewayEndpoint('DynamoDb', { service: ec2.GatewayVpcEndpointAwsService.DYNAMODB });
  const [{ DependsOn = [] }] = Object.values(Template.fromStack(stack).findResources('Custom::NetworkHygiene'));

  it('the endpoints of the VPC are there, also those that are made later than the construct', () => {
    expect(DependsOn).toEqual(expect.arrayContaining([
      expect.stringMatching(/^VpcEc2(?!SecurityGroup)/), expect.stringMatching(/^VpcEc2SecurityGroup/), expect.stringMatching(/^VpcDynamoDb/),
    ]));
  });

  it.each<[string, (stack: Stack) => NetworkHygieneProps, RegExp]>([
    ['new', () => ({}), /^NetworkHygieneRoleDefaultPolicy/],
    ['given', scope => ({ role: Role.fromRoleArn(scope, 'Role', 'arn:aws:iam::111122223333:role/r') }), /^NetworkHygienePolicy/],
  ])('and before the function, a %s role has its permissions', (_, propsOf, policy) => {
    const deployed = SynthesizedStack.with(scope => ({ ...propsOf(scope), functionOptions: { vpc: aVpc(scope) } }));
    expect(deployed.only('AWS::Lambda::Function').DependsOn).toEqual(expect.arrayContaining([expect.stringMatching(policy)]));
  });
});

/**
 * Tests that given resources that the function could not use are refused at synthesis, and that similar usable ones are
 * not.
 */
import { App, Aws, Environment, Stack } from 'aws-cdk-lib';
import { Match, Template } from 'aws-cdk-lib/assertions';
import { AttributeType, ITable, Table, TablePropsV2, TableV2 } from 'aws-cdk-lib/aws-dynamodb';
import { ISecurityGroup, IVpc, Peer, Port, SecurityGroup, Vpc } from 'aws-cdk-lib/aws-ec2';
import { EventBus } from 'aws-cdk-lib/aws-events';
import { Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { LogGroup } from 'aws-cdk-lib/aws-logs';
import { Topic } from 'aws-cdk-lib/aws-sns';
import { FlaggedIngressRule, NetworkHygiene, NetworkHygieneProps } from '../src';

const ACCOUNT = '111122223333';
const OTHER_ACCOUNT = '444455556666';
const REGION = 'us-east-1';
const OTHER_REGION = 'eu-west-1';

/** Creates properties from resources in a stack of the same app. */
type Make = (stack: Stack) => NetworkHygieneProps;

const KEYS = {
  partitionKey: { name: 'hygiene', type: AttributeType.STRING }, sortKey: { name: 'id', type: AttributeType.STRING },
};

const RESOURCES = {
  ledger: stack => ({ ledger: new Table(stack, 'Table', { ...KEYS, tableName: 'ledger' }) }),
  ledgerV2: stack => ({ ledger: new TableV2(stack, 'Table', { ...KEYS, tableName: 'ledger' }) }),
  role: stack => ({
    role: new Role(stack, 'Role', { assumedBy: new ServicePrincipal('lambda.amazonaws.com'), roleName: 'hygiene' }),
  }),
  logGroup: stack => ({ logGroup: new LogGroup(stack, 'Logs', { logGroupName: 'hygiene' }) }),
  notifications: stack => ({ notifications: new Topic(stack, 'People', { topicName: 'people' }) }),
  eventBus: stack => ({ eventBus: new EventBus(stack, 'Bus', { eventBusName: 'changes' }) }),
  vpc: stack => ({ vpcs: [aVpc(stack, 'vpc-1')] }),
  flagged: stack => ({
    flaggedIngressRules: [FlaggedIngressRule.inAnyGroup(Peer.anyIpv4(), Port.SSH), onGroup(aGroup(stack))],
  }),
  exempt: stack => ({ exemptSecurityGroups: [aGroup(stack)] }),
} satisfies Record<string, Make>;

type Resource = keyof typeof RESOURCES;

const aVpc = (stack: Stack, vpcId: string, region?: string): IVpc =>
  Vpc.fromVpcAttributes(stack, vpcId, { vpcId, availabilityZones: ['a'], region });
const aGroup = (stack: Stack): ISecurityGroup => SecurityGroup.fromSecurityGroupId(stack, 'Group', 'sg-1');
const onGroup = (group: ISecurityGroup): FlaggedIngressRule =>
  FlaggedIngressRule.onGroup(group, Peer.anyIpv4(), Port.SSH);

const HERE = { account: ACCOUNT, region: REGION };

/** Returns the error after the construct's path; undefined if there is no error. */
function refusal(make: (own: Stack, app: App) => NetworkHygieneProps, env?: Environment): string | undefined {
  const app = new App();
  const stack = new Stack(app, 'Network', { env });
  const props = make(stack, app);
  try {
    new NetworkHygiene(stack, 'NetworkHygiene', props);
    return undefined;
  } catch (error) {
    return String(error);
  }
}

/** Creates the resource in another stack of the app. */
const across = (resource: Resource, other?: Environment) => (_: Stack, app: App): NetworkHygieneProps =>
  RESOURCES[resource](new Stack(app, 'Other', { env: other }));

describe('a resource of another Region', () => {
  it.each<[string, Resource, string]>([
    [
      'ledger', 'ledger',
      `ledger: got a table in ${OTHER_REGION}; give one in ${REGION}, because the function uses a table of its own`,
    ],
    ['ledger of the second kind', 'ledgerV2', `ledger: got a table in ${OTHER_REGION}; give one in ${REGION}, because`],
    [
      'log group', 'logGroup',
      `logGroup: got a log group in ${OTHER_REGION}; give one in ${REGION}, because a function logs only in its own`,
    ],
    [
      'topic', 'notifications',
      `notifications: got a topic in ${OTHER_REGION}; give one in ${REGION}, because the function publishes to topics`,
    ],
    [
      'VPC', 'vpc',
      `vpcs[0]: got a VPC in ${OTHER_REGION}; give one in ${REGION}, because a sweep looks at VPCs of its own Region`,
    ],
    [
      'group of a flagged rule', 'flagged',
      `flaggedIngressRules[1]: got a security group in ${OTHER_REGION}; give one in ${REGION}, because the function `
      + 'revokes rules only in groups of its own account and Region',
    ],
    [
      'exempt group', 'exempt',
      `exemptSecurityGroups[0]: got a security group in ${OTHER_REGION}; give one in ${REGION}, because the function`,
    ],
  ])('is refused as a %s', (_, resource, message) => {
    expect(refusal(across(resource, { ...HERE, region: OTHER_REGION }), HERE))
      .toContain(`Error: Network/NetworkHygiene: ${message}`);
  });

  it.each<[string, Resource]>([
    ['a role, which is of no Region', 'role'], ['an event bus', 'eventBus'],
  ])('is taken as %s', (_, resource) => {
    expect(refusal(across(resource, { ...HERE, region: OTHER_REGION }), HERE)).toBeUndefined();
  });

  const arn = (service: string, name: string): string => `arn:aws:${service}:${OTHER_REGION}:${ACCOUNT}:${name}`;

  it.each<[string, Make, string]>([
    [
      'a table', stack => ({ ledger: Table.fromTableArn(stack, 'Table', arn('dynamodb', 'table/ledger')) }),
      'ledger: got a table',
    ],
    [
      'a log group',
      stack => ({ logGroup: LogGroup.fromLogGroupArn(stack, 'Logs', arn('logs', 'log-group:hygiene:*')) }),
      'logGroup: got a log group',
    ],
    [
      'a topic', stack => ({ notifications: Topic.fromTopicArn(stack, 'People', arn('sns', 'people')) }),
      'notifications: got a topic',
    ],
    ['a VPC', stack => ({ vpcs: [aVpc(stack, 'vpc-1'), aVpc(stack, 'vpc-2', OTHER_REGION)] }), 'vpcs[1]: got a VPC'],
  ])('is refused when it is imported: %s', (_, make, message) => {
    expect(refusal(make, HERE)).toContain(`Error: Network/NetworkHygiene: ${message} in ${OTHER_REGION};`);
  });
});

describe('a resource of another account', () => {
  it.each<[string, Resource, string]>([
    ['ledger', 'ledger', `ledger: got a table in the account ${OTHER_ACCOUNT}; give one in the account ${ACCOUNT}, because`],
    [
      'ledger of the second kind', 'ledgerV2',
      `ledger: got a table in the account ${OTHER_ACCOUNT}; give one in the account ${ACCOUNT}, because`,
    ],
    [
      'role', 'role',
      `role: got a role in the account ${OTHER_ACCOUNT}; give one in the account ${ACCOUNT}, because Lambda gives a function only`,
    ],
    [
      'log group', 'logGroup',
      `logGroup: got a log group in the account ${OTHER_ACCOUNT}; give one in the account ${ACCOUNT}, because`,
    ],
    [
      'group of a flagged rule', 'flagged',
      `flaggedIngressRules[1]: got a security group in the account ${OTHER_ACCOUNT}; give one in the account ${ACCOUNT}, because`,
    ],
    [
      'exempt group', 'exempt',
      `exemptSecurityGroups[0]: got a security group in the account ${OTHER_ACCOUNT}; give one in the account ${ACCOUNT}, because`,
    ],
  ])('is refused as a %s', (_, resource, message) => {
    expect(refusal(across(resource, { ...HERE, account: OTHER_ACCOUNT }), HERE))
      .toContain(`Error: Network/NetworkHygiene: ${message}`);
  });

  it.each<[string, Resource]>([
    ['a topic', 'notifications'], ['an event bus', 'eventBus'], ['a VPC, which AWS RAM may share', 'vpc'],
  ])('is taken as %s', (_, resource) => {
    expect(refusal(across(resource, { ...HERE, account: OTHER_ACCOUNT }), HERE)).toBeUndefined();
  });

  it('is refused when it is imported', () => {
    const table = `arn:aws:dynamodb:${REGION}:${OTHER_ACCOUNT}:table/ledger`;
    expect(refusal(stack => ({ ledger: Table.fromTableArn(stack, 'Table', table) }), HERE))
      .toContain(`ledger: got a table in the account ${OTHER_ACCOUNT};`);
    const role = `arn:aws:iam::${OTHER_ACCOUNT}:role/hygiene`;
    expect(refusal(stack => ({ role: Role.fromRoleArn(stack, 'Role', role) }), HERE))
      .toContain(`role: got a role in the account ${OTHER_ACCOUNT};`);
  });
});

describe.each(Object.keys(RESOURCES) as Resource[])('a resource that may be here is taken: %s', resource => {
  it('in the same stack', () => {
    expect(refusal(RESOURCES[resource], HERE)).toBeUndefined();
  });

  it('in another stack of the account and Region', () => {
    expect(refusal(across(resource, HERE), HERE)).toBeUndefined();
  });

  it('in stacks that are for any account and Region', () => {
    expect(refusal(across(resource))).toBeUndefined();
  });

  it('in a stack of a known Region, where the own one is for any, and the other way about', () => {
    expect(refusal(across(resource, HERE))).toBeUndefined();
    expect(refusal(across(resource), HERE)).toBeUndefined();
  });
});

describe('an imported resource', () => {
  const arn = (service: string, name: string): string => `arn:aws:${service}:${REGION}:${ACCOUNT}:${name}`;

  it.each<[string, Make]>([
    ['a table by its ARN', stack => ({ ledger: Table.fromTableArn(stack, 'Table', arn('dynamodb', 'table/ledger')) })],
    ['a table by its name', stack => ({ ledger: Table.fromTableName(stack, 'Table', 'ledger') })],
    [
      'a table of the second kind by its ARN',
      stack => ({ ledger: TableV2.fromTableArn(stack, 'Table', arn('dynamodb', 'table/ledger')) }),
    ],
    ['a role by its ARN', stack => ({ role: Role.fromRoleArn(stack, 'Role', `arn:aws:iam::${ACCOUNT}:role/hygiene`) })],
    [
      'a log group by its ARN',
      stack => ({ logGroup: LogGroup.fromLogGroupArn(stack, 'Logs', arn('logs', 'log-group:hygiene:*')) }),
    ],
    ['a topic by its ARN', stack => ({ notifications: Topic.fromTopicArn(stack, 'People', arn('sns', 'people')) })],
    ['a VPC with its Region', stack => ({ vpcs: [aVpc(stack, 'vpc-1', REGION)] })],
    ['a table by an ARN that is known at deployment only', stack => ({
      ledger: Table.fromTableArn(stack, 'Table', `arn:aws:dynamodb:${Aws.REGION}:${Aws.ACCOUNT_ID}:table/ledger`),
    })],
  ])('is taken: %s', (_, make) => {
    expect(refusal(make, HERE)).toBeUndefined();
    expect(refusal(make)).toBeUndefined();
  });
});

describe('the keys of a given ledger', () => {
  type Keys = Pick<TablePropsV2, 'partitionKey' | 'sortKey'>;
  const MADE: ReadonlyArray<[string, (stack: Stack, keys: Keys) => ITable]> = [
    ['Table', (stack, keys) => new Table(stack, 'Mine', keys)],
    ['TableV2', (stack, keys) => new TableV2(stack, 'Mine', keys)],
  ];
  const WANTED = 'give one with the partition key "hygiene" of type S and the sort key "id" of type S, because';
  const WRONG: ReadonlyArray<[string, Keys, string]> = [
    [
      'another partition key', { ...KEYS, partitionKey: { name: 'pk', type: AttributeType.STRING } },
      'the partition key "pk" of type S and the sort key "id" of type S',
    ],
    [
      'another sort key', { ...KEYS, sortKey: { name: 'sk', type: AttributeType.STRING } },
      'the partition key "hygiene" of type S and the sort key "sk" of type S',
    ],
    ['no sort key', { partitionKey: KEYS.partitionKey }, 'the partition key "hygiene" of type S and no sort key'],
    [
      'a partition key of another type', { ...KEYS, partitionKey: { name: 'hygiene', type: AttributeType.BINARY } },
      'the partition key "hygiene" of type B and',
    ],
    [
      'a sort key of another type', { ...KEYS, sortKey: { name: 'id', type: AttributeType.NUMBER } },
      'the partition key "hygiene" of type S and the sort key "id" of type N',
    ],
  ];

  describe.each(MADE)('of a %s', (_, make) => {
    it.each(WRONG)('are refused: %s', (__, keys, got) => {
      const problem = refusal(stack => ({ ledger: make(stack, keys) }));
      expect(problem).toContain(`Error: Network/NetworkHygiene: ledger: got a table with ${got}`);
      expect(problem).toContain(`; ${WANTED}`);
    });

    it('are taken when they are those of a ledger', () => {
      expect(refusal(stack => ({ ledger: make(stack, KEYS) }))).toBeUndefined();
    });
  });

  it('are unknown for a replica, which is accepted only in its own Region', () => {
    const elsewhere = { ...HERE, region: OTHER_REGION };
    const replica: Make = () => {
      const stack = new Stack(new App(), 'Elsewhere', { env: HERE });
      const table = new TableV2(stack, 'Global', { ...KEYS, replicas: [{ region: OTHER_REGION }] });
      return { ledger: table.replica(OTHER_REGION) };
    };
    expect(refusal(replica, elsewhere)).toBeUndefined();
    expect(refusal(replica, HERE)).toContain(`ledger: got a table in ${OTHER_REGION};`);
  });

  it('are read so that an index can be added later', () => {
    const stack = new Stack(new App(), 'Network');
    const ledger = new TableV2(stack, 'Mine', KEYS);
    new NetworkHygiene(stack, 'NetworkHygiene', { ledger });
    ledger.addGlobalSecondaryIndex({ indexName: 'later', partitionKey: { name: 'later', type: AttributeType.STRING } });
    Template.fromStack(stack).hasResourceProperties('AWS::DynamoDB::GlobalTable', {
      AttributeDefinitions: Match.arrayWith([{ AttributeName: 'later', AttributeType: 'S' }]),
    });
  });
});

/**
 * Tests the permissions of the hub: exactly those that each role needs, and no others. None of them is on a network.
 */
import { Table } from 'aws-cdk-lib/aws-dynamodb';
import { EventBus } from 'aws-cdk-lib/aws-events';
import { Key } from 'aws-cdk-lib/aws-kms';
import { Tracing } from 'aws-cdk-lib/aws-lambda';
import { Topic } from 'aws-cdk-lib/aws-sns';
import { HygieneAccounts, StaleRules } from '../../src';
import { aHub, HubProps, SynthesizedHub } from '../support/synthesized-hub';
import { allowed, aStack, joined, Statement } from '../support/synthesized-stack';

const LEDGER = ['dynamodb:GetItem', 'dynamodb:PutItem', 'dynamodb:Query'];
const READ_LEDGER = ['dynamodb:GetItem', 'dynamodb:Query'];
const LOG = ['logs:CreateLogStream', 'logs:PutLogEvents'];
const UNITS = ['organizations:ListAccountsForParent', 'organizations:ListOrganizationalUnitsForParent'];

const ARN = 'arn:<Ref AWS::Partition>';
const EXECUTIONS = expect.stringMatching(
  /^arn:<Ref AWS::Partition>:states:<Ref AWS::Region>:<Ref AWS::AccountId>:execution:<Fn::GetAtt HubRunStateMachine\w+\.Name>:\*$/,
) as string;
const childrenOf = (label: string): string => expect.stringMatching(
  new RegExp(`^arn:<Ref AWS::Partition>:states:<Ref AWS::Region>:<Ref AWS::AccountId>:execution:<Fn::GetAtt HubRunStateMachine\\w+\\.Name>/${label}:\\*$`),
) as string;
const STATE_MACHINE = expect.stringMatching(/^<Ref HubRunStateMachine\w+>$/) as string;
const LISTS = expect.stringMatching(/^<Fn::GetAtt HubLists\w+\.Arn>\/runs\/\*$/) as string;
const FUNCTION = expect.stringMatching(/^<Fn::GetAtt HubFunction\w+\.Arn>$/) as string;

const resources = ({ Resource }: Statement): string[] => [Resource].flat().map(each => joined(each));
const about = (statements: readonly Statement[], action: string): Statement[] =>
  statements.filter(({ Action }) => [Action].flat().includes(action));
const partitions = (...patterns: string[]): Statement['Condition'] => ({
  'ForAllValues:StringLike': { 'dynamodb:LeadingKeys': patterns }, 'Null': { 'dynamodb:LeadingKeys': 'false' },
});

const deployed = SynthesizedHub.of();
const everything: HubProps = stack => ({
  staleRules: StaleRules.revoke(),
  accounts: HygieneAccounts.organizationalUnits(['r-a1b2']),
  revokeIn: HygieneAccounts.list(['111122223333']),
  notifications: new Topic(stack, 'People'),
  encryptionKey: new Key(stack, 'Key'),
  functionOptions: { tracing: Tracing.ACTIVE },
});

describe('the function that sweeps', () => {
  const { hubStatements } = deployed;

  it('may do exactly what it needs', () => {
    expect(allowed(hubStatements)).toEqual([
      'account:ListRegions', 'cloudwatch:PutMetricData', ...LEDGER, 'events:PutEvents', ...LOG,
      'organizations:ListAccounts', 's3:PutObject', 'states:DescribeExecution', 'states:StartExecution', 'sts:AssumeRole',
    ].sort());
    expect(hubStatements.filter(({ Effect }) => Effect === 'Deny')).toEqual([]);
  });

  it('may look at no network and change none, whatever the properties say: the members allow that', () => {
    for (const props of [{}, everything]) {
      const statements = SynthesizedHub.of(props).hubStatements;
      expect(allowed(statements).filter(action => /^(ec2|elasticloadbalancing|rds|lambda|cloudtrail):/.test(action))).toEqual([]);
      expect(JSON.stringify(statements)).not.toMatch(/NotAction|"Action":"\*"|:\*"(?=,"Effect")/);
    }
  });

  it('may assume the sweeping role of accounts of the organization, with the external id, and no other role', () => {
    expect(about(hubStatements, 'sts:AssumeRole').map(each => [resources(each), each.Condition])).toEqual([[
      [`${ARN}:iam::*:role/network-hygiene-sweep`],
      { StringEquals: { 'sts:ExternalId': 'cdk-network-hygiene', 'aws:ResourceOrgID': 'o-a1b2c3d4e5' } },
    ]]);
  });

  it('may assume roles of the names that are given', () => {
    const props = { sweepRoleName: 'sweep', restoreRoleName: 'restore', externalId: 'ours' };
    const { hubStatements: own, restoreStatements } = SynthesizedHub.of(props);
    const assumed = (statements: Statement[]): unknown =>
      about(statements, 'sts:AssumeRole').map(each => [...resources(each), each.Condition?.StringEquals['sts:ExternalId']]);
    expect(assumed(own)).toEqual([[`${ARN}:iam::*:role/sweep`, 'ours']]);
    expect(assumed(restoreStatements)).toEqual([[`${ARN}:iam::*:role/restore`, 'ours']]);
  });

  it('has items of its own name only, and those of its accounts and Regions', () => {
    expect(about(hubStatements, 'dynamodb:PutItem').map(each => [each.Action, each.Condition])).toEqual([
      [LEDGER, partitions('Network/Hub', 'Network/Hub:*')],
    ]);
    expect(about(hubStatements, 'dynamodb:PutItem').flatMap(resources)).toEqual([
      expect.stringMatching(/^<Fn::GetAtt HubLedger\w+\.Arn>$/),
    ]);
  });

  it('may list accounts, and organizational units only if a selection names one', () => {
    const organizations = (props: HubProps): string[] =>
      allowed(SynthesizedHub.of(props).hubStatements).filter(action => action.startsWith('organizations:'));
    const { all, list, organizationalUnits } = HygieneAccounts;
    expect(organizations({})).toEqual(['organizations:ListAccounts']);
    expect(organizations({ accounts: list(['111122223333']), revokeIn: all({ except: ['111122223333'] }) }))
      .toEqual(['organizations:ListAccounts']);
    const withUnits = ['organizations:ListAccounts', ...UNITS];
    expect(organizations({ accounts: organizationalUnits(['r-a1b2']) })).toEqual(withUnits);
    expect(organizations({ accounts: all({ except: ['ou-a1b2-c3d4e5f6'] }) })).toEqual(withUnits);
    expect(organizations({ revokeIn: organizationalUnits(['ou-a1b2-c3d4e5f6']) })).toEqual(withUnits);
  });

  it('may ask for the Regions of accounts of the organization and of its own, and of no others', () => {
    expect(about(hubStatements, 'account:ListRegions').map(resources)).toEqual([[
      `${ARN}:account::*:account/o-a1b2c3d4e5/*`, `${ARN}:account::<Ref AWS::AccountId>:account`,
    ]]);
  });

  it('may write lists of accounts, and neither read nor delete them', () => {
    expect(about(hubStatements, 's3:PutObject').map(resources)).toEqual([[LISTS]]);
    expect(allowed(hubStatements).filter(action => action.startsWith('s3:'))).toEqual(['s3:PutObject']);
  });

  it('may start the one state machine, and see its executions', () => {
    expect(about(hubStatements, 'states:StartExecution').map(resources)).toEqual([[STATE_MACHINE]]);
    expect(about(hubStatements, 'states:DescribeExecution').map(resources)).toEqual([[EXECUTIONS]]);
  });

  it('publishes metrics of its namespace, events as itself, and messages where a topic is given', () => {
    expect(about(hubStatements, 'cloudwatch:PutMetricData').map(({ Condition }) => Condition))
      .toEqual([{ StringEquals: { 'cloudwatch:namespace': 'NetworkHygiene' } }]);
    expect(about(hubStatements, 'events:PutEvents').map(({ Condition }) => Condition)).toEqual([
      { 'ForAllValues:StringEquals': { 'events:source': ['cdk-network-hygiene'] }, 'Null': { 'events:source': 'false' } },
    ]);
    expect(about(hubStatements, 'sns:Publish')).toEqual([]);
    const bus = 'arn:aws:events:eu-central-1:111122223333:event-bus/platform';
    const { hubStatements: own } = SynthesizedHub.of(stack => ({
      notifications: new Topic(stack, 'People'), eventBus: EventBus.fromEventBusArn(stack, 'Platform', bus),
    }));
    expect(about(own, 'sns:Publish').flatMap(resources)).toEqual([expect.stringMatching(/^<Ref People/)]);
    expect(about(own, 'events:PutEvents').flatMap(resources)).toEqual([bus]);
  });

  it('writes only to its log group', () => {
    expect(about(hubStatements, 'logs:PutLogEvents').flatMap(resources))
      .toEqual([expect.stringMatching(/^<Fn::GetAtt HubLogGroup\w+\.Arn>$/)]);
  });
});

describe('the function that restores', () => {
  const { restoreStatements } = deployed;

  it('may log, use the ledger and assume a role, and do nothing else', () => {
    expect(allowed(restoreStatements)).toEqual([...LEDGER, ...LOG, 'sts:AssumeRole'].sort());
  });

  it('may assume the restoring role of accounts of the organization, and not the one that sweeps', () => {
    expect(about(restoreStatements, 'sts:AssumeRole').map(each => [resources(each), each.Condition])).toEqual([[
      [`${ARN}:iam::*:role/network-hygiene-restore`],
      { StringEquals: { 'sts:ExternalId': 'cdk-network-hygiene', 'aws:ResourceOrgID': 'o-a1b2c3d4e5' } },
    ]]);
  });

  it('may write items of accounts and Regions, and only read those of the organization, such as a pause', () => {
    expect(about(restoreStatements, 'dynamodb:GetItem').map(each => [each.Action, each.Condition])).toEqual([
      [READ_LEDGER, {
        'ForAllValues:StringEquals': { 'dynamodb:LeadingKeys': ['Network/Hub'] },
        'Null': { 'dynamodb:LeadingKeys': 'false' },
      }],
      [LEDGER, partitions('Network/Hub:*')],
    ]);
  });
});

describe('the state machine', () => {
  const { runStatements } = deployed;

  it('may do exactly what it needs', () => {
    expect(runStatements.map(each => [each.Effect, each.Action, resources(each), each.Condition])).toEqual([
      ['Allow', 'lambda:InvokeFunction', [FUNCTION], undefined],
      ['Allow', 's3:GetObject', [LISTS], undefined],
      ['Allow', 'states:StartExecution', [STATE_MACHINE], undefined],
      [
        'Allow', ['states:DescribeExecution', 'states:StopExecution'],
        [EXECUTIONS, childrenOf('Observe'), childrenOf('Revoke')], undefined,
      ],
      ['Allow', 'states:RedriveExecution', [childrenOf('Observe'), childrenOf('Revoke')], undefined],
    ]);
  });

  it('may not invoke the aliases of the function, which pause, resume and retry', () => {
    for (const resource of about(runStatements, 'lambda:InvokeFunction').flatMap(resources)) {
      expect(resource).not.toMatch(/:\*$|Alias/);
    }
  });

  it('gets no other policies from CDK', () => {
    const withPolicies = Object.entries(deployed.resources)
      .filter(([, { Type, Properties }]) => Type === 'AWS::IAM::Policy' && JSON.stringify(Properties.Roles).includes('RunRole'));
    expect(withPolicies.map(([id]) => id)).toEqual([expect.stringMatching(/^HubRunPolicy/)]);
  });

  it('may send traces only if tracing is on', () => {
    expect(allowed(SynthesizedHub.of({ functionOptions: { tracing: Tracing.ACTIVE } }).runStatements).filter(each => /^xray:/.test(each)))
      .toEqual(['xray:GetSamplingRules', 'xray:GetSamplingTargets', 'xray:PutTelemetryRecords', 'xray:PutTraceSegments']);
    expect(allowed(runStatements).filter(each => /^xray:/.test(each))).toEqual([]);
  });

  it('has a role that only state machines of this account may assume', () => {
    deployed.template.hasResourceProperties('AWS::IAM::Role', {
      AssumeRolePolicyDocument: {
        Statement: [{
          Effect: 'Allow',
          Action: 'sts:AssumeRole',
          Principal: { Service: 'states.amazonaws.com' },
          Condition: { StringEquals: { 'aws:SourceAccount': { Ref: 'AWS::AccountId' } } },
        }],
      },
    });
  });
});

describe('the schedule', () => {
  it('may start the one state machine, and do nothing else', () => {
    expect(deployed.scheduleStatements.map(each => [each.Effect, each.Action, resources(each)])).toEqual([
      ['Allow', 'states:StartExecution', [STATE_MACHINE]],
    ]);
  });
});

describe('the findings function', () => {
  it('may read the ledger, and do nothing else', () => {
    const stack = aStack();
    const hub = aHub(stack);
    hub.findingsWidget();
    const { findingsStatements } = new SynthesizedHub(stack, hub);
    expect(findingsStatements.map(each => [each.Action, each.Condition])).toEqual([
      [READ_LEDGER, partitions('Network/Hub', 'Network/Hub:*')],
    ]);
  });
});

describe('a key', () => {
  const withKey = SynthesizedHub.of(stack => ({ encryptionKey: new Key(stack, 'Key') }));
  const keyActions = (statements: readonly Statement[]): string[] => allowed(statements).filter(each => each.startsWith('kms:'));

  it('is used by the functions for the ledger, the environment and the lists', () => {
    const actions = [
      'kms:Decrypt', 'kms:DescribeKey', 'kms:Encrypt', 'kms:GenerateDataKey', 'kms:GenerateDataKeyWithoutPlaintext',
      'kms:ReEncryptFrom', 'kms:ReEncryptTo',
    ];
    expect(keyActions(withKey.hubStatements)).toEqual(actions);
    expect(keyActions(withKey.restoreStatements)).toEqual(actions);
  });

  it('is used by the state machine to read lists, through S3 only', () => {
    const ofKey = withKey.runStatements.filter(({ Action }) => JSON.stringify(Action).includes('kms:'));
    expect(ofKey.map(({ Effect, Action, Condition }) => [Effect, Action, Condition])).toEqual([
      ['Allow', 'kms:Decrypt', undefined],
      ['Deny', 'kms:Decrypt', { StringNotLike: { 'kms:ViaService': 's3.*' } }],
    ]);
  });

  it('that is not that of the ledger lets the function write lists', () => {
    const { hubStatements, restoreStatements } = SynthesizedHub.of(stack => ({
      ledger: Table.fromTableName(stack, 'Mine', 'ledger'), encryptionKey: new Key(stack, 'Key'),
    }));
    expect(keyActions(hubStatements)).toEqual(['kms:Decrypt', 'kms:GenerateDataKey']);
    expect(keyActions(restoreStatements)).toEqual(['kms:Decrypt']);
  });

  it('is needed by none without one', () => {
    const { hubStatements, restoreStatements, runStatements } = deployed;
    expect(keyActions([...hubStatements, ...restoreStatements, ...runStatements])).toEqual([]);
  });
});

describe('restoring that is off', () => {
  it('leaves the hub without the role that restores', () => {
    const { restoreStatements, resources: made } = SynthesizedHub.of({ allowRestore: false });
    expect(restoreStatements).toEqual([]);
    expect(JSON.stringify(made)).not.toContain('network-hygiene-hub-restore');
    expect(JSON.stringify(Object.values(made).filter(({ Type }) => /Policy$/.test(Type)))).not.toContain('network-hygiene-restore');
  });
});

it('has no wildcard in the name of an action', () => {
  const { hubStatements, restoreStatements, runStatements, scheduleStatements } = SynthesizedHub.of(everything);
  const actions = allowed([...hubStatements, ...restoreStatements, ...runStatements, ...scheduleStatements]);
  expect(actions.filter(action => action.includes('*'))).toEqual([]);
});

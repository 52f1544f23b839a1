/**
 * Tests that cdk-nag's AwsSolutions pack has no findings on any example, because the library acknowledges its
 * wildcards.
 */
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { App, CfnResource, Stack } from 'aws-cdk-lib';
import { Vpc } from 'aws-cdk-lib/aws-ec2';
import { PolicyStatement, Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { NagSuppressions } from 'cdk-nag';
import {
  ChangeTrigger, NetworkHygiene, NetworkHygieneMember, NetworkHygieneProps, StaleRules, UnusedSecurityGroups,
} from '../src';
import { Finding, appOf, said } from './support/nag';
import { aStack } from './support/synthesized-stack';

const ec2 = (type: string): string => `Resource::arn:<AWS::Partition>:ec2:<AWS::Region>:<AWS::AccountId>:${type}/*`;
const NO_RESOURCE_LEVEL = 'Resource::*';
const ANY_GROUP = ec2('security-group');
const ANY_RULE = ec2('security-group-rule');
/** The lists of AWS belong to the account aws. */
const ANY_LIST = 'Resource::arn:<AWS::Partition>:ec2:<AWS::Region>:*:prefix-list/*';
const OF_RULES = [NO_RESOURCE_LEVEL, ANY_RULE, ANY_GROUP, ANY_LIST];
const OF_STACKS = 'Resource::arn:<AWS::Partition>:cloudformation:<AWS::Region>:<AWS::AccountId>:stack/*';
/** A change may be of any stack, and an organization's trail belongs to another account. */
const OF_CHANGES = [
  OF_STACKS,
  'Resource::arn:<AWS::Partition>:cloudtrail:*:*:trail/*',
];

const everywhere = (arn: string): string => arn.replace('<AWS::Region>', '*');

const LISTS = 'Resource::<NetworkHygieneLists91a43e58.Arn>/runs/*';
const memberRole = (name: string): string => `Resource::arn:<AWS::Partition>:iam::*:role/${name}`;
const executions = (label: string): string =>
  `Resource::arn:<AWS::Partition>:states:eu-central-1:444455556666:execution:<NetworkHygieneRunStateMachineDFF5FC95.Name>${label}:*`;

const text = ({ path, rule, detail }: Finding): string => `${path} ${rule}[${detail}]`;
const texts = (findings: readonly Finding[]): string[] => findings.map(text).sort();
const wildcards = (policy: string, ...details: string[]): string[] => details.map(each => `${policy} IAM5[${each}]`);

/** The wildcards that the library acknowledges in each example, with its reason in the template. */
const ACKNOWLEDGED: Readonly<Record<string, readonly string[]>> = {
  'approved': wildcards('Approved/NetworkHygiene/Role/DefaultPolicy/Resource', ...OF_RULES),
  'compliant': [
    ...wildcards('Compliant/NetworkHygiene/Role/DefaultPolicy/Resource', ...OF_RULES, ...OF_CHANGES),
    ...wildcards('Compliant/NetworkHygiene/FindingsFunctionRole/DefaultPolicy/Resource', NO_RESOURCE_LEVEL),
  ],
  'monitored': wildcards('Monitored/NetworkHygiene/Role/DefaultPolicy/Resource', ...OF_RULES),
  'named-groups': wildcards('NamedGroups/NetworkHygiene/Role/DefaultPolicy/Resource', NO_RESOURCE_LEVEL, ANY_RULE, ANY_LIST),
  'organization': [
    ...wildcards(
      'HygieneHub/NetworkHygiene/Role/DefaultPolicy/Resource', NO_RESOURCE_LEVEL, LISTS,
      'Resource::arn:<AWS::Partition>:account::*:account/o-a1b2c3d4e5/*', memberRole('network-hygiene-sweep'),
    ),
    ...wildcards('HygieneHub/NetworkHygiene/RestoreRole/DefaultPolicy/Resource', memberRole('network-hygiene-restore')),
    ...wildcards('HygieneHub/NetworkHygiene/StartPolicy/Resource', executions('')),
    ...wildcards(
      'HygieneHub/NetworkHygiene/Run/Policy/Resource', LISTS, ...['', '/Observe', '/Revoke'].map(executions),
    ),
    'HygieneHub/NetworkHygiene/Lists/Resource S1[]',
    'HygieneHub/NetworkHygiene/Run/StateMachine/Resource SF1[]',
    'HygieneHub/NetworkHygiene/Run/StateMachine/Resource SF2[]',
    ...wildcards('HygieneManagementMember/Member/SweepPolicy/Resource', NO_RESOURCE_LEVEL, everywhere(ANY_LIST)),
    ...wildcards(
      'HygieneManagementMember/Member/RestorePolicy/Resource', NO_RESOURCE_LEVEL,
      ...[ANY_RULE, ANY_GROUP].map(everywhere),
    ),
  ],
  'quickstart': wildcards('Quickstart/NetworkHygiene/Role/DefaultPolicy/Resource', ...OF_RULES, ...OF_CHANGES),
  'reactive': wildcards('Reactive/NetworkHygiene/Role/DefaultPolicy/Resource', ...OF_RULES, ...OF_CHANGES),
  'report-only': wildcards('ReportOnly/NetworkHygiene/Role/DefaultPolicy/Resource', ...OF_RULES),
  'vpn-only': wildcards('VpnOnly/BranchOffices/Role/DefaultPolicy/Resource', NO_RESOURCE_LEVEL),
};

it('looks at every example', () => {
  expect(
    readdirSync(join(__dirname, '..', 'examples'))
      .filter(file => file.endsWith('.ts'))
      .map(file => file.replace(/\.ts$/, ''))
      .sort(),
  ).toEqual(Object.keys(ACKNOWLEDGED));
});

describe.each(Object.entries(ACKNOWLEDGED))('%s', (example, expected) => {
  const { findings, acknowledged, passed } = said(appOf(example), ['AwsSolutions']);

  it('has no findings but those that the library acknowledges', () => {
    expect(texts(findings)).toEqual([]);
    expect(texts(acknowledged)).toEqual([...expected].sort());
  });

  // The pack has looked at managed policies, wildcards, the runtime of the functions and the recovery of the ledger,
  // and at a topic and queues where there are some.
  it('was looked at', () => {
    const topics = ['approved', 'compliant', 'monitored'].includes(example)
      ? ['AwsSolutions-SNS3', 'AwsSolutions-SQS3', 'AwsSolutions-SQS4']
      : [];
    expect([...passed]).toEqual(
      expect.arrayContaining(['AwsSolutions-IAM4', 'AwsSolutions-IAM5', 'AwsSolutions-L1', 'AwsSolutions-DDB3', ...topics]),
    );
  });
});

describe('the library acknowledges', () => {
  const hygieneIn = (stack: Stack, props: NetworkHygieneProps = {}): NetworkHygiene =>
    new NetworkHygiene(stack, 'NetworkHygiene', { staleRules: StaleRules.revoke(), ...props });
  const checked = (stack: Stack): ReturnType<typeof said> => said(stack.node.root as App, ['AwsSolutions']);
  const roleIn = (stack: Stack): Role =>
    new Role(stack, 'Role', { assumedBy: new ServicePrincipal('lambda.amazonaws.com') });

  it('wildcards in the policies into which CDK moves what exceeds the size of one', () => {
    const stack = aStack();
    const vpcs = Array.from({ length: 150 }, (_, index) =>
      Vpc.fromVpcAttributes(stack, `Vpc${index}`, { vpcId: `vpc-${String(index).padStart(17, '0')}`, availabilityZones: ['a'] }),
    );
    hygieneIn(stack, { vpcs });
    const { findings, acknowledged } = checked(stack);
    expect(texts(findings)).toEqual([]);
    expect(texts(acknowledged)).toContain(`Network/NetworkHygiene/Role/OverflowPolicy1/Resource IAM5[${ANY_GROUP}]`);
  });

  it('wildcards in the policies that it adds to a given role, and none of the others of the role', () => {
    const stack = aStack();
    const role = roleIn(stack);
    role.addToPolicy(new PolicyStatement({ actions: ['s3:ListAllMyBuckets'], resources: ['*'] }));
    hygieneIn(stack, { role });
    const { findings, acknowledged } = checked(stack);
    expect(texts(findings)).toEqual(wildcards('Network/Role/DefaultPolicy/Resource', NO_RESOURCE_LEVEL));
    expect(texts(acknowledged)).toEqual(
      wildcards('Network/NetworkHygiene/Policy/Resource', NO_RESOURCE_LEVEL, ANY_RULE, ANY_GROUP).sort(),
    );
  });

  it('wildcards with the names of an account and a Region', () => {
    const app = new App({ treeMetadata: false });
    hygieneIn(new Stack(app, 'Network', { env: { account: '111122223333', region: 'eu-central-1' } }));
    const { findings, acknowledged } = said(app, ['AwsSolutions']);
    expect(texts(findings)).toEqual([]);
    expect(texts(acknowledged)).toHaveLength(3);
  });

  it('the wildcards of a change trigger, whose dead-letter queue needs no other', () => {
    const stack = aStack();
    hygieneIn(stack, { changeTrigger: ChangeTrigger.cloudTrail() });
    const { findings, acknowledged, passed } = checked(stack);
    expect(texts(findings)).toEqual([]);
    expect(texts(acknowledged)).toEqual(wildcards(
      'Network/NetworkHygiene/Role/DefaultPolicy/Resource', NO_RESOURCE_LEVEL, ANY_RULE, ANY_GROUP, ...OF_CHANGES,
    ).sort());
    expect([...passed]).toEqual(expect.arrayContaining(['AwsSolutions-SQS2', 'AwsSolutions-SQS3', 'AwsSolutions-SQS4']));
  });

  it('the wildcards of the roles in a member of an organization, which are about every Region', () => {
    const stack = aStack();
    new NetworkHygieneMember(stack, 'Member', {
      hubAccount: '111122223333', organizationId: 'o-a1b2c3d4e5', staleRules: StaleRules.revoke(), mayRevoke: true,
      unusedSecurityGroups: UnusedSecurityGroups.report(), regions: ['eu-central-1'], securityHub: true,
      forwardChangesTo: 'arn:aws:events:eu-central-1:111122223333:event-bus/hygiene',
    });
    const { findings, acknowledged, passed } = checked(stack);
    expect(texts(findings)).toEqual([]);
    expect(texts(acknowledged)).toEqual([
      ...wildcards('Network/Member/RestorePolicy/Resource', NO_RESOURCE_LEVEL, ...[ANY_RULE, ANY_GROUP].map(everywhere)),
      ...wildcards(
        'Network/Member/SweepPolicy/Resource', NO_RESOURCE_LEVEL, everywhere(OF_STACKS),
        'Resource::arn:<AWS::Partition>:apigateway:*::/vpclinks',
        'Resource::arn:<AWS::Partition>:securityhub:*:<AWS::AccountId>:product/<AWS::AccountId>/default',
      ),
      ...wildcards('Network/Member/SweepRevokePolicy/Resource', everywhere(ANY_GROUP)),
    ].sort());
    expect([...passed]).toContain('AwsSolutions-IAM4');
  });

  it('nothing more with securityHub, which is about one resource', () => {
    const wildcardsOf = (props: NetworkHygieneProps): string[] => {
      const stack = aStack();
      hygieneIn(stack, props);
      const { findings, acknowledged } = checked(stack);
      expect(texts(findings)).toEqual([]);
      return texts(acknowledged);
    };
    expect(wildcardsOf({ securityHub: true })).toEqual(wildcardsOf({}));
  });

  it('no wildcard that others add to its role', () => {
    const stack = aStack();
    hygieneIn(stack).grantPrincipal.addToPrincipalPolicy(
      new PolicyStatement({ actions: ['s3:*'], resources: ['arn:aws:s3:::bucket'] }),
    );
    expect(texts(checked(stack).findings)).toEqual(['Network/NetworkHygiene/Role/DefaultPolicy/Resource IAM5[Action::s3:*]']);
  });

  it('no wildcard that is not there', () => {
    const stack = aStack();
    const hygiene = hygieneIn(stack);
    hygiene.findingsWidget();
    checked(stack);
    const acknowledged = stack.node.findAll()
      .filter(each => CfnResource.isCfnResource(each) && each.getMetadata('cdk_nag') !== undefined)
      .map(({ node }) => node.path);
    expect(acknowledged).toEqual(['Network/NetworkHygiene/Role/DefaultPolicy/Resource']);
  });

  it('its own wildcards besides what others acknowledge', () => {
    const stack = aStack();
    const hygiene = hygieneIn(stack);
    hygiene.grantPrincipal.addToPrincipalPolicy(
      new PolicyStatement({ actions: ['s3:*'], resources: ['arn:aws:s3:::bucket'] }),
    );
    NagSuppressions.addResourceSuppressions(
      hygiene, [{ id: 'AwsSolutions-IAM5', reason: 'The bucket is ours.', appliesTo: ['Action::s3:*'] }], true,
    );
    const { findings, acknowledged } = checked(stack);
    expect(texts(findings)).toEqual([]);
    expect(texts(acknowledged)).toHaveLength(4);
  });

  it('once, however often the app is synthesized', () => {
    const stack = aStack();
    const hygiene = hygieneIn(stack);
    const policy = hygiene.node.findChild('Role').node.findChild('DefaultPolicy').node.defaultChild as CfnResource;
    for (let times = 0; times < 2; times++) (stack.node.root as App).synth({ force: true });
    expect((policy.getMetadata('cdk_nag') as { rules_to_suppress: unknown[] }).rules_to_suppress).toHaveLength(3);
  });
});

/**
 * Tests the function behind the findings table: it exists only if it is asked for, and may read one table and nothing
 * else.
 */
import { App, CfnElement, Stack } from 'aws-cdk-lib';
import { Annotations, Match, Template } from 'aws-cdk-lib/assertions';
import { AttributeType, Table, TableEncryption } from 'aws-cdk-lib/aws-dynamodb';
import { Peer, Port, SecurityGroup } from 'aws-cdk-lib/aws-ec2';
import { ManagedPolicy, Role, ServicePrincipal, User } from 'aws-cdk-lib/aws-iam';
import { Key } from 'aws-cdk-lib/aws-kms';
import {
  FlaggedIngressRule, HygieneAccounts, NetworkHygiene, NetworkHygieneOrganization, NetworkHygieneProps, StaleRules,
  VpnConnections,
} from '../src';
import { aStack, joined, Statement, SynthesizedResource, SynthesizedStack } from './support/synthesized-stack';

type MakeProps = (stack: Stack) => NetworkHygieneProps;

const KEYS = {
  partitionKey: { name: 'hygiene', type: AttributeType.STRING },
  sortKey: { name: 'id', type: AttributeType.STRING },
};
const READS = ['dynamodb:GetItem', 'dynamodb:Query'];
/** ForAllValues is true for an empty list, so the key must be present, too. */
const OWN_ITEMS = {
  'ForAllValues:StringEquals': { 'dynamodb:LeadingKeys': ['Network/NetworkHygiene'] },
  'Null': { 'dynamodb:LeadingKeys': 'false' },
};
const HANDLER = 'findings.handler';

const deployedWith = (props: MakeProps = () => ({})): SynthesizedStack => {
  const stack = aStack();
  const hygiene = new NetworkHygiene(stack, 'NetworkHygiene', props(stack));
  void hygiene.findingsFunction;
  return new SynthesizedStack(stack, hygiene);
};

function functions(template: Template): { sweeping: SynthesizedResource; finding: SynthesizedResource } {
  const all = Object.values(template.findResources('AWS::Lambda::Function')) as SynthesizedResource[];
  const [finding, ...others] = all.filter(({ Properties }) => Properties.Handler === HANDLER);
  expect(others).toEqual([]);
  return { finding, sweeping: all.filter(({ Properties }) => Properties.Handler === 'index.handler')[0] };
}

/** Returns the permissions of the function's role from the whole template. */
function role({ template, resources }: SynthesizedStack): {
  id: string;
  properties: Record<string, unknown>;
  statements: Statement[];
} {
  const { Role: reference } = functions(template).finding.Properties as { Role: { 'Fn::GetAtt': [string, string] } };
  const id = reference['Fn::GetAtt'][0];
  const policies = Object.values(resources).filter(
    ({ Type, Properties }) =>
      /^AWS::IAM::(\w*Policy)$/.test(Type) && JSON.stringify(Properties.Roles ?? '').includes(`"${id}"`),
  );
  return {
    id,
    properties: resources[id].Properties,
    statements: policies.flatMap(
      ({ Properties }) => (Properties.PolicyDocument as { Statement: Statement[] }).Statement,
    ),
  };
}

const EVERYTHING: MakeProps = stack => ({
  staleRules: StaleRules.revoke(),
  flaggedIngressRules: [
    FlaggedIngressRule.fromInternet(Port.SSH),
    FlaggedIngressRule.onGroup(SecurityGroup.fromSecurityGroupId(stack, 'Group', 'sg-1'), Peer.anyIpv4(), Port.SSH),
  ],
});

describe('a construct without a findings table', () => {
  it('deploys no second function, and no role for it', () => {
    const { template } = SynthesizedStack.with();
    template.resourceCountIs('AWS::Lambda::Function', 1);
    expect(JSON.stringify(template.toJSON())).not.toMatch(/findings/i);
  });
});

describe('a construct with a findings table', () => {
  it('deploys one function more, of the same bundle, runtime and architecture', () => {
    const { template } = deployedWith();
    template.resourceCountIs('AWS::Lambda::Function', 2);
    const { sweeping, finding } = functions(template);
    const { S3Key } = finding.Properties.Code as { S3Key: unknown };
    expect(S3Key).toEqual(expect.stringMatching(/^[0-9a-f]{64}\.zip$/));
    const { Code, Runtime, Architectures } = sweeping.Properties;
    expect(finding.Properties).toMatchObject({ Code, Runtime, Architectures });
  });

  it('deploys that one however often it is asked for', () => {
    const stack = aStack();
    const hygiene = new NetworkHygiene(stack, 'NetworkHygiene');
    expect(hygiene.findingsFunction).toBe(hygiene.findingsFunction);
  });

  it('deploys nothing else than the function, its role and its policy', () => {
    const types = ({ resources }: SynthesizedStack): string[] => Object.values(resources).map(({ Type }) => Type);
    const more = types(deployedWith());
    for (const type of types(SynthesizedStack.with())) more.splice(more.indexOf(type), 1);
    expect(more.sort()).toEqual(['AWS::IAM::Policy', 'AWS::IAM::Role', 'AWS::Lambda::Function']);
  });

  it('gets no further permissions itself', () => {
    const sweeping = (deployed: SynthesizedStack): Statement[] =>
      deployed.statementsOf(reference => !/Schedule|Findings/.test(reference));
    expect(sweeping(deployedWith(EVERYTHING))).toEqual(sweeping(SynthesizedStack.with(EVERYTHING)));
  });

  it('makes CDK warn of nothing', () => {
    const stack = aStack();
    void new NetworkHygiene(stack, 'NetworkHygiene').findingsFunction;
    expect(Annotations.fromStack(stack).findWarning('*', Match.anyValue())).toEqual([]);
  });
});

describe('the environment of the function', () => {
  const environmentOf = ({ template }: SynthesizedStack): Record<string, unknown> =>
    (functions(template).finding.Properties.Environment as { Variables: Record<string, unknown> }).Variables;
  const environment = (props?: MakeProps): Record<string, unknown> => environmentOf(deployedWith(props));

  it('names the construct and its ledger, and nothing else where nothing may be put back', () => {
    expect(environment(() => ({ allowRestore: false }))).toEqual({
      HYGIENE: 'Network/NetworkHygiene',
      LEDGER_TABLE: { Ref: expect.stringMatching(/^NetworkHygieneLedger/) as string },
    });
  });

  it('names what puts rules back where something does', () => {
    const deployed = deployedWith(EVERYTHING);
    const { RESTORE_FUNCTION: name } = environmentOf(deployed);
    const [alias] = Object.keys(
      deployed.template.findResources('AWS::Lambda::Alias', { Properties: { Name: 'restore' } }),
    );
    // Takes the name of the function from the ARN of the alias, and adds the alias.
    expect(name).toEqual({
      'Fn::Join': ['', [{ 'Fn::Select': [6, { 'Fn::Split': [':', { Ref: alias }] }] }, ':restore']],
    });
  });

  it('names it in a dry run, too, for an earlier configuration may have revoked rules', () => {
    expect(environment(stack => ({ ...EVERYTHING(stack), dryRun: true }))).toHaveProperty('RESTORE_FUNCTION');
    expect(environment(stack => ({ ...EVERYTHING(stack), dryRun: true, allowRestore: false }))).not.toHaveProperty(
      'RESTORE_FUNCTION',
    );
  });
});

describe('the function may', () => {
  it.each<[string, MakeProps]>([
    ['by default', () => ({})],
    ['where everything is revoked and restored', EVERYTHING],
    ['where only VPN connections are looked at', () => ({ staleRules: StaleRules.ignore() })],
    ['where no VPN connections are looked at', () => ({ vpnConnections: VpnConnections.none() })],
  ])('read the items of the construct in its ledger, and nothing else, %s', (_, props) => {
    const deployed = deployedWith(props);
    const [table] = Object.keys(deployed.template.findResources('AWS::DynamoDB::Table'));
    expect(role(deployed).statements).toEqual([
      { Effect: 'Allow', Action: READS, Resource: { 'Fn::GetAtt': [table, 'Arn'] }, Condition: OWN_ITEMS },
    ]);
  });

  it('do so by a role that Lambda alone may assume, without managed or inline policies', () => {
    const { properties } = role(deployedWith());
    expect(Object.keys(properties).sort()).toEqual(['AssumeRolePolicyDocument', 'Description']);
    expect(properties.AssumeRolePolicyDocument).toMatchObject({
      Statement: [{ Effect: 'Allow', Action: 'sts:AssumeRole', Principal: { Service: 'lambda.amazonaws.com' } }],
    });
  });

  it('do so before it is first called', () => {
    const deployed = deployedWith();
    const { id } = role(deployed);
    const policies = Object.keys(
      deployed.template.findResources('AWS::IAM::Policy', { Properties: { Roles: [{ Ref: id }] } }),
    );
    expect(policies).toHaveLength(1);
    expect(functions(deployed.template).finding.DependsOn).toEqual(expect.arrayContaining(policies));
  });

  it('not use the role that the sweeping function is given', () => {
    const deployed = deployedWith(stack => ({
      role: new Role(stack, 'Mine', {
        assumedBy: new ServicePrincipal('lambda.amazonaws.com'),
        managedPolicies: [ManagedPolicy.fromAwsManagedPolicyName('ReadOnlyAccess')],
      }),
    }));
    const { id, properties, statements } = role(deployed);
    expect(id).toMatch(/^NetworkHygieneFindings/);
    expect(properties).not.toHaveProperty('ManagedPolicyArns');
    expect(statements).toMatchObject([{ Action: READS }]);
  });

  it('read the table given, and no other', () => {
    const [{ Resource, ...statement }, ...others] = role(
      deployedWith(stack => ({ ledger: Table.fromTableName(stack, 'Mine', 'hygiene-ledger') })),
    ).statements;
    expect(others).toEqual([]);
    expect(joined(Resource)).toBe(
      'arn:<Ref AWS::Partition>:dynamodb:<Ref AWS::Region>:<Ref AWS::AccountId>:table/hygiene-ledger',
    );
    expect(statement).toEqual({ Effect: 'Allow', Action: READS, Condition: OWN_ITEMS });
  });

  it('not read through the indexes of the table', () => {
    const deployed = deployedWith(stack => {
      const ledger = new Table(stack, 'Mine', KEYS);
      ledger.addGlobalSecondaryIndex({
        indexName: 'byState',
        partitionKey: { name: 'state', type: AttributeType.STRING },
      });
      return { ledger };
    });
    expect(JSON.stringify(role(deployed).statements)).not.toContain('index');
  });

  it('not use any key of AWS\'s', () => {
    expect(JSON.stringify(role(deployedWith()).statements)).not.toContain('kms:');
    const encrypted: MakeProps = stack => ({
      ledger: new Table(stack, 'Mine', { ...KEYS, encryption: TableEncryption.AWS_MANAGED }),
    });
    expect(JSON.stringify(role(deployedWith(encrypted)).statements)).not.toContain('kms:');
  });

  describe('with a key of one\'s own', () => {
    const ABOUT_KEY = ['kms:Decrypt', 'kms:DescribeKey'];

    it('decrypt with it through DynamoDB, and neither encrypt nor decrypt anything else', () => {
      const deployed = deployedWith(stack => ({
        ledger: new Table(stack, 'Mine', { ...KEYS, encryptionKey: new Key(stack, 'Key') }),
      }));
      const [table] = Object.keys(deployed.template.findResources('AWS::DynamoDB::Table'));
      const [key] = Object.keys(deployed.template.findResources('AWS::KMS::Key'));
      const Resource = { 'Fn::GetAtt': [key, 'Arn'] };
      expect(role(deployed).statements).toEqual([
        { Effect: 'Allow', Action: READS, Resource: { 'Fn::GetAtt': [table, 'Arn'] }, Condition: OWN_ITEMS },
        { Effect: 'Allow', Action: ABOUT_KEY, Resource },
        {
          Effect: 'Deny',
          Action: ABOUT_KEY,
          Resource,
          Condition: { StringNotLike: { 'kms:ViaService': 'dynamodb.*' } },
        },
      ]);
    });

    it('the same where the table is imported', () => {
      const deployed = deployedWith(stack => ({
        ledger: Table.fromTableAttributes(stack, 'Mine', {
          tableName: 'hygiene-ledger',
          encryptionKey: Key.fromKeyArn(stack, 'Key', 'arn:aws:kms:eu-central-1:111122223333:key/1'),
        }),
      }));
      const [, allowed, denied, ...others] = role(deployed).statements;
      expect(others).toEqual([]);
      for (const statement of [allowed, denied]) {
        expect(statement).toMatchObject({ Action: ABOUT_KEY, Resource: 'arn:aws:kms:eu-central-1:111122223333:key/1' });
      }
      expect([allowed.Effect, denied.Effect]).toEqual(['Allow', 'Deny']);
    });
  });
});

describe('a viewer of the table', () => {
  it('needs to invoke this function, and cannot invoke the one that sweeps', () => {
    const stack = aStack();
    const hygiene = new NetworkHygiene(stack, 'NetworkHygiene', EVERYTHING(stack));
    hygiene.findingsFunction.grantInvoke(new User(stack, 'Viewer'));
    const template = Template.fromStack(stack);
    const [findings] = Object.keys(
      template.findResources('AWS::Lambda::Function', { Properties: { Handler: HANDLER } }),
    );
    const [policy] = Object.values(template.findResources('AWS::IAM::Policy')).filter(
      ({ Properties }) => (Properties as { Users?: unknown }).Users,
    ) as SynthesizedResource[];
    const Arn = { 'Fn::GetAtt': [findings, 'Arn'] };
    expect((policy.Properties.PolicyDocument as { Statement: Statement[] }).Statement).toEqual([
      { Effect: 'Allow', Action: 'lambda:InvokeFunction', Resource: [Arn, { 'Fn::Join': ['', [Arn, ':*']] }] },
    ]);
  });

  it('needs a grant: by default no one may invoke the function', () => {
    deployedWith().template.resourceCountIs('AWS::Lambda::Permission', 0);
  });
});

it('is another one for an organization, and may read the items of the organization and of its places only', () => {
  const stack = aStack();
  const hub = new NetworkHygieneOrganization(stack, 'Hub', {
    organizationId: 'o-exampleorgid', accounts: HygieneAccounts.all(),
  });
  void hub.findingsFunction;
  const template = Template.fromStack(stack);
  const { Properties } = template.findResources('AWS::Lambda::Function', {
    Properties: { Handler: 'findings.organization' },
  })[stack.getLogicalId(hub.findingsFunction.node.defaultChild as CfnElement)] as SynthesizedResource;
  const [ref] = (Properties.Role as { 'Fn::GetAtt': [string] })['Fn::GetAtt'];
  const policies = Object.values(template.findResources('AWS::IAM::Policy', {
    Properties: { Roles: [{ Ref: ref }] },
  })) as SynthesizedResource[];
  expect(policies.map(policy => policy.Properties.PolicyDocument)).toMatchObject([{
    Statement: [{
      Effect: 'Allow', Action: READS,
      Condition: { 'ForAllValues:StringLike': { 'dynamodb:LeadingKeys': ['Network/Hub', 'Network/Hub:*'] } },
    }],
  }]);
  template.resourcePropertiesCountIs('AWS::Lambda::Function', { Handler: HANDLER }, 0);
});

it('is in the stack of its construct, no matter who asks for it', () => {
  const app = new App();
  const [home, other] = [new Stack(app, 'Home'), new Stack(app, 'Other')];
  const hygiene = new NetworkHygiene(home, 'NetworkHygiene');
  hygiene.findingsFunction.grantInvoke(
    new Role(other, 'Viewer', { assumedBy: new ServicePrincipal('ec2.amazonaws.com') }),
  );
  Template.fromStack(home).resourcePropertiesCountIs('AWS::Lambda::Function', { Handler: HANDLER }, 1);
  Template.fromStack(other).resourceCountIs('AWS::Lambda::Function', 0);
});

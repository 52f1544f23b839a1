/** Tests the stack set of members: where it deploys, and that its template has what the construct has. */
import { App, CfnResource, Lazy, Stack } from 'aws-cdk-lib';
import { Annotations, Match, Template } from 'aws-cdk-lib/assertions';
import { Peer, Port } from 'aws-cdk-lib/aws-ec2';
import { EventBus } from 'aws-cdk-lib/aws-events';
import {
  FlaggedIngressRule, NetworkHygieneMember, NetworkHygieneMemberStackSetProps, StaleRules, UnusedSecurityGroups,
} from '../src';
import { aStack, SynthesizedResource } from './support/synthesized-stack';

const HUB = '111122223333';
const BUS = `arn:aws:events:eu-central-1:${HUB}:event-bus/hygiene`;
const RULES = { hubAccount: HUB, organizationId: 'o-a1b2c3d4e5' };
const [PLAIN, SANDBOX, ROOT] = ['ou-a1b2-11111111', 'ou-a1b2-22222222', 'r-a1b2'];
const REQUIRED = { ...RULES, organizationalUnits: [PLAIN] };
const REGIONS = ['eu-central-1', 'us-east-1', 'ap-southeast-1'];

const REPLACED = FlaggedIngressRule.inGroupsTagged('Exposure', ['private'], Peer.anyIpv4(), Port.SSH, {
  replaceWith: [Peer.ipv4('10.0.0.0/8')],
});

/** The configuration that needs the most permissions, in a usual number of groups by tag. */
const LARGEST = {
  staleRules: StaleRules.report(),
  flaggedIngressRules: [
    REPLACED,
    ...Array.from({ length: 10 }, (_, index) => FlaggedIngressRule.inGroupsTagged(
      `Key-${index}`, Array.from({ length: 5 }, (__, value) => `value-${value}`), Peer.anyIpv4(), Port.SSH)),
  ],
  unusedSecurityGroups: UnusedSecurityGroups.report(),
  securityHub: true,
  exemptTags: Array.from({ length: 20 }, (_, index) => String(index).padEnd(128, 'k')),
  regions: Array.from({ length: 40 }, (_, index) => `ap-southeast-${index}`),
  forwardChangesTo: BUS,
};

interface Inner {
  readonly Parameters: Record<string, { readonly Default?: string }>;
  readonly Conditions: Record<string, unknown>;
  readonly Resources: Record<string, SynthesizedResource & { readonly Condition?: string }>;
  readonly Outputs: Record<string, unknown>;
}

/** Returns the properties of a stack set, and the template in it. */
function stackSet(
  props: Partial<NetworkHygieneMemberStackSetProps> = {}, stack = aStack(),
): { properties: Record<string, unknown>; body: string; inner: Inner } {
  NetworkHygieneMember.stackSet(stack, 'Members', { ...REQUIRED, ...props });
  const [{ Properties: properties }] = Object.values(
    Template.fromStack(stack).findResources('AWS::CloudFormation::StackSet')) as SynthesizedResource[];
  const body = properties.TemplateBody as string;
  return { properties, body, inner: JSON.parse(body) as Inner };
}

const group = (OrganizationalUnitIds: string[], Regions: string[], mayRevoke = false): object => ({
  DeploymentTargets: { OrganizationalUnitIds }, Regions,
  ...mayRevoke && { ParameterOverrides: [{ ParameterKey: 'MayRevoke', ParameterValue: 'true' }] },
});
const parametersOf = ({ properties }: { properties: Record<string, unknown> }): Record<string, unknown> =>
  Object.fromEntries((properties.Parameters as Array<{ ParameterKey: string; ParameterValue: unknown }>)
    .map(({ ParameterKey, ParameterValue }) => [ParameterKey, ParameterValue]));

describe('the stack set', () => {
  it('has service-managed permissions, follows accounts as they come and go, and may create named roles', () => {
    const { properties } = stackSet();
    expect(properties).toMatchObject({
      PermissionModel: 'SERVICE_MANAGED', StackSetName: expect.stringMatching(/^Network-Members-\w+$/), Capabilities: ['CAPABILITY_NAMED_IAM'],
      AutoDeployment: { Enabled: true, RetainStacksOnAccountRemoval: false },
    });
    expect(properties).not.toHaveProperty('CallAs');
    expect(properties).not.toHaveProperty('AdministrationRoleARN');
  });

  it('takes a name, a delegated administrator, and that accounts keep the roles', () => {
    const { properties } = stackSet({ stackSetName: 'hygiene', callAs: 'DELEGATED_ADMIN', retainOnAccountRemoval: true });
    expect(properties).toMatchObject({
      StackSetName: 'hygiene', CallAs: 'DELEGATED_ADMIN', AutoDeployment: { RetainStacksOnAccountRemoval: true },
    });
  });

  it('goes on if an account refuses the stack', () => {
    expect(stackSet().properties.OperationPreferences).toMatchObject({ FailureTolerancePercentage: 100 });
  });

  it('deploys the roles to one Region: that of the stack, the first one, or the given one', () => {
    const own = stackSet();
    expect(own.properties.StackInstancesGroup).toEqual([group([PLAIN], [{ Ref: 'AWS::Region' } as never])]);
    expect(parametersOf(own)).toEqual({ RolesRegion: { Ref: 'AWS::Region' }, MayRevoke: 'false' });
    const first = stackSet({ regions: REGIONS });
    expect(first.properties.StackInstancesGroup).toEqual([group([PLAIN], ['eu-central-1'])]);
    expect(parametersOf(first)).toMatchObject({ RolesRegion: 'eu-central-1' });
    const given = stackSet({ regions: REGIONS, rolesRegion: 'us-east-1' });
    expect(given.properties.StackInstancesGroup).toEqual([group([PLAIN], ['us-east-1'])]);
    expect(parametersOf(given)).toMatchObject({ RolesRegion: 'us-east-1' });
  });

  it('deploys the rule to every Region, and the roles to one of them', () => {
    const made = stackSet({ regions: REGIONS, forwardChangesTo: BUS, organizationalUnits: [ROOT] });
    expect(made.properties.StackInstancesGroup).toEqual([group([ROOT], REGIONS)]);
    expect(parametersOf(made)).toEqual({ RolesRegion: 'eu-central-1', MayRevoke: 'false', ForwardChangesTo: BUS });
  });

  it('lets rules be revoked in the accounts of some units only', () => {
    const made = stackSet({
      organizationalUnits: [PLAIN, SANDBOX], revokeInOrganizationalUnits: [SANDBOX], regions: REGIONS,
    });
    expect(made.properties.StackInstancesGroup).toEqual([
      group([PLAIN], ['eu-central-1']), group([SANDBOX], ['eu-central-1'], true),
    ]);
    expect(parametersOf(made)).toMatchObject({ MayRevoke: 'false' });
  });

  it('lets rules be revoked in every account, including those that are added later, by its own parameter', () => {
    const made = stackSet({ mayRevoke: true, regions: REGIONS });
    expect(made.properties.StackInstancesGroup).toEqual([group([PLAIN], ['eu-central-1'])]);
    expect(parametersOf(made)).toMatchObject({ MayRevoke: 'true' });
  });

  it('takes the bus of a stack of the same app, which its template gets as a parameter', () => {
    const stack = aStack();
    const bus = new EventBus(stack, 'Bus');
    const made = stackSet({ forwardChangesTo: bus.eventBusArn, regions: REGIONS }, stack);
    const arn = { 'Fn::GetAtt': [stack.getLogicalId(bus.node.defaultChild as CfnResource), 'Arn'] };
    expect(parametersOf(made)).toMatchObject({ ForwardChangesTo: arn });
    expect(made.body).not.toContain('Bus');
  });
});

describe('the template in it', () => {
  it('makes the roles in one Region, and what revokes only where rules may be revoked', () => {
    const { inner } = stackSet({ staleRules: StaleRules.revoke() });
    expect(inner.Conditions).toEqual({
      HasRoles: { 'Fn::Equals': [{ Ref: 'AWS::Region' }, { Ref: 'RolesRegion' }] },
      Revokes: { 'Fn::And': [{ Condition: 'HasRoles' }, { 'Fn::Equals': [{ Ref: 'MayRevoke' }, 'true'] }] },
    });
    expect(inner.Parameters.MayRevoke.Default).toBe('false');
    const conditions = Object.entries(inner.Resources).map(([id, { Type, Condition }]) => [id, Type.split('::')[2], Condition]);
    expect(conditions).toEqual([
      ['SweepRole', 'Role', 'HasRoles'], ['SweepPolicy', 'ManagedPolicy', 'HasRoles'],
      ['SweepRevokePolicy', 'ManagedPolicy', 'Revokes'],
      ['RestoreRole', 'Role', 'HasRoles'], ['RestorePolicy', 'ManagedPolicy', 'HasRoles'],
    ]);
    const withoutRevoking = Object.entries(inner.Resources).filter(([, { Condition }]) => Condition !== 'Revokes');
    expect(JSON.stringify(withoutRevoking)).not.toContain('RevokeSecurityGroupIngress');
  });

  it('makes the rule in every Region, with a role whose name is not fixed', () => {
    const { inner } = stackSet({ regions: REGIONS, forwardChangesTo: BUS });
    const { ChangeRule: rule, ChangeRuleRole: role } = inner.Resources;
    expect([rule.Condition, role.Condition]).toEqual([undefined, undefined]);
    expect(role.Properties).not.toHaveProperty('RoleName');
    expect(rule.Properties.Targets).toEqual([
      { Id: 'Hub', Arn: { Ref: 'ForwardChangesTo' }, RoleArn: { 'Fn::GetAtt': ['ChangeRuleRole', 'Arn'] } },
    ]);
    expect(role.Properties.Policies).toMatchObject([{
      PolicyDocument: { Statement: [{ Effect: 'Allow', Action: 'events:PutEvents', Resource: { Ref: 'ForwardChangesTo' } }] },
    }]);
  });

  it('names no account but the hub, and no Region, wherever the stack set is', () => {
    const app = new App({ context: { '@aws-cdk/core:enablePartitionLiterals': true } });
    const stack = new Stack(app, 'Network', { env: { account: '444455556666', region: 'eu-west-1' } });
    const { body, inner } = stackSet({ staleRules: StaleRules.revoke() }, stack);
    expect(body).not.toMatch(/444455556666|eu-west-1|arn:aws:/);
    expect(body).not.toContain('Token[');
    expect(inner.Resources.SweepRole.Properties.AssumeRolePolicyDocument).toMatchObject({
      Statement: [{ Principal: { AWS: { 'Fn::Join': ['', ['arn:', { Ref: 'AWS::Partition' }, `:iam::${HUB}:root`]] } } }],
    });
  });

  it.each<[string, Partial<NetworkHygieneMemberStackSetProps>]>([
    ['the defaults', {}],
    ['stale rules that are revoked', { staleRules: StaleRules.revoke(), regions: REGIONS, exemptTags: ['Pinned'] }],
    ['everything', LARGEST],
  ])('has the same roles, policies and rule as the construct, with %s', (_, props) => {
    const stack = aStack();
    new NetworkHygieneMember(stack, 'Member', { ...RULES, ...props, mayRevoke: true });
    const construct = Object.values(Template.fromStack(stack).toJSON().Resources as Inner['Resources']);
    const { inner: { Resources: inner } } = stackSet(props);
    const of = (resources: ReadonlyArray<Inner['Resources'][string]>, type: string, property: string): unknown[] =>
      resources.filter(({ Type }) => Type === type).map(({ Properties }) => Properties[property]);
    for (const [type, property] of [
      ['AWS::IAM::Role', 'RoleName'], ['AWS::IAM::Role', 'AssumeRolePolicyDocument'],
      ['AWS::IAM::ManagedPolicy', 'PolicyDocument'], ['AWS::Events::Rule', 'EventPattern'],
    ]) {
      const [one, other] = [of(construct, type, property), of(Object.values(inner), type, property)];
      expect(other).toEqual(expect.arrayContaining(one));
      expect(one).toHaveLength(other.length);
    }
  });

  it('is small enough for a stack set, even if it has every permission', () => {
    expect(Buffer.byteLength(stackSet(LARGEST).body)).toBeLessThan(51_200);
  });
});

it('says that a Region is unknown to the CDK, and that the bus is in another account', () => {
  const warnings = (props: Partial<NetworkHygieneMemberStackSetProps>): string[] => {
    const stack = aStack();
    NetworkHygieneMember.stackSet(stack, 'Members', { ...REQUIRED, ...props });
    return Annotations.fromStack(stack).findWarning('*', Match.anyValue()).map(({ id, entry }) => `${id}: ${String(entry.data)}`);
  };
  expect(warnings({ regions: ['eu-centrl-1'] })).toEqual([
    expect.stringContaining('/Network/Members: regions[0]: got "eu-centrl-1", which is no Region'),
  ]);
  expect(warnings({ regions: REGIONS, forwardChangesTo: BUS.replace(HUB, '999988887777') })).toEqual([
    expect.stringContaining('/Network/Members: forwardChangesTo: got'),
  ]);
  expect(warnings({ regions: REGIONS, forwardChangesTo: BUS })).toEqual([]);
});

it.each<[string, unknown]>([['undefined', undefined], ['null', null]])('properties that are %s are refused, with those that are required', (got, props) => {
  expect(() => NetworkHygieneMember.stackSet(aStack(), 'Members', props as never)).toThrow(
    `Network/Members: got ${got}; give an object with at least hubAccount, organizationId and organizationalUnits`,
  );
});

describe('wrong properties are refused, before the stack set is made:', () => {
  const values = Array.from({ length: 80 }, (_, index) => String(index).padEnd(256, 'v'));
  const tagged = FlaggedIngressRule.inGroupsTagged('Exposure', values, Peer.anyIpv4(), Port.SSH);

  it.each<[string, object, string]>([
    ['no units', { organizationalUnits: [] }, 'organizationalUnits: got []; give at least one id'],
    ['nothing as units', { organizationalUnits: undefined }, 'organizationalUnits: got undefined; give a list of plain texts'],
    ['an account as a unit', { organizationalUnits: [HUB] }, `organizationalUnits[0]: got "${HUB}"; give the id of an organizational unit`],
    [
      'a unit that is known later', { organizationalUnits: [Lazy.string({ produce: () => PLAIN })] },
      'organizationalUnits[0]: got a text that is known at deployment only; give the id',
    ],
    [
      'a unit to revoke in that is not deployed to', { revokeInOrganizationalUnits: [SANDBOX] },
      `revokeInOrganizationalUnits[0]: got "${SANDBOX}", which is not among organizationalUnits; list it there`,
    ],
    [
      'all units and some', { revokeInOrganizationalUnits: [PLAIN], mayRevoke: true },
      'revokeInOrganizationalUnits: got units together with mayRevoke, which means all of them; leave out one of the two',
    ],
    ['a Region that does not exist', { rolesRegion: 'Frankfurt' }, 'rolesRegion: got "Frankfurt"; give the name of a Region'],
    [
      'a Region that is not deployed to', { rolesRegion: 'eu-west-1', regions: REGIONS },
      'rolesRegion: got "eu-west-1"; give one of regions',
    ],
    ['a caller that does not exist', { callAs: 'ADMIN' }, "callAs: got \"ADMIN\"; give 'SELF' or 'DELEGATED_ADMIN'"],
    ['a name with a space', { stackSetName: 'my set' }, 'stackSetName: got "my set"; give a letter, then up to 127'],
    ['a bus without Regions', { forwardChangesTo: BUS }, 'forwardChangesTo: got a bus without regions; give regions'],
    ['a choice of the construct', { createRoles: false }, '"createRoles" is unknown; use rolesRegion'],
    [
      'a choice of the hub', { revokeIn: true },
      '"revokeIn" is unknown; it belongs to the hub; on a stack set, give mayRevoke or revokeInOrganizationalUnits',
    ],
    [
      'another choice of the hub', { settle: 1 },
      '"settle" is unknown; it belongs to the hub only; leave it out of what the hub and its members share',
    ],
    [
      'a unit together with the root', { organizationalUnits: [ROOT, PLAIN] },
      `organizationalUnits[1]: got "${PLAIN}" together with the root "${ROOT}", which contains it; list either the root or OUs`,
    ],
    [
      'a unit before the root', { organizationalUnits: [SANDBOX, ROOT], revokeInOrganizationalUnits: [SANDBOX] },
      `organizationalUnits[0]: got "${SANDBOX}" together with the root "${ROOT}"`,
    ],
    ['no hub', { hubAccount: undefined }, 'hubAccount: got undefined; give the id of an account'],
    [
      'more tags than a stack set has room for', { flaggedIngressRules: [tagged] },
      'flaggedIngressRules and exemptTags make a template of',
    ],
  ])('%s', (_, props, message) => {
    const stack = aStack();
    expect(() => NetworkHygieneMember.stackSet(stack, 'Members', { ...REQUIRED, ...props } as never))
      .toThrow(`Network/Members: ${message}`);
    expect(stack.node.findAll().filter(each => CfnResource.isCfnResource(each))).toEqual([]);
  });
});

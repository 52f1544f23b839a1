/** Tests the roles and the rule in a member of an organization, and which properties are refused. */
import { App, CfnResource, Lazy, Stack } from 'aws-cdk-lib';
import { Annotations, Match, Template } from 'aws-cdk-lib/assertions';
import { Peer, Port, SecurityGroup } from 'aws-cdk-lib/aws-ec2';
import { EventBus } from 'aws-cdk-lib/aws-events';
import {
  FlaggedAction, FlaggedIngressRule, NetworkHygieneMember, NetworkHygieneMemberProps, StaleRules, UnusedSecurityGroups,
  VpnConnections,
} from '../src';
import { Deployed } from './policies/deployed';
import {
  Caller, CLI, CLOUDFORMATION, CONSOLE, functionCaller, ROOT, SERVICE,
} from './support/cloudtrail/callers';
import { callEvent } from './support/cloudtrail/records';
import { matches, Pattern } from './support/event-pattern';
import { aStack, joined, Statement, SynthesizedResource } from './support/synthesized-stack';
import { unusedGroupActions } from '../src/contract/group-holders';

const HUB = '111122223333';
const REQUIRED = { hubAccount: HUB, organizationId: 'o-a1b2c3d4e5' };
const BUS = `arn:aws:events:eu-central-1:${HUB}:event-bus/hygiene`;

const REVOKE = 'ec2:RevokeSecurityGroupIngress';
const AUTHORIZE = 'ec2:AuthorizeSecurityGroupIngress';
const TAG = 'ec2:CreateTags';
const READS = [
  'ec2:DescribeRegions', 'ec2:DescribeSecurityGroupRules', 'ec2:DescribeSecurityGroupVpcAssociations',
  'ec2:DescribeSecurityGroups', 'ec2:DescribeStaleSecurityGroups', 'ec2:DescribeVpcs', 'ec2:DescribeVpnConnections',
];
const RESTORE_READS = ['ec2:DescribeSecurityGroupRules', 'ec2:DescribeSecurityGroups'];
const LIST_READS = ['ec2:DescribeManagedPrefixLists', 'ec2:GetManagedPrefixListEntries'];

const ssh = (options = {}): FlaggedIngressRule => FlaggedIngressRule.fromInternet(Port.SSH, options);
const tagged = (options = {}): FlaggedIngressRule =>
  FlaggedIngressRule.inGroupsTagged('Exposure', ['private'], Peer.anyIpv4(), Port.SSH, options);
const replaced = tagged({ replaceWith: [Peer.ipv4('10.0.0.0/8')] });

interface Role {
  readonly properties: Record<string, unknown>;
  readonly statements: readonly Statement[];
}

/** A member as CloudFormation receives it. */
class SynthesizedMember {
  public static with(props: Partial<NetworkHygieneMemberProps> = {}, stack = aStack()): SynthesizedMember {
    const member = new NetworkHygieneMember(stack, 'Member', { ...REQUIRED, ...props });
    return new SynthesizedMember(member, Template.fromStack(stack));
  }

  constructor(public readonly member: NetworkHygieneMember, public readonly template: Template) {}

  public get resources(): Record<string, SynthesizedResource> {
    return this.template.toJSON().Resources as Record<string, SynthesizedResource>;
  }

  public role(name: 'network-hygiene-sweep' | 'network-hygiene-restore'): Role {
    const [id, { Properties: properties }] = Object.entries(this.resources)
      .find(([, { Properties }]) => Properties.RoleName === name) ?? ['', { Properties: {} }];
    const policies = Object.values(this.template.findResources('AWS::IAM::ManagedPolicy', {
      Properties: { Roles: [{ Ref: id }] },
    })) as SynthesizedResource[];
    const statements = policies.flatMap(({ Properties }) => (
      (Properties.PolicyDocument as { Statement: Statement[] }).Statement));
    return { properties, statements };
  }

  public get sweep(): Role {
    return this.role('network-hygiene-sweep');
  }

  public get restore(): Role {
    return this.role('network-hygiene-restore');
  }
}

const allowed = ({ statements }: Role): string[] =>
  [...new Set(statements.filter(({ Effect }) => Effect === 'Allow').flatMap(({ Action }) => Action))].sort();
const about = ({ statements }: Role, action: string, effect: 'Allow' | 'Deny' = 'Allow'): Statement[] =>
  statements.filter(({ Action, Effect }) => Effect === effect && [Action].flat().includes(action));
const resourcesOf = ({ Resource }: Statement): string[] => [Resource].flat().map(each => joined(each));

const ARN = 'arn:<Ref AWS::Partition>:ec2:*:<Ref AWS::AccountId>';

describe('the roles', () => {
  const trust = ({ properties }: Role): Record<string, unknown> => {
    const document = properties.AssumeRolePolicyDocument as { Statement: Array<Record<string, unknown>> };
    expect(document.Statement).toHaveLength(1);
    return document.Statement[0];
  };
  const inHub = (resource: string): object => ({
    'Fn::Join': ['', ['arn:', { Ref: 'AWS::Partition' }, `:iam::${HUB}:${resource}`]],
  });
  const trusting = (role: string, organizationId: string, externalId: string): object => ({
    Effect: 'Allow',
    Action: 'sts:AssumeRole',
    Principal: { AWS: inHub('root') },
    Condition: {
      ArnEquals: { 'aws:PrincipalArn': inHub(`role/${role}`) },
      StringEquals: { 'aws:PrincipalOrgID': organizationId, 'sts:ExternalId': externalId },
    },
  });

  it('trust one role of the hub each, of this organization and with the external id, and nobody else', () => {
    const { sweep, restore } = SynthesizedMember.with();
    expect(trust(sweep)).toEqual(trusting('network-hygiene-hub', 'o-a1b2c3d4e5', 'cdk-network-hygiene'));
    expect(trust(restore)).toEqual(trusting('network-hygiene-hub-restore', 'o-a1b2c3d4e5', 'cdk-network-hygiene'));
  });

  it('have the given names, and trust the given ones', () => {
    const { template } = SynthesizedMember.with({
      hubRoleName: 'hub', hubRestoreRoleName: 'hub-restore', sweepRoleName: 'sweep', restoreRoleName: 'restore',
      externalId: 'my/id', organizationId: 'o-zzzzzzzzzz',
    });
    for (const [RoleName, hub] of [['sweep', 'hub'], ['restore', 'hub-restore']]) {
      template.hasResourceProperties('AWS::IAM::Role', {
        RoleName, AssumeRolePolicyDocument: { Statement: [trusting(hub, 'o-zzzzzzzzzz', 'my/id')] },
      });
    }
  });

  it('are trusted by a token of the partition even where CDK knows the partition', () => {
    const app = new App({ context: { '@aws-cdk/core:enablePartitionLiterals': true } });
    const stack = new Stack(app, 'Network', { env: { account: '444455556666', region: 'cn-north-1' } });
    const { sweep, template } = SynthesizedMember.with({ staleRules: StaleRules.revoke(), mayRevoke: true }, stack);
    expect(trust(sweep)).toEqual(trusting('network-hygiene-hub', 'o-a1b2c3d4e5', 'cdk-network-hygiene'));
    expect(JSON.stringify(template.toJSON().Resources)).not.toContain('444455556666');
  });

  it('keep the default for how long a session may be', () => {
    const { template } = SynthesizedMember.with();
    expect(JSON.stringify(template.toJSON())).not.toContain('MaxSessionDuration');
  });

  it('are the only resources with their policies, unless changes are forwarded', () => {
    const types = Object.values(SynthesizedMember.with().resources).map(({ Type }) => Type);
    expect(types.sort()).toEqual([
      'AWS::IAM::ManagedPolicy', 'AWS::IAM::ManagedPolicy', 'AWS::IAM::Role', 'AWS::IAM::Role',
    ]);
  });

  it('are known by the construct', () => {
    const { member } = SynthesizedMember.with();
    expect(Stack.of(member).resolve(member.sweepRole?.roleName)).toEqual({ Ref: expect.stringContaining('SweepRole') });
    expect(Stack.of(member).resolve(member.restoreRole?.roleName)).toEqual({ Ref: expect.stringContaining('RestoreRole') });
    expect(member.changeRule).toBeUndefined();
  });
});

describe('the role that sweeps', () => {
  it('only reads, unless it may revoke', () => {
    expect(allowed(SynthesizedMember.with().sweep)).toEqual(READS);
    expect(allowed(SynthesizedMember.with({ staleRules: StaleRules.revoke() }).sweep)).toEqual(READS);
    const flaggedIngressRules = [ssh(), replaced];
    const { sweep } = SynthesizedMember.with({ staleRules: StaleRules.revoke(), flaggedIngressRules });
    expect(allowed(sweep)).toEqual([...READS, ...LIST_READS].sort());
  });

  it.each<[string, Partial<NetworkHygieneMemberProps>]>([
    ['nothing is revoked', { staleRules: StaleRules.report() }],
    ['declarations only report', { flaggedIngressRules: [tagged({ action: FlaggedAction.report() })] }],
    ['it is a dry run', { staleRules: StaleRules.revoke(), dryRun: true }],
    ['revoking is disabled', { staleRules: StaleRules.revoke(), enabled: false }],
    ['the limit is 0', { staleRules: StaleRules.revoke(), maxRevocationsPerSweep: 0 }],
  ])('only reads in an account where it may revoke, if %s', (_, props) => {
    expect(allowed(SynthesizedMember.with({ ...props, mayRevoke: true }).sweep)).toEqual(READS);
  });

  it('may revoke in an account where that is allowed, but neither add rules nor tag them', () => {
    const { sweep } = SynthesizedMember.with({ staleRules: StaleRules.revoke(), mayRevoke: true });
    expect(allowed(sweep)).toEqual([...READS, REVOKE].sort());
    const [allow, ...others] = about(sweep, REVOKE);
    expect([resourcesOf(allow), allow.Condition, others]).toEqual([[`${ARN}:security-group/*`], undefined, []]);
  });

  it('may add rules with their tags where a declaration replaces them, in the groups of that declaration', () => {
    const { sweep } = SynthesizedMember.with({ flaggedIngressRules: [replaced], mayRevoke: true });
    expect(allowed(sweep)).toEqual([...READS, ...LIST_READS, REVOKE, AUTHORIZE, TAG].sort());
    const inGroups = about(sweep, AUTHORIZE).filter(each => resourcesOf(each).includes(`${ARN}:security-group/*`));
    expect(inGroups.map(({ Condition }) => Condition)).toEqual([{ StringEquals: { 'aws:ResourceTag/Exposure': ['private'] } }]);
    expect(about(sweep, TAG).map(({ Condition }) => Condition)).toEqual([
      { StringEquals: { 'ec2:CreateAction': 'AuthorizeSecurityGroupIngress' } },
    ]);
  });

  it('may not add rules where a declaration would replace them, if the account is only reported on', () => {
    const { sweep } = SynthesizedMember.with({ flaggedIngressRules: [replaced] });
    expect(allowed(sweep)).toEqual([...READS, ...LIST_READS].sort());
  });

  it('is denied to revoke in groups with an exempt tag', () => {
    const { sweep } = SynthesizedMember.with({
      staleRules: StaleRules.revoke(), exemptTags: ['Pinned'], mayRevoke: true,
    });
    const denied = about(sweep, REVOKE, 'Deny');
    expect(denied.map(({ Condition }) => Condition)).toEqual([
      { Null: { 'aws:ResourceTag/network-hygiene:exempt': 'false' } }, { Null: { 'aws:ResourceTag/Pinned': 'false' } },
    ]);
    expect(denied.flatMap(resourcesOf)).toEqual([`${ARN}:security-group/*`, `${ARN}:security-group/*`]);
  });

  it('looks for what the properties name, and for nothing else', () => {
    const { sweep } = SynthesizedMember.with({
      staleRules: StaleRules.ignore(), vpnConnections: VpnConnections.none(),
      unusedSecurityGroups: UnusedSecurityGroups.report(),
    });
    const needed = unusedGroupActions({ unusedSecurityGroups: { afterSeconds: 0, sightings: 1 } });
    expect(allowed(sweep)).toEqual([...new Set(['ec2:DescribeRegions', ...needed])].sort());
    expect(about(sweep, 'apigateway:GET').flatMap(resourcesOf)).toEqual(['arn:<Ref AWS::Partition>:apigateway:*::/vpclinks']);
  });

  it('may ask about nothing that stays in the hub', () => {
    const { sweep, restore } = SynthesizedMember.with({
      staleRules: StaleRules.revoke(), flaggedIngressRules: [ssh(), replaced], mayRevoke: true,
    });
    for (const role of [sweep, restore]) {
      expect(allowed(role).filter(action => !action.startsWith('ec2:'))).toEqual([]);
    }
  });

  it('acts in every Region, unless the properties name some', () => {
    const { statements } = SynthesizedMember.with({ staleRules: StaleRules.revoke(), mayRevoke: true }).sweep;
    expect(JSON.stringify(statements)).not.toContain('aws:RequestedRegion');
    const { sweep, restore } = SynthesizedMember.with({ regions: ['eu-central-1', 'us-east-1'] });
    expect(sweep.statements.filter(({ Effect }) => Effect === 'Deny')).toEqual([{
      Effect: 'Deny', NotAction: 'ec2:DescribeRegions', Resource: '*',
      Condition: { StringNotEquals: { 'aws:RequestedRegion': ['eu-central-1', 'us-east-1'] } },
    }]);
    expect(JSON.stringify(restore)).not.toContain('aws:RequestedRegion');
  });

  it('has its statements in policies that IAM accepts, however many there are', () => {
    const exemptTags = Array.from({ length: 20 }, (_, index) => String(index).padEnd(128, 'k'));
    const { resources, sweep } = SynthesizedMember.with({
      staleRules: StaleRules.revoke(), unusedSecurityGroups: UnusedSecurityGroups.report(), exemptTags, mayRevoke: true,
    });
    const sizes = Object.values(resources).filter(({ Type }) => Type === 'AWS::IAM::ManagedPolicy')
      .map(({ Properties }) => JSON.stringify(Properties.PolicyDocument, (__, value: Record<string, unknown>) => (
        typeof value === 'object' && value !== null && 'Fn::Join' in value ? joined(value, () => '123456789012') : value)).length);
    expect(sizes.length).toBeGreaterThan(3);
    expect(Math.max(...sizes)).toBeLessThanOrEqual(6144);
    expect(about(sweep, REVOKE, 'Deny')).toHaveLength(21);
  });

  it('cannot be made with more policies than IAM allows on a role', () => {
    const values = Array.from({ length: 200 }, (_, index) => String(index).padEnd(256, 'v'));
    const flaggedIngressRules = [FlaggedIngressRule.inGroupsTagged('Exposure', values, Peer.anyIpv4(), Port.SSH)];
    expect(() => SynthesizedMember.with({ flaggedIngressRules })).toThrow(
      /^Network\/Member: flaggedIngressRules name so many tags that the role network-hygiene-sweep needs \d+ policies, and IAM allows 10; use fewer tag values/,
    );
  });
});

describe('the role that restores', () => {
  const confinedTo = (role: Role): Array<Statement['Condition']> => about(role, AUTHORIZE)
    .filter(each => resourcesOf(each).includes(`${ARN}:security-group/*`)).map(({ Condition }) => Condition);

  it('may add rules with their tags and the exempt tag, and read what it needs', () => {
    const { restore } = SynthesizedMember.with();
    expect(allowed(restore)).toEqual([...RESTORE_READS, AUTHORIZE, TAG].sort());
    expect(about(restore, TAG).map(({ Condition }) => Condition)).toEqual([
      { StringEquals: { 'ec2:CreateAction': 'AuthorizeSecurityGroupIngress' } },
      { 'ForAllValues:StringEquals': { 'aws:TagKeys': ['network-hygiene:exempt'] }, 'Null': { 'aws:TagKeys': 'false' } },
    ]);
    expect(confinedTo(restore)).toEqual([undefined]);
  });

  it('may not revoke, even in an account where sweeps may', () => {
    const { restore } = SynthesizedMember.with({
      staleRules: StaleRules.revoke(), flaggedIngressRules: [ssh()], mayRevoke: true,
    });
    expect(allowed(restore)).toEqual([...RESTORE_READS, AUTHORIZE, TAG].sort());
  });

  it('may revoke what replaced a rule, in the groups of that declaration that are not exempt', () => {
    const props = { staleRules: StaleRules.revoke(), flaggedIngressRules: [ssh(), replaced] };
    const { restore } = SynthesizedMember.with({ ...props, mayRevoke: true });
    expect(allowed(restore)).toEqual([...RESTORE_READS, ...LIST_READS, AUTHORIZE, REVOKE, TAG].sort());
    expect(about(restore, REVOKE).map(({ Condition }) => Condition)).toEqual([
      { StringEquals: { 'aws:ResourceTag/Exposure': ['private'] } },
    ]);
    expect(about(restore, REVOKE, 'Deny').map(({ Condition }) => Condition)).toEqual([
      { Null: { 'aws:ResourceTag/network-hygiene:exempt': 'false' } },
    ]);
    expect(allowed(SynthesizedMember.with(props).restore)).not.toContain(REVOKE);
  });

  it('adds rules in the groups that declarations name by a tag, if nothing else was ever revoked', () => {
    const { restore } = SynthesizedMember.with({ flaggedIngressRules: [tagged()] });
    expect(confinedTo(restore)).toEqual([{ StringEquals: { 'aws:ResourceTag/Exposure': ['private'] } }]);
  });

  it.each<[string, Partial<NetworkHygieneMemberProps>]>([
    ['restoring is not allowed', { allowRestore: false }],
    ['no rules are looked at', { staleRules: StaleRules.ignore() }],
  ])('is not there if %s', (_, props) => {
    const { member, template } = SynthesizedMember.with(props);
    expect(member.restoreRole).toBeUndefined();
    template.resourceCountIs('AWS::IAM::Role', 1);
  });
});

describe('forwarding of changes', () => {
  const forwarding = { forwardChangesTo: BUS };

  it('sends changes of groups to the bus of the hub, and may do nothing else', () => {
    const { template, member, resources } = SynthesizedMember.with(forwarding);
    const [rule] = Object.values(template.findResources('AWS::Events::Rule')) as SynthesizedResource[];
    expect(rule.Properties.Targets).toEqual([{ Arn: BUS, Id: 'Target0', RoleArn: expect.anything() }]);
    expect(member.changeRule).toBeDefined();
    const [policy] = Object.values(resources).filter(({ Type }) => Type === 'AWS::IAM::Policy');
    expect((policy.Properties.PolicyDocument as { Statement: unknown }).Statement).toEqual([
      { Effect: 'Allow', Action: 'events:PutEvents', Resource: BUS },
    ]);
    template.hasResourceProperties('AWS::IAM::Role', {
      AssumeRolePolicyDocument: {
        Statement: [{ Effect: 'Allow', Action: 'sts:AssumeRole', Principal: { Service: 'events.amazonaws.com' } }],
      },
    });
  });

  it('leaves out what the hub does in the roles, and lets the calls of everyone else in', () => {
    const { template } = SynthesizedMember.with(forwarding);
    const [{ EventPattern }] = new Deployed(template.toJSON() as never).all('AWS::Events::Rule');
    const lets = (caller: Caller, eventName = 'AuthorizeSecurityGroupIngress'): boolean =>
      matches(EventPattern as Pattern, callEvent(eventName, { groupId: 'sg-1' }, { _return: true }, { caller }));
    for (const role of ['network-hygiene-sweep', 'network-hygiene-restore']) {
      expect(lets(functionCaller(role, 'any-session'))).toBe(false);
      expect(lets(functionCaller(role, 'any-session'), 'RevokeSecurityGroupIngress')).toBe(false);
    }
    for (const caller of [CLI, CONSOLE, CLOUDFORMATION, ROOT, SERVICE, functionCaller('network-hygiene-sweep-2', 'any')]) {
      expect(lets(caller)).toBe(true);
    }
    expect(lets(CLI, 'DescribeSecurityGroups')).toBe(false);
  });

  it('takes the bus of a stack of the same app', () => {
    const stack = aStack();
    const bus = new EventBus(stack, 'Bus');
    const { template } = SynthesizedMember.with({ forwardChangesTo: bus.eventBusArn }, stack);
    template.hasResourceProperties('AWS::Events::Rule', {
      Targets: [{ Arn: { 'Fn::GetAtt': [stack.getLogicalId(bus.node.defaultChild as CfnResource), 'Arn'] } }],
    });
  });

  it('lets the role that sweeps read which stacks are in progress, and nothing of trails and of what connects VPCs', () => {
    const { sweep } = SynthesizedMember.with(forwarding);
    expect(allowed(sweep)).toEqual([...READS, 'cloudformation:DescribeStacks'].sort());
  });

  it('needs no roles in all stacks of an account but one', () => {
    const { member, template } = SynthesizedMember.with({ ...forwarding, createRoles: false });
    expect([member.sweepRole, member.restoreRole]).toEqual([undefined, undefined]);
    template.resourceCountIs('AWS::Events::Rule', 1);
    template.resourceCountIs('AWS::IAM::ManagedPolicy', 0);
    expect(JSON.stringify(template.toJSON())).not.toContain('RoleName');
  });
});

describe('a warning', () => {
  const warnings = (props: Partial<NetworkHygieneMemberProps>): string[] => {
    const stack = aStack();
    new NetworkHygieneMember(stack, 'Member', { ...REQUIRED, ...props });
    return Annotations.fromStack(stack).findWarning('*', Match.anyValue()).map(({ id, entry }) => `${id}: ${String(entry.data)}`);
  };

  it('says that a Region is unknown to the CDK', () => {
    expect(warnings({ regions: ['eu-central-1', 'us-est-1'] })).toEqual([
      expect.stringContaining('/Network/Member: regions[1]: got "us-est-1", which is no Region that this version of the CDK knows. Did you mean'),
    ]);
  });

  it('says that changes go to a bus that is not in the account of the hub', () => {
    const bus = BUS.replace(HUB, '999988887777');
    expect(warnings({ forwardChangesTo: bus })).toEqual([
      expect.stringContaining(`/Network/Member: forwardChangesTo: got "${bus}", which is in the account 999988887777, and hubAccount is ${HUB}; give the ARN of changeBus of the hub`),
    ]);
  });

  it('is not given where there is nothing to say, or where it is not known yet', () => {
    expect(warnings({})).toEqual([]);
    expect(warnings({ regions: ['eu-central-1'], forwardChangesTo: BUS })).toEqual([]);
    expect(warnings({ forwardChangesTo: Lazy.string({ produce: () => BUS }) })).toEqual([]);
  });
});

it.each<[string, unknown]>([['undefined', undefined], ['null', null]])('properties that are %s are refused, with those that are required', (got, props) => {
  expect(() => new NetworkHygieneMember(aStack(), 'Member', props as never))
    .toThrow(`Network/Member: got ${got}; give an object with at least hubAccount and organizationId`);
});

describe('wrong properties are refused, before any resource is made:', () => {
  const onGroup = (): FlaggedIngressRule => {
    const group = SecurityGroup.fromSecurityGroupId(aStack('Other'), 'Group', 'sg-1');
    return FlaggedIngressRule.onGroup(group, Peer.anyIpv4(), Port.SSH);
  };
  const later = Lazy.string({ produce: () => HUB });

  it.each<[string, object, string]>([
    ['no hub', { hubAccount: undefined }, 'hubAccount: got undefined; give the id of an account as a text of 12 digits'],
    ['a hub as a number', { hubAccount: 111122223333 }, 'hubAccount: got 111122223333; give the id of an account'],
    ['any hub', { hubAccount: '*' }, 'hubAccount: got "*"; give the id of an account'],
    ['a hub that is known later', { hubAccount: later }, 'hubAccount: got a text that is known at deployment only; give the id'],
    ['no organization', { organizationId: undefined }, 'organizationId: got undefined; give the id of an organization'],
    ['any organization', { organizationId: 'o-*' }, 'organizationId: got "o-*"; give the id of an organization'],
    ['an external id with a wildcard', { externalId: 'a*' }, 'externalId: got "a*"; give an external id'],
    ['an empty external id', { externalId: '' }, 'externalId: got ""; give an external id'],
    ['a role with a path', { hubRoleName: 'a/b' }, 'hubRoleName: got "a/b"; give the name of a role'],
    ['any role', { hubRestoreRoleName: '*' }, 'hubRestoreRoleName: got "*"; give the name of a role'],
    ['null as a name', { sweepRoleName: null }, 'sweepRoleName: got null; give the name of a role'],
    [
      'one role of the hub for both', { hubRestoreRoleName: 'Network-Hygiene-Hub' },
      'hubRestoreRoleName: got "Network-Hygiene-Hub", which is hubRoleName, too; give each role a name of its own',
    ],
    [
      'one role of the member for both', { sweepRoleName: 'x', restoreRoleName: 'x' },
      'restoreRoleName: got "x", which is sweepRoleName, too; give each role a name of its own',
    ],
    ['no Regions', { regions: [] }, 'regions: got []; leave it out to mean every enabled Region'],
    ['what is no Region', { regions: ['eu-central-1', 'eu-*'] }, 'regions[1]: got "eu-*"; give the name of a Region'],
    [
      'more Regions than a session may name', { regions: Array.from({ length: 41 }, (_, index) => `eu-west-${index}`) },
      'regions: got 41 Regions; give at most 40',
    ],
    ['the name of a bus', { forwardChangesTo: 'hygiene' }, 'forwardChangesTo: got "hygiene"; give the ARN of an event bus'],
    [
      'a bus without rules to look at', { forwardChangesTo: BUS, staleRules: StaleRules.ignore() },
      'forwardChangesTo: no change matters, because staleRules and flaggedIngressRules leave no rules to look at',
    ],
    ['nothing to create', { createRoles: false }, 'createRoles: got false, and without forwardChangesTo nothing would be created'],
    ['a text for mayRevoke', { mayRevoke: 'true' }, 'mayRevoke: got "true"; give true or false'],
    [
      'a declaration for one group', { flaggedIngressRules: [ssh(), onGroup()] },
      'flaggedIngressRules[1]: got a declaration for the security group "sg-1", which is in one account and Region; use FlaggedIngressRule.inGroupsTagged()',
    ],
    [
      'a tag value that is known later',
      { flaggedIngressRules: [FlaggedIngressRule.inGroupsTagged('Exposure', ['a', later], Peer.anyIpv4(), Port.SSH)] },
      'flaggedIngressRules[0]: got a tag value that is known at deployment only; give a plain text',
    ],
    [
      'VPN connections by id', { vpnConnections: VpnConnections.withIds(['vpn-1']) },
      'vpnConnections: got VpnConnections.withIds(), and a connection is in one account and Region; use VpnConnections.all()',
    ],
    [
      'nothing to look at', { staleRules: StaleRules.ignore(), vpnConnections: VpnConnections.none() },
      'staleRules, flaggedIngressRules, vpnConnections and unusedSecurityGroups leave nothing to look at',
    ],
    ['a limit out of range', { maxRevocationsPerSweep: -1 }, 'maxRevocationsPerSweep: got -1; give a whole number'],
    ['an exempt tag with a wildcard', { exemptTags: ['a*'] }, 'exemptTags[0]: got "a*"; give a tag key'],
    ['revokeIn', { revokeIn: true }, '"revokeIn" is unknown; it belongs to the hub; on a member, give mayRevoke'],
    [
      'changeTrigger', { changeTrigger: true },
      '"changeTrigger" is unknown; it belongs to the hub; on a member, give forwardChangesTo',
    ],
    ...['settle', 'schedule', 'comesBack', 'accounts', 'maxConcurrency'].map((name): [string, object, string] => [
      name, { [name]: 1 }, `"${name}" is unknown; it belongs to the hub only; leave it out of what the hub and its members share`,
    ]),
    ...['organizationalUnits', 'revokeInOrganizationalUnits', 'callAs'].map((name): [string, object, string] => [
      name, { [name]: 1 }, `"${name}" is unknown; use NetworkHygieneMember.stackSet()`,
    ]),
  ])('%s', (_, props, message) => {
    const stack = aStack();
    expect(() => new NetworkHygieneMember(stack, 'Member', { ...REQUIRED, ...props } as never))
      .toThrow(`Network/Member: ${message}`);
    expect(stack.node.findAll().filter(each => CfnResource.isCfnResource(each))).toEqual([]);
  });
});

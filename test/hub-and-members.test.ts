/** Tests what the constructs say of a hub and members in one app: what differs, and what is there twice. */
import { Annotations as Acknowledging, App, CfnResource, CfnStackSet, Stack, Stage } from 'aws-cdk-lib';
import { Annotations, Match, Template } from 'aws-cdk-lib/assertions';
import { Port } from 'aws-cdk-lib/aws-ec2';
import { Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import {
  FlaggedIngressRule, HygieneAccounts, NetworkHygieneMember, NetworkHygieneMemberProps,
  NetworkHygieneMemberStackSetProps, NetworkHygieneOrganization, NetworkHygieneOrganizationProps,
} from '../src';
import { LeanApp } from './support/synthesized-stack';

const [HUB, ONE, TWO] = ['111122223333', '444455556666', '555566667777'];
const [UNIT, OTHER_UNIT, ROOT] = ['ou-a1b2-11111111', 'ou-a1b2-22222222', 'r-a1b2'];
const ORGANIZATION = { organizationId: 'o-a1b2c3d4e5' };
const NAMES = {
  externalId: 'another', hubRoleName: 'hub', hubRestoreRoleName: 'hub-restore', sweepRoleName: 'sweep',
  restoreRoleName: 'restore',
};

const inAccount = (account: string | undefined, id: string, app: App | Stage = new LeanApp()): Stack =>
  new Stack(app, id, { env: account === undefined ? undefined : { account, region: 'eu-central-1' } });
const inApp = (stack: Stack): App => stack.node.root as App;

const aHub = (stack: Stack, props: Partial<NetworkHygieneOrganizationProps> = {}): NetworkHygieneOrganization =>
  new NetworkHygieneOrganization(stack, 'Hub', { ...ORGANIZATION, accounts: HygieneAccounts.all(), ...props });
const aMember = (stack: Stack, props: Partial<NetworkHygieneMemberProps> = {}, id = 'Member'): NetworkHygieneMember =>
  new NetworkHygieneMember(stack, id, { ...ORGANIZATION, hubAccount: HUB, ...props });
const aStackSet = (stack: Stack, props: Partial<NetworkHygieneMemberStackSetProps> = {}, id = 'Members'): CfnStackSet =>
  NetworkHygieneMember.stackSet(stack, id, { ...ORGANIZATION, hubAccount: HUB, organizationalUnits: [UNIT], ...props });

/** The ids and texts of the warnings of a stack. */
const warnings = (stack: Stack): string[] =>
  Annotations.fromStack(stack).findWarning('*', Match.anyValue()).map(({ id, entry }) => `${id}: ${String(entry.data)}`);

describe('a member that differs from the hub', () => {
  it.each<[keyof NetworkHygieneMemberProps, string, string, string]>([
    ['externalId', 'other', 'cdk-network-hygiene', 'sweep'],
    ['hubRoleName', 'other', 'network-hygiene-hub', 'sweep'],
    ['sweepRoleName', 'other', 'network-hygiene-sweep', 'sweep'],
    ['hubRestoreRoleName', 'other', 'network-hygiene-hub-restore', 'restore'],
    ['restoreRoleName', 'other', 'network-hygiene-restore', 'restore'],
    ['organizationId', 'o-zzzzzzzzzz', 'o-a1b2c3d4e5', 'sweep'],
    ['hubAccount', TWO, HUB, 'sweep'],
  ])('in %s is warned of, whether it is made before the hub or after it', (prop, given, own, action) => {
    const hub = inAccount(HUB, 'HygieneHub');
    aMember(inAccount(ONE, 'Before', inApp(hub)), { [prop]: given });
    aHub(hub);
    aStackSet(inAccount(HUB, 'After', inApp(hub)), { [prop]: given });
    const text = (path: string): string =>
      `/HygieneHub/Hub/Sweep: ${path}: ${prop} is "${given}", and that of HygieneHub/Hub is "${own}", so the hub cannot ${action} there. Give both the same [ack: cdk-network-hygiene:memberDiffersFromHub]`;
    expect(warnings(hub)).toEqual([text('Before/Member'), text('After/Members')]);
  });

  it('is warned of when the hub is in a stage of its own', () => {
    const app = new LeanApp();
    const hub = inAccount(HUB, 'HygieneHub', new Stage(app, 'Production'));
    aHub(hub);
    aMember(inAccount(ONE, 'Member', app), { externalId: 'other' });
    expect(warnings(hub)).toEqual([expect.stringContaining('Member/Member: externalId is "other"')]);
  });

  it('is not warned of twice if the app is synthesized twice', () => {
    const hub = inAccount(HUB, 'HygieneHub');
    const made = aHub(hub);
    aMember(inAccount(ONE, 'Member', inApp(hub)), { externalId: 'other' });
    inApp(hub).synth({ force: true });
    inApp(hub).synth({ force: true });
    expect(made.customResource.node.metadata.filter(({ data }) => String(data).includes('externalId'))).toHaveLength(1);
  });

  it('is not warned of if that is acknowledged', () => {
    const hub = inAccount(HUB, 'HygieneHub');
    Acknowledging.of(aHub(hub)).acknowledgeWarning('cdk-network-hygiene:memberDiffersFromHub', 'it is of another app');
    aMember(inAccount(ONE, 'Member', inApp(hub)), { externalId: 'other' });
    expect(warnings(hub)).toEqual([]);
  });

  it('is not warned of in the names that restore, if one of the two does not restore', () => {
    const names = { hubRestoreRoleName: 'other', restoreRoleName: 'another' };
    const hub = inAccount(HUB, 'HygieneHub');
    aHub(hub);
    aMember(inAccount(ONE, 'Member', inApp(hub)), { ...names, allowRestore: false });
    expect(warnings(hub)).toEqual([]);
  });

  it('is not warned of if it is of another organization, and names another hub', () => {
    const hub = inAccount(HUB, 'HygieneHub');
    aHub(hub);
    aMember(inAccount(ONE, 'Member', inApp(hub)), { ...NAMES, organizationId: 'o-zzzzzzzzzz', hubAccount: TWO });
    expect(warnings(hub)).toEqual([]);
  });

  it('is not warned of if the app has several hubs of the organization', () => {
    const first = inAccount(HUB, 'First');
    const second = inAccount(HUB, 'Second', inApp(first));
    aHub(first);
    aHub(second, NAMES);
    aMember(inAccount(ONE, 'Member', inApp(first)));
    aMember(inAccount(TWO, 'Other', inApp(first)), NAMES);
    expect([...warnings(first), ...warnings(second)]).toEqual([]);
  });

  it('is not warned of by the account, if that of the hub is known at deployment only', () => {
    const hub = inAccount(undefined, 'HygieneHub');
    aHub(hub);
    aMember(inAccount(ONE, 'Member', inApp(hub)));
    expect(warnings(hub)).toEqual([]);
  });

  it('is not warned of where it only forwards changes', () => {
    const hub = inAccount(HUB, 'HygieneHub');
    aHub(hub);
    aMember(inAccount(ONE, 'Member', inApp(hub)), {
      ...NAMES, createRoles: false, forwardChangesTo: `arn:aws:events:eu-central-1:${HUB}:event-bus/hygiene`,
    });
    expect(warnings(hub)).toEqual([]);
  });
});

it('a hub and members in several accounts that agree have no warnings', () => {
  const shared = { ...ORGANIZATION, flaggedIngressRules: [FlaggedIngressRule.fromInternet(Port.SSH)], regions: ['eu-central-1'] };
  const hub = inAccount(HUB, 'HygieneHub');
  const stacks = [HUB, ONE, TWO].map(account => inAccount(account, `Member${account}`, inApp(hub)));
  stacks.forEach((stack, index) => aMember(stack, { ...shared, mayRevoke: index === 1 }));
  const stackSets = inAccount(HUB, 'StackSets', inApp(hub));
  aStackSet(stackSets, { ...shared, organizationalUnits: [UNIT] }, 'Some');
  aStackSet(stackSets, { ...shared, organizationalUnits: [OTHER_UNIT], mayRevoke: true }, 'Others');
  aHub(hub, { ...shared, revokeIn: HygieneAccounts.list([ONE]) });
  for (const stack of [hub, stackSets, ...stacks]) expect(warnings(stack)).toEqual([]);
});

describe('two members in one account', () => {
  const FIX = 'and an account has one role of a name; give createRoles: false to one of them, or leave it out';

  it('are refused in two stacks, whatever their Regions', () => {
    const first = inAccount(ONE, 'First');
    aMember(first);
    const second = new Stack(inApp(first), 'Second', { env: { account: ONE, region: 'us-east-1' } });
    expect(() => aMember(second)).toThrow(
      `Second/Member: sweepRoleName: First/Member/SweepRole has the name "network-hygiene-sweep" in account ${ONE}, too, ${FIX}`,
    );
    expect(second.node.findAll().filter(each => CfnResource.isCfnResource(each))).toEqual([]);
  });

  it('are refused in one stack, also if its account is known at deployment only', () => {
    const stack = inAccount(undefined, 'Both');
    aMember(stack);
    expect(() => aMember(stack, { sweepRoleName: 'other' }, 'Second')).toThrow(
      `Both/Second: restoreRoleName: Both/Member/RestoreRole has the name "network-hygiene-restore" in the same account, too, ${FIX}`,
    );
  });

  it('are refused if any role has the name, in whatever case', () => {
    const stack = inAccount(ONE, 'Own');
    new Role(stack, 'Role', { roleName: 'Network-Hygiene-Sweep', assumedBy: new ServicePrincipal('lambda.amazonaws.com') });
    expect(() => aMember(stack)).toThrow('Own/Member: sweepRoleName: Own/Role has the name');
  });

  it.each<[string, string | undefined, string | undefined, Partial<NetworkHygieneMemberProps>]>([
    ['in two accounts', ONE, TWO, {}],
    ['in stacks whose accounts are known at deployment only', undefined, undefined, {}],
    ['in stacks of which one has a known account', ONE, undefined, {}],
    ['with other names', ONE, ONE, { sweepRoleName: 'sweep', restoreRoleName: 'restore' }],
    ['with another name, without restoring', ONE, ONE, { sweepRoleName: 'sweep', allowRestore: false }],
    [
      'of which one makes no roles', ONE, ONE,
      { createRoles: false, forwardChangesTo: `arn:aws:events:eu-central-1:${HUB}:event-bus/hygiene` },
    ],
  ])('are allowed %s', (_, one, other, props) => {
    const first = inAccount(one, 'First');
    aMember(first);
    expect(() => aMember(inAccount(other, 'Second', inApp(first)), props)).not.toThrow();
  });
});

describe('two stack sets for the same accounts', () => {
  const FIX = 'and an account has one role of a name; leave one of the two out, or give each OU to one of them';

  it.each<[string, string[], string[], string]>([
    ['an OU of both', [UNIT, OTHER_UNIT], [OTHER_UNIT], OTHER_UNIT],
    ['the root of both', [ROOT], [ROOT], ROOT],
    ['the root, which contains each OU', [ROOT], [UNIT], ROOT],
    ['an OU that the root contains', [UNIT], [ROOT], UNIT],
  ])('are refused: %s', (_, one, other, unit) => {
    const first = inAccount(HUB, 'First');
    aStackSet(first, { organizationalUnits: one });
    const second = inAccount(HUB, 'Second', inApp(first));
    expect(() => aStackSet(second, { organizationalUnits: other })).toThrow(
      `Second/Members: organizationalUnits: First/Members makes the role "network-hygiene-sweep" in the accounts of "${unit}", too, ${FIX}`,
    );
    expect(second.node.findAll().filter(each => CfnResource.isCfnResource(each))).toEqual([]);
  });

  it.each<[string, Partial<NetworkHygieneMemberStackSetProps>]>([
    ['of other OUs', { organizationalUnits: [OTHER_UNIT] }],
    ['with other names', { sweepRoleName: 'sweep', restoreRoleName: 'restore' }],
    ['of another organization', { organizationId: 'o-zzzzzzzzzz', organizationalUnits: ['r-z9y8'] }],
  ])('are allowed %s', (_, props) => {
    const first = inAccount(HUB, 'First');
    aStackSet(first);
    expect(() => aStackSet(inAccount(HUB, 'Second', inApp(first)), props)).not.toThrow();
  });
});

describe('in one stack, the custom resource of the hub', () => {
  const needs = (stack: Stack): string[] => {
    const [resource] = Object.values(Template.fromStack(stack).findResources('Custom::NetworkHygieneOrganization'));
    return resource.DependsOn as string[];
  };

  it('comes after the members, because it enters them', () => {
    const stack = inAccount(HUB, 'Both');
    const before = aStackSet(stack);
    aHub(stack);
    aMember(stack);
    aMember(inAccount(ONE, 'Elsewhere', inApp(stack)));
    expect(needs(stack)).toEqual(expect.arrayContaining([
      stack.getLogicalId(before), expect.stringMatching(/^MemberSweepRole/), expect.stringMatching(/^MemberSweepPolicy/),
    ]));
    expect(needs(stack).join()).not.toContain('Elsewhere');
  });

  it('has no dependency on stack sets that are of something else', () => {
    const stack = inAccount(HUB, 'Both');
    const other = new CfnStackSet(stack, 'Other', { stackSetName: 'other', permissionModel: 'SERVICE_MANAGED' });
    aHub(stack);
    expect(needs(stack)).not.toContain(stack.getLogicalId(other));
  });
});

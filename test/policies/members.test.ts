/**
 * Tests the roles of a member with IAM's simulator, as an attacker would read them: who may assume them, what they may
 * do, and what a session in them may do.
 */
import { Port } from 'aws-cdk-lib/aws-ec2';
import { ACCOUNT, arns, OTHER_ACCOUNT, REGION } from './deployed';
import { deploy, GROUP, MAXIMAL, network as sampleNetwork } from './deployment';
import { BUS, EXTERNAL_ID, HUB, member, ORGANIZATION, REPLACED, REQUIRED } from './member';
import { runProduct } from './product';
import { createTags, importFindings, ofGroup } from './requests';
import { type Assumption, type IamRequest, mayAssume, type Role, type Statement } from './simulator';
import {
  FlaggedIngressRule, type NetworkHygieneMemberProps, StaleRules, UnusedSecurityGroups, VpnConnections,
} from '../../src';
import { decodeConfiguration } from '../../src/contract/decode';
import { EXEMPT_TAG } from '../../src/contract/exemptions';
import { HUB_RESTORE_ROLE_NAME, HUB_ROLE_NAME, RESTORE_ROLE_NAME, SWEEP_ROLE_NAME } from '../../src/contract/organization';
import { restoreSessionPolicy, sessionPolicy } from '../../src/contract/session-policy';
import { memberOf } from '../../src/function/member-configuration';
import { memberRoles } from '../../src/function/member-roles';
import { aStack } from '../support/synthesized-stack';
import { stopWorlds } from '../wire/world';

jest.setTimeout(240_000);
afterEach(stopWorlds);

const network = sampleNetwork();
const inRegion = (request: IamRequest, region = REGION): IamRequest =>
  ({ ...request, context: { ...request.context, 'aws:RequestedRegion': region } });
const inGroup = (name: string, group: string): IamRequest =>
  inRegion({ action: `ec2:${name}`, ...ofGroup(network, group) });
const revoke = (group: string): IamRequest => inGroup('RevokeSecurityGroupIngress', group);
const authorize = (group: string): IamRequest => inGroup('AuthorizeSecurityGroupIngress', group);
const tagExempt = inRegion(createTags('sgr-f0000000000000001', {}, { [EXEMPT_TAG]: 'x' }));
const read = (name: string, region?: string): IamRequest =>
  inRegion({ action: `ec2:${name}`, resource: '*', context: {} }, region);
const isAllowed = async (role: Role, request: IamRequest): Promise<boolean> => await role.decide(request) === 'Allowed';

describe.each([
  ['sweeps', SWEEP_ROLE_NAME, HUB_ROLE_NAME, HUB_RESTORE_ROLE_NAME],
  ['restores', RESTORE_ROLE_NAME, HUB_RESTORE_ROLE_NAME, HUB_ROLE_NAME],
])('the role that %s', (_, name, hubRole, otherHubRole) => {
  const { deployed } = member();
  const role = `arn:aws:iam::${ACCOUNT}:role/${name}`;
  const session = (account: string, roleName: string): string => `arn:aws:sts::${account}:assumed-role/${roleName}/function`;
  const RIGHT: Assumption = {
    principal: session(HUB, hubRole), organizationId: ORGANIZATION, externalId: EXTERNAL_ID,
  };

  test('may be assumed by its role of the hub', async () => {
    expect(await mayAssume(role, deployed.trustOf(name), RIGHT)).toBe(true);
  });

  test.each<[string, Partial<Assumption>]>([
    ['the other role of the hub', { principal: session(HUB, otherHubRole) }],
    ['another role of the account of the hub', { principal: session(HUB, 'admin') }],
    ['a role whose name begins with that of the hub', { principal: session(HUB, `${hubRole}-2`) }],
    ['a role in a path with the name of that of the hub', { principal: `arn:aws:iam::${HUB}:role/path/${hubRole}` }],
    ['the root user of the account of the hub', { principal: `arn:aws:iam::${HUB}:root` }],
    ['a user of the account of the hub with that name', { principal: `arn:aws:iam::${HUB}:user/${hubRole}` }],
    ['a role with the same name in another account', { principal: session(OTHER_ACCOUNT, hubRole) }],
    ['a role with the same name in its own account', { principal: session(ACCOUNT, hubRole) }],
    ['the same role in another account, from one member to another', { principal: session(OTHER_ACCOUNT, name) }],
    ['itself', { principal: session(ACCOUNT, name) }],
    ['the root user of its own account', { principal: `arn:aws:iam::${ACCOUNT}:root` }],
    ['the role of the hub without an external id', { externalId: undefined }],
    ['the role of the hub with another external id', { externalId: 'CDK-network-hygiene' }],
    ['the role of the hub in no organization', { organizationId: undefined }],
    ['the role of the hub in another organization', { organizationId: 'o-zzzzzzzzzz' }],
  ])('may not be assumed by %s', async (__, differing) => {
    expect(await mayAssume(role, deployed.trustOf(name), { ...RIGHT, ...differing })).toBe(false);
  });
});

test('the calls of the product that concern the network are allowed to one of the roles, in their sessions', async () => {
  // The member has no groups of its own, and the hub may be in a VPC.
  const choice = {
    ...MAXIMAL, vpcs: 'every', exemptSecurityGroups: false, functionVpc: undefined,
    flagged: ['inAnyGroup', 'fromInternet', 'inGroupsTagged', 'inDefaultGroups', 'reported'],
  } as const;
  const { asked, restored } = await runProduct(deploy(choice));
  expect(restored).toContain('RESTORED');
  const { sweep, restore, configuration } = member();
  const sweeping = sweep.inSession(sessionPolicy(configuration, { regions: [REGION], mayRevoke: true }));
  const restoring = restore.inSession(restoreSessionPolicy(configuration, REGION));
  const ofNetwork = asked.filter(({ action }) => /^(ec2|cloudformation|cloudtrail|securityhub):/.test(action));
  const distinct = [...new Map(ofNetwork.map(each => [JSON.stringify(each), inRegion(each)])).values()];
  const used = new Set(distinct.map(({ action }) => action));
  expect([...used]).toEqual(expect.arrayContaining([
    'ec2:RevokeSecurityGroupIngress', 'ec2:AuthorizeSecurityGroupIngress', 'ec2:CreateTags',
    'ec2:DescribeStaleSecurityGroups', 'ec2:GetManagedPrefixListEntries', 'cloudformation:DescribeStacks',
    'securityhub:BatchImportFindings',
  ]));
  // Only restoring adds rules here.
  const isOfRestore = ({ action }: IamRequest): boolean => /Authorize|CreateTags/.test(action);
  const refused = (await Promise.all(distinct.map(async request => (
    await isAllowed(isOfRestore(request) ? restoring : sweeping, request) ? [] : [request])))).flat();
  // A member forwards changes of groups only, so the hub neither waits for others nor looks for a trail.
  const isOfOtherChanges = ({ action }: IamRequest): boolean =>
    /^cloudtrail:|:Describe(VpcPeeringConnections|TransitGateways|TransitGatewayVpcAttachments)$/.test(action);
  expect(refused.filter(each => !isOfOtherChanges(each))).toEqual([]);
  expect(distinct.filter(isOfOtherChanges).filter(each => !refused.includes(each))).toEqual([]);
});

describe('the role that sweeps', () => {
  const GROUPS = Object.entries(GROUP);

  test.each<[string, Partial<NetworkHygieneMemberProps>]>([
    ['an account that is only reported on', { mayRevoke: false }],
    ['a dry run', { dryRun: true }],
    ['an organization in which revoking is disabled', { enabled: false }],
    ['an organization with a limit of 0', { maxRevocationsPerSweep: 0 }],
  ])('changes nothing in %s', async (_, props) => {
    const { sweep } = member(props);
    for (const [name, group] of GROUPS) {
      for (const request of [revoke(group), authorize(group)]) {
        expect([name, await sweep.decide(request)]).not.toEqual([name, 'Allowed']);
      }
    }
    expect(await isAllowed(sweep, tagExempt)).toBe(false);
    const { context } = createTags('*', {}, { Owner: 'x' });
    const resource = arns.securityGroupRule('*');
    const created = { ...context, 'ec2:CreateAction': 'AuthorizeSecurityGroupIngress' };
    expect(await isAllowed(sweep, { action: 'ec2:CreateTags', resource, context: created })).toBe(false);
    expect(await isAllowed(sweep, { action: 'ec2:AuthorizeSecurityGroupIngress', resource, context })).toBe(false);
    expect(await isAllowed(sweep, read('DescribeSecurityGroupRules'))).toBe(true);
  });

  test('revokes in the groups of its own account, and not where a tag exempts them, in any case', async () => {
    const { sweep } = member();
    const verdicts = await Promise.all(GROUPS.map(async ([name, group]) => [name, await sweep.decide(revoke(group))]));
    const denied = verdicts.filter(([, verdict]) => verdict !== 'Allowed');
    expect(denied).toEqual([
      ['always', 'ExplicitlyDenied'], ['pinned', 'ExplicitlyDenied'], ['center', 'ExplicitlyDenied'],
      ['others', 'ImplicitlyDenied'],
    ]);
  });

  test('adds rules only in the groups of the declaration that replaces them', async () => {
    const { sweep } = member({ staleRules: StaleRules.report(), flaggedIngressRules: [REPLACED] });
    expect(await isAllowed(sweep, authorize(GROUP.tagged))).toBe(true);
    for (const group of [GROUP.plain, GROUP.otherwise, GROUP.others]) {
      expect([group, await sweep.decide(authorize(group))]).toEqual([group, 'ImplicitlyDenied']);
    }
    const { context } = createTags('*', {}, { 'network-hygiene:replaces': 'sgr-1' });
    const rule = { resource: arns.securityGroupRule('*'), context };
    const created = { ...context, 'ec2:CreateAction': 'AuthorizeSecurityGroupIngress' };
    expect(await isAllowed(sweep, { action: 'ec2:AuthorizeSecurityGroupIngress', ...rule })).toBe(true);
    expect(await isAllowed(sweep, { action: 'ec2:CreateTags', ...rule, context: created })).toBe(true);
    expect(await isAllowed(sweep, { action: 'ec2:CreateTags', ...rule })).toBe(false);
    expect(await isAllowed(sweep, tagExempt)).toBe(false);
    const withoutReplacing = member({ flaggedIngressRules: [FlaggedIngressRule.fromInternet(Port.SSH)] }).sweep;
    expect(await isAllowed(withoutReplacing, authorize(GROUP.tagged))).toBe(false);
  });

  test('acts in the given Regions only, but for asking which Regions are enabled', async () => {
    const { sweep } = member({ regions: [REGION] });
    const elsewhere = 'us-east-1';
    expect(await sweep.decide(read('DescribeSecurityGroupRules'))).toBe('Allowed');
    expect(await sweep.decide(read('DescribeSecurityGroupRules', elsewhere))).toBe('ExplicitlyDenied');
    expect(await sweep.decide(read('DescribeRegions', elsewhere))).toBe('Allowed');
    const there = revoke(GROUP.plain);
    const resource = there.resource.replace(REGION, elsewhere);
    expect(await sweep.decide(there)).toBe('Allowed');
    expect(await sweep.decide(inRegion({ ...there, resource }, elsewhere))).toBe('ExplicitlyDenied');
    expect(await member().sweep.decide(inRegion({ ...there, resource }, elsewhere))).toBe('Allowed');
  });
});

describe('importing findings into Security Hub', () => {
  const ELSEWHERE = 'us-east-1';
  const OWN = inRegion(importFindings(arns.product()));
  const THERE = inRegion(importFindings(arns.product().replace(REGION, ELSEWHERE)), ELSEWHERE);

  test.each<[string, Partial<NetworkHygieneMemberProps>]>([
    ['may revoke', {}], ['is only reported on', { mayRevoke: false }], ['is in a dry run', { dryRun: true }],
  ])('is allowed to the sweep of an account that %s, in each Region and for its own product', async (_, props) => {
    const { sweep, restore, configuration } = member(props);
    expect(await isAllowed(sweep, OWN)).toBe(true);
    expect(await isAllowed(sweep, THERE)).toBe(true);
    expect(await restore.allowsAny([OWN])).toBe(false);
    for (const mayRevoke of [true, false]) {
      const session = sweep.inSession(sessionPolicy(configuration, { regions: [REGION], mayRevoke }));
      expect(await isAllowed(session, OWN)).toBe(true);
      expect(await isAllowed(session, THERE)).toBe(false);
    }
  });

  test('is not allowed in other Regions than those that are given', async () => {
    const { sweep } = member({ regions: [REGION] });
    expect(await sweep.decide(OWN)).toBe('Allowed');
    expect(await sweep.decide(THERE)).toBe('ExplicitlyDenied');
  });

  test.each([
    ['another account', arns.product(OTHER_ACCOUNT)], ['the hub', arns.product(HUB)],
    ['another product', arns.product().replace('/default', '/other')],
    ["AWS's own", arns.product().replace(/product.*/, 'product/aws/guardduty')],
  ])('is not allowed for the product of %s', async (_, product) => {
    const { sweep } = member();
    expect(await sweep.allowsAny([inRegion(importFindings(product))])).toBe(false);
  });

  test('is not allowed to a member, or to a session, without securityHub', async () => {
    const without = member({ securityHub: undefined });
    const policies = { with: member().configuration, without: without.configuration };
    const policyOf = (which: keyof typeof policies): string =>
      sessionPolicy(policies[which], { regions: [REGION], mayRevoke: true });
    expect(policyOf('without')).not.toContain('securityhub');
    for (const role of [without.sweep, without.sweep.inSession(policyOf('with')), member().sweep.inSession(policyOf('without'))]) {
      expect(await role.allowsAny([OWN])).toBe(false);
    }
  });

  test.each([
    'BatchUpdateFindings', 'UpdateFindings', 'GetFindings', 'DescribeHub', 'EnableSecurityHub', 'DisableSecurityHub',
  ])('does not come with securityhub:%s', async name => {
    const hub = `arn:aws:securityhub:${REGION}:${ACCOUNT}:hub/default`;
    const { sweep, restore } = member();
    const request = inRegion({ action: `securityhub:${name}`, resource: hub, context: {} });
    expect(await sweep.allowsAny([request])).toBe(false);
    expect(await restore.allowsAny([request])).toBe(false);
  });
});

describe('the role that restores', () => {
  test('adds rules with the exempt tag, and revokes only in groups whose rules are replaced and that are not exempt', async () => {
    const { restore } = member();
    expect(await isAllowed(restore, authorize(GROUP.plain))).toBe(true);
    expect(await isAllowed(restore, tagExempt)).toBe(true);
    expect(await isAllowed(restore, revoke(GROUP.tagged))).toBe(true);
    for (const group of [GROUP.plain, GROUP.others]) {
      expect([group, await restore.decide(revoke(group))]).toEqual([group, 'ImplicitlyDenied']);
    }
    expect(await restore.decide(revoke(GROUP.always))).toBe('ExplicitlyDenied');
    expect(await isAllowed(restore, authorize(GROUP.others))).toBe(false);
  });

  test('does not revoke in an account that is only reported on, or where nothing is replaced', async () => {
    const flaggedIngressRules = [FlaggedIngressRule.fromInternet(Port.SSH)];
    for (const { restore } of [member({ mayRevoke: false }), member({ flaggedIngressRules })]) {
      for (const group of Object.values(GROUP)) expect(await isAllowed(restore, revoke(group))).toBe(false);
    }
  });
});

describe.each(['sweep', 'restore'] as const)('the role to %s', which => {
  const of = (action: string, resource = '*'): IamRequest => ({ action, resource, context: {} });
  const iamRole = (account: string, name: string): string => `arn:aws:iam::${account}:role/${name}`;

  test.each<[string, IamRequest]>([
    ['assume the same role in another member', of('sts:AssumeRole', iamRole(OTHER_ACCOUNT, SWEEP_ROLE_NAME))],
    ['assume a role of the hub', of('sts:AssumeRole', iamRole(HUB, HUB_ROLE_NAME))],
    ['assume the other role of its account', of('sts:AssumeRole', iamRole(ACCOUNT, RESTORE_ROLE_NAME))],
    ['change its own policies', of('iam:PutRolePolicy', iamRole(ACCOUNT, SWEEP_ROLE_NAME))],
    ['change whom it trusts', of('iam:UpdateAssumeRolePolicy', iamRole(ACCOUNT, SWEEP_ROLE_NAME))],
    ['pass a role', of('iam:PassRole', iamRole(ACCOUNT, SWEEP_ROLE_NAME))],
    ['send events to the bus of the hub', of('events:PutEvents', `arn:aws:events:${REGION}:${HUB}:event-bus/hygiene`)],
    ['publish metrics', of('cloudwatch:PutMetricData')],
    ['read the ledger', of('dynamodb:GetItem', `arn:aws:dynamodb:${REGION}:${HUB}:table/ledger`)],
    ['write to a log', of('logs:PutLogEvents', `arn:aws:logs:${REGION}:${ACCOUNT}:log-group:x:log-stream:y`)],
    ['delete a group', inGroup('DeleteSecurityGroup', GROUP.plain)],
    ['revoke egress', inGroup('RevokeSecurityGroupEgress', GROUP.plain)],
    ['add egress', inGroup('AuthorizeSecurityGroupEgress', GROUP.plain)],
    ['modify rules', inGroup('ModifySecurityGroupRules', GROUP.plain)],
    ['take tags away', inGroup('DeleteTags', GROUP.plain)],
    ['tag a group as exempt', inGroup('CreateTags', GROUP.plain)],
    ['tag a rule as it likes', inRegion(createTags('sgr-f0000000000000001', {}, { Owner: 'x' }))],
  ])('may not %s', async (_, request) => {
    expect(await member()[which].allowsAny([request])).toBe(false);
  });
});

describe('a session', () => {
  const { sweep, restore, configuration } = member();
  const sweeping = (mayRevoke: boolean): Role =>
    sweep.inSession(sessionPolicy(configuration, { regions: [REGION], mayRevoke }));

  test('of an account that is only reported on changes nothing, although its role may', async () => {
    expect(await isAllowed(sweeping(true), revoke(GROUP.plain))).toBe(true);
    for (const group of Object.values(GROUP)) {
      for (const request of [revoke(group), authorize(group)]) {
        expect(await isAllowed(sweeping(false), request)).toBe(false);
      }
    }
    expect(await isAllowed(sweeping(false), read('DescribeSecurityGroupRules'))).toBe(true);
  });

  test('may do nothing that its role may not: exempt groups, other accounts, other actions', async () => {
    for (const group of [GROUP.always, GROUP.others]) {
      expect(await isAllowed(sweeping(true), revoke(group))).toBe(false);
    }
    const { sweep: readOnly } = member({ mayRevoke: false });
    const policy = sessionPolicy(configuration, { regions: [REGION], mayRevoke: true });
    expect(await isAllowed(readOnly.inSession(policy), revoke(GROUP.plain))).toBe(false);
    // The pattern of the session admits it.
    expect(policy).toContain('"ec2:Desc*"');
    expect(await sweeping(true).allowsAny([read('DescribeInstances')])).toBe(false);
  });

  test('acts in its Regions only', async () => {
    const restoring = restore.inSession(restoreSessionPolicy(configuration, REGION));
    for (const role of [sweeping(true), restoring]) {
      expect(await isAllowed(role, read('DescribeSecurityGroupRules'))).toBe(true);
      expect(await isAllowed(role, read('DescribeSecurityGroupRules', 'us-east-1'))).toBe(false);
    }
  });
});

describe('the policy of a session loses nothing of what its role grants', () => {
  const FLAGGED: ReadonlyArray<NetworkHygieneMemberProps['flaggedIngressRules']> = [
    undefined, [FlaggedIngressRule.fromInternet(Port.SSH)], [REPLACED, FlaggedIngressRule.inDefaultGroups()],
  ];
  const CHOICES: { readonly [K in keyof NetworkHygieneMemberProps]?: ReadonlyArray<NetworkHygieneMemberProps[K]> } = {
    staleRules: [StaleRules.ignore(), StaleRules.report(), StaleRules.revoke()],
    flaggedIngressRules: FLAGGED,
    vpnConnections: [VpnConnections.all(), VpnConnections.none()],
    unusedSecurityGroups: [UnusedSecurityGroups.ignore(), UnusedSecurityGroups.report()],
    securityHub: [undefined, true],
    allowRestore: [undefined, false],
    dryRun: [false, true],
    forwardChangesTo: [undefined, BUS],
  };
  const combinations = Object.entries(CHOICES).reduce<NetworkHygieneMemberProps[]>(
    (all, [key, values]) => all.flatMap(each => values.map(value => ({ ...each, [key]: value }))), [REQUIRED],
  ).filter(({ staleRules, flaggedIngressRules, vpnConnections, unusedSecurityGroups, forwardChangesTo }) => {
    const looksAtRules = staleRules?._action !== 'ignore' || flaggedIngressRules !== undefined;
    const looks = vpnConnections?._configuration.kind === 'all' || unusedSecurityGroups?._configuration !== 'ignore';
    return looksAtRules || (looks && forwardChangesTo === undefined);
  });

  const admits = (policy: string, action: string): boolean => {
    const [{ Action }] = (JSON.parse(policy) as { Statement: Array<{ Action: string[] }> }).Statement;
    return Action.some(pattern => new RegExp(`^${pattern.replaceAll('*', '.*')}$`).test(action));
  };

  test.each([true, false])('where rules may be revoked: %p', mayRevoke => {
    expect(combinations.length).toBeGreaterThan(250);
    const stack = aStack();
    const granted = new Set<string>();
    for (const props of combinations) {
      const options = memberOf('Member', props);
      const configuration = decodeConfiguration(JSON.stringify(options.configuration));
      const policies = {
        Sweep: sessionPolicy(configuration, { regions: [REGION], mayRevoke }),
        Restore: restoreSessionPolicy(configuration, REGION),
      };
      for (const { id, policies: own } of memberRoles(stack, 'Member', options)) {
        const statements = own.filter(({ isForRevoking }) => mayRevoke || !isForRevoking)
          .flatMap(each => each.statements.map(statement => stack.resolve(statement.toStatementJson()) as Statement));
        const actions = statements.filter(({ Effect }) => Effect === 'Allow').flatMap(({ Action }) => Action);
        for (const action of actions) granted.add(action);
        expect(actions.filter(action => !admits(policies[id], action))).toEqual([]);
      }
    }
    expect(granted.size).toBeGreaterThan(100);
    expect(granted.has('ec2:RevokeSecurityGroupIngress')).toBe(mayRevoke);
  });
});

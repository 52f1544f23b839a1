/** Compares the tables of the pages with what is synthesized and with the code. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Stack } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import * as ec2 from 'aws-cdk-lib/aws-ec2';
import { Key } from 'aws-cdk-lib/aws-kms';
import { Tracing } from 'aws-cdk-lib/aws-lambda';
import { Topic } from 'aws-cdk-lib/aws-sns';
import { Queue } from 'aws-cdk-lib/aws-sqs';
import { OUTCOMES } from '../../lambda/core/act/outcomes';
import { KEEP_REASONS } from '../../lambda/core/decide/reasons';
import {
  ChangeTrigger, FlaggedAction, FlaggedIngressRule, HygieneAccounts, NetworkHygiene, NetworkHygieneMember,
  NetworkHygieneMemberProps, NetworkHygieneOperations, NetworkHygieneOrganization, NetworkHygieneOrganizationProps,
  RuleMatch, StaleRules, UnusedSecurityGroups, VpnConnections,
} from '../../src';
import { EventType, Metric } from '../../src/contract/names';
import { OrganizationMetric } from '../../src/contract/organization';
import { readIpPermissions } from '../../src/validation/ip-permissions';
import {
  BAD_RULES, CASE_COUNT, CLOCKS, CORRUPTED_CONTROLS, CORRUPTED_ITEMS, FAULTY_RESTORES, FAULTY_SWEEPS, HARDSHIPS,
  HELD_BACK, INTERRUPTED_SWEEPS, KILLED_DEPLOYMENTS, KILLED_RESTORES, KILLED_RUNS_OF_GROUPS, KILLED_SWEEPS,
  LEDGER_FAILURES, OVERLAPS, REFUSALS, REFUSED_RECORDS, STRUCK_CONTROLS,
} from '../faults/cases';
import { REPLACING_CASE_COUNT, REPLACING_CASES } from '../faults/replacing-cases';
import { withChangeTrigger } from '../support/change-trigger';
import { EVENT_SCHEMAS } from '../support/event-schemas';
import { everyLogLine } from '../support/log-lines';
import { code, page, PAGES, ROOT } from '../support/pages';
import { propertiesOf } from '../support/properties';
import { aStack, SynthesizedStack } from '../support/synthesized-stack';

/** Returns the names in the first column of a table, sorted. */
const firstColumn = (rows: readonly string[][]): string[] => rows.flatMap(([first]) => code(first)).sort();

type OrganizationProps = Partial<NetworkHygieneOrganizationProps>;

const anOrganization = (stack: Stack, props: OrganizationProps = {}): NetworkHygieneOrganization =>
  new NetworkHygieneOrganization(
    stack, 'Organization', { organizationId: 'o-a1b2c3d4e5', accounts: HygieneAccounts.all(), ...props },
  );

describe('the table of permissions', () => {
  const rows = page('docs/permissions.md').table('What the function may do')
    .map(([action, resource, condition, granted]) => ({ action: code(action)[0], resource, condition, granted }));
  const group = (stack: ConstructorParameters<typeof NetworkHygiene>[0]): ec2.ISecurityGroup =>
    ec2.SecurityGroup.fromSecurityGroupId(stack, 'Group', 'sg-0123456789abcdef0');

  test('names every action that is ever granted, and no other', () => {
    const everything = SynthesizedStack.with(stack => ({
      staleRules: StaleRules.revoke(),
      flaggedIngressRules: [FlaggedIngressRule.fromInternet(ec2.Port.SSH), FlaggedIngressRule.inDefaultGroups()],
      vpnConnections: VpnConnections.all(),
      changeTrigger: ChangeTrigger.cloudTrail(),
      securityHub: true,
      notifications: Topic.fromTopicArn(stack, 'People', 'arn:aws:sns:eu-central-1:111122223333:people'),
    }));
    expect([...new Set(rows.map(({ action }) => action))].sort()).toEqual([...everything.allowedActions].sort());
  });

  test.each([
    ['StaleRules.ignore()', { staleRules: StaleRules.ignore() }, ['ec2:DescribeStaleSecurityGroups']],
    ['VpnConnections.none()', { vpnConnections: VpnConnections.none() }, ['ec2:DescribeVpnConnections']],
  ])('is right about what is granted unless %s', (name, props, actions) => {
    const granted = SynthesizedStack.with(props).allowedActions;
    for (const action of actions) {
      expect(rows.find(row => row.action === action)?.granted).toContain(name);
      expect(granted).not.toContain(action);
    }
  });

  test('is right about what is granted when stale rules are looked for or ingress is flagged', () => {
    const actions = rows
      .filter(({ granted }) => granted === 'when stale rules are looked for or any ingress is flagged')
      .map(({ action }) => action);
    expect(actions.length).toBeGreaterThan(0);
    const vpnOnly = SynthesizedStack.with({ staleRules: StaleRules.ignore() }).allowedActions;
    const flaggedIngressRules = [FlaggedIngressRule.fromInternet(ec2.Port.SSH)];
    const flaggedOnly = SynthesizedStack.with({ staleRules: StaleRules.ignore(), flaggedIngressRules }).allowedActions;
    for (const action of actions) {
      expect(vpnOnly).not.toContain(action);
      expect(flaggedOnly).toContain(action);
    }
  });

  test('is right about where revoking is confined to', () => {
    const revoking = rows.filter(({ action }) => action === 'ec2:RevokeSecurityGroupIngress');
    expect(revoking.map(({ resource, condition }) => [resource, condition.split(' ')[0]])).toEqual([
      ['the declared groups', ''],
      ['any group of the account and Region', '`aws:ResourceTag/<key>`'],
      ['any group of the account and Region', '`ec2:Vpc`'],
    ]);
    const stack = aStack();
    const named = new SynthesizedStack(stack, new NetworkHygiene(stack, 'Hygiene', {
      flaggedIngressRules: [FlaggedIngressRule.onGroup(group(stack), ec2.Peer.anyIpv4(), ec2.Port.SSH)],
    }));
    const allowed = named.about('ec2:RevokeSecurityGroupIngress').filter(({ Effect }) => Effect === 'Allow');
    expect(JSON.stringify(allowed)).toContain('security-group/sg-0123456789abcdef0');
    expect(JSON.stringify(allowed)).not.toContain('security-group/*');
  });
});

describe('the tables of permissions of an organization', () => {
  const mostRules = {
    staleRules: StaleRules.revoke(),
    flaggedIngressRules: [
      FlaggedIngressRule.fromInternet(ec2.Port.SSH),
      FlaggedIngressRule.inGroupsTagged('Exposure', ['private'], ec2.Peer.anyIpv4(), ec2.Port.SSH, {
        replaceWith: [ec2.Peer.ipv4('10.0.0.0/8')],
      }),
      FlaggedIngressRule.inDefaultGroups(),
    ],
  };

  interface Policy {
    readonly PolicyDocument: { readonly Statement: ReadonlyArray<{ Effect: string; Action: string | string[] }> };
    readonly Roles: object[];
  }

  /** Returns the actions that the policies of a role allow. @param role a part of its logical id */
  function allowedTo(role: RegExp, template: Template): string[] {
    const policies = ['AWS::IAM::Policy', 'AWS::IAM::ManagedPolicy']
      .flatMap(type => Object.values(template.findResources(type)).map(({ Properties }) => Properties as Policy));
    const actions = policies.filter(({ Roles }) => role.test(JSON.stringify(Roles)))
      .flatMap(({ PolicyDocument }) => PolicyDocument.Statement)
      .filter(({ Effect }) => Effect === 'Allow').flatMap(({ Action }) => Action);
    return [...new Set(actions)].sort();
  }

  function documentedFor(role: string, heading: string): string[] {
    const rows = page('docs/permissions.md').table(heading).filter(([name]) => name.split(' (')[0] === role);
    return [...new Set(rows.flatMap(([, actions]) => code(actions)))].sort();
  }

  test.each([
    ['sweeps', /hubRole/], ['restores', /RestoreRole/], ['state machine', /RunRole/], ['schedule', /ScheduleRole/],
  ])('name every action of the role of the hub (%s), and no other', (role, logicalId) => {
    const stack = aStack();
    anOrganization(stack, {
      ...mostRules, accounts: HygieneAccounts.organizationalUnits(['r-a1b2']), revokeIn: HygieneAccounts.all(),
      notifications: Topic.fromTopicArn(stack, 'People', 'arn:aws:sns:eu-central-1:111122223333:people'),
      changeTrigger: ChangeTrigger.cloudTrail(),
    });
    const allowed = allowedTo(logicalId, Template.fromStack(stack));
    expect(allowed.length).toBeGreaterThan(0);
    expect(documentedFor(role, 'The hub of an organization')).toEqual(allowed);
  });

  const memberWith = (props: Partial<NetworkHygieneMemberProps> = {}): Template => {
    const stack = aStack();
    new NetworkHygieneMember(stack, 'Member', {
      hubAccount: '111122223333', organizationId: 'o-a1b2c3d4e5', ...mostRules, ...props,
    });
    return Template.fromStack(stack);
  };
  const forwardChangesTo = 'arn:aws:events:eu-central-1:111122223333:event-bus/hygiene';

  test.each([
    ['sweeps', /SweepRole/], ['restores', /RestoreRole/], ['forwards changes', /ChangeRuleRole/],
  ])('name every action of the role of a member (%s), and no other', (role, logicalId) => {
    const allowed = allowedTo(logicalId, memberWith({ mayRevoke: true, forwardChangesTo, securityHub: true }));
    expect(allowed.length).toBeGreaterThan(0);
    expect(documentedFor(role, 'A member of an organization')).toEqual(allowed);
  });

  test('are right about what a member is granted with mayRevoke', () => {
    const rows = page('docs/permissions.md').table('A member of an organization')
      .filter(([role, , granted]) => role.startsWith('sweeps') && granted.includes('`mayRevoke`'));
    const changes = rows.flatMap(([, actions]) => code(actions));
    expect(changes).toContain('ec2:RevokeSecurityGroupIngress');
    const reading = allowedTo(/SweepRole/, memberWith());
    expect(reading.filter(action => changes.includes(action) || !/:(Describe|Get)/.test(action))).toEqual([]);
    expect(allowedTo(/RestoreRole/, memberWith())).not.toContain('ec2:RevokeSecurityGroupIngress');
  });
});

test.each<[heading: string, metrics: readonly string[]]>([
  ['Metrics', Object.values(Metric)], ['Metrics of an organization', Object.values(OrganizationMetric)],
])('the table below "%s" names every metric, and no other', (heading, metrics) => {
  expect(firstColumn(page('docs/metrics.md').table(heading))).toEqual([...metrics].sort());
});

test('the tables of metrics are right about their methods', () => {
  for (const name of Object.values(Metric)) expect(NetworkHygiene.prototype).toHaveProperty(`metric${name}`);
  for (const name of Object.values({ ...Metric, ...OrganizationMetric })) {
    expect(NetworkHygieneOrganization.prototype).toHaveProperty(`metric${name}`);
  }
});

/** Returns the members of a union of texts in the handler's source. */
function union(file: string, name: string): string[] {
  const source = readFileSync(join(ROOT, 'lambda', file), 'utf8');
  const start = source.search(new RegExp(`export type ${name} =\\s`));
  return [...source.slice(start, source.indexOf(';', start)).matchAll(/'([A-Z_]+)'/g)]
    .map(([, member]) => member)
    .sort();
}

test.each<[what: string, path: string, heading: string, expected: string[]]>([
  ['reason to keep a rule', 'safety.md', 'Why a rule is kept', Object.keys(KEEP_REASONS)],
  ['outcome of a revocation', 'safety.md', 'Outcomes of a revocation', Object.keys(OUTCOMES)],
  ['answer of a restore', 'safety.md', 'To put a rule back', union('core/act/restore-report.ts', 'RestoreOutcome')],
  ['answer of an approval', 'safety.md', 'Approval', union('core/act/approve.ts', 'ApproveOutcome')],
  ['answer of a retry', 'flagging.md', 'Rules that come back', union('core/act/retry.ts', 'RetryOutcome')],
  ['state of an entry', 'ledger.md', 'States', union('core/model/ledger.ts', 'LedgerState')],
  ['status of a VPN connection', 'vpn.md', 'Statuses', union('core/model/finding.ts', 'VpnStatus')],
])('every %s is explained', (_, path, heading, expected) => {
  expect(expected.length).toBeGreaterThan(3);
  expect(firstColumn(page(`docs/${path}`).table(heading))).toEqual([...expected].sort());
});

test('the permissions that functionOptions adds are those of their table', () => {
  const { allowedActions: without } = SynthesizedStack.with();
  const { allowedActions } = SynthesizedStack.with(stack => ({
    functionOptions: {
      vpc: new ec2.Vpc(stack, 'Vpc', { restrictDefaultSecurityGroup: false }),
      tracing: Tracing.ACTIVE,
      deadLetterQueue: new Queue(stack, 'Failed'),
      environmentEncryption: new Key(stack, 'Key'),
    },
  }));
  const documented = page('docs/permissions.md').table('With functionOptions').flatMap(([, actions]) => code(actions));
  expect(documented.sort()).toEqual(allowedActions.filter(action => !without.includes(action)));
});

test('the table of functionOptions has every option, with its default', () => {
  const options = propertiesOf('network-hygiene-function-options');
  const rows = page('docs/function.md').table('The function');
  expect(rows.map(([name]) => code(name)[0])).toEqual(options.map(({ name }) => name));
  for (const { name, byDefault } of options.filter(each => !each.byDefault.startsWith('-'))) {
    expect(rows.find(([first]) => code(first)[0] === name)?.[1]).toBe(`\`${byDefault}\``);
  }
});

test('the table of the options of a change trigger has every option', () => {
  const rows = page('docs/function.md').table('The function that changes trigger');
  expect(rows.map(([name]) => code(name)[0])).toEqual(propertiesOf('change-trigger-options').map(({ name }) => name));
});

describe('each choice has a row for each way to make it', () => {
  // At run time a private method looks like any other.
  const own = new Set(['length', 'name', 'prototype', ...inSource(/private static (\w+)/g)]);
  const factories = (choice: object): string[] =>
    Object.getOwnPropertyNames(choice).filter(name => !own.has(name)).sort();

  test.each<[name: string, choice: object, path: string, heading: string]>([
    ['FlaggedIngressRule', FlaggedIngressRule, 'docs/flagging.md', 'Ways to declare'],
    ['StaleRules', StaleRules, 'docs/matching.md', 'Stale rules'],
    ['VpnConnections', VpnConnections, 'docs/vpn.md', 'VPN connections'],
  ])('%s', (name, choice, path, heading) => {
    const rows = firstColumn(page(path).table(heading)).map(text => /^(\w+)\.(\w+)\(/.exec(text)?.slice(1));
    expect(rows).toEqual(factories(choice).map(factory => [name, factory]));
  });

  test('FlaggedAction', () => {
    const rows = firstColumn(page('docs/flagging.md').table('What happens to a flagged rule'));
    expect(rows.map(text => text.replace(/\(.*$/, ''))).toEqual(
      factories(FlaggedAction).map(name => `FlaggedAction.${name}`),
    );
  });

  test('RuleMatch', () => {
    const rows = page('docs/matching.md').table('EXACT, WITHIN, COVERS and OVERLAPS').map(([match]) => code(match)[0]);
    expect(rows.sort()).toEqual(
      Object.keys(RuleMatch).map(name => `RuleMatch.${name}`).sort(),
    );
  });
});

test('the table of alarms has every alarm, with its metric', () => {
  const stack = aStack();
  withChangeTrigger(stack, 'Hygiene', {
    staleRules: StaleRules.revoke(), unusedSecurityGroups: UnusedSecurityGroups.report(),
  }).addAlarms();
  const own = { enabled: false };
  anOrganization(stack, { staleRules: StaleRules.ignore(), vpnConnections: VpnConnections.all() }).addAlarms({
    vpnConnectionsDown: own, vpnConnectionsDegraded: own, vpnConnectionsWithoutRoutes: own, sweepMissing: own,
    scanErrors: own, deliveriesFailed: own,
  });
  const synthesized = Object.values(Template.fromStack(stack).findResources('AWS::CloudWatch::Alarm'))
    .map(({ Properties: { AlarmName: name, MetricName: metric } }) => [String(name).split('/').pop(), metric]);
  const documented = page('docs/alarms.md').table('Alarms').map(([alarm, metric]) => {
    const [name] = code(alarm);
    return [`${name[0].toUpperCase()}${name.slice(1)}`, code(metric)[0]];
  });
  expect(documented.sort()).toEqual(synthesized.sort());
});

const queriesOf = (hygiene: NetworkHygieneOperations): string[] =>
  hygiene.addQueryDefinitions().map(({ node }) => node.id);

test('the tables of saved queries have every query', () => {
  const queries = (column: string): string[] =>
    page('docs/logs.md').table('Saved queries', column).map(([name]) => name.replace(/^\*(.+)\*$/, '$1'));
  expect(queries('query')).toEqual(queriesOf(new NetworkHygiene(aStack(), 'Hygiene')));
  expect([...queries('query'), ...queries('query of an organization')]).toEqual(queriesOf(anOrganization(aStack())));
});

test('every query that a page names is one', () => {
  const names = queriesOf(anOrganization(aStack()));
  const text = PAGES.map(each => each.text).join('\n').replace(/\s+/g, ' ');
  const named = [...text.matchAll(/(?<![*\w])\*([A-Z][^*]+)\*(?!\*)/g)].map(([, name]) => name);
  expect(named.length).toBeGreaterThan(20);
  expect(named.filter(name => !names.includes(name))).toEqual([]);
});

test('the table of events names every detail type, with its method and its schema', () => {
  const rows = page('docs/events.md').table('Events').map(([type, , method, schema]) => [
    code(type)[0],
    code(method)[0],
    /\(([^)]+)\)/.exec(schema)?.[1] ?? '',
  ]);
  expect(rows.map(([type]) => type).sort()).toEqual(Object.values(EventType).sort());
  for (const [type, method, file] of rows) {
    expect(method).toBe(`on${type.replace('VPN', 'Vpn').replaceAll(' ', '')}`);
    expect(NetworkHygieneOrganization.prototype).toHaveProperty(method);
    expect(method in NetworkHygiene.prototype).toBe(!type.startsWith('Coverage '));
    expect(readFileSync(join(ROOT, 'docs', file), 'utf8')).toContain(`"const": "${type}"`);
    expect(EVENT_SCHEMAS.has(type)).toBe(true);
  }
});

test('the table of log lines has every event, with every field that its lines have', async () => {
  const fields = new Map<string, Set<string>>();
  // The line about the end of a run has its totals, too, under the names of the metrics.
  const isTotal = (name: string): boolean => Object.values<string>(Metric).includes(name);
  for (const { fields: { event, sweepId: _, ...own } } of await everyLogLine()) {
    const known = fields.get(String(event)) ?? new Set();
    fields.set(String(event), known);
    const given = Object.entries(own).filter(([name, value]) => value !== undefined && !isTotal(name));
    given.forEach(([name]) => known.add(name));
  }
  const documented = page('docs/logs.md').table('Logs').map(([event, , names]) => [code(event)[0], code(names).sort()]);
  expect(Object.fromEntries(documented)).toEqual(
    Object.fromEntries([...fields].map(([event, names]) => [event, [...names].sort()])),
  );
});

test('the fault suite has as many cases as its page says', () => {
  const testing = page('docs/testing.md');
  expect(testing.text).toContain(`has ${CASE_COUNT + REPLACING_CASE_COUNT} cases`);
  const parts = [
    KILLED_SWEEPS, KILLED_RESTORES, KILLED_RUNS_OF_GROUPS, KILLED_DEPLOYMENTS, INTERRUPTED_SWEEPS, FAULTY_SWEEPS,
    FAULTY_RESTORES, REFUSALS, BAD_RULES, HARDSHIPS, CORRUPTED_ITEMS, REFUSED_RECORDS, LEDGER_FAILURES, CLOCKS,
    OVERLAPS, STRUCK_CONTROLS, CORRUPTED_CONTROLS, HELD_BACK, ...REPLACING_CASES,
  ];
  expect(testing.table('The fault suite').map(([, count]) => Number(count))).toEqual(parts.map(({ length }) => length));
});

test('the cost of metrics is that of as many aggregates as there are', () => {
  const aggregates = Object.keys(Metric).length;
  const { text } = page('docs/performance.md');
  expect(text.replace(/\s+/g, ' ')).toContain(`There are up to ${aggregates} aggregates,`);
  expect(text).toContain(`\`resourceMetrics: false\` it is at most ${(aggregates * 0.3).toFixed(2)} USD.`);
  expect(page('README.md').text).toContain(`up to ${aggregates}, and more while something is wrong`);
});

describe('what puts a rule back without the function', () => {
  const rule = {
    'ipProtocol': 'tcp',
    'fromPort': 22,
    'toPort': 23,
    'description': 'from the office, 2nd floor',
    'cidrIpv4': '203.0.113.0/24',
    'cidrIpv6': '2001:db8::/32',
    'prefixListId': 'pl-1',
    'referencedGroup.groupId': 'sg-2',
    'referencedGroup.userId': '111122223333',
  };
  const rest = { Description: rule.description };

  test.each([
    ['cidrIpv4', { IpRanges: [{ CidrIp: rule.cidrIpv4, ...rest }] }],
    ['cidrIpv6', { Ipv6Ranges: [{ CidrIpv6: rule.cidrIpv6, ...rest }] }],
    ['prefixListId', { PrefixListIds: [{ PrefixListId: rule.prefixListId, ...rest }] }],
    ['referencedGroup', { UserIdGroupPairs: [{ GroupId: 'sg-2', UserId: '111122223333', ...rest }] }],
  ])('is, for a rule with a %s, what the AWS CLI reads as the whole rule', (source, permission) => {
    const row = page('docs/safety.md').table('Without the function').find(([first]) => code(first)[0] === source);
    const text = /`'(.*)'`/
      .exec(row?.[1] ?? '')?.[1]
      .replace(/<([\w.]+)>/g, (_, name: string) => String(Reflect.get(rule, name)));
    expect(readIpPermissions(text)).toEqual([{ IpProtocol: 'tcp', FromPort: 22, ToPort: 23, ...permission }]);
  });
});

/** Returns the first group of each match in the source of the constructs. */
function inSource(pattern: RegExp): string[] {
  const source = readdirSync(join(ROOT, 'src'), { recursive: true, encoding: 'utf8' })
    .filter(file => file.endsWith('.ts')).map(file => readFileSync(join(ROOT, 'src', file), 'utf8')).join();
  return [...source.matchAll(pattern)].map(([, group]) => group);
}

test('the table of warnings has every warning of the constructs, and no other', () => {
  const ids = inSource(/'(cdk-network-hygiene:\w+)'/g);
  expect(ids.length).toBeGreaterThan(4);
  expect(page('docs/warnings.md').table('Warnings at synthesis').map(([id]) => code(id)[0]).sort())
    .toEqual([...new Set(ids)].sort());
});

/** The README tells the truth: its tables are compared with what is synthesized and with the code. */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import * as ec2 from 'aws-cdk-lib/aws-ec2';
import { Topic } from 'aws-cdk-lib/aws-sns';
import { FlaggedIngressRule, NetworkHygiene, StaleRules, VpnConnections } from '../src';
import {
  BAD_RULES, CASE_COUNT, CLOCKS, CORRUPTED_CONTROLS, CORRUPTED_ITEMS, FAULTY_RESTORES, FAULTY_SWEEPS, HARDSHIPS,
  HELD_BACK, INTERRUPTED_SWEEPS, KILLED_DEPLOYMENTS, KILLED_RESTORES, KILLED_RUNS_OF_GROUPS, KILLED_SWEEPS,
  LEDGER_FAILURES, OVERLAPS, REFUSALS, REFUSED_RECORDS, STRUCK_CONTROLS,
} from './faults/cases';
import { EVENT_SCHEMAS } from './support/event-schemas';
import { everyLogLine } from './support/log-lines';
import { aStack, SynthesizedStack } from './support/synthesized-stack';
import { OUTCOMES } from '../lambda/core/act/outcomes';
import { KEEP_REASONS } from '../lambda/core/decide/reasons';
import { EventType, Metric } from '../src/contract/names';
import { readIpPermissions } from '../src/validation/ip-permissions';

const readme = readFileSync(join(__dirname, '..', 'README.md'), 'utf8');

/** The rows of the table under a heading, as lists of cells. */
function table(heading: string): string[][] {
  const lines = readme.slice(readme.indexOf(`\n## ${heading}\n`) + 1).split('\n');
  const start = lines.findIndex(line => line.startsWith('| ---'));
  const rows = lines.slice(start + 1);
  return rows
    .slice(
      0,
      rows.findIndex(line => !line.startsWith('|')),
    )
    .map(row =>
      row
        .split('|')
        .slice(1, -1)
        .map(cell => cell.trim()),
    );
}

const code = (text: string): string[] => [...text.matchAll(/`([^`]+)`/g)].map(([, name]) => name);

describe('the table of permissions', () => {
  const rows = table('What it deploys').map(([action, resource, condition, granted]) => ({
    action: code(action)[0],
    resource,
    condition,
    granted,
  }));
  const group = (stack: ConstructorParameters<typeof NetworkHygiene>[0]): ec2.ISecurityGroup =>
    ec2.SecurityGroup.fromSecurityGroupId(stack, 'Group', 'sg-0123456789abcdef0');

  test('names every action that is ever granted, and no other', () => {
    const everything = SynthesizedStack.with(stack => ({
      staleRules: StaleRules.revoke(),
      flaggedIngressRules: [FlaggedIngressRule.inAnyGroup(ec2.Peer.anyIpv4(), ec2.Port.SSH)],
      vpnConnections: VpnConnections.all(),
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
    const [toGroups, toVpcs] = rows.filter(({ action }) => action === 'ec2:RevokeSecurityGroupIngress');
    expect([toGroups.resource, toVpcs.resource]).toEqual([
      'the declared groups',
      'any group of the account and Region',
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

test('the table of metrics names every metric, and no other', () => {
  expect(table('Metrics').flatMap(([name]) => code(name)).sort()).toEqual(Object.values(Metric).sort());
});

test('the table of metrics is right about their methods', () => {
  for (const name of Object.values(Metric)) expect(NetworkHygiene.prototype).toHaveProperty(`metric${name}`);
});

test('the reasons to keep a rule are all explained', () => {
  expect(firstColumn('Why a rule is kept', '`keepReason` in the log')).toEqual(Object.keys(KEEP_REASONS).sort());
});

/** The members of a union of texts in the handler's source. */
function union(file: string, name: string): string[] {
  const source = readFileSync(join(__dirname, '..', 'lambda', file), 'utf8');
  const start = source.search(new RegExp(`export type ${name} =\\s`));
  return [...source.slice(start, source.indexOf(';', start)).matchAll(/'([A-Z_]+)'/g)]
    .map(([, member]) => member)
    .sort();
}

/** The names in the first column of the table that begins with a column, under a heading of the third level. */
function firstColumn(heading: string, column: string): string[] {
  const section = readme.slice(readme.indexOf(`\n### ${heading}\n`));
  const lines = section.slice(section.indexOf(`| ${column} |`)).split('\n').slice(2);
  return lines
    .slice(
      0,
      lines.findIndex(line => !line.startsWith('|')),
    )
    .flatMap(line => code(line.split('|')[1]))
    .sort();
}

test('the outcomes of a revocation, and the states of an entry, are all explained', () => {
  expect(firstColumn('Why a rule is kept', '`outcome`')).toEqual(Object.keys(OUTCOMES).sort());
  expect(firstColumn('The ledger', '`state`')).toEqual(union('core/model/ledger.ts', 'LedgerState'));
});

test('the table of events names every detail type, with its method and its schema', () => {
  const rows = table('Events').map(([type, , method, schema]) => [
    code(type)[0],
    code(method)[0],
    /\(([^)]+)\)/.exec(schema)?.[1] ?? '',
  ]);
  expect(rows.map(([type]) => type).sort()).toEqual(Object.values(EventType).sort());
  for (const [type, method, file] of rows) {
    expect(method).toBe(`on${type.replace('VPN', 'Vpn').replaceAll(' ', '')}`);
    expect(NetworkHygiene.prototype).toHaveProperty(method);
    expect(readFileSync(join(__dirname, '..', file), 'utf8')).toContain(`"const": "${type}"`);
    expect(EVENT_SCHEMAS.has(type)).toBe(true);
  }
});

test('the table of log lines has every event, with every field that its lines have', async () => {
  const fields = new Map<string, Set<string>>();
  for (const { fields: { event, sweepId: _, ...own } } of await everyLogLine()) {
    const known = fields.get(String(event)) ?? new Set();
    fields.set(String(event), known);
    Object.entries(own).filter(([, value]) => value !== undefined).forEach(([name]) => known.add(name));
  }
  const documented = table('Logs').map(([event, , names]) => [code(event)[0], code(names).sort()]);
  expect(Object.fromEntries(documented)).toEqual(
    Object.fromEntries([...fields].map(([event, names]) => [event, [...names].sort()])),
  );
});

test('the fault suite has as many cases as the README says', () => {
  const section = readme.slice(readme.indexOf('\n## How it is tested\n'), readme.indexOf('\n## Performance\n'));
  expect(section).toContain(`has ${CASE_COUNT} cases`);
  const parts = [
    KILLED_SWEEPS, KILLED_RESTORES, KILLED_RUNS_OF_GROUPS, KILLED_DEPLOYMENTS, INTERRUPTED_SWEEPS, FAULTY_SWEEPS,
    FAULTY_RESTORES, REFUSALS, BAD_RULES, HARDSHIPS, CORRUPTED_ITEMS, REFUSED_RECORDS, LEDGER_FAILURES, CLOCKS,
    OVERLAPS,
    STRUCK_CONTROLS, CORRUPTED_CONTROLS, HELD_BACK,
  ];
  expect([...section.matchAll(/\((\d+)\)/g)].map(([, count]) => Number(count))).toEqual(
    parts.map(({ length }) => length),
  );
});

test('every command of the table of what is tested exists', () => {
  const { scripts } = JSON.parse(readFileSync(join(__dirname, '..', 'package.json'), 'utf8')) as {
    scripts: Record<string, string>;
  };
  const commands = table('How it is tested').map(cells => code(cells[2])[0]);
  for (const command of commands) {
    const [, script, path] = /^npm run (\S+)$|^npx jest (\S+)$/.exec(command) ?? [];
    expect(
      script === undefined
        ? existsSync(join(__dirname, '..', path.replace(/\*.*$|packaging$/, '')))
        : script in scripts,
    ).toBe(true);
  }
  expect(commands.length).toBeGreaterThan(5);
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
    const line = readme.split('\n').find(each => each.startsWith(`| \`${source}\` |`)) ?? '';
    const text = /`'(.*)'`/
      .exec(line)?.[1]
      .replace(/<([\w.]+)>/g, (_, name: string) => String(Reflect.get(rule, name)));
    expect(readIpPermissions(text)).toEqual([{ IpProtocol: 'tcp', FromPort: 22, ToPort: 23, ...permission }]);
  });
});

test('the two commands stand at the top', () => {
  const top = readme.slice(0, readme.indexOf('\n## '));
  expect(top).toContain('npm ci && npm run demo');
  expect(top).toContain('npm ci && npm test');
});

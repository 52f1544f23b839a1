/** The README tells the truth: its tables are compared with what is synthesized and with the code. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import * as ec2 from 'aws-cdk-lib/aws-ec2';
import { FlaggedIngressRule, NetworkHygiene, StaleRules, VpnConnections } from '../src';
import { aStack, SynthesizedStack } from './support/synthesized-stack';
import { Metric } from '../src/private/contract';

const readme = readFileSync(join(__dirname, '..', 'README.md'), 'utf8');

/** The rows of the table under a heading, as lists of cells. */
function table(heading: string): string[][] {
  const lines = readme.slice(readme.indexOf(`\n## ${heading}\n`) + 1).split('\n');
  const start = lines.findIndex(line => line.startsWith('| ---'));
  const rows = lines.slice(start + 1);
  return rows.slice(0, rows.findIndex(line => !line.startsWith('|'))).map(row => row.split('|').slice(1, -1).map(cell => cell.trim()));
}

const code = (text: string): string[] => [...text.matchAll(/`([^`]+)`/g)].map(([, name]) => name);

describe('the table of permissions', () => {
  const rows = table('What it deploys').map(([action, resource, condition, granted]) => ({ action: code(action)[0], resource, condition, granted }));
  const group = (stack: ConstructorParameters<typeof NetworkHygiene>[0]): ec2.ISecurityGroup => ec2.SecurityGroup.fromSecurityGroupId(stack, 'Group', 'sg-0123456789abcdef0');

  test('names every action that is ever granted, and no other', () => {
    const everything = SynthesizedStack.with({
      staleRules: StaleRules.revoke(),
      flaggedIngressRules: [FlaggedIngressRule.inAnyGroup(ec2.Peer.anyIpv4(), ec2.Port.SSH)],
      vpnConnections: VpnConnections.all(),
    });
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
    const actions = rows.filter(({ granted }) => granted === 'when stale rules are looked for or any ingress is flagged').map(({ action }) => action);
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
    expect([toGroups.resource, toVpcs.resource]).toEqual(['the declared groups', 'any group of the account and Region']);
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
  const source = readFileSync(join(__dirname, '..', 'lambda', 'revocation', 'plan.ts'), 'utf8');
  const type = source.slice(source.indexOf('export type KeepReason'), source.indexOf('/** A rule that something was found of'));
  const reasons = [...type.matchAll(/'([A-Z_]+)'/g)].map(([, reason]) => reason);
  const explained = readme.slice(readme.indexOf('### Why a rule is kept'), readme.indexOf('### To put a rule back'));
  expect(code(explained.slice(explained.indexOf('| ---'))).filter(name => /^[A-Z_]+$/.test(name) && reasons.includes(name)).sort()).toEqual(reasons.sort());
});

test('the two commands stand at the top', () => {
  const top = readme.slice(0, readme.indexOf('\n## '));
  expect(top).toContain('npm ci && npm run demo');
  expect(top).toContain('npm ci && npm test');
});

/** Compares docs/compliance.md with what the packs of cdk-nag report. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { App } from 'aws-cdk-lib';
import { BackupPlan, BackupResource } from 'aws-cdk-lib/aws-backup';
import { SnsAction } from 'aws-cdk-lib/aws-cloudwatch-actions';
import { Vpc } from 'aws-cdk-lib/aws-ec2';
import { Key } from 'aws-cdk-lib/aws-kms';
import { Topic } from 'aws-cdk-lib/aws-sns';
import { Queue } from 'aws-cdk-lib/aws-sqs';
import * as cdkNag from 'cdk-nag';
import { ChangeTrigger, NetworkHygiene, NetworkHygieneDashboard } from '../../src';
import { VERSIONS } from '../nag/versions';
import { appOf, Finding, PACKS, said, Said } from '../support/nag';
import { code, page, ROOT } from '../support/pages';
import { aStack } from '../support/synthesized-stack';

const compliance = page('docs/compliance.md');

/** The settings, by the names that the page gives them. */
const SETTINGS = [
  'functionOptions.vpc', 'functionOptions.reservedConcurrentExecutions', 'functionOptions.deadLetterQueue',
  'encryptionKey', 'action', 'masterKey',
] as const;

/** Returns what all packs report of a construct with alarms, a dashboard and these settings. */
function saidOf(settings: readonly string[], withBackup = false): Said {
  const stack = aStack();
  const set = <T>(name: (typeof SETTINGS)[number], value: () => T): T | undefined =>
    settings.includes(name) ? value() : undefined;
  const key = new Key(stack, 'Key', { enableKeyRotation: true });
  const notifications = new Topic(stack, 'Topic', { enforceSSL: true, masterKey: set('masterKey', () => key) });
  const hygiene = new NetworkHygiene(stack, 'NetworkHygiene', {
    notifications,
    changeTrigger: ChangeTrigger.cloudTrail(),
    encryptionKey: set('encryptionKey', () => key),
    functionOptions: {
      vpc: set('functionOptions.vpc', () => Vpc.fromVpcAttributes(stack, 'Vpc', {
        vpcId: 'vpc-0123456789abcdef0', availabilityZones: ['a'], privateSubnetIds: ['subnet-0123456789abcdef0'],
      })),
      reservedConcurrentExecutions: set('functionOptions.reservedConcurrentExecutions', () => 2),
      deadLetterQueue: set('functionOptions.deadLetterQueue', () => (
        new Queue(stack, 'Queue', { enforceSSL: true, encryptionMasterKey: key }))),
    },
  });
  hygiene.addAlarms({ action: set('action', () => new SnsAction(notifications)) });
  new NetworkHygieneDashboard(stack, 'Dashboard', { hygienes: [hygiene] });
  if (withBackup) {
    const selection = { resources: [BackupResource.fromDynamoDbTable(hygiene.ledger)] };
    BackupPlan.daily35DayRetention(stack, 'BackupPlan').addSelection('Ledger', selection);
  }
  return said(stack.node.root as App);
}

const text = ({ pack, rule, path }: Finding): string => `${pack} ${rule} ${path}`;
const rulesOf = (findings: readonly Finding[], pack: string): number =>
  new Set(findings.filter(each => each.pack === pack).map(({ rule }) => rule)).size;

const withAll = saidOf(SETTINGS);
const example = said(appOf('compliant'));

test('the packs have looked at the example', () => {
  for (const pack of Object.keys(PACKS)) {
    expect([...example.passed].filter(id => id.startsWith(`${pack}-`)).length).toBeGreaterThan(5);
  }
});

test('the page names every pack, and how many of its rules have findings', () => {
  const without = saidOf([]);
  const rows = compliance.table('Packs').map(([pack, type, ...numbers]) => [code(pack)[0], code(type)[0], ...numbers]);
  expect(rows).toEqual(Object.entries(PACKS).map(([pack, type]) => [
    pack, type.name, `${rulesOf(without.findings, pack)}`, `${rulesOf(withAll.findings, pack)}`,
  ]));
  for (const [, type] of rows) expect(cdkNag).toHaveProperty(type);
});

describe('each setting satisfies the rules that the page names, and no others', () => {
  const rows = compliance.table('Settings').map(cells => cells.map(code));

  test('the table has every setting', () => {
    expect(rows.map(([[setting]]) => setting)).toEqual(SETTINGS);
  });

  test.each(rows)('%s', ([setting], [rule], packs) => {
    const left = saidOf(SETTINGS.filter(each => each !== setting)).findings;
    const known = withAll.findings.map(text);
    const more = left.filter(finding => !known.includes(text(finding)));
    expect([...new Set(more.map(finding => finding.rule))]).toEqual([rule]);
    expect([...new Set(more.map(finding => finding.pack))]).toEqual(packs);
  });
});

test('the table of what remains is what the packs report of the example, with a reason for each', () => {
  const rows = compliance.table('What remains');
  const remaining = rows.flatMap(([rule, packs, resources]) =>
    code(packs).flatMap(pack => code(resources).map(resource => `${pack}-${code(rule)[0]} ${resource}`)),
  );
  const reported = example.findings.map(({ pack, rule, path }) => {
    const [, construct, resource] = path.split('/');
    return `${pack}-${rule} ${construct === 'NetworkHygiene' ? resource : path}`;
  });
  expect(remaining.sort()).toEqual(reported.sort());
  for (const [,,, reason] of rows) expect(reason.length).toBeGreaterThan(40);
});

test('the example has the settings of the page', () => {
  const ours = ({ findings }: Said): string[] =>
    findings.map(({ pack, rule, path }) => `${pack} ${rule} ${path.split('/').slice(1).join('/')}`).sort();
  expect(ours(example)).toEqual(ours(withAll));
});

test('a backup plan with the ledger satisfies DynamoDBInBackupPlan', () => {
  const reports = ({ findings }: Said): boolean => findings.some(({ rule }) => rule === 'DynamoDBInBackupPlan');
  expect(reports(withAll)).toBe(true);
  expect(reports(saidOf(SETTINGS, true))).toBe(false);
});

test('the page lists the wildcards that the library acknowledges', () => {
  const listed = compliance.table('Acknowledged wildcards', 'finding').map(([finding]) => code(finding)[0]);
  expect(example.acknowledged.every(({ pack, rule }) => pack === 'AwsSolutions' && rule === 'IAM5')).toBe(true);
  const stack = aStack();
  new NetworkHygiene(stack, 'NetworkHygiene', { changeTrigger: ChangeTrigger.cloudTrail() });
  const reactive = said(stack.node.root as App, ['AwsSolutions']);
  const acknowledged = [...example.acknowledged, ...reactive.acknowledged].map(({ detail }) => detail);
  expect([...new Set(acknowledged)].sort()).toEqual(listed.sort());
});

test('the page lists the versions with which the pack is run', () => {
  expect(compliance.table('Acknowledged wildcards', 'CDK')).toEqual(VERSIONS.map(({ cdk, nag }) => [cdk, nag.join(', ')]));
});

test('the versions are those with which the library is tested otherwise', () => {
  const read = (file: string): { devDependencies?: object; dependencies?: object } =>
    JSON.parse(readFileSync(join(ROOT, file), 'utf8')) as object;
  const versions = VERSIONS.map(({ cdk }) => cdk);
  for (const dependencies of [
    read('package.json').devDependencies,
    read('test/languages/typescript/package.json').dependencies,
  ]) {
    expect(versions).toContain((dependencies as Record<string, string>)['aws-cdk-lib']);
  }
});


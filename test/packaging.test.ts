/**
 * Tests the package as it would be published: its contents, and that an app that has only this package and CDK
 * synthesizes.
 */
import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { page } from './support/pages';

const ROOT = resolve(__dirname, '..');
const manifest = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as {
  keywords: string[]; stability: string; license: string; awscdkio?: { announce: boolean }; jsii: { targets: object };
  dependencies?: object; peerDependencies: object;
};
const folder = mkdtempSync(join(tmpdir(), 'network-hygiene-packaging-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const [packed] = JSON.parse(
  execFileSync('npm', ['pack', '--json', '--ignore-scripts', '--pack-destination', folder], {
    cwd: ROOT,
    encoding: 'utf8',
  }),
) as Array<{ filename: string; files: Array<{ path: string }>; unpackedSize: number }>;
const files = packed.files.map(({ path }) => path);

test('it holds what users need', () => {
  const needed = [
    '.jsii',
    'API.md',
    'LICENSE',
    'README.md',
    'assets/THIRD_PARTY_LICENSES',
    'assets/cli/index.mjs',
    'assets/handler/findings.mjs',
    'assets/handler/holders-sdk.mjs',
    'assets/handler/holders.mjs',
    'assets/handler/index.mjs',
    'assets/handler/sdk.mjs',
    'assets/handler/security-hub-imports.mjs',
    'docs/alarms.md',
    'docs/events/finding-opened.schema.json',
    'lib/index.js',
    'lib/index.d.ts',
  ];
  expect(files).toEqual(expect.arrayContaining(needed));
});

test('it holds nothing else: no sources of the handler or the command line, no tests, examples or tools', () => {
  const known =
    /^(lib\/|docs\/(events\/[\w-]+\.schema\.json|[\w-]+\.md)$|assets\/(cli\/index\.mjs$|handler\/|THIRD_PARTY_LICENSES)|rosetta\/|\.jsii(\.tabl\.json)?$|API\.md$|LICENSE$|(README|SECURITY|CHANGELOG)\.md$|package\.json$)/;
  expect(files.filter(file => !known.test(file))).toEqual([]);
  expect(files.filter(file => file.startsWith('lib/') && !/\.(js|d\.ts)$/.test(file))).toEqual([]);
  // The handler takes up to 1,225,000 bytes, the clients that only the hub of an organization needs 600,000, the search
  // for unused groups 1,150,000, the command line 800,000, API.md and the jsii assembly 1,000,000, the compiled
  // constructs, with their source maps, 2,400,000, and docs/, for people who have only the package, 350,000.
  expect(packed.unpackedSize).toBeLessThan(7_800_000);
});

test('it holds every page that its README links, but for the one about changing it', () => {
  const linked = page('README.md').links.map(link => link.split('#')[0]).filter(link => link.endsWith('.md'));
  expect(linked.length).toBeGreaterThan(10);
  expect(linked.filter(path => !files.includes(path))).toEqual(['CONTRIBUTING.md']);
});

test('it brings no dependencies of its own', () => {
  expect(Object.keys(manifest.dependencies ?? {})).toEqual([]);
  expect(Object.keys(manifest.peerDependencies)).toEqual(['aws-cdk-lib', 'constructs']);
});

test('it is found on Construct Hub: by keyword, with its stability and its languages', () => {
  expect(manifest.keywords).toEqual(expect.arrayContaining(['cdk', 'aws-cdk', 'awscdk', 'security-groups', 'vpn']));
  expect(manifest).toMatchObject({ stability: 'experimental', license: 'Apache-2.0', awscdkio: { announce: false } });
  expect(Object.keys(manifest.jsii.targets).sort()).toEqual(['dotnet', 'go', 'java', 'python']);
});

test('an empty app installs it, synthesizes with Node alone, and has the command line', () => {
  // These two packages are linked, which is faster. The library itself is unpacked, so it finds no other packages of
  // this folder.
  const cdk = ['aws-cdk-lib', 'constructs'].map(name => join(ROOT, 'node_modules', name));
  writeFileSync(join(folder, 'package.json'), JSON.stringify({ name: 'app', private: true }));
  const options = ['--no-audit', '--no-fund', '--offline', '--ignore-scripts', '--loglevel', 'error'];
  execFileSync('npm', ['install', ...options, join(folder, packed.filename), ...cdk], { cwd: folder });
  writeFileSync(
    join(folder, 'app.js'),
    `
    const { App, Duration, Stack } = require('aws-cdk-lib');
    const { Port } = require('aws-cdk-lib/aws-ec2');
    const { FlaggedIngressRule, NetworkHygiene, NetworkHygieneDashboard, StaleRules } = require('cdk-network-hygiene');
    const app = new App();
    const stack = new Stack(app, 'Network');
    const hygiene = new NetworkHygiene(stack, 'NetworkHygiene', {
      staleRules: StaleRules.revokeAfter(Duration.days(7)), flaggedIngressRules: [FlaggedIngressRule.fromInternet(Port.SSH)],
    });
    hygiene.addAlarms();
    hygiene.addQueryDefinitions();
    new NetworkHygieneDashboard(stack, 'Dashboard', { hygienes: [hygiene] });
    app.synth();
  `,
  );
  const outdir = join(folder, 'cdk.out');

  // The path is empty, so neither a bundler nor Docker can be called.
  execFileSync(process.execPath, ['app.js'], { cwd: folder, env: { CDK_OUTDIR: outdir, PATH: '' } });

  const { Resources } = JSON.parse(readFileSync(join(outdir, 'Network.template.json'), 'utf8')) as {
    Resources: Record<string, { Type: string }>;
  };
  const types = Object.values(Resources).map(({ Type }) => Type);
  expect(types).toEqual(
    expect.arrayContaining([
      'AWS::Lambda::Function',
      'AWS::DynamoDB::Table',
      'Custom::NetworkHygiene',
      'AWS::CloudWatch::Alarm',
      'AWS::CloudWatch::Dashboard',
    ]),
  );
  const [asset] = readdirSync(outdir).filter(name => name.startsWith('asset.'));
  for (const file of ['index.mjs', 'findings.mjs', 'holders.mjs', 'holders-sdk.mjs', 'sdk.mjs', 'security-hub-imports.mjs']) expect(existsSync(join(outdir, asset, file))).toBe(true);

  const command = join(folder, 'node_modules', '.bin', 'cdk-network-hygiene');
  const policy = execFileSync(command, ['policy', outdir], { cwd: folder, encoding: 'utf8' });
  expect(JSON.parse(policy)).toMatchObject({ Version: '2012-10-17' });
}, 180_000);

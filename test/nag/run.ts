/**
 * Installs the package with several versions of CDK and cdk-nag, and runs cdk-nag's AwsSolutions pack on an app. There
 * must be no findings, because the library acknowledges its wildcards in a way that each version reads.
 *
 * Usage: npm run test:nag
 */
import { copyFileSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { Findings } from './findings';
import { type Versions, VERSIONS } from './versions';
import { compiledPackage } from '../support/compiled-package';
import { run, stopping } from '../support/programs';

const ec2 = (type: string): string => `arn:<AWS::Partition>:ec2:<AWS::Region>:<AWS::AccountId>:${type}/*`;
const ANY_LIST = 'arn:<AWS::Partition>:ec2:<AWS::Region>:*:prefix-list/*';
const ANY_STACK = 'arn:<AWS::Partition>:cloudformation:<AWS::Region>:<AWS::AccountId>:stack/*';
const ANY_TRAIL = 'arn:<AWS::Partition>:cloudtrail:*:*:trail/*';
const WILDCARDS = ['*', ec2('security-group'), ec2('security-group-rule'), ANY_LIST, ANY_STACK, ANY_TRAIL]
  .map(each => `AwsSolutions-IAM5[Resource::${each}]`);

/** Rules that have something to look at in the app: managed policies, wildcards, recovery of the table. */
const LOOKED_AT = ['IAM4', 'IAM5', 'DDB3'];

async function main(folder: string): Promise<void> {
  const source = join(folder, 'source');
  await compiledPackage(source);
  await run(source, ['npm', 'pack', '--ignore-scripts', '--pack-destination', folder]);
  const [tarball] = readdirSync(folder).filter(file => file.endsWith('.tgz'));
  const waiting = [...VERSIONS];
  const problems: string[] = [];
  const worker = async (): Promise<void> => {
    for (let versions = waiting.shift(); versions; versions = waiting.shift()) {
      problems.push(...await check(join(folder, versions.cdk), join(folder, tarball), versions));
    }
  };
  // One installs while another synthesizes.
  await Promise.all([worker(), worker()]);
  console.log(`${(performance.now() / 1000).toFixed(0)} seconds.`);
  if (problems.length > 0) throw new Error(problems.join('\n'));
}

/** Returns the problems with one version of CDK, and each of its versions of cdk-nag */
async function check(folder: string, tarball: string, versions: Versions): Promise<string[]> {
  const problems: string[] = [];
  mkdirSync(folder);
  copyFileSync(join(__dirname, 'app.ts'), join(folder, 'app.ts'));
  for (const nag of versions.nag) {
    const since = performance.now();
    const found = problemsOf(nag, await runApp(folder, tarball, versions, nag));
    const pair = `CDK ${versions.cdk}, cdk-nag ${nag}`;
    const seconds = ((performance.now() - since) / 1000).toFixed(1);
    console.log(`  ${found.length === 0 ? 'clean ' : 'FAILED'}  ${pair}: ${versions.reason} (${seconds} s)`);
    problems.push(...found.map(problem => `${pair}: ${problem}`));
  }
  return problems;
}

/** Installs the versions, runs the app, and returns what it wrote. */
async function runApp(
  folder: string, tarball: string, { cdk, constructs }: Versions, nag: string,
): Promise<Findings> {
  const dependencies = {
    'aws-cdk-lib': cdk, constructs, 'cdk-nag': nag, 'cdk-network-hygiene': pathToFileURL(tarball).href,
  };
  writeFileSync(join(folder, 'package.json'), JSON.stringify({ name: 'app', private: true, dependencies }));
  await run(folder, ['npm', 'install', '--ignore-scripts', '--no-audit', '--no-fund']);
  const tsx = pathToFileURL(require.resolve('tsx')).href;
  await run(folder, [process.execPath, '--import', tsx, 'app.ts'], {
    TSX_DISABLE_CACHE: '1',
    // CDK's own check of the templates is another subject, and takes seconds.
    CDK_VALIDATION: 'false',
  });
  return JSON.parse(readFileSync(join(folder, 'findings.json'), 'utf8')) as Findings;
}

/** The findings of the first version about a change trigger: it knows neither SSE-SQS nor dead-letter queues. */
const KNOWN_OF_FIRST = /\/Change(DeadLetter)?Queue\/Resource AwsSolutions-SQS[23]:/;

function problemsOf(nag: string, { findings, passed, unacknowledged }: Findings): string[] {
  // The first version reports the rule without the finding in brackets.
  const expected = nag === '2.0.0' ? ['AwsSolutions-IAM5'] : WILDCARDS;
  const unknown = findings.filter(finding => nag !== '2.0.0' || !KNOWN_OF_FIRST.test(finding));
  const notLookedAt = LOOKED_AT.filter(rule => !passed.includes(rule));
  return [
    ...unknown,
    ...notLookedAt.length > 0 ? [`nothing passed the rules ${notLookedAt.join(', ')}: the pack has not looked`] : [],
    ...JSON.stringify(unacknowledged) === JSON.stringify([...expected].sort())
      ? []
      : [`without the acknowledgements it reports ${JSON.stringify(unacknowledged)}, not ${JSON.stringify(expected)}`],
  ];
}

for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => stopping.abort());
const work = mkdtempSync(join(tmpdir(), 'network-hygiene-nag-'));
main(work).catch(error => {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
  // The other worker must not go on in a folder that is deleted.
  stopping.abort();
}).finally(() => rmSync(work, { recursive: true, force: true }));

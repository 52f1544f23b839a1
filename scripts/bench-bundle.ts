/**
 * Compares the shipped handler with what the default NodejsFunction would make of the same source (esbuild, CommonJS,
 * not minified).
 *
 * Usage: npm run bench:bundle [-- --rounds 15]
 * Each round starts a fresh process for either, in turn, so that both meet the same noise. Prints medians and their
 * ratios.
 */
import { execFileSync, fork } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { deflateRawSync } from 'node:zlib';
import { build } from 'esbuild';
import { numberOption } from './options';
import { CONTRACT_VERSION } from '../src/contract/configuration';
import { HYGIENE_VARIABLE, LEDGER_TABLE_VARIABLE } from '../src/contract/names';
import { deployedWith, putIntoForce } from '../test/support/deployment';
import { DynamoDbEndpoint } from '../test/support/dynamodb';
import { Ec2Endpoint, Network } from '../test/support/ec2-endpoint';

const ROOT = resolve(__dirname, '..');

interface Measurement {
  readonly importMillis: number;
  readonly firstCallMillis: number;
  readonly peakRssBytes: number;
}

async function main(): Promise<void> {
  const rounds = numberOption('rounds', 15);
  const work = mkdtempSync(join(tmpdir(), 'bench-bundle-'));
  try {
    await compare(rounds, work);
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
}

async function compare(rounds: number, work: string): Promise<void> {
  const shipped = join(work, 'shipped', 'handler');
  const byDefault = join(work, 'default');
  bundle(shipped);
  await build({
    entryPoints: [join(ROOT, 'lambda', 'handler.ts')],
    outfile: join(byDefault, 'index.js'),
    bundle: true,
    platform: 'node',
    format: 'cjs',
    target: 'node24',
    logLevel: 'error',
  });
  const sdk = join(work, 'sdk', 'sdk.mjs');
  const withoutDynamoDb = join(work, 'without-dynamodb', 'sdk.mjs');
  bundle('--sdk', sdk);
  bundle('--sdk', withoutDynamoDb, '@aws-sdk/client-dynamodb');
  const endpoint = await Ec2Endpoint.start({ network: new Network() });
  const table = await DynamoDbEndpoint.start();
  await putIntoForce(CONFIGURATION, table);
  try {
    const runs: Record<'shipped' | 'byDefault', Measurement[]> = { shipped: [], byDefault: [] };
    for (let round = 0; round < rounds; round++) {
      runs.byDefault.push(await measure(join(byDefault, 'index.js'), endpoint.url, table));
      runs.shipped.push(await measure(join(shipped, 'index.mjs'), endpoint.url, table));
    }
    print(rounds, { folder: shipped, runs: runs.shipped }, { folder: byDefault, runs: runs.byDefault });
    await printCost(rounds, sdk, withoutDynamoDb);
  } finally {
    await Promise.all([endpoint.stop(), table.stop()]);
  }
}

/** The configuration looks only at VPN connections. */
const CONFIGURATION = {
  version: CONTRACT_VERSION,
  hygiene: 'Bench/Hygiene',
  metricNamespace: 'Bench',
  eventBus: 'default',
  resourceMetrics: true,
  dryRun: true,
  staleRules: 'ignore',
  flaggedIngressRules: [],
  exemptSecurityGroupIds: [],
  maxRevocationsPerSweep: 20,
  allowRestore: false,
  settleSeconds: 0,
  vpnConnections: { kind: 'all' },
};

function bundle(...args: string[]): void {
  execFileSync(process.execPath, [join(ROOT, 'scripts', 'bundle.mjs'), ...args], { cwd: ROOT });
}

/**
 * Imports a handler in a fresh process and runs one sweep: it reads the configuration, calls DescribeVpnConnections and
 * PutMetricData, and records the sweep.
 */
function measure(file: string, endpointUrl: string, table: DynamoDbEndpoint): Promise<Measurement> {
  const child = fork(join(__dirname, 'bench-bundle-child.mjs'), [file], {
    execArgv: [],
    silent: true,
    env: {
      ...deployedWith(CONFIGURATION),
      [HYGIENE_VARIABLE]: CONFIGURATION.hygiene,
      [LEDGER_TABLE_VARIABLE]: table.tableName,
      AWS_ENDPOINT_URL: endpointUrl,
      AWS_ENDPOINT_URL_DYNAMODB: table.url,
      AWS_REGION: 'eu-central-1',
      AWS_ACCESS_KEY_ID: 'AKIDEXAMPLE',
      AWS_SECRET_ACCESS_KEY: 'secret',
      AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED: 'true',
    },
  });
  let errors = '';
  child.stderr?.on('data', (text: Buffer) => { errors += text.toString(); });
  return new Promise((done, fail) => {
    child.once('message', message => done(message as Measurement));
    child.once('exit', code => fail(new Error(`Importing ${file} ended with ${code}: ${errors}`)));
  });
}

interface Candidate {
  readonly folder: string;
  readonly runs: readonly Measurement[];
}

function print(rounds: number, shipped: Candidate, byDefault: Candidate): void {
  const rows: Array<[string, (candidate: Candidate) => number]> = [
    ['bytes', ({ folder }) => codeFiles(folder).reduce((sum, file) => sum + statSync(file).size, 0)],
    [
      'zip bytes',
      ({ folder }) =>
        codeFiles(folder).reduce((sum, file) => sum + deflateRawSync(readFileSync(file), { level: 9 }).length, 0),
    ],
    ['import, ms', ({ runs }) => median(runs.map(({ importMillis }) => importMillis))],
    [
      'import and first call, ms',
      ({ runs }) => median(runs.map(({ importMillis, firstCallMillis }) => importMillis + firstCallMillis)),
    ],
    ['peak memory, MB', ({ runs }) => median(runs.map(({ peakRssBytes }) => peakRssBytes / 1e6))],
  ];
  console.log(`The handler in ${rounds} fresh processes each, medians, Node ${process.version}\n`);
  console.log(`${''.padEnd(28)}${'shipped'.padStart(12)}${'default'.padStart(12)}${'ratio'.padStart(9)}`);
  for (const [name, read] of rows) {
    const [ours, theirs] = [read(shipped), read(byDefault)];
    console.log(
      `${name.padEnd(28)}${format(ours).padStart(12)}${format(theirs).padStart(12)}${`${(theirs / ours).toFixed(1)} x`.padStart(9)}`,
    );
  }
}

/** Prints what the ledger's client adds to the SDK file: bytes, and time to import it. */
async function printCost(rounds: number, withIt: string, without: string): Promise<void> {
  const runs: Record<'withIt' | 'without', number[]> = { withIt: [], without: [] };
  for (let round = 0; round < rounds; round++) {
    runs.without.push(await timeToImport(without));
    runs.withIt.push(await timeToImport(withIt));
  }
  const bytes = statSync(withIt).size - statSync(without).size;
  const millis = median(runs.withIt) - median(runs.without);
  console.log(
    `\nOf this the DynamoDB client is ${format(bytes)} bytes, and ${format(median(runs.withIt))} ms instead of ${format(median(runs.without))} ms `
      + `to import sdk.mjs: ${format(millis)} ms`,
  );
}

/** @returns milliseconds */
function timeToImport(file: string): Promise<number> {
  const child = fork(join(__dirname, 'bench-import-child.mjs'), [file], { execArgv: [] });
  return new Promise((done, fail) => {
    child.once('message', message => done(message as number));
    child.once('exit', code => fail(new Error(`Importing ${file} ended with ${code}`)));
  });
}

/**
 * Returns the files that the handler loads, without the file of the findings table, which belongs to another function,
 * and those that only the search for unused security groups or the hub of an organization loads.
 */
function codeFiles(folder: string): string[] {
  return readdirSync(folder)
    .filter(name => /\.m?js$/.test(name) && !/^(findings|holders|organization)/.test(name))
    .map(name => join(folder, name));
}

function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)];
}

const format = (value: number): string =>
  value.toLocaleString('en-US', { maximumFractionDigits: value < 1000 ? 1 : 0 });

main().catch(error => {
  console.error(error);
  process.exitCode = 1;
});

/**
 * Measures a sweep: the shipped bundle in a fresh process against the EC2 endpoint in another. Its configuration is in
 * force, and has settled.
 *
 * Usage: npm run bench:sweep [-- --before HEAD~10 --rounds 3 --latency 20 --ledger-latency 5]
 * [--vpcs 200 --groups 50 --rules 10 --stale 400] [--unpaced]
 *
 * Without sizes, it measures these networks:
 *
 * - a thousand VPCs, of which 20 have a rule that refers to a group of another VPC, with EC2's documented token buckets
 * - ten thousand groups with a hundred thousand rules, all of which are read
 * - 400 revocations, with the token buckets off
 *
 * With sizes, it measures one network in these sizes, with EC2's token buckets, or with --unpaced without them. If the
 * buckets are off, the sweep may make a thousand times as many calls as EC2 documents, so it never waits.
 *
 * With --before, each round also measures the handler of that revision, so that both meet the same noise. The medians
 * are compared.
 */
import { resolve } from 'node:path';
import type { EndpointOptions } from './bench-sweep-endpoint';
import { earlierBundle } from './earlier-bundle';
import { numberOption, textOption } from './options';
import { report as ask, startEndpoint } from './second-process';
import { type Configuration, CONTRACT_VERSION } from '../src/contract/configuration';
import { HYGIENE_VARIABLE, LEDGER_TABLE_VARIABLE } from '../src/contract/names';
import { deployedWith, SCHEDULED } from '../test/support/deployment';
import { LambdaProcess } from '../test/support/lambda-process';

const HYGIENE = 'Bench/Hygiene';
const HANDLER = resolve(__dirname, '..', 'assets', 'handler');

interface Scenario extends Omit<EndpointOptions, 'configuration'> {
  readonly title: string;
  /** Whether to flag SSH from anywhere in any group as well, which requires reading every rule. */
  readonly readsEveryRule?: boolean;
  readonly isReportOnly?: boolean;
}

interface Measurement {
  readonly seconds: number;
  /** The time for which the sweep has used the processor. */
  readonly cpuSeconds: number;
  readonly callsByAction: Readonly<Record<string, number>>;
  readonly throttled: number;
  readonly peakRssBytes: number;
  readonly staleRulesLeft: number;
  readonly counts: unknown;
}

const latency = {
  latencyMillis: numberOption('latency', 20), ledgerLatencyMillis: numberOption('ledger-latency', 5), entries: 0,
};

function scenarios(): Scenario[] {
  const isCustom = process.argv.some(argument => ['--vpcs', '--groups', '--rules', '--stale'].includes(argument));
  const size = {
    vpcs: numberOption('vpcs', 200), groups: numberOption('groups', 50), rules: numberOption('rules', 10),
    stale: numberOption('stale', 400), ...latency,
  };
  const tokenBuckets = !process.argv.includes('--unpaced');
  if (isCustom) return [{ title: 'A network of these sizes', tokenBuckets, ...size }];
  return [
    {
      title: 'A thousand VPCs', tokenBuckets: true, isReportOnly: true, vpcs: 1000, groups: 3, rules: 10, stale: 20,
      ...latency,
    },
    {
      title: 'Every rule read', tokenBuckets: true, isReportOnly: true, readsEveryRule: true, vpcs: 200, groups: 50,
      rules: 10, stale: 20, ...latency,
    },
    {
      title: '400 revocations', tokenBuckets: false, vpcs: 20, groups: 10, rules: 5, stale: 200, staleEach: 2,
      ...latency,
    },
  ];
}

async function main(): Promise<void> {
  const revision = textOption('before');
  const before = revision === undefined ? undefined : earlierBundle(revision);
  try {
    for (const scenario of scenarios()) await compare(scenario, before?.folder);
  } finally {
    before?.remove();
  }
}

async function compare(scenario: Scenario, beforeFolder: string | undefined): Promise<void> {
  const { title, vpcs, groups, rules, stale, staleEach = 1, tokenBuckets } = scenario;
  const { latencyMillis, ledgerLatencyMillis } = scenario;
  console.log(
    `\n${title}: ${vpcs} VPCs x ${groups} groups x ${rules} rules, and ${stale} groups with ${staleEach} stale rule(s); ${latencyMillis} ms a call of EC2, ${ledgerLatencyMillis} ms of DynamoDB; EC2's token buckets ${tokenBuckets ? 'on' : 'off'}`,
  );
  const runs: Record<'before' | 'now', Measurement[]> = { before: [], now: [] };
  for (let round = 0; round < numberOption('rounds', beforeFolder === undefined ? 1 : 3); round++) {
    if (beforeFolder !== undefined) runs.before.push(await measure(scenario, beforeFolder));
    runs.now.push(await measure(scenario, HANDLER));
  }
  const now = print('now', scenario, runs.now);
  if (beforeFolder === undefined) return;
  const before = print('before', scenario, runs.before);
  const ratio = (of: (each: Measurement) => number): string => `${(of(before) / of(now)).toFixed(2)} x`;
  console.log(
    `  before / now: wall time ${ratio(({ seconds }) => seconds)}, processor ${ratio(({ cpuSeconds }) => cpuSeconds)}, requests ${ratio(requests)}, peak memory ${ratio(({ peakRssBytes }) => peakRssBytes)}`,
  );
}

async function measure(scenario: Scenario, handlerFolder: string): Promise<Measurement> {
  const configuration = configurationOf(scenario);
  const { child, url, dynamoDbUrl, tableName } = await startEndpoint({ ...scenario, configuration });
  const env = { [LEDGER_TABLE_VARIABLE]: tableName, [HYGIENE_VARIABLE]: HYGIENE, ...deployedWith(configuration) };
  const lambda = await LambdaProcess.start({ handlerFolder, endpointUrl: url, dynamoDbUrl, env });
  try {
    const started = performance.now();
    const { result, error, cpuMillis, peakRssBytes } = await lambda.invoke(SCHEDULED, 900_000);
    const seconds = (performance.now() - started) / 1000;
    if (error) throw new Error(error.message);
    return { seconds, cpuSeconds: cpuMillis / 1000, ...await ask(child), peakRssBytes, counts: result };
  } finally {
    await lambda.stop();
    child.kill();
  }
}

const requests = ({ callsByAction }: Measurement): number =>
  Object.values(callsByAction).reduce((sum, count) => sum + count, 0);

/** Prints the run with the median time. @returns it */
function print(name: string, { tokenBuckets }: Scenario, runs: readonly Measurement[]): Measurement {
  const median = [...runs].sort((a, b) => a.seconds - b.seconds)[Math.floor(runs.length / 2)];
  const { seconds, cpuSeconds, callsByAction, throttled, peakRssBytes, staleRulesLeft, counts } = median;
  const imposed = tokenBuckets ? imposedSeconds(callsByAction) : 0;
  const calls = Object.entries(callsByAction).map(([action, count]) => `${action} ${count}`).join(', ');
  console.log(
    `  ${name}
    wall time          ${seconds.toFixed(2)} s${imposed > 0 ? `; the buckets impose ${imposed.toFixed(2)} s, so ${(seconds / imposed).toFixed(2)} x` : ''}
    processor          ${cpuSeconds.toFixed(2)} s
    requests           ${requests(median)}: ${calls}
    throttled          ${throttled}
    peak memory        ${(peakRssBytes / 1e6).toFixed(0)} MB
    stale rules left   ${staleRulesLeft}
    counts             ${JSON.stringify(counts)}`,
  );
  return median;
}

function configurationOf({ readsEveryRule, isReportOnly, tokenBuckets }: Scenario): Configuration {
  const ssh = {
    anyGroup: true, match: 'COVERS', ipPermissions: [{ IpProtocol: 'tcp', FromPort: 22, ToPort: 22 }],
    fromInternet: { ipv4PrefixLength: 8, ipv6PrefixLength: 12 },
  } as const;
  return {
    version: CONTRACT_VERSION, hygiene: HYGIENE, metricNamespace: 'Bench', eventBus: 'default', resourceMetrics: true,
    requestRateFactor: tokenBuckets ? 1 : 1000, dryRun: false, staleRules: isReportOnly ? 'report' : 'revoke',
    maxRevocationsPerSweep: 10_000, scheduleSeconds: 3600,
    settleSeconds: 0, allowRestore: false, exemptSecurityGroupIds: [], vpnConnections: { kind: 'none' },
    flaggedIngressRules: readsEveryRule ? [{ ...ssh, ipPermissions: [...ssh.ipPermissions] }] : [],
  };
}

/** Returns the least time in which the buckets admit these calls, if different actions do not wait for each other. */
function imposedSeconds(callsByAction: Readonly<Record<string, number>>): number {
  const buckets: Record<string, [number, number]> = {
    DescribeStaleSecurityGroups: [20, 5],
    RevokeSecurityGroupIngress: [50, 5],
  };
  const of = (action: string): number => {
    const [capacity, refillPerSecond] = buckets[action] ?? [100, 20];
    return Math.max(0, ((callsByAction[action] ?? 0) - capacity) / refillPerSecond);
  };
  // Nothing can be revoked before all stale rules are known.
  return (
    of('DescribeStaleSecurityGroups')
    + Math.max(of('RevokeSecurityGroupIngress'), of('DescribeSecurityGroupRules'), of('DescribeSecurityGroups'))
  );
}

main().catch(error => {
  console.error(error);
  process.exitCode = 1;
});

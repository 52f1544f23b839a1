/**
 * Measures a sweep: the shipped bundle in a fresh process against the EC2 endpoint in another. Its configuration is in
 * force, and has settled.
 *
 * Usage: npm run bench:sweep [-- --vpcs 200 --groups 50 --rules 10 --stale 400 --latency 20 --ledger-latency 5]
 * [--unpaced]
 *
 * Without options, it measures three networks:
 *
 * - a large one with the token buckets off
 * - a smaller one with EC2's documented buckets on; the time that the buckets impose is printed next to the time taken
 * - one with 100,000 rules, all of which are read
 *
 * With sizes, it measures the first and the second network in these sizes; --unpaced skips the second. If the buckets
 * are off, the sweep may make a thousand times as many calls as EC2 documents, so it never waits.
 */
import { resolve } from 'node:path';
import type { EndpointOptions } from './bench-sweep-endpoint';
import { numberOption } from './options';
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
}

async function main(): Promise<void> {
  const isCustom = process.argv.some(argument =>
    ['--vpcs', '--groups', '--rules', '--stale', '--latency', '--ledger-latency'].includes(argument),
  );
  const size = (
    vpcs: number,
    groups: number,
    stale: number,
  ): Omit<EndpointOptions, 'configuration' | 'tokenBuckets'> => ({
    entries: 0,
    vpcs: numberOption('vpcs', vpcs),
    groups: numberOption('groups', groups),
    rules: numberOption('rules', 10),
    stale: numberOption('stale', stale),
    latencyMillis: numberOption('latency', 20),
    ledgerLatencyMillis: numberOption('ledger-latency', 5),
  });
  const only = process.argv.includes('--unpaced');
  const scenarios: Scenario[] = [
    { title: 'Token buckets off', tokenBuckets: false, ...size(200, 50, 400) },
    { title: "EC2's documented token buckets on", tokenBuckets: true, ...size(100, 10, 120) },
    ...isCustom ? [] : [{ title: 'Every rule read', readsEveryRule: true, tokenBuckets: false, ...size(200, 50, 400) }],
  ];
  for (const scenario of scenarios.filter(({ tokenBuckets }) => !only || !tokenBuckets)) await run(scenario);
}

async function run(scenario: Scenario): Promise<void> {
  const { title, vpcs, groups, rules, stale, latencyMillis, ledgerLatencyMillis } = scenario;
  console.log(
    `\n${title}: ${vpcs} VPCs x ${groups} groups x ${rules} rules, ${stale} groups with a stale rule to revoke, ${latencyMillis} ms a call of EC2, ${ledgerLatencyMillis} ms of DynamoDB`,
  );
  const configuration = configurationOf(scenario);
  const { child, url, dynamoDbUrl, tableName } = await startEndpoint({ ...scenario, configuration });
  const env = { [LEDGER_TABLE_VARIABLE]: tableName, [HYGIENE_VARIABLE]: HYGIENE, ...deployedWith(configuration) };
  const lambda = await LambdaProcess.start({ handlerFolder: HANDLER, endpointUrl: url, dynamoDbUrl, env });
  try {
    const started = performance.now();
    const { result, error, peakRssBytes } = await lambda.invoke(SCHEDULED, 900_000);
    const seconds = (performance.now() - started) / 1000;
    if (error) throw new Error(error.message);
    const report = await ask(child);
    const imposed = scenario.tokenBuckets ? imposedSeconds(report.callsByAction) : 0;
    console.log(
      `  wall time          ${seconds.toFixed(2)} s${imposed > 0 ? `; the buckets impose ${imposed.toFixed(2)} s, so ${(seconds / imposed).toFixed(2)} x` : ''}`,
    );
    console.log(
      `  calls              ${Object.entries(report.callsByAction)
        .map(([action, count]) => `${action} ${count}`)
        .join(', ')}`,
    );
    console.log(`  throttled          ${report.throttled}`);
    console.log(`  peak memory        ${(peakRssBytes / 1e6).toFixed(0)} MB`);
    console.log(`  stale rules left   ${report.staleRulesLeft}`);
    console.log(`  counts             ${JSON.stringify(result)}`);
  } finally {
    await lambda.stop();
    child.kill();
  }
}

function configurationOf({ readsEveryRule, tokenBuckets }: Scenario): Configuration {
  const ssh = {
    anyGroup: true, match: 'COVERS', ipPermissions: [{ IpProtocol: 'tcp', FromPort: 22, ToPort: 22 }],
    fromInternet: { ipv4PrefixLength: 8, ipv6PrefixLength: 12 },
  } as const;
  return {
    version: CONTRACT_VERSION, hygiene: HYGIENE, metricNamespace: 'Bench', eventBus: 'default', resourceMetrics: true,
    requestRateFactor: tokenBuckets ? 1 : 1000, dryRun: false, staleRules: 'revoke', maxRevocationsPerSweep: 10_000,
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

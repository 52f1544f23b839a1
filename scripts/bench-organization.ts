/**
 * Measures a run over an organization: the state machine of a synthesized hub in an interpreter, the shipped bundle in
 * processes that play Lambda, and doubles of AWS in a further process. Calls take time, and some of them fail. In some
 * accounts a role cannot be assumed, one account is suspended, some Regions are not enabled, in some EC2 refuses each
 * call, and STS and EC2 throttle.
 *
 * Usage: npm run bench:organization [-- --accounts 500 --regions 20 --concurrency 25 --processes 4 --seed 1 --runs 1]
 * [--limit <rules>] [--latency 40 --ledger-latency 10 --sts-latency 60 --other-latency 30]
 *
 * - `--concurrency` is maxConcurrency of the hub; its default is that of the construct. `--processes` is how many
 *   invocations run at a time; by default two for each core. With more, each would wait for the processor most of the
 *   time, until calls time out.
 * - `--limit` is maxRevocationsPerSweep. By default it just allows what is due; with less, nothing may be revoked.
 * - `--latency` and the others are the milliseconds that a call takes at EC2, DynamoDB, STS and the other services.
 *
 * Each run is compared with what it has to come to. If it differs, the script fails.
 */
import { availableParallelism, loadavg } from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';
import type { DoublesRequest, SecondOptions } from './bench-organization-endpoint';
import { type Charged, type CostLine, costOf, gigabyteSecondsOf, times, type Usage } from './cost-model';
import { differences, dueIn, expectedRun, type ExpectedRun } from './expected-run';
import { numberOption } from './options';
import { type DoublesAddress, ORGANIZATION_ID, REVOKING_UNIT } from './organization-doubles';
import { type SampleHub, sampleHub } from './sample-hub';
import { SampleOrganization } from './sample-organization';
import { ask, startSecond } from './second-process';
import { type Doubles, type RunMeasurement, SimulatedOrganization } from './simulated-organization';

async function main(): Promise<void> {
  const size = {
    accounts: numberOption('accounts', 500), regions: numberOption('regions', 20), seed: numberOption('seed', 1),
  };
  const organization = new SampleOrganization(size);
  const limit = numberOption('limit', dueIn(organization));
  const hub = sampleHub(organization, {
    limit, organizationId: ORGANIZATION_ID, revokingUnit: REVOKING_UNIT,
    maxConcurrency: numberOption('concurrency', 0) || undefined,
  });
  const processes = numberOption('processes', Math.min(hub.maxConcurrency, 2 * availableParallelism()));
  const latencies = {
    ec2: numberOption('latency', 40), dynamodb: numberOption('ledger-latency', 10),
    sts: numberOption('sts-latency', 60), other: numberOption('other-latency', 30),
  };
  console.log(
    `${size.accounts} accounts x ${size.regions} Regions, seed ${size.seed}; ${hub.maxConcurrency} accounts and ${processes} processes at a time; a call takes `
    + `${latencies.ec2} ms at EC2, ${latencies.dynamodb} ms at DynamoDB, ${latencies.sts} ms at STS and ${latencies.other} ms elsewhere; load ${loadavg()[0].toFixed(1)}`,
  );
  const { child, first: address } = await startSecond<DoublesAddress>(
    'bench-organization-endpoint.ts', { ...size, latencies, configuration: hub.configuration } satisfies SecondOptions,
  );
  const asked = <T>(request: DoublesRequest): Promise<T> => ask(child, request);
  const doubles: Doubles = { address, readList: list => asked({ list }), report: () => asked('report') };
  const simulated = new SimulatedOrganization({ hub, doubles, processes, wait: seconds => sleep(seconds * 1000) });
  try {
    for (let run = 1; run <= numberOption('runs', 1); run++) {
      const expected = expectedRun(organization, { limit, isFirst: run === 1 });
      const { outcome, measured } = await simulated.run();
      print(`run ${run}`, expected, measured, hub);
      const wrong = differences(expected, outcome);
      for (const each of wrong) console.error(`  WRONG: ${each}`);
      if (wrong.length > 0) process.exitCode = 1;
      else console.log(`  checked              ${summary(expected)}`);
    }
  } finally {
    await simulated.stop();
    child.kill();
  }
}

function summary({ totals, vpcs, ...expected }: ExpectedRun): string {
  const { accountsLeftOut, regionsLeftOut, throttledAssumptions, throttledReads } = expected;
  const all = Object.entries(totals).map(([name, value]) => `${name} ${value}`).join(', ');
  return `${vpcs} VPCs, ${all}; left out: accounts ${accountsLeftOut.length}, Regions ${regionsLeftOut.length}; throttled: STS ${throttledAssumptions}, EC2 ${throttledReads} at least`;
}

const millis = (value: number): string => `${value.toFixed(value < 10 ? 1 : 0)} ms`;
const megabytes = (bytes: number): string => `${(bytes / 1e6).toFixed(0)} MB`;
const count = (value: number): string => value.toLocaleString('en-US', { maximumFractionDigits: 0 });

function print(title: string, { places }: ExpectedRun, measured: RunMeasurement, hub: SampleHub): void {
  const { seconds, durationsMillis, cpuMillis, processes, peakRssBytes, execution, doubles } = measured;
  const total = durationsMillis.reduce((sum, each) => sum + each, 0);
  const waited = execution.waits.reduce((sum, { seconds: each }) => sum + each, 0);
  const services = new Map<string, { calls: number; throttled: number; failed: number }>();
  for (const { service, calls, throttled, failed } of doubles.calls) {
    const before = services.get(service) ?? { calls: 0, throttled: 0, failed: 0 };
    services.set(service, {
      calls: before.calls + calls, throttled: before.throttled + throttled, failed: before.failed + failed,
    });
  }
  const row = (name: string, text: string): void => console.log(`  ${name.padEnd(20)} ${text}`);
  console.log(`\n${title}: ${count(places)} places`);
  row('time', `${seconds.toFixed(1)} s, of which children waited ${waited} s; load ${loadavg()[0].toFixed(1)} at the end`);
  row('processor', `${millis(cpuMillis / places)} a place, ${(cpuMillis / 1000).toFixed(1)} s`);
  row('function', `${millis(total / places)} a place; ${count(durationsMillis.length)} invocations, the longest ${(Math.max(...durationsMillis) / 1000).toFixed(1)} s`);
  row(`with ${hub.maxConcurrency} at a time`, `${(total / 1000 / hub.maxConcurrency).toFixed(0)} s, if each invocation takes as long as here`);
  row('memory', `${megabytes(peakRssBytes)} at most, of ${hub.megabytes} MiB, in ${processes} processes`);
  row('transitions', count(execution.transitions));
  for (const [service, { calls, throttled, failed }] of [...services].sort(([, a], [, b]) => b.calls - a.calls)) {
    const troubles = [...throttled > 0 ? [`${throttled} throttled`] : [], ...failed > 0 ? [`${failed} failed`] : []];
    row(`calls of ${service}`, `${count(calls)}${troubles.length > 0 ? ` (${troubles.join(', ')})` : ''}`);
  }
  row('doubles', `${megabytes(doubles.peakRssBytes)}, ${(doubles.cpuMillis / 1000).toFixed(1)} s of processor, ${count(doubles.mostConnections)} connections at most`);
  printCost(usageOf(measured, hub), { series: doubles.series, alarms: hub.alarms });
}

type RunUsage = Usage<Exclude<Charged, 'seriesHours' | 'alarms'>>;

function usageOf({ durationsMillis, logBytes, execution, doubles }: RunMeasurement, hub: SampleHub): RunUsage {
  const calls = (action: string): number => doubles.calls.filter(each => each.action === action)
    .reduce((sum, each) => sum + each.calls, 0);
  return {
    putMetricDataRequests: calls('PutMetricData'), schedules: 1, transitions: execution.transitions,
    invocations: durationsMillis.length, gigabyteSeconds: gigabyteSecondsOf(hub.megabytes, durationsMillis),
    readUnits: doubles.readUnits, writeUnits: doubles.writeUnits,
    // Each map reads its list once.
    objectWrites: calls('PutObject'), objectReads: execution.mapRuns.length, logBytes,
    events: Object.values(doubles.events).reduce((sum, each) => sum + each, 0),
  };
}

const RUNS = { daily: 30, hourly: 720 };

/** A series has data in one hour of each run. */
function printCost(usage: RunUsage, { series, alarms }: { readonly series: number; readonly alarms: number }): void {
  const month = (runs: number): Usage => ({ ...times(runs, usage), seriesHours: series * runs, alarms });
  const ofRun = { ...usage, seriesHours: 0, alarms: 0 };
  const columns = [ofRun, month(RUNS.daily), month(RUNS.hourly)].map(costOf);
  const usd = (value: number): string => value === 0 ? '' : value < 0.005 ? '< 0.01' : value.toFixed(2);
  const row = (cells: readonly string[]): void => console.log(`| ${cells.join(' | ')} |`);
  console.log('');
  row(['in USD', 'units of a run', 'a run', 'a month, daily', 'a month, hourly']);
  row(Array.from({ length: 5 }, () => '---'));
  columns[0].lines.forEach(({ what, units }: CostLine, index) => {
    row([what, units === 0 ? '' : count(units), ...columns.map(({ lines }) => usd(lines[index].usd))]);
  });
  row(['**together**', '', ...columns.map(({ usd: sum }) => `**${usd(sum)}**`)]);
  console.log('');
}

main().catch(error => {
  console.error(error);
  process.exitCode = 1;
});

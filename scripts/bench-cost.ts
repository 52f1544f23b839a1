/**
 * Measures what a month costs, for 100 VPCs and 10 VPN connections with the defaults and hourly sweeps.
 *
 * The requests, GB-seconds, capacity units and log bytes are those of sweeps of the shipped bundle against the EC2
 * endpoint, with EC2's documented token buckets, and a DynamoDB-compatible server. A month of such sweeps over the wire
 * would take hours, so the series-hours are those of a month of sweeps of the same core in memory.
 *
 * Usage: npm run bench:cost [-- --sweeps 3 --hours 720]
 */
import { resolve } from 'node:path';
import { CallCounts } from './call-counts';
import { costOf, gigabyteSecondsOf, HOURS_PER_MONTH, times, type Usage } from './cost-model';
import { month, type Month, NOTHING_WRONG, SOME_WRONG, type Troubles, VPCS, VPN_CONNECTIONS } from './cost-month';
import { numberOption } from './options';
import { type Configuration, CONTRACT_VERSION } from '../src/contract/configuration';
import { HYGIENE_VARIABLE, LEDGER_TABLE_VARIABLE } from '../src/contract/names';
import { deployedWith, putIntoForce, SCHEDULED } from '../test/support/deployment';
import { DynamoDbEndpoint } from '../test/support/dynamodb';
import { Ec2Endpoint, Network } from '../test/support/ec2-endpoint';
import { LambdaProcess } from '../test/support/lambda-process';

const HYGIENE = 'Bench/Hygiene';
const HANDLER = resolve(__dirname, '..', 'assets', 'handler');

/** The memory of the function by default. */
const MEGABYTES = 512;

/** The alarms that `addAlarms` makes with the defaults. */
const ALARMS = 7;

const CONFIGURATION: Configuration = {
  version: CONTRACT_VERSION, hygiene: HYGIENE, metricNamespace: 'Bench', eventBus: 'default', resourceMetrics: true,
  dryRun: false, staleRules: 'report', flaggedIngressRules: [], maxRevocationsPerSweep: 20, settleSeconds: 3600,
  scheduleSeconds: 3600, allowRestore: true, exemptSecurityGroupIds: [], vpnConnections: { kind: 'all' },
};

/** The usage of one sweep, without its series. */
type SweepUsage = Usage<
  | 'putMetricDataRequests' | 'schedules' | 'invocations' | 'gigabyteSeconds' | 'readUnits' | 'writeUnits' | 'logBytes'
  | 'events'
>;

type MonthUsage = Usage<keyof SweepUsage | 'seriesHours' | 'alarms'>;

interface Measured {
  readonly usage: SweepUsage;
  readonly series: number;
}

function networkOf({ staleVpcs, degraded }: Troubles): Network {
  const network = new Network();
  const vpcIds = Array.from({ length: VPCS }, () => network.addVpc().vpcId);
  const groups = vpcIds.map(vpcId => network.addSecurityGroup({ vpcId }).groupId);
  const remote = network.addVpc().vpcId;
  const peer = network.addSecurityGroup({ vpcId: remote }).groupId;
  vpcIds.slice(0, staleVpcs.length).forEach((vpcId, index) => {
    const { vpcPeeringConnectionId } = network.addPeering(vpcId, remote);
    const rule = { ipProtocol: 'tcp', fromPort: 443, toPort: 443, reference: { groupId: peer } };
    network.addIngress(groups[index], rule);
    network.deletePeering(vpcPeeringConnectionId);
  });
  network.deleteVpc(remote);
  const lastStatusChange = new Date('2026-01-01T00:00:00Z');
  for (let index = 0; index < VPN_CONNECTIONS; index++) {
    const status = (tunnel: number): string => index < degraded.length && tunnel === 2 ? 'DOWN' : 'UP';
    network.addVpnConnection({
      telemetry: [1, 2].map(tunnel => ({
        outsideIpAddress: `192.0.2.${2 * index + tunnel}`, status: status(tunnel), acceptedRouteCount: 12, lastStatusChange,
      })),
    });
  }
  return network;
}

/** Returns the usage of the last of some sweeps. The first ones write what the others leave as it is. */
async function measure(troubles: Troubles, sweeps: number): Promise<Measured> {
  const dynamoDb = await DynamoDbEndpoint.start({ measuresCapacity: true });
  await putIntoForce(CONFIGURATION, dynamoDb);
  const ec2 = await Ec2Endpoint.start({ network: networkOf(troubles), latencyMillis: 20, tokenBuckets: true });
  const env = {
    [LEDGER_TABLE_VARIABLE]: dynamoDb.tableName, [HYGIENE_VARIABLE]: HYGIENE, ...deployedWith(CONFIGURATION),
  };
  const lambda = await LambdaProcess.start({
    handlerFolder: HANDLER, endpointUrl: ec2.url, dynamoDbUrl: dynamoDb.url, env,
  });
  dynamoDb.fault({ action: '*', kind: 'delay', delayMillis: 5 });
  try {
    let measured: Measured | undefined;
    for (let sweep = 0; sweep < sweeps; sweep++) {
      ec2.calls.length = dynamoDb.calls.length = ec2.metrics.length = ec2.events.length = 0;
      const printed = lambda.printed.length;
      const { error, durationMillis } = await lambda.invoke(SCHEDULED, 300_000);
      if (error) throw new Error(error.message);
      const counts = new CallCounts();
      counts.take(dynamoDb.calls);
      measured = {
        usage: {
          putMetricDataRequests: ec2.callsByAction().PutMetricData, schedules: 1, invocations: 1,
          gigabyteSeconds: gigabyteSecondsOf(MEGABYTES, [durationMillis]),
          readUnits: counts.readUnits, writeUnits: counts.writeUnits,
          logBytes: Buffer.byteLength(lambda.printed.slice(printed)),
          events: ec2.events.length,
        },
        series: new Set(ec2.metrics.map(({ name, dimensions }) => JSON.stringify([name, dimensions]))).size,
      };
    }
    if (measured === undefined) throw new Error('--sweeps: give at least 1');
    return measured;
  } finally {
    await lambda.stop();
    await Promise.all([ec2.stop(), dynamoDb.stop()]);
  }
}

const monthly = ({ usage }: Measured, seriesHours: number): MonthUsage =>
  ({ ...times(HOURS_PER_MONTH, usage), seriesHours, alarms: ALARMS });

const usd = (value: number): string => value < 0.005 ? '< 0.01' : value.toFixed(2);

function table(columns: ReadonlyArray<readonly [title: string, usage: MonthUsage]>): void {
  const costs = columns.map(([, usage]) => costOf(usage));
  const row = (cells: readonly string[]): void => console.log(`| ${cells.join(' | ')} |`);
  row(['a month, in USD', ...columns.map(([title]) => title)]);
  row(Array.from({ length: columns.length + 1 }, () => '---'));
  costs[0].lines.forEach(({ what }, index) => row([what, ...costs.map(({ lines }) => usd(lines[index].usd))]));
  row(['**together**', ...costs.map(cost => `**${usd(cost.usd)}**`)]);
}

async function main(): Promise<void> {
  const [sweeps, hours] = [numberOption('sweeps', 3), numberOption('hours', HOURS_PER_MONTH)];
  const columns: Array<readonly [string, MonthUsage]> = [];
  for (const [title, troubles] of [['nothing wrong', NOTHING_WRONG], ['some wrong', SOME_WRONG]] as const) {
    const simulated = await month(troubles, hours);
    const sweep = await measure(troubles, sweeps);
    tell(title, simulated, sweep);
    const scaled = (seriesHours: number): number => seriesHours * HOURS_PER_MONTH / hours;
    columns.push([`${title}, every series`, monthly(sweep, scaled(simulated.seriesHoursBefore))]);
    columns.push([title, monthly(sweep, scaled(simulated.seriesHours))]);
  }
  console.log('');
  table(columns);
}

function tell(title: string, { seriesHours, seriesHoursBefore }: Month, { usage, series }: Measured): void {
  console.log(`${title}: ${seriesHours} series-hours, ${seriesHoursBefore} if every series were published`);
  const values = Object.entries({ ...usage, series }).map(([key, value]) => `${key} ${Number(value.toFixed(2))}`);
  console.log(`  a sweep of the shipped bundle: ${values.join(', ')}`);
}

main().catch(error => {
  console.error(error);
  process.exitCode = 1;
});

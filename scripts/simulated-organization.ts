/**
 * Runs the hub of a sample organization: its synthesized state machine in an interpreter, and the shipped bundle in
 * processes that play Lambda. They reach AWS over the wire, which doubles play.
 */
import { resolve } from 'node:path';
import type { RunOutcome } from './expected-run';
import { BUCKET, type DoublesAddress, type DoublesReport, HUB_KEY } from './organization-doubles';
import type { SampleHub } from './sample-hub';
import { HUB } from './sample-organization';
import {
  FINGERPRINT_VARIABLE, HYGIENE_VARIABLE, LEDGER_TABLE_VARIABLE, Metric, RESTORE_FUNCTION_VARIABLE,
} from '../src/contract/names';
import { BUCKET_VARIABLE } from '../src/contract/organization';
import { deployedWith } from '../test/support/deployment';
import { LambdaPool } from '../test/support/lambda-pool';
import { LambdaProcess } from '../test/support/lambda-process';
import { type Execution, runStateMachine } from '../test/support/state-machine';

const HANDLER = resolve(__dirname, '..', 'assets', 'handler');

/** The doubles, in this process or in another one. */
export interface Doubles {
  readonly address: DoublesAddress;
  readList(key: string): Promise<string>;
  report(): Promise<DoublesReport>;
}

export interface SimulationOptions {
  readonly hub: SampleHub;
  readonly doubles: Doubles;
  /** The number of processes of the function at a time. */
  readonly processes: number;
  /** Performs the waits of the state machine. Absent: nothing waits. */
  readonly wait?: (seconds: number) => Promise<unknown>;
}

/** The resources that a run has used. */
export interface RunMeasurement {
  readonly seconds: number;
  /** The durations of the invocations, as Lambda charges them: with the start of the process, if it is a new one. */
  readonly durationsMillis: readonly number[];
  /** The time for which the invocations have used the processor. */
  readonly cpuMillis: number;
  /** The number of processes so far, and the largest memory of one of them. */
  readonly processes: number;
  readonly peakRssBytes: number;
  readonly logBytes: number;
  readonly execution: Execution;
  readonly doubles: DoublesReport;
}

export interface SimulatedRun {
  readonly outcome: RunOutcome;
  readonly measured: RunMeasurement;
}

type LogLine = Readonly<Record<string, unknown>>;

export class SimulatedOrganization {
  private readonly pool: LambdaPool;
  private readonly printed = new Map<LambdaProcess, number>();
  private readonly startMillis = new Map<LambdaProcess, number>();
  private executions = 0;
  private peakRssBytes = 0;

  constructor(private readonly options: SimulationOptions) {
    this.pool = new LambdaPool(options.processes, () => this.started());
  }

  /** Runs the state machine, as the schedule does. */
  public async run(): Promise<SimulatedRun> {
    const { hub: { definition }, doubles, wait } = this.options;
    await doubles.report();
    const used = { durationsMillis: [] as number[], cpuMillis: 0 };
    const started = performance.now();
    const execution = await runStateMachine(definition, {
      input: { scheduledTime: new Date().toISOString() }, wait,
      executionId: `arn:aws:states:${HUB.region}:${HUB.account}:execution:hygiene:${++this.executions}`,
      getObject: (_, key) => doubles.readList(key),
      invoke: (_, payload) => this.pool.use(lambda => this.invoke(lambda, payload, used)),
    });
    const seconds = (performance.now() - started) / 1000;
    const { text, lines } = this.newLog();
    const report = await doubles.report();
    return {
      outcome: outcomeOf(execution, lines, report),
      measured: {
        seconds, ...used, processes: this.pool.all.length, peakRssBytes: this.peakRssBytes,
        logBytes: Buffer.byteLength(text), execution, doubles: report,
      },
    };
  }

  public async stop(): Promise<void> {
    await Promise.all(this.pool.all.map(lambda => lambda.stop()));
  }

  private async started(): Promise<LambdaProcess> {
    const { hub: { configuration }, doubles: { address } } = this.options;
    const began = performance.now();
    const lambda = await LambdaProcess.start({
      handlerFolder: HANDLER, handlerName: 'organization', functionName: 'hub', endpointUrl: address.url,
      dynamoDbUrl: address.dynamoDbUrl,
      env: {
        AWS_ACCESS_KEY_ID: HUB_KEY, [LEDGER_TABLE_VARIABLE]: address.tableName, [BUCKET_VARIABLE]: BUCKET,
        [HYGIENE_VARIABLE]: String(configuration.hygiene), [RESTORE_FUNCTION_VARIABLE]: 'restore',
        [FINGERPRINT_VARIABLE]: deployedWith(configuration)[FINGERPRINT_VARIABLE],
      },
    });
    this.startMillis.set(lambda, performance.now() - began);
    return lambda;
  }

  private async invoke(
    lambda: LambdaProcess, payload: unknown, used: { durationsMillis: number[]; cpuMillis: number },
  ): Promise<unknown> {
    const { result, error, durationMillis, cpuMillis, peakRssBytes } =
      await lambda.invoke(payload, this.options.hub.timeoutMillis);
    used.durationsMillis.push(durationMillis + (this.startMillis.get(lambda) ?? 0));
    this.startMillis.delete(lambda);
    used.cpuMillis += cpuMillis;
    this.peakRssBytes = Math.max(this.peakRssBytes, peakRssBytes);
    if (error) throw Object.assign(new Error(error.message), { name: error.name });
    return result;
  }

  /** Returns what the processes have printed since the last run. */
  private newLog(): { readonly text: string; readonly lines: readonly LogLine[] } {
    const text = this.pool.all.map(lambda => {
      const { printed } = lambda;
      const from = this.printed.get(lambda) ?? 0;
      this.printed.set(lambda, printed.length);
      return printed.slice(from);
    }).join('');
    return { text, lines: text.split('\n').filter(line => line !== '').map(line => JSON.parse(line) as LogLine) };
  }
}

function outcomeOf(
  { status, error }: Execution, lines: readonly LogLine[],
  { totals, revoked, lostRules, events, calls }: DoublesReport,
): RunOutcome {
  const about = (event: string): LogLine[] => lines.filter(line => line.event === event);
  const each = (texts: string[]): string[] => [...new Set(texts)];
  const throttled = (action: string): number =>
    calls.filter(counted => counted.action === action).reduce((sum, counted) => sum + counted.throttled, 0);
  return {
    status, error, totals, revoked, lostRules,
    vpcs: totals[Metric.VPCS_SCANNED] + totals[Metric.VPCS_COVERED_BY_PROOF],
    failedAccounts: each(about('AccountFailed').map(({ account }) => String(account))),
    failedRegions: each(about('RegionFailed').map(({ account, region }) => `${String(account)} ${String(region)}`)),
    regionsLeftOut: each(about('RegionsLeftOut').flatMap(({ account, regions }) =>
      (regions as string[]).map(region => `${String(account)} ${region}`))),
    // A text says why each is left out.
    accountsLeftOut: each(about('AccountsLeftOut').flatMap(({ accounts }) => accounts as string[]))
      .map(text => text.split(':')[0]),
    events,
    throttledAssumptions: throttled('AssumeRole'),
    throttledReads: throttled('DescribeSecurityGroupRules'),
  };
}

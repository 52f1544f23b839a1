/** Starts executions of the hub's state machine, and reads how they went. */
import {
  DescribeExecutionCommand, DescribeMapRunCommand, type ExecutionStatus, ListExecutionsCommand, ListMapRunsCommand,
  ListStateMachinesCommand, SFNClient, StartExecutionCommand, StopExecutionCommand,
} from '@aws-sdk/client-sfn';
import { CREDENTIALS } from './local-aws';
import { eventually } from './steps';

export interface Ended {
  readonly status: ExecutionStatus;
  readonly error?: string;
  readonly cause?: string;
}

/** A distributed map of an execution, with the number of its children. */
export interface MapRun {
  readonly label: string;
  readonly children: number;
  readonly failed: number;
}

/** An execution takes seconds. This is for a slow machine. */
const LONGEST_SECONDS = 120;

export class Executions {
  private readonly states: SFNClient;

  constructor(endpoint: string, private readonly stateMachineArn: string) {
    const { AWS_ACCESS_KEY_ID: accessKeyId, AWS_SECRET_ACCESS_KEY: secretAccessKey, AWS_REGION: region } = CREDENTIALS;
    this.states = new SFNClient({ endpoint, region, credentials: { accessKeyId, secretAccessKey } });
  }

  /** @returns the ARNs of all state machines of the account */
  public async stateMachines(): Promise<string[]> {
    const { stateMachines = [] } = await this.states.send(new ListStateMachinesCommand({}));
    return stateMachines.map(({ stateMachineArn = '' }) => stateMachineArn);
  }

  /** @returns the ARNs of all executions of the state machine, without the children of maps */
  public async all(): Promise<string[]> {
    const { executions = [] } = await this.states.send(
      new ListExecutionsCommand({ stateMachineArn: this.stateMachineArn }),
    );
    return executions.map(({ executionArn = '' }) => executionArn);
  }

  /**
   * @param input JSON; absent if a person starts the execution
   * @returns the ARN of the execution
   */
  public async start(input?: string): Promise<string> {
    const { executionArn = '' } = await this.states.send(
      new StartExecutionCommand({ stateMachineArn: this.stateMachineArn, input }),
    );
    return executionArn;
  }

  public async stop(executionArn: string): Promise<void> {
    await this.states.send(new StopExecutionCommand({ executionArn }));
  }

  /** Waits until an execution has ended. */
  public async ended(executionArn: string): Promise<Ended> {
    return eventually(`the end of ${executionArn}`, LONGEST_SECONDS, async () => {
      const { status, error, cause } = await this.states.send(new DescribeExecutionCommand({ executionArn }));
      return status === undefined || status === 'RUNNING' ? undefined : { status, error, cause };
    });
  }

  public async run(input?: string): Promise<Ended> {
    return this.ended(await this.start(input));
  }

  /** @returns the distributed maps of an execution, in the order in which they began */
  public async mapRuns(executionArn: string): Promise<MapRun[]> {
    const { mapRuns = [] } = await this.states.send(new ListMapRunsCommand({ executionArn }));
    return Promise.all(mapRuns.map(async ({ mapRunArn = '' }) => {
      const { executionCounts } = await this.states.send(new DescribeMapRunCommand({ mapRunArn }));
      // The ARN has the label of the map after the name of the state machine.
      const [, label = ''] = /\/([^:]+):/.exec(mapRunArn) ?? [];
      return { label, children: executionCounts?.total ?? 0, failed: executionCounts?.failed ?? 0 };
    }));
  }
}

/**
 * Step Functions' StartExecution and DescribeExecution. An execution runs until a test ends it.
 *
 * @see https://docs.aws.amazon.com/step-functions/latest/apireference/API_StartExecution.html
 * @see https://docs.aws.amazon.com/step-functions/latest/apireference/API_DescribeExecution.html
 */
import { randomUUID } from 'node:crypto';
import type { Answer } from '../ec2-endpoint/protocols';
import { type Parameters, text } from '../endpoint/parameters';
import type { Place } from '../endpoint/place';
import { ServiceError } from '../endpoint/service-error';

export interface RecordedExecution {
  readonly executionArn: string;
  readonly stateMachineArn: string;
  readonly name: string;
  /** JSON. */
  readonly input: string;
  readonly startDate: Date;
  stopDate?: Date;
  status: 'RUNNING' | 'SUCCEEDED' | 'FAILED' | 'TIMED_OUT' | 'ABORTED' | 'PENDING_REDRIVE';
  /** JSON. */
  output?: string;
  error?: string;
  cause?: string;
}

/** The most characters of an input. */
const INPUT_CHARACTERS = 262_144;

const NAME = /^[^\s<>{}[\]?*"#%\\^|~`$&,;:/\x00-\x1f\x7f-\x9f]{1,80}$/;

export class Executions {
  /** The executions in the order in which they were started. */
  public readonly all: RecordedExecution[] = [];

  private readonly stateMachines = new Set<string>();

  /** @returns the ARN of the state machine */
  public addStateMachine(name: string, { account, region }: Place): string {
    const arn = `arn:aws:states:${region}:${account}:stateMachine:${name}`;
    this.stateMachines.add(arn);
    return arn;
  }

  /** Ends an execution. @throws when there is no such execution */
  public end(
    executionArn: string,
    outcome: Partial<Pick<RecordedExecution, 'output' | 'error' | 'cause'>> & Pick<RecordedExecution, 'status'>,
  ): void {
    const execution = this.all.find(each => each.executionArn === executionArn);
    if (!execution) throw new Error(`There is no execution ${executionArn}`);
    Object.assign(execution, { stopDate: new Date(), ...outcome });
  }

  /** A second start by the same name and input answers with the execution, as long as it runs. */
  public start({ stateMachineArn, name, input }: Parameters, account: string): Answer {
    const arn = requireArn(stateMachineArn, 'stateMachine');
    requireOwn(arn, account, 'states:StartExecution');
    if (!this.stateMachines.has(arn)) {
      throw new ServiceError('StateMachineDoesNotExist', `State Machine Does Not Exist: '${arn}'`);
    }
    const asked = { name: nameOf(name), input: inputOf(input) };
    const executionArn = `${arn.replace(':stateMachine:', ':execution:')}:${asked.name}`;
    const before = this.all.find(each => each.executionArn === executionArn);
    if (before && (before.status !== 'RUNNING' || before.input !== asked.input)) {
      throw new ServiceError('ExecutionAlreadyExists', `Execution Already Exists: '${executionArn}'`);
    }
    const execution = before ?? {
      ...asked, executionArn, stateMachineArn: arn, startDate: new Date(), status: 'RUNNING' as const,
    };
    if (!before) this.all.push(execution);
    return { executionArn, startDate: seconds(execution.startDate) };
  }

  public describe({ executionArn }: Parameters, account: string): Answer {
    const arn = requireArn(executionArn, 'execution');
    requireOwn(arn, account, 'states:DescribeExecution');
    const execution = this.all.find(each => each.executionArn === arn);
    if (!execution) throw new ServiceError('ExecutionDoesNotExist', `Execution Does Not Exist: '${arn}'`);
    const { startDate, stopDate, ...rest } = execution;
    return {
      ...rest, startDate: seconds(startDate), stopDate: stopDate && seconds(stopDate), redriveCount: 0,
      inputDetails: { included: true },
    };
  }
}

function requireArn(value: Parameters[string] | undefined, type: string): string {
  const arn = text(value) ?? '';
  if (new RegExp(`^arn:aws[\\w-]*:states:[\\w-]+:\\d{12}:${type}:\\S+$`).test(arn)) return arn;
  throw new ServiceError('InvalidArn', `Invalid Arn: '${arn}'`);
}

function requireOwn(arn: string, account: string, action: string): void {
  if (arn.split(':')[4] === account) return;
  throw new ServiceError('AccessDeniedException', `User is not authorized to perform: ${action} on resource: ${arn}`);
}

function nameOf(name: Parameters[string] | undefined): string {
  const given = text(name) ?? randomUUID();
  if (NAME.test(given)) return given;
  throw new ServiceError('InvalidName', `Invalid Name: '${given}'`);
}

function inputOf(input: Parameters[string] | undefined): string {
  const given = text(input) ?? '{}';
  try {
    JSON.parse(given);
    if (given.length <= INPUT_CHARACTERS) return given;
  } catch {
    // The input is refused below.
  }
  throw new ServiceError('InvalidExecutionInput', 'Invalid State Machine Execution Input');
}

const seconds = (date: Date): number => date.getTime() / 1000;

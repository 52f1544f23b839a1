/** The bucket from which the state machine reads lists of accounts, and the executions of the state machine. */
import type { Sdk } from './sdk';
import type { AccountLists, Executions } from '../../core/organization-ports';

export function accountLists(sdk: Sdk, client: object, bucket: string): AccountLists {
  const s3 = new sdk.S3Client(client);
  return {
    bucket,
    async put(key, accounts) {
      await s3.send(new sdk.PutObjectCommand({
        Bucket: bucket, Key: key, Body: JSON.stringify(accounts), ContentType: 'application/json',
      }));
    },
  };
}

export function executions(sdk: Sdk, client: object): Executions {
  const states = new sdk.SFNClient(client);
  const start = async (stateMachineArn: string, scheduledTime?: string): Promise<string> => {
    const input = JSON.stringify({ scheduledTime });
    const { executionArn } = await states.send(new sdk.StartExecutionCommand({ stateMachineArn, input }));
    return executionArn ?? '';
  };
  return {
    async isRunning(executionArn) {
      const { status } = await states.send(new sdk.DescribeExecutionCommand({ executionArn }));
      return status === 'RUNNING' || status === 'PENDING_REDRIVE';
    },
    start: stateMachineArn => start(stateMachineArn),
    startAnother: (executionArn, scheduledTime) => start(stateMachineOf(executionArn), scheduledTime),
  };
}

/** The ARN of an execution has the name of its state machine, and then its own. */
const stateMachineOf = (executionArn: string): string =>
  executionArn.replace(':execution:', ':stateMachine:').split(':').slice(0, 7).join(':');

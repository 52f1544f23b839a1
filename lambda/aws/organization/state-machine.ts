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
  return {
    async isRunning(executionArn) {
      const { status } = await states.send(new sdk.DescribeExecutionCommand({ executionArn }));
      return status === 'RUNNING' || status === 'PENDING_REDRIVE';
    },
    async start(stateMachineArn) {
      const { executionArn } = await states.send(new sdk.StartExecutionCommand({ stateMachineArn, input: '{}' }));
      return executionArn ?? '';
    },
  };
}

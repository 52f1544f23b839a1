/** Starts sweeps of everything with Lambda, and reminds of requested ones with SQS. */
import { InvokeCommand, type LambdaClient, SendMessageCommand, type SQSClient } from '../../bundle/sdk';
import { CHANGE_SWEEP_INPUT, SWEEP_REMINDER } from '../../src/contract/names';
import type { FullSweeps } from '../core/ports';

export interface FullSweepsOptions {
  /** The name of the function that sweeps everything. */
  readonly functionName: string;
  /** The URL of the queue of changes. */
  readonly queueUrl: string;
}

export function fullSweeps(
  lambda: LambdaClient, sqs: SQSClient, { functionName, queueUrl }: FullSweepsOptions,
): FullSweeps {
  return {
    start: async () => {
      const payload = Buffer.from(JSON.stringify(CHANGE_SWEEP_INPUT));
      await lambda.send(new InvokeCommand({ FunctionName: functionName, InvocationType: 'Event', Payload: payload }));
    },
    remindIn: async seconds => {
      const body = JSON.stringify(SWEEP_REMINDER);
      await sqs.send(new SendMessageCommand({ QueueUrl: queueUrl, MessageBody: body, DelaySeconds: seconds }));
    },
  };
}

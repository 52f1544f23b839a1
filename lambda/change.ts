/** The Lambda function that changes trigger. It receives batches of the queue of changes. */
import type { Context, SQSBatchResponse } from 'aws-lambda';
import { handleChanges } from './core/changes/handle';
import { changeDependencies, dependenciesOf, invoked } from './dependencies';

export function change(event: unknown, context: Partial<Context> = {}): Promise<SQSBatchResponse> {
  return invoked(context, ({ time, signal, log }) =>
    handleChanges(event, { ...dependenciesOf(context, time, signal, log), ...changeDependencies(signal) }));
}

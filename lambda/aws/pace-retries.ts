/** Makes the SDK's own retries take tokens, too. First attempts have taken theirs before they are sent. */
import type { ServiceInputTypes, ServiceOutputTypes } from '@aws-sdk/client-ec2';
import type { FinalizeRequestMiddleware } from '@smithy/types';
import type { Pacer } from './pacing';
import type { EC2Client } from '../../bundle/sdk';
import { errorFacts } from '../core/errors';

export function paceRetries(client: EC2Client, pacer: Pacer): void {
  const sent = new WeakSet<object>();
  const pacing: FinalizeRequestMiddleware<ServiceInputTypes, ServiceOutputTypes> = (next, context) => async args => {
    const action = (context.commandName ?? '').replace(/Command$/, '');
    if (sent.has(context)) pacer.retried(action);
    sent.add(context);
    try {
      return await next(args);
    } catch (error) {
      if (errorFacts(error).code === 'RequestLimitExceeded') pacer.throttled(action);
      throw error;
    }
  };
  client.middlewareStack.addRelativeTo(pacing, { name: 'pacing', relation: 'after', toMiddleware: 'retryMiddleware' });
}

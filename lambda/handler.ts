/**
 * The Lambda function: custom resource, scheduled job, restore, pause, resume, retry, approve and adopt in one. It
 * passes each invocation to the module for it.
 */
import type { Context } from 'aws-lambda';
import { requireAlias } from './aliases';
import { putResponse } from './aws/response';
import { approve, type ApproveReport } from './core/act/approve';
import { restore, type RestoreReport } from './core/act/restore';
import { retry, type RetryReport } from './core/act/retry';
import { handleCustomResource } from './core/invocation/custom-resource';
import { type Invocation, parseInvocation } from './core/invocation/invocation';
import { adopt, type AdoptAnswer, pause, type PauseAnswer, resume } from './core/pausing';
import { attributes } from './core/report/attributes';
import type { Aggregates } from './core/report/metric-data';
import { runAtDeployment, runByLedger } from './core/run';
import { clock, type Dependencies, dependenciesOf, invoked, type TimeLimits } from './dependencies';

/** The counts of a sweep, the outcomes for the rules of a request, or the answer to pause, resume or adopt. */
type Answer = Aggregates | RestoreReport | RetryReport | ApproveReport | PauseAnswer | AdoptAnswer | undefined;

export function handler(event: unknown, context: Partial<Context> = {}): Promise<Answer> {
  return invoked(context, async ({ time, signal, log }) => {
    const invocation = parseInvocation(event, clock.now());
    requireAlias(invocation.kind, context);
    return answer(invocation, time, dependenciesOf(context, time, signal, log));
  });
}

async function answer(invocation: Invocation, { answerBy }: TimeLimits, dependencies: Dependencies): Promise<Answer> {
  switch (invocation.kind) {
    case 'restore': return restore(invocation.request, dependencies);
    case 'pause': return pause(invocation.request, dependencies);
    case 'resume': return resume(dependencies);
    case 'retry': return retry(invocation.request, dependencies);
    case 'approve': return approve(invocation.request, dependencies);
    case 'adopt': return adopt(dependencies);
    case 'sweep': return (await runByLedger(invocation.request, dependencies))?.counts;
    case 'custom-resource':
      await handleCustomResource(invocation, {
        log: dependencies.log,
        respond: putResponse,
        fingerprint: dependencies.fingerprint,
        run: async deployment => attributes(await runAtDeployment(deployment, dependencies)),
        answerWithinMillis: answerBy - Date.now(),
      });
      return undefined;
  }
}

/** Reads the CloudFormation stacks of security groups. */
import { scanError } from './reading';
import { type ErrorFacts, errorFacts, isDenied, isThrottled, isUnreachable, OUT_OF_TIME } from '../errors';
import { inParallel } from '../lists';
import type { Stack } from '../model/network';
import type { ScanError, StackReading } from '../model/observation';
import type { Stacks } from '../ports';

export interface StacksRead extends StackReading {
  readonly errors: readonly ScanError[];
}

/** CloudFormation documents no limit for DescribeStacks. It throttles early, and deployments need the same calls. */
const STACKS_AT_A_TIME = 5;

/**
 * Reads each stack once.
 *
 * If CloudFormation throttles, does not respond, or time runs out, the stacks that were not asked for count as unread,
 * too. Asking for them would take long, or would slow down a deployment.
 */
export async function readStacks(stackIds: Iterable<string>, port: Stacks): Promise<StacksRead> {
  const asked = new Set(stackIds);
  const stacks = new Map<string, Stack>();
  const gone = new Set<string>();
  const failures = new Map<string, ErrorFacts>();
  let common: ErrorFacts | undefined;
  await inParallel(STACKS_AT_A_TIME, [...asked], async stackId => {
    if (common) return;
    try {
      const stack = await port.stack(stackId);
      if (stack) stacks.set(stackId, stack);
      else gone.add(stackId);
    } catch (error) {
      const facts = errorFacts(error);
      failures.set(stackId, facts);
      if (isAboutEveryStack(facts)) common ??= facts;
    }
  });
  const unread = new Set([...asked].filter(stackId => !stacks.has(stackId) && !gone.has(stackId)));
  return { asked, stacks, unread, errors: errorsOf(failures) };
}

const isAboutEveryStack = (error: ErrorFacts): boolean =>
  isThrottled(error) || isUnreachable(error) || OUT_OF_TIME.has(error.code);

/** Returns one error for each stack, or for a cause that all stacks share. */
function errorsOf(failures: ReadonlyMap<string, ErrorFacts>): ScanError[] {
  const errors = new Map([...failures].map(([stackId, error]) => isAboutEveryStack(error) || isDenied(error)
    ? [error.code, { ...scanError('reading CloudFormation stacks', error), isOnlyDeciding: true }]
    : [stackId, scanError('reading a CloudFormation stack', error, { resourceId: stackId })]));
  return [...errors.values()];
}

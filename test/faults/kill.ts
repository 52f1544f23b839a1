/** Kills the process of a function at one of its calls. */
import type { ArrivalHook, Hook } from '../support/ec2-endpoint';
import type { LambdaProcess } from '../support/lambda-process';
import type { World } from '../wire/world';

/** The process is killed either when a call arrives, before its effect, or after its effect, before the response. */
export const MOMENTS = ['before the effect', 'after the effect'] as const;

/** @param lambda the process; absent: the latest one that sweeps. @returns whether the call was made */
export function killAt(
  world: World, action: string, call: number, moment: typeof MOMENTS[number], lambda?: LambdaProcess,
): () => boolean {
  let count = 0;
  let isKilled = false;
  const kill = async (): Promise<void> => {
    isKilled = true;
    await (lambda ?? world.lambda).stop('SIGKILL');
  };
  const isIt = (): boolean => (count += 1) === call && !isKilled;
  const endpoint = endpointOf(world, action);
  const arrived: ArrivalHook = async () => {
    if (isKilled) return 'drop';
    if (!isIt()) return undefined;
    await kill();
    return 'drop';
  };
  const after: Hook = async () => {
    if (isIt()) await kill();
  };
  if (moment === 'before the effect') endpoint.arrived(action, arrived);
  else endpoint.after(action, after);
  return () => isKilled;
}

/** Returns the double that serves an action. */
export function endpointOf({ dynamoDb, ec2 }: World, action: string): World['ec2'] | World['dynamoDb'] {
  return ['Query', 'GetItem', 'PutItem'].includes(action) ? dynamoDb : ec2;
}

type Counts = Readonly<Record<string, number>>;

/** Returns the number of calls so far, by action. */
export const callsOf = ({ ec2, dynamoDb }: World): Counts =>
  ({ ...ec2.callsByAction(), ...dynamoDb.callsByAction() });

/** Returns the number of calls since an earlier count. */
export function callsSince(world: World, before: Counts): Counts {
  const all = Object.entries(callsOf(world));
  const made = all.map(([action, count]) => [action, count - (before[action] ?? 0)] as const);
  return Object.fromEntries(made.filter(([, count]) => count > 0));
}

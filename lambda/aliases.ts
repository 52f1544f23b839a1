/** The requests that each alias of a function accepts. */
import type { Context } from 'aws-lambda';
import type { Invocation } from './core/invocation/invocation';
import { APPROVE_ALIAS, PAUSE_ALIAS, RESTORE_ALIAS, RESUME_ALIAS, RETRY_ALIAS } from '../src/contract/names';

/** The permission to invoke a function through an alias allows no other requests. */
const KINDS_BY_ALIAS: ReadonlyMap<string | undefined, readonly string[]> = new Map([
  [RESTORE_ALIAS, ['restore']], [PAUSE_ALIAS, ['pause', 'adopt']], [RESUME_ALIAS, ['resume']], [RETRY_ALIAS, ['retry']],
  [APPROVE_ALIAS, ['approve']],
]);

/** @throws when the request is of a kind that the alias does not accept */
export function requireAlias(kind: Invocation['kind'] | 'step', { invokedFunctionArn = '' }: Partial<Context>): void {
  const alias = invokedFunctionArn.split(':')[7];
  const taken = KINDS_BY_ALIAS.get(alias);
  if (taken !== undefined && !taken.includes(kind)) {
    throw new Error(`The alias ${alias} takes requests to ${taken.join(' or to ')} only. Nothing was done`);
  }
}

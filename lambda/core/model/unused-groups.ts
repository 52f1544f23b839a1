/** The use of security groups, as plain data. */
import type { SecurityGroup } from './network';

/**
 * Whether something uses a security group.
 *
 * - `used`: by what, in words that follow `used by`
 * - `unknown`: nothing that was looked at uses it, but something could not be looked at
 * - `unused`: everything was looked at, and nothing uses it
 */
export type GroupUse =
  | { readonly kind: 'used'; readonly by: string }
  | { readonly kind: 'unknown'; readonly notLookedAt: readonly string[] }
  | { readonly kind: 'unused' };

/** A security group in scope, and its use. */
export interface GroupWithUse {
  readonly group: SecurityGroup;
  readonly use: GroupUse;
}

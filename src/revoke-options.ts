/**
 * Options for `StaleRules.revoke` and `FlaggedAction.revoke`.
 */
export interface RevokeOptions {
  /**
   * Whether rules may also be revoked outside the `revocationWindow`.
   *
   * Everything else that keeps a rule still keeps it.
   *
   * @default false
   */
  readonly anytime?: boolean;
}

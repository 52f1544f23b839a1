/**
 * Options for the accounts to select.
 */
export interface HygieneAccountsOptions {
  /**
   * The ids of accounts and organizational units (OUs) that are left out. An OU leaves out every account in it, and in
   * the OUs below it.
   *
   * @default - none
   */
  readonly except?: string[];
}

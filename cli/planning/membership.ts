/**
 * Whether the hub of an organization sweeps an account, and whether it may revoke in it, as far as its configuration
 * says so. Nobody but the hub can ask AWS Organizations which accounts an organizational unit has.
 */
import { resolveAccounts } from '../../lambda/core/organization/accounts';
import type { Directory } from '../../lambda/core/organization-ports';
import type { AccountsConfiguration, OrganizationConfiguration } from '../../src/contract/organization';

/** `unknown`: it depends on an organizational unit. */
export type Selected = 'yes' | 'no' | 'unknown';

export interface Membership {
  readonly isSwept: Selected;
  readonly mayRevoke: Selected;
}

export async function membershipOf(
  { accounts, revokeIn }: Pick<OrganizationConfiguration, 'accounts' | 'revokeIn'>, account: string,
): Promise<Membership> {
  const isSwept = await selected(accounts, account);
  const isRevoking = revokeIn === undefined ? 'no' : await selected(revokeIn, account);
  const both = [isSwept, isRevoking];
  return { isSwept, mayRevoke: both.includes('no') ? 'no' : both.includes('unknown') ? 'unknown' : 'yes' };
}

/**
 * It is known if it makes no difference which organizational units have the account: none but those that select it, or
 * none but those that are excepted.
 */
async function selected(selection: AccountsConfiguration, account: string): Promise<Selected> {
  const { ids = [], except = [] } = selection;
  const chosen = ids.filter(id => !except.includes(id));
  const [most, least] = await Promise.all([chosen, except].map(async units => {
    const { accounts } = await resolveAccounts({ accounts: selection }, directoryIn(units, account));
    return accounts.length > 0;
  }));
  return most === least ? most ? 'yes' : 'no' : 'unknown';
}

/** An organization of one account, which is in these units and in the root. */
function directoryIn(units: readonly string[], account: string): Directory {
  return {
    accounts: async () => [{ id: account, state: 'ACTIVE' }],
    accountsBelow: async unit => unit.startsWith('r-') || units.includes(unit) ? [account] : [],
    enabledRegions: async () => [],
  };
}

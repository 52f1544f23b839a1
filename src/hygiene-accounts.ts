import { ACCOUNT_ID, AccountsConfiguration, ORGANIZATIONAL_UNIT_ID } from './contract/organization';
import { HygieneAccountsOptions } from './hygiene-accounts-options';
import { readableAccounts } from './validation/declared';
import { CHECKED_ELSEWHERE, Kinds, requireKinds } from './validation/kinds';
import { shown } from './validation/words';

/**
 * A selection of accounts of an organization.
 *
 * Each run resolves it anew, so that it follows accounts that are created, moved or closed. Ids must be known at
 * synthesis.
 *
 * @see https://docs.aws.amazon.com/organizations/latest/userguide/orgs_introduction.html
 */
export class HygieneAccounts {
  /**
   * The accounts with the given ids.
   *
   * @param accountIds The ids of the accounts, at least one: texts of 12 digits.
   * @param options Which accounts are left out, such as those of an organizational unit.
   * @throws when an id is wrong or known at deployment only, or an option is unknown or wrong
   */
  public static list(accountIds: string[], options: HygieneAccountsOptions = {}): HygieneAccounts {
    const method = 'HygieneAccounts.list';
    requireOneList(method, 'list', accountIds, options);
    requireKinds(method, options, OPTIONS);
    return new HygieneAccounts(
      readableAccounts(method, { kind: 'list', ids: accountIds, except: options.except }, 'accountIds'),
    );
  }

  /**
   * Every account in the given organizational units (OUs), and in the OUs below them.
   *
   * @param organizationalUnitIds The ids of the OUs or of the root, at least one, such as `ou-a1b2-c3d4e5f6`.
   * @param options Which accounts are left out.
   * @throws when an id is wrong or known at deployment only, or an option is unknown or wrong
   */
  public static organizationalUnits(
    organizationalUnitIds: string[], options: HygieneAccountsOptions = {},
  ): HygieneAccounts {
    const method = 'HygieneAccounts.organizationalUnits';
    requireOneList(method, 'organizationalUnits', organizationalUnitIds, options);
    requireKinds(method, options, OPTIONS);
    const choice = { kind: 'organizationalUnits', ids: organizationalUnitIds, except: options.except } as const;
    return new HygieneAccounts(readableAccounts(method, choice, 'organizationalUnitIds'));
  }

  /**
   * Every account of the organization, including its management account.
   *
   * @param options Which accounts are left out.
   * @throws when an option is unknown or wrong
   */
  public static all(options: HygieneAccountsOptions = {}): HygieneAccounts {
    const method = 'HygieneAccounts.all';
    requireKinds(method, options, OPTIONS);
    return new HygieneAccounts(readableAccounts(method, { kind: 'all', except: options.except }));
  }

  private constructor(
    /**
     * The selection in the form that the handler reads.
     *
     * @internal
     */
    public readonly _configuration: AccountsConfiguration,
  ) {}
}

const OPTIONS: Kinds<HygieneAccountsOptions> = { except: CHECKED_ELSEWHERE };

/** JavaScript lets anyone give one id as each parameter. */
function requireOneList(method: string, name: string, ids: unknown, options: unknown): void {
  if (typeof options !== 'string' || !(ACCOUNT_ID.test(options) || ORGANIZATIONAL_UNIT_ID.test(options))) return;
  const all = [ids, options].flat().map(each => shown(each)).join(', ');
  throw new Error(`${method}: got ${shown(options)} as options; put all ids into one list: ${name}([${all}])`);
}

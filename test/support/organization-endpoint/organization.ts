/** An organization: accounts in a tree of organizational units, which a test may change at any time. */

/** @see https://docs.aws.amazon.com/organizations/latest/userguide/orgs_manage_accounts_account_state.html */
export type AccountState = 'ACTIVE' | 'CLOSED' | 'PENDING_ACTIVATION' | 'PENDING_CLOSURE' | 'SUSPENDED';

export interface OrganizationAccount {
  readonly id: string;
  name: string;
  /** The root or an organizational unit. */
  parentId: string;
  state: AccountState;
}

export interface OrganizationalUnit {
  readonly id: string;
  readonly name: string;
  readonly parentId: string;
}

export class Organization {
  public readonly id = 'o-exampleorgid';
  public readonly rootId = 'r-exam';
  public readonly accounts = new Map<string, OrganizationAccount>();
  public readonly units = new Map<string, OrganizationalUnit>();

  constructor(public readonly managementAccount: string) {
    this.addAccount(managementAccount, { name: 'management' });
  }

  /** @returns the id of the unit */
  public addUnit(name: string, parentId = this.rootId): string {
    const id = `ou-exam-${(this.units.size + 1).toString().padStart(8, '0')}`;
    this.units.set(id, { id, name, parentId: this.requireParent(parentId) });
    return id;
  }

  /** Adds an active account at the root, unless the test says otherwise. */
  public addAccount(id: string, account: Partial<Omit<OrganizationAccount, 'id'>> = {}): OrganizationAccount {
    const added = { name: `account-${id}`, state: 'ACTIVE' as const, parentId: this.rootId, ...account, id };
    this.requireParent(added.parentId);
    this.accounts.set(id, added);
    return added;
  }

  public moveAccount(id: string, parentId: string): void {
    this.requireAccount(id).parentId = this.requireParent(parentId);
  }

  /** Closes an account or suspends it. Its roles and sessions cannot be used from then on. */
  public closeAccount(id: string, state: Exclude<AccountState, 'ACTIVE'> = 'CLOSED'): void {
    this.requireAccount(id).state = state;
  }

  /** Makes an account leave the organization. Its roles stay. */
  public removeAccount(id: string): void {
    this.accounts.delete(this.requireAccount(id).id);
  }

  /** Whether an account cannot be used. */
  public isClosed(id: string): boolean {
    return (this.accounts.get(id)?.state ?? 'ACTIVE') !== 'ACTIVE';
  }

  public hasParent(id: string): boolean {
    return id === this.rootId || this.units.has(id);
  }

  private requireParent(id: string): string {
    if (!this.hasParent(id)) throw new Error(`The organization has no root or organizational unit ${id}`);
    return id;
  }

  private requireAccount(id: string): OrganizationAccount {
    const account = this.accounts.get(id);
    if (!account) throw new Error(`The organization has no account ${id}`);
    return account;
  }
}

/**
 * Resolves which accounts a run sweeps, and in which of them rules may be revoked. A membership that cannot be read
 * never lets a rule be revoked.
 */
import { ACCOUNT_ID, type AccountsConfiguration, type OrganizationConfiguration } from '../../../src/contract/organization';
import { errorFacts } from '../errors';
import type { ScanError } from '../model/observation';
import type { AccountInRun } from '../model/organization';
import type { Directory, KnownAccount } from '../organization-ports';

export interface ResolvedAccounts {
  readonly accounts: readonly AccountInRun[];
  /** The things that could not be read. */
  readonly unread: readonly ScanError[];
  /** The organizational units of `accounts` that could not be read, so that accounts may be missing. */
  readonly missing: readonly string[];
  /** The accounts that were selected and are left out, with the reason. */
  readonly leftOut: readonly string[];
}

export async function resolveAccounts(
  { accounts, revokeIn }: Pick<OrganizationConfiguration, 'accounts' | 'revokeIn'>, directory: Directory,
): Promise<ResolvedAccounts> {
  const reading = new Reading(directory);
  const known = await reading.known();
  const swept = await select(accounts, known, reading);
  const revoking = revokeIn && await select(revokeIn, known, reading);
  const byId = new Map(known?.map(each => [each.id, each]));
  const ids = [...swept.ids].filter(id => !swept.excepted.has(id)).sort();
  const isIn = (id: string): boolean => known === undefined || byId.get(id)?.state === 'ACTIVE';
  const mayRevoke = (id: string): boolean =>
    // Whether an account is excepted, active or in the organization at all has to be known.
    known !== undefined && !swept.isDoubtful && revoking !== undefined && !revoking.isDoubtful
      && revoking.ids.has(id) && !revoking.excepted.has(id);
  const isInDoubt = revoking !== undefined
    && (known === undefined || swept.isDoubtful || revoking.isDoubtful || revoking.unread.length > 0);
  return {
    accounts: ids.filter(isIn).map(account => ({
      account, name: byId.get(account)?.name,
      ...mayRevoke(account) ? { mayRevoke: true as const } : isInDoubt && { isInDoubt: true as const },
    })),
    unread: reading.unread, missing: swept.unread,
    leftOut: ids.filter(id => !isIn(id)).map(id => `${id}: ${stateOf(byId.get(id))}`),
  };
}

const stateOf = (known: KnownAccount | undefined): string =>
  known === undefined ? 'not in the organization' : `its state is ${known.state}`;

interface Selected {
  readonly ids: ReadonlySet<string>;
  readonly excepted: ReadonlySet<string>;
  /** The organizational units that could not be read. */
  readonly unread: readonly string[];
  /** Whether an exception could not be read, so that any account may be excepted. */
  readonly isDoubtful: boolean;
}

async function select(
  { kind, ids = [], except = [] }: AccountsConfiguration, known: readonly KnownAccount[] | undefined, reading: Reading,
): Promise<Selected> {
  const units = await below(kind === 'organizationalUnits' ? ids : [], reading);
  const exceptedUnits = await below(except.filter(id => !ACCOUNT_ID.test(id)), reading);
  return {
    ids: new Set(kind === 'list' ? ids : kind === 'all' ? known?.map(({ id }) => id) : units.accounts),
    excepted: new Set([...except.filter(id => ACCOUNT_ID.test(id)), ...exceptedUnits.accounts]),
    unread: units.unread,
    isDoubtful: exceptedUnits.unread.length > 0,
  };
}

interface Below {
  readonly accounts: readonly string[];
  readonly unread: readonly string[];
}

/** Reads one unit after the other, because AWS Organizations throttles early. */
async function below(unitIds: readonly string[], reading: Reading): Promise<Below> {
  const accounts: string[] = [];
  const unread: string[] = [];
  for (const unitId of unitIds) {
    const found = await reading.below(unitId);
    if (found === undefined) unread.push(unitId);
    else accounts.push(...found);
  }
  return { accounts, unread };
}

/** Reads each list once, and collects what could not be read. */
class Reading {
  readonly unread: ScanError[] = [];
  private readonly units = new Map<string, Promise<string[] | undefined>>();

  constructor(private readonly directory: Directory) {}

  known(): Promise<KnownAccount[] | undefined> {
    return this.tried('listing the accounts of the organization', undefined, () => this.directory.accounts());
  }

  below(unitId: string): Promise<string[] | undefined> {
    const reading = this.units.get(unitId)
      ?? this.tried('listing the accounts of an organizational unit', unitId, () => this.directory.accountsBelow(unitId));
    this.units.set(unitId, reading);
    return reading;
  }

  private async tried<T>(
    doing: string, resourceId: string | undefined, read: () => Promise<T>,
  ): Promise<T | undefined> {
    try {
      return await read();
    } catch (error) {
      this.unread.push({ doing, resourceId, error: errorFacts(error) });
      return undefined;
    }
  }
}

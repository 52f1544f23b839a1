/**
 * Reads accounts from AWS Organizations, and Regions from AWS Account Management.
 *
 * A page of accounts may be empty although more follow, so a list ends only where there is no token.
 *
 * @see https://docs.aws.amazon.com/organizations/latest/APIReference/API_ListAccounts.html
 */
import type { Sdk } from './sdk';
import { UnusableAnswer } from '../../core/errors';
import type { Directory, KnownAccount } from '../../core/organization-ports';

/** The largest page size of AWS Account Management. */
const REGIONS_PAGE_SIZE = 50;

/** The states of Regions that can be used. */
const ENABLED = ['ENABLED', 'ENABLED_BY_DEFAULT'] as const;

export interface Caller {
  /** The account of the caller, which must not name itself to AWS Account Management. */
  readonly ownAccount?: string;
  readonly abortSignal?: AbortSignal;
}

export function organizationsDirectory(sdk: Sdk, client: object, { ownAccount, abortSignal }: Caller): Directory {
  const organizations = new sdk.OrganizationsClient(client);
  const management = new sdk.AccountClient(client);
  const options = { abortSignal };
  const accountsOf = (parent: string): Promise<string[]> => pages(async NextToken => {
    const command = new sdk.ListAccountsForParentCommand({ ParentId: parent, NextToken });
    const { Accounts, NextToken: next } = await organizations.send(command, options);
    return [named(Accounts, 'ListAccountsForParent').map(({ id }) => id), next];
  });
  const unitsOf = (parent: string): Promise<string[]> => pages(async NextToken => {
    const command = new sdk.ListOrganizationalUnitsForParentCommand({ ParentId: parent, NextToken });
    const { OrganizationalUnits, NextToken: next } = await organizations.send(command, options);
    return [named(OrganizationalUnits, 'ListOrganizationalUnitsForParent').map(({ id }) => id), next];
  });
  return {
    accounts: () => pages(async NextToken => {
      const command = new sdk.ListAccountsCommand({ NextToken });
      const { Accounts, NextToken: next } = await organizations.send(command, options);
      return [named(Accounts, 'ListAccounts').map(knownAccount), next];
    }),
    async accountsBelow(unitId) {
      const all: string[] = [];
      // One unit after the other, because AWS Organizations throttles early.
      for (const units = [unitId]; units.length > 0;) {
        const unit = units.shift() as string;
        all.push(...await accountsOf(unit));
        units.push(...await unitsOf(unit));
      }
      return all;
    },
    enabledRegions: account => pages(async NextToken => {
      const command = new sdk.ListRegionsCommand({
        AccountId: account === ownAccount ? undefined : account, RegionOptStatusContains: [...ENABLED],
        MaxResults: REGIONS_PAGE_SIZE, NextToken,
      });
      const { Regions, NextToken: next } = await management.send(command, options);
      if (Regions === undefined) throw new UnusableAnswer('ListRegions returned no list of Regions', []);
      return [Regions.flatMap(({ RegionName, RegionOptStatus }) =>
        RegionName !== undefined && ENABLED.some(each => each === RegionOptStatus) ? [RegionName] : []), next];
    }),
  };
}

type Page<T> = readonly [items: readonly T[], next: string | undefined];

async function pages<T>(read: (token: string | undefined) => Promise<Page<T>>): Promise<T[]> {
  const all: T[] = [];
  let token: string | undefined;
  do {
    const [items, next]: Page<T> = await read(token);
    all.push(...items);
    token = next;
  } while (token);
  return all;
}

interface Named {
  readonly Id?: string;
  readonly Name?: string;
  readonly State?: string;
  readonly Status?: string;
}

/** @throws when the list is missing, or an item of it has no id */
function named(list: readonly Named[] | undefined, action: string): Array<Named & { readonly id: string }> {
  if (list === undefined) throw new UnusableAnswer(`${action} returned no list`, []);
  return list.map(each => {
    if (!each.Id) throw new UnusableAnswer(`${action} returned an item without an id`, []);
    return { ...each, id: each.Id };
  });
}

/** `State` replaces `Status`, which AWS retires. */
const knownAccount = ({ id, Name: name, State, Status }: Named & { readonly id: string }): KnownAccount =>
  ({ id, name, state: State ?? Status ?? 'UNKNOWN' });

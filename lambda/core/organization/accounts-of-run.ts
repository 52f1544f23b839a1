/** Reads the accounts of a run from the items that list them. */
import type { AccountInRun, OrganizationRun } from '../model/organization';
import type { ListedAccount, OrganizationLedger } from '../organization-ports';

/** @throws when the ledger cannot be read */
export async function accountsOfRun(
  { runId, parts }: Pick<OrganizationRun, 'runId' | 'parts'>, ledger: Pick<OrganizationLedger, 'accounts'>,
): Promise<Array<AccountInRun & ListedAccount>> {
  const items = await Promise.all(Array.from({ length: parts }, (_, part) => ledger.accounts(part)));
  return items.flatMap((item, part) =>
    item?.runId === runId ? item.accounts.map(account => ({ ...account, part })) : []);
}

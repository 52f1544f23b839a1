/**
 * DescribeManagedPrefixLists and GetManagedPrefixListEntries.
 *
 * @see https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DescribeManagedPrefixLists.html
 * @see https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_GetManagedPrefixListEntries.html
 */
import { number, type Parameters, text, texts } from '../../endpoint/parameters';
import { ServiceError } from '../../endpoint/service-error';
import { invalidValue, missing } from '../errors';
import { applyFilters, page } from '../filters';
import type { Network, PrefixList, PrefixListEntry } from '../network';
import type { Action } from './context';
import { tagSet } from './tags';

const PAGE_RANGE = [1, 100] as const;

export const describeManagedPrefixLists: Action = (parameters, { network, paging }) => {
  const ids = texts(parameters.PrefixListId);
  for (const id of ids) requirePrefixList(network, id);
  const visible = [...network.prefixLists.values()].filter(list => isVisible(list, network));
  const all = visible.filter(({ prefixListId }) => ids.length === 0 || ids.includes(prefixListId));
  const found = applyFilters(all, parameters, {
    'owner-id': ({ ownerId }) => [ownerId],
    'prefix-list-id': ({ prefixListId }) => [prefixListId],
    'prefix-list-name': ({ prefixListName }) => [prefixListName],
  });
  const { items, nextToken } = page('DescribeManagedPrefixLists', found, parameters, paging, PAGE_RANGE);
  return {
    prefixListSet: items.map(({ sharedWith: _, entries, earlier, tags, ...shown }) => ({
      ...shown,
      prefixListArn: arnOf(shown, network),
      tagSet: tagSet(tags),
    })),
    nextToken,
  };
};

export const getManagedPrefixListEntries: Action = (parameters, { network, paging }) => {
  const id = text(parameters.PrefixListId);
  if (id === undefined) throw missing('PrefixListId');
  const entries = entriesOf(requirePrefixList(network, id), parameters);
  const { items, nextToken } = page(`GetManagedPrefixListEntries ${id}`, entries, parameters, paging, PAGE_RANGE);
  return { entrySet: items.map(entry => ({ ...entry })), nextToken };
};

function entriesOf(list: PrefixList, { TargetVersion }: Parameters): PrefixListEntry[] {
  const wanted = number(TargetVersion) ?? list.version;
  const entries = wanted === list.version ? list.entries : list.earlier.get(wanted ?? 0);
  if (entries === undefined) throw invalidValue('TargetVersion', wanted, 'The prefix list has no such version.');
  return entries;
}

/** An account sees its own lists, those of AWS, and those that other accounts share with it. */
const isVisible = ({ ownerId, sharedWith }: PrefixList, { accountId }: Network): boolean =>
  ownerId === accountId || ownerId === 'AWS' || sharedWith.includes(accountId);

const arnOf = ({ prefixListId, ownerId }: Pick<PrefixList, 'prefixListId' | 'ownerId'>, { region }: Network): string =>
  `arn:aws:ec2:${region}:${ownerId.toLowerCase()}:prefix-list/${prefixListId}`;

function requirePrefixList(network: Network, id: string): PrefixList {
  if (!/^pl-[0-9a-f]{8}([0-9a-f]{9})?$/.test(id)) {
    throw new ServiceError('InvalidPrefixListId.Malformed', `Invalid id: "${id}"`);
  }
  const list = network.prefixLists.get(id);
  if (list && isVisible(list, network)) return list;
  throw new ServiceError('InvalidPrefixListID.NotFound', `The prefix list (${id}) does not exist.`);
}

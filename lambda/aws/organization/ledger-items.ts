/** Decodes the items of an organization, each of which is one attribute of JSON text. */
import type { AccountsEntry, LeaseEntry, OrganizationRun, PlaceEntry } from '../../core/model/organization';
import type { PlaceId } from '../../core/organization-ports';
import { count, flag, listOf, members, name, number, oneOf, optional, recordOf, text, time } from '../item-checks';
import { decodeText, idOf, type Item, TEXT, unreadable } from '../ledger-items';

export const PLACE_PREFIX = 'place-';

/** The id of an account is 12 digits, so an account is no prefix of another one. */
export const placeItemId = ({ account, region }: PlaceId): string =>
  region === undefined ? `${PLACE_PREFIX}${account}` : `${PLACE_PREFIX}${account}-${region}`;

const pass = oneOf('observe', 'revoke');

const RUN = members({
  revision: count, writtenBy: name, runId: name, execution: name, scheduledTime: optional(text), isScheduled: flag,
  startedAt: time, until: time, endedAt: optional(time), digest: text, accounts: count, parts: count,
  unread: listOf(text), leftOut: listOf(text), isPartial: optional(flag),
  unresolvedAt: optional(time), toldOverLimit: optional(count), toldOutsideWindow: optional(count),
  counted: optional(members({ planned: count, due: count, limit: count, isOverLimit: optional(flag) })),
  outcome: optional(members({ failed: flag, message: text })),
});

const ACCOUNTS = members({
  revision: count, writtenBy: name, runId: name,
  accounts: listOf(members({
    account: name, name: optional(text), mayRevoke: optional(flag), isInDoubt: optional(flag),
  })),
});

const PLACE = members({
  revision: count, writtenBy: name, account: name, name: optional(text), region: optional(name), runId: name, at: time,
  mayRevoke: optional(flag), regions: optional(listOf(name)), enteredBy: optional(name),
  disabledRegions: optional(listOf(name)),
  regionsNote: optional(text),
  observed: optional(members({
    counts: recordOf(number), planned: count, due: count, groupIds: listOf(name), errors: listOf(text),
  })),
  revoked: optional(members({ counts: recordOf(number) })),
  news: optional(members({
    counts: recordOf(count),
    first: listOf(members({
      type: text, message: text, securityGroupRuleId: optional(text), resourceId: optional(text),
      restoreCommand: optional(text), approveCommand: optional(text),
    })),
  })),
  failure: optional(members({ code: text, message: text, since: time, pass })),
  toldFailure: optional(time), succeededAt: optional(time), hasFindings: optional(flag),
});

const LEASE = members({ revision: count, writtenBy: name, holder: name, until: time });

const WRITTEN_ANEW = 'Delete the item, and the next run writes it anew';

export const decodeRun = (item: Item): OrganizationRun => decodeText(item, TEXT, RUN, WRITTEN_ANEW);

export const decodeAccounts = (item: Item): AccountsEntry => decodeText(item, TEXT, ACCOUNTS, WRITTEN_ANEW);

export function decodePlace(item: Item): PlaceEntry {
  const entry = decodeText<PlaceEntry>(item, TEXT, PLACE, WRITTEN_ANEW);
  if (placeItemId(entry) === idOf(item)) return entry;
  const other = entry.region === undefined ? entry.account : `${entry.account} in ${entry.region}`;
  throw unreadable(idOf(item), `${TEXT} contains another place, ${other}`, WRITTEN_ANEW);
}

export const decodeLease = (item: Item): LeaseEntry => decodeText(item, TEXT, LEASE, WRITTEN_ANEW);

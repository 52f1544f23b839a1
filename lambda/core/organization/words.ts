/** The events and the message of a run, besides those of its parts. */
import { type FailedPlace, placeName, type Totals } from './totals';
import type { DecodedConfiguration } from '../../../src/contract/configuration';
import { EventType, type EventTypeName, Metric } from '../../../src/contract/names';
import type { HygieneEvent, Notification, Tiding } from '../model/delivery';
import type { Counted, OrganizationRun, PlaceEntry } from '../model/organization';
import { notification } from '../report/notification';
import { plain } from '../report/wording';

/** The run that an event is from. */
export interface Teller {
  readonly hygiene: string;
  readonly sweepId: string;
}

function eventOf(type: EventTypeName, message: string, detail: object, teller: Teller): HygieneEvent {
  return { type, detail: { version: '1', message: plain(message), ...teller, ...detail } };
}

export function coverageLost(place: FailedPlace, teller: Teller): HygieneEvent {
  const { account, region, failure: { code, message, since } } = place;
  const what = region === undefined ? `The account ${account}` : `${account} in ${region}`;
  return eventOf(
    EventType.COVERAGE_LOST, `${what} cannot be looked at: ${code}: ${message}`,
    { account, region, code, detail: message, since }, teller,
  );
}

/** Whether a run has looked at a place, or why it did not have to. */
export type Whereabouts = 'looked at' | 'other account' | 'other Region';

const RESTORED: Readonly<Record<Whereabouts, string>> = {
  'looked at': 'is looked at again',
  'other account': 'is no longer looked at, because it is not among the accounts any more',
  'other Region': 'is no longer looked at, because it is not among the Regions of the account any more',
};

export function coverageRestored(place: PlaceEntry, where: Whereabouts, teller: Teller): HygieneEvent {
  const { account, region, toldFailure: since } = place;
  const what = region === undefined ? `The account ${account}` : `${account} in ${region}`;
  const how = RESTORED[where];
  const resolution = where === 'looked at' ? 'LOOKED_AT' : 'NO_LONGER_LOOKED_AT';
  return eventOf(EventType.COVERAGE_RESTORED, `${what} ${how}`, { account, region, since, resolution }, teller);
}

export function overLimitWords({ planned, due, limit }: Counted): string {
  return `Withheld ${planned} revocations everywhere, because ${due} rules are due in the whole organization and `
    + `maxRevocationsPerSweep is ${limit}`;
}

/** The number of places that an event lists. */
const MOST_LISTED = 50;

export function overLimitEvent(
  counted: Counted, rows: readonly PlaceEntry[], teller: Teller,
): HygieneEvent {
  const places = rows
    .flatMap(({ account, region, observed: { due: own = 0 } = {} }) => own > 0 ? [{ account, region, due: own }] : [])
    .sort((one, other) => other.due - one.due);
  const { planned, limit } = counted;
  return eventOf(EventType.REVOCATION_WITHHELD, overLimitWords(counted), {
    reason: 'OVER_LIMIT', count: planned, maxRevocationsPerSweep: limit, rules: [], places: places.slice(0, MOST_LISTED),
  }, teller);
}

/** Tells before the revocation window opens that more rules wait for it than the limit of the organization allows. */
export function backlogEvent(
  waiting: number, { maxRevocationsPerSweep }: Pick<DecodedConfiguration, 'maxRevocationsPerSweep'>,
  rows: readonly PlaceEntry[], teller: Teller,
): HygieneEvent {
  const places = rows.flatMap(({ account, region, observed }) => {
    const due = observed?.counts[Metric.RULES_OUTSIDE_WINDOW] ?? 0;
    return due > 0 ? [{ account, region, due }] : [];
  }).sort((one, other) => other.due - one.due);
  const message = `${waiting} revocations wait for the revocation window in the whole organization, and `
    + `maxRevocationsPerSweep is ${maxRevocationsPerSweep}, so none of them will be revoked when it opens`;
  return eventOf(EventType.REVOCATION_WITHHELD, message, {
    reason: 'OUTSIDE_WINDOW', count: waiting, maxRevocationsPerSweep, rules: [], places: places.slice(0, MOST_LISTED),
  }, teller);
}

/** Returns one message about all accounts and Regions. */
export function runNotification(
  { runId }: OrganizationRun, { rows }: Totals, own: readonly HygieneEvent[], { hygiene }: Teller,
): Notification | undefined {
  const known = new Set<string>([...Object.values(EventType), 'VPN Connection Pending']);
  const further: Record<string, number> = {};
  const told = rows.flatMap(row => {
    const { counts = {}, first = [] } = row.news ?? {};
    for (const [type, count] of Object.entries(counts)) {
      further[type] = (further[type] ?? 0) + count - first.filter(each => each.type === type).length;
    }
    return first.filter(({ type }) => known.has(type)).map(({ type, message, ...rest }): Tiding => {
      const { resourceId, restoreCommand, approveCommand } = rest;
      const ofVpn = resourceId?.startsWith('vpn-') ? { vpnConnectionId: resourceId } : { groupId: resourceId };
      return {
        type: type as Tiding['type'],
        detail: {
          message: `${placeName(row)}: ${message}`, hygiene, sweepId: runId, ...ofVpn, restoreCommand, approveCommand,
        },
      };
    });
  });
  return notification([...own, ...told], 'Sweep', further);
}

/**
 * Writes the latest state of VPN connections to the ledger when it has changed. Readers of the ledger see the state
 * without asking EC2. If several sweeps see the same change, only the one whose write succeeds reports it.
 */
import { isDeepStrictEqual } from 'node:util';
import { changeBy, ENTRIES_AT_A_TIME } from './change';
import { endOfHistory, type Writer } from './entry';
import { flapped, withFlaps } from './tunnel-flaps';
import { isLater } from '../decide/times';
import { errorFacts, isAboutOneItem, UNREADABLE_ITEM } from '../errors';
import { inParallel } from '../lists';
import type { VpnConnectionState } from '../model/finding';
import type { VpnConnectionEntry, VpnTunnelEntry } from '../model/ledger';
import type { ScanError } from '../model/observation';
import type { TunnelFlaps, VpnConnectionChange } from '../model/result';
import type { Ledger } from '../ports';
import { isSameWritten } from '../rules/sameness';

const PENDING = 'PENDING';

/** The statuses that are not reported for a new connection. */
const EXPECTED: readonly string[] = ['UP', PENDING];

/** The status of a connection that sweeps no longer find or look at. */
const GONE = 'GONE';

const LONG_PENDING_MILLIS = 24 * 3_600_000;

export interface VpnConnectionBooks {
  readonly changes: readonly VpnConnectionChange[];
  /** The connections that have been pending for longer than a day, and have not been reported. */
  readonly newlyLongPending: readonly VpnConnectionEntry[];
  readonly tunnelFlaps: TunnelFlaps;
  /** The errors of entries that could not be written. The changes that were written are in `changes`. */
  readonly errors: readonly ScanError[];
}

const DOING = 'recording VPN connections in the ledger';

/**
 * @param isWhole whether a connection that is not in the list does not exist
 * @throws when the ledger cannot be read
 */
export async function keepVpnConnections(
  connections: readonly VpnConnectionState[], ledger: Ledger, writer: Writer, isWhole = true,
): Promise<VpnConnectionBooks> {
  const { entries, unreadable } = await ledger.vpnConnections();
  const known = new Map(entries.map(entry => [entry.vpnConnectionId, entry]));
  const unreadableIds = new Set(unreadable.map(({ id }) => id));
  const errors: ScanError[] = unreadable.map(({ id: resourceId, message }) =>
    ({ doing: DOING, resourceId, error: { code: UNREADABLE_ITEM, message } }));
  const found = new Set(connections.map(({ vpnConnectionId }) => vpnConnectionId));
  // An unreadable item is left unchanged.
  const readable = connections.filter(({ vpnConnectionId }) => !unreadableIds.has(vpnConnectionId));
  const looks: ReadonlyArray<{ id: string; look: (entry?: VpnConnectionEntry) => VpnConnectionEntry | undefined }> = [
    ...readable.map(connection => ({
      id: connection.vpnConnectionId, look: (entry?: VpnConnectionEntry) => looked(connection, entry, writer),
    })),
    ...[...known.keys()].filter(id => isWhole && !found.has(id)).map(id => ({
      id, look: (entry?: VpnConnectionEntry) => entry && gone(entry, writer),
    })),
  ];
  const changes: VpnConnectionChange[] = [];
  const newlyLongPending: VpnConnectionEntry[] = [];
  const tunnelFlaps = new Map<string, readonly string[]>();
  let hasFailed = false;
  await inParallel(ENTRIES_AT_A_TIME, looks, async ({ id, look }) => {
    if (hasFailed) return;
    try {
      const { isWritten, previous, entry } = await changeBy(
        each => ledger.putVpnConnection(each),
        known.get(id),
        current => {
          // A sweep that looked later has already written the entry.
          if (current && isLater(current.writtenAt, writer.startedAt.toISOString(), writer.now)) return undefined;
          const following = look(current);
          return following && current && isSame(following, current) ? undefined : following;
        },
      );
      if (!isWritten) return;
      if (isNews(entry, previous)) changes.push({ entry, previous });
      if (entry.longPending && !previous?.longPending) newlyLongPending.push(entry);
      const flaps = flapped(entry.tunnels, previous?.tunnels ?? []);
      if (flaps.length > 0) tunnelFlaps.set(id, flaps);
    } catch (thrown) {
      const error = errorFacts(thrown);
      if (isAboutOneItem(error)) {
        errors.push({ doing: DOING, resourceId: id, error });
      } else {
        if (!hasFailed) errors.push({ doing: DOING, error });
        hasFailed = true;
      }
    }
  });
  return { changes, newlyLongPending, tunnelFlaps, errors };
}

function looked(
  connection: VpnConnectionState,
  before: VpnConnectionEntry | undefined,
  writer: Writer,
): VpnConnectionEntry {
  const { vpnConnectionId, name, status, stale, gateway, customerGatewayId, staticRoutesOnly } = connection;
  const write = written(before, status, writer);
  const tunnels = connection.tunnels
    .map(({ secondsSinceStatusChange: _, ...tunnel }) => tunnel)
    .sort((a, b) => (a.outsideIpAddress < b.outsideIpAddress ? -1 : 1));
  // The tunnels of a connection that is being created change several times before they work.
  const isInUse = status !== PENDING && before?.status !== PENDING;
  return {
    vpnConnectionId,
    status,
    stale,
    longPending: isLongPending(status, before, write.since, writer),
    name,
    gateway,
    customerGatewayId,
    staticRoutesOnly,
    tunnels: isInUse ? withFlaps(tunnels, before?.tunnels ?? [], writer.now) : tunnels,
    ...write,
  };
}

/** Stays true until the status changes, even if a clock goes back. @returns undefined if it is not true */
function isLongPending(
  status: string, before: VpnConnectionEntry | undefined, since: string, { now }: Writer,
): true | undefined {
  const isLong = status === PENDING
    && (before?.longPending || now.getTime() - Date.parse(since) > LONG_PENDING_MILLIS);
  return isLong || undefined;
}

function gone(before: VpnConnectionEntry, writer: Writer): VpnConnectionEntry | undefined {
  if (before.status === GONE) return undefined;
  return {
    ...before, ...written(before, GONE, writer), status: GONE, stale: false, longPending: undefined, tunnels: [],
    expiresAt: endOfHistory(writer),
  };
}

type Written = Pick<VpnConnectionEntry, 'revision' | 'writtenBy' | 'writtenAt' | 'since'>;

function written(before: VpnConnectionEntry | undefined, status: string, { id, now }: Writer): Written {
  const at = now.toISOString();
  return {
    revision: (before?.revision ?? 0) + 1,
    writtenBy: id,
    writtenAt: at,
    since: before?.status === status ? before.since : at,
  };
}

/** Whether two entries are equal, apart from who wrote them and when. */
function isSame(a: VpnConnectionEntry, b: VpnConnectionEntry): boolean {
  const facts = ({ revision, writtenBy, writtenAt, ...entry }: VpnConnectionEntry): object => entry;
  return isSameWritten(facts(a), facts(b));
}

function isNews({ status, tunnels }: VpnConnectionEntry, previous: VpnConnectionEntry | undefined): boolean {
  if (previous === undefined) return !EXPECTED.includes(status);
  // Two tunnels may both lack an address.
  const states = (all: readonly VpnTunnelEntry[]): string[] =>
    all.map(tunnel => `${tunnel.outsideIpAddress} ${tunnel.status}`).sort();
  return status !== previous.status || !isDeepStrictEqual(states(tunnels), states(previous.tunnels));
}

/**
 * Tunnels that flap: two sweeps find a tunnel with the same status, and EC2 says that it changed in between.
 *
 * EC2 moves the time of a tunnel's last change when IKE, IPsec or BGP changes. Two sweeps can tell that a tunnel has
 * flapped, not how often.
 *
 * @see https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_VgwTelemetry.html
 */
import { isAhead } from '../decide/times';
import type { VpnTunnelEntry } from '../model/ledger';

/**
 * Returns the tunnels as the ledger keeps them, with the time of the last flap of each.
 *
 * @param before the tunnels as the ledger has them
 */
export function withFlaps(
  tunnels: readonly VpnTunnelEntry[], before: readonly VpnTunnelEntry[], now: Date,
): VpnTunnelEntry[] {
  return tunnels.map(tunnel => {
    const previous = only(tunnels, tunnel) && only(before, tunnel);
    if (previous === undefined) return tunnel;
    const { flappedAt } = previous;
    const [is, was] = [changedAt(tunnel, now), changedAt(previous, now)];
    // If one of the times is not known, neither comparison is true.
    if (tunnel.status === 'UNKNOWN' || tunnel.status !== previous.status || !(is > was || is < was)) {
      return { ...tunnel, flappedAt };
    }
    // An answer that goes back in time is out of date. The later time stays, or the next answer would count as a flap.
    return is > was
      ? { ...tunnel, flappedAt: tunnel.lastStatusChange }
      : { ...tunnel, flappedAt, lastStatusChange: previous.lastStatusChange };
  });
}

/** Returns the addresses of the tunnels that flapped between two versions of an entry. */
export function flapped(tunnels: readonly VpnTunnelEntry[], before: readonly VpnTunnelEntry[]): string[] {
  return tunnels
    .filter(tunnel => tunnel.flappedAt !== undefined && tunnel.flappedAt !== only(before, tunnel)?.flappedAt)
    .map(({ outsideIpAddress }) => outsideIpAddress);
}

/** Finds the tunnel with the same address. If several tunnels share an address, they cannot be told apart. */
function only(all: readonly VpnTunnelEntry[], { outsideIpAddress }: VpnTunnelEntry): VpnTunnelEntry | undefined {
  const [first, ...others] = all.filter(each => each.outsideIpAddress === outsideIpAddress);
  return outsideIpAddress === '' || others.length > 0 ? undefined : first;
}

/** Returns NaN if the time is not known. A time that lies ahead comes from a clock that was wrong. */
function changedAt({ lastStatusChange }: VpnTunnelEntry, now: Date): number {
  return lastStatusChange === undefined || isAhead(lastStatusChange, now) ? NaN : Date.parse(lastStatusChange);
}

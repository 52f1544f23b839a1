/**
 * Finds tunnels that flapped: two sweeps see a tunnel with the same status, and EC2 says that it changed in between.
 *
 * EC2 updates the time of a tunnel's last change when IKE, IPsec or BGP changes. Two sweeps can show that a tunnel
 * flapped, but not how often.
 *
 * @see https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_VgwTelemetry.html
 */
import { isAhead } from '../decide/times';
import type { VpnTunnelEntry } from '../model/ledger';

/**
 * Returns the tunnels as they are to be written to the ledger, each with the time of its last flap.
 *
 * @param before the tunnels in the ledger
 */
export function withFlaps(
  tunnels: readonly VpnTunnelEntry[], before: readonly VpnTunnelEntry[], now: Date,
): VpnTunnelEntry[] {
  return tunnels.map(tunnel => {
    const previous = only(tunnels, tunnel) && only(before, tunnel);
    if (previous === undefined) return tunnel;
    const { flappedAt } = previous;
    const [is, was] = [changedAt(tunnel, now), changedAt(previous, now)];
    // Both comparisons are false if one of the times is unknown.
    if (tunnel.status === 'UNKNOWN' || tunnel.status !== previous.status || !(is > was || is < was)) {
      return { ...tunnel, flappedAt };
    }
    // A response that goes back in time is outdated. The later time stays, or the next response would count as a flap.
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

/** Returns NaN if the time is unknown. A time in the future comes from a wrong clock, so it does not count. */
function changedAt({ lastStatusChange }: VpnTunnelEntry, now: Date): number {
  return lastStatusChange === undefined || isAhead(lastStatusChange, now) ? NaN : Date.parse(lastStatusChange);
}

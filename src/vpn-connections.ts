import { Filter, VpnConnectionsConfiguration } from './contract/configuration';
import { VpnConnectionFilters, VpnConnectionsOptions } from './vpn-connections-options';

/**
 * The Site-to-Site VPN connections to look at.
 *
 * @see https://docs.aws.amazon.com/vpn/latest/s2svpn/VPC_VPN.html
 */
export class VpnConnections {
  /**
   * Every VPN connection of the account and Region.
   *
   * @param options When a connection counts as stale.
   */
  public static all(options: VpnConnectionsOptions = {}): VpnConnections {
    return new VpnConnections({ kind: 'all', staleAfterSeconds: staleAfterSeconds(options) });
  }

  /**
   * The VPN connections with the given ids. A connection that is deleted or does not exist counts as down.
   *
   * @param vpnConnectionIds The ids of the VPN connections, at least one.
   * @param options When a connection counts as stale.
   */
  public static withIds(vpnConnectionIds: string[], options: VpnConnectionsOptions = {}): VpnConnections {
    return new VpnConnections({
      kind: 'withIds',
      ids: vpnConnectionIds,
      staleAfterSeconds: staleAfterSeconds(options),
    });
  }

  /**
   * The VPN connections that satisfy all filters.
   *
   * @param filters The filters, at least one.
   * @param options When a connection counts as stale.
   */
  public static matching(filters: VpnConnectionFilters, options: VpnConnectionsOptions = {}): VpnConnections {
    return new VpnConnections({
      kind: 'matching',
      filters: toFilters(filters),
      staleAfterSeconds: staleAfterSeconds(options),
    });
  }

  /**
   * No VPN connections. No permission to look at them is granted.
   */
  public static none(): VpnConnections {
    return new VpnConnections({ kind: 'none' });
  }

  private constructor(
    /**
     * The choice in the form that the handler reads.
     *
     * @internal
     */
    public readonly _configuration: VpnConnectionsConfiguration,
  ) {}
}

function staleAfterSeconds({ staleAfter }: VpnConnectionsOptions): number | undefined {
  return staleAfter?.toSeconds();
}

function toFilters(filters: VpnConnectionFilters): Filter[] {
  const byName: Record<string, string[] | undefined> = {
    'bgp-asn': filters.bgpAsns?.map(String),
    'customer-gateway-configuration': filters.customerGatewayConfigurations,
    'customer-gateway-id': filters.customerGatewayIds,
    'option.static-routes-only':
      filters.staticRoutesOnly === undefined ? undefined : [String(filters.staticRoutesOnly)],
    'route.destination-cidr-block': filters.routeDestinationCidrBlocks,
    'state': filters.states,
    'tag-key': filters.tagKeys,
    'transit-gateway-id': filters.transitGatewayIds,
    'type': filters.types,
    'vpn-connection-id': filters.vpnConnectionIds,
    'vpn-gateway-id': filters.vpnGatewayIds,
    ...Object.fromEntries(Object.entries(filters.tags ?? {}).map(([key, values]) => [`tag:${key}`, values])),
  };
  return Object.entries(byName).flatMap(([name, values]) => values === undefined ? [] : { name, values });
}

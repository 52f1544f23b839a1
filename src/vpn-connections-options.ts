import { Duration } from 'aws-cdk-lib';

/**
 * Options for the VPN connections to look at.
 */
export interface VpnConnectionsOptions {
  /**
   * The time after which a connection counts as stale: all of its tunnels are down, and none has changed its status for
   * this long.
   *
   * @default - no connection counts as stale
   */
  readonly staleAfter?: Duration;
}

/**
 * Filters for VPN connections: every filter that DescribeVpnConnections documents. A connection must satisfy all of the
 * filters, and matches a filter if it has any of the filter's values.
 *
 * Values are case-sensitive; `*` and `?` are wildcards. All filters together may have at most 200 values.
 *
 * @see https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DescribeVpnConnections.html
 */
export interface VpnConnectionFilters {
  /**
   * The BGP Autonomous System Numbers (ASNs) of BGP devices.
   *
   * @default - any
   */
  readonly bgpAsns?: number[];

  /**
   * The configuration of the customer gateway. The template shows the values as given, so do not give a pre-shared key.
   *
   * @default - any
   */
  readonly customerGatewayConfigurations?: string[];

  /**
   * The ids of customer gateways.
   *
   * @default - any
   */
  readonly customerGatewayIds?: string[];

  /**
   * The destination CIDR blocks of static routes, which are subnets of the customer's data center.
   *
   * @default - any
   */
  readonly routeDestinationCidrBlocks?: string[];

  /**
   * The states: `pending`, `available`, `deleting` or `deleted`. Connections that are deleted or being deleted are not
   * counted.
   *
   * @default - any
   */
  readonly states?: string[];

  /**
   * Whether the connection has static routes only, as devices without BGP need.
   *
   * @default - either
   */
  readonly staticRoutesOnly?: boolean;

  /**
   * The tag keys that the connection has, whatever the values.
   *
   * @default - any
   */
  readonly tagKeys?: string[];

  /**
   * The tags that the connection has: for each key, the values to look for.
   *
   * @default - any
   */
  readonly tags?: { [key: string]: string[] };

  /**
   * The ids of transit gateways.
   *
   * @default - any
   */
  readonly transitGatewayIds?: string[];

  /**
   * The types of VPN connection. AWS supports only `ipsec.1`.
   *
   * @default - any
   */
  readonly types?: string[];

  /**
   * The ids of VPN connections. A missing connection goes unnoticed here; use `VpnConnections.withIds` to count it as
   * down.
   *
   * @default - any
   */
  readonly vpnConnectionIds?: string[];

  /**
   * The ids of virtual private gateways.
   *
   * @default - any
   */
  readonly vpnGatewayIds?: string[];
}

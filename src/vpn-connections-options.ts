import { Duration } from 'aws-cdk-lib';

/**
 * Options of the VPN connections to look at.
 */
export interface VpnConnectionsOptions {
  /**
   * A connection counts as stale when all of its tunnels are down and none has changed its state for this long.
   *
   * @default - no connection counts as stale
   */
  readonly staleAfter?: Duration;
}

/**
 * Filters of VPN connections: every filter that DescribeVpnConnections documents. A connection has to satisfy all of
 * them, and of each any of its values.
 *
 * Values are case-sensitive; `*` and `?` are wildcards. At most 200 values in all.
 *
 * @see https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DescribeVpnConnections.html
 */
export interface VpnConnectionFilters {
  /**
   * BGP Autonomous System Numbers of a BGP device.
   *
   * @default - any
   */
  readonly bgpAsns?: number[];

  /**
   * Configurations of the customer gateway. They stand in the template as they are given, so give no pre-shared key.
   *
   * @default - any
   */
  readonly customerGatewayConfigurations?: string[];

  /**
   * Ids of customer gateways.
   *
   * @default - any
   */
  readonly customerGatewayIds?: string[];

  /**
   * Destination CIDR blocks of the static routes: subnets of the customer's data center.
   *
   * @default - any
   */
  readonly routeDestinationCidrBlocks?: string[];

  /**
   * States: `pending`, `available`, `deleting` or `deleted`. Connections that are being deleted, or are deleted, are
   * not counted.
   *
   * @default - any
   */
  readonly states?: string[];

  /**
   * Whether the connection has static routes only, for devices without BGP.
   *
   * @default - either
   */
  readonly staticRoutesOnly?: boolean;

  /**
   * Tag keys that the connection has, whatever their values.
   *
   * @default - any
   */
  readonly tagKeys?: string[];

  /**
   * Tags that the connection has: the values to look for, by key.
   *
   * @default - any
   */
  readonly tags?: { [key: string]: string[] };

  /**
   * Ids of transit gateways.
   *
   * @default - any
   */
  readonly transitGatewayIds?: string[];

  /**
   * Types. `ipsec.1` is the only one that AWS supports.
   *
   * @default - any
   */
  readonly types?: string[];

  /**
   * Ids of VPN connections. Unlike with `VpnConnections.withIds`, one that is missing is not noticed.
   *
   * @default - any
   */
  readonly vpnConnectionIds?: string[];

  /**
   * Ids of virtual private gateways.
   *
   * @default - any
   */
  readonly vpnGatewayIds?: string[];
}

/** DescribeVpnConnections, which has no pages, and whose response is full of secrets. */
import type { Action } from './context';
import { tagSet } from './tags';
import { texts } from '../../endpoint/parameters';
import { ServiceError } from '../../endpoint/service-error';
import { applyFilters } from '../filters';

export const describeVpnConnections: Action = (parameters, { network }) => {
  const ids = texts(parameters.VpnConnectionId);
  const unknown = ids.find(id => !network.vpnConnections.has(id));
  if (unknown !== undefined) {
    throw new ServiceError('InvalidVpnConnectionID.NotFound', `The vpnConnection ID '${unknown}' does not exist`);
  }
  const all = [...network.vpnConnections.values()].filter(
    ({ vpnConnectionId }) => ids.length === 0 || ids.includes(vpnConnectionId),
  );
  const found = applyFilters(all, parameters, {
    'bgp-asn': ({ bgpAsn }) => [bgpAsn],
    'customer-gateway-configuration': ({ customerGatewayConfiguration }) => [customerGatewayConfiguration],
    'customer-gateway-id': ({ customerGatewayId }) => [customerGatewayId],
    'option.static-routes-only': ({ staticRoutesOnly }) => [String(staticRoutesOnly)],
    'route.destination-cidr-block': ({ staticRoutes }) => staticRoutes,
    'state': ({ state }) => [state],
    'tag-key': ({ tags }) => Object.keys(tags),
    'transit-gateway-id': ({ transitGatewayId }) => [transitGatewayId],
    'type': ({ type }) => [type],
    'vpn-connection-id': ({ vpnConnectionId }) => [vpnConnectionId],
    'vpn-gateway-id': ({ vpnGatewayId }) => [vpnGatewayId],
  });
  return {
    vpnConnectionSet: found.map(connection => ({
      vpnConnectionId: connection.vpnConnectionId,
      state: connection.state,
      ...(['pending', 'available'].includes(connection.state) && {
        customerGatewayConfiguration: connection.customerGatewayConfiguration,
      }),
      type: connection.type,
      category: connection.category,
      customerGatewayId: connection.customerGatewayId,
      vpnGatewayId: connection.vpnGatewayId,
      transitGatewayId: connection.transitGatewayId,
      vpnConcentratorId: connection.vpnConcentratorId,
      coreNetworkArn: connection.coreNetworkArn,
      coreNetworkAttachmentArn: connection.coreNetworkAttachmentArn,
      gatewayAssociationState: connection.gatewayAssociationState,
      options: {
        staticRoutesOnly: connection.staticRoutesOnly,
        enableAcceleration: false,
        tunnelInsideIpVersion: 'ipv4',
        tunnelOptionSet: connection.telemetry.map(({ outsideIpAddress }) => ({
          outsideIpAddress,
          preSharedKey: connection.preSharedKey,
        })),
      },
      routes: connection.staticRoutes.map(destinationCidrBlock => ({
        destinationCidrBlock,
        source: 'Static',
        state: 'available',
      })),
      vgwTelemetry: connection.telemetry.map(tunnel => ({ ...tunnel })),
      tagSet: tagSet(connection.tags),
    })),
  };
};

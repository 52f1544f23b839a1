/** The demo's network, with what accumulates in an account over the years. */
import { Network } from '../test/support/ec2-endpoint';

const DAY_MILLIS = 86_400_000;

export class SampleNetwork extends Network {
  /** Creates the first of the deleted peering connections again, between the same VPCs. */
  public makePeeringAgain(): void {
    const deleted = [...this.peerings.values()].find(({ status }) => status === 'deleted');
    if (deleted) this.addPeering(deleted.requester.vpcId, deleted.accepter.vpcId);
  }

  /** Deletes the peering connections that a VPC with the given name has accepted. */
  public deletePeeringsWith(vpcName: string): void {
    for (const { vpcPeeringConnectionId, accepter } of this.peerings.values()) {
      if (this.vpcs.get(accepter.vpcId)?.tags.Name === vpcName) this.deletePeering(vpcPeeringConnectionId);
    }
  }

  /** Sets every tunnel of a VPN connection that does not have this status yet. */
  public setTunnels(
    connectionName: string,
    status: 'UP' | 'DOWN',
    statusMessage: string,
    lastStatusChange: Date,
  ): void {
    const connection = [...this.vpnConnections.values()].find(({ tags }) => tags.Name === connectionName);
    if (!connection) throw new Error(`The network has no VPN connection ${connectionName}`);
    connection.telemetry = connection.telemetry.map(tunnel =>
      tunnel.status === status
        ? tunnel
        : { ...tunnel, status, statusMessage, lastStatusChange, acceptedRouteCount: status === 'UP' ? 2 : 0 },
    );
  }

  public groupName(groupId: string): string {
    return this.groups.get(groupId)?.groupName ?? groupId;
  }
}

export function sampleNetwork(now = Date.now()): SampleNetwork {
  const network = new SampleNetwork();
  const production = network.addVpc({ tags: { Name: 'production' } });
  const shared = network.addVpc({ cidrBlock: '10.1.0.0/16', tags: { Name: 'shared-services' } });
  const partner = network.addVpc({ cidrBlock: '10.2.0.0/16', tags: { Name: 'partner' } });
  const group = (vpcId: string, groupName: string, tags = {}) => network.addSecurityGroup({ vpcId, groupName, tags });

  const web = group(production.vpcId, 'web');
  const app = group(production.vpcId, 'app', { 'aws:cloudformation:stack-name': 'Application' });
  const bastion = group(production.vpcId, 'bastion', { 'network-hygiene:exempt': 'until the migration, ticket 4711' });
  const monitoring = group(shared.vpcId, 'monitoring');
  const build = group(shared.vpcId, 'build');
  const partnerApi = group(partner.vpcId, 'partner-api');

  // This rule becomes stale when the peering to the partner is deleted. The group behind the other peering is deleted.
  const toPartner = network.addPeering(production.vpcId, partner.vpcId);
  network.addPeering(production.vpcId, shared.vpcId);
  network.addIngress(app.groupId, {
    ipProtocol: 'tcp',
    fromPort: 8443,
    toPort: 8443,
    reference: { groupId: partnerApi.groupId },
    description: 'partner API',
  });
  network.addEgress(app.groupId, {
    ipProtocol: 'tcp',
    fromPort: 443,
    toPort: 443,
    reference: { groupId: partnerApi.groupId },
    description: 'partner API',
  });
  network.addIngress(app.groupId, {
    ipProtocol: 'tcp',
    fromPort: 22,
    toPort: 22,
    reference: { groupId: build.groupId },
    description: 'deployments',
  });
  network.addIngress(app.groupId, {
    ipProtocol: 'tcp',
    fromPort: 9100,
    toPort: 9100,
    reference: { groupId: monitoring.groupId },
    description: 'metrics',
  });
  network.deletePeering(toPartner.vpcPeeringConnectionId);
  network.deleteSecurityGroup(build.groupId);

  // Flagged rules: SSH from anywhere on IPv4 and IPv6, all traffic from half of the internet, and one of three sources
  // of RDP.
  network.addIngress(web.groupId, {
    ipProtocol: 'tcp',
    fromPort: 22,
    toPort: 22,
    cidrIpv4: '0.0.0.0/0',
    description: 'just for a moment',
  });
  network.addIngress(web.groupId, { ipProtocol: 'tcp', fromPort: 22, toPort: 22, cidrIpv6: '::/0' });
  network.addIngress(monitoring.groupId, { ipProtocol: '-1', cidrIpv4: '128.0.0.0/1', description: 'debugging' });
  for (const cidrIpv4 of ['198.51.100.0/24', '203.0.113.0/24', '10.0.0.0/8']) {
    network.addIngress(app.groupId, {
      ipProtocol: 'tcp',
      fromPort: 3389,
      toPort: 3389,
      cidrIpv4,
      description: 'offices',
    });
  }

  // Rules that are neither stale nor flagged: HTTPS for everyone, SSH from inside, an exempt bastion, and an unread
  // prefix list.
  network.addIngress(web.groupId, { ipProtocol: 'tcp', fromPort: 443, toPort: 443, cidrIpv4: '0.0.0.0/0' });
  network.addIngress(app.groupId, { ipProtocol: 'tcp', fromPort: 22, toPort: 22, cidrIpv4: '10.0.0.0/8' });
  network.addIngress(bastion.groupId, { ipProtocol: 'tcp', fromPort: 22, toPort: 22, cidrIpv4: '0.0.0.0/0' });
  network.addIngress(web.groupId, {
    ipProtocol: 'tcp',
    fromPort: 22,
    toPort: 22,
    prefixListId: 'pl-0123456789abcdef0',
  });

  const tunnel = (
    outsideIpAddress: string,
    status: string,
    statusMessage: string,
    days: number,
    acceptedRouteCount: number,
  ) => ({
    outsideIpAddress,
    status,
    statusMessage,
    acceptedRouteCount,
    lastStatusChange: new Date(now - days * DAY_MILLIS),
  });
  network.addVpnConnection({
    transitGatewayId: 'tgw-0123456789abcdef0',
    tags: { Name: 'Hamburg' },
    telemetry: [tunnel('192.0.2.1', 'UP', '4 BGP ROUTES', 40, 4), tunnel('192.0.2.2', 'UP', '4 BGP ROUTES', 40, 4)],
  });
  network.addVpnConnection({
    transitGatewayId: 'tgw-0123456789abcdef0',
    tags: { Name: 'Lyon' },
    telemetry: [tunnel('192.0.2.3', 'UP', '2 BGP ROUTES', 9, 2), tunnel('192.0.2.4', 'DOWN', 'IPSEC IS UP', 0.1, 0)],
  });
  network.addVpnConnection({
    vpnGatewayId: 'vgw-0123456789abcdef0',
    staticRoutesOnly: true,
    tags: { Name: 'Porto, closed' },
    telemetry: [tunnel('192.0.2.5', 'DOWN', '', 33, 0), tunnel('192.0.2.6', 'DOWN', '', 61, 0)],
  });
  return network;
}

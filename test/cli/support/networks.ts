/** Networks with something to find. */
import { EXEMPT_TAG } from '../../../src/contract/exemptions';
import { Network, type SecurityGroupRule } from '../../support/ec2-endpoint';

export const SSH = { ipProtocol: 'tcp', fromPort: 22, toPort: 22 };
export const FROM_ANYWHERE = { ...SSH, cidrIpv4: '0.0.0.0/0' };

/** The text that stands in for a pre-shared key. It must appear nowhere. */
export const PRE_SHARED_KEY = 'pre.shared_key.of.the.tunnels';

export interface KnownNetwork {
  readonly network: Network;
  readonly vpcId: string;
  readonly groupId: string;
  readonly stale: SecurityGroupRule;
  readonly ssh: SecurityGroupRule;
  readonly exempt: SecurityGroupRule;
  readonly clean: SecurityGroupRule;
  readonly vpnConnectionId: string;
}

/**
 * A VPC with one rule of each kind: a stale one, two that admit SSH from anywhere, of which one is exempt by a tag, and
 * one that nothing finds. A VPN connection of the account is down.
 */
export function knownNetwork(network = new Network()): KnownNetwork {
  const { vpcId } = network.addVpc();
  const partner = network.addVpc({ cidrBlock: '10.1.0.0/16' });
  const peering = network.addPeering(vpcId, partner.vpcId);
  const peer = network.addSecurityGroup({ vpcId: partner.vpcId, groupName: 'partner' });
  const { groupId } = network.addSecurityGroup({ vpcId, groupName: 'web' });
  const stale = network.addIngress(groupId, { reference: { groupId: peer.groupId } });
  const ssh = network.addIngress(groupId, { ...FROM_ANYWHERE, description: 'for now' });
  const exempt = network.addIngress(groupId, {
    ...SSH, cidrIpv6: '::/0', tags: { [EXEMPT_TAG]: 'by security' },
  });
  const clean = network.addIngress(groupId);
  network.deletePeering(peering.vpcPeeringConnectionId);
  const { vpnConnectionId } = network.addVpnConnection({
    preSharedKey: PRE_SHARED_KEY, tags: { Name: 'office' }, transitGatewayId: 'tgw-1',
    telemetry: [1, 2].map(last => ({
      outsideIpAddress: `203.0.113.${last}`, status: 'DOWN', statusMessage: 'IPSEC IS DOWN', acceptedRouteCount: 0,
      lastStatusChange: new Date(Date.now() - 86_400_000),
    })),
  });
  return { network, vpcId, groupId, stale, ssh, exempt, clean, vpnConnectionId };
}

/** Rules that admit SSH from anywhere and perhaps more, so many in each group. */
export function openNetwork(groups: number, rulesPerGroup: number): Network {
  const network = new Network();
  const { vpcId } = network.addVpc();
  for (let group = 0; group < groups; group++) {
    const { groupId } = network.addSecurityGroup({ vpcId, groupName: `group-${group}` });
    for (let rule = 0; rule < rulesPerGroup; rule++) {
      network.addIngress(groupId, { ...FROM_ANYWHERE, toPort: 22 + rule, description: `rule ${rule}, "open"` });
    }
  }
  return network;
}

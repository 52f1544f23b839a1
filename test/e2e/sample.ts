/** Creates the network that is swept. */
import { ACCOUNT, CREDENTIALS } from './local-aws';
import { EXEMPT_TAG } from '../../src/contract/exemptions';
import { Network, type Telemetry, type VpnConnection } from '../support/ec2-endpoint';

const SSH = { ipProtocol: 'tcp', fromPort: 22, toPort: 22 };

/**
 * A network with two VPCs, two flagged rules, one stale rule, three other rules, and a VPN connection with both tunnels
 * up.
 */
export class Sample {
  public readonly network = new Network(ACCOUNT, CREDENTIALS.AWS_REGION);
  /** The ids of the flagged rules, in the order of their creation. */
  public readonly flagged: string[];
  public readonly stale: string;
  public readonly others: string[];
  public readonly vpnConnection: VpnConnection;

  private readonly web: string;
  private readonly db: string;

  constructor() {
    const { network } = this;
    const vpcs = [network.addVpc(), network.addVpc()];
    const [web, db] = vpcs.map(
      ({ vpcId }, index) => network.addSecurityGroup({ vpcId, groupName: ['web', 'db'][index] }).groupId,
    );
    this.web = web;
    this.db = db;
    this.flagged = [web, db].map((group, index) => this.addFlagged(group, index));
    const peering = network.addPeering(vpcs[0].vpcId, vpcs[1].vpcId);
    this.stale = network.addIngress(db, { ...SSH, reference: { groupId: web } }).securityGroupRuleId;
    network.deletePeering(peering.vpcPeeringConnectionId);
    this.others = [
      network.addIngress(web, { ...SSH, cidrIpv4: '10.0.0.0/8' }),
      network.addIngress(web, { ipProtocol: 'tcp', fromPort: 443, toPort: 443, cidrIpv4: '0.0.0.0/0' }),
      network.addIngress(db, { ...SSH, cidrIpv4: '0.0.0.0/0', tags: { [EXEMPT_TAG]: 'bastion' }, ipProtocol: 'udp' }),
    ].map(({ securityGroupRuleId }) => securityGroupRuleId);
    this.vpnConnection = network.addVpnConnection({
      telemetry: [
        { outsideIpAddress: '192.0.2.1', status: 'UP' },
        { outsideIpAddress: '192.0.2.2', status: 'UP' },
      ],
    });
  }

  public get tunnel(): Telemetry {
    return this.vpnConnection.telemetry[1];
  }

  public has(securityGroupRuleId: string): boolean {
    return this.network.rules.has(securityGroupRuleId);
  }

  /**
   * Opens SSH again as someone else would, to half of the internet, so that it is another rule.
   *
   * @returns the id of the rule and of its group
   */
  public openSsh(groupName: 'web' | 'db' = 'web'): { readonly ruleId: string; readonly groupId: string } {
    const groupId = this[groupName];
    const ruleId = this.addFlagged(groupId, this.flagged.length);
    this.flagged.push(ruleId);
    return { ruleId, groupId };
  }

  /** Adds a tag to a rule. */
  public tag(securityGroupRuleId: string, key: string, value: string): void {
    const rule = this.network.rules.get(securityGroupRuleId);
    if (rule === undefined) throw new Error(`There is no rule ${securityGroupRuleId}`);
    rule.tags[key] = value;
  }

  /** Connects the VPCs again, and lets in one group from the other VPC. */
  public connect(): { readonly ruleId: string; readonly peeringId: string } {
    const { network } = this;
    const [web, db] = [this.web, this.db].map(groupId => network.groups.get(groupId)!);
    const { vpcPeeringConnectionId: peeringId } = network.addPeering(web.vpcId, db.vpcId);
    const https = { ipProtocol: 'tcp', fromPort: 443, toPort: 443 };
    const rule = network.addIngress(db.groupId, { ...https, reference: { groupId: web.groupId } });
    return { ruleId: rule.securityGroupRuleId, peeringId };
  }

  private addFlagged(groupId: string, index: number): string {
    const rule = {
      ...SSH,
      cidrIpv4: index < 2 ? '0.0.0.0/0' : '128.0.0.0/1',
      description: `opened by ${index}`,
      tags: { Ticket: `NET-${index}` },
    };
    return this.network.addIngress(groupId, rule).securityGroupRuleId;
  }
}

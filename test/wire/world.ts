/** The bundled handler, an EC2 endpoint with a network, and CloudFormation's bucket for answers: a world of its own per test. */
import { resolve } from 'node:path';
import { customResourceEvent, ResponseBucket, type ReceivedResponse } from '../support/cloudformation';
import { Ec2Endpoint, type Ec2EndpointOptions, Network, type SecurityGroupRule } from '../support/ec2-endpoint';
import { type InvocationOutcome, LambdaProcess } from '../support/lambda-process';

export const HANDLER_FOLDER = resolve(__dirname, '..', '..', 'assets', 'handler');

/** The configuration that the construct would send, with what a test cares for. */
export function configuration(overrides: Record<string, unknown> = {}): Record<string, unknown> {
  return {
    version: 1, hygiene: 'Test/Hygiene', metricNamespace: 'NetworkHygiene', resourceMetrics: true, dryRun: false, staleRules: 'report',
    flaggedIngressRules: [], exemptSecurityGroupIds: [], vpnConnections: { kind: 'all' }, ...overrides,
  };
}

export const SSH_FROM_ANYWHERE = { anyGroup: true, match: 'EXACT', ipPermissions: [{ IpProtocol: 'tcp', FromPort: 22, ToPort: 22, IpRanges: [{ CidrIp: '0.0.0.0/0' }] }] };

export class World {
  public static async start(options: Partial<Ec2EndpointOptions> = {}): Promise<World> {
    const network = options.network ?? new Network();
    const endpoint = await Ec2Endpoint.start({ ...options, network });
    const bucket = await ResponseBucket.start();
    const lambda = await LambdaProcess.start({ handlerFolder: HANDLER_FOLDER, endpointUrl: endpoint.url });
    const world = new World(network, endpoint, bucket, lambda);
    running.push(world);
    return world;
  }

  private constructor(
    public readonly network: Network, public readonly ec2: Ec2Endpoint, public readonly bucket: ResponseBucket, public readonly lambda: LambdaProcess,
  ) {}

  public sweep(overrides: Record<string, unknown> = {}, timeoutMillis?: number): Promise<InvocationOutcome> {
    return this.lambda.invoke(configuration(overrides), timeoutMillis);
  }

  /** Sends a custom resource request and returns what CloudFormation was answered. */
  public async deploy(requestType: 'Create' | 'Update' | 'Delete', overrides: Record<string, unknown> | string = {}, timeoutMillis?: number): Promise<ReceivedResponse> {
    const text = typeof overrides === 'string' ? overrides : JSON.stringify(configuration(overrides));
    await this.lambda.invoke(customResourceEvent(requestType, this.bucket.url, { ServiceToken: 'arn', Configuration: text }), timeoutMillis);
    const answer = this.bucket.received.at(-1);
    if (!answer) throw new Error(`CloudFormation got no answer:\n${this.lambda.printed}`);
    return answer;
  }

  /** The latest value of an aggregate metric. */
  public aggregate(name: string): number | undefined {
    return this.ec2.metrics.filter(datum => datum.name === name && Object.keys(datum.dimensions).length === 1).at(-1)?.value;
  }

  public logged(event: string): Array<Record<string, unknown>> {
    return this.lambda.logLines.filter(line => line.event === event);
  }

  /** Ids of rules that have gone since a snapshot. */
  public gone(before: readonly SecurityGroupRule[]): string[] {
    return before.map(({ securityGroupRuleId }) => securityGroupRuleId).filter(id => !this.network.rules.has(id));
  }

  public actions(): string[] {
    return Object.keys(this.ec2.callsByAction()).sort();
  }

  public async stop(): Promise<void> {
    await this.lambda.stop();
    await this.bucket.stop();
    await this.ec2.stop();
  }
}

const running: World[] = [];

/** Ends every world that a test has started, however it went. */
export async function stopWorlds(): Promise<void> {
  await Promise.all(running.splice(0).map(world => world.stop()));
}

/** VPCs that were all peered to one that is gone, with `groups` groups each; every n-th group has a stale ingress rule. */
export function networkWithStaleRules(vpcs: number, groups: number): { network: Network; stale: SecurityGroupRule[] } {
  const network = new Network();
  const partner = network.addVpc();
  const peer = network.addSecurityGroup({ vpcId: partner.vpcId });
  const stale: SecurityGroupRule[] = [];
  for (let index = 0; index < vpcs; index++) {
    const { vpcId } = network.addVpc();
    const peering = network.addPeering(vpcId, partner.vpcId);
    for (let count = 0; count < groups; count++) {
      const { groupId } = network.addSecurityGroup({ vpcId });
      network.addIngress(groupId, { cidrIpv4: '10.0.0.0/8', ipProtocol: 'tcp', fromPort: 22, toPort: 22 });
      stale.push(network.addIngress(groupId, { ipProtocol: 'tcp', fromPort: 443, toPort: 443, reference: { groupId: peer.groupId }, description: 'partner', tags: { Owner: 'TeamA' } }));
      network.addIngress(groupId, { ipProtocol: 'tcp', fromPort: 8443, toPort: 8443, reference: { groupId } });
    }
    network.deletePeering(peering.vpcPeeringConnectionId);
  }
  return { network, stale };
}

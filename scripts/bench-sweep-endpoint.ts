/**
 * The second process of bench-sweep.ts: an EC2 endpoint with a network of the requested size, and a DynamoDB table with
 * the configuration.
 */
import type { Configuration } from '../src/contract/configuration';
import { putIntoForce } from '../test/support/deployment';
import { DynamoDbEndpoint } from '../test/support/dynamodb';
import { Ec2Endpoint, Network } from '../test/support/ec2-endpoint';
import { staleRulesOf } from '../test/support/ec2-endpoint/staleness';

export interface EndpointOptions {
  readonly vpcs: number;
  /** The number of groups per VPC. */
  readonly groups: number;
  /** The number of rules per group. */
  readonly rules: number;
  /** The number of groups with a stale ingress rule. */
  readonly stale: number;
  readonly latencyMillis: number;
  readonly ledgerLatencyMillis: number;
  readonly tokenBuckets: boolean;
  /** The configuration that is in force. */
  readonly configuration: Configuration;
}

export interface EndpointAddress {
  readonly url: string;
  readonly dynamoDbUrl: string;
  readonly tableName: string;
}

export interface EndpointReport {
  readonly callsByAction: Record<string, number>;
  readonly throttled: number;
  readonly staleRulesLeft: number;
}

function networkOf({ vpcs, groups, rules, stale }: EndpointOptions): Network {
  const network = new Network();
  const vpcIds = Array.from({ length: vpcs }, () => network.addVpc().vpcId);
  const all = vpcIds.flatMap(vpcId => Array.from({ length: groups }, () => network.addSecurityGroup({ vpcId })));
  const remote = network.addVpc();
  for (const { groupId } of all) {
    for (let port = 0; port < rules; port++) {
      network.addIngress(groupId, {
        ipProtocol: 'tcp',
        fromPort: 1000 + port,
        toPort: 1000 + port,
        cidrIpv4: '10.0.0.0/8',
      });
    }
  }
  const peerings = vpcIds.map(vpcId => network.addPeering(vpcId, remote.vpcId));
  const peer = network.addSecurityGroup({ vpcId: remote.vpcId });
  const every = Math.max(1, Math.floor(all.length / Math.max(1, stale)));
  for (const { groupId } of all.filter((_, index) => index % every === 0).slice(0, stale)) {
    network.addIngress(groupId, {
      ipProtocol: 'tcp',
      fromPort: 443,
      toPort: 443,
      reference: { groupId: peer.groupId },
    });
  }
  for (const { vpcPeeringConnectionId } of peerings) network.deletePeering(vpcPeeringConnectionId);
  return network;
}

async function main(): Promise<void> {
  const options = JSON.parse(process.argv[2]) as EndpointOptions;
  const network = networkOf(options);
  const dynamoDb = await DynamoDbEndpoint.start();
  await putIntoForce(options.configuration, dynamoDb);
  dynamoDb.fault({ action: '*', kind: 'delay', delayMillis: options.ledgerLatencyMillis });
  const endpoint = await Ec2Endpoint.start({
    network,
    latencyMillis: options.latencyMillis,
    tokenBuckets: options.tokenBuckets,
  });
  process.on('message', () => {
    const report: EndpointReport = {
      callsByAction: { ...endpoint.callsByAction(), ...dynamoDb.callsByAction() },
      throttled: endpoint.calls.filter(({ outcome }) => outcome === 'RequestLimitExceeded').length,
      staleRulesLeft: [...network.vpcs.keys()].flatMap(vpcId => staleRulesOf(network, vpcId)).length,
    };
    process.send?.(report);
  });
  process.send?.({
    url: endpoint.url,
    dynamoDbUrl: dynamoDb.url,
    tableName: dynamoDb.tableName,
  } satisfies EndpointAddress);
}

void main();

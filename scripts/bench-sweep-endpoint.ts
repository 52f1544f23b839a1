/**
 * The second process of bench-sweep.ts and bench-change.ts: an EC2 endpoint with a network of the requested size, and a
 * DynamoDB table with the configuration and settled entries.
 */
import type { Configuration } from '../src/contract/configuration';
import { putIntoForce } from '../test/support/deployment';
import { DynamoDbEndpoint, type Item } from '../test/support/dynamodb';
import { Ec2Endpoint, Network } from '../test/support/ec2-endpoint';
import { staleRulesOf } from '../test/support/ec2-endpoint/staleness';

export interface EndpointOptions {
  readonly vpcs: number;
  /** The number of groups per VPC. */
  readonly groups: number;
  /** The number of rules per group. */
  readonly rules: number;
  /** The number of groups with stale ingress rules. */
  readonly stale: number;
  /** The number of stale rules in each of them. Absent: 1. */
  readonly staleEach?: number;
  /** The number of settled entries in the ledger. */
  readonly entries: number;
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

/** The figures since the last report. */
export interface EndpointReport {
  /** The calls of EC2 and of other services, and those of DynamoDB. */
  readonly callsByAction: Record<string, number>;
  readonly throttled: number;
  /** Of the whole network. */
  readonly staleRulesLeft: number;
  readonly openedRulesLeft: number;
  /** The time of the latest revocation, in milliseconds since 1970. */
  readonly revokedAt?: number;
}

/** Asks for rules that allow SSH from anywhere, each in a group of its own. */
export interface OpenRequest {
  readonly open: number;
}

export interface OpenedRule {
  readonly groupId: string;
  readonly securityGroupRuleId: string;
}

function networkOf({ vpcs, groups, rules, stale, staleEach = 1 }: EndpointOptions): Network {
  const network = new Network();
  const vpcIds = Array.from({ length: vpcs }, () => network.addVpc().vpcId);
  const all = vpcIds.flatMap(vpcId => Array.from({ length: groups }, () => network.addSecurityGroup({ vpcId })));
  const remote = network.addVpc();
  for (const { groupId } of all) {
    // Most groups refer to a group of their own VPC.
    if (rules > 0) network.addIngress(groupId, { ipProtocol: 'tcp', fromPort: 443, toPort: 443, reference: { groupId } });
    for (let port = 1; port < rules; port++) {
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
    for (let port = 0; port < staleEach; port++) {
      const reference = { groupId: peer.groupId };
      network.addIngress(groupId, { ipProtocol: 'tcp', fromPort: 8443 + port, toPort: 8443 + port, reference });
    }
  }
  for (const { vpcPeeringConnectionId } of peerings) network.deletePeering(vpcPeeringConnectionId);
  return network;
}

/** Returns entries of rules that are gone, which are spread over the groups. Every second rule was revoked. */
function settledEntries({ entries, configuration: { hygiene } }: EndpointOptions, network: Network): Item[] {
  const at = '2026-01-01T00:00:00.000Z';
  const groups = [...network.groups.values()];
  return Array.from({ length: entries }, (_, index) => {
    const { groupId, groupName, vpcId } = groups[index % groups.length];
    const securityGroupRuleId = `sgr-0f${String(index).padStart(15, '0')}`;
    const isRevoked = index % 2 === 0;
    const rule = {
      securityGroupRuleId, groupId, isEgress: false, ipProtocol: 'tcp', fromPort: 3389, toPort: 3389,
      cidrIpv4: '0.0.0.0/0', description: 'opened for a day', tags: { Owner: 'TeamA' },
    };
    return {
      hygiene, id: `${groupId}#${securityGroupRuleId}`, securityGroupRuleId, state: isRevoked ? 'REVOKED' : 'HEALED',
      revision: 3, writtenBy: '20260101T000000Z-00000000', firstSeen: at, lastSeen: at, groupId, groupName, vpcId,
      rule: JSON.stringify(rule), flagged: JSON.stringify({ firstSeen: at, lastSeen: at, because: ['0.0.0.0/0'] }),
    };
  });
}

function open(network: Network, count: number): OpenedRule[] {
  const groups = [...network.groups.values()].filter(({ groupId }) => network.rulesOf(groupId).length > 0);
  const every = Math.max(1, Math.floor(groups.length / count));
  return groups.filter((_, index) => index % every === 0).slice(0, count).map(({ groupId }) => {
    const { securityGroupRuleId } = network.addIngress(groupId, { ...SSH, cidrIpv4: '0.0.0.0/0' });
    return { groupId, securityGroupRuleId };
  });
}

const SSH = { ipProtocol: 'tcp', fromPort: 22, toPort: 22 };

async function main(): Promise<void> {
  const options = JSON.parse(process.argv[2]) as EndpointOptions;
  const network = networkOf(options);
  const dynamoDb = await DynamoDbEndpoint.start({ mostItemsPerPage: 2500 });
  await putIntoForce(options.configuration, dynamoDb);
  await dynamoDb.putAll(settledEntries(options, network));
  dynamoDb.fault({ action: '*', kind: 'delay', delayMillis: options.ledgerLatencyMillis });
  const endpoint = await Ec2Endpoint.start({
    network,
    latencyMillis: options.latencyMillis,
    tokenBuckets: options.tokenBuckets,
  });
  let revokedAt: number | undefined;
  endpoint.after('RevokeSecurityGroupIngress', () => { revokedAt = Date.now(); });
  process.on('message', (message: OpenRequest | 'report') => {
    if (message !== 'report') {
      process.send?.(open(network, message.open));
      return;
    }
    const report: EndpointReport = {
      callsByAction: { ...endpoint.callsByAction(), ...dynamoDb.callsByAction() },
      throttled: endpoint.calls.filter(({ outcome }) => outcome === 'RequestLimitExceeded').length,
      staleRulesLeft: [...network.vpcs.keys()].flatMap(vpcId => staleRulesOf(network, vpcId)).length,
      openedRulesLeft: [...network.rules.values()].filter(({ fromPort }) => fromPort === SSH.fromPort).length,
      revokedAt,
    };
    revokedAt = undefined;
    endpoint.calls.length = dynamoDb.calls.length = 0;
    process.send?.(report);
  });
  process.send?.({
    url: endpoint.url,
    dynamoDbUrl: dynamoDb.url,
    tableName: dynamoDb.tableName,
  } satisfies EndpointAddress);
}

void main();

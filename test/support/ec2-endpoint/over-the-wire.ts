/** Connects the endpoint with the AWS SDK's own clients, for tests of the endpoint. */
import { CloudWatchClient } from '@aws-sdk/client-cloudwatch';
import { EC2Client } from '@aws-sdk/client-ec2';
import { EventBridgeClient } from '@aws-sdk/client-eventbridge';
import { SNSClient } from '@aws-sdk/client-sns';
import { Ec2Endpoint, type Ec2EndpointOptions, Network } from './';

export interface Wire {
  readonly network: Network;
  readonly endpoint: Ec2Endpoint;
  readonly ec2: EC2Client;
  readonly cloudWatch: CloudWatchClient;
  readonly eventBridge: EventBridgeClient;
  readonly sns: SNSClient;
}

export interface WireOptions extends Partial<Ec2EndpointOptions> {
  /** Defaults to one, so that a call is sent once. */
  readonly maxAttempts?: number;
}

const connected: Wire[] = [];
const furtherClients: Destroyable[] = [];

interface Destroyable {
  destroy(): void;
}

/** Returns the configuration of a client whose service the endpoint plays. */
export const clientOf = ({ url }: Pick<Ec2Endpoint, 'url'>, maxAttempts = 1) => ({
  endpoint: url, region: 'eu-central-1', maxAttempts,
  credentials: { accessKeyId: 'AKIDEXAMPLE', secretAccessKey: 'secret-access-key-for-tests' },
});

export async function connect({ maxAttempts = 1, ...options }: WireOptions = {}): Promise<Wire> {
  process.env.AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED = 'true';
  const network = options.network ?? new Network();
  const endpoint = await Ec2Endpoint.start({ ...options, network });
  const config = clientOf(endpoint, maxAttempts);
  const wire = {
    network,
    endpoint,
    ec2: new EC2Client(config),
    cloudWatch: new CloudWatchClient(config),
    eventBridge: new EventBridgeClient(config),
    sns: new SNSClient(config),
  };
  connected.push(wire);
  return wire;
}

/** Closes the connections of another client, too, when the test ends. */
export function closing<T extends Destroyable>(client: T): T {
  furtherClients.push(client);
  return client;
}

/** Closes every connection that a test has opened, whatever its result. */
export async function disconnect(): Promise<void> {
  for (const client of furtherClients.splice(0)) client.destroy();
  await Promise.all(connected.splice(0).map(async ({ endpoint, ec2, cloudWatch, eventBridge, sns }) => {
    for (const client of [ec2, cloudWatch, eventBridge, sns]) client.destroy();
    await endpoint.stop();
  }));
}

export interface Refusal {
  readonly code: string;
  readonly message: string;
  readonly status?: number;
  readonly requestId?: string;
}

/** Returns the error with which a call was refused. @throws when it was not refused */
export async function refusal(call: Promise<unknown>): Promise<Refusal> {
  const outcome = await call.then(
    () => undefined,
    (error: Error & { $metadata?: { httpStatusCode?: number; requestId?: string } }) => error,
  );
  if (outcome === undefined) throw new Error('The call was not refused');
  return {
    code: outcome.name,
    message: outcome.message,
    status: outcome.$metadata?.httpStatusCode,
    requestId: outcome.$metadata?.requestId,
  };
}

/** Two VPCs with a peering and one group each. A rule of `group` refers to `peer`. */
export function peeredNetwork() {
  const network = new Network();
  const vpc = network.addVpc();
  const peerVpc = network.addVpc({ cidrBlock: '10.1.0.0/16' });
  const peering = network.addPeering(vpc.vpcId, peerVpc.vpcId);
  const group = network.addSecurityGroup({ vpcId: vpc.vpcId });
  const peer = network.addSecurityGroup({ vpcId: peerVpc.vpcId });
  const rule = network.addIngress(group.groupId, { reference: { groupId: peer.groupId } });
  return { network, vpc, peerVpc, peering, group, peer, rule };
}

/** The bundled handler, an EC2 endpoint with a network, a DynamoDB table, and CloudFormation's bucket for answers: a world of its own per test. */
import { resolve } from 'node:path';
import { HYGIENE_VARIABLE, LEDGER_TABLE_VARIABLE } from '../../src/private/contract';
import { customResourceEvent, ResponseBucket, type ReceivedResponse } from '../support/cloudformation';
import { DynamoDbEndpoint } from '../support/dynamodb';
import { Ec2Endpoint, type Ec2EndpointOptions, Network, type SecurityGroupRule } from '../support/ec2-endpoint';
import { type InvocationOutcome, LambdaProcess } from '../support/lambda-process';

export const HANDLER_FOLDER = resolve(__dirname, '..', '..', 'assets', 'handler');

/** The configuration that the construct would send, with what a test cares for. */
export function configuration(overrides: Record<string, unknown> = {}): Record<string, unknown> {
  return {
    version: 2, hygiene: HYGIENE, metricNamespace: 'NetworkHygiene', eventBus: 'default', resourceMetrics: true, dryRun: false, staleRules: 'report',
    flaggedIngressRules: [], exemptSecurityGroupIds: [], vpnConnections: { kind: 'all' }, maxRevocationsPerSweep: 1000,
    allowRestore: overrides.dryRun !== true, ...overrides,
  };
}

const HYGIENE = 'Test/Hygiene';

export const SSH_FROM_ANYWHERE = { anyGroup: true, match: 'EXACT', ipPermissions: [{ IpProtocol: 'tcp', FromPort: 22, ToPort: 22, IpRanges: [{ CidrIp: '0.0.0.0/0' }] }] };

export interface WorldOptions extends Partial<Ec2EndpointOptions> {
  /** How far the clock of the function is ahead. */
  readonly clockOffsetMillis?: number;
}

/** The time of a function that is denied something at deployment: what is denied is tried again for as long as there is time, and for 90 seconds at most. */
export const DENIED_MILLIS = 9000;

/** What of an entry of the ledger a test looks at. */
export interface LedgerItem {
  readonly securityGroupRuleId: string;
  readonly state: string;
  readonly revision: number;
  readonly sightings: number;
  readonly rule: Record<string, unknown>;
  readonly expiresAt?: number;
}

export class World {
  public static async start(options: WorldOptions = {}): Promise<World> {
    const network = options.network ?? new Network();
    const [ec2, dynamoDb, bucket] = await Promise.all([Ec2Endpoint.start({ ...options, network }), DynamoDbEndpoint.start(), ResponseBucket.start()]);
    const world = new World(network, ec2, dynamoDb, bucket, await startLambda(ec2, dynamoDb, options.clockOffsetMillis));
    running.push(world);
    return world;
  }

  private readonly processes: LambdaProcess[];

  private constructor(
    public readonly network: Network, public readonly ec2: Ec2Endpoint, public readonly dynamoDb: DynamoDbEndpoint,
    public readonly bucket: ResponseBucket, lambda: LambdaProcess,
  ) {
    this.processes = [lambda];
  }

  /** The latest process of the function. */
  public get lambda(): LambdaProcess {
    return this.processes[this.processes.length - 1];
  }

  /** Another process, as Lambda starts one when the last has died, or when it is called a second time at once. */
  public async startAnother(clockOffsetMillis = 0): Promise<LambdaProcess> {
    this.processes.push(await startLambda(this.ec2, this.dynamoDb, clockOffsetMillis));
    return this.lambda;
  }

  public sweep(overrides: Record<string, unknown> = {}, timeoutMillis?: number): Promise<InvocationOutcome> {
    return this.lambda.invoke(configuration(overrides), timeoutMillis);
  }

  public restore(request: { securityGroupRuleIds: readonly string[] } | { sweepId: string }): Promise<InvocationOutcome> {
    return this.lambda.invoke({ restore: request });
  }

  /** What the ledger holds of rules, by their ids; without those items of which the rule cannot be read. */
  public async entries(): Promise<Map<string, LedgerItem>> {
    const items = await this.dynamoDb.items() as unknown as Array<Omit<LedgerItem, 'rule' | 'securityGroupRuleId'> & { id: string; rule: string }>;
    const rules = items.filter(({ id }) => id.startsWith('sgr-'));
    return new Map(rules.flatMap(item => {
      const rule = parsed(item.rule);
      return rule === undefined ? [] : [[item.id, { ...item, securityGroupRuleId: item.id, rule }]];
    }));
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
    return this.processes.flatMap(({ logLines }) => logLines).filter(line => line.event === event);
  }

  /** Ids of rules that have gone since a snapshot. */
  public gone(before: readonly SecurityGroupRule[]): string[] {
    return before.map(({ securityGroupRuleId }) => securityGroupRuleId).filter(id => !this.network.rules.has(id));
  }

  public actions(): string[] {
    return Object.keys(this.ec2.callsByAction()).sort();
  }

  public async stop(): Promise<void> {
    await Promise.all(this.processes.map(lambda => lambda.stop()));
    await Promise.all([this.bucket.stop(), this.ec2.stop(), this.dynamoDb.stop()]);
  }
}

function parsed(rule: string): Record<string, unknown> | undefined {
  try {
    return JSON.parse(rule) as Record<string, unknown>;
  } catch {
    return undefined;
  }
}

function startLambda(ec2: Ec2Endpoint, dynamoDb: DynamoDbEndpoint, clockOffsetMillis?: number): Promise<LambdaProcess> {
  return LambdaProcess.start({
    handlerFolder: HANDLER_FOLDER, endpointUrl: ec2.url, dynamoDbUrl: dynamoDb.url, clockOffsetMillis,
    env: { [LEDGER_TABLE_VARIABLE]: dynamoDb.tableName, [HYGIENE_VARIABLE]: HYGIENE },
  });
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

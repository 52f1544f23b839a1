/**
 * A world for a test: the bundled handlers, an endpoint of EC2 and other services with a network, a DynamoDB table, and
 * CloudFormation's bucket for responses.
 */
import { resolve } from 'node:path';
import type { FlaggedSight, StaleSight } from '../../lambda/core/model/ledger';
import {
  CHANGE_QUEUE_VARIABLE, FINGERPRINT_VARIABLE, HYGIENE_VARIABLE, LEDGER_TABLE_VARIABLE, ROLE_NAME_VARIABLE,
  SWEEPING_FUNCTION_VARIABLE,
} from '../../src/contract/names';
import { customResourceEvent, ResponseBucket, type ReceivedResponse } from '../support/cloudformation';
import { sqsEvent } from '../support/cloudtrail/records';
import { customResourceProperties, deployedWith, putIntoForce, SCHEDULED } from '../support/deployment';
import { DynamoDbEndpoint } from '../support/dynamodb';
import {
  Ec2Endpoint, type Ec2EndpointOptions, Network, type PublishedDatum, type SecurityGroupRule,
} from '../support/ec2-endpoint';
import type { HoldingEndpoint } from '../support/holding-endpoint';
import {
  type InvocationOptions, type InvocationOutcome, LambdaProcess, type LambdaProcessOptions,
} from '../support/lambda-process';

export const HANDLER_FOLDER = resolve(__dirname, '..', '..', 'assets', 'handler');

/** Returns the configuration that the construct would send, with the overrides of a test. */
export function configuration(overrides: Record<string, unknown> = {}): Record<string, unknown> {
  return {
    version: 3, hygiene: HYGIENE, metricNamespace: 'NetworkHygiene', eventBus: 'default', resourceMetrics: true, dryRun: false, staleRules: 'report',
    flaggedIngressRules: [], exemptSecurityGroupIds: [], vpnConnections: { kind: 'all' }, maxRevocationsPerSweep: 1000, settleSeconds: 0,
    allowRestore: overrides.dryRun !== true, ...overrides,
  };
}

const HYGIENE = 'Test/Hygiene';

export const SSH_FROM_ANYWHERE = { anyGroup: true, match: 'EXACT', ipPermissions: [{ IpProtocol: 'tcp', FromPort: 22, ToPort: 22, IpRanges: [{ CidrIp: '0.0.0.0/0' }] }] };

/** The names of the functions of the construct, and of the role of both. */
export const FUNCTIONS = { sweeping: 'handler', change: 'changes', role: 'hygiene-role' } as const;

/** The name of the queue of changes. */
const CHANGE_QUEUE = 'changes-queue';

export interface WorldOptions extends Partial<Ec2EndpointOptions> {
  /** The time by which the clock of the function is ahead. */
  readonly clockOffsetMillis?: number;
  /** Stands before the endpoint of EC2. Absent: no other service that holds security groups answers. */
  readonly holding?: HoldingEndpoint;
}

/**
 * The timeout of a function that is denied something at deployment. Denied actions are retried while there is time, for
 * up to 90 seconds.
 */
export const DENIED_MILLIS = 12_000;

/** The process to invoke, by default the latest one, and its timeout. */
interface Invoking {
  readonly lambda?: LambdaProcess;
  readonly timeoutMillis?: number;
}

/** The fields of a ledger entry that tests check. */
export interface LedgerItem {
  readonly securityGroupRuleId: string;
  readonly state: string;
  readonly revision: number;
  readonly stale?: StaleSight;
  readonly flagged?: FlaggedSight;
  readonly rule: Record<string, unknown>;
  readonly expiresAt?: number;
}

export class World {
  public static async start(options: WorldOptions = {}): Promise<World> {
    const network = options.network ?? new Network();
    const [ec2, dynamoDb, bucket] = await Promise.all([
      Ec2Endpoint.start({ ...options, network }), DynamoDbEndpoint.start(), ResponseBucket.start(),
    ]);
    const { holding } = options;
    if (holding) holding.upstream = ec2.url;
    const endpoint = { endpointUrl: holding?.url };
    const lambda = await startLambda(ec2, dynamoDb, options.clockOffsetMillis, endpoint);
    const world = new World(network, ec2, dynamoDb, bucket, lambda);
    running.add(world);
    return world;
  }

  private readonly processes: LambdaProcess[];
  private readonly changeProcesses: LambdaProcess[] = [];
  /** The configuration in force, as text. */
  private inForce?: string;

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

  /** Starts another process, as Lambda does when the last one has died, or for a second call at the same time. */
  public async startAnother(clockOffsetMillis = 0): Promise<LambdaProcess> {
    this.processes.push(await startLambda(this.ec2, this.dynamoDb, clockOffsetMillis));
    return this.lambda;
  }

  /**
   * Starts a process of the function that changes trigger. From then on, the sweeping function and the queue of changes
   * are the only ones of their kinds.
   */
  public async startChange(clockOffsetMillis = 0): Promise<LambdaProcess> {
    this.ec2.addFunction(FUNCTIONS.sweeping);
    const lambda = await startLambda(this.ec2, this.dynamoDb, clockOffsetMillis, {
      handlerName: 'change', functionName: FUNCTIONS.change,
      env: {
        [CHANGE_QUEUE_VARIABLE]: this.ec2.addQueue(CHANGE_QUEUE),
        [SWEEPING_FUNCTION_VARIABLE]: FUNCTIONS.sweeping, [ROLE_NAME_VARIABLE]: FUNCTIONS.role,
      },
    });
    this.changeProcesses.push(lambda);
    return lambda;
  }

  /**
   * Delivers a batch of the queue of changes to the function that changes trigger.
   *
   * @param messages events, or the texts of messages
   */
  public async change(
    messages: ReadonlyArray<object | string>, overrides: Record<string, unknown> = {},
    { lambda = this.changeProcesses.at(-1), timeoutMillis }: Invoking = {},
  ): Promise<InvocationOutcome> {
    return this.invoke(sqsEvent(...messages), overrides, { lambda: lambda ?? await this.startChange(), timeoutMillis });
  }

  /** Delivers a batch to a function that was deployed with a configuration, no matter which one the ledger has. */
  public async changeDeployed(
    messages: ReadonlyArray<object | string>, overrides: Record<string, unknown>,
    invoking: Invoking & { readonly lambda: LambdaProcess },
  ): Promise<InvocationOutcome> {
    return this.invokeDeployed(overrides, sqsEvent(...messages), invoking);
  }

  /** Runs a scheduled sweep with a configuration that has settled long ago. */
  public async sweep(overrides: Record<string, unknown> = {}, timeoutMillis?: number): Promise<InvocationOutcome> {
    return this.sweepIn(this.lambda, overrides, timeoutMillis);
  }

  /** Runs the same in a given process. */
  public async sweepIn(
    lambda: LambdaProcess, overrides: Record<string, unknown> = {}, timeoutMillis?: number,
  ): Promise<InvocationOutcome> {
    return this.invoke(SCHEDULED, overrides, { lambda, timeoutMillis });
  }

  /** Runs over some groups. */
  public async sweepGroups(
    securityGroupIds: readonly string[], overrides: Record<string, unknown> = {}, lambda = this.lambda,
  ): Promise<InvocationOutcome> {
    return this.invoke({ sweep: { securityGroupIds } }, overrides, { lambda });
  }

  private async invoke(
    event: unknown, overrides: Record<string, unknown>, { lambda = this.lambda, timeoutMillis }: Invoking = {},
  ): Promise<InvocationOutcome> {
    await this.putIntoForce(overrides);
    return lambda.invoke(event, timeoutMillis, { env: deployedWith(configuration(overrides)) });
  }

  /** Puts a configuration into force, unless the latest one is the same. */
  public async putIntoForce(overrides: Record<string, unknown> = {}, since?: string): Promise<void> {
    const wanted = configuration(overrides);
    if (JSON.stringify(wanted) === this.inForce) return;
    await putIntoForce(wanted, this.dynamoDb, since);
    this.inForce = JSON.stringify(wanted);
  }

  /** Invokes a function that was deployed with a configuration, no matter which one the ledger has. */
  public async invokeDeployed(
    overrides: Record<string, unknown>, event: unknown = SCHEDULED,
    { timeoutMillis, lambda = this.lambda, ...options }: InvocationOptions & Invoking = {},
  ): Promise<InvocationOutcome> {
    return lambda.invoke(event, timeoutMillis, { env: deployedWith(configuration(overrides)), ...options });
  }

  public restore(
    request: { securityGroupRuleIds: readonly string[] } | { sweepId: string },
  ): Promise<InvocationOutcome> {
    return this.lambda.invoke({ restore: request });
  }

  /** Returns the entries of rules by id, except for items whose rule cannot be read. */
  public async entries(): Promise<Map<string, LedgerItem>> {
    const items = await this.dynamoDb.items() as unknown as Array<Record<string, string> & { id: string }>;
    return new Map(items.filter(({ id }) => id.startsWith('sg-')).flatMap(item => {
      const [rule, stale, flagged] = [item.rule, item.stale, item.flagged].map(parsed);
      const securityGroupRuleId = item.id.split('#')[1];
      if (rule === undefined) return [];
      const entry = { ...item, securityGroupRuleId, rule, stale, flagged } as unknown as LedgerItem;
      return [[securityGroupRuleId, entry]];
    }));
  }

  /** Sends a custom resource request, and returns the response to CloudFormation. */
  public async deploy(
    requestType: 'Create' | 'Update' | 'Delete', overrides: Record<string, unknown> = {}, timeoutMillis?: number,
  ): Promise<ReceivedResponse> {
    return this.deployThrough(this.lambda, requestType, overrides, timeoutMillis);
  }

  /** Sends the same through a given process. */
  public async deployThrough(
    lambda: LambdaProcess, requestType: 'Create' | 'Update' | 'Delete', overrides: Record<string, unknown> = {}, timeoutMillis?: number,
  ): Promise<ReceivedResponse> {
    const wanted = configuration(overrides);
    const env = deployedWith(wanted);
    return this.deployWith(requestType, customResourceProperties(wanted), { lambda, timeoutMillis, env });
  }

  /** Sends the same with given properties, and with the old ones that an update includes. */
  public async deployWith(
    requestType: 'Create' | 'Update' | 'Delete', properties: Record<string, unknown>,
    { timeoutMillis, env, before, lambda = this.lambda }: Pick<InvocationOptions, 'env'> & Invoking & {
      readonly before?: Record<string, unknown>;
    } = {},
  ): Promise<ReceivedResponse> {
    this.inForce = undefined;
    const event = customResourceEvent(requestType, this.bucket.url, properties, before);
    await lambda.invoke(event, timeoutMillis, { env });
    const answer = this.bucket.received.at(-1);
    if (!answer) throw new Error(`CloudFormation got no answer:\n${lambda.printed}`);
    return answer;
  }

  /** Returns the latest value of an aggregate metric. */
  public aggregate(name: string): number | undefined {
    const isIt = (datum: PublishedDatum): boolean => datum.name === name && Object.keys(datum.dimensions).length === 1;
    return this.ec2.metrics.filter(isIt).at(-1)?.value;
  }

  public logged(event: string): Array<Record<string, unknown>> {
    return this.allProcesses.flatMap(({ logLines }) => logLines).filter(line => line.event === event);
  }

  /** Everything that the processes have printed. */
  public get printed(): string {
    return this.allProcesses.map(({ printed }) => printed).join('');
  }

  /** Returns the ids of rules that are gone since a snapshot. */
  public gone(before: readonly SecurityGroupRule[]): string[] {
    return before.map(({ securityGroupRuleId }) => securityGroupRuleId).filter(id => !this.network.rules.has(id));
  }

  public actions(): string[] {
    return Object.keys(this.ec2.callsByAction()).sort();
  }

  public async stop(): Promise<void> {
    running.delete(this);
    // A call in progress ends when its endpoint stops. Only then is the process idle.
    await Promise.all([this.bucket.stop(), this.ec2.stop(), this.dynamoDb.stop()]);
    await Promise.all(this.allProcesses.map(lambda => lambda.release()));
  }

  private get allProcesses(): LambdaProcess[] {
    return [...this.processes, ...this.changeProcesses];
  }

  /** Stops the world together with the test that uses it, so that tests can run in parallel. */
  public [Symbol.asyncDispose](): Promise<void> {
    return this.stop();
  }
}

function parsed(rule: string | undefined): Record<string, unknown> | undefined {
  try {
    return rule === undefined ? undefined : JSON.parse(rule) as Record<string, unknown>;
  } catch {
    return undefined;
  }
}

function startLambda(
  ec2: Ec2Endpoint, dynamoDb: DynamoDbEndpoint, clockOffsetMillis?: number,
  { env, endpointUrl = ec2.url, ...options }: Partial<Pick<
    LambdaProcessOptions, 'handlerName' | 'functionName' | 'env' | 'endpointUrl'
  >> = {},
): Promise<LambdaProcess> {
  return LambdaProcess.start({
    handlerFolder: HANDLER_FOLDER, endpointUrl, dynamoDbUrl: dynamoDb.url, clockOffsetMillis,
    functionName: FUNCTIONS.sweeping, ...options,
    env: {
      [LEDGER_TABLE_VARIABLE]: dynamoDb.tableName, [HYGIENE_VARIABLE]: HYGIENE, [FINGERPRINT_VARIABLE]: 'none', ...env,
    },
  });
}

const running = new Set<World>();

// A process serves one world after another, and stops with the test file.
afterAll(() => LambdaProcess.stopReleased());

/** Stops every world that a test has started, whatever its result. */
export async function stopWorlds(): Promise<void> {
  await Promise.all([...running].map(world => world.stop()));
}

/**
 * A network of VPCs that were all peered to a deleted one, with `groups` groups each. Every group has a stale ingress
 * rule.
 */
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

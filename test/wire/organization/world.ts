/**
 * A world for a test of an organization: the bundled handlers of the hub, an endpoint of AWS with several accounts and
 * Regions, a DynamoDB table, and the synthesized state machine, which an interpreter runs.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import {
  FINGERPRINT_VARIABLE, HYGIENE_VARIABLE, LEDGER_TABLE_VARIABLE, RESTORE_FUNCTION_VARIABLE,
} from '../../../src/contract/names';
import { BUCKET_VARIABLE, STATE_MACHINE_PROPERTY } from '../../../src/contract/organization';
import { customResourceEvent, type ReceivedResponse, ResponseBucket } from '../../support/cloudformation';
import { sqsEvent } from '../../support/cloudtrail/records';
import { customResourceProperties, deployedWith, putIntoForce } from '../../support/deployment';
import { DynamoDbEndpoint } from '../../support/dynamodb';
import { Network, type PublishedDatum, type SecurityGroupRule } from '../../support/ec2-endpoint';
import { LambdaPool } from '../../support/lambda-pool';
import { type InvocationOutcome, LambdaProcess } from '../../support/lambda-process';
import { OrganizationEndpoint, type OrganizationEndpointOptions, roleArnOf } from '../../support/organization-endpoint';
import { type Execution, runStateMachine } from '../../support/state-machine';
import { definitionOfRuns } from '../../support/synthesized-organization';
import { HANDLER_FOLDER } from '../world';

export const HUB = '111122223333';
export const HUB_REGION = 'eu-central-1';

/** Members of the organization, besides the hub. */
export const [ONE, TWO, THREE] = ['222233334444', '333344445555', '444455556666'];

export const HYGIENE = 'Hub/Hygiene';
export const BUCKET = 'hygiene-runs';

/** The access keys of the functions of the hub. */
export const HUB_KEY = 'AKIDHUB';
export const RESTORE_KEY = 'AKIDRESTORE';

export const SSH = {
  anyGroup: true, match: 'EXACT',
  ipPermissions: [{ IpProtocol: 'tcp', FromPort: 22, ToPort: 22, IpRanges: [{ CidrIp: '0.0.0.0/0' }] }],
};

/** Returns the configuration that the construct would send, with the overrides of a test. */
export function configuration(
  overrides: Record<string, unknown> = {}, organization: Record<string, unknown> = {},
): Record<string, unknown> {
  return {
    version: 3, hygiene: HYGIENE, metricNamespace: 'NetworkHygiene', eventBus: 'default', resourceMetrics: false,
    dryRun: false, staleRules: 'report', flaggedIngressRules: [SSH], exemptSecurityGroupIds: [],
    vpnConnections: { kind: 'all' }, maxRevocationsPerSweep: 20, settleSeconds: 0, allowRestore: true, ...overrides,
    organization: {
      organizationId: 'o-exampleorgid', accounts: { kind: 'list', ids: [ONE, TWO, THREE] },
      revokeIn: { kind: 'list', ids: [ONE, TWO] }, regions: ['eu-central-1', 'eu-west-1'],
      sweepRoleName: 'network-hygiene-sweep', restoreRoleName: 'network-hygiene-restore',
      externalId: 'cdk-network-hygiene', toleratedFailures: 0, ...organization,
    },
  };
}

/** Properties of the configuration, and of the part of it that only an organization has. */
export type Overrides = readonly [overrides?: Record<string, unknown>, organization?: Record<string, unknown>];

export interface RunOptions {
  readonly configured?: Overrides;
  readonly scheduledTime?: string;
  readonly timeoutMillis?: number;
  /** Whether a child waits for as long as an invocation may take before it calls again. */
  readonly isWaiting?: boolean;
  /** Called before each invocation with the step. It may stop the process of the function, which then dies. */
  readonly before?: (step: Readonly<Record<string, unknown>>, lambda: LambdaProcess) => void | Promise<void>;
}

export class OrganizationWorld {
  public static async start(options: Partial<OrganizationEndpointOptions> = {}): Promise<OrganizationWorld> {
    const network = new Network(HUB, HUB_REGION);
    const [aws, dynamoDb, responses] = await Promise.all([
      OrganizationEndpoint.start({ network, ...options }), DynamoDbEndpoint.start(), ResponseBucket.start(),
    ]);
    aws.addKey(HUB_KEY, roleArnOf(HUB, 'network-hygiene-hub'));
    aws.addKey(RESTORE_KEY, roleArnOf(HUB, 'network-hygiene-hub-restore'));
    aws.addBucket(BUCKET);
    const world = new OrganizationWorld(aws, dynamoDb, responses, aws.addStateMachine('hygiene'));
    running.add(world);
    return world;
  }

  /** A few processes exist at a time. */
  private readonly pool = new LambdaPool(PROCESSES, () => this.started('organization', HUB_KEY));
  private readonly others: LambdaProcess[] = [];
  private changing?: LambdaProcess;
  private executionCount = 0;
  private inForce?: string;
  /** The environment of the functions, which each deployment changes. */
  private env: Record<string, string> = {};

  private constructor(
    public readonly aws: OrganizationEndpoint, public readonly dynamoDb: DynamoDbEndpoint,
    public readonly responses: ResponseBucket, public readonly stateMachineArn: string,
  ) {}

  /** Adds members with a VPC in each Region, and as many flagged rules there. */
  public addMembers(rules: Readonly<Record<string, number>>, regions = ['eu-central-1', 'eu-west-1']): void {
    for (const [account, count] of Object.entries(rules)) {
      this.aws.addMember(account);
      for (const region of regions) this.addRules(account, region, count);
    }
  }

  /** Adds flagged rules, each in a group of its own. */
  public addRules(account: string, region: string, count: number): SecurityGroupRule[] {
    const network = this.aws.place(account, region);
    const { vpcId } = network.addVpc();
    return Array.from({ length: count }, () => {
      const { groupId } = network.addSecurityGroup({ vpcId });
      network.addIngress(groupId, { cidrIpv4: '10.0.0.0/8', ipProtocol: 'tcp', fromPort: 22, toPort: 22 });
      return network.addIngress(groupId, { cidrIpv4: '0.0.0.0/0', ipProtocol: 'tcp', fromPort: 22, toPort: 22, description: 'open', tags: { Owner: 'TeamA' } });
    });
  }

  /** Returns the number of flagged rules that are left in an account, in all Regions. */
  public left(account: string, regions = ['eu-central-1', 'eu-west-1']): number {
    const isOpen = ({ cidrIpv4 }: SecurityGroupRule): boolean => cidrIpv4 === '0.0.0.0/0';
    return regions.reduce((sum, region) =>
      sum + [...this.aws.place(account, region).rules.values()].filter(isOpen).length, 0);
  }

  /** Runs the state machine with a configuration that has settled long ago. */
  public async run(options: RunOptions = {}): Promise<Execution> {
    const { configured = [], scheduledTime, timeoutMillis = 60_000, isWaiting, before } = options;
    await this.putIntoForce(configured);
    const name = `arn:aws:states:${HUB_REGION}:${HUB}:execution:hygiene:${++this.executionCount}`;
    return runStateMachine(definitionOfRuns(), {
      input: scheduledTime === undefined ? {} : { scheduledTime }, executionId: name,
      getObject: (_, key) => this.aws.buckets.read(BUCKET, key) ?? '',
      invoke: (_, payload) => this.pool.use(async lambda => {
        const { organization: step } = payload as { organization: Record<string, unknown> };
        await before?.(step, lambda);
        // The interpreter does not wait. A lease ends only with time.
        if (isWaiting && Number(step.attempt) > 0) await sleep(timeoutMillis);
        const { result, error } = await invoked(lambda, payload, timeoutMillis, this.env);
        if (error) throw Object.assign(new Error(error.message), { name: error.name });
        return result;
      }),
    });
  }

  /** Sends one event to the hub's function. */
  public async invokeHub(
    event: unknown, configured: Overrides = [], timeoutMillis = 60_000, qualifier?: string,
  ): Promise<InvocationOutcome> {
    await this.putIntoForce(configured);
    return this.pool.use(lambda => lambda.invoke(event, timeoutMillis, { env: this.env, qualifier }));
  }

  /** Sends one event to the function that restores. */
  public async restore(event: unknown, configured: Overrides = []): Promise<InvocationOutcome> {
    await this.putIntoForce(configured);
    const lambda = await this.start('organizationRestore', RESTORE_KEY);
    return lambda.invoke(event, 60_000, { env: this.env });
  }

  /** Delivers a batch of the queue of changes. */
  public async change(events: ReadonlyArray<object | string>, configured: Overrides = []): Promise<InvocationOutcome> {
    await this.putIntoForce(configured);
    this.changing ??= await this.start('organizationChange', HUB_KEY);
    return this.changing.invoke(sqsEvent(...events), 60_000, { env: this.env });
  }

  /** Sends a custom resource request, and returns the response to CloudFormation. */
  public async deploy(requestType: 'Create' | 'Update', configured: Overrides = [], timeoutMillis = 60_000): Promise<ReceivedResponse> {
    this.inForce = undefined;
    const wanted = configuration(...configured);
    this.env = deployedWith(wanted);
    const properties = { ...customResourceProperties(wanted), [STATE_MACHINE_PROPERTY]: this.stateMachineArn };
    const event = customResourceEvent(requestType, this.responses.url, properties);
    await this.pool.use(lambda => lambda.invoke(event, timeoutMillis, { env: this.env }));
    const answer = this.responses.received.at(-1);
    if (!answer) throw new Error('CloudFormation got no answer');
    return answer;
  }

  public async putIntoForce(configured: Overrides = []): Promise<void> {
    const wanted = configuration(...configured);
    if (JSON.stringify(wanted) === this.inForce) return;
    await putIntoForce(wanted, this.dynamoDb);
    this.env = deployedWith(wanted);
    this.inForce = JSON.stringify(wanted);
  }

  /** Starts a process of a function of the hub. */
  public async start(handlerName: string, accessKeyId: string): Promise<LambdaProcess> {
    const lambda = await this.started(handlerName, accessKeyId);
    this.others.push(lambda);
    return lambda;
  }

  private started(handlerName: string, accessKeyId: string): Promise<LambdaProcess> {
    return LambdaProcess.start({
      handlerFolder: HANDLER_FOLDER, handlerName, functionName: 'hub', endpointUrl: this.aws.url, dynamoDbUrl: this.dynamoDb.url,
      env: {
        AWS_ACCESS_KEY_ID: accessKeyId, [LEDGER_TABLE_VARIABLE]: this.dynamoDb.tableName, [HYGIENE_VARIABLE]: HYGIENE,
        [FINGERPRINT_VARIABLE]: 'none', [BUCKET_VARIABLE]: BUCKET, [RESTORE_FUNCTION_VARIABLE]: 'restore',
      },
    });
  }

  /** Returns the latest value of a total. */
  public total(name: string): number | undefined {
    const isIt = (datum: PublishedDatum): boolean => datum.name === name && Object.keys(datum.dimensions).length === 1;
    return this.aws.metrics.filter(isIt).at(-1)?.value;
  }

  public logged(event: string): Array<Record<string, unknown>> {
    return [...this.pool.all, ...this.others].flatMap(({ logLines }) => logLines).filter(line => line.event === event);
  }

  public get printed(): string {
    return [...this.pool.all, ...this.others].map(({ printed }) => printed).join('');
  }

  /** Returns the entries of the rules of a place by their states. */
  public async states(account: string, region: string): Promise<string[]> {
    const items = await this.dynamoDb.items() as unknown as Array<Record<string, string>>;
    return items.filter(({ hygiene, id }) => hygiene === `${HYGIENE}:${account}:${region}` && id.startsWith('sg-'))
      .map(({ state }) => state).sort();
  }

  public async stop(): Promise<void> {
    running.delete(this);
    await Promise.all([this.responses.stop(), this.aws.stop(), this.dynamoDb.stop()]);
    await Promise.all([...this.pool.all, ...this.others].map(lambda => lambda.release()));
  }
}

/** The number of invocations at a time. */
const PROCESSES = 3;

/** A process that dies is what Step Functions calls an unknown error of Lambda. */
async function invoked(
  lambda: LambdaProcess, payload: unknown, timeoutMillis: number, env: Record<string, string>,
): Promise<InvocationOutcome> {
  try {
    return await lambda.invoke(payload, timeoutMillis, { env });
  } catch (error) {
    throw Object.assign(new Error(String(error)), { name: 'Lambda.Unknown' });
  }
}

const running = new Set<OrganizationWorld>();

afterAll(() => LambdaProcess.stopReleased());

export async function stopWorlds(): Promise<void> {
  await Promise.all([...running].map(world => world.stop()));
}

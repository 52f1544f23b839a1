/** Batches of the queue of changes, and a deployed function that receives them. */
import { aConfiguration, aDeclaration } from './builders';
import { MemoryLedger } from './memory-ledger';
import { MemoryNetwork } from './memory-network';
import { MemoryEvents, MemoryFullSweeps, MemoryLog, MemoryMetrics, MemoryTopology } from './recorders';
import { ACCOUNT, Installation, type Ran, START, vpcs } from './swept';
import { type BatchAnswer, handleChanges } from '../../lambda/core/changes/handle';
import type { Configuration } from '../../src/contract/configuration';
import { SWEEP_REMINDER } from '../../src/contract/names';

export const OWN_SESSION = ':assumed-role/hygiene-role/sweeper';

export const SECOND = 1000;
export const MINUTE = 60 * SECOND;

/** A message of the queue. */
export interface Message {
  readonly messageId: string;
  readonly body: string;
  /** How often it was delivered. Absent: once. */
  readonly receiveCount?: number;
}

/** The parts of an event that a test gives. */
export interface EventParts {
  readonly eventID?: string;
  readonly eventName?: string;
  readonly eventTime?: Date;
  readonly arn?: string;
  readonly requestParameters?: unknown;
  readonly responseElements?: unknown;
  readonly errorCode?: string;
}

let count = 0;

/** Returns an event as EventBridge passes it on, in the shape of CloudTrail's records. */
export function anEvent({
  eventID = `event-${++count}`, eventName = 'AuthorizeSecurityGroupIngress', eventTime = START,
  arn = `arn:aws:sts::${ACCOUNT}:assumed-role/admin/someone`, requestParameters, responseElements, errorCode,
}: EventParts = {}): object {
  return {
    'version': '0',
    'id': `bridge-${eventID}`,
    'detail-type': 'AWS API Call via CloudTrail',
    'source': 'aws.ec2',
    'account': ACCOUNT,
    'time': seconds(eventTime),
    'region': 'eu-central-1',
    'resources': [],
    'detail': {
      eventVersion: '1.11',
      userIdentity: { type: 'AssumedRole', arn, accountId: ACCOUNT },
      eventTime: seconds(eventTime),
      eventSource: 'ec2.amazonaws.com',
      eventName,
      awsRegion: 'eu-central-1',
      sourceIPAddress: '203.0.113.7',
      userAgent: 'aws-cli/2.31.0',
      ...errorCode !== undefined && { errorCode },
      requestParameters: requestParameters ?? {},
      responseElements: responseElements ?? { requestId: 'request-1', _return: true },
      eventID,
      eventType: 'AwsApiCall',
    },
  };
}

/** CloudTrail's times have whole seconds. */
const seconds = (time: Date): string => `${time.toISOString().slice(0, 19)}Z`;

export const messageOf = (content: unknown): Message =>
  ({ messageId: `message-${++count}`, body: typeof content === 'string' ? content : JSON.stringify(content) });

/** A message about a change of a rule of a group. */
export const ofGroup = (groupId: string, parts: EventParts = {}): Message =>
  messageOf(anEvent({ requestParameters: { groupId, ipPermissions: {} }, ...parts }));

/** A message about a peering connection that is being deleted. */
export const ofPeering = (vpcPeeringConnectionId: string, parts: EventParts = {}): Message =>
  messageOf(anEvent({ eventName: 'DeleteVpcPeeringConnection', requestParameters: { vpcPeeringConnectionId }, ...parts }));

/** A message about a transit gateway that is being modified. */
export const ofGateway = (TransitGatewayId: string, parts: EventParts = {}): Message => messageOf(anEvent({
  eventName: 'ModifyTransitGateway', requestParameters: { ModifyTransitGatewayRequest: { TransitGatewayId } }, ...parts,
}));

/** A message about a change of which no id can be taken. */
export const unreadable = (parts: EventParts = {}): Message =>
  messageOf(anEvent({ requestParameters: { omitted: true }, ...parts }));

export const reminder = (): Message => messageOf(SWEEP_REMINDER);

export const sqsEvent = (messages: readonly Message[]): object => ({
  Records: messages.map(({ messageId, body, receiveCount = 1 }) => ({
    messageId, body, receiptHandle: 'handle', attributes: { ApproximateReceiveCount: String(receiveCount) },
    messageAttributes: {},
    eventSource: 'aws:sqs', awsRegion: 'eu-central-1',
  })),
});

/** The state that a batch has left behind. */
export interface Handled {
  /** The messages that are delivered again. */
  readonly again: readonly string[];
  readonly metrics: MemoryMetrics;
  readonly events: MemoryEvents;
  readonly log: MemoryLog;
}

export const revoking = (overrides: Partial<Configuration> = {}): Configuration => aConfiguration({
  staleRules: 'ignore', flaggedIngressRules: [aDeclaration()], vpnConnections: { kind: 'none' }, resourceMetrics: false,
  changeTrigger: 'cloudTrail', settleSeconds: 0, ...overrides,
});

/** A deployed function, with a full sweep an hour before the first batch. */
export class ChangeScene extends Installation {
  /** @param network what is there when the batches arrive; absent: a VPC with one rule of each kind */
  static async of(
    configuration: Configuration = revoking(), network = new MemoryNetwork(vpcs(2)), ledger = new MemoryLedger(),
  ): Promise<ChangeScene> {
    const scene = new ChangeScene(network, ledger);
    const [rules, groups] = [new Map(network.rules), new Map(network.groups)];
    network.rules.clear();
    await scene.deploy(configuration, { isChange: true });
    scene.clock.advance(60 * MINUTE);
    for (const [id, rule] of rules) network.rules.set(id, rule);
    for (const [id, group] of groups) network.groups.set(id, group);
    scene.forget();
    return scene;
  }

  readonly topology = new MemoryTopology();
  readonly fullSweeps = new MemoryFullSweeps();

  /** Forgets the calls that were made so far. */
  forget(): void {
    this.network.calls.length = 0;
    this.ledger.calls.length = 0;
    this.topology.asked.length = 0;
  }

  get now(): Date {
    return this.clock.now();
  }

  /** Returns the time some seconds ago. */
  ago(secondsAgo: number): Date {
    return new Date(this.now.getTime() - secondsAgo * SECOND);
  }

  async receive(...messages: Message[]): Promise<Handled> {
    return this.receiveEvent(sqsEvent(messages));
  }

  async receiveEvent(event: unknown): Promise<Handled> {
    const [metrics, log, events] = [new MemoryMetrics(), new MemoryLog(), new MemoryEvents()];
    const { topology, fullSweeps, ledger } = this;
    const dependencies = {
      ...this.dependencies(metrics, log, events), ledger, topology, fullSweeps, ownSessions: [OWN_SESSION],
    };
    const { batchItemFailures }: BatchAnswer = await handleChanges(event, dependencies);
    return { again: batchItemFailures.map(({ itemIdentifier }) => itemIdentifier), metrics, log, events };
  }

  /** Runs the sweep that a change has started. */
  async sweepFully(): Promise<Ran> {
    return this.run({ trigger: 'change', scope: { kind: 'everything' } });
  }

  get ruleIds(): string[] {
    return [...this.network.rules.keys()].sort();
  }
}

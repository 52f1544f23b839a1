/** Reads the local AWS with the AWS SDK. */
import { CloudTrailClient, CreateTrailCommand, StartLoggingCommand } from '@aws-sdk/client-cloudtrail';
import {
  CloudWatchClient,
  DescribeAlarmsCommand,
  GetDashboardCommand,
  GetMetricDataCommand,
  ListDashboardsCommand,
} from '@aws-sdk/client-cloudwatch';
import {
  CloudWatchLogsClient,
  DescribeLogGroupsCommand,
  FilterLogEventsCommand,
} from '@aws-sdk/client-cloudwatch-logs';
import { DynamoDBClient, ListTablesCommand, ScanCommand } from '@aws-sdk/client-dynamodb';
import { EventBridgeClient, ListRulesCommand, PutEventsCommand } from '@aws-sdk/client-eventbridge';
import {
  GetRolePolicyCommand,
  IAMClient,
  ListAttachedRolePoliciesCommand,
  ListRolePoliciesCommand,
  ListRolesCommand,
} from '@aws-sdk/client-iam';
import {
  GetFunctionConfigurationCommand,
  InvokeCommand,
  LambdaClient,
  ListEventSourceMappingsCommand,
  ListFunctionsCommand,
} from '@aws-sdk/client-lambda';
import { ListSchedulesCommand, SchedulerClient } from '@aws-sdk/client-scheduler';
import { CreateTopicCommand, ListTopicsCommand, SNSClient, SubscribeCommand } from '@aws-sdk/client-sns';
import {
  CreateQueueCommand,
  DeleteMessageCommand,
  GetQueueAttributesCommand,
  ListQueuesCommand,
  ReceiveMessageCommand,
  SendMessageCommand,
  SetQueueAttributesCommand,
  SQSClient,
} from '@aws-sdk/client-sqs';
import { CREDENTIALS } from './local-aws';
import { expect } from './steps';
import { HYGIENE_DIMENSION } from '../../src/contract/names';
import type { CloudTrailEvent } from '../support/cloudtrail/records';
import type { Widget } from '../support/dashboard-body';
import type { SentEvent } from '../support/event-schemas';

/** The message that SNS sends to a subscribed queue. */
export interface TopicMessage {
  readonly Subject?: string;
  readonly Message: string;
}

/** An event as EventBridge sends it to a target. */
export interface ReceivedEvent extends SentEvent {
  readonly detail: {
    readonly account?: string;
    readonly region?: string;
    readonly reason?: string;
    readonly count?: number;
    readonly securityGroupRuleId?: string;
    readonly vpnConnectionId?: string;
    readonly changedBy?: { readonly arn?: string; readonly eventId?: string };
    readonly restoreCommand?: string;
  };
}

interface PolicyDocument {
  readonly Statement: ReadonlyArray<{
    readonly Effect: string;
    readonly Action: string | string[];
    readonly Resource: string | string[];
  }>;
}

export class Account {
  private readonly cloudTrail: CloudTrailClient;
  private readonly cloudWatch: CloudWatchClient;
  private readonly dynamoDb: DynamoDBClient;
  private readonly eventBridge: EventBridgeClient;
  private readonly iam: IAMClient;
  private readonly lambda: LambdaClient;
  private readonly logs: CloudWatchLogsClient;
  private readonly scheduler: SchedulerClient;
  private readonly sns: SNSClient;
  private readonly sqs: SQSClient;

  /** @param stackName the stack whose resources are listed, if others have their own */
  constructor(endpoint: string, private readonly stackName: string) {
    const { AWS_ACCESS_KEY_ID: accessKeyId, AWS_SECRET_ACCESS_KEY: secretAccessKey, AWS_REGION: region } = CREDENTIALS;
    const client = { endpoint, region, credentials: { accessKeyId, secretAccessKey } };
    this.cloudTrail = new CloudTrailClient(client);
    this.cloudWatch = new CloudWatchClient(client);
    this.dynamoDb = new DynamoDBClient(client);
    this.eventBridge = new EventBridgeClient(client);
    this.iam = new IAMClient(client);
    this.lambda = new LambdaClient(client);
    this.logs = new CloudWatchLogsClient(client);
    this.scheduler = new SchedulerClient(client);
    this.sns = new SNSClient(client);
    this.sqs = new SQSClient(client);
  }

  /** @returns the ARN of a new topic */
  public async createTopic(name: string): Promise<string> {
    const { TopicArn = '' } = await this.sns.send(new CreateTopicCommand({ Name: name }));
    return TopicArn;
  }

  /** @returns the URL of a new queue that is subscribed to the topic */
  public async subscribeQueue(topicArn: string, name: string): Promise<string> {
    const { QueueUrl: url = '' } = await this.sqs.send(new CreateQueueCommand({ QueueName: name }));
    const { Attributes } = await this.sqs.send(
      new GetQueueAttributesCommand({ QueueUrl: url, AttributeNames: ['QueueArn'] }),
    );
    await this.sns.send(new SubscribeCommand({ TopicArn: topicArn, Protocol: 'sqs', Endpoint: Attributes?.QueueArn }));
    return url;
  }

  /** Creates a trail that logs the management events of the Region. */
  public async createTrail(name: string): Promise<void> {
    await this.cloudTrail.send(new CreateTrailCommand({ Name: name, S3BucketName: name }));
    await this.cloudTrail.send(new StartLoggingCommand({ Name: name }));
  }

  /** Puts events on the default bus in place of CloudTrail. AWS refuses that to others; see start_ministack.py. */
  public async putEvents(events: readonly CloudTrailEvent[]): Promise<void> {
    const { FailedEntryCount, Entries } = await this.eventBridge.send(new PutEventsCommand({
      Entries: events.map(({ 'source': Source, 'detail-type': DetailType, detail }) =>
        ({ Source, DetailType, Detail: JSON.stringify(detail) })),
    }));
    expect(FailedEntryCount === 0, `the bus takes the events, got ${JSON.stringify(Entries)}`);
  }

  /** @returns the ARN that the calls of a function have, as CloudTrail records it */
  public async sessionOf(functionName: string): Promise<string> {
    const { Role = '' } = await this.lambda.send(new GetFunctionConfigurationCommand({ FunctionName: functionName }));
    const [, accountId, roleName] = /^arn:aws:iam::(\d+):role\/(.+)$/.exec(Role) ?? [];
    return `arn:aws:sts::${accountId}:assumed-role/${roleName}/${functionName}`;
  }

  /** Sends a message to a queue whose messages are visible again a second after each delivery. */
  public async sendImpatiently(queueUrl: string, body: string): Promise<void> {
    await this.sqs.send(new SetQueueAttributesCommand({ QueueUrl: queueUrl, Attributes: { VisibilityTimeout: '1' } }));
    await this.sqs.send(new SendMessageCommand({ QueueUrl: queueUrl, MessageBody: body }));
  }

  /** @returns the number of the messages in a queue, including those that a consumer has received and not deleted */
  public async queued(queueUrl: string): Promise<number> {
    const { Attributes = {} } = await this.sqs.send(
      new GetQueueAttributesCommand({ QueueUrl: queueUrl, AttributeNames: ['All'] }),
    );
    const { ApproximateNumberOfMessages, ApproximateNumberOfMessagesNotVisible } = Attributes;
    return Number(ApproximateNumberOfMessages) + Number(ApproximateNumberOfMessagesNotVisible);
  }

  /** @returns the bodies of all messages, which are JSON, after deleting these */
  public async drain<T>(queueUrl: string): Promise<T[]> {
    return (await this.drainTexts(queueUrl)).map(body => JSON.parse(body) as T);
  }

  /** @returns the bodies of all messages, after deleting these */
  public async drainTexts(queueUrl: string): Promise<string[]> {
    const bodies: string[] = [];
    for (;;) {
      const { Messages = [] } = await this.sqs.send(
        new ReceiveMessageCommand({ QueueUrl: queueUrl, MaxNumberOfMessages: 10 }),
      );
      if (Messages.length === 0) return bodies;
      for (const { Body = '', ReceiptHandle } of Messages) {
        await this.sqs.send(new DeleteMessageCommand({ QueueUrl: queueUrl, ReceiptHandle }));
        bodies.push(Body);
      }
    }
  }

  /** @returns the sum of each aggregate metric over the last minutes; undefined if there is no datum */
  public async sums<Name extends string>(hygiene: string, ...names: Name[]): Promise<Partial<Record<Name, number>>> {
    const now = Date.now();
    const { MetricDataResults = [] } = await this.cloudWatch.send(new GetMetricDataCommand({
      StartTime: new Date(now - 600_000),
      EndTime: new Date(now + 60_000),
      MetricDataQueries: names.map((MetricName, index) => {
        const Metric = {
          Namespace: 'NetworkHygiene',
          MetricName,
          Dimensions: [{ Name: HYGIENE_DIMENSION, Value: hygiene }],
        };
        return { Id: `m${index}`, MetricStat: { Metric, Period: 60, Stat: 'Sum' } };
      }),
    }));
    const sum = (index: number): number | undefined => {
      const { Values = [] } = MetricDataResults.find(({ Id }) => Id === `m${index}`) ?? {};
      return Values.length === 0 ? undefined : Values.reduce((total, value) => total + value, 0);
    };
    return Object.fromEntries(names.map((name, index) => [name, sum(index)])) as Partial<Record<Name, number>>;
  }

  /** @returns the state of every alarm, by name */
  public async alarmStates(): Promise<Record<string, string>> {
    const { MetricAlarms = [] } = await this.cloudWatch.send(new DescribeAlarmsCommand({}));
    return Object.fromEntries(MetricAlarms.map(({ AlarmName = '', StateValue = '' }) => [AlarmName, StateValue]));
  }

  public async widgets(dashboardName: string): Promise<Widget[]> {
    const { DashboardBody = '' } = await this.cloudWatch.send(
      new GetDashboardCommand({ DashboardName: dashboardName }),
    );
    return (JSON.parse(DashboardBody) as { widgets: Widget[] }).widgets;
  }

  /** @returns the lines that are JSON */
  public async logLines(logGroupName: string): Promise<Array<Record<string, unknown>>> {
    const { events = [] } = await this.logs.send(new FilterLogEventsCommand({ logGroupName }));
    return events.flatMap(({ message = '' }) =>
      message.startsWith('{') ? [JSON.parse(message) as Record<string, unknown>] : [],
    );
  }

  /** @throws when the function fails */
  public async invoke<T>(functionName: string, payload: object): Promise<T> {
    const { Payload, FunctionError } = await this.lambda.send(
      new InvokeCommand({ FunctionName: functionName, Payload: JSON.stringify(payload) }),
    );
    const text = Buffer.from(Payload ?? []).toString();
    if (FunctionError !== undefined) throw new Error(`${functionName} failed: ${text}`);
    return JSON.parse(text) as T;
  }

  /**
   * @returns what the role of a function may do, such as `dynamodb:Query arn:…`, and the ARNs of its managed policies
   */
  public async allowed(functionName: string): Promise<string[]> {
    const { Role = '' } = await this.lambda.send(new GetFunctionConfigurationCommand({ FunctionName: functionName }));
    const RoleName = Role.split('/').at(-1);
    const [{ PolicyNames = [] }, { AttachedPolicies = [] }] = await Promise.all([
      this.iam.send(new ListRolePoliciesCommand({ RoleName })),
      this.iam.send(new ListAttachedRolePoliciesCommand({ RoleName })),
    ]);
    const documents = await Promise.all(PolicyNames.map(async PolicyName => {
      const { PolicyDocument: text = '' } = await this.iam.send(new GetRolePolicyCommand({ RoleName, PolicyName }));
      return JSON.parse(decodeURIComponent(text)) as PolicyDocument;
    }));
    const inline = documents
      .flatMap(({ Statement }) => Statement)
      .filter(({ Effect }) => Effect === 'Allow')
      .flatMap(({ Action, Resource }) =>
        [Action].flat().flatMap(action => [Resource].flat().map(resource => `${action} ${resource}`)),
      );
    return [...inline, ...AttachedPolicies.map(({ PolicyArn = '' }) => PolicyArn)].sort();
  }

  /** @returns the states of the rules in a ledger, and the names of all tables */
  public async ledger(tableName: string): Promise<{ states: string[]; tables: string[] }> {
    const { Items = [] } = await this.dynamoDb.send(new ScanCommand({ TableName: tableName }));
    const { TableNames: tables = [] } = await this.dynamoDb.send(new ListTablesCommand({}));
    return { states: Items.flatMap(({ state }) => state?.S ?? []).sort(), tables };
  }

  /** @returns the functions that receive messages of queues */
  public async consumers(): Promise<Array<string | undefined>> {
    const { EventSourceMappings = [] } = await this.lambda.send(new ListEventSourceMappingsCommand({}));
    return EventSourceMappings.map(({ FunctionArn }) => FunctionArn);
  }

  /** @returns the resources of each kind, except for tables and consumers */
  public async resources(): Promise<Record<string, Array<string | undefined>>> {
    const { Functions = [] } = await this.lambda.send(new ListFunctionsCommand({}));
    const { logGroups = [] } = await this.logs.send(new DescribeLogGroupsCommand({}));
    const { Topics = [] } = await this.sns.send(new ListTopicsCommand({}));
    const { QueueUrls = [] } = await this.sqs.send(new ListQueuesCommand({ QueueNamePrefix: this.stackName }));
    const { Rules = [] } = await this.eventBridge.send(new ListRulesCommand({}));
    const { Schedules = [] } = await this.scheduler.send(new ListSchedulesCommand({}));
    const { Roles = [] } = await this.iam.send(new ListRolesCommand({}));
    const { DashboardEntries = [] } = await this.cloudWatch.send(new ListDashboardsCommand({}));
    return {
      functions: Functions.map(({ FunctionName }) => FunctionName),
      logGroups: logGroups.map(({ logGroupName }) => logGroupName),
      topics: Topics.map(({ TopicArn }) => TopicArn),
      queues: QueueUrls,
      rules: Rules.map(({ Name }) => Name),
      schedules: Schedules.map(({ Name }) => Name),
      roles: Roles.map(({ RoleName }) => RoleName).filter(name => name?.startsWith(this.stackName)),
      alarms: Object.keys(await this.alarmStates()),
      dashboards: DashboardEntries.map(({ DashboardName }) => DashboardName),
    };
  }
}

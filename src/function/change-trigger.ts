/**
 * Creates what lets changes trigger sweeps: an EventBridge rule, a queue in which events wait, and a function that
 * receives them in batches.
 *
 * The events come from CloudTrail, which makes no promise that they come. So the schedule remains the truth.
 */
import { CustomResource, Duration, Stack } from 'aws-cdk-lib';
import { ITable } from 'aws-cdk-lib/aws-dynamodb';
import * as events from 'aws-cdk-lib/aws-events';
import { IRole, ManagedPolicy, Policy, PolicyStatement, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { IKey } from 'aws-cdk-lib/aws-kms';
import * as lambda from 'aws-cdk-lib/aws-lambda';
import * as sqs from 'aws-cdk-lib/aws-sqs';
import { Construct, IDependable } from 'constructs';
import { changePattern } from './change-pattern';
import { SweepingFunction } from './sweeping-function';
import { Configuration } from '../contract/configuration';
import { CHANGE_QUEUE_VARIABLE, ROLE_NAME_VARIABLE, SWEEPING_FUNCTION_VARIABLE } from '../contract/names';
import { ChangeTriggerSettings } from '../validation/change-trigger';

export interface ChangeTriggerProps {
  readonly sweeping: SweepingFunction;
  readonly configuration: Configuration;
  readonly ledger: ITable;
  /** The key of the queues. Absent: SQS encrypts them with a key of its own. */
  readonly encryptionKey?: IKey;
}

/** The resources of a change trigger. */
export interface ChangeTriggerResources {
  readonly rule: events.Rule;
  readonly queue: sqs.Queue;
  readonly deadLetterQueue: sqs.Queue;
  readonly changeFunction: lambda.Function;
  readonly settings: ChangeTriggerSettings;
  /** The resources that the role of the functions needs before Lambda may read the queue. */
  readonly permitted: IDependable[];
}

export function changeTrigger(
  scope: Construct, settings: ChangeTriggerSettings, props: ChangeTriggerProps,
): ChangeTriggerResources {
  const { sweeping, configuration, ledger, encryptionKey } = props;
  const { lambdaFunction, role, another } = sweeping;
  const hygiene = configuration.hygiene.slice(-200);
  const { queue, deadLetterQueue } = changeQueues(scope, settings, encryptionKey);
  const changeFunction = another('ChangeFunction', {
    description: `Sweeps changed groups for ${hygiene}`,
    handler: 'index.change',
    timeout: Duration.seconds(settings.timeoutSeconds),
    environment: {
      [CHANGE_QUEUE_VARIABLE]: queue.queueUrl,
      [SWEEPING_FUNCTION_VARIABLE]: lambdaFunction.functionName,
      [ROLE_NAME_VARIABLE]: role.roleName,
    },
    // The function puts off a requested sweep by a message to its own queue. Lambda would take many of them in a row
    // for an endless loop, and drop the next one.
    recursiveLoop: lambda.RecursiveLoop.ALLOW,
  });
  const policy = changePolicy(scope, sweeping, statements(queue, lambdaFunction));
  const rule = new events.Rule(scope, 'ChangeRule', {
    description: `Changes of security groups for ${hygiene}`,
    eventPattern: pattern(Stack.of(scope), configuration, { role, functions: [lambdaFunction, changeFunction] }),
    targets: [new QueueTarget(queue)],
  });
  const keyGrant = encryptionKey !== ledger.encryptionKey
    ? encryptionKey?.grant(role, 'kms:Decrypt', 'kms:GenerateDataKey')
    : undefined;
  const permitted = [...sweeping.ready, policy, ...keyGrant ? [keyGrant] : []];
  return { rule, queue, deadLetterQueue, changeFunction, settings, permitted };
}

/** SQS keeps a message for 14 days at most. */
const LONGEST_RETENTION = Duration.days(14);

export function changeQueues(
  scope: Construct, settings: ChangeTriggerSettings, encryptionKey: IKey | undefined,
): { readonly queue: sqs.Queue; readonly deadLetterQueue: sqs.Queue } {
  const protection = {
    encryption: encryptionKey ? sqs.QueueEncryption.KMS : sqs.QueueEncryption.SQS_MANAGED,
    encryptionMasterKey: encryptionKey,
    enforceSSL: true,
  };
  const deadLetterQueue = new sqs.Queue(scope, 'ChangeDeadLetterQueue', {
    ...protection,
    retentionPeriod: LONGEST_RETENTION,
  });
  const queue = new sqs.Queue(scope, 'ChangeQueue', {
    ...protection,
    // Scheduled sweeps have found by then what these changes would tell. The message must also outlive 5 deliveries.
    retentionPeriod: Duration.days(4),
    visibilityTimeout: Duration.seconds(settings.visibilityTimeoutSeconds),
    deliveryDelay: settings.delaySeconds > 0 ? Duration.seconds(settings.delaySeconds) : undefined,
    deadLetterQueue: { queue: deadLetterQueue, maxReceiveCount: 5 },
  });
  return { queue, deadLetterQueue };
}

/**
 * Grants what names a function, in a policy of its own, because the other policies are made before the functions. CDK
 * fills the inline policies of a role that it makes almost up to IAM's limit, so this one is a managed policy there.
 */
function changePolicy(
  scope: Construct, { role, isOwnRole }: SweepingFunction, granted: PolicyStatement[],
): IDependable {
  if (isOwnRole) return new ManagedPolicy(scope, 'ChangePolicy', { statements: granted, roles: [role] });
  const policy = new Policy(scope, 'ChangePolicy', { statements: granted });
  role.attachInlinePolicy(policy);
  return policy;
}

function statements(queue: sqs.IQueue, sweeping: lambda.IFunction): PolicyStatement[] {
  return [
    // Lambda receives and deletes messages with the role. The function sends itself the reminder of a requested sweep.
    new PolicyStatement({
      actions: ['sqs:DeleteMessage', 'sqs:GetQueueAttributes', 'sqs:ReceiveMessage', 'sqs:SendMessage'],
      resources: [queue.queueArn],
    }),
    // The aliases take other requests. This role may write to the ledger in any case.
    new PolicyStatement({ actions: ['lambda:InvokeFunction'], resources: [sweeping.functionArn] }),
  ];
}

/** The callers whose calls are left out. */
interface OwnCallers {
  readonly role: IRole;
  readonly functions: readonly lambda.IFunction[];
}

/**
 * Returns the pattern of calls that the functions of this construct did not make themselves.
 *
 * The sessions of a function have the name of the function, so calls of other functions with a shared role are let in.
 * Aliases are part of their function.
 */
function pattern(stack: Stack, configuration: Configuration, { role, functions }: OwnCallers): events.EventPattern {
  const sessions = functions.map(({ functionName }) => stack.formatArn({
    service: 'sts', region: '', resource: 'assumed-role', resourceName: `${role.roleName}/${functionName}`,
  }));
  return changePattern(configuration, sessions, matchers => ({ arn: matchers }));
}

/**
 * Lets one rule send events to the queue.
 *
 * CDK's own target leaves out the condition for a queue with a key, because it would also put it into the key's policy,
 * and the rule depends on the key.
 */
export class QueueTarget implements events.IRuleTarget {
  constructor(private readonly queue: sqs.Queue) {}

  public bind(rule: events.IRule): events.RuleTargetConfig {
    this.queue.addToResourcePolicy(new PolicyStatement({
      principals: [new ServicePrincipal('events.amazonaws.com')],
      actions: ['sqs:SendMessage'],
      resources: [this.queue.queueArn],
      conditions: { ArnEquals: { 'aws:SourceArn': rule.ruleArn } },
    }));
    return { arn: this.queue.queueArn, targetResource: this.queue };
  }
}

/**
 * A run takes this many changes at once. It reads each group once, and EC2 describes the rules of 200 groups in one
 * call, so one run costs less than several. Changes that time did not allow come back alone.
 */
const BATCH_SIZE = 100;

/**
 * Starts the delivery of changes to the function after the sweep at deployment, which writes the configuration to the
 * ledger. The rule and the queue exist before that sweep, so that no change is missed in between.
 */
export function sweepOnChanges(scope: Construct, trigger: ChangeTriggerResources, sweep: CustomResource): void {
  const { rule, queue, changeFunction, settings, permitted } = trigger;
  sweep.node.addDependency(rule, queue);
  const mapping = new lambda.EventSourceMapping(scope, 'ChangeMapping', {
    target: changeFunction,
    eventSourceArn: queue.queueArn,
    batchSize: BATCH_SIZE,
    maxBatchingWindow: Duration.seconds(settings.batchingWindowSeconds),
    maxConcurrency: settings.maxConcurrency,
    reportBatchItemFailures: true,
  });
  mapping.node.addDependency(sweep, ...permitted);
}

/**
 * Creates what lets changes in members trigger sweeps there: an event bus to which the members forward events, a rule,
 * a queue in which events wait, and a function that receives them in batches.
 */
import { Duration } from 'aws-cdk-lib';
import * as events from 'aws-cdk-lib/aws-events';
import { ManagedPolicy, PolicyStatement, StarPrincipal } from 'aws-cdk-lib/aws-iam';
import { Construct } from 'constructs';
import { HubFunction, HubProps } from './functions';
import { RESTORE_FUNCTION_VARIABLE, SWEEPING_FUNCTION_VARIABLE } from '../contract/names';
import { changeQueues, ChangeTriggerResources, QueueTarget } from '../function/change-trigger';
import { handlerFunction } from '../function/handler-function';
import { ChangeTriggerSettings } from '../validation/change-trigger';
import { followName } from '../validation/identity';

export interface MemberChangesProps extends HubProps {
  readonly hub: HubFunction;
}

export interface MemberChanges extends ChangeTriggerResources {
  /** The bus to which the members forward events. */
  readonly bus: events.EventBus;
}

export function memberChanges(
  scope: Construct, settings: ChangeTriggerSettings, props: MemberChangesProps,
): MemberChanges {
  const { hub, configuration, organization, encryptionKey, ledger, restoreFunctionName } = props;
  const hygiene = configuration.hygiene.slice(-200);
  const { queue, deadLetterQueue } = changeQueues(scope, settings, encryptionKey);
  const changeFunction = handlerFunction(scope, 'ChangeFunction', props, {
    description: `Sweeps changed groups of members for ${hygiene}`,
    handler: 'index.organizationChange',
    timeout: Duration.seconds(settings.timeoutSeconds),
    memorySize: props.functionOptions?.memorySize,
    environment: {
      // People approve revocations through an alias of this function.
      [SWEEPING_FUNCTION_VARIABLE]: hub.lambdaFunction.functionName,
      ...restoreFunctionName !== undefined && { [RESTORE_FUNCTION_VARIABLE]: restoreFunctionName },
    },
    role: hub.role,
    permitted: hub.ready,
  });
  // The other policies are made before the queue.
  const policy = new ManagedPolicy(scope, 'ChangePolicy', {
    statements: [new PolicyStatement({
      actions: ['sqs:DeleteMessage', 'sqs:GetQueueAttributes', 'sqs:ReceiveMessage'], resources: [queue.queueArn],
    })],
    roles: [hub.role],
  });
  const eventBusName = busName(props.roleName);
  const bus = new events.EventBus(scope, 'ChangeBus', { eventBusName });
  // CloudFormation could not create the bus under another logical id while the old one has the name.
  followName(bus, eventBusName, 'ChangeBus');
  // A member can forward events of its own account only, because EventBridge itself writes the account of an event.
  bus.addToResourcePolicy(new PolicyStatement({
    sid: 'Members',
    principals: [new StarPrincipal()],
    actions: ['events:PutEvents'],
    resources: [bus.eventBusArn],
    conditions: { StringEquals: { 'aws:PrincipalOrgID': organization.organizationId } },
  }));
  const rule = new events.Rule(scope, 'ChangeRule', {
    description: `Changes of security groups in members for ${hygiene}`,
    eventBus: bus,
    eventPattern: { source: ['aws.ec2'], detailType: ['AWS API Call via CloudTrail'] },
    targets: [new QueueTarget(queue)],
  });
  const keyGrant = encryptionKey !== ledger.encryptionKey ? encryptionKey?.grant(hub.role, 'kms:Decrypt') : undefined;
  const permitted = [...hub.ready, policy, ...keyGrant ? [keyGrant] : []];
  return { bus, rule, queue, deadLetterQueue, changeFunction, settings, permitted };
}

/** The members name the bus by its ARN, so its name follows from one that hub and members have agreed on. */
const busName = (roleName: string): string => `${roleName.replace(/[^\w.-]/g, '-')}-changes`;

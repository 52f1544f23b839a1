import { A_BOOLEAN, aResource, CHECKED_ELSEWHERE, having, instanceOf, Kinds, notNull } from './kinds';
import { A_NOTIFICATION_FORMAT } from './notification-format';
import { ComesBack } from '../comes-back';
import type { NetworkHygieneProps } from '../network-hygiene-props';

/** The properties of what is deployed that an account and an organization have in common. */
type DeploymentProps = Pick<
  NetworkHygieneProps,
  'comesBack' | 'revocationWindow' | 'finalNotice' | 'approval' | 'approvalValidFor' | 'settle' | 'schedule'
  | 'hygieneName' | 'metricNamespace' | 'requestRateFactor'
  | 'ledger' | 'ledgerRemovalPolicy' | 'eventBus' | 'notifications' | 'notificationFormat' | 'functionOptions'
  | 'encryptionKey' | 'logGroup'
>;

export const DEPLOYMENT_KINDS: Kinds<DeploymentProps> = {
  comesBack: instanceOf(ComesBack, 'a ComesBack, such as ComesBack.keepAfter(3)'),
  revocationWindow: CHECKED_ELSEWHERE,
  finalNotice: having('toSeconds', 'a Duration, such as Duration.days(7)'),
  approval: A_BOOLEAN,
  approvalValidFor: having('toSeconds', 'a Duration, such as Duration.days(14)'),
  settle: having('toSeconds', 'a Duration, such as Duration.hours(1)'),
  schedule: having('expressionString', 'a ScheduleExpression of aws-scheduler'),
  hygieneName: CHECKED_ELSEWHERE,
  metricNamespace: notNull('a CloudWatch namespace'),
  requestRateFactor: notNull('a number'),
  ledger: aResource('tableArn', 'an ITable of aws-dynamodb, such as Table.fromTableName()'),
  ledgerRemovalPolicy: CHECKED_ELSEWHERE,
  eventBus: aResource('eventBusArn', 'an IEventBus, such as EventBus.fromEventBusArn()'),
  notifications: aResource('topicArn', 'an ITopic of aws-sns, such as Topic.fromTopicArn()'),
  notificationFormat: A_NOTIFICATION_FORMAT,
  functionOptions: CHECKED_ELSEWHERE,
  encryptionKey: aResource('keyArn', 'an IKey of aws-kms, such as a Key'),
  logGroup: aResource('logGroupArn', 'an ILogGroup, such as LogGroup.fromLogGroupName()'),
};

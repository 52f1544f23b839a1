import { Duration, RemovalPolicy } from 'aws-cdk-lib';
import * as dynamodb from 'aws-cdk-lib/aws-dynamodb';
import * as events from 'aws-cdk-lib/aws-events';
import * as kms from 'aws-cdk-lib/aws-kms';
import * as logs from 'aws-cdk-lib/aws-logs';
import * as scheduler from 'aws-cdk-lib/aws-scheduler';
import * as sns from 'aws-cdk-lib/aws-sns';
import { ChangeTrigger } from './change-trigger';
import { ComesBack } from './comes-back';
import { HygieneAccounts } from './hygiene-accounts';
import { NetworkHygieneFunctionOptions } from './network-hygiene-function-options';
import { NotificationFormat } from './notification-format';
import { NetworkHygieneOrganizationRules } from './organization-rules-props';
import { RevocationWindow } from './revocation-window';

/**
 * Properties of NetworkHygieneOrganization. Without `revokeIn`, the construct reports, and changes nothing in any
 * account.
 */
export interface NetworkHygieneOrganizationProps extends NetworkHygieneOrganizationRules {
  /**
   * The id of the organization, such as `o-a1b2c3d4e5`. It must be known at synthesis.
   */
  readonly organizationId: string;

  /**
   * The accounts to sweep. Each run resolves them anew, and leaves out accounts that are closed.
   */
  readonly accounts: HygieneAccounts;

  /**
   * The accounts in which rules may be revoked, among those of `accounts`. In all other accounts everything is only
   * reported. An account whose membership cannot be read is only reported on, too.
   *
   * The role in such an account must allow revoking, too: see `mayRevoke` of NetworkHygieneMember.
   *
   * @default - none: everything is only reported
   */
  readonly revokeIn?: HygieneAccounts;

  /**
   * The Regions to sweep, at most 40. A Region that is not enabled in an account is left out there.
   *
   * @default - every Region that is enabled in an account
   */
  readonly regions?: string[];

  /**
   * The external id that the roles in the members ask for. It is not a secret.
   *
   * @default 'cdk-network-hygiene'
   * @see https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_common-scenarios_third-party.html
   */
  readonly externalId?: string;

  /**
   * The name of the role of the function that sweeps. The roles in the members trust this name.
   *
   * An account has one role of a name for all Regions. A second NetworkHygieneOrganization in the account needs other
   * names, and members with these names.
   *
   * @default 'network-hygiene-hub'
   */
  readonly hubRoleName?: string;

  /**
   * The name of the role of the function that restores. The restoring roles in the members trust this name.
   *
   * @default 'network-hygiene-hub-restore'
   */
  readonly hubRestoreRoleName?: string;

  /**
   * The name of the role in the members that sweeps. It must be the same in each account.
   *
   * @default 'network-hygiene-sweep'
   */
  readonly sweepRoleName?: string;

  /**
   * The name of the role in the members that restores. It must be the same in each account.
   *
   * @default 'network-hygiene-restore'
   */
  readonly restoreRoleName?: string;

  /**
   * The number of accounts that are swept at a time, from 1 to 1000. The function runs as often at once.
   *
   * @default 25
   */
  readonly maxConcurrency?: number;

  /**
   * The number of accounts that may fail before a run counts as failed, from 0 to 100000.
   *
   * Accounts that fail never keep the others from being swept. This number decides how the execution of the state
   * machine ends, and when the alarm `accountsFailed` goes off.
   *
   * @default 0
   */
  readonly toleratedFailures?: number;

  /**
   * Whether to publish totals per account, besides those of the organization. CloudWatch charges for each metric by the
   * hour.
   *
   * @default false
   * @see https://aws.amazon.com/cloudwatch/pricing/
   */
  readonly accountMetrics?: boolean;

  /**
   * The source of events about changes of security groups in members. A change triggers a sweep of the changed groups
   * in its account and Region, besides the runs of the schedule.
   *
   * It adds an event bus, a queue with a dead-letter queue, and a function of its own with the same role. Give the ARN
   * of `changeBus` to the members as `forwardChangesTo`. Only places that the latest run has looked at are swept, rules
   * are revoked only where that run could revoke, and nothing is revoked while a run counts.
   *
   * @default - none: only the schedule, deployments and executions that someone starts make runs
   */
  readonly changeTrigger?: ChangeTrigger;

  /**
   * How to handle a rule that comes back after it was revoked. By default, it is kept once it was revoked three times
   * within 24 hours.
   *
   * @default ComesBack.keepAfter(3)
   */
  readonly comesBack?: ComesBack;

  /**
   * The hours of the week in which rules may be revoked. Outside them, rules are found and reported as ever, and kept
   * with the reason `OUTSIDE_WINDOW`.
   *
   * A further schedule starts a run when the window opens. Rules that are revoked with `anytime` do not wait for the
   * window.
   *
   * @default - rules may be revoked at any time
   */
  readonly revocationWindow?: RevocationWindow;

  /**
   * The time between the announcement of a revocation and the revocation, from 1 minute to 90 days in whole seconds.
   *
   * When nothing else keeps a rule, its revocation is announced once: by the event `Revocation Announced`, in
   * the findings table, and to `notifications`. Until the announcement is that old, the rule is kept with the reason
   * `WITHIN_NOTICE`. `anytime` does not shorten it.
   *
   * @default - revocations are not announced
   */
  readonly finalNotice?: Duration;

  /**
   * Whether a person has to approve each revocation. Until then, a rule is kept with the reason `AWAITING_APPROVAL`.
   *
   * The event `Approval Requested` names the rules, why they are revoked, what replaces them, and a digest of all
   * that. An approval carries the digest and goes through `approveAlias`. It ends after `approvalValidFor`, or when
   * anything of what was shown changes. `anytime` does not replace an approval.
   *
   * @default false
   */
  readonly approval?: boolean;

  /**
   * The time after which an approval ends if its rule has not been revoked by then, from 1 hour to 90 days in whole
   * seconds. It needs `approval`.
   *
   * @default Duration.days(14)
   */
  readonly approvalValidFor?: Duration;

  /**
   * The time after a change of the configuration during which nothing is revoked, from 0 to 30 days in whole seconds.
   *
   * A rollback is a change, too.
   *
   * @default Duration.hours(1)
   */
  readonly settle?: Duration;

  /**
   * The schedule of the runs. A run also starts at every deployment that changes a property.
   *
   * Each run reads every Region of every account, so its cost grows with their number, and hourly runs cost 24 times
   * as much as daily ones. A run may take 4 hours. Two runs never work on one account and Region at a time.
   *
   * With `StaleRules.revokeAfter` or `FlaggedAction.revokeAfter`, a schedule that is not a rate needs `maxGap`, and a
   * schedule that sweeps only once is an error.
   *
   * @default - once a day
   * @see https://docs.aws.amazon.com/scheduler/latest/UserGuide/schedule-types.html
   */
  readonly schedule?: scheduler.ScheduleExpression;

  /**
   * The name of this construct in metrics, alarms, events, saved queries and the ledger: 1 to 128 letters, digits, `.`,
   * `_`, `-` and `/`, without a `/` at the end.
   *
   * Before you move or rename a deployed construct within its stack, give the name that it has now. The construct then
   * keeps its ledger, roles, metrics, logs and alarms. Two constructs of an app may have the same name only if they are
   * in different accounts or Regions.
   *
   * @default - the name of the outermost stack and the path of the construct below it, such as
   * `Network/NetworkHygieneOrganization`; it is an error if that has other characters
   */
  readonly hygieneName?: string;

  /**
   * The CloudWatch namespace of the metrics.
   *
   * @default 'NetworkHygiene'
   */
  readonly metricNamespace?: string;

  /**
   * The factor that a sweep applies to EC2's documented API request limits, from 0.1 to 1000.
   *
   * The limits apply to an account and Region. A factor below 1 leaves room for other callers. Give a factor above 1 if
   * AWS has raised the limits of all accounts.
   *
   * @default 1
   * @see https://docs.aws.amazon.com/ec2/latest/devguide/ec2-api-throttling.html
   */
  readonly requestRateFactor?: number;

  /**
   * The table that records each rule that was found in any account: the whole rule, since when it has been found, and
   * what was done about it. Rules are put back from this table. It also keeps the latest state of each VPN connection,
   * which accounts and Regions failed, and the configuration.
   *
   * The table must be in this account and Region. Its partition key is the string `hygiene`, its sort key is the string
   * `id`, and its time to live attribute should be `expiresAt`. Constructs may share a table: each has its items under
   * its own name.
   *
   * @default - a new table: on demand, with point-in-time recovery
   */
  readonly ledger?: dynamodb.ITable;

  /**
   * The removal policy of the new ledger. It is not accepted together with `ledger`.
   *
   * @default RemovalPolicy.RETAIN
   */
  readonly ledgerRemovalPolicy?: RemovalPolicy;

  /**
   * The event bus that gets an event for each change in any account: findings opened and resolved, rules revoked,
   * revocations withheld, changes of VPN connections and pauses.
   *
   * It may be in another account or Region. In that case, its policy must allow the function's role to send events.
   * `onFindingOpened` and the similar methods then need a `crossStackScope` in the account and Region of the bus,
   * because a rule must be where its bus is.
   *
   * @default - the default event bus of the account and Region
   * @see https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-what-is.html
   */
  readonly eventBus?: events.IEventBus;

  /**
   * A standard SNS topic of this Region. After each run that changed something or found a change, it gets a message
   * that is written for people.
   *
   * @default - no messages
   * @see https://docs.aws.amazon.com/sns/latest/dg/welcome.html
   */
  readonly notifications?: sns.ITopic;

  /**
   * The format of the messages that `notifications` gets.
   *
   * With `NotificationFormat.CHAT`, Amazon Q Developer in chat applications shows them in Slack and Microsoft Teams.
   * Mailboxes still get the text. `NotificationFormat.CHAT` without `notifications` is an error.
   *
   * @default NotificationFormat.TEXT
   * @see https://docs.aws.amazon.com/chatbot/latest/adminguide/custom-notifs.html
   */
  readonly notificationFormat?: NotificationFormat;

  /**
   * Settings of the functions. The options `vpc`, `vpcSubnets` and `securityGroups` are errors, because the functions
   * call AWS in many Regions, and a VPC gives them access to the endpoints of one.
   *
   * The function that restores gets the same architecture, tracing and encryption of environment variables. With
   * `Tracing.ACTIVE`, AWS X-Ray also traces the state machine.
   *
   * @default - 1024 MiB, 15 minutes, ARM
   */
  readonly functionOptions?: NetworkHygieneFunctionOptions;

  /**
   * The key that encrypts the new ledger, the new log group, the bucket for lists of accounts, and the environment
   * variables of the functions.
   *
   * Its policy is extended, so that CloudWatch Logs may use it. CDK cannot change the policy of an imported key; a
   * warning prints the statements that it needs. AWS KMS charges for the key and for requests.
   *
   * @default - AWS managed keys encrypt the ledger and the environment variables; CloudWatch Logs encrypts the log
   * group, and Amazon S3 the bucket
   * @see https://docs.aws.amazon.com/kms/latest/developerguide/concepts.html#customer-mgn-key
   */
  readonly encryptionKey?: kms.IKey;

  /**
   * The log group of the functions. It must be in this account and Region. The log says what was found, revoked and
   * kept, and where; the ledger is the lasting record.
   *
   * @default - a new log group, which keeps lines for one year and is deleted with the stack
   */
  readonly logGroup?: logs.ILogGroup;
}

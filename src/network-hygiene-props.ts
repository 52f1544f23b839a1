import { Duration, RemovalPolicy } from 'aws-cdk-lib';
import * as dynamodb from 'aws-cdk-lib/aws-dynamodb';
import * as ec2 from 'aws-cdk-lib/aws-ec2';
import * as events from 'aws-cdk-lib/aws-events';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as kms from 'aws-cdk-lib/aws-kms';
import * as logs from 'aws-cdk-lib/aws-logs';
import * as scheduler from 'aws-cdk-lib/aws-scheduler';
import * as sns from 'aws-cdk-lib/aws-sns';
import { ChangeTrigger } from './change-trigger';
import { ComesBack } from './comes-back';
import { FlaggedIngressRule } from './flagged-ingress-rule';
import { NetworkHygieneFunctionOptions } from './network-hygiene-function-options';
import { NotificationFormat } from './notification-format';
import { RevocationWindow } from './revocation-window';
import { StaleRules } from './stale-rules';
import { UnusedSecurityGroups } from './unused-security-groups';
import { VpnConnections } from './vpn-connections';

/**
 * Properties of NetworkHygiene. All of them are optional. Without any, the construct reports stale rules, watches every
 * VPN connection, and changes nothing.
 */
export interface NetworkHygieneProps {
  /**
   * The VPCs in scope. They must be in this Region. Rules of security groups in other VPCs are never revoked.
   *
   * @default - every VPC of the account and Region
   */
  readonly vpcs?: ec2.IVpc[];

  /**
   * How to handle stale security group rules. A stale rule refers to a security group that is deleted or no longer
   * reachable.
   *
   * @default StaleRules.report()
   * @see https://docs.aws.amazon.com/vpc/latest/peering/vpc-peering-security-groups.html
   */
  readonly staleRules?: StaleRules;

  /**
   * The ingress rules to revoke wherever a sweep finds them, or to report. Start with `dryRun`, or with
   * `FlaggedAction.report()` as the action of a declaration.
   *
   * @default - no rule is flagged
   */
  readonly flaggedIngressRules?: FlaggedIngressRule[];

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
   * A further schedule starts a sweep when the window opens. Rules that are revoked with `anytime` do not wait for the
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
   * Security groups whose rules are never revoked. What a sweep finds in them is reported.
   *
   * The tag `network-hygiene:exempt`, whatever its value, also exempts a group or a single rule, and so do the tags of
   * `exemptTags`.
   *
   * @default - none
   */
  readonly exemptSecurityGroups?: ec2.ISecurityGroup[];

  /**
   * Tag keys that exempt a security group or a single rule, besides `network-hygiene:exempt`. At most 20 keys.
   *
   * The tag `network-hygiene:exempt-until` exempts, too, until the end of the day in UTC that its value names, such as
   * `2027-03-31`. It cannot be given here.
   *
   * Every other of these tags exempts whatever its value is, and IAM denies revoking rules of groups that have one. IAM
   * does not deny by `network-hygiene:exempt-until`, because it cannot compare dates. Keys are compared without regard
   * to case, as IAM compares them. A key has 1 to 128 characters of Latin-1, because IAM policies accept no others.
   *
   * @default - none
   * @see
   * https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html#condition-keys-resourcetag
   */
  readonly exemptTags?: string[];

  /**
   * The Site-to-Site VPN connections to watch.
   *
   * @default VpnConnections.all()
   */
  readonly vpnConnections?: VpnConnections;

  /**
   * How to handle security groups that nothing uses. They are never deleted.
   *
   * A sweep then also asks about forty services which security groups they hold, so the function has permission to list
   * their resources.
   *
   * @default UnusedSecurityGroups.ignore()
   */
  readonly unusedSecurityGroups?: UnusedSecurityGroups;

  /**
   * Whether each finding is imported into AWS Security Hub of the account and Region.
   *
   * A finding about a rule or an unused security group is imported when it is opened, updated when it changes, and
   * archived when it ends. The function then has permission to import findings of the account's own product, and for
   * nothing else in Security Hub. Enable Security Hub CSPM yourself, because the construct does not. Security Hub
   * charges for findings that are imported or updated. VPN connections are no security findings. It is an error if
   * neither rules nor unused security groups are looked at.
   *
   * @default false
   * @see https://docs.aws.amazon.com/securityhub/latest/userguide/securityhub-custom-providers.html
   */
  readonly securityHub?: boolean;

  /**
   * The number of rules that may be revoked between two scheduled sweeps, from 0 to 100000.
   *
   * Each scheduled sweep opens an allowance of this many revocations. Every run until the next scheduled sweep uses
   * this allowance. If a full sweep plans more revocations, it revokes nothing, logs why, and counts the rules as
   * `RevocationsWithheld`, because so many rules at once are probably a mistake in a declaration. After that, nothing
   * is revoked until the plan of a full sweep is within the allowance again. With 0 nothing is revoked, and the role
   * has no permission to revoke.
   *
   * @default 20
   */
  readonly maxRevocationsPerSweep?: number;

  /**
   * The time after a change of the configuration during which nothing is revoked, from 0 to 30 days in whole seconds.
   *
   * The sweep at deployment then only reports, and says what the first sweep after that time would revoke. A rollback
   * is a change, too. With a Duration of 0, the sweep at deployment may already revoke.
   *
   * @default Duration.hours(1)
   */
  readonly settle?: Duration;

  /**
   * Whether the function may put back rules that it revoked.
   *
   * The function then has permission to add ingress rules to the groups in scope. It has the permission even if nothing
   * may be revoked, because the ledger may hold rules that an earlier configuration revoked. Give false if the function
   * must not be able to add rules.
   *
   * @default - true if stale rules, flagged rules or both are looked at
   */
  readonly allowRestore?: boolean;

  /**
   * Whether anything may be revoked.
   *
   * If it is false, nothing is revoked, and the role has no permission to revoke. Reading, metrics, alarms and
   * restoring go on. If you set it to true again, that changes the configuration, so nothing is revoked until `settle`
   * has passed.
   *
   * @default true
   */
  readonly enabled?: boolean;

  /**
   * Whether sweeps only report what they would revoke. The role then has no permission to revoke.
   *
   * The end of a dry run changes the configuration, so nothing is revoked until `settle` has passed.
   *
   * @default false
   */
  readonly dryRun?: boolean;

  /**
   * The schedule of the sweeps. A sweep also runs at every deployment that changes a property.
   *
   * With `StaleRules.revokeAfter` or `FlaggedAction.revokeAfter`, a schedule that is not a rate needs `maxGap`, and a
   * schedule that sweeps only once is an error.
   *
   * @default - every hour
   * @see https://docs.aws.amazon.com/scheduler/latest/UserGuide/schedule-types.html
   */
  readonly schedule?: scheduler.ScheduleExpression;

  /**
   * The source of events about changes of security groups. A change triggers a sweep of the changed groups, besides the
   * sweeps of the schedule.
   *
   * It adds an EventBridge rule, a queue with a dead-letter queue, and a function of its own with the same role. It
   * needs a trail of AWS CloudTrail. Events may be late or missing, so the schedule remains what finds everything.
   *
   * @default - none: only the schedule, deployments and requests start sweeps
   */
  readonly changeTrigger?: ChangeTrigger;

  /**
   * The name of this construct in metrics, alarms, events, saved queries and the ledger: 1 to 128 letters, digits, `.`,
   * `_`, `-` and `/`, without a `/` at the end.
   *
   * Before you move or rename a deployed construct within its stack, give the name that it has now. The construct then
   * keeps its ledger, metrics, logs and alarms. Two NetworkHygiene of an app may have the same name only if they are in
   * different accounts or Regions.
   *
   * @default - the name of the outermost stack and the path of the construct below it, such as
   * `Network/NetworkHygiene`
   */
  readonly hygieneName?: string;

  /**
   * The CloudWatch namespace of the metrics.
   *
   * @default 'NetworkHygiene'
   */
  readonly metricNamespace?: string;

  /**
   * Whether to publish metrics per VPC, VPN connection, tunnel and keep reason, besides the totals. Such a metric has
   * data only while it says that something is wrong, and one more value that ends it. CloudWatch charges for each
   * metric by the hour. The number of tunnels up is always published for each connection that `VpnConnections.withIds`
   * names.
   *
   * @default true
   * @see https://aws.amazon.com/cloudwatch/pricing/
   */
  readonly resourceMetrics?: boolean;

  /**
   * The factor that a sweep applies to EC2's documented API request limits, from 0.1 to 1000.
   *
   * The limits apply to an account and Region. A factor below 1 leaves room for other callers. Give a factor above 1 if
   * AWS has raised the limits of the account.
   *
   * @default 1
   * @see https://docs.aws.amazon.com/ec2/latest/devguide/ec2-api-throttling.html
   */
  readonly requestRateFactor?: number;

  /**
   * The table that records each rule that was found: the whole rule, since when it has been found, and what was done
   * about it. Rules are put back from this table. It also keeps the latest state of each VPN connection, and the
   * configuration.
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
   * The event bus that gets an event for each change: findings opened and resolved, rules revoked, revocations
   * withheld, changes of VPN connections and pauses.
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
   * A standard SNS topic of this Region. After each sweep that changed something or found a change, it gets a message
   * that is written for people.
   *
   * Its subscriptions in the same stack are made before the sweep at deployment.
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
   * Settings of the function: VPC, memory, timeout, concurrency, tracing, dead-letter queue and others.
   *
   * @default - 512 MiB, 15 minutes, ARM, in no VPC
   */
  readonly functionOptions?: NetworkHygieneFunctionOptions;

  /**
   * The key that encrypts the new ledger, the new log group and the environment variables of the functions.
   *
   * With `changeTrigger`, it also encrypts the queues of changes.
   *
   * Its policy is extended, so that CloudWatch Logs, and with `changeTrigger` EventBridge, may use it. CDK cannot
   * change the policy of an imported key; a warning prints the statements that it needs. AWS KMS charges for the key
   * and for requests.
   *
   * @default - AWS managed keys encrypt the ledger and the environment variables; CloudWatch Logs encrypts the log
   * group
   * @see https://docs.aws.amazon.com/kms/latest/developerguide/concepts.html#customer-mgn-key
   */
  readonly encryptionKey?: kms.IKey;

  /**
   * The role of the function. It must belong to this account. The construct adds the permissions that the function
   * needs, unless the role is imported as immutable.
   *
   * @default - a new role with these permissions and no others
   */
  readonly role?: iam.IRole;

  /**
   * The log group of the function. It must be in this account and Region. The log says what was found, revoked and
   * kept; the ledger is the lasting record.
   *
   * @default - a new log group, which keeps lines for one year and is deleted with the stack
   */
  readonly logGroup?: logs.ILogGroup;
}

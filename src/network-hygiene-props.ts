import { Duration, RemovalPolicy } from 'aws-cdk-lib';
import * as dynamodb from 'aws-cdk-lib/aws-dynamodb';
import * as ec2 from 'aws-cdk-lib/aws-ec2';
import * as events from 'aws-cdk-lib/aws-events';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as kms from 'aws-cdk-lib/aws-kms';
import * as logs from 'aws-cdk-lib/aws-logs';
import * as scheduler from 'aws-cdk-lib/aws-scheduler';
import * as sns from 'aws-cdk-lib/aws-sns';
import { FlaggedIngressRule } from './flagged-ingress-rule';
import { NetworkHygieneFunctionOptions } from './network-hygiene-function-options';
import { StaleRules } from './stale-rules';
import { VpnConnections } from './vpn-connections';

/**
 * Properties of NetworkHygiene. All are optional; without any, it reports stale rules and watches every VPN connection,
 * and changes nothing.
 */
export interface NetworkHygieneProps {
  /**
   * The VPCs in scope, all of this Region. Rules of security groups in other VPCs are never revoked.
   *
   * @default - every VPC of the account and Region
   */
  readonly vpcs?: ec2.IVpc[];

  /**
   * What to do with stale security group rules.
   *
   * @default StaleRules.report()
   */
  readonly staleRules?: StaleRules;

  /**
   * Ingress rules to revoke wherever they are found.
   *
   * @default - no rule is flagged
   */
  readonly flaggedIngressRules?: FlaggedIngressRule[];

  /**
   * Security groups of which no rule is ever revoked. What is found in them is reported.
   *
   * A group or a single rule can also be exempted with the tag `network-hygiene:exempt`, whatever its value, and with
   * the tags of `exemptTags`.
   *
   * @default - none
   */
  readonly exemptSecurityGroups?: ec2.ISecurityGroup[];

  /**
   * Keys of tags that exempt a security group or a single rule besides `network-hygiene:exempt`, at most 20.
   *
   * That the tag exists is enough, whatever its value. Keys are compared without regard to case, as IAM compares them.
   * IAM denies revoking in groups with such a tag. A key has 1 to 128 characters of Latin-1, because a policy holds no
   * others.
   *
   * @default - none
   * @see
   * https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html#condition-keys-resourcetag
   */
  readonly exemptTags?: string[];

  /**
   * The Site-to-Site VPN connections to look at.
   *
   * @default VpnConnections.all()
   */
  readonly vpnConnections?: VpnConnections;

  /**
   * How many rules may be revoked from one scheduled sweep to the next, from 0 to 100000.
   *
   * Each scheduled sweep opens an allowance of so many revocations, and all that runs until the next one draws on it. A
   * full sweep that plans more revokes none, logs that it does not, and counts the rules as `RevocationsWithheld`: so
   * many at once are rather a slip in a declaration, or a network in the middle of a change. Nothing else revokes
   * anything then, until a full sweep plans within the allowance again. With 0 nothing is revoked, and no permission to
   * is granted.
   *
   * @default 20
   */
  readonly maxRevocationsPerSweep?: number;

  /**
   * How long after any change of the configuration nothing is revoked: from 0 to 30 days, in whole seconds.
   *
   * The sweep at deployment then only reports, and says what the first sweep after that would revoke. A rollback is a
   * change. With a Duration of 0, revoking starts at once, also at deployment.
   *
   * @default Duration.hours(1)
   */
  readonly settle?: Duration;

  /**
   * Whether the function may put back rules that it revoked, when it is told to.
   *
   * The permission to add ingress rules to the groups in scope is granted for it. It is granted where nothing may be
   * revoked, too, because the ledger may hold rules that an earlier configuration revoked. Give false for a deployment
   * that must not hold the permission to add rules.
   *
   * @default - true where rules are looked at: stale ones, flagged ones or both
   */
  readonly allowRestore?: boolean;

  /**
   * Whether anything may be revoked.
   *
   * When it is false, nothing is revoked by anything: schedule, event or deployment. Reading, metrics, alarms and
   * restoring go on. No permission to revoke is granted. When it is true again, that is a change of the configuration,
   * so `settle` passes before anything is revoked.
   *
   * @default true
   */
  readonly enabled?: boolean;

  /**
   * Whether to report what would be revoked, and revoke nothing. No permission to revoke is granted then.
   *
   * The end of a dry run is a change of the configuration, so `settle` passes before anything is revoked.
   *
   * @default false
   */
  readonly dryRun?: boolean;

  /**
   * When to sweep, besides at every deployment that changes a property.
   *
   * A scheduled sweep reads the configuration from the ledger, where the deployment has put it.
   *
   * With `StaleRules.revokeAfter`, a schedule that is not a rate needs `maxGap`, and a schedule that sweeps once is
   * refused.
   *
   * @default - every hour
   */
  readonly schedule?: scheduler.ScheduleExpression;

  /**
   * The name of this construct in metrics, alarms, events, saved queries and the ledger: 1 to 128 letters, digits, `.`,
   * `_`, `-` and `/`, without a `/` at the end.
   *
   * Give the name that a deployed construct has, and the construct keeps its ledger, metrics, logs and alarms when it
   * is moved or renamed within its stack. Every NetworkHygiene of an app has a name of its own.
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
   * Whether to publish series per VPC, VPN connection, tunnel and reason that keeps a rule besides the aggregates.
   * CloudWatch charges for each series.
   *
   * @default true
   */
  readonly resourceMetrics?: boolean;

  /**
   * How many times EC2's documented API request limits a sweep may use, from 0.1 to 1000.
   *
   * The limits are per account and Region, so less than 1 leaves room for others; give more where AWS has raised them
   * for the account.
   *
   * @default 1
   * @see https://docs.aws.amazon.com/ec2/latest/devguide/ec2-api-throttling.html
   */
  readonly requestRateFactor?: number;

  /**
   * The table that keeps the rules that were found: since when, whole, and what was done about them. Rules are put back
   * from it. It also keeps the latest state of each VPN connection, and the configuration.
   *
   * The function checks the configuration that it reads there against a fingerprint in its environment.
   *
   * Its partition key is the string `hygiene`, its sort key the string `id`, and its time to live attribute should be
   * `expiresAt`. Constructs may share a table of this account and Region: each has its items under its own path.
   *
   * @default - a new table: on demand, with point-in-time recovery, encrypted with the AWS managed key
   */
  readonly ledger?: dynamodb.ITable;

  /**
   * What becomes of the new ledger when the stack is deleted.
   *
   * @default RemovalPolicy.RETAIN
   */
  readonly ledgerRemovalPolicy?: RemovalPolicy;

  /**
   * The event bus that is told of every change: findings opened and resolved, rules revoked, revocations withheld, and
   * VPN connections whose state changed.
   *
   * It may be of another account or Region. Its policy has to let the function's role in then, and rules have to be
   * made where it is, so that `onFindingOpened` and the like need a `crossStackScope` there.
   *
   * @default - the default event bus of the account and Region
   * @see https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-what-is.html
   */
  readonly eventBus?: events.IEventBus;

  /**
   * A topic of this Region that gets a message which a person can read, after each sweep that changed something or saw
   * it change. Not a FIFO topic.
   *
   * The sweep at deployment comes after the topic and its subscriptions in the stack of this construct.
   *
   * @default - nobody is told
   */
  readonly notifications?: sns.ITopic;

  /**
   * Settings of the function: VPC, memory, timeout, concurrency, tracing, dead-letter queue and others.
   *
   * @default - 512 MiB, 15 minutes, ARM, in no VPC
   */
  readonly functionOptions?: NetworkHygieneFunctionOptions;

  /**
   * The key that encrypts the new ledger, the new log group and the environment variables of the functions.
   *
   * Its policy is extended, so that CloudWatch Logs may use it. CDK cannot change the policy of an imported key; a
   * warning prints the statements that it needs. AWS KMS charges for the key and for requests.
   *
   * @default - the ledger and the environment variables have AWS managed keys, the log group has one that CloudWatch
   * Logs owns
   * @see https://docs.aws.amazon.com/kms/latest/developerguide/concepts.html#customer-mgn-key
   */
  readonly encryptionKey?: kms.IKey;

  /**
   * The role of the function, of this account. The permissions that the other properties need are added to it, unless
   * it is imported as immutable.
   *
   * @default - a new role, with these permissions and no others
   */
  readonly role?: iam.IRole;

  /**
   * Where the function logs: a log group of this account and Region. Its lines tell what was found, revoked and kept.
   * The record that stays is the ledger.
   *
   * @default - a new log group, which keeps lines for one year and is deleted with the stack
   */
  readonly logGroup?: logs.ILogGroup;
}

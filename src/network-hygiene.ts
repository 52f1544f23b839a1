import { CustomResource, Duration, Stack } from 'aws-cdk-lib';
import * as dynamodb from 'aws-cdk-lib/aws-dynamodb';
import * as events from 'aws-cdk-lib/aws-events';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as lambda from 'aws-cdk-lib/aws-lambda';
import * as logs from 'aws-cdk-lib/aws-logs';
import * as scheduler from 'aws-cdk-lib/aws-scheduler';
import * as sqs from 'aws-cdk-lib/aws-sqs';
import { Construct } from 'constructs';
import { Configuration } from './contract/configuration';
import { aliases } from './function/aliases';
import { changeTrigger, ChangeTriggerResources, sweepOnChanges } from './function/change-trigger';
import { encodedConfiguration, withFingerprint } from './function/configuration';
import { letServicesUse } from './function/encryption';
import { findingsFunction } from './function/findings-function';
import { endpointsOf, firstSweep, subscribed } from './function/first-sweep';
import { FunctionSettings, functionSettings } from './function/handler-function';
import { ledgerTable } from './function/ledger-table';
import { logGroup } from './function/log-group';
import { functionNetwork, Placement, placement } from './function/network';
import { SweepTarget } from './function/schedule-target';
import { sweepingFunction } from './function/sweeping-function';
import { windowSchedule } from './function/window-schedule';
import { NetworkHygieneOperations } from './network-hygiene-operations';
import { NetworkHygieneProps } from './network-hygiene-props';
import { identityOf } from './validation/identity';
import { keyOf } from './validation/keys';
import { requireConsistent, requireProps } from './validation/props';
import { intervalSeconds, LONGEST_SWEEP } from './validation/sweep-times';

/**
 * Finds stale security group rules, watches Site-to-Site VPN connections, publishes CloudWatch metrics, and revokes the
 * ingress rules that its properties flag.
 *
 * The construct deploys one Lambda function and one DynamoDB table. The function sweeps the network on a schedule, and
 * at every deployment that changes a property. The table is the ledger, from which the function puts rules back. After
 * a change of the configuration, nothing is revoked for the time of `settle`.
 *
 * @see https://docs.aws.amazon.com/vpc/latest/userguide/vpc-security-groups.html
 */
export class NetworkHygiene extends NetworkHygieneOperations {
  /**
   * The function that sweeps.
   */
  public readonly lambdaFunction: lambda.IFunction;

  /**
   * The log group of the function.
   */
  public readonly logGroup: logs.ILogGroup;

  /**
   * The table that keeps the rules that were found, the latest state of each VPN connection, and the configuration.
   */
  public readonly ledger: dynamodb.ITable;

  /**
   * The alias of the function that takes requests to put rules back, and no others. Undefined if `allowRestore` is
   * false, or if no rules are looked at.
   *
   * Pass its `functionName` to `aws lambda invoke --function-name`.
   */
  public readonly restoreAlias?: lambda.IAlias;

  /**
   * The alias of the function that takes requests to pause revoking, and to adopt a ledger from a backup. Undefined if
   * no rules are looked at.
   *
   * It takes `{"pause":{"until":"2026-12-24T08:00:00Z","reason":"…"}}` and `{"adopt":{}}`. A pause lasts at most 30
   * days and outlives deployments. A ledger records the name of the table that it was made for. If the table has
   * another name, as a copy has, nothing is revoked until someone adopts the ledger.
   */
  public readonly pauseAlias?: lambda.IAlias;

  /**
   * The alias of the function that takes requests to resume revoking, and no others. Undefined if no rules are looked
   * at.
   *
   * It takes `{"resume":{}}`.
   */
  public readonly resumeAlias?: lambda.IAlias;

  /**
   * The alias of the function that takes requests to revoke rules again that are kept because they come back, and no
   * others. Undefined if no declaration and no choice for stale rules says to revoke.
   *
   * It takes `{"retry":{"securityGroupRuleIds":["sgr-…"]}}`. The count of `comesBack` starts over for these rules, so
   * that the next sweep may revoke them.
   */
  public readonly retryAlias?: lambda.IAlias;

  /**
   * The alias of the function that takes approvals of revocations, and no other requests. Undefined without `approval`.
   *
   * It takes `{"approve":{"securityGroupRuleIds":["sgr-…"],"digest":"…","approvedBy":"…"}}`, or `sweepId` instead of
   * the rules for those of the event of that sweep with the digest. The digest is that of what was shown. Nothing
   * verifies `approvedBy`, which may be left out.
   */
  public readonly approveAlias?: lambda.IAlias;

  /**
   * The function that sweeps the security groups that changed. Undefined without a `changeTrigger`.
   */
  public readonly changeFunction?: lambda.IFunction;

  /**
   * The EventBridge rule that receives events about changes. Undefined without a `changeTrigger`.
   */
  public readonly changeRule?: events.IRule;

  /**
   * The queue in which changes wait for `changeFunction`. Undefined without a `changeTrigger`.
   */
  public readonly changeQueue?: sqs.IQueue;

  /**
   * The queue of the changes that failed 5 times. It keeps them for 14 days. Undefined without a `changeTrigger`.
   */
  public readonly changeDeadLetterQueue?: sqs.IQueue;

  /**
   * The schedule of the sweeps.
   */
  public readonly schedule: scheduler.ISchedule;

  /**
   * The schedule of the sweeps at which the revocation window opens. Undefined without a `revocationWindow`.
   */
  public readonly windowSchedule?: scheduler.ISchedule;

  /**
   * The sweep at deployment. Its attributes have the names of the metrics and hold the counts of that sweep, such as
   * `customResource.getAttString('StaleIngressRules')`. The attribute `Pause` says whether revoking is paused,
   * `ChangeTrigger` whether a trail logs the changes that trigger sweeps, and `SecurityHub` whether findings can be
   * imported.
   */
  public readonly customResource: CustomResource;

  /**
   * The role of the function.
   */
  public readonly grantPrincipal: iam.IPrincipal;

  /**
   * The CloudWatch namespace of the metrics.
   */
  public readonly metricNamespace: string;

  /**
   * The event bus that gets the events.
   */
  public readonly eventBus: events.IEventBus;

  /**
   * The name of the construct in metrics, alarms, events, saved queries and the ledger.
   */
  public readonly hygieneName: string;

  /**
   * @internal
   */
  public readonly _configuration: Configuration;

  /**
   * @internal
   */
  public readonly _intervalSeconds?: number;

  /**
   * @internal
   */
  public readonly _changeTrigger?: ChangeTriggerResources;

  /**
   * @internal
   */
  public readonly _stateMachine = undefined;

  private readonly placement?: Placement;
  private readonly functionSettings: FunctionSettings;

  /**
   * @param scope the parent
   * @param id the id within the scope
   * @param props what to find, watch and revoke
   * @throws if a property has a wrong value; the message names the property, the value and the fix
   */
  constructor(scope: Construct, id: string, props: NetworkHygieneProps = {}) {
    super(scope, id);
    requireProps(this, props);
    const { schedule = DEFAULT_SCHEDULE, functionOptions, notifications } = props;
    const encryptionKey = keyOf(`${this.node.path}: encryptionKey`, props.encryptionKey);
    this.hygieneName = identityOf(this, props.hygieneName);
    this.metricNamespace = props.metricNamespace ?? 'NetworkHygiene';
    this.eventBus = props.eventBus ?? events.EventBus.fromEventBusName(this, 'DefaultEventBus', 'default');
    this._intervalSeconds = intervalSeconds(schedule);
    const encoded = encodedConfiguration(props, {
      path: this.node.path, hygiene: this.hygieneName, metricNamespace: this.metricNamespace,
      intervalSeconds: this._intervalSeconds,
    });
    requireConsistent(this, props, encoded, schedule);

    this.functionSettings = functionSettings(this.node.path, props, encryptionKey);
    this.placement = placement(this, this.hygieneName, functionOptions);
    this._configuration = { ...encoded, functionNetwork: functionNetwork(this.placement) };
    if (encryptionKey) {
      letServicesUse(this, encryptionKey, {
        isForLogGroup: props.logGroup === undefined, isForChanges: props.changeTrigger !== undefined,
      });
    }
    this.logGroup = props.logGroup ?? logGroup(this, this.hygieneName, encryptionKey);
    this.ledger = props.ledger ?? ledgerTable(this, {
      hygieneName: this.hygieneName, removalPolicy: props.ledgerRemovalPolicy, encryptionKey,
    });
    const deployed = withFingerprint(this._configuration);
    const sweeping = sweepingFunction(this, props, {
      ...deployed, ledger: this.ledger, logGroup: this.logGroup, eventBus: this.eventBus, placement: this.placement,
      settings: this.functionSettings,
    });
    const { lambdaFunction, ready } = sweeping;
    this.lambdaFunction = lambdaFunction;
    this.grantPrincipal = lambdaFunction.grantPrincipal;
    const { restore, pause, resume, retry, approve } = aliases(this, lambdaFunction, this._configuration);
    this.restoreAlias = restore;
    this.pauseAlias = pause;
    this.resumeAlias = resume;
    this.retryAlias = retry;
    this.approveAlias = approve;
    const trigger = props.changeTrigger && changeTrigger(this, props.changeTrigger._settings, {
      sweeping, configuration: this._configuration, encryptionKey, ledger: this.ledger,
    });
    this._changeTrigger = trigger;
    this.changeFunction = trigger?.changeFunction;
    this.changeRule = trigger?.rule;
    this.changeQueue = trigger?.queue;
    this.changeDeadLetterQueue = trigger?.deadLetterQueue;

    this.customResource = firstSweep(this, {
      ...deployed, lambdaFunction, ledgerName: this.ledger.tableName,
      timeout: functionOptions?.timeout ?? LONGEST_SWEEP,
    });
    this.customResource.node.addDependency(...ready);
    if (functionOptions?.vpc) this.customResource.node.addDependency(endpointsOf(functionOptions.vpc, Stack.of(this)));
    // Subscriptions must exist before the first sweep, or its notification is lost.
    if (notifications) this.customResource.node.addDependency(subscribed(notifications, Stack.of(this)));
    if (trigger) sweepOnChanges(this, trigger, this.customResource);
    const target = new SweepTarget(this, lambdaFunction);
    this.schedule = new scheduler.Schedule(this, 'Schedule', {
      description: `Sweeps of ${this.hygieneName.slice(-200)}`,
      schedule,
      target,
    });
    // The schedule must not start sweeps with a configuration that the preflight refuses.
    this.schedule.node.addDependency(this.customResource);
    this.windowSchedule = windowSchedule(this, {
      window: encoded.revocationWindow,
      description: `Sweeps of ${this.hygieneName.slice(-200)} when the revocation window opens`,
      target,
      main: this.schedule,
    });
  }

  /**
   * Allows a principal to put back rules that this construct revoked, through `restoreAlias`.
   *
   * The principal may not invoke the function itself, which also takes other requests.
   *
   * @param grantee the principal that is allowed to restore rules
   * @throws if `allowRestore` is false, or if no rules are looked at
   */
  public grantRestore(grantee: iam.IGrantable): iam.Grant {
    return this._requireRestoring(this.restoreAlias).grantInvoke(grantee);
  }

  /**
   * @internal
   */
  protected _makeFindingsFunction(): lambda.IFunction {
    return findingsFunction(this, 'FindingsFunction', {
      hygiene: this.hygieneName, ledger: this.ledger, restoreFunctionName: this.restoreAlias?.functionName,
      logGroup: this.logGroup, placement: this.placement, ...this.functionSettings,
    });
  }
}

const DEFAULT_SCHEDULE = scheduler.ScheduleExpression.rate(Duration.hours(1));

import { CustomResource, Duration, Stack } from 'aws-cdk-lib';
import * as cloudwatch from 'aws-cdk-lib/aws-cloudwatch';
import * as dynamodb from 'aws-cdk-lib/aws-dynamodb';
import * as events from 'aws-cdk-lib/aws-events';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as lambda from 'aws-cdk-lib/aws-lambda';
import * as logs from 'aws-cdk-lib/aws-logs';
import * as s3 from 'aws-cdk-lib/aws-s3';
import * as scheduler from 'aws-cdk-lib/aws-scheduler';
import * as sqs from 'aws-cdk-lib/aws-sqs';
import * as sfn from 'aws-cdk-lib/aws-stepfunctions';
import { Construct } from 'constructs';
import { Configuration } from './contract/configuration';
import { EventType } from './contract/names';
import { ORGANIZATION_RESOURCE_TYPE, OrganizationMetric, STATE_MACHINE_PROPERTY } from './contract/organization';
import { revokingAliases } from './function/aliases';
import { ChangeTriggerResources, sweepOnChanges } from './function/change-trigger';
import { encodedConfiguration, withFingerprint } from './function/configuration';
import { letServicesUse } from './function/encryption';
import { findingsFunction } from './function/findings-function';
import { firstSweep, membersIn, subscribed } from './function/first-sweep';
import { FunctionSettings, functionSettings } from './function/handler-function';
import { ledgerTable } from './function/ledger-table';
import { logGroup } from './function/log-group';
import { windowSchedule } from './function/window-schedule';
import { memberChanges } from './hub/changes';
import { callTimeout, hubFunction, letStart, restoreFunction } from './hub/functions';
import { listsBucket } from './hub/lists-bucket';
import { organizationOf } from './hub/organization';
import { run } from './hub/run';
import { RunTarget } from './hub/run-target';
import { NetworkHygieneOperations } from './network-hygiene-operations';
import { NetworkHygieneOrganizationProps } from './network-hygiene-organization-props';
import { agreedNames, warnOfUnknownRegions } from './validation/agreement';
import { compareWithMembers } from './validation/hub-and-members';
import { identityOf } from './validation/identity';
import { keyOf } from './validation/keys';
import {
  requireConsistentOrganization, requireOrganizationProps, requirePlainName, warnOfConcurrency,
} from './validation/organization-props';
import { requireFreeHubRoles } from './validation/role-names';
import { intervalSeconds } from './validation/sweep-times';
import { eventRule } from './watching/event-rule';

/**
 * Finds stale security group rules in the accounts and Regions of an organization, watches their Site-to-Site VPN
 * connections, and revokes the ingress rules that its properties flag in the accounts that `revokeIn` selects.
 *
 * Deploy it once, in the management account or in an account that is a delegated administrator of AWS Organizations or
 * of a service with trusted access. Each account to sweep needs the roles of NetworkHygieneMember. Deploy these
 * first, in one account at least, because the hub enters members when it is deployed.
 *
 * The construct deploys a state machine, two Lambda functions, one DynamoDB table, and a bucket for lists of accounts.
 * A run has two passes over all accounts. The first observes and counts what is to be revoked. The second revokes, if
 * the sum is within `maxRevocationsPerSweep`; otherwise nothing is revoked anywhere. An account or a Region that fails
 * is named, counted, and costs no other.
 *
 * The bucket stays when the stack is deleted, because CloudFormation cannot delete a bucket with objects. It is empty
 * after two days.
 *
 * @see https://docs.aws.amazon.com/step-functions/latest/dg/state-map-distributed.html
 */
export class NetworkHygieneOrganization extends NetworkHygieneOperations {
  /**
   * The function that resolves the accounts, sweeps each of them, and counts. The state machine calls it.
   */
  public readonly lambdaFunction: lambda.IFunction;

  /**
   * The function that puts rules back in any account. It takes no other requests. Undefined if `allowRestore` is false,
   * or if no rules are looked at.
   *
   * It takes `{"restore":{"account":"111122223333","region":"eu-central-1","securityGroupRuleIds":["sgr-…"]}}`. Pass
   * its `functionName` to `aws lambda invoke --function-name`.
   */
  public readonly restoreFunction?: lambda.IFunction;

  /**
   * The state machine of the runs. Start an execution of it to run out of turn. It reads nothing from the input but the
   * time of the schedule.
   */
  public readonly stateMachine: sfn.IStateMachine;

  /**
   * The bucket for the lists of accounts that a run goes through. Objects are deleted after a day.
   */
  public readonly bucket: s3.IBucket;

  /**
   * The log group of the functions.
   */
  public readonly logGroup: logs.ILogGroup;

  /**
   * The table that keeps the rules that were found in each account and Region, the latest state of each VPN connection,
   * the accounts and Regions that failed, and the configuration.
   */
  public readonly ledger: dynamodb.ITable;

  /**
   * The alias of the function that takes requests to pause revoking in all accounts, and to adopt a ledger from a
   * backup. Undefined if no rules are looked at.
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
   * It takes `{"retry":{"account":"111122223333","region":"eu-central-1","securityGroupRuleIds":["sgr-…"]}}`. The count
   * of `comesBack` starts over for these rules, so that the next run may revoke them.
   */
  public readonly retryAlias?: lambda.IAlias;

  /**
   * The alias of the function that takes approvals of revocations, and no other requests. Undefined without `approval`.
   *
   * It takes `{"approve":{"account":"111122223333","region":"eu-central-1","securityGroupRuleIds":["sgr-…"],
   * "digest":"…","approvedBy":"…"}}`, or `sweepId` instead of the rules for those of the event of that sweep with
   * the digest. The digest is that of what was shown. Nothing verifies `approvedBy`, which may be left out.
   */
  public readonly approveAlias?: lambda.IAlias;

  /**
   * The event bus to which members forward changes of security groups. Undefined without a `changeTrigger`.
   *
   * Give its ARN to the members as `forwardChangesTo`. It admits every account of the organization.
   */
  public readonly changeBus?: events.IEventBus;

  /**
   * The function that sweeps the security groups that changed in members. Undefined without a `changeTrigger`.
   */
  public readonly changeFunction?: lambda.IFunction;

  /**
   * The queue in which changes wait for `changeFunction`. Undefined without a `changeTrigger`.
   */
  public readonly changeQueue?: sqs.IQueue;

  /**
   * The queue of the changes that failed 5 times. It keeps them for 14 days. Undefined without a `changeTrigger`.
   */
  public readonly changeDeadLetterQueue?: sqs.IQueue;

  /**
   * The schedule of the runs.
   */
  public readonly schedule: scheduler.ISchedule;

  /**
   * The schedule of the runs at which the revocation window opens. Undefined without a `revocationWindow`.
   */
  public readonly windowSchedule?: scheduler.ISchedule;

  /**
   * The custom resource that checks at deployment whether a run can succeed, and starts one. It does not wait for the
   * run to end.
   */
  public readonly customResource: CustomResource;

  /**
   * The role of the function that sweeps. The roles in the members trust its name.
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
  public readonly _stateMachine: sfn.IStateMachine;

  private readonly functionSettings: FunctionSettings;

  /**
   * @param scope the parent
   * @param id the id within the scope
   * @param props the organization, and what to find, watch and revoke
   * @throws if a property has a wrong value; the message names the property, the value and the fix
   */
  constructor(scope: Construct, id: string, props: NetworkHygieneOrganizationProps) {
    super(scope, id);
    const { path } = this.node;
    requireOrganizationProps(this, props);
    const { schedule = DEFAULT_SCHEDULE, functionOptions, notifications, maxConcurrency = 25 } = props;
    const names = agreedNames(path, props);
    requireFreeHubRoles(this, names);
    const encryptionKey = keyOf(`${path}: encryptionKey`, props.encryptionKey);
    this.hygieneName = identityOf(this, props.hygieneName);
    requirePlainName(path, this.hygieneName);
    this.metricNamespace = props.metricNamespace ?? 'NetworkHygiene';
    this.eventBus = props.eventBus ?? events.EventBus.fromEventBusName(this, 'DefaultEventBus', 'default');
    this._intervalSeconds = intervalSeconds(schedule);
    const organization = organizationOf(path, props, names);
    this._configuration = encodedConfiguration(props, {
      path, hygiene: this.hygieneName, metricNamespace: this.metricNamespace, intervalSeconds: this._intervalSeconds,
      organization,
    });
    requireConsistentOrganization(this, props, this._configuration, schedule);
    warnOfConcurrency(this, props, maxConcurrency);
    warnOfUnknownRegions(this, props.regions);

    this.functionSettings = functionSettings(path, props, encryptionKey);
    if (encryptionKey) {
      letServicesUse(this, encryptionKey, {
        isForLogGroup: props.logGroup === undefined, isForChanges: props.changeTrigger !== undefined, isForLists: true,
      });
    }
    this.logGroup = props.logGroup ?? logGroup(this, this.hygieneName, encryptionKey);
    this.ledger = props.ledger ?? ledgerTable(this, {
      hygieneName: this.hygieneName, removalPolicy: props.ledgerRemovalPolicy, encryptionKey,
    });
    const bucket = listsBucket(this, this.hygieneName, encryptionKey);
    this.bucket = bucket;
    const deployed = withFingerprint(this._configuration);
    const hubProps = {
      ...deployed, organization, ledger: this.ledger, logGroup: this.logGroup, eventBus: this.eventBus, notifications,
      bucket, encryptionKey, functionOptions, settings: this.functionSettings, roleName: names.hubRoleName,
      restoreRoleName: names.hubRestoreRoleName,
    };
    const restoring = this._configuration.allowRestore ? restoreFunction(this, hubProps) : undefined;
    this.restoreFunction = restoring?.lambdaFunction;
    const sweepingProps = { ...hubProps, restoreFunctionName: restoring?.lambdaFunction.functionName };
    const hub = hubFunction(this, sweepingProps);
    this.lambdaFunction = hub.lambdaFunction;
    this.grantPrincipal = hub.role;
    const changes = props.changeTrigger
      && memberChanges(this, props.changeTrigger._settings, { ...sweepingProps, hub });
    this._changeTrigger = changes;
    this.changeBus = changes?.bus;
    this.changeFunction = changes?.changeFunction;
    this.changeQueue = changes?.queue;
    this.changeDeadLetterQueue = changes?.deadLetterQueue;
    const { pause, resume, retry, approve } = revokingAliases(this, hub.lambdaFunction, this._configuration);
    this.pauseAlias = pause;
    this.resumeAlias = resume;
    this.retryAlias = retry;
    this.approveAlias = approve;
    const { stateMachine, ready } = run(this, {
      hygiene: this.hygieneName, lambdaFunction: hub.lambdaFunction, callTimeout: callTimeout(functionOptions), bucket,
      encryptionKey, maxConcurrency, tracing: functionOptions?.tracing,
    });
    this.stateMachine = stateMachine;
    this._stateMachine = stateMachine;

    this.customResource = firstSweep(this, {
      ...deployed, lambdaFunction: hub.lambdaFunction, ledgerName: this.ledger.tableName,
      timeout: callTimeout(functionOptions), resourceType: ORGANIZATION_RESOURCE_TYPE,
      properties: { [STATE_MACHINE_PROPERTY]: stateMachine.stateMachineArn },
    });
    this.customResource.node.addDependency(
      ...hub.ready, ...restoring?.ready ?? [], letStart(this, hub.role, stateMachine), ...ready, bucket,
      // The hub enters members when it is deployed.
      membersIn(Stack.of(this)),
    );
    compareWithMembers(this, this.customResource, {
      names, restores: this._configuration.allowRestore, securityHub: this._configuration.securityHub ?? false,
    });
    if (changes) sweepOnChanges(this, changes, this.customResource);
    // Subscriptions must exist before the first run, or its notification is lost.
    if (notifications) this.customResource.node.addDependency(subscribed(notifications, Stack.of(this)));
    const target = new RunTarget(this, stateMachine);
    this.schedule = new scheduler.Schedule(this, 'Schedule', {
      description: `Runs of ${this.hygieneName.slice(-200)}`,
      schedule,
      target,
    });
    // The schedule must not start runs with a configuration that the preflight refuses.
    this.schedule.node.addDependency(this.customResource);
    this.windowSchedule = windowSchedule(this, {
      window: this._configuration.revocationWindow,
      description: `Runs of ${this.hygieneName.slice(-200)} when the revocation window opens`,
      target,
      main: this.schedule,
    });
  }

  /**
   * Allows a principal to put back rules that this construct revoked, through `restoreFunction`.
   *
   * This reaches every account and Region of the organization, because the request names them.
   *
   * @param grantee the principal that is allowed to restore rules in every account
   * @throws if `allowRestore` is false, or if no rules are looked at
   */
  public grantRestore(grantee: iam.IGrantable): iam.Grant {
    return this._requireRestoring(this.restoreFunction).grantInvoke(grantee);
  }

  /**
   * The number of accounts that a run could sweep, in whole or in part.
   *
   * The default statistic is the minimum over five minutes.
   *
   * @param options overrides such as statistic, period and label
   */
  public metricAccountsSwept(options?: cloudwatch.MetricOptions): cloudwatch.Metric {
    return this.metric(OrganizationMetric.ACCOUNTS_SWEPT, { statistic: cloudwatch.Stats.MINIMUM, ...options });
  }

  /**
   * The number of accounts that a run could not sweep. While it is not 0, the other counts are incomplete.
   *
   * The default statistic is the maximum over five minutes.
   *
   * @param options overrides such as statistic, period and label
   */
  public metricAccountsFailed(options?: cloudwatch.MetricOptions): cloudwatch.Metric {
    return this.metric(OrganizationMetric.ACCOUNTS_FAILED, { statistic: cloudwatch.Stats.MAXIMUM, ...options });
  }

  /**
   * The number of Regions of accounts that a run could not sweep. While it is not 0, the other counts are incomplete.
   *
   * The default statistic is the maximum over five minutes.
   *
   * @param options overrides such as statistic, period and label
   */
  public metricRegionsFailed(options?: cloudwatch.MetricOptions): cloudwatch.Metric {
    return this.metric(OrganizationMetric.REGIONS_FAILED, { statistic: cloudwatch.Stats.MAXIMUM, ...options });
  }

  /**
   * Creates a rule for the event that a run could not look at an account or at a Region of it. The event is sent once,
   * when that begins.
   *
   * The rule and its targets, including those added later with `addTarget`, are created before the first run if they
   * are in the stack of this construct.
   *
   * @param id the construct id of the rule
   * @param options the target of the rule, and further conditions on the event
   * @throws if an option is invalid, or if the event bus is known to be in another account or Region than the rule
   * @see https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-event-patterns.html
   */
  public onCoverageLost(id: string, options?: events.OnEventOptions): events.Rule {
    return eventRule(this, id, EventType.COVERAGE_LOST, options);
  }

  /**
   * Creates a rule for the event that a run could look again at an account or a Region for which `onCoverageLost` got
   * an event, or no longer has to.
   *
   * The rule and its targets, including those added later with `addTarget`, are created before the first run if they
   * are in the stack of this construct.
   *
   * @param id the construct id of the rule
   * @param options the target of the rule, and further conditions on the event
   * @throws if an option is invalid, or if the event bus is known to be in another account or Region than the rule
   * @see https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-event-patterns.html
   */
  public onCoverageRestored(id: string, options?: events.OnEventOptions): events.Rule {
    return eventRule(this, id, EventType.COVERAGE_RESTORED, options);
  }

  /**
   * @internal
   */
  protected _makeFindingsFunction(): lambda.IFunction {
    return findingsFunction(this, 'FindingsFunction', {
      hygiene: this.hygieneName, ledger: this.ledger, restoreFunctionName: this.restoreFunction?.functionName,
      logGroup: this.logGroup, isForPlaces: true, ...this.functionSettings,
    });
  }
}

/** A run reads every account and Region, which costs more than a sweep of one. */
const DEFAULT_SCHEDULE = scheduler.ScheduleExpression.rate(Duration.days(1));

import { Annotations, CustomResource, Duration, Stack, Token } from 'aws-cdk-lib';
import * as cloudwatch from 'aws-cdk-lib/aws-cloudwatch';
import * as dynamodb from 'aws-cdk-lib/aws-dynamodb';
import * as events from 'aws-cdk-lib/aws-events';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as lambda from 'aws-cdk-lib/aws-lambda';
import * as logs from 'aws-cdk-lib/aws-logs';
import * as scheduler from 'aws-cdk-lib/aws-scheduler';
import { Construct } from 'constructs';
import { Configuration, looksAtRules } from './contract/configuration';
import { deployTimePaths, fingerprintOf } from './contract/fingerprint';
import { FindingsWidgetOptions } from './findings-widget-options';
import { aliases } from './function/aliases';
import { encodedConfiguration } from './function/configuration';
import { letServicesUse } from './function/encryption';
import { findingsFunction } from './function/findings-function';
import { firstSweep, subscribed } from './function/first-sweep';
import { ledgerTable } from './function/ledger-table';
import { logGroup } from './function/log-group';
import { functionNetwork, Placement, placement } from './function/network';
import { SweepTarget } from './function/schedule-target';
import { FunctionSettings, functionSettings, sweepingFunction } from './function/sweeping-function';
import { NetworkHygieneAlarms } from './network-hygiene-alarms';
import { NetworkHygieneAlarmsOptions } from './network-hygiene-alarms-options';
import { NetworkHygieneBase } from './network-hygiene-base';
import { NetworkHygieneProps } from './network-hygiene-props';
import { requireFunctionOptions } from './validation/function-options';
import { requireGivenResources } from './validation/given-resources';
import { requireGraceToEnd } from './validation/grace';
import { identityOf } from './validation/identity';
import { requireLedger } from './validation/ledger-props';
import { requireTypes } from './validation/props';
import { intervalSeconds, LONGEST_SWEEP } from './validation/sweep-times';
import { queryDefinitions } from './watching/query-definitions';
import { findingsWidget, widgets } from './watching/widgets';

/**
 * Finds stale security group rules, watches Site-to-Site VPN connections, publishes CloudWatch metrics, and revokes the
 * ingress rules that its properties flag.
 *
 * Deploys one Lambda function, which sweeps the network on a schedule and at every deployment that changes a property,
 * and a DynamoDB table, from which it can put back what it revoked. After a change, revoking waits for as long as
 * `settle` says.
 *
 * @see https://docs.aws.amazon.com/vpc/latest/userguide/vpc-security-groups.html
 */
export class NetworkHygiene extends NetworkHygieneBase implements iam.IGrantable {
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
   * The alias of the function through which it puts rules back and does nothing else. Undefined when `allowRestore` is
   * false, or no rules are looked at.
   *
   * Its `functionName` is what `aws lambda invoke --function-name` takes.
   */
  public readonly restoreAlias?: lambda.IAlias;

  /**
   * The alias of the function through which revoking is paused, and a ledger from a backup is adopted. Undefined when
   * no rules are looked at.
   *
   * It takes `{"pause":{"until":"2026-12-24T08:00:00Z","reason":"…"}}` and `{"adopt":{}}`. A pause ends by itself,
   * after at most 30 days, and outlives deployments. In a table of another name than the one that the ledger was made
   * for, nothing is revoked until the ledger is adopted.
   */
  public readonly pauseAlias?: lambda.IAlias;

  /**
   * The alias of the function through which revoking is resumed, and nothing else is done. Undefined when no rules are
   * looked at.
   *
   * It takes `{"resume":{}}`.
   */
  public readonly resumeAlias?: lambda.IAlias;

  /**
   * The schedule of the sweeps.
   */
  public readonly schedule: scheduler.ISchedule;

  /**
   * The sweep at deployment. Its attributes are counts, named like the aggregate metrics:
   * `customResource.getAttString('StaleIngressRules')`. The attribute `Pause` says whether revoking is paused.
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
   * The event bus that events go to.
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

  private readonly placement?: Placement;
  private readonly functionSettings: FunctionSettings;
  private ownAlarms?: NetworkHygieneAlarms;
  private hasWidgets = false;
  private hasQueryDefinitions = false;
  private ownFindingsFunction?: lambda.IFunction;

  /**
   * @param scope the parent
   * @param id the id within the scope
   * @param props what to find, to watch and to revoke
   * @throws when a property has a wrong value; the message names the property, the rule, the value and the fix
   */
  constructor(scope: Construct, id: string, props: NetworkHygieneProps = {}) {
    super(scope, id);
    requireTypes(this.node.path, props);
    requireGivenResources(this.node.path, Stack.of(this), props);
    requireFunctionOptions(this, props.functionOptions);
    this.hygieneName = identityOf(this, props.hygieneName);
    this.metricNamespace = props.metricNamespace ?? 'NetworkHygiene';
    this.eventBus = props.eventBus ?? events.EventBus.fromEventBusName(this, 'DefaultEventBus', 'default');
    const schedule = props.schedule ?? DEFAULT_SCHEDULE;
    this._intervalSeconds = intervalSeconds(schedule);
    const encoded = encodedConfiguration(props, {
      path: this.node.path, hygiene: this.hygieneName, metricNamespace: this.metricNamespace,
      intervalSeconds: this._intervalSeconds,
    });
    requireLedger(this.node.path, props, encoded);
    requireGraceToEnd(this.node.path, schedule, props.staleRules?._grace);
    this.functionSettings = functionSettings(props);
    this.placement = placement(this, this.hygieneName, props.functionOptions);
    const configuration = { ...encoded, functionNetwork: functionNetwork(this.placement) };
    this._configuration = configuration;

    if (props.encryptionKey) letServicesUse(this, props.encryptionKey, props.logGroup === undefined);
    this.logGroup = props.logGroup ?? logGroup(this, this.hygieneName, props.encryptionKey);
    this.ledger = props.ledger ?? ledgerTable(this, {
      hygieneName: this.hygieneName,
      removalPolicy: props.ledgerRemovalPolicy,
      encryptionKey: props.encryptionKey,
    });
    // Tokens have other numbers at each synthesis; so their paths are part of the fingerprint, and they are not.
    const paths = deployTimePaths(configuration, Token.isUnresolved);
    const fingerprint = fingerprintOf(configuration, paths);
    const { lambdaFunction, ready } = sweepingFunction(this, props, {
      configuration, fingerprint, ledger: this.ledger, logGroup: this.logGroup, eventBus: this.eventBus,
      placement: this.placement,
    });
    this.lambdaFunction = lambdaFunction;
    this.grantPrincipal = lambdaFunction.grantPrincipal;
    const { restore, pause, resume } = aliases(this, lambdaFunction, configuration);
    this.restoreAlias = restore;
    this.pauseAlias = pause;
    this.resumeAlias = resume;
    this.customResource = firstSweep(this, {
      lambdaFunction, configuration, fingerprint, paths, ledgerName: this.ledger.tableName,
      timeout: props.functionOptions?.timeout ?? LONGEST_SWEEP,
    });
    this.customResource.node.addDependency(...ready);
    // Subscriptions must exist before the first sweep, or its notification is lost.
    if (props.notifications) this.customResource.node.addDependency(subscribed(props.notifications, Stack.of(this)));
    this.schedule = new scheduler.Schedule(this, 'Schedule', {
      description: `Sweeps of ${this.hygieneName.slice(-200)}`,
      schedule,
      target: new SweepTarget(this, this.lambdaFunction),
    });
    // A configuration that the preflight refuses must not be swept on a schedule.
    this.schedule.node.addDependency(this.customResource);
  }

  /**
   * Lets someone put back rules that this construct revoked, by invoking the function through `restoreAlias`.
   *
   * The function itself they may not invoke, because it takes other kinds of requests, too.
   *
   * @param grantee who may
   * @throws when `allowRestore` is false, or no rules are looked at
   */
  public grantRestore(grantee: iam.IGrantable): iam.Grant {
    if (this.restoreAlias === undefined) {
      throw new Error(`${this.node.path}: grantRestore: ${looksAtRules(this._configuration)
        ? 'got allowRestore false; leave allowRestore out, or set it to true'
        : 'staleRules and flaggedIngressRules leave no rules to look at, so none is restored; leave the grant out'}`);
    }
    return this.restoreAlias.grantInvoke(grantee);
  }

  /**
   * Lets someone pause revoking, by invoking the function through `pauseAlias`.
   *
   * Pausing only ever keeps rules. Resuming lets rules go, so it is a grant of its own: `grantResume`. The same alias
   * takes the request to adopt a ledger from a backup, after which what is due is revoked.
   *
   * @param grantee who may
   * @throws when no rules are looked at
   */
  public grantPause(grantee: iam.IGrantable): iam.Grant {
    return this.requireAlias('grantPause', this.pauseAlias).grantInvoke(grantee);
  }

  /**
   * Lets someone end a pause before its time, by invoking the function through `resumeAlias`.
   *
   * Then the next sweep revokes what is due, so this right is apart from the right to pause: `grantPause`.
   *
   * @param grantee who may
   * @throws when no rules are looked at
   */
  public grantResume(grantee: iam.IGrantable): iam.Grant {
    return this.requireAlias('grantResume', this.resumeAlias).grantInvoke(grantee);
  }

  /**
   * The alarms that `addAlarms` made. Undefined before.
   */
  public get alarms(): NetworkHygieneAlarms | undefined {
    return this.ownAlarms;
  }

  /**
   * @internal
   */
  public get _alarms(): cloudwatch.Alarm[] {
    return this.ownAlarms?.all ?? [];
  }

  /**
   * The function behind the findings table of a dashboard. It is made when it is first asked for, and may read the
   * ledger and nothing else.
   *
   * Who looks at the table needs `lambda:InvokeFunction` on it: `hygiene.findingsFunction.grantInvoke(viewer)`.
   */
  public get findingsFunction(): lambda.IFunction {
    this.ownFindingsFunction ??= findingsFunction(this, 'FindingsFunction', {
      hygiene: this.hygieneName, ledger: this.ledger, restoreFunctionName: this.restoreAlias?.functionName,
      logGroup: this.logGroup, placement: this.placement, ...this.functionSettings,
    });
    return this.ownFindingsFunction;
  }

  /**
   * @internal
   */
  public get _findingsFunctionArn(): string {
    return this.findingsFunction.functionArn;
  }

  /**
   * @internal
   */
  public get _logGroupName(): string {
    return this.logGroup.logGroupName;
  }

  /**
   * Makes alarms for what the configuration can run into: stale rules that stay, VPN connections down or degraded,
   * sweeps that are missing, could not look, failed to revoke, withheld it, or could not tell of it.
   *
   * @param options what to have otherwise, alarm by alarm
   * @throws when there are alarms already, an option is wrong or about something that is not looked at, or sweeps are a
   * week or more apart and `sweepMissing` is not switched off
   * @see https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/AlarmThatSendsEmail.html
   */
  public addAlarms(options: NetworkHygieneAlarmsOptions = {}): NetworkHygieneAlarms {
    if (this.ownAlarms) {
      throw new Error(
        `${this.node.path}: addAlarms: there are alarms already; tune them in one call, or make a NetworkHygieneAlarms of your own`,
      );
    }
    if (this.hasWidgets) {
      Annotations.of(this).addWarningV2(
        'cdk-network-hygiene:alarmsAfterWidgets',
        'addAlarms was called after widgets() or a NetworkHygieneDashboard, which therefore do not show the alarms; call it before',
      );
    }
    this.ownAlarms = new NetworkHygieneAlarms(this, 'Alarms', { ...options, hygiene: this });
    return this.ownAlarms;
  }

  /**
   * The widgets of this construct, for a dashboard of your own: `dashboard.addWidgets(...hygiene.widgets())`. They are
   * made for the full width, and for a dashboard whose `periodOverride` is `INHERIT`. Alarms that were made before are
   * among them.
   *
   * Graphs find VPCs and VPN connections by themselves, so new ones appear without a deployment.
   */
  public widgets(): cloudwatch.IWidget[] {
    return this._widgets(true);
  }

  /**
   * @param withNative whether to have what AWS publishes itself, of every VPN connection of the account and Region
   * @internal
   */
  public _widgets(withNative: boolean): cloudwatch.IWidget[] {
    this.hasWidgets = true;
    return widgets(this, withNative);
  }

  /**
   * The table of open findings, VPN connections and recent revocations, for a dashboard of your own.
   *
   * @param options title and size
   * @throws when an option is unknown or wrong
   * @see https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/add_custom_widget_dashboard.html
   */
  public findingsWidget(options: FindingsWidgetOptions = {}): cloudwatch.CustomWidget {
    return findingsWidget(this, options);
  }

  /**
   * Saves queries for CloudWatch Logs Insights, such as what was revoked, and by what right. The log group has to be of
   * the Standard class.
   *
   * @throws when it is called a second time
   * @see https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/CWL_Insights-Saving-Queries.html
   */
  public addQueryDefinitions(): logs.QueryDefinition[] {
    if (this.hasQueryDefinitions) {
      throw new Error(`${this.node.path}: addQueryDefinitions: they are there already; call it once`);
    }
    this.hasQueryDefinitions = true;
    return queryDefinitions(this, this.logGroup);
  }

  private requireAlias(method: string, alias: lambda.IAlias | undefined): lambda.IAlias {
    if (alias) return alias;
    throw new Error(
      `${this.node.path}: ${method}: staleRules and flaggedIngressRules leave no rules to look at, so there `
        + 'is nothing to pause; leave the grant out',
    );
  }
}

const DEFAULT_SCHEDULE = scheduler.ScheduleExpression.rate(Duration.hours(1));

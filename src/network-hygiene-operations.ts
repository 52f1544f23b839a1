import { Annotations } from 'aws-cdk-lib';
import * as cloudwatch from 'aws-cdk-lib/aws-cloudwatch';
import * as dynamodb from 'aws-cdk-lib/aws-dynamodb';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as lambda from 'aws-cdk-lib/aws-lambda';
import * as logs from 'aws-cdk-lib/aws-logs';
import * as scheduler from 'aws-cdk-lib/aws-scheduler';
import { looksAtRules } from './contract/configuration';
import { FindingsWidgetOptions } from './findings-widget-options';
import { NetworkHygieneAlarms } from './network-hygiene-alarms';
import { NetworkHygieneAlarmsOptions } from './network-hygiene-alarms-options';
import { NetworkHygieneBase } from './network-hygiene-base';
import { requireStandardClass } from './validation/log-class';
import { requireAlarmOptions } from './watching/alarm-plan';
import { queryDefinitions } from './watching/query-definitions';
import { findingsWidget, widgets } from './watching/widgets';

/**
 * The base class of NetworkHygiene and NetworkHygieneOrganization: their alarms, widgets and saved queries, and who may
 * pause, resume, retry and approve. Do not extend it.
 */
export abstract class NetworkHygieneOperations extends NetworkHygieneBase implements iam.IGrantable {
  /**
   * The function that sweeps.
   */
  public abstract readonly lambdaFunction: lambda.IFunction;

  /**
   * The log group of the function.
   */
  public abstract readonly logGroup: logs.ILogGroup;

  /**
   * The table that keeps the rules that were found, the latest state of each VPN connection, and the configuration.
   */
  public abstract readonly ledger: dynamodb.ITable;

  /**
   * The alias of the function that takes requests to pause revoking, and to adopt a ledger from a backup. Undefined if
   * no rules are looked at.
   *
   * It takes `{"pause":{"until":"2026-12-24T08:00:00Z","reason":"…"}}` and `{"adopt":{}}`. A pause lasts at most 30
   * days and outlives deployments. A ledger records the name of the table that it was made for. If the table has
   * another name, as a copy has, nothing is revoked until someone adopts the ledger.
   */
  public abstract readonly pauseAlias?: lambda.IAlias;

  /**
   * The alias of the function that takes requests to resume revoking, and no others. Undefined if no rules are looked
   * at.
   *
   * It takes `{"resume":{}}`.
   */
  public abstract readonly resumeAlias?: lambda.IAlias;

  /**
   * The alias of the function that takes requests to revoke rules again that are kept because they come back, and no
   * others. Undefined if no declaration and no choice for stale rules says to revoke.
   */
  public abstract readonly retryAlias?: lambda.IAlias;

  /**
   * The alias of the function that takes approvals of revocations, and no other requests. Undefined without `approval`.
   */
  public abstract readonly approveAlias?: lambda.IAlias;

  /**
   * The schedule of the sweeps.
   */
  public abstract readonly schedule: scheduler.ISchedule;

  /**
   * The role of the function.
   */
  public abstract readonly grantPrincipal: iam.IPrincipal;

  private ownAlarms?: NetworkHygieneAlarms;
  private hasWidgets = false;
  private hasQueryDefinitions = false;
  private ownFindingsFunction?: lambda.IFunction;

  /**
   * Allows a principal to pause revoking, through `pauseAlias`.
   *
   * A pause never causes a revocation. The same alias also takes the request to adopt a ledger from a backup. After
   * that, sweeps revoke the rules that are due. The permission to resume is separate: `grantResume`.
   *
   * @param grantee the principal that is allowed to pause revoking
   * @throws if no rules are looked at
   */
  public grantPause(grantee: iam.IGrantable): iam.Grant {
    return this.requireAlias('grantPause', this.pauseAlias).grantInvoke(grantee);
  }

  /**
   * Allows a principal to end a pause early, through `resumeAlias`.
   *
   * After that the next sweep revokes the rules that are due. The permission to pause is separate: `grantPause`.
   *
   * @param grantee the principal that is allowed to resume revoking
   * @throws if no rules are looked at
   */
  public grantResume(grantee: iam.IGrantable): iam.Grant {
    return this.requireAlias('grantResume', this.resumeAlias).grantInvoke(grantee);
  }

  /**
   * Allows a principal to have rules revoked again that are kept because they come back, through `retryAlias`.
   *
   * After that the next sweep revokes these rules if they are due. The alias takes no other requests.
   *
   * @param grantee the principal that is allowed to retry
   * @throws if neither `staleRules` nor a declaration of `flaggedIngressRules` says to revoke
   */
  public grantRetry(grantee: iam.IGrantable): iam.Grant {
    if (this.retryAlias === undefined) {
      throw new Error(
        `${this.node.path}: grantRetry: staleRules and flaggedIngressRules revoke nothing, so no rule is kept because it `
          + 'comes back; leave the grant out',
      );
    }
    return this.retryAlias.grantInvoke(grantee);
  }

  /**
   * Allows a principal to approve revocations, through `approveAlias`.
   *
   * An approval lifts the reason `AWAITING_APPROVAL` and nothing else. The alias takes no other requests.
   *
   * @param grantee the principal that is allowed to approve
   * @throws without `approval`
   */
  public grantApprove(grantee: iam.IGrantable): iam.Grant {
    if (this.approveAlias === undefined) {
      throw new Error(
        `${this.node.path}: grantApprove: approval is not true, so no revocation waits for one; set approval to true, or `
          + 'leave the grant out',
      );
    }
    return this.approveAlias.grantInvoke(grantee);
  }

  /**
   * The alarms that `addAlarms` made. Undefined before `addAlarms` is called.
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
   * The function behind the findings table of a dashboard. It may read the ledger and nothing else. The first read of
   * this property creates the function.
   *
   * A viewer of the table needs `lambda:InvokeFunction` on it: `hygiene.findingsFunction.grantInvoke(viewer)`.
   */
  public get findingsFunction(): lambda.IFunction {
    this.ownFindingsFunction ??= this._makeFindingsFunction();
    return this.ownFindingsFunction;
  }

  /**
   * @internal
   */
  protected abstract _makeFindingsFunction(): lambda.IFunction;

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
   * Creates the alarms that fit the configuration. They report stale rules that stay, problems of VPN connections,
   * missing sweeps, and sweeps that could not look, revoke or deliver.
   *
   * @param options overrides for each alarm, such as threshold and period
   * @throws if `addAlarms` was called before, if an option is wrong or is about something that is not looked at, or if
   * sweeps are a week or more apart and `sweepMissing` is not switched off
   * @see https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/AlarmThatSendsEmail.html
   */
  public addAlarms(options: NetworkHygieneAlarmsOptions = {}): NetworkHygieneAlarms {
    requireAlarmOptions(`${this.node.path}: addAlarms`, options);
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
   * The widgets of this construct, for a dashboard of your own: `dashboard.addWidgets(...hygiene.widgets())`. They need
   * the full width, and a dashboard whose `periodOverride` is `INHERIT`. Call `addAlarms` first, so that they show its
   * alarms.
   *
   * Graphs find VPCs and VPN connections by themselves, so new ones appear without a deployment.
   */
  public widgets(): cloudwatch.IWidget[] {
    return this._widgets(true);
  }

  /**
   * @param withNative whether to include the metrics that AWS publishes for all VPN connections of the account and
   * Region
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
   * @throws if an option is unknown or wrong
   * @see https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/add_custom_widget_dashboard.html
   */
  public findingsWidget(options: FindingsWidgetOptions = {}): cloudwatch.CustomWidget {
    return findingsWidget(this, options);
  }

  /**
   * Saves queries for CloudWatch Logs Insights, such as what was revoked and why. The log group has to be of the
   * Standard class.
   *
   * @throws if it is called a second time, or if the log group is known to be of another class
   * @see https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/CWL_Insights-Saving-Queries.html
   */
  public addQueryDefinitions(): logs.QueryDefinition[] {
    if (this.hasQueryDefinitions) {
      throw new Error(`${this.node.path}: addQueryDefinitions: they are there already; call it once`);
    }
    requireStandardClass(`${this.node.path}: addQueryDefinitions`, this.logGroup);
    this.hasQueryDefinitions = true;
    return queryDefinitions(this, this.logGroup);
  }

  /**
   * @throws if nothing restores; the message says why
   * @internal
   */
  protected _requireRestoring<T extends lambda.IFunction>(restoring: T | undefined): T {
    if (restoring) return restoring;
    throw new Error(`${this.node.path}: grantRestore: ${looksAtRules(this._configuration)
      ? 'got allowRestore false; leave allowRestore out, or set it to true'
      : 'staleRules and flaggedIngressRules leave no rules to look at, so none is restored; leave the grant out'}`);
  }

  private requireAlias(method: string, alias: lambda.IAlias | undefined): lambda.IAlias {
    if (alias) return alias;
    throw new Error(
      `${this.node.path}: ${method}: staleRules and flaggedIngressRules leave no rules to look at, so there `
        + 'is nothing to pause; leave the grant out',
    );
  }
}

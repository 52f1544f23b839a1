import { CustomResource } from 'aws-cdk-lib';
import * as cloudwatch from 'aws-cdk-lib/aws-cloudwatch';
import * as events from 'aws-cdk-lib/aws-events';
import * as sqs from 'aws-cdk-lib/aws-sqs';
import * as sfn from 'aws-cdk-lib/aws-stepfunctions';
import { Construct } from 'constructs';
import { Configuration } from './contract/configuration';
import { EventType, HYGIENE_DIMENSION, Metric, MetricName } from './contract/names';
import { eventRule } from './watching/event-rule';

/**
 * The metrics and the events of NetworkHygiene and NetworkHygieneOrganization. Do not extend it.
 */
export abstract class NetworkHygieneBase extends Construct {
  /**
   * The CloudWatch namespace of the metrics.
   */
  public abstract readonly metricNamespace: string;

  /**
   * The event bus that receives the events.
   */
  public abstract readonly eventBus: events.IEventBus;

  /**
   * The custom resource that runs the sweep at deployment.
   *
   * Its attributes are the counts of that sweep, and have the names of the aggregate metrics:
   * `customResource.getAttString('StaleIngressRules')`. The attribute `Pause` says whether revoking is paused,
   * `ChangeTrigger` whether a trail logs the changes that trigger sweeps, and `SecurityHub` whether findings can be
   * imported.
   */
  public abstract readonly customResource: CustomResource;

  /**
   * The name of the construct in metrics, alarms, events, saved queries and the ledger.
   */
  public abstract readonly hygieneName: string;

  /**
   * The configuration: what the function looks at and what it may do.
   *
   * @internal
   */
  public abstract readonly _configuration: Configuration;

  /**
   * The seconds between two sweeps. Undefined when the schedule is not a rate.
   *
   * @internal
   */
  public abstract readonly _intervalSeconds?: number;

  /**
   * The alarms that `addAlarms` created. Alarms of a separate NetworkHygieneAlarms are not included.
   *
   * @internal
   */
  public abstract readonly _alarms: cloudwatch.Alarm[];

  /**
   * The ARN of the function that renders the findings table. The first read creates the function.
   *
   * @internal
   */
  public abstract readonly _findingsFunctionArn: string;

  /**
   * The name of the function's log group.
   *
   * @internal
   */
  public abstract readonly _logGroupName: string;

  /**
   * The rule that receives events about changes, and the queues that they wait in. Undefined without a `changeTrigger`.
   *
   * @internal
   */
  public abstract readonly _changeTrigger?: {
    readonly rule: events.IRule; readonly queue: sqs.IQueue; readonly deadLetterQueue: sqs.IQueue;
    readonly settings: { readonly timeoutSeconds: number; readonly visibilityTimeoutSeconds: number };
  };

  /**
   * The state machine of the runs over an organization. Undefined for a NetworkHygiene of one account and Region.
   *
   * @internal
   */
  public abstract readonly _stateMachine?: sfn.IStateMachine;

  /**
   * The dashboard widgets of this construct.
   *
   * @param withNative Whether to include the metrics that AWS publishes for all VPN connections of the account and
   * Region.
   * @internal
   */
  public abstract _widgets(withNative: boolean): cloudwatch.IWidget[];

  /**
   * Returns a metric of this construct by name.
   *
   * To get the series of one resource, give its dimension:
   * `metric('TunnelsUp', { dimensionsMap: { VpnConnectionId: 'vpn-…' } })`.
   *
   * @param metricName The name of the metric, such as `StaleIngressRules`.
   * @param options Overrides such as statistic, period and label.
   */
  public metric(metricName: string, options: cloudwatch.MetricOptions = {}): cloudwatch.Metric {
    return new cloudwatch.Metric({
      statistic: cloudwatch.Stats.MAXIMUM,
      ...options,
      namespace: this.metricNamespace,
      metricName,
      dimensionsMap: { ...options.dimensionsMap, [HYGIENE_DIMENSION]: this.hygieneName },
    }).attachTo(this);
  }

  /**
   * The number of stale ingress rules that a sweep found, including exempt ones.
   *
   * The default statistic is the maximum over five minutes.
   *
   * @param options Overrides such as statistic, period and label.
   */
  public metricStaleIngressRules(options?: cloudwatch.MetricOptions): cloudwatch.Metric {
    return this.metricNamed(Metric.STALE_INGRESS_RULES, cloudwatch.Stats.MAXIMUM, options);
  }

  /**
   * The number of stale egress rules that a sweep found. Egress rules are never revoked.
   *
   * The default statistic is the maximum over five minutes.
   *
   * @param options Overrides such as statistic, period and label.
   */
  public metricStaleEgressRules(options?: cloudwatch.MetricOptions): cloudwatch.Metric {
    return this.metricNamed(Metric.STALE_EGRESS_RULES, cloudwatch.Stats.MAXIMUM, options);
  }

  /**
   * The number of security groups with at least one stale rule.
   *
   * The default statistic is the maximum over five minutes.
   *
   * @param options Overrides such as statistic, period and label.
   */
  public metricStaleSecurityGroups(options?: cloudwatch.MetricOptions): cloudwatch.Metric {
    return this.metricNamed(Metric.STALE_SECURITY_GROUPS, cloudwatch.Stats.MAXIMUM, options);
  }

  /**
   * The age of the oldest stale rule that is not exempt, in seconds since a sweep first saw it. The value is 0 when
   * there is no such rule.
   *
   * The default statistic is the maximum over five minutes.
   *
   * @param options Overrides such as statistic, period and label.
   */
  public metricOldestStaleRuleAge(options?: cloudwatch.MetricOptions): cloudwatch.Metric {
    return this.metricNamed(Metric.OLDEST_STALE_RULE_AGE, cloudwatch.Stats.MAXIMUM, options);
  }

  /**
   * The number of flagged ingress rules that a sweep found, including exempt ones.
   *
   * The default statistic is the maximum over five minutes.
   *
   * @param options Overrides such as statistic, period and label.
   */
  public metricFlaggedIngressRules(options?: cloudwatch.MetricOptions): cloudwatch.Metric {
    return this.metricNamed(Metric.FLAGGED_INGRESS_RULES, cloudwatch.Stats.MAXIMUM, options);
  }

  /**
   * The number of ingress rules that were revoked. Each was read again afterwards and was gone.
   *
   * The default statistic is the sum over five minutes.
   *
   * @param options Overrides such as statistic, period and label.
   */
  public metricIngressRulesRevoked(options?: cloudwatch.MetricOptions): cloudwatch.Metric {
    return this.metricNamed(Metric.INGRESS_RULES_REVOKED, cloudwatch.Stats.SUM, options);
  }

  /**
   * The number of revocations that EC2 refused, or after which the rule was still there.
   *
   * The default statistic is the sum over five minutes.
   *
   * @param options Overrides such as statistic, period and label.
   */
  public metricRevocationsFailed(options?: cloudwatch.MetricOptions): cloudwatch.Metric {
    return this.metricNamed(Metric.REVOCATIONS_FAILED, cloudwatch.Stats.SUM, options);
  }

  /**
   * The number of revocations that a sweep planned and did not try.
   *
   * A sweep withholds revocations when it plans more than `maxRevocationsPerSweep`, when it cannot read or write the
   * ledger, when it runs out of time, or when a rule became exempt in the meantime. With `changeTrigger`, it also
   * counts the rules of a stack that CloudFormation has been changing for more than 6 hours. Every sweep counts the
   * same rules again, for as long as they are withheld.
   *
   * The default statistic is the maximum over five minutes.
   *
   * @param options Overrides such as statistic, period and label.
   */
  public metricRevocationsWithheld(options?: cloudwatch.MetricOptions): cloudwatch.Metric {
    return this.metricNamed(Metric.REVOCATIONS_WITHHELD, cloudwatch.Stats.MAXIMUM, options);
  }

  /**
   * The number of rules that a sweep found and kept, for whatever reason.
   *
   * To count the rules kept for one reason, give its dimension:
   * `metric('RulesKept', { dimensionsMap: { KeepReason: 'EXEMPT_BY_PROP' } })`.
   *
   * The default statistic is the maximum over five minutes.
   *
   * @param options Overrides such as statistic, period and label.
   */
  public metricRulesKept(options?: cloudwatch.MetricOptions): cloudwatch.Metric {
    return this.metricNamed(Metric.RULES_KEPT, cloudwatch.Stats.MAXIMUM, options);
  }

  /**
   * The number of rules to revoke that a sweep kept because the revocation window is closed. There is no data without
   * `revocationWindow`.
   *
   * The default statistic is the maximum over five minutes.
   *
   * @param options Overrides such as statistic, period and label.
   */
  public metricRulesOutsideWindow(options?: cloudwatch.MetricOptions): cloudwatch.Metric {
    return this.metricNamed(Metric.RULES_OUTSIDE_WINDOW, cloudwatch.Stats.MAXIMUM, options);
  }

  /**
   * The number of rules to revoke that a sweep kept because a person has to approve their revocation. There is no data
   * without `approval`.
   *
   * The default statistic is the maximum over five minutes.
   *
   * @param options Overrides such as statistic, period and label.
   */
  public metricRulesAwaitingApproval(options?: cloudwatch.MetricOptions): cloudwatch.Metric {
    return this.metricNamed(Metric.RULES_AWAITING_APPROVAL, cloudwatch.Stats.MAXIMUM, options);
  }

  /**
   * The number of VPN connections that a sweep looked at.
   *
   * The default statistic is the maximum over five minutes.
   *
   * @param options Overrides such as statistic, period and label.
   */
  public metricVpnConnections(options?: cloudwatch.MetricOptions): cloudwatch.Metric {
    return this.metricNamed(Metric.VPN_CONNECTIONS, cloudwatch.Stats.MAXIMUM, options);
  }

  /**
   * The number of VPN connections that have no tunnel up, or that are named in `VpnConnections.withIds` and missing.
   *
   * The default statistic is the maximum over five minutes.
   *
   * @param options Overrides such as statistic, period and label.
   */
  public metricVpnConnectionsDown(options?: cloudwatch.MetricOptions): cloudwatch.Metric {
    return this.metricNamed(Metric.VPN_CONNECTIONS_DOWN, cloudwatch.Stats.MAXIMUM, options);
  }

  /**
   * The number of VPN connections that have some tunnels up and some not.
   *
   * The default statistic is the maximum over five minutes.
   *
   * @param options Overrides such as statistic, period and label.
   */
  public metricVpnConnectionsDegraded(options?: cloudwatch.MetricOptions): cloudwatch.Metric {
    return this.metricNamed(Metric.VPN_CONNECTIONS_DEGRADED, cloudwatch.Stats.MAXIMUM, options);
  }

  /**
   * The number of VPN connections that use BGP, have a tunnel up, and accept no routes over the tunnels that are up.
   * They count neither as down nor as degraded.
   *
   * The default statistic is the maximum over five minutes.
   *
   * @param options Overrides such as statistic, period and label.
   */
  public metricVpnConnectionsWithoutRoutes(options?: cloudwatch.MetricOptions): cloudwatch.Metric {
    return this.metricNamed(Metric.VPN_CONNECTIONS_WITHOUT_ROUTES, cloudwatch.Stats.MAXIMUM, options);
  }

  /**
   * The number of VPN connections whose tunnels are all down, with no status change for `staleAfter`.
   *
   * The default statistic is the maximum over five minutes.
   *
   * @param options Overrides such as statistic, period and label.
   */
  public metricVpnConnectionsStale(options?: cloudwatch.MetricOptions): cloudwatch.Metric {
    return this.metricNamed(Metric.VPN_CONNECTIONS_STALE, cloudwatch.Stats.MAXIMUM, options);
  }

  /**
   * The number of tunnels that are up, over all VPN connections that a sweep looked at.
   *
   * The default statistic is the minimum over five minutes.
   *
   * @param options Overrides such as statistic, period and label.
   */
  public metricTunnelsUp(options?: cloudwatch.MetricOptions): cloudwatch.Metric {
    return this.metricNamed(Metric.TUNNELS_UP, cloudwatch.Stats.MINIMUM, options);
  }

  /**
   * The number of tunnels that are down, over all VPN connections that a sweep looked at.
   *
   * The default statistic is the maximum over five minutes.
   *
   * @param options Overrides such as statistic, period and label.
   */
  public metricTunnelsDown(options?: cloudwatch.MetricOptions): cloudwatch.Metric {
    return this.metricNamed(Metric.TUNNELS_DOWN, cloudwatch.Stats.MAXIMUM, options);
  }

  /**
   * The number of tunnels that flapped since the previous sweep: EC2 reports a later status change, and the status is
   * the same as before. A tunnel counts once per sweep, however often it flapped.
   *
   * The default statistic is the sum over five minutes.
   *
   * @param options Overrides such as statistic, period and label.
   * @see https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_VgwTelemetry.html
   */
  public metricTunnelFlaps(options?: cloudwatch.MetricOptions): cloudwatch.Metric {
    return this.metricNamed(Metric.TUNNEL_FLAPS, cloudwatch.Stats.SUM, options);
  }

  /**
   * The number of routes that all tunnels together accept over BGP. Static routing accepts none.
   *
   * The default statistic is the minimum over five minutes.
   *
   * @param options Overrides such as statistic, period and label.
   */
  public metricAcceptedRoutes(options?: cloudwatch.MetricOptions): cloudwatch.Metric {
    return this.metricNamed(Metric.ACCEPTED_ROUTES, cloudwatch.Stats.MINIMUM, options);
  }

  /**
   * The number of seconds since the latest status change of any tunnel.
   *
   * The default statistic is the minimum over five minutes.
   *
   * @param options Overrides such as statistic, period and label.
   */
  public metricSecondsSinceStatusChange(options?: cloudwatch.MetricOptions): cloudwatch.Metric {
    return this.metricNamed(Metric.SECONDS_SINCE_STATUS_CHANGE, cloudwatch.Stats.MINIMUM, options);
  }

  /**
   * The number of security groups that have been unused for the declared time. A sweep that could not look everywhere
   * does not publish it.
   *
   * The default statistic is the maximum over five minutes.
   *
   * @param options Overrides such as statistic, period and label.
   */
  public metricUnusedSecurityGroups(options?: cloudwatch.MetricOptions): cloudwatch.Metric {
    return this.metricNamed(Metric.UNUSED_SECURITY_GROUPS, cloudwatch.Stats.MAXIMUM, options);
  }

  /**
   * The number of security groups that nothing seems to use, while a sweep could not look everywhere.
   *
   * The default statistic is the maximum over five minutes.
   *
   * @param options Overrides such as statistic, period and label.
   */
  public metricSecurityGroupsWithUnknownUse(options?: cloudwatch.MetricOptions): cloudwatch.Metric {
    return this.metricNamed(Metric.SECURITY_GROUPS_WITH_UNKNOWN_USE, cloudwatch.Stats.MAXIMUM, options);
  }

  /**
   * The number of VPCs that a sweep could look at completely, and for which it asked EC2 for stale rules if these are
   * looked for. VPCs that are covered by proof are counted apart.
   *
   * The default statistic is the minimum over five minutes.
   *
   * @see metricVpcsCoveredByProof
   * @param options Overrides such as statistic, period and label.
   */
  public metricVpcsScanned(options?: cloudwatch.MetricOptions): cloudwatch.Metric {
    return this.metricNamed(Metric.VPCS_SCANNED, cloudwatch.Stats.MINIMUM, options);
  }

  /**
   * The number of VPCs that a sweep covered by proof: all of their rules were read, and none of them can be stale,
   * because each refers to a group of the same VPC or to no group. EC2 was not asked for their stale rules.
   *
   * The default statistic is the minimum over five minutes.
   *
   * @param options Overrides such as statistic, period and label.
   */
  public metricVpcsCoveredByProof(options?: cloudwatch.MetricOptions): cloudwatch.Metric {
    return this.metricNamed(Metric.VPCS_COVERED_BY_PROOF, cloudwatch.Stats.MINIMUM, options);
  }

  /**
   * The time in seconds since a sweep last asked EC2 about the VPC that has been covered by proof for the longest. Each
   * of these VPCs is checked once a week.
   *
   * The default statistic is the maximum over five minutes.
   *
   * @param options Overrides such as statistic, period and label.
   */
  public metricOldestProofCheckAge(options?: cloudwatch.MetricOptions): cloudwatch.Metric {
    return this.metricNamed(Metric.OLDEST_PROOF_CHECK_AGE, cloudwatch.Stats.MAXIMUM, options);
  }

  /**
   * The number of VPCs of other accounts in which this account may not look for stale rules. These VPCs count neither
   * as scanned nor as errors.
   *
   * The default statistic is the maximum over five minutes.
   *
   * @param options Overrides such as statistic, period and label.
   */
  public metricVpcsNotCovered(options?: cloudwatch.MetricOptions): cloudwatch.Metric {
    return this.metricNamed(Metric.VPCS_NOT_COVERED, cloudwatch.Stats.MAXIMUM, options);
  }

  /**
   * The number of times that a sweep could not look at something. While it is not 0, the other counts are incomplete.
   *
   * The default statistic is the maximum over five minutes.
   *
   * @param options Overrides such as statistic, period and label.
   */
  public metricScanErrors(options?: cloudwatch.MetricOptions): cloudwatch.Metric {
    return this.metricNamed(Metric.SCAN_ERRORS, cloudwatch.Stats.MAXIMUM, options);
  }

  /**
   * The number of events, notifications and findings for Security Hub that could not be delivered. The log holds the
   * content of the first hundred events per sweep.
   *
   * The default statistic is the sum over five minutes.
   *
   * @param options Overrides such as statistic, period and label.
   */
  public metricDeliveriesFailed(options?: cloudwatch.MetricOptions): cloudwatch.Metric {
    return this.metricNamed(Metric.DELIVERIES_FAILED, cloudwatch.Stats.SUM, options);
  }

  /**
   * The time that a sweep took, in milliseconds.
   *
   * The default statistic is the maximum over five minutes.
   *
   * @param options Overrides such as statistic, period and label.
   */
  public metricSweepDuration(options?: cloudwatch.MetricOptions): cloudwatch.Metric {
    return this.metricNamed(Metric.SWEEP_DURATION, cloudwatch.Stats.MAXIMUM, options);
  }

  /**
   * The time from the call that made a change to the outcome of the run that the change triggered, in seconds. There is
   * no data without `changeTrigger`.
   *
   * The default statistic is the 90th percentile over five minutes.
   *
   * @param options Overrides such as statistic, period and label.
   */
  public metricReactionTime(options?: cloudwatch.MetricOptions): cloudwatch.Metric {
    return this.metricNamed(Metric.REACTION_TIME, cloudwatch.Stats.p(90), options);
  }

  /**
   * The number of changes that runs have dealt with. There is no data without `changeTrigger`.
   *
   * The default statistic is the sum over five minutes.
   *
   * @param options Overrides such as statistic, period and label.
   */
  public metricChangesSwept(options?: cloudwatch.MetricOptions): cloudwatch.Metric {
    return this.metricNamed(Metric.CHANGES_SWEPT, cloudwatch.Stats.SUM, options);
  }

  /**
   * The number of events of changes from which no id could be taken. Each of them asks for a sweep of everything. There
   * is no data without `changeTrigger`.
   *
   * The default statistic is the sum over five minutes.
   *
   * @param options Overrides such as statistic, period and label.
   */
  public metricChangesUnread(options?: cloudwatch.MetricOptions): cloudwatch.Metric {
    return this.metricNamed(Metric.CHANGES_UNREAD, cloudwatch.Stats.SUM, options);
  }

  /**
   * The number of sweeps that could look at something. This metric is the heartbeat.
   *
   * The default statistic is the sum over five minutes.
   *
   * @param options Overrides such as statistic, period and label.
   */
  public metricSweeps(options?: cloudwatch.MetricOptions): cloudwatch.Metric {
    return this.metricNamed(Metric.SWEEPS, cloudwatch.Stats.SUM, options);
  }

  /**
   * Creates a rule for the event that a sweep finds a stale or flagged rule that was not open before.
   *
   * The rule and its targets, including those added later with `addTarget`, are created before the sweep at deployment
   * if they are in the stack of this construct.
   *
   * @param id The construct id of the rule.
   * @param options The target of the rule, and further conditions on the event.
   * @throws when an option is invalid, or when the event bus is known to be in another account or Region than the rule
   * @see https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-event-patterns.html
   */
  public onFindingOpened(id: string, options?: events.OnEventOptions): events.Rule {
    return eventRule(this, id, EventType.FINDING_OPENED, options);
  }

  /**
   * Creates a rule for the event that a finding is resolved: its rule was revoked, or sweeps no longer find it.
   *
   * The rule and its targets, including those added later with `addTarget`, are created before the sweep at deployment
   * if they are in the stack of this construct.
   *
   * @param id The construct id of the rule.
   * @param options The target of the rule, and further conditions on the event.
   * @throws when an option is invalid, or when the event bus is known to be in another account or Region than the rule
   * @see https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-event-patterns.html
   */
  public onFindingResolved(id: string, options?: events.OnEventOptions): events.Rule {
    return eventRule(this, id, EventType.FINDING_RESOLVED, options);
  }

  /**
   * Creates a rule for the event that an ingress rule was revoked and is gone. The event holds the whole rule.
   *
   * The rule and its targets, including those added later with `addTarget`, are created before the sweep at deployment
   * if they are in the stack of this construct.
   *
   * @param id The construct id of the rule.
   * @param options The target of the rule, and further conditions on the event.
   * @throws when an option is invalid, or when the event bus is known to be in another account or Region than the rule
   * @see https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-event-patterns.html
   */
  public onIngressRuleRevoked(id: string, options?: events.OnEventOptions): events.Rule {
    return eventRule(this, id, EventType.INGRESS_RULE_REVOKED, options);
  }

  /**
   * Creates a rule for the event that revocations are withheld: the sweep plans more than `maxRevocationsPerSweep`, or
   * could not try them.
   *
   * The rule and its targets, including those added later with `addTarget`, are created before the sweep at deployment
   * if they are in the stack of this construct.
   *
   * @param id The construct id of the rule.
   * @param options The target of the rule, and further conditions on the event.
   * @throws when an option is invalid, or when the event bus is known to be in another account or Region than the rule
   * @see https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-event-patterns.html
   */
  public onRevocationWithheld(id: string, options?: events.OnEventOptions): events.Rule {
    return eventRule(this, id, EventType.REVOCATION_WITHHELD, options);
  }

  /**
   * Creates a rule for the event that a VPN connection or one of its tunnels goes up or down, or that a connection
   * appears or disappears.
   *
   * The rule and its targets, including those added later with `addTarget`, are created before the sweep at deployment
   * if they are in the stack of this construct.
   *
   * @param id The construct id of the rule.
   * @param options The target of the rule, and further conditions on the event.
   * @throws when an option is invalid, or when the event bus is known to be in another account or Region than the rule
   * @see https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-event-patterns.html
   */
  public onVpnConnectionStateChanged(id: string, options?: events.OnEventOptions): events.Rule {
    return eventRule(this, id, EventType.VPN_CONNECTION_STATE_CHANGED, options);
  }

  /**
   * Creates a rule for the event of a pause: revoking is paused, the pause ends within a day, or it has ended.
   *
   * The rule and its targets, including those added later with `addTarget`, are created before the sweep at deployment
   * if they are in the stack of this construct.
   *
   * @param id The construct id of the rule.
   * @param options The target of the rule, and further conditions on the event.
   * @throws when an option is invalid, or when the event bus is known to be in another account or Region than the rule
   * @see https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-event-patterns.html
   */
  public onPauseChanged(id: string, options?: events.OnEventOptions): events.Rule {
    return eventRule(this, id, EventType.PAUSE_CHANGED, options);
  }

  /**
   * Creates a rule for the event of an exemption with a date: it ends within a week, it has ended, or the value of its
   * tag is no day.
   *
   * The rule and its targets, including those added later with `addTarget`, are created before the sweep at deployment
   * if they are in the stack of this construct.
   *
   * @param id The construct id of the rule.
   * @param options The target of the rule, and further conditions on the event.
   * @throws when an option is invalid, or when the event bus is known to be in another account or Region than the rule
   * @see https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-event-patterns.html
   */
  public onExemptionChanged(id: string, options?: events.OnEventOptions): events.Rule {
    return eventRule(this, id, EventType.EXEMPTION_CHANGED, options);
  }

  /**
   * Creates a rule for the event that the revocation of a rule is announced, `finalNotice` before the rule may be
   * revoked. There are no such events without `finalNotice`.
   *
   * The rule and its targets, including those added later with `addTarget`, are created before the sweep at deployment
   * if they are in the stack of this construct.
   *
   * @param id The construct id of the rule.
   * @param options The target of the rule, and further conditions on the event.
   * @throws when an option is invalid, or when the event bus is known to be in another account or Region than the rule
   * @see https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-event-patterns.html
   */
  public onRevocationAnnounced(id: string, options?: events.OnEventOptions): events.Rule {
    return eventRule(this, id, EventType.REVOCATION_ANNOUNCED, options);
  }

  /**
   * Creates a rule for the event that an announced revocation does not take place: the rule is gone, exempt, or no
   * longer one to revoke.
   *
   * The rule and its targets, including those added later with `addTarget`, are created before the sweep at deployment
   * if they are in the stack of this construct.
   *
   * @param id The construct id of the rule.
   * @param options The target of the rule, and further conditions on the event.
   * @throws when an option is invalid, or when the event bus is known to be in another account or Region than the rule
   * @see https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-event-patterns.html
   */
  public onRevocationCalledOff(id: string, options?: events.OnEventOptions): events.Rule {
    return eventRule(this, id, EventType.REVOCATION_CALLED_OFF, options);
  }

  /**
   * Creates a rule for the event that a person is asked to approve revocations. The event holds the rules, the digest
   * of what it shows, and the command that approves them. There are no such events without `approval`.
   *
   * The rule and its targets, including those added later with `addTarget`, are created before the sweep at deployment
   * if they are in the stack of this construct.
   *
   * @param id The construct id of the rule.
   * @param options The target of the rule, and further conditions on the event.
   * @throws when an option is invalid, or when the event bus is known to be in another account or Region than the rule
   * @see https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-event-patterns.html
   */
  public onApprovalRequested(id: string, options?: events.OnEventOptions): events.Rule {
    return eventRule(this, id, EventType.APPROVAL_REQUESTED, options);
  }

  /**
   * Creates a rule for the event that a security group has been unused for the declared time.
   *
   * The rule and its targets, including those added later with `addTarget`, are created before the sweep at deployment
   * if they are in the stack of this construct.
   *
   * @param id The construct id of the rule.
   * @param options The target of the rule, and further conditions on the event.
   * @throws when an option is invalid, or when the event bus is known to be in another account or Region than the rule
   * @see https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-event-patterns.html
   */
  public onUnusedSecurityGroupFound(id: string, options?: events.OnEventOptions): events.Rule {
    return eventRule(this, id, EventType.UNUSED_SECURITY_GROUP_FOUND, options);
  }

  /**
   * Creates a rule for the event that a security group that was reported as unused is used again, or is gone.
   *
   * The rule and its targets, including those added later with `addTarget`, are created before the sweep at deployment
   * if they are in the stack of this construct.
   *
   * @param id The construct id of the rule.
   * @param options The target of the rule, and further conditions on the event.
   * @throws when an option is invalid, or when the event bus is known to be in another account or Region than the rule
   * @see https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-event-patterns.html
   */
  public onUnusedSecurityGroupResolved(id: string, options?: events.OnEventOptions): events.Rule {
    return eventRule(this, id, EventType.UNUSED_SECURITY_GROUP_RESOLVED, options);
  }

  private metricNamed(
    metricName: MetricName,
    statistic: string,
    options?: cloudwatch.MetricOptions,
  ): cloudwatch.Metric {
    return this.metric(metricName, { statistic, ...options });
  }
}

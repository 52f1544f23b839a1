import { CustomResource } from 'aws-cdk-lib';
import * as cloudwatch from 'aws-cdk-lib/aws-cloudwatch';
import * as events from 'aws-cdk-lib/aws-events';
import { Construct } from 'constructs';
import { Configuration } from './contract/configuration';
import { EventType, HYGIENE_DIMENSION, Metric, MetricName } from './contract/names';
import { eventRule } from './watching/event-rule';

/**
 * What a NetworkHygiene tells: its metrics, and its events. Not for classes of your own.
 */
export abstract class NetworkHygieneBase extends Construct {
  /**
   * The CloudWatch namespace of the metrics.
   */
  public abstract readonly metricNamespace: string;

  /**
   * The event bus that events go to.
   */
  public abstract readonly eventBus: events.IEventBus;

  /**
   * The sweep at deployment. Its attributes are counts, named like the aggregate metrics:
   * `customResource.getAttString('StaleIngressRules')`. The attribute `Pause` says whether revoking is paused.
   */
  public abstract readonly customResource: CustomResource;

  /**
   * The name of the construct in metrics, alarms, events, saved queries and the ledger.
   */
  public abstract readonly hygieneName: string;

  /**
   * What it looks at and may do.
   *
   * @internal
   */
  public abstract readonly _configuration: Configuration;

  /**
   * Between two sweeps; undefined when the schedule has no fixed rate.
   *
   * @internal
   */
  public abstract readonly _intervalSeconds?: number;

  /**
   * The alarms that it has by now. Those that were made apart from it are not among them.
   *
   * @internal
   */
  public abstract readonly _alarms: cloudwatch.Alarm[];

  /**
   * The ARN of the function behind the findings table, which is made when it is first asked for.
   *
   * @internal
   */
  public abstract readonly _findingsFunctionArn: string;

  /**
   * Where its function logs.
   *
   * @internal
   */
  public abstract readonly _logGroupName: string;

  /**
   * Its widgets.
   *
   * @param withNative whether to have what AWS publishes itself, of every VPN connection of the account and Region
   * @internal
   */
  public abstract _widgets(withNative: boolean): cloudwatch.IWidget[];

  /**
   * A metric of this construct, by name.
   *
   * For a series of one resource, give its dimension: `metric('TunnelsUp', { dimensionsMap: { VpnConnectionId: 'vpn-…'
   * } })`.
   *
   * @param metricName the name, such as `StaleIngressRules`
   * @param options statistic, period and so on
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
   * Stale ingress rules found by a sweep, exempt ones included.
   *
   * Statistic: maximum, over five minutes.
   *
   * @param options what to have otherwise
   */
  public metricStaleIngressRules(options?: cloudwatch.MetricOptions): cloudwatch.Metric {
    return this.metricNamed(Metric.STALE_INGRESS_RULES, cloudwatch.Stats.MAXIMUM, options);
  }

  /**
   * Stale egress rules found by a sweep. They are never revoked.
   *
   * Statistic: maximum, over five minutes.
   *
   * @param options what to have otherwise
   */
  public metricStaleEgressRules(options?: cloudwatch.MetricOptions): cloudwatch.Metric {
    return this.metricNamed(Metric.STALE_EGRESS_RULES, cloudwatch.Stats.MAXIMUM, options);
  }

  /**
   * Security groups with at least one stale rule.
   *
   * Statistic: maximum, over five minutes.
   *
   * @param options what to have otherwise
   */
  public metricStaleSecurityGroups(options?: cloudwatch.MetricOptions): cloudwatch.Metric {
    return this.metricNamed(Metric.STALE_SECURITY_GROUPS, cloudwatch.Stats.MAXIMUM, options);
  }

  /**
   * Seconds since the oldest stale rule that nothing exempts was first seen, according to the ledger. 0 when there is
   * none.
   *
   * Statistic: maximum, over five minutes.
   *
   * @param options what to have otherwise
   */
  public metricOldestStaleRuleAge(options?: cloudwatch.MetricOptions): cloudwatch.Metric {
    return this.metricNamed(Metric.OLDEST_STALE_RULE_AGE, cloudwatch.Stats.MAXIMUM, options);
  }

  /**
   * Ingress rules found by a sweep that are flagged, exempt ones included.
   *
   * Statistic: maximum, over five minutes.
   *
   * @param options what to have otherwise
   */
  public metricFlaggedIngressRules(options?: cloudwatch.MetricOptions): cloudwatch.Metric {
    return this.metricNamed(Metric.FLAGGED_INGRESS_RULES, cloudwatch.Stats.MAXIMUM, options);
  }

  /**
   * Ingress rules that were revoked, and seen to be gone.
   *
   * Statistic: sum, over five minutes.
   *
   * @param options what to have otherwise
   */
  public metricIngressRulesRevoked(options?: cloudwatch.MetricOptions): cloudwatch.Metric {
    return this.metricNamed(Metric.INGRESS_RULES_REVOKED, cloudwatch.Stats.SUM, options);
  }

  /**
   * Revocations that EC2 refused, or after which the rule was still there.
   *
   * Statistic: sum, over five minutes.
   *
   * @param options what to have otherwise
   */
  public metricRevocationsFailed(options?: cloudwatch.MetricOptions): cloudwatch.Metric {
    return this.metricNamed(Metric.REVOCATIONS_FAILED, cloudwatch.Stats.SUM, options);
  }

  /**
   * Revocations that a sweep planned and did not try, because the plan was over `maxRevocationsPerSweep`, the ledger
   * could not be read or written, time ran out, or the rule became exempt meanwhile. The same rules count at every
   * sweep, for as long as they are withheld.
   *
   * Statistic: maximum, over five minutes.
   *
   * @param options what to have otherwise
   */
  public metricRevocationsWithheld(options?: cloudwatch.MetricOptions): cloudwatch.Metric {
    return this.metricNamed(Metric.REVOCATIONS_WITHHELD, cloudwatch.Stats.MAXIMUM, options);
  }

  /**
   * Rules that a sweep found and kept, whatever the reason.
   *
   * For those of one reason, give its dimension: `metric('RulesKept', { dimensionsMap: { KeepReason: 'EXEMPT_BY_PROP' }
   * })`.
   *
   * Statistic: maximum, over five minutes.
   *
   * @param options what to have otherwise
   */
  public metricRulesKept(options?: cloudwatch.MetricOptions): cloudwatch.Metric {
    return this.metricNamed(Metric.RULES_KEPT, cloudwatch.Stats.MAXIMUM, options);
  }

  /**
   * VPN connections looked at.
   *
   * Statistic: maximum, over five minutes.
   *
   * @param options what to have otherwise
   */
  public metricVpnConnections(options?: cloudwatch.MetricOptions): cloudwatch.Metric {
    return this.metricNamed(Metric.VPN_CONNECTIONS, cloudwatch.Stats.MAXIMUM, options);
  }

  /**
   * VPN connections with no tunnel up, and named ones that are missing.
   *
   * Statistic: maximum, over five minutes.
   *
   * @param options what to have otherwise
   */
  public metricVpnConnectionsDown(options?: cloudwatch.MetricOptions): cloudwatch.Metric {
    return this.metricNamed(Metric.VPN_CONNECTIONS_DOWN, cloudwatch.Stats.MAXIMUM, options);
  }

  /**
   * VPN connections with some tunnels up and some not.
   *
   * Statistic: maximum, over five minutes.
   *
   * @param options what to have otherwise
   */
  public metricVpnConnectionsDegraded(options?: cloudwatch.MetricOptions): cloudwatch.Metric {
    return this.metricNamed(Metric.VPN_CONNECTIONS_DEGRADED, cloudwatch.Stats.MAXIMUM, options);
  }

  /**
   * VPN connections with all tunnels down, and none changed for `staleAfter`.
   *
   * Statistic: maximum, over five minutes.
   *
   * @param options what to have otherwise
   */
  public metricVpnConnectionsStale(options?: cloudwatch.MetricOptions): cloudwatch.Metric {
    return this.metricNamed(Metric.VPN_CONNECTIONS_STALE, cloudwatch.Stats.MAXIMUM, options);
  }

  /**
   * Tunnels that are up, of all VPN connections looked at.
   *
   * Statistic: minimum, over five minutes.
   *
   * @param options what to have otherwise
   */
  public metricTunnelsUp(options?: cloudwatch.MetricOptions): cloudwatch.Metric {
    return this.metricNamed(Metric.TUNNELS_UP, cloudwatch.Stats.MINIMUM, options);
  }

  /**
   * Tunnels that are down, of all VPN connections looked at.
   *
   * Statistic: maximum, over five minutes.
   *
   * @param options what to have otherwise
   */
  public metricTunnelsDown(options?: cloudwatch.MetricOptions): cloudwatch.Metric {
    return this.metricNamed(Metric.TUNNELS_DOWN, cloudwatch.Stats.MAXIMUM, options);
  }

  /**
   * Routes accepted over BGP by all tunnels together. Static routing accepts none.
   *
   * Statistic: minimum, over five minutes.
   *
   * @param options what to have otherwise
   */
  public metricAcceptedRoutes(options?: cloudwatch.MetricOptions): cloudwatch.Metric {
    return this.metricNamed(Metric.ACCEPTED_ROUTES, cloudwatch.Stats.MINIMUM, options);
  }

  /**
   * Seconds since the latest change of state of any tunnel.
   *
   * Statistic: minimum, over five minutes.
   *
   * @param options what to have otherwise
   */
  public metricSecondsSinceStatusChange(options?: cloudwatch.MetricOptions): cloudwatch.Metric {
    return this.metricNamed(Metric.SECONDS_SINCE_STATUS_CHANGE, cloudwatch.Stats.MINIMUM, options);
  }

  /**
   * VPCs that a sweep could look at completely.
   *
   * Statistic: minimum, over five minutes.
   *
   * @param options what to have otherwise
   */
  public metricVpcsScanned(options?: cloudwatch.MetricOptions): cloudwatch.Metric {
    return this.metricNamed(Metric.VPCS_SCANNED, cloudwatch.Stats.MINIMUM, options);
  }

  /**
   * VPCs of other accounts in which this account may not look for stale rules. They are never counted as looked at, nor
   * as an error.
   *
   * Statistic: maximum, over five minutes.
   *
   * @param options overrides such as statistic, period and label
   */
  public metricVpcsNotCovered(options?: cloudwatch.MetricOptions): cloudwatch.Metric {
    return this.metricNamed(Metric.VPCS_NOT_COVERED, cloudwatch.Stats.MAXIMUM, options);
  }

  /**
   * Times that a sweep could not look at something. While it is not 0, no other count is complete.
   *
   * Statistic: maximum, over five minutes.
   *
   * @param options what to have otherwise
   */
  public metricScanErrors(options?: cloudwatch.MetricOptions): cloudwatch.Metric {
    return this.metricNamed(Metric.SCAN_ERRORS, cloudwatch.Stats.MAXIMUM, options);
  }

  /**
   * Events and notifications that could not be delivered. What they were about is in the log, of the first hundred of a
   * sweep.
   *
   * Statistic: sum, over five minutes.
   *
   * @param options what to have otherwise
   */
  public metricDeliveriesFailed(options?: cloudwatch.MetricOptions): cloudwatch.Metric {
    return this.metricNamed(Metric.DELIVERIES_FAILED, cloudwatch.Stats.SUM, options);
  }

  /**
   * How long a sweep took, in milliseconds.
   *
   * Statistic: maximum, over five minutes.
   *
   * @param options what to have otherwise
   */
  public metricSweepDuration(options?: cloudwatch.MetricOptions): cloudwatch.Metric {
    return this.metricNamed(Metric.SWEEP_DURATION, cloudwatch.Stats.MAXIMUM, options);
  }

  /**
   * Sweeps that could look at something: the heartbeat.
   *
   * Statistic: sum, over five minutes.
   *
   * @param options what to have otherwise
   */
  public metricSweeps(options?: cloudwatch.MetricOptions): cloudwatch.Metric {
    return this.metricNamed(Metric.SWEEPS, cloudwatch.Stats.SUM, options);
  }

  /**
   * Makes a rule for an event: a rule is found that is stale or flagged, and was not before.
   *
   * The sweep at deployment comes after it and its targets in the stack of this construct, those of `addTarget`
   * included.
   *
   * @param id the id of the rule
   * @param options the target, and what else the event has to be
   * @throws when an option is wrong, or the event bus is known to be in another account or Region than the rule
   * @see https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-event-patterns.html
   */
  public onFindingOpened(id: string, options?: events.OnEventOptions): events.Rule {
    return eventRule(this, id, EventType.FINDING_OPENED, options);
  }

  /**
   * Makes a rule for an event: a rule is no longer found, or was revoked.
   *
   * The sweep at deployment comes after it and its targets in the stack of this construct, those of `addTarget`
   * included.
   *
   * @param id the id of the rule
   * @param options the target, and what else the event has to be
   * @throws when an option is wrong, or the event bus is known to be in another account or Region than the rule
   * @see https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-event-patterns.html
   */
  public onFindingResolved(id: string, options?: events.OnEventOptions): events.Rule {
    return eventRule(this, id, EventType.FINDING_RESOLVED, options);
  }

  /**
   * Makes a rule for an event: an ingress rule was revoked, and seen to be gone. The event holds the whole rule.
   *
   * The sweep at deployment comes after it and its targets in the stack of this construct, those of `addTarget`
   * included.
   *
   * @param id the id of the rule
   * @param options the target, and what else the event has to be
   * @throws when an option is wrong, or the event bus is known to be in another account or Region than the rule
   * @see https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-event-patterns.html
   */
  public onIngressRuleRevoked(id: string, options?: events.OnEventOptions): events.Rule {
    return eventRule(this, id, EventType.INGRESS_RULE_REVOKED, options);
  }

  /**
   * Makes a rule for an event: rules were to be revoked, and are not, because they are more than
   * `maxRevocationsPerSweep`, or could not be tried.
   *
   * The sweep at deployment comes after it and its targets in the stack of this construct, those of `addTarget`
   * included.
   *
   * @param id the id of the rule
   * @param options the target, and what else the event has to be
   * @throws when an option is wrong, or the event bus is known to be in another account or Region than the rule
   * @see https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-event-patterns.html
   */
  public onRevocationWithheld(id: string, options?: events.OnEventOptions): events.Rule {
    return eventRule(this, id, EventType.REVOCATION_WITHHELD, options);
  }

  /**
   * Makes a rule for an event: a VPN connection, or a tunnel of it, went up or down, or the connection appeared or
   * went.
   *
   * The sweep at deployment comes after it and its targets in the stack of this construct, those of `addTarget`
   * included.
   *
   * @param id the id of the rule
   * @param options the target, and what else the event has to be
   * @throws when an option is wrong, or the event bus is known to be in another account or Region than the rule
   * @see https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-event-patterns.html
   */
  public onVpnConnectionStateChanged(id: string, options?: events.OnEventOptions): events.Rule {
    return eventRule(this, id, EventType.VPN_CONNECTION_STATE_CHANGED, options);
  }

  /**
   * Makes a rule for an event: revoking was paused, the pause ends within a day, or it has ended.
   *
   * The sweep at deployment comes after it and its targets in the stack of this construct, those of `addTarget`
   * included.
   *
   * @param id the id of the rule
   * @param options the target, and what else the event has to be
   * @throws when an option is wrong, or the event bus is known to be in another account or Region than the rule
   * @see https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-event-patterns.html
   */
  public onPauseChanged(id: string, options?: events.OnEventOptions): events.Rule {
    return eventRule(this, id, EventType.PAUSE_CHANGED, options);
  }

  private metricNamed(
    metricName: MetricName,
    statistic: string,
    options?: cloudwatch.MetricOptions,
  ): cloudwatch.Metric {
    return this.metric(metricName, { statistic, ...options });
  }
}

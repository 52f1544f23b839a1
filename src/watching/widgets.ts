/**
 * The widgets of a dashboard, and their layout.
 *
 * Graphs with a varying number of series are SEARCH expressions, which CloudWatch evaluates each time they are shown. A
 * series per resource has data only while it says something. Therefore these graphs show the total, too: a graph
 * without any line would not tell whether anyone has looked.
 *
 * @see https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/search-expression-syntax.html
 */
import { Duration } from 'aws-cdk-lib';
import * as cloudwatch from 'aws-cdk-lib/aws-cloudwatch';
import { looksAtRules, tellsToRevoke } from '../contract/configuration';
import { KEEP_REASON_DIMENSION, TUNNEL_DIMENSION, VPC_DIMENSION, VPN_CONNECTION_DIMENSION } from '../contract/names';
import { ACCOUNT_DIMENSION, OrganizationMetric } from '../contract/organization';
import type { FindingsWidgetOptions } from '../findings-widget-options';
import type { NetworkHygieneBase } from '../network-hygiene-base';
import { A_TEXT, anInteger, requireKinds } from '../validation/kinds';

/** @param withNative whether to include the metrics that AWS publishes for all VPN connections */
export function widgets(hygiene: NetworkHygieneBase, withNative: boolean): cloudwatch.IWidget[] {
  const shown = new Shown(hygiene);
  return [
    ...inRows(shown.tiles(), 6, 4),
    ...shown.alarms(),
    findingsWidget(hygiene, {}),
    ...inRows(shown.rules(), 3, 6),
    ...inRows(shown.changes(), 4, 6),
    ...inRows(shown.organization(), 3, 6),
    ...inRows(shown.vpnConnections(), 3, 6),
    ...withNative ? inRows(shown.native(), 3, 6) : [],
    ...inRows(shown.sweeps(), 4, 6),
  ];
}

/** @throws when an option is unknown or wrong */
export function findingsWidget(hygiene: NetworkHygieneBase, options: FindingsWidgetOptions): cloudwatch.CustomWidget {
  requireKinds(`${hygiene.node.path}: findingsWidget`, options, {
    title: A_TEXT,
    width: anInteger(1, ROW_WIDTH),
    height: anInteger(1, 1000),
  });
  return new cloudwatch.CustomWidget({
    title: options.title ?? 'Findings',
    width: options.width ?? ROW_WIDTH,
    height: options.height ?? 12,
    functionArn: hygiene._findingsFunctionArn,
    updateOnRefresh: true,
    updateOnResize: true,
    // The ledger has the present state only, so the time range makes no difference.
    updateOnTimeRangeChange: false,
  });
}

type Size = Required<Pick<cloudwatch.MetricWidgetProps, 'width' | 'height'>>;
type MakeWidget = (size: Size) => cloudwatch.IWidget;

const ROW_WIDTH = 24;

/**
 * Fills whole rows, because CDK starts a new row only when one is full. All rows get about the same number of widgets.
 */
function inRows(makers: MakeWidget[], mostInRow: number, height: number): cloudwatch.IWidget[] {
  return inParts(makers.length, Math.ceil(makers.length / mostInRow)).flatMap(([start, end]) =>
    inParts(ROW_WIDTH, end - start).map(([left, right], index) =>
      makers[start + index]({ width: right - left, height }),
    ),
  );
}

/** Divides the range from 0 to `length` into parts that are equal or differ by one. */
function inParts(length: number, count: number): Array<[start: number, end: number]> {
  const cut = (index: number): number => Math.floor(index * length / count);
  return Array.from({ length: count }, (_, index) => [cut(index), cut(index + 1)]);
}

/** Used when the schedule is not a rate. With hourly sweeps, a shorter period would draw dots instead of lines. */
const UNKNOWN_INTERVAL_SECONDS = 3600;

/** The most alarms that CloudWatch accepts in one widget. */
const ALARMS_PER_WIDGET = 100;

/** Not every part of CloudWatch handles a period longer than a day. */
const MOST_PERIOD_SECONDS = 86_400;

/** The period of the metrics that AWS publishes itself, whenever sweeps run. */
const NATIVE_PERIOD = Duration.minutes(5);

/** The label of a total beside its series per resource. */
const TOTAL = 'Total';

/** Creates widgets only for what the construct looks at. */
class Shown {
  /** One sweep per period: a longer period would hide sweeps, and a shorter one would draw dots instead of lines. */
  private readonly period: Duration;
  private readonly has: Record<
    'stale' | 'flagged' | 'rules' | 'revocations' | 'vpn' | 'vpnStale' | 'unused' | 'series' | 'tunnelsUp'
    | 'organization' | 'accountSeries',
    boolean
  >;

  constructor(private readonly hygiene: NetworkHygieneBase) {
    const {
      staleRules,
      flaggedIngressRules,
      dryRun,
      vpnConnections: { kind, staleAfterSeconds },
      unusedSecurityGroups,
      resourceMetrics,
      organization,
    } = hygiene._configuration;
    this.period = Duration.seconds(Math.min(hygiene._intervalSeconds ?? UNKNOWN_INTERVAL_SECONDS, MOST_PERIOD_SECONDS));
    this.has = {
      stale: staleRules !== 'ignore',
      flagged: flaggedIngressRules.length > 0,
      rules: looksAtRules(hygiene._configuration),
      revocations: tellsToRevoke(hygiene._configuration) && !dryRun
        && (organization === undefined || organization.revokeIn !== undefined),
      vpn: kind !== 'none',
      vpnStale: kind !== 'none' && staleAfterSeconds !== undefined,
      unused: unusedSecurityGroups !== undefined,
      series: resourceMetrics,
      tunnelsUp: resourceMetrics && kind === 'withIds',
      organization: organization !== undefined,
      accountSeries: organization?.accountMetrics === true,
    };
  }

  /** Numbers of the latest sweep. */
  public tiles(): MakeWidget[] {
    const { hygiene } = this;
    return [
      ...this.has.stale ? [
        tile('Stale ingress rules', hygiene.metricStaleIngressRules(this.as('Rules'))),
        tile('Oldest stale rule', this.oldestStaleRule()),
      ] : [],
      ...this.has.flagged ? [tile('Flagged ingress rules', hygiene.metricFlaggedIngressRules(this.as('Rules')))] : [],
      ...this.has.revocations ? [
        total('Ingress rules revoked', hygiene.metricIngressRulesRevoked(this.as('In the time range'))),
        tile('Revocations withheld', hygiene.metricRevocationsWithheld(this.as('Rules'))),
      ] : [],
      ...this.has.vpn ? [
        tile('VPN connections down', hygiene.metricVpnConnectionsDown(this.as('Connections'))),
        tile('VPN connections degraded', hygiene.metricVpnConnectionsDegraded(this.as('Connections'))),
        tile('VPN connections without routes', hygiene.metricVpnConnectionsWithoutRoutes(this.as('Connections'))),
      ] : [],
      ...this.has.unused ? [
        tile('Unused security groups', hygiene.metricUnusedSecurityGroups(this.as('Groups'))),
      ] : [],
      ...this.has.organization ? [
        tile('Accounts failed', hygiene.metric(OrganizationMetric.ACCOUNTS_FAILED, this.as('Accounts'))),
      ] : [],
      tile('Scan errors', hygiene.metricScanErrors(this.as('Times'))),
    ];
  }

  /** The alarms that exist so far. */
  public alarms(): cloudwatch.IWidget[] {
    const alarms = this.hygiene._alarms;
    return Array.from({ length: Math.ceil(alarms.length / ALARMS_PER_WIDGET) }, (_, index) =>
      new cloudwatch.AlarmStatusWidget({
        title: 'Alarms',
        alarms: alarms.slice(index * ALARMS_PER_WIDGET, (index + 1) * ALARMS_PER_WIDGET),
        width: ROW_WIDTH,
        height: 4,
      }),
    );
  }

  public rules(): MakeWidget[] {
    const { hygiene } = this;
    return [
      ...(this.has.stale
        ? [
          ...(this.has.series
            ? [
              graph('Stale ingress rules, by VPC', 'Rules', [
                hygiene.metricStaleIngressRules(this.as(TOTAL)),
                search(hygiene.metricStaleIngressRules(this.as()), VPC_DIMENSION),
              ]),
            ]
            : []),
          graph('Stale rules', 'Count', [
            hygiene.metricStaleIngressRules(this.as('Ingress rules')),
            hygiene.metricStaleEgressRules(this.as('Egress rules')),
            hygiene.metricStaleSecurityGroups(this.as('Security groups with any')),
          ]),
          graph('Oldest stale rule', 'Days', [this.oldestStaleRule()]),
        ]
        : []),
      ...(this.has.flagged
        ? [
          this.has.series
            ? graph('Flagged ingress rules, by VPC', 'Rules', [
              hygiene.metricFlaggedIngressRules(this.as(TOTAL)),
              search(hygiene.metricFlaggedIngressRules(this.as()), VPC_DIMENSION),
            ])
            : graph('Flagged ingress rules', 'Rules', [hygiene.metricFlaggedIngressRules(this.as('Flagged'))]),
        ]
        : []),
      ...(this.has.revocations
        ? [
          graph('Revocations', 'Rules', [
            hygiene.metricIngressRulesRevoked(this.as('Revoked', cloudwatch.Color.GREEN)),
            hygiene.metricRevocationsFailed(this.as('Failed', cloudwatch.Color.RED)),
            hygiene.metricRevocationsWithheld(this.as('Withheld', cloudwatch.Color.ORANGE)),
          ]),
        ]
        : []),
      ...(this.has.rules
        ? [
          this.has.series
            ? graph('Rules kept, by reason', 'Rules', [
              hygiene.metricRulesKept(this.as(TOTAL)),
              search(hygiene.metricRulesKept(this.as()), KEEP_REASON_DIMENSION),
            ])
            : graph('Rules kept', 'Rules', [hygiene.metricRulesKept(this.as('Kept'))]),
        ]
        : []),
    ];
  }

  /** Shows how soon runs react to changes, and whether changes arrive. */
  public changes(): MakeWidget[] {
    const { hygiene } = this;
    const trigger = hygiene._changeTrigger;
    if (trigger === undefined) return [];
    return [
      graph('Time until a change is dealt with', 'Seconds', [
        hygiene.metricReactionTime({ ...this.as('p50'), statistic: cloudwatch.Stats.p(50) }),
        hygiene.metricReactionTime({ ...this.as('p90'), statistic: cloudwatch.Stats.p(90) }),
      ]),
      graph('Changes', 'Changes', [
        hygiene.metricChangesSwept(this.as('Swept', cloudwatch.Color.GREEN)),
        hygiene.metricChangesUnread(this.as('Unread', cloudwatch.Color.ORANGE)),
      ]),
      graph('Oldest change in the queue', 'Seconds', [
        trigger.queue.metricApproximateAgeOfOldestMessage({ label: 'Age', period: NATIVE_PERIOD }),
      ]),
      graph('Changes in the dead-letter queue', 'Messages', [
        trigger.deadLetterQueue.metricApproximateNumberOfMessagesVisible({
          label: 'Messages', color: cloudwatch.Color.RED, period: NATIVE_PERIOD,
        }),
      ]),
    ];
  }

  /** Shows which part of an organization the runs cover, and how they end. */
  public organization(): MakeWidget[] {
    const { hygiene } = this;
    const { _stateMachine: stateMachine } = hygiene;
    if (stateMachine === undefined) return [];
    const named = (metricName: string, label: string, color?: string): cloudwatch.Metric =>
      hygiene.metric(metricName, this.as(label, color));
    return [
      graph('Accounts', 'Accounts', [
        named(OrganizationMetric.ACCOUNTS_SWEPT, 'Swept', cloudwatch.Color.GREEN),
        named(OrganizationMetric.ACCOUNTS_FAILED, 'Failed', cloudwatch.Color.RED),
      ]),
      graph('Regions that could not be swept', 'Regions', [
        named(OrganizationMetric.REGIONS_FAILED, 'Failed', cloudwatch.Color.RED),
      ]),
      graph('Runs', 'Runs', [
        stateMachine.metricSucceeded(this.as('Succeeded', cloudwatch.Color.GREEN)),
        stateMachine.metricFailed(this.as('Failed', cloudwatch.Color.RED)),
        stateMachine.metricTimedOut(this.as('Timed out', cloudwatch.Color.ORANGE)),
      ]),
      ...this.has.accountSeries && this.has.stale ? [
        graph('Stale ingress rules, by account', 'Rules', [
          search(hygiene.metricStaleIngressRules(this.as()), ACCOUNT_DIMENSION),
        ]),
      ] : [],
      ...this.has.accountSeries && this.has.flagged ? [
        graph('Flagged ingress rules, by account', 'Rules', [
          search(hygiene.metricFlaggedIngressRules(this.as()), ACCOUNT_DIMENSION),
        ]),
      ] : [],
    ];
  }

  public vpnConnections(): MakeWidget[] {
    const { hygiene } = this;
    if (!this.has.vpn) return [];
    const connections = graph('VPN connections', 'Connections', [
      hygiene.metricVpnConnectionsDown(this.as('Down', cloudwatch.Color.RED)),
      hygiene.metricVpnConnectionsDegraded(this.as('Degraded', cloudwatch.Color.ORANGE)),
      hygiene.metricVpnConnectionsWithoutRoutes(this.as('Without routes', cloudwatch.Color.PURPLE)),
      ...this.has.vpnStale ? [hygiene.metricVpnConnectionsStale(this.as('Stale', cloudwatch.Color.GREY))] : [],
    ]);
    const [up, down, flaps, routes] = [
      hygiene.metricTunnelsUp(this.as()),
      hygiene.metricTunnelsDown(this.as()),
      hygiene.metricTunnelFlaps(this.as()),
      hygiene.metricAcceptedRoutes(this.as()),
    ];
    if (this.has.series) {
      const withTotal = (metric: cloudwatch.Metric, ...by: string[]): cloudwatch.IMetric[] =>
        [metric.with({ label: TOTAL }), search(metric, ...by)];
      return [
        connections,
        this.has.tunnelsUp
          ? graph('Tunnels up, by VPN connection', 'Tunnels', withTotal(up, VPN_CONNECTION_DIMENSION))
          : graph('Tunnels up', 'Tunnels', [up.with({ label: TOTAL })]),
        graph('Tunnels down, by VPN connection', 'Tunnels', withTotal(down, VPN_CONNECTION_DIMENSION)),
        graph('Tunnels that flapped, by VPN connection', 'Tunnels', withTotal(flaps, VPN_CONNECTION_DIMENSION)),
        graph('Accepted routes, by VPN connection', 'Routes', withTotal(routes, VPN_CONNECTION_DIMENSION)),
        graph('Accepted routes, by tunnel', 'Routes', withTotal(routes, VPN_CONNECTION_DIMENSION, TUNNEL_DIMENSION)),
      ];
    }
    return [
      connections,
      graph('Tunnels', 'Tunnels', [
        up.with({ label: 'Up', color: cloudwatch.Color.GREEN }),
        down.with({ label: 'Down', color: cloudwatch.Color.RED }),
      ]),
      graph('Tunnels that flapped', 'Tunnels', [flaps.with({ label: 'Flapped' })]),
      graph('Accepted routes', 'Routes', [routes.with({ label: 'Accepted' })]),
    ];
  }

  /** The metrics that AWS publishes for all connections of the account and Region. Those of members are not there. */
  public native(): MakeWidget[] {
    if (!this.has.vpn || this.has.organization) return [];
    const metric = (metricName: string, statistic: string): cloudwatch.Metric =>
      new cloudwatch.Metric({ namespace: 'AWS/VPN', metricName, statistic, period: NATIVE_PERIOD }).attachTo(
        this.hygiene,
      );
    return [
      graph('AWS/VPN: state, by tunnel', '1 is up, 0 is down', [
        search(metric('TunnelState', cloudwatch.Stats.MINIMUM), 'TunnelIpAddress'),
      ]),
      graph('AWS/VPN: data in, by VPN connection', 'Bytes in 5 minutes', [
        search(metric('TunnelDataIn', cloudwatch.Stats.SUM), 'VpnId'),
      ]),
      graph('AWS/VPN: data out, by VPN connection', 'Bytes in 5 minutes', [
        search(metric('TunnelDataOut', cloudwatch.Stats.SUM), 'VpnId'),
      ]),
    ];
  }

  /** Shows whether the sweeps work, and so whether the other graphs can be trusted. */
  public sweeps(): MakeWidget[] {
    const { hygiene } = this;
    return [
      graph('Sweeps that could look', 'Sweeps', [hygiene.metricSweeps(this.as('Sweeps'))]),
      graph('What sweeps could not do', 'Times', [
        hygiene.metricScanErrors(this.as('Look at something', cloudwatch.Color.RED)),
        hygiene.metricDeliveriesFailed(this.as('Deliver an event', cloudwatch.Color.ORANGE)),
      ]),
      graph('Duration of sweeps', 'Milliseconds', [hygiene.metricSweepDuration(this.as('Longest'))]),
      graph('Looked at', 'Count', [
        ...this.has.rules ? [hygiene.metricVpcsScanned(this.as('VPCs read'))] : [],
        ...this.has.stale ? [hygiene.metricVpcsCoveredByProof(this.as('VPCs covered by proof'))] : [],
        ...this.has.vpn ? [hygiene.metricVpnConnections(this.as('VPN connections'))] : [],
      ]),
    ];
  }

  /** Converts to days, because large numbers of seconds are hard to read. */
  private oldestStaleRule(): cloudwatch.MathExpression {
    return new cloudwatch.MathExpression({
      expression: 'age / 86400',
      usingMetrics: { age: this.hygiene.metricOldestStaleRuleAge(this.as()) },
      label: 'Days',
      period: this.period,
    });
  }

  /** Leaves the statistic as the metric has it. */
  private as(label?: string, color?: string): cloudwatch.MetricOptions {
    return { label, color, period: this.period };
  }
}

/**
 * Finds every series that has the dimensions of the metric, those in `by`, and no others.
 *
 * Within double quotes only `"`, `\`, `(` and `)` need escaping. Neither the name nor the namespace contains the first
 * two.
 */
function search(metric: cloudwatch.Metric, ...by: string[]): cloudwatch.MathExpression {
  const { namespace, metricName, statistic, period, dimensions = {}, region, account } = metric;
  const terms = Object.entries({ MetricName: metricName, ...dimensions }).map(
    ([name, value]) => `${name}="${String(value).replace(/[()]/g, '\\$&')}"`,
  );
  const schema = [`"${namespace}"`, ...Object.keys(dimensions), ...by];
  return new cloudwatch.MathExpression({
    expression: `SEARCH('{${schema.join(',')}} ${terms.join(' ')}', '${statistic}', ${period.toSeconds()})`,
    usingMetrics: {},
    label: by.map(name => `\${PROP('Dim.${name}')}`).join(' '),
    period,
    searchRegion: region,
    searchAccount: account,
  });
}

function graph(title: string, unit: string, left: cloudwatch.IMetric[]): MakeWidget {
  return size =>
    new cloudwatch.GraphWidget({ title, left, leftYAxis: { min: 0, label: unit, showUnits: false }, ...size });
}

/** Shows the latest value. */
function tile(title: string, metric: cloudwatch.IMetric): MakeWidget {
  return size => new cloudwatch.SingleValueWidget({ title, metrics: [metric], sparkline: true, ...size });
}

/** Shows the sum over the time range of the dashboard. */
function total(title: string, metric: cloudwatch.IMetric): MakeWidget {
  return size => new cloudwatch.SingleValueWidget({ title, metrics: [metric], setPeriodToTimeRange: true, ...size });
}

/** Tests the widgets of a dashboard, their layout, and that each graph shows metrics that a sweep publishes. */
import { isDeepStrictEqual } from 'node:util';
import { App, CfnParameter, Duration, Stack } from 'aws-cdk-lib';
import { Annotations, Match, Template } from 'aws-cdk-lib/assertions';
import * as cloudwatch from 'aws-cdk-lib/aws-cloudwatch';
import { Port } from 'aws-cdk-lib/aws-ec2';
import { ScheduleExpression } from 'aws-cdk-lib/aws-scheduler';
import { Construct } from 'constructs';
import {
  FindingsWidgetOptions,
  FlaggedIngressRule,
  NetworkHygiene,
  NetworkHygieneDashboard,
  NetworkHygieneDashboardProps,
  NetworkHygieneProps,
  StaleRules,
  VpnConnections,
} from '../src';
import {
  aDecodedConfiguration, aDeclaration, aFlaggedRule, aGroup, aRule, aStaleRule, decoded,
} from './support/builders';
import { withChangeTrigger } from './support/change-trigger';
import { dashboardBody, drawn, Search, searches, titled, titles, Widget } from './support/dashboard-body';
import { aSweepResult, proofsOf } from './support/sweep-result';
import { aStack } from './support/synthesized-stack';
import type { MetricDatum } from '../lambda/core/model/delivery';
import { deliveryDatum, metricData } from '../lambda/core/report/metric-data';
import { seriesSeen } from '../lambda/core/report/series';

const flagged = (): FlaggedIngressRule => FlaggedIngressRule.fromInternet(Port.SSH);

/** Properties that create every widget. */
const everything = (): NetworkHygieneProps => ({
  staleRules: StaleRules.revoke(),
  flaggedIngressRules: [flagged()],
  vpnConnections: VpnConnections.all({ staleAfter: Duration.days(14) }),
});
const VPN_ONLY: NetworkHygieneProps = { staleRules: StaleRules.ignore() };
const RULES_ONLY: NetworkHygieneProps = { vpnConnections: VpnConnections.none() };

const CONFIGURATIONS: ReadonlyArray<[string, NetworkHygieneProps]> = [
  ['everything', everything()],
  ['everything, as aggregates', { ...everything(), resourceMetrics: false }],
  ['the defaults', {}],
  ['the defaults, as aggregates', { resourceMetrics: false }],
  ['VPN connections alone', VPN_ONLY],
  ['stale rules alone', RULES_ONLY],
  ['flagged rules alone', { ...VPN_ONLY, ...RULES_ONLY, flaggedIngressRules: [flagged()] }],
  ['a dry run', { ...everything(), dryRun: true }],
  ['named connections', { ...VPN_ONLY, vpnConnections: VpnConnections.withIds(['vpn-0123456789abcdef0']) }],
];

/** Returns a stack with a user's own dashboard and the widgets of a construct. */
function stackWith(
  props: NetworkHygieneProps,
  { id = 'NetworkHygiene', stack = aStack() }: { id?: string; stack?: Stack } = {},
): Stack {
  const hygiene = new NetworkHygiene(stack, id, props);
  new cloudwatch.Dashboard(stack, 'Mine').addWidgets(...hygiene.widgets());
  return stack;
}

const widgetsOf = (...args: Parameters<typeof stackWith>): Widget[] => dashboardBody(stackWith(...args)).widgets;

/** Keeps the searches for the construct's own metrics, without those for metrics of AWS. */
const own = (found: readonly Search[]): Search[] => found.filter(({ namespace }) => namespace !== 'AWS/VPN');

function rowsOf(widgets: readonly Widget[]): Widget[][] {
  return [...new Set(widgets.map(({ y }) => y))].map(row => widgets.filter(({ y }) => y === row));
}

function expectFullRows(widgets: readonly Widget[]): void {
  let bottom = 0;
  for (const row of rowsOf(widgets)) {
    expect(row[0].y).toBe(bottom);
    expect(new Set(row.map(({ height }) => height)).size).toBe(1);
    expect(row.map(({ x }) => x)).toEqual(
      row.map((_, index) => row.slice(0, index).reduce((sum, { width }) => sum + width, 0)),
    );
    expect(row.reduce((sum, { width }) => sum + width, 0)).toBe(24);
    bottom += row[0].height;
  }
}

describe('the widgets of a construct', () => {
  it.each(CONFIGURATIONS)('fill every row from edge to edge, without a gap or an overlap, for %s', (_, props) => {
    const widgets = widgetsOf(props);
    expectFullRows(widgets);
    expect(Math.min(...widgets.map(({ width }) => width))).toBeGreaterThanOrEqual(4);
  });

  const SWEEPS = ['Sweeps that could look', 'What sweeps could not do', 'Duration of sweeps', 'Looked at'];
  const NATIVE = [
    'AWS/VPN: state, by tunnel',
    'AWS/VPN: data in, by VPN connection',
    'AWS/VPN: data out, by VPN connection',
  ];
  const VPN_TILES = ['VPN connections down', 'VPN connections degraded', 'VPN connections without routes'];
  const VPN = [
    'VPN connections',
    'Tunnels up',
    'Tunnels down, by VPN connection',
    'Tunnels that flapped, by VPN connection',
    'Accepted routes, by VPN connection',
    'Accepted routes, by tunnel',
  ];
  const STALE_TILES = ['Stale ingress rules', 'Oldest stale rule'];
  const STALE = ['Stale ingress rules, by VPC', 'Stale rules', 'Oldest stale rule'];
  const REVOKE_TILES = ['Ingress rules revoked', 'Revocations withheld'];
  const KEPT = 'Rules kept, by reason';

  const SHOWN: Readonly<Record<string, readonly string[]>> = {
    'everything': [
      ...STALE_TILES,
      'Flagged ingress rules',
      ...REVOKE_TILES,
      ...VPN_TILES,
      'Scan errors',
      'Findings',
      ...STALE,
      'Flagged ingress rules, by VPC',
      'Revocations',
      KEPT,
      ...VPN,
      ...NATIVE,
      ...SWEEPS,
    ],
    'everything, as aggregates': [
      ...STALE_TILES,
      'Flagged ingress rules',
      ...REVOKE_TILES,
      ...VPN_TILES,
      'Scan errors',
      'Findings',
      'Stale rules',
      'Oldest stale rule',
      'Flagged ingress rules',
      'Revocations',
      'Rules kept',
      'VPN connections',
      'Tunnels',
      'Tunnels that flapped',
      'Accepted routes',
      ...NATIVE,
      ...SWEEPS,
    ],
    'the defaults': [
      ...STALE_TILES,
      ...VPN_TILES,
      'Scan errors',
      'Findings',
      ...STALE,
      KEPT,
      ...VPN,
      ...NATIVE,
      ...SWEEPS,
    ],
    'the defaults, as aggregates': [
      ...STALE_TILES,
      ...VPN_TILES,
      'Scan errors',
      'Findings',
      'Stale rules',
      'Oldest stale rule',
      'Rules kept',
      'VPN connections',
      'Tunnels',
      'Tunnels that flapped',
      'Accepted routes',
      ...NATIVE,
      ...SWEEPS,
    ],
    'VPN connections alone': [...VPN_TILES, 'Scan errors', 'Findings', ...VPN, ...NATIVE, ...SWEEPS],
    'stale rules alone': [...STALE_TILES, 'Scan errors', 'Findings', ...STALE, KEPT, ...SWEEPS],
    'flagged rules alone': [
      'Flagged ingress rules',
      ...REVOKE_TILES,
      'Scan errors',
      'Findings',
      'Flagged ingress rules, by VPC',
      'Revocations',
      KEPT,
      ...SWEEPS,
    ],
    'named connections': [
      ...VPN_TILES, 'Scan errors', 'Findings', VPN[0], 'Tunnels up, by VPN connection', ...VPN.slice(2), ...NATIVE, ...SWEEPS,
    ],
    'a dry run': [
      ...STALE_TILES,
      'Flagged ingress rules',
      ...VPN_TILES,
      'Scan errors',
      'Findings',
      ...STALE,
      'Flagged ingress rules, by VPC',
      KEPT,
      ...VPN,
      ...NATIVE,
      ...SWEEPS,
    ],
  };

  it.each(CONFIGURATIONS)('are about what is looked at and may be done, and nothing else, for %s', (name, props) => {
    expect(titles(widgetsOf(props))).toEqual(SHOWN[name]);
  });

  it('count what is looked at, and only that', () => {
    const lookedAt = (props: NetworkHygieneProps): Array<string | undefined> =>
      drawn([titled(widgetsOf(props), 'Looked at')]).map(({ metricName }) => metricName);
    expect(lookedAt({})).toEqual(['VpcsScanned', 'VpcsCoveredByProof', 'VpnConnections']);
    expect(lookedAt(VPN_ONLY)).toEqual(['VpnConnections']);
    expect(lookedAt(RULES_ONLY)).toEqual(['VpcsScanned', 'VpcsCoveredByProof']);
  });

  it('show stale VPN connections only if staleAfter is set', () => {
    const stale = (props: NetworkHygieneProps): boolean =>
      drawn(widgetsOf(props)).some(({ metricName }) => metricName === 'VpnConnectionsStale');
    expect(stale({ vpnConnections: VpnConnections.all({ staleAfter: Duration.days(14) }) })).toBe(true);
    expect(stale({ vpnConnections: VpnConnections.all() })).toBe(false);
  });

  it.each(CONFIGURATIONS)('have titles, and graphs start at zero and name their unit, for %s', (_, props) => {
    const widgets = widgetsOf(props);
    expect(titles(widgets)).toHaveLength(widgets.length);
    const graphs = widgets.filter(({ properties }) => properties.view === 'timeSeries');
    expect(graphs.length).toBeGreaterThan(4);
    for (const { properties } of graphs) {
      expect(properties.yAxis).toEqual({
        left: { min: 0, label: expect.stringMatching(/\w/) as string, showUnits: false },
      });
    }
  });

  it.each(CONFIGURATIONS)('make CDK warn of nothing, for %s', (_, props) => {
    const stack = stackWith(props);
    expect(Annotations.fromStack(stack).findWarning('*', Match.anyValue())).toEqual([]);
    expect(Annotations.fromStack(stack).findError('*', Match.anyValue())).toEqual([]);
  });

  it('show how old the oldest stale rule is in days', () => {
    const [age, days, ...others] = drawn([
      titled(
        widgetsOf({}).filter(({ properties }) => properties.view === 'timeSeries'),
        'Oldest stale rule',
      ),
    ]).sort((one, other) => Number(one.visible) - Number(other.visible));
    expect(others).toEqual([]);
    expect(age).toMatchObject({ metricName: 'OldestStaleRuleAge', id: 'age', visible: false, stat: 'Maximum' });
    expect(days).toMatchObject({ expression: 'age / 86400', label: 'Days', visible: true });
  });

  it('sum up what was revoked over the time range, and show the latest value of all else', () => {
    const tiles = widgetsOf(everything()).filter(({ properties }) => properties.view === 'singleValue');
    expect(titles(tiles.filter(({ properties }) => properties.setPeriodToTimeRange))).toEqual([
      'Ingress rules revoked',
    ]);
    expect(drawn([titled(tiles, 'Ingress rules revoked')])).toMatchObject([
      { metricName: 'IngressRulesRevoked', stat: 'Sum' },
    ]);
    // Every sweep counts the same withheld rules again.
    expect(drawn([titled(tiles, 'Revocations withheld')])).toMatchObject([
      { metricName: 'RevocationsWithheld', stat: 'Maximum' },
    ]);
  });
});

describe('the widgets of a construct with a change trigger', () => {
  const CHANGES = [
    'Time until a change is dealt with', 'Changes', 'Oldest change in the queue', 'Changes in the dead-letter queue',
  ];
  const bodyOf = (props: NetworkHygieneProps): Widget[] => {
    const stack = aStack();
    const hygiene = withChangeTrigger(stack, 'NetworkHygiene', props);
    new cloudwatch.Dashboard(stack, 'Mine').addWidgets(...hygiene.widgets());
    return dashboardBody(stack).widgets;
  };

  // Changes are those of rules.
  const ABOUT_RULES = CONFIGURATIONS.filter(([name]) => !['VPN connections alone', 'named connections'].includes(name));

  it.each(ABOUT_RULES)('are the others, and a row about changes before VPN connections, for %s', (_, props) => {
    const [widgets, without] = [bodyOf(props), widgetsOf(props)];
    expectFullRows(widgets);
    const start = titles(widgets).indexOf(CHANGES[0]);
    expect(titles(widgets).slice(start, start + CHANGES.length)).toEqual(CHANGES);
    expect(new Set(widgets.slice(start, start + CHANGES.length).map(({ y }) => y)).size).toBe(1);
    const properties = (each: readonly Widget[]): unknown[] => each.map(widget => ({ ...widget, y: 0 }));
    expect(properties(widgets.filter(({ properties: { title = '' } }) => !CHANGES.includes(title))))
      .toEqual(properties(without));
    expect(titles(without).filter(title => CHANGES.includes(title))).toEqual([]);
  });

  it('show how soon runs react, what they read, and what waits or has failed', () => {
    const schedule = ScheduleExpression.rate(Duration.hours(2));
    const widgets = bodyOf({ schedule });
    const lines = drawn(CHANGES.map(title => titled(widgets, title)));
    const common = { namespace: 'NetworkHygiene', dimensions: { Hygiene: 'Network/NetworkHygiene' }, period: 7200 };
    const queue = (id: string): object => ({
      namespace: 'AWS/SQS', period: 300, stat: 'Maximum',
      dimensions: { QueueName: expect.stringMatching(`^<Fn::GetAtt NetworkHygiene${id}[0-9A-F]{8}\\.QueueName>$`) as string },
    });
    expect(lines).toMatchObject([
      { ...common, metricName: 'ReactionTime', stat: 'p50', label: 'p50' },
      { ...common, metricName: 'ReactionTime', stat: 'p90', label: 'p90' },
      { ...common, metricName: 'ChangesSwept', stat: 'Sum', label: 'Swept' },
      { ...common, metricName: 'ChangesUnread', stat: 'Sum', label: 'Unread' },
      { ...queue('ChangeQueue'), metricName: 'ApproximateAgeOfOldestMessage' },
      { ...queue('ChangeDeadLetterQueue'), metricName: 'ApproximateNumberOfMessagesVisible' },
    ]);
    for (const title of CHANGES) {
      const left = { min: 0, label: expect.stringMatching(/\w/) as string };
      expect(titled(widgets, title).properties.yAxis).toMatchObject({ left });
    }
  });

  it('have the alarms about changes, if they were made before', () => {
    const stack = aStack();
    const hygiene = withChangeTrigger(stack, 'NetworkHygiene');
    const { all } = hygiene.addAlarms();
    new cloudwatch.Dashboard(stack, 'Mine').addWidgets(...hygiene.widgets());
    const [{ properties }] = dashboardBody(stack).widgets.filter(({ type }) => type === 'alarm');
    expect(properties.alarms).toHaveLength(all.length);
    expect(JSON.stringify(properties.alarms)).toContain('ChangesDelayed');
  });
});

describe('the period of the graphs', () => {
  const periods = (schedule?: ScheduleExpression): number[] => {
    const widgets = widgetsOf({ ...everything(), schedule });
    return [...new Set(drawn(widgets).filter(({ title }) => !title.startsWith('AWS/VPN')).map(({ period }) => period))];
  };

  it.each<[string, ScheduleExpression | undefined, number]>([
    ['an hour by default', undefined, 3600],
    ['a minute for a sweep a minute', ScheduleExpression.rate(Duration.minutes(1)), 60],
    ['five minutes for a sweep in five', ScheduleExpression.rate(Duration.minutes(5)), 300],
    ['ninety minutes for a sweep in ninety', ScheduleExpression.rate(Duration.minutes(90)), 5400],
    ['a day for a sweep a day', ScheduleExpression.rate(Duration.days(1)), 86_400],
    ['no longer than a day', ScheduleExpression.rate(Duration.days(7)), 86_400],
    ['an hour where the schedule has no fixed rate', ScheduleExpression.expression('cron(0 6 * * ? *)'), 3600],
  ])('is %s', (_, schedule, seconds) => {
    expect(periods(schedule)).toEqual([seconds]);
  });

  it('is five minutes for what AWS publishes itself, whatever the schedule', () => {
    const native = searches(widgetsOf({ schedule: ScheduleExpression.rate(Duration.days(1)) })).filter(
      ({ namespace }) => namespace === 'AWS/VPN',
    );
    expect(native.map(({ period }) => period)).toEqual([300, 300, 300]);
  });
});

describe('each graph', () => {
  /** Returns every series of a sweep that found something wrong with everything. */
  function published(configuration: NetworkHygiene['_configuration']): MetricDatum[] {
    const { flaggedIngressRules } = decoded({
      flaggedIngressRules: configuration.flaggedIngressRules.length > 0 ? [aDeclaration()] : [],
    });
    const tunnels = [
      { outsideIpAddress: '198.51.100.1', status: 'DOWN' as const, acceptedRoutes: 0, secondsSinceStatusChange: 60 },
    ];
    const connection = { vpnConnectionId: 'vpn-1', status: 'DOWN', stale: false, staticRoutesOnly: false, tunnels } as const;
    const isWatched = configuration.vpnConnections.kind !== 'none';
    const isRead = configuration.staleRules !== 'ignore' || flaggedIngressRules.length > 0;
    const { observation, ...result } = aSweepResult({
      observation: {
        vpnConnections: isWatched ? [connection] : undefined,
        proofs: configuration.staleRules === 'ignore' ? undefined : proofsOf(),
        stale: [aStaleRule()], flagged: [aFlaggedRule()], groups: new Map([['sg-1', aGroup()]]),
      },
      tunnelFlaps: new Map([['vpn-1', ['198.51.100.1']]]),
      plan: {
        revoke: [],
        keep: isRead ? [{ rule: aRule(), reason: 'REPORT_ONLY', stale: aStaleRule() } as never] : [],
      },
    });
    const saw = {
      sawStaleRules: configuration.staleRules !== 'ignore',
      sawFlaggedRules: flaggedIngressRules.length > 0,
    };
    const vpcs = observation.vpcs && { ...observation.vpcs, ...saw };
    const read = { ...result, observation: { ...observation, vpcs: isRead ? vpcs : undefined } };
    const looking = aDecodedConfiguration({
      hygiene: configuration.hygiene,
      staleRules: configuration.staleRules,
      flaggedIngressRules,
      vpnConnections: configuration.vpnConnections,
      resourceMetrics: configuration.resourceMetrics,
      dryRun: configuration.dryRun,
    });
    const { always, saying } = seriesSeen(read, looking);
    const series = { data: [...always, ...saying], ends: [] };
    return [...metricData({ ...read, series }, looking), deliveryDatum(0, looking)];
  }

  it.each(CONFIGURATIONS)('draws series that a sweep publishes, for %s', (_, props) => {
    const stack = aStack();
    const hygiene = new NetworkHygiene(stack, 'NetworkHygiene', props);
    new cloudwatch.Dashboard(stack, 'Mine').addWidgets(...hygiene.widgets());
    const { widgets } = dashboardBody(stack);
    const data = published(hygiene._configuration);

    const metrics = drawn(widgets).filter(({ namespace }) => namespace !== undefined);
    expect(metrics.length).toBeGreaterThan(5);
    for (const { namespace, metricName, dimensions } of metrics) {
      expect(namespace).toBe('NetworkHygiene');
      expect(
        data.filter(datum => datum.name === metricName && isDeepStrictEqual(datum.dimensions, dimensions)),
      ).toHaveLength(1);
    }
    for (const { namespace, schema, terms: { MetricName, ...values } } of own(searches(widgets))) {
      expect(namespace).toBe('NetworkHygiene');
      const found = data.filter(
        ({ name, dimensions }) =>
          name === MetricName
          && isDeepStrictEqual(Object.keys(dimensions).sort(), [...schema].sort())
          && Object.entries(values).every(([dimension, value]) => dimensions[dimension] === value),
      );
      expect(found.length).toBeGreaterThan(0);
    }
  });

  it('shows the total beside the series per resource, because a graph without a line would tell nothing', () => {
    const widgets = widgetsOf(everything());
    const mixed = own(searches(widgets));
    expect(mixed.length).toBeGreaterThan(5);
    for (const { title, terms: { MetricName } } of mixed) {
      const [total, ...others] = drawn([titled(widgets, title)]);
      expect(total).toMatchObject({ metricName: MetricName, dimensions: { Hygiene: 'Network/NetworkHygiene' } });
      expect(others).toHaveLength(1);
    }
  });

  it('shows the tunnels up of each connection only where every sweep publishes them: for named connections', () => {
    const up = (props: NetworkHygieneProps): string[] => titles(widgetsOf(props)).filter(title => /^Tunnels up/.test(title));
    expect(up({})).toEqual(['Tunnels up']);
    expect(up({ vpnConnections: VpnConnections.withIds(['vpn-0123456789abcdef0']) })).toEqual(['Tunnels up, by VPN connection']);
    expect(up({ vpnConnections: VpnConnections.withIds(['vpn-0123456789abcdef0']), resourceMetrics: false })).toEqual([]);
  });

  it('uses searches for lists of varying length, so that new members appear by themselves', () => {
    const vpnConnections = VpnConnections.withIds(['vpn-0123456789abcdef0']);
    const found = searches(widgetsOf({ ...everything(), vpnConnections }));
    expect(
      found.map(({ title, schema, terms, stat, label }) => [title, terms.MetricName, stat, schema.join(), label]),
    ).toEqual([
      ['Stale ingress rules, by VPC', 'StaleIngressRules', 'Maximum', 'Hygiene,VpcId', "${PROP('Dim.VpcId')}"],
      ['Flagged ingress rules, by VPC', 'FlaggedIngressRules', 'Maximum', 'Hygiene,VpcId', "${PROP('Dim.VpcId')}"],
      ['Rules kept, by reason', 'RulesKept', 'Maximum', 'Hygiene,KeepReason', "${PROP('Dim.KeepReason')}"],
      [
        'Tunnels up, by VPN connection',
        'TunnelsUp',
        'Minimum',
        'Hygiene,VpnConnectionId',
        "${PROP('Dim.VpnConnectionId')}",
      ],
      [
        'Tunnels down, by VPN connection',
        'TunnelsDown',
        'Maximum',
        'Hygiene,VpnConnectionId',
        "${PROP('Dim.VpnConnectionId')}",
      ],
      [
        'Tunnels that flapped, by VPN connection',
        'TunnelFlaps',
        'Sum',
        'Hygiene,VpnConnectionId',
        "${PROP('Dim.VpnConnectionId')}",
      ],
      [
        'Accepted routes, by VPN connection',
        'AcceptedRoutes',
        'Minimum',
        'Hygiene,VpnConnectionId',
        "${PROP('Dim.VpnConnectionId')}",
      ],
      [
        'Accepted routes, by tunnel',
        'AcceptedRoutes',
        'Minimum',
        'Hygiene,VpnConnectionId,TunnelOutsideIpAddress',
        "${PROP('Dim.VpnConnectionId')} ${PROP('Dim.TunnelOutsideIpAddress')}",
      ],
      ['AWS/VPN: state, by tunnel', 'TunnelState', 'Minimum', 'TunnelIpAddress', "${PROP('Dim.TunnelIpAddress')}"],
      ['AWS/VPN: data in, by VPN connection', 'TunnelDataIn', 'Sum', 'VpnId', "${PROP('Dim.VpnId')}"],
      ['AWS/VPN: data out, by VPN connection', 'TunnelDataOut', 'Sum', 'VpnId', "${PROP('Dim.VpnId')}"],
    ]);
  });

  it('searches for no series of the construct where it publishes aggregates only', () => {
    const found = searches(widgetsOf({ ...everything(), resourceMetrics: false }));
    expect(own(found)).toEqual([]);
    expect(found).toHaveLength(3);
  });

  it('is written as CloudWatch documents it', () => {
    const [, { expression }] = drawn([
      titled(widgetsOf({ metricNamespace: 'My/Network#1' }), 'Stale ingress rules, by VPC'),
    ]);
    expect(expression).toBe(
      'SEARCH(\'{"My/Network#1",Hygiene,VpcId} MetricName="StaleIngressRules" Hygiene="Network/NetworkHygiene"\', \'Maximum\', 3600)',
    );
  });

  it('finds the series of its own construct, and not of another', () => {
    for (const { terms } of own(searches(widgetsOf({}, { id: 'A (b) c' })))) {
      expect(terms.Hygiene).toBe('Network/A (b) c');
    }
    for (const { dimensions } of drawn(widgetsOf({ resourceMetrics: false, ...RULES_ONLY }, { id: 'A (b) c' })).filter(
      ({ metricName }) => metricName,
    )) {
      expect(dimensions).toEqual({ Hygiene: 'Network/A (b) c' });
    }
  });

  it('escapes parentheses, which would group terms', () => {
    const [{ query }] = own(searches(widgetsOf({}, { id: 'A (b) c' })));
    expect(query).toContain('Hygiene="Network/A \\(b\\) c"');
  });

  it('takes a namespace that is known at deployment only', () => {
    const stack = aStack();
    const widgets = widgetsOf({ metricNamespace: new CfnParameter(stack, 'Namespace').valueAsString }, { stack });
    expect(new Set(own(searches(widgets)).map(({ namespace }) => namespace))).toEqual(new Set(['<Ref Namespace>']));
  });
});

describe('a long path', () => {
  const named = (length: number, character = 'x'): string => character.repeat(length - 'Network/'.length);
  const longest = (character?: string): Search[] =>
    searches(widgetsOf({ ...everything(), metricNamespace: 'n'.repeat(255) }, { id: named(255, character) }));

  it.each(['x', '(', ' '])(
    'of as many characters as CDK takes makes no query that is too long for CloudWatch, even of %j',
    character => {
      const queries = longest(character).map(({ query }) => query.length);
      expect(Math.max(...queries)).toBeGreaterThan(255 + 255);
      expect(Math.max(...queries)).toBeLessThanOrEqual(1024);
    },
  );

  it('of more is shortened, in the metrics and in the graphs alike', () => {
    const hygiene = new NetworkHygiene(aStack(), named(300), {});
    const { Hygiene: path } = hygiene.metricSweeps().dimensions as { Hygiene: string };
    expect(path).toMatch(/^[0-9a-f]{8}-x{246}$/);
    expect(hygiene._configuration.hygiene).toBe(path);
    expect(hygiene.metric('Sweeps', {}).dimensions).toEqual({ Hygiene: path });
  });
});

describe('alarms', () => {
  const alarmWidgets = (stack: Stack): Widget[] => dashboardBody(stack).widgets.filter(({ type }) => type === 'alarm');

  it('that were made before are shown, every one of them, over the full width', () => {
    const stack = aStack();
    const hygiene = new NetworkHygiene(stack, 'NetworkHygiene');
    hygiene.addAlarms();
    new cloudwatch.Dashboard(stack, 'Mine').addWidgets(...hygiene.widgets());
    const [{ width, properties }, ...others] = alarmWidgets(stack);
    expect(others).toEqual([]);
    expect(width).toBe(24);
    const alarms = Object.keys(Template.fromStack(stack).findResources('AWS::CloudWatch::Alarm'));
    expect(alarms.length).toBeGreaterThan(1);
    expect([...properties.alarms as string[]].sort()).toEqual(alarms.map(id => `<Fn::GetAtt ${id}.Arn>`).sort());
    expectFullRows(dashboardBody(stack).widgets);
  });

  it('are in several widgets if CloudWatch does not accept all in one', () => {
    const stack = aStack();
    const ids = Array.from({ length: 150 }, (_, index) => `vpn-${index}`);
    const hygiene = new NetworkHygiene(stack, 'NetworkHygiene', { vpnConnections: VpnConnections.withIds(ids) });
    const { all } = hygiene.addAlarms({ vpnConnectionsDown: { perConnection: true } });
    expect(all.length).toBeGreaterThan(150);
    new cloudwatch.Dashboard(stack, 'Mine').addWidgets(...hygiene.widgets());
    const shown = alarmWidgets(stack).map(({ properties }) => properties.alarms as string[]);
    expect(shown.map(({ length }) => length)).toEqual([100, all.length - 100]);
    expect(new Set(shown.flat()).size).toBe(all.length);
    expectFullRows(dashboardBody(stack).widgets);
  });

  it('have no widget where there are none', () => {
    expect(alarmWidgets(stackWith({}))).toEqual([]);
  });
});

describe('the findings table', () => {
  const table = (options?: FindingsWidgetOptions): { stack: Stack; widget: Widget } => {
    const stack = aStack();
    const hygiene = new NetworkHygiene(stack, 'NetworkHygiene');
    const dashboard = new cloudwatch.Dashboard(stack, 'Mine');
    dashboard.addWidgets(hygiene.findingsWidget(options));
    return { stack, widget: dashboardBody(stack).widgets[0] };
  };

  it('asks the findings function, whenever someone looks anew, and not for another time range', () => {
    const { stack, widget } = table();
    const [id] = Object.keys(
      Template.fromStack(stack).findResources('AWS::Lambda::Function', { Properties: { Handler: 'findings.handler' } }),
    );
    expect(widget).toEqual({
      type: 'custom',
      x: 0,
      y: 0,
      width: 24,
      height: 12,
      properties: {
        title: 'Findings',
        endpoint: `<Fn::GetAtt ${id}.Arn>`,
        updateOn: { refresh: true, resize: true, timeRange: false },
      },
    });
  });

  it('takes a title and a size', () => {
    expect(table({ title: 'Open', width: 12, height: 6 }).widget).toMatchObject({
      width: 12,
      height: 6,
      properties: { title: 'Open' },
    });
  });

  it('has its defaults for what is undefined', () => {
    expect(table({ title: undefined, width: undefined, height: undefined }).widget).toEqual(table().widget);
  });

  it.each<[object, string]>([
    [{ titel: 'Open' }, '"titel" is unknown. Did you mean "title"?'],
    [{ title: '' }, 'title: got ""; give a text that is not empty'],
    [{ title: 3 }, 'title: got 3; give a text that is not empty'],
    [{ width: 25 }, 'width: got 25; give an integer from 1 to 24'],
    [{ width: 0 }, 'width: got 0; give an integer from 1 to 24'],
    [{ width: '12' }, 'width: got "12"; give an integer from 1 to 24'],
    [{ height: 1.5 }, 'height: got 1.5; give an integer from 1 to 1000'],
    [{ height: null }, 'height: got null; give an integer from 1 to 1000'],
    [null as never, 'got null; give an object with any of title, width, height'],
  ])('refuses %j', (options, message) => {
    const hygiene = new NetworkHygiene(aStack(), 'NetworkHygiene');
    expect(() => hygiene.findingsWidget(options)).toThrow(
      new Error(`Network/NetworkHygiene: findingsWidget: ${message}`),
    );
  });
});

describe('NetworkHygieneDashboard', () => {
  const construct = (stack: Stack, id = 'NetworkHygiene', props: NetworkHygieneProps = {}): NetworkHygiene =>
    new NetworkHygiene(stack, id, props);
  const only = (stack: Stack): Record<string, unknown> =>
    Object.values(Template.fromStack(stack).findResources('AWS::CloudWatch::Dashboard'))[0].Properties as Record<
      string,
      unknown
    >;

  it('has the widgets of the construct, below a heading with its path', () => {
    const stack = aStack();
    new NetworkHygieneDashboard(stack, 'Dashboard', { hygienes: [construct(stack)] });
    const [heading, ...widgets] = dashboardBody(stack).widgets;
    expect(heading).toMatchObject({
      type: 'text',
      x: 0,
      y: 0,
      width: 24,
      height: 1,
      properties: { markdown: '## `Network/NetworkHygiene`' },
    });
    expect(widgets.map(({ y, ...widget }) => ({ ...widget, y: y - 1 }))).toEqual(widgetsOf({}));
  });

  it('opens with a week, and keeps the period of the sweeps', () => {
    const stack = aStack();
    new NetworkHygieneDashboard(stack, 'Dashboard', { hygienes: [construct(stack)] });
    expect(dashboardBody(stack)).toMatchObject({ start: '-P7D', periodOverride: 'inherit' });
    expect(only(stack)).not.toHaveProperty('DashboardName');
  });

  it('takes a name and another time range', () => {
    const stack = aStack();
    new NetworkHygieneDashboard(stack, 'Dashboard', {
      hygienes: [construct(stack)],
      dashboardName: 'network',
      defaultInterval: Duration.hours(3),
    });
    expect(dashboardBody(stack).start).toBe('-PT3H');
    expect(only(stack).DashboardName).toBe('network');
  });

  it('shows widgets of one\'s own below', () => {
    const stack = aStack();
    const { dashboard } = new NetworkHygieneDashboard(stack, 'Dashboard', { hygienes: [construct(stack)] });
    dashboard.addWidgets(new cloudwatch.TextWidget({ markdown: 'mine' }));
    expect(dashboardBody(stack).widgets.at(-1)).toMatchObject({ properties: { markdown: 'mine' } });
  });

  it.each([
    [1, '-P7D'],
    [2, '-P8D'],
    [30, '-P120D'],
  ])('opens with a time range in which there are some sweeps, where they are %d days apart', (days, start) => {
    const stack = aStack();
    const rarely = construct(stack, 'Rarely', { schedule: ScheduleExpression.rate(Duration.days(days)) });
    new NetworkHygieneDashboard(stack, 'Dashboard', { hygienes: [construct(stack), rarely] });
    expect(dashboardBody(stack).start).toBe(start);
  });

  describe('of three constructs', () => {
    const stack = aStack();
    const hygienes = [
      construct(stack, 'Rules', { ...everything(), vpnConnections: VpnConnections.none() }),
      construct(stack, 'Vpn', { ...VPN_ONLY, schedule: ScheduleExpression.rate(Duration.minutes(1)) }),
      construct(stack, 'Both', everything()),
    ];
    new NetworkHygieneDashboard(stack, 'Dashboard', { hygienes });
    const { widgets } = dashboardBody(stack);

    it('gives each its widgets, in order, and fills every row', () => {
      expect(widgets.flatMap(({ properties }) => properties.markdown ?? [])).toEqual([
        '## `Network/Rules`',
        '## `Network/Vpn`',
        '## `Network/Both`',
      ]);
      expectFullRows(widgets);
    });

    it('gives each its own period', () => {
      const period = (name: string): number[] =>
        own(searches(widgets))
          .filter(({ terms }) => terms.Hygiene === `Network/${name}`)
          .map(each => each.period);
      expect([...new Set(period('Vpn'))]).toEqual([60]);
      expect([...new Set(period('Rules'))]).toEqual([3600]);
    });

    it('gives each the table of its own findings', () => {
      expect(
        new Set(widgets.filter(({ type }) => type === 'custom').map(({ properties }) => properties.endpoint)).size,
      ).toBe(3);
    });

    it('shows what AWS publishes itself once, with the first that watches VPN connections, for it is of all of the account and Region', () => {
      const native = titles(widgets).filter(title => title.startsWith('AWS/VPN'));
      expect(native).toHaveLength(3);
      expect(new Set(native).size).toBe(3);
      const [, vpn, both] = [...widgets.keys()].filter(index => widgets[index].properties.markdown !== undefined);
      const first = widgets.findIndex(({ properties }) => properties.title?.startsWith('AWS/VPN'));
      expect(first).toBeGreaterThan(vpn);
      expect(first).toBeLessThan(both);
    });

    it('stays far below what CloudWatch allows a dashboard', () => {
      expect(widgets.length).toBeLessThanOrEqual(500 / 5);
      expect(drawn(widgets).length).toBeLessThanOrEqual(2500 / 5);
      for (const widget of widgets) expect(searches([widget]).length).toBeLessThanOrEqual(100);
    });
  });

  it('makes the function behind a table once, however many dashboards show it', () => {
    const stack = aStack();
    const hygiene = construct(stack);
    new NetworkHygieneDashboard(stack, 'One', { hygienes: [hygiene] });
    new NetworkHygieneDashboard(stack, 'Other', { hygienes: [hygiene] });
    Template.fromStack(stack).resourcePropertiesCountIs('AWS::Lambda::Function', { Handler: 'findings.handler' }, 1);
  });

  describe('in a stack of its own', () => {
    it('refers to the functions of the other stacks', () => {
      const app = new App();
      const [rules, vpn, dashboards] = ['Rules', 'Vpn', 'Dashboards'].map(id => new Stack(app, id));
      new NetworkHygieneDashboard(dashboards, 'Dashboard', {
        hygienes: [construct(rules, 'Hygiene', RULES_ONLY), construct(vpn, 'Hygiene', VPN_ONLY)],
      });
      const tables = dashboardBody(dashboards)
        .widgets.filter(({ type }) => type === 'custom')
        .map(({ properties }) => properties.endpoint);
      expect(tables).toEqual([
        expect.stringMatching(/^<Fn::ImportValue Rules:/),
        expect.stringMatching(/^<Fn::ImportValue Vpn:/),
      ]);
      Template.fromStack(dashboards).resourceCountIs('AWS::Lambda::Function', 0);
    });

    it('draws metrics of the Region and the account that the construct is in', () => {
      const app = new App();
      const home = new Stack(app, 'Home', {
        env: { region: 'eu-central-1', account: '111122223333' },
        crossRegionReferences: true,
      });
      const away = new Stack(app, 'Away', {
        env: { region: 'us-east-1', account: '111122223333' },
        crossRegionReferences: true,
      });
      new NetworkHygieneDashboard(away, 'Dashboard', { hygienes: [construct(home)] });
      const visible = drawn(dashboardBody(away).widgets);
      expect(visible.filter(({ expression }) => expression?.includes('AWS/VPN'))).toHaveLength(3);
      for (const { region, accountId } of visible.filter(({ expression = 'SEARCH' }) =>
        expression.includes('SEARCH'),
      )) {
        expect([region, accountId]).toEqual(['eu-central-1', undefined]);
      }
    });

    it('shows what AWS publishes itself once for each Region', () => {
      const app = new App();
      const account = '111122223333';
      const stacks = ['eu-central-1', 'us-east-1', 'us-east-1'].map(
        (region, index) => new Stack(app, `Stack${index}`, { env: { region, account }, crossRegionReferences: true }),
      );
      new NetworkHygieneDashboard(stacks[0], 'Dashboard', { hygienes: stacks.map(stack => construct(stack)) });
      const native = drawn(dashboardBody(stacks[0]).widgets).filter(({ expression }) =>
        expression?.includes('TunnelState'),
      );
      expect(native.map(({ region }) => region)).toEqual([undefined, 'us-east-1']);
    });

    it('names no Region where it is the same', () => {
      const env = { region: 'eu-central-1', account: '111122223333' };
      const stack = new Stack(new App(), 'Network', { env });
      new NetworkHygieneDashboard(stack, 'Dashboard', { hygienes: [construct(stack)] });
      for (const { region, accountId } of drawn(dashboardBody(stack).widgets)) {
        expect([region, accountId]).toEqual([undefined, undefined]);
      }
    });
  });

  describe('refuses', () => {
    const refusal = (props: (stack: Stack) => object): string => {
      const stack = aStack();
      try {
        new NetworkHygieneDashboard(stack, 'Dashboard', props(stack) as NetworkHygieneDashboardProps);
      } catch (error) {
        expect(Template.fromStack(stack).findResources('AWS::CloudWatch::Dashboard')).toEqual({});
        return (error as Error).message;
      }
      throw new Error('It was not refused');
    };

    it.each<[string, (stack: Stack) => object, string]>([
      ['no constructs', () => ({ hygienes: [] }), 'hygienes: got none; give at least one NetworkHygiene'],
      ['no list of them', () => ({}), 'hygienes: got none; give at least one NetworkHygiene'],
      [
        'one that is in no list',
        stack => ({ hygienes: construct(stack) }),
        'hygienes: got an object of the class NetworkHygiene; give a list of NetworkHygiene',
      ],
      [
        'another construct',
        stack => ({ hygienes: [construct(stack), new Construct(stack, 'Other')] }),
        'hygienes[1]: got an object of the class Construct; give a NetworkHygiene',
      ],
      [
        'a gap',
        stack => ({ hygienes: [undefined, construct(stack)] }),
        'hygienes[0]: got undefined; give a NetworkHygiene',
      ],
      ['null', () => ({ hygienes: null }), 'hygienes: got null; give a list of NetworkHygiene'],
      [
        'a misspelt property',
        stack => ({ hygienes: [construct(stack)], name: 'network' }),
        '"name" is unknown. Known here: hygienes, dashboardName, defaultInterval',
      ],
      [
        'no properties',
        () => undefined as never,
        'got undefined; give an object with any of hygienes, dashboardName, defaultInterval',
      ],
      [
        'a name that is no text',
        stack => ({ hygienes: [construct(stack)], dashboardName: 3 }),
        'dashboardName: got 3; give a text of 1 to 255 letters, digits, - and _',
      ],
      [
        'a name with a space',
        stack => ({ hygienes: [construct(stack)], dashboardName: 'a b' }),
        'dashboardName: got "a b"; give a text of 1 to 255 letters, digits, - and _',
      ],
      [
        'a name that is too long',
        stack => ({ hygienes: [construct(stack)], dashboardName: 'a'.repeat(256) }),
        `dashboardName: got "${'a'.repeat(99)}…; give a text of 1 to 255 letters, digits, - and _`,
      ],
      [
        'a time range that is no Duration',
        stack => ({ hygienes: [construct(stack)], defaultInterval: 7 }),
        'defaultInterval: got 7; give a Duration, such as Duration.days(7)',
      ],
    ])('%s', (_, props, message) => {
      expect(refusal(props)).toBe(`Network/Dashboard: ${message}`);
    });

    it('one construct twice', () => {
      expect(refusal(stack => ({ hygienes: Array(2).fill(construct(stack)) as unknown[] }))).toBe(
        'Network/Dashboard: hygienes[1]: got Network/NetworkHygiene again; give each once',
      );
    });
  });
});

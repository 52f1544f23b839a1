import { Duration, Stack, Token } from 'aws-cdk-lib';
import * as cloudwatch from 'aws-cdk-lib/aws-cloudwatch';
import { Construct } from 'constructs';
import { NetworkHygieneBase } from './network-hygiene-base';
import { NetworkHygieneDashboardProps } from './network-hygiene-dashboard-props';
import { A_NETWORK_HYGIENE, instanceOf, Kind, requireKinds } from './validation/kinds';

/**
 * A dashboard for one or more NetworkHygiene constructs. It shows what sweeps found, revoked and kept, the state of VPN
 * connections, and whether the sweeps work.
 *
 * Graphs use the period of the sweeps, whatever the time range. The metrics that AWS itself publishes for VPN
 * connections appear once per account and Region. Alarms appear if `addAlarms` was called before the dashboard was
 * created.
 *
 * @see https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch_Dashboards.html
 */
export class NetworkHygieneDashboard extends Construct {
  /**
   * The CloudWatch dashboard. Add widgets of your own with its `addWidgets`.
   */
  public readonly dashboard: cloudwatch.Dashboard;

  /**
   * @param scope The parent construct.
   * @param id The construct id within the scope.
   * @param props The constructs to show, and options for the dashboard.
   * @throws when a property is invalid; the message names the property, the value and the fix
   */
  constructor(scope: Construct, id: string, props: NetworkHygieneDashboardProps) {
    super(scope, id);
    requireProps(this.node.path, props);
    const first = firstWithVpnConnections(props.hygienes);
    const widgets = props.hygienes.map(hygiene => [heading(hygiene), ...hygiene._widgets(first.has(hygiene))]);
    this.dashboard = new cloudwatch.Dashboard(this, 'Dashboard', {
      dashboardName: props.dashboardName,
      defaultInterval: props.defaultInterval ?? enoughDays(props.hygienes),
      // Without this, CloudWatch picks periods that depend on the time range, and most of them hold no sweep.
      periodOverride: cloudwatch.PeriodOverride.INHERIT,
    });
    for (const each of widgets) this.dashboard.addWidgets(...each);
  }
}

const A_NAME: Kind = {
  what: 'a text of 1 to 255 letters, digits, - and _',
  is: value => typeof value === 'string' && (Token.isUnresolved(value) || /^[\w-]{1,255}$/.test(value)),
};

function requireProps(path: string, props: NetworkHygieneDashboardProps): void {
  requireKinds(path, props, {
    hygienes: {
      what: 'a list of NetworkHygiene',
      is: Array.isArray,
      each: A_NETWORK_HYGIENE,
    },
    dashboardName: A_NAME,
    defaultInterval: instanceOf(Duration, 'a Duration, such as Duration.days(7)'),
  });
  const { hygienes = [] } = props as Partial<NetworkHygieneDashboardProps>;
  if (hygienes.length === 0) throw new Error(`${path}: hygienes: got none; give at least one NetworkHygiene`);
  hygienes.forEach((hygiene, index) => {
    if (hygienes.indexOf(hygiene) !== index) {
      throw new Error(`${path}: hygienes[${index}]: got ${hygiene.node.path} again; give each once`);
    }
  });
}

/** AWS publishes metrics for all connections of an account and Region, so only the first construct there shows them. */
function firstWithVpnConnections(hygienes: NetworkHygieneBase[]): Set<NetworkHygieneBase> {
  const watching = hygienes.filter(({ _configuration: { vpnConnections, organization } }) =>
    vpnConnections.kind !== 'none' && organization === undefined);
  return new Set(new Map(watching.reverse().map(hygiene => [Stack.of(hygiene).environment, hygiene])).values());
}

/** Graphs need several sweeps in the time range to draw lines instead of dots. */
function enoughDays(hygienes: NetworkHygieneBase[]): Duration {
  const longest = Math.max(...hygienes.map(({ _intervalSeconds = 0 }) => _intervalSeconds));
  return Duration.days(Math.max(7, Math.ceil(4 * longest / Duration.days(1).toSeconds())));
}

/** The name is rendered as code because it may contain Markdown characters. */
function heading(hygiene: NetworkHygieneBase): cloudwatch.TextWidget {
  return new cloudwatch.TextWidget({
    markdown: `## \`${hygiene.hygieneName}\``,
    width: 24,
    height: 1,
    background: cloudwatch.TextWidgetBackground.TRANSPARENT,
  });
}

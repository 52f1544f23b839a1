import { Duration, Stack, Token } from 'aws-cdk-lib';
import * as cloudwatch from 'aws-cdk-lib/aws-cloudwatch';
import { Construct } from 'constructs';
import { NetworkHygieneBase } from './network-hygiene-base';
import { NetworkHygieneDashboardProps } from './network-hygiene-dashboard-props';
import { instanceOf, Kind, requireKinds } from './validation/kinds';

/**
 * A dashboard of one or several NetworkHygiene: what was found, revoked and kept, the VPN connections, and whether the
 * sweeps work.
 *
 * Graphs keep the period of the sweeps, whatever the time range. What AWS publishes itself is shown once for each
 * account and Region. Alarms are shown when `addAlarms` was called before.
 *
 * @see https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch_Dashboards.html
 */
export class NetworkHygieneDashboard extends Construct {
  /**
   * The dashboard, for widgets of your own below these.
   */
  public readonly dashboard: cloudwatch.Dashboard;

  /**
   * @param scope the parent
   * @param id the id within the scope
   * @param props what to show
   * @throws when a property has a wrong value; the message names the property, the value and the fix
   */
  constructor(scope: Construct, id: string, props: NetworkHygieneDashboardProps) {
    super(scope, id);
    requireProps(this.node.path, props);
    const first = firstWithVpnConnections(props.hygienes);
    const widgets = props.hygienes.map(hygiene => [heading(hygiene), ...hygiene._widgets(first.has(hygiene))]);
    this.dashboard = new cloudwatch.Dashboard(this, 'Dashboard', {
      dashboardName: props.dashboardName,
      defaultInterval: props.defaultInterval ?? enoughDays(props.hygienes),
      // CloudWatch would choose periods by the time range, in most of which there is no sweep.
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
      each: instanceOf(NetworkHygieneBase, 'a NetworkHygiene'),
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

/** Of each account and Region, because what AWS publishes there is of all connections. */
function firstWithVpnConnections(hygienes: NetworkHygieneBase[]): Set<NetworkHygieneBase> {
  const watching = hygienes.filter(({ _configuration: { vpnConnections } }) => vpnConnections.kind !== 'none');
  return new Set(new Map(watching.reverse().map(hygiene => [Stack.of(hygiene).environment, hygiene])).values());
}

/** For lines to be lines, and not dots. */
function enoughDays(hygienes: NetworkHygieneBase[]): Duration {
  const longest = Math.max(...hygienes.map(({ _intervalSeconds = 0 }) => _intervalSeconds));
  return Duration.days(Math.max(7, Math.ceil(4 * longest / Duration.days(1).toSeconds())));
}

/** As code, because a path may have characters that mean something in Markdown. */
function heading(hygiene: NetworkHygieneBase): cloudwatch.TextWidget {
  return new cloudwatch.TextWidget({
    markdown: `## \`${hygiene.hygieneName}\``,
    width: 24,
    height: 1,
    background: cloudwatch.TextWidgetBackground.TRANSPARENT,
  });
}

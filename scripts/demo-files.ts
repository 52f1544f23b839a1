/**
 * Writes files to look at: the findings table as a dashboard shows it, and a chart of the metrics that the sweeps
 * published.
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { chart, COLORS, type Panel, type Point, type Series } from './demo-chart';
import { HYGIENE_DIMENSION, Metric, type MetricName } from '../src/contract/names';
import type { PublishedDatum } from '../test/support/ec2-endpoint';

const FOLDER = 'demo-out';
const DAY_SECONDS = 86_400;

/** The background color of a dashboard. */
const BACKGROUND = { light: '#ffffff', dark: '#161d26' } as const;

export type Theme = keyof typeof BACKGROUND;

/** @returns the path of the file from the root of the repository. @throws when it cannot be written */
export function writeFile(name: string, content: string): string {
  const folder = resolve(__dirname, '..', FOLDER);
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, name), content);
  return `${FOLDER}/${name}`;
}

/** The event with which CloudWatch calls a custom widget. */
export function widgetEvent(theme: Theme): unknown {
  const timezone = { label: 'UTC', offsetISO: '+00:00', offsetInMinutes: 0 };
  return {
    widgetContext: { dashboardName: 'NetworkHygiene', widgetId: 'widget-1', theme, width: 1100, height: 600, timezone },
  };
}

/** Returns a document with the HTML of a widget, as a dashboard would show it. */
export function standalone(title: string, theme: Theme, widget: string): string {
  return `<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<title>${title}</title>
<style>html { background: ${BACKGROUND[theme]}; color-scheme: ${theme}; } body { max-width: 1100px; margin: 16px auto; }</style>
</head>
<body>
${widget}
</body>
</html>
`;
}

/** @throws when one of the metrics was never published */
export function metricsChart(metrics: readonly PublishedDatum[]): string {
  const first = Math.min(...metrics.map(({ timestamp = NaN }) => timestamp));
  const series = (label: string, name: MetricName, color: string, seconds = 1): Series =>
    ({ label, color, points: pointsOf(metrics, name, { first, seconds }) });
  const { blue, brown, green, red } = COLORS;
  const line = (title: string, unit: string, ...all: Series[]): Panel => ({ title, unit, kind: 'line', series: all });
  return chart('Network hygiene over the days of the demo; each mark is a sweep', [
    line(
      'Stale rules',
      'Rules',
      series('Ingress', Metric.STALE_INGRESS_RULES, blue),
      series('Egress', Metric.STALE_EGRESS_RULES, brown),
    ),
    line('Oldest stale rule', 'Days', series('Age', Metric.OLDEST_STALE_RULE_AGE, blue, DAY_SECONDS)),
    line('Flagged ingress rules', 'Rules', series('Flagged', Metric.FLAGGED_INGRESS_RULES, blue)),
    {
      title: 'Revocations, by sweep',
      unit: 'Rules',
      kind: 'bars',
      series: [
        series('Revoked', Metric.INGRESS_RULES_REVOKED, green),
        series('Withheld', Metric.REVOCATIONS_WITHHELD, brown),
      ],
    },
    line(
      'VPN connections',
      'Connections',
      series('Down', Metric.VPN_CONNECTIONS_DOWN, red),
      series('Degraded', Metric.VPN_CONNECTIONS_DEGRADED, brown),
    ),
    line('Tunnels', 'Tunnels', series('Up', Metric.TUNNELS_UP, green), series('Down', Metric.TUNNELS_DOWN, red)),
  ]);
}

/** Returns an aggregate metric, which has only the construct's dimension. */
function pointsOf(
  metrics: readonly PublishedDatum[],
  wanted: MetricName,
  { first, seconds }: { first: number; seconds: number },
): Point[] {
  return metrics
    .filter(({ name, dimensions }) => name === wanted && Object.keys(dimensions).join() === HYGIENE_DIMENSION)
    .map(({ timestamp = NaN, value }) => ({
      day: (timestamp - first) / DAY_SECONDS,
      value: Math.round((value / seconds) * 10) / 10,
    }))
    .sort((a, b) => a.day - b.day);
}

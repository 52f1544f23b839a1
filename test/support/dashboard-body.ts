/** The body of a dashboard, as CloudWatch receives it. */
import { Stack } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import { joined } from './synthesized-stack';

export interface DashboardBody {
  readonly start?: string;
  readonly periodOverride?: string;
  readonly widgets: Widget[];
}

export interface Widget {
  readonly type: string;
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
  readonly properties: Readonly<Record<string, unknown>> & { readonly title?: string };
}

/** A metric with its dimensions, or an expression, in a graph or tile. */
export interface Drawn {
  /** The title of the widget. */
  readonly title: string;
  readonly namespace?: string;
  readonly metricName?: string;
  readonly dimensions: Readonly<Record<string, string>>;
  readonly expression?: string;
  readonly label?: string;
  readonly stat: string;
  readonly period: number;
  readonly region?: string;
  readonly accountId?: string;
  /** Whether it is drawn, and not only part of an expression. */
  readonly visible: boolean;
}

/** The parts of a SEARCH expression. */
export interface Search {
  readonly title: string;
  /** The query, which CloudWatch limits to 1,024 characters. */
  readonly query: string;
  readonly namespace: string;
  /** The names of the dimensions. A matching series has exactly these. */
  readonly schema: string[];
  /** The required values of names and dimensions. */
  readonly terms: Readonly<Record<string, string>>;
  readonly stat: string;
  readonly period: number;
  readonly label?: string;
}

export function dashboardBody(stack: Stack): DashboardBody {
  const [dashboard, ...others] = Object.values(
    Template.fromStack(stack).findResources('AWS::CloudWatch::Dashboard'),
  ) as Array<{ Properties: { DashboardBody: unknown } }>;
  if (others.length > 0) throw new Error('The stack has more than one dashboard');
  return JSON.parse(joined(dashboard.Properties.DashboardBody)) as DashboardBody;
}

export function titles(widgets: readonly Widget[]): string[] {
  return widgets.flatMap(({ properties }) => properties.title ?? []);
}

export function titled(widgets: readonly Widget[], title: string): Widget {
  const found = widgets.filter(({ properties }) => properties.title === title);
  if (found.length !== 1) throw new Error(`${found.length} widgets are titled ${title}, not one`);
  return found[0];
}

export function drawn(widgets: readonly Widget[]): Drawn[] {
  return widgets.flatMap(({ properties: { title = '', metrics = [] } }) => (metrics as unknown[][]).map(metric => {
    const names = metric.filter(part => typeof part === 'string');
    const options = metric.slice(names.length)[0] as Partial<Drawn> | undefined;
    const [namespace, metricName, ...pairs] = names;
    const dimensions = Object.fromEntries(
      pairs.flatMap((name, index) => (index % 2 === 0 ? [[name, pairs[index + 1]]] : [])),
    );
    return { stat: 'Average', period: 300, visible: true, ...options, title, namespace, metricName, dimensions };
  }));
}

/** Parses every SEARCH according to CloudWatch's documentation, and refuses what CloudWatch would refuse. */
export function searches(widgets: readonly Widget[]): Search[] {
  return drawn(widgets)
    .filter(({ expression }) => expression?.includes('SEARCH'))
    .map(({ title, expression = '', label, period }) => {
      const [, query, stat, seconds] = /^SEARCH\('([^']*)', '(\w+)', (\d+)\)$/.exec(expression) ?? fail(expression);
      const [, namespace, schema, terms] =
        /^\{"([^"]+)"((?:,\w+)+)\}((?: \w+="(?:[^"\\()]|\\[()])*")+)$/.exec(query) ?? fail(expression);
      if (Number(seconds) !== period) fail(expression);
      const pairs = [...terms.matchAll(/ (\w+)="((?:[^"\\]|\\.)*)"/g)].map(([, name, value]) => [
        name,
        value.replace(/\\(.)/g, '$1'),
      ]);
      return {
        title,
        query,
        namespace,
        schema: schema.slice(1).split(','),
        terms: Object.fromEntries(pairs) as Record<string, string>,
        stat,
        period,
        label,
      };
    });
}

function fail(expression: string): never {
  throw new Error(`CloudWatch would not take ${expression}`);
}

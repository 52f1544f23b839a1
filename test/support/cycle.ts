/** What CloudFormation refuses as a circular dependency. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { App } from 'aws-cdk-lib';

interface Template {
  readonly Resources?: Record<string, { readonly Properties?: unknown; readonly DependsOn?: string | string[] }>;
}

/** The ids of resources of which each needs the next, and the last is the first; undefined where there is no such cycle. */
export function cycleIn({ Resources = {} }: Template): string[] | undefined {
  const needs = new Map(Object.entries(Resources).map(([id, { Properties, DependsOn = [] }]) => {
    const named = [...references(Properties), ...[DependsOn].flat()];
    return [id, named.filter(each => each in Resources)];
  }));
  const done = new Set<string>();
  const from = (id: string, path: string[]): string[] | undefined => {
    if (path.includes(id)) return [...path.slice(path.indexOf(id)), id];
    if (done.has(id)) return undefined;
    for (const each of needs.get(id) ?? []) {
      const cycle = from(each, [...path, id]);
      if (cycle) return cycle;
    }
    done.add(id);
    return undefined;
  };
  for (const id of needs.keys()) {
    const cycle = from(id, []);
    if (cycle) return cycle;
  }
  return undefined;
}

/** Of every stack of an app, nested ones included. @throws when CDK itself finds one between stacks */
export function cyclesOf(app: App): string[][] {
  const { directory } = app.synth();
  const templates = readdirSync(directory).filter(file => file.endsWith('.template.json'));
  if (templates.length === 0) throw new Error(`${directory} holds no template`);
  return templates.flatMap(file => {
    const cycle = cycleIn(JSON.parse(readFileSync(join(directory, file), 'utf8')) as Template);
    return cycle ? [cycle] : [];
  });
}

/** By Ref, Fn::GetAtt and Fn::Sub. */
function references(value: unknown): string[] {
  if (Array.isArray(value)) return value.flatMap(references);
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([key, argument]) => {
    if (key === 'Ref') return [String(argument)];
    if (key === 'Fn::GetAtt') return [Array.isArray(argument) ? String(argument[0]) : String(argument).split('.')[0]];
    if (key === 'Fn::Sub') {
      const [text, values] = [argument].flat() as [string, unknown?];
      return [...[...text.matchAll(/\$\{([^!}.]+)/g)].map(([, id]) => id), ...references(values)];
    }
    return references(argument);
  });
}

/**
 * Checks what the examples and the stack set of members synthesize, and the templates in stack sets, with cfn-lint: no
 * errors, and no warnings but those that are explained here.
 *
 * Usage: npm run lint:templates
 */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join, resolve } from 'node:path';
import { memberStackSets } from './member-stack-sets';
import { makePythonEnvironment } from '../support/python';
import { SynthesizedApp } from '../support/synthesized-app';

const EXAMPLES = resolve(__dirname, '..', '..', 'examples');

/** Warnings that are accepted, with the reason. */
const EXPLAINED: Readonly<Record<string, string>> = {
  W3005:
    'CDK writes DependsOn for a whole construct, also for those of its resources that a Ref or Fn::GetAtt already orders; it does no harm',
};

interface Finding {
  readonly Rule: { readonly Id: string; readonly ShortDescription: string };
  readonly Level: string;
  readonly Message: string;
  readonly Location: { readonly Path: ReadonlyArray<string | number> };
}

function main(): void {
  const folder = mkdtempSync(join(tmpdir(), 'network-hygiene-templates-'));
  try {
    const programs = makePythonEnvironment(folder, join(__dirname, 'requirements.txt'), 'Checking the templates');
    const examples = readdirSync(EXAMPLES).filter(file => file.endsWith('.ts')).map(file => basename(file, '.ts'));
    const stackSets = { name: 'member-stack-sets', template: memberStackSets(join(folder, 'cdk.out')) };
    const templates = [...examples.flatMap(templatesOf), stackSets];
    const unexplained = templates.flatMap(each => [each, ...inner(each)]).flatMap(each => lint(each, folder, programs));
    if (unexplained.length > 0) throw new Error(`cfn-lint found what is not explained:\n${unexplained.join('\n')}`);
    for (const [id, reason] of Object.entries(EXPLAINED)) console.log(`${id}: ${reason}`);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

interface Named {
  readonly name: string;
  readonly template: object;
}

function templatesOf(example: string): Named[] {
  const app = SynthesizedApp.fromExample(example);
  try {
    return [...app.templates].map(([stack, template]) => ({ name: `${example}.${stack}`, template }));
  } finally {
    app.dispose();
  }
}

/** Returns the templates in the stack sets of a template. */
function inner({ name, template }: Named): Named[] {
  const { Resources: resources } = template as {
    Resources: Record<string, { Type: string; Properties: Record<string, string> }>;
  };
  return Object.entries(resources).filter(([, { Type }]) => Type === 'AWS::CloudFormation::StackSet')
    .map(([id, { Properties }]) => ({ name: `${name}.${id}`, template: JSON.parse(Properties.TemplateBody) as object }));
}

/** @returns the problems that are not explained */
function lint({ name, template }: Named, folder: string, programs: string): string[] {
  const file = join(folder, `${name}.template.json`);
  writeFileSync(file, JSON.stringify(template, null, 1));
  const { stdout, stderr, status } = spawnSync(
    join(programs, 'cfn-lint'),
    ['--format', 'json', '--include-checks', 'I', '--template', file],
    { encoding: 'utf8' },
  );
  if (status === null || (status !== 0 && stdout.trim() === '')) {
    throw new Error(`cfn-lint failed on ${name}:\n${stderr}`);
  }
  const findings = JSON.parse(stdout.trim() || '[]') as Finding[];
  const serious = findings.filter(({ Level }) => Level !== 'Informational');
  const unexplained = serious.filter(({ Rule }) => !(Rule.Id in EXPLAINED));
  console.log(`${name}: ${unexplained.length} errors and warnings, ${serious.length - unexplained.length} explained`);
  return unexplained.map(
    ({ Rule, Message, Location }) => `${name}: ${Rule.Id} at ${Location.Path.join('/')}: ${Message}`,
  );
}

main();

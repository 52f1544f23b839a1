/** Tests that the front page is short, safe to copy from, and right about the properties and the packages. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Stack } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import * as library from '../../src';
import { trafficOf } from '../../src/contract/rules/live-rule';
import { matches } from '../../src/contract/rules/relation';
import { type Traffic } from '../../src/contract/traffic';
import { code, page, ROOT } from '../support/pages';
import { propertiesOf } from '../support/properties';
import { fixture, run } from '../support/snippets';
import { LeanApp } from '../support/synthesized-stack';

const readme = page('README.md');
const [first] = readme.snippetsIn('ts');

test('it has at most 2,200 words', () => {
  expect(readme.text.split(/\s+/).length).toBeLessThanOrEqual(2200);
});

test('the two commands to try it stand first, below the clone', () => {
  const [{ text }] = readme.snippets;
  expect(text).toMatch(/^git clone \S+ && cd \S+\nnpm ci && npm run demo .*\nnpm ci && npm test .*$/);
});

describe('the first snippet', () => {
  test('has five lines of code', () => {
    expect(first.info).toBe('ts nofixture');
    expect(first.text.split('\n').filter(line => line !== '')).toHaveLength(5);
  });

  test('only reports: it grants no permission to revoke, and declares nothing to revoke', () => {
    const cdk = { App: LeanApp, Stack };
    const packages = new Map<string, object>([['aws-cdk-lib', cdk], ['cdk-network-hygiene', library]]);
    const template = Template.fromStack(run(first, name => packages.get(name), 'stack') as Stack);
    const { Resources: resources } = template.toJSON() as { Resources: Record<string, object> };
    expect(JSON.stringify(resources)).toContain('ec2:DescribeStaleSecurityGroups');
    expect(JSON.stringify(resources)).not.toContain('RevokeSecurityGroup');
    const [{ Properties }] = Object.values(template.findResources('Custom::NetworkHygiene'));
    expect(JSON.parse(String(Properties.Configuration))).toMatchObject({ staleRules: 'report' });
  });

  test('is what the other snippets stand below, or what one puts another line in', () => {
    const lines = first.text.split('\n');
    expect(lines.at(-1)).toMatch(/^const hygiene = new NetworkHygiene\(/);
    expect(fixture('app')).toContain(`${first.text}\n/// here`);
    expect(fixture('stack')).toContain(`${lines.slice(0, -1).join('\n')}\n/// here`);
    const others = readme.snippetsIn('ts').slice(1);
    expect(new Set(others.map(({ info }) => info))).toEqual(new Set(['ts fixture=app', 'ts fixture=stack']));
  });
});

test('revoking begins with a dry run', () => {
  const revoking = readme.snippetsIn('ts').filter(({ text }) => /flaggedIngressRules|revoke/.test(text));
  expect(revoking.length).toBeGreaterThan(0);
  for (const { text } of revoking) expect(text).toContain('dryRun: true');
});

describe('the table of properties', () => {
  const declared = propertiesOf('network-hygiene-props');
  const rows = readme.table('Properties').map(([name, type, byDefault, what]) => {
    return { name: code(name)[0], type: code(type)[0], byDefault, what };
  });

  test('has every property, with its type', () => {
    const named = ({ name, type }: { name: string; type?: string }): string => `${name}: ${type}`;
    expect(declared.length).toBeGreaterThan(20);
    expect(rows.map(named).sort()).toEqual(declared.map(named).sort());
  });

  test('is right that all are optional', () => {
    expect(readme.text).toContain('\nAll are optional.\n');
    expect(declared.filter(({ isOptional }) => !isOptional)).toEqual([]);
  });

  test.each(rows)('has the default of $name, and a line about it', ({ name, byDefault, what }) => {
    // The value stands before the words about it.
    const [expected] = (declared.find(each => each.name === name)?.byDefault ?? '').split(/(?<=.) - /);
    // A default that depends on other values is described in a few words here.
    if (expected.startsWith('-')) expect(byDefault).toMatch(/^[a-z][^`]+$/);
    else expect(byDefault).toBe(`\`${expected}\``);
    expect(what.length).toBeGreaterThan(10);
  });
});

describe('the picture of EXACT, WITHIN and COVERS', () => {
  const picture = readme.snippetsIn('text')[0].text.split('\n');
  const lines = picture.flatMap(line => {
    const [, from, to, , ...said] = /^rule (\d+)-(\d+) .*(\|[ =|]+\|) +(yes|no) +(yes|no) +(yes|no)$/.exec(line) ?? [];
    return from === undefined ? [] : [{ from: Number(from), to: Number(to), said }];
  });
  const tcp = (fromPort: number, toPort: number): Traffic =>
    trafficOf({ ipProtocol: 'tcp', fromPort, toPort, cidrIpv4: '0.0.0.0/0' });

  test.each(lines)('is right about a rule for TCP $from-$to', ({ from, to, said }) => {
    const answers = (['EXACT', 'WITHIN', 'COVERS'] as const).map(match => matches(tcp(from, to), tcp(20, 30), match));
    expect(answers).toEqual(said);
  });

  test('has a rule that each matches, and one that none does', () => {
    expect(lines.map(({ said }) => said.join())).toEqual(['yes,yes,yes', 'no,yes,no', 'no,no,yes', 'no,no,no']);
    expect(readme.text).toContain('declaration of TCP 20-30');
  });
});

describe('the requirements', () => {
  const manifest = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as {
    name: string;
    stability: string;
    engines: { node: string };
    peerDependencies: Record<string, string>;
    jsii: {
      targets: {
        python: { distName: string; module: string };
        java: { package: string; maven: { groupId: string; artifactId: string } };
        dotnet: { namespace: string; packageId: string };
        go: { moduleName: string; packageName: string };
      };
    };
  };
  const { python, java, dotnet, go } = manifest.jsii.targets;

  test('are those of the package', () => {
    const peers = ['aws-cdk-lib', 'constructs'].map(name => `\`${name}\` ${manifest.peerDependencies[name].slice(1)}`);
    const node = /\d+\.\d+/.exec(manifest.engines.node)?.[0];
    expect(readme.text).toContain(`- ${[...peers, `Node.js ${node}`].join(' or later, ')} or later.`);
    expect(readme.text).toContain(`Status: ${manifest.stability}`);
  });

  test('name the package of each language', () => {
    const rows = readme.table('Requirements');
    expect(rows.map(([language, from, name]) => [language.split(',')[0], code(from)[0], code(name)[0]])).toEqual([
      ['TypeScript', manifest.name, manifest.name],
      ['Python', python.distName, python.module],
      ['Java', `${java.maven.groupId}:${java.maven.artifactId}`, java.package],
      ['.NET', dotnet.packageId, dotnet.namespace],
      ['Go', `${go.moduleName}/${go.packageName}`, go.packageName],
    ]);
  });

  test('are met by the Python snippet, which imports what there is', () => {
    const [{ text }] = readme.snippetsIn('python');
    const [, names] = new RegExp(`^from ${python.module} import (.+)$`, 'm').exec(text) ?? [];
    expect(names.split(', ').filter(name => !(name in library))).toEqual([]);
  });
});

test('the glossary has six words, each with one line', () => {
  const glossary = readme.text.slice(readme.text.indexOf('\n## Glossary\n') + 1).split('\n## ')[0];
  expect(glossary.split('\n').filter(line => /^- \*\*[A-Z]\w+\*\*: .+\.$/.test(line))).toHaveLength(6);
});

describe('the changelog', () => {
  const { text } = page('CHANGELOG.md');

  test('begins with what is not released', () => {
    expect(/^## (.+)$/m.exec(text)?.[1]).toBe('Unreleased');
  });

  test('is not the file that the release writes', () => {
    const { tasks } = JSON.parse(readFileSync(join(ROOT, '.projen', 'tasks.json'), 'utf8')) as
      { tasks: { bump: { env: { CHANGELOG: string } } } };
    expect(tasks.bump.env.CHANGELOG).toBe('dist/changelog.md');
  });
});

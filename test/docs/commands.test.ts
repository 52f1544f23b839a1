/** Tests that the commands on the pages exist, and that the function accepts what they send. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArguments } from '../../cli/usage/arguments';
import { parseInvocation } from '../../lambda/core/invocation/invocation';
import { restoreInPlace, retryInPlace } from '../../lambda/core/organization/requests';
import { code, page, PAGES, ROOT } from '../support/pages';

/** Everything in a shell snippet or in backticks, with continued lines joined. */
const SHELL = PAGES.flatMap(each => [
  ...each.snippetsIn('sh').flatMap(({ text }) => text.replace(/ *\\\n */g, ' ').split('\n')),
  ...code(each.text.replace(/```[^]*?```/g, '')),
]);

const every = (pattern: RegExp): string[] =>
  [...new Set(SHELL.flatMap(line => [...line.matchAll(pattern)].map(([, name]) => name)))];

test('every script of npm run is one of package.json', () => {
  const { scripts } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as { scripts: object };
  const names = every(/\bnpm run ([\w:-]+)/g);
  expect(names).toEqual(expect.arrayContaining(['demo', 'bundle', 'integ']));
  expect(names.filter(name => !(name in scripts))).toEqual([]);
});

test('every path of npx jest is there', () => {
  const paths = every(/\bnpx jest (\S+)/g);
  expect(paths).toEqual(expect.arrayContaining(['test/wire', 'test/docs']));
  expect(paths.filter(path => !existsSync(join(ROOT, path.replace(/\*.*$|packaging$/, ''))))).toEqual([]);
});

/** The clients of the SDK that have another name than the service in the AWS CLI. */
const CLIENTS = new Map([['events', 'eventbridge'], ['stepfunctions', 'sfn']]);

/**
 * A command such as `invoke` is InvokeCommand of the SDK's client, and `get-item` is GetItemCommand. The SDK writes
 * abbreviations in capitals.
 */
test('every command of the AWS CLI is an operation of the service', () => {
  const commands = every(/\baws ([a-z0-9]+ [a-z-]+)/g);
  expect(commands).toEqual(expect.arrayContaining(['lambda invoke', 'ec2 authorize-security-group-ingress']));
  const unknown = commands.filter(command => {
    const [service, operation] = command.split(' ');
    const client = join(ROOT, 'node_modules', '@aws-sdk', `client-${CLIENTS.get(service) ?? service}`);
    const files = readdirSync(join(client, 'dist-types', 'commands')).map(file => file.toLowerCase());
    return !files.includes(`${operation.replaceAll('-', '')}command.d.ts`);
  });
  expect(unknown).toEqual([]);
});

test('every command of the command line is one that it takes', () => {
  const given = every(/\bnpx cdk-network-hygiene(?: ([^`#|>&\\]+))?/g).filter(text => text && !text.includes('…'));
  const names = given.map(text => parseArguments(text.trim().split(/\s+/).map(word => word.replace(/["']/g, ''))).command);
  expect([...new Set(names)]).toEqual(expect.arrayContaining(['help', 'report', 'plan', 'explain', 'policy']));
});

test('every payload is a request that the function takes', () => {
  const inline = code(page('docs/safety.md').text).filter(text => text.startsWith('{"'));
  const payloads = [...every(/--payload '([^']+)'/g), ...inline];
  const kinds = payloads.map(payload => kindOf(JSON.parse(payload) as Record<string, unknown>));
  expect([...new Set(kinds)].sort()).toEqual([
    'adopt', 'approve', 'pause', 'restore', 'restore in an account', 'resume', 'retry', 'sweep',
  ]);
});

/** @throws when neither a function of one account nor those of an organization take the request */
function kindOf(event: Record<string, unknown>): string {
  const [[kind, request]] = Object.entries(event) as Array<[string, object]>;
  if (!('account' in request)) return parseInvocation(event, new Date('2026-12-01T00:00:00Z')).kind;
  if (kind === 'restore') restoreInPlace(event);
  else retryInPlace(event);
  return `${kind} in an account`;
}

test('every command of the table of what is tested is one of these', () => {
  const commands = page('docs/testing.md').table('How it is tested').map(cells => code(cells[2])[0]);
  expect(commands.length).toBeGreaterThan(5);
  expect(commands.filter(command => !/^npm run \S+$|^npx jest \S+$/.test(command))).toEqual([]);
});

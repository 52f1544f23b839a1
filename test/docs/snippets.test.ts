/** Tests that every TypeScript snippet of the pages compiles, in one program, and synthesizes. */
import * as cdk from 'aws-cdk-lib';
import { Annotations, Match } from 'aws-cdk-lib/assertions';
import { AccountRootPrincipal, type IPrincipal } from 'aws-cdk-lib/aws-iam';
import { errorsIn, loadPackage, run, SNIPPETS } from '../support/snippets';
import { LeanApp } from '../support/synthesized-stack';

const BROKEN = `
import { Nothing } from 'cdk-network-hygiene';

hygiene.addAlarm();
const a: string = 1;
`;
const errors = errorsIn(new Map([...SNIPPETS, ['docs/broken.md:1', { info: 'ts', text: BROKEN, line: 1 }]]));

test.each([...SNIPPETS.keys()])('the snippet of %s compiles', name => {
  expect(errors.get(name)).toEqual([]);
});

test('a snippet does not compile that imports what there is not, or calls it, or has a wrong type', () => {
  expect(errors.get('docs/broken.md:1')).toEqual([
    expect.stringContaining('Nothing'), expect.stringContaining('addAlarm'), expect.stringContaining('const a'),
  ]);
});

/** The declarations of the default fixture. */
declare class FixtureStack extends cdk.Stack {
  public constructor(scope: cdk.App, id: string, viewer: IPrincipal);
}

test.each([...SNIPPETS])('the snippet of %s synthesizes, without an error', (_, snippet) => {
  let app: unknown;
  if (/fixture/.test(snippet.info)) {
    app = run(snippet, loadPackage, 'app');
  } else {
    const Network = run(snippet, loadPackage, 'Network') as typeof FixtureStack;
    app = new Network(new LeanApp(), 'Network', new AccountRootPrincipal()).node.root;
  }
  const stacks = (app as cdk.App).node.findAll().filter(cdk.Stack.isStack);
  expect(stacks.length).toBeGreaterThan(0);
  expect((app as cdk.App).synth().stacks).toHaveLength(stacks.length);
  for (const stack of stacks) expect(Annotations.fromStack(stack).findError('*', Match.anyValue())).toEqual([]);
});

test('there are snippets of every page that says how to write something', () => {
  const pages = [...SNIPPETS.keys()].map(name => name.replace(/:\d+$/, ''));
  const expected = ['README.md', 'docs/alarms.md', 'docs/flagging.md', 'docs/recipes.md'];
  expect(pages).toEqual(expect.arrayContaining(expected));
});

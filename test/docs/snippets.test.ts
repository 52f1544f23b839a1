/** Every TypeScript snippet of the pages compiles, in one program. */
import { errorsIn, SNIPPETS } from '../support/snippets';

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

test('there are snippets of every page that says how to write something', () => {
  const pages = [...SNIPPETS.keys()].map(name => name.replace(/:\d+$/, ''));
  const expected = ['README.md', 'docs/alarms.md', 'docs/matching.md', 'docs/recipes.md'];
  expect(pages).toEqual(expect.arrayContaining(expected));
});

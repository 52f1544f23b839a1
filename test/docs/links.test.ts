/** Tests that every link leads to a file, to a heading, or to an address outside the repository in the right form. */
import { join } from 'node:path';
import { Template } from 'aws-cdk-lib/assertions';
import { HygieneAccounts, NetworkHygiene, NetworkHygieneOrganization, StaleRules } from '../../src';
import { ON_GITHUB, Page, PAGES, wrongWith } from '../support/pages';
import { aStack } from '../support/synthesized-stack';

const wrong = (links: readonly string[], from: string): string[] =>
  links.flatMap(link => wrongWith(link, from) === undefined ? [] : `${link}: ${wrongWith(link, from)}`);

test.each(PAGES.map(page => [page.path, page] as const))('every link of %s', (path, { links }) => {
  expect(wrong(links, path)).toEqual([]);
});

test('the front page links every page, and every page of docs is linked from another', () => {
  const linked = (from: Page): string[] => from.links.map(link => join(from.path, '..', link.split('#')[0]));
  const docs = PAGES.map(({ path }) => path).filter(path => path.startsWith('docs/'));
  const [readme] = PAGES;
  expect(docs.length).toBeGreaterThan(10);
  expect(docs.filter(path => !linked(readme).includes(path))).toEqual([]);
});

test('every link in the description of an alarm leads to a runbook', () => {
  const stack = aStack();
  new NetworkHygiene(stack, 'Hygiene', { staleRules: StaleRules.revoke() }).addAlarms();
  new NetworkHygieneOrganization(stack, 'Organization', {
    organizationId: 'o-a1b2c3d4e5', accounts: HygieneAccounts.all(),
  }).addAlarms();
  const descriptions = Object.values(Template.fromStack(stack).findResources('AWS::CloudWatch::Alarm'))
    .map(({ Properties: { AlarmDescription } }) => JSON.stringify(AlarmDescription));
  const links = descriptions.flatMap(text => /https:[^\s"]+/.exec(text)?.[0] ?? []);
  expect(links).toHaveLength(descriptions.length);
  expect(links.every(link => ON_GITHUB.test(link))).toBe(true);
  expect(wrong(links, 'README.md')).toEqual([]);
});

describe('a link is wrong', () => {
  test.each([
    ['docs/no-such-page.md'], ['docs/alarms.md#no-such-heading'], ['#no-such-heading'], ['http://example.com/'],
    ['https://'], ['https://example.com/page.'],
    ['https://github.com/cdk-network-hygiene/cdk-network-hygiene/blob/main/docs/no-such-page.md'],
    ['https://github.com/cdk-network-hygiene/cdk-network-hygiene/blob/main/docs/alarms.md#no-such-heading'],
  ])('that is %s', link => {
    expect(wrongWith(link, 'README.md')).toBeDefined();
  });
});

test('a heading is linked by its letters, digits, hyphens and underscores; one that comes again has a number', () => {
  const lines = ['# What "stale" means', '## `a_b`: [c](d.md), é', '```sh', '# no', '```', '### Cost', '### Cost'];
  expect(new Page('headings.md', lines.join('\n')).anchors).toEqual(['what-stale-means', 'a_b-c-é', 'cost', 'cost-1']);
});

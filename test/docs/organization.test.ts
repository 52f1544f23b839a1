/** Compares the page about organizations with the constructs, and computes its figures anew. */
import { App, Stack } from 'aws-cdk-lib';
import { Annotations, Match, Template } from 'aws-cdk-lib/assertions';
import { PRICES } from '../../scripts/cost-model';
import { HygieneAccounts, NetworkHygieneOrganization } from '../../src';
import { Metric } from '../../src/contract/names';
import { ACCOUNT_DIMENSION, OrganizationMetric } from '../../src/contract/organization';
import { aTunnel, aVpnConnection } from '../support/builders';
import { aConfiguration, flaggedWorld, MemoryOrganization, REGION } from '../support/memory-organization';
import { code, page } from '../support/pages';
import { propertiesOf, propertiesOfInterface } from '../support/properties';
import { loadPackage, run, SNIPPETS } from '../support/snippets';
import { aStack } from '../support/synthesized-stack';

const organization = page('docs/organization.md');
const text = organization.text.replace(/\s+/g, ' ');

describe('the properties', () => {
  const hub = propertiesOfInterface('NetworkHygieneOrganizationProps');
  const names = hub.map(({ name }) => name);
  const ofOneAccount = propertiesOf('network-hygiene-props').map(({ name }) => name);
  const rows = (column: string): string[][] => organization.table('What is different from one account', column);

  test('that are added are those of the table, with their defaults', () => {
    const added = rows('property of the hub').map(([name, byDefault]) => ({ name: code(name)[0], byDefault }));
    expect(added.map(({ name }) => name)).toEqual(names.filter(name => !ofOneAccount.includes(name)));
    for (const { name, byDefault } of added) {
      const property = hub.find(each => each.name === name);
      if (!property?.isOptional) expect(byDefault).toBe('required');
      else if (property.byDefault.startsWith('-')) expect(byDefault).not.toContain('`');
      else expect(byDefault).toBe(`\`${property.byDefault}\``);
    }
  });

  test('that are left out are those of the other table', () => {
    const left = rows('property of `NetworkHygiene`').map(([name]) => code(name)[0]);
    expect(left.sort()).toEqual(ofOneAccount.filter(name => !names.includes(name)).sort());
  });
});

test('its snippets have no warnings, because they are copied', () => {
  const snippets = [...SNIPPETS].filter(([name]) => name.startsWith('docs/organization.md:'));
  expect(snippets.length).toBeGreaterThan(2);
  for (const [, snippet] of snippets) {
    const app = run(snippet, loadPackage, 'app') as App;
    const stacks = app.node.findAll().filter(Stack.isStack);
    expect(stacks.length).toBeGreaterThan(1);
    for (const stack of stacks) expect(Annotations.fromStack(stack).findWarning('*', Match.anyValue())).toEqual([]);
  }
});

describe('the figures', () => {
  const [series, alarm] = [0.30, 0.10];

  test('of an account with accountMetrics are those of a run', async () => {
    const account = '222222222222';
    const connection = aVpnConnection({ tunnels: [aTunnel({ lastStatusChange: new Date('2025-12-31T00:00:00Z') })] });
    const hub = new MemoryOrganization(
      aConfiguration({ staleRules: 'report', vpnConnections: { kind: 'all' } }, { accountMetrics: true }),
    ).addAccount(account, { [REGION]: { ...flaggedWorld(account, 1), vpnConnections: [connection] } });
    await hub.run({ scheduledTime: '2026-01-01T00:00:00.000Z' });
    const data = hub.metrics.published.flatMap(each => each.data);
    const own = data.filter(({ dimensions }) => dimensions[ACCOUNT_DIMENSION] === account);
    const totals = data.filter(({ dimensions }) => dimensions[ACCOUNT_DIMENSION] === undefined);
    expect(text).toContain(`an account has ${own.length} series`);
    expect(text).toContain(`The hub has ${totals.length} totals with the defaults`);
    const dear = own.length * series;
    const cheap = dear / 24;
    const rows = organization.table('Metrics per account').map(cells => cells.slice(1));
    expect(rows).toEqual([
      [`${(series / 24).toFixed(4)} USD`, `${cheap} USD`, `${cheap * 500} USD`],
      ['0.30 USD', `${dear} USD`, `${(dear * 500).toLocaleString('en-US')} USD`],
    ]);
    const ofMonth = (hours: number): string => (totals.length * series * hours / 720).toFixed(2);
    expect(text).toContain(`${totals.length} cost ${ofMonth(30)} USD a month, and with hourly runs ${ofMonth(720)} USD`);
  });

  test('of totals and alarms are as many as there are', () => {
    const all = Object.keys({ ...Metric, ...OrganizationMetric }).length;
    expect(text).toContain(`and up to ${all}.`);
    const stack = aStack();
    new NetworkHygieneOrganization(stack, 'Hub', {
      organizationId: 'o-a1b2c3d4e5', accounts: HygieneAccounts.all(),
    }).addAlarms();
    const alarms = Object.keys(Template.fromStack(stack).findResources('AWS::CloudWatch::Alarm'));
    expect(text).toContain(`Each costs ${alarm.toFixed(2)} USD a month, and the defaults have ${alarms.length}.`);
  });

  test('of what a run uses are charged by the list prices, and add up', () => {
    const rows = organization.table('Schedule and cost', 'in USD').map(cells => cells.map(cell => cell.replaceAll('*', '')));
    const together = rows.pop() ?? [];
    const watched: string[] = [PRICES.seriesHours.what, PRICES.alarms.what];
    expect(rows.map(([what]) => what)).toEqual(Object.values(PRICES).map(({ what }) => what));
    const sums = [0, 0, 0];
    for (const [what, units, ...columns] of rows) {
      const { usdPerUnit } = Object.values(PRICES).find(price => price.what === what) ?? { usdPerUnit: NaN };
      if (watched.includes(what)) {
        expect([units, columns[0]]).toEqual(['', '']);
      } else {
        const ofRun = Number(units.replaceAll(',', '')) * usdPerUnit;
        [ofRun, 30 * ofRun, 720 * ofRun].forEach((usd, index) => {
          // The page has whole units.
          expect(Math.abs(usdOf(columns[index]) - usd)).toBeLessThan(0.0051 + usd / 100);
        });
      }
      columns.forEach((column, index) => { sums[index] += usdOf(column); });
    }
    together.slice(2).forEach((sum, index) => expect(Math.abs(usdOf(sum) - sums[index])).toBeLessThan(0.05));
  });

  test('of state transitions are computed from those of a run', () => {
    const [accounts, transitions] = [500, 10 + 3 * 500];
    expect(text).toContain('about 10 state transitions, and 3 for each account');
    expect(text).toContain(`${accounts} accounts once a day come to ${(30 * transitions * 0.025 / 1000).toFixed(2)} USD a month`);
  });
});

/** Less than a cent counts as nothing. */
const usdOf = (cell: string): number => cell === '' || cell === '< 0.01' ? 0 : Number(cell);

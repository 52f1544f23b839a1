/**
 * Compares our verdicts with those of Cloud Custodian and Prowler: their policies and checks, as declarations, over the
 * wire. A verdict is the same, or its row says why it differs.
 */
import { type Check, differencesIn, expectedOf, verdictsOf } from './check';
import { CLOUD_CUSTODIAN } from './cloud-custodian';
import { DIFFERENCES } from './differences';
import { PROWLER } from './prowler';
import { page } from '../support/pages';
import { stopWorlds } from '../wire/world';

afterEach(stopWorlds);

const TOOLS: ReadonlyArray<readonly [name: string, checks: Readonly<Record<string, Check>>]> =
  [['Cloud Custodian', CLOUD_CUSTODIAN], ['Prowler', PROWLER]];

describe.each(TOOLS)('%s', (tool, checks) => {
  test.each(Object.entries(checks))('%s', async (_, check) => {
    expect(await verdictsOf(check)).toEqual(expectedOf(check));
  });

  test('has a rule that goes and one that stays in every check', () => {
    for (const { rows } of Object.values(checks)) {
      expect(new Set(rows.map(([, theirs]) => theirs))).toEqual(new Set(['goes', 'stays']));
    }
  });

  test('differs as the page says, and in nothing else', () => {
    const rows = page('docs/flagging.md').table('Compared with Cloud Custodian and Prowler');
    const column = TOOLS.findIndex(([name]) => name === tool) + 1;
    const listed = rows.filter(cells => cells[column] !== '').map(([what]) => what);
    expect(listed.sort()).toEqual(differencesIn(Object.values(checks)).map(each => DIFFERENCES[each]).sort());
  });
});

test('the page lists no other difference', () => {
  const rows = page('docs/flagging.md').table('Compared with Cloud Custodian and Prowler');
  expect(rows.map(([what]) => what)).toEqual(Object.values(DIFFERENCES));
});

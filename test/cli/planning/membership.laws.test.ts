/** Tests that what is said of an account without asking AWS Organizations holds in every organization. */
import * as fc from 'fast-check';
import { membershipOf } from '../../../cli/planning/membership';
import { resolveAccounts } from '../../../lambda/core/organization/accounts';
import type { AccountsConfiguration } from '../../../src/contract/organization';

const [ACCOUNT, OTHER] = ['222233334444', '333344445555'];
const UNITS = ['ou-exam-00000001', 'ou-exam-00000002', 'ou-exam-00000003'];
const ROOT = 'r-exam';

const someOf = (...ids: string[]): fc.Arbitrary<string[]> => fc.subarray(ids, { minLength: 1 });

const selections: fc.Arbitrary<AccountsConfiguration> = fc.record({
  chosen: fc.oneof(
    fc.constant({ kind: 'all' as const }), someOf(ACCOUNT, OTHER).map(ids => ({ kind: 'list' as const, ids })),
    someOf(...UNITS, ROOT).map(ids => ({ kind: 'organizationalUnits' as const, ids })),
  ),
  except: fc.option(someOf(ACCOUNT, OTHER, ...UNITS), { nil: undefined, freq: 1 }),
}).map(({ chosen, except }) => ({ ...chosen, except }));

/** The units that have the account. */
const having = fc.subarray(UNITS);

const SUBSETS = UNITS.reduce<string[][]>((sets, unit) => [...sets, ...sets.map(set => [...set, unit])], [[]]);

const inOrganization = (units: readonly string[]) => ({
  accounts: async () => [ACCOUNT, OTHER].map(id => ({ id, state: 'ACTIVE' })),
  accountsBelow: async (unit: string) =>
    unit === ROOT ? [ACCOUNT, OTHER] : units.includes(unit) ? [ACCOUNT] : [],
  enabledRegions: async () => [],
});

test('an account that is said to be swept or revoked in is, whichever units have it, and one that is said not to be is not', async () => {
  const seen = { yes: 0, no: 0, unknown: 0 };
  const inputs = [selections, fc.option(selections, { nil: undefined }), having] as const;
  await fc.assert(fc.asyncProperty(...inputs, async (accounts, revokeIn, units) => {
    const { isSwept, mayRevoke } = await membershipOf({ accounts, revokeIn }, ACCOUNT);
    const { accounts: resolved } = await resolveAccounts({ accounts, revokeIn }, inOrganization(units));
    const own = resolved.find(({ account }) => account === ACCOUNT);
    if (isSwept !== 'unknown') expect(own !== undefined).toBe(isSwept === 'yes');
    if (mayRevoke !== 'unknown') expect(own?.mayRevoke === true).toBe(mayRevoke === 'yes');
    seen[mayRevoke] += 1;
  }), { numRuns: 2000 });
  expect(Math.min(...Object.values(seen))).toBeGreaterThan(50);
});

test('what is not known depends on the units: one organization selects the account, and another does not', async () => {
  await fc.assert(fc.asyncProperty(selections, async accounts => {
    const { isSwept } = await membershipOf({ accounts }, ACCOUNT);
    const outcomes = await Promise.all(SUBSETS.map(async units => {
      const { accounts: resolved } = await resolveAccounts({ accounts }, inOrganization(units));
      return resolved.some(({ account }) => account === ACCOUNT);
    }));
    expect(new Set(outcomes).size).toBe(isSwept === 'unknown' ? 2 : 1);
  }), { numRuns: 1000 });
});

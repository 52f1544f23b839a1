/**
 * Tests the simulation of bench-organization.ts at a small size: what it sets up, that a run comes to it, and that a
 * run which does not is found out.
 */
import { differences, dueIn, type ExpectedRun, expectedRun, type RunOutcome } from '../../scripts/expected-run';
import {
  type DoublesOptions, ORGANIZATION_ID, OrganizationDoubles, REVOKING_UNIT,
} from '../../scripts/organization-doubles';
import { sampleHub } from '../../scripts/sample-hub';
import { ATTEMPTS, HUB, SampleOrganization } from '../../scripts/sample-organization';
import { SimulatedOrganization, type SimulatedRun } from '../../scripts/simulated-organization';

const SIZE: DoublesOptions = { accounts: 6, regions: 3, seed: 4, latencies: {} };

const stopping: Array<() => Promise<void>> = [];

afterEach(async () => {
  await Promise.all(stopping.splice(0).map(stop => stop()));
});

interface Simulation {
  readonly organization: SampleOrganization;
  readonly run: () => Promise<SimulatedRun>;
}

/** @param actual the organization that exists, if it is another one than the one that is expected */
async function simulation(limit?: number, actual: DoublesOptions = SIZE): Promise<Simulation> {
  const organization = new SampleOrganization(SIZE);
  const hub = sampleHub(organization, {
    limit: limit ?? dueIn(organization), organizationId: ORGANIZATION_ID, revokingUnit: REVOKING_UNIT,
  });
  const doubles = await OrganizationDoubles.start(actual);
  await doubles.putIntoForce(hub.configuration);
  const simulated = new SimulatedOrganization({ hub, doubles, processes: 2 });
  stopping.push(async () => {
    await simulated.stop();
    await doubles.stop();
  });
  return { organization, run: () => simulated.run() };
}

describe('the sample organization', () => {
  const SIZES = [[6, 2], [6, 3], [50, 10], [500, 20], [500, 32]] as const;

  test.each(SIZES)('of %i accounts and %i Regions has each trouble', (accounts, regions) => {
    const { accounts: all, regions: names, entered } = new SampleOrganization({ accounts, regions, seed: 7 });
    expect([all.length, new Set(all.map(({ id }) => id)).size]).toEqual([accounts, accounts]);
    expect([names.length, new Set(names).size, names[0]]).toEqual([regions, regions, HUB.region]);
    expect(all.filter(({ isClosed }) => isClosed)).toHaveLength(1);
    expect(all.some(({ hasRoles, isClosed }) => !hasRoles && !isClosed)).toBe(true);
    expect(entered.some(({ disabledRegions }) => disabledRegions.length > 0)).toBe(true);
    expect(entered.filter(({ throttledAssumptions }) => throttledAssumptions === ATTEMPTS)).toHaveLength(1);
    expect(entered.some(({ throttledRegion }) => throttledRegion !== undefined)).toBe(true);
    const failing = entered.filter(account => account.failing !== undefined);
    expect(failing.length).toBeGreaterThan(0);
    // In a Region that is not enabled, or always fails, nothing could be throttled or fail.
    expect(failing.every(account => account.failing?.region !== account.throttledRegion)).toBe(true);
    expect(failing.every(account => !account.disabledRegions.includes(account.failing?.region ?? ''))).toBe(true);
    expect(entered.some(({ mayRevoke }) => mayRevoke) && entered.some(({ mayRevoke }) => !mayRevoke)).toBe(true);
  });

  test('follows from the seed', () => {
    const [one, same, other] = [1, 1, 2].map(seed => new SampleOrganization({ ...SIZE, accounts: 50, seed }));
    const places = (of: SampleOrganization): unknown[] => one.accounts.map(({ id }) => of.place(id, HUB.region));
    expect([same.accounts, places(same)]).toEqual([one.accounts, places(one)]);
    expect(other.accounts).not.toEqual(one.accounts);
    expect(places(other)).not.toEqual(places(one));
  });

  test.each([[5, 3, 'give 6 and 2 at least'], [6, 1, 'give 6 and 2 at least'], [6, 33, 'AWS has 32 here']])(
    'fails with %i accounts and %i Regions', (accounts, regions, message) => {
      expect(() => new SampleOrganization({ accounts, regions, seed: 1 })).toThrow(message);
    });
});

describe('a run', () => {
  test('comes to what was set up, and so does the next one, with nothing left to revoke', async () => {
    const { organization, run } = await simulation();
    const limit = dueIn(organization);
    const first = expectedRun(organization, { limit, isFirst: true });
    expect(first).toMatchObject({
      status: 'FAILED', error: 'AccountsFailed',
      totals: { AccountsSwept: 4, AccountsFailed: 1, RegionsFailed: 1, ScanErrors: 2, IngressRulesRevoked: limit },
    });
    expect([limit, first.regionsLeftOut.length, first.accountsLeftOut.length].every(count => count > 0)).toBe(true);
    const { outcome, measured } = await run();
    expect(differences(first, outcome)).toEqual([]);
    // One account is tried again, and one is revoked in.
    expect(measured.execution.waits).toHaveLength(1);
    expect(measured.execution.mapRuns).toEqual([
      { state: 'Observe', succeeded: 5, failed: 0 }, { state: 'Revoke', succeeded: 1, failed: 0 },
    ]);
    expect(measured.execution.transitions).toBe(11 + 5 * 3 + 3 + 3);
    expect(measured.durationsMillis).toHaveLength(3 + 5 + 1 + 1);
    const { doubles: { calls, readUnits, writeUnits }, logBytes } = measured;
    expect(calls.find(({ action }) => action === 'AssumeRole')).toMatchObject({ service: 'sts', failed: 1 });
    expect([readUnits, writeUnits, logBytes].every(used => used > 50)).toBe(true);

    const next = await run();
    expect(differences(expectedRun(organization, { limit, isFirst: false }), next.outcome)).toEqual([]);
    expect(next.measured.execution.mapRuns).toHaveLength(1);
  });

  test('revokes nothing if more is due than the limit', async () => {
    const { organization, run } = await simulation(1);
    expect(dueIn(organization)).toBeGreaterThan(1);
    const expected = expectedRun(organization, { limit: 1, isFirst: true });
    expect(expected).toMatchObject({ revoked: {}, totals: { IngressRulesRevoked: 0 } });
    const { outcome } = await run();
    expect(differences(expected, outcome)).toEqual([]);
  });

  test('over another organization than the expected one is found out', async () => {
    const { organization, run } = await simulation(undefined, { ...SIZE, seed: 5 });
    const expected = expectedRun(organization, { limit: dueIn(organization), isFirst: true });
    const { outcome } = await run();
    const found = differences(expected, outcome);
    expect(found.some(text => text.startsWith('failedAccounts: without'))).toBe(true);
    expect(found.some(text => text.startsWith('revoked.'))).toBe(true);
  });
});

describe('a difference', () => {
  const expected: ExpectedRun = expectedRun(new SampleOrganization(SIZE), { limit: 100, isFirst: true });
  const [account] = expected.failedAccounts;
  const [revoked] = Object.keys(expected.revoked);
  const totals = (changes: object): Partial<RunOutcome> => ({ totals: { ...expected.totals, ...changes } });

  test('is not there between a run and itself, and other totals do not matter', () => {
    expect(differences(expected, expected)).toEqual([]);
    expect(differences(expected, { ...expected, ...totals({ SweepDuration: 5 }) })).toEqual([]);
    const { 'Revocation Withheld': none, ...events } = expected.events;
    expect(none).toBe(0);
    expect(differences(expected, { ...expected, events })).toEqual([]);
  });

  test.each<[what: string, seen: Partial<RunOutcome>, found: string]>([
    ['the status', { status: 'SUCCEEDED' }, 'status: expected FAILED, got SUCCEEDED'],
    ['the error', { error: undefined }, 'error: expected AccountsFailed, got undefined'],
    ['a total', totals({ AccountsSwept: 3 }), 'totals.AccountsSwept: expected 4, got 3'],
    ['a total that was not published', totals({ AccountsFailed: undefined }), 'totals.AccountsFailed: expected 1, got undefined'],
    ['the number of VPCs', { vpcs: 0 }, `vpcs: expected ${expected.vpcs}, got 0`],
    ['an account that is not named', { failedAccounts: [] }, `failedAccounts: without ${account}`],
    ['an account that is named', { failedAccounts: [account, '1'] }, 'failedAccounts: also 1'],
    ['a Region', { failedRegions: [] }, `failedRegions: without ${expected.failedRegions[0]}`],
    ['a Region that is not enabled', { regionsLeftOut: [] }, `regionsLeftOut: without ${expected.regionsLeftOut[0]}`],
    ['a closed account', { accountsLeftOut: [] }, `accountsLeftOut: without ${expected.accountsLeftOut[0]}`],
    ['events that are missing', { events: { ...expected.events, 'Coverage Lost': 1 } }, 'events.Coverage Lost: expected 2, got 1'],
    ['events of another type', { events: { ...expected.events, Other: 1 } }, 'events.Other: expected 0, got 1'],
    [
      'a revocation outside of revokeIn', { revoked: { ...expected.revoked, [account]: 1 } },
      `revoked.${account}: expected undefined, got 1`,
    ],
    [
      'a revocation that is missing', { revoked: {} },
      `revoked.${revoked}: expected ${expected.revoked[revoked]}, got undefined`,
    ],
    ['a rule that nothing is wrong with', { lostRules: 1 }, 'lostRules: expected 0, got 1'],
    ['a call that was not throttled', { throttledAssumptions: 0 }, 'throttledAssumptions: expected 4, got 0'],
    ['calls that were not throttled', { throttledReads: 1 }, 'throttledReads: expected 2, got 1'],
  ])('in %s is found', (_, seen, found) => {
    expect(differences(expected, { ...expected, ...seen })).toEqual([found]);
  });

  test('is none if EC2 throttles more calls of its own accord', () => {
    expect(differences(expected, { ...expected, throttledReads: 3 })).toEqual([]);
  });
});

/** Tests the overview of an organization: what it says, what it never claims, its pages, and hostile texts. */
import type { PlaceEntry } from '../../../../../lambda/core/model/organization';
import type { Overview } from '../../../../../lambda/core/organization/findings-page/coverage';
import { overviewPage } from '../../../../../lambda/core/organization/findings-page/overview';
import {
  type OrganizationRequest, parseOrganizationRequest,
} from '../../../../../lambda/core/organization/findings-page/request';
import { aControl, DEPLOYED } from '../../../../support/builders';
import { NOW } from '../../../../support/findings';
import {
  aFailure, anAccountEntry, aRegionEntry, aRun, aRunInProgress, aSweepOfRun, FRANKFURT, IRELAND, ONE, THREE, TWO,
} from '../../../../support/organization-builders';
import { callsOf, HOSTILE_TEXTS, tagsOf, textOf } from '../../../../support/page-text';
import { aPauseReading } from '../../../../support/pauses';

const ENDPOINT = 'arn:aws:lambda:eu-central-1:111122223333:function:findings';

function request(event: unknown = {}): OrganizationRequest {
  const parsed = parseOrganizationRequest(event);
  if (parsed === 'describe') throw new Error('A page was to be asked for');
  return parsed;
}

/** An organization of one account in two Regions, in which a run has found nothing. */
function anOverview(overrides: Partial<Overview> = {}): Overview {
  return {
    run: aRun(), accounts: [{ account: ONE, name: `name of ${ONE}` }], areAccountsKnown: true, sweep: aSweepOfRun(),
    places: [anAccountEntry(ONE), aRegionEntry(ONE, FRANKFURT), aRegionEntry(ONE, IRELAND)], unreadable: [],
    ...overrides,
  };
}

const pageFor = (overview: Overview, event: unknown = {}): string =>
  overviewPage(overview, request(event), { now: NOW, endpoint: ENDPOINT, table: DEPLOYED.table });

const text = (overrides: Partial<Overview> = {}): string => textOf(pageFor(anOverview(overrides)));

const calls = (overview: Overview, event?: unknown): unknown[] => callsOf(pageFor(overview, event), ENDPOINT);

/** Whatever would read as if nothing was there. */
const CALM = /No open findings\.|\(0\)|everywhere\./;

function expectNoCalm(overview: Overview): void {
  const page = pageFor(overview);
  expect(textOf(page)).not.toMatch(CALM);
  expect(page).not.toContain('class="good');
}

/** An organization with these accounts, each entered, and with these items of Regions. */
function withAccounts(accounts: readonly string[], regions: readonly PlaceEntry[]): Partial<Overview> {
  return {
    run: aRun({ accounts: accounts.length }), accounts: accounts.map(account => ({ account, name: `name of ${account}` })),
    places: [...accounts.map(account => anAccountEntry(account)), ...regions],
  };
}

const bothRegions = (account: string, counts = {}): PlaceEntry[] =>
  [aRegionEntry(account, FRANKFURT, counts), aRegionEntry(account, IRELAND)];

describe('the latest run', () => {
  test('that found nothing anywhere is told to have found nothing', () => {
    const page = text();
    expect(page).toContain('Latest run: 10 min ago (2025-12-31 23:55 UTC, by the schedule, took 6 min) .');
    expect(page).toContain('The run run-2 is over: 1 accounts were swept');
    expect(page).toContain('It read 4 VPCs.');
    expect(page).toContain('Findings by account and Region (0) No open findings. The latest run looked everywhere.');
    expect(page).not.toMatch(/Not looked at|failed|could not/);
  });

  test('that was not of the schedule, or a dry run, is told to be so', () => {
    expect(text({ run: aRun({ isScheduled: false }) })).toContain('by request or by a deployment, took');
    expect(text({ sweep: aSweepOfRun({ dryRun: true }) })).toContain('It was a dry run: nothing is revoked.');
    expect(text({ sweep: aSweepOfRun({ enabled: false }) })).toContain('enabled is false: nothing is revoked.');
  });

  test('that has failed is told with its message', () => {
    const overview = anOverview({ run: aRun({ outcome: { failed: true, message: '1 could not be entered' } }) });
    expect(textOf(pageFor(overview))).toContain('The latest run has failed. 1 could not be entered');
    expectNoCalm(overview);
  });

  test('that is in progress says how far it is, and claims nothing', () => {
    const places = [anAccountEntry(ONE), aRegionEntry(ONE, FRANKFURT), anAccountEntry(TWO, { runId: 'run-1' })];
    const overview = anOverview({
      run: aRunInProgress({ accounts: 2 }), accounts: [{ account: ONE }, { account: TWO }], places,
      sweep: aSweepOfRun({ sweepId: 'run-1', startedAt: '2025-12-31T22:05:00.000Z' }),
    });
    const page = textOf(pageFor(overview));
    expect(page).toContain('It is running: 1 of 2 accounts have been entered, or could not be.');
    expect(page).toContain('the lists below show what the run 2 h ago and earlier ones found.');
    expect(page).toContain('The latest run that has ended read 4 VPCs');
    expect(page).toContain('No open findings are recorded, but the latest run has not ended yet.');
    expectNoCalm(overview);
  });

  test('that is the first and in progress leaves everything unknown', () => {
    const overview = anOverview({ run: aRunInProgress(), sweep: undefined, places: [] });
    expect(textOf(pageFor(overview))).toContain('Unknown: no run has ended yet.');
    expectNoCalm(overview);
  });

  test('whose end is missing when its time is over is told with its execution', () => {
    const overview = anOverview({ run: aRunInProgress({ until: '2026-01-01T00:00:00.000Z' }) });
    const page = textOf(pageFor(overview));
    expect(page).toContain('The latest run did not get to its end, which was due by 2026-01-01 00:00 UTC.');
    expect(page).toContain('arn:aws:states:eu-central-1:111122223333:execution:hygiene:run-2');
    expectNoCalm(overview);
  });

  test('of long ago is a warning', () => {
    const overview = anOverview({ run: aRun({ startedAt: '2025-11-01T00:00:00.000Z' }) });
    expect(textOf(pageFor(overview))).toContain('No sweep has been recorded for 61 d.');
    expectNoCalm(overview);
  });

  test.each<[string, Partial<Overview>, string]>([
    ['has not been yet', { run: undefined }, 'No run has been recorded yet.'],
    ['cannot be read', { run: undefined, runUnreadable: 'the item run cannot be read' }, 'The latest run is unknown, because its record cannot be read.'],
  ])('that %s leaves everything unknown', (_, none, told) => {
    const overview = anOverview({ ...none, accounts: [], areAccountsKnown: false, places: [], sweep: undefined });
    expect(textOf(pageFor(overview))).toContain(told);
    expectNoCalm(overview);
  });

  test.each<[string, Partial<Overview>]>([
    ['an item cannot be read', { unreadable: ['the item cannot be read'] }],
    ['not all accounts are known', { areAccountsKnown: false }],
    ['the membership could not be read', { run: aRun({ unread: ['listing failed'] }) }],
    ['an account was left out', { run: aRun({ leftOut: [`${TWO}: its state is SUSPENDED`] }) }],
    ['its totals are not recorded', { sweep: undefined }],
    ['its totals are those of another run', { sweep: aSweepOfRun({ sweepId: 'run-1' }) }],
    ['something could not be looked at', { sweep: aSweepOfRun({ scanErrors: 1, errors: ['e'] }) }],
    ['rules are not looked at', { sweep: aSweepOfRun({ looksAtRules: false }) }],
    ['a Region has no outcome', { places: [anAccountEntry(ONE), aRegionEntry(ONE, FRANKFURT)] }],
    ['an account has no outcome', { places: [] }],
    ['a VPC belongs to another account', { places: [anAccountEntry(ONE), ...bothRegions(ONE, { VpcsNotCovered: 1 })] }],
  ])('never reads as if nothing was there if %s', (_, overrides) => expectNoCalm(anOverview(overrides)));
});

describe('what holds back revoking', () => {
  test('is a pause, for everything that is due everywhere', () => {
    const counted = { planned: 3, due: 30, limit: 20 };
    const page = text({ pause: aPauseReading(), run: aRun({ counted }) });
    expect(page).toContain('Revoking is paused until 2026-01-11 00:00 UTC: change freeze.');
    expect(page).toContain('30 rules are due; maxRevocationsPerSweep is 20, so none is revoked');
  });

  test('is a pause, for what is due so far before a run has counted', () => {
    const due = { observed: { counts: {}, planned: 2, groupIds: [], due: 2, errors: [] } };
    const places = [anAccountEntry(ONE), aRegionEntry(ONE, FRANKFURT, {}, due)];
    const page = text({ pause: aPauseReading(), run: aRunInProgress(), places });
    expect(page).toContain('2 rules are due; maxRevocationsPerSweep is 20');
  });

  test('is a ledger that was copied, and a configuration that has changed', () => {
    const page = text({
      pause: { state: 'none', control: aControl({ table: 'other' }) },
      sweep: aSweepOfRun({ settlesUntil: '2026-01-02T00:00:00.000Z' }),
    });
    expect(page).toContain(`The ledger was made for the table other, and is kept in ${DEPLOYED.table}.`);
    expect(page).toContain('The configuration has changed: nothing is revoked before 2026-01-02 00:00 UTC.');
    expect(text()).not.toMatch(/ledger was made|configuration has changed|paused/);
  });

  test('is the limit, with how many rules are due and what to do', () => {
    const page = text({ run: aRun({ counted: { planned: 25, due: 27, limit: 20, isOverLimit: true } }) });
    expect(page).toContain(
      'Withheld 25 revocations everywhere, because 27 rules are due in the whole organization and maxRevocationsPerSweep is 20: one sweep may revoke 20.',
    );
    expect(page).toContain('Check the findings, and then raise maxRevocationsPerSweep');
    expect(text({ run: aRun({ counted: { planned: 2, due: 2, limit: 20 } }) }))
      .toContain('Due in all accounts and Regions together: 2; maxRevocationsPerSweep is 20.');
    expect(text()).not.toContain('Withheld');
  });
});

describe('the accounts', () => {
  test('that were left out, and a membership that could not be read, are told', () => {
    const run = aRun({ leftOut: [`${TWO}: its state is SUSPENDED`], unread: ['listing the accounts of an organizational unit (ou-1) failed'] });
    const page = text({ run });
    expect(page).toContain(`Accounts that were left out: ${TWO}: its state is SUSPENDED.`);
    expect(page).toContain('rules are only reported: listing the accounts of an organizational unit (ou-1) failed');
    expect(text()).not.toMatch(/left out|only reported/);
  });

  test('in which Regions are not enabled are named by Region', () => {
    const accounts = [ONE, TWO, THREE].map(account => anAccountEntry(account, { disabledRegions: ['ap-east-1'], regions: [] }));
    const page = text({ ...withAccounts([ONE, TWO, THREE], []), places: accounts });
    expect(page).toContain(`Regions that are not enabled, and so were left out: ap-east-1 (${ONE}, ${TWO}, ${THREE}).`);
  });

  test('whose Regions were read in another way are told', () => {
    const places = [anAccountEntry(ONE, { regionsNote: 'account:ListRegions failed' }), ...bothRegions(ONE)];
    expect(text({ places })).toContain(`Where the list of Regions was read in another way: ${ONE}: account:ListRegions failed`);
  });
});

describe('accounts and Regions that were not looked at', () => {
  const rows = (page: string): string[] =>
    [...page.matchAll(/<th scope="row" role="rowheader"><span class="line strong">(\d+)<[^]*?<td[^>]*>.*?<\/span>(?:<span class="muted">)?([\w -]+)</g)]
      .map(([, account, region]) => `${account} ${region}`);

  test('are told with why, since when, and when they last were, accounts first and then the oldest', () => {
    const overview = anOverview({
      ...withAccounts([ONE, TWO, THREE], []), places: [
        anAccountEntry(ONE), aRegionEntry(ONE, FRANKFURT), aRegionEntry(ONE, IRELAND, {}, aFailure({ since: '2025-12-01T00:00:00.000Z', code: 'AuthFailure' })),
        anAccountEntry(TWO, { ...aFailure(), succeededAt: '2025-12-30T00:05:00.000Z' }),
        anAccountEntry(THREE, { ...aFailure({ since: '2025-12-20T00:05:00.000Z' }), succeededAt: undefined }),
      ],
    });
    const page = pageFor(overview);
    expect(rows(page)).toEqual([`${THREE} the whole account`, `${TWO} the whole account`, `${ONE} ${IRELAND}`]);
    expect(textOf(page)).toContain('Not looked at (3) 1 to 3 of 3 accounts and Regions: accounts first');
    expect(textOf(page)).toMatch(new RegExp(
      `${TWO} name of ${TWO} Region the whole account Not looked at for 1 d since 2025-12-31 00:00 UTC Why AccessDenied not authorized to perform: sts:AssumeRole Last looked at 2 d ago 2025-12-30 00:05 UTC`,
    ));
    expect(textOf(page)).toContain('Last looked at never');
    expectNoCalm(overview);
  });

  test('are named even if the run ended without any outcome for them', () => {
    const places = [anAccountEntry(ONE), aRegionEntry(ONE, FRANKFURT)];
    const page = text({ ...withAccounts([ONE, TWO], []), places });
    expect(page).toContain('Not looked at (2)');
    expect(page).toContain(`${TWO} name of ${TWO} Region the whole account`);
    expect(page).toContain(`${ONE} name of ${ONE} Region ${IRELAND}`);
    expect(page).toContain('NoOutcome');
  });

  test('are named as of the run before while a run is in progress, but for those that it is not to look at', () => {
    const before = { runId: 'run-1' };
    const page = text({
      run: aRunInProgress({ accounts: 2 }), accounts: [{ account: ONE }, { account: TWO }], places: [
        anAccountEntry(ONE, before), aRegionEntry(ONE, IRELAND, {}, { ...before, ...aFailure() }),
        aRegionEntry(ONE, 'me-south-1', {}, { ...before, ...aFailure() }),
        anAccountEntry(THREE, { ...before, ...aFailure() }),
      ],
    });
    expect(page).toContain('Not looked at (1)');
    expect(page).toContain(IRELAND);
    expect(page).not.toMatch(new RegExp(`me-south-1|${THREE}`));
  });

  test('are named even if their account cannot be read in the list of the run', () => {
    const page = text({ areAccountsKnown: false, accounts: [], places: [anAccountEntry(TWO, aFailure())], unreadable: ['accounts-0 cannot be read'] });
    expect(page).toContain(`${TWO} name of ${TWO} Region the whole account`);
    expect(page).toContain('1 item of the ledger cannot be read.');
  });

  test('while rules were to be revoked were looked at before', () => {
    const failed = aRegionEntry(ONE, FRANKFURT, { RulesKept: 2 }, { failure: aFailure({ pass: 'revoke' }).failure });
    expect(text({ places: [anAccountEntry(ONE), failed, aRegionEntry(ONE, IRELAND)] })).toContain('while rules were to be revoked');
  });

  test('come in pages, each of them once', () => {
    const accounts = Array.from({ length: 60 }, (_, index) => String(100_000_000_000 + index));
    const overview = anOverview({
      run: aRun({ accounts: 60 }), accounts: accounts.map(account => ({ account })),
      places: accounts.map(account => anAccountEntry(account, aFailure())),
    });
    const seen = [1, 2, 3].flatMap(failuresPage => rows(pageFor(overview, { failuresPage })));
    expect(seen).toEqual(accounts.map(account => `${account} the whole account`));
    expect(calls(overview, { failuresPage: 2 })).toEqual([
      { failuresPage: 1, placesPage: 1 }, { failuresPage: 3, placesPage: 1 },
    ]);
  });
});

describe('accounts and Regions with findings', () => {
  const places = (page: string): string[] =>
    [...page.matchAll(/<span class="line strong">(\d{12})<\/span><span class="line">([a-z]+-[a-z]+-\d+)<\/span>/g)]
      .map(([, account, region]) => `${account} ${region}`);
  const observed = (due: number, planned = due, errors: readonly string[] = []) =>
    (counts: Record<string, number>): Partial<PlaceEntry> => ({
      observed: {
        counts: { StaleIngressRules: 0, StaleEgressRules: 0, ...counts }, due, planned, groupIds: [], errors,
      },
    });

  test('come with those first in which most is due, and then with most findings', () => {
    const overview = anOverview(withAccounts([ONE, TWO], [
      aRegionEntry(ONE, FRANKFURT, {}, observed(1)({ RulesKept: 1, FlaggedIngressRules: 1 })),
      aRegionEntry(ONE, IRELAND, { RulesKept: 9 }),
      aRegionEntry(TWO, FRANKFURT, {}, observed(4, 3)({
        RulesKept: 5, FlaggedIngressRules: 2, StaleIngressRules: 2, StaleEgressRules: 1,
      })),
      aRegionEntry(TWO, IRELAND),
    ]));
    const page = pageFor(overview);
    expect(places(page)).toEqual([`${TWO} ${FRANKFURT}`, `${ONE} ${FRANKFURT}`, `${ONE} ${IRELAND}`]);
    expect(textOf(page)).toContain('Findings by account and Region (3) The latest run found 15 open findings. 1 to 3 of 3');
    expect(textOf(page)).toContain(
      `${TWO} ${FRANKFURT} name of ${TWO} Show Findings 5 3 stale, 2 flagged Due 4 3 may be revoked Revoked 0 Errors 0 Also nothing`,
    );
    expect(textOf(page)).not.toMatch(CALM);
  });

  test('are opened by a button that calls the function with the account and the Region', () => {
    expect(calls(anOverview({ places: [anAccountEntry(ONE), ...bothRegions(ONE, { RulesKept: 1 })] })))
      .toEqual([{ account: ONE, region: FRANKFURT, failuresPage: 1, placesPage: 1 }]);
  });

  test('stay in the list for what was revoked and may be put back', () => {
    const revoked = { revoked: { counts: { IngressRulesRevoked: 2, ScanErrors: 0 } } };
    const page = text({
      places: [
        anAccountEntry(ONE), aRegionEntry(ONE, FRANKFURT, { RulesKept: 2 }, revoked),
        aRegionEntry(ONE, IRELAND, {}, { hasFindings: true }),
      ],
    });
    expect(page).toContain('Findings by account and Region (2) No open findings. The latest run looked everywhere.');
    expect(page).toMatch(/Due 0 Revoked 2 Errors 0/);
  });

  test('are told with errors, VPN connections and unused groups', () => {
    const counts = {
      RulesKept: 0, ScanErrors: 2, VpnConnectionsDown: 1, VpnConnectionsDegraded: 2, UnusedSecurityGroups: 3,
    };
    const overview = anOverview({
      places: [anAccountEntry(ONE), aRegionEntry(ONE, FRANKFURT, {}, observed(0, 0, ['reading rules failed'])(counts)), aRegionEntry(ONE, IRELAND)],
      sweep: aSweepOfRun({ scanErrors: 2 }),
    });
    expect(textOf(pageFor(overview))).toMatch(
      /Errors 2 reading rules failed Also 1 VPN connection down 2 VPN connections degraded 3 unused security groups/,
    );
    expectNoCalm(overview);
  });

  test('that the latest run did not look at say so, and what is no longer looked at does not count', () => {
    const before = { runId: 'run-1', succeededAt: '2025-12-30T00:05:00.000Z' };
    const page = text({
      ...withAccounts([ONE, TWO], []), places: [
        anAccountEntry(ONE), ...bothRegions(ONE), anAccountEntry(TWO, aFailure()),
        aRegionEntry(TWO, FRANKFURT, { RulesKept: 2 }, { ...before, hasFindings: true }),
        aRegionEntry(THREE, FRANKFURT, { RulesKept: 30 }, { ...before, hasFindings: true }),
      ],
    });
    expect(page).toContain('2 open findings are recorded. There may be more.');
    expect(page).toMatch(/2 0 stale, 0 flagged The latest run has not looked at it; last looked at 2 d ago \(2025-12-30 00:05 UTC\)/);
    expect(page).toMatch(/30 0 stale, 0 flagged It is no longer looked at; last looked at 2 d ago/);
    expect(page.indexOf(THREE)).toBeGreaterThan(page.lastIndexOf(`${TWO} ${FRANKFURT}`));
  });

  test('that could not be looked at have unknown numbers, not 0', () => {
    const failed = aRegionEntry(ONE, IRELAND, {}, { ...aFailure(), hasFindings: true });
    const page = text({ places: [anAccountEntry(ONE), aRegionEntry(ONE, FRANKFURT), failed] });
    expect(page).toContain(`${ONE} ${IRELAND} name of ${ONE} Show Findings unknown It could not be looked at`);
  });

  test('have no button if the ledger has another form of account or Region than AWS', () => {
    for (const [account, region] of [[ONE, '</cwdb-action>'], ['1', FRANKFURT], [`${ONE}\n`, FRANKFURT], [ONE, '../x']]) {
      const overview = anOverview({ places: [aRegionEntry(account, region, { RulesKept: 1 })] });
      expect(calls(overview)).toEqual([]);
      expect(textOf(pageFor(overview))).toContain('its account or Region is not one of AWS');
    }
  });

  test('of ten thousand make pages of less than 1 MB', () => {
    const accounts = Array.from({ length: 500 }, (_, index) => String(100_000_000_000 + index));
    const regions = Array.from({ length: 20 }, (_, index) => `xx-north-${index}`);
    const long = 'm'.repeat(500);
    const overview = anOverview({
      run: aRun({ accounts: 500, leftOut: Array<string>(100).fill(long), unread: Array<string>(100).fill(long) }),
      accounts: accounts.map(account => ({ account, name: 'n'.repeat(50) })),
      places: accounts.flatMap((account, number) => [
        anAccountEntry(account, { regions, disabledRegions: ['ap-east-1', 'me-south-1'], regionsNote: long }),
        ...regions.map((region, index) => (number + index) % 2 === 0
          ? aRegionEntry(account, region, {}, aFailure({ message: long }))
          : aRegionEntry(account, region, {}, observed(1, 1, [long, long, long])({ RulesKept: 2, ScanErrors: 3 }))),
      ]),
    });
    const page = pageFor(overview, { placesPage: 7, failuresPage: 3 });
    expect(Buffer.byteLength(page)).toBeLessThan(1_000_000);
    expect(textOf(page)).toContain('Not looked at (5,000) 51 to 75 of 5,000');
    expect(textOf(page)).toContain('151 to 175 of 5,000 accounts and Regions with something to see');
    expect(calls(overview, { placesPage: 7, failuresPage: 3 })).toContainEqual({ failuresPage: 3, placesPage: 8 });
    const seen = [1, 2, 199, 200, 201].map(placesPage => places(pageFor(overview, { placesPage })));
    expect(new Set(seen.flat()).size).toBe(100);
    expect(seen[4]).toEqual(seen[3]);
  });
});

describe('the request', () => {
  test.each([
    {}, undefined, { account: ONE }, { region: FRANKFURT }, { account: Number(ONE), region: FRANKFURT },
    { account: ` ${ONE}`, region: FRANKFURT }, { account: `${ONE}\n`, region: FRANKFURT }, { account: '１２３４５６７８９０１２', region: FRANKFURT },
    { account: ONE, region: '' }, { account: ONE, region: `${FRANKFURT}#` }, { account: ONE, region: ['eu-central-1'] },
    { account: `${ONE}:${FRANKFURT}`, region: FRANKFURT }, { account: ONE, region: 'eu-central-1:111122223333' },
  ])('%j is for all accounts', event => expect(request(event).place).toBeUndefined());

  test('with an account and a Region is for that place', () => {
    expect(request({ account: ONE, region: FRANKFURT, other: 1 }).place).toEqual({ account: ONE, region: FRANKFURT });
  });

  test('that asks for a description gets one', () => expect(parseOrganizationRequest({ describe: true })).toBe('describe'));
});

describe('what others have written', () => {
  const contentsWith = (words: string): Overview => {
    const failure = { code: words, message: words, since: '2025-12-31T00:00:00.000Z', pass: 'observe' } as const;
    return anOverview({
      run: aRun({
        runId: words, execution: words, unread: [words], leftOut: [words], accounts: 2,
        outcome: { failed: true, message: words },
      }),
      accounts: [{ account: ONE, name: words }, { account: words, name: words }],
      places: [
        anAccountEntry(ONE, {
          runId: words, enteredBy: words, name: words, disabledRegions: [words], regionsNote: words,
          regions: [words, FRANKFURT],
        }),
        anAccountEntry(words, { runId: words, name: words, failure, disabledRegions: [words] }),
        aRegionEntry(ONE, FRANKFURT, {}, {
          runId: words,
          observed: { counts: { RulesKept: 1, ScanErrors: 1 }, planned: 0, groupIds: [words], due: 0, errors: [words] },
        }),
        aRegionEntry(ONE, words, {}, { runId: words, failure, hasFindings: true }),
      ],
      sweep: aSweepOfRun({ sweepId: words, errors: [words], scanErrors: 1 }),
      pause: aPauseReading({ reason: words }), unreadable: [words],
    });
  };
  const plainTags = tagsOf(pageFor(contentsWith('plain')));

  test.each(HOSTILE_TEXTS)('%j is text, wherever it is', words => {
    const page = pageFor(contentsWith(words));
    expect(tagsOf(page)).toEqual(plainTags);
    expect(page.replace(/<style>[^]*?<\/style>/, '').replace(/<[^>]*>/g, '')).not.toMatch(/[<>]/);
    const shown = words.replace(/\s+/g, ' ').replace(/[\u0000\u202e\ud800]/g, '\ufffd');
    expect(textOf(page).split(shown).length).toBeGreaterThan(12);
    expect(callsOf(page, ENDPOINT)).toEqual([{ account: ONE, region: FRANKFURT, failuresPage: 1, placesPage: 1 }]);
  });

  test('is cut when it has no end', () => expect(pageFor(contentsWith('x'.repeat(100_000))).length).toBeLessThan(100_000));
});

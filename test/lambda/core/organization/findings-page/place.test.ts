/** Tests the page of one Region of an account. */
import { placePage } from '../../../../../lambda/core/organization/findings-page/place';
import type { PlaceContents } from '../../../../../lambda/core/organization/findings-page/place-state';
import { parseOrganizationRequest } from '../../../../../lambda/core/organization/findings-page/request';
import type { Contents } from '../../../../../lambda/core/report/findings-page/page';
import { anEntry, aRule, DEPLOYED } from '../../../../support/builders';
import { aSweepEntry, NOW } from '../../../../support/findings';
import {
  aFailure, anAccountEntry, aRegionEntry, aRun, aRunInProgress, FRANKFURT, ONE,
} from '../../../../support/organization-builders';
import { callsOf, HOSTILE_TEXTS, tagsOf, textOf } from '../../../../support/page-text';

const ENDPOINT = 'arn:aws:lambda:eu-central-1:111122223333:function:findings';
const PLACE = { account: ONE, region: FRANKFURT };

const someContents = (overrides: Partial<Contents> = {}): Contents =>
  ({ entries: [], vpnConnections: [], sweep: aSweepEntry(), ...overrides });

function aPlace(overrides: Partial<PlaceContents> = {}): PlaceContents {
  return {
    run: aRun(), account: anAccountEntry(ONE, { mayRevoke: true }),
    region: aRegionEntry(ONE, FRANKFURT, {}, { mayRevoke: true }), contents: someContents(), unreadable: [],
    ...overrides,
  };
}

function pageFor(place: Partial<PlaceContents> = {}, event: object = {}): string {
  const request = parseOrganizationRequest({ ...PLACE, ...event });
  if (request === 'describe') throw new Error('A page was to be asked for');
  const context = { now: NOW, endpoint: ENDPOINT, restoreFunction: 'Hub:restore', table: DEPLOYED.table };
  return placePage(PLACE, aPlace(place), request, context);
}

const text = (place?: Partial<PlaceContents>): string => textOf(pageFor(place));

function expectNoCalm(place: Partial<PlaceContents>): void {
  expect(text(place)).not.toMatch(/No open findings\.|(findings|connections) \(0\)/);
  expect(pageFor(place)).not.toContain('class="good');
}

test('the page begins with the account, its name and the Region, and whether rules may be revoked', () => {
  expect(text()).toMatch(new RegExp(
    `^All accounts and Regions ${ONE} \\(name of ${ONE}\\) in ${FRANKFURT} Rules may be revoked in this account. Latest sweep: 6 min ago`,
  ));
  expect(text({ account: undefined })).toContain(`${ONE} in ${FRANKFURT}`);
  expect(text({ region: aRegionEntry(ONE, FRANKFURT) })).toContain('Everything in this account is only reported,');
  expect(text()).toContain('No open findings.');
});

test('the button back leads to the pages of the overview from where the reader came', () => {
  expect(callsOf(pageFor({}, { failuresPage: 3, placesPage: '7' }), ENDPOINT)).toEqual([{ failuresPage: 3, placesPage: 7 }]);
  expect(callsOf(pageFor({}, { failuresPage: '</cwdb-action>', placesPage: {} }), ENDPOINT))
    .toEqual([{ failuresPage: 1, placesPage: 1 }]);
});

test('a turned list is that of the same account and Region', () => {
  const entries = Array.from({ length: 30 }, (_, index) =>
    anEntry({ rule: aRule({ securityGroupRuleId: `sgr-${String(index).padStart(2, '0')}` }) }));
  const page = pageFor({ contents: someContents({ entries }) }, { findingsPage: 2, placesPage: 4 });
  expect(textOf(page)).toContain('26 to 30 of 30 open findings');
  expect(callsOf(page, ENDPOINT)).toContainEqual({
    ...PLACE, failuresPage: 1, placesPage: 4, findingsPage: 1, revocationsPage: 1,
  });
});

test('the command that restores has the account and the Region', () => {
  const outcome = { name: 'REVOKED', sweepId: 'sweep-7', at: '2025-12-31T00:00:00.000Z' } as const;
  const entries = [anEntry({ rule: aRule({ securityGroupRuleId: 'sgr-7' }), state: 'REVOKED', outcome })];
  expect(text({ contents: someContents({ entries }) })).toContain(
    `aws lambda invoke --function-name Hub:restore --cli-binary-format raw-in-base64-out --payload '{"restore":{"account":"${ONE}","region":"${FRANKFURT}","securityGroupRuleIds":["sgr-7"]}}' /dev/stdout`,
  );
});

test.each<[string, Partial<PlaceContents>, RegExp]>([
  [
    'the account', { account: anAccountEntry(ONE, aFailure()) },
    /The account could not be entered, or not looked at to its end: AccessDenied : not authorized .* So it is for 1 d, since 2025-12-31 00:00 UTC/,
  ],
  [
    'the Region', { region: aRegionEntry(ONE, FRANKFURT, {}, aFailure({ code: 'AuthFailure' })) },
    /It could not be looked at: AuthFailure : .* Last looked at: 5 min ago 2026-01-01 00:00 UTC/,
  ],
])('%s that could not be looked at is told to be so, and nothing reads as if all were well', (_, place, told) => {
  expect(text(place)).toMatch(told);
  expectNoCalm(place);
});

test('a Region that the latest run did not look at is not told to be well', () => {
  const place = { region: aRegionEntry(ONE, FRANKFURT, {}, { runId: 'run-1' }) };
  expect(text(place)).toContain('The latest run did not look at it. The lists below are as old.');
  expectNoCalm(place);
  expect(text({ ...place, run: aRunInProgress() })).not.toContain('did not look at it');
  expectNoCalm({ run: undefined });
});

test('an item of the organization that cannot be read is named, and leaves doubt', () => {
  const place = { region: undefined, unreadable: ['the item place-1 cannot be read'] };
  expect(text(place)).toContain('1 item of the ledger cannot be read. It is not listed below: the item place-1 cannot be read');
  expect(text(place)).toContain('Whether the latest run looked at it cannot be read.');
  expect(text(place)).not.toMatch(/did not look at it|never/);
  expectNoCalm(place);
});

test('a place of which nothing is known is told to be so', () => {
  const place = { account: undefined, region: undefined, contents: someContents({ sweep: undefined }) };
  const page = text(place);
  expect(page).toContain(`Nothing is known of ${ONE} ${FRANKFURT}. No run has looked at it`);
  expect(page).not.toMatch(/Open findings|VPN connections/);
  expect(callsOf(pageFor(place), ENDPOINT)).toEqual([{ failuresPage: 1, placesPage: 1 }]);
});

test('what is left of a place is shown even if its item is gone', () => {
  expect(text({ region: undefined, contents: someContents({ sweep: undefined, entries: [anEntry()] }) })).toContain('sgr-1');
});

test('too many rules that are due in the whole organization keep those of each place', () => {
  const entries = [anEntry({ keepReason: 'COUNTING' })];
  const contents = someContents({ entries });
  const run = aRun({ counted: { planned: 25, due: 25, limit: 20, isOverLimit: true } });
  expect(text({ contents, run })).toContain('Withheld: 25 rules are to be revoked and maxRevocationsPerSweep is 20; a person has to decide');
  expect(text({ contents })).toContain('Revoked by the next sweep');
});

test.each(HOSTILE_TEXTS)('%j is text, wherever it is', words => {
  const hostile = (said: string): Partial<PlaceContents> => ({
    account: anAccountEntry(ONE, { name: said, failure: { ...aFailure().failure!, code: said, message: said } }),
    unreadable: [said],
  });
  const page = pageFor(hostile(words));
  expect(tagsOf(page)).toEqual(tagsOf(pageFor(hostile('plain'))));
  expect(page.replace(/<style>[^]*?<\/style>/, '').replace(/<[^>]*>/g, '')).not.toMatch(/[<>]/);
});

/** Tests the whole page: its text, its paging, and that other people's texts never become markup. */
import * as fc from 'fast-check';
import type { LedgerEntry, UnreadableItem } from '../../../../../lambda/core/model/ledger';
import type { PauseReading } from '../../../../../lambda/core/model/result';
import { errorPage } from '../../../../../lambda/core/report/findings-page/frame';
import { html } from '../../../../../lambda/core/report/findings-page/html';
import {
  type Contents, findingsPage, MOST_VPN_CONNECTIONS, type ShownPlace,
} from '../../../../../lambda/core/report/findings-page/page';
import { problem } from '../../../../../lambda/core/report/findings-page/problem';
import { type PageRequest, parseRequest } from '../../../../../lambda/core/report/findings-page/request';
import { aControl, aGrace, anAuthor, anEntry, aRule, DEPLOYED } from '../../../../support/builders';
import { aSweepEntry, aVpnConnectionEntry, NOW } from '../../../../support/findings';
import { callsOf, HOSTILE_TEXTS, tagsOf, textOf } from '../../../../support/page-text';
import { aPauseReading } from '../../../../support/pauses';

const ENDPOINT = 'arn:aws:lambda:eu-central-1:111122223333:function:findings';

function request(event: unknown = {}): PageRequest {
  const parsed = parseRequest(event);
  if (parsed === 'describe') throw new Error('A page was to be asked for');
  return parsed;
}

function pageFor(contents: Partial<Contents> = {}, event: unknown = {}, restoreFunction?: string): string {
  const all = { entries: [], vpnConnections: [], sweep: aSweepEntry(), ...contents };
  return findingsPage(all, request(event), { now: NOW, endpoint: ENDPOINT, restoreFunction, table: DEPLOYED.table });
}

const text = (contents?: Partial<Contents>, event?: unknown, restoreFunction?: string): string =>
  textOf(pageFor(contents, event, restoreFunction));

const calls = (page: string): unknown[] => callsOf(page, ENDPOINT);

const ruleIds = (page: string): string[] =>
  [...page.matchAll(/<th scope="row" role="rowheader"><span class="line strong">(sgr-[^<]*)</g)].map(([, id]) => id);

const findings = (count: number): LedgerEntry[] =>
  Array.from({ length: count }, (_, index) =>
    anEntry({ rule: aRule({ securityGroupRuleId: `sgr-${String(index).padStart(5, '0')}` }) }),
  );

const revoked = (id: string, at: string, overrides: Partial<LedgerEntry> = {}): LedgerEntry =>
  anEntry({
    rule: aRule({ securityGroupRuleId: id }),
    state: 'REVOKED',
    outcome: { name: 'REVOKED', sweepId: 'sweep-7', at },
    ...overrides,
  });

describe('the latest sweep', () => {
  test('is told with its age, its time and what it looked at', () => {
    expect(text()).toContain(
      'Latest sweep: 6 min ago (2025-12-31 23:59 UTC, took 1 min) . It looked at security group rules and VPN connections.',
    );
    expect(text({ sweep: aSweepEntry({ looksAtRules: false, durationMillis: 8400 }) })).toContain(
      'took 8.4 s) . It looked at VPN connections.',
    );
  });

  test('names the VPCs of other accounts in which it may not look, and does not take them for looked at', () => {
    const page = text({ sweep: aSweepEntry({ vpcsNotCovered: ['vpc-1', 'vpc-2'] }) });
    expect(page).toContain(
      'Not covered: vpc-1, vpc-2. These VPCs belong to other accounts, and only these may look for stale rules there.',
    );
    expect(page).not.toContain('The list is not complete');
    expect(page).toContain('found no open findings');
    expect(page).not.toContain('No open findings. The latest sweep looked at security group rules');
    expect(
      text({ sweep: aSweepEntry({ vpcsNotCovered: Array.from({ length: 20 }, (_, index) => `vpc-${index}`) }) }),
    ).toMatch(/Not covered: vpc-0, .* and \d+ more\./);
    expect(text()).not.toContain('Not covered');
  });

  test('counts VPCs that are covered by proof apart from those that were read', () => {
    expect(text({ sweep: aSweepEntry({ vpcsScanned: 30, vpcsCoveredByProof: 970 }) })).toContain(
      '30 VPCs were read. In 970 more, no rule can be stale, because none refers to a group outside of its VPC.',
    );
    for (const sweep of [aSweepEntry(), aSweepEntry({ vpcsScanned: 30, vpcsCoveredByProof: 0 })]) {
      expect(text({ sweep })).not.toContain('no rule can be stale');
    }
  });

  test('is not told to have looked at what it could not read', () => {
    const unread = { recordedVpnConnections: false, scanErrors: 1, errors: ['e1'] };
    expect(text({ sweep: aSweepEntry(unread) })).toContain(
      'It looked at security group rules, where it could. It could not read or record VPN connections.',
    );
    expect(text({ sweep: aSweepEntry({ ...unread, looksAtRules: false }) })).toContain(
      ') . It could not read or record VPN connections.',
    );
    expect(text({ sweep: aSweepEntry({ looksAtVpnConnections: false, recordedVpnConnections: false }) })).toContain(
      'It looked at security group rules. Open',
    );
    expect(text()).not.toMatch(/could not|where it could/);
  });

  test('of long ago is a warning, and nothing is well because of it', () => {
    const contents = {
      sweep: aSweepEntry({ startedAt: '2025-11-01T00:00:00.000Z' }),
      vpnConnections: [aVpnConnectionEntry()],
    };
    const page = text(contents);
    expect(page).toContain('No sweep has been recorded for 61 d. The lists below are as old.');
    expect(page).toContain('The latest sweep, 61 d ago (2025-11-01 00:00 UTC), found no open findings.');
    expect(page).not.toMatch(/No open findings\.|Open findings \(0\)|for 1 d/);
    expect(page).toContain('Up since 2025-12-31 00:00 UTC');
    expect(pageFor(contents)).not.toContain('class="good');
  });

  test.each([
    ['2025-12-24T00:05:00.000Z', false],
    ['2025-12-24T00:04:00.000Z', true],
  ])('of %s is old: %p', (startedAt, isOld) => {
    expect(text({ sweep: aSweepEntry({ startedAt }) }).includes('No sweep has been recorded for')).toBe(isOld);
    expect(text({ sweep: aSweepEntry({ startedAt }) }).includes('No open findings.')).toBe(!isOld);
  });

  test('is told to be a dry run only when it was one', () => {
    expect(text({ sweep: aSweepEntry({ dryRun: true }) })).toContain('It was a dry run: nothing is revoked.');
    expect(text()).not.toContain('dry run');
  });

  test('that could not look everywhere makes the list incomplete', () => {
    const page = text({ sweep: aSweepEntry({ scanErrors: 9, errors: ['e1', 'e2', 'e3', 'e4', 'e5', 'e6'] }) });
    expect(page).toContain(
      'The list is not complete. The latest sweep could not look at or record 9 things: e1 e2 e3 e4 e5 and 4 more',
    );
    expect(page).toContain(
      'No open findings are recorded, but the latest sweep, 6 min ago (2025-12-31 23:59 UTC), could not look at or record everything.',
    );
    expect(page).toContain(
      'No VPN connections are recorded, but the latest sweep could not look at or record everything.',
    );
    expect(page).not.toMatch(/No open findings\.|found no|(findings|connections) \(0\)/);
    expect(text()).not.toContain('not complete');
    expect(text({ sweep: aSweepEntry({ scanErrors: 1, errors: ['e1'] }) })).toMatch(
      /could not look at or record 1 thing: e1 Open/,
    );
    expect(text({ sweep: aSweepEntry({ scanErrors: 2, errors: [] }) })).toContain(
      'could not look at or record 2 things.',
    );
  });

  test('that has never run is not shown as a sweep without findings', () => {
    const page = text({ sweep: undefined });
    expect(page).toContain('No sweep has been recorded yet.');
    expect(page).not.toContain('No open findings');
    expect(page).not.toContain('No VPN connections');
    expect(page).not.toMatch(/(findings|connections) \(0\)/);
  });
});

describe('an item of the ledger that cannot be read', () => {
  const message = (id: string): string =>
    `the ledger's item ${id} cannot be read: its attribute rule is missing. Delete the item`;
  const items = (...ids: string[]): UnreadableItem[] => ids.map(id => ({ id, message: message(id) }));

  test('is named with how to repair it, beside all that can be read', () => {
    const page = text({
      entries: [anEntry(), revoked('sgr-7', '2025-12-31T00:00:00.000Z')], vpnConnections: [aVpnConnectionEntry()],
      unreadable: { rules: items('sgr-8'), vpnConnections: items('vpn-9') },
    });
    const banner = '2 items of the ledger cannot be read. They are not listed below:';
    expect(page).toContain(`${banner} ${message('sgr-8')} ${message('vpn-9')} Open findings (1)`);
    const shown = ['sgr-1', 'sgr-7', 'vpn-1', 'Recent revocations (1)', 'VPN connections (1)'];
    for (const each of shown) expect(page).toContain(each);
    expect(text({ unreadable: { rules: items('sgr-8'), vpnConnections: [] } }))
      .toContain(`1 item of the ledger cannot be read. It is not listed below: ${message('sgr-8')} Open`);
    expect(text()).not.toContain('cannot be read');
  });

  test('is one of many that are counted, and of which the first are named', () => {
    const rules = items('sgr-1', 'sgr-2', 'sgr-3', 'sgr-4', 'sgr-5', 'sgr-6', 'sgr-7');
    const page = text({ unreadable: { rules, vpnConnections: [] } });
    expect(page).toContain('7 items of the ledger cannot be read.');
    expect(page).toContain(`${message('sgr-5')} and 2 more`);
    expect(page).not.toContain(message('sgr-6'));
  });

  test('may be a finding, a revocation or a VPN connection, so no list claims to be empty', () => {
    const contents = { unreadable: { rules: items('sgr-8'), vpnConnections: items('vpn-9') } };
    expect(text(contents)).toContain('No readable open findings are recorded.');
    expect(text(contents)).toContain('No rule that can be read is recorded as revoked.');
    expect(text(contents)).toContain('No VPN connections that can be read are recorded.');
    expect(text(contents)).not.toMatch(/\(0\)|No open findings\.|found no/);
    expect(pageFor(contents)).not.toContain('class="good');
  });

  test('counts among the rules that may be due', () => {
    const sweep = aSweepEntry({ maxRevocationsPerSweep: 2 });
    expect(text({ sweep, entries: findings(2) })).not.toContain('unless');
    expect(text({ sweep, entries: findings(2), unreadable: { rules: items('sgr-8'), vpnConnections: [] } }))
      .toContain('Revoked by the next sweep, unless more than 2 are due then');
  });

  test('is that of the latest sweep, which is then shown as unknown, not as missing', () => {
    const contents = {
      sweep: undefined, entries: [anEntry()], vpnConnections: [aVpnConnectionEntry()],
      unreadable: { rules: [], vpnConnections: [], sweep: message('latest-sweep') },
    };
    const page = text(contents);
    expect(page)
      .toContain('The latest sweep is unknown, because its record cannot be read. The lists below may be old.');
    expect(page).toContain(`1 item of the ledger cannot be read. It is not listed below: ${message('latest-sweep')}`);
    expect(page).toContain('Unknown: the record of the latest sweep cannot be read; the next one decides');
    expect(page).toContain('The latest sweep is unknown: this is the last that was seen.');
    expect(page).not.toMatch(/recorded yet/);
    expect(pageFor(contents)).not.toContain('class="good');
    const empty = text({ ...contents, entries: [], vpnConnections: [] });
    expect(empty).toContain('Open findings Unknown: the record of the latest sweep cannot be read. VPN connections');
    expect(empty).toContain('VPN connections Unknown: the record of the latest sweep cannot be read.');
  });
});

describe('a pause', () => {
  const pause = aPauseReading({ until: '2026-01-10T08:00:00.000Z', reason: 'year end.' });
  const due = (count: number): LedgerEntry[] => Array.from({ length: count }, (_, index) =>
    anEntry({ rule: aRule({ securityGroupRuleId: `sgr-${index}` }), keepReason: 'PAUSED' }));

  test('is told with its end, its reason, and whether the limit lets go what is due', () => {
    expect(text({ pause, entries: due(20) })).toContain(
      'Revoking is paused until 2026-01-10 08:00 UTC: year end. '
      + '20 rules are due; maxRevocationsPerSweep is 20, so the first sweep after that revokes them.',
    );
    expect(text({ pause, entries: due(21) }))
      .toContain('21 rules are due; maxRevocationsPerSweep is 20, so none is revoked, ');
    expect(text({ pause, sweep: undefined, entries: due(1) })).toContain(
      '1 rule is due; maxRevocationsPerSweep is not known before a sweep has recorded it.',
    );
    expect(text({ pause })).toContain('No rule is due now.');
  });

  test('ends in the time zone of the dashboard', () => {
    const page = text({ pause }, { widgetContext: { timezone: { offsetISO: '+05:30' } } });
    expect(page).toContain('paused until 2026-01-10 13:30 +05:30: year end.');
  });

  test('that cannot be read counts as one, and the page says how to repair it', () => {
    const error = { code: 'UnreadableItem', message: 'the item control cannot be read. Delete the item' };
    expect(text({ pause: { state: 'unreadable', error }, entries: due(1) })).toContain(
      'Whether revoking is paused cannot be read. That counts as a pause: nothing is revoked until it is repaired. '
      + 'the item control cannot be read. Delete the item.',
    );
  });

  test('is not spoken of where there is none', () => {
    const none: Array<PauseReading | undefined> = [undefined, { state: 'none' }];
    for (const each of none) expect(text({ pause: each, entries: due(1) })).not.toMatch(/is paused/);
  });
});

describe('a change of the configuration that settles', () => {
  const SETTLES = '2026-01-01T01:00:00.000Z';
  const settling = aSweepEntry({ settlesUntil: SETTLES, grace: aGrace() });
  const due = findings(2).map(entry => ({ ...entry, keepReason: 'SETTLING' }));
  const because = { stale: 'DELETED_GROUP', declarations: [] };
  const waiting = anEntry({ rule: aRule({ securityGroupRuleId: 'sgr-9' }), keepReason: 'WITHIN_GRACE', because });

  test('is told with its end, what the first sweep after it would revoke, and when waits end', () => {
    expect(text({ sweep: settling, entries: [...due, waiting] })).toContain(
      'The configuration has changed: nothing is revoked before 2026-01-01 01:00 UTC. The first sweep after '
      + '2026-01-01 01:00 UTC would revoke 2 rules. 1 rule ends its grace on 7 January 2026.',
    );
  });

  test('promises nothing where more is due than one sweep may revoke', () => {
    const limited = aSweepEntry({ settlesUntil: SETTLES, maxRevocationsPerSweep: 1 });
    expect(text({ sweep: limited, entries: due }))
      .toContain('would revoke 2 rules; the limit is 1, so none will be revoked unless maxRevocationsPerSweep is ');
  });

  test('has what is due wait for its end', () => {
    const sentence = 'Revoked by the first sweep after the configuration has settled, 2026-01-01 01:00 UTC, if still';
    expect(text({ sweep: settling, entries: due })).toContain(sentence);
  });

  test('ends in the time zone of the dashboard', () => {
    const page = text({ sweep: settling }, { widgetContext: { timezone: { offsetISO: '+05:30' } } });
    expect(page).toContain('nothing is revoked before 2026-01-01 06:30 +05:30.');
  });

  test('is not spoken of once it is over, nor where nothing is revoked anyway', () => {
    const off = [
      { sweep: { ...settling, settlesUntil: NOW.toISOString() }, keepReason: undefined },
      { sweep: { ...settling, dryRun: true }, keepReason: 'DRY_RUN' },
      { sweep: { ...settling, enabled: false }, keepReason: 'DISABLED' },
      { sweep: aSweepEntry(), keepReason: undefined },
      { sweep: undefined, keepReason: undefined },
    ];
    for (const { sweep, keepReason } of off) {
      const entries = due.map(entry => ({ ...entry, keepReason }));
      expect(text({ sweep, entries })).not.toMatch(/configuration has changed|has settled/);
    }
  });

  test('is followed by no promise that a longer pause, or a ledger of another table, would break', () => {
    const copied: PauseReading = { state: 'none', control: aControl({ table: 'ledger-before' }) };
    for (const pause of [aPauseReading(), copied]) {
      const page = text({ sweep: settling, entries: due, pause });
      expect(page).toContain('The configuration has changed: nothing is revoked before 2026-01-01 01:00 UTC.');
      expect(page).not.toContain('The first sweep after 2026-01-01 01:00 UTC would revoke');
    }
  });

  test('whose end is invalid does not end', () => {
    const page = text({ sweep: { ...settling, settlesUntil: 'an unknown time' }, entries: due });
    expect(page).toContain('The configuration has changed: nothing is revoked before at an unknown time.');
  });
});

describe('a ledger that was made for another table', () => {
  const reading = (table?: string): PauseReading => ({ state: 'none', control: aControl({ table }) });

  test('is told with both names and what follows: nothing is revoked, and nothing taken for removed', () => {
    const page = pageFor({ pause: reading('ledger-before') });
    expect(textOf(page)).toContain(
      'The ledger was made for the table ledger-before, and is kept in ledger. Nothing is revoked, and no rule '
      + 'counts as removed, until someone has checked the ledger and adopted it.',
    );
    expect(page).toMatch(/<div class="alert severe">\s*<p>.*The ledger was made for/);
  });

  test('is shown together with a pause, and never instead of it', () => {
    const pause = aPauseReading();
    const page = text({ pause: { ...pause, control: { ...pause.control!, table: 'ledger-before' } } });
    expect(page).toMatch(/The ledger was made for the table ledger-before.*Revoking is paused until/);
  });

  test('is not spoken of in its own table, nor where the ledger names none', () => {
    const own: Array<PauseReading | undefined> = [reading(DEPLOYED.table), reading(), { state: 'none' }, undefined];
    for (const pause of own) expect(text({ pause })).not.toMatch(/made for|adopted/);
  });
});

describe('open findings', () => {
  test('are shown as none together with what was looked at, and when', () => {
    expect(text()).toContain(
      'No open findings. The latest sweep looked at security group rules 6 min ago (2025-12-31 23:59 UTC).',
    );
    expect(text({ sweep: aSweepEntry({ looksAtRules: false }) })).not.toContain('No open findings');
  });

  test('have the number 0 only if that is known', () => {
    expect(text()).toContain('Open findings (0)');
    for (const sweep of [
      undefined,
      aSweepEntry({ looksAtRules: false }),
      aSweepEntry({ scanErrors: 1 }),
      aSweepEntry({ unidentified: 1 }),
    ]) {
      expect(text({ sweep })).not.toContain('Open findings (0)');
    }
  });

  test('without a rule that is known are told to be there', () => {
    const contents = { sweep: aSweepEntry({ unidentified: 2 }) };
    const told =
      'EC2 called 2 rules stale that could not be identified; they are not listed, but the metrics count them.';
    expect(text(contents)).toContain(
      `Open findings ${told} The latest sweep, 6 min ago (2025-12-31 23:59 UTC), found no others.`,
    );
    expect(text(contents)).not.toContain('No open findings');
    expect(pageFor(contents)).not.toContain('class="good');
    expect(text({ ...contents, entries: [anEntry()] })).toContain(`Open findings (1) ${told}`);
    expect(text({ sweep: aSweepEntry({ unidentified: 1 }) })).toContain(
      'EC2 called 1 rule stale that could not be identified; it is not listed, but the metrics count it.',
    );
    expect(text()).not.toContain('identified');
  });

  test('are promised nothing when more of them may be due at once than one sweep may revoke', () => {
    const sweep = aSweepEntry({ maxRevocationsPerSweep: 2 });
    expect(text({ sweep, entries: findings(3) })).toContain(
      'Revoked by the next sweep, unless more than 2 are due then',
    );
    expect(
      text({
        sweep,
        entries: [...findings(2), anEntry({ rule: aRule({ securityGroupRuleId: 'sgr-9' }), keepReason: 'EGRESS' })],
      }),
    ).not.toContain('unless');
    expect(text({ sweep, entries: [...findings(2), revoked('sgr-9', '2025-12-31T00:00:00.000Z')] })).not.toContain(
      'unless',
    );
  });

  test('are told with the rule, why, the age, the group, its stack and what will happen', () => {
    const rule = aRule({ description: 'by hand' });
    const page = text({
      entries: [
        anEntry({
          rule,
          groupName: 'web',
          vpcId: 'vpc-1',
          stackName: 'Shop',
          because: { stale: 'DELETED_GROUP', declarations: [] },
        }),
      ],
    });
    expect(page).toContain('sgr-1 tcp 22 from 203.0.113.0/24 by hand');
    expect(page).toMatch(
      /stale: the group it refers to was deleted .*1 d .*sg-1 web vpc-1 .*Shop .*Revoked by the next sweep/,
    );
  });

  test('are told with who made them, with which tool and when, where that is known', () => {
    const changedBy = anAuthor({ at: '2025-12-31T23:50:00.000Z' });
    expect(text({ entries: [anEntry({ changedBy })] })).toContain(
      'changed by arn:aws:sts::111122223333:assumed-role/Developer/ann with the console '
        + '(AuthorizeSecurityGroupIngress at 2025-12-31 23:50 UTC, event event-1)',
    );
    const bare = text({ entries: [anEntry({ changedBy: { eventName: 'ModifySecurityGroupRules' } })] });
    expect(bare).toMatch(/changed by an unknown caller(?!,| with)/);
    expect(text({ entries: [anEntry()] })).not.toContain('changed by');
  });

  test('are neither what is revoked nor what is settled', () => {
    const page = text({
      entries: [
        revoked('sgr-7', '2025-12-31T00:00:00.000Z'),
        anEntry({ state: 'HEALED' }),
        anEntry({ state: 'RESTORED' }),
        anEntry({ state: 'PENDING' }),
      ],
    });
    expect(page).toContain('Open findings (1)');
    expect(page).toContain('Recent revocations (1)');
  });
});

describe('paging', () => {
  test.each([
    [0, 0, 0],
    [1, 1, 0],
    [25, 25, 0],
    [26, 25, 1],
    [5000, 25, 1],
  ])('%i findings have %i on the first page and %i button', (count, rows, buttons) => {
    const page = pageFor({ entries: findings(count) });
    expect(ruleIds(page)).toHaveLength(rows);
    expect(calls(page)).toHaveLength(buttons);
    expect(textOf(page)).toContain(`Open findings (${count.toLocaleString('en')})`);
  });

  test('the buttons ask for the pages beside', () => {
    const page = pageFor({ entries: findings(60) }, { findingsPage: 2 });
    expect(calls(page)).toEqual([{ findingsPage: 1, revocationsPage: 1 }, { findingsPage: 3, revocationsPage: 1 }]);
    expect(textOf(page)).toContain('26 to 50 of 60 open findings');
    expect(textOf(page)).toContain('Previous Page 2 of 3 Next');
  });

  test.each([
    [2, 2],
    ['2', 2],
    [3, 3],
    [4, 3],
    [1e9, 3],
    ['999999999', 3],
    [Number.MAX_VALUE, 3],
    [0, 1],
    [-1, 1],
    [NaN, 1],
    [Infinity, 1],
    [2.5, 1],
    ['x', 1],
    ['-2', 1],
    [null, 1],
    [{}, 1],
    [[2], 1],
    [undefined, 1],
  ])('the page %p is the page %i of 3', (wanted, expected) => {
    const page = pageFor({ entries: findings(60) }, { findingsPage: wanted });
    expect(textOf(page)).toContain(`Page ${expected} of 3`);
    expect(ruleIds(page)[0]).toBe(`sgr-${String((expected - 1) * 25).padStart(5, '0')}`);
  });

  test('every finding is on exactly one page', () => {
    const entries = findings(60);
    const seen = [1, 2, 3].flatMap(wanted => ruleIds(pageFor({ entries }, { findingsPage: wanted })));
    expect(seen).toEqual(entries.map(({ securityGroupRuleId }) => securityGroupRuleId));
  });

  test('one list turns without the other', () => {
    const revocations = Array.from({ length: 25 }, (_, index) =>
      revoked(`sgr-r${index}`, `2025-12-${String(index + 1).padStart(2, '0')}T00:00:00.000Z`),
    );
    const page = pageFor({ entries: [...findings(60), ...revocations] }, { findingsPage: 2, revocationsPage: 3 });
    expect(calls(page)).toEqual([
      { findingsPage: 1, revocationsPage: 3 },
      { findingsPage: 3, revocationsPage: 3 },
      { findingsPage: 2, revocationsPage: 2 },
    ]);
    expect(textOf(page)).toContain('21 to 25 of 25 revocations');
  });

  test('5,000 findings and a thousand VPN connections make less than 1 MB', () => {
    const vpnConnections = Array.from({ length: 1000 }, (_, index) =>
      aVpnConnectionEntry({ vpnConnectionId: `vpn-${index}`, name: 'n'.repeat(256) }),
    );
    const page = pageFor({ entries: findings(5000), vpnConnections });
    expect(Buffer.byteLength(page)).toBeLessThan(1_000_000);
    expect(textOf(page)).toContain(`The worst ${MOST_VPN_CONNECTIONS} of 1,000 VPN connections`);
  });
});

describe('VPN connections', () => {
  const statuses = (page: string): string[] => [...textOf(page).matchAll(/vpn-(\w+)/g)].map(([, name]) => name);

  test('come with the worst first, and of those that are gone only the recent', () => {
    const all = ['UP', 'GONE', 'PENDING', 'UNKNOWN', 'DEGRADED', 'NO_ROUTES', 'MISSING', 'DOWN', 'ODD'];
    const vpnConnections = all.map(status => aVpnConnectionEntry({ vpnConnectionId: `vpn-${status}`, status }));
    const longGone = aVpnConnectionEntry({
      vpnConnectionId: 'vpn-LONGGONE',
      status: 'GONE',
      since: '2025-12-24T00:00:00.000Z',
    });
    expect(statuses(pageFor({ vpnConnections: [...vpnConnections, longGone] }))).toEqual([
      'DOWN',
      'MISSING',
      'NO_ROUTES',
      'DEGRADED',
      'ODD',
      'UNKNOWN',
      'PENDING',
      'UP',
      'GONE',
    ]);
  });

  test('are told with their tunnels and gateway', () => {
    const page = text({
      vpnConnections: [
        aVpnConnectionEntry({
          status: 'DEGRADED',
          name: 'office',
          tunnels: [
            { outsideIpAddress: '198.51.100.1', status: 'UP', acceptedRoutes: 1 },
            { outsideIpAddress: '198.51.100.2', status: 'DOWN', acceptedRoutes: 0, statusMessage: 'IPSEC IS DOWN' },
          ],
        }),
      ],
    });
    expect(page).toContain('vpn-1 office');
    expect(page).toMatch(/Degraded .*for 1 d, since 2025-12-31 00:00 UTC/);
    expect(page).toMatch(
      /198\.51\.100\.1 Up , 1 accepted route .*198\.51\.100\.2 Down , 0 accepted routes IPSEC IS DOWN .*vgw-1 customer: cgw-1/,
    );
    expect(page).not.toContain('stale');
  });

  test('without routes are shown as a problem', () => {
    const contents = { vpnConnections: [aVpnConnectionEntry({ status: 'NO_ROUTES', tunnels: [] })] };
    expect(text(contents)).toMatch(/ Up, without routes for 1 d, since/);
    expect(pageFor(contents)).toContain('class="bad status"');
  });

  test('that are pending for longer than a day have a warning', () => {
    const pending = { status: 'PENDING', tunnels: [], since: '2025-12-30T00:00:00.000Z' };
    const long = { vpnConnections: [aVpnConnectionEntry({ ...pending, longPending: true })] };
    expect(text(long)).toMatch(/ Still pending for 2 d, since 2025-12-30 00:00 UTC/);
    expect(pageFor(long)).toContain('class="warning status"');
    const short = { vpnConnections: [aVpnConnectionEntry(pending)] };
    expect(text(short)).toContain(' Pending for 2 d');
    expect(pageFor(short)).not.toContain('class="warning status"');
  });

  const flapping = (flappedAt: string): string => text({
    vpnConnections: [
      aVpnConnectionEntry({ tunnels: [{ outsideIpAddress: '198.51.100.1', status: 'UP', flappedAt }] }),
    ],
  });

  test('show the tunnels that flapped in the last days, with the time of the last flap', () => {
    expect(flapping('2025-12-31T22:30:00.000Z')).toMatch(/198\.51\.100\.1 Up flapped, last at 2025-12-31 22:30 UTC/);
    expect(flapping('2025-12-25T00:06:00.000Z')).toContain('flapped, last at 2025-12-25 00:06 UTC');
  });

  test.each(['2025-12-25T00:04:00.000Z', 'yesterday', ''])('do not show a flap that is long ago, or whose time is invalid: %j', at => {
    expect(flapping(at)).not.toContain('flapped');
  });

  test('with static routing are told without accepted routes', () => {
    expect(text({ vpnConnections: [aVpnConnectionEntry({ staticRoutesOnly: true })] })).not.toContain('accepted route');
  });

  test('are distinguished from connections that are not looked at', () => {
    expect(text()).toContain('VPN connections (0) The latest sweep found no VPN connections.');
    const page = text({ sweep: aSweepEntry({ looksAtVpnConnections: false, recordedVpnConnections: false }) });
    expect(page).toContain('VPN connections VPN connections are not looked at.');
    expect(page).not.toMatch(/found no VPN|connections \(0\)/);
  });

  test('that could not be read are unknown, not none', () => {
    const page = text({ sweep: aSweepEntry({ recordedVpnConnections: false, scanErrors: 1 }) });
    expect(page).toContain('VPN connections Unknown: the latest sweep could not read or record VPN connections.');
    expect(page).not.toMatch(/No VPN connections|found no VPN|connections \(0\)/);
  });

  test.each([
    [
      { recordedVpnConnections: false, scanErrors: 1 },
      'The latest sweep could not read or record VPN connections: this is the last that was seen.',
    ],
    [
      { looksAtVpnConnections: false, recordedVpnConnections: false },
      'VPN connections are not looked at any more: this is the last that was seen.',
    ],
  ])('of an earlier sweep are told to be so, and none is well: %j', (overrides, told) => {
    const contents = { sweep: aSweepEntry(overrides), vpnConnections: [aVpnConnectionEntry()], entries: [anEntry()] };
    expect(text(contents)).toContain(`VPN connections (1) ${told}`);
    expect(text(contents)).toContain('Up since 2025-12-31 00:00 UTC');
    expect(text(contents)).not.toContain('for 1 d');
    expect(pageFor(contents)).not.toContain('class="good');
  });

  test('of the latest sweep are told without such a sentence', () => {
    const contents = { vpnConnections: [aVpnConnectionEntry()], entries: [anEntry()] };
    expect(text(contents)).not.toContain('last that was seen');
    expect(pageFor(contents)).toContain('class="good');
  });
});

describe('recent revocations', () => {
  test('come with the newest first, with when, by which sweep, and the command that puts them back', () => {
    const entries = [revoked('sgr-7', '2025-12-30T00:00:00.000Z'), revoked('sgr-8', '2025-12-31T22:05:00.000Z')];
    const page = pageFor({ entries }, {}, 'Handler:restore');
    expect(ruleIds(page)).toEqual(['sgr-8', 'sgr-7']);
    expect(textOf(page)).toContain('2025-12-31 22:05 UTC 2 h ago, by sweep sweep-7');
    expect(textOf(page)).toContain(
      'aws lambda invoke --function-name Handler:restore --cli-binary-format raw-in-base64-out --payload \'{"restore":{"securityGroupRuleIds":["sgr-8"]}}\' /dev/stdout',
    );
  });

  test('are told with who had made them, with which tool and when, where that is known', () => {
    const changedBy = anAuthor({ tool: 'Terraform' });
    const entries = [revoked('sgr-7', '2025-12-30T00:00:00.000Z', { changedBy }), revoked('sgr-8', '2025-12-31T22:05:00.000Z')];
    expect(text({ entries }).match(/changed by \S+ with Terraform \(AuthorizeSecurityGroupIngress at 2026-01-01 00:00 UTC, event event-1\)/g)).toHaveLength(1);
  });

  test('have no command where nothing may be put back', () => {
    const page = text({ entries: [revoked('sgr-7', '2025-12-30T00:00:00.000Z')] });
    expect(page).toContain('restoring is switched off (allowRestore)');
    expect(page).not.toContain('aws lambda invoke');
  });

  test.each(["sgr-1'; rm -rf ~; '", 'sgr-$(id)', 'sgr-1\n', ''])(
    'have no command for the id %j, which would end up in a shell',
    id => {
      expect(text({ entries: [revoked(id, '2025-12-30T00:00:00.000Z')] }, {}, 'Handler:restore')).not.toContain(
        'aws lambda invoke',
      );
    },
  );
});

describe('a place of an organization', () => {
  const PLACE: ShownPlace = {
    account: '222222222222', region: 'eu-west-1', top: html`<p>Web in Ireland</p>`,
    call: { account: '222222222222', region: 'eu-west-1', placesPage: 3 }, isReportOnly: false, isSeen: true,
  };
  const placePage = (contents: Partial<Contents>, place: Partial<ShownPlace> = {}, event: unknown = {}): string =>
    findingsPage({ entries: [], vpnConnections: [], sweep: aSweepEntry(), ...contents }, request(event), {
      now: NOW, endpoint: ENDPOINT, restoreFunction: 'Hub:restore', table: DEPLOYED.table, place: { ...PLACE, ...place },
    });

  test('is told of first', () => expect(textOf(placePage({}))).toMatch(/^Web in Ireland Latest sweep: 6 min ago/));

  test('is part of the commands that restore and retry', () => {
    const returned = { revocations: 3, latest: '2025-12-31T00:00:00.000Z', isKept: true as const };
    const page = textOf(placePage({
      entries: [revoked('sgr-7', '2025-12-30T00:00:00.000Z'), anEntry({ keepReason: 'COMES_BACK', returned })],
    }));
    expect(page).toContain('\'{"restore":{"account":"222222222222","region":"eu-west-1","securityGroupRuleIds":["sgr-7"]}}\'');
    expect(page).toContain('{"retry":{"account":"222222222222","region":"eu-west-1","securityGroupRuleIds":["sgr-1"]}}');
  });

  test('stays when a list is turned', () => {
    const revocations = Array.from({ length: 11 }, (_, index) => revoked(`sgr-r${index}`, '2025-12-30T00:00:00.000Z'));
    const page = placePage({ entries: [...findings(26), ...revocations] });
    expect(calls(page)).toEqual([
      { ...PLACE.call, findingsPage: 2, revocationsPage: 1 }, { ...PLACE.call, findingsPage: 1, revocationsPage: 2 },
    ]);
  });

  test('whose account is only reported is not told to be switched off', () => {
    const within = anEntry({ keepReason: 'WITHIN_GRACE', because: { stale: 'DELETED_GROUP', declarations: [] } });
    const contents = { sweep: aSweepEntry({ enabled: false, grace: aGrace() }), entries: [within] };
    const page = textOf(placePage(contents, { isReportOnly: true }));
    expect(page).toContain('Kept: its account is not in revokeIn, so everything in it is only reported');
    expect(page).not.toContain('enabled is false');
    expect(textOf(placePage(contents)).split('enabled is false')).toHaveLength(3);
  });

  test('that the latest run could not look at is not told to be well', () => {
    const contents = { vpnConnections: [aVpnConnectionEntry()] };
    expect(textOf(placePage(contents))).toContain('No open findings.');
    const page = placePage(contents, { isSeen: false });
    expect(textOf(page)).toContain('The latest sweep, 6 min ago (2025-12-31 23:59 UTC), found no open findings.');
    expect(textOf(page)).not.toMatch(/No open findings\.|findings \(0\)|for 1 d/);
    expect(page).not.toContain('class="good');
  });

  test('shares the limit and the pause with all others', () => {
    const contents = { entries: [anEntry({ keepReason: 'PAUSED' })], pause: aPauseReading() };
    const page = textOf(placePage(contents, { due: 30 }));
    expect(page).toContain('30 rules are due; maxRevocationsPerSweep is 20, so none is revoked');
    expect(page).toMatch(/Revoked by the first sweep after the pause ends, .*, unless more than 20 are due then/);
    expect(textOf(placePage(contents))).toContain('How many rules are due cannot be read');
    const settling = { entries: contents.entries, sweep: aSweepEntry({ settlesUntil: '2026-01-02T00:00:00.000Z' }) };
    expect(textOf(placePage(settling))).toContain('would revoke 1 rule. The limit holds for all accounts and Regions together.');
    expect(text(settling)).not.toContain('The limit holds');
  });
});

describe('the widget', () => {
  test('is light unless the dashboard is dark, and wide unless it is told to be small', () => {
    expect(pageFor()).toBe(pageFor({}, { widgetContext: { theme: 'light', width: 1100 } }));
    expect(pageFor({}, { widgetContext: { theme: 'dark' } })).not.toBe(pageFor());
    expect(pageFor({}, { widgetContext: { width: 699 } })).toContain('class="nh narrow"');
    expect(pageFor({}, { widgetContext: { width: 700 } })).not.toContain('class="nh narrow"');
  });

  test.each([
    undefined,
    null,
    7,
    'text',
    [],
    { widgetContext: null },
    { widgetContext: { theme: 7, width: 'x', timezone: 5 } },
    { widgetContext: { timezone: { offsetISO: '+99:99' } } },
  ])('shows the page whatever it is asked: %j', event => expect(pageFor({}, event)).toBe(pageFor()));

  test('shows times in the zone of the dashboard', () => {
    expect(
      text({}, { widgetContext: { timezone: { label: 'Local', offsetISO: '-03:30', offsetInMinutes: 210 } } }),
    ).toContain('(2025-12-31 20:29 -03:30,');
  });

  test.each([{ describe: true }, { describe: {} }, { describe: null }, { describe: 1, widgetContext: {} }])(
    'is described for %j',
    event => expect(parseRequest(event)).toBe('describe'),
  );

  test('is not described when that is not asked for', () => {
    expect(parseRequest({ describe: false })).not.toBe('describe');
  });

  test('switches the default styles off, and leaves the dashboard around it alone', () => {
    const page = pageFor();
    expect(page).toMatch(/^<div class="cwdb-no-default-styles"><\/div><style>/);
    const selectors = [...(/<style>([^]*)<\/style>/.exec(page)?.[1] ?? '').matchAll(/^(.*?) \{/gm)].flatMap(
      ([, list]) => list.split(', '),
    );
    expect(selectors.length).toBeGreaterThan(20);
    expect(selectors.filter(selector => !/^\.nh[ .]|^\.nh$/.test(selector))).toEqual([]);
  });
});

describe('a failure', () => {
  const failure = (code: string, message: string): string =>
    textOf(errorPage(problem({ code, message }, 'ledger-table'), request()));

  test('is told with what was being done, what came back and what to do', () => {
    const page = failure('AccessDeniedException', 'User: x is not authorized to perform: dynamodb:Query');
    expect(page).toContain(
      'Reading the table ledger-table failed with AccessDeniedException : User: x is not authorized to perform: dynamodb:Query',
    );
    expect(page).toContain("The function's role needs dynamodb:GetItem and dynamodb:Query on the table ledger-table.");
  });

  test.each([
    ['AccessDeniedException', 'not authorized to perform: kms:Decrypt', /needs kms:Decrypt/],
    ['ResourceNotFoundException', 'Requested resource not found', /The table ledger-table does not exist/],
    ['ThrottlingException', 'Rate exceeded', /Refresh the widget/],
    ['TimeoutError', 'timed out', /Refresh the widget/],
    ['Error', 'The ledger\'s entry of sgr-1 has no state', /Deploy the stack again/],
    ['ValidationException', 'what?', /Refresh the widget\. If the error stays/],
  ])('by %s, %s, has its own advice', (code, message, advice) => expect(failure(code, message)).toMatch(advice));

  test('never reads as if there were no findings', () => {
    const page = failure('AccessDeniedException', 'no');
    expect(page).not.toMatch(/No open findings|\(0\)|No sweep/);
    expect(page).toContain('This says nothing about how many findings there are.');
  });
});

describe('what others have written', () => {
  /** Contents with one text in every place for texts. */
  const contentsWith = (words: string): Partial<Contents> => ({
    sweep: aSweepEntry({ scanErrors: 3, errors: [words], sweepId: words, settlesUntil: words }),
    pause: { state: 'none', control: aControl({ table: words }) },
    vpnConnections: [
      aVpnConnectionEntry({
        vpnConnectionId: words,
        name: words,
        gateway: words,
        customerGatewayId: words,
        status: 'DOWN',
        tunnels: [{ outsideIpAddress: words, status: 'DOWN', statusMessage: words, acceptedRoutes: 0 }],
      }),
      aVpnConnectionEntry({ status: words }),
    ],
    entries: [
      ...(['OPEN', 'REVOKED'] as const).map(state =>
        anEntry({
          state,
          groupName: words,
          vpcId: words,
          stackName: words,
          keepReason: words,
          because: { verdict: 'flagged', declarations: [{ name: words, reason: words }] },
          changedBy: { eventName: words, eventId: words, at: words, arn: words },
          outcome: { name: state, sweepId: words, at: '2025-12-31T00:00:00.000Z', detail: words },
          rule: aRule({
            securityGroupRuleId: words,
            groupId: words,
            ipProtocol: words,
            cidrIpv4: words,
            description: words,
            tags: { [words]: words },
          }),
        }),
      ),
      anEntry({ outcome: { name: 'FAILED', sweepId: words, at: words, detail: words } }),
    ],
    unreadable: {
      rules: [{ id: words, message: words }],
      vpnConnections: [{ id: words, message: words }],
      sweep: words,
    },
  });
  const plainTags = tagsOf(pageFor(contentsWith('plain'), {}, 'Handler:restore'));

  test.each(HOSTILE_TEXTS)('%j is text, wherever it is', words => {
    const page = pageFor(contentsWith(words), {}, 'Handler:restore');
    expect(tagsOf(page)).toEqual(plainTags);
    expect(page.replace(/<style>[^]*?<\/style>/, '').replace(/<[^>]*>/g, '')).not.toMatch(/[<>]/);
    expect(
      textOf(page).split(words.replace(/\s+/g, ' ').replace(/[\u0000\u202e\ud800]/g, '\ufffd')).length,
    ).toBeGreaterThan(20);
  });

  test('is text, whatever it is', () => {
    const words = fc.oneof(
      fc.string({ unit: 'binary', minLength: 1 }),
      fc
        .array(fc.constantFrom(...HOSTILE_TEXTS, '"', "'", '&', '>', '=', '`', '\n', '{', '$'), {
          minLength: 1,
          maxLength: 4,
        })
        .map(parts => parts.join('')),
    );
    fc.assert(fc.property(words, given => {
      // An empty description has no element, and an id of EC2 has a command.
      fc.pre(given.trim() !== '' && !/^sgr-/.test(given));
      expect(tagsOf(pageFor(contentsWith(`${given}.`), {}, 'Handler:restore'))).toEqual(plainTags);
    }), { numRuns: 300 });
  });

  test('can neither hide nor turn the text around it', () => {
    expect(pageFor(contentsWith('a\u202eb\u2066c\u200fd\u0007e\u009bf\u2028g'))).not.toMatch(
      /[\u202e\u2066\u200f\u0007\u009b\u2028]/,
    );
  });

  test('is cut when it has no end', () => {
    const page = pageFor(contentsWith('x'.repeat(100_000)));
    expect(page.length).toBeLessThan(100_000);
    expect(page).toContain(`${'x'.repeat(900)}`);
  });

  test.each(HOSTILE_TEXTS)('%j is text in what is said of a pause, too', words => {
    const readings = (said: string): PauseReading[] => [
      aPauseReading({ reason: said }), { state: 'unreadable', error: { code: 'UnreadableItem', message: said } },
    ];
    const pagesOf = (said: string): string[] => readings(said).map(pause => pageFor({ pause }));
    expect(pagesOf(words).map(tagsOf)).toEqual(pagesOf('plain').map(tagsOf));
  });

  test('is no markup in a failure or an endpoint either', () => {
    const failure = (words: string): string => errorPage(problem({ code: words, message: words }, words), request());
    expect(tagsOf(failure('"><script>'))).toEqual(tagsOf(failure('plain')));
    const page = findingsPage({ entries: findings(26), vpnConnections: [] }, request(), {
      now: NOW, endpoint: '"><script>', restoreFunction: '<b>', table: DEPLOYED.table,
    });
    expect(page).toContain('endpoint="&quot;&gt;&lt;script&gt;"');
    expect(page).not.toContain('<script>');
  });

  test('reaches no other place, and tags of rules are not shown at all', () => {
    const page = pageFor({ entries: [anEntry({ rule: aRule({ tags: { Secret: 'not-for-everyone' } }) })] });
    expect(page).not.toContain('not-for-everyone');
    expect(page).not.toMatch(/url\(|@import|<(script|iframe|use|img|link|form|input)\b|\s(src|href|on\w+)=/i);
  });
});

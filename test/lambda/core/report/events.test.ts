/** Tests the events of a run: the content of each, and that it matches its schema. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { KEEP_REASONS } from '../../../../lambda/core/decide/reasons';
import type { HygieneEvent } from '../../../../lambda/core/model/delivery';
import type { SweepResult, UnusedGroupChange, WithheldReason } from '../../../../lambda/core/model/result';
import { events } from '../../../../lambda/core/report/events';
import { GROUP_HOLDERS_NOT_LOOKED_AT } from '../../../../src/contract/group-holders';
import { EVENT_SOURCE, EventType } from '../../../../src/contract/names';
import { anAuthor, anEntry, aRule } from '../../../support/builders';
import { violations } from '../../../support/event-schemas';
import { aVpnConnectionEntry } from '../../../support/findings';
import { anUnusedGroup } from '../../../support/ledger-builders';
import { aPause } from '../../../support/pauses';
import { anOutcome, aSweepResult } from '../../../support/sweep-result';

/** The runs of an organization tell the others. */
const TOLD_BY_SWEEPS = Object.values(EventType).filter(type => !/^Coverage/.test(type));

const TELLER = { hygiene: 'Stack/NetworkHygiene', maxRevocationsPerSweep: 20 };
const STALE = { stale: 'DELETED_GROUP', declarations: [] };

const wrongsOf = ({ type, detail }: HygieneEvent): string[] =>
  violations({ 'source': EVENT_SOURCE, 'detail-type': type, 'detail': detail });

/** Returns the events as they are sent, without undefined members, after checking each against its schema. */
function sent(result: Partial<SweepResult>, restoreFunctionName?: string): HygieneEvent[] {
  const told = JSON.parse(JSON.stringify(events(aSweepResult(result), TELLER, {
    restoreFunctionName, approveFunctionName: 'sweeper:approve',
  }))) as HygieneEvent[];
  expect(told.flatMap(wrongsOf)).toEqual([]);
  return told;
}

function theOnly(result: Partial<SweepResult>, restoreFunctionName?: string): HygieneEvent {
  const told = sent(result, restoreFunctionName);
  expect(told).toHaveLength(1);
  return told[0];
}

/** Returns the values that a member of an event can have. */
function enumIn(file: string, member: string): string[] {
  const text = readFileSync(join(__dirname, '..', '..', '..', '..', 'docs', 'events', `${file}.schema.json`), 'utf8');
  const schema = JSON.parse(text) as { properties: { detail: { properties: Record<string, { enum: string[] }> } } };
  return schema.properties.detail.properties[member].enum;
}

const closed = (name: string, detail: string): ReturnType<typeof anEntry> => anEntry({
  because: STALE, state: 'HEALED', outcome: { name, detail, sweepId: 'sweep-1', at: '2026-01-01T00:00:00.000Z' },
});

test('a run that changed nothing has none', () => {
  expect(sent({})).toEqual([]);
});

describe('a VPN connection', () => {
  const STATUSES = ['DEGRADED', 'DOWN', 'GONE', 'MISSING', 'NO_ROUTES', 'PENDING', 'UNKNOWN', 'UP'];

  test.each(['status', 'previousStatus'])('has only statuses that its schema names: %s', member => {
    expect([...enumIn('vpn-connection-state-changed', member)].sort()).toEqual(STATUSES);
    for (const status of STATUSES) {
      const [entry, previous] = [aVpnConnectionEntry({ status }), aVpnConnectionEntry()];
      sent({ vpnConnectionChanges: [member === 'status' ? { entry, previous } : { entry: previous, previous: entry }] });
    }
  });

  test('without routes says so in words', () => {
    const entry = aVpnConnectionEntry({
      status: 'NO_ROUTES',
      tunnels: [{ outsideIpAddress: '192.0.2.1', status: 'UP', acceptedRoutes: 0, statusMessage: '0 BGP ROUTES' }],
    });
    const { detail } = theOnly({ vpnConnectionChanges: [{ entry, previous: aVpnConnectionEntry() }] });
    expect(detail).toMatchObject({ status: 'NO_ROUTES', previousStatus: 'UP' });
    expect(detail.message).toBe('VPN connection vpn-1 is NO_ROUTES (a tunnel is up, but no route is accepted over BGP), '
      + 'was UP. Tunnels: 192.0.2.1 UP (0 BGP ROUTES)');
  });

  test('with a tunnel that flapped gives the time of the last flap', () => {
    const flappedAt = '2025-12-31T12:00:00.000Z';
    const tunnels = [{ outsideIpAddress: '192.0.2.1', status: 'DOWN' as const, flappedAt }];
    const { detail } = theOnly({
      vpnConnectionChanges: [{ entry: aVpnConnectionEntry({ status: 'DOWN', tunnels }), previous: aVpnConnectionEntry() }],
    });
    expect(detail.tunnels).toEqual([{ outsideIpAddress: '192.0.2.1', status: 'DOWN', flappedAt }]);
  });

  test('that is pending for long, or whose tunnels flap, has no event, because nothing changed', () => {
    const newlyLongPending = [aVpnConnectionEntry({ status: 'PENDING', longPending: true })];
    expect(sent({ newlyLongPending, tunnelFlaps: new Map([['vpn-1', ['192.0.2.1']]]) })).toEqual([]);
  });
});

describe('a security group', () => {
  const changed = (change: UnusedGroupChange['change'], entry = anUnusedGroup()): HygieneEvent =>
    theOnly({ unusedGroups: { entries: [], isWhole: true, changes: [{ change, entry }] } });

  test('that is unused is named with its stack, its age, and what was not looked at', () => {
    const { type, detail } = changed('OPENED', anUnusedGroup({ groupName: 'web', stackName: 'shop' }));
    expect(type).toBe(EventType.UNUSED_SECURITY_GROUP_FOUND);
    expect(detail).toMatchObject({
      groupId: 'sg-1', groupName: 'web', stackName: 'shop', since: '2026-01-01T00:00:00.000Z', sightings: 3,
    });
    expect(detail.notLookedAt).toEqual(GROUP_HOLDERS_NOT_LOOKED_AT);
    expect(detail.message).toBe('Security group sg-1 (web) is unused since 2026-01-01T00:00:00.000Z: no network interface has '
      + 'it, no rule refers to it, and no resource that was looked at names it. The stack shop owns it');
  });

  test.each([
    ['HEALED', 'Lambda functions', 'USED', 'is used again, by Lambda functions'],
    ['HEALED', undefined, 'GONE', 'is gone, or no longer in scope; it was unused'],
    ['WAITING', undefined, 'WAITING', 'is unused, but not for as long as the configuration now asks for'],
    ['LET_GO', undefined, 'NO_LONGER_LOOKED_FOR', 'is no longer looked at, because the configuration ignores unused groups'],
  ] as const)('that is unused no more says why: %s by %s', (change, usedBy, resolution, words) => {
    const { type, detail } = changed(change, anUnusedGroup({ state: 'HEALED', usedBy }));
    expect(type).toBe(EventType.UNUSED_SECURITY_GROUP_RESOLVED);
    expect(detail).toMatchObject({ resolution, ...usedBy && { usedBy } });
    expect(detail.message).toBe(`Security group sg-1 ${words}`);
    expect(enumIn('unused-security-group-resolved', 'resolution')).toContain(resolution);
  });
});

describe('a finding that is opened', () => {
  /** Whether too many rules are due is known only after all are counted. */
  const ofRules = Object.entries(KEEP_REASONS).filter(([, { kind }]) => kind !== 'limit').map(([name]) => name);

  test.each(ofRules)('may be kept for %s, and says so', keepReason => {
    const entry = anEntry({ because: STALE, keepReason });
    const { type, detail } = theOnly({ changes: [{ change: 'OPENED', entry }] });
    expect(type).toBe(EventType.FINDING_OPENED);
    expect(detail).toMatchObject({ securityGroupRuleId: 'sgr-1', keepReason, because: STALE });
    expect(detail.message).toMatch(/^Found sgr-1 of sg-1: .* stale: .*\. Kept for now: [a-z]/);
  });

  test('has a schema that knows these reasons, and no other', () => {
    expect([...enumIn('finding-opened', 'keepReason')].sort()).toEqual([...ofRules].sort());
  });

  test('and that is to be revoked names no reason', () => {
    const { detail } = theOnly({ changes: [{ change: 'OPENED', entry: anEntry({ because: STALE }) }] });
    expect(detail).not.toHaveProperty('keepReason');
    expect(detail.message).not.toContain('Kept');
  });
});

describe('who made a change', () => {
  const changedBy = anAuthor();
  const entry = anEntry({ because: STALE, changedBy });
  const SENTENCE = '. Changed by arn:aws:sts::111122223333:assumed-role/Developer/ann with the console '
    + '(AuthorizeSecurityGroupIngress at 2026-01-01 00:00 UTC, event event-1)';

  test('is in the event of a finding that is opened, and of a rule that is revoked', () => {
    const [opened, revoked] = sent({
      changes: [{ change: 'OPENED', entry }], outcomes: [anOutcome('REVOKED')], entries: new Map([['sgr-1', entry]]),
    });
    for (const { detail } of [opened, revoked]) {
      expect(detail.changedBy).toEqual(changedBy);
      expect(detail.message).toContain(SENTENCE);
    }
  });

  test('is in the event of a finding that a change has ended: then it is who ended it', () => {
    const { detail } = theOnly({ changes: [{ change: 'HEALED', entry: { ...closed('HEALED', 'it was removed'), changedBy } }] });
    expect(detail.changedBy).toEqual(changedBy);
    expect(detail.message).toMatch(/^Resolved, because it was removed: .*\. Changed by arn/);
  });

  test('is in no event of a finding that ended otherwise', () => {
    const entries = new Map([['sgr-1', entry]]);
    const ended = [
      ...sent({ outcomes: [anOutcome('ALREADY_GONE')], entries }),
      ...sent({ outcomes: [anOutcome('REVOKED')], entries }).filter(({ type }) => type === EventType.FINDING_RESOLVED),
      ...sent({ changes: [{ change: 'HEALED', entry: { ...entry, state: 'REVOKED' } }] }),
    ];
    expect(ended.map(({ type }) => type)).toEqual(ended.map(() => EventType.FINDING_RESOLVED));
    expect(ended).toHaveLength(3);
    expect(JSON.stringify(ended)).not.toMatch(/changedBy|Changed by/);
  });

  test('is in no event of a rule that EC2 revoked with other traffic', () => {
    const outcomes = [anOutcome('REVOKED_CHANGED', { rule: aRule({ toPort: 23 }) })];
    expect(JSON.stringify(sent({ outcomes, entries: new Map([['sgr-1', entry]]) }))).not.toContain('changedBy');
  });

  test('may be known in part', () => {
    const { detail } = theOnly({ changes: [{ change: 'OPENED', entry: { ...entry, changedBy: { eventName: 'ModifySecurityGroupRules' } } }] });
    expect(detail.changedBy).toEqual({ eventName: 'ModifySecurityGroupRules' });
    expect(detail.message).toContain('. Changed by an unknown caller (ModifySecurityGroupRules)');
  });
});

describe('a finding that is resolved', () => {
  test('by someone else, or by itself, is HEALED', () => {
    const entry = closed('HEALED', 'it was removed, and not by this construct');
    const { type, detail } = theOnly({ changes: [{ change: 'HEALED', entry }] });
    expect(type).toBe(EventType.FINDING_RESOLVED);
    expect(detail).toMatchObject({ resolution: 'HEALED', detail: 'it was removed, and not by this construct' });
  });

  test('by a change of the configuration is NO_LONGER_LOOKED_FOR, and not said to be healed, gone or revoked', () => {
    const entry = closed('NO_LONGER_LOOKED_FOR', 'it is there, and the configuration no longer looks for it');
    const { type, detail } = theOnly({ changes: [{ change: 'LET_GO', entry }] });
    expect(type).toBe(EventType.FINDING_RESOLVED);
    expect(detail).toMatchObject({ resolution: 'NO_LONGER_LOOKED_FOR', because: STALE });
    expect(detail.detail).toBe('it is there, and the configuration no longer looks for it');
    expect(detail.message)
      .toMatch(/^Resolved, because it is there, and the configuration no longer looks for it: sgr-1 of sg-1/);
  });

  test('by its revocation is REVOKED, after the revocation itself', () => {
    const entries = new Map([['sgr-1', anEntry({ because: STALE })]]);
    const told = sent({ outcomes: [anOutcome('REVOKED')], entries }, 'sweeper:restore');
    expect(told.map(({ type }) => type)).toEqual([EventType.INGRESS_RULE_REVOKED, EventType.FINDING_RESOLVED]);
    expect(told[0].detail.restoreCommand).toContain('sweeper:restore');
    expect(told[1].detail.resolution).toBe('REVOKED');
  });

  test('has a schema that knows these three ways, and no other', () => {
    expect(enumIn('finding-resolved', 'resolution')).toEqual(['HEALED', 'NO_LONGER_LOOKED_FOR', 'REVOKED']);
  });

  test('is not told by the run that only finishes it: that is among its revocations', () => {
    expect(sent({ changes: [{ change: 'FINISHED', entry: anEntry({ because: STALE }) }] })).toEqual([]);
  });
});

describe('revocations that are withheld', () => {
  const rules = (count: number): SweepResult['newlyWithheld'][number]['rules'] =>
    Array.from({ length: count }, (_, index) => aRule({ securityGroupRuleId: `sgr-${index}` }));

  const REASONS: Record<WithheldReason, RegExp> = {
    OVER_LIMIT: /because one sweep may revoke 20\. .*nothing is revoked/,
    LIMIT_USED: /because 20 may be revoked between two scheduled sweeps.*They wait for the next scheduled sweep$/,
    LEDGER_UNAVAILABLE: /because the ledger could not be read or written/,
    LEDGER_UNTRUSTED: /because the ledger was made for another table/,
    COMES_BACK: /because they came back each time they were revoked/,
    OUTSIDE_WINDOW: /because they wait for the revocation window, and one sweep may revoke 20\./,
    STACK_IN_PROGRESS: /because CloudFormation has been changing the stack Shop since 2026.*, for longer than 6 hours\./,
    SKIPPED: /because time ran out/,
  };

  const STACK = {
    stackId: 'arn:aws:cloudformation:eu-central-1:111122223333:stack/Shop/0123', status: 'UPDATE_IN_PROGRESS',
    since: '2026-01-01T00:00:00.000Z', isStuck: true,
  };

  test.each(Object.entries(REASONS))('are told with the reason and what follows from it: %s', (why, words) => {
    const { type, detail } = theOnly({
      newlyWithheld: [{
        reason: why as WithheldReason, rules: rules(2), ...why === 'STACK_IN_PROGRESS' && { stacks: [STACK] },
      }],
    });
    expect(type).toBe(EventType.REVOCATION_WITHHELD);
    expect(detail).toMatchObject({ reason: why, count: 2, maxRevocationsPerSweep: 20 });
    expect(detail.message).toMatch(/^Withheld 2 revocations, /);
    expect(detail.message).toMatch(words);
  });

  test('have the first twenty of the stacks that CloudFormation has been changing for long', () => {
    const stacks = Array.from({ length: 30 }, (_, index) => ({ ...STACK, stackId: `${STACK.stackId}${index}` }));
    const { detail } = theOnly({ newlyWithheld: [{ reason: 'STACK_IN_PROGRESS', rules: rules(1), stacks }] });
    const { isStuck: _, ...first } = stacks[0];
    expect(detail.stacks).toHaveLength(20);
    expect(detail.stacks).toContainEqual(first);
  });

  test('have a schema that knows these reasons, and no other', () => {
    expect([...enumIn('revocation-withheld', 'reason')].sort()).toEqual(Object.keys(REASONS).sort());
  });

  test('have an event for each reason', () => {
    const newlyWithheld = [{ reason: 'OVER_LIMIT', rules: rules(1) }, { reason: 'SKIPPED', rules: rules(2) }] as const;
    const told = sent({ newlyWithheld }).map(({ detail: { reason, count } }) => [reason, count]);
    expect(told).toEqual([['OVER_LIMIT', 1], ['SKIPPED', 2]]);
  });

  test('are named up to the twentieth, and all counted', () => {
    const { detail } = theOnly({ newlyWithheld: [{ reason: 'OVER_LIMIT', rules: rules(500) }] });
    expect(detail.count).toBe(500);
    expect(detail.rules).toHaveLength(20);
    expect((detail.rules as unknown[])[0]).toEqual({ securityGroupRuleId: 'sgr-0', groupId: 'sg-1' });
  });

  test('have a schema that takes no 21st rule', () => {
    const { type, detail } = theOnly({ newlyWithheld: [{ reason: 'OVER_LIMIT', rules: rules(20) }] });
    const rule = { securityGroupRuleId: 'sgr-20', groupId: 'sg-1' };
    const more = { ...detail, rules: [...detail.rules as unknown[], rule] };
    expect(wrongsOf({ type, detail: more })).toHaveLength(1);
  });

  test('are not told again while they are the same, however many there are', () => {
    expect(sent({ withheld: [{ reason: 'OVER_LIMIT', rules: rules(30) }], newlyWithheld: [] })).toEqual([]);
  });
});

/** What a person is asked to approve. */
const APPROVAL = { digest: '0123456789abcdef', by: 'sweep-1', at: '2026-01-01T00:00:00.000Z' };

/** An exemption until a day. */
const EXEMPTION = {
  kind: 'until', tag: 'network-hygiene:exempt-until', value: '2026-01-07', until: '2026-01-08T00:00:00.000Z', on: 'rule',
} as const;

describe('every schema', () => {
  const told = sent({
    changes: [
      { change: 'OPENED', entry: anEntry({ because: STALE }) },
      { change: 'EXEMPTION_ENDING', entry: anEntry({ because: STALE, exemption: EXEMPTION }) },
      { change: 'CALLED_OFF', entry: anEntry({ because: STALE, keepReason: 'EXEMPT_BY_RULE_TAG' }) },
    ],
    entries: new Map([['sgr-1', anEntry({ because: STALE, announced: { by: 'sweep-1', at: '2026-01-01T00:00:00.000Z', told: [] } })]]),
    asked: { entries: [anEntry({ because: STALE, approval: APPROVAL })], isRecorded: true },
    outcomes: [anOutcome('REVOKED', { rule: aRule({ securityGroupRuleId: 'sgr-2' }) })],
    newlyWithheld: [{ reason: 'SKIPPED', rules: [aRule()] }],
    vpnConnectionChanges: [{ entry: aVpnConnectionEntry({ status: 'DOWN' }), previous: aVpnConnectionEntry() }],
    pauseChanges: [{ change: 'ENDING', pause: aPause(), holds: true }],
    unusedGroups: {
      entries: [], isWhole: true,
      changes: [
        { change: 'OPENED', entry: anUnusedGroup() },
        { change: 'HEALED', entry: anUnusedGroup({ state: 'HEALED', usedBy: 'Lambda functions' }) },
      ],
    },
  });

  test('has an event here', () => {
    expect(new Set(told.map(({ type }) => type))).toEqual(new Set(TOLD_BY_SWEEPS));
  });

  /** Returns the members that have one of several fixed values. */
  const named = ({ type, detail }: HygieneEvent): string[] => ['resolution', 'keepReason', 'change']
    .concat(type === EventType.REVOCATION_WITHHELD ? 'reason' : []).filter(key => key in detail);

  const byType = told.map(event => [event.type, event] as const);

  test.each(byType)('takes no member and no text that it does not name: %s', (type, event) => {
    const { detail } = event;
    const { message: _, ...rest } = detail;
    const wrongs = [
      { ...detail, surprise: 1 }, { ...detail, version: '2' }, rest,
      ...named(event).map(key => ({ ...detail, [key]: 'SOMETHING_NEW' })),
    ];
    for (const wrong of wrongs) expect(wrongsOf({ type, detail: wrong as HygieneEvent['detail'] })).not.toEqual([]);
  });
});

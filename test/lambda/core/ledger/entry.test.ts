import {
  type Absence, corrected, healed, isSameRule, isSameTraffic, kept, mayHaveRevoked, notFound, pending, restored, revoked, seen,
} from '../../../../lambda/core/ledger/entry';
import type { LedgerEntry, SecurityGroupRule } from '../../../../lambda/core/ports';
import { aFlaggedRule, aGroup, anEntry, aRule, aStaleRule } from '../../../support/builders';
import { aFlaggedFinding, after, anAttempt, aStaleFinding, aWriter, inNinetyDays, iso } from '../../../support/ledger-builders';

/** Longer than any attempt may have its effect. */
const LONG = 16;
/** The last moment at which it may. */
const ALMOST_LONG = LONG - 1 / 60;

const THERE: Absence = { exists: true, isLookedAt: true };
const GONE: Absence = { exists: false, isLookedAt: true };

const OUTCOME_REVOKED = { name: 'REVOKED', sweepId: 'sweep-before', at: iso(0) };

/** An entry that someone is about to revoke since a minute after it was last seen. */
function aPendingEntry(overrides: Partial<LedgerEntry> = {}): LedgerEntry {
  return anEntry({ state: 'PENDING', attempt: anAttempt(1), ...overrides });
}

function aRevokedEntry(overrides: Partial<LedgerEntry> = {}): LedgerEntry {
  return anEntry({ state: 'REVOKED', outcome: OUTCOME_REVOKED, ...overrides });
}

describe('a rule that is found for the first time', () => {
  test('is open, whole, with where it is and why it was found', () => {
    const rule = aRule({ description: 'from the peer', tags: { team: 'network' } });
    const group = aGroup({ groupName: 'web', vpcId: 'vpc-1', tags: { 'aws:cloudformation:stack-name': 'Shop' } });
    const declarations = [{ name: 'flaggedIngressRules[3]', reason: 'SSH goes through the bastion' }];
    const finding = { groupId: 'sg-1', rule, stale: aStaleRule({ reason: 'DELETED_PEERING' }), flagged: aFlaggedRule({ rule, declarations }) };
    expect(seen(undefined, finding, group, aWriter(5, { now: 7 }))).toEqual({
      securityGroupRuleId: 'sgr-1', state: 'OPEN', revision: 1, writtenBy: 'sweep-now',
      firstSeen: iso(7), lastSeen: iso(7), sightings: 1,
      rule, groupName: 'web', vpcId: 'vpc-1', stackName: 'Shop',
      because: { stale: 'DELETED_PEERING', verdict: 'flagged', declarations },
    });
  });

  test('is where EC2 said that the stale rule is, when its group could not be read', () => {
    expect(seen(undefined, aStaleFinding(), undefined, aWriter(0))).toMatchObject({ groupName: 'web', vpcId: 'vpc-1', stackName: undefined });
  });

  test('is nowhere in particular, when its group could not be read and EC2 said nothing of it', () => {
    expect(seen(undefined, aFlaggedFinding(), undefined, aWriter(0))).toMatchObject({ state: 'OPEN', groupName: undefined, vpcId: undefined });
  });
});

describe('a rule that is found again', () => {
  test('has been seen once more, since it was seen first, over the revision before', () => {
    const entry = anEntry({ revision: 7, sightings: 3 });
    const next = seen(entry, aFlaggedFinding(), aGroup(), aWriter(60));
    expect(next).toMatchObject({ state: 'OPEN', revision: 8, writtenBy: 'sweep-now', sightings: 4, firstSeen: entry.firstSeen, lastSeen: iso(61) });
  });

  test('keeps what became of the latest attempt', () => {
    const outcome = { name: 'FAILED', sweepId: 'sweep-before', at: iso(0), detail: 'EC2 did not revoke the rule' };
    expect(seen(anEntry({ outcome }), aFlaggedFinding(), aGroup(), aWriter(60))?.outcome).toEqual(outcome);
  });

  test.each<[string, Partial<SecurityGroupRule>]>([
    ['another port', { toPort: 23 }], ['another protocol', { ipProtocol: 'udp' }], ['another block', { cidrIpv4: '198.51.100.0/24' }],
    ['an IPv6 block', { cidrIpv6: '2001:db8::/32' }], ['a prefix list', { prefixListId: 'pl-1' }],
    ['a referenced group', { referencedGroup: { groupId: 'sg-2' } }], ['the other direction', { isEgress: true }],
  ])('starts over when it was modified under its id: %s', (_, change) => {
    const next = seen(anEntry({ sightings: 3 }), aFlaggedFinding(aRule(change)), aGroup(), aWriter(60));
    expect(next).toMatchObject({ firstSeen: iso(61), lastSeen: iso(61), sightings: 1, revision: 3, rule: aRule(change) });
  });

  test.each<[string, Partial<SecurityGroupRule>]>([
    ['description', { description: 'another' }], ['tags', { tags: { team: 'other' } }], ['owner', { groupOwnerId: undefined }],
  ])('goes on when only its %s changed, and is recorded as it is now', (_, change) => {
    const next = seen(anEntry({ sightings: 3 }), aFlaggedFinding(aRule(change)), aGroup(), aWriter(60));
    expect(next).toMatchObject({ firstSeen: anEntry().firstSeen, sightings: 4 });
    expect(next?.rule).toEqual(aRule(change));
  });

  test('goes on when its peering connection is shown in another state, or the account of its source is no longer shown', () => {
    const peered = { groupId: 'sg-2', vpcPeeringConnectionId: 'pcx-1' };
    const active = aRule({ referencedGroup: { ...peered, userId: '444455556666', peeringStatus: 'active' } });
    const deleted = aRule({ referencedGroup: { ...peered, peeringStatus: 'deleted' } });
    const entry = anEntry({ rule: active, because: { stale: 'OTHER', declarations: [] }, sightings: 3 });
    expect(seen(entry, aStaleFinding(deleted), aGroup(), aWriter(60))).toMatchObject({ sightings: 4, rule: deleted });
  });

  test('starts over when it was only flagged until now and has become stale: the grace is about being stale', () => {
    const flagged = anEntry({ sightings: 3, because: { verdict: 'flagged', declarations: [{ name: 'flaggedIngressRules[0]' }] } });
    const next = seen(flagged, aStaleFinding(), aGroup(), aWriter(60));
    expect(next).toMatchObject({ sightings: 1, firstSeen: iso(61), because: { stale: 'DELETED_GROUP' } });
  });

  test('goes on when it was stale and is flagged now, and is stale no more', () => {
    const stale = anEntry({ sightings: 3, because: { stale: 'OTHER', declarations: [] } });
    const next = seen(stale, aFlaggedFinding(), aGroup(), aWriter(60));
    expect(next).toMatchObject({ sightings: 4, firstSeen: anEntry().firstSeen, because: { stale: undefined, verdict: 'flagged' } });
  });

  test('starts over when it becomes stale again after it was flagged only', () => {
    const once = seen(anEntry({ because: { stale: 'OTHER', declarations: [] } }), aFlaggedFinding(), aGroup(), aWriter(60));
    expect(seen(once, aStaleFinding(), aGroup(), aWriter(120))).toMatchObject({ sightings: 1, firstSeen: iso(121) });
  });

  test('goes on when it is stale for another reason', () => {
    const stale = anEntry({ sightings: 3, because: { stale: 'DELETED_PEERING', declarations: [] } });
    expect(seen(stale, aStaleFinding(), aGroup(), aWriter(60))).toMatchObject({ sightings: 4, because: { stale: 'DELETED_GROUP' } });
  });

  test('starts over once it was healed, and is no longer to be forgotten', () => {
    const before = notFound(anEntry({ sightings: 3 }), THERE, aWriter(60));
    expect(before).toMatchObject({ state: 'HEALED' });
    const next = seen(before, aFlaggedFinding(), aGroup(), aWriter(120));
    expect(next).toMatchObject({ state: 'OPEN', sightings: 1, firstSeen: iso(121), lastSeen: iso(121) });
    expect(next?.expiresAt).toBeUndefined();
  });
});

describe('a rule that is found again after a gap', () => {
  const GAP_SECONDS = 3600;
  const entry = anEntry({ sightings: 3 });
  const over = { state: 'OPEN', sightings: 1, firstSeen: iso(600 + 1), lastSeen: iso(600 + 1), revision: 3 };

  test.each([1, 59, 60])('goes on when nobody looked for %d of 60 minutes', minutes => {
    const next = seen(entry, aFlaggedFinding(), aGroup(), aWriter(minutes), GAP_SECONDS);
    expect(next).toMatchObject({ sightings: 4, firstSeen: entry.firstSeen });
  });

  test.each([60 + 1 / 60_000, 61, 7 * 24 * 60])('starts over when nobody looked for %d of 60 minutes: it may have healed meanwhile', minutes => {
    const next = seen(entry, aFlaggedFinding(), aGroup(), aWriter(minutes), GAP_SECONDS);
    expect(next).toMatchObject({ sightings: 1, firstSeen: iso(minutes + 1), lastSeen: iso(minutes + 1) });
  });

  test('has its gap from when it was last seen until the sweep began, and not until it had looked', () => {
    expect(seen(entry, aFlaggedFinding(), aGroup(), aWriter(60, { now: 74 }), GAP_SECONDS)).toMatchObject({ sightings: 4 });
  });

  test('goes on after any time, where no gap is known of', () => {
    expect(seen(entry, aFlaggedFinding(), aGroup(), aWriter(365 * 24 * 60))).toMatchObject({ sightings: 4, firstSeen: entry.firstSeen });
  });

  test('starts over though it was pending, and keeps what became of the latest attempt', () => {
    const outcome = { name: 'FAILED', sweepId: 'sweep-before', at: iso(0) };
    expect(seen(aPendingEntry({ outcome }), aFlaggedFinding(), aGroup(), aWriter(600), GAP_SECONDS)).toMatchObject({ ...over, outcome });
  });

  test('starts over when it is not known when it was last seen', () => {
    expect(seen(anEntry({ sightings: 3, lastSeen: 'never' }), aFlaggedFinding(), aGroup(), aWriter(600), GAP_SECONDS)).toMatchObject(over);
  });
});

describe('a sighting', () => {
  const first = aWriter(10, { id: 'a', now: 14 });
  const entry = seen(undefined, aFlaggedFinding(), aGroup(), first);

  test('is one for sweeps that overlap, whichever began first', () => {
    for (const startedAt of [8, 10, 12, 13.9]) {
      const next = seen(entry, aFlaggedFinding(), aGroup(), aWriter(startedAt, { id: 'b', now: 16 }));
      expect(next).toMatchObject({ sightings: 1, firstSeen: iso(14), lastSeen: iso(16) });
    }
  });

  test('is one more for a sweep that begins when the one before had looked', () => {
    for (const startedAt of [14, 14.1, 60]) {
      expect(seen(entry, aFlaggedFinding(), aGroup(), aWriter(startedAt, { id: 'b' }))).toMatchObject({ sightings: 2, firstSeen: iso(14) });
    }
  });

  test('by a clock that runs behind neither counts nor makes the latest an earlier one', () => {
    const next = seen(anEntry({ sightings: 3 }), aFlaggedFinding(), aGroup(), aWriter(-30));
    expect(next).toMatchObject({ sightings: 3, firstSeen: anEntry().firstSeen, lastSeen: anEntry().lastSeen, revision: 3 });
  });

  test('by a sweep that had looked earlier, but writes later, does not make the latest an earlier one', () => {
    const later = seen(entry, aFlaggedFinding(), aGroup(), aWriter(20, { id: 'c', now: 22 }));
    expect(seen(later, aFlaggedFinding(), aGroup(), aWriter(18, { id: 'b', now: 21 }))).toMatchObject({ sightings: 2, lastSeen: iso(22) });
  });
});

describe('an attempt of an earlier sweep', () => {
  test('is kept by a sighting while it may yet have its effect, sixteen minutes long, and dropped after', () => {
    const entry = aPendingEntry({ attempt: anAttempt(1) });
    for (const now of [2, 10, 1 + ALMOST_LONG]) {
      expect(seen(entry, aFlaggedFinding(), aGroup(), aWriter(1.5, { now }))).toMatchObject({ state: 'OPEN', attempt: anAttempt(1) });
    }
    const next = seen(entry, aFlaggedFinding(), aGroup(), aWriter(1.5, { now: 1 + LONG }));
    expect(next).toMatchObject({ state: 'OPEN' });
    expect(next?.attempt).toBeUndefined();
  });

  test('is kept by a sighting of a rule that was modified, too: EC2 keeps its id', () => {
    const next = seen(aPendingEntry(), aFlaggedFinding(aRule({ toPort: 23 })), aGroup(), aWriter(3));
    expect(next).toMatchObject({ sightings: 1, attempt: anAttempt(1), rule: { toPort: 23 } });
  });

  test.each(['OPEN', 'PENDING'] as const)('and what it read is left as it is by a sweep that began to look before, or just then (%s)', state => {
    const entry = aPendingEntry({ state });
    for (const startedAt of [-30, 0, 0.999, 1]) {
      for (const finding of [aFlaggedFinding(), aStaleFinding(), aFlaggedFinding(aRule({ toPort: 23 })), aFlaggedFinding(aRule({ description: 'older' }))]) {
        expect(seen(entry, finding, aGroup(), aWriter(startedAt, { now: startedAt + 14 }), 60)).toBeUndefined();
      }
    }
  });

  test('is no hindrance to a sweep that began to look after it', () => {
    const next = seen(aPendingEntry(), aFlaggedFinding(aRule({ description: 'newer' })), aGroup(), aWriter(1.001));
    expect(next).toMatchObject({ state: 'OPEN', rule: { description: 'newer' }, attempt: anAttempt(1) });
  });

  test('that has revoked the rule as it was then is not lost on a sweep that had read it before: the next one finds what was revoked', () => {
    const [asItWasRead, asItIs] = [aRule(), aRule({ toPort: 23, description: 'modified' })];
    const claimed = pending(anEntry({ rule: asItIs }), asItIs, aWriter(2, { id: 'claimer' }));
    const written = seen(claimed, aFlaggedFinding(asItWasRead), aGroup(), aWriter(0, { id: 'slow' })) ?? claimed;
    const next = notFound(written, GONE, aWriter(60));
    expect(next).toMatchObject({ state: 'REVOKED', outcome: { sweepId: 'claimer' } });
    expect(next?.rule).toEqual(asItIs);
  });

  test('may have revoked a rule that was last seen while it may have had its effect, however long ago that is', () => {
    expect(mayHaveRevoked(anEntry({ attempt: anAttempt(1) }))).toBe(true);
    expect(mayHaveRevoked(anEntry({ attempt: anAttempt(-ALMOST_LONG) }))).toBe(true);
    expect(mayHaveRevoked(anEntry({ attempt: anAttempt(-LONG) }))).toBe(false);
    expect(mayHaveRevoked(anEntry())).toBe(false);
  });
});

describe('a rule that is gone', () => {
  test('while an attempt may have had its effect was revoked by it, and is never forgotten', () => {
    const rule = aRule({ description: 'from the peer', tags: { team: 'network' } });
    const next = notFound(aPendingEntry({ rule, expiresAt: 1 }), GONE, aWriter(60));
    expect(next).toEqual({
      ...anEntry({ rule }), state: 'REVOKED', revision: 3, writtenBy: 'sweep-now',
      outcome: {
        name: 'REVOKED', sweepId: 'sweep-before', recordedBy: 'sweep-now', at: iso(61), detail: 'an earlier sweep had begun to revoke it, and it is gone',
      },
    });
  });

  test('is so many days later, too: nobody has looked in between', () => {
    expect(notFound(aPendingEntry(), GONE, aWriter(7 * 24 * 60))).toMatchObject({ state: 'REVOKED' });
  });

  test('is so when it is open again, but an attempt is left', () => {
    expect(notFound(anEntry({ state: 'OPEN', attempt: anAttempt(1) }), GONE, aWriter(60))).toMatchObject({ state: 'REVOKED' });
  });

  test('without an attempt was removed by someone else: it is healed, and forgotten in ninety days', () => {
    expect(notFound(anEntry(), GONE, aWriter(60))).toEqual({
      ...anEntry(), state: 'HEALED', revision: 3, writtenBy: 'sweep-now', expiresAt: inNinetyDays(61),
      outcome: { name: 'HEALED', sweepId: 'sweep-now', at: iso(61), detail: 'it was removed, and not by this construct' },
    });
  });

  test('and was seen when the attempt could no longer have its effect, was removed by someone else', () => {
    const entry = anEntry({ attempt: anAttempt(-LONG) });
    expect(notFound(entry, GONE, aWriter(60))).toMatchObject({ state: 'HEALED', attempt: undefined });
  });

  test('and had been recorded as revoked before EC2 showed it once more, is so again: what can be put back is never forgotten', () => {
    const entry = anEntry({ outcome: OUTCOME_REVOKED });
    const next = notFound(entry, GONE, aWriter(60));
    expect(next).toEqual({ ...entry, state: 'REVOKED', revision: 3, writtenBy: 'sweep-now' });
    expect(next?.expiresAt).toBeUndefined();
  });

  test('and had been recorded as revoked, is of the attempt that was made since, where there was one', () => {
    const entry = anEntry({ outcome: OUTCOME_REVOKED, attempt: anAttempt(1, 'sweep-later') });
    expect(notFound(entry, GONE, aWriter(60))).toMatchObject({ state: 'REVOKED', outcome: { sweepId: 'sweep-later', recordedBy: 'sweep-now' } });
  });

  test.each<[string, boolean]>([['where the sweep looked', true], ['where it could not look', false]])('counts %s', (_, isLookedAt) => {
    expect(notFound(anEntry(), { exists: false, isLookedAt }, aWriter(60))).toMatchObject({ state: 'HEALED' });
    expect(notFound(aPendingEntry(), { exists: false, isLookedAt }, aWriter(60))).toMatchObject({ state: 'REVOKED' });
  });
});

describe('a rule that is there, but was not found', () => {
  test('is healed, and forgotten in ninety days', () => {
    expect(notFound(anEntry(), THERE, aWriter(60))).toEqual({
      ...anEntry(), state: 'HEALED', revision: 3, writtenBy: 'sweep-now', expiresAt: inNinetyDays(61),
      outcome: { name: 'HEALED', sweepId: 'sweep-now', at: iso(61), detail: 'it is there, but no longer stale, flagged or looked for' },
    });
  });

  test('is not healed where it was not looked at', () => {
    expect(notFound(anEntry(), { exists: true, isLookedAt: false }, aWriter(60))).toBeUndefined();
  });

  test('is not healed while an attempt may yet have its effect', () => {
    const entry = anEntry({ attempt: anAttempt(1) });
    expect(notFound(entry, THERE, aWriter(0, { now: 1 + ALMOST_LONG }))).toBeUndefined();
    const next = notFound(entry, THERE, aWriter(0, { now: 1 + LONG }));
    expect(next).toMatchObject({ state: 'HEALED' });
    expect(next?.attempt).toBeUndefined();
  });

  test.each<[string, boolean]>([['where the sweep looked', true], ['where it could not look', false]])(
    'is cleared when it was pending, %s, and keeps its attempt', (_, isLookedAt) => {
      const entry = aPendingEntry();
      expect(notFound(entry, { exists: true, isLookedAt }, aWriter(3))).toEqual({ ...entry, state: 'OPEN', revision: 3, writtenBy: 'sweep-now' });
    },
  );

  test('is cleared, and not healed, long after it was pending, where it was not looked at', () => {
    expect(notFound(aPendingEntry(), { exists: true, isLookedAt: false }, aWriter(600))).toMatchObject({ state: 'OPEN', attempt: anAttempt(1) });
  });
});

test.each([true, false])('nothing is concluded of a rule of which EC2 could not tell whether it is there (looked at: %s)', isLookedAt => {
  for (const entry of [anEntry(), aPendingEntry(), anEntry({ attempt: anAttempt(1) })]) {
    expect(notFound(entry, { exists: undefined, isLookedAt }, aWriter(60))).toBeUndefined();
  }
});

test.each(['REVOKED', 'HEALED', 'RESTORED'] as const)('nothing follows from not finding what is %s', state => {
  for (const exists of [true, false, undefined]) {
    expect(notFound(anEntry({ state, attempt: anAttempt(1), outcome: OUTCOME_REVOKED }), { exists, isLookedAt: true }, aWriter(60))).toBeUndefined();
  }
});

describe('a rule that was revoked', () => {
  test.each(['REVOKED', 'RESTORED'] as const)('a moment ago (%s) is not opened again by a sweep that EC2 still shows it to', state => {
    const entry = aRevokedEntry({ state });
    for (const startedAt of [-5, 0, 1, ALMOST_LONG]) {
      expect(seen(entry, aFlaggedFinding(), aGroup(), aWriter(startedAt, { now: startedAt + 14 }))).toBeUndefined();
    }
  });

  test.each(['REVOKED', 'RESTORED'] as const)('long before the sweep began (%s) is there all the same: it starts over', state => {
    const next = seen(aRevokedEntry({ state, sightings: 5 }), aFlaggedFinding(), aGroup(), aWriter(LONG));
    expect(next).toMatchObject({ state: 'OPEN', sightings: 1, firstSeen: iso(LONG + 1), revision: 3, rule: aRule() });
  });

  test('at a time that is not known is not opened again', () => {
    expect(seen(aRevokedEntry({ outcome: undefined }), aFlaggedFinding(), aGroup(), aWriter(60 * 24))).toBeUndefined();
  });

  test('is recorded as of the sweep whose attempt it was, and as found out by the one that writes, never to be forgotten, without an attempt', () => {
    const entry = aPendingEntry({ expiresAt: 1 });
    expect(revoked(entry, aWriter(60), 'sweep-before', 'EC2 said success')).toEqual({
      ...anEntry(), state: 'REVOKED', revision: 3, writtenBy: 'sweep-now', attempt: undefined, expiresAt: undefined,
      outcome: { name: 'REVOKED', sweepId: 'sweep-before', recordedBy: 'sweep-now', at: iso(61), detail: 'EC2 said success' },
    });
  });

  test('is recorded as found out by nobody else, where the sweep that revoked it writes', () => {
    const { outcome } = revoked(aPendingEntry(), aWriter(60), 'sweep-now');
    expect(outcome).toEqual({ name: 'REVOKED', sweepId: 'sweep-now', at: iso(61) });
  });

  test('is of the sweep that is said to have revoked it, whoever has an attempt on record', () => {
    expect(revoked(aPendingEntry(), aWriter(60), 'sweep-now').outcome).toMatchObject({ sweepId: 'sweep-now' });
  });

  test('in another shape than was read is recorded as it was revoked', () => {
    const rule = aRule({ toPort: 23, description: 'as EC2 listed it' });
    expect(revoked(aPendingEntry(), aWriter(60), 'sweep-before', undefined, rule).rule).toEqual(rule);
  });

  test.each(['REVOKED', 'RESTORED', 'PENDING'] as const)('in another shape than was recorded is corrected, and nothing else of the record changes (%s)', state => {
    const entry = aRevokedEntry({ state, attempt: state === 'PENDING' ? anAttempt(1) : undefined, expiresAt: 1 });
    const rule = aRule({ toPort: 23, description: 'as EC2 listed it' });
    expect(corrected(entry, rule, aWriter(60))).toEqual({ ...entry, revision: 3, writtenBy: 'sweep-now', rule });
  });
});

test('a rule that is about to be revoked is pending, as it was read, with an attempt, and is not to be forgotten', () => {
  const rule = aRule({ description: 'another by now' });
  const entry = anEntry({ expiresAt: 1, attempt: anAttempt(-5, 'an-earlier-sweep') });
  expect(pending(entry, rule, aWriter(2, { now: 3 }))).toEqual({
    ...anEntry(), state: 'PENDING', revision: 3, writtenBy: 'sweep-now', rule, attempt: anAttempt(3, 'sweep-now'),
  });
});

describe('a rule that an attempt did not revoke', () => {
  const outcome = { name: 'FAILED', detail: 'EC2 did not revoke the rule' };

  test('is open, with what became of the attempt, and without one where it can have no more effect', () => {
    const next = kept(aPendingEntry(), undefined, outcome, aWriter(3));
    expect(next).toEqual({
      ...anEntry(), state: 'OPEN', revision: 3, writtenBy: 'sweep-now', outcome: { ...outcome, sweepId: 'sweep-now', at: iso(4) },
    });
  });

  test('keeps what is left of an attempt, so that it counts as revoked should it be gone after all', () => {
    const next = kept(aPendingEntry(), anAttempt(1), outcome, aWriter(3));
    expect(next).toMatchObject({ state: 'OPEN', attempt: anAttempt(1) });
    expect(notFound(next, GONE, aWriter(600))).toMatchObject({ state: 'REVOKED', outcome: { sweepId: 'sweep-before' } });
  });
});

test('a rule that is healed is without an attempt, and forgotten in ninety days', () => {
  const detail = 'it was removed by someone else';
  const next = healed(aPendingEntry(), aWriter(60), detail);
  expect(next).toMatchObject({ state: 'HEALED', revision: 3, expiresAt: inNinetyDays(61), outcome: { name: 'HEALED', detail } });
  expect(next.attempt).toBeUndefined();
});

test('a rule that was put back says as which rule, when and by whom, keeps who revoked it, and is forgotten in ninety days', () => {
  expect(restored(aRevokedEntry(), 'sgr-2', aWriter(60, { id: 'restore-1' }))).toEqual({
    ...aRevokedEntry(), state: 'RESTORED', revision: 3, writtenBy: 'restore-1', expiresAt: inNinetyDays(61),
    restored: { securityGroupRuleId: 'sgr-2', restoreId: 'restore-1', at: iso(61) },
  });
});

test('a rule that was put back while its revocation was not yet recorded is of the sweep that had begun it, without an attempt', () => {
  const next = restored(aPendingEntry({ attempt: anAttempt(1, 'sweep-killed') }), 'sgr-2', aWriter(60, { id: 'restore-1' }));
  expect(next).toMatchObject({
    state: 'RESTORED', writtenBy: 'restore-1', attempt: undefined, expiresAt: inNinetyDays(61), restored: { securityGroupRuleId: 'sgr-2' },
    outcome: { name: 'REVOKED', sweepId: 'sweep-killed', recordedBy: 'restore-1', detail: 'an earlier sweep had begun to revoke it, and it is gone' },
  });
  expect(next.revision).toBe(3);
});

test('no step makes another entry of the one that it is given', () => {
  const frozen = Object.freeze(aPendingEntry());
  seen(frozen, aFlaggedFinding(), aGroup(), aWriter(3));
  notFound(frozen, GONE, aWriter(3));
  pending(frozen, aRule(), aWriter(3));
  kept(frozen, undefined, { name: 'FAILED' }, aWriter(3));
  revoked(frozen, aWriter(3), 'sweep-before');
  corrected(frozen, aRule({ toPort: 23 }), aWriter(3));
  healed(frozen, aWriter(3), '');
  restored(frozen, 'sgr-2', aWriter(3));
  expect(frozen).toEqual(aPendingEntry());
});

test('every step says of which rule it is, and is one revision on', () => {
  const rule = aRule({ securityGroupRuleId: 'sgr-9' });
  const entry = anEntry({ rule, revision: 41, attempt: anAttempt(1) });
  const steps = [
    seen(entry, aFlaggedFinding(rule), aGroup(), aWriter(3)), notFound(entry, GONE, aWriter(60)), notFound(entry, THERE, aWriter(60)),
    pending(entry, rule, aWriter(3)), revoked(entry, aWriter(3), 'sweep-1'), healed(entry, aWriter(3), ''),
    corrected(entry, rule, aWriter(3)),
    kept(entry, undefined, { name: 'FAILED' }, aWriter(3)), restored(entry, 'sgr-10', aWriter(3)),
  ];
  for (const next of steps) expect(next).toMatchObject({ securityGroupRuleId: 'sgr-9', revision: 42, rule });
});

describe('the same traffic', () => {
  test('is that of a rule with another id, description, owner and tags', () => {
    const other = aRule({ securityGroupRuleId: 'sgr-2', description: 'another', groupOwnerId: undefined, tags: { team: 'network' } });
    expect(isSameTraffic(aRule(), other)).toBe(true);
  });

  test('is that of a rule as the ledger gives it back, without the fields that are undefined', () => {
    const rule = aRule({ cidrIpv6: undefined, cidrIpv4: '203.0.113.0/24', description: undefined });
    expect(isSameTraffic(rule, JSON.parse(JSON.stringify(rule)) as SecurityGroupRule)).toBe(true);
  });

  test.each<[string, Partial<SecurityGroupRule>, Partial<SecurityGroupRule>]>([
    ['whose protocol is a name or a number', { ipProtocol: 'tcp' }, { ipProtocol: '6' }],
    ['for all protocols, spelled either way', { ipProtocol: '-1', fromPort: undefined, toPort: undefined }, { ipProtocol: 'all', fromPort: -1, toPort: -1 }],
    ['whose ports are left out, or -1', { ipProtocol: 'icmp', fromPort: 8, toPort: undefined }, { ipProtocol: 'icmp', fromPort: 8, toPort: -1 }],
  ])('is that of a rule %s', (_, one, another) => {
    expect(isSameTraffic(aRule(one), aRule(another))).toBe(true);
  });

  test('is not that of another protocol that nobody knows', () => {
    expect(isSameTraffic(aRule({ ipProtocol: 'new' }), aRule({ ipProtocol: 'newer' }))).toBe(false);
    expect(isSameTraffic(aRule({ ipProtocol: 'new' }), aRule({ ipProtocol: 'new' }))).toBe(true);
  });

  test('is not that of another group, nor from another', () => {
    expect(isSameTraffic(aRule(), aRule({ groupId: 'sg-2' }))).toBe(false);
    const [one, another] = ['sg-2', 'sg-3'].map(groupId => aRule({ referencedGroup: { groupId } }));
    expect(isSameTraffic(one, another)).toBe(false);
  });
});

describe('the same rule', () => {
  test('is one as the ledger gives it back, without the fields that are undefined', () => {
    const rule = aRule({ cidrIpv6: undefined, description: undefined, referencedGroup: undefined, tags: { Owner: 'data', Name: 'ssh' } });
    expect(isSameRule(rule, JSON.parse(JSON.stringify(rule)) as SecurityGroupRule)).toBe(true);
    expect(isSameRule(rule, { ...rule, tags: { Name: 'ssh', Owner: 'data' } })).toBe(true);
  });

  test.each<[string, Partial<SecurityGroupRule>]>([
    ['id', { securityGroupRuleId: 'sgr-2' }], ['group', { groupId: 'sg-2' }], ['owner', { groupOwnerId: undefined }], ['direction', { isEgress: true }],
    ['port', { toPort: 23 }], ['block', { cidrIpv4: '198.51.100.0/24' }], ['description', { description: 'another' }], ['tags', { tags: { Owner: 'data' } }],
  ])('is not one with another %s, for the whole of it is put back', (_, change) => {
    expect(isSameRule(aRule(), aRule(change))).toBe(false);
    expect(isSameRule(aRule(change), aRule())).toBe(false);
  });

  test('is not one whose reference is shown otherwise', () => {
    const [active, deleted] = ['active', 'deleted'].map(peeringStatus => aRule({ referencedGroup: { groupId: 'sg-2', peeringStatus } }));
    expect(isSameRule(active, deleted)).toBe(false);
    expect(isSameTraffic(active, deleted)).toBe(true);
  });
});

test('the clock of the builders is that of the entries', () => {
  expect(anEntry().lastSeen).toBe(iso(0));
  expect(after(1).getTime() - after(0).getTime()).toBe(60_000);
});

describe('a clock that was ahead once', () => {
  const MONTH = 30 * 24 * 60;
  const ahead = aWriter(MONTH, { id: 'sweep-ahead', now: MONTH });

  test('is forgotten by the next sweep: sightings and age go on from there', () => {
    const entry = seen(anEntry({ sightings: 3 }), aFlaggedFinding(), aGroup(), ahead, MONTH * 120);
    expect(entry).toMatchObject({ lastSeen: iso(MONTH), sightings: 4 });
    expect(seen(entry, aFlaggedFinding(), aGroup(), aWriter(60), 7200)).toMatchObject({
      firstSeen: anEntry().firstSeen, lastSeen: iso(61), sightings: 5,
    });
  });

  test('never makes a wait shorter: one that began ahead begins anew', () => {
    const entry = seen(anEntry({ sightings: 3 }), aFlaggedFinding(), aGroup(), ahead, 7200);
    expect(entry).toMatchObject({ firstSeen: iso(MONTH), sightings: 1 });
    expect(seen(entry, aFlaggedFinding(), aGroup(), aWriter(60), 7200)).toMatchObject({ firstSeen: iso(61), lastSeen: iso(61), sightings: 1 });
  });

  test('does not have a rule left to the sweep that attempted it then, for as long as it was ahead', () => {
    const entry = pending(anEntry(), aRule(), ahead);
    const next = seen(entry, aFlaggedFinding(), aGroup(), aWriter(60));
    expect(next).toMatchObject({ state: 'OPEN', attempt: { sweepId: 'sweep-ahead', at: after(60 - 1 / 60_000).toISOString() } });
    expect(seen(next, aFlaggedFinding(), aGroup(), aWriter(120))?.attempt).toBeUndefined();
  });

  test('loses no rule that was revoked then: what is gone by its attempt is recorded as revoked', () => {
    const entry = pending(anEntry(), aRule(), ahead);
    expect(notFound(entry, { exists: false, isLookedAt: true }, aWriter(60))).toMatchObject({ state: 'REVOKED', outcome: { sweepId: 'sweep-ahead' } });
    const seenSince = seen(entry, aFlaggedFinding(), aGroup(), aWriter(60));
    expect(notFound(seenSince ?? entry, { exists: false, isLookedAt: true }, aWriter(70))).toMatchObject({ state: 'REVOKED' });
  });

  test.each(['OPEN', 'PENDING'] as const)('does not keep a rule from healing (%s)', state => {
    const entry = { ...pending(anEntry(), aRule(), ahead), state };
    const next = notFound(entry, { exists: true, isLookedAt: true }, aWriter(60));
    expect(next).toMatchObject({ state: 'OPEN' });
    expect(notFound(next ?? entry, { exists: true, isLookedAt: true }, aWriter(120))).toMatchObject({ state: 'HEALED' });
  });

  test('does not hide a rule that is there although it was recorded as revoked then', () => {
    const entry = revoked(anEntry(), ahead, 'sweep-ahead');
    expect(seen(entry, aFlaggedFinding(), aGroup(), aWriter(60))).toMatchObject({ state: 'OPEN' });
  });
});

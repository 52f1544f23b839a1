import { becauseOf } from '../../../../lambda/core/decide/because';
import {
  type Absence, corrected, type Counting, gone, healed, kept, type Look, type Looks, mayHaveRevoked, notFound,
  pending, restored, revoked, seen,
} from '../../../../lambda/core/ledger/entry';
import type { Because, FoundRule } from '../../../../lambda/core/model/finding';
import type { LedgerEntry } from '../../../../lambda/core/model/ledger';
import type { SecurityGroupRule } from '../../../../lambda/core/model/network';
import { aFlaggedRule, aGroup, anAuthor, anEntry, aRule, aStaleRule, type EntryInShort } from '../../../support/builders';
import {
  aFlaggedFinding,
  after,
  anAttempt,
  aStaleFinding,
  aWriter,
  inNinetyDays,
  iso,
} from '../../../support/ledger-builders';

/** The number of minutes after which no attempt can take effect. */
const LONG = 16;
/** The last moment at which an attempt may take effect. */
const ALMOST_LONG = LONG - 1 / 60;

const LOOKED: Looks = { stale: 'looked', flagged: 'looked' };
const NOT_LOOKED: Looks = { stale: 'not-looked', flagged: 'not-looked' };

/** The sighting of a scheduled sweep that looked everywhere, with any gap before it. */
const SCHEDULED: Counting & { readonly looks: Looks } = { looks: LOOKED, counts: true, maxGapSeconds: Infinity };
/** A run that does not count as a sighting. */
const UNCOUNTED = { ...SCHEDULED, counts: false };

const THERE: Absence = { rule: aRule(), looks: LOOKED };
const GONE: Absence = { rule: 'gone', looks: LOOKED };

const STALE: Because = { stale: 'DELETED_GROUP', declarations: [] };
const FLAGGED: Because = { verdict: 'flagged', declarations: [{ name: 'flaggedIngressRules[0]' }] };
const BOTH: Because = { ...FLAGGED, stale: 'DELETED_GROUP' };

const OUTCOME_REVOKED = { name: 'REVOKED', sweepId: 'sweep-before', at: iso(0) };

/** A rule that has been stale since the day before. */
const aStaleEntry = (overrides: EntryInShort = {}): LedgerEntry => anEntry({ because: STALE, ...overrides });

/** An entry whose rule another sweep is about to revoke, since a minute after it was last seen. */
function aPendingEntry(overrides: EntryInShort = {}): LedgerEntry {
  return aStaleEntry({ state: 'PENDING', attempt: anAttempt(1), ...overrides });
}

function aRevokedEntry(overrides: EntryInShort = {}): LedgerEntry {
  return aStaleEntry({ state: 'REVOKED', outcome: OUTCOME_REVOKED, ...overrides });
}

/** A rule that both checks found. */
function aDoubleFinding(rule: SecurityGroupRule = aRule()): FoundRule {
  return { ...aStaleFinding(rule), ...aFlaggedFinding(rule) };
}

describe('a rule that is found for the first time', () => {
  const rule = aRule({ description: 'from the peer', tags: { team: 'network' } });
  const group = aGroup({ groupName: 'web', vpcId: 'vpc-1', tags: { 'aws:cloudformation:stack-name': 'Shop' } });
  const declarations = [{ name: 'flaggedIngressRules[3]', reason: 'SSH goes through the bastion' }];
  const finding: FoundRule = {
    groupId: 'sg-1', rule, stale: aStaleRule({ reason: 'DELETED_PEERING' }),
    flagged: aFlaggedRule({ rule, declarations }),
  };
  const times = { firstSeen: iso(7), lastSeen: iso(7) };
  const OF_VPC_1 = { reason: 'DELETED_PEERING', vpcIds: ['vpc-1'] };
  const opened = {
    securityGroupRuleId: 'sgr-1', state: 'OPEN', revision: 1, writtenBy: 'sweep-now', ...times,
    flagged: { verdict: 'flagged', declarations, ...times },
    rule, groupName: 'web', vpcId: 'vpc-1', stackName: 'Shop',
  };

  test('is open, whole, with where it is and what each check said of it', () => {
    expect(seen(undefined, finding, group, aWriter(5, { now: 7 }), SCHEDULED)).toEqual({
      ...opened,
      stale: { ...OF_VPC_1, ...times, sightings: 1, countedSince: iso(7), countedAt: iso(7) },
    });
  });

  test('is so without a sighting, when the run is not a scheduled sweep', () => {
    expect(seen(undefined, finding, group, aWriter(5, { now: 7 }), UNCOUNTED)).toEqual({
      ...opened, stale: { ...OF_VPC_1, ...times, sightings: 0 },
    });
  });

  test.each<[string, FoundRule, 'stale' | 'flagged']>([
    ['stale only', aStaleFinding(), 'flagged'], ['flagged only', aFlaggedFinding(), 'stale'],
  ])('has nothing of a check that did not find it: %s', (_, found, other) => {
    for (const look of ['looked', 'not-looked', 'not-asked'] as const) {
      const next = seen(undefined, found, aGroup(), aWriter(0), { ...SCHEDULED, looks: { ...LOOKED, [other]: look } });
      expect(next?.[other]).toBeUndefined();
    }
  });

  test('is where EC2 said that the stale rule is, when its group could not be read', () => {
    const next = seen(undefined, aStaleFinding(), undefined, aWriter(0), SCHEDULED);
    expect(next).toMatchObject({ groupName: 'web', vpcId: 'vpc-1', stackName: undefined });
  });

  test('is nowhere in particular, when its group could not be read and EC2 said nothing of it', () => {
    const next = seen(undefined, aFlaggedFinding(), undefined, aWriter(0), SCHEDULED);
    expect(next).toMatchObject({ state: 'OPEN', groupName: undefined, vpcId: undefined });
  });
});

describe('a rule that is found again', () => {
  const { firstSeen } = anEntry();

  test('stale has been seen once more, since it was seen first, over the revision before', () => {
    const next = seen(aStaleEntry({ revision: 7, sightings: 3 }), aStaleFinding(), aGroup(), aWriter(60), SCHEDULED);
    expect(next).toMatchObject({
      state: 'OPEN', revision: 8, writtenBy: 'sweep-now', firstSeen, lastSeen: iso(61),
      stale: { sightings: 4, firstSeen, lastSeen: iso(61), countedSince: firstSeen, countedAt: iso(61) },
    });
  });

  test('stale by a run that is not a scheduled sweep was seen, and counts no more than before', () => {
    const entry = aStaleEntry({ sightings: 3 });
    const next = seen(entry, aStaleFinding(), aGroup(), aWriter(60), UNCOUNTED);
    expect(next).toMatchObject({ revision: 3, lastSeen: iso(61), firstSeen });
    expect(next?.stale).toEqual({ ...entry.stale, lastSeen: iso(61) });
  });

  test('stale is so for the VPCs for which EC2 names it, and for those that were not read, unless it was modified', () => {
    const found = aStaleFinding();
    const { rule } = found;
    const both = { ...found, stale: aStaleRule({ rule, vpcId: 'vpc-3', otherVpcIds: ['vpc-1'] }) };
    const unread = { ...SCHEDULED, unreadVpcIds: ['vpc-2', 'vpc-1'] };
    const vpcIdsOf = (known: LedgerEntry | undefined, { rule: { toPort } } = found, options = SCHEDULED): unknown =>
      seen(known, { ...both, rule: { ...rule, toPort } }, aGroup(), aWriter(60), options)?.stale?.vpcIds;
    expect(vpcIdsOf(aStaleEntry())).toEqual(['vpc-3', 'vpc-1']);
    expect(vpcIdsOf(aStaleEntry(), found, unread)).toEqual(['vpc-3', 'vpc-1', 'vpc-2']);
    expect(vpcIdsOf(aStaleEntry(), aStaleFinding(aRule({ toPort: 23 })), unread)).toEqual(['vpc-3', 'vpc-1']);
    expect(vpcIdsOf(aStaleEntry({ state: 'HEALED' }), found, unread)).toEqual(['vpc-3', 'vpc-1']);
  });

  test('flagged is so since it was seen first, by whatever declarations flag it now', () => {
    const entry = anEntry({ because: { verdict: 'undecided', declarations: [{ name: 'another' }] } });
    const next = seen(entry, aFlaggedFinding(), aGroup(), aWriter(60), UNCOUNTED);
    const { verdict, declarations } = aFlaggedRule();
    expect(next?.flagged).toEqual({ verdict, declarations, firstSeen, lastSeen: iso(61) });
    expect(next?.stale).toBeUndefined();
  });

  test('keeps what became of the latest attempt', () => {
    const outcome = { name: 'FAILED', sweepId: 'sweep-before', at: iso(0), detail: 'EC2 did not revoke the rule' };
    expect(seen(aStaleEntry({ outcome }), aStaleFinding(), aGroup(), aWriter(60), SCHEDULED)?.outcome).toEqual(outcome);
  });

  test.each<[string, Partial<SecurityGroupRule>]>([
    ['another port', { toPort: 23 }],
    ['another protocol', { ipProtocol: 'udp' }],
    ['another block', { cidrIpv4: '198.51.100.0/24' }],
    ['an IPv6 block', { cidrIpv6: '2001:db8::/32' }],
    ['a prefix list', { prefixListId: 'pl-1' }],
    ['a referenced group', { referencedGroup: { groupId: 'sg-2' } }],
    ['the other direction', { isEgress: true }],
  ])('starts over when it was modified under its id: %s', (_, change) => {
    const rule = aRule(change);
    const next = seen(anEntry({ because: BOTH, sightings: 3 }), aDoubleFinding(rule), aGroup(), aWriter(60), SCHEDULED);
    const now = { firstSeen: iso(61), lastSeen: iso(61) };
    expect(next).toMatchObject({
      ...now,
      revision: 3,
      rule,
      flagged: now,
      stale: { ...now, sightings: 1, countedSince: iso(61), countedAt: iso(61) },
    });
  });

  test('waits for a first sighting, when a run that is no scheduled sweep finds it modified', () => {
    const modified = aStaleFinding(aRule({ toPort: 23 }));
    const next = seen(aStaleEntry({ sightings: 3 }), modified, aGroup(), aWriter(60), UNCOUNTED);
    expect(next?.stale).toEqual({
      reason: 'DELETED_GROUP', vpcIds: ['vpc-1'], firstSeen: iso(61), lastSeen: iso(61), sightings: 0,
    });
  });

  test.each<[string, Partial<SecurityGroupRule>]>([
    ['description', { description: 'another' }],
    ['tags', { tags: { team: 'other' } }],
    ['owner', { groupOwnerId: undefined }],
  ])('goes on when only its %s changed, and is recorded as it is now', (_, change) => {
    const next = seen(aStaleEntry({ sightings: 3 }), aStaleFinding(aRule(change)), aGroup(), aWriter(60), SCHEDULED);
    expect(next).toMatchObject({ firstSeen, stale: { firstSeen, sightings: 4, countedSince: firstSeen } });
    expect(next?.rule).toEqual(aRule(change));
  });

  test('goes on when its peering connection is shown in another state, or the account of its source is no longer shown', () => {
    const peered = { groupId: 'sg-2', vpcPeeringConnectionId: 'pcx-1' };
    const active = aRule({ referencedGroup: { ...peered, userId: '444455556666', peeringStatus: 'active' } });
    const deleted = aRule({ referencedGroup: { ...peered, peeringStatus: 'deleted' } });
    const entry = anEntry({ rule: active, because: { stale: 'OTHER', declarations: [] }, sightings: 3 });
    const next = seen(entry, aStaleFinding(deleted), aGroup(), aWriter(60), SCHEDULED);
    expect(next).toMatchObject({ stale: { sightings: 4 }, rule: deleted });
  });

  test('begins its wait when it was only flagged, and has become stale: the grace is about being stale', () => {
    const flagged = anEntry({ because: FLAGGED });
    const next = seen(flagged, aDoubleFinding(), aGroup(), aWriter(60), SCHEDULED);
    expect(next).toMatchObject({
      firstSeen, flagged: { firstSeen },
      stale: { reason: 'DELETED_GROUP', sightings: 1, firstSeen: iso(61), countedSince: iso(61) },
    });
  });

  test('goes on as a finding when it was stale and is flagged now, and is stale no more', () => {
    const next = seen(aStaleEntry({ sightings: 3 }), aFlaggedFinding(), aGroup(), aWriter(60), SCHEDULED);
    expect(next).toMatchObject({ firstSeen, flagged: { verdict: 'flagged', firstSeen: iso(61) } });
    expect(next?.stale).toBeUndefined();
  });

  test('begins a new wait when it becomes stale again after it was flagged only', () => {
    const once = seen(anEntry({ because: STALE }), aFlaggedFinding(), aGroup(), aWriter(60), SCHEDULED);
    const next = seen(once, aStaleFinding(), aGroup(), aWriter(120), SCHEDULED);
    expect(next?.stale).toMatchObject({ sightings: 1, firstSeen: iso(121), countedSince: iso(121) });
  });

  test('goes on when it is stale for another reason', () => {
    const stale = anEntry({ sightings: 3, because: { stale: 'DELETED_PEERING', declarations: [] } });
    const next = seen(stale, aStaleFinding(), aGroup(), aWriter(60), SCHEDULED);
    expect(next?.stale).toMatchObject({ sightings: 4, reason: 'DELETED_GROUP' });
  });

  test.each<[string, Absence]>([
    ['healed', THERE], ['let go', { rule: aRule(), looks: { stale: 'not-asked', flagged: 'not-asked' } }],
  ])('starts over once it was %s, and is no longer to be forgotten', (_, absence) => {
    const before = notFound(aStaleEntry({ sightings: 3 }), absence, aWriter(60));
    expect(before).toMatchObject({ state: 'HEALED' });
    const next = seen(before, aStaleFinding(), aGroup(), aWriter(120), SCHEDULED);
    const now = { firstSeen: iso(121), lastSeen: iso(121) };
    expect(next).toMatchObject({ state: 'OPEN', ...now, stale: { ...now, sightings: 1, countedSince: iso(121) } });
    expect(next?.expiresAt).toBeUndefined();
  });
});

describe('a check that did not look', () => {
  const entry = anEntry({ because: BOTH, sightings: 3 });
  const looking = (check: 'stale' | 'flagged', look: Look, counts: boolean): typeof SCHEDULED =>
    ({ ...SCHEDULED, counts, looks: { ...LOOKED, [check]: look } });

  test.each([true, false])('changes nothing of its part of what the other found (a scheduled sweep: %s)', counts => {
    const flagged = seen(entry, aFlaggedFinding(), aGroup(), aWriter(60), looking('stale', 'not-looked', counts));
    expect(flagged).toMatchObject({ state: 'OPEN', revision: 3, lastSeen: iso(61), flagged: { lastSeen: iso(61) } });
    expect(flagged?.stale).toEqual(entry.stale);
    const stale = seen(entry, aStaleFinding(), aGroup(), aWriter(60), looking('flagged', 'not-looked', counts));
    expect(stale?.stale).toMatchObject({ lastSeen: iso(61), sightings: counts ? 4 : 3 });
    expect(stale?.flagged).toEqual(entry.flagged);
  });

  test.each<Look>(['looked', 'not-asked'])('leaves its part, where another (%s) ends it', look => {
    const flagged = seen(entry, aFlaggedFinding(), aGroup(), aWriter(60), looking('stale', look, true));
    expect(flagged).toMatchObject({ state: 'OPEN', flagged: { firstSeen: entry.firstSeen } });
    expect(flagged?.stale).toBeUndefined();
    const stale = seen(entry, aStaleFinding(), aGroup(), aWriter(60), looking('flagged', look, true));
    expect(stale).toMatchObject({ state: 'OPEN', stale: { sightings: 4 } });
    expect(stale?.flagged).toBeUndefined();
  });

  test.each([true, false])('has no wait left of before the rule was modified (a scheduled sweep: %s)', counts => {
    const rule = aRule({ toPort: 23 });
    const next = seen(entry, aFlaggedFinding(rule), aGroup(), aWriter(60), looking('stale', 'not-looked', counts));
    const { firstSeen, lastSeen } = entry;
    expect(next?.stale).toEqual({ reason: 'DELETED_GROUP', vpcIds: ['vpc-1'], firstSeen, lastSeen, sightings: 0 });
  });

  test('brings back nothing that it said of a finding that has ended', () => {
    const ended = healed(entry, aWriter(60), 'over');
    const next = seen(ended, aFlaggedFinding(), aGroup(), aWriter(120), looking('stale', 'not-looked', true));
    expect(next?.stale).toBeUndefined();
    expect(next?.flagged).toMatchObject({ firstSeen: iso(121) });
  });
});

describe('a rule that is found stale again after a gap', () => {
  const HOUR = { ...SCHEDULED, maxGapSeconds: 3600 };
  const entry = aStaleEntry({ sightings: 3 });
  const { firstSeen } = entry;
  const at = iso(600 + 1);
  const over = { state: 'OPEN', revision: 3, stale: { sightings: 1, countedSince: at, countedAt: at } };

  test.each([1, 59, 60])('goes on when no scheduled sweep looked for %d of 60 minutes', minutes => {
    const next = seen(entry, aStaleFinding(), aGroup(), aWriter(minutes), HOUR);
    const counted = { countedSince: firstSeen, countedAt: iso(minutes + 1) };
    expect(next?.stale).toMatchObject({ sightings: 4, firstSeen, ...counted });
  });

  test.each([60 + 1 / 60_000, 61, 7 * 24 * 60])(
    'starts over when none looked for %d of 60 minutes: it may have healed meanwhile', minutes => {
      const now = iso(minutes + 1);
      const next = seen(entry, aStaleFinding(), aGroup(), aWriter(minutes), HOUR);
      const times = { firstSeen: now, lastSeen: now, countedSince: now, countedAt: now };
      expect(next?.stale).toMatchObject({ sightings: 1, ...times });
    },
  );

  test('has a gap from the last counted sighting to the start of the sweep, not to its end', () => {
    const next = seen(entry, aStaleFinding(), aGroup(), aWriter(60, { now: 74 }), HOUR);
    expect(next?.stale).toMatchObject({ sightings: 4 });
  });

  test('goes on after any time, where no gap is known of', () => {
    const next = seen(entry, aStaleFinding(), aGroup(), aWriter(365 * 24 * 60), SCHEDULED);
    expect(next?.stale).toMatchObject({ sightings: 4, firstSeen, countedSince: firstSeen });
  });

  test('starts over though it was pending, and keeps what became of the latest attempt', () => {
    const outcome = { name: 'FAILED', sweepId: 'sweep-before', at: iso(0) };
    const next = seen(aPendingEntry({ outcome }), aStaleFinding(), aGroup(), aWriter(600), HOUR);
    expect(next).toMatchObject({ ...over, outcome });
  });

  test.each(['countedAt', 'countedSince'] as const)('starts over when its %s is not known', key => {
    for (const value of ['never', undefined]) {
      const stale = { ...entry.stale ?? fail(), [key]: value };
      expect(seen({ ...entry, stale }, aStaleFinding(), aGroup(), aWriter(600), HOUR)).toMatchObject(over);
    }
  });

  test('starts over even if other runs have found it in the meantime, because they do not count', () => {
    let now = entry;
    for (let minute = 30; minute < 600; minute += 30) {
      now = seen(now, aStaleFinding(), aGroup(), aWriter(minute), { ...HOUR, counts: false }) ?? fail();
    }
    expect(now.stale).toMatchObject({ sightings: 3, countedSince: firstSeen, countedAt: entry.lastSeen });
    expect(seen(now, aStaleFinding(), aGroup(), aWriter(600), HOUR)?.stale).toMatchObject({ ...over.stale, firstSeen });
  });

  test('by a run that counts nothing has the wait neither go on nor start over', () => {
    const next = seen(entry, aStaleFinding(), aGroup(), aWriter(600), { ...HOUR, counts: false });
    const counted = { countedSince: firstSeen, countedAt: entry.lastSeen };
    expect(next?.stale).toMatchObject({ sightings: 3, ...counted, lastSeen: at });
  });
});

describe('a sighting', () => {
  const first = aWriter(10, { id: 'a', now: 14 });
  const entry = seen(undefined, aStaleFinding(), aGroup(), first, SCHEDULED);

  test('is one for sweeps that overlap, whichever began first', () => {
    for (const startedAt of [8, 10, 12, 13.9]) {
      const next = seen(entry, aStaleFinding(), aGroup(), aWriter(startedAt, { id: 'b', now: 16 }), SCHEDULED);
      const counted = { countedSince: iso(14), countedAt: iso(16) };
      expect(next?.stale).toMatchObject({ sightings: 1, firstSeen: iso(14), lastSeen: iso(16), ...counted });
    }
  });

  test('is one more for a sweep that begins when the one before had looked', () => {
    for (const startedAt of [14, 14.1, 60]) {
      const next = seen(entry, aStaleFinding(), aGroup(), aWriter(startedAt, { id: 'b' }), SCHEDULED);
      expect(next?.stale).toMatchObject({ sightings: 2, countedSince: iso(14) });
    }
  });

  test('is one more for a sweep during which a run that counts nothing looked', () => {
    const between = seen(entry, aStaleFinding(), aGroup(), aWriter(15, { now: 17 }), UNCOUNTED);
    const next = seen(between, aStaleFinding(), aGroup(), aWriter(16, { id: 'b', now: 18 }), SCHEDULED);
    expect(next?.stale).toMatchObject({ sightings: 2, countedSince: iso(14), countedAt: iso(18) });
  });

  test('by a clock that runs behind neither counts nor makes the latest an earlier one', () => {
    const before = aStaleEntry({ sightings: 3 });
    const next = seen(before, aStaleFinding(), aGroup(), aWriter(-30), SCHEDULED);
    expect(next).toMatchObject({ firstSeen: before.firstSeen, lastSeen: before.lastSeen, revision: 3 });
    expect(next?.stale).toEqual(before.stale);
  });

  test('by a sweep that had looked earlier, but writes later, does not make the latest an earlier one', () => {
    const later = seen(entry, aStaleFinding(), aGroup(), aWriter(20, { id: 'c', now: 22 }), SCHEDULED);
    const next = seen(later, aStaleFinding(), aGroup(), aWriter(18, { id: 'b', now: 21 }), SCHEDULED);
    expect(next).toMatchObject({ lastSeen: iso(22), stale: { sightings: 2, lastSeen: iso(22), countedAt: iso(22) } });
  });
});

describe('an attempt of an earlier sweep', () => {
  test('is kept by a run that began to look while it may have had its effect, for sixteen minutes, and dropped after', () => {
    const entry = aPendingEntry({ attempt: anAttempt(1) });
    for (const [began, now] of [[1.5, 2], [1.5, 10], [1.5, 2 * LONG], [1 + ALMOST_LONG, 2 * LONG]]) {
      const next = seen(entry, aFlaggedFinding(), aGroup(), aWriter(began, { now }), SCHEDULED);
      expect(next).toMatchObject({ state: 'OPEN', attempt: anAttempt(1) });
    }
    const next = seen(entry, aFlaggedFinding(), aGroup(), aWriter(1 + LONG), SCHEDULED);
    expect(next).toMatchObject({ state: 'OPEN' });
    expect(next?.attempt).toBeUndefined();
  });

  test('is kept by a sighting of a rule that was modified, too: EC2 keeps its id', () => {
    const next = seen(aPendingEntry(), aStaleFinding(aRule({ toPort: 23 })), aGroup(), aWriter(3), SCHEDULED);
    expect(next).toMatchObject({ stale: { sightings: 1 }, attempt: anAttempt(1), rule: { toPort: 23 } });
  });

  test.each(['OPEN', 'PENDING'] as const)(
    'and what it read is left as it is by a sweep that began to look before, or just then (%s)',
    state => {
      const entry = aPendingEntry({ state });
      const findings = [
        aFlaggedFinding(),
        aStaleFinding(),
        aFlaggedFinding(aRule({ toPort: 23 })),
        aFlaggedFinding(aRule({ description: 'older' })),
      ];
      for (const startedAt of [-30, 0, 0.999, 1]) {
        for (const finding of findings) {
          const writer = aWriter(startedAt, { now: startedAt + 14 });
          expect(seen(entry, finding, aGroup(), writer, { ...SCHEDULED, maxGapSeconds: 60 })).toBeUndefined();
        }
      }
    },
  );

  test('does not hinder a sweep that began to look later', () => {
    const newer = aFlaggedFinding(aRule({ description: 'newer' }));
    const next = seen(aPendingEntry(), newer, aGroup(), aWriter(1.001), SCHEDULED);
    expect(next).toMatchObject({ state: 'OPEN', rule: { description: 'newer' }, attempt: anAttempt(1) });
  });

  test('that has revoked the rule is not lost because of a sweep that read it before: the next sweep finds the revocation', () => {
    const [asItWasRead, asItIs] = [aRule(), aRule({ toPort: 23, description: 'modified' })];
    const claimed = pending(aStaleEntry({ rule: asItIs }), asItIs, aWriter(2, { id: 'claimer' }));
    const late = seen(claimed, aFlaggedFinding(asItWasRead), aGroup(), aWriter(0, { id: 'slow' }), SCHEDULED);
    const next = notFound(late ?? claimed, GONE, aWriter(60));
    expect(next).toMatchObject({ state: 'REVOKED', outcome: { sweepId: 'claimer' } });
    expect(next?.rule).toEqual(asItIs);
  });

  test('of a sweep that died is not forgotten by one that read the rule before the call, and was slow', () => {
    const rule = aRule();
    const claimed = pending(anEntry({ rule }), rule, aWriter(0, { id: 'dies', now: 0 }));
    const slow = aWriter(5, { id: 'slow', now: 5 + LONG });
    const later = seen(claimed, aFlaggedFinding(rule), aGroup(), slow, SCHEDULED) ?? claimed;
    expect(notFound(later, GONE, aWriter(60))).toMatchObject({ state: 'REVOKED', outcome: { sweepId: 'dies' } });
  });

  test('may have revoked a rule that was last read while it may have had its effect, however long ago that is', () => {
    expect(mayHaveRevoked(anEntry({ attempt: anAttempt(1) }))).toBe(true);
    // A run that had looked at minute 0 has read the rule at most sixteen minutes before.
    expect(mayHaveRevoked(anEntry({ attempt: anAttempt(-LONG - ALMOST_LONG) }))).toBe(true);
    expect(mayHaveRevoked(anEntry({ attempt: anAttempt(-2 * LONG) }))).toBe(false);
    expect(mayHaveRevoked(anEntry())).toBe(false);
  });
});

describe('a rule that is gone', () => {
  test('while an attempt may have had its effect was revoked by it, and is never forgotten', () => {
    const rule = aRule({ description: 'from the peer', tags: { team: 'network' } });
    const next = notFound(aPendingEntry({ rule, expiresAt: 1 }), GONE, aWriter(60));
    expect(next).toEqual({
      ...aStaleEntry({ rule }),
      state: 'REVOKED',
      revision: 3,
      writtenBy: 'sweep-now',
      outcome: {
        name: 'REVOKED',
        sweepId: 'sweep-before',
        recordedBy: 'sweep-now',
        at: iso(61),
        detail: 'an earlier sweep had begun to revoke it, and it is gone',
      },
    });
  });

  test('is still pending days later, if no sweep has looked in between', () => {
    expect(notFound(aPendingEntry(), GONE, aWriter(7 * 24 * 60))).toMatchObject({ state: 'REVOKED' });
  });

  test('is so when it is open again, but an attempt is left', () => {
    expect(notFound(aStaleEntry({ attempt: anAttempt(1) }), GONE, aWriter(60))).toMatchObject({ state: 'REVOKED' });
  });

  test('without an attempt was removed by someone else: it is healed, and forgotten in ninety days', () => {
    expect(notFound(aStaleEntry(), GONE, aWriter(60))).toEqual({
      ...aStaleEntry(),
      state: 'HEALED',
      revision: 3,
      writtenBy: 'sweep-now',
      expiresAt: inNinetyDays(61),
      outcome: {
        name: 'HEALED',
        sweepId: 'sweep-now',
        at: iso(61),
        detail: 'it was removed, and not by this construct',
      },
    });
  });

  test('and was seen when the attempt could no longer have its effect, was removed by someone else', () => {
    const entry = aStaleEntry({ attempt: anAttempt(-2 * LONG) });
    expect(notFound(entry, GONE, aWriter(60))).toMatchObject({ state: 'HEALED', attempt: undefined });
  });

  test('and had been recorded as revoked before EC2 showed it once more, is so again: what can be put back is never forgotten', () => {
    const entry = aStaleEntry({ outcome: OUTCOME_REVOKED });
    const next = notFound(entry, GONE, aWriter(60));
    expect(next).toEqual({ ...entry, state: 'REVOKED', revision: 3, writtenBy: 'sweep-now' });
    expect(next?.expiresAt).toBeUndefined();
  });

  test('and had been recorded as revoked, is of the attempt that was made since, where there was one', () => {
    const entry = aStaleEntry({ outcome: OUTCOME_REVOKED, attempt: anAttempt(1, 'sweep-later') });
    expect(notFound(entry, GONE, aWriter(60))).toMatchObject({
      state: 'REVOKED',
      outcome: { sweepId: 'sweep-later', recordedBy: 'sweep-now' },
    });
  });

  test.each<Look>(['looked', 'not-looked', 'not-asked'])('counts, whatever the checks did: %s', look => {
    const absence: Absence = { rule: 'gone', looks: { stale: look, flagged: look } };
    const next = notFound(anEntry({ because: BOTH }), absence, aWriter(60));
    expect(next).toMatchObject({ state: 'HEALED', outcome: { name: 'HEALED' } });
    expect(notFound(aPendingEntry(), absence, aWriter(60))).toMatchObject({ state: 'REVOKED' });
  });
});

describe('a rule that is there, but was not found', () => {
  const MODIFIED = aRule({ toPort: 23 });
  const closing = { sweepId: 'sweep-now', at: iso(61) };
  const HEALED = { ...closing, name: 'HEALED', detail: 'it is there, but no longer stale or flagged' };
  const LET_GO = {
    ...closing, name: 'NO_LONGER_LOOKED_FOR', detail: 'it is there, and the configuration no longer looks for it',
  };
  const CLOSED = { state: 'HEALED', revision: 3, writtenBy: 'sweep-now', expiresAt: inNinetyDays(61) };

  test('is healed, and forgotten in ninety days', () => {
    expect(notFound(aStaleEntry(), THERE, aWriter(60))).toEqual({ ...aStaleEntry(), ...CLOSED, outcome: HEALED });
  });

  test('is let go, and forgotten in ninety days, when the configuration no longer looks for it', () => {
    const absence: Absence = { rule: aRule(), looks: { stale: 'not-asked', flagged: 'not-asked' } };
    for (const because of [STALE, FLAGGED, BOTH]) {
      const next = notFound(anEntry({ because }), absence, aWriter(60));
      expect(next).toEqual({ ...anEntry({ because }), ...CLOSED, outcome: LET_GO });
    }
  });

  test.each<[string, Because, SecurityGroupRule, Looks, typeof HEALED]>([
    ['was stale', STALE, aRule(), LOOKED, HEALED],
    ['was stale, and was modified', STALE, MODIFIED, LOOKED, HEALED],
    ['was flagged by a declaration that is gone, beside others', FLAGGED, aRule(), LOOKED, LET_GO],
    ['was flagged, and was modified', FLAGGED, MODIFIED, LOOKED, HEALED],
    ['was flagged, and no declaration is left', FLAGGED, MODIFIED, { stale: 'looked', flagged: 'not-asked' }, LET_GO],
    ['was both, and is no longer stale', BOTH, aRule(), { stale: 'looked', flagged: 'not-asked' }, HEALED],
    ['was both, and stale rules are ignored now', BOTH, aRule(), { stale: 'not-asked', flagged: 'looked' }, LET_GO],
    ['was both, is modified, and stale is ignored', BOTH, MODIFIED, { stale: 'not-asked', flagged: 'looked' }, HEALED],
  ])('is closed by the network, unless the configuration alone did it: it %s', (_, because, rule, looks, outcome) => {
    const next = notFound(anEntry({ because }), { rule, looks }, aWriter(60));
    expect(next).toMatchObject({ state: 'HEALED', outcome, expiresAt: inNinetyDays(61) });
    // The entry keeps the rule that was found.
    expect(next?.rule).toEqual(aRule());
    expect(becauseOf(next ?? fail())).toEqual({ stale: undefined, verdict: undefined, ...because });
  });

  test('is not healed where no check looked', () => {
    for (const because of [STALE, FLAGGED, BOTH]) {
      for (const rule of [aRule(), MODIFIED]) {
        expect(notFound(anEntry({ because }), { rule, looks: NOT_LOOKED }, aWriter(60))).toBeUndefined();
      }
    }
  });

  test.each<[string, Look]>([['looked', 'looked'], ['is no longer to look', 'not-asked']])(
    'stays open by the check that did not look, and loses what the one that %s had said', (_, look) => {
      const entry = anEntry({ because: BOTH });
      const { stale, flagged, ...rest } = entry;
      const written = { ...rest, revision: 3, writtenBy: 'sweep-now' };
      const byFlagged = notFound(entry, { rule: aRule(), looks: { stale: look, flagged: 'not-looked' } }, aWriter(60));
      expect(byFlagged).toEqual({ ...written, flagged });
      const byStale = notFound(entry, { rule: aRule(), looks: { stale: 'not-looked', flagged: look } }, aWriter(60));
      expect(byStale).toEqual({ ...written, stale });
    },
  );

  test('stays as it is, when the check that looked had said nothing of it', () => {
    const flaggedOnly: Looks = { stale: 'not-looked', flagged: 'looked' };
    expect(notFound(aStaleEntry(), { rule: aRule(), looks: flaggedOnly }, aWriter(60))).toBeUndefined();
    const staleOnly: Looks = { stale: 'looked', flagged: 'not-looked' };
    expect(notFound(anEntry({ because: FLAGGED }), { rule: aRule(), looks: staleOnly }, aWriter(60))).toBeUndefined();
  });

  test('is not closed while an attempt may yet have its effect', () => {
    const entry = aStaleEntry({ attempt: anAttempt(1) });
    for (const look of ['looked', 'not-asked'] as const) {
      const absence: Absence = { rule: aRule(), looks: { stale: look, flagged: look } };
      expect(notFound(entry, absence, aWriter(0, { now: 1 + ALMOST_LONG }))).toBeUndefined();
      const next = notFound(entry, absence, aWriter(0, { now: 1 + LONG }));
      expect(next).toMatchObject({ state: 'HEALED' });
      expect(next?.attempt).toBeUndefined();
    }
  });

  test('loses nothing of what was said while an attempt may yet have its effect', () => {
    const entry = anEntry({ because: BOTH, attempt: anAttempt(1) });
    const absence: Absence = { rule: aRule(), looks: { stale: 'looked', flagged: 'not-looked' } };
    expect(notFound(entry, absence, aWriter(3))).toBeUndefined();
    const pendingOne: LedgerEntry = { ...entry, state: 'PENDING' };
    expect(notFound(pendingOne, absence, aWriter(3))).toEqual({ ...entry, revision: 3, writtenBy: 'sweep-now' });
  });

  test.each<[string, Looks]>([['where the sweep looked', LOOKED], ['where it could not look', NOT_LOOKED]])(
    'is cleared when it was pending, %s, and keeps its attempt', (_, looks) => {
      const entry = aPendingEntry();
      const next = notFound(entry, { rule: aRule(), looks }, aWriter(3));
      expect(next).toEqual({ ...entry, state: 'OPEN', revision: 3, writtenBy: 'sweep-now' });
    },
  );

  test('is cleared, and not healed, long after it was pending, where it was not looked at', () => {
    const next = notFound(aPendingEntry(), { rule: aRule(), looks: NOT_LOOKED }, aWriter(600));
    expect(next).toMatchObject({ state: 'OPEN', attempt: anAttempt(1), stale: aStaleEntry().stale });
  });
});

test.each<[string, Looks]>([
  ['looked', LOOKED], ['not looked', NOT_LOOKED], ['no longer to look', { stale: 'not-asked', flagged: 'not-asked' }],
])('nothing is concluded of a rule of which EC2 could not tell whether it is there (%s)', (_, looks) => {
  for (const entry of [aStaleEntry(), aPendingEntry(), aStaleEntry({ attempt: anAttempt(1) })]) {
    expect(notFound(entry, { rule: undefined, looks }, aWriter(60))).toBeUndefined();
  }
});

test.each(['REVOKED', 'HEALED', 'RESTORED'] as const)('nothing follows from not finding what is %s', state => {
  for (const rule of [aRule(), 'gone', undefined] as const) {
    const entry = aStaleEntry({ state, attempt: anAttempt(1), outcome: OUTCOME_REVOKED });
    expect(notFound(entry, { rule, looks: LOOKED }, aWriter(60))).toBeUndefined();
  }
});

describe('a rule that was revoked', () => {
  test.each(['REVOKED', 'RESTORED'] as const)(
    'a moment ago (%s) is not opened again by a sweep that EC2 still shows it to',
    state => {
      const entry = aRevokedEntry({ state });
      for (const startedAt of [-5, 0, 1, ALMOST_LONG]) {
        const writer = aWriter(startedAt, { now: startedAt + 14 });
        expect(seen(entry, aFlaggedFinding(), aGroup(), writer, SCHEDULED)).toBeUndefined();
      }
    },
  );

  test.each(['REVOKED', 'RESTORED'] as const)(
    'long before the sweep began (%s) is there all the same: it starts over',
    state => {
      const next = seen(aRevokedEntry({ state, sightings: 5 }), aStaleFinding(), aGroup(), aWriter(LONG), SCHEDULED);
      const now = iso(LONG + 1);
      expect(next).toMatchObject({
        state: 'OPEN',
        firstSeen: now,
        revision: 3,
        rule: aRule(),
        stale: { sightings: 1, firstSeen: now, countedSince: now },
        outcome: OUTCOME_REVOKED,
      });
    },
  );

  test('at a time that is not known is not opened again', () => {
    const entry = aRevokedEntry({ outcome: undefined });
    expect(seen(entry, aFlaggedFinding(), aGroup(), aWriter(60 * 24), SCHEDULED)).toBeUndefined();
  });

  test('is recorded as of the sweep whose attempt it was, and as found out by the one that writes, never to be forgotten, without an attempt', () => {
    const entry = aPendingEntry({ expiresAt: 1 });
    expect(revoked(entry, aWriter(60), 'sweep-before', 'EC2 reported success')).toEqual({
      ...aStaleEntry(),
      state: 'REVOKED',
      revision: 3,
      writtenBy: 'sweep-now',
      attempt: undefined,
      expiresAt: undefined,
      outcome: {
        name: 'REVOKED',
        sweepId: 'sweep-before',
        recordedBy: 'sweep-now',
        at: iso(61),
        detail: 'EC2 reported success',
      },
    });
  });

  test('has no other recorder, if the sweep that revoked it writes', () => {
    const { outcome } = revoked(aPendingEntry(), aWriter(60), 'sweep-now');
    expect(outcome).toEqual({ name: 'REVOKED', sweepId: 'sweep-now', at: iso(61) });
  });

  test('belongs to the sweep that revoked it, no matter which attempt is on record', () => {
    expect(revoked(aPendingEntry(), aWriter(60), 'sweep-now').outcome).toMatchObject({ sweepId: 'sweep-now' });
  });

  test('in another shape than was read is recorded as it was revoked', () => {
    const rule = aRule({ toPort: 23, description: 'as EC2 listed it' });
    expect(revoked(aPendingEntry(), aWriter(60), 'sweep-before', undefined, rule).rule).toEqual(rule);
  });

  test.each(['REVOKED', 'RESTORED', 'PENDING'] as const)(
    'in another shape than was recorded is corrected, and nothing else of the record changes (%s)',
    state => {
      const entry = aRevokedEntry({ state, attempt: state === 'PENDING' ? anAttempt(1) : undefined, expiresAt: 1 });
      const rule = aRule({ toPort: 23, description: 'as EC2 listed it' });
      expect(corrected(entry, rule, aWriter(60))).toEqual({ ...entry, revision: 3, writtenBy: 'sweep-now', rule });
    },
  );
});

test('a rule that is about to be revoked is pending, as it was read, with an attempt, and is not to be forgotten', () => {
  const rule = aRule({ description: 'another by now' });
  const entry = anEntry({ because: BOTH, expiresAt: 1, attempt: anAttempt(-5, 'an-earlier-sweep') });
  expect(pending(entry, rule, aWriter(2, { now: 3 }))).toEqual({
    ...anEntry({ because: BOTH }),
    state: 'PENDING',
    revision: 3,
    writtenBy: 'sweep-now',
    rule,
    attempt: anAttempt(3, 'sweep-now'),
  });
});

describe('a rule that an attempt did not revoke', () => {
  const outcome = { name: 'FAILED', detail: 'EC2 did not revoke the rule' };

  test('is open, with what became of the attempt, and without one where it can have no more effect', () => {
    const next = kept(aPendingEntry(), undefined, outcome, aWriter(3));
    expect(next).toEqual({
      ...aStaleEntry(), state: 'OPEN', revision: 3, writtenBy: 'sweep-now',
      outcome: { ...outcome, sweepId: 'sweep-now', at: iso(4) },
    });
  });

  test('keeps what is left of an attempt, so that it counts as revoked should it be gone after all', () => {
    const next = kept(aPendingEntry(), anAttempt(1), outcome, aWriter(3));
    expect(next).toMatchObject({ state: 'OPEN', attempt: anAttempt(1) });
    expect(notFound(next, GONE, aWriter(600))).toMatchObject({
      state: 'REVOKED',
      outcome: { sweepId: 'sweep-before' },
    });
  });
});

describe('who made a rule what it is', () => {
  const ann = anAuthor();
  const bob = anAuthor({ eventId: 'event-2', at: iso(5), arn: 'arn:bob' });
  const entry = anEntry({ because: FLAGGED, changedBy: ann });
  const found = (
    changedBy?: typeof ann, rule = aRule(), known: LedgerEntry | undefined = entry,
  ): LedgerEntry | undefined =>
    seen(known, aFlaggedFinding(rule), aGroup(), aWriter(60), { ...UNCOUNTED, changedBy });
  const WIDER = aRule({ toPort: 23 });

  test('is recorded when a run knows it, kept by runs that do not, and replaced by who modified the rule later', () => {
    const counting = { ...UNCOUNTED, changedBy: ann };
    expect(seen(undefined, aFlaggedFinding(), aGroup(), aWriter(60), counting)?.changedBy).toBe(ann);
    expect(found()?.changedBy).toBe(ann);
    expect(found(undefined, aRule({ description: 'new' }))?.changedBy).toBe(ann);
    expect(found(bob)?.changedBy).toBe(bob);
  });

  test.each([undefined, iso(-1)])('is not replaced by an event that comes late (%s)', at => {
    expect(found({ ...bob, at })?.changedBy).toBe(ann);
    // Without a time nothing is known to be late.
    expect(found({ ...bob, at }, aRule(), { ...entry, changedBy: { ...ann, at: undefined } })?.changedBy?.arn).toBe('arn:bob');
  });

  test('is dropped with the traffic that it was about, in every step', () => {
    expect(found(undefined, WIDER)?.changedBy).toBeUndefined();
    expect(found(bob, WIDER)?.changedBy).toBe(bob);
    // The traffic is another one, so its time does not matter.
    expect(found({ ...bob, at: iso(-1) }, WIDER)?.changedBy?.arn).toBe('arn:bob');
    expect(pending(entry, WIDER, aWriter(60)).changedBy).toBeUndefined();
    expect(revoked(entry, aWriter(60), 'sweep-now', undefined, WIDER).changedBy).toBeUndefined();
    expect(corrected(entry, WIDER, aWriter(60)).changedBy).toBeUndefined();
  });

  test('stays with a rule that is revoked, so that the table and a restore can name it', () => {
    const isPending = pending(entry, aRule(), aWriter(60));
    const isRevoked = revoked(isPending, aWriter(61), 'sweep-now');
    const steps = [isPending, isRevoked, corrected(isRevoked, aRule({ description: 'x' }), aWriter(62)), restored(isRevoked, 'sgr-2', aWriter(63))];
    expect(steps.map(({ changedBy }) => changedBy)).toEqual([ann, ann, ann, ann]);
  });

  test.each(['HEALED', 'REVOKED', 'RESTORED'] as const)('does not survive for a finding that is opened again (%s)', state => {
    const outcome = { name: state, sweepId: 'sweep-before', at: iso(0) };
    expect(found(undefined, aRule(), { ...entry, state, outcome })).toMatchObject({ state: 'OPEN', changedBy: undefined });
  });

  test('gives way to who ended the finding, or to nobody', () => {
    for (const endedBy of [bob, undefined]) {
      expect(notFound(entry, { ...GONE, endedBy }, aWriter(60))).toMatchObject({ state: 'HEALED', changedBy: endedBy });
      expect(notFound(entry, { ...THERE, rule: WIDER, endedBy }, aWriter(60))).toMatchObject({ state: 'HEALED', changedBy: endedBy });
    }
  });

  test('stays with a rule that this construct had begun to revoke, whoever may have removed it', () => {
    const isPending = pending(entry, aRule(), aWriter(60));
    expect(notFound(isPending, { ...GONE, endedBy: bob }, aWriter(62))).toMatchObject({ state: 'REVOKED', changedBy: ann });
  });
});

test('a rule that is healed is without an attempt, and forgotten in ninety days', () => {
  const detail = 'it was removed by someone else';
  const next = healed(aPendingEntry(), aWriter(60), detail);
  expect(next).toMatchObject({
    state: 'HEALED',
    revision: 3,
    expiresAt: inNinetyDays(61),
    outcome: { name: 'HEALED', detail },
  });
  expect(next.attempt).toBeUndefined();
});

test('a rule that was put back says as which rule, when and by whom, keeps who revoked it, and is forgotten in ninety days', () => {
  expect(restored(aRevokedEntry(), 'sgr-2', aWriter(60, { id: 'restore-1' }))).toEqual({
    ...aRevokedEntry(),
    state: 'RESTORED',
    revision: 3,
    writtenBy: 'restore-1',
    expiresAt: inNinetyDays(61),
    restored: { securityGroupRuleId: 'sgr-2', restoreId: 'restore-1', at: iso(61) },
  });
});

test('a rule that was put back while its revocation was not yet recorded is of the sweep that had begun it, without an attempt', () => {
  const next = restored(
    aPendingEntry({ attempt: anAttempt(1, 'sweep-killed') }),
    'sgr-2',
    aWriter(60, { id: 'restore-1' }),
  );
  expect(next).toMatchObject({
    state: 'RESTORED',
    writtenBy: 'restore-1',
    attempt: undefined,
    expiresAt: inNinetyDays(61),
    restored: { securityGroupRuleId: 'sgr-2' },
    outcome: {
      name: 'REVOKED',
      sweepId: 'sweep-killed',
      recordedBy: 'restore-1',
      detail: 'an earlier sweep had begun to revoke it, and it is gone',
    },
  });
  expect(next.revision).toBe(3);
});

/** Returns every change of an entry whose attempt was a moment ago, by name. */
function stepsFrom(entry: LedgerEntry): Record<string, LedgerEntry | undefined> {
  const { rule } = entry;
  return {
    seen: seen(entry, aFlaggedFinding(rule), aGroup(), aWriter(3), SCHEDULED),
    finished: notFound(entry, GONE, aWriter(60)),
    closed: notFound(entry, { rule, looks: LOOKED }, aWriter(60)),
    letGo: notFound(entry, { rule, looks: { stale: 'not-asked', flagged: 'not-asked' } }, aWriter(60)),
    lessened: notFound(entry, { rule, looks: { stale: 'looked', flagged: 'not-looked' } }, aWriter(60)),
    pending: pending(entry, rule, aWriter(3)),
    revoked: revoked(entry, aWriter(3), 'sweep-1'),
    corrected: corrected(entry, rule, aWriter(3)),
    kept: kept(entry, undefined, { name: 'FAILED' }, aWriter(3)),
    healed: healed(entry, aWriter(3), ''),
    gone: gone(entry, aWriter(3), ''),
    restored: restored(entry, 'sgr-10', aWriter(3)),
  };
}

test('no step makes another entry of the one that it is given', () => {
  const entry = (): LedgerEntry => aPendingEntry({ because: BOTH });
  const frozen = Object.freeze(entry());
  stepsFrom(frozen);
  expect(frozen).toEqual(entry());
});

test('every step says of which rule it is, and is one revision on', () => {
  const rule = aRule({ securityGroupRuleId: 'sgr-9' });
  const entry = anEntry({ rule, because: BOTH, revision: 41, attempt: anAttempt(1) });
  for (const [name, next] of Object.entries(stepsFrom(entry))) {
    const written = { securityGroupRuleId: 'sgr-9', revision: 42, writtenBy: 'sweep-now', rule };
    expect([name, next]).toMatchObject([name, written]);
  }
});

test('every step from an item of an earlier version is the first entry of its rule, and names what it replaces', () => {
  const entry = anEntry({ because: BOTH, revision: 0, earlierRevision: 7, attempt: anAttempt(1) });
  for (const [name, next] of Object.entries(stepsFrom(entry))) {
    expect([name, next]).toMatchObject([name, { revision: 1, earlierRevision: 7 }]);
  }
});

test('why a rule was found is what its checks have said', () => {
  expect(becauseOf(anEntry({ because: BOTH }))).toEqual(BOTH);
  expect(becauseOf(anEntry({ because: STALE }))).toEqual(STALE);
  expect(becauseOf(anEntry({ because: FLAGGED }))).toEqual(FLAGGED);
  expect(becauseOf(anEntry())).toEqual({ declarations: [] });
});

test('the clock of the builders is that of the entries', () => {
  expect(anEntry().lastSeen).toBe(iso(0));
  expect(after(1).getTime() - after(0).getTime()).toBe(60_000);
});

describe('a clock that was ahead once', () => {
  const MONTH = 30 * 24 * 60;
  const ahead = aWriter(MONTH, { id: 'sweep-ahead', now: MONTH });
  const withGap = (maxGapSeconds: number): typeof SCHEDULED => ({ ...SCHEDULED, maxGapSeconds });

  test('is forgotten by the next sweep: sightings and age go on from there', () => {
    const entry = seen(aStaleEntry({ sightings: 3 }), aStaleFinding(), aGroup(), ahead, withGap(MONTH * 120));
    expect(entry).toMatchObject({ lastSeen: iso(MONTH), stale: { sightings: 4, countedAt: iso(MONTH) } });
    const { firstSeen } = anEntry();
    expect(seen(entry, aStaleFinding(), aGroup(), aWriter(60), withGap(7200))).toMatchObject({
      firstSeen, lastSeen: iso(61),
      stale: { firstSeen, lastSeen: iso(61), sightings: 5, countedSince: firstSeen, countedAt: iso(61) },
    });
  });

  test('never makes a wait shorter: one that began ahead begins anew', () => {
    const entry = seen(aStaleEntry({ sightings: 3 }), aStaleFinding(), aGroup(), ahead, withGap(7200));
    expect(entry?.stale).toMatchObject({ firstSeen: iso(MONTH), sightings: 1, countedSince: iso(MONTH) });
    const now = { firstSeen: iso(61), lastSeen: iso(61) };
    expect(seen(entry, aStaleFinding(), aGroup(), aWriter(60), withGap(7200))?.stale)
      .toMatchObject({ ...now, sightings: 1, countedSince: iso(61), countedAt: iso(61) });
  });

  test('and counts nothing changes nothing of the wait', () => {
    const before = aStaleEntry({ sightings: 3 });
    const entry = seen(before, aStaleFinding(), aGroup(), ahead, { ...withGap(7200), counts: false });
    const { sightings, countedSince, countedAt } = before.stale ?? fail();
    expect(entry?.stale).toMatchObject({ sightings, countedSince, countedAt });
    const next = seen(entry, aStaleFinding(), aGroup(), aWriter(60), withGap(7200));
    expect(next?.stale).toMatchObject({ sightings: 4, countedSince, countedAt: iso(61), lastSeen: iso(61) });
  });

  test('does not keep other sweeps from the rule for as long as the clock was ahead', () => {
    const entry = pending(aStaleEntry(), aRule(), ahead);
    const next = seen(entry, aFlaggedFinding(), aGroup(), aWriter(60), SCHEDULED);
    expect(next).toMatchObject({
      state: 'OPEN',
      attempt: { sweepId: 'sweep-ahead', at: after(60 - 1 / 60_000).toISOString() },
    });
    expect(seen(next, aFlaggedFinding(), aGroup(), aWriter(120), SCHEDULED)?.attempt).toBeUndefined();
  });

  test('loses no rule that was revoked then: a rule that its attempt removed is recorded as revoked', () => {
    const entry = pending(aStaleEntry(), aRule(), ahead);
    expect(notFound(entry, GONE, aWriter(60))).toMatchObject({ state: 'REVOKED', outcome: { sweepId: 'sweep-ahead' } });
    const seenSince = seen(entry, aFlaggedFinding(), aGroup(), aWriter(60), SCHEDULED);
    expect(notFound(seenSince ?? entry, GONE, aWriter(70))).toMatchObject({ state: 'REVOKED' });
  });

  test.each(['OPEN', 'PENDING'] as const)('does not keep a rule from healing (%s)', state => {
    const entry = { ...pending(aStaleEntry(), aRule(), ahead), state };
    const next = notFound(entry, THERE, aWriter(60));
    expect(next).toMatchObject({ state: 'OPEN' });
    expect(notFound(next ?? entry, THERE, aWriter(120))).toMatchObject({ state: 'HEALED' });
  });

  test('does not hide a rule that is there although it was recorded as revoked then', () => {
    const entry = revoked(aStaleEntry(), ahead, 'sweep-ahead');
    expect(seen(entry, aFlaggedFinding(), aGroup(), aWriter(60), SCHEDULED)).toMatchObject({ state: 'OPEN' });
  });
});

/** Fails where a test has already checked that this cannot happen. */
function fail(): never {
  throw new Error('There is none');
}

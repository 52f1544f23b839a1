/** Tests which changes earlier runs have dealt with, and how much of it is remembered. */
import { afterDealing, groupsAgain, groupsLeft, isDealtWith } from '../../../../lambda/core/changes/readings';
import { beganAfter } from '../../../../lambda/core/decide/times';
import type { ChangesEntry, SweepEntry } from '../../../../lambda/core/model/ledger';
import type { ScanError } from '../../../../lambda/core/model/observation';
import { aGroup, aRule } from '../../../support/builders';
import { aSweepResult } from '../../../support/sweep-result';

const NOW = new Date('2026-01-01T01:00:00.000Z');
const at = (seconds: number): string => new Date(NOW.getTime() + seconds * 1000).toISOString();
const entry = (overrides: Partial<ChangesEntry> = {}): ChangesEntry =>
  ({ revision: 1, writtenBy: 'run-1', readAt: {}, events: [], ...overrides });
const sweep = (overrides: Partial<SweepEntry> = {}): SweepEntry => ({
  revision: 1, sweepId: 'sweep-1', startedAt: at(-60), durationMillis: 1, scanErrors: 0, errors: [], looksAtRules: true,
  looksAtVpnConnections: false, recordedVpnConnections: false, unidentified: 0, dryRun: false, staleRules: 'report',
  maxRevocationsPerSweep: 20, withheld: [], ...overrides,
});
const left = (seconds: number | undefined, readings: { entry?: ChangesEntry; sweep?: SweepEntry }): string[] =>
  groupsLeft({ groupIds: ['sg-1', 'sg-2', 'sg-1'], at: seconds === undefined ? undefined : at(seconds) }, readings, NOW);

describe('a run has seen a change', () => {
  test.each<[number, number, boolean]>([
    [-60, -61, true], [-60, -60, false], [-60, -60.999, false], [-60, -59, false], [1, -60, false], [0, -1, true],
  ])('that began at %d seconds, of %d: %s', (startedAt, change, has) => {
    expect(beganAfter(at(startedAt), at(change), NOW)).toBe(has);
  });

  test.each(['', 'soon'])('never, if its time is %j', startedAt => {
    expect(beganAfter(startedAt, at(-60), NOW)).toBe(false);
  });
});

describe('of a change, the groups are left', () => {
  test('that were not read since, each once', () => {
    expect(left(-60, {})).toEqual(['sg-1', 'sg-2']);
    expect(left(-60, { entry: entry({ readAt: { 'sg-1': at(-30), 'sg-2': at(-90) } }) })).toEqual(['sg-2']);
  });

  test('all of them, without a time', () => {
    expect(left(undefined, { entry: entry({ readAt: { 'sg-1': at(-30) } }), sweep: sweep() })).toEqual(['sg-1', 'sg-2']);
  });

  test('none of them, if a full sweep has begun since that could look at every rule', () => {
    expect(left(-90, { sweep: sweep() })).toEqual([]);
    expect(left(-90, { sweep: sweep({ scanErrors: 1 }) })).toHaveLength(2);
    expect(left(-90, { sweep: sweep({ looksAtRules: false }) })).toHaveLength(2);
    expect(left(-30, { sweep: sweep() })).toHaveLength(2);
    expect(left(-90, { sweep: sweep({ startedAt: at(30) }) })).toHaveLength(2);
  });
});

describe('the record after a batch', () => {
  const dealt = { groupIds: ['sg-1'], readAt: new Date(at(-5)), identities: ['e-1'] };

  test('has the groups, and the events by a digest', () => {
    const after = afterDealing(undefined, dealt, NOW);
    expect(after.readAt).toEqual({ 'sg-1': at(-5) });
    expect(JSON.stringify(after)).not.toContain('e-1');
    expect(isDealtWith({ identity: 'e-1' }, { entry: entry(after) })).toBe(true);
    expect([isDealtWith({ identity: 'e-2' }, { entry: entry(after) }), isDealtWith({}, { entry: entry(after) })])
      .toEqual([false, false]);
    expect(isDealtWith({ identity: 'e-1' }, {})).toBe(false);
  });

  test('keeps a later reading of another run, and corrects one that is ahead', () => {
    expect(afterDealing(entry({ readAt: { 'sg-1': at(-2) } }), dealt, NOW).readAt).toEqual({ 'sg-1': at(-2) });
    expect(afterDealing(entry({ readAt: { 'sg-1': at(3600) } }), dealt, NOW).readAt).toEqual({ 'sg-1': at(-5) });
  });

  test('leaves out groups that a full sweep has read since', () => {
    const before = entry({ readAt: { 'sg-2': at(-90), 'sg-3': at(-30) } });
    expect(afterDealing(before, dealt, NOW, at(-60)).readAt).toEqual({ 'sg-3': at(-30), 'sg-1': at(-5) });
  });

  test('has 500 groups and 500 events at most, the latest ones', () => {
    const readAt = Object.fromEntries(Array.from({ length: 600 }, (_, n) => [`sg-a${n}`, at(n - 1000)]));
    const events = Array.from({ length: 600 }, (_, n) => `digest-${n}`);
    const after = afterDealing(entry({ readAt, events }), dealt, NOW);
    expect([Object.keys(after.readAt).length, after.events.length]).toEqual([500, 500]);
    expect(after.readAt).toMatchObject({ 'sg-1': at(-5), 'sg-a599': at(-401) });
    expect(after.readAt).not.toHaveProperty('sg-a100');
    expect(isDealtWith({ identity: 'e-1' }, { entry: entry(after) })).toBe(true);
    expect(after.events).not.toContain('digest-100');
  });

  test('has an event once, as the latest', () => {
    const once = afterDealing(undefined, dealt, NOW);
    expect(afterDealing(entry(once), dealt, NOW).events).toEqual(once.events);
  });
});

describe('a run could not read', () => {
  const unreadIn = (error: Partial<ScanError>): string[] => {
    const result = aSweepResult();
    const errors = [{ doing: 'reading', error: { code: 'InternalError', message: 'try again' }, ...error }];
    const groups = new Map([aGroup({ groupId: 'sg-1', vpcId: 'vpc-1' }), aGroup({ groupId: 'sg-2', vpcId: 'vpc-2' })]
      .map(group => [group.groupId, group]));
    return [...groupsAgain({ ...result, observation: { ...result.observation, groups, errors } }, ['sg-1', 'sg-2', 'sg-gone'])];
  };

  test.each<[string, Partial<ScanError>, string[]]>([
    ['the group that an error is about', { resourceId: 'sg-2' }, ['sg-2']],
    ['the groups of the VPC that an error is about, and those of an unknown VPC', { vpcId: 'vpc-1' }, ['sg-1', 'sg-gone']],
    ['any group, if an error is about no place', {}, ['sg-1', 'sg-2', 'sg-gone']],
    ['any group of the VPC of a rule that an error is about', { resourceId: 'sgr-1', vpcId: 'vpc-2' }, ['sg-2', 'sg-gone']],
    ['any group, if an error is about a rule', { resourceId: 'sgr-1' }, ['sg-1', 'sg-2', 'sg-gone']],
    ['no group, if an error is about a prefix list: a rule that depends on it is kept', { resourceId: 'pl-1' }, []],
  ])('%s', (_, error, groupIds) => {
    expect(unreadIn(error)).toEqual(groupIds);
  });

  test('a group in which it did not try what it had planned', () => {
    const outcomes = (['SKIPPED', 'REVOKED', 'FAILED'] as const).map((outcome, index) =>
      ({ rule: aRule({ groupId: `sg-${index}` }), because: { declarations: [] }, outcome }));
    expect([...groupsAgain(aSweepResult({ outcomes }), ['sg-0', 'sg-1', 'sg-2'])]).toEqual(['sg-0']);
  });
});

/** Laws about who is named for what happened to a rule, over any changes of a run. */
import * as fc from 'fast-check';
import { changedBy, type Effect, namedBy } from '../../../../lambda/core/decide/changed-by';
import type { Change, ChangedBy } from '../../../../lambda/core/model/change';
import { GROUP_EVENTS, TOPOLOGY_EVENTS } from '../../../../src/contract/change-events';
import { aRule } from '../../../support/builders';

const ids = (prefix: string): fc.Arbitrary<string[]> => fc.uniqueArray(fc.constantFrom(1, 2, 3).map(n => `${prefix}-${n}`));

const aChange: fc.Arbitrary<Change> = fc.record({
  eventName: fc.oneof(
    { weight: 8, arbitrary: fc.constantFrom(...GROUP_EVENTS) },
    fc.constantFrom(...TOPOLOGY_EVENTS, 'ReplaceSecurityGroupRule', 'constructor'),
  ),
  at: fc.option(fc.integer({ min: 0, max: 3 }).map(second => `2026-01-01T00:00:0${second}Z`), { nil: undefined }),
  arn: fc.option(fc.constantFrom('arn:ann', 'arn:bob', 'arn:cyd'), { nil: undefined }),
  tool: fc.constantFrom('CloudFormation', 'Terraform', 'console', undefined),
  groupIds: ids('sg'), ruleIds: ids('sgr'), isByCloudFormation: fc.boolean(),
});

/** Each event has an id of its own, or none. Some are delivered twice. */
const someChanges: fc.Arbitrary<Change[]> = fc.array(fc.tuple(aChange, fc.constantFrom(0, 1, 2)), { maxLength: 6 })
  .map(events => events.flatMap(([change, deliveries], index) =>
    deliveries === 0 ? [change] : Array.from({ length: deliveries }, () => ({ ...change, eventId: `event-${index}` }))));

const anEffect = fc.constantFrom<Effect>('there', 'modified', 'removed');
const ofEither = fc.boolean().map(isEgress => aRule({ isEgress }));

/** Returns the changes that a description may be of. */
const changesOf = (author: ChangedBy, changes: readonly Change[]): Change[] => changes.filter(each =>
  each.eventName === author.eventName && each.eventId === author.eventId && each.arn === author.arn
  && (each.at === undefined ? undefined : new Date(each.at).toISOString()) === author.at);

test('whoever is named made a change of the run that names the rule, or that names no rule and its group', () => {
  fc.assert(fc.property(ofEither, someChanges, anEffect, (rule, changes, effect) => {
    const author = changedBy(rule, changes, effect);
    if (author === undefined) return;
    expect(changesOf(author, changes).some(({ ruleIds, groupIds }) =>
      ruleIds.includes('sgr-1') || (ruleIds.length === 0 && groupIds.includes('sg-1')))).toBe(true);
  }));
});

test('nobody is named by events that name other rules, or that are about other groups', () => {
  fc.assert(fc.property(ofEither, someChanges, anEffect, (rule, changes, effect) => {
    const others = changes.filter(({ ruleIds, groupIds }) =>
      !ruleIds.includes('sgr-1') && (ruleIds.length > 0 || !groupIds.includes('sg-1')));
    expect(changedBy(rule, others, effect)).toBeUndefined();
    // Nor do they keep others from being named.
    const rest = changes.filter(each => !others.includes(each));
    expect(changedBy(rule, changes, effect)).toEqual(changedBy(rule, rest, effect));
  }));
});

test('the order of the changes does not matter, and neither does a second delivery', () => {
  const shuffled = someChanges.chain(changes => fc.tuple(
    fc.constant(changes), fc.shuffledSubarray(changes, { minLength: changes.length }), fc.subarray(changes),
  ));
  fc.assert(fc.property(ofEither, shuffled, anEffect, (rule, [changes, others, twice], effect) => {
    const author = changedBy(rule, changes, effect);
    expect(changedBy(rule, others, effect)).toEqual(author);
    const again = twice.filter(({ eventId }) => eventId !== undefined);
    expect(changedBy(rule, [...again, ...changes, ...again], effect)).toEqual(author);
  }));
});

test('one more event that may be about the rule never puts the blame on someone else than its own caller', () => {
  fc.assert(fc.property(ofEither, someChanges, aChange, anEffect, (rule, changes, more, effect) => {
    const author = changedBy(rule, changes, effect);
    const after = changedBy(rule, [...changes, more], effect);
    if (author === undefined || after === undefined) return;
    expect([author.arn, more.arn]).toContain(after.arn);
  }));
});

test('events that name the rule say the same, whether or not others count', () => {
  fc.assert(fc.property(ofEither, someChanges, anEffect, (rule, changes, effect) => {
    const author = namedBy(rule, changes, effect);
    if (author !== undefined) expect(changedBy(rule, changes, effect)).toEqual(author);
  }));
});

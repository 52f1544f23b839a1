/** Tests who is named for what happened to a rule, and above all who is not. */
import { authorOf, changedBy, type Effect, isSameEvent, namedBy } from '../../../../lambda/core/decide/changed-by';
import type { Change } from '../../../../lambda/core/model/change';
import { aChange, anAuthor, aRule } from '../../../support/builders';

const ANN = 'arn:aws:iam::111122223333:user/ann';
const BOB = 'arn:aws:iam::111122223333:user/bob';
const RULE = aRule();

/** Returns the name of the user who is named. */
const who = (changes: readonly Change[], effect: Effect = 'there', rule = RULE): string | undefined =>
  changedBy(rule, changes, effect)?.arn?.replace(/^.*\//, '');

const at = (second: number): string => `2026-01-01T00:00:0${second}.000Z`;

describe('an event that names the rule', () => {
  test('names its caller, with the call, the event, its time and the tool, and nothing else', () => {
    expect(changedBy(RULE, [aChange()], 'there')).toEqual(anAuthor());
  });

  test('counts alone, and events that name others are about these only', () => {
    const others = aChange({ arn: BOB, eventId: 'event-2', ruleIds: ['sgr-2', 'sgr-3'] });
    expect(who([others, aChange({ arn: ANN })])).toBe('ann');
    expect(who([others])).toBeUndefined();
  });

  test('counts more than one that names no rule, whoever was last', () => {
    const unnamed = aChange({ arn: BOB, eventId: 'event-2', ruleIds: [], at: at(9) });
    expect(who([unnamed, aChange({ arn: ANN })])).toBe('ann');
  });

  test('is enough if its call is unknown, and so is any effect', () => {
    const unknown = aChange({ eventName: 'ReplaceSecurityGroupRule', arn: ANN });
    expect((['there', 'modified', 'removed'] as const).map(effect => who([unknown], effect))).toEqual(['ann', 'ann', 'ann']);
    expect(who([{ ...unknown, ruleIds: [] }])).toBeUndefined();
  });

  test.each<[eventName: string, effects: Effect[]]>([
    ['AuthorizeSecurityGroupIngress', ['there']],
    ['ModifySecurityGroupRules', ['there', 'modified']],
    ['RevokeSecurityGroupIngress', ['removed']],
    ['AuthorizeSecurityGroupEgress', []],
    ['RevokeSecurityGroupEgress', []],
    ['DeleteSecurityGroup', ['removed']],
    ['CreateSecurityGroup', []],
  ])('%s had only these effects on an ingress rule: %j', (eventName, effects) => {
    for (const ruleIds of [['sgr-1'], []]) {
      const change = aChange({ eventName, ruleIds });
      const had = (['there', 'modified', 'removed'] as const).filter(effect => who([change], effect) !== undefined);
      expect(had).toEqual(effects);
    }
  });

  test.each<[eventName: string, effects: Effect[]]>([
    ['AuthorizeSecurityGroupEgress', ['there']], ['CreateSecurityGroup', ['there']], ['DeleteSecurityGroup', ['removed']],
    ['RevokeSecurityGroupEgress', ['removed']], ['AuthorizeSecurityGroupIngress', []], ['RevokeSecurityGroupIngress', []],
  ])('%s had only these effects on an egress rule: %j', (eventName, effects) => {
    const egress = aRule({ isEgress: true });
    const change = aChange({ eventName, ruleIds: [] });
    const had = (['there', 'modified', 'removed'] as const).filter(effect => who([change], effect, egress) !== undefined);
    expect(had).toEqual(effects);
  });
});

describe('several events that name the rule', () => {
  const ann = aChange({ arn: ANN, eventId: 'event-1', at: at(1) });
  const bob = aChange({ arn: BOB, eventId: 'event-2', eventName: 'ModifySecurityGroupRules', at: at(2) });

  test('name who was last, whatever order they came in', () => {
    expect([who([ann, bob]), who([bob, ann])]).toEqual(['bob', 'bob']);
  });

  test('name nobody if two callers were last in the same second, or one of them has no time', () => {
    expect(who([ann, { ...bob, at: ann.at }])).toBeUndefined();
    expect(who([ann, { ...bob, at: undefined }])).toBeUndefined();
    expect(who([{ ...ann, at: undefined }, { ...bob, at: undefined }])).toBeUndefined();
    expect(who([ann, { ...bob, at: 'at noon' }])).toBeUndefined();
  });

  test('name the caller of both, if it was the same', () => {
    expect(who([ann, { ...bob, arn: ANN, at: ann.at }])).toBe('ann');
    expect(who([ann, { ...bob, arn: ANN, at: undefined }])).toBe('ann');
  });

  test('name nobody for two callers that no event shows, because these may be different ones', () => {
    const [one, other] = [ann, bob].map(each => ({ ...each, arn: undefined, at: ann.at }));
    expect(changedBy(RULE, [one, other], 'there')).toBeUndefined();
  });

  test('and name nobody else instead, if it is not certain who of them it was', () => {
    const unnamed = aChange({ arn: 'arn:aws:iam::111122223333:user/cyd', eventId: 'event-3', ruleIds: [] });
    expect(who([ann, { ...bob, at: ann.at }, unnamed])).toBeUndefined();
  });
});

describe('an event that names no rule', () => {
  const unnamed = (overrides: Partial<Change> = {}): Change => aChange({ arn: ANN, ruleIds: [], ...overrides });

  test('is about a rule of its group if no other could be, and about no rule of another group', () => {
    expect(who([unnamed(), unnamed({ eventId: 'event-2', groupIds: ['sg-2'], arn: BOB })])).toBe('ann');
    expect(who([unnamed({ groupIds: ['sg-2'] })])).toBeUndefined();
  });

  test('names nobody next to another one that could have had the same effect, even of the same caller', () => {
    expect(who([unnamed(), unnamed({ eventId: 'event-2', arn: BOB })])).toBeUndefined();
    expect(who([unnamed(), unnamed({ eventId: 'event-2' })])).toBeUndefined();
    expect(who([unnamed(), unnamed({ eventId: 'event-2', eventName: 'ModifySecurityGroupRules' })])).toBeUndefined();
  });

  test('is not confused by one that could not have had it', () => {
    for (const eventName of ['RevokeSecurityGroupIngress', 'AuthorizeSecurityGroupEgress', 'DeleteTransitGateway']) {
      expect(who([unnamed(), unnamed({ eventId: 'event-2', eventName, arn: BOB })])).toBe('ann');
    }
  });

  test('counts once if it is delivered twice', () => {
    expect(who([unnamed(), unnamed()])).toBe('ann');
    const withoutId = unnamed({ eventId: undefined });
    expect(who([withoutId, withoutId])).toBeUndefined();
  });

  test('is left out where only events that name the rule count', () => {
    expect(namedBy(RULE, [unnamed()], 'there')).toBeUndefined();
    expect(namedBy(RULE, [unnamed({ arn: BOB, eventId: 'event-2' }), aChange({ arn: ANN })], 'there')?.arn).toBe(ANN);
  });
});

test('without a change nobody is named', () => {
  expect(changedBy(RULE, [], 'there')).toBeUndefined();
  expect(namedBy(RULE, [], 'removed')).toBeUndefined();
});

test('a change has a time in one form or none, and texts of limited length', () => {
  expect(authorOf(aChange({ at: '2026-01-01T01:00:05+01:00' })).at).toBe('2026-01-01T00:00:05.000Z');
  expect(authorOf(aChange({ at: 'soon' })).at).toBeUndefined();
  const { eventName, eventId, arn } = authorOf(aChange({
    eventName: 'e'.repeat(9000), eventId: 'i'.repeat(9000), arn: 'a'.repeat(9000),
  }));
  expect([eventName, eventId, arn].map(text => text?.length)).toEqual([200, 200, 2048]);
});

test('two descriptions are of the same event only if all that tells events apart is the same', () => {
  expect(isSameEvent(anAuthor(), anAuthor())).toBe(true);
  for (const other of [{ eventId: 'event-2' }, { eventName: 'x' }, { at: at(1) }, { arn: BOB }]) {
    expect(isSameEvent(anAuthor(), anAuthor(other))).toBe(false);
  }
});

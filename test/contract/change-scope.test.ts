/** Tests in which groups a configuration may revoke and add rules. */
import { type ChangeScope, isInScope, restoreScope, revokeScope } from '../../src/contract/change-scope';
import type { Configuration, FlaggedIngressRuleConfiguration } from '../../src/contract/configuration';
import { aConfiguration, aDeclaration, decoded } from '../support/builders';

const TAG = { key: 'Exposure', values: ['private'] };
const { anyGroup: _, ...traffic } = aDeclaration();
const named = (groupId: string): FlaggedIngressRuleConfiguration => ({ ...traffic, groupId });
const tagged: FlaggedIngressRuleConfiguration = { ...traffic, groupsTagged: TAG };
const any = aDeclaration();
const defaults: FlaggedIngressRuleConfiguration = { ...traffic, defaultGroups: { evenInUse: true } };

const reported = (declared: FlaggedIngressRuleConfiguration): FlaggedIngressRuleConfiguration =>
  ({ ...declared, action: { kind: 'report' } });

test.each<[string, Partial<Configuration>, ChangeScope, ChangeScope]>([
  ['any group when stale rules are revoked', { staleRules: 'revoke', flaggedIngressRules: [named('sg-1')] }, 'anyGroup', 'anyGroup'],
  ['the named groups', { flaggedIngressRules: [named('sg-1'), named('sg-2'), named('sg-1')] }, {
    groupIds: ['sg-1', 'sg-2'], tagged: [],
  }, { groupIds: ['sg-1', 'sg-2'], tagged: [] }],
  ['the named groups and those with the tag', { flaggedIngressRules: [tagged, named('sg-1')] }, {
    groupIds: ['sg-1'], tagged: [TAG],
  }, { groupIds: ['sg-1'], tagged: [TAG] }],
  ['any group when one declaration is for any', { flaggedIngressRules: [named('sg-1'), any] }, 'anyGroup', 'anyGroup'],
  ['any group when one declaration is for default groups', { flaggedIngressRules: [tagged, defaults] }, 'anyGroup', 'anyGroup'],
  ['where rules are revoked, and to put back also where they are reported now', {
    flaggedIngressRules: [named('sg-1'), reported(named('sg-2'))],
  }, { groupIds: ['sg-1'], tagged: [] }, { groupIds: ['sg-1', 'sg-2'], tagged: [] }],
  ['in named groups, and to put back in any group where rules of any are reported now', {
    flaggedIngressRules: [named('sg-1'), reported(any)],
  }, { groupIds: ['sg-1'], tagged: [] }, 'anyGroup'],
  ['nowhere, and to put back anywhere, when everything is only reported', {
    flaggedIngressRules: [reported(named('sg-1'))],
  }, { groupIds: [], tagged: [] }, 'anyGroup'],
])('%s, before the configuration travels and after', (_name, configuration, revoke, restore) => {
  for (const each of [aConfiguration({ staleRules: 'report', ...configuration }), decoded({ staleRules: 'report', ...configuration })]) {
    expect(revokeScope(each)).toEqual(revoke);
    expect(restoreScope(each)).toEqual(restore);
  }
});

test.each<[string, string, Record<string, string>, boolean]>([
  ['its name', 'sg-1', {}, true],
  ['its tag', 'sg-9', { Exposure: 'private' }, true],
  ['another value', 'sg-9', { Exposure: 'Private' }, false],
  ['the key in another case', 'sg-9', { exposure: 'private' }, false],
  ['a key that every object has', 'sg-9', {}, false],
])('a group is in scope, or not, by %s', (_name, groupId, tags, isIn) => {
  const scope = { groupIds: ['sg-1'], tagged: [TAG, { key: 'constructor', values: [''] }] };
  expect(isInScope(scope, { groupId, tags })).toBe(isIn);
  expect(isInScope('anyGroup', { groupId, tags })).toBe(true);
  expect(isInScope({ groupIds: [], tagged: [] }, { groupId, tags })).toBe(false);
});

/** Tests on what declarations depend in addition to rules and groups, before the configuration travels and after. */
import type { FlaggedIngressRuleConfiguration, IpPermission } from '../../src/contract/configuration';
import { dependsOnGroupUse, dependsOnPrefixLists, namedPrefixLists } from '../../src/contract/depends-on';
import { aDeclaration, anIpPermission, decoded, readDeclarations } from '../support/builders';

type Declared = Partial<FlaggedIngressRuleConfiguration>;

const SSH = { IpProtocol: 'tcp', FromPort: 22, ToPort: 22 };
const FROM_LIST: IpPermission = { ...SSH, PrefixListIds: [{ PrefixListId: 'pl-0123456789abcdef0' }] };
const FROM_GROUP: IpPermission = { ...SSH, UserIdGroupPairs: [{ GroupId: 'sg-0123456789abcdef0' }] };
const FROM_IPV6: IpPermission = { ...SSH, Ipv6Ranges: [{ CidrIpv6: '2001:db8::/32' }] };
const DEFAULTS: Declared = { anyGroup: undefined, match: 'WITHIN', anySource: true, ipPermissions: [{ IpProtocol: '-1' }] };

function both(declared: Declared) {
  const encoded = aDeclaration(declared);
  return [encoded, ...readDeclarations([encoded])];
}

describe('the entries of prefix lists', () => {
  test.each<[name: string, declared: Declared]>([
    ['broad sources', { ipPermissions: [SSH], fromInternet: { ipv4PrefixLength: 8, ipv6PrefixLength: 16 } }],
    ['every public address', { ipPermissions: [SSH], fromAnyPublicAddress: true, match: 'COVERS' }],
    ['what a block contains', { match: 'WITHIN' }],
    ['what contains a block', { match: 'COVERS', ipPermissions: [FROM_IPV6] }],
    ['what overlaps a list', { match: 'OVERLAPS', ipPermissions: [FROM_LIST] }],
    ['what exceptions leave of every source', { match: 'OVERLAPS', ipPermissions: [SSH], anySource: true, except: [FROM_LIST] }],
    ['what exceptions leave of a group', { match: 'OVERLAPS', ipPermissions: [FROM_GROUP], except: [anIpPermission()] }],
    ['rules that are replaced', { replaceWith: [{ CidrIp: '198.51.100.0/24' }] }],
  ])('matter to a declaration of %s', (_, declared) => {
    expect(both(declared).map(dependsOnPrefixLists)).toEqual([true, true]);
  });

  test.each<[name: string, declared: Declared]>([
    ['one block exactly', {}],
    ['one list exactly', { ipPermissions: [FROM_LIST] }],
    ['a group', { match: 'COVERS', ipPermissions: [FROM_GROUP] }],
    ['every source', { match: 'WITHIN', ipPermissions: [SSH], anySource: true }],
    ['every source except on some ports', { match: 'OVERLAPS', ipPermissions: [SSH], anySource: true, except: [SSH] }],
    ['a group, except itself on some ports', { match: 'OVERLAPS', ipPermissions: [FROM_GROUP], except: [FROM_GROUP] }],
  ])('do not matter to a declaration of %s', (_, declared) => {
    expect(both(declared).map(dependsOnPrefixLists)).toEqual([false, false]);
  });
});

describe('the use of groups', () => {
  test.each<[name: string, declared: Declared, depends: boolean]>([
    ['matters to default groups', { ...DEFAULTS, defaultGroups: { evenInUse: false } }, true],
    ['does not matter to default groups even in use', { ...DEFAULTS, defaultGroups: { evenInUse: true } }, false],
    ['does not matter to default groups that are only reported', {
      ...DEFAULTS, defaultGroups: { evenInUse: false }, action: { kind: 'report' },
    }, false],
    ['does not matter to any group', {}, false],
    ['does not matter to one group', { groupId: 'sg-0123456789abcdef0' }, false],
  ])('%s', (_, declared, depends) => {
    expect(both(declared).map(dependsOnGroupUse)).toEqual([depends, depends]);
  });
});

test('a declaration names lists as sources, as exceptions and as replacements', () => {
  const [declared] = decoded({
    flaggedIngressRules: [aDeclaration({
      match: 'OVERLAPS',
      ipPermissions: [FROM_LIST, anIpPermission()],
      except: [{ IpProtocol: '-1', PrefixListIds: [{ PrefixListId: 'pl-0123456789abcdef1' }] }, FROM_LIST],
      replaceWith: [{ PrefixListId: 'pl-0123456789abcdef2' }, { CidrIp: '198.51.100.0/24' }],
    })],
  }).flaggedIngressRules;
  expect(namedPrefixLists(declared)).toEqual(['pl-0123456789abcdef0', 'pl-0123456789abcdef1', 'pl-0123456789abcdef2']);
});

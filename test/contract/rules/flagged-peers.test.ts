/** Tests that a configuration is refused if a peer of `replaceWith` would be flagged again. */
import type { FlaggedIngressRuleConfiguration } from '../../../src/contract/configuration';
import { decodeConfiguration } from '../../../src/contract/decode';
import type { Words } from '../../../src/contract/reader';
import { aConfiguration, aDeclaration, anIpPermission } from '../../support/builders';

type Declared = Partial<FlaggedIngressRuleConfiguration>;

const ssh = { IpProtocol: 'tcp', FromPort: 22, ToPort: 22 };
const FROM_INTERNET: Declared = {
  match: 'COVERS', ipPermissions: [ssh], fromInternet: { ipv4PrefixLength: 8, ipv6PrefixLength: 32 },
};
const TOKEN = '10.0.0.0/9'; // stands for a value that is filled in at deployment

function decode(declared: Declared[], isToken: Words['isToken'] = () => false): void {
  const flaggedIngressRules = declared.map(each => ({
    ...aDeclaration(each), ...(each.groupsTagged ?? each.defaultGroups) && { anyGroup: undefined },
  }));
  decodeConfiguration(aConfiguration({ flaggedIngressRules }), {
    isToken, path: path => path, value: value => JSON.stringify(value), unknown: key => key,
  });
}

const REFUSED = 'flaggedIngressRules[1].replaceWith[1]: got 0.0.0.0/0, which flaggedIngressRules[0] flags, so a rule would be replaced for ever; give a narrower peer, or add it to the except of flaggedIngressRules[0]';
const replacing = (overrides: Declared = {}): Declared => ({
  ...FROM_INTERNET, replaceWith: [{ CidrIp: '203.0.113.0/24' }, { CidrIp: '0.0.0.0/0' }], ...overrides,
});

test('a peer that another declaration flags is refused, by its name and that of the declaration', () => {
  expect(() => decode([FROM_INTERNET, replacing()])).toThrow(new Error(REFUSED));
});

test('a peer that its own declaration flags is refused', () => {
  expect(() => decode([replacing()])).toThrow('flaggedIngressRules[0].replaceWith[1]: got 0.0.0.0/0, which flaggedIngressRules[0] flags');
});

test.each<[string, Declared[]]>([
  ['a narrower peer', [replacing({ replaceWith: [{ CidrIp: '203.0.113.0/24' }, { CidrIpv6: '2001:db8::/48' }] })]],
  ['a peer for other ports than those that are flagged', [
    { ...FROM_INTERNET, ipPermissions: [{ ...ssh, FromPort: 23, ToPort: 23 }] },
    replacing({ fromInternet: undefined, match: 'EXACT', ipPermissions: [anIpPermission({ IpRanges: [{ CidrIp: '8.0.0.0/7' }] })] }),
  ]],
  ['a peer that is only reported', [
    { ...FROM_INTERNET, action: { kind: 'report' } },
    replacing({ fromInternet: undefined, match: 'EXACT', ipPermissions: [anIpPermission({ IpRanges: [{ CidrIp: '8.0.0.0/7' }] })] }),
  ]],
  ['a peer of a declaration that only reports', [replacing({ action: { kind: 'report' } })]],
  ['a prefix list, which is not read', [replacing({ replaceWith: [{ PrefixListId: 'pl-1' }] })]],
  ['a peer beside a declaration for default groups, where rules go without a replacement', [
    {
      anyGroup: undefined, defaultGroups: { evenInUse: false }, match: 'WITHIN', anySource: true,
      ipPermissions: [{ IpProtocol: '-1' }],
    },
    replacing({ replaceWith: [{ CidrIp: '203.0.113.0/24' }] }),
  ]],
  ['a peer in another group', [
    { ...FROM_INTERNET, groupId: 'sg-1' },
    replacing({ groupId: 'sg-2', fromInternet: undefined, match: 'EXACT', ipPermissions: [anIpPermission({ IpRanges: [{ CidrIp: '8.0.0.0/7' }] })] }),
  ]],
  ['a peer in a group that is left out', [
    { ...FROM_INTERNET, exceptGroupIds: ['sg-2'] },
    replacing({ groupId: 'sg-2', fromInternet: undefined, match: 'EXACT', ipPermissions: [anIpPermission({ IpRanges: [{ CidrIp: '8.0.0.0/7' }] })] }),
  ]],
  ['a peer in groups with another value of the tag', [
    { ...FROM_INTERNET, groupsTagged: { key: 'tier', values: ['web', 'app'] } },
    replacing({
      groupsTagged: { key: 'tier', values: ['db'] }, fromInternet: undefined, match: 'EXACT',
      ipPermissions: [anIpPermission({ IpRanges: [{ CidrIp: '8.0.0.0/7' }] })],
    }),
  ]],
])('%s is accepted', (_name, declared) => {
  expect(() => decode(declared)).not.toThrow();
});

test.each<[string, Declared]>([
  ['the same group', { groupId: 'sg-2' }],
  ['any group but another', { exceptGroupIds: ['sg-3'] }],
  ['groups with the same tag', { groupsTagged: { key: 'tier', values: ['web', 'app'] } }],
  ['groups with another tag', { groupsTagged: { key: 'stage', values: ['prod'] } }],
])('a peer that is flagged in %s is refused', (_name, scope) => {
  const exact: Declared = {
    fromInternet: undefined, match: 'EXACT', ipPermissions: [anIpPermission({ IpRanges: [{ CidrIp: '8.0.0.0/7' }] })],
  };
  const own: Declared = scope.groupId ? { groupId: 'sg-2' } : { groupsTagged: { key: 'tier', values: ['web'] } };
  expect(() => decode([{ ...FROM_INTERNET, ...scope }, replacing({ ...own, ...exact })])).toThrow(REFUSED);
});

describe('a rule with only some of the replaced services', () => {
  const OFFICE = '203.0.113.0/24';
  const office = (permission = {}): Declared => ({
    match: 'EXACT', ipPermissions: [{ ...ssh, ...permission, IpRanges: [{ CidrIp: OFFICE }] }],
  });
  const allTcp: Declared = {
    ...FROM_INTERNET, match: 'OVERLAPS', ipPermissions: [{ IpProtocol: 'tcp' }], replaceWith: [{ CidrIp: OFFICE }],
  };
  const telnet = { ...ssh, FromPort: 23, ToPort: 23 };

  test.each<[string, Declared[]]>([
    ['exactly this rule', [office(), allTcp]],
    ['what is within it', [{ ...office(), match: 'WITHIN', ipPermissions: [{ ...ssh, IpRanges: [{ CidrIp: '203.0.0.0/16' }] }] }, allTcp]],
    ['this rule, and the other declaration flags what is within all traffic', [
      office(), { ...allTcp, match: 'WITHIN', fromInternet: undefined, anySource: true, ipPermissions: [{ IpProtocol: '-1' }] },
    ]],
    ['this rule, and other services are an exception', [office(), { ...allTcp, except: [telnet] }]],
  ])('has a peer that is refused, if a declaration flags %s', (_name, declared) => {
    expect(() => decode(declared)).toThrow(`replaceWith[0]: got ${OFFICE}, which flaggedIngressRules[`);
  });

  test.each<[string, Declared[]]>([
    ['only reports', [{ ...office(), action: { kind: 'report' } }, allTcp]],
    ['flags another block', [{ ...office(), ipPermissions: [{ ...ssh, IpRanges: [{ CidrIp: '203.0.113.0/25' }] }] }, allTcp]],
    ['flags other services, too', [office({ IpProtocol: '-1', FromPort: undefined, ToPort: undefined }), allTcp]],
    ['flags a service that is an exception', [office(), { ...allTcp, except: [ssh] }]],
    ['flags a part of what every replaced rule admits', [office(), { ...allTcp, match: 'COVERS' }]],
  ])('has a peer that is accepted, if the other declaration %s', (_name, declared) => {
    expect(() => decode(declared)).not.toThrow();
  });
});

describe('what is filled in at deployment is left to the deployment', () => {
  const within = (CidrIp: string): Declared => ({ match: 'WITHIN', ipPermissions: [anIpPermission({ IpRanges: [{ CidrIp }] })] });
  const peer = (CidrIp: string): Declared => replacing({ replaceWith: [{ CidrIp }] });
  const isToken: Words['isToken'] = value => value === TOKEN;

  test('a declared block', () => {
    expect(() => decode([within(TOKEN), peer('10.1.0.0/16')], isToken)).not.toThrow();
    expect(() => decode([within(TOKEN), peer('10.1.0.0/16')])).toThrow('replaceWith[0]: got 10.1.0.0/16');
  });

  test('an exception of the declaration that replaces', () => {
    const exact: Declared = { match: 'EXACT', ipPermissions: [{ ...ssh, IpRanges: [{ CidrIp: '10.1.0.0/16' }] }] };
    const except = [{ IpProtocol: 'tcp', FromPort: 23, ToPort: 23 }];
    const declared = { ...peer('10.1.0.0/16'), match: 'OVERLAPS' as const, ipPermissions: [{ IpProtocol: 'tcp' }], except };
    expect(() => decode([exact, declared], value => value === 23)).not.toThrow();
    expect(() => decode([exact, declared])).toThrow('replaceWith[0]: got 10.1.0.0/16');
  });

  test('a peer', () => {
    expect(() => decode([within('10.0.0.0/8'), peer(TOKEN)], isToken)).not.toThrow();
    expect(() => decode([within('10.0.0.0/8'), peer(TOKEN)])).toThrow('replaceWith[0]: got 10.0.0.0/9');
  });

  test('the id of a group does not matter', () => {
    const isGroup: Words['isToken'] = value => value === 'sg-2';
    expect(() => decode([{ ...FROM_INTERNET, groupId: 'sg-2' }, replacing({ groupId: 'sg-2' })], isGroup)).toThrow(REFUSED);
  });
});

describe('the error says what to do about the peer', () => {
  const exact = (CidrIp: string): Declared => ({
    fromInternet: undefined, match: 'EXACT', ipPermissions: [anIpPermission({ IpRanges: [{ CidrIp }] })],
  });
  const PEER = '192.175.48.0/24';
  const by = (declared: Declared): (() => void) => () => decode([
    declared, replacing({ ...exact('0.0.0.0/0'), replaceWith: [{ CidrIp: PEER }] }),
  ]);

  test.each<[string, Declared, string]>([
    ['broad sources', { ...FROM_INTERNET, fromInternet: { ipv4PrefixLength: 32, ipv6PrefixLength: 32 } },
      'give a narrower peer, or add it to the except of flaggedIngressRules[0]'],
    ['every public address', { ...FROM_INTERNET, fromInternet: undefined, fromAnyPublicAddress: true },
      'add it to the except of flaggedIngressRules[0], or leave it out'],
    ['what overlaps a block', { ...exact('192.0.0.0/8'), match: 'OVERLAPS' },
      'add it to the except of flaggedIngressRules[0], or leave it out'],
    ['what overlaps just this block', { ...exact(PEER), match: 'OVERLAPS' }, 'leave it out'],
    ['just this block', exact(PEER), 'give a narrower peer, or leave it out'],
  ])('that is flagged by a declaration of %s', (_, declared, fix) => {
    expect(by(declared)).toThrow(new Error(
      `flaggedIngressRules[1].replaceWith[0]: got ${PEER}, which flaggedIngressRules[0] flags, so a rule would be `
      + `replaced for ever; ${fix}`,
    ));
  });
});

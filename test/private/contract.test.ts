import { type Configuration, type DecodedConfiguration, decodeConfiguration, revokesAnything } from '../../src/private/contract';
import { aConfiguration, aDeclaration, anIpPermission, decoded } from '../support/builders';

/** Anything in the place of a value. */
function decodeWith(overrides: Readonly<Record<string, unknown>>, isToken?: (value: unknown) => boolean): DecodedConfiguration {
  return decodeConfiguration({ ...aConfiguration(), ...overrides }, isToken);
}

const withDeclaration = (overrides: object): Record<string, unknown> => ({ flaggedIngressRules: [aDeclaration(), { ...aDeclaration(), ...overrides }] });
const withPermission = (overrides: object): Record<string, unknown> => withDeclaration({ ipPermissions: [{ ...anIpPermission(), ...overrides }] });
const withFilter = (filter: unknown): Record<string, unknown> => ({ vpnConnections: { kind: 'matching', filters: [filter] } });

const RULE = 'flaggedIngressRules[1]';
const PERMISSION = `${RULE}.ipPermissions[0]`;

function refusal(overrides: object): string {
  try {
    decodeWith({ ...overrides });
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
  throw new Error('nothing was refused');
}

describe('what it reads', () => {
  test('is the same from JSON text and from what JSON.parse made of it', () => {
    const configuration = aConfiguration(withDeclaration({ groupId: 'sg-1', reason: 'use Session Manager' }));
    const text = (decodedConfiguration: DecodedConfiguration): string => JSON.stringify(decodedConfiguration, (_, value: unknown) => typeof value === 'bigint' ? `${value}` : value);
    expect(text(decodeConfiguration(JSON.stringify(configuration)))).toBe(text(decodeConfiguration(configuration)));
  });

  test('keeps every value', () => {
    const configuration: Configuration = aConfiguration({
      dryRun: true, resourceMetrics: false, requestRateFactor: 0.5, staleRules: 'revoke', vpcIds: ['vpc-1', 'vpc-2'], exemptSecurityGroupIds: ['sg-9'],
      vpnConnections: { kind: 'withIds', ids: ['vpn-1'], staleAfterSeconds: 3600 },
    });
    expect(decodeConfiguration(configuration)).toEqual(configuration);
  });

  test('makes one traffic of each source of each permission', () => {
    const { flaggedIngressRules } = decoded({
      flaggedIngressRules: [aDeclaration({
        groupId: 'sg-1',
        match: 'COVERS',
        reason: 'why',
        ipPermissions: [
          anIpPermission({
            IpRanges: [{ CidrIp: '192.0.2.0/24', Description: 'not compared' }, { CidrIp: '10.0.0.0/8' }],
            Ipv6Ranges: [{ CidrIpv6: '::/0' }],
            PrefixListIds: [{ PrefixListId: 'pl-1' }],
            UserIdGroupPairs: [{ GroupId: 'sg-2', UserId: '111122223333' }],
          }),
          { IpProtocol: '-1', UserIdGroupPairs: [{ GroupId: 'sg-3' }] },
        ],
      })],
    });
    const [{ traffic, ...rule }] = flaggedIngressRules;
    expect(rule).toEqual({ name: 'flaggedIngressRules[0]', groupId: 'sg-1', match: 'COVERS', reason: 'why' });
    expect(traffic.map(({ protocol, ports, source }) => [protocol, ports.kind, source.kind])).toEqual([
      [6, 'range', 'cidr'], [6, 'range', 'cidr'], [6, 'range', 'cidr'], [6, 'range', 'prefixList'], [6, 'range', 'securityGroup'], ['all', 'all', 'securityGroup'],
    ]);
    expect(traffic[4].source).toEqual({ kind: 'securityGroup', groupId: 'sg-2', userId: '111122223333' });
  });

  test('has the internet as its one source where that is declared', () => {
    const fromInternet = { ipv4PrefixLength: 8, ipv6PrefixLength: 12 };
    const { flaggedIngressRules } = decoded({ flaggedIngressRules: [aDeclaration({ fromInternet, ipPermissions: [{ IpProtocol: 'tcp', FromPort: 22, ToPort: 22 }] })] });
    expect(flaggedIngressRules[0].traffic).toEqual([{ protocol: 6, ports: { kind: 'range', from: 22, to: 22 }, source: { kind: 'internet', ...fromInternet } }]);
  });

  test('takes what DescribeSecurityGroups says of a group reference, and compares its ids only', () => {
    const pair = { GroupId: 'sg-2', GroupName: 'db', UserId: '111122223333', VpcId: 'vpc-2', VpcPeeringConnectionId: 'pcx-1', PeeringStatus: 'active', Description: 'x' };
    const { flaggedIngressRules } = decodeWith(withPermission({ IpRanges: [], UserIdGroupPairs: [pair] }));
    expect(flaggedIngressRules[1].traffic.map(({ source }) => source)).toEqual([{ kind: 'securityGroup', groupId: 'sg-2', userId: '111122223333' }]);
  });

  test.each(['state', 'vpn-connection-id', 'tag:Environment', 'tag:aws:cloudformation:stack-name', 'customer-gateway-configuration'])('takes the filter %s', name => {
    expect(decodeWith(withFilter({ name, values: ['value'] })).vpnConnections.filters).toEqual([{ name, values: ['value'] }]);
  });

  test('takes 200 values of filters together', () => {
    expect(decodeWith(withFilter({ name: 'state', values: Array(200).fill('available') })).vpnConnections.filters?.[0].values).toHaveLength(200);
  });
});

describe('a bad value is named by its path', () => {
  test.each<[path: string, overrides: object]>([
    ['hygiene', { hygiene: undefined }],
    ['hygiene', { hygiene: '' }],
    ['hygiene', { hygiene: ':x' }],
    ['hygiene', { hygiene: 'Schöner/Pfad' }],
    ['hygiene', { hygiene: 'x'.repeat(1025) }],
    ['hygiene', { hygiene: 1 }],
    ['metricNamespace', { metricNamespace: undefined }],
    ['metricNamespace', { metricNamespace: '' }],
    ['metricNamespace', { metricNamespace: 'AWS/EC2' }],
    ['metricNamespace', { metricNamespace: ':x' }],
    ['metricNamespace', { metricNamespace: 'with space' }],
    ['metricNamespace', { metricNamespace: 'x'.repeat(256) }],
    ['resourceMetrics', { resourceMetrics: 'true' }],
    ['resourceMetrics', { resourceMetrics: undefined }],
    ['requestRateFactor', { requestRateFactor: 0 }],
    ['requestRateFactor', { requestRateFactor: '2' }],
    ['requestRateFactor', { requestRateFactor: Number.NaN }],
    ['dryRun', { dryRun: 'false' }],
    ['dryRun', { dryRun: undefined }],
    ['dryRun', { dryRun: null }],
    ['vpcIds', { vpcIds: [] }],
    ['vpcIds', { vpcIds: 'vpc-1' }],
    ['vpcIds', { vpcIds: null }],
    ['vpcIds[1]', { vpcIds: ['vpc-1', 'sg-1'] }],
    ['vpcIds[0]', { vpcIds: ['vpc-1 '] }],
    ['vpcIds[0]', { vpcIds: [''] }],
    ['staleRules', { staleRules: 'Revoke' }],
    ['staleRules', { staleRules: undefined }],
    ['flaggedIngressRules', { flaggedIngressRules: undefined }],
    ['flaggedIngressRules', { flaggedIngressRules: {} }],
    [RULE, { flaggedIngressRules: [aDeclaration(), null] }],
    [RULE, { flaggedIngressRules: [aDeclaration(), []] }],
    [`${RULE}.groupId`, withDeclaration({ groupId: 'vpc-1' })],
    [`${RULE}.groupId`, withDeclaration({ groupId: null })],
    [`${RULE}.groupId`, withDeclaration({ groupId: '' })],
    [`${RULE}.match`, withDeclaration({ match: 'exact' })],
    [`${RULE}.match`, withDeclaration({ match: undefined })],
    [`${RULE}.reason`, withDeclaration({ reason: '' })],
    [`${RULE}.reason`, withDeclaration({ reason: 'x'.repeat(256) })],
    [`${RULE}.ipPermissions`, withDeclaration({ ipPermissions: [] })],
    [`${RULE}.ipPermissions`, withDeclaration({ ipPermissions: undefined })],
    [PERMISSION, withDeclaration({ ipPermissions: ['tcp'] })],
    [`${PERMISSION}.IpProtocol`, withPermission({ IpProtocol: undefined })],
    [`${PERMISSION}.IpProtocol`, withPermission({ IpProtocol: 6 })],
    [`${PERMISSION}.IpProtocol`, withPermission({ IpProtocol: '' })],
    [`${PERMISSION}.IpProtocol`, withPermission({ IpProtocol: 'sctp' })],
    [`${PERMISSION}.IpProtocol`, withPermission({ IpProtocol: '256' })],
    [`${PERMISSION}.FromPort`, withPermission({ FromPort: '22' })],
    [`${PERMISSION}.FromPort`, withPermission({ FromPort: -2 })],
    [`${PERMISSION}.ToPort`, withPermission({ ToPort: 65536 })],
    [`${PERMISSION}.ToPort`, withPermission({ ToPort: 22.5 })],
    [`${PERMISSION}.ToPort`, withPermission({ ToPort: null })],
    [PERMISSION, withPermission({ FromPort: 23 })],
    [PERMISSION, withPermission({ FromPort: undefined })],
    [PERMISSION, withPermission({ ToPort: -1 })],
    [PERMISSION, withPermission({ IpProtocol: 'icmp', FromPort: -1, ToPort: 4 })],
    [PERMISSION, withPermission({ IpProtocol: 'icmp', FromPort: 256, ToPort: -1 })],
    [PERMISSION, withPermission({ IpRanges: undefined })],
    [PERMISSION, withPermission({ IpRanges: [] })],
    [`${PERMISSION}.IpRanges`, withPermission({ IpRanges: '10.0.0.0/8' })],
    [`${PERMISSION}.IpRanges[0]`, withPermission({ IpRanges: ['10.0.0.0/8'] })],
    [`${PERMISSION}.IpRanges[0].CidrIp`, withPermission({ IpRanges: [{}] })],
    [`${PERMISSION}.IpRanges[0].CidrIp`, withPermission({ IpRanges: [{ CidrIp: 'anywhere' }] })],
    [`${PERMISSION}.IpRanges[1].CidrIp`, withPermission({ IpRanges: [{ CidrIp: '10.0.0.0/8' }, { CidrIp: '10.0.0.1/8' }] })],
    [`${PERMISSION}.IpRanges[0].CidrIp`, withPermission({ IpRanges: [{ CidrIp: '::/0' }] })],
    [`${PERMISSION}.Ipv6Ranges[0].CidrIpv6`, withPermission({ Ipv6Ranges: [{ CidrIpv6: '0.0.0.0/0' }] })],
    [`${PERMISSION}.PrefixListIds[0].PrefixListId`, withPermission({ PrefixListIds: [{ PrefixListId: 'sg-1' }] })],
    [`${PERMISSION}.UserIdGroupPairs[0]`, withPermission({ UserIdGroupPairs: [{ GroupName: 'default' }] })],
    [`${PERMISSION}.UserIdGroupPairs[0].GroupId`, withPermission({ UserIdGroupPairs: [{ GroupId: 'default' }] })],
    [`${PERMISSION}.UserIdGroupPairs[0].UserId`, withPermission({ UserIdGroupPairs: [{ GroupId: 'sg-1', UserId: 111122223333 }] })],
    [`${PERMISSION}.UserIdGroupPairs[0].UserId`, withPermission({ UserIdGroupPairs: [{ GroupId: 'sg-1', UserId: '1' }] })],
    [`${RULE}.fromInternet.ipv4PrefixLength`, withDeclaration({ fromInternet: { ipv4PrefixLength: 0, ipv6PrefixLength: 12 }, ipPermissions: [{ IpProtocol: '-1' }] })],
    [`${RULE}.fromInternet.ipv4PrefixLength`, withDeclaration({ fromInternet: { ipv4PrefixLength: 33, ipv6PrefixLength: 12 }, ipPermissions: [{ IpProtocol: '-1' }] })],
    [`${RULE}.fromInternet.ipv6PrefixLength`, withDeclaration({ fromInternet: { ipv4PrefixLength: 8, ipv6PrefixLength: 129 }, ipPermissions: [{ IpProtocol: '-1' }] })],
    [`${RULE}.fromInternet.ipv6PrefixLength`, withDeclaration({ fromInternet: { ipv4PrefixLength: 8 }, ipPermissions: [{ IpProtocol: '-1' }] })],
    ['exemptSecurityGroupIds', { exemptSecurityGroupIds: undefined }],
    ['exemptSecurityGroupIds', { exemptSecurityGroupIds: 'sg-1' }],
    ['exemptSecurityGroupIds[0]', { exemptSecurityGroupIds: ['web'] }],
    ['vpnConnections', { vpnConnections: undefined }],
    ['vpnConnections', { vpnConnections: 'all' }],
    ['vpnConnections.kind', { vpnConnections: {} }],
    ['vpnConnections.kind', { vpnConnections: { kind: 'some' } }],
    ['vpnConnections.ids', { vpnConnections: { kind: 'withIds' } }],
    ['vpnConnections.ids', { vpnConnections: { kind: 'withIds', ids: [] } }],
    ['vpnConnections.ids[0]', { vpnConnections: { kind: 'withIds', ids: ['vgw-1'] } }],
    ['vpnConnections.filters', { vpnConnections: { kind: 'matching' } }],
    ['vpnConnections.filters', { vpnConnections: { kind: 'matching', filters: [] } }],
    ['vpnConnections.filters[0].name', withFilter({ values: ['x'] })],
    ['vpnConnections.filters[0].name', withFilter({ name: 'status', values: ['x'] })],
    ['vpnConnections.filters[0].name', withFilter({ name: 'tag:', values: ['x'] })],
    ['vpnConnections.filters[0].values', withFilter({ name: 'state', values: [] })],
    ['vpnConnections', withFilter({ name: 'state', values: [''] })],
    ['vpnConnections', withFilter({ name: 'bgp-asn', values: ['AS65000'] })],
    ['vpnConnections', withFilter({ name: 'bgp-asn', values: ['4294967296'] })],
    ['vpnConnections', withFilter({ name: 'state', values: Array(201).fill('available') })],
    ['vpnConnections.staleAfterSeconds', { vpnConnections: { kind: 'all', staleAfterSeconds: 0 } }],
    ['vpnConnections.staleAfterSeconds', { vpnConnections: { kind: 'all', staleAfterSeconds: '60' } }],
  ])('%s (%j)', (path, overrides) => {
    expect(refusal(overrides).slice(0, path.length + 2)).toBe(`${path}: `);
  });

  test('with the value got and the fix', () => {
    expect(refusal({ staleRules: 'delete' })).toBe('staleRules: got "delete"; give one of ignore, report, revoke');
    expect(refusal(withPermission({ IpRanges: [{ CidrIp: '10.0.0.1/8' }] }))).toMatch(/10\.0\.0\.1\/8.*Did you mean "10\.0\.0\.0\/8"/);
    expect(refusal(withPermission({ IpRanges: [{ CidrIp: '::/0' }] }))).toMatch(/put it in Ipv6Ranges\.CidrIpv6/);
    expect(refusal(withPermission({ UserIdGroupPairs: [{ GroupName: 'default' }] }))).toMatch(/name the group by its id/);
  });

  test('in a short message, however long the value is', () => {
    expect(refusal({ hygiene: `:${'x'.repeat(100_000)}` }).length).toBeLessThan(300);
  });
});

describe('an unknown key is refused', () => {
  test.each<[path: string, overrides: object]>([
    ['configuration', { dryrun: true }],
    ['configuration', { url: 'x' }],
    [RULE, withDeclaration({ group: 'sg-1' })],
    [PERMISSION, withPermission({ Port: 22 })],
    [PERMISSION, withPermission({ CidrIp: '0.0.0.0/0' })],
    [`${PERMISSION}.IpRanges[0]`, withPermission({ IpRanges: [{ CidrIp: '10.0.0.0/8', CidrIpv6: '::/0' }] })],
    [`${PERMISSION}.Ipv6Ranges[0]`, withPermission({ Ipv6Ranges: [{ CidrIp: '::/0' }] })],
    [`${PERMISSION}.PrefixListIds[0]`, withPermission({ PrefixListIds: [{ PrefixListID: 'pl-1' }] })],
    [`${PERMISSION}.UserIdGroupPairs[0]`, withPermission({ UserIdGroupPairs: [{ groupId: 'sg-1' }] })],
    [`${RULE}.fromInternet`, withDeclaration({ fromInternet: { ipv4: 8 }, ipPermissions: [{ IpProtocol: '-1' }] })],
    ['vpnConnections', { vpnConnections: { kind: 'all', staleAfter: 60 } }],
    ['vpnConnections.filters[0]', withFilter({ Name: 'state', Values: ['available'] })],
  ])('in %s (%j)', (path, overrides) => {
    expect(refusal(overrides)).toMatch(new RegExp(`^${path.replace(/[[\].]/g, '\\$&')}: "\\w+" is unknown`));
  });

  test('a misspelt one with what was meant', () => {
    expect(refusal({ dryrun: true })).toBe('configuration: "dryrun" is unknown. Did you mean "dryRun"?');
    expect(refusal(withPermission({ Fromport: 22 }))).toMatch(/Did you mean "FromPort"\?$/);
  });

  test('a source next to the internet, which would be another source', () => {
    const declaration = { fromInternet: { ipv4PrefixLength: 8, ipv6PrefixLength: 12 }, ipPermissions: [anIpPermission()] };
    expect(refusal(withDeclaration(declaration))).toMatch(/ipPermissions\[0\]: "IpRanges" is unknown/);
  });
});

describe('what is no configuration of this version is refused', () => {
  test.each([[undefined], [0], [2], ['1'], [null]])('version %j', version => {
    expect(() => decodeWith({ version })).toThrow(/^version: got .*; this handler reads version 1\. Deploy the stack again/);
  });

  test('before any of its keys, which another version may name otherwise', () => {
    expect(() => decodeWith({ version: 2, surprise: true })).toThrow(/^version: /);
  });

  test.each([['null'], ['[]'], ['"text"'], ['1'], ['true']])('JSON that is no object: %s', text => {
    expect(() => decodeConfiguration(text)).toThrow(/^configuration: got .*; give an object$/);
  });

  test.each([[undefined], [null], [5], [[]]])('%j, where JSON text is expected', input => {
    expect(() => decodeConfiguration(input)).toThrow(/^configuration: got .*; give an object$/);
  });

  test.each([[''], ['{'], ['{"version":1'], ['version: 1']])('text that is no JSON: %s', text => {
    expect(() => decodeConfiguration(text)).toThrow(/^configuration: not JSON/);
  });
});

describe('a filter value is shown in no error, because it may hold a pre-shared key', () => {
  const secret = 'p5k';
  const many = Array<string>(201).fill(secret);
  test.each<[string, object]>([
    ['too many of them', withFilter({ name: 'customer-gateway-configuration', values: many })],
    ['an unknown filter', withFilter({ name: 'configuration', values: [secret] })],
    ['no filter name', withFilter({ values: [secret] })],
    ['an unknown key next to it', withFilter({ name: 'state', values: [secret], Values: [secret] })],
    ['one text in the place of the list', withFilter({ name: 'customer-gateway-configuration', values: secret })],
    ['a list in the place of one text', withFilter({ name: 'customer-gateway-configuration', values: [[secret]] })],
    ['an object in the place of one text', withFilter({ name: 'customer-gateway-configuration', values: [{ key: secret }] })],
    ['an object in the place of the list of filters', { vpnConnections: { kind: 'matching', filters: { name: 'customer-gateway-configuration', values: [secret] } } }],
    ['a list in the place of a filter', withFilter(['customer-gateway-configuration', [secret]])],
    ['a text in the place of a filter', withFilter(`customer-gateway-configuration=${secret}`)],
    ['a list in the place of all', { vpnConnections: [{ name: 'customer-gateway-configuration', values: [secret] }] }],
    ['filters next to another kind', { vpnConnections: { kind: 'some', filters: [{ name: 'customer-gateway-configuration', values: [secret] }] } }],
  ])('%s', (_name, overrides) => {
    expect(refusal(overrides)).not.toContain(secret);
  });

  test('text that is no JSON', () => {
    const text = `{"version":1,"vpnConnections":{"kind":"matching","filters":[{"name":"customer-gateway-configuration","values":["${secret}"}]}}`;
    let message = '';
    try {
      decodeConfiguration(text);
    } catch (error) {
      message = error instanceof Error ? error.message : String(error);
    }
    expect(message).toMatch(/^configuration: not JSON/);
    expect(message).not.toContain(secret);
  });
});

describe('tokens are let through', () => {
  const token = '${Token[TOKEN.1]}';
  const numberToken = -1.888154589708e289;
  const listToken = ['#{Token[TOKEN.2]}'];
  const isToken = (value: unknown): boolean => value === token || value === numberToken || value === listToken;

  test.each<[string, Record<string, unknown>]>([
    ['the path', { hygiene: token }],
    ['the namespace', { metricNamespace: token }],
    ['the request rate', { requestRateFactor: numberToken }],
    ['a VPC id', { vpcIds: [token] }],
    ['all VPC ids', { vpcIds: listToken }],
    ['an exempt group', { exemptSecurityGroupIds: [token] }],
    ['all exempt groups', { exemptSecurityGroupIds: listToken }],
    ['a group id', withDeclaration({ groupId: token })],
    ['a reason', withDeclaration({ reason: token })],
    ['a protocol', withPermission({ IpProtocol: token })],
    ['both ports', withPermission({ FromPort: numberToken, ToPort: numberToken })],
    ['one port', withPermission({ ToPort: numberToken })],
    ['a block', withPermission({ IpRanges: [{ CidrIp: token }] })],
    ['an IPv6 block', withPermission({ IpRanges: undefined, Ipv6Ranges: [{ CidrIpv6: token }] })],
    ['a prefix list', withPermission({ IpRanges: undefined, PrefixListIds: [{ PrefixListId: token }] })],
    ['a referenced group', withPermission({ IpRanges: undefined, UserIdGroupPairs: [{ GroupId: token, UserId: token }] })],
    ['a VPN connection id', { vpnConnections: { kind: 'withIds', ids: [token] } }],
    ['all VPN connection ids', { vpnConnections: { kind: 'withIds', ids: listToken } }],
    ['a filter value', withFilter({ name: 'state', values: [token] })],
    ['staleAfterSeconds', { vpnConnections: { kind: 'all', staleAfterSeconds: numberToken } }],
  ])('%s', (_name, overrides) => {
    expect(() => decodeWith(overrides, isToken)).not.toThrow();
  });

  test('but what is next to them is still validated', () => {
    expect(() => decodeWith(withPermission({ IpRanges: [{ CidrIp: token }, { CidrIp: '10.0.0.1/8' }] }), isToken)).toThrow(/IpRanges\[1\]\.CidrIp/);
    expect(() => decodeWith({ vpcIds: [token, 'sg-1'] }, isToken)).toThrow(/^vpcIds\[1\]: /);
    expect(() => decodeWith(withPermission({ FromPort: numberToken, ToPort: 65536 }), isToken)).toThrow(/ToPort: /);
  });

  test('and the handler, which knows none, refuses them', () => {
    expect(() => decodeWith({ vpcIds: [token] })).toThrow(/^vpcIds\[0\]: /);
    expect(() => decodeWith(withPermission({ FromPort: numberToken }))).toThrow(/FromPort: /);
  });
});

describe('whether a configuration may revoke anything', () => {
  test.each<[Partial<Configuration>, boolean]>([
    [{ staleRules: 'report' }, false],
    [{ staleRules: 'ignore' }, false],
    [{ staleRules: 'revoke' }, true],
    [{ staleRules: 'ignore', flaggedIngressRules: [aDeclaration()] }, true],
    [{ staleRules: 'revoke', flaggedIngressRules: [aDeclaration()], dryRun: true }, false],
  ])('%j: %s', (overrides, expected) => {
    expect(revokesAnything(aConfiguration(overrides))).toBe(expected);
    expect(revokesAnything(decoded(overrides))).toBe(expected);
  });
});

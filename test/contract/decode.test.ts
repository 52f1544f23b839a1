import {
  type Configuration,
  type DecodedConfiguration,
  type FlaggedIngressRuleConfiguration,
  type IpPermission,
  looksAtRules,
  revokesAnything,
  tellsToRevoke,
  type VpnConnectionsConfiguration,
} from '../../src/contract/configuration';
import {
  decodeConfiguration,
  FILTER_VALUES_PER_CALL,
  MOST_REVOCATIONS,
  VPN_CONNECTION_FILTERS,
} from '../../src/contract/decode';
import type { Words } from '../../src/contract/reader';
import type { Day } from '../../src/contract/revocation-window';
import { parseCidr } from '../../src/contract/traffic';
import { aConfiguration, aDeclaration, aGrace, anIpPermission, decoded } from '../support/builders';

/** A configuration with a value at every path, except those of other kinds of VPN connections. */
const FULL = aConfiguration({
  requestRateFactor: 2,
  vpcIds: ['vpc-1', 'vpc-2'],
  staleRules: 'revoke',
  grace: aGrace(),
  staleRulesAnytime: true,
  revocationWindow: { days: ['MON', 'FRI'], from: '22:00', to: '06:00', timeZone: 'Europe/Berlin' },
  maxRevocationsPerSweep: 20,
  settleSeconds: 3600,
  scheduleSeconds: 60,
  allowRestore: true,
  flaggedIngressRules: [
    aDeclaration(),
    aDeclaration({
      groupId: 'sg-1',
      reason: 'never',
      ipPermissions: [
        anIpPermission(),
        anIpPermission({
          Ipv6Ranges: [{ CidrIpv6: '::/0' }],
          PrefixListIds: [{ PrefixListId: 'pl-1' }],
          UserIdGroupPairs: [{ GroupId: 'sg-2', UserId: '111122223333' }],
        }),
      ],
    }),
    aDeclaration({
      ipPermissions: [{ IpProtocol: '-1' }],
      fromInternet: { ipv4PrefixLength: 8, ipv6PrefixLength: 32 },
    }),
  ],
  exemptSecurityGroupIds: ['sg-9'],
  vpnConnections: { kind: 'all', staleAfterSeconds: 60 },
});
const WITH_IDS = aConfiguration({ vpnConnections: { kind: 'withIds', ids: ['vpn-1', 'vpn-2'] } });
const MATCHING = aConfiguration({
  vpnConnections: { kind: 'matching', filters: [{ name: 'state', values: ['available'] }] },
});

/** Returns a copy with another value at a path such as `vpcIds[1]`. */
function replaced(whole: unknown, path: string, by: unknown): unknown {
  const [, key, rest] = /^\.?\[?(\w+)\]?(.*)$/.exec(path) ?? [];
  const inner = (part: unknown): unknown => rest === '' ? by : replaced(part, rest, by);
  if (Array.isArray(whole)) return whole.map((part: unknown, index) => String(index) === key ? inner(part) : part);
  if (typeof whole !== 'object' || whole === null) throw new Error(`nothing at ${path}`);
  return { ...whole, [key]: inner(Object.entries(whole).find(([each]) => each === key)?.[1]) };
}

function refusal(configuration: unknown): string {
  try {
    decodeConfiguration(configuration);
  } catch (error) {
    if (error instanceof Error) return error.message;
  }
  throw new Error('was not refused');
}

function permission(overrides: Readonly<Record<string, unknown>>): unknown {
  return replaced(FULL, 'flaggedIngressRules[0].ipPermissions[0]', { ...anIpPermission(), ...overrides });
}

describe('a configuration', () => {
  test('gives the same from JSON text and from the parsed value', () => {
    expect(decodeConfiguration(JSON.stringify(FULL))).toEqual(decodeConfiguration(FULL));
  });

  test('is read unchanged, except for the declared rules', () => {
    const { flaggedIngressRules: _, ...rest } = FULL;
    expect(decodeConfiguration(FULL)).toMatchObject(rest);
  });

  test('may leave out what is optional', () => {
    expect(decoded()).toEqual({
      ...aConfiguration(), enabled: true, exemptTags: [], vpcIds: undefined, requestRateFactor: undefined,
      grace: undefined, scheduleSeconds: undefined, comesBack: { revocations: 3, withinSeconds: 86_400 },
    });
  });

  const valid: ReadonlyArray<readonly [path: string, values: readonly unknown[]]> = [
    ['hygiene', ['A', 'Stack/Network Hygiene', '~'.repeat(1024)]],
    ['metricNamespace', ['A', 'Team.A/Network-Hygiene_1#x:y', 'n'.repeat(255)]],
    ['eventBus', ['default', 'team/bus.1', 'arn:aws:events:eu-central-1:111122223333:event-bus/default']],
    ['notificationsTopicArn', ['arn:aws-cn:sns:cn-north-1:111122223333:people', undefined]],
    ['notificationFormat', ['chat', undefined]],
    ['resourceMetrics', [true, false]],
    ['requestRateFactor', [0.1, 1, 1000, undefined]],
    ['dryRun', [true, false]],
    ['vpcIds', [['vpc-0123456789abcdef0'], undefined]],
    ['staleRules', ['ignore', 'report', 'revoke']],
    ['grace', [{ seconds: 0, sightings: 1, maxGapSeconds: 1 }, undefined]],
    ['grace.seconds', [0, 1, 604_800, Number.MAX_SAFE_INTEGER]],
    ['grace.sightings', [1, 2, 1000]],
    ['grace.maxGapSeconds', [1, 302_400, Number.MAX_SAFE_INTEGER]],
    ['staleRulesAnytime', [true, undefined]],
    ['revocationWindow', [undefined]],
    ['revocationWindow.days', [undefined, ['SUN'], ['SUN', 'MON', 'TUE', 'WED', 'THU', 'FRI', 'SAT']]],
    ['revocationWindow.from', ['00:00', '08:30', '23:59']],
    ['revocationWindow.to', ['00:00', '00:01', '23:59', '24:00']],
    ['revocationWindow.timeZone', ['UTC', 'Etc/GMT+5', 'America/Argentina/Buenos_Aires', 'Australia/Lord_Howe']],
    ['maxRevocationsPerSweep', [0, 1, MOST_REVOCATIONS]],
    ['settleSeconds', [0, 1, 3600, 2_592_000]],
    ['scheduleSeconds', [1, 60, 3600, 31_536_000, undefined]],
    ['allowRestore', [true, false]],
    ['exemptSecurityGroupIds', [[], ['sg-0123456789abcdef0', 'sg-1']]],
    ['enabled', [true, false]],
    [
      'exemptTags',
      [
        [],
        ['a', 'cost center', 'team:keep', 'Größe/1.0=x+y-z@w_v', 'k'.repeat(128)],
        Array.from({ length: 20 }, (_, index) => `key-${index}`),
      ],
    ],
    ['flaggedIngressRules', [[]]],
    ['flaggedIngressRules[1].match', ['EXACT', 'WITHIN', 'COVERS']],
    ['flaggedIngressRules[1].reason', ['.', 'w'.repeat(255), undefined]],
    ['vpnConnections', [{ kind: 'none' }, { kind: 'all' }, { kind: 'none', staleAfterSeconds: 1 }]],
    ['vpnConnections.staleAfterSeconds', [1, 86400, undefined]],
  ];

  test.each(valid.flatMap(([path, values]) => values.map(value => [path, value] as const)))(
    'may say of %s: %j',
    (path, value) => {
      expect(decodeConfiguration(replaced(FULL, path, value))).toHaveProperty(path, value);
    },
  );
});

describe('a declared rule', () => {
  function traffic(
    declaration: Partial<FlaggedIngressRuleConfiguration>,
  ): DecodedConfiguration['flaggedIngressRules'][number]['traffic'] {
    return decoded({ flaggedIngressRules: [aDeclaration(declaration)] }).flaggedIngressRules[0].traffic;
  }

  function portsOf(...[IpProtocol, FromPort, ToPort]: [string, number?, number?]): unknown {
    return traffic({ ipPermissions: [anIpPermission({ IpProtocol, FromPort, ToPort })] })[0].ports;
  }

  test('has a name from its position, and its other fields', () => {
    const rules = [aDeclaration(), aDeclaration({ groupId: 'sg-1', match: 'COVERS', reason: 'mehr\nals eine Zeile' })];
    const others = {
      id: expect.stringMatching(/^[0-9a-f]{16}$/), traffic: expect.any(Array), except: [], exceptGroupIds: [],
      action: { kind: 'revoke' },
    };
    expect(decoded({ flaggedIngressRules: rules }).flaggedIngressRules).toEqual([
      { ...others, name: 'flaggedIngressRules[0]', groups: { kind: 'any' }, match: 'EXACT' },
      {
        ...others, name: 'flaggedIngressRules[1]', groups: { kind: 'named', groupId: 'sg-1' }, match: 'COVERS',
        reason: 'mehr\nals eine Zeile',
      },
    ]);
  });

  test('is the traffic of each source of each permission', () => {
    const all: IpPermission = {
      IpProtocol: '-1',
      IpRanges: [{ CidrIp: '192.0.2.0/24', Description: 'office' }, { CidrIp: '198.51.100.0/24' }],
      Ipv6Ranges: [{ CidrIpv6: '2001:db8::/32', Description: 'office' }],
      PrefixListIds: [{ PrefixListId: 'pl-1', Description: 'office' }],
      UserIdGroupPairs: [{ GroupId: 'sg-2', Description: 'office' }, { GroupId: 'sg-3', UserId: '111122223333' }],
    };
    expect(traffic({ ipPermissions: [anIpPermission(), all] })).toEqual([
      {
        protocol: 6,
        ports: { kind: 'range', from: 22, to: 22 },
        source: { kind: 'cidr', cidr: parseCidr('0.0.0.0/0') },
      },
      ...[
        { kind: 'cidr', cidr: parseCidr('192.0.2.0/24') },
        { kind: 'cidr', cidr: parseCidr('198.51.100.0/24') },
        { kind: 'cidr', cidr: parseCidr('2001:db8::/32') },
        { kind: 'prefixList', prefixListId: 'pl-1' },
        { kind: 'securityGroup', groupId: 'sg-2', userId: undefined },
        { kind: 'securityGroup', groupId: 'sg-3', userId: '111122223333' },
      ].map(source => ({ protocol: 'all', ports: { kind: 'all' }, source })),
    ]);
  });

  test('from the internet has it for the source of each permission', () => {
    const fromInternet = { ipv4PrefixLength: 8, ipv6PrefixLength: 32 };
    expect(
      traffic({
        fromInternet,
        ipPermissions: [{ IpProtocol: 'tcp', FromPort: 22, ToPort: 22 }, { IpProtocol: 'udp' }],
      }),
    ).toEqual([
      { protocol: 6, ports: { kind: 'range', from: 22, to: 22 }, source: { kind: 'internet', ...fromInternet } },
      { protocol: 17, ports: { kind: 'all' }, source: { kind: 'internet', ...fromInternet } },
    ]);
  });

  test('may name a group as EC2 answers it', () => {
    const pair = {
      GroupId: 'sg-2',
      GroupName: 'web',
      UserId: '111122223333',
      VpcId: 'vpc-2',
      VpcPeeringConnectionId: 'pcx-1',
      PeeringStatus: 'active',
    };
    expect(traffic({ ipPermissions: [{ IpProtocol: '-1', UserIdGroupPairs: [pair] }] })[0].source).toEqual({
      kind: 'securityGroup',
      groupId: 'sg-2',
      userId: '111122223333',
    });
  });

  test('may have lists of sources that are empty, beside one that is not', () => {
    expect(
      traffic({ ipPermissions: [anIpPermission({ Ipv6Ranges: [], PrefixListIds: [], UserIdGroupPairs: [] })] }),
    ).toHaveLength(1);
  });

  test.each([
    ['tcp', 6],
    ['TCP', 6],
    ['6', 6],
    ['udp', 17],
    ['icmp', 1],
    ['icmpv6', 58],
    ['-1', 'all'],
    ['all', 'all'],
    ['0', 0],
    ['50', 50],
    ['255', 255],
  ])('may spell its protocol as %s', (IpProtocol, protocol) => {
    expect(traffic({ ipPermissions: [{ IpProtocol, IpRanges: [{ CidrIp: '0.0.0.0/0' }] }] })[0].protocol).toBe(
      protocol,
    );
  });

  test('may have any ports that the protocol allows', () => {
    expect(portsOf('tcp')).toEqual({ kind: 'all' });
    expect(portsOf('tcp', -1, -1)).toEqual({ kind: 'all' });
    expect(portsOf('tcp', 0, 65535)).toEqual({ kind: 'all' });
    expect(portsOf('udp', 0, 0)).toEqual({ kind: 'range', from: 0, to: 0 });
    expect(portsOf('udp', 1024, 65535)).toEqual({ kind: 'range', from: 1024, to: 65535 });
    expect(portsOf('icmp', 8, -1)).toEqual({ kind: 'icmp', type: 8, code: -1 });
    expect(portsOf('icmpv6', 128, 0)).toEqual({ kind: 'icmp', type: 128, code: 0 });
    expect(portsOf('-1', 22, 22)).toEqual({ kind: 'all' });
    expect(portsOf('50', 1, 2)).toEqual({ kind: 'unclear', from: 1, to: 2 });
  });
});

describe('the VPN connections', () => {
  test('by their ids', () => {
    expect(decodeConfiguration(WITH_IDS).vpnConnections).toEqual({ kind: 'withIds', ids: ['vpn-1', 'vpn-2'] });
  });

  test('by every filter that is documented', () => {
    expect(VALUES.map(([name]) => name)).toEqual(
      expect.arrayContaining(VPN_CONNECTION_FILTERS.filter(name => name !== 'bgp-asn')),
    );
  });

  const VALUES: Array<[name: string, ...values: string[]]> = [
    ['customer-gateway-configuration', 'any text', '*'],
    ['customer-gateway-id', 'cgw-1', 'cgw-*'],
    ['option.static-routes-only', 'true', 'false'],
    ['route.destination-cidr-block', '10.0.0.0/8', '*'],
    ['state', 'pending', 'available', 'deleting', 'deleted', 'dele*'],
    ['tag-key', 'any text', '*'],
    ['transit-gateway-id', 'tgw-1', '?gw-1'],
    ['type', 'ipsec.1', '*'],
    ['vpn-connection-id', 'vpn-1', '*'],
    ['vpn-gateway-id', 'vgw-1', '*'],
    ['tag:Name', 'any text', '*'],
    ['tag:a:b c', 'any text'],
  ];

  test.each([
    ['customer-gateway-id', 'vgw-1'],
    ['option.static-routes-only', 'yes'],
    ['route.destination-cidr-block', '10.0.0.0'],
    ['state', 'up'],
    ['transit-gateway-id', 'tgww'],
    ['type', 'ipsec.2'],
    ['vpn-connection-id', 'foo'],
    ['vpn-gateway-id', 'tgw-1'],
    ['tag:Name', ''],
  ])('not by the filter %s with "%s", which no connection has', (name, value) => {
    expect(refusal(replaced(MATCHING, 'vpnConnections.filters', [{ name, values: [value] }]))).toMatch(
      `vpnConnections.filters[0].values[0]: got "${value}"; give `,
    );
  });

  test.each(VALUES)('by the filter %s', (name, ...values) => {
    const vpnConnections: VpnConnectionsConfiguration = {
      kind: 'matching',
      filters: [{ name, values }],
      staleAfterSeconds: 60,
    };
    expect(decoded({ vpnConnections }).vpnConnections).toEqual(vpnConnections);
  });

  test('by the filter bgp-asn, with an ASN', () => {
    const filters = [{ name: 'bgp-asn', values: ['1', '65000', '4294967295'] }];
    expect(decoded({ vpnConnections: { kind: 'matching', filters } }).vpnConnections.filters).toEqual(filters);
  });

  test.each(['', '0', '-1', '065000', '4294967296', '65000.1', 'AS65000', '*'])(
    'not by the filter bgp-asn with "%s", which EC2 does not understand',
    value => {
      expect(refusal(replaced(MATCHING, 'vpnConnections.filters', [{ name: 'bgp-asn', values: [value] }]))).toMatch(
        /^vpnConnections\.filters\[0\]\.values\[0\]: got .*; give an ASN .* for the filter bgp-asn$/,
      );
    },
  );

  const filters = (...counts: number[]): VpnConnectionsConfiguration => ({
    kind: 'matching',
    filters: counts.map((count, index) => ({ name: `tag:${index}`, values: Array<string>(count).fill('x') })),
  });

  test('by as many filter values as EC2 takes', () => {
    expect(decoded({ vpnConnections: filters(FILTER_VALUES_PER_CALL - 1, 1) }).vpnConnections).toEqual(
      filters(FILTER_VALUES_PER_CALL - 1, 1),
    );
  });

  test('not by more than that, in one filter or together', () => {
    const message = `vpnConnections.filters: got ${FILTER_VALUES_PER_CALL + 1} values together; EC2 takes at most ${FILTER_VALUES_PER_CALL} in one call`;
    expect(refusal(aConfiguration({ vpnConnections: filters(FILTER_VALUES_PER_CALL + 1) }))).toBe(message);
    expect(refusal(aConfiguration({ vpnConnections: filters(FILTER_VALUES_PER_CALL, 1) }))).toBe(message);
  });
});

describe('the error for a bad value names its path and what was got:', () => {
  const rule = 'flaggedIngressRules[1]';
  const peers = `${rule}.ipPermissions[1]`;
  const cases: ReadonlyArray<readonly [path: string, values: readonly unknown[], configuration?: Configuration]> = [
    ['hygiene', [undefined, null, '', ':path', 'Größe', 'two\nlines', 7]],
    ['metricNamespace', [undefined, '', ':name', 'AWS/EC2', 'a b', 7]],
    ['eventBus', [undefined, '', 'two words', 'arn:aws:sns:eu-central-1:111122223333:people', 7]],
    ['notificationsTopicArn', [null, '', 'people', 'arn:aws:sqs:eu-central-1:111122223333:people', 7]],
    ['notificationFormat', [null, '', 'CHAT', 'text', true, 7]],
    ['resourceMetrics', [undefined, null, 'true', 1]],
    ['requestRateFactor', [null, Number.NaN, 0, 0.09, 1000.1, -1, '1']],
    ['dryRun', [undefined, null, 'false', 0]],
    ['vpcIds', [null, [], {}, 'vpc-1']],
    ['vpcIds[1]', [null, '', 'vpc-', 'sg-1', 'vpc-1 ', 'VPC-1', 'vpc-1\n', 'vpc-*', 7]],
    ['staleRules', [undefined, '', 'Revoke', 'delete', true]],
    ['grace', [null, [], 7, '7d']],
    ['grace.seconds', [undefined, null, -1, 0.5, '60', 2 ** 53]],
    ['grace.sightings', [undefined, null, 0, 1001, 1.5, '2']],
    // Without this value, two sightings a year apart would be enough for an age.
    ['grace.maxGapSeconds', [undefined, null, 0, -1, 0.5, '60', 2 ** 53]],
    ['staleRulesAnytime', [null, 'true', 1]],
    ['revocationWindow', [null, [], 'always', 7]],
    ['revocationWindow.days', [null, [], {}, 'MON']],
    ['revocationWindow.days[1]', [undefined, null, '', 'mon', 'MONDAY', 'MON', 5]],
    ['revocationWindow.from', [undefined, null, '', 8, '8:00', '08:0', '08', '0800', '08:00:00', '24:00', '24:01', '25:00', '08:60', ' 08:00', '06:00\n']],
    ['revocationWindow.to', [undefined, null, '', 18, '8:00', '24:01', '25:00', '08:60', '6 pm', '22:00', '24:00\n']],
    ['revocationWindow.timeZone', [undefined, null, '', 1, '+01:00', 'utc', 'GMT+1', 'europe/berlin', 'Europe/Berlino', 'CEST']],
    ['maxRevocationsPerSweep', [undefined, null, -1, 0.5, '20', MOST_REVOCATIONS + 1]],
    // Without this value, a mistake in a declaration would revoke rules at deployment.
    ['settleSeconds', [undefined, null, -1, 0.5, '3600', 2_592_001]],
    ['scheduleSeconds', [null, 0, -60, 0.5, '3600', 2 ** 53]],
    ['allowRestore', [undefined, null, 'true', 1]],
    ['flaggedIngressRules', [undefined, null, {}, 'all']],
    [rule, [null, 'all', []]],
    [`${rule}.groupId`, [null, '', 'web', 'sg-', 7]],
    [`${rule}.match`, [undefined, 'exact', '', 1]],
    [`${rule}.reason`, [null, '', 7]],
    [`${rule}.ipPermissions`, [undefined, null, [], {}]],
    [`${rule}.ipPermissions[0]`, [null, 'tcp', []]],
    [`${peers}.IpProtocol`, [undefined, null, '', 6, 'sctp', '256', '-2', 'tcp,udp']],
    [`${peers}.FromPort`, [null, '22', -2, 65536, 22.5]],
    [`${peers}.ToPort`, [null, '22', -2, 65536, 22.5]],
    [`${peers}.IpRanges`, [null, {}, '0.0.0.0/0']],
    [`${peers}.IpRanges[0]`, [null, '0.0.0.0/0']],
    [`${peers}.IpRanges[0].CidrIp`, [undefined, null, 7]],
    [`${peers}.Ipv6Ranges[0].CidrIpv6`, [undefined, null, 7]],
    [`${peers}.PrefixListIds[0].PrefixListId`, [undefined, 'pl-', 'com.amazonaws.eu-central-1.s3']],
    [`${peers}.UserIdGroupPairs[0].GroupId`, [null, '', 'web', 'sg-*']],
    [`${peers}.UserIdGroupPairs[0].UserId`, [null, '', '1111-2222-3333', '11112222333', 111122223333]],
    ['flaggedIngressRules[2].fromInternet', [null, true, []]],
    ['flaggedIngressRules[2].fromInternet.ipv4PrefixLength', [undefined, 0, 33, 8.5, '8']],
    ['flaggedIngressRules[2].fromInternet.ipv6PrefixLength', [undefined, 0, 129, 8.5, '8']],
    ['exemptSecurityGroupIds', [undefined, null, 'sg-1']],
    ['exemptSecurityGroupIds[0]', [null, '', 'vpc-1']],
    ['vpnConnections', [undefined, null, []]],
    ['vpnConnections.kind', [undefined, 'some', 'ALL']],
    ['vpnConnections.staleAfterSeconds', [null, 0, -1, 1.5, '60', 2 ** 53]],
    ['vpnConnections.ids', [undefined, null, [], 'vpn-1'], WITH_IDS],
    ['vpnConnections.ids[1]', [null, '', 'vgw-1', 'vpn-'], WITH_IDS],
    ['vpnConnections.filters', [undefined, null, []], MATCHING],
    ['vpnConnections.filters[0]', [null], MATCHING],
    ['vpnConnections.filters[0].name', [undefined, '', 7, 'Name', 'tag:', 'State'], MATCHING],
    ['vpnConnections.filters[0].values', [undefined, null, []], MATCHING],
  ];

  test.each(
    cases.flatMap(([path, values, configuration]) => values.map(value => [path, value, configuration] as const)),
  )('%s: %j', (path, value, configuration = FULL) => {
    const message = refusal(replaced(configuration, path, value));
    const got = `${path}: got ${value === undefined ? 'undefined' : JSON.stringify(value)}; `;
    expect(message.slice(0, got.length)).toBe(got);
    expect(message.length).toBeGreaterThan(got.length);
  });

  test.each([
    ['hygiene', 1025],
    ['metricNamespace', 256],
    [`${rule}.reason`, 256],
    [`${peers}.UserIdGroupPairs[0].GroupId`, 1000],
  ])('%s of %d characters, and shows only the first of them', (path, length) => {
    const message = refusal(replaced(FULL, path, 'x'.repeat(length)));
    expect(message.slice(0, path.length + 7)).toBe(`${path}: got "`);
    expect(message).toMatch(/x…; /);
    expect(message).not.toContain('x'.repeat(101));
  });

  test.each<[path: string, value: string, fix: string]>([
    [`${peers}.IpRanges[0].CidrIp`, '0.0.0.0', 'is not a CIDR block'],
    [`${peers}.IpRanges[0].CidrIp`, '', 'is not a CIDR block'],
    [`${peers}.IpRanges[0].CidrIp`, '192.0.2.1/24', 'Did you mean "192.0.2.0/24"'],
    [`${peers}.IpRanges[0].CidrIp`, '192.0.2.0/33', 'has a prefix longer than 32 bits'],
    [`${peers}.IpRanges[0].CidrIp`, '2001:db8::/32', 'put it in Ipv6Ranges.CidrIpv6'],
    [`${peers}.Ipv6Ranges[0].CidrIpv6`, '192.0.2.0/24', 'put it in IpRanges.CidrIp'],
    [`${peers}.Ipv6Ranges[0].CidrIpv6`, '2001:db8::1/32', 'Did you mean "2001:db8::/32"'],
  ])('%s: "%s"', (path, value, fix) => {
    const message = refusal(replaced(FULL, path, value));
    expect(message).toContain(`${path}: `);
    expect(message).toContain(`"${value}"`);
    expect(message).toContain(fix);
  });

  test.each<[path: string, value: unknown, fix: string, configuration: Configuration]>([
    ['vpcIds', [], 'leave it out to mean every VPC', FULL],
    ['vpnConnections.ids', [], 'VpnConnections.none()', WITH_IDS],
    ['vpnConnections.filters', [], 'VpnConnections.all()', MATCHING],
    ['vpnConnections.filters[0].name', 'Name', 'tag:<key>', MATCHING],
    ['staleRules', 'delete', 'ignore, report, revoke', FULL],
    ['revocationWindow.days', [], 'leave it out to mean every day', FULL],
    ['revocationWindow.days[0]', 'Monday', 'MON, TUE, WED, THU, FRI, SAT, SUN', FULL],
    ['revocationWindow.days[1]', 'MON', 'give each day once', FULL],
    ['revocationWindow.from', '24:00', 'from 00:00 to 23:59', FULL],
    ['revocationWindow.to', '24:01', 'from 00:00 to 24:00', FULL],
    ['revocationWindow.to', '22:00', 'a whole day is from 00:00 to 24:00', FULL],
    ['revocationWindow.timeZone', '+01:00', 'such as Europe/Berlin or UTC', FULL],
    [`${rule}.match`, 'exact', 'EXACT, WITHIN, COVERS', FULL],
  ])('%s: %j, with what to do instead', (path, value, fix, configuration) => {
    expect(refusal(replaced(configuration, path, value))).toContain(fix);
  });
});

describe('a permission is refused by its path', () => {
  const path = 'flaggedIngressRules[0].ipPermissions[0]: got {';

  test.each<[name: string, overrides: Partial<IpPermission>]>([
    ['whose ports are the wrong way round', { FromPort: 23, ToPort: 22 }],
    ['with a first port alone', { ToPort: undefined }],
    ['with a last port alone', { FromPort: undefined }],
    ['with a first port and -1', { ToPort: -1 }],
    ['with an ICMP type out of range', { IpProtocol: 'icmp', FromPort: 256, ToPort: -1 }],
    ['with an ICMP code out of range', { IpProtocol: 'icmpv6', FromPort: 128, ToPort: 256 }],
    ['with an ICMP code of every type', { IpProtocol: 'icmp', FromPort: -1, ToPort: 0 }],
  ])('%s', (_, overrides) => {
    const message = refusal(permission(overrides));
    expect(message).toContain(path);
    expect(message).toContain('give a first port that is not above the last');
  });

  test.each<[name: string, overrides: Partial<IpPermission>]>([
    ['without any list of sources', { IpRanges: undefined }],
    ['with empty lists of sources', { IpRanges: [], Ipv6Ranges: [], PrefixListIds: [], UserIdGroupPairs: [] }],
  ])('%s, because it would mean nothing', (_, overrides) => {
    const message = refusal(permission(overrides));
    expect(message).toContain(path);
    expect(message).toContain('give at least one of IpRanges, Ipv6Ranges, PrefixListIds, UserIdGroupPairs');
  });

  test('that gives only the name of a group', () => {
    const message = refusal(permission({ UserIdGroupPairs: [{ GroupName: 'web' }] }));
    expect(message).toContain('flaggedIngressRules[0].ipPermissions[0].UserIdGroupPairs[0]: got {"GroupName":"web"}');
    expect(message).toContain('name the group by its id');
  });

  test.each([[{}], [{ groupId: 'sg-1', anyGroup: true }], [{ anyGroup: false }]])(
    'of a rule for neither a group nor any group, or for both: %j',
    scope => {
      const rule = { match: 'EXACT', ipPermissions: [anIpPermission()], ...scope };
      expect(refusal(replaced(FULL, 'flaggedIngressRules[0]', rule))).toMatch(
        /^flaggedIngressRules\[0\]: got .*; give either groupId, anyGroup: true, defaultGroups or groupsTagged$/,
      );
    },
  );

  test('from the internet that names another source too', () => {
    const both = {
      anyGroup: true,
      match: 'EXACT',
      ipPermissions: [anIpPermission()],
      fromInternet: { ipv4PrefixLength: 8, ipv6PrefixLength: 32 },
    };
    expect(refusal(replaced(FULL, 'flaggedIngressRules[0]', both))).toBe(
      'flaggedIngressRules[0].ipPermissions[0]: "IpRanges" is unknown. Known here: IpProtocol, FromPort, ToPort',
    );
  });
});

describe('a revocation window is refused', () => {
  const window = { from: '00:00', to: '24:00', timeZone: 'UTC' } as const;
  const everyDay = ['TUE', 'MON', 'WED', 'THU', 'SAT', 'FRI', 'SUN'];

  test.each([undefined, everyDay])('if it is always open, because it does nothing: %j', days => {
    expect(refusal(aConfiguration({ ...FULL, revocationWindow: { ...window, days: days as Day[] } }))).toBe(
      'revocationWindow: got every hour of every day, so it is always open; leave it out, or give days or times',
    );
  });

  test('only if it is', () => {
    const others = [{ ...window, days: everyDay.slice(1) as Day[] }, { ...window, from: '00:01' }, { ...window, to: '23:59' }];
    for (const each of others) expect(decoded({ revocationWindow: each }).revocationWindow).toEqual(each);
  });
});

describe('what may be revoked at any time', () => {
  const declared = (action: unknown): unknown => replaced(FULL, 'flaggedIngressRules[0].action', action);
  const actionOf = (action: unknown): unknown => decodeConfiguration(declared(action)).flaggedIngressRules[0].action;

  test('is told by each action that revokes', () => {
    expect(actionOf({ kind: 'revoke', anytime: true })).toEqual({ kind: 'revoke', anytime: true });
    expect(actionOf({ kind: 'revoke', anytime: true, grace: aGrace() }))
      .toEqual({ kind: 'revoke', anytime: true, grace: aGrace() });
    expect(actionOf({ kind: 'revoke', anytime: false })).toEqual({ kind: 'revoke' });
    expect(actionOf(undefined)).toEqual({ kind: 'revoke' });
  });

  test('does not change which rules a declaration flags', () => {
    const [one, other] = [undefined, { kind: 'revoke', anytime: true }]
      .map(action => decodeConfiguration(declared(action)).flaggedIngressRules[0].id);
    expect(one).toBe(other);
  });

  test.each([null, 'true', 1])('is not told by %j', anytime => {
    expect(refusal(declared({ kind: 'revoke', anytime })))
      .toBe(`flaggedIngressRules[0].action.anytime: got ${JSON.stringify(anytime)}; give true or false`);
  });

  test('is refused for rules that are only reported', () => {
    expect(refusal(declared({ kind: 'report', anytime: true }))).toBe(
      'flaggedIngressRules[0].action: got {"kind":"report","anytime":true}; leave out anytime, because nothing is revoked',
    );
    expect(decodeConfiguration({ ...FULL, staleRulesAnytime: false }).staleRulesAnytime).toBeUndefined();
  });
});

describe('an unknown key is refused by its path', () => {
  const permissionPath = 'flaggedIngressRules[1].ipPermissions[1]';

  test.each<[path: string, key: string, meant: string]>([
    ['', 'dryrun', 'dryRun'],
    ['', 'VpcIds', 'vpcIds'],
    ['', 'maxRevocationsPersweep', 'maxRevocationsPerSweep'],
    ['', 'AllowRestore', 'allowRestore'],
    ['grace', 'Seconds', 'seconds'],
    ['grace', 'maxGapseconds', 'maxGapSeconds'],
    ['revocationWindow', 'timezone', 'timeZone'],
    ['revocationWindow', 'Days', 'days'],
    ['flaggedIngressRules[1]', 'groupID', 'groupId'],
    ['flaggedIngressRules[2].fromInternet', 'ipV4PrefixLength', 'ipv4PrefixLength'],
    [permissionPath, 'ipProtocol', 'IpProtocol'],
    [permissionPath, 'fromPort', 'FromPort'],
    [permissionPath, 'IPv6Ranges', 'Ipv6Ranges'],
    [`${permissionPath}.IpRanges[0]`, 'CidrIP', 'CidrIp'],
    [`${permissionPath}.Ipv6Ranges[0]`, 'CidrIPv6', 'CidrIpv6'],
    [`${permissionPath}.PrefixListIds[0]`, 'PrefixListID', 'PrefixListId'],
    [`${permissionPath}.UserIdGroupPairs[0]`, 'groupid', 'GroupId'],
    ['vpnConnections', 'IDs', 'ids'],
  ])('%s: %s, with the known ones, such as %s', (path, key, known) => {
    const message = refusal(path === '' ? { ...FULL, [key]: 'x' } : replaced(FULL, `${path}.${key}`, 'x'));
    expect(message).toMatch(new RegExp(`: "${key}" is unknown\\. Known here: .*\\b${known}\\b`));
    expect(message.startsWith(`${path || 'configuration'}: `)).toBe(true);
  });

  test('with the known ones, even if it is similar to one', () => {
    expect(refusal(replaced(MATCHING, 'vpnConnections.filters[0].Values', ['x']))).toBe(
      'vpnConnections.filters[0]: "Values" is unknown. Known here: name, values',
    );
    expect(refusal({ ...FULL, dryRunOnly: true })).toMatch(
      /^configuration: "dryRunOnly" is unknown\. Known here: version, hygiene, .*organization$/,
    );
    expect(refusal(permission({ Port: 22 }))).toMatch(
      /^flaggedIngressRules\[0\]\.ipPermissions\[0\]: "Port" is unknown\. Known here: IpProtocol, /,
    );
    expect(refusal(replaced(FULL, 'grace.days', 7))).toBe(
      'grace: "days" is unknown. Known here: seconds, sightings, maxGapSeconds',
    );
    expect(refusal(replaced(FULL, 'vpnConnections.staleAfter', 60))).toBe(
      'vpnConnections: "staleAfter" is unknown. Known here: kind, ids, filters, staleAfterSeconds',
    );
  });

  test('even if every object has a property of that name', () => {
    expect(refusal(JSON.stringify(FULL).replace('{', '{"__proto__":{},'))).toContain('"__proto__" is unknown');
    expect(refusal({ ...FULL, constructor: 'x' })).toContain('"constructor" is unknown');
  });
});

test('the constructs have words of their own for paths, values and unknown keys', () => {
  const words: Words = {
    isToken: () => false, path: path => `<${path}>`, value: value => `{${String(value)}}`, unknown: key => `no ${key}`,
  };
  const refused = (path: string, value: unknown) => () => decodeConfiguration(replaced(FULL, path, value), words);
  expect(refused('maxRevocationsPerSweep', Number.NaN)).toThrow('<maxRevocationsPerSweep>: got {NaN}; give a whole');
  expect(refused('grace.days', 7)).toThrow('<grace>: no days');
  expect(refused('flaggedIngressRules[0].ipPermissions[0].IpRanges[0].CidrIp', '10.0.0.1')).toThrow(
    '<flaggedIngressRules[0].ipPermissions[0].IpRanges[0].CidrIp>: "10.0.0.1" is not a CIDR block',
  );
});

describe('a configuration is refused', () => {
  test.each([[0], [1], [2], [4], ['3'], [null], [undefined], [{}]])(
    'of the version %p, before anything else of it is read',
    version => {
      const message = refusal({ version, whatever: 'is new in it' });
      expect(message).toMatch(/^version: got /);
      expect(message).toContain('reads version 3');
      expect(message).toContain('Deploy the stack again');
    },
  );

  test('of the version before it settled, though all else of it is known: it says nothing of how long to wait', () => {
    const message = 'version: got 2; this handler reads version 3. '
      + 'Deploy the stack again with one version of cdk-network-hygiene';
    expect(refusal({ ...FULL, version: 2 })).toBe(message);
  });

  test.each([
    [null, 'null'],
    [undefined, 'undefined'],
    [7, '7'],
    [[], '[]'],
    ['[]', '[]'],
    ['"text"', '"text"'],
    ['null', 'null'],
  ])('that is no object: %p', (input, got) => {
    expect(refusal(input)).toBe(`configuration: got ${got}; give an object`);
  });

  test.each(['', '{', 'undefined', '{"version":3,}', '[object Object]'])('that is no JSON: "%s"', text => {
    expect(refusal(text)).toMatch(/^configuration: not JSON/);
  });
});

describe('a filter\'s values are never shown, because they may hold a pre-shared key:', () => {
  const filter = { name: 'customer-gateway-configuration', values: ['*pre-shared-key*'] };

  test.each<[name: string, vpnConnections: unknown]>([
    [
      'when there are too many',
      { kind: 'matching', filters: [{ ...filter, values: Array<string>(201).fill('*pre-shared-key*') }] },
    ],
    ['when one of them is empty', { kind: 'matching', filters: [{ ...filter, values: ['*pre-shared-key*', ''] }] }],
    ['when one of them is no text', { kind: 'matching', filters: [{ ...filter, values: [['*pre-shared-key*']] }] }],
    [
      'when one of them is an object',
      { kind: 'matching', filters: [{ ...filter, values: [{ value: '*pre-shared-key*' }] }] },
    ],
    ['when they are no list', { kind: 'matching', filters: [{ ...filter, values: '*pre-shared-key*' }] }],
    ['when the filter has another name', { kind: 'matching', filters: [{ ...filter, name: 'configuration' }] }],
    ['when the filter has an unknown key', { kind: 'matching', filters: [{ ...filter, value: '*pre-shared-key*' }] }],
    ['when the filter has no name', { kind: 'matching', filters: [{ values: filter.values }] }],
    ['when the filter is a text', { kind: 'matching', filters: ['customer-gateway-configuration=*pre-shared-key*'] }],
    ['when the filter is a list', { kind: 'matching', filters: [[filter]] }],
    ['when the filters are no list', { kind: 'matching', filters: filter }],
    ['when the kind is unknown', { kind: 'some', filters: [filter] }],
    ['when the filters are not wrapped', [filter]],
  ])('%s', (_, vpnConnections) => {
    const configuration = replaced(MATCHING, 'vpnConnections', vpnConnections);
    expect(refusal(configuration)).not.toContain('pre-shared-key');
    expect(refusal(JSON.stringify(configuration))).not.toContain('pre-shared-key');
  });

  test('when the text is no JSON', () => {
    const text = JSON.stringify({
      ...MATCHING,
      vpnConnections: { kind: 'matching', filters: [{ ...filter, values: ['*psk*'] }] },
    });
    expect(refusal(text.replace('"*psk*"', 'x"*psk*"'))).not.toContain('psk');
  });
});

describe('a token', () => {
  const TEXT = '${Token[TOKEN.1]}';
  const NUMBER = -1.8881545897087503e+289;
  const LIST = ['#{Token[TOKEN.2]}'];
  const isToken = (value: unknown): boolean =>
    value === TEXT || value === NUMBER || (Array.isArray(value) && value[0] === LIST[0]);
  const words: Words = { isToken, path: path => path, value: JSON.stringify, unknown: key => key };

  const rule = 'flaggedIngressRules[1]';
  const peers = `${rule}.ipPermissions[1]`;
  const places: ReadonlyArray<readonly [path: string, token: unknown, configuration: Configuration]> = [
    ['hygiene', TEXT, FULL],
    ['requestRateFactor', NUMBER, FULL],
    ['vpcIds', LIST, FULL],
    ['vpcIds[0]', TEXT, FULL],
    ['grace.seconds', NUMBER, FULL],
    ['grace.sightings', NUMBER, FULL],
    ['grace.maxGapSeconds', NUMBER, FULL],
    ['maxRevocationsPerSweep', NUMBER, FULL],
    ['settleSeconds', NUMBER, FULL],
    [`${rule}.groupId`, TEXT, FULL],
    [`${peers}.IpProtocol`, TEXT, FULL],
    [`${peers}.FromPort`, NUMBER, FULL],
    [`${peers}.ToPort`, NUMBER, FULL],
    [`${peers}.IpRanges[0].CidrIp`, TEXT, FULL],
    [`${peers}.Ipv6Ranges[0].CidrIpv6`, TEXT, FULL],
    [`${peers}.PrefixListIds[0].PrefixListId`, TEXT, FULL],
    [`${peers}.UserIdGroupPairs[0].GroupId`, TEXT, FULL],
    [`${peers}.UserIdGroupPairs[0].UserId`, TEXT, FULL],
    ['flaggedIngressRules[2].fromInternet.ipv4PrefixLength', NUMBER, FULL],
    ['exemptSecurityGroupIds', LIST, FULL],
    ['exemptSecurityGroupIds[0]', TEXT, FULL],
    ['vpnConnections.staleAfterSeconds', NUMBER, FULL],
    ['vpnConnections.ids', LIST, WITH_IDS],
    ['vpnConnections.ids[0]', TEXT, WITH_IDS],
  ];

  test.each([
    ...places,
    ['metricNamespace', TEXT, FULL],
    ['eventBus', TEXT, FULL],
    ['notificationsTopicArn', TEXT, FULL],
    [`${rule}.reason`, TEXT, FULL],
    ['vpnConnections.filters[0].values', LIST, MATCHING],
    ['vpnConnections.filters[0].values[0]', TEXT, MATCHING],
    ['vpnConnections.filters', [{ name: 'bgp-asn', values: [TEXT] }], MATCHING],
  ] as const)('is let through by the predicate at %s', (path, token, configuration) => {
    expect(() => decodeConfiguration(replaced(configuration, path, token), words)).not.toThrow();
  });

  test.each(places.filter(([path]) => path !== 'hygiene'))(
    'is refused without the predicate at %s, as by the handler',
    (path, token, configuration) => {
      expect(refusal(replaced(configuration, path, token))).toContain(path);
    },
  );

  test.each([
    ['dryRun'],
    ['allowRestore'],
    ['resourceMetrics'],
    ['staleRules'],
    [`${rule}.match`],
    ['vpnConnections.kind'],
  ])('is refused at %s, which decides what is deployed', path => {
    expect(() => decodeConfiguration(replaced(FULL, path, TEXT), words)).toThrow(`${path}: got "${TEXT}"`);
  });

  test.each<[path: string, token: unknown, bad: string, other: unknown]>([
    ['vpcIds', [TEXT, 'sg-1'], 'vpcIds[1]', 'sg-1'],
    [peers, { ...anIpPermission(), FromPort: NUMBER, ToPort: 65536 }, `${peers}.ToPort`, 65536],
    [`${peers}.UserIdGroupPairs[0]`, { GroupId: TEXT, UserId: '1' }, `${peers}.UserIdGroupPairs[0].UserId`, '1'],
  ])('does not let through what stands beside it: %s %j', (path, token, bad, other) => {
    expect(() => decodeConfiguration(replaced(FULL, path, token), words)).toThrow(
      `${bad}: got ${JSON.stringify(other)}`,
    );
  });
});

describe('a configuration may revoke something', () => {
  test.each<[revokes: boolean, name: string, configuration: Partial<Configuration>]>([
    [true, 'when stale rules are revoked', { staleRules: 'revoke' }],
    [true, 'when rules are flagged', { flaggedIngressRules: [aDeclaration()] }],
    [false, 'not when stale rules are reported', { staleRules: 'report' }],
    [false, 'not when stale rules are ignored', { staleRules: 'ignore' }],
    [true, 'when a single revocation is allowed', { staleRules: 'revoke', maxRevocationsPerSweep: 1 }],
    [
      true,
      'whether or not it has to wait, and can be undone',
      { staleRules: 'revoke', grace: aGrace(), allowRestore: false },
    ],
    [
      false,
      'not when no revocation is allowed',
      { staleRules: 'revoke', flaggedIngressRules: [aDeclaration()], maxRevocationsPerSweep: 0 },
    ],
    [false, 'not because it may restore', { staleRules: 'report', allowRestore: true }],
    [false, 'not in a dry run', { dryRun: true, staleRules: 'revoke', flaggedIngressRules: [aDeclaration()] }],
  ])('%p: %s', (revokes, _, configuration) => {
    expect(revokesAnything(aConfiguration(configuration))).toBe(revokes);
    expect(revokesAnything(decoded(configuration))).toBe(revokes);
  });
});

describe('a configuration looks at rules, and tells to revoke some', () => {
  test.each<[looks: boolean, tells: boolean, name: string, configuration: Partial<Configuration>]>([
    [true, true, 'when stale rules are revoked', { staleRules: 'revoke' }],
    [true, false, 'when stale rules are reported', { staleRules: 'report' }],
    [
      true,
      true,
      'when rules are flagged, and stale ones ignored',
      { staleRules: 'ignore', flaggedIngressRules: [aDeclaration()] },
    ],
    [true, true, 'in a dry run', { staleRules: 'revoke', dryRun: true }],
    [true, true, 'when no revocation is allowed', { staleRules: 'revoke', maxRevocationsPerSweep: 0 }],
    [false, false, 'when it watches VPN connections alone', { staleRules: 'ignore' }],
  ])('%p, %p: %s', (looks, tells, _, configuration) => {
    expect([looksAtRules(aConfiguration(configuration)), tellsToRevoke(aConfiguration(configuration))]).toEqual([
      looks,
      tells,
    ]);
    expect([looksAtRules(decoded(configuration)), tellsToRevoke(decoded(configuration))]).toEqual([looks, tells]);
  });
});

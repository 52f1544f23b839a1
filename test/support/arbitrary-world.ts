/**
 * Random networks and declarations with few enough values that they meet: rules that equal, contain, overlap or miss
 * what is declared, in every spelling, in groups that are exempt, elsewhere or unread. The ledger knows them with
 * sightings on either side of every grace.
 */
import * as fc from 'fast-check';
import { ACCOUNT, aConfiguration, aDeclaration, aGrace, aGroup, anEntry, aRule } from './builders';
import type { World } from './oracle';
import type { LedgerEntry, StaleSight } from '../../lambda/core/model/ledger';
import type { SecurityGroup, SecurityGroupRule, StalePermission } from '../../lambda/core/model/network';
import type { FlaggedIngressRuleConfiguration, IpPermission } from '../../src/contract/configuration';

const OTHER_ACCOUNT = '444455556666';
const EXEMPT: SecurityGroup['tags'] = { 'network-hygiene:exempt': 'true' };

/** The spellings of each protocol. */
export const PROTOCOLS: ReadonlyArray<readonly string[]> = [
  ['tcp', '6', 'TCP'],
  ['udp', '17'],
  ['icmp', '1'],
  ['icmpv6', '58'],
  ['50'],
  ['-1'],
];

type PortPair = readonly [from: number | undefined, to: number | undefined];

const ALL_PORTS: readonly PortPair[] = [[undefined, undefined], [-1, -1]];
/** The ports that EC2 documents; for ICMP, type and code. */
const PORTS: readonly PortPair[] = [
  [22, 22], [22, 23], [0, 65535], [0, 1023], [1, 65535], [443, 443], [3389, 3389], [65534, 65535],
];
const ICMP: readonly PortPair[] = [[3, -1], [3, 4], [8, 0], [8, undefined], [0, 0], [22, 22], [128, -1]];
const OF_NO_PORTS: readonly PortPair[] = [[50, 50], [0, 65535]];
/** Ports that have no documented meaning. */
const BROKEN: readonly PortPair[] = [[22, undefined], [23, 22], [undefined, 22], [-1, 4]];

const IPV4 = [
  '0.0.0.0/0', '0.0.0.0/1', '128.0.0.0/1', '8.0.0.0/7', '10.0.0.0/8', '10.1.0.0/16', '10.1.2.3/32', '192.168.0.0/16',
  '192.0.0.0/24', '192.31.196.0/24', '203.0.113.0/24', '224.0.0.0/3',
];
/** The spellings of one block. */
const IPV6 = [
  ['::/0', '0:0:0:0:0:0:0:0/0'],
  ['2000::/3'],
  ['2001:db8::/32', '2001:0DB8:0::0/32'],
  ['2001:db8::1/128', '2001:db8:0:0:0:0:0:1/128'],
  ['::ffff:0:0/96', '::ffff:0.0.0.0/96'],
  ['fc00::/7'],
  ['fec0::/10'],
  ['2001:20::/28', '2001:0020::/28'],
];

interface Service {
  readonly ipProtocol: string;
  readonly fromPort?: number;
  readonly toPort?: number;
}

function portsOf(names: readonly string[]): readonly PortPair[] {
  if (names.includes('tcp') || names.includes('udp')) {
    return [...ALL_PORTS, ...PORTS, ...PORTS.slice(0, 2), ...PORTS.slice(0, 2)];
  }
  if (names.includes('icmp') || names.includes('icmpv6')) return [...ALL_PORTS, ...ICMP];
  return [...ALL_PORTS, ...OF_NO_PORTS];
}

const protocol = fc.oneof(
  { weight: 1, arbitrary: fc.constant(PROTOCOLS[0]) }, { weight: 2, arbitrary: fc.constantFrom(...PROTOCOLS) },
);

const service: fc.Arbitrary<Service> = protocol
  .chain(names => fc.record({ ipProtocol: fc.constantFrom(...names), ports: fc.constantFrom(...portsOf(names)) }))
  .map(({ ipProtocol, ports: [fromPort, toPort] }) => ({ ipProtocol, fromPort, toPort }));

const brokenService: fc.Arbitrary<Service> = fc
  .record({ ipProtocol: fc.constantFrom('sctp', 'tcp', 'icmp'), ports: fc.constantFrom(...BROKEN) })
  .map(({ ipProtocol, ports: [fromPort, toPort] }) => ({ ipProtocol, fromPort, toPort }));

const ipv4 = fc.constantFrom(...IPV4);
const ipv6 = fc.constantFrom(...IPV6.flat());
const prefixList = fc.constantFrom('pl-1', 'pl-2');
const groupId = fc.constantFrom('sg-1', 'sg-2', 'sg-3');
const referencedId = fc.constantFrom('sg-far', 'sg-gone');
const account = fc.constantFrom(undefined, undefined, ACCOUNT, OTHER_ACCOUNT);

const ruleSource: fc.Arbitrary<Partial<SecurityGroupRule>> = fc.oneof(
  { weight: 4, arbitrary: ipv4.map(cidrIpv4 => ({ cidrIpv4 })) },
  { weight: 2, arbitrary: ipv6.map(cidrIpv6 => ({ cidrIpv6 })) },
  { weight: 1, arbitrary: prefixList.map(prefixListId => ({ prefixListId })) },
  {
    weight: 3,
    arbitrary: fc.record({
      groupId: referencedId,
      userId: account,
      vpcId: fc.constantFrom(undefined, 'vpc-far'),
      vpcPeeringConnectionId: fc.constantFrom(undefined, 'pcx-1', 'pcx-2'),
    }).map(referencedGroup => ({ referencedGroup })),
  },
);

const rule: fc.Arbitrary<SecurityGroupRule> = fc.record({
  service: fc.oneof({ weight: 12, arbitrary: service }, { weight: 1, arbitrary: brokenService }),
  source: ruleSource,
  groupId,
  groupOwnerId: fc.constantFrom(ACCOUNT, ACCOUNT, ACCOUNT, undefined, OTHER_ACCOUNT),
  isEgress: fc.constantFrom(false, false, false, false, true),
  tags: fc.constantFrom({}, {}, {}, {}, {}, { Name: 'x' }, EXEMPT),
}).map(({ service: { ipProtocol, fromPort, toPort }, source, ...rest }) =>
  aRule({ ...rest, ipProtocol, fromPort, toPort, ...source }));

const declaredSources: fc.Arbitrary<Partial<IpPermission>> = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.uniqueArray(ipv4, { minLength: 1, maxLength: 2 })
      .map(blocks => ({ IpRanges: blocks.map(CidrIp => ({ CidrIp })) })),
  },
  { weight: 2, arbitrary: ipv6.map(CidrIpv6 => ({ Ipv6Ranges: [{ CidrIpv6 }] })) },
  {
    weight: 1,
    arbitrary: fc.tuple(ipv4, ipv6)
      .map(([CidrIp, CidrIpv6]) => ({ IpRanges: [{ CidrIp }], Ipv6Ranges: [{ CidrIpv6 }] })),
  },
  { weight: 1, arbitrary: prefixList.map(PrefixListId => ({ PrefixListIds: [{ PrefixListId }] })) },
  {
    weight: 2,
    arbitrary: fc.record({ GroupId: referencedId, UserId: account }).map(pair => ({ UserIdGroupPairs: [pair] })),
  },
);

const permissionOf = ({ ipProtocol, fromPort, toPort }: Service, sources: Partial<IpPermission>): IpPermission =>
  ({ IpProtocol: ipProtocol, FromPort: fromPort, ToPort: toPort, ...sources });

const ipPermission = fc.tuple(service, declaredSources).map(([what, from]) => permissionOf(what, from));
const match = fc.constantFrom('EXACT', 'EXACT', 'WITHIN', 'COVERS', 'OVERLAPS', 'OVERLAPS');
const scope = fc.oneof({ weight: 2, arbitrary: fc.constant(undefined) }, { weight: 1, arbitrary: groupId });

const someOf = (...texts: string[]): fc.Arbitrary<string[]> => fc.subarray(texts, { minLength: 1 });

/** The groups of a declaration. The tag has other spellings, which are other tags. */
const groupsOfDeclaration: fc.Arbitrary<Partial<FlaggedIngressRuleConfiguration>> = fc.record({
  groups: fc.oneof<Array<fc.WeightedArbitrary<Partial<FlaggedIngressRuleConfiguration>>>>(
    { weight: 8, arbitrary: scope.map(id => id === undefined ? { anyGroup: true } : { groupId: id }) },
    { weight: 1, arbitrary: fc.constant({ defaultGroups: { evenInUse: true } }) },
    {
      weight: 2,
      arbitrary: fc.record({ key: fc.constantFrom('tier', 'tier', 'Tier'), values: someOf('web', 'db', 'Web') })
        .map(groupsTagged => ({ groupsTagged })),
    },
  ),
  exceptGroupIds: fc.oneof(
    { weight: 9, arbitrary: fc.constant(undefined) }, { weight: 1, arbitrary: someOf('sg-2', 'sg-3') },
  ),
}).map(({ groups, exceptGroupIds }) => ({ ...groups, exceptGroupIds }));

/** Exceptions. Many share their service or their sources with what is declared, so that they matter. */
const exceptions = fc.array(
  fc.record({ permission: ipPermission, from: fc.constantFrom('own', 'declared', 'everywhere'), isOwnService: fc.boolean() }),
  { minLength: 1, maxLength: 4 },
);

type Exceptions = typeof exceptions extends fc.Arbitrary<infer T> ? T : never;

function exceptOf(drawn: Exceptions, [declared]: readonly IpPermission[]): IpPermission[] {
  return drawn.map(({ permission, from, isOwnService }) => {
    const { IpProtocol, FromPort, ToPort } = isOwnService ? permission : declared;
    const { IpProtocol: _protocol, FromPort: _from, ToPort: _to, ...sources } = from === 'own' ? permission : declared;
    return { IpProtocol, FromPort, ToPort, ...from !== 'everywhere' && sources };
  });
}

const sourceOfAll: fc.Arbitrary<Partial<FlaggedIngressRuleConfiguration>> = fc.oneof(
  {
    weight: 3, arbitrary: fc.constantFrom([8, 12], [1, 1], [32, 128])
      .map(([ipv4PrefixLength, ipv6PrefixLength]) => ({ fromInternet: { ipv4PrefixLength, ipv6PrefixLength } })),
  },
  { weight: 2, arbitrary: fc.constant({ fromAnyPublicAddress: true } as const) },
  { weight: 1, arbitrary: fc.constant({ anySource: true } as const) },
);

const declaredTraffic: fc.Arbitrary<Partial<FlaggedIngressRuleConfiguration>> = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.array(ipPermission, { minLength: 1, maxLength: 2 }).map(ipPermissions => ({ ipPermissions })),
  },
  {
    weight: 3,
    arbitrary: fc.tuple(service, sourceOfAll)
      .map(([what, from]) => ({ ...from, ipPermissions: [permissionOf(what, {})] })),
  },
);

const declaration: fc.Arbitrary<FlaggedIngressRuleConfiguration> = fc.record({
  groups: groupsOfDeclaration,
  match,
  traffic: declaredTraffic,
  except: fc.option(exceptions, { freq: 2, nil: undefined }),
  action: fc.oneof(
    { weight: 7, arbitrary: fc.constantFrom(undefined, { kind: 'revoke' as const }) },
    { weight: 1, arbitrary: fc.constant({ kind: 'report' as const }) },
  ),
}).map(({ groups, match: how, traffic, except, action }) => ({
  ...aDeclaration({ match: how, ...traffic }),
  anyGroup: undefined,
  ...groups,
  action,
  ...how === 'OVERLAPS' && except && { except: exceptOf(except, traffic.ipPermissions ?? []) },
}));

/** The entries of prefix lists. A list that is left out could not be read. */
const prefixLists: fc.Arbitrary<World['prefixLists']> = fc.record(Object.fromEntries(['pl-1', 'pl-2'].map(id => [
  id,
  fc.oneof(
    { weight: 4, arbitrary: fc.uniqueArray(ipv4, { maxLength: 3 }) },
    { weight: 1, arbitrary: fc.uniqueArray(fc.constantFrom(...IPV6.map(([block]) => block)), { maxLength: 2 }) },
    { weight: 2, arbitrary: fc.constant(undefined) },
  ),
]))).map(lists => Object.fromEntries(Object.entries(lists).flatMap(([id, entries]) => entries ? [[id, entries]] : [])));

const group = (id: string): fc.Arbitrary<SecurityGroup> => fc.record({
  vpcId: fc.constantFrom('vpc-1', 'vpc-1', 'vpc-1', 'vpc-2', 'vpc-elsewhere', undefined),
  ownerId: fc.constantFrom(ACCOUNT, ACCOUNT, undefined, OTHER_ACCOUNT),
  groupName: fc.constantFrom('web', 'web', 'default', 'Default'),
  tags: fc.constantFrom({}, {}, {}, { tier: 'web' }, { tier: 'web' }, { tier: 'db' }, { Tier: 'web' }, EXEMPT),
}).map(overrides => aGroup({ groupId: id, ...overrides }));

/** EC2's description of a stale rule, in any spelling and with any details. */
const staleOf = (of: SecurityGroupRule): fc.Arbitrary<StalePermission> =>
  fc
    .record({
      ipProtocol: fc.constantFrom(...(PROTOCOLS.find(names => names.includes(of.ipProtocol)) ?? [of.ipProtocol])),
      isBare: fc.boolean(),
      userId: account,
    })
    .map(({ ipProtocol, isBare, userId }) => ({
      ipProtocol,
      fromPort: of.fromPort === -1 && of.toPort === -1 ? undefined : of.fromPort,
      toPort: of.fromPort === -1 && of.toPort === -1 ? undefined : of.toPort,
      reference:
        isBare || !of.referencedGroup
          ? { groupId: of.referencedGroup?.groupId ?? 'sg-gone', userId }
          : { ...of.referencedGroup, userId },
    }));

const NOW = new Date('2026-01-01T00:00:00Z');

const ago = (seconds: number): string => new Date(NOW.getTime() - seconds * 1000).toISOString();

/** The counted sightings of a rule that scheduled sweeps found stale. */
const staleSight: fc.Arbitrary<StaleSight> = fc.record({
  countedSince: fc.oneof(
    { weight: 12, arbitrary: fc.constantFrom(0, 59, 60, 61, 3599, 3600, 86_400).map(ago) },
    { weight: 1, arbitrary: fc.constantFrom('2026-01-01T00:00:01.000Z', 'never') },
  ),
  countedAt: fc.oneof(
    { weight: 8, arbitrary: fc.constant(ago(0)) },
    { weight: 2, arbitrary: fc.constantFrom(1800, 1801, 302_400, 302_401).map(ago) },
  ),
  sightings: fc.integer({ min: 0, max: 3 }),
}).map(({ sightings, ...counted }) => {
  const seen = { reason: 'OTHER', firstSeen: '2025-12-01T00:00:00.000Z', lastSeen: NOW.toISOString(), sightings };
  return { ...seen, ...sightings > 0 && counted };
});

/** The ledger's entry of a rule; undefined if there is none. */
const ledgerEntry: fc.Arbitrary<Partial<LedgerEntry> | undefined> = fc.option(
  fc.record({
    state: fc.oneof(
      { weight: 12, arbitrary: fc.constant('OPEN' as const) },
      {
        weight: 1,
        arbitrary: fc.constantFrom('PENDING' as const, 'REVOKED' as const, 'HEALED' as const, 'RESTORED' as const),
      },
    ),
    stale: fc.option(staleSight, { freq: 15, nil: undefined }),
  }),
  { freq: 15, nil: undefined },
);

/** How a rule is made: at random, from a declared permission, or from the rule before it. */
const draw = fc.record({
  rule,
  like: fc.option(fc.nat(20), { nil: undefined }),
  otherPorts: fc.option(fc.nat(50), { nil: undefined }),
  ofGroup: fc.boolean(),
  isTwin: fc.constantFrom(false, false, false, true),
  known: ledgerEntry,
});

/** A rule that allows what a permission names, or another port, from the first of its sources. */
function ruleLike(permission: IpPermission, otherPorts: number | undefined): Partial<SecurityGroupRule> {
  const { IpProtocol, FromPort, ToPort, IpRanges, Ipv6Ranges, PrefixListIds, UserIdGroupPairs } = permission;
  const isBare = [IpRanges, Ipv6Ranges, PrefixListIds, UserIdGroupPairs].every(list => list === undefined);
  const [pair] = UserIdGroupPairs ?? [];
  const choices = portsOf(PROTOCOLS.find(names => names.includes(IpProtocol)) ?? []);
  const [fromPort, toPort] = otherPorts === undefined ? [FromPort, ToPort] : choices[otherPorts % choices.length];
  return {
    ipProtocol: IpProtocol,
    fromPort,
    toPort,
    // A permission without sources leaves the rule its own.
    ...!isBare && {
      cidrIpv4: IpRanges?.[0].CidrIp,
      cidrIpv6: IpRanges ? undefined : Ipv6Ranges?.[0].CidrIpv6,
      prefixListId: PrefixListIds?.[0].PrefixListId,
      referencedGroup: pair && { groupId: pair.GroupId, userId: pair.UserId },
    },
  };
}

/** Returns a copy of a rule with another peering connection. Only the peering connection tells the two apart. */
function twin(of: SecurityGroupRule | undefined): SecurityGroupRule | undefined {
  return of?.referencedGroup && { ...of, referencedGroup: { ...of.referencedGroup, vpcPeeringConnectionId: 'pcx-2' } };
}

type Settings = Pick<World, 'vpcIds' | 'accountId'>
  & Pick<
    World['configuration'],
    'dryRun' | 'staleRules' | 'grace' | 'maxRevocationsPerSweep' | 'exemptSecurityGroupIds' | 'functionNetwork'
  > & { readonly ledgerFails: boolean; readonly endpoints: World['endpoints'] };

const GRACES = [
  ...[[0, 1], [60, 1], [60, 2], [3600, 3]].map(([seconds, sightings]) => aGrace({ seconds, sightings })),
  aGrace({ seconds: 60, sightings: 1, maxGapSeconds: 1800 }),
];

const settings: fc.Arbitrary<Settings> = fc.record({
  vpcIds: fc.constantFrom(['vpc-1', 'vpc-2'], ['vpc-1', 'vpc-2'], ['vpc-1']),
  accountId: fc.constantFrom(ACCOUNT, undefined),
  dryRun: fc.constantFrom(false, false, false, false, false, false, false, true),
  staleRules: fc.constantFrom('ignore' as const, 'report' as const, 'revoke' as const, 'revoke' as const),
  grace: fc.constantFrom(undefined, undefined, ...GRACES),
  maxRevocationsPerSweep: fc.constantFrom(1000, 1000, 1000, 1000, 3, 2, 1, 0),
  ledgerFails: fc.constantFrom(false, false, false, false, false, false, false, false, false, true),
  exemptSecurityGroupIds: fc.constantFrom([], [], [], ['sg-2'], ['sg-1', 'sg-9']),
  functionNetwork: fc.option(
    fc.constantFrom<string[][]>(['sg-own'], ['sg-own'], ['sg-own', 'sg-1'])
      .map(securityGroupIds => ({ vpcId: 'vpc-1', securityGroupIds })),
    { freq: 2, nil: undefined },
  ),
  endpoints: fc.oneof(
    {
      weight: 6, arbitrary: fc.constantFrom([], [], ['sg-2'], ['sg-3', 'sg-2'], ['sg-far'])
        .map(groupIds => ({ groupIds, isWhole: true })),
    },
    { weight: 1, arbitrary: fc.constantFrom(undefined, ...[[], ['sg-1']].map(groupIds => ({ groupIds, isWhole: false }))) },
  ),
});

export const arbitraryWorld: fc.Arbitrary<World> = fc.record({
  drawn: fc.array(draw, { minLength: 1, maxLength: 8 }),
  groups: fc.tuple(group('sg-1'), group('sg-2'), group('sg-3')),
  unreadGroup: fc.constantFrom('', '', '', 'sg-3'),
  declarations: fc.array(declaration, { maxLength: 3 }),
  lists: prefixLists,
  settings,
}).chain(({ drawn, groups, unreadGroup, declarations, lists, settings: set }) => {
  const { vpcIds, accountId, ledgerFails, endpoints, ...rest } = set;
  const permissions = declarations
    .flatMap(({ groupId: of, ipPermissions, except = [] }) =>
      [...ipPermissions, ...except].map(permission => ({ permission, of })));
  const rules: SecurityGroupRule[] = [];
  for (const [index, { rule: random, like, otherPorts, ofGroup, isTwin }] of drawn.entries()) {
    const model = like === undefined || permissions.length === 0 ? undefined : permissions[like % permissions.length];
    const drawnRule = {
      ...random, ...model && ruleLike(model.permission, otherPorts), ...model?.of && ofGroup && { groupId: model.of },
    };
    rules.push({ ...(isTwin && twin(rules[index - 1])) || drawnRule, securityGroupRuleId: `sgr-${index + 1}` });
  }
  const entries = drawn.flatMap(({ known }, index) => known ? anEntry({ ...known, rule: rules[index] }) : []);
  const referring = rules.filter(({ referencedGroup }) => referencedGroup !== undefined);
  const named = fc.subarray(referring)
    .chain(chosen => fc.tuple(...chosen.map(of => staleOf(of).map(permission => ({ of, permission })))));
  return named.map(stale => readable({
    configuration: aConfiguration({ ...rest, flaggedIngressRules: declarations }),
    vpcIds,
    accountId,
    endpoints,
    groups: groups.filter(each => each.groupId !== unreadGroup),
    prefixLists: lists,
    rules,
    ledger: ledgerFails ? undefined : entries,
    now: NOW,
    stale: [['vpc-1', groups.map(each => ({
      groupId: each.groupId,
      groupName: each.groupName,
      ingress: stale.filter(({ of }) => of.groupId === each.groupId && !of.isEgress)
        .map(({ permission }) => permission),
      egress: stale.filter(({ of }) => of.groupId === each.groupId && of.isEgress).map(({ permission }) => permission),
    }))]],
  }));
});

/** Makes fast-check print a failing world as readable lines. */
export function readable(world: World): World {
  return Object.assign({}, world, { [fc.toStringMethod]: () => describeWorld(world) });
}

function describeWorld(world: World): string {
  const { configuration, vpcIds, accountId, endpoints, groups, prefixLists: lists, rules, stale, ledger } = world;
  const {
    flaggedIngressRules, dryRun, staleRules, grace, maxRevocationsPerSweep, exemptSecurityGroupIds, functionNetwork,
  } = configuration;
  return [
    '',
    `settings: ${JSON.stringify({ dryRun, staleRules, grace, maxRevocationsPerSweep, exemptSecurityGroupIds, vpcIds, accountId, functionNetwork, endpoints })}`,
    ...flaggedIngressRules.map((each, index) => `flaggedIngressRules[${index}]: ${JSON.stringify(each)}`),
    ...groups.map(({ groupId: id, ...each }) => `${id}: ${JSON.stringify(each)}`),
    `prefix lists: ${JSON.stringify(lists)}`,
    ...rules.map(({ securityGroupRuleId, ...each }) => `${securityGroupRuleId}: ${JSON.stringify(each)}`),
    ...(ledger?.map(
      ({ securityGroupRuleId: id, state, stale: sight }) =>
        `the ledger has ${id}: ${JSON.stringify({ state, stale: sight })}`,
    ) ?? ['the ledger cannot be read']),
    ...stale
      .flatMap(([, all]) => all)
      .flatMap(({ groupId: id, ingress, egress }) => [
        ...ingress.map(each => `stale ingress of ${id}: ${JSON.stringify(each)}`),
        ...egress.map(each => `stale egress of ${id}: ${JSON.stringify(each)}`),
      ]),
    '',
  ].join('\n');
}

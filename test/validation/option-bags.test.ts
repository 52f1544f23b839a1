/**
 * Tests that every object of properties or options refuses unknown names, and names the one that was meant; and that it
 * refuses values of another kind, and calls them what they are.
 */
import { CfnParameter, Duration, TimeZone } from 'aws-cdk-lib';
import { Peer, Port, SecurityGroup } from 'aws-cdk-lib/aws-ec2';
import {
  ChangeTrigger, ComesBack, FlaggedAction, FlaggedIngressRule, HygieneAccounts, NetworkHygiene, NetworkHygieneAlarms,
  NetworkHygieneDashboard, NetworkHygieneMember, NetworkHygieneOrganization,
  RuleMatch, StaleRules, UnusedSecurityGroups, VpnConnections,
} from '../../src';
import { withChangeTrigger } from '../support/change-trigger';
import { propertiesOfInterface } from '../support/properties';
import { aStack } from '../support/synthesized-stack';

/** An object of properties or options: which method or construct takes it, and all of its names. */
interface Bag {
  readonly where: string;
  readonly known: readonly string[];
  readonly give: (bag: never) => unknown;
  /** The properties that are required. */
  readonly beside?: object;
}

const namesOf = (name: string): string[] => propertiesOfInterface(name).map(property => property.name);

/** Each alarm, and the options that it has. */
const ALARMS = propertiesOfInterface('NetworkHygieneAlarmsOptions')
  .filter(({ name }) => name !== 'action')
  .map(({ name, type }) => [name, namesOf(type)] as const);

const SSH = 'IpProtocol=tcp,FromPort=22,ToPort=22,IpRanges=[{CidrIp=0.0.0.0/0}]';
const anywhere = Peer.anyIpv4();
const group = SecurityGroup.fromSecurityGroupId(aStack(), 'Group', 'sg-1');
const FILTERS = namesOf('VpnConnectionFilters');
/** A refused call does not change it, so all cases share it. */
const hygiene = withChangeTrigger(aStack(), 'NetworkHygiene', {
  staleRules: StaleRules.revoke(), unusedSecurityGroups: UnusedSecurityGroups.report(),
});

/** The required properties of a member, and of a hub. */
const MEMBER = { hubAccount: '111122223333', organizationId: 'o-a1b2c3d4e5' };
const HUB = { organizationId: 'o-a1b2c3d4e5', accounts: HygieneAccounts.all() };

const hub = new NetworkHygieneOrganization(aStack(), 'Hub', HUB);

/** Alarms about an organization are for a hub only. */
const watchedBy = (alarm: string): NetworkHygiene | NetworkHygieneOrganization =>
  /^(accounts|regions|runs)/.test(alarm) ? hub : hygiene;

const BAGS: readonly Bag[] = [
  {
    where: 'Network/Hygiene', known: namesOf('NetworkHygieneProps'),
    give: bag => new NetworkHygiene(aStack(), 'Hygiene', bag),
  },
  {
    where: 'Network/Hygiene: functionOptions', known: namesOf('NetworkHygieneFunctionOptions'),
    give: bag => new NetworkHygiene(aStack(), 'Hygiene', { functionOptions: bag }),
  },
  {
    where: 'Network/Hygiene: revocationWindow', known: namesOf('RevocationWindow'),
    beside: { from: '08:00', timeZone: TimeZone.EUROPE_BERLIN },
    give: bag => new NetworkHygiene(aStack(), 'Hygiene', { revocationWindow: bag }),
  },
  { where: 'StaleRules.revoke', known: namesOf('RevokeOptions'), give: bag => StaleRules.revoke(bag) },
  { where: 'FlaggedAction.revoke', known: namesOf('RevokeOptions'), give: bag => FlaggedAction.revoke(bag) },
  {
    where: 'StaleRules.revokeAfter', known: namesOf('RevokeAfterOptions'),
    give: bag => StaleRules.revokeAfter(Duration.days(7), bag),
  },
  {
    where: 'FlaggedAction.revokeAfter', known: namesOf('RevokeAfterOptions'),
    give: bag => FlaggedAction.revokeAfter(Duration.days(7), bag),
  },
  {
    where: 'ComesBack.keepAfter', known: namesOf('ComesBackOptions'), give: bag => ComesBack.keepAfter(3, bag),
  },
  {
    where: 'ChangeTrigger.cloudTrail', known: namesOf('ChangeTriggerOptions'), give: bag => ChangeTrigger.cloudTrail(bag),
  },
  {
    where: 'FlaggedIngressRule.onGroup', known: namesOf('FlaggedIngressRuleOptions'),
    give: bag => FlaggedIngressRule.onGroup(group, anywhere, Port.SSH, bag),
  },
  {
    where: 'FlaggedIngressRule.inAnyGroup', known: namesOf('AnyGroupIngressRuleOptions'),
    give: bag => FlaggedIngressRule.inAnyGroup(anywhere, Port.SSH, bag),
  },
  {
    where: 'FlaggedIngressRule.inGroupsTagged', known: namesOf('AnyGroupIngressRuleOptions'),
    give: bag => FlaggedIngressRule.inGroupsTagged('Exposure', ['private'], anywhere, Port.SSH, bag),
  },
  {
    where: 'FlaggedIngressRule.inDefaultGroups', known: namesOf('DefaultGroupsOptions'),
    give: bag => FlaggedIngressRule.inDefaultGroups(bag),
  },
  {
    where: 'FlaggedIngressRule.fromInternet', known: namesOf('InternetIngressRuleOptions'),
    give: bag => FlaggedIngressRule.fromInternet(Port.SSH, bag),
  },
  {
    where: 'FlaggedIngressRule.fromAnyPublicAddress', known: namesOf('PublicIngressRuleOptions'),
    give: bag => FlaggedIngressRule.fromAnyPublicAddress(Port.SSH, bag),
  },
  {
    where: 'FlaggedIngressRule.fromIpPermissions', known: namesOf('FlaggedIngressRuleOptions'),
    give: bag => FlaggedIngressRule.fromIpPermissions(group, SSH, bag),
  },
  {
    where: 'HygieneAccounts.list', known: namesOf('HygieneAccountsOptions'),
    give: bag => HygieneAccounts.list(['111122223333'], bag),
  },
  {
    where: 'HygieneAccounts.organizationalUnits', known: namesOf('HygieneAccountsOptions'),
    give: bag => HygieneAccounts.organizationalUnits(['r-a1b2'], bag),
  },
  {
    where: 'HygieneAccounts.all', known: namesOf('HygieneAccountsOptions'), give: bag => HygieneAccounts.all(bag),
  },
  {
    where: 'VpnConnections.all', known: namesOf('VpnConnectionsOptions'), give: bag => VpnConnections.all(bag),
  },
  {
    where: 'VpnConnections.withIds', known: namesOf('VpnConnectionsOptions'),
    give: bag => VpnConnections.withIds(['vpn-1'], bag),
  },
  {
    where: 'VpnConnections.matching', known: namesOf('VpnConnectionsOptions'),
    give: bag => VpnConnections.matching({ states: ['available'] }, bag),
  },
  { where: 'VpnConnections.matching', known: FILTERS, give: bag => VpnConnections.matching(bag) },
  {
    where: 'Network/NetworkHygiene: addAlarms', known: namesOf('NetworkHygieneAlarmsOptions'),
    give: bag => hygiene.addAlarms(bag),
  },
  ...ALARMS.map(([name, known]): Bag => ({
    where: `Network/Alarms: ${name}`, known,
    give: bag => new NetworkHygieneAlarms(aStack(), 'Alarms', { hygiene: watchedBy(name), [name]: bag }),
  })),
  {
    where: 'Network/Alarms', known: namesOf('NetworkHygieneAlarmsProps'), beside: { hygiene },
    give: bag => new NetworkHygieneAlarms(aStack(), 'Alarms', bag),
  },
  {
    where: 'Network/Dashboard', known: namesOf('NetworkHygieneDashboardProps'), beside: { hygienes: [hygiene] },
    give: bag => new NetworkHygieneDashboard(aStack(), 'Dashboard', bag),
  },
  {
    where: 'Network/Member', known: namesOf('NetworkHygieneMemberProps'), beside: MEMBER,
    give: bag => new NetworkHygieneMember(aStack(), 'Member', bag),
  },
  {
    where: 'Network/Members', known: namesOf('NetworkHygieneMemberStackSetProps'),
    beside: { ...MEMBER, organizationalUnits: ['r-a1b2'] },
    give: bag => NetworkHygieneMember.stackSet(aStack(), 'Members', bag),
  },
  {
    where: 'Network/Hub', known: namesOf('NetworkHygieneOrganizationProps'), beside: HUB,
    give: bag => new NetworkHygieneOrganization(aStack(), 'Hub', bag),
  },
  {
    where: 'Network/Hub: functionOptions', known: namesOf('NetworkHygieneFunctionOptions'),
    give: bag => new NetworkHygieneOrganization(aStack(), 'Hub', { ...HUB, functionOptions: bag }),
  },
  {
    where: 'Network/NetworkHygiene: findingsWidget', known: namesOf('FindingsWidgetOptions'),
    give: bag => hygiene.findingsWidget(bag),
  },
  {
    where: 'Network/NetworkHygiene: Told, a rule for "Finding Opened"',
    known: ['target', 'eventPattern', 'ruleName', 'description', 'crossStackScope'],
    give: bag => hygiene.onFindingOpened('Told', bag),
  },
];

const NAMED = BAGS.map(bag => [`${bag.where}, with ${bag.known.at(-1)} and others,`, bag] as const);

/** Returns the message of the error after the place. */
function refusal({ where, give }: Bag, bag: unknown): string {
  let said: unknown;
  try {
    give(bag as never);
  } catch (error) {
    said = error;
  }
  expect(said).toBeInstanceOf(Error);
  const { message } = said as Error;
  expect(message.slice(0, where.length + 2)).toBe(`${where}: `);
  return message.slice(where.length + 2);
}

/** Returns the name with each letter left out, doubled, replaced, or swapped with the next one. */
function typosOf(name: string): string[] {
  const typos = [...name].flatMap((letter, index) => {
    const [before, after] = [name.slice(0, index), name.slice(index + 1)];
    const swapped = before + after.slice(0, 1) + letter + after.slice(1);
    return [before + after, before + letter + letter + after, `${before}_${after}`, swapped];
  });
  return [...new Set(typos)].filter(typo => typo !== name);
}

describe.each(NAMED)('%s', (_, bag) => {
  test('refuses each of its names with one typing error, and tells the name', () => {
    const typos = bag.known.flatMap(name => typosOf(name).map(typo => [name, typo] as const))
      .filter(([, typo]) => !bag.known.includes(typo));
    expect(typos.length).toBeGreaterThan(2 * bag.known.join('').length);
    for (const [name, typo] of typos) {
      const said = refusal(bag, { [typo]: undefined });
      expect(said).toMatch(/^"\w+" is unknown\. Did you mean "\w+"( or "\w+")*\?$/);
      expect(said).toContain(`"${typo}" is unknown`);
      expect(said).toContain(`"${name}"`);
    }
  });

  test('refuses each of its names in upper or lower case, and tells the name', () => {
    const others = bag.known.flatMap(name => [name.toUpperCase(), name.toLowerCase()].map(other => [name, other]))
      .filter(([, other]) => !bag.known.includes(other));
    for (const [name, other] of others) {
      expect(refusal(bag, { [other]: undefined })).toBe(`"${other}" is unknown. Did you mean "${name}"?`);
    }
  });

  test('refuses a name that is like none, and tells all that there are', () => {
    const [start, names] = refusal(bag, { somethingElse: 1 }).split('Known here: ');
    expect(start).toBe('"somethingElse" is unknown. ');
    expect(names.split(', ').sort()).toEqual([...bag.known].sort());
  });

  test.each<[string, unknown, string]>([
    ['null', null, 'null'],
    ['a text', 'exact', '"exact"'],
    ['a number', 14, '14'],
    ['a list', [], '[]'],
    ['a function', () => ({}), 'a function'],
    [
      'what is known at deployment only',
      new CfnParameter(aStack(), 'Options').value,
      'a value that is known at deployment only',
    ],
  ])('refuses %s', (__, value, got) => {
    const [start, which, names] = refusal(bag, value).split(/; give an object with (any of|at least) /);
    expect(start).toBe(`got ${got}`);
    const isOfOrganization = /^Network\/(Hub|Members?)$/.test(bag.where);
    expect(which).toBe(isOfOrganization ? 'at least' : 'any of');
    // Those of an organization cannot be left out, so the message names the required ones.
    const expected = isOfOrganization ? Object.keys(bag.beside ?? {}) : bag.known;
    expect(names.split(/, | and /).sort()).toEqual([...expected].sort());
  });
});

const NEVER_RIGHT: ReadonlyArray<readonly [string, unknown, RegExp]> = [
  ['null', null, /got null;/],
  ['NaN', Number.NaN, /got (NaN|a number)\b/],
  ['-Infinity', -Infinity, /got (-Infinity|a number)\b/],
  ['a large integer', 5n, /got (5n|a bigint);/],
  ['a symbol', Symbol('any'), /got (Symbol\(any\)|a symbol);/],
  ['a function', () => 1, /got a function;/],
  ['a class', SecurityGroup, /got a function;/],
  ['a date', new Date(0), /got (an object of the class Date|an object);/],
  ['a map', new Map(), /got (an object of the class Map|an object);/],
  ['a list of nothing', [undefined], /got (\[undefined\]|undefined|a list of 1);/],
  ['a value that is known later', new CfnParameter(aStack(), 'Any').value, /got a value that is known at deployment only;/],
  ['a construct', aStack('Any'), /got (an object of the class Stack|an object);/],
];

/** Names whose value may be any object, or any construct. */
const ANY_OBJECT = [
  'crossStackScope', 'functionOptions', 'revocationWindow', 'vpcSubnets', 'eventPattern', 'tags', ...ALARMS.map(([name]) => name),
];

describe.each(NAMED.filter(([, { where }]) => !where.endsWith('addAlarms')))('%s', (_, { where, known, give, beside }) => {
  test.each(NEVER_RIGHT)('refuses %s as each of its values, and calls it what it is', (__, value, called) => {
    for (const name of known.filter(each => !ANY_OBJECT.includes(each))) {
      const make = (): unknown => give({ ...beside, [name]: value } as never);
      expect(make).toThrow(called);
      expect(make).toThrow(new RegExp(`^${where.replace(/[.:()]/g, '\\$&')}(: |\\.)${name}\\b`));
    }
  });
});

describe('a name whose value is undefined, and keys that are symbols, as jsii brings them, are taken by', () => {
  /** The objects without a required property. */
  const OPTIONAL = NAMED.filter(([, { known, beside }]) => beside === undefined && known !== FILTERS);
  const fresh = (): NetworkHygiene =>
    new NetworkHygiene(aStack(), 'NetworkHygiene', { staleRules: StaleRules.revoke() });

  test.each(OPTIONAL)('%s', (_, { known, give, where }) => {
    const bag = { ...Object.fromEntries(known.map(name => [name, undefined])), [Symbol.for('$__jsii__')]: {} };
    if (where.endsWith('addAlarms')) expect(() => fresh().addAlarms(bag)).not.toThrow();
    else expect(() => give(bag as never)).not.toThrow();
  });

  test('VpnConnections.matching, with a filter that is given', () => {
    const filters = { ...Object.fromEntries(FILTERS.map(name => [name, undefined])), states: ['available'] };
    expect(VpnConnections.matching({ ...filters, [Symbol.for('$__jsii__')]: {} } as never)).toBeDefined();
  });
});

describe('a value of another kind is refused, with the method, the option and the fix:', () => {
  const A_RULE = [anywhere, Port.SSH] as const;
  const byNumber = { staleAfter: 14 } as never;

  test.each<[string, () => unknown]>([
    [
      'FlaggedIngressRule.inAnyGroup: match: got "exact"; give RuleMatch.EXACT or RuleMatch.WITHIN or RuleMatch.COVERS or RuleMatch.OVERLAPS',
      () => FlaggedIngressRule.inAnyGroup(...A_RULE, { match: 'exact' as never }),
    ],
    [
      'FlaggedIngressRule.onGroup: match: got null; give RuleMatch.EXACT or RuleMatch.WITHIN or RuleMatch.COVERS or RuleMatch.OVERLAPS',
      () => FlaggedIngressRule.onGroup(group, ...A_RULE, { match: null as never }),
    ],
    [
      'FlaggedIngressRule.inAnyGroup: reason: got 7; give 1 to 255 characters that say why',
      () => FlaggedIngressRule.inAnyGroup(...A_RULE, { reason: 7 as never }),
    ],
    [
      'FlaggedIngressRule.fromInternet: ipv4PrefixLength: got "8"; give a whole number from 1 to 32',
      () => FlaggedIngressRule.fromInternet(Port.SSH, { ipv4PrefixLength: '8' as never }),
    ],
    [
      'FlaggedIngressRule.fromInternet: ipv6PrefixLength: got NaN; give a whole number from 1 to 128',
      () => FlaggedIngressRule.fromInternet(Port.SSH, { ipv6PrefixLength: Number.NaN }),
    ],
    [
      'FlaggedIngressRule.inAnyGroup: port: got an object of the class Date; give a Port, such as Port.SSH',
      () => FlaggedIngressRule.inAnyGroup(anywhere, new Date() as never),
    ],
    [
      'FlaggedIngressRule.inAnyGroup: peer: got "0.0.0.0/0"; give a Peer, such as Peer.anyIpv4()',
      () => FlaggedIngressRule.inAnyGroup('0.0.0.0/0' as never, Port.SSH),
    ],
    [
      'FlaggedIngressRule.onGroup: group: got "sg-1"; give a security group, such as SecurityGroup.fromSecurityGroupId()',
      () => FlaggedIngressRule.onGroup('sg-1' as never, ...A_RULE),
    ],
    [
      'VpnConnections.all: staleAfter: got 14; give a Duration, such as Duration.days(30)',
      () => VpnConnections.all(byNumber),
    ],
    [
      'VpnConnections.withIds: staleAfter: got 14; give a Duration, such as Duration.days(30)',
      () => VpnConnections.withIds(['vpn-1'], byNumber),
    ],
    [
      'VpnConnections.matching: staleAfter: got 14; give a Duration, such as Duration.days(30)',
      () => VpnConnections.matching({ states: ['available'] }, byNumber),
    ],
    [
      'VpnConnections.withIds: vpnConnectionIds: got "vpn-1"; give a list',
      () => VpnConnections.withIds('vpn-1' as never),
    ],
    [
      'VpnConnections.withIds: vpnConnectionIds: got undefined; give a list',
      () => (VpnConnections.withIds as () => unknown)(),
    ],
    [
      'VpnConnections.withIds: vpnConnectionIds[1]: got null; give an id that starts with "vpn-"',
      () => VpnConnections.withIds(['vpn-1', null as never]),
    ],
    [
      'VpnConnections.matching: got undefined; give an object with any of bgpAsns, customerGatewayConfigurations,',
      () => (VpnConnections.matching as () => unknown)(),
    ],
    [
      'VpnConnections.matching: states: got "available"; give a list',
      () => VpnConnections.matching({ states: 'available' as never }),
    ],
    [
      'VpnConnections.matching: states: got null; give a list',
      () => VpnConnections.matching({ states: null as never }),
    ],
    [
      'VpnConnections.matching: vpnGatewayIds[0]: got 7; give a text for the filter vpn-gateway-id',
      () => VpnConnections.matching({ vpnGatewayIds: [7 as never] }),
    ],
    [
      'VpnConnections.matching: bgpAsns[0]: got "65000"; give an ASN from 1 to 4294967295',
      () => VpnConnections.matching({ bgpAsns: ['65000' as never] }),
    ],
    [
      'VpnConnections.matching: bgpAsns: got 65000; give a list, with each member an ASN from 1 to 4294967295',
      () => VpnConnections.matching({ bgpAsns: 65_000 as never }),
    ],
    [
      'VpnConnections.matching: staticRoutesOnly: got "true"; give true or false',
      () => VpnConnections.matching({ staticRoutesOnly: 'true' as never }),
    ],
    [
      "VpnConnections.matching: tags: got \"Owner\"; give an object of lists by key, such as { Owner: ['TeamA'] }",
      () => VpnConnections.matching({ tags: 'Owner' as never }),
    ],
    [
      'VpnConnections.matching: tags["Owner"]: got a string; give a list',
      () => VpnConnections.matching({ tags: { Owner: 'TeamA' as never } }),
    ],
    [
      'StaleRules.revokeAfter: age: got 7; give a Duration, such as Duration.days(7)',
      () => StaleRules.revokeAfter(7 as never),
    ],
    [
      'StaleRules.revokeAfter: sightings: got null; give an integer from 1 to 1000',
      () => StaleRules.revokeAfter(Duration.days(7), { sightings: null as never }),
    ],
    [
      'Network/NetworkHygiene: findingsWidget: width: got a number that is known at deployment only; give an integer',
      () => hygiene.findingsWidget({
        width: new CfnParameter(aStack(), 'Width', { type: 'Number' }).valueAsNumber,
      }),
    ],
  ])('%s', (message, make) => {
    expect(make).toThrow(message);
  });
});

describe('what is known at deployment only is taken', () => {
  const stack = aStack();
  const [text, number] = [
    new CfnParameter(stack, 'Text').valueAsString,
    new CfnParameter(stack, 'Number', { type: 'Number' }).valueAsNumber,
  ];
  const list = new CfnParameter(stack, 'List', { type: 'CommaDelimitedList' }).valueAsList;

  test.each<[string, () => unknown]>([
    ['sightings and ages', () => StaleRules.revokeAfter(
      Duration.seconds(number), { sightings: number, maxGap: Duration.seconds(number) },
    )],
    ['a reason', () => FlaggedIngressRule.inAnyGroup(anywhere, Port.SSH, { reason: text })],
    ['a source', () => FlaggedIngressRule.inAnyGroup(Peer.ipv4(text), Port.tcpRange(number, number))],
    ['a group', () => FlaggedIngressRule.onGroup(
      SecurityGroup.fromSecurityGroupId(stack, 'Known later', text), anywhere, Port.SSH, { match: RuleMatch.WITHIN },
    )],
    ['lengths of prefixes', () => FlaggedIngressRule.fromInternet(
      Port.SSH, { ipv4PrefixLength: number, ipv6PrefixLength: number },
    )],
    ['ids', () => VpnConnections.withIds([text], { staleAfter: Duration.seconds(number) })],
    ['a list of ids', () => VpnConnections.withIds(list)],
    ['filters', () => VpnConnections.matching({ states: list, vpnGatewayIds: [text], tags: { Owner: [text] } })],
  ])('as %s', (_, make) => {
    expect(make).not.toThrow();
  });

  test('as an ASN, which CloudFormation fills in', () => {
    const { filters } = VpnConnections.matching({ bgpAsns: [number, 65_000] })._configuration;
    expect(stack.resolve(filters)).toEqual([{ name: 'bgp-asn', values: [{ Ref: 'Number' }, '65000'] }]);
  });

  test.each<[string, () => unknown]>([
    [
      'StaleRules.revokeAfter: sightings: got a text that is known at deployment only; give an integer from 1 to 1000',
      () => StaleRules.revokeAfter(Duration.days(7), { sightings: text as never }),
    ],
    [
      'FlaggedIngressRule.fromInternet: ipv4PrefixLength: got a text that is known at deployment only; give a whole number',
      () => FlaggedIngressRule.fromInternet(Port.SSH, { ipv4PrefixLength: text as never }),
    ],
    [
      'VpnConnections.withIds: vpnConnectionIds: got a text that is known at deployment only; give a list',
      () => VpnConnections.withIds(text as never),
    ],
    [
      'VpnConnections.withIds: vpnConnectionIds[0]: got a number that is known at deployment only; give an id',
      () => VpnConnections.withIds([number as never]),
    ],
    [
      'VpnConnections.matching: states: got a text that is known at deployment only; give a list',
      () => VpnConnections.matching({ states: text as never }),
    ],
    [
      'VpnConnections.matching: bgpAsns[0]: got a text that is known at deployment only; give an ASN',
      () => VpnConnections.matching({ bgpAsns: [text as never] }),
    ],
    [
      'Network/NetworkHygiene: maxRevocationsPerSweep: got a text that is known at deployment only; give a whole number',
      () => new NetworkHygiene(aStack(), 'NetworkHygiene', { maxRevocationsPerSweep: text as never }),
    ],
    [
      'Network/NetworkHygiene: dryRun: got a text that is known at deployment only; give true or false',
      () => new NetworkHygiene(aStack(), 'NetworkHygiene', { dryRun: text as never }),
    ],
    [
      'Network/NetworkHygiene: exemptTags: got a text that is known at deployment only; give a list of tag keys',
      () => new NetworkHygiene(aStack(), 'NetworkHygiene', { exemptTags: text as never }),
    ],
    [
      'Network/Alarms: scanErrors.threshold: got a text that is known at deployment only; give a number of more than 0',
      () => new NetworkHygieneAlarms(aStack(), 'Alarms', { hygiene, scanErrors: { threshold: text as never } }),
    ],
    [
      'Network/Alarms: scanErrors.evaluationPeriods: got a text that is known at deployment only; give a whole number from 1',
      () => new NetworkHygieneAlarms(aStack(), 'Alarms', { hygiene, scanErrors: { evaluationPeriods: text as never } }),
    ],
  ])('but not in the place of a value of another kind: %s', (message, make) => {
    expect(make).toThrow(message);
  });

  test.each<[string, () => unknown, string]>([
    ['an age in days', () => StaleRules.revokeAfter(Duration.days(number)), 'StaleRules.revokeAfter: age: got a number of days'],
    [
      'a gap in hours', () => StaleRules.revokeAfter(Duration.days(7), { maxGap: Duration.hours(number) }),
      'StaleRules.revokeAfter: maxGap: got a number of hours',
    ],
    [
      'a time in minutes', () => VpnConnections.all({ staleAfter: Duration.minutes(number) }),
      'VpnConnections.all: staleAfter: got a number of minutes',
    ],
  ])('but not as %s, which no one can turn into seconds now', (_, make, message) => {
    expect(make).toThrow(`${message} that is known at deployment only; give Duration.seconds() with such a number, or`);
  });
});

/** Tests the flags of the command line: what they mean for live rules, and how wrong ones are refused. */
import { Port } from 'aws-cdk-lib/aws-ec2';
import * as fc from 'fast-check';
import { declarationOf, flagsOfFile, SERVICE_NAMES } from '../../../cli/usage/flags';
import { UsageError } from '../../../cli/usage/usage-error';
import type { FlaggedIngressRule, FlaggedIngressRuleConfiguration } from '../../../src/contract/configuration';
import { judge } from '../../../src/contract/rules/judge';
import { trafficOf } from '../../../src/contract/rules/live-rule';
import type { Relation } from '../../../src/contract/rules/relation';
import { FlaggedIngressRule as DeclaredRule } from '../../../src/flagged-ingress-rule';
import { aDeclaration, decoded } from '../../support/builders';
import { readRule, seen } from '../../support/written-rule';

const declarationsOfFile = (text: string, name: string): FlaggedIngressRuleConfiguration[] =>
  flagsOfFile(text, name).map(({ declaration }) => declaration);

/** How a flag relates to a rule that is written as on the pages. */
function judged(declaration: FlaggedIngressRuleConfiguration, text: string): Relation {
  const { rule, prefixLists } = seen(readRule(text));
  return judge(trafficOf(rule), readOf(declaration), prefixLists).relation;
}

describe('a flag flags what a person expects', () => {
  test.each<[flag: string, yes: string[], no: string[], unknown?: string[]]>([
    ['ssh', [
      'tcp 22 from 0.0.0.0/0', 'tcp 0-65535 from ::/0', 'all traffic from 128.0.0.0/1',
    ], [
      'tcp 23 from 0.0.0.0/0', 'udp 22 from 0.0.0.0/0', 'tcp 22 from 10.0.0.0/8', 'tcp 22 from 8.8.8.8/32',
      'tcp 22 from sg-1',
    ]],
    ['rdp:public', ['tcp 3389 from 8.8.8.8/32', 'tcp 3389 from 0.0.0.0/0'], [
      'tcp 3389 from 10.0.0.0/8', 'tcp 22 from 8.8.8.8/32',
    ]],
    ['ssh:any', [
      'tcp 22 from 10.0.0.1/32', 'tcp 22 from sg-1', 'tcp 22 from pl-1 (unread)', 'all traffic from ::/0',
    ], ['tcp 23 from 10.0.0.1/32']],
    ['tcp:*', ['tcp 443 from 0.0.0.0/0', 'tcp 0-65535 from 0.0.0.0/0', 'all traffic from ::/0'], ['udp 0-65535 from ::/0']],
    ['tcp:20-30', ['tcp 22 from 0.0.0.0/0', 'tcp 1-1024 from 0.0.0.0/0'], ['tcp 31 from 0.0.0.0/0', 'tcp 22 from sg-1']],
    ['tcp:20-30:10.0.0.0/8', [
      'tcp 22 from 10.1.0.0/16', 'tcp 30-40 from 10.0.0.0/8', 'all traffic from 0.0.0.0/0',
      'tcp 22 from pl-1 (10.9.0.0/16)',
    ], [
      'tcp 31 from 10.0.0.0/8', 'tcp 22 from 11.0.0.0/8', 'udp 22 from 10.0.0.0/8', 'tcp 22 from ::/0',
    ], ['tcp 22 from sg-1']],
    ['22:10.1.2.3', ['tcp 22 from 10.1.2.3/32', 'tcp 22 from 10.0.0.0/8'], ['tcp 22 from 10.1.2.4/32']],
    ['ssh:0.0.0.0/0', ['tcp 22 from 0.0.0.0/0', 'all traffic from 0.0.0.0/0'], [
      'tcp 22 from 10.0.0.0/8', 'tcp 22 from 8.0.0.0/7', 'tcp 22 from ::/0',
    ]],
    ['https:::/0', ['tcp 443 from ::/0'], ['tcp 443 from 0.0.0.0/0', 'tcp 443 from fd00::/8']],
    ['udp:53:2001:db8::1', ['udp 53 from 2001:db8::/32', 'udp 53 from ::/0'], [
      'udp 53 from 2001:db9::/32', 'tcp 53 from ::/0',
    ]],
    ['dns', ['tcp 53 from 0.0.0.0/0', 'udp 53 from 0.0.0.0/0', 'udp 50-60 from ::/0'], ['udp 54 from 0.0.0.0/0']],
    ['icmp', ['icmp type 8 from 0.0.0.0/0', 'all traffic from 0.0.0.0/0'], ['icmpv6 from ::/0']],
    ['icmpv6:fd00::/8', ['icmpv6 from fd00::/8', 'icmpv6 type 128 from fd12::/16'], ['icmp from 0.0.0.0/0']],
    ['all', ['all traffic from 0.0.0.0/0', 'tcp 443 from ::/0'], ['all traffic from 10.0.0.0/8']],
    ['all:10.0.0.0/8', ['tcp 443 from 10.0.0.1/32', 'icmp from 10.0.0.0/7'], ['tcp 443 from 12.0.0.0/8']],
    ['ssh:sg-1', ['tcp 22 from sg-1', 'all traffic from sg-1'], ['tcp 23 from sg-1'], ['tcp 22 from sg-2']],
    ['ssh:pl-1', ['tcp 22 from pl-1 (unread)', 'tcp 1-1024 from pl-1 (10.0.0.0/8)'], ['tcp 23 from pl-1 (10.0.0.0/8)']],
  ])('%s', (flag, yes, no, unknown = []) => {
    const relations = [...yes, ...no, ...unknown].map(rule => [rule, judged(declarationOf(flag), rule)]);
    expect(relations).toEqual([
      ...yes.map(rule => [rule, 'yes']), ...no.map(rule => [rule, 'no']), ...unknown.map(rule => [rule, 'unknown']),
    ]);
  });
});

const readOf = (declaration: FlaggedIngressRuleConfiguration): FlaggedIngressRule =>
  decoded({ flaggedIngressRules: [declaration] }).flaggedIngressRules[0];

test('the internet and public addresses are those of the construct, with its defaults', () => {
  const [action, match] = [{ kind: 'report' }, 'OVERLAPS'];
  expect(readOf(declarationOf('ssh:internet')))
    .toMatchObject({ traffic: readOf(DeclaredRule.fromInternet(Port.SSH)._configuration).traffic, action, match });
  expect(readOf(declarationOf('ssh:public')))
    .toMatchObject({
      traffic: readOf(DeclaredRule.fromAnyPublicAddress(Port.SSH)._configuration).traffic, action, match,
    });
  expect(declarationOf('ssh')).toEqual(declarationOf('ssh:internet'));
});

test('every constant of the CDK class Port is a service, with the same port', () => {
  const constants = Object.entries(Port).filter((entry): entry is [string, Port] => entry[1] instanceof Port);
  expect(constants.length).toBeGreaterThan(15);
  for (const [name, port] of constants) {
    const { ipProtocol, fromPort, toPort } = port.toRuleJson() as Record<string, unknown>;
    expect([name, declarationOf(name).ipPermissions])
      .toEqual([name, [{ IpProtocol: ipProtocol, FromPort: fromPort, ToPort: toPort }]]);
  }
});

const port = fc.integer({ min: 0, max: 65_535 });
const ports = fc.oneof(
  port.map(String), fc.tuple(port, port).map(([a, b]) => `${Math.min(a, b)}-${Math.max(a, b)}`), fc.constant('*'),
);
const anyCase = (text: string): fc.Arbitrary<string> =>
  fc.boolean().map(isUpper => isUpper ? text.toUpperCase() : text);
const service = fc.oneof(
  fc.constantFrom(...SERVICE_NAMES, 'icmp', 'icmp:*', 'icmpv6', 'icmpv6:*', 'all', 'all:*').chain(anyCase),
  fc.tuple(fc.constantFrom('tcp', 'udp').chain(anyCase), ports).map(parts => parts.join(':')),
);
const named = fc.oneof(
  fc.ipV4().filter(each => each !== '0.0.0.0'), fc.ipV6().filter(each => each !== '::'),
  fc.constantFrom('10.0.0.0/8', '128.0.0.0/1', '192.0.2.0/24', '2001:DB8::/32', 'fd00::/8', '::1/128', '2001::/16'),
  fc.constantFrom('pl-', 'sg-').chain(prefix => fc.stringMatching(/^[0-9a-f]{1,17}$/).map(digits => prefix + digits)),
);
const keyword = fc.constantFrom('internet', 'public', 'any').chain(anyCase);

/** The members that every declaration of the command line has, and those that it must not have. */
function expectReported(declaration: FlaggedIngressRuleConfiguration): void {
  expect(declaration).toMatchObject({ anyGroup: true, action: { kind: 'report' } });
  for (const key of ['groupId', 'exceptGroupIds', 'groupsTagged', 'defaultGroups', 'except', 'replaceWith', 'reason']) {
    expect(declaration).not.toHaveProperty(key);
  }
}

describe('every flag', () => {
  const flag = fc.tuple(service, fc.option(fc.oneof(named, keyword, fc.constantFrom('0.0.0.0/0', '::/0'))))
    .map(([what, source]) => source === null ? what : `${what}:${source}`);

  test('is a declaration that the function accepts, and that is only reported, in any group', () => {
    fc.assert(fc.property(flag, text => {
      const declaration = declarationOf(text);
      expectReported(declaration);
      const { groups, traffic } = readOf(declaration);
      expect(groups).toEqual({ kind: 'any' });
      expect(traffic.length).toBe(declaration.ipPermissions.length);
      expect(traffic.filter(each => each.ports.kind === 'unclear' || each.protocol === undefined)).toEqual([]);
    }), { numRuns: 500 });
  });

  test('with a named source takes it from the text behind the service', () => {
    fc.assert(fc.property(service, named, (what, source) => {
      const [permission] = declarationOf(`${what}:${source}`).ipPermissions;
      const { IpRanges = [], Ipv6Ranges = [], PrefixListIds = [], UserIdGroupPairs = [] } = permission;
      const found = [
        ...IpRanges.map(each => each.CidrIp), ...Ipv6Ranges.map(each => each.CidrIpv6),
        ...PrefixListIds.map(each => each.PrefixListId), ...UserIdGroupPairs.map(each => each.GroupId),
      ];
      expect(found).toHaveLength(1);
      expect(declarationOf(`${what}:${found[0]}`)).toEqual(declarationOf(`${what}:${source}`));
      if (!source.includes(':')) expect(found[0].replace(/\/32$/, '')).toBe(source.replace(/\/32$/, ''));
    }), { numRuns: 500 });
  });

  test('means the same in a file, by itself and in a list', () => {
    fc.assert(fc.property(fc.array(flag, { minLength: 1, maxLength: 5 }), flags => {
      const declarations = flags.map(declarationOf);
      expect(declarationsOfFile(flags.join('\n'), 'flags.txt')).toEqual(declarations);
      expect(declarationsOfFile(JSON.stringify(flags), 'flags.json')).toEqual(declarations);
    }), { numRuns: 100 });
  });
});

test('a port without a protocol is a TCP port', () => {
  expect(declarationOf('8080')).toEqual(declarationOf('tcp:8080'));
  expect(declarationOf('8080:sg-1')).toEqual(declarationOf('tcp:8080:sg-1'));
  expect(declarationOf('27017:fd00::/8')).toEqual(declarationOf('tcp:27017:fd00::/8'));
});

function refused(read: () => unknown): string {
  try {
    read();
  } catch (error) {
    expect(error).toBeInstanceOf(UsageError);
    return (error as Error).message;
  }
  throw new Error('Nothing was refused');
}

const EXAMPLES = 'Give for example ssh, tcp:5432:internet or tcp:20-30:10.0.0.0/8';

describe('fails with the text, what is wrong and examples', () => {
  test.each([
    ['tpc:22', 'the protocol is not known. Did you mean tcp?'],
    ['gre:22', 'the protocol is not known.'],
    ['sssh', 'the service is not known. Did you mean ssh? Known are ssh, rdp,'],
    ['', 'the service is missing.'],
    [':internet', 'the service is missing.'],
    ['ssh:', 'the source after the colon is missing.'],
    ['tcp:22:', 'the source after the colon is missing.'],
    ['tcp', 'the ports are missing, as in tcp:22, tcp:20-30 or tcp:*.'],
    ['udp:', 'the ports are missing, as in udp:22,'],
    ['tcp:internet', '"internet" is not a port from 0 to 65535, a range such as 20-30, or *.'],
    ['tcp:22,23', '"22,23" is not a port'],
    ['tcp:65536', '"65536" is not a port'],
    ['65536', '"65536" is not a port'],
    ['tcp:30-20', '"30-20" is reversed. Did you mean 20-30?'],
    ['20-30', 'ports need a protocol, as in tcp:20-30.'],
    ['*', 'ports need a protocol, as in tcp:*.'],
    ['all:22', 'all means every port. Give tcp:22 or udp:22.'],
    ['icmp:8', 'icmp means every type.'],
    ['internet', 'it reads as a source without a service. Write ssh:internet or all:internet.'],
    ['10.0.0.0/8', 'it reads as a source without a service. Write ssh:10.0.0.0/8'],
    ['sg-1', 'it reads as a source without a service.'],
    ['2001:db8::/32', 'it reads as a source without a service.'],
    ['22:fd00::/8', 'If it begins with a port, write tcp:22:fd00::/8.'],
    ['ssh:10.0.0.1/8', 'Did you mean "10.0.0.0/8", or one address, "10.0.0.1/32"?'],
    ['ssh:10.0.0.0/33', '"10.0.0.0/33" has a prefix longer than 32 bits.'],
    ['ssh:1.2.3', 'has no valid IPv4 address.'],
    ['ssh:0.0.0.0', 'the source 0.0.0.0 is one address. Did you mean 0.0.0.0/0?'],
    ['ssh:intrenet', 'the source "intrenet" is not known. Did you mean internet? Known are internet, public, any,'],
    ['ssh:internet:22', 'the source "internet:22" is not known.'],
    ['ssh:sg-', 'the source "sg-" is not an id such as sg-0123456789abcdef0.'],
    ['ssh:constructor', 'the source "constructor" is not known.'],
    ['constructor', 'the service is not known.'],
    ['ssh use it', 'it has white space. A reason can only be given in a --flag-file.'],
  ])('%s', (text, wrong) => {
    const message = refused(() => declarationOf(text));
    expect(message.startsWith(`--flag ${JSON.stringify(text)}: `)).toBe(true);
    expect(message).toContain(wrong);
    expect(message.endsWith(EXAMPLES)).toBe(true);
  });

  const anyText = fc.string({ unit: 'binary' });

  test('any text is a flag or is refused with a message of one line', () => {
    fc.assert(fc.property(fc.oneof(anyText, fc.tuple(service, anyText).map(parts => parts.join(':'))), text => {
      try {
        readOf(declarationOf(text));
      } catch (error) {
        expect(error).toBeInstanceOf(UsageError);
        expect((error as Error).message).not.toMatch(/[\p{Cc}\p{Zl}\p{Zp}\u202e]/u);
      }
    }), { numRuns: 1000 });
  });
});

describe('a file of lines', () => {
  test('has one flag per line, with its reason, and comments', () => {
    const text = [
      '\ufeff# ours\r', 'ssh use Session Manager \r', '\r', '  # more', '\trdp:public',
      '22:10.0.0.0/8\tno  SSH # inside',
    ].join('\n');
    expect(declarationsOfFile(text, 'flags.txt')).toEqual([
      { ...declarationOf('ssh'), reason: 'use Session Manager' },
      declarationOf('rdp:public'),
      { ...declarationOf('22:10.0.0.0/8'), reason: 'no  SSH # inside' },
    ]);
  });

  test('fails with the name of the file and the line', () => {
    expect(refused(() => declarationsOfFile('# ours\n\ntpc:22 why', 'a/flags.txt')))
      .toBe(`a/flags.txt, line 3, "tpc:22": the protocol is not known. Did you mean tcp? ${EXAMPLES}`);
    expect(refused(() => declarationsOfFile(`ssh ${'x'.repeat(256)}`, 'flags.txt')))
      .toBe('flags.txt, line 1: the reason has 256 characters. Give at most 255');
  });

  test('accepts a reason of 255 characters', () => {
    const declarations = declarationsOfFile(`ssh ${'x'.repeat(255)}`, 'flags.txt');
    expect(decoded({ flaggedIngressRules: declarations }).flaggedIngressRules[0].reason).toHaveLength(255);
  });

  test.each(['', '\n \n', '# nothing', '[]', '\ufeff'])('fails if it has no flags: %j', text => {
    expect(refused(() => declarationsOfFile(text, 'flags.txt'))).toContain('flags.txt: the file has no flags.');
  });
});

describe('a file with a JSON list', () => {
  const PERMISSIONS = [{
    IpProtocol: 'tcp', FromPort: 20, ToPort: 30, IpRanges: [{ CidrIp: '10.0.0.0/8', Description: 'ours' }],
    Ipv6Ranges: [], PrefixListIds: [], UserIdGroupPairs: [{ GroupId: 'sg-1', UserId: '111122223333' }],
  }];
  const fileOf = (...items: unknown[]): string => JSON.stringify(items, undefined, 2);

  test('has flags and permissions as the AWS CLI writes them', () => {
    const text = fileOf(
      'ssh', 'rdp:any use Fleet Manager',
      { IpPermissions: PERMISSIONS, reason: 'ours' }, { ipPermissions: PERMISSIONS },
    );
    const declarations = declarationsOfFile(text, 'flags.json');
    const expected = aDeclaration({
      match: 'OVERLAPS', anyGroup: true, groupId: undefined, action: { kind: 'report' }, ipPermissions: PERMISSIONS,
    });
    expect(declarations).toEqual([
      declarationOf('ssh'), { ...declarationOf('rdp:any'), reason: 'use Fleet Manager' },
      { ...expected, reason: 'ours' }, expected,
    ]);
    expect(decoded({ flaggedIngressRules: declarations }).flaggedIngressRules).toHaveLength(4);
  });

  test('compares permissions as flags with the same source', () => {
    const of = (CidrIp: string): FlaggedIngressRuleConfiguration => {
      const permission = { IpProtocol: 'tcp', FromPort: 22, ToPort: 22, IpRanges: [{ CidrIp }] };
      return declarationsOfFile(fileOf({ IpPermissions: [permission] }), 'flags.json')[0];
    };
    for (const source of ['0.0.0.0/0', '10.0.0.0/8', '128.0.0.0/1']) {
      expect(of(source)).toEqual(declarationOf(`ssh:${source}`));
    }
    expect(judged(of('0.0.0.0/0'), 'tcp 22 from 10.0.0.0/8')).toBe('no');
    expect(judged(of('10.0.0.0/8'), 'tcp 22 from 10.0.0.0/16')).toBe('yes');
  });

  test.each<[unknown, string]>([
    ['tpc:22', 'flags.json[1], "tpc:22": the protocol is not known.'],
    [1, 'flags.json[1]: 1 is neither a text nor an object. Give a flag such as "ssh", or {"IpPermissions": [...]'],
    [null, 'flags.json[1]: null is neither'],
    [['ssh'], 'flags.json[1]: ["ssh"] is neither'],
    [{}, 'flags.json[1]: IpPermissions are missing.'],
    [{ IpProtocol: 'tcp' }, 'flags.json[1]: the key "IpProtocol" is not known.'],
    [{ IpPermissions: PERMISSIONS, ipPermissions: PERMISSIONS }, 'flags.json[1]: IpPermissions are given twice.'],
    [{ IpPermissions: [] }, 'flags.json[1].IpPermissions: got []; declare at least one permission'],
    [{ ipPermissions: [{ IpProtocol: 'tcp' }] }, 'flags.json[1].ipPermissions[0]: got {"IpProtocol":"tcp"}; no source'],
    [{ IpPermissions: [{ ...PERMISSIONS[0], IpProtocol: 'tpc' }] }, '[1].IpPermissions[0].IpProtocol: got "tpc"'],
    [{ IpPermissions: PERMISSIONS, reason: '' }, 'flags.json[1].reason: got ""; give 1 to 255 characters that say why'],
    [{ IpPermissions: PERMISSIONS, match: 'EXACT' }, 'flags.json[1]: the key "match" is not known.'],
  ])('fails with the index: %j', (item, wrong) => {
    expect(refused(() => declarationsOfFile(fileOf('ssh', item), 'flags.json'))).toContain(wrong);
  });

  test('fails if it is not a list, or not JSON', () => {
    expect(refused(() => declarationsOfFile('{"IpPermissions": []}', 'flags.json')))
      .toBe('flags.json: the JSON is an object. Put it in a list: [{"IpPermissions": [...]}]');
    const message = refused(() => declarationsOfFile('["ssh",\n"rdp"', 'flags.json'));
    expect(message.startsWith('flags.json: the file begins with "[" but is not JSON (')).toBe(true);
    expect(message.endsWith('). Give a JSON list, or one flag per line')).toBe(true);
  });
});

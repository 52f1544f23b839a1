import { isIPv6 } from 'node:net';
import * as fc from 'fast-check';
import { cidrSource, ICMP, ICMPV6, parseCidr, parsePorts, parseProtocol, TCP, UDP } from '../../src/contract/traffic';

describe('protocols', () => {
  test.each([
    ['tcp', TCP],
    ['TCP', TCP],
    ['Tcp', TCP],
    [' tcp ', TCP],
    ['6', TCP],
    ['udp', UDP],
    ['17', UDP],
    ['icmp', ICMP],
    ['1', ICMP],
    ['icmpv6', ICMPV6],
    ['ICMPv6', ICMPV6],
    ['58', ICMPV6],
    ['-1', 'all'],
    ['all', 'all'],
    ['0', 0],
    ['50', 50],
    ['255', 255],
  ] as const)('reads "%s" as %s', (text, protocol) => {
    expect(parseProtocol(text)).toBe(protocol);
  });

  test.each(['', '256', '-2', '6.0', '6e0', '0x6', 'esp', 'any', '*', 'constructor', '__proto__', 'tcp,udp', '1000'])(
    'knows no "%s"',
    text => {
      expect(parseProtocol(text)).toBeUndefined();
    },
  );
});

describe('ports', () => {
  const all = { kind: 'all' };
  const range = (from: number, to: number): object => ({ kind: 'range', from, to });
  const icmp = (type: number, code: number): object => ({ kind: 'icmp', type, code });
  const unclear = (from?: number, to?: number): object => ({ kind: 'unclear', from, to });

  test.each([
    ['all', 22, 22, all],
    ['all', -1, -1, all],
    ['all', undefined, undefined, all],
    [TCP, undefined, undefined, all],
    [TCP, -1, -1, all],
    [TCP, -1, undefined, all],
    [TCP, undefined, -1, all],
    [UDP, 0, 65535, all],
    [TCP, 22, 22, range(22, 22)],
    [UDP, 0, 0, range(0, 0)],
    [TCP, 65535, 65535, range(65535, 65535)],
    [TCP, 1, 65535, range(1, 65535)],
    [TCP, 0, 65534, range(0, 65534)],
    [TCP, 23, 22, unclear(23, 22)],
    [TCP, 22, undefined, unclear(22)],
    [TCP, undefined, 22, unclear(undefined, 22)],
    [TCP, 22, -1, unclear(22, -1)],
    [TCP, -1, 22, unclear(-1, 22)],
    [TCP, 0, 65536, unclear(0, 65536)],
    [TCP, 1.5, 2, unclear(1.5, 2)],
    [ICMP, undefined, undefined, all],
    [ICMP, -1, -1, all],
    [ICMP, 8, -1, icmp(8, -1)],
    [ICMP, 8, undefined, icmp(8, -1)],
    [ICMP, 3, 4, icmp(3, 4)],
    [ICMP, 0, 0, icmp(0, 0)],
    [ICMP, 4, 3, icmp(4, 3)],
    [ICMPV6, 128, 0, icmp(128, 0)],
    [ICMPV6, 255, 255, icmp(255, 255)],
    [ICMP, -1, 4, unclear(-1, 4)],
    [ICMP, undefined, 4, unclear(undefined, 4)],
    [ICMP, 256, -1, unclear(256, -1)],
    [ICMP, 3, 256, unclear(3, 256)],
    [50, undefined, undefined, all],
    [50, -1, -1, all],
    [50, 50, 50, unclear(50, 50)],
    [50, 0, 65535, unclear(0, 65535)],
    [0, 0, 0, unclear(0, 0)],
    [undefined, undefined, undefined, unclear()],
    [undefined, 22, 22, unclear(22, 22)],
  ] as const)('reads those of protocol %s from %s to %s', (protocol, from, to, ports) => {
    expect(parsePorts(protocol, from, to)).toEqual(ports);
  });
});

describe('CIDR blocks', () => {
  test.each([
    ['0.0.0.0/0', 4, 0n, 0xffffffffn],
    ['10.0.0.0/8', 4, 0x0a000000n, 0x0affffffn],
    ['128.0.0.0/1', 4, 0x80000000n, 0xffffffffn],
    ['255.255.255.255/32', 4, 0xffffffffn, 0xffffffffn],
    ['203.0.113.8/30', 4, 0xcb007108n, 0xcb00710bn],
    ['::/0', 6, 0n, 2n ** 128n - 1n],
    ['::1/128', 6, 1n, 1n],
    ['8000::/1', 6, 2n ** 127n, 2n ** 128n - 1n],
    ['2001:db8::/32', 6, 0x20010db8n * 2n ** 96n, 0x20010db9n * 2n ** 96n - 1n],
    ['1:2:3:4:5:6:7:8/128', 6, 0x00010002000300040005000600070008n, 0x00010002000300040005000600070008n],
    ['1::8/128', 6, 0x00010000000000000000000000000008n, 0x00010000000000000000000000000008n],
    ['::ffff:192.0.2.1/128', 6, 0xffffc0000201n, 0xffffc0000201n],
  ] as const)('reads %s', (text, family, first, last) => {
    const cidr = parseCidr(text);
    // These are texts, because a test runner cannot send a bigint to another process.
    expect([cidr.family, String(cidr.first), String(cidr.last), `/${cidr.prefixLength}`]).toEqual([
      family,
      String(first),
      String(last),
      text.slice(text.indexOf('/')),
    ]);
  });

  test.each([
    '',
    'anywhere',
    '10.0.0.0',
    '::',
    '10.0.0.0/',
    '/8',
    '10.0.0.0/33',
    '::/129',
    '10.0.0/8',
    '10.0.0.0.0/8',
    '10.0.0.256/32',
    '010.0.0.0/8',
    '10.0.0.0/-1',
    '10.0.0.0/8 ',
    ' 10.0.0.0/8',
    '10.0.0.0/8\n',
    '10.0.0.0/8/8',
    '0x0a.0.0.0/8',
    '1:2:3:4:5:6:7/128',
    '1:2:3:4:5:6:7:8:9/128',
    '1::2::3/128',
    ':::/0',
    '12345::/128',
    'g::/128',
    '1:2:3:4:5:6:7::8/129',
    '1.2.3.4::/128',
    '::1.2.3/128',
    '::1.2.3.256/128',
    'fe80::1%eth0/128',
    '[::1]/128',
    '::/1e1',
  ])('fails on %j and names it', text => {
    expect(() => parseCidr(text)).toThrow(`"${text}"`);
  });

  test.each([
    ['10.0.0.1/8', '"10.0.0.0/8", or one address, "10.0.0.1/32"'],
    ['192.168.1.77/26', '"192.168.1.64/26", or one address, "192.168.1.77/32"'],
    ['1.2.3.4/0', '"0.0.0.0/0", or one address, "1.2.3.4/32"'],
    ['2001:db8::1/32', '"2001:db8::/32", or one address, "2001:db8::1/128"'],
    ['::1/0', '"::/0", or one address, "::1/128"'],
    ['1:2:3:4:5:6:7:8/16', '"1::/16", or one address, "1:2:3:4:5:6:7:8/128"'],
    ['1:0:0:2:0:0:0:3/64', '"1::2:0:0:0:0/64", or one address, "1:0:0:2:0:0:0:3/128"'],
  ])('fails on %s and offers %s', (text, offer) => {
    expect(() => parseCidr(text)).toThrow(`"${text}" has address bits behind its prefix. Did you mean ${offer}?`);
  });

  test('takes what EC2 answers though it has address bits behind its prefix', () => {
    const source = cidrSource('10.1.2.3/8');
    expect(source.kind === 'cidr' && source.cidr.first === parseCidr('10.0.0.0/8').first).toBe(true);
  });

  test('distinguishes what it can and cannot read', () => {
    expect(cidrSource('anywhere')).toEqual({ kind: 'unclear', text: 'anywhere' });
  });

  const group = fc.oneof(
    fc.constantFrom('0', '1', 'ffff', 'DB8', '0001'),
    fc.nat(0xffff).map(value => value.toString(16)),
  );
  const ipv6 = fc.oneof(
    fc.array(group, { minLength: 8, maxLength: 8 }).map(groups => groups.join(':')),
    fc
      .tuple(fc.array(group, { maxLength: 5 }), fc.array(group, { maxLength: 5 }))
      .map(([head, tail]) => `${head.join(':')}::${tail.join(':')}`),
    fc.tuple(fc.array(group, { maxLength: 6 }), fc.ipV4()).map(([head, tail]) => `${head.join(':')}::${tail}`),
    fc
      .array(fc.constantFrom('0', 'a', ':', '::', '.', '1.2.3.4', 'g', '12345'), { maxLength: 10 })
      .map(parts => parts.join('')),
  );

  test('takes the IPv6 addresses that Node takes, and no others', () => {
    fc.assert(fc.property(ipv6.filter(text => text.includes(':')), text => {
      expect(reads(`${text}/128`)).toBe(isIPv6(text));
    }), { numRuns: 2000 });
  });

  test('reads an IPv6 address as the URL standard does', () => {
    fc.assert(fc.property(ipv6.filter(isIPv6), text => {
      const standard = new URL(`http://[${text}]/`).hostname.slice(1, -1);
      expect(String(parseCidr(`${text}/128`).first)).toBe(String(parseCidr(`${standard}/128`).first));
    }), { numRuns: 500 });
  });

  test('offers a block that it takes itself', () => {
    const ofIpv4 = fc.tuple(fc.ipV4(), fc.integer({ min: 0, max: 31 }));
    const ofIpv6 = fc.tuple(fc.ipV6(), fc.integer({ min: 0, max: 127 }));
    fc.assert(fc.property(fc.oneof(ofIpv4, ofIpv6), ([address, prefix]) => {
      const offers = [
        ...refusal(`${address}/${prefix}`).matchAll(/mean "([^"]+)", or one address, "([^"]+)"/g),
      ].flatMap(match => match.slice(1));
      expect(offers.filter(offer => !reads(offer))).toEqual([]);
    }), { numRuns: 500 });
  });
});

function refusal(text: string): string {
  try {
    parseCidr(text);
    return '';
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

const reads = (text: string): boolean => refusal(text) === '';

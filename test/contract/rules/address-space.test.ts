/** Tests that the table has the rows of IANA's registries, and what it decides about any block. */
import * as fc from 'fast-check';
import { isInternetSpace, SPECIAL_PURPOSE_BLOCKS } from '../../../src/contract/rules/address-space';
import { isInternet } from '../../../src/contract/rules/relation';
import { cidrSource, parseCidr } from '../../../src/contract/traffic';
import { expectEqual } from '../../support/expect-equal';
import { hashAsServed, REGISTERED_BLOCKS, registeredBlocks, SERVED } from '../../support/iana/registries';
import { isInternetSpace as oracle } from '../../support/oracle';

const isInternetBlock = (cidr: string): boolean => isInternetSpace(parseCidr(cidr));

describe('the copy of the registries', () => {
  const files = Object.keys(SERVED) as Array<keyof typeof SERVED>;

  test.each(files)('%s is what IANA serves', file => {
    expect(hashAsServed(file)).toBe(SERVED[file]);
  });

  test('is read whole', () => {
    expect(files.map(file => registeredBlocks(file).length)).toEqual([26, 25]);
    expect(registeredBlocks(files[0])).toEqual(expect.arrayContaining([
      { block: '0.0.0.0/8', name: '"This network"', globallyReachable: 'False' },
      { block: '127.0.0.0/8', name: 'Loopback', globallyReachable: 'False' },
      { block: '192.0.0.0/24', name: 'IETF Protocol Assignments', globallyReachable: 'False' },
      { block: '192.0.0.171/32', name: 'NAT64/DNS64 Discovery', globallyReachable: 'False' },
      { block: '192.88.99.0/24', name: 'Deprecated (6to4 Relay Anycast)', globallyReachable: '' },
      { block: '255.255.255.255/32', name: 'Limited Broadcast', globallyReachable: 'False' },
    ]));
    expect(registeredBlocks(files[1])).toEqual(expect.arrayContaining([
      { block: '64:ff9b::/96', name: 'IPv4-IPv6 Translat.', globallyReachable: 'True' },
      { block: '2001::/32', name: 'TEREDO', globallyReachable: 'N/A' },
      { block: 'fc00::/7', name: 'Unique-Local', globallyReachable: 'False' },
    ]));
  });

  test('says of reach nothing but true, false, N/A, or nothing at all', () => {
    const values = new Set(REGISTERED_BLOCKS.map(row => row.globallyReachable));
    expect([...values].sort()).toEqual(['', 'False', 'N/A', 'True']);
  });
});

describe('the table', () => {
  const table = new Map(SPECIAL_PURPOSE_BLOCKS);

  test.each(REGISTERED_BLOCKS)('has $block, $name', ({ block, globallyReachable }) => {
    expect(table.get(block)).toBe(globallyReachable === 'True');
  });

  test('has no other row, and none twice', () => {
    expect(SPECIAL_PURPOSE_BLOCKS.map(([block]) => block)).toEqual(REGISTERED_BLOCKS.map(({ block }) => block));
  });
});

describe('a block that lies in rows of the registries', () => {
  test.each(REGISTERED_BLOCKS)('is internet as the row says when it is the whole of it: $block', row => {
    expect(isInternetBlock(row.block)).toBe(row.globallyReachable === 'True');
  });

  test.each([
    ['198.18.0.0/15', 'benchmarking'], ['198.19.0.0/16', 'a half of it'], ['198.18.0.1/32', 'an address of it'],
    ['192.0.2.0/24', 'documentation'], ['198.51.100.128/25', 'documentation'], ['203.0.113.0/24', 'documentation'],
    ['192.0.0.0/24', 'IETF assignments, though two addresses in it are reachable'],
    ['192.0.0.8/31', 'a part of it with one of these two'], ['192.0.0.0/28', 'a part of it with both of them'],
    ['192.88.99.0/24', 'a row that is given up'], ['192.88.99.128/25', 'a half of it'],
    ['100.64.0.0/10', 'shared space'], ['100.127.255.0/24', 'shared space'], ['169.254.169.254/32', 'link-local'],
    ['255.255.255.255/32', 'broadcast'], ['250.0.0.0/8', 'reserved'], ['0.0.0.0/9', '"this network"'],
    ['2001:db8::/32', 'documentation'], ['2001:db8:1::/48', 'documentation'], ['3fff::/20', 'documentation'],
    ['3fff:fff::/32', 'documentation'], ['64:ff9b:1::/48', 'local translation'],
    ['64:ff9b:1:8000::/49', 'a half of it'], ['100::/64', 'discard-only'], ['100:0:0:1::/64', 'dummy'],
    ['5f00::/16', 'SRv6'], ['5f00:8000::/17', 'SRv6'], ['::ffff:0:0/96', 'IPv4-mapped'],
    ['::ffff:8.8.8.8/128', 'IPv4-mapped'], ['::1/128', 'loopback'],
    ['2001::/23', 'IETF assignments, though some in it are reachable'], ['2001:100::/24', 'a half of it'],
    ['2001:20::/27', 'a part of it, with two rows that are reachable'], ['2001:1::/126', 'a part of it, with three'],
    ['2001::/32', 'Teredo, which the registry does not decide'], ['2001:10::/28', 'a row that is given up'],
    ['2002::/16', '6to4, which the registry does not decide'], ['2002:808:808::/48', '6to4'],
    ['fc00::/7', 'unique local'], ['fd00::/8', 'unique local'], ['fe80::/10', 'link-local'],
    ['fe80::/64', 'link-local'],
  ])('is not internet when the most specific of them is not: %s, %s', cidr => {
    expect(isInternetBlock(cidr)).toBe(false);
  });

  test.each([
    ['192.0.0.9/32', 'an address of IETF space'], ['192.0.0.10/32', 'an address of IETF space'],
    ['192.31.196.0/25', 'AS112'], ['192.52.193.255/32', 'AMT'], ['192.175.48.0/28', 'AS112'],
    ['2001:20::/28', 'ORCHIDv2, in IETF space'], ['2001:2f::/32', 'ORCHIDv2'], ['2001:30::/29', 'DETs'],
    ['2001:1::3/128', 'an address of IETF space'], ['2001:3::/33', 'AMT'], ['2001:4:112::/64', 'AS112'],
    ['2620:4f:8000::/48', 'AS112'], ['64:ff9b::/96', 'translation'], ['64:ff9b::808:0/112', 'translation'],
  ])('is internet when the most specific of them is: %s, %s', cidr => {
    expect(isInternetBlock(cidr)).toBe(true);
  });
});

describe('a block that lies in no row', () => {
  test.each([
    ['224.0.0.0/4', 'multicast'], ['239.0.0.0/8', 'multicast'], ['224.0.0.1/32', 'multicast'],
    ['224.0.0.0/3', 'multicast and reserved'], ['ff00::/8', 'multicast'], ['ff02::/16', 'multicast'],
    ['fec0::/10', 'site-local of old'], ['fec0::/11', 'site-local of old'], ['fe00::/9', 'never given out'],
    ['fe00::/7', 'link-local, multicast and what was never given out'],
    ['fc00::/6', 'unique local and the rest of it'], ['f000::/4', 'the last sixteenth'],
    ['8000::/1', 'the upper half'], ['4000::/3', 'never given out, with SRv6 in it'],
    ['5e00::/7', 'SRv6 and its neighbour'], ['5f01::/16', 'the neighbour of SRv6'],
    ['100::/63', 'discard-only and dummy'], ['100::/8', 'never given out, with these two'],
    ['::/96', 'IPv4-compatible of old'], ['::2/128', 'next to loopback'], ['::/127', 'loopback and unspecified'],
    ['64:ff9b:2::/48', 'next to local translation'], ['200::/7', 'never given out'],
  ])('is not internet when none of its addresses is reachable: %s, %s', cidr => {
    expect(isInternetBlock(cidr)).toBe(false);
  });

  test.each([
    ['0.0.0.0/0', 'all'], ['0.0.0.0/1', 'a half'], ['128.0.0.0/1', 'a half'],
    ['192.0.0.0/2', 'with all of multicast'], ['8.0.0.0/7', 'nothing special in it'], ['8.8.8.8/32', 'one address'],
    ['10.0.0.0/7', 'a half is private'], ['0.0.0.0/7', 'a half is "this network"'],
    ['126.0.0.0/7', 'a half is loopback'], ['198.0.0.0/7', 'with benchmarking'],
    ['198.16.0.0/14', 'a half is benchmarking'], ['198.20.0.0/15', 'next to benchmarking'],
    ['198.51.101.0/24', 'next to documentation'], ['192.0.0.0/23', 'a half is IETF space'],
    ['192.0.1.0/24', 'next to it'], ['192.88.98.0/23', 'a half is given up'],
    ['192.160.0.0/12', 'with private space'], ['223.0.0.0/8', 'the last before multicast'],
    ['100.0.0.0/9', 'with shared space'], ['::/0', 'all'], ['::/1', 'a half'], ['2000::/3', 'all that is given out'],
    ['2000::/11', 'with 2001::/23 in it'], ['2001::/16', 'with 2001::/23'], ['2001::/22', 'a half is IETF space'],
    ['2001:200::/23', 'next to it'], ['2001:db8::/31', 'a half is documentation'],
    ['3ffe::/15', 'with documentation'], ['3fff:1000::/20', 'next to it'],
    ['3000::/4', 'the upper half of what is given out'], ['2600::/12', 'given out'], ['2a00:1450::/32', 'given out'],
    ['::/8', 'with translation, which is reachable'], ['64:ff9b::/32', 'with translation'],
    ['64:ff9b::/95', 'a half is'],
  ])('is internet when one of its addresses is reachable: %s, %s', cidr => {
    expect(isInternetBlock(cidr)).toBe(true);
  });
});

/** A block, given by the bits that its addresses begin with. */
type Bits = readonly [family: 4 | 6, bits: string];

const width = (family: 4 | 6): number => family === 4 ? 32 : 128;

const bitsOf = (cidr: string): Bits => {
  const { family, first, prefixLength } = parseCidr(cidr);
  return [family, first.toString(2).padStart(width(family), '0').slice(0, prefixLength)];
};

function blockOf([family, bits]: Bits): string {
  const padded = bits.padEnd(width(family), '0');
  const groups = padded.match(family === 4 ? /.{8}/g : /.{16}/g) ?? [];
  const numbers = groups.map(group => parseInt(group, 2).toString(family === 4 ? 10 : 16));
  return `${numbers.join(family === 4 ? '.' : ':')}/${bits.length}`;
}

describe('any block', () => {
  const NOTABLE = [...REGISTERED_BLOCKS.map(({ block }) => block), '224.0.0.0/4', '2000::/3', 'ff00::/8', 'fec0::/10'];
  const bit = fc.constantFrom('0', '1');
  const someBits = (maxLength: number): fc.Arbitrary<string> => fc.string({ unit: bit, maxLength });
  const random = fc.constantFrom<4 | 6>(4, 6)
    .chain(family => someBits(width(family)).map((bits): Bits => [family, bits]));
  /** Random blocks rarely meet a row, so these lie around, in or beside a notable block. */
  const near = fc.record({
    notable: fc.constantFrom(...NOTABLE.map(bitsOf)),
    shorter: fc.oneof(fc.constant(0), fc.nat(4), fc.nat(128)),
    flip: fc.boolean(),
    tail: fc.oneof(fc.constant(''), someBits(8)),
  }).map(({ notable: [family, bits], shorter, flip, tail }): Bits => {
    const head = bits.slice(0, Math.max(0, bits.length - shorter));
    const turned = flip ? head.slice(0, -1) + (head.endsWith('1') ? '0' : '1') : head;
    return [family, (turned + tail).slice(0, width(family))];
  });

  test('is internet exactly when the oracle, which halves blocks of bits, says so', () => {
    const counts = { internet: 0, not: 0 };
    fc.assert(fc.property(fc.oneof({ weight: 1, arbitrary: random }, { weight: 9, arbitrary: near }), bits => {
      const [block, expected] = [blockOf(bits), oracle(...bits)];
      expect([block, isInternetBlock(block)]).toEqual([block, expected]);
      counts[expected ? 'internet' : 'not']++;
    }), { numRuns: 20_000 });
    // If both always gave the same answer, they would agree as well.
    expect(Math.min(counts.internet, counts.not)).toBeGreaterThan(4000);
  });

  test('is internet when an address of it is, unless the block lies in a row', () => {
    const rows = REGISTERED_BLOCKS.map(({ block }) => bitsOf(block));
    const isInRow = ([family, bits]: Bits): boolean => rows.some(([of, row]) => of === family && bits.startsWith(row));
    let seen = 0;
    fc.assert(fc.property(near, fc.nat(128), (bits, shorter) => {
      const around: Bits = [bits[0], bits[1].slice(0, Math.max(0, bits[1].length - shorter))];
      if (isInRow(around) || !isInternetBlock(blockOf(bits))) return;
      expectEqual([blockOf(around), isInternetBlock(blockOf(around))], [blockOf(around), true]);
      seen++;
    }), { numRuns: 5000 });
    expect(seen).toBeGreaterThan(1000);
  });
});

describe('a declaration of the internet with the narrowest prefixes', () => {
  const relation = (cidr: string) => isInternet(cidrSource(cidr), { ipv4PrefixLength: 32, ipv6PrefixLength: 128 });

  test.each([
    '198.18.0.0/15', '198.19.0.0/16', '192.0.0.0/24', '192.0.2.0/24', '198.51.100.0/24', '203.0.113.0/24',
    '192.88.99.0/24', '224.0.0.0/4', '224.0.0.0/3', '2001:db8::/32', '64:ff9b:1::/48', '100::/64', '5f00::/16',
    '3fff::/20', 'fec0::/10', 'fe00::/9', '4000::/3', '::ffff:0:0/96', '2002::/16', '2001::/23',
  ])('does not mean %s', cidr => {
    expect(relation(cidr)).toBe('no');
  });

  test.each(['198.0.0.0/7', '192.31.196.0/24', '8.8.8.0/24', '::/0', '2001:20::/28', '2600::/12'])('means %s', cidr => {
    expect(relation(cidr)).toBe('yes');
  });

  test('does not mean one address, for its prefix is not shorter', () => {
    const addresses = ['192.0.0.9/32', '8.8.8.8/32', '2001:1::1/128', '2600::1/128'];
    expect(addresses.map(relation)).toEqual(['no', 'no', 'no', 'no']);
  });

  test('reads a rule that EC2 shows with address bits behind its prefix as the block that it is', () => {
    expect(['198.18.7.7/15', '2001:db8::1/32', '8.8.8.8/24'].map(relation)).toEqual(['no', 'no', 'yes']);
  });
});

/** Laws of OVERLAPS and its exceptions, which hold for whatever is declared. */
import * as fc from 'fast-check';
import type { DeclaredTraffic, FlaggedIngressRule } from '../../../src/contract/configuration';
import { judge } from '../../../src/contract/rules/judge';
import { type RuleTraffic, trafficOf } from '../../../src/contract/rules/live-rule';
import type { PrefixLists } from '../../../src/contract/rules/prefix-lists';
import type { Relation } from '../../../src/contract/rules/relation';
import { parseCidr, type Traffic } from '../../../src/contract/traffic';

const LISTS: PrefixLists = new Map([
  ['pl-halves', ['10.0.0.0/9', '10.128.0.0/9']], ['pl-one', ['8.8.8.0/24']], ['pl-6', ['2001:db8::/32', '2600::/16']],
].map(([id, entries]) => [id as string, (entries as string[]).map(parseCidr)]));

const services = fc.constantFrom<RuleTraffic[]>(
  ...[[22, 22], [20, 25], [23, 80], [0, 65535], [80, 80], [81, 443]]
    .map(([fromPort, toPort]) => ({ ipProtocol: 'tcp', fromPort, toPort })),
  { ipProtocol: 'udp', fromPort: 22, toPort: 22 }, { ipProtocol: 'icmp', fromPort: 8, toPort: -1 },
  { ipProtocol: 'icmp', fromPort: 8, toPort: 0 }, { ipProtocol: 'icmp' }, { ipProtocol: '50' }, { ipProtocol: '-1' },
);
const sources = fc.constantFrom<Array<Partial<RuleTraffic>>>(
  ...['0.0.0.0/0', '10.0.0.0/8', '10.0.0.0/9', '10.128.0.0/9', '10.1.2.3/32', '8.8.8.0/24', '8.8.8.8/32', '8.0.0.0/7']
    .map(cidrIpv4 => ({ cidrIpv4 })),
  ...['::/0', '2001:db8::/32', '2600::/20'].map(cidrIpv6 => ({ cidrIpv6 })),
  ...['pl-halves', 'pl-one', 'pl-6', 'pl-unread', 'pl-unread-2'].map(prefixListId => ({ prefixListId })),
  ...['sg-2', 'sg-3'].map(groupId => ({ referencedGroup: { groupId } })),
);
const live: fc.Arbitrary<Traffic> = fc.tuple(services, sources).map(([service, source]) =>
  trafficOf({ ...service, ...source }));
const anySource: fc.Arbitrary<DeclaredTraffic> = services.map(service =>
  ({ ...trafficOf(service), source: { kind: 'any' } }));
const internet: fc.Arbitrary<DeclaredTraffic> = fc.tuple(services, fc.constantFrom(8, 33)).map(([service, length]) => ({
  ...trafficOf(service), source: { kind: 'internet', ipv4PrefixLength: length, ipv6PrefixLength: 129 },
}));
const declared: fc.Arbitrary<DeclaredTraffic[]> = fc.array(
  fc.oneof({ weight: 4, arbitrary: live }, { weight: 1, arbitrary: anySource }, { weight: 2, arbitrary: internet }),
  { minLength: 1, maxLength: 3 },
);
const exceptions: fc.Arbitrary<DeclaredTraffic[]> = fc.array(
  fc.oneof({ weight: 4, arbitrary: live }, { weight: 1, arbitrary: anySource }), { maxLength: 4 },
);

const relate = (
  rule: Traffic, traffic: DeclaredTraffic[], except: DeclaredTraffic[] = [], match: FlaggedIngressRule['match'] = 'OVERLAPS',
): Relation => judge(rule, { traffic, match, except }, LISTS).relation;

const RANK: Readonly<Record<Relation, number>> = { no: 0, unknown: 1, yes: 2 };

/** Checks a law for random traffic, and that it was not only checked where nothing is flagged. */
function law(holds: (rule: Traffic, traffic: DeclaredTraffic[], except: DeclaredTraffic[]) => Relation): void {
  const counts = { yes: 0, no: 0, unknown: 0 };
  fc.assert(fc.property(live, declared, exceptions, (rule, traffic, except) => {
    counts[holds(rule, traffic, except)] += 1;
  }), { numRuns: 1500 });
  expect(Math.min(counts.yes, counts.no, counts.unknown)).toBeGreaterThan(20);
}

test('neither the order nor the repetition of exceptions matters', () => {
  law((rule, traffic, except) => {
    const relation = relate(rule, traffic, except);
    expect(relate(rule, [...traffic].reverse(), [...except, ...except].reverse())).toBe(relation);
    return relation;
  });
});

test('another exception never flags more', () => {
  law((rule, traffic, except) => {
    const relation = relate(rule, traffic, except.slice(1));
    expect(RANK[relate(rule, traffic, except)]).toBeLessThanOrEqual(RANK[relation]);
    return relation;
  });
});

test('without exceptions, a rule is flagged when one of the declared kinds of traffic flags it', () => {
  law((rule, traffic) => {
    const relation = relate(rule, traffic);
    const each = traffic.map(one => RANK[relate(rule, [one])]);
    expect(RANK[relation]).toBe(Math.max(...each));
    return relation;
  });
});

test('an exception for the rule itself, or for everything, leaves nothing', () => {
  law((rule, traffic, except) => {
    const everything: DeclaredTraffic = { protocol: 'all', ports: { kind: 'all' }, source: { kind: 'any' } };
    expect(relate(rule, traffic, [...except, rule])).toBe('no');
    expect(relate(rule, traffic, [...except, everything])).toBe('no');
    expect(relate(rule, traffic, [...except, { ...rule, source: { kind: 'any' } }])).toBe('no');
    return relate(rule, traffic, except);
  });
});

test('an exception may be cut at a port or into halves of its block', () => {
  const halves = (each: DeclaredTraffic): DeclaredTraffic[] => {
    const { source, ports } = each;
    if (ports.kind === 'range' && ports.from < ports.to) {
      return [{ ...each, ports: { ...ports, to: ports.from } }, { ...each, ports: { ...ports, from: ports.from + 1 } }];
    }
    if (source.kind !== 'cidr' || source.cidr.first === source.cidr.last) return [each];
    const { family, first, last, prefixLength } = source.cidr;
    const middle = (first + last + 1n) / 2n;
    return [{ first, last: middle - 1n }, { first: middle, last }].map(half =>
      ({ ...each, source: { kind: 'cidr', cidr: { family, prefixLength: prefixLength + 1, ...half } } }));
  };
  law((rule, traffic, except) => {
    const relation = relate(rule, traffic, except);
    expect(relate(rule, traffic, except.flatMap(halves).flatMap(halves))).toBe(relation);
    return relation;
  });
});

test('a rule that is within declared traffic, or covers it, overlaps it', () => {
  law((rule, traffic) => {
    const relation = relate(rule, traffic);
    const contained = (['EXACT', 'WITHIN', 'COVERS'] as const).map(match => relate(rule, traffic, [], match));
    if (contained.includes('yes')) expect(relation).not.toBe('no');
    return relation;
  });
});

import * as fc from 'fast-check';
import { flaggedIngress } from '../../../lambda/core/checks/flagged-ingress';
import type { SecurityGroupRule } from '../../../lambda/core/model/network';
import type { FlaggedIngressRuleConfiguration } from '../../../src/contract/configuration';
import { trafficOf } from '../../../src/contract/rules/live-rule';
import { type ContainmentMatch, matches, type Relation } from '../../../src/contract/rules/relation';
import { aDeclaration, anIpPermission, aRule, decoded, flaggedFacts } from '../../support/builders';

describe('laws', () => {
  const protocol = fc.constantFrom('tcp', '6', 'udp', 'icmp', '50', '-1', 'sctp');
  const ports = fc.constantFrom<Array<readonly [number | undefined, number | undefined]>>(
    [undefined, undefined], [-1, -1], [0, 65535], [22, 22], [20, 25], [3, -1], [3, 4], [22, undefined],
  );
  const cidr = fc.constantFrom('0.0.0.0/0', '0.0.0.0/1', '10.0.0.0/8', '10.1.0.0/16', '10.1.2.3/32', '128.0.0.0/1');
  const cidr6 = fc.constantFrom('::/0', '2000::/3', '2001:db8::/32', '2001:db8::1/128');
  const address: fc.Arbitrary<Partial<SecurityGroupRule>> = fc.oneof(
    cidr.map(cidrIpv4 => ({ cidrIpv4 })),
    cidr6.map(cidrIpv6 => ({ cidrIpv6 })),
  );
  const unread: fc.Arbitrary<Partial<SecurityGroupRule>> = fc.oneof(
    fc.constantFrom('pl-1', 'pl-2').map(prefixListId => ({ prefixListId })),
    fc
      .record({
        groupId: fc.constantFrom('sg-2', 'sg-3'),
        userId: fc.option(fc.constantFrom('111122223333', '444455556666'), { nil: undefined }),
      })
      .map(referencedGroup => ({ referencedGroup })),
    fc.constant({ cidrIpv4: 'anywhere' }),
  );
  const rulesFrom = (source: fc.Arbitrary<Partial<SecurityGroupRule>>): fc.Arbitrary<SecurityGroupRule> => fc
    .record({ ipProtocol: protocol, ports, source })
    .map(({ ipProtocol, ports: [fromPort, toPort], source: from }) => aRule({ ipProtocol, fromPort, toPort, ...from }));
  const anyRule = rulesFrom(fc.oneof({ weight: 2, arbitrary: address }, unread));
  const ruleOfAddresses = rulesFrom(address);

  const relate = (a: SecurityGroupRule, b: SecurityGroupRule, match: ContainmentMatch): Relation =>
    matches(trafficOf(a), trafficOf(b), match);

  // Related pairs are rare among random ones. Among all pairs of a list there are always some.
  const several = (rule: fc.Arbitrary<SecurityGroupRule>): fc.Arbitrary<SecurityGroupRule[]> =>
    fc.array(rule, { minLength: 2, maxLength: 20, size: 'max' });

  type Law = (a: SecurityGroupRule, b: SecurityGroupRule) => Relation | boolean;
  const forAllPairs = (rule: fc.Arbitrary<SecurityGroupRule>, law: Law, expected: Law): void => {
    fc.assert(fc.property(several(rule), rules => {
      for (const a of rules) {
        for (const b of rules) {
          if (law(a, b) !== expected(a, b)) {
            expect({ a, b, relation: law(a, b) }).toEqual({ a, b, relation: expected(a, b) });
          }
        }
      }
    }), { numRuns: 400 });
  };

  test('everything readable equals itself, is within itself and covers itself', () => {
    const isReadable = ({ ipProtocol, cidrIpv4 }: SecurityGroupRule): boolean =>
      ipProtocol !== 'sctp' && cidrIpv4 !== 'anywhere';
    fc.assert(
      fc.property(anyRule.filter(isReadable), fc.constantFrom<ContainmentMatch>('EXACT', 'WITHIN', 'COVERS'), (rule, match) => {
        expect(relate(rule, rule, match)).toBe('yes');
      }),
      { numRuns: 500 },
    );
  });

  test('what is within what is within something, is within that', () => {
    fc.assert(fc.property(several(anyRule), rules => {
      for (const a of rules) {
        for (const b of rules.filter(each => relate(a, each, 'WITHIN') === 'yes')) {
          for (const c of rules.filter(each => relate(b, each, 'WITHIN') === 'yes')) {
            if (relate(a, c, 'WITHIN') !== 'yes') {
              expect({ a, b, c, aWithinC: relate(a, c, 'WITHIN') }).toEqual({ a, b, c, aWithinC: 'yes' });
            }
          }
        }
      }
    }), { numRuns: 400 });
  });

  test('COVERS is the converse of WITHIN', () => {
    forAllPairs(ruleOfAddresses, (a, b) => relate(a, b, 'COVERS'), (a, b) => relate(b, a, 'WITHIN'));
  });

  test('EXACT is WITHIN and COVERS', () => {
    forAllPairs(
      anyRule,
      (a, b) => relate(a, b, 'EXACT') === 'yes',
      (a, b) => relate(a, b, 'WITHIN') === 'yes' && relate(a, b, 'COVERS') === 'yes',
    );
  });

  test('what equals something, that equals it', () => {
    forAllPairs(ruleOfAddresses, (a, b) => relate(a, b, 'EXACT'), (a, b) => relate(b, a, 'EXACT'));
  });

  test('two blocks of different families never relate', () => {
    forAllPairs(ruleOfAddresses, (a, b) => (a.cidrIpv4 === undefined) !== (b.cidrIpv4 === undefined)
      && (['EXACT', 'WITHIN', 'COVERS'] as const).some(match => relate(a, b, match) !== 'no'), () => false);
  });
});

describe('order', () => {
  const ssh = anIpPermission();
  const https = anIpPermission({ FromPort: 443, ToPort: 443 });
  const everything = anIpPermission({ IpProtocol: '-1', FromPort: undefined, ToPort: undefined });
  const declarations = [
    aDeclaration({ reason: 'a', ipPermissions: [ssh, https] }),
    aDeclaration({ reason: 'b', match: 'WITHIN', ipPermissions: [everything] }),
    aDeclaration({ reason: 'c', ipPermissions: [https] }),
    aDeclaration({ reason: 'd', groupId: 'sg-2' }),
  ];

  test('neither that of the declarations nor that of their permissions changes what flags a rule', () => {
    const reasons = (list: FlaggedIngressRuleConfiguration[]): Array<string | undefined> | undefined =>
      flaggedIngress(
        aRule({ cidrIpv4: '0.0.0.0/0' }), flaggedFacts(decoded({ flaggedIngressRules: list }).flaggedIngressRules),
      )
        ?.declarations.map(({ reason }) => reason)
        .sort();
    fc.assert(fc.property(fc.shuffledSubarray(declarations, { minLength: 4 }), fc.boolean(), (list, reverse) => {
      expect(
        reasons(
          list.map(each => ({
            ...each,
            ipPermissions: reverse ? [...each.ipPermissions].reverse() : each.ipPermissions,
          })),
        ),
      ).toEqual(['a', 'b']);
    }));
  });
});

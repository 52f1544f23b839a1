import * as fc from 'fast-check';
import { flaggedIngress } from '../../../lambda/checks/flagged-ingress';
import { staleRules } from '../../../lambda/checks/stale-rules';
import type { SecurityGroupRule } from '../../../lambda/ports';
import { plan, type Plan } from '../../../lambda/revocation/plan';
import { type Configuration, decodeConfiguration, EXEMPT_TAG, type IpPermission } from '../../../src/private/contract';
import { arbitraryWorld, PROTOCOLS, readable } from '../../support/arbitrary-world';
import { isFlagged, rulesToRevoke, type World } from '../../support/oracle';

/** Decides as a sweep does, from the configuration as it travels. */
function decide({ configuration, vpcIds, accountId, groups, rules, stale }: World): Plan {
  const decoded = decodeConfiguration(JSON.stringify(configuration));
  return plan(
    stale.flatMap(([vpcId, staleGroups]) => staleRules(vpcId, staleGroups, groupId => rules.filter(rule => rule.groupId === groupId))),
    rules.flatMap(rule => flaggedIngress(rule, decoded.flaggedIngressRules) ?? []),
    { ...decoded, groups: new Map(groups.map(group => [group.groupId, group])), vpcIds: new Set(vpcIds), accountId },
  );
}

const revokedIds = ({ revoke }: Plan): string[] => revoke.map(({ rule }) => rule.securityGroupRuleId).sort();

function withConfiguration(world: World, overrides: Partial<Configuration>): World {
  return readable({ ...world, configuration: { ...world.configuration, ...overrides } });
}

function withRules(world: World, change: (rule: SecurityGroupRule) => SecurityGroupRule): World {
  return readable({ ...world, rules: world.rules.map(change) });
}

function forAllWorlds(numRuns: number, law: (world: World) => void): void {
  fc.assert(fc.property(arbitraryWorld, law), { numRuns });
}

test('revokes exactly the rules that the oracle tells to, each for the declarations that flag it', () => {
  let revocations = 0;
  forAllWorlds(20000, world => {
    const planned = decide(world).revoke.map(({ rule, because }) => [rule.securityGroupRuleId, because.declarations.map(({ name }) => name)]);
    const expected = [...rulesToRevoke(world)].map(([id, indices]) => [id, indices.map(index => `flaggedIngressRules[${index}]`)]);
    expect(Object.fromEntries(planned)).toEqual(Object.fromEntries(expected));
    revocations += planned.length;
  });
  // Two that never revoke anything would agree as well.
  expect(revocations).toBeGreaterThan(1000);
});

test('calls undecided exactly what the oracle cannot prove', () => {
  forAllWorlds(1500, ({ configuration, rules }) => {
    const { flaggedIngressRules } = decodeConfiguration(JSON.stringify(configuration));
    for (const rule of rules) {
      const answers = configuration.flaggedIngressRules.map(declaration => isFlagged(rule, declaration));
      const expected = answers.includes('yes') ? 'flagged' : answers.includes('unknown') ? 'undecided' : undefined;
      expect([rule.securityGroupRuleId, flaggedIngress(rule, flaggedIngressRules)?.verdict]).toEqual([rule.securityGroupRuleId, expected]);
    }
  });
});

test('revokes or keeps what was found, once', () => {
  forAllWorlds(500, world => {
    const { revoke, keep } = decide(world);
    const ids = [...revoke, ...keep].flatMap(({ rule }) => rule?.securityGroupRuleId ?? []);
    expect(ids).toHaveLength(new Set(ids).size);
  });
});

test('decides alike whatever the spelling of protocols', () => {
  const spelling = (index: number) => (text: string): string => {
    const names = PROTOCOLS.find(each => each.includes(text)) ?? [text];
    return names[index % names.length];
  };
  fc.assert(fc.property(arbitraryWorld, fc.nat(5), fc.nat(5), (world, ofRules, ofDeclarations) => {
    const respelled = (permission: IpPermission): IpPermission => ({ ...permission, IpProtocol: spelling(ofDeclarations)(permission.IpProtocol) });
    const other = withConfiguration(withRules(world, rule => ({ ...rule, ipProtocol: spelling(ofRules)(rule.ipProtocol) })), {
      flaggedIngressRules: world.configuration.flaggedIngressRules.map(each => ({ ...each, ipPermissions: each.ipPermissions.map(respelled) })),
    });
    expect(revokedIds(decide(other))).toEqual(revokedIds(decide(world)));
  }), { numRuns: 1500 });
});

test('decides alike whatever the order of rules, groups, declarations, permissions and sources', () => {
  const outcome = (world: World): string[] => {
    const { revoke, keep } = decide(world);
    const kept = keep.map(({ rule, reason }) => `keep ${rule?.securityGroupRuleId}: ${reason}`);
    return [...revoke.map(({ rule }) => `revoke ${rule.securityGroupRuleId}`), ...kept].sort();
  };
  const shuffled = <T>(items: readonly T[], seed: number): T[] => items
    .map((item, index) => ({ item, key: (index * 7919 + 13) * (seed + 1) % 101 }))
    .sort((a, b) => a.key - b.key)
    .map(({ item }) => item);
  fc.assert(fc.property(arbitraryWorld, fc.nat(100), (world, seed) => {
    const other = withConfiguration(readable({
      ...world,
      rules: shuffled(world.rules, seed),
      groups: shuffled(world.groups, seed),
      stale: world.stale.map(([vpcId, groups]) => [vpcId, shuffled(groups, seed).map(each => ({ ...each, ingress: [...each.ingress].reverse() }))]),
    }), {
      exemptSecurityGroupIds: [...world.configuration.exemptSecurityGroupIds].reverse(),
      flaggedIngressRules: shuffled(world.configuration.flaggedIngressRules, seed).map(declaration => ({
        ...declaration,
        ipPermissions: shuffled(declaration.ipPermissions, seed).map(each => ({ ...each, IpRanges: each.IpRanges && [...each.IpRanges].reverse() })),
      })),
    });
    expect(outcome(other)).toEqual(outcome(world));
  }), { numRuns: 1000 });
});

test('finds no IPv6 rule by an IPv4 declaration, nor the other way round', () => {
  type Family = 'IpRanges' | 'Ipv6Ranges';
  const only = (family: Family) => ({ IpProtocol, FromPort, ToPort, [family]: ranges }: IpPermission): IpPermission[] =>
    ranges ? [{ IpProtocol, FromPort, ToPort, [family]: ranges }] : [];
  const declaredOf = (family: Family, { configuration: { flaggedIngressRules } }: World): Configuration['flaggedIngressRules'] => flaggedIngressRules
    .filter(({ fromInternet }) => fromInternet === undefined)
    .map(declaration => ({ ...declaration, ipPermissions: declaration.ipPermissions.flatMap(only(family)) }))
    .filter(({ ipPermissions }) => ipPermissions.length > 0);
  fc.assert(fc.property(arbitraryWorld, fc.boolean(), (world, isIpv4) => {
    const other = withConfiguration(readable({
      ...world,
      rules: world.rules.filter(({ cidrIpv4, cidrIpv6 }) => (isIpv4 ? cidrIpv6 : cidrIpv4) !== undefined),
      stale: [],
    }), { flaggedIngressRules: declaredOf(isIpv4 ? 'IpRanges' : 'Ipv6Ranges', world) });
    expect(decide(other)).toEqual({ revoke: [], keep: [] });
  }), { numRuns: 500 });
});

test('revokes no egress rule', () => {
  forAllWorlds(500, world => {
    const { revoke, keep } = decide(readable({
      ...world,
      rules: world.rules.map(rule => ({ ...rule, isEgress: true })),
      stale: world.stale.map(([vpcId, groups]) => [vpcId, groups.map(each => ({ ...each, ingress: [], egress: [...each.ingress, ...each.egress] }))]),
    }));
    expect(revoke).toEqual([]);
    expect(keep.filter(({ reason }) => reason !== 'EGRESS')).toEqual([]);
  });
});

test.each<[string, (world: World) => World]>([
  ['exemptSecurityGroupIds', world => withConfiguration(world, { exemptSecurityGroupIds: ['sg-1', 'sg-2', 'sg-3'] })],
  ['a tag of the group', world => readable({ ...world, groups: world.groups.map(group => ({ ...group, tags: { ...group.tags, [EXEMPT_TAG]: '' } })) })],
  ['a tag of the rule', world => withRules(world, rule => ({ ...rule, tags: { ...rule.tags, [EXEMPT_TAG]: 'no' } }))],
])('revokes nothing that is exempt by %s', (_name, exempt) => {
  forAllWorlds(300, world => {
    expect(revokedIds(decide(exempt(world)))).toEqual([]);
  });
});

test('revokes nothing in a dry run, and names what it would', () => {
  forAllWorlds(500, world => {
    const wouldRevoke = revokedIds(decide(withConfiguration(world, { dryRun: false })));
    const { revoke, keep } = decide(withConfiguration(world, { dryRun: true }));
    expect(revoke).toEqual([]);
    expect(keep.flatMap(({ rule, reason }) => reason === 'DRY_RUN' && rule ? rule.securityGroupRuleId : []).sort()).toEqual(wouldRevoke);
  });
});

test('revokes nothing when nothing is declared and stale rules are only reported', () => {
  forAllWorlds(300, world => {
    expect(revokedIds(decide(withConfiguration(world, { flaggedIngressRules: [], staleRules: 'report' })))).toEqual([]);
  });
});

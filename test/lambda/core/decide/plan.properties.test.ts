import * as fc from 'fast-check';
import { findings } from '../../../../lambda/core/checks/findings';
import { flaggedIngress } from '../../../../lambda/core/checks/flagged-ingress';
import { staleRules } from '../../../../lambda/core/checks/stale-rules';
import { draw } from '../../../../lambda/core/decide/allowance';
import { countDue, plan, type PlanContext, withheldAll } from '../../../../lambda/core/decide/plan';
import type { HoldReason } from '../../../../lambda/core/decide/reasons';
import type { Because } from '../../../../lambda/core/model/finding';
import type { LedgerEntry } from '../../../../lambda/core/model/ledger';
import type { SecurityGroupRule } from '../../../../lambda/core/model/network';
import type { Plan } from '../../../../lambda/core/model/result';
import { EVERYTHING } from '../../../../lambda/core/model/scope';
import { type Configuration, type DecodedConfiguration, type IpPermission } from '../../../../src/contract/configuration';
import { decodeConfiguration } from '../../../../src/contract/decode';
import { EXEMPT_TAG } from '../../../../src/contract/exemptions';
import type { PrefixLists } from '../../../../src/contract/rules/prefix-lists';
import { parseCidr } from '../../../../src/contract/traffic';
import { arbitraryWorld, PROTOCOLS, readable } from '../../../support/arbitrary-world';
import { anEntry, aRule, flaggedFacts, readDeclarations } from '../../../support/builders';
import { expectEqual } from '../../../support/expect-equal';
import { isFlagged, isGraceOver, isOwnWay, rulesToRevoke, type World } from '../../../support/oracle';

const NO_LIMIT = 100_000;
const UNREAD = { code: 'InternalError', message: 'not now' };

const readLists = ({ prefixLists }: World): PrefixLists =>
  new Map(Object.entries(prefixLists).map(([id, entries]) => [id, entries.map(parseCidr)]));

/** Rules that are undecided because of an unread list count as due. The worlds leave that to tests of their own. */
const allListsRead = (_: World): PrefixLists => new Map(['pl-1', 'pl-2'].map(id => [id, []]));

/** Reads a configuration from its JSON text, even if a declaration flags nothing because all of it may stay. */
function decoding(configuration: Configuration): DecodedConfiguration {
  const parsed = JSON.parse(JSON.stringify(configuration)) as Configuration;
  const flaggedIngressRules = readDeclarations(parsed.flaggedIngressRules);
  return { ...decodeConfiguration({ ...parsed, flaggedIngressRules: [] }), flaggedIngressRules };
}

/** The facts that a sweep decides by, with a configuration that went through JSON text. */
function contextOf(world: World, hold?: PlanContext['hold'], lists = readLists): PlanContext {
  const { configuration, vpcIds, accountId, groups, ledger, now, endpoints } = world;
  return {
    ...decoding(configuration),
    hold,
    isScheduled: true, isWhole: true, startedAt: new Date('2026-01-01T00:00:00Z'),
    prefixLists: lists(world),
    groups: new Map(groups.map(group => [group.groupId, group])),
    vpcIds: new Set(vpcIds),
    endpoints: endpoints && { groupIds: new Set(endpoints.groupIds), error: endpoints.isWhole ? undefined : UNREAD },
    accountId,
    entries: ledger && new Map(ledger.map(entry => [entry.securityGroupRuleId, entry])),
    now,
  };
}

/** Decides as a scheduled sweep with its whole allowance does, with a configuration that went through JSON text. */
function decide(
  world: World, hidden: readonly LedgerEntry[] = [], unreadable = 0, hold?: PlanContext['hold'],
): Plan {
  const { configuration, groups, rules, stale, now } = world;
  const decoded = decoding(configuration);
  const prefixLists = readLists(world);
  const found = findings(
    stale.flatMap(([vpcId, staleGroups]) =>
      staleRules(vpcId, staleGroups, groupId => rules.filter(rule => rule.groupId === groupId))),
    rules.flatMap(rule => flaggedIngress(rule, flaggedFacts(decoded.flaggedIngressRules, groups, prefixLists)) ?? []),
  );
  const decided = plan(found, contextOf(world, hold));
  const { withheld } = draw(undefined, {
    run: { id: 'sweep-now', trigger: 'schedule', scope: EVERYTHING }, startedAt: now, now, planned: decided.revoke,
    due: countDue(decided, { hidden, unreadable }, contextOf(world, hold, allListsRead)),
    limit: decoded.maxRevocationsPerSweep,
  });
  return withheld ? withheldAll(decided, withheld) : decided;
}

/** Returns the rules that may be due, because the ledger has no entry of them or their exemption could not be read. */
const uncertain = ({ keep }: Plan, { configuration: { enabled = true, dryRun } }: World): number =>
  keep.filter(({ reason }) =>
    reason === 'LEDGER_UNAVAILABLE'
    || (enabled && !dryRun && (reason === 'GROUP_UNREAD' || reason === 'ENDPOINTS_UNREAD'))).length;

const revokedIds = ({ revoke }: Plan): string[] => revoke.map(({ rule }) => rule.securityGroupRuleId).sort();

function withConfiguration(world: World, overrides: Partial<Configuration>): World {
  return readable({ ...world, configuration: { ...world.configuration, ...overrides } });
}

function withRules(world: World, change: (rule: SecurityGroupRule) => SecurityGroupRule): World {
  return readable({ ...world, rules: world.rules.map(change) });
}

/** Worlds in which ledger, grace, limit and doubt about the endpoints keep nothing, so that other reasons show. */
const openWorld = arbitraryWorld.map(world => withConfiguration(
  {
    ...world, ledger: world.rules.map(rule => anEntry({ rule })),
    endpoints: { groupIds: world.endpoints?.groupIds ?? [], isWhole: true },
  },
  { grace: undefined, maxRevocationsPerSweep: NO_LIMIT },
));

function forAllWorlds(numRuns: number, law: (world: World) => void, worlds = arbitraryWorld): void {
  fc.assert(fc.property(worlds, law), { numRuns });
}

test('revokes exactly the rules that the oracle tells to, each for the declarations that flag it', () => {
  let revocations = 0;
  forAllWorlds(4000, world => {
    const planned = decide(world).revoke.map(({ rule, because: { verdict, declarations } }) => [
      // A rule is not revoked because of declarations that only may match it.
      rule.securityGroupRuleId, verdict === 'flagged' ? declarations.map(({ name }) => name) : [],
    ]);
    const expected = [...rulesToRevoke(world)].map(([id, indices]) => [
      id,
      indices.map(index => `flaggedIngressRules[${index}]`),
    ]);
    expectEqual(Object.fromEntries(planned), Object.fromEntries(expected));
    revocations += planned.length;
  });
  // The two would also agree if neither revoked anything.
  expect(revocations).toBeGreaterThan(100);
});

test('keeps what exceptions allow, and revokes what they do not', () => {
  const counts = { allowed: 0, flagged: 0 };
  forAllWorlds(3000, world => {
    const { configuration, groups, rules } = world;
    const { flaggedIngressRules } = decoding(configuration);
    for (const [index, declaration] of configuration.flaggedIngressRules.entries()) {
      if (!declaration.except) continue;
      for (const rule of rules) {
        const isFlaggedWithout = isFlagged(rule, { ...declaration, except: undefined }, world) === 'yes';
        const expected = isFlagged(rule, declaration, world);
        const found = flaggedIngress(rule, flaggedFacts([flaggedIngressRules[index]], groups, readLists(world)));
        expectEqual(found?.verdict === 'flagged', expected === 'yes');
        counts.allowed += Number(isFlaggedWithout && expected === 'no');
        counts.flagged += Number(expected === 'yes');
      }
    }
  });
  expect(Math.min(counts.allowed, counts.flagged)).toBeGreaterThan(40);
});

test.each([0, 1, 2])(
  'revokes all that it would without a limit, or none: never more than %d',
  maxRevocationsPerSweep => {
    const counts = { all: 0, none: 0 };
    forAllWorlds(1000, world => {
      const unlimited = revokedIds(decide(withConfiguration(world, { maxRevocationsPerSweep: NO_LIMIT })));
      const limited = decide(withConfiguration(world, { maxRevocationsPerSweep }));
      const over = limited.keep
        .flatMap(({ rule, reason }) => (reason === 'OVER_LIMIT' && rule ? rule.securityGroupRuleId : []))
        .sort();
      expect(limited.revoke.length).toBeLessThanOrEqual(maxRevocationsPerSweep);
      const isOver = unlimited.length + uncertain(limited, world) > maxRevocationsPerSweep;
      expectEqual([revokedIds(limited), over], isOver ? [[], unlimited] : [unlimited, []]);
      counts.all += Number(limited.revoke.length > 0);
      counts.none += Number(over.length > 0);
    });
    expect(counts.none).toBeGreaterThan(0);
    expectEqual(counts.all > 0, maxRevocationsPerSweep > 0);
  },
);

test('revokes with what is hidden or cannot be read all that it would without, or none: never more than the limit leaves', () => {
  const counts = { all: 0, none: 0 };
  fc.assert(
    fc.property(arbitraryWorld, fc.nat(3), fc.nat(3), fc.nat(3), (world, flagged, exempt, unreadable) => {
      const hide = (count: number, tags: SecurityGroupRule['tags']): LedgerEntry[] =>
        Array.from({ length: count }, (_, index) =>
          anEntry({
            rule: aRule({ securityGroupRuleId: `sgr-hidden-${index}`, tags }),
            because: { verdict: 'flagged', declarations: [] },
          }),
        );
      const hidden = [...hide(flagged, {}), ...hide(exempt, { [EXEMPT_TAG]: '' })];
      const whole = decide(withConfiguration(world, { maxRevocationsPerSweep: NO_LIMIT }), hidden, unreadable);
      const unlimited = revokedIds(whole);
      const limited = revokedIds(decide(withConfiguration(world, { maxRevocationsPerSweep: 4 }), hidden, unreadable));
      expectEqual(limited, unlimited.length + uncertain(whole, world) + flagged + unreadable > 4 ? [] : unlimited);
      counts.all += Number(limited.length > 0);
      counts.none += Number(limited.length < unlimited.length);
    }),
    { numRuns: 4000 },
  );
  expect(Math.min(counts.all, counts.none)).toBeGreaterThan(40);
});

test('revokes only rules that the ledger has as open, and passes on their entries', () => {
  let kept = 0;
  forAllWorlds(5000, world => {
    const { revoke, keep } = decide(world);
    for (const { rule, entry } of revoke) {
      const known = world.ledger?.filter(({ securityGroupRuleId: id }) => id === rule.securityGroupRuleId);
      expectEqual(known, [entry]);
      expectEqual(entry.state, 'OPEN');
    }
    kept += keep.filter(({ reason }) => reason === 'LEDGER_UNAVAILABLE' || reason === 'LEFT_TO_OTHER').length;
  });
  expect(kept).toBeGreaterThan(100);
});

test('revokes nothing if the ledger could not be read, and gives that reason only for rules that it would revoke', () => {
  forAllWorlds(500, world => {
    const { revoke, keep } = decide(readable({ ...world, ledger: undefined }));
    expectEqual(revoke, []);
    const blamed = keep
      .flatMap(({ rule, reason }) => (reason === 'LEDGER_UNAVAILABLE' && rule ? rule.securityGroupRuleId : []))
      .sort();
    expectEqual(blamed, revokedIds(decide(withConfiguration(world, { dryRun: false }))));
  }, openWorld);
});

test('revokes no rule for being stale within its grace, and none that is flagged is kept for that', () => {
  const counts = { within: 0, over: 0 };
  forAllWorlds(8000, random => {
    const world = withConfiguration(random, { staleRules: 'revoke', dryRun: false, maxRevocationsPerSweep: NO_LIMIT });
    const { revoke, keep } = decide(world);
    const actions = new Map(world.configuration.flaggedIngressRules
      .map(({ action }, index) => [`flaggedIngressRules[${index}]`, action?.kind ?? 'revoke']));
    const isToldTo = ({ verdict, declarations }: Because): boolean =>
      verdict === 'flagged' && declarations.some(({ name }) => actions.get(name) === 'revoke');
    for (const { because, entry } of revoke) {
      if (isToldTo(because)) continue;
      expectEqual(isGraceOver(entry, world), true);
      counts.over += Number(world.configuration.grace !== undefined);
    }
    for (const { flagged, entry } of keep.filter(({ reason }) => reason === 'WITHIN_GRACE')) {
      expectEqual(flagged !== undefined && isToldTo(flagged), false);
      expectEqual(entry && isGraceOver(entry, world), false);
      counts.within++;
    }
  });
  expect(Math.min(counts.within, counts.over)).toBeGreaterThan(20);
});

test('calls undecided exactly what the oracle cannot prove', () => {
  forAllWorlds(1500, world => {
    const { configuration, groups, rules } = world;
    const { flaggedIngressRules } = decoding(configuration);
    for (const rule of rules) {
      const { securityGroupRuleId: id } = rule;
      const answers = configuration.flaggedIngressRules.map(declaration => isFlagged(rule, declaration, world));
      const expected = answers.includes('yes') ? 'flagged' : answers.includes('unknown') ? 'undecided' : undefined;
      const flagged = flaggedIngress(rule, flaggedFacts(flaggedIngressRules, groups, readLists(world)));
      expectEqual([id, flagged?.verdict], [id, expected]);
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
  fc.assert(fc.property(openWorld, fc.nat(5), fc.nat(5), (world, ofRules, ofDeclarations) => {
    const respelled = (permission: IpPermission): IpPermission =>
      ({ ...permission, IpProtocol: spelling(ofDeclarations)(permission.IpProtocol) });
    const withOtherRules = withRules(world, rule => ({ ...rule, ipProtocol: spelling(ofRules)(rule.ipProtocol) }));
    const other = withConfiguration(withOtherRules, {
      flaggedIngressRules: world.configuration.flaggedIngressRules
        .map(each => ({ ...each, ipPermissions: each.ipPermissions.map(respelled) })),
    });
    expectEqual(revokedIds(decide(other)), revokedIds(decide(world)));
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
      ledger: world.ledger && shuffled(world.ledger, seed),
      stale: world.stale.map(([vpcId, groups]) =>
        [vpcId, shuffled(groups, seed).map(each => ({ ...each, ingress: [...each.ingress].reverse() }))]),
    }), {
      exemptSecurityGroupIds: [...world.configuration.exemptSecurityGroupIds].reverse(),
      flaggedIngressRules: shuffled(world.configuration.flaggedIngressRules, seed).map(declaration => ({
        ...declaration,
        ipPermissions: shuffled(declaration.ipPermissions, seed)
          .map(each => ({ ...each, IpRanges: each.IpRanges && [...each.IpRanges].reverse() })),
      })),
    });
    expectEqual(outcome(other), outcome(world));
  }), { numRuns: 1000 });
});

test('finds no IPv6 rule by an IPv4 declaration, nor the other way round', () => {
  type Family = 'IpRanges' | 'Ipv6Ranges';
  const only = (family: Family) => ({ IpProtocol, FromPort, ToPort, [family]: ranges }: IpPermission): IpPermission[] =>
    ranges ? [{ IpProtocol, FromPort, ToPort, [family]: ranges }] : [];
  const declaredOf = (
    family: Family,
    { configuration: { flaggedIngressRules } }: World,
  ): Configuration['flaggedIngressRules'] =>
    flaggedIngressRules
      .filter(({ fromInternet }) => fromInternet === undefined)
      .map(declaration => ({ ...declaration, ipPermissions: declaration.ipPermissions.flatMap(only(family)) }))
      .filter(({ ipPermissions }) => ipPermissions.length > 0);
  fc.assert(fc.property(arbitraryWorld, fc.boolean(), (world, isIpv4) => {
    const other = withConfiguration(readable({
      ...world,
      rules: world.rules.filter(({ cidrIpv4, cidrIpv6 }) => (isIpv4 ? cidrIpv6 : cidrIpv4) !== undefined),
      stale: [],
    }), { flaggedIngressRules: declaredOf(isIpv4 ? 'IpRanges' : 'Ipv6Ranges', world) });
    expectEqual(decide(other), { revoke: [], keep: [] });
  }), { numRuns: 500 });
});

test("revokes no rule of the function's own group, nor of an endpoint of its VPC, and says why", () => {
  let kept = 0;
  forAllWorlds(5000, world => {
    const { revoke, keep } = decide(world);
    expectEqual(revoke.filter(({ rule }) => isOwnWay(rule, world)), []);
    const exempt = keep.filter(({ reason }) => reason === 'EXEMPT_BY_FUNCTION');
    expectEqual(exempt.filter(({ rule }) => rule === undefined || !isOwnWay(rule, world)), []);
    kept += exempt.length;
  });
  expect(kept).toBeGreaterThan(100);
});

test('revokes nothing while it is in doubt which endpoints the function has, and keeps for that just what it would revoke', () => {
  let kept = 0;
  forAllWorlds(5000, random => {
    const world = withConfiguration(random, {
      functionNetwork: { vpcId: 'vpc-1', securityGroupIds: ['sg-1'] }, maxRevocationsPerSweep: NO_LIMIT,
    });
    const groupIds = world.endpoints?.groupIds ?? [];
    const sure = decide(readable({ ...world, endpoints: { groupIds, isWhole: true } }));
    const unsure = decide(readable({ ...world, endpoints: { groupIds, isWhole: false } }));
    expectEqual(unsure.revoke, []);
    const ids = unsure.keep.filter(({ reason }) => reason === 'ENDPOINTS_UNREAD')
      .flatMap(({ rule }) => rule?.securityGroupRuleId ?? []);
    const isActive = world.configuration.enabled !== false && !world.configuration.dryRun;
    if (isActive) expectEqual(ids.sort(), revokedIds(sure));
    kept += ids.length;
  });
  expect(kept).toBeGreaterThan(100);
});

test('revokes no egress rule', () => {
  forAllWorlds(500, world => {
    const { revoke, keep } = decide(readable({
      ...world,
      rules: world.rules.map(rule => ({ ...rule, isEgress: true })),
      stale: world.stale.map(([vpcId, groups]) =>
        [vpcId, groups.map(each => ({ ...each, ingress: [], egress: [...each.ingress, ...each.egress] }))]),
    }));
    expectEqual(revoke, []);
    expectEqual(keep.filter(({ reason }) => reason !== 'EGRESS'), []);
  }, openWorld);
});

test.each<[string, (world: World) => World]>([
  ['exemptSecurityGroupIds', world => withConfiguration(world, { exemptSecurityGroupIds: ['sg-1', 'sg-2', 'sg-3'] })],
  [
    'a tag of the group',
    world =>
      readable({
        ...world,
        groups: world.groups.map(group => ({ ...group, tags: { ...group.tags, [EXEMPT_TAG]: '' } })),
      }),
  ],
  ['a tag of the rule', world => withRules(world, rule => ({ ...rule, tags: { ...rule.tags, [EXEMPT_TAG]: 'no' } }))],
])('revokes nothing that is exempt by %s', (_name, exempt) => {
  forAllWorlds(
    300,
    world => {
      expectEqual(revokedIds(decide(exempt(world))), []);
    },
    openWorld,
  );
});

test('revokes nothing in a dry run, and names what it would', () => {
  forAllWorlds(500, world => {
    const wouldRevoke = revokedIds(decide(withConfiguration(world, { dryRun: false })));
    const { revoke, keep } = decide(withConfiguration(world, { dryRun: true }));
    expectEqual(revoke, []);
    expectEqual(
      keep.flatMap(({ rule, reason }) => (reason === 'DRY_RUN' && rule ? rule.securityGroupRuleId : [])).sort(),
      wouldRevoke,
    );
  }, openWorld);
});

test('revokes nothing when nothing is declared and stale rules are only reported', () => {
  forAllWorlds(300, world => {
    expectEqual(revokedIds(decide(withConfiguration(world, { flaggedIngressRules: [], staleRules: 'report' }))), []);
  }, openWorld);
});

test('in a dry run, names what it would revoke without a limit, which is no reason to keep a rule then', () => {
  forAllWorlds(1000, world => {
    const unlimited = withConfiguration(world, { dryRun: false, maxRevocationsPerSweep: NO_LIMIT });
    const wouldRevoke = revokedIds(decide(unlimited));
    const { revoke, keep } = decide(withConfiguration(world, { dryRun: true }));
    expectEqual(revoke, []);
    expectEqual(keep.filter(({ reason }) => reason === 'OVER_LIMIT'), []);
    const named = keep.flatMap(({ rule, reason }) => reason === 'DRY_RUN' && rule ? rule.securityGroupRuleId : []);
    expectEqual(named.sort(), wouldRevoke);
  });
});

test.each<HoldReason>(['PAUSED', 'SETTLING', 'CONFIGURATION_CHANGING', 'LEDGER_UNTRUSTED'])(
  'revokes nothing during a hold, and gives that reason exactly for rules that it would revoke: %s', reason => {
    let count = 0;
    forAllWorlds(1000, world => {
      const free = decide(withConfiguration(world, { maxRevocationsPerSweep: NO_LIMIT }));
      const { revoke, keep } = decide(world, [], 0, { reason });
      const held = keep.filter(kept => kept.reason === reason);
      const blamed = held.flatMap(({ rule }) => rule?.securityGroupRuleId ?? []).sort();
      expectEqual([revoke, blamed], [[], revokedIds(free)]);
      count += blamed.length;
    });
    expect(count).toBeGreaterThan(20);
  });

test('counts as due exactly what would be revoked if nothing held that back, be the ledger there or not', () => {
  let counted = 0;
  forAllWorlds(2000, world => {
    const unlimited = withConfiguration(world, { maxRevocationsPerSweep: NO_LIMIT });
    const due = (hold?: PlanContext['hold']): number => {
      const held = decide(unlimited, [], 0, hold);
      return countDue(held, { hidden: [], unreadable: 0 }, contextOf(world, undefined, allListsRead));
    };
    const free = decide(unlimited);
    expectEqual(due(), free.revoke.length + uncertain(free, world));
    expectEqual(due({ reason: 'PAUSED' }), due());
    expectEqual(due({ reason: 'LEDGER_UNAVAILABLE' }), due());
    counted += due();
  });
  expect(counted).toBeGreaterThan(100);
});

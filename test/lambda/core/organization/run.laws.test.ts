/**
 * Laws of runs of an organization: whatever is denied, killed or in the way, no rule is revoked where it must not be,
 * the limit holds over all accounts and Regions together, no rule is lost, and what fails is named.
 */
import * as fc from 'fast-check';
import { awsError } from '../../../support/aws-error';
import { aRuleFromAnywhere } from '../../../support/builders';
import { aConfiguration, flaggedWorld, MemoryOrganization, REGION } from '../../../support/memory-organization';
import { sshFlagged } from '../../../support/swept';

const REGIONS = [REGION, 'eu-west-1'];
const ACCOUNTS = ['222222222222', '333333333333', '444444444444'];

const aWorld = fc.record({
  accounts: fc.tuple(...ACCOUNTS.map(() => fc.record({
    regions: fc.tuple(fc.integer({ min: 0, max: 3 }), fc.integer({ min: 0, max: 2 })),
    isDenied: fc.oneof({ weight: 5, arbitrary: fc.constant(false) }, fc.constant(true)),
    mayRevoke: fc.oneof({ weight: 3, arbitrary: fc.constant(true) }, fc.constant(false)),
    // The call at which each of the first invocations of a pass dies; 0: it lives.
    kills: fc.array(fc.integer({ min: 0, max: 60 }), { maxLength: 5 }),
  }))),
  limit: fc.integer({ min: 0, max: 9 }),
});

interface Snapshot {
  readonly rules: ReadonlyMap<string, ReadonlySet<string>>;
}

const snapshot = (hub: MemoryOrganization): Snapshot =>
  ({ rules: new Map([...hub.networks].map(([key, { rules }]) => [key, new Set(rules.keys())])) });

function gone(before: Snapshot, after: Snapshot): Array<readonly [place: string, rule: string]> {
  return [...before.rules].flatMap(([key, rules]) =>
    [...rules].filter(rule => !after.rules.get(key)?.has(rule)).map(rule => [key, rule] as const));
}

test('a run keeps its promises, whatever is denied and whoever is killed', async () => {
  await fc.assert(fc.asyncProperty(aWorld, async ({ accounts, limit }) => {
    const revoking = ACCOUNTS.filter((_, index) => accounts[index].mayRevoke);
    const hub = new MemoryOrganization(aConfiguration(
      { flaggedIngressRules: [sshFlagged()], allowRestore: true, maxRevocationsPerSweep: limit },
      { regions: REGIONS, revokeIn: { kind: 'list', ids: revoking } },
    ));
    accounts.forEach(({ regions, isDenied }, index) => {
      const id = ACCOUNTS[index];
      hub.addAccount(id, Object.fromEntries(REGIONS.map((region, at) => [region, flaggedWorld(id, regions[at], `${region}-`)])));
      hub.regions.set(id, REGIONS);
      if (isDenied) hub.denied.set(id, awsError('AccessDenied', 'no'));
    });
    const start = snapshot(hub);
    const killed = await hub.run({
      scheduledTime: '2026-01-01T00:00:00.000Z',
      killAt: (_, account, invocation) => accounts[ACCOUNTS.indexOf(account)].kills[invocation] || undefined,
    });
    const first = gone(start, snapshot(hub));
    expect(first.length).toBeLessThanOrEqual(limit);
    for (const [place, rule] of first) {
      const account = place.slice(0, 12);
      expect(revoking).toContain(account);
      const entry = hub.ledger.ledgers.get(place)?.entries.get(rule);
      expect(entry?.state).toMatch(/^(REVOKED|PENDING)$/);
      expect(entry?.rule.cidrIpv4).toBe('0.0.0.0/0');
    }
    const denied = ACCOUNTS.filter((_, index) => accounts[index].isDenied);
    for (const account of denied) expect(killed.finished?.message).toContain(account);
    const due = accounts.filter(each => each.mayRevoke && !each.isDenied)
      .reduce((sum, { regions: [one, two] }) => sum + one + two, 0);
    const { AccountsFailed, RegionsFailed } = hub.metrics.aggregates;
    const isCounted = AccountsFailed === denied.length && RegionsFailed === 0;
    if (due > limit && isCounted) expect(first).toEqual([]);

    // A run without kills finishes what was begun, and revokes what the limit allows.
    const before = snapshot(hub);
    hub.clock.advance(3_600_000);
    await hub.run({ scheduledTime: '2026-01-01T01:00:00.000Z' });
    const second = gone(before, snapshot(hub));
    expect(second.length).toBeLessThanOrEqual(limit);
    expect(second.length).toBe(due - first.length > limit ? 0 : due - first.length);
    expect(hub.metrics.aggregates).toMatchObject({
      AccountsSwept: ACCOUNTS.length - denied.length, AccountsFailed: denied.length, RegionsFailed: 0,
    });
    for (const [place, rule] of [...first, ...second]) {
      expect(hub.ledger.ledgers.get(place)?.entries.get(rule)?.state).toBe('REVOKED');
    }
    const told = hub.events.sent.filter(({ type }) => type === 'Ingress Rule Revoked');
    const rules = told.map(({ detail: { account, region, securityGroupRuleId } }) =>
      [account, region, securityGroupRuleId].join(' '));
    expect(new Set(rules).size).toBeLessThanOrEqual(first.length + second.length);
  }), { numRuns: 150 });
});

const calls = fc.array(fc.record({
  /** The call at which an invocation of the second pass dies; 0: it lives. */
  kill: fc.integer({ min: 0, max: 40 }), expires: fc.boolean(), adds: fc.boolean(),
}), { maxLength: 5 });

test('a run never revokes more than the limit, also if flagged rules appear between its calls', async () => {
  await fc.assert(fc.asyncProperty(fc.tuple(calls, calls), fc.integer({ min: 1, max: 5 }), async (each, limit) => {
    const accounts = ACCOUNTS.slice(0, 2);
    const hub = new MemoryOrganization(aConfiguration(
      { flaggedIngressRules: [sshFlagged()], allowRestore: true, maxRevocationsPerSweep: limit }, { revokeIn: { kind: 'all' } },
    ));
    for (const account of accounts) hub.addAccount(account, { [REGION]: flaggedWorld(account, Math.ceil(limit / 2)) });
    const flagged = new Map(accounts.map(account => [account, new Set(hub.network(account).rules.keys())]));
    await hub.run({
      scheduledTime: '2026-01-01T00:00:00.000Z',
      killAt: (pass, account, invocation) => {
        const { kill = 0, expires = false, adds = false } = each[accounts.indexOf(account)][invocation] ?? {};
        if (pass === 'observe') return undefined;
        if (expires) hub.expired.add(account);
        const securityGroupRuleId = `sgr-${invocation}`;
        if (adds) {
          const rule = aRuleFromAnywhere({ securityGroupRuleId, groupId: 'sg-a1', groupOwnerId: account });
          hub.network(account).rules.set(securityGroupRuleId, rule);
          flagged.get(account)?.add(securityGroupRuleId);
        }
        return kill || undefined;
      },
    });
    const revoked = accounts.flatMap(account =>
      [...flagged.get(account) ?? []].filter(id => !hub.network(account).rules.has(id)));
    expect(revoked.length).toBeLessThanOrEqual(limit);
    const used = hub.ledger.controlEntry?.allowance?.used ?? 0;
    expect(used).toBeGreaterThanOrEqual(revoked.length);
    expect(used).toBeLessThanOrEqual(limit);
  }), { numRuns: 150 });
});

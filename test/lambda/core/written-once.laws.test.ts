/**
 * Tests that a run which writes the sightings of rules with their claims leaves the same ledger, reports the same and
 * revokes the same as one that writes them first, in random networks and whatever happens to its calls.
 */
import * as fc from 'fast-check';
import { revoke } from '../../../lambda/core/act/revoke';
import { decideOn } from '../../../lambda/core/decision';
import { finishBooks } from '../../../lambda/core/ledger/bookkeeping';
import type { LedgerEntry } from '../../../lambda/core/model/ledger';
import { EVERYTHING, type Trigger } from '../../../lambda/core/model/scope';
import { observe } from '../../../lambda/core/observe/observe';
import type { DecodedConfiguration } from '../../../src/contract/configuration';
import { decodeConfiguration } from '../../../src/contract/decode';
import { configurationOf, networkOf } from '../../cli/planning/worlds';
import { arbitraryWorld } from '../../support/arbitrary-world';
import { awsError } from '../../support/aws-error';
import { aControl, DEPLOYED } from '../../support/builders';
import { MemoryLedger } from '../../support/memory-ledger';
import type { MemoryNetwork } from '../../support/memory-network';
import type { World } from '../../support/oracle';
import { MemoryClock, MemoryLog, MemoryStacks } from '../../support/recorders';

interface Circumstances {
  readonly trigger: Trigger;
  readonly limit: number;
  readonly hasChangeTrigger: boolean;
  /** What happens while the run revokes. */
  readonly mishap: keyof typeof MISHAPS;
}

/** Each is about calls that a run makes the same way, however it writes its sightings. */
const MISHAPS = {
  'none': () => undefined,
  'EC2 refuses a call': (network: MemoryNetwork) =>
    void network.on('revokeIngress', { call: 1, throws: awsError('OperationNotPermitted') }),
  'EC2 does not answer': (network: MemoryNetwork) =>
    void network.on('revokeIngress', { throws: awsError('InternalError') }),
  'someone removes a rule': (network: MemoryNetwork) =>
    void network.on('admitRevocations', {
      call: 1, before: () => {
        const [first] = network.rules.keys();
        network.rules.delete(first);
      },
    }),
  'time runs out': () => undefined,
  'a person pauses': (network: MemoryNetwork, ledger: MemoryLedger) =>
    void network.on('admitRevocations', {
      call: 1, before: () => {
        const { controlEntry: control } = ledger;
        if (control === undefined) return;
        const [begunAt, until] = ['2020-01-01T00:00:00.000Z', '2999-01-01T00:00:00.000Z'];
        const pause = { until, begunAt, reason: 'stop', pauseId: 'pause-1', told: [] };
        ledger.controlEntry = { ...control, revision: control.revision + 1, pause };
      },
    }),
} as const;

const circumstances: fc.Arbitrary<Circumstances> = fc.record({
  trigger: fc.constantFrom<Trigger>('schedule', 'schedule', 'request'),
  limit: fc.constantFrom(1000, 1000, 1000, 2),
  hasChangeTrigger: fc.boolean(),
  mishap: fc.constantFrom(...Object.keys(MISHAPS) as Array<keyof typeof MISHAPS>),
});

/** Returns the items that a run leaves. Revisions count writes, so they differ. */
interface Left {
  readonly entries: unknown;
  readonly known: unknown;
  readonly changes: unknown;
  readonly outcomes: unknown;
  readonly rules: readonly string[];
  readonly writes: number;
}

const plain = ({ revision: _, ...entry }: LedgerEntry): unknown => JSON.parse(JSON.stringify(entry));

const byId = (entries: ReadonlyMap<string, LedgerEntry>): unknown =>
  Object.fromEntries([...entries].sort(([a], [b]) => a < b ? -1 : 1).map(([id, entry]) => [id, plain(entry)]));

async function leftBy(
  isClaiming: boolean, world: World, configuration: DecodedConfiguration,
  { trigger, mishap }: Circumstances,
): Promise<Left> {
  const { now, accountId } = world;
  const [network, ledger, clock] = [networkOf(world), new MemoryLedger(world.ledger ?? []), new MemoryClock(now)];
  ledger.controlEntry = aControl({
    allowance: { openedBy: 'sweep-0', openedAt: now.toISOString(), limit: 1000, used: 0 },
  });
  MISHAPS[mishap](network, ledger);
  const { log } = new MemoryLog();
  const dependencies = { network, ledger, clock, log, accountId, stacks: new MemoryStacks() };
  const observation = await observe(EVERYTHING, configuration, { network, now, accountId });
  const task = { run: { id: 'sweep-1', trigger, scope: EVERYTHING }, configuration, deployed: DEPLOYED };
  const { sweeping, books, decision: { plan, from } } = await decideOn(observation, {
    task, dependencies, startedAt: now, isClaiming,
  });
  const { hold, groups, endpoints, prefixLists, groupUse, now: _, ...deciding } = sweeping.context;
  const until = mishap === 'time runs out' ? now : new Date(now.getTime() + 60_000);
  const outcomes = from === undefined ? [] : await revoke(plan.revoke, {
    ...dependencies, sweepId: 'sweep-1', until, from, deciding, deployed: sweeping.deployed,
    sightings: books.sightings,
  });
  const { changes, entries = new Map() } = await finishBooks(books, ledger, []);
  return {
    entries: byId(ledger.entries),
    known: byId(entries),
    changes: changes.map(({ change, entry }) => [change, entry.securityGroupRuleId, plain(entry)]).sort(),
    outcomes: outcomes.map(({ rule, outcome, detail, heldBy, isUsed }) =>
      [rule.securityGroupRuleId, outcome, detail, heldBy, isUsed]).sort(),
    rules: [...network.rules.keys()].sort(),
    writes: ledger.written.length,
  };
}

test('a run that writes sightings with claims leaves what one that writes them first leaves, with fewer writes', async () => {
  let [saved, revoked] = [0, 0];
  await fc.assert(fc.asyncProperty(arbitraryWorld, circumstances, async (world, under) => {
    const configuration: DecodedConfiguration = {
      ...decodeConfiguration(configurationOf(world, {
        settleSeconds: 0, maxRevocationsPerSweep: under.limit, enabled: true, dryRun: false, staleRules: 'revoke',
      })),
      ...under.hasChangeTrigger && { changeTrigger: 'cloudTrail' },
    };
    const { writes: once, ...atOnce } = await leftBy(true, world, configuration, under);
    const { writes: twice, ...first } = await leftBy(false, world, configuration, under);
    expect(atOnce).toEqual(first);
    expect(once).toBeLessThanOrEqual(twice);
    saved += twice - once;
    revoked += world.rules.length - first.rules.length;
  }), { numRuns: 500 });
  // The law is about something.
  expect([saved > 20, revoked > 15]).toEqual([true, true]);
});

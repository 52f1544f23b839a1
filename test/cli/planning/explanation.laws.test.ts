/** Tests that an explanation says what the next sweep decides, in random networks. */
import * as fc from 'fast-check';
import { configurationOf, networkOf } from './worlds';
import { explain } from '../../../cli/planning/explanation';
import { EMPTY_LEDGER, plannedLedger } from '../../../cli/planning/planned-ledger';
import { putIntoForce, type ToDeploy } from '../../../cli/planning/sweeps';
import { observe } from '../../../lambda/core/observe/observe';
import type { Configuration } from '../../../src/contract/configuration';
import { decodeConfiguration } from '../../../src/contract/decode';
import { fingerprintOf } from '../../../src/contract/fingerprint';
import { arbitraryWorld } from '../../support/arbitrary-world';
import { aControl } from '../../support/builders';
import { MemoryLedger } from '../../support/memory-ledger';
import { MemoryLog, MemoryStacks, MemoryClock } from '../../support/recorders';
import { run } from '../../support/swept';

/** A revocation waits for these. The window is open, closed, or opens at the time of the tests. */
const terms: fc.Arbitrary<Partial<Configuration>> = fc.record({
  revocationWindow: fc.constantFrom<Array<Configuration['revocationWindow']>>(
    undefined, { from: '23:00', to: '01:00', timeZone: 'UTC' }, { from: '00:00', to: '02:00', timeZone: 'UTC' },
    { days: ['MON'], from: '08:00', to: '18:00', timeZone: 'Europe/Berlin' },
  ),
  finalNoticeSeconds: fc.constantFrom(undefined, undefined, 3600),
  approval: fc.constantFrom(undefined, undefined, { validSeconds: 3600 }),
});

test('the first reason of an explanation is the one for which a sweep keeps the rule, and a rule without one is revoked', async () => {
  await fc.assert(fc.asyncProperty(arbitraryWorld, terms, async (world, of) => {
    const configuration = configurationOf(world, { settleSeconds: 0, maxRevocationsPerSweep: 1000, ...of });
    const { accountId, now } = world;
    const toDeploy: ToDeploy = {
      text: JSON.stringify(configuration), configuration: decodeConfiguration(configuration), deployTimePaths: '[]',
      fingerprint: fingerprintOf(configuration), table: 'ledger', stackIds: [], isDeployed: false, isPartlyKnown: false,
    };
    const network = networkOf(world);
    const groupIds = [...new Set(world.rules.map(({ groupId }) => groupId))];
    const observation = await observe({ kind: 'groups', groupIds }, toDeploy.configuration, { network, now, accountId });
    const rules = { entries: world.ledger ?? [], unreadable: [] };
    const ledger = plannedLedger({ ...EMPTY_LEDGER, rules });
    expect(await putIntoForce(toDeploy, now, ledger)).toBeUndefined();
    const clock = { now: () => now, sleep: async () => undefined, random: () => 0.5 };
    const explanations = await explain(world.rules, {
      toDeploy, observation,
      dependencies: { network, ledger, stacks: new MemoryStacks(), accountId, log: new MemoryLog().log, clock },
    });

    const books = new MemoryLedger(rules.entries);
    books.controlEntry = aControl({
      allowance: {
        openedBy: 'sweep-0', openedAt: now.toISOString(), startedAt: now.toISOString(), limit: 1000, used: 0,
      },
    });
    const { result } = await run(toDeploy.configuration, network, {
      ledger: books, clock: new MemoryClock(now), accountId, trigger: 'request', scope: { kind: 'groups', groupIds },
    });
    const kept = new Map(result?.plan.keep.map(({ rule, reason }) => [rule?.securityGroupRuleId, reason]));
    const revoked = result?.plan.revoke.map(({ rule }) => rule.securityGroupRuleId) ?? [];
    const replacing = new Map(result?.plan.revoke.map(each => [each.rule.securityGroupRuleId, each.replacing]));
    for (const { rule, group, finding, reasons, declarations, isInScope, replacedBy } of explanations) {
      const id = rule.securityGroupRuleId;
      expect([id, reasons[0]]).toEqual([id, kept.get(id)]);
      expect([id, finding !== undefined && reasons.length === 0]).toEqual([id, revoked.includes(id)]);
      if (revoked.includes(id)) expect([id, replacedBy]).toEqual([id, replacing.get(id)]);
      const flagging = declarations.filter(each => each.result === 'yes').map(({ name }) => name);
      const found = finding?.flagged?.verdict === 'flagged' ? finding.flagged.declarations.map(({ name }) => name) : [];
      // In a group that is not in scope or could not be read, no rule is found.
      const isRead = isInScope && group?.vpcId !== undefined && world.vpcIds.includes(group.vpcId);
      if (isRead) expect([id, flagging]).toEqual([id, found]);
      expect(new Set(reasons).size).toBe(reasons.length);
    }
  }), { numRuns: 500 });
});

import { rememberingRules, rememberingStacks } from '../../../cli/planning/remembering';
import { aRuleFromAnywhere } from '../../support/builders';
import { MemoryNetwork } from '../../support/memory-network';
import { MemoryStacks } from '../../support/recorders';

const RULES = ['sgr-1', 'sgr-2'].map(securityGroupRuleId => aRuleFromAnywhere({ securityGroupRuleId, groupId: 'sg-1' }));

async function all<T>(pages: AsyncIterable<T[]>): Promise<T[]> {
  const items: T[] = [];
  for await (const page of pages) items.push(...page);
  return items;
}

test('the same rules are read once, even at the same time, and others are read', async () => {
  const network = new MemoryNetwork({ rules: RULES });
  const remembering = rememberingRules(network);
  const by = { ruleIds: ['sgr-1'] };
  expect(await Promise.all([all(remembering.securityGroupRules(by)), all(remembering.securityGroupRules(by))]))
    .toEqual([[RULES[0]], [RULES[0]]]);
  await all(remembering.securityGroupRules({ ruleIds: ['sgr-2'] }));
  expect(network.calls).toHaveLength(2);
});

test('rules that were read before an error are handed over each time, and then the error', async () => {
  const failure = new Error('the next page failed');
  const network = Object.assign(new MemoryNetwork({}), {
    securityGroupRules: async function* () {
      yield [RULES[0]];
      throw failure;
    },
  });
  const remembering = rememberingRules(network);
  for (const _time of [1, 2]) {
    const read: string[] = [];
    await expect((async () => {
      for await (const page of remembering.securityGroupRules({ groupIds: ['sg-1'] })) {
        read.push(...page.map(({ securityGroupRuleId }) => securityGroupRuleId));
      }
    })()).rejects.toBe(failure);
    expect(read).toEqual(['sgr-1']);
  }
});

test('a stack is asked for once', async () => {
  const stacks = new MemoryStacks({ 'stack-1': { status: 'UPDATE_COMPLETE' } });
  const remembering = rememberingStacks(stacks);
  expect([await remembering.stack('stack-1'), await remembering.stack('stack-1')])
    .toEqual([{ status: 'UPDATE_COMPLETE' }, { status: 'UPDATE_COMPLETE' }]);
  expect(stacks.asked).toEqual(['stack-1']);
});

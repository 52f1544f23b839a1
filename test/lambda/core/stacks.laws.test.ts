/** Tests laws of sweeps during deployments, with random networks, stacks and changes. */
import * as fc from 'fast-check';
import type { Change } from '../../../lambda/core/model/change';
import type { SecurityGroup, SecurityGroupRule, Stack } from '../../../lambda/core/model/network';
import type { Configuration, DecodedConfiguration } from '../../../src/contract/configuration';
import { decodeConfiguration } from '../../../src/contract/decode';
import { arbitraryWorld, readable } from '../../support/arbitrary-world';
import { awsError } from '../../support/aws-error';
import { aControl, readDeclarations } from '../../support/builders';
import { MemoryLedger } from '../../support/memory-ledger';
import { MemoryNetwork } from '../../support/memory-network';
import type { World } from '../../support/oracle';
import { MemoryClock, MemoryStacks } from '../../support/recorders';
import { run } from '../../support/swept';

const STACK_IDS = ['stack-1', 'stack-2'];

type Scripted = Stack | Error | 'gone';

interface Deployments {
  /** The stack of each group; a group that is left out has none. */
  readonly stackOf: Readonly<Record<string, string>>;
  readonly stacks: Readonly<Record<string, Scripted>>;
  readonly changes: readonly Change[];
}

const scripted: fc.Arbitrary<Scripted> = fc.oneof(
  fc.constantFrom('UPDATE_IN_PROGRESS', 'REVIEW_IN_PROGRESS', 'UPDATE_COMPLETE', 'ROLLBACK_FAILED', 'DELETE_COMPLETE')
    .map(status => ({ status })),
  fc.constantFrom('AccessDenied', 'InternalFailure', 'Throttling').map(code => awsError(code)),
  fc.constant('gone' as const),
);

const groupIds = ['sg-1', 'sg-2', 'sg-3'];
const change: fc.Arbitrary<Change> = fc.record({
  eventName: fc.constant('AuthorizeSecurityGroupIngress'),
  groupIds: fc.subarray(groupIds),
  ruleIds: fc.subarray(['sgr-1', 'sgr-2', 'sgr-3']),
  isByCloudFormation: fc.boolean(),
});

const deployments: fc.Arbitrary<Deployments> = fc.record({
  stackOf: fc.dictionary(fc.constantFrom(...groupIds), fc.constantFrom(...STACK_IDS)),
  stacks: fc.record({ 'stack-1': scripted, 'stack-2': scripted }),
  changes: fc.array(change, { maxLength: 2 }),
});

/** Reads a configuration without a limit, even if a declaration flags nothing because all of it may stay. */
function decoding(configuration: Configuration): DecodedConfiguration {
  const parsed = JSON.parse(JSON.stringify(configuration)) as Configuration;
  const flaggedIngressRules = readDeclarations(parsed.flaggedIngressRules);
  const decoded = decodeConfiguration({ ...parsed, maxRevocationsPerSweep: 1000, flaggedIngressRules: [] });
  return { ...decoded, flaggedIngressRules };
}

const tagsOf = ({ groupId, tags }: SecurityGroup, { stackOf }: Pick<Deployments, 'stackOf'>): SecurityGroup['tags'] =>
  ({ ...tags, ...stackOf[groupId] !== undefined && { 'aws:cloudformation:stack-id': stackOf[groupId] } });

/** Returns the rules that a run has removed. */
async function removed(
  { configuration, rules, groups, stale, ledger = [], now, vpcIds, accountId }: World, under: Deployments,
  settings: Pick<DecodedConfiguration, 'changeTrigger'>,
): Promise<string[]> {
  const network = new MemoryNetwork({
    vpcs: vpcIds.map(vpcId => ({ vpcId })), rules, stale: Object.fromEntries(stale),
    groups: groups.map(group => ({ ...group, tags: tagsOf(group, under) })),
  });
  const stacks = Object.entries(under.stacks)
    .flatMap(([id, stack]) => stack === 'gone' ? [] : [[id, stack] as const]);
  const books = new MemoryLedger(ledger);
  books.controlEntry = aControl({
    allowance: { openedBy: 'sweep-0', openedAt: now.toISOString(), limit: 1000, used: 0 },
  });
  const { error } = await run({ ...decoding(configuration), ...settings }, network, {
    ledger: books, clock: new MemoryClock(now), accountId, changes: under.changes, trigger: 'change',
    stacks: new MemoryStacks(Object.fromEntries(stacks)),
  });
  expect(error).toBeUndefined();
  return rules.map(({ securityGroupRuleId }) => securityGroupRuleId).filter(id => !network.rules.has(id)).sort();
}

/** Whether CloudFormation may be about to change a rule, as far as a test knows. */
function isCloudFormations(
  { securityGroupRuleId, groupId }: SecurityGroupRule, { stackOf, stacks, changes }: Deployments,
): boolean {
  const stack = stackOf[groupId] === undefined ? 'gone' : stacks[stackOf[groupId]];
  const isChanging = stack instanceof Error || (stack !== 'gone' && /_IN_PROGRESS$/.test(stack.status));
  return isChanging || changes.some(({ isByCloudFormation, ruleIds, groupIds: named }) => isByCloudFormation
    && (ruleIds.includes(securityGroupRuleId) || (ruleIds.length === 0 && named.includes(groupId))));
}

const NOTHING: Deployments = { stackOf: {}, stacks: {}, changes: [] };
const worlds = arbitraryWorld.map(world => readable({
  ...world, endpoints: undefined, configuration: {
    ...world.configuration, functionNetwork: undefined,
  },
}));

/** Throttling leaves it open which of the other stacks are asked for. */
const isThrottled = ({ stacks }: Deployments): boolean =>
  Object.values(stacks).some(stack => stack instanceof Error && stack.name === 'Throttling');

test('a rule is revoked exactly if it is without deployments, and CloudFormation changes neither it nor its stack', async () => {
  await fc.assert(fc.asyncProperty(worlds, deployments, async (world, under) => {
    const [during, otherwise] = [
      await removed(world, under, { changeTrigger: 'cloudTrail' }), await removed(world, NOTHING, {}),
    ];
    const free = world.rules.filter(rule => !isCloudFormations(rule, under)).map(rule => rule.securityGroupRuleId);
    const expected = otherwise.filter(id => free.includes(id));
    if (isThrottled(under)) for (const id of during) expect(expected).toContain(id);
    else expect(during).toEqual(expected);
  }), { numRuns: 150 });
});

test('deployments make no difference if no changes trigger sweeps', async () => {
  await fc.assert(fc.asyncProperty(worlds, deployments, async (world, under) => {
    expect(await removed(world, under, {})).toEqual(await removed(world, NOTHING, {}));
  }), { numRuns: 100 });
});

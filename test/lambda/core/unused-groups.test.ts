/** Tests sweeps that look for unused security groups: what counts as one, when it is reported, and what it costs. */
import * as fc from 'fast-check';
import { isDenied } from '../../../lambda/core/errors';
import type { UnusedGroupEntry } from '../../../lambda/core/model/ledger';
import type { SecurityGroup } from '../../../lambda/core/model/network';
import type { Trigger } from '../../../lambda/core/model/scope';
import { readGroupUses } from '../../../lambda/core/observe/unused-groups';
import type { DecodedConfiguration } from '../../../src/contract/configuration';
import { GROUP_HOLDERS, type GroupHolderName } from '../../../src/contract/group-holders';
import { EventType, Metric } from '../../../src/contract/names';
import { awsError } from '../../support/aws-error';
import { aControl, aDecodedConfiguration, aGroup } from '../../support/builders';
import { MemoryGroupHolders, type ReadName } from '../../support/memory-group-holders';
import { MemoryLedger } from '../../support/memory-ledger';
import { MemoryNetwork } from '../../support/memory-network';
import { MemoryClock, MemoryEvents } from '../../support/recorders';
import { ACCOUNT, OTHER_ACCOUNT, run, START, type Swept } from '../../support/swept';

const DAY = 86_400;
const HOLDERS = Object.keys(GROUP_HOLDERS) as GroupHolderName[];
const READS: readonly ReadName[] = ['rules', 'associations', 'references', ...HOLDERS];

const asking = (afterSeconds = 0, sightings = 1): DecodedConfiguration =>
  aDecodedConfiguration({ unusedSecurityGroups: { afterSeconds, sightings } });

const group = (groupId: string, overrides: Partial<SecurityGroup> = {}): SecurityGroup =>
  aGroup({ groupId, groupName: `name of ${groupId}`, ...overrides });

/** An account whose groups are swept again and again. */
class Account {
  readonly clock = new MemoryClock(START);
  readonly events = new MemoryEvents();
  readonly holders = new MemoryGroupHolders();
  readonly network = new MemoryNetwork({
    vpcs: [{ vpcId: 'vpc-1', ownerId: ACCOUNT }, { vpcId: 'vpc-shared', ownerId: OTHER_ACCOUNT }],
  });
  private count = 0;

  constructor(groups: readonly SecurityGroup[], readonly ledger = new MemoryLedger()) {
    this.holders.groups = [...groups];
  }

  async sweep(
    configuration = asking(), { later = 0, trigger = 'schedule', scheduledTime, accountId = ACCOUNT }:
    { later?: number; trigger?: Trigger; scheduledTime?: string; accountId?: string } = {},
  ): Promise<Swept> {
    this.clock.advance(later * 1000);
    this.count += 1;
    const { network, ledger, clock, events, holders: groupHolders } = this;
    return run(configuration, network, {
      ledger, clock, events, groupHolders, trigger, scheduledTime, accountId, sweepId: `sweep-${this.count}`,
    });
  }

  entry(groupId: string): UnusedGroupEntry | undefined {
    return this.ledger.groups.get(groupId);
  }

  /** Returns what was sent since the last call. */
  sent(): string[] {
    return this.events.sent.splice(0).map(({ type, detail }) => `${type} ${String(detail.groupId)}`);
  }
}

/** Returns the groups that count as findings in the log. */
const found = ({ log }: Swept): unknown[] => log.ofEvent('UnusedGroup').filter(({ fields: { change } }) => change === undefined)
  .map(({ fields: { groupId } }) => groupId);

const OTHER_NAME = 'no group has this name';

describe('a security group', () => {
  it('that nothing uses is unused', async () => {
    const swept = await new Account([group('sg-1')]).sweep();
    expect(swept.error).toBeUndefined();
    expect(found(swept)).toEqual(['sg-1']);
    const counts = { UnusedSecurityGroups: 1, SecurityGroupsWithUnknownUse: 0, ScanErrors: 0 };
    expect(swept.metrics.aggregates).toMatchObject(counts);
  });

  it.each(HOLDERS)('is used if it is held by %s, whose id or name it names', async holder => {
    const account = new Account([group('sg-1'), group('sg-2')]);
    account.holders.heldIds.set(holder, ['sg-1']);
    account.holders.heldNames.set(holder, ['name of sg-2', OTHER_NAME]);
    const swept = await account.sweep();
    expect(found(swept)).toEqual([]);
    expect(account.ledger.groups.size).toBe(0);
    expect(swept.metrics.aggregates).toMatchObject({ UnusedSecurityGroups: 0, SecurityGroupsWithUnknownUse: 0 });
  });

  it.each<[why: string, use: (holders: MemoryGroupHolders) => unknown]>([
    ['a rule refers to it', ({ inRules }) => inRules.add('sg-1')],
    ['it is associated with a VPC', ({ associated }) => associated.add('sg-1')],
    ['a group of another VPC refers to it', ({ referenced }) => referenced.add('sg-1')],
    ['it is a default group', ({ groups }) => groups.splice(0, 1, group('sg-1', { groupName: 'default' }), group('sg-9', { groupName: 'default' }))],
    ['another account owns it', ({ groups }) => groups.splice(0, 1, group('sg-1', { ownerId: OTHER_ACCOUNT }), group('sg-9', { groupName: 'default' }))],
    ['its VPC is shared', ({ groups }) => groups.splice(0, 1, group('sg-1', { vpcId: 'vpc-shared' }))],
  ])('is never unused if %s', async (_, use) => {
    const account = new Account([group('sg-1')]);
    use(account.holders);
    const swept = await account.sweep();
    expect(found(swept)).toEqual([]);
    expect(swept.metrics.aggregates).toMatchObject({ UnusedSecurityGroups: 0, SecurityGroupsWithUnknownUse: 0 });
  });

  it('out of scope is not looked at, but its rules count', async () => {
    const account = new Account([group('sg-1', { vpcId: 'vpc-2' }), group('sg-2')]);
    account.holders.inRules.add('sg-2');
    const swept = await account.sweep({ ...asking(), vpcIds: ['vpc-1'] });
    expect(found(swept)).toEqual([]);
    expect(swept.metrics.aggregates).toMatchObject({ UnusedSecurityGroups: 0, SecurityGroupsWithUnknownUse: 0 });
  });

  it.each<[what: string, doubt: (account: Account) => { accountId?: string } | undefined]>([
    ['the account of the function', () => ({ accountId: OTHER_ACCOUNT })],
    ['the owner of the group', ({ holders }) => void holders.groups.push(group('sg-2', { ownerId: undefined }))],
    ['the owner of its VPC', ({ holders }) => void holders.groups.push(group('sg-2', { vpcId: 'vpc-unknown' }))],
  ])('is unknown if it is not known: %s', async (_, doubt) => {
    const account = new Account([]);
    account.holders.groups.push(group('sg-1'));
    account.holders.inRules.add('sg-1');
    const other = doubt(account);
    if (other) account.holders.inRules.clear();
    const swept = await account.sweep(asking(), other);
    expect(found(swept)).toEqual([]);
    expect(swept.metrics.aggregates).toMatchObject({ SecurityGroupsWithUnknownUse: 1 });
    expect(swept.metrics.aggregates).not.toHaveProperty(Metric.UNUSED_SECURITY_GROUPS);
  });
});

describe('a check that fails', () => {
  const DENIED = awsError('AccessDeniedException');

  it.each(READS)('makes unknown what no other check found in use: %s', async name => {
    const account = new Account([group('sg-1'), group('sg-2'), group('sg-3')]);
    account.holders.inRules.add('sg-2');
    account.holders.heldIds.set('lambdaFunctions', ['sg-2']);
    account.holders.failing.set(name, DENIED);
    const swept = await account.sweep();
    expect(swept.error).toBeUndefined();
    expect(found(swept)).toEqual([]);
    expect(account.ledger.groups.size).toBe(0);
    expect(account.sent()).toEqual([]);
    expect(swept.metrics.aggregates).toMatchObject({ SecurityGroupsWithUnknownUse: 2, ScanErrors: 1, Sweeps: 1 });
    expect(swept.metrics.aggregates).not.toHaveProperty(Metric.UNUSED_SECURITY_GROUPS);
  });

  it('is a scan error that names the check, and makes nothing else doubtful', async () => {
    const account = new Account([group('sg-1')]);
    account.holders.failing.set('codeBuildProjects', DENIED);
    const { result } = await account.sweep();
    expect(result?.observation.errors).toMatchObject([{
      doing: 'looking for the use of security groups by CodeBuild projects', isOnlyDeciding: true,
      error: { code: 'AccessDeniedException' },
    }]);
    expect(result?.observation.errors.every(({ error }) => isDenied(error))).toBe(true);
  });

  it.each(['groups', 'rules'] as const)('leaves out what it does not know: %s', async name => {
    const account = new Account([group('sg-1')]);
    await account.sweep();
    account.sent();
    account.holders.failing.set(name, DENIED);
    const swept = await account.sweep(asking(), { later: DAY });
    expect(account.entry('sg-1')).toMatchObject({ state: 'OPEN' });
    expect(account.sent()).toEqual([]);
    expect(swept.metrics.aggregates).not.toHaveProperty(Metric.UNUSED_SECURITY_GROUPS);
    expect(Object.hasOwn(swept.metrics.aggregates, Metric.SECURITY_GROUPS_WITH_UNKNOWN_USE)).toBe(name === 'rules');
  });

  it('does not ask about the references of fewer groups if the call itself is denied', async () => {
    const account = new Account(Array.from({ length: 90 }, (_, index) => group(`sg-${index}`)));
    account.holders.failing.set('references', DENIED);
    const swept = await account.sweep();
    expect(found(swept)).toEqual([]);
    expect(account.holders.calls.filter(call => call === 'references')).toHaveLength(1);
    expect(swept.metrics.aggregates).toMatchObject({ SecurityGroupsWithUnknownUse: 90, ScanErrors: 1 });
  });

  it('lets the references of other groups be read', async () => {
    const account = new Account([group('sg-1'), group('sg-2')]);
    account.holders.groupsReferenced = async ids => {
      if (ids.includes('sg-1')) throw awsError('InvalidGroup.NotFound');
      return new Set();
    };
    const swept = await account.sweep();
    expect(found(swept)).toEqual(['sg-2']);
    expect(swept.metrics.aggregates).toMatchObject({ SecurityGroupsWithUnknownUse: 1 });
  });

  it('that could not be loaded makes nothing unused, and throws nothing', async () => {
    const groupHolders = (): Promise<never> => Promise.reject(new Error('no such file'));
    await expect(readGroupUses(asking(), { network: new MemoryNetwork(), groupHolders })).resolves.toMatchObject({
      groups: new Map(), isListWhole: false, errors: [{ isOnlyDeciding: true, error: { message: 'no such file' } }],
    });
  });

  it('fails a sweep that looks for nothing else only if the groups cannot be listed', async () => {
    const account = new Account([group('sg-1')]);
    account.holders.failing.set('eksClusters', DENIED);
    expect((await account.sweep()).error).toBeUndefined();
    account.holders.failing.set('groups', DENIED);
    expect((await account.sweep()).error).toMatchObject({ message: expect.stringContaining('could look at nothing') as string });
  });
});

it('asks about references last, and only for groups that all else found unused', async () => {
  const account = new Account([group('sg-1'), group('sg-2')]);
  account.holders.inRules.add('sg-1');
  const asked: string[] = [];
  account.holders.groupsReferenced = async ids => {
    asked.push(...ids);
    return new Set();
  };
  await account.sweep();
  expect(asked).toEqual(['sg-2']);
  account.holders.failing.set('rdsInstances', awsError('AccessDenied'));
  await account.sweep();
  expect(asked).toEqual(['sg-2']);
});

it('lists the groups before it reads what uses them', async () => {
  const account = new Account([group('sg-1')]);
  const { holders } = account;
  const securityGroups = holders.securityGroups.bind(holders);
  holders.securityGroups = async () => {
    await new Promise(setImmediate);
    return securityGroups();
  };
  await account.sweep();
  expect(holders.calls[0]).toBe('groups');
});

it('a sweep that fails leaves no search behind', async () => {
  const account = new Account([group('sg-1')]);
  const { holders } = account;
  let isOver = false;
  holders.groupsReferenced = async () => {
    await new Promise(setImmediate);
    isOver = true;
    return new Set();
  };
  let readings = 0;
  const failure = new Error('the clock has stopped');
  jest.spyOn(account.clock, 'now').mockImplementation(() => {
    readings += 1;
    if (readings > 2) throw failure;
    return START;
  });
  expect((await account.sweep()).error).toBe(failure);
  expect(isOver).toBe(true);
});

describe('a sweep that is not asked', () => {
  it('reads nothing, and publishes nothing', async () => {
    const account = new Account([group('sg-1')]);
    const { metrics } = await account.sweep(aDecodedConfiguration({ staleRules: 'report' }));
    expect(account.holders.calls).toEqual([]);
    expect(metrics.aggregates).not.toHaveProperty(Metric.UNUSED_SECURITY_GROUPS);
    expect(metrics.aggregates).not.toHaveProperty(Metric.SECURITY_GROUPS_WITH_UNKNOWN_USE);
  });

  it('reads nothing for a run over some groups', async () => {
    const account = new Account([group('sg-1')]);
    const { network, ledger, holders: groupHolders } = account;
    await run(asking(), network, { ledger, groupHolders, scope: { kind: 'groups', groupIds: ['sg-1'] } });
    expect(groupHolders.calls).toEqual([]);
  });

  it('lets findings go at the next sweep of everything, whatever starts it, and reads none of them later', async () => {
    const account = new Account([group('sg-1')]);
    await account.sweep();
    account.sent();
    const reads = jest.spyOn(account.ledger, 'unusedGroups');
    const ignoring = aDecodedConfiguration({ staleRules: 'report' });
    account.ledger.on('putUnusedGroup', { call: 2, throws: awsError('ProvisionedThroughputExceededException') });
    await account.sweep(ignoring);
    expect([account.sent(), account.ledger.sweep?.groupUse]).toEqual([[], 'left']);
    await account.sweep(ignoring);
    expect(account.sent()).toEqual([`${EventType.UNUSED_SECURITY_GROUP_RESOLVED} sg-1`]);
    expect(account.entry('sg-1')).toMatchObject({ state: 'HEALED' });
    expect(account.ledger.sweep?.groupUse).toBeUndefined();
    reads.mockClear();
    await account.sweep(ignoring);
    expect(reads).not.toHaveBeenCalled();
  });

  it('lets findings go at the deployment that stops asking', async () => {
    const account = new Account([group('sg-1')]);
    await account.sweep();
    expect(account.sent()).toEqual([`${EventType.UNUSED_SECURITY_GROUP_FOUND} sg-1`]);
    await account.sweep(aDecodedConfiguration({ staleRules: 'report' }), { trigger: 'deployment' });
    expect(account.sent()).toEqual([`${EventType.UNUSED_SECURITY_GROUP_RESOLVED} sg-1`]);
    expect(account.entry('sg-1')).toMatchObject({ state: 'HEALED', expiresAt: expect.any(Number) as number });
  });
});

describe('the wait', () => {
  it('counts only scheduled sweeps', async () => {
    const account = new Account([group('sg-1')]);
    for (const trigger of ['deployment', 'request', 'change'] as const) {
      expect(found(await account.sweep(asking(0, 1), { trigger }))).toEqual([]);
    }
    expect(account.entry('sg-1')).toMatchObject({ sightings: 0 });
    expect(found(await account.sweep(asking(0, 1)))).toEqual(['sg-1']);
  });

  it('counts a delivery of the schedule that comes twice once', async () => {
    const account = new Account([group('sg-1')]);
    const scheduledTime = START.toISOString();
    await account.sweep(asking(0, 2), { scheduledTime });
    expect(found(await account.sweep(asking(0, 2), { later: 60, scheduledTime }))).toEqual([]);
    expect(account.entry('sg-1')).toMatchObject({ sightings: 1 });
  });

  it('neither advances nor starts over while something cannot be looked at', async () => {
    const account = new Account([group('sg-1')]);
    await account.sweep(asking(2 * DAY, 2));
    account.holders.failing.set('eksClusters', awsError('AccessDenied'));
    expect(found(await account.sweep(asking(2 * DAY, 2), { later: 3 * DAY }))).toEqual([]);
    expect(account.entry('sg-1')).toMatchObject({ sightings: 1, since: START.toISOString(), notLookedAt: ['EKS clusters'] });
    account.holders.failing.clear();
    expect(found(await account.sweep(asking(2 * DAY, 2), { later: 1 }))).toEqual(['sg-1']);
    expect(account.entry('sg-1')?.notLookedAt).toBeUndefined();
  });

  it('starts over once the group is used', async () => {
    const account = new Account([group('sg-1')]);
    await account.sweep(asking(DAY, 1));
    account.holders.heldIds.set('lambdaFunctions', ['sg-1']);
    await account.sweep(asking(DAY, 1), { later: 2 * DAY });
    expect(account.entry('sg-1')).toMatchObject({ state: 'HEALED', usedBy: 'Lambda functions' });
    expect(account.sent()).toEqual([]);
    account.holders.heldIds.clear();
    expect(found(await account.sweep(asking(DAY, 1), { later: DAY }))).toEqual([]);
    expect(account.entry('sg-1')).toMatchObject({ state: 'OPEN', sightings: 1 });
    expect(account.entry('sg-1')?.expiresAt).toBeUndefined();
    expect(found(await account.sweep(asking(DAY, 1), { later: DAY }))).toEqual(['sg-1']);
  });

  it('is not written by each sweep once there are enough sightings', async () => {
    const account = new Account([group('sg-1')]);
    for (let count = 0; count < 3; count++) await account.sweep(asking(30 * DAY, 2), { later: 60 });
    const { revision } = account.entry('sg-1') ?? {};
    await account.sweep(asking(30 * DAY, 2), { later: 60 });
    expect(account.entry('sg-1')).toMatchObject({ sightings: 2, revision: 2 });
    expect(revision).toBe(2);
  });

  it('is not advanced by a clock that was ahead', async () => {
    const account = new Account([group('sg-1')]);
    account.clock.advance(10 * DAY * 1000);
    await account.sweep(asking(DAY, 1));
    account.clock.advance(-10 * DAY * 1000);
    await account.sweep(asking(DAY, 1));
    expect(account.entry('sg-1')).toMatchObject({ since: START.toISOString(), sightings: 1 });
  });
});

describe('a finding', () => {
  it('is told once, and not written again while nothing changes', async () => {
    const account = new Account([group('sg-1', { tags: { 'aws:cloudformation:stack-name': 'shop' } })]);
    await account.sweep();
    expect(account.sent()).toEqual([`${EventType.UNUSED_SECURITY_GROUP_FOUND} sg-1`]);
    const { revision } = account.entry('sg-1') ?? {};
    const swept = await account.sweep(asking(), { later: DAY });
    expect(found(swept)).toEqual(['sg-1']);
    expect(account.sent()).toEqual([]);
    expect(account.entry('sg-1')).toMatchObject({ revision, stackName: 'shop', vpcId: 'vpc-1' });
  });

  it('stays one while something cannot be looked at, and says what', async () => {
    const account = new Account([group('sg-1')]);
    await account.sweep();
    account.sent();
    account.holders.failing.set('batchComputeEnvironments', awsError('AccessDenied'));
    const { log, metrics } = await account.sweep(asking(), { later: DAY });
    expect(account.sent()).toEqual([]);
    expect(log.ofEvent('UnusedGroup')).toMatchObject([
      { fields: { groupId: 'sg-1', couldNotLookAt: ['Batch compute environments'] } },
    ]);
    expect(metrics.aggregates).toMatchObject({ SecurityGroupsWithUnknownUse: 1 });
  });

  it.each([
    ['a longer time', asking(3 * DAY, 1)],
    ['more sightings', asking(0, 3)],
  ])('is taken back if the configuration now asks for %s, and reported again after it', async (_, longer) => {
    const account = new Account([group('sg-1')]);
    await account.sweep();
    account.sent();
    expect(found(await account.sweep(longer, { later: DAY, trigger: 'deployment' }))).toEqual([]);
    expect(account.sent()).toEqual([`${EventType.UNUSED_SECURITY_GROUP_RESOLVED} sg-1`]);
    expect(account.entry('sg-1')).toMatchObject({ state: 'OPEN', since: START.toISOString(), sightings: 1 });
    expect(account.entry('sg-1')?.reportedAt).toBeUndefined();
    expect(found(await account.sweep(longer, { later: DAY }))).toEqual([]);
    expect(account.sent()).toEqual([]);
    expect(found(await account.sweep(longer, { later: DAY }))).toEqual(['sg-1']);
    expect(account.sent()).toEqual([`${EventType.UNUSED_SECURITY_GROUP_FOUND} sg-1`]);
  });

  it('is in doubt while the groups cannot be listed', async () => {
    const account = new Account([group('sg-1')]);
    await account.sweep();
    account.sent();
    account.holders.failing.set('groups', awsError('AccessDenied'));
    const { log } = await account.sweep(asking(), { later: DAY });
    expect(account.sent()).toEqual([]);
    expect(log.ofEvent('UnusedGroup')).toMatchObject([{ fields: { couldNotLookAt: ['security groups'] } }]);
    account.holders.failing.clear();
    await account.sweep(asking(), { later: DAY });
    expect(account.entry('sg-1')?.notLookedAt).toBeUndefined();
  });

  it('is resolved once the group is used, and says by what', async () => {
    const account = new Account([group('sg-1')]);
    await account.sweep();
    account.sent();
    account.holders.inRules.add('sg-1');
    const { log } = await account.sweep(asking(), { later: DAY });
    expect(account.sent()).toEqual([`${EventType.UNUSED_SECURITY_GROUP_RESOLVED} sg-1`]);
    expect(log.ofEvent('UnusedGroup')).toMatchObject([
      { fields: { change: 'HEALED', usedBy: 'a security group rule that refers to it' } },
    ]);
  });

  it('is resolved once the group is gone, unless the list is not whole or the ledger cannot be trusted', async () => {
    const account = new Account([group('sg-1')]);
    await account.sweep();
    account.sent();
    account.holders.groups = [];
    account.holders.failing.set('groups', awsError('AccessDenied'));
    await account.sweep();
    expect(account.entry('sg-1')).toMatchObject({ state: 'OPEN' });
    account.holders.failing.clear();
    account.ledger.controlEntry = aControl({ table: 'another' });
    await account.sweep();
    expect(account.sent()).toEqual([]);
    account.ledger.controlEntry = aControl();
    await account.sweep();
    expect(account.sent()).toEqual([`${EventType.UNUSED_SECURITY_GROUP_RESOLVED} sg-1`]);
    expect(account.entry('sg-1')?.usedBy).toBeUndefined();
  });

  it('whose item cannot be read is an error of its own, and left alone', async () => {
    const account = new Account([group('sg-1'), group('sg-2')]);
    account.ledger.unreadable.push({ id: 'sg-1', message: 'the item cannot be read' });
    const swept = await account.sweep();
    expect(found(swept)).toEqual(['sg-2']);
    expect(account.entry('sg-1')).toBeUndefined();
    expect(swept.metrics.aggregates).toMatchObject({ ScanErrors: 1 });
  });

  it('is told by one of two sweeps that see the same', async () => {
    const account = new Account([group('sg-1')]);
    await Promise.all([account.sweep(), account.sweep()]);
    expect(account.sent()).toEqual([`${EventType.UNUSED_SECURITY_GROUP_FOUND} sg-1`]);
  });

  it('is not counted if the ledger fails', async () => {
    const account = new Account([group('sg-1')]);
    account.ledger.on('putUnusedGroup', { throws: awsError('ProvisionedThroughputExceededException') });
    const swept = await account.sweep();
    expect(swept.metrics.aggregates).not.toHaveProperty(Metric.UNUSED_SECURITY_GROUPS);
    expect(swept.metrics.aggregates).toMatchObject({ ScanErrors: 1 });
    expect(account.sent()).toEqual([]);
  });
});

describe('laws', () => {
  const ids = Array.from({ length: 6 }, (_, index) => `sg-${index}`);
  const some = fc.subarray(ids);
  const held = fc.dictionary(fc.constantFrom(...HOLDERS), some, { maxKeys: 5 });

  it('a group that anything holds is never unused, and a check that fails makes none unused', async () => {
    await fc.assert(fc.asyncProperty(
      held, some, some, some, fc.subarray([...READS], { maxLength: 2 }),
      async (byHolder, inRules, associated, referenced, failing) => {
        const account = new Account(ids.map(id => group(id)));
        const { holders } = account;
        for (const [holder, groupIds] of Object.entries(byHolder)) {
          holders.heldIds.set(holder as GroupHolderName, groupIds);
        }
        for (const id of inRules) holders.inRules.add(id);
        for (const id of associated) holders.associated.add(id);
        for (const id of referenced) holders.referenced.add(id);
        for (const name of failing) holders.failing.set(name, awsError('AccessDenied'));
        const usedAtFirst = new Set([...Object.values(byHolder).flat(), ...inRules, ...associated]);
        const used = new Set([...usedAtFirst, ...referenced]);
        const isAnyoneAsked = ids.some(id => !usedAtFirst.has(id));
        const hasFailed = failing.some(name => name !== 'references' || isAnyoneAsked);
        expect(found(await account.sweep())).toEqual(hasFailed ? [] : ids.filter(id => !used.has(id)));
      },
    ));
  });

  it('a group is a finding exactly after the time and the sightings since it was last used', async () => {
    const step = fc.record({
      later: fc.integer({ min: 0, max: 3 }), use: fc.constantFrom('used', 'unused', 'unused', 'unknown'),
      trigger: fc.constantFrom<Trigger>('schedule', 'schedule', 'request'),
    });
    await fc.assert(fc.asyncProperty(
      fc.array(step, { maxLength: 12 }), fc.integer({ min: 0, max: 4 }), fc.integer({ min: 1, max: 4 }),
      async (steps, days, sightings) => {
        const account = new Account([group('sg-1')]);
        let [now, since, seen, isReported] = [0, NaN, 0, false];
        for (const { later, use, trigger } of steps) {
          now += later;
          account.holders.heldIds.clear();
          account.holders.failing.clear();
          if (use === 'used') account.holders.heldIds.set('ecsServices', ['sg-1']);
          if (use === 'unknown') account.holders.failing.set('ecsServices', awsError('AccessDenied'));
          if (use === 'used') [since, seen, isReported] = [NaN, 0, false];
          if (use === 'unused') {
            since = Number.isNaN(since) ? now : since;
            seen += trigger === 'schedule' ? 1 : 0;
            isReported ||= seen >= sightings && now - since >= days;
          }
          const swept = await account.sweep(asking(days * DAY, sightings), { later: later * DAY, trigger });
          expect(found(swept)).toEqual(isReported ? ['sg-1'] : []);
        }
      },
    ));
  });
});

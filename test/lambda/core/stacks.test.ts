/** Tests what a run does with rules while CloudFormation changes them or the stacks of their groups. */
import { StackStatus } from '@aws-sdk/client-cloudformation';
import { prospect } from '../../../lambda/core/decide/prospect';
import type { Change } from '../../../lambda/core/model/change';
import type { SecurityGroup, Stack } from '../../../lambda/core/model/network';
import type { DecodedConfiguration } from '../../../src/contract/configuration';
import { awsError } from '../../support/aws-error';
import { aControl, aDecodedConfiguration, aGrace, aGroup, aRuleFromAnywhere, DEPLOYED } from '../../support/builders';
import { violations } from '../../support/event-schemas';
import { MemoryLedger } from '../../support/memory-ledger';
import { MemoryNetwork } from '../../support/memory-network';
import { aControlEntry } from '../../support/pauses';
import { MemoryClock, MemoryStacks } from '../../support/recorders';
import { type Circumstances, run, sshFlagged, START, type Swept } from '../../support/swept';

const idOf = (name: string): string => `arn:aws:cloudformation:eu-central-1:111122223333:stack/${name}/0123`;
const APP = idOf('App');
const IN_PROGRESS: Stack = { status: 'UPDATE_IN_PROGRESS', since: '2025-12-31T23:50:00.000Z' };
const COMPLETE: Stack = { status: 'UPDATE_COMPLETE', since: '2025-12-31T23:50:00.000Z' };
const HOUR = 3_600_000;

const UNTRIGGERED = aDecodedConfiguration({ flaggedIngressRules: [sshFlagged()] });
const REVOKING: DecodedConfiguration = { ...UNTRIGGERED, changeTrigger: 'cloudTrail' };

const tagged = (stackId?: string): SecurityGroup['tags'] =>
  stackId === undefined ? {} : { 'aws:cloudformation:stack-id': stackId, 'aws:cloudformation:stack-name': 'App' };

/** Groups `sg-1`, `sg-2` and so on, each with one flagged rule and its stack. */
function aNetwork(...stackIds: ReadonlyArray<string | undefined>): MemoryNetwork {
  return new MemoryNetwork({
    vpcs: [{ vpcId: 'vpc-1' }],
    groups: stackIds.map((stackId, index) => aGroup({ groupId: `sg-${index + 1}`, tags: tagged(stackId) })),
    rules: stackIds.map((_, index) =>
      aRuleFromAnywhere({ securityGroupRuleId: `sgr-${index + 1}`, groupId: `sg-${index + 1}` })),
  });
}

const change = (overrides: Partial<Change> = {}): Change => ({
  eventName: 'AuthorizeSecurityGroupIngress', groupIds: ['sg-1'], ruleIds: ['sgr-1'], isByCloudFormation: true,
  ...overrides,
});

/** The ledger after a scheduled sweep that has opened an allowance. */
const opened = (): MemoryLedger => ledgerWith(aControl({
  allowance: { openedBy: 'sweep-0', openedAt: START.toISOString(), limit: 1000, used: 0 },
}));

/** The circumstances of a run that changes of groups have triggered. */
const ofChange = (changes: readonly Change[], ...groupIds: string[]): Circumstances =>
  ({ trigger: 'change', scope: { kind: 'groups', groupIds }, changes, ledger: opened() });

const left = ({ network }: Swept): string[] => [...network.rules.keys()];
const reasons = ({ result }: Swept): unknown[] =>
  result?.plan.keep.map(({ rule, reason }) => [rule?.securityGroupRuleId, reason]) ?? [];
const scanErrors = ({ result }: Swept): unknown[] => [...result?.observation.errors ?? []];

/** Runs with one group of the stack `App`. */
const runWith = (stack: Stack | Error | undefined, circumstances: Circumstances = {}): Promise<Swept> =>
  run(REVOKING, aNetwork(APP), { stacks: new MemoryStacks(stack && { [APP]: stack }), ...circumstances });

describe('a rule of a group of a stack', () => {
  test.each(Object.values(StackStatus))('is kept exactly while CloudFormation changes the stack: %s', async status => {
    const swept = await runWith({ status });
    const isChanging = status.endsWith('_IN_PROGRESS');
    expect(left(swept)).toEqual(isChanging ? ['sgr-1'] : []);
    expect(reasons(swept)).toEqual(isChanging ? [['sgr-1', 'STACK_IN_PROGRESS']] : []);
    expect(swept.ledger.entries.get('sgr-1')?.keepReason).toBe(isChanging ? 'STACK_IN_PROGRESS' : undefined);
    expect([scanErrors(swept), swept.result?.withheld]).toEqual([[], []]);
  });

  test.each(['schedule', 'deployment', 'request', 'change'] as const)(
    'is kept by every run while CloudFormation changes the stack: %s', async trigger => {
      const scope = trigger === 'change' ? { kind: 'groups', groupIds: ['sg-1'] } as const : undefined;
      const swept = await runWith(IN_PROGRESS, { trigger, scope, ledger: opened() });
      expect(left(swept)).toEqual(['sgr-1']);
      expect(reasons(swept)).toEqual([['sgr-1', 'STACK_IN_PROGRESS']]);
    });

  test('is revoked if the stack does not exist any more', async () => {
    const swept = await runWith(undefined);
    expect(left(swept)).toEqual([]);
    expect(scanErrors(swept)).toEqual([]);
  });

  test.each(['AccessDenied', 'Throttling', 'TimeoutError', 'InternalFailure', 'UnusableAnswer', 'ValidationError'])(
    'is kept, and that is a scan error, if the stack cannot be read: %s', async code => {
      const swept = await runWith(awsError(code));
      expect(left(swept)).toEqual(['sgr-1']);
      expect(reasons(swept)).toEqual([['sgr-1', 'STACK_UNREAD']]);
      expect(scanErrors(swept)).toMatchObject([{ error: { code } }]);
      expect(swept.metrics.aggregates.ScanErrors).toBe(1);
      expect(swept.error).toBeUndefined();
    });

  test('counts towards the limit if the stack cannot be read, and not while CloudFormation changes it', async () => {
    const stacks = (first: Stack | Error) => new MemoryStacks({ [APP]: first, [idOf('Db')]: COMPLETE });
    const configuration = { ...REVOKING, maxRevocationsPerSweep: 1 };
    const network = () => aNetwork(APP, idOf('Db'));
    const unread = await run(configuration, network(), { stacks: stacks(awsError('InternalFailure')) });
    expect(reasons(unread)).toEqual([['sgr-1', 'STACK_UNREAD'], ['sgr-2', 'OVER_LIMIT']]);
    const changing = await run(configuration, network(), { stacks: stacks(IN_PROGRESS) });
    expect(left(changing)).toEqual(['sgr-1']);
  });

  test('is revoked by the next scheduled sweep, once CloudFormation is done', async () => {
    const [network, ledger, clock] = [aNetwork(APP), new MemoryLedger(), new MemoryClock(START)];
    const sweep = (sweepId: string, stack: Stack): Promise<Swept> =>
      run(REVOKING, network, { ledger, clock, sweepId, stacks: new MemoryStacks({ [APP]: stack }) });
    await sweep('sweep-1', IN_PROGRESS);
    clock.advance(HOUR);
    await sweep('sweep-2', IN_PROGRESS);
    expect(network.idsOf('revokeIngress')).toEqual([]);
    clock.advance(HOUR);
    await sweep('sweep-3', COMPLETE);
    expect(network.rules.size).toBe(0);
    expect(ledger.entries.get('sgr-1')).toMatchObject({ state: 'REVOKED', outcome: { sweepId: 'sweep-3' } });
  });

  test('is told in the table to be asked about again', async () => {
    const { ledger } = await runWith(IN_PROGRESS);
    const entry = ledger.entries.get('sgr-1');
    const about = { sweep: ledger.sweep, candidates: 1, now: START, time: String };
    expect(entry && prospect(entry, about)).toEqual({
      kind: 'wait', notBefore: 0,
      sentence: 'Kept for now: CloudFormation is changing it or its stack App; the next scheduled sweep asks again',
    });
  });

  test('does not keep a rule of another group', async () => {
    const stacks = new MemoryStacks({ [APP]: IN_PROGRESS, [idOf('Db')]: awsError('InternalFailure') });
    const swept = await run(REVOKING, aNetwork(APP, undefined, idOf('Db'), idOf('Gone')), { stacks });
    expect(left(swept)).toEqual(['sgr-1', 'sgr-3']);
  });
});

describe('a stack is asked for', () => {
  test('once a run, however many groups it has', async () => {
    const stacks = new MemoryStacks({ [APP]: COMPLETE });
    const swept = await run(REVOKING, aNetwork(...Array<string>(100).fill(APP)), { stacks });
    expect(stacks.asked).toEqual([APP]);
    expect(left(swept)).toEqual([]);
  });

  const exempt = { 'network-hygiene:exempt': '' };
  const reporting = aDecodedConfiguration({ staleRules: 'report', changeTrigger: 'cloudTrail' });

  test.each<[why: string, configuration: DecodedConfiguration, ledger?: MemoryLedger]>([
    ['no changes trigger sweeps', UNTRIGGERED],
    ['this is a dry run', { ...REVOKING, dryRun: true }],
    ['enabled is false', { ...REVOKING, enabled: false }],
    ['rules are only reported', reporting],
    ['the group is exempt by its property', { ...REVOKING, exemptSecurityGroupIds: ['sg-1'] }],
    ['revoking is paused', REVOKING, ledgerWith(aControlEntry())],
    ['the configuration settles', { ...REVOKING, settleSeconds: 3600 }, ledgerWith(aControl({
      configuration: { ...DEPLOYED, since: START.toISOString() },
    }))],
    ['the ledger is not trusted', REVOKING, ledgerWith(aControl({ table: 'another' }))],
  ])('not if %s', async (_, configuration, ledger = new MemoryLedger()) => {
    const stacks = new MemoryStacks({ [APP]: awsError('AccessDenied') });
    const swept = await run(configuration, aNetwork(APP), { stacks, ledger });
    expect(stacks.asked).toEqual([]);
    expect(scanErrors(swept)).toEqual([]);
    expect(swept.result?.plan.keep.filter(({ reason }) => reason.startsWith('STACK'))).toEqual([]);
  });

  test.each<[why: string, network: MemoryNetwork]>([
    ['the group is exempt by its tag', networkWith({ tags: { ...tagged(APP), ...exempt } })],
    ['the rule is exempt by its tag', networkWith({}, { tags: exempt })],
    ['the group is of no stack', aNetwork(undefined)],
    ['the rule is an egress rule', networkWith({}, { isEgress: true })],
    ['no rule is found', networkWith({}, { fromPort: 443, toPort: 443 })],
  ])('not if %s', async (_, network) => {
    const stacks = new MemoryStacks();
    await run(REVOKING, network, { stacks });
    expect(stacks.asked).toEqual([]);
  });

  test('also if the wait of the rule is not over, or the ledger does not know it', async () => {
    const action = { kind: 'revoke', grace: aGrace() } as const;
    const stacks = new MemoryStacks({ [APP]: IN_PROGRESS });
    const configuration = { ...REVOKING, flaggedIngressRules: [{ ...sshFlagged(), action }] };
    expect(reasons(await run(configuration, aNetwork(APP), { stacks }))).toEqual([['sgr-1', 'WITHIN_GRACE']]);
    expect(stacks.asked).toEqual([APP]);
  });
});

describe('a rule that CloudFormation has changed', () => {
  test.each<[string, Change]>([
    ['by its id', change()],
    ['by its group', change({ ruleIds: [] })],
  ])('is kept by the run, %s, although its group is of no stack; the next scheduled sweep revokes it', async (_, by) => {
    const [network, ledger] = [aNetwork(undefined), opened()];
    const swept = await run(REVOKING, network, { ...ofChange([by], 'sg-1'), ledger });
    expect(left(swept)).toEqual(['sgr-1']);
    expect(reasons(swept)).toEqual([['sgr-1', 'STACK_IN_PROGRESS']]);
    expect(swept.result?.withheld).toEqual([]);
    const clock = new MemoryClock(new Date(START.getTime() + HOUR));
    expect(left(await run(REVOKING, network, { ledger, clock, sweepId: 'sweep-2' }))).toEqual([]);
  });

  test('is kept although its stack is complete, or does not exist any more', async () => {
    for (const stack of [COMPLETE, undefined]) {
      expect(left(await runWith(stack, ofChange([change()], 'sg-1')))).toEqual(['sgr-1']);
    }
  });

  test('does not keep others: of another group, or of the same group if the event names rules', async () => {
    const network = aNetwork(undefined, undefined);
    network.rules.set('sgr-3', aRuleFromAnywhere({ securityGroupRuleId: 'sgr-3', ipProtocol: '6' }));
    const byId = await run(REVOKING, network, ofChange([change()], 'sg-1', 'sg-2'));
    expect(left(byId)).toEqual(['sgr-1']);
    const byGroup = await run(REVOKING, aNetwork(undefined, undefined), ofChange([change({ ruleIds: [] })], 'sg-1', 'sg-2'));
    expect(left(byGroup)).toEqual(['sgr-1']);
  });

  test('is kept although someone else has changed it, too', async () => {
    const others = [change({ isByCloudFormation: false }), change(), change({ isByCloudFormation: false })];
    expect(left(await run(REVOKING, aNetwork(undefined), ofChange(others, 'sg-1')))).toEqual(['sgr-1']);
  });

  test('is revoked at once if only others have changed it', async () => {
    const by = change({ isByCloudFormation: false, tool: 'Terraform' });
    expect(left(await run(REVOKING, aNetwork(undefined), ofChange([by], 'sg-1')))).toEqual([]);
  });
});

describe('a stack that takes long', () => {
  const since = (hours: number, millis = 0): Stack =>
    ({ status: 'UPDATE_ROLLBACK_IN_PROGRESS', since: new Date(START.getTime() - hours * HOUR - millis).toISOString() });

  test('is told after six hours, once, and counts in RevocationsWithheld at each sweep', async () => {
    const [ledger, clock, network] = [new MemoryLedger(), new MemoryClock(START), aNetwork(APP, APP)];
    const stacks = new MemoryStacks({ [APP]: since(6, 1) });
    const first = await run(REVOKING, network, { ledger, clock, stacks });
    expect(left(first)).toEqual(['sgr-1', 'sgr-2']);
    expect(first.metrics.aggregates.RevocationsWithheld).toBe(2);
    const events = first.events.ofType('Revocation Withheld');
    expect(events).toMatchObject([{
      detail: {
        reason: 'STACK_IN_PROGRESS', count: 2,
        stacks: [{ stackId: APP, status: 'UPDATE_ROLLBACK_IN_PROGRESS', since: since(6, 1).since }],
        message: 'Withheld 2 revocations, because CloudFormation has been changing the stack App since '
        + '2025-12-31T17:59:59.999Z, for longer than 6 hours. Find what it waits for, and let the operation end. '
        + 'The next scheduled sweep after that revokes them',
      },
    }]);
    for (const { type, detail } of events) {
      const sent = { 'source': 'cdk-network-hygiene', 'detail-type': type, 'detail': JSON.parse(JSON.stringify(detail)) as unknown };
      expect(violations(sent)).toEqual([]);
    }
    clock.advance(HOUR);
    const second = await run(REVOKING, network, { ledger, clock, stacks, sweepId: 'sweep-2' });
    expect(second.events.ofType('Revocation Withheld')).toEqual([]);
    expect(second.metrics.aggregates.RevocationsWithheld).toBe(2);
    expect(second.log.ofEvent('RuleKept').map(({ level }) => level)).toEqual(['WARN', 'WARN']);
    expect(left(second)).toEqual(['sgr-1', 'sgr-2']);
  });

  test('is told once by runs that changes trigger', async () => {
    const [ledger, network] = [opened(), aNetwork(APP)];
    const stacks = new MemoryStacks({ [APP]: since(7) });
    const runs = ['run-1', 'run-2'].map(sweepId => async () =>
      run(REVOKING, network, { ...ofChange([change()], 'sg-1'), ledger, stacks, sweepId }));
    const told = [];
    for (const each of runs) told.push((await each()).events.ofType('Revocation Withheld').length);
    expect(told).toEqual([1, 0]);
  });

  test.each<[string, Stack]>([
    ['for six hours', since(6)],
    ['since a time to come', since(-1)],
    ['since an unknown time', { status: 'UPDATE_IN_PROGRESS' }],
    ['since a time that is none', { status: 'UPDATE_IN_PROGRESS', since: 'never' }],
  ])('is not told if it has been in progress %s', async (_, stack) => {
    const swept = await runWith(stack);
    expect(left(swept)).toEqual(['sgr-1']);
    expect([swept.metrics.aggregates.RevocationsWithheld, swept.events.ofType('Revocation Withheld')]).toEqual([0, []]);
    expect(swept.log.ofEvent('RuleKept').map(({ level }) => level)).toEqual(['INFO']);
  });

  test('is named in the log with the beginning of its operation, or with the words that it is not known', async () => {
    const [known] = (await runWith(IN_PROGRESS)).log.ofEvent('RuleKept');
    expect(known.message).toMatch(/sweep: the stack App is UPDATE_IN_PROGRESS since 2025-12-31T23:50:00.000Z$/);
    expect(known.fields.stack).toEqual({ ...IN_PROGRESS, stackId: APP, isStuck: false });
    const [unknown] = (await runWith({ status: 'UPDATE_IN_PROGRESS' })).log.ofEvent('RuleKept');
    expect(unknown.message).toMatch(/the stack App is UPDATE_IN_PROGRESS, and when that began is not known$/);
  });

  test('is not told in a dry run or a pause', async () => {
    const stacks = new MemoryStacks({ [APP]: since(7) });
    const dry = await run({ ...REVOKING, dryRun: true }, aNetwork(APP), { stacks });
    const paused = await run(REVOKING, aNetwork(APP), { stacks, ledger: ledgerWith(aControlEntry()) });
    for (const { result } of [dry, paused]) expect(result?.withheld).toEqual([]);
  });
});

describe('a group that gets a stack between the decision and the call', () => {
  test('keeps its rules, because nothing is known of the stack', async () => {
    const [network, stacks] = [aNetwork(undefined), new MemoryStacks({ [APP]: COMPLETE })];
    network.on('admitRevocations', { before: () => void network.groups.set('sg-1', aGroup({ tags: tagged(APP) })) });
    const { result } = await run(REVOKING, network, { stacks });
    expect(network.idsOf('revokeIngress')).toEqual([]);
    expect(result?.outcomes).toMatchObject([{ outcome: 'SKIPPED', heldBy: 'STACK_UNREAD' }]);
    expect(stacks.asked).toEqual([]);
  });

  test('keeps its rules if the stack is in progress, and revokes them if not', async () => {
    for (const stack of [IN_PROGRESS, COMPLETE]) {
      const network = aNetwork(undefined, APP);
      network.on('admitRevocations', { before: () => void network.groups.set('sg-1', aGroup({ tags: tagged(APP) })) });
      await run(REVOKING, network, { stacks: new MemoryStacks({ [APP]: stack }) });
      expect([...network.rules.keys()]).toEqual(stack === IN_PROGRESS ? ['sgr-1', 'sgr-2'] : []);
    }
  });

  test('does not keep them if no changes trigger sweeps', async () => {
    const network = aNetwork(undefined);
    network.on('admitRevocations', { before: () => void network.groups.set('sg-1', aGroup({ tags: tagged(APP) })) });
    await run(UNTRIGGERED, network);
    expect(network.rules.size).toBe(0);
  });
});

function ledgerWith(control: MemoryLedger['controlEntry']): MemoryLedger {
  const ledger = new MemoryLedger();
  ledger.controlEntry = control;
  return ledger;
}

function networkWith(
  group: Partial<SecurityGroup>, rule: Parameters<typeof aRuleFromAnywhere>[0] = {},
): MemoryNetwork {
  return new MemoryNetwork({
    vpcs: [{ vpcId: 'vpc-1' }], groups: [aGroup({ tags: tagged(APP), ...group })], rules: [aRuleFromAnywhere(rule)],
  });
}

describe('a rule that was kept because CloudFormation made it', () => {
  test('is kept by every run until a scheduled sweep has looked, even if no event names it any more', async () => {
    const network = aNetwork(undefined);
    const first = await run(REVOKING, network, ofChange([change()], 'sg-1'));
    const { ledger } = first;
    expect(reasons(first)).toEqual([['sgr-1', 'STACK_IN_PROGRESS']]);
    const byHand = change({ ruleIds: ['sgr-9'], isByCloudFormation: false });
    const circumstances: Circumstances[] = [
      { ...ofChange([byHand], 'sg-1'), ledger }, { trigger: 'change', ledger }, { trigger: 'request', ledger }, { trigger: 'deployment', ledger },
    ];
    for (const each of circumstances) expect(left(await run(REVOKING, network, { ...each, sweepId: 'sweep-2' }))).toEqual(['sgr-1']);
    const clock = new MemoryClock(new Date(START.getTime() + 1000));
    expect(left(await run(REVOKING, network, { ledger, clock, sweepId: 'sweep-3' }))).toEqual([]);
  });

  test('is kept by a scheduled sweep that had begun before the event came', async () => {
    const network = aNetwork(undefined);
    const { ledger } = await run(REVOKING, network, ofChange([change()], 'sg-1'));
    const clock = new MemoryClock(new Date(START.getTime() - 1000));
    expect(left(await run(REVOKING, network, { ledger, clock, sweepId: 'sweep-2' }))).toEqual(['sgr-1']);
  });

  test('is kept whatever flagged traffic it admits meanwhile', async () => {
    const network = aNetwork(undefined);
    const wide = { ...REVOKING, flaggedIngressRules: [{ ...sshFlagged(), match: 'OVERLAPS' as const }] };
    const { ledger } = await run(wide, network, ofChange([change()], 'sg-1'));
    network.rules.set('sgr-1', { ...network.rules.get('sgr-1')!, toPort: 23 });
    const byHand = ofChange([change({ isByCloudFormation: false })], 'sg-1');
    expect(left(await run(wide, network, { ...byHand, ledger, sweepId: 'sweep-2' }))).toEqual(['sgr-1']);
  });

  test('is revoked at once when someone else has narrowed it since, and opens it again', async () => {
    const network = aNetwork(undefined);
    const { ledger } = await run(REVOKING, network, ofChange([change()], 'sg-1'));
    const byHand = { ...ofChange([change({ isByCloudFormation: false })], 'sg-1'), ledger };
    const rule = network.rules.get('sgr-1')!;
    network.rules.set('sgr-1', { ...rule, cidrIpv4: '10.0.0.0/8' });
    expect(left(await run(REVOKING, network, { ...byHand, sweepId: 'sweep-2' }))).toEqual(['sgr-1']);
    network.rules.set('sgr-1', rule);
    expect(left(await run(REVOKING, network, { ...byHand, sweepId: 'sweep-3' }))).toEqual([]);
  });

  test('is kept even if nothing was revoked at all when the event came', async () => {
    const network = aNetwork(undefined);
    const { ledger } = await run({ ...REVOKING, dryRun: true }, network, ofChange([change()], 'sg-1'));
    const later = await run(REVOKING, network, { ...ofChange([change({ isByCloudFormation: false })], 'sg-1'), ledger, sweepId: 'sweep-2' });
    expect(left(later)).toEqual(['sgr-1']);
  });
});

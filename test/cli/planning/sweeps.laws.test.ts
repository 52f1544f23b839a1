/**
 * Tests that a plan says what the deployed sweeps then do, in random networks, with and without a ledger, a pause, a
 * limit, grace periods, stacks in progress, a final notice, approvals, a revocation window and exemptions until a day.
 */
import * as fc from 'fast-check';
import { configurationOf, networkOf } from './worlds';
import { EMPTY_LEDGER, type LedgerSnapshot, plannedLedger } from '../../../cli/planning/planned-ledger';
import { type FirstRevoking, type PlannedSweep, type PlannedSweeps, planSweeps, type ToDeploy } from '../../../cli/planning/sweeps';
import { approved } from '../../../lambda/core/ledger/approval';
import type { Plan } from '../../../lambda/core/model/result';
import { EVERYTHING } from '../../../lambda/core/model/scope';
import { observe } from '../../../lambda/core/observe/observe';
import type { RunDependencies } from '../../../lambda/core/run';
import type { Configuration } from '../../../src/contract/configuration';
import { decodeConfiguration } from '../../../src/contract/decode';
import { EXEMPT_UNTIL_TAG } from '../../../src/contract/exemptions';
import { fingerprintOf } from '../../../src/contract/fingerprint';
import { isOpen } from '../../../src/contract/revocation-window';
import { arbitraryWorld } from '../../support/arbitrary-world';
import { aConfiguration, aDeclaration, aGrace, aGroup, aRuleFromAnywhere } from '../../support/builders';
import { MemoryLedger } from '../../support/memory-ledger';
import type { MemoryNetwork } from '../../support/memory-network';
import type { World } from '../../support/oracle';
import { Installation, type Ran, START } from '../../support/swept';

const STACK = 'arn:aws:cloudformation:eu-west-1:111122223333:stack/Web/1';
const OWN_STACK = 'arn:aws:cloudformation:eu-west-1:111122223333:stack/Network/1';

/** The state before the deployment that is planned. */
interface Before {
  /** The number of scheduled sweeps with an earlier configuration. 0: nothing is deployed. */
  readonly sweeps: number;
  /** Whether the earlier configuration is the planned one. */
  readonly isSame: boolean;
  /** Whether the ledger also has the entries of the random world. */
  readonly hasEntries: boolean;
  /** Whether an item of the ledger cannot be read: that of a rule of the network, or of another one. */
  readonly unreadable: 'none' | 'found' | 'other';
  /** The seconds for which revoking is paused. */
  readonly pausedSeconds: number;
  /** The seconds since the last sweep. */
  readonly secondsSince: number;
  /** Whether a person has approved what the sweeps asked for: the revocation of every rule, or of every other one. */
  readonly approved: 'none' | 'some' | 'all';
}

const before: fc.Arbitrary<Before> = fc.record({
  sweeps: fc.constantFrom(0, 0, 1, 2, 3),
  isSame: fc.boolean(),
  hasEntries: fc.boolean(),
  unreadable: fc.constantFrom('none', 'none', 'none', 'found', 'other'),
  pausedSeconds: fc.constantFrom(0, 0, 0, 60, 5400, 100_000),
  secondsSince: fc.constantFrom(1, 60, 899, 900, 4000),
  approved: fc.constantFrom('none', 'some', 'all', 'all'),
});

const settings: fc.Arbitrary<Partial<Configuration>> = fc.record({
  settleSeconds: fc.constantFrom(0, 0, 600, 3600),
  scheduleSeconds: fc.constantFrom(undefined, 900, 3600),
  changeTrigger: fc.constantFrom(undefined, undefined, 'cloudTrail' as const),
  enabled: fc.constantFrom(undefined, undefined, undefined, undefined, false),
});

/** The windows begin soon after the start of the tests, which is a Thursday. */
const window = fc.constantFrom<Array<Configuration['revocationWindow']>>(
  undefined, undefined, undefined,
  { from: '02:00', to: '03:30', timeZone: 'Europe/Berlin' },
  { days: ['THU'], from: '05:20', to: '05:30', timeZone: 'UTC' },
  { days: ['WED', 'THU'], from: '22:00', to: '01:10', timeZone: 'UTC' },
);

/** What a revocation waits for. Without a rate, a plan does not know which sweep announces. */
const terms: fc.Arbitrary<Partial<Configuration>> = fc.record({
  revocationWindow: window,
  staleRulesAnytime: fc.constantFrom(undefined, undefined, undefined, true as const),
  finalNoticeSeconds: fc.constantFrom(undefined, undefined, undefined, 60, 3600, 10_000),
  approval: fc.constantFrom(undefined, undefined, undefined, { validSeconds: 3600 }, { validSeconds: 86_400 }),
});

const withTerms = (overrides: Partial<Configuration>, of: Partial<Configuration>): Partial<Configuration> => ({
  ...overrides, revocationWindow: of.revocationWindow, staleRulesAnytime: of.staleRulesAnytime,
  ...overrides.scheduleSeconds !== undefined && { finalNoticeSeconds: of.finalNoticeSeconds, approval: of.approval },
});

/** The days until which rules are exempt. Absent: the rule has no such tag. */
const untilDay = fc.constantFrom(undefined, undefined, undefined, undefined, '2025-12-31', '2026-01-01', '2026-01-02', 'soon');

function exemptUntil(world: World, days: ReadonlyArray<string | undefined>): World {
  const rules = world.rules.map((rule, index) => {
    const day = days[index % days.length];
    return day === undefined ? rule : { ...rule, tags: { ...rule.tags, [EXEMPT_UNTIL_TAG]: day } };
  });
  return { ...world, rules };
}

/** The stack that made the group `sg-1`: none, one that CloudFormation is changing, or the one that is deployed. */
const stackOfGroup = fc.constantFrom(undefined, undefined, STACK, OWN_STACK);

class InAccount extends Installation {
  constructor(network: MemoryNetwork, ledger: MemoryLedger, private readonly accountId: string | undefined) {
    super(network, ledger);
  }

  dependencies(...given: Parameters<Installation['dependencies']>): RunDependencies {
    return { ...super.dependencies(...given), accountId: this.accountId };
  }
}

const snapshotOf = (ledger: MemoryLedger): LedgerSnapshot => ({
  rules: {
    entries: [...ledger.entries.values()].filter(({ securityGroupRuleId }) =>
      !ledger.unreadable.some(({ id }) => id === securityGroupRuleId)),
    unreadable: [...ledger.unreadable],
  },
  unsettledUnreadable: new Set(ledger.unreadable.map(({ id }) => id)),
  control: { item: ledger.controlEntry }, changes: { item: ledger.changesEntry },
  configuration: { item: ledger.configurationRecord }, proofs: { item: ledger.proofsEntry },
});

const toDeploy = (configuration: Configuration, table: string, isDeployed: boolean): ToDeploy => {
  const text = JSON.stringify(configuration);
  return {
    text, configuration: decodeConfiguration(text), deployTimePaths: '[]', fingerprint: fingerprintOf(configuration),
    table, stackIds: [OWN_STACK], isDeployed, isPartlyKnown: false,
  };
};

async function planOf(
  configuration: Configuration, installation: Installation, accountId: string | undefined,
): Promise<PlannedSweeps> {
  const { network, ledger, clock, stacks, table } = installation;
  const now = clock.now();
  const isDeployed = ledger.controlEntry !== undefined;
  const deploying = toDeploy(configuration, table, isDeployed);
  const calls = network.calls.length;
  const observation = await observe(EVERYTHING, deploying.configuration, { network, now, accountId });
  const planned = await planSweeps(deploying, observation, now, {
    network, stacks, accountId, log: () => undefined,
    ledger: plannedLedger(ledger.entries.size > 0 || isDeployed ? snapshotOf(ledger) : EMPTY_LEDGER),
  });
  const changing = network.calls.slice(calls).filter(({ method }) => CHANGING.has(method));
  expect(changing).toEqual([]);
  return planned;
}

const CHANGING: ReadonlySet<string> = new Set(['admitRevocations', 'revokeIngress', 'authorizeIngress', 'tagRule', 'preflight']);

/** The fate of each rule, for comparison. */
function fates({ revoke, keep }: Plan): string[] {
  return [
    ...revoke.map(({ rule, replacing }) => `${rule.securityGroupRuleId}: ${replacing ? `replaced by ${JSON.stringify(replacing)}` : 'revoked'}`),
    ...keep.map(({ rule, groupId, reason }) => `${rule?.securityGroupRuleId ?? `a rule of ${groupId}`}: ${reason}`),
  ].sort();
}

function expectSame(planned: PlannedSweep, ran: Ran): void {
  expect(ran.error).toBeUndefined();
  expect(ran.delivered && fates(ran.delivered.result.plan)).toEqual(fates(planned.plan));
  expect(ran.delivered?.result.hold?.reason).toBe(planned.hold?.reason);
}

/** Returns the times at which the window opens. Each is at a multiple of ten minutes. */
function openingsOf({ revocationWindow: of }: Configuration, after: Date, until: number): number[] {
  const STEP = 600_000;
  const found: number[] = [];
  if (of === undefined) return found;
  for (let at = Math.floor(after.getTime() / STEP + 1) * STEP; at <= until; at += STEP) {
    if (isOpen(of, new Date(at)) && !isOpen(of, new Date(at - 1))) found.push(at);
  }
  return found;
}

/** Runs the scheduled sweeps up to the one that the plan names, and compares it. */
async function expectFirst(
  first: Exclude<FirstRevoking, { kind: 'deployment' }>, configuration: Configuration, installation: Installation,
): Promise<void> {
  const { clock, ledger } = installation;
  const { scheduleSeconds } = configuration;
  const phase = Date.parse(ledger.controlEntry?.allowance?.scheduledTime ?? '') || clock.now().getTime();
  const at = first.sweep.at.getTime();
  const every = (scheduleSeconds ?? Infinity) * 1000;
  const count = Number.isFinite(every) ? Math.floor((at - phase) / every) : 0;
  const ticks = Array.from({ length: count }, (_, tick) => phase + (tick + 1) * every);
  const times = scheduleSeconds === undefined ? [at]
    : [...new Set([...ticks, ...openingsOf(configuration, clock.now(), at)])]
      .filter(time => time > clock.now().getTime()).sort((a, b) => a - b);
  expect(times.at(-1)).toBe(at);
  if (first.kind === 'schedule') expect(times).toHaveLength(first.before + 1);
  for (const time of times) {
    clock.advance(time - clock.now().getTime());
    const ran = await installation.run({ trigger: 'schedule', scope: EVERYTHING, scheduledTime: new Date(time).toISOString() });
    if (time === at) expectSame(first.sweep, ran);
    // The plan names the first sweep that may revoke, so none before it does.
    else expect(ran.delivered?.result.outcomes.filter(({ isUsed }) => isUsed)).toEqual([]);
  }
}

type Count = (kind: string) => void;

/** What is planned: a network with a configuration, and the time before the deployment. */
interface Scene {
  readonly world: World;
  readonly overrides: Partial<Configuration>;
  readonly had: Before;
  readonly stackId?: string;
}

async function expectPlanKept({ world, overrides, had, stackId }: Scene, count: Count): Promise<void> {
  const network = networkOf(world, stackId);
  const ledger = new MemoryLedger(had.sweeps > 0 && had.hasEntries ? world.ledger ?? [] : []);
  const { accountId } = world;
  const installation = new InAccount(network, ledger, accountId);
  installation.stacks.stacks[STACK] = { status: 'UPDATE_IN_PROGRESS', since: '2025-12-31T23:59:00Z' };
  installation.stacks.stacks[OWN_STACK] = { status: 'UPDATE_COMPLETE' };
  const configuration = configurationOf(world, overrides);
  if (had.sweeps > 0) await live(installation, had, configuration);
  const planned = await planOf(configuration, installation, accountId);
  count(`${planned.deployment.kind}, ${planned.first?.kind}`);
  if (planned.first?.kind === 'never' && planned.first.awaits !== undefined) count('awaits approval');

  if (planned.deployment.kind === 'sweeps') {
    const since = installation.clock.now().toISOString();
    installation.stacks.stacks[OWN_STACK] = { status: 'UPDATE_IN_PROGRESS', since };
    expectSame(planned.deployment.sweep, await installation.deploy(configuration, { isChange: true }));
    installation.stacks.stacks[OWN_STACK] = { status: 'UPDATE_COMPLETE' };
    if (planned.deployment.sweep.plan.revoke.length > 0) count('revoked at deployment');
    planned.deployment.sweep.plan.keep.forEach(({ reason }) => count(reason));
  }
  const { first } = planned;
  if (first === undefined || first.kind === 'deployment') return;
  if (first.sweep.plan.revoke.length > 0) {
    count('revoked on schedule');
    if (configuration.finalNoticeSeconds !== undefined) count('revoked after its notice');
    if (configuration.approval !== undefined) count('revoked with an approval');
    if (configuration.revocationWindow !== undefined) count('revoked in the window');
  }
  first.sweep.plan.keep.forEach(({ reason }) => count(reason));
  await expectFirst(first, configuration, installation);
}

/** Returns how often each kind of plan has occurred. */
async function kindsOf(scene: fc.Arbitrary<Scene>, numRuns: number): Promise<ReadonlyMap<string, number>> {
  const kinds = new Map<string, number>();
  await fc.assert(fc.asyncProperty(scene, each =>
    expectPlanKept(each, kind => void kinds.set(kind, (kinds.get(kind) ?? 0) + 1))), { numRuns });
  return kinds;
}

const overridden = fc.tuple(settings, terms).map(each => withTerms(...each));
const days = fc.array(untilDay, { minLength: 1, maxLength: 5 });

test('the sweep at deployment and the first sweep that may revoke do what the plan says', async () => {
  const scene = fc.record({
    drawn: arbitraryWorld, days, overrides: overridden, had: before, stackId: stackOfGroup,
  }).map(({ drawn, days: until, ...rest }) => ({ world: exemptUntil(drawn, until), ...rest }));
  const kinds = await kindsOf(scene, 1000);
  // The random networks reach every kind of plan.
  expect([...kinds.keys()]).toEqual(expect.arrayContaining([
    'sweeps, deployment', 'sweeps, schedule', 'sweeps, never', 'unchanged, schedule', 'unchanged, never',
    'revoked on schedule', 'awaits approval', 'EXEMPT_UNTIL_INVALID',
  ]));
}, 600_000);

/** Some rules that a declaration flags, most of which nothing but terms and exemptions keeps. */
const flaggedWorld: fc.Arbitrary<World> = fc.record({
  count: fc.integer({ min: 1, max: 5 }),
  grace: fc.constantFrom(undefined, undefined, aGrace({ seconds: 5000, sightings: 2 })),
  anytime: fc.constantFrom(undefined, undefined, true as const),
  days,
}).map(({ count, grace, anytime, days: until }) => exemptUntil({
  configuration: aConfiguration({
    flaggedIngressRules: [aDeclaration({ action: { kind: 'revoke', ...grace && { grace }, ...anytime && { anytime } } })],
  }),
  vpcIds: ['vpc-1'], accountId: undefined, endpoints: undefined, groups: [aGroup({ groupId: 'sg-1', vpcId: 'vpc-1' })],
  prefixLists: {}, stale: [], ledger: [], now: START,
  rules: Array.from({ length: count }, (_, index) => aRuleFromAnywhere({
    securityGroupRuleId: `sgr-${index + 1}`, groupId: 'sg-1',
  })),
}, until));

/** Among random settings, few leave a rule to one of these alone. */
const waitingFor = {
  approval: ({ overrides, had, ...scene }: Scene): Scene => ({
    ...scene,
    overrides: { ...overrides, ...REVOKING_SOON, scheduleSeconds: 900, approval: { validSeconds: 86_400 } },
    had: { ...had, sweeps: Math.max(1, had.sweeps), isSame: true, unreadable: 'none', pausedSeconds: 0, approved: 'all' },
  }),
  notice: ({ overrides, ...scene }: Scene): Scene => ({
    ...scene,
    overrides: { ...overrides, ...REVOKING_SOON, ...NO_TERMS, scheduleSeconds: 900, finalNoticeSeconds: 3600 },
  }),
  window: ({ overrides, ...scene }: Scene): Scene => ({
    ...scene,
    overrides: {
      ...overrides, ...REVOKING_SOON, ...NO_TERMS, revocationWindow: { from: '05:20', to: '05:30', timeZone: 'UTC' },
    },
  }),
};

const REVOKING_SOON = { settleSeconds: 0, enabled: undefined };
const NO_TERMS = { revocationWindow: undefined, finalNoticeSeconds: undefined, approval: undefined };

test('with rules that are to be revoked, the plan knows when notice, approval, window and exemptions let them go', async () => {
  const scene: fc.Arbitrary<Scene> = fc.record({
    world: flaggedWorld, overrides: overridden, had: before, stackId: stackOfGroup,
  });
  const { approval, notice, window: opening } = waitingFor;
  const scenes = fc.oneof(
    { weight: 3, arbitrary: scene }, scene.map(approval), scene.map(notice), scene.map(opening),
  );
  const kinds = await kindsOf(scenes, 600);
  expect([...kinds.keys()]).toEqual(expect.arrayContaining([
    'revoked at deployment', 'revoked on schedule', 'revoked after its notice', 'revoked with an approval',
    'revoked in the window', 'awaits approval', 'AWAITING_APPROVAL', 'WITHIN_NOTICE', 'OUTSIDE_WINDOW',
    'EXEMPT_BY_RULE_TAG', 'EXEMPT_UNTIL_INVALID', 'WITHIN_GRACE',
  ]));
}, 600_000);

/** Deploys an earlier configuration, sweeps, and pauses. */
async function live(installation: Installation, had: Before, configuration: Configuration): Promise<void> {
  const { clock, ledger } = installation;
  const earlier: Configuration = had.isSame ? configuration : { ...configuration, staleRules: 'report', flaggedIngressRules: [], dryRun: true };
  await installation.deploy(earlier, { isChange: true });
  for (let sweep = 0; sweep < had.sweeps; sweep++) {
    clock.advance((configuration.scheduleSeconds ?? 900) * 1000);
    await installation.run({ trigger: 'schedule', scope: EVERYTHING, scheduledTime: clock.now().toISOString() });
  }
  [...ledger.entries.values()].forEach((entry, index) => {
    if (had.approved === 'none' || (had.approved === 'some' && index % 2 === 0) || entry.approval === undefined) return;
    const agreed = approved(entry, entry.approval, { id: 'request-1', now: clock.now() });
    if (agreed !== undefined) ledger.entries.set(entry.securityGroupRuleId, agreed);
  });
  if (had.unreadable !== 'none') ledger.unreadable.push({ id: had.unreadable === 'found' ? 'sgr-1' : 'sgr-99', message: 'broken' });
  clock.advance(had.secondsSince * 1000);
  const now = clock.now().getTime();
  if (had.pausedSeconds === 0 || ledger.controlEntry === undefined) return;
  ledger.controlEntry = {
    ...ledger.controlEntry, revision: ledger.controlEntry.revision + 1,
    pause: {
      until: new Date(now + had.pausedSeconds * 1000).toISOString(), reason: 'year end', begunAt: clock.now().toISOString(),
      pauseId: 'pause-1', told: ['BEGUN'],
    },
  };
}

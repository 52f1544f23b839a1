/** Tests what a deployment says about whether changes of the network arrive. */
import type { TrailReading } from '../../../lambda/core/model/network';
import { PROPAGATION_MILLIS } from '../../../lambda/core/preflight';
import { attributes } from '../../../lambda/core/report/attributes';
import { trailCheck } from '../../../lambda/core/trail-check';
import type { Configuration } from '../../../src/contract/configuration';
import { awsError } from '../../support/aws-error';
import { aConfiguration } from '../../support/builders';
import { MemoryNetwork } from '../../support/memory-network';
import { MemoryClock, type MemoryTrail, MemoryTrails } from '../../support/recorders';
import { Installation, type Ran } from '../../support/swept';

const aTrail = (overrides: Partial<MemoryTrail> = {}): MemoryTrail => {
  const name = overrides.name ?? 'management';
  return { name, arn: `arn:aws:cloudtrail:eu-central-1:111122223333:trail/${name}`, isOfOrganization: false, ...overrides };
};

const DENIED = awsError('AccessDeniedException', 'User is not authorized to perform: cloudtrail:DescribeTrails');

async function check(trails: MemoryTrails, clock = new MemoryClock()): Promise<TrailReading> {
  return trailCheck({ trails, clock, preflightUntil: new Date(clock.now().getTime() + PROPAGATION_MILLIS) });
}

const ofTrails = (...list: MemoryTrail[]): Promise<TrailReading> => check(new MemoryTrails(list));

describe('a trail logs changes', () => {
  test('if it is logging and logs the calls that change EC2', async () => {
    await expect(ofTrails(aTrail())).resolves.toEqual({
      state: 'logs', words: 'The trail management logs the calls that change EC2 in eu-central-1',
    });
  });

  test.each<[other: Partial<MemoryTrail>]>([
    [{ isLogging: false }], [{ loggedCalls: 'none' }], [{ isLogging: DENIED, isOfOrganization: true }], [{ loggedCalls: DENIED }],
  ])('no matter what another trail does: %j', async other => {
    await expect(ofTrails(aTrail({ name: 'other', ...other }), aTrail())).resolves.toMatchObject({ state: 'logs' });
  });

  test('of an organization, too, if that can be read', async () => {
    await expect(ofTrails(aTrail({ isOfOrganization: true }))).resolves.toMatchObject({ state: 'logs' });
  });
});

describe('no trail logs changes', () => {
  test('if there is none, and the words say what to do', async () => {
    await expect(ofTrails()).resolves.toEqual({
      state: 'none',
      words: 'No change of the network triggers a sweep, because no trail logs the calls that change EC2 in eu-central-1, '
        + 'because there is none. Create a trail of CloudTrail that logs write management events of this Region, or change one so that it does',
    });
  });

  test.each<[other: Partial<MemoryTrail>, why: string]>([
    [{ isLogging: false }, 'audit is not logging'],
    [{ loggedCalls: 'readsOnly' }, 'audit logs read events only'],
    [{ loggedCalls: 'noneOfEc2' }, 'audit logs no management events of EC2'],
    [{ loggedCalls: 'none' }, 'audit logs no management events'],
    [{ isOfOrganization: true, isLogging: false }, "the organization's trail audit is not logging"],
  ])('and each is named with the reason: %j', async (trail, why) => {
    const { state, words } = await ofTrails(aTrail({ name: 'audit', ...trail }), aTrail({ name: 'data', loggedCalls: 'none' }));
    expect(state).toBe('none');
    expect(words).toContain(`in eu-central-1: ${why}; data logs no management events. Create`);
  });

  test('and of many trails only some are named', async () => {
    const list = Array.from({ length: 30 }, (_, index) => aTrail({ name: `t${index}-${'x'.repeat(120)}`, isLogging: false }));
    const { words } = await ofTrails(...list);
    expect(words).toContain('; and 27 more');
    expect(words.length).toBeLessThan(1000);
  });
});

describe('it is unknown whether a trail logs changes', () => {
  test.each<[name: string, trail: Partial<MemoryTrail>, why: string]>([
    ["if the status of an organization's trail cannot be read", { isOfOrganization: true, isLogging: DENIED },
      "the organization's trail management could not be read (AccessDeniedException)"],
    ["if the selectors of an organization's trail cannot be read", { isOfOrganization: true, loggedCalls: awsError('TrailNotFoundException') },
      "the organization's trail management could not be read (TrailNotFoundException)"],
    ['if a trail cannot be read', { loggedCalls: awsError('ThrottlingException') }, 'management could not be read (ThrottlingException)'],
    ['if a trail logs only some calls', { loggedCalls: 'someChanges' }, 'management logs only some of these calls, or only those of some callers'],
  ])('%s', async (_, trail, why) => {
    await expect(ofTrails(aTrail({ name: 'audit', isLogging: false }), aTrail(trail))).resolves.toEqual({
      state: 'unknown', words: `It is unknown whether a trail logs the calls that change EC2 in eu-central-1: ${why}`,
    });
  });

  test.each([awsError('CloudTrailInvalidClientTokenIdException', 'broken'), awsError('TimeoutError', 'no answer')])(
    'if the trails cannot be listed, and then it is not tried again: %s', async error => {
      const clock = new MemoryClock();
      const { state, words } = await check(new MemoryTrails([aTrail()], error), clock);
      expect(state).toBe('unknown');
      expect(words).toContain(`cloudtrail:DescribeTrails failed: ${error.name}: ${error.message}`);
      expect(clock.slept).toEqual([]);
    },
  );

  test('if listing them is denied for as long as a new role may be denied what it is allowed', async () => {
    const clock = new MemoryClock();
    const start = clock.now().getTime();
    const { state, words } = await check(new MemoryTrails([aTrail()], DENIED), clock);
    expect(state).toBe('unknown');
    expect(words).toContain('cloudtrail:DescribeTrails failed: AccessDeniedException: User is not authorized');
    expect(clock.now().getTime() - start).toBe(PROPAGATION_MILLIS);
  });

  test('but not if the denial passes', async () => {
    const trails = new MemoryTrails([aTrail()], DENIED);
    const clock = new MemoryClock();
    const sleep = clock.sleep.bind(clock);
    clock.sleep = async millis => {
      if (clock.slept.length === 1) trails.error = undefined;
      return sleep(millis);
    };
    await expect(check(trails, clock)).resolves.toMatchObject({ state: 'logs' });
    expect(clock.slept).toHaveLength(2);
  });
});

describe('a run at deployment', () => {
  const REACTING: Partial<Configuration> = { changeTrigger: 'cloudTrail', vpnConnections: { kind: 'none' } };

  async function deploy(list: MemoryTrail[], error?: Error, overrides = REACTING): Promise<Ran> {
    const installation = new Installation(new MemoryNetwork());
    installation.trails.list.push(...list);
    installation.trails.error = error;
    return installation.deploy(aConfiguration(overrides));
  }

  const said = ({ log }: Ran): unknown[] => log.ofEvent('ChangeTrigger').map(({ level, fields }) => [level, fields.state]);

  test.each<[level: string, state: string, list: MemoryTrail[], error: Error | undefined]>([
    ['INFO', 'logs', [aTrail()], undefined],
    ['WARN', 'none', [], undefined],
    ['WARN', 'none', [aTrail({ isLogging: false })], undefined],
    ['INFO', 'unknown', [aTrail({ isOfOrganization: true, isLogging: DENIED })], undefined],
    ['INFO', 'unknown', [], DENIED],
  ])('says so with %s and does not fail: %s', async (level, state, list, error) => {
    const ran = await deploy(list, error);
    expect(ran.error).toBeUndefined();
    expect(said(ran)).toEqual([[level, state]]);
  });

  test('gives the words to the custom resource', async () => {
    const { delivered, log } = await deploy([aTrail()]);
    if (delivered === undefined) throw new Error('The run failed');
    expect(attributes(delivered).ChangeTrigger).toBe(log.ofEvent('ChangeTrigger')[0].message);
  });

  test('asks for no trail without a change trigger', async () => {
    const ran = await deploy([], new Error('CloudTrail was called'), { ...REACTING, changeTrigger: undefined });
    expect(ran.error).toBeUndefined();
    expect(said(ran)).toEqual([]);
    expect(ran.log.text).not.toContain('trail');
  });
});

test('a scheduled run asks for no trail', async () => {
  const installation = new Installation(new MemoryNetwork());
  await installation.deploy(aConfiguration({ changeTrigger: 'cloudTrail', vpnConnections: { kind: 'none' } }));
  const { log, error } = await installation.run();
  expect(error).toBeUndefined();
  expect(log.ofEvent('ChangeTrigger')).toEqual([]);
});

/**
 * Tests the shipped bundle in a burst: 500 events on 50 groups, in batches for several processes of the function that
 * changes trigger, with a full sweep and a deployment at the same time.
 */
import { FUNCTIONS, SSH_FROM_ANYWHERE, stopWorlds, World } from './world';
import { inPartsOf } from '../../lambda/core/lists';
import { CHANGE_SWEEP_INPUT } from '../../src/contract/names';
import { functionCaller } from '../support/cloudtrail/callers';
import { authorizeIngress, type CloudTrailEvent, modifyRules, revokeIngress } from '../support/cloudtrail/records';
import { SCHEDULED } from '../support/deployment';
import { Network, type SecurityGroupRule } from '../support/ec2-endpoint';

afterEach(stopWorlds);

const GROUPS = 50;
const RULES_PER_GROUP = 2;
const EVENTS_PER_RULE = 5;
const BATCH_SIZE = 100;
const CHANGE_FUNCTIONS = 3;

/** These tests are not about time. */
const TIMEOUT_MILLIS = 900_000;

const SSH = { ipProtocol: 'tcp', fromPort: 22, toPort: 22 };
const CIDRS = ['0.0.0.0/0', '0.0.0.0/1'];

const props = (maxRevocationsPerSweep: number): Record<string, unknown> => ({
  changeTrigger: 'cloudTrail', staleRules: 'report', requestRateFactor: 1000, maxRevocationsPerSweep,
  flaggedIngressRules: CIDRS.map(CidrIp =>
    ({ ...SSH_FROM_ANYWHERE, ipPermissions: [{ IpProtocol: 'tcp', FromPort: 22, ToPort: 22, IpRanges: [{ CidrIp }] }] })),
});

/** Returns the time of a call that is made now. CloudTrail's times have whole seconds. */
const now = (): string => new Date().toISOString().replace(/\.\d+Z$/, 'Z');

interface Staged {
  readonly world: World;
  readonly rules: readonly SecurityGroupRule[];
  /** Each batch has all events of 10 groups, so that the groups of two batches differ. */
  readonly batches: ReadonlyArray<readonly CloudTrailEvent[]>;
  /** A rule of another group, which a scheduled sweep has found. */
  readonly elsewhere: SecurityGroupRule;
}

/** A world in which a scheduled sweep has opened the limit before the rules were opened. */
async function stage(limit: number): Promise<Staged> {
  const network = new Network();
  const [{ vpcId }, { vpcId: partnerVpcId }] = [network.addVpc(), network.addVpc()];
  const { vpcPeeringConnectionId } = network.addPeering(vpcId, partnerVpcId);
  const partner = network.addSecurityGroup({ vpcId: partnerVpcId });
  const other = network.addSecurityGroup({ vpcId });
  const elsewhere = network.addIngress(other.groupId, { reference: { groupId: partner.groupId } });
  network.deletePeering(vpcPeeringConnectionId);
  const groupIds = Array.from({ length: GROUPS }, () => network.addSecurityGroup({ vpcId }).groupId);
  const world = await World.start({ network });
  await world.sweep(props(limit));
  const rules = groupIds.flatMap(groupId =>
    CIDRS.slice(0, RULES_PER_GROUP).map(cidrIpv4 => network.addIngress(groupId, { ...SSH, cidrIpv4 })));
  const events = rules.flatMap(({ groupId, securityGroupRuleId }) => [
    authorizeIngress({ groupId, ruleIds: [securityGroupRuleId], at: now() }),
    ...Array.from({ length: EVENTS_PER_RULE - 1 }, () =>
      modifyRules({ groupId, ruleIds: [securityGroupRuleId], at: now() })),
  ]);
  expect(events).toHaveLength(500);
  return { world, rules, batches: inPartsOf(BATCH_SIZE, events), elsewhere };
}

/** A message is delivered at most this many times before it goes to the dead-letter queue. */
const DELIVERIES = 5;

/** Delivers every batch, to as many processes at once as there are, and delivers again what they return. */
async function deliver({ world, batches }: Staged, overrides: Record<string, unknown>): Promise<void> {
  const waiting = batches.map(batch => ({ batch, delivery: 1 }));
  const lambdas = [];
  for (let count = 0; count < CHANGE_FUNCTIONS; count++) lambdas.push(await world.startChange());
  await Promise.all(lambdas.map(async lambda => {
    for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) {
      const { batch, delivery } = next;
      const { result, error } = await world.changeDeployed(batch, overrides, { lambda, timeoutMillis: TIMEOUT_MILLIS });
      const { batchItemFailures = [] } = (error ? {} : result) as { batchItemFailures?: object[] };
      const isLeft = error !== undefined || batchItemFailures.length > 0;
      if (isLeft && delivery < DELIVERIES) waiting.push({ batch, delivery: delivery + 1 });
    }
  }));
}

/** Runs scheduled sweeps until one succeeds, because on a busy machine a call may time out. */
async function finish(world: World, overrides: Record<string, unknown>): Promise<void> {
  for (let count = 0; count < 3; count++) if (!(await world.sweep(overrides, TIMEOUT_MILLIS)).error) return;
  throw new Error(`No sweep succeeded:\n${world.printed}`);
}

const idsOf = (rules: readonly SecurityGroupRule[]): string[] =>
  rules.map(({ securityGroupRuleId }) => securityGroupRuleId).sort();

const goneOf = ({ world, rules }: Staged): string[] =>
  idsOf(rules).filter(securityGroupRuleId => !world.network.rules.has(securityGroupRuleId));

const toldAs = ({ ec2 }: World, type: string): unknown[] =>
  ec2.events.filter(({ detailType }) => detailType === type).map(({ detail }) => detail.securityGroupRuleId).sort();

/** Returns the rules whose revocation was told, or logged as an event that was not delivered. */
const toldOrLogged = (world: World): unknown[] => [
  ...toldAs(world, 'Ingress Rule Revoked'),
  ...world.logged('DeliveryFailed').filter(({ detailType }) => detailType === 'Ingress Rule Revoked')
    .map(({ securityGroupRuleId }) => securityGroupRuleId),
].sort();

/** Returns the rules that calls have revoked, with repetitions. */
const revokedBy = ({ ec2 }: World): unknown[] =>
  ec2.calls.filter(({ action, outcome, isDryRun }) => action === 'RevokeSecurityGroupIngress' && outcome === 'OK' && !isDryRun)
    .flatMap(({ parameters }) => parameters.SecurityGroupRuleId).sort();

const LIMIT_REASONS: readonly unknown[] = ['LIMIT_USED', 'OVER_LIMIT'];

/** Returns the runs that have revoked rules although the limit has kept others of theirs. */
async function runsInPart(world: World): Promise<unknown[]> {
  const kept = new Set(world.logged('RuleKept').filter(({ keepReason }) => LIMIT_REASONS.includes(keepReason))
    .map(({ sweepId }) => sweepId));
  const entries = [...(await world.entries()).values()] as unknown as Array<{ state: string; revokedBy?: string }>;
  return [...new Set(entries.flatMap(({ state, revokedBy: by }) => state === 'REVOKED' && kept.has(by) ? [by] : []))];
}

/** The function's own calls come as events, too. */
async function deliverOwnCalls({ world, rules }: Staged, overrides: Record<string, unknown>): Promise<void> {
  const before = world.ec2.calls.length;
  const own = [FUNCTIONS.sweeping, FUNCTIONS.change].map(name => functionCaller(FUNCTIONS.role, name));
  const events = rules.map(({ groupId, securityGroupRuleId }, index) =>
    revokeIngress({ groupId, ruleIds: [securityGroupRuleId], byId: true, caller: own[index % 2], at: now() }));
  expect((await world.change(events, overrides)).result).toEqual({ batchItemFailures: [] });
  expect(world.ec2.calls.slice(before)).toEqual([]);
}

test('within the limit each rule is revoked and told once, and own calls cause no run', async () => {
  const overrides = props(1000);
  const staged = await stage(1000);
  const { world, rules } = staged;
  const sweeping = world.lambda;
  const deploying = await world.startAnother();

  await Promise.all([
    deliver(staged, overrides),
    world.invokeDeployed(overrides, SCHEDULED, { lambda: sweeping, timeoutMillis: TIMEOUT_MILLIS }),
    world.deployThrough(deploying, 'Update', overrides, TIMEOUT_MILLIS),
  ]);

  // Whatever was left to the deployment while it put the configuration into force is done by the next sweep.
  await finish(world, overrides);
  expect(goneOf(staged)).toEqual(idsOf(rules));
  expect(revokedBy(world)).toEqual(idsOf(rules));
  expect(toldOrLogged(world)).toEqual(idsOf(rules));
  const entries = await world.entries();
  expect(rules.filter(({ securityGroupRuleId }) => entries.get(securityGroupRuleId)?.state !== 'REVOKED')).toEqual([]);
  await deliverOwnCalls(staged, overrides);
});

test('the limit holds over all runs, and each takes its rules whole or not at all', async () => {
  const overrides = props(60);
  const staged = await stage(60);
  const { world, elsewhere } = staged;
  const found = (await world.entries()).get(elsewhere.securityGroupRuleId);
  expect(found).toMatchObject({ state: 'OPEN', stale: { sightings: 1 } });
  const sweeping = world.lambda;
  const deploying = await world.startAnother();

  // Neither of them opens the limit again, which is the schedule's.
  await Promise.all([
    deliver(staged, overrides),
    world.invokeDeployed(overrides, CHANGE_SWEEP_INPUT, { lambda: sweeping, timeoutMillis: TIMEOUT_MILLIS }),
    world.deployThrough(deploying, 'Update', overrides, TIMEOUT_MILLIS),
  ]);

  const gone = goneOf(staged);
  expect(gone.length).toBeLessThanOrEqual(60);
  expect(revokedBy(world)).toEqual(gone);
  expect(toldOrLogged(world)).toEqual(gone);
  expect(await runsInPart(world)).toEqual([]);
  // The finding of the other group is neither healed, nor aged, nor counted. Only the full sweep has seen it again.
  const stale = { ...found!.stale, lastSeen: expect.any(String) as string };
  expect((await world.entries()).get(elsewhere.securityGroupRuleId)).toMatchObject({ state: 'OPEN', stale });
  expect(toldAs(world, 'Finding Resolved')).not.toContain(elsewhere.securityGroupRuleId);
  expect(world.network.rules.has(elsewhere.securityGroupRuleId)).toBe(true);
  await deliverOwnCalls(staged, overrides);
  expect(goneOf(staged)).toEqual(gone);
});

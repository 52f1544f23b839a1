/**
 * Tests over the wire that a plan says what the deployed function then does: the bundled command line plans, and then
 * the bundled handler sweeps, in random networks.
 */
import * as fc from 'fast-check';
import { CUSTOM_RESOURCE_TYPE } from '../../../src/contract/names';
import { customResourceProperties } from '../../support/deployment';
import { Network } from '../../support/ec2-endpoint';
import { configuration, World } from '../../wire/world';
import { runCli } from '../support/run-cli';

/** The rules of a random network by their kinds, in three groups of two VPCs. */
type Kind = 'ssh' | 'sshEverywhere' | 'https' | 'deletedGroup' | 'deletedPeering' | 'egress' | 'office';

interface Drawn {
  readonly kind: Kind;
  readonly group: number;
  readonly isExempt: boolean;
  /** The day until which it is exempt. Absent: none. */
  readonly until?: 'yesterday' | 'today' | 'tomorrow' | 'invalid';
}

const drawn: fc.Arbitrary<Drawn[]> = fc.array(fc.record({
  kind: fc.constantFrom<Kind[]>('ssh', 'ssh', 'sshEverywhere', 'https', 'deletedGroup', 'deletedPeering', 'egress', 'office'),
  group: fc.nat(2), isExempt: fc.constantFrom(false, false, false, true),
  until: fc.constantFrom(undefined, undefined, undefined, 'yesterday', 'today', 'tomorrow', 'invalid'),
}), { minLength: 1, maxLength: 10 });

const EXEMPT = { 'network-hygiene:exempt': '' };

const HOUR_MILLIS = 3_600_000;

/** The function is deployed seconds after the time that the plan assumes, and each sweep is later than the last one. */
const LATER_MILLIS = 30_000;

/** A time of the clock in UTC, by its distance from now. */
const inHours = (hours: number): string => new Date(Date.now() + hours * HOUR_MILLIS).toISOString();

const DAYS = { yesterday: () => inHours(-24), today: () => inHours(0), tomorrow: () => inHours(24), invalid: () => 'next week!' };

/** The days whose end some sweeps come after. */
const ENDING: ReadonlySet<Drawn['until']> = new Set(['today', 'tomorrow']);

/**
 * Whether some sweep may be planned before the end of a day, and run after it, because it is late. Sweeps are planned
 * hours after now, so that the minutes of the time are the same.
 */
const isDayAboutToEnd = (): boolean => new Date().getUTCMinutes() >= 50;

const tagsOf = ({ isExempt, until }: Drawn): Record<string, string> => ({
  ...isExempt && EXEMPT, ...until && { 'network-hygiene:exempt-until': DAYS[until]().slice(0, 10) },
});

/** A window that is open now and for two hours, or that opens in three hours. */
const WINDOWS = { none: undefined, open: [-1, 2], closed: [3, 6] } as const;

function windowOf(kind: keyof typeof WINDOWS): object | undefined {
  const hours = WINDOWS[kind];
  if (hours === undefined) return undefined;
  const [from, to] = hours.map(each => inHours(each).slice(11, 16));
  return { from, to, timeZone: 'UTC' };
}

function networkOf(rules: readonly Drawn[], exemptGroup: number | undefined): Network {
  const network = new Network();
  const [home, far] = [network.addVpc(), network.addVpc({ cidrBlock: '10.1.0.0/16' })];
  const groups = [home, home, far].map(({ vpcId }, index) => network.addSecurityGroup({
    vpcId, groupName: `group-${index}`, tags: index === exemptGroup ? EXEMPT : {},
  }));
  const peering = network.addPeering(home.vpcId, far.vpcId);
  const gone: string[] = [];
  rules.forEach((each, index) => {
    const { kind, group } = each;
    const { groupId, vpcId } = groups[group];
    const port = { ipProtocol: 'tcp', fromPort: 9000 + index, toPort: 9000 + index };
    const tags = tagsOf(each);
    switch (kind) {
      case 'ssh': return network.addIngress(groupId, { ipProtocol: 'tcp', fromPort: 22, toPort: 22, cidrIpv4: `${2 * index + 40}.0.0.0/7`, tags });
      case 'sshEverywhere': return network.addIngress(groupId, { ipProtocol: 'tcp', fromPort: 22, toPort: 22 + index, cidrIpv6: '::/0', tags });
      case 'https': return network.addIngress(groupId, { ...port, cidrIpv4: '0.0.0.0/0', tags });
      case 'office': return network.addIngress(groupId, { ipProtocol: 'tcp', fromPort: 22, toPort: 22, cidrIpv4: `203.0.113.${index}/32`, tags });
      case 'deletedGroup':
      case 'egress': {
        const other = network.addSecurityGroup({ vpcId, groupName: `gone-${index}` });
        gone.push(other.groupId);
        const rule = { ...port, reference: { groupId: other.groupId }, tags };
        return kind === 'egress' ? network.addEgress(groupId, rule) : network.addIngress(groupId, rule);
      }
      case 'deletedPeering':
        return network.addIngress(groups[0].groupId, { ...port, reference: { groupId: groups[2].groupId }, tags });
    }
  });
  gone.forEach(groupId => network.deleteSecurityGroup(groupId));
  network.deletePeering(peering.vpcPeeringConnectionId);
  return network;
}

const settings = fc.record({
  settleSeconds: fc.constantFrom(0, 3600), scheduleSeconds: fc.constant(3600),
  staleRules: fc.constantFrom('report', 'revoke', 'revoke'),
  grace: fc.constantFrom(undefined, undefined, { seconds: 60, sightings: 1, maxGapSeconds: 86_400 }),
  maxRevocationsPerSweep: fc.constantFrom(1000, 1000, 2),
  dryRun: fc.constantFrom(false, false, false, true),
  finalNoticeSeconds: fc.constantFrom(undefined, undefined, 60, 10_800),
  approval: fc.constantFrom(undefined, undefined, undefined, { validSeconds: 86_400 }),
});

const windows = fc.constantFrom<Array<keyof typeof WINDOWS>>('none', 'none', 'open', 'closed');

const FLAGGED = [{
  anyGroup: true, match: 'COVERS', fromInternet: { ipv4PrefixLength: 8, ipv6PrefixLength: 12 },
  ipPermissions: [{ IpProtocol: 'tcp', FromPort: 22, ToPort: 22 }],
}];

type Settings = typeof settings extends fc.Arbitrary<infer T> ? T : never;

type Case = [Drawn[], undefined, Settings, keyof typeof WINDOWS, boolean];

/** Networks and settings with which a rule is revoked: at the deployment, and by the schedule. */
const REVOKING = ([0, 3600] as const).map((settleSeconds): Case => [
  [{ kind: 'sshEverywhere', group: 0, isExempt: false }], undefined, {
    settleSeconds, scheduleSeconds: 3600, staleRules: 'revoke', grace: undefined, maxRevocationsPerSweep: 1000,
    dryRun: false, finalNoticeSeconds: undefined, approval: undefined,
  }, 'none', false,
]);

/** The files of an app whose only resource is the custom resource. */
function appWith(config: object, table: string): Record<string, string> {
  const properties = { ...customResourceProperties(config), Ledger: table };
  return {
    'cdk.out/manifest.json': JSON.stringify({
      version: '41.0.0', artifacts: {
        Network: {
          type: 'aws:cloudformation:stack', environment: 'aws://111122223333/eu-central-1',
          properties: { templateFile: 'Network.template.json', stackName: 'Network' },
        },
      },
    }),
    'cdk.out/Network.template.json': JSON.stringify({
      Resources: { Sweep: { Type: CUSTOM_RESOURCE_TYPE, Properties: properties } },
    }),
  };
}

interface PlannedRule {
  readonly securityGroupRuleId: string;
  readonly action: string;
  readonly keepReason?: string;
}

interface Plan {
  readonly readAt: string;
  readonly deployment: { readonly kind: string; readonly rules: readonly PlannedRule[] };
  readonly firstSweepThatMayRevoke: {
    readonly kind: string; readonly at: string; readonly rules?: readonly PlannedRule[];
  };
}

async function planOf(world: World, config: object): Promise<Plan> {
  const before = JSON.stringify(world.network.snapshot());
  const items = JSON.stringify(await world.dynamoDb.items());
  const { stdout, stderr, exitCode } = await runCli(['plan', '--format', 'json'], {
    files: appWith(config, world.dynamoDb.tableName),
    env: {
      AWS_REGION: 'eu-central-1', AWS_ACCESS_KEY_ID: 'AKIDEXAMPLE', AWS_SECRET_ACCESS_KEY: 'secret',
      AWS_ENDPOINT_URL: world.ec2.url, AWS_ENDPOINT_URL_DYNAMODB: world.dynamoDb.url,
    },
  });
  expect([stderr.includes('unexpected'), [0, 1].includes(exitCode)]).toEqual([false, true]);
  expect(JSON.stringify(world.network.snapshot())).toBe(before);
  expect(JSON.stringify(await world.dynamoDb.items())).toBe(items);
  return (JSON.parse(stdout) as { constructs: Plan[] }).constructs[0];
}

const toRevoke = (rules: readonly PlannedRule[] = []): string[] =>
  rules.filter(({ action }) => action === 'revoke').map(({ securityGroupRuleId }) => securityGroupRuleId).sort();

/** The number of sweeps that are not left out, at most, in two days. */
const MOST_TICKS = 7;

/**
 * Returns the times of the scheduled sweeps between two times. In a long list, those in the middle are left out, but
 * not the first one of a day, because exemptions end before it.
 */
function ticksBetween(from: string, until: string): string[] {
  const count = Math.ceil((Date.parse(until) - Date.parse(from)) / HOUR_MILLIS) - 1;
  const ticks = Array.from({ length: count }, (_, index) =>
    new Date(Date.parse(from) + (index + 1) * HOUR_MILLIS).toISOString());
  const isFirstOfDay = (tick: string): boolean => Date.parse(tick) % (24 * HOUR_MILLIS) < HOUR_MILLIS;
  return ticks.filter((tick, index) => index < 3 || index >= count - 2 || isFirstOfDay(tick));
}

/** Runs some work, and returns the rules that are gone. */
async function goneBy({ network }: World, work: () => Promise<unknown>): Promise<string[]> {
  const before = [...network.rules.keys()];
  await work();
  return before.filter(id => !network.rules.has(id)).sort();
}

test('what the plan revokes at deployment and on schedule is what the function revokes, and nothing else', async () => {
  let revoked = 0;
  const exemptGroup = fc.option(fc.nat(2), { nil: undefined });
  const inputs = [drawn, exemptGroup, settings, windows, fc.boolean()] as const;
  const cases = fc.asyncProperty(...inputs, async (all, exempt, overrides, window, isKnown) => {
    const rules = all.filter(({ until }) => !(until !== undefined && ENDING.has(until) && isDayAboutToEnd()));
    const world = await World.start({ network: networkOf(rules, exempt) });
    try {
      const config = {
        ...overrides, revocationWindow: windowOf(window), flaggedIngressRules: FLAGGED, vpnConnections: { kind: 'none' },
      };
      if (isKnown) {
        // An earlier configuration reported only, and its sweeps have seen the rules.
        world.ec2.addStack({
          stackName: 'Network', resources: [{ logicalId: 'Sweep', physicalId: 'Sweep', type: CUSTOM_RESOURCE_TYPE }],
        });
        await world.deploy('Create', { ...config, dryRun: true });
        await world.sweepIn(world.lambda, { ...config, dryRun: true });
      }
      const sweepAt = async (at: string, lateMillis: number): Promise<unknown> => {
        const lambda = await world.startAnother(Date.parse(at) + lateMillis - Date.now());
        return world.invokeDeployed(config, { sweep: { scheduledTime: at } }, { lambda });
      };
      const { readAt, deployment, firstSweepThatMayRevoke: first } = await planOf(world, configuration(config));
      expect(deployment.kind).toBe(isKnown && overrides.dryRun ? 'unchanged' : 'sweeps');
      const atDeployment = await goneBy(world, async () => {
        if (deployment.kind !== 'sweeps') return;
        const { body } = await world.deploy(isKnown ? 'Update' : 'Create', config);
        expect(body.Status).toBe('SUCCESS');
      });
      expect(atDeployment).toEqual(toRevoke(deployment.rules));
      revoked += atDeployment.length;
      if (first.kind === 'deployment') return;
      for (const [index, at] of ticksBetween(readAt, first.at).entries()) {
        const gone = await goneBy(world, () => sweepAt(at, (index + 1) * LATER_MILLIS));
        expect({ at, gone }).toEqual({ at, gone: [] });
      }
      const onSchedule = await goneBy(world, () => sweepAt(first.at, (MOST_TICKS + 1) * LATER_MILLIS));
      expect(onSchedule).toEqual(toRevoke(first.rules));
      revoked += onSchedule.length;
    } finally {
      await world.stop();
    }
  });
  // Random settings may revoke nothing in all runs.
  await fc.assert(cases, { numRuns: 25, examples: REVOKING });
  expect(revoked).toBeGreaterThan(1);
}, 600_000);

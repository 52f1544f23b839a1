/**
 * Tests over the wire that no VPC with a stale rule is ever covered by proof, whatever its rules refer to. The endpoint
 * decides which rules are stale, and does not know of proofs.
 */
import fc from 'fast-check';
import { Ec2Network } from '../../lambda/aws/network';
import { Pacer } from '../../lambda/aws/pacing';
import { NO_MEMORY } from '../../lambda/core/ledger/first-reading';
import type { ProofMemory } from '../../lambda/core/model/ledger';
import type { Observation } from '../../lambda/core/model/observation';
import { EVERYTHING } from '../../lambda/core/model/scope';
import { observe } from '../../lambda/core/observe/observe';
import { aDecodedConfiguration, aFlaggedIngressRule } from '../support/builders';
import { Network as Ec2World, type SecurityGroup } from '../support/ec2-endpoint';
import { connect, disconnect } from '../support/ec2-endpoint/over-the-wire';
import { staleRulesOf } from '../support/ec2-endpoint/staleness';

afterEach(disconnect);

const ACCOUNT = '111122223333';
const OTHER = '444455556666';
const NOW = new Date('2026-01-01T00:00:00Z');

/** A rule to add, by the places of its group and of what it refers to. */
interface Reference {
  readonly from: number;
  readonly to: number;
  readonly path: 'peering' | 'transit-gateway' | 'association';
  readonly pathExists: boolean;
  readonly isEgress: boolean;
}

interface Plan {
  readonly vpcs: number;
  /** The places of VPCs of another account. */
  readonly shared: readonly number[];
  readonly peerings: ReadonlyArray<readonly [number, number]>;
  readonly references: readonly Reference[];
  readonly associations: ReadonlyArray<{
    readonly group: number; readonly vpc: number; readonly state: 'associated' | 'disassociated' | 'disassociating';
  }>;
  /** What happens after the rules were added. */
  readonly deletedGroups: readonly number[];
  readonly deletedPeerings: readonly number[];
}

const place = fc.nat({ max: 999 });
const plans: fc.Arbitrary<Plan> = fc.record({
  vpcs: fc.integer({ min: 1, max: 24 }),
  shared: fc.array(place, { maxLength: 2 }),
  peerings: fc.array(fc.tuple(place, place), { maxLength: 6 }),
  references: fc.array(fc.record({
    from: place, to: place, path: fc.constantFrom('peering', 'transit-gateway', 'association'),
    pathExists: fc.boolean(), isEgress: fc.boolean(),
  }), { maxLength: 14 }),
  associations: fc.array(fc.record({
    group: place, vpc: place, state: fc.constantFrom('associated', 'disassociated', 'disassociating'),
  }), { maxLength: 3 }),
  deletedGroups: fc.array(place, { maxLength: 3 }),
  deletedPeerings: fc.array(place, { maxLength: 4 }),
});

const at = <T>(items: readonly T[], index: number): T => items[index % items.length];

function networkOf(plan: Plan): Ec2World {
  const network = new Ec2World(ACCOUNT);
  const vpcs = Array.from({ length: plan.vpcs }, (_, index) =>
    network.addVpc({ ownerId: plan.shared.some(each => each % plan.vpcs === index) ? OTHER : ACCOUNT }));
  const groups: SecurityGroup[] = vpcs.flatMap(({ vpcId, ownerId }) => [1, 2].map(() => {
    const group = network.addSecurityGroup({ vpcId, ownerId });
    network.addIngress(group.groupId, { ipProtocol: 'tcp', fromPort: 22, toPort: 22, cidrIpv4: '0.0.0.0/0' });
    return group;
  }));
  const peerings = plan.peerings.map(([one, other]) => network.addPeering(at(vpcs, one).vpcId, at(vpcs, other).vpcId));
  for (const { from, to, path, pathExists, isEgress } of plan.references) {
    const [own, { groupId, vpcId, ownerId }] = [at(groups, from), at(groups, to)];
    const isSame = own.vpcId === vpcId;
    const rule = {
      ipProtocol: 'tcp', fromPort: 443, toPort: 443,
      reference: { groupId, ...isSame ? {} : { vpcId, userId: ownerId, path, pathExists } },
    };
    if (isEgress) network.addEgress(own.groupId, rule);
    else network.addIngress(own.groupId, rule);
  }
  for (const { group, vpc, state } of plan.associations) {
    network.addAssociation(at(groups, group).groupId, at(vpcs, vpc).vpcId, { state });
  }
  for (const each of plan.deletedPeerings) {
    if (peerings.length > 0) network.deletePeering(at(peerings, each).vpcPeeringConnectionId);
  }
  // EC2 refuses to delete a group that a rule of its own VPC refers to.
  for (const { groupId, vpcId } of plan.deletedGroups.map(each => at(groups, each))) {
    const isReferred = [...network.rules.values()].some(({ groupId: from, reference }) =>
      reference?.groupId === groupId && network.groups.get(from)?.vpcId === vpcId);
    if (!isReferred && network.groups.has(groupId)) network.deleteSecurityGroup(groupId);
  }
  return network;
}

const configuration = aDecodedConfiguration({ staleRules: 'report' });
const BOTH = aDecodedConfiguration({ staleRules: 'report', flaggedIngressRules: [aFlaggedIngressRule()] });

async function see(network: Ec2World, memory?: ProofMemory, looking = configuration): Promise<Observation> {
  const { ec2 } = await connect({ network, pageSize: 7 });
  const pacer = new Pacer();
  pacer.scale(1000);
  return observe(EVERYTHING, looking, {
    network: new Ec2Network(ec2, ec2, pacer), now: NOW, accountId: ACCOUNT, memory: memory && Promise.resolve(memory),
  });
}

const named = ({ stale }: Observation): unknown[] => stale
  .map(({ groupId, direction, reason, rule }) => [groupId, direction, reason, rule?.securityGroupRuleId].join(' ')).sort();

test('proofs leave out no VPC for which EC2 names a stale rule, and find what reading every VPC finds', async () => {
  let proved = 0;
  await fc.assert(fc.asyncProperty(plans, async plan => {
    const network = networkOf(plan);
    const [quick, whole] = [await see(network, NO_MEMORY), await see(network)];
    const stale = [...whole.vpcs?.inScope ?? []].filter(vpcId => staleRulesOf(network, vpcId).length > 0);
    expect(quick.proofs).toBeDefined();
    expect(stale.filter(vpcId => !quick.proofs?.candidates.has(vpcId))).toEqual([]);
    expect(named(quick)).toEqual(named(whole));
    expect(quick.errors).toEqual(whole.errors);
    expect(whole.vpcs?.proved.size).toBe(0);
    expect(new Set([...quick.vpcs?.scanned ?? [], ...quick.vpcs?.proved ?? []])).toEqual(whole.vpcs?.scanned);
    proved += quick.vpcs?.proved.size ?? 0;
    await disconnect();
  }), { numRuns: 120 });
  // Otherwise the law would prove nothing.
  expect(proved).toBeGreaterThan(20);
});

test('the same holds where the rules are read for flagged ingress, too, and each is read once', async () => {
  await fc.assert(fc.asyncProperty(plans, async plan => {
    const network = networkOf(plan);
    const [quick, whole] = [await see(network, NO_MEMORY, BOTH), await see(network, undefined, BOTH)];
    expect(named(quick)).toEqual(named(whole));
    const flagged = ({ flagged: found }: Observation): string[] =>
      found.map(({ rule }) => rule.securityGroupRuleId).sort();
    expect(flagged(quick)).toEqual(flagged(whole));
    expect(quick.coverage.flagged).toEqual(whole.coverage.flagged);
    await disconnect();
  }), { numRuns: 60 });
});

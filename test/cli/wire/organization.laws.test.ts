/**
 * Tests over the wire that the plan of a hub says what its run then does in an account, in random networks: the bundled
 * command line plans with the credentials of a member, and then the bundled handlers run the state machine.
 */
import * as fc from 'fast-check';
import { EXEMPT_TAG } from '../../../src/contract/exemptions';
import { configuration, type OrganizationWorld } from '../../wire/organization/world';
import { FROM_ANYWHERE } from '../support/networks';
import { hubFiles, ONE, REGIONS, organizationScene, THREE, TWO } from '../support/organization';

type Kind = 'ssh' | 'exempt' | 'egress' | 'office';

const EXEMPT = { [EXEMPT_TAG]: '' };

const drawn = fc.record({
  kinds: fc.array(
    fc.tuple(fc.nat(REGIONS.length - 1), fc.constantFrom<Kind[]>('ssh', 'ssh', 'exempt', 'egress', 'office')),
    { minLength: 1, maxLength: 8 },
  ),
  overrides: fc.record({
    maxRevocationsPerSweep: fc.constantFrom(20, 20, 2, 0), dryRun: fc.constantFrom(false, false, false, true),
    enabled: fc.constantFrom(undefined, undefined, false),
  }),
  revokeIn: fc.constantFrom<unknown[]>(
    { kind: 'all' }, { kind: 'list', ids: [ONE, TWO] }, { kind: 'all', except: [ONE] }, undefined,
    { kind: 'list', ids: [TWO] },
  ),
});

/** Rules and settings with which one is revoked. Random ones may revoke nothing in all runs. */
const REVOKING = {
  kinds: [[0, 'ssh']] as Array<[number, Kind]>,
  overrides: { maxRevocationsPerSweep: 20 as const, dryRun: false, enabled: undefined }, revokeIn: { kind: 'all' },
};

function addRules({ aws }: OrganizationWorld, kinds: ReadonlyArray<readonly [number, Kind]>): void {
  for (const account of [ONE, TWO, THREE]) aws.addMember(account);
  const places = REGIONS.map(region => {
    const network = aws.place(ONE, region);
    const { vpcId } = network.addVpc();
    return { network, vpcId };
  });
  kinds.forEach(([region, kind]) => {
    const { network, vpcId } = places[region];
    const { groupId } = network.addSecurityGroup({ vpcId });
    const rule = { ...FROM_ANYWHERE, ...kind === 'exempt' && { tags: EXEMPT } };
    if (kind === 'egress') network.addEgress(groupId, rule);
    else network.addIngress(groupId, kind === 'office' ? { ...rule, cidrIpv4: '192.0.2.0/24' } : rule);
  });
}

const rulesOf = ({ aws }: OrganizationWorld): string[] =>
  REGIONS.flatMap(region => [...aws.place(ONE, region).rules.keys()]);

interface Sweep {
  readonly rules: ReadonlyArray<{ readonly securityGroupRuleId: string; readonly action: string }>;
}

test('what the plan revokes in a member is what the run revokes there, and nothing else', async () => {
  let revoked = 0;
  await fc.assert(fc.asyncProperty(drawn, async ({ kinds, overrides, revokeIn }) => {
    const { organization, world } = await organizationScene(ONE);
    try {
      addRules(organization, kinds);
      const configured = [overrides, { revokeIn }] as const;
      const files = hubFiles(organization, configuration(...configured));
      const args = ['plan', '--account', ONE, '--no-ledger', '--format', 'json'];
      const { stdout, exitCode } = await world.read(args, { files });
      expect([0, 1]).toContain(exitCode);
      const { constructs } = JSON.parse(stdout) as { constructs: Array<{ deployment: Sweep }> };
      const planned = constructs.flatMap(({ deployment: { rules } }) =>
        rules.flatMap(({ action, securityGroupRuleId }) => action === 'keep' ? [] : securityGroupRuleId)).sort();
      const before = rulesOf(organization);
      const { status } = await organization.run({ configured });
      expect(status).toBe('SUCCEEDED');
      const after = new Set(rulesOf(organization));
      expect(before.filter(id => !after.has(id)).sort()).toEqual(planned);
      revoked += planned.length;
    } finally {
      await organization.stop();
    }
  }), { numRuns: 15, examples: [[REVOKING]] });
  expect(revoked).toBeGreaterThan(0);
});

/** Tests what runs of an organization import into Security Hub: each place into its own, and each trouble told once. */
import type { SecurityFinding } from '../../../../lambda/core/model/security-hub';
import { aConfiguration, flaggedWorld as flagged, MemoryOrganization, REGION } from '../../../support/memory-organization';
import { violationsOfFinding } from '../../../support/security-hub/asff';
import { sshFlagged } from '../../../support/swept';

const [ONE, TWO] = ['222222222222', '333333333333'];
const OTHER_REGION = 'eu-west-1';

const REPORTED = { ...sshFlagged(), action: { kind: 'report' } as const };
const REPORTING = { flaggedIngressRules: [REPORTED], securityHub: true as const };
const REVOKING = { flaggedIngressRules: [sshFlagged()], allowRestore: true, securityHub: true as const };

function organization(
  overrides: Parameters<typeof aConfiguration>[0] = REPORTING, regions = [REGION],
): MemoryOrganization {
  const hub = new MemoryOrganization(aConfiguration(overrides, { revokeIn: { kind: 'all' }, regions }));
  for (const [account, count] of [[ONE, 2], [TWO, 1]] as const) {
    hub.addAccount(account, Object.fromEntries(regions.map((region, index) => [region, flagged(account, count, 'abc'[index])])));
    hub.regions.set(account, regions);
  }
  return hub;
}

let hour = 0;
async function run(hub: MemoryOrganization): ReturnType<MemoryOrganization['run']> {
  hour += 1;
  hub.clock.advance(3_600_000);
  // The passes of a run take time.
  const before = (): void => hub.clock.advance(1000);
  return hub.run({ scheduledTime: new Date(Date.UTC(2026, 0, 1, hour)).toISOString(), before });
}

const nameOf = ({ Id }: SecurityFinding): string => Id.split('/').at(-1) ?? '';

/** Returns what was imported in a place since the last call, such as `ACTIVE sgr-1`. */
const imported = (hub: MemoryOrganization, account: string, region = REGION): string[] =>
  hub.securityHub(account, region).imports.splice(0).flat().map(finding => `${finding.RecordState} ${nameOf(finding)}`).sort();

const failures = (hub: MemoryOrganization): unknown[] =>
  hub.log.ofEvent('DeliveryFailed').map(({ message, fields: { account, region } }) => ({ message, account, region }));

test('each account imports its findings into its own Security Hub of the Region, and as its own product', async () => {
  const hub = organization(REPORTING, [REGION, OTHER_REGION]);
  const { finished } = await run(hub);
  expect(finished).toMatchObject({ failed: false });
  for (const account of [ONE, TWO]) {
    for (const region of [REGION, OTHER_REGION]) {
      const findings = hub.securityHub(account, region).imports.flat();
      expect(findings.flatMap(violationsOfFinding)).toEqual([]);
      expect(findings).toHaveLength(account === ONE ? 2 : 1);
      for (const finding of findings) {
        expect(finding).toMatchObject({
          AwsAccountId: account, RecordState: 'ACTIVE',
          ProductArn: `arn:aws:securityhub:${region}:${account}:product/${account}/default`,
        });
        expect(finding.Resources.every(({ Region, Id }) => Region === region && Id.includes(account))).toBe(true);
      }
      expect(hub.securityHub(account, region).hub.active.size).toBe(findings.length);
    }
  }
  expect(hub.metrics.aggregates).toMatchObject({ DeliveriesFailed: 0, ScanErrors: 0 });
});

test('a finding is imported once, and archived when it has ended', async () => {
  const hub = organization();
  await run(hub);
  const [first] = imported(hub, ONE);
  imported(hub, TWO);
  await run(hub);
  expect([imported(hub, ONE), imported(hub, TWO)]).toEqual([[], []]);
  hub.network(ONE).rules.delete(first.split(' ')[1]);
  await run(hub);
  expect([imported(hub, ONE), imported(hub, TWO)]).toEqual([[first.replace('ACTIVE', 'ARCHIVED')], []]);
});

test('the pass that revokes archives what it has revoked', async () => {
  const hub = organization(REVOKING);
  await run(hub);
  expect(hub.network(ONE).rules.size).toBe(0);
  expect(hub.securityHub(ONE, REGION).hub.active.size).toBe(0);
  expect(imported(hub, ONE).map(each => each.split(' ')[0])).toEqual(['ACTIVE', 'ACTIVE', 'ARCHIVED', 'ARCHIVED']);
});

test('nothing is imported if that is not asked for', async () => {
  const hub = organization({ ...REPORTING, securityHub: undefined });
  await run(hub);
  expect([imported(hub, ONE), imported(hub, TWO)]).toEqual([[], []]);
});

test.each([
  ['off', (hub: MemoryOrganization) => { hub.securityHub(ONE, REGION).hub.state = 'off'; }, /Security Hub is off in 222222222222 in eu-central-1/],
  ['denied', (hub: MemoryOrganization) => {
    hub.securityHub(ONE, REGION).hub.refuses = () => ({ code: 'AccessDeniedException', message: 'not authorized' });
  }, /Allow securityhub:BatchImportFindings to the role/],
])('an account where it is %s fails no run, is told of once, and keeps no other account from importing', async (_, harm, message) => {
  const hub = organization();
  harm(hub);
  for (let count = 0; count < 3; count++) expect((await run(hub)).finished).toMatchObject({ failed: false });
  expect(failures(hub)).toEqual([{ message: expect.stringMatching(message) as string, account: ONE, region: REGION }]);
  expect(hub.metrics.aggregates).toMatchObject({ AccountsFailed: 0, RegionsFailed: 0 });
  expect(hub.securityHub(TWO, REGION).hub.active.size).toBe(1);
  const place = await hub.ledger.place({ account: ONE, region: REGION });
  expect(JSON.stringify(place)).toMatch(message);
});

test('findings are imported when Security Hub is enabled in the account', async () => {
  const hub = organization();
  const { hub: ofOne } = hub.securityHub(ONE, REGION);
  ofOne.state = 'off';
  await run(hub);
  ofOne.state = 'on';
  await run(hub);
  expect(ofOne.active.size).toBe(2);
  expect(JSON.stringify(await hub.ledger.place({ account: ONE, region: REGION }))).not.toContain('Security Hub');
});

test('an account that cannot be entered archives nothing', async () => {
  const hub = organization();
  await run(hub);
  imported(hub, ONE);
  hub.denied.set(ONE, Object.assign(new Error('no'), { name: 'AccessDenied' }));
  await run(hub);
  expect(imported(hub, ONE)).toEqual([]);
  expect(hub.securityHub(ONE, REGION).hub.active.size).toBe(2);
});

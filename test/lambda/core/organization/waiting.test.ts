/** Tests revocations of an organization that wait for their notice, an approval or the revocation window. */
import type { PlaceNews } from '../../../../lambda/core/model/organization';
import { EventType } from '../../../../src/contract/names';
import { awsError } from '../../../support/aws-error';
import { aConfiguration, flaggedWorld, MemoryOrganization, REGION } from '../../../support/memory-organization';
import { sshFlagged } from '../../../support/swept';

const [ONE, TWO] = ['222222222222', '333333333333'];
const HOUR = 3_600_000;
const DAY = 24 * HOUR;
const REVOKING = { flaggedIngressRules: [sshFlagged()] };
const NOTICE = { ...REVOKING, finalNoticeSeconds: 7 * 24 * 3600 };
/** The runs of the tests begin at midnight. */
const WINDOW = { ...REVOKING, revocationWindow: { from: '08:00', to: '10:00', timeZone: 'UTC' } };

function organization(
  overrides: Parameters<typeof aConfiguration>[0], of: Parameters<typeof aConfiguration>[1] = { revokeIn: { kind: 'all' } },
): MemoryOrganization {
  return new MemoryOrganization(aConfiguration(overrides, of));
}

const left = (hub: MemoryOrganization): number => hub.network(ONE).rules.size;
const told = (hub: MemoryOrganization): string[] => hub.events.sent.splice(0).map(({ type }) => type);

async function runLater(hub: MemoryOrganization, millis: number, options: Parameters<MemoryOrganization['run']>[0] = {}): Promise<void> {
  hub.clock.advance(millis);
  await hub.run({ scheduledTime: hub.clock.now().toISOString(), ...options });
}

describe('an announced revocation', () => {
  const UNITS = { revokeIn: { kind: 'organizationalUnits' as const, ids: ['ou-a1b2-prod0001'] } };

  test('is not called off because an organizational unit could not be read, or another configuration is deployed', async () => {
    const hub = organization(NOTICE, UNITS).addAccount(ONE, { [REGION]: flaggedWorld(ONE, 1) });
    hub.units.set('ou-a1b2-prod0001', [ONE]);
    await runLater(hub, 0);
    expect(told(hub)).toContain(EventType.REVOCATION_ANNOUNCED);
    hub.units.set('ou-a1b2-prod0001', awsError('TooManyRequestsException'));
    await runLater(hub, DAY);
    expect([told(hub), left(hub)]).toEqual([[], 1]);
    hub.units.set('ou-a1b2-prod0001', [ONE]);
    await runLater(hub, 6 * DAY);
    expect(left(hub)).toBe(0);
  });

  test('is called off when its account leaves revokeIn', async () => {
    const hub = organization(NOTICE, UNITS).addAccount(ONE, { [REGION]: flaggedWorld(ONE, 1) });
    hub.units.set('ou-a1b2-prod0001', [ONE]);
    await runLater(hub, 0);
    hub.units.set('ou-a1b2-prod0001', []);
    told(hub);
    await runLater(hub, DAY);
    expect([told(hub), left(hub)]).toEqual([[EventType.REVOCATION_CALLED_OFF], 1]);
  });
});

describe('the revocation window', () => {
  const withheld = (hub: MemoryOrganization): object[] =>
    hub.events.sent.filter(({ type }) => type === EventType.REVOCATION_WITHHELD).map(({ detail }) => detail);

  test('has one limit everywhere: that more rules wait for it is told before it opens, once', async () => {
    const hub = organization({ ...WINDOW, maxRevocationsPerSweep: 3 })
      .addAccount(ONE, { [REGION]: flaggedWorld(ONE, 2) }).addAccount(TWO, { [REGION]: flaggedWorld(TWO, 2) });
    await runLater(hub, 0);
    await runLater(hub, 4 * HOUR);
    expect(withheld(hub)).toMatchObject([{
      reason: 'OUTSIDE_WINDOW', count: 4, maxRevocationsPerSweep: 3, rules: [],
      places: [{ account: ONE, region: REGION, due: 2 }, { account: TWO, region: REGION, due: 2 }],
    }]);
    expect(hub.notifications.published).toEqual([]);
  });

  test('that may be used says nothing of the kind', async () => {
    const hub = organization({ ...WINDOW, maxRevocationsPerSweep: 4 })
      .addAccount(ONE, { [REGION]: flaggedWorld(ONE, 2) }).addAccount(TWO, { [REGION]: flaggedWorld(TWO, 2) });
    await runLater(hub, 0);
    expect(withheld(hub)).toEqual([]);
  });

  test('that opens while a run is at work is used by another run, which that one starts', async () => {
    const hub = organization(WINDOW).addAccount(ONE, { [REGION]: flaggedWorld(ONE, 1) });
    await runLater(hub, 7 * HOUR + 54 * 60_000, { before: () => void hub.clock.advance(12 * 60_000) });
    expect([left(hub), hub.started]).toEqual([1, ['2026-01-01T08:00:00.000Z']]);
    await runLater(hub, 0, { scheduledTime: hub.started[0] });
    expect([left(hub), hub.started.length]).toEqual([0, 1]);
  });

  test.each([['before it opens', 6], ['in it', 9], ['after it closes', 11]])('starts no other run %s', async (_, hour) => {
    const hub = organization(WINDOW).addAccount(ONE, { [REGION]: flaggedWorld(ONE, 1) });
    await runLater(hub, hour * HOUR);
    expect(hub.started).toEqual([]);
  });
});

test('the message of a run has the request to approve, however much else was found', async () => {
  const hub = organization({ ...REVOKING, approval: { validSeconds: 3600 } })
    .addAccount(ONE, { [REGION]: flaggedWorld(ONE, 9) });
  await runLater(hub, 0);
  const { news } = hub.ledger.items.get(`place-${ONE}-${REGION}`) as unknown as { news: PlaceNews };
  expect(news.first[0]).toMatchObject({ type: EventType.APPROVAL_REQUESTED, resourceId: expect.stringMatching(/^sg-/) as string });
});

/** What a sweep writes of VPN connections, and what of it is news. */
import { keepVpnConnections } from '../../../../lambda/core/ledger/vpn-connections';
import type { VpnConnectionState, VpnStatus } from '../../../../lambda/core/model/finding';
import type { VpnConnectionChange } from '../../../../lambda/core/model/result';
import { awsError } from '../../../support/aws-error';
import { after, aWriter, inNinetyDays, iso } from '../../../support/ledger-builders';
import { MemoryLedger } from '../../../support/memory-ledger';

type Tunnel = VpnConnectionState['tunnels'][number];

const aTunnel = (overrides: Partial<Tunnel> = {}): Tunnel => ({
  outsideIpAddress: '192.0.2.1',
  status: 'UP',
  acceptedRoutes: 3,
  lastStatusChange: iso(-60),
  secondsSinceStatusChange: 3600,
  ...overrides,
});

function aConnection(status: VpnStatus, overrides: Partial<VpnConnectionState> = {}): VpnConnectionState {
  const tunnels = [
    aTunnel({ status: status === 'DOWN' ? 'DOWN' : 'UP' }),
    aTunnel({ outsideIpAddress: '192.0.2.2', status: status === 'UP' ? 'UP' : 'DOWN' }),
  ];
  return {
    vpnConnectionId: 'vpn-1',
    name: 'branch',
    status,
    stale: false,
    gateway: 'vgw-1',
    customerGatewayId: 'cgw-1',
    tunnels,
    ...overrides,
  };
}

/** Looks at these connections, at a minute. */
async function look(
  ledger: MemoryLedger, minute: number, ...connections: VpnConnectionState[]
): Promise<readonly VpnConnectionChange[]> {
  const { changes, errors } = await keepVpnConnections(connections, ledger, aWriter(minute, { id: `sweep-${minute}` }));
  if (errors.length > 0) throw awsError(errors[0].error.code, errors[0].error.message);
  return changes;
}

const told = (changes: readonly VpnConnectionChange[]): string[] =>
  changes.map(({ entry, previous }) => `${entry.vpnConnectionId} ${previous?.status ?? 'new'} ${entry.status}`).sort();

const writes = ({ calls }: MemoryLedger): number => calls.filter(({ method }) => method === 'putVpnConnection').length;

describe('a connection that was not known', () => {
  test.each<[VpnStatus, string[]]>([
    ['UP', []],
    ['PENDING', []],
    ['DOWN', ['vpn-1 new DOWN']],
    ['DEGRADED', ['vpn-1 new DEGRADED']],
    ['UNKNOWN', ['vpn-1 new UNKNOWN']],
    ['MISSING', ['vpn-1 new MISSING']],
  ])('is written, and when it is %s the news are %j', async (status, news) => {
    const ledger = new MemoryLedger();
    expect(told(await look(ledger, 0, aConnection(status)))).toEqual(news);
    expect(ledger.connections.get('vpn-1')).toMatchObject({
      status,
      since: iso(1),
      writtenAt: iso(1),
      writtenBy: 'sweep-0',
      revision: 1,
      name: 'branch',
    });
  });
});

describe('a connection that is known', () => {
  test('is written once, and is news once, when its status changes', async () => {
    const ledger = new MemoryLedger();
    await look(ledger, 0, aConnection('UP'));
    expect(told(await look(ledger, 10, aConnection('DOWN')))).toEqual(['vpn-1 UP DOWN']);
    expect(told(await look(ledger, 20, aConnection('DOWN')))).toEqual([]);
    expect(told(await look(ledger, 30, aConnection('DOWN')))).toEqual([]);
    expect(writes(ledger)).toBe(2);
    expect(ledger.connections.get('vpn-1')).toMatchObject({ status: 'DOWN', since: iso(11), revision: 2 });
    expect(told(await look(ledger, 40, aConnection('UP')))).toEqual(['vpn-1 DOWN UP']);
  });

  test('is news when one tunnel takes the place of another, though its status is the same', async () => {
    const ledger = new MemoryLedger();
    await look(ledger, 0, aConnection('DEGRADED'));
    const swapped = aConnection('DEGRADED').tunnels.map(tunnel => ({
      ...tunnel,
      status: tunnel.status === 'UP' ? ('DOWN' as const) : ('UP' as const),
    }));
    expect(told(await look(ledger, 10, aConnection('DEGRADED', { tunnels: swapped })))).toEqual([
      'vpn-1 DEGRADED DEGRADED',
    ]);
    expect(ledger.connections.get('vpn-1')?.since).toBe(iso(1));
  });

  test('is written without being news when its routes or its name change', async () => {
    const ledger = new MemoryLedger();
    await look(ledger, 0, aConnection('UP'));
    expect(await look(ledger, 10, aConnection('UP', { name: 'Berlin' }))).toEqual([]);
    expect(
      await look(
        ledger,
        20,
        aConnection('UP', {
          name: 'Berlin',
          tunnels: [aTunnel({ acceptedRoutes: 4 }), aTunnel({ outsideIpAddress: '192.0.2.2' })],
        }),
      ),
    ).toEqual([]);
    expect(writes(ledger)).toBe(3);
  });

  test('is not written again for time that goes by, nor for tunnels in another order', async () => {
    const ledger = new MemoryLedger();
    await look(ledger, 0, aConnection('UP'));
    const tunnels = [...aConnection('UP').tunnels]
      .reverse()
      .map(tunnel => ({ ...tunnel, secondsSinceStatusChange: 7200 }));
    await look(ledger, 60, aConnection('UP', { tunnels }));
    expect(writes(ledger)).toBe(1);
  });

  test('is GONE when it is no longer among those that are looked at, once, and then forgotten', async () => {
    const ledger = new MemoryLedger();
    await look(ledger, 0, aConnection('UP'));
    expect(told(await look(ledger, 10))).toEqual(['vpn-1 UP GONE']);
    expect(await look(ledger, 20)).toEqual([]);
    expect(ledger.connections.get('vpn-1')).toMatchObject({
      status: 'GONE',
      tunnels: [],
      name: 'branch',
      expiresAt: inNinetyDays(11),
    });
    expect(told(await look(ledger, 30, aConnection('UP')))).toEqual(['vpn-1 GONE UP']);
    expect(ledger.connections.get('vpn-1')).not.toHaveProperty('expiresAt');
  });

  test('is not GONE where the answer was not whole, and what was found is written all the same', async () => {
    const ledger = new MemoryLedger();
    await look(ledger, 0, aConnection('UP'), aConnection('UP', { vpnConnectionId: 'vpn-2' }));
    const before = ledger.connections.get('vpn-1');
    const { changes, errors } = await keepVpnConnections(
      [aConnection('DOWN', { vpnConnectionId: 'vpn-2' })], ledger, aWriter(10), false);
    expect(errors).toEqual([]);
    expect(told(changes)).toEqual(['vpn-2 UP DOWN']);
    expect(ledger.connections.get('vpn-1')).toEqual(before);
    expect(ledger.calls.filter(({ method, id }) => method === 'putVpnConnection' && id === 'vpn-1')).toHaveLength(1);
    // The next look that is whole tells.
    expect(told(await look(ledger, 20, aConnection('DOWN', { vpnConnectionId: 'vpn-2' })))).toEqual(['vpn-1 UP GONE']);
  });

  test('holds nothing of the connection but what is named', async () => {
    const ledger = new MemoryLedger();
    const secret = { ...aConnection('UP'), preSharedKey: 'secret' };
    await look(ledger, 0, secret);
    expect(JSON.stringify([...ledger.connections.values()])).not.toContain('secret');
  });
});

describe('of two sweeps', () => {
  test('the one that looked later is believed', async () => {
    const ledger = new MemoryLedger();
    await look(ledger, 0, aConnection('DOWN'));
    await look(ledger, 20, aConnection('UP'));
    const late = await keepVpnConnections([aConnection('DOWN')], ledger, {
      id: 'late',
      startedAt: after(15),
      now: after(25),
    });
    expect(late).toEqual({ changes: [], errors: [] });
    expect(ledger.connections.get('vpn-1')?.status).toBe('UP');
  });

  test('that see the same change at once, one tells', async () => {
    const ledger = new MemoryLedger();
    await look(ledger, 0, aConnection('UP'));
    const both = await Promise.all([look(ledger, 10, aConnection('DOWN')), look(ledger, 10, aConnection('DOWN'))]);
    expect(both.flatMap(told)).toEqual(['vpn-1 UP DOWN']);
  });
});

test.each(['vpnConnections', 'putVpnConnection'] as const)('a ledger that fails at %s is an error', async method => {
  const ledger = new MemoryLedger().on(method, { throws: awsError('AccessDeniedException') });
  await expect(look(ledger, 0, aConnection('UP'))).rejects.toMatchObject({ name: 'AccessDeniedException' });
});

test('changes that were written before a write failed are told all the same, and the others by the next sweep', async () => {
  const ledger = new MemoryLedger();
  const connections = (status: VpnStatus): VpnConnectionState[] =>
    ['vpn-1', 'vpn-2', 'vpn-3'].map(vpnConnectionId => aConnection(status, { vpnConnectionId }));
  await look(ledger, 0, ...connections('UP'));
  ledger.on('putVpnConnection', { call: 6, throws: awsError('InternalServerError') });
  const { changes, errors } = await keepVpnConnections(connections('DOWN'), ledger, aWriter(10));
  const doing = 'recording VPN connections in the ledger';
  expect(errors).toMatchObject([{ doing, error: { code: 'InternalServerError' } }]);
  const next = await look(ledger, 20, ...connections('DOWN'));
  expect([told(changes), told(next)]).toEqual([['vpn-1 UP DOWN', 'vpn-2 UP DOWN'], ['vpn-3 UP DOWN']]);
});

test('of two tunnels without an address neither is news at every sweep', async () => {
  const ledger = new MemoryLedger();
  const tunnels = (['UP', 'DOWN'] as const).map(status => aTunnel({ outsideIpAddress: '', status }));
  await look(ledger, 0, aConnection('DEGRADED', { tunnels }));
  expect(await look(ledger, 10, aConnection('DEGRADED', { tunnels, name: 'other' }))).toEqual([]);
});

describe('an item that cannot be read, or that the ledger does not take,', () => {
  const message = "the ledger's item vpn-2 cannot be read: its attribute connection is missing. Delete it";
  const connections = (status: VpnStatus): VpnConnectionState[] =>
    ['vpn-1', 'vpn-2', 'vpn-3'].map(vpnConnectionId => aConnection(status, { vpnConnectionId }));

  test('affects only its VPN connection, found or not, and is named', async () => {
    const all = connections('DOWN');
    for (const found of [all, all.filter(({ vpnConnectionId }) => vpnConnectionId !== 'vpn-2')]) {
      const ledger = new MemoryLedger();
      ledger.unreadable.push({ id: 'vpn-2', message });
      const { changes, errors } = await keepVpnConnections(found, ledger, aWriter(10));
      expect(told(changes)).toEqual(['vpn-1 new DOWN', 'vpn-3 new DOWN']);
      expect(errors).toEqual([
        {
          doing: 'recording VPN connections in the ledger',
          resourceId: 'vpn-2',
          error: { code: 'UnreadableItem', message },
        },
      ]);
      expect(ledger.calls.filter(({ id }) => id === 'vpn-2')).toEqual([]);
    }
  });

  test('affects only it when the write fails', async () => {
    const throws = awsError('ValidationException', 'too large');
    const ledger = new MemoryLedger().on('putVpnConnection', { naming: 'vpn-2', throws });
    const { changes, errors } = await keepVpnConnections(connections('DOWN'), ledger, aWriter(10));
    expect(told(changes)).toEqual(['vpn-1 new DOWN', 'vpn-3 new DOWN']);
    expect(errors).toMatchObject([{ resourceId: 'vpn-2', error: { code: throws.name, message: 'too large' } }]);
  });
});

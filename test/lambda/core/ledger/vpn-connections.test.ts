/** Tests what a sweep writes about VPN connections, and what it reports. */
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

/** Runs a sweep that finds these connections at a minute. */
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
    ['NO_ROUTES', ['vpn-1 new NO_ROUTES']],
    ['UNKNOWN', ['vpn-1 new UNKNOWN']],
    ['MISSING', ['vpn-1 new MISSING']],
  ])('is written; with the status %s, the reports are %j', async (status, news) => {
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
  test('is written once and reported once when its status changes', async () => {
    const ledger = new MemoryLedger();
    await look(ledger, 0, aConnection('UP'));
    expect(told(await look(ledger, 10, aConnection('DOWN')))).toEqual(['vpn-1 UP DOWN']);
    expect(told(await look(ledger, 20, aConnection('DOWN')))).toEqual([]);
    expect(told(await look(ledger, 30, aConnection('DOWN')))).toEqual([]);
    expect(writes(ledger)).toBe(2);
    expect(ledger.connections.get('vpn-1')).toMatchObject({ status: 'DOWN', since: iso(11), revision: 2 });
    expect(told(await look(ledger, 40, aConnection('UP')))).toEqual(['vpn-1 DOWN UP']);
  });

  test('is reported when one tunnel goes down and another comes up, although its status is the same', async () => {
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

  test('is written but not reported when its routes or its name change', async () => {
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

  test('is not written again because time has passed or its tunnels come in another order', async () => {
    const ledger = new MemoryLedger();
    await look(ledger, 0, aConnection('UP'));
    const tunnels = [...aConnection('UP').tunnels]
      .reverse()
      .map(tunnel => ({ ...tunnel, secondsSinceStatusChange: 7200 }));
    await look(ledger, 60, aConnection('UP', { tunnels }));
    expect(writes(ledger)).toBe(1);
  });

  test('becomes GONE once when sweeps no longer look at it, and its entry expires', async () => {
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

  test('is not GONE if the response was incomplete; the connections in it are still written', async () => {
    const ledger = new MemoryLedger();
    await look(ledger, 0, aConnection('UP'), aConnection('UP', { vpnConnectionId: 'vpn-2' }));
    const before = ledger.connections.get('vpn-1');
    const { changes, errors } = await keepVpnConnections(
      [aConnection('DOWN', { vpnConnectionId: 'vpn-2' })], ledger, aWriter(10), false);
    expect(errors).toEqual([]);
    expect(told(changes)).toEqual(['vpn-2 UP DOWN']);
    expect(ledger.connections.get('vpn-1')).toEqual(before);
    expect(ledger.calls.filter(({ method, id }) => method === 'putVpnConnection' && id === 'vpn-1')).toHaveLength(1);
    // The next look that sees everything reports it.
    expect(told(await look(ledger, 20, aConnection('DOWN', { vpnConnectionId: 'vpn-2' })))).toEqual(['vpn-1 UP GONE']);
  });

  test('holds only the named fields of the connection', async () => {
    const ledger = new MemoryLedger();
    const secret = { ...aConnection('UP'), preSharedKey: 'secret' };
    await look(ledger, 0, secret);
    expect(JSON.stringify([...ledger.connections.values()])).not.toContain('secret');
  });
});

describe('two sweeps', () => {
  test('keep the state that was seen later', async () => {
    const ledger = new MemoryLedger();
    await look(ledger, 0, aConnection('DOWN'));
    await look(ledger, 20, aConnection('UP'));
    const late = await keepVpnConnections([aConnection('DOWN')], ledger, {
      id: 'late',
      startedAt: after(15),
      now: after(25),
    });
    expect(late).toEqual({ changes: [], newlyLongPending: [], tunnelFlaps: new Map(), errors: [] });
    expect(ledger.connections.get('vpn-1')?.status).toBe('UP');
  });

  test('that see the same change at once report it once', async () => {
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

test('if a write fails, changes written before it are still reported, and the next sweep reports the others', async () => {
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

describe('a tunnel that flaps', () => {
  /** Returns the connection with one tunnel, which last changed at a minute. */
  const changed = (minute: number | undefined, overrides: Partial<Tunnel> = {}, status: VpnStatus = 'UP') => {
    const lastStatusChange = minute === undefined ? undefined : iso(minute);
    return aConnection(status, { tunnels: [aTunnel({ lastStatusChange, ...overrides })] });
  };

  /** Returns the tunnels that flapped, for each of several looks half an hour apart. */
  async function flaps(...looks: VpnConnectionState[]): Promise<string[][]> {
    const ledger = new MemoryLedger();
    const found: string[][] = [];
    for (const [index, connection] of looks.entries()) {
      found.push(await flapsOf(ledger, 30 * index, connection));
    }
    return found;
  }

  async function flapsOf(ledger: MemoryLedger, minute: number, ...connections: VpnConnectionState[]) {
    const { tunnelFlaps } = await keepVpnConnections(connections, ledger, aWriter(minute, { id: `sweep-${minute}` }));
    return [...tunnelFlaps].flatMap(([id, addresses]) => addresses.map(address => `${id} ${address}`));
  }

  const FLAPPED = ['vpn-1 192.0.2.1'];

  test('is reported once, by the look that sees the same status and a later change', async () => {
    expect(await flaps(changed(-60), changed(-60), changed(40), changed(40), changed(100)))
      .toEqual([[], [], FLAPPED, [], FLAPPED]);
  });

  test('is also reported if it is down before and after', async () => {
    const down = { status: 'DOWN' } as const;
    expect(await flaps(changed(-60, down, 'DOWN'), changed(10, down, 'DOWN'))).toEqual([[], FLAPPED]);
  });

  test('is reported alone if the other tunnels did not flap', async () => {
    const both = (second: number): VpnConnectionState => aConnection('UP', {
      tunnels: [aTunnel(), aTunnel({ outsideIpAddress: '192.0.2.2', lastStatusChange: iso(second) })],
    });
    expect(await flaps(both(-60), both(10))).toEqual([[], ['vpn-1 192.0.2.2']]);
  });

  test('is not a change, because its status is the same', async () => {
    const ledger = new MemoryLedger();
    await look(ledger, 0, changed(-60));
    expect(await look(ledger, 30, changed(10))).toEqual([]);
  });

  test.each<[name: string, ...looks: VpnConnectionState[]]>([
    ['when it goes down', changed(-60), changed(10, { status: 'DOWN' }, 'DOWN')],
    ['when it comes up', changed(-60, { status: 'DOWN' }, 'DOWN'), changed(10)],
    ['when its message changes and the time does not', changed(-60, { statusMessage: 'a' }), changed(-60, { statusMessage: 'b' })],
    ['when its routes change and the time does not', changed(-60), changed(-60, { acceptedRoutes: 9 })],
    ['when no earlier time is known', changed(undefined), changed(10)],
    ['when no later time is known', changed(-60), changed(undefined)],
    ['when the time goes back', changed(10), changed(-60)],
    ['when the time goes back and forth', changed(10), changed(-60), changed(10)],
    ['when the later time has not come yet', changed(-60), changed(10_000)],
    ['when the earlier time has not come yet', changed(10_000), changed(10)],
    ['when it was of another tunnel', changed(-60), changed(10, { outsideIpAddress: '192.0.2.9' })],
    ['when its address is not known', changed(-60, { outsideIpAddress: '' }), changed(10, { outsideIpAddress: '' })],
    ['when its status is not known', changed(-60, { status: 'UNKNOWN' }, 'UNKNOWN'), changed(10, { status: 'UNKNOWN' }, 'UNKNOWN')],
    ['when its status was not known', changed(-60, { status: 'UNKNOWN' }, 'UNKNOWN'), changed(10)],
    ['while the connection is created', changed(-60, { status: 'DOWN' }, 'PENDING'), changed(10, { status: 'DOWN' }, 'PENDING')],
    ['when the connection is being created anew', changed(-60), changed(10, {}, 'PENDING')],
    ['when the connection has just been created', changed(-60, { status: 'DOWN' }, 'PENDING'), changed(10, { status: 'DOWN' }, 'DOWN')],
    ['when the connection was missing meanwhile', changed(-60), aConnection('MISSING', { tunnels: [] }), changed(50)],
    ['when another tunnel has the same address', ...[-60, 10].map(minute =>
      aConnection('UP', { tunnels: [aTunnel(), aTunnel({ lastStatusChange: iso(minute) })] }))],
  ])('is not reported %s', async (_, ...looks) => {
    expect((await flaps(...looks)).flat()).toEqual([]);
  });

  test('is not reported if an earlier version wrote the entry, without the time', async () => {
    const ledger = new MemoryLedger();
    await look(ledger, 0, changed(-60));
    const { tunnels: [{ lastStatusChange: _, ...tunnel }], ...entry } = ledger.connections.get('vpn-1')!;
    ledger.connections.set('vpn-1', { ...entry, tunnels: [tunnel] });
    expect(await flapsOf(ledger, 30, changed(10))).toEqual([]);
    expect(await flapsOf(ledger, 60, changed(40))).toEqual(FLAPPED);
  });

  test('is not reported if the ledger holds an invalid time', async () => {
    const ledger = new MemoryLedger();
    await look(ledger, 0, changed(-60));
    const entry = ledger.connections.get('vpn-1')!;
    ledger.connections.set('vpn-1', { ...entry, tunnels: [{ ...entry.tunnels[0], lastStatusChange: 'yesterday' }] });
    expect(await flapsOf(ledger, 30, changed(10))).toEqual([]);
  });

  test('keeps the time of its last flap in later entries', async () => {
    const ledger = new MemoryLedger();
    const kept = (): Array<string | undefined> | undefined =>
      ledger.connections.get('vpn-1')?.tunnels.map(({ flappedAt }) => flappedAt);
    await look(ledger, 0, changed(-60));
    expect(kept()).toEqual([undefined]);
    await look(ledger, 30, changed(10));
    await look(ledger, 60, changed(50, { status: 'DOWN' }, 'DOWN'));
    expect(kept()).toEqual([iso(10)]);
    await look(ledger, 90, changed(80, { status: 'DOWN' }, 'DOWN'));
    expect(kept()).toEqual([iso(80)]);
  });

  test('is written once, and not again for a repeated or outdated response', async () => {
    const ledger = new MemoryLedger();
    for (const [index, minute] of [-60, 10, 10, -60, 10].entries()) await look(ledger, 30 * index, changed(minute));
    expect(writes(ledger)).toBe(2);
  });

  test('is reported by only one of two simultaneous sweeps', async () => {
    const ledger = new MemoryLedger();
    await look(ledger, 0, changed(-60));
    const both = await Promise.all([flapsOf(ledger, 30, changed(10)), flapsOf(ledger, 30, changed(10))]);
    expect(both.flat()).toEqual(FLAPPED);
  });

  test('is reported even if the ledger fails for another connection', async () => {
    const ledger = new MemoryLedger();
    const other = aConnection('UP', { vpnConnectionId: 'vpn-2' });
    await look(ledger, 0, changed(-60), other);
    ledger.on('putVpnConnection', { naming: 'vpn-2', throws: awsError('InternalServerError') });
    const { tunnelFlaps, errors } = await keepVpnConnections(
      [changed(10), { ...other, status: 'DOWN' }], ledger, aWriter(30));
    expect([...tunnelFlaps.keys()]).toEqual(['vpn-1']);
    expect(errors).toHaveLength(1);
  });
});

describe('a connection that is pending', () => {
  const DAY = 24 * 60;
  const pending = aConnection('PENDING');

  async function longPending(
    ledger: MemoryLedger, minute: number, ...connections: VpnConnectionState[]
  ): Promise<string[]> {
    const { newlyLongPending } = await keepVpnConnections(
      connections, ledger, aWriter(minute, { id: `sweep-${minute}` }));
    return newlyLongPending.map(({ vpnConnectionId, since }) => `${vpnConnectionId} since ${since}`);
  }

  async function looks(...all: Array<[minute: number, connection: VpnConnectionState]>): Promise<string[][]> {
    const ledger = new MemoryLedger();
    const found: string[][] = [];
    for (const [minute, connection] of all) found.push(await longPending(ledger, minute, connection));
    return found;
  }

  const ONCE = [`vpn-1 since ${iso(1)}`];

  test('is reported once, when it has been pending for longer than a day', async () => {
    expect(await looks([0, pending], [DAY, pending], [DAY + 1, pending], [DAY + 60, pending], [9 * DAY, pending]))
      .toEqual([[], [], ONCE, [], []]);
  });

  test('is reported again if it had another status in between, and then was pending for so long', async () => {
    expect(await looks(
      [0, pending], [2 * DAY, pending], [2 * DAY + 1, aConnection('UP')], [2 * DAY + 2, pending],
      [3 * DAY, pending], [3 * DAY + 10, pending],
    )).toEqual([[], ONCE, [], [], [], [`vpn-1 since ${iso(2 * DAY + 3)}`]]);
  });

  test('is reported again if it was gone in between', async () => {
    const ledger = new MemoryLedger();
    await longPending(ledger, 0, pending);
    expect(await longPending(ledger, 2 * DAY, pending)).toEqual(ONCE);
    await longPending(ledger, 3 * DAY);
    expect(ledger.connections.get('vpn-1')?.longPending).toBeUndefined();
    expect(await longPending(ledger, 4 * DAY, pending)).toEqual([]);
    expect(await longPending(ledger, 6 * DAY, pending)).toEqual([`vpn-1 since ${iso(4 * DAY + 1)}`]);
  });

  test.each<VpnStatus>(['UP', 'DOWN', 'DEGRADED', 'NO_ROUTES', 'UNKNOWN', 'MISSING'])(
    'is told, and none that is %s for as long', async status => {
      expect(await looks([0, aConnection(status)], [9 * DAY, aConnection(status)])).toEqual([[], []]);
    });

  test('is not a change by being pending for long', async () => {
    const ledger = new MemoryLedger();
    await look(ledger, 0, pending);
    expect(await look(ledger, 2 * DAY, pending)).toEqual([]);
    expect(ledger.connections.get('vpn-1')).toMatchObject({ status: 'PENDING', longPending: true, since: iso(1) });
  });

  test('is reported by only one of two simultaneous sweeps', async () => {
    const ledger = new MemoryLedger();
    await longPending(ledger, 0, pending);
    const both = await Promise.all([longPending(ledger, 2 * DAY, pending), longPending(ledger, 2 * DAY, pending)]);
    expect(both.flat()).toEqual(ONCE);
  });

  test('is reported once, even if a clock goes back', async () => {
    expect(await looks([0, pending], [2 * DAY, pending], [60, { ...pending, name: 'other' }], [3 * DAY, pending]))
      .toEqual([[], ONCE, [], []]);
  });

  test('is reported by the first sweep after an earlier version wrote the entry', async () => {
    const ledger = new MemoryLedger();
    await longPending(ledger, 0, pending);
    expect(ledger.connections.get('vpn-1')?.longPending).toBeUndefined();
    expect(await longPending(ledger, 30 * DAY, pending)).toEqual(ONCE);
  });
});

test('two tunnels without an address are not reported at every sweep', async () => {
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

import type { Outcome } from '../../../../lambda/core/act/outcomes';
import type { KeepReason } from '../../../../lambda/core/decide/reasons';
import type { VpnConnectionState } from '../../../../lambda/core/model/finding';
import type { SecurityGroupRule } from '../../../../lambda/core/model/network';
import type { EntryChange, Forecast, KeptRule, SweepResult } from '../../../../lambda/core/model/result';
import { type LogLine, logLines } from '../../../../lambda/core/report/log-lines';
import { aFlaggedRule, anEntry, aRule, aStalePermission, aStaleRule } from '../../../support/builders';
import { aVpnConnectionEntry } from '../../../support/findings';
import { aPauseReading } from '../../../support/pauses';
import { anOutcome, aSweepResult, vpcsScanned } from '../../../support/sweep-result';

/** A rule with every field that restoring needs. */
const WHOLE: SecurityGroupRule = {
  securityGroupRuleId: 'sgr-9',
  groupId: 'sg-9',
  groupOwnerId: '111122223333',
  isEgress: false,
  ipProtocol: 'tcp',
  fromPort: 5432,
  toPort: 5433,
  referencedGroup: {
    groupId: 'sg-far',
    userId: '444455556666',
    vpcId: 'vpc-far',
    vpcPeeringConnectionId: 'pcx-1',
    peeringStatus: 'active',
  },
  description: 'reporting',
  tags: { Owner: 'data' },
};

/** Returns all lines, with a limit of 20. */
const linesOf = (result: SweepResult): LogLine[] => logLines(result, { maxRevocationsPerSweep: 20 });

/** Returns the only line of an event. It fails if there are several. */
function lineOf(event: string, result: SweepResult): LogLine {
  const lines = linesOf(result).filter(({ fields }) => fields.event === event);
  expect(lines).toHaveLength(1);
  return lines[0];
}

const aConnection = (overrides: Partial<VpnConnectionState> = {}): VpnConnectionState => ({
  vpnConnectionId: 'vpn-1',
  status: 'UP',
  stale: false,
  tunnels: [],
  ...overrides,
});

describe('a rule that was kept', () => {
  test.each<KeepReason>([
    'REPORT_ONLY',
    'EGRESS',
    'UNDECIDED',
    'RULE_NOT_FOUND',
    'GROUP_UNREAD',
    'ENDPOINTS_UNREAD',
    'OUTSIDE_VPCS',
    'OTHER_OWNER',
    'EXEMPT_BY_PROP',
    'EXEMPT_BY_FUNCTION',
    'EXEMPT_BY_GROUP_TAG',
    'EXEMPT_BY_RULE_TAG',
    'DISABLED',
    'DRY_RUN',
    'LEFT_TO_OTHER',
    'WITHIN_GRACE',
    'CONFIGURATION_CHANGING',
    'SETTLING',
    'PAUSED',
    'LIMIT_USED',
  ])('has a line that says why: %s', reason => {
    const { level, message, fields } = lineOf(
      'RuleKept',
      aSweepResult({
        plan: { revoke: [], keep: [{ groupId: 'sg-9', rule: WHOLE, reason, flagged: aFlaggedRule({ rule: WHOLE }) }] },
      }),
    );
    expect(level).toBe('INFO');
    expect(message).toMatch(/^Kept sgr-9 of sg-9: [a-z].{10,}$/);
    expect(fields).toMatchObject({ keepReason: reason, groupId: 'sg-9' });
  });

  test.each<KeepReason>([
    'LEDGER_UNAVAILABLE', 'LEDGER_UNTRUSTED', 'OVER_LIMIT',
  ])('though it was to be revoked, and nobody decided so for it, has a line that warns: %s', reason => {
    const { level, message, fields } = lineOf(
      'RuleKept',
      aSweepResult({
        plan: { revoke: [], keep: [{ groupId: 'sg-9', rule: WHOLE, reason, flagged: aFlaggedRule({ rule: WHOLE }) }] },
      }),
    );
    expect(level).toBe('WARN');
    expect(message).toMatch(/^Kept sgr-9 of sg-9: [a-z].{10,}$/);
    expect(fields).toMatchObject({ keepReason: reason, groupId: 'sg-9', rule: WHOLE });
  });

  test('has in its line what the ledger knows of it, and nothing of it where the ledger knows nothing', () => {
    const entry = anEntry({ rule: WHOLE, stackName: 'Network', because: { stale: 'DELETED_GROUP', declarations: [] } });
    const keep = (known?: typeof entry): SweepResult =>
      aSweepResult({
        plan: { revoke: [], keep: [{ groupId: 'sg-9', rule: WHOLE, reason: 'WITHIN_GRACE', entry: known }] },
      });
    expect(lineOf('RuleKept', keep(entry)).fields).toMatchObject({
      firstSeen: entry.firstSeen,
      sightings: 2,
      stackName: 'Network',
    });
    expect(lineOf('RuleKept', keep()).fields).not.toHaveProperty('firstSeen');
  });

  test('has no count of sightings in its line where nothing calls it stale: nothing waits for them', () => {
    const entry = anEntry({ rule: WHOLE, because: { verdict: 'undecided', declarations: [] } });
    const keep = [{ groupId: 'sg-9', rule: WHOLE, reason: 'UNDECIDED' as const, entry }];
    expect(lineOf('RuleKept', aSweepResult({ plan: { revoke: [], keep } })).fields.sightings).toBeUndefined();
  });

  test('is in its line whole', () => {
    const { fields } = lineOf(
      'RuleKept',
      aSweepResult({
        plan: {
          revoke: [],
          keep: [{ groupId: 'sg-9', rule: WHOLE, reason: 'DRY_RUN', flagged: aFlaggedRule({ rule: WHOLE }) }],
        },
      }),
    );
    expect(fields.rule).toEqual(WHOLE);
    expect(fields.flagged).toEqual({ verdict: 'flagged', declarations: aFlaggedRule().declarations });
  });

  test('is in its line as EC2 named it, when it could not be identified', () => {
    const stale = aStaleRule({ groupId: 'sg-9', rule: undefined });
    const { message, fields } = lineOf(
      'RuleKept',
      aSweepResult({ plan: { revoke: [], keep: [{ groupId: 'sg-9', stale, reason: 'RULE_NOT_FOUND' }] } }),
    );
    expect(message).toBe('Kept a rule of sg-9: its group has no such rule any more, or it could not be read');
    expect(fields).toMatchObject({
      stale: {
        reason: 'DELETED_GROUP',
        direction: 'ingress',
        vpcId: 'vpc-1',
        groupName: 'web',
        permission: aStalePermission(),
      },
    });
  });
});

describe('a revocation', () => {
  test.each<[Outcome, string, RegExp]>([
    ['REVOKED', 'INFO', /^Revoked .*sgr-9 of sg-9/],
    ['ALREADY_GONE', 'INFO', /already gone.*sgr-9 of sg-9/],
    ['CHANGED_MEANWHILE', 'WARN', /^Kept .*has changed.*sgr-9 of sg-9/],
    ['FAILED', 'ERROR', /^Failed .*sgr-9 of sg-9/],
    ['SKIPPED', 'WARN', /^Withheld .*sgr-9 of sg-9/],
    ['REVOKED_CHANGED', 'ERROR', /^Revoked .*had changed right before.*sgr-9 of sg-9/],
    ['UNRECORDED', 'ERROR', /^Revoked, but could not record.*sgr-9 of sg-9/],
    ['LEFT_TO_OTHER', 'INFO', /^Left to another sweep.*sgr-9 of sg-9/],
  ])('that ended as %s has a line of level %s', (outcome, level, message) => {
    const line = lineOf('Revocation', aSweepResult({ outcomes: [anOutcome(outcome, { rule: WHOLE })] }));
    expect(line).toMatchObject({ level, fields: { outcome } });
    expect(line.message).toMatch(message);
  });

  test('has the whole rule in its line, the group, and what told to revoke it', () => {
    const because = {
      stale: 'DELETED_GROUP' as const,
      declarations: [{ name: 'flaggedIngressRules[3]', reason: 'use Session Manager' }],
    };
    const outcome = anOutcome('REVOKED', { rule: WHOLE, because });
    const { fields } = lineOf('Revocation', aSweepResult({ outcomes: [outcome] }));
    expect(fields).toMatchObject({ because, group: outcome.group });
    expect(fields.rule).toEqual(WHOLE);
  });

  test('says what the ledger said, where it could not be written', () => {
    const ledgerError = { code: 'AccessDeniedException', message: 'not authorized' };
    const { fields } = lineOf(
      'Revocation',
      aSweepResult({ outcomes: [anOutcome('UNRECORDED', { rule: WHOLE, ledgerError })] }),
    );
    expect(fields).toMatchObject({ outcome: 'UNRECORDED', ledgerError, rule: WHOLE });
  });

  test('says what was seen, and the error', () => {
    const error = { code: 'RequestLimitExceeded', message: 'slow down', requestId: 'r-1', attempts: 3 };
    const line = lineOf(
      'Revocation',
      aSweepResult({ outcomes: [anOutcome('FAILED', { rule: WHOLE, detail: 'EC2 did not revoke the rule', error })] }),
    );
    expect(line.message).toBe('Failed to revoke the ingress rule sgr-9 of sg-9: EC2 did not revoke the rule');
    expect(line.fields).toMatchObject({ detail: 'EC2 did not revoke the rule', error });
  });
});

describe('what could not be looked at', () => {
  const error = { code: 'UnauthorizedOperation', message: 'You are not authorized' };

  test.each([
    [
      { vpcId: 'vpc-1' },
      'Could not look: reading stale security groups (vpc-1) failed with UnauthorizedOperation: You are not authorized',
    ],
    [
      { resourceId: 'sg-1' },
      'Could not look: reading stale security groups (sg-1) failed with UnauthorizedOperation: You are not authorized',
    ],
    [
      { vpcId: 'vpc-1', resourceId: 'sg-1' },
      'Could not look: reading stale security groups (vpc-1, sg-1) failed with UnauthorizedOperation: You are not authorized',
    ],
    [{}, 'Could not look: reading stale security groups failed with UnauthorizedOperation: You are not authorized'],
  ])('has a line that says what, where and why: %j', (where, message) => {
    const line = lineOf(
      'ScanError',
      aSweepResult({ observation: { errors: [{ doing: 'reading stale security groups', ...where, error }] } }),
    );
    expect(line).toMatchObject({ level: 'ERROR', message, fields: { ...where, error } });
  });
});

describe('what the ledger refused', () => {
  test('is told to be only a part of it, where that is one item', () => {
    const message = "the ledger's item sgr-9 cannot be read: its attribute rule is missing. Delete the item";
    const error = { code: 'UnreadableItem', message };
    const ledgerErrors = [{ doing: 'reading the ledger', resourceId: 'sgr-9', error }];
    const line = lineOf('ScanError', aSweepResult({ ledgerErrors }));
    expect(line).toMatchObject({ level: 'ERROR', message: `The ledger failed in part: ${message}` });
    expect(line.fields).toMatchObject({ resourceId: 'sgr-9', error });
  });

  test('has a line that says what and why, and never that nothing was there', () => {
    const error = { code: 'AccessDeniedException', message: 'not authorized' };
    const line = lineOf(
      'ScanError',
      aSweepResult({ ledgerErrors: [{ doing: 'writing to the ledger', resourceId: 'sgr-9', error }] }),
    );
    expect(line).toMatchObject({
      level: 'ERROR',
      message: 'The ledger failed: writing to the ledger (sgr-9) failed with AccessDeniedException: not authorized',
      fields: { error },
    });
  });
});

describe('a finding', () => {
  const because = { stale: 'DELETED_GROUP', declarations: [] };
  const entry = anEntry({ rule: WHOLE, groupName: 'db', vpcId: 'vpc-1', stackName: 'Network', because, sightings: 1 });

  const lineOfChange = (change: EntryChange['change'], overrides: Partial<typeof entry> = {}): LogLine => (
    lineOf('Finding', aSweepResult({ changes: [{ change, entry: { ...entry, ...overrides } }] })));

  test('that is new has a line with the whole rule, why it was found, and whose template to fix', () => {
    const { level, message, fields } = lineOfChange('OPENED');
    expect([level, message]).toEqual(['INFO', 'Found sgr-9 of sg-9']);
    expect(fields).toEqual({
      event: 'Finding',
      change: 'OPENED',
      groupName: 'db',
      vpcId: 'vpc-1',
      stackName: 'Network',
      because,
      firstSeen: entry.firstSeen,
      sightings: 1,
      rule: WHOLE,
    });
  });

  test('that is none any more has a line that says why', () => {
    const outcome = {
      name: 'HEALED',
      sweepId: 'sweep-1',
      at: '2026-01-01T00:00:00.000Z',
      detail: 'it was removed, and not by this construct',
    };
    const { level, message, fields } = lineOfChange('HEALED', { outcome, state: 'HEALED' });
    expect([level, message]).toEqual([
      'INFO',
      'No longer found: sgr-9 of sg-9: it was removed, and not by this construct',
    ]);
    expect(fields).toMatchObject({ change: 'HEALED', rule: WHOLE });
  });

  test('that the configuration no longer looks for has a line that says so, and not that it was removed', () => {
    const detail = 'it is there, and the configuration no longer looks for it';
    const outcome = { name: 'NO_LONGER_LOOKED_FOR', sweepId: 'sweep-1', at: '2026-01-01T00:00:00.000Z', detail };
    const { level, message, fields } = lineOfChange('LET_GO', { outcome, state: 'HEALED' });
    expect([level, message]).toEqual(['INFO', `No longer found: sgr-9 of sg-9: ${detail}`]);
    expect(fields).toMatchObject({ change: 'LET_GO', because, rule: WHOLE });
  });

  test('that an earlier sweep revoked has none: it is among the revocations', () => {
    const lines = linesOf(aSweepResult({ changes: [{ change: 'FINISHED', entry }] }));
    expect(lines.map(({ fields }) => fields.event)).toEqual(['Sweep']);
  });
});

describe('what holds back revoking as a whole', () => {
  const until = '2026-01-01T01:00:00.000Z';
  const forecast: Forecast = { from: until, due: 2, graceEnds: [{ day: '2026-01-08', count: 1 }], limit: 20 };
  const events = (result: SweepResult): unknown[] => linesOf(result).map(({ fields }) => fields.event);

  test('has a line that warns, where a person has to do something', () => {
    const hold = { reason: 'LEDGER_UNTRUSTED', detail: 'the ledger names the table a and is kept in b' } as const;
    const line = lineOf('Ledger', aSweepResult({ hold }));
    expect(line).toMatchObject({ level: 'WARN', message: `Nothing is revoked: ${hold.detail}` });
    expect(line.fields).toEqual({ event: 'Ledger', reason: 'LEDGER_UNTRUSTED' });
    const changing = { reason: 'CONFIGURATION_CHANGING', detail: 'it is another' } as const;
    expect(lineOf('Ledger', aSweepResult({ hold: changing })))
      .toMatchObject({ level: 'WARN', fields: { reason: 'CONFIGURATION_CHANGING' } });
  });

  test('has a line with its end while a change of the configuration settles, and the forecast', () => {
    const hold = { reason: 'SETTLING', detail: 'the configuration changed a moment ago', until } as const;
    const result = aSweepResult({ hold, forecast });
    expect(lineOf('Ledger', result)).toEqual({
      level: 'INFO', message: 'Nothing is revoked: the configuration changed a moment ago',
      fields: { event: 'Ledger', reason: 'SETTLING', until },
    });
    expect(events(result)).toEqual(['Ledger', 'Forecast', 'Sweep']);
  });

  test('has no line for a pause, which has its own, nor for a ledger that cannot be read, whose errors have', () => {
    const pause = aPauseReading();
    const paused = aSweepResult({ hold: { reason: 'PAUSED', detail: 'change freeze', until }, pause });
    expect(events(paused)).toEqual(['Pause', 'Sweep']);
    const error = { code: 'TimeoutError', message: 'timed out' };
    const unread = aSweepResult({
      hold: { reason: 'LEDGER_UNAVAILABLE', detail: 'timed out' }, pause: { state: 'unreadable', error },
      ledgerErrors: [{ doing: 'reading whether revoking is paused from the ledger', error }],
    });
    expect(events(unread)).toEqual(['ScanError', 'Sweep']);
  });

  test('has no line where nothing does', () => {
    expect(events(aSweepResult())).toEqual(['Sweep']);
  });

  test('is followed by what is to come, in words and in numbers; at a deployment also where nothing holds back', () => {
    const { level, message, fields } = lineOf('Forecast', aSweepResult({ forecast }));
    expect(level).toBe('INFO');
    expect(message).toBe(
      'The first sweep after 2026-01-01 01:00 UTC would revoke 2 rules. 1 rule ends its grace on 8 January 2026',
    );
    expect(fields).toEqual({ event: 'Forecast', ...forecast });
  });
});

describe('a pause', () => {
  const pause = aPauseReading();
  const fields = {
    event: 'Pause', until: '2026-01-11T00:00:00.000Z', reason: 'change freeze', due: 2, maxRevocationsPerSweep: 20,
    pauseId: 'pause-1',
  };

  test('that holds has a line at each sweep, with what it keeps back', () => {
    const line = lineOf('Pause', aSweepResult({ pause, due: 2 }));
    expect(line.level).toBe('INFO');
    expect(line.message).toMatch(/^Revoking is paused until .* 2 rules are due/);
    expect(line.fields).toEqual(fields);
  });

  test('that changes has a line that warns, in place of that one', () => {
    const changes = [{ change: 'ENDING' as const, pause: pause.pause!, holds: true }];
    const line = lineOf('Pause', aSweepResult({ pause, pauseChanges: changes, due: 2 }));
    expect(line.level).toBe('WARN');
    expect(line.message).toMatch(/^The pause of revoking ends within a day/);
    expect(line.fields).toEqual({ ...fields, change: 'ENDING' });
  });
});

describe('a VPC of another account', () => {
  test('has a line when it was not covered for the first time', () => {
    const line = lineOf('VpcNotCovered', aSweepResult({ newlyNotCovered: ['vpc-9'] }));
    expect(line).toMatchObject({ level: 'WARN', fields: { vpcId: 'vpc-9' } });
    expect(line.message).toContain('Not covered: vpc-9 belongs to another account');
  });
});

describe('a plan over the limit', () => {
  const kept = (reason: KeepReason, index: number): KeptRule => ({
    groupId: 'sg-1',
    rule: aRule({ securityGroupRuleId: `sgr-${index}` }),
    reason,
  });
  const over = Array.from({ length: 21 }, (_, index) => kept('OVER_LIMIT', index));

  test('has one line that warns, with both numbers and what to do, beside those of its rules', () => {
    const line = lineOf(
      'RevocationsWithheld',
      aSweepResult({ plan: { revoke: [], keep: [kept('EGRESS', 99), ...over] } }),
    );
    expect(line.level).toBe('WARN');
    expect(line.message).toMatch(
      /^Withheld all 21 revocations: one sweep may revoke 20, .*OVER_LIMIT.*maxRevocationsPerSweep.*exempt/,
    );
    expect(line.fields).toEqual({ event: 'RevocationsWithheld', planned: 21, maxRevocationsPerSweep: 20 });
    expect(
      linesOf(aSweepResult({ plan: { revoke: [], keep: over } })).filter(({ fields }) => fields.event === 'RuleKept'),
    ).toHaveLength(21);
  });

  test('is told by a run of some groups as that of a full sweep, for its own is within the limit', () => {
    const run = { id: 'sweep-1', trigger: 'request', scope: { kind: 'groups', groupIds: ['sg-1'] } } as const;
    const plan = { revoke: [], keep: [kept('OVER_LIMIT', 1)] };
    const { level, message, fields } = lineOf('RevocationsWithheld', aSweepResult({ run, plan }));
    expect(level).toBe('WARN');
    expect(fields).toMatchObject({ planned: 1, maxRevocationsPerSweep: 20 });
    expect(message).toContain('full sweep');
    expect(message).not.toContain('Withheld all 1 revocations: one sweep may revoke 20');
  });

  test('is the only thing that has that line', () => {
    const reasons = ['LEDGER_UNAVAILABLE', 'DRY_RUN', 'WITHIN_GRACE', 'LIMIT_USED'] as const;
    const plan = { revoke: [], keep: reasons.map(kept) };
    const lines = linesOf(aSweepResult({ plan, outcomes: [anOutcome('SKIPPED')] }));
    expect(lines.filter(({ fields }) => fields.event === 'RevocationsWithheld')).toEqual([]);
  });
});

describe('a VPN connection', () => {
  test.each<[VpnConnectionState['status'], string]>([
    ['UP', 'INFO'],
    ['PENDING', 'INFO'],
    ['DEGRADED', 'WARN'],
    ['DOWN', 'WARN'],
    ['MISSING', 'WARN'],
    ['UNKNOWN', 'WARN'],
  ])('that is %s has a line of level %s', (status, level) => {
    const line = lineOf('VpnConnection', aSweepResult({ observation: { vpnConnections: [aConnection({ status })] } }));
    expect(line).toMatchObject({
      level,
      message: `VPN connection vpn-1 is ${status}`,
      fields: { vpnConnectionId: 'vpn-1', status },
    });
  });

  test('is named, and said to be down for long', () => {
    const line = lineOf(
      'VpnConnection',
      aSweepResult({ observation: { vpnConnections: [aConnection({ name: 'office', status: 'DOWN', stale: true })] } }),
    );
    expect(line.message).toBe('VPN connection vpn-1 (office) is DOWN, and has been for a long time');
  });

  test('that is NO_ROUTES has a warning line that explains the status', () => {
    const vpnConnections = [aConnection({ status: 'NO_ROUTES' })];
    expect(lineOf('VpnConnection', aSweepResult({ observation: { vpnConnections } }))).toMatchObject({
      level: 'WARN',
      message: 'VPN connection vpn-1 is NO_ROUTES (a tunnel is up, but no route is accepted over BGP)',
      fields: { status: 'NO_ROUTES' },
    });
  });

  test('that changes to or from NO_ROUTES has a line that says so', () => {
    const [up, without] = ['UP', 'NO_ROUTES'].map(status => aVpnConnectionEntry({ status }));
    const messageOf = (vpnConnectionChanges: SweepResult['vpnConnectionChanges']): string =>
      lineOf('VpnConnectionStateChanged', aSweepResult({ vpnConnectionChanges })).message;
    expect(messageOf([{ entry: without, previous: up }]))
      .toBe('VPN connection vpn-1 is NO_ROUTES (a tunnel is up, but no route is accepted over BGP) now, was UP');
    expect(messageOf([{ entry: up, previous: without }])).toBe('VPN connection vpn-1 is UP now, was NO_ROUTES');
  });

  test('with tunnels that flapped has a line that names them, at the level of its status', () => {
    const tunnelFlaps = new Map([['vpn-1', ['192.0.2.1', '192.0.2.2']]]);
    const vpnConnections = [aConnection(), aConnection({ vpnConnectionId: 'vpn-2' })];
    const lines = linesOf(aSweepResult({ observation: { vpnConnections }, tunnelFlaps }))
      .filter(({ fields }) => fields.event === 'VpnConnection');
    expect(lines.map(({ level, message, fields }) => [level, message, fields.flappedTunnels])).toEqual([
      [
        'INFO', 'VPN connection vpn-1 is UP. Flapped since the previous sweep: 192.0.2.1, 192.0.2.2',
        ['192.0.2.1', '192.0.2.2'],
      ],
      ['INFO', 'VPN connection vpn-2 is UP', undefined],
    ]);
  });

  test('that has been pending for longer than a day has a second line, which is a warning', () => {
    const entry = aVpnConnectionEntry({ status: 'PENDING', name: 'office', longPending: true });
    const result = aSweepResult({
      observation: { vpnConnections: [aConnection({ status: 'PENDING' })] }, newlyLongPending: [entry],
    });
    expect(lineOf('VpnConnection', result).level).toBe('INFO');
    expect(lineOf('VpnConnectionPending', result)).toEqual({
      level: 'WARN',
      message:
        'VPN connection vpn-1 (office) has been PENDING for longer than a day, since 2025-12-31T00:00:00.000Z',
      fields: {
        event: 'VpnConnectionPending', vpnConnectionId: 'vpn-1', name: 'office', status: 'PENDING',
        since: '2025-12-31T00:00:00.000Z', gateway: 'vgw-1', customerGatewayId: 'cgw-1',
      },
    });
  });
});

describe('the sum', () => {
  test('is the last line, with counts', () => {
    const lines = linesOf(
      aSweepResult({
        observation: {
          stale: [aStaleRule()],
          flagged: [
            aFlaggedRule(),
            aFlaggedRule({ rule: aRule({ securityGroupRuleId: 'sgr-2' }), verdict: 'undecided' }),
          ],
          vpnConnections: [aConnection()],
        },
        plan: { revoke: [], keep: [{ groupId: 'sg-1', rule: aRule(), reason: 'UNDECIDED' }] },
        outcomes: [anOutcome('REVOKED'), anOutcome('FAILED')],
      }),
    );
    expect(lines[lines.length - 1]).toEqual({
      level: 'INFO',
      message: 'Sweep done',
      fields: {
        event: 'Sweep',
        trigger: 'schedule',
        vpcsScanned: 2,
        vpcsNotCovered: 0,
        staleRules: 1,
        flaggedIngressRules: 1,
        undecidedIngressRules: 1,
        kept: 1,
        vpnConnections: 1,
        scanErrors: 0,
        durationMillis: 1234,
        outcomes: {
          REVOKED: 1,
          REVOKED_CHANGED: 0,
          UNRECORDED: 0,
          ALREADY_GONE: 0,
          LEFT_TO_OTHER: 0,
          CHANGED_MEANWHILE: 0,
          FAILED: 1,
          SKIPPED: 0,
        },
      },
    });
  });

  test('of a run of some groups says how many it was asked for, and of no VPC that it was scanned', () => {
    const run = { id: 'sweep-1', trigger: 'request', scope: { kind: 'groups', groupIds: ['sg-1', 'sg-2'] } } as const;
    const { fields } = lineOf('Sweep', aSweepResult({ run, observation: { stale: [aStaleRule()] } }));
    expect(fields).toMatchObject({ trigger: 'request', groups: 2, staleRules: 1, scanErrors: 0 });
    expect([fields.vpcsScanned, fields.vpcsNotCovered]).toEqual([undefined, undefined]);
    expect(lineOf('Sweep', aSweepResult()).fields).not.toHaveProperty('groups');
  });

  test.each(['schedule', 'deployment', 'request'] as const)('says what had the run begin: %s', trigger => {
    const { run } = aSweepResult();
    expect(lineOf('Sweep', aSweepResult({ run: { ...run, trigger } })).fields.trigger).toBe(trigger);
  });

  test('tells what was not looked at from nothing found', () => {
    const { fields } = lineOf('Sweep', aSweepResult({ observation: { vpcs: undefined, vpnConnections: undefined } }));
    expect(fields).toMatchObject({ vpcsScanned: undefined, vpnConnections: undefined });
    expect(lineOf('Sweep', aSweepResult({ observation: { vpcs: vpcsScanned() } })).fields).toMatchObject({
      vpcsScanned: 0,
      vpnConnections: 0,
    });
  });

  test('warns when something could not be looked at', () => {
    const errors = [{ doing: 'listing VPCs', error: { code: 'Unknown', message: 'x' } }];
    expect(lineOf('Sweep', aSweepResult({ observation: { errors } })))
      .toMatchObject({ level: 'WARN', message: 'Sweep done, but incomplete: 1 thing could not be read or written' });
  });

  test('warns when the ledger refused something, and counts that', () => {
    const ledgerErrors = [{ doing: 'reading the ledger', error: { code: 'Unknown', message: 'x' } }];
    const errors = [{ doing: 'listing VPCs', error: { code: 'Unknown', message: 'x' } }];
    expect(lineOf('Sweep', aSweepResult({ ledgerErrors, observation: { errors } }))).toMatchObject({
      level: 'WARN',
      message: 'Sweep done, but incomplete: 2 things could not be read or written',
      fields: { scanErrors: 2 },
    });
  });
});

test.each<Outcome>([
  'REVOKED', 'REVOKED_CHANGED', 'UNRECORDED', 'ALREADY_GONE', 'LEFT_TO_OTHER', 'CHANGED_MEANWHILE', 'FAILED', 'SKIPPED',
])('the line of a revocation that ended as %s is enough to put the rule back', outcome => {
  const { fields } = lineOf('Revocation', aSweepResult({ outcomes: [anOutcome(outcome, { rule: WHOLE })] }));
  expect(JSON.parse(JSON.stringify(fields))).toMatchObject({ rule: WHOLE });
});

test('a line holds its rule once, whatever was found of it', () => {
  const keep = [
    {
      groupId: 'sg-9',
      rule: WHOLE,
      reason: 'DRY_RUN' as const,
      stale: aStaleRule({ rule: WHOLE }),
      flagged: aFlaggedRule({ rule: WHOLE }),
    },
  ];
  const { fields } = lineOf('RuleKept', aSweepResult({ plan: { revoke: [], keep } }));
  expect(JSON.stringify(fields).split('sgr-9')).toHaveLength(2);
});

test('errors come first, then what holds back, findings, what is kept, revocations, VPN connections, the sum', () => {
  const lines = linesOf(
    aSweepResult({
      observation: {
        errors: [{ doing: 'listing VPCs', error: { code: 'Unknown', message: 'x' } }],
        vpnConnections: [aConnection()],
      },
      ledgerErrors: [{ doing: 'reading the ledger', error: { code: 'Unknown', message: 'x' } }],
      newlyNotCovered: ['vpc-9'],
      hold: { reason: 'SETTLING', detail: 'the configuration changed', until: '2026-01-01T01:00:00.000Z' },
      forecast: { from: '2026-01-01T01:00:00.000Z', due: 0, graceEnds: [], limit: 20 },
      pause: aPauseReading(),
      changes: [{ change: 'OPENED', entry: anEntry() }],
      plan: {
        revoke: [],
        keep: [
          { groupId: 'sg-1', rule: aRule(), reason: 'UNDECIDED' },
          { groupId: 'sg-1', rule: aRule(), reason: 'OVER_LIMIT' },
        ],
      },
      outcomes: [anOutcome('REVOKED')],
    }),
  );
  expect(lines.map(({ fields }) => fields.event))
    .toEqual([
      'ScanError', 'ScanError', 'VpcNotCovered', 'Ledger', 'Forecast', 'Pause', 'Finding', 'RevocationsWithheld',
      'RuleKept', 'RuleKept', 'Revocation', 'VpnConnection', 'Sweep',
    ]);
});

test('a sweep that found nothing has one line', () => {
  expect(linesOf(aSweepResult())).toHaveLength(1);
});

test('every line can be written as JSON', () => {
  const result = aSweepResult({
    observation: { stale: [aStaleRule()], vpnConnections: [aConnection()] },
    outcomes: [anOutcome('REVOKED')],
  });
  for (const line of linesOf(result)) {
    expect(JSON.parse(JSON.stringify(line))).toMatchObject({ level: line.level, message: line.message });
  }
});

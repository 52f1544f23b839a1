import type { Outcome } from '../../../../lambda/core/act/outcome';
import type { VpnConnectionState } from '../../../../lambda/core/checks/vpn-connections';
import type { KeepReason, KeptRule } from '../../../../lambda/core/decide/plan';
import type { EntryChange } from '../../../../lambda/core/ledger/bookkeeping';
import type { SecurityGroupRule } from '../../../../lambda/core/ports';
import { type LogLine, logLines } from '../../../../lambda/core/report/log-lines';
import type { SweepResult } from '../../../../lambda/core/sweep';
import { aFlaggedRule, anEntry, aRule, aStalePermission, aStaleRule } from '../../../support/builders';
import { anOutcome, aSweepResult, vpcsScanned } from '../../../support/sweep-result';

/** A rule with everything that it takes to put it back. */
const WHOLE: SecurityGroupRule = {
  securityGroupRuleId: 'sgr-9',
  groupId: 'sg-9',
  groupOwnerId: '111122223333',
  isEgress: false,
  ipProtocol: 'tcp',
  fromPort: 5432,
  toPort: 5433,
  referencedGroup: { groupId: 'sg-far', userId: '444455556666', vpcId: 'vpc-far', vpcPeeringConnectionId: 'pcx-1', peeringStatus: 'active' },
  description: 'reporting',
  tags: { Owner: 'data' },
};

/** All lines, where one sweep may revoke 20. */
const linesOf = (result: SweepResult): LogLine[] => logLines(result, { maxRevocationsPerSweep: 20 });

/** The line of an event; fails when it is not the only one. */
function lineOf(event: string, result: SweepResult): LogLine {
  const lines = linesOf(result).filter(({ fields }) => fields.event === event);
  expect(lines).toHaveLength(1);
  return lines[0];
}

const aConnection = (overrides: Partial<VpnConnectionState> = {}): VpnConnectionState => ({ vpnConnectionId: 'vpn-1', status: 'UP', stale: false, tunnels: [], ...overrides });

describe('a rule that was kept', () => {
  test.each<KeepReason>([
    'REPORT_ONLY', 'EGRESS', 'UNDECIDED', 'RULE_NOT_FOUND', 'GROUP_UNREAD', 'OUTSIDE_VPCS', 'OTHER_OWNER', 'EXEMPT_BY_PROP', 'EXEMPT_BY_GROUP_TAG', 'EXEMPT_BY_RULE_TAG',
    'DRY_RUN', 'LEFT_TO_OTHER', 'WITHIN_GRACE',
  ])('has a line that says why: %s', reason => {
    const { level, message, fields } = lineOf('RuleKept', aSweepResult({ plan: { revoke: [], keep: [{ groupId: 'sg-9', rule: WHOLE, reason, flagged: aFlaggedRule({ rule: WHOLE }) }] } }));
    expect(level).toBe('INFO');
    expect(message).toMatch(/^Kept sgr-9 of sg-9: [a-z].{10,}$/);
    expect(fields).toMatchObject({ keepReason: reason, groupId: 'sg-9' });
  });

  test.each<KeepReason>(['LEDGER_UNAVAILABLE', 'OVER_LIMIT'])('though it was to be revoked, and nobody decided so for it, has a line that warns: %s', reason => {
    const { level, message, fields } = lineOf('RuleKept', aSweepResult({ plan: { revoke: [], keep: [{ groupId: 'sg-9', rule: WHOLE, reason, flagged: aFlaggedRule({ rule: WHOLE }) }] } }));
    expect(level).toBe('WARN');
    expect(message).toMatch(/^Kept sgr-9 of sg-9: [a-z].{10,}$/);
    expect(fields).toMatchObject({ keepReason: reason, groupId: 'sg-9', rule: WHOLE });
  });

  test('has in its line what the ledger knows of it, and nothing of it where the ledger knows nothing', () => {
    const entry = anEntry({ rule: WHOLE, stackName: 'Network' });
    const keep = (known?: typeof entry): SweepResult => aSweepResult({ plan: { revoke: [], keep: [{ groupId: 'sg-9', rule: WHOLE, reason: 'WITHIN_GRACE', entry: known }] } });
    expect(lineOf('RuleKept', keep(entry)).fields).toMatchObject({ firstSeen: entry.firstSeen, sightings: 2, stackName: 'Network' });
    expect(lineOf('RuleKept', keep()).fields).not.toHaveProperty('firstSeen');
  });

  test('is in its line whole', () => {
    const { fields } = lineOf('RuleKept', aSweepResult({ plan: { revoke: [], keep: [{ groupId: 'sg-9', rule: WHOLE, reason: 'DRY_RUN', flagged: aFlaggedRule({ rule: WHOLE }) }] } }));
    expect(fields.rule).toEqual(WHOLE);
    expect(fields.flagged).toEqual({ verdict: 'flagged', declarations: aFlaggedRule().declarations });
  });

  test('is in its line as EC2 named it, when it could not be identified', () => {
    const stale = aStaleRule({ groupId: 'sg-9', rule: undefined });
    const { message, fields } = lineOf('RuleKept', aSweepResult({ plan: { revoke: [], keep: [{ groupId: 'sg-9', stale, reason: 'RULE_NOT_FOUND' }] } }));
    expect(message).toBe('Kept a rule of sg-9: its group has no such rule any more, or it could not be read');
    expect(fields).toMatchObject({ stale: { reason: 'DELETED_GROUP', direction: 'ingress', vpcId: 'vpc-1', groupName: 'web', permission: aStalePermission() } });
  });
});

describe('a revocation', () => {
  test.each<[Outcome, string, RegExp]>([
    ['REVOKED', 'INFO', /^Revoked .*sgr-9 of sg-9/],
    ['ALREADY_GONE', 'INFO', /gone already.*sgr-9 of sg-9/],
    ['CHANGED_MEANWHILE', 'WARN', /^Kept .*changed meanwhile.*sgr-9 of sg-9/],
    ['FAILED', 'ERROR', /^Failed .*sgr-9 of sg-9/],
    ['SKIPPED', 'WARN', /^Withheld .*sgr-9 of sg-9/],
    ['REVOKED_CHANGED', 'ERROR', /^Revoked .*not what it had been.*sgr-9 of sg-9/],
    ['UNRECORDED', 'ERROR', /^Revoked, but could not record.*sgr-9 of sg-9/],
    ['LEFT_TO_OTHER', 'INFO', /^Left to another sweep.*sgr-9 of sg-9/],
  ])('that ended as %s has a line of level %s', (outcome, level, message) => {
    const line = lineOf('Revocation', aSweepResult({ outcomes: [anOutcome(outcome, { rule: WHOLE })] }));
    expect(line).toMatchObject({ level, fields: { outcome } });
    expect(line.message).toMatch(message);
  });

  test('has the whole rule in its line, the group, and what told to revoke it', () => {
    const because = { stale: 'DELETED_GROUP' as const, declarations: [{ name: 'flaggedIngressRules[3]', reason: 'use Session Manager' }] };
    const outcome = anOutcome('REVOKED', { rule: WHOLE, because });
    const { fields } = lineOf('Revocation', aSweepResult({ outcomes: [outcome] }));
    expect(fields).toMatchObject({ because, group: outcome.group });
    expect(fields.rule).toEqual(WHOLE);
  });

  test('says what the ledger said, where it could not be written', () => {
    const ledgerError = { code: 'AccessDeniedException', message: 'not authorized' };
    const { fields } = lineOf('Revocation', aSweepResult({ outcomes: [anOutcome('UNRECORDED', { rule: WHOLE, ledgerError })] }));
    expect(fields).toMatchObject({ outcome: 'UNRECORDED', ledgerError, rule: WHOLE });
  });

  test('says what was seen, and the error', () => {
    const error = { code: 'RequestLimitExceeded', message: 'slow down', requestId: 'r-1', attempts: 3 };
    const line = lineOf('Revocation', aSweepResult({ outcomes: [anOutcome('FAILED', { rule: WHOLE, detail: 'EC2 did not revoke the rule', error })] }));
    expect(line.message).toBe('Failed to revoke the ingress rule sgr-9 of sg-9: EC2 did not revoke the rule');
    expect(line.fields).toMatchObject({ detail: 'EC2 did not revoke the rule', error });
  });
});

describe('what could not be looked at', () => {
  const error = { code: 'UnauthorizedOperation', message: 'You are not authorized' };

  test.each([
    [{ vpcId: 'vpc-1' }, 'Could not look: reading stale security groups (vpc-1) failed with UnauthorizedOperation: You are not authorized'],
    [{ resourceId: 'sg-1' }, 'Could not look: reading stale security groups (sg-1) failed with UnauthorizedOperation: You are not authorized'],
    [{ vpcId: 'vpc-1', resourceId: 'sg-1' }, 'Could not look: reading stale security groups (vpc-1, sg-1) failed with UnauthorizedOperation: You are not authorized'],
    [{}, 'Could not look: reading stale security groups failed with UnauthorizedOperation: You are not authorized'],
  ])('has a line that says what, where and why: %j', (where, message) => {
    const line = lineOf('ScanError', aSweepResult({ observation: { errors: [{ doing: 'reading stale security groups', ...where, error }] } }));
    expect(line).toMatchObject({ level: 'ERROR', message, fields: { ...where, error } });
  });
});

describe('what the ledger refused', () => {
  test('has a line that says what and why, and never that nothing was there', () => {
    const error = { code: 'AccessDeniedException', message: 'not authorized' };
    const line = lineOf('ScanError', aSweepResult({ ledgerErrors: [{ doing: 'writing to the ledger', resourceId: 'sgr-9', error }] }));
    expect(line).toMatchObject({ level: 'ERROR', message: 'The ledger failed: writing to the ledger (sgr-9) failed with AccessDeniedException: not authorized', fields: { error } });
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
      event: 'Finding', change: 'OPENED', groupName: 'db', vpcId: 'vpc-1', stackName: 'Network', because, firstSeen: entry.firstSeen, sightings: 1, rule: WHOLE,
    });
  });

  test('that is none any more has a line that says why', () => {
    const outcome = { name: 'HEALED', sweepId: 'sweep-1', at: '2026-01-01T00:00:00.000Z', detail: 'it was removed, and not by this construct' };
    const { level, message, fields } = lineOfChange('HEALED', { outcome, state: 'HEALED' });
    expect([level, message]).toEqual(['INFO', 'No longer found: sgr-9 of sg-9: it was removed, and not by this construct']);
    expect(fields).toMatchObject({ change: 'HEALED', rule: WHOLE });
  });

  test('that an earlier sweep revoked has none: it is among the revocations', () => {
    const lines = linesOf(aSweepResult({ changes: [{ change: 'FINISHED', entry }] }));
    expect(lines.map(({ fields }) => fields.event)).toEqual(['Sweep']);
  });
});

describe('a plan over the limit', () => {
  const kept = (reason: KeepReason, index: number): KeptRule => ({ groupId: 'sg-1', rule: aRule({ securityGroupRuleId: `sgr-${index}` }), reason });
  const over = Array.from({ length: 21 }, (_, index) => kept('OVER_LIMIT', index));

  test('has one line that warns, with both numbers and what to do, beside those of its rules', () => {
    const line = lineOf('RevocationsWithheld', aSweepResult({ plan: { revoke: [], keep: [kept('EGRESS', 99), ...over] } }));
    expect(line.level).toBe('WARN');
    expect(line.message).toMatch(/^Withheld all 21 revocations: one sweep may revoke 20, .*OVER_LIMIT.*maxRevocationsPerSweep.*exempt/);
    expect(line.fields).toEqual({ event: 'RevocationsWithheld', planned: 21, maxRevocationsPerSweep: 20 });
    expect(linesOf(aSweepResult({ plan: { revoke: [], keep: over } })).filter(({ fields }) => fields.event === 'RuleKept')).toHaveLength(21);
  });

  test('is the only thing that has that line', () => {
    const lines = linesOf(aSweepResult({ plan: { revoke: [], keep: [kept('LEDGER_UNAVAILABLE', 1), kept('DRY_RUN', 2), kept('WITHIN_GRACE', 3)] }, outcomes: [anOutcome('SKIPPED')] }));
    expect(lines.filter(({ fields }) => fields.event === 'RevocationsWithheld')).toEqual([]);
  });
});

describe('a VPN connection', () => {
  test.each<[VpnConnectionState['status'], string]>([
    ['UP', 'INFO'], ['PENDING', 'INFO'], ['DEGRADED', 'WARN'], ['DOWN', 'WARN'], ['MISSING', 'WARN'], ['UNKNOWN', 'WARN'],
  ])('that is %s has a line of level %s', (status, level) => {
    const line = lineOf('VpnConnection', aSweepResult({ observation: { vpnConnections: [aConnection({ status })] } }));
    expect(line).toMatchObject({ level, message: `VPN connection vpn-1 is ${status}`, fields: { vpnConnectionId: 'vpn-1', status } });
  });

  test('is named, and said to be down for long', () => {
    const line = lineOf('VpnConnection', aSweepResult({ observation: { vpnConnections: [aConnection({ name: 'office', status: 'DOWN', stale: true })] } }));
    expect(line.message).toBe('VPN connection vpn-1 (office) is DOWN, and has been for long');
  });
});

describe('the sum', () => {
  test('is the last line, with counts', () => {
    const lines = linesOf(aSweepResult({
      observation: {
        stale: [aStaleRule()],
        flagged: [aFlaggedRule(), aFlaggedRule({ rule: aRule({ securityGroupRuleId: 'sgr-2' }), verdict: 'undecided' })],
        vpnConnections: [aConnection()],
      },
      plan: { revoke: [], keep: [{ groupId: 'sg-1', rule: aRule(), reason: 'UNDECIDED' }] },
      outcomes: [anOutcome('REVOKED'), anOutcome('FAILED')],
    }));
    expect(lines[lines.length - 1]).toEqual({
      level: 'INFO',
      message: 'Sweep done',
      fields: {
        event: 'Sweep', vpcsScanned: 2, vpcsNotCovered: 0, staleRules: 1, flaggedIngressRules: 1, undecidedIngressRules: 1, kept: 1, vpnConnections: 1, scanErrors: 0, durationMillis: 1234,
        outcomes: {
          REVOKED: 1, REVOKED_CHANGED: 0, UNRECORDED: 0, ALREADY_GONE: 0, LEFT_TO_OTHER: 0, CHANGED_MEANWHILE: 0, FAILED: 1, SKIPPED: 0,
        },
      },
    });
  });

  test('tells what was not looked at from nothing found', () => {
    const { fields } = lineOf('Sweep', aSweepResult({ observation: { vpcs: undefined, vpnConnections: undefined } }));
    expect(fields).toMatchObject({ vpcsScanned: undefined, vpnConnections: undefined });
    expect(lineOf('Sweep', aSweepResult({ observation: { vpcs: vpcsScanned() } })).fields).toMatchObject({ vpcsScanned: 0, vpnConnections: 0 });
  });

  test('warns when something could not be looked at', () => {
    const errors = [{ doing: 'listing VPCs', error: { code: 'Unknown', message: 'x' } }];
    expect(lineOf('Sweep', aSweepResult({ observation: { errors } })))
      .toMatchObject({ level: 'WARN', message: 'Sweep done, but 1 times something could not be read or written' });
  });

  test('warns when the ledger refused something, and counts that', () => {
    const ledgerErrors = [{ doing: 'reading the ledger', error: { code: 'Unknown', message: 'x' } }];
    const errors = [{ doing: 'listing VPCs', error: { code: 'Unknown', message: 'x' } }];
    expect(lineOf('Sweep', aSweepResult({ ledgerErrors, observation: { errors } })))
      .toMatchObject({ level: 'WARN', message: 'Sweep done, but 2 times something could not be read or written', fields: { scanErrors: 2 } });
  });
});

test.each<Outcome>([
  'REVOKED', 'REVOKED_CHANGED', 'UNRECORDED', 'ALREADY_GONE', 'LEFT_TO_OTHER', 'CHANGED_MEANWHILE', 'FAILED', 'SKIPPED',
])('the line of a revocation that ended as %s is enough to put the rule back', outcome => {
  const { fields } = lineOf('Revocation', aSweepResult({ outcomes: [anOutcome(outcome, { rule: WHOLE })] }));
  expect(JSON.parse(JSON.stringify(fields))).toMatchObject({ rule: WHOLE });
});

test('a line holds its rule once, whatever was found of it', () => {
  const keep = [{ groupId: 'sg-9', rule: WHOLE, reason: 'DRY_RUN' as const, stale: aStaleRule({ rule: WHOLE }), flagged: aFlaggedRule({ rule: WHOLE }) }];
  const { fields } = lineOf('RuleKept', aSweepResult({ plan: { revoke: [], keep } }));
  expect(JSON.stringify(fields).split('sgr-9')).toHaveLength(2);
});

test('errors come first, then findings, what is kept, revocations, VPN connections and the sum', () => {
  const lines = linesOf(aSweepResult({
    observation: { errors: [{ doing: 'listing VPCs', error: { code: 'Unknown', message: 'x' } }], vpnConnections: [aConnection()] },
    ledgerErrors: [{ doing: 'reading the ledger', error: { code: 'Unknown', message: 'x' } }],
    changes: [{ change: 'OPENED', entry: anEntry() }],
    plan: { revoke: [], keep: [{ groupId: 'sg-1', rule: aRule(), reason: 'UNDECIDED' }, { groupId: 'sg-1', rule: aRule(), reason: 'OVER_LIMIT' }] },
    outcomes: [anOutcome('REVOKED')],
  }));
  expect(lines.map(({ fields }) => fields.event))
    .toEqual(['ScanError', 'ScanError', 'Finding', 'RevocationsWithheld', 'RuleKept', 'RuleKept', 'Revocation', 'VpnConnection', 'Sweep']);
});

test('a sweep that found nothing has one line', () => {
  expect(linesOf(aSweepResult())).toHaveLength(1);
});

test('every line can be written as JSON', () => {
  const result = aSweepResult({ observation: { stale: [aStaleRule()], vpnConnections: [aConnection()] }, outcomes: [anOutcome('REVOKED')] });
  for (const line of linesOf(result)) expect(JSON.parse(JSON.stringify(line))).toMatchObject({ level: line.level, message: line.message });
});

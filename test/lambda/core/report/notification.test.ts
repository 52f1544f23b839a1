/** Tests the message to people about a sweep. */
import type { HygieneEvent, Tiding } from '../../../../lambda/core/model/delivery';
import { notification } from '../../../../lambda/core/report/notification';
import { EventType, type EventTypeName } from '../../../../src/contract/names';

const anEvent = (type: EventTypeName, detail: Partial<HygieneEvent['detail']> = {}): HygieneEvent =>
  ({ type, detail: { message: `about ${type}`, hygiene: 'Prod/Network/Hygiene', sweepId: 'sweep-1', ...detail } });

const subjectOf = (...events: HygieneEvent[]): string | undefined => notification(events)?.subject;

test('nothing is told when nothing changed', () => {
  expect(notification([])).toBeUndefined();
});

test('what is urgent comes first, each thing once, with the way back at the end', () => {
  const restoreCommand = 'aws lambda invoke --function-name f:restore';
  const told = notification([
    anEvent(EventType.FINDING_OPENED, { message: 'Found sgr-1', securityGroupRuleId: 'sgr-1' }),
    anEvent(EventType.FINDING_OPENED, { message: 'Found sgr-2', securityGroupRuleId: 'sgr-2' }),
    anEvent(EventType.INGRESS_RULE_REVOKED, { message: 'Revoked sgr-2', restoreCommand, securityGroupRuleId: 'sgr-2' }),
    anEvent(EventType.FINDING_RESOLVED, {
      message: 'Resolved, because it was revoked: sgr-2',
      securityGroupRuleId: 'sgr-2',
    }),
    anEvent(EventType.FINDING_RESOLVED, { message: 'Resolved sgr-3', securityGroupRuleId: 'sgr-3' }),
    anEvent(EventType.VPN_CONNECTION_STATE_CHANGED, { message: 'VPN connection vpn-1 is DOWN, was UP' }),
    anEvent(EventType.REVOCATION_WITHHELD, { message: 'Withheld 25 revocations' }),
  ]);
  expect(told?.subject).toBe('1 VPN change, 1 withheld, 1 revoked, 1 new finding, 1 resolved in Prod/Network/Hygiene');
  expect(told?.message).toBe(`Prod/Network/Hygiene: 1 VPN change, 1 withheld, 1 revoked, 1 new finding, 1 resolved.

VPN connections (1)
- VPN connection vpn-1 is DOWN, was UP

Withheld (1)
- Withheld 25 revocations

Revoked (1)
- Revoked sgr-2

New findings (1)
- Found sgr-1

Resolved findings (1)
- Resolved sgr-3

To put a revoked rule back
  aws lambda invoke --function-name f:restore

Sweep sweep-1. The log and the ledger of Prod/Network/Hygiene have the rest.`);
});

test('revocations to approve have a line each, are all counted, and have the command that approves them', () => {
  const anAsked = (number: number, more: object = {}): object => ({
    securityGroupRuleId: `sgr-${number}`, groupId: 'sg-1', traffic: 'tcp 22 from 0.0.0.0/0',
    because: 'flagged by flaggedIngressRules[0]', digest: '0123456789abcdef', ...more,
  });
  const rules = [
    anAsked(1),
    anAsked(2, { groupName: 'web', description: 'of\u202ethe\noffice', replacedBy: ['tcp 22 from 203.0.113.0/24'] }),
  ];
  const told = notification([
    anEvent(EventType.INGRESS_RULE_REVOKED, { message: 'Revoked sgr-9', restoreCommand: 'aws restore' }),
    anEvent(EventType.APPROVAL_REQUESTED, { message: 'not shown', count: 5, rules, approveCommand: 'aws approve' }),
  ]);
  expect(told?.message).toBe(`Prod/Network/Hygiene: 5 approval requests, 1 revoked.

Awaiting approval (5)
- sgr-1 of sg-1: tcp 22 from 0.0.0.0/0. It is flagged by flaggedIngressRules[0]
- sgr-2 of sg-1 (web): tcp 22 from 0.0.0.0/0, to be replaced by tcp 22 from 203.0.113.0/24. It is flagged by flaggedIngressRules[0]. Its description: of the office
- and 3 more

Revoked (1)
- Revoked sgr-9

To approve them
  aws approve

To put a revoked rule back
  aws restore

Sweep sweep-1. The log and the ledger of Prod/Network/Hygiene have the rest.`);
});

test('a request to approve of an account of an organization is its message', () => {
  const told = notification([anEvent(EventType.APPROVAL_REQUESTED, { message: '2 revocations wait' })]);
  expect(told?.message).toContain('Awaiting approval (1)\n- 2 revocations wait\n');
  expect(told?.message).not.toContain('To approve them');
});

test('a VPN connection that is pending for long has a section of its own, besides the changes', () => {
  const pending: Tiding = {
    type: 'VPN Connection Pending',
    detail: { message: 'VPN connection vpn-2 has been PENDING', hygiene: 'Prod/Network/Hygiene', sweepId: 'sweep-1' },
  };
  expect(notification([pending])).toMatchObject({
    subject: '1 pending VPN connection in Prod/Network/Hygiene',
    message: `Prod/Network/Hygiene: 1 pending VPN connection.

Pending VPN connections (1)
- VPN connection vpn-2 has been PENDING

Sweep sweep-1. The log and the ledger of Prod/Network/Hygiene have the rest.`,
  });
  expect(notification([anEvent(EventType.VPN_CONNECTION_STATE_CHANGED), pending, pending])?.subject)
    .toBe('1 VPN change, 2 pending VPN connections in Prod/Network/Hygiene');
});

describe('the subject', () => {
  test('is one line of at most 100 characters of ASCII, with what happened whole and of a long path its end', () => {
    const subject = subjectOf(anEvent(EventType.FINDING_OPENED, { hygiene: `${'Very/Long/'.repeat(30)}Hygiene` }));
    expect(subject).toMatch(/^1 new finding in \.\.\.[\x20-\x7e]+\/Hygiene$/);
    expect(subject?.length).toBe(100);
  });

  test('counts', () => {
    expect(subjectOf(anEvent(EventType.FINDING_OPENED), anEvent(EventType.FINDING_OPENED))).toBe(
      '2 new findings in Prod/Network/Hygiene',
    );
  });
});

test('of thousands of changes of every kind the first ones are told, and the message stays below what SNS takes', () => {
  // Each of these characters takes four bytes.
  const message = '\u{1f680}'.repeat(5000);
  const many = Object.values(EventType).flatMap(type =>
    Array.from({ length: 5000 }, (_, index) =>
      anEvent(type, { message, securityGroupRuleId: `${type} ${index}`, restoreCommand: 'x'.repeat(400) }),
    ),
  );
  const told = notification(many);
  const most = Math.floor(168 / new Set(many.map(({ type }) => type)).size);
  expect(told?.message).toContain(`- and ${5000 - most} more`);
  expect(notification(many.filter(({ type }) => type === EventType.FINDING_OPENED))?.message).toContain('- and 4976 more');
  expect(Buffer.byteLength(told?.message ?? '')).toBeLessThan(262_144);
});

test('fewer are told of each kind, if the message would be longer than SNS takes', () => {
  const many = Object.values(EventType).flatMap(type =>
    Array.from({ length: 30 }, (_, index) => anEvent(type, { message: '🔥'.repeat(400), securityGroupRuleId: `${index}` })));
  const lines = notification(many)?.message.split('\n') ?? [];
  expect(Buffer.byteLength(lines.join('\n'))).toBeLessThanOrEqual(262_144);
  expect(lines.filter(line => line === '- and 18 more').length).toBeGreaterThan(5);
  const cutShort = lines.filter(line => line === '- and 18 more').length;
  // All announcements are named, because one that is not is made again.
  expect(lines.filter(line => line.startsWith('- 🔥')).length).toBe(12 * cutShort + 30);
});

test('a message names ten times as many announcements as other things', () => {
  const many = Array.from({ length: 300 }, (_, index) =>
    anEvent(EventType.REVOCATION_ANNOUNCED, { message: `Announced: sgr-${index} of sg-1`, securityGroupRuleId: `sgr-${index}` }));
  const lines = notification(many)?.message.split('\n') ?? [];
  expect(lines.filter(line => line.startsWith('- Announced'))).toHaveLength(240);
  expect(lines).toContain('- and 60 more');
});

test('a command that approves rules which the message does not show is left out', () => {
  const asking = (name: string, count: number): Tiding => anEvent(EventType.APPROVAL_REQUESTED, {
    message: 'not shown', count, approveCommand: `aws approve ${name}`,
    rules: Array.from({ length: count }, (_, index) => ({
      securityGroupRuleId: `sgr-${name}-${index}`, groupId: 'sg-1', traffic: 'tcp 22 from 0.0.0.0/0', because: 'stale',
    })),
  });
  const { message = '' } = notification([asking('first', 20), asking('second', 20)]) ?? {};
  expect(message).toContain('aws approve first');
  expect(message).not.toContain('aws approve second');
  expect(message).toContain('and 1 more; the events have each');
  expect(notification([asking('first', 20), asking('second', 4)])?.message).toContain('aws approve second');
});

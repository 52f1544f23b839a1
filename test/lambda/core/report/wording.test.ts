/** Tests the words about rules. */
import { KEEP_REASONS } from '../../../../lambda/core/decide/reasons';
import type { Because } from '../../../../lambda/core/model/finding';
import {
  failure, group, healedBecause, keptBecause, plain, reason, restoreCommand, traffic, withheldWords,
} from '../../../../lambda/core/report/wording';
import { aRule } from '../../../support/builders';

describe('a failure', () => {
  const error = { code: 'InternalError', message: 'try again' };

  test.each([
    [{ doing: 'listing VPCs', error }, 'listing VPCs failed with InternalError: try again'],
    [{ doing: 'reading rules', vpcId: 'vpc-1', error }, 'reading rules (vpc-1) failed with InternalError: try again'],
    [{ doing: 'writing', resourceId: 'sgr-1', error }, 'writing (sgr-1) failed with InternalError: try again'],
  ])('says what was being done, about what, and what came back: %#', (scan, words) => {
    expect(failure(scan)).toBe(words);
  });

  test('of an item that cannot be read says no more than the item, which says it all', () => {
    const message = "the ledger's item sgr-1 cannot be read: its attribute state is missing. Delete the item";
    const scan = { doing: 'reading the ledger', resourceId: 'sgr-1', error: { code: 'UnreadableItem', message } };
    expect(failure(scan)).toBe(message);
  });
});

describe('what a rule admits', () => {
  test.each([
    [{}, 'tcp 22 from 203.0.113.0/24'],
    [{ ipProtocol: '6', fromPort: 1, toPort: 1024 }, 'tcp 1-1024 from 203.0.113.0/24'],
    [{ ipProtocol: '-1', fromPort: -1, toPort: -1, cidrIpv6: '::/0' }, 'all traffic from ::/0'],
    [{ ipProtocol: 'udp', fromPort: undefined, toPort: undefined, prefixListId: 'pl-1' }, 'udp from pl-1'],
    [{ ipProtocol: 'icmp', fromPort: 3, toPort: 4 }, 'icmp type 3 code 4 from 203.0.113.0/24'],
    [{ ipProtocol: 'icmp', fromPort: 8, toPort: -1 }, 'icmp type 8 from 203.0.113.0/24'],
    [{ ipProtocol: '47', fromPort: undefined, toPort: undefined }, 'protocol 47 from 203.0.113.0/24'],
    [{ ipProtocol: 'strange', fromPort: undefined, toPort: undefined }, 'strange from 203.0.113.0/24'],
    [{ referencedGroup: { groupId: 'sg-9' } }, 'tcp 22 from sg-9'],
    [{ isEgress: true }, 'tcp 22 to 203.0.113.0/24'],
    [{ cidrIpv4: undefined }, 'tcp 22 from an unknown peer'],
  ])('%j is "%s"', (overrides, words) => {
    expect(traffic(aRule(overrides))).toBe(words);
  });
});

test.each<[because: Because, words: string]>([
  [{ stale: 'DELETED_GROUP', declarations: [] }, 'stale: the group it refers to was deleted'],
  [{ stale: 'DELETED_PEERING', declarations: [] }, 'stale: the peering connection to the group it refers to is gone'],
  [
    {
      stale: 'OTHER',
      verdict: 'flagged',
      declarations: [{ name: 'flaggedIngressRules[0]', reason: 'no SSH' }, { name: 'flaggedIngressRules[2]' }],
    },
    'stale: the group it refers to can no longer be reached; flagged by flaggedIngressRules[0] (no SSH), flaggedIngressRules[2]',
  ],
  [
    { verdict: 'undecided', declarations: [{ name: 'flaggedIngressRules[1]' }] },
    'possibly meant by flaggedIngressRules[1]',
  ],
  [{ declarations: [] }, 'no longer looked for'],
  [
    {
      verdict: 'flagged',
      declarations: [
        { name: 'a[0]' },
        { name: 'a[1]', reason: 'only HTTP', admits: 'tcp 0-79 and 81-65535 from 0.0.0.0/0', allows: 'tcp 80 and 443' },
      ],
    },
    'flagged by a[0]; flagged: it admits tcp 0-79 and 81-65535 from 0.0.0.0/0, and a[1] (only HTTP) allows only tcp 80 and 443',
  ],
  [
    { verdict: 'flagged', declarations: [{ name: 'a[0]', admits: 'tcp 22 from 0.0.0.0/0' }] },
    'flagged: it admits tcp 22 from 0.0.0.0/0, and a[0] does not allow it',
  ],
  [
    { verdict: 'undecided', declarations: [{ name: 'a[0]', admits: 'tcp 22 from pl-1', allows: 'tcp 80' }] },
    'possibly flagged: it may admit tcp 22 from pl-1, and a[0] allows only tcp 80',
  ],
  [
    { verdict: 'flagged', declarations: [{ name: 'a[0]', scope: 'default groups', reason: 'EC2.2' }] },
    'flagged by a[0] for default groups (EC2.2)',
  ],
])('%j reads "%s"', (because, words) => {
  expect(reason(because)).toBe(words);
});

test('why a finding was closed is not taken from an earlier outcome', () => {
  const outcome = { sweepId: 'sweep-1', at: '2026-01-01T00:00:00.000Z' };
  const removed = { ...outcome, name: 'HEALED', detail: 'it was removed' };
  const begun = { ...outcome, name: 'REVOKED', detail: 'an earlier sweep had begun to revoke it, and it is gone' };
  const letGo = { ...outcome, name: 'NO_LONGER_LOOKED_FOR', detail: 'the configuration no longer looks for it' };
  expect(healedBecause({ state: 'HEALED', outcome: removed })).toBe('it was removed');
  expect(healedBecause({ state: 'HEALED', outcome: letGo })).toBe('the configuration no longer looks for it');
  expect(healedBecause({ state: 'REVOKED', outcome: begun })).toBe('it is gone');
  expect(healedBecause({ state: 'OPEN', outcome: removed })).toBe('it is gone');
  expect(healedBecause({ state: 'HEALED' })).toBe('it is gone');
});

describe('why a rule is kept', () => {
  test.each(Object.entries(KEEP_REASONS))('has words of its own, which follow "kept:": %s', (name, { words }) => {
    expect(keptBecause(name)).toBe(words);
    expect(words).toMatch(/^[a-z].{10,}[^.]$/);
    expect(Object.values(KEEP_REASONS).filter(each => each.words === words)).toHaveLength(1);
  });

  test.each(['SOMETHING_NEW', 'toString'])('is told as it is, where a later version has written it: %s', later => {
    expect(keptBecause(later)).toBe(later);
  });
});

describe('why revocations are withheld', () => {
  test.each([
    [
      'OVER_LIMIT',
      'one sweep may revoke 20. Until a full sweep plans no more than that, nothing is revoked. '
      + 'Check the findings, and then raise maxRevocationsPerSweep or exempt the rules that should stay',
    ],
    [
      'LIMIT_USED',
      '20 may be revoked between two scheduled sweeps, and too few of these are left. '
      + 'They wait for the next scheduled sweep',
    ],
    [
      'LEDGER_UNAVAILABLE',
      'the ledger could not be read or written, and without its record they could not be put back. '
      + "See the function's log",
    ],
    [
      'LEDGER_UNTRUSTED',
      'the ledger was made for another table, so it is a copy or a backup. Check its contents, and then adopt it',
    ],
    [
      'COMES_BACK',
      'they came back each time they were revoked, so what they admit is open. Find what adds them, and then retry them',
    ],
    ['SKIPPED', 'time ran out, or a second decision kept them. The next sweep tries again'],
  ] as const)('says what follows from %s, and what to do', (name, words) => {
    expect(withheldWords({ reason: name }, 20)).toBe(words);
  });

  test('names at most three of the stacks that CloudFormation has been changing for long, and counts the others', () => {
    const since = '2026-01-01T00:00:00.000Z';
    const stack = (stackId: string) => ({ stackId, since, status: 'UPDATE_IN_PROGRESS', isStuck: true });
    const arns = ['A', 'B', 'C', 'D', 'E'].map(name => stack(`arn:aws:cloudformation:eu-central-1:1:stack/${name}/0`));
    const words = (stacks: typeof arns) => withheldWords({ reason: 'STACK_IN_PROGRESS', stacks }, 20);
    expect(words(arns.slice(0, 1))).toBe(
      `CloudFormation has been changing the stack A since ${since}, for longer than 6 hours. Find what it waits for, `
      + 'and let the operation end. The next scheduled sweep after that revokes them',
    );
    expect(words(arns)).toContain(
      `the stack A since ${since} and the stack B since ${since} and the stack C since ${since} and 2 more, for longer`,
    );
    expect(words([stack('no-arn')])).toContain(`the stack no-arn since ${since}, for`);
  });

  test('asks nobody to do anything about rules that only wait', () => {
    expect(withheldWords({ reason: 'LIMIT_USED' }, 1)).not.toMatch(/raise|exempt|Look/);
  });
});

test('a group has its name beside its id, where that is known', () => {
  expect(group({ rule: aRule(), groupName: 'web' })).toBe('sg-1 (web)');
  expect(group({ rule: aRule() })).toBe('sg-1');
});

test('the command to restore is one that a shell takes as it is', () => {
  expect(restoreCommand('f:restore', { securityGroupRuleIds: ['sgr-1'] })).toBe(
    'aws lambda invoke --function-name f:restore --cli-binary-format raw-in-base64-out --payload \'{"restore":{"securityGroupRuleIds":["sgr-1"]}}\' /dev/stdout',
  );
});

test('text is one line, read from left to right', () => {
  expect(plain('a\nb\r\u0000c\u202ed\u2028e')).toBe('a b  c d e');
});

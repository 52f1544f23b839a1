/** Tests the rules that await approval in the status of a construct. */
import { type Status, statusDocument } from '../../../cli/documents/status';
import { render } from '../../../cli/render/render';
import { parseArguments } from '../../../cli/usage/arguments';
import { digestOfSet } from '../../../lambda/core/decide/approval';
import type { LedgerEntry } from '../../../lambda/core/model/ledger';
import { aRuleFromAnywhere, anEntry } from '../../support/builders';

const AT = '2026-01-01T00:00:00.000Z';

function awaiting(id: string, digest: string, overrides: Partial<LedgerEntry> = {}): LedgerEntry {
  const rule = aRuleFromAnywhere({ securityGroupRuleId: id });
  const replacing = [{ ipProtocol: 'tcp', fromPort: 22, toPort: 22, cidrIpv4: '203.0.113.0/24' }];
  return anEntry({ rule, keepReason: 'AWAITING_APPROVAL', approval: { digest, replacing, by: 'sweep-1', at: AT }, ...overrides });
}

function statusOf(entries: LedgerEntry[], overrides: Partial<Status> = {}): ReturnType<typeof statusDocument> {
  return statusDocument([{
    place: { account: '111122223333', region: 'eu-west-1', arn: 'arn:aws:iam::111122223333:user/me' },
    hygiene: 'Network/NetworkHygiene', table: 'ledger', rules: { entries, unreadable: [] },
    vpnConnections: { entries: [], unreadable: [] }, pause: { state: 'none' } as unknown as Status['pause'],
    now: new Date('2026-01-01T01:00:00Z'), ...overrides,
  }]);
}

interface Data {
  readonly constructs: ReadonlyArray<{
    readonly awaitingApproval?: {
      readonly digest: string; readonly command: string; readonly rules: ReadonlyArray<Record<string, unknown>>;
    };
  }>;
}

const dataOf = ({ data }: ReturnType<typeof statusDocument>): Data['constructs'][number] => (data as Data).constructs[0];

const DIGESTS = ['0123456789abcdef', 'fedcba9876543210'];
const ENTRIES = [awaiting('sgr-1', DIGESTS[0]), awaiting('sgr-2', DIGESTS[1])];
const digestOf = (...entries: LedgerEntry[]): string => digestOfSet(entries.map(
  ({ securityGroupRuleId, approval }) => ({ securityGroupRuleId, digest: approval?.digest ?? '' })));

test('each rule has what it is, why, what replaces it, and the digest that approves it alone', () => {
  const document = statusOf(ENTRIES);
  const text = render(document, 'table', { width: 400, isColored: false });
  for (const entry of ENTRIES) {
    const line = text.split('\n').find(each => each.includes(`${digestOf(entry)} `) && !each.includes('together'));
    expect(line).toContain(entry.securityGroupRuleId);
    expect(line).toContain('tcp 22 from 203.0.113.0/24');
  }
  expect(dataOf(document).awaitingApproval?.rules).toMatchObject([
    { securityGroupRuleId: 'sgr-1', digest: digestOf(ENTRIES[0]), replacedBy: ['tcp 22 from 203.0.113.0/24'] },
    { securityGroupRuleId: 'sgr-2', digest: digestOf(ENTRIES[1]) },
  ]);
});

test('the command approves all of them, with the digest of all', () => {
  const { command = '', digest } = dataOf(statusOf(ENTRIES)).awaitingApproval ?? {};
  expect(digest).toBe(digestOf(...ENTRIES));
  expect(parseArguments(command.split(' ').slice(2))).toMatchObject({
    command: 'approve', request: { securityGroupRuleIds: ['sgr-1', 'sgr-2'], digest },
  });
});

test('what is approved, closed or kept for another reason is not among them', () => {
  const approved = awaiting('sgr-1', DIGESTS[0], {
    approval: { digest: DIGESTS[0], by: 'sweep-1', at: AT, approved: { by: 'approve-1', at: AT } },
  });
  const others = [
    approved, awaiting('sgr-2', DIGESTS[1], { state: 'HEALED' }), awaiting('sgr-3', DIGESTS[1], { keepReason: 'WITHIN_NOTICE' }),
  ];
  const document = statusOf(others);
  expect(dataOf(document).awaitingApproval).toBeUndefined();
  expect(render(document, 'table', { width: 200, isColored: false })).not.toContain('Awaiting approval');
});

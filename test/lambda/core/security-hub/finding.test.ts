/** Tests the form of findings: that each is valid, whatever the ledger has, and what it says. */
import * as fc from 'fast-check';
import type { LedgerEntry, UnusedGroupEntry } from '../../../../lambda/core/model/ledger';
import {
  digestOf, type Draft, groupFinding, imported, type Importing, ruleFinding, trialFinding,
} from '../../../../lambda/core/security-hub/finding';
import { aRule, anEntry } from '../../../support/builders';
import { anUnusedGroup } from '../../../support/ledger-builders';
import { violationsOfFinding } from '../../../support/security-hub/asff';
import { PLACE } from '../../../support/security-hub/memory-security-hub';

const IMPORTING: Importing = { hygiene: 'Test/Hygiene', place: PLACE, prefixLists: new Map() };
const NOW = new Date('2026-03-01T00:00:00Z');

const FLAGGED = {
  verdict: 'flagged' as const, declarations: [{ name: 'flaggedIngressRules[0]', reason: 'use Session Manager' }],
  firstSeen: '2026-01-01T00:00:00.000Z', lastSeen: '2026-01-02T00:00:00.000Z',
};

const flagged = (overrides: Partial<LedgerEntry> = {}): LedgerEntry => ({
  ...anEntry({ rule: aRule({ cidrIpv4: '0.0.0.0/0', description: 'for tests' }) }), stale: undefined, flagged: FLAGGED,
  groupName: 'web', vpcId: 'vpc-1', ...overrides,
});

/** Texts of people and of AWS: of any length, with any characters. */
const text = (maxLength = 1200): fc.Arbitrary<string> => fc.oneof(
  fc.string({ maxLength: 40, unit: 'binary' }), fc.string({ maxLength, unit: 'grapheme' }),
  fc.constantFrom('', ' ', '\n', '\u202e', '\ud800', '😀'.repeat(600), 'x'.repeat(maxLength)),
);
const maybe = <T>(arbitrary: fc.Arbitrary<T>): fc.Arbitrary<T | undefined> => fc.option(arbitrary, { nil: undefined });
const time = fc.date({ min: new Date('2020-01-01'), max: new Date('2030-01-01'), noInvalidDate: true })
  .map(date => date.toISOString());
const digit = fc.constantFrom(...'0123456789abcdef');
const id = (prefix: string): fc.Arbitrary<string> =>
  fc.string({ minLength: 17, maxLength: 17, unit: digit }).map(each => `${prefix}-${each}`);

const arbitraryRule = fc.record({
  ids: fc.tuple(id('sgr'), id('sg')), isEgress: fc.boolean(), description: maybe(text()),
  traffic: fc.constantFrom({ ipProtocol: '-1' }, { ipProtocol: 'tcp', fromPort: 22, toPort: 22 }, { ipProtocol: 'made up' }),
  source: fc.constantFrom({ cidrIpv4: '0.0.0.0/0' }, { cidrIpv6: '::/0' }, { prefixListId: 'pl-1' }, { referencedGroup: { groupId: 'sg-2' } }, {}),
}).map(({ ids: [securityGroupRuleId, groupId], isEgress, description, traffic, source }) => aRule({
  cidrIpv4: undefined, fromPort: undefined, toPort: undefined,
  securityGroupRuleId, groupId, isEgress, description, ...traffic, ...source,
}));

const declaration = fc.record({
  name: text(100), reason: maybe(text()), admits: maybe(text()), allows: maybe(text()), scope: maybe(text()),
});

const arbitraryEntry: fc.Arbitrary<LedgerEntry> = fc.record({
  rule: arbitraryRule, groupName: maybe(text(255)), vpcId: maybe(id('vpc')), stackName: maybe(text(128)),
  firstSeen: time, lastSeen: time,
  stale: maybe(fc.record({ reason: text(40), firstSeen: time, lastSeen: time, sightings: fc.nat() })),
  flagged: maybe(fc.record({
    verdict: fc.constantFrom('flagged' as const, 'undecided' as const), declarations: fc.array(declaration, { maxLength: 5 }),
    firstSeen: time, lastSeen: time,
  })),
  keepReason: fc.constantFrom(undefined, 'EXEMPT_BY_GROUP_TAG', 'WITHIN_GRACE', 'DRY_RUN', 'OF_A_LATER_VERSION'),
  changedBy: maybe(fc.record({ eventName: text(60), arn: maybe(text()), at: maybe(time) })),
  outcome: maybe(fc.record({ name: fc.constantFrom('HEALED', 'NO_LONGER_LOOKED_FOR'), sweepId: text(20), at: time, detail: maybe(text()) })),
}).map(parts => ({ ...anEntry({ rule: parts.rule }), ...parts }));

const arbitraryGroup: fc.Arbitrary<UnusedGroupEntry> = fc.record({
  groupId: id('sg'), groupName: maybe(text(255)), vpcId: maybe(id('vpc')), stackName: maybe(text(128)), usedBy: maybe(text()),
  since: time, reportedAt: maybe(time), writtenAt: time, notLookedAt: maybe(fc.array(text(), { maxLength: 30 })),
}).map(parts => anUnusedGroup(parts));

const arbitraryPlace = fc.record({
  hygiene: fc.oneof(fc.string({ minLength: 1, maxLength: 1024, unit: 'grapheme-ascii' }), fc.constant('x'.repeat(1024))),
  partition: fc.constantFrom('aws', 'aws-cn', 'aws-us-gov', 'aws-eusc'), region: fc.constantFrom('eu-central-1', 'us-gov-west-1'),
}).map(({ hygiene, partition, region }): Importing =>
  ({ hygiene, place: { partition, region, account: PLACE.account }, prefixLists: new Map() }));

const valid = (draft: Draft, at = NOW): void => {
  const finding = imported(draft, at);
  expect(violationsOfFinding(JSON.parse(JSON.stringify(finding)))).toEqual([]);
  expect(Buffer.byteLength(JSON.stringify(finding))).toBeLessThan(60_000);
  for (const each of [finding.CreatedAt, finding.FirstObservedAt, finding.LastObservedAt]) {
    expect(each === undefined || each <= finding.UpdatedAt).toBe(true);
  }
};

describe('a finding is valid', () => {
  it('about any rule, open and ended', () => {
    const resolution = fc.constantFrom(undefined, 'REVOKED', 'HEALED', 'NO_LONGER_LOOKED_FOR' as const);
    fc.assert(fc.property(arbitraryEntry, arbitraryPlace, resolution, (entry, importing, ended) => {
      valid(ruleFinding(entry, importing, ended as Parameters<typeof ruleFinding>[2]));
    }), { numRuns: 500 });
  });

  it('about any unused group, open and ended', () => {
    const ended = fc.constantFrom(undefined, 'HEALED' as const, 'LET_GO' as const, 'WAITING' as const);
    fc.assert(fc.property(arbitraryGroup, arbitraryPlace, ended, (entry, importing, end) => {
      valid(groupFinding(entry, importing, end));
    }), { numRuns: 300 });
  });

  it('of a deployment', () => {
    fc.assert(fc.property(arbitraryPlace, importing => {
      const finding = trialFinding(importing, NOW);
      expect(violationsOfFinding(JSON.parse(JSON.stringify(finding)))).toEqual([]);
      expect([finding.RecordState, finding.FindingProviderFields.Severity.Label]).toEqual(['ARCHIVED', 'INFORMATIONAL']);
    }));
  });

  it('and the schema would refuse one that is not', () => {
    const finding = imported(ruleFinding(flagged(), IMPORTING), NOW);
    expect(violationsOfFinding(finding)).toEqual([]);
    for (const wrong of [
      { Title: '' }, { Title: 'x'.repeat(257) }, { Description: 'x'.repeat(1025) }, { Resources: [] }, { RecordState: 'OPEN' },
      { AwsAccountId: '1' }, { UpdatedAt: 'today' }, { Unknown: 1 }, { FindingProviderFields: {} }, { Id: 'x'.repeat(513) },
      { FindingProviderFields: { ...finding.FindingProviderFields, Types: ['Network'] } },
      { ProductFields: { 'aws/x': 'y' } }, { ProductFields: { x: '' } }, { Compliance: { Status: 'UNKNOWN' } },
    ]) expect(violationsOfFinding({ ...finding, ...wrong })).not.toEqual([]);
  });
});

describe('the id of a finding', () => {
  it('stays the same while the entry changes, and is that of no other rule, group or construct', () => {
    const ids = [
      ruleFinding(flagged(), IMPORTING).Id, ruleFinding(flagged({ keepReason: 'DRY_RUN' }), IMPORTING, 'REVOKED').Id,
      ruleFinding(flagged({ rule: aRule({ securityGroupRuleId: 'sgr-2' }) }), IMPORTING).Id,
      ruleFinding(flagged(), { ...IMPORTING, hygiene: 'Test/Other' }).Id,
      ruleFinding(flagged(), { ...IMPORTING, hygiene: 'x'.repeat(1024) }).Id,
      ruleFinding(flagged(), { ...IMPORTING, hygiene: 'x'.repeat(1023) }).Id,
      groupFinding(anUnusedGroup({ groupId: 'sg-1' }), IMPORTING).Id, trialFinding(IMPORTING, NOW).Id,
    ];
    expect(ids[0]).toBe('cdk-network-hygiene/Test/Hygiene/sg-1/sgr-1');
    expect(ids[1]).toBe(ids[0]);
    expect(new Set(ids).size).toBe(ids.length - 1);
  });
});

it('a flagged rule says what it admits, where, why, and what to do', () => {
  const finding = imported(ruleFinding(flagged({ stackName: 'Shop' }), IMPORTING), NOW);
  expect(finding).toMatchObject({
    Title: 'Flagged ingress rule: tcp 22 from 0.0.0.0/0 in sg-1 (web)',
    Description: 'sgr-1 of sg-1 (web): tcp 22 from 0.0.0.0/0, for tests. It is flagged by flaggedIngressRules[0] (use Session Manager)',
    GeneratorId: 'cdk-network-hygiene/flagged-ingress-rule',
    ProductArn: 'arn:aws:securityhub:eu-central-1:111122223333:product/111122223333/default',
    AwsAccountId: '111122223333',
    Compliance: { Status: 'FAILED' },
    FindingProviderFields: {
      Severity: { Label: 'HIGH', Original: 'SENSITIVE_FROM_INTERNET' },
      Types: ['Software and Configuration Checks/AWS Security Best Practices/Network Reachability'],
    },
    Resources: [
      {
        Type: 'AwsEc2SecurityGroup', Id: 'arn:aws:ec2:eu-central-1:111122223333:security-group/sg-1',
        Details: { AwsEc2SecurityGroup: { GroupId: 'sg-1', GroupName: 'web', VpcId: 'vpc-1' } },
      },
      { Type: 'Other', Id: 'arn:aws:ec2:eu-central-1:111122223333:security-group-rule/sgr-1' },
    ],
  });
  expect(finding.Remediation?.Recommendation.Text).toContain('The CloudFormation stack Shop owns the group');
});

it('a group of another account has the ARN of its owner, and the finding is still of the account that imports it', () => {
  const entry = flagged({ rule: aRule({ groupOwnerId: '444455556666' }) });
  const { Resources: [group], AwsAccountId } = ruleFinding(entry, IMPORTING);
  expect([group.Id, AwsAccountId]).toEqual(['arn:aws:ec2:eu-central-1:444455556666:security-group/sg-1', '111122223333']);
});

describe('a finding changes', () => {
  const digest = (overrides: Partial<LedgerEntry> = {}): string => digestOf(ruleFinding(flagged(overrides), IMPORTING));

  it.each<[string, Partial<LedgerEntry>]>([
    ['the rule admits other traffic', { rule: aRule({ toPort: 23, cidrIpv4: '0.0.0.0/0' }) }],
    ['a person exempts it', { keepReason: 'EXEMPT_BY_RULE_TAG' }],
    ['another declaration flags it', { flagged: { ...FLAGGED, declarations: [{ name: 'flaggedIngressRules[1]' }] } }],
    ['its group gets another name', { groupName: 'database' }],
  ])('when %s', (_, overrides) => {
    expect(digest(overrides)).not.toBe(digest());
  });

  it.each<[string, Partial<LedgerEntry>]>([
    ['it is seen again', { lastSeen: '2026-02-01T00:00:00.000Z', revision: 99, writtenBy: 'another' }],
    ['it waits', { keepReason: 'WITHIN_GRACE' }],
    ['revoking is paused', { keepReason: 'PAUSED' }],
    ['too many rules are due', { keepReason: 'OVER_LIMIT' }],
    ['another sweep works on it', { keepReason: 'LEFT_TO_OTHER', attempt: { sweepId: 'x', at: '2026-02-01T00:00:00.000Z' } }],
    ['sweeps count it', { flagged: { ...FLAGGED, declarations: FLAGGED.declarations.map(each => ({ ...each, sightings: 7 })) } }],
  ])('not when %s', (_, overrides) => {
    expect(digest(overrides)).toBe(digest());
  });

  it('not when a check for unused groups cannot look', () => {
    const of = (notLookedAt?: string[]): string => digestOf(groupFinding(anUnusedGroup({ notLookedAt }), IMPORTING));
    expect(of(['EKS clusters'])).toBe(of());
  });
});

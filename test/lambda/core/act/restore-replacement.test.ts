/** Tests what becomes of the narrower rules when the broader rule is put back. */
import { takeBack } from '../../../../lambda/core/act/restore-replacement';
import { configuredIn } from '../../../../lambda/core/act/why-kept';
import { restored } from '../../../../lambda/core/ledger/entry';
import type { LedgerEntry } from '../../../../lambda/core/model/ledger';
import { REPLACES_TAG } from '../../../../src/contract/names';
import { awsError } from '../../../support/aws-error';
import { aConfiguration, aGroup, anEntry, aRuleFromAnywhere } from '../../../support/builders';
import { MemoryLedger } from '../../../support/memory-ledger';
import { MemoryNetwork } from '../../../support/memory-network';
import { MemoryClock, MemoryLog } from '../../../support/recorders';
import { NARROWER } from '../../../support/replacing-world';

const BROADER = aRuleFromAnywhere({ securityGroupRuleId: 'sgr-1' });
const RESTORED = aRuleFromAnywhere({ securityGroupRuleId: 'sgr-restored' });
const ADDED = aRuleFromAnywhere({
  ...NARROWER[0], securityGroupRuleId: 'sgr-added', tags: { [REPLACES_TAG]: 'sgr-1' },
});
const ENTRY = anEntry({
  rule: BROADER, state: 'REVOKED',
  replacement: { isFinal: true, rules: [{ traffic: NARROWER[0], securityGroupRuleId: 'sgr-added' }] },
});

interface Given {
  readonly tags?: Record<string, string>;
  readonly configuration?: Parameters<typeof aConfiguration>[0];
  readonly isUnconfigured?: boolean;
  readonly prepare?: (network: MemoryNetwork) => void;
  readonly entry?: LedgerEntry;
}

async function takenBack({ tags = {}, configuration, isUnconfigured, prepare, entry = ENTRY }: Given) {
  const network = new MemoryNetwork({
    vpcs: [{ vpcId: 'vpc-1' }], groups: [aGroup({ tags })], rules: [RESTORED, ADDED],
  });
  prepare?.(network);
  const ledger = new MemoryLedger([entry]);
  if (!isUnconfigured) {
    const text = JSON.stringify(aConfiguration(configuration));
    ledger.configurationRecord = { revision: 1, writtenBy: 'deployment', text, deployTimePaths: '[]' };
  }
  const clock = new MemoryClock();
  const dependencies = { network, ledger, clock, log: new MemoryLog().log, restoreId: 'restore-1', configured: configuredIn(ledger) };
  const told = await takeBack(entry, 'sgr-restored', dependencies);
  return { told, left: [...network.rules.keys()], calls: network.methods, written: ledger.entries.get('sgr-1') };
}

test('they are taken away', async () => {
  const { told, left } = await takenBack({});
  expect(told).toMatchObject([{ securityGroupRuleId: 'sgr-added', outcome: 'TAKEN_AWAY' }]);
  expect(left).toEqual(['sgr-restored']);
});

test.each<[why: string, given: Given, detail: RegExp, outcome?: string]>([
  ['is exempt by now', { tags: { 'network-hygiene:exempt': '' } }, /its group sg-1 has the tag network-hygiene:exempt/],
  ['is exempt by a tag of the configuration', { tags: { Pinned: 'x' }, configuration: { exemptTags: ['Pinned'] } }, /has the tag Pinned/],
  ['is among the exempt ones', { configuration: { exemptSecurityGroupIds: ['sg-1'] } }, /is among exemptSecurityGroups/],
  ['may be exempt, because there is no configuration', { isUnconfigured: true }, /its exemptions are not known/, 'FAILED'],
  [
    'may be exempt, because it cannot be read',
    { prepare: network => network.on('securityGroups', { throws: awsError('InternalError') }) }, /could not be read: InternalError/,
    'FAILED',
  ],
  ['is outside the VPCs', { configuration: { vpcIds: ['vpc-2'] } }, /is outside vpcs/],
])('they stay if their group %s', async (_, given, detail, outcome = 'LEFT') => {
  const { told, left, calls } = await takenBack(given);
  expect(told).toEqual([{ securityGroupRuleId: 'sgr-added', outcome, detail: expect.stringMatching(detail) }]);
  expect(left).toEqual(['sgr-restored', 'sgr-added']);
  expect(calls).not.toContain('revokeIngress');
});

test('they stay if the rule that was put back does not admit their traffic, because someone has narrowed it', async () => {
  const narrow = (network: MemoryNetwork): void =>
    void network.rules.set('sgr-restored', { ...RESTORED, cidrIpv4: '10.0.0.0/8' });
  const { told, left } = await takenBack({ prepare: narrow });
  expect(told).toEqual([{
    securityGroupRuleId: 'sgr-added', outcome: 'LEFT', detail: 'the broader rule has changed, so it stays',
  }]);
  expect(left).toEqual(['sgr-restored', 'sgr-added']);
});

test('the entry of a rule that was put back expires only when they are gone', async () => {
  const now = new Date('2026-01-01T00:00:00Z');
  const entry = restored(ENTRY, 'sgr-restored', { id: 'restore-1', startedAt: now, now });
  expect(entry).toMatchObject({ state: 'RESTORED', expiresAt: undefined });
  expect((await takenBack({ entry, tags: { 'network-hygiene:exempt': '' } })).written?.expiresAt).toBeUndefined();
  expect((await takenBack({ entry })).written).toMatchObject({ state: 'RESTORED', expiresAt: expect.any(Number) });
});

/** Tests what becomes of the narrower rules when the broader rule is put back. */
import { takeBack } from '../../../../lambda/core/act/restore-replacement';
import { configuredIn } from '../../../../lambda/core/act/why-kept';
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
}

async function takenBack({ tags = {}, configuration, isUnconfigured, prepare }: Given) {
  const network = new MemoryNetwork({
    vpcs: [{ vpcId: 'vpc-1' }], groups: [aGroup({ tags })], rules: [RESTORED, ADDED],
  });
  prepare?.(network);
  const ledger = new MemoryLedger([ENTRY]);
  if (!isUnconfigured) {
    const text = JSON.stringify(aConfiguration(configuration));
    ledger.configurationRecord = { revision: 1, writtenBy: 'deployment', text, deployTimePaths: '[]' };
  }
  const clock = new MemoryClock();
  const dependencies = { network, ledger, clock, log: new MemoryLog().log, restoreId: 'restore-1', configured: configuredIn(ledger) };
  const told = await takeBack(ENTRY, 'sgr-restored', dependencies);
  return { told, left: [...network.rules.keys()], calls: network.methods };
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

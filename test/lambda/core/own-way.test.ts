/** Tests which rules a function in a VPC keeps, so that it reaches AWS, and what it does in doubt. */
import { UnusableAnswer } from '../../../lambda/core/errors';
import type { Scope } from '../../../lambda/core/model/scope';
import { EVERYTHING } from '../../../lambda/core/model/scope';
import type { DecodedConfiguration } from '../../../src/contract/configuration';
import { awsError } from '../../support/aws-error';
import { aDecodedConfiguration } from '../../support/builders';
import { MemoryLedger } from '../../support/memory-ledger';
import { MemoryNetwork } from '../../support/memory-network';
import { MemoryClock } from '../../support/recorders';
import { REVOKE, run, sshFlagged, START, VPN_ONLY, vpcs } from '../../support/swept';

/** No sweep looks at the function's VPC: exemption must not depend on the scope. */
const functionNetwork = { vpcId: 'vpc-9', securityGroupIds: ['sg-1'] };
const IN_VPC = { ...REVOKE, functionNetwork };

const SCOPES: ReadonlyArray<[name: string, scope: Scope]> = [
  ['everything', EVERYTHING], ['some groups', { kind: 'groups', groupIds: ['sg-1', 'sg-2', 'sg-3'] }],
];

/** Runs a scope, after a scheduled sweep of another configuration has opened the limit. */
async function swept(
  scope: Scope, network: MemoryNetwork, configuration: DecodedConfiguration = IN_VPC,
) {
  const ledger = new MemoryLedger();
  await run({ ...REVOKE, staleRules: 'ignore', flaggedIngressRules: [sshFlagged('sg-none')] }, new MemoryNetwork(vpcs(1)), { ledger });
  const clock = new MemoryClock(new Date(START.getTime() + 60_000));
  return run(configuration, network, { ledger, clock, scope, trigger: 'request', sweepId: 'sweep-2' });
}

/** Three VPCs with a group each. An endpoint of the function's VPC has the second group. */
const aNetwork = (): MemoryNetwork => new MemoryNetwork({ ...vpcs(3), endpointGroupIds: { 'vpc-9': ['sg-2'], 'vpc-3': ['sg-3'] } });

const left = (network: MemoryNetwork): string[] => [...network.rules.keys()].filter(id => /flagged|stale/.test(id)).sort();

const FIRST_TWO = ['sgr-flagged-1', 'sgr-flagged-2', 'sgr-stale-1', 'sgr-stale-2'];
const ALL = [...FIRST_TWO, 'sgr-flagged-3', 'sgr-stale-3'].sort();

describe.each(SCOPES)('a run of %s', (_, scope) => {
  test("revokes no rule of the function's own group, nor of an endpoint's, and every other", async () => {
    const { network, result } = await swept(scope, aNetwork());
    expect(left(network)).toEqual(FIRST_TWO);
    const kept = result?.plan.keep.filter(({ reason }) => reason === 'EXEMPT_BY_FUNCTION');
    expect(kept?.flatMap(({ rule }) => rule?.securityGroupRuleId ?? []).sort()).toEqual(FIRST_TWO);
    expect(result?.observation.errors).toEqual([]);
  });

  test('reads the endpoints once, and once more before it revokes', async () => {
    const { network } = await swept(scope, aNetwork());
    expect(network.idsOf('interfaceEndpointGroupIds')).toEqual([['vpc-9'], ['vpc-9']]);
  });

  test('reads them once where it revokes nothing', async () => {
    const { network } = await swept(scope, aNetwork(), { ...IN_VPC, dryRun: true });
    expect(network.idsOf('interfaceEndpointGroupIds')).toEqual([['vpc-9']]);
  });

  test.each(['UnauthorizedOperation', 'RequestLimitExceeded', 'InternalError'])(
    'revokes nothing where they cannot be read, and says so once: %s', async code => {
      const network = aNetwork().on('interfaceEndpointGroupIds', { throws: awsError(code, 'no') });
      const { result, error, log } = await swept(scope, network);
      expect(error).toBeUndefined();
      expect(left(network)).toEqual(ALL);
      expect(network.idsOf('revokeIngress')).toEqual([]);
      expect(result?.observation.errors).toEqual([
        {
          doing: 'reading VPC endpoints', vpcId: 'vpc-9', error: expect.objectContaining({ code, message: 'no' }),
          isOnlyDeciding: true,
        },
      ]);
      const reasons = new Map(result?.plan.keep.map(({ rule, reason }) => [rule?.securityGroupRuleId, reason]));
      expect(ALL.map(id => reasons.get(id))).toEqual([
        'EXEMPT_BY_FUNCTION', 'ENDPOINTS_UNREAD', 'ENDPOINTS_UNREAD', 'EXEMPT_BY_FUNCTION', 'ENDPOINTS_UNREAD', 'ENDPOINTS_UNREAD',
      ]);
      expect(log.ofEvent('ScanError')).toHaveLength(1);
    });

  test('takes an answer that is unusable in part for what it says, and for no more', async () => {
    const unusable = new UnusableAnswer('an endpoint without its groups', ['sg-2']);
    const network = aNetwork().on('interfaceEndpointGroupIds', { throws: unusable });
    const { result } = await swept(scope, network);
    expect(left(network)).toEqual(ALL);
    expect(result?.observation.errors).toMatchObject([{ error: { code: 'UnusableAnswer' } }]);
    const kept = result?.plan.keep.filter(({ reason }) => reason === 'EXEMPT_BY_FUNCTION');
    expect(kept?.flatMap(({ rule }) => rule?.securityGroupRuleId ?? []).sort()).toEqual(FIRST_TWO);
  });

  test('keeps what an endpoint was given between the plan and the call', async () => {
    const network = aNetwork().on('interfaceEndpointGroupIds', {
      call: 2, before: () => void (network.endpointGroupIds = { 'vpc-9': ['sg-2', 'sg-3'] }),
    });
    const { result } = await swept(scope, network);
    expect(left(network)).toEqual(ALL);
    expect(result?.outcomes.map(({ outcome, heldBy }) => [outcome, heldBy]))
      .toEqual([['SKIPPED', 'EXEMPT_BY_FUNCTION'], ['SKIPPED', 'EXEMPT_BY_FUNCTION']]);
    expect(result?.observation.errors).toEqual([]);
  });

  test('revokes nothing where they cannot be read again, and says so once, however many groups there are', async () => {
    const network = new MemoryNetwork(vpcs(3));
    network.on('interfaceEndpointGroupIds', {
      before: () => {
        if (network.idsOf('interfaceEndpointGroupIds').length > 1) throw awsError('UnauthorizedOperation');
      },
    });
    const { result } = await swept(scope, network);
    expect(left(network)).toEqual(ALL);
    expect(result?.outcomes).toHaveLength(4);
    expect(result?.outcomes.every(({ heldBy }) => heldBy === 'ENDPOINTS_UNREAD')).toBe(true);
    expect(result?.observation.errors).toMatchObject([{ doing: 'reading VPC endpoints', vpcId: 'vpc-9' }]);
    expect(result?.withheld).toMatchObject([{ reason: 'SKIPPED', rules: [{}, {}, {}, {}] }]);
  });
});

test('endpoints that cannot be read cost no check its VPCs: what was looked at was', async () => {
  const functionIn = { ...functionNetwork, vpcId: 'vpc-2' };
  const network = new MemoryNetwork(vpcs(2)).on('interfaceEndpointGroupIds', { throws: awsError('InternalError') });
  const { result } = await run({ ...REVOKE, functionNetwork: functionIn }, network);
  expect(result?.observation.vpcs?.scanned).toEqual(new Set(['vpc-1', 'vpc-2']));
  expect(result?.observation.stale).toHaveLength(4);
});

test('rules that may be due count for the limit, so that it is not got under while the endpoints are unread', async () => {
  const network = aNetwork().on('interfaceEndpointGroupIds', { throws: awsError('InternalError') });
  const { result, ledger } = await run({ ...IN_VPC, maxRevocationsPerSweep: 3 }, network);
  expect(result?.plan.revoke).toEqual([]);
  expect(ledger.controlEntry?.allowance?.overLimit).toMatchObject({ planned: 4 });
});

test.each([
  ['is in no VPC', REVOKE],
  ['looks at no rules', { ...VPN_ONLY, functionNetwork }],
])('no endpoint is read where the function %s', async (_, configuration) => {
  const { network } = await run(configuration, aNetwork());
  expect(network.methods).not.toContain('interfaceEndpointGroupIds');
});

test('they are read in a dry run, too, which names what it would revoke and what it would not', async () => {
  const configuration = aDecodedConfiguration({ flaggedIngressRules: [sshFlagged()], dryRun: true, functionNetwork });
  const { result } = await run(configuration, aNetwork());
  const kept = result?.plan.keep.map(({ rule, reason }) => [rule?.securityGroupRuleId, reason]);
  expect(Object.fromEntries(kept ?? [])).toEqual({
    'sgr-flagged-1': 'EXEMPT_BY_FUNCTION', 'sgr-flagged-2': 'EXEMPT_BY_FUNCTION', 'sgr-flagged-3': 'DRY_RUN',
  });
});

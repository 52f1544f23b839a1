/** Tests which EC2 actions a configuration needs, and which it does not. */
import { type Configuration } from '../../src/contract/configuration';
import { neededChanges, neededReads } from '../../src/contract/needed-actions';
import { aConfiguration, aDeclaration, decoded } from '../support/builders';

const RULES = ['DescribeSecurityGroupRules', 'DescribeSecurityGroups', 'DescribeVpcs'];
const STALE = 'DescribeStaleSecurityGroups';
const VPN = 'DescribeVpnConnections';
const ENDPOINTS = 'DescribeVpcEndpoints';
const functionNetwork = { vpcId: 'vpc-1', securityGroupIds: ['sg-own'] };
const REVOKE = 'RevokeSecurityGroupIngress';
const AUTHORIZE = 'AuthorizeSecurityGroupIngress';

describe('the needed actions', () => {
  test.each<[name: string, configuration: Partial<Configuration>, reads: string[], changes: string[]]>([
    ['when everything is looked at', {}, [...RULES, STALE, VPN], []],
    ['when stale rules are revoked', { staleRules: 'revoke' }, [...RULES, STALE, VPN], [REVOKE]],
    ['when rules are flagged alone', {
      staleRules: 'ignore', flaggedIngressRules: [aDeclaration()], vpnConnections: { kind: 'none' },
    }, RULES, [REVOKE]],
    ['when VPN connections are looked at alone', { staleRules: 'ignore' }, ['DescribeSecurityGroupRules', VPN], []],
    ['when the function is in a VPC', { functionNetwork }, [...RULES, STALE, ENDPOINTS, VPN], []],
    ['when the function is in a VPC, and rules are flagged alone', {
      functionNetwork, staleRules: 'ignore', flaggedIngressRules: [aDeclaration()], vpnConnections: { kind: 'none' },
    }, [...RULES, ENDPOINTS], [REVOKE]],
    ['when the function is in a VPC, and no rules are looked at', { functionNetwork, staleRules: 'ignore' }, [
      'DescribeSecurityGroupRules', VPN,
    ], []],
    ['when rules may be restored', { allowRestore: true }, [...RULES, STALE, VPN], [AUTHORIZE]],
    ['when rules are revoked and restored', { staleRules: 'revoke', allowRestore: true }, [...RULES, STALE, VPN], [
      REVOKE, AUTHORIZE,
    ]],
    ['in a dry run', { staleRules: 'revoke', dryRun: true }, [...RULES, STALE, VPN], []],
    ['when revoking is switched off', { staleRules: 'revoke', enabled: false }, [...RULES, STALE, VPN], []],
    ['when no revocation is allowed', { staleRules: 'revoke', maxRevocationsPerSweep: 0 }, [...RULES, STALE, VPN], []],
    ['while the configuration settles', { staleRules: 'revoke', settleSeconds: 60 }, [...RULES, STALE, VPN], [REVOKE]],
  ])('%s are the same before the configuration travels and after', (_, configuration, reads, changes) => {
    for (const each of [aConfiguration(configuration), decoded(configuration)]) {
      expect(neededReads(each)).toEqual(reads);
      expect(neededChanges(each)).toEqual(changes);
    }
  });
});

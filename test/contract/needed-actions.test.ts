/** Tests which EC2 actions a configuration needs, and which it does not. */
import { type Configuration } from '../../src/contract/configuration';
import { neededChanges, neededReads } from '../../src/contract/needed-actions';
import { aConfiguration, aDeclaration, decoded } from '../support/builders';

const RULES = ['DescribeSecurityGroupRules', 'DescribeSecurityGroups', 'DescribeVpcs'];
const STALE = ['DescribeStaleSecurityGroups', 'DescribeSecurityGroupVpcAssociations'];
const VPN = 'DescribeVpnConnections';
const ENDPOINTS = 'DescribeVpcEndpoints';
const functionNetwork = { vpcId: 'vpc-1', securityGroupIds: ['sg-own'] };
const LISTS = ['DescribeManagedPrefixLists', 'GetManagedPrefixListEntries'];
const INTERFACES = 'DescribeNetworkInterfaces';
const REVOKE = 'RevokeSecurityGroupIngress';
const AUTHORIZE = 'AuthorizeSecurityGroupIngress';

const REPLACED = { ...aDeclaration(), replaceWith: [{ CidrIp: '203.0.113.0/24' }] };
const BROAD = aDeclaration({ match: 'COVERS', ipPermissions: [{ IpProtocol: '-1' }] });

describe('the needed actions', () => {
  test.each<[name: string, configuration: Partial<Configuration>, reads: string[], changes: string[]]>([
    ['when everything is looked at', {}, [...RULES, ...STALE, VPN], []],
    ['when stale rules of a few VPCs are reported', { vpcIds: ['vpc-1'] }, [...RULES, STALE[0], VPN], []],
    ['when stale rules of many VPCs are reported', {
      vpcIds: Array.from({ length: 21 }, (_, n) => `vpc-${n}`),
    }, [...RULES, ...STALE, VPN], []],
    ['when stale rules are revoked', { staleRules: 'revoke' }, [...RULES, ...STALE, VPN], [REVOKE]],
    ['when rules are flagged alone', {
      staleRules: 'ignore', flaggedIngressRules: [aDeclaration()], vpnConnections: { kind: 'none' },
    }, RULES, [REVOKE]],
    ['when VPN connections are looked at alone', { staleRules: 'ignore' }, ['DescribeSecurityGroupRules', VPN], []],
    ['when the function is in a VPC', { functionNetwork }, [...RULES, ...STALE, ENDPOINTS, VPN], []],
    ['when the function is in a VPC, and rules are flagged alone', {
      functionNetwork, staleRules: 'ignore', flaggedIngressRules: [aDeclaration()], vpnConnections: { kind: 'none' },
    }, [...RULES, ENDPOINTS], [REVOKE]],
    ['when the function is in a VPC, and no rules are looked at', { functionNetwork, staleRules: 'ignore' }, [
      'DescribeSecurityGroupRules', VPN,
    ], []],
    ['when rules may be restored', { allowRestore: true }, [...RULES, ...STALE, VPN], [AUTHORIZE]],
    ['when rules are revoked and restored', { staleRules: 'revoke', allowRestore: true }, [...RULES, ...STALE, VPN], [
      REVOKE, AUTHORIZE,
    ]],
    ['when flagged rules are only reported', {
      flaggedIngressRules: [{ ...aDeclaration(), action: { kind: 'report' } }],
    }, [...RULES, ...STALE, VPN], []],
    ['when flagged rules are replaced, though nothing may be restored', {
      flaggedIngressRules: [REPLACED],
    }, [...RULES, ...STALE, ...LISTS, VPN], [REVOKE, AUTHORIZE]],
    ['when flagged rules would be replaced, in a dry run', {
      flaggedIngressRules: [REPLACED], dryRun: true,
    }, [...RULES, ...STALE, ...LISTS, VPN], []],
    ['when flagged rules are broad ones', {
      flaggedIngressRules: [{ ...BROAD, fromInternet: { ipv4PrefixLength: 8, ipv6PrefixLength: 12 } }],
    }, [...RULES, ...STALE, ...LISTS, VPN], [REVOKE]],
    ['when flagged rules are public ones', {
      flaggedIngressRules: [{ ...BROAD, fromAnyPublicAddress: true }],
    }, [...RULES, ...STALE, ...LISTS, VPN], [REVOKE]],
    ['when default groups are cleared unless they are used', {
      flaggedIngressRules: [{ ...BROAD, anyGroup: undefined, anySource: true, defaultGroups: { evenInUse: false } }],
    }, [...RULES, ...STALE, INTERFACES, VPN], [REVOKE]],
    ['when default groups are cleared even if they are used', {
      flaggedIngressRules: [{ ...BROAD, anyGroup: undefined, anySource: true, defaultGroups: { evenInUse: true } }],
    }, [...RULES, ...STALE, VPN], [REVOKE]],
    ['in a dry run', { staleRules: 'revoke', dryRun: true }, [...RULES, ...STALE, VPN], []],
    ['when revoking is switched off', { staleRules: 'revoke', enabled: false }, [...RULES, ...STALE, VPN], []],
    ['when no revocation is allowed', { staleRules: 'revoke', maxRevocationsPerSweep: 0 }, [...RULES, ...STALE, VPN], []],
    ['while the configuration settles', { staleRules: 'revoke', settleSeconds: 60 }, [...RULES, ...STALE, VPN], [REVOKE]],
  ])('%s are the same before the configuration travels and after', (_, configuration, reads, changes) => {
    for (const each of [aConfiguration(configuration), decoded(configuration)]) {
      expect(neededReads(each)).toEqual(reads);
      expect(neededChanges(each)).toEqual(changes);
    }
  });
});

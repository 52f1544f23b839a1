/** Minimal resources and a minimal configuration, for tests that say what matters and leave the rest to these. */
import type { SecurityGroup, SecurityGroupRule } from '../../lambda/ports';
import type { DecodedConfiguration } from '../../src/private/contract';

export function aRule(overrides: Partial<SecurityGroupRule> = {}): SecurityGroupRule {
  return {
    securityGroupRuleId: 'sgr-1',
    groupId: 'sg-1',
    groupOwnerId: '111122223333',
    isEgress: false,
    ipProtocol: 'tcp',
    fromPort: 22,
    toPort: 22,
    cidrIpv4: '0.0.0.0/0',
    tags: {},
    ...overrides,
  };
}

export function aGroup(overrides: Partial<SecurityGroup> = {}): SecurityGroup {
  return { groupId: 'sg-1', groupName: 'web', vpcId: 'vpc-1', ownerId: '111122223333', tags: {}, ...overrides };
}

export function aConfiguration(overrides: Partial<DecodedConfiguration> = {}): DecodedConfiguration {
  return {
    version: 1,
    hygiene: 'Stack/NetworkHygiene',
    metricNamespace: 'NetworkHygiene',
    resourceMetrics: false,
    dryRun: false,
    staleRules: 'ignore',
    flaggedIngressRules: [],
    exemptSecurityGroupIds: [],
    vpnConnections: { kind: 'none' },
    ...overrides,
  };
}

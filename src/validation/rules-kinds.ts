import { A_BOOLEAN, instanceOf, Kinds, listOf, notNull } from './kinds';
import { FlaggedIngressRule } from '../flagged-ingress-rule';
import type { NetworkHygieneOrganizationRules } from '../organization-rules-props';
import { StaleRules } from '../stale-rules';
import { UnusedSecurityGroups } from '../unused-security-groups';
import { VpnConnections } from '../vpn-connections';

/** The kinds of the properties that an account and an organization have in common. */
export const RULES_KINDS: Kinds<NetworkHygieneOrganizationRules> = {
  staleRules: instanceOf(StaleRules, 'a StaleRules, such as StaleRules.report()'),
  flaggedIngressRules: listOf(instanceOf(FlaggedIngressRule, 'a FlaggedIngressRule')),
  exemptTags: { what: 'a list of tag keys', is: Array.isArray },
  vpnConnections: instanceOf(VpnConnections, 'a VpnConnections, such as VpnConnections.all()'),
  unusedSecurityGroups: instanceOf(
    UnusedSecurityGroups, 'an UnusedSecurityGroups, such as UnusedSecurityGroups.report()',
  ),
  securityHub: A_BOOLEAN,
  maxRevocationsPerSweep: notNull('a number'),
  allowRestore: A_BOOLEAN,
  enabled: A_BOOLEAN,
  dryRun: A_BOOLEAN,
};

import { isToken, shown } from './words';
import type { NetworkHygieneOrganizationRules } from '../organization-rules-props';

/**
 * Refuses what has a meaning in one account and Region only, and what a hub and its members could not agree on.
 *
 * @throws when a declaration or the VPN connections name resources by id, or a tag is known at deployment only; the
 * message names the property, what was got and what to use instead
 */
export function requireOrganizationRules(path: string, rules: NetworkHygieneOrganizationRules): void {
  rules.flaggedIngressRules?.forEach(({ _configuration: { groupId, groupsTagged } }, index) => {
    const where = `${path}: flaggedIngressRules[${index}]`;
    if (groupId !== undefined) {
      throw new Error(
        `${where}: got a declaration for the security group ${shown(groupId)}, which is in one account and Region; use FlaggedIngressRule.inGroupsTagged() and a tag of the group, or a declaration for any group`,
      );
    }
    const value = groupsTagged?.values.find(isToken);
    if (value !== undefined) {
      throw new Error(
        `${where}: got a tag value that is known at deployment only; give a plain text, because the hub and its members are different stacks and have to agree on it`,
      );
    }
  });
  if (rules.vpnConnections?._configuration.kind === 'withIds') {
    throw new Error(
      `${path}: vpnConnections: got VpnConnections.withIds(), and a connection is in one account and Region; use VpnConnections.all(), or VpnConnections.matching() with a tag of the connections`,
    );
  }
}

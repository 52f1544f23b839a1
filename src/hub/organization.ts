import { OrganizationConfiguration } from '../contract/organization';
import type { NetworkHygieneOrganizationProps } from '../network-hygiene-organization-props';
import { AgreedNames, agreedRegions } from '../validation/agreement';

/** Returns the part of the configuration that concerns the organization, from properties that were checked. */
export function organizationOf(
  path: string, props: NetworkHygieneOrganizationProps, names: AgreedNames,
): OrganizationConfiguration {
  const { accounts, revokeIn, toleratedFailures = 0, accountMetrics } = props;
  const { organizationId, externalId, sweepRoleName, restoreRoleName } = names;
  return {
    organizationId,
    accounts: accounts._configuration,
    revokeIn: revokeIn?._configuration,
    regions: agreedRegions(path, props),
    sweepRoleName,
    restoreRoleName,
    externalId,
    toleratedFailures,
    // The handler treats an absent value as false.
    accountMetrics: accountMetrics || undefined,
  };
}

import { encodedConfiguration } from './configuration';
import { Configuration, looksAtRules } from '../contract/configuration';
import type { NetworkHygieneMemberOptions } from '../network-hygiene-member-props';
import { agreedRegions } from '../validation/agreement';
import { Agreement, agreementOf, busOf } from '../validation/member';
import { requireOrganizationRules } from '../validation/organization-rules';

/** The properties of a member, checked, in the form from which its resources follow. */
export interface Member {
  readonly agreement: Agreement;
  /** The part of the hub's configuration on which the permissions depend. */
  readonly configuration: Configuration;
  /** Undefined: every Region. */
  readonly regions?: string[];
  /** The event bus that gets changes. It may be known at deployment only. */
  readonly forwardChangesTo?: string;
}

/** @throws when a property is wrong; the message names the property, the value and the fix */
export function memberOf(path: string, props: NetworkHygieneMemberOptions): Member {
  requireOrganizationRules(path, props);
  const agreement = agreementOf(path, props);
  const forwardChangesTo = busOf(path, props);
  // The hub has a name, a namespace and a schedule. No permission in a member depends on them.
  const encoded = encodedConfiguration(props, { path, hygiene: 'member', metricNamespace: 'NetworkHygiene' });
  if (forwardChangesTo !== undefined && !looksAtRules(encoded)) {
    throw new Error(
      `${path}: forwardChangesTo: no change matters, because staleRules and flaggedIngressRules leave no rules to look at; give one of them, or leave forwardChangesTo out`,
    );
  }
  const configuration = forwardChangesTo === undefined ? encoded : { ...encoded, changeTrigger: 'cloudTrail' as const };
  return { agreement, configuration, regions: agreedRegions(path, props), forwardChangesTo };
}

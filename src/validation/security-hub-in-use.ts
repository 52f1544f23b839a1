/** Checks `securityHub` against the other properties. */
import { Configuration, looksAtRules } from '../contract/configuration';
import type { NetworkHygieneProps } from '../network-hygiene-props';

/** @throws when there could be no finding to import */
export function requireFindings(path: string, props: NetworkHygieneProps, configuration: Configuration): void {
  if (!props.securityHub || looksAtRules(configuration) || configuration.unusedSecurityGroups) return;
  throw new Error(
    `${path}: securityHub: got true; leave it out, because only rules and unused security groups are imported, and staleRules, flaggedIngressRules and unusedSecurityGroups leave neither to look at`,
  );
}

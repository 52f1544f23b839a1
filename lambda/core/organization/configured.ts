/** The configuration of an organization, as the ledger has it. */
import { type DecodedConfiguration } from '../../../src/contract/configuration';
import type { OrganizationConfiguration } from '../../../src/contract/organization';
import { type Loaded, loadConfiguration } from '../ledger/configuration';
import type { Ledger } from '../ports';
import type { Task } from '../sweeping';

export type OrganizationsConfiguration = DecodedConfiguration & { readonly organization: OrganizationConfiguration };

export interface Configured {
  readonly configuration: OrganizationsConfiguration;
  readonly deployed: Task['deployed'];
  /** The problem, if the configuration is not the one that the function was deployed with. Then nothing is revoked. */
  readonly mismatch?: string;
}

export interface ConfiguringDependencies {
  readonly ledger: Pick<Ledger, 'configuration'>;
  readonly table: string;
  readonly fingerprint: string;
}

/** @throws when the ledger cannot be read, or has no configuration of an organization */
export async function configured({ ledger, table, fingerprint }: ConfiguringDependencies): Promise<Configured> {
  const loaded: Loaded = await loadConfiguration(ledger, fingerprint);
  const { configuration } = loaded;
  if (configuration === undefined || !isOfOrganization(configuration)) {
    const detail = loaded.kind === 'changing' ? loaded.detail : 'the configuration in the ledger is not of an organization';
    throw new Error(`Nothing was done, because ${detail}. Deploy the stack again`);
  }
  return loaded.kind === 'current'
    ? { configuration, deployed: { table, fingerprint, digest: loaded.digest } }
    // No configuration has an empty digest, so nothing is revoked with this one.
    : { configuration, deployed: { table, fingerprint, digest: '' }, mismatch: loaded.detail };
}

export function isOfOrganization(configuration: DecodedConfiguration): configuration is OrganizationsConfiguration {
  return configuration.organization !== undefined;
}

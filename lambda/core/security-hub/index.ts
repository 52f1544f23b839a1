/**
 * Imports findings into Security Hub where that is configured. The code for it is loaded at run time, so it costs no
 * other function a longer cold start.
 */
import type * as imports from './security-hub-imports';

type Imports = typeof imports;

const load = (): Promise<Imports> => import('./security-hub-imports');

/** Imports the findings of a run. */
export const importFindings: Imports['importFindings'] = async (result, configuration, dependencies) =>
  configuration.securityHub ? (await load()).importFindings(result, configuration, dependencies) : { failed: 0 };

/** Finds out at deployment whether findings can be imported. */
export const tellSecurityHub: Imports['tellSecurityHub'] = async (configuration, dependencies) =>
  (await load()).tellSecurityHub(configuration, dependencies);

/** Finds out at deployment whether findings can be imported in a member of an organization. */
export const tellSecurityHubOfMember: Imports['tellSecurityHubOfMember'] = async (hub, configuration, dependencies) =>
  (await load()).tellSecurityHubOfMember(hub, configuration, dependencies);

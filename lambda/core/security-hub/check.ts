/**
 * Finds out at deployment whether findings can be imported into Security Hub, by importing one that is archived from
 * the start. No other call is allowed to the function.
 *
 * A denial in the function's own account fails the deployment. Security Hub that is off does not: it may be enabled
 * later, and a deployment that is to revoke less must not depend on it. Members of an organization may get the
 * permission later, too.
 */
import { isDenied } from '../errors';
import type { FailedImport } from '../model/security-hub';
import type { Clock, Log, SecurityHub, SecurityHubLoader } from '../ports';
import { tryAll } from '../preflight';
import { trialFinding } from './finding';
import { adviceOn } from './import';
import type { DecodedConfiguration } from '../../../src/contract/configuration';

interface TrialDependencies {
  readonly securityHub: SecurityHubLoader;
  readonly clock: Clock;
  readonly log: Log;
  /** No denied call is retried after this time. */
  readonly preflightUntil: Date;
  /** No call of Security Hub starts after this time. */
  readonly tellUntil: Date;
}

/** @returns whether findings can be imported, in words. @throws when the import is denied */
export async function tellSecurityHub(
  configuration: DecodedConfiguration, dependencies: TrialDependencies,
): Promise<string> {
  const hub = dependencies.securityHub();
  let words = 'It is unknown whether findings can be imported, because the function does not know its account';
  let isImported = false;
  const run = async (): Promise<void> => {
    if (hub === undefined) return;
    const failure = await tried(hub, configuration, dependencies);
    if (failure && isDenied(failure)) throw Object.assign(new Error(failure.message), { name: failure.code });
    isImported = failure === undefined;
    words = failure === undefined ? 'Findings are imported into Security Hub' : adviceOn(failure, hub);
  };
  await tryAll([{ action: 'securityhub:BatchImportFindings', run }], dependencies);
  dependencies.log(isImported ? 'INFO' : 'WARN', words, { event: 'SecurityHub' });
  return words;
}

/** @returns whether findings can be imported in a member of an organization, in words */
export async function tellSecurityHubOfMember(
  hub: SecurityHub, configuration: DecodedConfiguration, dependencies: Omit<TrialDependencies, 'securityHub'>,
): Promise<string> {
  const { place: { account, region } } = hub;
  const failure = await tried(hub, configuration, dependencies);
  const words = failure === undefined ? `Findings are imported into Security Hub of ${account} in ${region}`
    : `${account} in ${region}: ${adviceOn(failure, hub)}`;
  dependencies.log(failure === undefined ? 'INFO' : 'WARN', words, { event: 'SecurityHub', account, region });
  return words;
}

async function tried(
  hub: SecurityHub, { hygiene }: DecodedConfiguration, { clock, tellUntil }: Pick<TrialDependencies, 'clock' | 'tellUntil'>,
): Promise<FailedImport | undefined> {
  const [failure] = await hub.import([trialFinding({ hygiene, place: hub.place }, clock.now())], tellUntil);
  return failure;
}

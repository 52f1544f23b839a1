/**
 * Finds out at deployment whether findings can be imported into Security Hub, by importing one that is archived from
 * the start. No other call is allowed to the function.
 *
 * A denial fails the deployment. Security Hub that is off does not: it may be enabled later, and a deployment that is
 * to revoke less must not depend on it.
 */
import { isDenied } from '../errors';
import type { Clock, Log, SecurityHubLoader } from '../ports';
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

/** CloudFormation takes few bytes of all attributes together. */
const MOST_CHARACTERS = 400;

/** @returns whether findings can be imported, in words. @throws when the import is denied */
export async function tellSecurityHub(
  { hygiene }: DecodedConfiguration, dependencies: TrialDependencies,
): Promise<string> {
  const { clock, log, tellUntil } = dependencies;
  const hub = dependencies.securityHub();
  let words = 'It is unknown whether findings can be imported, because the function does not know its account';
  let isImported = false;
  const run = async (): Promise<void> => {
    if (hub === undefined) return;
    const [failure] = await hub.import([trialFinding({ hygiene, place: hub.place }, clock.now())], tellUntil);
    if (failure && isDenied(failure)) throw Object.assign(new Error(failure.message), { name: failure.code });
    isImported = failure === undefined;
    words = failure === undefined ? 'Findings are imported into Security Hub' : adviceOn(failure, hub);
  };
  await tryAll([{ action: 'securityhub:BatchImportFindings', run }], dependencies);
  log(isImported ? 'INFO' : 'WARN', words, { event: 'SecurityHub' });
  return words.slice(0, MOST_CHARACTERS);
}

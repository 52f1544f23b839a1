/**
 * Runs at a deployment of the hub: proves that the accounts, the bucket and up to three members can be reached, puts
 * the configuration into force, and starts a run without waiting for it.
 */
import { type ResolvedAccounts, resolveAccounts } from './accounts';
import { isOfOrganization, type OrganizationsConfiguration } from './configured';
import { Metric, PAUSE_ATTRIBUTE, SECURITY_HUB_ATTRIBUTE } from '../../../src/contract/names';
import { RUNS_PREFIX } from '../../../src/contract/organization';
import { sessionPolicy } from '../../../src/contract/session-policy';
import { errorFacts, isDenied } from '../errors';
import type { Deployment } from '../invocation/custom-resource';
import { storeConfiguration } from '../ledger/configuration';
import { readPause } from '../ledger/pause';
import type { AccountInRun } from '../model/organization';
import type { AccountLists, Directory, Executions, OrganizationLedger, Sessions } from '../organization-ports';
import type { Clock, Events, Log, Metrics } from '../ports';
import { anyOf, ledgerTrial, publication, sending, type Trial, tryAll, untilAllowed } from '../preflight';
import { securityHubAttribute } from '../report/attributes';
import { pauseAttribute } from '../report/pause-words';
import { failure } from '../report/wording';
import { tellSecurityHubOfMember } from '../security-hub';

export interface DeployDependencies {
  readonly ledger: OrganizationLedger;
  readonly directory: Directory;
  readonly sessions: (configuration: OrganizationsConfiguration) => Sessions;
  readonly lists: AccountLists;
  readonly executions: Executions;
  readonly metrics: Metrics;
  readonly events: Events;
  readonly clock: Clock;
  readonly log: Log;
  readonly runId: string;
  readonly hygiene: string;
  readonly table: string;
  readonly fingerprint: string;
  /** No denied action is retried after this time. */
  readonly preflightUntil: Date;
  /** No call of Security Hub starts after this time. */
  readonly tellUntil: Date;
}

/** The number of members to enter. */
const EXAMPLES = 3;

/** The number of members to try until one of them lets the function in. */
const MOST_TRIED = 25;

/**
 * @param stateMachineArn the state machine to start
 * @returns the attributes of the custom resource
 * @throws when something that every run needs is denied, or there is no account to sweep
 */
export async function deployOrganization(
  deployment: Deployment, stateMachineArn: string, dependencies: DeployDependencies,
): Promise<Record<string, string | number>> {
  const { configuration, isChange } = deployment;
  const { hygiene, ledger, clock, runId, table, fingerprint, executions } = dependencies;
  if (!isOfOrganization(configuration) || configuration.hygiene !== hygiene) {
    throw new Error(
      `The configuration is not that of the organization ${hygiene}. Nothing was done; deploy the stack again`,
    );
  }
  await tryAll([
    ledgerTrial(dependencies), publication(configuration, dependencies), sending(configuration, dependencies),
    bucketTrial(dependencies),
  ], dependencies);
  const { accounts } = await knownAccounts(configuration, dependencies);
  await enterSome(accounts, configuration, dependencies);
  const securityHub = await tellSecurityHubs(accounts, stateMachineArn.split(':')[3], configuration, dependencies);
  const writer = { id: runId, now: clock.now() };
  await storeConfiguration(deployment, { ledger, writer, table, fingerprint, isChange });
  const execution = await executions.start(stateMachineArn);
  const pause = await readPause(ledger, clock.now());
  return {
    ...Object.fromEntries(Object.values(Metric).map(name => [name, 'unknown'])),
    [PAUSE_ATTRIBUTE]: pauseAttribute(pause), [SECURITY_HUB_ATTRIBUTE]: securityHubAttribute(securityHub),
    Accounts: accounts.length, Execution: execution,
  };
}

/** S3 has no dry run. The object expires like the lists. */
function bucketTrial({ lists, runId }: DeployDependencies): Trial {
  return {
    action: 's3:PutObject', run: () => lists.put(`${RUNS_PREFIX}${runId}/deployment.json`, []),
    required: () => `The bucket ${lists.bucket} cannot be used`,
  };
}

/** @throws when AWS Organizations denies what the configuration needs, or no account is left to sweep */
async function knownAccounts(
  configuration: OrganizationsConfiguration, dependencies: DeployDependencies,
): Promise<ResolvedAccounts> {
  const read = async (): Promise<ResolvedAccounts> => {
    const found = await resolveAccounts(configuration.organization, dependencies.directory);
    const denied = found.unread.find(({ error }) => isDenied(error));
    if (denied) throw Object.assign(new Error(`${failure(denied)}. ${WHO_MAY_LIST}`), { name: denied.error.code });
    return found;
  };
  const resolved = await untilAllowed(read, dependencies);
  if (resolved.accounts.length > 0) return resolved;
  const why = [...resolved.unread.map(failure), ...resolved.leftOut].join('; ');
  throw new Error(`Preflight: there is no account to sweep${why === '' ? '' : `: ${why}`}. Check accounts and except`);
}

const WHO_MAY_LIST = 'Deploy the hub in the management account or in an account that is a delegated administrator of a '
  + 'service, and allow the action to the role of the function';

/** One member is enough to go on. The others may get their roles later, and each run names those that have none. */
async function enterSome(
  accounts: readonly AccountInRun[], configuration: OrganizationsConfiguration, dependencies: DeployDependencies,
): Promise<void> {
  const { organization: { sweepRoleName } } = configuration;
  const sessions = dependencies.sessions(configuration);
  const trials = revokingFirst(accounts).slice(0, MOST_TRIED).map(({ account }): Trial => ({
    action: `sts:AssumeRole of ${sweepRoleName} in ${account}`,
    run: async () => void await sessions.enabledRegions(account),
    hint: ' Deploy NetworkHygieneMember in the accounts first, with the same names, external id and organization id.',
  }));
  // The first members may not have their roles yet.
  await tryAll([anyOf(trials)], dependencies);
  await Promise.all(trials.slice(0, EXAMPLES).map(async ({ action, run }) => {
    try {
      await run();
    } catch (error) {
      const { code, message } = errorFacts(error);
      dependencies.log('WARN', `The preflight could not try ${action}: ${code}: ${message}`, { event: 'Preflight', action });
    }
  }));
}

const revokingFirst = (accounts: readonly AccountInRun[]): AccountInRun[] =>
  [...accounts].sort((one, other) => Number(other.mayRevoke ?? 0) - Number(one.mayRevoke ?? 0));

/**
 * Says of the first members whether findings can be imported there. No member fails the deployment, and each run names
 * those in which it could not import.
 *
 * @param ownRegion the Region of the hub, which is tried if it is swept
 * @returns undefined if nothing is to be imported
 */
async function tellSecurityHubs(
  accounts: readonly AccountInRun[], ownRegion: string, configuration: OrganizationsConfiguration,
  dependencies: DeployDependencies,
): Promise<string | undefined> {
  if (!configuration.securityHub) return undefined;
  const { organization: { regions = [ownRegion] } } = configuration;
  const region = regions.includes(ownRegion) ? ownRegion : regions[0];
  const sessions = dependencies.sessions(configuration);
  const policy = sessionPolicy(configuration, { regions: [region], mayRevoke: false });
  const words = await Promise.all(revokingFirst(accounts).slice(0, EXAMPLES).map(async ({ account }) => {
    try {
      const member = (await sessions.enter(account, policy)).in(region);
      const hub = member.securityHub();
      if (hub === undefined) return `It is unknown whether findings can be imported in ${account}`;
      return await tellSecurityHubOfMember(hub, configuration, dependencies).finally(member.close);
    } catch (error) {
      // The preflight has logged the failure already.
      const { code, message } = errorFacts(error);
      return `It is unknown whether findings can be imported in ${account}: ${code}: ${message.slice(0, 100)}`;
    }
  }));
  return words.join('. ');
}

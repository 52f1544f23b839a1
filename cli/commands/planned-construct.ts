/** Reads what a plan of a construct needs: its configuration, and the ledger of the deployed construct. */
import { type LedgerTable, ledgerTable, type OpenConstruct, withLookups } from './constructs';
import { errorFacts } from '../../lambda/core/errors';
import { type DecodedConfiguration, reportOnly, revokesAnything } from '../../src/contract/configuration';
import { placePartition } from '../../src/contract/organization';
import { type AppConfiguration, configurationOf } from '../app/configuration';
import { type HygieneOfApp, organizationOf } from '../app/hygienes';
import type { Lookups } from '../app/tokens';
import { ledgerOf } from '../aws/reading';
import { type Gap, gapsOf } from '../documents/errors';
import type { ConstructPlan } from '../documents/plan';
import { membershipOf } from '../planning/membership';
import { EMPTY_LEDGER, type LedgerSnapshot } from '../planning/planned-ledger';
import type { ToDeploy } from '../planning/sweeps';
import { UsageError } from '../usage/usage-error';

export interface PlannedConstruct {
  readonly toDeploy: ToDeploy;
  readonly snapshot: LedgerSnapshot;
  readonly ledger: ConstructPlan['ledger'];
  readonly notes: readonly string[];
  readonly gaps: readonly Gap[];
}

/** The name of a table that is not there yet. */
const NEW_TABLE = 'the new ledger table';

/** @throws UsageError when the configuration cannot be read from the app */
export async function plannedConstruct(construct: OpenConstruct, isLedgerWanted = true): Promise<PlannedConstruct> {
  const { hygiene, home, notes } = construct;
  const isHere = home.session !== undefined;
  const { app, table, isDeployed, unread } = await withLookups(construct, lookups => ({
    app: configurationIn(hygiene, lookups),
    table: isHere ? ledgerTable(hygiene, lookups) : { kind: 'unknown' as const, why: home.why },
    // A stack that could not be read may have the construct.
    isDeployed: !isHere || lookups.unread !== undefined || lookups.physicalId(hygiene.logicalId) !== undefined,
    unread: isHere ? lookups.unread : undefined,
  }));
  const { snapshot, ledger, gaps } = isLedgerWanted
    ? await readLedger(construct, table, app.configuration.hygiene)
    : { snapshot: EMPTY_LEDGER, ledger: 'ignored' as const, gaps: [] };
  const inAccount = hygiene.isHub ? await ofAccount(construct, app.configuration) : undefined;
  return {
    toDeploy: {
      configuration: inAccount?.configuration ?? app.configuration,
      // If a value is not known, this text equals none in the ledger, so the configuration counts as a new one.
      text: app.text ?? JSON.stringify(hygiene.properties),
      deployTimePaths: app.deployTimePaths, fingerprint: app.fingerprint, isDeployed,
      isPartlyKnown: app.gaps.length > 0,
      // Runs of an organization ask for no stacks.
      table: table.kind === 'there' ? table.table : NEW_TABLE, stackIds: hygiene.isHub ? [] : await stackIdsOf(construct),
    },
    snapshot, ledger, notes: [...notes, ...app.notes, ...inAccount?.notes ?? []],
    gaps: [
      ...unread === undefined ? [] : [{ message: `The deployed stack is not known: ${unread}` }],
      ...isHere && isDeployed && app.isTextUnknown ? [{ message: CHANGE_NOT_KNOWN }] : [],
      ...app.gaps.map(message => ({ message })), ...inAccount?.gaps ?? [], ...gaps,
    ],
  };
}

/** @throws UsageError when a hub does not look at the account that is given */
export async function requireSwept(hygienes: readonly HygieneOfApp[], account: string | undefined): Promise<void> {
  for (const hub of hygienes.filter(({ isHub }) => isHub)) {
    if (account === undefined || (await membershipOf(organizationOf(hub), account)).isSwept !== 'no') continue;
    throw new UsageError(
      `${hub.constructPath} does not look at account ${account}, because accounts does not select it, so nothing happens `
      + 'there. Give the --account and the credentials of an account that it selects',
    );
  }
}

interface InAccount extends Pick<PlannedConstruct, 'notes' | 'gaps'> {
  readonly configuration: DecodedConfiguration;
}

/** Returns the configuration by which a hub acts in the account. Doubt resolves to reporting. */
async function ofAccount(
  { hygiene, session: { account } }: OpenConstruct, configuration: DecodedConfiguration,
): Promise<InAccount> {
  const { constructPath } = hygiene;
  const organization = organizationOf(hygiene);
  const { isSwept, mayRevoke } = await membershipOf(organization, account);
  const isUnknown = [isSwept, mayRevoke].includes('unknown');
  const where = [...isSwept === 'unknown' ? ['accounts'] : [], ...mayRevoke === 'unknown' ? ['revokeIn'] : []].join(' and in ');
  const gaps = isUnknown ? [{
    message: `Whether account ${account} is in ${where} of ${constructPath} depends on organizational units, which only `
      + 'the hub can read. So the plan takes the account for one in which everything is only reported',
  }] : [];
  const assumed = `The plan assumes that account ${account} is an active member of ${organization.organizationId}.`;
  if (mayRevoke !== 'yes') return { configuration: reportOnly(configuration), notes: [assumed], gaps };
  const { maxRevocationsPerSweep: limit } = configuration;
  const shared = `maxRevocationsPerSweep is ${limit} for the whole organization. Rules of other accounts and Regions count `
    + 'for it, too, so a plan of one account cannot know whether the limit holds them back.';
  return { configuration, notes: [assumed, ...revokesAnything(configuration) ? [shared] : []], gaps };
}

const CHANGE_NOT_KNOWN = 'Whether a deployment changes the configuration is not known, because a value in it is not. '
  + 'The plan assumes that it does';

/**
 * Returns the configuration of a construct. An app has several, so a problem with a configuration names its construct.
 *
 * @throws UsageError when it cannot be read
 */
export function configurationIn({ properties, constructPath }: HygieneOfApp, lookups: Lookups): AppConfiguration {
  try {
    return configurationOf(properties, lookups);
  } catch (error) {
    throw error instanceof UsageError ? new UsageError(`${constructPath}: ${error.message}`) : error;
  }
}

type LedgerRead = Pick<PlannedConstruct, 'snapshot' | 'ledger' | 'gaps'>;

async function readLedger(
  { hygiene: { isHub, constructPath }, session, home }: OpenConstruct, table: LedgerTable, name: string,
): Promise<LedgerRead> {
  const unread = (gap: Gap): LedgerRead => ({ snapshot: EMPTY_LEDGER, ledger: 'notRead', gaps: [gap] });
  if (table.kind === 'notYetThere') return { snapshot: EMPTY_LEDGER, ledger: 'none', gaps: [] };
  if (home.session === undefined) {
    return unread({ message: `The ledger of ${constructPath} cannot be read, because ${home.why}. --no-ledger leaves it out` });
  }
  if (table.kind === 'unknown') return unread({ message: `The ledger is not known: ${table.why}` });
  try {
    const { settings } = home.session;
    const own = ledgerOf(settings, table.table, name);
    const snapshot = isHub
      ? await ledgerOf(settings, table.table, placePartition(name, session)).snapshotWith(own) : await own.snapshot();
    return { snapshot, ledger: 'read', gaps: [] };
  } catch (error) {
    const [gap] = gapsOf([{ doing: 'reading the ledger', error: errorFacts(error) }]);
    return unread(gap);
  }
}

/**
 * Returns the ids of the deployed stack of the construct and of the nested stacks in it. A deployment may change each
 * of them.
 */
async function stackIdsOf({ hygiene, deployed }: OpenConstruct): Promise<string[]> {
  const idsOf = async (nameOrId: string): Promise<string[]> => {
    const stack = await deployed.stack(nameOrId);
    if (stack.kind !== 'there') return [];
    const nested = [...stack.resources.values()].filter(id => NESTED_STACK.test(id) && id !== stack.stackId);
    return [stack.stackId, ...(await Promise.all(nested.map(idsOf))).flat()];
  };
  return idsOf(hygiene.stack.stackName);
}

const NESTED_STACK = /^arn:[^:]+:cloudformation:[^:]*:\d*:stack\//;

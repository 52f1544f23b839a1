/** Reads what a plan of a construct needs: its configuration, and the ledger of the deployed construct. */
import { type LedgerTable, ledgerTable, type OpenConstruct, withLookups } from './constructs';
import { errorFacts } from '../../lambda/core/errors';
import { type AppConfiguration, configurationOf } from '../app/configuration';
import type { HygieneOfApp } from '../app/hygienes';
import type { Lookups } from '../app/tokens';
import { ledgerOf } from '../aws/reading';
import { type Gap, gapsOf } from '../documents/errors';
import type { ConstructPlan } from '../documents/plan';
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
  const { hygiene } = construct;
  const { app, table, isDeployed, unread } = await withLookups(construct, lookups => ({
    app: configurationIn(hygiene, lookups), table: ledgerTable(hygiene, lookups),
    // A stack that could not be read may have the construct.
    isDeployed: lookups.unread !== undefined || lookups.physicalId(hygiene.logicalId) !== undefined,
    unread: lookups.unread,
  }));
  const { snapshot, ledger, gaps } = isLedgerWanted
    ? await readLedger(construct, table, app.configuration.hygiene)
    : { snapshot: EMPTY_LEDGER, ledger: 'ignored' as const, gaps: [] };
  return {
    toDeploy: {
      configuration: app.configuration,
      // If a value is not known, this text equals none in the ledger, so the configuration counts as a new one.
      text: app.text ?? JSON.stringify(hygiene.properties),
      deployTimePaths: app.deployTimePaths, fingerprint: app.fingerprint, isDeployed,
      isPartlyKnown: app.gaps.length > 0,
      table: table.kind === 'there' ? table.table : NEW_TABLE, stackIds: await stackIdsOf(construct),
    },
    snapshot, ledger, notes: app.notes,
    gaps: [
      ...unread === undefined ? [] : [{ message: `The deployed stack is not known: ${unread}` }],
      ...isDeployed && app.isTextUnknown ? [{ message: CHANGE_NOT_KNOWN }] : [],
      ...app.gaps.map(message => ({ message })), ...gaps,
    ],
  };
}

const CHANGE_NOT_KNOWN = 'Whether a deployment changes the configuration is not known, because a value in it is not. '
  + 'The plan assumes that it does';

/** An app has several constructs, so a problem with a configuration names its construct. */
function configurationIn({ properties, constructPath }: HygieneOfApp, lookups: Lookups): AppConfiguration {
  try {
    return configurationOf(properties, lookups);
  } catch (error) {
    throw error instanceof UsageError ? new UsageError(`${constructPath}: ${error.message}`) : error;
  }
}

type LedgerRead = Pick<PlannedConstruct, 'snapshot' | 'ledger' | 'gaps'>;

async function readLedger(
  { session: { settings } }: OpenConstruct, table: LedgerTable, hygiene: string,
): Promise<LedgerRead> {
  const unread = (gap: Gap): LedgerRead => ({ snapshot: EMPTY_LEDGER, ledger: 'notRead', gaps: [gap] });
  if (table.kind === 'notYetThere') return { snapshot: EMPTY_LEDGER, ledger: 'none', gaps: [] };
  if (table.kind === 'unknown') return unread({ message: `The ledger is not known: ${table.why}` });
  try {
    return { snapshot: await ledgerOf(settings, table.table, hygiene).snapshot(), ledger: 'read', gaps: [] };
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

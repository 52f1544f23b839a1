/** Reads what a plan of a construct needs: its configuration, and the ledger of the deployed construct. */
import { ledgerTable, type OpenConstruct, withLookups } from './constructs';
import { errorFacts } from '../../lambda/core/errors';
import { fingerprintOfText } from '../../lambda/core/ledger/configuration';
import { decodeConfiguration } from '../../src/contract/decode';
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
  /** The name of the table of the deployed construct. */
  readonly table?: string;
  readonly notes: readonly string[];
  readonly gaps: readonly Gap[];
}

/** The name of a table that is not there yet. */
const NEW_TABLE = 'the new ledger table';

/** @throws UsageError when the configuration cannot be read from the app */
export async function plannedConstruct(
  construct: OpenConstruct, isLedgerWanted = true,
): Promise<PlannedConstruct> {
  const { hygiene, session } = construct;
  const { app, at } = await withLookups(construct, lookups => ({
    app: configurationIn(hygiene, lookups), at: ledgerTable(hygiene, lookups),
  }));
  const table = at.kind === 'there' ? at.table : undefined;
  const read = isLedgerWanted && table !== undefined
    ? await readLedger(() => ledgerOf(session.settings, table, app.configuration.hygiene).snapshot())
    : { snapshot: EMPTY_LEDGER };
  const error = 'error' in read ? read.error
    : isLedgerWanted && at.kind === 'unknown' ? { message: `The ledger is not known: ${at.why}` } : undefined;
  const snapshot = 'snapshot' in read ? read.snapshot : EMPTY_LEDGER;
  const known = fromLedger(app, snapshot) ?? app;
  return {
    toDeploy: {
      // If a value is not known, this text equals none in the ledger, so the configuration counts as a new one.
      configuration: known.configuration, text: known.text ?? JSON.stringify(hygiene.properties),
      deployTimePaths: app.deployTimePaths, fingerprint: app.fingerprint,
      table: table ?? NEW_TABLE, stackIds: await stackIdsOf(construct),
    },
    snapshot, table,
    ledger: !isLedgerWanted ? 'ignored' : error ? 'notRead' : table === undefined ? 'none' : 'read',
    notes: known.notes,
    gaps: [...known.gaps.map(message => ({ message })), ...error ? [error] : []],
  };
}

function configurationIn({ properties, constructPath }: HygieneOfApp, lookups: Lookups): AppConfiguration {
  try {
    return configurationOf(properties, lookups);
  } catch (error) {
    throw error instanceof UsageError ? new UsageError(`${constructPath}: ${error.message}`) : error;
  }
}

/**
 * Returns the deployed configuration if the app still has the same one. Then it also has the values that cannot be told
 * from the template.
 */
function fromLedger(app: AppConfiguration, { configuration }: LedgerSnapshot): AppConfiguration | undefined {
  if (app.text !== undefined || 'error' in configuration || configuration.item === undefined) return undefined;
  const { text, deployTimePaths } = configuration.item;
  try {
    if (fingerprintOfText({ text, deployTimePaths }) !== app.fingerprint) return undefined;
    return { ...app, configuration: decodeConfiguration(text), text, notes: [], gaps: [] };
  } catch {
    return undefined;
  }
}

async function readLedger(
  read: () => Promise<LedgerSnapshot>,
): Promise<{ readonly snapshot: LedgerSnapshot } | { readonly error: Gap }> {
  try {
    return { snapshot: await read() };
  } catch (error) {
    const [gap] = gapsOf([{ doing: 'reading the ledger', error: errorFacts(error) }]);
    return { error: gap };
  }
}

/** Returns the ids of the stack of the construct and of the nested stacks in it, if they are deployed. */
async function stackIdsOf({ hygiene, deployed }: OpenConstruct): Promise<string[]> {
  const stack = await deployed.stack(hygiene.stack.stackName);
  if (stack.kind !== 'there') return [];
  return [stack.stackId, ...[...stack.resources.values()].filter(id => /^arn:[^:]+:cloudformation:[^:]*:\d*:stack\//.test(id))];
}

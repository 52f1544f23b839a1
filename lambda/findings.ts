/**
 * The function behind the findings table, a custom widget of a CloudWatch dashboard. It reads the ledger and returns a
 * page.
 *
 * CloudWatch invokes it with the permissions of the person who views the dashboard, so it must not change anything.
 *
 * @see https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/add_custom_widget_dashboard.html
 */
import type { Context } from 'aws-lambda';
import { DynamoDbLedgerReader } from './aws/ledger-reader';
import { DynamoDBClient } from '../bundle/sdk';
import { errorFacts, isAboutOneItem, UNREADABLE_ITEM } from './core/errors';
import { readPause } from './core/ledger/pause';
import type { SweepEntry } from './core/model/ledger';
import type { LedgerReader } from './core/ports';
import { HYGIENE_VARIABLE, LEDGER_TABLE_VARIABLE, RESTORE_FUNCTION_VARIABLE } from '../src/contract/names';
import { type Contents, errorPage, findingsPage } from './core/report/findings-page/page';
import { problem } from './core/report/findings-page/problem';
import { DESCRIPTION, parseRequest } from './core/report/findings-page/request';

/** The limits are short, because a person waits for the page. */
const CLIENT = {
  maxAttempts: 3,
  retryMode: 'standard',
  requestHandler: { connectionTimeout: 2000, requestTimeout: 5000, throwOnRequestTimeout: true },
} as const;

const {
  [LEDGER_TABLE_VARIABLE]: table,
  [HYGIENE_VARIABLE]: hygiene,
  [RESTORE_FUNCTION_VARIABLE]: restoreFunction,
} = process.env;
const ledger: LedgerReader | undefined =
  table && hygiene ? new DynamoDbLedgerReader(new DynamoDBClient(CLIENT), table, hygiene) : undefined;

/** @returns an HTML page, or the documentation of the widget */
export async function handler(
  event: unknown,
  { invokedFunctionArn: endpoint = '' }: Partial<Context> = {},
): Promise<string | { markdown: string }> {
  const request = parseRequest(event);
  if (request === 'describe') return { markdown: DESCRIPTION };
  try {
    if (ledger === undefined || table === undefined) {
      throw new Error(`The function has no environment variable ${table ? HYGIENE_VARIABLE : LEDGER_TABLE_VARIABLE}`);
    }
    const now = new Date();
    const [rules, connections, groups, { sweep, unreadable }, pause] = await Promise.all([
      ledger.unsettledAndRevoked(),
      ledger.vpnConnections(),
      ledger.unusedGroups(),
      latestSweep(ledger),
      readPause(ledger, now),
    ]);
    if (pause.error && !isAboutOneItem(pause.error)) return errorPage(problem(pause.error, table), request);
    const contents: Contents = {
      entries: rules.entries,
      vpnConnections: connections.entries,
      unusedGroups: groups.entries,
      sweep,
      pause,
      unreadable: {
        rules: rules.unreadable, vpnConnections: connections.unreadable, unusedGroups: groups.unreadable,
        sweep: unreadable,
      },
    };
    return findingsPage(contents, request, { now, endpoint, restoreFunction, table });
  } catch (error) {
    return errorPage(problem(errorFacts(error), table), request);
  }
}

/** An unreadable record of the latest sweep hides only what it would show, not the rest of the page. */
async function latestSweep(reader: LedgerReader): Promise<{ sweep?: SweepEntry; unreadable?: string }> {
  try {
    return { sweep: await reader.latestSweep() };
  } catch (error) {
    const { code, message } = errorFacts(error);
    if (code !== UNREADABLE_ITEM) throw error;
    return { unreadable: message };
  }
}

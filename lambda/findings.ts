/**
 * The function behind the findings table, a custom widget of a CloudWatch dashboard. It reads the ledger and answers with a page.
 *
 * The call runs by the right of who looks at the dashboard, so it changes nothing.
 *
 * @see https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/add_custom_widget_dashboard.html
 */
import type { Context } from 'aws-lambda';
import { DynamoDbLedger } from './aws/ledger';
import { DynamoDBClient } from './aws/sdk';
import { errorFacts } from './errors';
import { errorPage, findingsPage } from './findings-page/page';
import { problem } from './findings-page/problem';
import { DESCRIPTION, parseRequest } from './findings-page/request';
import type { LedgerReader } from './ports';
import { HYGIENE_VARIABLE, LEDGER_TABLE_VARIABLE, RESTORE_FUNCTION_VARIABLE } from '../src/private/contract';

/** Someone is waiting for the page. */
const CLIENT = { maxAttempts: 3, retryMode: 'standard', requestHandler: { connectionTimeout: 2000, requestTimeout: 5000, throwOnRequestTimeout: true } } as const;

const { [LEDGER_TABLE_VARIABLE]: table, [HYGIENE_VARIABLE]: hygiene, [RESTORE_FUNCTION_VARIABLE]: restoreFunction } = process.env;
const ledger: LedgerReader | undefined = table && hygiene ? new DynamoDbLedger(new DynamoDBClient(CLIENT), table, hygiene) : undefined;

/** @returns a page of HTML, or the documentation of the widget */
export async function handler(event: unknown, { invokedFunctionArn: endpoint = '' }: Partial<Context> = {}): Promise<string | { markdown: string }> {
  const request = parseRequest(event);
  if (request === 'describe') return { markdown: DESCRIPTION };
  try {
    if (ledger === undefined) throw new Error(`The function has no environment variable ${table ? HYGIENE_VARIABLE : LEDGER_TABLE_VARIABLE}`);
    const [entries, vpnConnections, sweep] = await Promise.all([ledger.unsettledAndRevoked(), ledger.vpnConnections(), ledger.latestSweep()]);
    return findingsPage({ entries, vpnConnections, sweep }, request, { now: new Date(), endpoint, restoreFunction });
  } catch (error) {
    return errorPage(problem(errorFacts(error), table), request);
  }
}

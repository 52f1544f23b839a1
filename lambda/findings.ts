/**
 * The functions behind the findings table, a custom widget of a CloudWatch dashboard: that of a construct, and that of
 * an organization. They read the ledger and return a page.
 *
 * CloudWatch invokes them with the permissions of the person who views the dashboard, so they must not change anything.
 *
 * @see https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/add_custom_widget_dashboard.html
 */
import type { Context } from 'aws-lambda';
import { DynamoDbLedgerReader } from './aws/ledger-reader';
import { DynamoDBClient } from '../bundle/sdk';
import { DynamoDbOrganizationReader } from './aws/organization/ledger-reader';
import { errorFacts } from './core/errors';
import { HYGIENE_VARIABLE, LEDGER_TABLE_VARIABLE, RESTORE_FUNCTION_VARIABLE } from '../src/contract/names';
import { overviewPage } from './core/organization/findings-page/overview';
import { placePage } from './core/organization/findings-page/place';
import { readOverview, readPlace } from './core/organization/findings-page/read';
import { ORGANIZATION_DESCRIPTION, parseOrganizationRequest } from './core/organization/findings-page/request';
import { errorPage } from './core/report/findings-page/frame';
import { findingsPage, type PageContext } from './core/report/findings-page/page';
import { problem } from './core/report/findings-page/problem';
import { readContents } from './core/report/findings-page/read';
import { DESCRIPTION, type PageRequest, parseRequest } from './core/report/findings-page/request';

/** The limits are short, because a person waits for the page. */
const CLIENT = {
  maxAttempts: 3,
  retryMode: 'standard',
  requestHandler: { connectionTimeout: 2000, requestTimeout: 5000, throwOnRequestTimeout: true },
} as const;

const client = new DynamoDBClient(CLIENT);

/** An HTML page, or the documentation of the widget. */
type Answer = string | { readonly markdown: string };

export async function handler(event: unknown, context: Partial<Context> = {}): Promise<Answer> {
  const request = parseRequest(event);
  if (request === 'describe') return { markdown: DESCRIPTION };
  return pageOr(request, context, async (hygiene, page) => {
    const ledger = new DynamoDbLedgerReader(client, page.table, hygiene);
    return findingsPage(await readContents(ledger, page.now), request, page);
  });
}

/** Shows all accounts and Regions of an organization, or the findings in one of them. */
export async function organization(event: unknown, context: Partial<Context> = {}): Promise<Answer> {
  const request = parseOrganizationRequest(event);
  if (request === 'describe') return { markdown: ORGANIZATION_DESCRIPTION };
  return pageOr(request, context, async (hygiene, page) => {
    const ledger = new DynamoDbOrganizationReader(client, page.table, hygiene);
    const { place } = request;
    return place === undefined
      ? overviewPage(await readOverview(ledger, page.now), request, page)
      : placePage(place, await readPlace(ledger, place, page.now), request, page);
  });
}

/** @returns the page, or a page that names the error */
async function pageOr(
  request: PageRequest, { invokedFunctionArn: endpoint = '' }: Partial<Context>,
  pageOf: (hygiene: string, page: PageContext) => Promise<string>,
): Promise<string> {
  const {
    [LEDGER_TABLE_VARIABLE]: table,
    [HYGIENE_VARIABLE]: hygiene,
    [RESTORE_FUNCTION_VARIABLE]: restoreFunction,
  } = process.env;
  try {
    if (!table || !hygiene) {
      throw new Error(`The function has no environment variable ${table ? HYGIENE_VARIABLE : LEDGER_TABLE_VARIABLE}`);
    }
    return await pageOf(hygiene, { now: new Date(), endpoint, restoreFunction, table });
  } catch (error) {
    return errorPage(problem(errorFacts(error), table), request);
  }
}

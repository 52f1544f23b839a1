/**
 * Parses the request for the findings of an organization. It accepts any event, because the page must always show
 * something.
 */
import { ACCOUNT_ID, type Place, REGION_NAME } from '../../../../src/contract/organization';
import { type PageRequest, parseRequest, record } from '../../report/findings-page/request';

export interface OrganizationRequest extends PageRequest {
  /** The place to show. Absent: the page is about all accounts and Regions. */
  readonly place?: Place;
  /** The requested pages of the overview, which may not exist. */
  readonly failuresPage: unknown;
  readonly placesPage: unknown;
}

/** @returns `describe` if CloudWatch asks for the documentation of the widget */
export function parseOrganizationRequest(event: unknown): OrganizationRequest | 'describe' {
  const request = parseRequest(event);
  if (request === 'describe') return request;
  const { failuresPage, placesPage } = record(event);
  return { ...request, place: placeOf(record(event)), failuresPage, placesPage };
}

/**
 * Takes nothing but an account and a Region in the form that AWS gives them.
 *
 * The result is part of the key of a partition, of a command for a shell, and of the calls of the page.
 */
export function placeOf(
  { account, region }: { readonly account?: unknown; readonly region?: unknown },
): Place | undefined {
  if (typeof account !== 'string' || typeof region !== 'string') return undefined;
  return ACCOUNT_ID.test(account) && REGION_NAME.test(region) ? { account, region } : undefined;
}

/** The text that CloudWatch shows to people who edit the widget. The YAML block fills in the parameters. */
export const ORGANIZATION_DESCRIPTION = `## Findings of network hygiene in an organization

Shows the latest run, the accounts and Regions that could not be looked at, and those with findings. Each of these opens a page with its findings, as far as it has any, and with the command
that puts a rule back.

It reads the ledger and changes nothing. People who view it need \`lambda:InvokeFunction\` on this function.

### Widget parameters
Param | Description
---|---
**account** | The account to show, as a text of 12 digits. Without it or without a Region, the page is about all accounts
**region** | The Region of that account, such as eu-central-1
**failuresPage** | The page of accounts and Regions that could not be looked at to begin with, from 1
**placesPage** | The page of accounts and Regions with findings to begin with, from 1
**findingsPage** | With an account and a Region: the page of open findings to begin with, from 1
**revocationsPage** | With an account and a Region: the page of recent revocations to begin with, from 1

### Example parameters
\`\`\` yaml
account: '111122223333'
region: eu-central-1
\`\`\`
`;

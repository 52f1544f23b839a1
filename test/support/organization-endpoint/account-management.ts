/**
 * Account Management's ListRegions. The management account and a delegated administrator may ask about any member. Any
 * account may ask about itself, without its id.
 *
 * @see https://docs.aws.amazon.com/accounts/latest/reference/API_ListRegions.html
 */
import type { Organization } from './organization';
import { pageOf } from './pages';
import type { Paging } from '../ec2-endpoint/filters';
import type { Answer } from '../ec2-endpoint/protocols';
import type { Regions } from '../ec2-endpoint/regions';
import { list, type Parameters, text } from '../endpoint/parameters';
import { ServiceError } from '../endpoint/service-error';

export interface AccountManagement {
  /** The account of the caller. */
  readonly account: string;
  /** Whether the caller may ask about other accounts. */
  readonly isAdministrator: boolean;
  readonly organization: Organization;
  readonly regions: Regions;
  readonly paging: Paging;
}

const STATUSES = ['ENABLED', 'ENABLED_BY_DEFAULT', 'ENABLING', 'DISABLING', 'DISABLED'];

export function listRegions(parameters: Parameters, about: AccountManagement): Answer {
  const account = accountOf(parameters, about);
  const asked = list(parameters.RegionOptStatusContains);
  const unknown = asked.find(status => !STATUSES.includes(text(status) ?? ''));
  if (unknown !== undefined) throw invalid(`The status ${JSON.stringify(unknown)} is not valid.`);
  const found = about.regions.of(account).filter(({ status }) => asked.length === 0 || asked.includes(status));
  const { items, nextToken } = pageOf(found, {
    action: `ListRegions ${account}`, parameters, paging: about.paging, most: 50, invalid: 'ValidationException',
  });
  return {
    Regions: items.map(({ region, status }) => ({ RegionName: region, RegionOptStatus: status })), NextToken: nextToken,
  };
}

function accountOf({ AccountId }: Parameters, { account, isAdministrator, organization }: AccountManagement): string {
  if (AccountId === undefined) return account;
  const asked = text(AccountId) ?? '';
  if (!/^\d{12}$/.test(asked)) throw invalid('The account id is not valid.');
  if (!isAdministrator || !organization.accounts.has(asked)) throw denied(`on the account ${asked}`);
  if (asked === organization.managementAccount) {
    throw denied('(The management account can only be managed using the standalone context from the management account.)');
  }
  return asked;
}

const invalid = (why: string): ServiceError => new ServiceError('ValidationException', why);

const denied = (why: string): ServiceError => new ServiceError(
  'AccessDeniedException', `User is not authorized to perform: account:ListRegions ${why}`, 403,
);

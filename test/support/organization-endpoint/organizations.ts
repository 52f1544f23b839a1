/**
 * The calls of Organizations that list roots, organizational units and accounts. Only the management account and a
 * delegated administrator may make them.
 *
 * @see https://docs.aws.amazon.com/organizations/latest/APIReference/Welcome.html
 */
import type { AccountState, Organization, OrganizationAccount, OrganizationalUnit } from './organization';
import { type Listing, pageOf } from './pages';
import type { Paging } from '../ec2-endpoint/filters';
import type { Answer } from '../ec2-endpoint/protocols';
import { type Parameters, text } from '../endpoint/parameters';
import { ServiceError } from '../endpoint/service-error';

export type OrganizationsAction = (parameters: Parameters, organization: Organization, paging: Paging) => Answer;

export const listAccounts: OrganizationsAction = (parameters, organization, paging) => {
  const { items, nextToken } = pageOf([...organization.accounts.values()], listing('ListAccounts', parameters, paging));
  return { Accounts: items.map(account => accountOf(account, organization)), NextToken: nextToken };
};

export const listAccountsForParent: OrganizationsAction = (parameters, organization, paging) => {
  const parent = parentOf(parameters, organization);
  const children = [...organization.accounts.values()].filter(({ parentId }) => parentId === parent);
  const { items, nextToken } = pageOf(children, listing(`ListAccountsForParent ${parent}`, parameters, paging));
  return { Accounts: items.map(account => accountOf(account, organization)), NextToken: nextToken };
};

export const listOrganizationalUnitsForParent: OrganizationsAction = (parameters, organization, paging) => {
  const parent = parentOf(parameters, organization);
  const children = [...organization.units.values()].filter(({ parentId }) => parentId === parent);
  const about = listing(`ListOrganizationalUnitsForParent ${parent}`, parameters, paging);
  const { items, nextToken } = pageOf(children, about);
  return { OrganizationalUnits: items.map(unit => unitOf(unit, organization)), NextToken: nextToken };
};

export const listRoots: OrganizationsAction = (parameters, organization, paging) => {
  const { id, rootId, managementAccount } = organization;
  const root = {
    Id: rootId, Arn: `arn:aws:organizations::${managementAccount}:root/${id}/${rootId}`, Name: 'Root', PolicyTypes: [],
  };
  const { items, nextToken } = pageOf([root], listing('ListRoots', parameters, paging));
  return { Roots: items, NextToken: nextToken };
};

/** An account and an organizational unit have one parent. */
export const listParents: OrganizationsAction = (parameters, { accounts, units, rootId }, paging) => {
  const child = text(parameters.ChildId) ?? '';
  if (!/^(\d{12}|ou-[0-9a-z]{4,32}-[0-9a-z]{8,32})$/.test(child)) throw invalid('ChildId', child);
  const parentId = (accounts.get(child) ?? units.get(child))?.parentId;
  if (parentId === undefined) {
    throw new ServiceError('ChildNotFoundException', 'You specified a child that doesn\'t exist.');
  }
  const parent = { Id: parentId, Type: parentId === rootId ? 'ROOT' : 'ORGANIZATIONAL_UNIT' };
  const { items, nextToken } = pageOf([parent], listing(`ListParents ${child}`, parameters, paging));
  return { Parents: items, NextToken: nextToken };
};

/** The statuses that the member Status has, which has fewer than the member State. */
const STATUSES: Readonly<Record<AccountState, string>> = {
  ACTIVE: 'ACTIVE', PENDING_CLOSURE: 'PENDING_CLOSURE', CLOSED: 'SUSPENDED', SUSPENDED: 'SUSPENDED',
  PENDING_ACTIVATION: 'SUSPENDED',
};

const JOINED_SECONDS = Date.parse('2024-01-01T00:00:00Z') / 1000;

const accountOf = ({ id, name, state }: OrganizationAccount, organization: Organization): Answer => ({
  Id: id, Arn: `arn:aws:organizations::${organization.managementAccount}:account/${organization.id}/${id}`,
  Email: `${id}@example.com`, Name: name, Status: STATUSES[state], State: state, JoinedMethod: 'CREATED',
  JoinedTimestamp: JOINED_SECONDS,
});

const unitOf = ({ id, name }: OrganizationalUnit, organization: Organization): Answer =>
  ({ Id: id, Arn: `arn:aws:organizations::${organization.managementAccount}:ou/${organization.id}/${id}`, Name: name });

function parentOf({ ParentId }: Parameters, organization: Organization): string {
  const parent = text(ParentId) ?? '';
  if (!/^(r-[0-9a-z]{4,32}|ou-[0-9a-z]{4,32}-[0-9a-z]{8,32})$/.test(parent)) throw invalid('ParentId', parent);
  if (organization.hasParent(parent)) return parent;
  throw new ServiceError('ParentNotFoundException', 'You specified parent that doesn\'t exist.');
}

const listing = (action: string, parameters: Parameters, paging: Paging): Listing =>
  ({ action, parameters, paging, most: 20, invalid: 'InvalidInputException' });

const invalid = (parameter: string, value: string): ServiceError =>
  new ServiceError('InvalidInputException', `You specified an invalid value '${value}' for ${parameter}.`);

/**
 * The handlers of the functions, in one file of the asset: `index.handler` and `index.change` of one account and
 * Region, and those of an organization.
 */
export { change } from './change';
export { handler } from './handler';
export { organization, organizationChange, organizationRestore } from './organization';

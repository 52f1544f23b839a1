/** What an action is given, and what it answers. */
import type { Paging } from '../filters';
import type { Network, SecurityGroupRule } from '../network';
import type { Parameters } from '../query';
import type { Xml } from '../xml';

export interface ActionContext {
  readonly network: Network;
  readonly paging: Paging;
  /** Rules that were revoked, but that describes still show. */
  readonly lingering: () => readonly SecurityGroupRule[];
}

export type Action = (parameters: Parameters, context: ActionContext) => { readonly [name: string]: Xml };

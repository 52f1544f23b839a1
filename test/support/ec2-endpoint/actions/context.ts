/** What an action is given, and what it answers. */
import type { Parameters } from '../../endpoint/parameters';
import type { Paging } from '../filters';
import type { Network, SecurityGroupRule } from '../network';
import type { Answer } from '../protocols';

export interface ActionContext {
  readonly network: Network;
  readonly paging: Paging;
  /** Rules that were revoked, but that this describe still shows; to be asked for once. */
  readonly lingering: () => readonly SecurityGroupRule[];
}

export type Action = (parameters: Parameters, context: ActionContext) => Answer;

/** The input and output of an action. */
import type { Parameters } from '../../endpoint/parameters';
import type { Paging } from '../filters';
import type { Network, SecurityGroupRule } from '../network';
import type { Answer } from '../protocols';
import type { RegionOfAccount } from '../regions';

export interface ActionContext {
  readonly network: Network;
  readonly paging: Paging;
  /** Returns the Regions of the caller's account. */
  readonly regions: () => readonly RegionOfAccount[];
  /** Returns revoked rules that this describe call still shows. Call it only once. */
  readonly lingering: () => readonly SecurityGroupRule[];
}

export type Action = (parameters: Parameters, context: ActionContext) => Answer;

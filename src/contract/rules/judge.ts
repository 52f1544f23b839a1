/** Determines whether a declaration flags a live rule, and names what the rule admits that it should not. */
import { matches, type Relation } from './relation';
import type { FlaggedIngressRule } from '../configuration';
import type { Cidr, Traffic } from '../traffic';

/** The entries of the prefix lists that could be read, by the id of the list. */
export type PrefixLists = ReadonlyMap<string, readonly Cidr[]>;

export interface Judgement {
  /** Whether the declaration flags the rule. `unknown`: this cannot be proved. */
  readonly relation: Relation;
  /** What the rule admits that no exception admits, such as `tcp 0-79 from 0.0.0.0/0`. Absent without exceptions. */
  readonly admits?: string;
}

export function judge(
  live: Traffic, { traffic, match }: Pick<FlaggedIngressRule, 'traffic' | 'match' | 'except'>, _prefixLists: PrefixLists,
): Judgement {
  const relations = traffic.map(each => matches(live, each, match));
  return { relation: relations.find(each => each === 'yes') ?? relations.find(each => each === 'unknown') ?? 'no' };
}

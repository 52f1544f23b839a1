/** Flagged ingress: the live rules that the configuration declares to be revoked. */
import type { FlaggedIngressRule } from '../../../src/private/contract';
import type { SecurityGroupRule } from '../ports';
import { matches, trafficOf } from '../rules/relation';

/** A declaration that flags a rule: its name in the configuration, and the reason its author gave. */
export type Declaration = Pick<FlaggedIngressRule, 'name' | 'reason'>;

export interface FlaggedRule {
  readonly rule: SecurityGroupRule;
  /** `flagged`: proved. `undecided`: some declaration may mean it, which cannot be proved; never revoked for it. */
  readonly verdict: 'flagged' | 'undecided';
  /** The declarations that the verdict rests on. */
  readonly declarations: readonly Declaration[];
}

/** What the declarations say of one rule; undefined when it is none of theirs. */
export function flaggedIngress(rule: SecurityGroupRule, declared: readonly FlaggedIngressRule[]): FlaggedRule | undefined {
  if (rule.isEgress) return undefined;
  const live = trafficOf(rule);
  const inScope = declared.filter(({ groupId }) => groupId === undefined || groupId === rule.groupId);
  for (const [relation, verdict] of [['yes', 'flagged'], ['unknown', 'undecided']] as const) {
    const declarations = inScope
      .filter(({ traffic, match }) => traffic.some(each => matches(live, each, match) === relation))
      .map(({ name, reason }) => ({ name, reason }));
    if (declarations.length > 0) return { rule, verdict, declarations };
  }
  return undefined;
}

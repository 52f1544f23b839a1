/** Reads rules by their ids. */
import { FILTER_VALUES_PER_CALL } from '../../../src/contract/decode';
import type { ErrorFacts } from '../errors';
import { inPartsOf } from '../lists';
import type { SecurityGroupRule } from '../model/network';
import type { NetworkReader } from '../ports';

/** EC2 is eventually consistent: when to look again for what it has said. */
export const READ_BACK_DELAYS_MILLIS = [0, 300, 1000, 2700];

/** @returns those that exist, by id */
export async function readRules(
  ids: Iterable<string>,
  network: NetworkReader,
): Promise<Map<string, SecurityGroupRule>> {
  const rules = new Map<string, SecurityGroupRule>();
  await Promise.all(
    inPartsOf(FILTER_VALUES_PER_CALL, [...new Set(ids)]).map(async ruleIds => {
      for await (const page of network.securityGroupRules({ ruleIds })) {
        for (const rule of page) rules.set(rule.securityGroupRuleId, rule);
      }
    }),
  );
  return rules;
}

/** What such an answer is called. */
export const NOT_SHOWN: ErrorFacts = {
  code: 'UnusableAnswer',
  message: 'EC2 does not show the rule by its id, although its group has it',
};

/** A rule, and the group that it is or was in. */
type KnownRule = Pick<SecurityGroupRule, 'securityGroupRuleId' | 'groupId'>;

/**
 * The rules that EC2 does not show by their ids although their groups have them: an answer that leaves them out says
 * nothing about them.
 *
 * @param missing rules that a reading by id has not shown
 */
export async function shownByGroupOnly(
  missing: readonly KnownRule[], network: NetworkReader,
): Promise<Map<string, SecurityGroupRule>> {
  const ids = new Set(missing.map(({ securityGroupRuleId }) => securityGroupRuleId));
  const groups = [...new Set(missing.map(({ groupId }) => groupId))];
  const shown = new Map<string, SecurityGroupRule>();
  await Promise.all(inPartsOf(FILTER_VALUES_PER_CALL, groups).map(async groupIds => {
    for await (const page of network.securityGroupRules({ groupIds })) {
      for (const rule of page) if (ids.has(rule.securityGroupRuleId)) shown.set(rule.securityGroupRuleId, rule);
    }
  }));
  return shown;
}

/** Reads rules by their ids. */
import { FILTER_VALUES_PER_CALL } from '../../../src/contract/decode';
import type { ErrorFacts } from '../errors';
import { inPartsOf } from '../lists';
import type { SecurityGroupRule } from '../model/network';
import type { NetworkReader } from '../ports';

/** The delays before a change is looked for again, because EC2 is eventually consistent. */
export const READ_BACK_DELAYS_MILLIS = [0, 300, 1000, 2700];

/** @returns the existing rules by id */
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

/** The error for a rule that EC2 does not return by its id. */
export const NOT_SHOWN: ErrorFacts = {
  code: 'UnusableAnswer',
  message: 'EC2 does not show the rule by its id, although its group has it',
};

/** A rule and its current or former group. */
type KnownRule = Pick<SecurityGroupRule, 'securityGroupRuleId' | 'groupId'>;

/**
 * Returns the rules that EC2 does not return by their ids although their groups contain them. Their absence from a
 * response then proves nothing.
 *
 * @param missing rules that a read by id has not returned
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

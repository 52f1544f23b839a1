/** Reads the options of flagged ingress rules. */
import { ISecurityGroup } from 'aws-cdk-lib/aws-ec2';
import type { readableRule } from './declared';
import { exceptionsOf } from './exceptions';
import { aResource, A_BOOLEAN, CHECKED_ELSEWHERE, instanceOf, isOptions, Kind, Kinds, requireKind, requireKnown } from './kinds';
import { replacementsOf, requireNarrower } from './replacements';
import { taggedGroups } from './tagged-groups';
import { wrong } from './words';
import { FlaggedIngressRuleConfiguration, TaggedGroups } from '../contract/configuration';
import type { DefaultGroupsOptions } from '../default-groups-options';
import { FlaggedAction } from '../flagged-action';
import type {
  AnyGroupIngressRuleOptions, FlaggedIngressRuleOptions, InternetIngressRuleOptions, PublicIngressRuleOptions,
} from '../flagged-ingress-rule-options';
import type { FlaggedRuleOptions } from '../flagged-rule-options';
import type { GroupsTagged } from '../groups-tagged';
import { RuleMatch } from '../rule-match';

const RULE_OPTIONS: Kinds<FlaggedRuleOptions> = {
  reason: CHECKED_ELSEWHERE, action: instanceOf(FlaggedAction, 'a FlaggedAction, such as FlaggedAction.report()'),
};

export const OPTIONS: Kinds<FlaggedIngressRuleOptions> = {
  ...RULE_OPTIONS,
  match: {
    what: Object.keys(RuleMatch).map(name => `RuleMatch.${name}`).join(' or '),
    is: value => Object.values<unknown>(RuleMatch).includes(value),
  },
  except: CHECKED_ELSEWHERE,
  replaceWith: CHECKED_ELSEWHERE,
};

export const ANY_GROUP_OPTIONS: Kinds<AnyGroupIngressRuleOptions> = { ...OPTIONS, exceptGroups: CHECKED_ELSEWHERE };

export const PUBLIC_OPTIONS: Kinds<PublicIngressRuleOptions> = {
  ...ANY_GROUP_OPTIONS, groupsTagged: CHECKED_ELSEWHERE,
};

export const INTERNET_OPTIONS: Kinds<InternetIngressRuleOptions> = {
  ...PUBLIC_OPTIONS, ipv4PrefixLength: CHECKED_ELSEWHERE, ipv6PrefixLength: CHECKED_ELSEWHERE,
};

export const DEFAULT_GROUPS_OPTIONS: Kinds<DefaultGroupsOptions> = {
  ...RULE_OPTIONS, evenInUse: A_BOOLEAN, exceptGroups: CHECKED_ELSEWHERE,
};

/** The parts of a declaration that its parameters give. */
type Scope = Omit<FlaggedIngressRuleConfiguration, 'match' | 'reason' | 'action'>;

/**
 * Returns a declaration with its options, after a check.
 *
 * @param read checks the declaration in the way in which the handler reads it
 * @throws when options are wrong or contradict each other; the message names the method, the option and the fix
 */
export function readWithOptions(
  method: string, options: AnyGroupIngressRuleOptions, scope: Scope, byDefault: RuleMatch, read: typeof readableRule,
): FlaggedIngressRuleConfiguration {
  const { reason, except, replaceWith, exceptGroups, action } = options;
  const [exceptions, names] = except === undefined ? [] : exceptionsOf(method, except);
  const rule = read(method, {
    match: matchOf(method, options, byDefault),
    reason,
    ...scope,
    exceptGroupIds: groupIds(`${method}: exceptGroups`, exceptGroups),
    except: exceptions,
    replaceWith: replacementsOf(method, replaceWith),
  }, names);
  requireNarrower(method, rule);
  if (replaceWith !== undefined && action?._kind === 'report') {
    throw new Error(
      `${method}: replaceWith: got peers together with FlaggedAction.report(), which replaces nothing; leave out one of the two`,
    );
  }
  return rule;
}

function matchOf(method: string, { match, except }: FlaggedIngressRuleOptions, byDefault: RuleMatch): RuleMatch {
  if (except === undefined) return match ?? byDefault;
  if (match === undefined || match === RuleMatch.OVERLAPS) return RuleMatch.OVERLAPS;
  throw new Error(
    `${method}: match: got RuleMatch.${match} together with except; leave match out, or give RuleMatch.OVERLAPS, because with exceptions a rule is flagged when it admits any declared traffic that no exception admits`,
  );
}

const A_TAG: Kind = {
  what: "a tag key and its values, such as { key: 'Exposure', values: ['private'] }",
  is: value => isOptions(value) && Object.keys(value).length > 0,
};

/** @throws when the option is of another kind; null is refused, because it would mean every group */
export function groupsTaggedOf(method: string, groupsTagged: GroupsTagged | undefined): TaggedGroups | undefined {
  if (groupsTagged === undefined) return undefined;
  const where = `${method}: groupsTagged`;
  requireKind(where, groupsTagged, A_TAG);
  requireKnown(where, groupsTagged, ['key', 'values']);
  return taggedGroups(`${where}.`, groupsTagged.key, groupsTagged.values);
}

const GROUP = 'SecurityGroup.fromSecurityGroupId()';
const A_GROUP = `a security group, such as ${GROUP}`;

/**
 * Checks the group at run time, because callers in plain JavaScript have no types, and a missing id must never mean any
 * group.
 */
export function groupId(where: string, group: ISecurityGroup): string {
  requireKind(where, group, aResource('securityGroupId', A_GROUP));
  const id: unknown = group.securityGroupId;
  if (typeof id !== 'string' || id === '') throw wrong(`${where}.securityGroupId`, id, A_GROUP);
  return id;
}

/** @throws when the list is empty, because an empty list might be meant to stand for all groups */
export function groupIds(where: string, groups: ISecurityGroup[] | undefined): string[] | undefined {
  if (groups === undefined) return undefined;
  requireKind(where, groups, { what: `a list, such as [${GROUP}]`, is: Array.isArray });
  if (groups.length === 0) throw new Error(`${where}: got an empty list; leave it out if there is no such group`);
  return Array.from(groups, (group, index) => groupId(`${where}[${index}]`, group));
}

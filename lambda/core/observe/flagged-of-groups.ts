/**
 * Reads the rules of some groups, and the facts that decide which of them are flagged: the entries of prefix lists, and
 * the use of default groups.
 */
import { readGroupUse } from './group-use';
import type { ReadRules } from './inventory';
import { joinReadings, NO_PREFIX_LISTS, readPrefixLists, unreadListErrors } from './prefix-lists';
import { readRulesOfGroups } from './reading';
import type { FlaggedIngressRule } from '../../../src/contract/configuration';
import { dependsOnGroupUse } from '../../../src/contract/depends-on';
import { appliesTo, flaggedIngress } from '../checks/flagged-ingress';
import { isUseNeeded, neededNamedLists, neededSourceList } from '../checks/needed-facts';
import type { FlaggedRule } from '../model/finding';
import type { SecurityGroup, SecurityGroupRule } from '../model/network';
import type { Observation, ScanError } from '../model/observation';
import type { NetworkReader } from '../ports';

export interface FlaggedOfGroups extends Pick<Observation, 'prefixLists' | 'groupUse'> {
  readonly flagged: readonly FlaggedRule[];
  /** The groups whose rules could not be read. */
  readonly unread: ReadonlySet<string>;
  /** Errors of reading rules, each in its place. */
  readonly ruleErrors: readonly ScanError[];
  /** Errors of reading what else decides. */
  readonly factErrors: readonly ScanError[];
}

/**
 * @param groups every group that may be in scope; the rules of the others are not read
 * @param readRules reads the rules; absent: those of the groups in scope are read by their groups
 */
export async function readFlaggedOfGroups(
  groups: ReadonlyMap<string, SecurityGroup>, declared: readonly FlaggedIngressRule[], network: NetworkReader,
  readRules: ReadRules = (wanted, onRule) => readRulesOfGroups(wanted, network, onRule),
): Promise<FlaggedOfGroups> {
  const byVpc = [...groups.values()].sort((a, b) => (a.vpcId ?? '').localeCompare(b.vpcId ?? ''));
  const inScope = byVpc.filter(group => declared.some(each => appliesTo(each, group.groupId, group)));
  const named = inScope.length === 0 ? NO_PREFIX_LISTS : await readPrefixLists(neededNamedLists(declared), network);
  const isKnown = (listId: string): boolean => named.prefixLists.has(listId) || named.unread.has(listId);
  const flagged = new Map<string, FlaggedRule>();
  const decide = (rule: SecurityGroupRule, { prefixLists }: Pick<Observation, 'prefixLists'>): void => {
    const each = flaggedIngress(rule, { declared, groups, prefixLists });
    if (each) flagged.set(rule.securityGroupRuleId, each);
  };
  // There may be many rules, so only those that need another list are kept until it is read.
  const waiting = new Map<string, { readonly rule: SecurityGroupRule; readonly listId: string }>();
  const ofRules = await readRules(inScope, rule => {
    const listId = neededSourceList(rule, declared, groups.get(rule.groupId));
    if (listId === undefined || isKnown(listId)) decide(rule, named);
    else waiting.set(rule.securityGroupRuleId, { rule, listId });
  });
  const ofSources = await readPrefixLists([...waiting.values()].map(({ listId }) => listId), network);
  const lists = joinReadings(named, ofSources);
  for (const { rule } of waiting.values()) decide(rule, lists);
  const unread = new Set(ofRules.unread.map(({ groupId }) => groupId));
  const use = await readUse([...flagged.values()], unread, { declared, groups }, network);
  return {
    flagged: [...flagged.values()],
    prefixLists: lists.prefixLists,
    groupUse: use.groupUse,
    unread,
    ruleErrors: ofRules.errors,
    factErrors: [...unreadListErrors(lists), ...use.errors],
  };
}

interface Use extends Pick<Observation, 'groupUse'> {
  readonly errors: readonly ScanError[];
}

/** Reads the use of the groups with findings. Nothing is decided about other groups. */
async function readUse(
  flagged: readonly FlaggedRule[], unreadGroupIds: ReadonlySet<string>,
  { declared, groups }: Pick<Parameters<typeof flaggedIngress>[1], 'declared' | 'groups'>, network: NetworkReader,
): Promise<Use> {
  if (!declared.some(dependsOnGroupUse)) return { errors: [] };
  const withFindings = new Set(flagged.map(({ rule }) => rule.groupId));
  const isNeeded = (groupId: string): boolean => isUseNeeded(declared, groupId, groups.get(groupId));
  const { used, unread, errors } = await readGroupUse([...withFindings].filter(isNeeded), network);
  // A group whose rules could not be read may have findings in the ledger.
  const unknown = [...unreadGroupIds].filter(groupId => isNeeded(groupId) && !withFindings.has(groupId));
  return { groupUse: { used, unread: new Set([...unread.keys(), ...unknown]) }, errors };
}

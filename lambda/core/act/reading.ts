/**
 * Reads rules again: right before they are revoked, to decide on them once more, and right after, to see that they are
 * gone.
 */
import type { RevokeOptions } from './options';
import { mayHaveHadEffect } from './refusals';
import {
  alreadyGone,
  changed,
  type GoneVerdict,
  type KeptVerdict,
  skipped,
  type UncertainVerdict,
  type Verdict,
} from './verdict';
import type { FlaggedIngressRule } from '../../../src/contract/configuration';
import { appliesTo, flaggedIngress } from '../checks/flagged-ingress';
import { isUseNeeded, neededNamedLists, neededSourceList } from '../checks/needed-facts';
import { staleRules } from '../checks/stale-rules';
import { exemptNow } from '../decide/exempt';
import { isRevokedAtOnce } from '../decide/flagged';
import { reasonToKeep, type RuleContext } from '../decide/plan';
import { KEEP_REASONS, keepFacts } from '../decide/reasons';
import { replacementOf } from '../decide/replacement';
import { type ErrorFacts, errorFacts, isAboutNoPlace, isNoPrefixList } from '../errors';
import { isolate } from '../isolate';
import type { Finding } from '../model/finding';
import type { SecurityGroup, SecurityGroupRule } from '../model/network';
import type { EndpointGroups } from '../model/observation';
import type { PlannedRevocation } from '../model/result';
import { readEndpointGroups } from '../observe/endpoints';
import { type GroupUseReading, readGroupUse } from '../observe/group-use';
import { type PrefixListReading, readPrefixLists } from '../observe/prefix-lists';
import { NOT_SHOWN, READ_BACK_DELAYS_MILLIS, readRules, shownByGroupOnly } from '../observe/read-rules';
import type { Clock, NetworkReader } from '../ports';
import { admitsSame, differingFields, isSameWritten } from '../rules/sameness';

export interface Reading {
  /** The rules that EC2 still calls stale, among those whose fields do not show it. */
  readonly stillStale: ReadonlySet<string>;
  readonly rules: ReadonlyMap<string, SecurityGroupRule>;
  readonly groups: ReadonlyMap<string, SecurityGroup>;
  /** The prefix lists that decide whether the rules are flagged. */
  readonly lists: PrefixListReading;
  /** The use of the groups, as far as it decides. */
  readonly use: GroupUseReading;
  /** Absent if the function is in no VPC. */
  readonly endpoints?: EndpointGroups;
  /** The rules that EC2 does not return by their ids although their groups contain them. */
  readonly unshown: ReadonlySet<string>;
  /** The errors for groups that could not be read. */
  readonly unread: ReadonlyMap<string, ErrorFacts>;
}

/**
 * Reads the rules, their groups, their staleness and the function's endpoints together. A read error affects only its
 * own group, except for the endpoints: any group may belong to one of them.
 */
export async function readAgain(
  planned: readonly PlannedRevocation[], { network, deciding }: Pick<RevokeOptions, 'network' | 'deciding'>,
): Promise<Reading> {
  const rules = new Map<string, SecurityGroupRule>();
  const groups = new Map<string, SecurityGroup>();
  const stillStale = new Set<string>();
  const unshown = new Set<string>();
  const reading = Promise.all([
    readEndpointGroups(deciding.functionNetwork, network), readLists(planned, deciding, network),
    readUse(planned, deciding, network),
  ]);
  const unread = await isolate(planned, {
    placeOf: ({ rule }) => rule.groupId, isAboutAll: isAboutNoPlace, work: async part => {
      const [partRules, partGroups, partStale] = await Promise.all([
        readRules([...idsOf(part), ...standInsOf(part)], network),
        network.securityGroups({ groupIds: [...new Set(part.map(({ rule }) => rule.groupId))] }),
        readStale(part.filter(each => needsStaleness(each, deciding)), network),
      ]);
      const missing = part.filter(({ rule }) => !partRules.has(rule.securityGroupRuleId)).map(({ rule }) => rule);
      for (const id of (await shownByGroupOnly(missing, network)).keys()) unshown.add(id);
      for (const [id, rule] of partRules) rules.set(id, rule);
      for (const group of partGroups) groups.set(group.groupId, group);
      for (const id of partStale) stillStale.add(id);
    },
  });
  const [endpoints, lists, use] = await reading;
  return {
    rules,
    groups,
    endpoints,
    lists,
    use,
    stillStale,
    unshown,
    unread: new Map(
      unread.flatMap(({ items, error }) => items.map(({ rule }) => [rule.groupId, errorFacts(error)] as const)),
    ),
  };
}

/**
 * Makes the whole decision again, based on the rule as it was just read.
 *
 * @returns undefined if the rule is to be revoked
 */
export function whyNot(
  planned: PlannedRevocation, reading: Reading, { deciding, clock }: Pick<RevokeOptions, 'deciding' | 'clock'>,
): GoneVerdict | KeptVerdict | undefined {
  const { groupId, securityGroupRuleId } = planned.rule;
  const notShown = reading.unshown.has(securityGroupRuleId) ? NOT_SHOWN : undefined;
  const readError = reading.unread.get(groupId) ?? notShown;
  if (readError) return skipped('the rule could not be read again, so it was not revoked', { readError }, readError);
  const rule = reading.rules.get(securityGroupRuleId);
  const group = reading.groups.get(groupId);
  if (rule === undefined) return alreadyGone('the rule was gone before it was to be revoked');
  if (group === undefined) return changed('the group of the rule was gone when it was read again');
  const { groups, endpoints, lists: { prefixLists }, use } = reading;
  const groupUse = { used: use.used, unread: new Set(use.unread.keys()) };
  const isStale = !needsStaleness(planned, deciding) || reading.stillStale.has(securityGroupRuleId);
  const finding: Finding = {
    groupId, rule, stale: isStale ? planned.finding.stale : undefined,
    flagged: flaggedIngress(rule, { declared: deciding.flaggedIngressRules, groups, prefixLists }),
  };
  const context = { ...deciding, groups, endpoints, prefixLists, groupUse, now: clock.now() };
  const reason = reasonToKeep(finding, planned.entry, context);
  if (keepFacts(reason)?.kind === 'exempt') {
    const tag = exemptNow(rule, group, deciding, context.now)?.tag;
    const by = reason === 'EXEMPT_BY_FUNCTION' ? `: ${KEEP_REASONS[reason].words}`
      : tag === undefined ? '' : `, by the tag ${tag}`;
    return skipped(`it was made exempt while the sweep ran${by}`, { heldBy: reason });
  }
  if (!isStale && finding.flagged?.verdict !== 'flagged') return changed('EC2 no longer calls it stale');
  const fields = differingFields(rule, planned.rule);
  if (fields.length > 0) return changed(`changed since it was found: ${fields.join(', ')}`);
  if (reason === undefined) return whyNotReplaced(planned, finding, reading, context);
  if (reason === 'ENDPOINTS_UNREAD') {
    return skipped(KEEP_REASONS[reason].words, { heldBy: reason, readError: endpoints?.error }, endpoints?.error);
  }
  if (reason === 'USE_UNREAD') {
    const error = use.unread.get(groupId);
    return skipped(KEEP_REASONS[reason].words, { heldBy: reason, readError: error }, error);
  }
  if (reason === 'UNDECIDED' || reason === 'PEERS_UNREAD') {
    return undecided(planned, reason, reading, deciding.flaggedIngressRules);
  }
  if (reason === 'REPORT_ONLY' && finding.flagged === undefined && planned.because.verdict === 'flagged') {
    return changed('no declaration flags it any more: its group or the entries of a prefix list have changed');
  }
  return skipped(`a second decision keeps it: ${KEEP_REASONS[reason].words}`, { heldBy: reason });
}

/** Names the lists because of which a rule is kept. A list that does not exist is not waited for. */
function undecided(
  planned: PlannedRevocation, heldBy: 'UNDECIDED' | 'PEERS_UNREAD', { lists: { unread } }: Reading,
  declared: readonly FlaggedIngressRule[],
): KeptVerdict {
  const unreadLists = new Map([...new Set(listsOf(planned, declared))].flatMap(id => {
    const error = unread.get(id);
    return error ? [[id, error] as const] : [];
  }));
  if (unreadLists.size === 0) return skipped(`a second decision keeps it: ${KEEP_REASONS[heldBy].words}`, { heldBy });
  const ids = [...unreadLists.keys()];
  const [error] = unreadLists.values();
  const readError = [...unreadLists.values()].find(each => !isNoPrefixList(each));
  const lists = ids.length === 1 ? `the prefix list ${ids[0]}` : `the prefix lists ${ids.join(', ')}`;
  return skipped(`${lists} could not be read again, so it was not revoked`, { heldBy, readError, unreadLists }, readError ?? error);
}

/** Returns why the rule is not replaced as planned. Its narrower rules must still be there, if they were before. */
function whyNotReplaced(
  { replacing, standIns = [], entry }: PlannedRevocation, finding: Finding, { rules }: Reading, context: RuleContext,
): KeptVerdict | undefined {
  const now = replacementOf(finding, entry, context);
  if (!isSameWritten([now?.kind === 'rules' ? now.rules : undefined], [replacing])) {
    return changed('the rules that replace it are no longer the same');
  }
  const isThere = (each: SecurityGroupRule): boolean => {
    const read = rules.get(each.securityGroupRuleId);
    return read !== undefined && admitsSame(read, each);
  };
  return standIns.every(isThere) ? undefined : changed('a rule that replaces it was changed or removed');
}

/** Checks whether the rules are gone, and corrects the verdicts that say otherwise. */
export async function readBack(
  called: readonly PlannedRevocation[],
  verdicts: Map<PlannedRevocation, Verdict>,
  { network, clock }: { network: NetworkReader; clock: Clock },
): Promise<void> {
  let open = called;
  for (const delay of READ_BACK_DELAYS_MILLIS) {
    if (open.length === 0) return;
    if (delay > 0) await clock.sleep(delay);
    const left = new Set<string>();
    const unread = await isolate(open, {
      placeOf: ({ rule }) => rule.groupId,
      isAboutAll: isAboutNoPlace,
      work: async part => {
        for (const id of (await readRules(idsOf(part), network)).keys()) left.add(id);
      },
    });
    for (const { items, error } of unread) {
      for (const each of items) verdicts.set(each, unreadVerdict(verdicts.get(each), errorFacts(error)));
    }
    const read = open.filter(each => verdicts.get(each)?.kind !== 'uncertain');
    for (const each of read) {
      if (!left.has(each.rule.securityGroupRuleId)) verdicts.set(each, goneVerdict(verdicts.get(each)));
    }
    // A refused rule is expected to be there still, so it is not read again.
    open = read.filter(each => left.has(each.rule.securityGroupRuleId) && verdicts.get(each)?.outcome !== 'FAILED');
  }
  for (const each of open) {
    const said = verdicts.get(each)?.outcome === 'ALREADY_GONE' ? 'EC2 did not know it' : 'EC2 reported success';
    verdicts.set(each, { kind: 'kept', outcome: 'FAILED', detail: `the rule is still there, although ${said}` });
  }
}

function unreadVerdict(verdict: Verdict | undefined, error: ErrorFacts): UncertainVerdict {
  const { detail = 'EC2 reported success' } = verdict ?? {};
  const rule = verdict?.kind === 'revoked' || verdict?.kind === 'uncertain' ? verdict.rule : undefined;
  const unread = `${detail}, but whether the rule is gone could not be read`;
  return { kind: 'uncertain', outcome: 'FAILED', detail: unread, error, rule };
}

function goneVerdict(verdict: Verdict | undefined): Verdict {
  if (verdict?.outcome !== 'FAILED') return verdict ?? { kind: 'revoked', outcome: 'REVOKED', isOurs: false };
  // The refused call had no effect, so someone else removed the rule.
  const { error } = verdict;
  if (error && !mayHaveHadEffect(error)) {
    return alreadyGone(`EC2 answered ${error.code}, and then the rule was gone`, error);
  }
  const detail = `EC2 answered ${error?.code}, but the rule is gone`;
  return { kind: 'revoked', outcome: 'REVOKED', detail, error, isOurs: false };
}

/**
 * A peering that was created again shows in the rule. A restored transit gateway or VPC association does not.
 *
 * It does not matter if a declaration revokes the rule in any case, unless a person has agreed to the reason, or the
 * window binds what is flagged and not what is stale.
 */
function needsStaleness(
  { because, rule: { groupId }, finding: { flagged } }: PlannedRevocation, deciding: RevokeOptions['deciding'],
): boolean {
  if (because.stale !== 'OTHER') return false;
  const { approval, revocationWindow, staleRulesAnytime } = deciding;
  if (approval !== undefined || (revocationWindow !== undefined && staleRulesAnytime)) return true;
  return flagged?.verdict !== 'flagged' || !isRevokedAtOnce(groupId, flagged.declarations, deciding);
}

/** Reads the prefix lists that the decisions depend on. Their entries may have changed since the rules were found. */
function readLists(
  planned: readonly PlannedRevocation[], { flaggedIngressRules: declared }: RevokeOptions['deciding'],
  network: NetworkReader,
): Promise<PrefixListReading> {
  return readPrefixLists(planned.flatMap(each => listsOf(each, declared)), network);
}

function listsOf({ rule, group, because }: PlannedRevocation, declared: readonly FlaggedIngressRule[]): string[] {
  if (because.verdict !== 'flagged') return [];
  const applying = declared.filter(each => appliesTo(each, group.groupId, group));
  const source = neededSourceList(rule, applying, group);
  return [...source === undefined ? [] : [source], ...neededNamedLists(applying)];
}

/** Reads the use of the groups again, because an interface may have been attached since. */
function readUse(
  planned: readonly PlannedRevocation[], { flaggedIngressRules: declared }: RevokeOptions['deciding'],
  network: NetworkReader,
): Promise<GroupUseReading> {
  const deciding = planned.filter(({ because, group }) =>
    because.verdict === 'flagged' && isUseNeeded(declared, group.groupId, group));
  return readGroupUse(deciding.map(({ group }) => group.groupId), network);
}

/**
 * Asks EC2 for the VPCs for which it named the rules, because a group may be associated with other VPCs than its own.
 */
async function readStale(planned: readonly PlannedRevocation[], network: NetworkReader): Promise<Set<string>> {
  const vpcIds = [...new Set(planned.flatMap(({ finding: { stale } }) =>
    stale ? [stale.vpcId, ...stale.otherVpcIds ?? []] : []))];
  const rules = planned.map(({ rule }) => rule);
  const stale = await Promise.all(
    vpcIds.map(async vpcId =>
      staleRules(vpcId, await network.staleSecurityGroups(vpcId), groupId =>
        rules.filter(rule => rule.groupId === groupId),
      ),
    ),
  );
  return new Set(stale.flat().flatMap(({ rule }) => rule?.securityGroupRuleId ?? []));
}

const idsOf = (planned: readonly PlannedRevocation[]): string[] => planned.map(({ rule }) => rule.securityGroupRuleId);

const standInsOf = (planned: readonly PlannedRevocation[]): string[] =>
  planned.flatMap(({ standIns = [] }) => standIns.map(({ securityGroupRuleId }) => securityGroupRuleId));

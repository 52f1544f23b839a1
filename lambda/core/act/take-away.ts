/**
 * Takes away narrower rules that this construct has added, while the broader rule is there.
 *
 * A rule is taken away only if EC2 answered its id when it was added, if it still reads as it was added, if the broader
 * rule was just read and still admits its traffic, and if no other rule is replaced by it. So the group never loses
 * traffic. The id of the broader rule proves nothing, because EC2 keeps it when the rule is modified.
 */
import { isWorthRetrying } from './refusals';
import { isAsAdded } from './replacing-rules';
import { trafficOf } from '../../../src/contract/rules/live-rule';
import { matches } from '../../../src/contract/rules/relation';
import { type ErrorFacts, errorFacts, isDenied, isNotFound, isThrottled } from '../errors';
import { type AddedRule, reliesOn } from '../ledger/replacement';
import type { ReplacingRule } from '../model/ledger';
import type { SecurityGroupRule } from '../model/network';
import { type PrefixListReading, readPrefixLists } from '../observe/prefix-lists';
import { READ_BACK_DELAYS_MILLIS, readRules } from '../observe/read-rules';
import type { Clock, Ledger, Log, Network } from '../ports';
import { isRevokedAnother } from '../rules/sameness';
import { sleepAbout } from '../waiting';

/** The wait before a call is repeated that EC2 has throttled or failed. */
const RETRY_MILLIS = 1500;

/** The number of times that a call is repeated for an error other than throttling. */
const TRIES = 3;

export interface TakingAway {
  readonly network: Network;
  readonly ledger: Pick<Ledger, 'ofGroup'>;
  readonly clock: Clock;
  readonly log: Log;
  /** No call starts after this time. Absent: there is time for all. */
  readonly until?: Date;
  /** The end to record for an added rule that EC2 does not show. Absent: none, because the rule may be too new. */
  readonly unshown?: NonNullable<ReplacingRule['ended']>;
  /** The end to record if EC2 denies the call that takes a rule away. Absent: none, so the call can be tried again. */
  readonly denied?: NonNullable<ReplacingRule['ended']>;
}

/** The outcome for an added rule. Without `ended`, the record keeps the rule as added, and it can be tried again. */
export interface Taken {
  readonly securityGroupRuleId: string;
  readonly ended?: NonNullable<ReplacingRule['ended']>;
  readonly detail: string;
}

export interface ToTakeAway {
  /** The rule whose id is in the tags of the added ones. */
  readonly replaced: SecurityGroupRule;
  /** The id of the rule that has to be there. It is another one after a restore. */
  readonly broaderId: string;
  readonly added: readonly AddedRule[];
}

export async function takeAway({ added, ...of }: ToTakeAway, options: TakingAway): Promise<Taken[]> {
  const taken: Taken[] = [];
  for (const rule of added) taken.push(await takeOne(rule, of, options));
  return taken;
}

/** Returns what became of those rules for which that is known. */
export const becameOf = (taken: readonly Taken[]): ReadonlyMap<string, NonNullable<ReplacingRule['ended']>> =>
  new Map(taken.flatMap(({ securityGroupRuleId: id, ended }) => ended ? [[id, ended] as const] : []));

type Of = Omit<ToTakeAway, 'added'>;

async function takeOne(added: AddedRule, of: Of, options: TakingAway): Promise<Taken> {
  const { securityGroupRuleId } = added;
  const { clock, until } = options;
  for (let failures = 0; ;) {
    if (until !== undefined && clock.now() >= until) return { securityGroupRuleId, detail: 'time ran out' };
    let error: ErrorFacts;
    try {
      return { securityGroupRuleId, ...await tryOnce(added, of, options) };
    } catch (thrown) {
      error = errorFacts(thrown);
    }
    if (!isThrottled(error)) failures += 1;
    if (failures > TRIES || !(isThrottled(error) || isWorthRetrying(error))) {
      return { securityGroupRuleId, detail: `${error.code}: ${error.message}` };
    }
    if (until === undefined) await clock.sleep(RETRY_MILLIS);
    else await sleepAbout(RETRY_MILLIS, until, clock);
  }
}

/** Reads and decides again before each call, because the SDK does not repeat a call that revokes. */
async function tryOnce(added: AddedRule, of: Of, options: TakingAway): Promise<Omit<Taken, 'securityGroupRuleId'>> {
  const { network, clock, until, log, unshown, denied } = options;
  const { securityGroupRuleId } = added;
  await network.admitRevocations(1);
  const lists = await readPrefixLists(listsOf(of.replaced, added.traffic), network);
  const [rules, needed] = await Promise.all([
    readRules([of.broaderId, securityGroupRuleId], network), whyNeeded(added, of.replaced, options),
  ]);
  const rule = rules.get(securityGroupRuleId);
  const broader = rules.get(of.broaderId);
  if (broader === undefined) return { detail: `it stays, because ${of.broaderId} is gone` };
  if (rule === undefined) return { ended: unshown, detail: 'EC2 does not show it' };
  if (!isAsAdded(rule, of.replaced, added)) return { ended: 'LEFT', detail: 'someone has changed it, so it stays' };
  const lost = whyLost(broader, rule, lists) ?? needed;
  if (lost) return lost;
  if (until !== undefined && clock.now() >= until) return { detail: 'time ran out' };
  const message = `Taking away the ingress rule ${securityGroupRuleId} of ${rule.groupId}, which was added for ${of.replaced.securityGroupRuleId}`;
  log('INFO', message, { event: 'Revoking', rule });
  let detail: string;
  try {
    detail = await call(rule, options);
  } catch (thrown) {
    const error = errorFacts(thrown);
    if (!isDenied(error)) throw thrown;
    return { ended: denied, detail: `${error.code}: ${error.message}` };
  }
  return await isGone(securityGroupRuleId, options)
    ? { ended: 'TAKEN_AWAY', detail }
    : { detail: 'EC2 still shows it' };
}

const listsOf = (...rules: ReadonlyArray<Pick<SecurityGroupRule, 'prefixListId'>>): string[] =>
  rules.flatMap(({ prefixListId }) => prefixListId ?? []);

/** Returns why the group would lose traffic without the rule: the broader one does not admit all of it any more. */
function whyLost(
  broader: SecurityGroupRule, rule: SecurityGroupRule, { prefixLists, unread }: PrefixListReading,
): Omit<Taken, 'securityGroupRuleId'> | undefined {
  const isAdmitted = broader.groupId === rule.groupId && !broader.isEgress
    && matches(trafficOf(broader), trafficOf(rule), 'COVERS', prefixLists) === 'yes';
  if (isAdmitted) return undefined;
  const unreadId = listsOf(broader, rule).find(id => unread.has(id));
  return unreadId === undefined
    ? { ended: 'LEFT', detail: 'the broader rule has changed, so it stays' }
    : { detail: `it stays, because the prefix list ${unreadId} could not be read` };
}

/**
 * Returns why another rule needs an added one: two broader rules of a group may be replaced by the same narrower one,
 * which was added only once.
 */
async function whyNeeded(
  added: AddedRule, { groupId, securityGroupRuleId: replacedId }: SecurityGroupRule, { ledger, clock }: TakingAway,
): Promise<Omit<Taken, 'securityGroupRuleId'> | undefined> {
  const { entries, unreadable } = await ledger.ofGroup(groupId);
  for (const entry of entries.filter(({ securityGroupRuleId: id }) => id !== replacedId)) {
    const id = entry.securityGroupRuleId;
    switch (reliesOn(entry, added, clock.now())) {
      case 'final': return { ended: 'LEFT', detail: `it replaces ${id}, too, so it stays` };
      case 'maybe': return { detail: `it stays for now, because a sweep may be replacing ${id} by it, too` };
    }
  }
  const [doubt] = unreadable;
  return doubt && { detail: `it stays, because the ledger entry ${doubt.id} could not be read, and may need it` };
}

async function call(rule: SecurityGroupRule, { network, log }: TakingAway): Promise<string> {
  const { securityGroupRuleId: id, groupId } = rule;
  try {
    const { revokedRules = [] } = await network.revokeIngress(groupId, [id]);
    const listed = revokedRules.find(({ securityGroupRuleId }) => securityGroupRuleId === id);
    if (listed === undefined || !isRevokedAnother(rule, listed)) return 'it was taken away';
    const message = `The ingress rule ${id} of ${groupId} was changed right before it was taken away. Add it again, unless it should be gone`;
    log('ERROR', message, { event: 'Revocation', rule: listed });
    return 'it was taken away, and someone had changed it right before; the log has what it was';
  } catch (error) {
    if (!isNotFound(errorFacts(error))) throw error;
    return 'it was gone already';
  }
}

async function isGone(id: string, { network, clock }: TakingAway): Promise<boolean> {
  for (const delay of READ_BACK_DELAYS_MILLIS) {
    if (delay > 0) await clock.sleep(delay);
    if (!(await readRules([id], network)).has(id)) return true;
  }
  return false;
}

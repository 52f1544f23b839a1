/**
 * Takes away narrower rules that this construct has added, while the broader rule is there.
 *
 * A rule is taken away only if EC2 answered its id when it was added, if it still reads as it was added, and if the
 * broader rule was just read. So the group never admits less than the broader rule does.
 */
import { isWorthRetrying } from './refusals';
import { type BroaderRule, isAsAdded } from './replacing-rules';
import { type ErrorFacts, errorFacts, isNotFound, isThrottled } from '../errors';
import type { AddedRule } from '../ledger/replacement';
import type { ReplacingRule } from '../model/ledger';
import type { SecurityGroupRule } from '../model/network';
import { READ_BACK_DELAYS_MILLIS, readRules } from '../observe/read-rules';
import type { Clock, Log, Network } from '../ports';
import { isRevokedAnother } from '../rules/sameness';
import { sleepAbout } from '../waiting';

/** The wait before a call is repeated that EC2 has throttled or failed. */
const RETRY_MILLIS = 1500;

/** The number of times that a call is repeated for an error other than throttling. */
const TRIES = 3;

export interface TakingAway {
  readonly network: Network;
  readonly clock: Clock;
  readonly log: Log;
  /** No call starts after this time. Absent: there is time for all. */
  readonly until?: Date;
  /** What an added rule has become that EC2 does not show. Absent: nothing, because it may be too new. */
  readonly unshown?: NonNullable<ReplacingRule['ended']>;
}

/** What became of an added rule. Without `ended`, the record keeps it as added, and it can be tried again. */
export interface Taken {
  readonly securityGroupRuleId: string;
  readonly ended?: NonNullable<ReplacingRule['ended']>;
  readonly detail: string;
}

/** @param broader the rule that admits the traffic of the others, too; it need not have the id in their tags */
export interface ToTakeAway {
  /** The rule whose id is in the tags of the added ones. */
  readonly replaced: BroaderRule;
  /** The id of the rule that has to be there. It is another one after a restore. */
  readonly broaderId: string;
  readonly added: readonly AddedRule[];
}

export async function takeAway({ added, ...of }: ToTakeAway, options: TakingAway): Promise<Taken[]> {
  const taken: Taken[] = [];
  for (const rule of added) taken.push(await takeOne(rule, of, options));
  return taken;
}

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
  const { network, clock, until, log, unshown } = options;
  const { securityGroupRuleId } = added;
  await network.admitRevocations(1);
  const rules = await readRules([of.broaderId, securityGroupRuleId], network);
  const rule = rules.get(securityGroupRuleId);
  if (!rules.has(of.broaderId)) return { detail: `it stays, because ${of.broaderId} is gone` };
  if (rule === undefined) return { ended: unshown, detail: 'EC2 does not show it' };
  if (!isAsAdded(rule, of.replaced, added)) return { ended: 'LEFT', detail: 'someone has changed it, so it stays' };
  if (until !== undefined && clock.now() >= until) return { detail: 'time ran out' };
  const message = `Taking away the ingress rule ${securityGroupRuleId} of ${rule.groupId}, which was added for ${of.replaced.securityGroupRuleId}`;
  log('INFO', message, { event: 'Revoking', rule });
  const detail = await call(rule, options);
  return await isGone(securityGroupRuleId, options)
    ? { ended: 'TAKEN_AWAY', detail }
    : { detail: 'EC2 still shows it' };
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

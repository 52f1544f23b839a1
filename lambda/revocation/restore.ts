/**
 * Puts rules back that were revoked, as the ledger has them: ports, source, description and tags.
 *
 * EC2 gives a rule that is put back a new id. It is tagged exempt as it is made, so that no sweep revokes it again. Safe to repeat: what is there already
 * is left there.
 */
import { EXEMPT_TAG } from '../../src/private/contract';
import { type ErrorFacts, errorFacts, isDenied, isNotFound } from '../errors';
import { change } from '../ledger/change';
import { isSameTraffic, mayHaveRevoked, restored } from '../ledger/entry';
import { inParallel } from '../lists';
import type { Clock, Ledger, LedgerEntry, Log, LogLevel, Network, SecurityGroupRule, Tags } from '../ports';
import { READ_BACK_DELAYS_MILLIS, readRules } from '../read-rules';
import { isExempt } from './plan';

/** Which rules to put back: these, or all that a sweep revoked. */
export type RestoreRequest = { readonly securityGroupRuleIds: readonly string[] } | { readonly sweepId: string };

/**
 * - `RESTORED`: put back
 * - `ALREADY_THERE`: an equal rule was there already; it is exempt now
 * - `NOT_REVOKED`: there is nothing to put back: the rule is still there, or it was not this construct that removed it
 * - `UNKNOWN`: the ledger has no record of it
 * - `FAILED`: EC2 or the ledger refused
 */
export type RestoreOutcome = 'RESTORED' | 'ALREADY_THERE' | 'NOT_REVOKED' | 'UNKNOWN' | 'FAILED';

export interface RestoredRule {
  readonly securityGroupRuleId: string;
  readonly outcome: RestoreOutcome;
  /** The rule that is there now. */
  readonly restoredAs?: string;
  readonly groupId?: string;
  readonly detail?: string;
}

export interface RestoreReport {
  readonly restoreId: string;
  /** How many rules had each outcome. */
  readonly counts: Readonly<Partial<Record<RestoreOutcome, number>>>;
  readonly rules: readonly RestoredRule[];
}

export interface RestoreDependencies {
  readonly network: Network;
  readonly ledger: Ledger;
  readonly clock: Clock;
  readonly log: Log;
  readonly restoreId: string;
}

/** Rules put back at a time; EC2's token bucket paces them. */
const AT_A_TIME = 5;

/** As many as EC2 lets a rule have. */
const MOST_TAGS = 50;

/** Its value says why; the tag exempts whatever it is. */
const MARK: Tags = { [EXEMPT_TAG]: 'restored' };

/** @throws when the ledger cannot be read, or has nothing of the sweep */
export async function restore(request: RestoreRequest, dependencies: RestoreDependencies): Promise<RestoreReport> {
  const { ledger, network, log, restoreId } = dependencies;
  const entries = new Map<string, LedgerEntry | undefined>();
  if ('sweepId' in request) {
    for (const entry of await ledger.revokedBy(request.sweepId)) entries.set(entry.securityGroupRuleId, entry);
    if (entries.size === 0) throw new Error(`The ledger has no rule that the sweep ${request.sweepId} revoked. Nothing was done`);
  } else {
    await inParallel(AT_A_TIME, [...new Set(request.securityGroupRuleIds)], async id => {
      entries.set(id, await ledger.get(id));
    });
  }
  const known = [...entries.values()].filter(entry => entry !== undefined);
  const ids = known.flatMap(({ securityGroupRuleId, restored: later }) => [securityGroupRuleId, ...later ? [later.securityGroupRuleId] : []]);
  const existing = await readRules(ids, network);
  const rules = new Map<string, RestoredRule>();
  await inParallel(AT_A_TIME, [...entries], async ([securityGroupRuleId, entry]) => {
    const rule = await restoreOne(entry, existing, 'sweepId' in request, dependencies);
    rules.set(securityGroupRuleId, { securityGroupRuleId, groupId: entry?.rule.groupId, ...rule });
  });
  const report = [...entries.keys()].flatMap(id => rules.get(id) ?? []);
  const counts: Partial<Record<RestoreOutcome, number>> = {};
  for (const each of report) {
    counts[each.outcome] = (counts[each.outcome] ?? 0) + 1;
    const { securityGroupRuleId, outcome, restoredAs, detail } = each;
    const message = `Restoring ${securityGroupRuleId}: ${outcome}${restoredAs ? ` as ${restoredAs}` : ''}${detail ? `: ${detail}` : ''}`;
    log(LEVELS[outcome], message, { event: 'Restore', restoreId, ...each, rule: entries.get(securityGroupRuleId)?.rule });
  }
  return { restoreId, counts, rules: report };
}

const LEVELS: Readonly<Record<RestoreOutcome, LogLevel>> = { RESTORED: 'INFO', ALREADY_THERE: 'INFO', NOT_REVOKED: 'WARN', UNKNOWN: 'WARN', FAILED: 'ERROR' };

type Result = Pick<RestoredRule, 'outcome' | 'restoredAs' | 'detail'>;

async function restoreOne(
  entry: LedgerEntry | undefined, existing: ReadonlyMap<string, SecurityGroupRule>, isOneOfMany: boolean, dependencies: RestoreDependencies,
): Promise<Result> {
  if (entry === undefined) return { outcome: 'UNKNOWN', detail: 'the ledger of this construct has no record of it' };
  if (existing.has(entry.securityGroupRuleId)) return { outcome: 'NOT_REVOKED', restoredAs: entry.securityGroupRuleId, detail: 'the rule is still there' };
  const isRevoked = entry.state === 'REVOKED' || entry.state === 'RESTORED' || entry.outcome?.name === 'REVOKED' || mayHaveRevoked(entry);
  if (!isRevoked) return { outcome: 'NOT_REVOKED', detail: `this construct did not revoke it; the ledger has it as ${entry.state}` };
  const { restored: before } = entry;
  const earlier = before && existing.get(before.securityGroupRuleId);
  try {
    if (earlier && isSameTraffic(earlier, entry.rule)) {
      await markExempt(earlier, dependencies);
      return { outcome: 'ALREADY_THERE', restoredAs: earlier.securityGroupRuleId, detail: `restored at ${before.at}` };
    }
    // Someone has thought about this one since.
    if (before && isOneOfMany) {
      return { outcome: 'NOT_REVOKED', detail: `it was restored at ${before.at}, and removed since; to put it back once more, name it by its id` };
    }
    const result = await putBack(entry.rule, dependencies);
    return await record(entry, result, dependencies);
  } catch (error) {
    return { outcome: 'FAILED', detail: explain(errorFacts(error)) };
  }
}

async function putBack(rule: SecurityGroupRule, dependencies: RestoreDependencies): Promise<Result & { restoredAs: string }> {
  const { outcome, securityGroupRuleId } = await add(rule, dependencies);
  try {
    const there = await shown(rule, securityGroupRuleId, dependencies);
    if (there) {
      await markExempt(there, dependencies);
      return { outcome, restoredAs: there.securityGroupRuleId, detail: differences(rule, there) };
    }
  } catch (error) {
    if (securityGroupRuleId === undefined) throw error;
    return { outcome, restoredAs: securityGroupRuleId, detail: `it is there, but could not be read back: ${explain(errorFacts(error))}` };
  }
  if (securityGroupRuleId !== undefined) return { outcome, restoredAs: securityGroupRuleId, detail: 'EC2 does not show it yet' };
  throw Object.assign(new Error('EC2 says that the rule is there, but does not show it'), { name: 'NotShown' });
}

/** @returns the new rule's id, where EC2 tells it; none for a rule that is there already */
async function add(rule: SecurityGroupRule, { network }: RestoreDependencies): Promise<{ outcome: RestoreOutcome; securityGroupRuleId?: string }> {
  try {
    return { outcome: 'RESTORED', securityGroupRuleId: await network.authorizeIngress(rule, { ...ownTags(rule.tags), ...MARK }) };
  } catch (error) {
    const { code, attempts = 1 } = errorFacts(error);
    if (code !== 'InvalidPermission.Duplicate') throw error;
    // A second attempt of the call is told the same of what its first has made.
    return { outcome: attempts > 1 ? 'RESTORED' : 'ALREADY_THERE' };
  }
}

async function markExempt({ securityGroupRuleId, tags }: SecurityGroupRule, { network }: RestoreDependencies): Promise<void> {
  if (!isExempt(tags)) await network.tagRule(securityGroupRuleId, MARK);
}

/** The rule that was made or was there; by its id where EC2 told it. */
async function shown(
  rule: SecurityGroupRule, securityGroupRuleId: string | undefined, { network, clock }: RestoreDependencies,
): Promise<SecurityGroupRule | undefined> {
  for (const delay of READ_BACK_DELAYS_MILLIS) {
    if (delay > 0) await clock.sleep(delay);
    if (securityGroupRuleId !== undefined) {
      const there = (await readRules([securityGroupRuleId], network)).get(securityGroupRuleId);
      if (there) return there;
      continue;
    }
    for await (const page of network.securityGroupRules({ groupIds: [rule.groupId] })) {
      const there = page.find(each => isSameTraffic(each, rule));
      if (there) return there;
    }
  }
  return undefined;
}

async function record(
  entry: LedgerEntry, result: Result & { restoredAs: string }, { ledger, clock, restoreId }: RestoreDependencies,
): Promise<Result> {
  try {
    const writer = { id: restoreId, startedAt: clock.now(), now: clock.now() };
    await change(ledger, entry, current => restored(current ?? { ...entry, revision: 0 }, result.restoredAs, writer));
    return result;
  } catch (error) {
    const { code, message } = errorFacts(error);
    return { ...result, detail: `it is there, but the ledger could not be written (${code}: ${message}); restore it once more to record it` };
  }
}

/** Keys that start with `aws:` are AWS's to give; and there has to be room for the mark. */
function ownTags(tags: Tags): Tags {
  return Object.fromEntries(Object.entries(tags).filter(([key]) => !key.startsWith('aws:')).slice(0, MOST_TAGS - 1));
}

function differences(recorded: SecurityGroupRule, there: SecurityGroupRule): string | undefined {
  const missing = Object.entries(recorded.tags).filter(([key, value]) => !key.startsWith('aws:') && there.tags[key] !== value).map(([key]) => `the tag ${key}`);
  const isSameDescription = recorded.description === there.description;
  const different = [...isSameTraffic(recorded, there) ? [] : ['its traffic'], ...isSameDescription ? [] : ['its description'], ...missing];
  return different.length > 0 ? `it differs from what was revoked in ${different.join(', ')}` : undefined;
}

function explain(error: ErrorFacts): string {
  const said = `${error.code}: ${error.message}`;
  if (isNotFound(error)) {
    return `${said}. Its group is gone, or the group that it refers to is, or no active peering connection leads there. `
      + 'Make that again, then restore the rule once more';
  }
  if (isDenied(error)) {
    return `${said}. The function may add rules where it may revoke them, when allowRestore is on: is its group still among what the properties declare, and does nothing `
      + 'deny ec2:AuthorizeSecurityGroupIngress or ec2:CreateTags to its role?';
  }
  return said;
}
